#include "core/count.h"

#include <stdlib.h>

#include "core/node.h"
#include "stox/service/count.h"

enum {
	COUNTS_KEPT = 16384, /* in memory; then the least used are forgotten */
	WAIT_MS = 10000,     /* a disk that slow is not waited for */
};

struct count {
	struct list node;     /* by use */
	struct node *owner;
	char *name;
	int64_t n;            /* while the store is asked: the change since */
	bool asking;
	uint64_t asked;       /* questions before this one */
	uint64_t *waiting;    /* wait tokens */
	size_t waiting_count;
};

struct counts {
	struct table *by_name;
	struct list by_use;
	uint64_t asked;       /* questions to the store */
};

struct counts *counts_new(struct node *n)
{
	struct counts *c = base_alloc0(sizeof(*c));
	uint8_t key[16];

	rand_bytes(io_rand(n->env), key, sizeof(key));
	c->by_name = table_new(key);
	list_init(&c->by_use);
	return c;
}

static void count_free(struct counts *c, struct count *e)
{
	table_remove(c->by_name, str_from(e->name));
	list_remove(&e->node);
	free(e->name);
	free(e->waiting);
	free(e);
}

void counts_free(struct counts **c)
{
	struct counts *old = *c;

	*c = NULL;
	if (!old)
		return;
	list_each (it, tmp, &old->by_use)
		count_free(old, container_of(it, struct count, node));
	table_free(&old->by_name);
	free(old);
}

/* What is forgotten is in the store, or on its way there before any question. */
static void make_room(struct counts *c)
{
	list_each (it, tmp, &c->by_use) {
		struct count *e = container_of(it, struct count, node);

		if (table_count(c->by_name) < COUNTS_KEPT)
			return;
		if (!e->asking)
			count_free(c, e);
	}
}

static void found(void *arg, int error, struct str value)
{
	struct count *e = arg;
	uint64_t n = 0;

	e->asking = false;
	if (!error && str_to_u64(value, INT64_MAX / 2, &n) == 0)
		e->n += (int64_t)n;
	for (size_t i = 0; i < e->waiting_count; i++) {
		struct stox_exchange *x =
			handles_get(e->owner->waits, e->waiting[i]);

		if (x)
			wait_end(x, STOX_WAIT_WOKEN);
	}
	free(e->waiting);
	e->waiting = NULL;
	e->waiting_count = 0;
	if (error == -STOX_EIO) /* asked again next time */
		count_free(e->owner->counted, e);
}

static struct count *get(struct node *n, const char *name)
{
	return table_get(n->counted->by_name, str_from(name));
}

/** The count in memory, or being read. */
static struct count *need(struct node *n, const char *name)
{
	struct counts *c = n->counted;
	struct count *e = get(n, name);

	if (e) {
		list_remove(&e->node);
		list_append(&c->by_use, &e->node);
		return e;
	}
	make_room(c);
	e = base_alloc0(sizeof(*e));
	e->owner = n;
	e->name = base_strdup(name);
	e->asking = true;
	e->asked = c->asked++;
	table_put(c->by_name, str_from(e->name), e);
	list_append(&c->by_use, &e->node);
	store_count_get(n->store, str_from(e->name), found, e);
	return e;
}

stox_verdict stox_count_wait(struct stox_exchange *x, const char *const *names,
	stox_then *then, void *arg)
{
	struct count *last = NULL;
	stox_verdict verdict;
	uint64_t token;

	/* the store answers in the order of the questions */
	for (; *names; names++) {
		struct count *e = need(x->node, *names);

		if (e->asking && (!last || e->asked > last->asked))
			last = e;
	}
	if (!last)
		return then(x, STOX_WAIT_WOKEN, arg);
	verdict = stox_wait(x, WAIT_MS, then, arg, &token);
	last->waiting = base_realloc(last->waiting,
		(last->waiting_count + 1) * sizeof(*last->waiting));
	last->waiting[last->waiting_count++] = token;
	return verdict;
}

static bool is_discovered(const struct stox_exchange *x)
{
	return x->side == STOX_XMPP ? x->xmpp_domain->discovered
				    : x->sip_domain->discovered;
}

static enum limit_id limit_of(const struct stox_exchange *x,
	enum stox_count_limit limit)
{
	switch (limit) {
	case STOX_COUNT_ASKED:
		return LIMIT_PAIRS_USER;
	case STOX_COUNT_WATCHERS:
		return LIMIT_PAIRS_WATCHERS;
	case STOX_COUNT_DOMAIN:
		break;
	}
	return is_discovered(x) ? LIMIT_PAIRS_DISCOVERED : LIMIT_PAIRS_DOMAIN;
}

bool stox_count_full(struct stox_exchange *x, const char *name,
	enum stox_count_limit limit)
{
	struct limits *l = x->node->limits;
	enum limit_id id = limit_of(x, limit);
	const struct count *e = get(x->node, name);

	if (!e || e->n < 0 || (uint64_t)e->n < limit_get(l, id))
		return false;
	limit_hit(l, id);
	return true;
}

void stox_count_change(struct stox_host *host, const char *name, bool more)
{
	struct count *e = get(host->node, name);

	if (e)
		e->n += more ? 1 : -1;
	store_count_change(host->node->store, str_from(name), more, NULL, NULL);
}
