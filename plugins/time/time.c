/*
 * Tell the time of the gateway.  XEP-0202
 */
#include "stox/plugin.h"
#include "stox/service/date.h"

static const char NS[] = "urn:xmpp:time";

static stox_verdict tell(void *state, struct stox_exchange *x)
{
	int64_t now = (int64_t)(stox_in_time_us(x) / 1000000);
	struct stox_element *reply = stox_reply_stanza(x, "result");
	struct stox_element *e = stox_element_add(reply, "time", NS);
	char utc[STOX_DATE_SIZE];

	(void)state;
	/* UTC: where the gateway stands says nothing about the contact. */
	stox_element_add_child_text(e, "tzo", NULL, "+00:00");
	stox_element_add_child_text(e, "utc", NULL,
		stox_date_stamp(utc, now));
	return stox_answered(x);
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS,
		.run = tell },
	{ 0 }
};
static const char *const features[] = { NS, NULL };

STOX_PLUGIN(time, "Tell the time.", .hooks = hooks, .features = features);
