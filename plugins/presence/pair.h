/*
 * pair.h: all that is remembered of one XMPP user and one SIP user, as the row
 * of a session.  Two halves that know nothing of each other but this:
 *
 *   watch   the XMPP user watches the SIP user: we SUBSCRIBE, NOTIFY comes
 *   grant   the SIP user watches the XMPP user: SUBSCRIBE comes, we NOTIFY
 *
 * XMPP's authorisation is for good, SIP's dialogs are short: `auth` is the
 * first, a leg the second.  stox.md 3.1, 3.2.
 */
#ifndef PRESENCE_PAIR_H
#define PRESENCE_PAIR_H

#include "presence.h"
#include "stox/service/dialog.h"
#include "stox/service/session.h"

enum {
	PAIR_DEVICES = 16,
	PAIR_LEGS = 8,
	PAIR_NOTES = 4,       /* kept of a device */
	PAIR_ROW_MAX = 32768,
	PAIR_KEY_MAX = 4200,  /* two JIDs of at most 2047 bytes each */
	PAIR_TROUBLE_MAX = 200,
	PAIR_TRANSACTION_S = 32, /* 64*T1: RFC 6665, 4.1.2.4 */
	PAIR_UNSURE_S = 7 * 86400, /* without a sign of the XMPP user */
};

enum pair_auth { AUTH_NONE, AUTH_ASKED, AUTH_YES };

/** A resource as the other side was, or will be, told. */
struct pair_device {
	struct presence_device d;
	bool owed;            /* the other side does not know this yet */
	bool stale;           /* not confirmed since a restart */
};

/** Our SUBSCRIBE and what came of it. */
enum watch_state {
	WATCH_IDLE,           /* no dialog, none wanted */
	WATCH_ASKING,         /* no NOTIFY yet */
	WATCH_LIVE,
	WATCH_LEAVING,        /* ended by us: the last NOTIFY is to come */
};
struct pair_watch {
	enum pair_auth auth;
	uint64_t since_s;     /* when that was reached */
	bool online;          /* the XMPP user seems to be */
	uint64_t seen_s;      /* the last sign of it */
	bool notes;           /* policy lets them see status texts */
	bool counted;         /* among what the XMPP user has asked for */
	bool blocked;         /* nobody is asked, nothing told: as if unanswered */
	/* the dialog */
	enum watch_state state;
	const char *call_id, *tag;
	struct stox_dialog dialog;
	uint32_t cseq;        /* of the last SUBSCRIBE */
	uint32_t expires_ask_s;
	uint64_t expires_s;   /* when it ends, if nobody does anything */
	uint64_t next_s;      /* when something has to be done, 0: never */
	unsigned tries;       /* that failed in a row */
	bool bidden;          /* to wait until `next_s`, by their Retry-After */
	bool send;            /* a SUBSCRIBE is owed */
	bool suppress;        /* it wants no NOTIFY when nothing is new */
	bool flying;          /* one is under way */
	/* what the XMPP user is owed, in this order */
	bool owe_subscribed, owe_error, owe_unsubscribed;
	bool retell;          /* what was told last is not sure: all of it again */
	unsigned told_tries;  /* stanzas that could not be delivered, in a row */
	uint64_t quiet_s;     /* none before then */
	uint64_t told_s;      /* when the last NOTIFY with a state came */
	const char *etag;     /* of what `devices` are, "": none.  RFC 5839 */
	const char *display;  /* the SIP user's name */
	size_t count;
	struct pair_device devices[PAIR_DEVICES]; /* of the SIP user; the last */
};

