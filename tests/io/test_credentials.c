/*
 * Which of several certificates is shown: by name, by file, by what the peer
 * can verify.
 */
#include "ends.h"
#include "foreign.h"
#include "set.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIGN_RSA "-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256"
#define SIGN_ECDSA "-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256"
#define TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2:"
#define TLS_1_3 "NORMAL:-VERS-ALL:+VERS-TLS1.3:"
#define ANY "+SIGN-ALL"

static const char *const san_c[] = { "dns:c.example", NULL };
static const char *const san_d[] = { "dns:d.example", NULL };
static const char *const san_wild[] = { "dns:*.w.example", NULL };
static const char *const san_w[] = { "dns:x.w.example", NULL };
static const char *const san_else[] = { "dns:elsewhere.example", NULL };

static const struct pki_spec specs[] = {
	/* two for c.example, neither file called so */
	{ .name = "1-rsa", .sans = san_c, .rsa = true },
	{ .name = "2-ecdsa", .sans = san_c },
	/* two for d.example, the RSA one called so */
	{ .name = "1-d", .sans = san_d },
	{ .name = "d.example", .sans = san_d, .rsa = true },
	{ .name = "1-wild", .sans = san_wild },
	{ .name = "2-w", .sans = san_w, .rsa = true },
	{ .name = "special", .sans = san_else },
};

static struct set *many(void)
{
	struct set *s = set_new(NULL);

	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++)
		pki_make(&s->pki, &specs[i]);
	set_reload(s, NULL);
	return s;
}

static void test_by_algorithm(void **state)
{
	static const struct {
		const char *sni, *priority, *shown;
		int kind;
	} cases[] = {
		/* the elliptic one when the peer can */
		{ "c.example", TLS_1_3 ANY, "c.example", GNUTLS_PK_ECDSA },
		{ "c.example", TLS_1_2 ANY, "c.example", GNUTLS_PK_ECDSA },
		{ "c.example", TLS_1_3 SIGN_ECDSA, "c.example",
			GNUTLS_PK_ECDSA },
		{ "c.example", TLS_1_2 SIGN_ECDSA, "c.example",
			GNUTLS_PK_ECDSA },
		{ "c.example", TLS_1_3 SIGN_RSA, "c.example", GNUTLS_PK_RSA },
		{ "c.example", TLS_1_2 SIGN_RSA, "c.example", GNUTLS_PK_RSA },
		/* the file called so when the peer can */
		{ "d.example", TLS_1_3 ANY, "d.example", GNUTLS_PK_RSA },
		{ "d.example", TLS_1_2 ANY, "d.example", GNUTLS_PK_RSA },
		{ "d.example", TLS_1_3 SIGN_ECDSA, "d.example",
			GNUTLS_PK_ECDSA },
		{ "d.example", TLS_1_2 SIGN_ECDSA, "d.example",
			GNUTLS_PK_ECDSA },
		/* the whole name before the wildcard, when the peer can */
		{ "x.w.example", TLS_1_3 ANY, "x.w.example", GNUTLS_PK_RSA },
		{ "x.w.example", TLS_1_3 SIGN_ECDSA, "*.w.example",
			GNUTLS_PK_ECDSA },
		{ "y.w.example", TLS_1_3 ANY, "*.w.example", GNUTLS_PK_ECDSA },
	};
	struct set *s = many();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct foreign f = { .priority = cases[i].priority,
			.sni = cases[i].sni };
		struct ends *e = ends_new("127.0.0.1", &s->server);

		foreign_start(&f, e);
		ENDS_WAIT(e, e->b.got.len == 2 || e->b.closed);
		if (e->b.s)
			io_close(e->b.s);
		ENDS_WAIT(e, f.done);
		foreign_join(&f);
		if (f.handshake != 0 || f.key_kind != cases[i].kind ||
			strcmp(f.shown, cases[i].shown) != 0)
			fail_msg("%s with %s: %d, %s, key of kind %d",
				cases[i].sni, cases[i].priority, f.handshake,
				f.shown, f.key_kind);
		gnutls_free(f.left.data);
		ends_free(e);
	}
	set_free(s);
}

/* Nothing that the peer could verify: a handshake that fails with words. */
static void test_no_common_algorithm(void **state)
{
	struct set *s = many();
	struct ends *e = ends_new("127.0.0.1", &s->server);
	struct foreign f = { .priority = TLS_1_3 SIGN_RSA, .sni = "b.example" };

	(void)state;
	foreign_start(&f, e);
	ENDS_WAIT(e, f.done && e->b.closed);
	foreign_join(&f);
	assert_true(f.handshake < 0);
	assert_int_equal(e->b.reason, IO_TLS_FAILED);
	assert_true(strlen(e->b.detail) > 0);
	ends_free(e);
	set_free(s);
}

static bool shows(const struct io_stream *s, const char *name)
{
	return io_identity_names_xmpp(io_stream_identity(s), str_from(name));
}

/* The option certificate = "special": whatever names are in it. */
static void test_by_file(void **state)
{
	struct set *s = many();
	const struct io_certificate *c;
	struct ends *e;

	(void)state;
	assert_true(io_credentials_has(s->credentials, STR("special")));
	assert_false(io_credentials_has(s->credentials, STR("specia")));
	assert_false(io_credentials_has(s->credentials, STR("special.crt")));
	c = io_credentials_get(s->credentials, STR("special"));
	assert_string_equal(c->name, "special");
	assert_string_equal(c->names[0], "elsewhere.example");
	c = io_credentials_get(s->credentials, STR("d.example"));
	assert_string_equal(c->name, "d.example");
	assert_null(io_credentials_get(s->credentials, STR("none")));
	s->client.local_name = s->server.local_name = "special";
	s->server.insist = true;
	e = ends_new("127.0.0.1", &s->server);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	assert_true(e->a.identity.trusted && e->b.identity.trusted);
	assert_true(shows(e->a.s, "elsewhere.example"));
	assert_true(shows(e->b.s, "elsewhere.example"));
	assert_string_equal(e->b.sni, "b.example");
	ends_free(e);
	/* without insisting, what the client asks for goes first */
	s->server.insist = false;
	e = ends_new("127.0.0.1", &s->server);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	assert_true(shows(e->a.s, "b.example"));
	ends_free(e);
	set_free(s);
}

/* The names in certificates go before the names of files. */
static void test_file_is_last(void **state)
{
	struct set *s = set_new(&(struct pki_spec){ .name = "1-e",
		.sans = (const char *const[]){ "dns:*.example", NULL } });
	const struct io_certificate *c;

	(void)state;
	pki_make(&s->pki, &(struct pki_spec){ .name = "e.example",
				  .sans = san_else });
	set_reload(s, NULL);
	c = io_credentials_get(s->credentials, STR("e.example"));
	assert_string_equal(c->name, "1-e");
	set_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_algorithm),
		cmocka_unit_test(test_no_common_algorithm),
		cmocka_unit_test(test_by_file),
		cmocka_unit_test(test_file_is_last),
	};

	srandom((unsigned)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
