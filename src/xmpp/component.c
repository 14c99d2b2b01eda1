#include "config.h" /* explicit_bzero */

#include "xmpp/component.h"

#include <stdio.h>
#include <stdlib.h>

#include "xmpp/deliver.h"

/* Between two attempts; a stanza that waits shortens it to HURRY_MS.  There is
 * one server, and presence is not true before it is found again. */
enum { RETRY_MS = 1000, RETRY_MAX_MS = 30000, HURRY_MS = 5000 };

enum state { WAITING, CONNECTING, HEADER, HANDSHAKE, READY, CLOSING };

struct xmpp_component {
	struct xmpp_stream s;
	enum state state;
	char *domain, *host, *secret; /* owned */
	uint16_t port;
	char whom[200];
	struct xmpp_queue queue;
	struct timer retry;
	uint64_t retry_ms;       /* the wait under way, for the next one */
	uint64_t failed_ms;
	bool stopped;
};

static struct xmpp_component *component_of(struct xmpp_stream *s)
{
	return container_of(s, struct xmpp_component, s);
}

static const char *state_name(const struct xmpp_stream *s)
{
	switch (((const struct xmpp_component *)s)->state) {
	case WAITING:
		return "waiting to connect again";
	case CONNECTING:
		return "connecting";
	case HEADER:
		return "waiting for the server's stream header";
	case HANDSHAKE:
		return "waiting for the server to accept the secret";
	case READY:
		return "ready";
	case CLOSING:
		return "closing";
	}
	return "";
}

static void component_free(struct xmpp_component *c)
{
	timer_stop(io_timers(c->s.x->env), &c->retry);
	xmpp_queue_clear(&c->queue);
	free(c->domain);
	free(c->host);
	if (c->secret)
		explicit_bzero(c->secret, strlen(c->secret));
	free(c->secret);
	xmpp_stream_clear(&c->s);
	free(c);
}

/* ---- connecting ---------------------------------------------------------- */

static void connect_now(void *arg)
{
	struct xmpp_component *c = arg;
	struct io_connect_config config = {
		.host = c->host,
		.port = c->port,
		.special_ok = true,
		.events = &xmpp_stream_io_events,
		.arg = &c->s,
	};

	timer_stop(io_timers(c->s.x->env), &c->retry);
	c->state = CONNECTING;
	xmpp_stream_attach(&c->s, io_connect(c->s.x->env, &config));
}

static void retry_later(struct xmpp_component *c)
{
	struct xmpp *x = c->s.x;
	uint64_t next = c->retry_ms ? c->retry_ms * 2 : RETRY_MS;
	uint64_t wait;

	if (next > RETRY_MAX_MS)
		next = RETRY_MAX_MS;
	c->retry_ms = next;
	c->failed_ms = io_now_ms(x->env);
	wait = next - rand_below(io_rand(x->env), next / 4 + 1);
	if (c->queue.count && wait > HURRY_MS)
		wait = HURRY_MS;
	c->state = WAITING;
	timer_start(io_timers(x->env), &c->retry, wait);
}

/* A stanza has come: do not sit out a long wait. */
static void hurry(struct xmpp_component *c)
{
	struct xmpp *x = c->s.x;
	uint64_t now = io_now_ms(x->env);

	if (c->state != WAITING || c->stopped)
		return;
	if (now >= c->failed_ms + HURRY_MS)
		connect_now(c);
	else if (c->retry.due_ms > c->failed_ms + HURRY_MS)
		timer_start(io_timers(x->env), &c->retry,
			c->failed_ms + HURRY_MS - now);
}

struct xmpp_component *xmpp_component_start(struct xmpp *x,
	const struct xmpp_local *local)
{
	struct xmpp_component *c = base_alloc0(sizeof(*c));

	xmpp_stream_init(&c->s, x, &xmpp_component_kind);
	c->domain = base_strdup(local->domain);
	c->host = base_strdup(local->component_host);
	c->port = local->component_port;
	c->secret = base_strdup(
		local->component_secret ? local->component_secret : "");
	snprintf(c->whom, sizeof(c->whom), "the XMPP server behind %.150s",
		c->domain);
	xmpp_stream_set(&c->s.local, c->domain);
	xmpp_stream_set(&c->s.remote, c->host);
	xmpp_queue_init(&c->queue, x, c->whom);
	timer_init(&c->retry, connect_now, c);
	connect_now(c);
	return c;
}

