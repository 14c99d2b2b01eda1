#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

static void count_cap(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->limits.value[LIMIT_XMPP_QUEUE] = 3;
	fixture_start(f);
	for (uint64_t i = 1; i <= 5; i++)
		send_message(f, "juliet@example.org", "x", 0, i);
	assert_int_equal(f->result_count, 0); /* never inside the call */
	expect_failed(f, 4, STOX_RESOURCE_CONSTRAINT,
		"Too many messages are waiting for example.org.");
	expect_failed(f, 5, STOX_RESOURCE_CONSTRAINT, "Too many");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_QUEUE], 2);
	w = out_external(f, 1);
	for (int i = 0; i < 3; i++)
		wire_expect(w, "<body>x</body>");
	for (uint64_t i = 1; i <= 3; i++)
		expect_result(f, i, XMPP_WRITTEN);
	/* there is room again */
	send_message(f, "juliet@example.org", "y", 0, 6);
	wire_expect(w, "<body>y</body>");
}

static void byte_cap(void **state)
{
	struct fixture *f = *state;
	char *big = base_alloc0(5001);

	memset(big, 'a', 5000);
	f->limits.value[LIMIT_XMPP_QUEUE_BYTES] = 12000;
	fixture_start(f);
	for (uint64_t i = 1; i <= 3; i++)
		send_message(f, "juliet@example.org", big, 0, i);
	expect_failed(f, 3, STOX_RESOURCE_CONSTRAINT, "Too many");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_QUEUE_BYTES], 1);
	send_message(f, "juliet@example.org", "small", 0, 4);
	wire_expect(out_external(f, 1), "<body>small</body>");
	free(big);
}

/* What waits is counted in the memory budget, and no longer than it waits. */
static void accounted(void **state)
{
	struct fixture *f = *state;
	char *big = base_alloc0(5001);
	size_t before, full;

	memset(big, 'a', 5000);
	fixture_start(f);
	send_message(f, "juliet@example.org", big, 0, 1);
	before = f->budget.used;
	send_message(f, "juliet@example.org", big, 0, 2);
	send_message(f, "juliet@example.org", big, 0, 3);
	full = f->budget.used;
	assert_true(full >= before + 10000);
	xmpp_cancel(f->x, 2);
	xmpp_cancel(f->x, 3);
	assert_true(f->budget.used <= full - 10000);
	free(big);
}

static void age(void **state)
{
	struct fixture *f = *state;

	f->limits.value[LIMIT_XMPP_QUEUE_AGE] = 20;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	wire_header(wire_accepted(f, 1), "example.org", "contoso.com", "1");
	pass_ms(f, 15000);
	send_message(f, "juliet@example.org", "y", 0, 2);
	pass_ms(f, 6000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"There was no connection to example.org within 20 seconds.");
	assert_null(result_of(f, 2));
	pass_ms(f, 15000);
	expect_failed(f, 2, STOX_REMOTE_SERVER_TIMEOUT, "within 20 seconds");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_QUEUE_AGE], 2);
}

static void cancel(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	for (uint64_t i = 1; i <= 3; i++)
		send_message(f, "juliet@example.org", i == 2 ? "no" : "yes", 0,
			i);
	assert_false(xmpp_cancel(f->x, 2));
	assert_false(xmpp_cancel(f->x, 2));
	assert_false(xmpp_cancel(f->x, 99));
	assert_false(xmpp_cancel(f->x, 0));
	w = out_external(f, 1);
	wire_expect(w, "yes");
	wire_expect(w, "yes");
	wire_expect_not(w, "no");
	expect_result(f, 1, XMPP_WRITTEN);
	expect_result(f, 3, XMPP_WRITTEN);
	assert_null(result_of(f, 2));
	/* written, and not told yet */
	send_message(f, "juliet@example.org", "late", 0, 4);
	assert_true(xmpp_cancel(f->x, 4));
	wire_expect(w, "late");
	assert_null(result_of(f, 4));
	/* refused, and not told yet */
	send_message(f, "juliet@stranger.example", "x", 0, 5);
	assert_false(xmpp_cancel(f->x, 5));
	step(f);
	assert_null(result_of(f, 5));
}

