/*
 * chars.h: what a byte may be in SIP.  RFC 3261, 25.1.
 * For the files of the model only.
 */
#ifndef SIP_CHARS_H
#define SIP_CHARS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
	CHAR_ALPHA = 1 << 0,
	CHAR_DIGIT = 1 << 1,
	CHAR_HEX = 1 << 2,
	CHAR_WSP = 1 << 3,     /* SP and HT */
	CHAR_CONTROL = 1 << 4, /* C0 but HT, and DEL */
	CHAR_TOKEN = 1 << 5,
	CHAR_UNRESERVED = 1 << 6,
	CHAR_USER = 1 << 7,    /* unreserved and user-unreserved */
	CHAR_PARAM = 1 << 8,   /* unreserved and param-unreserved */
	CHAR_HEADER = 1 << 9,  /* unreserved and hnv-unreserved, '=' and '&' */
	CHAR_HOST = 1 << 10,   /* host names; '_' is tolerated */
	CHAR_ATOM = 1 << 11,   /* atext and '.': local parts of im: and pres: */
	CHAR_VISIBLE = 1 << 12, /* 0x21 to 0x7e */
	CHAR_VALUE = 1 << 13,  /* an unquoted header parameter: visible, but none
	                        * of '"' ',' ';' '<' '>' '\' */
};

extern const uint16_t sip_chars[256];

static inline bool char_is(char c, unsigned classes)
{
	return sip_chars[(unsigned char)c] & classes;
}

/** Does @s consist of such bytes only?  True when empty. */
static inline bool chars_all(struct str s, unsigned classes)
{
	for (size_t i = 0; i < s.len; i++)
		if (!char_is(s.p[i], classes))
			return false;
	return true;
}

/** Value of a hex digit, or -1. */
static inline int char_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** The part of @s from @at on. */
static inline struct str chars_from(struct str s, size_t at)
{
	return (struct str){ s.p + at, s.len - at };
}

/** The first @n bytes of @s. */
static inline struct str chars_first(struct str s, size_t n)
{
	return (struct str){ s.p, n };
}

/**
 * Length of the quoted string that @s begins with, both quotes included, or 0
 * when it does not end.
 */
static inline size_t chars_quoted(struct str s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

#endif
