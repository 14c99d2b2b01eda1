#include "store/internal.h"

#include <stdarg.h>
#include <stdlib.h>

enum {
	DAY_S = 86400,
	ADDRESS_LIFE_S = 30 * DAY_S, /* of a spelling that nobody uses */
};

struct job *job_new(enum job_kind kind, const struct str *texts, size_t count)
{
	size_t size = sizeof(struct job);
	struct job *j;
	char *at;

	stox_require(count <= JOB_TEXTS);
	for (size_t i = 0; i < count; i++)
		size += texts[i].len;
	j = base_alloc(size);
	*j = (struct job){ .kind = kind };
	list_init(&j->node);
	at = j->bytes;
	for (size_t i = 0; i < count; i++) {
		if (texts[i].len)
			memcpy(at, texts[i].p, texts[i].len);
		j->text[i] = (struct str){ at, texts[i].len };
		at += texts[i].len;
	}
	return j;
}

void job_free(struct job *j)
{
	free((char *)j->value.p);
	pool_free(&j->pool);
	free(j);
}

bool job_writes(enum job_kind kind)
{
	switch (kind) {
	case JOB_ADDRESS_GET: /* but notes once a day that it was used */
	case JOB_PAIR_GET:
	case JOB_VALUE_GET:
	case JOB_SESSION_GET:
	case JOB_SESSION_GET_ID:
	case JOB_SESSION_LIST:
	case JOB_SESSION_DUE:
	case JOB_SESSION_LIVE:
	case JOB_SESSION_LAST:
	case JOB_COUNT_GET:
	case JOB_META_GET:
		return false;
	case JOB_ADDRESS_PUT:
	case JOB_PAIR_PUT:
	case JOB_VALUE_PUT:
	case JOB_VALUE_DELETE:
	case JOB_SESSION_PUT:
	case JOB_SESSION_DELETE:
	case JOB_ROUTE_PUT:
	case JOB_ROUTES_READ: /* forgets old ones */
	case JOB_COUNT_CHANGE:
	case JOB_META_PUT:
	case JOB_META_INIT:
		return true;
	}
	return true;
}

bool job_is_one_of_many(enum job_kind kind)
{
	switch (kind) {
	case JOB_SESSION_PUT:
	case JOB_SESSION_DELETE:
	case JOB_SESSION_GET:
	case JOB_SESSION_GET_ID:
	case JOB_SESSION_LIST:
	case JOB_SESSION_DUE:
	case JOB_SESSION_LIVE:
	case JOB_ROUTE_PUT: /* before the session that names it */
	case JOB_COUNT_GET:
	case JOB_COUNT_CHANGE: /* with the session that it counts */
		return true;
	case JOB_SESSION_LAST:
	case JOB_ROUTES_READ:
	case JOB_ADDRESS_PUT:
	case JOB_ADDRESS_GET:
	case JOB_PAIR_PUT:
	case JOB_PAIR_GET:
	case JOB_VALUE_PUT:
	case JOB_VALUE_GET:
	case JOB_VALUE_DELETE:
	case JOB_META_GET:
	case JOB_META_PUT:
	case JOB_META_INIT:
		return false;
	}
	return false;
}

void job_fail(struct job *j)
{
	free((char *)j->value.p);
	j->value = (struct str){ NULL, 0 };
	pool_free(&j->pool);
	j->rows = NULL;
	j->row_count = 0;
	j->error = -STOX_EIO;
}

/* SQLite's integers are signed. */
static sqlite3_int64 clip(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (sqlite3_int64)n;
}

/* Bind by @kinds: t text and b bytes (struct str), n number (uint64_t). */
static sqlite3_stmt *bind(struct database *d, enum statement which,
	const char *kinds, ...)
{
	sqlite3_stmt *st = database_statement(d, which);
	int code = SQLITE_OK;
	struct str s;
	va_list ap;

	if (!st)
		return NULL;
	va_start(ap, kinds);
	for (int i = 0; kinds[i] && code == SQLITE_OK; i++) {
		if (kinds[i] == 'n') {
			code = sqlite3_bind_int64(st, i + 1,
				clip(va_arg(ap, uint64_t)));
			continue;
		}
		s = va_arg(ap, struct str);
		code = kinds[i] == 't'
			? sqlite3_bind_text64(st, i + 1, s.p, s.len,
				SQLITE_STATIC, SQLITE_UTF8)
			: sqlite3_bind_blob64(st, i + 1, s.p, s.len,
				SQLITE_STATIC);
	}
	va_end(ap);
	return code == SQLITE_OK ? st : NULL;
}

