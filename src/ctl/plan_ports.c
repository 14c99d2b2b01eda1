/*
 * plan_ports.c: who connects to whom: rows for the firewall.  lync.md 1.2.
 */
#include "ctl/plan_private.h"

enum { CELLS = 5 };

struct row {
	struct row *next;
	const char *cells[CELLS];
};
struct rows {
	struct row *first, **end;
	int widths[CELLS];
};

static void add(struct plan_writer *w, struct rows *r,
	const char *const cells[CELLS])
{
	struct row *new = pool_alloc0(w->pool, sizeof(*new));

	for (size_t i = 0; i < CELLS; i++) {
		int len = (int)strlen(cells[i]);

		new->cells[i] = cells[i];
		if (len > r->widths[i])
			r->widths[i] = len;
	}
	*r->end = new;
	r->end = &new->next;
}

static const char *at(struct plan_writer *w, const char *host, uint16_t port)
{
	return pool_printf(w->pool, strchr(host, ':') ? "[%s]:%u" : "%s:%u",
		host, (unsigned)port);
}

/* Where stox listens: its name, or the one address. */
static const char *ours(struct plan_writer *w, const char *listen,
	uint16_t port)
{
	char host[256];

	port = plan_address(listen, port, host);
	return at(w, strcmp(host, "*") == 0 ? plan_host(w->config)
					    : pool_strdup(w->pool, host), port);
}

/* ---- XMPP ------------------------------------------------------------------- */

static const char *xmpp_peers(struct plan_writer *w)
{
	const struct config *c = w->config;
	const char **all;
	size_t n = 0;

	if (c->discovered_xmpp)
		return "any";
	all = pool_alloc0(w->pool, (c->xmpp_domain_count + 1) * sizeof(*all));
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		if (!c->xmpp_domains[i].partner.blocked)
			all[n++] = plan_join(w, c->xmpp_domains[i].domains);
	return plan_join(w, all);
}

static void add_xmpp(struct plan_writer *w, struct rows *r)
{
	const struct config *c = w->config;
	const char *peers = xmpp_peers(w);

	for (const char *const *l = c->xmpp_listen; l && *l; l++)
		add(w, r, (const char *[]){ "in", peers, ours(w, *l, 5269),
			"XMPP/TCP", "server to server, STARTTLS" });
	for (const char *const *l = c->xmpp_listen_tls; l && *l; l++)
		add(w, r, (const char *[]){ "in", peers, ours(w, *l, 5270),
			"XMPP/TLS", "server to server, direct TLS" });
	for (size_t i = 0; plan_has_server(c) && i < c->xmpp_domain_count;
		i++) {
		const struct config_xmpp_domain *d = &c->xmpp_domains[i];
		const struct xmpp_partner *p = &d->partner;

		if (p->blocked)
			continue;
		add(w, r, (const char *[]){ "out", plan_host(c), p->proxy
			? at(w, p->proxy, p->proxy_port ? p->proxy_port : 5269)
			: pool_printf(w->pool, "%s by SRV, else :5269",
				plan_join(w, d->domains)),
			"XMPP/TCP", "server to server" });
	}
	if (c->discovered_xmpp && plan_has_server(c))
		add(w, r, (const char *[]){ "out", plan_host(c), "any by SRV",
			"XMPP/TCP", "server to server, discovered domains" });
}

static void add_components(struct plan_writer *w, struct rows *r)
{
	const struct config *c = w->config;

	for (size_t i = 0; i < c->local_count; i++) {
		const struct xmpp_local *l = &c->locals[i];

		if (l->component_host)
			add(w, r, (const char *[]){ "out", plan_host(c), at(w,
				l->component_host, l->component_port),
				"XMPP/TCP", pool_printf(w->pool, "component "
				"%s, not encrypted", l->domain) });
	}
}

/* ---- SIP -------------------------------------------------------------------- */

static void add_sip_in(struct plan_writer *w, struct rows *r, const char *who)
{
	const struct config *c = w->config;

	for (const char *const *l = c->sip_listen; l && *l; l++)
		add(w, r, (const char *[]){ "in", who, ours(w, *l, 5061),
			"SIP/TLS", "mutual TLS, several connections" });
}

