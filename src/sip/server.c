/*
 * server.c: server transactions.  RFC 3261, 17.2 and 9.2; RFC 4320; RFC 6026.
 *
 *   non-INVITE   TRYING -> PROCEEDING (100 by us, 1xx) -> final: gone
 *   INVITE       PROCEEDING -> 300-699: COMPLETED -> ACK: gone
 *                           -> 2xx:     ACCEPTED  -> timer L: gone
 *                                       (repeated until the ACK)
 *
 * A request that is refused at once and is no INVITE needs none of this: over
 * a reliable transport its transaction would end with the answer.
 */
#include <stdlib.h>

#include "sip/transaction.h"

enum { KEEP_OBJECTS = 64, KEEP_BYTES = 16384 };

static void on_timer(void *arg);

/* ---- objects ---- */

struct sip_server *sip_server_take(struct sip *s)
{
	struct sip_server *t;

	if (!list_empty(&s->free_servers)) {
		t = container_of(s->free_servers.next, struct sip_server, node);
		list_remove(&t->node);
		s->free_server_count--;
		return t;
	}
	t = base_alloc0(sizeof *t);
	if (s->budget)
		s->budget->used += sizeof *t;
	t->sip = s;
	list_init(&t->node);
	list_init(&t->on);
	buf_init(&t->keys, SIZE_MAX, s->budget);
	buf_init(&t->last, SIZE_MAX, s->budget);
	buf_init(&t->block, SIZE_MAX, s->budget);
	timer_init(&t->timer, on_timer, t);
	return t;
}

static void destroy(struct sip_server *t)
{
	struct sip *s = t->sip;

	buf_free(&t->keys);
	buf_free(&t->last);
	buf_free(&t->block);
	if (s->budget)
		s->budget->used -= sizeof *t;
	free(t);
}

void sip_server_put(struct sip_server *t)
{
	struct sip *s = t->sip;

	if (s->free_server_count >= KEEP_OBJECTS ||
		t->block.cap > KEEP_BYTES || t->last.cap > KEEP_BYTES) {
		destroy(t);
		return;
	}
	buf_clear(&t->keys);
	buf_clear(&t->last);
	buf_clear(&t->block);
	t->state = SIP_SERVER_IDLE;
	t->invite = t->tried = t->final = t->acked = false;
	t->handle = 0;
	t->key_len = 0;
	t->connection = NULL;
	t->peer = NULL;
	t->tag[0] = '\0';
	/* at the head: what was used last is in the caches */
	list_append(s->free_servers.next, &t->node);
	s->free_server_count++;
}

/* ---- matching: RFC 3261, 17.2.3 ---- */

static void add_part(struct buf *key, struct str part)
{
	buf_add_str(key, part);
	buf_add_char(key, '\0');
}

static void add_lower(struct buf *key, struct str part)
{
	char *to = buf_reserve(key, part.len + 1);

	for (size_t i = 0; i < part.len; i++)
		to[i] = part.p[i] >= 'A' && part.p[i] <= 'Z'
			? (char)(part.p[i] + 32) : part.p[i];
	to[part.len] = '\0';
	key->len += part.len + 1;
}

/* The branch names the transaction when it has the cookie and something behind
 * it; else the fields of RFC 2543 do.  The peer is part of the key: nobody
 * meets another's transactions. */
static void make_key(struct buf *key, const struct sip_message *m,
	const struct sip_peer *peer, struct str method)
{
	static const struct str cookie = { "z9hG4bK", 7 };
	struct str branch = m->via.branch;

	buf_clear(key);
	buf_add(key, &peer, sizeof peer);
	add_part(key, method);
	if (branch.len > cookie.len && str_starts(branch, cookie)) {
		add_part(key, branch);
		add_lower(key, m->via.sent_by);
		return;
	}
	add_part(key, m->uri_text);
	add_part(key, m->call_id);
	add_part(key, m->from.tag);
	add_part(key, branch);
	add_lower(key, m->via.sent_by);
	buf_add(key, &m->cseq, sizeof m->cseq);
}

/* What the same request has by whatever way it comes.  RFC 3261, 8.2.2.2. */
static void make_merge_key(struct buf *key, const struct sip_message *m,
	const struct sip_peer *peer, struct str method)
{
	buf_clear(key);
	buf_add(key, &peer, sizeof peer);
	add_part(key, method);
	add_part(key, m->call_id);
	add_part(key, m->from.tag);
	buf_add(key, &m->cseq, sizeof m->cseq);
}