/* End a statement: 0, or what the job is told.  A broken rule of a table (a key
 * that is taken) undoes this statement only; all else, the transaction. */
static int finish(sqlite3_stmt *st, int code)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	if (code == SQLITE_DONE || code == SQLITE_ROW)
		return 0;
	return (code & 0xff) == SQLITE_CONSTRAINT ? -STOX_EEXIST : -STOX_EIO;
}

/* Run a bound statement that changes something. */
static int change(sqlite3_stmt *st)
{
	return st ? finish(st, sqlite3_step(st)) : -STOX_EIO;
}

static struct str column(sqlite3_stmt *st, int i)
{
	const char *p = sqlite3_column_blob(st, i);

	return (struct str){ p ? p : "", (size_t)sqlite3_column_bytes(st, i) };
}

/* Run a bound statement that finds one value. */
static int fetch(sqlite3_stmt *st, struct job *j)
{
	struct str found;
	char *copy;
	int code;

	if (!st)
		return -STOX_EIO;
	code = sqlite3_step(st);
	if (code == SQLITE_ROW) {
		found = column(st, 0);
		copy = base_alloc(found.len);
		memcpy(copy, found.p, found.len);
		j->value = (struct str){ copy, found.len };
	}
	if (finish(st, code) < 0)
		return -STOX_EIO;
	return code == SQLITE_ROW ? 0 : -STOX_ENOENT;
}

static uint64_t before(uint64_t now_s, uint64_t age_s)
{
	return now_s > age_s ? now_s - age_s : 0;
}

static int address_put(struct database *d, struct job *j)
{
	uint64_t now_s = j->number[0];
	int error = change(bind(d, STATEMENT_ADDRESS_PUT, "ttn", j->text[0],
		j->text[1], now_s));

	return error ? error : change(bind(d, STATEMENT_ADDRESS_PRUNE, "n",
		before(now_s, ADDRESS_LIFE_S)));
}

static int address_get(struct database *d, struct job *j)
{
	uint64_t now_s = j->number[0];
	int error = fetch(bind(d, STATEMENT_ADDRESS_GET, "t", j->text[0]), j);

	return error ? error : change(bind(d, STATEMENT_ADDRESS_TOUCH, "tnn",
		j->text[0], now_s, before(now_s, DAY_S)));
}

static int value_put(struct database *d, struct job *j)
{
	int error = change(bind(d, STATEMENT_VALUE_PUT, "tbbn", j->text[0],
		j->text[1], j->text[2], j->number[0]));

	return error ? error : change(bind(d, STATEMENT_VALUE_PRUNE, "n",
		j->number[1]));
}

/* Of kind and key, 63 bits.  A digest, so that nobody can choose addresses
 * whose sessions, or counts, share one. */
static uint64_t hash_of(struct str kind, struct str key)
{
	uint8_t digest[32];
	uint64_t hash = 0;
	struct buf b;

	buf_init(&b, SIZE_MAX, NULL);
	buf_add_str(&b, kind);
	buf_add_char(&b, '\n');
	buf_add_str(&b, key);
	io_sha256(buf_str(&b), digest);
	buf_free(&b);
	for (size_t i = 0; i < sizeof(hash); i++)
		hash = hash << 8 | digest[i];
	return hash >> 1;
}

static int session_put(struct database *d, struct job *j)
{
	return change(bind(d, STATEMENT_SESSION_PUT, "tbbtnnnn", j->text[0],
		j->text[1], j->text[2], j->text[3], j->number[0], j->number[1],
		j->number[2], hash_of(j->text[0], j->text[1])));
}

static void add_row(struct job *j, sqlite3_stmt *st)
{
	j->rows[j->row_count++] = (struct store_session){
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.kind = pool_str(j->pool, column(st, 1)).p,
		.key = pool_str(j->pool, column(st, 2)),
		.state = pool_str(j->pool, column(st, 3)),
		.due_s = (uint64_t)sqlite3_column_int64(st, 4),
		.node = pool_str(j->pool, column(st, 5)).p,
		.epoch = (uint64_t)sqlite3_column_int64(st, 6),
	};
}

/* Run a bound statement that finds at most @max sessions. */
static int fetch_rows(sqlite3_stmt *st, struct job *j, uint64_t max)
{
	int code;

	if (!st)
		return -STOX_EIO;
	j->pool = pool_new(NULL);
	j->rows = pool_alloc(j->pool, max * sizeof(*j->rows));
	while ((code = sqlite3_step(st)) == SQLITE_ROW && j->row_count < max)
		add_row(j, st);
	return finish(st, code);
}

