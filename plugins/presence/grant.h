/*
 * grant.h: what the files of the watched half share.
 *
 *     grant.c        what the SIP user and the XMPP user do, and time
 *     grant_peer.c   servers that are lost, and come back
 *     grant_act.c    what the row asks for
 */
#ifndef PRESENCE_GRANT_H
#define PRESENCE_GRANT_H

#include "flow.h"

bool grant_has_open_leg(const struct pair_grant *g);
/** Is the SIP user let in, and may be? */
bool grant_is_let_in(const struct pair_grant *g);
/** A NOTIFY at once, whatever was sent a moment ago. */
void grant_owe_now(struct pair_leg *l);
/** What has changed, to all: as soon as the interval allows. */
void grant_owe_all(struct pair_grant *g);
/** Ask the XMPP user to let the SIP user in; not more often than daily, unless it
 *  is a fresh question. */
void grant_ask(struct pair *p, bool fresh);
/** Are there devices that have yet to be confirmed? */
bool grant_has_stale(const struct pair_grant *g);
/** When to look at what a probe has found; 0: never. */
uint64_t grant_confirm_s(const struct pair *p);

#endif
