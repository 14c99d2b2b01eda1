#include "xmpp/route.h"

#include <stdlib.h>

#include "xmpp/component.h"
#include "xmpp/s2s.h"
#include "xmpp/sm.h"

/* Back-off between attempts, and how long a failure answers for new stanzas
 * at most: nobody is refused for long because of an old failure. */
enum { BACKOFF_MS = 1000, BACKOFF_MAX_MS = 300000, ANSWER_MS = 5000 };
/* An unused route is kept that long, for its back-off and for the next one. */
enum { UNUSED_MS = 330000 };

/* "local remote": a space is in no domain. */
static struct str make_key(char out[2100], struct str local, struct str remote)
{
	if (local.len + remote.len + 2 > 2100)
		return (struct str){ NULL, 0 };
	memcpy(out, local.p, local.len);
	out[local.len] = ' ';
	memcpy(out + local.len + 1, remote.p, remote.len);
	return (struct str){ out, local.len + 1 + remote.len };
}

struct xmpp_route *xmpp_route_find(struct xmpp *x, struct str local,
	struct str remote)
{
	BASE_SCRATCH char space[2100];

	return table_get(x->routes, make_key(space, local, remote));
}

size_t xmpp_queued(struct xmpp *x, struct str local, struct str remote)
{
	const struct xmpp_route *r = xmpp_route_find(x, local, remote);
	const struct xmpp_stream *s;

	if (!r)
		return 0;
	s = r->component ? xmpp_component_stream(r->component) : r->carrier;
	return (r->component ? xmpp_component_bytes(r->component)
			     : r->queue.bytes) +
		(s && s->io ? io_queued(s->io) : 0);
}

static void unused(void *arg);
static void try_again(void *arg);

static struct xmpp_route *route_new(struct xmpp *x, struct str local,
	struct str remote, struct str key)
{
	struct xmpp_route *r = base_alloc0(sizeof(*r) + 2 * key.len + 3);
	char *names = (char *)(r + 1);

	r->x = x;
	memcpy(names, local.p, local.len);
	r->local = names;
	names += local.len + 1;
	memcpy(names, remote.p, remote.len);
	r->remote = names;
	names += remote.len + 1;
	memcpy(names, key.p, key.len);
	r->key = names;
	xmpp_queue_init(&r->queue, x, r->remote);
	xmpp_hold_init(r);
	timer_init(&r->timer, unused, r);
	timer_init(&r->retry, try_again, r);
	table_put(x->routes, (struct str){ r->key, key.len }, r);
	return r;
}

struct xmpp_route *xmpp_route_get(struct xmpp *x, const char *local,
	struct str remote)
{
	BASE_SCRATCH char space[2100];
	struct str key = make_key(space, str_from(local), remote);
	struct xmpp_route *r = key.p ? table_get(x->routes, key) : NULL;

	if (r || !key.p)
		return r;
	return route_new(x, str_from(local), remote, key);
}

void xmpp_route_free(struct xmpp_route *r)
{
	struct timer_wheel *w = io_timers(r->x->env);

	xmpp_queue_clear(&r->queue);
	xmpp_items_discard(&r->held);
	xmpp_hold_stop(r);
	timer_stop(w, &r->timer);
	timer_stop(w, &r->retry);
	table_remove(r->x->routes, str_from(r->key));
	free(r->failed_text);
	free(r);
}

static bool in_use(const struct xmpp_route *r)
{
	return r->out || r->carrier || r->limbo || r->draining ||
		r->queue.count || !list_empty(&r->held);
}

static void unused(void *arg)
{
	struct xmpp_route *r = arg;

	if (in_use(r))
		return;
	if (xmpp_route_is_shut(r))
		xmpp_route_unused(r);
	else
		xmpp_route_free(r);
}

void xmpp_route_unused(struct xmpp_route *r)
{
	if (!in_use(r))
		timer_start(io_timers(r->x->env), &r->timer, UNUSED_MS);
}

/* ---- attempts ------------------------------------------------------------ */

bool xmpp_route_failed_lately(const struct xmpp_route *r)
{
	uint64_t window = r->backoff_ms < ANSWER_MS ? r->backoff_ms : ANSWER_MS;

	if (xmpp_route_is_shut(r)) {
		limit_hit(r->x->limits, LIMIT_XMPP_SHUT);
		return true;
	}
	return r->failed_text &&
		io_now_ms(r->x->env) < r->failed_ms + window;
}

