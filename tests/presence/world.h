/*
 * world.h: an XMPP server and a SIP server that behave, and the two people on
 * them.  Models with memory: rosters and presence here, subscriptions and
 * dialogs there.  Clocks are those of the stage.
 */
#ifndef TESTS_PRESENCE_WORLD_H
#define TESTS_PRESENCE_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play/stage.h"

enum show { GONE, HERE, AWAY, SHOWS };
enum roster { NONE, ASKED, YES };
/** What romeo lets her see; MISSING: there is no romeo. */
enum policy { PENDING, ALLOWED, DENIED, MISSING };
enum poll { NO_POLL, POLL_ASKED, POLL_TOLD };
/** Juliet's devices. */
enum device { BALCONY, ORCHARD, DEVICES };

enum { SUBS = 16, TXS = 16, RESOURCES = 8, TICK_MS = 100, IDLE_MS = 1000,
	EXPIRES_S = 600, RESEND_MS = 4000, TRIES = 6, MINUTE_MS = 60000 };

/** How romeo's server differs from others. */
enum dialect {
	PLAIN,
	CONDITIONAL,            /* both sides of SIP know RFC 5839 */
	ANSWERS,                /* RFC 3265: the way is told in the answer only */
};

/** A dialog in which stox watches romeo. */
struct sub {
	bool used, owed;
	const char *ended;      /* the reason; NULL: it lives */
	int has;                /* its watcher has that state; -1: none */
	char call_id[80], theirs[80], ours[16], target[256];
	unsigned cseq, heard;   /* of the last NOTIFY, the last SUBSCRIBE */
	uint64_t until_ms;
};
/** A request of the SIP server that has no answer yet. */
struct tx {
	bool used, last;        /* last: it ends its dialog */
	bool poll;              /* it makes none */
	char bytes[2048], call_id[80];
	unsigned cseq, tries;
	uint64_t next_ms;
	struct sub *sub;        /* a NOTIFY of that; NULL: a SUBSCRIBE */
};

struct truth {
	struct stage stage;
	struct peer *xmpp, *sip;
	uint64_t now_ms;
	uint64_t patience_ms;   /* what they do now has its end after that */
	unsigned counter;
	enum dialect dialect;
	unsigned spared;        /* documents that were not sent for that */
	unsigned brief, lost;   /* that often: 423, 481 */
	/* romeo, on SIP */
	enum show romeo;
	enum policy policy;
	uint32_t least_s;       /* his server takes no shorter subscriptions */
	struct sub subs[SUBS];
	struct tx txs[TXS];
	bool watches;           /* he wants to see juliet */
	bool dialog;            /* and has one */
	char call_id[80], tag[16], theirs[80];
	unsigned cseq, heard;
	uint64_t refresh_ms;
	int sees;               /* as all_of(); -1: nothing is known */
	char etag[64];          /* of the last document, which said: */
	int etag_sees;
	enum poll poll;
	char poll_id[80];
	int poll_sees;
	/* juliet, on XMPP */
	enum show juliet[DEVICES];
	bool wanted;            /* she wants to see romeo */
	enum roster to, from;
	bool allows;            /* him to see her */
	struct {
		char resource[64];
		enum show show;
	} view[RESOURCES];
	size_t views;
};

/** What several devices are, as one number; 0: none is there. */
int all_of(const enum show show[DEVICES]);

/* ---- world_sip.c ---- */

/** What comes is answered, and what is due is sent. */
void sip_turn(struct truth *t);
/** Is nothing under way? */
bool sip_is_idle(const struct truth *t);
/** Whoever watches romeo is to be told. */
void romeo_changes(struct truth *t);
/** His server ends what it has of stox; the reason is static. */
void romeo_ends(struct truth *t, const char *reason);
/** He asks to see juliet, or (within the dialog) to go on or to stop. */
void subscribe(struct truth *t, unsigned expires);
/** He asks once how she is. */
void ask_once(struct truth *t);

/* ---- world_xmpp.c ---- */

void xmpp_turn(struct truth *t);
/** A stanza of juliet's server without a state. */
void say(struct truth *t, const char *type);
/** That device tells how it is, if he may see her. */
void show_device(struct truth *t, enum device d);
/** The same of all that are there; when none is, that. */
void show_juliet(struct truth *t);

#endif
