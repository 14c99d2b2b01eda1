#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "xmpp/sm.h"

#define SM "urn:xmpp:sm:3"
#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define EXTERNAL "<mechanisms xmlns='" SASL "'><mechanism>EXTERNAL" \
	"</mechanism></mechanisms>"
#define ENABLE "<enable xmlns='" SM "' resume='true'/>"
#define ASK "<r xmlns='" SM "'/>"
#define MESSAGE "<message from='juliet@example.org' " \
	"to='romeo@contoso.com' id='%s'/>"

/* ---- counting -------------------------------------------------------------- */

static void acknowledge_around_the_end(void **state)
{
	struct xmpp_sm_out o;
	struct budget budget = { 0 };
	struct xmpp_unacked *item;

	(void)state;
	xmpp_sm_out_init(&o, &budget);
	o.sent = o.acked = UINT32_MAX - 1;
	for (unsigned i = 0; i < 4; i++)
		xmpp_sm_out_add(&o, STR("<message/>"));
	assert_int_equal(o.sent, 2);
	assert_int_equal(o.bytes, 40);
	assert_true(budget.used > 40);
	assert_true(xmpp_sm_out_may_ack(&o, UINT32_MAX - 1));
	assert_true(xmpp_sm_out_may_ack(&o, UINT32_MAX));
	assert_true(xmpp_sm_out_may_ack(&o, 2));
	assert_false(xmpp_sm_out_may_ack(&o, 3));
	assert_false(xmpp_sm_out_may_ack(&o, UINT32_MAX - 2));
	while ((item = xmpp_sm_out_next(&o, 1)))
		xmpp_sm_out_free(&o, item);
	assert_int_equal(o.acked, 1);
	assert_int_equal(o.count, 1);
	assert_false(xmpp_sm_out_may_ack(&o, 0));
	xmpp_sm_out_clear(&o);
	assert_int_equal(o.count, 0);
	assert_int_equal(budget.used, 0);
}

/* In any order, around 2^32, always up to the first open one. */
static void finish_in_any_order(void **state)
{
	enum { COUNT = 500 };
	struct xmpp_sm_in in = { .received = UINT32_MAX - 100,
		.finished = UINT32_MAX - 100 };
	uint32_t numbers[COUNT], start = in.finished, want = 0;
	bool over[COUNT] = { false };

	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(xmpp_sm_in_take(&in, COUNT, &numbers[i]), 0);
	assert_int_equal(xmpp_sm_in_take(&in, COUNT, &numbers[0]),
		-STOX_ETOOBIG);
	for (unsigned i = 0; i < COUNT; i++) {
		unsigned k = i * 7 % COUNT;

		over[k] = true;
		assert_int_equal(xmpp_sm_in_finish(&in, numbers[k]),
			k == want);
		while (want < COUNT && over[want])
			want++;
		assert_int_equal((uint32_t)(in.finished - start), want);
		/* twice is as once */
		assert_false(xmpp_sm_in_finish(&in, numbers[k]));
	}
	assert_int_equal(in.finished, in.received);
	xmpp_sm_in_clear(&in);
}

static void known_ones_again(void **state)
{
	struct xmpp_sm_in in = { 0 };
	uint32_t n;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(xmpp_sm_in_take(&in, 10, &n), 0);
	assert_true(xmpp_sm_in_finish(&in, 1));
	xmpp_sm_in_resume(&in);
	assert_int_equal(xmpp_sm_in_take(&in, 10, &n), -STOX_EEXIST);
	assert_int_equal(xmpp_sm_in_take(&in, 10, &n), -STOX_EEXIST);
	assert_int_equal(xmpp_sm_in_take(&in, 10, &n), 0);
	assert_int_equal(n, 4);
	assert_false(xmpp_sm_in_finish(&in, 5));
	xmpp_sm_in_clear(&in);
}

static void numbers(void **state)
{
	uint32_t n;

	(void)state;
	assert_true(xmpp_sm_number("4294967295", &n));
	assert_int_equal(n, UINT32_MAX);
	assert_false(xmpp_sm_number("4294967296", &n));
	assert_false(xmpp_sm_number("-1", &n));
	assert_false(xmpp_sm_number("", &n));
	assert_false(xmpp_sm_number(NULL, &n));
}

/* ---- a stream that we opened ----------------------------------------------- */

/* Up to our <enable/>; one message goes with it. */
static struct wire *out_managed(struct fixture *f)
{
	struct wire *w;

