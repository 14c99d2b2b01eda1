/*
 * An outgoing stream through its life: try the places in turn, report the
 * failure that came furthest.  Where the places come from is in s2s_place.c,
 * what is said on the stream in s2s_auth.c.
 */
#include "xmpp/s2s.h"
#include "xmpp/sm.h"

#include <stdio.h>
#include <stdlib.h>

static struct xmpp_out *out_of(struct xmpp_stream *s)
{
	return container_of(s, struct xmpp_out, s);
}

static const char *state_name(enum xmpp_out_state state)
{
	switch (state) {
	case XMPP_OUT_WAITING:
		return "waiting for its turn";
	case XMPP_OUT_LOCATING:
		return "asking the DNS";
	case XMPP_OUT_CONNECTING:
		return "connecting";
	case XMPP_OUT_HEADER:
		return "waiting for its stream header";
	case XMPP_OUT_FEATURES:
		return "waiting for its features";
	case XMPP_OUT_STARTTLS:
		return "waiting to begin TLS";
	case XMPP_OUT_HANDSHAKE:
		return "in the TLS handshake";
	case XMPP_OUT_EXTERNAL:
		return "waiting for the outcome of EXTERNAL";
	case XMPP_OUT_DIALBACK:
		return "waiting for the outcome of dialback";
	case XMPP_OUT_VERIFYING:
		return "verifying";
	case XMPP_OUT_RESUMING:
		return "waiting to resume the last stream";
	case XMPP_OUT_READY:
		return "ready";
	case XMPP_OUT_CLOSED:
		return "closing";
	}
	return "";
}

void xmpp_out_enter(struct xmpp_out *o, enum xmpp_out_state state)
{
	char remote[128];

	if (log_wants(o->s.x->log, STOX_LOG_DEBUG))
		log_event(o->s.x->log, STOX_LOG_DEBUG, "xmpp", 0, "out-state",
			"local=%s remote=%s old=\"%s\" new=\"%s\"",
			o->s.local,
			log_text(str_from(o->s.remote), remote, sizeof(remote)),
			state_name(o->state), state_name(state));
	o->state = state;
	if (state == XMPP_OUT_VERIFYING || state == XMPP_OUT_READY ||
		state == XMPP_OUT_CLOSED)
		xmpp_opening_leave(o);
}

struct xmpp_ways xmpp_out_ways(const struct xmpp_out *o)
{
	return xmpp_ways_of(
		xmpp_partner_of(o->s.x, str_from(o->s.remote)));
}

struct xmpp_stream *xmpp_out_ready(struct xmpp_out *o)
{
	return o->state == XMPP_OUT_READY && !o->s.left ? &o->s : NULL;
}

struct xmpp_stream *xmpp_out_stream(struct xmpp_out *o)
{
	return &o->s;
}

static void out_free(struct xmpp_out *o)
{
	if (o->locate)
		io_locate_cancel(&o->locate);
	while (!list_empty(&o->checks))
		xmpp_check_free(container_of(o->checks.next,
			struct xmpp_check, node));
	xmpp_opening_leave(o);
	free(o->targets);
	free(o->failed_why);
	xmpp_stream_clear(&o->s);
	free(o);
}

/* ---- failure ------------------------------------------------------------- */

static void set_failed_why(struct xmpp_out *o, const char *why)
{
	char text[900];

	if (o->followed) {
		snprintf(text, sizeof(text), "it sent us on to %s, and there: "
			"%s", o->place, why);
		why = text;
	}
	xmpp_stream_set(&o->failed_why, why);
}

/* Keep the failure that came furthest. */
static void note_failure(struct xmpp_out *o)
{
	struct xmpp_stream *s = &o->s;

	if (o->failed_why && s->rank < o->failed_rank &&
		!xmpp_stream_shut_out(s))
		return;
	o->failed_rank = s->rank;
	o->failed_fault = s->fault ? s->fault : STOX_REMOTE_SERVER_TIMEOUT;
	set_failed_why(o, s->why ? s->why : "the stream was closed");
}

static const char *check_condition(const struct xmpp_out *o)
{
	return o->failed_fault == STOX_REMOTE_SERVER_NOT_FOUND
		? "remote-server-not-found"
		: "remote-server-timeout";
}

/* No place is left: everybody who waits is told. */
static void give_up(struct xmpp_out *o)
{
	struct xmpp_route *r = o->route;
	struct buf text;

	o->route = NULL;
	xmpp_out_enter(o, XMPP_OUT_CLOSED);
	xmpp_checks_fail(&o->checks, check_condition(o));
	if (xmpp_stream_shut_out(&o->s)) {
		r->out = NULL;
		xmpp_route_shut(r, &o->s);
		xmpp_route_go_on(r);
		return;
	}
	buf_init(&text, 2048, NULL);
	buf_printf(&text, "%s could not be reached: %s.", o->s.remote,
		o->failed_why ? o->failed_why : "no server was found");
	buf_add_char(&text, '\0');
	xmpp_route_failed(r, o->failed_fault, text.data);
	buf_free(&text);
}

