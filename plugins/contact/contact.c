/*
 * Say how to reach the people behind the domain.  XEP-0157
 */
#include "stox/service/disco.h"

static const char FORM[] = "http://jabber.org/network/serverinfo";

#define KIND(name, what) { name, STOX_URIS, NULL, NULL, 0, 0, NULL, \
	STOX_GLOBAL | STOX_DOMAIN, what }
static const struct stox_option options[] = {
	KIND("abuse", "Whom to tell of abuse: \"mailto:…\", \"xmpp:…\" or "
		"\"https:…\"; shown to everybody who asks, as are the others."),
	KIND("admin", "Who runs the service."),
	KIND("feedback", "Where to leave an opinion."),
	KIND("sales", "Where to buy."),
	KIND("security", "Whom to tell of a hole."),
	KIND("status", "Where outages are announced."),
	KIND("support", "Where users find help."),
	{ 0 }
};
/* The form's fields, in the order of the options. */
static const char *const fields[] = { "abuse-addresses", "admin-addresses",
	"feedback-addresses", "sales-addresses", "security-addresses",
	"status-addresses", "support-addresses" };

static void add_field(struct stox_exchange *x, struct stox_element *form,
	size_t kind)
{
	struct stox_element *field = stox_element_add(form, "field", NULL);
	const char *uri;

	stox_element_set(field, "var", fields[kind]);
	stox_element_set(field, "type", "list-multi");
	for (size_t i = 0; (uri = stox_option_item(x, &options[kind], i)); i++)
		stox_element_add_child_text(field, "value", NULL, uri);
}

static void add(void *state, struct stox_exchange *x, enum stox_disco_who who,
	struct stox_element *query)
{
	struct stox_element *form = NULL;

	(void)state;
	if (who != STOX_DISCO_DOMAIN && who != STOX_DISCO_GATEWAY)
		return;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!stox_option_item(x, &options[i], 0))
			continue;
		if (!form)
			form = stox_disco_form(query, FORM);
		add_field(x, form, i);
	}
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	stox_disco_provide(host, add);
	return 0;
}

STOX_PLUGIN(contact, "Say how to reach the people behind the domain.",
	.options = options, .init = start);
