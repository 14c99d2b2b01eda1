/*
 * io.h: everything that touches the world outside: streams, TLS, DNS, clocks,
 * randomness, threads.  The one place that knows libuv, GnuTLS and libunbound.
 *
 * An io_env is chosen at run time: io_uv_new() is the real one, io_mem_new()
 * (io/mem.h) its twin in memory with clocks that a play moves.  All functions
 * here work the same on both.
 *
 * Rules that hold for every callback below:
 * - it runs on the loop thread, never before the call that caused it returns
 *   (fresh stack);
 * - bytes and structs passed in are borrowed until it returns;
 * - the last one of an object is its on_close (or done), exactly once; after
 *   it the pointer is dead.
 */
#ifndef IO_IO_H
#define IO_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limit.h"
#include "base/list.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/timer.h"
#include "stox/types.h"

struct io_env;
struct io_stream;
struct io_listener;
struct io_credentials;

/* ---- the environment ---------------------------------------------------- */

struct io_env_config {
	struct log *log;        /* borrowed */
	struct limits *limits;  /* borrowed */
	struct budget *budget;  /* borrowed */
	/* DNS; empty: the system's resolv.conf.  "address" or "address@port" */
	const char *const *dns_servers; /* NULL-terminated, may be NULL */
	const char *dns_trust_anchor;   /* file; NULL: Debian's root.key if there */
};

/** The real environment on libuv.  Returns owned, or NULL with a log line. */
struct io_env *io_uv_new(const struct io_env_config *config);
/**
 * Free the environment; *@env becomes NULL.  Streams that are still there end
 * now, each with its on_close(IO_LOCAL) unless io_stream_events(s, NULL, NULL)
 * has detached it; questions, deferred calls and timers are forgotten without
 * a call; listeners that are still open are closed.  Threads have been joined,
 * bells and watches freed by their owners before.
 */
void io_env_free(struct io_env **env);

/** Run until io_stop() or until nothing is left to wait for: streams,
 *  listeners, questions, timers, watches and bells keep it running, signals do
 *  not.  Plays step their world instead. */
void io_run(struct io_env *env);
void io_stop(struct io_env *env);

/** Milliseconds on a clock that never jumps; the present of this loop turn. */
uint64_t io_now_ms(struct io_env *env);
/** Microseconds since 1970, UTC. */
uint64_t io_wall_us(struct io_env *env);
struct rand_source *io_rand(struct io_env *env);
/** The wheel for timer_start(); the environment advances it. */
struct timer_wheel *io_timers(struct io_env *env);

/** A deferred call: lives in its owner, runs once per io_defer(). */
struct io_task {
	struct list node;
	void (*run)(void *arg);
	void *arg;
};
void io_task_init(struct io_task *task, void (*run)(void *arg), void *arg);
/** Run @task after the present callback has returned, before the loop waits.
 *  Deferring one that is already deferred does nothing. */
void io_defer(struct io_env *env, struct io_task *task);
void io_undefer(struct io_task *task);
/**
 * The same for one of many, of which there may be more than a turn of the loop
 * should take: @task runs when its turn comes, after all that is deferred.
 * Each turn takes a slice of them, at most LIMIT_TURN_SHARE; reading, timers and what is
 * written go in between.
 *
 * @source  a number that tells who is the cause, as a hash of a name: tasks of
 *          one source run in their order, sources take turns
 */
void io_slice(struct io_env *env, struct io_task *task, uint32_t source);
/** Read less, so that the slicer catches up: what comes in waits with its
 *  sender.  @by is added to the level, which is 0 at first: at 1 each stream has
 *  one small piece of a turn; at 2 those who send more than that wait. */
void io_hold_back(struct io_env *env, int by);

/** Call @run(arg, signum) on the loop when the signal arrives. */
int io_signal(struct io_env *env, int signum, void (*run)(void *arg, int signum),
	void *arg);

/** Watch a descriptor that somebody else owns (plugins).  @events: 1 readable,
 *  2 writable.  Returns owned, io_unwatch(), or NULL. */
struct io_watch;
struct io_watch *io_watch(struct io_env *env, int fd, int events,
	void (*run)(void *arg, int events), void *arg);
void io_unwatch(struct io_watch **watch);

/* ---- threads ------------------------------------------------------------ */

