/*
 * digest.c: hashes, by GnuTLS.
 */
#include "io/io.h"

#include <gnutls/crypto.h>

void io_sha1(struct str data, uint8_t out[20])
{
	int rc = gnutls_hash_fast(GNUTLS_DIG_SHA1, data.p, data.len, out);

	stox_require(rc == 0);
}

void io_sha256(struct str data, uint8_t out[32])
{
	int rc = gnutls_hash_fast(GNUTLS_DIG_SHA256, data.p, data.len, out);

	stox_require(rc == 0);
}

void io_hmac_sha256(struct str key, struct str data, uint8_t out[32])
{
	int rc = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key.p, key.len, data.p,
		data.len, out);

	stox_require(rc == 0);
}
