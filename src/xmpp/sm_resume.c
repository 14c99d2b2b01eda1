/*
 * The state of broken streams, and how streams take it up again.  XEP-0198, 5.
 *
 * What the peer may have from us it must not get twice, and nothing may
 * overtake it: until the stream is resumed or given up its routes wait
 * (`limbo`).  What we have from the peer goes on being worked at; receipts find
 * the state by its handle, with or without a stream.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "xmpp/s2s.h"
#include "xmpp/sm.h"

static struct xmpp_route *route_of(const struct xmpp_sm *sm, size_t i)
{
	return xmpp_route_find(sm->x, str_from(sm->pairs[i].local),
		str_from(sm->pairs[i].remote));
}

static void log_sm(struct xmpp_sm *sm, const char *event, const char *why)
{
	char remote[128];

	log_event(sm->x->log, STOX_LOG_INFO, "xmpp", 0, event,
		"direction=%s local=%s remote=%s unacknowledged=%zu why=\"%s\"",
		sm->ours ? "out" : "in",
		sm->pair_count ? sm->pairs[0].local : "",
		log_text(str_from(sm->pair_count ? sm->pairs[0].remote : ""),
			remote, sizeof(remote)), sm->out.count, why);
}

/* ---- keeping --------------------------------------------------------------- */

void xmpp_sm_forget_pairs(struct xmpp_sm *sm)
{
	for (size_t i = 0; i < sm->pair_count; i++) {
		free(sm->pairs[i].local);
		free(sm->pairs[i].remote);
	}
	free(sm->pairs);
	sm->pairs = NULL;
	sm->pair_count = 0;
}

static void keep_pair(struct xmpp_sm *sm, const char *local,
	const char *remote)
{
	sm->pairs = base_realloc(sm->pairs,
		(sm->pair_count + 1) * sizeof(*sm->pairs));
	sm->pairs[sm->pair_count++] = (struct xmpp_sm_pair){
		base_strdup(local), base_strdup(remote) };
}

static void keep_pairs(struct xmpp_sm *sm, struct xmpp_stream *s)
{
	size_t count = 0;
	const struct xmpp_pair *pairs = xmpp_in_pairs(s, &count);

	if (sm->ours)
		keep_pair(sm, s->local, s->remote);
	for (size_t i = 0; i < count; i++)
		if (pairs[i].valid)
			keep_pair(sm, pairs[i].local_name, pairs[i].remote);
}

/* Our own route comes back for it; another only waits for its stanzas. */
static void to_limbo(struct xmpp_route *r, struct xmpp_stream *s)
{
	if (r->carrier == s && (s->sm->ours || s->sm->out.count))
		r->limbo = s->sm;
}

static bool worth_keeping(struct xmpp_stream *s)
{
	struct xmpp_sm *sm = s->sm;
	struct xmpp_route *r;

	if (!sm || !sm->id || s->x->stopping ||
		!limit_get(s->x->limits, LIMIT_XMPP_RESUMABLE))
		return false;
	r = sm->ours ? xmpp_route_find(s->x, str_from(s->local),
			       str_from(s->remote))
		     : NULL;
	return !sm->ours || (r && r->carrier == s);
}

bool xmpp_sm_may_return(struct xmpp *x, const char *local, const char *remote)
{
	list_each (it, tmp, &x->kept) {
		const struct xmpp_sm *sm = container_of(it, struct xmpp_sm, node);

		for (size_t i = 0; i < sm->pair_count; i++)
			if (strcmp(sm->pairs[i].local, local) == 0 &&
				strcmp(sm->pairs[i].remote, remote) == 0)
				return true;
	}
	return false;
}

static void make_room(struct xmpp *x)
{
	struct xmpp_sm *oldest;

	if (x->kept_count < limit_get(x->limits, LIMIT_XMPP_RESUMABLE))
		return;
	limit_hit(x->limits, LIMIT_XMPP_RESUMABLE);
	oldest = container_of(x->kept.next, struct xmpp_sm, node);
	xmpp_sm_drop(&oldest, "too many streams are broken");
}

