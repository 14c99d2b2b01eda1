#include "pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <gnutls/x509-ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OK(call) assert_true((call) >= 0)

static gnutls_x509_privkey_t new_key(bool rsa)
{
	gnutls_x509_privkey_t key;

	OK(gnutls_x509_privkey_init(&key));
	if (rsa)
		OK(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0));
	else
		OK(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	return key;
}

static void put_file(const char *path, const char *mode,
	const gnutls_datum_t *data)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	assert_int_equal(fwrite(data->data, 1, data->size, f), data->size);
	fclose(f);
}

static void put_crt(const char *path, const char *mode, gnutls_x509_crt_t crt)
{
	gnutls_datum_t pem;

	OK(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem));
	put_file(path, mode, &pem);
	gnutls_free(pem.data);
}

static gnutls_x509_crt_t new_crt(gnutls_x509_privkey_t key, const char *cn,
	time_t from, time_t to)
{
	time_t now = time(NULL);
	uint64_t serial = (uint64_t)random() << 16 | 1;
	gnutls_x509_crt_t crt;

	OK(gnutls_x509_crt_init(&crt));
	OK(gnutls_x509_crt_set_version(crt, 3));
	OK(gnutls_x509_crt_set_serial(crt, &serial, sizeof(serial)));
	OK(gnutls_x509_crt_set_activation_time(crt, from ? from : now - 3600));
	OK(gnutls_x509_crt_set_expiration_time(crt, to ? to : now + 86400));
	OK(gnutls_x509_crt_set_key(crt, key));
	if (cn)
		OK(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME,
			0, cn, (unsigned)strlen(cn)));
	return crt;
}

void pki_init_named(struct pki *pki, const char *cn)
{
	snprintf(pki->dir, sizeof(pki->dir), "/tmp/stox-pki-XXXXXX");
	assert_non_null(mkdtemp(pki->dir));
	snprintf(pki->certs, sizeof(pki->certs), "%s/certs", pki->dir);
	assert_int_equal(mkdir(pki->certs, 0700), 0);
	snprintf(pki->ca_file, sizeof(pki->ca_file), "%s/ca.pem", pki->dir);
	pki->ca_key = new_key(false);
	pki->ca = new_crt(pki->ca_key, cn, 0, 0);
	OK(gnutls_x509_crt_set_basic_constraints(pki->ca, 1, -1));
	OK(gnutls_x509_crt_set_key_usage(pki->ca,
		GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
	OK(gnutls_x509_crt_sign2(pki->ca, pki->ca, pki->ca_key,
		GNUTLS_DIG_SHA256, 0));
	put_crt(pki->ca_file, "w", pki->ca);
}

void pki_init(struct pki *pki)
{
	char cn[32];

	snprintf(cn, sizeof(cn), "authority %ld", random());
	pki_init_named(pki, cn);
}

static void add_san(gnutls_x509_crt_t crt, const char *san)
{
	const char *value = strchr(san, ':') + 1;
	unsigned len = (unsigned)strlen(value);
	char text[256];

	if (!strncmp(san, "dns:", 4)) {
		OK(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
			value, len, GNUTLS_FSAN_APPEND));
	} else if (!strncmp(san, "nul:", 4)) {
		/* GnuTLS would cut it: SEQUENCE { [2] bytes } by hand */
		text[0] = 0x30;
		text[1] = (char)(len + 2);
		text[2] = (char)0x82;
		text[3] = (char)len;
		for (unsigned i = 0; i < len; i++)
			text[4 + i] = value[i] == '|' ? '\0' : value[i];
		OK(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.17", text,
			len + 4, 0));
	} else if (!strncmp(san, "uri:", 4)) {
		OK(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_URI,
			value, len, GNUTLS_FSAN_APPEND));
	} else if (!strncmp(san, "srv:", 4)) {
		text[0] = 0x16; /* IA5String */
		text[1] = (char)len;
		memcpy(text + 2, value, len);
		OK(gnutls_x509_crt_set_subject_alt_othername(crt,
			"1.3.6.1.5.5.7.8.7", text, len + 2,
			GNUTLS_FSAN_APPEND));
	} else if (!strncmp(san, "xmpp:", 5)) {
		OK(gnutls_x509_crt_set_subject_alt_othername(crt,
			"1.3.6.1.5.5.7.8.5", value, len,
			GNUTLS_FSAN_APPEND | GNUTLS_FSAN_ENCODE_UTF8_STRING));
	} else {
		unsigned char ip[4] = { 127, 0, 0, 1 };

		OK(gnutls_x509_crt_set_subject_alt_name(crt,
			GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND));
	}
}

/* What an authority may give names to.  RFC 5280, 4.2.1.10. */
static void constrain(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	gnutls_x509_name_constraints_t list;
	gnutls_datum_t d;
	char text[64];

	if (!spec->only && !spec->not_these)
		return;
	OK(gnutls_x509_name_constraints_init(&list));
	if (spec->only) {
		d.data = (unsigned char *)(uintptr_t)spec->only;
		d.size = (unsigned)strlen(spec->only);
		OK(gnutls_x509_name_constraints_add_permitted(list,
			GNUTLS_SAN_DNSNAME, &d));
	}
	for (unsigned i = 0; i < spec->not_these; i++) {
		d.data = (unsigned char *)text;
		d.size = (unsigned)snprintf(text, sizeof(text), "n%u.invalid",
			i);
		OK(gnutls_x509_name_constraints_add_excluded(list,
			GNUTLS_SAN_DNSNAME, &d));
	}
	OK(gnutls_x509_crt_set_name_constraints(crt, list, 1));
	gnutls_x509_name_constraints_deinit(list);
}

