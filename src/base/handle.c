#include "base/handle.h"

#include <stdlib.h>

#include "base/pool.h"

#define NO_SLOT UINT32_MAX
#define FIRST_SLOTS 16u

struct slot {
	void *object;        /* NULL while free */
	uint32_t generation; /* of the present or the next use, never 0 */
	uint32_t next_free;
};

/* Free slots form a queue: the one free for longest is used first, so that
 * generations grow evenly. */
struct handles {
	struct slot *slots;
	uint32_t made, room; /* slots ever used, slots allocated */
	uint32_t first_free, last_free;
	size_t count;
};

struct handles *handles_new(void)
{
	struct handles *h = base_alloc0(sizeof(*h));

	h->first_free = h->last_free = NO_SLOT;
	return h;
}

void handles_free(struct handles **h)
{
	if (!*h)
		return;
	free((*h)->slots);
	free(*h);
	*h = NULL;
}

static uint32_t new_slot(struct handles *h)
{
	if (h->made == h->room) {
		stox_require(h->room < UINT32_MAX / 2);
		h->room = h->room ? h->room * 2 : FIRST_SLOTS;
		h->slots = base_realloc(h->slots,
			h->room * sizeof(*h->slots));
	}
	h->slots[h->made] = (struct slot){ NULL, 1, NO_SLOT };
	return h->made++;
}

static uint32_t take_free(struct handles *h)
{
	uint32_t i = h->first_free;

	h->first_free = h->slots[i].next_free;
	if (h->first_free == NO_SLOT)
		h->last_free = NO_SLOT;
	return i;
}

uint64_t handles_add(struct handles *h, void *object)
{
	uint32_t i;

	stox_require(object);
	i = h->first_free == NO_SLOT ? new_slot(h) : take_free(h);
	h->slots[i].object = object;
	h->count++;
	return (uint64_t)h->slots[i].generation << 32 | i;
}

static struct slot *find(const struct handles *h, uint64_t handle)
{
	uint32_t i = (uint32_t)handle;

	if (i >= h->made || h->slots[i].generation != handle >> 32)
		return NULL;
	return h->slots[i].object ? &h->slots[i] : NULL;
}

void *handles_get(const struct handles *h, uint64_t handle)
{
	struct slot *slot = find(h, handle);

	return slot ? slot->object : NULL;
}

void *handles_remove(struct handles *h, uint64_t handle)
{
	struct slot *slot = find(h, handle);
	uint32_t i = (uint32_t)handle;
	void *object;

	if (!slot)
		return NULL;
	object = slot->object;
	slot->object = NULL;
	slot->next_free = NO_SLOT;
	if (++slot->generation == 0)
		slot->generation = 1;
	if (h->last_free == NO_SLOT)
		h->first_free = i;
	else
		h->slots[h->last_free].next_free = i;
	h->last_free = i;
	h->count--;
	return object;
}

size_t handles_count(const struct handles *h)
{
	return h->count;
}

void *handles_next(const struct handles *h, size_t *cursor)
{
	while (*cursor < h->made) {
		void *object = h->slots[(*cursor)++].object;

		if (object)
			return object;
	}
	return NULL;
}
