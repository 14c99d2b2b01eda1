/*
 * Pairs in files: CSV and JSON, good and bad.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stoxctl/table.h"

struct want {
	const char *text;
	/* of the last row */
	int rows, bad;
	unsigned long line;
	const char *xmpp, *sip, *x2s, *subscription;
};

static void same(const char *want, const char *got)
{
	if (want) {
		assert_non_null(got);
		assert_string_equal(want, got);
	} else {
		assert_null(got);
	}
}

static void check(const struct want *w)
{
	char *text = strdup(w->text), *last[TABLE_READ] = { NULL };
	FILE *in = fmemopen(text, strlen(text), "r");
	unsigned long line = 0;
	int rows = 0, bad = 0;
	struct table t;

	table_open(&t, in);
	while (table_read(&t)) {
		rows++;
		bad += t.why != NULL;
		line = t.row_line;
		for (int i = 0; i < TABLE_READ; i++) {
			free(last[i]);
			last[i] = t.fields[i] ? strdup(t.fields[i]) : NULL;
		}
	}
	table_close(&t);
	fclose(in);
	free(text);
	assert_int_equal(w->rows, rows);
	assert_int_equal(w->bad, bad);
	assert_int_equal(w->line, line);
	same(w->xmpp, last[TABLE_XMPP]);
	same(w->sip, last[TABLE_SIP]);
	same(w->x2s, last[TABLE_X2S]);
	same(w->subscription, last[TABLE_SUBSCRIPTION]);
	for (int i = 0; i < TABLE_READ; i++)
		free(last[i]);
}

static void test_read(void **state)
{
	static const struct want cases[] = {
		{ "xmpp,sip,x2s\na@x,b@y,yes\n", 1, 0, 2, "a@x", "b@y", "yes",
			NULL },
		{ "sip,what,xmpp\r\nb@y,?,a@x\r\n", 1, 0, 2, "a@x", "b@y", NULL,
			NULL },
		{ "xmpp,sip\na@x,b@y\n\"a,1@x\",\"b\"\"2@y\"", 2, 0, 3, "a,1@x",
			"b\"2@y", NULL, NULL },
		{ "xmpp,sip\n\"a@x,b@y\n", 1, 1, 2, "a@x,b@y\n", NULL, NULL,
			NULL },
		{ "a@x,b@y\n", 1, 1, 1, NULL, NULL, NULL, NULL },
		{ "[\n{\"xmpp\":\"a@x\",\"sip\":\"b@y\"},\n\n{\"xmpp\":\"c@x\",\n"
		  "\"sip\":\"d@y\",\"subscription\":\"both\",\"x2s\":7}\n]\n",
			2, 0, 4, "c@x", "d@y", "7", "both" },
		{ "[{\"xmpp\":\"a@x\"},\n{\"xmpp\" }, {\"xmpp\":\"b@x\"}]", 2, 1,
			2, NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(&cases[i]);
}

static void test_write(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	table_put_csv(out, "a@x");
	table_put_csv(out, "a,\"b");
	fclose(out);
	assert_string_equal("a@x\"a,\"\"b\"", text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
