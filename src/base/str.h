/*
 * str.h: slices of text and the small operations on them.
 * A slice borrows its bytes and is not NUL terminated.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

/** A slice over a string literal. */
#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
/** For printf: "%.*s", STR_FMT(s). */
#define STR_FMT(s) (int)(s).len, (s).p ? (s).p : ""

static inline struct str str_from(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool str_is(struct str a, const char *b)
{
	return str_eq(a, str_from(b));
}

/** Equal when ASCII case is ignored. */
bool str_ieq(struct str a, struct str b);
bool str_iis(struct str a, const char *b);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/** Index of the first @c, or -1. */
static inline ptrdiff_t str_find(struct str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

/** Without SP and HT at both ends. */
static inline struct str str_trim(struct str s)
{
	while (s.len && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/** Cut *@s at the first @sep: returns what is before, *@s keeps the rest
 *  (.p == NULL when there was no separator left). */
struct str str_cut(struct str *s, char sep);

/**
 * Decimal digits only, no sign, no space, the whole slice.
 * Returns 0, or -STOX_EINVAL when it is not a number or above @max.
 */
int str_to_u64(struct str s, uint64_t max, uint64_t *ret_value);

/** Equal in a time that depends on the length only (secrets, keys). */
bool str_eq_secret(struct str a, struct str b);

/** Well-formed UTF-8: no overlong forms, surrogates, nor above U+10FFFF. */
bool str_is_utf8(struct str s);
/** Length of the well-formed UTF-8 character that @s begins with and its code
 *  point, or 0 when there is none. */
size_t str_utf8_next(struct str s, uint32_t *ret_code);
/** Number of bytes in the longest prefix of at most @max bytes that does not
 *  cut a UTF-8 character. */
size_t str_utf8_cut(struct str s, size_t max);
/** True when a C0 control character, DEL or NUL is inside. */
bool str_has_control(struct str s);

/** Lower-case hex; @out has room for 2 * len + 1. */
void str_hex(const void *bytes, size_t len, char *out);
/** Base64, RFC 4648 with padding; @out has room for 4 * ((len + 2) / 3) + 1.
 *  Returns the length without the NUL. */
size_t str_base64(const void *bytes, size_t len, char *out);
/**
 * Strict decoding.  @out has room for 3 * (s.len / 4) bytes.
 * Returns the number of bytes, or -STOX_EINVAL.
 */
ptrdiff_t str_unbase64(struct str s, void *out);

#endif
