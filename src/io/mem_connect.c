/*
 * mem_connect.c: finding the other end in memory; listeners.
 */
#include "io/mem_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ADDRESSES 8

struct mem_listener {
	struct io_listener l;
	char *path; /* UNIX: owned */
};

/* A connection attempt. */
struct mem_dial {
	struct mem_stream *s;
	struct io_query *query;
	char *host;
	uint16_t port;
	bool special_ok, failed;
	char addresses[MAX_ADDRESSES][INET6_ADDRSTRLEN];
	size_t count, next;
	enum io_reason reason;
	struct io_task attempt;
	struct timer patience; /* of an attempt over a cut cable */
};

void mem_dial_free(struct mem_dial **dial)
{
	struct mem_dial *d = *dial;

	*dial = NULL;
	if (!d)
		return;
	io_dns_cancel(&d->query);
	io_undefer(&d->attempt);
	timer_stop(d->s->s.env->wheel, &d->patience);
	free(d->host);
	free(d);
}

/* ---- meeting ------------------------------------------------------------ */

static struct mem_listener *listener_at(struct mem_env *env,
	const struct mem_dial *d)
{
	list_each(it, tmp, &env->listeners) {
		struct mem_listener *l =
			container_of(it, struct mem_listener, l.node);

		if (l->path ? strcmp(l->path, d->host) == 0
			    : l->l.port == d->port && d->host[0] != '/')
			return l;
	}
	return NULL;
}

static void describe(struct mem_stream *s, const char *address, uint16_t port)
{
	union io_address a;

	if (!io_address_parse(address, port, &a)) {
		snprintf(s->s.peer, sizeof(s->s.peer), "unix");
		return;
	}
	io_address_text(&a, s->s.peer_address);
	io_address_peer(&a, s->s.peer);
}

static void meet(struct mem_dial *d, const char *address,
	struct mem_listener *l)
{
	struct mem_stream *near = d->s;
	struct mem_stream *far = mem_stream_new(l->l.env, false);
	struct mem_env *env = mem_of(near->s.env);

	describe(near, address, d->port);
	describe(far, l->path ? "" : env->address, env->world->next_port);
	if (env->world->next_port++ == UINT16_MAX)
		env->world->next_port = 49152;
	if (l->path)
		near->s.peer_uid = far->s.peer_uid = (int64_t)getuid();
	near->far = far;
	far->far = near;
	near->state = far->state = MEM_STARTING;
	far->listener = &l->l;
	if (l->l.tls)
		far->tls = io_tls_copy(&(struct io_tls_config){
			.credentials = l->l.tls->credentials,
			.local_name = l->l.tls->local_name,
			.alpn = l->l.tls->alpn,
			.insist = l->l.tls->insist,
			.ask_certificate = l->l.tls->ask_certificate,
			.min = l->l.tls->min });
	io_defer(far->s.env, &far->start);
	io_defer(near->s.env, &near->start);
	mem_dial_free(&near->dial);
}

/* Try the address at hand.  Returns true when it is settled or waited for. */
static bool try_address(struct mem_dial *d, const char *address)
{
	struct mem_env *self = mem_of(d->s->s.env);
	struct mem_env *env = mem_env_at(self->world, self, address);
	struct mem_listener *l;
	union io_address a;

	if (!d->special_ok && (env == self ||
		    (io_address_parse(address, 0, &a) &&
			    io_address_special(&a)))) {
		d->reason = IO_FORBIDDEN;
		return false;
	}
	if (mem_is_cut(self->world, self->address, address)) {
		d->reason = IO_TIMEOUT;
		timer_start(self->env.wheel, &d->patience,
			limit_get(self->env.limits, LIMIT_CONNECT_TIME) * 1000);
		return true;
	}
	if (!env) {
		d->reason = IO_UNREACHABLE;
		return false;
	}
	l = listener_at(env, d);
	if (!l) {
		d->reason = IO_REFUSED;
		return false;
	}
	meet(d, address, l);
	return true;
}

static void attempt(void *arg)
{
	struct mem_dial *d = arg;

	if (d->host[0] == '/') {
		struct mem_env *self = mem_of(d->s->s.env);
		struct mem_listener *l = listener_at(self, d);

		if (l)
			meet(d, "", l);
		else
			mem_stream_end(d->s, IO_REFUSED, "");
		return;
	}
	while (d->next < d->count)
		if (try_address(d, d->addresses[d->next++]))
			return;
	mem_stream_end(d->s, d->reason, "");
}

