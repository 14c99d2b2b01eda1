/*
 * The real environment over loopback, in the clear.
 */
#include "ends.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void test_echo(void **state)
{
	struct ends *e = ends_connected();

	(void)state;
	assert_true(io_stream_is_client(e->a.s));
	assert_false(io_stream_is_client(e->b.s));
	assert_string_equal(io_stream_peer_address(e->a.s), "127.0.0.1");
	assert_string_equal(io_stream_peer_address(e->b.s), "127.0.0.1");
	assert_non_null(strstr(io_stream_peer(e->a.s), "127.0.0.1:"));
	assert_null(io_stream_tls(e->a.s));
	assert_null(io_stream_identity(e->a.s));
	assert_int_equal(io_stream_peer_uid(e->b.s), -1);
	e->b.echo = true;
	io_write(e->a.s, STR("hello "));
	io_write(e->a.s, STR("big "));
	io_write(e->a.s, STR("world"));
	assert_int_equal(io_queued(e->a.s), 15);
	ENDS_WAIT(e, e->a.got.len == 15);
	assert_true(str_is(buf_str(&e->a.got), "hello big world"));
	/* the writes of a turn leave together */
	assert_int_equal(e->b.pieces, 1);
	assert_int_equal(e->a.drained, 1);
	io_write(e->a.s, STR("!"));
	io_close(e->a.s);
	io_close(e->a.s);
	assert_int_equal(io_write(e->a.s, STR("x")), -STOX_EGONE);
	io_pause(e->a.s);
	io_resume(e->a.s);
	ENDS_WAIT(e, e->a.closed && e->b.closed);
	assert_int_equal(e->a.reason, IO_LOCAL);
	assert_int_equal(e->b.reason, IO_EOF);
	assert_int_equal(e->b.got.len, 16);
	ends_free(e);
}

static void test_dual_stack(void **state)
{
	struct ends *e = ends_new(NULL, NULL);

	(void)state;
	ends_connect(e, "127.0.0.1", NULL);
	ENDS_WAIT(e, e->b.opened == 1);
	assert_string_equal(io_stream_peer_address(e->b.s), "127.0.0.1");
	io_abort(e->a.s);
	ENDS_WAIT(e, e->a.closed == 1 && e->b.closed == 1);
	assert_int_equal(e->b.reason, IO_RESET);
	ends_connect(e, "[::1]", NULL);
	ENDS_WAIT(e, e->b.opened == 2);
	assert_string_equal(io_stream_peer_address(e->b.s), "::1");
	ends_free(e);
}

/* "localhost" has ::1 first, where nobody listens. */
static void test_happy_eyeballs(void **state)
{
	struct ends *e = ends_new("127.0.0.1", NULL);

	(void)state;
	ends_connect(e, "localhost", NULL);
	ENDS_WAIT(e, e->a.opened == 1 && e->b.opened == 1);
	assert_string_equal(io_stream_peer_address(e->a.s), "127.0.0.1");
	ends_free(e);
}

