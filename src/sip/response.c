/*
 * response.c: writing a response to a request.  RFC 3261, 8.2.6 and 18.2.1;
 * RFC 3581.  Header order: what is copied first, Content-Length last.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/transaction.h"

static void add_header(struct buf *out, const char *name, struct str value)
{
	buf_add_text(out, name);
	buf_add(out, ": ", 2);
	buf_add_str(out, value);
	buf_add(out, "\r\n", 2);
}

/* Where an empty rport parameter ends in a Via value, 0: there is none. */
static size_t find_rport(struct str via)
{
	bool quoted = false;

	for (size_t i = 0; i + 6 <= via.len; i++) {
		struct str word = { via.p + i + 1, 5 };

		if (via.p[i] == '"')
			quoted = !quoted;
		if (quoted || via.p[i] != ';')
			continue;
		while (i + 6 < via.len && (*word.p == ' ' || *word.p == '\t')) {
			word.p++;
			i++;
		}
		if (!str_iis(word, "rport"))
			continue;
		if (i + 6 == via.len || via.p[i + 6] == ';' ||
			via.p[i + 6] == ' ' || via.p[i + 6] == '\t')
			return i + 6;
	}
	return 0;
}

static struct str without_brackets(struct str host)
{
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
		return (struct str){ host.p + 1, host.len - 2 };
	return host;
}

/* The topmost Via says where the request really came from. */
static void add_top_via(struct buf *out, const struct sip_message *m,
	struct str value, const struct io_stream *stream)
{
	struct str address = str_from(io_stream_peer_address(stream));
	struct str peer = str_from(io_stream_peer(stream));
	struct str rest = value, first, ignored;
	size_t rport, port = peer.len;

	if (!sip_list_next(&rest, &first)) {
		add_header(out, "Via", value);
		return;
	}
	while (port > 0 && peer.p[port - 1] != ':')
		port--;
	rport = find_rport(first);
	buf_add_text(out, "Via: ");
	buf_add(out, first.p, rport ? rport : first.len);
	if (rport) {
		buf_add_char(out, '=');
		buf_add(out, peer.p + port, peer.len - port);
		buf_add(out, first.p + rport, first.len - rport);
	}
	if (address.len > 0 &&
		(rport || !str_ieq(without_brackets(m->via.host), address)) &&
		!sip_param(m->via.params, "received", &ignored)) {
		buf_add_text(out, ";received=");
		buf_add_str(out, address);
	}
	if (rest.len > 0) {
		buf_add(out, ", ", 2);
		buf_add_str(out, str_trim(rest));
	}
	buf_add(out, "\r\n", 2);
}

static void add_vias(struct buf *out, const struct sip_message *m,
	const struct io_stream *stream)
{
	const struct sip_header *h = NULL;
	bool top = stream != NULL;

	while ((h = sip_message_header(m, SIP_H_VIA, h))) {
		if (top)
			add_top_via(out, m, h->value, stream);
		else
			add_header(out, "Via", h->value);
		top = false;
	}
}

static void add_copies(struct buf *out, const struct sip_message *m,
	enum sip_header_id id)
{
	const struct sip_header *h = NULL;

	while ((h = sip_message_header(m, id, h)))
		add_header(out, sip_header_name(id), h->value);
}

static void add_to(struct buf *out, const struct sip_message *m,
	const char *tag)
{
	const struct sip_header *h = sip_message_header(m, SIP_H_TO, NULL);

	if (!h)
		return;
	buf_add_text(out, "To: ");
	buf_add_str(out, h->value);
	if (m->to.tag.len == 0 && tag && *tag) {
		buf_add_text(out, ";tag=");
		buf_add_text(out, tag);
	}
	buf_add(out, "\r\n", 2);
}

void sip_response_write(struct sip *s, struct buf *out,
	const struct sip_message *m, const struct io_stream *stream,
	const struct sip_reply *reply)
{
	const struct sip_header *h;
	const char *reason = reply->reason;

	buf_add_text(out, "SIP/2.0 ");
	buf_add_u64(out, reply->status);
	buf_add_char(out, ' ');
	if (reason)
		sip_write_reason(out, str_from(reason));
	else
		buf_add_text(out, sip_reason(reply->status));
	buf_add(out, "\r\n", 2);
	add_vias(out, m, stream);
	if (reply->status > 100 && reply->status < 300)
		add_copies(out, m, SIP_H_RECORD_ROUTE);
	add_copies(out, m, SIP_H_FROM);
	add_to(out, m, reply->to_tag);
	add_copies(out, m, SIP_H_CALL_ID);
	add_copies(out, m, SIP_H_CSEQ);
	h = reply->status == 100
		? sip_message_header_named(m, "Timestamp", NULL) : NULL;
	if (h)
		add_header(out, "Timestamp", h->value);
	sip_request_finish(s, out, reply->headers, reply->content_type,
		reply->body);
}
