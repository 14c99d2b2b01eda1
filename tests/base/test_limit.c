#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>

#include "base/limit.h"
#include "base/str.h"

static const char *const upper[] = {
#define LIMIT(id, word, name, value, unit, reaction) #id,
	LIMIT_TABLE(LIMIT)
#undef LIMIT
};

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		const struct limit_info *info = limit_info((enum limit_id)i);

		assert_true(str_iis(str_from(info->id), upper[i]));
		for (const char *c = info->id; *c; c++)
			assert_true(islower((unsigned char)*c) ||
				isdigit((unsigned char)*c) || *c == '_');
		assert_true(info->name[0] && info->reaction[0]);
		assert_non_null(info->unit);
		assert_true(info->value > 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(info->name,
				limit_info((enum limit_id)j)->name);
	}
}

static void defaults_and_counters(void **state)
{
	struct limits l;

	(void)state;
	memset(&l, 0xff, sizeof(l));
	limits_init(&l);
	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		enum limit_id id = (enum limit_id)i;

		assert_int_equal(limit_get(&l, id), limit_info(id)->value);
		assert_int_equal(l.hits[i], 0);
	}
	assert_int_equal(limit_get(&l, LIMIT_STANZA_UNAUTH), 8192);
	limit_hit(&l, LIMIT_STANZA);
	limit_hit(&l, LIMIT_STANZA);
	assert_int_equal(l.hits[LIMIT_STANZA], 2);
	assert_int_equal(l.hits[LIMIT_STANZA_UNAUTH], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(defaults_and_counters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
