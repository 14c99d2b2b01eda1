#include "help.h"

static void results_come_later_and_in_order(void **state)
{
	struct answer a = { 0 }, b = { 0 }, c = { 0 };
	struct store_info info;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_address_put(r.store, STR("a@x"), STR("sip:A@x"), NOW_S, on_done,
		&a);
	store_address_get(r.store, STR("a@x"), on_found, &b);
	store_address_get(r.store, STR("b@x"), on_found, &c);
	assert_int_equal(a.calls + b.calls + c.calls, 0);
	store_info(r.store, &info);
	assert_int_equal(info.queued, 3);
	room_step(&r);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.error, 0);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.error, 0);
	assert_string_equal(b.text, "sip:A@x");
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.error, -STOX_ENOENT);
	assert_null(c.text);
	/* all three shared a transaction */
	store_info(r.store, &info);
	assert_int_equal(info.jobs, 3);
	assert_int_equal(info.commits, 1);
	assert_int_equal(info.queued, 0);
	assert_int_equal(info.failures, 0);
	assert_true(info.file_bytes > 4096);
	answer_free(&b);
	room_free(&r);
}

static void on_turn(void *arg, int error)
{
	struct answer *a = arg;

	assert_int_equal(error, 0);
	a->calls++;
}

struct turn {
	struct answer *before;
	struct answer found;
	int before_it;
};

static void on_found_in_turn(void *arg, int error, struct str value)
{
	struct turn *t = arg;

	t->before_it = t->before->calls;
	on_found(&t->found, error, value);
}

/* What a message waits for does not stand behind a storm of sessions, but behind
 * what was written of its own kind. */
static void few_go_before_many(void **state)
{
	struct store_session row = { .kind = "k", .state = STR("s"),
		.node = "n" };
	struct answer many = { 0 };
	struct turn early = { .before = &many }, late = { .before = &many };
	struct store_info info;
	struct room r;
	char key[16];

	(void)state;
	room_init(&r);
	room_open(&r);
	for (row.id = 1; row.id <= 100; row.id++) {
		snprintf(key, sizeof(key), "%d", (int)row.id);
		row.key = str_from(key);
		store_session_put(r.store, &row, on_turn, &many);
	}
	store_pair_get(r.store, STR("a@x"), STR("b@y"), on_found_in_turn,
		&early);
	store_pair_put(r.store, STR("a@x"), STR("b@y"), "xmpp", NOW_S, NULL,
		NULL);
	store_pair_get(r.store, STR("a@x"), STR("b@y"), on_found_in_turn,
		&late);
	room_step(&r);
	assert_int_equal(early.found.error, -STOX_ENOENT);
	assert_int_equal(early.before_it, 0);
	assert_string_equal(late.found.text, "xmpp");
	assert_int_equal(late.before_it, 64);
	assert_int_equal(many.calls, 100);
	store_info(r.store, &info);
	assert_int_equal(info.jobs, 103);
	assert_int_equal(info.commits, 3);
	answer_free(&late.found);
	room_free(&r);
}

static void the_first_spelling_stays(void **state)
{
	struct answer a = { 0 };
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_address_put(r.store, STR("a@x"), STR("sip:A@x"), NOW_S, NULL,
		NULL);
	store_address_put(r.store, STR("a@x"), STR("sip:a@x"), NOW_S, NULL,
		NULL);
	room_step(&r);
	store_close(&r.store);
	room_open(&r);
	store_address_get(r.store, STR("a@x"), on_found, &a);
	room_step(&r);
	assert_string_equal(a.text, "sip:A@x");
	answer_free(&a);
	room_free(&r);
}

