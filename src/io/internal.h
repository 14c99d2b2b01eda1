/*
 * internal.h: what the two twins share behind the door.
 *
 * The public functions (env.c, stream.c) work on the common part of each
 * object and call the twin through struct io_ops.  A twin embeds the common
 * part as the first member of its own struct.
 */
#ifndef IO_INTERNAL_H
#define IO_INTERNAL_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fair.h"
#include "base/pool.h"
#include "io/io.h"

struct io_ops {
	void (*free)(struct io_env *env);
	void (*run)(struct io_env *env);
	void (*stop)(struct io_env *env);
	uint64_t (*now_ms)(struct io_env *env);
	uint64_t (*wall_us)(struct io_env *env);
	/* a clock that goes on within a turn; only differences count */
	uint64_t (*clock_us)(struct io_env *env);
	int (*signal)(struct io_env *env, int signum,
		void (*run)(void *arg, int signum), void *arg);
	struct io_watch *(*watch)(struct io_env *env, int fd, int events,
		void (*run)(void *arg, int events), void *arg);
	void (*unwatch)(struct io_watch *watch);
	/* NULL: no threads, the caller works in line */
	struct io_thread *(*thread_start)(struct io_env *env,
		void (*run)(void *arg), void *arg);
	void (*thread_join)(struct io_thread *thread);
	struct io_bell *(*bell_new)(struct io_env *env, void (*run)(void *arg),
		void *arg);
	void (*bell_ring)(struct io_bell *bell);
	void (*bell_free)(struct io_bell *bell);

	struct io_stream *(*connect)(struct io_env *env,
		const struct io_connect_config *c);
	struct io_listener *(*listen)(struct io_env *env,
		const struct io_listen_config *c, struct buf *why);
	struct io_listener *(*listen_unix)(struct io_env *env, const char *path,
		void (*on_accept)(void *arg, struct io_stream *s), void *arg,
		struct buf *why);
	void (*listener_close)(struct io_listener *l);

	int (*write)(struct io_stream *s, struct str bytes);
	size_t (*queued)(const struct io_stream *s);
	void (*pause)(struct io_stream *s, bool paused);
	void (*starttls)(struct io_stream *s, const struct io_tls_config *tls);
	void (*close)(struct io_stream *s);
	void (*abort)(struct io_stream *s);

	struct io_query *(*dns)(struct io_env *env, const char *name,
		enum io_dns_type type,
		void (*done)(void *arg, const struct io_dns_result *r),
		void *arg);
	void (*dns_cancel)(struct io_query *q);
	/* NULL: a record of @dane matches; else why not */
	const char *(*dane)(const struct io_stream *s,
		const struct io_dane *dane, const char *const *names);
};

struct io_env {
	const struct io_ops *ops;
	struct log *log;
	struct limits *limits;
	struct budget *budget;
	struct limits own_limits; /* when the configuration names none */
	struct timer_wheel *wheel;
	struct rand_source rand;
	struct list tasks;        /* struct io_task, deferred */
	struct fair slices;       /* struct io_task of io_slice() */
	int held_back;            /* io_hold_back(), added up */
	struct list streams;      /* struct io_stream */
	struct list locates;      /* struct io_locate */
	struct list danes;        /* struct io_dane_ask */
	bool dead;                /* takes nothing new: being freed, or killed */
};

/** Fill the common part. */
void io_env_init(struct io_env *env, const struct io_ops *ops,
	const struct io_env_config *config, uint64_t now_ms);
/** Forget tasks and questions, free the common part's insides. */
void io_env_done(struct io_env *env);
/** Run the tasks deferred so far, not those they defer.  Returns how many. */
size_t io_env_tasks(struct io_env *env);

/** Run one slice of the tasks of io_slice().  Returns how many that were. */
size_t io_env_slice(struct io_env *env);

/* A copy of what a caller's struct io_tls_config says. */
struct io_tls {
	struct io_credentials *credentials; /* one reference, or NULL */
	char *local_name, *server_name, *alpn; /* owned, or NULL */
	bool ask_certificate, insist;
	bool client; /* written when the session begins */
	enum io_tls_version min;
};
/** Owned copy, NULL for NULL. */
struct io_tls *io_tls_copy(const struct io_tls_config *c);
void io_tls_free(struct io_tls **tls);

#define IO_PEER_SIZE 56 /* "[" address "]:65535" */

