/*
 * uri.c: taking a URI apart in one pass.
 */
#include <arpa/inet.h>

#include "sip/chars.h"
#include "sip/parse.h"
#include "sip/uri.h"
#include "stox/types.h"

/* From @i on, past bytes of @allowed and percent escapes. */
static size_t skip_escaped(struct str s, size_t i, unsigned allowed)
{
	for (;;) {
		/* the sign itself is in some classes */
		while (i < s.len && s.p[i] != '%' && char_is(s.p[i], allowed))
			i++;
		if (s.len - i < 3 || s.p[i] != '%' ||
			!char_is(s.p[i + 1], CHAR_HEX) ||
			!char_is(s.p[i + 2], CHAR_HEX))
			return i;
		i += 3;
	}
}

/* Bytes of @allowed or percent escapes, nothing else. */
static bool escaped_text(struct str s, unsigned allowed)
{
	return skip_escaped(s, 0, allowed) == s.len;
}

static enum sip_scheme scheme_of(struct str s)
{
	char c = s.p[0] | 0x20;

	if (c == 's' && str_iis(s, "sip"))
		return SIP_SCHEME_SIP;
	if (c == 's' && str_iis(s, "sips"))
		return SIP_SCHEME_SIPS;
	if (c == 't' && str_iis(s, "tel"))
		return SIP_SCHEME_TEL;
	if (c == 'i' && str_iis(s, "im"))
		return SIP_SCHEME_IM;
	if (c == 'p' && str_iis(s, "pres"))
		return SIP_SCHEME_PRES;
	return SIP_SCHEME_OTHER;
}

/* An IPv6 reference with its brackets.  The grammar of RFC 3261 allowed a third
 * colon before an IPv4 tail; RFC 5118, 4.10 asks to tolerate it. */
static bool ipv6_reference(struct str s)
{
	char text[INET6_ADDRSTRLEN + 1];
	size_t len = 0;
	unsigned char address[16];

	if (s.len < 4 || s.p[s.len - 1] != ']')
		return false;
	for (size_t i = 1; i < s.len - 1; i++) {
		if (!char_is(s.p[i], CHAR_HEX) && s.p[i] != ':' &&
			s.p[i] != '.')
			return false;
		if (len >= 2 && s.p[i] == ':' && s.p[i - 1] == ':' &&
			s.p[i - 2] == ':')
			continue;
		if (len == sizeof(text) - 1)
			return false;
		text[len++] = s.p[i];
	}
	text[len] = '\0';
	return inet_pton(AF_INET6, text, address) == 1;
}

/* The length of the host name or IPv4 address that @s begins with, 0: none.  No
 * label is empty but the one after a final dot. */
static size_t host_name(struct str s)
{
	size_t n = 0;

	if (!s.len || s.p[0] == '-' || s.p[0] == '.')
		return 0;
	for (; n < s.len && char_is(s.p[n], CHAR_HOST); n++)
		if (s.p[n] == '.' && s.p[n - 1] == '.')
			return 0;
	return n > 255 ? 0 : n;
}

ptrdiff_t sip_hostport(struct str s, struct str *ret_host, uint16_t *ret_port)
{
	size_t n = 0, digits;
	uint64_t port = 0;
	struct str host;

	if (s.len && s.p[0] == '[') {
		ptrdiff_t close = str_find(s, ']');

		if (close < 0)
			return -STOX_EINVAL;
		n = (size_t)close + 1;
		host = chars_first(s, n);
		if (!ipv6_reference(host))
			return -STOX_EINVAL;
	} else {
		n = host_name(s);
		host = chars_first(s, n);
		if (n == 0)
			return -STOX_EINVAL;
	}
	if (n < s.len && s.p[n] == ':') {
		digits = ++n;
		while (n < s.len && char_is(s.p[n], CHAR_DIGIT))
			n++;
		if (str_to_u64((struct str){ s.p + digits, n - digits },
			    UINT16_MAX, &port) ||
			!port)
			return -STOX_EINVAL;
	}
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return (ptrdiff_t)n;
}

