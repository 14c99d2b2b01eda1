/*
 * node.h: one running stoxd.  There may be several in a process (plays).
 */
#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "base/handle.h"
#include "base/table.h"
#include "core/config.h"
#include "core/count.h"
#include "core/crowd.h"
#include "core/exchange.h"
#include "core/host.h"
#include "core/listen.h"
#include "core/loop.h"
#include "core/pair.h"
#include "core/partner.h"
#include "core/policy.h"
#include "core/reach.h"
#include "core/routes.h"
#include "core/session.h"
#include "core/spelling.h"
#include "io/io.h"
#include "sip/sip.h"
#include "store/store.h"
#include "xmpp/xmpp.h"

/** What a node has done; for `stoxctl status`. */
struct node_counts {
	uint64_t from_xmpp, from_sip, begun; /* exchanges by origin */
	uint64_t crossed;     /* out was sent */
	uint64_t answered;    /* ended well */
	uint64_t refused;     /* ended with an error to the sender */
	uint64_t dropped;     /* ended with nothing to say (presence, headline) */
	uint64_t timed_out;   /* of the refused: by the deadline */
	uint64_t late_bounces;
};

struct node {
	struct io_env *env;
	struct log *log;
	struct limits *limits;
	struct budget *budget;
	struct plugins *plugins;
	struct snapshot *snapshot;
	struct stox_host **hosts;      /* in the snapshot's plugin order */
	size_t host_count;
	struct io_credentials *credentials;
	struct certificates *certificates; /* their ends are watched */
	struct xmpp *xmpp;
	struct sip *sip;
	struct store *store;
	struct handles *exchanges, *waits, *session_handles;
	struct table *lanes;             /* by direction and pair */
	struct table *crowds;            /* by SIP domain */
	struct table *by_stanza_id;      /* out_id -> exchange */
	struct sessions *sessions;
	struct spellings *spellings;
	struct routes *routes;
	struct pairs *pairs;
	struct partners *partners;
	struct counts *counted;          /* for plugins */
	struct loops *loops;
	struct reach *reach;             /* who may be lost */
	struct xml_documents *documents; /* reads all bodies */
	char node_id[16];
	char *dialback_secret;
	uint64_t started_ms;
	bool stopping;
	struct node_counts counts;
	/* shutdown */
	struct timer drain_limit, linger;
	bool hurried;                 /* time was over for all that wait */
	unsigned closing;
	void (*stopped)(void *arg);
	void *stopped_arg;
	/* reload */
	char *config_file;
};

struct node_config {
	struct io_env *env;          /* borrowed, all of these */
	struct log *log;
	struct limits *limits;
	struct budget *budget;
	struct plugins *plugins;
	struct config *config;       /* a reference is taken */
	struct io_credentials *credentials; /* in memory: given; NULL: loaded from
	                              * the configured folder */
	const char *database;        /* NULL: data/stox.sqlite */
};

/** Check what only the running system can tell: certificates, folders.
 *  Sentences to @errors and @warnings.  Returns 0 or -STOX_EINVAL. */
int node_check(struct io_env *env, const struct config *config,
	struct io_credentials **ret_credentials, struct buf *errors, struct buf *warnings);
/** Build, open the store, listen.  NULL with a sentence in @why. */
struct node *node_new(const struct node_config *c, struct buf *why);
/** Free everything at once (after node_stop(), or to die). */
void node_free(struct node **n);
/** As kill -9 for plays: uncommitted rows are lost. */
void node_kill(struct node **n);
/** Use another configuration: listeners that only it has open, those that it
 *  lacks close, streams stay.  Returns 0, or -STOX_EINVAL with sentences in
 *  @why; the old one then stays, its listeners too. */
int node_reload(struct node *n, struct config *config,
	struct io_credentials *credentials, struct buf *why);
/** Stop: no new work, finish what is under way (10 s at most), close streams
 *  politely, then @stopped. */
void node_stop(struct node *n, void (*stopped)(void *arg), void *arg);

/** An exchange has ended; a stopping node waits for the last one. */
void node_exchange_gone(struct node *n);

/* ---- route.c: between the sides and the exchanges ---- */

/** Callbacks for xmpp_new() and sip_new(); arg is the node. */
extern const struct xmpp_events route_xmpp_events;
extern const struct sip_events route_sip_events;
/** Send `out`; the answer comes back through exchange_answered(). */
void route_send(struct stox_exchange *x);
/** The error that answer_sip means, from its status and its diagnostics, which
 *  are logged.  diagnostics.c */
void diagnostics_read(struct stox_exchange *x);
/** Send `reply`. */
void route_reply(struct stox_exchange *x);
/** Forget what was sent: no answer is wanted any more.  Returns true when the
 *  XMPP side had it already (too late to take back). */
bool route_forget(struct stox_exchange *x);

/* ---- ends.c: who is at the two ends ---- */

/**
 * For a stanza: x->from and x->face (its `to`) are set.  Finds x->to, the
 * domains, the gateway.  Returns STOX_NO_ERROR, or the condition to refuse
 * with and, in *@why, a sentence (or NULL).
 */
enum stox_condition ends_from_xmpp(struct stox_exchange *x, const char **why);
/** The same for a request.  Returns 0 or the status to refuse with and its
 *  phrase in *@why. */
unsigned ends_from_sip(struct stox_exchange *x, const struct sip_request *r,
	const char **why);
/** Which side a request between these begins on.  A domain of a section tells;
 *  between strangers it is taken as one from SIP.
 *  @ret  the section of @to's SIP domain, or NULL */
enum stox_side ends_begin_side(const struct config *c, const struct jid *from,
	const struct jid *to, const struct config_sip_domain **ret);
/** For what a session begins: x->from and x->to are set.
 *  Returns 0, or -STOX_ENOROUTE, -STOX_EPERM, -STOX_ENOENT. */
int ends_begun(struct stox_exchange *x);
/** May @host (A-labels, lower case) be an XMPP domain that stands in no
 *  section? */
bool ends_is_discoverable(const struct config *c, struct str host);
/** The same for a SIP domain. */
bool ends_is_discoverable_sip(const struct config *c, struct str host);
/** The address under which XMPP reaches the SIP user @uri.
 *  Returns 0, or -STOX_ENOROUTE, -STOX_ENOENT with a sentence in *@why. */
int ends_face_of(struct stox_exchange *x, const struct sip_uri *uri,
	struct jid *ret, const char **why);
/** Who says so: the partner vouches for From, and for P-Asserted-Identity when
 *  it is trusted (RFC 3325). */
struct sip_uri ends_asserted(const struct sip_request *r);
/** The domain that a host in a SIP URI means, as JIDs write it, and the way
 *  back; NULL when it is not one of ours or our partners'. */
const char *ends_domain_of(struct stox_exchange *x, struct str host);
const char *ends_host_of(struct stox_exchange *x, struct str domain);
/** The domain of the SIP end, of the XMPP end, as SIP writes it (A-labels). */
const char *ends_sip_host(const struct stox_exchange *x, const struct jid *jid);
const char *ends_xmpp_host(const struct stox_exchange *x, const struct jid *jid);

#endif