/* Spellings go 30 days after their last use, and asking is a use. */
static void unused_spellings_go(void **state)
{
	struct answer used = { 0 }, unused = { 0 };
	const uint64_t day = 86400;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_address_put(r.store, STR("u@x"), STR("sip:U@x"), NOW_S, NULL,
		NULL);
	store_address_put(r.store, STR("v@x"), STR("sip:V@x"), NOW_S, NULL,
		NULL);
	io_world_wall(r.world, (int64_t)(20 * day) * 1000000);
	store_address_get(r.store, STR("u@x"), on_found, &used);
	room_step(&r);
	assert_string_equal(used.text, "sip:U@x");
	store_address_put(r.store, STR("w@x"), STR("sip:W@x"),
		NOW_S + 31 * day, NULL, NULL);
	store_address_get(r.store, STR("u@x"), on_found, &used);
	store_address_get(r.store, STR("v@x"), on_found, &unused);
	room_step(&r);
	assert_int_equal(used.error, 0);
	assert_int_equal(unused.error, -STOX_ENOENT);
	answer_free(&used);
	answer_free(&unused);
	room_free(&r);
}

static void values_live_and_expire(void **state)
{
	struct answer a;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	assert_int_equal(put_value(&r, "p", STR("k"), STR("1"), 0), 0);
	assert_int_equal(put_value(&r, "p", STR("k"), STR("2"), NOW_S + 10), 0);
	assert_int_equal(put_value(&r, "q", STR("k"), STR("3"), 0), 0);
	a = get_value(&r, "p", STR("k"));
	assert_string_equal(a.text, "2");
	answer_free(&a);
	io_world_wall(r.world, 9 * 1000000);
	a = get_value(&r, "p", STR("k"));
	assert_string_equal(a.text, "2");
	answer_free(&a);
	io_world_wall(r.world, 1 * 1000000);
	a = get_value(&r, "p", STR("k"));
	assert_int_equal(a.error, -STOX_ENOENT);
	assert_null(a.text);
	/* the other plugin's is another one, and has no end */
	io_world_wall(r.world, INT64_C(1000) * 86400 * 1000000);
	a = get_value(&r, "q", STR("k"));
	assert_string_equal(a.text, "3");
	answer_free(&a);
	room_free(&r);
}

static void expired_values_leave_the_file(void **state)
{
	struct store_info before, after;
	char key[16], text[2000];
	struct room r;

	(void)state;
	memset(text, 'x', sizeof(text));
	room_init(&r);
	room_open(&r);
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < 20; i++) {
			snprintf(key, sizeof(key), "%d", round * 20 + i);
			store_value_put(r.store, "p", str_from(key),
				(struct str){ text, sizeof(text) },
				io_wall_us(r.env) / 1000000 + 5, NULL, NULL);
		}
		room_step(&r);
		io_world_wall(r.world, 10 * 1000000);
		if (round == 4) {
			store_close(&r.store);
			room_open(&r);
			store_info(r.store, &before);
		}
	}
	store_close(&r.store);
	room_open(&r);
	store_info(r.store, &after);
	assert_true(after.file_bytes <= before.file_bytes + 16384);
	room_free(&r);
}

static void deleting(void **state)
{
	struct answer a = { 0 };
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	put_value(&r, "p", STR("k"), STR("v"), 0);
	for (int i = 0; i < 2; i++) { /* the second time there is nothing */
		a = (struct answer){ 0 };
		store_value_delete(r.store, "p", STR("k"), on_done, &a);
		room_step(&r);
		assert_int_equal(a.calls, 1);
		assert_int_equal(a.error, 0);
	}
	a = get_value(&r, "p", STR("k"));
	assert_int_equal(a.error, -STOX_ENOENT);
	room_free(&r);
}

