/*
 * Streams with nothing to say: white space, the peer's patience, pings.
 */
#include "peer.h"

#include <stdio.h>
#include <string.h>

#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define EXTERNAL "<mechanisms xmlns='" SASL "'><mechanism>EXTERNAL" \
	"</mechanism></mechanisms>"
#define LIMITS "<limits xmlns='urn:xmpp:stream-limits:0'><idle-seconds>%s" \
	"</idle-seconds></limits>"
#define PING "<iq type='get' from='contoso.com' to='example.org' id='"

/* A stream of ours, in use and quiet, on which the peer offers @features. */
static struct wire *quiet(struct fixture *f, const char *features)
{
	struct wire *w;
	char all[600];

	snprintf(all, sizeof(all), EXTERNAL "%s", features);
	fixture_start(f);
	send_message(f, "juliet@example.org", "one", 0, 1);
	w = out_tls(f, 1);
	out_features(w, all);
	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, features);
	wire_expect(w, "</message>");
	return w;
}

static struct wire *told_idle(struct fixture *f, const char *seconds)
{
	char features[200];

	snprintf(features, sizeof(features), LIMITS, seconds);
	return quiet(f, features);
}

/* Nothing until a moment before @ms, then exactly @text. */
static void expect_at(struct wire *w, uint64_t ms, const char *text)
{
	pass_ms(w->f, ms - 500);
	assert_int_equal(w->in.len, w->at);
	pass_ms(w->f, 1000);
	wire_expect(w, text);
	assert_int_equal(w->in.len, w->at);
}

/* ---- how long the peer waits: XEP-0478 ----------------------------------------- */

static void in_time(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.keepalive = true;
	w = told_idle(f, " 100 ");
	expect_at(w, 75000, " ");
	expect_at(w, 74500, " ");
	/* what is said counts too */
	pass_ms(f, 50000);
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_expect(w, "</message>");
	expect_at(w, 75000, " ");
}

/* In the place that it has for bidirectional streams. */
static void in_bidi(void **state)
{
	struct fixture *f = *state;

	f->partner.keepalive = true;
	expect_at(quiet(f, "<bidi xmlns='urn:xmpp:features:bidi'><limits "
		"xmlns='urn:xmpp:stream-limits:0'><idle-seconds>100"
		"</idle-seconds></limits></bidi>"), 75000, " ");
}

/* No keep-alive: then the stream ends before the peer ends it. */
static void not_kept(void **state)
{
	struct fixture *f = *state;
	struct wire *w = told_idle(f, "100");

	expect_at(w, 75000, "</stream:stream>");
	wire_send(w, "</stream:stream>");
	wire_expect_closed(w);
	assert_false(logged(f, "stream-failed"));
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_expect(out_external(f, 2), "<body>two</body>");
}

static void too_short(void **state)
{
	struct fixture *f = *state;

	f->partner.keepalive = true;
	expect_at(told_idle(f, "20"), 15000, "</stream:stream>");
}

static void nothing_told(struct fixture *f, const char *seconds)
{
	f->partner.keepalive = true;
	expect_at(told_idle(f, seconds), 300000, " ");
}

static void zero(void **state)
{
	nothing_told(*state, "0");
}

static void no_number(void **state)
{
	nothing_told(*state, "-5");
}

static void long_time(void **state)
{
	nothing_told(*state, "86400");
}

/* ---- pings: XEP-0199 ------------------------------------------------------------ */

/* Long enough that the ping comes before the close. */
static struct wire *long_quiet(struct fixture *f, const char *features)
{
	f->partner.keepalive = true;
	f->limits.value[LIMIT_XMPP_IDLE] = 3600;
	f->limits.value[LIMIT_XMPP_KEEPALIVE] = 7200;
	return quiet(f, features);
}

static struct wire *pinged(struct fixture *f, char id[100])
{
	struct wire *w = long_quiet(f, "");

	pass_ms(f, 599000);
	assert_int_equal(w->in.len, w->at);
	pass_ms(f, 2000);
	wire_grab(w, PING, id, 100);
	wire_expect(w, "'><ping xmlns='urn:xmpp:ping'/></iq>");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_PING], 1);
	return w;
}

static void answer(struct wire *in, const char *type, const char *from,
	const char *id)
{
	wire_send(in, "<iq type='%s' from='%s' to='contoso.com' id='%s'/>",
		type, from, id);
}

static void answered(void **state)
{
	struct fixture *f = *state;
	char id[100];
	struct wire *w = pinged(f, id);
	struct wire *in = in_external(f);

	answer(in, "result", "example.org", id);
	pass_ms(f, 598000);
	wire_send(in, " ");
	assert_int_equal(w->in.len, w->at);
	pass_ms(f, 3000);
	wire_grab(w, PING, id, sizeof(id));
	/* who does not know pings is alive all the same */
	answer(in, "error", "example.org", id);
	pass_ms(f, 100000);
	wire_expect_not(w, "<stream:error>");
	assert_int_equal(f->stanza_count, 0);
	assert_int_equal(f->limits.hits[LIMIT_XMPP_PING_TIME], 0);
}

/* Pings are no use of the stream: it is closed in its time. */
static void closed_in_time(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.bidi = true;
	w = long_quiet(f, "<bidi xmlns='urn:xmpp:features:bidi'/>");
	for (unsigned i = 1; i <= 5; i++) {
		char id[100];

		pass_ms(f, 601000);
		wire_grab(w, PING, id, sizeof(id));
		answer(w, "result", "example.org", id);
	}
	pass_ms(f, 594500);
	wire_expect_not(w, "</stream:stream>");
	pass_ms(f, 1500);
	wire_expect(w, "</stream:stream>");
}

