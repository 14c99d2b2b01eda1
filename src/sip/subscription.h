/*
 * subscription.h: what the SUBSCRIBE and NOTIFY of an event package say, and
 * what follows from it.  RFC 6665; stox.md 3.3 to 3.11 and 9.9.
 * Model: no I/O, no time of its own.
 */
#ifndef SIP_SUBSCRIPTION_H
#define SIP_SUBSCRIPTION_H

#include "sip/message.h"
#include "stox/service/subscription.h"

/* ---- NOTIFY: Subscription-State ------------------------------------------- */

/** Read the value of Subscription-State.  Returns 0, or -STOX_EINVAL when it
 *  does not follow the grammar. */
int sip_subscription_state_parse(struct str value,
	struct stox_subscription *ret);
/** The word of a reason ("rejected"), "" for STOX_REASON_NONE. */
const char *sip_subreason_word(enum stox_subreason reason);
/** "active;expires=3540", "terminated;reason=giveup;retry-after=600".  An
 *  active or pending one always tells its time. */
void sip_subscription_state_write(struct buf *out,
	const struct stox_subscription *s);

/** What a watcher does then. */
enum stox_resubscribe sip_subreason_follow_up(enum stox_subreason reason);

/* ---- SUBSCRIBE as notifier ------------------------------------------------ */

/**
 * Judge a SUBSCRIBE.  Expires 0 (a poll, or the end) is always granted.
 *
 * @ret_expires  the time granted
 * Returns 0, or the status to refuse with: 400 bad Expires, 406 Accept without
 * the package's type, 420 a Require that is not met (any), 423 too short,
 * 489 another package or none.
 */
unsigned sip_subscribe_check(const struct sip_message *m,
	const struct stox_event_package *package, uint32_t *ret_expires);
/** Is the Event of @m (its parameters aside) that package? */
bool sip_event_is(const struct sip_message *m, const char *package);
/** The id parameter of Event; len 0 without. */
struct str sip_event_id(const struct sip_message *m);
/** Expires of @m, capped; false when absent or no number. */
bool sip_expires(const struct sip_message *m, uint32_t *ret_s);

/* ---- SUBSCRIBE as watcher ------------------------------------------------- */

/** @refresh: was it sent in a dialog?  Status 0 stands for no answer. */
enum stox_subscribe_result sip_subscribe_result(unsigned status, bool refresh);
/** Min-Expires of a 423; 0 when absent. */
uint32_t sip_min_expires(const struct sip_message *m);
/** When to refresh a subscription that lasts @expires_s: a minute before, or
 *  at half time when that is later. */
uint32_t sip_refresh_after(uint32_t expires_s);

#endif