/* Every field takes every byte. */
static void strange_strings(void **state)
{
	static const size_t big = 1 << 20;
	char *mega = malloc(big);
	struct str strings[] = {
		STR(""), STR("'"), STR("\""), STR("'; DROP TABLE meta; --"),
		STR("%_?1:a@b$c"), STR("a\0b"), STR("\0"), STR("a\0c"),
		STR("\xff\xfe\x80"), STR("\xed\xa0\x80"), STR("\xc3"),
		STR("\xf0\x9f\x98\x80"), STR("\r\n\t\x01\x7f"), STR("NULL"),
		STR("123"), STR("0123"), STR("1e3"), STR(" "), { mega, big },
	};
	struct answer a = { 0 };
	struct room r;

	(void)state;
	for (size_t i = 0; i < big; i++)
		mega[i] = (char)(i * 2654435761u >> 13);
	room_init(&r);
	room_open(&r);
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct str s = strings[i];

		store_address_put(r.store, s, s, NOW_S, NULL, NULL);
		store_value_put(r.store, "p", s, s, 0, NULL, NULL);
		store_meta_put(r.store, "m", s, NULL, NULL);
		store_meta_get(r.store, "m", on_found, &a);
		room_step(&r);
		assert_int_equal(a.error, 0);
		assert_int_equal(a.len, s.len);
		assert_memory_equal(a.text, s.len ? s.p : "", s.len);
	}
	store_close(&r.store);
	room_open(&r);
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct str s = strings[i];

		store_address_get(r.store, s, on_found, &a);
		room_step(&r);
		assert_int_equal(a.len, s.len);
		assert_memory_equal(a.text, s.len ? s.p : "", s.len);
		answer_free(&a);
		a = get_value(&r, "p", s);
		assert_int_equal(a.len, s.len);
		assert_memory_equal(a.text, s.len ? s.p : "", s.len);
		answer_free(&a);
	}
	free(mega);
	room_free(&r);
}

static void meta(void **state)
{
	struct answer a = { 0 };
	struct room r;
	struct buf value, small;

	(void)state;
	room_init(&r);
	room_open(&r);
	buf_init(&value, 100, NULL);
	buf_init(&small, 2, NULL);
	store_meta_get(r.store, "secret", on_found, &a);
	room_step(&r);
	assert_int_equal(a.error, -STOX_ENOENT);
	/* calls that wait in the queue go first */
	store_meta_put(r.store, "epoch", STR("7"), on_done, &a);
	a.calls = 0;
	assert_int_equal(store_meta_init(r.store, "epoch", STR("1"), &value),
		0);
	assert_string_equal(buf_text(&value), "7");
	assert_int_equal(a.calls, 0);
	room_step(&r);
	assert_int_equal(a.calls, 1);
	buf_clear(&value);
	assert_int_equal(store_meta_init(r.store, "secret", STR("first"),
		&value), 0);
	assert_string_equal(buf_text(&value), "first");
	store_close(&r.store);
	room_open(&r);
	buf_clear(&value);
	assert_int_equal(store_meta_init(r.store, "secret", STR("second"),
		&value), 0);
	assert_string_equal(buf_text(&value), "first");
	assert_int_equal(store_meta_init(r.store, "secret", STR(""), &small),
		-STOX_ETOOBIG);
	buf_free(&value);
	buf_free(&small);
	room_free(&r);
}

/* ---- route sets ----------------------------------------------------------- */

static void on_route(void *arg, uint64_t id, struct str routes, uint64_t seen_s)
{
	struct buf *out = arg;

	buf_printf(out, "%llu %.*s %llu\n", (unsigned long long)id,
		STR_FMT(routes), (unsigned long long)seen_s);
}

static void routes_are(struct room *r, uint64_t since_s, unsigned max,
	const char *want)
{
	struct buf out;

	buf_init(&out, 4096, NULL);
	assert_int_equal(store_routes_read(r->store, since_s, max, on_route,
		&out), 0);
	buf_add_char(&out, '\0');
	assert_string_equal(out.data, want);
	buf_free(&out);
}

/* The highest number stays: it is never given to another set. */
static void route_sets_live_while_they_are_seen(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	routes_are(&r, 0, 10, "");
	store_route_put(r.store, 1, STR("edge"), 100, NULL, NULL);
	store_route_put(r.store, 2, STR("pool"), 100, NULL, NULL);
	store_route_put(r.store, 3, STR("next"), 100, NULL, NULL);
	store_route_put(r.store, 1, STR("edge"), 300, NULL, NULL);
	routes_are(&r, 50, 10, "3 next 100\n2 pool 100\n1 edge 300\n");
	routes_are(&r, 50, 2, "3 next 100\n2 pool 100\n");
	routes_are(&r, 200, 10, "3 next 100\n1 edge 300\n");
	room_free(&r);
}

