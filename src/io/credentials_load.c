/*
 * credentials_load.c: a folder of certificates and keys, found by name.
 */
#include "io/tls.h"

#include <stdlib.h>

void io_keys_free(struct io_keys **keys)
{
	if (!*keys)
		return;
	for (unsigned i = 0; i < (*keys)->chain_len; i++)
		gnutls_pcert_deinit(&(*keys)->chain[i]);
	free((*keys)->chain);
	if ((*keys)->key)
		gnutls_privkey_deinit((*keys)->key);
	free(*keys);
	*keys = NULL;
}

void io_trust_free(struct io_trust **trust)
{
	if (!*trust)
		return;
	if ((*trust)->list)
		gnutls_x509_trust_list_deinit((*trust)->list, 1);
	if ((*trust)->session_credentials)
		gnutls_certificate_free_credentials(
			(*trust)->session_credentials);
	free(*trust);
	*trust = NULL;
}
