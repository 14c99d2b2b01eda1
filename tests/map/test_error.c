#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "map/map.h"
#include "sip/message.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_every_condition(void **state)
{
	static const unsigned expected[STOX_CONDITION_COUNT] = {
		[STOX_NO_ERROR] = 500,
		[STOX_BAD_REQUEST] = 400,
		[STOX_CONFLICT] = 400,
		[STOX_FEATURE_NOT_IMPLEMENTED] = 501,
		[STOX_FORBIDDEN] = 403,
		[STOX_GONE] = 410,
		[STOX_INTERNAL_SERVER_ERROR] = 500,
		[STOX_ITEM_NOT_FOUND] = 404,
		[STOX_JID_MALFORMED] = 400,
		[STOX_NOT_ACCEPTABLE] = 406,
		[STOX_NOT_ALLOWED] = 403,
		[STOX_NOT_AUTHORIZED] = 403,
		[STOX_POLICY_VIOLATION] = 403,
		[STOX_RECIPIENT_UNAVAILABLE] = 480,
		[STOX_REDIRECT] = 480,
		[STOX_REGISTRATION_REQUIRED] = 403,
		[STOX_REMOTE_SERVER_NOT_FOUND] = 404,
		[STOX_REMOTE_SERVER_TIMEOUT] = 504,
		[STOX_RESOURCE_CONSTRAINT] = 500,
		[STOX_SERVICE_UNAVAILABLE] = 480,
		[STOX_SUBSCRIPTION_REQUIRED] = 403,
		[STOX_UNDEFINED_CONDITION] = 400,
		[STOX_UNEXPECTED_REQUEST] = 400,
	};

	(void)state;
	for (int c = 0; c < STOX_CONDITION_COUNT; c++) {
		struct map_status s = map_error_to_sip((enum stox_condition)c);

		print_message("# condition %d\n", c);
		assert_int_equal(s.status, expected[c]);
		/* no challenge, no time-out of ours, no "server is down" */
		assert_true(s.status >= 400 && s.status < 600);
		assert_true(s.status != 401 && s.status != 407 &&
			    s.status != 408 && s.status != 503);
		/* what obliges to a header that we do not have */
		assert_true(s.status != 405 && s.status != 415 &&
			    s.status != 420 && s.status != 423);
		assert_true(sip_reason(s.status)[0]);
		assert_int_equal(!!s.retry_after,
			c == STOX_RESOURCE_CONSTRAINT);
	}
}

