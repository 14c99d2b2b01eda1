/*
 * The store with its thread, on the real environment.
 */
#include "help.h"

#include <signal.h>
#include <sys/wait.h>

struct real {
	struct room room;   /* the folder and the log; its world is unused */
	struct io_env *env;
	struct store *store;
	int made, told, failed, last;
	int most;           /* stop the loop after so many */
	struct timer timer;
};

static void open_real(struct real *r, struct store **ret)
{
	const struct store_config c = { r->room.path, true };

	*ret = store_open(r->env, &r->room.log, &c, &r->room.why);
	if (!*ret)
		fail_msg("%s", buf_text(&r->room.why));
}

static void real_init(struct real *r)
{
	const struct io_env_config c = { .log = &r->room.log,
		.limits = &r->room.limits, .budget = &r->room.budget };

	memset(r, 0, sizeof(*r));
	room_init(&r->room);
	r->env = io_uv_new(&c);
	assert_non_null(r->env);
	assert_true(io_has_threads(r->env));
	open_real(r, &r->store);
}

static void real_free(struct real *r)
{
	store_close(&r->store);
	io_env_free(&r->env);
	room_free(&r->room);
}

static void too_long(void *arg)
{
	(void)arg;
	fail_msg("nothing came for 60 s");
}

/* Run the loop until @most results came. */
static void run_until(struct real *r, int most)
{
	r->most = most;
	timer_init(&r->timer, too_long, NULL);
	timer_start(io_timers(r->env), &r->timer, 60000);
	if (r->told < most)
		io_run(r->env);
	timer_stop(io_timers(r->env), &r->timer);
	assert_int_equal(r->told, most);
}

struct call {
	struct real *real;
	int number;
};

static void came(struct call *c, int error)
{
	struct real *r = c->real;

	assert_int_equal(c->number, r->last); /* in the order of the calls */
	r->last++;
	r->told++;
	r->failed += error != 0;
	free(c);
	if (r->told == r->most)
		io_stop(r->env);
}

static void put_came(void *arg, int error)
{
	came(arg, error);
}

static void get_came(void *arg, int error, struct str value)
{
	struct call *c = arg;
	char want[16];

	snprintf(want, sizeof(want), "%d", c->number - 1);
	assert_true(str_is(value, want));
	came(c, error);
}

static struct call *call_new(struct real *r)
{
	struct call *c = malloc(sizeof(*c));

	*c = (struct call){ r, r->made++ };
	return c;
}

static void put_number(struct real *r)
{
	struct call *c = call_new(r);
	char text[16];

	snprintf(text, sizeof(text), "%d", c->number);
	store_value_put(r->store, "p", str_from(text), str_from(text), 0,
		put_came, c);
}

/* The value that the call before has put. */
static void get_number(struct real *r)
{
	struct call *c = call_new(r);
	char text[16];

	snprintf(text, sizeof(text), "%d", c->number - 1);
	store_value_get(r->store, "p", str_from(text), get_came, c);
}

/* One of many, which the other jobs do not wait for. */
static void put_session(struct real *r, int number)
{
	struct store_session row = { .id = (uint64_t)number + 1, .kind = "k",
		.state = STR("s"), .node = "n" };
	char key[16];

	snprintf(key, sizeof(key), "%d", number);
	row.key = str_from(key);
	store_session_put(r->store, &row, NULL, NULL);
}

/* Among sessions, which come in any number. */
static void few_in_order_among_many(void **state)
{
	struct real r;

	(void)state;
	real_init(&r);
	for (int i = 0; i < 2000; i++) {
		put_session(&r, i);
		if (i % 7 == 0) {
			put_number(&r);
			get_number(&r);
		}
	}
	run_until(&r, 572);
	assert_int_equal(r.failed, 0);
	real_free(&r);
}

static void results_in_order(void **state)
{
	struct store_info info;
	struct real r;

	(void)state;
	real_init(&r);
	for (int i = 0; i < 2000; i++) {
		put_number(&r);
		get_number(&r);
	}
	assert_int_equal(r.told, 0); /* never before the loop runs */
	run_until(&r, 4000);
	assert_int_equal(r.failed, 0);
	store_info(r.store, &info);
	assert_int_equal(info.jobs, 4000);
	assert_int_equal(info.queued, 0);
	/* what waited while the disk worked went together */
	assert_true(info.commits < 2000);
	real_free(&r);
}

/* Each result asks for the next: one commit each, all over the loop. */
struct chain {
	struct real *real;
	int left;
};

static void chained(void *arg, int error)
{
	struct chain *c = arg;

	assert_int_equal(error, 0);
	if (c->left-- == 0) {
		io_stop(c->real->env);
		return;
	}
	store_meta_put(c->real->store, "n", STR("x"), chained, c);
}

