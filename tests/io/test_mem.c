/*
 * The environment in memory: streams, its TLS, cables, clocks, DNS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/mem.h"

#define PLENTY 100000
#define WALL 1700000000000000u

/* One end of a stream and what it heard. */
struct end {
	struct io_env *env;
	struct io_stream *s;
	struct buf got;
	unsigned opened, secured, pieces, drained, closed;
	enum io_reason reason;
	char detail[80];
	bool echo;
	const struct io_tls_config *upgrade; /* at the first bytes */
};

static void on_open(void *arg, struct io_stream *s)
{
	struct end *e = arg;

	assert_ptr_equal(e->s, s);
	e->opened++;
}

static void on_secure(void *arg, struct io_stream *s)
{
	struct end *e = arg;

	assert_ptr_equal(e->s, s);
	e->secured++;
}

static void on_data(void *arg, struct io_stream *s, struct str bytes)
{
	struct end *e = arg;

	e->pieces++;
	buf_add_str(&e->got, bytes);
	if (e->echo)
		io_write(s, bytes);
	if (e->upgrade) {
		io_starttls(s, e->upgrade);
		e->upgrade = NULL;
	}
}

static void on_drain(void *arg, struct io_stream *s)
{
	(void)s;
	((struct end *)arg)->drained++;
}

static void on_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	struct end *e = arg;

	assert_ptr_equal(e->s, s);
	e->closed++;
	e->reason = reason;
	snprintf(e->detail, sizeof(e->detail), "%s", detail);
	e->s = NULL;
}

static const struct io_events events = { on_open, on_secure, on_data, on_drain,
	on_close };

static void on_accept(void *arg, struct io_stream *s)
{
	struct end *e = arg;

	e->s = s;
	io_stream_events(s, &events, e);
}

struct two {
	struct io_world *w;
	struct limits limits;
	struct end a, b; /* a connects to b */
	struct io_listener *l;
};

static struct two *two_new(const struct io_tls_config *tls)
{
	struct two *t = calloc(1, sizeof(*t));
	struct io_env_config c = { .limits = &t->limits };
	struct io_listen_config lc = { .port = 5269, .tls = tls,
		.on_accept = on_accept, .arg = &t->b };

	limits_init(&t->limits);
	t->w = io_world_new(WALL, 1);
	t->a.env = io_mem_new(t->w, "192.0.2.1", &c);
	t->b.env = io_mem_new(t->w, "192.0.2.2", &c);
	buf_init(&t->a.got, 1 << 24, NULL);
	buf_init(&t->b.got, 1 << 24, NULL);
	t->l = io_listen(t->b.env, &lc, NULL);
	assert_non_null(t->l);
	return t;
}

static void dial(struct two *t, const char *host,
	const struct io_tls_config *tls)
{
	struct io_connect_config c = { .host = host, .port = 5269, .tls = tls,
		.events = &events, .arg = &t->a };
	unsigned opened = t->a.opened;

	t->a.s = io_connect(t->a.env, &c);
	assert_int_equal(t->a.opened, opened);
}

static void two_free(struct two *t)
{
	io_listener_close(&t->l);
	io_env_free(&t->a.env);
	io_env_free(&t->b.env);
	io_world_free(&t->w);
	buf_free(&t->a.got);
	buf_free(&t->b.got);
	free(t);
}

static struct two *two_connected(void)
{
	struct two *t = two_new(NULL);

	dial(t, "192.0.2.2", NULL);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.opened, 1);
	assert_int_equal(t->b.opened, 1);
	return t;
}

/* ---- streams ------------------------------------------------------------ */