/* The key and certificate made before under @name. */
static void load(const struct pki *pki, const char *name,
	gnutls_x509_crt_t *crt, gnutls_x509_privkey_t *key)
{
	char path[160];
	gnutls_datum_t d;

	snprintf(path, sizeof(path), "%s/%s.crt", pki->certs, name);
	OK(gnutls_load_file(path, &d));
	OK(gnutls_x509_crt_init(crt));
	OK(gnutls_x509_crt_import(*crt, &d, GNUTLS_X509_FMT_PEM));
	gnutls_free(d.data);
	snprintf(path, sizeof(path), "%s/%s.key", pki->certs, name);
	OK(gnutls_load_file(path, &d));
	OK(gnutls_x509_privkey_init(key));
	OK(gnutls_x509_privkey_import(*key, &d, GNUTLS_X509_FMT_PEM));
	gnutls_free(d.data);
}

static void sign(struct pki *pki, const struct pki_spec *spec,
	gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *file)
{
	const struct pki *by = spec->issuer ? spec->issuer : pki;
	gnutls_x509_crt_t issuer = by->ca;
	gnutls_x509_privkey_t issuer_key = by->ca_key;

	if (spec->self_signed) {
		issuer = crt;
		issuer_key = key;
	}
	if (spec->chain)
		load(pki, spec->chain, &issuer, &issuer_key);
	OK(gnutls_x509_crt_sign2(crt, issuer, issuer_key, GNUTLS_DIG_SHA256,
		0));
	put_crt(file, "w", crt);
	if (spec->chain) {
		put_crt(file, "a", issuer);
		gnutls_x509_crt_deinit(issuer);
		gnutls_x509_privkey_deinit(issuer_key);
	}
}

void pki_make(struct pki *pki, const struct pki_spec *spec)
{
	gnutls_x509_privkey_t key = new_key(spec->rsa);
	gnutls_x509_crt_t crt = new_crt(key, spec->cn ? spec->cn : spec->name,
		spec->from, spec->to);
	gnutls_datum_t pem;
	char path[160];

	for (const char *const *s = spec->sans; s && *s; s++)
		add_san(crt, *s);
	if (spec->eku)
		OK(gnutls_x509_crt_set_key_purpose_oid(crt, spec->eku, 0));
	OK(gnutls_x509_crt_set_basic_constraints(crt, spec->is_ca, -1));
	constrain(crt, spec);
	snprintf(path, sizeof(path), "%s/%s.crt", pki->certs, spec->name);
	sign(pki, spec, crt, key, path);
	snprintf(path, sizeof(path), "%s/%s.key", pki->certs, spec->name);
	OK(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
	put_file(path, "w", &pem);
	assert_int_equal(chmod(path, 0640), 0);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

void pki_append(struct pki *pki, const char *name, const char *file)
{
	gnutls_datum_t pem;
	char path[160];

	OK(gnutls_load_file(file, &pem));
	snprintf(path, sizeof(path), "%s/%s.crt", pki->certs, name);
	put_file(path, "a", &pem);
	gnutls_free(pem.data);
}

static void take_back(const struct pki *pki, gnutls_x509_crl_t crl,
	const char *const *names)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;

	for (; *names; names++) {
		load(pki, *names, &crt, &key);
		OK(gnutls_x509_crl_set_crt(crl, crt, time(NULL) - 60));
		gnutls_x509_crt_deinit(crt);
		gnutls_x509_privkey_deinit(key);
	}
}

void pki_revoke(struct pki *pki, const struct pki_list *list)
{
	const struct pki *by = list->issuer ? list->issuer : pki;
	gnutls_x509_crt_t issuer = by->ca;
	gnutls_x509_privkey_t key = by->ca_key;
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;
	char path[160];

	if (list->chain)
		load(pki, list->chain, &issuer, &key);
	OK(gnutls_x509_crl_init(&crl));
	OK(gnutls_x509_crl_set_version(crl, 2));
	OK(gnutls_x509_crl_set_this_update(crl, time(NULL) - 7200));
	OK(gnutls_x509_crl_set_next_update(crl,
		list->next ? list->next : time(NULL) + 86400));
	take_back(pki, crl, list->gone);
	OK(gnutls_x509_crl_sign2(crl, issuer, key, GNUTLS_DIG_SHA256, 0));
	OK(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem));
	snprintf(path, sizeof(path), "%s/%s", pki->dir, list->file);
	put_file(path, "a", &pem);
	gnutls_free(pem.data);
	gnutls_x509_crl_deinit(crl);
	if (list->chain) {
		gnutls_x509_crt_deinit(issuer);
		gnutls_x509_privkey_deinit(key);
	}
}

void pki_free(struct pki *pki)
{
	char command[128];

	gnutls_x509_crt_deinit(pki->ca);
	gnutls_x509_privkey_deinit(pki->ca_key);
	snprintf(command, sizeof(command), "rm -rf '%s'", pki->dir);
	assert_int_equal(system(command), 0);
}
