#include "base/str.h"

#include "base/word.h"
#include "stox/types.h"

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_ieq(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (a.p[i] != b.p[i] && lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool str_iis(struct str a, const char *b)
{
	return str_ieq(a, str_from(b));
}

static struct str head(struct str s, size_t len)
{
	return (struct str){ s.p, len < s.len ? len : s.len };
}

bool str_starts(struct str s, struct str prefix)
{
	return str_eq(head(s, prefix.len), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
	return str_ieq(head(s, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	if (suffix.len > s.len)
		return false;
	if (suffix.len == 0)
		return true;
	s.p += s.len - suffix.len;
	s.len = suffix.len;
	return str_eq(s, suffix);
}

struct str str_cut(struct str *s, char sep)
{
	struct str before = *s;
	ptrdiff_t at = str_find(*s, sep);

	if (at < 0) {
		*s = (struct str){ NULL, 0 };
		return before;
	}
	before.len = (size_t)at;
	s->p += at + 1;
	s->len -= (size_t)at + 1;
	return before;
}

int str_to_u64(struct str s, uint64_t max, uint64_t *ret_value)
{
	uint64_t n = 0;

	if (s.len == 0)
		return -STOX_EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.p[i] - '0';

		/* nineteen digits always fit */
		if (digit > 9 || (i >= 19 && n > (UINT64_MAX - digit) / 10))
			return -STOX_EINVAL;
		n = n * 10 + digit;
	}
	if (n > max)
		return -STOX_EINVAL;
	*ret_value = n;
	return 0;
}

bool str_eq_secret(struct str a, struct str b)
{
	volatile unsigned char differ = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		differ |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differ == 0;
}

/* The first byte tells the length and the lowest code point that needs it. */
size_t str_utf8_next(struct str s, uint32_t *ret_code)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t code, least;
	size_t len;

	if (s.len == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_code = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		len = 2, least = 0x80, code = p[0] & 0x1f;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		len = 3, least = 0x800, code = p[0] & 0x0f;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		len = 4, least = 0x10000, code = p[0] & 0x07;
	} else {
		return 0;
	}
	if (len > s.len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return len;
}

bool str_is_utf8(struct str s)
{
	uint32_t code;
	size_t n;

	while (s.len) {
		if (s.len >= 8 && !(word_load(s.p) & WORD_EACH(0x80))) {
			s.p += 8;
			s.len -= 8;
			continue;
		}
		n = str_utf8_next(s, &code);
		if (n == 0)
			return false;
		s.p += n;
		s.len -= n;
	}
	return true;
}

size_t str_utf8_cut(struct str s, size_t max)
{
	size_t n = max;

	if (s.len <= max)
		return s.len;
	while (n > 0 && max - n < 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	/* four continuation bytes in a row are no character to keep whole */
	return max - n < 4 ? n : max;
}

bool str_has_control(struct str s)
{
	size_t i = 0;

	for (; i + 8 < s.len; i += 8)
		if (word_controls(word_load(s.p + i)))
			return true;
	/* the last word overlaps the one before */
	if (s.len >= 8)
		return word_controls(word_load(s.p + s.len - 8)) != 0;
	for (; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

void str_hex(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

size_t str_base64(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = bytes;
	char *o = out;

	for (; len >= 3; p += 3, len -= 3) {
		*o++ = digits[p[0] >> 2];
		*o++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
		*o++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
		*o++ = digits[p[2] & 63];
	}
	if (len) {
		unsigned second = len == 2 ? p[1] : 0;

		*o++ = digits[p[0] >> 2];
		*o++ = digits[(p[0] & 3) << 4 | second >> 4];
		*o++ = len == 2 ? digits[(second & 15) << 2] : '=';
		*o++ = '=';
	}
	*o = '\0';
	return (size_t)(o - out);
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Strict: whole groups of four, padding only at the end, and the bits that
 * padding leaves over are zero, so that every value has one spelling. */
ptrdiff_t str_unbase64(struct str s, void *out)
{
	unsigned char *o = out;
	size_t padding = 0;

	if (s.len % 4)
		return -STOX_EINVAL;
	while (padding < 2 && padding < s.len &&
	       s.p[s.len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < s.len; i += 4) {
		size_t take = i + 4 == s.len ? 4 - padding : 4;
		uint32_t bits = 0;

		for (size_t j = 0; j < 4; j++) {
			int v = j < take ? base64_value(s.p[i + j]) : 0;

			if (v < 0)
				return -STOX_EINVAL;
			bits = bits << 6 | (uint32_t)v;
		}
		if (take < 4 && bits & (take == 3 ? 0xff : 0xffff))
			return -STOX_EINVAL;
		*o++ = (unsigned char)(bits >> 16);
		if (take > 2)
			*o++ = (unsigned char)(bits >> 8);
		if (take > 3)
			*o++ = (unsigned char)bits;
	}
	return o - (unsigned char *)out;
}