static void test_connect_fails(void **state)
{
	static const struct {
		const char *host;
		bool special_ok;
		enum io_reason reason;
	} cases[] = {
		{ "127.0.0.1", true, IO_REFUSED },
		{ "::1", true, IO_REFUSED },
		{ "127.0.0.1", false, IO_FORBIDDEN },
		{ "::ffff:127.0.0.1", false, IO_FORBIDDEN },
		{ "::127.0.0.1", false, IO_FORBIDDEN },
		{ "2002:7f00:1::1", false, IO_FORBIDDEN },
		{ "64:ff9b::7f00:1", false, IO_FORBIDDEN },
		{ "0.0.0.0", false, IO_FORBIDDEN },
		{ "::", false, IO_FORBIDDEN },
		{ "169.254.169.254", false, IO_FORBIDDEN },
		{ "224.0.0.1", false, IO_FORBIDDEN },
		{ "255.255.255.255", false, IO_FORBIDDEN },
		{ "fe80::1", false, IO_FORBIDDEN },
		{ "ff02::1", false, IO_FORBIDDEN },
		{ "localhost", false, IO_FORBIDDEN },
		{ "/nonexistent/socket", false, IO_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ends *e = ends_new("127.0.0.1", NULL);
		struct io_connect_config c = { .host = cases[i].host,
			.port = io_listener_port(e->l),
			.special_ok = cases[i].special_ok,
			.events = &end_events, .arg = &e->a };

		if (cases[i].reason == IO_REFUSED)
			io_listener_close(&e->l);
		e->a.s = io_connect(e->env, &c);
		assert_int_equal(e->a.closed, 0);
		ENDS_WAIT(e, e->a.closed);
		if (e->a.reason != cases[i].reason)
			fail_msg("%s: %s", cases[i].host,
				io_reason_text(e->a.reason));
		if (!e->l) { /* ends_free() closes it */
			struct io_listen_config lc = {
				.address = "127.0.0.1",
				.on_accept = end_on_accept };

			e->l = io_listen(e->env, &lc, NULL);
		}
		ends_free(e);
	}
}

/* A listener whose backlog is full never answers: the connect times out. */
static void test_connect_timeout(void **state)
{
	struct ends *e = ends_new("127.0.0.1", NULL);
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	struct io_connect_config c = { .host = "127.0.0.1", .special_ok = true,
		.events = &end_events, .arg = &e->a };
	int fds[8], deaf = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(deaf, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(deaf, 0), 0);
	getsockname(deaf, (struct sockaddr *)&a, &len);
	for (int i = 0; i < 8; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fds[i], (struct sockaddr *)&a, sizeof(a));
	}
	e->limits.value[LIMIT_CONNECT_TIME] = 1;
	c.port = ntohs(a.sin_port);
	e->a.s = io_connect(e->env, &c);
	ENDS_WAIT(e, e->a.closed);
	assert_int_equal(e->a.reason, IO_TIMEOUT);
	assert_int_equal(e->limits.hits[LIMIT_CONNECT_TIME], 1);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	close(deaf);
	ends_free(e);
}

static void fill(struct ends *e, size_t bytes)
{
	static const char block[10000];

	for (size_t n = 0; n < bytes && e->a.s; n += sizeof(block))
		io_write(e->a.s, (struct str){ block, sizeof(block) });
}

static void test_slow_reader(void **state)
{
	struct ends *e = ends_connected();

	(void)state;
	io_pause(e->b.s);
	for (int i = 0; i < 50 && !e->a.closed; i++) {
		fill(e, 1000000);
		ends_turn(e, 5);
	}
	assert_int_equal(e->a.closed, 1);
	assert_int_equal(e->a.reason, IO_QUEUE_FULL);
	assert_int_equal(e->limits.hits[LIMIT_SEND_QUEUE], 1);
	ends_free(e);
}

static void test_pause_and_resume(void **state)
{
	struct ends *e = ends_connected();
	const size_t all = 4000000;

	(void)state;
	io_pause(e->b.s);
	fill(e, all);
	for (int i = 0; i < 20; i++)
		ends_turn(e, 5);
	assert_int_equal(e->b.pieces, 0);
	assert_true(io_queued(e->a.s) > 0);
	assert_int_equal(e->a.drained, 0);
	io_resume(e->b.s);
	ENDS_WAIT(e, e->b.got.len == all);
	ENDS_WAIT(e, e->a.drained == 1);
	assert_int_equal(io_queued(e->a.s), 0);
	ends_free(e);
}

static void test_write_timeout(void **state)
{
	struct ends *e = ends_connected();

	(void)state;
	e->limits.value[LIMIT_WRITE_TIME] = 1;
	io_pause(e->b.s);
	for (int i = 0; i < 20 && io_queued(e->a.s) < 1000000; i++) {
		fill(e, 500000);
		ends_turn(e, 5);
	}
	ENDS_WAIT(e, e->a.closed);
	assert_int_equal(e->a.reason, IO_WRITE_TIMEOUT);
	ends_free(e);
}

