/*
 * plan.h: `stoxctl plan …`.
 */
#ifndef STOXCTL_PLAN_H
#define STOXCTL_PLAN_H

#include <stdbool.h>

struct plan_call {
	const char *path;     /* of the socket */
	const char *file;     /* read this one instead; NULL: ask the daemon */
	const char *section;  /* NULL: all */
	bool as_json;
};
/** Returns the exit status; with a file that is stoxd's. */
int plan_run(const struct plan_call *c);

#endif
