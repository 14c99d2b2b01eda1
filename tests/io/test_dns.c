/*
 * Names in the real environment, asked of a small server in a thread.
 */
#include "ends.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the server --------------------------------------------------------- */

struct entry {
	const char *name;
	uint16_t type;
	const char *rdata; /* address, or "priority weight port target" */
	uint32_t ttl;
};

static const struct entry zone[] = {
	{ "one.d.example", 1, "127.0.0.1", 3600 },
	{ "two.d.example", 1, "192.0.2.1", 3600 },
	{ "two.d.example", 1, "192.0.2.2", 3600 },
	{ "two.d.example", 28, "2001:db8::2", 3600 },
	{ "six.d.example", 1, "127.0.0.1", 3600 },
	{ "six.d.example", 28, "::1", 3600 },
	{ "brief.d.example", 1, "192.0.2.3", 0 },
	{ "_x._tcp.d.example", 33, "10 5 5269 One.D.Example", 3600 },
	{ "_x._tcp.d.example", 33, "20 0 5270 two.d.example", 3600 },
	{ "choke.d.example", 1, "192.0.2.4", 3600 },
	{ "_off._tcp.d.example", 33, "0 0 0 .", 3600 },
};

struct server {
	int fd;
	uint16_t port;
	atomic_uint asked;
	atomic_bool stop;
	pthread_t thread;
};

struct out {
	uint8_t bytes[1500];
	size_t len;
};

static void put(struct out *o, const void *p, size_t n)
{
	assert(o->len + n <= sizeof(o->bytes));
	memcpy(o->bytes + o->len, p, n);
	o->len += n;
}

static void put16(struct out *o, unsigned v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(o, b, 2);
}

static void put_name(struct out *o, const char *name)
{
	while (*name && strcmp(name, ".") != 0) {
		size_t n = strcspn(name, ".");
		uint8_t len = (uint8_t)n;

		put(o, &len, 1);
		put(o, name, n);
		name += n + (name[n] == '.');
	}
	put(o, "", 1);
}

static void put_rdata(struct out *o, const struct entry *e)
{
	size_t at = o->len;
	unsigned priority, weight, port;
	uint8_t address[16];
	char target[100];

	put16(o, 0);
	if (e->type == 33) {
		sscanf(e->rdata, "%u %u %u %99s", &priority, &weight, &port,
			target);
		put16(o, priority);
		put16(o, weight);
		put16(o, port);
		put_name(o, target);
	} else {
		inet_pton(e->type == 1 ? AF_INET : AF_INET6, e->rdata, address);
		put(o, address, e->type == 1 ? 4 : 16);
	}
	o->bytes[at] = (uint8_t)((o->len - at - 2) >> 8);
	o->bytes[at + 1] = (uint8_t)(o->len - at - 2);
}

/* The question's name as text; returns where it ends. */
static size_t question(const uint8_t *q, size_t len, char *name)
{
	size_t at = 12, used = 0;

	while (at < len && q[at]) {
		memcpy(name + used, q + at + 1, q[at]);
		used += q[at];
		name[used++] = '.';
		at += q[at] + 1u;
	}
	name[used ? used - 1 : 0] = '\0';
	return at + 1;
}

static size_t reply(const uint8_t *q, size_t len, struct out *o)
{
	char name[300];
	size_t end = question(q, len, name);
	unsigned type = (unsigned)q[end] << 8 | q[end + 1], count = 0, rcode = 3;

	if (strncasecmp(name, "silent.", 7) == 0 ||
		strcasestr(name, ".silent."))
		return 0;
	put(o, q, end + 4);
	memset(o->bytes + 4, 0, 8);
	o->bytes[5] = 1;
	for (size_t i = 0; i < sizeof(zone) / sizeof(*zone); i++) {
		size_t tail = strlen(zone[i].name) - strlen(name);

		if (strlen(zone[i].name) >= strlen(name) &&
			strcasecmp(zone[i].name + tail, name) == 0)
			rcode = 0;
		if (zone[i].type != type || strcasecmp(zone[i].name, name))
			continue;
		put16(o, 0xc00c);
		put16(o, type);
		put16(o, 1);
		put16(o, 0);
		put16(o, zone[i].ttl);
		put_rdata(o, &zone[i]);
		count++;
	}
	/* as some old servers do with types that they do not know */
	if (strncasecmp(name, "fail.", 5) == 0 ||
		(type == 52 && strcasestr(name, "choke")))
		rcode = 2;
	o->bytes[2] = 0x85;
	o->bytes[3] = (uint8_t)(0x80 | rcode);
	o->bytes[7] = (uint8_t)count;
	return o->len;
}

