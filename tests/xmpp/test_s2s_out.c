#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define ERROR_NS "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"
#define EXTERNAL "<mechanisms xmlns='" SASL "'><mechanism>EXTERNAL" \
	"</mechanism></mechanisms>"
#define STARTTLS "<starttls xmlns='" TLS "'/>"
#define DIALBACK "<dialback xmlns='urn:xmpp:features:dialback'/>"
/* for s3cr3tf0rd14lb4ck, example.org, contoso.com, D60000229F */
#define RESULT "<db:result from='contoso.com' to='example.org'>"

/* ---- the normal way ------------------------------------------------------ */

static void external(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "one", 0, 1);
	assert_null(result_of(f, 1));
	send_message(f, "juliet@example.org", "<two>", 0, 2);
	w = out_external(f, 1);
	assert_string_equal(io_stream_sni(w->io), "example.org");
	assert_true(io_stream_identity(w->io)->trusted);
	wire_expect(w, "<message from='romeo@contoso.com' "
		"to='juliet@example.org'><body>one</body></message>");
	wire_expect(w, "<body>&lt;two&gt;</body>");
	expect_result(f, 1, XMPP_WRITTEN);
	expect_result(f, 2, XMPP_WRITTEN);
	send_message(f, "juliet@example.org", "three", 0, 3);
	assert_null(result_of(f, 3));
	wire_expect(w, "<body>three</body>");
	expect_result(f, 3, XMPP_WRITTEN);
	assert_int_equal(f->accepted, 1);
}

static void in_order(void **state)
{
	struct fixture *f = *state;
	char body[32];
	struct wire *w;

	fixture_start(f);
	f->resend = 1000;
	for (unsigned i = 1; i <= 50; i++) {
		snprintf(body, sizeof(body), "number %u.", i);
		send_message(f, "juliet@example.org", body, 0, i);
	}
	w = out_external(f, 1);
	for (unsigned i = 1; i <= 50; i++) {
		snprintf(body, sizeof(body), "number %u.", i);
		wire_expect(w, body);
	}
	wire_expect(w, "<body>again</body>");
	expect_result(f, 1000, XMPP_WRITTEN);
}

static void proxy(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.domain = "hidden.example";
	f->partner.proxy = THEM;
	fixture_certificates(f, "dns:contoso.com", "dns:hidden.example", true);
	f->their_name = "hidden.example";
	fixture_start(f);
	send_message(f, "juliet@hidden.example", "x", 0, 1);
	w = wire_accepted(f, 1);
	wire_expect(w, " to='hidden.example'");
	wire_header(w, "hidden.example", "contoso.com", "1");
	wire_send(w, "<stream:features>" STARTTLS "</stream:features>");
	wire_expect(w, STARTTLS);
	wire_proceed(w);
	assert_true(w->secure);
	wire_expect(w, "<stream:stream");
}

static void accept_direct(void *arg, struct io_stream *io);

static const struct io_events quiet_events;

struct direct {
	struct fixture *f;
	struct io_stream *io;
	struct buf in;
};

static void direct_open(void *arg, struct io_stream *io)
{
	(void)arg;
	(void)io;
}

static void direct_data(void *arg, struct io_stream *io, struct str bytes)
{
	struct direct *d = arg;

	(void)io;
	buf_add_str(&d->in, bytes);
}

static void direct_close(void *arg, struct io_stream *io,
	enum io_reason reason, const char *detail)
{
	struct direct *d = arg;

	(void)io;
	(void)reason;
	(void)detail;
	d->io = NULL;
}

static const struct io_events quiet_events = {
	.on_open = direct_open,
	.on_data = direct_data,
	.on_close = direct_close,
};

static void accept_direct(void *arg, struct io_stream *io)
{
	struct direct *d = arg;

	d->io = io;
	io_stream_events(io, &quiet_events, d);
}