static void use_key(struct sip_server *t, const struct sip_peer *peer)
{
	make_key(&t->keys, &t->message, peer, t->message.method);
	t->key_len = t->keys.len;
}

static struct sip_server *find(struct sip *s, const struct sip_message *m,
	const struct sip_peer *peer, struct str method)
{
	make_key(&s->key, m, peer, method);
	return table_get(s->servers, buf_str(&s->key));
}

/* Is it under way already, by another branch?  One whose connection is gone
 * does not count: the peer has given it up and tries again. */
static bool is_merged(struct sip *s, const struct sip_message *m,
	const struct sip_peer *peer)
{
	struct sip_server *t;

	if (m->to.tag.len > 0)
		return false;
	make_merge_key(&s->key, m, peer, m->method);
	t = table_get(s->merged, buf_str(&s->key));
	return t && t->connection && !t->final;
}

/* ---- the machine ---- */

static const char *state_text(enum sip_server_state state)
{
	switch (state) {
	case SIP_SERVER_IDLE:
		return "idle";
	case SIP_SERVER_TRYING:
		return "trying";
	case SIP_SERVER_PROCEEDING:
		return "proceeding";
	case SIP_SERVER_COMPLETED:
		return "completed";
	case SIP_SERVER_ACCEPTED:
		return "accepted";
	case SIP_SERVER_OVER:
		return "over";
	}
	return "";
}

static void set_state(struct sip_server *t, enum sip_server_state state,
	const char *why)
{
	if (log_wants(t->sip->log, STOX_LOG_DEBUG))
		log_event(t->sip->log, STOX_LOG_DEBUG, "sip", 0, "server-state",
			"transaction=%llx old=%s new=%s why=\"%s\"",
			(unsigned long long)t->handle, state_text(t->state),
			state_text(state), why);
	t->state = state;
}

static void run_timer(struct sip_server *t, uint64_t ms)
{
	timer_start(io_timers(t->sip->env), &t->timer, ms);
}

static void keep_tag(struct sip_server *t, struct str tag)
{
	size_t n = tag.len < sizeof t->tag ? tag.len : sizeof t->tag - 1;

	memcpy(t->tag, tag.p, n);
	t->tag[n] = '\0';
}

static struct str own_key(const struct sip_server *t)
{
	return (struct str){ t->keys.data, t->key_len };
}

/* len 0: it has none. */
static struct str merge_key(const struct sip_server *t)
{
	return (struct str){ t->keys.data + t->key_len,
		t->keys.len - t->key_len };
}

/* A request within a dialog has not been forked, and only the ACK of an INVITE
 * looks for it by these names. */
static void enter_merged(struct sip_server *t)
{
	struct sip *s = t->sip;

	if (!t->invite && t->message.to.tag.len > 0)
		return;
	make_merge_key(&s->key, &t->message, t->peer, t->message.method);
	buf_add_str(&t->keys, buf_str(&s->key));
	/* the younger replaces one whose connection is gone */
	table_put(s->merged, merge_key(t), t);
}

static void begin(struct sip_connection *c, struct sip_server *t,
	struct sip_peer *peer)
{
	struct sip *s = t->sip;

	t->connection = c;
	t->peer = peer;
	t->invite = str_is(t->message.method, "INVITE");
	if (t->message.to.tag.len > 0)
		keep_tag(t, t->message.to.tag);
	else
		sip_token(s, t->tag);
	if (!t->key_len)
		use_key(t, peer);
	/* both keys are whole before one of them is used: the buffer grows */
	enter_merged(t);
	table_put(s->servers, own_key(t), t);
	list_append(&c->servers, &t->on);
	peer->servers++;
	s->pending++;
	set_state(t, t->invite ? SIP_SERVER_PROCEEDING : SIP_SERVER_TRYING,
		"request");
	run_timer(t, t->invite ? SIP_TRYING_INVITE_MS : SIP_TRYING_MS);
}

static void leave_tables(struct sip_server *t)
{
	struct sip *s = t->sip;
	struct str merge = merge_key(t);

	timer_stop(io_timers(s->env), &t->timer);
	if (!t->final)
		s->pending--;
	table_remove(s->servers, own_key(t));
	if (merge.len > 0 && table_get(s->merged, merge) == t)
		table_remove(s->merged, merge);
	list_remove(&t->on);
	t->peer->servers--;
}