/* io_close() towards one who does not read ends after its five seconds. */
static void test_close_deaf(void **state)
{
	struct ends *e = ends_connected();
	uint64_t begun;

	(void)state;
	io_pause(e->b.s);
	fill(e, 4000000);
	ends_turn(e, 5);
	io_close(e->a.s);
	begun = io_now_ms(e->env);
	ENDS_WAIT(e, e->a.closed);
	assert_int_equal(e->a.reason, IO_LOCAL);
	assert_in_range(io_now_ms(e->env) - begun, 4900, 9900);
	ends_free(e);
}

/* What the peer had said before it vanished is heard first. */
static void test_last_words(void **state)
{
	struct ends *e = ends_new("127.0.0.1", NULL);
	int fd = ends_socket(e);

	(void)state;
	ENDS_WAIT(e, e->b.opened);
	assert_int_equal(write(fd, "last words", 10), 10);
	close(fd);
	io_write(e->b.s, STR("nobody reads this"));
	ENDS_WAIT(e, e->b.closed);
	assert_true(str_is(buf_str(&e->b.got), "last words"));
	ends_free(e);
}

/* A stream that nobody wants is closed, and detached ones tell nobody. */
static void on_accept_nothing(void *arg, struct io_stream *s)
{
	(void)s;
	++*(unsigned *)arg;
}

static void test_unwanted(void **state)
{
	struct ends *e = ends_new("127.0.0.1", NULL);
	unsigned seen = 0;
	struct io_listen_config lc = { .address = "127.0.0.1",
		.on_accept = on_accept_nothing, .arg = &seen };

	(void)state;
	io_listener_close(&e->l);
	e->l = io_listen(e->env, &lc, NULL);
	ends_connect(e, "127.0.0.1", NULL);
	ENDS_WAIT(e, e->a.closed);
	assert_int_equal(seen, 1);
	assert_int_equal(e->a.reason, IO_RESET);
	ends_free(e);
}

static void test_detach(void **state)
{
	struct ends *e = ends_connected();

	(void)state;
	io_stream_events(e->a.s, NULL, NULL);
	io_abort(e->a.s);
	e->a.s = NULL;
	ENDS_WAIT(e, e->b.closed);
	assert_int_equal(e->a.closed, 0);
	ends_free(e);
}

static void test_listen_fails(void **state)
{
	struct ends *e = ends_new("127.0.0.1", NULL);
	struct io_listen_config lc = { .address = "127.0.0.1",
		.port = io_listener_port(e->l), .on_accept = end_on_accept };
	struct buf why;

	(void)state;
	buf_init(&why, 1000, NULL);
	assert_null(io_listen(e->env, &lc, &why));
	buf_add_char(&why, '\0');
	assert_non_null(strstr(why.data, "in use"));
	buf_clear(&why);
	lc.address = "not an address";
	assert_null(io_listen(e->env, &lc, &why));
	assert_true(why.len > 0);
	buf_free(&why);
	ends_free(e);
}

/* A socket file whose server was killed. */
static void leave_stale(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
}

static void test_unix(void **state)
{
	struct ends *e = ends_new("127.0.0.1", NULL);
	char dir[] = "/tmp/stox-io-XXXXXX", path[64];
	struct io_connect_config c = { .host = path, .events = &end_events,
		.arg = &e->a };
	struct io_listener *l, *again;
	struct buf why;
	struct stat st;

	(void)state;
	buf_init(&why, 1000, NULL);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/control", dir);
	for (int round = 0; round < 2; round++) {
		l = io_listen_unix(e->env, path, end_on_accept, &e->b, &why);
		assert_non_null(l);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0660);
		again = io_listen_unix(e->env, path, end_on_accept, &e->b,
			&why);
		assert_null(again);
		/* its probe came to us */
		ENDS_WAIT(e, e->b.opened && !e->b.s);
		e->a.s = io_connect(e->env, &c);
		e->b.opened = 0;
		ENDS_WAIT(e, e->b.opened);
		assert_int_equal(io_stream_peer_uid(e->b.s), (int)getuid());
		e->b.echo = true;
		io_write(e->a.s, STR("hi"));
		ENDS_WAIT(e, e->a.got.len == 2u * (unsigned)(round + 1));
		io_close(e->a.s);
		ENDS_WAIT(e, !e->a.s && !e->b.s);
		io_listener_close(&l);
		assert_int_not_equal(stat(path, &st), 0);
		e->b.opened = 0;
		if (round == 0)
			leave_stale(path);
	}
	buf_clear(&why);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_null(io_listen_unix(e->env, path, end_on_accept, &e->b, &why));
	rmdir(path);
	rmdir(dir);
	buf_free(&why);
	ends_free(e);
}