/* TLS from the first byte where the DNS says so. */
static void direct_tls(void **state)
{
	struct fixture *f = *state;
	struct direct d = { .f = f };
	struct io_tls_config tls = { .credentials = f->theirs,
		.local_name = "example.org", .ask_certificate = true,
		.alpn = "xmpp-server" };
	struct io_listen_config c = { .address = THEM, .port = 5270,
		.tls = &tls, .on_accept = accept_direct, .arg = &d };
	struct io_listener *l;
	struct buf why;

	buf_init(&why, 1000, NULL);
	buf_init(&d.in, 100000, NULL);
	io_world_dns(f->world, "_xmpps-server._tcp.example.org", IO_DNS_SRV,
		"5 5 5270 xmpp.example.org");
	l = io_listen(f->them, &c, &why);
	assert_non_null(l);
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	step(f);
	assert_non_null(d.io);
	assert_string_equal(io_stream_sni(d.io), "example.org");
	assert_non_null(memmem(d.in.data, d.in.len, " to='example.org'", 17));
	io_abort(d.io);
	step(f);
	/* the next place is the one for STARTTLS */
	wire_expect(wire_accepted(f, 1), " to='example.org'");
	io_listener_close(&l);
	buf_free(&d.in);
	buf_free(&why);
}

/* ---- places that are not there ------------------------------------------- */

static void no_domain(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "missing.example";
	fixture_start(f);
	send_message(f, "juliet@missing.example", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"missing.example could not be reached: "
		"the DNS has no address for its server.");
	expect_failed_stream(f, "the DNS has no address");
}

static void no_service(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "nochat.example";
	io_world_dns(f->world, "_xmpp-server._tcp.nochat.example", IO_DNS_SRV,
		"0 0 0 .");
	fixture_start(f);
	send_message(f, "juliet@nochat.example", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"its DNS says that it offers no XMPP service");
}

static void no_dns(void **state)
{
	struct fixture *f = *state;

	io_world_dns_fail(f->world, true);
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"example.org could not be reached: the DNS did not answer.");
}

static void refused(void **state)
{
	struct fixture *f = *state;

	io_world_dns(f->world, "_xmpp-server._tcp.closed.example", IO_DNS_SRV,
		"10 5 5299 xmpp.example.org");
	f->partner.domain = "closed.example";
	fixture_start(f);
	send_message(f, "juliet@closed.example", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"closed.example could not be reached: no TCP connection");
}

static void unreachable(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	io_world_cut(f->world, US, THEM);
	send_message(f, "juliet@example.org", "x", 0, 1);
	pass_ms(f, 15000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "no TCP connection");
	io_world_heal(f->world);
}

static void special_address(void **state)
{
	struct fixture *f = *state;

	io_world_dns(f->world, "_xmpp-server._tcp.self.example", IO_DNS_SRV,
		"10 5 22 self.example");
	io_world_dns(f->world, "self.example", IO_DNS_A, "127.0.0.1");
	f->partner.domain = "self.example";
	fixture_start(f);
	send_message(f, "juliet@self.example", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "no TCP connection");
}

static void second_place(void **state)
{
	struct fixture *f = *state;

	io_world_dns(f->world, "_xmpp-server._tcp.example.org", IO_DNS_SRV,
		"1 5 5299 xmpp.example.org");
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	step(f);
	wire_expect(out_external(f, 1), "<body>x</body>");
	expect_result(f, 1, XMPP_WRITTEN);
	expect_failed_stream(f, "no TCP connection");
}

static void not_allowed(void **state)
{
	struct fixture *f = *state;

	f->other.domain = "other.example";
	f->other.blocked = true;
	fixture_start(f);
	send_message(f, "juliet@stranger.example", "x", 0, 1);
	expect_failed(f, 1, STOX_POLICY_VIOLATION,
		"stranger.example is not an allowed partner.");
	send_message(f, "juliet@other.example", "x", 0, 2);
	expect_failed(f, 2, STOX_POLICY_VIOLATION, "policy leaves no way");
	assert_int_equal(f->accepted, 0);
}