/* stox.md 2.3 */
static const struct {
	unsigned status;
	enum stox_condition condition;
	const char *type;
} expected[] = {
	{ 300, STOX_REDIRECT, "modify" },
	{ 301, STOX_GONE, "cancel" },
	{ 302, STOX_REDIRECT, "modify" },
	{ 305, STOX_REDIRECT, "modify" },
	{ 380, STOX_NOT_ACCEPTABLE, "modify" },
	{ 399, STOX_REDIRECT, "modify" },
	{ 400, STOX_BAD_REQUEST, "modify" },
	{ 401, STOX_NOT_AUTHORIZED, "auth" },
	{ 402, STOX_BAD_REQUEST, "modify" },
	{ 403, STOX_FORBIDDEN, "auth" },
	{ 404, STOX_ITEM_NOT_FOUND, "cancel" },
	{ 405, STOX_FEATURE_NOT_IMPLEMENTED, "cancel" },
	{ 406, STOX_NOT_ACCEPTABLE, "modify" },
	{ 407, STOX_REGISTRATION_REQUIRED, "auth" },
	{ 408, STOX_REMOTE_SERVER_TIMEOUT, "wait" },
	{ 410, STOX_GONE, "cancel" },
	{ 413, STOX_POLICY_VIOLATION, "modify" },
	{ 414, STOX_POLICY_VIOLATION, "modify" },
	{ 415, STOX_NOT_ACCEPTABLE, "modify" },
	{ 416, STOX_NOT_ACCEPTABLE, "modify" },
	{ 420, STOX_FEATURE_NOT_IMPLEMENTED, "cancel" },
	{ 421, STOX_NOT_ACCEPTABLE, "modify" },
	{ 423, STOX_RESOURCE_CONSTRAINT, "wait" },
	{ 430, STOX_RECIPIENT_UNAVAILABLE, "wait" },
	{ 439, STOX_FEATURE_NOT_IMPLEMENTED, "cancel" },
	{ 440, STOX_POLICY_VIOLATION, "modify" },
	{ 480, STOX_RECIPIENT_UNAVAILABLE, "wait" },
	{ 481, STOX_ITEM_NOT_FOUND, "cancel" },
	{ 482, STOX_NOT_ACCEPTABLE, "cancel" },
	{ 483, STOX_NOT_ACCEPTABLE, "cancel" },
	{ 484, STOX_ITEM_NOT_FOUND, "cancel" },
	{ 485, STOX_ITEM_NOT_FOUND, "cancel" },
	{ 486, STOX_RECIPIENT_UNAVAILABLE, "wait" },
	{ 487, STOX_RECIPIENT_UNAVAILABLE, "wait" },
	{ 488, STOX_NOT_ACCEPTABLE, "modify" },
	{ 489, STOX_POLICY_VIOLATION, "cancel" },
	{ 491, STOX_UNEXPECTED_REQUEST, "wait" },
	{ 493, STOX_BAD_REQUEST, "modify" },
	{ 494, STOX_NOT_ACCEPTABLE, "cancel" },
	{ 499, STOX_BAD_REQUEST, "modify" },
	{ 500, STOX_INTERNAL_SERVER_ERROR, "wait" },
	{ 501, STOX_FEATURE_NOT_IMPLEMENTED, "cancel" },
	{ 502, STOX_REMOTE_SERVER_NOT_FOUND, "cancel" },
	{ 503, STOX_INTERNAL_SERVER_ERROR, "wait" },
	{ 504, STOX_REMOTE_SERVER_TIMEOUT, "wait" },
	{ 505, STOX_NOT_ACCEPTABLE, "cancel" },
	{ 513, STOX_POLICY_VIOLATION, "modify" },
	{ 580, STOX_NOT_ACCEPTABLE, "wait" },
	{ 599, STOX_INTERNAL_SERVER_ERROR, "wait" },
	{ 600, STOX_RECIPIENT_UNAVAILABLE, "wait" },
	{ 603, STOX_RECIPIENT_UNAVAILABLE, "wait" },
	{ 604, STOX_ITEM_NOT_FOUND, "cancel" },
	{ 606, STOX_NOT_ACCEPTABLE, "modify" },
	{ 607, STOX_RECIPIENT_UNAVAILABLE, "wait" },
	{ 699, STOX_RECIPIENT_UNAVAILABLE, "wait" },
};

static void test_status_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		struct map_condition c = map_error_to_xmpp(expected[i].status);

		print_message("# %u\n", expected[i].status);
		assert_int_equal(c.condition, expected[i].condition);
		assert_string_equal(c.type, expected[i].type);
	}
}

/* Each code gives a sentence; a registered one names itself and its phrase. */
static void test_every_status(void **state)
{
	char named[100];

	(void)state;
	for (unsigned status = 100; status < 700; status++) {
		struct map_condition c = map_error_to_xmpp(status);
		bool registered = status >= 300 &&
			(status % 100 == 0 ||
				strcmp(sip_reason(status),
					sip_reason(status / 100 * 100)) != 0);

		print_message("# %u\n", status);
		assert_true(c.condition > STOX_NO_ERROR &&
			    c.condition < STOX_CONDITION_COUNT);
		assert_true(!strcmp(c.type, "cancel") ||
			    !strcmp(c.type, "modify") ||
			    !strcmp(c.type, "auth") || !strcmp(c.type, "wait"));
		assert_true(c.text[strlen(c.text) - 1] == '.');
		snprintf(named, sizeof(named), "(%u %s).", status,
			sip_reason(status));
		if (registered)
			assert_non_null(strstr(c.text, named));
		if (status < 300)
			assert_int_equal(c.condition, STOX_UNDEFINED_CONDITION);
	}
	assert_int_equal(map_error_to_xmpp(0).condition,
		STOX_UNDEFINED_CONDITION);
	assert_int_equal(map_error_to_xmpp(1000).condition,
		STOX_UNDEFINED_CONDITION);
}

