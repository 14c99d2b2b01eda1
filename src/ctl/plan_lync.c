/*
 * plan_lync.c: PowerShell for the Lync Server Management Shell.  lync.md 1.6.
 *
 * The cmdlets are those of contrib/lync; tests/lint/lync.py compares them.
 */
#include "ctl/plan_private.h"

enum { SIP_TLS_PORT = 5061 };

static void note(struct plan_writer *w, const char *text)
{
	buf_printf(w->out, "# %s\n", text);
}

static bool is_lync(const struct config_sip_domain *d)
{
	return strcmp(d->partner.dialect->name, "lync") == 0;
}

/* Every name that lives on XMPP, as A-labels. */
static const char *const *xmpp_names(struct plan_writer *w)
{
	const struct config *c = w->config;
	const char **all;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		for (size_t k = 0; c->xmpp_domains[i].sip_domains[k]; k++)
			n++;
	all = pool_alloc0(w->pool, (n + 1) * sizeof(*all));
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		for (size_t k = 0; c->xmpp_domains[i].sip_domains[k] &&
			!c->xmpp_domains[i].partner.blocked; k++)
			if (!plan_is_address(c->xmpp_domains[i].sip_domains[k]))
				all[at++] = c->xmpp_domains[i].sip_domains[k];
	return all;
}

/* ---- inside: a trusted application --------------------------------------------- */

static void add_inside(struct plan_writer *w, const char *pool,
	const char *const *names)
{
	const struct config *c = w->config;
	const char *host = plan_host(c);
	unsigned port = c->sip_port;

	note(w, "Inside (trusted = true): stox is a trusted application, and "
		"static routes lead to it.");
	note(w, "SITE is the site's id: Get-CsSite shows it.  Enable-CsTopology "
		"wants the rights for that.");
	buf_printf(w->out, "New-CsTrustedApplicationPool -Identity %s "
		"-Registrar %s -Site SITE -RequiresReplication $false "
		"-ThrottleAsServer $true -TreatAsAuthenticated $true\n"
		"New-CsTrustedApplication -ApplicationId stox "
		"-TrustedApplicationPoolFqdn %s -Port %u\n", host, pool, host,
		port);
	for (; *names; names++)
		buf_printf(w->out, "$route = New-CsStaticRoute -TLSRoute "
			"-Destination %s -Port %u -MatchUri %s "
			"-UseDefaultCertificate $true\n"
			"Set-CsStaticRoutingConfiguration -Identity global "
			"-Route @{Add=$route}\n", host, port, *names);
	buf_printf(w->out, "Enable-CsTopology\n");
}

/* ---- outside: a federated partner ------------------------------------------------ */

static void warn_of_port(struct plan_writer *w)
{
	unsigned port = w->config->sip_port;

	if (port != SIP_TLS_PORT)
		buf_printf(w->out, "# WARNING: -ProxyFqdn has no port, and "
			"Edge Servers connect to %d; stox tells them %u "
			"(sip_port).\n", SIP_TLS_PORT, port);
}

static void allow_users(struct plan_writer *w)
{
	note(w, "Which users may: the policy that they have, here the global "
		"one.");
	buf_printf(w->out, "Set-CsExternalAccessPolicy -Identity Global "
		"-EnableFederationAccess $true\n");
}

static void add_server(struct plan_writer *w, const char *const *names)
{
	note(w, "Outside, by the server's name (allowed partner server; direct "
		"federation).  For a stox");
	note(w, "inside, beside a Front End pool, set trusted = true and ask "
		"again.");
	note(w, "Lync 2010 and 2013 have no -VerificationLevel here: leave it "
		"out.");
	buf_printf(w->out, "Set-CsAccessEdgeConfiguration -AllowFederatedUsers "
		"$true\n");
	for (; *names; names++)
		buf_printf(w->out, "New-CsAllowedDomain -Identity %s -ProxyFqdn "
			"%s -VerificationLevel AlwaysVerifiable -Comment "
			"\"XMPP, by stox\"\n", *names, plan_host(w->config));
	warn_of_port(w);
	allow_users(w);
}

static void warn_of_domain(struct plan_writer *w, const char *name)
{
	const char *host = plan_host(w->config);

	if (!plan_same_domain(host, name))
		buf_printf(w->out, "# WARNING: %s does not stand directly "
			"below %s: Lync will not believe its SRV record "
			"(1009).\n# Name the server instead: New-CsAllowedDomain "
			"-Identity %s -ProxyFqdn %s -VerificationLevel "
			"AlwaysVerifiable\n", host, name, name, host);
}

