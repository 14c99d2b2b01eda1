#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "sample.h"
#include "sip/subscription.h"

static void test_state(void **state)
{
	static const struct {
		const char *text;
		int result;
		enum stox_substate state;
		enum stox_subreason reason;
		long expires, retry; /* -1: none */
	} cases[] = {
		{ "active;expires=3540", 0, STOX_SUB_ACTIVE, 0, 3540, -1 },
		{ "pending", 0, STOX_SUB_PENDING, 0, -1, -1 },
		{ " Active ; Expires=1 ; x=y", 0, STOX_SUB_ACTIVE, 0, 1, -1 },
		{ "terminated;reason=rejected", 0, STOX_SUB_TERMINATED,
			STOX_REASON_REJECTED, -1, -1 },
		{ "terminated;reason=probation;retry-after=300", 0,
			STOX_SUB_TERMINATED, STOX_REASON_PROBATION, -1, 300 },
		{ "terminated;reason=NoResource", 0, STOX_SUB_TERMINATED,
			STOX_REASON_NORESOURCE, -1, -1 },
		{ "terminated;reason=deactivated", 0, STOX_SUB_TERMINATED,
			STOX_REASON_DEACTIVATED, -1, -1 },
		{ "terminated;reason=timeout", 0, STOX_SUB_TERMINATED,
			STOX_REASON_TIMEOUT, -1, -1 },
		{ "terminated;reason=giveup", 0, STOX_SUB_TERMINATED,
			STOX_REASON_GIVEUP, -1, -1 },
		{ "terminated;reason=invariant", 0, STOX_SUB_TERMINATED,
			STOX_REASON_INVARIANT, -1, -1 },
		{ "terminated;reason=badfilter", 0, STOX_SUB_TERMINATED,
			STOX_REASON_BADFILTER, -1, -1 },
		{ "terminated;reason=whatever", 0, STOX_SUB_TERMINATED,
			STOX_REASON_NONE, -1, -1 },
		{ "terminated", 0, STOX_SUB_TERMINATED, STOX_REASON_NONE, -1, -1 },
		{ "waiting;expires=5", 0, STOX_SUB_OTHER, 0, 5, -1 },
		{ "active;expires=99999999999999999999", 0, STOX_SUB_ACTIVE, 0,
			UINT32_MAX, -1 },
		{ "", -STOX_EINVAL, 0, 0, 0, 0 },
		{ ";expires=5", -STOX_EINVAL, 0, 0, 0, 0 },
		{ "act ive", -STOX_EINVAL, 0, 0, 0, 0 },
		{ "active;expires", -STOX_EINVAL, 0, 0, 0, 0 },
		{ "active;expires=-1", -STOX_EINVAL, 0, 0, 0, 0 },
		{ "active;expires=1s", -STOX_EINVAL, 0, 0, 0, 0 },
		{ "terminated;retry-after=soon", -STOX_EINVAL, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stox_subscription s;

		assert_int_equal(sip_subscription_state_parse(
			str_from(cases[i].text), &s), cases[i].result);
		if (cases[i].result)
			continue;
		assert_int_equal(s.state, cases[i].state);
		assert_int_equal(s.reason, cases[i].reason);
		assert_int_equal(s.has_expires, cases[i].expires >= 0);
		if (s.has_expires)
			assert_int_equal(s.expires_s, cases[i].expires);
		assert_int_equal(s.has_retry_after, cases[i].retry >= 0);
		if (s.has_retry_after)
			assert_int_equal(s.retry_after_s, cases[i].retry);
	}
}

static void written(struct stox_subscription s, const char *expected)
{
	struct stox_subscription back;
	struct buf b;

	buf_init(&b, 256, NULL);
	sip_subscription_state_write(&b, &s);
	assert_slice(buf_str(&b), expected);
	assert_int_equal(sip_subscription_state_parse(buf_str(&b), &back), 0);
	assert_int_equal(back.state, s.state);
	assert_int_equal(back.reason, s.reason);
	buf_free(&b);
}

static void test_write(void **state)
{
	(void)state;
	written((struct stox_subscription){ .state = STOX_SUB_ACTIVE,
		.expires_s = 3540 }, "active;expires=3540");
	written((struct stox_subscription){ .state = STOX_SUB_PENDING,
		.expires_s = 0 }, "pending;expires=0");
	written((struct stox_subscription){ .state = STOX_SUB_TERMINATED },
		"terminated");
	written((struct stox_subscription){ .state = STOX_SUB_TERMINATED,
		.reason = STOX_REASON_GIVEUP, .has_retry_after = true,
		.retry_after_s = 600 },
		"terminated;reason=giveup;retry-after=600");
}

/* RFC 6665, 4.1.3; stox.md 3.6. */
static void test_follow_up(void **state)
{
	static const enum stox_resubscribe expected[] = {
		[STOX_REASON_NONE] = STOX_RESUBSCRIBE_LATER,
		[STOX_REASON_DEACTIVATED] = STOX_RESUBSCRIBE_NOW,
		[STOX_REASON_PROBATION] = STOX_RESUBSCRIBE_LATER,
		[STOX_REASON_REJECTED] = STOX_RESUBSCRIBE_NEVER,
		[STOX_REASON_TIMEOUT] = STOX_RESUBSCRIBE_NOW,
		[STOX_REASON_GIVEUP] = STOX_RESUBSCRIBE_LATER,
		[STOX_REASON_NORESOURCE] = STOX_RESUBSCRIBE_NEVER,
		[STOX_REASON_INVARIANT] = STOX_RESUBSCRIBE_NEVER,
		[STOX_REASON_BADFILTER] = STOX_RESUBSCRIBE_NOW,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_int_equal(sip_subreason_follow_up(
			(enum stox_subreason)i), expected[i]);
}

static const struct stox_event_package package = {
	"presence", "application/pidf+xml", 3600, 600, 28800 };

static void test_check(void **state)
{
	static const struct {
		const char *headers;
		unsigned status;
		uint32_t expires;
	} cases[] = {
		{ "Event: presence\r\n", 0, 3600 },
		{ "Event: presence\r\nExpires: 0\r\n", 0, 0 },
		{ "o: presence;id=7\r\nExpires: 1800\r\n", 0, 1800 },
		{ "Event: presence\r\nExpires: 4294967295\r\n", 0, 28800 },
		{ "Event: presence\r\nExpires: 99999999999999\r\n", 0, 28800 },
		{ "Event: presence\r\nExpires: 599\r\n", 423, 0 },
		{ "Event: presence\r\nExpires: 600\r\n", 0, 600 },
		{ "Event: presence\r\nExpires: -1\r\n", 400, 0 },
		{ "Event: presence\r\nExpires: soon\r\n", 400, 0 },
		{ "", 489, 0 },
		{ "Event: presence.winfo\r\n", 489, 0 },
		{ "Event: Presence\r\n", 489, 0 }, /* RFC 6665, 8.2.1 */
		{ "Event: presence\r\nAccept: application/pidf+xml\r\n", 0,
			3600 },
		{ "Event: presence\r\nAccept: application/xpidf+xml, "
		  "text/xml+msrtc.pidf, Application/PIDF+xml\r\n", 0, 3600 },
		{ "Event: presence\r\nAccept: text/plain\r\n"
		  "Accept: application/*;q=0.5\r\n", 0, 3600 },
		{ "Event: presence\r\nAccept: */*\r\n", 0, 3600 },
		{ "Event: presence\r\nAccept: application/rlmi+xml\r\n", 406,
			0 },
		{ "Event: presence\r\nAccept: application/pidf+xml;q=0\r\n",
			406, 0 },
		{ "Event: presence\r\nRequire: eventlist\r\n", 420, 0 },
		{ "Event: presence\r\nSupported: eventlist\r\n"
		  "Proxy-Require: ms-benotify\r\n", 0, 3600 },
	};
	struct parsed *p = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[1024];
		uint32_t expires = 0;

		snprintf(text, sizeof text,
			"SUBSCRIBE sip:juliet@example.org SIP/2.0\r\n"
			"Via: SIP/2.0/TLS fe;branch=z9hG4bK1\r\n"
			"From: <sip:r@c.com>;tag=1\r\n"
			"To: <sip:juliet@example.org>\r\nCall-ID: c\r\n"
			"CSeq: 1 SUBSCRIBE\r\nContact: <sip:r@c.com>\r\n%s"
			"Max-Forwards: 9\r\nContent-Length: 0\r\n\r\n",
			cases[i].headers);
		sample_parse(p, text, strlen(text));
		assert_int_equal(p->error, 0);
		assert_int_equal(sip_subscribe_check(&p->m, &package,
			&expires), cases[i].status);
		assert_int_equal(expires, cases[i].expires);
		if (i == 2)
			assert_slice(sip_event_id(&p->m), "7");
		sample_free(p);
	}
}

/* RFC 8048, 5.2; RFC 6665, 4.1.2.2. */
static void test_result(void **state)
{
	static const struct {
		unsigned status;
		enum stox_subscribe_result first, refresh;
	} cases[] = {
		{ 200, STOX_SUBSCRIBED, STOX_SUBSCRIBED },
		{ 202, STOX_SUBSCRIBED, STOX_SUBSCRIBED },
		{ 204, STOX_SUBSCRIBED, STOX_SUBSCRIBED },
		{ 302, STOX_SUBSCRIBE_MOVED, STOX_SUBSCRIBE_MOVED },
		{ 403, STOX_SUBSCRIBE_DENIED, STOX_SUBSCRIBE_DENIED },
		{ 489, STOX_SUBSCRIBE_DENIED, STOX_SUBSCRIBE_DENIED },
		{ 603, STOX_SUBSCRIBE_DENIED, STOX_SUBSCRIBE_DENIED },
		{ 406, STOX_SUBSCRIBE_DENIED, STOX_SUBSCRIBE_DENIED },
		{ 404, STOX_SUBSCRIBE_UNKNOWN, STOX_SUBSCRIBE_ANEW },
		{ 604, STOX_SUBSCRIBE_UNKNOWN, STOX_SUBSCRIBE_ANEW },
		{ 423, STOX_SUBSCRIBE_LONGER, STOX_SUBSCRIBE_LONGER },
		{ 481, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_ANEW },
		{ 501, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_ANEW },
		{ 0, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_AGAIN },
		{ 401, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_AGAIN },
		{ 408, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_AGAIN },
		{ 480, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_ANEW },
		{ 500, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_AGAIN },
		{ 503, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_AGAIN },
		{ 504, STOX_SUBSCRIBE_AGAIN, STOX_SUBSCRIBE_AGAIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(sip_subscribe_result(cases[i].status, false),
			cases[i].first);
		assert_int_equal(sip_subscribe_result(cases[i].status, true),
			cases[i].refresh);
	}
}

static void test_times(void **state)
{
	struct parsed *p = *state;
	static const char response[] = "SIP/2.0 423 Interval Too Brief\r\n"
		"Via: SIP/2.0/TLS gw;branch=z9hG4bK1\r\n"
		"From: <sip:r@c.com>;tag=1\r\nTo: <sip:j@e.org>;tag=2\r\n"
		"Call-ID: c\r\nCSeq: 1 SUBSCRIBE\r\nmin-expires: 7200\r\n"
		"Content-Length: 0\r\n\r\n";

	assert_int_equal(sip_refresh_after(3600), 3540);
	assert_int_equal(sip_refresh_after(120), 60);
	assert_int_equal(sip_refresh_after(90), 45);
	assert_int_equal(sip_refresh_after(1), 0);
	sample_parse(p, response, strlen(response));
	assert_int_equal(p->error, 0);
	assert_int_equal(sip_min_expires(&p->m), 7200);
	sample_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_follow_up),
		cmocka_unit_test_setup_teardown(test_check, sample_setup,
			sample_teardown),
		cmocka_unit_test(test_result),
		cmocka_unit_test_setup_teardown(test_times, sample_setup,
			sample_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
