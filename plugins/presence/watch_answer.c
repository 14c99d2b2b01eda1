/*
 * What became of our SUBSCRIBE.  stox.md 3.3 step 4, 3.4.
 */
#include <stdlib.h>

#include "stox/service/dialog.h"
#include "stox/service/subscription.h"
#include "watch.h"

enum { EXPIRES_MAX_S = 86400 }; /* of a 423 */

static const char *words(struct stox_exchange *x)
{
	const char *text = NULL;
	unsigned status = stox_answer_status(x);

	stox_answer_error(x, &text);
	if (text)
		return stox_printf(x, "%.*s", PAIR_TROUBLE_MAX, text);
	return stox_printf(x, "The SIP side answered %u.", status);
}

static uint64_t header_s(struct stox_exchange *x, const char *name)
{
	const char *text = stox_answer_header(x, name);
	unsigned long long n = text ? strtoull(text, NULL, 10) : 0;

	return n > EXPIRES_MAX_S ? EXPIRES_MAX_S : n;
}

static void granted(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	uint64_t left = header_s(x, "Expires");
	struct stox_dialog made;

	/* who keeps to RFC 3265 tells the way here, and in no NOTIFY */
	if (stox_dialect_is(x, "sip_dialog", "answer") &&
		stox_dialog_made(x, &made) == 0)
		w->dialog = made;
	if (w->state != WATCH_LIVE) {
		/* the NOTIFY says the rest; who wants to send none would leave us
		 * without a dialog */
		if (stox_answer_status(x) == 204 && *w->etag) {
			w->etag = "";
			watch_ask(p);
		}
		return;
	}
	if (stox_answer_status(x) == 204)
		watch_confirm(p);
	if (left == 0)
		left = w->expires_ask_s;
	w->tries = 0;
	w->expires_s = p->now_s + left;
	w->next_s = p->now_s + stox_refresh_after((uint32_t)left);
}

static void longer(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	uint32_t least = (uint32_t)header_s(x, "Min-Expires");

	if (least <= w->expires_ask_s) { /* it makes no sense to ask again */
		pair_trouble(p, 423, words(x));
		watch_fail(p, 0);
		return;
	}
	w->expires_ask_s = least;
	w->send = true;
	if (w->state == WATCH_ASKING)
		w->next_s = p->now_s + PAIR_TRANSACTION_S;
}

static void failed(struct pair *p, struct stox_exchange *x,
	enum stox_subscribe_result result)
{
	struct pair_watch *w = &p->watch;
	bool refresh = w->dialog.len != 0;
	uint64_t after = header_s(x, "Retry-After");

	pair_trouble(p, stox_answer_status(x), words(x));
	switch (result) {
	case STOX_SUBSCRIBE_DENIED:
		watch_leave_dialog(w);
		watch_end(p);
		return;
	case STOX_SUBSCRIBE_UNKNOWN:
	case STOX_SUBSCRIBE_MOVED:
		watch_leave_dialog(w);
		w->owe_error = w->auth == AUTH_ASKED;
		watch_end(p);
		return;
	case STOX_SUBSCRIBE_ANEW:
		if (w->tries == 0) {
			w->tries = 1;
			watch_ask(p);
			return;
		}
		watch_fail(p, 0);
		return;
	default:
		break;
	}
	if (refresh && w->expires_s > p->now_s + after) {
		/* it lives until it expires: try again meanwhile */
		w->tries++;
		if (w->tries >= WATCH_LOST_TRIES)
			watch_lose(p);
		w->next_s = p->now_s +
			(after ? after : flow_back_off_s(w->tries));
		return;
	}
	watch_fail(p, after);
}

void watch_answered(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	enum stox_subscribe_result result;

	w->flying = false;
	if (w->state == WATCH_IDLE || (w->state == WATCH_ASKING && w->send))
		return; /* of a dialog that is history */
	result = stox_subscribe_result(x, w->dialog.len != 0);
	if (w->state == WATCH_LEAVING) {
		/* the last NOTIFY is to come, unless there is nothing any more */
		if (result != STOX_SUBSCRIBED && !w->send)
			watch_leave_dialog(w);
		return;
	}
	if (result == STOX_SUBSCRIBED)
		granted(p, x);
	else if (result == STOX_SUBSCRIBE_LONGER)
		longer(p, x);
	else
		failed(p, x, result);
}
