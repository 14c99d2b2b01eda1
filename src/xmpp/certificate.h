/*
 * certificate.h: what a peer's certificate is worth.
 */
#ifndef XMPP_CERTIFICATE_H
#define XMPP_CERTIFICATE_H

#include "xmpp/stream.h"

/** Why a certificate proves nothing. */
struct xmpp_problem {
	enum xmpp_step step;
	char why[512]; /* begins with "it" or "its", for the reason of a stream */
};

/**
 * Does the certificate that the peer of @s has shown prove @remote?
 *
 * @remote  canonical domain
 * @ret     written when it does not; may be NULL
 */
bool xmpp_certificate(const struct xmpp_stream *s, const char *remote,
	struct xmpp_problem *ret);
/** The column of the oracle for @remote on this stream; NULL is nobody. */
enum xmpp_channel xmpp_channel(const struct xmpp_stream *s,
	const char *remote);

#endif
