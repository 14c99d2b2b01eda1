#include "both.h"

/* Two servers of ours: nothing is lost, nothing comes twice, the order stays,
 * wherever the cable is cut. */

static void managed(void **state)
{
	struct both *t = both_new(0, false, true);

	*state = t;
	end_send(&t->a, 1, XMPP_SEND_HOLD);
	both_step(t);
	expect_came(&t->b, 1, 1);
	expect_reports(&t->a, 1, 1, XMPP_CONFIRMED);
	assert_int_equal(streams_with(&t->a, "out", "resume"), 1);
	assert_int_equal(streams_with(&t->b, "in", "resume"), 1);
	assert_true(end_logged(&t->a, "stream-managed direction=out "
		"local=contoso.com remote=example.org resume=yes"));
	assert_true(end_logged(&t->b, "stream-managed direction=in "
		"local=example.org remote=contoso.com resume=yes"));
}

static void off(void **state)
{
	struct both *t = both_new(0, false, false);

	*state = t;
	end_send(&t->a, 1, XMPP_SEND_HOLD);
	both_step(t);
	expect_came(&t->b, 1, 1);
	assert_int_equal(streams_with(&t->a, "out", ""), 1);
}

enum { BURST = 6 };

/* A burst one way or both ways, the cable cut after @steps things. */
static bool cut_after(size_t chop, bool bidi, size_t steps)
{
	struct both *t = both_new(chop, bidi, true);
	size_t done;

	end_send(&t->a, 0, XMPP_SEND_HOLD);
	both_step(t);
	expect_came(&t->b, 0, 0);
	for (unsigned n = 1; n <= BURST; n++) {
		end_send(&t->a, n, XMPP_SEND_HOLD);
		end_reply(&t->a, 100 + n);
		if (bidi) {
			end_send(&t->b, n, XMPP_SEND_HOLD);
			end_reply(&t->b, 100 + n);
		}
	}
	done = steps ? io_world_step(t->world, steps) : 0;
	both_cut(t);
	for (unsigned n = BURST + 1; n <= 2 * BURST; n++) {
		end_send(&t->a, n, XMPP_SEND_HOLD);
		if (bidi)
			end_send(&t->b, n, XMPP_SEND_HOLD);
	}
	both_step(t);
	both_pass(t, 4000);
	expect_came(&t->b, 1, 2 * BURST);
	expect_came(&t->b, 101, 100 + BURST);
	expect_reports(&t->a, 1, 2 * BURST, XMPP_CONFIRMED);
	if (bidi) {
		expect_came(&t->a, 1, 2 * BURST);
		expect_came(&t->a, 101, 100 + BURST);
		expect_reports(&t->b, 1, 2 * BURST, XMPP_CONFIRMED);
		assert_true(streams_with(&t->a, "both", "resume") >= 1);
	}
	assert_true(end_logged(&t->b, "stream-resumed"));
	both_free(t);
	return steps && done < steps;
}

static void cut_one_way(void **state)
{
	(void)state;
	for (size_t n = 0; !cut_after(0, false, n); n++)
		assert_true(n < 10000);
}

static void cut_both_ways(void **state)
{
	(void)state;
	for (size_t n = 0; !cut_after(0, true, n); n++)
		assert_true(n < 10000);
}

/* Cut in the middle of stanzas, answers and questions. */
static void cut_in_pieces(void **state)
{
	(void)state;
	for (size_t n = 0; n < 6000; n += 97)
		if (cut_after(1, true, n))
			break;
}

/* The new stream is cut as well, wherever it is: in set-up nothing is given
 * up, later on it is resumed once more. */
static void cut_again(void **state)
{
	(void)state;
	for (size_t n = 1; n < 400; n += 3) {
		struct both *t = both_new(0, true, true);

		end_send(&t->a, 0, XMPP_SEND_HOLD);
		both_step(t);
		for (unsigned k = 1; k <= BURST; k++) {
			end_send(&t->a, k, XMPP_SEND_HOLD);
			end_send(&t->b, k, XMPP_SEND_HOLD);
		}
		io_world_step(t->world, 5);
		both_cut(t);
		io_world_step(t->world, n);
		both_cut(t);
		both_step(t);
		both_pass(t, 9000);
		expect_came(&t->b, 1, BURST);
		expect_came(&t->a, 1, BURST);
		expect_reports(&t->a, 1, BURST, XMPP_CONFIRMED);
		expect_reports(&t->b, 1, BURST, XMPP_CONFIRMED);
		both_free(t);
	}
}

/* What is in work when the stream breaks is not taken twice. */
static void still_in_work(void **state)
{
	struct both *t = both_new(0, false, true);

	*state = t;
	end_send(&t->a, 0, XMPP_SEND_HOLD);
	both_step(t);
	t->b.keep = true;
	end_send(&t->a, 1, XMPP_SEND_HOLD);
	end_send(&t->a, 2, XMPP_SEND_HOLD);
	end_send(&t->a, 3, XMPP_SEND_HOLD);
	both_step(t);
	expect_came(&t->b, 1, 3);
	xmpp_release(t->b.x, t->b.receipts[2]);
	both_cut(t);
	both_step(t);
	assert_true(end_logged(&t->a, "stream-resumed"));
	xmpp_release(t->b.x, t->b.receipts[1]);
	xmpp_release(t->b.x, t->b.receipts[3]);
	end_send(&t->a, 4, XMPP_SEND_HOLD);
	both_step(t);
	expect_came(&t->b, 1, 4);
	xmpp_release(t->b.x, t->b.receipts[4]);
	both_pass(t, 3000);
	expect_reports(&t->a, 1, 4, XMPP_CONFIRMED);
}

