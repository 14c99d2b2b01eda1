/*
 * The session of a conversation: who gets which event, and what time does.
 */
#include <string.h>

#include "stox/service/address.h"
#include "talk.h"

struct stox_session *talk_of(struct stox_host *host, struct stox_exchange *x)
{
	bool xmpp = stox_side_from(x) == STOX_XMPP;

	return stox_session_open(host, &talk_kind, stox_printf(x, "%s %s",
		xmpp ? stox_from_bare(x) : stox_to_bare(x),
		xmpp ? stox_to_bare(x) : stox_from_bare(x)));
}

/* The key is the two addresses; neither has spaces. */
static void find_ends(struct talk *t)
{
	const char *key = stox_session_key(t->session);
	const char *space = strchr(key, ' ');

	t->xmpp = stox_memory_copy(key, (size_t)(space - key));
	t->sip = stox_memory_copy(space + 1, strlen(space + 1));
	t->used_ms = stox_now_ms(t->host);
}

/* ---- time ------------------------------------------------------------------- */

static void soonest(uint64_t *next_ms, uint64_t ms)
{
	if (ms && ms < *next_ms)
		*next_ms = ms;
}

static bool is_idle(const struct talk *t)
{
	return !t->lines && !t->deliveries && !t->inviting;
}

static uint64_t idle_end_ms(const struct talk *t)
{
	return t->used_ms + (uint64_t)t->idle_s * 1000;
}

static uint64_t next_ms(const struct talk *t)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		const struct talk_dialog *d = &t->dialogs[i];

		if (d->state == TALK_NONE)
			continue;
		if (d->first && !d->first_told)
			soonest(&next, d->first_ms);
		if (!d->refreshing)
			soonest(&next, d->refresh_ms);
		soonest(&next, d->expires_ms);
		if (is_idle(t))
			soonest(&next, idle_end_ms(t));
	}
	if (t->types)
		soonest(&next, t->types_ms);
	if (t->they_type)
		soonest(&next, t->they_until_ms);
	return next;
}

static void end_all(struct talk *t)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		if (t->dialogs[i].state != TALK_NONE)
			talk_dialog_bye(t, &t->dialogs[i]);
}

static void end_idle(struct talk *t, uint64_t now_ms)
{
	if (is_idle(t) && now_ms >= idle_end_ms(t))
		end_all(t);
}

/* ---- stox stops --------------------------------------------------------------- */

/* Who waits for an answer hears that there is none; what still rings the core
 * cancels. */
static void stop_now(struct talk *t)
{
	talk_fail(t, STOX_REMOTE_SERVER_TIMEOUT,
		"The gateway is being restarted; send it again in a minute.");
	end_all(t);
	t->inviting = false;
	t->sending = 0;
}

/* Texts that are under way have their time first.  A dialog whose ACK is not
 * here may not end yet.  RFC 3261, 15. */
static void stop_idle(struct talk *t)
{
	if (!is_idle(t))
		return;
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		if (t->dialogs[i].state == TALK_OPEN)
			talk_dialog_bye(t, &t->dialogs[i]);
}

static void run_time(struct talk *t)
{
	uint64_t now_ms = stox_now_ms(t->host);

	talk_first_run(t, now_ms);
	talk_timer_run(t, now_ms);
	talk_typing_run(t, now_ms);
	end_idle(t, now_ms);
}

/* ---- events ----------------------------------------------------------------- */

static void answered(struct talk *t, const struct stox_event *e)
{
	unsigned number = e->tag >> TALK_TAG_BITS;

	switch ((enum talk_tag)(e->tag & TALK_TAG_MASK)) {
	case TALK_INVITE:
		talk_invited(t, e->exchange);
		return;
	case TALK_MESSAGE:
		talk_said(t, e->exchange, number);
		return;
	case TALK_DELIVER:
		talk_delivered(t, e->exchange, number);
		return;
	case TALK_REFRESH:
		talk_refreshed(t, e->exchange, number);
		return;
	case TALK_LAST:
		return;
	}
}

static void acked(struct talk *t, const struct stox_event *e)
{
	struct talk_dialog *d = talk_dialog_tagged(t, e->local_tag);

	if (!d)
		return;
	if (!e->acked) {
		talk_dialog_bye(t, d);
		return;
	}
	if (d->state == TALK_ANSWERED)
		talk_dialog_open(t, d);
	if (d->first && !d->first_told)
		d->first_ms = stox_now_ms(t->host) + TALK_FIRST_MS;
}

static void read_options(struct talk *t, const struct stox_exchange *x)
{
	t->idle_s = (unsigned)stox_option_int(x, &message_options[OPTION_IDLE]);
	t->keyboard = stox_dialect_is(x, "sip_typing", "keyboard");
	t->typing = !stox_dialect_is(x, "sip_typing", "off");
	t->reports = stox_dialect_is(x, "sip_receipts", "report");
	t->receipts = t->reports || stox_dialect_is(x, "sip_receipts", "answer");
}

static void happen(struct talk *t, const struct stox_event *e)
{
	switch (e->type) {
	case STOX_EVENT_REQUEST:
		read_options(t, e->exchange);
		if (stox_in_method(e->exchange))
			talk_hear(t, e->exchange);
		else
			talk_say(t, e->exchange);
		return;
	case STOX_EVENT_ANSWER:
		answered(t, e);
		return;
	case STOX_EVENT_ACKED:
		acked(t, e);
		return;
	case STOX_EVENT_WAKE:
		run_time(t);
		return;
	case STOX_EVENT_STOP:
		t->stopping = true;
		if (e->last)
			stop_now(t);
		return;
	case STOX_EVENT_DUE:
	case STOX_EVENT_RESTORED:
	case STOX_EVENT_ADMIN:
	case STOX_EVENT_TOLD:
	case STOX_EVENT_PEER:
		return;
	}
}

static bool has_dialogs(const struct talk *t)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		if (t->dialogs[i].state != TALK_NONE)
			return true;
	return false;
}

static void event(void *state, struct stox_session *s,
	const struct stox_event *e)
{
	struct talk *t = stox_session_object(s);
	uint64_t next, now_ms;

	t->host = state;
	t->session = s;
	if (!t->xmpp)
		find_ends(t);
	happen(t, e);
	talk_push(t);
	if (t->stopping)
		stop_idle(t);
	if (is_idle(t) && !has_dialogs(t)) {
		stox_session_end(s);
		return;
	}
	next = next_ms(t);
	now_ms = stox_now_ms(t->host);
	if (next != UINT64_MAX)
		stox_session_wake(s, next > now_ms ? (unsigned)(next - now_ms)
						   : 1);
}

static void drop(void *state, void *object)
{
	struct talk *t = object;

	(void)state;
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		talk_dialog_drop(&t->dialogs[i]);
	while (t->lines) {
		struct talk_line *l = t->lines;

		t->lines = l->next;
		stox_memory_free(l);
	}
	while (t->deliveries) {
		struct talk_delivery *d = t->deliveries;

		t->deliveries = d->next;
		stox_memory_free(d);
	}
	stox_memory_free(t->xmpp);
	stox_memory_free(t->sip);
}

const struct stox_session_kind talk_kind = { .name = "im", .event = event,
	.size = sizeof(struct talk), .drop = drop };
