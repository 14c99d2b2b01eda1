/*
 * The XMPP user watches: a long authorisation on XMPP, on SIP one dialog that
 * is refreshed while it is worth it.  stox.md 3.3 to 3.5, 3.11.
 */
#include <string.h>

#include "stox/service/policy.h"
#include "watch.h"

enum {
	SURE_S = 86400,        /* no sign of the XMPP user: ask whether it is there */
	UNASKED_S = 30 * 86400, /* the same of one who cannot be asked */
	TOLD_TRIES = 6,        /* deliveries that fail in a row: nobody is there */
	CSEQ_JUMP = 10000,     /* what an unwritten row may have counted */
};

/* ---- from XMPP -------------------------------------------------------------- */

/* Hidden people are like people who never answer.  Returns whether it is so.
 * trust.md G12 */
static bool take_policy(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;

	w->notes = stox_policy_notes(x);
	w->seen_s = p->now_s;
	w->online = true;
	if (!stox_policy_presence(x))
		watch_block(p);
	else
		w->blocked = false;
	return w->blocked;
}

void watch_subscribe(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;

	if (w->auth == AUTH_NONE && !count_watch(p, x))
		return;
	take_policy(p, x);
	w->owe_unsubscribed = w->owe_error = false;
	if (w->auth == AUTH_YES) {
		w->owe_subscribed = true;
	} else if (w->auth == AUTH_NONE) {
		w->auth = AUTH_ASKED;
		w->since_s = p->now_s;
		w->tries = 0;
		pair_fine(p, false);
	}
	if (!w->blocked && (w->state == WATCH_IDLE ||
		w->state == WATCH_LEAVING ||
		(w->state == WATCH_ASKING && !w->call_id[0])))
		watch_ask(p);
}

void watch_unsubscribe(struct pair *p)
{
	/* what is over is not told, nor kept: RFC 6121, 3.3.3 */
	if (p->watch.auth != AUTH_NONE)
		watch_end(p);
	watch_leave(p);
	pair_fine(p, false);
}

bool watch_vouch(struct pair *p, enum pair_auth auth, uint64_t since_s)
{
	struct pair_watch *w = &p->watch;

	if (w->auth >= auth)
		return false;
	w->owe_subscribed = w->auth == AUTH_ASKED;
	w->owe_unsubscribed = w->owe_error = false;
	w->auth = auth;
	w->since_s = since_s ? since_s : p->now_s;
	w->tries = 0;
	/* many may come at once: the pace of due times holds them back */
	if (auth == AUTH_ASKED && w->state == WATCH_IDLE) {
		w->online = true;
		w->seen_s = p->now_s;
		watch_ask_later(p, 1);
	}
	return true;
}

/* She comes while it waits to ask again: not the hour that many failures make,
 * but half a minute after the last one, unless the SIP side said when. */
static void ask_sooner(struct pair *p)
{
	struct pair_watch *w = &p->watch;
	uint64_t at;

	if (w->state != WATCH_ASKING || w->call_id[0] || !w->tries || w->bidden)
		return;
	at = w->next_s - flow_back_off_s(w->tries) + flow_back_off_s(0);
	if (at <= p->now_s)
		watch_ask(p);
	else if (at < w->next_s)
		w->next_s = at;
}

void watch_probe(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	bool was_blocked = w->blocked;

	if (w->auth == AUTH_NONE) {
		/* the hidden, the unknown and the never asked: all alike */
		stox_reply_stanza(x, "unsubscribed");
		return;
	}
	if (take_policy(p, x))
		return;
	ask_sooner(p);
	if (w->auth != AUTH_YES && !was_blocked)
		return;
	watch_forget_gone(w);
	for (size_t i = 0; i < w->count; i++)
		w->devices[i].owed = true;
	if (w->state == WATCH_LIVE && w->told_s + WATCH_CACHE_S < p->now_s) {
		w->send = true;
	} else if (w->state == WATCH_LIVE && w->count == 0 && w->told_s) {
		/* somebody who is offline is told so as well */
		w->told_s = 0;
		w->send = true;
	} else if (w->state == WATCH_IDLE || w->state == WATCH_LEAVING) {
		watch_ask(p);
	}
}

