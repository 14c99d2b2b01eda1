#include "xmpp/queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "xmpp/route.h"
#include "xmpp/sm.h"

/* Items are used again: a stanza on a ready stream costs no allocation. */
enum { SPARE_ITEMS = 256 };

/* ---- items --------------------------------------------------------------- */

static struct str token_key(const uint64_t *token)
{
	return (struct str){ (const char *)token, sizeof(*token) };
}

static struct xmpp_item *item_new(struct xmpp *x,
	const struct xmpp_letter *letter, struct xmpp_route *route)
{
	struct xmpp_item *item;

	if (list_empty(&x->spare_items)) {
		item = base_alloc0(sizeof(*item));
	} else {
		item = container_of(x->spare_items.next, struct xmpp_item,
			node);
		list_remove(&item->node);
		x->spare_count--;
		memset(item, 0, sizeof(*item));
	}
	list_init(&item->node);
	item->x = x;
	item->flags = letter->flags;
	item->token = letter->token;
	item->receipt = letter->receipt;
	item->route = item->flags & XMPP_SEND_HOLD && item->token ? route
								  : NULL;
	item->at_ms = io_now_ms(x->env);
	return item;
}

static void queue_timer(struct xmpp_queue *q);

static void drop_bytes(struct xmpp_item *item)
{
	struct xmpp *x = item->x;

	if (x->budget && item->bytes)
		x->budget->used -= item->len;
	free(item->bytes);
	item->bytes = NULL;
}

/* Out of the list it is in, with that list's counts kept right. */
static void item_unlink(struct xmpp_item *item)
{
	struct xmpp_queue *q = item->queue;

	list_remove(&item->node);
	if (q) {
		q->count--;
		q->bytes -= item->len;
		item->queue = NULL;
		queue_timer(q);
	}
	drop_bytes(item);
}

static void item_forget_token(struct xmpp_item *item)
{
	struct table *tokens = item->x->tokens;

	if (item->token &&
		table_get(tokens, token_key(&item->token)) == item)
		table_remove(tokens, token_key(&item->token));
}

static void item_free(struct xmpp_item *item)
{
	struct xmpp *x = item->x;

	free(item->text);
	item->text = NULL;
	if (x->spare_count < SPARE_ITEMS) {
		list_append(&x->spare_items, &item->node);
		x->spare_count++;
	} else {
		free(item);
	}
}

void xmpp_item_settle(struct xmpp_item *item, enum xmpp_sent sent,
	enum stox_condition condition, const char *text)
{
	struct xmpp *x = item->x;

	item_unlink(item);
	item_forget_token(item);
	xmpp_release(x, item->receipt);
	if (!item->token) {
		item_free(item);
		return;
	}
	item->sent = sent;
	item->condition = condition;
	item->text = text ? base_strdup(text) : NULL;
	list_append(&x->reports, &item->node);
	io_defer(x->env, &x->report_task);
}

/* Not told yet.  Returns whether a stream has it. */
static bool cancel_report(struct xmpp *x, uint64_t token)
{
	list_each(n, next, &x->reports) {
		struct xmpp_item *item =
			container_of(n, struct xmpp_item, node);

		bool written = item->sent != XMPP_FAILED;

		if (item->token != token)
			continue;
		list_remove(n);
		item_free(item);
		return written;
	}
	return false;
}

bool xmpp_item_cancel(struct xmpp *x, uint64_t token)
{
	struct xmpp_item *item = table_get(x->tokens, token_key(&token));
	struct xmpp_route *held_on;
	bool written = true;

	if (!token)
		return false;
	if (!item)
		return cancel_report(x, token);
	held_on = item->queue ? NULL : item->route;
	/* it is not known whether the peer has it; if not, it never will */
	if (held_on && held_on->limbo && item->tracked && !item->acked &&
		xmpp_sm_take_back(held_on->limbo, token))
		written = false;
	item_unlink(item);
	item_forget_token(item);
	item_free(item);
	if (held_on)
		xmpp_hold_removed(held_on);
	return held_on && written;
}

/* ---- reports ------------------------------------------------------------- */

static void tell(void *arg)
{
	struct xmpp *x = arg;
	struct list *last = x->reports.prev;
	bool more = !list_empty(&x->reports);

	/* what is added meanwhile gets a turn of its own */
	while (more && !list_empty(&x->reports)) {
		struct xmpp_item *item =
			container_of(x->reports.next, struct xmpp_item, node);
		struct xmpp_result result = { item->sent, item->condition,
			item->text ? item->text : "" };
		uint64_t token = item->token;

		more = &item->node != last;
		list_remove(&item->node);
		x->events->on_sent(x->arg, token, &result);
		item_free(item);
	}
	if (!list_empty(&x->reports))
		io_defer(x->env, &x->report_task);
}

