/*
 * sip.c: the object: its configuration, shutdown, and what it tells about its
 * connections.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/transaction.h"

/* A connection that failed, kept for sip_connections(). */
struct failure {
	struct list node;
	bool outbound;
	uint64_t since_ms, in_count, out_count;
	char partner[256], peer[300], why[400];
};

static void shutdown_step(void *arg);
static void grace_over(void *arg);

struct table *sip_table_new(struct sip *s)
{
	uint8_t key[16];

	rand_bytes(io_rand(s->env), key, sizeof key);
	return table_new(key);
}

struct sip *sip_new(struct io_env *env, struct log *log, struct limits *limits,
	struct budget *budget, const struct sip_events *events, void *arg)
{
	struct sip *s = base_alloc0(sizeof *s);

	s->env = env;
	s->log = log;
	s->limits = limits;
	s->budget = budget;
	s->events = events;
	s->arg = arg;
	s->pool = pool_new(budget);
	s->host = s->node = s->allow = "";
	s->tls_min = IO_TLS_DEFAULT;
	list_init(&s->peers);
	list_init(&s->listeners);
	list_init(&s->discovered_peers);
	list_init(&s->connections);
	list_init(&s->over);
	list_init(&s->free_servers);
	list_init(&s->free_clients);
	list_init(&s->failures);
	s->names = sip_table_new(s);
	s->sources = sip_table_new(s);
	s->servers = sip_table_new(s);
	s->merged = sip_table_new(s);
	s->clients = sip_table_new(s);
	s->tokens = sip_table_new(s);
	s->handles = handles_new();
	buf_init(&s->out, SIZE_MAX, budget);
	buf_init(&s->key, SIZE_MAX, budget);
	buf_init(&s->note, SIZE_MAX, budget);
	timer_init(&s->grace, grace_over, s);
	io_task_init(&s->stopped, shutdown_step, s);
	return s;
}

static void free_failure(struct sip *s, struct failure *f)
{
	list_remove(&f->node);
	s->failure_count--;
	free(f);
}

void sip_free(struct sip **sip)
{
	struct sip *s = *sip;

	if (!s)
		return;
	*sip = NULL;
	timer_stop(io_timers(s->env), &s->grace);
	io_undefer(&s->stopped);
	sip_listener_close_all(s);
	sip_client_free_all(s);
	sip_server_free_all(s);
	list_each(it, tmp, &s->connections)
		sip_connection_free(
			container_of(it, struct sip_connection, node));
	list_each(it, tmp, &s->peers)
		sip_peer_free(container_of(it, struct sip_peer, node));
	list_each(it, tmp, &s->failures)
		free_failure(s, container_of(it, struct failure, node));
	table_free(&s->names);
	table_free(&s->sources);
	table_free(&s->servers);
	table_free(&s->merged);
	table_free(&s->clients);
	table_free(&s->tokens);
	handles_free(&s->handles);
	buf_free(&s->out);
	buf_free(&s->key);
	buf_free(&s->note);
	if (s->credentials)
		io_credentials_unref(&s->credentials);
	pool_free(&s->pool);
	free(s);
}

/* ---- configuration ---- */

static const char *copy(struct sip *s, const char *text)
{
	return text ? pool_strdup(s->pool, text) : NULL;
}

static void copy_methods(struct sip *s, const char *const *methods)
{
	static const char *const none[] = { NULL };
	const char **list, *allow = "";
	size_t count = 0;

	if (!methods)
		methods = none;
	while (methods[count])
		count++;
	list = pool_alloc0(s->pool, (count + 1) * sizeof *list);
	for (size_t i = 0; i < count; i++) {
		list[i] = copy(s, methods[i]);
		allow = pool_printf(s->pool, "%s%s, ", allow, methods[i]);
	}
	s->methods = list;
	s->allow = pool_printf(s->pool, "%sOPTIONS, CANCEL, ACK", allow);
}

