/*
 * Who is believed: certificates as odd as they come, shown by the one end and
 * by the other, with the same outcome.  trust.md 2.2, I04 and I05; revoked
 * ones are in test_crl.c.
 */
#include "ends.h"
#include "set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What each end says of the other, which shows it the same certificate. */
struct seen {
	bool refused;      /* no stream came to be */
	bool trusted, xmpp, sip;
	char why[200];
};

static void look(const struct end *e, const char *domain, struct seen *ret)
{
	const struct io_identity *id;

	ret->refused = e->opened == 0;
	if (ret->refused)
		return;
	id = io_stream_identity(e->s);
	ret->trusted = id->trusted;
	ret->xmpp = io_identity_names_xmpp(id, str_from(domain));
	ret->sip = io_identity_names_sip(id, str_from(domain));
	snprintf(ret->why, sizeof(ret->why), "%s", id->why ? id->why : "");
}

/* The ends, and whether @from is seen as client or as server. */
static void meet(struct set *s, const char *domain, unsigned max_chain,
	bool client_shows, struct seen *ret)
{
	struct ends *e;
	struct end *sees;

	s->client.server_name = domain;
	s->client.local_name = client_shows ? "mine" : "a.example";
	s->server.local_name = client_shows ? "b.example" : "mine";
	s->server.insist = true;
	e = ends_new("127.0.0.1", &s->server);
	sees = client_shows ? &e->b : &e->a;
	if (max_chain)
		e->limits.value[LIMIT_TLS_CHAIN] = max_chain;
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, sees->opened || sees->closed);
	memset(ret, 0, sizeof(*ret));
	look(sees, domain, ret);
	if (ret->refused)
		assert_int_equal(sees->reason, IO_TLS_FAILED);
	ends_free(e);
}

/* ---- names -------------------------------------------------------------- */

struct named {
	const char *san;    /* NULL: none at all */
	const char *cn;
	bool xmpp, sip;     /* names the domain */
	const char *domain; /* NULL: a.example */
};

#define BUECHER "b\xc3\xbc" "cher.example"
#define BUECHER_ASCII "xn--bcher-kva.example"

static const struct named named[] = {
	{ "dns:a.example", NULL, true, true, NULL },
	{ "dns:A.Example", NULL, true, true, NULL },
	{ "dns:A.EXAMPLE", "A.EXAMPLE", true, true, NULL },
	{ "dns:a.example.", NULL, false, false, NULL },
	{ "dns:.a.example", NULL, false, false, NULL },
	{ "dns:a.example ", NULL, false, false, NULL },
	/* wildcards: one whole label, the leftmost, and not in SIP */
	{ "dns:*.example", NULL, true, false, NULL },
	{ "dns:*.a.example", NULL, false, false, NULL },
	{ "dns:*.example", NULL, false, false, "b.a.example" },
	{ "dns:*.a.example", NULL, true, false, "b.a.example" },
	{ "dns:b.*.example", NULL, false, false, "b.a.example" },
	{ "dns:*", NULL, false, false, NULL },
	{ "dns:*.*", NULL, false, false, NULL },
	{ "dns:a*.example", NULL, false, false, NULL },
	{ "dns:*a.example", NULL, false, false, NULL },
	{ "dns:**.example", NULL, false, false, NULL },
	/* NUL ends no name */
	{ "nul:a.example|.evil.example", NULL, false, false, NULL },
	{ "nul:a.example|", NULL, false, false, NULL },
	{ "nul:|a.example", NULL, false, false, NULL },
	{ "nul:*.example|.evil.example", NULL, false, false, NULL },
	/* A-labels are compared; a dNSName holds no others, RFC 5280, 7.2 */
	{ "dns:" BUECHER_ASCII, NULL, true, true, BUECHER_ASCII },
	{ "dns:XN--BCHER-KVA.example", NULL, true, true, BUECHER_ASCII },
	{ "nul:" BUECHER, NULL, false, false, BUECHER_ASCII },
	{ "xmpp:" BUECHER, NULL, true, false, BUECHER_ASCII },
	{ "xmpp:" BUECHER_ASCII, NULL, true, false, BUECHER_ASCII },
	{ "srv:_xmpp-server." BUECHER_ASCII, NULL, true, false,
		BUECHER_ASCII },
	{ "dns:xn--*.example", NULL, false, false, BUECHER_ASCII },
	/* the common name never counts */
	{ NULL, "a.example", false, false, NULL },
	{ "dns:other.example", "a.example", false, false, NULL },
	{ "ip4:127.0.0.1", "a.example", false, false, NULL },
	{ "uri:xmpp:a.example", "a.example", false, false, NULL },
	{ "srv:_imap.a.example", "a.example", false, false, NULL },
	{ "srv:_xmpp-server.a.example", NULL, true, false, NULL },
	{ "srv:_xmpps-server.a.example", NULL, true, false, NULL },
	{ "srv:_xmpp-client.a.example", NULL, false, false, NULL },
	{ "xmpp:a.example", NULL, true, false, NULL },
	{ "xmpp:A.EXAMPLE", NULL, true, false, NULL },
	{ "xmpp:user@a.example", NULL, false, false, NULL },
	{ "xmpp:a.example/server", NULL, false, false, NULL },
	{ "uri:sip:a.example", NULL, false, true, NULL },
	{ "uri:SIP:A.example", NULL, false, true, NULL },
	{ "uri:sip:user@a.example", NULL, false, false, NULL },
};

