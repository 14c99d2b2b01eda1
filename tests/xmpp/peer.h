/*
 * peer.h: the XMPP side of stox in a world in memory, and another server that
 * is played by hand: a test sends raw XML and says what it expects to read.
 */
#ifndef TESTS_XMPP_PEER_H
#define TESTS_XMPP_PEER_H

#include "config.h" /* memmem, vasprintf */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/mem.h"
#include "xmpp/xmpp.h"

#define US "192.0.2.1"
#define THEM "192.0.2.2"

/** One connection of the other server. */
struct wire {
	struct list node;
	struct fixture *f;
	struct io_stream *io; /* NULL when closed */
	struct buf in;        /* all that was read */
	size_t at;            /* up to here it was expected */
	bool open, secure, closed;
	enum io_reason reason;
};

struct result {
	uint64_t token;
	enum xmpp_sent sent;
	enum stox_condition condition;
	char text[600];
};

struct fixture {
	struct io_world *world;
	struct io_env *us, *them;
	struct limits limits, their_limits;
	struct budget budget;
	struct log log;
	struct buf lines;             /* what was logged */
	struct xmpp *x;
	struct io_listener *listener; /* of the other server */
	struct list wires, gone;
	size_t accepted;

	/* may be changed before fixture_start() and xmpp_configure() */
	struct xmpp_config config;
	struct xmpp_local locals[3];
	struct xmpp_partner partner;  /* example.org */
	struct xmpp_partner other;    /* other.example; domain NULL: unlisted */
	const struct xmpp_partner *everybody; /* else, NULL: unlisted */
	struct io_credentials *ours, *theirs;
	const char *their_name;       /* whose certificate the peer shows */

	struct buf stanzas;           /* handed up, written again, one a line */
	size_t stanza_count;
	char local_domain[64];        /* of the last one */
	bool keep;                    /* receipts: the test releases them */
	struct xmpp_receipt receipts[64];
	struct result results[1200];
	size_t result_count;
	uint64_t resend;              /* on_sent sends once more with it */
	char links[400];              /* what on_link() told: "+contoso.com …" */
	bool down;                    /* xmpp_shutdown() is done */
};

/** Our domains: contoso.com and tailspin.example; the peer: example.org on
 *  THEM, port 5269, with DNS records; chop: bytes a piece, 0: whole. */
struct fixture *fixture_new(size_t chop);
void fixture_start(struct fixture *f);
/** Let the other server listen (again). */
void fixture_listen(struct fixture *f, struct buf *why);
void fixture_free(struct fixture *f);
/** Use certificates with one name, trusted or not. */
void fixture_certificates(struct fixture *f, const char *ours,
	const char *theirs, bool trusted);
/** Run what is due; let time pass. */
void step(struct fixture *f);
void pass_ms(struct fixture *f, uint64_t ms);

/** Send a message from contoso.com to @to with a body. */
void send_message(struct fixture *f, const char *to, const char *body,
	unsigned flags, uint64_t token);
/** The result of @token, or NULL while there is none. */
const struct result *result_of(struct fixture *f, uint64_t token);
void expect_result(struct fixture *f, uint64_t token, enum xmpp_sent sent);
void expect_failed(struct fixture *f, uint64_t token,
	enum stox_condition condition, const char *text);
/** The last line of the failed streams holds @text. */
void expect_failed_stream(struct fixture *f, const char *text);
bool logged(struct fixture *f, const char *text);

/** Connect to us; wait until the wire is open. */
struct wire *wire_connect(struct fixture *f);
/** The same by direct TLS; @alpn may be NULL.  It may be closed then. */
struct wire *wire_connect_tls(struct fixture *f, const char *server_name,
	const char *alpn);
/** The connection that we opened last, which must be number @n (from 1). */
struct wire *wire_accepted(struct fixture *f, size_t n);
void wire_send(struct wire *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** @text comes, now or already there; what is before it is used up. */
void wire_expect(struct wire *w, const char *text);
void wire_expect_not(struct wire *w, const char *text);
/** The value behind the next @prefix, up to the next quote. */
void wire_grab(struct wire *w, const char *prefix, char *out, size_t size);
void wire_expect_closed(struct wire *w);
/** TLS as client or server, whatever the wire is. */
void wire_tls(struct wire *w, const char *server_name);
/** Say <proceed/> and begin TLS as server. */
void wire_proceed(struct wire *w);
void wire_close(struct wire *w);
void wire_abort(struct wire *w);

#define HEADER_NS \
	"xmlns='jabber:server' xmlns:db='jabber:server:dialback' " \
	"xmlns:stream='http://etherx.jabber.org/streams'"
/** A header of the other server. */
void wire_header(struct wire *w, const char *from, const char *to,
	const char *id);

/** Whole stretches: the peer comes to us, or we go to it. */
struct wire *in_plain(struct fixture *f); /* header, our features read */
struct wire *in_tls(struct fixture *f);   /* up to our features after TLS */
struct wire *in_external(struct fixture *f); /* may send stanzas */
/** Connection @n of ours up to our header after TLS, which was read. */
struct wire *out_tls(struct fixture *f, size_t n);
/** The same until it may carry stanzas. */
struct wire *out_external(struct fixture *f, size_t n);
void out_external_rest(struct wire *w);
/** Text of the answer to our <starttls/> and header. */
void out_features(struct wire *w, const char *features);

int peer_setup(void **state);
int peer_teardown(void **state);
/** A case, whole and in single bytes. */
#define PEER_TEST(f) \
	{ #f, f, peer_setup, peer_teardown, NULL }, \
	{ #f " byte by byte", f, peer_setup, peer_teardown, (void *)1 }

#endif
