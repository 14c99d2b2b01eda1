/*
 * crowd.h: many sessions want to send to one domain at once, as when somebody
 * with a hundred thousand watchers changes presence.
 *
 * So many of their requests are under way to a domain (LIMIT_SESSION_SENDING),
 * and so much of them waits for its XMPP stream, which answers nothing
 * (LIMIT_SESSION_QUEUED); the other sessions wait, and take turns by whom they
 * speak for.  Nothing is made of what they want to send before their turn: what
 * changes meanwhile is sent once, and a message of somebody else stands behind a
 * few, not behind all.
 */
#ifndef CORE_CROWD_H
#define CORE_CROWD_H

#include "base/fair.h"
#include "base/str.h"

struct crowd;
struct node;
struct stox_session;

/** A place for one request to @domain: taken now and true, or @s waits.  @local:
 *  our domain that speaks there on XMPP; empty: it is a SIP domain. */
bool crowd_enter(struct stox_session *s, struct str local, struct str domain);
/** The place is free again; *@crowd becomes NULL, NULL is harmless. */
void crowd_leave(struct crowd **crowd);
void crowds_free(struct node *n);
/** For operators: places taken, and sessions that wait, to all domains. */
void crowds_count(const struct node *n, size_t *ret_sending, size_t *ret_waiting);

#endif
