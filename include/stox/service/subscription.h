/*
 * stox/service/subscription.h: what the SUBSCRIBE and NOTIFY of an event
 * package say, and what follows from it.  RFC 6665; stox.md 3.3 to 3.11.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_SUBSCRIPTION_H
#define STOX_SERVICE_SUBSCRIPTION_H

#include "stox/types.h"

/* ---- NOTIFY: Subscription-State ------------------------------------------- */

enum stox_substate {
	STOX_SUB_OTHER,       /* an extension: treated as neither */
	STOX_SUB_PENDING,
	STOX_SUB_ACTIVE,
	STOX_SUB_TERMINATED,
};
/** Why it was terminated.  RFC 6665, 4.1.3; badfilter: RFC 4660. */
enum stox_subreason {
	STOX_REASON_NONE,     /* none, or one that is not known */
	STOX_REASON_DEACTIVATED,
	STOX_REASON_PROBATION,
	STOX_REASON_REJECTED,
	STOX_REASON_TIMEOUT,
	STOX_REASON_GIVEUP,
	STOX_REASON_NORESOURCE,
	STOX_REASON_INVARIANT,
	STOX_REASON_BADFILTER,
};
struct stox_subscription {
	enum stox_substate state;
	enum stox_subreason reason;
	bool has_expires, has_retry_after;
	uint32_t expires_s, retry_after_s; /* capped to UINT32_MAX */
};
/** Read Subscription-State of the NOTIFY that came in.  Returns 0, or
 *  -STOX_EINVAL when there is none or it does not follow the grammar. */
STOX_API int stox_subscription_read(const struct stox_exchange *x,
	struct stox_subscription *ret);
/** "active;expires=3540", "terminated;reason=giveup;retry-after=600", in the
 *  exchange.  An active or pending one always tells its time. */
STOX_API const char *stox_subscription_text(struct stox_exchange *x,
	const struct stox_subscription *s);

/** What a watcher does after `terminated`.  stox.md 3.6. */
enum stox_resubscribe {
	STOX_RESUBSCRIBE_NOW,
	STOX_RESUBSCRIBE_LATER, /* after retry_after, else when it suits */
	STOX_RESUBSCRIBE_NEVER,
};
STOX_API enum stox_resubscribe stox_resubscribe(enum stox_subreason reason);

/* ---- SUBSCRIBE as notifier ------------------------------------------------ */

/** What a notifier grants.  Times in seconds. */
struct stox_event_package {
	const char *name;     /* "presence" */
	const char *type;     /* what its NOTIFY carries */
	uint32_t expires;     /* when none is asked for */
	uint32_t min, max;    /* shorter ones get 423, longer ones are cut */
};
/**
 * Judge the SUBSCRIBE that came in.  Expires 0 (a poll, or the end) is always
 * granted.
 *
 * @ret_expires  the time granted
 * Returns 0, or the status to refuse with: 400 bad Expires, 406 Accept without
 * the package's type, 420 a Require that is not met (any), 423 too short,
 * 489 another package or none.
 */
STOX_API unsigned stox_subscribe_check(const struct stox_exchange *x,
	const struct stox_event_package *package, uint32_t *ret_expires);

/* ---- SUBSCRIBE as watcher ------------------------------------------------- */

/** What the final response to our SUBSCRIBE means.  stox.md 3.3, 3.4. */
enum stox_subscribe_result {
	STOX_SUBSCRIBED,        /* 2xx: granted, NOTIFY will tell */
	STOX_SUBSCRIBE_LONGER,  /* 423: again with Min-Expires */
	STOX_SUBSCRIBE_ANEW,    /* the dialog is gone (481 and its kin): a fresh
	                         * one at once when this was a refresh */
	STOX_SUBSCRIBE_DENIED,  /* 403, 489, 603, 406, 415: for good */
	STOX_SUBSCRIBE_UNKNOWN, /* 404, 410, 604: nobody there */
	STOX_SUBSCRIBE_MOVED,   /* 3xx */
	STOX_SUBSCRIBE_AGAIN,   /* transient, or no answer: later */
};
/** The answer of @x.  @refresh: was it sent in a dialog? */
STOX_API enum stox_subscribe_result stox_subscribe_result(
	const struct stox_exchange *x, bool refresh);
/** When to refresh a subscription that lasts @expires_s: a minute before, or
 *  at half time when that is later. */
STOX_API uint32_t stox_refresh_after(uint32_t expires_s);

#endif
