#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pool.h"

static void memory_is_aligned_and_apart(void **state)
{
	struct pool *p = pool_new(NULL);
	unsigned char *at[400];
	size_t size[400];

	(void)state;
	for (size_t i = 0; i < 400; i++) {
		size[i] = i * 37 % 500;
		at[i] = pool_alloc(p, size[i]);
		assert_int_equal((uintptr_t)at[i] % _Alignof(max_align_t), 0);
		memset(at[i], (int)(i & 255), size[i]);
		/* text in between must not hurt the alignment */
		assert_string_equal(pool_strdup(p, "x"), "x");
	}
	for (size_t i = 0; i < 400; i++)
		for (size_t j = 0; j < size[i]; j++)
			assert_int_equal(at[i][j], i & 255);
	pool_free(&p);
	assert_null(p);
	pool_free(&p);
}

static void text_is_terminated(void **state)
{
	struct pool *p = pool_new(NULL);
	struct str s;

	(void)state;
	assert_string_equal(pool_strdup(p, ""), "");
	assert_string_equal(pool_strndup(p, "abcdef", 3), "abc");
	assert_string_equal(pool_strndup(p, NULL, 0), "");
	s = pool_str(p, STR("slice"));
	assert_int_equal(s.len, 5);
	assert_string_equal(s.p, "slice");
	s = pool_str(p, (struct str){ NULL, 0 });
	assert_int_equal(s.len, 0);
	assert_string_equal(s.p, "");
	assert_string_equal(pool_printf(p, "%s=%d", "n", 12), "n=12");
	assert_string_equal(pool_printf(p, "plain"), "plain");
	assert_string_equal(pool_printf(p, "%s", ""), "");
	assert_string_equal(pool_printf(p, "<%s/%s>", "a", "b"), "<a/b>");
	assert_string_equal(pool_printf(p, "%s%%%s", "a", "b"), "a%b");
	assert_string_equal(pool_printf(p, "%s%s%s%s%s%s", "1", "2", "3", "4",
		"5", "6"), "123456");
	assert_string_equal(pool_printf(p, "%s%s%s%s%s%s%s", "1", "2", "3",
		"4", "5", "6", "7"), "1234567");
	assert_string_equal(pool_printf(p, "%u", 0), "0");
	assert_string_equal(pool_printf(p, "<%u;%u>", 4294967295u, 10),
		"<4294967295;10>");
	assert_string_equal(pool_printf(p, "%.*s-%.*s", 3, "romeo", 9, "a"),
		"rom-a");
	assert_string_equal(pool_printf(p, "%.*s|", -1, "all"), "all|");
	assert_string_equal(pool_printf(p, "%s%u%.*s", "a", 1, 0, "b"), "a1");
	assert_string_equal(pool_printf(p, "%u%u%u%u%u%u", 1, 2, 3, 4, 5, 6),
		"123456");
	assert_string_equal(pool_printf(p, "%u%u%u%u%u%u%u", 1, 2, 3, 4, 5, 6,
		7), "1234567");
	assert_int_equal(strlen(pool_printf(p, "%199d", 1)), 199);
	assert_int_equal(strlen(pool_printf(p, "%200d", 1)), 200);
	assert_int_equal(strlen(pool_printf(p, "%5000d", 1)), 5000);
	pool_free(&p);
}

static void cleared_memory_is_clear(void **state)
{
	struct pool *p = pool_new(NULL);

	(void)state;
	for (int round = 0; round < 3; round++) {
		unsigned char *dirty = pool_alloc(p, 300);
		unsigned char *clear;

		memset(dirty, 0xaa, 300);
		pool_reset(p);
		clear = pool_alloc0(p, 300);
		for (int i = 0; i < 300; i++)
			assert_int_equal(clear[i], 0);
		pool_reset(p);
	}
	pool_free(&p);
}

