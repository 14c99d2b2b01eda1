/*
 * dns.c: names looked up by libunbound, in its own thread, validated when
 * there is a trust anchor.  A small cache above it keeps the decoded answers.
 */
#include "base/table.h"
#include "io/uv_env.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>

#define ROOT_KEY "/usr/share/dns/root.key"
#define PATIENCE_MS 10000  /* for one question */
#define KEEP_S 300         /* at most, of a positive answer */
#define KEEP_NEGATIVE_S 60
#define KEEP_FAILURE_S 5
#define CACHE_SIZE 1024
#define MAX_RECORDS 64
#define NAME_SIZE 256

/* An answer, one block: records, their names and data behind it. */
struct answer {
	unsigned refs;
	uint64_t until_ms;
	char key[NAME_SIZE + 8]; /* "type name" */
	struct io_dns_result result;
	struct io_dns_record records[];
};

struct question {
	struct io_query q;
	int async_id;
	bool asked;            /* counts as pending */
	struct answer *answer; /* one reference, once it is there */
	struct timer patience;
	struct io_task tell;
	char key[NAME_SIZE + 8];
};

struct uv_dns {
	struct uv_env *env;
	struct ub_ctx *ctx;
	uv_poll_t poll;
	bool handle_open;
	size_t pending;
	struct list questions;
	struct table *cache;   /* struct answer by key */
};

/* ---- decoding ----------------------------------------------------------- */

/* A name in wire form, lower case; false when it is not a host name. */
static bool decode_name(const uint8_t *p, size_t len, char *out)
{
	size_t at = 0, used = 0;

	while (at < len && p[at] != 0) {
		size_t label = p[at++];

		if (label > 63 || at + label > len ||
			used + label + 2 > NAME_SIZE)
			return false;
		for (size_t i = 0; i < label; i++) {
			char c = (char)p[at + i];

			if (c >= 'A' && c <= 'Z')
				c = (char)(c - 'A' + 'a');
			if (c <= ' ' || c > '~' || c == '.')
				return false;
			out[used++] = c;
		}
		out[used++] = '.';
		at += label;
	}
	if (at >= len)
		return false;
	if (used > 0)
		used--; /* no final dot */
	else
		out[used++] = '.';
	out[used] = '\0';
	return true;
}

static uint16_t u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* @room takes the record's name or data.  False for a record that is no use. */
static bool decode(struct io_dns_record *r, enum io_dns_type type,
	const uint8_t *p, size_t len, char *room)
{
	switch (type) {
	case IO_DNS_A:
		return len == 4 &&
		       inet_ntop(AF_INET, p, r->address, sizeof(r->address));
	case IO_DNS_AAAA:
		return len == 16 &&
		       inet_ntop(AF_INET6, p, r->address, sizeof(r->address));
	case IO_DNS_SRV:
		if (len < 7 || !decode_name(p + 6, len - 6, room))
			return false;
		r->priority = u16(p);
		r->weight = u16(p + 2);
		r->port = u16(p + 4);
		r->name = room;
		return true;
	case IO_DNS_TLSA:
		memcpy(room, p, len);
		r->data = (struct str){ room, len };
		return true;
	}
	return false;
}

static size_t room_for(enum io_dns_type type, size_t len)
{
	switch (type) {
	case IO_DNS_SRV:
		return NAME_SIZE;
	case IO_DNS_TLSA:
		return len;
	case IO_DNS_A:
	case IO_DNS_AAAA:
		break;
	}
	return 0;
}

static struct answer *answer_new(const char *key, enum io_dns_status status,
	size_t records, size_t room)
{
	struct answer *a = base_alloc0(sizeof(*a) +
				       records * sizeof(a->records[0]) + room);

	a->refs = 1;
	a->result.status = status;
	snprintf(a->key, sizeof(a->key), "%s", key);
	return a;
}

static enum io_dns_status status_of(int error, const struct ub_result *r)
{
	if (error || !r)
		return IO_DNS_SERVFAIL;
	if (r->bogus)
		return IO_DNS_BOGUS;
	if (r->havedata)
		return IO_DNS_OK;
	if (r->nxdomain)
		return IO_DNS_NXDOMAIN;
	return r->rcode == 0 ? IO_DNS_NODATA : IO_DNS_SERVFAIL;
}

static struct answer *answer_from(const struct question *q, int error,
	const struct ub_result *r)
{
	enum io_dns_status status = status_of(error, r);
	size_t n = 0, room = 0;
	struct answer *a;
	char *at;

	while (status == IO_DNS_OK && n < MAX_RECORDS && r->data[n])
		room += room_for(q->q.type, (size_t)r->len[n++]);
	a = answer_new(q->key, status, n, room);
	at = (char *)(a->records + n);
	for (size_t i = 0; i < n; i++) {
		size_t len = (size_t)r->len[i];

		if (!decode(&a->records[a->result.count], q->q.type,
			    (const uint8_t *)r->data[i], len, at))
			continue;
		a->result.count++;
		at += room_for(q->q.type, len);
	}
	if (r && status != IO_DNS_SERVFAIL) {
		a->result.secure = r->secure;
		a->result.ttl_s = r->ttl > 0 ? (uint32_t)r->ttl : 0;
	}
	if (status == IO_DNS_OK && a->result.count == 0)
		a->result.status = IO_DNS_NODATA;
	a->result.records = a->records;
	return a;
}

