/*
 * connection.c: the life of a transport connection.
 *
 *   OPENING -> (PROVING) -> OPEN -> CLOSING -> freed in on_close
 *
 * Nothing is freed elsewhere but in sip_free(), so a connection stays valid
 * through every callback that it is in.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/transaction.h"

static void on_deadline(void *arg);
static void on_ping(void *arg);

const char *sip_connection_name(const struct sip_connection *c, char *out,
	size_t size)
{
	const char *peer = c->stream ? io_stream_peer(c->stream) : NULL;

	if (!c->outbound)
		snprintf(out, size, "%s", peer ? peer : "");
	else if (str_find(str_from(c->host), ':') >= 0)
		snprintf(out, size, "[%s]:%u", c->host, c->port);
	else
		snprintf(out, size, "%s:%u", c->host, c->port);
	return out;
}

bool sip_connection_proves(const struct sip_connection *c,
	const struct sip_peer *peer)
{
	for (size_t i = 0; i < c->link_count; i++)
		if (c->links[i].peer == peer)
			return true;
	return false;
}

bool sip_connection_serves(const struct sip_connection *c,
	const struct sip_peer *peer, bool any)
{
	uint64_t now = io_now_ms(c->sip->env);

	if (c->state != SIP_CONNECTION_OPEN || c->blocked_ms > now ||
		!sip_connection_proves(c, peer))
		return false;
	if (c->outbound)
		return c->opened_for != peer || c->target >= SIP_TARGETS ||
			peer->targets[c->target].blocked_ms <= now;
	return c->transport == SIP_TLS && (c->alias || any);
}

/* ---- ending ---- */

/* Whoever comes now finds an open connection, or opens another. */
static void stop_opening(struct sip_connection *c)
{
	struct sip_peer *p = c->opened_for;

	if (p && c->target < SIP_TARGETS && p->targets[c->target].opening == c)
		p->targets[c->target].opening = NULL;
}

static void dispose(struct sip_connection *c)
{
	struct sip *s = c->sip;

	timer_stop(io_timers(s->env), &c->timer);
	timer_stop(io_timers(s->env), &c->ping);
	stop_opening(c);
	sip_link_none(c);
	sip_listener_leave(s, c->source);
	list_remove(&c->node);
	s->connection_count--;
	buf_free(&c->in);
	free(c);
}

static const char *verb(enum io_reason reason)
{
	switch (reason) {
	case IO_EOF:
	case IO_LOCAL:
		return "closed the connection";
	case IO_RESET:
		return "broke the connection";
	case IO_REFUSED:
		return "refused the connection";
	case IO_UNREACHABLE:
		return "cannot be reached";
	case IO_TIMEOUT:
		return "did not answer in time";
	case IO_DNS_NOT_FOUND:
		return "does not exist in the DNS";
	case IO_DNS_FAILED:
		return "could not be looked up in the DNS";
	case IO_FORBIDDEN:
		return "has an address that is not allowed";
	case IO_TLS_FAILED:
		return "failed to set up TLS";
	case IO_TLS_BROKEN:
		return "broke the TLS of the connection";
	case IO_QUEUE_FULL:
	case IO_WRITE_TIMEOUT:
		return "does not read what we send";
	case IO_NO_RESOURCES:
		return "could not be called for lack of resources here";
	}
	return "failed";
}

static void explain(const struct sip_connection *c, enum io_reason reason,
	const char *detail, struct sip_failure *f)
{
	char name[300];

	f->event = reason == IO_DNS_NOT_FOUND ? SIP_NO_TARGET
		: reason == IO_DNS_FAILED ? SIP_DNS_FAILED : SIP_UNREACHABLE;
	sip_connection_name(c, name, sizeof name);
	if (c->lost_why)
		snprintf(f->text, sizeof f->text, "the SIP server %s %s", name,
			c->lost_why);
	else
		snprintf(f->text, sizeof f->text, "the SIP server %s %s%s%s",
			name, verb(reason), detail && *detail ? ": " : "",
			detail ? detail : "");
}

static bool is_failure(const struct sip_connection *c, enum io_reason reason)
{
	if (c->lost_why)
		return true;
	if (c->own_close || reason == IO_LOCAL)
		return false;
	return reason != IO_EOF || c->state == SIP_CONNECTION_OPENING;
}

