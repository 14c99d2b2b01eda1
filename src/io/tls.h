/*
 * tls.h: what GnuTLS does for streams and credentials; hidden in src/io.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "io/internal.h"

/* A certificate with its chain, and its key. */
struct io_keys {
	gnutls_pcert_st *chain;
	unsigned chain_len;
	gnutls_privkey_t key;
};

/* Certificates as DER.  A system's bundle takes 30 ms and 4 MB to parse, so
 * each is parsed only when a peer's chain names it. */
struct io_anchor {
	gnutls_datum_t der;
};

/* A revocation list, its serial numbers ready to be looked up. */
struct io_crl {
	gnutls_x509_crl_t crl;
	gnutls_datum_t issuer;  /* raw name */
	struct table *serials;
	struct io_revocations info;
};

/* Chains found good, by their digest.  A peer that comes again, or for another
 * of its domains, is not verified again: that is a quarter of a handshake. */
struct io_proven {
	struct {
		uint8_t digest[32];
		uint64_t since_s, until_s;
	} chains[256];          /* by the first byte; the last one wins */
};

struct io_trust {
	struct io_anchor *anchors;
	size_t count;
	struct io_crl *crls;
	size_t crl_count;
	struct io_proven *proven; /* under these anchors and lists */
	/* for sessions: finds the certificate to show at the handshake */
	gnutls_certificate_credentials_t session_credentials;
};

/* credentials_load.c */
/** NULL is harmless. */
void io_keys_free(struct io_keys **keys);

/* trust.c */
/** Read a PEM bundle.  Returns 0, or -STOX_EINVAL with a sentence in @why. */
int io_trust_load(struct io_trust *trust, const char *file, struct buf *why);
/** NULL is harmless. */
void io_trust_free(struct io_trust **trust);
/** Does the chain lead to an anchor, with every date around @now_s?
 *  Returns NULL for yes, and how long so in @ret_until_s; else a sentence why
 *  not. */
const char *io_trust_check(const struct io_trust *trust,
	gnutls_x509_crt_t *chain, unsigned len, uint64_t now_s,
	uint64_t *ret_until_s);
/** Read those anchors into @ret, @max at most, that may have issued a
 *  certificate of the chain.  Returns how many; deinit each. */
unsigned io_trust_issuers(const struct io_trust *trust,
	gnutls_x509_crt_t *chain, unsigned len, gnutls_x509_crt_t *ret,
	unsigned max);
#define IO_PEM_MAX (4u << 20)
/** The whole file of at most @max bytes, NUL-terminated, wiped and freed by
 *  io_file_free().  With @secret, refused when others may read or write it. */
int io_file_read(const char *path, bool secret, size_t max,
	gnutls_datum_t *ret, struct buf *why);
void io_file_free(gnutls_datum_t *d);

/* crl.c */
/** Read a PEM file of revocation lists; texts go to @pool.  Returns 0, or
 *  -STOX_EINVAL with a sentence in @why. */
int io_crl_load(struct io_trust *trust, struct pool *pool, const char *file,
	struct buf *why);
void io_crl_free(struct io_trust *trust);
/** Has @issuer taken @crt back? */
bool io_crl_revoked(const struct io_trust *trust, gnutls_x509_crt_t crt,
	gnutls_x509_crt_t issuer);

/* proven.c */
/** What stands for the chain, all of it and in this order. */
void io_proven_digest(const gnutls_datum_t *raw, unsigned len,
	uint8_t ret[32]);
/** Was it found good, and would it be now? */
bool io_proven_is(const struct io_trust *trust, const uint8_t digest[32],
	uint64_t now_s);
void io_proven_add(const struct io_trust *trust, const uint8_t digest[32],
	uint64_t now_s, uint64_t until_s);

/* identity.c */
/** The peer of an established session.  Owned, one block. */
struct io_identity *io_identity_of_session(struct io_env *env,
	gnutls_session_t session, const struct io_credentials *credentials);
/** Fill names, date and fingerprint from a certificate, in @pool. */
void io_identity_read(gnutls_x509_crt_t crt, struct pool *pool,
	struct io_identity *id);
/** Extended key usage: what it allows; all when it says nothing. */
void io_identity_usage(gnutls_x509_crt_t crt, bool *ret_client,
	bool *ret_server);
/** Read certificates from DER into @chain, gnutls_x509_crt_deinit() each.
 *  Returns how many, fewer than @len when one cannot be read. */
unsigned io_identity_import(const gnutls_datum_t *raw, unsigned len,
	gnutls_x509_crt_t *chain);
/** Is the chain for TLS, and does it lead to @trust (may be NULL)?  Returns
 *  NULL for yes, and how long so in @ret_until_s; else a sentence why not. */
const char *io_identity_judge(const struct io_trust *trust,
	gnutls_x509_crt_t *chain, unsigned len, uint64_t now_s,
	uint64_t *ret_until_s);

#endif
