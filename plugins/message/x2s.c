/*
 * <message/> to MESSAGE.  RFC 7572, 4.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "talk.h"

static const char NS_EME[] = "urn:xmpp:eme:0";
static const char NS_FALLBACK[] = "urn:xmpp:fallback:0";
/* A thread is remembered for a day after its last message. */
enum { THREAD_S = 86400 };

/** Payloads that only the receiver's key opens. */
static bool is_encrypted(const struct stox_element *m)
{
	static const struct {
		const char *name, *ns;
	} kinds[] = {
		{ "encrypted", "eu.siacs.conversations.axolotl" },
		{ "encrypted", "urn:xmpp:omemo:2" },
		{ "encrypted", "urn:xmpp:omemo:1" },
		{ "openpgp", "urn:xmpp:openpgp:0" },
		{ "x", "jabber:x:encrypted" },
		{ "encryption", NS_EME },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (stox_element_child(m, kinds[i].name, kinds[i].ns))
			return true;
	return false;
}

/** Is the body only a notice that the message is encrypted?  XEP-0380 and
 *  XEP-0428 mark it; OTR shows itself. */
static bool body_is_notice(const struct stox_element *m, const char *body)
{
	return !body || stox_element_child(m, "encryption", NS_EME) ||
	       stox_element_child(m, "fallback", NS_FALLBACK);
}

/** The child @name in the stanza's language, else the first. */
static const struct stox_element *in_language(const struct stox_element *m,
	const char *name)
{
	const struct stox_element *first =
		stox_element_child(m, name, STOX_NS_SERVER);
	const struct stox_element *e = first;
	const char *wanted = stox_element_attr(m, "xml:lang");

	for (; e; e = stox_element_next(e, name, STOX_NS_SERVER)) {
		const char *lang = stox_element_attr(e, "xml:lang");

		if (!lang || (wanted && strcmp(lang, wanted) == 0))
			return e;
	}
	return first;
}

/** A thread keeps one Call-ID and From tag, and CSeq rises.  RFC 3261,
 *  8.1.1.4 and 8.1.1.5. */
static void put_thread(struct stox_host *host, struct stox_exchange *x,
	const char *thread)
{
	const char *key = stox_printf(x, "thread %s %s %s", stox_from_bare(x),
		stox_to_bare(x), thread);
	const char *known = stox_cache_get(host, key);
	char call_id[80] = "", tag[80] = "";
	unsigned long cseq = 0;

	if (!known ||
		sscanf(known, "%79s %79s %lu", call_id, tag, &cseq) != 3) {
		snprintf(call_id, sizeof(call_id), "%s", stox_token(x));
		snprintf(tag, sizeof(tag), "%s", stox_token(x));
	}
	cseq = cseq % 0x7ffffffe + 1;
	stox_cache_put(host, key,
		stox_printf(x, "%s %s %lu", call_id, tag, cseq), THREAD_S);
	stox_cache_put(host, stox_printf(x, "call %s", call_id), thread,
		THREAD_S);
	stox_out_call(x, call_id, tag, (uint32_t)cseq);
}

static void put_headers(struct stox_host *host, struct stox_exchange *x,
	const struct stox_element *body)
{
	const struct stox_element *in = stox_in_stanza(x);
	const struct stox_element *subject = in_language(in, "subject");
	const char *lang = stox_element_lang(body ? body : subject);
	const char *thread = stox_element_child_text(in, "thread");
	const char *stamp = stox_element_attr(
		stox_element_child(in, "delay", "urn:xmpp:delay"), "stamp");
	char date[STOX_DATE_SIZE];
	int64_t seconds = stamp ? stox_date_read(stamp) : -1;

	if (subject && *stox_element_text(subject))
		stox_out_header(x, "Subject", stox_element_text(subject));
	if (lang && *lang)
		stox_out_header(x, "Content-Language", lang);
	if (seconds >= 0)
		stox_out_header(x, "Date", stox_date_sip(date, seconds));
	if (thread && *thread)
		put_thread(host, x, thread);
	message_x2s_name(x, in);
}

void message_x2s_name(struct stox_exchange *out,
	const struct stox_element *stanza)
{
	const char *nick = stox_element_text(stox_element_child(stanza, "nick",
		"http://jabber.org/protocol/nick"));

	if (nick && *nick)
		stox_out_display(out, nick);
}

/** The body, and the address of a file when the body does not say it
 *  already.  XEP-0066 */
static const char *whole_text(struct stox_exchange *x, const char *body)
{
	const char *url = stox_element_child_text(
		stox_element_child(stox_in_stanza(x), "x", "jabber:x:oob"), "url");

	if (!url || !*url || strstr(body, url))
		return body;
	return *body ? stox_printf(x, "%s\n%s", body, url) : url;
}

const char *message_x2s_text(struct stox_exchange *x)
{
	const struct stox_element *in = stox_in_stanza(x);
	const struct stox_element *body = in_language(in, "body");
	const char *text = whole_text(x, body ? stox_element_text(body) : "");
	const struct stox_element *subject = in_language(in, "subject");

	if (*text)
		return text;
	text = subject ? stox_element_text(subject) : "";
	return *text ? text : NULL;
}

static bool uses_sessions(const struct stox_exchange *x)
{
	return stox_dialect_is(x, "sip_im", "session");
}

static stox_verdict in_session(struct stox_host *host, struct stox_exchange *x)
{
	struct stox_session *s = talk_of(host, x);

	return s ? stox_session_take(x, s)
		 : stox_reject(x, STOX_RESOURCE_CONSTRAINT,
			"The gateway holds too many conversations; try again "
			"in a minute.");
}

/* It waits for no answer. */
static stox_verdict tell(struct stox_host *host, struct stox_exchange *x)
{
	struct stox_session *s = talk_of(host, x);

	return s ? stox_session_take(x, s) : stox_answered(x);
}

/* Each costs a request of its own: seldom, and never where it was refused.
 * RFC 3994, 4; stox.md 4.9 */
enum { TYPING_S = 10, STATES_S = 86400 };

static stox_verdict page_typing(struct stox_host *host, struct stox_exchange *x,
	const char *state)
{
	const char *pair = stox_printf(x, "%s %s", stox_from_bare(x),
		stox_to_bare(x));
	bool types = state && strcmp(state, "composing") == 0;
	bool typed = stox_cache_get(host, stox_printf(x, "types %s", pair));
	const char *body;

	if (!state || types == typed ||
		stox_cache_get(host, stox_printf(x, "untyped %s", pair)) ||
		!stox_option_bool(x, &message_options[OPTION_PAGE_TYPING]) ||
		!stox_dialect_is(x, "sip_typing", "iscomposing"))
		return stox_answered(x);
	stox_cache_put(host, stox_printf(x, "types %s", pair), "",
		types ? 90 : 1);
	if (types)
		stox_cache_put(host, stox_printf(x, "untyped %s", pair), "",
			TYPING_S);
	body = message_composing(x, types);
	stox_out_sip(x, "MESSAGE");
	stox_out_body(x, MESSAGE_COMPOSING_TYPE, body, strlen(body));
	return stox_done(x);
}

stox_verdict message_x2s(void *state, struct stox_exchange *x)
{
	struct stox_host *host = state;
	const struct stox_element *in = stox_in_stanza(x);
	const struct stox_element *body = in_language(in, "body");
	const char *type = stox_element_attr(in, "type");
	const char *text = body ? stox_element_text(body) : NULL;
	const char *typing = talk_chat_state(in);

	if (type && strcmp(type, "error") == 0)
		return talk_tells(host, x) ? tell(host, x) : stox_answered(x);
	if (type && strcmp(type, "groupchat") == 0)
		return stox_reject(x, STOX_SERVICE_UNAVAILABLE,
			"Group chats with SIP contacts are not supported.");
	if (stox_to_is_domain(x))
		return stox_reject(x, STOX_SERVICE_UNAVAILABLE,
			"Nobody reads messages at this address; write to a "
			"user of the domain.");
	if ((is_encrypted(in) && body_is_notice(in, text)) ||
		(text && strncmp(text, "?OTR", 4) == 0))
		return stox_reject(x, STOX_NOT_ACCEPTABLE,
			"This contact is on SIP and cannot decrypt your message; "
			"turn encryption off for this chat and send it again.");
	if (typing)
		stox_cache_put(host, stox_printf(x, "states %s %s",
			stox_from_bare(x), stox_to_bare(x)), "", STATES_S);
	text = whole_text(x, text ? text : "");
	if (!*text && !stox_element_child(in, "subject", STOX_NS_SERVER)) {
		/* a receipt, a chat state: no content */
		if (talk_tells(host, x))
			return tell(host, x);
		if (typing && uses_sessions(x))
			return in_session(host, x);
		return page_typing(host, x, typing);
	}
	if ((int64_t)strlen(text) >
		stox_option_int(x, &message_options[OPTION_MAX_TEXT]))
		return stox_reject(x, STOX_POLICY_VIOLATION,
			stox_printf(x, "The message is too long for SIP: at most "
				"%lld bytes cross as one message.", (long long)
				stox_option_int(x,
					&message_options[OPTION_MAX_TEXT])));
	if (type && strcmp(type, "chat") == 0)
		message_chat_seen(host, x);
	if (uses_sessions(x))
		return in_session(host, x);
	stox_out_sip(x, "MESSAGE");
	if (!message_imdn_wrap(host, x, text))
		stox_out_body(x, "text/plain;charset=UTF-8", text, strlen(text));
	put_headers(host, x, body);
	return stox_done(x);
}

/** Headlines are answered by silence.  RFC 6121, 5.2.2.  So is typing, of
 *  which the other side may want to hear no more. */
stox_verdict message_x2s_reply(void *state, struct stox_exchange *x)
{
	const char *type = stox_element_attr(stox_in_stanza(x), "type");

	if (type && strcmp(type, "headline") == 0)
		return stox_answered(x);
	message_imdn_answered(state, x);
	if (!message_x2s_text(x)) {
		if (stox_answer_status(x) == 415)
			stox_cache_put(state, stox_printf(x, "untyped %s %s",
				stox_from_bare(x), stox_to_bare(x)), "", 86400);
		return stox_answered(x);
	}
	return stox_next(x);
}
