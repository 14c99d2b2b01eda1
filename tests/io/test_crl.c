/*
 * Certificates that their issuers have taken back, seen from both ends.
 */
#include "ends.h"
#include "set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const no_one[] = { NULL };
static const char *const only_a[] = { "a.example", NULL };
static const char *const only_b[] = { "b.example", NULL };
static const char *const both[] = { "a.example", "b.example", NULL };
static const char *const only_middle[] = { "middle", NULL };
static const char *const san_deep[] = { "dns:deep.example", NULL };

static const char *path_of(struct set *s, char *out, size_t size)
{
	snprintf(out, size, "%s/list.pem", s->pki.dir);
	return out;
}

static void expect(const struct end *e, const char *who, const char *why)
{
	const char *said = e->identity.trusted ? NULL : e->identity.why;

	assert_true(e->identity.present);
	if (!why != !said || (why && strcmp(why, said) != 0))
		fail_msg("%s: wanted '%s', got '%s'", who, why ? why : "",
			said ? said : "");
}

/* Connect, and compare what the ends say of each other. */
static void meet(struct set *s, const char *of_client, const char *of_server)
{
	char path[160];
	struct ends *e;

	set_reload(s, path_of(s, path, sizeof(path)));
	e = ends_new("127.0.0.1", &s->server);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	expect(&e->b, "the client", of_client);
	expect(&e->a, "the server", of_server);
	ends_free(e);
	unlink(path);
}

#define REVOKED "the certificate is revoked"

static void test_leaf(void **state)
{
	struct set *s = set_new(NULL);

	(void)state;
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = no_one });
	meet(s, NULL, NULL);
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_a });
	meet(s, REVOKED, NULL);
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_b });
	meet(s, NULL, REVOKED);
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = both });
	meet(s, REVOKED, REVOKED);
	set_free(s);
}

/* Several lists in one file: each counts, an older one of the same issuer
 * too. */
static void test_two_lists(void **state)
{
	struct set *s = set_new(NULL);

	(void)state;
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_a });
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_b });
	meet(s, REVOKED, REVOKED);
	set_free(s);
}

/* It may lack the newest, but what it takes back stays taken back. */
static void test_overdue(void **state)
{
	time_t now = time(NULL);
	struct set *s = set_new(NULL);
	struct io_credentials *got;
	struct io_revocations r;
	size_t cursor = 0;
	char path[160];

	(void)state;
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_a, .next = now - 3600 });
	got = set_load(s, path_of(s, path, sizeof(path)));
	assert_true(io_credentials_next_revocations(got, &cursor, &r));
	assert_int_equal(r.next_update_s, now - 3600);
	assert_int_equal(r.count, 1);
	assert_non_null(strstr(r.issuer, "authority"));
	assert_false(io_credentials_next_revocations(got, &cursor, &r));
	io_credentials_unref(&got);
	meet(s, REVOKED, NULL);
	set_free(s);
}

/* Another authority, one that only calls itself the same, and a certificate
 * that may not issue lists for others: none of them takes ours back. */
static void test_other_issuer(void **state)
{
	struct set *s = set_new(NULL);
	struct pki other, namesake;
	char cn[64];
	size_t size = sizeof(cn);

	(void)state;
	assert_int_equal(gnutls_x509_crt_get_dn_by_oid(s->pki.ca,
				 GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &size),
		0);
	pki_init(&other);
	pki_init_named(&namesake, cn);
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .issuer = &other, .gone = both });
	meet(s, NULL, NULL);
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .issuer = &namesake, .gone = both });
	meet(s, NULL, NULL);
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .chain = "a.example", .gone = both });
	meet(s, NULL, NULL);
	/* nor does it hide the true list behind it */
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .issuer = &namesake, .gone = both });
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_b });
	meet(s, NULL, REVOKED);
	pki_free(&namesake);
	pki_free(&other);
	set_free(s);
}

static void test_chain(void **state)
{
	static const char *const only_deep[] = { "deep", NULL };
	struct set *s = set_new(&(struct pki_spec){ .name = "middle",
		.is_ca = true });

	(void)state;
	pki_make(&s->pki, &(struct pki_spec){ .name = "deep",
				  .sans = san_deep, .chain = "middle" });
	s->client.local_name = s->server.local_name = "deep.example";
	s->server.insist = true;
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_a });
	meet(s, NULL, NULL);
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_middle });
	meet(s, "a certificate in its chain is revoked",
		"a certificate in its chain is revoked");
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .chain = "middle", .gone = only_deep });
	meet(s, REVOKED, REVOKED);
	/* its number, taken back by one who has not issued it */
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .gone = only_deep });
	meet(s, NULL, NULL);
	set_free(s);
}

static void refused(struct set *s, const char *path, const char *text)
{
	struct io_credentials_config c = { .folder = s->pki.certs,
		.trust = s->pki.ca_file, .crl = path };
	struct io_credentials *got = NULL;
	struct buf why;

	buf_init(&why, 1000, NULL);
	assert_int_equal(io_credentials_load(s->env, &c, &got, &why),
		-STOX_EINVAL);
	assert_null(got);
	if (!str_starts(buf_str(&why), str_from(path)) ||
		!str_ends(buf_str(&why), str_from(text)))
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
}

static void test_files(void **state)
{
	struct set *s = set_new(NULL);
	char path[160];

	(void)state;
	refused(s, "/nonexistent/list.pem", "No such file or directory");
	refused(s, s->pki.ca_file, "no revocation list in it");
	snprintf(path, sizeof(path), "%s/a.example.key", s->pki.certs);
	refused(s, path, "no revocation list in it");
	set_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_two_lists),
		cmocka_unit_test(test_overdue),
		cmocka_unit_test(test_other_issuer),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_files),
	};

	srandom((unsigned)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
