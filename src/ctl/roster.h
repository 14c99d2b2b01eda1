/*
 * roster.h: `roster list|show|add|remove|import`: who may see whom, out of the
 * sessions of the presence plugin.  Answers come later: the store is asked.
 *
 *     roster list AFTER [DOMAIN-OR-JID]   a page, and where the next one begins
 *     roster show JID JID
 *     roster add JID JID x2s=yes|asked s2x=… [x2s_since=SECONDS …]
 *     roster remove JID JID [x2s=1] [s2x=1]
 *     roster import                       then NUMBER and what `add` takes, a
 *                                         line each, and "." at the end; with
 *                                         others=skip people who are none of
 *                                         ours are passed over
 */
#ifndef CTL_ROSTER_H
#define CTL_ROSTER_H

#include <jansson.h>

#include "core/node.h"

struct roster_config {
	struct node *node;             /* borrowed */
	/** The answer, once; @answer is taken.  Never before roster_new()
	 *  returns, unless it returns NULL. */
	void (*answer)(void *arg, json_t *answer);
	/** An import: what comes is too much for now, or welcome again. */
	void (*hold)(void *arg, bool hold);
	void *arg;
};
struct roster;

/** Begin.  @line: what stands behind "roster".  Returns owned, or NULL after
 *  an answer at once. */
struct roster *roster_new(const struct roster_config *c, struct str line);
/** An import is under way: each further line goes to roster_line(). */
bool roster_reads(const struct roster *r);
/** @cut: the line was longer than a command may be. */
void roster_line(struct roster *r, struct str line, bool cut);
/** The caller went, or has its answer. */
void roster_free(struct roster **r);

#endif
