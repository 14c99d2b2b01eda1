/*
 * client.c: client transactions.  RFC 3261, 17.1; RFC 6026; RFC 3263, 4.3.
 *
 * One sip_send() is one sip_client: a walk over connections and targets of its
 * peer, each attempt a transaction of its own branch, until a final response,
 * or nothing is left, or its time is up.
 *
 *   LOCATING -> CONNECTING -> TRYING -> (PROCEEDING) -> final
 *        ^___________|___________|___________|  lost, 503: the next target
 *
 * An INVITE whose 2xx has been told stays ACCEPTED until timer M: it answers
 * what is repeated and ends what other branches accept.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/transaction.h"

enum { KEEP_OBJECTS = 64, KEEP_BYTES = 16384 };

static void step(struct sip_client *k);
static void on_timer(void *arg);
static void on_task(void *arg);

/* ---- objects ---- */

static struct sip_client *take(struct sip *s)
{
	struct sip_client *k;

	if (!list_empty(&s->free_clients)) {
		k = container_of(s->free_clients.next, struct sip_client, node);
		list_remove(&k->node);
		s->free_client_count--;
		return k;
	}
	k = base_alloc0(sizeof *k);
	if (s->budget)
		s->budget->used += sizeof *k;
	k->sip = s;
	list_init(&k->node);
	list_init(&k->on);
	buf_init(&k->request, SIZE_MAX, s->budget);
	buf_init(&k->taken, SIZE_MAX, s->budget);
	timer_init(&k->timer, on_timer, k);
	io_task_init(&k->task, on_task, k);
	return k;
}

static void destroy(struct sip_client *k)
{
	if (k->sip->budget)
		k->sip->budget->used -= sizeof *k;
	buf_free(&k->request);
	buf_free(&k->taken);
	free(k);
}

static void put(struct sip_client *k)
{
	struct sip *s = k->sip;

	if (s->free_client_count >= KEEP_OBJECTS ||
		k->request.cap > KEEP_BYTES) {
		destroy(k);
		return;
	}
	k->peer = NULL;
	list_append(s->free_clients.next, &k->node);
	s->free_client_count++;
}

static const char *state_text(enum sip_client_state state)
{
	switch (state) {
	case SIP_CLIENT_LOCATING:
		return "locating";
	case SIP_CLIENT_CONNECTING:
		return "connecting";
	case SIP_CLIENT_TRYING:
		return "trying";
	case SIP_CLIENT_PROCEEDING:
		return "proceeding";
	case SIP_CLIENT_ACCEPTED:
		return "accepted";
	case SIP_CLIENT_ENDED:
		return "ended";
	}
	return "";
}

static void set_state(struct sip_client *k, enum sip_client_state state,
	const char *why)
{
	if (log_wants(k->sip->log, STOX_LOG_DEBUG))
		log_event(k->sip->log, STOX_LOG_DEBUG, "sip", 0, "client-state",
			"token=%llu old=%s new=%s why=\"%s\"",
			(unsigned long long)k->token, state_text(k->state),
			state_text(state), why);
	k->state = state;
}

static struct str token_key(const struct sip_client *k)
{
	return (struct str){ (const char *)&k->token, sizeof k->token };
}

static struct str branch_key(const struct sip_client *k)
{
	return (struct str){ k->branch, k->branch_len };
}

/* Leave the connection, or whatever it waits for. */
static void detach(struct sip_client *k)
{
	if (k->state == SIP_CLIENT_TRYING ||
		k->state == SIP_CLIENT_PROCEEDING ||
		k->state == SIP_CLIENT_ACCEPTED)
		table_remove(k->sip->clients, branch_key(k));
	list_remove(&k->on);
	k->connection = NULL;
}

/* Whoever asked hears it once, and may use the token again. */
static void tell(struct sip_client *k, const struct sip_answer *a)
{
	struct sip *s = k->sip;

	if (k->forgotten)
		return;
	k->forgotten = true;
	table_remove(s->tokens, token_key(k));
	s->events->on_answer(s->arg, k->token, a);
}

/* The end: tell it once, then forget. */
static void finish(struct sip_client *k, const struct sip_answer *a)
{
	struct sip *s = k->sip;

	detach(k);
	set_state(k, SIP_CLIENT_ENDED, a->text ? a->text : "final response");
	timer_stop(io_timers(s->env), &k->timer);
	io_undefer(&k->task);
	list_remove(&k->node);
	s->client_count--;
	tell(k, a);
	put(k);
	sip_ended(s);
}

