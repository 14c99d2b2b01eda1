/*
 * plan_xmpp.c: what Prosody and ejabberd need: components, and what to look at
 * where stox is a server among servers.
 */
#include "ctl/plan_private.h"

/* ---- components ----------------------------------------------------------------- */

static bool same_server(const struct xmpp_local *a, const struct xmpp_local *b)
{
	return a->component_host && b->component_host &&
	       strcmp(a->component_host, b->component_host) == 0 &&
	       a->component_port == b->component_port;
}

static bool is_first(const struct config *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_server(&c->locals[k], &c->locals[i]))
			return false;
	return c->locals[i].component_host;
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       str_starts(str_from(host), STR("127."));
}

static void add_prosody(struct plan_writer *w, size_t first)
{
	const struct config *c = w->config;
	const struct xmpp_local *server = &c->locals[first];

	buf_printf(w->out, "\n-- Prosody at %s: global settings, above the first "
		"VirtualHost\ncomponent_ports = { %u }\n",
		server->component_host, (unsigned)server->component_port);
	if (!is_loopback(server->component_host))
		buf_printf(w->out, "component_interfaces = { \"%s\" } -- "
			"WARNING: not encrypted\n", server->component_host);
	buf_printf(w->out, "-- and below, with the text of secret_file for "
		"SECRET:\n");
	for (size_t i = first; i < c->local_count; i++)
		if (same_server(server, &c->locals[i]))
			buf_printf(w->out, "Component \"%s\"\n"
				"    component_secret = \"SECRET\"\n",
				c->locals[i].domain);
}

static void add_ejabberd(struct plan_writer *w, size_t first)
{
	const struct config *c = w->config;
	const struct xmpp_local *server = &c->locals[first];

	buf_printf(w->out, "\n# ejabberd at %s: one more entry under \"listen\", "
		"with the text of secret_file for SECRET\nlisten:\n  -\n"
		"    port: %u\n    ip: \"%s\"\n    module: ejabberd_service\n"
		"    check_from: true\n    global_routes: false\n    hosts:\n",
		server->component_host, (unsigned)server->component_port,
		server->component_host);
	for (size_t i = first; i < c->local_count; i++)
		if (same_server(server, &c->locals[i]))
			buf_printf(w->out, "      \"%s\":\n"
				"        password: \"SECRET\"\n",
				c->locals[i].domain);
}

/* ---- server to server -------------------------------------------------------------- */

static const char *our_domains(struct plan_writer *w)
{
	const struct config *c = w->config;
	const char **all = pool_alloc0(w->pool,
		(c->local_count + 1) * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < c->local_count; i++)
		if (!c->locals[i].component_host)
			all[n++] = c->locals[i].domain;
	return plan_join(w, all);
}

/* Which proof the three settings leave; core/config_domain.c refuses none. */
static bool by_certificate(const struct xmpp_partner *p)
{
	return p->tls != XMPP_OFF && p->sasl != XMPP_OFF;
}

static bool only_certificate(const struct xmpp_partner *p)
{
	return by_certificate(p) &&
	       (!p->dialback || p->sasl == XMPP_REQUIRED);
}

static void prosody_server(struct plan_writer *w,
	const struct config_xmpp_domain *d)
{
	const struct xmpp_partner *p = &d->partner;

	buf_printf(w->out, "\n-- Prosody of %s: server to server with %s\n"
		"s2s_require_encryption = %s\n", plan_join(w, d->domains),
		our_domains(w), p->tls == XMPP_OFF ? "false" : "true");
	if (only_certificate(p)) {
		buf_printf(w->out, "s2s_secure_auth = true\n");
		return;
	}
	if (by_certificate(p))
		buf_printf(w->out, "-- certificates are tried first, then "
			"dialback:\n");
	buf_printf(w->out, "s2s_secure_auth = false\n"
		"-- modules_enabled = { ...; \"dialback\" }\n");
}

static void ejabberd_server(struct plan_writer *w,
	const struct config_xmpp_domain *d)
{
	const struct xmpp_partner *p = &d->partner;

	buf_printf(w->out, "\n# ejabberd of %s: server to server with %s\n"
		"s2s_use_starttls: %s\n", plan_join(w, d->domains),
		our_domains(w), p->tls == XMPP_OFF ? "false"
			: p->tls == XMPP_OPTIONAL ? "optional" : "required");
	if (!only_certificate(p))
		buf_printf(w->out, "modules:\n  mod_s2s_dialback: {}\n");
}

static void add_servers(struct plan_writer *w,
	void (*write)(struct plan_writer *w, const struct config_xmpp_domain *d))
{
	const struct config *c = w->config;

	for (size_t i = 0; plan_has_server(c) && i < c->xmpp_domain_count; i++)
		if (!c->xmpp_domains[i].partner.blocked)
			write(w, &c->xmpp_domains[i]);
}

void plan_xmpp(struct plan_writer *w)
{
	const struct config *c = w->config;

	buf_printf(w->out, "---- Prosody: for prosody.cfg.lua ----\n");
	for (size_t i = 0; i < c->local_count; i++)
		if (is_first(c, i))
			add_prosody(w, i);
	add_servers(w, prosody_server);
	buf_printf(w->out, "\n#### ejabberd: for ejabberd.yml ####\n");
	for (size_t i = 0; i < c->local_count; i++)
		if (is_first(c, i))
			add_ejabberd(w, i);
	add_servers(w, ejabberd_server);
}
