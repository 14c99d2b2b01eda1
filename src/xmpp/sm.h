/*
 * sm.h: stream management, XEP-0198: what both ends of a stream have counted,
 * the stanzas that the peer has not acknowledged, and those of the peer's that
 * are finished here.  sm.c is counting only; sm_stream.c speaks it on a
 * stream; sm_resume.c keeps it while its stream is broken.
 */
#ifndef XMPP_SM_H
#define XMPP_SM_H

#include "base/buf.h"
#include "io/io.h"
#include "xml/xml.h"
#include "xmpp/xmpp.h"

#define XMPP_NS_SM "urn:xmpp:sm:3"

struct xmpp_route;
struct xmpp_stream;
struct xmpp_out;

/* ---- counting: sm.c ------------------------------------------------------ */

/** A stanza that was sent and not acknowledged. */
struct xmpp_unacked {
	struct list node;
	struct xmpp_route *route; /* whose it is */
	uint64_t token;
	unsigned flags;
	bool taken_back;          /* only its number is still sent */
	size_t len;
	char bytes[];
};

/** What we send.  Numbers wrap at 2^32. */
struct xmpp_sm_out {
	uint32_t sent, acked;
	struct list items;        /* struct xmpp_unacked, sent - acked of them */
	size_t count, bytes;
	struct budget *budget;    /* may be NULL */
};

void xmpp_sm_out_init(struct xmpp_sm_out *o, struct budget *budget);
void xmpp_sm_out_clear(struct xmpp_sm_out *o);
/** Remember a copy of @bytes as the next number. */
struct xmpp_unacked *xmpp_sm_out_add(struct xmpp_sm_out *o, struct str bytes);
/** Is @h a number that the peer may have handled: acked to sent? */
bool xmpp_sm_out_may_ack(const struct xmpp_sm_out *o, uint32_t h);
/** Take the oldest one when @h covers it, else NULL; the caller gives it to
 *  xmpp_sm_out_free(). */
struct xmpp_unacked *xmpp_sm_out_next(struct xmpp_sm_out *o, uint32_t h);
/** Take the oldest one, acknowledged or not. */
struct xmpp_unacked *xmpp_sm_out_first(struct xmpp_sm_out *o);
void xmpp_sm_out_free(struct xmpp_sm_out *o, struct xmpp_unacked *item);

/** What we receive.  A stanza is finished when nothing that is only in our
 *  memory is needed for it any more; the peer is told of the ones before the
 *  first unfinished one. */
struct xmpp_sm_in {
	uint32_t received, finished; /* finished: none is open up to here */
	uint32_t again;           /* so many come once more and are known */
	uint64_t *bits;           /* owned; finished ones behind an open one */
	uint32_t size;            /* of bits, in bits: a power of two, or 0 */
};

void xmpp_sm_in_clear(struct xmpp_sm_in *in);
/**
 * A stanza has come.  Returns 0 with its number, -STOX_EEXIST when it came
 * before the stream broke, -STOX_ETOOBIG with @max open ones.
 */
int xmpp_sm_in_take(struct xmpp_sm_in *in, uint64_t max, uint32_t *ret_number);
/** Number @n is finished.  True when that lets us acknowledge more. */
bool xmpp_sm_in_finish(struct xmpp_sm_in *in, uint32_t n);
/** The peer was told `finished` and sends all behind it again. */
void xmpp_sm_in_resume(struct xmpp_sm_in *in);

/** Read a counter ("h", "max"); false when it is none. */
bool xmpp_sm_number(const char *text, uint32_t *ret);

/* ---- one stream's state, which can outlive it ------------------------------ */

/** Who sends to whom on it: a resumption must have proven the same. */
struct xmpp_sm_pair {
	char *local, *remote;     /* owned */
};

struct xmpp_sm {
	struct xmpp *x;
	uint64_t handle;          /* in struct xmpp; receipts name it */
	struct xmpp_stream *s;    /* NULL: broken */
	struct xmpp_sm_out out;
	struct xmpp_sm_in in;
	char *id;                 /* owned; NULL: cannot be resumed */
	uint64_t resume_ms;       /* for how long after a break */
	bool ours;                /* we opened the stream */
	bool bidi;                /* it carries stanzas both ways */
	bool enabled;             /* the peer said so: its stanzas count */
	bool owed;                /* the peer asked and was not told all */
	bool news;                /* there is more to tell it now */
	bool asked;               /* our question is not answered yet */
	bool full;                /* somebody waits for acknowledgements */
	uint32_t unasked;         /* sent since the last question */
	struct io_task turn;      /* asks and tells once for a burst */
	struct timer late;        /* an answer is late, or: ask again */
	/* broken */
	struct list node;         /* in struct xmpp */
	struct xmpp_sm_pair *pairs; /* owned */
	size_t pair_count;
	uint64_t broken_ms;
	struct timer keep;        /* how long it may be resumed */
};