/* ---- TLS ----------------------------------------------------------------- */

static void stripped(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.dialback = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	w = wire_accepted(f, 1);
	out_features(w, DIALBACK);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"it offers no TLS, which our policy requires");
	wire_expect_not(w, "db:result");
	wire_expect_not(w, "secret");
}

static void proceed_injection(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	io_world_chop(f->world, 0);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	w = wire_accepted(f, 1);
	out_features(w, STARTTLS);
	wire_expect(w, STARTTLS);
	wire_send(w, "<proceed xmlns='" TLS "'/><stream:features>" EXTERNAL
		"</stream:features>");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"data behind the last element before TLS");
	wire_expect_closed(w);
	wire_expect_not(w, "secret");
}

static void tls_refused(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	w = wire_accepted(f, 1);
	out_features(w, STARTTLS);
	wire_expect(w, STARTTLS);
	wire_send(w, "<failure xmlns='" TLS "'/></stream:stream>");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"it offered TLS and then refused it");
	wire_expect_not(w, "secret");
}

static void handshake_fails(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	w = wire_accepted(f, 1);
	out_features(w, STARTTLS);
	wire_expect(w, STARTTLS);
	wire_send(w, "<proceed xmlns='" TLS "'/>");
	pass_ms(f, 15000); /* nobody says hello */
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "could not be reached");
	assert_int_equal(f->accepted, 1);
}

static void certificate(void **state)
{
	static const struct {
		const char *name;
		bool trusted;
		const char *text;
	} cases[] = {
		{ "dns:example.org", false,
			"its certificate is not trusted: the issuer" },
		{ "dns:xmpp.example.org", true,
			"its certificate does not name example.org" },
		{ "dns:*.org", true, NULL },
		{ "srv:_xmpp-server.example.org", true, NULL },
	};
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire *w;

		fixture_certificates(f, "dns:contoso.com", cases[i].name,
			cases[i].trusted);
		f->config.credentials = f->ours;
		xmpp_configure(f->x, &f->config);
		send_message(f, "juliet@example.org", "secret", 0, i + 1);
		w = out_tls(f, i + 1);
		if (cases[i].text) {
			wire_expect_not(w, "stream");
			expect_failed(f, i + 1, STOX_REMOTE_SERVER_TIMEOUT,
				cases[i].text);
			pass_ms(f, 6000);
		} else {
			wire_expect(w, "<stream:stream");
			wire_abort(w);
			pass_ms(f, 6000);
		}
	}
}

/* TLS optional: a place whose TLS is broken is tried once more without. */
static void without_tls(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.tls = XMPP_OPTIONAL;
	f->partner.sasl = XMPP_OPTIONAL;
	f->partner.dialback = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = wire_accepted(f, 1);
	out_features(w, STARTTLS);
	wire_expect(w, STARTTLS);
	wire_send(w, "<failure xmlns='" TLS "'/></stream:stream>");
	wire_expect_closed(w);
	w = wire_accepted(f, 2);
	out_features(w, STARTTLS);
	wire_expect_not(w, STARTTLS);
	wire_expect(w, RESULT);
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>x</body>");
	assert_true(logged(f, "warn xmpp stream-ready direction=out "
		"local=contoso.com remote=\"example.org\" "
		"auth=\"dialback without TLS\""));
}

/* ---- authentication ------------------------------------------------------ */

static void external_refused(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.dialback = true; /* but SASL is required */
	fixture_start(f);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	w = out_tls(f, 1);
	out_features(w, EXTERNAL DIALBACK);
	wire_expect(w, "<auth ");
	wire_send(w, "<failure xmlns='" SASL "'><not-authorized/></failure>");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"it refused EXTERNAL with our certificate: not-authorized");
	wire_expect_not(w, "db:result");
}