static void test_echo(void **state)
{
	struct two *t = two_connected();

	(void)state;
	assert_true(io_stream_is_client(t->a.s));
	assert_false(io_stream_is_client(t->b.s));
	assert_string_equal(io_stream_peer(t->a.s), "192.0.2.2:5269");
	assert_string_equal(io_stream_peer_address(t->b.s), "192.0.2.1");
	t->b.echo = true;
	io_write(t->a.s, STR("hello "));
	io_write(t->a.s, STR("world"));
	assert_int_equal(io_queued(t->a.s), 11);
	assert_int_equal(t->b.pieces, 0);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.pieces, 1);
	assert_true(str_is(buf_str(&t->a.got), "hello world"));
	assert_int_equal(t->a.drained, 1);
	assert_int_equal(io_queued(t->a.s), 0);
	io_write(t->a.s, STR("bye"));
	io_close(t->a.s);
	assert_int_equal(io_write(t->a.s, STR("x")), -STOX_EGONE);
	assert_int_equal(t->a.closed, 0);
	io_world_step(t->w, PLENTY);
	assert_true(str_is(buf_str(&t->b.got), "hello worldbye"));
	assert_int_equal(t->a.reason, IO_LOCAL);
	assert_int_equal(t->b.reason, IO_EOF);
	assert_int_equal(t->a.closed + t->b.closed, 2);
	two_free(t);
}

static void test_chop(void **state)
{
	struct two *t = two_connected();

	(void)state;
	io_world_chop(t->w, 1);
	io_write(t->a.s, STR("abcde"));
	io_close(t->a.s);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.pieces, 5);
	assert_true(str_is(buf_str(&t->b.got), "abcde"));
	assert_int_equal(t->b.reason, IO_EOF);
	two_free(t);
}

static void test_abort(void **state)
{
	struct two *t = two_connected();

	(void)state;
	io_abort(t->b.s);
	io_abort(t->b.s);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.reason, IO_LOCAL);
	assert_int_equal(t->a.reason, IO_RESET);
	assert_int_equal(t->a.closed + t->b.closed, 2);
	two_free(t);
}

static void test_pause(void **state)
{
	struct two *t = two_connected();
	char block[1000] = { 0 };

	(void)state;
	t->limits.value[LIMIT_SEND_QUEUE] = 100000;
	io_pause(t->b.s);
	for (int i = 0; i < 100; i++)
		io_write(t->a.s, (struct str){ block, sizeof(block) });
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.pieces, 0);
	assert_true(io_queued(t->a.s) > 0);
	io_resume(t->b.s);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.got.len, 100000);
	assert_int_equal(io_queued(t->a.s), 0);

	io_pause(t->b.s);
	for (int i = 0; i < 100; i++)
		io_write(t->a.s, (struct str){ block, sizeof(block) });
	io_world_step(t->w, PLENTY);
	for (int i = 0; i < 65; i++)
		io_write(t->a.s, (struct str){ block, sizeof(block) });
	assert_int_equal(
		io_write(t->a.s, (struct str){ block, sizeof(block) }),
		-STOX_ETOOBIG);
	assert_int_equal(io_write(t->a.s, STR("x")), -STOX_EGONE);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.reason, IO_QUEUE_FULL);
	assert_int_equal(t->b.reason, IO_RESET);
	assert_int_equal(t->limits.hits[LIMIT_SEND_QUEUE], 1);
	two_free(t);
}

static void test_write_timeout(void **state)
{
	struct two *t = two_connected();
	char block[100000] = { 0 };

	(void)state;
	io_pause(t->b.s);
	io_write(t->a.s, (struct str){ block, sizeof(block) });
	io_world_advance(t->w, 29000);
	assert_int_equal(t->a.closed, 0);
	io_world_advance(t->w, 2000);
	assert_int_equal(t->a.closed, 1);
	assert_int_equal(t->a.reason, IO_WRITE_TIMEOUT);
	two_free(t);
}

/* ---- connecting --------------------------------------------------------- */

static void test_connect_fails(void **state)
{
	static const struct {
		const char *host;
		enum io_reason reason;
	} cases[] = {
		{ "192.0.2.3", IO_UNREACHABLE },
		{ "192.0.2.1", IO_FORBIDDEN }, /* one's own */
		{ "127.0.0.1", IO_FORBIDDEN },
		{ "::1", IO_FORBIDDEN },
		{ "::ffff:127.0.0.1", IO_FORBIDDEN },
		{ "0.0.0.0", IO_FORBIDDEN },
		{ "169.254.0.1", IO_FORBIDDEN },
		{ "fe80::1", IO_FORBIDDEN },
		{ "localhost", IO_FORBIDDEN },
		{ "loop.example", IO_FORBIDDEN },
		{ "nobody.example", IO_DNS_NOT_FOUND },
		{ "quiet.example", IO_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct two *t = two_new(NULL);

		io_world_dns(t->w, "loop.example", IO_DNS_A, "127.0.0.1");
		io_world_dns(t->w, "quiet.example", IO_DNS_A, "192.0.2.2");
		if (cases[i].reason == IO_REFUSED)
			io_listener_close(&t->l);
		dial(t, cases[i].host, NULL);
		io_world_step(t->w, PLENTY);
		assert_int_equal(t->a.closed, 1);
		assert_int_equal(t->a.reason, cases[i].reason);
		two_free(t);
	}
}

static void test_connect_by_name(void **state)
{
	struct two *t = two_new(NULL);

	(void)state;
	io_world_dns(t->w, "b.example", IO_DNS_AAAA, "2001:db8::77");
	io_world_dns(t->w, "b.example", IO_DNS_A, "192.0.2.2");
	dial(t, "b.example", NULL);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.opened, 1);
	two_free(t);
}

