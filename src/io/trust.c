/*
 * trust.c: whom we believe, and whether a chain leads there.
 *
 * Dates are checked here, by the environment's wall clock, not by GnuTLS's
 * idea of the time.
 */
#include "io/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files -------------------------------------------------------------- */

static int refuse(struct buf *why, const char *path, const char *what)
{
	buf_printf(why, "%s: %s", path, what);
	return -STOX_EINVAL;
}

static int read_all(int fd, gnutls_datum_t *d, size_t size)
{
	size_t used = 0;

	d->data = base_alloc0(size + 1);
	while (used < size) {
		ssize_t n = read(fd, d->data + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	d->size = (unsigned)used;
	return 0;
}

int io_file_read(const char *path, bool secret, size_t max,
	gnutls_datum_t *ret, struct buf *why)
{
	/* Tools that renew certificates leave symbolic links, so they are
	 * followed, and the file at their end is judged. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return refuse(why, path, strerror(errno));
	if (fstat(fd, &st) < 0)
		rc = refuse(why, path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = refuse(why, path, "not a regular file");
	else if (st.st_size > (off_t)max)
		rc = refuse(why, path, "too large");
	else if (secret && (st.st_mode & 007))
		rc = refuse(why, path, "this private key is open to others: "
				       "take their rights away (chmod o=)");
	else
		rc = read_all(fd, ret, (size_t)st.st_size);
	close(fd);
	return rc;
}

void io_file_free(gnutls_datum_t *d)
{
	if (d->data)
		gnutls_memset(d->data, 0, d->size);
	free(d->data);
	d->data = NULL;
	d->size = 0;
}

/* ---- anchors ------------------------------------------------------------ */

int io_trust_load(struct io_trust *trust, const char *file, struct buf *why)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	gnutls_datum_t pem = { 0 }, at;
	const char *p;
	int rc = io_file_read(file, false, IO_PEM_MAX, &pem, why);

	if (rc < 0)
		return rc;
	for (p = (const char *)pem.data; (p = strstr(p, begin));
		p += sizeof(begin)) {
		gnutls_datum_t der;

		at.data = (unsigned char *)(uintptr_t)p;
		at.size = (unsigned)(pem.size -
				     (size_t)(p - (const char *)pem.data));
		if (gnutls_pem_base64_decode2("CERTIFICATE", &at, &der) < 0)
			continue;
		trust->anchors = base_realloc(trust->anchors,
			(trust->count + 1) * sizeof(*trust->anchors));
		trust->anchors[trust->count++].der = der;
	}
	io_file_free(&pem);
	if (trust->count == 0)
		return refuse(why, file, "no certificate in it");
	return 0;
}

void io_trust_free(struct io_trust **trust)
{
	struct io_trust *t = *trust;

	*trust = NULL;
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		gnutls_free(t->anchors[i].der.data);
	free(t->anchors);
	io_crl_free(t);
	free(t->proven);
	if (t->session_credentials)
		gnutls_certificate_free_credentials(t->session_credentials);
	free(t);
}

/* Does the anchor's DER hold the name of an issuer in the chain?  Whether as
 * its subject, GnuTLS finds out. */
static bool may_issue(const gnutls_datum_t *der, gnutls_datum_t *issuers,
	unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (issuers[i].size > 0 && memmem(der->data, der->size,
						   issuers[i].data,
						   issuers[i].size))
			return true;
	return false;
}

static void add_anchor(void *arg, const gnutls_datum_t *der)
{
	gnutls_x509_trust_list_t list = arg;
	gnutls_x509_crt_t crt;

	if (gnutls_x509_crt_init(&crt) < 0)
		return;
	if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0 ||
		gnutls_x509_trust_list_add_cas(list, &crt, 1,
			GNUTLS_TL_NO_DUPLICATES) != 1)
		gnutls_x509_crt_deinit(crt);
}

/* Call @run with those anchors that matter to this chain. */
static void each_issuer(const struct io_trust *trust, gnutls_x509_crt_t *chain,
	unsigned len, void (*run)(void *arg, const gnutls_datum_t *der),
	void *arg)
{
	gnutls_datum_t *issuers = base_alloc0((len + 1) * sizeof(*issuers));

	for (unsigned i = 0; i < len; i++)
		gnutls_x509_crt_get_raw_issuer_dn(chain[i], &issuers[i]);
	for (size_t i = 0; i < trust->count; i++)
		if (may_issue(&trust->anchors[i].der, issuers, len))
			run(arg, &trust->anchors[i].der);
	for (unsigned i = 0; i < len; i++)
		gnutls_free(issuers[i].data);
	free(issuers);
}

static gnutls_x509_trust_list_t list_for(const struct io_trust *trust,
	gnutls_x509_crt_t *chain, unsigned len)
{
	gnutls_x509_trust_list_t list;

	if (gnutls_x509_trust_list_init(&list, 0) < 0)
		return NULL;
	each_issuer(trust, chain, len, add_anchor, list);
	return list;
}

struct gathered {
	gnutls_x509_crt_t *crts;
	unsigned count, max;
};

static void gather(void *arg, const gnutls_datum_t *der)
{
	struct gathered *g = arg;

	if (g->count < g->max)
		g->count += io_identity_import(der, 1, g->crts + g->count);
}

unsigned io_trust_issuers(const struct io_trust *trust,
	gnutls_x509_crt_t *chain, unsigned len, gnutls_x509_crt_t *ret,
	unsigned max)
{
	struct gathered g = { .crts = ret, .max = max };

	each_issuer(trust, chain, len, gather, &g);
	return g.count;
}

/* ---- the verdict -------------------------------------------------------- */

/* Lowers *until_s to the end of the certificate. */
static const char *check_dates(gnutls_x509_crt_t crt, bool leaf,
	uint64_t now_s, uint64_t *until_s)
{
	time_t from = gnutls_x509_crt_get_activation_time(crt);
	time_t to = gnutls_x509_crt_get_expiration_time(crt);

	if (to == (time_t)-1 || (uint64_t)to < now_s)
		return leaf ? "the certificate has expired"
			    : "a certificate in its chain has expired";
	if (from == (time_t)-1 || (uint64_t)from > now_s)
		return leaf ? "the certificate is not valid yet"
			    : "a certificate in its chain is not valid yet";
	if ((uint64_t)to < *until_s)
		*until_s = (uint64_t)to;
	return NULL;
}

static bool signed_by(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned status = 0;

	return gnutls_x509_crt_verify(crt, &issuer, 1,
		       GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
			       GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS,
		       &status) == 0 &&
	       status == 0;
}

/* Who of the chain has issued @at, or NULL.  The chain has been verified, so a
 * signature is looked at only where a namesake could stand in for another. */
static gnutls_x509_crt_t issuer_in(gnutls_x509_crt_t *chain, unsigned len,
	gnutls_x509_crt_t at)
{
	gnutls_x509_crt_t found = NULL;

	for (unsigned i = 1; i < len; i++) {
		if (chain[i] == at ||
			!gnutls_x509_crt_check_issuer(at, chain[i]))
			continue;
		if (found && signed_by(at, found))
			break;
		found = chain[i];
	}
	return found;
}

/* Walk from the leaf to the anchor; what else the peer sent does not count. */
static const char *check_path(const struct io_trust *trust,
	gnutls_x509_trust_list_t list, gnutls_x509_crt_t *chain, unsigned len,
	uint64_t now_s, uint64_t *until_s)
{
	gnutls_x509_crt_t at = chain[0], anchor;
	const char *why = check_dates(at, true, now_s, until_s);

	for (unsigned hops = 0; !why && hops <= len; hops++) {
		bool last = gnutls_x509_trust_list_get_issuer(list, at, &anchor,
				    0) == 0;
		gnutls_x509_crt_t next = last ? anchor
					      : issuer_in(chain, len, at);

		if (!next)
			break;
		if (io_crl_revoked(trust, at, next))
			return at == chain[0] ? "the certificate is revoked"
					      : "a certificate in its chain is "
						"revoked";
		at = next;
		why = check_dates(at, false, now_s, until_s);
		if (last)
			break;
	}
	return why;
}

static const char *explain(unsigned status, gnutls_x509_crt_t leaf)
{
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		return gnutls_x509_crt_check_issuer(leaf, leaf)
			       ? "the certificate is self-signed"
			       : "the issuer of the certificate is not known";
	if (status & GNUTLS_CERT_SIGNER_NOT_CA)
		return "a certificate in its chain may not issue others";
	if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
		return "a signature in its chain uses an insecure algorithm";
	if (status & GNUTLS_CERT_SIGNATURE_FAILURE)
		return "a signature in its chain is wrong";
	if (status & GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE)
		return "its chain breaks the constraints of an issuer";
	return "the chain of the certificate is not valid";
}

const char *io_trust_check(const struct io_trust *trust,
	gnutls_x509_crt_t *chain, unsigned len, uint64_t now_s,
	uint64_t *ret_until_s)
{
	gnutls_x509_trust_list_t list = list_for(trust, chain, len);
	unsigned status = 0;
	const char *why = NULL;
	int rc;

	*ret_until_s = UINT64_MAX;
	if (!list)
		return "the chain could not be checked";
	rc = gnutls_x509_trust_list_verify_crt2(list, chain, len, NULL, 0,
		GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
			GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS,
		&status, NULL);
	if (rc < 0)
		why = gnutls_strerror(rc);
	else if (status)
		why = explain(status, chain[0]);
	else
		why = check_path(trust, list, chain, len, now_s, ret_until_s);
	gnutls_x509_trust_list_deinit(list, 1);
	return why;
}
