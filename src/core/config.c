/*
 * config.c: loading from begin to end, and the life of a snapshot.
 */
#include "core/config_private.h"

#include <limits.h>
#include <unistd.h>

/* ---- the global options ------------------------------------------------- */

static enum stox_level log_level(const char *word)
{
	if (strcmp(word, "error") == 0)
		return STOX_LOG_ERROR;
	if (strcmp(word, "warn") == 0)
		return STOX_LOG_WARN;
	return strcmp(word, "debug") == 0 ? STOX_LOG_DEBUG : STOX_LOG_INFO;
}

static const char *const no_items[] = {NULL};

static const char *const *items_of(const struct config_value *v)
{
	return v->items ? v->items : no_items;
}

static const char *name_of(enum config_global option)
{
	return config_global_options[option].option.name;
}

/* The place of an option of the global section, or the file's begin. */
static struct config_place global_place(
	const struct config_load *l, enum config_global option)
{
	const char *name = name_of(option);
	const struct config_raw_option *o = l->file.sections->options;

	while (o && strcmp(o->name, name) != 0)
		o = o->next;
	return o ? o->place : l->file.sections->place;
}

static void set_host(struct config_load *l)
{
	char name[HOST_NAME_MAX + 1] = "";
	const char *host = l->global[GLOBAL_HOST].string;
	const struct config_section *s = l->file.sections;

	if (!host && gethostname(name, sizeof(name) - 1) == 0)
		config_syntax_check(
			l->config->pool, CONFIG_FQDN, "", name, &host);
	l->config->host = host;
	while (s && s->type != CONFIG_SECTION_SIP)
		s = s->next;
	/* a host that was refused has been reported */
	if (!host && s && global_place(l, GLOBAL_HOST).line == 0)
		config_error(l->report, s->place,
			"a SipDomain needs host, and the "
			"name of this machine, \"%s\", is not fully qualified; "
			"expected host = \"gw.example.org\" above all sections",
			name);
}

/* Ruling 27: nobody needs to reach us on XMPP when we are a component. */
static const char *const *default_xmpp_listen(
	const struct config *c, const char *const *everywhere)
{
	for (size_t i = 0; i < c->sip_domain_count; i++)
		if (!c->sip_domains[i].local.component_host &&
			!c->sip_domains[i].gateway)
			return everywhere;
	for (size_t i = 0; i < c->gateway_count; i++)
		if (!c->gateways[i].self.local.component_host)
			return everywhere;
	return no_items;
}

/* Direct TLS has its default only beside that of the other: who names the
 * ports names all of them. */
static void set_xmpp_listen(struct config_load *l)
{
	static const char *const everywhere[] = {"*:5269", NULL};
	static const char *const everywhere_tls[] = {"*:5270", NULL};
	const struct config_value *plain = &l->global[GLOBAL_XMPP_LISTEN];
	const struct config_value *tls = &l->global[GLOBAL_XMPP_LISTEN_TLS];
	struct config *c = l->config;

	c->xmpp_listen = plain->set ? items_of(plain)
				    : default_xmpp_listen(c, everywhere);
	if (tls->set)
		c->xmpp_listen_tls = items_of(tls);
	else
		c->xmpp_listen_tls = plain->set ? no_items
			: default_xmpp_listen(c, everywhere_tls);
}

static const char *contact(const struct config *c, const char *transport)
{
	return pool_printf(c->pool, "<sip:%s:%u;transport=%s>",
		c->host ? c->host : "", (unsigned)c->sip_port, transport);
}

static void set_global(struct config_load *l)
{
	struct config *c = l->config;
	const struct config_value *v = l->global;

	c->data = v[GLOBAL_DATA].string;
	c->certificates = v[GLOBAL_CERTIFICATES].string;
	c->trust = v[GLOBAL_TRUST].string;
	c->crl = v[GLOBAL_CRL].string;
	c->certificates_at = config_at(&v[GLOBAL_CERTIFICATES]);
	c->trust_at = config_at(&v[GLOBAL_TRUST]);
	c->crl_at = config_at(&v[GLOBAL_CRL]);
	c->sip_port = (uint16_t)v[GLOBAL_SIP_PORT].number;
	c->control = v[GLOBAL_CONTROL].string;
	c->node = v[GLOBAL_NODE].string;
	c->log_level = log_level(v[GLOBAL_LOG_LEVEL].string);
	c->dns_servers = items_of(&v[GLOBAL_DNS_SERVERS]);
	c->dns_trust_anchor = v[GLOBAL_DNS_TRUST_ANCHOR].string;
	set_xmpp_listen(l);
	c->sip_listen = items_of(&v[GLOBAL_SIP_LISTEN]);
	c->sip_listen_tcp = items_of(&v[GLOBAL_SIP_LISTEN_TCP]);
	c->plugin_path = items_of(&v[GLOBAL_PLUGIN_PATH]);
	set_host(l);
	c->contact_tls = contact(c, "tls");
	c->contact_tcp = contact(c, "tcp");
	c->discovered_xmpp =
		config_discover_xmpp(l, v[GLOBAL_DISCOVER_XMPP].string);
	c->discovered_sip = config_discover_sip(l,
		v[GLOBAL_DISCOVER_SIP].string,
		global_place(l, GLOBAL_DISCOVER_SIP));
	config_discover_warn(l, global_place(l, GLOBAL_DISCOVER_SIP));
}

