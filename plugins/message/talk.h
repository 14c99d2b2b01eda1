/*
 * talk.h: conversations: instant messages as sessions.  An INVITE opens a dialog
 * whose m=message carries texts in MESSAGE; RFC 3428, lync.md 3.
 *
 * One talk per pair, in memory only.  What an XMPP user has said stays in its
 * exchange, held, until the SIP side has answered: a talk that is lost loses
 * nothing that was promised.
 *
 *     talk.c          the session: events, time
 *     talk_dialog.c   dialogs: found, made, ended
 *     talk_timer.c    and kept alive (RFC 4028)
 *     talk_say.c      what XMPP says: lines, INVITE, MESSAGE and their answers
 *     talk_hear.c     what SIP says: INVITE, MESSAGE, INFO, BYE
 *     talk_typing.c   who types
 *     talk_file.c     files are offered
 *     talk_tell.c     what became of texts from SIP
 *     talk_words.c    refusals in words
 *     invite.c        the hook of INVITE, what is offered, calls
 */
#ifndef MESSAGE_TALK_H
#define MESSAGE_TALK_H

#include "message.h"
#include "stox/service/session.h"

enum {
	TALK_DIALOGS = 4,       /* ours, theirs, and what these replace */
	TALK_LINES = 100,       /* texts that wait in one conversation */
	TALK_FIRST_MS = 5000,   /* wait for the MESSAGE after ACK; lync.md 3.2 */
	TALK_ANSWER_MS = 40000, /* for a MESSAGE after it has rung */
	TALK_TRY_MS = 3000,     /* after a 491 */
	TALK_TOO_BRIEF = 3,     /* 422 in a row that are obeyed */
};

/** What a begun exchange is for: its tag; above these bits a number. */
enum talk_tag {
	TALK_INVITE = 1,
	TALK_MESSAGE,           /* with the number of the dialog */
	TALK_DELIVER,           /* a stanza; with the number of the delivery */
	TALK_REFRESH,           /* with the number of the dialog */
	TALK_LAST,              /* nobody waits for the answer */
};
enum { TALK_TAG_BITS = 4, TALK_TAG_MASK = 15 };

/** A text of the XMPP user that the SIP side has not answered. */
struct talk_line {
	struct talk_line *next;
	uint64_t exchange;      /* held */
	bool again;             /* a dialog was opened anew for it */
};
/** A text of the SIP user on its way to XMPP. */
struct talk_delivery {
	struct talk_delivery *next;
	unsigned number;
	uint64_t exchange;      /* the held MESSAGE, 0: an embedded first text */
	char report[40];        /* a report by that Message-Id follows, or "" */
};

enum talk_state {
	TALK_NONE = 0,
	TALK_ANSWERED,          /* our 2xx is sent, its ACK is not here */
	TALK_OPEN,
};
struct talk_dialog {
	enum talk_state state;
	unsigned number;        /* in order of being asked for, from 1 */
	unsigned opened;        /* in order of being confirmed */
	void *bytes;            /* the dialog; owned */
	size_t len;
	char tag[33];           /* ours */
	uint32_t cseq;          /* of our last request in it */
	char *thread;           /* of Ms-Conversation-ID, or NULL */
	/* the text that was in the INVITE */
	char *first;            /* NULL: none, or it has come as MESSAGE */
	uint64_t first_ms;      /* deliver it then; 0: not before the ACK */
	bool first_told;        /* it was delivered: the MESSAGE is a copy */
	/* RFC 4028 */
	bool takes_update;
	bool refreshing;        /* one is under way */
	unsigned interval_s;    /* 0: none */
	uint64_t refresh_ms;    /* when we do, 0: the other side does */
	uint64_t expires_ms;    /* then it ends */
};