void xmpp_out_stop(struct xmpp_out *o, enum stox_condition condition,
	const char *text)
{
	o->target_next = o->target_count;
	o->plain_only = true;
	xmpp_stream_blame(&o->s, XMPP_STEP_READY, condition, "%s", text);
	if (o->s.io) {
		xmpp_stream_error(&o->s, "reset", text);
		return;
	}
	if (o->locate)
		io_locate_cancel(&o->locate);
	io_dane_ask_cancel(&o->s.dane_ask);
	note_failure(o);
	give_up(o);
	out_free(o);
}

/* A place whose TLS fails may be tried once more without, where the policy
 * says that TLS is optional. */
static bool try_again_plain(struct xmpp_out *o)
{
	struct xmpp_ways w = xmpp_out_ways(o);

	if (o->s.rank != XMPP_STEP_TLS || o->direct || o->plain_only ||
		xmpp_out_must_tls(o) ||
		!xmpp_ways_dialback(&w, XMPP_CHANNEL_PLAIN))
		return false;
	o->plain_only = true;
	o->target_next--;
	return true;
}

static bool may_go_on(const struct xmpp_out *o)
{
	return o->target_next < o->target_count &&
		!xmpp_stream_shut_out(&o->s) &&
		io_now_ms(o->s.x->env) < o->deadline_ms && !o->s.x->stopping;
}

static void on_leave(struct xmpp_stream *s)
{
	struct xmpp_out *o = out_of(s);
	struct xmpp_route *r = o->route;
	bool was_open = o->state == XMPP_OUT_READY ||
		o->state == XMPP_OUT_VERIFYING;

	if (!r)
		return;
	if (was_open) {
		o->route = NULL;
		xmpp_out_enter(o, XMPP_OUT_CLOSED);
		xmpp_checks_fail(&o->checks, "remote-server-timeout");
		xmpp_routes_left(s);
		return;
	}
	if (xmpp_out_follow(o))
		return;
	note_failure(o);
	if (!try_again_plain(o) && !may_go_on(o))
		give_up(o);
}

/* ---- connecting ---------------------------------------------------------- */

static void connect_now(struct xmpp_out *o)
{
	const struct io_target *t = &o->targets[o->target_next - 1];
	const struct xmpp_partner *p =
		xmpp_partner_of(o->s.x, str_from(o->s.remote));
	struct io_tls_config tls = {
		.credentials = o->s.x->config.credentials,
		.local_name = p && p->certificate ? p->certificate
						  : o->local_ascii,
		.server_name = o->ascii,
		.alpn = "xmpp-server",
		.min = p ? p->tls_min : IO_TLS_DEFAULT,
	};
	struct io_connect_config c = {
		.host = t->host,
		.port = t->port,
		.special_ok = o->special_ok,
		.events = &xmpp_stream_io_events,
		.arg = &o->s,
	};

	o->direct = xmpp_out_is_direct(o, t);
	if (o->direct)
		c.tls = &tls;
	o->external_offered = o->dialback_offered = o->proven = false;
	o->bidi_offered = o->sm_offered = o->welcome = false;
	xmpp_out_enter(o, XMPP_OUT_CONNECTING);
	xmpp_stream_attach(&o->s, io_connect(o->s.x->env, &c));
	o->s.deadline_ms = o->deadline_ms;
}

static void on_closed(struct xmpp_stream *s);

/* Without the records of a signed target nobody knows which certificate is
 * right, so it is passed over.  RFC 7673, 3.3. */
static void on_dane(struct xmpp_out *o)
{
	if (!o->s.dane || o->s.dane->status != IO_DANE_FAILED ||
		o->s.dane->count > 0) {
		connect_now(o);
		return;
	}
	xmpp_stream_blame(&o->s, XMPP_STEP_DANE, STOX_REMOTE_SERVER_TIMEOUT,
		"the TLSA records of %.255s could not be had", o->place);
	note_failure(o);
	xmpp_failed_add(o->s.x, &o->s);
	xmpp_stream_set(&o->s.why, NULL);
	on_closed(&o->s);
}

void xmpp_out_next(struct xmpp_out *o)
{
	const struct io_target *t = &o->targets[o->target_next++];

	snprintf(o->place, sizeof(o->place), "%s:%u", t->host, t->port);
	if (!xmpp_out_dane(o, t, on_dane))
		connect_now(o);
}

