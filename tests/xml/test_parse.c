#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "xml/xml.h"

/* G16: every body is under the rules of a stream. */
static const struct {
	const char *in, *out; /* out NULL: refused */
} documents[] = {
	{ "<a/>", "<a/>" },
	{ "<?xml version='1.0' encoding='UTF-8'?>\n<a>t</a>\n", "<a>t</a>" },
	{ "\r\n <?xml version=\"1.0\"?><a/> \r\n", "<a/>" },
	{ "\xEF\xBB\xBF<a/>", "<a/>" },
	{ "<p:a xmlns:p='u'><b>1</b> <p:c/></p:a>",
		"<a xmlns='u'><b xmlns=''>1</b> <c/></a>" },
	{ "<a><![CDATA[<b>]]>&amp;&#x20AC;</a>", "<a>&lt;b&gt;&amp;€</a>" },
	{ "", NULL },
	{ " ", NULL },
	{ "text", NULL },
	{ "<a>", NULL },
	{ "<a", NULL },
	{ "</a>", NULL },
	{ "<a/><b/>", NULL },
	{ "<a/>text", NULL },
	{ "<a></b>", NULL },
	{ "<?xml version='1.0'?>", NULL },
	{ "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", NULL },
	{ "<a><!-- c --></a>", NULL },
	{ "<a/><!-- c -->", NULL },
	{ "<a><?p?></a>", NULL },
	{ "<a>&b;</a>", NULL },
	{ "<a>\x80</a>", NULL },
	{ "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", NULL },
	{ "<b:a/>", NULL },
};

static void test_documents(void **state)
{
	struct limits limits;
	struct pool *pool = pool_new(NULL);
	struct buf b;

	(void)state;
	limits_init(&limits);
	buf_init(&b, 10000, NULL);
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		struct stox_element *e = NULL;
		int err =
			xml_parse(pool, str_from(documents[i].in), &limits, &e);

		if (!documents[i].out) {
			assert_int_equal(err, -STOX_EPROTO);
			assert_null(e);
			continue;
		}
		assert_int_equal(err, 0);
		assert_ptr_equal(e->pool, pool);
		assert_null(e->parent);
		buf_clear(&b);
		xml_write(&b, e, "");
		buf_add_char(&b, '\0');
		assert_string_equal(b.data, documents[i].out);
	}
	buf_free(&b);
	pool_free(&pool);
}

static void test_nothing(void **state)
{
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = NULL;
	struct limits limits;

	(void)state;
	limits_init(&limits);
	assert_int_equal(xml_parse(pool, (struct str){ NULL, 0 }, &limits, &e),
		-STOX_EPROTO);
	pool_free(&pool);
}

static int parse_many(const char *before, const char *s, size_t n)
{
	struct limits limits;
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = NULL;
	struct buf b;
	int err;

	limits_init(&limits);
	buf_init(&b, 1u << 24, NULL);
	buf_add_text(&b, before);
	while (n--)
		buf_add_text(&b, s);
	buf_add_text(&b, "</a>");
	err = xml_parse(pool, buf_str(&b), &limits, &e);
	buf_free(&b);
	pool_free(&pool);
	return err;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(parse_many("<a>", "<b/>", 10000), 0);
	assert_int_equal(parse_many("<a>", "xxxxxxxxxx", 100000), 0);
	assert_int_equal(parse_many("<a>", "<b>", 100000), -STOX_EPROTO);
	assert_int_equal(parse_many("<a", " b='c'", 65), -STOX_EPROTO);
	assert_int_equal(parse_many("<a b='", "xxxxxxxx", 8192), -STOX_EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
