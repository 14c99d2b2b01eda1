/*
 * uri_text.c: percent-encoding and parameters, of URIs and of headers.
 */
#include "sip/chars.h"
#include "sip/uri.h"
#include "stox/types.h"

int sip_uri_decode(struct str s, struct buf *out)
{
	/* look first: a failure must not leave half of it in @out */
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '%' &&
			(s.len - i < 3 || !char_is(s.p[i + 1], CHAR_HEX) ||
				!char_is(s.p[i + 2], CHAR_HEX)))
			return -STOX_EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '%') {
			buf_add_char(out, s.p[i]);
			continue;
		}
		buf_add_char(out, (char)(char_hex(s.p[i + 1]) * 16 +
					 char_hex(s.p[i + 2])));
		i += 2;
	}
	return 0;
}

static void encode(struct buf *out, struct str s, unsigned literal)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0, from; i < s.len; i++) {
		for (from = i; i < s.len && char_is(s.p[i], literal);)
			i++;
		buf_add(out, s.p + from, i - from);
		if (i < s.len) {
			unsigned char c = (unsigned char)s.p[i];
			char escape[3] = { '%', hex[c >> 4], hex[c & 15] };

			buf_add(out, escape, sizeof(escape));
		}
	}
}

void sip_uri_encode_user(struct buf *out, struct str s)
{
	encode(out, s, CHAR_USER);
}

void sip_uri_encode_param(struct buf *out, struct str s)
{
	encode(out, s, CHAR_PARAM);
}

/* Cut the next ';' element off, minding quoted strings. */
static struct str next_param(struct str *params)
{
	struct str item = *params;

	for (size_t i = 0; i < item.len; i++) {
		if (item.p[i] == '"') {
			size_t n = chars_quoted(chars_from(item, i));

			if (!n)
				break;
			i += n - 1;
		} else if (item.p[i] == ';') {
			item.len = i;
			*params = chars_from(*params, i + 1);
			return item;
		}
	}
	*params = (struct str){ NULL, 0 };
	return item;
}

bool sip_param_next(struct str *params, struct str *ret_name,
	struct str *ret_value)
{
	struct str value;

	if (!params->p)
		return false;
	value = next_param(params);
	*ret_name = str_trim(str_cut(&value, '='));
	*ret_value = value.p ? str_trim(value) : value;
	return true;
}

bool sip_param(struct str params, const char *name, struct str *ret_value)
{
	struct str wanted = str_from(name), found, value;

	while (sip_param_next(&params, &found, &value)) {
		if (!str_ieq(found, wanted))
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}