static void on_task(void *arg)
{
	struct sip_client *k = arg;
	struct sip_answer a = {
		.event = k->failure.event,
		.text = k->failure.text,
	};

	finish(k, &a);
}

/* It has failed as k->failure says; told on a fresh stack. */
static void fail(struct sip_client *k)
{
	detach(k);
	set_state(k, SIP_CLIENT_ENDED, k->failure.text);
	timer_stop(io_timers(k->sip->env), &k->timer);
	io_defer(k->sip->env, &k->task);
}

static void set_failure(struct sip_client *k, enum sip_event event,
	const char *format, const char *what)
{
	k->failure.event = event;
	snprintf(k->failure.text, sizeof k->failure.text, format, what);
}

/* ---- attempts ---- */

static void run_timer(struct sip_client *k, bool attempt)
{
	uint64_t now = io_now_ms(k->sip->env);
	uint64_t left = k->deadline_ms > now ? k->deadline_ms - now : 0;

	/* timer F bounds an attempt, the caller the whole */
	if (attempt && left > SIP_64T1_MS)
		left = SIP_64T1_MS;
	timer_start(io_timers(k->sip->env), &k->timer, left);
}

static void attach(struct sip_client *k, struct sip_connection *c)
{
	k->connection = c;
	k->attempts++;
	list_append(&c->clients, &k->on);
}

/* A failing write needs no care: the connection's end follows. */
static void transmit(struct sip_client *k)
{
	if (k->attempts > 1)
		sip_request_branch(k);
	k->cancelled = false;
	table_put(k->sip->clients, branch_key(k), k);
	set_state(k, SIP_CLIENT_TRYING, "sent");
	run_timer(k, true);
	sip_connection_write(k->connection, buf_str(&k->request));
}

static void connect_to(struct sip_client *k, size_t slot)
{
	struct sip_target *t = &k->peer->targets[slot];

	k->tried |= 1u << slot;
	k->fresh = true;
	if (!t->opening)
		t->opening = sip_connection_open(k->peer, slot);
	attach(k, t->opening);
	set_state(k, SIP_CLIENT_CONNECTING, "no connection");
	run_timer(k, false);
}

static void wait_for_targets(struct sip_client *k)
{
	set_state(k, SIP_CLIENT_LOCATING, "no target");
	list_append(&k->peer->waiting, &k->on);
	run_timer(k, false);
	sip_locate_start(k->peer);
}

static void explain_no_target(struct sip_client *k, uint64_t blocked_ms)
{
	const struct sip_peer *p = k->peer;
	if (k->attempts > 0)
		return;
	if (blocked_ms) {
		set_failure(k, SIP_OVERLOAD,
			"the SIP servers of %s are overloaded", p->name);
		return;
	}
	set_failure(k, SIP_NO_TARGET, "no SIP server of %s is known", p->name);
	if (sip_locate_is_fixed(p))
		return;
	switch (p->located) {
	case IO_LOCATED:
		return;
	case IO_LOCATE_NOT_FOUND:
		set_failure(k, SIP_NO_TARGET, p->discovered
			? "the DNS names no SIP server (SRV record) of %s"
			: "the domain %s does not exist", p->name);
		return;
	case IO_LOCATE_NO_SERVICE:
		set_failure(k, SIP_NO_TARGET,
			"the domain %s says that it offers no SIP", p->name);
		return;
	case IO_LOCATE_FAILED:
		set_failure(k, SIP_DNS_FAILED,
			"the DNS did not tell the SIP servers of %s", p->name);
		return;
	}
}

static bool may_try(struct sip_client *k)
{
	const struct sip_peer *p = k->peer;

	if (!p->partner)
		set_failure(k, SIP_NO_TARGET,
			"the partner %s is no longer configured", p->name);
	else if (p->partner->blocked)
		set_failure(k, SIP_NO_TARGET, "the partner %s is blocked",
			p->name);
	else if (k->attempts < limit_get(k->sip->limits, LIMIT_SIP_CANDIDATES))
		return true;
	else
		limit_hit(k->sip->limits, LIMIT_SIP_CANDIDATES);
	return false;
}

/* Open one more connection beside those that are there, as many as the dialect
 * wants; no request waits for it. */
static void widen(struct sip_peer *p)
{
	unsigned most = sip_peer_dialect(p)->connections, count = 0;
	uint64_t now = io_now_ms(p->sip->env), blocked_ms;
	int slot;

	if (most < 2 || !sip_locate_ready(p))
		return;
	list_each(it, tmp, &p->links)
		count += container_of(it, struct sip_link, node)
				->connection->outbound;
	slot = sip_locate_next(p, 0, &blocked_ms);
	if (count >= most || slot < 0 || p->targets[slot].opening ||
		p->targets[slot].failed_ms > now)
		return;
	p->targets[slot].opening = sip_connection_open(p, (size_t)slot);
}

