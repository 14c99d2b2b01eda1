/*
 * table.h: a hash table from bytes to a pointer, keyed with SipHash-1-3 so
 * that a peer who chooses the keys cannot choose the collisions.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/** SipHash-1-3 of @s.  @key is 16 secret bytes. */
uint64_t table_siphash(const uint8_t key[16], struct str s);

struct table;

/** A new table; @key is copied.  Returns owned, table_free(). */
struct table *table_new(const uint8_t key[16]);
/** Free the table, not what it points to; *@t becomes NULL. */
void table_free(struct table **t);

/** The value stored under @key, or NULL. */
void *table_get(struct table *t, struct str key);
/**
 * Store @value under @key.  The key is borrowed: it must live, unchanged, in
 * the value (or as long as the entry).
 * Returns the value that was replaced, or NULL.
 */
void *table_put(struct table *t, struct str key, void *value);
/** Remove and return the value, or NULL. */
void *table_remove(struct table *t, struct str key);
size_t table_count(const struct table *t);

/**
 * Walk: start with *@cursor = 0; returns NULL at the end.  Removing the entry
 * just returned is allowed, adding is not.
 */
void *table_next(const struct table *t, size_t *cursor);

#endif