static void test_cut(void **state)
{
	struct two *t = two_connected();

	(void)state;
	io_world_cut(t->w, "192.0.2.2", "192.0.2.1");
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.reason, IO_RESET);
	assert_int_equal(t->b.reason, IO_RESET);
	dial(t, "192.0.2.2", NULL);
	io_world_advance(t->w, 9999);
	assert_int_equal(t->a.closed, 1);
	io_world_advance(t->w, 1);
	assert_int_equal(t->a.closed, 2);
	assert_int_equal(t->a.reason, IO_TIMEOUT);
	io_world_heal(t->w);
	dial(t, "192.0.2.2", NULL);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.opened, 2);
	two_free(t);
}

static void test_kill_and_restart(void **state)
{
	struct two *t = two_connected();
	struct io_listen_config lc = { .port = 5269, .on_accept = on_accept,
		.arg = &t->b };

	(void)state;
	io_write(t->b.s, STR("never sent"));
	t->l = NULL;
	io_mem_kill(&t->b.env);
	assert_int_equal(t->b.closed, 0);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.reason, IO_RESET);
	assert_int_equal(t->a.got.len, 0);
	t->b.env = io_mem_new(t->w, "192.0.2.2", NULL);
	t->l = io_listen(t->b.env, &lc, NULL);
	dial(t, "192.0.2.2", NULL);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.opened, 2);
	two_free(t);
}

static void test_crash(void **state)
{
	struct two *t = two_connected();
	struct io_env *again;
	struct io_task task;

	(void)state;
	io_mem_crash(t->b.env);
	io_task_init(&task, NULL, NULL);
	io_defer(t->b.env, &task);
	assert_true(list_empty(&task.node));
	assert_int_equal(io_write(t->b.s, STR("x")), -STOX_EGONE);
	again = io_mem_new(t->w, "192.0.2.2", NULL);
	io_abort(t->b.s);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.reason, IO_RESET);
	assert_int_equal(t->b.closed, 0);
	io_listener_close(&t->l);
	io_env_free(&t->b.env);
	assert_int_equal(t->b.closed, 1);
	io_env_free(&again);
	two_free(t);
}

/* ---- TLS ---------------------------------------------------------------- */

struct keys {
	struct io_credentials *a, *b;
	struct io_tls_config client, server;
};

static void keys_init(struct keys *k, bool a_good, bool b_good)
{
	static const char *const a[] = { "dns:a.example", NULL };
	static const char *const b[] = { "dns:b.example",
		"srv:_xmpp-server.b.example", NULL };
	static const char *const other[] = { "dns:other.example", NULL };

	k->a = io_mem_credentials(a, a_good);
	k->b = io_mem_credentials(other, b_good);
	io_mem_credentials_add(k->b, b);
	k->client = (struct io_tls_config){ .credentials = k->a,
		.local_name = "a.example", .server_name = "b.example",
		.alpn = "xmpp-server" };
	k->server = (struct io_tls_config){ .credentials = k->b,
		.local_name = "other.example", .alpn = "xmpp-server",
		.ask_certificate = true };
}

static void keys_done(struct keys *k)
{
	io_credentials_unref(&k->a);
	io_credentials_unref(&k->b);
}