bool xmpp_sm_suspend(struct xmpp_stream *s)
{
	struct xmpp_sm *sm = s->sm;
	struct xmpp *x = s->x;
	uint64_t ms;

	if (!worth_keeping(s))
		return false;
	make_room(x);
	io_undefer(&sm->turn);
	timer_stop(io_timers(x->env), &sm->late);
	sm->asked = sm->owed = sm->news = sm->full = false;
	keep_pairs(sm, s);
	xmpp_routes_of(s, to_limbo);
	s->sm = NULL;
	sm->s = NULL;
	list_append(&x->kept, &sm->node);
	x->kept_count++;
	ms = sm->resume_ms;
	if (!sm->ours && sm->out.count &&
		ms > limit_get(x->limits, LIMIT_XMPP_RESUME_WAIT) * 1000)
		ms = limit_get(x->limits, LIMIT_XMPP_RESUME_WAIT) * 1000;
	timer_start(io_timers(x->env), &sm->keep, ms);
	log_sm(sm, "stream-broken", s->why ? s->why : "");
	return true;
}

/* ---- giving up ------------------------------------------------------------- */

/* What was not acknowledged: patient replies wait again, in front and in their
 * order; who waits for news of a message gets it. */
static void settle(struct xmpp_sm *sm)
{
	struct xmpp_unacked *item;

	for (struct list *n = sm->out.items.prev; n != &sm->out.items;
		n = n->prev) {
		item = container_of(n, struct xmpp_unacked, node);
		if (item->flags & XMPP_SEND_PATIENT && item->route)
			xmpp_queue_again(&item->route->queue,
				(struct str){ item->bytes, item->len },
				item->flags);
	}
	while ((item = xmpp_sm_out_first(&sm->out))) {
		if (item->flags & XMPP_SEND_HOLD && item->token)
			xmpp_item_lost(sm->x, item->token);
		xmpp_sm_out_free(&sm->out, item);
	}
}

static void go_on(struct xmpp_route *r, struct xmpp_stream *s)
{
	(void)s;
	xmpp_route_go_on(r);
}

void xmpp_sm_over(struct xmpp_stream *s)
{
	settle(s->sm);
	xmpp_sm_free(&s->sm);
}

void xmpp_sm_closed(struct xmpp_stream *s)
{
	if (!s->sm)
		return;
	/* their end behind ours says that they have read it all */
	if (s->end_seen || !s->sm->out.count) {
		xmpp_sm_untrack(s->sm);
		xmpp_sm_free(&s->sm);
		return;
	}
	xmpp_sm_over(s);
	xmpp_routes_of(s, go_on);
}

void xmpp_sm_drop(struct xmpp_sm **psm, const char *why)
{
	struct xmpp_sm *sm = *psm;
	struct xmpp_route *r;

	*psm = NULL; /* it may be a route's */
	log_sm(sm, "stream-not-resumed", why);
	settle(sm);
	for (size_t i = 0; i < sm->pair_count; i++) {
		r = route_of(sm, i);
		if (!r || r->limbo != sm)
			continue;
		r->limbo = NULL;
		xmpp_link_tell(r->x, r->local, r->remote, XMPP_LINK_BROKEN);
		xmpp_hold_lost(r);
		xmpp_route_go_on(r);
	}
	xmpp_sm_free(&sm);
}

void xmpp_sm_expired(void *arg)
{
	struct xmpp_sm *sm = arg;

	limit_hit(sm->x->limits, sm->resume_ms >
			limit_get(sm->x->limits, LIMIT_XMPP_RESUME_WAIT) *
				1000 && !sm->ours && sm->out.count
		? LIMIT_XMPP_RESUME_WAIT : LIMIT_XMPP_RESUME_TIME);
	xmpp_sm_drop(&sm, "nobody resumed it in time");
}

void xmpp_sm_drop_all(struct xmpp *x)
{
	while (!list_empty(&x->kept)) {
		struct xmpp_sm *sm =
			container_of(x->kept.next, struct xmpp_sm, node);

		xmpp_sm_drop(&sm, "this server is shutting down");
	}
}

bool xmpp_sm_take_back(struct xmpp_sm *sm, uint64_t token)
{
	list_each(n, next, &sm->out.items) {
		struct xmpp_unacked *item =
			container_of(n, struct xmpp_unacked, node);

		if (item->token != token || !(item->flags & XMPP_SEND_HOLD))
			continue;
		item->taken_back = true;
		item->token = 0;
		return true;
	}
	return false;
}

/* ---- going on -------------------------------------------------------------- */

void xmpp_sm_attach(struct xmpp_sm *sm, struct xmpp_stream *s)
{
	timer_stop(io_timers(sm->x->env), &sm->keep);
	list_remove(&sm->node);
	sm->x->kept_count--;
	sm->s = s;
	s->sm = sm;
	xmpp_sm_in_resume(&sm->in);
}

