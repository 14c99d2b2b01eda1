#include "message.h"

#include <string.h>

/* How long a pair counts as chatting after a chat message.  stox.md 4.3 */
enum { CHAT_S = 1800 };

static const char *const s2x_types[] = { "auto", "normal", "chat", NULL };
static const char *const unknown_users[] = { "480", "404", NULL };
static const char *const threads[] = { "auto", "always", "never", NULL };

const struct stox_option message_options[] = {
	[OPTION_S2X_TYPE] = { "s2x_type", STOX_WORD, NULL, "auto", 0, 0, s2x_types,
		STOX_GLOBAL | STOX_DOMAIN,
		"The type of messages that come from SIP.  RFC 7572 wants "
		"\"normal\", which most clients show as a pop-up; \"auto\" is "
		"\"chat\" while the two have chatted within half an hour." },
	[OPTION_UNKNOWN_USER] = { "unknown_user", STOX_WORD, NULL, "480", 0, 0,
		unknown_users, STOX_GLOBAL | STOX_DOMAIN,
		"The SIP status for an XMPP user whose server answers "
		"service-unavailable, which means offline as well as unknown." },
	[OPTION_MAX_TEXT] = { "max_text", STOX_INT, "bytes", "16384", 1, 65536,
		NULL, STOX_GLOBAL | STOX_DOMAIN,
		"The longest text that crosses as one message, either way." },
	[OPTION_THREAD] = { "thread", STOX_WORD, NULL, "auto", 0, 0, threads,
		STOX_GLOBAL | STOX_DOMAIN,
		"Whether messages from SIP carry their Call-ID as thread: "
		"\"auto\" when the Call-ID comes a second time or belongs to a "
		"thread from XMPP." },
	{ 0 }
};

/** The host is all the state: what is remembered lies in its cache. */
static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	return 0;
}

static const char *pair_key(struct stox_exchange *x)
{
	const char *a = stox_from_bare(x), *b = stox_to_bare(x);

	return strcmp(a, b) < 0 ? stox_printf(x, "chat %s %s", a, b)
				: stox_printf(x, "chat %s %s", b, a);
}

void message_chat_seen(struct stox_host *host, struct stox_exchange *x)
{
	stox_cache_put(host, pair_key(x), "", CHAT_S);
}

bool message_is_chat(struct stox_host *host, struct stox_exchange *x)
{
	return stox_cache_get(host, pair_key(x)) != NULL;
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "message", .run = message_x2s },
	{ STOX_TRANSLATE, STOX_SIP, .name = "MESSAGE", .run = message_s2x },
	{ STOX_REPLY, STOX_XMPP, .name = "message", .run = message_x2s_reply },
	{ STOX_REPLY, STOX_SIP, .name = "MESSAGE", .run = message_s2x_reply },
	{ 0 }
};

STOX_PLUGIN(message, "Carry one-shot texts both ways.", .hooks = hooks,
	.options = message_options, .init = start);
