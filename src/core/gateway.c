/*
 * gateway.c: what plugins ask about gateway domains: stox/service/gateway.h.
 */
#include "stox/service/gateway.h"

#include "core/node.h"

bool stox_to_is_gateway(const struct stox_exchange *x)
{
	return x->side == STOX_XMPP && x->gateway;
}

/** What a person types as a URI: the scheme and the brackets may be missing. */
static const char *as_uri(struct pool *pool, const char *text)
{
	struct str s = str_trim(str_from(text));
	ptrdiff_t colon, at;

	if (s.len > 1 && s.p[0] == '<' && s.p[s.len - 1] == '>')
		s = str_trim((struct str){ s.p + 1, s.len - 2 });
	colon = str_find(s, ':');
	at = str_find(s, '@');
	if (colon >= 0 && (at < 0 || colon < at))
		return pool_strndup(pool, s.p, s.len);
	return pool_printf(pool, "sip:%.*s", STR_FMT(s));
}

const char *stox_gateway_jid(struct stox_exchange *x, const char *text,
	const char **ret_why)
{
	const char *typed = as_uri(x->pool, text);
	struct sip_uri uri;
	struct jid jid;

	if (sip_uri_parse(str_from(typed), &uri) < 0 || !uri.host.len ||
		!uri.user.len) {
		*ret_why = "This is no SIP address; expected one such as "
			"bob@contoso.com.";
		return NULL;
	}
	return ends_face_of(x, &uri, &jid, ret_why) == 0 ? jid.full : NULL;
}
