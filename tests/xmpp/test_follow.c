/*
 * see-other-host: where it is followed, and where it is not.
 */
#include "peer.h"

#include <stdio.h>
#include <string.h>

#define ERROR_NS "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"
#define TLS "urn:ietf:params:xml:ns:xmpp-tls"

static void send_away(struct wire *w, const char *place)
{
	wire_send(w, "<stream:error><see-other-host " ERROR_NS ">%s"
		"</see-other-host></stream:error></stream:stream>", place);
}

/* A stream that is sent away inside TLS, before it is authenticated. */
static void sent_away(struct fixture *f, const char *place)
{
	struct wire *w;

	io_world_dns(f->world, "node2.example.net", IO_DNS_A, THEM);
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_tls(f, 1);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "1");
	send_away(w, place);
}

/* ---- followed ---------------------------------------------------------------- */

static void followed(void **state)
{
	static const char *const places[] = { "node2.example.net",
		"node2.example.net:5269", " node2.example.net ", THEM,
		THEM ":5269" };
	struct fixture *f = *state;
	struct wire *w;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		f = i ? fixture_new(0) : f;
		sent_away(f, places[i]);
		w = out_external(f, 2);
		/* the name is the one that was asked for */
		assert_string_equal(io_stream_sni(w->io), "example.org");
		wire_expect(w, "<body>x</body>");
		expect_result(f, 1, XMPP_WRITTEN);
		assert_true(logged(f, "see-other-host"));
		assert_false(logged(f, "stream-failed"));
		if (i)
			fixture_free(f);
	}
}

static void three_times(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	sent_away(f, "node2.example.net");
	for (size_t i = 2; i <= 4; i++) {
		w = out_tls(f, i);
		wire_expect(w, "<stream:stream");
		wire_header(w, "example.org", "contoso.com", "1");
		send_away(w, "node2.example.net");
	}
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "example.org could not "
		"be reached: it sent us on to node2.example.net:5269, and "
		"there: it closed the stream with see-other-host; that is not "
		"followed: it was one too many.");
	assert_int_equal(f->accepted, 4);
	assert_int_equal(f->limits.hits[LIMIT_XMPP_OTHER_HOSTS], 1);
	/* the next attempt begins where the DNS says, and counts anew */
	pass_ms(f, 6000);
	send_message(f, "juliet@example.org", "y", 0, 2);
	w = out_tls(f, 5);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "1");
	send_away(w, "node2.example.net");
	wire_expect(out_external(f, 6), "<body>y</body>");
}

/* ---- not followed ------------------------------------------------------------ */

static void before_tls(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	io_world_dns(f->world, "node2.example.net", IO_DNS_A, THEM);
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = wire_accepted(f, 1);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "1");
	send_away(w, "node2.example.net");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "example.org could not "
		"be reached: it closed the stream with see-other-host; that is "
		"not followed: it came before TLS.");
	expect_failed_stream(f, "that is not followed");
	assert_int_equal(f->accepted, 1);
}

/* Dialback over TLS with a certificate that proves nothing is allowed here. */
static void not_proven(void **state)
{
	struct fixture *f = *state;

	f->partner.sasl = XMPP_OPTIONAL;
	f->partner.dialback = true;
	fixture_certificates(f, "dns:contoso.com", "dns:example.org", false);
	sent_away(f, "node2.example.net");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "that is not followed: "
		"its certificate does not prove");
	assert_int_equal(f->accepted, 1);
}

static void malformed(void **state)
{
	static const char *const places[] = { "", " ", ":5269", "a b",
		"node2.example.net:", "node2.example.net:0",
		"node2.example.net:65536", "node2.example.net:x",
		"[::1", "[]", "[]:5269", "[::1]5269", "[::1]x:5269", "[::1]:",
		"[node2.example.net]", "-:1", "node2..example" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		f = i ? fixture_new(0) : f;
		sent_away(f, places[i]);
		expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
			"that is not followed: it names no host.");
		assert_int_equal(f->accepted, 1);
		if (i)
			fixture_free(f);
	}
}

/* What the configuration may name, a peer may not. */
static void special(void **state)
{
	static const char *const places[] = { "127.0.0.1", "[::1]:5269",
		"self.example", US, "169.254.1.1:80" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		f = i ? fixture_new(0) : f;
		io_world_dns(f->world, "self.example", IO_DNS_A, "127.0.0.1");
		f->partner.proxy = THEM;
		sent_away(f, places[i]);
		expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "and there: "
			"no TCP connection");
		assert_true(logged(f, io_reason_text(IO_FORBIDDEN)));
		assert_int_equal(f->accepted, 1);
		if (i)
			fixture_free(f);
	}
}

/* ---- never weaker ------------------------------------------------------------ */

static void loose(struct fixture *f)
{
	f->partner.tls = XMPP_OPTIONAL;
	f->partner.sasl = XMPP_OPTIONAL;
	f->partner.dialback = true;
	sent_away(f, "node2.example.net");
}

/* At the other place the policy alone would take dialback. */
static void no_tls_there(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	loose(f);
	w = wire_accepted(f, 2);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "2");
	wire_send(w, "<stream:features><dialback "
		"xmlns='urn:xmpp:features:dialback'/></stream:features>");
	wire_expect_not(w, "<db:result");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "it sent us on to "
		"node2.example.net:5269, and there: it offers no TLS");
}

static void no_version_there(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	loose(f);
	w = wire_accepted(f, 2);
	wire_expect(w, "<stream:stream");
	wire_send(w, "<stream:stream " HEADER_NS " id='2'>");
	wire_expect_not(w, "<db:result");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "and there: ");
}

static void tls_fails_there(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	loose(f);
	w = wire_accepted(f, 2);
	out_features(w, "<starttls xmlns='" TLS "'/>");
	wire_expect(w, "<starttls xmlns='" TLS "'/>");
	wire_send(w, "<proceed xmlns='" TLS "'/>");
	wire_abort(w);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "and there: ");
	assert_int_equal(f->accepted, 2); /* not again without */
}

static void other_identity(struct fixture *f, const char *name, bool trusted)
{
	loose(f);
	fixture_certificates(f, "dns:contoso.com", name, trusted);
	out_tls(f, 2);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "it sent us on to "
		"node2.example.net:5269, and there: its certificate ");
	assert_int_equal(f->accepted, 2);
}

/* The name that counts is not that of the other place. */
static void other_name(void **state)
{
	other_identity(*state, "dns:node2.example.net", true);
}

static void not_trusted(void **state)
{
	other_identity(*state, "dns:example.org", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(followed),
		PEER_TEST(three_times),
		PEER_TEST(before_tls),
		PEER_TEST(not_proven),
		PEER_TEST(malformed),
		PEER_TEST(special),
		PEER_TEST(no_tls_there),
		PEER_TEST(no_version_there),
		PEER_TEST(tls_fails_there),
		PEER_TEST(other_name),
		PEER_TEST(not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
