/*
 * How a stream ends: the reason, the error, the closing handshake, and the
 * time-outs that lead there.
 */
#include "xmpp/alive.h"
#include "xmpp/object.h"
#include "xmpp/sm.h"

#include <stdio.h>

/* How long a closing handshake may take, RFC 6120, 4.4. */
enum { CLOSE_MS = 5000 };
/* Silence after which the reader of a stream gives its memory back. */
enum { REST_MS = 10000 };

const char *xmpp_step_name(enum xmpp_step step)
{
	switch (step) {
	case XMPP_STEP_DNS:
		return "dns";
	case XMPP_STEP_TCP:
		return "tcp";
	case XMPP_STEP_STREAM:
		return "stream";
	case XMPP_STEP_TLS:
		return "tls";
	case XMPP_STEP_TLS_CHAIN:
		return "tls-chain";
	case XMPP_STEP_TLS_NAME:
		return "tls-name";
	case XMPP_STEP_DANE:
		return "dane";
	case XMPP_STEP_EXTERNAL:
		return "external";
	case XMPP_STEP_DIALBACK:
		return "dialback";
	case XMPP_STEP_POLICY:
		return "policy";
	case XMPP_STEP_READY:
		return "ready";
	}
	return "";
}

void xmpp_stream_blame(struct xmpp_stream *s, enum xmpp_step step,
	enum stox_condition fault, const char *format, ...)
{
	struct buf why;
	char text[512];
	va_list ap;

	if (s->why)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	buf_init(&why, sizeof(text), NULL);
	/* a peer's words may have been cut in the middle of a character */
	buf_add(&why, text, str_utf8_cut(str_from(text), strlen(text)));
	buf_add_char(&why, '\0');
	s->why = why.data;
	s->fault = fault;
	s->rank = step;
}

void xmpp_stream_leave(struct xmpp_stream *s)
{
	if (s->left)
		return;
	s->left = true;
	s->kind->on_leave(s);
}

void xmpp_stream_close(struct xmpp_stream *s)
{
	xmpp_stream_leave(s);
	if (s->dead || !s->io)
		return;
	s->dead = true;
	timer_stop(io_timers(s->x->env), &s->timer);
	xml_reader_stop(s->reader);
	io_close(s->io);
}

void xmpp_stream_abort(struct xmpp_stream *s)
{
	xmpp_stream_leave(s);
	if (!s->io)
		return;
	s->dead = true;
	timer_stop(io_timers(s->x->env), &s->timer);
	xml_reader_stop(s->reader);
	io_abort(s->io);
}

void xmpp_stream_error_with(struct xmpp_stream *s, const char *condition,
	const char *text, const char *child)
{
	struct buf *b = &s->x->line;
	char id[33];

	xmpp_stream_blame(s, s->ready ? XMPP_STEP_READY : XMPP_STEP_STREAM,
		STOX_REMOTE_SERVER_TIMEOUT, "we closed it with %s%s%s",
		condition, text ? ": " : "", text ? text : "");
	xmpp_stream_leave(s);
	if (s->dead || !s->io)
		return;
	if (!s->header_sent) {
		xmpp_stream_id(s->x, id);
		/* by it we know ourselves, s2s_auth.c */
		xmpp_stream_set(&s->id, id);
		xmpp_stream_open(s, s->local, s->remote, id, true);
	}
	buf_clear(b);
	if (!s->end_sent) {
		buf_add_text(b, "<stream:error><");
		buf_add_text(b, condition);
		buf_add_text(b, " xmlns='" XMPP_NS_STREAM_ERRORS "'/>");
		if (text) {
			buf_add_text(b, "<text xml:lang='en' xmlns='"
				XMPP_NS_STREAM_ERRORS "'>");
			xml_escape(b, str_from(text));
			buf_add_text(b, "</text>");
		}
		if (child)
			buf_add_text(b, child);
		buf_add_text(b, "</stream:error></stream:stream>");
		s->end_sent = true;
		(void)io_write(s->io, buf_str(b));
	}
	xmpp_stream_close(s);
}

void xmpp_stream_error(struct xmpp_stream *s, const char *condition,
	const char *text)
{
	xmpp_stream_error_with(s, condition, text, NULL);
}

void xmpp_stream_refuse(struct xmpp_stream *s, enum xmpp_step step,
	const char *condition, const char *text)
{
	xmpp_stream_blame(s, step, STOX_NOT_AUTHORIZED,
		"we closed it with %s: %s", condition, text);
	xmpp_stream_error(s, condition, text);
}