/** For struct xmpp. */
void xmpp_sm_init(struct xmpp *x);
void xmpp_sm_free_all(struct xmpp *x);
/** We are shutting down: nothing will be resumed. */
void xmpp_sm_drop_all(struct xmpp *x);
struct xmpp_sm *xmpp_sm_new(struct xmpp_stream *s, bool ours);
/** Forget it, with nothing said; *@sm becomes NULL. */
void xmpp_sm_free(struct xmpp_sm **sm);

/* ---- on a stream: sm_stream.c ---------------------------------------------- */

/** May one more stanza of @len bytes go out, or must it wait? */
bool xmpp_sm_room(struct xmpp_sm *sm, size_t len);
/** A stanza was written. */
void xmpp_sm_sent(struct xmpp_sm *sm, struct xmpp_route *route,
	struct str bytes, unsigned flags, uint64_t token);
/** Ask now what the peer has received, unless that is asked already; no answer
 *  in time breaks the connection. */
void xmpp_sm_ask(struct xmpp_sm *sm);
/** A stanza has come.  False: it is known already, or the stream is closed
 *  for it; nothing may be done with it. */
bool xmpp_sm_take(struct xmpp_stream *s, struct xmpp_receipt *ret);
/** <r/> and <a/>; false for something else. */
bool xmpp_sm_element(struct xmpp_stream *s, const struct stox_element *e);
/** The last <a/> before our </stream:stream>. */
void xmpp_sm_last(struct xmpp_stream *s);
/** Take what @h covers off the queue; -STOX_EPROTO when the peer cannot have
 *  handled so many, after closing @s for it. */
int xmpp_sm_acked(struct xmpp_sm *sm, struct xmpp_stream *s, uint32_t h);
/** Forget the queue: the peer does not acknowledge anything. */
void xmpp_sm_untrack(struct xmpp_sm *sm);
/** <failed/> with a condition. */
void xmpp_sm_refuse(struct xmpp_stream *s, const char *condition);
/** An element had no number where one is needed: close. */
void xmpp_sm_malformed(struct xmpp_stream *s);

/** Our side of a stream that we opened: ask for it, or to resume. */
void xmpp_sm_enable(struct xmpp_out *o);
void xmpp_sm_resume(struct xmpp_out *o, struct xmpp_sm *sm);
/** <enabled/>, <resumed/>, <failed/>; false for something else. */
bool xmpp_sm_out_element(struct xmpp_out *o, const struct stox_element *e);

/* ---- broken: sm_resume.c --------------------------------------------------- */

/** The connection of @s has broken: keep its state.  False when there is
 *  nothing to keep it for. */
bool xmpp_sm_suspend(struct xmpp_stream *s);
/** Has a stream between the two broken that may be resumed, by whomever? */
bool xmpp_sm_may_return(struct xmpp *x, const char *local, const char *remote);
/** @s goes on where @sm stood, the peer having handled @h. */
void xmpp_sm_attach(struct xmpp_sm *sm, struct xmpp_stream *s);
/** Our <resume/> was accepted. */
void xmpp_sm_resumed(struct xmpp_out *o, struct xmpp_sm *sm);
/** Time is up, for sm->keep. */
void xmpp_sm_expired(void *sm);
void xmpp_sm_forget_pairs(struct xmpp_sm *sm);
/** The connection of @s is gone, closed in order or not. */
void xmpp_sm_closed(struct xmpp_stream *s);
/** Send again what the peer did not get. */
void xmpp_sm_send_again(struct xmpp_sm *sm);
/** It will not be resumed: say what became of its stanzas, free it. */
void xmpp_sm_drop(struct xmpp_sm **sm, const char *why);
/** The stream of @s has ended and will not be resumed: what is not
 *  acknowledged is lost, or waits again when it is patient. */
void xmpp_sm_over(struct xmpp_stream *s);
/** A held message was cancelled: is its stanza in a broken stream's queue?
 *  Then it is taken back from there. */
bool xmpp_sm_take_back(struct xmpp_sm *sm, uint64_t token);
/** Elements of a stream that was opened to us; false for something else. */
bool xmpp_sm_in_element(struct xmpp_stream *s, const struct stox_element *e);

#endif
