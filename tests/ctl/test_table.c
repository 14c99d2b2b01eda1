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

#define PIE "<?xml version='1.0'?>\n<server-data xmlns='urn:xmpp:pie:0'>"
#define QUERY "<query xmlns='jabber:iq:roster'>"

/* Exports of XMPP servers: XEP-0227. */
static void test_export(void **state)
{
	static const struct want cases[] = {
		{ PIE "<host jid='x'>\n<user name='a' password='p'>" QUERY
		  "<item jid='n@y' subscription='none'/>\n"
		  "<item jid='b@y' name='B' subscription='both'>"
		  "<group>Friends</group></item></query></user></host>"
		  "</server-data>", 1, 0, 4, "a@x", "b@y", NULL, "both" },
		{ PIE "<host jid='x'><user name='a'>" QUERY
		  "<item jid='b@y' subscription='none' ask='subscribe'/>"
		  "<item jid='c@y' subscription='to'/></query></user>"
		  "<user name='d'/></host><host jid='z'><user name='e'>\n" QUERY
		  "<item jid='f@y' subscription='from'/></query></user></host>"
		  "</server-data>", 3, 0, 3, "e@z", "f@y", NULL, "from" },
		/* who waits for an answer; an item in another query is none */
		{ PIE "<host jid='x'><user name='a'>"
		  "<presence xmlns='jabber:client' type='subscribe' from='b@y'/>"
		  "<query xmlns='jabber:iq:private'>"
		  "<item jid='c@y' subscription='to'/></query></user></host>"
		  "</server-data>", 1, 0, 2, "a@x", "b@y", NULL, NULL },
		{ PIE "</server-data>", 0, 0, 0, NULL, NULL, NULL, NULL },
		/* nothing that could do harm */
		{ "<!DOCTYPE server-data [<!ENTITY a 'b'>]>"
		  "<server-data xmlns='urn:xmpp:pie:0'/>", 1, 1, 1, NULL, NULL,
			NULL, NULL },
		{ PIE "<host jid='x'><user name='a'>" QUERY "<item jid='b@y' "
		  "subscription='to'/></query></user>", 2, 1, 2, NULL, NULL,
			NULL, NULL },
		{ PIE "<host jid='x'><user name='a'>" QUERY "<item jid='&b;' "
		  "subscription='to'/></query></user></host></server-data>", 1,
			1, 2, NULL, NULL, NULL, NULL },
		{ PIE "\n<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
		  "href='x.xml'/></server-data>", 1, 1, 3, NULL, NULL, NULL,
			NULL },
		{ "<html/>", 1, 1, 1, NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(&cases[i]);
}

/* Deep, and long names. */
static void test_big_export(void **state)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	struct want w = { .rows = 1, .bad = 1, .line = 2 };

	(void)state;
	fputs(PIE, out);
	for (int i = 0; i < 100; i++)
		fputs("<a>", out);
	fclose(out);
	w.text = text;
	check(&w);
	free(text);
	out = open_memstream(&text, &size);
	fprintf(out, PIE "<host jid='x'><user name='a'>" QUERY "<item jid='");
	for (int i = 0; i < 5000; i++)
		putc('b', out);
	fputs("@y' subscription='to'/></query></user></host></server-data>",
		out);
	fclose(out);
	w.text = text;
	check(&w);
	free(text);
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
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_big_export),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