static void check_named(struct set *s, const struct named *n)
{
	const char *const sans[] = { n->san, NULL };
	const char *domain = n->domain ? n->domain : "a.example";
	struct seen seen;

	pki_make(&s->pki, &(struct pki_spec){ .name = "mine", .sans = sans,
				  .cn = n->cn ? n->cn : "nothing" });
	set_reload(s, NULL);
	for (int client = 0; client < 2; client++) {
		meet(s, domain, 0, client, &seen);
		if (!seen.trusted || seen.xmpp != n->xmpp ||
			seen.sip != n->sip)
			fail_msg("%s / %s, shown by the %s: %d, %d, '%s'",
				n->san ? n->san : "no names",
				n->cn ? n->cn : "",
				client ? "client" : "server", seen.xmpp,
				seen.sip, seen.why);
	}
}

static void test_names(void **state)
{
	struct set *s = set_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		check_named(s, &named[i]);
	set_free(s);
}

/* ---- chains ------------------------------------------------------------- */

struct judged {
	const char *what;
	struct pki_spec spec;
	bool trusted;
	const char *why;         /* part of the sentence */
	struct pki_spec middle;  /* issues it, when it has a name */
	unsigned max_chain;      /* 0: the default */
};

static const char *const san_mine[] = { "dns:mine.example", NULL };

static void judge(struct set *s, const struct judged *j)
{
	struct pki_spec spec = j->spec;
	struct seen seen;

	if (j->middle.name) {
		pki_make(&s->pki, &j->middle);
		spec.chain = j->middle.name;
	}
	spec.name = "mine";
	spec.sans = san_mine;
	pki_make(&s->pki, &spec);
	set_reload(s, NULL);
	for (int client = 0; client < 2; client++) {
		meet(s, "mine.example", j->max_chain, client, &seen);
		if (seen.refused || seen.trusted != j->trusted ||
			(j->why && !strstr(seen.why, j->why)))
			fail_msg("%s, shown by the %s: %s, '%s'", j->what,
				client ? "client" : "server",
				seen.refused ? "refused"
				: seen.trusted ? "trusted" : "not trusted",
				seen.why);
	}
}

