/*
 * ends.c: who is at the two ends of an exchange: JIDs, domains, and the face
 * that a SIP user has on XMPP.
 *
 * Inside, the SIP end is always user@its.domain.  Where that domain has its
 * people at a gateway, XMPP sees user\40its.domain@gateway: addresses are
 * turned here when they come in, and in route.c when they go out.
 */
#include "core/node.h"

/* Texts of a refusal. */
static const char UNLISTED[] =
	"This gateway does not federate with your domain.";
static const char NOT_HERE[] =
	"No SIP domain of that name is reached through this gateway.";
static const char SAME_SIDE[] =
	"That is an XMPP domain: nothing is relayed from XMPP to XMPP here; "
	"write to the address itself.";

/* ---- domains ---------------------------------------------------------------- */

struct sip_uri ends_asserted(const struct sip_request *r)
{
	const struct sip_header *h = NULL;
	struct sip_address a;
	struct str list, item;

	while (r->partner->trusted &&
		(h = sip_message_header(r->message, SIP_H_P_ASSERTED_IDENTITY, h))) {
		list = h->value;
		while (sip_list_next(&list, &item))
			if (sip_address_parse(item, &a) == 0 &&
				a.uri.scheme == SIP_SCHEME_SIP)
				return a.uri;
	}
	return r->message->from.uri;
}

/** Lower case and without the final dot: hosts in SIP are ASCII already. */
static struct str plain_host(struct str host, char out[256])
{
	if (host.len && host.p[host.len - 1] == '.')
		host.len--;
	if (host.len > 255)
		return (struct str){ NULL, 0 };
	for (size_t i = 0; i < host.len; i++)
		out[i] = host.p[i] >= 'A' && host.p[i] <= 'Z'
				 ? (char)(host.p[i] + 32) : host.p[i];
	return (struct str){ out, host.len };
}

/** The name in @from equal to @name, as it stands at the same place in @to
 *  (the same domains, in U-labels and in A-labels). */
static const char *same_name(const char *const *from, const char *const *to,
	struct str name)
{
	for (size_t i = 0; from[i]; i++)
		if (str_is(name, from[i]))
			return to[i];
	return NULL;
}

/** May @host (A-labels, lower case) be a domain that stands in no section?
 *  @others: the domains of the other side. */
static bool may_be_met(const struct config *c, struct str host,
	struct table *others)
{
	BASE_SCRATCH char canonical[1024];
	ptrdiff_t len;

	if (str_find(host, '.') < 0 || str_find(host, ':') >= 0 ||
		table_get(others, host) || (c->host && str_iis(host, c->host)))
		return false;
	len = jid_prepare_domain(host, canonical, sizeof(canonical));
	return len > 0 && !table_get(c->by_domain_gateway,
			(struct str){ canonical, (size_t)len }) &&
	       (canonical[len - 1] < '0' || canonical[len - 1] > '9');
}

bool ends_is_discoverable(const struct config *c, struct str host)
{
	return c->discovered_xmpp && may_be_met(c, host, c->by_ascii_sip);
}

bool ends_is_discoverable_sip(const struct config *c, struct str host)
{
	return (c->discovered_sip || c->provider_count) && !table_get(c->by_ascii_sip, host) &&
	       may_be_met(c, host, c->by_ascii_xmpp);
}

static const char *canonical_of(struct pool *pool, struct str ascii)
{
	BASE_SCRATCH char canonical[1024];
	ptrdiff_t len = jid_prepare_domain(ascii, canonical, sizeof(canonical));

	return len > 0 ? pool_strndup(pool, canonical, (size_t)len) : NULL;
}

/** The SIP domain of a host as JIDs write it; NULL when it is not one.  *@ret
 *  is its section, NULL: it stands in none. */
static const char *sip_domain_of(struct stox_exchange *x, struct str host,
	const struct config_sip_domain **ret)
{
	const struct config *c = x->snapshot->config;
	BASE_SCRATCH char name[256];
	struct str ascii = plain_host(host, name);
	const struct config_sip_domain *d = table_get(c->by_ascii_sip, ascii);

	*ret = d;
	if (d)
		return same_name(d->partner.domains, d->domains, ascii);
	return ends_is_discoverable_sip(c, ascii) ? canonical_of(x->pool, ascii)
						  : NULL;
}

/** The same of an XMPP domain. */
static const char *xmpp_domain_of(struct stox_exchange *x, struct str host,
	const struct config_xmpp_domain **ret)
{
	const struct config *c = x->snapshot->config;
	BASE_SCRATCH char name[256];
	struct str ascii = plain_host(host, name);
	const struct config_xmpp_domain *d = table_get(c->by_ascii_xmpp, ascii);

	*ret = d;
	if (d)
		return same_name(d->sip_domains, d->domains, ascii);
	return ends_is_discoverable(c, ascii) ? canonical_of(x->pool, ascii)
					      : NULL;
}

