/*
 * credentials_load.c: a folder of certificates and keys, found by name, as
 * Prosody finds them: NAME.crt or NAME.pem with NAME.key, or a folder NAME
 * with fullchain.pem and privkey.pem, as certbot leaves it.
 */
#include "io/tls.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYSTEM_TRUST "/etc/ssl/certs/ca-certificates.crt"

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

static int say(struct buf *why, const char *path, const char *what)
{
	buf_printf(why, "%s: %s", path, what);
	return -STOX_EINVAL;
}

/* ---- one certificate ---------------------------------------------------- */

static int load_key(const char *path, gnutls_privkey_t *ret, struct buf *why)
{
	gnutls_datum_t pem = { 0 };
	int rc = io_file_read(path, true, IO_PEM_MAX, &pem, why);

	if (rc < 0)
		return rc;
	rc = gnutls_privkey_init(ret);
	if (rc == 0)
		rc = gnutls_privkey_import_x509_raw(*ret, &pem,
			GNUTLS_X509_FMT_PEM, NULL, 0);
	io_file_free(&pem);
	return rc < 0 ? say(why, path, gnutls_strerror(rc)) : 0;
}

static bool fits(gnutls_privkey_t key, gnutls_x509_crt_t crt)
{
	unsigned char a[64], b[64];
	size_t a_len = sizeof(a), b_len = sizeof(b);
	gnutls_pubkey_t public;
	bool same;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	same = gnutls_pubkey_import_privkey(public, key, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, a,
		       &a_len) == 0 &&
	       gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, b,
		       &b_len) == 0 &&
	       a_len == b_len && memcmp(a, b, a_len) == 0;
	gnutls_pubkey_deinit(public);
	return same;
}

static const char *const *joined(struct pool *pool, const char **a,
	const char **b)
{
	size_t n = 0, i = 0;
	const char **out;

	while (a[n])
		n++;
	while (b[i])
		i++;
	out = pool_alloc0(pool, (n + i + 1) * sizeof(char *));
	memcpy(out, a, n * sizeof(char *));
	memcpy(out + n, b, i * sizeof(char *));
	return (const char *const *)out;
}

/* NAME of FOLDER/NAME.crt or FOLDER/NAME/fullchain.pem. */
static const char *name_of(struct pool *pool, const char *file)
{
	struct str s = str_from(file);
	struct str whole = STR("/fullchain.pem");
	const char *slash;

	s.len -= str_ends(s, whole) ? whole.len : strlen(".crt");
	slash = memrchr(s.p, '/', s.len);
	if (slash)
		s = (struct str){ slash + 1,
			s.len - (size_t)(slash + 1 - s.p) };
	return pool_strndup(pool, s.p, s.len);
}

static void describe(struct io_credentials *c, struct io_credential *item,
	const char *file, gnutls_x509_crt_t crt)
{
	struct io_certificate *info = &item->info;
	unsigned char digest[32];
	size_t size = sizeof(digest);

	io_identity_read(crt, c->pool, &item->id);
	info->file = pool_strdup(c->pool, file);
	info->name = name_of(c->pool, file);
	info->names = joined(c->pool, item->id.dns, item->id.srv);
	info->addresses = (const char *const *)item->id.xmpp;
	if (gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, digest,
		    &size) == 0)
		str_hex(digest, size, info->key_sha256);
	info->expires_s = item->id.expires_s;
	io_identity_usage(crt, &info->client_usage, &info->server_usage);
	item->id.trusted = true; /* as the twin in memory sees it */
}

/* Keep the chain for handshakes; the first one also names the item. */
static int take_chain(struct io_credentials *c, const char *file,
	gnutls_x509_crt_t *crts, unsigned n, gnutls_privkey_t key,
	struct buf *why)
{
	struct io_credential *item;
	struct io_keys *keys;
	int rc;

	if (!fits(key, crts[0])) {
		gnutls_privkey_deinit(key);
		return say(why, file, "the private key does not fit it");
	}
	item = io_credentials_add(c);
	keys = item->keys = base_alloc0(sizeof(*keys));
	keys->key = key;
	keys->chain = base_alloc0(n * sizeof(*keys->chain));
	rc = gnutls_pcert_import_x509_list(keys->chain, crts, &n, 0);
	if (rc < 0)
		return say(why, file, gnutls_strerror(rc));
	keys->chain_len = n;
	describe(c, item, file, crts[0]);
	return 0;
}

static int load_pair(struct io_credentials *c, const char *file,
	const char *key_file, struct buf *why)
{
	gnutls_datum_t pem = { 0 };
	gnutls_x509_crt_t *crts = NULL;
	gnutls_privkey_t key = NULL;
	unsigned n = 0;
	int rc = io_file_read(file, false, IO_PEM_MAX, &pem, why);

	if (rc < 0)
		return rc;
	rc = gnutls_x509_crt_list_import2(&crts, &n, &pem, GNUTLS_X509_FMT_PEM,
		GNUTLS_X509_CRT_LIST_SORT);
	io_file_free(&pem);
	if (rc < 0 || n == 0)
		return say(why, file, rc < 0 ? gnutls_strerror(rc) : "empty");
	rc = load_key(key_file, &key, why);
	if (rc == 0)
		rc = take_chain(c, file, crts, n, key, why);
	else if (key)
		gnutls_privkey_deinit(key);
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(crts[i]);
	gnutls_free(crts);
	return rc;
}