/* ---- the loop ----------------------------------------------------------- */

struct chime {
	struct io_env *env;
	struct timer timer;
	struct io_task task;
	uint64_t rang_ms;
	unsigned ran;
	struct io_bell *bell;
};

static void on_chime(void *arg)
{
	struct chime *c = arg;

	c->rang_ms = io_now_ms(c->env);
	io_defer(c->env, &c->task);
}

static void on_task(void *arg)
{
	((struct chime *)arg)->ran++;
}

static void test_timers_end_the_loop(void **state)
{
	struct chime c = { .env = io_uv_new(NULL) };
	uint64_t from = io_now_ms(c.env);

	(void)state;
	timer_init(&c.timer, on_chime, &c);
	io_task_init(&c.task, on_task, &c);
	io_run(c.env); /* nothing to wait for */
	io_defer(c.env, &c.task);
	io_defer(c.env, &c.task);
	io_run(c.env);
	assert_int_equal(c.ran, 1);
	timer_start(io_timers(c.env), &c.timer, 30);
	io_run(c.env);
	assert_int_equal(c.ran, 2);
	assert_in_range(c.rang_ms - from, 30, 1000);
	assert_in_range(io_wall_us(c.env) / 1000000, 1700000000u, 5000000000u);
	io_env_free(&c.env);
	assert_null(c.env);
}

static void on_bell(void *arg)
{
	struct chime *c = arg;

	c->ran++;
	io_stop(c->env);
}

static void thread_main(void *arg)
{
	struct chime *c = arg;

	io_bell_ring(c->bell);
	io_bell_ring(c->bell);
}

static void test_thread_and_bell(void **state)
{
	struct chime c = { .env = io_uv_new(NULL) };
	struct io_thread *t;

	(void)state;
	assert_true(io_has_threads(c.env));
	c.bell = io_bell_new(c.env, on_bell, &c);
	t = io_thread_start(c.env, thread_main, &c);
	io_run(c.env);
	io_thread_join(&t);
	assert_null(t);
	assert_in_range(c.ran, 1, 2);
	io_bell_free(&c.bell);
	io_env_free(&c.env);
}

static void on_signal(void *arg, int signum)
{
	struct chime *c = arg;

	c->ran = (unsigned)signum;
	io_stop(c->env);
}

static void test_signal(void **state)
{
	struct chime c = { .env = io_uv_new(NULL) };

	(void)state;
	timer_init(&c.timer, on_chime, &c);
	io_task_init(&c.task, on_task, &c);
	assert_int_equal(io_signal(c.env, SIGUSR1, on_signal, &c), 0);
	timer_start(io_timers(c.env), &c.timer, 10000);
	raise(SIGUSR1);
	io_run(c.env);
	assert_int_equal(c.ran, SIGUSR1);
	timer_stop(io_timers(c.env), &c.timer);
	io_env_free(&c.env);
}

static void on_watch(void *arg, int events)
{
	struct chime *c = arg;

	assert_int_equal(events, 1);
	c->ran++;
	io_stop(c->env);
}

