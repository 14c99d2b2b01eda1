/*
 * config_discover.c: the records that stand for all domains in no section.
 */
#include "core/config_private.h"

static void defaults(struct config_load *l, const struct config_option *table,
	struct config_value *values)
{
	for (int i = 0; table[i].option.name; i++)
		stox_require(config_value_default(l->config->pool,
				     &table[i].option, &values[i]) == 0);
}

/* lync.md 1.5: what discovered partners may do. */
static enum config_partner type_of(const char *word)
{
	return strcmp(word, "on") == 0 ? CONFIG_PUBLIC_VERIFIED
				       : CONFIG_PUBLIC_UNVERIFIED;
}

struct config_xmpp_domain *config_discover_xmpp(
	struct config_load *l, const char *word)
{
	static const char *const none[] = {NULL};
	struct config *c = l->config;
	struct config_value v[XMPP_OPTION_COUNT];
	struct config_xmpp_domain *d;

	if (strcmp(word, "off") == 0)
		return NULL;
	d = pool_alloc0(c->pool, sizeof(*d));
	defaults(l, config_xmpp_options, v);
	config_xmpp_partner(l, l->file.sections, v, d);
	d->type = type_of(word);
	d->domain = d->sip_domain = d->partner.domain = "";
	d->domains = d->sip_domains = none;
	d->partner.connection_limit =
		(unsigned)c->limits[LIMIT_DISCOVERED_STREAMS];
	d->discovered = true;
	d->counts = pool_alloc0(c->pool, sizeof(*d->counts));
	d->plugin_values = config_no_values(c);
	return d;
}

struct config_sip_domain *config_discover_sip(
	struct config_load *l, const char *word, struct config_place place)
{
	static const char *const none[] = {NULL};
	struct config *c = l->config;
	struct config_value v[SIP_OPTION_COUNT];
	struct config_sip_domain *d;

	if (strcmp(word, "off") == 0)
		return NULL;
	if (c->gateway_count == 0) {
		config_error(l->report, place,
			"discover_sip = \"%s\" has no place for the people it "
			"finds; expected a Gateway section",
			word);
		return NULL;
	}
	if (!c->host)
		config_error(l->report, place,
			"discover_sip = \"%s\" needs host, the name that SIP "
			"servers know us by; expected host = "
			"\"gw.example.org\" above all sections",
			word);
	d = pool_alloc0(c->pool, sizeof(*d));
	defaults(l, config_sip_options, v);
	v[SIP_OPTION_DIALECT].string =
		l->global[GLOBAL_DISCOVER_SIP_DIALECT].string;
	config_sip_partner(l, l->file.sections, v, &d->partner);
	d->domain = d->sip_domain = d->partner.name = "";
	d->domains = d->partner.domains = none;
	d->gateway = &c->gateways[0];
	d->limited = type_of(word) == CONFIG_PUBLIC_UNVERIFIED;
	d->discovered = true;
	d->counts = pool_alloc0(c->pool, sizeof(*d->counts));
	d->plugin_values = config_no_values(c);
	return d;
}

void config_discover_warn(struct config_load *l, struct config_place place)
{
	const struct config *c = l->config;

	if (c->discovered_sip && c->discovered_xmpp &&
		!c->discovered_sip->limited &&
		c->discovered_xmpp->type == CONFIG_PUBLIC_VERIFIED)
		config_warning(l->report, place,
			"discover_xmpp and discover_sip are both \"on\", so "
			"strangers of one side may write to strangers of the "
			"other through this gateway; expected \"limited\" or "
			"\"off\" for one of them");
}
