/*
 * Servers that are lost and come back, for the half of a pair that watches: its
 * SIP side may have forgotten the dialog, its XMPP side may not have got what was
 * told.  Ruling 21.
 */
#include "watch.h"

enum { LATELY_S = 900 }; /* a break may be found out that late */

bool watch_shows(const struct pair_watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->devices[i].d.open)
			return true;
	return false;
}

void watch_forget_gone(struct pair_watch *w)
{
	for (size_t i = 0; i < w->count;) {
		struct pair_device *d = &w->devices[i];

		if (d->d.open || d->owed)
			i++;
		else
			pair_device_remove(w->devices, &w->count, d);
	}
}

/* Refreshed, the dialog tells how the SIP user is, or that it is history. */
static void sip_is_back(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	w->tries = 0;
	w->etag = ""; /* who has forgotten may use it for something else */
	switch (w->state) {
	case WATCH_IDLE:
		return;
	case WATCH_ASKING:
		watch_ask(p);
		return;
	case WATCH_LIVE:
		w->send = true;
		w->suppress = false;
		return;
	case WATCH_LEAVING:
		w->send = w->dialog.len != 0;
		return;
	}
}

/* What was written last may not have arrived. */
static void xmpp_is_back(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	w->told_tries = 0;
	w->quiet_s = 0;
	if (w->auth == AUTH_YES && w->since_s + LATELY_S > p->now_s)
		w->owe_subscribed = true;
	for (size_t i = 0; i < w->count && w->auth == AUTH_YES; i++)
		w->devices[i].owed = true;
}

void watch_peer(struct pair *p, enum stox_side side, bool lost)
{
	struct pair_watch *w = &p->watch;

	if (side == STOX_XMPP && !lost)
		xmpp_is_back(p);
	else if (side == STOX_SIP && !lost)
		sip_is_back(p);
	else if (side == STOX_SIP && w->state != WATCH_IDLE)
		watch_lose(p);
}
