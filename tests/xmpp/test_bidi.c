#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define EXTERNAL "<mechanisms xmlns='" SASL "'><mechanism>EXTERNAL" \
	"</mechanism></mechanisms>"
#define ASK "<bidi xmlns='urn:xmpp:bidi'/>"
#define MESSAGE "<message from='juliet@%s' to='romeo@%s'><body>hi</body>" \
	"</message>"

/* ---- streams that we open -------------------------------------------------- */

/* Up to where our proof is asked for. */
static struct wire *out_offered(struct fixture *f, const char *feature)
{
	struct wire *w;
	char features[400];

	f->partner.bidi = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "one", 0, 1);
	w = out_tls(f, 1);
	snprintf(features, sizeof(features), EXTERNAL "%s", feature);
	out_features(w, features);
	return w;
}

static struct wire *out_bidi(struct fixture *f)
{
	struct wire *w = out_offered(f,
		"<bidi xmlns='urn:xmpp:features:bidi'/>");

	wire_expect(w, ASK "<auth ");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "");
	wire_expect(w, "<body>one</body>");
	return w;
}

static void both_ways(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_bidi(f);

	wire_send(w, MESSAGE, "example.org", "contoso.com");
	assert_int_equal(f->stanza_count, 1);
	assert_string_equal(f->local_domain, "contoso.com");
	assert_true(logged(f, "bidi=yes"));
}

/* As old versions of ejabberd say it. */
static void mixed_up(void **state)
{
	struct wire *w = out_offered(*state, ASK);

	wire_expect(w, ASK "<auth ");
}

static void not_offered(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_offered(f, "");

	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "");
	wire_expect(w, "<body>one</body>");
	wire_send(w, MESSAGE, "example.org", "contoso.com");
	wire_expect(w, "<not-authorized ");
	assert_int_equal(f->stanza_count, 0);
}

static void before_proof(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_offered(f,
		"<bidi xmlns='urn:xmpp:features:bidi'/>");

	wire_expect(w, "<auth ");
	wire_send(w, MESSAGE, "example.org", "contoso.com");
	wire_expect(w, "<not-authorized ");
	assert_int_equal(f->stanza_count, 0);
}

static void out_foreign_sender(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->other = (struct xmpp_partner){ .domain = "other.example" };
	w = out_bidi(f);
	wire_send(w, MESSAGE, "other.example", "contoso.com");
	wire_expect(w, "<invalid-from ");
	assert_int_equal(f->stanza_count, 0);
}

static void out_foreign_target(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_bidi(f);

	wire_send(w, MESSAGE, "example.org", "tailspin.example");
	wire_expect(w, "<invalid-from ");
	assert_int_equal(f->stanza_count, 0);
}

static void out_unknown_target(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_bidi(f);

	wire_send(w, MESSAGE, "example.org", "nowhere.example");
	wire_expect(w, "<host-unknown ");
	assert_int_equal(f->stanza_count, 0);
}

/* It asks for what it has; for more it has to open a stream. */
static void out_requests(void **state)
{
	struct fixture *f = *state;
	struct wire *w = out_bidi(f);

	wire_send(w, "<db:result from='example.org' to='contoso.com'>k"
		"</db:result>");
	wire_expect(w, "<db:result from='contoso.com' to='example.org' "
		"type='valid'/>");
	wire_send(w, "<db:result from='example.org' to='tailspin.example'>k"
		"</db:result>");
	wire_expect(w, " type='error'><error type='wait'>"
		"<resource-constraint ");
	wire_send(w, MESSAGE, "example.org", "tailspin.example");
	wire_expect(w, "<invalid-from ");
	assert_int_equal(f->accepted, 1);
}

/* Its own limit for stanzas is inside. */
static void limits_inside(void **state)
{
	struct fixture *f = *state;
	char body[20001];
	struct wire *w = out_offered(f, "<bidi xmlns='urn:xmpp:features:bidi'>"
		"<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000"
		"</max-bytes></limits></bidi>");

	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>"
		"10000</max-bytes></limits>");
	memset(body, 'x', 20000);
	body[20000] = '\0';
	send_message(f, "juliet@example.org", body, 0, 2);
	expect_failed(f, 2, STOX_POLICY_VIOLATION, "10000 bytes");
}

/* ---- streams that the peer opens ------------------------------------------- */

static struct wire *in_bidi(struct fixture *f)
{
	struct wire *w;

	f->partner.bidi = true;
	if (!f->x)
		fixture_start(f);
	w = in_tls(f);
	wire_expect(w, "<bidi xmlns='urn:xmpp:features:bidi'><limits ");
	wire_expect(w, "</stream:features>");
	wire_send(w, ASK "<auth xmlns='" SASL "' mechanism='EXTERNAL'>="
		"</auth>");
	wire_expect(w, "<success ");
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "</stream:features>");
	return w;
}

