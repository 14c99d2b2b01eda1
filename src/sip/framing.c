/*
 * framing.c: from bytes to messages on one connection.
 *
 * A message that lies whole in what was read is framed there and moved once,
 * into the object that will own it; only an unfinished one is kept back.
 * RFC 3261, 18.3; RFC 5626, 4.4.1; trust.md S02, S13.
 */
#include "sip/transaction.h"

/* More than this is not kept for a connection that waits. */
enum { KEEP = 4096 };

static const char pong[] = "\r\n";

static void answer_ping(struct sip_connection *c)
{
	struct sip *s = c->sip;
	uint64_t now = io_now_ms(s->env);

	if (now - c->pings_ms >= 1000) {
		c->pings_ms = now;
		c->pings = 0;
	}
	if (++c->pings > limit_get(s->limits, LIMIT_SIP_PINGS)) {
		limit_hit(s->limits, LIMIT_SIP_PINGS);
		sip_connection_close(c, "too many keep-alives");
		return;
	}
	io_write(c->stream, str_from(pong));
}

/* Empty lines between messages: a pair is a ping, one is a pong or nothing. */
static size_t eat_crlf(struct sip_connection *c, struct str bytes)
{
	size_t n = 0;

	while (bytes.len - n >= 2 && bytes.p[n] == '\r' &&
		bytes.p[n + 1] == '\n' && c->state == SIP_CONNECTION_OPEN) {
		bool was_pong = c->pinged;

		n += 2;
		sip_connection_alive(c);
		if (was_pong || ++c->crlf < 2)
			continue;
		c->crlf = 0;
		answer_ping(c);
	}
	return n;
}

static void note_fault(struct sip_connection *c, const struct sip_fault *fault)
{
	enum stox_level level = c->link_count ? STOX_LOG_INFO : STOX_LOG_DEBUG;
	char name[300];

	log_event(c->sip->log, level, "sip", 0, "bad-message",
		"peer=%s status=%u why=\"%s\"%s",
		sip_connection_name(c, name, sizeof name), fault->status,
		fault->why ? fault->why : "", fault->close ? " close=yes" : "");
	if (fault->limit != LIMIT_COUNT)
		limit_hit(c->sip->limits, fault->limit);
}

/* Answer a request that is no good, as far as it lets us. */
static void answer_fault(struct sip_connection *c, const struct sip_message *m,
	const struct sip_fault *fault)
{
	struct sip_reply reply = {
		.status = fault->status,
		.to_tag = "",
	};
	const char *const busy[] = { "Retry-After", "60", NULL };

	if (fault->status == 413)
		reply.headers = busy;
	sip_server_write(c, m, &reply);
}

/* The stream cannot be cut into messages any more.  What is readable of the
 * header section may still be answered. */
static void broken_frame(struct sip_connection *c, struct str bytes,
	const struct sip_fault *fault)
{
	struct sip *s = c->sip;
	struct sip_server *t = sip_server_take(s);
	struct sip_fault second = { .limit = LIMIT_COUNT };
	size_t len = c->framing.header_len;
	bool can_answer;

	note_fault(c, fault);
	buf_add(&t->block, bytes.p,
		len > 0 && len < bytes.len ? len : bytes.len);
	can_answer = sip_message_parse(t->block.data, t->block.len, s->limits,
			     &t->message, &second) == 0
		? t->message.is_request && !str_is(t->message.method, "ACK")
		: second.can_answer;
	if (can_answer)
		answer_fault(c, &t->message, fault);
	sip_server_put(t);
	sip_connection_close(c, fault->why ? fault->why : "broken framing");
}

static void receive_message(struct sip_connection *c, struct str bytes)
{
	struct sip *s = c->sip;
	struct sip_server *t = sip_server_take(s);
	struct sip_fault fault = { .limit = LIMIT_COUNT };

	c->in_count++;
	sip_connection_alive(c);
	buf_add_str(&t->block, bytes);
	if (sip_message_parse(t->block.data, t->block.len, s->limits,
		    &t->message, &fault) < 0) {
		note_fault(c, &fault);
		if (fault.can_answer)
			answer_fault(c, &t->message, &fault);
		sip_server_put(t);
		if (fault.close)
			sip_connection_close(c, fault.why ? fault.why : "");
		return;
	}
	if (t->message.is_request) {
		sip_server_receive(c, t);
		return;
	}
	sip_client_receive(c, &t->message);
	sip_server_put(t);
}

/* An unfinished message begins, or its body does: clocks run. */
static void note_part(struct sip_connection *c)
{
	uint64_t now = io_now_ms(c->sip->env);

	if (!c->begun_ms)
		c->begun_ms = now ? now : 1;
	if (c->framing.header_len > 0 && !c->body_ms)
		c->body_ms = now ? now : 1;
	sip_connection_watch(c);
}

static void next_message(struct sip_connection *c)
{
	c->framing = (struct sip_framing){ 0 };
	c->begun_ms = c->body_ms = 0;
	c->crlf = 0;
}

/* Returns the number of bytes that are done with. */
static size_t feed(struct sip_connection *c, struct str bytes)
{
	struct sip_fault fault = { .limit = LIMIT_COUNT };
	size_t used = 0;

	while (used < bytes.len && c->state == SIP_CONNECTION_OPEN) {
		struct str rest = { bytes.p + used, bytes.len - used };
		size_t empty = c->framing.scanned ? 0 : eat_crlf(c, rest);
		ptrdiff_t len;

		if (empty > 0) {
			used += empty;
			continue;
		}
		if (rest.len == 1 && rest.p[0] == '\r') {
			note_part(c);
			break;
		}
		len = sip_message_frame(rest, &c->framing, c->sip->limits,
			&fault);
		if (len == 0) {
			note_part(c);
			break;
		}
		if (len < 0) {
			broken_frame(c, rest, &fault);
			break;
		}
		used += (size_t)len;
		next_message(c);
		receive_message(c, (struct str){ rest.p, (size_t)len });
	}
	return used;
}

void sip_framing_receive(struct sip_connection *c, struct str bytes)
{
	size_t used;

	if (c->state != SIP_CONNECTION_OPEN)
		return;
	if (c->in.len == 0) {
		used = feed(c, bytes);
		if (c->state == SIP_CONNECTION_OPEN)
			buf_add(&c->in, bytes.p + used, bytes.len - used);
		return;
	}
	buf_add_str(&c->in, bytes);
	used = feed(c, buf_str(&c->in));
	buf_consume(&c->in, used);
	if (c->in.len == 0) {
		c->begun_ms = c->body_ms = 0;
		if (c->in.cap > KEEP)
			buf_free(&c->in);
	}
}
