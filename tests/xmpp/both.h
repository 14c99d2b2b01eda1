/*
 * both.h: two servers of ours that speak with each other, in one world in
 * memory whose cable can be cut.
 */
#ifndef TESTS_XMPP_BOTH_H
#define TESTS_XMPP_BOTH_H

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/mem.h"
#include "xmpp/xmpp.h"

enum { TOKENS = 4000 };

/** One of the two. */
struct end {
	struct both *both;
	const char *domain, *address;
	struct io_env *env;
	struct limits limits;
	struct budget budget;
	struct log log;
	struct buf lines;             /* what was logged */
	struct xmpp *x;
	struct xmpp_local local;
	struct xmpp_partner partner;  /* the other one */
	struct xmpp_config config;
	struct io_credentials *credentials;
	unsigned got[TOKENS];         /* how often a number came */
	unsigned order[TOKENS];       /* numbers as they came */
	size_t count;
	bool keep;                    /* receipts are released by the test */
	struct xmpp_receipt receipts[TOKENS];
	unsigned reports[TOKENS];
	enum xmpp_sent sent[TOKENS];
};

struct both {
	struct io_world *world;
	struct end a, b;
};

/** contoso.com and example.org, with bidi and resumption as said. */
struct both *both_new(size_t chop, bool bidi, bool resume);
void both_free(struct both *t);
void end_start(struct end *e);
/** As after kill -9, on a fresh object. */
void end_restart(struct end *e);
/** Send message number @n to the other one. */
void end_send(struct end *e, unsigned n, unsigned flags);
/** A reply to nothing, with that number. */
void end_reply(struct end *e, unsigned n);
void both_step(struct both *t);
void both_pass(struct both *t, uint64_t ms);
/** Reset all connections between the two; the cable is whole again at once. */
void both_cut(struct both *t);
bool end_logged(const struct end *e, const char *text);
/** Numbers @from to @to came, each once, in this order behind each other. */
void expect_came(const struct end *e, unsigned from, unsigned to);
void expect_reports(const struct end *e, unsigned from, unsigned to,
	enum xmpp_sent sent);
/** How many streams there are whose acks and direction are these. */
size_t streams_with(struct end *e, const char *direction, const char *acks);

int both_teardown(void **state);

#endif
