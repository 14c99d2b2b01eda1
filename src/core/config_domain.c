/*
 * config_domain.c: from the values of a section to the record of a domain.
 */
#include "core/config_private.h"

/* ---- names -------------------------------------------------------------- */

/* Where a domain was named first: an item of a list is looked up in the text
 * only when the name comes again. */
struct named {
	const char *ascii;
	enum config_section_type type;
	struct config_place place;
	const struct config_raw_option *option;
	const struct config_raw *item; /* of option; NULL: see place */
};

static struct config_place place_of(const struct named *n)
{
	return n->item ? config_item_place(n->option, n->item) : n->place;
}

static const char *section_word(enum config_section_type type)
{
	if (type == CONFIG_SECTION_GATEWAY)
		return "a Gateway";
	if (type == CONFIG_SECTION_PROVIDER)
		return "a Provider";
	return type == CONFIG_SECTION_SIP ? "a SipDomain" : "an XmppDomain";
}

/* What would be right where two kinds of section have one name. */
static const char *one_side(const struct named *a, const struct named *b)
{
	if (a->type == CONFIG_SECTION_GATEWAY ||
		b->type == CONFIG_SECTION_GATEWAY)
		return "a name of its own for the gateway, such as "
		       "sip.example.org";
	return "one side: a domain with users on both XMPP and SIP is not "
	       "supported";
}

/* A domain lives on exactly one side, and in one section. */
static bool claim_name(
	struct config_load *l, const char *domain, const struct named *name)
{
	const struct named *first = table_get(l->names, str_from(name->ascii));
	struct config_place place, there;

	if (!first) {
		struct named *copy = pool_alloc(l->pool, sizeof(*copy));

		*copy = *name;
		table_put(l->names, str_from(copy->ascii), copy);
		return true;
	}
	if (config_report_full(l->report))
		return false;
	place = place_of(name);
	there = place_of(first);
	if (first->type == name->type)
		config_error(l->report, place,
			"%s is listed twice; expected "
			"once: it stands at %s:%d already",
			domain, there.source->name, there.line);
	else
		config_error(l->report, place,
			"%s is %s here and %s at %s:%d; expected %s", domain,
			section_word(name->type), section_word(first->type),
			there.source->name, there.line, one_side(name, first));
	return false;
}

static const char *to_ascii(struct pool *pool, const char *domain)
{
	char ascii[256];

	if (domain[0] == '[')
		return domain; /* an address, see no_address() */
	stox_require(io_domain_to_ascii(
			     str_from(domain), ascii, sizeof(ascii)) == 0);
	return pool_strdup(pool, ascii);
}

const struct config_raw_option *config_section_option(
	const struct config_section *section, const char *name)
{
	const struct config_raw_option *o = section->options;

	while (o && strcmp(o->name, name) != 0)
		o = o->next;
	return o;
}

static struct config_place option_place(
	const struct config_section *section, const char *name)
{
	const struct config_raw_option *o = config_section_option(section, name);

	return o ? o->place : section->place;
}

static bool claim_additional(struct config_load *l,
	const struct config_section *section, const char *domain,
	const char *ascii, size_t index)
{
	const struct config_raw_option *o =
		config_section_option(section, "additional_domains");
	struct named name = {ascii, section->type, o->place, o, NULL};

	if (o->value.type == CONFIG_RAW_TABLE && index < o->value.item_count)
		name.item = &o->value.items[index];
	return claim_name(l, domain, &name);
}

/* An XMPP server may be known by its address (RFC 6120, 3.2.1): nobody else. */
static bool no_address(struct config_load *l,
	const struct config_section *section, const char *domain)
{
	const char *dot = strrchr(domain, '.');
	const char *last = dot ? dot + 1 : domain;

	if (section->type == CONFIG_SECTION_XMPP || (domain[0] != '[' &&
		strspn(last, "0123456789") != strlen(last)))
		return true;
	config_error(l->report, section->place,
		"%s is an address; expected a name such as \"example.org\": "
		"only an XmppDomain may be known by its address", domain);
	return false;
}

/* The names of a section: its own first, then the additional ones, canonical
 * and as A-labels. */
