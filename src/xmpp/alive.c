/*
 * Idle streams.  White space goes out before the peer could take us for dead:
 * each LIMIT_XMPP_KEEPALIVE, or more often where the peer has told how long it
 * waits (XEP-0478); where that is very short the stream is closed instead, and
 * opened again when there is something to say.  A peer that was not heard of
 * for LIMIT_XMPP_PING is asked (XEP-0199), and closed when it is silent.
 * RFC 6120, 4.6; stox.md 8.8.
 */
#include "xmpp/alive.h"

#include <inttypes.h>

#include "xmpp/route.h"
#include "xmpp/s2s.h"
#include "xmpp/sm.h"

#define MARK "-alive-"

/* A peer that waits no longer than that is not worth the chatter. */
enum { SHORTEST_MS = 60000 };

static uint64_t ms(const struct xmpp_stream *s, enum limit_id id)
{
	return limit_get(s->x->limits, id) * 1000;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How long we may be silent for the peer's sake: well before its time is
 * over, for what we send needs time too.  0: it has not told. */
static uint64_t patience_ms(const struct xmpp_stream *s)
{
	return s->peer_idle_s * (uint64_t)750;
}

/* Is the stream to be kept alive, rather than closed in time? */
static bool keep(const struct xmpp_stream *s)
{
	return s->keepalive &&
		(!s->peer_idle_s || s->peer_idle_s * 1000 >= SHORTEST_MS);
}

static uint64_t silence_due(const struct xmpp_stream *s)
{
	uint64_t patience = patience_ms(s);

	if (keep(s)) {
		uint64_t wait = ms(s, LIMIT_XMPP_KEEPALIVE);

		return s->wrote_ms +
			(patience ? earlier(patience, wait) : wait);
	}
	return patience ? s->wrote_ms + patience : UINT64_MAX;
}

/* The pair for which it may carry a ping; the component's host server has no
 * name of its own there. */
static bool pair_of(const struct xmpp_stream *s, const char **ret_local,
	const char **ret_remote)
{
	size_t count = 0;
	const struct xmpp_pair *pairs = xmpp_in_pairs(s, &count);

	*ret_local = s->local;
	*ret_remote = s->remote;
	if (s->kind == &xmpp_out_kind)
		return s->auth != XMPP_AUTH_NONE;
	for (size_t i = 0; s->bidi && i < count; i++) {
		*ret_local = pairs[i].local_name;
		*ret_remote = pairs[i].remote;
		if (pairs[i].valid)
			return true;
	}
	return false;
}

static uint64_t ping_due(const struct xmpp_stream *s)
{
	const char *local, *remote;

	if (!keep(s) || !pair_of(s, &local, &remote))
		return UINT64_MAX;
	if (!s->ping_ms)
		return s->heard_ms + ms(s, LIMIT_XMPP_PING);
	/* XEP-0198 has a time of its own for its answer */
	return s->sm ? UINT64_MAX : s->ping_ms + ms(s, LIMIT_XMPP_PING_TIME);
}

uint64_t xmpp_alive_due(const struct xmpp_stream *s)
{
	return earlier(silence_due(s), ping_due(s));
}

void xmpp_alive_heard(struct xmpp_stream *s)
{
	s->heard_ms = io_now_ms(s->x->env);
	s->ping_ms = 0;
}

/* It does not count as use of the stream: who has nothing else to say is
 * closed in time. */
static void ping(struct xmpp_stream *s)
{
	struct buf *b = &s->x->line;
	const char *local, *remote;

	limit_hit(s->x->limits, LIMIT_XMPP_PING);
	if (s->sm) {
		xmpp_sm_ask(s->sm);
		return;
	}
	(void)pair_of(s, &local, &remote);
	buf_clear(b);
	buf_add_text(b, "<iq type='get' from='");
	xml_escape(b, str_from(local));
	buf_add_text(b, "' to='");
	xml_escape(b, str_from(remote));
	buf_add_text(b, "' id='");
	xml_escape(b, str_from(s->x->config.node));
	buf_add_text(b, MARK);
	buf_add_u64(b, s->handle);
	buf_add_text(b, "'><ping xmlns='urn:xmpp:ping'/></iq>");
	(void)xmpp_stream_write(s, buf_str(b));
}

static void silent(struct xmpp_stream *s)
{
	uint64_t wait_s = limit_get(s->x->limits, LIMIT_XMPP_PING_TIME);

	limit_hit(s->x->limits, LIMIT_XMPP_PING_TIME);
	xmpp_stream_blame(s, XMPP_STEP_READY, STOX_REMOTE_SERVER_TIMEOUT,
		"it did not answer a ping within %" PRIu64 " s", wait_s);
	xmpp_stream_error(s, "connection-timeout", "no answer to a ping");
}

void xmpp_alive_check(struct xmpp_stream *s, uint64_t now)
{
	if (now >= ping_due(s)) {
		if (s->ping_ms) {
			silent(s);
			return;
		}
		s->ping_ms = now;
		ping(s);
	}
	if (now < silence_due(s))
		return;
	if (!keep(s)) {
		xmpp_stream_finish(s);
		return;
	}
	s->wrote_ms = now;
	(void)io_write(s->io, STR(" "));
}

/* The answer comes on whatever stream the peer sends on. */
bool xmpp_alive_answer(struct xmpp *x, const struct stox_element *e,
	const struct jid *from, const struct jid *to)
{
	struct xmpp_stream *s;
	const char *local, *remote;
	uint64_t handle;

	if (!xmpp_own_answer(x, e, to, MARK, &handle))
		return false;
	s = handles_get(x->handles, handle);
	if (s && s->ping_ms && pair_of(s, &local, &remote) &&
		str_is(from->domain, remote) && str_is(to->domain, local))
		xmpp_alive_heard(s);
	return true;
}
