#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/list.h"

struct item {
	int number;
	struct list node;
};

static void keeps_order(void **state)
{
	struct list head;
	struct item items[5];
	int want = 0;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	for (int i = 0; i < 5; i++) {
		items[i].number = i;
		list_append(&head, &items[i].node);
	}
	list_each(it, tmp, &head)
		assert_int_equal(container_of(it, struct item, node)->number,
			want++);
	assert_int_equal(want, 5);
}

static void remove_while_walking(void **state)
{
	struct list head;
	struct item items[5];
	int seen = 0;

	(void)state;
	list_init(&head);
	for (int i = 0; i < 5; i++)
		list_append(&head, &items[i].node);
	list_each(it, tmp, &head) {
		list_remove(it);
		list_remove(it); /* harmless */
		assert_true(list_empty(it));
		seen++;
	}
	assert_int_equal(seen, 5);
	assert_true(list_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(remove_while_walking),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
