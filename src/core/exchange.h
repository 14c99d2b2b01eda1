/*
 * exchange.h: one request crossing the gateway.  Start reading here.
 *
 *     peer A -- in -->  accept > route > translate > adjust  -- out --> peer B
 *            <- reply -------------- reply  <-------------- answer --
 *
 * The four slots are written once, left to right.  An exchange ends by its
 * reply, never by a lost connection; the deadline sees to it that there always
 * is one.  It lives in its own pool: for a stanza the very pool that the stanza
 * was parsed into.
 */
#ifndef CORE_EXCHANGE_H
#define CORE_EXCHANGE_H

#include "base/list.h"
#include "base/timer.h"
#include "core/hook.h"
#include "map/map.h"
#include "sip/dialog.h"
#include "sip/sip.h"
#include "stox/plugin.h"
#include "stox/service/dialog.h"
#include "xmpp/xmpp.h"

struct node;
struct crowd;
struct lane;

/** A header to write. */
struct exchange_header {
	const char *name, *value;
	struct exchange_header *next;
};

/** A SIP request or response in the making. */
struct exchange_sip {
	const char *method;          /* requests */
	unsigned status;             /* responses, 0: none yet */
	const char *reason;
	struct exchange_header *headers, **headers_end;
	size_t header_count;
	const char *to_tag;          /* responses that make a dialog, or NULL */
	const char *type;            /* Content-Type, NULL: no body */
	struct str body;
	const char *display;         /* requests: name for From, NULL: none */
	const char *call_id, *from_tag; /* requests: NULL: fresh ones */
	bool self;                   /* requests: about their sender */
	uint32_t cseq;
};

enum exchange_answer {
	ANSWER_NONE,
	ANSWER_SIP,      /* a final response */
	ANSWER_STANZA,   /* an IQ result, or a bounce */
	ANSWER_SENT,     /* the XMPP side took it and nothing came back */
	ANSWER_FAILED,   /* a local event: no route, time-out, policy */
};

/** How far it has come.  Only exchange_set_state() changes it. */
enum exchange_state {
	EXCHANGE_NEW,
	EXCHANGE_QUEUED,   /* in its lane, behind others */
	EXCHANGE_RUNNING,  /* hooks run */
	EXCHANGE_WAITING,  /* a hook waits */
	EXCHANGE_SENT,     /* out is gone, the answer is not here */
	EXCHANGE_TAKEN,    /* a session owes the reply */
	EXCHANGE_ENDED,
};

struct stox_exchange {
	uint64_t id;                  /* its handle, x= in the log */
	struct node *node;
	struct snapshot *snapshot;    /* the configuration it began under; counted */
	struct pool *pool;
	enum stox_side side;          /* where `in` came from */
	enum exchange_state state;
	uint64_t began_us;
	struct timer deadline;
	/* the two ends, as JIDs */
	struct jid from, to;
	struct jid face;              /* the SIP end as XMPP sees it: itself, or
	                               * its address at the gateway */
	const struct config_gateway *gateway; /* of the face, or NULL */
	const struct config_sip_domain *sip_domain; /* the one we speak for; the
	                               * gateway's own when that is meant */
	const struct config_xmpp_domain *xmpp_domain;
	const char *sip_uri;          /* original spelling of the SIP end, or NULL */
	bool spelled;                 /* that was looked up */
	/* in */
	const struct stox_element *in_stanza;
	struct xmpp_receipt receipt;  /* of in_stanza, released with the reply */
	const struct sip_message *in_sip;
	struct str from_user, from_host; /* of the URI that `from` was, in
	                              * in_sip */
	uint64_t in_transaction;      /* 0 once answered */
	bool approached;              /* the addressee has approached the sender */
	bool slowed;                  /* a refusal that waits, see partner.h */
	bool paced;                   /* `out` has its turn, see partner.h */
	bool originating;             /* begun by a session: `in` is empty */
	/* out */
	struct stox_element *out_stanza;
	struct exchange_sip *out_sip;
	const struct stox_begin *begin; /* dialog data of an originating one */
	const struct sip_dialog *dialog; /* that it is sent in, or NULL */
	struct stox_dialog made;      /* by the 2xx to an INVITE; len 0: none */
	const char *out_id;           /* stanza id to match bounces and results by */
	bool tracked;                 /* out_id is in node->by_stanza_id */
	/* answer */
	enum exchange_answer answer;
	unsigned answer_status;
	const struct sip_message *answer_sip;         /* borrowed while hooks run */
	struct exchange_header *answer_headers;       /* copies, once a hook waits */
	const struct stox_element *answer_stanza;
	enum stox_condition answer_condition;
	const char *answer_text;
	/* reply */
	struct stox_element *reply_stanza;
	struct exchange_sip *reply_sip;
	enum stox_condition reject;   /* refused with this */
	const char *reject_text;
	/* hooks */
	enum stox_phase phase;
	size_t position;              /* next hook in the phase's list */
	struct stox_host *waiting_for;
	stox_then *then;
	void *then_arg;
	enum stox_why why;
	struct timer wait_timer;
	struct io_task resume;
	uint64_t wait_token;
	/* lane */
	struct lane *lane;
	struct list lane_node;
	/* session */
	void (*over)(struct stox_exchange *x); /* or the core itself has begun
	                               * it, and looks at the answer here */
	uint64_t session;             /* the one that took or began it */
	struct crowd *place;          /* it holds one there, or NULL */
	unsigned tag;
};