static void external_not_offered(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.dialback = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	w = out_tls(f, 1);
	out_features(w, DIALBACK);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"it does not offer EXTERNAL, which our policy requires");
	wire_expect_not(w, "db:result");
}

static void then_dialback(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.dialback = true;
	f->partner.sasl = XMPP_OPTIONAL;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_tls(f, 1);
	out_features(w, EXTERNAL DIALBACK);
	wire_expect(w, "<auth ");
	wire_send(w, "<failure xmlns='" SASL "'><not-authorized/></failure>");
	wire_expect(w, RESULT);
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>x</body>");
	expect_result(f, 1, XMPP_WRITTEN);
	assert_true(logged(f, "info xmpp stream-ready direction=out "
		"local=contoso.com remote=\"example.org\" auth=\"dialback\""));
}

static void challenged(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_tls(f, 1);
	out_features(w, EXTERNAL);
	wire_expect(w, "<auth ");
	wire_send(w, "<challenge xmlns='" SASL "'/>");
	wire_expect(w, "<response xmlns='" SASL "'>=</response>");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "");
	wire_expect(w, "<body>x</body>");
}

/* Nothing that a peer invents moves the stream on. */
static void out_of_turn(void **state)
{
	static const char *const texts[] = {
		"<success xmlns='" SASL "'/>",
		"<proceed xmlns='" TLS "'/>",
		"<db:result from='example.org' to='contoso.com' "
		"type='valid'/>",
		"<db:verify from='example.org' to='contoso.com' id='1' "
		"type='valid'/>",
		"<message from='juliet@example.org' to='romeo@contoso.com'/>",
	};
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct wire *w;

		send_message(f, "juliet@example.org", "secret", 0, i + 1);
		w = out_tls(f, i + 1);
		wire_expect(w, "<stream:stream");
		wire_header(w, "example.org", "contoso.com", "1");
		wire_send(w, "%s", texts[i]);
		wire_expect(w, "<stream:error>");
		wire_expect_closed(w);
		wire_expect_not(w, "secret");
		expect_result(f, i + 1, XMPP_FAILED);
		pass_ms(f, 6000);
	}
	assert_int_equal(f->stanza_count, 0);
}

/* A stream of ours carries nothing towards us. */
static void stanza_on_ours(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_external(f, 1);
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	wire_expect(w, "<stream:error><not-authorized");
	wire_expect_closed(w);
	assert_int_equal(f->stanza_count, 0);
}

static void peer_refuses(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = wire_accepted(f, 1);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "1");
	wire_send(w, "<stream:error><host-unknown " ERROR_NS "/><text " ERROR_NS
		">never heard of it</text></stream:error></stream:stream>");
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"example.org could not be reached: it closed the stream with "
		"host-unknown: never heard of it.");
}

/* A server without version has no features: dialback is all it does. */
static void old_server(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	w = wire_accepted(f, 1);
	wire_expect(w, "<stream:stream");
	wire_send(w, "<stream:stream " HEADER_NS " id='D60000229F'>");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "without features");
	wire_expect_not(w, "db:result");
	f->partner.tls = XMPP_OFF;
	f->partner.sasl = XMPP_OFF;
	f->partner.dialback = true;
	xmpp_configure(f->x, &f->config);
	pass_ms(f, 6000);
	send_message(f, "juliet@example.org", "x", 0, 2);
	w = wire_accepted(f, 2);
	wire_expect(w, "<stream:stream");
	wire_send(w, "<stream:stream " HEADER_NS " id='D60000229F'>");
	wire_expect(w, RESULT);
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>x</body>");
}

static void tls_off(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.tls = XMPP_OFF;
	f->partner.dialback = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = wire_accepted(f, 1);
	out_features(w, "<starttls xmlns='" TLS "'><required/></starttls>");
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "it requires TLS, "
		"which our policy for it rules out");
}

/* ---- back-off, time, limits ---------------------------------------------- */