static bool section_names(struct config_load *l,
	const struct config_section *section,
	const struct config_value *additional, const char *const **ret_domains,
	const char *const **ret_ascii)
{
	struct pool *pool = l->config->pool;
	const char **domains, **ascii, *own, *why;
	size_t count = 0;
	bool good;

	why = config_syntax_check(pool, CONFIG_DOMAIN, "", section->name, &own);
	if (why) {
		config_error(l->report, section->place,
			"\"%s\" is no domain; "
			"%s%sexpected a name such as \"example.org\"",
			section->name, why, *why ? "; " : "");
		return false;
	}
	while (additional->items && additional->items[count])
		count++;
	domains = pool_alloc0(pool, (count + 2) * sizeof(*domains));
	ascii = pool_alloc0(pool, (count + 2) * sizeof(*ascii));
	domains[0] = own;
	ascii[0] = to_ascii(pool, own);
	good = no_address(l, section, own);
	good &= claim_name(l, own,
		&(struct named){.ascii = ascii[0],
			.type = section->type,
			.place = section->place});
	for (size_t i = 0; i < count; i++) {
		domains[i + 1] = additional->items[i];
		ascii[i + 1] = to_ascii(pool, additional->items[i]);
		if (!no_address(l, section, domains[i + 1]) ||
			!claim_additional(
			    l, section, domains[i + 1], ascii[i + 1], i))
			good = false;
	}
	*ret_domains = domains;
	*ret_ascii = ascii;
	return good;
}

/* ---- words -------------------------------------------------------------- */

static enum io_tls_version tls_version(struct config_load *l,
	const struct config_section *section, const struct config_value *value)
{
	struct config_place place = option_place(section, "tls_min");

	if (strcmp(value->string, "1.3") == 0)
		return IO_TLS_1_3;
	if (strcmp(value->string, "1.2") == 0)
		return IO_TLS_1_2;
	config_warning(l->report, place,
		"TLS %s can be broken; expected "
		"\"1.2\" as soon as %s speaks it",
		value->string, section->name);
	return strcmp(value->string, "1.1") == 0 ? IO_TLS_1_1 : IO_TLS_1_0;
}

static enum xmpp_policy policy(const struct config_value *value)
{
	if (strcmp(value->string, "required") == 0)
		return XMPP_REQUIRED;
	return strcmp(value->string, "optional") == 0 ? XMPP_OPTIONAL
						      : XMPP_OFF;
}

static enum config_partner partner_type(const struct config_value *value)
{
	if (strcmp(value->string, "federated") == 0)
		return CONFIG_FEDERATED;
	if (strcmp(value->string, "public_verified") == 0)
		return CONFIG_PUBLIC_VERIFIED;
	if (strcmp(value->string, "public_unverified") == 0)
		return CONFIG_PUBLIC_UNVERIFIED;
	return CONFIG_BLOCKED;
}

/* allow, deny and hidden stand beside each other in both tables */
static struct config_users users(const struct config_value *allow)
{
	return (struct config_users){allow[0].items, allow[1].items,
		allow[2].items};
}

/* ---- XmppDomain --------------------------------------------------------- */

static const char *policy_word(enum xmpp_policy p)
{
	switch (p) {
	case XMPP_REQUIRED:
		return "required";
	case XMPP_OPTIONAL:
		return "optional";
	case XMPP_OFF:
		break;
	}
	return "off";
}

