/*
 * stream.h: one XML stream over an io_stream: headers, restarts, TLS, errors,
 * the closing handshake and the time-outs.  RFC 6120, 4.  What is said on it
 * is the business of its kind (s2s in, s2s out, component), which embeds
 * struct xmpp_stream as its first member.
 */
#ifndef XMPP_STREAM_H
#define XMPP_STREAM_H

#include "xmpp/policy.h"

#define XMPP_NS_STREAMS "http://etherx.jabber.org/streams"
#define XMPP_NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define XMPP_NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define XMPP_NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define XMPP_NS_DIALBACK "jabber:server:dialback"
#define XMPP_NS_DIALBACK_FEATURE "urn:xmpp:features:dialback"
#define XMPP_NS_COMPONENT "jabber:component:accept"
#define XMPP_NS_CLIENT "jabber:client"
#define XMPP_NS_BIDI "urn:xmpp:bidi"
#define XMPP_NS_BIDI_FEATURE "urn:xmpp:features:bidi"
#define XMPP_NS_LIMITS "urn:xmpp:stream-limits:0"

struct xmpp_stream;
struct xmpp_sm;

/** The steps of set-up, in order; a failure that came further is the one
 *  worth telling. */
enum xmpp_step {
	XMPP_STEP_DNS,
	XMPP_STEP_TCP,
	XMPP_STEP_STREAM,    /* headers, features, XML */
	XMPP_STEP_TLS,       /* STARTTLS and the handshake */
	XMPP_STEP_TLS_CHAIN, /* the certificate is not trusted */
	XMPP_STEP_TLS_NAME,  /* it is somebody else's */
	XMPP_STEP_DANE,      /* the DNS names another one */
	XMPP_STEP_EXTERNAL,
	XMPP_STEP_DIALBACK,
	XMPP_STEP_POLICY,    /* ours allows nothing that is left */
	XMPP_STEP_READY,     /* it was in use */
};
/** The word for logs and `stoxctl streams --failed`: "tls-name". */
const char *xmpp_step_name(enum xmpp_step step);

/** What a kind of stream does.  Every call but on_closed may close the
 *  stream; none may free it. */
struct xmpp_stream_kind {
	const char *direction; /* "in", "out", "component" */
	const char *ns;        /* content namespace of its stanzas */
	void (*on_open)(struct xmpp_stream *s);
	void (*on_secure)(struct xmpp_stream *s);
	/* the peer's header, its namespace and name checked */
	void (*on_header)(struct xmpp_stream *s,
		const struct stox_element *root);
	/* a first-level element that is no stream error; what the callee does
	 * not want of @pool it leaves for the caller to release */
	void (*on_element)(struct xmpp_stream *s, struct pool **pool,
		struct stox_element *e, size_t bytes);
	/* xmpp_stream_await_tls(): all bytes are used, TLS may begin */
	void (*on_tls)(struct xmpp_stream *s);
	/* no more stanzas may be written; once, also when it breaks */
	void (*on_leave)(struct xmpp_stream *s);
	/* the connection is gone: free the object or connect again */
	void (*on_closed)(struct xmpp_stream *s);
	/* free without a word, the connection is taken away already */
	void (*destroy)(struct xmpp_stream *s);
	const char *(*state)(const struct xmpp_stream *s);
};

struct xmpp_stream {
	struct list node;         /* in struct xmpp */
	struct xmpp *x;
	const struct xmpp_stream_kind *kind;
	struct io_stream *io;     /* owned; NULL without connection */
	struct xml_reader *reader; /* owned; with io */
	struct timer timer;
	uint64_t handle;
	char *local, *remote;     /* owned, canonical; NULL while unknown */
	char *id;                 /* owned; that of the receiving server */
	/* what the DNS says about the certificates of @remote; NULL: nothing */
	struct io_dane *dane;     /* owned */
	char *dane_host;          /* owned; the SRV target, or NULL */
	struct io_dane_ask *dane_ask; /* under way: nothing is proven yet */
	char *why;                /* owned; the first reason for its end */
	enum stox_condition fault; /* the condition that goes with it */
	char condition[40];       /* of the peer's stream error, or "" */
	char *other;              /* owned; body of its see-other-host */
	enum xmpp_step rank;      /* how far it has come, or had come then */
	enum xmpp_auth auth;
	bool secure;              /* inside TLS */
	bool ready;               /* set-up is over */
	bool got_byte, header_sent, header_seen;
	bool end_sent, end_seen;  /* </stream:stream> */
	bool left;                /* on_leave was called */
	bool dead;                /* io_close() was called */
	bool await_tls;
	bool consulted;           /* the peer came to have keys checked */
	bool broken;              /* the connection broke, nobody closed */
	bool bidi;                /* stanzas go both ways, XEP-0288 */
	bool drained;             /* a route waits for its end */
	struct xmpp_sm *sm;       /* owned; NULL: without XEP-0198 */
	bool keepalive;           /* send white space when idle, and pings */
	bool rests;               /* the reader has given its memory back */
	uint64_t since_ms;        /* of the connection */
	uint64_t open_ms;         /* TCP (and direct TLS) is there */
	uint64_t deadline_ms;     /* for set-up, or for the peer's end */
	uint64_t active_ms;       /* last stanza (or byte, for "in") */
	uint64_t heard_ms;        /* last byte */
	uint64_t wrote_ms;
	uint64_t ping_ms;         /* when it was asked for a sign of life; 0 */
	uint64_t idle_ms;         /* close when that long without activity */
	uint64_t stanzas_in, stanzas_out;
	size_t max_bytes;         /* the peer's limit for a stanza, 0: none */
	uint32_t peer_idle_s;     /* it may close after that silence, 0: none */
};


