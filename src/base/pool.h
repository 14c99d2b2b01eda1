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

#include "base/str.h"

/** Bytes held and allowed.  @max 0 means no bound. */
struct budget {
	size_t used, max;
};

/** Per cent of @b in use, 0 when it has no bound or is NULL. */
unsigned budget_percent(const struct budget *b);

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

struct pool;

/**
 * A new empty pool.  Returns owned, pool_free().
 * @budget  borrowed, may be NULL; must outlive the pool
 */
struct pool *pool_new(struct budget *budget);

/** Forget everything allocated but keep the first block for reuse. */
void pool_reset(struct pool *p);

/** Free the pool and all in it; *@p becomes NULL.  NULL is harmless. */
void pool_free(struct pool **p);

/** Bytes the pool holds from the system. */
size_t pool_size(const struct pool *p);

/** @size bytes, aligned for any type, not cleared. */
void *pool_alloc(struct pool *p, size_t size);
/** The same, cleared. */
void *pool_alloc0(struct pool *p, size_t size);

/** Copies, always NUL terminated. */
char *pool_strdup(struct pool *p, const char *s);
char *pool_strndup(struct pool *p, const char *s, size_t len);
struct str pool_str(struct pool *p, struct str s);
char *pool_printf(struct pool *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *pool_vprintf(struct pool *p, const char *format, va_list ap);

#endif