/** False in memory: then work is done in line, deterministic. */
bool io_has_threads(const struct io_env *env);
struct io_thread;
/** Start a thread.  Returns owned, io_thread_join(), or NULL. */
struct io_thread *io_thread_start(struct io_env *env, void (*run)(void *arg),
	void *arg);
void io_thread_join(struct io_thread **thread);

/** A bell that any thread may ring; @run follows on the loop thread, once for
 *  one or several rings. */
struct io_bell;
struct io_bell *io_bell_new(struct io_env *env, void (*run)(void *arg), void *arg);
void io_bell_ring(struct io_bell *bell);
void io_bell_free(struct io_bell **bell);

/* ---- certificates ------------------------------------------------------- */

/** What a peer's certificate says.  Whether it convinces is the caller's
 *  policy; names are compared with the functions below and never by CN. */
struct io_identity {
	bool present;        /* the peer showed a certificate */
	bool trusted;        /* its chain leads to our trust store, dates valid */
	const char *why;     /* when not trusted: a sentence for a person */
	/* subjectAltName, each array NULL-terminated, lower case, A-labels */
	const char **dns;    /* dNSName */
	const char **uri;    /* uniformResourceIdentifier */
	const char **srv;    /* SRVName, "_xmpp-server.example.org" */
	const char **xmpp;   /* xmppAddr */
	bool client_usage, server_usage; /* extended key usage allows it */
	uint64_t expires_s;  /* notAfter, seconds since 1970 */
	char fingerprint[65]; /* SHA-256, hex */
};

/** Does the certificate name XMPP domain @domain (A-label, lower case)?
 *  dNSName with a whole left-most wildcard label, SRVName _xmpp-server or
 *  _xmpps-server, xmppAddr.  RFC 6120 13.7, RFC 9525.  Names only: look at
 *  `trusted` too. */
bool io_identity_names_xmpp(const struct io_identity *id, struct str domain);
/** Does it name SIP host or domain @host?  URI:sip:host first, dNSName only
 *  when there is no SIP URI; no wildcards.  RFC 5922 7.2. */
bool io_identity_names_sip(const struct io_identity *id, struct str host);

struct io_credentials_config {
	/* folder with NAME.crt + NAME.key, or NAME/fullchain.pem +
	 * NAME/privkey.pem; NULL: no certificate of our own */
	const char *folder;
	const char *trust;   /* PEM bundle; NULL: the system's */
	const char *crl;     /* PEM file of revocation lists; NULL: none */
};
/** One certificate found by io_credentials_load(), for --check-config. */
struct io_certificate {
	const char *file;
	const char *name;         /* NAME of NAME.crt or NAME/fullchain.pem */
	const char *const *names; /* its DNS and SRV names, NULL-terminated */
	const char *const *addresses; /* its XmppAddrs that are domains, too */
	/* SHA-256 of its key's DER as hex, for TLSA 3 1 1; in memory that of
	 * its names */
	char key_sha256[65];
	uint64_t expires_s;
	bool client_usage, server_usage; /* extended key usage allows it */
};
/* A revocation list of io_credentials_config.crl. */
struct io_revocations {
	const char *issuer;       /* as text */
	uint64_t next_update_s;   /* 0: it does not say */
	size_t count;             /* certificates on it */
};
/**
 * Read a folder of certificates.  A key that others can read, that does not
 * fit its certificate or cannot be parsed is an error.  Also fails when the
 * trust file or the revocation lists cannot be read.  An empty folder is
 * allowed.  Of several certificates for NAME the file called so is shown, then
 * those with an elliptic key, then the others; one whose key the peer cannot
 * verify is passed over.
 * @why gets a sentence with the file's name on failure.
 * Returns 0 with one reference in *@ret, or -STOX_EINVAL.
 */
int io_credentials_load(struct io_env *env, const struct io_credentials_config *config,
	struct io_credentials **ret, struct buf *why);
struct io_credentials *io_credentials_ref(struct io_credentials *c);
void io_credentials_unref(struct io_credentials **c);
/** Is there a certificate that names @name (exactly or by wildcard), or whose
 *  file is called so? */
bool io_credentials_has(const struct io_credentials *c, struct str name);
/** The one that would be shown as @name, or NULL. */
const struct io_certificate *io_credentials_get(const struct io_credentials *c,
	struct str name);
/** Walk the revocation lists; false at the end.  Start with *@cursor = 0. */
bool io_credentials_next_revocations(const struct io_credentials *c,
	size_t *cursor, struct io_revocations *ret);