void xmpp_stream_init(struct xmpp_stream *s, struct xmpp *x,
	const struct xmpp_stream_kind *kind);
/** Take it out of the object and free what it owns (not @s itself). */
void xmpp_stream_clear(struct xmpp_stream *s);
/** Begin a connection; flags and counters start afresh. */
void xmpp_stream_attach(struct xmpp_stream *s, struct io_stream *io);
/** Events for an io_connect() whose result goes to xmpp_stream_attach(). */
extern const struct io_events xmpp_stream_io_events;
/** Let go of the connection without any further event. */
void xmpp_stream_detach(struct xmpp_stream *s);

/** Send a header; NULL attributes are left out. */
void xmpp_stream_open(struct xmpp_stream *s, const char *from, const char *to,
	const char *id, bool version);
/** Expect a new document from the peer (TLS, SASL). */
void xmpp_stream_restart(struct xmpp_stream *s);
/** After this element nothing more may come in the clear: on_tls follows, or
 *  the end when there are bytes left over. */
void xmpp_stream_await_tls(struct xmpp_stream *s);
/** Raise the stanza cap: an identity is proven. */
void xmpp_stream_raise_cap(struct xmpp_stream *s);
/** Work out anew when the next time-out is: times were changed. */
void xmpp_stream_schedule(struct xmpp_stream *s);
/** Set-up is over: idle and keep-alive times count. */
void xmpp_stream_ready(struct xmpp_stream *s, enum xmpp_auth auth);

/** Write; -STOX_EGONE when the stream is closing. */
int xmpp_stream_write(struct xmpp_stream *s, struct str bytes);
/** The same for a stanza, which is counted; -STOX_EPERM when it is longer
 *  than the peer wants (XEP-0478), -STOX_ETOOBIG when the peer is so slow that
 *  the send queue is full (the stream then breaks). */
int xmpp_stream_stanza(struct xmpp_stream *s, struct str bytes);

/** Remember why the stream ends; the first one stays. */
void xmpp_stream_blame(struct xmpp_stream *s, enum xmpp_step step,
	enum stox_condition fault, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/** Blame and send a stream error: @text is the reason too. */
void xmpp_stream_refuse(struct xmpp_stream *s, enum xmpp_step step,
	const char *condition, const char *text);
/** Send a stream error and close.  @text is for a person and may be NULL; it
 *  is also the reason unless there was one. */
void xmpp_stream_error(struct xmpp_stream *s, const char *condition,
	const char *text);
/** The same with one more element inside the error, as XML; NULL: none. */
void xmpp_stream_error_with(struct xmpp_stream *s, const char *condition,
	const char *text, const char *child);
/** Close politely: </stream:stream>, wait for theirs. */
void xmpp_stream_finish(struct xmpp_stream *s);
/** Close the connection after what is queued; nothing more is read. */
void xmpp_stream_close(struct xmpp_stream *s);
/** No more stanzas: tell the kind, once. */
void xmpp_stream_leave(struct xmpp_stream *s);
/** The stream's timer. */
void xmpp_stream_on_timer(void *stream);
/** Drop the connection; on_closed follows. */
void xmpp_stream_abort(struct xmpp_stream *s);

/** Replace *@field by a copy of @value (NULL: nothing). */
void xmpp_stream_set(char **field, const char *value);
/** Prepare a domain as it stands in a header or stanza. */
int xmpp_domain(const char *text, char out[1024]);
/** 128 random bits as text. */
void xmpp_stream_id(struct xmpp *x, char out[33]);

#endif
