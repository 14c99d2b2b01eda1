/*
 * sip.h: the SIP side: transports, connections, transactions, locating and
 * failover.  Hands up requests whose peer is proven; sends requests and
 * follows them to one final answer.  Knows nothing of XMPP.
 * RFC 3261 17 and 18, RFC 6026, RFC 3263, RFC 5922, RFC 5923, RFC 5626 4.4.1.
 */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include "io/io.h"
#include "sip/dialect.h"
#include "sip/message.h"
#include "stox/types.h"

enum sip_transport { SIP_TLS = 0, SIP_TCP };

/** A SIP partner: the policy record for the domains behind one front end.
 *  Strings are borrowed until the next sip_configure(). */
struct sip_partner {
	const char *name;             /* the main domain, unique; A-labels */
	const char *const *domains;   /* may appear in From; NULL-terminated,
	                               * A-labels, includes name */
	/* "host[:port]" in order of preference; NULL: found by SRV of name */
	const char *const *front_ends;
	enum sip_transport transport;
	const struct sip_dialect *dialect;
	enum io_tls_version tls_min;
	bool trusted;                 /* identities it asserts are believed */
	bool blocked;
	bool keepalive;               /* ping idle connections of ours */
	bool client_usage;            /* what its servers show us when they call
	                               * must be for clients */
	const char *certificate;      /* name of the certificate we show; NULL:
	                               * config.host */
	/* of a domain in no section: of config.providers, that whose servers
	 * speak for it; NULL: its own do */
	const struct sip_partner *provider;
};

struct sip_config {
	const struct sip_partner *const *partners;
	size_t partner_count;
	/* do we answer for this host (A-labels, lower case)? */
	bool (*is_ours)(void *arg, struct str host);
	/* does it live on SIP?  A request for it has come round: 482.
	 * RFC 7247, 5.  NULL: nothing is known to */
	bool (*is_sip)(void *arg, struct str host);
	/* the policy for SIP domains of no partner; its names and front ends
	 * mean nothing.  NULL: they may not take part.  Borrowed as partners
	 * are */
	const struct sip_partner *discovered;
	/* servers that may speak for any such domain (server allow list):
	 * front_ends and the policy count, name is who they are.  Borrowed as
	 * partners are */
	const struct sip_partner *const *providers;
	size_t provider_count;
	/* may this host (A-labels, lower case) be such a domain?  Set when
	 * discovered is, or there are providers */
	bool (*may_discover)(void *arg, struct str host);
	void *arg;
	struct io_credentials *credentials; /* reference taken */
	const char *host;             /* our FQDN: Via, Contact, certificate */
	uint16_t port;                /* advertised, 5061 */
	const char *node;             /* begins Call-IDs, tags, branches */
	const char *user_agent;       /* NULL: no header */
	/* methods that go up to on_request, NULL-terminated ("MESSAGE", NULL);
	 * NULL: none.  Those with a To tag go up too: whoever knows no such
	 * dialog answers 481.  The others are answered here: OPTIONS with 200,
	 * NEGOTIATE as the dialect says, CANCEL and ACK by their transaction,
	 * the rest refused with 405 and
	 * Allow, or 481 in or for a dialog */
	const char *const *methods;
};

/** An inbound request, its peer proven, its form checked, not yet answered. */
struct sip_request {
	uint64_t transaction;         /* for sip_respond() */
	/* borrowed until sip_respond() has given it a final answer, or has
	 * said that it is too late for one */
	const struct sip_message *message;
	const struct sip_partner *partner; /* who says so: From is within its
	                               * domains; borrowed until
	                               * sip_configure() */
};

/** What sip_send() needs: semantic only.  All copied. */
struct sip_out {
	const char *method;
	/* whom a request to config.discovered is for: A-labels, lower case */
	const char *domain;
	const char *request_uri;      /* sip:romeo@contoso.com */
	const char *from;             /* URI without brackets, no tag */
	const char *from_display;     /* UTF-8, may be NULL */
	const char *to;               /* URI */
	/* further headers, NULL-terminated pairs: name, value, name… */
	const char *const *headers;
	const char *content_type;     /* NULL: no body */
	struct str body;
	/* inside a dialog; all empty outside */
	const char *call_id, *from_tag, *to_tag;
	uint32_t cseq;                /* 0: chosen here */
	const char *const *routes;    /* NULL-terminated */
};

enum sip_event { SIP_FINAL, SIP_TIMEOUT, SIP_NO_TARGET, SIP_DNS_FAILED,
	SIP_UNREACHABLE, SIP_CERTIFICATE, SIP_OVERLOAD };
/** How a request of ours ended. */
struct sip_answer {
	enum sip_event event;
	const struct sip_message *message; /* of SIP_FINAL, borrowed */
	unsigned status;                   /* of it, else 0 */
	const char *text;                  /* else: a sentence for people */
};

/** How a connection ended. */
enum sip_loss {
	SIP_LOSS_BROKEN, /* nobody has closed it */
	SIP_LOSS_CLOSED, /* by them */
	SIP_LOSS_IDLE,   /* by us: it was not needed */
};

