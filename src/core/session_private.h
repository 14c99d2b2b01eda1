/*
 * session_private.h: what the files of the sessions share.
 *
 *     session.c        the mailbox: event, commit, reply, act
 *     session_load.c   out of the store and back: opening, the pages of a
 *                      restart, due times, what is put away again
 *     session_api.c    what plugins call
 *     session_notes.c  what is written later
 *     session_admin.c  what operators ask and want
 *     session_memory.c sessions that are never stored, and what they hold
 */
#ifndef CORE_SESSION_PRIVATE_H
#define CORE_SESSION_PRIVATE_H

#include "core/node.h"
#include "core/session.h"

struct mail {
	struct list node;
	enum stox_event_type type;
	uint64_t exchange;
	unsigned tag;
	struct order *order;   /* ADMIN; owned */
	bool acked;            /* ACKED */
	enum stox_side peer;   /* PEER */
	bool lost;             /* PEER */
	void *told;            /* TOLD; owned */
	size_t told_len;
	char local_tag[33];
	bool last;             /* STOP */
};

/* Known to plugins as struct stox_session.  It is in memory while something
 * happens to it; else it is its row. */
struct stox_session {
	struct list node;      /* of the quiet ones, the last used at the end */
	uint64_t handle;       /* in this run */
	uint64_t id;           /* in the store, over all runs; 0: no row yet */
	struct node *n;
	struct stox_host *host;
	const struct stox_session_kind *kind;
	char *key;             /* "kind\nkey" */
	void *row;
	size_t row_len;
	void *object;          /* of kinds that live in memory only */
	uint64_t due_s;
	bool loading;          /* the store is asked: the mailbox waits */
	bool changed, ended, stored;
	bool dirty;            /* the row differs from the store's */
	struct list soon;      /* of those: to be written soon */
	struct timer wake;
	bool waking;           /* that runs: it stays in memory */
	bool committing;       /* a write is under way: the mailbox waits */
	bool due_told;         /* the due time has become an event */
	unsigned begun;        /* exchanges of its own that are under way */
	uint64_t replying;     /* exchange whose reply waits for the commit */
	struct order *ordered; /* the operator waits for it too */
	struct list mailbox;
	struct io_task work;
	/* of kinds that are bulk */
	uint32_t source;       /* whose doing the last event was */
	bool acting;           /* act() is due, before the next event */
	struct list waiting;   /* for a place in a crowd */
	struct crowd *place;   /* for its next request, or NULL */
};

struct sessions {
	struct node *node;
	struct table *by_key, *by_id;  /* those in memory */
	struct list quiet;             /* of them: may be put away */
	size_t quiet_count;
	struct list spare;             /* mail, empty, for the next events */
	size_t spare_count;
	size_t memory_count;           /* that are never stored */
	struct list soon, writing;     /* dirty: later, and bit by bit now */
	struct timer notes_timer;
	struct list questions;         /* the store's answers to these are due */
	struct list inquiries, orders; /* operators wait for these */
	uint64_t last_id;              /* given out */
	uint8_t secret[16];            /* for the sources of events */
	uint64_t backlog;              /* events that wait, of bulk kinds */
	int held_back;                 /* the level of io_hold_back() */
	uint64_t epoch;                /* of this run */

	/* two readers of the rows that have a due time, in their order: those
	 * of earlier runs, once; and those whose time has come */
	struct session_scan {
		bool asking;
		uint64_t due_s, id;    /* of the last row read */
		unsigned rows;         /* in this page */
		unsigned woken;        /* of them */
		bool ahead;            /* a row was seen that is not due */
	} restore, due;
	uint64_t next_turn_ms;         /* when one of them may read again */
	uint64_t next_due_s;           /* when to read; UINT64_MAX: never */
	struct timer restore_timer, due_timer;
};

/* ---- session.c ---- */

/** A session in memory without row and id, not loading. */
struct stox_session *session_new(struct stox_host *host,
	const struct stox_session_kind *kind, const char *key);
void session_free(struct stox_session *s);
/** Write what is not in the store yet. */
void session_save(struct stox_session *s);
/** It works when its turn comes. */
void session_schedule(struct stox_session *s);
/** Put an event into the mailbox. */
void session_post(struct stox_session *s, const struct stox_event *e);
/** Find it in memory. */
struct stox_session *session_by_key(struct sessions *all, const char *kind,
	struct str key);
/** Its number in the store is known. */
void session_is(struct stox_session *s, uint64_t id);
/** That number, given out now when it has none. */
uint64_t session_number(struct stox_session *s);
/** Nothing waits in its mailbox: it may be put away. */
void session_rest(struct stox_session *s);
/** Something has come for it: it stays. */
void session_wake(struct stox_session *s);

/** Its row could not be read: whoever waits is told, and it goes. */
void session_fail(struct stox_session *s);
/** After an event or the loading: what next? */
void session_go_on(struct stox_session *s);

/* ---- session_notes.c ---- */

void session_notes_init(struct sessions *all);
/** Its row is to be written within half a minute or so. */
void session_write_soon(struct stox_session *s);

/* ---- session_admin.c ---- */

/** The part of an order that the plugin sees. */
struct stox_admin *order_admin(struct order *o);
struct order *order_of(struct stox_admin *a);
/** Tell who ordered, and free.  NULL is harmless. */
void order_done(struct order **o, int error);
/** Free without a word; NULL is harmless. */
void order_free(struct order **o);
/** All that operators wait for, without a word. */
void sessions_drop_operators(struct sessions *all);

/* ---- session_memory.c ---- */

/** Its object, or nothing for kinds that are stored. */
void session_object_new(struct stox_session *s);
void session_object_free(struct stox_session *s);

/* ---- session_load.c ---- */

/** Find who keeps sessions of that kind. */
const struct stox_session_kind *session_find_kind(struct node *n,
	const char *name, struct stox_host **ret_host);

/** The session of a row, in memory from now on; NULL when nobody keeps such. */
struct stox_session *session_from_row(struct sessions *all,
	const struct store_session *row);
/** Is there a turn now, of those in which LIMIT_SESSION_PACE lets readers wake so
 *  many sessions?  Else @timer runs again when there is one. */
bool session_has_turn(struct sessions *all, struct timer *timer);
/** So many were woken in it: if any, it is used. */
void session_use_turn(struct sessions *all, unsigned woken);
/** How many rows in a turn. */
unsigned session_page(const struct sessions *all);
/** Ask the store for the row of a new session. */
void session_load(struct stox_session *s);
/** Some session is due then. */
void session_due_by(struct sessions *all, uint64_t due_s);

/* ---- session_api.c ---- */

/** The number of the session that made a token, 0 when it is none of ours. */
uint64_t session_of_token(const struct node *n, struct str token);

#endif
