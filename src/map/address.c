/*
 * address.c: SIP URIs and JIDs.  RFC 7247, 6; XEP-0106; RFC 5627.
 *
 * Pure and never repairing: what has no exact counterpart is refused.  The
 * original spelling, where it matters, is the caller's to keep.
 */
#include "map/map.h"

#include "base/buf.h"

enum {
	PART_MAX = 1023,
	USUAL = 256 /* bytes that most URIs are below */
};

static int refuse(const char **why, int error, const char *text)
{
	*why = text;
	return error;
}

/* Percent-decode once; the result is text without control characters. */
static int decode(struct pool *pool, struct str in, struct str *ret,
	const char **why)
{
	struct buf out;
	int error = 0;

	if (in.len > 3 * PART_MAX)
		return refuse(why, -STOX_ENOENT, "a part is too long");
	if (str_find(in, '%') < 0) {
		*ret = in;
	} else {
		buf_init(&out, 3 * PART_MAX, NULL);
		error = sip_uri_decode(in, &out);
		*ret = pool_str(pool, buf_str(&out));
		buf_free(&out);
	}
	if (error)
		return refuse(why, -STOX_EINVAL,
			"'%' without two hexadecimal digits");
	if (!str_is_utf8(*ret))
		return refuse(why, -STOX_EINVAL, "a part is not UTF-8");
	if (str_has_control(*ret))
		return refuse(why, -STOX_EINVAL,
			"a part holds a control character");
	return 0;
}

/* tel:+1-555-123 becomes "+1555123".  Only numbers that mean the same
 * everywhere have an address.  RFC 3966, 5.1.1 and 5.1.4. */
static int phone_number(struct pool *pool, const struct sip_uri *uri,
	struct str *ret, const char **why)
{
	struct str rest = uri->text;
	char *digits;
	size_t n = 0;

	rest.p += uri->scheme_text.len + 1;
	rest.len -= uri->scheme_text.len + 1;
	if (rest.len > PART_MAX || str_find(rest, ';') >= 0)
		return refuse(why, -STOX_ENOENT,
			"a telephone number with parameters has no address");
	digits = pool_alloc(pool, rest.len + 1);
	for (size_t i = 0; i < rest.len; i++)
		if (!strchr("-.()", rest.p[i]))
			digits[n++] = rest.p[i];
	*ret = (struct str){ digits, n };
	if (n < 4 || n > 16 || digits[0] != '+')
		return refuse(why, -STOX_ENOENT,
			"only global telephone numbers have an address");
	for (size_t i = 1; i < n; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return refuse(why, -STOX_EINVAL,
				"malformed telephone number");
	return 0;
}

/* The local part for the text of a user part. */
static int local_part(struct pool *pool, struct str text, struct str *ret,
	const char **why)
{
	const char *escaped;

	if (!text.len || jid_local_is_plain(text)) {
		*ret = text;
		return 0;
	}
	escaped = jid_escape(pool, text);
	if (!escaped)
		return refuse(why, -STOX_ENOENT,
			"an address cannot begin or end with a space");
	*ret = str_from(escaped);
	if (ret->len > PART_MAX)
		return refuse(why, -STOX_ENOENT, "the address is too long");
	if (!jid_local_is_safe(*ret))
		return refuse(why, -STOX_ENOENT,
			"the address has characters that XMPP does not allow");
	return 0;
}

/* The value of gr; len 0 when there is none.  A gr without a value marks a
 * temporary GRUU, which says nothing about a device.  RFC 5627, 5.1. */
static int resource_part(struct pool *pool, const struct sip_uri *uri,
	struct str *ret, const char **why)
{
	struct str value;

	*ret = (struct str){ "", 0 };
	if (!sip_param(uri->params, "gr", &value) || !value.len)
		return 0;
	return decode(pool, value, ret, why);
}

static int user_text(struct pool *pool, const struct sip_uri *uri,
	struct str *ret, const char **why)
{
	switch (uri->scheme) {
	case SIP_SCHEME_SIP:
	case SIP_SCHEME_IM:
	case SIP_SCHEME_PRES:
		return decode(pool, uri->user, ret, why);
	case SIP_SCHEME_TEL:
		return phone_number(pool, uri, ret, why);
	case SIP_SCHEME_SIPS:
	case SIP_SCHEME_OTHER:
		break;
	}
	return refuse(why, -STOX_ENOTSUP,
		"this kind of address cannot be reached through the gateway");
}

/* There is nothing to decode, nor to escape. */
static bool is_plain(const struct sip_uri *uri)
{
	return uri->scheme == SIP_SCHEME_SIP && str_find(uri->user, '%') < 0 &&
	       jid_local_is_plain(uri->user);
}

int map_address_to_jid(struct pool *pool, const struct sip_uri *uri,
	struct str domain, bool with_gr, struct jid *ret, const char **why)
{
	struct str text = uri->user, local = text, resource = { "", 0 };
	const char *reason = NULL;
	bool plain = is_plain(uri);
	int error = plain ? 0 : user_text(pool, uri, &text, &reason);

	if (!error && uri->headers.p)
		error = refuse(&reason, -STOX_EINVAL,
			"an address with headers is no contact");
	if (!error && !plain)
		error = local_part(pool, text, &local, &reason);
	if (!error && with_gr)
		error = resource_part(pool, uri, &resource, &reason);
	if (!error && jid_make_at(pool, local, domain, resource, ret) < 0)
		error = refuse(&reason, -STOX_ENOENT,
			"the address has no counterpart in XMPP");
	if (error && why)
		*why = reason;
	return error;
}

static void add_gr(struct buf *out, struct str resource)
{
	buf_add_text(out, ";gr=");
	sip_uri_encode_param(out, resource);
}

const char *map_address_to_sip(struct pool *pool, const struct jid *jid,
	const char *host, bool with_gr)
{
	BASE_SCRATCH char usual[USUAL];
	struct str local = jid->local;
	struct buf out;
	const char *uri;

	/* each byte may become three */
	buf_init_in(&out, 3 * 2 * PART_MAX + strlen(host) + 16, usual,
		sizeof(usual));
	buf_add_text(&out, "sip:");
	if (str_find(local, '\\') >= 0)
		local = str_from(jid_unescape(pool, local));
	if (local.len) {
		sip_uri_encode_user(&out, local);
		buf_add_char(&out, '@');
	}
	buf_add_text(&out, host);
	if (with_gr && jid->resource.len)
		add_gr(&out, jid->resource);
	stox_require(!out.overflow);
	uri = pool_strndup(pool, out.data, out.len);
	buf_free(&out);
	return uri;
}

const char *map_address_with_gr(struct pool *pool, const char *uri,
	struct str resource)
{
	BASE_SCRATCH char usual[USUAL];
	struct buf out;
	const char *with;

	buf_init_in(&out, strlen(uri) + 3 * resource.len + 16, usual,
		sizeof(usual));
	buf_add_text(&out, uri);
	add_gr(&out, resource);
	with = pool_strndup(pool, out.data, out.len);
	buf_free(&out);
	return with;
}
