/*
 * see-other-host: the peer sends us to another server of the same domain.
 * RFC 6120, 4.9.3.19.
 *
 * Only who has proven the domain by its certificate may say so, and the other
 * server must prove the same domain in the same way: dialback over TLS or
 * without, which policy may allow for the place that the DNS names, is not
 * enough for one that somebody on the way could have named.
 */
#include "xmpp/s2s.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_PORT = 5269 };

bool xmpp_out_must_tls(const struct xmpp_out *o)
{
	return o->followed || xmpp_out_dane_tls(o);
}

/* The port behind the host, if there is one. */
static int read_port(struct str text, uint16_t *ret)
{
	uint64_t port = DEFAULT_PORT;

	if (text.p && (str_to_u64(text, 65535, &port) || !port))
		return -STOX_EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

/* An IPv6 address behind '['; @rest begins behind the ']' then. */
static int read_address(struct str *rest, struct io_target *ret)
{
	struct str host = str_cut(rest, ']');

	snprintf(ret->host, sizeof(ret->host), "%.*s",
		host.len < 46 ? (int)host.len : 0, host.p);
	if (!rest->p || !ret->host[0] || ret->host[strspn(ret->host,
		"0123456789abcdefABCDEF:.")])
		return -STOX_EINVAL;
	if (!rest->len)
		rest->p = NULL;
	else if (str_cut(rest, ':').len || !rest->p)
		return -STOX_EINVAL;
	return 0;
}

/* host, host:port, [address], [address]:port. */
static int read_place(const char *text, struct io_target *ret)
{
	struct str rest = str_trim(str_from(text)), host;
	int r;

	if (rest.len && rest.p[0] == '[') {
		rest.p++;
		rest.len--;
		r = read_address(&rest, ret);
	} else {
		host = str_cut(&rest, ':');
		r = io_domain_to_ascii(host, ret->host, sizeof(ret->host));
	}
	return r ? r : read_port(rest, &ret->port);
}

/* Why it is not followed, or NULL. */
static const char *objection(const struct xmpp_out *o, struct io_target *ret)
{
	const struct xmpp_stream *s = &o->s;
	struct limits *l = s->x->limits;

	if (!s->secure)
		return "it came before TLS";
	if (xmpp_channel(s, s->remote) != XMPP_CHANNEL_PROVEN)
		return "its certificate does not prove that it may speak for "
		       "the domain";
	if (xmpp_out_dane_tls(o))
		return "the TLSA records of the domain name its servers";
	if (!s->other || read_place(s->other, ret))
		return "it names no host";
	if (o->followed >= limit_get(l, LIMIT_XMPP_OTHER_HOSTS)) {
		limit_hit(l, LIMIT_XMPP_OTHER_HOSTS);
		return "it was one too many";
	}
	return NULL;
}

static void say_why_not(struct xmpp_stream *s, const char *why)
{
	struct buf text;

	buf_init(&text, 1024, NULL);
	buf_printf(&text, "%s; that is not followed: %s",
		s->why ? s->why : s->condition, why);
	buf_add_char(&text, '\0');
	xmpp_stream_set(&s->why, text.data);
	buf_free(&text);
}

bool xmpp_out_follow(struct xmpp_out *o)
{
	struct xmpp_stream *s = &o->s;
	struct io_target t = { .service = -1 };
	const char *why;
	char remote[128];

	if (strcmp(s->condition, "see-other-host") != 0 || s->x->stopping)
		return false;
	why = objection(o, &t);
	if (why) {
		say_why_not(s, why);
		return false;
	}
	o->followed++;
	o->special_ok = false; /* whatever was configured, this was not */
	free(o->targets);
	o->targets = base_alloc(sizeof(t));
	o->targets[0] = t;
	o->target_count = 1;
	o->target_next = 0;
	o->failed_rank = XMPP_STEP_DNS;
	xmpp_stream_set(&o->failed_why, s->why);
	xmpp_stream_set(&s->why, NULL); /* it has not failed yet */
	log_event(s->x->log, STOX_LOG_INFO, "xmpp", 0, "see-other-host",
		"local=%s remote=%s from=%s to=%s:%u count=%u", s->local,
		log_text(str_from(s->remote), remote, sizeof(remote)),
		o->place, t.host, t.port, o->followed);
	return true;
}
