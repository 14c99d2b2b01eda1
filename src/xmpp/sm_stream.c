/*
 * Stream management on a stream: questions, acknowledgements, and the
 * initiating side of beginning and resuming it.  XEP-0198, 3 to 5.
 */
#include <stdio.h>
#include <stdlib.h>

#include "xmpp/s2s.h"
#include "xmpp/sm.h"

/* Behind an answer that leaves something open we ask again after this time. */
enum { AGAIN_MS = 5000 };

static uint64_t limit(const struct xmpp_sm *sm, enum limit_id id)
{
	return limit_get(sm->x->limits, id);
}

/* ---- what we send ---------------------------------------------------------- */

bool xmpp_sm_room(struct xmpp_sm *sm, size_t len)
{
	enum limit_id id;

	if (sm->out.count >= limit(sm, LIMIT_XMPP_UNACKED))
		id = LIMIT_XMPP_UNACKED;
	else if (sm->out.count &&
		sm->out.bytes + len > limit(sm, LIMIT_XMPP_UNACKED_BYTES))
		id = LIMIT_XMPP_UNACKED_BYTES;
	else
		return true;
	if (!sm->full)
		limit_hit(sm->x->limits, id);
	sm->full = true;
	return false;
}

static void ask(struct xmpp_sm *sm)
{
	if (!sm->asked)
		timer_start(io_timers(sm->x->env), &sm->late,
			limit(sm, LIMIT_XMPP_ACK_TIME) * 1000);
	sm->asked = true;
	sm->unasked = 0;
	(void)xmpp_stream_write(sm->s, STR("<r xmlns='" XMPP_NS_SM "'/>"));
}

void xmpp_sm_ask(struct xmpp_sm *sm)
{
	if (sm->enabled && !sm->asked)
		ask(sm);
}

static void tell(struct xmpp_sm *sm)
{
	struct buf *b = &sm->x->line;

	sm->owed = sm->in.finished != sm->in.received;
	buf_clear(b);
	buf_add_text(b, "<a xmlns='" XMPP_NS_SM "' h='");
	buf_add_u64(b, sm->in.finished);
	buf_add_text(b, "'/>");
	(void)xmpp_stream_write(sm->s, buf_str(b));
}

/* At the end of the turn: once for a burst. */
static void turn_over(void *arg)
{
	struct xmpp_sm *sm = arg;

	if (!sm->s || sm->s->dead)
		return;
	if (sm->news)
		tell(sm);
	sm->news = false;
	if (sm->enabled && sm->unasked && !sm->asked)
		ask(sm);
}

/* The peer has not answered, or has left something open for a while. */
static void late(void *arg)
{
	struct xmpp_sm *sm = arg;

	if (!sm->s || sm->s->left)
		return;
	if (!sm->asked) {
		ask(sm);
		return;
	}
	limit_hit(sm->x->limits, LIMIT_XMPP_ACK_TIME);
	xmpp_stream_blame(sm->s, XMPP_STEP_READY, STOX_REMOTE_SERVER_TIMEOUT,
		"it did not answer when asked what it has received");
	sm->s->broken = true;
	xmpp_stream_abort(sm->s);
}

void xmpp_sm_sent(struct xmpp_sm *sm, struct xmpp_route *route,
	struct str bytes, unsigned flags, uint64_t token)
{
	struct xmpp_unacked *item = xmpp_sm_out_add(&sm->out, bytes);

	item->route = route;
	item->flags = flags;
	item->token = token;
	sm->unasked++;
	if (!sm->enabled)
		return;
	if (sm->unasked >= limit(sm, LIMIT_XMPP_ACK_EVERY))
		ask(sm);
	else if (!sm->asked)
		io_defer(sm->x->env, &sm->turn);
}

/* ---- acknowledgements ------------------------------------------------------ */

static void too_high(struct xmpp_sm *sm, struct xmpp_stream *s, uint32_t h)
{
	char text[128], child[160];

	snprintf(text, sizeof(text), "you acknowledge %u stanzas, and %u were "
		"sent", h, sm->out.sent);
	snprintf(child, sizeof(child), "<handled-count-too-high xmlns='"
		XMPP_NS_SM "' h='%u' send-count='%u'/>", h, sm->out.sent);
	xmpp_stream_error_with(s, "undefined-condition", text, child);
}

