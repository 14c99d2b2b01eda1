/*
 * chars.c: the table of character classes.
 */
#include "sip/chars.h"

/* What letters, digits and marks are, besides themselves. */
#define COMMON                                                              \
	(CHAR_UNRESERVED | CHAR_USER | CHAR_PARAM | CHAR_HEADER |           \
		CHAR_VISIBLE | CHAR_VALUE)
#define ALNUM (COMMON | CHAR_TOKEN | CHAR_HOST | CHAR_ATOM)
#define SEEN (CHAR_VISIBLE | CHAR_VALUE)

const uint16_t sip_chars[256] = {
	[0x00 ... 0x08] = CHAR_CONTROL,
	['\t'] = CHAR_WSP,
	[0x0a ... 0x1f] = CHAR_CONTROL,
	[' '] = CHAR_WSP,
	[0x7f] = CHAR_CONTROL,

	['0' ... '9'] = ALNUM | CHAR_DIGIT | CHAR_HEX,
	['A' ... 'F'] = ALNUM | CHAR_ALPHA | CHAR_HEX,
	['G' ... 'Z'] = ALNUM | CHAR_ALPHA,
	['a' ... 'f'] = ALNUM | CHAR_ALPHA | CHAR_HEX,
	['g' ... 'z'] = ALNUM | CHAR_ALPHA,

	/* mark */
	['-'] = COMMON | CHAR_TOKEN | CHAR_HOST | CHAR_ATOM,
	['_'] = COMMON | CHAR_TOKEN | CHAR_HOST | CHAR_ATOM,
	['.'] = COMMON | CHAR_TOKEN | CHAR_HOST | CHAR_ATOM,
	['!'] = COMMON | CHAR_TOKEN | CHAR_ATOM,
	['~'] = COMMON | CHAR_TOKEN | CHAR_ATOM,
	['*'] = COMMON | CHAR_TOKEN | CHAR_ATOM,
	['\''] = COMMON | CHAR_TOKEN | CHAR_ATOM,
	['('] = COMMON,
	[')'] = COMMON,

	['%'] = SEEN | CHAR_TOKEN | CHAR_ATOM,
	['`'] = SEEN | CHAR_TOKEN | CHAR_ATOM,
	['+'] = SEEN | CHAR_TOKEN | CHAR_ATOM | CHAR_USER | CHAR_PARAM |
		CHAR_HEADER,
	['&'] = SEEN | CHAR_ATOM | CHAR_USER | CHAR_PARAM | CHAR_HEADER,
	['$'] = SEEN | CHAR_ATOM | CHAR_USER | CHAR_PARAM | CHAR_HEADER,
	['='] = SEEN | CHAR_ATOM | CHAR_USER | CHAR_HEADER,
	['/'] = SEEN | CHAR_ATOM | CHAR_USER | CHAR_PARAM | CHAR_HEADER,
	['?'] = SEEN | CHAR_ATOM | CHAR_USER | CHAR_HEADER,
	[','] = CHAR_VISIBLE | CHAR_USER,
	[';'] = CHAR_VISIBLE | CHAR_USER,
	[':'] = SEEN | CHAR_PARAM | CHAR_HEADER,
	['['] = SEEN | CHAR_PARAM | CHAR_HEADER,
	[']'] = SEEN | CHAR_PARAM | CHAR_HEADER,
	['#'] = SEEN | CHAR_ATOM,
	['^'] = SEEN | CHAR_ATOM,
	['{'] = SEEN | CHAR_ATOM,
	['|'] = SEEN | CHAR_ATOM,
	['}'] = SEEN | CHAR_ATOM,
	['@'] = SEEN,
	['"'] = CHAR_VISIBLE,
	['<'] = CHAR_VISIBLE,
	['>'] = CHAR_VISIBLE,
	['\\'] = CHAR_VISIBLE,
};
