/*
 * route.h: the way from one of our domains to one remote domain: its queue,
 * its stream, its back-off, and the messages that are held until a ping sent
 * behind them has come back.
 */
#ifndef XMPP_ROUTE_H
#define XMPP_ROUTE_H

#include "xmpp/object.h"

struct xmpp_route {
	struct xmpp *x;
	char *key;                /* owned, "local remote" */
	const char *local, *remote; /* in their own copies, owned */
	struct xmpp_component *component; /* set: it carries this route */
	struct xmpp_queue queue;  /* server to server only */
	struct xmpp_out *out;     /* the stream, or NULL */

	uint64_t failed_ms;       /* end of the last failed attempt, 0: none */
	uint64_t backoff_ms;
	enum stox_condition failed_condition;
	char *failed_text;        /* owned */

	struct list held;         /* written, waiting for the barrier */
	struct io_task ping_task;
	uint64_t barrier;         /* number of the ping under way, 0: none */
	struct timer hold_timer;
	struct timer timer;       /* end of being unused */
	struct timer retry;       /* next attempt for what waits patiently */
};

struct xmpp_route *xmpp_route_get(struct xmpp *x, const char *local,
	struct str remote);
struct xmpp_route *xmpp_route_find(struct xmpp *x, struct str local,
	struct str remote);
/** Is the last failure so fresh that it answers for a new stanza too? */
bool xmpp_route_failed_lately(const struct xmpp_route *r);
/** Send or queue, opening a stream as needed. */
void xmpp_route_send(struct xmpp_route *r, struct str bytes, unsigned flags,
	uint64_t token);
/** An attempt to open a stream has failed: give back what is not patient,
 *  try again later for the rest. */
void xmpp_route_failed(struct xmpp_route *r, enum stox_condition condition,
	const char *text);
/** Its stream is ready. */
void xmpp_route_open(struct xmpp_route *r, struct xmpp_stream *s);
/** Its stream is gone; @lost when it broke. */
void xmpp_route_left(struct xmpp_route *r, bool lost);
/** Free it later if nothing uses it. */
void xmpp_route_unused(struct xmpp_route *r);
void xmpp_route_free(struct xmpp_route *r);

/** A held message was written at this moment: @item is on the route's list. */
void xmpp_hold_add(struct xmpp_route *r, struct xmpp_item *item);
/** An item has left the list. */
void xmpp_hold_removed(struct xmpp_route *r);
/** Report all that is held as lost. */
void xmpp_hold_lost(struct xmpp_route *r);
/** Is this IQ the answer to a barrier?  Then it is used up. */
bool xmpp_hold_answer(struct xmpp *x, const struct stox_element *e,
	const struct jid *from, const struct jid *to);
void xmpp_hold_init(struct xmpp_route *r);
void xmpp_hold_stop(struct xmpp_route *r);

#endif
