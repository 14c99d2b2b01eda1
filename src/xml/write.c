/*
 * write.c: elements as bytes that every parser reads back as the same tree.
 *
 * Escaped are & < > ' " everywhere, CR (a parser would turn it into LF), and in
 * attributes TAB and LF (they would become spaces).  What XML cannot carry at
 * all, that is C0 controls and broken UTF-8 (from a SIP peer, say), becomes
 * U+FFFD: one bad text must not break the stream that it shares with others.
 */
#include "xml/xml.h"

#define XML_NS "http://www.w3.org/XML/1998/namespace"
#define REPLACEMENT "\xEF\xBF\xBD"

/* What to do with a byte; the order matters: see escape(). */
enum { PLAIN, ATTRIBUTE_ONLY, SPECIAL, MULTIBYTE };

static const unsigned char kinds[256] = {
	[0x00 ... 0x08] = SPECIAL,
	['\t'] = ATTRIBUTE_ONLY,
	['\n'] = ATTRIBUTE_ONLY,
	[0x0B ... 0x1F] = SPECIAL,
	['&'] = SPECIAL,
	['<'] = SPECIAL,
	['>'] = SPECIAL,
	['\''] = SPECIAL,
	['"'] = SPECIAL,
	[0x80 ... 0xFF] = MULTIBYTE,
};

static const char *replacement(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\'':
		return "&apos;";
	case '"':
		return "&quot;";
	case '\r':
		return "&#xD;";
	case '\n':
		return "&#xA;";
	case '\t':
		return "&#x9;";
	}
	return REPLACEMENT;
}

/* Length of the UTF-8 character at the start of @s, 0 when it is none that
 * XML allows (U+FFFE and U+FFFF are not). */
static size_t character(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	struct str one = { s.p, len };

	if (len > s.len || !str_is_utf8(one))
		return 0;
	if (len == 3 && memcmp(s.p, "\xEF\xBF", 2) == 0 &&
		(unsigned char)s.p[2] >= 0xBE)
		return 0;
	return len;
}

/* The bytes of @s in front of the first that needs a look. */
static inline size_t plain(struct str s, unsigned char stop)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.len && kinds[p[i]] < stop)
		i++;
	return i;
}

/* What begins with a byte that needs a look. */
static void escape_rest(struct buf *out, struct str s, unsigned char stop)
{
	size_t from = 0, i = 0;

	while (i < s.len) {
		size_t len = 0;

		if (kinds[(unsigned char)s.p[i]] == MULTIBYTE)
			len = character((struct str){ s.p + i, s.len - i });
		if (!len) {
			buf_add(out, s.p + from, i - from);
			buf_add_text(out, replacement((unsigned char)s.p[i]));
			from = i + 1;
			len = 1;
		}
		i += len;
		i += plain((struct str){ s.p + i, s.len - i }, stop);
	}
	buf_add(out, s.p + from, i - from);
}

/* @stop is the least kind that needs a look. */
static inline void escape(struct buf *out, struct str s, unsigned char stop)
{
	size_t n = plain(s, stop);

	buf_add(out, s.p, n);
	if (n < s.len)
		escape_rest(out, (struct str){ s.p + n, s.len - n }, stop);
}

void xml_escape(struct buf *out, struct str s)
{
	escape(out, s, ATTRIBUTE_ONLY);
}

/* Several pieces at once: most are a few bytes long. */
static inline void add_tag(struct buf *out, struct str begin, struct str prefix,
	struct str name, struct str end)
{
	size_t len = begin.len + prefix.len + name.len + end.len;
	char *at = buf_reserve(out, len);

	if (!at)
		return;
	memcpy(at, begin.p, begin.len);
	at += begin.len;
	memcpy(at, prefix.p, prefix.len);
	at += prefix.len;
	memcpy(at, name.p, name.len);
	memcpy(at + name.len, end.p, end.len);
	out->len += len;
}

static const struct str none = { "", 0 };

/* Its value has something to escape. */
static void add_escaped(struct buf *out, const char *name, const char *value)
{
	add_tag(out, STR(" "), none, str_from(name), STR("='"));
	xml_escape(out, str_from(value));
	buf_add_char(out, '\'');
}

static void add_attribute(struct buf *out, const char *name, const char *value)
{
	const unsigned char *end = (const unsigned char *)value;
	size_t n = strlen(name), v;
	char *at;

	/* the NUL is not plain either */
	while (kinds[*end] == PLAIN)
		end++;
	if (*end) {
		add_escaped(out, name, value);
		return;
	}
	v = (size_t)((const char *)end - value);
	at = buf_reserve(out, n + v + 4);
	if (!at)
		return;
	*at++ = ' ';
	at = (char *)memcpy(at, name, n) + n;
	*at++ = '=';
	*at++ = '\'';
	at = (char *)memcpy(at, value, v) + v;
	*at = '\'';
	out->len += n + v + 4;
}

/* An attribute in a namespace is rare: it brings its own prefix. */
static void add_prefixed(
	struct buf *out, const struct stox_attribute *a, unsigned n)
{
	buf_printf(out, " xmlns:ns%u='", n);
	xml_escape(out, str_from(a->ns));
	buf_printf(out, "' ns%u:%s='", n, a->name);
	xml_escape(out, str_from(a->value));
	buf_add_char(out, '\'');
}

void xml_write(struct buf *out, const struct stox_element *e, const char *ns)
{
	/* the one namespace that no default declaration may name */
	bool reserved = strcmp(e->ns, XML_NS) == 0;
	struct str prefix = reserved ? STR("xml:") : none;
	struct str name = str_from(e->name);
	unsigned prefixes = 0;

	if (!ns)
		ns = "";
	add_tag(out, STR("<"), prefix, name, none);
	if (!reserved && e->ns != ns && strcmp(e->ns, ns) != 0) {
		add_attribute(out, "xmlns", e->ns);
		ns = e->ns;
	}
	for (struct stox_attribute *a = e->attributes; a; a = a->next) {
		if (a->ns)
			add_prefixed(out, a, prefixes++);
		else
			add_attribute(out, a->name, a->value);
	}
	if (!e->first) {
		buf_add(out, "/>", 2);
		return;
	}
	buf_add_char(out, '>');
	for (const struct stox_element *c = e->first; c; c = c->next) {
		if (c->name)
			xml_write(out, c, ns);
		else
			escape(out, (struct str){ c->text, c->text_len },
				SPECIAL);
	}
	add_tag(out, STR("</"), prefix, name, STR(">"));
}