static void on_answer(void *arg, const struct io_dns_result *r)
{
	struct mem_dial *d = arg;

	d->query = NULL;
	if (r->status == IO_DNS_SERVFAIL || r->status == IO_DNS_BOGUS)
		d->failed = true;
	for (size_t i = 0; i < r->count && d->count < MAX_ADDRESSES; i++)
		snprintf(d->addresses[d->count++], INET6_ADDRSTRLEN, "%s",
			r->records[i].address);
}

static void on_a(void *arg, const struct io_dns_result *r)
{
	struct mem_dial *d = arg;

	on_answer(d, r);
	if (d->count == 0) {
		mem_stream_end(d->s,
			d->failed ? IO_DNS_FAILED : IO_DNS_NOT_FOUND, "");
		return;
	}
	attempt(d);
}

static void on_aaaa(void *arg, const struct io_dns_result *r)
{
	struct mem_dial *d = arg;

	on_answer(d, r);
	d->query = io_dns(d->s->s.env, d->host, IO_DNS_A, on_a, d);
}

struct io_stream *mem_connect(struct io_env *env,
	const struct io_connect_config *c)
{
	struct mem_stream *s = mem_stream_new(env, true);
	struct mem_dial *d = base_alloc0(sizeof(*d));
	union io_address a;

	s->tls = io_tls_copy(c->tls);
	io_stream_events(&s->s, c->events, c->arg);
	s->dial = d;
	d->s = s;
	d->host = base_strdup(c->host);
	d->port = c->port;
	d->special_ok = c->special_ok;
	io_task_init(&d->attempt, attempt, d);
	timer_init(&d->patience, attempt, d);
	if (strcmp(c->host, "localhost") == 0 ||
		io_address_parse(c->host, 0, &a)) {
		if (strcmp(c->host, "localhost") == 0)
			io_address_parse("127.0.0.1", 0, &a);
		io_address_text(&a, d->addresses[d->count++]);
		io_defer(env, &d->attempt);
	} else if (c->host[0] == '/') {
		io_defer(env, &d->attempt);
	} else {
		d->query = io_dns(env, c->host, IO_DNS_AAAA, on_aaaa, d);
	}
	return &s->s;
}

/* ---- listeners ---------------------------------------------------------- */

static struct mem_listener *listener_new(struct io_env *env)
{
	struct mem_listener *l = base_alloc0(sizeof(*l));

	l->l.env = env;
	list_append(&mem_of(env)->listeners, &l->l.node);
	return l;
}

struct io_listener *mem_listen(struct io_env *env,
	const struct io_listen_config *c, struct buf *why)
{
	struct mem_listener *l;

	list_each(it, tmp, &mem_of(env)->listeners) {
		l = container_of(it, struct mem_listener, l.node);
		if (!l->path && l->l.port == c->port) {
			if (why)
				buf_printf(why, "port %u: %s", c->port,
					strerror(EADDRINUSE));
			return NULL;
		}
	}
	l = listener_new(env);
	l->l.port = c->port;
	l->l.tls = io_tls_copy(c->tls);
	l->l.on_accept = c->on_accept;
	l->l.arg = c->arg;
	return &l->l;
}

struct io_listener *mem_listen_unix(struct io_env *env, const char *path,
	void (*on_accept)(void *arg, struct io_stream *s), void *arg,
	struct buf *why)
{
	struct mem_listener *l = listener_new(env);

	(void)why;
	l->path = base_strdup(path);
	l->l.on_accept = on_accept;
	l->l.arg = arg;
	return &l->l;
}

void mem_listener_close(struct io_listener *listener)
{
	struct mem_listener *l = container_of(listener, struct mem_listener, l);

	/* Those that nobody has accepted yet have nobody to accept them. */
	list_each(it, tmp, &listener->env->streams) {
		struct mem_stream *s =
			container_of(it, struct mem_stream, s.node);

		if (s->listener == listener) {
			s->listener = NULL;
			mem_stream_reset(s, IO_RESET, "");
		}
	}
	list_remove(&listener->node);
	io_tls_free(&listener->tls);
	free(l->path);
	free(l);
}
