/*
 * Failures tell: for each step at which a stream can fail, the line of the log,
 * what `stoxctl streams --failed` shows of it, and what the sender hears.
 */
#include "peer.h"

#include <stdio.h>

#define TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define EXTERNAL \
	"<mechanisms xmlns='" SASL "'><mechanism>EXTERNAL</mechanism></mechanisms>"

struct failure {
	const char *step;
	void (*prepare)(struct fixture *f); /* before stox starts; or NULL */
	void (*play)(struct fixture *f);    /* the other server; or NULL */
	const char *to;                     /* NULL: juliet@example.org */
	enum stox_condition condition;      /* to the sender */
	const char *why;                    /* part of the reason */
};

/* ---- what stoxctl shows -------------------------------------------------- */

struct row {
	char step[32], why[600];
	const char *direction;
};

static void last_row(void *arg, const struct xmpp_stream_info *info)
{
	struct row *row = arg;

	if (!info->failed || strcmp(info->direction, row->direction) != 0)
		return;
	snprintf(row->step, sizeof(row->step), "%s", info->step);
	snprintf(row->why, sizeof(row->why), "%s", info->failed);
}

static void check(struct fixture *f, const struct failure *e,
	const char *direction)
{
	struct row row = { .direction = direction };
	char line[100];

	xmpp_streams(f->x, true, last_row, &row);
	if (strcmp(row.step, e->step) != 0 || !strstr(row.why, e->why))
		fail_msg("%s, %s: %s: \"%s\"", direction, e->step, row.step,
			row.why);
	snprintf(line, sizeof(line), "stream-failed step=%s direction=%s ",
		e->step, direction);
	if (!logged(f, line) || !logged(f, e->why))
		fail_msg("no \"%s\" in %.*s", line, STR_FMT(buf_str(&f->lines)));
	assert_false(logged(f, "a secret"));
}

/* ---- preparations -------------------------------------------------------- */

static void strict(struct fixture *f)
{
	f->partner.tls = f->partner.sasl = XMPP_REQUIRED;
	f->partner.dialback = false;
}

static void untrusted(struct fixture *f)
{
	strict(f);
	f->their_name = "example.org";
	fixture_certificates(f, "dns:contoso.com", "dns:example.org", false);
}

static void other_name(struct fixture *f)
{
	strict(f);
	f->their_name = "other.example";
	fixture_certificates(f, "dns:contoso.com", "dns:other.example", true);
}

static void other_record(struct fixture *f)
{
	strict(f);
	f->partner.dane = true;
	f->their_name = "example.org";
	fixture_certificates(f, "dns:contoso.com", "dns:example.org", true);
	io_world_dns_secure(f->world, "example.org", false);
	io_world_dns(f->world, "_5269._tcp.xmpp.example.org", IO_DNS_TLSA,
		"3 1 1 00000000000000000000000000000000"
		"00000000000000000000000000000000");
}

static void good(struct fixture *f)
{
	strict(f);
	f->their_name = "example.org";
	fixture_certificates(f, "dns:contoso.com", "dns:example.org", true);
}

static void by_dialback(struct fixture *f)
{
	good(f);
	f->partner.sasl = XMPP_OFF;
	f->partner.dialback = true;
}

static void no_server(struct fixture *f)
{
	io_listener_close(&f->listener);
}

/* ---- the server that we go to -------------------------------------------- */

static void no_stream(struct fixture *f)
{
	struct wire *w = wire_accepted(f, 1);

	wire_expect(w, "<stream:stream ");
	wire_send(w, "<html xmlns='http://www.w3.org/1999/xhtml'>");
}

static void no_tls(struct fixture *f)
{
	struct wire *w = wire_accepted(f, 1);

	out_features(w, "<starttls xmlns='" TLS "'/>");
	wire_expect(w, "<starttls ");
	wire_send(w, "<failure xmlns='" TLS "'/></stream:stream>");
}

static void only_tls(struct fixture *f)
{
	out_tls(f, 1);
}

static void unbelieving(struct fixture *f)
{
	struct wire *w = out_tls(f, 1);

	out_features(w, EXTERNAL);
	wire_expect(w, "<auth ");
	wire_send(w, "<failure xmlns='" SASL "'><not-authorized/></failure>");
}

static void denying(struct fixture *f)
{
	struct wire *w = out_tls(f, 1);

	out_features(w, "");
	wire_expect(w, "<db:result ");
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='invalid'/>");
}

static void no_features(struct fixture *f)
{
	out_features(wire_accepted(f, 1), "");
}

