#include "peer.h"

#include <stdio.h>

#define PING "<iq type='get' from='contoso.com' to='example.org' id='"

/* Our stream and the peer's, both ready. */
struct both {
	struct wire *out, *in;
	char id[64];
};

static struct both both(struct fixture *f)
{
	struct both b;

	fixture_start(f);
	b.in = in_external(f);
	send_message(f, "juliet@example.org", "first", 0, 1000);
	b.out = out_external(f, 1);
	wire_expect(b.out, "first");
	return b;
}

static void expect_ping(struct both *b)
{
	wire_grab(b->out, PING, b->id, sizeof(b->id));
	wire_expect(b->out, "'><ping xmlns='urn:xmpp:ping'/></iq>");
}

static void answer(struct both *b, const char *type)
{
	wire_send(b->in, "<iq type='%s' from='example.org' to='contoso.com' "
		"id='%s'/>", type, b->id);
}

static void hold(struct fixture *f, const char *body, uint64_t token)
{
	send_message(f, "juliet@example.org", body, XMPP_SEND_HOLD, token);
}

static void confirmed(void **state)
{
	struct fixture *f = *state;
	struct both b = both(f);

	hold(f, "one", 1);
	wire_expect(b.out, "<body>one</body></message>");
	expect_ping(&b);
	assert_memory_equal(b.id, "n1-", 3); /* the node's own */
	assert_null(result_of(f, 1));
	answer(&b, "result");
	expect_result(f, 1, XMPP_CONFIRMED);
	assert_int_equal(f->stanza_count, 0); /* not handed up */
	/* a server without XEP-0199 says so, in order */
	hold(f, "two", 2);
	expect_ping(&b);
	answer(&b, "error");
	expect_result(f, 2, XMPP_CONFIRMED);
}

/* One ping for a burst, and one for what came meanwhile. */
static void one_barrier(void **state)
{
	struct fixture *f = *state;
	struct both b = both(f);

	for (uint64_t i = 1; i <= 5; i++)
		hold(f, "early", i);
	expect_ping(&b);
	wire_expect_not(b.out, "<iq");
	for (uint64_t i = 6; i <= 9; i++)
		hold(f, "later", i);
	wire_expect(b.out, "later");
	wire_expect_not(b.out, "<iq");
	answer(&b, "result");
	for (uint64_t i = 1; i <= 5; i++)
		expect_result(f, i, XMPP_CONFIRMED);
	for (uint64_t i = 6; i <= 9; i++)
		assert_null(result_of(f, i));
	expect_ping(&b);
	answer(&b, "result");
	for (uint64_t i = 6; i <= 9; i++)
		expect_result(f, i, XMPP_CONFIRMED);
	wire_expect_not(b.out, "<iq");
}

/* Waiting for the stream first, held after that. */
static void queued_first(void **state)
{
	struct fixture *f = *state;
	struct both b;

	fixture_start(f);
	hold(f, "one", 1);
	pass_ms(f, 5000);
	assert_null(result_of(f, 1));
	b.out = out_external(f, 1);
	wire_expect(b.out, "one");
	expect_ping(&b);
	assert_null(result_of(f, 1));
	b.in = in_external(f);
	answer(&b, "result");
	expect_result(f, 1, XMPP_CONFIRMED);
}

static void bounced(void **state)
{
	struct fixture *f = *state;
	struct both b = both(f);

	hold(f, "one", 1);
	expect_ping(&b);
	wire_send(b.in, "<message type='error' from='juliet@example.org' "
		"to='romeo@contoso.com'><error type='cancel'><item-not-found "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		"</message>");
	assert_int_equal(f->stanza_count, 1);
	/* whoever reads the bounce settles the message */
	assert_true(xmpp_cancel(f->x, 1));
	answer(&b, "result");
	pass_ms(f, 5000);
	assert_null(result_of(f, 1));
	assert_int_equal(f->stanza_count, 1);
	/* the next message has a barrier of its own */
	hold(f, "two", 2);
	expect_ping(&b);
	answer(&b, "result");
	expect_result(f, 2, XMPP_CONFIRMED);
}

static void silence(void **state)
{
	struct fixture *f = *state;
	struct both b = both(f);
	char old[64];

	hold(f, "one", 1);
	expect_ping(&b);
	pass_ms(f, 1900);
	assert_null(result_of(f, 1));
	hold(f, "two", 2);
	pass_ms(f, 200);
	expect_result(f, 1, XMPP_CONFIRMED);
	assert_null(result_of(f, 2));
	pass_ms(f, 1900);
	expect_result(f, 2, XMPP_CONFIRMED);
	assert_int_equal(f->limits.hits[LIMIT_MESSAGE_HOLD], 2);
	/* an answer that is late confirms nothing new, and is ours still */
	memcpy(old, b.id, sizeof(old));
	hold(f, "three", 3);
	expect_ping(&b);
	assert_string_not_equal(old, b.id);
	wire_send(b.in, "<iq type='result' from='example.org' "
		"to='contoso.com' id='%s'/>", old);
	assert_null(result_of(f, 3));
	assert_int_equal(f->stanza_count, 0);
	answer(&b, "result");
	expect_result(f, 3, XMPP_CONFIRMED);
}

