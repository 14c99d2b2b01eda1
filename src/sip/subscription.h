/*
 * subscription.h: what the SUBSCRIBE and NOTIFY of an event package say, and
 * what follows from it.  RFC 6665; stox.md 3.3 to 3.11 and 9.9.
 * Model: no I/O, no time of its own.
 */
#ifndef SIP_SUBSCRIPTION_H
#define SIP_SUBSCRIPTION_H

#include "sip/message.h"

/* ---- NOTIFY: Subscription-State ------------------------------------------- */

enum sip_substate {
	SIP_SUB_OTHER,       /* an extension: treated as neither */
	SIP_SUB_PENDING,
	SIP_SUB_ACTIVE,
	SIP_SUB_TERMINATED,
};
/** Why it was terminated.  RFC 6665, 4.1.3; badfilter: RFC 4660. */
enum sip_subreason {
	SIP_REASON_NONE,     /* none, or one that is not known */
	SIP_REASON_DEACTIVATED,
	SIP_REASON_PROBATION,
	SIP_REASON_REJECTED,
	SIP_REASON_TIMEOUT,
	SIP_REASON_GIVEUP,
	SIP_REASON_NORESOURCE,
	SIP_REASON_INVARIANT,
	SIP_REASON_BADFILTER,
};
struct sip_subscription_state {
	enum sip_substate state;
	enum sip_subreason reason;
	bool has_expires, has_retry_after;
	uint32_t expires_s, retry_after_s; /* capped to UINT32_MAX */
};
/** Read the value of Subscription-State.  Returns 0, or -STOX_EINVAL when it
 *  does not follow the grammar. */
int sip_subscription_state_parse(struct str value,
	struct sip_subscription_state *ret);
/** The word of a reason ("rejected"), "" for SIP_REASON_NONE. */
const char *sip_subreason_word(enum sip_subreason reason);
/** "active;expires=3540", "terminated;reason=giveup;retry-after=600".  An
 *  active or pending one always tells its time. */
void sip_subscription_state_write(struct buf *out,
	const struct sip_subscription_state *s);

/** What a watcher does after `terminated`.  stox.md 3.6. */
enum sip_resubscribe {
	SIP_RESUBSCRIBE_NOW,
	SIP_RESUBSCRIBE_LATER, /* after retry_after, else when it suits */
	SIP_RESUBSCRIBE_NEVER,
};
enum sip_resubscribe sip_subreason_follow_up(enum sip_subreason reason);

/* ---- SUBSCRIBE as notifier ------------------------------------------------ */

/** What a notifier grants.  Times in seconds. */
struct sip_event_package {
	const char *name;     /* "presence" */
	const char *type;     /* what its NOTIFY carries */
	uint32_t expires;     /* when none is asked for */
	uint32_t min, max;    /* shorter ones get 423, longer ones are cut */
};
/**
 * Judge a SUBSCRIBE.  Expires 0 (a poll, or the end) is always granted.
 *
 * @ret_expires  the time granted
 * Returns 0, or the status to refuse with: 400 bad Expires, 406 Accept without
 * the package's type, 420 a Require that is not met (any), 423 too short,
 * 489 another package or none.
 */
unsigned sip_subscribe_check(const struct sip_message *m,
	const struct sip_event_package *package, uint32_t *ret_expires);
/** Is the Event of @m (its parameters aside) that package? */
bool sip_event_is(const struct sip_message *m, const char *package);
/** The id parameter of Event; len 0 without. */
struct str sip_event_id(const struct sip_message *m);
/** Expires of @m, capped; false when absent or no number. */
bool sip_expires(const struct sip_message *m, uint32_t *ret_s);

/* ---- SUBSCRIBE as watcher ------------------------------------------------- */

/** What the final response to our SUBSCRIBE means.  stox.md 3.3, 3.4. */
enum sip_subscribe_result {
	SIP_SUBSCRIBED,        /* 2xx: granted, NOTIFY will tell */
	SIP_SUBSCRIBE_LONGER,  /* 423: again with Min-Expires */
	SIP_SUBSCRIBE_ANEW,    /* the dialog is gone (481 and its kin): a fresh
	                        * one at once when this was a refresh */
	SIP_SUBSCRIBE_DENIED,  /* 403, 489, 603, 406, 415: for good */
	SIP_SUBSCRIBE_UNKNOWN, /* 404, 410, 604: nobody there */
	SIP_SUBSCRIBE_MOVED,   /* 3xx */
	SIP_SUBSCRIBE_AGAIN,   /* transient: later */
};
/** @refresh: was it sent in a dialog?  Status 0 stands for no answer. */
enum sip_subscribe_result sip_subscribe_result(unsigned status, bool refresh);
/** Min-Expires of a 423; 0 when absent. */
uint32_t sip_min_expires(const struct sip_message *m);
/** When to refresh a subscription that lasts @expires_s: a minute before, or
 *  at half time when that is later. */
uint32_t sip_refresh_after(uint32_t expires_s);

#endif