static void a_chain_of_commits(void **state)
{
	struct store_info info;
	struct real r;
	struct chain c = { &r, 50 };

	(void)state;
	real_init(&r);
	timer_init(&r.timer, too_long, NULL);
	timer_start(io_timers(r.env), &r.timer, 60000);
	chained(&c, 0);
	io_run(r.env);
	timer_stop(io_timers(r.env), &r.timer);
	store_info(r.store, &info);
	assert_int_equal(info.commits, 50);
	real_free(&r);
}

static void meta_init_waits(void **state)
{
	struct buf value;
	struct real r;

	(void)state;
	real_init(&r);
	buf_init(&value, 100, NULL);
	put_number(&r);
	assert_int_equal(store_meta_init(r.store, "id", STR("n1"), &value), 0);
	assert_string_equal(buf_text(&value), "n1");
	assert_int_equal(r.told, 0);
	run_until(&r, 1);
	buf_free(&value);
	real_free(&r);
}

static int count_values(struct real *r, int numbers)
{
	struct answer a;
	char text[16];
	int there = 0;

	room_open(&r->room);
	for (int i = 0; i < numbers; i++) {
		snprintf(text, sizeof(text), "%d", i);
		a = get_value(&r->room, "p", str_from(text));
		there += a.error == 0;
		answer_free(&a);
	}
	return there;
}

static void told_by_nobody(void *arg, int error)
{
	(void)arg;
	(void)error;
	fail_msg("a callback after the end");
}

static void put_quietly(struct real *r, int n)
{
	char text[16];

	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%d", i);
		store_value_put(r->store, "p", str_from(text), STR("v"), 0,
			told_by_nobody, NULL);
	}
}

static void closing_finishes_the_queue(void **state)
{
	struct real r;

	(void)state;
	real_init(&r);
	put_quietly(&r, 500);
	store_close(&r.store);
	assert_int_equal(count_values(&r, 500), 500);
	real_free(&r);
}

/* Dropped in the middle of the work: whole batches or nothing, no call. */
static void dropping(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct real r;
		int there;

		real_init(&r);
		put_quietly(&r, 50 * round);
		store_drop(&r.store);
		there = count_values(&r, 50 * round + 1);
		assert_in_range(there, 0, 50 * round);
		real_free(&r);
	}
}

static void opened_and_closed(void **state)
{
	struct real r;

	(void)state;
	real_init(&r);
	for (int i = 0; i < 20; i++) {
		store_close(&r.store);
		open_real(&r, &r.store);
	}
	real_free(&r);
}

/* ---- kill -9 ------------------------------------------------------------- */

struct child {
	struct real *real;
	int pipe, number;
};

/* Committed: say so, and go on. */
static void say(void *arg, int error)
{
	struct child *c = arg;
	char text[16];

	if (error || write(c->pipe, &c->number, sizeof(c->number)) < 0)
		_exit(1);
	c->number++;
	snprintf(text, sizeof(text), "%d", c->number);
	store_value_put(c->real->store, "p", str_from(text), STR("v"), 0, say,
		c);
}

static void live_until_killed(struct real *r, int fd)
{
	struct child *c = malloc(sizeof(*c));

	*c = (struct child){ r, fd, -1 };
	real_init(r);
	if (write(fd, r->room.folder, sizeof(r->room.folder)) < 0)
		_exit(1);
	say(c, 0);
	io_run(r->env);
	_exit(1);
}

static void killed_at_any_moment(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct real r = { 0 };
		int ends[2], number, last = -1, status;
		char folder[sizeof(r.room.folder)];
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			alarm(60);
			live_until_killed(&r, ends[1]);
		}
		close(ends[1]);
		assert_int_equal(read(ends[0], folder, sizeof(folder)),
			sizeof(folder));
		while (last < round * 7 &&
			read(ends[0], &number, sizeof(number)) > 0)
			last = number;
		kill(pid, SIGKILL);
		/* what it has said and we had not yet heard counts as well */
		while (read(ends[0], &number, sizeof(number)) > 0)
			last = number;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		close(ends[0]);
		real_init(&r);
		store_close(&r.store);
		remove_folder(r.room.folder);
		snprintf(r.room.folder, sizeof(r.room.folder), "%s", folder);
		snprintf(r.room.path, sizeof(r.room.path), "%s/db", folder);
		/* the first word is about nothing, the others about n values */
		assert_true(count_values(&r, last + 1) == last + 1);
		real_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_moment),
		cmocka_unit_test(results_in_order),
		cmocka_unit_test(few_in_order_among_many),
		cmocka_unit_test(a_chain_of_commits),
		cmocka_unit_test(meta_init_waits),
		cmocka_unit_test(closing_finishes_the_queue),
		cmocka_unit_test(dropping),
		cmocka_unit_test(opened_and_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
