/*
 * name_addr.c: the structured header values: name-addr and addr-spec, Via, and
 * the parameters behind them.  RFC 3261, 20 and 25.1.
 */
#include "sip/chars.h"
#include "sip/parse.h"
#include "stox/types.h"

static size_t skip_space(struct str s, size_t i)
{
	while (i < s.len && char_is(s.p[i], CHAR_WSP))
		i++;
	return i;
}

static size_t skip_class(struct str s, size_t i, unsigned classes)
{
	while (i < s.len && char_is(s.p[i], classes))
		i++;
	return i;
}

/* Is s[from..to) the name @wanted, ignoring case? */
static bool name_is(struct str s, size_t from, size_t to, struct str wanted)
{
	if (to - from != wanted.len)
		return false;
	for (size_t i = 0; i < wanted.len; i++)
		if ((s.p[from + i] | 0x20) != wanted.p[i])
			return false;
	return true;
}

/* What may follow a name: "= value".  *@i moves behind it; without a value
 * *@ret is empty. */
static bool param_value(struct str s, size_t *i, struct str *ret)
{
	size_t at = skip_space(s, *i), end;

	*ret = (struct str){ s.p + *i, 0 };
	if (at == s.len || s.p[at] != '=')
		return true;
	at = end = skip_space(s, at + 1);
	if (at < s.len && s.p[at] == '"') {
		size_t n = chars_quoted(chars_from(s, at));

		if (!n)
			return false;
		end += n;
	} else {
		end = skip_class(s, at, CHAR_VALUE);
	}
	*ret = (struct str){ s.p + at, end - at };
	*i = end;
	return true;
}

bool sip_params_check(struct str s, const struct sip_wanted *wanted,
	size_t count)
{
	size_t i = 0, name, end;
	struct str value;

	for (i = skip_space(s, i); i < s.len; i = skip_space(s, i)) {
		if (s.p[i] != ';')
			return false;
		name = skip_space(s, i + 1);
		i = end = skip_class(s, name, CHAR_TOKEN);
		if (name == end || !param_value(s, &i, &value))
			return false;
		for (size_t w = 0; w < count; w++) {
			if (!name_is(s, name, end, wanted[w].name))
				continue;
			if (!wanted[w].ret->p)
				*wanted[w].ret = value;
			else if (wanted[w].once)
				return false;
		}
	}
	return true;
}

/* A display name: quoted, or words.  Leaves *@i at the '<'. */
static bool display_name(struct str s, size_t *i, struct str *ret)
{
	size_t from = *i, end;

	if (from < s.len && s.p[from] == '"') {
		size_t n = chars_quoted(chars_from(s, from));

		if (!n)
			return false;
		*ret = (struct str){ s.p + from + 1, n - 2 };
		*i = skip_space(s, from + n);
		return *i < s.len && s.p[*i] == '<';
	}
	for (end = from; end < s.len && s.p[end] != '<'; end++)
		if (!char_is(s.p[end], CHAR_VALUE | CHAR_WSP) &&
			(unsigned char)s.p[end] < 0x80)
			return false;
	if (end == s.len)
		return false;
	*ret = str_trim((struct str){ s.p + from, end - from });
	*i = end;
	return true;
}

/* Without brackets, what follows ';' belongs to the header, and '?' and ','
 * may not stand in the URI.  RFC 3261, 20. */
static size_t bare_uri(struct str s, size_t i)
{
	while (i < s.len && s.p[i] != ';' && !char_is(s.p[i], CHAR_WSP)) {
		if (s.p[i] == '?' || s.p[i] == ',')
			return 0;
		i++;
	}
	return i;
}

/* A bare URI cannot hold '"', '<' or a space before its end. */
static bool is_bare(struct str s, size_t i)
{
	i = skip_class(s, i, CHAR_VALUE);
	i = skip_space(s, i);
	return i == s.len || s.p[i] == ';' || s.p[i] == ',';
}

int sip_address_parse(struct str value, struct sip_address *ret)
{
	struct sip_address a = { .tag = { NULL, 0 } };
	struct str tag = { NULL, 0 };
	const struct sip_wanted wanted = { STR("tag"), &tag, true };
	size_t i = skip_space(value, 0), end;

	if (is_bare(value, i)) {
		end = bare_uri(value, i);
		a.uri_text = (struct str){ value.p + i, end > i ? end - i : 0 };
	} else {
		ptrdiff_t close;

		if (!display_name(value, &i, &a.display))
			return -STOX_EINVAL;
		close = str_find(chars_from(value, ++i), '>');
		if (close < 0)
			return -STOX_EINVAL;
		a.uri_text = (struct str){ value.p + i, (size_t)close };
		end = i + (size_t)close + 1;
	}
	if (!a.uri_text.len || sip_uri_parse(a.uri_text, &a.uri) < 0)
		return -STOX_EINVAL;
	a.params = chars_from(value, end);
	if (!sip_params_check(a.params, &wanted, 1))
		return -STOX_EINVAL;
	/* what is not quoted is right */
	if (tag.p && (!tag.len || tag.p[0] == '"'))
		return -STOX_EINVAL;
	a.tag = tag;
	a.params = str_trim(a.params);
	if (a.params.len)
		a.params = chars_from(a.params, 1);
	*ret = a;
	return 0;
}

/* "SIP / 2.0 / TLS": three tokens. */
static bool sent_protocol(struct str s, size_t *i, struct str *ret_transport)
{
	size_t at = *i, end = at;

	for (int part = 0; part < 3; part++) {
		if (part) {
			at = skip_space(s, end);
			if (at == s.len || s.p[at] != '/')
				return false;
			at = skip_space(s, at + 1);
		}
		end = skip_class(s, at, CHAR_TOKEN);
		if (end == at)
			return false;
	}
	*ret_transport = (struct str){ s.p + at, end - at };
	*i = end;
	return true;
}

int sip_via_parse(struct str value, struct sip_via *ret)
{
	struct sip_via via = { .text = value };
	struct str branch = { NULL, 0 }, rest;
	const struct sip_wanted wanted[] = {
		{ STR("branch"), &branch, true },
		{ STR("rport"), &via.rport, false },
		{ STR("received"), &via.received, false },
		{ STR("alias"), &via.alias, false },
	};
	size_t i = skip_space(value, 0), from;
	ptrdiff_t n;

	if (!sent_protocol(value, &i, &via.transport))
		return -STOX_EINVAL;
	from = skip_space(value, i);
	if (from == i)
		return -STOX_EINVAL;
	n = sip_hostport(chars_from(value, from), &via.host, &via.port);
	if (n < 0)
		return -STOX_EINVAL;
	via.sent_by = (struct str){ value.p + from, (size_t)n };
	rest = chars_from(value, from + (size_t)n);
	if (!sip_params_check(rest, wanted, 4))
		return -STOX_EINVAL;
	/* the cookie alone names no transaction */
	if (branch.p && (!branch.len || str_is(branch, "z9hG4bK")))
		return -STOX_EINVAL;
	via.branch = branch;
	via.params = str_trim(rest);
	if (via.params.len)
		via.params = chars_from(via.params, 1);
	*ret = via;
	return 0;
}
