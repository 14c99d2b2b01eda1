/*
 * set.h: a folder of certificates, and what both ends of a connection do with
 * it.
 */
#ifndef TESTS_IO_SET_H
#define TESTS_IO_SET_H

#include "io/io.h"
#include "pki.h"

struct set {
	struct pki pki;
	struct io_env *env;
	struct io_credentials *credentials;
	struct io_tls_config client, server;
};

/** One folder for both ends: the client shows a.example, the server
 *  b.example.  @extra is one more certificate, or NULL. */
struct set *set_new(const struct pki_spec *extra);
void set_free(struct set *s);
/** Read the folder; @crl may be NULL.  Returns one reference. */
struct io_credentials *set_load(struct set *s, const char *crl);
/** Read the folder again, for both ends. */
void set_reload(struct set *s, const char *crl);

#endif
