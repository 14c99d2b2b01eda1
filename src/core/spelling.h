/*
 * spelling.h: original spellings of SIP addresses.  The localpart of a JID is folded,
 * a SIP user part is not (stox.md 1.6, D2): the first spelling seen is kept in
 * the store and used towards SIP.  A bounded cache, misses included, keeps the
 * store out of the fast path.
 */
#ifndef CORE_SPELLING_H
#define CORE_SPELLING_H

#include "sip/uri.h"
#include "stox/types.h"
#include "xmpp/jid.h"

struct node;
struct spellings;

struct spellings *spellings_new(struct node *n);
void spellings_free(struct spellings **s);

/** Remember that @jid was written as @uri, when mapping it back would not give
 *  that. */
void spelling_seen(struct node *n, const struct jid *jid,
	const struct sip_uri *uri, const char *host);
/**
 * Find the spelling of @x's SIP end into x->sip_uri.  Returns true when it is
 * known now; else the exchange is resumed by exchange_resume() later.
 */
bool spelling_find(struct stox_exchange *x);

#endif
