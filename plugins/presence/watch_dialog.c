/*
 * The dialog in which we watch, and what becomes of it: asked for, lost, left.
 */
#include "watch.h"

uint64_t flow_back_off_s(unsigned tries)
{
	return tries > 7 ? 3600 : tries ? 30u << (tries - 1) : 30;
}

uint64_t flow_away_s(const struct pair *p, enum stox_side side)
{
	switch (stox_session_peer(p->session, side)) {
	case STOX_PEER_THERE:
		return 0;
	case STOX_PEER_DOUBTED:
		return 30;
	case STOX_PEER_LOST:
		return 3600;
	}
	return 0;
}

/* ---- the dialog ------------------------------------------------------------- */

void watch_leave_dialog(struct pair_watch *w)
{
	w->state = WATCH_IDLE;
	w->call_id = w->tag = "";
	w->dialog = (struct stox_dialog){ NULL, 0 };
	w->cseq = 0;
	w->expires_s = w->next_s = 0;
	w->send = w->suppress = w->bidden = false;
}

/* A SUBSCRIBE that makes a new dialog.  The names are new: a dialog of the old
 * ones that turns up late is refused and so ends at its notifier. */
void watch_ask(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	watch_leave_dialog(w);
	w->state = WATCH_ASKING;
	w->call_id = stox_session_token(p->session, p->tokens[0]);
	w->tag = stox_session_token(p->session, p->tokens[1]);
	w->send = true;
	w->next_s = p->now_s + PAIR_TRANSACTION_S;
}

void watch_ask_later(struct pair *p, uint64_t after_s)
{
	struct pair_watch *w = &p->watch;

	watch_leave_dialog(w);
	w->state = WATCH_ASKING;
	w->next_s = p->now_s + after_s;
}

/* Whoever gets no answer more than once has lost its peer: what was shown of its
 * people is not true any more.  Ruling 21. */
void watch_lose(struct pair *p)
{
	watch_drop_devices(&p->watch);
}

void watch_fail(struct pair *p, uint64_t after_s)
{
	struct pair_watch *w = &p->watch;

	w->tries++;
	/* nobody tells what becomes of the SIP user until then */
	if (w->tries >= WATCH_LOST_TRIES || after_s > WATCH_CACHE_S)
		watch_lose(p);
	watch_ask_later(p, after_s ? after_s : flow_back_off_s(w->tries));
	w->bidden = after_s != 0;
}

void watch_leave(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	if (w->state == WATCH_IDLE || w->state == WATCH_LEAVING)
		return;
	if (!w->dialog.len && !w->flying) { /* nothing has been asked */
		watch_leave_dialog(w);
		return;
	}
	w->state = WATCH_LEAVING;
	w->send = w->dialog.len != 0;
	w->next_s = p->now_s + PAIR_TRANSACTION_S;
}

/* ---- the end of an authorisation -------------------------------------------- */

void watch_drop_devices(struct pair_watch *w)
{
	for (size_t i = 0; i < w->count; i++) {
		w->devices[i].owed = w->devices[i].owed || w->devices[i].d.open;
		w->devices[i].d.open = false;
	}
	w->told_s = 0;
	w->etag = "";
}

void watch_block(struct pair *p)
{
	p->watch.blocked = true;
	if (p->watch.auth == AUTH_YES)
		watch_drop_devices(&p->watch);
	watch_leave(p);
}

void watch_confirm(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	for (size_t i = 0; i < w->count; i++)
		w->devices[i].owed = w->devices[i].owed || w->retell;
	w->retell = false;
	w->told_s = p->now_s;
}

void watch_end(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	w->auth = AUTH_NONE;
	w->since_s = p->now_s;
	w->owe_subscribed = false;
	w->owe_unsubscribed = true;
	w->tries = 0;
	watch_drop_devices(w);
}
