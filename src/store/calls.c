#include "store/internal.h"

/* Results go to one of the two shapes; the job keeps both. */
static void queue_done(struct store *s, struct job *j, store_done *done,
	void *arg)
{
	j->done = done;
	j->arg = arg;
	store_queue(s, j);
}

static void queue_found(struct store *s, struct job *j,
	void (*found)(void *arg, int error, struct str value), void *arg)
{
	j->found = found;
	j->arg = arg;
	store_queue(s, j);
}

void store_address_put(struct store *s, struct str jid, struct str uri,
	uint64_t now_s, store_done *done, void *arg)
{
	const struct str texts[] = { jid, uri };
	struct job *j = job_new(JOB_ADDRESS_PUT, texts, 2);

	j->number[0] = now_s;
	queue_done(s, j, done, arg);
}

void store_address_get(struct store *s, struct str jid,
	void (*found)(void *arg, int error, struct str uri), void *arg)
{
	struct job *j = job_new(JOB_ADDRESS_GET, &jid, 1);

	j->number[0] = store_now_s(s);
	queue_found(s, j, found, arg);
}

void store_pair_put(struct store *s, struct str xmpp, struct str sip,
	const char *first, uint64_t now_s, store_done *done, void *arg)
{
	const struct str texts[] = { xmpp, sip, str_from(first) };
	struct job *j = job_new(JOB_PAIR_PUT, texts, 3);

	j->number[0] = now_s;
	queue_done(s, j, done, arg);
}

void store_pair_get(struct store *s, struct str xmpp, struct str sip,
	void (*found)(void *arg, int error, struct str first), void *arg)
{
	const struct str texts[] = { xmpp, sip };

	queue_found(s, job_new(JOB_PAIR_GET, texts, 2), found, arg);
}

void store_value_put(struct store *s, const char *plugin, struct str key,
	struct str value, uint64_t expires_s, store_done *done, void *arg)
{
	const struct str texts[] = { str_from(plugin), key, value };
	struct job *j = job_new(JOB_VALUE_PUT, texts, 3);

	j->number[0] = expires_s;
	j->number[1] = store_now_s(s);
	queue_done(s, j, done, arg);
}

void store_value_get(struct store *s, const char *plugin, struct str key,
	void (*found)(void *arg, int error, struct str value), void *arg)
{
	const struct str texts[] = { str_from(plugin), key };
	struct job *j = job_new(JOB_VALUE_GET, texts, 2);

	j->number[0] = store_now_s(s);
	queue_found(s, j, found, arg);
}

void store_value_delete(struct store *s, const char *plugin, struct str key,
	store_done *done, void *arg)
{
	const struct str texts[] = { str_from(plugin), key };

	queue_done(s, job_new(JOB_VALUE_DELETE, texts, 2), done, arg);
}

void store_session_put(struct store *s, const struct store_session *row,
	store_done *done, void *arg)
{
	const struct str texts[] = { str_from(row->kind), row->key, row->state,
		str_from(row->node) };
	struct job *j = job_new(JOB_SESSION_PUT, texts, 4);

	stox_require(row->id <= INT64_MAX);
	j->number[0] = row->id;
	j->number[1] = row->due_s;
	j->number[2] = row->epoch;
	queue_done(s, j, done, arg);
}

void store_session_delete(struct store *s, uint64_t id, store_done *done,
	void *arg)
{
	struct job *j = job_new(JOB_SESSION_DELETE, NULL, 0);

	j->number[0] = id;
	queue_done(s, j, done, arg);
}

static void queue_rows(struct store *s, struct job *j, store_row *row,
	store_done *done, void *arg)
{
	j->row = row;
	queue_done(s, j, done, arg);
}

void store_session_get(struct store *s, const char *kind, struct str key,
	store_row *row, store_done *done, void *arg)
{
	const struct str texts[] = { str_from(kind), key };

	queue_rows(s, job_new(JOB_SESSION_GET, texts, 2), row, done, arg);
}

