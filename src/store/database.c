#include "store/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	APPLICATION_ID = 0x73746f78, /* "stox" */
	BUSY_MS = 2000,              /* an operator's sqlite3 may be at work */
};

#define SESSION_COLUMNS \
	"SELECT id, kind, key, state, due, node, epoch FROM session"

/* TEXT is bound and read by length, so that NUL and bad UTF-8 come back. */
static const char *const statements[STATEMENT_COUNT] = {
	[STATEMENT_BEGIN] = "BEGIN",
	[STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_ADDRESS_PUT] =
		"INSERT INTO aor_map (jid, uri, seen) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (jid) DO UPDATE"
		" SET seen = max(seen, excluded.seen)",
	[STATEMENT_ADDRESS_PRUNE] =
		"DELETE FROM aor_map WHERE jid IN (SELECT jid FROM aor_map"
		" WHERE seen < ?1 ORDER BY seen LIMIT 8)",
	[STATEMENT_ADDRESS_GET] = "SELECT uri FROM aor_map WHERE jid = ?1",
	[STATEMENT_ADDRESS_TOUCH] =
		"UPDATE aor_map SET seen = ?2 WHERE jid = ?1 AND seen < ?3",
	[STATEMENT_PAIR_PUT] =
		"INSERT INTO pair (xmpp, sip, first, since)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (xmpp, sip) DO NOTHING",
	[STATEMENT_PAIR_GET] =
		"SELECT first FROM pair WHERE xmpp = ?1 AND sip = ?2",
	[STATEMENT_VALUE_PUT] =
		"INSERT INTO plugin_value (plugin, key, value, expires)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (plugin, key) DO UPDATE"
		" SET value = excluded.value, expires = excluded.expires",
	[STATEMENT_VALUE_PRUNE] =
		"DELETE FROM plugin_value WHERE (plugin, key) IN"
		" (SELECT plugin, key FROM plugin_value WHERE expires > 0"
		" AND expires <= ?1 ORDER BY expires LIMIT 8)",
	[STATEMENT_VALUE_GET] =
		"SELECT value FROM plugin_value WHERE plugin = ?1 AND key = ?2"
		" AND (expires = 0 OR expires > ?3)",
	[STATEMENT_VALUE_DELETE] =
		"DELETE FROM plugin_value WHERE plugin = ?1 AND key = ?2",
	[STATEMENT_SESSION_PUT] =
		"INSERT INTO session (kind, key, state, node, id, due, epoch,"
		" hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
		" node = excluded.node, due = excluded.due,"
		" epoch = excluded.epoch",
	[STATEMENT_SESSION_DELETE] = "DELETE FROM session WHERE id = ?1",
	[STATEMENT_SESSION_GET] =
		SESSION_COLUMNS " WHERE hash = ?1 AND kind = ?2 AND key = ?3",
	[STATEMENT_SESSION_GET_ID] = SESSION_COLUMNS " WHERE id = ?1",
	[STATEMENT_SESSION_LIST] =
		SESSION_COLUMNS " WHERE id > ?1 ORDER BY id LIMIT ?2",
	/* the index has the id behind the time */
	[STATEMENT_SESSION_DUE] =
		SESSION_COLUMNS " WHERE due > 0 AND (due, id) > (?1, ?2)"
		" ORDER BY due, id LIMIT ?3",
	/* in the order of the table, which an index of times would not keep */
	[STATEMENT_SESSION_LIVE] = SESSION_COLUMNS
		" NOT INDEXED WHERE id > ?1 AND due > 0 ORDER BY id LIMIT ?2",
	[STATEMENT_SESSION_LAST] = "SELECT coalesce(max(id), 0) FROM session",
	[STATEMENT_ROUTE_PUT] =
		"INSERT INTO route_set (routes, id, seen) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (id) DO UPDATE SET seen = excluded.seen",
	[STATEMENT_ROUTE_PRUNE] =
		"DELETE FROM route_set WHERE seen < ?1"
		" AND id < (SELECT max(id) FROM route_set)",
	[STATEMENT_ROUTES_READ] =
		"SELECT id, '', '', routes, seen, '', 0 FROM route_set"
		" ORDER BY id DESC LIMIT ?1",
	[STATEMENT_COUNT_GET] =
		"SELECT CAST(n AS TEXT) FROM tally WHERE id = ?1",
	[STATEMENT_COUNT_MORE] =
		"INSERT INTO tally (id, n) VALUES (?1, 1)"
		" ON CONFLICT (id) DO UPDATE SET n = n + 1",
	[STATEMENT_COUNT_LESS] = "UPDATE tally SET n = n - 1 WHERE id = ?1",
	[STATEMENT_COUNT_END] = "DELETE FROM tally WHERE id = ?1 AND n <= 0",
	[STATEMENT_META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[STATEMENT_META_PUT] =
		"INSERT INTO meta (name, value) VALUES (?1, ?2)"
		" ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	[STATEMENT_META_INIT] =
		"INSERT INTO meta (name, value) VALUES (?1, ?2)"
		" ON CONFLICT (name) DO NOTHING",
};

static bool in_memory(const char *path)
{
	return strcmp(path, ":memory:") == 0;
}

static int refuse(struct buf *why, const char *path, const char *what)
{
	buf_printf(why, "the database %s %s", path, what);
	return -STOX_EIO;
}

static int refuse_sqlite(struct database *d, struct buf *why)
{
	const char *message = sqlite3_errmsg(d->db);

	buf_printf(why, "the database %s cannot be used: %s", d->path, message);
	return -STOX_EIO;
}

/* The first column of the first row, as text; "" when there is none. */
static int ask(struct database *d, const char *sql, char *ret_text, size_t size)
{
	const unsigned char *text;
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(d->db, sql, -1, &st, NULL) != SQLITE_OK)
		return -STOX_EIO;
	ret_text[0] = '\0';
	if (sqlite3_step(st) == SQLITE_ROW) {
		text = sqlite3_column_text(st, 0);
		snprintf(ret_text, size, "%s", text ? (const char *)text : "");
	}
	return sqlite3_finalize(st) == SQLITE_OK ? 0 : -STOX_EIO;
}

