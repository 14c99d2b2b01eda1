#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"
#include "base/table.h"

static const uint8_t key[16] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
};

/* The published vectors: key 00 01 .. 0f, input 00 01 .. (n - 1). */
static const uint64_t vectors[64] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
	0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
	0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
	0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
	0xa129ca6149be45e5, 0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794,
	0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd, 0xbed65cf21aa2ee98,
	0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3,
	0x2f2e6163076bcfad, 0xde4daaaca71dc9a5, 0xa6a2506687956571,
	0xad87a3535c49ef28, 0x32d892fad841c342, 0x7127512f72f27cce,
	0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
	0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d,
	0x9abfd8766a33735c, 0x0e3ea96b5304a7d0, 0xad0c42d6fc585992,
	0x187306c89bc215a9, 0xd4a60abcf3792b95, 0xf935451de4f21df2,
	0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72,
	0xa192d576b245165a, 0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f,
	0x7fa8220ba3b2ecea, 0x245731c13ca42499, 0xb78dbfaf3a8d83bd,
	0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57,
	0x958a324ceb064572,
};

static void siphash_vectors(void **state)
{
	char in[64];

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		in[i] = (char)i;
		assert_true(table_siphash(key, (struct str){ in, i }) ==
			vectors[i]);
	}
}

struct thing {
	char name[32];
	bool in;
	int seen;
};

static struct str name_of(const struct thing *t)
{
	return str_from(t->name);
}

static void put_get_remove(void **state)
{
	struct table *t = table_new(key);
	struct thing a = { .name = "romeo" }, b = { .name = "romeo" };
	struct thing empty = { .name = "" };

	(void)state;
	assert_null(table_get(t, name_of(&a)));
	assert_null(table_remove(t, name_of(&a)));
	assert_null(table_put(t, name_of(&a), &a));
	assert_ptr_equal(table_get(t, STR("romeo")), &a);
	assert_null(table_get(t, STR("rome")));
	assert_ptr_equal(table_put(t, name_of(&b), &b), &a);
	/* the key is now b's: a may go */
	memset(&a, 'x', sizeof(a));
	assert_ptr_equal(table_get(t, STR("romeo")), &b);
	assert_int_equal(table_count(t), 1);
	assert_null(table_put(t, name_of(&empty), &empty));
	assert_ptr_equal(table_get(t, (struct str){ NULL, 0 }), &empty);
	assert_ptr_equal(table_remove(t, STR("romeo")), &b);
	assert_null(table_remove(t, STR("romeo")));
	assert_int_equal(table_count(t), 1);
	table_free(&t);
	assert_null(t);
	table_free(&t);
}

static struct thing *make_things(size_t n)
{
	struct thing *things = base_alloc0(n * sizeof(*things));

	for (size_t i = 0; i < n; i++)
		snprintf(things[i].name, sizeof(things[i].name),
			"user%zu@host", i);
	return things;
}

/* Random puts and removes against a plain flag per thing. */
static void agrees_with_flags(void **state)
{
	enum { THINGS = 3000, STEPS = 200000 };
	struct thing *things = make_things(THINGS);
	struct table *t = table_new(key);
	uint64_t seed = 5;
	size_t count = 0;

	(void)state;
	for (size_t step = 0; step < STEPS; step++) {
		/* phases that fill and phases that empty */
		unsigned fill = step / 20000 % 2 ? 3 : 7;
		struct thing *x;
		bool put;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		x = &things[(seed >> 33) % THINGS];
		put = (seed >> 50) % 10 < fill;
		assert_ptr_equal(table_get(t, name_of(x)), x->in ? x : NULL);
		if (put)
			assert_ptr_equal(table_put(t, name_of(x), x),
				x->in ? x : NULL);
		else
			assert_ptr_equal(table_remove(t, name_of(x)),
				x->in ? x : NULL);
		count += (size_t)put - (size_t)x->in;
		x->in = put;
		assert_int_equal(table_count(t), count);
	}
	for (size_t i = 0; i < THINGS; i++)
		assert_ptr_equal(table_get(t, name_of(&things[i])),
			things[i].in ? &things[i] : NULL);
	table_free(&t);
	free(things);
}

/* Every entry comes once, also when those that came are removed. */
static void walks(void **state)
{
	(void)state;
	for (int keep = 1; keep <= 4; keep++) {
		enum { THINGS = 1000 };
		struct thing *things = make_things(THINGS), *x;
		struct table *t = table_new(key);
		size_t cursor = 0, n = 0, left = 0;

		assert_null(table_next(t, &cursor));
		for (size_t i = 0; i < THINGS; i++)
			table_put(t, name_of(&things[i]), &things[i]);
		cursor = 0;
		while ((x = table_next(t, &cursor))) {
			assert_int_equal(x->seen++, 0);
			if (n++ % (size_t)keep == 0)
				assert_ptr_equal(table_remove(t, name_of(x)),
					x);
			else
				left++;
		}
		assert_int_equal(n, THINGS);
		assert_int_equal(table_count(t), left);
		for (cursor = 0; (x = table_next(t, &cursor));)
			left--;
		assert_int_equal(left, 0);
		table_free(&t);
		free(things);
	}
}

/* Names that come and go for ever must not slow down or grow the table: a
 * cursor at its end tells how big the array is. */
static void churn_does_not_grow(void **state)
{
	enum { THINGS = 50000 };
	struct thing *things = make_things(THINGS);
	struct table *t = table_new(key);
	size_t cursor = 0;

	(void)state;
	for (size_t i = 0; i < THINGS; i++) {
		assert_null(table_put(t, name_of(&things[i]), &things[i]));
		if (i >= 10)
			assert_ptr_equal(table_remove(t,
				name_of(&things[i - 10])), &things[i - 10]);
	}
	assert_int_equal(table_count(t), 10);
	while (table_next(t, &cursor))
		;
	assert_true(cursor <= 64);
	table_free(&t);
	free(things);
}

static void shrinks_after_a_burst(void **state)
{
	enum { THINGS = 10000 };
	struct thing *things = make_things(THINGS);
	struct table *t = table_new(key);
	size_t cursor = 0;

	(void)state;
	for (size_t i = 0; i < THINGS; i++)
		table_put(t, name_of(&things[i]), &things[i]);
	for (size_t i = 1; i < THINGS; i++)
		table_remove(t, name_of(&things[i]));
	table_put(t, name_of(&things[1]), &things[1]);
	while (table_next(t, &cursor))
		;
	assert_true(cursor <= 16);
	assert_ptr_equal(table_get(t, name_of(&things[0])), &things[0]);
	table_remove(t, name_of(&things[0]));
	table_remove(t, name_of(&things[1]));
	assert_int_equal(table_count(t), 0);
	table_put(t, name_of(&things[7]), &things[7]);
	assert_ptr_equal(table_get(t, name_of(&things[7])), &things[7]);
	table_free(&t);
	free(things);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_vectors),
		cmocka_unit_test(put_get_remove),
		cmocka_unit_test(agrees_with_flags),
		cmocka_unit_test(walks),
		cmocka_unit_test(churn_does_not_grow),
		cmocka_unit_test(shrinks_after_a_burst),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
