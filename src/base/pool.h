/*
 * pool.h: memory with one owner, freed as a whole.
 *
 * Allocation never returns NULL.  A budget counts what all pools and buffers of
 * a node hold; the node looks at it *before* it takes on new work (at 80 % no
 * new streams or exchanges, at 95 % idle ones close), so that allocation itself
 * needs no error path.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct pool;

/** Bytes held and allowed.  @max 0 means no bound. */
struct budget {
	size_t used, max;
	/* pools that were freed, for the next: so many at most.  Whoever sets
	 * that calls budget_clear() */
	unsigned spare_max, spare_count;
	struct pool *spare;
};

/** Per cent of @b in use, 0 when it has no bound or is NULL. */
unsigned budget_percent(const struct budget *b);

/** Free the pools that wait for their next use; none will wait any more. */
void budget_clear(struct budget *b);

/** malloc, calloc and realloc that end the process instead of failing. */
void *base_alloc(size_t size);
void *base_alloc0(size_t size);
void *base_realloc(void *p, size_t size);
char *base_strdup(const char *s);

/** End the process with file, line and the expression: our own mistake. */
#define stox_require(e) \
	((e) ? (void)0 : base_require_failed(#e, __FILE__, __LINE__))
void base_require_failed(const char *expr, const char *file, int line)
	__attribute__((noreturn));

/* For what is big, on the stack, and written before it is read: hardened builds
 * would fill it with zeros every time. */
#ifdef __has_attribute
#if __has_attribute(uninitialized)
#define BASE_SCRATCH __attribute__((uninitialized))
#endif
#endif
#ifndef BASE_SCRATCH
#define BASE_SCRATCH
#endif

struct pool_block;

struct pool {
	char *next, *end;         /* the free room */
	struct pool_block *block; /* where the room is; links to older ones */
	size_t size;              /* bytes held from the system */
	struct budget *budget;    /* borrowed, may be NULL */
	struct pool *spare;       /* the next of those that wait in it */
};

/* A sanitizer build sees the use of pool memory that was not handed out. */
#if defined(__SANITIZE_ADDRESS__)
#define POOL_SHADOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_SHADOW 1
#endif
#endif
#ifdef POOL_SHADOW
#include <sanitizer/asan_interface.h>
#define pool_hand_out(p, size) __asan_unpoison_memory_region((p), (size))
#else
#define pool_hand_out(p, size) ((void)0)
#endif

/**
 * An empty pool, new or used before.  Returns owned, pool_free().
 * @budget  borrowed, may be NULL; must outlive the pool
 */
struct pool *pool_new(struct budget *budget);

/** Forget everything allocated but keep one block, the biggest up to 16 KiB,
 *  so that work of the same size as before asks the system for nothing. */
void pool_reset(struct pool *p);

/** Free the pool and all in it, or leave it to its budget; *@p becomes NULL.
 *  NULL is harmless. */
void pool_free(struct pool **p);

/** Bytes the pool holds from the system. */
size_t pool_size(const struct pool *p);

/* The slow ways of the two below: a new block. */
void *pool_grow(struct pool *p, size_t size);

/** @size bytes without alignment, for text, not cleared. */
static inline char *pool_chars(struct pool *p, size_t size)
{
	char *at = p->next;

	if (size > (size_t)(p->end - at))
		return pool_grow(p, size);
	p->next = at + size;
	pool_hand_out(at, size);
	return at;
}

/** @size bytes, aligned for any type, not cleared. */
static inline void *pool_alloc(struct pool *p, size_t size)
{
	size_t pad = -(uintptr_t)p->next & (_Alignof(max_align_t) - 1);
	size_t room = (size_t)(p->end - p->next);

	if (room < pad || size > room - pad)
		return pool_grow(p, size);
	p->next += pad;
	return pool_chars(p, size);
}

/** The same, cleared. */
static inline void *pool_alloc0(struct pool *p, size_t size)
{
	return memset(pool_alloc(p, size), 0, size);
}

/** Copies, always NUL terminated. */
char *pool_strdup(struct pool *p, const char *s);
char *pool_strndup(struct pool *p, const char *s, size_t len);
struct str pool_str(struct pool *p, struct str s);
char *pool_printf(struct pool *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *pool_vprintf(struct pool *p, const char *format, va_list ap);

#endif
