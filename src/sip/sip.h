/*
 * sip.h: the SIP side: transports, connections, transactions, locating and
 * failover.  Hands up requests whose peer is proven; sends requests and
 * follows them to one final answer.  Knows nothing of XMPP.
 * RFC 3261 17 and 18, RFC 6026, RFC 3263, RFC 5922, RFC 5923, RFC 5626 4.4.1.
 */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include "io/io.h"
#include "sip/message.h"
#include "stox/types.h"

/** A named set of choices for a kind of SIP peer; data, not ifs. */
struct sip_dialect {
	const char *name;             /* "simple", "lync" */
	const char *const *services;  /* SRV order, NULL-terminated.  Ruling 5 */
	bool srv_target_name;         /* the certificate may carry the SRV target
	                               * under the same-domain rule.  Ruling 3 */
	bool gr_in_from;              /* Ruling 10 */
};
/** "simple" and "lync"; NULL for unknown names.  Walk with an index. */
const struct sip_dialect *sip_dialect_find(const char *name);
const struct sip_dialect *sip_dialect_at(size_t index);

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
	bool keepalive;               /* CRLF CRLF on idle connections we opened */
	const char *certificate;      /* name of the certificate we show; NULL:
	                               * config.host */
};

struct sip_config {
	const struct sip_partner *const *partners;
	size_t partner_count;
	/* do we answer for this host of a Request-URI (A-labels, lower case)? */
	bool (*is_ours)(void *arg, struct str host);
	void *arg;
	struct io_credentials *credentials; /* reference taken */
	const char *host;             /* our FQDN: Via, Contact, certificate */
	uint16_t port;                /* advertised, 5061 */
	const char *node;             /* node id: begins Call-IDs, tags, branches */
	const char *user_agent;       /* NULL: no header */
};

/** An inbound request, its peer proven, its form checked, not yet answered. */
struct sip_request {
	uint64_t transaction;         /* for sip_respond() */
	const struct sip_message *message; /* borrowed until answered */
	const struct sip_partner *partner; /* who says so (From is within its
	                               * domains); borrowed until sip_configure() */
};

/** What sip_send() needs: semantic only.  All copied. */
struct sip_out {
	const char *method;
	const char *request_uri;      /* sip:romeo@contoso.com */
	const char *from;             /* URI without brackets, no tag */
	const char *from_display;     /* UTF-8, may be NULL */
	const char *to;               /* URI */
	/* further header lines, NULL-terminated pairs: name, value, name, … */
	const char *const *headers;
	const char *content_type;     /* NULL: no body */
	struct str body;
	/* inside a dialog; all empty outside */
	const char *call_id, *from_tag, *to_tag;
	uint32_t cseq;                /* 0: chosen here */
	const char *const *routes;    /* NULL-terminated */
};

enum sip_event { SIP_FINAL, SIP_TIMEOUT, SIP_NO_TARGET, SIP_DNS_FAILED, SIP_UNREACHABLE,
	SIP_CERTIFICATE, SIP_OVERLOAD };
/** How a request of ours ended. */
struct sip_answer {
	enum sip_event event;
	const struct sip_message *message; /* SIP_FINAL: the response, borrowed */
	unsigned status;                   /* of it, else 0 */
	const char *text;                  /* else: a sentence for people */
};

struct sip_events {
	/* answer with sip_respond(), now or later (the transaction ends with
	 * 504-less silence otherwise: answer always) */
	void (*on_request)(void *arg, const struct sip_request *r);
	/* the end of sip_send(), once per token, never inside it */
	void (*on_answer)(void *arg, uint64_t token, const struct sip_answer *a);
};

struct sip;
struct sip *sip_new(struct io_env *env, struct log *log, struct limits *limits,
	struct budget *budget, const struct sip_events *events, void *arg);
void sip_free(struct sip **s);
void sip_configure(struct sip *s, const struct sip_config *config);
int sip_listen(struct sip *s, const char *address, uint16_t port,
	enum sip_transport transport, struct buf *why);
void sip_unlisten(struct sip *s);

/**
 * Send a request to a partner, with failover over its targets, until one final
 * answer or @timeout_ms.  Same Call-ID and CSeq over all attempts, a new branch
 * each.  on_answer(@token) follows.
 */
void sip_send(struct sip *s, const struct sip_partner *partner,
	const struct sip_out *out, unsigned timeout_ms, uint64_t token);
/** Forget a request: no on_answer any more; its transaction runs out. */
void sip_forget(struct sip *s, uint64_t token);

/**
 * Answer a request.  To gets a tag if it has none; Via, From, Call-ID, CSeq,
 * Record-Route are copied.  A second final answer is -STOX_EGONE.
 * @reason NULL: the standard phrase.  @headers: pairs as in sip_out.
 */
int sip_respond(struct sip *s, uint64_t transaction, unsigned status,
	const char *reason, const char *const *headers);
/** With a body and To tag of the caller's (dialogs). */
int sip_respond_full(struct sip *s, uint64_t transaction, unsigned status,
	const char *reason, const char *const *headers, const char *to_tag,
	const char *content_type, struct str body);

void sip_shutdown(struct sip *s, void (*done)(void *arg), void *arg);

struct sip_connection_info {
	const char *partner;      /* "" while unknown */
	const char *direction;    /* "in", "out" */
	const char *state, *tls, *peer;
	uint64_t since_ms, messages_in, messages_out, queued;
	const char *failed;
};
void sip_connections(struct sip *s, bool failed,
	void (*row)(void *arg, const struct sip_connection_info *info), void *arg);

#endif