void xmpp_stream_finish(struct xmpp_stream *s)
{
	xmpp_stream_leave(s);
	if (!s->io || s->dead || s->end_sent)
		return;
	if (!s->header_sent) {
		xmpp_stream_close(s);
		return;
	}
	xmpp_sm_last(s);
	s->end_sent = true;
	s->deadline_ms = io_now_ms(s->x->env) + CLOSE_MS;
	(void)io_write(s->io, STR("</stream:stream>"));
	xmpp_stream_schedule(s);
}

/* ---- time ---------------------------------------------------------------- */

static uint64_t seconds(const struct xmpp_stream *s, enum limit_id id)
{
	return limit_get(s->x->limits, id) * 1000;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Both who connects and who is connected to must say something soon; a
 * connect or a TLS handshake that is still under way has a limit of its own. */
static bool first_byte_missing(const struct xmpp_stream *s)
{
	return !s->got_byte && s->rank >= XMPP_STEP_STREAM &&
		(s->secure || s->rank != XMPP_STEP_TLS);
}

void xmpp_stream_schedule(struct xmpp_stream *s)
{
	uint64_t now = io_now_ms(s->x->env), due;

	if (s->dead || !s->io)
		return;
	if (s->end_sent || s->end_seen || !s->ready) {
		due = s->deadline_ms;
		if (!s->ready && first_byte_missing(s))
			due = earlier(due, s->open_ms +
				seconds(s, LIMIT_XMPP_FIRST_BYTE));
	} else {
		due = s->active_ms + s->idle_ms;
		if (!s->rests)
			due = earlier(due, s->heard_ms + REST_MS);
		due = earlier(due, xmpp_alive_due(s));
	}
	timer_start(io_timers(s->x->env), &s->timer, due > now ? due - now : 0);
}

static void set_up_late(struct xmpp_stream *s, uint64_t now)
{
	struct limits *l = s->x->limits;

	if (now >= s->deadline_ms && s->consulted) {
		xmpp_stream_finish(s);
	} else if (now >= s->deadline_ms) {
		limit_hit(l, LIMIT_XMPP_SETUP);
		xmpp_stream_blame(s, XMPP_STEP_STREAM,
			STOX_REMOTE_SERVER_TIMEOUT,
			"set-up took too long (%s)", s->kind->state(s));
		if (s->header_seen || s->header_sent)
			xmpp_stream_error(s, "connection-timeout", NULL);
		else
			xmpp_stream_abort(s);
	} else if (first_byte_missing(s) &&
		now >= s->open_ms + seconds(s, LIMIT_XMPP_FIRST_BYTE)) {
		limit_hit(l, LIMIT_XMPP_FIRST_BYTE);
		xmpp_stream_blame(s, XMPP_STEP_STREAM,
			STOX_REMOTE_SERVER_TIMEOUT, "the connection is open, but it sent nothing");
		xmpp_stream_abort(s);
	}
}

static bool certificate_over(const struct xmpp_stream *s)
{
	const struct io_identity *id = io_stream_identity(s->io);

	return s->auth == XMPP_AUTH_EXTERNAL && id && id->present &&
		id->expires_s < io_wall_us(s->x->env) / 1000000;
}

static void idle_or_alive(struct xmpp_stream *s, uint64_t now)
{
	if (!s->rests && now >= s->heard_ms + REST_MS) {
		s->rests = true;
		xml_reader_rest(s->reader);
	}
	if (certificate_over(s)) {
		xmpp_stream_error(s, "reset", "your certificate has expired");
	} else if (now >= s->active_ms + s->idle_ms) {
		limit_hit(s->x->limits, LIMIT_XMPP_IDLE);
		xmpp_stream_finish(s);
	} else {
		xmpp_alive_check(s, now);
	}
}

void xmpp_stream_on_timer(void *stream)
{
	struct xmpp_stream *s = stream;
	uint64_t now = io_now_ms(s->x->env);

	if (s->dead || !s->io)
		return;
	if (s->end_sent || s->end_seen) {
		if (now >= s->deadline_ms)
			xmpp_stream_close(s);
	} else if (!s->ready) {
		set_up_late(s, now);
	} else {
		idle_or_alive(s, now);
	}
	xmpp_stream_schedule(s);
}
