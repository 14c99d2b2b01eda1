/*
 * The question for TLSA records, and DANE in memory.
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
#define HEX32 "0011223344556677889900112233445566778899001122334455667788990011"

struct play {
	struct io_world *w;
	struct limits limits;
	struct io_env *env;
	struct io_dane_ask *ask;
	unsigned calls;
	struct io_dane *got;
};

static struct play *play_new(void)
{
	struct play *p = calloc(1, sizeof(*p));
	struct io_env_config c = { .limits = &p->limits };

	limits_init(&p->limits);
	p->w = io_world_new(0, 7);
	p->env = io_mem_new(p->w, "192.0.2.1", &c);
	return p;
}

static void play_free(struct play *p)
{
	io_dane_free(&p->got);
	io_env_free(&p->env);
	io_world_free(&p->w);
	free(p);
}

static void on_dane(void *arg, struct io_dane *dane)
{
	struct play *p = arg;

	io_dane_free(&p->got);
	p->calls++;
	p->got = dane;
}

static void ask_targets(struct play *p, const struct io_target *t, size_t n)
{
	struct io_dane_ask_config c = { .targets = t, .count = n,
		.done = on_dane, .arg = p };

	p->calls = 0;
	p->ask = io_dane_ask(p->env, &c);
	assert_int_equal(p->calls, 0);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->calls, 1);
}

static void ask_domain(struct play *p, const char *domain)
{
	static const char *const services[] = { "_xmpps-server._tcp",
		"_xmpp-server._tcp", NULL };
	struct io_dane_ask_config c = { .domain = domain, .services = services,
		.done = on_dane, .arg = p };

	p->calls = 0;
	p->ask = io_dane_ask(p->env, &c);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->calls, 1);
}

static void tlsa(struct play *p, const char *owner, const char *data)
{
	io_world_dns(p->w, owner, IO_DNS_TLSA, data);
}

static const struct io_target one = { .host = "x.example", .port = 5269,
	.secure = true };

/* ---- which records can be used ------------------------------------------ */

struct used {
	const char *records[3];
	size_t count; /* 0: none, so certificates are judged as ever */
	unsigned matching; /* of all that are kept; 0: whatever */
};

static const struct used used[] = {
	{ { NULL }, 0, 0 },
	{ { "3 1 1 " HEX32 }, 1, 0 },
	{ { "3 1 2 " HEX32 HEX32 }, 1, 0 },
	{ { "3 1 0 3003020101" }, 1, 0 },
	{ { "0 0 1 " HEX32, "1 0 1 " HEX32 }, 2, 0 },
	{ { "4 1 1 " HEX32 }, 0, 0 },
	{ { "255 1 1 " HEX32 }, 0, 0 },
	{ { "3 2 1 " HEX32 }, 0, 0 },
	{ { "3 1 3 " HEX32 }, 0, 0 },
	{ { "3 1 1 00" }, 0, 0 },
	{ { "3 1 1 " HEX32 "00" }, 0, 0 },
	{ { "3 1 2 " HEX32 }, 0, 0 },
	{ { "3 1 1 " }, 0, 0 },
	{ { "3 1 0 3103020101" }, 0, 0 },
	{ { "3 1 0 3004020101" }, 0, 0 },
	{ { "3 1 0 300302010100" }, 0, 0 },
	{ { "3 1 0 3084" }, 0, 0 },
	{ { "3 1 0 30" }, 0, 0 },
	/* unusable ones are passed over, not held against anybody */
	{ { "4 1 1 " HEX32, "3 1 1 " HEX32 }, 1, 0 },
	/* the stronger digest counts, RFC 7671, 9 */
	{ { "3 1 1 " HEX32, "3 1 2 " HEX32 HEX32 }, 1, 2 },
	{ { "3 1 2 " HEX32 HEX32, "3 1 1 " HEX32, "3 1 1 " HEX32 }, 1, 2 },
	{ { "3 1 1 " HEX32, "3 0 2 " HEX32 HEX32 }, 2, 0 },
	{ { "3 1 1 " HEX32, "2 1 2 " HEX32 HEX32 }, 2, 0 },
};

