/*
 * plan.c: the sections of a plan, and what several of them ask.
 */
#include "ctl/plan_private.h"

const char plan_sections[] = "certificates, ports, dns, lync, xmpp";

static const struct {
	const char *name;
	void (*write)(struct plan_writer *w);
} sections[] = {
	{ "certificates", plan_certificates },
	{ "ports", plan_ports },
	{ "dns", plan_dns },
	{ "lync", plan_lync },
	{ "xmpp", plan_xmpp },
};

/* ---- what the sections ask ----------------------------------------------- */

const char *plan_host(const struct config *c)
{
	return c->host ? c->host : "HOST-IS-NOT-SET";
}

bool plan_same_domain(const char *host, const char *domain)
{
	const char *dot = strchr(host, '.');

	return dot && dot > host && strcmp(dot + 1, domain) == 0;
}

bool plan_found_by_dns(const struct plan_writer *w)
{
	for (size_t i = 0; w->peers[i]; i++)
		if (!w->peers[i]->partner.front_ends)
			return true;
	return w->config->discovered_sip;
}

bool plan_has_lync(const struct plan_writer *w)
{
	for (size_t i = 0; w->peers[i]; i++)
		if (strcmp(w->peers[i]->partner.dialect->name, "lync") == 0)
			return true;
	return w->config->discovered_sip;
}

const char *plan_peer_name(struct plan_writer *w,
	const struct config_sip_domain *d)
{
	if (d->provider)
		return pool_printf(w->pool, "all domains behind %s",
			d->partner.name);
	return plan_join(w, d->domains);
}

bool plan_has_server(const struct config *c)
{
	for (size_t i = 0; i < c->local_count; i++)
		if (!c->locals[i].component_host)
			return true;
	return false;
}

bool plan_is_address(const char *domain)
{
	const char *dot = strrchr(domain, '.');
	const char *last = dot ? dot + 1 : domain;

	return domain[0] == '[' || strspn(last, "0123456789") == strlen(last);
}

const char *plan_ascii(struct plan_writer *w, const char *domain)
{
	char ascii[256];

	if (io_domain_to_ascii(str_from(domain), ascii, sizeof(ascii)) < 0)
		return domain; /* an address */
	return pool_strdup(w->pool, ascii);
}

uint16_t plan_address(const char *text, uint16_t port, char *host)
{
	uint16_t own = 0;

	/* it was checked when the configuration was read */
	stox_require(config_address(text, host, 256, &own) == 0);
	return own ? own : port;
}

const char *plan_join(struct plan_writer *w, const char *const *names)
{
	const char *all = "";

	for (size_t i = 0; names && names[i]; i++)
		all = pool_printf(w->pool, "%s%s%s", all,
			i == 0 ? "" : names[i + 1] ? ", " : " and ", names[i]);
	return all;
}

/* ---- sections -------------------------------------------------------------- */

static void list_peers(struct plan_writer *w)
{
	const struct config *c = w->config;
	size_t n = 0;

	w->peers = pool_alloc0(w->pool,
		(c->sip_domain_count + c->provider_count + 1) *
			sizeof(*w->peers));
	for (size_t i = 0; i < c->sip_domain_count; i++)
		if (!c->sip_domains[i].partner.blocked)
			w->peers[n++] = &c->sip_domains[i];
	for (size_t i = 0; i < c->provider_count; i++)
		if (!c->providers[i].partner.blocked)
			w->peers[n++] = &c->providers[i];
}

int plan_write(const struct plan *p, struct str name, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		struct plan_writer w = { .plan = p, .config = p->config,
			.out = out };

		if (name.len && !str_is(name, sections[i].name))
			continue;
		if (any)
			buf_add_char(out, '\n');
		any = true;
		w.pool = pool_new(NULL);
		list_peers(&w);
		sections[i].write(&w);
		pool_free(&w.pool);
	}
	return any ? 0 : -STOX_EINVAL;
}
