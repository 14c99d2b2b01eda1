/*
 * Text of bodies: media types, charsets, characters that XML lacks.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "message.h"

bool message_type_is(const char *type, const char *wanted)
{
	size_t n = strcspn(type, "; \t");

	return strlen(wanted) == n && strncasecmp(type, wanted, n) == 0;
}

const char *message_type_parameter(struct stox_exchange *x, const char *type,
	const char *name)
{
	const char *p = strchr(type, ';');
	size_t n = strlen(name);

	while (p) {
		p += 1 + strspn(p + 1, " \t");
		if (strncasecmp(p, name, n) == 0 && p[n] == '=') {
			p += n + 1;
			return *p == '"'
				? stox_printf(x, "%.*s", (int)strcspn(p + 1, "\""),
					p + 1)
				: stox_printf(x, "%.*s", (int)strcspn(p, "; \t"), p);
		}
		p += strcspn(p, ";\"");
		while (p && *p == '"') { /* a quoted value may hold ';' */
			p = strchr(p + 1, '"');
			p = p ? p + 1 + strcspn(p + 1, ";\"") : NULL;
		}
		p = p && *p == ';' ? p : NULL;
	}
	return NULL;
}

/** Length of the UTF-8 character at @s, or 0 when it is malformed. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	static const unsigned char low[] = { 0, 0, 0x80, 0xa0, 0x90 };
	static const unsigned char high[] = { 0, 0, 0xbf, 0x9f, 0x8f };
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		: s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		: s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if (n > 2 && ((s[0] == 0xe0 && s[1] < low[3]) ||
		(s[0] == 0xed && s[1] > high[3]) ||
		(s[0] == 0xf0 && s[1] < low[4]) ||
		(s[0] == 0xf4 && s[1] > high[4])))
		return 0;
	return n;
}

/** XML 1.0 has no C0 controls but TAB, LF and CR, and no U+FFFE, U+FFFF. */
static bool xml_lacks(const unsigned char *s, size_t n)
{
	if (n == 1)
		return (s[0] < 0x20 && s[0] != '\t' && s[0] != '\n') ||
		       s[0] == 0x7f;
	return n == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe;
}

/** Copy UTF-8, line ends as LF, what XML lacks left out; NULL: malformed. */
static const char *from_utf8(struct stox_exchange *x, const char *body,
	size_t len)
{
	const unsigned char *s = (const unsigned char *)body;
	char *out = stox_alloc(x, len + 1);
	size_t to = 0, n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_length(s + i, len - i);
		if (n == 0)
			return NULL;
		if (s[i] == '\r') {
			if (i + 1 >= len || s[i + 1] != '\n')
				out[to++] = '\n';
			continue;
		}
		if (xml_lacks(s + i, n))
			continue;
		memcpy(out + to, body + i, n);
		to += n;
	}
	return out;
}

static const char *from_latin1(struct stox_exchange *x, const char *body,
	size_t len)
{
	char *utf8 = stox_alloc(x, 2 * len + 1);
	size_t to = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)body[i];

		if (c >= 0x80) {
			utf8[to++] = (char)(0xc0 | c >> 6);
			c = (unsigned char)(0x80 | (c & 0x3f));
		}
		utf8[to++] = (char)c;
	}
	return from_utf8(x, utf8, to);
}

struct message_text message_text_decode(struct stox_exchange *x, const char *type,
	const char *body, size_t len)
{
	const char *charset = message_type_parameter(x, type, "charset");
	bool html = message_type_is(type, "text/html");
	struct message_text t = { .text = "" };

	if (!html && !message_type_is(type, "text/plain"))
		return (struct message_text){ "", 415, NULL };
	if (!charset || strcasecmp(charset, "utf-8") == 0 ||
		strcasecmp(charset, "us-ascii") == 0)
		t.text = from_utf8(x, body, len);
	else if (strcasecmp(charset, "iso-8859-1") == 0)
		t.text = from_latin1(x, body, len);
	else
		return (struct message_text){ "", 415, NULL };
	if (!t.text)
		return (struct message_text){ "", 400, "Body Is Not UTF-8" };
	if (html)
		t.text = message_html_to_text(x, t.text);
	return t;
}

