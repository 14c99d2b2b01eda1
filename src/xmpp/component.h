/*
 * component.h: one of our domains reached as a component of another XMPP
 * server, XEP-0114: one connection, kept up for ever, that carries all of the
 * domain's stanzas in both directions.
 */
#ifndef XMPP_COMPONENT_H
#define XMPP_COMPONENT_H

#include "xmpp/route.h"

struct xmpp_component;

/** Begin to connect; @local's strings are copied. */
struct xmpp_component *xmpp_component_start(struct xmpp *x,
	const struct xmpp_local *local);
/** Does it still fit @local, which may be NULL? */
bool xmpp_component_fits(const struct xmpp_component *c,
	const struct xmpp_local *local);
const char *xmpp_component_domain(const struct xmpp_component *c);
/** Close for good: what waits fails with @text, the object frees itself. */
void xmpp_component_stop(struct xmpp_component *c, const char *text);
/** Send a stanza to @remote. */
void xmpp_component_send(struct xmpp_component *c, struct str remote,
	const struct xmpp_letter *letter);
struct xmpp_stream *xmpp_component_stream(struct xmpp_component *c);
size_t xmpp_component_queued(const struct xmpp_stream *s);
/** Bytes that wait until it is there. */
size_t xmpp_component_bytes(const struct xmpp_component *c);

extern const struct xmpp_stream_kind xmpp_component_kind;

#endif