static void silent(void **state)
{
	struct fixture *f = *state;
	char id[100];
	struct wire *w = pinged(f, id);

	pass_ms(f, 28000);
	wire_expect_not(w, "<stream:error>");
	pass_ms(f, 2000);
	wire_expect(w, "<stream:error><connection-timeout ");
	wire_expect_closed(w);
	expect_failed_stream(f, "it did not answer a ping within 30 s");
	assert_true(logged(f, "step=ready"));
	assert_int_equal(f->limits.hits[LIMIT_XMPP_PING_TIME], 1);
	send_message(f, "juliet@example.org", "two", 0, 2);
	wire_expect(out_external(f, 2), "<body>two</body>");
}

/* Whatever comes shows that somebody is there. */
static void any_byte(void **state)
{
	struct fixture *f = *state;
	char id[100];
	struct wire *w = pinged(f, id);

	wire_send(w, " ");
	pass_ms(f, 500000);
	wire_expect_not(w, "<");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_PING_TIME], 0);
}

static void foreign_answer(void **state)
{
	struct fixture *f = *state;
	char id[100];
	struct wire *w, *in;

	f->other = (struct xmpp_partner){ .domain = "other.example",
		.dialback = true, .sasl = XMPP_OPTIONAL };
	w = pinged(f, id);
	fixture_certificates(f, "dns:contoso.com", "dns:other.example", true);
	f->their_name = "other.example";
	in = wire_connect(f);
	wire_header(in, "other.example", "contoso.com", NULL);
	wire_expect(in, "</stream:features>");
	wire_send(in, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wire_expect(in, "<proceed ");
	wire_tls(in, "contoso.com");
	wire_header(in, "other.example", "contoso.com", NULL);
	wire_expect(in, "EXTERNAL");
	wire_send(in, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>=</auth>");
	wire_header(in, "other.example", "contoso.com", NULL);
	answer(in, "result", "other.example", id);
	pass_ms(f, 31000);
	wire_expect(w, "<connection-timeout ");
}

static void not_wanted(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->limits.value[LIMIT_XMPP_IDLE] = 3600;
	w = quiet(f, "");
	pass_ms(f, 3500000);
	assert_int_equal(w->in.len, w->at);
}

/* The answer to a ping behind a message is a sign of life too. */
static void behind_a_message(void **state)
{
	struct fixture *f = *state;
	struct wire *w = long_quiet(f, ""), *in = in_external(f);
	char id[100];

	pass_ms(f, 400000);
	send_message(f, "juliet@example.org", "two", XMPP_SEND_HOLD, 2);
	wire_expect(w, "</message>");
	wire_grab(w, PING, id, sizeof(id));
	answer(in, "result", "example.org", id);
	expect_result(f, 2, XMPP_CONFIRMED);
	wire_expect(w, "</iq>");
	pass_ms(f, 590000);
	assert_int_equal(w->in.len, w->at);
	pass_ms(f, 15000);
	wire_expect(w, PING);
}

/* Who acknowledges is asked for that, and may resume when the connection is
 * dead. */
static void acknowledged(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.resume = true;
	w = long_quiet(f, "<sm xmlns='urn:xmpp:sm:3'/>");
	wire_send(w, "<enabled xmlns='urn:xmpp:sm:3' id='i' resume='true'/>");
	wire_expect(w, "<r xmlns='urn:xmpp:sm:3'/>");
	wire_send(w, "<a xmlns='urn:xmpp:sm:3' h='1'/>");
	pass_ms(f, 599000);
	wire_expect_not(w, "<r ");
	pass_ms(f, 2000);
	wire_expect(w, "<r xmlns='urn:xmpp:sm:3'/>");
	wire_send(w, "<a xmlns='urn:xmpp:sm:3' h='1'/>");
	pass_ms(f, 601000);
	wire_expect(w, "<r xmlns='urn:xmpp:sm:3'/>");
	pass_ms(f, 31000);
	wire_expect_closed(w);
	wire_expect_not(w, "<iq");
	assert_true(logged(f, "stream-broken"));
	assert_int_equal(f->limits.hits[LIMIT_XMPP_ACK_TIME], 1);
}

/* A stream that the peer opened for both ways is looked after by both. */
static void opened_by_peer(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.bidi = f->partner.keepalive = true;
	f->limits.value[LIMIT_XMPP_IDLE] = 3600;
	fixture_start(f);
	w = in_tls(f);
	wire_expect(w, "</stream:features>");
	wire_send(w, "<bidi xmlns='urn:xmpp:bidi'/><auth xmlns='" SASL "' "
		"mechanism='EXTERNAL'>=</auth>");
	wire_expect(w, "<success xmlns='" SASL "'/>");
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "</stream:features>");
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'><body>hi</body></message>");
	expect_at(w, 300000, " ");
	pass_ms(f, 301000);
	wire_expect(w, PING);
	pass_ms(f, 31000);
	wire_expect(w, "<connection-timeout ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(in_time),
		PEER_TEST(in_bidi),
		PEER_TEST(not_kept),
		PEER_TEST(too_short),
		PEER_TEST(zero),
		PEER_TEST(no_number),
		PEER_TEST(long_time),
		PEER_TEST(answered),
		PEER_TEST(closed_in_time),
		PEER_TEST(silent),
		PEER_TEST(any_byte),
		PEER_TEST(foreign_answer),
		PEER_TEST(not_wanted),
		PEER_TEST(behind_a_message),
		PEER_TEST(acknowledged),
		PEER_TEST(opened_by_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
