/*
 * Say the name and version of the software.  XEP-0092
 */
#include "stox/plugin.h"

static const char NS[] = "jabber:iq:version";

enum { OPTION_SHOW };
static const struct stox_option options[] = {
	[OPTION_SHOW] = { "show", STOX_BOOL, NULL, "true", 0, 0, NULL,
		STOX_GLOBAL | STOX_DOMAIN,
		"Whether the version is told beside the name." },
	{ 0 }
};

static stox_verdict tell(void *state, struct stox_exchange *x)
{
	struct stox_element *reply = stox_reply_stanza(x, "result");
	struct stox_element *query = stox_element_add(reply, "query", NS);

	(void)state;
	stox_element_add_child_text(query, "name", NULL, "stox");
	stox_element_add_child_text(query, "version", NULL,
		stox_option_bool(x, &options[OPTION_SHOW]) ? stox_version()
							   : "hidden");
	return stox_answered(x);
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS,
		.run = tell },
	{ 0 }
};
static const char *const features[] = { NS, NULL };

STOX_PLUGIN(version, "Say name and version of the software.", .hooks = hooks,
	.options = options, .features = features);