static void back_off(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	io_world_dns_fail(f->world, true);
	send_message(f, "juliet@example.org", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "DNS did not answer");
	io_world_dns_fail(f->world, false);
	/* at once after it the failure answers for the next one too */
	send_message(f, "juliet@example.org", "x", 0, 2);
	expect_failed(f, 2, STOX_REMOTE_SERVER_TIMEOUT, "DNS did not answer");
	assert_int_equal(f->accepted, 0);
	pass_ms(f, 1100);
	send_message(f, "juliet@example.org", "x", 0, 3);
	wire_expect(out_external(f, 1), "<body>x</body>");
	expect_result(f, 3, XMPP_WRITTEN);
}

/* A route that nothing uses is forgotten, and with it its failure. */
static void forgotten(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	io_world_dns_fail(f->world, true);
	send_message(f, "juliet@example.org", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "DNS");
	io_world_dns_fail(f->world, false);
	pass_ms(f, 400000);
	send_message(f, "juliet@example.org", "y", 0, 2);
	wire_expect(out_external(f, 1), "<body>y</body>");
}

/* Good when the stream was opened, and not for ever. */
static void certificate_expires(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.keepalive = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_external(f, 1);
	io_world_wall(f->world, (int64_t)UINT32_MAX * 1000000);
	wire_expect(w, "<body>x</body>");
	pass_ms(f, 301000);
	wire_expect(w, "<reset ");
	wire_expect_closed(w);
	expect_failed_stream(f, "your certificate has expired");
}

/* However often it failed: after five seconds there is a new attempt. */
static void back_off_bound(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	io_world_dns_fail(f->world, true);
	for (uint64_t i = 1; i <= 10; i++) {
		send_message(f, "juliet@example.org", "x", 0, i);
		expect_failed(f, i, STOX_REMOTE_SERVER_TIMEOUT, "DNS");
		pass_ms(f, 5001);
	}
	io_world_dns_fail(f->world, false);
	send_message(f, "juliet@example.org", "x", 0, 11);
	wire_expect(out_external(f, 1), "<body>x</body>");
}

static void set_up_time(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = wire_accepted(f, 1);
	wire_expect(w, "<stream:stream");
	wire_header(w, "example.org", "contoso.com", "1");
	pass_ms(f, 59000);
	assert_null(result_of(f, 1));
	pass_ms(f, 2000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "set-up took too long "
		"(waiting for its features)");
	wire_expect(w, "<connection-timeout ");
	wire_expect_closed(w);
}

/* A server that hangs accepts connections and says nothing: the next place
 * may be better. */
static void hangs(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	wire_expect(wire_accepted(f, 1), "<stream:stream");
	pass_ms(f, 10100);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "example.org could not "
		"be reached: the connection is open, but it sent nothing.");
	io_world_dns(f->world, "_xmpp-server._tcp.example.org", IO_DNS_SRV,
		"20 5 5269 xmpp.example.org");
	pass_ms(f, 1100);
	send_message(f, "juliet@example.org", "y", 0, 2);
	wire_expect(wire_accepted(f, 2), "<stream:stream");
	pass_ms(f, 10100);
	w = out_external(f, 3);
	wire_expect(w, "<body>y</body>");
	expect_result(f, 2, XMPP_WRITTEN);
}

static void idle(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.keepalive = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_external(f, 1);
	wire_expect(w, "</message>");
	pass_ms(f, 299000);
	assert_int_equal(w->in.len, w->at);
	pass_ms(f, 2000);
	assert_int_equal(w->in.len, w->at + 1);
	wire_expect(w, " ");
	wire_expect_not(w, " ");
	pass_ms(f, 298000);
	wire_expect_not(w, "</stream:stream>");
	pass_ms(f, 2000);
	wire_expect(w, "</stream:stream>");
	wire_send(w, "</stream:stream>");
	wire_expect_closed(w);
	/* no failure, and no new attempt until there is something to send */
	assert_false(logged(f, "stream-failed"));
	assert_string_equal(f->links, "contoso.com>example.org closed;");
	assert_int_equal(f->accepted, 1);
	send_message(f, "juliet@example.org", "y", 0, 2);
	wire_expect(out_external(f, 2), "<body>y</body>");
}

