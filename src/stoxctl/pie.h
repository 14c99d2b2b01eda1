/*
 * pie.h: contact lists out of an export of an XMPP server: the portable format
 * for IM servers.  XEP-0227
 */
#ifndef STOXCTL_PIE_H
#define STOXCTL_PIE_H

#include <stdbool.h>
#include <stdio.h>

struct pie;

/** A contact of somebody; texts are borrowed until the next call. */
struct pie_contact {
	unsigned long line;
	const char *user, *contact;
	const char *subscription, *ask; /* RFC 6121, 2.1.2; NULL: not told */
	bool asks;                 /* the contact waits for an answer */
};

/** @in stays the caller's. */
struct pie *pie_open(FILE *in);
/** The next one.  False at the end, or, with a sentence in *@why, where it cannot
 *  be read on; *@line is where. */
bool pie_read(struct pie *p, struct pie_contact *ret, const char **why,
	unsigned long *line);
void pie_close(struct pie **p);

#endif
