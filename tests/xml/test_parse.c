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

/* ---- many documents by one reader ---- */

struct many {
	struct limits limits;
	struct pool *pool;
	struct xml_documents *documents;
	struct buf text;
};

static void many_begin(struct many *m)
{
	limits_init(&m->limits);
	m->pool = pool_new(NULL);
	m->documents = xml_documents_new(&m->limits);
	buf_init(&m->text, 100000, NULL);
}

static void many_end(struct many *m)
{
	xml_documents_free(&m->documents);
	assert_null(m->documents);
	buf_free(&m->text);
	pool_free(&m->pool);
}

/* What a document reads as; NULL: refused. */
static const char *reads(struct many *m, struct str in)
{
	struct stox_element *e = NULL;
	int err = xml_documents_read(m->documents, m->pool, in, &e);

	if (err) {
		assert_int_equal(err, -STOX_EPROTO);
		assert_null(e);
		return NULL;
	}
	assert_ptr_equal(e->pool, m->pool);
	assert_null(e->parent);
	assert_null(e->next);
	buf_clear(&m->text);
	xml_write(&m->text, e, "");
	buf_add_char(&m->text, '\0');
	return m->text.data;
}

static void assert_reads(struct many *m, struct str in, const char *out)
{
	const char *text = reads(m, in);

	if (!out) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, out);
}

/* Each document after each other one. */
static void test_pairs(void **state)
{
	const size_t n = sizeof(documents) / sizeof(documents[0]);
	struct many m;

	(void)state;
	many_begin(&m);
	for (size_t i = 0; i < n * n; i++) {
		assert_reads(&m, str_from(documents[i / n].in),
			documents[i / n].out);
		assert_reads(&m, str_from(documents[i % n].in),
			documents[i % n].out);
	}
	many_end(&m);
}

/* Whatever came before, this one knows nothing of it. */
static const char *const before[] = {
	"<a xmlns='u' xmlns:p='v' p:b='c' xml:lang='de'><p:b/></a>",
	"<p:a xmlns:p='u'/>",
	"<a xmlns='u' xmlns:p='v'><p:b>",
	"<a xmlns:p='v' p:b='",
	"<a><b></a>",
	"<a xmlns:p='v'/></documents>",
	"</documents><documents xmlns='u' xmlns:p='v'>",
	"</documents><documents xmlns='u' xmlns:p='v'><a/>",
	"<a/></documents><documents xmlns='u'>",
	"<a/><b xmlns:p='v'>",
	"<a></a></documents",
	"<a/>\r",
	"<a/>]]",
	"<a><![CDATA[",
	"<a/><![CDATA[",
	"<a/><!--",
	"<!-- <a/>",
	"<?xml version='1.0'?><?xml version='1.0'?><a/>",
	"<?xml version='1.1' standalone='no'?><a/>",
	"<?xml version='1.0' encoding='UTF-16'?><a/>",
	"<?xml version='1.0' encoding='US-ASCII'?><a/>",
	"<?xml-stylesheet href='a'?><a/>",
	"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
	"<!DOCTYPE a [<!ATTLIST a b CDATA 'c' xmlns CDATA 'u'>]><a/>",
	"<a>&#1;</a>",
	"<a>\xC3</a>",
	"<a>]]></a>",
	"<a b='1' b='2'/>",
	"<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
	"<a xmlns:xmlns='u'/>",
	"\xEF\xBB\xBF<?xml version='1.0'?><a xmlns='u'/>",
	"\xFE\xFF",
};
static const struct str wide_before[] = {
	{ "\xFF\xFE<\0a\0/\0>\0", 10 },
	{ "\xFE\xFF\0<\0a\0/\0>", 10 },
	{ "<\0a\0/\0>\0", 8 },
	{ "\0<\0a\0/\0>", 8 },
	{ "<a>\0</a>", 8 },
	{ "<?xml version='1.0'?>\0<a/>", 26 },
};

static void assert_untouched(struct many *m)
{
	assert_reads(m, STR("<a><b c='d'>t</b></a>"),
		"<a><b c='d'>t</b></a>");
	assert_reads(m, STR("<p:a/>"), NULL);
	assert_reads(m, STR("<a>&b;</a>"), NULL);
	assert_reads(m, STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
			    "<a>t</a>\r\n"), "<a>t</a>");
}

static void test_no_trace(void **state)
{
	struct many m;

	(void)state;
	many_begin(&m);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		reads(&m, str_from(before[i]));
		assert_untouched(&m);
	}
	for (size_t i = 0; i < sizeof(wide_before) / sizeof(wide_before[0]);
		i++) {
		assert_reads(&m, wide_before[i], NULL);
		assert_untouched(&m);
	}
	many_end(&m);
}

/* @n names that no other @set has. */
static const char *reads_names(struct many *m, unsigned set, unsigned n)
{
	const char *text;
	struct buf in;

	buf_init(&in, 100000, NULL);
	buf_add_text(&in, "<a>");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&in, "<n%u.%u/>", set, i);
	buf_add_text(&in, "</a>");
	text = reads(m, buf_str(&in));
	buf_free(&in);
	return text;
}

/* What others brought is not held against a document; the parser forgets. */
static void test_names(void **state)
{
	struct many m;

	(void)state;
	many_begin(&m);
	m.limits.value[LIMIT_XML_NAMES] = 100;
	assert_non_null(reads_names(&m, 0, 98));
	assert_non_null(reads_names(&m, 0, 98));
	assert_int_equal(m.limits.hits[LIMIT_XML_NAMES], 0);
	/* one parser has taken them all */
	assert_non_null(reads_names(&m, 1, 1));
	assert_int_equal(m.limits.hits[LIMIT_XML_NAMES], 1);
	assert_non_null(reads_names(&m, 2, 98));
	assert_non_null(reads_names(&m, 3, 199));
	assert_null(reads_names(&m, 4, 200));
	assert_non_null(reads_names(&m, 5, 100));
	assert_int_equal(m.limits.hits[LIMIT_XML_NAMES], 2);
	assert_untouched(&m);
	many_end(&m);
}

/* However much is read, no parser counts for ever. */
static void test_much(void **state)
{
	enum { SIZE = 60000 };
	struct many m;
	struct buf in;

	(void)state;
	many_begin(&m);
	buf_init(&in, SIZE + 100, NULL);
	buf_add_text(&in, "<a>");
	while (in.len < SIZE)
		buf_add_text(&in, "<b>tttttttttttttttttttttttttt</b>");
	buf_add_text(&in, "</a>");
	for (int i = 0; i < 600; i++) {
		assert_non_null(reads(&m, buf_str(&in)));
		pool_free(&m.pool);
		m.pool = pool_new(NULL);
	}
	assert_untouched(&m);
	buf_free(&in);
	many_end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_no_trace),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
