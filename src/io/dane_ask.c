/*
 * dane_ask.c: the question for TLSA records.  Stands on io_dns(), so it works
 * in both environments.  RFC 7673, 3.
 */
#include "io/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SERVICES 4

/* One question for DNS. */
struct look {
	struct list node;
	struct io_dane_ask *ask;
	struct io_query *query;
	enum io_dns_type type;
	uint16_t port;
	char host[256];
};

struct io_dane_ask {
	struct io_env *env;
	struct list node;
	struct list looks;     /* under way */
	size_t targets;
	struct io_dane *dane;  /* owned; what is known so far */
	bool some_without;     /* a target without usable records */
	struct timer patience;
	struct io_task finish;
	void (*done)(void *arg, struct io_dane *dane);
	void *arg;
};

static void look_free(struct look *look)
{
	io_dns_cancel(&look->query);
	list_remove(&look->node);
	free(look);
}

static void ask_free(struct io_dane_ask *a)
{
	list_each(it, tmp, &a->looks)
		look_free(container_of(it, struct look, node));
	timer_stop(a->env->wheel, &a->patience);
	io_undefer(&a->finish);
	list_remove(&a->node);
	io_dane_free(&a->dane);
	free(a);
}

/* ---- the answer --------------------------------------------------------- */

static void finish(void *arg)
{
	struct io_dane_ask *a = arg;
	void (*done)(void *, struct io_dane *) = a->done;
	void *done_arg = a->arg;
	struct io_dane *dane = a->dane;

	if (dane->status != IO_DANE_FAILED)
		dane->status = a->targets > 0 && !a->some_without
				       ? IO_DANE_RECORDS
				       : IO_DANE_NONE;
	a->dane = NULL;
	ask_free(a);
	done(done_arg, dane);
}

static void on_patience(void *arg)
{
	struct io_dane_ask *a = arg;

	limit_hit(a->env->limits, LIMIT_DANE_TIME);
	/* Most domains are not signed: until the SRV record has shown that
	 * this one is, silence says nothing. */
	list_each(it, tmp, &a->looks)
		if (container_of(it, struct look, node)->type != IO_DNS_SRV)
			a->dane->status = IO_DANE_FAILED;
	finish(a);
}

/* Keep copies of the usable records of one target. */
static size_t take_records(struct io_dane_ask *a, const struct io_dns_result *r)
{
	struct limits *limits = a->env->limits;
	struct io_dane *d = a->dane;
	struct io_tlsa *one = base_alloc((r->count + 1) * sizeof(*one));
	size_t n = 0, taken = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (r->records[i].data.len > limit_get(limits,
						     LIMIT_DANE_RECORD))
			limit_hit(limits, LIMIT_DANE_RECORD);
		else if (io_tlsa_read(r->records[i].data, SIZE_MAX, &one[n]))
			n++;
	}
	n = io_tlsa_agile(one, n);
	d->records = base_realloc(d->records,
		(d->count + n + 1) * sizeof(*d->records));
	for (; taken < n; taken++) {
		struct str data = one[taken].data;

		if (d->count >= limit_get(limits, LIMIT_DANE_RECORDS)) {
			limit_hit(limits, LIMIT_DANE_RECORDS);
			break;
		}
		d->records[d->count] = one[taken];
		d->records[d->count++].data.p =
			memcpy(base_alloc(data.len), data.p, data.len);
	}
	free(one);
	return n;
}

/* ---- questions ---------------------------------------------------------- */

static void start(struct look *look);

static void look_new(struct io_dane_ask *a, enum io_dns_type type,
	const char *host, uint16_t port)
{
	struct look *look = base_alloc0(sizeof(*look));

	look->ask = a;
	look->type = type;
	look->port = port;
	snprintf(look->host, sizeof(look->host), "%s", host);
	list_append(&a->looks, &look->node);
	start(look);
}

static void add_target(struct io_dane_ask *a, const char *host, uint16_t port,
	bool secure)
{
	size_t max = limit_get(a->env->limits, LIMIT_SIP_CANDIDATES);
	union io_address literal;

	if (a->targets++ >= max)
		limit_hit(a->env->limits, LIMIT_SIP_CANDIDATES);
	if (secure && a->targets <= max &&
		!io_address_parse(host, 0, &literal))
		look_new(a, IO_DNS_TLSA, host, port);
	else
		a->some_without = true;
}

