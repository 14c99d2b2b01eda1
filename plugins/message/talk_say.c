/*
 * What the XMPP user says: it waits in its exchange, goes out in order once a
 * dialog is open, and ends with the answer of the SIP side.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stox/service/address.h"
#include "talk.h"

static const char NS_RECEIPTS[] = "urn:xmpp:receipts";

/* ---- the lines -------------------------------------------------------------- */

static void pop(struct talk *t)
{
	struct talk_line *l = t->lines;

	t->lines = l->next;
	t->line_count--;
	stox_memory_free(l);
}

static void append(struct talk *t, uint64_t exchange)
{
	struct talk_line *l = stox_memory(sizeof(*l)), **end = &t->lines;

	l->exchange = exchange;
	while (*end)
		end = &(*end)->next;
	*end = l;
	t->line_count++;
}

static void refuse(struct stox_exchange *x, enum stox_condition condition,
	const char *text)
{
	(void)stox_reject(x, condition, text);
	stox_held_reply(x);
}

/* The first line ends with an error. */
static void fail_first(struct talk *t, enum stox_condition condition,
	const char *text)
{
	struct stox_exchange *x = stox_held(t->session, t->lines->exchange);

	pop(t);
	if (x)
		refuse(x, condition, text);
}

void talk_fail(struct talk *t, enum stox_condition condition, const char *text)
{
	while (t->lines)
		fail_first(t, condition, text);
}

/* Those whose exchange has ended meanwhile have heard why. */
static struct stox_exchange *first_line(struct talk *t)
{
	while (t->lines) {
		struct stox_exchange *x =
			stox_held(t->session, t->lines->exchange);

		if (x)
			return x;
		pop(t);
	}
	return NULL;
}

void talk_say(struct talk *t, struct stox_exchange *x)
{
	const char *state = talk_chat_state(stox_in_stanza(x));
	const char *type = stox_element_attr(stox_in_stanza(x), "type");
	const char *text = message_x2s_text(x);
	unsigned ring_s = (unsigned)stox_option_int(x,
		&message_options[OPTION_RING]);

	if (!text || (type && strcmp(type, "error") == 0))
		talk_tell(t, x);
	if (type && strcmp(type, "error") == 0)
		return; /* the text in it is theirs */
	if (state)
		t->shows_states = true;
	if (!text) {
		if (state)
			talk_typing_say(t, state);
		return;
	}
	if (t->line_count >= TALK_LINES) {
		(void)stox_reject(x, STOX_RESOURCE_CONSTRAINT,
			"Too many messages to this contact are waiting already.");
		return;
	}
	t->used_ms = stox_now_ms(t->host);
	t->types = false; /* the text says so */
	append(t, stox_session_hold(t->session, x,
		ring_s * 1000 + TALK_ANSWER_MS));
}

/* ---- INVITE ----------------------------------------------------------------- */

/* The bytes of a text as a header value of base64. */
static const char *base64(struct stox_exchange *x, const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)text;
	size_t len = strlen(text), to = 0;
	char *out = stox_alloc(x, 4 * (len / 3 + 1) + 1);

	for (size_t i = 0; i < len; i += 3) {
		unsigned long n = (unsigned long)p[i] << 16;

		n |= i + 1 < len ? (unsigned long)p[i + 1] << 8 : 0;
		n |= i + 2 < len ? (unsigned long)p[i + 2] : 0;
		out[to++] = digits[n >> 18];
		out[to++] = digits[n >> 12 & 63];
		out[to++] = i + 1 < len ? digits[n >> 6 & 63] : '=';
		out[to++] = i + 2 < len ? digits[n & 63] : '=';
	}
	return out;
}

/* What the pop-up on the other side shows.  Longer ones would not fit into a
 * header line. */
enum { FIRST_TEXT_MAX = 4096 };

static void put_first_text(struct stox_exchange *x, struct stox_exchange *line)
{
	const char *text = message_x2s_text(line);

	if (!stox_option_bool(x, &message_options[OPTION_FIRST_TEXT]) ||
		strlen(text) > FIRST_TEXT_MAX)
		return;
	stox_out_header(x, "Supported", "ms-delayed-accept");
	stox_out_header(x, "ms-text-format", stox_printf(x,
		"text/plain; charset=UTF-8;ms-body=%s", base64(x, text)));
}

static void put_thread(struct stox_exchange *x, struct stox_exchange *line)
{
	const char *thread =
		stox_element_child_text(stox_in_stanza(line), "thread");

	if (thread && *thread && strlen(thread) <= 128)
		stox_out_header(x, "Ms-Conversation-ID", thread);
}

static void invite(struct talk *t, struct stox_exchange *line)
{
	char call_id[33];
	const struct stox_begin b = { .from = t->xmpp, .to = t->sip,
		.tag = TALK_INVITE,
		.call_id = stox_session_token(t->session, call_id),
		.from_tag = stox_session_token(t->session, t->tag),
		.cseq = 1,
		.timeout_ms = 1000 * (unsigned)stox_option_int(line,
			&message_options[OPTION_RING]) };
	struct stox_exchange *x = stox_begin(t->session, &b);
	const char *sdp;

	if (!x) {
		talk_fail(t, STOX_RESOURCE_CONSTRAINT,
			"The gateway is too busy; try again in a minute.");
		return;
	}
	stox_out_sip(x, "INVITE");
	stox_out_header(x, "Contact", stox_contact(x));
	stox_out_header(x, "Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, "
		"MESSAGE, INFO, UPDATE");
	talk_timer_ask(t, x, 0, "");
	put_thread(x, line);
	put_first_text(x, line);
	sdp = talk_sdp(x, stox_address_uri(x, t->xmpp));
	stox_out_body(x, "application/sdp", sdp, strlen(sdp));
	message_x2s_name(x, stox_in_stanza(line));
	t->inviting = true;
	stox_begin_send(x);
}