	f->partner.resume = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "one", XMPP_SEND_HOLD, 1);
	w = out_tls(f, 1);
	out_features(w, EXTERNAL "<sm xmlns='" SM "'/>");
	wire_expect(w, "<auth ");
	wire_expect_not(w, ENABLE);
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "<sm xmlns='" SM "'/>");
	wire_expect(w, ENABLE);
	wire_expect(w, "<body>one</body>");
	return w;
}

static void ask_and_hear(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_managed(f);

	wire_expect_not(w, ASK); /* it has not said yes yet */
	wire_send(w, "<enabled xmlns='" SM "' id='x' resume='true'/>");
	wire_expect(w, ASK);
	/* it is late, and nothing is confirmed before it is acknowledged */
	pass_ms(f, 5000);
	assert_null(result_of(f, 1));
	wire_send(w, "<a xmlns='" SM "' h='1'/>");
	expect_result(f, 1, XMPP_CONFIRMED);
	/* one question for a burst */
	send_message(f, "juliet@example.org", "two", 0, 2);
	send_message(f, "juliet@example.org", "three", 0, 3);
	wire_expect(w, "<body>two</body>");
	wire_expect(w, "<body>three</body>");
	wire_expect(w, ASK);
	wire_expect_not(w, ASK);
	wire_send(w, "<a xmlns='" SM "' h='4'/>");
	assert_false(w->closed);
}

static void not_enabled(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_managed(f);

	wire_send(w, "<failed xmlns='" SM "'/>");
	wire_expect_not(w, ASK);
	pass_ms(f, 3000);
	expect_result(f, 1, XMPP_CONFIRMED);
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_expect(w, "<body>two</body>");
	wire_expect_not(w, ASK);
}

static void too_many(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_managed(f);

	wire_send(w, "<enabled xmlns='" SM "'/>");
	wire_send(w, "<a xmlns='" SM "' h='9'/>");
	wire_expect(w, "<undefined-condition ");
	wire_expect(w, "<handled-count-too-high xmlns='" SM "' h='9' "
		"send-count='2'/></stream:error>");
	expect_result(f, 1, XMPP_LOST);
}

static void backwards(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_managed(f);

	wire_send(w, "<enabled xmlns='" SM "'/>");
	wire_send(w, "<a xmlns='" SM "' h='2'/>");
	wire_send(w, "<a xmlns='" SM "' h='1'/>");
	wire_expect(w, "<handled-count-too-high ");
}

static void no_number(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_managed(f);

	wire_send(w, "<enabled xmlns='" SM "'/><a xmlns='" SM "' h='x'/>");
	wire_expect(w, "<invalid-xml ");
}

static void room_for_two(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->limits.value[LIMIT_XMPP_UNACKED] = 2;
	w = out_managed(f);
	wire_send(w, "<enabled xmlns='" SM "'/>");
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_expect_not(w, "<body>two</body>");
	assert_null(result_of(f, 2));
	wire_send(w, "<a xmlns='" SM "' h='2'/>");
	wire_expect(w, "<body>two</body>");
	expect_result(f, 2, XMPP_WRITTEN);
	assert_int_equal(f->limits.hits[LIMIT_XMPP_UNACKED], 1);
}

static void no_answer(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_managed(f);

	wire_send(w, "<enabled xmlns='" SM "' id='x' resume='true'/>");
	wire_expect(w, ASK);
	pass_ms(f, 31000);
	assert_true(w->closed);
	assert_true(logged(f, "it did not answer when asked"));
	/* and at once again */
	w = out_tls(f, 2);
	out_features(w, EXTERNAL);
	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "<sm xmlns='" SM "'/>");
	wire_expect(w, "<resume xmlns='" SM "' h='0' previd='x'/>");
	wire_expect_not(w, "<message");
	wire_send(w, "<resumed xmlns='" SM "' h='0' previd='x'/>");
	wire_expect(w, "<body>one</body>");
	wire_expect(w, ASK);
	wire_send(w, "<a xmlns='" SM "' h='2'/>");
	pass_ms(f, 2100);
	expect_result(f, 1, XMPP_CONFIRMED);
}

/* Up to the answer to our <resume/>; message 1 and its ping are open, a reply
 * too. */
static struct wire *out_resume(struct fixture *f)
{
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = xml_element(pool, "message", STOX_NS_SERVER);
	struct wire *w = out_managed(f);

	wire_send(w, "<enabled xmlns='" SM "' id='x' resume='true'/>");
	stox_element_set(e, "id", "reply");
	xmpp_reply(f->x, "contoso.com", STR("example.org"), e,
		(struct xmpp_receipt){ 0 });
	pool_free(&pool);
	wire_expect(w, "id='reply'");
	wire_abort(w);
	w = out_tls(f, 2);
	out_external_rest(w);
	return w;
}