/** Walk the certificates; NULL at the end.  Start with *@cursor = 0. */
const struct io_certificate *io_credentials_next(const struct io_credentials *c,
	size_t *cursor);

/* ---- streams ------------------------------------------------------------ */

enum io_reason {
	IO_EOF,            /* the peer closed */
	IO_LOCAL,          /* io_close() */
	IO_RESET,          /* connection reset, or another socket error */
	IO_REFUSED,        /* nobody listens there */
	IO_UNREACHABLE,    /* no route, no address family */
	IO_TIMEOUT,        /* connect or handshake took too long */
	IO_DNS_NOT_FOUND,  /* the name does not exist */
	IO_DNS_FAILED,     /* the resolver failed, or the answer was bogus */
	IO_FORBIDDEN,      /* special-purpose address, and not allowed */
	IO_TLS_FAILED,     /* handshake; detail says what */
	IO_TLS_BROKEN,     /* after the handshake; detail says what */
	IO_QUEUE_FULL,     /* the send queue passed its limit */
	IO_WRITE_TIMEOUT,  /* the peer does not read */
	IO_NO_RESOURCES,   /* descriptors, memory budget */
};
/** The reason as a short phrase for people. */
const char *io_reason_text(enum io_reason reason);

struct io_events {
	/* connected (and TLS done, when asked for); for an accepted stream:
	 * after the TLS handshake of a direct-TLS listener, else at once */
	void (*on_open)(void *arg, struct io_stream *s);
	/* io_starttls() has finished; NULL when never used */
	void (*on_secure)(void *arg, struct io_stream *s);
	void (*on_data)(void *arg, struct io_stream *s, struct str bytes);
	/* the send queue has become empty: all that was written is with the
	 * kernel; may be NULL */
	void (*on_drain)(void *arg, struct io_stream *s);
	/* the end, exactly once.  @detail may be "" */
	void (*on_close)(void *arg, struct io_stream *s, enum io_reason reason,
		const char *detail);
};

enum io_tls_version { IO_TLS_DEFAULT = 0, IO_TLS_1_0, IO_TLS_1_1, IO_TLS_1_2, IO_TLS_1_3 };

struct io_tls_config {
	struct io_credentials *credentials; /* a reference is taken */
	const char *local_name;  /* whose certificate we show: our domain or host;
	                          * as server SNI goes first, this is the default.
	                          * NULL or unknown: none as client, any as server */
	bool insist;             /* as server: local_name goes before the SNI */
	const char *server_name; /* as client: SNI (A-label); NULL as server */
	const char *alpn;        /* "xmpp-server", "sip"; NULL: none.  A peer that
	                          * offers only others is refused */
	bool ask_certificate;    /* as server: request the client's (never required
	                          * by TLS itself: the caller looks at identity) */
	enum io_tls_version min; /* IO_TLS_DEFAULT: 1.2 */
};

struct io_connect_config {
	const char *host;        /* name or address literal; names are looked up,
	                          * AAAA and A, with fast fallback (RFC 8305); the
	                          * path of a UNIX socket when it begins with "/" */
	uint16_t port;
	bool special_ok;         /* loopback, link-local, unspecified… addresses
	                          * are allowed (the host was configured) */
	const struct io_tls_config *tls; /* copied; NULL: plain */
	const struct io_events *events;  /* borrowed, static */
	void *arg;
};
/** Begin to connect.  Never fails at once: a failure is an on_close. */
struct io_stream *io_connect(struct io_env *env, const struct io_connect_config *c);

struct io_listen_config {
	const char *address;     /* literal, "*" or NULL: all, IPv6 and IPv4 */
	uint16_t port;
	const struct io_tls_config *tls; /* copied; NULL: plain at first */
	/* a connection is there; set its events with io_stream_events() before
	 * this returns, else it is closed */
	void (*on_accept)(void *arg, struct io_stream *s);
	void *arg;
};
/** Returns owned, or NULL with a sentence in @why. */
struct io_listener *io_listen(struct io_env *env, const struct io_listen_config *c,
	struct buf *why);
/** A UNIX socket, mode 0660; a stale one is replaced (real environment). */
struct io_listener *io_listen_unix(struct io_env *env, const char *path,
	void (*on_accept)(void *arg, struct io_stream *s), void *arg, struct buf *why);