/* As rows that have a number, a state and a time. */
static int routes_read(struct database *d, struct job *j)
{
	int error = change(bind(d, STATEMENT_ROUTE_PRUNE, "n", j->number[0]));

	return error ? error : fetch_rows(bind(d, STATEMENT_ROUTES_READ, "n",
		j->number[1]), j, j->number[1]);
}

/* A number as the value of a job. */
static int fetch_number(sqlite3_stmt *st, struct job *j)
{
	int code = st ? sqlite3_step(st) : SQLITE_ERROR;

	if (!st)
		return -STOX_EIO;
	if (code == SQLITE_ROW)
		j->number[0] = (uint64_t)sqlite3_column_int64(st, 0);
	return finish(st, code);
}

static int count_change(struct database *d, struct job *j)
{
	uint64_t id = hash_of(STR("count"), j->text[0]);
	int error;

	if (j->number[0])
		return change(bind(d, STATEMENT_COUNT_MORE, "n", id));
	error = change(bind(d, STATEMENT_COUNT_LESS, "n", id));
	return error ? error : change(bind(d, STATEMENT_COUNT_END, "n", id));
}

/* What is there already wins; then it is there. */
static int meta_init(struct database *d, struct job *j)
{
	int error = change(bind(d, STATEMENT_META_INIT, "tb", j->text[0],
		j->text[1]));

	return error ? error : fetch(bind(d, STATEMENT_META_GET, "t",
		j->text[0]), j);
}

static int run(struct database *d, struct job *j)
{
	switch (j->kind) {
	case JOB_ADDRESS_PUT:
		return address_put(d, j);
	case JOB_ADDRESS_GET:
		return address_get(d, j);
	case JOB_PAIR_PUT:
		return change(bind(d, STATEMENT_PAIR_PUT, "tttn", j->text[0],
			j->text[1], j->text[2], j->number[0]));
	case JOB_PAIR_GET:
		return fetch(bind(d, STATEMENT_PAIR_GET, "tt", j->text[0],
			j->text[1]), j);
	case JOB_VALUE_PUT:
		return value_put(d, j);
	case JOB_VALUE_GET:
		return fetch(bind(d, STATEMENT_VALUE_GET, "tbn", j->text[0],
			j->text[1], j->number[0]), j);
	case JOB_VALUE_DELETE:
		return change(bind(d, STATEMENT_VALUE_DELETE, "tb", j->text[0],
			j->text[1]));
	case JOB_SESSION_PUT:
		return session_put(d, j);
	case JOB_SESSION_DELETE:
		return change(bind(d, STATEMENT_SESSION_DELETE, "n",
			j->number[0]));
	case JOB_SESSION_GET:
		return fetch_rows(bind(d, STATEMENT_SESSION_GET, "ntb",
			hash_of(j->text[0], j->text[1]), j->text[0],
			j->text[1]), j, 1);
	case JOB_SESSION_GET_ID:
		return fetch_rows(bind(d, STATEMENT_SESSION_GET_ID, "n",
			j->number[0]), j, 1);
	case JOB_SESSION_LIST:
		return fetch_rows(bind(d, STATEMENT_SESSION_LIST, "nn",
			j->number[0], j->number[1]), j, j->number[1]);
	case JOB_SESSION_DUE:
		return fetch_rows(bind(d, STATEMENT_SESSION_DUE, "nnn",
			j->number[0], j->number[1], j->number[2]), j,
			j->number[2]);
	case JOB_SESSION_LIVE:
		return fetch_rows(bind(d, STATEMENT_SESSION_LIVE, "nn",
			j->number[0], j->number[1]), j, j->number[1]);
	case JOB_SESSION_LAST:
		return fetch_number(bind(d, STATEMENT_SESSION_LAST, ""), j);
	case JOB_ROUTE_PUT:
		return change(bind(d, STATEMENT_ROUTE_PUT, "bnn", j->text[0],
			j->number[0], j->number[1]));
	case JOB_ROUTES_READ:
		return routes_read(d, j);
	case JOB_COUNT_GET:
		return fetch(bind(d, STATEMENT_COUNT_GET, "n",
			hash_of(STR("count"), j->text[0])), j);
	case JOB_COUNT_CHANGE:
		return count_change(d, j);
	case JOB_META_GET:
		return fetch(bind(d, STATEMENT_META_GET, "t", j->text[0]), j);
	case JOB_META_PUT:
		return change(bind(d, STATEMENT_META_PUT, "tb", j->text[0],
			j->text[1]));
	case JOB_META_INIT:
		return meta_init(d, j);
	}
	return -STOX_EIO;
}

bool job_run(struct database *d, struct job *j)
{
	j->error = run(d, j);
	return j->error != -STOX_EIO;
}
