#include "xmpp/stream.h"

#include <stdio.h>
#include <stdlib.h>

#include "xmpp/alive.h"
#include "xmpp/object.h"
#include "xmpp/sm.h"

void xmpp_stream_set(char **field, const char *value)
{
	char *copy = value ? base_strdup(value) : NULL;

	free(*field);
	*field = copy;
}

int xmpp_domain(const char *text, char out[1024])
{
	struct str in = str_from(text);
	ptrdiff_t len;

	if (!text || !text[0] || in.len > 1023)
		return -STOX_EINVAL;
	len = jid_prepare_domain(in, out, 1024);
	return len > 0 ? 0 : -STOX_EINVAL;
}

void xmpp_stream_id(struct xmpp *x, char out[33])
{
	uint8_t bytes[16];

	rand_bytes(io_rand(x->env), bytes, sizeof(bytes));
	str_hex(bytes, sizeof(bytes), out);
}

/* ---- reading ------------------------------------------------------------- */

static void on_root(void *arg, const struct stox_element *root)
{
	struct xmpp_stream *s = arg;

	s->header_seen = true;
	if (!stox_element_is(root, "stream", XMPP_NS_STREAMS)) {
		xmpp_stream_error(s, "invalid-namespace",
			"not a stream of " XMPP_NS_STREAMS);
		return;
	}
	s->kind->on_header(s, root);
}

static enum stox_condition fault_of(const char *condition)
{
	return strcmp(condition, "host-unknown") == 0 ||
		strcmp(condition, "host-gone") == 0
		? STOX_REMOTE_SERVER_NOT_FOUND
		: STOX_REMOTE_SERVER_TIMEOUT;
}

/* <stream:error/>: its condition is the reason. */
static void peer_error(struct xmpp_stream *s, const struct stox_element *e)
{
	const struct stox_element *c =
		stox_element_child(e, NULL, XMPP_NS_STREAM_ERRORS);
	const char *text = stox_element_text(
		stox_element_child(e, "text", XMPP_NS_STREAM_ERRORS));
	const char *name;

	while (c && stox_element_is(c, "text", NULL))
		c = stox_element_next(c, NULL, XMPP_NS_STREAM_ERRORS);
	name = c ? stox_element_name(c) : "undefined-condition";
	snprintf(s->condition, sizeof(s->condition), "%s", name);
	if (strcmp(name, "see-other-host") == 0)
		xmpp_stream_set(&s->other, stox_element_text(c));
	if (text && str_has_control(str_from(text)))
		text = NULL;
	xmpp_stream_blame(s, s->ready ? XMPP_STEP_READY : XMPP_STEP_STREAM,
		fault_of(name), "it closed the stream with %.60s%s%.200s", name,
		text && text[0] ? ": " : "", text ? text : "");
	xmpp_stream_finish(s);
	xmpp_stream_close(s);
}

static void on_element(void *arg, struct pool *pool, struct stox_element *e,
	size_t bytes)
{
	struct xmpp_stream *s = arg;

	if (s->dead)
		;
	else if (stox_element_is(e, "error", XMPP_NS_STREAMS))
		peer_error(s, e);
	else
		s->kind->on_element(s, &pool, e, bytes);
	if (pool)
		xml_pool_release(&pool);
}

static void on_end(void *arg)
{
	struct xmpp_stream *s = arg;

	if (!s->ready && !s->consulted)
		xmpp_stream_blame(s, XMPP_STEP_STREAM,
			STOX_REMOTE_SERVER_TIMEOUT,
			"it closed the stream during set-up (%s)",
			s->kind->state(s));
	s->end_seen = true;
	xmpp_stream_finish(s);
	xmpp_stream_close(s);
}

static const struct xml_reader_events reader_events = {
	.on_root = on_root,
	.on_element = on_element,
	.on_end = on_end,
};

static void xml_failed(struct xmpp_stream *s)
{
	const char *condition = "not-well-formed";

	switch (xml_reader_error(s->reader)) {
	case XML_OK:
	case XML_NOT_WELL_FORMED:
		break;
	case XML_RESTRICTED:
		condition = "restricted-xml";
		break;
	case XML_ENCODING:
		condition = "unsupported-encoding";
		break;
	case XML_TOO_BIG:
	case XML_TOO_COMPLEX:
		condition = "policy-violation";
		break;
	case XML_BAD_ROOT:
		condition = "bad-format";
		break;
	}
	xmpp_stream_error(s, condition, xml_reader_why(s->reader));
}

