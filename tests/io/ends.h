/*
 * ends.h: both ends of streams in one real environment, and what they heard.
 */
#ifndef TESTS_IO_ENDS_H
#define TESTS_IO_ENDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/io.h"

struct end {
	struct io_env *env;
	struct io_stream *s;
	struct buf got;
	unsigned opened, secured, pieces, drained, closed;
	enum io_reason reason;
	char detail[200];
	bool echo;
	const struct io_tls_config *upgrade; /* at the first bytes */
	/* of the last stream that got so far */
	struct io_identity identity;         /* present, trusted, why only */
	bool names_a, names_b;               /* a.example, b.example */
	char tls[64], sni[64];
};

extern const struct io_events end_events;
void end_on_accept(void *arg, struct io_stream *s);

/* A connects to B. */
struct ends {
	struct io_env *env;
	struct limits limits;
	struct budget budget;
	struct end a, b;
	struct io_listener *l;
	struct timer guard;
	bool late;
};

struct ends *ends_new(const char *address, const struct io_tls_config *tls);
void ends_free(struct ends *e);
void ends_connect(struct ends *e, const char *host,
	const struct io_tls_config *tls);
/** Connect in the clear and wait for both ends. */
struct ends *ends_connected(void);
/** A plain blocking socket to the listener, for what our own end would never
 *  do. */
int ends_socket(struct ends *e);
/** Run the loop once, until something was heard or @ms are over. */
void ends_turn(struct ends *e, unsigned ms);

/** Run until @cond holds, 10 seconds at most. */
#define ENDS_WAIT(e, cond) \
	do { \
		uint64_t begun_ = io_now_ms((e)->env); \
		while (!(cond) && io_now_ms((e)->env) < begun_ + 10000) \
			ends_turn(e, 200); \
		assert_true(cond); \
	} while (0)

#endif