void talk_invited(struct talk *t, struct stox_exchange *x)
{
	unsigned status = stox_answer_status(x);
	struct stox_dialog made;
	struct talk_dialog *d;
	const char *text;
	enum stox_condition condition;

	t->inviting = false;
	if (status >= 200 && status < 300 && stox_dialog_made(x, &made) == 0) {
		d = talk_dialog_new(t);
		snprintf(d->tag, sizeof(d->tag), "%s", t->tag);
		d->cseq = 1;
		talk_dialog_keep(d, &made);
		talk_timer_answered(t, x, d);
		/* a dialog of theirs that is open has crossed: it stays */
		d->state = TALK_OPEN;
		d->opened = ++t->numbers;
		return;
	}
	if (talk_dialog_best(t))
		return; /* they have asked us meanwhile, and we have agreed */
	if (talk_timer_longer(t, x))
		return; /* once more */
	condition = talk_words(t, x, &text);
	talk_fail(t, condition, text);
}

/* ---- MESSAGE ---------------------------------------------------------------- */

static void send_line(struct talk *t, struct talk_dialog *d,
	struct stox_exchange *line)
{
	struct stox_exchange *x =
		talk_dialog_begin(t, d, "MESSAGE", TALK_MESSAGE |
			d->number << TALK_TAG_BITS);
	const char *text = message_x2s_text(line);

	if (!x) {
		fail_first(t, STOX_RESOURCE_CONSTRAINT,
			"The gateway is too busy; try again in a minute.");
		return;
	}
	/* the same for a text that is sent again */
	stox_out_header(x, "Message-Id", stox_printf(x, "%llu",
		(unsigned long long)t->lines->exchange));
	stox_out_body(x, "text/plain; charset=UTF-8", text, strlen(text));
	t->sending = t->lines->exchange;
	stox_begin_send(x);
}

void talk_push(struct talk *t)
{
	struct stox_exchange *line;
	struct talk_dialog *d;

	while (!t->sending && !t->inviting && (line = first_line(t))) {
		d = talk_dialog_best(t);
		if (d)
			send_line(t, d, line);
		else
			invite(t, line);
	}
}

/* A 200 in a session has come from the client itself.  lync.md 3.5 */
static void receipt(struct talk *t, struct stox_exchange *line)
{
	const struct stox_element *in = stox_in_stanza(line);
	const char *id = stox_element_attr(in, "id");
	const char *type = stox_element_attr(in, "type");
	struct stox_exchange *x;
	struct stox_element *e;

	if (!id || !stox_element_child(in, "request", NS_RECEIPTS))
		return;
	x = talk_stanza(t, stox_from(line), TALK_LAST);
	if (!x)
		return;
	e = stox_out_stanza(x, "message", type);
	message_receipt(e, id);
	stox_begin_send(x);
}

/* What a report will call the text: the 202 may name it. */
static const char *report_id(struct talk *t, const struct stox_exchange *x,
	struct stox_exchange *line)
{
	const char *id = stox_answer_header(x, "Message-Id");

	return id && *id && strlen(id) <= 128
		? id
		: stox_printf(line, "%llu",
			(unsigned long long)t->lines->exchange);
}

static void accepted(struct talk *t, const struct stox_exchange *x,
	struct stox_exchange *line)
{
	const char *id = stox_element_attr(stox_in_stanza(line), "id");

	if (stox_answer_status(x) == 200) {
		if (t->receipts)
			receipt(t, line);
	} else if (id && stox_element_child(stox_in_stanza(line), "request",
			   NS_RECEIPTS)) {
		/* the notification will tell: talk_hear.c */
		stox_cache_put(t->host, stox_printf(line, "imdn %s %s", t->sip,
			report_id(t, x, line)),
			message_imdn_await(line, stox_from(line), id),
			MESSAGE_IMDN_S);
	}
	pop(t);
	stox_held_reply(line);
}

void talk_said(struct talk *t, struct stox_exchange *x, unsigned number)
{
	uint64_t sent = t->sending;
	struct stox_exchange *line = first_line(t);
	unsigned status = stox_answer_status(x);
	struct talk_dialog *d = talk_dialog_numbered(t, number);
	enum stox_condition condition;
	const char *text;

	t->sending = 0;
	t->used_ms = stox_now_ms(t->host);
	if (!line || t->lines->exchange != sent)
		return; /* its time was over, and its sender has heard so */
	if (status >= 200 && status < 300) {
		accepted(t, x, line);
		return;
	}
	if (talk_is_gone(x)) {
		if (d)
			talk_dialog_drop(d);
		if (talk_dialog_best(t))
			return; /* theirs, which has crossed ours */
		if (!t->lines->again) {
			t->lines->again = true;
			return;
		}
	}
	condition = talk_words(t, x, &text);
	fail_first(t, condition, text);
}
