/*
 * Servers that are lost and come back, for the half of a pair that is watched.
 * Ruling 21.
 */
#include "grant.h"

/* Nobody of theirs is there; said once, as who is not shown cannot go.  What an
 * earlier run may have shown is not known. */
static void xmpp_is_lost(struct pair_grant *g)
{
	if (g->auth != AUTH_YES || (g->known && g->count == 0))
		return;
	g->known = true;
	g->count = 0;
	grant_owe_all(g);
}

/* Its people may have changed, or may have answered in vain. */
static void xmpp_is_back(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	if (g->auth == AUTH_YES &&
		(grant_has_open_leg(g) || pair_may_return(p)))
		grant_probe(p);
	else if (g->auth != AUTH_YES && grant_has_open_leg(g))
		grant_ask(p, true);
}

/* The watcher may have missed something, or may not know the dialog any more. */
static void sip_is_back(struct pair_grant *g)
{
	for (size_t i = 0; i < g->leg_count; i++) {
		g->legs[i].tries = 0;
		grant_owe_now(&g->legs[i]);
	}
}

void grant_peer(struct pair *p, enum stox_side side, bool lost)
{
	if (side == STOX_XMPP && lost)
		xmpp_is_lost(&p->grant);
	else if (side == STOX_XMPP)
		xmpp_is_back(p);
	else if (!lost)
		sip_is_back(&p->grant);
}

bool grant_has_stale(const struct pair_grant *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->devices[i].stale)
			return true;
	return false;
}

/* Is something shown, or may have been by an earlier run, that has yet to be
 * confirmed? */
static bool is_unsure(const struct pair_grant *g)
{
	return grant_has_stale(g) ||
	       (g->auth == AUTH_YES && !g->known && grant_has_open_leg(g));
}

/* What the probe has not found is not there. */
static void settle(struct pair_grant *g)
{
	if (!g->known)
		grant_owe_all(g);
	g->known = true;
	for (size_t i = 0; i < g->count;) {
		if (!g->devices[i].stale) {
			i++;
			continue;
		}
		pair_device_remove(g->devices, &g->count, &g->devices[i]);
		grant_owe_all(g);
	}
}

/* Silence may be the answer of a server whose user is away, or that of nobody:
 * the server is asked before it is believed. */
void grant_wake(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	if (grant_unheard(g) && p->now_s >= g->since_s + GRANT_UNHEARD_S)
		grant_probe(p);
	if (p->now_s < g->probed_s + GRANT_SILENT_S)
		return;
	if (p->now_s < g->probed_s + GRANT_CONFIRM_S) {
		if (g->probing || is_unsure(g))
			stox_session_doubt(p->session, STOX_XMPP);
		return;
	}
	if (is_unsure(g) &&
		stox_session_peer(p->session, STOX_XMPP) != STOX_PEER_DOUBTED)
		settle(g);
}

uint64_t grant_confirm_s(const struct pair *p)
{
	const struct pair_grant *g = &p->grant;
	uint64_t at = g->probed_s + GRANT_SILENT_S;

	if (!is_unsure(g) && (!g->probing || p->now_s >= at))
		return 0;
	if (p->now_s >= at)
		at = g->probed_s + GRANT_CONFIRM_S;
	return p->now_s >= at ? p->now_s + GRANT_WAIT_S : at;
}