int xmpp_sm_acked(struct xmpp_sm *sm, struct xmpp_stream *s, uint32_t h)
{
	struct xmpp_unacked *item;

	if (!xmpp_sm_out_may_ack(&sm->out, h)) {
		too_high(sm, s, h);
		return -STOX_EPROTO;
	}
	while ((item = xmpp_sm_out_next(&sm->out, h))) {
		if (item->flags & XMPP_SEND_HOLD && item->token)
			xmpp_item_acked(sm->x, item->token, true);
		xmpp_sm_out_free(&sm->out, item);
	}
	return 0;
}

void xmpp_sm_untrack(struct xmpp_sm *sm)
{
	struct xmpp_unacked *item;

	while ((item = xmpp_sm_out_first(&sm->out))) {
		if (item->flags & XMPP_SEND_HOLD && item->token)
			xmpp_item_acked(sm->x, item->token, false);
		xmpp_sm_out_free(&sm->out, item);
	}
}

static void flush(struct xmpp_route *r, struct xmpp_stream *s)
{
	if (xmpp_route_carrier(r) == s)
		xmpp_queue_flush(&r->queue, s, r);
}

void xmpp_sm_malformed(struct xmpp_stream *s)
{
	xmpp_stream_error(s, "invalid-xml",
		"stream management needs a number in 'h'");
}

static void on_ack(struct xmpp_sm *sm, const struct stox_element *e)
{
	struct xmpp_stream *s = sm->s;
	struct timer_wheel *w = io_timers(sm->x->env);
	uint32_t h;

	if (!xmpp_sm_number(stox_element_attr(e, "h"), &h)) {
		xmpp_sm_malformed(s);
		return;
	}
	if (xmpp_sm_acked(sm, s, h))
		return;
	sm->asked = false;
	timer_stop(w, &sm->late);
	if (sm->full) {
		sm->full = false;
		xmpp_routes_of(s, flush);
	}
	if (sm->unasked)
		io_defer(sm->x->env, &sm->turn);
	else if (sm->out.count)
		timer_start(w, &sm->late, AGAIN_MS);
}

bool xmpp_sm_element(struct xmpp_stream *s, const struct stox_element *e)
{
	bool r = stox_element_is(e, "r", XMPP_NS_SM);

	if (!r && !stox_element_is(e, "a", XMPP_NS_SM))
		return false;
	if (!s->sm)
		xmpp_sm_refuse(s, "unexpected-request");
	else if (r)
		tell(s->sm);
	else
		on_ack(s->sm, e);
	return true;
}

void xmpp_sm_last(struct xmpp_stream *s)
{
	if (s->sm && s->sm->enabled)
		tell(s->sm);
}

/* ---- what we receive ------------------------------------------------------- */

bool xmpp_sm_take(struct xmpp_stream *s, struct xmpp_receipt *ret)
{
	struct xmpp_sm *sm = s->sm;
	int r;

	*ret = (struct xmpp_receipt){ 0 };
	if (!sm || !sm->enabled)
		return true;
	r = xmpp_sm_in_take(&sm->in, limit(sm, LIMIT_XMPP_UNFINISHED),
		&ret->number);
	ret->sm = sm->handle;
	if (r == -STOX_ETOOBIG) {
		limit_hit(sm->x->limits, LIMIT_XMPP_UNFINISHED);
		xmpp_stream_error(s, "resource-constraint",
			"too many stanzas are not finished here");
	}
	return r == 0;
}

void xmpp_release(struct xmpp *x, struct xmpp_receipt receipt)
{
	struct xmpp_sm *sm =
		receipt.sm ? handles_get(x->sms, receipt.sm) : NULL;

	if (!sm || !xmpp_sm_in_finish(&sm->in, receipt.number) || !sm->owed)
		return;
	sm->news = true;
	io_defer(x->env, &sm->turn);
}

/* ---- life ------------------------------------------------------------------ */

void xmpp_sm_init(struct xmpp *x)
{
	uint8_t key[16];

	rand_bytes(io_rand(x->env), key, sizeof(key));
	x->sms = handles_new();
	x->sm_ids = table_new(key);
	list_init(&x->kept);
}

void xmpp_sm_free_all(struct xmpp *x)
{
	struct xmpp_sm *sm;
	size_t cursor = 0;

	while ((sm = handles_next(x->sms, &cursor)))
		xmpp_sm_free(&sm);
	handles_free(&x->sms);
	table_free(&x->sm_ids);
}

struct xmpp_sm *xmpp_sm_new(struct xmpp_stream *s, bool ours)
{
	struct xmpp_sm *sm = base_alloc0(sizeof(*sm));

