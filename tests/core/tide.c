/* A plugin in a file of its own: see test_plugin.c. */
#include "stox/plugin.h"

static const struct stox_option options[] = {
	{ "height", STOX_INT, "bytes", "3", -5, 5, NULL, 0, "How high it is." },
	{ 0 }
};

STOX_PLUGIN(tide, "Comes and goes.", .options = options);
