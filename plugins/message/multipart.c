/*
 * multipart/alternative: the part that serves best.  RFC 2046, 5.1.
 */
#define _GNU_SOURCE /* memmem() */
#include <string.h>
#include <strings.h>

#include "message.h"

/* Parts looked at; more is nobody's honest message. */
enum { PARTS = 8 };

struct part {
	const char *type;
	const char *body;
	size_t len;
	bool encoded;    /* a transfer encoding that we do not undo */
};

/** Value of the header @name among the lines from @p to @end, or NULL. */
static const char *part_header(struct stox_exchange *x, const char *p,
	const char *end, const char *name)
{
	size_t n = strlen(name);

	while (p < end) {
		const char *eol = memmem(p, (size_t)(end - p), "\r\n", 2);

		if (!eol)
			eol = end;
		if ((size_t)(eol - p) > n && strncasecmp(p, name, n) == 0 &&
			p[n] == ':') {
			for (p += n + 1; p < eol && (*p == ' ' || *p == '\t');)
				p++;
			return stox_printf(x, "%.*s", (int)(eol - p), p);
		}
		p = eol + 2;
	}
	return NULL;
}

/** Take one part apart: headers, blank line, body. */
static bool read_part(struct stox_exchange *x, const char *p, const char *end,
	struct part *ret)
{
	const char *blank = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
	const char *encoding;

	if (!blank)
		return false;
	encoding = part_header(x, p, blank, "Content-Transfer-Encoding");
	ret->type = part_header(x, p, blank, "Content-Type");
	ret->body = blank + 4;
	ret->len = (size_t)(end - ret->body);
	ret->encoded = encoding && strcasecmp(encoding, "7bit") != 0 &&
		       strcasecmp(encoding, "8bit") != 0 &&
		       strcasecmp(encoding, "binary") != 0;
	if (!ret->type)
		ret->type = "text/plain";
	return true;
}

/** Plain text is better than HTML; the rest is not for us. */
static int rank(const struct part *p)
{
	if (p->encoded)
		return 0;
	return message_type_is(p->type, "text/plain") ? 2
		: message_type_is(p->type, "text/html") ? 1 : 0;
}

bool message_multipart_pick(struct stox_exchange *x, const char *type,
	const char *body, size_t len, const char **ret_type,
	const char **ret_body, size_t *ret_len)
{
	const char *boundary = message_type_parameter(x, type, "boundary");
	const char *mark, *p, *next, *end = body + len;
	struct part best = { 0 }, part;
	size_t n;

	if (!boundary || !*boundary || strlen(boundary) > 70)
		return false;
	mark = stox_printf(x, "--%s", boundary);
	n = strlen(mark);
	p = memmem(body, len, mark, n);
	for (int i = 0; p && i < PARTS; i++, p = next) {
		p += n;
		if (end - p < 2 || memcmp(p, "\r\n", 2) != 0)
			break; /* "--": the last one */
		next = memmem(p, (size_t)(end - p), mark, n);
		if (!next || next - p < 4)
			break;
		if (read_part(x, p + 2, next - 2, &part) &&
			rank(&part) > (best.type ? rank(&best) : 0))
			best = part;
	}
	if (!best.type)
		return false;
	*ret_type = best.type;
	*ret_body = best.body;
	*ret_len = best.len;
	return true;
}