struct talk {
	struct stox_host *host;
	struct stox_session *session;
	char *xmpp, *sip;       /* the two, bare */
	struct talk_dialog dialogs[TALK_DIALOGS];
	unsigned numbers;       /* given out */
	/* X2S */
	struct talk_line *lines;
	unsigned line_count;
	bool inviting;
	char tag[33];           /* of our INVITE */
	/* RFC 4028, 7.4 */
	unsigned min_se_s;      /* the longest that a 422 has wanted, or 0 */
	unsigned too_brief;     /* 422 in a row */
	uint64_t sending;       /* the exchange of the line under way, or 0 */
	/* choices of the dialect */
	bool keyboard;          /* typing is KeyboardActivity, else RFC 3994 */
	bool typing;            /* is told at all */
	bool receipts;          /* a 200 means that the client has it */
	bool reports;           /* for texts of theirs a report follows the 202 */
	uint64_t used_ms;       /* somebody said something */
	unsigned idle_s;        /* so long, then BYE */
	bool stopping;          /* stox stops: nothing new is kept alive */
	/* S2X */
	struct talk_delivery *deliveries;
	/* typing */
	bool shows_states;      /* the XMPP user's client has sent some */
	bool types;             /* the XMPP user does */
	uint64_t types_ms;      /* repeat it then */
	uint64_t types_until_ms;
	bool they_type;         /* the XMPP user was told that they do */
	uint64_t they_until_ms;
};

extern const struct stox_session_kind talk_kind;
/** Their session, in the exchange's pair; NULL: too many. */
struct stox_session *talk_of(struct stox_host *host, struct stox_exchange *x);

/* ---- talk_dialog.c ---- */

/** A free place; the oldest dialog ends for it. */
struct talk_dialog *talk_dialog_new(struct talk *t);
/** Forget it, without a word. */
void talk_dialog_drop(struct talk_dialog *d);
/** Take its bytes; copied. */
void talk_dialog_keep(struct talk_dialog *d, const struct stox_dialog *bytes);
struct stox_dialog talk_dialog_bytes(const struct talk_dialog *d);
/** The one that is open and was confirmed last, or NULL. */
struct talk_dialog *talk_dialog_best(struct talk *t);
struct talk_dialog *talk_dialog_tagged(struct talk *t, const char *tag);
struct talk_dialog *talk_dialog_numbered(struct talk *t, unsigned number);
/** It is confirmed: older ones are history. */
void talk_dialog_open(struct talk *t, struct talk_dialog *d);
/** BYE, and forget it. */
void talk_dialog_bye(struct talk *t, struct talk_dialog *d);
/** Begin a request within it: `out` is begun.  NULL: there is no room. */
struct stox_exchange *talk_dialog_begin(struct talk *t, struct talk_dialog *d,
	const char *method, unsigned tag);

/* ---- talk_timer.c ---- */

/** Read the session timer of their INVITE or UPDATE; false: it was refused with
 *  422. */
bool talk_timer_asked(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d);
/** Write it into our 200. */
void talk_timer_reply(struct stox_exchange *x, const struct talk_dialog *d);
/** The 2xx to our INVITE or UPDATE tells it. */
void talk_timer_answered(struct talk *t, const struct stox_exchange *x,
	struct talk_dialog *d);
/** A 422 has come: true when there is a longer session to ask for. */
bool talk_timer_longer(struct talk *t, const struct stox_exchange *x);
/** Write into an INVITE or UPDATE of ours that the session is to last @s seconds,
 *  or as long as they have insisted on, nothing for 0; @who: who refreshes, as
 *  parameter, or "". */
void talk_timer_ask(const struct talk *t, struct stox_exchange *x, unsigned s,
	const char *who);
/** Refresh what is due; end what has expired. */
void talk_timer_run(struct talk *t, uint64_t now_ms);
void talk_refreshed(struct talk *t, const struct stox_exchange *x,
	unsigned number);

/* ---- talk_say.c ---- */