/* What we answered for the core stays readable until it has tried to answer. */
static void end(struct sip_server *t, const char *why)
{
	struct sip *s = t->sip;

	leave_tables(t);
	if (t->handle) {
		set_state(t, SIP_SERVER_OVER, why);
		list_append(&s->over, &t->on);
	} else {
		set_state(t, SIP_SERVER_IDLE, why);
		sip_server_put(t);
	}
	sip_ended(s);
}

static void drop_handle(struct sip_server *t)
{
	handles_remove(t->sip->handles, t->handle);
	t->handle = 0;
}

/* The connection of the request, else another of its partner.  Ruling 8. */
static struct sip_connection *way_back(const struct sip_server *t)
{
	if (t->connection && t->connection->state == SIP_CONNECTION_OPEN)
		return t->connection;
	list_each(it, tmp, &t->peer->links) {
		struct sip_connection *c =
			container_of(it, struct sip_link, node)->connection;

		if (c->state == SIP_CONNECTION_OPEN)
			return c;
	}
	return NULL;
}

static void send_bytes(struct sip_server *t, struct str bytes)
{
	struct sip_connection *c = way_back(t);

	if (c && sip_connection_write(c, bytes) == 0)
		return;
	log_event(t->sip->log, STOX_LOG_INFO, "sip", 0, "answer-dropped",
		"partner=%s why=\"no connection\"", t->peer->name);
}

/* A 2xx is repeated until its ACK, over TLS too: a hop behind may be UDP.
 * RFC 3261, 13.3.1.4. */
static void await_ack(struct sip_server *t)
{
	t->acked = false;
	t->repeat_ms = SIP_T1_MS;
	t->until_ms = io_now_ms(t->sip->env) + SIP_64T1_MS;
	run_timer(t, t->repeat_ms);
}

static void tell_acked(struct sip_server *t, bool acked)
{
	struct sip *s = t->sip;

	t->acked = acked;
	if (s->events->on_acked)
		s->events->on_acked(s->arg, str_from(t->tag), acked);
}

static void accepted_timer(struct sip_server *t)
{
	uint64_t now = io_now_ms(t->sip->env);
	uint64_t left = t->until_ms > now ? t->until_ms - now : 0;

	if (!left || t->acked) {
		if (!t->acked)
			tell_acked(t, false);
		end(t, "timer L");
		return;
	}
	send_bytes(t, buf_str(&t->last));
	t->repeat_ms = 2 * t->repeat_ms < SIP_T2_MS ? 2 * t->repeat_ms
						    : SIP_T2_MS;
	run_timer(t, left < t->repeat_ms ? left : t->repeat_ms);
}

/* Send an answer and take the machine along. */
static void answer(struct sip_server *t, struct sip_reply *reply)
{
	struct sip *s = t->sip;

	if (!t->message.to.tag.len && reply->to_tag && reply->to_tag[0])
		keep_tag(t, str_from(reply->to_tag));
	if (!reply->to_tag || !reply->to_tag[0])
		reply->to_tag = reply->status > 100 ? t->tag : NULL;
	buf_clear(&s->out);
	sip_response_write(s, &s->out, &t->message,
		t->connection ? t->connection->stream : NULL, reply);
	send_bytes(t, buf_str(&s->out));
	if (reply->status >= 200) {
		t->final = true;
		s->pending--;
	}
	if (t->final && !t->invite) {
		end(t, "final answer");
		return;
	}
	buf_clear(&t->last);
	buf_add_str(&t->last, buf_str(&s->out));
	if (reply->status < 200) {
		if (t->state == SIP_SERVER_TRYING)
			set_state(t, SIP_SERVER_PROCEEDING, "1xx");
		return;
	}
	set_state(t,
		reply->status < 300 ? SIP_SERVER_ACCEPTED : SIP_SERVER_COMPLETED,
		"final answer");
	if (t->state == SIP_SERVER_ACCEPTED)
		await_ack(t);
	else
		run_timer(t, SIP_64T1_MS);
	sip_ended(s);
}

/* How long do we wait for the core?  Its own deadline is a second before. */
static uint64_t patience(const struct sip_server *t)
{
	if (t->invite)
		return SIP_INVITE_MS;
	return limit_get(t->sip->limits, LIMIT_EXCHANGE_S2X) * 1000 +
		SIP_NET_MS;
}

