/*
 * request.c: writing a request.  RFC 3261, 8.1.1; stox.md 9.10.
 *
 * It is written once.  What changes with each attempt is the branch alone: it
 * has a fixed length and is replaced in place.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/peer.h"
#include "sip/transaction.h"

/* RFC 3261, 8.1.1.6; RFC 5393, 5.3 */
enum { HOPS = 70, BREADTH = 60 };

static void add_pairs(struct sip *s, struct buf *out,
	const char *const *headers)
{
	for (size_t i = 0; headers && headers[i]; i += 2) {
		if (sip_write_header(out, headers[i],
			    str_from(headers[i + 1])) == 0)
			continue;
		log_event(s->log, STOX_LOG_WARN, "sip", 0, "header-left-out",
			"name=%s", headers[i]);
	}
}

void sip_request_finish(struct sip *s, struct buf *out,
	const char *const *headers, const char *content_type, struct str body)
{
	add_pairs(s, out, headers);
	if (content_type)
		sip_write_header(out, "Content-Type", str_from(content_type));
	else
		body.len = 0;
	buf_add_text(out, "Content-Length: ");
	buf_add_u64(out, body.len);
	buf_add(out, "\r\n\r\n", 4);
	buf_add_str(out, body);
}

/* The same lines for all requests, ready to be copied.  alias offers our
 * connection for requests of the other side, which only a certificate of ours
 * makes worth anything.  RFC 5923, 4 and 7. */
void sip_request_configure(struct sip *s)
{
	static const char *const names[] = {
		[SIP_TLS] = "TLS",
		[SIP_TCP] = "TCP",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		s->via[i] = str_from(pool_printf(s->pool,
			"Via: SIP/2.0/%s %s:%u;branch=", names[i], s->host,
			s->port));
		s->lone_hops[i] = str_from(pool_printf(s->pool,
			"\r\nMax-Forwards: %u\r\nMax-Breadth: %u\r\n", HOPS,
			BREADTH));
		s->hops[i] = i == SIP_TLS && s->credentials
			? str_from(pool_printf(s->pool, ";alias%s",
				s->lone_hops[i].p))
			: s->lone_hops[i];
	}
}

static void add_via(struct sip_client *k, enum sip_transport transport)
{
	struct sip *s = k->sip;
	struct buf *out = &k->request;

	buf_add_str(out, s->via[transport]);
	k->branch_at = out->len;
	sip_request_branch(k);
	buf_add(out, k->branch, k->branch_len);
	buf_add_str(out, sip_peer_dialect(k->peer)->alias
		? s->hops[transport] : s->lone_hops[transport]);
}

/* Some servers send requests within a dialog only to whom a Record-Route
 * names.  lync.md 2.2. */
static void add_record_route(struct sip_client *k,
	enum sip_transport transport, const struct sip_out *out)
{
	struct sip *s = k->sip;

	if (!sip_peer_dialect(k->peer)->record_route || out->to_tag ||
		(strcmp(out->method, "INVITE") != 0 &&
			strcmp(out->method, "SUBSCRIBE") != 0))
		return;
	buf_printf(&k->request,
		"Record-Route: <sip:%s:%u;transport=%s;lr>\r\n", s->host,
		s->port, transport == SIP_TCP ? "tcp" : "tls");
}

void sip_request_branch(struct sip_client *k)
{
	static const char cookie[] = "z9hG4bK";
	size_t n = sizeof cookie - 1;

	memcpy(k->branch, cookie, n);
	sip_token(k->sip, k->branch + n);
	k->branch_len = n + strlen(k->branch + n);
	if (k->branch_at + k->branch_len <= k->request.len)
		memcpy(k->request.data + k->branch_at, k->branch,
			k->branch_len);
}

static void add_party(struct buf *out, const char *name, const char *display,
	const char *uri, const char *tag)
{
	buf_add_text(out, name);
	buf_add(out, ": ", 2);
	sip_write_display(out, str_from(display));
	buf_add_char(out, '<');
	buf_add_text(out, uri);
	buf_add_char(out, '>');
	if (tag && *tag) {
		buf_add_text(out, ";tag=");
		buf_add_text(out, tag);
	}
	buf_add(out, "\r\n", 2);
}

/* Who, to whom, and the names that make it one request over all attempts. */
static void add_identity(struct sip_client *k, const struct sip_out *out)
{
	struct sip *s = k->sip;
	struct buf *to = &k->request;
	bool begins = !out->from_tag || !*out->from_tag;
	char token[SIP_TAG_SIZE];

	if (begins)
		sip_token(s, token);
	add_party(to, "From", out->from_display, out->from,
		begins ? token : out->from_tag);
	add_party(to, "To", NULL, out->to, out->to_tag);
	buf_add_text(to, "Call-ID: ");
	if (out->call_id && *out->call_id) {
		buf_add_text(to, out->call_id);
	} else {
		sip_token(s, token);
		buf_add_text(to, token);
		buf_add_char(to, '@');
		buf_add_text(to, s->host);
	}
	buf_add_text(to, "\r\nCSeq: ");
	buf_add_u64(to, out->cseq ? out->cseq : 1);
	buf_add_char(to, ' ');
	buf_add_text(to, out->method);
	buf_add(to, "\r\n", 2);
}

void sip_request_write(struct sip_client *k, enum sip_transport transport,
	const struct sip_out *out)
{
	struct sip *s = k->sip;
	struct buf *to = &k->request;

	buf_clear(to);
	buf_add_text(to, out->method);
	buf_add_char(to, ' ');
	buf_add_text(to, out->request_uri);
	buf_add_text(to, " SIP/2.0\r\n");
	add_via(k, transport);
	for (size_t i = 0; out->routes && out->routes[i]; i++)
		sip_write_header(to, "Route", str_from(out->routes[i]));
	add_record_route(k, transport, out);
	add_identity(k, out);
	if (s->user_agent)
		sip_write_header(to, "User-Agent", str_from(s->user_agent));
	sip_request_finish(s, to, out->headers, out->content_type, out->body);
}

void sip_request_write_lone(struct sip *s, struct buf *out,
	enum sip_transport transport, const struct sip_out *what)
{
	char token[SIP_TAG_SIZE];

	sip_token(s, token);
	buf_printf(out, "%s %s SIP/2.0\r\n", what->method, what->request_uri);
	buf_add_str(out, s->via[transport]);
	buf_add_text(out, "z9hG4bK");
	buf_add_text(out, token);
	buf_add_str(out, s->hops[transport]);
	for (size_t i = 0; what->routes && what->routes[i]; i++)
		sip_write_header(out, "Route", str_from(what->routes[i]));
	buf_printf(out, "From: <%s>;tag=%s\r\nTo: <%s>;tag=%s\r\n"
		"Call-ID: %s\r\nCSeq: %lu %s\r\n", what->from, what->from_tag,
		what->to, what->to_tag, what->call_id,
		(unsigned long)what->cseq, what->method);
	if (s->user_agent)
		sip_write_header(out, "User-Agent", str_from(s->user_agent));
	sip_request_finish(s, out, what->headers, NULL, STR(""));
}
