/*
 * message.h: texts between <message/> and SIP: one-shot MESSAGE (page mode;
 * RFC 7572, RFC 3428), or sessions (talk.h).  The files:
 *
 *   message.c    the descriptor, what both directions remember
 *   x2s.c        <message/> to MESSAGE
 *   s2x.c        MESSAGE to <message/>
 *   text.c       text of bodies: charsets, characters that XML lacks
 *   composing.c  who types, in page mode
 *   imdn.c       delivery notifications, in page mode
 *   talk.h       conversations
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "stox/plugin.h"
#include "stox/service/cache.h"
#include "stox/service/date.h"
#include "stox/service/dialog.h"

enum message_option {
	OPTION_S2X_TYPE,
	OPTION_UNKNOWN_USER,
	OPTION_MAX_TEXT,
	OPTION_THREAD,
	OPTION_RING,
	OPTION_IDLE,
	OPTION_FIRST_TEXT,
	OPTION_PAGE_TYPING,
};
extern const struct stox_option message_options[];

stox_verdict message_x2s(void *state, struct stox_exchange *x);
stox_verdict message_x2s_reply(void *state, struct stox_exchange *x);
stox_verdict message_s2x(void *state, struct stox_exchange *x);
stox_verdict message_s2x_reply(void *state, struct stox_exchange *x);

/** Remember that the pair of this exchange chats, and whether it did within
 *  the last half hour. */
void message_chat_seen(struct stox_host *host, struct stox_exchange *x);
bool message_is_chat(struct stox_host *host, struct stox_exchange *x);

/* A delivery notification comes within a week, or not at all.  stox.md 4.8 */
enum { MESSAGE_IMDN_S = 7 * 86400 };

/* ---- x2s.c: what conversations use too ---- */

/** The text of a message from XMPP, NULL when it has none; a subject alone is
 *  a text. */
const char *message_x2s_text(struct stox_exchange *x);
/** The name in @stanza as the display name of @out. */
void message_x2s_name(struct stox_exchange *out,
	const struct stox_element *stanza);

/* ---- s2x.c: what conversations use too ---- */

/** The text of a MESSAGE, "" when there is nothing to deliver; false: it was
 *  refused, the reply is written. */
bool message_s2x_text(struct stox_exchange *x, const char **ret_text);
/** Subject, language, name and time of a MESSAGE into @out. */
void message_s2x_decorate(struct stox_host *host, struct stox_exchange *x,
	struct stox_element *out);
/** 404 for users whom their server does not know, where that is wanted; false:
 *  nothing is written. */
bool message_s2x_unknown(struct stox_exchange *x, enum stox_condition error);

/* ---- imdn.c: delivery notifications ---- */

/** What is kept while one is awaited: who hears it, and of which stanza.  No
 *  address holds a line end; resources and ids hold spaces. */
const char *message_imdn_await(struct stox_exchange *x, const char *to,
	const char *stanza);
/** Read it again; false for NULL and for what was taken out. */
bool message_imdn_awaited(struct stox_exchange *x, const char *kept,
	const char **ret_to, const char **ret_stanza);

/** Make @out the receipt for the stanza of that id.  XEP-0184 */
void message_receipt(struct stox_element *out, const char *id);
struct stox_cpim;
/** X2S: wrap @text as CPIM that asks for a notification; false: it is not to
 *  be, nothing is written. */
bool message_imdn_wrap(struct stox_host *host, struct stox_exchange *x,
	const char *text);
/** Its answer. */
void message_imdn_answered(struct stox_host *host, struct stox_exchange *x);
/** S2X: a notification has come. */
stox_verdict message_imdn_told(struct stox_host *host, struct stox_exchange *x,
	const void *body, size_t len);
/** S2X: the text came as CPIM, @out is its stanza: ask as it asks. */
void message_imdn_asked(struct stox_host *host, struct stox_exchange *x,
	const struct stox_cpim *c, struct stox_element *out);

/* ---- composing.c ---- */

#define MESSAGE_COMPOSING_TYPE "application/im-iscomposing+xml"
/** A body of that type, in the exchange. */
const char *message_composing(struct stox_exchange *x, bool types);
/** Read the one that came: does the sender type?  *@ret_refresh_s: for how long
 *  that is true, 0: not said. */
bool message_is_composing(struct stox_exchange *x, unsigned *ret_refresh_s);

/* ---- text.c ---- */

/** A SIP body as text for XML. */
struct message_text {
	const char *text;   /* UTF-8, line ends as LF, no characters that XML
	                     * cannot carry; in the exchange */
	unsigned status;    /* 0, or the SIP status to refuse with */
	const char *reason;
};
/** Decode @len bytes of the media type @type (with its parameters).  Only
 *  text/plain and text/html; others are 415. */
struct message_text message_text_decode(struct stox_exchange *x, const char *type,
	const char *body, size_t len);
/** Is @type that media type, parameters aside? */
bool message_type_is(const char *type, const char *wanted);
/** The value of a parameter of a media type, unquoted, in the exchange; NULL
 *  when absent. */
const char *message_type_parameter(struct stox_exchange *x, const char *type,
	const char *name);
/** HTML as plain text, in the exchange.  @html is UTF-8. */
const char *message_html_to_text(struct stox_exchange *x, const char *html);
/** The best text part of a multipart/alternative body: its type and bytes.
 *  False when there is none. */
bool message_multipart_pick(struct stox_exchange *x, const char *type,
	const char *body, size_t len, const char **ret_type,
	const char **ret_body, size_t *ret_len);

#endif
