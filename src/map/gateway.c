/*
 * gateway.c: SIP users of a gateway domain.  XEP-0106, XEP-0100.
 *
 * A SIP address is the local part of a JID of the gateway there:
 * bob@contoso.com is bob\40contoso.com@sip.example.org.  That JID is the
 * user's face on XMPP; inside it is bob@contoso.com as everywhere else.
 */
#include "map/map.h"

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -STOX_EINVAL;
}

/* The last '@' of the text: a user part may hold others, a domain none. */
static ptrdiff_t last_at(struct str text)
{
	for (size_t i = text.len; i > 0; i--)
		if (text.p[i - 1] == '@')
			return (ptrdiff_t)i - 1;
	return -1;
}

int map_gateway_to_jid(struct pool *pool, const struct jid *face,
	struct jid *ret, const char **why)
{
	struct str text = str_from(jid_unescape(pool, face->local));
	ptrdiff_t at = last_at(text);
	struct str user, domain;
	const char *local;

	if (at < 0)
		return refuse(why, "This gateway knows people by their whole "
			"SIP address with \\40 for the @, such as "
			"bob\\40example.com.");
	user = (struct str){ text.p, (size_t)at };
	domain = (struct str){ text.p + at + 1, text.len - (size_t)at - 1 };
	local = user.len ? jid_escape(pool, user) : NULL;
	if (!local)
		return refuse(why, "The part of the address before \\40 is no "
			"SIP user.");
	/* no literal: an address is no domain, and nobody serves it */
	if (domain.len == 0 || domain.p[0] == '[' ||
		jid_make(pool, str_from(local), domain, face->resource, ret) < 0)
		return refuse(why, "The part of the address after \\40 is no "
			"domain.");
	return 0;
}

/* Preparing a local part changes some letters that domains may have. */
static bool survives(struct str domain)
{
	char out[1024];
	ptrdiff_t len = jid_prepare_local(domain, out, sizeof(out));

	return len > 0 && jid_local_is_safe(domain) &&
	       str_eq((struct str){ out, (size_t)len }, domain);
}

int map_jid_to_gateway(struct pool *pool, const struct jid *jid,
	const char *ascii, const char *gateway, struct jid *ret)
{
	struct str domain = survives(jid->domain) ? jid->domain
						  : str_from(ascii);
	const char *text, *local;

	if (!jid->local.len)
		return -STOX_ENOENT;
	text = pool_printf(pool, "%s@%.*s", jid_unescape(pool, jid->local),
		STR_FMT(domain));
	local = jid_escape(pool, str_from(text));
	return local && jid_make(pool, str_from(local), str_from(gateway),
				jid->resource, ret) == 0
		       ? 0 : -STOX_ENOENT;
}