/** A domain in A-labels, in the exchange's pool; "invalid" never happens: it
 *  was prepared. */
static const char *ascii_of(struct pool *pool, struct str domain)
{
	BASE_SCRATCH char ascii[256];

	return io_domain_to_ascii(domain, ascii, sizeof(ascii)) == 0
		? pool_strdup(pool, ascii) : "invalid";
}

const char *ends_domain_of(struct stox_exchange *x, struct str host)
{
	const struct config_sip_domain *sip;
	const struct config_xmpp_domain *xmpp;
	const char *domain = sip_domain_of(x, host, &sip);

	return domain ? domain : xmpp_domain_of(x, host, &xmpp);
}

const char *ends_host_of(struct stox_exchange *x, struct str domain)
{
	const struct config *c = x->snapshot->config;
	const struct config_sip_domain *sip =
		table_get(c->by_domain_sip, domain);
	const struct config_xmpp_domain *xmpp =
		table_get(c->by_domain_xmpp, domain);
	const char *ascii;

	if (sip)
		return same_name(sip->domains, sip->partner.domains, domain);
	if (xmpp)
		return same_name(xmpp->domains, xmpp->sip_domains, domain);
	ascii = ascii_of(x->pool, domain);
	return ends_is_discoverable(c, str_from(ascii)) ||
			ends_is_discoverable_sip(c, str_from(ascii))
		? ascii : NULL;
}

const char *ends_sip_host(const struct stox_exchange *x, const struct jid *jid)
{
	if (x->sip_domain->discovered)
		return ascii_of(x->pool, jid->domain);
	return same_name(x->sip_domain->domains, x->sip_domain->partner.domains,
		jid->domain);
}

const char *ends_xmpp_host(const struct stox_exchange *x, const struct jid *jid)
{
	if (x->xmpp_domain->discovered)
		return ascii_of(x->pool, jid->domain);
	return same_name(x->xmpp_domain->domains, x->xmpp_domain->sip_domains,
		jid->domain);
}

/** Whoever speaks for it, as far as is known yet. */
static const struct config_sip_domain *in_no_section(struct stox_exchange *x,
	struct str domain)
{
	const struct config *c = x->snapshot->config;
	const struct sip_partner *provider = c->provider_count
		? sip_provider_of(x->node->sip, ascii_of(x->pool, domain))
		: NULL;

	for (size_t i = 0; provider && i < c->provider_count; i++)
		if (c->sip_providers[i] == provider)
			return &c->providers[i];
	return c->discovered_sip ? c->discovered_sip : &c->providers[0];
}

/** The record of a SIP domain; NULL: it is none that may take part. */
static const struct config_sip_domain *find_sip(struct stox_exchange *x,
	struct str domain)
{
	const struct config *c = x->snapshot->config;
	const struct config_sip_domain *d = table_get(c->by_domain_sip, domain);

	if (!d && ends_is_discoverable_sip(c,
			  str_from(ascii_of(x->pool, domain))))
		d = in_no_section(x, domain);
	return d;
}

/** Strangers of whom each has to be approached first: nobody may begin. */
static bool are_shy(const struct stox_exchange *x)
{
	return x->sip_domain->limited &&
	       !policy_type_may(x->xmpp_domain->type, POLICY_WRITE);
}

/** The record of the domains, as far as it is not known yet, when they may
 *  talk. */
static int find_domains(struct stox_exchange *x)
{
	const struct config *c = x->snapshot->config;
	const struct jid *sip = x->side == STOX_XMPP ? &x->to : &x->from;
	const struct jid *xmpp = x->side == STOX_XMPP ? &x->from : &x->to;

	if (!x->sip_domain)
		x->sip_domain = find_sip(x, sip->domain);
	if (!x->xmpp_domain)
		x->xmpp_domain = table_get(c->by_domain_xmpp, xmpp->domain);
	if (!x->xmpp_domain && !table_get(c->by_domain_sip, xmpp->domain) &&
		!table_get(c->by_domain_gateway, xmpp->domain))
		x->xmpp_domain = c->discovered_xmpp;
	if (!x->sip_domain)
		return -STOX_ENOROUTE;
	if (!x->xmpp_domain || x->xmpp_domain->partner.blocked ||
		x->sip_domain->partner.blocked || are_shy(x))
		return -STOX_EPERM;
	return 0;
}

/** @jid, whose domain is @d's, as XMPP sees it. */
static int face_of(struct pool *pool, const struct config_sip_domain *d,
	const struct jid *jid, struct jid *ret)
{
	*ret = *jid;
	if (!d->gateway)
		return 0;
	return map_jid_to_gateway(pool, jid, d->discovered
			? ascii_of(pool, jid->domain)
			: same_name(d->domains, d->partner.domains, jid->domain),
		d->gateway->self.domain, ret);
}

