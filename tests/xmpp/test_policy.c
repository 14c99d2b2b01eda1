#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/policy.h"

/* Which proofs are good enough under each policy, from the negotiation matrix
 * of the built-in XMPP feature of Lync Server 2013: EXTERNAL, dialback over
 * TLS, dialback without. */
struct row {
	enum xmpp_policy tls, sasl;
	bool dialback;
	bool external, dialback_tls, dialback_plain;
};

#define REQ XMPP_REQUIRED
#define OPT XMPP_OPTIONAL
#define OFF XMPP_OFF

static const struct row rows[] = {
	{ REQ, REQ, true, true, false, false },
	{ REQ, REQ, false, true, false, false },
	{ REQ, OPT, true, true, true, false },
	{ REQ, OPT, false, true, false, false },
	{ REQ, OFF, true, false, true, false },
	{ REQ, OFF, false, false, false, false },
	{ OPT, REQ, true, true, true, true },
	{ OPT, REQ, false, true, false, false },
	{ OPT, OPT, true, true, true, true },
	{ OPT, OPT, false, true, false, false },
	{ OPT, OFF, true, false, true, true },
	{ OPT, OFF, false, false, false, false },
	{ OFF, REQ, true, false, false, true },
	{ OFF, REQ, false, false, false, false },
	{ OFF, OPT, true, false, false, true },
	{ OFF, OPT, false, false, false, false },
	{ OFF, OFF, true, false, false, true },
	{ OFF, OFF, false, false, false, false },
};

static void matrix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct xmpp_partner p = { .domain = "example.org",
			.tls = r->tls, .sasl = r->sasl,
			.dialback = r->dialback };
		struct xmpp_ways w = xmpp_ways_of(&p);

		assert_int_equal(xmpp_ways_tls(&w),
			r->external || r->dialback_tls);
		assert_int_equal(xmpp_ways_none(&w), !r->external &&
			!r->dialback_tls && !r->dialback_plain);
		/* a bad certificate never helps, and never without TLS */
		assert_int_equal(xmpp_ways_external(&w, XMPP_CHANNEL_PROVEN),
			r->external);
		assert_false(xmpp_ways_external(&w, XMPP_CHANNEL_UNPROVEN));
		assert_false(xmpp_ways_external(&w, XMPP_CHANNEL_PLAIN));
		assert_int_equal(xmpp_ways_dialback(&w, XMPP_CHANNEL_PROVEN),
			r->dialback_tls);
		assert_int_equal(xmpp_ways_dialback(&w, XMPP_CHANNEL_UNPROVEN),
			r->dialback_tls);
		assert_int_equal(xmpp_ways_dialback(&w, XMPP_CHANNEL_PLAIN),
			r->dialback_plain);
		assert_int_equal(xmpp_ways_allow(&w, XMPP_AUTH_EXTERNAL),
			r->external);
		assert_int_equal(xmpp_ways_allow(&w, XMPP_AUTH_DIALBACK),
			r->dialback_tls);
		assert_int_equal(
			xmpp_ways_allow(&w, XMPP_AUTH_DIALBACK_PLAIN),
			r->dialback_plain);
		assert_false(xmpp_ways_allow(&w, XMPP_AUTH_NONE));
	}
}

static void nobody(void **state)
{
	struct xmpp_partner blocked = { .tls = OPT, .sasl = OPT,
		.dialback = true, .blocked = true };
	struct xmpp_ways w = xmpp_ways_of(NULL);

	(void)state;
	assert_true(xmpp_ways_none(&w));
	w = xmpp_ways_of(&blocked);
	assert_true(xmpp_ways_none(&w));
	assert_false(xmpp_ways_tls(&w));
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(xmpp_auth_name(XMPP_AUTH_NONE), "");
	assert_string_equal(xmpp_auth_name(XMPP_AUTH_EXTERNAL), "EXTERNAL");
	assert_string_equal(xmpp_auth_name(XMPP_AUTH_DIALBACK), "dialback");
	assert_string_equal(xmpp_auth_name(XMPP_AUTH_DIALBACK_PLAIN),
		"dialback without TLS");
	assert_string_equal(xmpp_auth_name(XMPP_AUTH_SECRET), "secret");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix),
		cmocka_unit_test(nobody),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
