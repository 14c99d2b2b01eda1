#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

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

static void assert_written(const struct stox_element *e, const char *expected)
{
	struct buf b;

	buf_init(&b, 100000, NULL);
	xml_write(&b, e, "");
	buf_add_char(&b, '\0');
	assert_string_equal(b.data, expected);
	buf_free(&b);
}

static struct stox_element *message(struct pool *pool)
{
	struct stox_element *m = xml_element(pool, "message", "jabber:server");

	stox_element_set(m, "id", "1");
	stox_element_set(m, "xml:lang", "en");
	stox_element_add_child_text(m, "body", NULL, "hello");
	stox_element_add(m, "x", "urn:x");
	stox_element_add_child_text(m, "body", NULL, "salut");
	stox_element_add(m, "x", "urn:y");
	return m;
}

#define WRITTEN                                                                \
	"<message xmlns='jabber:server' id='1' xml:lang='en'>"                 \
	"<body>hello</body><x xmlns='urn:x'/><body>salut</body>"               \
	"<x xmlns='urn:y'/></message>"

static void test_made(void **state)
{
	assert_written(message(*state), WRITTEN);
}

static void test_null(void **state)
{
	(void)state;
	assert_null(stox_element_name(NULL));
	assert_null(stox_element_ns(NULL));
	assert_false(stox_element_is(NULL, NULL, NULL));
	assert_null(stox_element_attr(NULL, "a"));
	assert_null(stox_element_child(NULL, NULL, NULL));
	assert_null(stox_element_next(NULL, NULL, NULL));
	assert_null(stox_element_text(NULL));
	assert_null(stox_element_child_text(NULL, "a"));
	assert_null(stox_element_lang(NULL));
}

static void test_search(void **state)
{
	const struct stox_element *m = message(*state), *e;

	assert_true(stox_element_is(m, "message", NULL));
	assert_true(stox_element_is(m, NULL, "jabber:server"));
	assert_false(stox_element_is(m, "message", "jabber:client"));
	assert_false(stox_element_is(m, "iq", NULL));
	e = stox_element_child(m, "x", NULL);
	assert_string_equal(stox_element_ns(e), "urn:x");
	e = stox_element_next(e, "x", NULL);
	assert_string_equal(stox_element_ns(e), "urn:y");
	assert_null(stox_element_next(e, "x", NULL));
	assert_ptr_equal(stox_element_child(m, NULL, "urn:y"), e);
	assert_null(stox_element_child(m, "x", "urn:z"));
	assert_string_equal(stox_element_child_text(m, "body"), "hello");
	assert_null(stox_element_child_text(m, "x")); /* other namespace */
}

/* Text nodes are no elements. */
static void test_search_skips_text(void **state)
{
	struct stox_element *a = xml_element(*state, "a", NULL);
	const struct stox_element *b;

	stox_element_add_text(a, "1");
	b = stox_element_add(a, "b", NULL);
	stox_element_add_text(a, "2");
	assert_ptr_equal(stox_element_child(a, NULL, NULL), b);
	assert_null(stox_element_next(b, NULL, NULL));
	assert_string_equal(stox_element_text(a), "12");
	assert_written(a, "<a>1<b/>2</a>");
}

static void test_text(void **state)
{
	struct stox_element *a = xml_element(*state, "a", NULL);

	assert_string_equal(stox_element_text(a), "");
	stox_element_add_text(a, NULL);
	stox_element_add_text(a, "");
	assert_null(a->first);
	stox_element_add_text(a, "1");
	stox_element_add_text(a, "2");
	assert_ptr_equal(a->first, a->last);
	assert_string_equal(stox_element_text(a), "12");
	stox_element_add_child_text(a, "b", NULL, NULL);
	assert_written(a, "<a>12<b/></a>");
}

static void test_attributes(void **state)
{
	struct stox_element *a = xml_element(*state, "a", NULL);

	stox_element_set(a, "x", "1");
	stox_element_set(a, "y", "2");
	stox_element_set(a, "z", "3");
	stox_element_set(a, "y", "4");
	assert_written(a, "<a x='1' y='4' z='3'/>");
	stox_element_set(a, "x", NULL);
	stox_element_set(a, "x", NULL);
	assert_written(a, "<a y='4' z='3'/>");
	assert_null(stox_element_attr(a, "x"));
	/* to its own value */
	stox_element_set(a, "y", stox_element_attr(a, "y"));
	assert_string_equal(stox_element_attr(a, "y"), "4");
	stox_element_set(a, "z", NULL);
	stox_element_set(a, "w", "5");
	assert_written(a, "<a y='4' w='5'/>");
}

static void test_lang(void **state)
{
	struct stox_element *m = message(*state);
	struct stox_element *body = m->first;

	assert_string_equal(stox_element_lang(body), "en");
	stox_element_set(body, "xml:lang", "de");
	assert_string_equal(stox_element_lang(body), "de");
	assert_string_equal(stox_element_lang(body->next), "en");
	assert_null(stox_element_lang(xml_element(*state, "a", NULL)));
}

static void test_detach(void **state)
{
	struct stox_element *m = message(*state);
	struct stox_element *first = m->first, *second = first->next;

	xml_detach(m); /* it has no parent: nothing happens */
	xml_detach(m->last);
	xml_detach(second);
	assert_null(second->parent);
	assert_null(second->next);
	assert_written(m, "<message xmlns='jabber:server' id='1' "
			  "xml:lang='en'><body>hello</body>"
			  "<body>salut</body></message>");
	xml_detach(first);
	xml_detach(m->first);
	assert_null(m->first);
	assert_null(m->last);
	stox_element_add(m, "z", NULL);
	assert_written(m, "<message xmlns='jabber:server' id='1' "
			  "xml:lang='en'><z/></message>");
}

static void test_copy(void **state)
{
	struct pool *other = pool_new(NULL);
	struct stox_element *m = message(other), *copy, *a;
	struct stox_attribute ns = { "n", "urn:n", "v", NULL };

	stox_element_add_text(m->first, "!");
	m->first->attributes = &ns;
	copy = xml_copy(*state, m);
	a = xml_element(*state, "a", "jabber:server");
	stox_element_add_copy(a, m->first);
	stox_element_add_copy(a, m->last);
	pool_free(&other);
	assert_null(copy->parent);
	assert_ptr_equal(copy->first->parent, copy);
	assert_string_equal(copy->first->attributes->ns, "urn:n");
	assert_string_equal(stox_element_child_text(copy, "body"), "hello!");
	assert_written(a, "<a xmlns='jabber:server'>"
			  "<body xmlns:ns0='urn:n' ns0:n='v'>hello!</body>"
			  "<x xmlns='urn:y'/></a>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_skips_text),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_lang),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
