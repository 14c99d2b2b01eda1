#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"

#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define ERROR_NS "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"

static void got(struct fixture *f, size_t count, const char *text)
{
	step(f);
	assert_int_equal(f->stanza_count, count);
	if (text && !memmem(f->stanzas.data, f->stanzas.len, text,
		strlen(text)))
		fail_msg("\"%s\" is not in \"%.*s\"", text,
			(int)f->stanzas.len, f->stanzas.data);
}

static void expect_error(struct wire *w, const char *condition)
{
	char text[200];

	snprintf(text, sizeof(text), "<stream:error><%s " ERROR_NS "/>",
		condition);
	wire_expect(w, text);
	wire_expect(w, "</stream:error></stream:stream>");
	wire_expect_closed(w);
}

static void find_auth(void *arg, const struct xmpp_stream_info *info)
{
	if (!info->failed && strcmp(info->direction, "in") == 0)
		snprintf(arg, 200, "%s/%s/%s/%s/%s", info->local, info->remote,
			info->state, info->auth, info->tls);
}

/* ---- the normal way ------------------------------------------------------ */

static void external(void **state)
{
	struct fixture *f = *state;
	struct wire *w;
	char info[200] = "";

	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<message from='juliet@example.org/balcony' "
		"to='romeo@contoso.com'><body>hi &amp; ho</body></message>");
	got(f, 1, "<message from='juliet@example.org/balcony' "
		"to='romeo@contoso.com'><body>hi &amp; ho</body></message>");
	assert_string_equal(f->local_domain, "contoso.com");
	wire_send(w, "<presence from='juliet@example.org' "
		"to='romeo@contoso.com'/><iq type='get' id='1' "
		"from='example.org' to='contoso.com'><ping "
		"xmlns='urn:xmpp:ping'/></iq>");
	got(f, 3, "<ping xmlns='urn:xmpp:ping'/>");
	xmpp_streams(f->x, false, find_auth, info);
	assert_string_equal(info, "contoso.com/example.org/ready/EXTERNAL/"
		"TLS1.3 in memory");
	wire_send(w, "</stream:stream>");
	wire_expect(w, "</stream:stream>");
	wire_expect_closed(w);
}

/* Names are compared after preparation. */
static void same_name(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<message from='juliet@Example.ORG' "
		"to='romeo@CONTOSO.com'/>");
	got(f, 1, NULL);
}

static void namespaces(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'><forwarded xmlns='urn:xmpp:forward:0'>"
		"<message xmlns='jabber:client'><body>x</body></message>"
		"<other xmlns='jabber:client:not'/></forwarded>"
		"<body xmlns='jabber:client'>y</body></message>");
	got(f, 1, "<forwarded xmlns='urn:xmpp:forward:0'>"
		"<message xmlns='jabber:server'><body>x</body></message>"
		"<other xmlns='jabber:client:not'/></forwarded>"
		"<body>y</body></message>");
}

static void content_namespace(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<message xmlns='jabber:client' "
		"from='juliet@example.org' to='romeo@contoso.com'/>");
	expect_error(w, "invalid-namespace");
	got(f, 0, NULL);
}

/* ---- headers ------------------------------------------------------------- */

struct header {
	const char *text;
	const char *condition; /* NULL: features follow */
	const char *later;     /* the same in a restart, if it differs */
};

#define S "stream:stream xmlns='jabber:server' " \
	"xmlns:stream='http://etherx.jabber.org/streams'"

