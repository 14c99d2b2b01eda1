/*
 * self.h: the insides that the files of the SIP side share.
 *
 *   listener  accepts            connection  one TLS or TCP stream
 *   peer      who is proven      framing     bytes to messages
 *   locate    where to connect   policy      which requests may go up
 *   server    their requests     client      our requests
 *                                invite      ACK, CANCEL and forks of ours
 *   link      what is proven     discover    domains of no partner
 *
 * A connection proves peers (links).  A server transaction belongs to the peer
 * that its From names and answers over the connection it came by.  A client
 * walks over connections and targets of one peer until it has an answer.
 */
#ifndef SIP_SELF_H
#define SIP_SELF_H

#include "base/handle.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/table.h"
#include "sip/sip.h"

enum {
	SIP_T1_MS = 500,                  /* RFC 3261, 17.1.1.1 */
	SIP_T2_MS = 4000,
	SIP_64T1_MS = 64 * SIP_T1_MS,     /* timers B, F, H, L, M */
	SIP_TRYING_MS = 3500,             /* RFC 4320, 4.1 */
	SIP_TRYING_INVITE_MS = 200,       /* RFC 3261, 17.2.1 */
	SIP_INVITE_MS = 180000,           /* an INVITE nobody answers */
	SIP_NET_MS = 1000,                /* we wait longer than the core */
	SIP_BLOCK_S = 30,                 /* a target that failed rests */
	SIP_BLOCK_MAX_S = 3600,
	SIP_PONG_MS = 10000,              /* RFC 5626, 4.4.1 */
	SIP_LOCATED_MS = 60000,           /* an SRV answer is that good */
	SIP_UNLOCATED_MS = 2000,          /* and none that long */
	SIP_GRACE_MS = 3000,              /* of sip_shutdown() */
	SIP_TARGETS = 8,                  /* LIMIT_SIP_CANDIDATES at most */
	SIP_TAG_SIZE = 64,                /* node, '-', 16 characters, NUL */
	SIP_BRANCH_SIZE = 80,
};

struct sip_connection;
struct sip_peer;
struct sip_source;

/** Our own state for a partner; found again by name after sip_configure(). */
struct sip_peer {
	struct list node;                  /* sip.peers */
	struct sip *sip;
	const struct sip_partner *partner; /* NULL: no longer configured */
	struct list links;                 /* connections that prove it */
	struct list clients;               /* our requests under way */
	struct list waiting;               /* of these, those that locate */
	size_t servers;                    /* its requests under way */
	struct io_locate *locate;          /* running, or NULL */
	uint64_t located_ms;               /* 0: never */
	enum io_locate_status located;     /* what it brought */
	struct sip_target {
		char host[256];            /* "": free slot */
		uint16_t port;
		uint64_t blocked_ms;       /* until then, by 503 Retry-After */
		uint64_t failed_ms;        /* until then tried last */
		struct sip_connection *opening;
	} targets[SIP_TARGETS];
	uint8_t order[SIP_TARGETS];        /* slots, best first */
	size_t target_count;
	uint8_t stuck;                     /* slot + 1 that answered last */
	uint8_t turn;                      /* connections that were opened */
	char *name;                        /* owned */
	bool discovered;                   /* in no section: partner is own */
	struct list by_use;                /* then: sip.discovered_peers */
	char *provider;                    /* owned name of it, NULL: none */
	struct sip_partner own;
	const char *own_domains[2];
};

/** One peer that one connection proves. */
struct sip_link {
	struct list node;                  /* peer.links */
	struct sip_peer *peer;
	struct sip_connection *connection;
};

/** One string for people, and what it means to the core. */
struct sip_failure {
	enum sip_event event;
	char text[400];
};

struct sip {
	struct io_env *env;
	struct log *log;
	struct limits *limits;
	struct budget *budget;
	const struct sip_events *events;
	void *arg;

	/* the configuration, copied into the pool */
	struct pool *pool;
	bool (*is_ours)(void *arg, struct str host);
	bool (*is_sip)(void *arg, struct str host);
	const struct sip_partner *discovered;
	const struct sip_partner *const *providers;
	size_t provider_count;
	bool (*may_discover)(void *arg, struct str host);
	void *is_ours_arg;                 /* of all three */
	struct io_credentials *credentials;
	const char *host, *node, *user_agent;
	uint16_t port;
	const char *const *methods;
	const char *allow;
	/* request.c, by transport; lone: without alias */
	struct str via[2], hops[2], lone_hops[2];
	enum io_tls_version tls_min;       /* the lowest of all partners */

	struct list peers, listeners;
	struct list discovered_peers;      /* of these; oldest use first */
	size_t discovered_count;
	struct table *names;               /* peers by name */
	struct list connections;
	size_t connection_count;
	struct table *sources;             /* inbound, counted by address */

	struct table *servers;             /* branch, sent-by, method, peer */
	struct table *merged;              /* Call-ID, From tag, CSeq, peer */
	struct handles *handles;
	struct table *clients;             /* branch */
	struct table *tokens;
	size_t client_count;
	struct list over;                  /* servers that only the core holds */
	size_t pending;                    /* servers without final answer */
	struct list free_servers, free_clients;
	size_t free_server_count, free_client_count;

	struct list failures;
	size_t failure_count;

	struct buf out;                    /* the message being written */
	struct buf key;                    /* the key being looked for */
	struct buf note;                   /* a text in it */
	const char *refusal[8];            /* headers of the answer made */
	uint8_t random[320];
	size_t random_left;

	uint64_t thinned_ms;               /* idle connections were closed */
	bool stopping, closing;
	struct timer grace;
	struct io_task stopped;
	void (*done)(void *arg);
	void *done_arg;
};

/* ---- sip.c ---- */

/** node '-' 16 random characters, NUL; @out has SIP_TAG_SIZE. */
void sip_token(struct sip *s, char *out);
/** The same key for every table, from the environment's random source. */
struct table *sip_table_new(struct sip *s);
/** No new work: transactions or memory are near their limit. */
bool sip_is_full(struct sip *s);
/** Remember a connection that failed, for sip_connections(). */
void sip_failed(struct sip *s, const struct sip_connection *c, const char *why);
/** Something ended; a shutdown may be able to go on. */
void sip_ended(struct sip *s);

/* ---- listener.c ---- */

void sip_listener_restart(struct sip *s, bool tls_changed);
void sip_listener_close_all(struct sip *s);
/** A connection of that address has ended; NULL is harmless. */
void sip_listener_leave(struct sip *s, struct sip_source *source);

#endif
