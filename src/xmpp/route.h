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
	struct xmpp_out *out;     /* the stream that we open, or NULL */
	struct xmpp_stream *carrier; /* has its stanzas: out, or one that the
	                           * peer opened for both ways; or NULL */
	struct xmpp_sm *limbo;    /* of a broken carrier, while that may go on;
	                           * until then nothing may overtake */
	uint64_t draining;        /* handle of a closing carrier: nothing may
	                           * overtake what it still has to say */

	uint64_t failed_ms;       /* end of the last failed attempt, 0: none */
	uint64_t backoff_ms;
	enum stox_condition failed_condition;
	char *failed_text;        /* owned */
	uint64_t shut_ms;         /* no stream is opened before; 0: none of
	                           * the peer's errors forbids it */

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
void xmpp_route_send(struct xmpp_route *r, const struct xmpp_letter *letter);
/** The stream that takes its stanzas now, or NULL: the one place that
 *  decides. */
struct xmpp_stream *xmpp_route_carrier(const struct xmpp_route *r);
/** @s could carry it from now on; ignored while another one does. */
void xmpp_route_offer(struct xmpp_route *r, struct xmpp_stream *s);
/** Something was in the way and is not any more: find a carrier for what
 *  waits. */
void xmpp_route_go_on(struct xmpp_route *r);
/** Is an outgoing stream to be more than a place to verify keys? */
bool xmpp_route_wants(const struct xmpp_route *r);
/** An attempt to open a stream has failed: give back what is not patient,
 *  try again later for the rest. */
void xmpp_route_failed(struct xmpp_route *r, enum stox_condition condition,
	const char *text);
/** shut.c: Has the peer closed @s with an error after which a new stream would
 *  only be a nuisance to it? */
bool xmpp_stream_shut_out(const struct xmpp_stream *s);
/** It has: @r opens no stream for LIMIT_XMPP_SHUT. */
void xmpp_route_shut(struct xmpp_route *r, const struct xmpp_stream *s);
bool xmpp_route_is_shut(const struct xmpp_route *r);
/** The configuration may have mended it: all may be tried again. */
void xmpp_routes_unshut(struct xmpp *x);
/** Its stream is ready. */
void xmpp_route_open(struct xmpp_route *r, struct xmpp_stream *s);
/** @s takes no more stanzas; @lost when it broke. */
void xmpp_route_left(struct xmpp_route *r, struct xmpp_stream *s, bool lost);
/** Tell all routes that @s carries or was opened for that it has left. */
void xmpp_routes_left(struct xmpp_stream *s);
/** Call @run for each route that @s may carry, as far as it exists. */
void xmpp_routes_of(struct xmpp_stream *s,
	void (*run)(struct xmpp_route *r, struct xmpp_stream *s));
/** @s is closed for good: who waited for that goes on. */
void xmpp_routes_drained(struct xmpp_stream *s);
/** Free it later if nothing uses it. */
void xmpp_route_unused(struct xmpp_route *r);
void xmpp_route_free(struct xmpp_route *r);

/** A held message was written at this moment: @item is on the route's list. */
void xmpp_hold_add(struct xmpp_route *r, struct xmpp_item *item);
/** An item has left the list. */
void xmpp_hold_removed(struct xmpp_route *r);
/** The carrier has changed: the ping under way is not worth waiting for. */
void xmpp_hold_moved(struct xmpp_route *r);
/** The carrier goes on after a break. */
void xmpp_hold_resumed(struct xmpp_route *r);
/** The first one's acknowledgement has come. */
void xmpp_hold_acked(struct xmpp_route *r);
/** Report what is held and not acknowledged as lost. */
void xmpp_hold_lost(struct xmpp_route *r);
/** Is @e the answer to an IQ of ours, sent by the domain @to under an id of
 *  node, @mark and a number?  Then that number. */
bool xmpp_own_answer(const struct xmpp *x, const struct stox_element *e,
	const struct jid *to, const char *mark, uint64_t *ret);
/** Is this IQ the answer to a barrier?  Then it is used up. */
bool xmpp_hold_answer(struct xmpp *x, const struct stox_element *e,
	const struct jid *from, const struct jid *to);
void xmpp_hold_init(struct xmpp_route *r);
void xmpp_hold_stop(struct xmpp_route *r);

#endif
