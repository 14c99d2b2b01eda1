/*
 * session.h: actors with a mailbox and a packed row.  Rows commit first,
 * actions run after the commit; after a crash they are derived again.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "base/buf.h"
#include "base/str.h"
#include "stox/service/session.h"

struct node;
struct sessions;

struct sessions *sessions_new(struct node *n);
/** Before the loop runs: read where the numbers of the last run ended.
 *  Returns 0, or -STOX_EIO with a sentence in @why. */
int sessions_start(struct sessions *s, struct buf *why);
/** The node stops: those that live in memory hear of it.  @last: for the last
 *  time.  Returns how many there are. */
size_t sessions_stop(struct sessions *all, bool last);
/** The node stops: write what is not in the store yet. */
void sessions_save(struct sessions *s);
/** A plugin goes away: its sessions leave memory. */
void sessions_unload(struct sessions *s, const struct stox_host *host);
/** Free all, without events. */
void sessions_free(struct sessions **s);
/** Let what earlier runs have left undone act, at LIMIT_SESSION_PACE. */
void sessions_restore(struct sessions *s);
size_t sessions_count(const struct sessions *s);

/* ---- session_admin.c: for operators ---- */

/** One session as its row has it, in memory or in the store. */
struct sessions_row {
	uint64_t id;
	const char *key;
	const struct stox_session_kind *kind;
	void *state;          /* of the plugin, for kind->describe() */
	const void *row;
	size_t len;
};
/** What is asked; @arg names who asks, for sessions_forget(). */
struct sessions_question {
	const char *kind;
	const char *key;      /* this one; NULL: a page of all of them */
	uint64_t after;       /* the page begins behind that id */
	unsigned page;        /* rows that are looked at, of all kinds */
	void (*row)(void *arg, const struct sessions_row *row);
	/** At last.  @next: where the next page begins, 0: there is none. */
	void (*done)(void *arg, int error, uint64_t next);
	void *arg;
};
/** Read rows; the callbacks come later.  Returns 0, or -STOX_ENOENT when no
 *  plugin keeps such sessions. */
int sessions_ask(struct sessions *all, const struct sessions_question *q);
/** What an operator wants of a session, which may be new. */
struct sessions_order {
	const char *kind, *key, *verb;
	const struct stox_value *values;  /* copied */
	/** After the commit.  @why: a sentence when @error is -STOX_EPERM. */
	void (*done)(void *arg, int error, bool changed, const char *why);
	void *arg;
};
int sessions_order(struct sessions *all, const struct sessions_order *o);
/** Who asked goes: nothing is called with @arg any more. */
void sessions_forget(struct sessions *all, const void *arg);

/** Is that session one whose row is kept, and not gone? */
bool session_has_row(const struct node *n, uint64_t session);
/** The id of that row; 0 when there is none. */
uint64_t session_row_id(const struct node *n, uint64_t session);
/** An exchange that it began has ended well, and it does not want to know more:
 *  stox_begin.failures_only. */
void session_went_well(struct node *n, uint64_t session);
/** The one door for events: local now, from another node later. */
void core_deliver(struct node *n, uint64_t session, const struct stox_event *e);
/**
 * A request within a dialog: the To tag is one that stox_session_token() made,
 * and names its session, which then hears of it, or 481 is answered.
 * False when it is no such tag.
 */
bool sessions_request(struct sessions *s, struct stox_exchange *x);
/** The 2xx with that To tag got its ACK, or none: its session hears of it. */
void sessions_acked(struct sessions *s, struct str tag, bool acked);

#endif
