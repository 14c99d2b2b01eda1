/*
 * What the SIP user says in a conversation.  lync.md 3.2 to 3.6.
 */
#include <stdio.h>
#include <string.h>

#include "stox/service/address.h"
#include "talk.h"

static const char NS_RECEIPTS[] = "urn:xmpp:receipts";
/* A stanza that waits for its server; its bounce comes a while later. */
enum { DELIVER_MS = 20000 };

struct stox_exchange *talk_stanza(struct talk *t, const char *to, unsigned tag)
{
	const struct stox_begin b = { .from = t->sip, .to = to, .tag = tag };

	return stox_begin(t->session, &b);
}

/* ---- deliveries ------------------------------------------------------------- */

static struct talk_delivery *remember(struct talk *t, uint64_t exchange)
{
	struct talk_delivery *d = stox_memory(sizeof(*d));

	d->number = ++t->numbers & 0xfffff;
	d->exchange = exchange;
	d->next = t->deliveries;
	t->deliveries = d;
	return d;
}

static bool forget(struct talk *t, unsigned number, struct talk_delivery *ret)
{
	for (struct talk_delivery **at = &t->deliveries; *at; at = &(*at)->next) {
		struct talk_delivery *d = *at;

		if (d->number != number)
			continue;
		*ret = *d;
		*at = d->next;
		stox_memory_free(d);
		return true;
	}
	return false;
}

static void accept(struct stox_exchange *request, const struct talk_delivery *d)
{
	stox_reply_sip(request, *d->report ? 202 : 200, NULL);
	if (*d->report)
		stox_reply_header(request, "Message-Id", d->report);
}

void talk_delivered(struct talk *t, struct stox_exchange *x, unsigned number)
{
	enum stox_condition error;
	struct stox_exchange *request;
	struct talk_delivery d;
	const char *text = NULL;

	if (!forget(t, number, &d) || !d.exchange)
		return;
	request = stox_held(t->session, d.exchange);
	if (!request)
		return;
	error = stox_answer_error(x, &text);
	if (error == STOX_NO_ERROR)
		accept(request, &d);
	else if (!message_s2x_unknown(request, error))
		(void)stox_reject(request, error, text);
	stox_held_reply(request);
}

/* The client is asked, and what it tells is reported. */
static void ask(struct talk *t, struct stox_exchange *x,
	struct talk_delivery *d, struct stox_element *e)
{
	if (!t->reports)
		return;
	snprintf(d->report, sizeof(d->report), "%s", stox_token(x));
	stox_element_add(e, "request", NS_RECEIPTS);
	talk_told_remember(t->host, x, stox_element_attr(e, "id"), d->report,
		NULL, (const char[]){ TALK_NOTE_REPORT, '\0' });
}

/* Begin the stanza; its element, or NULL. */
static struct stox_element *begin_text(struct talk *t, struct talk_dialog *d,
	uint64_t exchange, const char *text, struct stox_exchange **ret_x)
{
	struct talk_delivery unused, *delivery = remember(t, exchange);
	struct stox_exchange *x = talk_stanza(t, t->xmpp, TALK_DELIVER |
		delivery->number << TALK_TAG_BITS);
	struct stox_element *e;

	if (!x) {
		forget(t, delivery->number, &unused);
		return NULL;
	}
	e = stox_out_stanza(x, "message", "chat");
	stox_element_add_child_text(e, "body", NULL, text);
	if (d->thread)
		stox_element_add_child_text(e, "thread", NULL, d->thread);
	if (t->shows_states)
		stox_element_add(e, "active",
			"http://jabber.org/protocol/chatstates");
	if (exchange)
		ask(t, x, delivery, e);
	*ret_x = x;
	return e;
}

static void deliver_first(struct talk *t, struct talk_dialog *d)
{
	struct stox_exchange *x;

	d->first_told = true;
	if (begin_text(t, d, 0, d->first, &x))
		stox_begin_send(x);
}

void talk_first_last(struct talk *t, struct talk_dialog *d)
{
	if (d->first && !d->first_told)
		deliver_first(t, d);
}

