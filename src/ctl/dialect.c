/*
 * What `stoxctl dialect` tells: how a kind of SIP peer, or one partner, is
 * spoken to, and where that is known from.
 */
#include "ctl/report.h"

static json_t *choice(const struct sip_dialect *d, enum sip_choice c)
{
	const struct sip_choice_info *info = sip_choice_info(c);
	const struct sip_dialect *named = sip_dialect_find(d->name);
	bool lync = str_is(str_from(d->name), "lync");
	char number[12], usual[12];

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:s}",
		"option", info->option,
		"value", sip_dialect_text(d, c, number),
		"usual", sip_dialect_text(named, c, usual),
		/* a standard is read, not guessed */
		"grade", lync ? info->grade : "A",
		"source", lync ? info->source : info->standard,
		"overridden", (int)(d->overridden >> c & 1),
		"help", info->help);
}

static json_t *dialect(const struct sip_dialect *d, const char *partner)
{
	json_t *list = json_array();

	for (int c = 0; c < SIP_CHOICE_COUNT; c++)
		json_array_append_new(list, choice(d, (enum sip_choice)c));
	return json_pack("{s:s,s:s,s:o}", "name", d->name, "partner", partner,
		"choices", list);
}

static const struct config_sip_domain *find(const struct config *c,
	struct str name)
{
	const struct config_sip_domain *d = table_get(c->by_domain_sip, name);

	return d ? d : table_get(c->by_ascii_sip, name);
}

json_t *report_dialect(struct node *n, struct str what)
{
	const struct config_sip_domain *partner =
		find(n->snapshot->config, what);
	json_t *list = json_array();
	const struct sip_dialect *d;

	for (size_t i = 0; (d = sip_dialect_at(i)); i++)
		if (!what.len || str_is(what, d->name))
			json_array_append_new(list, dialect(d, ""));
	if (json_array_size(list) == 0 && partner)
		json_array_append_new(list, dialect(partner->partner.dialect,
			partner->domain));
	if (json_array_size(list) > 0)
		return json_pack("{s:b,s:o}", "ok", 1, "dialects", list);
	json_decref(list);
	return json_pack("{s:b,s:s}", "ok", 0, "error",
		"there is neither a dialect nor a SipDomain of that name");
}