static void test_watch(void **state)
{
	struct chime c = { .env = io_uv_new(NULL) };
	struct io_watch *w;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	w = io_watch(c.env, fds[0], 1, on_watch, &c);
	assert_non_null(w);
	assert_int_equal(write(fds[1], "x", 1), 1);
	io_run(c.env);
	assert_int_equal(c.ran, 1);
	io_unwatch(&w);
	io_env_free(&c.env);
	close(fds[0]);
	close(fds[1]);
}

/* ---- many --------------------------------------------------------------- */

static void test_many_bytes_both_ways(void **state)
{
	struct ends *e = ends_connected();
	const size_t all = 3000000;

	(void)state;
	e->b.echo = true;
	fill(e, all);
	ENDS_WAIT(e, e->a.got.len == all);
	ends_free(e);
}

/* With few descriptors accepting pauses, costs no time meanwhile, and goes on
 * when there are some again. */
struct crowd {
	struct io_env *env;
	unsigned accepted;
};

static void on_crowd_close(void *arg, struct io_stream *s,
	enum io_reason reason, const char *detail)
{
	(void)arg;
	(void)s;
	(void)reason;
	(void)detail;
}

static const struct io_events crowd_events = { .on_close = on_crowd_close };

static void on_crowd(void *arg, struct io_stream *s)
{
	struct crowd *c = arg;

	c->accepted++;
	io_stream_events(s, &crowd_events, c);
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void on_crowd_timer(void *arg)
{
	io_stop(((struct crowd *)arg)->env);
}

static void run_for(struct crowd *c, unsigned ms)
{
	struct timer t;

	timer_init(&t, on_crowd_timer, c);
	timer_start(io_timers(c->env), &t, ms);
	io_run(c->env);
}

/* Runs in the child; the exit status names what failed. */
static int be_short_of_descriptors(int read_port, int write_go)
{
	struct rlimit r = { 64, 64 };
	struct crowd c = { 0 };
	struct io_listen_config lc = { .address = "127.0.0.1",
		.on_accept = on_crowd, .arg = &c };
	struct io_listener *l;
	uint16_t port;
	double before;
	unsigned first;
	int spare;

	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		return 10;
	c.env = io_uv_new(NULL);
	l = io_listen(c.env, &lc, NULL);
	port = io_listener_port(l);
	if (write(write_go, &port, sizeof(port)) != sizeof(port))
		return 11;
	run_for(&c, 500);
	before = cpu_ms();
	run_for(&c, 1000);
	if (cpu_ms() - before > 200)
		return 1;
	first = c.accepted;
	if (first < 20 || first > 60)
		return 2;
	spare = open("/dev/null", O_RDONLY);
	if (spare < 0)
		return 3; /* nothing left for others */
	close(spare);
	if (write(write_go, &port, 1) != 1 || read(read_port, &port, 1) != 1)
		return 12;
	run_for(&c, 2000);
	if (c.accepted <= first)
		return 4;
	io_listener_close(&l);
	io_env_free(&c.env);
	return 0;
}

static void test_descriptors(void **state)
{
	int up[2], down[2], fds[100], status = -1;
	struct sockaddr_in a = { .sin_family = AF_INET };
	uint16_t port;
	char go;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	pid = fork();
	if (pid == 0)
		_exit(be_short_of_descriptors(down[0], up[1]));
	assert_int_equal(read(up[0], &port, sizeof(port)), sizeof(port));
	a.sin_port = htons(port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 100; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&a,
					 sizeof(a)),
			0);
	}
	assert_int_equal(read(up[0], &go, 1), 1);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	assert_int_equal(write(down[1], &go, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	for (int i = 0; i < 2; i++) {
		close(up[i]);
		close(down[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_dual_stack),
		cmocka_unit_test(test_happy_eyeballs),
		cmocka_unit_test(test_connect_fails),
		cmocka_unit_test(test_connect_timeout),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_pause_and_resume),
		cmocka_unit_test(test_write_timeout),
		cmocka_unit_test(test_close_deaf),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_unwanted),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_listen_fails),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_timers_end_the_loop),
		cmocka_unit_test(test_thread_and_bell),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_many_bytes_both_ways),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