static const struct header headers[] = {
	{ "<" S " from='example.org' to='contoso.com' version='1.0'>",
		NULL, NULL },
	{ "<" S " from='example.org' to='Contoso.COM' version='1.0'>",
		NULL, NULL },
	{ "<" S " from='example.org' to='contoso.com' version='1.7'>",
		NULL, NULL },
	{ "<" S " from='example.org' to='contoso.com' version='9.9'>",
		NULL, NULL },
	{ "<" S " from='example.org' to='contoso.com' version='1.0.0'>",
		"unsupported-version", NULL },
	{ "<" S " from='example.org' to='contoso.com' version='-1'>",
		"unsupported-version", NULL },
	{ "<" S " from='example.org' to='contoso.com' version=''>",
		"unsupported-version", NULL },
	{ "<" S " from='example.org' to='contoso.com' version='one'>",
		"unsupported-version", NULL },
	/* no version: only dialback without TLS, which is not allowed */
	{ "<" S " from='example.org' to='contoso.com'>",
		"policy-violation", NULL },
	{ "<" S " from='example.org' to='contoso.com' version='0.9'>",
		"policy-violation", NULL },
	{ "<" S " from='example.org' version='1.0'>",
		"improper-addressing", NULL },
	{ "<" S " from='example.org' to='nowhere.example' version='1.0'>",
		"host-unknown", NULL },
	{ "<" S " from='example.org' to='' version='1.0'>",
		"host-unknown", NULL },
	{ "<" S " from='@' to='contoso.com' version='1.0'>",
		"improper-addressing", NULL },
	{ "<" S " from='stranger.example' to='contoso.com' version='1.0'>",
		"policy-violation", "not-authorized" },
	{ "<" S " from='tailspin.example' to='contoso.com' version='1.0'>",
		"policy-violation", "not-authorized" },
	{ "<stream:stream xmlns='jabber:server' xmlns:stream='urn:other' "
	  "from='example.org' to='contoso.com' version='1.0'>",
		"invalid-namespace", NULL },
	{ "<stream:start xmlns='jabber:server' "
	  "xmlns:stream='http://etherx.jabber.org/streams' "
	  "from='example.org' to='contoso.com' version='1.0'>",
		"invalid-namespace", NULL },
	{ "<!DOCTYPE stream [<!ENTITY a 'b'>]>", "restricted-xml", NULL },
	{ "<!-- hello -->", "restricted-xml", NULL },
};

static void check_header(struct wire *w, const struct header *h, bool restart)
{
	const char *condition =
		restart && h->later ? h->later : h->condition;

	wire_send(w, "%s", h->text);
	wire_expect(w, "<stream:stream ");
	if (!condition) {
		wire_expect(w, "<stream:features>");
		wire_expect(w, "</stream:features>");
		wire_abort(w);
	} else {
		wire_expect_not(w, "<stream:features>");
		expect_error(w, condition);
	}
}

static void headers_plain(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		check_header(wire_connect(f), &headers[i], false);
	got(f, 0, NULL);
}

/* After TLS and after SASL a header that would be good may not change. */
static void headers_secure(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct wire *w = in_plain(f);

		wire_send(w, "<starttls xmlns='" TLS "'/>");
		wire_expect(w, "<proceed ");
		wire_tls(w, "contoso.com");
		step(f);
		check_header(w, &headers[i], true);
	}
}

static void headers_proven(void **state)
{
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct wire *w = in_tls(f);

		wire_expect(w, "</stream:features>");
		wire_send(w, "<auth xmlns='" SASL "' "
			"mechanism='EXTERNAL'>=</auth>");
		wire_expect(w, "<success xmlns='" SASL "'/>");
		check_header(w, &headers[i], true);
	}
}

/* XEP-0115, 6.3: no <c/> for whoever has not proven who it is */
static void more_features(void **state)
{
	static const char caps[] = "<c xmlns='http://jabber.org/protocol/caps'/>";
	static const char *const features[] = { caps, NULL };
	struct fixture *f = *state;
	struct wire *w;

	f->config.features = features;
	fixture_start(f);
	w = in_tls(f);
	wire_expect_not(w, "protocol/caps");
	wire_expect(w, "</stream:features>");
	wire_send(w, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>=</auth>");
	wire_expect(w, "<success xmlns='" SASL "'/>");
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "<c xmlns='http://jabber.org/protocol/caps'/>"
		"</stream:features>");
}

static void ends_change(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->other.domain = "other.example";
	fixture_start(f);
	w = in_plain(f);
	wire_send(w, "<starttls xmlns='" TLS "'/>");
	wire_expect(w, "<proceed ");
	wire_tls(w, "contoso.com");
	step(f);
	wire_header(w, "other.example", "contoso.com", NULL);
	expect_error(w, "not-authorized");
	w = in_plain(f);
	wire_send(w, "<starttls xmlns='" TLS "'/>");
	wire_expect(w, "<proceed ");
	wire_tls(w, "contoso.com");
	step(f);
	wire_header(w, "example.org", "tailspin.example", NULL);
	expect_error(w, "not-authorized");
}