static void test_tls_direct(void **state)
{
	struct keys k;
	struct two *t;
	const struct io_identity *id;

	(void)state;
	keys_init(&k, true, true);
	t = two_new(&k.server);
	dial(t, "192.0.2.2", &k.client);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.opened, 1);
	assert_int_equal(t->b.opened, 1);
	assert_int_equal(t->a.secured + t->b.secured, 0);
	id = io_stream_identity(t->b.s);
	assert_true(id->present && id->trusted);
	assert_true(io_identity_names_xmpp(id, STR("a.example")));
	id = io_stream_identity(t->a.s);
	assert_true(io_identity_names_xmpp(id, STR("b.example")));
	assert_false(io_identity_names_xmpp(id, STR("other.example")));
	assert_string_equal(io_stream_sni(t->b.s), "b.example");
	assert_non_null(io_stream_tls(t->a.s));
	two_free(t);
	keys_done(&k);
}

static void test_tls_untrusted(void **state)
{
	struct keys k;
	struct two *t;

	(void)state;
	keys_init(&k, false, true);
	t = two_new(&k.server);
	dial(t, "192.0.2.2", &k.client);
	io_world_step(t->w, PLENTY);
	assert_true(io_stream_identity(t->b.s)->present);
	assert_false(io_stream_identity(t->b.s)->trusted);
	assert_non_null(io_stream_identity(t->b.s)->why);
	two_free(t);
	keys_done(&k);
}

static void test_tls_alpn_refused(void **state)
{
	struct keys k;
	struct two *t;

	(void)state;
	keys_init(&k, true, true);
	k.client.alpn = "h2";
	t = two_new(&k.server);
	dial(t, "192.0.2.2", &k.client);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.reason, IO_TLS_FAILED);
	assert_int_equal(t->b.reason, IO_TLS_FAILED);
	assert_int_equal(t->a.opened + t->b.opened, 0);
	two_free(t);
	keys_done(&k);
}

static void test_starttls(void **state)
{
	struct keys k;
	struct two *t = two_connected();

	(void)state;
	keys_init(&k, true, true);
	t->b.echo = true;
	t->b.upgrade = &k.server;
	t->a.upgrade = &k.client;
	io_write(t->a.s, STR("starttls"));
	io_world_step(t->w, PLENTY);
	assert_true(str_is(buf_str(&t->a.got), "starttls"));
	assert_int_equal(t->a.secured, 1);
	assert_int_equal(t->b.secured, 1);
	io_write(t->a.s, STR(" again"));
	io_world_step(t->w, PLENTY);
	assert_true(str_is(buf_str(&t->a.got), "starttls again"));
	two_free(t);
	keys_done(&k);
}

/* Bytes that follow in the clear where a handshake must come. */
static void test_starttls_injection(void **state)
{
	struct keys k;
	struct two *t = two_connected();

	(void)state;
	keys_init(&k, true, true);
	io_world_chop(t->w, 8);
	t->b.upgrade = &k.server;
	io_write(t->a.s, STR("starttlsforged!!"));
	io_world_step(t->w, PLENTY);
	assert_true(str_is(buf_str(&t->b.got), "starttls"));
	assert_int_equal(t->b.reason, IO_TLS_FAILED);
	two_free(t);
	keys_done(&k);
}

static void test_tls_timeout(void **state)
{
	struct keys k;
	struct two *t;

	(void)state;
	keys_init(&k, true, true);
	t = two_new(&k.server);
	dial(t, "192.0.2.2", NULL); /* and says nothing */
	io_world_advance(t->w, 9999);
	assert_int_equal(t->b.closed, 0);
	io_world_advance(t->w, 1);
	assert_int_equal(t->b.reason, IO_TIMEOUT);
	assert_int_equal(t->a.closed, 1);
	two_free(t);
	keys_done(&k);
}

/* ---- clocks, tasks ------------------------------------------------------ */

