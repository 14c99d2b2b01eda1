/*
 * DANE with real chains, judged at both ends of a connection: the server's by
 * the client and, as both show the same, the client's by the server.
 */
#include "ends.h"
#include "pki.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOT "the root"

static const char *const san_a[] = { "dns:a.example", NULL };
static const char *const san_other[] = { "dns:other.example", NULL };

/* What is shown.  Each has "leaf" and "middle" in its folder; the true root is
 * that of the folder's ca.pem. */
enum shape {
	GOOD,          /* leaf, middle */
	WITH_ROOT,     /* leaf, middle, root */
	OTHER_NAME,    /* as GOOD */
	EXPIRED,       /* as GOOD, the leaf is */
	STALE_MIDDLE,  /* as GOOD, the middle is */
	SELF_SIGNED,   /* leaf */
	FORGED_MIDDLE, /* leaf, middle signed by a namesake of the root, root */
	FORGED_LEAF,   /* leaf signed by a namesake of the root, root */
	UNRELATED,     /* self-signed leaf, and the root for show */
	NO_CA,         /* leaf, and a middle that may not issue */
};

static void make_pair(struct pki *pki, const struct pki_spec *leaf,
	const struct pki_spec *middle)
{
	pki_make(pki, middle);
	pki_make(pki, leaf);
}

static void build(struct pki *pki, struct pki *evil, enum shape shape)
{
	time_t now = time(NULL);
	struct pki_spec leaf = { .name = "leaf", .sans = san_a,
		.chain = "middle" };
	struct pki_spec middle = { .name = "middle", .is_ca = true };
	bool root = false;

	switch (shape) {
	case GOOD:
		break;
	case WITH_ROOT:
		root = true;
		break;
	case OTHER_NAME:
		leaf.sans = san_other;
		break;
	case EXPIRED:
		leaf.from = now - 9000;
		leaf.to = now - 60;
		break;
	case STALE_MIDDLE:
		middle.from = now - 9000;
		middle.to = now - 60;
		break;
	case SELF_SIGNED:
		leaf.chain = NULL;
		leaf.self_signed = true;
		break;
	case FORGED_MIDDLE:
		middle.issuer = evil;
		root = true;
		break;
	case FORGED_LEAF:
		leaf.chain = NULL;
		leaf.issuer = evil;
		root = true;
		break;
	case UNRELATED:
		leaf.chain = NULL;
		leaf.self_signed = true;
		root = true;
		break;
	case NO_CA:
		middle.is_ca = false;
		break;
	}
	make_pair(pki, &leaf, &middle);
	if (root)
		pki_append(pki, "leaf", pki->ca_file);
}

/* ---- records ------------------------------------------------------------ */

static void der_of(const char *file, unsigned selector, gnutls_datum_t *der)
{
	gnutls_datum_t pem;
	gnutls_x509_crt_t crt;
	gnutls_pubkey_t key;

	assert_int_equal(gnutls_load_file(file, &pem), 0);
	gnutls_x509_crt_init(&crt);
	assert_int_equal(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM),
		0);
	gnutls_free(pem.data);
	if (selector == 0) {
		gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, der);
	} else {
		gnutls_pubkey_init(&key);
		gnutls_pubkey_import_x509(key, crt, 0);
		gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, der);
		gnutls_pubkey_deinit(key);
	}
	gnutls_x509_crt_deinit(crt);
}

/* "3 1 1 leaf"; "middle" and "root" likewise. */
static struct io_tlsa record(const struct pki *pki, const char *text)
{
	struct io_tlsa t;
	gnutls_datum_t der;
	char file[160], *data;
	unsigned char digest[64];