static void test_usable(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(used) / sizeof(*used); i++) {
		struct play *p = play_new();

		io_world_dns_secure(p->w, "x.example", false);
		for (size_t k = 0; k < 3 && used[i].records[k]; k++)
			tlsa(p, "_5269._tcp.x.example", used[i].records[k]);
		ask_targets(p, &one, 1);
		if (p->got->count != used[i].count ||
			p->got->status != (used[i].count ? IO_DANE_RECORDS
							 : IO_DANE_NONE))
			fail_msg("case %zu: %zu records, status %d", i,
				p->got->count, (int)p->got->status);
		for (size_t k = 0; k < p->got->count; k++)
			if (used[i].matching)
				assert_int_equal(p->got->records[k].matching,
					used[i].matching);
		play_free(p);
	}
}

static void test_contents(void **state)
{
	struct play *p = play_new();
	const struct io_tlsa *t;

	(void)state;
	io_world_dns_secure(p->w, "example", false);
	tlsa(p, "_5269._tcp.x.example", "2 0 1 " HEX32);
	tlsa(p, "_5270._tcp.x.example", "3 1 1 " HEX32);
	ask_targets(p, &one, 1);
	assert_int_equal(p->got->count, 1);
	t = p->got->records;
	assert_int_equal(t->usage, 2);
	assert_int_equal(t->selector, 0);
	assert_int_equal(t->matching, 1);
	assert_int_equal(t->data.len, 32);
	assert_int_equal((uint8_t)t->data.p[2], 0x22);
	play_free(p);
}

/* ---- caps --------------------------------------------------------------- */

static void test_caps(void **state)
{
	struct play *p = play_new();
	struct io_target many[10];
	char host[40], owner[60];

	(void)state;
	io_world_dns_secure(p->w, "example", false);
	p->limits.value[LIMIT_DANE_RECORDS] = 3;
	p->limits.value[LIMIT_DANE_RECORD] = 40;
	p->limits.value[LIMIT_SIP_CANDIDATES] = 8;
	for (int i = 0; i < 5; i++)
		tlsa(p, "_5269._tcp.x.example", "3 1 1 " HEX32);
	ask_targets(p, &one, 1);
	assert_int_equal(p->got->count, 3);
	assert_int_equal(p->limits.hits[LIMIT_DANE_RECORDS], 1);
	tlsa(p, "_5269._tcp.y.example", "3 1 2 " HEX32 HEX32);
	many[0] = (struct io_target){ .host = "y.example", .port = 5269,
		.secure = true };
	ask_targets(p, many, 1);
	assert_int_equal(p->got->status, IO_DANE_NONE);
	assert_int_equal(p->limits.hits[LIMIT_DANE_RECORD], 1);
	/* more targets than are tried: those left out may be without records,
	 * so nothing is held against a certificate that does not match */
	for (int i = 0; i < 10; i++) {
		snprintf(host, sizeof(host), "h%d.example", i);
		snprintf(owner, sizeof(owner), "_1._tcp.%s", host);
		tlsa(p, owner, "3 1 1 " HEX32);
		many[i] = (struct io_target){ .port = 1, .secure = true };
		snprintf(many[i].host, sizeof(many[i].host), "%s", host);
	}
	p->limits.value[LIMIT_DANE_RECORDS] = 32;
	ask_targets(p, many, 8);
	assert_int_equal(p->got->status, IO_DANE_RECORDS);
	assert_int_equal(p->got->count, 8);
	ask_targets(p, many, 10);
	assert_int_equal(p->got->status, IO_DANE_NONE);
	assert_int_equal(p->got->count, 8);
	assert_int_equal(p->limits.hits[LIMIT_SIP_CANDIDATES], 2);
	play_free(p);
}

/* ---- what counts -------------------------------------------------------- */

