/*
 * plan_certificates.c: which certificates stox shows to whom, what has to
 * stand in them, and what of it does.  lync.md 1.4.
 */
#include "ctl/plan_private.h"

#include <inttypes.h>

#include "core/certificates.h"

/* One certificate: by its name as the options and the handshake mean it. */
struct wanted {
	const char *name;
	const struct io_certificate *have; /* NULL: missing */
	bool sip, xmpp;
};

enum { COLUMN = 44 };

static void row(struct plan_writer *w, const char *label, const char *text,
	const char *state)
{
	buf_printf(w->out, "  %-10s%-*s%s%s\n", label, *state ? COLUMN : 1,
		text, *state ? "  " : "", state);
}

/* ---- what is in it --------------------------------------------------------- */

static bool has(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void add_name(struct plan_writer *w, const struct wanted *c,
	const char *kind, const char *name, bool there, const char *without)
{
	row(w, "SAN", pool_printf(w->pool, "%s:%s", kind, name),
		!c->have ? "" : there ? "there" : without);
}

static void add_dns(struct plan_writer *w, const struct wanted *c,
	const char *name, const char *without)
{
	add_name(w, c, "DNS", name, c->have && has(c->have->names, name),
		without);
}

/* A server of XMPP is believed by any of the three.  RFC 6120, 13.7.1.2. */
static void add_xmpp_names(struct plan_writer *w, const struct wanted *c,
	const char *domain)
{
	const char *ascii = plan_ascii(w, domain);
	const char *srv = pool_printf(w->pool, "_xmpp-server.%s", ascii);

	add_dns(w, c, ascii, "MISSING");
	add_name(w, c, "SRV-ID", srv, c->have && has(c->have->names, srv),
		"not there; some authorities give none");
	add_name(w, c, "XmppAddr", domain,
		c->have && has(c->have->addresses, ascii),
		"not there; some authorities give none");
}

static const char *used_by(const struct config *c,
	const struct config_sip_domain *d)
{
	const char *name = d->partner.certificate;

	return name ? name : plan_host(c);
}

/* Servers that find stox by DNS and go by the standards look for the domain
 * (RFC 5922, 7.2); Lync looks for the host. */
static bool wants_domains(const struct plan_writer *w, const char *name)
{
	const struct config *c = w->config;

	for (size_t i = 0; w->peers[i]; i++) {
		const struct config_sip_domain *d = w->peers[i];

		if (!d->partner.front_ends &&
			!d->partner.dialect->srv_target &&
			strcmp(used_by(c, d), name) == 0)
			return true;
	}
	return c->discovered_sip && strcmp(plan_host(c), name) == 0;
}

static void add_sip_names(struct plan_writer *w, const struct wanted *c)
{
	const struct config *config = w->config;

	add_dns(w, c, plan_host(config), "MISSING");
	if (!wants_domains(w, c->name))
		return;
	for (size_t i = 0; i < config->xmpp_domain_count; i++)
		for (const char *const *n = config->xmpp_domains[i].sip_domains;
			*n && !config->xmpp_domains[i].partner.blocked; n++)
			add_dns(w, c, *n, "not there; who goes by RFC 5922 "
				"asks for it");
}

static void add_names(struct plan_writer *w, const struct wanted *c)
{
	const struct config *config = w->config;

	if (c->sip)
		add_sip_names(w, c);
	for (size_t i = 0; i < config->local_count; i++) {
		const struct xmpp_local *local = &config->locals[i];
		bool own = strcmp(plan_ascii(w, local->domain), c->name) == 0;
		bool all = false;

		for (size_t k = 0; k < config->xmpp_domain_count; k++) {
			const char *n =
				config->xmpp_domains[k].partner.certificate;

			all |= n && strcmp(n, c->name) == 0;
		}
		if (!local->component_host && (own || all))
			add_xmpp_names(w, c, local->domain);
	}
}

static void warn_of_wildcards(struct plan_writer *w, const struct wanted *c)
{
	for (const char *const *n = c->have->names; *n; n++)
		if (c->sip && str_starts(str_from(*n), STR("*.")))
			buf_printf(w->out, "  WARNING: %s: SIP servers take no "
				"wildcard for a name (RFC 5922, 7.2; Lync too)"
				"\n", *n);
}

static void add_have(struct plan_writer *w, const struct wanted *c)
{
	const struct io_certificate *have = c->have;
	const char *folder = w->config->certificates;
	int64_t days;

	if (!have) {
		row(w, "file", pool_printf(w->pool, "MISSING; expected "
			"%s/%s.crt with %s.key", folder ? folder
			: "the folder that the option certificates names",
			c->name, c->name), "");
		return;
	}
	days = certificate_days(have->expires_s, w->plan->now_s);
	row(w, "file", pool_printf(w->pool, "%s, %s", have->file,
		days < 0 ? "EXPIRED" : pool_printf(w->pool, "ends in %" PRId64
			" days", days)), "");
	warn_of_wildcards(w, c);
	if (c->sip && !(have->client_usage && have->server_usage))
		buf_printf(w->out, "  WARNING: stox is client and server "
			"towards SIP under one name, and the certificate is "
			"not for %s\n", have->client_usage ? "servers"
							   : "clients");
	else if (c->xmpp && !have->server_usage)
		buf_printf(w->out, "  WARNING: the certificate is not for "
			"servers\n");
	else if (c->xmpp && !have->client_usage)
		buf_printf(w->out, "  WARNING: the certificate is not for "
			"clients: servers that insist on that take it for no "
			"proof, and dialback has to do\n");
}

/* ---- for whom ---------------------------------------------------------------- */

static void add_users(struct plan_writer *w, const struct wanted *c)
{
	const struct config *config = w->config;

	for (size_t i = 0; w->peers[i]; i++)
		if (strcmp(used_by(config, w->peers[i]), c->name) == 0)
			row(w, "for", pool_printf(w->pool, "SIP servers of %s, "
				"both directions",
				plan_peer_name(w, w->peers[i])), "");
	if (config->discovered_sip && strcmp(plan_host(config), c->name) == 0)
		row(w, "for", "SIP servers of discovered domains, both "
			"directions", "");
	for (size_t i = 0; i < config->local_count; i++)
		if (!config->locals[i].component_host &&
			strcmp(plan_ascii(w, config->locals[i].domain),
				c->name) == 0)
			row(w, "for", pool_printf(w->pool, "XMPP servers that "
				"talk to %s, both directions",
				config->locals[i].domain), "");
	for (size_t i = 0; i < config->xmpp_domain_count; i++) {
		const struct config_xmpp_domain *d = &config->xmpp_domains[i];

		if (d->partner.certificate &&
			strcmp(d->partner.certificate, c->name) == 0)
			row(w, "for", pool_printf(w->pool, "XMPP servers of "
				"%s, both directions",
				plan_join(w, d->domains)), "");
	}
}

/* What a certificate of ours has to allow is told above; this is theirs. */
static void add_theirs(struct plan_writer *w, const struct wanted *c)
{
	for (size_t i = 0; w->peers[i]; i++)
		if (w->peers[i]->partner.client_usage &&
			strcmp(used_by(w->config, w->peers[i]), c->name) == 0)
			row(w, "theirs", pool_printf(w->pool, "client "
				"authentication, in what the SIP servers of %s "
				"show when they connect (peer_client_usage)",
				plan_peer_name(w, w->peers[i])), "");
}

static void write_one(struct plan_writer *w, const struct wanted *c)
{
	buf_printf(w->out, "\n%s\n", c->name);
	add_users(w, c);
	row(w, "subject", pool_printf(w->pool, "CN=%s",
		c->sip ? plan_host(w->config) : c->name), "");
	add_names(w, c);
	row(w, "usage", "server authentication", !c->have ? ""
		: c->have->server_usage ? "there" : "MISSING");
	row(w, "usage", "client authentication", !c->have ? ""
		: c->have->client_usage ? "there" : "MISSING");
	add_theirs(w, c);
	row(w, "key", c->sip ? "RSA, 2048 bits or more; signed with SHA-256"
			     : "RSA, 2048 bits or more, or ECDSA; signed with "
			       "SHA-256", "");
	add_have(w, c);
}

/* ---- which -------------------------------------------------------------------- */

struct set {
	struct wanted *list;
	size_t count;
};

static void want(struct plan_writer *w, struct set *s, const char *name,
	bool sip)
{
	struct wanted *c = s->list, *end = s->list + s->count;

	while (c < end && strcmp(c->name, name) != 0)
		c++;
	if (c == end) {
		s->count++;
		*c = (struct wanted){ .name = name };
		if (w->plan->credentials)
			c->have = io_credentials_get(w->plan->credentials,
				str_from(name));
	}
	c->sip |= sip;
	c->xmpp |= !sip;
}

static void collect(struct plan_writer *w, struct set *s)
{
	const struct config *c = w->config;

	for (size_t i = 0; w->peers[i]; i++)
		want(w, s, used_by(c, w->peers[i]), true);
	if (c->discovered_sip)
		want(w, s, plan_host(c), true);
	for (size_t i = 0; i < c->local_count; i++)
		if (!c->locals[i].component_host)
			want(w, s, plan_ascii(w, c->locals[i].domain), false);
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		if (c->xmpp_domains[i].partner.certificate &&
			plan_has_server(c))
			want(w, s, c->xmpp_domains[i].partner.certificate,
				false);
}

void plan_certificates(struct plan_writer *w)
{
	const struct config *c = w->config;
	struct set s = { NULL, 0 };
	size_t peers = 0;

	while (w->peers[peers])
		peers++;
	s.list = pool_alloc0(w->pool, (peers + c->local_count +
		c->xmpp_domain_count + 1) * sizeof(*s.list));
	collect(w, &s);
	buf_printf(w->out, "---- certificates, in %s ----\n",
		c->certificates ? c->certificates
				: "a folder for the option certificates");
	for (size_t i = 0; i < s.count; i++)
		write_one(w, &s.list[i]);
	buf_printf(w->out, "\nTrusted to prove others: %s.\n",
		c->trust ? c->trust : "the authorities of the system "
				      "(option trust)");
	if (plan_has_lync(w))
		buf_printf(w->out, "Lync has to trust the authority of what is "
			"shown to SIP servers, and reaches its revocation "
			"lists.\n");
}
