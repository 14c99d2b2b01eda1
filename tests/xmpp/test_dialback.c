#include "peer.h"

#include <stdio.h>

#include "xmpp/dialback.h"

#define TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define STARTTLS "<starttls xmlns='" TLS "'/>"
#define DIALBACK "<dialback xmlns='urn:xmpp:features:dialback'/>"
#define STANZAS "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
#define DB "xmlns:db='jabber:server:dialback' "

/* ---- keys ---------------------------------------------------------------- */

/* XEP-0185, 3, and two more; the HMAC's key is the hex text, not the bytes. */
static void keys(void **state)
{
	static const struct {
		const char *secret, *receiving, *originating, *id, *key;
	} cases[] = {
		{ "s3cr3tf0rd14lb4ck", "montague.example", "capulet.example",
			"D60000229F", "b4835385f37fe2895af6c196b59097b1"
			"6862406db80559900d96bf6fa7d23df3" },
		{ "s3cr3tf0rd14lb4ck", "xmpp.example.com", "example.org",
			"D60000229F", "37c69b1cf07a3f67c04a5ef5902fa511"
			"4f2c76fe4a2686482ba5b89323075643" },
		{ "d14lb4ck43v3r", "capulet.example", "montague.example",
			"417GAF25", "225cc5aa6a071133249d25fef42ae516"
			"fc7a86c523aa1c6980a7f73e784c972d" },
	};
	char hash[65], key[65];

	(void)state;
	xmpp_dialback_hash("s3cr3tf0rd14lb4ck", hash);
	assert_string_equal(hash, "a7136eb1f46c9ef18c5e78c36ca25706"
		"7c69b3d518285f0b18a96c33beae9acc");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		xmpp_dialback_hash(cases[i].secret, hash);
		xmpp_dialback_key(hash, cases[i].receiving,
			cases[i].originating, cases[i].id, key);
		assert_string_equal(key, cases[i].key);
	}
}

/* ---- we open ------------------------------------------------------------- */

static void allow(struct fixture *f, bool plain)
{
	f->partner.tls = plain ? XMPP_OFF : XMPP_REQUIRED;
	f->partner.sasl = plain ? XMPP_OFF : XMPP_OPTIONAL;
	f->partner.dialback = true;
	f->other = f->partner;
	f->other.domain = "other.example";
}

/* Our stream up to our key, which is given back. */
static struct wire *out_key(struct fixture *f, size_t n, char key[65])
{
	struct wire *w;

	send_message(f, "juliet@example.org", "secret", 0, n);
	w = out_tls(f, n);
	out_features(w, DIALBACK);
	wire_expect(w, "<db:result from='contoso.com' to='example.org'>");
	memcpy(key, w->in.data + w->at, 64);
	key[64] = '\0';
	wire_expect(w, "</db:result>");
	return w;
}

static void out_valid(void **state)
{
	struct fixture *f = *state;
	char hash[65], key[65], mine[65];
	struct wire *w;

	allow(f, false);
	fixture_start(f);
	w = out_key(f, 1, key);
	xmpp_dialback_hash("s3cr3tf0rd14lb4ck", hash);
	xmpp_dialback_key(hash, "example.org", "contoso.com", "D60000229F",
		mine);
	assert_string_equal(key, mine);
	wire_expect_not(w, "secret");
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>secret</body>");
	expect_result(f, 1, XMPP_WRITTEN);
}

static void out_answers(void **state)
{
	static const struct {
		const char *answer;
		enum stox_condition condition;
		const char *text;
	} cases[] = {
		{ "<db:result from='example.org' to='contoso.com' "
		  "type='invalid'/>", STOX_INTERNAL_SERVER_ERROR,
			"it takes our key for invalid" },
		{ "<db:result from='example.org' to='contoso.com' "
		  "type='error'><error type='cancel'><remote-server-not-found "
		  STANZAS "/></error></db:result>", STOX_REMOTE_SERVER_TIMEOUT,
			"could not check our key: remote-server-not-found" },
		{ "<db:result from='example.org' to='contoso.com'/>",
			STOX_REMOTE_SERVER_TIMEOUT, "could not check our key" },
		/* not the answer to our question */
		{ "<db:result from='other.example' to='contoso.com' "
		  "type='valid'/>", STOX_REMOTE_SERVER_TIMEOUT,
			"nobody asked for" },
		{ "<db:result from='example.org' to='tailspin.example' "
		  "type='valid'/>", STOX_REMOTE_SERVER_TIMEOUT,
			"nobody asked for" },
		{ "<db:result from='contoso.com' to='example.org' "
		  "type='valid'/>", STOX_REMOTE_SERVER_TIMEOUT,
			"nobody asked for" },
		{ "<db:verify from='example.org' to='contoso.com' "
		  "id='D60000229F' type='valid'/>", STOX_REMOTE_SERVER_TIMEOUT,
			"nobody asked for" },
	};
	struct fixture *f = *state;
	char key[65];

	allow(f, false);
	fixture_start(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire *w = out_key(f, i + 1, key);

		wire_send(w, "%s", cases[i].answer);
		expect_failed(f, i + 1, cases[i].condition, cases[i].text);
		wire_expect_not(w, "secret");
		pass_ms(f, 6000);
	}
}

