/*
 * Ten times the input takes about ten times as long, whatever it repeats.  A
 * quadratic step would take a hundred times; the bound lies between, and the
 * best of several measurements of processor time is compared.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "sample.h"

#include "sip/cpim.h"

enum { SMALL = 2000, FACTOR = 10, BOUND = 35, TRIES = 9, ROOM = 400000 };

struct pattern {
	const char *head, *what, *tail;
};

static const struct pattern headers[] = {
	{ "To: \"", "\\\\", "\" <sip:a@b>\r\n" },
	{ "To: \"", "\\\"", "\" <sip:a@b>\r\n" },
	{ "To: \"", "\\", "\r\n" },
	{ "To: ", "\"", "\r\n" },
	{ "To: ", "<", "\r\n" },
	{ "To: ", "<>", "\r\n" },
	{ "To: ", " ", "<sip:a@b>\r\n" },
	{ "To: ", "a ", "<sip:a@b>\r\n" },
	{ "To: <sip:a@b>", ";a=b", "\r\n" },
	{ "To: <sip:a@b>", ";a=\"\\\"\"", "\r\n" },
	{ "To: <sip:a@b", ";x", ">\r\n" },
	{ "To: <sip:a@b?", "x=y&", "z>\r\n" },
	{ "To: <sip:", "a%41", "@b>\r\n" },
	{ "To: <sip:", ":", "@b>\r\n" },
	{ "To: <sip:", "@", "@b>\r\n" },
	{ "To: <sip:a@", "a.", "b>\r\n" },
	{ "To: <sip:a@[", ":", "]>\r\n" },
	{ "To: x", "\r\n ", "<sip:a@b>\r\n" },
	{ "Contact: ", "<sip:a@b>, ", "<sip:a@b>\r\n" },
	{ "Contact: ", "\"a\" <sip:b", "\r\n" },
	{ "Contact: ", ",", "\r\n" },
	{ "Supported: ", "x;y=\"", "\r\n" },
	{ "Supported: ", "x,", "\r\n" },
	{ "X", " ", ": y\r\n" },
	{ "X", "x", "\r\n" },
	{ "X: ", "\x01", "\r\n" },
	{ "X: \"", "\\\x01", "\"\r\n" },
	{ "X: ", "\r", "\r\n" },
	{ "X: ", "\n", "\r\n" },
	{ "X: ", "\xc3\xbc", "\r\n" },
};

static const struct pattern bodies[] = {
	{ "Subject: ", "\\u0041", "\r\n\r\nContent-Type: a/b\r\n\r\n" },
	{ "Subject: ", "\\\\", "\r\n\r\nContent-Type: a/b\r\n\r\n" },
	{ "From: ", "\"", "<im:a@b>\r\n\r\nContent-Type: a/b\r\n\r\n" },
	{ "Require: ", "From,", "To\r\n\r\nContent-Type: a/b\r\n\r\n" },
	{ "\r\nContent-Type: a", "\r\n /b", "\r\n\r\n" },
	{ "", "X: y\r\n", "" },
	{ "", "\r\n", "" },
};

static void run_parse(struct parsed *p, char *text, size_t len)
{
	sample_parse_with(p, TYPE, text, len);
	(void)sip_message_has_token(&p->m, SIP_H_SUPPORTED, "gruu");
	sample_free(p);
}

static void run_cpim(struct parsed *p, char *text, size_t len)
{
	struct pool *pool = pool_new(NULL);
	struct cpim c;

	(void)p;
	(void)cpim_parse(pool, (struct str){ text, len }, &c);
	pool_free(&pool);
}

/* Byte by byte, as a slow peer sends. */
static void run_frame(struct parsed *p, char *text, size_t len)
{
	struct sip_framing state = { 0 };

	for (size_t n = 1; n <= len; n++)
		if (sip_message_frame((struct str){ text, n }, &state,
			    &p->limits, &p->fault))
			break;
}

static clock_t best(struct parsed *p, const struct pattern *pattern,
	size_t count, void (*run)(struct parsed *, char *, size_t))
{
	char *text = malloc(ROOM);
	size_t len;
	clock_t least = 0;

	assert_non_null(text);
	len = sample_repeat(text, pattern->head, pattern->what, count,
		pattern->tail);
	assert_true(len < ROOM);
	for (int i = 0; i < TRIES; i++) {
		clock_t begin = clock(), took;

		run(p, text, len);
		took = clock() - begin;
		if (!i || took < least)
			least = took;
	}
	free(text);
	return least;
}

static void check(struct parsed *p, const struct pattern *pattern,
	void (*run)(struct parsed *, char *, size_t))
{
	clock_t once = best(p, pattern, SMALL, run);
	clock_t more = best(p, pattern, SMALL * FACTOR, run);

	/* a very short time is the clock's and the cache's, not the input's */
	once += CLOCKS_PER_SEC / 100000;
	if (more > once * BOUND)
		fail_msg("%s: %f s, then %f s", pattern->what,
			(double)once / CLOCKS_PER_SEC,
			(double)more / CLOCKS_PER_SEC);
}

static int setup(void **state)
{
	struct parsed *p;

	if (sample_setup(state) < 0)
		return -1;
	p = *state;
	/* the limits would end all this early: here the algorithms count */
	p->limits.value[LIMIT_SIP_LINE] = ROOM;
	p->limits.value[LIMIT_SIP_HEADER_SECTION] = ROOM;
	p->limits.value[LIMIT_SIP_VIA] = ROOM;
	return 0;
}

static void test_parse(void **state)
{
	for (size_t i = 0; i < COUNT(headers); i++)
		check(*state, &headers[i], run_parse);
}

static void test_frame(void **state)
{
	static const struct pattern lines[] = {
		{ "A\r\nX: ", "a", "\r\nl: 0\r\n\r\n" },
		{ "A\r\n", "X: a\r\n", "l: 0\r\n\r\n" },
		{ "A\r\nl:", "\r\n ", "0\r\n\r\n" },
		{ "A\r\nl", " ", ": 0\r\n\r\n" },
	};

	for (size_t i = 0; i < COUNT(lines); i++)
		check(*state, &lines[i], run_frame);
}

static void test_cpim(void **state)
{
	for (size_t i = 0; i < COUNT(bodies); i++)
		check(*state, &bodies[i], run_cpim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_cpim),
	};

	return cmocka_run_group_tests(tests, setup, sample_teardown);
}
