/*
 * DNS in memory and the order of a domain's servers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/mem.h"

#define PLENTY 100000

struct answer {
	unsigned calls;
	enum io_locate_status status;
	enum io_dns_status dns;
	struct io_target targets[16];
	size_t count;
	struct io_dns_record first;
};

struct play {
	struct io_world *w;
	struct io_env *env;
	struct answer got;
};

static struct play *play_new(uint64_t seed)
{
	struct play *p = calloc(1, sizeof(*p));

	p->w = io_world_new(0, seed);
	p->env = io_mem_new(p->w, "192.0.2.1", NULL);
	return p;
}

static void play_free(struct play *p)
{
	io_env_free(&p->env);
	io_world_free(&p->w);
	free(p);
}

static void on_located(void *arg, enum io_locate_status status,
	const struct io_target *targets, size_t count)
{
	struct answer *a = arg;

	a->calls++;
	a->status = status;
	a->count = count;
	assert_true(count <= 16);
	if (count)
		memcpy(a->targets, targets, count * sizeof(*targets));
}

static const char *const both[] = { "_xmpps-server._tcp", "_xmpp-server._tcp",
	NULL };

static void locate(struct play *p, const char *domain, bool in_order,
	uint16_t fallback)
{
	struct io_locate_config c = { .domain = domain, .services = both,
		.in_order = in_order, .fallback_port = fallback,
		.done = on_located, .arg = &p->got };

	p->got.calls = 0;
	io_locate(p->env, &c);
	assert_int_equal(p->got.calls, 0);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->got.calls, 1);
}

static void srv(struct play *p, const char *service, const char *data)
{
	char name[100];

	snprintf(name, sizeof(name), "%s.d.example", service);
	io_world_dns(p->w, name, IO_DNS_SRV, data);
}

static void on_dns(void *arg, const struct io_dns_result *r)
{
	struct answer *a = arg;

	a->calls++;
	a->dns = r->status;
	a->count = r->count;
	if (r->count)
		a->first = r->records[0];
}

static void test_dns(void **state)
{
	static const struct {
		const char *name;
		enum io_dns_type type;
		enum io_dns_status status;
		size_t count;
	} cases[] = {
		{ "h.example", IO_DNS_A, IO_DNS_OK, 2 },
		{ "H.Example.", IO_DNS_A, IO_DNS_OK, 2 },
		{ "h.example", IO_DNS_AAAA, IO_DNS_NODATA, 0 },
		{ "example", IO_DNS_A, IO_DNS_NODATA, 0 },
		{ "xh.example", IO_DNS_A, IO_DNS_NXDOMAIN, 0 },
		{ "h.example.org", IO_DNS_A, IO_DNS_NXDOMAIN, 0 },
	};
	struct play *p = play_new(1);
	struct io_query *q;

	(void)state;
	io_world_dns(p->w, "h.example", IO_DNS_A, "192.0.2.7");
	io_world_dns(p->w, "h.example", IO_DNS_A, "192.0.2.8");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		p->got.calls = 0;
		io_dns(p->env, cases[i].name, cases[i].type, on_dns, &p->got);
		assert_int_equal(p->got.calls, 0);
		io_world_step(p->w, PLENTY);
		assert_int_equal(p->got.calls, 1);
		assert_int_equal(p->got.dns, cases[i].status);
		assert_int_equal(p->got.count, cases[i].count);
	}
	io_world_dns_fail(p->w, true);
	io_dns(p->env, "h.example", IO_DNS_A, on_dns, &p->got);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->got.dns, IO_DNS_SERVFAIL);
	p->got.calls = 0;
	q = io_dns(p->env, "h.example", IO_DNS_A, on_dns, &p->got);
	io_dns_cancel(&q);
	assert_null(q);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->got.calls, 0);
	/* one that is still open at the end is forgotten */
	io_dns(p->env, "h.example", IO_DNS_A, on_dns, &p->got);
	play_free(p);
}