static void on_closed(struct xmpp_stream *s)
{
	struct xmpp_out *o = out_of(s);

	xmpp_sm_closed(s);
	xmpp_routes_drained(s);
	if (o->route && may_go_on(o)) {
		xmpp_out_next(o);
		return;
	}
	if (o->route)
		give_up(o);
	out_free(o);
}

void xmpp_out_fail(struct xmpp_out *o, enum xmpp_step step,
	enum stox_condition fault, const char *why)
{
	xmpp_stream_blame(&o->s, step, fault, "%s", why);
	note_failure(o);
	xmpp_failed_add(o->s.x, &o->s);
	give_up(o);
	out_free(o);
}

static struct xmpp_out *out_new(struct xmpp_route *r)
{
	struct xmpp_out *o = base_alloc0(sizeof(*o));

	xmpp_stream_init(&o->s, r->x, &xmpp_out_kind);
	list_init(&o->checks);
	list_init(&o->turn);
	xmpp_stream_set(&o->s.local, r->local);
	xmpp_stream_set(&o->s.remote, r->remote);
	o->route = r;
	o->failed_fault = STOX_REMOTE_SERVER_TIMEOUT;
	r->out = o;
	return o;
}

/* The names for the DNS and TLS.  An IPv6 address stands for itself. */
static int set_names(struct xmpp_out *o)
{
	int r = io_domain_to_ascii(str_from(o->s.local), o->local_ascii,
		sizeof(o->local_ascii));

	if (o->s.remote[0] == '[' && strlen(o->s.remote) < sizeof(o->ascii))
		snprintf(o->ascii, sizeof(o->ascii), "%s", o->s.remote);
	else if (!r)
		r = io_domain_to_ascii(str_from(o->s.remote), o->ascii,
			sizeof(o->ascii));
	return r;
}

/* Before any connection: why there will be none. */
static void open_or_fail(struct xmpp_out *o, bool room)
{
	const struct xmpp_partner *p =
		xmpp_partner_of(o->s.x, str_from(o->s.remote));
	struct xmpp_ways ways = xmpp_ways_of(p);

	if (xmpp_ways_none(&ways))
		xmpp_out_fail(o, XMPP_STEP_POLICY, STOX_POLICY_VIOLATION,
			"our policy leaves no way");
	else if (set_names(o))
		xmpp_out_fail(o, XMPP_STEP_DNS, STOX_REMOTE_SERVER_NOT_FOUND,
			"its name is not a host name");
	else if (!room)
		xmpp_out_fail(o, XMPP_STEP_POLICY, STOX_RESOURCE_CONSTRAINT,
			"too many streams are open here");
	else
		xmpp_opening_enter(o);
}

/* What waited for it has grown too old. */
static void not_wanted(struct xmpp_out *o)
{
	struct xmpp_route *r = o->route;

	o->route = NULL;
	xmpp_out_enter(o, XMPP_OUT_CLOSED);
	xmpp_route_left(r, &o->s, false);
	out_free(o);
}

void xmpp_out_begin(struct xmpp_out *o)
{
	struct xmpp *x = o->s.x;
	const struct xmpp_partner *p = xmpp_partner_of(x, str_from(o->s.remote));
	struct xmpp_ways ways = xmpp_ways_of(p);

	o->deadline_ms = io_now_ms(x->env) +
		limit_get(x->limits, LIMIT_XMPP_SETUP) * 1000;
	xmpp_out_enter(o, XMPP_OUT_LOCATING);
	if (o->waited && !o->route->queue.count && list_empty(&o->checks))
		not_wanted(o);
	else if (xmpp_ways_none(&ways))
		xmpp_out_fail(o, XMPP_STEP_POLICY, STOX_POLICY_VIOLATION,
			"our policy leaves no way");
	else
		xmpp_out_locate(o, p);
}

void xmpp_out_open(struct xmpp_route *r)
{
	bool room = xmpp_may_open(r->x);

	open_or_fail(out_new(r), room);
}

static const char *state(const struct xmpp_stream *s)
{
	return state_name(((const struct xmpp_out *)s)->state);
}

static void destroy(struct xmpp_stream *s)
{
	out_free(out_of(s));
}

static void on_open(struct xmpp_stream *s)
{
	if (s->secure)
		xmpp_out_on_secure(s);
	else
		xmpp_out_header(out_of(s));
}

const struct xmpp_stream_kind xmpp_out_kind = {
	.direction = "out",
	.ns = STOX_NS_SERVER,
	.on_open = on_open,
	.on_secure = xmpp_out_on_secure,
	.on_header = xmpp_out_on_header,
	.on_element = xmpp_out_on_element,
	.on_tls = xmpp_out_on_tls,
	.on_leave = on_leave,
	.on_closed = on_closed,
	.destroy = destroy,
	.state = state,
};
