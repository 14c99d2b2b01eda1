/*
 * play.h: a play is one script for both worlds: who sends what, who receives
 * what, on a stage in memory whose clocks only the script moves.  The language
 * is described in stox-play(1).
 */
#ifndef PLAY_PLAY_H
#define PLAY_PLAY_H

#include "base/buf.h"
#include "base/pool.h"
#include "base/str.h"

enum play_verb {
	PLAY_SENDS,
	PLAY_RECEIVES,
	PLAY_RECEIVES_NOTHING,
	PLAY_ANSWERS,
	PLAY_BOUNCES,
	PLAY_NO_PINGS,
	PLAY_SAYS,
	PLAY_WAIT,
	PLAY_STOP,
	PLAY_START,
	PLAY_CLOSE,
	PLAY_CUT,
	PLAY_RESTART,
	PLAY_RELOAD,
	PLAY_LOGS,
	PLAY_OPERATOR,
	PLAY_SHUTDOWN,
};

struct play_step {
	enum play_verb verb;
	int line;
	const char *actor;    /* JID, SIP address or domain; "" when none */
	const char *text;     /* the block, without its indentation */
	uint64_t ms;          /* PLAY_WAIT */
};

struct play {
	struct pool *pool;
	const char *file;
	const char *title;
	const char *config;         /* NULL: the usual stage */
	const char *more_config;    /* appended to it */
	const char *plugins;        /* "message disco …", NULL: all bundled ones */
	const char *domains[8];     /* further peers: "xmpp example.net" */
	size_t domain_count;
	const char *offers[8];      /* "example.net bidi acks" */
	size_t offer_count;
	bool survives_cut, survives_restart;
	struct play_step *steps;
	size_t count;
};

/** Read a play.  NULL with "file:line: …" in @why.  Returns owned,
 *  play_free(). */
struct play *play_read(const char *file, struct buf *why);
void play_free(struct play **p);

/* ---- match.c ---- */

/** Does @text fit @pattern, in which '*' stands for anything? */
bool play_glob(const char *pattern, const char *text);

/* ---- act.c ---- */

/** How a play is performed. */
struct play_variant {
	size_t chop;          /* bytes per delivery, 0: as written */
	/* after this step (counted from 1): 0: never */
	size_t cut_after;     /* every connection breaks, and heals at once */
	size_t kill_after;    /* the node dies and comes back */
	bool twice;           /* two nodes on two stages in one process, step by
	                       * step in turn */
};
struct play_options {
	const char *const *plugin_path;
	bool verbose;         /* print the node's log as comments */
	uint64_t seed;        /* of all random numbers */
	const char *documents; /* folder for what SIP is told of presence; NULL */
};
/** Perform it.  True when all is as written; else a report in @why. */
bool play_perform(const struct play *p, const struct play_variant *v,
	const struct play_options *o, struct buf *why);

#endif
