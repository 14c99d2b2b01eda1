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

/* Key 00 01 .. 0f, input 00 01 .. (n - 1). */
static const uint64_t vectors[64] = {
	0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d,
	0x8bf80ab8e7ddf7fb, 0xcf75576088d38328, 0xdef9d52f49533b67,
	0xc50d2b50c59f22a7, 0xd3927d989bb11140, 0x369095118d299a8e,
	0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352,
	0x78a384b157b4d9a2, 0x306f760c1229ffa7, 0x605aa111c0f95d34,
	0xd320d86d2a519956, 0xcc4fdd1a7d908b66, 0x9cf2689063dbd80c,
	0x8ffc389cb473e63e, 0xf21f9de58d297d1c, 0xc0dc2f46a6cce040,
	0xb992abfe2b45f844, 0x7ffe7b9ba320872e, 0x525a0e7fdae6c123,
	0xf464aeb267349c8c, 0x45cd5928705b0979, 0x3a3e35e3ca9913a5,
	0xa91dc74e4ade3b35, 0xfb0bed02ef6cd00d, 0x88d93cb44ab1e1f4,
	0x540f11d643c5e663, 0x2370dd1f8c21d1bc, 0x81157b6c16a7b60d,
	0x4d54b9e57a8ff9bf, 0x759f12781f2a753e, 0xcea1a3bebf186b91,
	0x2cf508d3ada26206, 0xb6101c2da3c33057, 0xb3f47496ae3a36a1,
	0x626b57547b108392, 0xc1d2363299e41531, 0x667cc1923f1ad944,
	0x65704ffec8138825, 0x24f280d1c28949a6, 0xc2ca1cedfaf8876b,
	0xc2164bfc9f042196, 0xa16e9c9368b1d623, 0x49fb169c8b5114fd,
	0x9f3143f8df074c46, 0xc6fdaf2412cc86b3, 0x7eaf49d10a52098f,
	0x1cf313559d292f9a, 0xc44a30dda2f41f12, 0x36fae98943a71ed0,
	0x318fb34c73f0bce6, 0xa27abf3670a7e980, 0xb4bcc0db243c6d75,
	0x23f8d852fdb71513, 0x8f035f4da67d8a08, 0xd89cd0e5b7e8f148,
	0xf6f4e6bcf7a644ee, 0xaec59ad80f1837f2, 0xc3b2f6154b6694e0,
	0x9d199062b7bbb3a8,
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

/* The same key again and again, while its entry comes and goes. */
static void asked_again(void **state)
{
	struct table *t = table_new(key);
	struct thing *things, one = { .name = "romeo" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_null(table_put(t, name_of(&one), &one));
		assert_ptr_equal(table_get(t, STR("romeo")), &one);
		assert_ptr_equal(table_get(t, STR("romeo")), &one);
		assert_null(table_get(t, STR("julia")));
		assert_ptr_equal(table_remove(t, STR("romeo")), &one);
		assert_null(table_get(t, STR("romeo")));
		assert_null(table_remove(t, STR("romeo")));
	}
	/* it moves as the table grows */
	table_put(t, name_of(&one), &one);
	things = make_things(100);
	for (size_t i = 0; i < 100; i++) {
		assert_ptr_equal(table_get(t, STR("romeo")), &one);
		table_put(t, name_of(&things[i]), &things[i]);
		assert_ptr_equal(table_get(t, name_of(&things[i])), &things[i]);
	}
	table_free(&t);
	free(things);
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
		cmocka_unit_test(asked_again),
		cmocka_unit_test(agrees_with_flags),
		cmocka_unit_test(walks),
		cmocka_unit_test(churn_does_not_grow),
		cmocka_unit_test(shrinks_after_a_burst),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
