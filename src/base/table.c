#include "base/table.h"

#include <stdlib.h>

#include "base/pool.h"

enum { LEAST_ROOM = 8 };

/* Open addressing, linear probing.  A removed entry leaves a gravestone when
 * others may have probed past it: nothing moves, so a walk may remove.  The
 * array changes its size only in table_put(), or when it has become empty. */
struct entry {
	struct str key;
	void *value; /* NULL: never used since the last rehash */
	uint64_t hash;
};

struct table {
	uint8_t key[16];
	struct entry *entries;
	size_t room;  /* a power of two, or 0 */
	size_t count; /* entries with a value */
	size_t used;  /* count plus gravestones */
	/* what was found last, or NULL: mostly the next to be looked for, as
	 * the domains of a message are, and what is removed when it is done */
	struct entry *last;
};

static const char grave;

static void *gravestone(void)
{
	return (void *)&grave;
}

static bool alive(const struct entry *e)
{
	return e->value && e->value != gravestone();
}

struct table *table_new(const uint8_t key[16])
{
	struct table *t = base_alloc0(sizeof(*t));

	memcpy(t->key, key, sizeof(t->key));
	return t;
}

void table_free(struct table **t)
{
	if (!*t)
		return;
	free((*t)->entries);
	free(*t);
	*t = NULL;
}

static struct entry *find(struct table *t, struct str key, uint64_t hash)
{
	size_t mask = t->room - 1;

	if (t->room == 0)
		return NULL;
	for (size_t i = hash & mask; t->entries[i].value; i = (i + 1) & mask) {
		struct entry *e = &t->entries[i];

		if (e->hash == hash && alive(e) && str_eq(e->key, key))
			return t->last = e;
	}
	return NULL;
}

/* The same without a hash at hand. */
static struct entry *look_up(struct table *t, struct str key)
{
	if (t->last && alive(t->last) && str_eq(t->last->key, key))
		return t->last;
	return t->count ? find(t, key, table_siphash(t->key, key)) : NULL;
}

void *table_get(struct table *t, struct str key)
{
	struct entry *e = look_up(t, key);

	return e ? e->value : NULL;
}

/* Where an entry that is not there goes: the first free place or grave. */
static struct entry *place(const struct table *t, uint64_t hash)
{
	size_t mask = t->room - 1;
	size_t i = hash & mask;

	while (alive(&t->entries[i]))
		i = (i + 1) & mask;
	return &t->entries[i];
}

/* A new array, at most half full, without graves. */
static void rehash(struct table *t)
{
	struct entry *old = t->entries;
	size_t old_room = t->room;

	t->room = LEAST_ROOM;
	while (t->room < (t->count + 1) * 2)
		t->room *= 2;
	t->entries = base_alloc0(t->room * sizeof(*t->entries));
	for (size_t i = 0; i < old_room; i++)
		if (alive(&old[i]))
			*place(t, old[i].hash) = old[i];
	t->used = t->count;
	t->last = NULL;
	free(old);
}

void *table_put(struct table *t, struct str key, void *value)
{
	uint64_t hash = table_siphash(t->key, key);
	struct entry *e = find(t, key, hash);

	stox_require(value);
	if (e) {
		void *replaced = e->value;

		e->key = key;
		e->value = value;
		return replaced;
	}
	/* more than three quarters used, or less than an eighth */
	if ((t->used + 1) * 4 > t->room * 3 ||
	    (t->room > LEAST_ROOM && (t->count + 1) * 8 < t->room))
		rehash(t);
	e = place(t, hash);
	if (!e->value)
		t->used++;
	*e = (struct entry){ key, value, hash };
	t->count++;
	t->last = e;
	return NULL;
}

/* No probe passes a grave in front of a free place: give it back. */
static void level_graves(struct table *t, size_t i)
{
	size_t mask = t->room - 1;

	if (t->entries[(i + 1) & mask].value)
		return;
	while (t->entries[i].value == gravestone()) {
		t->entries[i].value = NULL;
		t->used--;
		i = (i - 1) & mask;
	}
}

void *table_remove(struct table *t, struct str key)
{
	struct entry *e = look_up(t, key);
	void *value;

	if (!e)
		return NULL;
	value = e->value;
	*e = (struct entry){ .value = gravestone() };
	t->count--;
	if (t->count == 0 && t->room > LEAST_ROOM) {
		free(t->entries);
		t->entries = t->last = NULL;
		t->room = t->used = 0;
	} else {
		level_graves(t, (size_t)(e - t->entries));
	}
	return value;
}

size_t table_count(const struct table *t)
{
	return t->count;
}

void *table_next(const struct table *t, size_t *cursor)
{
	while (*cursor < t->room) {
		const struct entry *e = &t->entries[(*cursor)++];

		if (alive(e))
			return e->value;
	}
	return NULL;
}