/* ---- counts ----------------------------------------------------------------- */

static void count_is(struct room *r, const char *name, const char *want)
{
	struct answer a = { 0 };

	store_count_get(r->store, str_from(name), on_found, &a);
	room_step(r);
	assert_int_equal(a.error, want ? 0 : -STOX_ENOENT);
	if (want)
		assert_string_equal(a.text, want);
	answer_free(&a);
}

static void counts_go_up_and_down(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	count_is(&r, "juliet", NULL);
	store_count_change(r.store, STR("juliet"), false, NULL, NULL);
	count_is(&r, "juliet", NULL);
	store_count_change(r.store, STR("juliet"), true, NULL, NULL);
	store_count_change(r.store, STR("juliet"), true, NULL, NULL);
	store_count_change(r.store, STR("nurse"), true, NULL, NULL);
	count_is(&r, "juliet", "2");
	count_is(&r, "nurse", "1");
	store_count_change(r.store, STR("juliet"), false, NULL, NULL);
	store_close(&r.store);
	room_open(&r);
	count_is(&r, "juliet", "1");
	store_count_change(r.store, STR("juliet"), false, NULL, NULL);
	count_is(&r, "juliet", NULL);
	count_is(&r, "nurse", "1");
	room_free(&r);
}

/* ---- sessions ------------------------------------------------------------ */

struct listing {
	uint64_t ids[1000];
	size_t count, pages;
	uint64_t last;
	struct room *room;
	int done, error;
	char state[64];
	struct store_session row;
	char kind[32], node[32], key[32];
};

static void on_row(void *arg, const struct store_session *row)
{
	struct listing *l = arg;

	l->ids[l->count++] = l->last = row->id;
	l->row = *row;
	snprintf(l->kind, sizeof(l->kind), "%s", row->kind);
	snprintf(l->node, sizeof(l->node), "%s", row->node);
	snprintf(l->key, sizeof(l->key), "%.*s", STR_FMT(row->key));
	snprintf(l->state, sizeof(l->state), "%.*s", STR_FMT(row->state));
}

static void on_page(void *arg, int error)
{
	struct listing *l = arg;

	l->error = error;
	l->pages++;
	if (l->count == l->pages * 10) /* a full page: ask for the next */
		store_session_list(l->room->store, l->last, 10, on_row, on_page,
			l);
	else
		l->done++;
}

static int put_session(struct room *r, const struct store_session *row)
{
	struct answer a = { 0 };

	store_session_put(r->store, row, on_done, &a);
	room_step(r);
	assert_int_equal(a.calls, 1);
	return a.error;
}

static void sessions_by_pages(void **state)
{
	struct listing l = { 0 };
	char key[16];
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	for (uint64_t i = 0; i < 35; i++) {
		struct store_session row = { .id = (i * 17 % 35 + 1) * 1000,
			.kind = "watch", .state = STR("s") };

		snprintf(key, sizeof(key), "%d", (int)i);
		row.key = str_from(key);
		assert_int_equal(put_session(&r, &row), 0);
	}
	l.room = &r;
	store_session_list(r.store, 0, 10, on_row, on_page, &l);
	room_step(&r);
	assert_int_equal(l.done, 1);
	assert_int_equal(l.error, 0);
	assert_int_equal(l.count, 35);
	for (size_t i = 0; i < 35; i++)
		assert_int_equal(l.ids[i], (i + 1) * 1000);
	room_free(&r);
}

static void a_session_comes_back_whole(void **state)
{
	struct store_session row = { .id = INT64_MAX, .kind = "chat",
		.key = STR("a\nb"), .state = STR("packed"), .due_s = 17,
		.node = "n1", .epoch = 3 };
	struct listing l = { 0 };
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	assert_int_equal(put_session(&r, &row), 0);
	row.state = STR("changed");
	row.due_s = UINT64_MAX; /* as late as can be kept */
	assert_int_equal(put_session(&r, &row), 0);
	store_close(&r.store);
	room_open(&r);
	l.room = &r;
	store_session_list(r.store, 0, 10, on_row, on_page, &l);
	room_step(&r);
	assert_int_equal(l.count, 1);
	assert_true(l.row.id == INT64_MAX);
	assert_true(l.row.due_s == INT64_MAX);
	assert_int_equal(l.row.epoch, 3);
	assert_string_equal(l.kind, "chat");
	assert_string_equal(l.node, "n1");
	assert_string_equal(l.key, "a\nb");
	assert_string_equal(l.state, "changed");
	room_free(&r);
}