static void test_judgements(void **state)
{
	time_t now = time(NULL);
	struct pki other;
	const struct judged cases[] = {
		{ .what = "good", .trusted = true },
		{ .what = "expired",
			.spec = { .from = now - 9000, .to = now - 60 },
			.why = "expired" },
		{ .what = "not yet",
			.spec = { .from = now + 600, .to = now + 9000 },
			.why = "not valid yet" },
		{ .what = "self-signed", .spec = { .self_signed = true },
			.why = "self-signed" },
		{ .what = "unknown issuer", .spec = { .issuer = &other },
			.why = "issuer of the certificate is not known" },
		{ .what = "server usage only",
			.spec = { .eku = GNUTLS_KP_TLS_WWW_SERVER },
			.trusted = true },
		{ .what = "client usage only",
			.spec = { .eku = GNUTLS_KP_TLS_WWW_CLIENT },
			.trusted = true },
		{ .what = "sipDomain usage",
			.spec = { .eku = "1.3.6.1.5.5.7.3.20" },
			.trusted = true },
		{ .what = "code signing",
			.spec = { .eku = GNUTLS_KP_CODE_SIGNING },
			.why = "another use" },
		{ .what = "intermediate", .trusted = true,
			.middle = { .name = "middle", .is_ca = true } },
		{ .what = "signed by a leaf", .why = "may not issue",
			.middle = { .name = "leaf" } },
		{ .what = "expired intermediate", .why = "has expired",
			.middle = { .name = "old", .is_ca = true,
				.from = now - 9000, .to = now - 60 } },
		{ .what = "names within their constraints", .trusted = true,
			.middle = { .name = "narrow", .is_ca = true,
				.only = "mine.example" } },
		{ .what = "names beyond their constraints",
			.why = "constraints",
			.middle = { .name = "else", .is_ca = true,
				.only = "elsewhere.example" } },
		{ .what = "long chain", .why = "too long",
			.middle = { .name = "middle", .is_ca = true },
			.max_chain = 1 },
	};
	struct set *s = set_new(NULL);

	(void)state;
	pki_init(&other);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		judge(s, &cases[i]);
	pki_free(&other);
	set_free(s);
}

/* So many intermediates, each issued by the one before.  Our own end shows no
 * more than 16: a hundred are in tests/attack, I05. */
static void make_chain(struct set *s, unsigned count)
{
	char name[16], above[16], file[120];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		snprintf(above, sizeof(above), "c%u", i - 1);
		pki_make(&s->pki, &(struct pki_spec){ .name = name,
				  .is_ca = true, .chain = i ? above : NULL });
	}
	snprintf(above, sizeof(above), "c%u", count - 1);
	pki_make(&s->pki, &(struct pki_spec){ .name = "mine",
				  .sans = san_mine, .chain = above });
	/* each file holds its certificate and the issuer's */
	for (unsigned i = count; i >= 2; i -= 2) {
		snprintf(file, sizeof(file), "%s/c%u.crt", s->pki.certs,
			i - 2);
		pki_append(&s->pki, "mine", file);
	}
	set_reload(s, NULL);
}

static void test_long_chains(void **state)
{
	static const struct {
		unsigned count;  /* intermediates; even */
		bool trusted;
	} cases[] = { { 4, true }, { 8, true }, { 10, false }, { 14, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct set *s = set_new(NULL);
		struct seen seen;

		make_chain(s, cases[i].count);
		for (int client = 0; client < 2; client++) {
			meet(s, "mine.example", 0, client, &seen);
			if (seen.refused || seen.trusted != cases[i].trusted ||
				(!seen.trusted &&
					!strstr(seen.why, "too long")))
				fail_msg("%u: %d '%s'", cases[i].count,
					seen.trusted, seen.why);
		}
		set_free(s);
	}
}

/* An authority whose constraints alone are larger than a handshake may be is
 * not looked at; what fits in is, and is believed when it keeps to them. */
static void test_many_constraints(void **state)
{
	static const struct {
		unsigned count;
		bool refused;
	} cases[] = { { 2500, false }, { 10000, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct set *s = set_new(&(struct pki_spec){ .name = "many",
			.is_ca = true, .not_these = cases[i].count });
		struct seen seen;

		pki_make(&s->pki, &(struct pki_spec){ .name = "mine",
					  .sans = san_mine, .chain = "many" });
		set_reload(s, NULL);
		for (int client = 0; client < 2; client++) {
			meet(s, "mine.example", 0, client, &seen);
			if (seen.refused != cases[i].refused ||
				seen.trusted == cases[i].refused)
				fail_msg("%u: refused %d, trusted %d, '%s'",
					cases[i].count, seen.refused,
					seen.trusted, seen.why);
		}
		set_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_judgements),
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_many_constraints),
	};

	srandom((unsigned)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