/** The face of the SIP end, which we know by its own address. */
static int make_face(struct stox_exchange *x)
{
	const struct jid *sip = x->side == STOX_XMPP ? &x->to : &x->from;

	x->gateway = x->sip_domain->gateway;
	return face_of(x->pool, x->sip_domain, sip, &x->face);
}

int ends_face_of(struct stox_exchange *x, const struct sip_uri *uri,
	struct jid *ret, const char **why)
{
	const struct config_sip_domain *d;
	const char *domain = sip_domain_of(x, uri->host, &d);
	struct jid jid;

	if (!domain) {
		*why = NOT_HERE;
		return -STOX_ENOROUTE;
	}
	if (map_address_to_jid(x->pool, uri, str_from(domain), false, &jid, why) < 0)
		return -STOX_ENOENT;
	*why = "The address is too long.";
	return face_of(x->pool, d ? d : find_sip(x, jid.domain), &jid, ret);
}

enum stox_side ends_begin_side(const struct config *c, const struct jid *from,
	const struct jid *to, const struct config_sip_domain **ret)
{
	*ret = NULL;
	/* no domain is on both sides */
	if (table_get(c->by_domain_xmpp, to->domain))
		return STOX_SIP;
	*ret = table_get(c->by_domain_sip, to->domain);
	if (*ret)
		return STOX_XMPP;
	return table_get(c->by_domain_xmpp, from->domain) ? STOX_XMPP
							  : STOX_SIP;
}

int ends_begun(struct stox_exchange *x)
{
	int error = find_domains(x);

	return error ? error : make_face(x);
}

/* ---- from XMPP --------------------------------------------------------------- */

/** x->face is an address of a gateway: find who is meant. */
static enum stox_condition behind_gateway(struct stox_exchange *x,
	const struct config_gateway *g, const char **why)
{
	const struct config *c = x->snapshot->config;
	const struct config_sip_domain *d;

	x->gateway = g;
	if (!x->face.local.len) {
		x->sip_domain = &g->self;
		return STOX_NO_ERROR;
	}
	if (map_gateway_to_jid(x->pool, &x->face, &x->to, why) < 0)
		return STOX_JID_MALFORMED;
	d = find_sip(x, x->to.domain);
	if (d && d->gateway == g)
		return STOX_NO_ERROR;
	*why = table_get(c->by_domain_xmpp, x->to.domain) ? SAME_SIDE : NOT_HERE;
	return STOX_ITEM_NOT_FOUND;
}

enum stox_condition ends_from_xmpp(struct stox_exchange *x, const char **why)
{
	const struct config *c = x->snapshot->config;
	const struct config_gateway *g =
		table_get(c->by_domain_gateway, x->face.domain);
	enum stox_condition refused = STOX_NO_ERROR;
	int error;

	x->to = x->face;
	if (g)
		refused = behind_gateway(x, g, why);
	error = refused ? 0 : find_domains(x);
	if (error == -STOX_EPERM) {
		*why = UNLISTED;
		refused = STOX_FORBIDDEN;
	} else if (error) {
		refused = STOX_ITEM_NOT_FOUND;
	}
	return refused;
}

/* ---- from SIP ------------------------------------------------------------------ */

/** Map the ends.  Returns 0 or the status to refuse with. */
static unsigned map_ends(struct stox_exchange *x, const struct sip_request *r,
	const char **why)
{
	struct sip_uri from = ends_asserted(r);
	/* In a dialog the Request-URI is our Contact; To says who is meant. */
	const struct sip_uri *to = r->message->to.tag.len
		? &r->message->to.uri : &r->message->uri;
	const struct config_sip_domain *sip_domain;
	const struct config_xmpp_domain *xmpp_domain;
	const char *sip = sip_domain_of(x, from.host, &sip_domain);
	const char *xmpp = xmpp_domain_of(x, to->host, &xmpp_domain);
	int error;

	if (!sip) {
		*why = "Sender Domain Not Served";
		return 403;
	}
	if (!xmpp) {
		*why = "Domain Not Served";
		return 404;
	}
	error = map_address_to_jid(x->pool, &from, str_from(sip), true, &x->from, why);
	if (!error)
		error = map_address_to_jid(x->pool, to, str_from(xmpp), true,
			&x->to, why);
	if (error)
		return error == -STOX_ENOENT ? 404
			: error == -STOX_ENOTSUP ? 416 : 400;
	x->sip_domain = sip_domain;
	x->xmpp_domain = xmpp_domain;
	x->from_user = from.user;
	x->from_host = from.host;
	return 0;
}

unsigned ends_from_sip(struct stox_exchange *x, const struct sip_request *r,
	const char **why)
{
	unsigned status = map_ends(x, r, why);

	if (status)
		return status;
	if (find_domains(x) < 0) {
		*why = "Federation Not Allowed";
		return 403;
	}
	if (make_face(x) < 0) {
		*why = "The Sender Has No Address On XMPP";
		return 404;
	}
	return 0;
}
