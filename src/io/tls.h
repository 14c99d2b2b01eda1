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

struct io_trust {
	gnutls_x509_trust_list_t list; /* whom we believe */
	/* for sessions: finds the certificate to show at the handshake */
	gnutls_certificate_credentials_t session_credentials;
};

/** NULL is harmless. */
void io_keys_free(struct io_keys **keys);
void io_trust_free(struct io_trust **trust);

#endif
