/*
 * load.h: what the files of the load share: load.c is both neighbours and their
 * messages, load_people.c the presence of their users, load_storm.c one of them
 * whom all the others watch, load_times.c when what happened.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "io/io.h"
#include "sip/message.h"

enum { PAIRS_MAX = 131072, BUFFER = 1 << 24, BODY = 100 };

/* One pair: the names of its dialog, and what was told last. */
enum { NAME = 64 };
struct person {
	char call_id[NAME], here[NAME], there[NAME];
	uint32_t cseq;
	unsigned changes;
	bool known;
};

/* A message that has arrived. */
struct sample {
	uint64_t at_us;             /* when it left; wall clock */
	uint32_t us;                /* what it took */
};

/* Requests of one kind, and when each came. */
enum { REQUESTS = 8 };
struct requests {
	char name[16];
	struct buf at_us;
};

struct load {
	struct io_env *env;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct io_credentials *credentials;
	bool from_sip, people, star;
	bool trace;                 /* print every sample */
	bool stops;                 /* itself, once, when all is warm */
	uint64_t sent_before;       /* it stopped */
	bool listening;             /* answer only, and note when requests come */
	struct requests requests[REQUESTS];
	struct buf owed;            /* answers that wait for a stream */
	const char *host, *xmpp_domain, *sip_domain; /* our names */
	uint64_t stox_xmpp, stox_sip, xmpp_port, sip_port;
	uint64_t count, pairs, rate, idle;
	struct io_stream *out_xmpp; /* our stream towards stox */
	struct io_stream *out_sip;
	struct io_stream *out_other; /* with a star: one more, for others */
	bool xmpp_ready, begun;
	uint64_t ready_streams, ready_sip;
	uint64_t written;           /* messages, in all */
	uint64_t sent, arrived, finished, errors;
	uint64_t begin_us, end_us;
	uint64_t sent_us[PAIRS_MAX];
	struct buf samples;         /* struct sample, one after the other */
	struct timer pace, stall;
	uint64_t watched;           /* the sum at the last look */
	char body[BODY + 1];
	/* load_people.c */
	struct person *persons;
	uint64_t asked, known;
	/* load_storm.c */
	struct star {
		struct timer pace;      /* of the others' messages */
		struct timer change;
		uint64_t sent;          /* of them */
		uint64_t changed;       /* watchers that stox was told for */
		uint64_t told;          /* who have heard of the change */
		uint64_t begin_us;      /* 0: it is calm */
		uint64_t at_us[256];    /* when the others' last ones left */
		uint64_t storms;        /* that are over */
		uint64_t wanted;        /* storms */
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
/** A message of pair @n, from the side that writes. */
void load_write_message(struct load *l, struct io_stream *s, uint64_t n);
/** Open our stream towards stox. */
void load_dial_xmpp(struct load *l);
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
/** One more change of presence. */
void people_send(struct load *l, uint64_t pair);
void people_stanza(struct load *l, struct str stanza);
void people_sip(struct load *l, struct io_stream *s,
	const struct sip_message *m);
/** While listening: somebody asks what a user is. */
void people_probed(struct load *l, struct str stanza);
/** There is a stream: what waits goes out. */
void people_pay(struct load *l);
/** Tell stox of a change, of one pair. */
void people_change(struct load *l, uint64_t pair);

/* ---- load_storm.c ---- */

/** The others begin to write. */
void storm_others(struct load *l);
/** Everybody knows the star: calm and storms in turn. */
void storm_begin(struct load *l);
/** One more watcher has heard. */
void storm_told(struct load *l);
/** A message of one of the others has come out. */
void storm_message(struct load *l, struct str number);

/* ---- load_times.c ---- */

/** It left at @at_us, and has arrived now. */
void times_note(struct load *l, uint64_t at_us);
/** The @percent-th of what they took; sorts them. */
uint32_t times_percentile(struct load *l, unsigned percent);
/** As a list of pairs. */
void times_print(const struct load *l);
void times_request(struct load *l, struct str name);
/** By name: how many came in all, and how many within one second at most. */
void times_print_requests(const struct load *l);

#endif