	t.usage = (uint8_t)(text[0] - '0');
	t.selector = (uint8_t)(text[2] - '0');
	t.matching = (uint8_t)(text[4] - '0');
	if (!strcmp(text + 6, "root"))
		snprintf(file, sizeof(file), "%s", pki->ca_file);
	else
		snprintf(file, sizeof(file), "%s/%s.crt", pki->certs, text + 6);
	der_of(file, t.selector, &der);
	t.data.len = der.size;
	if (t.matching) {
		t.data.len = t.matching == 1 ? 32 : 64;
		gnutls_hash_fast(t.matching == 1 ? GNUTLS_DIG_SHA256
						 : GNUTLS_DIG_SHA512,
			der.data, der.size, digest);
	}
	data = malloc(t.data.len);
	memcpy(data, t.matching ? digest : der.data, t.data.len);
	t.data.p = data;
	gnutls_free(der.data);
	return t;
}

static struct io_dane *records(const struct pki *pki, const char *const *text,
	enum io_dane_status status)
{
	struct io_dane *d = calloc(1, sizeof(*d));

	d->records = calloc(8, sizeof(*d->records));
	d->status = status;
	for (; *text; text++)
		d->records[d->count++] = record(pki, *text);
	return d;
}

/* ---- the table ---------------------------------------------------------- */

struct judged {
	const char *what;
	enum shape shape;
	const char *records[4];
	bool untrusted;              /* the root is not in our store */
	enum io_dane_status status;
	enum io_dane_verdict verdict;
	const char *why;             /* part of the sentence */
};

#define R IO_DANE_RECORDS
#define MATCH IO_DANE_MATCH
#define MISMATCH IO_DANE_MISMATCH