void talk_first_run(struct talk *t, uint64_t now_ms)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *d = &t->dialogs[i];

		if (d->state != TALK_NONE && d->first && !d->first_told &&
			d->first_ms && now_ms >= d->first_ms)
			deliver_first(t, d);
	}
}

/* ---- MESSAGE ---------------------------------------------------------------- */

/* Is it the text that was in the INVITE, and has the XMPP user had it? */
static bool is_copy(struct talk_dialog *d, const char *text)
{
	bool copy = d->first && d->first_told && strcmp(d->first, text) == 0;

	stox_memory_free(d->first);
	d->first = NULL;
	return copy;
}

static void deliver(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d, const char *text)
{
	struct stox_exchange *out;
	struct stox_element *e;
	uint64_t id;

	if (!*text || is_copy(d, text)) {
		stox_reply_sip(x, 200, NULL);
		return;
	}
	id = stox_session_hold(t->session, x, DELIVER_MS);
	e = begin_text(t, d, id, text, &out);
	if (!e) {
		(void)stox_reject(x, STOX_RESOURCE_CONSTRAINT, NULL);
		stox_held_reply(x);
		return;
	}
	message_s2x_decorate(t->host, x, e);
	talk_typing_done(t);
	stox_begin_send(out);
}

/* The status inside an ms-imdn; 0: none that can be read. */
static unsigned imdn_status(struct stox_exchange *x, const char **ret_id)
{
	size_t len;
	const void *body = stox_in_body(x, &len);
	const struct stox_element *root = stox_document_read(x, body, len);
	const struct stox_element *recipient =
		stox_element_child(root, "recipient", NULL);
	const char *status = stox_element_text(
		stox_element_child(recipient, "status", NULL));
	unsigned n = 0;

	*ret_id = stox_element_text(stox_element_child(root, "message-id", NULL));
	return status && sscanf(status, "%3u", &n) == 1 ? n : 0;
}

/* What became of a MESSAGE of ours that had 202.  lync.md 3.5 */
static void hear_imdn(struct talk *t, struct stox_exchange *x)
{
	const char *id, *known;
	unsigned status = imdn_status(x, &id);
	const char *to, *stanza;
	struct stox_exchange *y;
	struct stox_element *e;

	stox_reply_sip(x, 200, NULL);
	known = id ? stox_cache_get(t->host, stox_printf(x, "imdn %s %s",
		t->sip, id)) : NULL;
	if (!message_imdn_awaited(x, known, &to, &stanza))
		return;
	stox_cache_put(t->host, stox_printf(x, "imdn %s %s", t->sip, id), "", 1);
	y = talk_stanza(t, to, TALK_LAST);
	if (!y)
		return;
	if (status >= 200 && status < 300) {
		e = stox_out_stanza(y, "message", NULL);
		message_receipt(e, stanza);
	} else {
		e = stox_out_stanza(y, "message", "error");
		stox_element_set(e, "id", stanza);
		e = stox_element_add(e, "error", NULL);
		stox_element_set(e, "type", "wait");
		stox_element_add(e, "recipient-unavailable", STOX_NS_STANZAS);
		stox_element_add_child_text(e, "text", STOX_NS_STANZAS,
			"The SIP side could not deliver the message.");
	}
	stox_begin_send(y);
}

static void hear_message(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d)
{
	const char *type = stox_in_type(x);
	const char *text;

	if (talk_typing_hear(t, x)) {
		stox_reply_sip(x, 200, NULL);
		return;
	}
	if (type && message_type_is(type, "application/ms-imdn+xml")) {
		hear_imdn(t, x);
		return;
	}
	t->used_ms = stox_now_ms(t->host);
	if (type && message_type_is(type, TALK_FILE_TYPE)) {
		talk_file_hear(t, x, d);
		return;
	}
	if (message_s2x_text(x, &text))
		deliver(t, x, d, text);
}

/* ---- INVITE ----------------------------------------------------------------- */