static void out_silence(void **state)
{
	struct fixture *f = *state;
	char key[65];

	allow(f, false);
	fixture_start(f);
	out_key(f, 1, key);
	pass_ms(f, 61000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"waiting for the outcome of dialback");
}

static void out_plain(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	allow(f, true);
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = wire_accepted(f, 1);
	out_features(w, DIALBACK);
	wire_expect(w, "<db:result from='contoso.com' to='example.org'>");
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>x</body>");
	assert_true(logged(f, "warn xmpp stream-ready direction=out "
		"local=contoso.com remote=\"example.org\" "
		"auth=\"dialback without TLS\""));
}

/* An unproven certificate does when dialback is good enough. */
static void out_unproven(void **state)
{
	struct fixture *f = *state;
	char key[65];
	struct wire *w;

	allow(f, false);
	fixture_certificates(f, "dns:contoso.com", "dns:example.org", false);
	fixture_start(f);
	w = out_key(f, 1, key);
	wire_send(w, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>secret</body>");
	assert_true(logged(f, "certificate-unproven"));
}

/* ---- somebody asks us ---------------------------------------------------- */

static void asked(void **state)
{
	struct fixture *f = *state;
	char key[65];
	struct wire *w;

	allow(f, false);
	fixture_start(f);
	out_key(f, 1, key);
	w = in_tls(f);
	wire_send(w, "<db:verify from='example.org' to='contoso.com' "
		"id='D60000229F'>%s</db:verify>", key);
	wire_expect(w, "<db:verify from='contoso.com' to='example.org' "
		"id='D60000229F' type='valid'/>");
	/* the same key elsewhere */
	wire_send(w, "<db:verify from='example.org' to='contoso.com' "
		"id='D60000229E'>%s</db:verify>", key);
	wire_expect(w, "id='D60000229E' type='invalid'/>");
	wire_send(w, "<db:verify from='example.org' to='tailspin.example' "
		"id='D60000229F'>%s</db:verify>", key);
	wire_expect(w, "<db:verify from='tailspin.example' to='example.org' "
		"id='D60000229F' type='invalid'/>");
	wire_send(w, "<db:verify from='other.example' to='contoso.com' "
		"id='D60000229F'>%s</db:verify>", key);
	wire_expect(w, "to='other.example' id='D60000229F' type='invalid'/>");
	wire_send(w, "<db:verify from='example.org' to='contoso.com' id='1'/>");
	wire_expect(w, "type='invalid'/>");
	wire_send(w, "<db:verify from='example.org' to='nowhere.example' "
		"id='1'>%s</db:verify>", key);
	wire_expect(w, "<db:verify from='nowhere.example' to='example.org' "
		"id='1' type='error'><error type='cancel'><item-not-found "
		STANZAS "/></error></db:verify>");
	assert_false(w->closed);
	wire_send(w, "<db:verify from='example.org' to='contoso.com'>%s"
		"</db:verify>", key);
	wire_expect(w, "<improper-addressing ");
	wire_expect_closed(w);
}

/* A peer that came to ask only leaves without having failed. */
static void asked_only(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	allow(f, false);
	fixture_start(f);
	w = in_tls(f);
	wire_send(w, "<db:verify from='example.org' to='contoso.com' id='1'>"
		"k</db:verify></stream:stream>");
	wire_expect(w, "type='invalid'/></stream:stream>");
	wire_expect_closed(w);
	w = in_tls(f);
	wire_send(w, "<db:verify from='example.org' to='contoso.com' id='1'>"
		"k</db:verify>");
	pass_ms(f, 61000);
	wire_expect(w, "type='invalid'/></stream:stream>");
	assert_false(logged(f, "stream-failed"));
	/* nothing was asked: that is a failure */
	wire_send(in_tls(f), "</stream:stream>");
	expect_failed_stream(f, "it closed the stream during set-up "
		"(waiting for it to authenticate)");
}

static void asked_without_tls(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	allow(f, false);
	fixture_start(f);
	w = in_plain(f);
	wire_send(w, "<db:verify from='example.org' to='contoso.com' id='1'>"
		"key</db:verify>");
	wire_expect(w, "<policy-violation " STANZAS "/>");
}

static void asked_too_often(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	allow(f, false);
	f->limits.value[LIMIT_DIALBACK_VERIFY] = 3;
	fixture_start(f);
	w = in_tls(f);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++) {
			wire_send(w, "<db:verify from='example.org' "
				"to='contoso.com' id='1'>k</db:verify>");
			wire_expect(w, "type='invalid'/>");
		}
		pass_ms(f, 1000);
	}
	for (int i = 0; i < 4; i++)
		wire_send(w, "<db:verify from='example.org' "
			"to='contoso.com' id='1'>k</db:verify>");
	wire_expect(w, "<policy-violation ");
	wire_expect_closed(w);
	assert_int_equal(f->limits.hits[LIMIT_DIALBACK_VERIFY], 1);
}

