/*
 * The SIP front end on the stage: TLS connections in both directions.
 */
#include <stdio.h>

#include "play/link.h"

void link_sip_open(struct peer_link *l)
{
	l->secure = true;
	link_ready(l);
}

/** The same request again over another connection takes the place of the one
 *  that waits: its sender has died or failed over meanwhile. */
static bool replaces(struct list *items, struct peer_item *item)
{
	const struct sip_message *m = item->message;

	list_each (it, tmp, items) {
		struct peer_item *old = container_of(it, struct peer_item, node);

		if (!old->message->is_request || old->link == item->link ||
			!str_eq(old->message->call_id, m->call_id) ||
			!str_eq(old->message->method, m->method) ||
			old->message->cseq != m->cseq)
			continue;
		list_append(&old->node, &item->node);
		peer_item_free(old);
		return true;
	}
	return false;
}

/* One file for each that is different. */
static void keep_document(const char *folder, const struct sip_message *m)
{
	static const char type[] = "application/pidf+xml";
	const struct sip_header *h =
		sip_message_header(m, SIP_H_CONTENT_TYPE, NULL);
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	char path[4096];
	FILE *file;

	if (!h || !str_starts(h->value, STR(type)))
		return;
	for (size_t i = 0; i < m->body.len; i++)
		hash = (hash ^ (unsigned char)m->body.p[i]) * 0x100000001b3;
	snprintf(path, sizeof(path), "%s/%016llx.xml", folder,
		(unsigned long long)hash);
	file = fopen(path, "w");
	if (!file || fwrite(m->body.p, 1, m->body.len, file) != m->body.len ||
		fclose(file) != 0)
		fprintf(stderr, "stox-play: %s cannot be written\n", path);
}

/** "Are you there?" is no matter of the script. */
static void answer_options(struct peer_link *l, const struct sip_message *m)
{
	struct buf out;

	buf_init(&out, 65536, NULL);
	buf_add_text(&out, "SIP/2.0 200 OK\r\n");
	for (size_t i = 0; i < m->header_count; i++) {
		const struct sip_header *h = &m->headers[i];

		if (h->id == SIP_H_VIA || h->id == SIP_H_FROM ||
			h->id == SIP_H_TO || h->id == SIP_H_CALL_ID ||
			h->id == SIP_H_CSEQ)
			buf_printf(&out, "%s: %.*s%s\r\n",
				sip_header_name(h->id), STR_FMT(h->value),
				h->id == SIP_H_TO ? ";tag=there" : "");
	}
	buf_add_text(&out, "Content-Length: 0\r\n\r\n");
	io_write(l->stream, buf_str(&out));
	buf_free(&out);
}

/** Copy one whole message into the inbox; false when it is malformed. */
static bool take(struct peer_link *l, size_t len)
{
	struct pool *pool = pool_new(NULL);
	struct peer_item *item = pool_alloc0(pool, sizeof(*item));
	struct sip_fault fault;
	char *bytes = pool_strndup(pool, l->in.data, len);

	item->pool = pool;
	item->link = l;
	item->message = pool_alloc0(pool, sizeof(*item->message));
	item->serial = ++l->peer->counter;
	if (sip_message_parse(bytes, len, &l->peer->limits, item->message,
		&fault) < 0) {
		pool_free(&pool);
		return false;
	}
	if (l->peer->documents)
		keep_document(l->peer->documents, item->message);
	if (str_is(item->message->method, "OPTIONS")) {
		if (!l->peer->no_pings)
			answer_options(l, item->message);
		pool_free(&pool);
		return true;
	}
	if (!item->message->is_request ||
		(!replaces(&l->peer->inbox, item) &&
			!replaces(&l->peer->unanswered, item)))
		list_append(&l->peer->inbox, &item->node);
	return true;
}

/** Empty lines between messages; two are a ping.  RFC 5626, 4.4.1. */
static void skip_pings(struct peer_link *l)
{
	while (l->in.len >= 2 && l->in.data[0] == '\r' &&
		l->in.data[1] == '\n') {
		buf_consume(&l->in, 2);
		l->empty_lines++;
		if (l->empty_lines % 2 == 0)
			io_write(l->stream, STR("\r\n"));
	}
}

void link_sip_data(struct peer_link *l, struct str bytes)
{
	struct sip_fault fault;
	ptrdiff_t n;

	buf_add_str(&l->in, bytes);
	for (;;) {
		skip_pings(l);
		n = sip_message_frame(buf_str(&l->in), &l->framing,
			&l->peer->limits, &fault);
		if (n == 0)
			return;
		if (n < 0 || !take(l, (size_t)n)) {
			io_close(l->stream);
			return;
		}
		buf_consume(&l->in, (size_t)n);
		l->empty_lines = 0;
		l->framing = (struct sip_framing){ 0 };
	}
}

void peer_respond(struct peer *p, struct peer_item *item, struct str bytes)
{
	if (item->link)
		io_write(item->link->stream, bytes);
	else
		peer_send(p, "", bytes);
}