static void *server_main(void *arg)
{
	struct server *s = arg;

	while (!s->stop) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		uint8_t q[1500];
		struct out o = { .len = 0 };
		ssize_t n;

		if (poll(&p, 1, 50) <= 0)
			continue;
		n = recvfrom(s->fd, q, sizeof(q), 0, (struct sockaddr *)&from,
			&from_len);
		if (n < 17)
			continue;
		s->asked++;
		if (reply(q, (size_t)n, &o) > 0)
			sendto(s->fd, o.bytes, o.len, 0,
				(struct sockaddr *)&from, from_len);
	}
	return NULL;
}

static void server_start(struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	getsockname(s->fd, (struct sockaddr *)&a, &len);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void server_stop(struct server *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* ---- asking ------------------------------------------------------------- */

struct asker {
	struct server server;
	struct io_env *env;
	struct limits limits;
	struct timer guard;
	unsigned calls;
	enum io_dns_status status;
	bool secure;
	uint32_t ttl_s;
	size_t count;
	char text[8][300];
	enum io_locate_status located;
	enum io_dane_status dane;
};

static struct asker *asker_new(void)
{
	struct asker *a = calloc(1, sizeof(*a));
	char server[40];
	const char *const servers[] = { server, NULL };
	struct io_env_config c = { .limits = &a->limits,
		.dns_servers = servers };

	limits_init(&a->limits);
	server_start(&a->server);
	snprintf(server, sizeof(server), "127.0.0.1@%u", a->server.port);
	a->env = io_uv_new(&c);
	assert_non_null(a->env);
	return a;
}

static void asker_free(struct asker *a)
{
	io_env_free(&a->env);
	server_stop(&a->server);
	free(a);
}

static void on_answer(void *arg, const struct io_dns_result *r)
{
	struct asker *a = arg;

	a->calls++;
	a->status = r->status;
	a->secure = r->secure;
	a->ttl_s = r->ttl_s;
	a->count = r->count;
	for (size_t i = 0; i < r->count && i < 8; i++) {
		const struct io_dns_record *d = &r->records[i];

		if (d->name)
			snprintf(a->text[i], sizeof(a->text[i]), "%u %u %u %s",
				d->priority, d->weight, d->port, d->name);
		else
			snprintf(a->text[i], sizeof(a->text[i]), "%s",
				d->address);
	}
}

static void ask(struct asker *a, const char *name, enum io_dns_type type)
{
	unsigned calls = a->calls;

	assert_non_null(io_dns(a->env, name, type, on_answer, a));
	assert_int_equal(a->calls, calls);
	io_run(a->env); /* ends when nothing is awaited any more */
	assert_int_equal(a->calls, calls + 1);
}

static bool has(const struct asker *a, const char *text)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->text[i], text) == 0)
			return true;
	return false;
}

static void test_records(void **state)
{
	static const struct {
		const char *name;
		enum io_dns_type type;
		enum io_dns_status status;
		size_t count;
		const char *one, *other;
	} cases[] = {
		{ "one.d.example", IO_DNS_A, IO_DNS_OK, 1, "127.0.0.1", NULL },
		{ "two.d.example", IO_DNS_A, IO_DNS_OK, 2, "192.0.2.1",
			"192.0.2.2" },
		{ "two.d.example", IO_DNS_AAAA, IO_DNS_OK, 1, "2001:db8::2",
			NULL },
		{ "one.d.example", IO_DNS_AAAA, IO_DNS_NODATA, 0, NULL, NULL },
		{ "none.d.example", IO_DNS_A, IO_DNS_NXDOMAIN, 0, NULL, NULL },
		{ "fail.d.example", IO_DNS_A, IO_DNS_SERVFAIL, 0, NULL, NULL },
		{ "_x._tcp.d.example", IO_DNS_SRV, IO_DNS_OK, 2,
			"10 5 5269 one.d.example", "20 0 5270 two.d.example" },
		{ "_off._tcp.d.example", IO_DNS_SRV, IO_DNS_OK, 1, "0 0 0 .",
			NULL },
	};
	struct asker *a = asker_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ask(a, cases[i].name, cases[i].type);
		if (a->status != cases[i].status || a->count != cases[i].count)
			fail_msg("%s: status %d count %zu", cases[i].name,
				a->status, a->count);
		assert_true(!cases[i].one || has(a, cases[i].one));
		assert_true(!cases[i].other || has(a, cases[i].other));
		assert_false(a->secure);
	}
	asker_free(a);
}

