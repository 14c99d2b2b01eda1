/*
 * map.h: what core and several plugins need to translate: addresses and
 * errors.  Pure functions, no state, no I/O.  stox.md 1 and 2.
 */
#ifndef MAP_MAP_H
#define MAP_MAP_H

#include "base/pool.h"
#include "sip/uri.h"
#include "stox/types.h"
#include "xmpp/jid.h"

/* ---- address.c: RFC 7247, 6 ---- */

/**
 * A SIP URI as a JID.  @domain is the XMPP domain to use (already mapped and
 * prepared).
 * `gr` with a value becomes the resource when @with_gr.
 * Returns 0, or -STOX_EINVAL with a phrase in *@why (malformed: 400), or
 * -STOX_ENOENT (cannot be mapped: 404), -STOX_ENOTSUP (scheme: 416).
 */
int map_address_to_jid(struct pool *pool, const struct sip_uri *uri,
	struct str domain, bool with_gr, struct jid *ret, const char **why);
/**
 * A JID as "sip:user@host[;gr=…]", in @pool.  @host is the SIP domain
 * (A-labels).  NULL when the JID has no local part… then "sip:host".
 */
const char *map_address_to_sip(struct pool *pool, const struct jid *jid,
	const char *host, bool with_gr);
/** The same, made before without it, with a prepared resource as gr. */
const char *map_address_with_gr(struct pool *pool, const char *uri,
	struct str resource);

/* ---- gateway.c: XEP-0106 ---- */

/**
 * The user whom a JID of a gateway domain stands for:
 * bob\40contoso.com@sip.example.org is bob@contoso.com.  The resource stays.
 * Whether anybody serves that domain is the caller's to look up.
 * Returns 0, or -STOX_EINVAL with a sentence in *@why (jid-malformed).
 */
int map_gateway_to_jid(struct pool *pool, const struct jid *face,
	struct jid *ret, const char **why);
/**
 * The way back: the face of @jid at the domain @gateway.  @ascii is @jid's
 * domain in A-labels, which stand where a local part cannot hold the U-labels.
 * Returns 0, or -STOX_ENOENT: no local part, or the face is too long.
 */
int map_jid_to_gateway(struct pool *pool, const struct jid *jid,
	const char *ascii, const char *gateway, struct jid *ret);

/* ---- error.c: RFC 7247, 7 ---- */

struct map_status {
	unsigned status;
	const char *reason;    /* phrase to send, NULL: standard */
	unsigned retry_after;  /* seconds, 0: none */
};
/** What a SIP sender hears for a stanza error.  stox.md 2.2 */
struct map_status map_error_to_sip(enum stox_condition condition);

struct map_condition {
	enum stox_condition condition;
	const char *type;      /* "cancel", … */
	const char *text;      /* a sentence for the XMPP user */
};
/** What an XMPP sender hears for a SIP status.  stox.md 2.3 */
struct map_condition map_error_to_xmpp(unsigned status);
/** The same as Lync means it; @warning is the code of a Warning header, or 0.
 *  lync.md 2.8 */
struct map_condition map_error_lync(unsigned status, unsigned warning);

/* ---- diagnostics.c: lync.md 2.8 ---- */

/** One ms-diagnostics: borrowed from the header, without quotes; empty when it
 *  is not there. */
struct map_diagnostics {
	unsigned id;
	struct str reason, source, error_type, target, peer, domain, hresult;
};
/** Read `id;reason="…";source="…"…`.  Returns 0, or -STOX_EINVAL. */
int map_diagnostics_read(struct str item, struct map_diagnostics *ret);
/** What an id means. */
struct map_diagnosis {
	unsigned id;
	enum stox_condition condition; /* STOX_NO_ERROR: the status tells */
	const char *user;      /* a sentence without its end; NULL: the status */
	const char *admin;     /* for the log */
};
/** NULL for ids that are not known. */
const struct map_diagnosis *map_diagnosis(unsigned id);
/** Walk with an index, in the order of ids. */
const struct map_diagnosis *map_diagnosis_at(size_t index);

#endif