static void back_off(struct xmpp_route *r)
{
	uint64_t next = r->backoff_ms ? r->backoff_ms * 2 : BACKOFF_MS;

	if (next > BACKOFF_MAX_MS)
		next = BACKOFF_MAX_MS;
	r->failed_ms = io_now_ms(r->x->env);
	/* up to a quarter less, so that nodes do not march in step */
	r->backoff_ms = next - rand_below(io_rand(r->x->env), next / 4 + 1);
}

/** An attempt for what waits, unless one is under way or nothing waits any
 *  more (it grew too old). */
static void try_again(void *arg)
{
	struct xmpp_route *r = arg;

	xmpp_route_go_on(r);
}

static void retry_later(struct xmpp_route *r)
{
	if (xmpp_route_wants(r) && !timer_running(&r->retry))
		timer_start(io_timers(r->x->env), &r->retry,
			r->backoff_ms < ANSWER_MS ? r->backoff_ms : ANSWER_MS);
}

static void wait_patiently(struct xmpp_route *r,
	const struct xmpp_letter *letter)
{
	xmpp_queue_add(&r->queue, letter, r);
	retry_later(r);
}

/* A stream has just broken and may come back: what waits goes out then. */
static bool may_resume(const struct xmpp_route *r)
{
	return r->limbo || xmpp_sm_may_return(r->x, r->local, r->remote);
}

void xmpp_route_failed(struct xmpp_route *r, enum stox_condition condition,
	const char *text)
{
	r->out = NULL;
	back_off(r);
	r->failed_condition = condition;
	xmpp_stream_set(&r->failed_text, text);
	if (!r->carrier && !may_resume(r))
		xmpp_queue_fail(&r->queue, r->x->stopping, condition, text);
	retry_later(r);
	xmpp_route_unused(r);
}

/* ---- carriers ------------------------------------------------------------ */

struct xmpp_stream *xmpp_route_carrier(const struct xmpp_route *r)
{
	return r->carrier && !r->carrier->left ? r->carrier : NULL;
}

/* Old failures say nothing any more. */
static void worked(struct xmpp_route *r)
{
	r->backoff_ms = r->failed_ms = r->shut_ms = 0;
	xmpp_stream_set(&r->failed_text, NULL);
}

/* A carrier stays as long as it can: with a second stream for the same pair
 * stanzas could overtake each other. */
void xmpp_route_offer(struct xmpp_route *r, struct xmpp_stream *s)
{
	if (r->carrier || r->limbo || r->draining || s->left)
		return;
	r->carrier = s;
	worked(r);
	xmpp_hold_moved(r);
	xmpp_queue_flush(&r->queue, s, r);
}

bool xmpp_route_wants(const struct xmpp_route *r)
{
	if (r->carrier || r->draining)
		return false;
	if (!r->limbo)
		return r->queue.count;
	/* a peer that sends on it may wait for us to come back */
	return r->limbo->ours && (r->queue.count || r->limbo->out.count ||
		r->limbo->bidi);
}

/* A stream that is there already. */
static struct xmpp_stream *candidate(const struct xmpp_route *r)
{
	struct xmpp_stream *s = r->out ? xmpp_out_ready(r->out) : NULL;

	return s ? s : xmpp_in_carrier(r->x, r->local, r->remote);
}

/* There will be no stream in time, not even for the patient ones. */
static void give_back(struct xmpp_route *r)
{
	if (r->limbo)
		xmpp_sm_drop(&r->limbo, "the peer wants no stream of ours");
	xmpp_queue_fail(&r->queue, true, r->failed_condition, r->failed_text);
}

void xmpp_route_go_on(struct xmpp_route *r)
{
	struct xmpp_stream *s = xmpp_route_wants(r) && !r->limbo
		? candidate(r)
		: NULL;

	if (s)
		xmpp_route_offer(r, s);
	else if (xmpp_route_wants(r) && !r->out && xmpp_route_is_shut(r))
		give_back(r);
	else if (xmpp_route_wants(r) && !r->out)
		xmpp_out_open(r);
	else if (xmpp_route_wants(r))
		xmpp_out_wanted(r->out);
	xmpp_route_unused(r);
}

