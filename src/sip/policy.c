/*
 * policy.c: which requests may go up, and what the others hear.
 *
 * The order is RFC 3261, 8.2's: version (the parser), method, scheme,
 * extensions, hops; then who asks, and for whom.  trust.md 2.5.
 */
#include <stdio.h>

#include "sip/transaction.h"

/* Methods that exist; what is not here gets 501. */
static const char *const known[] = { "INVITE", "MESSAGE", "SUBSCRIBE", "NOTIFY",
	"BYE", "INFO", "UPDATE", "PRACK", "REFER", "PUBLISH", "REGISTER",
	"OPTIONS", "NEGOTIATE", NULL };
/* Of these, the ones that live in a dialog: without one they get 481. */
static const char *const in_dialog[] = { "NOTIFY", "BYE", "INFO", "UPDATE",
	"PRACK", NULL };

static bool is_in(const char *const *list, struct str method)
{
	for (size_t i = 0; list[i]; i++)
		if (list[i][0] == method.p[0] && str_is(method, list[i]))
			return true;
	return false;
}

/* Texts of a refusal that depend on the configuration or on the request. */
static bool refuse_with(struct sip_reply *reply, struct sip *s, unsigned status,
	const char *name, const char *value)
{
	const char **headers = s->refusal;

	reply->status = status;
	headers[0] = name;
	headers[1] = value;
	headers[2] = NULL;
	reply->headers = headers;
	return false;
}

static bool refuse(struct sip_reply *reply, unsigned status)
{
	reply->status = status;
	return false;
}

/* Compression is offered, not required; the stream goes on as it is.
 * lync.md 2.4. */
static bool answer_negotiate(const struct sip_connection *c,
	struct sip_reply *reply)
{
	switch ((enum sip_negotiate)sip_connection_dialect(c)->negotiate) {
	case SIP_NEGOTIATE_405:
		break;
	case SIP_NEGOTIATE_488:
		return refuse(reply, 488);
	case SIP_NEGOTIATE_501:
		return refuse(reply, 501);
	case SIP_NEGOTIATE_NONE:
		return refuse_with(reply, c->sip, 200, "Compression", "None");
	}
	return refuse_with(reply, c->sip, 405, "Allow", c->sip->allow);
}

static bool check_method(struct sip *s, const struct sip_message *m,
	struct sip_reply *reply)
{
	bool options = str_is(m->method, "OPTIONS");

	if (is_in(s->methods, m->method))
		return true;
	if (!is_in(known, m->method))
		return refuse_with(reply, s, 501, "Allow", s->allow);
	if (!options) {
		if (m->to.tag.len > 0 || is_in(in_dialog, m->method))
			return refuse(reply, 481);
		return refuse_with(reply, s, 405, "Allow", s->allow);
	}
	return true;
}

/* sips: promises TLS on every hop, which XMPP cannot keep.  RFC 7247, 8. */
static bool check_scheme(const struct sip_message *m, struct sip_reply *reply)
{
	if (m->uri.scheme != SIP_SCHEME_SIP ||
		m->to.uri.scheme == SIP_SCHEME_SIPS)
		return refuse(reply, 416);
	return true;
}

/* The session timer is all that one may require, of what makes sessions.
 * RFC 4028. */
static bool check_require(struct sip *s, const struct sip_message *m,
	struct sip_reply *reply)
{
	const struct sip_header *h = NULL;

	buf_clear(&s->note);
	while ((h = sip_message_header(m, SIP_H_REQUIRE, h))) {
		struct str list = h->value, item;

		while (sip_list_next(&list, &item)) {
			if (str_iis(item, "timer") &&
				(str_is(m->method, "INVITE") ||
					str_is(m->method, "UPDATE")))
				continue;
			buf_printf(&s->note, "%s%.*s", s->note.len ? ", " : "",
				STR_FMT(item));
		}
	}
	if (s->note.len == 0)
		return true;
	buf_add_char(&s->note, '\0');
	return refuse_with(reply, s, 420, "Unsupported", s->note.data);
}