/* ---- what concerns several options -------------------------------------- */

struct listener {
	const char *address;
	enum config_global option;
};

static void check_listener(struct config_load *l, const char *address,
	enum config_global option, const struct listener *seen, size_t count)
{
	struct config_place place = global_place(l, option);

	for (size_t k = 0; k < count; k++) {
		if (strcmp(seen[k].address, address) != 0)
			continue;
		if (seen[k].option == option)
			config_error(l->report, place,
				"%s has \"%s\" twice; "
				"expected each address once",
				name_of(option), address);
		else
			config_error(l->report, place,
				"%s has \"%s\", and so "
				"has %s; expected each address once",
				name_of(option), address,
				name_of(seen[k].option));
		return;
	}
}

static void check_listeners(struct config_load *l)
{
	static const enum config_global options[] = {
		GLOBAL_XMPP_LISTEN, GLOBAL_XMPP_LISTEN_TLS, GLOBAL_SIP_LISTEN,
		GLOBAL_SIP_LISTEN_TCP};
	const char *const *lists[] = {l->config->xmpp_listen,
		l->config->xmpp_listen_tls, l->config->sip_listen, l->config->sip_listen_tcp};
	struct listener seen[64];
	size_t count = 0;

	for (size_t i = 0; i < 4; i++) {
		for (const char *const *a = lists[i]; *a; a++) {
			if (count == sizeof(seen) / sizeof(*seen)) {
				config_error(l->report,
					global_place(l, options[i]),
					"%s makes too many listeners; expected "
					"at most %zu",
					name_of(options[i]), count);
				return;
			}
			check_listener(l, *a, options[i], seen, count);
			seen[count++] = (struct listener){*a, options[i]};
		}
	}
}

static void warn_of_missing_side(struct config_load *l)
{
	struct config_place place = l->file.sections->place;
	const struct config *c = l->config;
	bool sip = false, xmpp = false;

	/* sections that were refused count as well: one line is enough */
	for (const struct config_section *s = l->file.sections; s;
		s = s->next) {
		sip |= s->type == CONFIG_SECTION_SIP ||
		       s->type == CONFIG_SECTION_PROVIDER ||
		       s->type == CONFIG_SECTION_OTHER;
		xmpp |= s->type == CONFIG_SECTION_XMPP ||
			s->type == CONFIG_SECTION_OTHER;
	}
	if (!sip && !c->discovered_sip)
		config_warning(l->report, place,
			"there is no SipDomain, so stox "
			"speaks for nobody on XMPP; expected one");
	if (!xmpp && !c->discovered_xmpp)
		config_warning(l->report, place,
			"there is no XmppDomain, so nobody "
			"on XMPP may take part; expected one");
	for (size_t i = 0; i < c->gateway_count; i++)
		if (!c->gateways[i].used && (i > 0 || !c->discovered_sip))
			config_warning(l->report, place,
				"nobody is found at the Gateway %s; expected a "
				"SipDomain with gateway = \"%s\"",
				c->gateways[i].self.domain,
				c->gateways[i].self.domain);
}

/* ---- looking up --------------------------------------------------------- */

static struct table *new_table(void)
{
	struct rand_source random = rand_kernel();
	uint8_t key[16];

	rand_bytes(&random, key, sizeof(key));
	return table_new(key);
}

static void put_names(struct table *by_domain, struct table *by_ascii,
	const char *const *domains, const char *const *ascii, void *record)
{
	for (size_t i = 0; domains[i]; i++) {
		table_put(by_domain, str_from(domains[i]), record);
		table_put(by_ascii, str_from(ascii[i]), record);
	}
}

