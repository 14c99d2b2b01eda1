/*
 * queue.h: stanzas on their way out: waiting for a stream, written and held
 * until the peer has processed them, or finished and to be reported.
 */
#ifndef XMPP_QUEUE_H
#define XMPP_QUEUE_H

#include "xmpp/xmpp.h"

struct xmpp_route;

/** One stanza to send. */
struct xmpp_letter {
	struct str bytes;   /* borrowed */
	unsigned flags;     /* XMPP_SEND_... */
	uint64_t token;
	struct xmpp_receipt receipt;
};

/** One stanza that somebody wants to hear of, or that still waits. */
struct xmpp_item {
	struct list node;   /* in a queue, a route's held or the reports */
	struct xmpp *x;
	struct xmpp_queue *queue; /* NULL: not waiting */
	struct xmpp_route *route; /* set for HOLD */
	uint64_t token;
	unsigned flags;
	uint64_t at_ms;     /* queued, later written */
	bool covered;       /* the barrier under way is behind it */
	bool tracked;       /* it waits for an acknowledgement (XEP-0198) */
	bool acked;         /* which has come */
	bool overdue;       /* only that keeps it from being confirmed */
	struct xmpp_receipt receipt; /* released when a stream has it */
	char *bytes;        /* owned while waiting */
	size_t len;
	enum xmpp_sent sent;
	enum stox_condition condition;
	char *text;         /* owned */
};

/** Stanzas waiting for one stream, oldest first. */
struct xmpp_queue {
	struct xmpp *x;
	struct list items;
	size_t count, bytes;
	struct timer timer; /* the age of the oldest */
	const char *whom;   /* who is waited for, in failure texts; borrowed */
};

void xmpp_queue_init(struct xmpp_queue *q, struct xmpp *x, const char *whom);
/** Copy and append, or report a failure when the caps are reached. */
void xmpp_queue_add(struct xmpp_queue *q, const struct xmpp_letter *letter,
	struct xmpp_route *route);
/** Fail what waits, the patient ones only when @all; @text is a sentence. */
void xmpp_queue_fail(struct xmpp_queue *q, bool all,
	enum stox_condition condition, const char *text);
struct xmpp_stream;
/** Write all to @s, in order, and settle each; what finds no room in its
 *  window of acknowledgements stays.  @route is NULL for a component. */
void xmpp_queue_flush(struct xmpp_queue *q, struct xmpp_stream *s,
	struct xmpp_route *route);
/** Put one in front that was written before: the stream broke. */
void xmpp_queue_again(struct xmpp_queue *q, struct str bytes, unsigned flags);
/** Write one stanza, remember it for its acknowledgement.  As
 *  xmpp_stream_stanza(); -STOX_EGONE also without room in the window. */
int xmpp_queue_put(struct xmpp_stream *s, const struct xmpp_letter *letter,
	struct xmpp_route *route);
/** The peer has acknowledged the held message, or (@acked false) there will be
 *  no acknowledgements after all. */
void xmpp_item_acked(struct xmpp *x, uint64_t token, bool acked);
/** It was written and is not acknowledged, and the stream is no more. */
void xmpp_item_lost(struct xmpp *x, uint64_t token);
/** Free all items of a list, without reports. */
void xmpp_items_discard(struct list *items);
/** Forget all, without reports. */
void xmpp_queue_clear(struct xmpp_queue *q);

/**
 * Write one stanza at once, then hold or report it.
 * Returns 0 when it is settled one way or another, or -STOX_EGONE when the
 * stream takes nothing more (and nothing is reported).
 */
int xmpp_queue_write(struct xmpp_stream *s, const struct xmpp_letter *letter,
	struct xmpp_route *route);
/** Report one that never came into a queue. */
void xmpp_queue_refuse(struct xmpp *x, const struct xmpp_letter *letter,
	enum stox_condition condition, const char *text);
/** Move @item to the reports.  @text is copied, may be NULL. */
void xmpp_item_settle(struct xmpp_item *item, enum xmpp_sent sent,
	enum stox_condition condition, const char *text);

/** Forget a token; true when a stream has its stanza already. */
bool xmpp_item_cancel(struct xmpp *x, uint64_t token);

/** For struct xmpp. */
void xmpp_reports_init(struct xmpp *x);
void xmpp_reports_free(struct xmpp *x);

#endif