static void test_fallback(void **state)
{
	struct play *p = play_new(1);

	(void)state;
	locate(p, "d.example", false, 5269);
	assert_int_equal(p->got.status, IO_LOCATED);
	assert_int_equal(p->got.count, 1);
	assert_string_equal(p->got.targets[0].host, "d.example");
	assert_int_equal(p->got.targets[0].port, 5269);
	assert_int_equal(p->got.targets[0].service, -1);
	locate(p, "d.example", false, 0);
	assert_int_equal(p->got.status, IO_LOCATE_NOT_FOUND);
	/* a literal is where it is, whatever the zone says */
	io_world_dns_fail(p->w, true);
	locate(p, "192.0.2.9", false, 5269);
	assert_int_equal(p->got.status, IO_LOCATED);
	assert_string_equal(p->got.targets[0].host, "192.0.2.9");
	/* no guesses behind a broken resolver */
	locate(p, "d.example", false, 5269);
	assert_int_equal(p->got.status, IO_LOCATE_FAILED);
	play_free(p);
}

static void test_not_offered(void **state)
{
	struct play *p = play_new(1);

	(void)state;
	srv(p, both[0], "0 0 0 .");
	locate(p, "d.example", false, 5269);
	assert_int_equal(p->got.status, IO_LOCATE_NO_SERVICE);
	srv(p, both[1], "10 0 5269 x.d.example");
	locate(p, "d.example", false, 5269);
	assert_int_equal(p->got.status, IO_LOCATED);
	assert_int_equal(p->got.count, 1);
	assert_int_equal(p->got.targets[0].service, 1);
	play_free(p);
}

static void test_priority(void **state)
{
	struct play *p = play_new(1);

	(void)state;
	srv(p, both[0], "20 0 5270 tls-late.d.example");
	srv(p, both[1], "10 0 5269 plain.d.example");
	srv(p, both[0], "5 0 5270 tls-early.d.example");
	locate(p, "d.example", false, 0);
	assert_int_equal(p->got.count, 3);
	assert_string_equal(p->got.targets[0].host, "tls-early.d.example");
	assert_string_equal(p->got.targets[1].host, "plain.d.example");
	assert_string_equal(p->got.targets[2].host, "tls-late.d.example");
	assert_int_equal(p->got.targets[1].service, 1);
	locate(p, "d.example", true, 0);
	assert_string_equal(p->got.targets[1].host, "tls-late.d.example");
	assert_string_equal(p->got.targets[2].host, "plain.d.example");
	play_free(p);
}

/* At most eight, however many there are. */
static void test_many(void **state)
{
	struct play *p = play_new(1);
	char data[64];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(data, sizeof(data), "%d 0 5269 h%d.d.example", i, i);
		srv(p, both[1], data);
	}
	locate(p, "d.example", false, 0);
	assert_int_equal(p->got.count, 8);
	assert_string_equal(p->got.targets[7].host, "h7.d.example");
	play_free(p);
}

/* How often each host comes first, by weight.  RFC 2782. */
static void test_weights(void **state)
{
	static const unsigned weights[] = { 0, 10, 30, 60 };
	enum { TRIES = 4000 };
	struct play *p = play_new(7);
	unsigned first[4] = { 0 };
	char data[64];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(data, sizeof(data), "1 %u 5269 h%d.d.example",
			weights[i], i);
		srv(p, both[1], data);
	}
	for (int i = 0; i < TRIES; i++) {
		unsigned seen = 0;

		locate(p, "d.example", false, 0);
		assert_int_equal(p->got.count, 4);
		first[p->got.targets[0].host[1] - '0']++;
		for (int k = 0; k < 4; k++)
			seen |= 1u << (p->got.targets[k].host[1] - '0');
		assert_int_equal(seen, 15);
	}
	/* weight 0 has its one chance in 101; the others by share, 5 sigma */
	assert_in_range(first[0], 8, 75);
	assert_in_range(first[1], TRIES / 10 - 95, TRIES / 10 + 95);
	assert_in_range(first[2], TRIES * 3 / 10 - 145, TRIES * 3 / 10 + 145);
	assert_in_range(first[3], TRIES * 6 / 10 - 155, TRIES * 6 / 10 + 155);
	play_free(p);
}

static void test_cancel(void **state)
{
	struct play *p = play_new(1);
	struct io_locate_config c = { .domain = "d.example", .services = both,
		.done = on_located, .arg = &p->got };
	struct io_locate *l;

	(void)state;
	l = io_locate(p->env, &c);
	io_locate_cancel(&l);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->got.calls, 0);
	io_locate(p->env, &c);
	play_free(p); /* forgets the second */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_not_offered),
		cmocka_unit_test(test_priority),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