/* Answers are for whom they are for. */
static void not_an_answer(void **state)
{
	static const char *const others[] = {
		"<iq type='result' from='example.org' to='contoso.com' "
		"id='n1-barrier-999'/>",
		"<iq type='get' from='example.org' to='contoso.com' id='%s'/>",
		"<iq type='result' from='example.org' to='contoso.com' "
		"id='%sx'/>",
		"<iq type='result' from='example.org' to='a@contoso.com' "
		"id='%s'/>",
		"<iq type='result' from='example.org' to='contoso.com' "
		"id='n1-barrier-'/>",
		"<iq type='result' from='example.org' to='contoso.com' "
		"id='n1-other-1'/>",
		"<iq type='result' from='example.org' to='contoso.com'/>",
		"<message type='error' from='example.org' to='contoso.com' "
		"id='%s'/>",
	};
	struct fixture *f = *state;
	struct both b = both(f);
	char text[300];

	hold(f, "one", 1);
	expect_ping(&b);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), others[i], b.id);
		wire_send(b.in, "%s", text);
		assert_null(result_of(f, 1));
	}
	assert_int_equal(f->stanza_count, 7); /* all but an old barrier */
	answer(&b, "result");
	expect_result(f, 1, XMPP_CONFIRMED);
}

static void other_domain(void **state)
{
	struct fixture *f = *state;
	struct both b;
	struct wire *other;

	f->other = f->partner;
	f->other.domain = "other.example";
	fixture_certificates(f, "dns:contoso.com", "dns:*.example", true);
	f->their_name = "shown.example";
	b.in = NULL;
	fixture_start(f);
	other = wire_connect(f);
	wire_header(other, "other.example", "contoso.com", NULL);
	wire_expect(other, "</stream:features>");
	wire_send(other,
		"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wire_expect(other, "<proceed");
	wire_tls(other, "contoso.com");
	step(f);
	wire_header(other, "other.example", "contoso.com", NULL);
	wire_expect(other, "EXTERNAL");
	wire_send(other, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		"mechanism='EXTERNAL'>=</auth>");
	wire_expect(other, "<success");
	wire_header(other, "other.example", "contoso.com", NULL);
	wire_expect(other, "</stream:features>");
	fixture_certificates(f, "dns:contoso.com", "dns:example.org", true);
	f->their_name = "example.org";
	f->config.credentials = f->ours;
	xmpp_configure(f->x, &f->config);
	hold(f, "one", 1);
	b.out = out_external(f, 1);
	expect_ping(&b);
	wire_send(other, "<iq type='result' from='other.example' "
		"to='contoso.com' id='%s'/>", b.id);
	assert_null(result_of(f, 1));
}

static void lost(void **state)
{
	struct fixture *f = *state;
	struct both b = both(f);
	const struct result *r;

	hold(f, "one", 1);
	expect_ping(&b);
	wire_abort(b.out);
	expect_result(f, 1, XMPP_LOST);
	r = result_of(f, 1);
	assert_int_equal(r->condition, STOX_REMOTE_SERVER_TIMEOUT);
	assert_string_equal(r->text, "The connection to example.org broke "
		"before the message was confirmed.");
}

static void lost_by_error(void **state)
{
	struct fixture *f = *state;
	struct both b = both(f);

	hold(f, "one", 1);
	expect_ping(&b);
	wire_send(b.out, "<stream:error><internal-server-error "
		"xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
		"</stream:error></stream:stream>");
	expect_result(f, 1, XMPP_LOST);
}

/* A stream that is ended in order has been read to its end. */
static void ended(void **state)
{
	struct fixture *f = *state;
	struct both b = both(f);

	hold(f, "one", 1);
	expect_ping(&b);
	wire_send(b.out, "</stream:stream>");
	assert_null(result_of(f, 1));
	answer(&b, "result");
	expect_result(f, 1, XMPP_CONFIRMED);
}

static void never_written(void **state)
{
	struct fixture *f = *state;

	io_world_dns_fail(f->world, true);
	fixture_start(f);
	hold(f, "one", 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "DNS did not answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(confirmed),
		PEER_TEST(one_barrier),
		PEER_TEST(queued_first),
		PEER_TEST(bounced),
		PEER_TEST(silence),
		PEER_TEST(not_an_answer),
		PEER_TEST(other_domain),
		PEER_TEST(lost),
		PEER_TEST(lost_by_error),
		PEER_TEST(ended),
		PEER_TEST(never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
