#include "core/routes.h"

#include <stdlib.h>

#include "core/node.h"

enum {
	WORTH_IT = 16,        /* bytes: shorter sets stay in their rows */
	DAY_S = 86400,
	LIFE_S = 30 * DAY_S,  /* no dialog lives so long without a refresh */
};

struct route_set {
	struct routes *all;
	uint64_t number, seen_s;
	size_t len;
	char bytes[];
};

struct routes {
	struct node *node;
	struct table *by_bytes, *by_number;
	uint64_t last;
};

static uint64_t now_s(const struct routes *r)
{
	return io_wall_us(r->node->env) / 1000000;
}

static struct str number_key(const uint64_t *number)
{
	return (struct str){ (const char *)number, sizeof(*number) };
}

static struct route_set *add(struct routes *r, uint64_t number,
	struct str packed, uint64_t seen_s)
{
	struct route_set *s = base_alloc(sizeof(*s) + packed.len);

	s->all = r;
	s->number = number;
	s->seen_s = seen_s;
	s->len = packed.len;
	memcpy(s->bytes, packed.p, packed.len);
	table_put(r->by_bytes, (struct str){ s->bytes, s->len }, s);
	table_put(r->by_number, number_key(&s->number), s);
	if (number > r->last)
		r->last = number;
	return s;
}

static void read_set(void *arg, uint64_t number, struct str packed,
	uint64_t seen_s)
{
	add(arg, number, packed, seen_s);
}

struct routes *routes_new(struct node *n, struct buf *why)
{
	struct routes *r = base_alloc0(sizeof(*r));
	uint64_t now;
	uint8_t key[16];

	r->node = n;
	rand_bytes(io_rand(n->env), key, sizeof(key));
	r->by_bytes = table_new(key);
	r->by_number = table_new(key);
	now = now_s(r);
	if (store_routes_read(n->store, now > LIFE_S ? now - LIFE_S : 0,
		    (unsigned)limit_get(n->limits, LIMIT_ROUTE_SETS), read_set,
		    r) < 0) {
		buf_add_text(why, "the store cannot tell the routes of earlier "
			"runs");
		routes_free(&r);
	}
	return r;
}

void routes_free(struct routes **routes)
{
	struct routes *r = *routes;
	struct route_set *s;

	*routes = NULL;
	if (!r)
		return;
	for (uint64_t i = r->last; i > 0 && table_count(r->by_number); i--) {
		s = table_remove(r->by_number, number_key(&i));
		free(s);
	}
	table_free(&r->by_bytes);
	table_free(&r->by_number);
	free(r);
}

/* Its row may not be there: it is written with the next use. */
static void written(void *arg, int error)
{
	struct route_set *s = arg;

	if (error)
		s->seen_s = 0;
}

/* Before the row that names it: the store keeps the order. */
static void keep(struct route_set *s)
{
	s->seen_s = now_s(s->all);
	store_route_put(s->all->node->store, s->number,
		(struct str){ s->bytes, s->len }, s->seen_s, written, s);
}

uint64_t routes_number(struct routes *r, struct str packed)
{
	struct route_set *s;
	struct limits *l = r->node->limits;

	if (packed.len < WORTH_IT)
		return 0;
	s = table_get(r->by_bytes, packed);
	if (!s) {
		if (table_count(r->by_number) >= limit_get(l, LIMIT_ROUTE_SETS)) {
			limit_hit(l, LIMIT_ROUTE_SETS);
			return 0;
		}
		s = add(r, r->last + 1, packed, 0);
	}
	if (s->seen_s + DAY_S <= now_s(r))
		keep(s);
	return s->number;
}

struct str routes_find(const struct routes *r, uint64_t number)
{
	const struct route_set *s =
		table_get(r->by_number, number_key(&number));

	return s ? (struct str){ s->bytes, s->len } : (struct str){ NULL, 0 };
}
