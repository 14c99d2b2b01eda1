/*
 * sample.h: a good request whose lines the cases change one at a time, and
 * what the tests of the message model have in common.
 */
#ifndef TESTS_SIP_SAMPLE_H
#define TESTS_SIP_SAMPLE_H

#include "sip/message.h"
#include "stox/types.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/** What a case expects: a status, or one of these. */
enum { OK = 0, DROP = -1 };
/** And the flags of its fault. */
enum { ANSWER = 1, CLOSE = 2 };

/** The lines of the request, in order. */
enum line { START, VIA, MAX, FROM, TO, CALL_ID, CSEQ, TYPE, LENGTH, LINES };

extern const char *const sample_lines[LINES];

struct parsed {
	char *bytes;   /* of exactly the length, so that reads beyond it show */
	size_t len;
	struct limits limits;
	struct sip_message m;
	struct sip_fault fault;
	int error;
};

/** Fixture: *@state is a struct parsed with the limits set. */
int sample_setup(void **state);
int sample_teardown(void **state);

/** The request with line @which replaced by @size bytes of @text; LINES: as it
 *  is.  Returns the length. */
size_t sample_build(char *out, enum line which, const char *text, size_t size);
/** Parse a copy of @bytes; sample_free() it. */
void sample_parse(struct parsed *p, const char *bytes, size_t len);
/** Build and parse. */
void sample_parse_with(struct parsed *p, enum line which, const char *text,
	size_t size);
void sample_free(struct parsed *p);
/** @head, @count times @what, @tail.  Returns the length. */
size_t sample_repeat(char *out, const char *head, const char *what,
	size_t count, const char *tail);

/** Was it accepted (OK), dropped (DROP) or refused with that status? */
void assert_fault(const struct parsed *p, int status, int flags);
void assert_slice(struct str s, const char *expected);

#endif