/* The state is gone with the process: who waits hears that it is not known,
 * replies go again. */
static void restarted(void **state)
{
	struct both *t = both_new(0, false, true);

	*state = t;
	end_send(&t->a, 0, XMPP_SEND_HOLD);
	both_step(t);
	t->b.keep = true;
	end_send(&t->a, 1, XMPP_SEND_HOLD);
	end_reply(&t->a, 101);
	end_restart(&t->b);
	both_step(t);
	both_pass(t, 3000);
	assert_true(end_logged(&t->a, "stream-not-resumed"));
	assert_int_equal(t->a.reports[1], 1);
	assert_int_equal(t->a.sent[1], XMPP_LOST);
	expect_came(&t->b, 101, 101);
}

/* While the peer is away nobody hears that all is well. */
static void away(void **state)
{
	struct both *t = both_new(0, false, true);

	*state = t;
	end_send(&t->a, 0, XMPP_SEND_HOLD);
	both_step(t);
	end_send(&t->a, 1, XMPP_SEND_HOLD);
	end_send(&t->a, 2, XMPP_SEND_HOLD);
	io_world_cut(t->world, t->a.address, t->b.address);
	both_pass(t, 15000);
	assert_int_equal(t->a.reports[1], 0);
	/* its exchange has run out of time: it must not come any more */
	assert_false(xmpp_cancel(t->a.x, 1));
	io_world_heal(t->world);
	both_pass(t, 60000);
	assert_int_equal(t->b.got[1], 0);
	assert_int_equal(t->b.got[2], 1);
	expect_reports(&t->a, 2, 2, XMPP_CONFIRMED);
}

/* For ever is too long. */
static void too_long(void **state)
{
	struct both *t = both_new(0, false, true);

	*state = t;
	end_send(&t->a, 0, XMPP_SEND_HOLD);
	both_step(t);
	end_send(&t->a, 1, XMPP_SEND_HOLD);
	io_world_cut(t->world, t->a.address, t->b.address);
	both_pass(t, 301000);
	expect_reports(&t->a, 1, 1, XMPP_LOST);
	assert_true(t->a.limits.hits[LIMIT_XMPP_RESUME_TIME] > 0);
	assert_true(t->b.limits.hits[LIMIT_XMPP_RESUME_TIME] > 0);
}

/* The peer that opened the stream does not come back: ours go on another. */
static void peer_stays_away(void **state)
{
	struct both *t = both_new(0, true, true);

	*state = t;
	end_send(&t->a, 0, XMPP_SEND_HOLD);
	both_step(t);
	t->a.partner.blocked = true;
	end_send(&t->b, 1, XMPP_SEND_HOLD);
	end_reply(&t->b, 101);
	both_cut(t);
	both_pass(t, 1000);
	t->a.partner.blocked = false;
	both_pass(t, 20000);
	assert_int_equal(t->b.reports[1], 1);
	assert_int_equal(t->a.got[101], 1);
	assert_true(t->a.got[1] <= 1);
	assert_true(t->b.sent[1] == XMPP_LOST || t->a.got[1] == 1);
}

static void only_so_many(void **state)
{
	struct both *t = both_new(0, false, true);

	*state = t;
	t->b.limits.value[LIMIT_XMPP_RESUMABLE] = 0;
	end_send(&t->a, 0, XMPP_SEND_HOLD);
	both_step(t);
	end_send(&t->a, 1, XMPP_SEND_HOLD);
	both_cut(t);
	both_pass(t, 3000);
	expect_reports(&t->a, 1, 1, XMPP_LOST);
	assert_true(end_logged(&t->a, "stream-not-resumed"));
}

/* A stream that is closed in order is not resumed and loses nothing. */
static void shutdown_in_order(void **state)
{
	struct both *t = both_new(0, true, true);

	*state = t;
	for (unsigned n = 1; n <= BURST; n++)
		end_send(&t->a, n, XMPP_SEND_HOLD);
	both_step(t);
	expect_came(&t->b, 1, BURST);
	both_pass(t, 700000);
	assert_int_equal(streams_with(&t->a, "both", "resume"), 0);
	end_send(&t->b, 1, XMPP_SEND_HOLD);
	both_step(t);
	expect_came(&t->a, 1, 1);
	assert_false(end_logged(&t->a, "stream-broken"));
}

#define RESUME_TEST(f) cmocka_unit_test_teardown(f, both_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESUME_TEST(managed),
		RESUME_TEST(off),
		cmocka_unit_test(cut_one_way),
		cmocka_unit_test(cut_both_ways),
		cmocka_unit_test(cut_in_pieces),
		cmocka_unit_test(cut_again),
		RESUME_TEST(still_in_work),
		RESUME_TEST(restarted),
		RESUME_TEST(away),
		RESUME_TEST(too_long),
		RESUME_TEST(peer_stays_away),
		RESUME_TEST(only_so_many),
		RESUME_TEST(shutdown_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