static void add_domains(struct plan_writer *w, const char *const *names)
{
	note(w, "Outside, found by DNS (allowed partner domain; enhanced "
		"federation):");
	buf_printf(w->out, "Set-CsAccessEdgeConfiguration -AllowFederatedUsers "
		"$true\n");
	for (; *names; names++) {
		buf_printf(w->out, "New-CsAllowedDomain -Identity %s -Comment "
			"\"XMPP, by stox\"\n", *names);
		warn_of_domain(w, *names);
	}
	allow_users(w);
}

static void add_discovered(struct plan_writer *w, const char *const *names)
{
	note(w, "Outside, on no list (discovered partner domain; open enhanced "
		"federation).");
	note(w, "Lync slows such partners down: 20 messages a second, 1000 "
		"contacts that its users watch.");
	buf_printf(w->out, "Set-CsAccessEdgeConfiguration -AllowFederatedUsers "
		"$true -UseDnsSrvRouting -EnablePartnerDiscovery $true "
		"-DiscoveredPartnerVerificationLevel AlwaysVerifiable\n");
	for (; *names; names++)
		warn_of_domain(w, *names);
	allow_users(w);
}

/* One entry for all domains: a choice, so a comment. */
static void add_providers(struct plan_writer *w)
{
	const char *host = plan_host(w->config);

	note(w, "Or one entry for all domains behind stox, instead of those "
		"above, as a hosting provider");
	note(w, "(not tried with a real Lync; not together with default "
		"routing):");
	buf_printf(w->out, "# New-CsHostingProvider -Identity stox -Enabled "
		"$true -ProxyFqdn %s -EnabledSharedAddressSpace $false "
		"-HostsOCSUsers $false -IsLocal $false -VerificationLevel "
		"AlwaysVerifiable\n", host);
	note(w, "or as a public one:");
	buf_printf(w->out, "# New-CsPublicProvider -Identity stox -Enabled "
		"$true -ProxyFqdn %s -VerificationLevel AlwaysVerifiable\n"
		"# Set-CsExternalAccessPolicy -Identity Global "
		"-EnableFederationAccess $true -EnablePublicCloudAccess $true\n",
		host);
}

static void add_test(struct plan_writer *w, const char *const *names)
{
	note(w, "Then, with the internal name of the Edge Server for EDGE:");
	for (; *names; names++)
		buf_printf(w->out, "# Test-CsFederatedPartner -TargetFqdn EDGE "
			"-Domain %s -ProxyFqdn %s\n", *names,
			plan_host(w->config));
}

/* ---- each partner ------------------------------------------------------------------ */

/* Not Lync as far as the configuration says: what any SIP server has to do. */
static void add_simple(struct plan_writer *w, const struct config_sip_domain *d,
	const char *const *names)
{
	const struct config *c = w->config;

	buf_printf(w->out, "# It speaks SIP/SIMPLE (dialect = \"%s\"; "
		"\"lync\" if it is Lync).  Its servers\n"
		"#   send requests for %s to %s:%u over TLS,\n"
		"#   show a certificate for %s, as client too, and ask stox "
		"for its own,\n"
		"#   trust the authority of the certificate of %s.\n",
		d->partner.dialect->name, plan_join(w, names), plan_host(c),
		(unsigned)c->sip_port, d->partner.front_ends
			? plan_join(w, d->partner.front_ends)
			: plan_join(w, d->partner.domains),
		d->partner.certificate ? d->partner.certificate : plan_host(c));
}

static void add_lync(struct plan_writer *w, const struct config_sip_domain *d,
	const char *const *names)
{
	char host[256];

	if (d->partner.trusted && d->partner.front_ends) {
		plan_address(d->partner.front_ends[0], 0, host);
		add_inside(w, host, names);
		return;
	}
	if (d->partner.front_ends)
		add_server(w, names);
	else
		add_domains(w, names);
	add_providers(w);
	add_test(w, names);
}

static void add_one(struct plan_writer *w, const struct config_sip_domain *d,
	const char *const *names)
{
	buf_printf(w->out, "\n# ---- %s%s%s\n", plan_peer_name(w, d),
		d->partner.front_ends ? ", at " : ", found by DNS",
		plan_join(w, d->partner.front_ends));
	if (is_lync(d))
		add_lync(w, d, names);
	else
		add_simple(w, d, names);
}

void plan_lync(struct plan_writer *w)
{
	const struct config *c = w->config;
	const char *const *names = xmpp_names(w);

	note(w, "---- Lync and Skype for Business: for the Management Shell "
		"----");
	if (!names[0])
		note(w, "No XmppDomain is to be reached.");
	for (size_t i = 0; names[0] && w->peers[i]; i++)
		add_one(w, w->peers[i], names);
	if (names[0] && c->discovered_sip) {
		buf_printf(w->out, "\n# ---- discovered SIP domains\n");
		add_discovered(w, names);
	}
}
