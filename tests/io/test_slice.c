/*
 * Slices of long work, and the share that a stream has of a turn.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/mem.h"

enum { MANY = 1000, PLENTY = 100000 };

struct job {
	struct io_task task;
	struct works *all;
	unsigned number;
};
struct works {
	struct io_env *env;
	struct job jobs[MANY];
	unsigned ran, stop_at;
	struct io_task other;
	unsigned other_at; /* how many had run when that did */
	struct timer timer;
	unsigned timer_at;
	bool in_order;
};

static void run_job(void *arg)
{
	struct job *j = arg;
	struct works *w = j->all;

	w->in_order &= j->number == w->ran;
	if (w->ran++ == 0) {
		io_defer(w->env, &w->other);
		timer_start(io_timers(w->env), &w->timer, 0);
	}
	if (w->ran == w->stop_at)
		io_stop(w->env);
}

static void run_other(void *arg)
{
	struct works *w = arg;

	w->other_at = w->ran;
}

static void run_timer(void *arg)
{
	struct works *w = arg;

	w->timer_at = w->ran;
}

static struct works *works_new(struct io_env *env)
{
	struct works *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->env = env;
	w->in_order = true;
	io_task_init(&w->other, run_other, w);
	timer_init(&w->timer, run_timer, w);
	for (unsigned i = 0; i < MANY; i++) {
		w->jobs[i].all = w;
		w->jobs[i].number = i;
		io_task_init(&w->jobs[i].task, run_job, &w->jobs[i]);
		io_slice(env, &w->jobs[i].task, 5);
		io_slice(env, &w->jobs[i].task, 5); /* does nothing */
	}
	return w;
}

/* All of them, in their order, and others in between. */
static void test_slices(void **state)
{
	struct io_world *world = io_world_new(0, 1);
	struct io_env *env = io_mem_new(world, "192.0.2.1", NULL);
	struct works *w = works_new(env);

	(void)state;
	io_world_step(world, PLENTY);
	assert_int_equal(w->ran, MANY);
	assert_true(w->in_order);
	assert_in_range(w->other_at, 1, MANY / 2);
	assert_in_range(w->timer_at, 1, MANY / 2);
	io_env_free(&env);
	io_world_free(&world);
	free(w);
}

static void test_undefer(void **state)
{
	struct io_world *world = io_world_new(0, 1);
	struct io_env *env = io_mem_new(world, "192.0.2.1", NULL);
	struct works *w = works_new(env);

	(void)state;
	for (unsigned i = 1; i < MANY; i++)
		io_undefer(&w->jobs[i].task);
	io_world_step(world, PLENTY);
	assert_int_equal(w->ran, 1);
	io_env_free(&env);
	io_world_free(&world);
	free(w);
}

/* The real loop stops at once; what is left is forgotten. */
static void test_stop(void **state)
{
	struct io_env *env = io_uv_new(NULL);
	struct works *w = works_new(env);

	(void)state;
	w->stop_at = 10;
	io_run(env);
	assert_in_range(w->ran, 10, MANY / 2);
	assert_true(w->in_order);
	w->stop_at = MANY;
	io_run(env);
	assert_int_equal(w->ran, MANY);
	for (unsigned i = 0; i < MANY; i++)
		io_slice(env, &w->jobs[i].task, 5);
	io_env_free(&env);
	assert_int_equal(w->ran, MANY);
	free(w);
}

/* ---- streams ---------------------------------------------------------------- */

enum { FLOOD = 400000 };

struct reader {
	struct io_env *env;
	struct io_stream *streams[2];
	unsigned count, closed;
	size_t got[2];
	size_t when;   /* what the flood had brought when the other was heard */
	bool damaged, pausing;
	struct timer again;
};

static void spend(long us)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while ((b.tv_sec - a.tv_sec) * 1000000 +
		       (b.tv_nsec - a.tv_nsec) / 1000 < us);
}

static void read_on(void *arg)
{
	struct reader *r = arg;

	io_resume(r->streams[0]);
}

static void on_bytes(void *arg, struct io_stream *s, struct str bytes)
{
	struct reader *r = arg;
	unsigned i = s == r->streams[1];

	for (size_t n = 0; n < bytes.len; n++)
		r->damaged |= bytes.p[n] != (char)((r->got[i] + n) % 251);
	r->got[i] += bytes.len;
	if (i == 1)
		r->when = r->got[0];
	else
		spend(300);
	if (r->pausing && i == 0) {
		io_pause(s);
		timer_start(io_timers(r->env), &r->again, 1);
	}
}

static void on_end(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	struct reader *r = arg;

	(void)s;
	(void)detail;
	assert_int_equal(reason, IO_EOF);
	if (++r->closed == r->count)
		io_stop(r->env);
}

static void on_accept(void *arg, struct io_stream *s)
{
	static const struct io_events events = { .on_data = on_bytes,
		.on_close = on_end };
	struct reader *r = arg;

	r->streams[r->count++] = s;
	io_stream_events(s, &events, r);
}

/* Bytes that lie in the kernel before the loop runs. */
static void send_all(uint16_t port, size_t len)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char *bytes = malloc(len);

	assert_non_null(bytes);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i % 251);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	free(bytes);
}

static void flood(struct reader *r, bool other)
{
	const struct io_listen_config c = { .address = "127.0.0.1",
		.on_accept = on_accept, .arg = r };
	struct io_listener *l;
	struct buf why;

	buf_init(&why, 1000, NULL);
	r->env = io_uv_new(NULL);
	timer_init(&r->again, read_on, r);
	l = io_listen(r->env, &c, &why);
	assert_non_null(l);
	send_all(io_listener_port(l), FLOOD);
	if (other)
		send_all(io_listener_port(l), 1);
	io_run(r->env);
	io_listener_close(&l);
	io_env_free(&r->env);
	buf_free(&why);
	assert_false(r->damaged);
	assert_int_equal(r->got[0], FLOOD);
}

/* One that sends much does not keep the loop from another; nothing is lost,
 * though the end of it has come long before. */
static void test_share(void **state)
{
	struct reader r = { .count = 0 };

	(void)state;
	flood(&r, true);
	assert_int_equal(r.got[1], 1);
	assert_in_range(r.when, 0, FLOOD / 2);
}

static void test_pause(void **state)
{
	struct reader r = { .pausing = true };

	(void)state;
	flood(&r, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_undefer),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