static void found_row(void *arg, const struct store_session *row)
{
	uint64_t *id = arg;

	*id = row->id;
}

static uint64_t find_session(struct room *r, const char *kind, struct str key)
{
	uint64_t id = 0;

	store_session_get(r->store, kind, key, found_row, NULL, &id);
	room_step(r);
	return id;
}

static void sessions_are_found_by_key_and_id(void **state)
{
	struct store_session row = { .id = 1, .kind = "chat", .key = STR("k"),
		.state = STR("one") };
	uint64_t id = 0;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	assert_int_equal(store_session_last(r.store, &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(put_session(&r, &row), 0);
	row.id = 7;
	row.kind = "call";
	assert_int_equal(put_session(&r, &row), 0);
	row.id = 3;
	row.key = STR("k\n");
	assert_int_equal(put_session(&r, &row), 0);
	assert_int_equal(find_session(&r, "chat", STR("k")), 1);
	assert_int_equal(find_session(&r, "call", STR("k")), 7);
	assert_int_equal(find_session(&r, "call", STR("k\n")), 3);
	assert_int_equal(find_session(&r, "chat", STR("K")), 0);
	assert_int_equal(find_session(&r, "call\nk", STR("")), 0);
	store_session_get_id(r.store, 7, found_row, NULL, &id);
	room_step(&r);
	assert_int_equal(id, 7);
	assert_int_equal(store_session_last(r.store, &id), 0);
	assert_int_equal(id, 7);
	store_session_delete(r.store, 7, NULL, NULL);
	assert_int_equal(find_session(&r, "call", STR("k")), 0);
	room_free(&r);
}

/* The earliest first, those of one second by number, never those without. */
static void sessions_come_in_the_order_of_their_time(void **state)
{
	static const struct {
		uint64_t id, due_s;
	} rows[] = { { 1, 50 }, { 2, 0 }, { 3, 20 }, { 4, 50 }, { 5, 10 },
		{ 6, 20 } };
	static const uint64_t expected[] = { 5, 3, 6, 1, 4 };
	struct listing l = { .pages = 1 }; /* one page only */
	char key[16];
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	for (size_t i = 0; i < 6; i++) {
		struct store_session row = { .id = rows[i].id, .kind = "k",
			.due_s = rows[i].due_s, .state = STR("s") };

		snprintf(key, sizeof(key), "%d", (int)i);
		row.key = str_from(key);
		assert_int_equal(put_session(&r, &row), 0);
	}
	store_session_due(r.store, 0, 0, 10, on_row, NULL, &l);
	room_step(&r);
	assert_int_equal(l.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(l.ids[i], expected[i]);
	l.count = 0;
	store_session_due(r.store, 20, 3, 2, on_row, NULL, &l);
	room_step(&r);
	assert_int_equal(l.count, 2);
	assert_int_equal(l.ids[0], 6);
	assert_int_equal(l.ids[1], 1);
	/* the same by number, without those that never wake */
	l.count = 0;
	store_session_live(r.store, 0, 3, on_row, NULL, &l);
	room_step(&r);
	assert_int_equal(l.count, 3);
	assert_int_equal(l.ids[0], 1);
	assert_int_equal(l.ids[1], 3);
	assert_int_equal(l.ids[2], 4);
	l.count = 0;
	store_session_live(r.store, 4, 3, on_row, NULL, &l);
	room_step(&r);
	assert_int_equal(l.count, 2);
	assert_int_equal(l.ids[1], 6);
	room_free(&r);
}

/* ---- ends ---------------------------------------------------------------- */

static void closing_finishes_the_queue(void **state)
{
	struct answer a = { 0 }, b;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_value_put(r.store, "p", STR("k"), STR("v"), 0, on_done, &a);
	store_close(&r.store);
	assert_null(r.store);
	room_step(&r);
	assert_int_equal(a.calls, 0); /* nobody is called any more */
	room_open(&r);
	b = get_value(&r, "p", STR("k"));
	assert_string_equal(b.text, "v");
	answer_free(&b);
	room_free(&r);
}

static void dropping_loses_what_is_not_committed(void **state)
{
	struct answer a = { 0 }, b;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	assert_int_equal(put_value(&r, "p", STR("kept"), STR("v"), 0), 0);
	store_value_put(r.store, "p", STR("lost"), STR("v"), 0, on_done, &a);
	store_drop(&r.store);
	room_step(&r);
	assert_int_equal(a.calls, 0);
	room_open(&r);
	b = get_value(&r, "p", STR("kept"));
	assert_string_equal(b.text, "v");
	answer_free(&b);
	b = get_value(&r, "p", STR("lost"));
	assert_int_equal(b.error, -STOX_ENOENT);
	room_free(&r);
}

/* One step runs the batch, the next hands out: between them a node can die
 * with its rows kept and nobody told. */
static void committed_is_not_yet_told(void **state)
{
	struct answer a = { 0 }, b;
	struct store_info info;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_value_put(r.store, "p", STR("k"), STR("v"), 0, on_done, &a);
	for (info.commits = 0; info.commits == 0; store_info(r.store, &info))
		assert_int_equal(io_world_step(r.world, 1), 1);
	assert_int_equal(a.calls, 0);
	store_drop(&r.store);
	room_open(&r);
	b = get_value(&r, "p", STR("k"));
	assert_string_equal(b.text, "v");
	answer_free(&b);
	room_free(&r);
}

static void close_here(void *arg, int error)
{
	struct room *r = arg;

	assert_int_equal(error, 0);
	store_close(&r->store);
}

static void a_callback_may_end_the_store(void **state)
{
	struct answer a = { 0 };
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_meta_put(r.store, "a", STR("1"), close_here, &r);
	store_meta_put(r.store, "b", STR("2"), on_done, &a);
	room_step(&r);
	assert_null(r.store);
	assert_int_equal(a.calls, 0);
	room_open(&r);
	store_meta_get(r.store, "b", on_found, &a);
	room_step(&r);
	assert_string_equal(a.text, "2");
	answer_free(&a);
	room_free(&r);
}

static void a_store_in_memory(void **state)
{
	struct answer a;
	struct room r;

	(void)state;
	room_init(&r);
	snprintf(r.path, sizeof(r.path), ":memory:");
	room_open(&r);
	assert_true(store_version(r.store) >= 1);
	put_value(&r, "p", STR("k"), STR("v"), 0);
	a = get_value(&r, "p", STR("k"));
	assert_string_equal(a.text, "v");
	answer_free(&a);
	assert_int_not_equal(access(":memory:", F_OK), 0);
	room_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_come_later_and_in_order),
		cmocka_unit_test(few_go_before_many),
		cmocka_unit_test(the_first_spelling_stays),
		cmocka_unit_test(unused_spellings_go),
		cmocka_unit_test(values_live_and_expire),
		cmocka_unit_test(expired_values_leave_the_file),
		cmocka_unit_test(deleting),
		cmocka_unit_test(strange_strings),
		cmocka_unit_test(meta),
		cmocka_unit_test(route_sets_live_while_they_are_seen),
		cmocka_unit_test(counts_go_up_and_down),
		cmocka_unit_test(sessions_by_pages),
		cmocka_unit_test(a_session_comes_back_whole),
		cmocka_unit_test(sessions_are_found_by_key_and_id),
		cmocka_unit_test(sessions_come_in_the_order_of_their_time),
		cmocka_unit_test(closing_finishes_the_queue),
		cmocka_unit_test(dropping_loses_what_is_not_committed),
		cmocka_unit_test(committed_is_not_yet_told),
		cmocka_unit_test(a_callback_may_end_the_store),
		cmocka_unit_test(a_store_in_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
