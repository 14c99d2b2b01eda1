#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "xml/names.h"

static void add(struct xml_names *n, const char *name)
{
	xml_names_add(n, name, strlen(name));
}

static void test_counts_each_once(void **state)
{
	struct xml_names n;
	char name[32];

	(void)state;
	xml_names_init(&n, 0x9E3779B97F4A7C15);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "name%d", i);
			add(&n, name);
		}
		assert_int_equal(n.count, 5000);
	}
	xml_names_clear(&n);
	assert_int_equal(n.count, 0);
	add(&n, "name1");
	assert_int_equal(n.count, 1);
	xml_names_clear(&n);
}

/* Prefixes of each other, of all lengths around a word. */
static void test_lengths(void **state)
{
	static const char same[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct xml_names n;

	(void)state;
	xml_names_init(&n, 0x9E3779B97F4A7C15);
	for (size_t len = 0; len < sizeof(same); len++)
		xml_names_add(&n, same, len);
	assert_int_equal(n.count, sizeof(same));
	xml_names_add(&n, "\0\0", 2); /* not the same as fewer zeros */
	xml_names_add(&n, "\0", 1);
	assert_int_equal(n.count, sizeof(same) + 2);
	xml_names_clear(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_each_once),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