static void on_srv(struct io_dane_ask *a, const struct io_dns_result *r)
{
	if (r->status == IO_DNS_BOGUS)
		a->dane->status = IO_DANE_FAILED;
	for (size_t i = 0; i < r->count; i++)
		if (r->records[i].port != 0 &&
			strcmp(r->records[i].name, ".") != 0)
			add_target(a, r->records[i].name, r->records[i].port,
				r->secure);
}

/* Returns whether the look goes on. */
static bool on_tlsa(struct look *look, const struct io_dns_result *r)
{
	struct io_dane_ask *a = look->ask;

	switch (r->status) {
	case IO_DNS_OK:
		if (!r->secure || take_records(a, r) == 0)
			a->some_without = true;
		return false;
	case IO_DNS_NXDOMAIN:
	case IO_DNS_NODATA:
		a->some_without = true;
		return false;
	case IO_DNS_SERVFAIL:
		/* Some servers of unsigned zones choke on the type.  Whether
		 * the zone is signed, an address tells.  RFC 7672, 2.2.2. */
		look->type = IO_DNS_A;
		start(look);
		return true;
	case IO_DNS_BOGUS:
		break;
	}
	a->dane->status = IO_DANE_FAILED;
	return false;
}

static void on_address(struct io_dane_ask *a, const struct io_dns_result *r)
{
	if (r->secure || r->status == IO_DNS_SERVFAIL ||
		r->status == IO_DNS_BOGUS)
		a->dane->status = IO_DANE_FAILED;
	else
		a->some_without = true;
}

static void on_answer(void *arg, const struct io_dns_result *r)
{
	struct look *look = arg;
	struct io_dane_ask *a = look->ask;

	look->query = NULL;
	if (look->type == IO_DNS_SRV)
		on_srv(a, r);
	else if (look->type == IO_DNS_TLSA && on_tlsa(look, r))
		return;
	else if (look->type == IO_DNS_A)
		on_address(a, r);
	look_free(look);
	if (list_empty(&a->looks))
		finish(a);
}

static void start(struct look *look)
{
	char name[256 + 16];

	if (look->type == IO_DNS_TLSA)
		snprintf(name, sizeof(name), "_%u._tcp.%s", look->port,
			look->host);
	else
		snprintf(name, sizeof(name), "%s", look->host);
	look->query = io_dns(look->ask->env, name, look->type, on_answer, look);
}

struct io_dane_ask *io_dane_ask(struct io_env *env,
	const struct io_dane_ask_config *c)
{
	struct io_dane_ask *a = base_alloc0(sizeof(*a));
	char name[256];

	a->env = env;
	a->done = c->done;
	a->arg = c->arg;
	a->dane = base_alloc0(sizeof(*a->dane));
	list_init(&a->looks);
	list_append(&env->danes, &a->node);
	timer_init(&a->patience, on_patience, a);
	io_task_init(&a->finish, finish, a);
	for (size_t i = 0; i < c->count; i++)
		add_target(a, c->targets[i].host, c->targets[i].port,
			c->targets[i].secure);
	for (size_t i = 0; c->services && i < MAX_SERVICES && c->services[i];
		i++) {
		snprintf(name, sizeof(name), "%s.%s", c->services[i],
			c->domain);
		look_new(a, IO_DNS_SRV, name, 0);
	}
	if (list_empty(&a->looks))
		io_defer(env, &a->finish);
	else
		timer_start(env->wheel, &a->patience,
			limit_get(env->limits, LIMIT_DANE_TIME) * 1000);
	return a;
}

void io_dane_ask_cancel(struct io_dane_ask **ask)
{
	if (*ask)
		ask_free(*ask);
	*ask = NULL;
}

void io_dane_drop_all(struct io_env *env)
{
	list_each(it, tmp, &env->danes)
		ask_free(container_of(it, struct io_dane_ask, node));
}
