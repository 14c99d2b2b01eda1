/*
 * The oracle, walked: every policy, every certificate, everything a peer may
 * be able to do, both directions.  A robot plays the peer over the memory
 * environment; what comes out is compared with the table below, which stands
 * on its own and was written from lync.md 1.5 and rulings 11 and 12.
 */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define TLS "urn:ietf:params:xml:ns:xmpp-tls"

#define REQ XMPP_REQUIRED
#define OPT XMPP_OPTIONAL
#define OFF XMPP_OFF

/* What may prove the peer: E EXTERNAL, D dialback; nothing: refused. */
struct expectation {
	enum xmpp_policy tls, sasl;
	bool dialback;
	const char *good;  /* TLS with a good certificate */
	const char *bad;   /* TLS with any other, or with none */
	const char *plain; /* without TLS */
};

static const struct expectation table[] = {
	{ REQ, REQ, true, "E", "", "" },
	{ REQ, REQ, false, "E", "", "" },
	{ REQ, OPT, true, "ED", "D", "" },
	{ REQ, OPT, false, "E", "", "" },
	{ REQ, OFF, true, "D", "D", "" },
	{ REQ, OFF, false, "", "", "" },
	{ OPT, REQ, true, "ED", "D", "D" },
	{ OPT, REQ, false, "E", "", "" },
	{ OPT, OPT, true, "ED", "D", "D" },
	{ OPT, OPT, false, "E", "", "" },
	{ OPT, OFF, true, "D", "D", "D" },
	{ OPT, OFF, false, "", "", "" },
	{ OFF, REQ, true, "", "", "D" },
	{ OFF, REQ, false, "", "", "" },
	{ OFF, OPT, true, "", "", "D" },
	{ OFF, OPT, false, "", "", "" },
	{ OFF, OFF, true, "", "", "D" },
	{ OFF, OFF, false, "", "", "" },
};
enum { POLICIES = sizeof(table) / sizeof(table[0]) };

enum certificate { NONE, UNTRUSTED, WRONG_NAME, EXPIRED, GOOD, CERTIFICATES };

/* What the peer can do. */
struct able {
	bool tls, external, dialback;
	bool version; /* without it there are no features */
};

struct walk {
	const struct expectation *policy;
	enum certificate certificate;
	struct able able;
	bool inbound;
};

static const char *name(const struct walk *k, char out[120])
{
	static const char *const words[] = { "required", "optional", "off" };
	static const char *const certificates[] = { "none", "untrusted",
		"wrong name", "expired", "good" };

	snprintf(out, 120, "%s: TLS %s, SASL %s, dialback %d; certificate %s; "
		"peer has%s%s%s%s", k->inbound ? "in" : "out",
		words[k->policy->tls], words[k->policy->sasl],
		k->policy->dialback, certificates[k->certificate],
		k->able.version ? "" : " no version",
		k->able.tls ? " TLS" : "", k->able.external ? " EXTERNAL" : "",
		k->able.dialback ? " dialback" : "");
	return out;
}

/* ---- what should come out ------------------------------------------------ */

static bool holds(const char *set, char way)
{
	return strchr(set, way) != NULL;
}

static const char *expected_plain(const struct walk *k)
{
	return holds(k->policy->plain, 'D') && k->able.dialback
		? "dialback without TLS"
		: "";
}

static const char *expected(const struct walk *k)
{
	const struct expectation *p = k->policy;
	const char *set = k->certificate == GOOD ? p->good : p->bad;
	bool tls = k->able.tls && k->able.version &&
		(*p->good || *p->bad);

	/* a server without certificate fails in the handshake: where TLS is
	 * only optional it is tried without */
	if (!tls || (!k->inbound && k->certificate == NONE))
		return expected_plain(k);
	if (holds(set, 'E') && k->able.external)
		return "EXTERNAL";
	if (!holds(set, 'D') || !k->able.dialback)
		return "";
	/* whose certificate is good needs no question back, XEP-0344 */
	return k->inbound && holds(set, 'E') ? "EXTERNAL" : "dialback";
}

/* ---- the robot ----------------------------------------------------------- */