static void the_budget_knows_all(void **state)
{
	struct budget budget = { .max = 1000000 };
	struct pool *a = pool_new(&budget);
	struct pool *b = pool_new(&budget);

	(void)state;
	pool_alloc(a, 100000);
	pool_alloc(a, 1);
	for (int i = 0; i < 10000; i++)
		pool_alloc(b, 10);
	assert_int_equal(budget.used, pool_size(a) + pool_size(b));
	assert_true(budget.used > 260000);
	pool_reset(a);
	assert_int_equal(budget.used, pool_size(a) + pool_size(b));
	assert_true(pool_size(a) < 1000);
	pool_free(&a);
	assert_int_equal(budget.used, pool_size(b));
	pool_free(&b);
	assert_int_equal(budget.used, 0);
}

static void percent(void **state)
{
	static const struct {
		struct budget budget;
		unsigned percent;
	} cases[] = {
		{ { .used = 0, .max = 0 }, 0 },
		{ { .used = 500, .max = 0 }, 0 },
		{ { .used = 0, .max = 1000 }, 0 },
		{ { .used = 799, .max = 1000 }, 79 },
		{ { .used = 800, .max = 1000 }, 80 },
		{ { .used = 2000, .max = 1000 }, 200 },
		{ { .used = SIZE_MAX, .max = SIZE_MAX }, 100 },
	};

	(void)state;
	assert_int_equal(budget_percent(NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(budget_percent(&cases[i].budget),
			cases[i].percent);
}

/* Repeated work of one size settles on one block. */
static void reset_reaches_a_steady_state(void **state)
{
	(void)state;
	for (size_t work = 100; work < 15000; work += 700) {
		struct pool *p = pool_new(NULL);
		char *first = NULL;
		size_t size = 0;

		for (int round = 0; round < 10; round++) {
			char *at = pool_alloc(p, 10);

			for (size_t n = 0; n < work; n += 100)
				memset(pool_alloc(p, 90), 1, 90);
			if (round >= 5) {
				assert_int_equal(pool_size(p), size);
				assert_ptr_equal(at, first);
			}
			first = at;
			size = pool_size(p);
			pool_reset(p);
		}
		pool_free(&p);
	}
}

static void a_big_pool_shrinks(void **state)
{
	struct pool *p = pool_new(NULL);

	(void)state;
	for (int i = 0; i < 1000; i++)
		pool_alloc(p, 1000);
	assert_true(pool_size(p) > 1000000);
	pool_reset(p);
	assert_true(pool_size(p) <= 16384 + 100);
	assert_true(pool_size(p) >= 8192);
	pool_free(&p);
}

static void spare_pools_are_used_again(void **state)
{
	struct budget b = { .spare_max = 1 };
	struct pool *one = pool_new(&b), *two = pool_new(&b), *first = one;
	size_t used;

	(void)state;
	pool_strdup(one, "words");
	used = b.used;
	pool_free(&one);
	assert_null(one);
	assert_int_equal(b.spare_count, 1);
	assert_int_equal(b.used, used); /* its memory is held still */
	pool_free(&two);
	assert_int_equal(b.spare_count, 1);
	one = pool_new(&b);
	assert_ptr_equal(one, first);
	assert_int_equal(b.spare_count, 0);
	pool_free(&one);
	budget_clear(&b);
	assert_int_equal(b.used, 0);
	assert_null(b.spare);
	one = pool_new(&b);
	pool_free(&one);
	assert_int_equal(b.spare_count, 0);
}

static void heap_helpers(void **state)
{
	char *s = base_strdup("text");
	unsigned char *p;

	(void)state;
	assert_string_equal(s, "text");
	free(s);
	p = base_alloc0(50);
	for (int i = 0; i < 50; i++)
		assert_int_equal(p[i], 0);
	p = base_realloc(p, 5000);
	assert_int_equal(p[49], 0);
	free(p);
	p = base_alloc(0);
	assert_non_null(p);
	free(p);
}

static void require_ends_the_process(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	stox_require(1 + 1 == 2);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		stox_require(1 + 1 == 3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_aligned_and_apart),
		cmocka_unit_test(text_is_terminated),
		cmocka_unit_test(cleared_memory_is_clear),
		cmocka_unit_test(the_budget_knows_all),
		cmocka_unit_test(percent),
		cmocka_unit_test(reset_reaches_a_steady_state),
		cmocka_unit_test(a_big_pool_shrinks),
		cmocka_unit_test(spare_pools_are_used_again),
		cmocka_unit_test(heap_helpers),
		cmocka_unit_test(require_ends_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
