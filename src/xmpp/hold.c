/*
 * Held messages.  A server handles the stanzas of one stream in order, so the
 * answer to a ping that was sent behind a message comes after the message's
 * own bounce, if there is one.  One ping covers all that was written before
 * it; the next one is sent when it has come back and more is held.
 */
#include "xmpp/alive.h"
#include "xmpp/component.h"

#include <stdio.h>

#include "xmpp/route.h"
#include "xmpp/s2s.h"

#define BARRIER "-barrier-"

static struct xmpp_item *first_held(struct xmpp_route *r)
{
	return list_empty(&r->held)
		? NULL
		: container_of(r->held.next, struct xmpp_item, node);
}

static uint64_t hold_ms(const struct xmpp_route *r)
{
	return limit_get(r->x->limits, LIMIT_MESSAGE_HOLD);
}

static struct xmpp_stream *stream_of(const struct xmpp_route *r)
{
	if (r->component)
		return xmpp_component_stream(r->component);
	return xmpp_route_carrier(r);
}

static void send_ping(void *arg)
{
	struct xmpp_route *r = arg;
	struct xmpp_stream *s = stream_of(r);
	struct xmpp_letter letter = { .token = 0 };
	struct buf *b = &r->x->line;

	if (r->barrier || list_empty(&r->held) || !s)
		return;
	r->barrier = ++r->x->next_barrier;
	buf_clear(b);
	buf_add_text(b, "<iq type='get' from='");
	xml_escape(b, str_from(r->local));
	buf_add_text(b, "' to='");
	xml_escape(b, str_from(r->remote));
	buf_add_text(b, "' id='");
	xml_escape(b, str_from(r->x->config.node));
	buf_add_text(b, BARRIER);
	buf_add_u64(b, r->barrier);
	buf_add_text(b, "'><ping xmlns='urn:xmpp:ping'/></iq>");
	letter.bytes = buf_str(b);
	if (xmpp_queue_put(s, &letter, r) == -STOX_EGONE) {
		r->barrier = 0; /* no room: the hold time decides */
		return;
	}
	list_each(n, next, &r->held)
		container_of(n, struct xmpp_item, node)->covered = true;
}

static void hold_timer(struct xmpp_route *r)
{
	struct xmpp_item *item = first_held(r);
	uint64_t now, due;

	if (!item) {
		timer_stop(io_timers(r->x->env), &r->hold_timer);
		return;
	}
	now = io_now_ms(r->x->env);
	due = item->at_ms + hold_ms(r);
	timer_start(io_timers(r->x->env), &r->hold_timer,
		due > now ? due - now : 0);
}

static void held_long_enough(void *arg)
{
	struct xmpp_route *r = arg;
	uint64_t now = io_now_ms(r->x->env);
	struct xmpp_item *item;

	while ((item = first_held(r)) && now >= item->at_ms + hold_ms(r)) {
		if (item->tracked && !item->acked) {
			item->overdue = true;
			return; /* its acknowledgement decides */
		}
		limit_hit(r->x->limits, LIMIT_MESSAGE_HOLD);
		xmpp_item_settle(item, XMPP_CONFIRMED, STOX_NO_ERROR, NULL);
	}
	xmpp_hold_removed(r);
}

void xmpp_hold_init(struct xmpp_route *r)
{
	list_init(&r->held);
	io_task_init(&r->ping_task, send_ping, r);
	timer_init(&r->hold_timer, held_long_enough, r);
}

void xmpp_hold_stop(struct xmpp_route *r)
{
	io_undefer(&r->ping_task);
	timer_stop(io_timers(r->x->env), &r->hold_timer);
}

/* The ping waits for the end of the turn: one for a burst. */
void xmpp_hold_add(struct xmpp_route *r, struct xmpp_item *item)
{
	bool first = list_empty(&r->held);

	list_append(&r->held, &item->node);
	if (first)
		hold_timer(r);
	if (!r->barrier)
		io_defer(r->x->env, &r->ping_task);
}

void xmpp_hold_removed(struct xmpp_route *r)
{
	if (list_empty(&r->held)) {
		/* an answer that still comes is too late to mean anything */
		r->barrier = 0;
		xmpp_route_unused(r);
	}
	hold_timer(r);
}

void xmpp_hold_lost(struct xmpp_route *r)
{
	struct xmpp_item *item;
	char text[256];

	snprintf(text, sizeof(text), "The connection to %.150s broke before "
		"the message was confirmed.", r->remote);
	list_each(n, next, &r->held) {
		item = container_of(n, struct xmpp_item, node);
		if (!item->acked)
			xmpp_item_settle(item, XMPP_LOST,
				STOX_REMOTE_SERVER_TIMEOUT, text);
	}
	r->barrier = 0;
	xmpp_hold_removed(r);
}

void xmpp_hold_moved(struct xmpp_route *r)
{
	r->barrier = 0;
	list_each(n, next, &r->held)
		container_of(n, struct xmpp_item, node)->covered = false;
	if (!list_empty(&r->held))
		io_defer(r->x->env, &r->ping_task);
}

void xmpp_hold_resumed(struct xmpp_route *r)
{
	list_each(n, next, &r->held) {
		struct xmpp_item *item =
			container_of(n, struct xmpp_item, node);

		if (item->tracked && !item->acked) {
			item->overdue = false;
			item->at_ms = io_now_ms(r->x->env);
		}
	}
	hold_timer(r);
}

void xmpp_hold_acked(struct xmpp_route *r)
{
	held_long_enough(r);
}

static void passed(struct xmpp_route *r)
{
	struct xmpp_item *item;

	r->barrier = 0;
	while ((item = first_held(r)) && item->covered)
		xmpp_item_settle(item, XMPP_CONFIRMED, STOX_NO_ERROR, NULL);
	xmpp_hold_removed(r);
	if (!list_empty(&r->held))
		io_defer(r->x->env, &r->ping_task);
}

/* Take @prefix off @s, if it is there. */
static bool skip(struct str *s, struct str prefix)
{
	if (!str_starts(*s, prefix))
		return false;
	s->p += prefix.len;
	s->len -= prefix.len;
	return true;
}

bool xmpp_own_answer(const struct xmpp *x, const struct stox_element *e,
	const struct jid *to, const char *mark, uint64_t *ret)
{
	struct str id = str_from(stox_element_attr(e, "id"));

	return !to->local.len && !to->resource.len && stanza_is_answer(e) &&
		skip(&id, str_from(x->config.node)) &&
		skip(&id, str_from(mark)) &&
		!str_to_u64(id, UINT64_MAX, ret);
}

bool xmpp_hold_answer(struct xmpp *x, const struct stox_element *e,
	const struct jid *from, const struct jid *to)
{
	struct xmpp_route *r;
	uint64_t number;

	if (!xmpp_own_answer(x, e, to, BARRIER, &number))
		return false;
	r = xmpp_route_find(x, to->domain, from->domain);
	if (r && r->barrier == number) {
		if (xmpp_route_carrier(r))
			xmpp_alive_heard(xmpp_route_carrier(r));
		passed(r);
	}
	return true;
}
