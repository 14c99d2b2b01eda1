/*
 * roster.h: `stoxctl roster …`.
 */
#ifndef STOXCTL_ROSTER_H
#define STOXCTL_ROSTER_H

#include <stdbool.h>

enum { EXIT_USAGE = 2 };

struct roster_call {
	const char *path;     /* of the socket */
	bool as_json;
	char **words;         /* behind "roster" */
	int count;
};
/** Returns the exit status. */
int roster_run(const struct roster_call *c);

#endif