static void add_tcp_in(struct plan_writer *w, struct rows *r, const char *who)
{
	const struct config *c = w->config;

	for (const char *const *l = c->sip_listen_tcp; l && *l; l++)
		add(w, r, (const char *[]){ "in", who, ours(w, *l, 5060),
			"SIP/TCP", "not encrypted" });
}

static void add_sip_domain(struct plan_writer *w, struct rows *r,
	const struct config_sip_domain *d)
{
	const struct sip_partner *p = &d->partner;
	bool tls = p->transport == SIP_TLS;
	const char *name = plan_join(w, p->domains), *what = tls
		? "mutual TLS" : "not encrypted";
	char host[256];

	if (p->front_ends) {
		const char **hosts = pool_alloc0(w->pool, 65 * sizeof(*hosts));

		for (size_t i = 0; p->front_ends[i] && i < 64; i++) {
			plan_address(p->front_ends[i], 0, host);
			hosts[i] = pool_strdup(w->pool, host);
		}
		name = plan_join(w, hosts);
	}
	if (tls)
		add_sip_in(w, r, name);
	else
		add_tcp_in(w, r, name);
	for (size_t i = 0; p->front_ends && p->front_ends[i]; i++) {
		uint16_t port = plan_address(p->front_ends[i],
			tls ? 5061 : 5060, host);

		add(w, r, (const char *[]){ "out", plan_host(w->config),
			at(w, host, port), tls ? "SIP/TLS" : "SIP/TCP", what });
	}
	if (!p->front_ends)
		add(w, r, (const char *[]){ "out", plan_host(w->config),
			pool_printf(w->pool, "%s by SRV, else :%d", name,
				tls ? 5061 : 5060),
			tls ? "SIP/TLS" : "SIP/TCP", what });
}

static void add_sip(struct plan_writer *w, struct rows *r)
{
	const struct config *c = w->config;

	for (size_t i = 0; w->peers[i]; i++)
		add_sip_domain(w, r, w->peers[i]);
	if (!c->discovered_sip)
		return;
	add_sip_in(w, r, "any");
	add(w, r, (const char *[]){ "out", plan_host(c), "any by SRV",
		"SIP/TLS", "mutual TLS, discovered domains" });
}

/* ---- all of it ---------------------------------------------------------------- */

static void add_dns(struct plan_writer *w, struct rows *r)
{
	const struct config *c = w->config;

	for (const char *const *s = c->dns_servers; s && *s; s++)
		add(w, r, (const char *[]){ "out", plan_host(c), *s,
			"DNS/UDP+TCP", "SRV, addresses, TLSA" });
	if (!c->dns_servers || !c->dns_servers[0])
		add(w, r, (const char *[]){ "out", plan_host(c),
			"name servers of the system, :53", "DNS/UDP+TCP",
			"SRV, addresses, TLSA" });
}

static void warn_of_port(struct plan_writer *w)
{
	const struct config *c = w->config;
	char host[256];

	for (const char *const *l = c->sip_listen; l && *l; l++)
		if (plan_address(*l, 5061, host) == c->sip_port)
			return;
	buf_printf(w->out, "WARNING: SIP servers are told to connect to port %u "
		"(sip_port), where stox does not listen: something has to "
		"forward it.\n", (unsigned)c->sip_port);
}

void plan_ports(struct plan_writer *w)
{
	struct rows r = { .first = NULL };

	r.end = &r.first;
	add(w, &r, (const char *[]){ "", "from", "to", "protocol", "for" });
	add_xmpp(w, &r);
	add_components(w, &r);
	add_sip(w, &r);
	add_dns(w, &r);
	buf_printf(w->out, "---- ports and directions, for the firewall ----\n\n");
	for (const struct row *i = r.first; i; i = i->next) {
		for (size_t k = 0; k + 1 < CELLS; k++)
			buf_printf(w->out, "%-*s  ", r.widths[k], i->cells[k]);
		buf_printf(w->out, "%s\n", i->cells[CELLS - 1]);
	}
	buf_add_char(w->out, '\n');
	if (plan_has_lync(w))
		buf_printf(w->out, "Lync also asks for the revocation lists of "
			"the authority of our certificate, as a rule by HTTP, "
			"port 80.\n");
	warn_of_port(w);
}