struct io_stream {
	struct io_env *env;
	struct list node;                /* env->streams */
	const struct io_events *events;  /* NULL: nobody listens */
	void *arg;
	bool client;
	char peer[IO_PEER_SIZE];
	char peer_address[INET6_ADDRSTRLEN];
	int64_t peer_uid;
	struct io_identity *identity;    /* owned, one block */
	char *tls_text, *sni;            /* owned, or NULL */
};
void io_stream_init(struct io_stream *s, struct io_env *env, bool client);
/** Free what the common part owns; not @s itself. */
void io_stream_done(struct io_stream *s);
/** The last callback. */
void io_stream_tell_close(struct io_stream *s, enum io_reason reason,
	const char *detail);

struct io_listener {
	struct io_env *env;
	struct list node;     /* the twin's list */
	struct io_tls *tls;   /* NULL: plain */
	uint16_t port;
	void (*on_accept)(void *arg, struct io_stream *s);
	void *arg;
};

struct io_query {
	struct io_env *env;
	struct list node;     /* the twin's list */
	enum io_dns_type type;
	void (*done)(void *arg, const struct io_dns_result *r);
	void *arg;
};

/** Drop all of an environment's locates without a call. */
void io_locate_drop_all(struct io_env *env);

/* ---- DANE --------------------------------------------------------------- */

/** The same for questions about TLSA records. */
void io_dane_drop_all(struct io_env *env);
/** Read a record's data; @ret borrows from it.  False when nobody could use
 *  it. */
bool io_tlsa_read(struct str rdata, size_t max, struct io_tlsa *ret);
/** Leave out records whose digest is weaker than another one of the same usage
 *  and selector.  RFC 7671, 9.  Returns how many are left. */
size_t io_tlsa_agile(struct io_tlsa *records, size_t count);

/* The certificates of a peer as a judgement sees them; the twin embeds it. */
struct io_dane_peer {
	const struct io_identity *id;
	unsigned len;   /* [0] is the leaf; those at the end may not be shown */
	bool (*fits)(const struct io_dane_peer *p, unsigned i,
		const struct io_tlsa *t);
	/* does the chain lead to certificate @i as its anchor?  NULL for yes */
	const char *(*leads_to)(const struct io_dane_peer *p, unsigned i);
};
/** NULL: a record matches; else why none does, a literal. */
const char *io_dane_judge(const struct io_dane_peer *p,
	const struct io_dane *dane, const char *const *names);

/* ---- addresses ---------------------------------------------------------- */

union io_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/** An address literal, IPv6 with or without brackets.  False if it is none. */
bool io_address_parse(const char *text, uint16_t port, union io_address *out);
/** "192.0.2.1", "2001:db8::1"; IPv4-mapped addresses as IPv4. */
void io_address_text(const union io_address *a, char out[INET6_ADDRSTRLEN]);
/** The same with its port: "192.0.2.1:5269", "[2001:db8::1]:5269". */
void io_address_peer(const union io_address *a, char out[IO_PEER_SIZE]);
socklen_t io_address_len(const union io_address *a);
/** Loopback, unspecified, link-local, multicast, broadcast or reserved, also
 *  when wrapped in IPv6.  RFC 6890.  Private ranges are not. */
bool io_address_special(const union io_address *a);
/** Equal but for the port. */
bool io_address_same(const union io_address *a, const union io_address *b);

/* ---- identities --------------------------------------------------------- */

/** One block holding a copy of @id and all its strings; free(). */
struct io_identity *io_identity_pack(const struct io_identity *id);
/** Does one of @names (exact or "*.rest") fit @name?  NULL-terminated. */
bool io_identity_dns_match(const char *const *names, struct str name,
	bool wildcard);

/* ---- credentials -------------------------------------------------------- */

struct io_keys;  /* GnuTLS's part of a certificate */
struct io_trust; /* GnuTLS's part of a folder */

struct io_credential {
	struct io_certificate info;
	struct io_identity id; /* its names, for choosing and for the twin */
	struct io_keys *keys;  /* NULL in memory */
};
struct io_credentials {
	unsigned refs;
	bool trusted;            /* memory: whether chains verify */
	struct pool *pool;
	struct io_credential **items;
	size_t count;
	struct io_trust *trust;  /* NULL in memory */
};
/** How good an answer a certificate is for a peer, 0: it cannot be used. */
typedef unsigned io_credential_rank(const void *arg,
	const struct io_credential *item);
/** The best certificate for @name, the first of several, or NULL.  Without
 *  @rank all are equal; when none can be used, the first. */
struct io_credential *io_credentials_find(const struct io_credentials *c,
	struct str name, io_credential_rank *rank, const void *arg);
/** Add an empty one. */
struct io_credential *io_credentials_add(struct io_credentials *c);
/** What a server shows: for the SNI, else its default name (or the other way
 *  round when @tls insists), else any; what a client shows: for its own name,
 *  else nothing. */
struct io_credential *io_credentials_choose(const struct io_tls *tls,
	const char *sni, io_credential_rank *rank, const void *arg);

#endif
