/*
 * Say what the gateway and its users are and can.  XEP-0030, XEP-0115
 */
#include <string.h>

#include "stox/service/disco.h"

static const char NS_INFO[] = "http://jabber.org/protocol/disco#info";
static const char NS_ITEMS[] = "http://jabber.org/protocol/disco#items";

static const char NS_COMMANDS[] = "http://jabber.org/protocol/commands";

/** The answer, with the node that was asked for, as XEP-0030, 3.2 wants it. */
static struct stox_element *answer(struct stox_exchange *x, const char *ns,
	const char *node)
{
	struct stox_element *query =
		stox_element_add(stox_reply_stanza(x, "result"), "query", ns);

	stox_element_set(query, "node", node);
	return query;
}

static const char *asked_node(struct stox_exchange *x, const char *ns)
{
	return stox_element_attr(
		stox_element_child(stox_in_stanza(x), "query", ns), "node");
}

/** A user's answer is the same whether the user exists or not: who exists is not told
 *  to strangers.  The nodes are those of our caps; others do not exist. */
static stox_verdict info(void *state, struct stox_exchange *x)
{
	const char *node = asked_node(x, NS_INFO);
	enum stox_disco_who who = stox_disco_addressee(x);

	(void)state;
	if (node && !stox_disco_is_node(x, node, &who))
		return stox_reject(x, STOX_ITEM_NOT_FOUND, NULL);
	stox_disco_info(x, who, answer(x, NS_INFO, node));
	return stox_answered(x);
}

/** Nothing has items: there are no rooms and no commands to list, and people are
 *  not listed. */
static stox_verdict items(void *state, struct stox_exchange *x)
{
	const char *node = asked_node(x, NS_ITEMS);
	enum stox_disco_who who;

	(void)state;
	if (node && strcmp(node, NS_COMMANDS) != 0 &&
		!stox_disco_is_node(x, node, &who))
		return stox_reject(x, STOX_ITEM_NOT_FOUND, NULL);
	answer(x, NS_ITEMS, node);
	return stox_answered(x);
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS_INFO,
		.run = info },
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS_ITEMS,
		.run = items },
	{ 0 }
};
static const char *const features[] = { NS_INFO, NS_ITEMS,
	"http://jabber.org/protocol/caps", "jid\\20escaping", NULL };

STOX_PLUGIN(disco, "Say what the gateway and its users can.", .hooks = hooks,
	.features = features);