static const struct judged table[] = {
	/* 3: the leaf and nothing else */
	{ "key", GOOD, { "3 1 1 leaf" }, true, R, MATCH, NULL },
	{ "key, 512", GOOD, { "3 1 2 leaf" }, true, R, MATCH, NULL },
	{ "key, whole", GOOD, { "3 1 0 leaf" }, true, R, MATCH, NULL },
	{ "leaf", GOOD, { "3 0 1 leaf" }, true, R, MATCH, NULL },
	{ "leaf, 512", GOOD, { "3 0 2 leaf" }, true, R, MATCH, NULL },
	{ "leaf, whole", GOOD, { "3 0 0 leaf" }, true, R, MATCH, NULL },
	{ "self-signed", SELF_SIGNED, { "3 1 1 leaf" }, true, R, MATCH, NULL },
	{ "expired", EXPIRED, { "3 1 1 leaf" }, false, R, MATCH, NULL },
	{ "any name", OTHER_NAME, { "3 1 1 leaf" }, false, R, MATCH, NULL },
	{ "another leaf", GOOD, { "3 1 1 middle" }, false, R, MISMATCH,
		"does not match" },
	{ "trusted alone is not enough", GOOD, { "3 0 1 root" }, false, R,
		MISMATCH, "does not match" },
	{ "the second record", GOOD, { "3 1 1 root", "3 1 1 leaf" }, true, R,
		MATCH, NULL },
	/* 2: an authority of the domain's own */
	{ "root not shown", GOOD, { "2 0 1 root" }, true, R, MISMATCH,
		"no certificate of its chain" },
	{ "root in the record", GOOD, { "2 0 0 root" }, true, R, MATCH, NULL },
	{ "root shown", WITH_ROOT, { "2 0 1 root" }, true, R, MATCH, NULL },
	{ "root's key", WITH_ROOT, { "2 1 1 root" }, true, R, MATCH, NULL },
	{ "root's key, 512", WITH_ROOT, { "2 1 2 root" }, true, R, MATCH,
		NULL },
	{ "root's key, whole", WITH_ROOT, { "2 1 0 root" }, true, R, MATCH,
		NULL },
	{ "middle", GOOD, { "2 0 1 middle" }, true, R, MATCH, NULL },
	{ "middle's key", GOOD, { "2 1 1 middle" }, true, R, MATCH, NULL },
	{ "middle before a root", WITH_ROOT, { "2 1 1 middle" }, true, R,
		MATCH, NULL },
	{ "middle in the record", GOOD, { "2 0 0 middle" }, true, R, MATCH,
		NULL },
	{ "leaf is no authority", SELF_SIGNED, { "2 1 1 leaf" }, true, R,
		MISMATCH, "no certificate of its chain" },
	{ "forged middle", FORGED_MIDDLE, { "2 1 1 root" }, true, R, MISMATCH,
		"signature" },
	{ "forged middle, root trusted", FORGED_MIDDLE, { "2 0 1 root" },
		false, R, MISMATCH, "signature" },
	{ "forged leaf", FORGED_LEAF, { "2 1 1 root" }, true, R, MISMATCH,
		"signature" },
	{ "root for show", UNRELATED, { "2 1 1 root" }, true, R, MISMATCH,
		NULL },
	{ "root for show, whole", UNRELATED, { "2 0 0 root" }, true, R,
		MISMATCH, NULL },
	{ "middle may not issue", NO_CA, { "2 0 1 middle" }, true, R, MISMATCH,
		"may not issue" },
	{ "other name under 2", OTHER_NAME, { "2 0 1 middle" }, true, R,
		MISMATCH, "another name" },
	{ "expired under 2", EXPIRED, { "2 0 1 middle" }, true, R, MISMATCH,
		"expired" },
	{ "stale middle", STALE_MIDDLE, { "2 0 0 root" }, true, R, MISMATCH,
		"expired" },
	/* 1: the leaf, and the usual verdict */
	{ "1", GOOD, { "1 1 1 leaf" }, false, R, MATCH, NULL },
	{ "1, unknown root", GOOD, { "1 1 1 leaf" }, true, R, MISMATCH,
		"authority that we trust" },
	{ "1, another leaf", GOOD, { "1 1 1 middle" }, false, R, MISMATCH,
		"does not match" },
	{ "1, expired", EXPIRED, { "1 1 1 leaf" }, false, R, MISMATCH,
		"authority that we trust" },
	{ "1, other name", OTHER_NAME, { "1 1 1 leaf" }, false, R, MISMATCH,
		"another name" },
	/* 0: one of the authorities, and the usual verdict */
	{ "0, middle", GOOD, { "0 0 1 middle" }, false, R, MATCH, NULL },
	{ "0, root from the store", GOOD, { "0 1 1 root" }, false, R, MATCH,
		NULL },
	{ "0, root shown", WITH_ROOT, { "0 0 2 root" }, false, R, MATCH, NULL },
	{ "0, unknown root", WITH_ROOT, { "0 0 1 root" }, true, R, MISMATCH,
		"authority that we trust" },
	{ "0, the leaf", GOOD, { "0 0 1 leaf" }, false, R, MISMATCH,
		"no certificate of its chain" },
	{ "0, forged middle", FORGED_MIDDLE, { "0 0 1 root" }, false, R,
		MISMATCH, "authority that we trust" },
	/* several */
	{ "one of three", EXPIRED,
		{ "2 0 1 middle", "1 1 1 leaf", "3 1 1 leaf" }, true, R, MATCH,
		NULL },
	{ "none of three", EXPIRED,
		{ "2 0 1 middle", "1 1 1 leaf", "3 1 1 root" }, true, R,
		MISMATCH, NULL },
	/* the status of the question */
	{ "nothing known", GOOD, { NULL }, false, IO_DANE_NONE,
		IO_DANE_SILENT, NULL },
	{ "another target's record", GOOD, { "3 1 1 root" }, false,
		IO_DANE_NONE, IO_DANE_SILENT, NULL },
	{ "another target's record matches", SELF_SIGNED, { "3 1 1 leaf" },
		true, IO_DANE_NONE, MATCH, NULL },
	{ "failed", GOOD, { NULL }, false, IO_DANE_FAILED, MISMATCH,
		"could not be had" },
	{ "failed for another target", GOOD, { "3 1 1 leaf" }, true,
		IO_DANE_FAILED, MATCH, NULL },
};