void xmpp_reports_init(struct xmpp *x)
{
	list_init(&x->reports);
	list_init(&x->spare_items);
	io_task_init(&x->report_task, tell, x);
}

static void free_items(struct list *l)
{
	list_each(n, next, l) {
		struct xmpp_item *item =
			container_of(n, struct xmpp_item, node);

		list_remove(n);
		free(item->text);
		free(item);
	}
}

void xmpp_reports_free(struct xmpp *x)
{
	io_undefer(&x->report_task);
	free_items(&x->reports);
	free_items(&x->spare_items);
}

void xmpp_queue_refuse(struct xmpp *x, const struct xmpp_letter *letter,
	enum stox_condition condition, const char *text)
{
	if (letter->token)
		xmpp_item_settle(item_new(x, letter, NULL), XMPP_FAILED,
			condition, text);
	else
		xmpp_release(x, letter->receipt);
}

/* ---- writing ------------------------------------------------------------- */

/* What the result of a write means for the sender. */
static void settle_written(struct xmpp_item *item, struct xmpp_stream *s,
	int result)
{
	char text[256];

	if (result == -STOX_EPERM) {
		snprintf(text, sizeof(text), "The message is longer than the "
			"%zu bytes that %.150s accepts.", s->max_bytes,
			s->remote);
		xmpp_item_settle(item, XMPP_FAILED, STOX_POLICY_VIOLATION,
			text);
	} else if (result) {
		snprintf(text, sizeof(text), "%.180s does not read what is "
			"sent to it.", s->remote);
		xmpp_item_settle(item, XMPP_FAILED, STOX_RESOURCE_CONSTRAINT,
			text);
	} else if (item->route) {
		item_unlink(item);
		item->at_ms = io_now_ms(item->x->env);
		item->tracked = s->sm != NULL;
		xmpp_hold_add(item->route, item);
	} else {
		xmpp_item_settle(item, XMPP_WRITTEN, STOX_NO_ERROR, NULL);
	}
}

int xmpp_queue_put(struct xmpp_stream *s, const struct xmpp_letter *letter,
	struct xmpp_route *route)
{
	int r;

	if (s->sm && !xmpp_sm_room(s->sm, letter->bytes.len))
		return -STOX_EGONE;
	r = xmpp_stream_stanza(s, letter->bytes);
	if (!r && s->sm)
		xmpp_sm_sent(s->sm, route, letter->bytes, letter->flags,
			letter->token);
	return r;
}

int xmpp_queue_write(struct xmpp_stream *s, const struct xmpp_letter *letter,
	struct xmpp_route *route)
{
	int r = xmpp_queue_put(s, letter, route);
	struct xmpp_item *item;

	if (r == -STOX_EGONE)
		return r;
	if (!letter->token) {
		xmpp_release(s->x, letter->receipt);
		return 0;
	}
	item = item_new(s->x, letter, route);
	if (item->route && !r)
		stox_require(!table_put(s->x->tokens,
			token_key(&item->token), item));
	settle_written(item, s, r);
	return 0;
}

/* ---- queues -------------------------------------------------------------- */

static struct xmpp_item *oldest(struct xmpp_queue *q)
{
	return list_empty(&q->items)
		? NULL
		: container_of(q->items.next, struct xmpp_item, node);
}

static uint64_t age_ms(const struct xmpp_queue *q)
{
	return limit_get(q->x->limits, LIMIT_XMPP_QUEUE_AGE) * 1000;
}

static void queue_timer(struct xmpp_queue *q)
{
	struct xmpp_item *item = oldest(q);
	uint64_t now, due;

	if (!item) {
		timer_stop(io_timers(q->x->env), &q->timer);
		return;
	}
	now = io_now_ms(q->x->env);
	due = item->at_ms + age_ms(q);
	timer_start(io_timers(q->x->env), &q->timer, due > now ? due - now : 0);
}

static void too_old(void *arg)
{
	struct xmpp_queue *q = arg;
	uint64_t now = io_now_ms(q->x->env);
	struct xmpp_item *item;
	char text[256];

	while ((item = oldest(q)) && now >= item->at_ms + age_ms(q)) {
		limit_hit(q->x->limits, LIMIT_XMPP_QUEUE_AGE);
		snprintf(text, sizeof(text), "There was no connection to "
			"%.180s within %u seconds.", q->whom,
			(unsigned)(age_ms(q) / 1000));
		xmpp_item_settle(item, XMPP_FAILED, STOX_REMOTE_SERVER_TIMEOUT,
			text);
	}
}

