/*
 * response.c: writing a response to a request.  RFC 3261, 8.2.6 and 18.2.1;
 * RFC 3581.  Header order: what is copied first, Content-Length last.
 */
#include "sip/transaction.h"

static struct str without_brackets(struct str host)
{
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
		return (struct str){ host.p + 1, host.len - 2 };
	return host;
}

/* Is there an rport to be filled in?  Its value goes to rport.p then. */
static bool asks_port(const struct sip_via *via)
{
	return via->rport.p && !via->rport.len &&
	       (via->rport.p[-1] | 0x20) == 't';
}

/* The topmost Via says where the request really came from. */
static void add_top_via(struct buf *out, const struct sip_message *m,
	struct str value, const struct io_stream *stream)
{
	struct str address = str_from(io_stream_peer_address(stream));
	struct str peer = str_from(io_stream_peer(stream));
	const struct sip_via *via = &m->via;
	const char *end = value.p + value.len, *from = value.p, *rest;
	size_t port = peer.len;

	if (!via->text.len) { /* it is empty, or begins with a comma */
		sip_write_line(out, STR("Via"), value);
		return;
	}
	rest = via->text.p + via->text.len;
	while (port > 0 && peer.p[port - 1] != ':')
		port--;
	buf_add(out, "Via: ", 5);
	if (asks_port(via)) {
		from = via->rport.p;
		buf_add(out, value.p, (size_t)(from - value.p));
		buf_add_char(out, '=');
		buf_add(out, peer.p + port, peer.len - port);
	}
	buf_add(out, from, (size_t)(rest - from));
	if (address.len > 0 && !via->received.p && (asks_port(via) ||
		!str_ieq(without_brackets(via->host), address))) {
		buf_add(out, ";received=", 10);
		buf_add_str(out, address);
	}
	buf_add(out, rest, (size_t)(end - rest));
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
			sip_write_line(out, STR("Via"), h->value);
		top = false;
	}
}

static void add_copies(struct buf *out, const struct sip_message *m,
	enum sip_header_id id)
{
	const struct sip_header *h = NULL;

	while ((h = sip_message_header(m, id, h)))
		sip_write_line(out, sip_header_text(id), h->value);
}

/* Of what may stand but once. */
static void add_copy(struct buf *out, const struct sip_message *m,
	enum sip_header_id id)
{
	const struct sip_header *h = sip_message_header(m, id, NULL);

	if (h)
		sip_write_line(out, sip_header_text(id), h->value);
}

static void add_to(struct buf *out, const struct sip_message *m,
	const char *tag)
{
	const struct sip_header *h = sip_message_header(m, SIP_H_TO, NULL);

	if (!h)
		return;
	buf_add(out, "To: ", 4);
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
	add_copy(out, m, SIP_H_FROM);
	add_to(out, m, reply->to_tag);
	add_copy(out, m, SIP_H_CALL_ID);
	add_copy(out, m, SIP_H_CSEQ);
	h = reply->status == 100
		? sip_message_header_named(m, "Timestamp", NULL) : NULL;
	if (h)
		sip_write_line(out, STR("Timestamp"), h->value);
	sip_request_finish(s, out, reply->headers, reply->content_type,
		reply->body);
}
