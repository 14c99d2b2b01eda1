/*
 * identity.c: what a certificate says: its names, and whether it is to be
 * believed.  Common names are never looked at.
 */
#include "io/tls.h"

#include <gnutls/x509-ext.h>
#include <stdlib.h>
#include <string.h>

#define SAN_OID "2.5.29.17"
#define SRV_NAME_OID "1.3.6.1.5.5.7.8.7"
#define XMPP_ADDR_OID "1.3.6.1.5.5.7.8.5"
#define SIP_DOMAIN_OID "1.3.6.1.5.5.7.3.20"
#define MAX_NAMES 256 /* of one certificate; the rest is not read */

/* Names of one kind while they are gathered. */
struct names {
	const char **list;
	size_t count;
};

static void add_name(struct pool *pool, struct names *n, const char *name)
{
	n->list[n->count++] = pool_strdup(pool, name);
}

/* ---- cleaning ----------------------------------------------------------- */

/* Lower case and printable ASCII; false for all else, a NUL inside included. */
static bool clean(struct str s, char *out, size_t size)
{
	if (s.len == 0 || s.len >= size)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c <= ' ' || c > '~')
			return false;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[s.len] = '\0';
	return true;
}

/* The contents of a DER string, UTF8String or IA5String. */
static bool der_string(const gnutls_datum_t *d, struct str *ret)
{
	size_t len, head = 2;

	if (d->size < 2 || (d->data[0] != 0x0c && d->data[0] != 0x16))
		return false;
	len = d->data[1];
	if (len == 0x81 && d->size > 2) {
		len = d->data[2];
		head = 3;
	} else if (len == 0x82 && d->size > 3) {
		len = (size_t)d->data[2] << 8 | d->data[3];
		head = 4;
	} else if (len >= 0x80) {
		return false;
	}
	if (d->size != head + len)
		return false;
	*ret = (struct str){ (const char *)d->data + head, len };
	return true;
}

/* ---- names -------------------------------------------------------------- */

struct reader {
	struct pool *pool;
	struct names dns, uri, srv, xmpp;
};

static void read_other(struct reader *r, const gnutls_datum_t *value,
	const char *oid)
{
	char name[1024];
	struct str s;

	if (!der_string(value, &s))
		return;
	if (strcmp(oid, SRV_NAME_OID) == 0 && clean(s, name, sizeof(name)))
		add_name(r->pool, &r->srv, name);
	/* An xmppAddr may be of a user; only a domain names a server. */
	else if (strcmp(oid, XMPP_ADDR_OID) == 0 &&
		 !memchr(s.p, '\0', s.len) && str_find(s, '@') < 0 &&
		 str_find(s, '/') < 0 &&
		 io_domain_to_ascii(s, name, sizeof(name)) == 0)
		add_name(r->pool, &r->xmpp, name);
}

static void read_name(struct reader *r, unsigned type,
	const gnutls_datum_t *value, const gnutls_datum_t *oid)
{
	struct str s = { (const char *)value->data, value->size };
	char name[1024];

	switch (type) {
	case GNUTLS_SAN_DNSNAME:
		/* no final dot in a certificate, RFC 5280, 4.2.1.6 */
		if (clean(s, name, sizeof(name)) && !str_ends(s, STR(".")))
			add_name(r->pool, &r->dns, name);
		break;
	case GNUTLS_SAN_URI:
		if (clean(s, name, sizeof(name)))
			add_name(r->pool, &r->uri, name);
		break;
	case GNUTLS_SAN_OTHERNAME:
		if (oid->data && oid->size > 0 && oid->size < sizeof(name)) {
			memcpy(name, oid->data, oid->size);
			name[oid->size] = '\0';
			read_other(r, value, name);
		}
		break;
	default:
		break; /* addresses, mail, directory names */
	}
}

static void read_names(gnutls_x509_crt_t crt, struct reader *r)
{
	gnutls_subject_alt_names_t sans;
	gnutls_datum_t ext, value, oid;
	unsigned type;

	if (gnutls_x509_crt_get_extension_by_oid2(crt, SAN_OID, 0, &ext,
		    NULL) < 0)
		return;
	if (gnutls_subject_alt_names_init(&sans) == 0) {
		if (gnutls_x509_ext_import_subject_alt_names(&ext, sans, 0) ==
			0)
			for (unsigned i = 0; i < MAX_NAMES; i++) {
				memset(&oid, 0, sizeof(oid));
				if (gnutls_subject_alt_names_get(sans, i, &type,
					    &value, &oid) < 0)
					break;
				read_name(r, type, &value, &oid);
			}
		gnutls_subject_alt_names_deinit(sans);
	}
	gnutls_free(ext.data);
}

