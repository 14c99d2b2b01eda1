#define _GNU_SOURCE /* strchrnul() */
#include "base/pool.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	FIRST_BLOCK = 1024,   /* bytes, header included */
	BIGGEST_BLOCK = 65536,
	KEPT_BLOCK = 16384,   /* what a reset keeps at most */
	SMALL = 1024,         /* cleared by hand */
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

/* What was freed last is at hand for malloc(), but not for the calloc() of most
 * versions of glibc.  Large blocks may be known to be clear. */
void *base_alloc0(size_t size)
{
	if (size > SMALL)
		return checked(calloc(1, size));
	return memset(base_alloc(size), 0, size);
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
	struct pool *p;

	if (budget && budget->spare) {
		p = budget->spare;
		budget->spare = p->spare;
		budget->spare_count--;
		return p;
	}
	p = base_alloc0(sizeof(*p));
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

static void destroy(struct pool *p)
{
	struct pool_block *older;

	for (struct pool_block *b = p->block; b; b = older) {
		older = b->older;
		drop_block(p, b);
	}
	budget_drop(p->budget, sizeof(*p));
	free(p);
}

void pool_free(struct pool **pp)
{
	struct pool *p = *pp;
	struct budget *b = p ? p->budget : NULL;

	*pp = NULL;
	if (!p)
		return;
	if (!b || b->spare_count >= b->spare_max) {
		destroy(p);
		return;
	}
	pool_reset(p);
	p->spare = b->spare;
	b->spare = p;
	b->spare_count++;
}

void budget_clear(struct budget *b)
{
	struct pool *p;

	b->spare_max = b->spare_count = 0;
	while ((p = b->spare)) {
		b->spare = p->spare;
		destroy(p);
	}
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
 * Most formats only join texts and numbers, "%s/%.*s;%u": printf() takes many
 * times as long for that as this. */

enum { JOINED_MAX = 6, DIGITS_MAX = 10 };

/* What is written between and for the conversions, in turn. */
struct pieces {
	struct str all[2 * JOINED_MAX + 1];
	size_t count, len;
	char digits[JOINED_MAX][DIGITS_MAX];
};

static void add_piece(struct pieces *all, const char *p, size_t len)
{
	all->all[all->count++] = (struct str){ p, len };
	all->len += len;
}

static void add_number(struct pieces *all, unsigned n)
{
	char *end = all->digits[all->count / 2] + DIGITS_MAX, *at = end;

	do {
		*--at = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	add_piece(all, at, (size_t)(end - at));
}

static bool add_text(struct pieces *all, const char *text)
{
	if (text)
		add_piece(all, text, strlen(text));
	return text;
}

static bool add_cut_text(struct pieces *all, int most, const char *text)
{
	if (text && most >= 0)
		add_piece(all, text, strnlen(text, (size_t)most));
	return text && most >= 0;
}

/* False: there is more in @format than a few plain %s, %.*s and %u. */
static bool find_pieces(struct pieces *all, const char *format, va_list ap)
{
	const char *sign = strchrnul(format, '%');
	bool good = true;
	int most;

	all->count = all->len = 0;
	for (; good && *sign; sign = strchrnul(format, '%')) {
		if (all->count == 2 * JOINED_MAX)
			return false;
		add_piece(all, format, (size_t)(sign - format));
		format = sign + 2;
		if (sign[1] == 's') {
			good = add_text(all, va_arg(ap, const char *));
		} else if (sign[1] == 'u') {
			add_number(all, va_arg(ap, unsigned));
		} else if (strncmp(sign + 1, ".*s", 3) == 0) {
			most = va_arg(ap, int);
			good = add_cut_text(all, most,
				va_arg(ap, const char *));
			format = sign + 4;
		} else {
			return false;
		}
	}
	add_piece(all, format, (size_t)(sign - format));
	return good;
}

static char *join(struct pool *p, const struct pieces *all)
{
	char *text = pool_chars(p, all->len + 1), *to = text;

	for (size_t i = 0; i < all->count; i++)
		to = (char *)memcpy(to, all->all[i].p, all->all[i].len) +
			all->all[i].len;
	*to = '\0';
	return text;
}

char *pool_vprintf(struct pool *p, const char *format, va_list ap)
{
	BASE_SCRATCH struct pieces pieces;
	BASE_SCRATCH char room[200];
	va_list again;
	char *text;
	bool joined;
	int len;

	va_copy(again, ap);
	joined = find_pieces(&pieces, format, again);
	va_end(again);
	if (joined)
		return join(p, &pieces);
	va_copy(again, ap);
	len = vsnprintf(room, sizeof(room), format, ap);
	stox_require(len >= 0);
	if ((size_t)len < sizeof(room)) {
		text = pool_strndup(p, room, (size_t)len);
	} else {
		text = pool_chars(p, (size_t)len + 1);
		vsnprintf(text, (size_t)len + 1, format, again);
	}
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
