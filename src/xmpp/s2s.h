/*
 * s2s.h: server-to-server streams.  Stanzas travel in one direction on each:
 * "in" streams were opened by the peer, "out" streams by us.
 */
#ifndef XMPP_S2S_H
#define XMPP_S2S_H

#include "xmpp/certificate.h"
#include "xmpp/dialback.h"
#include "xmpp/route.h"

/* ---- out: s2s_out.c, s2s_auth.c ---- */

enum xmpp_out_state {
	XMPP_OUT_WAITING,    /* others are being opened */
	XMPP_OUT_LOCATING,
	XMPP_OUT_CONNECTING,
	XMPP_OUT_HEADER,     /* waiting for the peer's header */
	XMPP_OUT_FEATURES,
	XMPP_OUT_STARTTLS,   /* waiting for <proceed/> */
	XMPP_OUT_HANDSHAKE,
	XMPP_OUT_EXTERNAL,   /* waiting for the outcome of SASL */
	XMPP_OUT_DIALBACK,   /* waiting for the outcome of dialback */
	XMPP_OUT_VERIFYING,  /* good for db:verify, nothing to send yet */
	XMPP_OUT_RESUMING,   /* waiting for <resumed/> */
	XMPP_OUT_READY,
	XMPP_OUT_CLOSED,
};

/** A stream from one of our domains to a remote one, over all the places
 *  that are tried for it. */
struct xmpp_out {
	struct xmpp_stream s;
	struct xmpp_route *route; /* NULL: it is only closing */
	struct list turn;         /* in struct xmpp while it waits */
	bool opening;             /* counts as in set-up */
	bool waited;              /* for its turn */
	enum xmpp_out_state state;
	struct io_locate *locate;
	struct io_target *targets; /* owned */
	size_t target_count, target_next;
	char ascii[256];          /* the remote domain in A-labels */
	char local_ascii[256];
	char place[280];          /* "host:port" being tried */
	bool special_ok;          /* the host was configured */
	bool asked_direct;        /* services[0] was asked for */
	bool asked_legacy;        /* and _jabber._tcp */
	unsigned followed;        /* see-other-host so often */
	bool direct;              /* TLS from the first byte */
	bool plain_only;          /* TLS has failed here and may be left out */
	bool external_offered, dialback_offered;
	bool proven;              /* SASL succeeded; the restart goes on */
	bool bidi_offered, sm_offered; /* in the last features */
	bool welcome;             /* its stanzas are (XEP-0288) */
	enum xmpp_auth own_auth;  /* how we have proven ourselves */
	enum xmpp_auth peer_auth; /* how it has, for bidi */
	uint64_t deadline_ms;     /* for all places together */
	struct list checks;       /* keys to be verified */
	void (*dane_done)(struct xmpp_out *o);
	enum xmpp_step failed_rank;
	enum stox_condition failed_fault;
	char *failed_why;         /* owned; the best failure so far */
};

/** Open a stream for @r, which has none. */
void xmpp_out_open(struct xmpp_route *r);
/** Its turn has come: find the places and connect. */
void xmpp_out_begin(struct xmpp_out *o);
/** s2s_place.c: ask for the places, then xmpp_out_next() or _fail(). */
void xmpp_out_locate(struct xmpp_out *o, const struct xmpp_partner *p);
/** Does TLS begin with the first byte there? */
bool xmpp_out_is_direct(const struct xmpp_out *o, const struct io_target *t);
/** s2s_follow.c: the peer has closed set-up with see-other-host: take that
 *  place for the only one left.  False when it may not be followed, or when it
 *  was something else. */
bool xmpp_out_follow(struct xmpp_out *o);
/** Would a stream without TLS be a step back from what was known? */
bool xmpp_out_must_tls(const struct xmpp_out *o);
/** Connect to the next place, which there is. */
void xmpp_out_next(struct xmpp_out *o);
/** It ends before there was a connection, and is freed. */
void xmpp_out_fail(struct xmpp_out *o, enum xmpp_step step,
	enum stox_condition fault, const char *why);
/** opening.c: begin, or wait for a turn.  LIMIT_XMPP_OPENING. */
void xmpp_opening_enter(struct xmpp_out *o);
/** It is open, or over. */
void xmpp_opening_leave(struct xmpp_out *o);
/** There is something to send now. */
void xmpp_out_wanted(struct xmpp_out *o);
/** The stream when stanzas may be written, else NULL. */
struct xmpp_stream *xmpp_out_ready(struct xmpp_out *o);
struct xmpp_stream *xmpp_out_stream(struct xmpp_out *o);
/** Have a key verified over @r's stream.  @c is taken. */
void xmpp_out_verify(struct xmpp_route *r, struct xmpp_check *c);
/** Give up all attempts and close. */
void xmpp_out_stop(struct xmpp_out *o, enum stox_condition condition,
	const char *text);
/** Set the state, with a log line. */
void xmpp_out_enter(struct xmpp_out *o, enum xmpp_out_state state);
/** Send our header. */
void xmpp_out_header(struct xmpp_out *o);
struct xmpp_ways xmpp_out_ways(const struct xmpp_out *o);

/** Authentication is over and so is resumption: it may carry stanzas. */
void xmpp_out_go(struct xmpp_out *o);

/** s2s_bidi.c: XEP-0288. */
/** Ask for both directions where that is offered and safe; before any
 *  authentication. */
