/*
 * Which names a certificate carries: the tables for XMPP and SIP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "io/io.h"

struct row {
	const char *san; /* one or two, a space between */
	const char *domain;
	bool xmpp, sip;
};

static const struct row rows[] = {
	{ "dns:a.example", "a.example", true, true },
	{ "dns:a.example", "b.example", false, false },
	{ "dns:a.example", "x.a.example", false, false },
	{ "dns:x.a.example", "a.example", false, false },
	{ "dns:a.example", "a.example.", false, false },
	{ "dns:*.a.example", "x.a.example", true, false },
	{ "dns:*.a.example", "a.example", false, false },
	{ "dns:*.a.example", "y.x.a.example", false, false },
	{ "dns:*.a.example", ".a.example", false, false },
	{ "dns:x*.a.example", "xy.a.example", false, false },
	{ "dns:*x.a.example", "yx.a.example", false, false },
	{ "dns:x.*.example", "x.a.example", false, false },
	{ "dns:*", "a", false, false },
	{ "dns:*", "a.example", false, false },
	{ "dns:*.*.example", "x.a.example", false, false },
	{ "dns:xn--bcher-kva.example", "xn--bcher-kva.example", true, true },
	{ "dns:*.example", "xn--bcher-kva.example", true, false },
	{ "srv:_xmpp-server.a.example", "a.example", true, false },
	{ "srv:_xmpps-server.a.example", "a.example", true, false },
	{ "srv:_xmpp-client.a.example", "a.example", false, false },
	{ "srv:_xmpp-server.a.example", "b.example", false, false },
	{ "srv:_xmpp-server.*.example", "a.example", false, false },
	{ "xmpp:a.example", "a.example", true, false },
	{ "xmpp:user@a.example", "a.example", false, false },
	{ "xmpp:*.example", "a.example", false, false },
	{ "uri:sip:a.example", "a.example", false, true },
	{ "uri:sip:a.example", "b.example", false, false },
	{ "uri:sips:a.example", "a.example", false, false },
	{ "uri:sip:user@a.example", "a.example", false, false },
	{ "uri:sip:*.example", "a.example", false, false },
	{ "uri:http://a.example", "a.example", false, false },
	/* a SIP URI makes the DNS names void for SIP, other URIs do not */
	{ "uri:sip:b.example dns:a.example", "a.example", true, false },
	{ "uri:sip:a.example dns:b.example", "a.example", false, true },
	{ "uri:http://b.example dns:a.example", "a.example", true, true },
	{ "uri:sip:user@b.example dns:a.example", "a.example", true, true },
	{ "dns:", "", false, false },
};

static void put(struct pool *pool, struct io_identity *id, char *san)
{
	static const char *const kinds[] = { "dns:", "uri:", "srv:", "xmpp:" };
	const char ***lists[] = { &id->dns, &id->uri, &id->srv, &id->xmpp };

	for (int i = 0; i < 4; i++) {
		size_t len = strlen(kinds[i]);

		if (strncmp(san, kinds[i], len) != 0)
			continue;
		*lists[i] = pool_alloc0(pool, 2 * sizeof(char *));
		(*lists[i])[0] = san + len;
	}
}

static void check(const struct row *row, bool present)
{
	struct pool *pool = pool_new(NULL);
	struct io_identity id = { .present = present };
	char *sans = pool_strdup(pool, row->san);
	char *second = strchr(sans, ' ');
	struct str domain = str_from(row->domain);

	if (second) {
		*second = '\0';
		put(pool, &id, second + 1);
	}
	put(pool, &id, sans);
	if (io_identity_names_xmpp(&id, domain) != (present && row->xmpp) ||
		io_identity_names_sip(&id, domain) != (present && row->sip))
		fail_msg("%s against %s", row->san, row->domain);
	pool_free(&pool);
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		check(&rows[i], true);
		check(&rows[i], false);
	}
	assert_false(io_identity_names_xmpp(NULL, STR("a.example")));
	assert_false(io_identity_names_sip(NULL, STR("a.example")));
}

static void test_to_ascii(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} cases[] = {
		{ "example.org", "example.org" },
		{ "Example.ORG", "example.org" },
		{ "example.org.", "example.org" },
		{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
		{ "B\xc3\x9c" "CHER.example", "xn--bcher-kva.example" },
		{ "fa\xc3\x9f.example", "xn--fa-hia.example" },
		{ "a_b.example", "a_b.example" },
		{ "localhost", "localhost" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "", NULL },
		{ ".", NULL },
		{ "a..b", NULL },
		{ "a b", NULL },
		{ "a/b", NULL },
		{ "a@b", NULL },
		{ "-a.example", NULL },
		{ "a-.example", NULL },
		{ "\xff.example", NULL },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaa.example",
			NULL },
	};
	char out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int rc = io_domain_to_ascii(str_from(cases[i].in), out,
			sizeof(out));

		if (!cases[i].out) {
			if (rc != -STOX_EINVAL)
				fail_msg("accepted '%s'", cases[i].in);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(out, cases[i].out);
	}
	assert_int_equal(io_domain_to_ascii(STR("a\0b"), out, sizeof(out)),
		-STOX_EINVAL);
	assert_int_equal(io_domain_to_ascii(STR("example.org"), out, 11),
		-STOX_EINVAL);
}

static void test_digests(void **state)
{
	uint8_t out[32];
	char hex[65];

	(void)state;
	io_sha1(STR("abc"), out);
	str_hex(out, 20, hex);
	assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	io_sha256(STR("abc"), out);
	str_hex(out, 32, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
	/* RFC 4231, test case 2 */
	io_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
	str_hex(out, 32, hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
				 "5a003f089d2739839dec58b964ec3843");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_to_ascii),
		cmocka_unit_test(test_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