/* The lowest version that any partner is allowed. */
static enum io_tls_version lower_tls(enum io_tls_version min,
	const struct sip_partner *const *partners, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum io_tls_version v = partners[i]->tls_min;

		if (v != IO_TLS_DEFAULT && v < IO_TLS_1_2 &&
			(min == IO_TLS_DEFAULT || v < min))
			min = v;
	}
	return min;
}

void sip_configure(struct sip *s, const struct sip_config *config)
{
	struct pool *old = s->pool;
	struct io_credentials *old_credentials = s->credentials;
	enum io_tls_version min = lower_tls(
		lower_tls(IO_TLS_DEFAULT, config->partners,
			config->partner_count),
		config->providers, config->provider_count);
	const char *host = config->host ? config->host : "localhost";
	/* a listener shows the certificate of the host it was opened for */
	bool tls_changed = min != s->tls_min ||
		!str_is(str_from(s->host), host);

	s->pool = pool_new(s->budget);
	s->is_ours = config->is_ours;
	s->is_sip = config->is_sip;
	s->discovered = config->discovered;
	s->providers = config->providers;
	s->provider_count = config->provider_count;
	s->may_discover = config->may_discover;
	s->is_ours_arg = config->arg;
	s->host = copy(s, host);
	s->node = pool_printf(s->pool, "%.32s",
		config->node ? config->node : "");
	s->port = config->port ? config->port : 5061;
	s->user_agent = copy(s, config->user_agent);
	copy_methods(s, config->methods);
	s->credentials = config->credentials
		? io_credentials_ref(config->credentials) : NULL;
	s->tls_min = min;
	sip_request_configure(s);
	sip_peer_configure(s, config);
	sip_listener_restart(s, tls_changed);
	list_each(it, tmp, &s->connections)
		sip_connection_prove(
			container_of(it, struct sip_connection, node));
	if (old_credentials)
		io_credentials_unref(&old_credentials);
	pool_free(&old);
}

/* At 95 % of the memory idle connections close: at most once a second. */
static void close_idle(struct sip *s)
{
	uint64_t now = io_now_ms(s->env);

	if (now - s->thinned_ms < 1000)
		return;
	s->thinned_ms = now;
	list_each(it, tmp, &s->connections) {
		struct sip_connection *c =
			container_of(it, struct sip_connection, node);

		if (c->state == SIP_CONNECTION_OPEN &&
			list_empty(&c->clients) && list_empty(&c->servers) &&
			now - c->active_ms >= 1000)
			sip_connection_close(c, "memory is short");
	}
}

bool sip_is_full(struct sip *s)
{
	if (table_count(s->servers) + s->client_count >=
		limit_get(s->limits, LIMIT_SIP_TRANSACTIONS)) {
		limit_hit(s->limits, LIMIT_SIP_TRANSACTIONS);
		return true;
	}
	if (budget_percent(s->budget) >= 80) {
		limit_hit(s->limits, LIMIT_MEMORY);
		if (budget_percent(s->budget) >= 95)
			close_idle(s);
		return true;
	}
	return false;
}

/* ---- tokens ---- */

void sip_token(struct sip *s, char *out)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	size_t n = strlen(s->node);
	uint64_t bits = 0;

	if (s->random_left < 10) {
		rand_bytes(io_rand(s->env), s->random, sizeof s->random);
		s->random_left = sizeof s->random;
	}
	memcpy(out, s->node, n);
	if (n > 0)
		out[n++] = '-';
	for (unsigned i = 0; i < 16; i++) {
		if (i % 8 == 0) {
			bits = 0;
			for (unsigned k = 0; k < 5; k++)
				bits = bits << 8 | s->random[--s->random_left];
		}
		out[n++] = digits[bits & 31];
		bits >>= 5;
	}
	out[n] = '\0';
}

/* ---- shutdown ---- */

void sip_ended(struct sip *s)
{
	if (s->stopping && s->done)
		io_defer(s->env, &s->stopped);
}

static void close_all(struct sip *s)
{
	timer_stop(io_timers(s->env), &s->grace);
	s->closing = true;
	list_each(it, tmp, &s->connections)
		sip_connection_close(
			container_of(it, struct sip_connection, node),
			"stox stops");
}

