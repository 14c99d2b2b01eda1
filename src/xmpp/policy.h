/*
 * policy.h: the oracle.  One table says which way of proving an identity a
 * partner's policy (TLS, SASL, dialback) leaves open on which channel; both
 * directions decide by it.  lync.md 1.5, rulings 11 and 12.
 */
#ifndef XMPP_POLICY_H
#define XMPP_POLICY_H

#include "xmpp/xmpp.h"

/** How the far end of a stream has proven who it is. */
enum xmpp_auth {
	XMPP_AUTH_NONE,
	XMPP_AUTH_EXTERNAL,       /* its certificate, by SASL */
	XMPP_AUTH_DIALBACK,       /* dialback over TLS */
	XMPP_AUTH_DIALBACK_PLAIN, /* dialback without TLS */
	XMPP_AUTH_SECRET,         /* component handshake */
};
/** As `stoxctl streams` shows it, "" for none. */
const char *xmpp_auth_name(enum xmpp_auth auth);

/** What a stream runs over: the columns of the table. */
enum xmpp_channel {
	XMPP_CHANNEL_PLAIN,    /* no TLS */
	XMPP_CHANNEL_UNPROVEN, /* TLS, the peer's certificate proves nothing */
	XMPP_CHANNEL_PROVEN,   /* TLS, the certificate proves the peer */
	XMPP_CHANNEL_COUNT
};

/** What may happen there: the cells. */
enum xmpp_outcome {
	XMPP_CLOSE = 0,
	XMPP_BY_EXTERNAL,
	XMPP_BY_EITHER,   /* EXTERNAL, or dialback */
	XMPP_BY_DIALBACK,
};

/** A row of the table: what one partner's policy allows. */
struct xmpp_ways {
	enum xmpp_outcome on[XMPP_CHANNEL_COUNT];
};

/** The row of @p; all cells close for NULL and for a blocked one. */
struct xmpp_ways xmpp_ways_of(const struct xmpp_partner *p);
/** True when every cell closes. */
bool xmpp_ways_none(const struct xmpp_ways *w);
/** Is TLS (STARTTLS, direct) of any use? */
bool xmpp_ways_tls(const struct xmpp_ways *w);
/** May a certificate prove the peer on @channel? */
bool xmpp_ways_external(const struct xmpp_ways *w, enum xmpp_channel channel);
/** May dialback be done on @channel? */
bool xmpp_ways_dialback(const struct xmpp_ways *w, enum xmpp_channel channel);
/** Is an identity that was proven by @auth good enough? */
bool xmpp_ways_allow(const struct xmpp_ways *w, enum xmpp_auth auth);

#endif
