#include "talk.h"

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
	[OPTION_RING] = { "ring", STOX_INT, "s", "60", 5, 180, NULL,
		STOX_GLOBAL | STOX_DOMAIN,
		"How long texts wait for the other side to take a conversation; "
		"then their senders hear an error." },
	[OPTION_IDLE] = { "idle", STOX_INT, "s", "900", 5, 86400, NULL,
		STOX_GLOBAL | STOX_DOMAIN,
		"A conversation in which nobody has written for so long ends." },
	[OPTION_FIRST_TEXT] = { "first_text", STOX_BOOL, NULL, "false", 0, 0,
		NULL, STOX_GLOBAL | STOX_DOMAIN,
		"Put the first text into the INVITE as well (ms-text-format), "
		"which the pop-up of Lync shows." },
	[OPTION_PAGE_TYPING] = { "page_typing", STOX_BOOL, NULL, "false", 0, 0,
		NULL, STOX_GLOBAL | STOX_DOMAIN,
		"Tell SIP who types outside of conversations too, which costs a "
		"MESSAGE each time (RFC 3994), where sip_typing is "
		"\"iscomposing\"." },
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
	{ STOX_TRANSLATE, STOX_SIP, .name = "INVITE", .run = talk_invite },
	{ STOX_TRANSLATE, STOX_SIP, .name = "BYE", .run = talk_lost },
	{ STOX_TRANSLATE, STOX_SIP, .name = "INFO", .run = talk_lost },
	{ STOX_TRANSLATE, STOX_SIP, .name = "UPDATE", .run = talk_lost },
	{ STOX_REPLY, STOX_XMPP, .name = "message", .run = message_x2s_reply },
	{ STOX_REPLY, STOX_SIP, .name = "MESSAGE", .run = message_s2x_reply },
	{ 0 }
};

static const struct stox_session_kind *const kinds[] = { &talk_kind, NULL };

STOX_PLUGIN(message, "Carry texts both ways, one by one or in conversations.",
	.hooks = hooks, .options = message_options, .init = start,
	.sessions = kinds);
