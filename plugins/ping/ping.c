/*
 * Answer pings for the domain and its users.  XEP-0199
 */
#include "stox/plugin.h"

static const char NS[] = "urn:xmpp:ping";

static stox_verdict pong(void *state, struct stox_exchange *x)
{
	(void)state;
	stox_reply_stanza(x, "result");
	return stox_answered(x);
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS,
		.run = pong },
	{ 0 }
};
static const char *const features[] = { NS, NULL };

STOX_PLUGIN(ping, "Answer pings.", .hooks = hooks, .features = features);