static void answer_on_the_same(void **state)
{
	struct fixture *f = *state;
	struct wire *w = in_bidi(f);

	wire_send(w, MESSAGE, "example.org", "contoso.com");
	assert_int_equal(f->stanza_count, 1);
	send_message(f, "juliet@example.org", "one", XMPP_SEND_HOLD, 1);
	wire_expect(w, "<body>one</body>");
	wire_expect(w, "-barrier-1'");
	wire_send(w, "<iq type='result' from='example.org' to='contoso.com' "
		"id='n1-barrier-1'/>");
	expect_result(f, 1, XMPP_CONFIRMED);
	assert_int_equal(f->accepted, 0);
}

/* What waits for a stream of ours takes the one that is there first. */
static void the_ready_one(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.bidi = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "one", 0, 1);
	wire_accepted(f, 1);
	w = in_bidi(f);
	wire_send(w, MESSAGE, "example.org", "contoso.com");
	wire_expect(w, "<body>one</body>");
	expect_result(f, 1, XMPP_WRITTEN);
}

static void not_for_other_pairs(void **state)
{
	struct fixture *f = *state;
	struct wire *w = in_bidi(f);
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = xml_element(pool, "message", STOX_NS_SERVER);

	wire_send(w, MESSAGE, "example.org", "contoso.com");
	stox_element_set(e, "from", "x@tailspin.example");
	stox_element_set(e, "to", "juliet@example.org");
	xmpp_send(f->x, "tailspin.example", STR("example.org"), e, 0, 7);
	pool_free(&pool);
	wire_expect_not(w, "tailspin.example");
	wire_expect(wire_accepted(f, 1), " from='tailspin.example'");
}

/* The order of a pair stays when the stream changes: what is written on the
 * one that closes is read before the next one is used. */
static void change_in_order(void **state)
{
	struct fixture *f = *state;
	struct wire *one = in_bidi(f), *two;

	wire_send(one, MESSAGE, "example.org", "contoso.com");
	two = in_bidi(f);
	wire_send(two, MESSAGE, "example.org", "contoso.com");
	send_message(f, "juliet@example.org", "one", 0, 1);
	wire_expect(one, "<body>one</body>");
	/* we close it: both keep quiet for as long */
	f->limits.value[LIMIT_XMPP_IDLE] = 600;
	pass_ms(f, 300000);
	wire_send(two, " ");
	pass_ms(f, 301000);
	wire_expect(one, "</stream:stream>");
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_expect_not(two, "<body>two</body>");
	wire_send(one, "</stream:stream>");
	wire_expect_closed(one);
	wire_expect(two, "<body>two</body>");
	assert_int_equal(f->accepted, 0);
}

/* It breaks: held messages are lost, the next one goes another way. */
static void broken(void **state)
{
	struct fixture *f = *state;
	struct wire *w = in_bidi(f);

	wire_send(w, MESSAGE, "example.org", "contoso.com");
	send_message(f, "juliet@example.org", "one", XMPP_SEND_HOLD, 1);
	wire_expect(w, "<body>one</body>");
	wire_abort(w);
	expect_result(f, 1, XMPP_LOST);
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_accepted(f, 1);
}

static void not_without_tls(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.bidi = true;
	fixture_start(f);
	w = in_plain(f);
	assert_null(memmem(w->in.data, w->in.len, "bidi", 4));
	wire_send(w, ASK);
	wire_expect(w, "<policy-violation ");
}

static void not_after_proof(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.bidi = true;
	fixture_start(f);
	w = in_external(f);
	wire_send(w, ASK);
	wire_expect(w, "<policy-violation ");
}

static void switched_off(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	assert_null(memmem(w->in.data, w->in.len, "bidi", 4));
	wire_send(w, MESSAGE, "example.org", "contoso.com");
	send_message(f, "juliet@example.org", "one", 0, 1);
	wire_expect_not(w, "<body>one</body>");
	wire_accepted(f, 1);
}

/* The partner is taken out of the configuration: no stream may carry on. */
static void taken_out(void **state)
{
	struct fixture *f = *state;
	struct wire *w = in_bidi(f);

	wire_send(w, MESSAGE, "example.org", "contoso.com");
	f->partner.blocked = true;
	xmpp_configure(f->x, &f->config);
	wire_expect(w, "<reset ");
	send_message(f, "juliet@example.org", "one", 0, 1);
	expect_result(f, 1, XMPP_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(both_ways),
		PEER_TEST(mixed_up),
		PEER_TEST(not_offered),
		PEER_TEST(before_proof),
		PEER_TEST(out_foreign_sender),
		PEER_TEST(out_foreign_target),
		PEER_TEST(out_unknown_target),
		PEER_TEST(out_requests),
		PEER_TEST(limits_inside),
		PEER_TEST(answer_on_the_same),
		PEER_TEST(the_ready_one),
		PEER_TEST(not_for_other_pairs),
		PEER_TEST(change_in_order),
		PEER_TEST(broken),
		PEER_TEST(not_without_tls),
		PEER_TEST(not_after_proof),
		PEER_TEST(switched_off),
		PEER_TEST(taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