/* The sender may keep its name to itself until TLS is there. */
static void late_from(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect(f);
	wire_send(w, "<" S " to='contoso.com' version='1.0'>");
	wire_expect(w, "<required/>");
	wire_expect(w, "</stream:features>");
	wire_send(w, "<starttls xmlns='" TLS "'/>");
	wire_expect(w, "<proceed ");
	wire_tls(w, "contoso.com");
	step(f);
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "<mechanism>EXTERNAL</mechanism>");
}

static void second_header(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<" S " from='example.org' to='contoso.com' "
		"version='1.0'/>");
	expect_error(w, "unsupported-stanza-type");
}

static void end_first(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect(f);
	wire_send(w, "</stream:stream>");
	wire_expect(w, "<stream:error>");
	wire_expect_closed(w);
}

static void other_encodings(void **state)
{
	static const char utf16[] = { '\xff', '\xfe', '<', 0, 's', 0, 't', 0 };
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect(f);
	io_write(w->io, (struct str){ utf16, sizeof(utf16) });
	expect_error(w, "unsupported-encoding");
}

static void other_protocols(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect(f);
	wire_send(w, "GET / HTTP/1.1\r\nHost: contoso.com\r\n\r\n");
	wire_expect(w, "<stream:error>");
	wire_expect_closed(w);
	w = in_plain(f);
	wire_send(w, "<compress xmlns='http://jabber.org/protocol/compress'>"
		"<method>zlib</method></compress>");
	expect_error(w, "unsupported-stanza-type");
}

/* ---- STARTTLS ------------------------------------------------------------ */

static void injection(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	if (f->world)
		io_world_chop(f->world, 0); /* one segment is the point */
	w = in_plain(f);
	wire_send(w, "<starttls xmlns='" TLS "'/><" S " from='example.org' "
		"to='contoso.com' version='1.0'><message "
		"from='juliet@example.org' to='romeo@contoso.com'/>");
	wire_expect_not(w, "<proceed ");
	expect_error(w, "policy-violation");
	got(f, 0, NULL);
}

static void starttls_twice(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_tls(f);
	wire_expect_not(w, "<starttls");
	wire_send(w, "<starttls xmlns='" TLS "'/>");
	wire_expect(w, "<failure xmlns='" TLS "'/>");
	wire_expect(w, "</stream:stream>");
	wire_send(w, "</stream:stream>");
	wire_expect_closed(w);
}

static void before_tls(void **state)
{
	static const char *const early[] = {
		"<auth xmlns='" SASL "' mechanism='EXTERNAL'>=</auth>",
		"<message from='juliet@example.org' to='romeo@contoso.com'/>",
		("<db:result xmlns:db='jabber:server:dialback' "
		"from='example.org' to='contoso.com'>key</db:result>"),
	};
	static const char *const answers[] = {
		"<failure xmlns='" SASL "'><encryption-required/></failure>",
		"<not-authorized " ERROR_NS "/>",
		("<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
		"/>"),
	};
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < 3; i++) {
		struct wire *w = in_plain(f);

		wire_send(w, "%s", early[i]);
		wire_expect(w, answers[i]);
		wire_abort(w);
	}
	assert_int_equal(f->accepted, 0);
	got(f, 0, NULL);
}

/* ---- SASL ---------------------------------------------------------------- */

static void authzid(void **state)
{
	static const struct {
		const char *text, *answer;
	} cases[] = {
		{ "=", "<success" },
		{ "ZXhhbXBsZS5vcmc=", "<success" },         /* example.org */
		{ "RXhhbXBsZS5PUkc=", "<success" },         /* Example.ORG */
		{ "b3RoZXIuZXhhbXBsZQ==", "<invalid-authzid/>" },
		{ "c3ViLmV4YW1wbGUub3Jn", "<invalid-authzid/>" },
		{ "ZXhhbXBsZS5vcmcAeA==", "<invalid-authzid/>" }, /* NUL */
		{ "ZXhhbXBsZS5vcmc", "<incorrect-encoding/>" },
		{ "!!!!", "<incorrect-encoding/>" },
	};
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire *w = in_tls(f);

		wire_send(w, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>%s"
			"</auth>", cases[i].text);
		wire_expect(w, cases[i].answer);
		wire_abort(w);
	}
}

