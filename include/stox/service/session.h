/*
 * stox/service/session.h: state machines that outlive an exchange, and the
 * exchanges that they begin.  Needs the exact build of stox.
 *
 * A session is an actor with a packed row.  event() looks at one event and
 * changes the row; the row is committed; then act() does what the row asks
 * for.  After a crash the row is all there is, so act() is called again:
 * actions are derived from the row, never from memory, and doing one twice
 * must be harmless.  What need not be safe before it is said (stox_session_note)
 * event() may say itself.
 */
#ifndef STOX_SERVICE_SESSION_H
#define STOX_SERVICE_SESSION_H

#include "stox/plugin.h"
#include "stox/service/dialog.h"

struct stox_session;

enum stox_event_type {
	STOX_EVENT_REQUEST, /* an exchange was given to it by stox_session_take() */
	STOX_EVENT_ANSWER,  /* an exchange that it began has its answer */
	STOX_EVENT_DUE,     /* its due time has come */
	STOX_EVENT_WAKE,    /* the time of stox_session_wake() is over */
	STOX_EVENT_RESTORED, /* an earlier run has written the row: what was under
	                     * way then is not any more.  The first event */
	STOX_EVENT_ADMIN,   /* an operator wants something */
	STOX_EVENT_TOLD,    /* another session says something: `told` */
	STOX_EVENT_PEER,    /* for kinds with `pairs`: the servers of one side are
	                     * lost, or, lost or not, are there again and may have
	                     * forgotten all: `peer` and `lost` */
	STOX_EVENT_ACKED,   /* the 2xx that answered an INVITE got its ACK, or, after
	                     * 64*T1, none: `acked` and `local_tag` tell */
	STOX_EVENT_STOP,    /* the node stops, and sessions that live in memory go
	                     * with it: end what the other side believes in.  Comes
	                     * again, with `last`, when there is no more time */
};
/** A name and what it stands for; a list ends with a NULL name. */
struct stox_value {
	const char *name, *text;
};
/** What an operator wants: `stoxctl roster`. */
struct stox_admin {
	const char *verb;                /* what it means is the kind's */
	const struct stox_value *values; /* borrowed for the event */
	/* for event() to set */
	bool changed;                    /* there was something to do */
	const char *refusal;             /* why not, a sentence; static */
};
struct stox_event {
	enum stox_event_type type;
	/* REQUEST: reply through it (stox_reply_…), or leave the reply empty;
	 * ANSWER: ask stox_answer_…() */
	struct stox_exchange *exchange;
	unsigned tag;          /* ANSWER: as given to stox_begin() */
	struct stox_admin *admin; /* ADMIN */
	const void *told;      /* TOLD: borrowed for the event */
	size_t told_len;
	enum stox_side peer;   /* PEER */
	bool lost;             /* PEER */
	bool acked;            /* ACKED: false: the dialog must end */
	const char *local_tag; /* ACKED: To tag of that 2xx */
	bool last;             /* STOP: what is begun now is only just sent */
};

/** Where a kind tells what a row means; all borrowed for the call. */
struct stox_description {
	void (*text)(void *arg, const char *name, const char *value);
	void (*number)(void *arg, const char *name, int64_t value);
	void *arg;
	bool brief;            /* one of many: no sentences */
};

struct stox_session_kind {
	const char *name;      /* unique in the store */
	/** One event.  Change the row with stox_session_set() or _end(). */
	void (*event)(void *state, struct stox_session *s, const struct stox_event *e);
	/** The row is committed, or an earlier run has left it: do what it asks.
	 *  Runs once after each event that has set it. */
	void (*act)(void *state, struct stox_session *s);
	/** Tell operators what a row holds, by names; changes nothing.  NULL: they
	 *  see the key only. */
	void (*describe)(void *state, const char *key, const void *row,
		size_t len, const struct stox_description *d);
	/** Not 0: these sessions live in memory only.  They have no row; instead
	 *  each has that many bytes, all 0 at first: stox_session_object().  What
	 *  is to be done is done in event(), act() is not called.  They stay until
	 *  stox_session_end(), or until the node ends. */
	size_t size;
	/** Before those bytes go: free what they own.  NULL: nothing. */
	void (*drop)(void *state, void *object);
	/** Many of them may have an event at once, as those of everybody who
	 *  watches one user: they take turns, and others go first. */
	bool bulk;
	/** Its keys are an address on XMPP, a space, and one on SIP: those that
	 *  have a due time hear PEER, at the pace of due times.  A side whose
	 *  connections break, or which does not answer, is asked whether it is
	 *  there as long as there are such sessions. */
	bool pairs;
	/** Does the SIP side hold something for this row that it may forget, a
	 *  dialog or a publication, which PEER makes the session look at?  Then
	 *  one such hears PEER to find out whether its servers, which are there,
	 *  have crashed; if 481 or 412 is the answer, all do.  Changes nothing.
	 *  NULL: no. */
	bool (*known)(void *state, const char *key, const void *row, size_t len);
};

/** The session of that kind and key.  Its row may have to be read first: it is
 *  there in event() and act(), empty for a new one.  NULL only for kinds that
 *  live in memory, when there are too many of them. */
STOX_API struct stox_session *stox_session_open(struct stox_host *host,
	const struct stox_session_kind *kind, const char *key);
