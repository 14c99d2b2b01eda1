/*
 * Addresses for plugins: stox/service/address.h.
 */
#include "core/node.h"
#include "stox/service/address.h"

/* A bare "user@host" is meant as a SIP URI, and so is pres:user@host. */
static int read_uri(struct stox_exchange *x, const char *text,
	struct sip_uri *ret)
{
	if (sip_uri_parse(str_from(text), ret) == 0 &&
		(ret->scheme == SIP_SCHEME_SIP ||
			ret->scheme == SIP_SCHEME_SIPS ||
			ret->scheme == SIP_SCHEME_IM ||
			ret->scheme == SIP_SCHEME_PRES))
		return 0;
	if (strchr(text, ':'))
		return -STOX_EINVAL;
	return sip_uri_parse(str_from(pool_printf(x->pool, "sip:%s", text)),
		ret);
}

/* Documents are about their senders, mostly: that address has been made. */
static bool is_sender(const struct stox_exchange *x, const struct sip_uri *uri)
{
	return x->in_sip && uri->scheme != SIP_SCHEME_SIPS &&
	       str_eq(uri->user, x->from_user) &&
	       str_eq(uri->host, x->from_host) && !uri->params.len &&
	       !uri->headers.p && !x->from.resource.len;
}

const char *stox_address_jid(struct stox_exchange *x, const char *uri)
{
	const char *domain, *why;
	struct sip_uri parsed;
	struct jid jid;

	if (read_uri(x, uri, &parsed) < 0)
		return NULL;
	if (is_sender(x, &parsed))
		return x->from.full;
	domain = ends_domain_of(x, parsed.host);
	if (!domain || map_address_to_jid(x->pool, &parsed, str_from(domain),
			       true, &jid, &why) < 0)
		return NULL;
	return pool_strndup(x->pool, jid.full, strlen(jid.full));
}

/* NULL: it has to be looked for. */
static const char *host_of_sender(const struct stox_exchange *x)
{
	if (x->side == STOX_XMPP && x->xmpp_domain)
		return ends_xmpp_host(x, &x->from);
	return NULL;
}

const char *stox_address_uri(struct stox_exchange *x, const char *text)
{
	const char *host = NULL;
	struct jid jid = x->from; /* whom most is said of */

	if (jid.full && strcmp(text, jid.full) == 0)
		host = host_of_sender(x);
	else if (jid_parse(x->pool, str_from(text), &jid) < 0)
		return NULL;
	if (!host)
		host = ends_host_of(x, jid.domain);
	return host ? map_address_to_sip(x->pool, &jid, host, true) : NULL;
}

const char *stox_address_device(struct stox_exchange *x, const char *uri,
	const char *resource)
{
	return map_address_with_gr(x->pool, uri, str_from(resource));
}

const char *stox_address_resource(struct stox_exchange *x, const char *text)
{
	BASE_SCRATCH char out[1024];
	ptrdiff_t n = text && *text
		? jid_prepare_resource(str_from(text), out, sizeof(out)) : -1;

	return n > 0 ? pool_strndup(x->pool, out, (size_t)n) : NULL;
}