/** A stanza of the XMPP user. */
void talk_say(struct talk *t, struct stox_exchange *x);
/** Send what can be sent. */
void talk_push(struct talk *t);
void talk_invited(struct talk *t, struct stox_exchange *x);
void talk_said(struct talk *t, struct stox_exchange *x, unsigned number);
/** Refuse all lines. */
void talk_fail(struct talk *t, enum stox_condition condition, const char *text);

/* ---- talk_hear.c ---- */

/** A request of the SIP user. */
void talk_hear(struct talk *t, struct stox_exchange *x);
/** XMPP has answered a delivery. */
void talk_delivered(struct talk *t, struct stox_exchange *x, unsigned number);
/** First texts whose MESSAGE has not come. */
void talk_first_run(struct talk *t, uint64_t now_ms);
/** The dialog ends: what was in its INVITE alone is said still. */
void talk_first_last(struct talk *t, struct talk_dialog *d);
/** Begin a stanza of the SIP user to the XMPP user. */
struct stox_exchange *talk_stanza(struct talk *t, const char *to, unsigned tag);

/* ---- talk_typing.c ---- */

/** Does the stanza tell that its sender types, or not any more?  NULL: neither,
 *  else the name of the state. */
const char *talk_chat_state(const struct stox_element *stanza);
/** What the XMPP user does. */
void talk_typing_say(struct talk *t, const char *state);
/** KeyboardActivity, or RFC 3994; false: it was none. */
bool talk_typing_hear(struct talk *t, struct stox_exchange *x);
/** A text has come from the SIP user: who writes types no more. */
void talk_typing_done(struct talk *t);
void talk_typing_run(struct talk *t, uint64_t now_ms);

/* ---- talk_file.c ---- */

#define TALK_FILE_TYPE "text/x-msmsgsinvite"
/** A MESSAGE of that type: refuse what it offers.  @x may be gone afterwards. */
void talk_file_hear(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d);

/* ---- talk_tell.c ---- */

/** What can be told of a text from SIP: letters of what its sender wants. */
enum talk_note {
	TALK_NOTE_DELIVERED = 'p',
	TALK_NOTE_FAILED = 'n',
	TALK_NOTE_DISPLAYED = 'd',
	TALK_NOTE_REPORT = 'r', /* both of the delivery, as ms-imdn */
};
/** @x, from SIP, becomes the stanza of that id: remember who wants to know what
 *  of it.  @date: of the text, or NULL. */
void talk_told_remember(struct stox_host *host, struct stox_exchange *x,
	const char *stanza, const char *message_id, const char *date,
	const char *wants);
/** Is @x, from XMPP, something that somebody on SIP wants to be told? */
bool talk_tells(struct stox_host *host, struct stox_exchange *x);
/** Tell it. */
void talk_tell(struct talk *t, struct stox_exchange *x);

/* ---- talk_words.c ---- */

/** What the answer to our INVITE or MESSAGE means for an XMPP user. */
enum stox_condition talk_words(struct talk *t, struct stox_exchange *x,
	const char **ret_text);
/** The dialog is gone: another one may work. */
bool talk_is_gone(const struct stox_exchange *x);

/* ---- invite.c ---- */

stox_verdict talk_invite(void *state, struct stox_exchange *x);
/** Refuse an INVITE that is no conversation, and tell the XMPP user. */
void talk_notice(struct talk *t, struct stox_exchange *x);
/** A request of a dialog, outside of any. */
stox_verdict talk_lost(void *state, struct stox_exchange *x);
enum talk_offer {
	TALK_OFFER_MESSAGES,
	TALK_OFFER_CALL,
	TALK_OFFER_CONFERENCE,
	TALK_OFFER_STRANGE,     /* a body that is no offer */
};
enum talk_offer talk_offered(struct stox_exchange *x);
/** Our answer to their offer, or (@x not an INVITE of theirs) an offer. */
const char *talk_sdp(struct stox_exchange *x, const char *uri);
/** The text inside `ms-text-format`, or NULL. */
const char *talk_first_text(struct stox_exchange *x);

#endif