/* Which ways of proof the three settings leave.  lync.md 1.5, ruling 12. */
static void check_negotiation(struct config_load *l,
	const struct config_section *section, const struct xmpp_partner *p)
{
	struct config_place place = option_place(section, "tls");
	const char *name = section->name;

	/* both were written, since neither is the default */
	if (!p->dialback && p->sasl == XMPP_OFF) {
		place = option_place(section, "sasl");
		config_error(l->report, place,
			"with sasl = \"off\" and dialback "
			"= false nothing proves %s; expected one of the two",
			name);
		return;
	}
	if (!p->dialback && p->tls == XMPP_OFF) {
		config_error(l->report, place,
			"with tls = \"off\" and dialback = "
			"false nothing proves %s, since SASL needs TLS; "
			"expected tls = \"required\" or dialback = true",
			name);
		return;
	}
	if (p->tls == XMPP_OFF)
		config_warning(l->report, place,
			"streams with %s are not "
			"encrypted%s%s%s; expected tls = \"required\"",
			name, p->sasl == XMPP_OFF ? "" : ", so sasl = \"",
			p->sasl == XMPP_OFF ? "" : policy_word(p->sasl),
			p->sasl == XMPP_OFF ? "" : "\" has no effect");
	else if (p->tls == XMPP_OPTIONAL && p->sasl == XMPP_REQUIRED)
		config_warning(l->report, place,
			"sasl = \"required\" fails when "
			"%s does without TLS; expected tls = \"required\"",
			name);
	else if (p->tls == XMPP_OPTIONAL && !p->dialback)
		config_warning(l->report, place,
			"without TLS nothing proves %s; "
			"expected tls = \"required\" or dialback = true",
			name);
}

static void set_proxy(
	struct config_load *l, const char *proxy, struct xmpp_partner *p)
{
	char host[256];

	if (!proxy)
		return;
	stox_require(
		config_address(proxy, host, sizeof(host), &p->proxy_port) == 0);
	p->proxy = pool_strdup(l->config->pool, host);
}

void config_xmpp_partner(struct config_load *l,
	const struct config_section *section, const struct config_value *v,
	struct config_xmpp_domain *ret)
{
	struct xmpp_partner *p = &ret->partner;

	ret->type = partner_type(&v[XMPP_OPTION_PARTNER]);
	ret->certificate_at = config_at(&v[XMPP_OPTION_CERTIFICATE]);
	*p = (struct xmpp_partner){
		.tls = policy(&v[XMPP_OPTION_TLS]),
		.sasl = policy(&v[XMPP_OPTION_SASL]),
		.dialback = v[XMPP_OPTION_DIALBACK].boolean,
		.dane = v[XMPP_OPTION_DANE].boolean,
		.certificate = v[XMPP_OPTION_CERTIFICATE].string,
		.blocked = ret->type == CONFIG_BLOCKED,
		.keepalive = v[XMPP_OPTION_KEEPALIVE].boolean,
		.legacy_srv = v[XMPP_OPTION_LEGACY_SRV].boolean,
		.bidi = v[XMPP_OPTION_BIDI].boolean,
		.resume = v[XMPP_OPTION_RESUME].boolean,
		.tls_min = tls_version(l, section, &v[XMPP_OPTION_TLS_MIN]),
		.connection_limit =
			(unsigned)v[XMPP_OPTION_CONNECTION_LIMIT].number,
	};
	set_proxy(l, v[XMPP_OPTION_PROXY].string, p);
}

bool config_xmpp_section(struct config_load *l, struct config_section *section,
	struct config_xmpp_domain *ret)
{
	struct config_value v[XMPP_OPTION_COUNT];
	struct xmpp_partner *p = &ret->partner;

	config_check_core(l, section, config_xmpp_options, v);
	config_xmpp_partner(l, section, v, ret);
	check_negotiation(l, section, p);
	if (!section_names(l, section, &v[XMPP_OPTION_ADDITIONAL_DOMAINS],
		    &ret->domains, &ret->sip_domains))
		return false;
	ret->domain = p->domain = ret->domains[0];
	ret->sip_domain = ret->sip_domains[0];
	ret->users = users(&v[XMPP_OPTION_USERS_ALLOW]);
	ret->description = v[XMPP_OPTION_DESCRIPTION].string;
	ret->counts = pool_alloc0(l->config->pool, sizeof(*ret->counts));
	return true;
}

/* ---- SipDomain ---------------------------------------------------------- */