void xmpp_route_send(struct xmpp_route *r, const struct xmpp_letter *letter)
{
	struct xmpp_stream *s = xmpp_route_carrier(r);

	if (s && !r->queue.count && xmpp_queue_write(s, letter, r) == 0)
		return;
	if (!r->out && !r->carrier && xmpp_route_failed_lately(r)) {
		if ((letter->flags & XMPP_SEND_PATIENT || may_resume(r)) &&
			!xmpp_route_is_shut(r))
			wait_patiently(r, letter);
		else
			xmpp_queue_refuse(r->x, letter, r->failed_condition,
				r->failed_text);
		return;
	}
	xmpp_queue_add(&r->queue, letter, r);
	xmpp_route_go_on(r);
}

void xmpp_route_open(struct xmpp_route *r, struct xmpp_stream *s)
{
	worked(r);
	xmpp_route_offer(r, s);
}

void xmpp_route_left(struct xmpp_route *r, struct xmpp_stream *s, bool lost)
{
	if (r->out && xmpp_out_stream(r->out) == s)
		r->out = NULL;
	if (r->carrier == s) {
		r->carrier = NULL;
		if (lost) {
			xmpp_hold_lost(r);
		} else if (!r->limbo && candidate(r)) {
			/* that one could be faster than what is under way */
			r->draining = s->handle;
			s->drained = true;
		}
	}
	/* what came in while it was closing */
	xmpp_route_go_on(r);
}

static void left(struct xmpp_route *r, struct xmpp_stream *s)
{
	if (xmpp_stream_shut_out(s) && (r->carrier == s ||
		(r->out && xmpp_out_stream(r->out) == s)))
		xmpp_route_shut(r, s);
	/* what waits for the peer to resume is not lost yet */
	xmpp_route_left(r, s, s->why != NULL && !r->limbo);
}

/* Whoever closes a stream that is idle is there still. */
static bool is_lost(const struct xmpp_stream *s)
{
	return s->ready && (s->broken ||
		strcmp(s->condition, "system-shutdown") == 0 ||
		(s->ping_ms && s->fault == STOX_REMOTE_SERVER_TIMEOUT));
}

static void tell_gone(const struct xmpp_stream *s)
{
	enum xmpp_link what = is_lost(s) ? XMPP_LINK_BROKEN : XMPP_LINK_CLOSED;
	size_t count = 0;
	const struct xmpp_pair *pairs = xmpp_in_pairs(s, &count);

	if (s->kind == &xmpp_out_kind && s->ready)
		xmpp_link_tell(s->x, s->local, s->remote, what);
	for (size_t i = 0; i < count; i++)
		if (pairs[i].valid && (s->bidi || what == XMPP_LINK_BROKEN))
			xmpp_link_tell(s->x, pairs[i].local_name,
				pairs[i].remote, what);
}

void xmpp_routes_left(struct xmpp_stream *s)
{
	bool kept = s->broken && xmpp_sm_suspend(s);

	if (!kept && s->sm && s->why)
		xmpp_sm_over(s);
	if (!kept)
		tell_gone(s);
	xmpp_routes_of(s, left);
}

void xmpp_routes_of(struct xmpp_stream *s,
	void (*run)(struct xmpp_route *r, struct xmpp_stream *s))
{
	struct xmpp_route *r;
	size_t count = 0;
	const struct xmpp_pair *pairs = xmpp_in_pairs(s, &count);

	if (s->kind == &xmpp_out_kind) {
		r = xmpp_route_find(s->x, str_from(s->local),
			str_from(s->remote));
		if (r)
			run(r, s);
	}
	for (size_t i = 0; s->bidi && i < count; i++) {
		r = pairs[i].valid ? xmpp_route_find(s->x,
			str_from(pairs[i].local_name),
			str_from(pairs[i].remote)) : NULL;
		if (r)
			run(r, s);
	}
}

void xmpp_routes_drained(struct xmpp_stream *s)
{
	struct xmpp_route *r;
	size_t cursor = 0;

	while (s->drained && (r = table_next(s->x->routes, &cursor))) {
		if (r->draining != s->handle)
			continue;
		r->draining = 0;
		xmpp_route_go_on(r);
	}
}