static void sasl_odd(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_tls(f);
	wire_send(w, "<auth xmlns='" SASL "' mechanism='PLAIN'>AAAA</auth>");
	wire_expect(w, "<invalid-mechanism/>");
	wire_send(w, "<response xmlns='" SASL "'>=</response>");
	wire_expect(w, "<malformed-request/>");
	wire_send(w, "<abort xmlns='" SASL "'/>");
	wire_expect(w, "<aborted/>");
	expect_error(w, "policy-violation");
	expect_failed_stream(f, "EXTERNAL failed with invalid-mechanism");
	/* no initial response: asked for */
	w = in_tls(f);
	wire_send(w, "<auth xmlns='" SASL "' mechanism='EXTERNAL'/>");
	wire_expect(w, "<challenge xmlns='" SASL "'/>");
	wire_send(w, "<response xmlns='" SASL "'>ZXhhbXBsZS5vcmc="
		"</response>");
	wire_expect(w, "<success");
}

static void pipelined_header(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_tls(f);
	wire_expect(w, "</stream:features>");
	wire_send(w, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>=</auth>"
		"<" S " from='example.org' to='contoso.com' version='1.0'>"
		"<message from='juliet@example.org' to='romeo@contoso.com'/>");
	wire_expect(w, "<success");
	wire_expect(w, "</stream:features>");
	got(f, 1, NULL);
}

static void bad_certificate(void **state)
{
	static const struct {
		const char *names, *shown;
		bool trusted;
		const char *text;
	} cases[] = {
		{ "dns:example.org", "example.org", false,
			"its certificate is not trusted" },
		{ "dns:other.example", "other.example", true,
			"does not name example.org" },
		{ "dns:*.example.org", "a.example.org", true,
			"does not name example.org" },
		{ "dns:example.org", NULL, true, "it showed no certificate" },
	};
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire *w;

		fixture_certificates(f, "dns:contoso.com", cases[i].names,
			cases[i].trusted);
		f->their_name = cases[i].shown;
		f->config.credentials = f->ours;
		xmpp_configure(f->x, &f->config);
		w = in_tls(f);
		wire_expect_not(w, "<mechanism>");
		wire_expect(w, "<not-authorized " ERROR_NS "/>");
		wire_expect(w, cases[i].text);
		wire_expect_closed(w);
		expect_failed_stream(f, cases[i].text);
	}
	got(f, 0, NULL);
}

static void good_certificate(void **state)
{
	static const char *const names[] = {
		"srv:_xmpp-server.example.org", "srv:_xmpps-server.example.org",
		"xmpp:example.org", "dns:*.org",
	};
	struct fixture *f = *state;

	fixture_start(f);
	for (size_t i = 0; i < 4; i++) {
		fixture_certificates(f, "dns:contoso.com", names[i], true);
		f->their_name = "shown.example";
		f->config.credentials = f->ours;
		xmpp_configure(f->x, &f->config);
		wire_abort(in_external(f));
	}
}

/* ---- addresses ----------------------------------------------------------- */

static void addresses(void **state)
{
	static const struct {
		const char *attributes, *condition;
	} cases[] = {
		{ "to='romeo@contoso.com'", "improper-addressing" },
		{ "from='juliet@example.org'", "improper-addressing" },
		{ "from='' to='romeo@contoso.com'", "improper-addressing" },
		{ "from='@' to='romeo@contoso.com'", "improper-addressing" },
		{ "from='juliet@other.example' to='romeo@contoso.com'",
			"invalid-from" },
		{ "from='juliet@sub.example.org' to='romeo@contoso.com'",
			"invalid-from" },
		{ "from='romeo@contoso.com' to='romeo@contoso.com'",
			"invalid-from" },
		{ "from='juliet@example.org' to='romeo@nowhere.example'",
			"host-unknown" },
		{ "from='juliet@example.org' to='romeo@tailspin.example'",
			"invalid-from" },
		{ "from='x@y@example.org' to='romeo@contoso.com'",
			"improper-addressing" },
	};
	struct fixture *f = *state;

	f->other.domain = "other.example";
	fixture_start(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire *w = in_external(f);

		wire_send(w, "<message %s><body>x</body></message>",
			cases[i].attributes);
		expect_error(w, cases[i].condition);
	}
	got(f, 0, NULL);
}

