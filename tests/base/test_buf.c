#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/buf.h"

static void is(struct buf *b, const char *want)
{
	assert_int_equal(b->len, strlen(want));
	assert_string_equal(buf_text(b), want);
}

static void adds_all_kinds(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000, NULL);
	is(&b, "");
	buf_add(&b, "a", 1);
	buf_add(&b, NULL, 0);
	buf_add_char(&b, '-');
	buf_add_str(&b, STR("bc"));
	buf_add_text(&b, "");
	buf_add_text(&b, "de");
	buf_add_u64(&b, 0);
	buf_add_u64(&b, UINT64_MAX);
	buf_printf(&b, "<%s %d>", "x", -7);
	is(&b, "a-bcde018446744073709551615<x -7>");
	assert_false(b.overflow);
	buf_clear(&b);
	is(&b, "");
	buf_add_text(&b, "again");
	is(&b, "again");
	buf_free(&b);
	is(&b, "");
	buf_add_text(&b, "and again");
	is(&b, "and again");
	buf_free(&b);
}

static void maximum_is_exact(void **state)
{
	char expect[200] = "";

	(void)state;
	for (size_t max = 0; max < 150; max++) {
		struct buf b;

		buf_init(&b, max, NULL);
		for (size_t i = 0; i < max; i++)
			buf_add_char(&b, (char)('a' + i % 26));
		assert_false(b.overflow);
		assert_int_equal(b.len, max);
		assert_true(b.cap <= max + 1);
		memcpy(expect, b.len ? b.data : "", max);
		buf_add_char(&b, '!');
		assert_true(b.overflow);
		assert_int_equal(b.len, max);
		assert_memory_equal(b.len ? b.data : "", expect, max);
		buf_free(&b);
	}
}

static void overflow_leaves_a_prefix(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8, NULL);
	buf_add_text(&b, "12345");
	buf_add_text(&b, "6789");
	is(&b, "12345");
	assert_true(b.overflow);
	/* this one would fit, but the bytes must stay a prefix */
	buf_add_text(&b, "x");
	buf_add_char(&b, 'x');
	buf_printf(&b, "%d", 1);
	assert_null(buf_reserve(&b, 1));
	is(&b, "12345");
	buf_clear(&b);
	assert_false(b.overflow);
	buf_printf(&b, "%s", "12345678");
	is(&b, "12345678");
	assert_false(b.overflow);
	buf_clear(&b);
	buf_printf(&b, "%s", "123456789");
	is(&b, "");
	assert_true(b.overflow);
	buf_free(&b);
	assert_false(b.overflow);
}

static void huge_requests_do_not_wrap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100, NULL);
	buf_add_text(&b, "abc");
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_true(b.overflow);
	is(&b, "abc");
	buf_free(&b);
}

static void consume_from_the_front(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100, NULL);
	buf_add_text(&b, "hello world");
	buf_consume(&b, 0);
	is(&b, "hello world");
	buf_consume(&b, 6);
	is(&b, "world");
	buf_add_text(&b, "!");
	is(&b, "world!");
	buf_consume(&b, 6);
	is(&b, "");
	buf_free(&b);
}

/* A receive buffer: bytes come and go for ever inside its maximum. */
static void consume_keeps_memory_bounded(void **state)
{
	struct budget budget = { 0 };
	unsigned char in = 0, out = 0;
	uint64_t seed = 1;
	struct buf b;

	(void)state;
	buf_init(&b, 256, &budget);
	for (int turn = 0; turn < 20000; turn++) {
		size_t n;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		n = (size_t)(seed >> 33) % 64;
		for (size_t i = 0; i < n && b.len < b.max; i++)
			buf_add_char(&b, (char)in++);
		n = (size_t)(seed >> 45) % (b.len + 1);
		for (size_t i = 0; i < n; i++)
			assert_int_equal((unsigned char)b.data[i], out++);
		buf_consume(&b, n);
		assert_true(budget.used <= 257);
		assert_int_equal(budget.used, b.gap + b.cap);
	}
	assert_false(b.overflow);
	buf_free(&b);
	assert_int_equal(budget.used, 0);
}

static void reserve_then_count(void **state)
{
	struct buf b;
	char *at;

	(void)state;
	buf_init(&b, 70000, NULL);
	for (int i = 0; i < 1000; i++) {
		at = buf_reserve(&b, 64);
		assert_non_null(at);
		snprintf(at, 64, "%04d", i);
		b.len += 4;
	}
	assert_int_equal(b.len, 4000);
	assert_memory_equal(b.data, "000000010002", 12);
	assert_memory_equal(b.data + 3996, "0999", 4);
	buf_free(&b);
}

static void budget_counts(void **state)
{
	struct budget budget = { .max = 10000 };
	struct buf b;

	(void)state;
	buf_init(&b, 9000, &budget);
	assert_int_equal(budget.used, 0);
	for (int i = 0; i < 9000; i++)
		buf_add_char(&b, 'x');
	assert_true(budget.used >= 9000);
	assert_int_equal(budget_percent(&budget), 90);
	buf_clear(&b);
	assert_true(budget.used >= 9000);
	buf_free(&b);
	assert_int_equal(budget.used, 0);
}

/* Up to the room it is the caller's memory, then its own. */
static void begins_in_lent_room(void **state)
{
	char room[16];
	struct buf b;

	(void)state;
	for (size_t n = 0; n < 40; n++) {
		buf_init_in(&b, 30, room, sizeof(room));
		for (size_t i = 0; i < n; i++)
			buf_add_char(&b, (char)('a' + i % 26));
		assert_int_equal(b.len, n < 30 ? n : 30);
		assert_int_equal(b.overflow, n > 30);
		assert_int_equal(b.data == room, n < sizeof(room));
		for (size_t i = 0; i < b.len; i++)
			assert_int_equal(b.data[i], 'a' + i % 26);
		buf_free(&b);
		assert_null(b.data);
	}
	/* a maximum below the room holds */
	buf_init_in(&b, 3, room, sizeof(room));
	buf_add(&b, "abc", 3);
	assert_string_equal(buf_text(&b), "abc");
	buf_add_char(&b, 'd');
	assert_true(b.overflow);
	assert_string_equal(buf_text(&b), "abc");
	buf_free(&b);
	/* what was consumed in front comes along */
	buf_init_in(&b, 100, room, sizeof(room));
	buf_add(&b, "0123456789", 10);
	buf_consume(&b, 4);
	buf_add(&b, "abcdefghijklmno", 15);
	assert_string_equal(buf_text(&b), "456789abcdefghijklmno");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_all_kinds),
		cmocka_unit_test(maximum_is_exact),
		cmocka_unit_test(overflow_leaves_a_prefix),
		cmocka_unit_test(huge_requests_do_not_wrap),
		cmocka_unit_test(consume_from_the_front),
		cmocka_unit_test(consume_keeps_memory_bounded),
		cmocka_unit_test(reserve_then_count),
		cmocka_unit_test(budget_counts),
		cmocka_unit_test(begins_in_lent_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