/** Use other credentials for handshakes from now on. */
void io_listener_credentials(struct io_listener *l, struct io_credentials *c);
/** The port it listens on: what the system chose when 0 was asked for. */
uint16_t io_listener_port(const struct io_listener *l);
void io_listener_close(struct io_listener **l);

/** From now on @events hear of the stream.  NULL detaches: no callback comes
 *  any more; the caller closes or aborts it. */
void io_stream_events(struct io_stream *s, const struct io_events *events, void *arg);

/**
 * Queue bytes; they are sent together, once, when the loop turn ends.
 * Returns 0, or -STOX_ETOOBIG when the queue limit is passed (the stream then
 * closes with IO_QUEUE_FULL), or -STOX_EGONE when it is closing.
 */
int io_write(struct io_stream *s, struct str bytes);
/** Bytes queued and not yet taken by the kernel. */
size_t io_queued(const struct io_stream *s);
/** Stop and start reading (back-pressure). */
void io_pause(struct io_stream *s);
void io_resume(struct io_stream *s);
/**
 * Begin TLS on a plain stream: as client when it was made by io_connect(), else as
 * server.  What is queued to be written goes out first.  Bytes that were
 * received and not yet given to on_data are the start of the handshake: call
 * this from on_data only when all bytes of that call have been used; leftovers
 * are plaintext injection and the caller closes instead.
 */
void io_starttls(struct io_stream *s, const struct io_tls_config *tls);
/** Send what is queued, end TLS and TCP politely; at most 5 s, then abort.
 *  No on_data comes after it; on_close(IO_LOCAL) does. */
void io_close(struct io_stream *s);
/** Close now, dropping the queue; on_close(IO_LOCAL) follows. */
void io_abort(struct io_stream *s);

/** NULL while there is no TLS. */
const struct io_identity *io_stream_identity(const struct io_stream *s);
/** "TLS1.3 ECDHE-ECDSA AES-128-GCM", or NULL without TLS. */
const char *io_stream_tls(const struct io_stream *s);
/** The other end as "192.0.2.1:5269" or "[2001:db8::1]:5269". */
const char *io_stream_peer(const struct io_stream *s);
/** The other end's address without port, for per-source limits. */
const char *io_stream_peer_address(const struct io_stream *s);
/** The SNI that a client sent, lower case, or NULL.  It chose it freely. */
const char *io_stream_sni(const struct io_stream *s);
/** uid of the process at the other end of a UNIX socket, or -1. */
int64_t io_stream_peer_uid(const struct io_stream *s);
bool io_stream_is_client(const struct io_stream *s);

/* ---- DNS ---------------------------------------------------------------- */

enum io_dns_type { IO_DNS_A = 1, IO_DNS_AAAA = 28, IO_DNS_SRV = 33, IO_DNS_TLSA = 52 };
enum io_dns_status { IO_DNS_OK, IO_DNS_NXDOMAIN, IO_DNS_NODATA, IO_DNS_SERVFAIL, IO_DNS_BOGUS };

struct io_dns_record {
	uint16_t priority, weight, port; /* SRV */
	const char *name;                /* SRV target, no final dot ("." stays) */
	char address[46];                /* A, AAAA as text */
	struct str data;                 /* raw rdata (TLSA) */
};
struct io_dns_result {
	enum io_dns_status status;
	bool secure;                     /* DNSSEC validated */
	uint32_t ttl_s;
	size_t count;
	const struct io_dns_record *records;
};
/** Ask; @done runs once unless cancelled.  @name is A-labels. */
struct io_query;
struct io_query *io_dns(struct io_env *env, const char *name, enum io_dns_type type,
	void (*done)(void *arg, const struct io_dns_result *r), void *arg);
void io_dns_cancel(struct io_query **q);

