/*
 * report.h: what a node says of itself, as JSON.  Each returns a new
 * reference with "ok": true in it.
 */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <jansson.h>

#include "core/node.h"

/** JSON's numbers are signed. */
static inline json_int_t report_number(uint64_t n)
{
	return (json_int_t)(n > INT64_MAX ? INT64_MAX : n);
}

json_t *report_status(struct node *n);
json_t *report_hooks(struct node *n);
/** Those that are open or, with @failed, those that failed. */
json_t *report_streams(struct node *n, bool failed);
json_t *report_limits(struct node *n);
json_t *report_certs(struct node *n);
/** Domains of both sides, and those that were discovered.  partners.c */
json_t *report_partners(struct node *n);
/** The dialects, or that of a name, or of a SIP partner.  dialect.c */
json_t *report_dialect(struct node *n, struct str what);

#endif
