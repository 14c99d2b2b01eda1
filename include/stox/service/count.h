/*
 * stox/service/count.h: how many things somebody has asked for, over restarts,
 * and whether one more is too many.  Needs the exact build of stox.
 *
 * A count has a name, which the plugin chooses: "asks juliet@example.org".
 */
#ifndef STOX_SERVICE_COUNT_H
#define STOX_SERVICE_COUNT_H

#include "stox/plugin.h"

/** Which limit holds for a count. */
enum stox_count_limit {
	STOX_COUNT_ASKED,    /* what one user has asked for: pairs_user */
	STOX_COUNT_WATCHERS, /* those who ask for one user: pairs_watchers */
	STOX_COUNT_DOMAIN,   /* what the users of the sender's domain have asked
	                      * for: pairs_domain, or pairs_discovered for one in
	                      * no section */
};

/** In a hook: go on with @then when these counts are known; perhaps at once.
 *  @names: NULL-terminated. */
STOX_API stox_verdict stox_count_wait(struct stox_exchange *x,
	const char *const *names, stox_then *then, void *arg);
/** Is the limit reached?  Then that is counted.  A count that is not known, as
 *  the disk has not told it, is 0. */
STOX_API bool stox_count_full(struct stox_exchange *x, const char *name,
	enum stox_count_limit limit);
/** One more, or one less; written soon. */
STOX_API void stox_count_change(struct stox_host *host, const char *name,
	bool more);

#endif