static size_t count_names(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

static void index_domains(struct config *c)
{
	c->by_domain_sip = new_table();
	c->by_ascii_sip = new_table();
	c->by_domain_xmpp = new_table();
	c->by_ascii_xmpp = new_table();
	c->by_domain_gateway = new_table();
	for (size_t i = 0; i < c->gateway_count; i++)
		table_put(c->by_domain_gateway,
			str_from(c->gateways[i].self.domain), &c->gateways[i]);
	for (size_t i = 0; i < c->sip_domain_count; i++) {
		struct config_sip_domain *d = &c->sip_domains[i];

		put_names(c->by_domain_sip, c->by_ascii_sip, d->domains,
			d->partner.domains, d);
	}
	for (size_t i = 0; i < c->xmpp_domain_count; i++) {
		struct config_xmpp_domain *d = &c->xmpp_domains[i];

		put_names(c->by_domain_xmpp, c->by_ascii_xmpp, d->domains,
			d->sip_domains, d);
	}
}

/* The shapes that the two sides take. */
static void list_sides(struct config *c)
{
	const struct sip_partner **partners = pool_alloc0(c->pool,
		(c->sip_domain_count + 1) * sizeof(struct sip_partner *));
	const struct sip_partner **providers = pool_alloc0(c->pool,
		(c->provider_count + 1) * sizeof(struct sip_partner *));
	struct xmpp_local *locals;
	size_t count = 0;

	for (size_t i = 0; i < c->provider_count; i++)
		providers[i] = &c->providers[i].partner;
	c->sip_providers = providers;

	for (size_t i = 0; i < c->sip_domain_count; i++) {
		partners[i] = &c->sip_domains[i].partner;
		count += count_names(c->sip_domains[i].domains);
	}
	count += c->gateway_count;
	locals = pool_alloc0(c->pool, (count + 1) * sizeof(*locals));
	for (size_t i = 0; i < c->gateway_count; i++)
		locals[c->local_count++] = c->gateways[i].self.local;
	for (size_t i = 0; i < c->sip_domain_count; i++) {
		const struct config_sip_domain *d = &c->sip_domains[i];

		if (d->gateway)
			continue;
		for (size_t k = 0; d->domains[k]; k++) {
			locals[c->local_count] = d->local;
			locals[c->local_count++].domain = d->domains[k];
		}
	}
	c->locals = locals;
	c->sip_partners = partners;
}

const struct config_value *config_plugin_value(const struct config *c,
	const struct config_sip_domain *sip,
	const struct config_xmpp_domain *xmpp, const struct stox_option *option)
{
	uintptr_t at = (uintptr_t)option;

	for (size_t i = 0; i < c->plugin_count; i++) {
		uintptr_t base = (uintptr_t)c->plugins[i]->options;
		size_t n = c->plugin_option_counts[i], k;

		if (n == 0 || at < base || at >= base + n * sizeof(*option))
			continue;
		k = (at - base) / sizeof(*option);
		if (sip && sip->plugin_values[i][k].set)
			return &sip->plugin_values[i][k];
		if (xmpp && xmpp->plugin_values[i][k].set)
			return &xmpp->plugin_values[i][k];
		return &c->plugin_values[i][k];
	}
	return NULL;
}

/* ---- loading ------------------------------------------------------------ */

static struct config *config_new(const char *name)
{
	struct pool *pool = pool_new(NULL);
	struct config *c = pool_alloc0(pool, sizeof(*c));

	c->references = 1;
	c->pool = pool;
	c->file = pool_strdup(pool, name);
	return c;
}

static void check(struct config_load *l)
{
	l->names = new_table();
	config_check(l);
	set_global(l);
	check_listeners(l);
	warn_of_missing_side(l);
	table_free(&l->names);
}

/* @pool is taken. */
static int load(const char *name, struct str text, struct pool *pool,
	struct plugins *plugins, struct config **ret, struct buf *errors,
	struct buf *warnings)
{
	struct config_report *report = pool_alloc0(pool, sizeof(*report));
	struct config_load *l = pool_alloc0(pool, sizeof(*l));
	struct config *c = config_new(name);
	bool good;

	report->pool = pool;
	*l = (struct config_load){.pool = pool,
		.config = c,
		.report = report,
		.plugins = plugins};
	if (config_run(pool, name, text, report, &l->file))
		check(l);
	config_report_write(report, errors, warnings);
	good = report->errors == 0;
	pool_free(&pool);
	if (!good) {
		config_unref(&c);
		return -STOX_EINVAL;
	}
	index_domains(c);
	list_sides(c);
	*ret = c;
	return 0;
}

int config_load_text(const char *name, struct str text, struct plugins *plugins,
	struct config **ret, struct buf *errors, struct buf *warnings)
{
	struct pool *pool = pool_new(NULL);

	return load(name, pool_str(pool, text), pool, plugins, ret, errors,
		warnings);
}

int config_load(const char *file, struct plugins *plugins, struct config **ret,
	struct buf *errors, struct buf *warnings)
{
	struct pool *pool = pool_new(NULL);
	struct str text;
	const char *why;

	if (config_read_file(pool, file, &text, &why) < 0) {
		buf_printf(errors,
			"%s:1: cannot read it: %s; expected a readable "
			"file\n",
			file, why);
		pool_free(&pool);
		return -STOX_EINVAL;
	}
	return load(file, text, pool, plugins, ret, errors, warnings);
}

struct config *config_ref(struct config *c)
{
	c->references++;
	return c;
}

void config_unref(struct config **c)
{
	struct config *config = *c;
	struct pool *pool;

	*c = NULL;
	if (!config || --config->references > 0)
		return;
	table_free(&config->by_domain_sip);
	table_free(&config->by_domain_xmpp);
	table_free(&config->by_ascii_sip);
	table_free(&config->by_ascii_xmpp);
	table_free(&config->by_domain_gateway);
	pool = config->pool;
	pool_free(&pool);
}
