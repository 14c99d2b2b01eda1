/*
 * Invitations of the old Messenger kind, to take a file or a voice clip.  They
 * are refused by a MESSAGE of the same kind: to an error their clients would
 * say that a text was lost.  lync.md 3.3.
 */
#include <string.h>
#include <strings.h>

#include "talk.h"

enum { NOTICE_S = 60, COOKIE_MAX = 64 };

/* The value of a line "Name: value"; "" when there is none. */
static const char *value_of(struct stox_exchange *x, const char *name)
{
	size_t len, n = strlen(name);
	const char *body = stox_in_body(x, &len), *end = body + len;

	while (body < end) {
		const char *eol = memchr(body, '\n', (size_t)(end - body));
		const char *next = eol ? eol + 1 : end, *value = body + n + 1;

		eol = eol ? eol : end;
		if (eol > body && eol[-1] == '\r')
			eol--;
		if (value <= eol && strncasecmp(body, name, n) == 0 &&
			body[n] == ':') {
			while (value < eol && *value == ' ')
				value++;
			return stox_printf(x, "%.*s", (int)(eol - value), value);
		}
		body = next;
	}
	return "";
}

/* It goes back as it came: nothing else may come with it. */
static bool is_cookie(const char *cookie)
{
	size_t n = strlen(cookie);

	return n && n <= COOKIE_MAX && strspn(cookie, "0123456789"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_{}") == n;
}

/* As for calls: once in a while.  Ruling 19. */
static void tell(struct talk *t, struct stox_exchange *x)
{
	const char *key = stox_printf(x, "files %s %s", t->sip, t->xmpp);
	const char *name = stox_in_display(x);
	struct stox_exchange *y;

	if (stox_cache_get(t->host, key))
		return;
	stox_cache_put(t->host, key, "", NOTICE_S);
	y = talk_stanza(t, t->xmpp, TALK_LAST);
	if (!y)
		return;
	if (name)
		name = message_text_decode(x, "text/plain", name,
			strlen(name)).text;
	stox_element_add_child_text(stox_out_stanza(y, "message", "chat"),
		"body", NULL, stox_printf(x, strcasecmp(value_of(x,
			"Application-Name"), "File Transfer") == 0
			? "%s wants to send you a file; files are not supported "
			  "here."
			: "%s invites you to something that is not supported "
			  "here.",
		name && *name ? name : t->sip));
	stox_begin_send(y);
}

void talk_file_hear(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d)
{
	const char *cookie = value_of(x, "Invitation-Cookie");
	bool asks = strcasecmp(value_of(x, "Invitation-Command"), "INVITE") == 0;
	struct stox_exchange *y = asks && is_cookie(cookie)
		? talk_dialog_begin(t, d, "MESSAGE", TALK_LAST) : NULL;
	const char *body;

	stox_reply_sip(x, 200, NULL);
	if (!y)
		return;
	body = stox_printf(y, "Invitation-Command: CANCEL\r\n"
		"Invitation-Cookie: %s\r\nCancel-Code: REJECT\r\n", cookie);
	stox_out_body(y, "text/x-msmsgsinvite; charset=UTF-8", body,
		strlen(body));
	tell(t, x);
	/* the answer goes before what refuses */
	(void)stox_session_hold(t->session, x, TALK_ANSWER_MS);
	stox_held_reply(x);
	stox_begin_send(y);
}