static void no_keepalive(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_external(f, 1);
	wire_expect(w, "</message>");
	pass_ms(f, 598000);
	assert_int_equal(w->in.len, w->at);
}

/* What is sent while a stream closes takes a new one. */
static void while_closing(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_external(f, 1);
	pass_ms(f, 600500);
	wire_expect(w, "</stream:stream>");
	send_message(f, "juliet@example.org", "y", 0, 2);
	step(f);
	assert_int_equal(f->accepted, 2);
	wire_expect(out_external(f, 2), "<body>y</body>");
	wire_expect_not(w, "<body>y</body>");
	expect_result(f, 2, XMPP_WRITTEN);
}

static void peer_goes(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_external(f, 1);
	wire_send(w, "</stream:stream>");
	wire_expect(w, "</stream:stream>");
	wire_expect_closed(w);
	send_message(f, "juliet@example.org", "y", 0, 2);
	w = out_external(f, 2);
	wire_expect(w, "<body>y</body>");
	f->links[0] = '\0';
	wire_abort(w);
	pass_ms(f, 100000);
	assert_string_equal(f->links, "contoso.com>example.org broken;");
	assert_int_equal(f->accepted, 2);
	send_message(f, "juliet@example.org", "z", 0, 3);
	w = out_external(f, 3);
	wire_expect(w, "<body>z</body>");
	f->links[0] = '\0';
	wire_send(w, "<stream:error><system-shutdown xmlns='urn:ietf:params:"
		"xml:ns:xmpp-streams'/></stream:error></stream:stream>");
	assert_string_equal(f->links, "contoso.com>example.org broken;");
}

static void peer_limit(void **state)
{
	struct fixture *f = *state;
	char *big = base_alloc0(12001);
	struct wire *w;

	memset(big, 'a', 12000);
	fixture_start(f);
	send_message(f, "juliet@example.org", big, 0, 1);
	send_message(f, "juliet@example.org", "small", 0, 2);
	w = out_tls(f, 1);
	out_features(w, EXTERNAL);
	wire_expect(w, "<auth ");
	wire_send(w, "<success xmlns='" SASL "'/>");
	out_features(w, "<limits xmlns='urn:xmpp:stream-limits:0'>"
		"<max-bytes>10000</max-bytes></limits>");
	wire_expect(w, "<body>small</body>");
	expect_failed(f, 1, STOX_POLICY_VIOLATION, "longer than the 10000 "
		"bytes that example.org accepts");
	expect_result(f, 2, XMPP_WRITTEN);
	free(big);
}

static void too_long(void **state)
{
	struct fixture *f = *state;
	char *big = base_alloc0(300001);

	memset(big, 'a', 300000);
	fixture_start(f);
	send_message(f, "juliet@example.org", big, 0, 1);
	expect_failed(f, 1, STOX_POLICY_VIOLATION, "too long");
	assert_int_equal(f->accepted, 0);
	free(big);
}

/* A peer that never reads: the queue is bounded, others do not notice. */
static void never_reads(void **state)
{
	struct fixture *f = *state;
	char *big = base_alloc0(200001);
	struct wire *w;
	uint64_t token = 1;

	io_world_chop(f->world, 0);
	memset(big, 'a', 200000);
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, token);
	w = out_external(f, 1);
	io_pause(w->io);
	while (token < 100 && f->accepted == 1) {
		send_message(f, "juliet@example.org", big, 0, ++token);
		step(f);
		if (result_of(f, token) &&
			result_of(f, token)->sent == XMPP_FAILED)
			break;
	}
	assert_true(token < 60);
	expect_failed(f, token, STOX_RESOURCE_CONSTRAINT,
		"does not read what is sent to it");
	free(big);
}

