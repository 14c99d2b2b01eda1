/*
 * Say how long the gateway has been up.  XEP-0012
 *
 * Asked of a domain this means its uptime.  When a user was last active is
 * known to nobody here: such a question finds no service.
 */
#include "stox/service/disco.h"

static const char NS[] = "jabber:iq:last";

static stox_verdict tell(void *state, struct stox_exchange *x)
{
	struct stox_element *query;

	if (!stox_to_is_domain(x))
		return stox_next(x);
	query = stox_element_add(stox_reply_stanza(x, "result"), "query", NS);
	stox_element_set(query, "seconds",
		stox_printf(x, "%llu", (unsigned long long)stox_uptime_s(state)));
	return stox_answered(x);
}

static void add(void *state, struct stox_exchange *x, enum stox_disco_who who,
	struct stox_element *query)
{
	(void)state;
	(void)x;
	if (who == STOX_DISCO_DOMAIN || who == STOX_DISCO_GATEWAY)
		stox_disco_feature(query, NS);
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	stox_disco_provide(host, add);
	return 0;
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS,
		.run = tell },
	{ 0 }
};

STOX_PLUGIN(last, "Say how long the gateway has been up.", .hooks = hooks,
	.init = start);