static void accept_with_sdp(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d)
{
	const char *sdp = talk_sdp(x, stox_address_uri(x, t->xmpp));

	stox_reply_sip(x, 200, NULL);
	stox_reply_header(x, "Contact", stox_contact(x));
	stox_reply_header(x, "Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, "
		"MESSAGE, INFO, UPDATE");
	talk_timer_reply(x, d);
	stox_reply_body(x, "application/sdp", sdp, strlen(sdp));
}

static char *keep_text(const char *text)
{
	return text ? stox_memory_copy(text, strlen(text)) : NULL;
}

/* XML has to carry it. */
static char *keep_thread(struct stox_exchange *x)
{
	const char *id = stox_in_header(x, "Ms-Conversation-ID");

	if (!id || strlen(id) > 128)
		return NULL;
	return keep_text(message_text_decode(x, "text/plain", id,
		strlen(id)).text);
}

static void hear_invite(struct talk *t, struct stox_exchange *x)
{
	struct talk_dialog *d = talk_dialog_new(t);
	struct stox_dialog bytes;
	const char *why;

	stox_session_token(t->session, d->tag);
	if (stox_dialog_accept(x, d->tag, &bytes, &why) < 0) {
		stox_reply_sip(x, 400, why);
		return;
	}
	if (!talk_timer_asked(t, x, d))
		return;
	t->used_ms = stox_now_ms(t->host);
	d->state = TALK_ANSWERED;
	talk_dialog_keep(d, &bytes);
	d->first = keep_text(talk_first_text(x));
	d->thread = keep_thread(x);
	accept_with_sdp(t, x, d);
	stox_reply_tag(x, d->tag);
}

/* Within a dialog: it is refreshed, or changed in ways that do not matter. */
static void hear_again(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d, bool invite)
{
	if (d->refreshing && invite) {
		stox_reply_sip(x, 491, NULL);
		return;
	}
	if (invite && talk_offered(x) != TALK_OFFER_MESSAGES) {
		stox_reply_sip(x, 488, NULL);
		return;
	}
	if (!talk_timer_asked(t, x, d))
		return;
	if (invite) {
		accept_with_sdp(t, x, d);
		return;
	}
	stox_reply_sip(x, 200, NULL);
	stox_reply_header(x, "Contact", stox_contact(x));
	talk_timer_reply(x, d);
}

/* ---- requests in dialogs ------------------------------------------------------ */

static struct talk_dialog *dialog_of(struct talk *t, struct stox_exchange *x)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *d = &t->dialogs[i];
		struct stox_dialog after;

		if (d->state == TALK_NONE)
			continue;
		switch (stox_dialog_receive(x, talk_dialog_bytes(d), &after)) {
		case STOX_DIALOG_FITS:
			talk_dialog_keep(d, &after);
			return d;
		case STOX_DIALOG_OLD:
			stox_reply_sip(x, 500, "CSeq Too Low");
			return NULL;
		case STOX_DIALOG_OTHER:
			break;
		}
	}
	stox_reply_sip(x, 481, NULL);
	return NULL;
}

static void hear_in(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d)
{
	const char *method = stox_in_method(x);

	if (strcmp(method, "MESSAGE") == 0) {
		hear_message(t, x, d);
	} else if (strcmp(method, "BYE") == 0) {
		talk_first_last(t, d);
		talk_dialog_drop(d);
		stox_reply_sip(x, 200, NULL);
	} else if (strcmp(method, "INVITE") == 0 ||
		   strcmp(method, "UPDATE") == 0) {
		hear_again(t, x, d, strcmp(method, "INVITE") == 0);
	} else if (strcmp(method, "INFO") == 0) {
		/* of unknown kinds too: an error might end the session */
		(void)talk_typing_hear(t, x);
		stox_reply_sip(x, 200, NULL);
	} else {
		stox_reply_sip(x, 405, NULL);
	}
}

void talk_hear(struct talk *t, struct stox_exchange *x)
{
	struct talk_dialog *d;

	if (!stox_in_dialog(x)) {
		if (talk_offered(x) == TALK_OFFER_MESSAGES)
			hear_invite(t, x);
		else
			talk_notice(t, x);
		return;
	}
	d = dialog_of(t, x);
	if (d)
		hear_in(t, x, d);
}
