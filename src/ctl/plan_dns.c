/*
 * plan_dns.c: DNS records, as lines of a zone file.  lync.md 1.3, RFC 6120 3.2,
 * XEP-0368, RFC 7673.
 */
#include "ctl/plan_private.h"

static void note(struct plan_writer *w, const char *text)
{
	buf_printf(w->out, "; %s\n", text);
}

static void srv(struct plan_writer *w, bool off, const char *service,
	const char *domain, uint16_t port)
{
	buf_printf(w->out, "%s%s.%s. IN SRV 0 0 %u %s.\n", off ? "; " : "",
		service, domain, (unsigned)port, plan_host(w->config));
}

/* ---- the host ---------------------------------------------------------------- */

static bool add_address(struct plan_writer *w, const char *listen)
{
	char host[256];
	bool v6;

	plan_address(listen, 1, host);
	v6 = strchr(host, ':');
	if (strcmp(host, "*") == 0)
		return false;
	if (strcmp(host, "::1") == 0 || str_starts(str_from(host), STR("127.")))
		return false; /* nobody else gets there */
	buf_printf(w->out, "%s. IN %s %s\n", plan_host(w->config),
		v6 ? "AAAA" : "A", host);
	return true;
}

static void add_host(struct plan_writer *w)
{
	const struct config *c = w->config;
	bool any = false;

	note(w, "Where the ports of the plan are reached.");
	for (const char *const *l = c->sip_listen; l && *l; l++)
		any |= add_address(w, *l);
	if (any)
		return;
	note(w, "stox listens at all addresses; put in the one that others "
		"reach:");
	buf_printf(w->out, "; %s. IN A ADDRESS\n; %s. IN AAAA ADDRESS\n",
		plan_host(c), plan_host(c));
}

/* ---- XMPP: domains of ours ----------------------------------------------------- */

static bool is_named(struct plan_writer *w, const struct io_certificate *c,
	const char *name)
{
	return name && io_credentials_get(w->plan->credentials,
			       str_from(name)) == c;
}

/* Is it shown to XMPP servers: to all, or to those of a partner? */
static bool is_shown(struct plan_writer *w, const struct io_certificate *c)
{
	const struct config *config = w->config;

	for (size_t i = 0; i < config->local_count; i++)
		if (!config->locals[i].component_host &&
			is_named(w, c, plan_ascii(w, config->locals[i].domain)))
			return true;
	for (size_t i = 0; i < config->xmpp_domain_count; i++)
		if (is_named(w, c, config->xmpp_domains[i].partner.certificate))
			return true;
	return false;
}

static void add_tlsa_of(struct plan_writer *w, const char *listen,
	uint16_t usual)
{
	const struct io_certificate *c;
	uint16_t port;
	size_t cursor = 0;
	char host[256];

	port = plan_address(listen, usual, host);
	while ((c = io_credentials_next(w->plan->credentials, &cursor)))
		if (is_shown(w, c))
			buf_printf(w->out, "_%u._tcp.%s. IN TLSA 3 1 1 %s ; "
				"%s\n", (unsigned)port, plan_host(w->config),
				c->key_sha256, c->file);
}

static void add_tlsa(struct plan_writer *w)
{
	const struct config *c = w->config;

	buf_add_char(w->out, '\n');
	note(w, "DANE, where this zone and those of the domains are signed "
		"(DNSSEC).  A new key needs a");
	note(w, "new record, a while before it is used.");
	for (const char *const *l = c->xmpp_listen;
		w->plan->credentials && l && *l; l++)
		add_tlsa_of(w, *l, 5269);
	for (const char *const *l = c->xmpp_listen_tls;
		w->plan->credentials && l && *l; l++)
		add_tlsa_of(w, *l, 5270);
	for (size_t i = 0; i < c->local_count; i++) {
		const char *name = plan_ascii(w, c->locals[i].domain);

		if (!c->locals[i].component_host && (!w->plan->credentials ||
			!io_credentials_get(w->plan->credentials,
				str_from(name))))
			buf_printf(w->out, "; TLSA for %s: when its "
				"certificate is there, ask again\n", name);
	}
}

