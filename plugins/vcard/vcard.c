/*
 * Show what a SIP user shows of itself: its display name.  XEP-0054
 *
 * A name is told to those to whom the user has shown it, and to nobody else:
 * for a stranger every address looks the same, whether it exists or not.
 */
#include <string.h>

#include "stox/service/cache.h"
#include "stox/service/disco.h"
#include "stox/service/policy.h"

static const char NS[] = "vcard-temp";
static const char NS_NICK[] = "http://jabber.org/protocol/nick";
/* A name is forgotten a month after it was shown the last time. */
enum { NAME_S = 30 * 86400, NAME_MAX = 255 };

/** Can XML carry it, and is it short enough to be a name?  Bytes above ASCII
 *  must be whole UTF-8 characters. */
static bool is_name(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned more = 0;

	if (!*s || strlen(s) > NAME_MAX)
		return false;
	for (; *p; p++) {
		if ((*p & 0xc0) == 0x80) {
			if (more-- == 0)
				return false;
			continue;
		}
		if (more || *p < 0x20 || *p == 0x7f || *p == 0xc0 ||
			*p == 0xc1 || *p > 0xf4)
			return false;
		more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
		/* surrogates, U+FFFE, forms too long, beyond U+10FFFF */
		if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
			(*p == 0xef && p[1] == 0xbf && p[2] >= 0xbe) ||
			(*p == 0xf0 && p[1] < 0x90) ||
			(*p == 0xf4 && p[1] > 0x8f))
			return false;
	}
	return more == 0;
}

/** The SIP user of @user has shown its name to @other. */
static const char *key(struct stox_exchange *x, const char *user,
	const char *other)
{
	return stox_printf(x, "name %s %s", user, other);
}

static stox_verdict learn(void *state, struct stox_exchange *x)
{
	const char *name = stox_in_display(x);

	if (name && is_name(name) && stox_in_method(x) && stox_from(x) &&
		stox_to(x))
		stox_cache_put(state, key(x, stox_from_bare(x), stox_to_bare(x)),
			name, NAME_S);
	return stox_next(x);
}

/** Presence tells the name that the SIP user's own document has. */
static stox_verdict learn_nick(void *state, struct stox_exchange *x)
{
	const struct stox_element *e = stox_out_element(x);
	const struct stox_element *nick = e
		? stox_element_child(e, "nick", NS_NICK) : NULL;
	const char *name = nick ? stox_element_text(nick) : NULL, *known, *k;

	if (!name || !is_name(name))
		return stox_next(x);
	k = key(x, stox_from_bare(x), stox_to_bare(x));
	known = stox_cache_get(state, k);
	if (!known || strcmp(known, name) != 0)
		stox_cache_put(state, k, name, NAME_S);
	return stox_next(x);
}

static stox_verdict show(void *state, struct stox_exchange *x)
{
	const char *name;
	struct stox_element *card;

	if (stox_to_is_domain(x))
		return stox_next(x);
	name = stox_cache_get(state, key(x, stox_to_bare(x), stox_from_bare(x)));
	if (!name || stox_policy_hidden(x))
		return stox_reject(x, STOX_ITEM_NOT_FOUND, NULL);
	card = stox_element_add(stox_reply_stanza(x, "result"), "vCard", NS);
	stox_element_add_child_text(card, "FN", NULL, name);
	return stox_answered(x);
}

static stox_verdict refuse(void *state, struct stox_exchange *x)
{
	(void)state;
	return stox_reject(x, STOX_FORBIDDEN,
		"Only its owner may change a vCard.");
}

static void add(void *state, struct stox_exchange *x, enum stox_disco_who who,
	struct stox_element *query)
{
	(void)state;
	(void)x;
	if (who == STOX_DISCO_ACCOUNT || who == STOX_DISCO_DEVICE)
		stox_disco_feature(query, NS);
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	stox_disco_provide(host, add);
	return 0;
}

static const struct stox_hook hooks[] = {
	{ STOX_OBSERVE, STOX_SIP, .run = learn },
	{ STOX_ADJUST, STOX_SIP, .name = "presence", .run = learn_nick },
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "get", .ns = NS,
		.run = show },
	{ STOX_TRANSLATE, STOX_XMPP, .name = "iq", .type = "set", .ns = NS,
		.run = refuse },
	{ 0 }
};

STOX_PLUGIN(vcard, "Show the display names of SIP users.", .hooks = hooks,
	.init = start);