void watch_seen(struct pair *p, bool online)
{
	struct pair_watch *w = &p->watch;

	if (online && !w->online && w->auth != AUTH_NONE)
		ask_sooner(p);
	w->online = online;
	if (online)
		w->seen_s = p->now_s;
	if (online && w->auth != AUTH_NONE && !w->blocked &&
		(w->state == WATCH_IDLE || w->state == WATCH_LEAVING))
		watch_ask(p);
	if (!online && w->auth == AUTH_YES) {
		/* nobody is there who could be told */
		w->count = 0;
		w->told_s = 0;
		w->etag = "";
		watch_leave(p);
	}
}

/* That there is no such user, or no more, is for good: nothing is refreshed for
 * one who is not there.  RFC 8048, 8.1. */
static bool is_for_good(const char *condition)
{
	return strcmp(condition, "item-not-found") == 0 ||
	       strcmp(condition, "gone") == 0;
}

void watch_error(struct pair *p, struct stox_exchange *x)
{
	/* a resource says nothing of the others */
	if (p->watch.auth != AUTH_NONE && !strchr(stox_from(x), '/') &&
		is_for_good(presence_stanza_error(stox_in_stanza(x))))
		watch_seen(p, false);
}

void watch_told(struct pair *p, struct stox_exchange *x, enum flow_tag tag)
{
	struct pair_watch *w = &p->watch;
	const char *text = NULL;
	uint64_t away_s = flow_away_s(p, STOX_XMPP);

	if (!stox_answer_error(x, &text)) {
		w->told_tries = 0;
		w->quiet_s = 0;
		return;
	}
	/* that a server is away says nothing of its people */
	if (!away_s && ++w->told_tries >= TOLD_TRIES) {
		w->told_tries = 0;
		watch_seen(p, false);
		return;
	}
	w->owe_subscribed = w->owe_subscribed || tag == TAG_SUBSCRIBED;
	w->owe_unsubscribed = w->owe_unsubscribed || tag == TAG_UNSUBSCRIBED;
	w->owe_error = w->owe_error || tag == TAG_ERROR;
	for (size_t i = 0; i < w->count && tag == TAG_TELL; i++)
		w->devices[i].owed = true;
	pair_trouble(p, 0, stox_printf(x, "%.*s", PAIR_TROUBLE_MAX,
		text ? text : "The XMPP side cannot be reached."));
	w->quiet_s = p->now_s +
		(away_s ? away_s : flow_back_off_s(w->told_tries));
}

/* ---- time ------------------------------------------------------------------- */

/* How long without a sign it is refreshed.  The server of a user who lets nobody
 * see her tells when she logs in, and then nothing for as long as she stays. */
static uint64_t unsure_s(const struct pair *p)
{
	return p->grant.auth == AUTH_YES ? PAIR_UNSURE_S : UNASKED_S;
}

static void refresh(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	if (!w->online || w->seen_s + unsure_s(p) < p->now_s) {
		w->online = false;
		if (w->auth == AUTH_YES)
			watch_drop_devices(w);
		watch_leave(p);
		return;
	}
	/* what answers tells whether somebody is there */
	if (w->seen_s + SURE_S < p->now_s && p->grant.auth == AUTH_YES)
		p->grant.owe_probe = true;
	watch_forget_gone(w);
	w->send = true;
	w->suppress = w->state == WATCH_LIVE && w->told_s;
	w->next_s = w->expires_s;
}

void watch_due(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	if (!w->next_s || w->next_s > p->now_s)
		return;
	switch (w->state) {
	case WATCH_IDLE:
		w->next_s = 0;
		return;
	case WATCH_ASKING:
		if (!w->call_id[0]) {
			watch_ask(p);
			return;
		}
		pair_trouble(p, 0, "The SIP side took the subscription, but has "
			"told nothing since.");
		watch_fail(p, 0);
		return;
	case WATCH_LIVE:
		if (w->expires_s <= p->now_s)
			watch_fail(p, 0);
		else
			refresh(p);
		return;
	case WATCH_LEAVING:
		watch_leave_dialog(w);
		return;
	}
}

void watch_restored(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	w->flying = false;
	w->quiet_s = 0;
	w->retell = true;
	w->cseq += CSEQ_JUMP;
	switch (w->state) {
	case WATCH_IDLE:
		return;
	case WATCH_ASKING: /* who was away may have come back meanwhile */
		watch_ask(p);
		return;
	case WATCH_LIVE:
		if (w->expires_s <= p->now_s)
			watch_ask(p);
		else
			refresh(p);
		return;
	case WATCH_LEAVING:
		w->send = w->dialog.len != 0;
		if (!w->send)
			watch_leave_dialog(w);
		return;
	}
}
