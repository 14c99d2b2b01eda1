/*
 * stox/service/address.h: addresses as both worlds write them.  RFC 7247, 6.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_ADDRESS_H
#define STOX_SERVICE_ADDRESS_H

#include "stox/types.h"

/**
 * A URI (sip:, sips:, pres:, im:) or a bare "user@host" of the SIP world as a
 * JID, with its `gr` as resource; in the exchange.  NULL when it cannot be
 * one or its domain is not known here.
 */
STOX_API const char *stox_address_jid(struct stox_exchange *x, const char *uri);
/** A JID as "sip:user@host", its resource as `gr`; in the exchange.  NULL when
 *  its domain is not known here. */
STOX_API const char *stox_address_uri(struct stox_exchange *x, const char *jid);
/** The URI of a device: @uri, from stox_address_uri() without a resource, with
 *  the prepared @resource as `gr`; in the exchange.  RFC 5627, 5.1. */
STOX_API const char *stox_address_device(struct stox_exchange *x,
	const char *uri, const char *resource);
/** @text as the resource of a JID, prepared; NULL when it cannot be one.
 *  RFC 7622, 3.4. */
STOX_API const char *stox_address_resource(struct stox_exchange *x,
	const char *text);

#endif
