/*
 * discover.c: SIP domains that stand in no section.
 *
 * Each gets a record of its own, made from the one that the configuration has
 * for all of them.  It begins when somebody writes to the domain, or when the
 * domain writes and its certificate names it.  RFC 5922, 7; ruling 3.
 */
#include <stdlib.h>
#include <string.h>

#include "sip/transaction.h"

static bool is_allowed(const struct sip *s, struct str host)
{
	return (s->discovered || s->provider_count) &&
		s->may_discover(s->is_ours_arg, host);
}

/* ---- providers ---- */

static const struct sip_partner *find_provider(const struct sip *s,
	const char *name)
{
	for (size_t i = 0; name && i < s->provider_count; i++)
		if (strcmp(s->providers[i]->name, name) == 0)
			return s->providers[i];
	return NULL;
}

const struct sip_partner *sip_provider_of(struct sip *s, const char *domain)
{
	const struct sip_peer *p = table_get(s->names, str_from(domain));

	return p && p->discovered ? find_provider(s, p->provider) : NULL;
}

/* Who is on the other end of @c, if that is a provider. */
static const struct sip_partner *calling_provider(const struct sip *s,
	const struct io_identity *id)
{
	for (size_t i = 0; i < s->provider_count; i++)
		if (sip_proof_names_server(id, s->providers[i]))
			return s->providers[i];
	return NULL;
}

static void set_provider(struct sip_peer *p, const struct sip_partner *provider)
{
	if (find_provider(p->sip, p->provider) == provider)
		return;
	free(p->provider);
	p->provider = base_strdup(provider->name);
	sip_discover_configure(p);
	sip_locate_configure(p);
	if (!list_empty(&p->waiting))
		sip_client_located(p);
}

static bool has_server(const struct sip_partner *provider, const char *host)
{
	char name[256];
	uint16_t port;

	for (size_t i = 0; provider->front_ends[i]; i++)
		if (sip_locate_parse(provider->front_ends[i], 1, name,
			    sizeof name, &port) &&
			str_iis(str_from(host), name))
			return true;
	return false;
}

void sip_discover_located(struct sip_peer *p)
{
	struct sip *s = p->sip;

	for (size_t i = 0; i < s->provider_count; i++)
		for (size_t k = 0; k < p->target_count; k++)
			if (has_server(s->providers[i],
				    p->targets[p->order[k]].host)) {
				set_provider(p, s->providers[i]);
				return;
			}
	/* nobody's but its own, which may not take part */
	if (!s->discovered)
		p->target_count = 0;
}

void sip_discover_configure(struct sip_peer *p)
{
	struct sip *s = p->sip;
	const struct sip_partner *provider = find_provider(s, p->provider);

	p->partner = NULL;
	if (!is_allowed(s, str_from(p->name)))
		return;
	if (provider)
		p->own = *provider;
	else
		p->own = s->discovered ? *s->discovered : *s->providers[0];
	p->own_domains[0] = p->own.name = p->name;
	p->own_domains[1] = NULL;
	p->own.domains = p->own_domains;
	if (!provider)
		p->own.front_ends = NULL;
	p->own.provider = provider;
	p->partner = &p->own;
}

static void enter(struct sip_peer *p)
{
	p->discovered = true;
	p->sip->discovered_count++;
	list_append(&p->sip->discovered_peers, &p->by_use);
}

void sip_discover_leave(struct sip_peer *p)
{
	if (!p->discovered)
		return;
	p->discovered = false;
	p->sip->discovered_count--;
	list_remove(&p->by_use);
}

void sip_discover_used(struct sip_peer *p)
{
	if (!p->discovered)
		return;
	list_remove(&p->by_use);
	list_append(&p->sip->discovered_peers, &p->by_use);
}

/* ---- room ---- */

static bool is_quiet(const struct sip_peer *p)
{
	return p->servers == 0 && list_empty(&p->clients);
}

static void forget(struct sip_peer *p)
{
	list_each(it, tmp, &p->sip->connections) {
		struct sip_connection *c =
			container_of(it, struct sip_connection, node);

		if (c->opened_for != p)
			continue;
		c->opened_for = NULL;
		c->target = SIP_TARGETS;
	}
	sip_peer_free(p);
}

/* A connection may prove others too, which may be busy on it. */
static void close_quiet(struct sip_peer *p, const struct sip_connection *keep)
{
	list_each(it, tmp, &p->links) {
		struct sip_connection *c =
			container_of(it, struct sip_link, node)->connection;

		if (c != keep && c->state == SIP_CONNECTION_OPEN &&
			list_empty(&c->clients) && list_empty(&c->servers))
			sip_connection_close(c, "another domain needs the room");
	}
}

/* The one that was used longest ago is forgotten; while it has connections
 * these have to end first, so the next one finds the room. */
