#include "toy.h"

#include "core/plugin.h"

static const char *const shades[] = { "light", "dark", NULL };

const struct stox_option toy_options[] = {
	[TOY_SHADE] = { "shade", STOX_WORD, NULL, "light", 0, 0, shades,
		STOX_GLOBAL | STOX_DOMAIN, "How bright it is." },
	[TOY_WAIT] = { "wait", STOX_INT, "s", "30", 1, 300, NULL,
		STOX_GLOBAL | STOX_DOMAIN | STOX_PARTNER,
		"How long it takes." },
	[TOY_FLAG] = { "flag", STOX_BOOL, NULL, "false", 0, 0, NULL, 0,
		"Whether it is up." },
	[TOY_NAMES] = { "names", STOX_STRINGS, NULL, "a, b", 0, 0, NULL,
		STOX_GLOBAL, "What it is called." },
	[TOY_TITLE] = { "title", STOX_STRING, NULL, NULL, 0, 0, NULL,
		STOX_DOMAIN, "What it is entitled to. - And more." },
	{ 0 }
};

const struct stox_plugin toy_plugin = {
	.abi = STOX_ABI,
	.size = sizeof(struct stox_plugin),
	.name = "toy",
	.summary = "A plugin to test with.",
	.options = toy_options,
};

/* no options at all, and a name with the other's as prefix */
static const struct stox_plugin toy_box = {
	.abi = STOX_ABI,
	.size = sizeof(struct stox_plugin),
	.name = "toy_box",
	.summary = "Another one.",
};

static const struct stox_option thief_options[] = {
	{ "port", STOX_INT, NULL, "1", 1, 9, NULL, 0, "Not sip_port." },
	{ 0 }
};
static const struct stox_plugin thief = {
	.abi = STOX_ABI,
	.size = sizeof(struct stox_plugin),
	.name = "sip",
	.summary = "A plugin whose option has the name of one of core.",
	.options = thief_options,
};

static const struct stox_option link_options[] = {
	{ "to", STOX_URIS, NULL, NULL, 0, 0, NULL, 0, "Where it leads." },
	{ 0 }
};
static const struct stox_plugin links = {
	.abi = STOX_ABI,
	.size = sizeof(struct stox_plugin),
	.name = "links",
	.summary = "A plugin with addresses of all kinds.",
	.options = link_options,
};

const struct stox_plugin *const core_plugin_table[] = { &toy_plugin, &toy_box,
	&thief, &links, NULL };
