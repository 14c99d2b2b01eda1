/*
 * load.h: what the two files of the load share: load.c is both neighbours and
 * their messages, load_people.c the presence of their users.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "io/io.h"
#include "sip/message.h"

enum { PAIRS_MAX = 131072, BUFFER = 1 << 24, BODY = 100, STORMS = 3 };

struct person;

struct load {
	struct io_env *env;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct io_credentials *credentials;
	bool from_sip, people, star;
	uint64_t stox_xmpp, stox_sip, xmpp_port, sip_port;
	uint64_t count, pairs, rate, idle;
	struct io_stream *out_xmpp; /* our stream towards stox */
	struct io_stream *out_other; /* with a star: a second one, for others */
	struct io_stream *out_sip;
	bool xmpp_ready, sip_ready, begun;
	uint64_t ready_streams;
	uint64_t sent, arrived, finished, errors;
	uint64_t begin_us, end_us;
	uint64_t sent_us[PAIRS_MAX];
	uint32_t *latency_us;
	struct timer pace, stall;
	uint64_t watched;           /* the sum at the last look */
	char body[BODY + 1];
	/* load_people.c */
	struct person *persons;
	uint64_t asked, known;
	struct star {
		struct timer pace;      /* of the others' messages */
		struct timer change;
		uint64_t sent, first;   /* of this storm and its quiet time */
		uint64_t changed;       /* watchers that stox was told for */
		uint64_t told;          /* NOTIFYs of the change */
		uint64_t begin_us;
		uint64_t at_us[4096];
		uint32_t before_us[2048], during_us[4096];
		uint64_t before, during;
		uint64_t storms;        /* that are over */
		struct {
			double seconds;
			uint32_t before_us, during_us;
		} results[STORMS];
	} of_star;
};

/* One connection: what it is by now, and bytes not used yet. */
struct link {
	struct load *load;
	bool accepted, secure, authenticated;
	struct buf in;
	struct sip_framing framing;
};

/* ---- load.c ---- */

/** What was sent for that pair has come out at the other side. */
void load_arrived(struct load *l, struct str user);
/** The pair may send again; with a rate the clock says when. */
void load_free_pair(struct load *l, struct str user);
/** Both sides are prepared: the counted part begins. */
void load_go(struct load *l);
void load_finish(struct load *l);
/** Answer 200; @more: header lines. */
void load_answer(struct io_stream *s, const struct sip_message *m,
	const char *more);
/** The value of an attribute, found by its text. */
struct str load_attribute(struct str element, const char *name);
/** "userN@…": N. */
struct str load_number(struct str address, const char *prefix);

/* ---- load_people.c ---- */

/** Subscribe all pairs; then load_go(). */
void people_begin(struct load *l);
/** A message of one of the others has come out. */
void people_message(struct load *l, struct str number);
void people_report(struct load *l);
/** One more change of presence. */
void people_send(struct load *l, uint64_t pair);
void people_stanza(struct load *l, struct str stanza);
void people_sip(struct load *l, struct io_stream *s,
	const struct sip_message *m);

#endif