static void answer_unref(struct answer *a)
{
	if (a && --a->refs == 0)
		free(a);
}

/* ---- the cache ---------------------------------------------------------- */

static void forget(struct uv_dns *dns, bool all)
{
	uint64_t now = io_now_ms(&dns->env->env);
	size_t cursor = 0;
	struct answer *a;

	while ((a = table_next(dns->cache, &cursor)))
		if (all || a->until_ms <= now) {
			table_remove(dns->cache, str_from(a->key));
			answer_unref(a);
		}
}

static uint64_t keep_s(const struct io_dns_result *r)
{
	uint64_t ttl = r->ttl_s;

	switch (r->status) {
	case IO_DNS_OK:
		return ttl < KEEP_S ? ttl : KEEP_S;
	case IO_DNS_NXDOMAIN:
	case IO_DNS_NODATA:
		return ttl < KEEP_NEGATIVE_S ? ttl : KEEP_NEGATIVE_S;
	case IO_DNS_SERVFAIL:
	case IO_DNS_BOGUS:
		break;
	}
	return KEEP_FAILURE_S;
}

static void keep(struct uv_dns *dns, struct answer *a)
{
	uint64_t seconds = keep_s(&a->result);

	if (seconds == 0)
		return;
	if (table_count(dns->cache) >= CACHE_SIZE)
		forget(dns, false);
	if (table_count(dns->cache) >= CACHE_SIZE)
		forget(dns, true);
	a->until_ms = io_now_ms(&dns->env->env) + seconds * 1000;
	a->refs++;
	answer_unref(table_put(dns->cache, str_from(a->key), a));
}

static struct answer *recall(struct uv_dns *dns, const char *key)
{
	struct answer *a = table_get(dns->cache, str_from(key));

	return a && a->until_ms > io_now_ms(&dns->env->env) ? a : NULL;
}

/* ---- questions ---------------------------------------------------------- */

/* The handle keeps the loop running only while an answer is due. */
static void count_pending(struct uv_dns *dns, int change)
{
	dns->pending = (size_t)((ptrdiff_t)dns->pending + change);
	if (!dns->handle_open)
		return;
	if (dns->pending > 0)
		uv_ref((uv_handle_t *)&dns->poll);
	else
		uv_unref((uv_handle_t *)&dns->poll);
}

static void question_free(struct question *q)
{
	struct uv_env *env = uv_env_of(q->q.env);

	if (q->asked) {
		ub_cancel(env->dns->ctx, q->async_id);
		count_pending(env->dns, -1);
	}
	timer_stop(env->env.wheel, &q->patience);
	io_undefer(&q->tell);
	list_remove(&q->q.node);
	answer_unref(q->answer);
	free(q);
}

static void tell(void *arg)
{
	struct question *q = arg;
	void (*done)(void *, const struct io_dns_result *) = q->q.done;
	void *done_arg = q->q.arg;
	struct answer *a = q->answer;

	q->answer = NULL;
	question_free(q);
	done(done_arg, &a->result);
	answer_unref(a);
}

/* @a is taken. */
static void settle(struct question *q, struct answer *a)
{
	q->answer = a;
	timer_stop(q->q.env->wheel, &q->patience);
	io_defer(q->q.env, &q->tell);
}

static void on_answer(void *arg, int error, struct ub_result *r)
{
	struct question *q = arg;
	struct uv_dns *dns = uv_env_of(q->q.env)->dns;
	struct answer *a = answer_from(q, error, r);

	ub_resolve_free(r);
	q->asked = false;
	count_pending(dns, -1);
	keep(dns, a);
	settle(q, a);
}

static void on_patience(void *arg)
{
	struct question *q = arg;
	struct uv_dns *dns = uv_env_of(q->q.env)->dns;

	ub_cancel(dns->ctx, q->async_id);
	q->asked = false;
	count_pending(dns, -1);
	settle(q, answer_new(q->key, IO_DNS_SERVFAIL, 0, 0));
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
	struct uv_dns *dns = handle->data;

	(void)status;
	(void)events;
	uv_env_enter(dns->env);
	ub_process(dns->ctx);
}

/* ---- the resolver ------------------------------------------------------- */

static void set(struct ub_ctx *ctx, const char *option, const char *value)
{
	ub_ctx_set_option(ctx, option, value);
}

