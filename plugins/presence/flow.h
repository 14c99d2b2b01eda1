/*
 * flow.h: the two halves of a pair, as presence.c drives them.  Events change
 * the pair, …_act() does what it asks for; the row is written in between.
 */
#ifndef PRESENCE_FLOW_H
#define PRESENCE_FLOW_H

#include "pair.h"
#include "stox/service/count.h"

/** What an exchange of ours was for, in the low bits of its tag. */
enum flow_tag {
	TAG_SUBSCRIBE = 1,
	TAG_TELL,          /* presence of the SIP user */
	TAG_SUBSCRIBED,
	TAG_UNSUBSCRIBED,
	TAG_ERROR,
	TAG_ASK,           /* subscribe */
	TAG_PROBE,
	TAG_GONE,
	TAG_NOTIFY,        /* the leg's number above it */
};
enum { TAG_MASK = 15, TAG_SHIFT = 4 };

enum option {
	OPTION_EXPIRES,
	OPTION_MAX_EXPIRES,
	OPTION_BUSY,
	OPTION_PUBLISH,
};
extern const struct stox_option presence_options[];

/** 30 s, 60 s, … up to an hour. */
uint64_t flow_back_off_s(unsigned tries);
/** When to try again while the servers of that side are doubted, or lost: then
 *  the news that they are back comes before.  0: they are there. */
uint64_t flow_away_s(const struct pair *p, enum stox_side side);

/* ---- watch.c: the XMPP user watches.  stox.md 3.3 to 3.7, 3.11 ---- */

void watch_subscribe(struct pair *p, struct stox_exchange *x);
void watch_unsubscribe(struct pair *p);
/** Replies when there is nothing to tell later. */
void watch_probe(struct pair *p, struct stox_exchange *x);
/** Presence of the XMPP user shows: online, or gone with the last resource. */
void watch_seen(struct pair *p, bool online);
/** An error of the XMPP user's server, to whatever it was. */
void watch_error(struct pair *p, struct stox_exchange *x);
/** A NOTIFY; replies.  True when the row has to be safe before anything else
 *  happens. */
bool watch_notify(struct pair *p, struct stox_exchange *x);
void watch_answered(struct pair *p, struct stox_exchange *x);
/** What the XMPP user was told has arrived or not. */
void watch_told(struct pair *p, struct stox_exchange *x, enum flow_tag tag);
void watch_due(struct pair *p);
void watch_restored(struct pair *p);
/** The servers of a side are lost, or there again.  Ruling 21. */
void watch_peer(struct pair *p, enum stox_side side, bool lost);
void watch_act(struct pair *p);
/** An operator vouches for it, or that it was asked for.  False when it is so
 *  already; @since_s 0: now. */
bool watch_vouch(struct pair *p, enum pair_auth auth, uint64_t since_s);

enum {
	GRANT_INTERVAL_MS = 5000, /* between NOTIFYs of a leg: RFC 3856, 6.10 */
	GRANT_CONFIRM_S = 10,     /* devices that a probe does not find are gone */
	GRANT_SILENT_S = 8,       /* and before, whether anybody is there at all */
	GRANT_WAIT_S = 5,         /* until that is known */
	GRANT_UNHEARD_S = 3,      /* let in, and told nothing: it is asked for */
};

/* ---- grant.c: the SIP user watches.  stox.md 3.8 to 3.11 ---- */

/** A SUBSCRIBE, first or in a dialog; replies. */
void grant_subscribe(struct pair *p, struct stox_exchange *x);
/** The XMPP user's name, if a stanza of hers has it: whoever is let in is told.
 *  XEP-0172, 4.2 */
void grant_name(struct pair *p, struct stox_exchange *x);
/** The XMPP user lets the SIP user in, who has asked. */
void grant_approved(struct pair *p);
void grant_refused(struct pair *p);
/** An error to what was asked. */
void grant_error(struct pair *p, struct stox_exchange *x);
/** The XMPP user's presence.  True when the row has to be safe. */
bool grant_presence(struct pair *p, struct stox_exchange *x);
void grant_notified(struct pair *p, struct stox_exchange *x, unsigned number);
void grant_asked(struct pair *p, struct stox_exchange *x, enum flow_tag tag);
void grant_due(struct pair *p);
void grant_restored(struct pair *p);
void grant_peer(struct pair *p, enum stox_side side, bool lost);
/** Time that was asked for by stox_session_wake() is over. */
void grant_wake(struct pair *p);
/** The tag of what a leg is told: another one when the state is another.  Times
 *  are none of it.  RFC 5839; in the exchange. */
const char *grant_etag(const struct pair *p, struct stox_exchange *x);
/** A publication asks what the XMPP user is: find out. */
void grant_probe(struct pair *p);
/** The document that says it, as the body of what goes out. */
void grant_put_document(struct pair *p, struct stox_exchange *x);
/** Let in, and nothing was heard: a server that answers for its user, who was
 *  asked before, tells "subscribed" and no more. */
bool grant_unheard(const struct pair_grant *g);
void grant_act(struct pair *p);
bool grant_vouch(struct pair *p, enum pair_auth auth, uint64_t since_s);
/** An operator ends it: both sides hear so. */
void grant_remove(struct pair *p);

/* ---- count.c: who has asked for how many ---- */

/** In a hook: the counts that a question of @x needs. */
stox_verdict count_wait(struct stox_exchange *x, stox_then *then, void *arg);
/** May one more watch, in that direction?  It is counted, unless it was; if not,
 *  it is refused in words. */
bool count_watch(struct pair *p, struct stox_exchange *x);
bool count_grant(struct pair *p, struct stox_exchange *x);
/** After an event: what is over is not counted any more. */
void count_over(struct pair *p);

/* ---- admin.c: operators ---- */

/** "add" and "remove".  True when the row has changed. */
bool admin_order(struct pair *p, struct stox_admin *a);
/** What a row holds, in names, and in words why somebody sees nothing. */
void admin_describe(void *state, const char *key, const void *row, size_t len,
	const struct stox_description *d);

#endif