static void resume_not_offered(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_resume(f);

	wire_expect(w, "<message id='reply'/>");
	wire_expect_not(w, "<body>one");
	expect_result(f, 1, XMPP_LOST);
}

static struct wire *out_resume_asked(struct fixture *f)
{
	struct wire *w;

	out_managed(f);
	w = container_of(f->wires.prev, struct wire, node);
	wire_send(w, "<enabled xmlns='" SM "' id='x' resume='true'/>");
	send_message(f, "juliet@example.org", "two", XMPP_SEND_PATIENT, 2);
	step(f);
	wire_abort(w);
	w = out_tls(f, 2);
	out_features(w, EXTERNAL);
	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "<sm xmlns='" SM "'/>");
	wire_expect(w, "<resume ");
	return w;
}

/* It has forgotten the stream, but knows how far it had come. */
static void resume_failed(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_resume_asked(f);

	wire_send(w, "<failed xmlns='" SM "' h='1'/>");
	wire_expect(w, ENABLE);
	wire_expect(w, "<body>two</body>");
	wire_expect_not(w, "<body>one</body>");
	pass_ms(f, 2100);
	expect_result(f, 1, XMPP_CONFIRMED); /* it was acknowledged */
}

static void resumed_another(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_resume_asked(f);

	wire_send(w, "<resumed xmlns='" SM "' h='0' previd='y'/>");
	wire_expect(w, "<policy-violation ");
}

static void resumed_too_high(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_resume_asked(f);

	wire_send(w, "<resumed xmlns='" SM "' h='77' previd='x'/>");
	wire_expect(w, "<handled-count-too-high ");
	expect_result(f, 1, XMPP_LOST);
}

/* ---- a stream that was opened to us ---------------------------------------- */

static struct wire *in_managed(struct fixture *f, char *id, size_t size)
{
	struct wire *w;

	f->partner.resume = true;
	if (!f->x)
		fixture_start(f);
	w = in_external(f);
	assert_non_null(memmem(w->in.data, w->in.len, "<sm xmlns='" SM "'/>",
		sizeof("<sm xmlns='" SM "'/>") - 1));
	wire_send(w, ENABLE);
	wire_grab(w, "<enabled xmlns='" SM "' id='", id, size);
	wire_expect(w, " resume='true' max='300'/>");
	return w;
}

static void tell_what_is_finished(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w;

	f->keep = true;
	w = in_managed(f, id, sizeof(id));
	assert_int_equal(strncmp(id, "n1-", 3), 0);
	assert_int_equal(strlen(id), 3 + 32);
	wire_send(w, MESSAGE MESSAGE MESSAGE, "1", "2", "3");
	assert_int_equal(f->stanza_count, 3);
	wire_send(w, ASK);
	wire_expect(w, "<a xmlns='" SM "' h='0'/>");
	xmpp_release(f->x, f->receipts[1]);
	wire_expect_not(w, "<a ");
	xmpp_release(f->x, f->receipts[0]);
	wire_expect(w, "<a xmlns='" SM "' h='2'/>");
	xmpp_release(f->x, f->receipts[2]);
	wire_expect(w, "<a xmlns='" SM "' h='3'/>");
	xmpp_release(f->x, (struct xmpp_receipt){ 0 });
}

static void resume_in(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w;

	f->keep = true;
	w = in_managed(f, id, sizeof(id));
	wire_send(w, MESSAGE MESSAGE, "1", "2");
	wire_abort(w);
	xmpp_release(f->x, f->receipts[0]);
	w = in_external(f);
	wire_send(w, "<resume xmlns='" SM "' h='0' previd='%s'/>", id);
	wire_expect(w, "<resumed xmlns='" SM "' h='1' previd='n1-");
	wire_send(w, MESSAGE MESSAGE, "2", "3");
	assert_int_equal(f->stanza_count, 3);
	xmpp_release(f->x, f->receipts[1]);
	xmpp_release(f->x, f->receipts[2]);
	wire_send(w, ASK);
	wire_expect(w, "<a xmlns='" SM "' h='3'/>");
	assert_true(logged(f, "stream-resumed direction=in"));
}

/* The peer has noticed first that the connection is dead. */
static void resume_living(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *old = in_managed(f, id, sizeof(id)), *w;

	wire_send(old, MESSAGE, "1");
	w = in_external(f);
	wire_send(w, "<resume xmlns='" SM "' h='0' previd='%s'/>", id);
	wire_expect(w, "<resumed xmlns='" SM "' h='1'");
	wire_expect_closed(old);
	wire_send(w, MESSAGE, "2");
	assert_int_equal(f->stanza_count, 2);
}

