/*
 * Who types: XEP-0085 on XMPP, KeyboardActivity in INFO with Lync, RFC 3994 in
 * MESSAGE elsewhere.  Never opens a dialog.  lync.md 3.4, stox.md 4.9.
 */
#include <string.h>

#include "talk.h"

static const char NS_STATES[] = "http://jabber.org/protocol/chatstates";

enum {
	REPEAT_MS = 4000,       /* whoever types says so again */
	REPEAT_MAX_MS = 60000,  /* the other side may never say that it is over */
	FORGET_MS = 10000,      /* KeyboardActivity that is not repeated */
	COMPOSING_MS = 120000,  /* RFC 3994, 3.3: the default refresh */
};

const char *talk_chat_state(const struct stox_element *stanza)
{
	static const char *const states[] = { "composing", "paused", "active",
		"inactive", "gone" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (stox_element_child(stanza, states[i], NS_STATES))
			return states[i];
	return NULL;
}

/* ---- XMPP to SIP ------------------------------------------------------------ */

static void send_composing(struct stox_exchange *x, bool types)
{
	const char *body = message_composing(x, types);

	stox_out_body(x, MESSAGE_COMPOSING_TYPE, body, strlen(body));
}

static void send_activity(struct stox_exchange *x, bool types)
{
	const char *body = stox_printf(x, "<?xml version=\"1.0\"?>\r\n"
		"<KeyboardActivity>\r\n  <status status=\"%s\" />\r\n"
		"</KeyboardActivity>\r\n", types ? "type" : "idle");

	stox_out_header(x, "Contact", stox_contact(x));
	stox_out_body(x, "application/xml", body, strlen(body));
}

static void tell_sip(struct talk *t, bool types)
{
	struct talk_dialog *d = talk_dialog_best(t);
	struct stox_exchange *x = d && t->typing
		? talk_dialog_begin(t, d, t->keyboard ? "INFO" : "MESSAGE",
			TALK_LAST)
		: NULL;

	if (!x)
		return;
	if (t->keyboard)
		send_activity(x, types);
	else
		send_composing(x, types);
	stox_begin_send(x);
}

void talk_typing_say(struct talk *t, const char *state)
{
	uint64_t now_ms = stox_now_ms(t->host);
	bool types = strcmp(state, "composing") == 0;

	if (types && talk_dialog_best(t)) {
		t->types_ms = now_ms + REPEAT_MS;
		if (!t->types)
			t->types_until_ms = now_ms + REPEAT_MAX_MS;
		t->types = true;
		tell_sip(t, true);
	} else if (!types && t->types) {
		t->types = false;
		tell_sip(t, false);
	}
	if (strcmp(state, "gone") == 0 && !t->lines && !t->inviting) {
		struct talk_dialog *d;

		while ((d = talk_dialog_best(t)))
			talk_dialog_bye(t, d);
	}
}

/* ---- SIP to XMPP ------------------------------------------------------------ */

static void tell_xmpp(struct talk *t, const char *state)
{
	struct stox_exchange *x = t->shows_states
		? talk_stanza(t, t->xmpp, TALK_LAST) : NULL;
	struct stox_element *e;

	if (!x)
		return;
	e = stox_out_stanza(x, "message", "chat");
	stox_element_add(e, state, NS_STATES);
	stox_element_add(e, "no-store", "urn:xmpp:hints");
	stox_begin_send(x);
}

static void heard(struct talk *t, bool types, uint64_t for_ms)
{
	if (types)
		t->they_until_ms = stox_now_ms(t->host) + for_ms;
	if (types == t->they_type)
		return;
	t->they_type = types;
	tell_xmpp(t, types ? "composing" : "paused");
}

void talk_typing_done(struct talk *t)
{
	t->they_type = false;
}

static bool hear_activity(struct talk *t, struct stox_exchange *x)
{
	size_t len;
	const void *body = stox_in_body(x, &len);
	const struct stox_element *root = stox_document_read(x, body, len);
	const char *status = stox_element_attr(
		stox_element_child(root, "status", NULL), "status");

	if (!stox_element_is(root, "KeyboardActivity", NULL))
		return false;
	heard(t, status && strcmp(status, "type") == 0, FORGET_MS);
	return true;
}

bool talk_typing_hear(struct talk *t, struct stox_exchange *x)
{
	const char *type = stox_in_type(x);
	unsigned refresh_s = 0;
	bool types;

	if (!type)
		return false;
	if (strcmp(stox_in_method(x), "INFO") == 0)
		return message_type_is(type, "application/xml") &&
		       hear_activity(t, x);
	if (!message_type_is(type, MESSAGE_COMPOSING_TYPE))
		return false;
	types = message_is_composing(x, &refresh_s);
	heard(t, types, refresh_s ? refresh_s * 1000 : COMPOSING_MS);
	return true;
}

void talk_typing_run(struct talk *t, uint64_t now_ms)
{
	if (t->types && now_ms >= t->types_until_ms) {
		t->types = false;
		tell_sip(t, false);
	} else if (t->types && now_ms >= t->types_ms) {
		t->types_ms = now_ms + REPEAT_MS;
		tell_sip(t, true);
	}
	if (t->they_type && now_ms >= t->they_until_ms)
		heard(t, false, 0);
}
