/*
 * deliver.h: the last step of an inbound stanza.
 */
#ifndef XMPP_DELIVER_H
#define XMPP_DELIVER_H

#include "xmpp/object.h"

/** Rename what is in jabber:client or jabber:component:accept to
 *  jabber:server, all the way down. */
void xmpp_namespaces(struct stox_element *e);
/** Hand up a stanza whose origin is proven; @pool is taken unless it was the
 *  answer to a ping of ours. */
void xmpp_deliver(struct xmpp_stream *s, struct pool **pool,
	struct xmpp_stanza *stanza);
/** The address in `to` cannot be one: tell the sender, in the name of
 *  @local. */
void xmpp_bad_to(struct xmpp_stream *s, struct pool *pool,
	const struct stox_element *e, const char *local, struct str remote);

#endif
