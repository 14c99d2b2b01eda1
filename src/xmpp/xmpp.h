/*
 * xmpp.h: the XMPP side: server-to-server streams in both directions and
 * component connections (XEP-0114).  Finds, opens, proves, keeps and closes
 * them; hands up stanzas whose sender domain is proven; takes stanzas to send.
 * Knows nothing of SIP.
 */
#ifndef XMPP_XMPP_H
#define XMPP_XMPP_H

#include "io/io.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

enum xmpp_policy { XMPP_REQUIRED = 0, XMPP_OPTIONAL, XMPP_OFF };

/** How to treat one remote domain.  lync.md 1.5.  Strings are borrowed until
 *  the next xmpp_configure(). */
struct xmpp_partner {
	const char *domain;        /* canonical (U-labels) */
	const char *proxy;         /* host to use instead of SRV; NULL */
	uint16_t proxy_port;       /* 0: 5269 */
	enum xmpp_policy tls;      /* STARTTLS */
	enum xmpp_policy sasl;     /* EXTERNAL */
	bool dialback;
	bool dane;                 /* TLSA records speak for its certificates */
	const char *certificate;   /* name of the certificate we show; NULL:
	                            * the domain that we speak for */
	bool blocked;
	bool keepalive;
	bool legacy_srv;           /* ask for _jabber._tcp too */
	bool bidi;                 /* XEP-0288 where the peer has it */
	bool resume;               /* XEP-0198 where the peer has it */
	enum io_tls_version tls_min;
	unsigned connection_limit; /* 0: the table's */
};

/** A domain we speak for. */
struct xmpp_local {
	const char *domain;        /* canonical */
	/* set when it is reached as a component (XEP-0114); else s2s */
	const char *component_host;
	uint16_t component_port;
	const char *component_secret;
};

struct xmpp_config {
	const struct xmpp_local *locals;
	size_t local_count;
	/* for each of them: more stream features as XML, or NULL; NULL: none */
	const char *const *features;
	/* the policy for a remote domain, or NULL: unlisted and not allowed.
	 * Answers from the same snapshot as this struct. */
	const struct xmpp_partner *(*partner)(void *arg, struct str domain);
	void *partner_arg;
	struct io_credentials *credentials; /* reference taken */
	const char *dialback_secret;        /* >= 32 random bytes as hex */
	const char *node;                   /* node id, begins ids we make */
};

/** Names a stanza whose sender wants to hear when it is finished (XEP-0198);
 *  all zero: nobody does. */
struct xmpp_receipt {
	uint64_t sm;
	uint32_t number;
};

/** An inbound stanza.  The callee takes @pool (xml_pool_release()), which
 *  holds everything, and owes one xmpp_release() or xmpp_reply() with
 *  @receipt. */
struct xmpp_stanza {
	struct pool *pool;
	struct stox_element *element;  /* namespace jabber:server always */
	struct jid from, to;           /* prepared; from's domain is proven */
	const char *local_domain;      /* ours, borrowed */
	size_t bytes;
	struct xmpp_receipt receipt;
};

enum xmpp_sent {
	XMPP_WRITTEN,    /* given to an authenticated stream */
	XMPP_CONFIRMED,  /* HOLD: the peer has processed it (a later ping came
	                  * back), or the hold time passed without a bounce; on
	                  * a stream with acknowledgements not before its own */
	XMPP_FAILED,     /* never sent; condition and text tell why */
	XMPP_LOST,       /* HOLD: written, then the stream broke and could not
	                  * be resumed, and no acknowledgement had come */
};
struct xmpp_result {
	enum xmpp_sent sent;
	enum stox_condition condition;
	const char *text;   /* a sentence naming the step that failed */
};

/** What becomes of the way to somebody. */
enum xmpp_link {
	XMPP_LINK_BROKEN, /* without a word, or its server has said that it
	                   * stops, or gives no sign of life */
	XMPP_LINK_CLOSED, /* a stream of ours, for any other reason: if it was
	                   * idle, that means nothing */
	XMPP_LINK_FAILED, /* of a component: an attempt to connect has failed */
	XMPP_LINK_UP,     /* of a component: it is connected */
};