/* ---- a folder ----------------------------------------------------------- */

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static int load_entry(struct io_env *env, struct io_credentials *c,
	const char *folder, const char *entry, struct buf *why)
{
	static const char *const suffixes[] = { ".crt", ".pem" };
	char *file, *key;
	struct str name = str_from(entry);

	file = pool_printf(c->pool, "%s/%s/fullchain.pem", folder, entry);
	key = pool_printf(c->pool, "%s/%s/privkey.pem", folder, entry);
	if (exists(file) && exists(key))
		return load_pair(c, file, key, why);
	for (size_t i = 0; i < 2; i++) {
		if (!str_ends(name, str_from(suffixes[i])))
			continue;
		file = pool_printf(c->pool, "%s/%s", folder, entry);
		key = pool_printf(c->pool, "%s/%.*s.key", folder,
			(int)(name.len - 4), entry);
		if (exists(key))
			return load_pair(c, file, key, why);
		log_event(env->log, STOX_LOG_WARN, "io", 0,
			"certificate-skipped", "file=\"%s\" reason=\"no key "
					       "beside it\"", file);
	}
	return 0;
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int load_folder(struct io_env *env, struct io_credentials *c,
	const char *folder, struct buf *why)
{
	struct dirent **entries;
	int rc = 0, n = scandir(folder, &entries, is_visible, alphasort);

	if (n < 0)
		return say(why, folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = load_entry(env, c, folder, entries[i]->d_name,
				why);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* ---- the set ------------------------------------------------------------ */

/* A key of a kind that the peer cannot verify is useless to it; of the others
 * the elliptic ones are faster. */
static unsigned rank(const void *arg, const struct io_credential *item)
{
	gnutls_session_t session = (gnutls_session_t)(uintptr_t)arg;
	int kind = gnutls_privkey_get_pk_algorithm(item->keys->key, NULL);
	gnutls_sign_algorithm_t algorithm;

	for (size_t i = 0; gnutls_sign_algorithm_get_requested(session, i,
				   &algorithm) == 0;
		i++)
		if (gnutls_sign_supports_pk_algorithm(algorithm,
			    (gnutls_pk_algorithm_t)kind))
			return kind == GNUTLS_PK_RSA ? 1 : 2;
	return 0;
}

static bool get_sni(gnutls_session_t session, char *sni, size_t size)
{
	unsigned type;

	size--;
	if (gnutls_server_name_get(session, sni, &size, &type, 0) < 0)
		return false;
	sni[size] = '\0';
	for (char *p = sni; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return true;
}

/* GnuTLS asks during a handshake what to show. */
static int on_retrieve(gnutls_session_t session, const gnutls_datum_t *names,
	int name_count, const gnutls_pk_algorithm_t *algorithms,
	int algorithm_count, gnutls_pcert_st **ret_chain, unsigned *ret_len,
	gnutls_privkey_t *ret_key)
{
	const struct io_tls *tls = gnutls_session_get_ptr(session);
	struct io_credential *item;
	char sni[256];
	bool named = !tls->client && get_sni(session, sni, sizeof(sni));

	(void)names;
	(void)name_count;
	(void)algorithms;
	(void)algorithm_count;
	item = io_credentials_choose(tls, named ? sni : NULL, rank, session);
	*ret_len = 0;
	if (!item)
		return tls->client ? 0 : -1;
	*ret_chain = item->keys->chain;
	*ret_len = item->keys->chain_len;
	*ret_key = item->keys->key;
	return 0;
}

static int load(struct io_env *env, const struct io_credentials_config *config,
	struct io_credentials *c, struct buf *why)
{
	int rc = io_trust_load(c->trust,
		config->trust ? config->trust : SYSTEM_TRUST, why);

	if (rc == 0 && config->crl)
		rc = io_crl_load(c->trust, c->pool, config->crl, why);
	if (rc == 0 && config->folder)
		rc = load_folder(env, c, config->folder, why);
	if (rc < 0)
		return rc;
	if (gnutls_certificate_allocate_credentials(
		    &c->trust->session_credentials) < 0)
		return say(why, "certificates", "GnuTLS failed");
	gnutls_certificate_set_retrieve_function2(
		c->trust->session_credentials, on_retrieve);
	return 0;
}

int io_credentials_load(struct io_env *env,
	const struct io_credentials_config *config, struct io_credentials **ret,
	struct buf *why)
{
	struct io_credentials *c = base_alloc0(sizeof(*c));
	int rc;

	c->refs = 1;
	c->trusted = true;
	c->pool = pool_new(NULL);
	c->trust = base_alloc0(sizeof(*c->trust));
	c->trust->proven = base_alloc0(sizeof(*c->trust->proven));
	rc = load(env, config, c, why);
	if (rc < 0)
		io_credentials_unref(&c);
	else
		*ret = c;
	return rc;
}