static void on_timer(void *arg)
{
	struct sip_server *t = arg;
	uint64_t sent = t->invite ? SIP_TRYING_INVITE_MS : SIP_TRYING_MS;
	struct sip_reply reply = { .status = 100 };

	switch (t->state) {
	case SIP_SERVER_TRYING:
	case SIP_SERVER_PROCEEDING:
		if (!t->tried) {
			t->tried = true;
			run_timer(t, patience(t) - sent);
			if (t->last.len == 0)
				answer(t, &reply);
			return;
		}
		limit_hit(t->sip->limits, LIMIT_EXCHANGE_S2X);
		log_event(t->sip->log, STOX_LOG_WARN, "sip", 0, "unanswered",
			"partner=%s", t->peer->name);
		reply.status = 504;
		answer(t, &reply);
		return;
	case SIP_SERVER_COMPLETED:
		end(t, "timer H");
		return;
	case SIP_SERVER_ACCEPTED:
		accepted_timer(t);
		return;
	case SIP_SERVER_IDLE:
	case SIP_SERVER_OVER:
		return;
	}
}

/* ---- requests ---- */

static void repeat(struct sip_server *t)
{
	if (t->last.len > 0 && t->state != SIP_SERVER_ACCEPTED)
		send_bytes(t, buf_str(&t->last));
}

/* The ACK of a 2xx has a branch of its own, and may come by another connection:
 * it is known by the names that it shares with its INVITE. */
static void receive_ack(struct sip *s, const struct sip_message *m,
	const struct sip_peer *peer)
{
	struct sip_server *t = peer ? find(s, m, peer, STR("INVITE")) : NULL;

	if (t && t->state == SIP_SERVER_COMPLETED) {
		end(t, "ACK");
		return;
	}
	if (!peer)
		return;
	make_merge_key(&s->key, m, peer, STR("INVITE"));
	t = table_get(s->merged, buf_str(&s->key));
	if (!t || t->state != SIP_SERVER_ACCEPTED || t->acked ||
		!str_is(m->to.tag, t->tag))
		return;
	run_timer(t, t->until_ms - io_now_ms(s->env));
	tell_acked(t, true);
}

static struct sip_server *find_cancelled(struct sip *s,
	const struct sip_message *m, const struct sip_peer *peer)
{
	struct sip_server *t = find(s, m, peer, STR("INVITE"));

	for (size_t i = 0; !t && s->methods[i]; i++)
		t = find(s, m, peer, str_from(s->methods[i]));
	return t;
}

/* RFC 3261, 9.2: the CANCEL gets its own answer; only an INVITE without final
 * answer feels it. */
static void receive_cancel(struct sip_connection *c,
	const struct sip_message *m, const struct sip_peer *peer)
{
	struct sip_server *t = peer ? find_cancelled(c->sip, m, peer) : NULL;
	struct sip_reply reply = { .status = t ? 200 : 481,
		.to_tag = t ? t->tag : "" };
	struct sip_reply terminated = { .status = 487 };

	sip_server_write(c, m, &reply);
	if (t && t->invite && !t->final)
		answer(t, &terminated);
}

static void hand_up(struct sip_connection *c, struct sip_server *t,
	struct sip_peer *peer)
{
	struct sip *s = t->sip;
	struct sip_request request = {
		.message = &t->message,
		.partner = peer->partner,
	};

	begin(c, t, peer);
	request.transaction = t->handle = handles_add(s->handles, t);
	s->events->on_request(s->arg, &request);
}

/* An INVITE's refusal waits for its ACK; others need no memory. */
static void refuse(struct sip_connection *c, struct sip_server *t,
	struct sip_peer *peer, struct sip_reply *reply)
{
	bool invite = str_is(t->message.method, "INVITE");

	if (peer && invite && reply->status != 503 && !sip_is_full(t->sip)) {
		begin(c, t, peer);
		answer(t, reply);
		return;
	}
	sip_server_write(c, &t->message, reply);
	sip_server_put(t);
}

static void receive_new(struct sip_connection *c, struct sip_server *t,
	struct sip_peer *peer)
{
	static const char *const later[] = { "Retry-After", "10", NULL };
	struct sip *s = t->sip;
	struct sip_reply reply = { 0 };
	const char *why = NULL;