/* A user's mistake is answered; the stream of all others stays. */
static void bad_to(void **state)
{
	struct fixture *f = *state;
	struct wire *w, *out;

	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<message id='7' from='juliet@example.org' "
		"to='@contoso.com'><body>x</body></message>");
	out = out_external(f, 1);
	wire_expect(out, "<jid-malformed ");
	wire_expect_not(out, "<body>");
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	got(f, 1, NULL);
	/* nobody else's mistake */
	wire_send(w, "<message id='7' from='juliet@other.example' "
		"to='@contoso.com'/>");
	expect_error(w, "invalid-from");
}

/* ---- limits and time ----------------------------------------------------- */

static char *letters(size_t n)
{
	char *s = base_alloc(n + 1);

	memset(s, 'a', n);
	s[n] = '\0';
	return s;
}

static void sizes(void **state)
{
	struct fixture *f = *state;
	char *big = letters(9000), *huge = letters(300000);
	struct wire *w;

	fixture_start(f);
	io_world_chop(f->world, 0);
	w = in_tls(f);
	wire_send(w, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>%s</auth>",
		big);
	expect_error(w, "policy-violation");
	w = wire_connect(f);
	wire_send(w, "<stream:stream from='%s'", big);
	wire_expect(w, "<policy-violation");
	w = in_external(f);
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'><body>%s</body></message>", big);
	got(f, 1, "aaa</body>");
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'><body>%s</body></message>", huge);
	expect_error(w, "policy-violation");
	got(f, 1, NULL);
	free(big);
	free(huge);
}

static void many_streams(void **state)
{
	struct fixture *f = *state;
	struct wire *w[3];

	f->partner.connection_limit = 2;
	fixture_start(f);
	w[0] = in_external(f);
	w[1] = in_external(f);
	w[2] = in_tls(f);
	wire_send(w[2], "<auth xmlns='" SASL "' mechanism='EXTERNAL'>=</auth>");
	expect_error(w[2], "resource-constraint");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_STREAMS_PARTNER], 1);
	wire_close(w[0]);
	pass_ms(f, 1);
	in_external(f);
}

/* One address cannot take all streams without saying who it is. */
static void many_strangers(void **state)
{
	struct fixture *f = *state;
	struct wire *w = NULL;

	f->limits.value[LIMIT_XMPP_STREAMS] = 8;
	fixture_start(f);
	in_plain(f);
	in_plain(f);
	w = wire_connect(f);
	wire_expect_closed(w);
	assert_int_equal(f->limits.hits[LIMIT_XMPP_STREAMS], 1);
	pass_ms(f, 61000);
	for (size_t i = 0; i < 8; i++)
		in_external(f);
	w = wire_connect(f);
	wire_expect_closed(w);
}

static void no_memory(void **state)
{
	struct fixture *f = *state;
	struct wire *w, *quiet, *busy;
	size_t used;

	fixture_start(f);
	f->budget.max = 100 << 20;
	quiet = in_external(f);
	busy = in_external(f);
	used = f->budget.used;
	f->budget.used += 85 << 20;
	w = wire_connect(f);
	wire_expect(w, "<stream:stream ");
	expect_error(w, "resource-constraint");
	send_message(f, "juliet@example.org", "x", 0, 1);
	expect_failed(f, 1, STOX_RESOURCE_CONSTRAINT, "too many streams");
	f->budget.used += 12 << 20;
	for (size_t i = 0; i < 30; i++) {
		pass_ms(f, 1000);
		if (!busy->closed)
			wire_send(busy, " ");
	}
	wire_expect(quiet, "</stream:stream>");
	assert_false(busy->closed);
	wire_expect_not(busy, "</stream:stream>");
	f->budget.used -= 97 << 20;
	assert_true(f->budget.used <= used);
}

static void first_byte(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = wire_connect(f);
	pass_ms(f, 9000);
	assert_false(w->closed);
	pass_ms(f, 1500);
	wire_expect_closed(w);
	assert_int_equal(w->in.len, 0);
	expect_failed_stream(f, "the connection is open, but it sent nothing");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_FIRST_BYTE], 1);
}

