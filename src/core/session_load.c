/*
 * Sessions out of the store: by key when somebody opens one, by number when a
 * request comes in its dialog, and by due time.
 */
#include "core/session_private.h"

#include <stdio.h>
#include <stdlib.h>

/* The readers of due times take turns; within any second, its ends included, one
 * turn more than these may fall. */
enum { TURN_MS = 25, TURNS_PER_S = 1000 / TURN_MS };

static uint64_t now_s(const struct sessions *all)
{
	return io_wall_us(all->node->env) / 1000000;
}

static uint64_t pace(const struct sessions *all)
{
	uint64_t n = limit_get(all->node->limits, LIMIT_SESSION_PACE);

	return n ? n : 1;
}

/* How many rows in a turn. */
unsigned session_page(const struct sessions *all)
{
	uint64_t n = pace(all) / (TURNS_PER_S + 1);

	return n ? (unsigned)n : 1;
}

static uint64_t turn_ms(const struct sessions *all)
{
	return pace(all) > TURNS_PER_S ? TURN_MS : 1000 / pace(all) + 1;
}

/* ---- from a row ------------------------------------------------------------ */

const struct stox_session_kind *session_find_kind(struct node *n,
	const char *name, struct stox_host **ret_host)
{
	for (size_t i = 0; i < n->host_count; i++) {
		const struct stox_session_kind *const *k =
			n->hosts[i]->plugin->sessions;

		for (; k && *k; k++)
			if (strcmp((*k)->name, name) == 0) {
				*ret_host = n->hosts[i];
				return *k;
			}
	}
	return NULL;
}

/* The row tells all.  One that an earlier run wrote may have been left in the
 * middle of something: it hears so and acts again. */
static void fill(struct stox_session *s, const struct store_session *row)
{
	session_is(s, row->id);
	s->loading = false;
	s->stored = true;
	s->row = base_alloc(row->state.len + 1);
	memcpy(s->row, row->state.p, row->state.len);
	s->row_len = row->state.len;
	s->due_s = row->due_s;
	if (row->epoch != s->n->sessions->epoch)
		session_post(s, &(struct stox_event){
			.type = STOX_EVENT_RESTORED });
}

struct stox_session *session_from_row(struct sessions *all,
	const struct store_session *row)
{
	struct stox_session *s = session_by_key(all, row->kind, row->key);
	const struct stox_session_kind *kind;
	struct stox_host *host = NULL;
	char *key;

	if (s && !s->loading)
		return s;
	kind = session_find_kind(all->node, row->kind, &host);
	if (!kind) {
		log_event(all->node->log, STOX_LOG_DEBUG, "core", 0,
			"session-without-plugin", "kind=%s", row->kind);
		return NULL;
	}
	if (!s) {
		key = base_alloc(row->key.len + 1);
		memcpy(key, row->key.p, row->key.len);
		key[row->key.len] = '\0';
		s = session_new(host, kind, key);
		free(key);
	}
	fill(s, row);
	return s;
}

/* ---- by key ---------------------------------------------------------------- */

/* Whose answer this is: a session that may be gone or filled meanwhile, or an
 * exchange that may have ended. */
struct question {
	struct list node;
	struct sessions *all;
	uint64_t who;
};

static struct question *question_new(struct sessions *all, uint64_t who)
{
	struct question *q = base_alloc(sizeof(*q));

	q->all = all;
	q->who = who;
	list_append(&all->questions, &q->node);
	return q;
}

static void question_free(struct question *q)
{
	list_remove(&q->node);
	free(q);
}

static void key_row(void *arg, const struct store_session *row)
{
	const struct question *q = arg;
	struct stox_session *s =
		handles_get(q->all->node->session_handles, q->who);

	if (s && s->loading)
		fill(s, row);
}

static void key_done(void *arg, int error)
{
	struct question *q = arg;
	struct stox_session *s =
		handles_get(q->all->node->session_handles, q->who);

	question_free(q);
	if (!s)
		return;
	if (s->loading && error) {
		log_event(s->n->log, STOX_LOG_ERROR, "core", 0,
			"session-not-read", "kind=%s", s->kind->name);
		session_fail(s);
		return;
	}
	s->loading = false;
	session_go_on(s);
}

void session_load(struct stox_session *s)
{
	struct question *q = question_new(s->n->sessions, s->handle);

	s->loading = true;
	store_session_get(s->n->store, s->kind->name,
		str_from(strchr(s->key, '\n') + 1), key_row, key_done, q);
}