static int ask_number(struct database *d, const char *sql, int *ret_number)
{
	char text[32];

	if (ask(d, sql, text, sizeof(text)) < 0)
		return -STOX_EIO;
	*ret_number = (int)strtol(text, NULL, 10);
	return 0;
}

static int execute(struct database *d, const char *sql)
{
	return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK
		? 0 : -STOX_EIO;
}

/* Nothing in the file may act on its own, and nothing deleted stays. */
static int connect_to(struct database *d, const char *path)
{
	if (sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE |
		SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
		return -STOX_EIO;
	sqlite3_extended_result_codes(d->db, 1);
	sqlite3_busy_timeout(d->db, BUSY_MS);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_limit(d->db, SQLITE_LIMIT_ATTACHED, 0);
	return execute(d, "PRAGMA trusted_schema = OFF;"
		"PRAGMA cell_size_check = ON;"
		"PRAGMA secure_delete = ON;"
		"PRAGMA mmap_size = 0;"
		"PRAGMA synchronous = FULL");
}

static int use_wal(struct database *d)
{
	char mode[16];

	if (in_memory(d->path))
		return 0;
	if (ask(d, "PRAGMA journal_mode = WAL", mode, sizeof(mode)) < 0)
		return -STOX_EIO;
	return strcmp(mode, "wal") == 0
		? execute(d, "PRAGMA journal_size_limit = 16777216")
		: -STOX_EIO;
}

/* All that is missing, in one transaction. */
static int migrate(struct database *d)
{
	char last[96];
	int i;

	if (execute(d, "BEGIN IMMEDIATE") < 0)
		return -STOX_EIO;
	for (i = d->version; i < database_schema; i++)
		if (execute(d, database_migrations[i]) < 0)
			return -STOX_EIO;
	/* a PRAGMA takes no parameters */
	snprintf(last, sizeof(last), "PRAGMA application_id = %d;"
		"PRAGMA user_version = %d; COMMIT", APPLICATION_ID, i);
	if (execute(d, last) < 0)
		return -STOX_EIO;
	d->version = i;
	return 0;
}

static void disconnect(struct database *d)
{
	for (int i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(d->statements[i]);
		d->statements[i] = NULL;
	}
	if (d->db)
		stox_require(sqlite3_close(d->db) == SQLITE_OK);
	d->db = NULL;
}

/* Under another name first: a file with the right name is always whole, and an
 * empty one is always an accident. */
static int create_file(struct database *d, struct buf *why)
{
	size_t size = strlen(d->path) + sizeof("-new");
	char *name = base_alloc(size);
	int error;

	snprintf(name, size, "%s-new", d->path);
	error = path_create(name, why);
	if (!error && (connect_to(d, name) < 0 || migrate(d) < 0))
		error = refuse_sqlite(d, why);
	disconnect(d);
	if (!error)
		error = path_rename(name, d->path, why);
	free(name);
	d->version = 0;
	return error;
}

static int check_version(struct database *d, struct buf *why)
{
	int id;

	if (ask_number(d, "PRAGMA application_id", &id) < 0 ||
	    ask_number(d, "PRAGMA user_version", &d->version) < 0)
		return refuse_sqlite(d, why);
	if (id != APPLICATION_ID || d->version < 1)
		return refuse(why, d->path, "was not made by stox");
	if (d->version > database_schema) {
		buf_printf(why, "the database %s was written by a newer stox: "
			"it has schema %d, this one knows schema %d",
			d->path, d->version, database_schema);
		return -STOX_EIO;
	}
	return 0;
}

static int check_pages(struct database *d, struct buf *why)
{
	char found[256];

	if (ask(d, "PRAGMA quick_check(1)", found, sizeof(found)) < 0)
		snprintf(found, sizeof(found), "%s", sqlite3_errmsg(d->db));
	if (strcmp(found, "ok") == 0)
		return 0;
	buf_printf(why, "the database %s is damaged (%s): restore a backup, or "
		"save what can be read with the .recover command of sqlite3",
		d->path, found);
	return -STOX_EIO;
}

static int open_file(struct database *d, bool create, struct buf *why)
{
	int there = path_check(d->path, &d->mode_fixed, why);

	if (there < 0)
		return -STOX_EIO;
	if (there == 0 && !create)
		return refuse(why, d->path, "does not exist");
	d->lock = path_lock(d->path, why);
	if (d->lock < 0 || (there == 0 && create_file(d, why) < 0))
		return -STOX_EIO;
	if (connect_to(d, d->path) < 0)
		return refuse_sqlite(d, why);
	if (check_version(d, why) < 0 || check_pages(d, why) < 0)
		return -STOX_EIO;
	d->version_found = there ? d->version : 0;
	if (use_wal(d) < 0 ||
	    (d->version < database_schema && migrate(d) < 0))
		return refuse_sqlite(d, why);
	return 0;
}

static int open_memory(struct database *d, struct buf *why)
{
	d->version = 0;
	if (connect_to(d, d->path) < 0 || migrate(d) < 0)
		return refuse_sqlite(d, why);
	return 0;
}

int database_open(struct database *d, const struct store_config *config,
	struct buf *why)
{
	int error = -STOX_EIO;

	*d = (struct database){ .lock = -1 };
	if (in_memory(config->path)) {
		d->path = base_strdup(config->path);
		error = open_memory(d, why);
	} else {
		d->path = path_resolve(config->path, why);
		if (d->path)
			error = open_file(d, config->create, why);
	}
	if (error)
		database_close(d);
	return error;
}

/* A failed fsync(2) leaves pages in the system's cache that may never reach the
 * disk; moving the whole WAL into the database makes what counts durable
 * again before anything is built upon it. */
static int settle(struct database *d, struct buf *why)
{
	int busy = 1;

	if (use_wal(d) < 0 ||
	    ask_number(d, "PRAGMA wal_checkpoint(TRUNCATE)", &busy) < 0)
		return refuse_sqlite(d, why);
	return busy ? refuse(why, d->path, "is held by a reader") : 0;
}

/* The file was good when it was opened; it is not created or changed here. */
static int reopen_file(struct database *d, int version, struct buf *why)
{
	bool fixed;
	int there = path_check(d->path, &fixed, why);

	if (there <= 0)
		return there ? there : refuse(why, d->path, "has gone");
	if (connect_to(d, d->path) < 0)
		return refuse_sqlite(d, why);
	if (check_version(d, why) < 0)
		return -STOX_EIO;
	if (d->version != version)
		return refuse(why, d->path, "is another one than before");
	return settle(d, why);
}

int database_reopen(struct database *d, struct buf *why)
{
	int version = d->version;
	int error;

	disconnect(d);
	error = in_memory(d->path) ? open_memory(d, why)
				   : reopen_file(d, version, why);
	d->version = version;
	if (error)
		disconnect(d);
	return error;
}

void database_close(struct database *d)
{
	disconnect(d);
	if (d->lock >= 0)
		close(d->lock);
	d->lock = -1;
	free(d->path);
	d->path = NULL;
}

void database_drop(struct database *d)
{
	if (d->db)
		sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
			NULL);
	database_close(d);
}

sqlite3_stmt *database_statement(struct database *d, enum statement which)
{
	sqlite3_stmt **st = &d->statements[which];

	if (!*st)
		sqlite3_prepare_v3(d->db, statements[which], -1,
			SQLITE_PREPARE_PERSISTENT, st, NULL);
	return *st;
}

int database_run(struct database *d, enum statement which)
{
	sqlite3_stmt *st = database_statement(d, which);
	int code;

	if (!st)
		return sqlite3_errcode(d->db);
	code = sqlite3_step(st);
	sqlite3_reset(st);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}
