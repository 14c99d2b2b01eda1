/*
 * policy.h: which ways of proving an identity a partner's policy leaves open.
 * The negotiation matrix of TLS, SASL and dialback as pure functions.
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

/** What may be tried with a partner. */
struct xmpp_ways {
	bool tls;             /* STARTTLS and direct TLS */
	bool external;        /* SASL EXTERNAL over TLS */
	bool dialback_tls;    /* dialback over TLS */
	bool dialback_plain;  /* dialback without TLS */
};

/** The ways that @p leaves; all false for NULL, for a blocked one and for
 *  combinations that allow nothing. */
struct xmpp_ways xmpp_ways_of(const struct xmpp_partner *p);
/** True when there is no way at all. */
bool xmpp_ways_none(const struct xmpp_ways *w);
/** May dialback be done, given whether the stream has TLS? */
bool xmpp_ways_dialback(const struct xmpp_ways *w, bool secure);
/** Is an identity that was proven by @auth good enough? */
bool xmpp_ways_allow(const struct xmpp_ways *w, enum xmpp_auth auth);

#endif
