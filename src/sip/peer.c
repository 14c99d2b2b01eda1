/*
 * peer.c: our own state for each partner, through changes of configuration.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/transaction.h"

struct sip_peer *sip_peer_find(struct sip *s, const char *name)
{
	struct sip_peer *p = table_get(s->names, str_from(name));

	if (p)
		return p;
	p = base_alloc0(sizeof *p);
	p->sip = s;
	p->name = base_strdup(name);
	list_init(&p->links);
	list_init(&p->clients);
	list_init(&p->waiting);
	list_init(&p->by_use);
	list_append(&s->peers, &p->node);
	table_put(s->names, str_from(p->name), p);
	return p;
}

void sip_peer_free(struct sip_peer *p)
{
	if (p->locate)
		io_locate_cancel(&p->locate);
	sip_discover_leave(p);
	list_remove(&p->node);
	table_remove(p->sip->names, str_from(p->name));
	free(p->provider);
	free(p->name);
	free(p);
}

/* A partner that is gone: nothing begins any more. */
static void retire(struct sip_peer *p)
{
	if (p->locate)
		io_locate_cancel(&p->locate);
	sip_client_fail_all(p, SIP_NO_TARGET,
		"the partner is no longer configured");
}

static bool is_unused(const struct sip_peer *p)
{
	if (p->partner || p->servers > 0 || !list_empty(&p->links) ||
		!list_empty(&p->clients))
		return false;
	list_each(it, tmp, &p->sip->connections)
		if (container_of(it, struct sip_connection, node)->opened_for ==
			p)
			return false;
	return true;
}

void sip_peer_configure(struct sip *s, const struct sip_config *config)
{
	list_each(it, tmp, &s->peers)
		container_of(it, struct sip_peer, node)->partner = NULL;
	for (size_t i = 0; i < config->partner_count; i++) {
		const struct sip_partner *partner = config->partners[i];
		struct sip_peer *p = sip_peer_find(s, partner->name);

		sip_discover_leave(p);
		p->partner = partner;
		sip_locate_configure(p);
		if (!list_empty(&p->waiting))
			sip_client_located(p);
	}
	list_each(at, tmp2, &s->peers) {
		struct sip_peer *p = container_of(at, struct sip_peer, node);

		if (p->discovered) {
			sip_discover_configure(p);
			if (p->provider)
				sip_locate_configure(p);
			if (p->provider && !list_empty(&p->waiting))
				sip_client_located(p);
		}
		if (!p->partner)
			retire(p);
		if (is_unused(p))
			sip_peer_free(p);
	}
}

struct str sip_peer_host(struct str host, char *out)
{
	size_t len = host.len;

	if (len > 0 && host.p[len - 1] == '.')
		len--;
	if (len > 255)
		len = 0;
	for (size_t i = 0; i < len; i++)
		out[i] = host.p[i] >= 'A' && host.p[i] <= 'Z'
			? (char)(host.p[i] + 32) : host.p[i];
	return (struct str){ out, len };
}

static bool has_domain(const struct sip_partner *partner, struct str host)
{
	if (sip_host_eq(host, str_from(partner->name)))
		return true;
	for (size_t i = 0; partner->domains && partner->domains[i]; i++)
		if (sip_host_eq(host, str_from(partner->domains[i])))
			return true;
	return false;
}

struct sip_peer *sip_peer_of(const struct sip_connection *c, struct str host)
{
	for (size_t i = 0; i < c->link_count; i++) {
		struct sip_peer *p = c->links[i].peer;

		if (p->partner && has_domain(p->partner, host)) {
			sip_discover_used(p);
			return p;
		}
	}
	return NULL;
}

const struct sip_dialect *sip_peer_dialect(const struct sip_peer *p)
{
	return p->partner && p->partner->dialect ? p->partner->dialect
						 : sip_dialect_at(0);
}

const struct sip_dialect *sip_connection_dialect(const struct sip_connection *c)
{
	return c->link_count ? sip_peer_dialect(c->links[0].peer)
			     : sip_dialect_at(0);
}

struct sip_connection *sip_peer_connection(struct sip_peer *p, bool any)
{
	list_each(it, tmp, &p->links) {
		struct sip_link *link = container_of(it, struct sip_link, node);

		if (!sip_connection_serves(link->connection, p, any))
			continue;
		/* the next request takes the next one */
		list_remove(&link->node);
		list_append(&p->links, &link->node);
		return link->connection;
	}
	return NULL;
}
