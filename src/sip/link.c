/*
 * link.c: which peers a connection proves.
 *
 * What is configured is looked at when a connection opens.  A domain in no
 * section is linked when it is met: by the request of ours that opened the
 * connection, or by one of theirs (discover.c).
 */
#include <stdlib.h>

#include "sip/peer.h"

/* Links move with their array, so they hang in their peers' lists only when it
 * is complete. */
static void hang_in(struct sip_connection *c)
{
	for (size_t i = 0; i < c->link_count; i++) {
		c->links[i].connection = c;
		list_append(&c->links[i].peer->links, &c->links[i].node);
	}
}

static void take_out(struct sip_connection *c)
{
	for (size_t i = 0; i < c->link_count; i++)
		list_remove(&c->links[i].node);
}

static void push(struct sip_connection *c, struct sip_peer *p)
{
	c->links = base_realloc(c->links,
		(c->link_count + 1) * sizeof *c->links);
	c->links[c->link_count++].peer = p;
}

void sip_link_none(struct sip_connection *c)
{
	take_out(c);
	free(c->links);
	c->links = NULL;
	c->link_count = 0;
}

void sip_link_add(struct sip_connection *c, struct sip_peer *p)
{
	take_out(c);
	push(c, p);
	hang_in(c);
}

static bool was_linked(const struct sip_link *old, size_t count,
	const struct sip_peer *p)
{
	for (size_t i = 0; i < count; i++)
		if (old[i].peer == p)
			return true;
	return false;
}

struct caller {
	struct sip_connection *connection;
	bool ask;
};

/* It has not said a word yet, but its name tells for whom it may speak. */
static void add_caller(void *arg, struct sip_peer *p)
{
	struct caller *a = arg;

	for (size_t i = 0; i < a->connection->link_count; i++)
		if (a->connection->links[i].peer == p)
			return;
	switch (sip_proof(a->connection, p)) {
	case SIP_PROOF_NO:
		return;
	case SIP_PROOF_YES:
		push(a->connection, p);
		return;
	case SIP_PROOF_ASK:
		sip_locate_start(p);
		a->ask = true;
		return;
	}
}

bool sip_link_all(struct sip_connection *c)
{
	struct caller caller = { c, false };
	struct sip_link *old = c->links;
	size_t old_count = c->link_count;
	bool ask = false;

	sip_discover_meet_callers(c);
	take_out(c);
	c->links = NULL;
	c->link_count = 0;
	list_each(it, tmp, &c->sip->peers) {
		struct sip_peer *p = container_of(it, struct sip_peer, node);
		enum sip_proof proof;

		if (p->discovered && p != c->opened_for &&
			!was_linked(old, old_count, p))
			continue;
		proof = sip_proof(c, p);
		if (proof == SIP_PROOF_ASK) {
			sip_locate_start(p);
			ask = true;
		}
		if (proof == SIP_PROOF_YES)
			push(c, p);
	}
	sip_discover_callers(c, add_caller, &caller);
	free(old);
	hang_in(c);
	return ask || caller.ask;
}