/* The second question is answered without asking the server again; one that
 * may not be kept is asked again. */
static void test_cache(void **state)
{
	struct asker *a = asker_new();
	unsigned asked;

	(void)state;
	ask(a, "one.d.example", IO_DNS_A);
	assert_in_range(a->ttl_s, 3590, 3600);
	asked = a->server.asked;
	assert_int_equal(asked, 1);
	for (int i = 0; i < 100; i++)
		ask(a, "one.d.example", IO_DNS_A);
	assert_int_equal(a->server.asked, asked);
	ask(a, "brief.d.example", IO_DNS_A);
	ask(a, "brief.d.example", IO_DNS_A);
	assert_int_equal(a->status, IO_DNS_OK);
	assert_true(a->server.asked >= asked + 2);
	asker_free(a);
}

static void test_limit(void **state)
{
	struct asker *a = asker_new();

	(void)state;
	a->limits.value[LIMIT_DNS_PENDING] = 2;
	io_dns(a->env, "one.d.example", IO_DNS_A, on_answer, a);
	io_dns(a->env, "two.d.example", IO_DNS_A, on_answer, a);
	io_dns(a->env, "six.d.example", IO_DNS_A, on_answer, a);
	assert_int_equal(a->limits.hits[LIMIT_DNS_PENDING], 1);
	io_run(a->env);
	assert_int_equal(a->calls, 3);
	ask(a, "six.d.example", IO_DNS_A);
	assert_int_equal(a->status, IO_DNS_OK);
	asker_free(a);
}

static void test_cancel(void **state)
{
	struct asker *a = asker_new();
	struct io_query *q;

	(void)state;
	q = io_dns(a->env, "one.d.example", IO_DNS_A, on_answer, a);
	io_dns_cancel(&q);
	assert_null(q);
	io_run(a->env);
	assert_int_equal(a->calls, 0);
	/* one that is open when the environment goes */
	io_dns(a->env, "silent.d.example", IO_DNS_A, on_answer, a);
	asker_free(a);
}

static void test_silence(void **state)
{
	struct asker *a = asker_new();
	uint64_t begun = io_now_ms(a->env);

	(void)state;
	ask(a, "silent.d.example", IO_DNS_A);
	assert_int_equal(a->status, IO_DNS_SERVFAIL);
	assert_in_range(io_now_ms(a->env) - begun, 1000, 20000);
	asker_free(a);
}

static void on_dane(void *arg, struct io_dane *dane)
{
	struct asker *a = arg;

	a->calls++;
	a->dane = dane->status;
	io_dane_free(&dane);
}

static enum io_dane_status ask_dane(struct asker *a, const char *host)
{
	struct io_target t = { .port = 1, .secure = true };
	struct io_dane_ask_config c = { .targets = &t, .count = 1,
		.done = on_dane, .arg = a };
	unsigned calls = a->calls;

	snprintf(t.host, sizeof(t.host), "%s", host);
	io_dane_ask(a->env, &c);
	io_run(a->env);
	assert_int_equal(a->calls, calls + 1);
	return a->dane;
}

/* A question for TLSA records that fails: only in a zone that is not signed
 * it does not matter, and then its addresses are had without a signature. */
static void test_tlsa_fails(void **state)
{
	struct asker *a = asker_new();

	(void)state;
	assert_int_equal(ask_dane(a, "one.d.example"), IO_DANE_NONE);
	assert_int_equal(ask_dane(a, "choke.d.example"), IO_DANE_NONE);
	assert_int_equal(ask_dane(a, "fail.choke.d.example"), IO_DANE_FAILED);
	assert_int_equal(a->limits.hits[LIMIT_DANE_TIME], 0);
	a->limits.value[LIMIT_DANE_TIME] = 1;
	assert_int_equal(ask_dane(a, "silent.d.example"), IO_DANE_FAILED);
	assert_int_equal(a->limits.hits[LIMIT_DANE_TIME], 1);
	asker_free(a);
}

/* Without a server there are the names of the system itself. */
static void test_system(void **state)
{
	struct asker *a = asker_new();

	(void)state;
	io_env_free(&a->env);
	a->env = io_uv_new(NULL);
	ask(a, "localhost", IO_DNS_A);
	assert_int_equal(a->status, IO_DNS_OK);
	assert_true(has(a, "127.0.0.1"));
	asker_free(a);
}

