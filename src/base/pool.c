#define _GNU_SOURCE /* strchrnul() */
#include "base/pool.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	FIRST_BLOCK = 1024,   /* bytes, header included */
	BIGGEST_BLOCK = 65536,
	KEPT_BLOCK = 16384,   /* what a reset keeps at most */
};

struct pool_block {
	struct pool_block *older;
	size_t size; /* header included */
	max_align_t room[];
};

unsigned budget_percent(const struct budget *b)
{
	if (!b || b->max == 0)
		return 0;
	return (unsigned)(100.0 * (double)b->used / (double)b->max);
}

static void budget_add(struct budget *b, size_t n)
{
	if (b)
		b->used += n;
}

static void budget_drop(struct budget *b, size_t n)
{
	if (!b)
		return;
	stox_require(b->used >= n);
	b->used -= n;
}

static void *checked(void *p)
{
	if (!p) {
		fputs("stox: out of memory\n", stderr);
		abort();
	}
	return p;
}

/* malloc(0) may return NULL, which is not a failure: ask for one byte. */
void *base_alloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *base_alloc0(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *base_realloc(void *p, size_t size)
{
	return checked(realloc(p, size ? size : 1));
}

char *base_strdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(base_alloc(size), s, size);
}

void base_require_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "stox: %s:%d: not true: %s\n", file, line, expr);
	abort();
}

static void poison(struct pool_block *b)
{
#ifdef POOL_SHADOW
	__asan_poison_memory_region(b->room, b->size - sizeof(*b));
#else
	(void)b;
#endif
}

/* No room, but not NULL either: zero bytes can be had without a block. */
static void use_nothing(struct pool *p)
{
	p->block = NULL;
	p->next = p->end = (char *)p;
}

/* Make @b the block that is being filled, empty. */
static void use_block(struct pool *p, struct pool_block *b)
{
	poison(b);
	p->block = b;
	p->next = (char *)b->room;
	p->end = (char *)b + b->size;
}

struct pool *pool_new(struct budget *budget)
{
	struct pool *p = base_alloc0(sizeof(*p));

	use_nothing(p);
	p->budget = budget;
	p->size = sizeof(*p);
	budget_add(budget, p->size);
	return p;
}

static void drop_block(struct pool *p, struct pool_block *b)
{
	p->size -= b->size;
	budget_drop(p->budget, b->size);
	free(b);
}

void *pool_grow(struct pool *p, size_t size)
{
	size_t want = FIRST_BLOCK;
	struct pool_block *b;

	stox_require(size <= SIZE_MAX / 2);
	if (p->block)
		want = p->block->size * 2;
	if (want > BIGGEST_BLOCK)
		want = BIGGEST_BLOCK;
	if (want < size + sizeof(*b))
		want = size + sizeof(*b);
	b = base_alloc(want);
	b->size = want;
	b->older = p->block;
	p->size += want;
	budget_add(p->budget, want);
	use_block(p, b);
	return pool_chars(p, size);
}

void pool_reset(struct pool *p)
{
	struct pool_block *keep = NULL;
	struct pool_block *older;

	for (struct pool_block *b = p->block; b; b = older) {
		older = b->older;
		if (b->size <= KEPT_BLOCK && (!keep || b->size > keep->size)) {
			if (keep)
				drop_block(p, keep);
			keep = b;
		} else {
			drop_block(p, b);
		}
	}
	use_nothing(p);
	if (keep) {
		keep->older = NULL;
		use_block(p, keep);
	}
}

void pool_free(struct pool **pp)
{
	struct pool *p = *pp;
	struct pool_block *older;

	if (!p)
		return;
	for (struct pool_block *b = p->block; b; b = older) {
		older = b->older;
		drop_block(p, b);
	}
	budget_drop(p->budget, sizeof(*p));
	free(p);
	*pp = NULL;
}

size_t pool_size(const struct pool *p)
{
	return p->size;
}

char *pool_strndup(struct pool *p, const char *s, size_t len)
{
	char *copy = pool_chars(p, len + 1);

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *pool_strdup(struct pool *p, const char *s)
{
	return pool_strndup(p, s, strlen(s));
}

struct str pool_str(struct pool *p, struct str s)
{
	return (struct str){ pool_strndup(p, s.p, s.len), s.len };
}

/* ---- printf ----
 *
 * Most formats only join texts, "%s/%s": printf() takes many times as long for
 * that as this. */

static char *put(char *to, const char *s, size_t len)
{
	return memcpy(to, s, len) + len;
}

static char *join(struct pool *p, const char *format, const char *const *texts,
	const size_t *lens, size_t len)
{
	char *text = pool_chars(p, len + 1), *to = text;
	const char *sign;

	while (*(sign = strchrnul(format, '%'))) {
		to = put(to, format, (size_t)(sign - format));
		to = put(to, *texts++, *lens++);
		format = sign + 2;
	}
	to = put(to, format, (size_t)(sign - format));
	*to = '\0';
	return text;
}

enum { JOINED_MAX = 6 };

/* NULL: there is more in @format than a few plain %s. */
static char *try_join(struct pool *p, const char *format, va_list ap)
{
	const char *texts[JOINED_MAX], *at = format;
	size_t lens[JOINED_MAX], len = 0, n = 0;

	for (; *(at = strchrnul(at, '%')); at += 2) {
		if (at[1] != 's' || n == JOINED_MAX)
			return NULL;
		texts[n] = va_arg(ap, const char *);
		if (!texts[n])
			return NULL;
		lens[n] = strlen(texts[n]);
		len += lens[n++];
	}
	len += (size_t)(at - format) - 2 * n;
	return join(p, format, texts, lens, len);
}

char *pool_vprintf(struct pool *p, const char *format, va_list ap)
{
	BASE_SCRATCH char guess[256];
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	text = try_join(p, format, again);
	va_end(again);
	if (text)
		return text;
	va_copy(again, ap);
	len = vsnprintf(guess, sizeof(guess), format, ap);
	stox_require(len >= 0);
	text = pool_chars(p, (size_t)len + 1);
	if ((size_t)len < sizeof(guess))
		memcpy(text, guess, (size_t)len + 1);
	else
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

char *pool_printf(struct pool *p, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = pool_vprintf(p, format, ap);
	va_end(ap);
	return text;
}
