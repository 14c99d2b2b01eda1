#include "base/fair.h"

void fair_init(struct fair *f)
{
	list_init(&f->turns);
	for (size_t i = 0; i < FAIR_LANES; i++) {
		list_init(&f->lanes[i].turn);
		list_init(&f->lanes[i].items);
	}
}

void fair_clear(struct fair *f)
{
	while (fair_take(f))
		continue;
}

void fair_put(struct fair *f, struct list *item, uint32_t source)
{
	struct fair_lane *l = &f->lanes[source % FAIR_LANES];

	list_append(&l->items, item);
	if (list_empty(&l->turn))
		list_append(&f->turns, &l->turn);
}

/* The lane whose turn it is.  Those that others have emptied leave. */
static struct fair_lane *next_lane(struct fair *f)
{
	while (!list_empty(&f->turns)) {
		struct fair_lane *l =
			container_of(f->turns.next, struct fair_lane, turn);

		if (!list_empty(&l->items))
			return l;
		list_remove(&l->turn);
	}
	return NULL;
}

struct list *fair_take(struct fair *f)
{
	struct fair_lane *l = next_lane(f);
	struct list *item;

	if (!l)
		return NULL;
	item = l->items.next;
	list_remove(item);
	list_remove(&l->turn);
	if (!list_empty(&l->items))
		list_append(&f->turns, &l->turn);
	return item;
}

bool fair_empty(struct fair *f)
{
	return !next_lane(f);
}

size_t fair_count(const struct fair *f)
{
	size_t n = 0;

	for (size_t i = 0; i < FAIR_LANES; i++)
		list_each (it, tmp, &f->lanes[i].items)
			n++;
	return n;
}