static void test_security(void **state)
{
	struct io_target two[] = { one,
		{ .host = "y.example", .port = 5269, .secure = true } };
	struct io_target literal = { .host = "192.0.2.7", .port = 5269,
		.secure = true };
	struct play *p = play_new();

	(void)state;
	tlsa(p, "_5269._tcp.x.example", "3 1 1 " HEX32);
	ask_targets(p, two, 1); /* nobody vouches for it */
	assert_int_equal(p->got->status, IO_DANE_NONE);
	assert_int_equal(p->got->count, 0);
	io_world_dns_secure(p->w, "x.example", false);
	ask_targets(p, two, 1);
	assert_int_equal(p->got->status, IO_DANE_RECORDS);
	two[0].secure = false; /* nor for the SRV record */
	ask_targets(p, two, 1);
	assert_int_equal(p->got->status, IO_DANE_NONE);
	assert_int_equal(p->got->count, 0);
	two[0].secure = true;
	ask_targets(p, two, 2); /* one has, one has not */
	assert_int_equal(p->got->status, IO_DANE_NONE);
	assert_int_equal(p->got->count, 1);
	io_world_dns_secure(p->w, "y.example", true);
	ask_targets(p, two, 2); /* one has, one is forged */
	assert_int_equal(p->got->status, IO_DANE_FAILED);
	assert_int_equal(p->got->count, 1);
	ask_targets(p, &literal, 1);
	assert_int_equal(p->got->status, IO_DANE_NONE);
	ask_targets(p, NULL, 0);
	assert_int_equal(p->got->status, IO_DANE_NONE);
	io_world_dns_fail(p->w, true);
	ask_targets(p, two, 1);
	assert_int_equal(p->got->status, IO_DANE_FAILED);
	play_free(p);
}

static void test_domain(void **state)
{
	struct play *p = play_new();

	(void)state;
	ask_domain(p, "d.example"); /* does not exist */
	assert_int_equal(p->got->status, IO_DANE_NONE);
	io_world_dns(p->w, "_xmpp-server._tcp.d.example", IO_DNS_SRV,
		"10 5 5269 x.example");
	io_world_dns(p->w, "_xmpps-server._tcp.d.example", IO_DNS_SRV,
		"10 5 5270 x.example");
	tlsa(p, "_5269._tcp.x.example", "3 1 1 " HEX32);
	tlsa(p, "_5270._tcp.x.example", "3 0 1 " HEX32);
	io_world_dns_secure(p->w, "x.example", false);
	ask_domain(p, "d.example"); /* the SRV records are not signed */
	assert_int_equal(p->got->status, IO_DANE_NONE);
	assert_int_equal(p->got->count, 0);
	io_world_dns_secure(p->w, "d.example", false);
	ask_domain(p, "d.example");
	assert_int_equal(p->got->status, IO_DANE_RECORDS);
	assert_int_equal(p->got->count, 2);
	io_world_dns_secure(p->w, "d.example", true);
	ask_domain(p, "d.example"); /* forged */
	assert_int_equal(p->got->status, IO_DANE_FAILED);
	io_world_dns_fail(p->w, true);
	ask_domain(p, "d.example"); /* may well be one that is not signed */
	assert_int_equal(p->got->status, IO_DANE_NONE);
	io_world_dns_fail(p->w, false);
	io_world_dns(p->w, "_xmpp-server._tcp.off.example", IO_DNS_SRV,
		"0 0 0 .");
	io_world_dns_secure(p->w, "off.example", false);
	ask_domain(p, "off.example");
	assert_int_equal(p->got->status, IO_DANE_NONE);
	play_free(p);
}

/* Cancelled, or forgotten with its environment: no call. */
static void test_cancel(void **state)
{
	struct play *p = play_new();
	struct io_dane_ask_config c = { .targets = &one, .count = 1,
		.done = on_dane, .arg = p };

	(void)state;
	p->ask = io_dane_ask(p->env, &c);
	io_dane_ask_cancel(&p->ask);
	assert_null(p->ask);
	io_dane_ask_cancel(&p->ask);
	c.count = 0;
	p->ask = io_dane_ask(p->env, &c);
	io_dane_ask_cancel(&p->ask);
	io_world_step(p->w, PLENTY);
	c.count = 1;
	io_dane_ask(p->env, &c);
	io_env_free(&p->env);
	assert_int_equal(p->calls, 0);
	play_free(p);
}