/* A place to connect to, from io_locate(). */
struct io_target {
	char host[256];
	uint16_t port;
	int service;      /* index into the services asked for, -1: fallback */
	bool secure;      /* DNSSEC vouches for the SRV record that named it */
};
enum io_locate_status {
	IO_LOCATED,
	IO_LOCATE_NOT_FOUND,  /* the domain does not exist */
	IO_LOCATE_NO_SERVICE, /* SRV "." : the service is not offered */
	IO_LOCATE_FAILED,     /* the resolver failed; try again later */
};
struct io_locate_config {
	const char *domain;           /* A-labels */
	const char *const *services;  /* "_xmpps-server._tcp", …; NULL-terminated */
	bool in_order;                /* true: all of services[0] before [1] …;
	                               * false: mixed by priority and weight */
	uint16_t fallback_port;       /* without any SRV record: the domain itself
	                               * at this port; 0: no fallback */
	void (*done)(void *arg, enum io_locate_status status,
		const struct io_target *targets, size_t count);
	void *arg;
};
/** Find the servers of a domain.  RFC 2782, RFC 6120 3.2, RFC 3263.  At most
 *  LIMIT_SIP_CANDIDATES targets.  @done runs once unless cancelled. */
struct io_locate;
struct io_locate *io_locate(struct io_env *env, const struct io_locate_config *c);
void io_locate_cancel(struct io_locate **l);

/* ---- DANE ---------------------------------------------------------------- */

/* A TLSA record that can be used.  RFC 6698, 2.1. */
struct io_tlsa {
	uint8_t usage;     /* 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE */
	uint8_t selector;  /* 0 the certificate, 1 its key */
	uint8_t matching;  /* 0 as it is, 1 SHA-256, 2 SHA-512 */
	struct str data;
};
enum io_dane_status {
	IO_DANE_NONE,     /* some target has no usable record that DNSSEC vouches
	                   * for: certificates are judged as ever, and a record of
	                   * another target may still prove one */
	IO_DANE_RECORDS,  /* every target has: a certificate must match one */
	IO_DANE_FAILED,   /* an answer was bogus or did not come: the target must
	                   * not be used unless a record of it matches.  RFC 7673,
	                   * 3.3 */
};
/* What DNSSEC says about the certificates of a peer. */
struct io_dane {
	enum io_dane_status status;
	size_t count;
	struct io_tlsa *records; /* owned, as is the data of each */
};
void io_dane_free(struct io_dane **dane);

struct io_dane_ask_config {
	/* the targets of an io_locate(), at most LIMIT_SIP_CANDIDATES; those that
	 * are not secure have no records */
	const struct io_target *targets;
	size_t count;
	/* or, with no targets, a domain (A-labels) whose SRV records for
	 * @services (NULL-terminated) are asked for first */
	const char *domain;
	const char *const *services;
	/* @dane is the callee's now, io_dane_free() */
	void (*done)(void *arg, struct io_dane *dane);
	void *arg;
};
/**
 * Ask for the TLSA records of targets, _port._tcp.host.  RFC 7673.  Only
 * answers that DNSSEC vouches for count.  What has not come within
 * LIMIT_DANE_TIME has failed.  @done runs once unless cancelled.
 */
struct io_dane_ask;
struct io_dane_ask *io_dane_ask(struct io_env *env,
	const struct io_dane_ask_config *c);
void io_dane_ask_cancel(struct io_dane_ask **ask);

enum io_dane_verdict {
	IO_DANE_SILENT,    /* no record speaks: judge by io_stream_identity() */
	IO_DANE_MATCH,     /* proven, whatever else there is to say */
	IO_DANE_MISMATCH,  /* records exist and the certificate is none of them,
	                    * or they could not be had */
};
/**
 * Judge the certificates that the peer of @s has shown.  RFC 7671, 5: usage 3
 * looks at the leaf alone, neither at names nor at dates; usage 2 takes the
 * record's certificate for the only anchor; usages 0 and 1 want the usual
 * verdict as well.
 *
 * @dane   borrowed; NULL: silent
 * @names  names the certificate may carry for usages 0 to 2 (domain, SRV
 *         target), A-labels, NULL-terminated
 * @ret_why a sentence on a mismatch, a literal
 */
enum io_dane_verdict io_stream_dane(const struct io_stream *s,
	const struct io_dane *dane, const char *const *names,
	const char **ret_why);

/* ---- digests ------------------------------------------------------------ */

void io_sha1(struct str data, uint8_t out[20]);
void io_sha256(struct str data, uint8_t out[32]);
void io_hmac_sha256(struct str key, struct str data, uint8_t out[32]);

/* ---- domain names ------------------------------------------------------- */

/** U-labels to A-labels (IDNA 2008), lower case, final dot removed.
 *  Returns 0, or -STOX_EINVAL when it is not a host name. */
int io_domain_to_ascii(struct str domain, char *out, size_t size);

#endif
