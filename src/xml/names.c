/*
 * names.c: a set of hashes, open addressing, grown at three quarters.
 */
#include "xml/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

enum { FIRST_SIZE = 64 };

void xml_names_init(struct xml_names *n, uint64_t secret)
{
	*n = (struct xml_names){ .key = secret | 1 };
}

static uint64_t mix(uint64_t h, uint64_t word, uint64_t key)
{
	h = (h ^ word) * key;
	return h ^ h >> 32;
}

/* All of 1 to 7 bytes, some twice; the length is mixed in beside it. */
static uint64_t short_word(const char *s, size_t len)
{
	uint32_t first, last;

	if (len < 4)
		return (unsigned char)s[0] | (unsigned char)s[len / 2] << 8 |
		       (unsigned char)s[len - 1] << 16;
	memcpy(&first, s, sizeof(first));
	memcpy(&last, s + len - sizeof(last), sizeof(last));
	return first | (uint64_t)last << 32;
}

static uint64_t hash(uint64_t key, const char *s, size_t len)
{
	uint64_t h = len, word;

	for (; len >= sizeof(word); s += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = mix(h, word, key);
	}
	if (len)
		h = mix(h, short_word(s, len), key);
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
	n->room = n->size / 4 * 3;
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
	if (n->count == n->room)
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
	n->size = n->room = n->count = 0;
}