/* Find the next way for the request: an open connection, a target to connect
 * to, at last a connection that the peer keeps for its own requests. */
static void step(struct sip_client *k)
{
	struct sip_connection *c;
	uint64_t blocked_ms = 0;
	int slot;

	if (!may_try(k)) {
		fail(k);
		return;
	}
	k->fresh = false;
	c = sip_peer_connection(k->peer, false);
	if (c) {
		widen(k->peer);
	} else {
		if (!sip_locate_ready(k->peer)) {
			wait_for_targets(k);
			return;
		}
		slot = sip_locate_next(k->peer, k->tried, &blocked_ms);
		if (slot >= 0) {
			connect_to(k, (size_t)slot);
			return;
		}
		c = sip_peer_connection(k->peer, true);
	}
	if (c) {
		attach(k, c);
		transmit(k);
		return;
	}
	explain_no_target(k, blocked_ms);
	fail(k);
}

/* It rings too long: whoever asked hears so now, the other side gets a CANCEL
 * and the time of a transaction to answer it.  RFC 3261, 9.1. */
static void give_up_ringing(struct sip_client *k)
{
	const struct sip_answer a = {
		.event = SIP_TIMEOUT,
		.text = k->failure.text,
	};

	sip_invite_cancel(k);
	timer_start(io_timers(k->sip->env), &k->timer, SIP_64T1_MS);
	tell(k, &a);
}

static void on_timer(void *arg)
{
	struct sip_client *k = arg;
	char name[300] = "";

	if (k->connection)
		sip_connection_name(k->connection, name, sizeof name);
	switch (k->state) {
	case SIP_CLIENT_LOCATING:
		set_failure(k, SIP_TIMEOUT,
			"the DNS did not tell the SIP servers of %s in time",
			k->peer->name);
		break;
	case SIP_CLIENT_CONNECTING:
		set_failure(k, SIP_TIMEOUT,
			"the connection to the SIP server %s was not set up in "
			"time", name);
		break;
	case SIP_CLIENT_TRYING:
	case SIP_CLIENT_PROCEEDING:
		set_failure(k, SIP_TIMEOUT,
			"the SIP server %s did not answer in time", name);
		break;
	case SIP_CLIENT_ACCEPTED:
		set_failure(k, SIP_TIMEOUT, "%s", "timer M");
		break;
	case SIP_CLIENT_ENDED:
		return;
	}
	if (k->invite && k->state == SIP_CLIENT_PROCEEDING && !k->cancelled) {
		give_up_ringing(k);
		return;
	}
	if (k->state == SIP_CLIENT_TRYING && !k->forgotten &&
		k->deadline_ms > io_now_ms(k->sip->env)) {
		/* silent since timer F: leave it alone for a while */
		k->connection->blocked_ms =
			io_now_ms(k->sip->env) + SIP_BLOCK_S * 1000;
		detach(k);
		step(k);
		return;
	}
	fail(k);
}

/* ---- what happens to connections and targets ---- */

void sip_client_connected(struct sip_connection *c)
{
	list_each(it, tmp, &c->clients) {
		struct sip_client *k = container_of(it, struct sip_client, on);

		if (k->state == SIP_CLIENT_CONNECTING)
			transmit(k);
	}
}

/* A connection that was open before may have been stale: its target is not used
 * up by that. */
void sip_client_lost(struct sip_connection *c, const struct sip_failure *why)
{
	while (!list_empty(&c->clients)) {
		struct sip_client *k =
			container_of(c->clients.next, struct sip_client, on);

		detach(k);
		k->failure = *why;
		if (k->forgotten)
			fail(k);
		else
			step(k);
	}
}

void sip_client_located(struct sip_peer *p)
{
	struct list waiting;

	list_init(&waiting);
	list_each(it, tmp, &p->waiting) {
		list_remove(it);
		list_append(&waiting, it);
	}
	while (!list_empty(&waiting)) {
		struct sip_client *k =
			container_of(waiting.next, struct sip_client, on);

		detach(k);
		step(k);
	}
}

void sip_client_fail_all(struct sip_peer *p, enum sip_event event,
	const char *text)
{
	list_each(it, tmp, &p->clients) {
		struct sip_client *k =
			container_of(it, struct sip_client, node);

		if (k->state == SIP_CLIENT_ENDED)
			continue;
		set_failure(k, event, "%s", text);
		fail(k);
	}
}