	if (!peer && !str_is(t->message.method, "OPTIONS") &&
		!str_is(t->message.method, "NEGOTIATE"))
		peer = sip_discover_sender(c, t->message.from.uri.host, &why);
	if (!sip_policy_check(c, &t->message, peer, &reply)) {
		if (!peer && reply.status == 403)
			reply.reason = why;
		refuse(c, t, peer, &reply);
	} else if (is_merged(s, &t->message, peer)) {
		reply.status = 482;
		refuse(c, t, peer, &reply);
	} else if (s->stopping || sip_is_full(s)) {
		reply.status = 503;
		reply.headers = later;
		refuse(c, t, peer, &reply);
	} else {
		hand_up(c, t, peer);
	}
}

void sip_server_receive(struct sip_connection *c, struct sip_server *t)
{
	struct sip *s = t->sip;
	const struct sip_message *m = &t->message;
	struct sip_peer *peer = sip_peer_of(c, m->from.uri.host);
	struct sip_server *known;

	if (!c->outbound && m->via.alias.p)
		c->alias = true;
	if (str_is(m->method, "ACK")) {
		receive_ack(s, m, peer);
		sip_server_put(t);
		return;
	}
	if (str_is(m->method, "CANCEL")) {
		receive_cancel(c, m, peer);
		sip_server_put(t);
		return;
	}
	if (peer)
		use_key(t, peer);
	known = peer ? table_get(s->servers, own_key(t)) : NULL;
	if (known) {
		repeat(known);
		sip_server_put(t);
		return;
	}
	receive_new(c, t, peer);
}

void sip_server_write(struct sip_connection *c, const struct sip_message *m,
	const struct sip_reply *reply)
{
	struct sip *s = c->sip;
	struct sip_reply copy = *reply;
	char tag[SIP_TAG_SIZE];

	if (reply->status == 0)
		return;
	if (!copy.to_tag || !copy.to_tag[0]) {
		sip_token(s, tag);
		copy.to_tag = tag;
	}
	buf_clear(&s->out);
	sip_response_write(s, &s->out, m, c->stream, &copy);
	sip_connection_write(c, buf_str(&s->out));
}

/* ---- answers of the core ---- */

int sip_respond_full(struct sip *s, uint64_t transaction, unsigned status,
	const char *reason, const char *const *headers, const char *to_tag,
	const char *content_type, struct str body)
{
	struct sip_server *t = handles_get(s->handles, transaction);
	struct sip_reply reply = {
		.status = status,
		.reason = reason,
		.headers = headers,
		.to_tag = to_tag,
		.content_type = content_type,
		.body = body,
	};

	stox_require(status >= 100 && status <= 699);
	if (!t)
		return -STOX_EGONE;
	if (t->final) {
		drop_handle(t);
		if (t->state == SIP_SERVER_OVER) {
			list_remove(&t->on);
			sip_server_put(t);
		}
		return -STOX_EGONE;
	}
	if (status >= 200)
		drop_handle(t);
	answer(t, &reply);
	return 0;
}

int sip_respond(struct sip *s, uint64_t transaction, unsigned status,
	const char *reason, const char *const *headers)
{
	return sip_respond_full(s, transaction, status, reason, headers, NULL,
		NULL, (struct str){ 0 });
}

/* ---- ends ---- */

void sip_server_orphan(struct sip_connection *c)
{
	list_each(it, tmp, &c->servers) {
		container_of(it, struct sip_server, on)->connection = NULL;
		list_remove(it);
	}
}

void sip_server_refuse_all(struct sip *s)
{
	struct sip_server *t;
	size_t cursor = 0;

	while ((t = table_next(s->servers, &cursor))) {
		struct sip_reply reply = { .status = 503 };

		if (!t->final)
			answer(t, &reply);
	}
}

void sip_server_free_all(struct sip *s)
{
	struct sip_server *t;
	size_t cursor = 0;

	while ((t = table_next(s->servers, &cursor))) {
		leave_tables(t);
		destroy(t);
	}
	list_each(at, tmp2, &s->over) {
		list_remove(at);
		destroy(container_of(at, struct sip_server, on));
	}
	list_each(it, tmp, &s->free_servers) {
		list_remove(it);
		destroy(container_of(it, struct sip_server, node));
	}
}
