/*
 * dialect.c: the kinds of SIP peers, as data.  A new kind is a new row.
 */
#include "sip/sip.h"

static const char *const simple_services[] = { "_sips._tcp",
	"_sipfederationtls._tcp", NULL };
static const char *const lync_services[] = { "_sipfederationtls._tcp",
	"_sips._tcp", NULL };

static const struct sip_dialect dialects[] = {
	{ .name = "simple", .services = simple_services, .gr_in_from = true },
	{ .name = "lync", .services = lync_services, .srv_target_name = true },
};

const struct sip_dialect *sip_dialect_at(size_t index)
{
	if (index >= sizeof dialects / sizeof *dialects)
		return NULL;
	return &dialects[index];
}

const struct sip_dialect *sip_dialect_find(const char *name)
{
	const struct sip_dialect *d;

	for (size_t i = 0; (d = sip_dialect_at(i)); i++)
		if (str_is(str_from(d->name), name))
			return d;
	return NULL;
}
