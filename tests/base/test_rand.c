#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rand.h"
#include "base/str.h"

static void seeds_repeat(void **state)
{
	uint64_t one = 42, same = 42, other = 43;
	struct rand_source a = rand_seeded(&one);
	struct rand_source b = rand_seeded(&same);
	struct rand_source c = rand_seeded(&other);
	unsigned char x[100], y[100], z[100];

	(void)state;
	rand_bytes(&a, x, sizeof(x));
	rand_bytes(&b, y, sizeof(y));
	rand_bytes(&c, z, sizeof(z));
	assert_memory_equal(x, y, sizeof(x));
	assert_memory_not_equal(x, z, sizeof(x));
	rand_bytes(&a, x, sizeof(x));
	assert_memory_not_equal(x, y, sizeof(x));
}

/* The mixer's published first output for state 0. */
static void seeded_is_splitmix64(void **state)
{
	uint64_t seed = 0;
	struct rand_source r = rand_seeded(&seed);

	(void)state;
	assert_true(rand_u64(&r) == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(rand_u64(&r) == UINT64_C(0x6e789e6aa1b965f4));
}

static void kernel_differs(void **state)
{
	struct rand_source r = rand_kernel();
	unsigned char x[64], y[64];

	(void)state;
	rand_bytes(&r, x, sizeof(x));
	rand_bytes(&r, y, sizeof(y));
	assert_memory_not_equal(x, y, sizeof(x));
	assert_true(rand_u64(&r) != rand_u64(&r));
}

static void below_is_even(void **state)
{
	uint64_t seed = 7;
	struct rand_source r = rand_seeded(&seed);
	unsigned hits[10] = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t n = rand_below(&r, 10);

		assert_true(n < 10);
		hits[n]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(hits[i], 9500, 10500);
	for (int i = 0; i < 100; i++)
		assert_int_equal(rand_below(&r, 1), 0);
}

/* Gives the words of a list, to see what is thrown away. */
static void fill_list(void *arg, void *bytes, size_t len)
{
	const uint64_t **next = arg;

	assert_int_equal(len, sizeof(uint64_t));
	memcpy(bytes, (*next)++, len);
}

static void below_throws_the_unfair_away(void **state)
{
	/* 2^64 mod 3 is 1: the word 0 is one too many */
	static const uint64_t words[] = { 0, 1, UINT64_MAX };
	const uint64_t *next = words;
	struct rand_source r = { fill_list, &next };

	(void)state;
	assert_int_equal(rand_below(&r, 3), 1);
	assert_ptr_equal(next, words + 2);
	assert_int_equal(rand_below(&r, 3), UINT64_MAX % 3);
}

static void tokens(void **state)
{
	struct rand_source r = rand_kernel();
	char out[33], last[33] = "";

	(void)state;
	for (size_t len = 0; len < 32; len++) {
		memset(out, 'Z', sizeof(out));
		rand_token(&r, out, len);
		assert_int_equal(strlen(out), len);
		assert_int_equal(strspn(out,
			"abcdefghijklmnopqrstuvwxyz0123456789"), len);
		if (len > 12)
			assert_memory_not_equal(out, last, 12);
		memcpy(last, out, sizeof(last));
	}
}

static void tokens_use_all_letters(void **state)
{
	uint64_t seed = 3;
	struct rand_source r = rand_seeded(&seed);
	bool seen[256] = { false };
	char out[2001];
	int kinds = 0;

	(void)state;
	rand_token(&r, out, 2000);
	for (int i = 0; i < 2000; i++)
		seen[(unsigned char)out[i]] = true;
	for (int i = 0; i < 256; i++)
		kinds += seen[i];
	assert_int_equal(kinds, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeds_repeat),
		cmocka_unit_test(seeded_is_splitmix64),
		cmocka_unit_test(kernel_differs),
		cmocka_unit_test(below_is_even),
		cmocka_unit_test(below_throws_the_unfair_away),
		cmocka_unit_test(tokens),
		cmocka_unit_test(tokens_use_all_letters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
