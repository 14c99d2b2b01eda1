/*
 * foreign.h: a client that is not ours, GnuTLS in a thread of its own.
 */
#ifndef TESTS_IO_FOREIGN_H
#define TESTS_IO_FOREIGN_H

#include "ends.h"

#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdbool.h>

struct foreign {
	int fd;
	const char *priority;
	const char *alpn[3];  /* in this order, up to the first NULL */
	const char *sni;
	const char *crt, *key; /* files of the certificate it has, or NULL */
	gnutls_datum_t ticket; /* of another session, to be resumed */
	bool drip;            /* one byte per send */
	bool renegotiate, vanish;
	bool keep;            /* what `left` holds */
	/* results */
	int handshake, received;
	bool resumed;
	gnutls_datum_t left;  /* what would resume it: the caller frees it */
	char shown[256];      /* the first dNSName of the server */
	int key_kind;         /* gnutls_pk_algorithm_t of its key */
	char chosen[32];      /* application protocol, "" for none */
	char bytes[20000];
	pthread_t thread;
	volatile bool done;
};

/** Connect and begin: it sends "go" and waits for an answer or the end. */
void foreign_start(struct foreign *f, struct ends *e);
/** Wait for its thread. */
void foreign_join(struct foreign *f);

#endif