/* The next bytes to feed: everything once the stream is ready, until then
 * what ends with '>', so that an element that changes the rules (STARTTLS,
 * SASL) is the last thing of its piece and what follows it is seen. */
static struct str piece(const struct xmpp_stream *s, struct str *bytes)
{
	ptrdiff_t end = s->ready ? -1 : str_find(*bytes, '>');
	struct str p = *bytes;

	if (end >= 0)
		p.len = (size_t)end + 1;
	bytes->p += p.len;
	bytes->len -= p.len;
	return p;
}

static void io_data(void *arg, struct io_stream *io, struct str bytes)
{
	struct xmpp_stream *s = arg;

	(void)io;
	s->got_byte = true;
	xmpp_alive_heard(s);
	if (!io_stream_is_client(s->io))
		s->active_ms = s->heard_ms;
	if (s->rests) {
		s->rests = false;
		xmpp_stream_schedule(s);
	}
	while (bytes.len && !s->dead) {
		int r = xml_reader_feed(s->reader, piece(s, &bytes));

		if (s->dead)
			return;
		if (r == -STOX_EPROTO) {
			xml_failed(s);
			return;
		}
		if (!s->await_tls)
			continue;
		s->await_tls = false;
		if (bytes.len) {
			xmpp_stream_error(s, "policy-violation",
				"data behind the last element before TLS");
			return;
		}
		s->kind->on_tls(s);
	}
}

/* ---- the connection ------------------------------------------------------ */

static void io_open(void *arg, struct io_stream *io)
{
	struct xmpp_stream *s = arg;

	(void)io;
	if (s->dead)
		return;
	s->secure = io_stream_tls(s->io) != NULL;
	s->rank = XMPP_STEP_STREAM;
	s->open_ms = io_now_ms(s->x->env);
	s->kind->on_open(s);
	xmpp_stream_schedule(s);
}

static void io_secure(void *arg, struct io_stream *io)
{
	struct xmpp_stream *s = arg;

	(void)io;
	if (s->dead)
		return;
	s->secure = true;
	xmpp_stream_restart(s);
	s->kind->on_secure(s);
}

/* Why there is no connection. */
static void blame_connect(struct xmpp_stream *s, enum io_reason reason,
	const char *detail)
{
	if (reason == IO_DNS_NOT_FOUND)
		xmpp_stream_blame(s, XMPP_STEP_DNS,
			STOX_REMOTE_SERVER_NOT_FOUND,
			"the DNS has no address for its server");
	else if (reason == IO_DNS_FAILED)
		xmpp_stream_blame(s, XMPP_STEP_DNS, STOX_REMOTE_SERVER_TIMEOUT,
			"the DNS did not answer for its server");
	else
		xmpp_stream_blame(s, XMPP_STEP_TCP, STOX_REMOTE_SERVER_TIMEOUT,
			"no TCP connection: %s%s%.300s", io_reason_text(reason),
			detail[0] ? ", " : "", detail);
}

static void blame_io(struct xmpp_stream *s, enum io_reason reason,
	const char *detail)
{
	if (!detail)
		detail = "";
	if (reason == IO_LOCAL || (reason == IO_EOF && s->end_seen))
		return;
	if (reason == IO_TLS_FAILED)
		xmpp_stream_blame(s, XMPP_STEP_TLS, STOX_REMOTE_SERVER_TIMEOUT,
			"the TLS handshake failed%s%.300s",
			detail[0] ? ": " : "", detail);
	else if (reason == IO_TLS_BROKEN)
		/* TLS 1.3 refuses certificates when we believe it done */
		xmpp_stream_blame(s,
			s->ready ? XMPP_STEP_READY : XMPP_STEP_TLS,
			STOX_REMOTE_SERVER_TIMEOUT, "TLS broke%s%.300s",
			detail[0] ? ": " : "", detail);
	else if (s->rank < XMPP_STEP_STREAM)
		blame_connect(s, reason, detail);
	else if (s->rank == XMPP_STEP_TLS && !s->secure)
		xmpp_stream_blame(s, XMPP_STEP_TLS, STOX_REMOTE_SERVER_TIMEOUT,
			"the connection broke in the TLS handshake: %s%s%.300s",
			io_reason_text(reason), detail[0] ? ", " : "", detail);
	else
		xmpp_stream_blame(s,
			s->ready ? XMPP_STEP_READY : XMPP_STEP_STREAM,
			STOX_REMOTE_SERVER_TIMEOUT,
			"the connection broke: %s%s%.300s",
			io_reason_text(reason), detail[0] ? ", " : "", detail);
}