bool xmpp_component_fits(const struct xmpp_component *c,
	const struct xmpp_local *local)
{
	return local && local->component_host &&
		strcmp(c->host, local->component_host) == 0 &&
		c->port == local->component_port &&
		str_eq_secret(str_from(c->secret),
			str_from(local->component_secret));
}

const char *xmpp_component_domain(const struct xmpp_component *c)
{
	return c->domain;
}

struct xmpp_stream *xmpp_component_stream(struct xmpp_component *c)
{
	return c->state == READY && !c->s.left ? &c->s : NULL;
}

size_t xmpp_component_queued(const struct xmpp_stream *s)
{
	return ((const struct xmpp_component *)s)->queue.count;
}

size_t xmpp_component_bytes(const struct xmpp_component *c)
{
	return c->queue.bytes;
}

/* Routes that it carries lose it. */
static void forget_routes(struct xmpp_component *c, bool lost, bool gone)
{
	struct xmpp_route *r;
	size_t cursor = 0;

	while ((r = table_next(c->s.x->routes, &cursor))) {
		if (r->component != c)
			continue;
		if (lost)
			xmpp_hold_lost(r);
		if (gone)
			r->component = NULL;
	}
}

void xmpp_component_stop(struct xmpp_component *c, const char *text)
{
	c->stopped = true;
	xmpp_queue_fail(&c->queue, true, STOX_REMOTE_SERVER_NOT_FOUND, text);
	forget_routes(c, true, true);
	if (!c->s.io) {
		component_free(c);
	} else if (c->state == READY && c->s.x->stopping) {
		xmpp_stream_error(&c->s, "system-shutdown", NULL);
	} else if (c->state == READY) {
		xmpp_stream_finish(&c->s);
	} else {
		c->state = CLOSING;
		xmpp_stream_abort(&c->s);
	}
}

void xmpp_component_send(struct xmpp_component *c, struct str remote,
	const struct xmpp_letter *letter)
{
	struct xmpp_route *r = NULL;

	if (letter->flags & XMPP_SEND_HOLD && letter->token) {
		r = xmpp_route_get(c->s.x, c->domain, remote);
		if (r)
			r->component = c;
	}
	if (c->state == READY && !c->s.left &&
		xmpp_queue_write(&c->s, letter, r) == 0)
		return;
	xmpp_queue_add(&c->queue, letter, r);
	hurry(c);
}

/* ---- the stream ---------------------------------------------------------- */

static void on_open(struct xmpp_stream *s)
{
	struct xmpp_component *c = component_of(s);

	c->state = HEADER;
	xmpp_stream_open(s, NULL, c->domain, NULL, false);
}

/* XEP-0114, 3: hex(SHA-1(stream id + secret)). */
static void on_header(struct xmpp_stream *s, const struct stox_element *root)
{
	struct xmpp_component *c = component_of(s);
	const char *id = stox_element_attr(root, "id");
	struct buf *b = &s->x->line;
	uint8_t digest[20];
	char hex[41];

	if (!id) {
		xmpp_stream_error(s, "bad-format",
			"the stream header has no id");
		return;
	}
	buf_clear(b);
	buf_add_text(b, id);
	buf_add_text(b, c->secret);
	io_sha1(buf_str(b), digest);
	explicit_bzero(b->data, b->len);
	str_hex(digest, sizeof(digest), hex);
	buf_clear(b);
	buf_printf(b, "<handshake>%s</handshake>", hex);
	c->state = HANDSHAKE;
	(void)xmpp_stream_write(s, buf_str(b));
}

static void accepted(struct xmpp_component *c)
{
	if (c->state != HANDSHAKE) {
		xmpp_stream_error(&c->s, "policy-violation",
			"unexpected handshake");
		return;
	}
	c->state = READY;
	c->retry_ms = 0;
	xmpp_stream_raise_cap(&c->s);
	xmpp_stream_ready(&c->s, XMPP_AUTH_SECRET);
	/* it stays for ever, and white space finds out when it is broken */
	c->s.idle_ms = UINT64_MAX / 2;
	c->s.keepalive = true;
	xmpp_queue_flush(&c->queue, &c->s, NULL);
	xmpp_link_tell(c->s.x, c->domain, NULL, XMPP_LINK_UP);
}

/* The domain of ours that @to is: this component's, or another one that is
 * attached to the same server, which may choose any of the streams for it, as
 * ejabberd does without "global_routes: false".  NULL: somebody else's. */
static struct xmpp_domain *domain_of(const struct xmpp_component *c,
	struct str to)
{
	struct xmpp_domain *d = xmpp_local(c->s.x, to);

	return d && d->component && d->component->port == c->port &&
		strcmp(d->component->host, c->host) == 0 ? d : NULL;
}