/* ---- by number: requests in dialogs ----------------------------------------- */

static void deliver(struct stox_session *s, struct stox_exchange *x)
{
	const struct stox_event e = { .type = STOX_EVENT_REQUEST,
		.exchange = x };

	x->session = s->handle;
	session_post(s, &e);
}

static void number_row(void *arg, const struct store_session *row)
{
	struct question *q = arg;
	struct stox_exchange *x = handles_get(q->all->node->exchanges, q->who);
	struct stox_session *s = x ? session_from_row(q->all, row) : NULL;

	if (!s)
		return;
	q->who = 0;
	deliver(s, x);
}

static void number_done(void *arg, int error)
{
	struct question *q = arg;
	struct stox_exchange *x = handles_get(q->all->node->exchanges, q->who);

	question_free(q);
	if (!x)
		return;
	stox_reply_sip(x, error ? 500 : 481, NULL);
	exchange_replied(x);
}

bool sessions_request(struct sessions *all, struct stox_exchange *x)
{
	uint64_t id = session_of_token(all->node, x->in_sip->to.tag);
	struct stox_session *s = id
		? table_get(all->by_id, (struct str){ (const char *)&id,
			sizeof(id) })
		: NULL;

	if (!id)
		return false;
	if (s) {
		deliver(s, x);
		return true;
	}
	store_session_get_id(all->node->store, id, number_row, number_done,
		question_new(all, x->id));
	return true;
}

/* ---- by due time ----------------------------------------------------------- */

static void tell_due(struct stox_session *s)
{
	const struct stox_event e = { .type = STOX_EVENT_DUE };

	if (s->due_told || !s->due_s || s->due_s > now_s(s->n->sessions))
		return;
	s->due_told = true;
	session_post(s, &e);
}

/* One that came into memory for this alone rests again when it is quiet. */
static void settle(struct stox_session *s, bool was_there)
{
	tell_due(s);
	if (!was_there && list_empty(&s->mailbox))
		session_rest(s);
}

static void scan_row(struct session_scan *scan, struct sessions *all,
	const struct store_session *row, bool all_of_them)
{
	bool was_there = session_by_key(all, row->kind, row->key) != NULL;
	struct stox_session *s;

	scan->rows++;
	if (row->due_s > now_s(all) && !all_of_them) {
		scan->ahead = true;
		return;
	}
	scan->due_s = row->due_s;
	scan->id = row->id;
	if (all_of_them && row->epoch == all->epoch)
		return;
	scan->woken++;
	s = session_from_row(all, row);
	if (s)
		settle(s, was_there);
}

bool session_has_turn(struct sessions *all, struct timer *timer)
{
	uint64_t now = io_now_ms(all->node->env);

	if (now < all->next_turn_ms)
		timer_start(io_timers(all->node->env), timer,
			all->next_turn_ms - now);
	return now >= all->next_turn_ms;
}

void session_use_turn(struct sessions *all, unsigned woken)
{
	uint64_t now = io_now_ms(all->node->env);

	if (!woken)
		return;
	if (all->next_turn_ms < now)
		all->next_turn_ms = now;
	all->next_turn_ms += turn_ms(all);
}

static void restore_row(void *arg, const struct store_session *row)
{
	struct sessions *all = arg;

	scan_row(&all->restore, all, row, true);
}

static void restore_done(void *arg, int error)
{
	struct sessions *all = arg;

	session_use_turn(all, all->restore.woken);
	if (error) {
		log_event(all->node->log, STOX_LOG_ERROR, "core", 0,
			"sessions-not-read", NULL);
		timer_start(io_timers(all->node->env), &all->restore_timer,
			1000);
	} else if (all->restore.rows == session_page(all)) {
		timer_start(io_timers(all->node->env), &all->restore_timer, 0);
	}
}

static void restore_next(void *arg)
{
	struct sessions *all = arg;

	if (!session_has_turn(all, &all->restore_timer))
		return;
	all->restore.rows = all->restore.woken = 0;
	store_session_due(all->node->store, all->restore.due_s,
		all->restore.id, session_page(all), restore_row, restore_done, all);
}

void sessions_restore(struct sessions *all)
{
	restore_next(all);
	session_due_by(all, 0);
}

static void due_row(void *arg, const struct store_session *row)
{
	struct sessions *all = arg;

	if (row->due_s > now_s(all) && row->due_s < all->next_due_s)
		all->next_due_s = row->due_s;
	scan_row(&all->due, all, row, false);
}