static void drop_connection(struct xmpp_stream *s)
{
	timer_stop(io_timers(s->x->env), &s->timer);
	s->io = NULL;
	s->dead = true;
	if (s->reader)
		xml_reader_free(&s->reader);
}

static void io_closed(void *arg, struct io_stream *io, enum io_reason reason,
	const char *detail)
{
	struct xmpp_stream *s = arg;

	(void)io;
	blame_io(s, reason, detail);
	if (!s->end_sent && !s->end_seen && reason != IO_LOCAL)
		s->broken = true;
	xmpp_stream_leave(s);
	if (s->why)
		xmpp_failed_add(s->x, s);
	drop_connection(s);
	s->kind->on_closed(s);
}

const struct io_events xmpp_stream_io_events = {
	.on_open = io_open,
	.on_secure = io_secure,
	.on_data = io_data,
	.on_close = io_closed,
};

static void gone(void *arg, struct io_stream *io, enum io_reason reason,
	const char *detail)
{
	(void)arg;
	(void)io;
	(void)reason;
	(void)detail;
}

static void ignore_data(void *arg, struct io_stream *io, struct str bytes)
{
	(void)arg;
	(void)io;
	(void)bytes;
}

static void ignore(void *arg, struct io_stream *io)
{
	(void)arg;
	(void)io;
}

static const struct io_events detached_events = {
	.on_open = ignore,
	.on_secure = ignore,
	.on_data = ignore_data,
	.on_close = gone,
};

void xmpp_stream_detach(struct xmpp_stream *s)
{
	if (!s->io)
		return;
	io_stream_events(s->io, &detached_events, NULL);
	io_abort(s->io);
	drop_connection(s);
}

void xmpp_stream_init(struct xmpp_stream *s, struct xmpp *x,
	const struct xmpp_stream_kind *kind)
{
	memset(s, 0, sizeof(*s));
	s->x = x;
	s->kind = kind;
	s->since_ms = io_now_ms(x->env);
	timer_init(&s->timer, xmpp_stream_on_timer, s);
	list_append(&x->streams, &s->node);
	x->stream_count++;
	s->handle = handles_add(x->handles, s);
	xmpp_house_start(x);
}

void xmpp_stream_clear(struct xmpp_stream *s)
{
	struct xmpp *x = s->x;

	stox_require(!s->io);
	timer_stop(io_timers(x->env), &s->timer);
	list_remove(&s->node);
	x->stream_count--;
	handles_remove(x->handles, s->handle);
	if (s->sm)
		xmpp_sm_free(&s->sm);
	free(s->local);
	free(s->remote);
	free(s->id);
	io_dane_ask_cancel(&s->dane_ask);
	io_dane_free(&s->dane);
	free(s->dane_host);
	free(s->other);
	free(s->why);
	xmpp_stream_gone(x);
}

void xmpp_stream_attach(struct xmpp_stream *s, struct io_stream *io)
{
	struct xmpp *x = s->x;
	struct xml_reader_config config = {
		.limits = x->limits,
		.budget = x->budget,
		.events = &reader_events,
		.arg = s,
	};

	stox_require(!s->io);
	s->io = io;
	s->reader = xml_reader_new(&config);
	xml_reader_set_max(s->reader,
		limit_get(x->limits, LIMIT_STANZA_UNAUTH));
	s->secure = s->ready = s->left = s->dead = s->got_byte = false;
	s->header_sent = s->header_seen = false;
	s->end_sent = s->end_seen = s->await_tls = s->consulted = false;
	s->broken = s->bidi = s->drained = false;
	s->auth = XMPP_AUTH_NONE;
	s->max_bytes = 0;
	s->peer_idle_s = 0;
	s->ping_ms = 0;
	s->keepalive = false;
	s->condition[0] = '\0';
	s->rank = io_stream_is_client(io) ? XMPP_STEP_TCP : XMPP_STEP_STREAM;
	xmpp_stream_set(&s->other, NULL);
	xmpp_stream_set(&s->why, NULL);
	s->since_ms = s->active_ms = s->wrote_ms = io_now_ms(x->env);
	s->heard_ms = s->since_ms;
	s->rests = false;
	s->open_ms = s->since_ms;
	s->idle_ms = limit_get(x->limits, LIMIT_XMPP_IDLE) * 1000;
	s->deadline_ms = s->since_ms +
		limit_get(x->limits, LIMIT_XMPP_SETUP) * 1000;
	xmpp_stream_schedule(s);
}

