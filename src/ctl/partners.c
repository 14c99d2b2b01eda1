/*
 * What `stoxctl partners` tells: who may do what, how they are reached, and
 * what came of it.
 */
#include "ctl/report.h"

#include "core/partner.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static const char *type_name(enum config_partner type)
{
	switch (type) {
	case CONFIG_FEDERATED:
		return "federated";
	case CONFIG_PUBLIC_VERIFIED:
		return "public_verified";
	case CONFIG_PUBLIC_UNVERIFIED:
		return "public_unverified";
	case CONFIG_BLOCKED:
		return "blocked";
	}
	return "";
}

static const char *policy_name(enum xmpp_policy p)
{
	switch (p) {
	case XMPP_REQUIRED:
		return "required";
	case XMPP_OPTIONAL:
		return "optional";
	case XMPP_OFF:
		return "off";
	}
	return "";
}

static json_t *xmpp_row(const struct config_xmpp_domain *d)
{
	const struct xmpp_partner *p = &d->partner;

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:b,s:s}",
		"domain", d->domain, "side", "XMPP",
		"type", type_name(d->type),
		"reached", p->proxy ? p->proxy : "by DNS",
		"tls", policy_name(p->tls), "sasl", policy_name(p->sasl),
		"dialback", p->dialback, "from", report_number(d->counts->from),
		"to", report_number(d->counts->to),
		"refused", report_number(d->counts->refused), "discovered", 0,
		"description", or_empty(d->description));
}

static const char *reached(const struct config_sip_domain *d)
{
	if (d->partner.front_ends && d->partner.front_ends[0])
		return d->partner.front_ends[0];
	return "by DNS";
}

static json_t *sip_row(const struct config_sip_domain *d)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:b,s:s}",
		"domain", d->provider ? d->partner.name : d->domain,
		"side", "SIP",
		"type", d->partner.blocked ? "blocked"
			: d->provider ? "provider"
			: d->partner.trusted ? "trusted" : "federated",
		"reached", reached(d),
		"tls", d->partner.transport == SIP_TLS ? "required" : "off",
		"sasl", "off", "dialback", 0, "from", report_number(d->counts->from),
		"to", report_number(d->counts->to),
		"refused", report_number(d->counts->refused), "discovered", 0,
		"description", or_empty(d->description));
}

struct discovered {
	json_t *list;
	/* what stands for all of them; NULL: they may no longer take part */
	const struct config_xmpp_domain *xmpp;
	const struct config_sip_domain *sip;
};

static const char *discovered_type(const struct discovered *d,
	enum stox_side side)
{
	if (side == STOX_XMPP)
		return d->xmpp ? type_name(d->xmpp->type) : "";
	if (!d->sip)
		return "";
	return type_name(d->sip->limited ? CONFIG_PUBLIC_UNVERIFIED
					 : CONFIG_PUBLIC_VERIFIED);
}

static void discovered_row(void *arg, const struct partner_row *i)
{
	const struct discovered *d = arg;
	bool xmpp = i->side == STOX_XMPP;

	json_array_append_new(d->list, json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:b,s:s}",
		"domain", i->domain,
		"side", xmpp ? "XMPP" : "SIP",
		"type", discovered_type(d, i->side),
		"reached", "by DNS", "tls", "required",
		"sasl", xmpp ? "optional" : "off",
		"dialback", xmpp, "from", report_number(i->counts->from), "to", report_number(i->counts->to),
		"refused", report_number(i->counts->refused), "discovered", 1,
		"description", ""));
}

json_t *report_partners(struct node *n)
{
	const struct config *c = n->snapshot->config;
	struct discovered d = { json_array(), c->discovered_xmpp,
		c->discovered_sip };

	for (size_t i = 0; i < c->sip_domain_count; i++)
		json_array_append_new(d.list, sip_row(&c->sip_domains[i]));
	for (size_t i = 0; i < c->provider_count; i++)
		json_array_append_new(d.list, sip_row(&c->providers[i]));
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		json_array_append_new(d.list, xmpp_row(&c->xmpp_domains[i]));
	partners_discovered(n->partners, discovered_row, &d);
	return json_pack("{s:b,s:o}", "ok", 1, "partners", d.list);
}
