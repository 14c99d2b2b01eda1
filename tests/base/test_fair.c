#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fair.h"

struct item {
	struct list node;
	uint32_t source;
	unsigned number;
};

static void fill(struct fair *f, struct item *items, unsigned count,
	uint32_t source)
{
	for (unsigned i = 0; i < count; i++) {
		items[i] = (struct item){ .source = source, .number = i };
		list_init(&items[i].node);
		fair_put(f, &items[i].node, source);
	}
}

static struct item *take(struct fair *f)
{
	struct list *l = fair_take(f);

	return l ? container_of(l, struct item, node) : NULL;
}

/* Whoever has little to do is not kept by whoever has much. */
static void test_turns(void **state)
{
	struct item many[1000], few[3];
	struct fair f;

	(void)state;
	fair_init(&f);
	assert_true(fair_empty(&f));
	fill(&f, many, 1000, 7);
	fill(&f, few, 3, 8);
	assert_int_equal(1003, fair_count(&f));
	for (unsigned i = 0; i < 3; i++) {
		assert_ptr_equal(take(&f), &many[i]);
		assert_ptr_equal(take(&f), &few[i]);
	}
	for (unsigned i = 3; i < 1000; i++)
		assert_ptr_equal(take(&f), &many[i]);
	assert_null(take(&f));
	assert_true(fair_empty(&f));
}

/* Sources that share a lane keep the order of both. */
static void test_one_lane(void **state)
{
	struct item a[2], b[2];
	struct fair f;

	(void)state;
	fair_init(&f);
	fill(&f, a, 2, 1);
	fill(&f, b, 2, 1 + FAIR_LANES);
	assert_ptr_equal(take(&f), &a[0]);
	assert_ptr_equal(take(&f), &a[1]);
	assert_ptr_equal(take(&f), &b[0]);
	assert_ptr_equal(take(&f), &b[1]);
	assert_null(take(&f));
}

/* What was taken back is passed over, and may come again. */
static void test_taken_back(void **state)
{
	struct item a[2], b[2];
	struct fair f;

	(void)state;
	fair_init(&f);
	fill(&f, a, 2, 1);
	fill(&f, b, 2, 2);
	list_remove(&a[0].node);
	list_remove(&a[1].node);
	assert_int_equal(2, fair_count(&f));
	assert_ptr_equal(take(&f), &b[0]);
	fair_put(&f, &a[1].node, 1);
	assert_ptr_equal(take(&f), &b[1]);
	assert_ptr_equal(take(&f), &a[1]);
	assert_true(fair_empty(&f));
	fill(&f, a, 2, 1);
	fair_clear(&f);
	assert_true(fair_empty(&f));
	assert_true(list_empty(&a[0].node) && list_empty(&a[1].node));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_one_lane),
		cmocka_unit_test(test_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
