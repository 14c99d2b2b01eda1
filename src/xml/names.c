/*
 * names.c: a set of hashes, open addressing, grown at three quarters.
 */
#include "xml/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/rand.h"

enum { FIRST_SIZE = 64 };

void xml_names_init(struct xml_names *n)
{
	struct rand_source kernel = rand_kernel();

	*n = (struct xml_names){ .key = rand_u64(&kernel) | 1 };
}

static uint64_t hash(uint64_t key, const char *s, size_t len)
{
	uint64_t h = len;

	while (len) {
		uint64_t word = 0;
		size_t part = len < 8 ? len : 8;

		memcpy(&word, s, part);
		h = (h ^ word) * key;
		h ^= h >> 32;
		s += part;
		len -= part;
	}
	return h * key;
}

/* The slot that holds @mark, or the free one where it belongs. */
static uint32_t *find(const struct xml_names *n, uint32_t mark)
{
	size_t i = mark & (n->size - 1);

	while (n->slots[i] && n->slots[i] != mark)
		i = (i + 1) & (n->size - 1);
	return &n->slots[i];
}

static void grow(struct xml_names *n)
{
	uint32_t *old = n->slots;
	size_t size = n->size;

	n->size = size ? size * 2 : FIRST_SIZE;
	n->slots = base_alloc0(n->size * sizeof(*n->slots));
	for (size_t i = 0; i < size; i++)
		if (old[i])
			*find(n, old[i]) = old[i];
	free(old);
}

void xml_names_add(struct xml_names *n, const char *name, size_t len)
{
	uint32_t mark = (uint32_t)(hash(n->key, name, len) >> 32);
	uint32_t *slot;

	if (mark == 0)
		mark = 1;
	if (n->count >= n->size / 4 * 3)
		grow(n);
	slot = find(n, mark);
	if (*slot)
		return;
	*slot = mark;
	n->count++;
}

void xml_names_clear(struct xml_names *n)
{
	free(n->slots);
	n->slots = NULL;
	n->size = n->count = 0;
}