struct xmpp_events {
	void (*on_stanza)(void *arg, struct xmpp_stanza *s);
	/* the end of xmpp_send(), once per token, never inside it */
	void (*on_sent)(void *arg, uint64_t token, const struct xmpp_result *r);
	/* a stream between @local, which is ours, and @remote was in use and is
	 * no more, and is not resumed; or @local is a component, and @remote
	 * NULL.  The callee sends nothing now.  May be NULL */
	void (*on_link)(void *arg, const char *local, const char *remote,
		enum xmpp_link what);
};

struct xmpp;
struct xmpp *xmpp_new(struct io_env *env, struct log *log,
	struct limits *limits, struct budget *budget,
	const struct xmpp_events *events, void *arg);
/** Abort what is open (no events), free; *@x becomes NULL. */
void xmpp_free(struct xmpp **x);
/** Use another configuration from now on: components are started and stopped,
 *  streams of vanished domains closed, others stay.  @config is copied
 *  shallowly; its strings must live until the next call. */
void xmpp_configure(struct xmpp *x, const struct xmpp_config *config);
/** Accept streams; with @tls direct TLS (XEP-0368), which needs a
 *  configuration first.  Returns 0, or -STOX_EIO with a sentence. */
int xmpp_listen(struct xmpp *x, const char *address, uint16_t port, bool tls,
	struct buf *why);
/** Stop listening there; what was accepted stays. */
void xmpp_unlisten_at(struct xmpp *x, const char *address, uint16_t port);
/** Stop listening everywhere. */
void xmpp_unlisten(struct xmpp *x);

enum {
	XMPP_SEND_HOLD = 1,    /* report CONFIRMED, see above */
	XMPP_SEND_PATIENT = 2, /* a reply that nobody would send again: while no
	                        * stream can be opened it waits and is tried
	                        * again, until LIMIT_XMPP_QUEUE_AGE */
};
/**
 * Send one stanza from one of our domains; the route (stream, component) is
 * found or opened.  @e is copied (serialised) at once.  @token names it in
 * on_sent, 0: no report; it names nothing else until then.
 * Failure to queue is reported through on_sent as well.
 */
void xmpp_send(struct xmpp *x, const char *local_domain,
	struct str remote_domain, const struct stox_element *e, unsigned flags,
	uint64_t token);
/**
 * Send the reply to a stanza, as XMPP_SEND_PATIENT: when a stream has it, or
 * when it is given up, @receipt is released.
 */
void xmpp_reply(struct xmpp *x, const char *local_domain,
	struct str remote_domain, const struct stox_element *e,
	struct xmpp_receipt receipt);
/** The stanza of @receipt is finished: nothing of it is only in our memory.
 *  Exactly once; its sender is told in its turn. */
void xmpp_release(struct xmpp *x, struct xmpp_receipt receipt);
/** Forget a token: if its stanza still waits it is dropped, and nothing more is
 *  reported.  Returns true when a stream has the stanza already (a held one:
 *  too late to take it back), false when it was dropped or is unknown. */
bool xmpp_cancel(struct xmpp *x, uint64_t token);

/** Bytes that wait for the stream, or in it for the peer to take them. */
size_t xmpp_queued(struct xmpp *x, struct str local_domain,
	struct str remote_domain);

/** Close all streams politely (system-shutdown); @done when none is left or
 *  after 5 s. */
void xmpp_shutdown(struct xmpp *x, void (*done)(void *arg), void *arg);

/** For `stoxctl streams`: one row per stream or component. */
struct xmpp_stream_info {
	const char *local, *remote;  /* domains; remote may be "" early on */
	const char *direction;       /* who opened it: "in", "out",
	                              * "component"; "both": stanzas go both
	                              * ways on it (XEP-0288) */
	const char *acks;            /* XEP-0198: "", "acks", "resume" */
	const char *state;           /* "connecting", "ready", … */
	const char *auth;            /* "EXTERNAL", "dialback", "secret",
	                              * "dialback without TLS", "" */
	const char *tls;             /* cipher or "" */
	const char *peer;            /* address */
	uint64_t since_ms;
	uint64_t stanzas_in, stanzas_out, queued;
	const char *failed;          /* last reason, for failed ones */
	const char *step;            /* where that was: "dns", "tls-name", …,
	                              * "" without failure */
};
/** Call @row for each; failed ones too when @failed. */
void xmpp_streams(struct xmpp *x, bool failed,
	void (*row)(void *arg, const struct xmpp_stream_info *info), void *arg);

#endif