struct sip_events {
	/* answer with sip_respond(), now or later.  What is not answered gets
	 * 100 after 3.5 s (INVITE: 200 ms) and 504 one second after
	 * LIMIT_EXCHANGE_S2X, which is counted there: a safety net only */
	void (*on_request)(void *arg, const struct sip_request *r);
	/* the end of sip_send(), once per token, never inside it */
	void (*on_answer)(void *arg, uint64_t token,
		const struct sip_answer *a);
	/* a 2xx to an INVITE, sent with the To tag @tag, got its ACK; or
	 * (@acked false) none within 64*T1, though it was repeated: the dialog
	 * must end.  RFC 3261, 13.3.1.4.  May be NULL */
	void (*on_acked)(void *arg, struct str tag, bool acked);
	/* a connection that proved @partner (the name of a partner, or a domain
	 * in no section: A-labels) was open and is gone.  The callee sends
	 * nothing now.  May be NULL */
	void (*on_lost)(void *arg, const char *partner, enum sip_loss how);
};

struct sip;
/** Everything is borrowed but @events' contents; returns owned, sip_free().
 *  Nothing works before sip_configure(). */
struct sip *sip_new(struct io_env *env, struct log *log, struct limits *limits,
	struct budget *budget, const struct sip_events *events, void *arg);
/** Abort what is open and free; no callback runs any more.  Not from inside one
 *  of ours. */
void sip_free(struct sip **s);
/**
 * Take a configuration.  Host, node, methods and the like are copied; partners
 * are borrowed until the next call has returned.  Open connections are judged
 * anew; those that prove nobody any more close, requests to partners that are
 * gone end with SIP_NO_TARGET.
 */
void sip_configure(struct sip *s, const struct sip_config *config);
/**
 * Listen; after sip_configure().  TLS listeners ask for the client's
 * certificate; plain TCP ones serve only partners with transport SIP_TCP
 * whose front ends are address literals.
 * Returns 0, or -STOX_EIO with a sentence in @why.
 */
int sip_listen(struct sip *s, const char *address, uint16_t port,
	enum sip_transport transport, struct buf *why);
void sip_unlisten(struct sip *s);
/** Stop listening there; what was accepted stays. */
void sip_unlisten_at(struct sip *s, const char *address, uint16_t port);

/**
 * Send a request to a partner, with failover over its targets, until one final
 * answer or @timeout_ms.  Same Call-ID and CSeq over all attempts, a new branch
 * each.  on_answer(@token) follows.
 *
 * @partner of config.partners; or config.discovered, or of config.providers:
 *          then @out names the domain, which is found by SRV only and proven by
 *          its certificate, or by that of the provider whose server SRV names
 * @token   not 0, and not that of a request under way
 * @out     not ACK or CANCEL: those are sent here.  An INVITE has Contact
 *          among its headers.  Its 2xx is acknowledged before on_answer, and
 *          each time it comes again; what other branches of a fork answer is
 *          acknowledged and ended by BYE.  After a 1xx it waits for the whole
 *          of @timeout_ms, then it is cancelled, as by sip_forget().
 *          RFC 3261, 13.2 and 17.1.1; RFC 6026
 * A header whose value holds CR, LF or NUL is left out, with a log line.
 */
void sip_send(struct sip *s, const struct sip_partner *partner,
	const struct sip_out *out, unsigned timeout_ms, uint64_t token);
/** The provider that speaks for a domain in no section (A-labels, lower case),
 *  as far as is known; NULL: none does. */
const struct sip_partner *sip_provider_of(struct sip *s, const char *domain);
/** Forget a request: no on_answer any more; its transaction runs out.  An INVITE
 *  is cancelled, and a dialog that it makes all the same ends by BYE. */
void sip_forget(struct sip *s, uint64_t token);

/**
 * Answer a request.  To gets a tag if it has none; Via, From, Call-ID, CSeq,
 * Record-Route are copied.  A second final answer is -STOX_EGONE, also when the
 * request has been cancelled or has run out meanwhile.  Goes out on the
 * connection of the request, else on another of the same partner (ruling 8);
 * when there is none it is dropped, and that is still success.
 * @reason NULL: the standard phrase.  @headers: pairs as in sip_out.
 */
int sip_respond(struct sip *s, uint64_t transaction, unsigned status,
	const char *reason, const char *const *headers);
/** With a body and To tag of the caller's (dialogs). */
int sip_respond_full(struct sip *s, uint64_t transaction, unsigned status,
	const char *reason, const char *const *headers, const char *to_tag,
	const char *content_type, struct str body);

/**
 * Stop listening, refuse new requests with 503, give what is under way three
 * seconds, then answer it with 503 and close all connections politely.  @done
 * runs once, when all are closed.
 */
void sip_shutdown(struct sip *s, void (*done)(void *arg), void *arg);

/** One connection, open or (@failed below) one that failed lately. */
struct sip_connection_info {
	const char *partner;      /* "" while unknown */
	const char *direction;    /* "in", "out" */
	const char *state, *tls, *peer;
	uint64_t since_ms, messages_in, messages_out, queued;
	const char *failed;       /* why, "" for open ones */
};
/** Walk the open connections, or the LIMIT_FAILED_STREAMS latest failures. */
void sip_connections(struct sip *s, bool failed,
	void (*row)(void *arg, const struct sip_connection_info *info),
	void *arg);

#endif
