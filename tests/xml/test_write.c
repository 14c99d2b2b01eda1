#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "xml/xml.h"

static int setup(void **state)
{
	*state = pool_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	struct pool *pool = *state;

	pool_free(&pool);
	return 0;
}

static void assert_written_in(
	const struct stox_element *e, const char *ns, const char *expected)
{
	struct buf b;

	buf_init(&b, 100000, NULL);
	xml_write(&b, e, ns);
	buf_add_char(&b, '\0');
	assert_string_equal(b.data, expected);
	buf_free(&b);
}

/* ---- escapes ---- */

#define U "\xEF\xBF\xBD" /* U+FFFD */

static const struct {
	struct str in;
	const char *text, *attribute; /* NULL: as text */
} escapes[] = {
	{ STR(""), "", NULL },
	{ STR("plain"), "plain", NULL },
	{ STR("<>&\"'<>&\"'"),
		"&lt;&gt;&amp;&quot;&apos;&lt;&gt;&amp;&quot;&apos;", NULL },
	{ STR("]]>"), "]]&gt;", NULL },
	{ STR("a\tb\nc\rd"), "a\tb\nc&#xD;d", "a&#x9;b&#xA;c&#xD;d" },
	{ STR("\r\n"), "&#xD;\n", "&#xD;&#xA;" },
	{ STR("\xC2\x85\xE2\x80\xA8"), "\xC2\x85\xE2\x80\xA8", NULL },
	{ STR("\x7F"), "\x7F", NULL },
	{ STR("é€\xF0\x9F\x98\x80"), "é€\xF0\x9F\x98\x80", NULL },
	/* what no reference can say */
	{ STR("\0\x01\x08\x0B\x0C\x0E\x1F"), U U U U U U U, NULL },
	{ STR("a\x80"
	      "b\xC3(\xFF"),
		"a" U "b" U "(" U, NULL },
	{ STR("\xC0\xAF"), U U, NULL },
	{ STR("\xED\xA0\x80"), U U U, NULL },
	{ STR("\xF4\x90\x80\x80"), U U U U, NULL },
	{ STR("\xEF\xBF\xBE\xEF\xBF\xBF"), U U U U U U, NULL },
	{ STR("\xEF\xBF\xBD\xEF\xBF\xBC"), U "\xEF\xBF\xBC", NULL },
	{ STR("\xF0\x9F\x98"), U U U, NULL },
	{ STR("\xC3"), U, NULL },
};

static void test_escapes(void **state)
{
	struct stox_element text = { 0 };
	struct stox_element a = { .name = "a", .ns = "", .first = &text };
	struct buf b, expected;

	(void)state;
	buf_init(&b, 1000, NULL);
	buf_init(&expected, 1000, NULL);
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		text.text = escapes[i].in.p;
		text.text_len = escapes[i].in.len;
		buf_clear(&expected);
		buf_printf(&expected, "<a>%s</a>%c", escapes[i].text, 0);
		assert_written_in(&a, "", expected.data);
		buf_clear(&b);
		xml_escape(&b, escapes[i].in);
		buf_add_char(&b, '\0');
		assert_string_equal(b.data, escapes[i].attribute
						    ? escapes[i].attribute
						    : escapes[i].text);
	}
	buf_free(&b);
	buf_free(&expected);
}

/* ---- namespaces ---- */

static void test_namespaces(void **state)
{
	struct stox_element *a = xml_element(*state, "a", "urn:1"), *b;

	b = stox_element_add(a, "b", NULL);
	stox_element_add(b, "c", "urn:2");
	stox_element_add(stox_element_add(b, "d", ""), "e", "urn:1");
	assert_written_in(a, NULL,
		"<a xmlns='urn:1'><b><c xmlns='urn:2'/>"
		"<d xmlns=''><e xmlns='urn:1'/></d></b></a>");
	assert_written_in(a, "urn:1",
		"<a><b><c xmlns='urn:2'/>"
		"<d xmlns=''><e xmlns='urn:1'/></d></b></a>");
	assert_written_in(
		xml_element(*state, "a", NULL), "urn:1", "<a xmlns=''/>");
	assert_written_in(xml_element(*state, "a", "u'&\n"), "",
		"<a xmlns='u&apos;&amp;&#xA;'/>");
}

/* Nothing may bind this one but the prefix xml. */
static void test_xml_namespace(void **state)
{
	struct stox_element *a = xml_element(
		*state, "a", "http://www.w3.org/XML/1998/namespace");

	stox_element_add(a, "b", "urn:1");
	stox_element_add(a, "c", NULL);
	assert_written_in(a, "urn:1", "<xml:a><b/><xml:c/></xml:a>");
}

static void test_attribute_namespaces(void **state)
{
	struct stox_element *a = xml_element(*state, "a", NULL);
	struct stox_attribute second = { "x", "urn:2", "2'", NULL };
	struct stox_attribute plain = { "x", NULL, "1", &second };
	struct stox_attribute first = { "x", "urn:1", "0", &plain };

	a->attributes = &first;
	assert_written_in(a, "",
		"<a xmlns:ns0='urn:1' ns0:x='0' x='1' "
		"xmlns:ns1='urn:2' ns1:x='2&apos;'/>");
}

/* ---- reading it back ---- */

static struct stox_element *hard_document(struct pool *pool)
{
	struct stox_element *a = xml_element(pool, "a", "urn:1"), *b;
	static const char hard[] = "<>&\"'<>&\"']]>\r\n\r\t \xC2\x85"
				   "\xE2\x80\xA8\xF0\x9F\x98\x80";

	stox_element_set(a, "k", hard);
	stox_element_set(a, "xml:lang", "de");
	stox_element_add_text(a, hard);
	b = stox_element_add_child_text(a, "b", "", hard);
	stox_element_add(b, "c", "urn:'2'");
	stox_element_add_text(a, " \n ");
	return a;
}

static void test_reads_back(void **state)
{
	struct stox_element *a = hard_document(*state), *back = NULL;
	struct limits limits;
	struct buf first, second;

	limits_init(&limits);
	buf_init(&first, 10000, NULL);
	buf_init(&second, 10000, NULL);
	xml_write(&first, a, "");
	assert_int_equal(xml_parse(*state, buf_str(&first), &limits, &back), 0);
	assert_string_equal(
		stox_element_attr(back, "k"), stox_element_attr(a, "k"));
	assert_string_equal(stox_element_text(back), stox_element_text(a));
	xml_write(&second, back, "");
	assert_true(str_eq(buf_str(&first), buf_str(&second)));
	buf_free(&first);
	buf_free(&second);
}

/* For the test that asks another parser. */
static int dump(void)
{
	struct pool *pool = pool_new(NULL);
	struct buf b;

	buf_init(&b, 10000, NULL);
	xml_write(&b, hard_document(pool), "");
	fwrite(b.data, 1, b.len, stdout);
	buf_free(&b);
	pool_free(&pool);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_xml_namespace),
		cmocka_unit_test(test_attribute_namespaces),
		cmocka_unit_test(test_reads_back),
	};

	if (argc == 2 && strcmp(argv[1], "dump") == 0)
		return dump();
	return cmocka_run_group_tests(tests, setup, teardown);
}
