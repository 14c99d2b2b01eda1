/*
 * Say what the gateway and its users are and can.  XEP-0030
 */
#include "stox/plugin.h"

static const char NS_INFO[] = "http://jabber.org/protocol/disco#info";
static const char NS_ITEMS[] = "http://jabber.org/protocol/disco#items";

static void identity(struct stox_element *query, const char *category,
	const char *type, const char *name)
{
	struct stox_element *e = stox_element_add(query, "identity", NULL);

	stox_element_set(e, "category", category);
	stox_element_set(e, "type", type);
	if (name)
		stox_element_set(e, "name", name);
}

/** No nodes here; ask without one.  XEP-0030, 3.2 */
static bool asks_for_node(struct stox_exchange *x, const char *ns)
{
	return stox_element_attr(stox_element_child(stox_in_stanza(x), "query", ns),
		"node") != NULL;
}

/** A user's answer is the same whether the user exists or not: who exists is not told
 *  to strangers. */
static stox_verdict info(void *state, struct stox_exchange *x)
{
	struct stox_host *host = state;
	struct stox_element *query;
	const char *feature;

	if (asks_for_node(x, NS_INFO))
		return stox_reject(x, STOX_ITEM_NOT_FOUND, NULL);
	query = stox_element_add(stox_reply_stanza(x, "result"), "query", NS_INFO);
	if (stox_to_is_domain(x)) {
		identity(query, "gateway", "simple", "stox");
		identity(query, "server", "im", "stox");
	} else {
		identity(query, "account", "registered", NULL);
	}
	for (size_t i = 0; (feature = stox_feature(host, i)); i++)
		stox_element_set(stox_element_add(query, "feature", NULL), "var",
			feature);
	return stox_answered(x);
}

static stox_verdict items(void *state, struct stox_exchange *x)
{
	(void)state;
	if (asks_for_node(x, NS_ITEMS))
		return stox_reject(x, STOX_ITEM_NOT_FOUND, NULL);
	stox_element_add(stox_reply_stanza(x, "result"), "query", NS_ITEMS);
	return stox_answered(x);
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	return 0;
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS_INFO,
		.run = info },
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS_ITEMS,
		.run = items },
	{ 0 }
};
static const char *const features[] = { NS_INFO, NS_ITEMS, "jid\\20escaping",
	NULL };

STOX_PLUGIN(disco, "Say what the gateway and its users can.", .hooks = hooks,
	.features = features, .init = start);
