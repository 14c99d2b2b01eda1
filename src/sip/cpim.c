/*
 * cpim.c: reading message/cpim.  RFC 3862, 2 and 3.
 *
 * Two blocks of header lines, then the content.  The first block has a grammar
 * of its own: case-sensitive names, one space behind the colon, no folding.
 * The second is MIME.
 */
#include "sip/chars.h"
#include "sip/cpim.h"
#include "sip/message.h"
#include "stox/types.h"

enum { MAX_HEADERS = 128, MAX_LINE = 8192 };

struct reader {
	struct pool *pool;
	struct cpim *c;
	unsigned from, date;   /* how often they came */
	int error;
};

/* Cut a line off, without its CRLF.  False when there is none. */
static bool next_line(struct str *rest, struct str *ret)
{
	ptrdiff_t lf = str_find(*rest, '\n');

	if (lf < 1 || rest->p[lf - 1] != '\r' || lf > MAX_LINE)
		return false;
	*ret = chars_first(*rest, (size_t)lf - 1);
	*rest = chars_from(*rest, (size_t)lf + 1);
	return true;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (char_is(s.p[i], CHAR_CONTROL))
			return true;
	return false;
}

/* Four hex digits. */
static bool unit(struct str s, uint32_t *ret)
{
	uint32_t n = 0;

	if (s.len < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		int digit = char_hex(s.p[i]);

		if (digit < 0)
			return false;
		n = n << 4 | (uint32_t)digit;
	}
	*ret = n;
	return true;
}