static int configure(struct uv_env *env, struct ub_ctx *ctx)
{
	const char *anchor = env->dns_trust_anchor;
	int rc = 0;

	ub_ctx_debugout(ctx, NULL);
	/* After an outage the world is to be believed again within a minute. */
	set(ctx, "cache-max-negative-ttl:", "60");
	set(ctx, "infra-host-ttl:", "60");
	set(ctx, "infra-keep-probing:", "yes");
	set(ctx, "do-not-query-localhost:", "no");
	if (env->dns_servers) {
		for (size_t i = 0; env->dns_servers[i] && rc == 0; i++)
			rc = ub_ctx_set_fwd(ctx, env->dns_servers[i]);
	} else {
		/* Without these it would ask the root servers itself. */
		ub_ctx_resolvconf(ctx, NULL);
		ub_ctx_hosts(ctx, NULL);
	}
	/* Servers of one's own choice may serve private names that nobody
	 * has signed. */
	if (!anchor && !env->dns_servers && access(ROOT_KEY, R_OK) == 0)
		anchor = ROOT_KEY;
	if (rc == 0 && anchor && *anchor)
		rc = ub_ctx_add_ta_file(ctx, anchor);
	if (rc == 0)
		rc = ub_ctx_async(ctx, 1);
	return rc;
}

static struct ub_ctx *make_context(struct uv_env *env)
{
	struct ub_ctx *ctx = ub_ctx_create();
	int rc = ctx ? configure(env, ctx) : UB_NOMEM;

	if (rc == 0)
		return ctx;
	log_event(env->env.log, STOX_LOG_ERROR, "io", 0, "resolver",
		"error=\"%s\"", ub_strerror(rc));
	if (ctx)
		ub_ctx_delete(ctx);
	return NULL;
}

static struct uv_dns *dns_of(struct uv_env *env)
{
	struct uv_dns *dns = env->dns;
	uint8_t key[16];

	if (dns)
		return dns;
	env->dns = dns = base_alloc0(sizeof(*dns));
	dns->env = env;
	list_init(&dns->questions);
	rand_bytes(&env->env.rand, key, sizeof(key));
	dns->cache = table_new(key);
	dns->ctx = make_context(env);
	if (!dns->ctx)
		return dns;
	dns->poll.data = dns;
	if (uv_poll_init(&env->loop, &dns->poll, ub_fd(dns->ctx)) == 0) {
		dns->handle_open = true;
		uv_poll_start(&dns->poll, UV_READABLE, on_ready);
		uv_unref((uv_handle_t *)&dns->poll);
	}
	return dns;
}

static void ask(struct uv_dns *dns, struct question *q, const char *name)
{
	struct io_env *env = q->q.env;
	bool full = dns->pending >= limit_get(env->limits, LIMIT_DNS_PENDING);

	if (full)
		limit_hit(env->limits, LIMIT_DNS_PENDING);
	if (full || !dns->handle_open ||
		ub_resolve_async(dns->ctx, name, (int)q->q.type, 1, q,
			on_answer, &q->async_id) != 0) {
		settle(q, answer_new(q->key, IO_DNS_SERVFAIL, 0, 0));
		return;
	}
	q->asked = true;
	count_pending(dns, 1);
	timer_start(env->wheel, &q->patience, PATIENCE_MS);
}

struct io_query *uv_dns_ask(struct io_env *env, const char *name,
	enum io_dns_type type,
	void (*done)(void *arg, const struct io_dns_result *r), void *arg)
{
	struct uv_dns *dns = dns_of(uv_env_of(env));
	struct question *q = base_alloc0(sizeof(*q));
	struct answer *known;

	q->q.env = env;
	q->q.type = type;
	q->q.done = done;
	q->q.arg = arg;
	timer_init(&q->patience, on_patience, q);
	io_task_init(&q->tell, tell, q);
	list_append(&dns->questions, &q->q.node);
	snprintf(q->key, sizeof(q->key), "%d %s", (int)type, name);
	known = recall(dns, q->key);
	if (known) {
		known->refs++;
		settle(q, known);
	} else {
		ask(dns, q, name);
	}
	return &q->q;
}

void uv_dns_cancel(struct io_query *query)
{
	question_free(container_of(query, struct question, q));
}

static void on_closed(uv_handle_t *handle)
{
	((struct uv_dns *)handle->data)->handle_open = false;
}

void uv_dns_close(struct uv_env *env)
{
	struct uv_dns *dns = env->dns;

	if (!dns)
		return;
	list_each(it, tmp, &dns->questions)
		uv_dns_cancel(container_of(it, struct io_query, node));
	if (dns->handle_open)
		uv_close((uv_handle_t *)&dns->poll, on_closed);
}

void uv_dns_free(struct uv_dns **dns)
{
	struct uv_dns *d = *dns;

	*dns = NULL;
	if (!d)
		return;
	forget(d, true);
	table_free(&d->cache);
	if (d->ctx)
		ub_ctx_delete(d->ctx);
	free(d);
}