/* The table at the end of lync.md 2.8. */
static void test_lync_means_it_otherwise(void **state)
{
	static const struct {
		unsigned status, warning;
		enum stox_condition condition;
		const char *type;
	} meant[] = {
		{ 403, 0, STOX_FORBIDDEN, "auth" },
		{ 404, 0, STOX_ITEM_NOT_FOUND, "cancel" },
		{ 604, 0, STOX_ITEM_NOT_FOUND, "cancel" },
		{ 408, 0, STOX_RECIPIENT_UNAVAILABLE, "wait" },
		{ 481, 0, STOX_RECIPIENT_UNAVAILABLE, "wait" },
		{ 480, 0, STOX_RECIPIENT_UNAVAILABLE, "wait" },
		{ 480, 391, STOX_RECIPIENT_UNAVAILABLE, "wait" },
		{ 486, 0, STOX_RECIPIENT_UNAVAILABLE, "wait" },
		{ 415, 0, STOX_FEATURE_NOT_IMPLEMENTED, "cancel" },
		{ 488, 0, STOX_FEATURE_NOT_IMPLEMENTED, "cancel" },
		{ 488, 308, STOX_NOT_ACCEPTABLE, "cancel" },
		{ 488, 399, STOX_FEATURE_NOT_IMPLEMENTED, "cancel" },
		{ 430, 0, STOX_RECIPIENT_UNAVAILABLE, "wait" },
		{ 500, 0, STOX_REMOTE_SERVER_TIMEOUT, "wait" },
		{ 503, 0, STOX_REMOTE_SERVER_TIMEOUT, "wait" },
		{ 504, 0, STOX_REMOTE_SERVER_TIMEOUT, "wait" },
		{ 603, 0, STOX_NOT_ACCEPTABLE, "cancel" },
		{ 606, 309, STOX_POLICY_VIOLATION, "modify" },
		{ 606, 0, STOX_NOT_ACCEPTABLE, "modify" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(meant); i++) {
		struct map_condition c = map_error_lync(meant[i].status,
			meant[i].warning);

		print_message("# %u %u\n", meant[i].status,
			meant[i].warning);
		assert_int_equal(meant[i].condition, c.condition);
		assert_string_equal(meant[i].type, c.type);
		assert_true(c.text[strlen(c.text) - 1] == '.');
	}
	assert_non_null(strstr(map_error_lync(486, 0).text, "disturbed"));
	assert_non_null(strstr(map_error_lync(480, 391).text, "disturbed"));
	assert_null(strstr(map_error_lync(480, 0).text, "disturbed"));
}

/* What we say to SIP, another gateway of our kind understands. */
static void test_round_trip_stays_error(void **state)
{
	(void)state;
	for (int c = STOX_BAD_REQUEST; c < STOX_CONDITION_COUNT; c++) {
		struct map_status s = map_error_to_sip((enum stox_condition)c);
		struct map_condition back = map_error_to_xmpp(s.status);

		assert_true(back.condition != STOX_UNDEFINED_CONDITION);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_condition),
		cmocka_unit_test(test_status_table),
		cmocka_unit_test(test_every_status),
		cmocka_unit_test(test_lync_means_it_otherwise),
		cmocka_unit_test(test_round_trip_stays_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
