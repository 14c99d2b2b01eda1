/*
 * proven.c: chains that were verified before, under one set of anchors and
 * revocation lists.  A reload makes a new set, and forgets.
 */
#include "io/tls.h"

#include <gnutls/crypto.h>
#include <string.h>

void io_proven_digest(const gnutls_datum_t *raw, unsigned len,
	uint8_t ret[32])
{
	gnutls_hash_hd_t hash;
	int rc = gnutls_hash_init(&hash, GNUTLS_DIG_SHA256);

	/* with lengths: no two chains run together to the same bytes */
	for (unsigned i = 0; rc == 0 && i < len; i++) {
		rc = gnutls_hash(hash, &raw[i].size, sizeof(raw[i].size));
		if (rc == 0)
			rc = gnutls_hash(hash, raw[i].data, raw[i].size);
	}
	stox_require(rc == 0);
	gnutls_hash_deinit(hash, ret);
}

bool io_proven_is(const struct io_trust *trust, const uint8_t digest[32],
	uint64_t now_s)
{
	const struct io_proven *p = trust->proven;

	return memcmp(p->chains[digest[0]].digest, digest, 32) == 0 &&
	       p->chains[digest[0]].since_s <= now_s &&
	       now_s <= p->chains[digest[0]].until_s;
}

void io_proven_add(const struct io_trust *trust, const uint8_t digest[32],
	uint64_t now_s, uint64_t until_s)
{
	struct io_proven *p = trust->proven;

	memcpy(p->chains[digest[0]].digest, digest, 32);
	p->chains[digest[0]].since_s = now_s;
	p->chains[digest[0]].until_s = until_s;
}
