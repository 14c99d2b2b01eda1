/*
 * stanza.c: kinds of stanzas, replies and errors.  RFC 6120, 8.
 */
#include "xmpp/stanza.h"

static const struct {
	const char *name, *type;
} conditions[STOX_CONDITION_COUNT] = {
	[STOX_NO_ERROR] = { "undefined-condition", "cancel" },
	[STOX_BAD_REQUEST] = { "bad-request", "modify" },
	[STOX_CONFLICT] = { "conflict", "cancel" },
	[STOX_FEATURE_NOT_IMPLEMENTED] = { "feature-not-implemented",
		"cancel" },
	[STOX_FORBIDDEN] = { "forbidden", "auth" },
	[STOX_GONE] = { "gone", "cancel" },
	[STOX_INTERNAL_SERVER_ERROR] = { "internal-server-error", "cancel" },
	[STOX_ITEM_NOT_FOUND] = { "item-not-found", "cancel" },
	[STOX_JID_MALFORMED] = { "jid-malformed", "modify" },
	[STOX_NOT_ACCEPTABLE] = { "not-acceptable", "modify" },
	[STOX_NOT_ALLOWED] = { "not-allowed", "cancel" },
	[STOX_NOT_AUTHORIZED] = { "not-authorized", "auth" },
	[STOX_POLICY_VIOLATION] = { "policy-violation", "modify" },
	[STOX_RECIPIENT_UNAVAILABLE] = { "recipient-unavailable", "wait" },
	[STOX_REDIRECT] = { "redirect", "modify" },
	[STOX_REGISTRATION_REQUIRED] = { "registration-required", "auth" },
	[STOX_REMOTE_SERVER_NOT_FOUND] = { "remote-server-not-found",
		"cancel" },
	[STOX_REMOTE_SERVER_TIMEOUT] = { "remote-server-timeout", "wait" },
	[STOX_RESOURCE_CONSTRAINT] = { "resource-constraint", "wait" },
	[STOX_SERVICE_UNAVAILABLE] = { "service-unavailable", "cancel" },
	[STOX_SUBSCRIPTION_REQUIRED] = { "subscription-required", "auth" },
	[STOX_UNDEFINED_CONDITION] = { "undefined-condition", "cancel" },
	[STOX_UNEXPECTED_REQUEST] = { "unexpected-request", "wait" },
};

enum stanza_kind stanza_kind(const struct stox_element *e)
{
	switch (e && e->name ? e->name[0] : '\0') {
	case 'm':
		return strcmp(e->name, "message") == 0 ? STANZA_MESSAGE
						       : STANZA_NONE;
	case 'p':
		return strcmp(e->name, "presence") == 0 ? STANZA_PRESENCE
							: STANZA_NONE;
	case 'i':
		return strcmp(e->name, "iq") == 0 ? STANZA_IQ : STANZA_NONE;
	}
	return STANZA_NONE;
}

static bool has_type(const struct stox_element *e, const char *type)
{
	const char *own = stox_element_attr(e, "type");

	return own && strcmp(own, type) == 0;
}

bool stanza_is_answer(const struct stox_element *e)
{
	return has_type(e, "error") ||
	       (stanza_kind(e) == STANZA_IQ && has_type(e, "result"));
}

const char *stanza_iq_fault(const struct stox_element *e)
{
	const struct stox_element *child;
	const char *id = stox_element_attr(e, "id");

	if (stanza_kind(e) != STANZA_IQ || stanza_is_answer(e))
		return NULL;
	if (!has_type(e, "get") && !has_type(e, "set"))
		return "An iq has the type get, set, result or error.";
	if (!id || !*id)
		return "An iq needs an id.";
	child = stox_element_child(e, NULL, NULL);
	if (!child || stox_element_next(child, NULL, NULL))
		return "A request holds exactly one element.";
	return NULL;
}

const char *stanza_condition_name(enum stox_condition c)
{
	return conditions[c].name;
}

enum stox_condition stanza_condition_from(const char *name)
{
	for (int c = STOX_NO_ERROR + 1; name && c < STOX_CONDITION_COUNT; c++)
		if (strcmp(conditions[c].name, name) == 0)
			return (enum stox_condition)c;
	return STOX_UNDEFINED_CONDITION;
}

const char *stanza_condition_type(enum stox_condition c)
{
	return conditions[c].type;
}

/* The condition is the first element of the namespace that is not <text/>. */
static enum stox_condition find_condition(const struct stox_element *error)
{
	const struct stox_element *c =
		stox_element_child(error, NULL, STOX_NS_STANZAS);

	while (stox_element_is(c, "text", NULL))
		c = stox_element_next(c, NULL, STOX_NS_STANZAS);
	return stanza_condition_from(stox_element_name(c));
}

bool stanza_error_read(const struct stox_element *e, struct stanza_error *ret)
{
	const struct stox_element *error =
		e ? stox_element_child(e, "error", e->ns) : NULL;
	const char *type = stox_element_attr(error, "type");

	if (!error)
		return false;
	*ret = (struct stanza_error){
		.condition = find_condition(error),
		.text = stox_element_text(
			stox_element_child(error, "text", STOX_NS_STANZAS)),
		.by = stox_element_attr(error, "by"),
	};
	ret->type = type ? type : stanza_condition_type(ret->condition);
	return true;
}

struct stox_element *stanza_reply(
	struct pool *pool, const struct stox_element *e, const char *type)
{
	struct stox_element *reply = xml_element(pool, e->name, e->ns);

	stox_element_set(reply, "from", stox_element_attr(e, "to"));
	stox_element_set(reply, "to", stox_element_attr(e, "from"));
	stox_element_set(reply, "id", stox_element_attr(e, "id"));
	stox_element_set(reply, "type", type);
	return reply;
}

/* Errors never create errors, and nobody waits for an answer to presence that
 * is not a request. */
static bool may_be_refused(const struct stox_element *e)
{
	switch (stanza_kind(e)) {
	case STANZA_NONE:
		return false;
	case STANZA_MESSAGE:
	case STANZA_IQ:
		return !stanza_is_answer(e);
	case STANZA_PRESENCE:
		return has_type(e, "subscribe");
	}
	return false;
}

struct stox_element *stanza_error_reply(struct pool *pool,
	const struct stox_element *e, const struct stanza_error *error)
{
	struct stox_element *reply, *child;

	if (!may_be_refused(e))
		return NULL;
	reply = stanza_reply(pool, e, "error");
	child = stox_element_add(reply, "error", NULL);
	stox_element_set(child, "type",
		error->type ? error->type
			    : stanza_condition_type(error->condition));
	stox_element_set(child, "by", error->by);
	stox_element_add(child, stanza_condition_name(error->condition),
		STOX_NS_STANZAS);
	if (error->text)
		stox_element_add_child_text(
			child, "text", STOX_NS_STANZAS, error->text);
	return reply;
}
