/*
 * A header adder: every request towards SIP carries X-Play, those that sessions begin
 * included.
 */
#include "stox/plugin.h"

static stox_verdict add_header(void *state, struct stox_exchange *x)
{
	(void)state;
	stox_out_header(x, "X-Play", stox_out_method(x));
	return stox_next(x);
}

static const struct stox_hook hooks[] = {
	{ STOX_ADJUST, STOX_XMPP, .run = add_header },
	{ 0 }
};

STOX_PLUGIN(header, "Mark every request towards SIP.", .hooks = hooks);
