#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/handle.h"

static void finds_what_it_holds(void **state)
{
	struct handles *h = handles_new();
	int objects[100];
	uint64_t names[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		names[i] = handles_add(h, &objects[i]);
		assert_true(names[i] != 0);
	}
	assert_int_equal(handles_count(h), 100);
	for (int i = 0; i < 100; i++)
		assert_ptr_equal(handles_get(h, names[i]), &objects[i]);
	for (int i = 0; i < 100; i += 2)
		assert_ptr_equal(handles_remove(h, names[i]), &objects[i]);
	assert_int_equal(handles_count(h), 50);
	for (int i = 0; i < 100; i++)
		assert_ptr_equal(handles_get(h, names[i]),
			i % 2 ? &objects[i] : NULL);
	handles_free(&h);
	assert_null(h);
	handles_free(&h);
}

static void a_late_handle_finds_nothing(void **state)
{
	struct handles *h = handles_new();
	int a, b;
	uint64_t first = handles_add(h, &a);
	uint64_t second;

	(void)state;
	assert_ptr_equal(handles_remove(h, first), &a);
	assert_null(handles_remove(h, first));
	second = handles_add(h, &b);
	/* the slot is used again under another generation */
	assert_int_equal((uint32_t)first, (uint32_t)second);
	assert_true(first >> 32 != second >> 32);
	assert_null(handles_get(h, first));
	assert_null(handles_remove(h, first));
	assert_ptr_equal(handles_get(h, second), &b);
	handles_free(&h);
}

static void strange_numbers_find_nothing(void **state)
{
	static const uint64_t strange[] = {
		0, 1, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 32 | 1,
		UINT64_C(2) << 32, UINT64_C(1) << 63,
	};
	struct handles *h = handles_new();
	int a;

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++)
		assert_null(handles_get(h, strange[i]));
	assert_true(handles_add(h, &a) == UINT64_C(1) << 32);
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		assert_null(handles_get(h, strange[i]));
		assert_null(handles_remove(h, strange[i]));
	}
	assert_int_equal(handles_count(h), 1);
	handles_free(&h);
}

static void slots_take_turns(void **state)
{
	struct handles *h = handles_new();
	int a;
	uint64_t names[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		names[i] = handles_add(h, &a);
	for (int i = 0; i < 4; i++)
		handles_remove(h, names[i]);
	for (int round = 0; round < 100; round++) {
		uint64_t name = handles_add(h, &a);

		assert_int_equal((uint32_t)name, round % 4);
		assert_int_equal(name >> 32, 2 + round / 4);
		handles_remove(h, name);
	}
	handles_free(&h);
}

static void walk_while_removing(void **state)
{
	struct handles *h = handles_new();
	struct {
		uint64_t name;
		int seen;
	} objects[50] = { 0 }, *o;
	size_t cursor = 0, n = 0;

	(void)state;
	assert_null(handles_next(h, &cursor));
	for (int i = 0; i < 50; i++)
		objects[i].name = handles_add(h, &objects[i]);
	cursor = 0;
	while ((o = handles_next(h, &cursor))) {
		o->seen++;
		n++;
		assert_ptr_equal(handles_remove(h, o->name), o);
	}
	assert_int_equal(n, 50);
	for (int i = 0; i < 50; i++)
		assert_int_equal(objects[i].seen, 1);
	assert_int_equal(handles_count(h), 0);
	handles_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_it_holds),
		cmocka_unit_test(a_late_handle_finds_nothing),
		cmocka_unit_test(strange_numbers_find_nothing),
		cmocka_unit_test(slots_take_turns),
		cmocka_unit_test(walk_while_removing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
