/*
 * locate.c: the servers of a domain, by SRV records.  RFC 2782.  Stands on
 * io_dns(), so it works in both environments.
 */
#include "io/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SERVICES 4
#define MAX_RECORDS 64 /* of one service; more is an attack */

struct found {
	struct io_target target;
	uint16_t priority, weight;
};

struct ask {
	struct io_locate *locate;
	struct io_query *query;
};

struct io_locate {
	struct io_env *env;
	struct list node;
	struct io_locate_config c; /* its strings are copied below */
	char domain[256];
	size_t services, waiting;
	struct ask asks[MAX_SERVICES];
	struct found *found;
	size_t count;
	bool refused, failed; /* a "." target; a resolver failure */
	struct io_task finish;
};

static void locate_free(struct io_locate *l)
{
	for (size_t i = 0; i < l->services; i++)
		io_dns_cancel(&l->asks[i].query);
	io_undefer(&l->finish);
	list_remove(&l->node);
	free(l->found);
	free(l);
}

/* ---- order -------------------------------------------------------------- */

/* By service when the caller wants them one after the other, by priority, and
 * weight 0 first, as RFC 2782 has it for the running sum. */
static int compare(const struct found *a, const struct found *b, bool in_order)
{
	if (in_order && a->target.service != b->target.service)
		return a->target.service - b->target.service;
	if (a->priority != b->priority)
		return a->priority - b->priority;
	return (b->weight == 0) - (a->weight == 0);
}

static void sort(struct found *f, size_t n, bool in_order)
{
	for (size_t i = 1; i < n; i++) {
		struct found one = f[i];
		size_t at = i;

		for (; at > 0 && compare(&f[at - 1], &one, in_order) > 0; at--)
			f[at] = f[at - 1];
		f[at] = one;
	}
}

/* Pick from @n candidates of one priority; the rest keep their order. */
static void pick_first(struct rand_source *r, struct found *f, size_t n)
{
	uint64_t sum = 0, at;
	struct found one;
	size_t i = 0;

	for (size_t k = 0; k < n; k++)
		sum += f[k].weight;
	at = rand_below(r, sum + 1);
	for (sum = f[0].weight; sum < at; sum += f[i].weight)
		i++;
	one = f[i];
	memmove(f + 1, f, i * sizeof(*f));
	f[0] = one;
}

static void arrange(struct io_locate *l)
{
	bool in_order = l->c.in_order;
	size_t end;

	sort(l->found, l->count, in_order);
	for (size_t i = 0; i < l->count; i++) {
		const struct found *f = &l->found[i];

		for (end = i + 1; end < l->count; end++)
			if (l->found[end].priority != f->priority ||
				(in_order && l->found[end].target.service !=
						     f->target.service))
				break;
		pick_first(io_rand(l->env), &l->found[i], end - i);
	}
}

/* ---- the verdict -------------------------------------------------------- */

static void report(struct io_locate *l, enum io_locate_status status,
	const struct io_target *targets, size_t count)
{
	void (*done)(void *, enum io_locate_status, const struct io_target *,
		size_t) = l->c.done;
	void *arg = l->c.arg;

	locate_free(l);
	done(arg, status, targets, count);
}

static void report_found(struct io_locate *l)
{
	size_t max = limit_get(l->env->limits, LIMIT_SIP_CANDIDATES), n = 0;
	struct io_target *targets;

	arrange(l);
	targets = base_alloc((l->count + 1) * sizeof(*targets));
	for (size_t i = 0; i < l->count && n < max; i++)
		targets[n++] = l->found[i].target;
	if (l->count > max)
		limit_hit(l->env->limits, LIMIT_SIP_CANDIDATES);
	report(l, IO_LOCATED, targets, n);
	free(targets);
}

static void finish(void *arg)
{
	struct io_locate *l = arg;
	struct io_target target = { .port = l->c.fallback_port, .service = -1 };

	if (l->count > 0) {
		report_found(l);
	} else if (l->refused) {
		report(l, IO_LOCATE_NO_SERVICE, NULL, 0);
	} else if (l->failed) {
		/* Guessing behind a broken resolver's back could send traffic
		 * to the wrong host. */
		report(l, IO_LOCATE_FAILED, NULL, 0);
	} else if (l->c.fallback_port) {
		snprintf(target.host, sizeof(target.host), "%s", l->domain);
		report(l, IO_LOCATED, &target, 1);
	} else {
		report(l, IO_LOCATE_NOT_FOUND, NULL, 0);
	}
}

/* ---- questions ---------------------------------------------------------- */

static void add(struct io_locate *l, const struct io_dns_record *r, int service,
	bool secure)
{
	struct found *f;
	size_t len = strlen(r->name);

	if (strcmp(r->name, ".") == 0 || len == 0) {
		l->refused = true;
		return;
	}
	if (len >= sizeof(f->target.host) || r->port == 0)
		return;
	f = &l->found[l->count++];
	memcpy(f->target.host, r->name, len + 1);
	f->target.port = r->port;
	f->target.service = service;
	f->target.secure = secure;
	f->priority = r->priority;
	f->weight = r->weight;
}

static void on_answer(void *arg, const struct io_dns_result *r)
{
	struct ask *ask = arg;
	struct io_locate *l = ask->locate;
	size_t n = r->count < MAX_RECORDS ? r->count : MAX_RECORDS;

	ask->query = NULL;
	if (r->status == IO_DNS_SERVFAIL || r->status == IO_DNS_BOGUS)
		l->failed = true;
	if (n > 0)
		l->found = base_realloc(l->found,
			(l->count + n) * sizeof(*l->found));
	for (size_t i = 0; i < n; i++)
		add(l, &r->records[i], (int)(ask - l->asks), r->secure);
	if (--l->waiting == 0)
		finish(l);
}

static void ask_all(struct io_locate *l)
{
	char name[320];

	for (size_t i = 0; i < l->services; i++) {
		snprintf(name, sizeof(name), "%s.%s", l->c.services[i],
			l->domain);
		l->asks[i].locate = l;
		l->asks[i].query = io_dns(l->env, name, IO_DNS_SRV, on_answer,
			&l->asks[i]);
	}
}

struct io_locate *io_locate(struct io_env *env,
	const struct io_locate_config *c)
{
	struct io_locate *l = base_alloc0(sizeof(*l));
	union io_address literal;

	l->env = env;
	l->c = *c;
	list_append(&env->locates, &l->node);
	io_task_init(&l->finish, finish, l);
	snprintf(l->domain, sizeof(l->domain), "%s", c->domain);
	while (l->services < MAX_SERVICES && c->services &&
		c->services[l->services])
		l->services++;
	if (io_address_parse(l->domain, 0, &literal))
		l->services = 0;
	l->waiting = l->services;
	ask_all(l);
	l->c.services = NULL;
	if (l->services == 0)
		io_defer(env, &l->finish);
	return l;
}

void io_locate_cancel(struct io_locate **l)
{
	if (*l)
		locate_free(*l);
	*l = NULL;
}

void io_locate_drop_all(struct io_env *env)
{
	list_each(it, tmp, &env->locates)
		locate_free(container_of(it, struct io_locate, node));
}