/* The first of @tokens in what was not read yet; it is used up. */
static int next_token(struct wire *w, const char *const *tokens)
{
	size_t best = SIZE_MAX, end = 0;
	int found = -1;

	for (int i = 0; tokens[i]; i++) {
		const char *p = w->in.len > w->at
			? memmem(w->in.data + w->at, w->in.len - w->at,
				  tokens[i], strlen(tokens[i]))
			: NULL;

		if (p && (size_t)(p - w->in.data) < best) {
			best = (size_t)(p - w->in.data);
			end = best + strlen(tokens[i]);
			found = i;
		}
	}
	if (found >= 0)
		w->at = end;
	return found;
}

static bool before(const struct wire *w, size_t from, const char *text)
{
	return memmem(w->in.data + from, w->at - from, text, strlen(text));
}

static void header(struct wire *w, const struct able *able, const char *id)
{
	if (w->io)
		wire_send(w, "<stream:stream " HEADER_NS " %s%s%s from='example.org' "
		"to='contoso.com'%s>", id ? "id='" : "", id ? id : "",
		id ? "'" : "", able->version ? " version='1.0'" : "");
}

static void client_features(struct wire *w, const struct able *able,
	size_t from, bool *proven)
{
	if (*proven || !w->io)
		return;
	if (!w->secure && able->tls && before(w, from, "<starttls"))
		wire_send(w, "<starttls xmlns='" TLS "'/>");
	else if (able->external && before(w, from, "EXTERNAL"))
		wire_send(w, "<auth xmlns='" SASL
			"' mechanism='EXTERNAL'>=</auth>");
	else if (able->dialback)
		wire_send(w, "<db:result from='example.org' "
			"to='contoso.com'>key</db:result>");
	else
		wire_close(w);
}

/* One step of the peer as a client. */
static bool client(struct wire *w, const struct able *able, bool *proven)
{
	static const char *const tokens[] = { "</stream:features>", "<proceed ",
		"<success ", "type='error'", "</stream:error>", NULL };
	size_t from = w->at;

	switch (next_token(w, tokens)) {
	case 0:
		client_features(w, able, from, proven);
		return true;
	case 1:
		wire_tls(w, "contoso.com");
		step(w->f);
		if (w->io)
			header(w, able, NULL);
		return true;
	case 2:
		*proven = true;
		header(w, able, NULL);
		return true;
	case 3:
		wire_close(w);
		return true;
	case 4:
		return true;
	}
	return false;
}

static void server_features(struct wire *w, const struct able *able)
{
	header(w, able, "id");
	if (!able->version || !w->io)
		return;
	wire_send(w, "<stream:features>%s%s</stream:features>",
		!w->secure && able->tls ? "<starttls xmlns='" TLS "'/>" : "",
		w->secure && able->external
			? "<mechanisms xmlns='" SASL "'><mechanism>EXTERNAL"
			  "</mechanism></mechanisms>"
			: "");
}

/* One step of the peer as a server. */
static bool server(struct wire *w, const struct able *able)
{
	static const char *const tokens[] = { "<stream:stream ", "<starttls ",
		"<auth ", "<db:result ", "<db:verify ", "</stream:stream>",
		NULL };
	char id[64];

	switch (next_token(w, tokens)) {
	case 0:
		server_features(w, able);
		return true;
	case 1:
		wire_proceed(w);
		return true;
	case 2:
		wire_send(w, "<success xmlns='" SASL "'/>");
		return true;
	case 3:
		wire_send(w, "<db:result from='example.org' to='contoso.com' "
			"type='%s'/>", able->dialback ? "valid" : "error");
		return true;
	case 4:
		wire_grab(w, " id='", id, sizeof(id));
		wire_send(w, "<db:verify from='example.org' to='contoso.com' "
			"id='%s' type='valid'/>", id);
		return true;
	case 5:
		wire_close(w);
		return true;
	}
	return false;
}

static bool serve_all(struct fixture *f, const struct able *able)
{
	bool busy = false;

	list_each(n, next, &f->wires) {
		struct wire *w = container_of(n, struct wire, node);

		if (w->io && server(w, able))
			busy = true;
	}
	return busy;
}