void io_identity_read(gnutls_x509_crt_t crt, struct pool *pool,
	struct io_identity *id)
{
	struct reader r = { .pool = pool };
	struct names *all[] = { &r.dns, &r.uri, &r.srv, &r.xmpp };
	unsigned char digest[32];
	size_t size = sizeof(digest);

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		all[i]->list = pool_alloc0(pool,
			(MAX_NAMES + 1) * sizeof(char *));
	read_names(crt, &r);
	id->present = true;
	id->dns = r.dns.list;
	id->uri = r.uri.list;
	id->srv = r.srv.list;
	id->xmpp = r.xmpp.list;
	io_identity_usage(crt, &id->client_usage, &id->server_usage);
	id->expires_s = (uint64_t)gnutls_x509_crt_get_expiration_time(crt);
	if (gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, digest,
		    &size) == 0)
		str_hex(digest, size, id->fingerprint);
}

/* ---- usage -------------------------------------------------------------- */

void io_identity_usage(gnutls_x509_crt_t crt, bool *ret_client,
	bool *ret_server)
{
	bool client = false, server = false;
	char oid[128];

	for (unsigned i = 0; i < 32; i++) {
		size_t size = sizeof(oid);
		int rc = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size,
			NULL);

		if (i == 0 && rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			client = server = true;
		if (rc < 0)
			break;
		if (!strcmp(oid, GNUTLS_KP_ANY) || !strcmp(oid, SIP_DOMAIN_OID))
			client = server = true;
		else if (!strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT))
			client = true;
		else if (!strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER))
			server = true;
	}
	*ret_client = client;
	*ret_server = server;
}

/* ---- the peer of a session ---------------------------------------------- */

const char *io_identity_judge(const struct io_trust *trust,
	gnutls_x509_crt_t *chain, unsigned len, uint64_t now_s,
	uint64_t *ret_until_s)
{
	bool client, server;

	/* Public authorities no longer put the client's usage into a server's
	 * certificate, so either one will do. */
	io_identity_usage(chain[0], &client, &server);
	if (!client && !server)
		return "the certificate is for another use";
	if (!trust)
		return "there is no trust store to check it with";
	return io_trust_check(trust, chain, len, now_s, ret_until_s);
}

unsigned io_identity_import(const gnutls_datum_t *raw, unsigned len,
	gnutls_x509_crt_t *chain)
{
	unsigned n = 0;

	for (; n < len; n++) {
		if (gnutls_x509_crt_init(&chain[n]) < 0)
			break;
		if (gnutls_x509_crt_import(chain[n], &raw[n],
			    GNUTLS_X509_FMT_DER) < 0) {
			gnutls_x509_crt_deinit(chain[n]);
			break;
		}
	}
	return n;
}

/* As io_identity_judge(), of a chain as it came and as it was read. */
static const char *judge(const struct io_trust *trust,
	const gnutls_datum_t *raw, gnutls_x509_crt_t *chain, unsigned len,
	uint64_t now_s)
{
	uint64_t until_s = 0;
	uint8_t digest[32];
	const char *why;

	if (!trust)
		return io_identity_judge(NULL, chain, len, now_s, &until_s);
	io_proven_digest(raw, len, digest);
	if (io_proven_is(trust, digest, now_s))
		return NULL;
	why = io_identity_judge(trust, chain, len, now_s, &until_s);
	if (!why)
		io_proven_add(trust, digest, now_s, until_s);
	return why;
}

static void read_chain(struct io_env *env,
	const struct io_credentials *credentials, const gnutls_datum_t *raw,
	unsigned len, struct pool *pool, struct io_identity *id)
{
	size_t max = limit_get(env->limits, LIMIT_TLS_CHAIN);
	gnutls_x509_crt_t *chain;
	unsigned n;

	if (len > max) {
		limit_hit(env->limits, LIMIT_TLS_CHAIN);
		id->present = true;
		id->why = "its chain is too long";
		return;
	}
	chain = pool_alloc0(pool, len * sizeof(*chain));
	n = io_identity_import(raw, len, chain);
	if (n > 0)
		io_identity_read(chain[0], pool, id);
	id->present = true;
	id->why = n == len ? judge(credentials ? credentials->trust : NULL, raw,
				     chain, len, io_wall_us(env) / 1000000)
			   : "a certificate in its chain cannot be read";
	id->trusted = !id->why;
	while (n > 0)
		gnutls_x509_crt_deinit(chain[--n]);
}

struct io_identity *io_identity_of_session(struct io_env *env,
	gnutls_session_t session, const struct io_credentials *credentials)
{
	struct io_identity id = { .why = "no certificate was shown" }, *packed;
	struct pool *pool = pool_new(NULL);
	unsigned len = 0;
	const gnutls_datum_t *raw = gnutls_certificate_get_peers(session, &len);

	if (raw && len > 0)
		read_chain(env, credentials, raw, len, pool, &id);
	packed = io_identity_pack(&id);
	pool_free(&pool);
	return packed;
}
