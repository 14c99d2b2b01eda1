/*
 * crl.c: certificates that their issuers have taken back, from lists that the
 * administrator keeps up to date.  RFC 5280, 5.
 */
#include "base/table.h"
#include "io/tls.h"

#include <stdlib.h>

#define MAX_FILE (64u << 20)
#define MAX_SERIAL 64

static int refuse(struct buf *why, const char *path, const char *what)
{
	buf_printf(why, "%s: %s", path, what);
	return -STOX_EINVAL;
}

/* Finding a number in the list itself would take long in a long one. */
static void index_serials(struct io_crl *c, struct pool *pool)
{
	static const uint8_t key[16]; /* nobody from outside adds to it */
	gnutls_x509_crl_iter_t iter = NULL;
	unsigned char serial[MAX_SERIAL];
	size_t len = sizeof(serial);

	c->serials = table_new(key);
	while (gnutls_x509_crl_iter_crt_serial(c->crl, &iter, serial, &len,
		       NULL) == 0) {
		const struct str s = { (const char *)serial, len };

		table_put(c->serials, pool_str(pool, s), c->crl);
		len = sizeof(serial);
	}
	if (iter)
		gnutls_x509_crl_iter_deinit(iter);
	c->info.count = table_count(c->serials);
}

static int take(struct io_crl *c, gnutls_x509_crl_t crl, struct pool *pool)
{
	time_t next = gnutls_x509_crl_get_next_update(crl);
	gnutls_datum_t text = { 0 };
	int rc = gnutls_x509_crl_get_raw_issuer_dn(crl, &c->issuer);

	if (rc < 0)
		return rc;
	c->crl = crl;
	c->info.next_update_s = next > 0 ? (uint64_t)next : 0;
	if (gnutls_x509_crl_get_issuer_dn3(crl, &text, 0) == 0)
		c->info.issuer = pool_strndup(pool, (const char *)text.data,
			text.size);
	else
		c->info.issuer = "?";
	gnutls_free(text.data);
	index_serials(c, pool);
	return 0;
}

int io_crl_load(struct io_trust *trust, struct pool *pool, const char *file,
	struct buf *why)
{
	gnutls_datum_t pem = { 0 };
	gnutls_x509_crl_t *list = NULL;
	unsigned count = 0;
	int rc = io_file_read(file, false, MAX_FILE, &pem, why);

	if (rc < 0)
		return rc;
	rc = gnutls_x509_crl_list_import2(&list, &count, &pem,
		GNUTLS_X509_FMT_PEM, 0);
	io_file_free(&pem);
	if (rc < 0 || count == 0)
		return refuse(why, file, "no revocation list in it");
	trust->crls = base_alloc0(count * sizeof(*trust->crls));
	rc = 0;
	for (unsigned i = 0; i < count; i++) {
		if (rc == 0)
			rc = take(&trust->crls[trust->crl_count], list[i],
				pool);
		if (rc == 0)
			trust->crl_count++;
		else
			gnutls_x509_crl_deinit(list[i]);
	}
	gnutls_free(list);
	return rc < 0 ? refuse(why, file, gnutls_strerror(rc)) : 0;
}

void io_crl_free(struct io_trust *trust)
{
	for (size_t i = 0; i < trust->crl_count; i++) {
		gnutls_free(trust->crls[i].issuer.data);
		table_free(&trust->crls[i].serials);
		gnutls_x509_crl_deinit(trust->crls[i].crl);
	}
	free(trust->crls);
}

/* A list that somebody else has made up takes nothing back.  One that is
 * overdue still does. */
static bool is_genuine(const struct io_crl *c, gnutls_x509_crt_t issuer)
{
	unsigned status = 0;

	return gnutls_x509_crl_verify(c->crl, &issuer, 1,
		       GNUTLS_VERIFY_DISABLE_CA_SIGN, &status) == 0 &&
	       !(status & (GNUTLS_CERT_SIGNER_NOT_FOUND |
				  GNUTLS_CERT_SIGNATURE_FAILURE |
				  GNUTLS_CERT_INSECURE_ALGORITHM));
}

static bool same(const gnutls_datum_t *a, const gnutls_datum_t *b)
{
	return str_eq((struct str){ (const char *)a->data, a->size },
		(struct str){ (const char *)b->data, b->size });
}

bool io_crl_revoked(const struct io_trust *trust, gnutls_x509_crt_t crt,
	gnutls_x509_crt_t issuer)
{
	unsigned char serial[MAX_SERIAL];
	size_t len = sizeof(serial);
	gnutls_datum_t name = { 0 };
	bool yes = false;

	if (trust->crl_count == 0 ||
		gnutls_x509_crt_get_serial(crt, serial, &len) < 0 ||
		gnutls_x509_crt_get_raw_issuer_dn(crt, &name) < 0)
		return false;
	for (size_t i = 0; i < trust->crl_count && !yes; i++)
		yes = same(&name, &trust->crls[i].issuer) &&
		      table_get(trust->crls[i].serials,
			      (struct str){ (const char *)serial, len }) &&
		      is_genuine(&trust->crls[i], issuer);
	gnutls_free(name.data);
	return yes;
}