struct chime {
	struct io_env *env;
	struct timer timer;
	struct io_task task;
	uint64_t rang_ms;
	unsigned ran;
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

static void test_clock(void **state)
{
	struct two *t = two_new(NULL);
	struct chime c = { .env = t->a.env };
	uint64_t from = io_now_ms(t->a.env);

	(void)state;
	timer_init(&c.timer, on_chime, &c);
	io_task_init(&c.task, on_task, &c);
	timer_start(io_timers(t->a.env), &c.timer, 1500);
	io_world_advance(t->w, 1499);
	assert_int_equal(c.ran, 0);
	io_world_advance(t->w, 10000);
	assert_int_equal(c.rang_ms, from + 1500);
	assert_int_equal(c.ran, 1);
	assert_int_equal(io_wall_us(t->a.env), WALL + 11499000u);
	io_world_wall(t->w, -1000000);
	assert_int_equal(io_wall_us(t->a.env), WALL + 10499000u);
	assert_int_equal(io_now_ms(t->a.env), from + 11499);

	io_defer(t->a.env, &c.task);
	io_defer(t->a.env, &c.task);
	io_world_step(t->w, PLENTY);
	assert_int_equal(c.ran, 2);
	io_defer(t->a.env, &c.task);
	io_undefer(&c.task);
	io_world_step(t->w, PLENTY);
	assert_int_equal(c.ran, 2);
	two_free(t);
}

static void test_rand_is_seeded(void **state)
{
	uint64_t got[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct two *t = two_new(NULL);

		got[i][0] = rand_u64(io_rand(t->a.env));
		got[i][1] = rand_u64(io_rand(t->b.env));
		two_free(t);
	}
	assert_int_equal(got[0][0], got[1][0]);
	assert_int_equal(got[0][1], got[1][1]);
	assert_int_not_equal(got[0][0], got[0][1]);
}

static void test_bell(void **state)
{
	struct two *t = two_new(NULL);
	struct chime c = { .env = t->a.env };
	struct io_bell *bell = io_bell_new(t->a.env, on_task, &c);

	(void)state;
	assert_false(io_has_threads(t->a.env));
	io_bell_ring(bell);
	io_bell_ring(bell);
	assert_int_equal(c.ran, 0);
	io_world_step(t->w, PLENTY);
	assert_int_equal(c.ran, 1);
	io_bell_free(&bell);
	two_free(t);
}

static void on_watch(void *arg, int seen)
{
	char c;

	assert_int_equal(seen, 1);
	assert_int_equal(read(((int *)arg)[0], &c, 1), 1);
	((int *)arg)[2]++;
}

static void test_watch(void **state)
{
	struct two *t = two_new(NULL);
	int fds[3] = { 0 };
	struct io_watch *w;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	w = io_watch(t->a.env, fds[0], 1, on_watch, fds);
	io_world_step(t->w, PLENTY);
	assert_int_equal(fds[2], 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	io_world_step(t->w, PLENTY);
	io_world_step(t->w, PLENTY);
	assert_int_equal(fds[2], 1);
	io_unwatch(&w);
	assert_null(w);
	close(fds[0]);
	close(fds[1]);
	two_free(t);
}

static void test_unix(void **state)
{
	struct two *t = two_new(NULL);
	struct io_connect_config c = { .host = "/run/control",
		.events = &events, .arg = &t->a };
	struct io_listener *l;

	(void)state;
	t->a.s = io_connect(t->a.env, &c);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->a.reason, IO_REFUSED);
	l = io_listen_unix(t->a.env, "/run/control", on_accept, &t->b, NULL);
	t->a.s = io_connect(t->a.env, &c);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.opened, 1);
	assert_int_equal(io_stream_peer_uid(t->b.s), (int)getuid());
	io_listener_close(&l);
	two_free(t);
}

/* An environment that goes tells its streams, but not those detached. */
static void test_free_tells(void **state)
{
	struct two *t = two_connected();

	(void)state;
	io_stream_events(t->b.s, NULL, NULL);
	t->b.s = NULL;
	io_listener_close(&t->l);
	io_env_free(&t->a.env);
	assert_int_equal(t->a.closed, 1);
	assert_int_equal(t->a.reason, IO_LOCAL);
	io_world_step(t->w, PLENTY);
	assert_int_equal(t->b.closed, 0);
	two_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_chop),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_write_timeout),
		cmocka_unit_test(test_connect_fails),
		cmocka_unit_test(test_connect_by_name),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_kill_and_restart),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_tls_direct),
		cmocka_unit_test(test_tls_untrusted),
		cmocka_unit_test(test_tls_alpn_refused),
		cmocka_unit_test(test_starttls),
		cmocka_unit_test(test_starttls_injection),
		cmocka_unit_test(test_tls_timeout),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_rand_is_seeded),
		cmocka_unit_test(test_bell),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_free_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
