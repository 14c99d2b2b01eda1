/*
 * stox/service/gateway.h: domains of ours whose users are escaped SIP addresses:
 * bob\40contoso.com@sip.example.org.  Needs the exact build of stox.
 * XEP-0100, XEP-0106.
 */
#ifndef STOX_SERVICE_GATEWAY_H
#define STOX_SERVICE_GATEWAY_H

#include "stox/plugin.h"

/** Is the addressee of @x at a gateway domain: one of its people, or (see
 *  stox_to_is_domain()) the gateway itself? */
STOX_API bool stox_to_is_gateway(const struct stox_exchange *x);

/**
 * The JID to which people on XMPP write to reach a SIP address: at a gateway,
 * or under the domain's own name.  Whether that user exists is not looked up.
 *
 * @text  as a person types it: "sip:bob@contoso.com", "bob@contoso.com",
 *        with or without < >
 * Returns it in the memory of @x, or NULL with a sentence in *@ret_why.
 */
STOX_API const char *stox_gateway_jid(struct stox_exchange *x, const char *text,
	const char **ret_why);

#endif