/* A zone that should be signed and is not. */
static void test_bogus(void **state)
{
	struct asker *a = asker_new();
	char server[40], file[] = "/tmp/stox-anchor-XXXXXX";
	const char *const servers[] = { server, NULL };
	struct io_env_config c = { .dns_servers = servers,
		.dns_trust_anchor = file };
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	dprintf(fd, "d.example. IN DS 12345 13 2 0123456789abcdef0123456789"
		    "abcdef0123456789abcdef0123456789abcdef\n");
	close(fd);
	snprintf(server, sizeof(server), "127.0.0.1@%u", a->server.port);
	io_env_free(&a->env);
	a->env = io_uv_new(&c);
	ask(a, "one.d.example", IO_DNS_A);
	assert_int_equal(a->status, IO_DNS_BOGUS);
	assert_int_equal(a->count, 0);
	assert_false(a->secure);
	unlink(file);
	asker_free(a);
}

static void test_bad_servers(void **state)
{
	const char *const servers[] = { "not an address", NULL };
	struct io_env_config c = { .dns_servers = servers };
	struct asker *a = asker_new();
	struct io_env *good = a->env;
	struct log log = { .level = STOX_LOG_ERROR };

	(void)state;
	c.log = &log;
	a->env = io_uv_new(&c);
	ask(a, "one.d.example", IO_DNS_A);
	assert_int_equal(a->status, IO_DNS_SERVFAIL);
	assert_int_equal(log.counts[STOX_LOG_ERROR], 1);
	io_env_free(&a->env);
	a->env = good;
	asker_free(a);
}

/* ---- places ------------------------------------------------------------- */

static void on_located(void *arg, enum io_locate_status status,
	const struct io_target *targets, size_t count)
{
	struct asker *a = arg;

	a->calls++;
	a->located = status;
	a->count = count;
	for (size_t i = 0; i < count; i++)
		snprintf(a->text[i], sizeof(a->text[i]), "%d %s %u",
			targets[i].service, targets[i].host, targets[i].port);
}

static void test_locate(void **state)
{
	static const char *const x[] = { "_x._tcp", NULL };
	static const char *const off[] = { "_off._tcp", NULL };
	struct asker *a = asker_new();
	struct io_locate_config c = { .domain = "d.example", .services = x,
		.fallback_port = 1, .done = on_located, .arg = a };

	(void)state;
	io_locate(a->env, &c);
	io_run(a->env);
	assert_int_equal(a->located, IO_LOCATED);
	assert_int_equal(a->count, 2);
	assert_string_equal(a->text[0], "0 one.d.example 5269");
	assert_string_equal(a->text[1], "0 two.d.example 5270");
	c.services = off;
	io_locate(a->env, &c);
	io_run(a->env);
	assert_int_equal(a->located, IO_LOCATE_NO_SERVICE);
	c.domain = "fail.d.example";
	io_locate(a->env, &c);
	io_run(a->env);
	assert_int_equal(a->located, IO_LOCATED); /* NXDOMAIN of the SRV name */
	assert_string_equal(a->text[0], "-1 fail.d.example 1");
	assert_int_equal(a->calls, 3);
	asker_free(a);
}

/* A name with both families, of which only IPv4 answers. */
static void test_connect_by_name(void **state)
{
	static const struct {
		const char *name;
		enum io_reason reason; /* IO_EOF: it connects */
	} cases[] = {
		{ "one.d.example", IO_EOF },
		{ "six.d.example", IO_EOF },
		{ "none.d.example", IO_DNS_NOT_FOUND },
		{ "fail.d.example", IO_DNS_FAILED },
		{ "silent.d.example", IO_DNS_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct asker *a = asker_new();
		struct ends *e = ends_new("127.0.0.1", NULL);
		struct io_env *first = e->env;

		io_listener_close(&e->l);
		e->env = e->a.env = e->b.env = a->env;
		e->l = io_listen(e->env,
			&(struct io_listen_config){ .address = "127.0.0.1",
				.on_accept = end_on_accept, .arg = &e->b },
			NULL);
		a->limits.value[LIMIT_CONNECT_TIME] = 2;
		ends_connect(e, cases[i].name, NULL);
		ENDS_WAIT(e, e->a.opened || e->a.closed);
		if (cases[i].reason == IO_EOF)
			assert_string_equal(io_stream_peer_address(e->a.s),
				"127.0.0.1");
		else
			assert_int_equal(e->a.reason, cases[i].reason);
		io_listener_close(&e->l);
		io_env_free(&a->env);
		e->env = first;
		ends_free(e);
		asker_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_tlsa_fails),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_bogus),
		cmocka_unit_test(test_bad_servers),
		cmocka_unit_test(test_locate),
		cmocka_unit_test(test_connect_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
