/*
 * Tell the time of the gateway.  XEP-0202
 */
#define _GNU_SOURCE
#include <time.h>

#include "stox/plugin.h"

static const char NS[] = "urn:xmpp:time";

static stox_verdict tell(void *state, struct stox_exchange *x)
{
	time_t now = (time_t)(stox_in_time_us(x) / 1000000);
	struct stox_element *reply = stox_reply_stanza(x, "result");
	struct stox_element *e = stox_element_add(reply, "time", NS);
	struct tm t;

	(void)state;
	gmtime_r(&now, &t);
	/* UTC: where the gateway stands says nothing about the contact. */
	stox_element_add_child_text(e, "tzo", NULL, "+00:00");
	stox_element_add_child_text(e, "utc", NULL,
		stox_printf(x, "%d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900,
			t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec));
	return stox_answered(x);
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS,
		.run = tell },
	{ 0 }
};
static const char *const features[] = { NS, NULL };

STOX_PLUGIN(time, "Tell the time.", .hooks = hooks, .features = features);