/* The peer counts, so the number of one that is wanted no more is sent all the
 * same: with a result that nobody has asked for. */
static void send_nothing(struct xmpp_stream *s, const struct xmpp_route *r)
{
	struct buf *b = &s->x->line;

	buf_clear(b);
	buf_add_text(b, "<iq type='result' id='void' from='");
	xml_escape(b, str_from(r->local));
	buf_add_text(b, "' to='");
	xml_escape(b, str_from(r->remote));
	buf_add_text(b, "'/>");
	(void)xmpp_stream_write(s, buf_str(b));
}

static void after_break(struct xmpp_sm *sm, struct xmpp_route *r)
{
	if (r->limbo == sm)
		r->limbo = NULL;
	if (sm->bidi || sm->ours)
		r->carrier = sm->s;
	xmpp_hold_resumed(r);
	xmpp_queue_flush(&r->queue, sm->s, r);
}

void xmpp_sm_send_again(struct xmpp_sm *sm)
{
	log_sm(sm, "stream-resumed", "");
	list_each(n, next, &sm->out.items) {
		struct xmpp_unacked *item =
			container_of(n, struct xmpp_unacked, node);

		if (item->taken_back)
			send_nothing(sm->s, item->route);
		else
			(void)xmpp_stream_write(sm->s,
				(struct str){ item->bytes, item->len });
	}
	sm->unasked = (uint32_t)sm->out.count;
	if (sm->unasked)
		io_defer(sm->x->env, &sm->turn);
	for (size_t i = 0; i < sm->pair_count; i++) {
		struct xmpp_route *r = route_of(sm, i);

		if (r && r->limbo == sm)
			after_break(sm, r);
	}
	xmpp_sm_forget_pairs(sm);
}

/* ---- a stream that we opened ----------------------------------------------- */

void xmpp_sm_resume(struct xmpp_out *o, struct xmpp_sm *sm)
{
	struct buf *b = &o->s.x->line;

	buf_clear(b);
	buf_add_text(b, "<resume xmlns='" XMPP_NS_SM "' h='");
	buf_add_u64(b, sm->in.finished);
	buf_add_text(b, "' previd='");
	xml_escape(b, str_from(sm->id));
	buf_add_text(b, "'/>");
	/* what comes again is counted from what was told */
	xmpp_sm_in_resume(&sm->in);
	(void)xmpp_stream_write(&o->s, buf_str(b));
}

void xmpp_sm_resumed(struct xmpp_out *o, struct xmpp_sm *sm)
{
	uint32_t again = sm->in.again;

	xmpp_sm_attach(sm, &o->s);
	sm->in.again = again;
	xmpp_out_enter(o, XMPP_OUT_READY);
	xmpp_stream_ready(&o->s, o->own_auth);
	xmpp_checks_send(&o->checks, &o->s);
	xmpp_sm_send_again(sm);
}

/* ---- a stream that was opened to us ---------------------------------------- */

void xmpp_sm_refuse(struct xmpp_stream *s, const char *condition)
{
	struct buf *b = &s->x->line;

	buf_clear(b);
	buf_printf(b, "<failed xmlns='" XMPP_NS_SM "'><%s xmlns='"
		STOX_NS_STANZAS "'/></failed>", condition);
	(void)xmpp_stream_write(s, buf_str(b));
}

/* Nobody can guess it, and another node's is never taken for ours. */
static void new_id(struct xmpp_sm *sm)
{
	char random[33], id[80];

	xmpp_stream_id(sm->x, random);
	snprintf(id, sizeof(id), "%.40s-%s", sm->x->config.node, random);
	xmpp_stream_set(&sm->id, id);
	table_put(sm->x->sm_ids, str_from(sm->id), sm);
}

