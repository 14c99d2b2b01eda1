/*
 * report.h: what a node says of itself, as JSON.  Each returns a new
 * reference with "ok": true in it.
 */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <jansson.h>

#include "core/node.h"

json_t *report_status(struct node *n);
json_t *report_hooks(struct node *n);
/** Those that are open or, with @failed, those that failed. */
json_t *report_streams(struct node *n, bool failed);
json_t *report_limits(struct node *n);
json_t *report_certs(struct node *n);
/** Domains of both sides, and those that were discovered.  partners.c */
json_t *report_partners(struct node *n);

#endif