/* Without TLS a peer is known by its address only, so a name does not do. */
static void check_tcp(struct config_load *l,
	const struct config_section *section, const struct sip_partner *p)
{
	struct config_place place = option_place(section, "transport");
	bool named = !p->front_ends;

	for (size_t i = 0; p->front_ends && p->front_ends[i]; i++) {
		struct str front_end = str_from(p->front_ends[i]);

		if (front_end.p[0] != '[' &&
			strspn(front_end.p, "0123456789.:") != front_end.len)
			named = true;
	}
	config_warning(l->report, place,
		"messages with %s are not encrypted; "
		"expected \"tls\"",
		section->name);
	if (named)
		config_warning(l->report, place,
			"without TLS only an address tells "
			"who asks, so requests from %s are refused; expected "
			"its "
			"addresses in front_end",
			section->name);
}

static unsigned choice(enum sip_choice c, const struct config_value *v)
{
	const struct sip_choice_info *info = sip_choice_info(c);
	unsigned i = 0;

	switch (info->kind) {
	case SIP_CHOICE_BOOL:
		return v->boolean;
	case SIP_CHOICE_INT:
		return (unsigned)v->number;
	case SIP_CHOICE_WORD:
		break;
	}
	while (strcmp(info->words[i], v->string) != 0)
		i++;
	return i;
}

/* The named one, or a copy with what the section changes. */
static const struct sip_dialect *dialect_of(struct config_load *l,
	const struct config_value *v)
{
	const struct sip_dialect *d =
		sip_dialect_find(v[SIP_OPTION_DIALECT].string);
	struct sip_dialect *own = NULL;

	stox_require(d);
	for (int c = 0; c < SIP_CHOICE_COUNT; c++) {
		const struct config_value *one = &v[SIP_OPTION_CHOICES + c];

		if (!one->set)
			continue;
		if (!own) {
			own = pool_alloc(l->config->pool, sizeof(*own));
			*own = *d;
		}
		sip_dialect_set(own, (enum sip_choice)c,
			choice((enum sip_choice)c, one));
	}
	return own ? own : d;
}

void config_sip_partner(struct config_load *l,
	const struct config_section *section, const struct config_value *v,
	struct sip_partner *p)
{
	const struct config_value *front_end = &v[SIP_OPTION_FRONT_END];

	*p = (struct sip_partner){
		.dialect = dialect_of(l, v),
		.transport = strcmp(v[SIP_OPTION_TRANSPORT].string, "tcp") == 0
				     ? SIP_TCP
				     : SIP_TLS,
		.tls_min = tls_version(l, section, &v[SIP_OPTION_TLS_MIN]),
		.trusted = v[SIP_OPTION_TRUSTED].boolean,
		.blocked = v[SIP_OPTION_BLOCKED].boolean,
		.keepalive = v[SIP_OPTION_KEEPALIVE].boolean,
		.client_usage = v[SIP_OPTION_PEER_CLIENT_USAGE].boolean,
		.certificate = v[SIP_OPTION_CERTIFICATE].string,
	};
	/* an empty list is no list */
	if (front_end->items && front_end->items[0])
		p->front_ends = front_end->items;
	if (p->transport == SIP_TCP)
		check_tcp(l, section, p);
}

/* What core makes of a section, beside the partner. */
static void sip_policy(const struct config_value *v,
	struct config_sip_domain *ret)
{
	const char *verification = v[SIP_OPTION_VERIFICATION].string;

	ret->gateway_name = v[SIP_OPTION_GATEWAY].string;
	ret->certificate_at = config_at(&v[SIP_OPTION_CERTIFICATE]);
	ret->users = users(&v[SIP_OPTION_USERS_ALLOW]);
	ret->description = v[SIP_OPTION_DESCRIPTION].string;
	ret->refuse_strangers = v[SIP_OPTION_REFUSE_STRANGERS].boolean;
	ret->client_usage = v[SIP_OPTION_CLIENT_USAGE].boolean;
	ret->by_mark = strcmp(verification, "source") == 0;
	ret->limited = strcmp(verification, "never") == 0;
}

/* Its name is that of a server, which may speak for any domain. */
bool config_provider_section(struct config_load *l,
	struct config_section *section, struct config_sip_domain *ret)
{
	static const char *const none[] = {NULL};
	static const char *const domain_only[] = {"additional_domains",
		"component"};
	struct pool *pool = l->config->pool;
	struct config_value v[SIP_OPTION_COUNT];
	const char **servers = pool_alloc0(pool, 2 * sizeof(*servers)), *why;