/* The target that did not even open is tried last for a while. */
static void mark_failed(struct sip_connection *c)
{
	if (c->outbound && c->opened_for && c->target < SIP_TARGETS)
		c->opened_for->targets[c->target].failed_ms =
			io_now_ms(c->sip->env) + SIP_BLOCK_S * 1000;
}

/* Whoever counts on somebody behind it may want to look. */
static void tell_lost(const struct sip_connection *c, enum io_reason reason)
{
	struct sip *s = c->sip;
	enum sip_loss how = is_failure(c, reason) ? SIP_LOSS_BROKEN
		: c->own_close ? SIP_LOSS_IDLE : SIP_LOSS_CLOSED;

	for (size_t i = 0; s->events->on_lost && !s->stopping &&
		i < c->link_count; i++)
		s->events->on_lost(s->arg, c->links[i].peer->name, how);
}

static void on_close(void *arg, struct io_stream *stream, enum io_reason reason,
	const char *detail)
{
	struct sip_connection *c = arg;
	struct sip *s = c->sip;
	struct sip_failure f;
	char quoted[500], name[300];

	(void)stream;
	explain(c, reason, detail, &f);
	log_event(s->log, STOX_LOG_INFO, "sip", 0, "connection-closed",
		"direction=%s peer=%s why=%s", c->outbound ? "out" : "in",
		sip_connection_name(c, name, sizeof name),
		log_text(str_from(c->own_close ? "we closed it" : f.text),
			quoted, sizeof quoted));
	if (is_failure(c, reason)) {
		sip_failed(s, c, f.text);
		if (c->state == SIP_CONNECTION_OPENING)
			mark_failed(c);
	}
	tell_lost(c, reason);
	c->state = SIP_CONNECTION_CLOSING;
	stop_opening(c);
	c->stream = NULL;
	sip_client_lost(c, &f);
	sip_server_orphan(c);
	dispose(c);
	sip_ended(s);
}

void sip_connection_drop(struct sip_connection *c)
{
	if (c->state == SIP_CONNECTION_CLOSING)
		return;
	c->state = SIP_CONNECTION_CLOSING;
	c->own_close = true;
	io_abort(c->stream);
}

void sip_connection_close(struct sip_connection *c, const char *why)
{
	char name[300];

	if (c->state == SIP_CONNECTION_CLOSING)
		return;
	log_event(c->sip->log, STOX_LOG_DEBUG, "sip", 0, "connection-close",
		"peer=%s why=\"%s\"", sip_connection_name(c, name, sizeof name),
		why);
	c->state = SIP_CONNECTION_CLOSING;
	c->own_close = true;
	io_close(c->stream);
}

/* ---- time ---- */

static uint64_t seconds(const struct sip_connection *c, enum limit_id id)
{
	return limit_get(c->sip->limits, id) * 1000;
}

/* When does this connection run out, and by which limit? */
static uint64_t deadline(const struct sip_connection *c, enum limit_id *ret_id)
{
	bool busy = !list_empty(&c->clients) || !list_empty(&c->servers);
	uint64_t first = c->opened_ms + seconds(c, LIMIT_SIP_FIRST_REQUEST);
	uint64_t due = (busy ? io_now_ms(c->sip->env) : c->active_ms) +
		seconds(c, LIMIT_SIP_IDLE);
	uint64_t part = 0;

	*ret_id = LIMIT_SIP_IDLE;
	if (!c->outbound && c->in_count == 0 && first < due) {
		due = first;
		*ret_id = LIMIT_SIP_FIRST_REQUEST;
	}
	if (c->body_ms)
		part = c->body_ms + seconds(c, LIMIT_SIP_BODY_TIME);
	else if (c->begun_ms)
		part = c->begun_ms + seconds(c, LIMIT_SIP_HEADER_TIME);
	if (part && part < due) {
		due = part;
		*ret_id = c->body_ms ? LIMIT_SIP_BODY_TIME
				     : LIMIT_SIP_HEADER_TIME;
	}
	return due;
}