/* ---- responses ---- */

/* "18000;duration=3600 (text)" or a number.  RFC 3261, 20.33. */
static bool retry_after(const struct sip_message *m, uint64_t *ret_s)
{
	const struct sip_header *h =
		sip_message_header(m, SIP_H_RETRY_AFTER, NULL);
	struct str digits;

	if (!h)
		return false;
	digits = (struct str){ h->value.p, 0 };
	while (digits.len < h->value.len && digits.p[digits.len] >= '0' &&
		digits.p[digits.len] <= '9')
		digits.len++;
	if (str_to_u64(digits, UINT32_MAX, ret_s) < 0)
		return false;
	if (*ret_s > SIP_BLOCK_MAX_S)
		*ret_s = SIP_BLOCK_MAX_S;
	return true;
}

/* 503: this target rests.  Without Retry-After only when there is another: it
 * may mean one request as well as all.  RFC 3261, 21.5.4. */
static void block(struct sip_client *k, const struct sip_message *m)
{
	struct sip_connection *c = k->connection;
	uint64_t until, s = SIP_BLOCK_S;

	if (!retry_after(m, &s) && k->peer->target_count < 2)
		return;
	until = io_now_ms(k->sip->env) + s * 1000;
	c->blocked_ms = until;
	if (c->opened_for && c->target < SIP_TARGETS)
		c->opened_for->targets[c->target].blocked_ms = until;
}

static bool has_other_way(struct sip_client *k)
{
	struct sip_connection *c = k->connection;
	struct sip_connection *other = sip_peer_connection(k->peer, true);
	unsigned tried = k->tried;
	uint64_t blocked_ms;

	if (c->opened_for == k->peer && c->target < SIP_TARGETS)
		tried |= 1u << c->target;
	if (k->attempts >= limit_get(k->sip->limits, LIMIT_SIP_CANDIDATES))
		return false;
	return (other && other != c) ||
		sip_locate_next(k->peer, tried, &blocked_ms) >= 0;
}

/* Returns false when the response must go up after all. */
static bool try_elsewhere(struct sip_client *k, const struct sip_message *m)
{
	struct sip_connection *c = k->connection;
	char name[300];

	block(k, m);
	if (k->forgotten || !has_other_way(k))
		return false;
	set_failure(k, SIP_OVERLOAD, "the SIP server %s is overloaded",
		sip_connection_name(c, name, sizeof name));
	if (c->opened_for == k->peer && c->target < SIP_TARGETS)
		k->tried |= 1u << c->target;
	detach(k);
	step(k);
	return true;
}

static void receive_1xx(struct sip_client *k)
{
	if (k->state == SIP_CLIENT_TRYING) {
		set_state(k, SIP_CLIENT_PROCEEDING, "1xx");
		/* it may ring for the whole of the time */
		if (k->invite)
			run_timer(k, false);
	}
	if (k->invite && k->forgotten && k->state == SIP_CLIENT_PROCEEDING &&
		!k->cancelled) {
		sip_invite_cancel(k);
		timer_start(io_timers(k->sip->env), &k->timer, SIP_64T1_MS);
	}
}

/* The first 2xx makes the dialog that is told; each further To tag is another
 * branch of a fork.  RFC 3261, 13.2.2.4. */
static void receive_2xx(struct sip_client *k, struct sip_connection *c,
	const struct sip_answer *a)
{
	struct str tag = a->message->to.tag;
	bool first = k->state != SIP_CLIENT_ACCEPTED && !k->forgotten;

	if (first)
		buf_add_str(&k->taken, tag);
	sip_invite_confirm(k, c, a->message,
		!str_eq(tag, buf_str(&k->taken)));
	if (k->state == SIP_CLIENT_ACCEPTED)
		return;
	/* it waits for no connection any more */
	list_remove(&k->on);
	k->connection = NULL;
	set_state(k, SIP_CLIENT_ACCEPTED, "2xx");
	timer_start(io_timers(k->sip->env), &k->timer, SIP_64T1_MS);
	tell(k, a);
}

static void receive_final(struct sip_client *k, struct sip_connection *c,
	const struct sip_answer *a)
{
	if (k->invite && a->status < 300) {
		receive_2xx(k, c, a);
		return;
	}
	if (k->invite)
		sip_invite_ack(k, c, a->message);
	if (k->state == SIP_CLIENT_ACCEPTED)
		return;
	if (a->status != 503 || !try_elsewhere(k, a->message))
		finish(k, a);
}

