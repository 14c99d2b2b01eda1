/*
 * scene.h: a SIP side in memory and scripted peers around it, for the tests.
 *
 * stox is gw.example.org at 192.0.2.1 and answers for example.org.  Peers
 * speak raw text.  Every helper steps the world until nothing is due.
 */
#ifndef TESTS_SIP_SCENE_H
#define TESTS_SIP_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/mem.h"
#include "sip/sip.h"

enum { SCENE_MAX = 64 };

/** One stream of a scripted peer. */
struct end {
	struct scene *scene;
	struct io_stream *stream; /* NULL once closed */
	struct buf in;            /* what came; NUL-terminated by end_text() */
	bool open, closed;
	enum io_reason reason;
};

/** A scripted machine. */
struct machine {
	struct scene *scene;
	struct io_env *env;
	struct io_credentials *credentials;
	struct io_listener *listener;
	struct end *ends[SCENE_MAX]; /* accepted, in order */
	size_t count;
};

struct scene {
	struct io_world *world;
	struct limits limits;
	struct budget budget;
	struct log log;
	struct io_env *env;
	struct io_credentials *credentials;
	struct sip *sip;
	struct sip_config config;
	const struct sip_partner *partners[8];

	/* what the core was told */
	struct {
		uint64_t transaction;
		const struct sip_message *message;
		char method[32], body[64], call_id[64], partner[64];
	} requests[SCENE_MAX];
	size_t request_count;
	unsigned answer_at_once;  /* status, 0: the test answers */
	struct {
		uint64_t token;
		enum sip_event event;
		unsigned status;
		char text[400], body[64];
	} answers[SCENE_MAX];
	size_t answer_count;
	struct {
		char tag[64];
		bool acked;
	} acks[SCENE_MAX];
	size_t ack_count;
	struct {
		char partner[64];
		enum sip_loss how;
	} lost[SCENE_MAX];
	size_t lost_count;
	bool shut;

	struct machine *machines[16];
	size_t machine_count;
	struct end *ends[1024];
	size_t end_count;
	size_t log_lines;
};

/** Partners: contoso.com (front ends fe1, fe2), fabrikam.com (SRV, lync),
 *  blocked.example, plain.example (TCP from 192.0.2.40). */
struct scene *scene_new(void);
void scene_free(struct scene *s);
extern const struct sip_partner scene_contoso, scene_fabrikam, scene_blocked,
	scene_plain;
/** Apply s->config again with these partners. */
void scene_configure(struct scene *s,
	const struct sip_partner *const *partners);
void scene_step(struct scene *s);
void scene_advance(struct scene *s, uint64_t ms);

/** A machine with a certificate for these names, NULL-terminated. */
struct machine *scene_machine(struct scene *s, const char *address,
	const char *const *names, bool trusted);
/** fe1.contoso.com at 192.0.2.11, listening. */
struct machine *scene_front_end(struct scene *s, unsigned number);
void machine_listen(struct machine *m, uint16_t port, bool tls);
void machine_unlisten(struct machine *m);
/** Call stox at @port; TLS with the machine's certificate at 5061. */
struct end *machine_call(struct machine *m, uint16_t port);
/** The latest stream that stox opened to it, or NULL. */
struct end *machine_last(struct machine *m);

void end_send(struct end *e, const char *text);
void end_send_bytes(struct end *e, const void *bytes, size_t len);
const char *end_text(struct end *e);
void end_clear(struct end *e);
void end_close(struct end *e);
/** Status of the first response in what came, 0: none. */
unsigned end_status(struct end *e);
/** How often @text came. */
size_t end_count(struct end *e, const char *text);
/** The value of the first header line "Name: ", good until the next call; ""
 *  when it is absent. */
const char *end_header(struct end *e, const char *name);
/** Answer the first request in what came; extra: further header lines. */
void end_reply(struct end *e, unsigned status, const char *extra);

/** A request; @extra are further lines with CRLF, @body may be NULL.  Returns a
 *  text that lives until the scene ends. */
const char *scene_request(struct scene *s, const char *method, const char *uri,
	const char *from, const char *branch, const char *extra,
	const char *body);
/** An OPTIONS on a new connection of @m gets its 200. */
void scene_expect_alive(struct machine *m);
/** Send a MESSAGE to @partner. */
void scene_send(struct scene *s, const struct sip_partner *partner,
	const char *body, unsigned timeout_ms, uint64_t token);

#endif