STOX_API const char *stox_session_key(const struct stox_session *s);
STOX_API struct stox_host *stox_session_host(const struct stox_session *s);
/** The packed row; *@ret_len 0 for a new session. */
STOX_API const void *stox_session_row(const struct stox_session *s, size_t *ret_len);
/** Replace the row; copied.  @due_s: seconds since 1970 of the next DUE, 0: none.
 *  A DUE that sets no new one was the last.  After a restart those with a due
 *  time act again, at a pace, whatever the time is; the others wait for an
 *  event: whoever owes an action to the world sets a time to try it again. */
STOX_API void stox_session_set(struct stox_session *s, const void *row, size_t len,
	uint64_t due_s);
/** Replace the row, also in act(), by one that need not be safe before anything
 *  is said: it is written with the next stox_session_set(), when the session is
 *  left to the store and when the node stops.  The due time stays.  act() does
 *  not follow. */
STOX_API void stox_session_note(struct stox_session *s, const void *row,
	size_t len);
/** What is noted is to be written within half a minute or so, at the pace of
 *  LIMIT_SESSION_NOTES, however often it is noted until then. */
STOX_API void stox_session_write_soon(struct stox_session *s);
/** WAKE comes after that time, unless the node dies before or another call asks
 *  for another time.  Meanwhile the session stays in memory. */
STOX_API void stox_session_wake(struct stox_session *s, unsigned after_ms);
/** Delete the row after this event; the session is gone then. */
STOX_API void stox_session_end(struct stox_session *s);

/** What is thought of the servers of a side, for kinds with `pairs`. */
enum stox_peer {
	STOX_PEER_THERE,
	STOX_PEER_DOUBTED, /* it is being asked */
	STOX_PEER_LOST,    /* PEER will tell when it is there again */
};
STOX_API enum stox_peer stox_session_peer(const struct stox_session *s,
	enum stox_side side);
/** Somebody of that side does not answer: is anybody there?  Either that is known
 *  soon, and stox_session_peer() tells, or PEER comes. */
STOX_API void stox_session_doubt(const struct stox_session *s,
	enum stox_side side);

/** Let another session know: these bytes, copied, come to it as TOLD.  They are
 *  lost when the node dies before. */
STOX_API void stox_session_tell(struct stox_session *to, const void *bytes,
	size_t len);

/** The bytes of a session that lives in memory only. */
STOX_API void *stox_session_object(struct stox_session *s);

/** Memory for what those bytes point to: cleared, never NULL, to be freed here. */
STOX_API void *stox_memory(size_t size);
/** @len bytes and a NUL behind them. */
STOX_API void *stox_memory_copy(const void *bytes, size_t len);
STOX_API void stox_memory_free(void *p);

/** In `translate`: hand the exchange to a session; event(REQUEST) follows on a
 *  fresh stack and the reply goes out after the commit. */
STOX_API stox_verdict stox_session_take(struct stox_exchange *x,
	struct stox_session *s);
/**
 * In event(REQUEST), for kinds that live in memory: its reply does not go out
 * after this event but with stox_held_reply(); its lane is free for the next
 * one.  The exchange has @timeout_ms from now on, then the core answers it.
 * Returns its stox_id(), by which stox_held() finds it.
 */
STOX_API uint64_t stox_session_hold(struct stox_session *s,
	struct stox_exchange *x, unsigned timeout_ms);
/** A held exchange; NULL when it has ended meanwhile. */
STOX_API struct stox_exchange *stox_held(struct stox_session *s, uint64_t id);
/** Let the reply of a held exchange go: what stox_reply_…() wrote, what
 *  stox_reject() said (its verdict does not matter), or silence. */
STOX_API void stox_held_reply(struct stox_exchange *x);

/** What stox_begin() needs. */
struct stox_begin {
	const char *from, *to; /* JIDs; one of the two domains lives on SIP */
	unsigned tag;          /* comes back with the answer */
	bool failures_only;    /* an answer that is no error makes no event */
	/* for a SIP request within a dialog; NULL and 0 outside.  call_id and
	 * from_tag may be chosen by the session to be the same after a crash */
	const char *call_id, *from_tag, *to_tag;
	uint32_t cseq;
	unsigned timeout_ms;   /* 0: the usual time of an exchange */
	struct stox_dialog dialog; /* instead of the three names: where it goes
	                        * is told by the dialog then */
};
/** Begin an exchange of the session's own: write its `out`, then
 *  stox_begin_send().  NULL when the addresses do not fit, or there is no room
 *  for it now: one that is stored tries again, after a while that differs. */
STOX_API struct stox_exchange *stox_begin(struct stox_session *s,
	const struct stox_begin *b);
STOX_API void stox_begin_send(struct stox_exchange *x);
/** After stox_out_sip(): the request goes where `to` is served, but it is about
 *  its sender: Request-URI and To are From's.  PUBLISH; RFC 3903, 4. */
STOX_API void stox_out_self(struct stox_exchange *x);
/** For kinds that are `bulk`: may the next stox_begin() go from the one
 *  bare JID to the other now?  False: too much is under way to the domain of
 *  @to; act() runs again when there is room. */
STOX_API bool stox_session_may_send(struct stox_session *s, const char *from,
	const char *to);

/** A name that nobody can guess, that begins with the node's id and by which
 *  the core finds the session: for Call-IDs, and for the tags of its dialogs.
 *  In-dialog requests whose To tag is one come as REQUEST; that the rest of the
 *  dialog is right too is for the session to see. */
STOX_API const char *stox_session_token(struct stox_session *s, char out[33]);

#endif