/* ---- a peer comes -------------------------------------------------------- */

/* The peer's stream up to its key; then ours that asks about it. */
struct visit {
	struct wire *in, *out;
	char id[64];
};

static struct visit visit(struct fixture *f, size_t n)
{
	struct visit v;

	f->their_name = NULL; /* no certificate: dialback has to do */
	v.in = in_tls(f);
	wire_grab(v.in, " id='", v.id, sizeof(v.id));
	wire_expect(v.in, "<dialback xmlns='urn:xmpp:features:dialback'>"
		"<errors/></dialback>");
	wire_expect(v.in, "</stream:features>");
	wire_send(v.in, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	f->their_name = "example.org";
	v.out = out_tls(f, n);
	wire_expect_not(v.in, "db:result");
	return v;
}

static void expect_verify(struct visit *v)
{
	char text[200];

	out_features(v->out, DIALBACK);
	snprintf(text, sizeof(text), "<db:verify from='contoso.com' "
		"to='example.org' id='%s'>key</db:verify>", v->id);
	wire_expect(v->out, text);
}

static void answer(struct visit *v, const char *type)
{
	wire_send(v->out, "<db:verify from='example.org' to='contoso.com' "
		"id='%s' type='%s'/>", v->id, type);
}

static void find_auth(void *arg, const struct xmpp_stream_info *info)
{
	if (!info->failed && strcmp(info->direction, "in") == 0)
		snprintf(arg, 200, "%s", info->auth);
}

static void in_valid(void **state)
{
	struct fixture *f = *state;
	struct visit v;
	char auth[200] = "";

	allow(f, false);
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	answer(&v, "valid");
	wire_expect(v.in, "<db:result from='contoso.com' to='example.org' "
		"type='valid'/>");
	wire_send(v.in, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	step(f);
	assert_int_equal(f->stanza_count, 1);
	xmpp_streams(f->x, false, find_auth, auth);
	assert_string_equal(auth, "dialback");
	/* the stream that asked can carry our stanzas too, once proven */
	send_message(f, "juliet@example.org", "x", 0, 1);
	wire_expect(v.out, "<db:result from='contoso.com' to='example.org'>");
	wire_send(v.out, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(v.out, "<body>x</body>");
	assert_int_equal(f->accepted, 1);
}

static void in_too_early(void **state)
{
	struct fixture *f = *state;
	struct visit v;

	allow(f, false);
	fixture_start(f);
	v = visit(f, 1);
	wire_send(v.in, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	wire_expect(v.in, "<not-authorized ");
	wire_expect_closed(v.in);
	expect_verify(&v);
	answer(&v, "valid");
	step(f);
	assert_int_equal(f->stanza_count, 0);
}

static void in_invalid(void **state)
{
	struct fixture *f = *state;
	struct visit v;

	allow(f, false);
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	answer(&v, "invalid");
	wire_expect(v.in, "<db:result from='contoso.com' to='example.org' "
		"type='invalid'/>");
	wire_expect(v.in, "</stream:stream>");
	wire_send(v.in, "</stream:stream>");
	wire_expect_closed(v.in);
	expect_failed_stream(f, "calls the key invalid");
}

static void in_undecided(void **state)
{
	struct fixture *f = *state;
	struct visit v;

	allow(f, false);
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	wire_send(v.out, "<db:verify from='example.org' to='contoso.com' "
		"id='%s' type='error'><error type='cancel'><item-not-found "
		STANZAS "/></error></db:verify>", v.id);
	wire_expect(v.in, "<db:result from='contoso.com' to='example.org' "
		"type='error'><error type='cancel'><remote-server-not-found "
		STANZAS "/></error></db:result>");
	/* it may try again */
	assert_false(v.in->closed);
	wire_send(v.in, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	wire_expect(v.out, "<db:verify ");
	answer(&v, "valid");
	wire_expect(v.in, "type='valid'/>");
}

/* An answer counts on the stream that asked, for what it asked. */
static void in_forged(void **state)
{
	static const char *const forged[] = {
		"<db:verify from='example.org' to='contoso.com' id='1' "
		"type='valid'/>",
		"<db:verify from='contoso.com' to='example.org' id='%s' "
		"type='valid'/>",
		"<db:verify from='other.example' to='contoso.com' id='%s' "
		"type='valid'/>",
		"<db:result from='example.org' to='contoso.com' "
		"type='valid'/>",
	};
	struct fixture *f = *state;
	char text[300];

	allow(f, false);
	fixture_start(f);
	for (size_t i = 0; i < 4; i++) {
		struct visit v = visit(f, i + 1);

		expect_verify(&v);
		snprintf(text, sizeof(text), forged[i], v.id);
		wire_send(v.out, "%s", text);
		wire_expect(v.out, "<stream:error>");
		wire_expect(v.in, "<remote-server-timeout ");
		wire_expect_not(v.in, "valid");
		pass_ms(f, 6000);
		wire_abort(v.in);
	}
	for (size_t i = 0; i < 4; i++) {
		struct wire *w = in_tls(f);

		snprintf(text, sizeof(text), forged[i], "1");
		wire_send(w, "%s", text);
		wire_expect(w, "<stream:error><policy-violation ");
		wire_expect_closed(w);
	}
	assert_true(logged(f, "dialback-unsolicited"));
}

static void in_silence(void **state)
{
	struct fixture *f = *state;
	struct visit v;

	allow(f, false);
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	pass_ms(f, 31000);
	wire_expect(v.in, "type='error'><error type='wait'>"
		"<remote-server-timeout " STANZAS "/>");
	/* too late */
	answer(&v, "valid");
	wire_expect_not(v.in, "valid");
}

static void in_unreachable(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	allow(f, false);
	f->other.domain = "missing.example";
	f->their_name = NULL;
	fixture_start(f);
	w = in_tls(f);
	wire_send(w, "<db:result from='missing.example' to='contoso.com'>k"
		"</db:result>");
	wire_expect(w, "<db:result from='contoso.com' to='missing.example' "
		"type='error'><error type='cancel'><remote-server-not-found ");
	assert_false(w->closed);
	/* the failure answers again for a moment, without a new look-up */
	wire_send(w, "<db:result from='missing.example' to='contoso.com'>k"
		"</db:result>");
	wire_expect(w, "<remote-server-timeout ");
}

static void in_refused(void **state)
{
	static const struct {
		const char *from, *to, *condition;
	} cases[] = {
		{ "example.org", "nowhere.example", "item-not-found" },
		{ "stranger.example", "contoso.com", "not-allowed" },
		{ "contoso.com", "contoso.com", "not-allowed" },
		{ "blocked.example", "contoso.com", "not-allowed" },
	};
	struct fixture *f = *state;
	char text[200];

	allow(f, false);
	f->other.domain = "blocked.example";
	f->other.blocked = true;
	f->their_name = NULL;
	fixture_start(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire *w = in_tls(f);

		wire_send(w, "<db:result from='%s' to='%s'>k</db:result>",
			cases[i].from, cases[i].to);
		snprintf(text, sizeof(text), "<db:result from='%s' to='%s' "
			"type='error'>", cases[i].to, cases[i].from);
		wire_expect(w, text);
		wire_expect(w, cases[i].condition);
		wire_abort(w);
	}
	assert_int_equal(f->accepted, 0);
}

/* With SASL required dialback cannot work. */
static void in_sasl_required(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	allow(f, false);
	f->partner.sasl = XMPP_REQUIRED;
	fixture_start(f);
	w = in_tls(f);
	wire_expect(w, "<mechanism>EXTERNAL</mechanism>");
	wire_expect_not(w, "<dialback");
	wire_send(w, "<db:result from='example.org' to='contoso.com'>k"
		"</db:result>");
	wire_expect(w, "<not-authorized " STANZAS "/>");
	assert_int_equal(f->accepted, 0);
}

/* A good certificate is the better proof: nobody need be asked. */
static void in_certified(void **state)
{
	struct fixture *f = *state;
	struct wire *w;
	char auth[200] = "";

	allow(f, false);
	fixture_start(f);
	w = in_tls(f);
	wire_send(w, "<db:result from='example.org' to='contoso.com'>k"
		"</db:result>");
	wire_expect(w, "<db:result from='contoso.com' to='example.org' "
		"type='valid'/>");
	assert_int_equal(f->accepted, 0);
	xmpp_streams(f->x, false, find_auth, auth);
	assert_string_equal(auth, "EXTERNAL");
}

/* Several pairs on one stream, each proven on its own. */
static void in_pairs(void **state)
{
	struct fixture *f = *state;
	struct visit v;
	char text[200];

	allow(f, false);
	f->limits.value[LIMIT_XMPP_PAIRS] = 2;
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	answer(&v, "valid");
	wire_expect(v.in, "type='valid'/>");
	wire_send(v.in, "<db:result from='example.org' to='tailspin.example'>"
		"k2</db:result>");
	{
		struct wire *w = wire_accepted(f, 2);

		wire_expect(w, " from='tailspin.example' to='example.org'");
		wire_header(w, "example.org", "tailspin.example", "2");
		wire_send(w, "<stream:features>" STARTTLS
			"</stream:features>");
		wire_expect(w, STARTTLS);
		wire_proceed(w);
		wire_expect(w, "<stream:stream");
		wire_header(w, "example.org", "tailspin.example", "3");
		wire_send(w, "<stream:features/>");
		snprintf(text, sizeof(text), "<db:verify "
			"from='tailspin.example' to='example.org' id='%s'>k2",
			v.id);
		wire_expect(w, text);
		wire_send(w, "<db:verify to='tailspin.example' "
			"from='example.org' id='%s' type='valid'/>", v.id);
	}
	wire_expect(v.in, "<db:result from='tailspin.example' "
		"to='example.org' type='valid'/>");
	wire_send(v.in, "<message from='juliet@example.org' "
		"to='romeo@tailspin.example'/>");
	step(f);
	assert_int_equal(f->stanza_count, 1);
	assert_string_equal(f->local_domain, "tailspin.example");
	wire_send(v.in, "<db:result from='other.example' to='contoso.com'>k3"
		"</db:result>");
	wire_expect(v.in, "<resource-constraint ");
	assert_int_equal(f->limits.hits[LIMIT_XMPP_PAIRS], 1);
	wire_send(v.in, "<message from='juliet@other.example' "
		"to='romeo@contoso.com'/>");
	wire_expect(v.in, "<invalid-from ");
	wire_expect_closed(v.in);
}

static void in_flood(void **state)
{
	struct fixture *f = *state;
	struct visit v;
	struct wire *w;

	allow(f, false);
	f->limits.value[LIMIT_DIALBACK_PENDING] = 1;
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	f->their_name = NULL;
	w = in_tls(f);
	wire_send(w, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	wire_expect(w, "<resource-constraint ");
	assert_int_equal(f->limits.hits[LIMIT_DIALBACK_PENDING], 1);
	answer(&v, "valid");
	wire_expect(v.in, "type='valid'/>");
	/* answered again without asking again */
	wire_send(v.in, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	wire_expect(v.in, "type='valid'/>");
	wire_expect_not(v.out, "<db:verify");
}

/* Both servers begin at once, and the peer wants its key checked before it
 * asks about ours: neither may wait for the other. */
static void in_and_out(void **state)
{
	struct fixture *f = *state;
	char key[65], id[64], text[200];
	struct wire *out, *in;

	allow(f, false);
	fixture_start(f);
	out = out_key(f, 1, key);
	f->their_name = NULL;
	in = in_tls(f);
	wire_grab(in, " id='", id, sizeof(id));
	wire_expect(in, "</stream:features>");
	wire_send(in, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	snprintf(text, sizeof(text), "<db:verify from='contoso.com' "
		"to='example.org' id='%s'>key</db:verify>", id);
	wire_expect(out, text);
	wire_send(out, "<db:verify from='example.org' to='contoso.com' "
		"id='%s' type='valid'/>", id);
	wire_expect(in, "type='valid'/>");
	wire_send(in, "<db:verify from='example.org' to='contoso.com' "
		"id='D60000229F'>%s</db:verify>", key);
	wire_expect(in, "type='valid'/>");
	wire_send(out, "<db:result from='example.org' to='contoso.com' "
		"type='valid'/>");
	wire_expect(out, "<body>secret</body>");
	assert_int_equal(f->accepted, 1);
}

/* The peer that waits has gone when its verdict comes. */
static void in_gone(void **state)
{
	struct fixture *f = *state;
	struct visit v;

	allow(f, false);
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	wire_abort(v.in);
	answer(&v, "valid");
	step(f);
	assert_false(v.out->closed);
	/* and the stream that asked closes soon, having nothing to do */
	pass_ms(f, 31000);
	wire_expect(v.out, "</stream:stream>");
}

static void asking_breaks(void **state)
{
	struct fixture *f = *state;
	struct visit v;

	allow(f, false);
	fixture_start(f);
	v = visit(f, 1);
	expect_verify(&v);
	wire_abort(v.out);
	wire_expect(v.in, "<remote-server-timeout ");
}

/* A peer without TLS and without version, as Google Talk was. */
static void in_old(void **state)
{
	struct fixture *f = *state;
	struct wire *in, *out;
	char id[64], auth[200] = "";

	allow(f, true);
	f->config.local_count = 1;
	fixture_start(f);
	in = wire_connect(f);
	wire_send(in, "<stream:stream " HEADER_NS ">");
	wire_grab(in, " id='", id, sizeof(id));
	wire_expect(in, ">");
	wire_expect_not(in, "features");
	wire_expect_not(in, "version");
	wire_send(in, "<db:result from='example.org' to='contoso.com'>key"
		"</db:result>");
	out = wire_accepted(f, 1);
	wire_expect(out, "<stream:stream ");
	wire_send(out, "<stream:stream " HEADER_NS " id='x'>");
	wire_expect(out, "<db:verify from='contoso.com' to='example.org' id='");
	wire_send(out, "<db:verify from='example.org' to='contoso.com' "
		"id='%s' type='valid'/>", id);
	wire_expect(in, "<db:result from='contoso.com' to='example.org' "
		"type='valid'/>");
	wire_send(in, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	step(f);
	assert_int_equal(f->stanza_count, 1);
	xmpp_streams(f->x, false, find_auth, auth);
	assert_string_equal(auth, "dialback without TLS");
	assert_true(logged(f, "warn xmpp stream-ready direction=in"));
}

static void in_plain_refused(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	allow(f, false);
	fixture_start(f);
	w = in_plain(f);
	wire_send(w, "<db:result from='example.org' to='contoso.com'>k"
		"</db:result>");
	wire_expect(w, "<policy-violation " STANZAS "/>");
	assert_int_equal(f->accepted, 0);
	/* no version: no other way than dialback without TLS */
	w = wire_connect(f);
	wire_send(w, "<stream:stream " HEADER_NS " from='example.org' "
		"to='contoso.com'>");
	wire_expect(w, "<policy-violation ");
	wire_expect_closed(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		PEER_TEST(out_valid),
		PEER_TEST(out_answers),
		PEER_TEST(out_silence),
		PEER_TEST(out_plain),
		PEER_TEST(out_unproven),
		PEER_TEST(asked),
		PEER_TEST(asked_only),
		PEER_TEST(asked_without_tls),
		PEER_TEST(asked_too_often),
		PEER_TEST(in_valid),
		PEER_TEST(in_too_early),
		PEER_TEST(in_invalid),
		PEER_TEST(in_undecided),
		PEER_TEST(in_forged),
		PEER_TEST(in_silence),
		PEER_TEST(in_unreachable),
		PEER_TEST(in_refused),
		PEER_TEST(in_sasl_required),
		PEER_TEST(in_certified),
		PEER_TEST(in_pairs),
		PEER_TEST(in_flood),
		PEER_TEST(in_and_out),
		PEER_TEST(in_gone),
		PEER_TEST(asking_breaks),
		PEER_TEST(in_old),
		PEER_TEST(in_plain_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
