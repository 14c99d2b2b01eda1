#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#define ERROR_NS "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"

static void peer_error(struct wire *w, const char *condition)
{
	wire_send(w, "<stream:error><%s " ERROR_NS "/><text " ERROR_NS ">go "
		"away</text></stream:error></stream:stream>", condition);
}

static uint64_t hits(struct fixture *f)
{
	return f->limits.hits[LIMIT_XMPP_SHUT];
}

/* Our first stream is answered with that error. */
static void refuse_first(struct fixture *f, const char *condition)
{
	struct wire *w;

	send_message(f, "juliet@example.org", "one", 0, 1);
	w = wire_accepted(f, 1);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "1");
	peer_error(w, condition);
}

/* ---- how long ---------------------------------------------------------------- */

static void expect_shut(struct fixture *f, const char *condition,
	enum stox_condition fault)
{
	char text[300];

	snprintf(text, sizeof(text), "example.org could not be reached: it "
		"closed the stream with %s: go away. No new attempt is made "
		"within 300 s.", condition);
	fixture_start(f);
	refuse_first(f, condition);
	expect_failed(f, 1, fault, text);
	assert_int_equal(hits(f), 0);
	pass_ms(f, 299000);
	send_message(f, "juliet@example.org", "two", 0, 2);
	expect_failed(f, 2, fault, text);
	send_message(f, "juliet@example.org", "three", XMPP_SEND_PATIENT, 3);
	expect_failed(f, 3, fault, text);
	assert_int_equal(hits(f), 2);
	assert_int_equal(f->accepted, 1);
	assert_true(logged(f, "partner-shut"));
	pass_ms(f, 2000);
	send_message(f, "juliet@example.org", "four", 0, 4);
	wire_expect(out_external(f, 2), "<body>four</body>");
	assert_int_equal(hits(f), 2);
}

static void host_unknown(void **state)
{
	expect_shut(*state, "host-unknown", STOX_REMOTE_SERVER_NOT_FOUND);
}

static void host_gone(void **state)
{
	expect_shut(*state, "host-gone", STOX_REMOTE_SERVER_NOT_FOUND);
}

static void policy_violation(void **state)
{
	expect_shut(*state, "policy-violation", STOX_REMOTE_SERVER_TIMEOUT);
}

/* Everything else may be better in a moment. */
static void other_errors(void **state)
{
	static const char *const conditions[] = { "connection-timeout",
		"system-shutdown", "resource-constraint", "not-authorized" };
	struct fixture *f = *state;
	size_t n = sizeof(conditions) / sizeof(conditions[0]);
	struct wire *w;

	fixture_start(f);
	for (size_t i = 0; i < n; i++) {
		send_message(f, "juliet@example.org", "x", 0, i + 1);
		w = wire_accepted(f, i + 1);
		wire_expect(w, "<stream:stream");
		wire_header(w, "example.org", "contoso.com", "1");
		peer_error(w, conditions[i]);
		expect_failed(f, i + 1, STOX_REMOTE_SERVER_TIMEOUT,
			conditions[i]);
		pass_ms(f, 6000);
	}
	assert_int_equal(hits(f), 0);
}

static void limit(void **state)
{
	struct fixture *f = *state;

	f->limits.value[LIMIT_XMPP_SHUT] = 1000;
	fixture_start(f);
	refuse_first(f, "policy-violation");
	/* longer than an unused route is kept */
	pass_ms(f, 990000);
	send_message(f, "juliet@example.org", "two", 0, 2);
	expect_failed(f, 2, STOX_REMOTE_SERVER_TIMEOUT, "within 1000 s.");
	pass_ms(f, 20000);
	send_message(f, "juliet@example.org", "three", 0, 3);
	wire_expect(out_external(f, 2), "<body>three</body>");
}

/* ---- which streams ----------------------------------------------------------- */

/* Its other servers would say the same. */
static void no_other_place(void **state)
{
	struct fixture *f = *state;

	io_world_dns(f->world, "_xmpp-server._tcp.example.org", IO_DNS_SRV,
		"20 5 5269 xmpp.example.org");
	fixture_start(f);
	refuse_first(f, "host-unknown");
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND, "host-unknown");
	assert_int_equal(f->accepted, 1);
}

static void while_open(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "one", 0, 1);
	w = out_external(f, 1);
	wire_expect(w, "<body>one</body>");
	send_message(f, "juliet@example.org", "held", XMPP_SEND_HOLD, 2);
	wire_expect(w, "<body>held</body>");
	peer_error(w, "policy-violation");
	expect_result(f, 2, XMPP_LOST);
	send_message(f, "juliet@example.org", "three", 0, 3);
	expect_failed(f, 3, STOX_REMOTE_SERVER_TIMEOUT,
		"policy-violation: go away. No new attempt");
	assert_int_equal(f->accepted, 1);
	pass_ms(f, 301000);
	send_message(f, "juliet@example.org", "four", 0, 4);
	wire_expect(out_external(f, 2), "<body>four</body>");
}

