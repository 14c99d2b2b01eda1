/*
 * Peers that do not want our streams.  Some stream errors do not pass by
 * trying again: the domain is not served there, or we break its rules.  Who
 * said so is left alone for a while, and senders hear at once what was said.
 * RFC 6120, 4.9.3; stox.md 8.7.
 */
#include <inttypes.h>

#include "xmpp/route.h"

bool xmpp_stream_shut_out(const struct xmpp_stream *s)
{
	return strcmp(s->condition, "host-unknown") == 0 ||
		strcmp(s->condition, "host-gone") == 0 ||
		strcmp(s->condition, "policy-violation") == 0;
}

bool xmpp_route_is_shut(const struct xmpp_route *r)
{
	return r->shut_ms > io_now_ms(r->x->env);
}

static void set_text(struct xmpp_route *r, const char *why, uint64_t wait_s)
{
	struct buf text;

	buf_init(&text, 2048, NULL);
	buf_printf(&text, "%s could not be reached: %s. No new attempt is made "
		"within %" PRIu64 " s.", r->remote, why, wait_s);
	buf_add_char(&text, '\0');
	xmpp_stream_set(&r->failed_text, text.data);
	buf_free(&text);
}

void xmpp_route_shut(struct xmpp_route *r, const struct xmpp_stream *s)
{
	uint64_t wait_s = limit_get(r->x->limits, LIMIT_XMPP_SHUT);
	char remote[128];

	r->failed_ms = io_now_ms(r->x->env);
	r->shut_ms = r->failed_ms + wait_s * 1000;
	r->failed_condition = s->fault ? s->fault : STOX_REMOTE_SERVER_TIMEOUT;
	set_text(r, s->why ? s->why : s->condition, wait_s);
	log_event(r->x->log, STOX_LOG_WARN, "xmpp", 0, "partner-shut",
		"local=%s remote=%s condition=%s wait_s=%" PRIu64,
		r->local, log_text(str_from(r->remote), remote, sizeof(remote)),
		s->condition, wait_s);
}

void xmpp_routes_unshut(struct xmpp *x)
{
	struct xmpp_route *r;
	size_t cursor = 0;

	while ((r = table_next(x->routes, &cursor))) {
		if (!r->shut_ms)
			continue;
		r->shut_ms = r->failed_ms = r->backoff_ms = 0;
		xmpp_stream_set(&r->failed_text, NULL);
	}
}
