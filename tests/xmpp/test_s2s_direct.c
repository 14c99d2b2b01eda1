/*
 * Streams that come by direct TLS, XEP-0368.
 */
#include "peer.h"

#include <stdio.h>

#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"

static void external(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect_tls(f, "contoso.com", "xmpp-server");
	assert_true(w->open);
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "<mechanism>EXTERNAL</mechanism>");
	wire_expect_not(w, "<starttls");
	wire_send(w, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>=</auth>");
	wire_expect(w, "<success ");
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "</stream:features>");
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	assert_int_equal(f->stanza_count, 1);
}

static void dialback(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.sasl = XMPP_OPTIONAL;
	f->partner.dialback = true;
	fixture_start(f);
	f->their_name = NULL;
	w = wire_connect_tls(f, "contoso.com", NULL);
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "urn:xmpp:features:dialback");
	wire_expect_not(w, "EXTERNAL");
	wire_send(w, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	/* we ask its server, with TLS as well */
	wire_expect(wire_accepted(f, 1), " to='example.org'");
}

static void refused(struct wire *w, const char *step, const char *text)
{
	wire_expect_closed(w);
	expect_failed_stream(w->f, text);
	assert_true(logged(w->f, step));
	assert_int_equal(w->f->stanza_count, 0);
}

static void alpn(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect_tls(f, "contoso.com", "h2");
	assert_false(w->open);
	refused(w, "step=tls ", "application protocol");
	w = wire_connect_tls(f, "contoso.com", NULL);
	assert_true(w->open);
}

static void ignore(void *arg, struct io_stream *io)
{
	(void)arg;
	(void)io;
}

static void ignore_data(void *arg, struct io_stream *io, struct str bytes)
{
	(void)arg;
	(void)io;
	(void)bytes;
}

static void ignore_end(void *arg, struct io_stream *io, enum io_reason reason,
	const char *detail)
{
	(void)arg;
	(void)io;
	(void)reason;
	(void)detail;
}

/* A connection that never says anything. */
static void silent(struct fixture *f)
{
	static const struct io_events events = { .on_open = ignore,
		.on_data = ignore_data, .on_close = ignore_end };
	struct io_connect_config c = { .host = US, .port = 5270,
		.special_ok = true, .events = &events };

	io_connect(f->them, &c);
	step(f);
}

static void no_tls(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	silent(f);
	pass_ms(f, 11000); /* nobody says hello */
	expect_failed_stream(f, "TLS handshake");
	assert_true(logged(f, "step=tls "));
}

/* The SNI is a first `to`. */
static void names(void **state)
{
	static const struct {
		const char *sni, *to;
		bool good;
	} cases[] = {
		{ "contoso.com", "contoso.com", true },
		{ NULL, "contoso.com", true },
		{ NULL, "tailspin.example", true },
		{ "xmpp.contoso.com", "contoso.com", true },
		{ "contoso.com", "tailspin.example", false },
		{ "tailspin.example", "contoso.com", false },
	};
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire *w = wire_connect_tls(f, cases[i].sni, NULL);

		wire_header(w, "example.org", cases[i].to, NULL);
		if (cases[i].good)
			wire_expect(w, "EXTERNAL");
		else
			refused(w, "step=stream ", "that TLS was begun for");
		wire_abort(w);
	}
}

/* One source has its share, also while it does not finish a handshake. */
static void many_handshakes(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->limits.value[LIMIT_XMPP_STREAMS] = 16;
	fixture_start(f);
	for (unsigned i = 0; i < 4; i++)
		silent(f);
	w = wire_connect_tls(f, "contoso.com", NULL);
	assert_true(w->closed);
	assert_int_equal(f->limits.hits[LIMIT_XMPP_STREAMS], 1);
	pass_ms(f, 11000);
	w = wire_connect_tls(f, "contoso.com", NULL);
	assert_true(w->open);
}

static void new_certificate(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect_tls(f, "contoso.com", NULL);
	assert_string_equal(io_stream_identity(w->io)->dns[0], "contoso.com");
	fixture_certificates(f, "dns:*.contoso.com", "dns:example.org", true);
	f->config.credentials = f->ours;
	xmpp_configure(f->x, &f->config);
	w = wire_connect_tls(f, "contoso.com", NULL);
	assert_string_equal(io_stream_identity(w->io)->dns[0],
		"*.contoso.com");
}

static void without_policy(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.tls = XMPP_OFF;
	f->partner.dialback = true;
	fixture_start(f);
	w = wire_connect_tls(f, "contoso.com", NULL);
	wire_header(w, "example.org", "contoso.com", NULL);
	refused(w, "step=policy ", "TLS is ruled out for example.org");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(external),
		PEER_TEST(dialback),
		PEER_TEST(alpn),
		PEER_TEST(no_tls),
		PEER_TEST(names),
		PEER_TEST(many_handshakes),
		PEER_TEST(new_certificate),
		PEER_TEST(without_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