void sip_client_receive(struct sip_connection *c, const struct sip_message *m)
{
	struct sip_client *k = table_get(c->sip->clients, m->via.branch);
	const struct sip_answer a = {
		.event = SIP_FINAL,
		.message = m,
		.status = m->status,
	};
	char name[300];

	if (!k || m->via_count != 1 || !str_is(m->cseq_method, k->method) ||
		!sip_connection_proves(c, k->peer)) {
		log_event(c->sip->log, STOX_LOG_DEBUG, "sip", 0,
			"stray-response", "peer=%s status=%u",
			sip_connection_name(c, name, sizeof name), m->status);
		return;
	}
	if (m->status < 200)
		receive_1xx(k);
	else
		receive_final(k, c, &a);
}

/* ---- the door ---- */

static bool is_clean(const struct sip_out *out)
{
	const char *const texts[] = { out->method, out->request_uri, out->from,
		out->to, out->call_id, out->from_tag, out->to_tag };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (str_has_control(str_from(texts[i])))
			return false;
	return true;
}

static bool may_send(struct sip_client *k, const struct sip_out *out)
{
	struct sip *s = k->sip;

	if (s->stopping)
		set_failure(k, SIP_UNREACHABLE, "%s", "stox stops");
	else if (out->domain && !k->peer->partner)
		set_failure(k, SIP_NO_TARGET,
			"the SIP domain %s may not take part any more",
			out->domain);
	else if (sip_is_full(s))
		set_failure(k, SIP_OVERLOAD, "%s",
			"too many requests are under way here");
	else if (!is_clean(out))
		set_failure(k, SIP_UNREACHABLE, "%s",
			"an address has control characters");
	else
		return true;
	return false;
}

/* A domain that may not be met stays without partner: may_send() tells. */
static struct sip_peer *peer_for(struct sip *s,
	const struct sip_partner *partner, const struct sip_out *out)
{
	struct sip_peer *p;

	if (!out->domain)
		return sip_peer_find(s, partner->name);
	p = sip_discover_domain(s, out->domain);
	return p ? p : sip_peer_find(s, "");
}

void sip_send(struct sip *s, const struct sip_partner *partner,
	const struct sip_out *out, unsigned timeout_ms, uint64_t token)
{
	struct sip_client *k = take(s);
	struct str method = str_from(out->method);
	bool may;

	stox_require(token != 0 && timeout_ms > 0);
	k->peer = peer_for(s, partner, out);
	k->connection = NULL;
	k->state = SIP_CLIENT_LOCATING;
	k->forgotten = k->fresh = k->cancelled = false;
	k->invite = str_is(method, "INVITE");
	buf_clear(&k->taken);
	k->token = token;
	k->tried = k->attempts = 0;
	k->deadline_ms = io_now_ms(s->env) + timeout_ms;
	stox_require(method.len < sizeof k->method);
	memcpy(k->method, method.p, method.len + 1);
	list_append(&k->peer->clients, &k->node);
	stox_require(!table_put(s->tokens, token_key(k), k));
	may = may_send(k, out);
	s->client_count++;
	if (may) {
		sip_request_write(k, partner->transport, out);
		step(k);
	} else {
		fail(k);
	}
}

void sip_forget(struct sip *s, uint64_t token)
{
	struct sip_client *k = table_get(s->tokens,
		(struct str){ (const char *)&token, sizeof token });

	if (!k)
		return;
	table_remove(s->tokens, token_key(k));
	k->forgotten = true;
	if (k->state == SIP_CLIENT_LOCATING ||
		k->state == SIP_CLIENT_CONNECTING)
		fail(k);
	/* without a 1xx a CANCEL might overtake it: it waits for one */
	if (k->invite && k->state == SIP_CLIENT_PROCEEDING) {
		sip_invite_cancel(k);
		timer_start(io_timers(s->env), &k->timer, SIP_64T1_MS);
	}
}

void sip_client_free_all(struct sip *s)
{
	list_each(it, tmp, &s->peers) {
		struct sip_peer *p = container_of(it, struct sip_peer, node);

		list_each(at, tmp2, &p->clients) {
			struct sip_client *k =
				container_of(at, struct sip_client, node);

			detach(k);
			timer_stop(io_timers(s->env), &k->timer);
			io_undefer(&k->task);
			list_remove(&k->node);
			destroy(k);
		}
	}
	list_each(free_one, tmp3, &s->free_clients) {
		list_remove(free_one);
		destroy(container_of(free_one, struct sip_client, node));
	}
}
