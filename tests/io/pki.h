/*
 * pki.h: throw-away authorities and certificates in a folder of their own.
 */
#ifndef TESTS_IO_PKI_H
#define TESTS_IO_PKI_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct pki {
	char dir[64];          /* ca.pem; certs/NAME.crt and .key */
	char certs[80], ca_file[80];
	gnutls_x509_privkey_t ca_key;
	gnutls_x509_crt_t ca;
};

struct pki_spec {
	const char *name;      /* of the files */
	/* "dns:", "uri:", "srv:", "xmpp:", "ip4:" and a value; "nul:" is a
	 * dNSName whose '|' becomes a NUL */
	const char *const *sans;
	const char *cn;
	time_t from, to;       /* 0: an hour ago, in a day */
	bool self_signed;
	const struct pki *issuer; /* another authority than the folder's */
	const char *eku;       /* an OID; NULL: none */
	const char *chain;     /* NAME of a certificate that signs it */
	bool is_ca;            /* may sign others */
	const char *only;      /* the dNSNames that it may give, NULL: any */
	unsigned not_these;    /* so many that it may not give, each another */
	bool rsa;              /* the kind of its key; else ECDSA */
};

struct pki_list {
	const char *file;      /* in the folder above the certificates */
	const struct pki *issuer; /* another authority than the folder's */
	const char *chain;     /* NAME of a certificate that issues it */
	const char *const *gone; /* NAMEs of certificates that it takes back */
	time_t next;           /* the next one is due; 0: in a day */
};

void pki_init(struct pki *pki);
/** The same with this name of the authority: a forger takes another's. */
void pki_init_named(struct pki *pki, const char *cn);
void pki_make(struct pki *pki, const struct pki_spec *spec);
/** Show the certificates of @file, too, behind those of NAME.crt. */
void pki_append(struct pki *pki, const char *name, const char *file);
/** Append a revocation list to its file. */
void pki_revoke(struct pki *pki, const struct pki_list *list);
void pki_free(struct pki *pki);

#endif