void store_session_get_id(struct store *s, uint64_t id, store_row *row,
	store_done *done, void *arg)
{
	struct job *j = job_new(JOB_SESSION_GET_ID, NULL, 0);

	j->number[0] = id;
	queue_rows(s, j, row, done, arg);
}

void store_session_list(struct store *s, uint64_t after, unsigned page,
	store_row *row, store_done *done, void *arg)
{
	struct job *j = job_new(JOB_SESSION_LIST, NULL, 0);

	j->number[0] = after;
	j->number[1] = page;
	queue_rows(s, j, row, done, arg);
}

void store_session_due(struct store *s, uint64_t after_due_s,
	uint64_t after_id, unsigned page, store_row *row, store_done *done,
	void *arg)
{
	struct job *j = job_new(JOB_SESSION_DUE, NULL, 0);

	j->number[0] = after_due_s;
	j->number[1] = after_id;
	j->number[2] = page;
	queue_rows(s, j, row, done, arg);
}

void store_session_live(struct store *s, uint64_t after, unsigned page,
	store_row *row, store_done *done, void *arg)
{
	struct job *j = job_new(JOB_SESSION_LIVE, NULL, 0);

	j->number[0] = after;
	j->number[1] = page;
	queue_rows(s, j, row, done, arg);
}

int store_session_last(struct store *s, uint64_t *ret_id)
{
	struct job *j = job_new(JOB_SESSION_LAST, NULL, 0);
	int error;

	store_wait(s, j);
	error = j->error;
	*ret_id = j->number[0];
	job_free(j);
	return error;
}

void store_route_put(struct store *s, uint64_t id, struct str routes,
	uint64_t now_s, store_done *done, void *arg)
{
	struct job *j = job_new(JOB_ROUTE_PUT, &routes, 1);

	j->number[0] = id;
	j->number[1] = now_s;
	queue_done(s, j, done, arg);
}

int store_routes_read(struct store *s, uint64_t since_s, unsigned max,
	void (*row)(void *arg, uint64_t id, struct str routes, uint64_t seen_s),
	void *arg)
{
	struct job *j = job_new(JOB_ROUTES_READ, NULL, 0);
	int error;

	j->number[0] = since_s;
	j->number[1] = max;
	store_wait(s, j);
	error = j->error;
	for (size_t i = 0; !error && i < j->row_count; i++)
		row(arg, j->rows[i].id, j->rows[i].state, j->rows[i].due_s);
	job_free(j);
	return error;
}

void store_count_get(struct store *s, struct str name,
	void (*found)(void *arg, int error, struct str number), void *arg)
{
	queue_found(s, job_new(JOB_COUNT_GET, &name, 1), found, arg);
}

void store_count_change(struct store *s, struct str name, bool more,
	store_done *done, void *arg)
{
	struct job *j = job_new(JOB_COUNT_CHANGE, &name, 1);

	j->number[0] = more;
	queue_done(s, j, done, arg);
}

void store_meta_get(struct store *s, const char *name,
	void (*found)(void *arg, int error, struct str value), void *arg)
{
	struct str text = str_from(name);

	queue_found(s, job_new(JOB_META_GET, &text, 1), found, arg);
}

void store_meta_put(struct store *s, const char *name, struct str value,
	store_done *done, void *arg)
{
	const struct str texts[] = { str_from(name), value };

	queue_done(s, job_new(JOB_META_PUT, texts, 2), done, arg);
}

int store_meta_init(struct store *s, const char *name, struct str initial,
	struct buf *ret_value)
{
	const struct str texts[] = { str_from(name), initial };
	struct job *j = job_new(JOB_META_INIT, texts, 2);
	int error;

	store_wait(s, j);
	error = j->error;
	if (!error) {
		buf_add_str(ret_value, j->value);
		error = ret_value->overflow ? -STOX_ETOOBIG : 0;
	}
	job_free(j);
	return error;
}