static void resume_unknown(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.resume = true;
	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<resume xmlns='" SM "' h='0' previd='n1-none'/>");
	wire_expect(w, "<failed xmlns='" SM "'><item-not-found "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
	wire_send(w, ENABLE);
	wire_expect(w, "<enabled ");
}

/* Another server knows the id: it gets nothing, the stream stays. */
static void resume_of_another(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w, *thief;

	w = in_managed(f, id, sizeof(id));
	f->other = (struct xmpp_partner){ .domain = "other.example",
		.resume = true };
	fixture_certificates(f, "dns:contoso.com", "dns:other.example", true);
	f->their_name = "other.example";
	thief = wire_connect(f);
	wire_header(thief, "other.example", "contoso.com", NULL);
	wire_expect(thief, "</stream:features>");
	wire_send(thief,
		"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wire_expect(thief, "<proceed ");
	wire_tls(thief, "contoso.com");
	step(f);
	wire_header(thief, "other.example", "contoso.com", NULL);
	wire_expect(thief, "</stream:features>");
	wire_send(thief, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>="
		"</auth>");
	wire_expect(thief, "<success ");
	wire_header(thief, "other.example", "contoso.com", NULL);
	wire_expect(thief, "</stream:features>");
	wire_send(thief, "<resume xmlns='" SM "' h='0' previd='%s'/>", id);
	wire_expect(thief, "<item-not-found ");
	assert_false(w->closed);
	wire_abort(w);
	wire_send(thief, "<resume xmlns='" SM "' h='0' previd='%s'/>", id);
	wire_expect(thief, "<item-not-found ");
}

static void resume_before_proof(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w = in_managed(f, id, sizeof(id));

	wire_abort(w);
	w = in_tls(f);
	wire_send(w, "<resume xmlns='" SM "' h='0' previd='%s'/>", id);
	wire_expect(w, "<failed xmlns='" SM "'><unexpected-request ");
	wire_send(w, ENABLE);
	wire_expect(w, "<unexpected-request ");
}

static void resume_forged(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w = in_managed(f, id, sizeof(id));

	wire_abort(w);
	w = in_external(f);
	wire_send(w, "<resume xmlns='" SM "' h='5' previd='%s'/>", id);
	wire_expect(w, "<handled-count-too-high ");
}

static void enable_twice(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w = in_managed(f, id, sizeof(id));

	wire_send(w, ENABLE);
	wire_expect(w, "<unexpected-request ");
	wire_send(w, MESSAGE ASK, "1");
	wire_expect(w, "<a xmlns='" SM "' h='1'/>");
}

static void not_wanted(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	assert_null(memmem(w->in.data, w->in.len, SM, sizeof(SM) - 1));
	wire_send(w, ENABLE);
	wire_expect(w, "<failed xmlns='" SM "'><feature-not-implemented ");
}

static void last_word(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w = in_managed(f, id, sizeof(id));

	wire_send(w, MESSAGE "</stream:stream>", "1");
	wire_expect(w, "<a xmlns='" SM "' h='1'/></stream:stream>");
}

static void window(void **state)
{
	struct fixture *f = *state;
	char id[80];
	struct wire *w;

	f->keep = true;
	f->limits.value[LIMIT_XMPP_UNFINISHED] = 2;
	w = in_managed(f, id, sizeof(id));
	wire_send(w, MESSAGE MESSAGE MESSAGE, "1", "2", "3");
	wire_expect(w, "<resource-constraint ");
	assert_int_equal(f->stanza_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledge_around_the_end),
		cmocka_unit_test(finish_in_any_order),
		cmocka_unit_test(known_ones_again),
		cmocka_unit_test(numbers),
		PEER_TEST(ask_and_hear),
		PEER_TEST(not_enabled),
		PEER_TEST(too_many),
		PEER_TEST(backwards),
		PEER_TEST(no_number),
		PEER_TEST(room_for_two),
		PEER_TEST(no_answer),
		PEER_TEST(resume_not_offered),
		PEER_TEST(resume_failed),
		PEER_TEST(resumed_another),
		PEER_TEST(resumed_too_high),
		PEER_TEST(tell_what_is_finished),
		PEER_TEST(resume_in),
		PEER_TEST(resume_living),
		PEER_TEST(resume_unknown),
		PEER_TEST(resume_of_another),
		PEER_TEST(resume_before_proof),
		PEER_TEST(resume_forged),
		PEER_TEST(enable_twice),
		PEER_TEST(not_wanted),
		PEER_TEST(last_word),
		PEER_TEST(window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
