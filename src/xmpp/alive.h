/*
 * alive.h: what is said on a stream that has nothing to say: white space, so
 * that it is not taken for dead, and pings, to find out whether the peer is.
 */
#ifndef XMPP_ALIVE_H
#define XMPP_ALIVE_H

#include "xmpp/object.h"
#include "xmpp/stanza.h"

/** When the next of these is due on a stream in use; UINT64_MAX: never. */
uint64_t xmpp_alive_due(const struct xmpp_stream *s);
/** Do what is due; the stream may be closed after it. */
void xmpp_alive_check(struct xmpp_stream *s, uint64_t now);
/** There is a sign of life. */
void xmpp_alive_heard(struct xmpp_stream *s);
/** Is this IQ the answer to a ping of ours?  Then it is used up. */
bool xmpp_alive_answer(struct xmpp *x, const struct stox_element *e,
	const struct jid *from, const struct jid *to);

#endif
