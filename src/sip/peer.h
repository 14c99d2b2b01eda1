/*
 * peer.h: which partners a connection proves, and where a partner is found.
 */
#ifndef SIP_PEER_H
#define SIP_PEER_H

#include "sip/connection.h"

/* ---- peer.c ---- */

/** Find or make the state of a partner. */
struct sip_peer *sip_peer_find(struct sip *s, const char *name);
void sip_peer_configure(struct sip *s, const struct sip_config *config);
void sip_peer_free(struct sip_peer *p);
/** @host in lower case without its final dot, in @out (256 bytes); empty when it
 *  is no host. */
struct str sip_peer_host(struct str host, char *out);
/** The peer among those that @c proves whose domains hold @host, or NULL. */
struct sip_peer *sip_peer_of(const struct sip_connection *c, struct str host);
/** How to speak to it. */
const struct sip_dialect *sip_peer_dialect(const struct sip_peer *p);
/** The same for whoever is at the other end of @c. */
const struct sip_dialect *sip_connection_dialect(const struct sip_connection *c);
/** A connection for our requests to @p, taking turns; NULL: none.  @any:
 *  those too that RFC 5923 leaves to the peer. */
struct sip_connection *sip_peer_connection(struct sip_peer *p, bool any);

/* ---- link.c ---- */

/** Link every configured peer that @c proves, and of the discovered ones those
 *  that it has met.  Returns true when DNS must be asked first. */
bool sip_link_all(struct sip_connection *c);
/** One more, proven by @c. */
void sip_link_add(struct sip_connection *c, struct sip_peer *p);
void sip_link_none(struct sip_connection *c);

/* ---- discover.c ---- */

/** For a request of ours to @domain (A-labels, lower case).  NULL: it may not
 *  take part (any more). */
struct sip_peer *sip_discover_domain(struct sip *s, const char *domain);
/**
 * For a request that came by @c from a host of no peer that @c proves.
 * NULL: nobody; then *@ret_why gets a phrase, when discovery is the reason.
 */
struct sip_peer *sip_discover_sender(struct sip_connection *c,
	struct str from_host, const char **ret_why);
/** Its servers are known: find the provider that they belong to. */
void sip_discover_located(struct sip_peer *p);
/** Meet the domains in no section for which the host names that @c proves may
 *  speak by the same-domain rule: whether SRV records name them is still to be
 *  seen.  May forget others. */
void sip_discover_meet_callers(struct sip_connection *c);
/** Call @each for those of them that were met. */
void sip_discover_callers(struct sip_connection *c,
	void (*each)(void *arg, struct sip_peer *p), void *arg);
/** Take the policy of the day; partner is NULL when it may not take part. */
void sip_discover_configure(struct sip_peer *p);
/** It was used just now; nothing for configured peers. */
void sip_discover_used(struct sip_peer *p);
/** It is configured now, or is freed. */
void sip_discover_leave(struct sip_peer *p);

/* ---- proof.c ---- */

enum sip_proof {
	SIP_PROOF_NO,
	SIP_PROOF_YES,
	SIP_PROOF_ASK,  /* yes, if DNS says that the SRV target is called so */
};
/** Does the other end of @c prove to be @p?  Rulings 3 and 4. */
enum sip_proof sip_proof(const struct sip_connection *c,
	const struct sip_peer *p);
/** Does a certificate name one of the front ends of @partner? */
bool sip_proof_names_server(const struct io_identity *id,
	const struct sip_partner *partner);
/** A sentence: which name was expected, what the certificate says. */
void sip_proof_explain(const struct sip_connection *c, const struct sip_peer *p,
	char *out, size_t size);
/** An IPv4 or IPv6 address, which no certificate here names? */
bool sip_proof_is_literal(const char *host);
/** Is @target @domain itself or one label below it?  lync.md's rule. */
bool sip_proof_same_domain(struct str target, struct str domain);

/* ---- locate.c ---- */

/** Read "host", "host:port", "[v6]:port".  False when it is none. */
bool sip_locate_parse(const char *text, uint16_t port, char *host, size_t size,
	uint16_t *ret_port);
/** Has the administrator written down its servers? */
bool sip_locate_is_fixed(const struct sip_peer *p);
/** Are the targets of @p known and fresh? */
bool sip_locate_ready(const struct sip_peer *p);
/** Look them up; waiting clients and connections go on afterwards. */
void sip_locate_start(struct sip_peer *p);
/** Take the targets from the configuration, after a change of it. */
void sip_locate_configure(struct sip_peer *p);
/** That slot has answered. */
void sip_locate_answered(struct sip_peer *p, size_t slot);
/** The next slot that is not in @tried (a bit each), by the pool choice of the
 *  dialect, those that failed lately last, or -1.  *@ret_blocked_ms gets the earliest end of a block that was in
 *  the way, 0 for none. */
int sip_locate_next(const struct sip_peer *p, unsigned tried,
	uint64_t *ret_blocked_ms);

#endif