static void names(void *arg, const struct xmpp_stream_info *info)
{
	if (!info->failed && strcmp(info->direction, "out") == 0)
		snprintf(arg, 300, "%s>%s %s, %s, %llu out, %llu queued, %s",
			info->local, info->remote, info->state, info->auth,
			(unsigned long long)info->stanzas_out,
			(unsigned long long)info->queued, info->peer);
}

static void information(void **state)
{
	struct fixture *f = *state;
	char text[300] = "";

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	xmpp_streams(f->x, true, names, text);
	assert_string_equal(text, "contoso.com>example.org asking the DNS, , "
		"0 out, 1 queued, ");
	out_external(f, 1);
	xmpp_streams(f->x, true, names, text);
	assert_string_equal(text, "contoso.com>example.org ready, EXTERNAL, "
		"1 out, 0 queued, 192.0.2.2:5269");
}

static void reconfigure(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.sasl = XMPP_OPTIONAL;
	f->partner.dialback = true;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = out_tls(f, 1);
	out_features(w, DIALBACK);
	wire_expect(w, RESULT);
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>x</body>");
	xmpp_configure(f->x, &f->config);
	send_message(f, "juliet@example.org", "y", 0, 2);
	wire_expect(w, "<body>y</body>");
	/* dialback does not do any more */
	f->partner.sasl = XMPP_REQUIRED;
	xmpp_configure(f->x, &f->config);
	wire_expect(w, "<reset ");
	wire_expect_closed(w);
	send_message(f, "juliet@example.org", "z", 0, 3);
	f->partner.blocked = true;
	xmpp_configure(f->x, &f->config);
	expect_failed(f, 3, STOX_POLICY_VIOLATION,
		"the configuration has changed");
}

/* Streams are opened, never re-used, for another of our domains. */
static void per_pair(void **state)
{
	struct fixture *f = *state;
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = xml_element(pool, "presence", STOX_NS_SERVER);

	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	out_external(f, 1);
	stox_element_set(e, "from", "romeo@tailspin.example");
	stox_element_set(e, "to", "juliet@example.org");
	xmpp_send(f->x, "tailspin.example", STR("example.org"), e, 0, 2);
	pool_free(&pool);
	wire_expect(wire_accepted(f, 2), " from='tailspin.example' "
		"to='example.org'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(external),
		PEER_TEST(in_order),
		PEER_TEST(proxy),
		PEER_TEST(direct_tls),
		PEER_TEST(no_domain),
		PEER_TEST(no_service),
		PEER_TEST(no_dns),
		PEER_TEST(refused),
		PEER_TEST(unreachable),
		PEER_TEST(special_address),
		PEER_TEST(second_place),
		PEER_TEST(not_allowed),
		PEER_TEST(stripped),
		PEER_TEST(proceed_injection),
		PEER_TEST(tls_refused),
		PEER_TEST(handshake_fails),
		PEER_TEST(certificate),
		PEER_TEST(without_tls),
		PEER_TEST(external_refused),
		PEER_TEST(external_not_offered),
		PEER_TEST(then_dialback),
		PEER_TEST(challenged),
		PEER_TEST(out_of_turn),
		PEER_TEST(stanza_on_ours),
		PEER_TEST(peer_refuses),
		PEER_TEST(old_server),
		PEER_TEST(tls_off),
		PEER_TEST(back_off),
		PEER_TEST(back_off_bound),
		PEER_TEST(forgotten),
		PEER_TEST(certificate_expires),
		PEER_TEST(set_up_time),
		PEER_TEST(hangs),
		PEER_TEST(idle),
		PEER_TEST(no_keepalive),
		PEER_TEST(while_closing),
		PEER_TEST(peer_goes),
		PEER_TEST(peer_limit),
		PEER_TEST(too_long),
		PEER_TEST(never_reads),
		PEER_TEST(information),
		PEER_TEST(reconfigure),
		PEER_TEST(per_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
