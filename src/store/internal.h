/*
 * internal.h: what the files of the store share.
 *
 * store.c    the queue, the thread, the way back to the loop
 * calls.c    the typed calls: each makes a job
 * run.c      what each job does to the database
 * database.c one connection: opening, checking, migrating, transactions
 * path.c     the file and its folder, before SQLite sees them
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>

#include "base/pool.h"
#include "store/store.h"

/* ---- the connection ------------------------------------------------------ */

/* Prepared once per connection. */
enum statement {
	STATEMENT_BEGIN,
	STATEMENT_BEGIN_WRITE,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_ADDRESS_PUT,
	STATEMENT_ADDRESS_PRUNE,
	STATEMENT_ADDRESS_GET,
	STATEMENT_ADDRESS_TOUCH,
	STATEMENT_PAIR_PUT,
	STATEMENT_PAIR_GET,
	STATEMENT_VALUE_PUT,
	STATEMENT_VALUE_PRUNE,
	STATEMENT_VALUE_GET,
	STATEMENT_VALUE_DELETE,
	STATEMENT_SESSION_PUT,
	STATEMENT_SESSION_DELETE,
	STATEMENT_SESSION_GET,
	STATEMENT_SESSION_GET_ID,
	STATEMENT_SESSION_LIST,
	STATEMENT_SESSION_DUE,
	STATEMENT_SESSION_LIVE,
	STATEMENT_SESSION_LAST,
	STATEMENT_ROUTE_PUT,
	STATEMENT_ROUTE_PRUNE,
	STATEMENT_ROUTES_READ,
	STATEMENT_COUNT_GET,
	STATEMENT_COUNT_MORE,
	STATEMENT_COUNT_LESS,
	STATEMENT_COUNT_END,
	STATEMENT_META_GET,
	STATEMENT_META_PUT,
	STATEMENT_META_INIT,
	STATEMENT_COUNT
};

/* One connection.  It is used by one thread at a time. */
struct database {
	sqlite3 *db;      /* NULL while closed */
	sqlite3_stmt *statements[STATEMENT_COUNT];
	char *path;       /* owned; ":memory:", or without symbolic links */
	int lock;         /* descriptor of the lock file, or -1 */
	int version;      /* of the schema */
	int version_found; /* before migration */
	bool mode_fixed;  /* others could read the file, and now cannot */
};

/* The migrations, in order, and how many there are (made from schema/). */
extern const char *const database_migrations[];
extern const int database_schema;

/** Open, check and migrate.  Returns 0, or -STOX_EIO with a sentence. */
int database_open(struct database *d, const struct store_config *config,
	struct buf *why);
/** After a failure: close and open the same file again, without migration. */
int database_reopen(struct database *d, struct buf *why);
void database_close(struct database *d);
/** The same without moving the WAL into the database: as after kill -9. */
void database_drop(struct database *d);

/** The prepared statement, or NULL (see sqlite3_errmsg()). */
sqlite3_stmt *database_statement(struct database *d, enum statement which);
/** Run a statement that has neither parameters nor rows; an SQLite code. */
int database_run(struct database *d, enum statement which);

/* ---- the file ------------------------------------------------------------ */

/** Resolve the folder; returns the path to use, owned, or NULL. */
char *path_resolve(const char *path, struct buf *why);
/** Look at the file: 1 it is there and ours, 0 there is none, or -STOX_EIO. */
int path_check(const char *path, bool *ret_mode_fixed, struct buf *why);
/** Take the lock beside the file.  Returns a descriptor, or -STOX_EIO. */
int path_lock(const char *path, struct buf *why);
/** Make an empty file that only we can read. */
int path_create(const char *path, struct buf *why);
/** Give a finished file its name, durably. */
int path_rename(const char *from, const char *to, struct buf *why);

/* ---- jobs ---------------------------------------------------------------- */

enum job_kind {
	JOB_ADDRESS_PUT,
	JOB_ADDRESS_GET,
	JOB_PAIR_PUT,
	JOB_PAIR_GET,
	JOB_VALUE_PUT,
	JOB_VALUE_GET,
	JOB_VALUE_DELETE,
	JOB_SESSION_PUT,
	JOB_SESSION_DELETE,
	JOB_SESSION_GET,
	JOB_SESSION_GET_ID,
	JOB_SESSION_LIST,
	JOB_SESSION_DUE,
	JOB_SESSION_LIVE,
	JOB_SESSION_LAST,
	JOB_ROUTE_PUT,
	JOB_ROUTES_READ,
	JOB_COUNT_GET,
	JOB_COUNT_CHANGE,
	JOB_META_GET,
	JOB_META_PUT,
	JOB_META_INIT,
};

enum { JOB_TEXTS = 4, JOB_NUMBERS = 3 };

/* A call on its way to the database and back; all its bytes are its own. */
struct job {
	struct list node;
	enum job_kind kind;
	struct str text[JOB_TEXTS];       /* in bytes[] */
	uint64_t number[JOB_NUMBERS];
	bool waited_for;                  /* the loop stands still for it */

	int error;
	struct str value;                 /* owned, .p NULL: none */
	struct pool *pool;                /* owned, holds the rows, or NULL */
	struct store_session *rows;
	size_t row_count;

	store_done *done;                 /* any of these may be NULL */
	void (*found)(void *arg, int error, struct str value);
	store_row *row;
	void *arg;
	char bytes[];
};

/** A job with copies of @texts; more of it is set by the caller. */
struct job *job_new(enum job_kind kind, const struct str *texts, size_t count);
void job_free(struct job *j);
/** True when it is there to change something. */
bool job_writes(enum job_kind kind);
/** True for sessions, their counts and routes: very many may come at once. */
bool job_is_one_of_many(enum job_kind kind);
/** Do it, inside a transaction.  Sets j->error; returns false when the
 *  transaction is lost. */
bool job_run(struct database *d, struct job *j);
/** Forget what it found: its transaction is lost. */
void job_fail(struct job *j);

/* ---- the queue ----------------------------------------------------------- */

/** Queue a job; taken. */
void store_queue(struct store *s, struct job *j);
/** Run it now, and at least those of its queue before it; the job stays the
 *  caller's. */
void store_wait(struct store *s, struct job *j);
/** Seconds since 1970. */
uint64_t store_now_s(struct store *s);

#endif
