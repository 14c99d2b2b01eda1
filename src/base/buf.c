#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64 };

void buf_init(struct buf *b, size_t max, struct budget *budget)
{
	*b = (struct buf){ .max = max, .budget = budget };
}

void buf_init_in(struct buf *b, size_t max, char *room, size_t size)
{
	/* as if it had grown to that */
	*b = (struct buf){ .data = room, .cap = size <= max ? size : max + 1,
		.max = max, .lent = true };
}

/* The bytes that the budget knows of. */
static size_t held(const struct buf *b)
{
	return b->gap + b->cap;
}

void buf_free(struct buf *b)
{
	if (b->budget)
		b->budget->used -= held(b);
	if (b->data && !b->lent)
		free(b->data - b->gap);
	buf_init(b, b->max, b->budget);
}

/* Give the consumed room in front back to the end. */
static void close_gap(struct buf *b)
{
	if (b->gap == 0)
		return;
	b->data = memmove(b->data - b->gap, b->data, b->len);
	b->cap += b->gap;
	b->gap = 0;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	close_gap(b);
}

void buf_consume(struct buf *b, size_t n)
{
	stox_require(n <= b->len);
	if (n == 0)
		return;
	b->data += n;
	b->gap += n;
	b->cap -= n;
	b->len -= n;
	if (b->len == 0)
		close_gap(b);
}

/* Room for @need bytes in all.  There is always one byte behind the last, for
 * the NUL of buf_text() and vsnprintf(). */
static void grow(struct buf *b, size_t need)
{
	size_t cap;

	/* Moving no more than was consumed keeps the cost per byte constant. */
	if (b->gap >= b->len)
		close_gap(b);
	if (need < b->cap)
		return;
	close_gap(b);
	cap = b->cap < FIRST_SIZE ? FIRST_SIZE : b->cap;
	while (cap <= need)
		cap *= 2;
	if (cap > b->max)
		cap = b->max + 1;
	/* closing the gap may have made the room already */
	if (cap <= b->cap)
		return;
	if (b->budget)
		b->budget->used += cap - b->cap;
	if (b->lent)
		b->data = memcpy(base_alloc(cap), b->data, b->len);
	else
		b->data = base_realloc(b->data, cap);
	b->lent = false;
	b->cap = cap;
}

char *buf_grow(struct buf *b, size_t n)
{
	if (b->overflow || n > b->max - b->len) {
		b->overflow = true;
		return NULL;
	}
	if (b->len + n >= b->cap)
		grow(b, b->len + n);
	return b->data + b->len;
}

/* Not inline: else buf_add() would save registers for it every time. */
static __attribute__((noinline)) void add_more(struct buf *b,
	const void *bytes, size_t n)
{
	char *at = buf_grow(b, n);

	if (!at)
		return;
	memcpy(at, bytes, n);
	b->len += n;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *at;

	if (n == 0)
		return;
	/* as in buf_reserve() */
	if (n >= b->cap - b->len || b->overflow) {
		add_more(b, bytes, n);
		return;
	}
	at = b->data + b->len;
	b->len += n;
	memcpy(at, bytes, n);
}

void buf_add_u64(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	size_t room = b->cap > b->len ? b->cap - b->len : 0;
	va_list ap;
	char *at;
	int n;

	va_start(ap, format);
	n = vsnprintf(room ? b->data + b->len : NULL, room, format, ap);
	va_end(ap);
	stox_require(n >= 0);
	at = buf_reserve(b, (size_t)n);
	if (!at)
		return;
	if ((size_t)n >= room) {
		va_start(ap, format);
		vsnprintf(at, (size_t)n + 1, format, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
}

const char *buf_text(struct buf *b)
{
	if (b->len == 0)
		return "";
	b->data[b->len] = '\0';
	return b->data;
}