static void on_located(void *arg, enum io_locate_status status,
	const struct io_target *targets, size_t count)
{
	struct play *p = arg;

	assert_int_equal(status, IO_LOCATED);
	assert_int_equal(count, 1);
	p->calls = targets[0].secure ? 2 : 1;
}

static void test_locate_says_secure(void **state)
{
	static const char *const services[] = { "_xmpp-server._tcp", NULL };
	struct play *p = play_new();
	struct io_locate_config c = { .domain = "d.example",
		.services = services, .fallback_port = 5269,
		.done = on_located, .arg = p };

	(void)state;
	io_world_dns_secure(p->w, "d.example", false);
	io_locate(p->env, &c);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->calls, 1); /* no SRV record: the name itself */
	io_world_dns(p->w, "_xmpp-server._tcp.d.example", IO_DNS_SRV,
		"10 5 5269 x.example");
	io_locate(p->env, &c);
	io_world_step(p->w, PLENTY);
	assert_int_equal(p->calls, 2);
	play_free(p);
}

/* ---- the twin's certificates -------------------------------------------- */

static void nothing(void *arg, struct io_stream *s)
{
	(void)arg;
	(void)s;
}

static const struct io_events quiet = { .on_open = nothing };

static void on_accept(void *arg, struct io_stream *s)
{
	*(struct io_stream **)arg = s;
	io_stream_events(s, &quiet, NULL);
}

static void test_memory(void **state)
{
	static const char *const sans[] = { "dns:a.example", NULL };
	static const char *const names[] = { "a.example", NULL };
	static const char *const others[] = { "b.example", NULL };
	static const struct {
		const char *usage;
		bool authority, trusted;
		const char *const *names;
		enum io_dane_verdict verdict;
	} cases[] = {
		{ "3 1 1", false, true, names, IO_DANE_MATCH },
		{ "3 0 1", false, false, others, IO_DANE_MATCH },
		{ "3 1 1", true, true, names, IO_DANE_MISMATCH },
		{ "2 0 1", true, true, names, IO_DANE_MATCH },
		{ "2 0 1", true, true, others, IO_DANE_MISMATCH },
		{ "2 0 1", true, false, names, IO_DANE_MISMATCH },
		{ "2 0 1", false, true, names, IO_DANE_MISMATCH },
		{ "1 1 1", false, true, names, IO_DANE_MATCH },
		{ "1 1 1", false, false, names, IO_DANE_MISMATCH },
		{ "0 1 1", true, true, names, IO_DANE_MATCH },
		{ "0 1 1", true, false, names, IO_DANE_MISMATCH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct play *p = play_new();
		struct io_credentials *keys =
			io_mem_credentials(sans, cases[i].trusted);
		struct io_tls_config tls = { .credentials = keys,
			.local_name = "a.example", .ask_certificate = true };
		struct io_stream *far = NULL, *near;
		struct io_listen_config lc = { .port = 5270, .tls = &tls,
			.on_accept = on_accept, .arg = &far };
		struct io_connect_config cc = { .host = "127.0.0.1",
			.port = 5270, .special_ok = true, .tls = &tls,
			.events = &quiet };
		struct io_listener *l = io_listen(p->env, &lc, NULL);
		char fingerprint[65], data[80];

		io_mem_fingerprint(cases[i].authority ? NULL : sans,
			fingerprint);
		snprintf(data, sizeof(data), "%s %s", cases[i].usage,
			fingerprint);
		tlsa(p, "_5269._tcp.x.example", data);
		io_world_dns_secure(p->w, "x.example", false);
		ask_targets(p, &one, 1);
		near = io_connect(p->env, &cc);
		io_world_step(p->w, PLENTY);
		assert_non_null(io_stream_identity(near));
		if (io_stream_dane(near, p->got, cases[i].names, NULL) !=
				cases[i].verdict ||
			io_stream_dane(far, p->got, cases[i].names, NULL) !=
				cases[i].verdict)
			fail_msg("case %zu", i);
		io_listener_close(&l);
		play_free(p);
		io_credentials_unref(&keys);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_security),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_locate_says_secure),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