	sm->x = s->x;
	sm->s = s;
	s->sm = sm;
	sm->ours = ours;
	sm->bidi = s->bidi;
	sm->handle = handles_add(s->x->sms, sm);
	if (s->x->budget)
		s->x->budget->used += sizeof(*sm);
	xmpp_sm_out_init(&sm->out, s->x->budget);
	list_init(&sm->node);
	io_task_init(&sm->turn, turn_over, sm);
	timer_init(&sm->late, late, sm);
	timer_init(&sm->keep, xmpp_sm_expired, sm);
	return sm;
}

void xmpp_sm_free(struct xmpp_sm **psm)
{
	struct xmpp_sm *sm = *psm;
	struct xmpp *x = sm->x;
	struct timer_wheel *w = io_timers(x->env);

	*psm = NULL;
	if (!list_empty(&sm->node))
		x->kept_count--;
	list_remove(&sm->node);
	if (sm->id && !sm->ours)
		table_remove(x->sm_ids, str_from(sm->id));
	handles_remove(x->sms, sm->handle);
	io_undefer(&sm->turn);
	timer_stop(w, &sm->late);
	timer_stop(w, &sm->keep);
	xmpp_sm_out_clear(&sm->out);
	xmpp_sm_in_clear(&sm->in);
	xmpp_sm_forget_pairs(sm);
	if (x->budget)
		x->budget->used -= sizeof(*sm);
	free(sm->id);
	free(sm);
}

/* ---- a stream that we opened ----------------------------------------------- */

void xmpp_sm_enable(struct xmpp_out *o)
{
	xmpp_sm_new(&o->s, true);
	(void)xmpp_stream_write(&o->s,
		STR("<enable xmlns='" XMPP_NS_SM "' resume='true'/>"));
}

static bool is_true(const char *text)
{
	return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

static void enabled(struct xmpp_out *o, const struct stox_element *e)
{
	struct xmpp_sm *sm = o->s.sm;
	const char *id = stox_element_attr(e, "id");
	uint64_t ms = limit(sm, LIMIT_XMPP_RESUME_TIME) * 1000;
	uint32_t max;

	sm->enabled = true;
	sm->resume_ms = ms;
	if (xmpp_sm_number(stox_element_attr(e, "max"), &max) &&
		max < ms / 1000)
		sm->resume_ms = max * (uint64_t)1000;
	if (id && is_true(stox_element_attr(e, "resume")))
		xmpp_stream_set(&sm->id, id);
	if (sm->unasked)
		io_defer(sm->x->env, &sm->turn);
	log_event(sm->x->log, STOX_LOG_INFO, "xmpp", 0, "stream-managed",
		"direction=out local=%s remote=%s resume=%s", o->s.local,
		o->s.remote, sm->id ? "yes" : "no");
}

static void enable_failed(struct xmpp_out *o)
{
	xmpp_sm_untrack(o->s.sm);
	xmpp_sm_free(&o->s.sm);
}

static bool resuming(struct xmpp_out *o, const struct stox_element *e)
{
	struct xmpp_sm *sm = o->route->limbo;
	uint32_t h;

	if (stox_element_is(e, "resumed", NULL)) {
		const char *id = stox_element_attr(e, "previd");

		if (!xmpp_sm_number(stox_element_attr(e, "h"), &h))
			xmpp_sm_malformed(&o->s);
		else if (!sm || !id || strcmp(id, sm->id) != 0)
			xmpp_stream_error(&o->s, "policy-violation",
				"another stream was to be resumed");
		else if (xmpp_sm_acked(sm, &o->s, h))
			xmpp_sm_drop(&sm, "the peer has counted wrong");
		else
			xmpp_sm_resumed(o, sm);
	} else if (stox_element_is(e, "failed", NULL)) {
		if (sm && xmpp_sm_number(stox_element_attr(e, "h"), &h) &&
			xmpp_sm_acked(sm, &o->s, h))
			xmpp_sm_drop(&sm, "the peer has counted wrong");
		else
			xmpp_out_go(o);
	} else {
		return false;
	}
	return true;
}

bool xmpp_sm_out_element(struct xmpp_out *o, const struct stox_element *e)
{
	struct xmpp_sm *sm = o->s.sm;

	if (!stox_element_is(e, NULL, XMPP_NS_SM))
		return false;
	if (o->state == XMPP_OUT_RESUMING && resuming(o, e))
		return true;
	if (sm && xmpp_sm_element(&o->s, e))
		return true;
	if (sm && !sm->enabled && stox_element_is(e, "enabled", NULL))
		enabled(o, e);
	else if (sm && !sm->enabled && stox_element_is(e, "failed", NULL))
		enable_failed(o);
	else if (!o->s.left)
		xmpp_stream_error(&o->s, "policy-violation",
			"unexpected stream management element");
	return true;
}
