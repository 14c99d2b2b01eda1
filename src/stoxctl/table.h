/*
 * table.h: pairs of people in files: CSV (RFC 4180) with a line of names above,
 * or a JSON list of objects with the same names; or all contacts of all users, as
 * XMPP servers export them (XEP-0227).
 */
#ifndef STOXCTL_TABLE_H
#define STOXCTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum table_column {
	TABLE_XMPP,
	TABLE_SIP,
	TABLE_X2S,            /* yes, asked, no */
	TABLE_S2X,
	TABLE_X2S_SINCE,      /* seconds since 1970 */
	TABLE_S2X_SINCE,
	TABLE_COLUMNS,
	/* read only, as rosters have them: RFC 6121, 2.1.2 */
	TABLE_SUBSCRIPTION = TABLE_COLUMNS,
	TABLE_ASK,
	TABLE_READ
};
extern const char *const table_names[TABLE_READ];

struct table {
	FILE *in;
	unsigned long line;           /* of the last character read */
	unsigned long row_line;       /* where the last row began */
	bool json, begun;
	struct pie *pie;              /* of XEP-0227, else NULL */
	int columns[32];              /* of CSV: what stands where, -1: else */
	int column_count;
	const char *why;              /* the last row is bad */
	char *fields[TABLE_READ];     /* of it; NULL: not there */
};
void table_open(struct table *t, FILE *in);
/** The next row; with t->why it cannot be used.  False at the end. */
bool table_read(struct table *t);
void table_close(struct table *t);

/** Write a field of CSV. */
void table_put_csv(FILE *out, const char *text);

#endif
