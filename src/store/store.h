/*
 * store.h: what is kept.  Typed calls; no SQL outside src/store.
 *
 * One thread owns the only connection that writes.  Calls queue a job and
 * return; the thread drains its queue into one transaction at a time; results
 * come back on the loop after its commit (group commit without waiting).  In
 * memory environments the same SQL runs in line and results are deferred.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "io/io.h"

struct store;

struct store_config {
	const char *path;     /* database file, or ":memory:".  Its folder must
	                       * exist and be writable; "-wal", "-shm", "-lock"
	                       * and "-new" stand beside it */
	bool create;          /* make it when missing */
};
/**
 * Open, check (application id, schema version; a newer schema is refused;
 * quick_check), migrate.  The file is locked against a second stoxd, readable
 * by its owner only, and never emptied or replaced: what is damaged is refused.
 * @log is borrowed and used on the loop only.
 * Returns owned, or NULL with a sentence in @why.
 */
struct store *store_open(struct io_env *env, struct log *log,
	const struct store_config *config, struct buf *why);
/** Finish the queue, close, free; *@s becomes NULL.  Results that were not
 *  handed out yet are not: no callback runs in here or later.  NULL is
 *  harmless.  May be called by a result's callback. */
void store_close(struct store **s);
/** As kill -9 in plays: drop what is not committed, close. */
void store_drop(struct store **s);
/** Schema version of the open database. */
int store_version(const struct store *s);

/**
 * Every result: @error is
 * 0             committed (writes), found (reads), gone (deletes)
 * -STOX_ENOENT  nothing found; the value's .p is NULL
 * -STOX_EIO     the transaction failed; what it wrote may be there or not
 * Callbacks may be NULL.  They run on the loop, in the order of the calls: one
 * order for sessions, routes and counts, one for all the rest, which goes first.
 */
typedef void store_done(void *arg, int error);

/* original spellings of SIP addresses (aor_map, stox.md 0.5, D2) */

/** Remember that @jid (bare, canonical) was seen as @uri; the first spelling
 *  stays. */
void store_address_put(struct store *s, struct str jid, struct str uri,
	uint64_t now_s, store_done *done, void *arg);
/** @found gets the original URI.  Asking keeps it alive: a spelling that was
 *  neither seen nor asked for in 30 days goes. */
void store_address_get(struct store *s, struct str jid,
	void (*found)(void *arg, int error, struct str uri), void *arg);

/* pairs of people: who approached whom first */

/** Remember that @first ("xmpp" or "sip") approached the other; what is there
 *  stays.  @xmpp and @sip are bare JIDs. */
void store_pair_put(struct store *s, struct str xmpp, struct str sip,
	const char *first, uint64_t now_s, store_done *done, void *arg);
/** @found gets "xmpp" or "sip". */
void store_pair_get(struct store *s, struct str xmpp, struct str sip,
	void (*found)(void *arg, int error, struct str first), void *arg);

/* small values of plugins: (plugin, key) -> value, with an end: @expires_s in
 * seconds since 1970, 0 for never; from then on it is not found */

void store_value_put(struct store *s, const char *plugin, struct str key,
	struct str value, uint64_t expires_s, store_done *done, void *arg);
void store_value_get(struct store *s, const char *plugin, struct str key,
	void (*found)(void *arg, int error, struct str value), void *arg);
void store_value_delete(struct store *s, const char *plugin, struct str key,
	store_done *done, void *arg);

/* sessions: a packed, versioned blob that an actor is rebuilt from */

struct store_session {
	uint64_t id;          /* chosen by core, rising; stays over restarts */
	const char *kind;     /* plugin's session kind */
	struct str key;       /* what finds it: unique within its kind */
	struct str state;     /* packed */
	uint64_t due_s;       /* next time it wants to be woken; 0: never */
	const char *node;
	uint64_t epoch;
};
/** Write it, new or again; its id, kind and key never change. */
void store_session_put(struct store *s, const struct store_session *row,
	store_done *done, void *arg);
void store_session_delete(struct store *s, uint64_t id, store_done *done,
	void *arg);
/* Reads: @row for each one found, then @done (with 0 also when there is none). */
typedef void store_row(void *arg, const struct store_session *row);
void store_session_get(struct store *s, const char *kind, struct str key,
	store_row *row, store_done *done, void *arg);
void store_session_get_id(struct store *s, uint64_t id, store_row *row,
	store_done *done, void *arg);
/** All of them, a page at a time in id order after @after. */
void store_session_list(struct store *s, uint64_t after, unsigned page,
	store_row *row, store_done *done, void *arg);
/** Those with a due time, the earliest first, a page at a time behind
 *  (@after_due_s, @after_id). */
void store_session_due(struct store *s, uint64_t after_due_s,
	uint64_t after_id, unsigned page, store_row *row, store_done *done,
	void *arg);
/** Those with a due time, a page at a time in id order after @after. */
void store_session_live(struct store *s, uint64_t after, unsigned page,
	store_row *row, store_done *done, void *arg);
/** The highest id in use, 0 without any; at start, waits for the disk. */
int store_session_last(struct store *s, uint64_t *ret_id);

/* route sets, which many dialogs share */

/** Write a set, new or seen again; what a number stands for never changes. */
void store_route_put(struct store *s, uint64_t id, struct str routes,
	uint64_t now_s, store_done *done, void *arg);
/**
 * At start, waits for the disk: forget those not seen since @since_s, the
 * highest number aside, and read at most @max of the others, the latest first.
 */
int store_routes_read(struct store *s, uint64_t since_s, unsigned max,
	void (*row)(void *arg, uint64_t id, struct str routes, uint64_t seen_s),
	void *arg);

/* counts by name: how many of something there are; 0 without a row */

/** @found gets the number as text. */
void store_count_get(struct store *s, struct str name,
	void (*found)(void *arg, int error, struct str number), void *arg);
/** One more or one less, never below 0. */
void store_count_change(struct store *s, struct str name, bool more,
	store_done *done, void *arg);

/* the node's own values: dialback secret, node id, epoch */
void store_meta_get(struct store *s, const char *name,
	void (*found)(void *arg, int error, struct str value), void *arg);
void store_meta_put(struct store *s, const char *name, struct str value,
	store_done *done, void *arg);
/** The same at start, before the loop runs: reads, or writes @initial first.
 *  Waits for the disk.  -STOX_ETOOBIG: @ret_value is too small. */
int store_meta_init(struct store *s, const char *name, struct str initial,
	struct buf *ret_value);

/** Figures for `stoxctl status`. */
struct store_info {
	uint64_t jobs, commits; /* done; transactions that held them */
	uint64_t failures;      /* transactions lost, files not reopened */
	uint64_t queued;        /* jobs not done yet */
	uint64_t file_bytes;    /* database and WAL */
};
void store_info(const struct store *s, struct store_info *ret);

#endif