/* The host server vouches for `from`, but not for one of our own domains. */
static void stanza(struct xmpp_component *c, struct pool **pool,
	struct stox_element *e, size_t bytes)
{
	struct xmpp *x = c->s.x;
	struct xmpp_domain *d = NULL;
	struct xmpp_stanza st = { .element = e, .bytes = bytes };
	struct str from = str_from(stox_element_attr(e, "from"));
	struct str to = str_from(stox_element_attr(e, "to"));
	const char *wrong = NULL;

	if (c->state != READY)
		wrong = "not authenticated";
	else if (!from.len || jid_parse(*pool, from, &st.from))
		wrong = "'from' is missing or malformed";
	else if (xmpp_local(x, st.from.domain))
		wrong = "'from' is one of our own domains";
	else if (!to.len || jid_parse(*pool, to, &st.to))
		xmpp_bad_to(&c->s, *pool, e, c->domain, st.from.domain);
	else if (!(d = domain_of(c, st.to.domain)))
		wrong = "'to' is no domain that is attached to this server";
	if (wrong) {
		log_event(x->log, STOX_LOG_WARN, "xmpp", 0, "stanza-dropped",
			"direction=component local=%s why=\"%s\"", c->domain,
			wrong);
		return;
	}
	if (!st.to.full)
		return;
	st.local_domain = d->local->domain;
	xmpp_deliver(&c->s, pool, &st);
}

/* jabberd2 leaves stanzas in the namespace in which it got them. */
static bool is_stanza(const struct stox_element *e)
{
	return (stox_element_is(e, NULL, XMPP_NS_COMPONENT) ||
		stox_element_is(e, NULL, XMPP_NS_CLIENT)) &&
		(stox_element_is(e, "message", NULL) ||
		stox_element_is(e, "presence", NULL) ||
		stox_element_is(e, "iq", NULL));
}

static void on_element(struct xmpp_stream *s, struct pool **pool,
	struct stox_element *e, size_t bytes)
{
	struct xmpp_component *c = component_of(s);

	if (stox_element_is(e, "handshake", XMPP_NS_COMPONENT))
		accepted(c);
	else if (is_stanza(e))
		stanza(c, pool, e, bytes);
	else if (!stox_element_is(e, "features", XMPP_NS_STREAMS))
		xmpp_stream_error(s, "unsupported-stanza-type", NULL);
}

/* What the operator can do about it. */
static const char *advice(const struct xmpp_component *c)
{
	const char *condition = c->s.condition;

	if (strcmp(condition, "not-authorized") == 0)
		return "the secret is wrong: compare it with the one that the "
		       "host server has for this component";
	if (strcmp(condition, "conflict") == 0)
		return "another program is connected under this name: stop it, "
		       "or find the second stox";
	if (strcmp(condition, "host-unknown") == 0)
		return "the host server does not know this component: add it "
		       "to that server's configuration";
	return "see whether the host server runs and listens for components "
	       "at this address";
}

static void on_leave(struct xmpp_stream *s)
{
	struct xmpp_component *c = component_of(s);

	if (c->state == READY)
		forget_routes(c, s->why != NULL, false);
	if (s->why && !c->stopped)
		log_event(s->x->log,
			c->state == READY ? STOX_LOG_WARN : STOX_LOG_ERROR,
			"xmpp", 0, "component-down",
			"local=%s host=%s:%u why=\"%s\" advice=\"%s\"",
			c->domain, c->host, c->port, s->why, advice(c));
	if (!c->stopped)
		xmpp_link_tell(s->x, c->domain, NULL, c->state == READY
			? XMPP_LINK_BROKEN : XMPP_LINK_FAILED);
	c->state = CLOSING;
}

static void on_closed(struct xmpp_stream *s)
{
	struct xmpp_component *c = component_of(s);

	if (c->stopped)
		component_free(c);
	else
		retry_later(c);
}

static void destroy(struct xmpp_stream *s)
{
	component_free(component_of(s));
}

/* Components have no TLS. */
static void no_tls(struct xmpp_stream *s)
{
	xmpp_stream_abort(s);
}

const struct xmpp_stream_kind xmpp_component_kind = {
	.direction = "component",
	.ns = XMPP_NS_COMPONENT,
	.on_open = on_open,
	.on_secure = no_tls,
	.on_header = on_header,
	.on_element = on_element,
	.on_tls = no_tls,
	.on_leave = on_leave,
	.on_closed = on_closed,
	.destroy = destroy,
	.state = state_name,
};