static void start_timer(struct sessions *all, uint64_t after_ms)
{
	timer_start(io_timers(all->node->env), &all->due_timer, after_ms);
}

/* Seconds are cut off: never too early. */
static void start_timer_for(struct sessions *all, uint64_t due_s)
{
	uint64_t now = now_s(all);

	start_timer(all, due_s > now ? (due_s - now) * 1000 : 0);
}

static void due_done(void *arg, int error)
{
	struct sessions *all = arg;

	all->due.asking = false;
	session_use_turn(all, all->due.woken);
	if (error || (all->due.rows == session_page(all) && !all->due.ahead)) {
		all->next_due_s = 0; /* whatever else becomes due meanwhile */
		start_timer(all, error ? 1000 : 0);
		return;
	}
	all->due.due_s = all->due.id = 0;
	if (all->next_due_s != UINT64_MAX)
		start_timer_for(all, all->next_due_s);
}

static void due_next(void *arg)
{
	struct sessions *all = arg;

	if (all->due.asking || !session_has_turn(all, &all->due_timer))
		return;
	all->due.asking = true;
	all->due.rows = all->due.woken = 0;
	all->due.ahead = false;
	all->next_due_s = UINT64_MAX;
	store_session_due(all->node->store, all->due.due_s, all->due.id,
		session_page(all), due_row, due_done, all);
}

void session_due_by(struct sessions *all, uint64_t due_s)
{
	if (due_s >= all->next_due_s)
		return;
	all->next_due_s = due_s;
	if (!all->due.asking)
		start_timer_for(all, due_s);
}

/* ---- all of them ----------------------------------------------------------- */

struct sessions *sessions_new(struct node *n)
{
	struct sessions *all = base_alloc0(sizeof(*all));
	uint8_t key[16];

	all->node = n;
	rand_bytes(io_rand(n->env), key, sizeof(key));
	memcpy(all->secret, key, sizeof(key));
	all->by_key = table_new(key);
	all->by_id = table_new(key);
	all->next_due_s = UINT64_MAX;
	list_init(&all->quiet);
	list_init(&all->spare);
	session_notes_init(all);
	list_init(&all->questions);
	list_init(&all->inquiries);
	list_init(&all->orders);
	timer_init(&all->restore_timer, restore_next, all);
	timer_init(&all->due_timer, due_next, all);
	return all;
}

/* Each run has its number, so that rows tell which one wrote them. */
static int next_epoch(struct sessions *all)
{
	struct store *store = all->node->store;
	struct buf text;
	char number[24];
	int error;

	buf_init(&text, sizeof(number), NULL);
	error = store_meta_init(store, "epoch", STR("0"), &text);
	if (!error)
		error = str_to_u64(buf_str(&text), INT64_MAX - 1,
			&all->epoch) ? -STOX_EIO : 0;
	buf_free(&text);
	if (error)
		return error;
	snprintf(number, sizeof(number), "%llu",
		(unsigned long long)++all->epoch);
	store_meta_put(store, "epoch", str_from(number), NULL, NULL);
	return 0;
}

int sessions_start(struct sessions *all, struct buf *why)
{
	if (store_session_last(all->node->store, &all->last_id) == 0 &&
		next_epoch(all) == 0)
		return 0;
	buf_add_text(why, "the store cannot tell what earlier runs have left");
	return -STOX_EIO;
}

void sessions_unload(struct sessions *all, const struct stox_host *host)
{
	struct stox_session *one;
	size_t cursor = 0;

	while ((one = handles_next(all->node->session_handles, &cursor))) {
		if (one->host != host || one->committing)
			continue;
		session_save(one);
		session_free(one);
	}
}

void sessions_free(struct sessions **s)
{
	struct sessions *all = *s;
	struct stox_session *one;
	size_t cursor = 0;

	if (!all)
		return;
	while ((one = handles_next(all->node->session_handles, &cursor)))
		session_free(one);
	list_each (at, tmp2, &all->spare)
		free(container_of(at, struct mail, node));
	list_each (it, tmp, &all->questions)
		question_free(container_of(it, struct question, node));
	sessions_drop_operators(all);
	timer_stop(io_timers(all->node->env), &all->restore_timer);
	timer_stop(io_timers(all->node->env), &all->due_timer);
	timer_stop(io_timers(all->node->env), &all->notes_timer);
	table_free(&all->by_key);
	table_free(&all->by_id);
	free(all);
	*s = NULL;
}