static const struct failure outbound[] = {
	{ "dns", NULL, NULL, "juliet@nowhere.example",
		STOX_REMOTE_SERVER_NOT_FOUND, "the DNS has no address for its server" },
	{ "tcp", no_server, NULL, NULL, STOX_REMOTE_SERVER_TIMEOUT,
		"no TCP connection" },
	{ "stream", good, no_stream, NULL, STOX_REMOTE_SERVER_TIMEOUT,
		"invalid-namespace" },
	{ "tls", good, no_tls, NULL, STOX_REMOTE_SERVER_TIMEOUT, "TLS" },
	{ "tls-chain", untrusted, only_tls, NULL, STOX_REMOTE_SERVER_TIMEOUT,
		"certificate" },
	{ "tls-name", other_name, only_tls, NULL, STOX_REMOTE_SERVER_TIMEOUT,
		"example.org" },
	{ "dane", other_record, only_tls, NULL, STOX_REMOTE_SERVER_TIMEOUT,
		"DANE" },
	{ "external", good, unbelieving, NULL, STOX_REMOTE_SERVER_TIMEOUT,
		"not-authorized" },
	{ "dialback", by_dialback, denying, NULL, STOX_INTERNAL_SERVER_ERROR,
		"takes our key for invalid" },
	{ "policy", good, no_features, NULL, STOX_REMOTE_SERVER_TIMEOUT,
		"TLS" },
};

/* The sender hears the domain and the reason, in the same words. */
static void walk_outbound(size_t chop)
{
	for (size_t i = 0; i < sizeof(outbound) / sizeof(*outbound); i++) {
		const struct failure *e = &outbound[i];
		struct fixture *f = fixture_new(chop);
		const char *to = e->to ? e->to : "juliet@example.org";
		const char *domain = strchr(to, '@') + 1;
		char text[100];

		f->other.domain = "nowhere.example";
		if (e->prepare)
			e->prepare(f);
		fixture_start(f);
		if (e->prepare == no_server)
			no_server(f);
		send_message(f, to, "a secret", 0, 1);
		if (e->play)
			e->play(f);
		pass_ms(f, 70000);
		snprintf(text, sizeof(text), "%s could not be reached: ",
			domain);
		expect_failed(f, 1, e->condition, text);
		expect_failed(f, 1, e->condition, e->why);
		check(f, e, "out");
		fixture_free(f);
	}
}

/* ---- the server that comes to us ----------------------------------------- */

static void in_no_stream(struct fixture *f)
{
	wire_send(wire_connect(f), "<html xmlns='http://www.w3.org/1999/xhtml'>");
}

static void in_no_handshake(struct fixture *f)
{
	struct wire *w = wire_connect(f);

	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "</stream:features>");
	wire_send(w, "<starttls xmlns='" TLS "'/>");
	wire_expect(w, "<proceed ");
	wire_send(w, "no handshake at all");
}

static void in_only_tls(struct fixture *f)
{
	struct wire *w = in_tls(f);

	wire_expect_closed(w);
}

static void in_other_identity(struct fixture *f)
{
	struct wire *w = in_tls(f);

	/* base64 of other.example, which the certificate does not have */
	wire_send(w, "<auth xmlns='" SASL "' mechanism='EXTERNAL'>"
		"b3RoZXIuZXhhbXBsZQ==</auth>");
	wire_expect(w, "<failure ");
	wire_close(w);
}

static void in_false_key(struct fixture *f)
{
	struct wire *w = in_tls(f), *back;
	char id[64];

	wire_send(w, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	back = out_tls(f, 1);
	out_features(back, "");
	wire_expect(back, "<db:verify ");
	wire_grab(back, " id='", id, sizeof(id));
	wire_send(back, "<db:verify from='example.org' to='contoso.com' "
		"id='%s' type='invalid'/>", id);
	wire_expect(w, "type='invalid'");
	wire_close(w);
}

static void in_stranger(struct fixture *f)
{
	struct wire *w = wire_connect(f);

	wire_header(w, "stranger.example", "contoso.com", NULL);
	wire_expect_closed(w);
}

static const struct failure inbound[] = {
	{ "stream", good, in_no_stream, NULL, 0, "invalid-namespace" },
	{ "tls", good, in_no_handshake, NULL, 0, "TLS handshake" },
	{ "tls-chain", untrusted, in_only_tls, NULL, 0, "certificate" },
	{ "tls-name", other_name, in_only_tls, NULL, 0, "example.org" },
	{ "dane", other_record, in_only_tls, NULL, 0, "DANE" },
	{ "external", good, in_other_identity, NULL, 0, "EXTERNAL failed" },
	{ "dialback", by_dialback, in_false_key, NULL, 0, "invalid" },
	{ "policy", good, in_stranger, NULL, 0,
		"stranger.example is not an allowed partner" },
};

static void walk_inbound(size_t chop)
{
	for (size_t i = 0; i < sizeof(inbound) / sizeof(*inbound); i++) {
		const struct failure *e = &inbound[i];
		struct fixture *f = fixture_new(chop);

		e->prepare(f);
		fixture_start(f);
		e->play(f);
		pass_ms(f, 70000);
		check(f, e, "in");
		assert_int_equal(f->stanza_count, 0);
		fixture_free(f);
	}
}

static void test_outbound(void **state)
{
	(void)state;
	walk_outbound(0);
}

static void test_inbound(void **state)
{
	(void)state;
	walk_inbound(0);
}

static void test_outbound_bytewise(void **state)
{
	(void)state;
	walk_outbound(1);
}

static void test_inbound_bytewise(void **state)
{
	(void)state;
	walk_inbound(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_outbound_bytewise),
		cmocka_unit_test(test_inbound_bytewise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