/* ---- HTML ------------------------------------------------------------------ */

/** Append the character that a reference like "amp" or "#10" means. */
static size_t put_reference(const char *name, size_t n, char *out)
{
	static const struct {
		const char *name, *text;
	} known[] = {
		{ "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" },
		{ "apos", "'" }, { "nbsp", " " },
	};
	unsigned long c;
	char digits[12] = "";

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == n &&
			strncmp(known[i].name, name, n) == 0) {
			out[0] = known[i].text[0];
			return 1;
		}
	if (n < 2 || name[0] != '#' || n - 1 >= sizeof(digits))
		return 0;
	memcpy(digits, name + 1, n - 1);
	c = digits[0] == 'x' || digits[0] == 'X' ? strtoul(digits + 1, NULL, 16)
						 : strtoul(digits, NULL, 10);
	if (c < 0x20 ? c != '\n' && c != '\t'
		     : c == 0x7f || (c >= 0xd800 && c < 0xe000) ||
			c == 0xfffe || c == 0xffff || c > 0x10ffff)
		return 0;
	if (c < 0x80)
		return (out[0] = (char)c, 1);
	if (c < 0x800)
		return (out[0] = (char)(0xc0 | c >> 6),
			out[1] = (char)(0x80 | (c & 0x3f)), 2);
	if (c < 0x10000)
		return (out[0] = (char)(0xe0 | c >> 12),
			out[1] = (char)(0x80 | (c >> 6 & 0x3f)),
			out[2] = (char)(0x80 | (c & 0x3f)), 3);
	return (out[0] = (char)(0xf0 | c >> 18),
		out[1] = (char)(0x80 | (c >> 12 & 0x3f)),
		out[2] = (char)(0x80 | (c >> 6 & 0x3f)),
		out[3] = (char)(0x80 | (c & 0x3f)), 4);
}

static bool tag_is(const char *tag, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(tag, name, n) == 0 && strchr(" \t\n/>", tag[n]);
}

/** Behind the end of the element whose text is not for people. */
static const char *skip_hidden(const char *p)
{
	static const char *const hidden[] = { "script", "style", "head", "title" };

	for (size_t i = 0; i < 4; i++) {
		const char *q = p;

		if (!tag_is(p + 1, hidden[i]))
			continue;
		while ((q = strchr(q + 1, '<')))
			if (q[1] == '/' && tag_is(q + 2, hidden[i]))
				break;
		p = q ? q : p + strlen(p);
		break;
	}
	return p + strcspn(p, ">") + (strchr(p, '>') != NULL);
}

const char *message_html_to_text(struct stox_exchange *x, const char *html)
{
	static const char *const breaks[] = { "br", "/p", "/div", "/li", "/tr" };
	char *out = stox_alloc(x, strlen(html) + 1);
	size_t to = 0, n, end;

	for (const char *p = html; *p;) {
		if (*p == '<') {
			for (size_t i = 0; i < 5; i++)
				if (tag_is(p + 1, breaks[i]))
					out[to++] = '\n';
			p = skip_hidden(p);
		} else if (*p == '&' && (end = strcspn(p, "; <")) < 12 &&
			p[end] == ';' &&
			(n = put_reference(p + 1, end - 1, out + to))) {
			to += n;
			p += end + 1;
		} else if (strchr("\n\t ", *p)) {
			if (to && !strchr("\n ", out[to - 1]))
				out[to++] = ' ';
			p++;
		} else {
			out[to++] = *p++;
		}
	}
	while (to && strchr("\n ", out[to - 1]))
		to--;
	out[to] = '\0';
	return out;
}
