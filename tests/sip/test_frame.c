#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

/* Frame @bytes fed in pieces of @step. */
static ptrdiff_t frame(struct parsed *p, struct str bytes, size_t step,
	struct sip_framing *ret)
{
	struct sip_framing framing = { 0 };
	ptrdiff_t n = 0;

	p->fault = (struct sip_fault){ .status = 999 };
	for (size_t len = 0; len < bytes.len && !n;) {
		len = len + step < bytes.len ? len + step : bytes.len;
		n = sip_message_frame((struct str){ bytes.p, len }, &framing,
			&p->limits, &p->fault);
	}
	*ret = framing;
	return n;
}

/* Wherever the pieces are cut, the answer is the same. */
static void check_frame(struct parsed *p, struct str bytes, ptrdiff_t expected,
	unsigned status)
{
	static const size_t steps[] = { 1, 2, 3, 7, 100000 };
	struct sip_framing framing;

	for (size_t i = 0; i < COUNT(steps); i++) {
		ptrdiff_t n = frame(p, bytes, steps[i], &framing);

		assert_int_equal(n, expected);
		if (expected < 0) {
			assert_int_equal(p->fault.status, status);
			assert_true(p->fault.close);
		}
	}
}

static void test_frame(void **state)
{
	static const struct {
		const char *text;
		ptrdiff_t len;
		unsigned status;
	} cases[] = {
		{ "A\r\nContent-Length: 3\r\n\r\nabcA", 27, 0 },
		{ "A\r\nl:0\r\n\r\nA", 10, 0 },
		{ "A\r\nL : \r\n 2 \r\n\t\r\nX: y\r\n\r\nab", 27, 0 },
		{ "A\r\nX:\r\n Content-Length: 9\r\nl: 1\r\n\r\na", 36, 0 },
		{ "A\r\nl: 2\r\n\r\na", 0, 0 },
		{ "A\r\nl: 2\r\n\r", 0, 0 },
		{ "A\r\nX: y\r\n\r\n", -STOX_EPROTO, 400 },
		{ "\r\nA\r\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1\r\nl: 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1\r\ncontent-length: 1\r\n\r\n", -STOX_EPROTO,
			400 },
		{ "A\r\nl: -1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: +1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1\r\n 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1,1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl:\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl 1: 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 2147483649\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 2147483648\r\n\r\n", -STOX_EPROTO, 413 },
		{ "A\r\nl: 1048577\r\n\r\n", -STOX_EPROTO, 413 },
		{ "A\r\nl: 1048576\r\n\r\n", 0, 0 },
		{ "A\r\nl: 18446744073709551617\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 0\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 0\r\n\n", -STOX_EPROTO, 400 },
		{ "A\r\nX: \r y\r\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nX: y\r\r\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nX: y\n\rl: 0\r\n\r\n", -STOX_EPROTO, 400 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %zu\n", i);
		check_frame(*state, str_from(cases[i].text), cases[i].len,
			cases[i].status);
	}
}

/* The limits hold while the bytes come, not only at the end. */
static void test_frame_limits(void **state)
{
	static char text[200000];
	struct parsed *p = *state;
	struct sip_framing framing = { 0 };
	size_t len;

	memset(text, 'a', sizeof(text));
	memcpy(text, "A\r\n", 3);
	assert_int_equal(sip_message_frame((struct str){ text, 8195 },
				 &framing, &p->limits, &p->fault), 0);
	assert_int_equal(sip_message_frame((struct str){ text, 8197 },
				 &framing, &p->limits, &p->fault),
		-STOX_EPROTO);
	assert_int_equal(p->fault.limit, LIMIT_SIP_LINE);

	len = sample_repeat(text, "A\r\n", "X: abcdefghijklm\r\n", 4000, "");
	framing = (struct sip_framing){ 0 };
	assert_int_equal(sip_message_frame((struct str){ text, 65536 },
				 &framing, &p->limits, &p->fault), 0);
	assert_int_equal(sip_message_frame((struct str){ text, len },
				 &framing, &p->limits, &p->fault),
		-STOX_EPROTO);
	assert_int_equal(p->fault.limit, LIMIT_SIP_HEADER_SECTION);
}

/* What framing refuses can be answered from the part that was read. */
static void test_frame_fault_answer(void **state)
{
	struct parsed *p = *state;
	struct sip_framing framing;
	char text[2000];
	size_t len;

	len = sample_build(text, LENGTH, "Content-Length: -5\r\n", 20);
	assert_int_equal(frame(p, (struct str){ text, len }, 1000, &framing),
		-STOX_EPROTO);
	assert_int_equal(framing.header_len, len - 5);
	sample_parse(p, text, framing.header_len);
	assert_fault(p, 400, ANSWER | CLOSE);
	sample_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_frame_limits),
		cmocka_unit_test(test_frame_fault_answer),
	};

	return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
