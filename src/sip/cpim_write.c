/*
 * cpim_write.c: writing message/cpim.  RFC 3862, 2 and 3.
 */
#include "sip/chars.h"
#include "sip/cpim.h"

/* A string with the escapes of RFC 3862, 2.3.1. */
static void add_escaped(struct buf *out, struct str s)
{
	static const char from[] = "\\\"'\b\t\n\r", to[] = "\\\"'btnr";

	for (size_t i = 0; i < s.len; i++) {
		const char *at = memchr(from, s.p[i], sizeof(from) - 1);

		if (at) {
			buf_add_char(out, '\\');
			buf_add_char(out, to[at - from]);
		} else if (!char_is(s.p[i], CHAR_CONTROL)) {
			buf_add_char(out, s.p[i]);
		}
	}
}

/* What may not hold a line break: control characters are left out. */
static void add_plain(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!char_is(s.p[i], CHAR_CONTROL))
			buf_add_char(out, s.p[i]);
}

static void add_uri(struct buf *out, struct str uri)
{
	buf_add_char(out, '<');
	for (size_t i = 0; i < uri.len; i++)
		if (char_is(uri.p[i], CHAR_VISIBLE) && uri.p[i] != '<' &&
			uri.p[i] != '>' && uri.p[i] != '"')
			buf_add_char(out, uri.p[i]);
	buf_add_text(out, ">\r\n");
}

static void add_line(struct buf *out, const char *name, struct str value)
{
	if (!value.len)
		return;
	buf_add_text(out, name);
	buf_add_text(out, ": ");
	add_plain(out, value);
	buf_add_text(out, "\r\n");
}

/* Lines made elsewhere: an empty one would end the block. */
static void add_lines(struct buf *out, struct str lines)
{
	while (lines.len) {
		struct str line = str_cut(&lines, '\n');

		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (!line.len)
			continue;
		add_plain(out, line);
		buf_add_text(out, "\r\n");
	}
}

static void add_addresses(struct buf *out, const struct cpim *c)
{
	if (c->from.len) {
		buf_add_text(out, "From: ");
		if (c->from_name.len) {
			buf_add_char(out, '"');
			add_escaped(out, c->from_name);
			buf_add_text(out, "\" ");
		}
		add_uri(out, c->from);
	}
	if (c->to.len) {
		buf_add_text(out, "To: ");
		add_uri(out, c->to);
	}
}

void cpim_write(struct buf *out, const struct cpim *c)
{
	stox_require(c->content_type.len);
	add_addresses(out, c);
	add_line(out, "DateTime", c->date_time);
	if (c->subject.len) {
		buf_add_text(out, "Subject: ");
		add_escaped(out, c->subject);
		buf_add_text(out, "\r\n");
	}
	add_lines(out, c->extra);
	buf_add_text(out, "\r\n");
	add_line(out, "Content-Type", c->content_type);
	add_line(out, "Content-Encoding", c->content_encoding);
	buf_add_text(out, "Content-Length: ");
	buf_add_u64(out, c->content.len);
	buf_add_text(out, "\r\n\r\n");
	buf_add_str(out, c->content);
}
