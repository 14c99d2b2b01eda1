/*
 * dane_tls.c: real certificates and TLSA records.
 *
 * libgnutls-dane is not asked: it looks for a match anywhere in what the peer
 * sent and does not verify that the leaf comes from there, so a forged chain
 * with a known root at its end passes.
 */
#include "io/uv_stream.h"

#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

struct tls_peer {
	struct io_dane_peer peer;
	const struct io_trust *trust; /* NULL: none */
	uint64_t now_s;
	unsigned sent;                /* of crts, by the peer */
	gnutls_x509_crt_t *crts;      /* peer.len of them */
};

static const struct tls_peer *of(const struct io_dane_peer *p)
{
	return (const struct tls_peer *)(const void *)p;
}

/* ---- one certificate ---------------------------------------------------- */

/* Its DER, or that of its key.  gnutls_free() the data. */
static int export(gnutls_x509_crt_t crt, bool key, gnutls_datum_t *ret)
{
	gnutls_pubkey_t public;
	int rc;

	if (!key)
		return gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, ret);
	rc = gnutls_pubkey_init(&public);
	if (rc < 0)
		return rc;
	rc = gnutls_pubkey_import_x509(public, crt, 0);
	if (rc == 0)
		rc = gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, ret);
	gnutls_pubkey_deinit(public);
	return rc;
}

static bool holds(const gnutls_datum_t *der, const struct io_tlsa *t)
{
	unsigned char digest[64];
	struct str got = { (const char *)der->data, der->size };

	if (t->matching > 0) {
		if (gnutls_hash_fast(t->matching == 1 ? GNUTLS_DIG_SHA256
						      : GNUTLS_DIG_SHA512,
			    der->data, der->size, digest) < 0)
			return false;
		got = (struct str){ (char *)digest, t->matching == 1 ? 32 : 64 };
	}
	return str_eq(got, t->data);
}

static bool fits(const struct io_dane_peer *p, unsigned i,
	const struct io_tlsa *t)
{
	gnutls_datum_t der = { 0 };
	bool yes;

	if (export(of(p)->crts[i], t->selector == 1, &der) < 0)
		return false;
	yes = holds(&der, t);
	gnutls_free(der.data);
	return yes;
}

/* ---- a chain ------------------------------------------------------------ */

static const char *leads_to(const struct io_dane_peer *p, unsigned i)
{
	const struct tls_peer *peer = of(p);
	struct io_trust only = { 0 };
	struct io_anchor anchor = { 0 };
	const char *why = "an authority's certificate cannot be read";
	uint64_t until_s;

	if (export(peer->crts[i], false, &anchor.der) < 0)
		return why;
	if (peer->trust)
		only = *peer->trust; /* its revocation lists hold as well */
	only.anchors = &anchor;
	only.count = 1;
	why = io_identity_judge(&only, peer->crts, peer->sent, peer->now_s,
		&until_s);
	gnutls_free(anchor.der.data);
	return why;
}

static void add(struct tls_peer *peer, const gnutls_datum_t *der)
{
	peer->peer.len += io_identity_import(der, 1,
		peer->crts + peer->peer.len);
}

/* Authorities that a record may mean although the peer has not shown them:
 * the certificate in the record itself, and those of our trust store. */
static void add_unseen(struct tls_peer *peer, const struct io_dane *dane,
	size_t room)
{
	bool from_store = false;

	for (size_t i = 0; i < dane->count; i++) {
		const struct io_tlsa *t = &dane->records[i];
		gnutls_datum_t der = { (unsigned char *)(uintptr_t)t->data.p,
			(unsigned)t->data.len };

		if (t->usage == 2 && t->selector == 0 && t->matching == 0)
			add(peer, &der);
		from_store = from_store || t->usage == 0;
	}
	if (from_store && peer->trust)
		peer->peer.len += io_trust_issuers(peer->trust, peer->crts,
			peer->sent, peer->crts + peer->peer.len,
			(unsigned)room - peer->peer.len);
}

const char *uv_tls_dane(const struct io_stream *stream,
	const struct io_dane *dane, const char *const *names)
{
	enum { FROM_STORE = 8 };
	const struct uv_stream *s = uv_stream_of(stream);
	size_t max = limit_get(stream->env->limits, LIMIT_TLS_CHAIN), room;
	struct tls_peer peer = { .peer = { .id = stream->identity, .fits = fits,
					 .leads_to = leads_to } };
	const gnutls_datum_t *raw = NULL;
	const char *why;
	unsigned len = 0;

	if (s->tls && s->tls->session && stream->identity)
		raw = gnutls_certificate_get_peers(s->tls->session, &len);
	if (!raw || len == 0)
		return "no certificate was shown";
	if (s->tls->config->credentials)
		peer.trust = s->tls->config->credentials->trust;
	peer.now_s = io_wall_us(stream->env) / 1000000;
	/* of a chain that is too long only the leaf counts */
	peer.sent = len > max ? 1 : len;
	room = peer.sent + dane->count + FROM_STORE;
	peer.crts = base_alloc0(room * sizeof(*peer.crts));
	peer.sent = io_identity_import(raw, peer.sent, peer.crts);
	peer.peer.len = peer.sent;
	add_unseen(&peer, dane, room);
	why = io_dane_judge(&peer.peer, dane, names);
	while (peer.peer.len > 0)
		gnutls_x509_crt_deinit(peer.crts[--peer.peer.len]);
	free(peer.crts);
	return why;
}