/* All was cancelled: the stream has nothing to prove itself for. */
static void cancel_all(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	xmpp_cancel(f->x, 1);
	w = out_tls(f, 1);
	out_features(w, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		"<mechanism>EXTERNAL</mechanism></mechanisms>");
	wire_expect_not(w, "<auth");
	/* until there is something again */
	send_message(f, "juliet@example.org", "y", 0, 2);
	wire_expect(w, "<auth");
	wire_send(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	out_features(w, "");
	wire_expect(w, "<body>y</body>");
}

static void no_token(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", XMPP_SEND_HOLD, 0);
	send_message(f, "juliet@stranger.example", "x", 0, 0);
	w = out_external(f, 1);
	wire_expect(w, "<body>x</body>");
	wire_expect_not(w, "ping");
	send_message(f, "juliet@example.org", "y", 0, 0);
	wire_expect(w, "<body>y</body>");
	assert_int_equal(f->result_count, 0);
}

static void wrong_local(void **state)
{
	struct fixture *f = *state;
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = xml_element(pool, "message", STOX_NS_SERVER);

	fixture_start(f);
	xmpp_send(f->x, "nowhere.example", STR("example.org"), e, 0, 1);
	pool_free(&pool);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"domain is not served");
}

/* A reply that nobody would send again outlives failed attempts. */
static void patient(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	io_world_dns_fail(f->world, true);
	send_message(f, "juliet@example.org", "p1", XMPP_SEND_PATIENT, 1);
	send_message(f, "juliet@example.org", "x", 0, 2);
	expect_failed(f, 2, STOX_REMOTE_SERVER_TIMEOUT, "DNS");
	send_message(f, "juliet@example.org", "p2", XMPP_SEND_PATIENT, 3);
	send_message(f, "juliet@example.org", "x", 0, 4);
	expect_failed(f, 4, STOX_REMOTE_SERVER_TIMEOUT, "DNS");
	pass_ms(f, 30000);
	io_world_dns_fail(f->world, false);
	pass_ms(f, 5000);
	w = out_external(f, 1);
	wire_expect(w, "<body>p1</body>");
	wire_expect(w, "<body>p2</body>");
	wire_expect_not(w, "<body>x</body>");
	expect_result(f, 1, XMPP_WRITTEN);
	expect_result(f, 3, XMPP_WRITTEN);
}

static void patience_ends(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	io_world_dns_fail(f->world, true);
	send_message(f, "juliet@example.org", "x", XMPP_SEND_PATIENT, 1);
	pass_ms(f, 89000);
	assert_null(result_of(f, 1));
	pass_ms(f, 2000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "within 90 seconds");
	/* and with it the attempts, and the memory of the route */
	pass_ms(f, 700000);
	send_message(f, "juliet@example.org", "y", XMPP_SEND_PATIENT, 2);
	xmpp_shutdown(f->x, NULL, NULL);
	expect_failed(f, 2, STOX_REMOTE_SERVER_TIMEOUT, "shutting down");
}

/* Freed with stanzas in every state: waiting, held, not told. */
static void free_busy(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->other = f->partner;
	f->other.domain = "other.example";
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", XMPP_SEND_HOLD, 1);
	w = out_external(f, 1);
	wire_expect(w, "ping");
	send_message(f, "juliet@example.org", "y", 0, 2);
	send_message(f, "juliet@other.example", "z", XMPP_SEND_HOLD, 3);
	in_tls(f);
	send_message(f, "juliet@stranger.example", "z", 0, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(count_cap),
		PEER_TEST(byte_cap),
		PEER_TEST(accounted),
		PEER_TEST(age),
		PEER_TEST(cancel),
		PEER_TEST(cancel_all),
		PEER_TEST(no_token),
		PEER_TEST(wrong_local),
		PEER_TEST(patient),
		PEER_TEST(patience_ends),
		PEER_TEST(free_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