/* A patient reply that was written and not acknowledged would be sent again. */
static void not_acknowledged(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.resume = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "one", XMPP_SEND_PATIENT, 1);
	w = out_tls(f, 1);
	out_features(w, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		"<mechanism>EXTERNAL</mechanism></mechanisms>");
	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	out_features(w, "<sm xmlns='urn:xmpp:sm:3'/>");
	wire_expect(w, "<enable xmlns='urn:xmpp:sm:3'");
	wire_send(w, "<enabled xmlns='urn:xmpp:sm:3' id='i' resume='true'/>");
	wire_expect(w, "<body>one</body>");
	peer_error(w, "policy-violation");
	pass_ms(f, 200000);
	assert_int_equal(f->accepted, 1);
	/* nor is it tried for a stream that broke before */
	assert_true(logged(f, "partner-shut"));
}

/* Resuming is tried until the peer says that it wants nothing of us. */
static void resuming(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.resume = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "one", 0, 1);
	w = out_tls(f, 1);
	out_features(w, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		"<mechanism>EXTERNAL</mechanism></mechanisms>");
	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	out_features(w, "<sm xmlns='urn:xmpp:sm:3'/>");
	wire_send(w, "<enabled xmlns='urn:xmpp:sm:3' id='i' resume='true'/>");
	send_message(f, "juliet@example.org", "held", XMPP_SEND_HOLD, 2);
	wire_expect(w, "<body>held</body>");
	wire_abort(w);
	assert_null(result_of(f, 2));
	w = wire_accepted(f, 2);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "1");
	peer_error(w, "host-gone");
	expect_result(f, 2, XMPP_LOST);
	pass_ms(f, 200000);
	assert_int_equal(f->accepted, 2);
}

/* To have a key checked it is not asked either, and the reason is told. */
static void no_checks(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.sasl = XMPP_OFF;
	f->partner.dialback = true;
	fixture_start(f);
	refuse_first(f, "host-unknown");
	w = in_tls(f);
	wire_send(w, "<db:result from='example.org' to='contoso.com'>k"
		"</db:result>");
	wire_expect(w, "type='error'");
	wire_expect(w, "<remote-server-timeout ");
	assert_int_equal(f->accepted, 1);
	assert_int_equal(hits(f), 1);
}

/* Other pairs have done nothing to anybody. */
static void other_pair(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->other = (struct xmpp_partner){ .domain = "other.example" };
	fixture_start(f);
	refuse_first(f, "policy-violation");
	send_message(f, "juliet@other.example", "two", 0, 2);
	w = wire_accepted(f, 2);
	wire_expect(w, " to='other.example'");
	assert_int_equal(hits(f), 0);
}

/* ---- what ends it ------------------------------------------------------------ */

static void reload(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	refuse_first(f, "policy-violation");
	send_message(f, "juliet@example.org", "two", 0, 2);
	expect_failed(f, 2, STOX_REMOTE_SERVER_TIMEOUT, "policy-violation");
	xmpp_configure(f->x, &f->config);
	send_message(f, "juliet@example.org", "three", 0, 3);
	wire_expect(out_external(f, 2), "<body>three</body>");
}

/* The peer opens a stream for both ways: it has changed its mind. */
static void comes_itself(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.bidi = true;
	fixture_start(f);
	refuse_first(f, "policy-violation");
	w = in_tls(f);
	wire_expect(w, "</stream:features>");
	wire_send(w, "<bidi xmlns='urn:xmpp:bidi'/><auth "
		"xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		"mechanism='EXTERNAL'>=</auth>");
	wire_expect(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "</stream:features>");
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'><body>hi</body></message>");
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_expect(w, "<body>two</body>");
	/* and on such a stream the same error has the same effect */
	peer_error(w, "policy-violation");
	send_message(f, "juliet@example.org", "three", 0, 3);
	expect_failed(f, 3, STOX_REMOTE_SERVER_TIMEOUT, "No new attempt");
	assert_int_equal(f->accepted, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(host_unknown),
		PEER_TEST(host_gone),
		PEER_TEST(policy_violation),
		PEER_TEST(other_errors),
		PEER_TEST(limit),
		PEER_TEST(no_other_place),
		PEER_TEST(while_open),
		PEER_TEST(not_acknowledged),
		PEER_TEST(resuming),
		PEER_TEST(no_checks),
		PEER_TEST(other_pair),
		PEER_TEST(reload),
		PEER_TEST(comes_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