static void add_local(struct plan_writer *w, const struct xmpp_local *local)
{
	const struct config *c = w->config;
	const char *name = plan_ascii(w, local->domain);
	char host[256];

	buf_add_char(w->out, '\n');
	if (local->component_host) {
		buf_printf(w->out, "; %s: component of the XMPP server at "
			"%s, port %u: no record for stox.\n; Where other XMPP "
			"servers shall reach it, _xmpp-server._tcp.%s names "
			"that server.\n", name, local->component_host,
			(unsigned)local->component_port, name);
		return;
	}
	buf_printf(w->out, "; %s: stox is its XMPP server.\n", name);
	for (const char *const *l = c->xmpp_listen; l && *l; l++)
		srv(w, false, "_xmpp-server._tcp", name,
			plan_address(*l, 5269, host));
	for (const char *const *l = c->xmpp_listen_tls; l && *l; l++)
		srv(w, false, "_xmpps-server._tcp", name,
			plan_address(*l, 5270, host));
}

/* ---- SIP: domains of others ------------------------------------------------------ */

/* @off: the records are only a possibility, and so is the warning. */
static void warn_of_domain(struct plan_writer *w, const char *name, bool off)
{
	const char *host = plan_host(w->config);

	buf_printf(w->out, "; %s%s does not stand directly below %s.  Lync "
		"refuses such a target\n; (SRV and host domain conflict, "
		"ms-diagnostics 1009; 504 to its users): give stox a\n; host "
		"directly below %s, or let Lync name the server (-ProxyFqdn "
		"%s).\n", off ? "But " : "WARNING: ", host, name, name, host);
}

static void add_sip(struct plan_writer *w, const char *name)
{
	const struct config *c = w->config;
	bool off = !plan_found_by_dns(w);

	if (plan_is_address(name))
		return;
	buf_printf(w->out, "\n; %s: stox is its SIP server.\n", name);
	if (off)
		note(w, "Every SIP server of the configuration is named, and "
			"names stox: these are only for");
	if (off)
		note(w, "those that shall find stox by themselves (allowed or "
			"discovered partner domains):");
	srv(w, off, "_sipfederationtls._tcp", name, c->sip_port);
	srv(w, off, "_sips._tcp", name, c->sip_port);
	if (plan_has_lync(w) && !plan_same_domain(plan_host(c), name))
		warn_of_domain(w, name, off);
}

/* ---- what stox itself asks for ------------------------------------------------------ */

static void ask_sip(struct plan_writer *w, const struct config_sip_domain *d)
{
	const struct sip_partner *p = &d->partner;

	for (size_t i = 0; p->domains[i]; i++)
		buf_printf(w->out, "; %s: %s.%s\n", p->domains[i],
			plan_join(w, sip_dialect_services(p->dialect)),
			p->domains[i]);
}

static void add_questions(struct plan_writer *w)
{
	const struct config *c = w->config;

	buf_add_char(w->out, '\n');
	note(w, "What stox asks for, to find others; their zones have it:");
	for (size_t i = 0; w->peers[i]; i++)
		if (!w->peers[i]->partner.front_ends)
			ask_sip(w, w->peers[i]);
	for (size_t i = 0; plan_has_server(c) && i < c->xmpp_domain_count; i++)
		for (const char *const *n = c->xmpp_domains[i].sip_domains;
			*n && !c->xmpp_domains[i].partner.blocked &&
			!c->xmpp_domains[i].partner.proxy; n++)
			if (!plan_is_address(*n))
				buf_printf(w->out, "; %s: _xmpps-server._tcp "
					"and _xmpp-server._tcp.%s\n", *n, *n);
	if (c->discovered_sip)
		buf_printf(w->out, "; any domain: %s.DOMAIN (discover_sip)\n",
			plan_join(w, sip_dialect_services(
				c->discovered_sip->partner.dialect)));
	if (c->discovered_xmpp && plan_has_server(c))
		note(w, "any domain: _xmpps-server._tcp and "
			"_xmpp-server._tcp.DOMAIN (discover_xmpp)");
	note(w, "and for the addresses of the names there and in the "
		"configuration.");
}

void plan_dns(struct plan_writer *w)
{
	const struct config *c = w->config;

	note(w, "---- DNS records, for a zone file ----\n");
	add_host(w);
	for (size_t i = 0; i < c->local_count; i++)
		add_local(w, &c->locals[i]);
	if (plan_has_server(c))
		add_tlsa(w);
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		for (const char *const *n = c->xmpp_domains[i].sip_domains;
			*n && !c->xmpp_domains[i].partner.blocked; n++)
			add_sip(w, *n);
	add_questions(w);
}
