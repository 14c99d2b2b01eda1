#include "core/policy.h"

#include "core/node.h"
#include "stox/service/policy.h"

/* lync.md 1.5: the rights of the partner types. */
static const struct {
	bool talk, write, presence, notes;
} rights[] = {
	[CONFIG_FEDERATED] = { true, true, true, true },
	[CONFIG_PUBLIC_VERIFIED] = { true, true, true, false },
	[CONFIG_PUBLIC_UNVERIFIED] = { true, false, false, false },
	[CONFIG_BLOCKED] = { false, false, false, false },
};

bool policy_type_may(enum config_partner type, enum policy_action action)
{
	switch (action) {
	case POLICY_TALK:
		return rights[type].talk;
	case POLICY_WRITE:
		return rights[type].write;
	case POLICY_PRESENCE:
		return rights[type].presence;
	case POLICY_NOTES:
		return rights[type].notes;
	}
	return false;
}

/* ---- users ------------------------------------------------------------------ */

/** Does @text fit @pattern, where '*' stands for anything?  The last star that
 *  was passed takes one more byte whenever the rest does not fit. */
static bool fits(const char *pattern, struct str text)
{
	const char *star = NULL;
	size_t at = 0, star_at = 0;

	while (at < text.len) {
		if (*pattern == '*') {
			star = ++pattern;
			star_at = at;
		} else if (*pattern == text.p[at]) {
			pattern++;
			at++;
		} else if (star) {
			pattern = star;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool in_list(const char *const *list, struct str local)
{
	for (; list && *list; list++)
		if (fits(*list, local))
			return true;
	return false;
}

bool policy_user_may(const struct config_users *u, struct str local)
{
	if (in_list(u->deny, local))
		return false;
	return !u->allow || !u->allow[0] || in_list(u->allow, local);
}

bool policy_user_hidden(const struct config_users *u, struct str local)
{
	return in_list(u->hidden, local) || !policy_user_may(u, local);
}

/* ---- exchanges ---------------------------------------------------------------- */

static const struct jid *xmpp_end(const struct stox_exchange *x)
{
	return x->side == STOX_XMPP ? &x->from : &x->to;
}

static const struct jid *sip_end(const struct stox_exchange *x)
{
	return x->side == STOX_XMPP ? &x->to : &x->from;
}

/** Questions are answered for all alike, so that they tell nothing. */
static bool is_question(const struct stox_exchange *x)
{
	const char *type = x->in_stanza
		? stox_element_attr(x->in_stanza, "type") : NULL;

	return x->in_stanza && stanza_kind(x->in_stanza) == STANZA_IQ && type &&
	       strcmp(type, "get") == 0;
}

static enum policy_answer refuse(struct stox_exchange *x,
	enum stox_condition condition, const char *text)
{
	x->reject = condition;
	x->reject_text = text;
	return POLICY_NO;
}

/** Per-user policy of both ends. */
static enum policy_answer check_users(struct stox_exchange *x)
{
	bool sip = !sip_end(x)->local.len ||
		policy_user_may(&x->sip_domain->users, sip_end(x)->local);
	bool xmpp = !xmpp_end(x)->local.len ||
		policy_user_may(&x->xmpp_domain->users, xmpp_end(x)->local);

	if (!(x->side == STOX_XMPP ? xmpp : sip))
		return refuse(x, STOX_FORBIDDEN, x->side == STOX_XMPP
			? "The gateway does not serve your address."
			: "Federation Not Allowed For This User");
	if (!(x->side == STOX_XMPP ? sip : xmpp) && !is_question(x))
		return refuse(x, x->side == STOX_XMPP
				? STOX_SERVICE_UNAVAILABLE : STOX_FORBIDDEN,
			x->side == STOX_XMPP
				? "This address cannot be reached through the "
				  "gateway."
				: "This Contact Cannot Be Reached");
	return POLICY_YES;
}

/** Does their server vouch for who sends this?  lync.md 2.5. */
static bool is_marked(const struct stox_exchange *x)
{
	static const char *const names[] = { "ms-asserted-verification-level",
		"ms-edge-proxy-message-trust" };
	struct str value;

	for (size_t i = 0; x->in_sip && i < 2; i++) {
		const struct sip_header *h =
			sip_message_header_named(x->in_sip, names[i], NULL);

		if (h && sip_param(h->value, "ms-source-verified-user", &value))
			return str_iis(value, "verified");
	}
	return false;
}

/** The side whose people have to be approached first; STOX_ANY: none. */
static enum stox_side outsider(const struct stox_exchange *x)
{
	if (x->sip_domain->refuse_strangers ||
		!policy_type_may(x->xmpp_domain->type, POLICY_WRITE))
		return STOX_XMPP;
	return x->sip_domain->limited ||
			(x->sip_domain->by_mark && !is_marked(x))
		? STOX_SIP : STOX_ANY;
}

/** An approach: what a person does, not what a program asks. */
static bool is_approach(const struct stox_exchange *x)
{
	const char *type;

	if (x->in_sip)
		return str_is(x->in_sip->method, "MESSAGE") ||
		       str_is(x->in_sip->method, "INVITE") ||
		       str_is(x->in_sip->method, "SUBSCRIBE");
	type = stox_element_attr(x->in_stanza, "type");
	if (stanza_kind(x->in_stanza) == STANZA_PRESENCE)
		return type && strcmp(type, "subscribe") == 0;
	return stanza_kind(x->in_stanza) == STANZA_MESSAGE;
}

static enum policy_answer check_stranger(struct stox_exchange *x)
{
	enum stox_side side = outsider(x);

	if (side == STOX_ANY || !sip_end(x)->local.len)
		return POLICY_YES;
	if (side != x->side) {
		if (is_approach(x))
			pair_approach(x);
		x->approached = true;
		return POLICY_YES;
	}
	if (!pair_find(x))
		return POLICY_LATER;
	if (x->approached || is_question(x))
		return POLICY_YES;
	return refuse(x, STOX_FORBIDDEN, x->in_sip
		? "Not Before You Have Been Written To"
		: "People here can be written to or added from your domain only "
		  "after they have written to you or added you first.");
}

enum policy_answer policy_check(struct stox_exchange *x)
{
	enum policy_answer answer = check_users(x);

	return answer == POLICY_YES ? check_stranger(x) : answer;
}

/* ---- as plugins ask: stox/service/policy.h -------------------------------------- */

bool stox_policy_hidden(const struct stox_exchange *x)
{
	return x->side == STOX_XMPP
		? policy_user_hidden(&x->sip_domain->users, x->to.local)
		: policy_user_hidden(&x->xmpp_domain->users, x->to.local);
}

bool stox_policy_shows(const struct stox_exchange *x)
{
	return !policy_user_hidden(x->side == STOX_XMPP
		? &x->xmpp_domain->users : &x->sip_domain->users, x->from.local);
}

bool stox_policy_stranger(const struct stox_exchange *x)
{
	return outsider(x) == x->side && !x->approached;
}

bool stox_policy_presence(const struct stox_exchange *x)
{
	return !stox_policy_hidden(x) && !stox_policy_stranger(x);
}

bool stox_policy_notes(const struct stox_exchange *x)
{
	return stox_policy_presence(x) && !x->sip_domain->discovered &&
	       policy_type_may(x->xmpp_domain->type, POLICY_NOTES);
}
