/*
 * reach_private.h: what the files of reach.h share.
 */
#ifndef CORE_REACH_PRIVATE_H
#define CORE_REACH_PRIVATE_H

#include "core/node.h"
#include "core/reach.h"

enum reach_stage {
	REACH_WONDERING, /* does anybody care? */
	REACH_ASKING,    /* it is doubted */
	REACH_LOST,
	REACH_RESTING,   /* all is well, or nobody cares: for a while silence is
	                  * no sign */
};
/** What the reader does for a place. */
enum reach_errand {
	REACH_NOTHING,
	REACH_FIND,      /* two people who care */
	REACH_TELL_LOST,
	REACH_TELL_BACK,
	REACH_TEST,      /* one session that finds out whether it is known */
};

/** What may be lost: a domain on XMPP ('x'), the partner on SIP of a main domain
 *  ('s'), or the component connection of a domain of ours ('c'). */
struct reach_place {
	struct list node;
	struct reach *reach;
	char *key;             /* the letter and the domain */
	enum reach_stage stage;
	bool broke;            /* it may have forgotten everything */
	bool closed;           /* it closed a connection: it may have, too */
	bool up;               /* component: connected while we wondered */
	uint64_t first;        /* the row of who was forgotten first, or 0 */
	uint64_t tested;       /* the row that REACH_TEST has told alone, or 0 */
	bool forgot;           /* that has shown what it should */
	uint64_t since_ms;     /* the sign */
	unsigned tries;        /* questions without an answer, in a row */
	uint64_t question;     /* the exchange under way, 0: none */
	uint64_t asked_ms;     /* the last one */
	struct timer timer;
	char *xmpp, *sip;      /* two who care, bare JIDs; NULL: unknown yet */
	/* the reader */
	enum reach_errand errand;
	uint64_t begin;        /* the id behind which it began */
	bool wrapped;          /* it has come to the end once */
	bool late;             /* it begins behind the page that is being read */
	size_t met;            /* sessions that it has found */
};

struct reach {
	struct node *node;
	struct table *by_key;
	struct list places;
	bool stopped;
	/* the reader of the sessions with a due time, round and round while
	 * somebody has an errand */
	bool reading, asking;  /* a page is on its way */
	uint64_t cursor;       /* the id of the last row */
	unsigned rows;         /* in this page */
	unsigned told;         /* of them were sent an event */
	struct timer turn;
};

/** "x" and the domain; NULL when there is none. */
struct reach_place *reach_find(const struct reach *r, char letter,
	struct str domain);
/** The domain of ours by which XMPP reaches people of that SIP domain. */
struct str reach_local(const struct node *n, struct str sip);
/** The main domain of the partner that serves that SIP domain. */
struct str reach_main(const struct node *n, struct str sip);

/* ---- reach_read.c ---- */

void reach_reader_init(struct reach *r);
/** Send the reader round for @p, from where it is; an errand under way is given
 *  up. */
void reach_read(struct reach_place *p, enum reach_errand errand);

/** The session of that row hears its errand. */
void reach_tell(struct reach *r, const struct reach_place *p,
	const struct store_session *row);

/* ---- reach_forgot.c ---- */

/** The session of that row is to find out whether it is known still, when there is
 *  something to be known; that ends the errand. */
void reach_test(struct reach *r, struct reach_place *p,
	const struct store_session *row);

/* ---- reach.c ---- */

/** Log what became of it. */
void reach_say(const struct reach_place *p, enum stox_level level,
	const char *event);

/** Two who care. */
void reach_found(struct reach_place *p, struct str xmpp, struct str sip);
/** The reader has been round. */
void reach_errand_done(struct reach_place *p, enum reach_errand errand);

#endif
