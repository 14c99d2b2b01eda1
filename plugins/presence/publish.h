/*
 * publish.h: what an XMPP user is, told to a SIP presence server: one event state
 * for each user and SIP domain.  RFC 3903; stox.md 3.12.
 *
 * A publication is a session of its own.  It is told by the pairs of the user and
 * people of that domain what the user is; one of them, the speaker, is believed,
 * as what a user tells one contact may not be meant for others.  When the user
 * does not let the speaker in any more, the next one speaks.
 */
#ifndef PRESENCE_PUBLISH_H
#define PRESENCE_PUBLISH_H

#include "flow.h"

enum { PUBLISH_PAIRS = 16 };

struct publication {
	struct stox_session *session;
	struct stox_host *host;
	const char *xmpp;         /* bare JID */
	const char *domain;       /* of SIP */
	uint64_t now_s, now_ms;
	const char *etag;         /* of what the server has; "": nothing */
	uint64_t expires_s;       /* when it forgets it */
	uint64_t next_s;          /* when something has to be done, 0: never */
	uint64_t hold_s;          /* nothing is sent before */
	uint32_t ask_s;           /* time to ask for; 0: as configured */
	unsigned tries;           /* that failed in a row */
	bool owed;                /* the server does not know this yet */
	bool refresh;             /* the time it knows it for has to be renewed */
	bool flying;
	bool removing;            /* that which flies takes it back */
	bool question;            /* the speaker has to tell again */
	uint64_t sent_ms, changed_ms; /* of this run only */
	const char *trouble;      /* why the server has not taken it, a sentence;
	                           * NULL: it has */
	unsigned trouble_status;  /* SIP status, 0: none */
	uint64_t trouble_s;
	const char *last;         /* who spoke last: names the SIP domain */
	const char *state;        /* a packed pair; what the user is */
	size_t state_len;         /* 0: gone */
	size_t pair_count;
	const char *pairs[PUBLISH_PAIRS]; /* SIP users; the first one speaks */
	char key[PAIR_KEY_MAX];
};

extern const struct stox_session_kind publish_kind;

/* ---- presence.c ---- */

struct stox_session *presence_pair(struct stox_host *host, const char *xmpp,
	const char *sip);

/* ---- publish.c, for pairs ---- */

/** After an event of a pair: its publication hears what has changed.  True when
 *  the pair has to be saved. */
bool publish_tell(struct pair *p, const struct stox_event *e);
/** The publication asks. */
void publish_asked(struct pair *p);

/** Read a row without its session.  Texts point into it. */
void publish_read(struct publication *p, struct stox_host *host, const char *key,
	const void *row, size_t len);

/* ---- publish_act.c ---- */

void publish_act(struct publication *p);
void publish_answered(struct publication *p, struct stox_exchange *x);

/* ---- publish_admin.c ---- */

/** What a row holds, in names, and in words what became of it. */
void publish_describe(void *state, const char *key, const void *row, size_t len,
	const struct stox_description *d);

#endif