static void check(const struct judged *j, const struct end *end,
	const struct io_dane *dane)
{
	static const char *const names[] = { "elsewhere.example", "a.example",
		NULL };
	const char *why = NULL;
	enum io_dane_verdict verdict =
		io_stream_dane(end->s, dane, names, &why);

	if (verdict != j->verdict)
		fail_msg("%s: %d instead of %d, %s", j->what, (int)verdict,
			(int)j->verdict, why ? why : "no reason");
	if (!why != (verdict != MISMATCH))
		fail_msg("%s: reason %s", j->what, why ? why : "missing");
	if (j->why && !strstr(why, j->why))
		fail_msg("%s: %s", j->what, why);
}

static void judge(struct io_env *env, const struct judged *j)
{
	struct pki pki, evil;
	struct io_credentials_config c = { .folder = pki.certs };
	struct io_credentials *got = NULL;
	struct io_tls_config client, server;
	struct io_dane *dane;
	struct ends *e;
	const char *shown = j->shape == OTHER_NAME ? "other.example"
						   : "a.example";

	pki_init_named(&pki, ROOT);
	pki_init_named(&evil, ROOT);
	build(&pki, &evil, j->shape);
	c.trust = j->untrusted ? evil.ca_file : pki.ca_file;
	assert_int_equal(io_credentials_load(env, &c, &got, NULL), 0);
	client = (struct io_tls_config){ .credentials = got,
		.local_name = shown, .server_name = shown };
	server = (struct io_tls_config){ .credentials = got,
		.local_name = shown, .ask_certificate = true };
	dane = records(&pki, j->records, j->status);
	e = ends_new("127.0.0.1", &server);
	ends_connect(e, "127.0.0.1", &client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	check(j, &e->a, dane);
	check(j, &e->b, dane);
	ends_free(e);
	io_dane_free(&dane);
	assert_null(dane);
	io_credentials_unref(&got);
	pki_free(&pki);
	pki_free(&evil);
}

static void test_table(void **state)
{
	struct io_env *env = io_uv_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		judge(env, &table[i]);
	io_env_free(&env);
}

/* Of a chain beyond the limit only the leaf is looked at; a peer that shows
 * nothing matches nothing; without TLS there is nothing to match. */
static void test_odd_peers(void **state)
{
	static const char *const leaf[] = { "3 1 1 leaf", NULL };
	static const char *const middle[] = { "2 0 1 middle", NULL };
	static const char *const names[] = { "a.example", NULL };
	struct io_env *env = io_uv_new(NULL);
	struct pki pki;
	struct io_credentials_config c = { .folder = pki.certs };
	struct io_credentials *got = NULL;
	struct io_tls_config client = { .server_name = "a.example" }, server;
	struct io_dane *by_leaf, *by_middle;
	const char *why = NULL;
	struct ends *e;

	(void)state;
	pki_init(&pki);
	build(&pki, NULL, GOOD);
	c.trust = pki.ca_file;
	assert_int_equal(io_credentials_load(env, &c, &got, NULL), 0);
	by_leaf = records(&pki, leaf, IO_DANE_RECORDS);
	by_middle = records(&pki, middle, IO_DANE_RECORDS);
	server = (struct io_tls_config){ .credentials = got,
		.local_name = "a.example", .ask_certificate = true };
	e = ends_new("127.0.0.1", &server);
	e->limits.value[LIMIT_TLS_CHAIN] = 1;
	ends_connect(e, "127.0.0.1", &client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	assert_int_equal(io_stream_dane(e->a.s, by_leaf, names, &why), MATCH);
	assert_int_equal(io_stream_dane(e->a.s, by_middle, names, &why),
		MISMATCH);
	assert_int_equal(io_stream_dane(e->b.s, by_leaf, names, &why),
		MISMATCH);
	assert_non_null(strstr(why, "no certificate was shown"));
	assert_int_equal(io_stream_dane(e->a.s, NULL, names, &why),
		IO_DANE_SILENT);
	ends_free(e);
	e = ends_connected();
	assert_int_equal(io_stream_dane(e->a.s, by_leaf, names, &why),
		MISMATCH);
	ends_free(e);
	io_dane_free(&by_leaf);
	io_dane_free(&by_middle);
	io_credentials_unref(&got);
	pki_free(&pki);
	io_env_free(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_odd_peers),
	};

	srandom((unsigned)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
