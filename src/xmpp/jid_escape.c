/*
 * jid_escape.c: XEP-0106: characters that a local part cannot hold.
 */
#include "xmpp/jid.h"

/* The ten, and the two digits that follow the backslash. */
static const struct {
	char c;
	char code[3];
} escapes[] = {
	{ ' ', "20" },
	{ '"', "22" },
	{ '&', "26" },
	{ '\'', "27" },
	{ '/', "2f" },
	{ ':', "3a" },
	{ '<', "3c" },
	{ '>', "3e" },
	{ '@', "40" },
	{ '\\', "5c" },
};
enum { ESCAPE_COUNT = sizeof(escapes) / sizeof(escapes[0]) };

static const char *code_of(char c)
{
	if (c > '\\') /* most letters */
		return NULL;
	for (size_t i = 0; i < ESCAPE_COUNT; i++)
		if (escapes[i].c == c)
			return escapes[i].code;
	return NULL;
}

/* The character that @s (behind a backslash) begins to encode, or NUL. */
static char decode(struct str s, bool any_case)
{
	for (size_t i = 0; i < ESCAPE_COUNT; i++) {
		struct str code = { escapes[i].code, 2 };

		if (any_case ? str_istarts(s, code) : str_starts(s, code))
			return escapes[i].c;
	}
	return '\0';
}

const char *jid_escape(struct pool *pool, struct str text)
{
	char *out = pool_alloc(pool, 3 * text.len + 1), *to = out;

	if (text.len && (text.p[0] == ' ' || text.p[text.len - 1] == ' '))
		return NULL;
	for (size_t i = 0; i < text.len; i++) {
		struct str rest = { text.p + i + 1, text.len - i - 1 };
		const char *code = code_of(text.p[i]);

		/* A backslash may stay unless it would be read as an escape;
		 * in any case, for preparation makes 5C of it 5c. */
		if (text.p[i] == '\\' && !decode(rest, true))
			code = NULL;
		if (!code) {
			*to++ = text.p[i];
			continue;
		}
		*to++ = '\\';
		*to++ = code[0];
		*to++ = code[1];
	}
	*to = '\0';
	return out;
}

const char *jid_unescape(struct pool *pool, struct str local)
{
	char *out = pool_alloc(pool, local.len + 1), *to = out;

	for (size_t i = 0; i < local.len; i++) {
		struct str rest = { local.p + i + 1, local.len - i - 1 };
		char c = local.p[i] == '\\' ? decode(rest, false) : '\0';

		*to++ = c ? c : local.p[i];
		if (c)
			i += 2;
	}
	*to = '\0';
	return out;
}
