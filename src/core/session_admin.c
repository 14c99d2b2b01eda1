/*
 * Sessions for operators: what is in them, page by page, and what is wanted of
 * one, as an event like all others.
 */
#include "core/session_private.h"

#include <stdlib.h>

/* ---- questions -------------------------------------------------------------- */

struct inquiry {
	struct list node;
	struct sessions *all;
	struct sessions_question q;   /* kind: the plugin's, key: unused */
	const struct stox_session_kind *kind;
	struct stox_host *host;
	uint64_t last;                /* id of the last row */
	unsigned rows;
	bool forgotten;
};

/* The row in memory may be newer than the store's. */
static void inquiry_row(void *arg, const struct store_session *row)
{
	struct inquiry *i = arg;
	const struct stox_session *s;
	struct sessions_row r = { .id = row->id, .kind = i->kind,
		.row = row->state.p, .len = row->state.len };
	char *key;

	i->rows++;
	i->last = row->id;
	if (i->forgotten || strcmp(row->kind, i->kind->name) != 0)
		return;
	s = session_by_key(i->all, row->kind, row->key);
	if (s && s->ended)
		return;
	if (s && !s->loading && s->stored) {
		r.row = s->row;
		r.len = s->row_len;
	}
	key = base_alloc(row->key.len + 1);
	memcpy(key, row->key.p, row->key.len);
	key[row->key.len] = '\0';
	r.key = key;
	r.state = i->host->state;
	i->q.row(i->q.arg, &r);
	free(key);
}

static void inquiry_done(void *arg, int error)
{
	struct inquiry *i = arg;
	bool whole = i->q.page && i->rows == i->q.page;

	list_remove(&i->node);
	if (!i->forgotten)
		i->q.done(i->q.arg, error, whole && !error ? i->last : 0);
	free(i);
}

int sessions_ask(struct sessions *all, const struct sessions_question *q)
{
	struct stox_host *host = NULL;
	const struct stox_session_kind *kind =
		session_find_kind(all->node, q->kind, &host);
	struct inquiry *i;

	if (!kind)
		return -STOX_ENOENT;
	i = base_alloc0(sizeof(*i));
	i->all = all;
	i->q = *q;
	i->kind = kind;
	i->host = host;
	list_append(&all->inquiries, &i->node);
	if (q->key) {
		i->q.page = 0;
		store_session_get(all->node->store, kind->name, str_from(q->key),
			inquiry_row, inquiry_done, i);
	} else {
		store_session_list(all->node->store, q->after, q->page,
			inquiry_row, inquiry_done, i);
	}
	return 0;
}

/* ---- orders ----------------------------------------------------------------- */

struct order {
	struct list node;
	struct pool *pool;            /* holds the texts */
	struct stox_admin admin;
	void (*done)(void *arg, int error, bool changed, const char *why);
	void *arg;                    /* with done NULL: forgotten */
};

struct stox_admin *order_admin(struct order *o)
{
	return &o->admin;
}

struct order *order_of(struct stox_admin *a)
{
	return container_of(a, struct order, admin);
}

void order_free(struct order **o)
{
	if (!*o)
		return;
	list_remove(&(*o)->node);
	pool_free(&(*o)->pool);
	free(*o);
	*o = NULL;
}

void order_done(struct order **o, int error)
{
	struct order *order = *o;

	if (!order)
		return;
	if (!error && order->admin.refusal)
		error = -STOX_EPERM;
	if (order->done)
		order->done(order->arg, error, !error && order->admin.changed,
			order->admin.refusal);
	order_free(o);
}

static const struct stox_value *copy_values(struct pool *pool,
	const struct stox_value *values)
{
	struct stox_value *copy;
	size_t n = 0;

	while (values && values[n].name)
		n++;
	copy = pool_alloc0(pool, (n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++) {
		copy[i].name = pool_strdup(pool, values[i].name);
		copy[i].text = pool_strdup(pool, values[i].text);
	}
	return copy;
}

int sessions_order(struct sessions *all, const struct sessions_order *o)
{
	struct stox_event e = { .type = STOX_EVENT_ADMIN };
	struct stox_host *host = NULL;
	const struct stox_session_kind *kind =
		session_find_kind(all->node, o->kind, &host);
	struct stox_session *s;
	struct order *order;

	if (!kind)
		return -STOX_ENOENT;
	order = base_alloc0(sizeof(*order));
	order->pool = pool_new(NULL);
	order->admin.verb = pool_strdup(order->pool, o->verb);
	order->admin.values = copy_values(order->pool, o->values);
	order->done = o->done;
	order->arg = o->arg;
	list_append(&all->orders, &order->node);
	s = stox_session_open(host, kind, o->key);
	e.admin = &order->admin;
	session_post(s, &e);
	return 0;
}

/* ---- the end ---------------------------------------------------------------- */

void sessions_forget(struct sessions *all, const void *arg)
{
	list_each (it, tmp, &all->inquiries) {
		struct inquiry *i = container_of(it, struct inquiry, node);

		i->forgotten = i->forgotten || i->q.arg == arg;
	}
	list_each (it, tmp, &all->orders) {
		struct order *o = container_of(it, struct order, node);

		if (o->arg == arg)
			o->done = NULL;
	}
}

void sessions_drop_operators(struct sessions *all)
{
	list_each (it, tmp, &all->inquiries) {
		struct inquiry *i = container_of(it, struct inquiry, node);

		list_remove(&i->node);
		free(i);
	}
	stox_require(list_empty(&all->orders));
}