static void run(struct fixture *f, struct wire *w, const struct able *able)
{
	bool proven = false, busy = true;

	while (busy) {
		step(f);
		busy = serve_all(f, able);
		if (w && w->io && client(w, able, &proven))
			busy = true;
	}
}

/* ---- the walk ------------------------------------------------------------ */

static struct fixture *world(const struct walk *k)
{
	static const char *const wrong[] = { "dns:a.example.org", NULL };
	static const char *const right[] = { "dns:example.org", NULL };
	struct fixture *f = fixture_new(0);
	bool empty = k->certificate == NONE && !k->inbound;

	io_credentials_unref(&f->theirs);
	f->theirs = io_mem_credentials(empty ? NULL
		: k->certificate == WRONG_NAME ? wrong : right,
		k->certificate != UNTRUSTED);
	if (k->certificate == EXPIRED)
		io_mem_credentials_expire(f->theirs, 1600000000);
	f->their_name = k->certificate == NONE ? NULL
		: k->certificate == WRONG_NAME ? "a.example.org"
		: "example.org";
	f->partner.tls = k->policy->tls;
	f->partner.sasl = k->policy->sasl;
	f->partner.dialback = k->policy->dialback;
	fixture_start(f);
	return f;
}

struct seen {
	const char *direction, *auth;
	bool failed; /* some stream failed, with a step and a reason */
};

static void look(void *arg, const struct xmpp_stream_info *info)
{
	struct seen *s = arg;

	if (info->failed && *info->failed) {
		assert_string_not_equal(info->step, "");
		s->failed = true;
	} else if (strcmp(info->direction, s->direction) == 0 &&
		strcmp(info->state, "ready") == 0) {
		s->auth = info->auth;
	}
}

static void compare(struct fixture *f, const struct walk *k)
{
	struct seen s = { .direction = k->inbound ? "in" : "out", .auth = "" };
	char text[120];

	xmpp_streams(f->x, true, look, &s);
	if (strcmp(s.auth, expected(k)) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", name(k, text), s.auth,
			expected(k));
	if (!*s.auth && !s.failed)
		fail_msg("%s: no reason is left", name(k, text));
}

static void walk_in(const struct walk *k)
{
	struct fixture *f = world(k);
	struct wire *w = wire_connect(f);
	bool good = *expected(k);

	header(w, &k->able, NULL);
	if (!k->able.version && k->able.dialback && w->io)
		wire_send(w, "<db:result from='example.org' "
			"to='contoso.com'>key</db:result>");
	run(f, w, &k->able);
	if (w->io)
		wire_send(w, "<message from='a@example.org' "
			"to='b@contoso.com'/>");
	compare(f, k);
	assert_int_equal(f->stanza_count, good ? 1 : 0);
	fixture_free(f);
}

static void walk_out(const struct walk *k)
{
	struct fixture *f = world(k);
	const struct result *r;

	send_message(f, "juliet@example.org", "secret", 0, 1);
	run(f, NULL, &k->able);
	/* attempts that nobody answers are over then */
	pass_ms(f, 70000);
	run(f, NULL, &k->able);
	r = result_of(f, 1);
	assert_non_null(r);
	assert_int_equal(r->sent, *expected(k) ? XMPP_WRITTEN : XMPP_FAILED);
	assert_true(*expected(k) || *r->text);
	compare(f, k);
	list_each(n, next, &f->wires)
		if (!*expected(k))
			wire_expect_not(container_of(n, struct wire, node),
				"secret");
	fixture_free(f);
}

static void walk(bool inbound)
{
	for (unsigned i = 0; i < POLICIES * CERTIFICATES * 16; i++) {
		struct walk k = {
			.policy = &table[i / 16 / CERTIFICATES],
			.certificate = i / 16 % CERTIFICATES,
			.able = { i & 1, i & 2, i & 4, i & 8 },
			.inbound = inbound,
		};

		if (inbound)
			walk_in(&k);
		else
			walk_out(&k);
	}
}

static void inbound(void **state)
{
	(void)state;
	walk(true);
}

static void outbound(void **state)
{
	(void)state;
	walk(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inbound),
		cmocka_unit_test(outbound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