static size_t put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* \uXXXX at @s, surrogate pairs joined; the bytes read, or 0. */
static size_t unicode_escape(struct str s, uint32_t *ret_code)
{
	uint32_t high, low;

	if (!unit(chars_from(s, 2), &high))
		return 0;
	*ret_code = high;
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	if (high > 0xdbff || s.len < 12 || s.p[6] != '\\' || s.p[7] != 'u' ||
		!unit(chars_from(s, 8), &low) || low < 0xdc00 || low > 0xdfff)
		return 0;
	*ret_code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

/* One escape at @s; the bytes read, or 0. */
static size_t escape(struct str s, uint32_t *ret_code)
{
	static const char letters[] = "btnr", codes[] = "\b\t\n\r";
	const char *at;

	if (s.len < 2)
		return 0;
	if (s.p[1] == 'u')
		return unicode_escape(s, ret_code);
	at = memchr(letters, s.p[1], sizeof(letters) - 1);
	*ret_code = (unsigned char)(at ? codes[at - letters] : s.p[1]);
	return 2;
}

/* Undo the escapes of a string into the pool.  What XML and SIP cannot carry
 * (control characters but HT, LF, CR) is left out. */
static int unescape(struct pool *pool, struct str s, struct str *ret)
{
	char *out;
	size_t len = 0, n;
	uint32_t code;

	if (!s.len || !memchr(s.p, '\\', s.len)) {
		*ret = s;
		return 0;
	}
	out = pool_alloc(pool, s.len);
	for (size_t i = 0; i < s.len; i += n) {
		if (s.p[i] != '\\' || (i + 1 < s.len && s.p[i + 1] & 0x80)) {
			/* a backslash before a letter beyond ASCII is dropped */
			n = 1;
			if (s.p[i] != '\\')
				out[len++] = s.p[i];
			continue;
		}
		n = escape(chars_from(s, i), &code);
		if (!n)
			return -STOX_EPROTO;
		if (code >= 0xa0 || (code >= 0x20 && code < 0x7f) ||
			code == '\t' || code == '\n' || code == '\r')
			len += put_utf8(out + len, code);
	}
	*ret = (struct str){ out, len };
	return 0;
}

/* [formal-name] "<" URI ">" */
static int read_address(struct reader *r, struct str value, struct str *ret_uri,
	struct str *ret_name)
{
	struct str name, uri;
	size_t n = 0;

	if (value.len && value.p[0] == '"') {
		n = chars_quoted(value);
		if (!n)
			return -STOX_EPROTO;
		name = (struct str){ value.p + 1, n - 2 };
		while (n < value.len && value.p[n] == ' ')
			n++;
	} else {
		while (n < value.len && value.p[n] != '<')
			n++;
		name = str_trim(chars_first(value, n));
	}
	if (value.len - n < 3 || value.p[n] != '<' ||
		value.p[value.len - 1] != '>')
		return -STOX_EPROTO;
	uri = (struct str){ value.p + n + 1, value.len - n - 2 };
	for (size_t i = 0; i < uri.len; i++)
		if (!char_is(uri.p[i], CHAR_VISIBLE) || uri.p[i] == '<' ||
			uri.p[i] == '>' || uri.p[i] == '"')
			return -STOX_EPROTO;
	if (unescape(r->pool, name, ret_name) < 0)
		return -STOX_EPROTO;
	*ret_uri = uri;
	return 0;
}

/* Does @s have the shape of @pattern, where 0 stands for a digit? */
static bool has_shape(struct str s, const char *pattern)
{
	if (s.len != strlen(pattern))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (pattern[i] == '0' ? !char_is(s.p[i], CHAR_DIGIT)
				      : s.p[i] != pattern[i])
			return false;
	return true;
}

/* RFC 3339 with a zone. */
static bool is_date_time(struct str s)
{
	size_t n = 19;

	if (s.len < 20 || !has_shape(chars_first(s, n), "0000-00-00T00:00:00"))
		return false;
	if (s.p[n] == '.') {
		size_t digits = ++n;

		while (n < s.len && char_is(s.p[n], CHAR_DIGIT))
			n++;
		if (n == digits)
			return false;
	}
	s = chars_from(s, n);
	return str_is(s, "Z") || has_shape(s, "+00:00") ||
	       has_shape(s, "-00:00");
}

/* The header block itself is all that we promise to understand. */
static bool understood(struct str name)
{
	static const char *const known[] = { "From", "To", "cc", "DateTime",
		"Subject", "NS", "Require" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_is(name, known[i]))
			return true;
	return false;
}

static int read_require(struct str value)
{
	while (value.p)
		if (!understood(str_trim(str_cut(&value, ','))))
			return -STOX_ENOTSUP;
	return 0;
}

static int read_field(struct reader *r, struct str name, struct str value)
{
	struct cpim *c = r->c;
	struct str ignored;

	if (str_is(name, "From")) {
		if (r->from++)
			return -STOX_EPROTO;
		return read_address(r, value, &c->from, &c->from_name);
	}
	if (str_is(name, "To") && !c->to.len)
		return read_address(r, value, &c->to, &ignored);
	if (str_is(name, "DateTime")) {
		if (r->date++)
			return -STOX_EPROTO;
		if (is_date_time(value))
			c->date_time = value;
		return 0;
	}
	if (str_is(name, "Subject") && !c->subject.len)
		return unescape(r->pool, value, &c->subject);
	if (str_is(name, "Require"))
		return read_require(value);
	return 0;
}

/* Name ":" *( ";" parameter ) SP value */
static int read_header(struct reader *r, struct str line)
{
	size_t colon = 0, at;

	while (colon < line.len && char_is(line.p[colon], CHAR_TOKEN))
		colon++;
	if (!colon || colon == line.len || line.p[colon] != ':' ||
		has_control(line) || !str_is_utf8(line))
		return -STOX_EPROTO;
	at = colon + 1;
	if (at < line.len && line.p[at] == ';')
		while (at < line.len && line.p[at] != ' ')
			at++;
	if (at == line.len || line.p[at] != ' ')
		return -STOX_EPROTO;
	return read_field(r, chars_first(line, colon),
		chars_from(line, at + 1));
}

static int read_headers(struct reader *r, struct str *rest)
{
	const char *begin = rest->p;
	struct str line;

	for (int count = 0; count <= MAX_HEADERS; count++) {
		const char *here = rest->p;
		int error;

		if (!next_line(rest, &line))
			return -STOX_EPROTO;
		if (!line.len) {
			r->c->headers =
				(struct str){ begin, (size_t)(here - begin) };
			return 0;
		}
		error = read_header(r, line);
		if (error == -STOX_EPROTO)
			return error;
		if (error)
			r->error = error;
	}
	return -STOX_EPROTO;
}

/* A MIME header line with its continuations joined by spaces. */
static bool next_mime(struct pool *pool, struct str *rest, struct str *ret)
{
	struct str line, more;
	char *out;

	if (!next_line(rest, &line))
		return false;
	if (!line.len || !rest->len || !char_is(rest->p[0], CHAR_WSP)) {
		*ret = line;
		return true;
	}
	/* written once: a line ends where the first that is not a
	 * continuation begins */
	more = line;
	while (rest->len && char_is(rest->p[0], CHAR_WSP))
		if (!next_line(rest, &more))
			return false;
	line.len = (size_t)(more.p + more.len - line.p);
	if (line.len > MAX_LINE)
		return false;
	out = pool_alloc(pool, line.len);
	for (size_t i = 0; i < line.len; i++)
		out[i] = line.p[i] == '\r' || line.p[i] == '\n' ? ' '
								: line.p[i];
	*ret = (struct str){ out, line.len };
	return true;
}

static bool is_identity(struct str encoding)
{
	return str_iis(encoding, "7bit") || str_iis(encoding, "8bit") ||
	       str_iis(encoding, "binary");
}

/* Set @field once. */
static int set_once(struct str *field, struct str value)
{
	if (field->p)
		return -STOX_EPROTO;
	*field = value;
	return 0;
}

static int read_mime_header(struct cpim *c, struct str line,
	struct str *ret_length)
{
	struct str value = line, name = str_trim(str_cut(&value, ':'));

	if (!value.p || !name.len || !chars_all(name, CHAR_TOKEN) ||
		has_control(line) || !str_is_utf8(line))
		return -STOX_EPROTO;
	value = str_trim(value);
	if (str_iis(name, "Content-Type"))
		return set_once(&c->content_type, value);
	if (str_iis(name, "Content-Length"))
		return set_once(ret_length, value);
	if (str_iis(name, "Content-Encoding"))
		return set_once(&c->content_encoding, value);
	if (str_iis(name, "Content-Transfer-Encoding") && !is_identity(value))
		return set_once(&c->content_encoding, value);
	return 0;
}

/* RFC 3862 gives the part no length; if there is one it must fit. */
static int read_content(struct cpim *c, struct str rest, struct str length)
{
	uint64_t len = rest.len;

	if (length.p && str_to_u64(length, rest.len, &len) < 0)
		return -STOX_EPROTO;
	c->content = chars_first(rest, (size_t)len);
	return c->content_type.len ? 0 : -STOX_EPROTO;
}

static int read_part(struct reader *r, struct str rest)
{
	struct str line, length = { NULL, 0 };

	for (int count = 0; count <= MAX_HEADERS; count++) {
		if (!next_mime(r->pool, &rest, &line))
			return -STOX_EPROTO;
		if (!line.len)
			return read_content(r->c, rest, length);
		if (read_mime_header(r->c, line, &length) < 0)
			return -STOX_EPROTO;
	}
	return -STOX_EPROTO;
}

int cpim_parse(struct pool *pool, struct str body, struct cpim *ret)
{
	struct cpim c = { .from = { NULL, 0 } };
	struct reader r = { .pool = pool, .c = &c };

	if (read_headers(&r, &body) < 0 || read_part(&r, body) < 0)
		return -STOX_EPROTO;
	if (r.error)
		return r.error;
	*ret = c;
	return 0;
}