static void set_up_time(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_tls(f);
	pass_ms(f, 59000);
	assert_false(w->closed);
	pass_ms(f, 2000);
	expect_error(w, "connection-timeout");
	expect_failed_stream(f, "set-up took too long");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_SETUP], 1);
}

static void idle(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	pass_ms(f, 590000);
	wire_expect_not(w, "</stream:stream>");
	wire_send(w, "\n");
	pass_ms(f, 590000);
	wire_expect_not(w, "</stream:stream>");
	pass_ms(f, 11000);
	wire_expect(w, "</stream:stream>");
	assert_false(w->closed);
	/* what comes before the peer's end is still taken */
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/></stream:stream>");
	got(f, 1, NULL);
	wire_expect_closed(w);
	/* a peer that does not end its stream */
	w = in_external(f);
	pass_ms(f, 600500);
	wire_expect(w, "</stream:stream>");
	pass_ms(f, 6000);
	wire_expect_closed(w);
}

static void peer_ends(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	wire_send(w, "<stream:error><system-shutdown " ERROR_NS "/><text "
		ERROR_NS ">bye</text></stream:error></stream:stream>");
	wire_expect(w, "</stream:stream>");
	wire_expect_closed(w);
	expect_failed_stream(f, "it closed the stream with system-shutdown: "
		"bye");
	w = in_external(f);
	wire_abort(w);
	expect_failed_stream(f, "the connection broke");
}

/* ---- configuration ------------------------------------------------------- */

static void reconfigure(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	fixture_start(f);
	w = in_external(f);
	xmpp_configure(f->x, &f->config);
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	got(f, 1, NULL);
	f->partner.blocked = true;
	xmpp_configure(f->x, &f->config);
	expect_error(w, "reset");
	f->partner.blocked = false;
	w = in_external(f);
	f->locals[0].domain = "fabrikam.example";
	xmpp_configure(f->x, &f->config);
	expect_error(w, "reset");
}

static void component_domain(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->locals[0].component_host = THEM;
	f->locals[0].component_port = 5347;
	fixture_start(f);
	w = wire_connect(f);
	wire_header(w, "example.org", "contoso.com", NULL);
	expect_error(w, "host-unknown");
}

static void on_down(void *arg)
{
	((struct fixture *)arg)->down = true;
}

static void shutting_down(void **state)
{
	struct fixture *f = *state;
	struct wire *w, *young;

	fixture_start(f);
	w = in_external(f);
	young = wire_connect(f);
	xmpp_shutdown(f->x, on_down, f);
	assert_false(f->down);
	expect_error(w, "system-shutdown");
	wire_expect_closed(young);
	pass_ms(f, 10);
	assert_true(f->down);
	send_message(f, "juliet@example.org", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND, "shutting down");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(external),
		PEER_TEST(same_name),
		PEER_TEST(namespaces),
		PEER_TEST(content_namespace),
		PEER_TEST(headers_plain),
		PEER_TEST(headers_secure),
		PEER_TEST(headers_proven),
		PEER_TEST(more_features),
		PEER_TEST(ends_change),
		PEER_TEST(late_from),
		PEER_TEST(second_header),
		PEER_TEST(end_first),
		PEER_TEST(other_encodings),
		PEER_TEST(other_protocols),
		PEER_TEST(injection),
		PEER_TEST(starttls_twice),
		PEER_TEST(before_tls),
		PEER_TEST(authzid),
		PEER_TEST(sasl_odd),
		PEER_TEST(pipelined_header),
		PEER_TEST(bad_certificate),
		PEER_TEST(good_certificate),
		PEER_TEST(addresses),
		PEER_TEST(bad_to),
		PEER_TEST(sizes),
		PEER_TEST(many_streams),
		PEER_TEST(many_strangers),
		PEER_TEST(no_memory),
		PEER_TEST(first_byte),
		PEER_TEST(set_up_time),
		PEER_TEST(idle),
		PEER_TEST(peer_ends),
		PEER_TEST(reconfigure),
		PEER_TEST(component_domain),
		PEER_TEST(shutting_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