/* "a=b;c": no empty names, no empty element. */
static bool params_ok(struct str s)
{
	size_t i = 0, name;

	for (;; i++) {
		name = i;
		i = skip_escaped(s, i, CHAR_PARAM);
		if (i == name)
			return false;
		/* '=' inside a value is not in the grammar, but Microsoft's
		 * opaque values carry base64 */
		if (i < s.len && s.p[i] == '=')
			i = skip_escaped(s, i + 1, CHAR_PARAM | CHAR_HEADER);
		if (i == s.len)
			return true;
		if (s.p[i] != ';')
			return false;
	}
}

/* What stands before '@' in a sip: URI. */
static bool userinfo(struct str s, struct sip_uri *u)
{
	size_t n = skip_escaped(s, 0, CHAR_USER);

	u->user = chars_first(s, n);
	if (n == s.len || n == 0)
		return n > 0;
	u->password = chars_from(s, n + 1);
	return s.p[n] == ':' && escaped_text(u->password, CHAR_USER);
}

/* im: and pres: name a mailbox.  RFC 3859, 3860. */
static bool mailbox(struct str s, struct sip_uri *u)
{
	u->user = s;
	return s.len && escaped_text(s, CHAR_ATOM);
}

/* What follows the host: ";params?headers". */
static bool tail(struct str rest, struct sip_uri *u)
{
	ptrdiff_t question;

	if (!rest.len)
		return true;
	question = str_find(rest, '?');
	if (question >= 0) {
		u->headers = chars_from(rest, (size_t)question + 1);
		rest.len = (size_t)question;
		if (!escaped_text(u->headers, CHAR_HEADER))
			return false;
	}
	if (!rest.len)
		return true;
	if (rest.p[0] != ';')
		return false;
	u->params = chars_from(rest, 1);
	return params_ok(u->params);
}

static int hierarchical(struct str rest, struct sip_uri *u)
{
	ptrdiff_t at = str_find(rest, '@'), n;
	bool ok;

	if (at >= 0) {
		struct str before = chars_first(rest, (size_t)at);

		if (u->scheme == SIP_SCHEME_SIP || u->scheme == SIP_SCHEME_SIPS)
			ok = userinfo(before, u);
		else
			ok = mailbox(before, u);
		if (!ok)
			return -STOX_EINVAL;
		rest = chars_from(rest, (size_t)at + 1);
	}
	n = sip_hostport(rest, &u->host, &u->port);
	if (n < 0 || !tail(chars_from(rest, (size_t)n), u))
		return -STOX_EINVAL;
	return 0;
}

/* The way of nearly all. */
static bool begins_with_sip(struct str s)
{
	return s.len > 4 && (s.p[0] | 0x20) == 's' && (s.p[1] | 0x20) == 'i' &&
	       (s.p[2] | 0x20) == 'p' && s.p[3] == ':';
}

int sip_uri_parse(struct str text, struct sip_uri *ret)
{
	struct sip_uri u = { .text = text };
	size_t n = 0;
	struct str rest;

	if (begins_with_sip(text)) {
		u.scheme_text = chars_first(text, 3);
		if (hierarchical(chars_from(text, 4), &u) < 0)
			return -STOX_EINVAL;
		*ret = u;
		return 0;
	}
	while (n < text.len && (char_is(text.p[n], CHAR_ALPHA | CHAR_DIGIT) ||
				       text.p[n] == '+' || text.p[n] == '-' ||
				       text.p[n] == '.'))
		n++;
	if (!n || n == text.len || text.p[n] != ':' ||
		!char_is(text.p[0], CHAR_ALPHA))
		return -STOX_EINVAL;
	u.scheme_text = chars_first(text, n);
	u.scheme = scheme_of(u.scheme_text);
	rest = chars_from(text, n + 1);
	if (u.scheme == SIP_SCHEME_OTHER || u.scheme == SIP_SCHEME_TEL) {
		for (size_t i = 0; i < rest.len; i++)
			if (!char_is(rest.p[i], CHAR_VISIBLE) ||
				rest.p[i] == '<' || rest.p[i] == '>' ||
				rest.p[i] == '"')
				return -STOX_EINVAL;
		if (!rest.len)
			return -STOX_EINVAL;
	} else if (hierarchical(rest, &u) < 0) {
		return -STOX_EINVAL;
	}
	*ret = u;
	return 0;
}

bool sip_host_eq(struct str a, struct str b)
{
	if (a.len && a.p[a.len - 1] == '.')
		a.len--;
	if (b.len && b.p[b.len - 1] == '.')
		b.len--;
	return str_ieq(a, b);
}
