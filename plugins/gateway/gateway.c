/*
 * Turn a SIP address that somebody typed into the JID to write to.  XEP-0100,
 * 6.3; stox.md 1.7.
 */
#include "stox/service/disco.h"
#include "stox/service/gateway.h"

#include <string.h>

static const char NS[] = "jabber:iq:gateway";

enum { OPTION_PHONE_DOMAIN };
static const struct stox_option options[] = {
	[OPTION_PHONE_DOMAIN] = { "phone_domain", STOX_STRING, NULL, NULL, 0, 0,
		NULL, STOX_GLOBAL | STOX_DOMAIN,
		"The SIP domain in which telephone numbers that somebody types "
		"at the gateway's prompt are to be found.  Without it numbers "
		"need a domain, as in +14255550100@contoso.com." },
	{ 0 }
};
static const char DESC[] = "Enter the SIP address or the telephone number of "
	"the person to reach, such as bob@contoso.com.";
static const char NO_ADDRESS[] = "Nothing was entered; expected a SIP address "
	"such as bob@contoso.com.";
static const char LOCAL_NUMBER[] = "Telephone numbers must begin with + and the "
	"country code.";
static const char NO_PHONES[] = "This gateway knows no domain for telephone "
	"numbers; enter the number with its domain, such as "
	"+14255550100@contoso.com.";

static bool at_gateway(struct stox_exchange *x)
{
	return stox_to_is_gateway(x) && stox_to_is_domain(x);
}

static stox_verdict ask(void *state, struct stox_exchange *x)
{
	struct stox_element *query;

	(void)state;
	if (!at_gateway(x))
		return stox_next(x);
	query = stox_element_add(stox_reply_stanza(x, "result"), "query", NS);
	stox_element_add_child_text(query, "desc", NULL, DESC);
	stox_element_add_child_text(query, "prompt", NULL, "SIP address");
	return stox_answered(x);
}

/** The digits, with a leading '+' if there is one, when @text is a telephone
 *  number and nothing else, with or without "tel:"; NULL otherwise. */
static const char *phone_number(struct stox_exchange *x, const char *text)
{
	size_t len = strlen(text), n = 0;
	char *out = stox_alloc(x, len + 1);

	if (strncmp(text, "tel:", 4) == 0)
		text += 4;
	for (; *text; text++) {
		if ((*text >= '0' && *text <= '9') || (*text == '+' && n == 0))
			out[n++] = *text;
		else if (!strchr(" -.()/", *text))
			return NULL;
	}
	return n >= 3 ? out : NULL;
}

/** The JID for what was typed, or NULL with a sentence in *@ret_why. */
static const char *find(struct stox_exchange *x, const char *text,
	const char **ret_why)
{
	const char *domain = stox_option_string(x,
		&options[OPTION_PHONE_DOMAIN]);
	const char *number;

	text += strspn(text, " \t\r\n");
	*ret_why = NO_ADDRESS;
	if (!*text)
		return NULL;
	number = phone_number(x, text);
	if (!number)
		return stox_gateway_jid(x, text, ret_why);
	*ret_why = *number == '+' ? NO_PHONES : LOCAL_NUMBER;
	if (*number != '+' || !domain)
		return NULL;
	return stox_gateway_jid(x, stox_printf(x, "sip:%s@%s", number, domain),
		ret_why);
}

static stox_verdict answer(void *state, struct stox_exchange *x)
{
	const struct stox_element *in =
		stox_element_child(stox_in_stanza(x), "query", NS);
	const char *text = stox_element_child_text(in, "prompt");
	const char *why = NULL, *jid;
	struct stox_element *query;

	(void)state;
	if (!at_gateway(x))
		return stox_next(x);
	jid = find(x, text ? text : "", &why);
	if (!jid)
		return stox_reject(x, STOX_NOT_ACCEPTABLE, why);
	query = stox_element_add(stox_reply_stanza(x, "result"), "query", NS);
	stox_element_add_child_text(query, "jid", NULL, jid);
	return stox_answered(x);
}

static void add(void *state, struct stox_exchange *x, enum stox_disco_who who,
	struct stox_element *query)
{
	(void)state;
	(void)x;
	if (who == STOX_DISCO_GATEWAY)
		stox_disco_feature(query, NS);
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	stox_disco_provide(host, add);
	return 0;
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS,
		.run = ask },
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "set", .ns = NS,
		.run = answer },
	{ 0 }
};

STOX_PLUGIN(gateway, "Turn typed SIP addresses into JIDs.", .hooks = hooks,
	.options = options, .init = start);