static void shutdown_step(void *arg)
{
	struct sip *s = arg;
	void (*done)(void *) = s->done;

	if (!done)
		return;
	if (!s->closing && s->client_count == 0 && s->pending == 0)
		close_all(s);
	if (!s->closing || !list_empty(&s->connections))
		return;
	s->done = NULL;
	done(s->done_arg);
}

static void grace_over(void *arg)
{
	struct sip *s = arg;

	sip_server_refuse_all(s);
	list_each(it, tmp, &s->peers)
		sip_client_fail_all(container_of(it, struct sip_peer, node),
			SIP_UNREACHABLE, "stox stops");
	close_all(s);
	sip_ended(s);
}

void sip_shutdown(struct sip *s, void (*done)(void *arg), void *arg)
{
	stox_require(!s->stopping);
	s->stopping = true;
	s->done = done;
	s->done_arg = arg;
	sip_listener_close_all(s);
	timer_start(io_timers(s->env), &s->grace, SIP_GRACE_MS);
	io_defer(s->env, &s->stopped);
}

/* ---- what an operator sees ---- */

static const char *partner_name(const struct sip_connection *c)
{
	if (c->link_count > 0)
		return c->links[0].peer->name;
	return c->opened_for ? c->opened_for->name : "";
}

void sip_failed(struct sip *s, const struct sip_connection *c, const char *why)
{
	struct failure *f = base_alloc0(sizeof *f);

	f->outbound = c->outbound;
	f->since_ms = c->opened_ms;
	f->in_count = c->in_count;
	f->out_count = c->out_count;
	snprintf(f->partner, sizeof f->partner, "%s", partner_name(c));
	sip_connection_name(c, f->peer, sizeof f->peer);
	snprintf(f->why, sizeof f->why, "%s", why);
	list_append(&s->failures, &f->node);
	s->failure_count++;
	if (s->failure_count <= limit_get(s->limits, LIMIT_FAILED_STREAMS))
		return;
	limit_hit(s->limits, LIMIT_FAILED_STREAMS);
	free_failure(s, container_of(s->failures.next, struct failure, node));
}

static const char *state_text(enum sip_connection_state state)
{
	switch (state) {
	case SIP_CONNECTION_OPENING:
		return "opening";
	case SIP_CONNECTION_PROVING:
		return "proving";
	case SIP_CONNECTION_OPEN:
		return "open";
	case SIP_CONNECTION_CLOSING:
		return "closing";
	}
	return "";
}

static void row_open(struct sip_connection *c,
	void (*row)(void *, const struct sip_connection_info *), void *arg)
{
	const char *tls = io_stream_tls(c->stream);
	char name[300];
	struct sip_connection_info info = {
		.partner = partner_name(c),
		.direction = c->outbound ? "out" : "in",
		.state = state_text(c->state),
		.tls = tls ? tls : "",
		.peer = sip_connection_name(c, name, sizeof name),
		.since_ms = c->opened_ms,
		.messages_in = c->in_count,
		.messages_out = c->out_count,
		.queued = io_queued(c->stream),
		.failed = "",
	};

	row(arg, &info);
}

static void row_failed(const struct failure *f,
	void (*row)(void *, const struct sip_connection_info *), void *arg)
{
	struct sip_connection_info info = {
		.partner = f->partner,
		.direction = f->outbound ? "out" : "in",
		.state = "failed",
		.tls = "",
		.peer = f->peer,
		.since_ms = f->since_ms,
		.messages_in = f->in_count,
		.messages_out = f->out_count,
		.failed = f->why,
	};

	row(arg, &info);
}

void sip_connections(struct sip *s, bool failed,
	void (*row)(void *arg, const struct sip_connection_info *info),
	void *arg)
{
	struct list *head = failed ? &s->failures : &s->connections;

	list_each(it, tmp, head) {
		if (failed)
			row_failed(container_of(it, struct failure, node), row,
				arg);
		else
			row_open(container_of(it, struct sip_connection, node),
				row, arg);
	}
}