	config_check_core(l, section, config_sip_options, v);
	config_sip_partner(l, section, v, &ret->partner);
	sip_policy(v, ret);
	why = config_syntax_check(pool, CONFIG_FQDN, "", section->name,
		&servers[0]);
	if (why) {
		config_error(l->report, section->place,
			"\"%s\" is no server; %s%sexpected a name such as "
			"\"edge.example.org\"", section->name, why,
			*why ? "; " : "");
		return false;
	}
	for (size_t i = 0; i < 2; i++)
		if (config_section_option(section, domain_only[i]))
			config_error(l->report,
				option_place(section, domain_only[i]),
				"a Provider has no %s; expected it in a "
				"SipDomain", domain_only[i]);
	if (!ret->partner.front_ends)
		ret->partner.front_ends = servers;
	ret->partner.name = servers[0];
	ret->domain = ret->sip_domain = "";
	ret->domains = ret->partner.domains = none;
	ret->discovered = ret->provider = true;
	ret->counts = pool_alloc0(pool, sizeof(*ret->counts));
	return true;
}

bool config_sip_section(struct config_load *l, struct config_section *section,
	struct config_sip_domain *ret)
{
	struct config_value v[SIP_OPTION_COUNT];

	config_check_core(l, section, config_sip_options, v);
	config_sip_partner(l, section, v, &ret->partner);
	config_component(l, section, &ret->local);
	sip_policy(v, ret);
	if (!section_names(l, section, &v[SIP_OPTION_ADDITIONAL_DOMAINS],
		    &ret->domains, &ret->partner.domains))
		return false;
	ret->domain = ret->local.domain = ret->domains[0];
	ret->sip_domain = ret->partner.name = ret->partner.domains[0];
	ret->counts = pool_alloc0(l->config->pool, sizeof(*ret->counts));
	return true;
}

/* ---- Gateway ------------------------------------------------------------ */

bool config_gateway_section(struct config_load *l,
	struct config_section *section, struct config_gateway *ret)
{
	static const struct config_value none = {0};
	struct config_sip_domain *self = &ret->self;

	struct config_value v[GATEWAY_OPTION_COUNT];

	config_check_core(l, section, config_gateway_options, v);
	config_component(l, section, &self->local);
	if (!section_names(l, section, &none, &self->domains,
		    &self->partner.domains))
		return false;
	self->domain = self->local.domain = self->domains[0];
	self->sip_domain = self->partner.name = self->partner.domains[0];
	return true;
}

static struct config_gateway *find_gateway(struct config *c, const char *name)
{
	for (size_t i = 0; i < c->gateway_count; i++)
		if (strcmp(c->gateways[i].self.domain, name) == 0)
			return &c->gateways[i];
	return NULL;
}

static void guess_gateway(struct config_load *l, struct config_place place,
	const char *name)
{
	struct config_guess guess;

	config_guess_init(&guess, name);
	for (size_t i = 0; i < l->config->gateway_count; i++)
		config_guess_try(&guess, l->config->gateways[i].self.domain);
	config_error(l->report, place,
		"there is no Gateway \"%s\"; %sexpected the name of a Gateway "
		"section",
		name, config_guess_text(&guess, l->pool));
}

void config_sip_gateway(struct config_load *l,
	const struct config_section *section, struct config_sip_domain *d)
{
	struct config_place place = option_place(section, "gateway");

	if (!d->gateway_name && d->provider && l->config->gateway_count == 0)
		config_error(l->report, section->place,
			"the people behind %s have no place; expected a "
			"Gateway section", section->name);
	if (!d->gateway_name && d->provider && l->config->gateway_count > 0) {
		d->gateway = &l->config->gateways[0];
		d->gateway->used = true;
	}
	if (!d->gateway_name)
		return;
	if (d->local.component_host) {
		config_error(l->report, place,
			"%s has both component and gateway; expected component "
			"in the Gateway section, or no gateway",
			section->name);
		return;
	}
	d->gateway = find_gateway(l->config, d->gateway_name);
	if (d->gateway)
		d->gateway->used = true;
	else
		guess_gateway(l, place, d->gateway_name);
}