static bool make_room(struct sip *s, const struct sip_connection *keep)
{
	uint64_t most = limit_get(s->limits, LIMIT_DISCOVERED_DOMAINS);
	struct sip_peer *oldest = NULL;

	if (s->discovered_count < most)
		return true;
	limit_hit(s->limits, LIMIT_DISCOVERED_DOMAINS);
	list_each(it, tmp, &s->discovered_peers) {
		struct sip_peer *p = container_of(it, struct sip_peer, by_use);

		if (s->discovered_count < most)
			break;
		if (is_quiet(p) && list_empty(&p->links))
			forget(p);
		else if (is_quiet(p) && !oldest)
			oldest = p;
	}
	if (s->discovered_count < most)
		return true;
	if (oldest)
		close_quiet(oldest, keep);
	return false;
}

/* ---- meeting one ---- */

/* The record of @host, made when there is none and @room. */
static struct sip_peer *meet(struct sip *s, struct str host, bool room)
{
	struct sip_peer *p = table_get(s->names, host);
	char name[256];

	if (!p) {
		if (!room)
			return NULL;
		memcpy(name, host.p, host.len);
		name[host.len] = '\0';
		p = sip_peer_find(s, name);
	}
	/* what was a partner of a section may be met again */
	if (!p->discovered)
		enter(p);
	sip_discover_used(p);
	sip_discover_configure(p);
	return p;
}

struct sip_peer *sip_discover_domain(struct sip *s, const char *domain)
{
	struct str host = str_from(domain);

	if (host.len == 0 || host.len > 255 || !is_allowed(s, host))
		return NULL;
	/* how many we call is up to the core's rate: none waits for room */
	if (!table_get(s->names, host))
		make_room(s, NULL);
	return meet(s, host, true);
}

static size_t count_links(const struct sip_peer *p)
{
	size_t n = 0;

	list_each(it, tmp, &p->links)
		n++;
	return n;
}

static bool is_crowded(const struct sip_peer *p)
{
	struct limits *l = p->sip->limits;

	if (count_links(p) < limit_get(l, LIMIT_DISCOVERED_STREAMS))
		return false;
	limit_hit(l, LIMIT_DISCOVERED_STREAMS);
	return true;
}

struct sip_peer *sip_discover_sender(struct sip_connection *c,
	struct str from_host, const char **ret_why)
{
	const struct io_identity *id = c->transport == SIP_TLS
		? io_stream_identity(c->stream) : NULL;
	struct sip *s = c->sip;
	const struct sip_partner *provider;
	struct sip_peer *p;
	char lower[256];
	struct str host = sip_peer_host(from_host, lower);

	if (!host.len || !is_allowed(s, host))
		return NULL;
	*ret_why = "The Certificate Is Not Trusted";
	if (!id || !id->present || !id->trusted)
		return NULL;
	*ret_why = "The Certificate Does Not Name The Sender's Domain";
	provider = calling_provider(s, id);
	if (!provider && (!s->discovered || !io_identity_names_sip(id, host)))
		return NULL;
	p = table_get(s->names, host);
	/* who has its own servers is not spoken for by others */
	if (provider && p && !p->provider && !list_empty(&p->links))
		return NULL;
	*ret_why = "Too Many Domains Are Being Talked To";
	p = meet(s, host, table_get(s->names, host) || make_room(s, c));
	if (!p)
		return NULL;
	if (provider)
		set_provider(p, provider);
	*ret_why = "This Version Of TLS Is Too Old";
	if (sip_proof(c, p) != SIP_PROOF_YES)
		return NULL;
	*ret_why = "Your Domain Has Too Many Connections";
	if (!provider && is_crowded(p))
		return NULL;
	sip_link_add(c, p);
	return p;
}

/* ---- who calls ---- */

enum { CALLER_NAMES = 4 };

/* The domain for which host name @index of @c may speak, in @lower. */
static struct str caller(const struct sip_connection *c, size_t index,
	char lower[256])
{
	const struct io_identity *id = c->transport == SIP_TLS && !c->outbound
		? io_stream_identity(c->stream) : NULL;
	const struct sip *s = c->sip;
	struct str host = { NULL, 0 };

	if (!s->discovered || !s->discovered->dialect ||
		!s->discovered->dialect->srv_target || !id || !id->present ||
		!id->trusted || calling_provider(s, id))
		return host;
	for (size_t i = 0; id->dns && id->dns[i] && i <= index; i++)
		if (i == index)
			host = sip_peer_host(str_from(id->dns[i]), lower);
	if (host.p)
		str_cut(&host, '.');
	if (host.p && !is_allowed(s, host))
		host.p = NULL;
	return host;
}

void sip_discover_meet_callers(struct sip_connection *c)
{
	struct sip *s = c->sip;
	char lower[256];

	for (size_t i = 0; i < CALLER_NAMES; i++) {
		struct str host = caller(c, i, lower);

		if (host.p)
			meet(s, host, table_get(s->names, host) ||
				make_room(s, c));
	}
}

void sip_discover_callers(struct sip_connection *c,
	void (*each)(void *arg, struct sip_peer *p), void *arg)
{
	char lower[256];

	for (size_t i = 0; i < CALLER_NAMES; i++) {
		struct str host = caller(c, i, lower);
		struct sip_peer *p = host.p
			? table_get(c->sip->names, host) : NULL;

		if (p && p->discovered && !p->provider && !is_crowded(p))
			each(arg, p);
	}
}