/** A SUBSCRIBE of theirs: we notify. */
enum leg_state {
	LEG_OPEN,             /* pending or active, as the authorisation says */
	LEG_POLL,             /* one NOTIFY with the state, and the end */
	LEG_ENDING,           /* the last NOTIFY is owed */
};
struct pair_leg {
	enum leg_state state;
	unsigned number;      /* tells legs apart in answers */
	const char *reason;   /* of the end: "timeout", "rejected", … */
	struct stox_dialog dialog;
	uint32_t cseq;        /* of the last NOTIFY */
	uint64_t expires_s;
	uint64_t until_s;     /* ENDING: when the watcher's belief in it ends */
	bool owed, flying;
	uint64_t sent_ms;     /* when the last NOTIFY went out; of this run only */
	unsigned tries;       /* that failed in a row */
	const char *event_id; /* id parameter of Event, "" */
	const char *has;      /* before its first NOTIFY: the tag of what its
	                       * watcher has, "*" of anything, "": nothing */
};
struct pair_grant {
	enum pair_auth auth;
	uint64_t since_s;
	uint64_t asked_s;     /* when the XMPP user was asked last */
	bool counted;         /* among what the SIP user has asked for */
	bool published;       /* a publication is told what `devices` are */
	bool blocked;         /* nobody is asked, nothing told: it is pending */
	bool owe_ask, owe_probe, owe_gone;
	bool owe_end;         /* the XMPP user hears "unsubscribe" */
	bool known;           /* `devices` is what the XMPP user is */
	bool probing;         /* her server may answer, or has nothing to say */
	uint64_t probed_s;    /* when it was asked */
	unsigned numbers;     /* given to legs */
	const char *display;      /* the XMPP user's name */
	const char *sip_display;  /* the SIP user's, told when asking */
	size_t leg_count, count;
	struct pair_leg legs[PAIR_LEGS]; /* the first of the lists */
	struct pair_device devices[PAIR_DEVICES]; /* of the XMPP user */
};

struct pair {
	struct stox_session *session;
	struct stox_host *host;
	const char *xmpp, *sip;   /* bare JIDs */
	uint64_t now_s, now_ms;
	const char *trouble;      /* why it hangs, a sentence; NULL: it does not */
	unsigned trouble_status;  /* SIP status, 0: none */
	uint64_t trouble_s;
	bool trouble_s2x;         /* the grant hangs, not the watch */
	struct pair_watch watch;
	struct pair_grant grant;
	unsigned wait_ms;         /* act again after that time; 0: no need */
	char tokens[3][33];       /* what new names point to */
	char key[PAIR_KEY_MAX];   /* the two */
};

/** Pack one into PAIR_ROW_MAX bytes; the length. */
size_t pair_pack(const struct pair *p, char *row);
/** Read the row of a session.  Texts point into the row: they are good until it
 *  is set or noted.  An unreadable row is an empty one, and logged. */
void pair_load(struct pair *p, struct stox_session *s);
/** The same of a row without its session: nothing can be done with it. */
void pair_read(struct pair *p, struct stox_host *host, const char *key,
	const void *row, size_t len);
/** Has the XMPP user gone offline, and lets herself be asked whether she is back?
 *  She was seen not long ago, and may come while we are not there to hear. */
bool pair_may_return(const struct pair *p);
/** Is there nothing to know of the two? */
bool pair_is_empty(const struct pair *p);
/** Write it back and commit. */
void pair_save(struct pair *p);
/** Write it back softly: stox_session_note(). */
void pair_note(struct pair *p);
/** Act again after that time, or earlier. */
void pair_wait(struct pair *p, uint64_t ms);
/** Nothing can be begun now: act again in half a minute or less, each pair at
 *  another time. */
void pair_again(struct pair *p);
/** Remember why the watch hangs, or why the grant does. */
void pair_trouble(struct pair *p, unsigned status, const char *text);
void pair_trouble_s2x(struct pair *p, const char *text);
/** That one does not any more.  True when it did. */
bool pair_fine(struct pair *p, bool s2x);
/** Forget an old trouble. */
void pair_forget(struct pair *p);

/** The device of that resource, or NULL. */
struct pair_device *pair_device(struct pair_device *list, size_t count,
	const char *resource);
/** Take it out of the list. */
void pair_device_remove(struct pair_device *list, size_t *count,
	struct pair_device *d);
/** Do both say the same, their times aside? */
bool pair_device_same(const struct presence_device *a,
	const struct presence_device *b);

#endif
