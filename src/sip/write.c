/*
 * write.c: text into a SIP message, so that no text can become a header.
 * RFC 3261, 7.3 and 25.1.
 */
#include "base/word.h"
#include "sip/chars.h"
#include "sip/message.h"
#include "stox/types.h"

enum { DISPLAY_MAX = 256, REASON_MAX = 128 };

/* Length of the control character that @s begins with, or 0: C0, DEL, and the
 * C1 controls, which are two bytes in UTF-8. */
static size_t control_len(struct str s)
{
	if (char_is(s.p[0], CHAR_CONTROL))
		return 1;
	if (s.len >= 2 && (unsigned char)s.p[0] == 0xc2 &&
		(unsigned char)s.p[1] >= 0x80 && (unsigned char)s.p[1] < 0xa0)
		return 2;
	return 0;
}

/* @s without control characters; those of @escaped get a backslash. */
static void add_clean(struct buf *out, struct str s, const char *escaped)
{
	for (size_t i = 0, n; i < s.len; i += n ? n : 1) {
		n = control_len(chars_from(s, i));
		if (n)
			continue;
		if (s.p[i] == escaped[0] || s.p[i] == escaped[1])
			buf_add_char(out, '\\');
		buf_add_char(out, s.p[i] == '\t' ? ' ' : s.p[i]);
	}
}

/* Visible ASCII and spaces. */
static bool is_plain(struct str s)
{
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		uint64_t word = word_load(s.p + i);

		if (word_controls(word) | (word & WORD_EACH(0x80)))
			return false;
	}
	for (; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return true;
}

void sip_write_line(struct buf *out, struct str name, struct str value)
{
	char *to = buf_reserve(out, name.len + value.len + 4);

	if (!to)
		return;
	to = (char *)memcpy(to, name.p, name.len) + name.len;
	*to++ = ':';
	*to++ = ' ';
	if (value.len)
		memcpy(to, value.p, value.len);
	to += value.len;
	*to++ = '\r';
	*to++ = '\n';
	out->len += name.len + value.len + 4;
}

int sip_write_header(struct buf *out, const char *name, struct str value)
{
	if (is_plain(value)) {
		sip_write_line(out, str_from(name), value);
		return 0;
	}
	if (!str_is_utf8(value))
		return -STOX_EINVAL;
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] == '\r' || value.p[i] == '\n' || !value.p[i])
			return -STOX_EINVAL;
	buf_add_text(out, name);
	buf_add(out, ": ", 2);
	add_clean(out, value, "\0");
	buf_add(out, "\r\n", 2);
	return 0;
}

void sip_write_display(struct buf *out, struct str display)
{
	if (!display.len || !str_is_utf8(display))
		return;
	display.len = str_utf8_cut(display, DISPLAY_MAX);
	buf_add_char(out, '"');
	add_clean(out, display, "\"\\");
	buf_add(out, "\" ", 2);
}

void sip_write_reason(struct buf *out, struct str reason)
{
	if (!str_is_utf8(reason))
		return;
	reason.len = str_utf8_cut(reason, REASON_MAX);
	add_clean(out, reason, "\0");
}

void sip_display_text(struct buf *out, struct str display)
{
	for (size_t i = 0, n; i < display.len; i += n ? n : 1) {
		if (display.p[i] == '\\' && i + 1 < display.len)
			i++;
		n = control_len(chars_from(display, i));
		if (!n)
			buf_add_char(out,
				display.p[i] == '\t' ? ' ' : display.p[i]);
	}
}