static void enable(struct xmpp_in *in, const struct stox_element *e)
{
	struct xmpp_stream *s = &in->s;
	const char *resume = stox_element_attr(e, "resume");
	struct xmpp_sm *sm = xmpp_sm_new(s, false);
	uint64_t max = limit_get(s->x->limits, LIMIT_XMPP_RESUME_TIME);
	struct buf *b = &s->x->line;

	sm->enabled = true;
	sm->resume_ms = max * 1000;
	if (resume && (strcmp(resume, "true") == 0 ||
		strcmp(resume, "1") == 0))
		new_id(sm);
	buf_clear(b);
	buf_add_text(b, "<enabled xmlns='" XMPP_NS_SM "'");
	if (sm->id)
		buf_printf(b, " id='%s' resume='true' max='%" PRIu64 "'",
			sm->id, max);
	buf_add_text(b, "/>");
	(void)xmpp_stream_write(s, buf_str(b));
	log_event(s->x->log, STOX_LOG_INFO, "xmpp", 0, "stream-managed",
		"direction=in local=%s remote=%s resume=%s", s->local,
		s->remote, sm->id ? "yes" : "no");
	xmpp_in_use(in);
}

/* Has @in proven what the living stream @old has? */
static bool covers(const struct xmpp_in *old, struct xmpp_in *in)
{
	for (size_t i = 0; i < old->pair_count; i++) {
		const struct xmpp_pair *p = xmpp_in_pair(in,
			str_from(old->pairs[i].local_name),
			str_from(old->pairs[i].remote));

		if (old->pairs[i].valid && (!p || !p->valid))
			return false;
	}
	return true;
}

/* The stream must have proven every pair that the old one had: it will be sent
 * and may send for them. */
static bool same_pairs(const struct xmpp_sm *sm, struct xmpp_in *in)
{
	for (size_t i = 0; i < sm->pair_count; i++) {
		const struct xmpp_pair *p = xmpp_in_pair(in,
			str_from(sm->pairs[i].local),
			str_from(sm->pairs[i].remote));

		if (!p || !p->valid)
			return false;
	}
	return sm->pair_count && sm->bidi == in->s.bidi;
}

/* The one that is named, if it may be resumed here. */
static struct xmpp_sm *find(struct xmpp_in *in, const char *id)
{
	struct xmpp *x = in->s.x;
	struct xmpp_sm *sm = table_get(x->sm_ids, str_from(id));

	if (!sm)
		return NULL;
	if (sm->s) {
		struct xmpp_in *old = container_of(sm->s, struct xmpp_in, s);

		/* not known to be broken: the peer knows it first */
		if (old == in || old->s.left || !covers(old, in))
			return NULL;
		xmpp_stream_blame(&old->s, XMPP_STEP_READY,
			STOX_REMOTE_SERVER_TIMEOUT,
			"it was resumed on another connection");
		old->s.broken = true;
		xmpp_stream_abort(&old->s);
		sm = table_get(x->sm_ids, str_from(id));
	}
	return sm && same_pairs(sm, in) ? sm : NULL;
}

static void resume(struct xmpp_in *in, const struct stox_element *e)
{
	struct xmpp_stream *s = &in->s;
	const char *id = stox_element_attr(e, "previd");
	struct xmpp_sm *sm;
	struct buf *b = &s->x->line;
	uint32_t h;

	if (!id || !xmpp_sm_number(stox_element_attr(e, "h"), &h)) {
		xmpp_sm_malformed(s);
		return;
	}
	sm = find(in, id);
	if (!sm) {
		xmpp_sm_refuse(s, "item-not-found");
		return;
	}
	if (xmpp_sm_acked(sm, s, h))
		return;
	xmpp_sm_attach(sm, s);
	buf_clear(b);
	buf_add_text(b, "<resumed xmlns='" XMPP_NS_SM "' h='");
	buf_add_u64(b, sm->in.finished);
	buf_printf(b, "' previd='%s'/>", sm->id);
	(void)xmpp_stream_write(s, buf_str(b));
	xmpp_sm_send_again(sm);
	xmpp_in_use(in);
}

bool xmpp_sm_in_element(struct xmpp_stream *s, const struct stox_element *e)
{
	struct xmpp_in *in = container_of(s, struct xmpp_in, s);

	if (!stox_element_is(e, NULL, XMPP_NS_SM))
		return false;
	if (xmpp_sm_element(s, e) || s->left)
		return true;
	if (!xmpp_in_proven(in) || s->sm)
		xmpp_sm_refuse(s, "unexpected-request");
	else if (!xmpp_in_may_manage(in))
		xmpp_sm_refuse(s, "feature-not-implemented");
	else if (stox_element_is(e, "enable", NULL))
		enable(in, e);
	else if (stox_element_is(e, "resume", NULL))
		resume(in, e);
	else
		xmpp_stream_error(s, "policy-violation",
			"unexpected stream management element");
	return true;
}
