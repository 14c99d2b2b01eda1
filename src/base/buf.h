/*
 * buf.h: a growing byte buffer that always has a maximum.
 *
 * Appending past the maximum sets `overflow` and keeps what was there; from
 * then on nothing is added until buf_clear(), so that the bytes stay a prefix.
 * A writer appends freely and checks once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/str.h"

struct buf {
	char *data;      /* owned or lent; NULL while empty */
	size_t len;      /* bytes in use */
	size_t cap;      /* room in bytes, one more than max at most */
	size_t gap;      /* bytes consumed in front of data; buf.c only */
	size_t max;      /* len never goes above this */
	bool overflow;   /* something did not fit; what is here is a prefix */
	bool lent;       /* data is the caller's: buf_init_in() */
	struct budget *budget; /* borrowed, may be NULL */
};

void buf_init(struct buf *b, size_t max, struct budget *budget);
/** The same, of no budget, that begins in @size bytes of the caller's: what is
 *  usual never asks the system.  @room must outlive buf_free(). */
void buf_init_in(struct buf *b, size_t max, char *room, size_t size);
/** Free the memory; the buffer may be used again. */
void buf_free(struct buf *b);
/** Empty it, keep the memory. */
void buf_clear(struct buf *b);
/** Drop the first @n bytes.  Nothing is moved until the room is needed. */
void buf_consume(struct buf *b, size_t n);
/* The slow way of the next: there is no room. */
char *buf_grow(struct buf *b, size_t n);

/** Make room for @n more bytes and return where they go, or NULL when they
 *  would pass the maximum (overflow is set).  The caller adds to len. */
static inline char *buf_reserve(struct buf *b, size_t n)
{
	/* the room itself is never above the maximum */
	if (n < b->cap - b->len && !b->overflow)
		return b->data + b->len;
	return buf_grow(b, n);
}

void buf_add(struct buf *b, const void *bytes, size_t n);

static inline void buf_add_char(struct buf *b, char c)
{
	char *at = buf_reserve(b, 1);

	if (!at)
		return;
	*at = c;
	b->len++;
}

static inline void buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.len);
}

static inline void buf_add_text(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_u64(struct buf *b, uint64_t n);
void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** The bytes as a C string; "" while empty.  Valid until the next change. */
const char *buf_text(struct buf *b);

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->data, b->len };
}

#endif