void xmpp_queue_init(struct xmpp_queue *q, struct xmpp *x, const char *whom)
{
	memset(q, 0, sizeof(*q));
	q->x = x;
	q->whom = whom;
	list_init(&q->items);
	timer_init(&q->timer, too_old, q);
}

static bool queue_full(struct xmpp_queue *q, size_t len)
{
	struct limits *l = q->x->limits;

	if (q->count >= limit_get(l, LIMIT_XMPP_QUEUE)) {
		limit_hit(l, LIMIT_XMPP_QUEUE);
		return true;
	}
	if (q->bytes + len > limit_get(l, LIMIT_XMPP_QUEUE_BYTES)) {
		limit_hit(l, LIMIT_XMPP_QUEUE_BYTES);
		return true;
	}
	return false;
}

static void keep_bytes(struct xmpp_item *item, struct xmpp_queue *q,
	struct str bytes)
{
	item->bytes = base_alloc(bytes.len);
	memcpy(item->bytes, bytes.p, bytes.len);
	item->len = bytes.len;
	if (q->x->budget)
		q->x->budget->used += bytes.len;
	item->queue = q;
	q->count++;
	q->bytes += bytes.len;
}

void xmpp_queue_add(struct xmpp_queue *q, const struct xmpp_letter *letter,
	struct xmpp_route *route)
{
	struct xmpp_item *item;
	char text[256];

	if (queue_full(q, letter->bytes.len)) {
		snprintf(text, sizeof(text), "Too many messages are waiting "
			"for %.180s.", q->whom);
		xmpp_queue_refuse(q->x, letter, STOX_RESOURCE_CONSTRAINT, text);
		return;
	}
	item = item_new(q->x, letter, route);
	keep_bytes(item, q, letter->bytes);
	list_append(&q->items, &item->node);
	if (item->token)
		stox_require(!table_put(q->x->tokens,
			token_key(&item->token), item));
	if (q->count == 1)
		queue_timer(q);
}

void xmpp_queue_again(struct xmpp_queue *q, struct str bytes, unsigned flags)
{
	const struct xmpp_letter letter = { .flags = flags };
	struct xmpp_item *item = item_new(q->x, &letter, NULL);

	keep_bytes(item, q, bytes);
	list_append(q->items.next, &item->node); /* before the first */
	queue_timer(q);
}

void xmpp_queue_fail(struct xmpp_queue *q, bool all,
	enum stox_condition condition, const char *text)
{
	list_each(n, next, &q->items) {
		struct xmpp_item *item =
			container_of(n, struct xmpp_item, node);

		if (all || !(item->flags & XMPP_SEND_PATIENT))
			xmpp_item_settle(item, XMPP_FAILED, condition, text);
	}
}

void xmpp_item_lost(struct xmpp *x, uint64_t token)
{
	struct xmpp_item *item = table_get(x->tokens, token_key(&token));
	struct xmpp_route *r = item ? item->route : NULL;
	char text[256];

	if (!r || item->queue || item->acked)
		return;
	snprintf(text, sizeof(text), "The connection to %.150s broke before "
		"the message was confirmed.", r->remote);
	xmpp_item_settle(item, XMPP_LOST, STOX_REMOTE_SERVER_TIMEOUT, text);
	xmpp_hold_removed(r);
}

void xmpp_item_acked(struct xmpp *x, uint64_t token, bool acked)
{
	struct xmpp_item *item = table_get(x->tokens, token_key(&token));

	if (!item || !item->route)
		return;
	item->acked = item->tracked = acked;
	if (item->overdue)
		xmpp_hold_acked(item->route);
}

void xmpp_queue_flush(struct xmpp_queue *q, struct xmpp_stream *s,
	struct xmpp_route *route)
{
	struct xmpp_item *item;

	while ((item = oldest(q))) {
		const struct xmpp_letter letter = {
			.bytes = { item->bytes, item->len },
			.flags = item->flags,
			.token = item->token,
		};
		int r = xmpp_queue_put(s, &letter, route);

		if (r == -STOX_EGONE)
			return;
		settle_written(item, s, r);
	}
}

void xmpp_items_discard(struct list *items)
{
	while (!list_empty(items)) {
		struct xmpp_item *item =
			container_of(items->next, struct xmpp_item, node);

		item_unlink(item);
		item_forget_token(item);
		item_free(item);
	}
}

void xmpp_queue_clear(struct xmpp_queue *q)
{
	xmpp_items_discard(&q->items);
	timer_stop(io_timers(q->x->env), &q->timer);
}