/** A new exchange in @pool, which it takes.  NULL when the budget or
 *  LIMIT_EXCHANGES forbids it, or the node stops (@pool is then still the caller's). */
struct stox_exchange *exchange_new(struct node *node, struct pool *pool,
	enum stox_side side);
/** The same for what ends something, while the node stops. */
struct stox_exchange *exchange_new_late(struct node *node, struct pool *pool,
	enum stox_side side);
/** Give it to the pipeline: in, from and to are written. */
void exchange_start(struct stox_exchange *x);
/** Refuse it before any hook runs.  @text is borrowed. */
void exchange_reject(struct stox_exchange *x, enum stox_condition condition,
	const char *text);
/** Start behind `translate`: `out` is written by a session. */
void exchange_originate(struct stox_exchange *x);
/** The answer has come, in the answer_… fields; runs `reply` and ends it. */
void exchange_answered(struct stox_exchange *x);
/** The XMPP side took it and no bounce came: that is the answer. */
void exchange_sent(struct stox_exchange *x);
/** A local event is the answer. */
void exchange_failed(struct stox_exchange *x, enum stox_condition condition,
	const char *text);
/** A session has written (or left empty) the reply. */
void exchange_replied(struct stox_exchange *x);
/** Its turn in the lane has come. */
void exchange_turn(struct stox_exchange *x);
/** Wait for the core itself; wait_end() lets the present phase go on. */
void exchange_park(struct stox_exchange *x);
/** End every wait of @host's hooks with STOX_WAIT_GONE, and what they waited in. */
void exchange_unload(struct node *node, struct stox_host *host);
/** Time is over for all that somebody waits for: they are answered, now, and
 *  what still rings is cancelled.  What sessions have begun whose rows say where
 *  to go on is left as it is. */
void exchange_hurry_all(struct node *node);
/** End all, without replies (shutdown). */
void exchange_end_all(struct node *node);

/** Copies of the answer's headers, before the message it borrows goes away. */
void exchange_keep_answer(struct stox_exchange *x);

/* ---- lanes: order within a pair and direction ---- */

/** Enter; true when it is its turn now, false when it waits behind others.
 *  -STOX_ETOOBIG when the lane is full. */
int lane_enter(struct stox_exchange *x);
/** Leave; the next one starts on a fresh stack. */
void lane_leave(struct stox_exchange *x);

/* ---- waits ---- */

void wait_init(struct stox_exchange *x);
/** End the wait, if there is one, and let @then run with @why later. */
int wait_end(struct stox_exchange *x, enum stox_why why);

#endif