void sip_connection_watch(struct sip_connection *c)
{
	enum limit_id id;
	uint64_t now = io_now_ms(c->sip->env), due = deadline(c, &id);

	if (c->due_ms && c->due_ms <= due)
		return;
	c->due_ms = due;
	timer_start(io_timers(c->sip->env), &c->timer,
		due > now ? due - now : 0);
}

static void on_deadline(void *arg)
{
	struct sip_connection *c = arg;
	enum limit_id id;
	uint64_t due = deadline(c, &id);

	c->due_ms = 0;
	if (c->state == SIP_CONNECTION_CLOSING)
		return;
	if (due > io_now_ms(c->sip->env)) {
		sip_connection_watch(c);
		return;
	}
	limit_hit(c->sip->limits, id);
	sip_connection_close(c, limit_info(id)->name);
}

/* RFC 5626, 4.4.1: a ping when nothing else has shown life for a while; no
 * pong means that nobody is there. */
static void on_ping(void *arg)
{
	struct sip_connection *c = arg;
	struct timer_wheel *timers = io_timers(c->sip->env);
	uint64_t every = seconds(c, LIMIT_SIP_KEEPALIVE);
	uint64_t quiet = io_now_ms(c->sip->env) - c->active_ms;

	if (c->state != SIP_CONNECTION_OPEN)
		return;
	if (c->pinged) {
		c->lost_why = "did not answer the keep-alive";
		c->state = SIP_CONNECTION_CLOSING;
		io_abort(c->stream);
	} else if (quiet >= every) {
		c->pinged = true;
		io_write(c->stream, STR("\r\n\r\n"));
		timer_start(timers, &c->ping, SIP_PONG_MS);
	} else {
		timer_start(timers, &c->ping, every - quiet);
	}
}

static void start_ping(struct sip_connection *c)
{
	const struct sip_peer *p = c->opened_for;

	timer_stop(io_timers(c->sip->env), &c->ping);
	c->pinged = false;
	if (c->outbound && p && p->partner && p->partner->keepalive)
		timer_start(io_timers(c->sip->env), &c->ping,
			seconds(c, LIMIT_SIP_KEEPALIVE));
}

void sip_connection_alive(struct sip_connection *c)
{
	c->active_ms = io_now_ms(c->sip->env);
	if (!c->pinged)
		return;
	c->pinged = false;
	timer_start(io_timers(c->sip->env), &c->ping,
		seconds(c, LIMIT_SIP_KEEPALIVE));
}

/* ---- proving ---- */

static void refuse_identity(struct sip_connection *c)
{
	struct sip_failure f = { .event = SIP_CERTIFICATE };

	if (c->opened_for && c->opened_for->partner)
		sip_proof_explain(c, c->opened_for, f.text, sizeof f.text);
	else
		snprintf(f.text, sizeof f.text,
			"the partner is no longer configured");
	sip_failed(c->sip, c, f.text);
	mark_failed(c);
	stop_opening(c);
	sip_connection_close(c, f.text);
	sip_client_lost(c, &f);
}

static void open_up(struct sip_connection *c)
{
	bool was_open = c->state == SIP_CONNECTION_OPEN;

	if (c->state == SIP_CONNECTION_PROVING)
		io_resume(c->stream);
	c->state = SIP_CONNECTION_OPEN;
	start_ping(c);
	sip_connection_watch(c);
	stop_opening(c);
	if (c->outbound && !was_open) {
		if (c->opened_for && c->target < SIP_TARGETS)
			sip_locate_answered(c->opened_for, c->target);
		sip_client_connected(c);
	}
}

void sip_connection_prove(struct sip_connection *c)
{
	bool known = c->link_count > 0;

	if (c->state == SIP_CONNECTION_OPENING ||
		c->state == SIP_CONNECTION_CLOSING)
		return;
	if (c->opened_for && !c->opened_for->partner)
		c->opened_for = NULL;
	if (sip_link_all(c) && !c->outbound) {
		if (c->state != SIP_CONNECTION_PROVING)
			io_pause(c->stream);
		c->state = SIP_CONNECTION_PROVING;
		return;
	}
	if (c->outbound &&
		!(c->opened_for && sip_connection_proves(c, c->opened_for)))
		refuse_identity(c);
	else if (known && c->link_count == 0)
		sip_connection_close(c, "no partner any more");
	else
		open_up(c);
}