static bool host_is_ours(struct sip *s, struct str host)
{
	BASE_SCRATCH char lower[256];

	if (host.len > 0 && sip_host_eq(host, str_from(s->host)))
		return true;
	host = sip_peer_host(host, lower);
	return host.len && s->is_ours && s->is_ours(s->is_ours_arg, host);
}

/* It would have to leave for the side it has come from. */
static bool would_loop(struct sip *s, struct str host)
{
	BASE_SCRATCH char lower[256];

	host = sip_peer_host(host, lower);
	return host.len && s->is_sip && s->is_sip(s->is_ours_arg, host);
}

static bool is_blocked(const struct sip_connection *c)
{
	for (size_t i = 0; i < c->link_count; i++)
		if (c->links[i].peer->partner &&
			!c->links[i].peer->partner->blocked)
			return false;
	return c->link_count > 0;
}

/* Anybody may ask whether we are there; the answer tells nothing else. */
static bool answer_options(const struct sip_connection *c,
	struct sip_reply *reply)
{
	struct sip *s = c->sip;
	const char **headers = s->refusal;
	bool lync = sip_connection_dialect(c)->options == SIP_OPTIONS_LYNC;

	reply->status = 200;
	headers[0] = "Allow";
	headers[1] = s->allow;
	headers[2] = "Accept";
	headers[3] = lync ? "application/sdp, application/pidf+xml"
			  : "text/plain";
	headers[4] = "Supported";
	headers[5] = lync ? "timer" : "";
	headers[6] = NULL;
	reply->headers = headers;
	return false;
}

static bool check_options(const struct sip_connection *c,
	const struct sip_message *m, struct sip_reply *reply)
{
	if (is_blocked(c))
		return refuse(reply, 403);
	if (!host_is_ours(c->sip, m->uri.host))
		return refuse(reply, 404);
	if (m->to.tag.len > 0)
		return refuse(reply, 481);
	return answer_options(c, reply);
}

static bool refuse_identity(const struct sip_connection *c,
	const struct sip_message *m, struct sip_reply *reply)
{
	char name[300], from[300];

	log_event(c->sip->log, STOX_LOG_INFO, "sip", 0, "forbidden",
		"peer=%s proven=%s from-host=%s",
		sip_connection_name(c, name, sizeof name),
		c->link_count ? c->links[0].peer->name : "nobody",
		log_text(m->from.uri.host, from, sizeof from));
	return refuse(reply, 403);
}

/* Bodies are read as they are: no coding was offered.  trust.md S16. */
static bool check_encoding(struct sip *s, const struct sip_message *m,
	struct sip_reply *reply)
{
	const struct sip_header *h =
		sip_message_header(m, SIP_H_CONTENT_ENCODING, NULL);

	if (!h || h->value.len == 0 || str_iis(h->value, "identity"))
		return true;
	return refuse_with(reply, s, 415, "Accept-Encoding", "identity");
}

bool sip_policy_check(const struct sip_connection *c,
	const struct sip_message *m, const struct sip_peer *peer,
	struct sip_reply *reply)
{
	struct sip *s = c->sip;

	if (str_is(m->method, "NEGOTIATE"))
		return answer_negotiate(c, reply);
	if (!check_method(s, m, reply) || !check_scheme(m, reply) ||
		!check_require(s, m, reply))
		return false;
	if (str_is(m->method, "OPTIONS"))
		return check_options(c, m, reply);
	if (m->max_forwards == 0)
		return refuse(reply, 483);
	if (!peer || peer->partner->blocked)
		return refuse_identity(c, m, reply);
	if (!host_is_ours(s, m->uri.host))
		return refuse(reply, would_loop(s, m->uri.host) ? 482 : 404);
	return check_encoding(s, m, reply);
}
