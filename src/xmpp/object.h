/*
 * object.h: struct xmpp, what the parts of the XMPP side share.
 */
#ifndef XMPP_OBJECT_H
#define XMPP_OBJECT_H

#include "base/handle.h"
#include "base/table.h"
#include "xmpp/queue.h"
#include "xmpp/stream.h"

struct xmpp_out;
struct xmpp_component;

/** One of our domains, with the component that serves it, if any. */
struct xmpp_domain {
	const struct xmpp_local *local; /* in the configuration */
	struct xmpp_component *component; /* NULL: server to server */
};

/** How many streams somebody has. */
struct xmpp_tally {
	char *key;       /* owned */
	unsigned count;
};

struct xmpp_listener {
	struct io_listener *io;
	char *address;   /* owned */
	uint16_t port;
	bool tls;        /* from the first byte */
};

struct xmpp {
	struct io_env *env;
	struct log *log;
	struct limits *limits;
	struct budget *budget;
	const struct xmpp_events *events;
	void *arg;

	struct xmpp_config config;   /* locals: our copy */
	char dialback_hash[65];      /* hex SHA-256 of the secret */
	struct xmpp_domain *domains; /* config.local_count of them */
	struct table *locals;        /* domain to struct xmpp_domain */
	struct xmpp_component **components;
	size_t component_count;

	struct list streams;         /* all, connected or not */
	size_t stream_count;
	struct handles *handles;     /* of streams */
	struct table *routes;        /* "local remote" to struct xmpp_route */
	struct table *tally_source;  /* an address's unproven streams */
	struct table *tally_partner; /* a domain's proven streams to us */

	struct table *tokens;        /* waiting and held items */
	struct list reports;         /* finished items, not yet told */
	struct io_task report_task;
	struct list spare_items;
	size_t spare_count;

	struct handles *sms;         /* XEP-0198 states; receipts name them */
	struct table *sm_ids;        /* those that a peer may resume */
	struct list kept;            /* of broken streams, oldest first */
	size_t kept_count;

	struct buf stanza;           /* the stanza being sent */
	struct buf line;             /* stream-level text being sent */

	struct xmpp_listener *listeners; /* owned */
	size_t listener_count;

	struct list opening;         /* struct xmpp_out whose turn has not come */
	size_t opening_count;        /* those in set-up */
	struct io_task opening_task;

	size_t dialback_pending;
	size_t dane_pending;         /* incoming streams that wait for DANE */
	uint64_t verify_second_ms;   /* start of the second being counted */
	uint64_t verify_count;
	uint64_t next_barrier;       /* number in the next ping's id */

	struct xmpp_failed *failed;  /* ring, failed_size long */
	size_t failed_size, failed_next;

	struct timer house;          /* watches the memory budget */
	bool stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
	struct timer stop_timer;
	struct io_task stop_task;
};

/** One of our domains, or NULL. */
struct xmpp_domain *xmpp_local(const struct xmpp *x, struct str domain);
/** Policy for a remote domain, or NULL. */
const struct xmpp_partner *xmpp_partner_of(const struct xmpp *x,
	struct str domain);
/** May another stream be opened?  Counts the limit when not. */
bool xmpp_may_open(struct xmpp *x);
/** Watch the memory while there are streams. */
void xmpp_house_start(struct xmpp *x);
/** opening.c */
void xmpp_opening_init(struct xmpp *x);
/** A stream has gone: a shutdown may be complete. */
void xmpp_stream_gone(struct xmpp *x);
/** Tell on_link(), unless all ends anyway. */
void xmpp_link_tell(struct xmpp *x, const char *local, const char *remote,
	enum xmpp_link what);

/** Count up; false, and not counted, above @max. */
bool xmpp_tally_up(struct table *t, const char *key, uint64_t max);
void xmpp_tally_down(struct table *t, const char *key);
void xmpp_tally_free(struct table **t);

/** Remember a failed stream, log it. */
void xmpp_failed_add(struct xmpp *x, const struct xmpp_stream *s);
void xmpp_failed_free(struct xmpp *x);
void xmpp_failed_rows(struct xmpp *x,
	void (*row)(void *arg, const struct xmpp_stream_info *info), void *arg);

#endif