static void on_open(void *arg, struct io_stream *stream)
{
	struct sip_connection *c = arg;
	const char *tls = io_stream_tls(stream);
	char name[300];

	c->opened_ms = c->active_ms = io_now_ms(c->sip->env);
	c->state = SIP_CONNECTION_PROVING;
	io_pause(stream);
	sip_connection_prove(c);
	log_event(c->sip->log, STOX_LOG_INFO, "sip", 0, "connection-open",
		"direction=%s peer=%s partner=%s tls=\"%s\"",
		c->outbound ? "out" : "in",
		sip_connection_name(c, name, sizeof name),
		c->link_count ? c->links[0].peer->name : "none",
		tls ? tls : "none");
}

static void on_data(void *arg, struct io_stream *stream, struct str bytes)
{
	struct sip_connection *c = arg;

	(void)stream;
	sip_framing_receive(c, bytes);
}

static const struct io_events events = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
};

/* ---- beginning ---- */

static struct sip_connection *connection_new(struct sip *s,
	enum sip_transport transport)
{
	struct sip_connection *c = base_alloc0(sizeof *c);

	c->sip = s;
	c->transport = transport;
	c->target = SIP_TARGETS;
	c->opened_ms = c->active_ms = io_now_ms(s->env);
	list_init(&c->clients);
	list_init(&c->servers);
	buf_init(&c->in, SIZE_MAX, s->budget);
	timer_init(&c->timer, on_deadline, c);
	timer_init(&c->ping, on_ping, c);
	list_append(&s->connections, &c->node);
	s->connection_count++;
	return c;
}

void sip_connection_accept(struct sip *s, struct io_stream *stream,
	enum sip_transport transport, struct sip_source *source)
{
	struct sip_connection *c = connection_new(s, transport);

	c->source = source;
	c->stream = stream;
	io_stream_events(stream, &events, c);
}

struct sip_connection *sip_connection_open(struct sip_peer *peer,
	size_t target)
{
	struct sip *s = peer->sip;
	const struct sip_partner *partner = peer->partner;
	const struct sip_target *t = &peer->targets[target];
	bool fixed = sip_locate_is_fixed(peer);
	bool by_target = !sip_proof_is_literal(t->host) &&
		(fixed || sip_peer_dialect(peer)->srv_target);
	struct sip_connection *c = connection_new(s, partner->transport);
	struct io_tls_config tls = {
		.credentials = s->credentials,
		.local_name = partner->certificate ? partner->certificate
						   : s->host,
		.server_name = by_target ? t->host : partner->name,
		.alpn = "sip/2",
		.min = partner->tls_min,
	};
	struct io_connect_config config = {
		.host = c->host,
		.port = t->port,
		.special_ok = fixed,
		.tls = partner->transport == SIP_TLS ? &tls : NULL,
		.events = &events,
		.arg = c,
	};

	peer->turn++;
	c->outbound = true;
	c->opened_for = peer;
	c->target = target;
	c->port = t->port;
	snprintf(c->host, sizeof c->host, "%s", t->host);
	c->stream = io_connect(s->env, &config);
	return c;
}

int sip_connection_write(struct sip_connection *c, struct str bytes)
{
	int r = io_write(c->stream, bytes);

	if (r < 0) {
		c->state = SIP_CONNECTION_CLOSING;
		return r;
	}
	c->out_count++;
	c->active_ms = io_now_ms(c->sip->env);
	return 0;
}

/* ---- sip_free() ---- */

static void ignore_stream(void *arg, struct io_stream *stream)
{
	(void)arg;
	(void)stream;
}

static void ignore_data(void *arg, struct io_stream *stream, struct str bytes)
{
	(void)arg;
	(void)stream;
	(void)bytes;
}

static void ignore_close(void *arg, struct io_stream *stream,
	enum io_reason reason, const char *detail)
{
	(void)arg;
	(void)stream;
	(void)reason;
	(void)detail;
}

static const struct io_events ignored = {
	.on_open = ignore_stream,
	.on_data = ignore_data,
	.on_close = ignore_close,
};

void sip_connection_free(struct sip_connection *c)
{
	io_stream_events(c->stream, &ignored, NULL);
	io_abort(c->stream);
	dispose(c);
}