void xmpp_out_ask_bidi(struct xmpp_out *o);
/** A stanza or a dialback request on a stream that we opened; @e is one or the
 *  other. */
void xmpp_out_stanza(struct xmpp_out *o, struct pool **pool,
	struct stox_element *e, size_t bytes);
void xmpp_out_request(struct xmpp_out *o, const struct stox_element *e);
/** Is @e one that goes to xmpp_out_stanza()? */
bool xmpp_out_is_stanza(const struct stox_element *e);

/** s2s_auth.c: what comes in on an out stream. */
void xmpp_out_on_header(struct xmpp_stream *s, const struct stox_element *root);
void xmpp_out_on_element(struct xmpp_stream *s, struct pool **pool,
	struct stox_element *e, size_t bytes);
void xmpp_out_on_tls(struct xmpp_stream *s);
void xmpp_out_on_secure(struct xmpp_stream *s);

struct xmpp_in;

/* ---- s2s_dane.c: TLSA records of the far end ---- */

/** Before connecting to @t: ask, and call @go_on(o) with the answer in
 *  o->s.dane.  False when there is nothing to ask for. */
bool xmpp_out_dane(struct xmpp_out *o, const struct io_target *t,
	void (*go_on)(struct xmpp_out *o));
/** Do records say that the far end has TLS?  Then nothing less will do. */
bool xmpp_out_dane_tls(const struct xmpp_out *o);
/** Before features are offered inside TLS; likewise. */
bool xmpp_in_dane(struct xmpp_in *in, void (*go_on)(struct xmpp_in *in));

/* ---- in: s2s_in.c, s2s_accept.c ---- */

/** One remote domain that may send, or wants to send, to one of ours. */
struct xmpp_pair {
	char *remote;             /* owned */
	char *local_name;         /* owned */
	const struct xmpp_local *local; /* renewed by xmpp_configure() */
	bool valid;               /* proven; else dialback is under way */
	enum xmpp_auth auth;
};

struct xmpp_in {
	struct xmpp_stream s;
	struct xmpp_pair *pairs;  /* owned */
	size_t pair_count;
	size_t last_pair;         /* used last */
	char *source;             /* owned; counted while nothing is proven */
	char *partner;            /* owned; counted since something is */
	bool old;                 /* the peer sent no version */
	bool direct;              /* TLS from the first byte */
	bool named;               /* its certificate names s.remote */
	bool proven;              /* SASL succeeded */
	bool challenged;          /* waiting for <response/> */
	bool dane_asked;
	void (*dane_done)(struct xmpp_in *in);
	bool restarted;           /* the stream after SASL has begun */
	bool carries;             /* bidi: it is offered to its routes */
	unsigned tries;
};

/** For io_listen_config; the second one's streams begin with TLS. */
void xmpp_in_accept(void *x, struct io_stream *io);
void xmpp_in_accept_tls(void *x, struct io_stream *io);
/** A verdict about a key that this stream showed. */
void xmpp_in_checked(struct xmpp_stream *s, const char *local,
	const char *remote, enum xmpp_verdict verdict, const char *condition);
/** Policy or domains have changed: keep the stream, or close it. */
void xmpp_in_reconsider(struct xmpp_stream *s);
extern const struct xmpp_stream_kind xmpp_in_kind, xmpp_out_kind;

/** s2s_accept.c: EXTERNAL and dialback. */
void xmpp_in_sasl(struct xmpp_in *in, const struct stox_element *e);
void xmpp_in_dialback(struct xmpp_in *in, const struct stox_element *e);
/** May @remote use dialback on this stream? */
bool xmpp_in_may_dialback(const struct xmpp_in *in, const char *remote);
/** A pair is proven. */
void xmpp_in_authorise(struct xmpp_in *in, struct xmpp_pair *p,
	enum xmpp_auth auth);
/** s2s_pair.c */
bool xmpp_in_any_valid(const struct xmpp_in *in);
/** s2s_bidi.c: the peer asks for both directions. */
void xmpp_in_bidi(struct xmpp_in *in);
/** May bidi be offered to this peer now? */
bool xmpp_in_may_bidi(const struct xmpp_in *in);
/** The peer has begun to use what it has proven: so may we. */
void xmpp_in_use(struct xmpp_in *in);
/** A pair that is proven on a stream in use. */
void xmpp_in_use_pair(struct xmpp_in *in, const struct xmpp_pair *p);
/** A stream of the peer's that could carry stanzas to it, or NULL. */
struct xmpp_stream *xmpp_in_carrier(struct xmpp *x, const char *local,
	const char *remote);
/** Its pairs; none for a stream of another kind. */
const struct xmpp_pair *xmpp_in_pairs(const struct xmpp_stream *s,
	size_t *ret_count);
/** Does the partner's policy let it use XEP-0198? */
bool xmpp_in_may_manage(const struct xmpp_in *in);
/** Has it proven anything, and may it go on from there? */
bool xmpp_in_proven(const struct xmpp_in *in);
/** A stanza has come: hand it up, or close the stream. */
void xmpp_in_stanza(struct xmpp_in *in, struct pool **pool,
	struct stox_element *e, size_t bytes);
struct xmpp_pair *xmpp_in_pair(struct xmpp_in *in, struct str local,
	struct str remote);
struct xmpp_pair *xmpp_in_pair_add(struct xmpp_in *in,
	const struct xmpp_local *local, const char *remote);
void xmpp_in_pair_remove(struct xmpp_in *in, struct xmpp_pair *p);

#endif