/* ---- writing ------------------------------------------------------------- */

static void add_attribute(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	buf_add_char(b, ' ');
	buf_add_text(b, name);
	buf_add_text(b, "='");
	xml_escape(b, str_from(value));
	buf_add_char(b, '\'');
}

void xmpp_stream_open(struct xmpp_stream *s, const char *from, const char *to,
	const char *id, bool version)
{
	struct buf *b = &s->x->line;

	buf_clear(b);
	buf_add_text(b, "<?xml version='1.0'?><stream:stream xmlns='");
	buf_add_text(b, s->kind->ns);
	buf_add_text(b, "' xmlns:stream='" XMPP_NS_STREAMS "'");
	if (strcmp(s->kind->ns, STOX_NS_SERVER) == 0)
		buf_add_text(b, " xmlns:db='" XMPP_NS_DIALBACK "'");
	add_attribute(b, "id", id);
	add_attribute(b, "from", from);
	add_attribute(b, "to", to);
	if (version)
		buf_add_text(b, " version='1.0' xml:lang='en'");
	buf_add_char(b, '>');
	s->header_sent = true;
	(void)xmpp_stream_write(s, buf_str(b));
}

void xmpp_stream_restart(struct xmpp_stream *s)
{
	s->header_seen = s->header_sent = false;
	xml_reader_reset(s->reader);
}

void xmpp_stream_await_tls(struct xmpp_stream *s)
{
	s->await_tls = true;
	xml_reader_stop(s->reader);
}

void xmpp_stream_raise_cap(struct xmpp_stream *s)
{
	xml_reader_set_max(s->reader, limit_get(s->x->limits, LIMIT_STANZA));
}

void xmpp_stream_ready(struct xmpp_stream *s, enum xmpp_auth auth)
{
	char remote[128], tls[128];

	s->ready = true;
	s->rank = XMPP_STEP_READY;
	s->auth = auth;
	xmpp_stream_set(&s->why, NULL); /* an attempt that failed before */
	s->active_ms = io_now_ms(s->x->env);
	xmpp_stream_schedule(s);
	if (!log_wants(s->x->log, STOX_LOG_INFO))
		return;
	log_event(s->x->log,
		auth == XMPP_AUTH_DIALBACK_PLAIN ? STOX_LOG_WARN
						 : STOX_LOG_INFO,
		"xmpp", 0, "stream-ready",
		"direction=%s local=%s remote=%s auth=\"%s\" tls=%s bidi=%s",
		s->kind->direction, s->local ? s->local : "",
		log_text(str_from(s->remote), remote, sizeof(remote)),
		xmpp_auth_name(auth),
		log_text(str_from(io_stream_tls(s->io)), tls, sizeof(tls)),
		s->bidi ? "yes" : "no");
}

int xmpp_stream_write(struct xmpp_stream *s, struct str bytes)
{
	int r;

	if (!s->io || s->dead || s->end_sent)
		return -STOX_EGONE;
	r = io_write(s->io, bytes);
	s->wrote_ms = io_now_ms(s->x->env);
	return r;
}

int xmpp_stream_stanza(struct xmpp_stream *s, struct str bytes)
{
	int r;

	if (s->max_bytes && bytes.len > s->max_bytes)
		return -STOX_EPERM;
	r = xmpp_stream_write(s, bytes);
	if (r)
		return r;
	s->stanzas_out++;
	s->active_ms = s->wrote_ms;
	return 0;
}
