/* The events of a stream, however it is cut.  Limits: test_limits.c. */
#include "heard.h"

struct fixture {
	const char *name;
	struct str in;
	const char *heard;
};

/* A literal may hold NUL bytes. */
#define CASE(name, in, heard)                                                  \
	{                                                                      \
		name, { in, sizeof(in) - 1 }, heard                            \
	}
#define BAD(name, in) CASE(name, HEAD in, ROOT "error not-well-formed\n")
#define RESTRICTED(name, in) CASE(name, HEAD in, ROOT "error restricted\n")

static const struct fixture fixtures[] = {
	CASE("a stream", "<?xml version='1.0'?>" HEAD "<a/><b>t</b></s:stream>",
		ROOT "4 <a xmlns='urn:d'/>\n8 <b xmlns='urn:d'>t</b>\nend\n"),
	CASE("an empty stream", "<s/>", "root <s/>\nend\n"),
	CASE("white space between stanzas", HEAD " \r\n<a/>\t <b/>\n",
		ROOT "4 <a xmlns='urn:d'/>\n4 <b xmlns='urn:d'/>\n"),
	CASE("white space after all", "<s></s>\n ", "root <s/>\nend\n"),
	CASE("data after all", "<s></s><s>",
		"root <s/>\nend\nerror not-well-formed\n"),
	CASE("prefixes are resolved", HEAD "<x:a xmlns:x='u' x:b='1' c='2'/>",
		ROOT "32 <a xmlns='u' xmlns:ns0='u' ns0:b='1' c='2'/>\n"),
	CASE("xml:lang keeps its name", HEAD "<a xml:lang='de'/>",
		ROOT "18 <a xmlns='urn:d' xml:lang='de'/>\n"),
	CASE("no namespace", HEAD "<a xmlns=''><b/></a>",
		ROOT "20 <a><b/></a>\n"),
	CASE("text is joined", HEAD "<a>1\n2&amp;3<![CDATA[<4>]]>5</a>",
		ROOT "32 <a xmlns='urn:d'>1\n2&amp;3&lt;4&gt;5</a>\n"),
	CASE("line ends", HEAD "<a>1\r\n2\r3&#13;&#10;4</a>",
		ROOT "24 <a xmlns='urn:d'>1\n2\n3&#xD;\n4</a>\n"),
	CASE("> in quotes", HEAD "<a b='/>' c=\"'>\">></a>",
		ROOT "22 <a xmlns='urn:d' b='/&gt;' c='&apos;&gt;'>&gt;</a>\n"),
	CASE("CDATA ends late", HEAD "<a><![CDATA[]]]]]>]</a>",
		ROOT "23 <a xmlns='urn:d'>]]]]</a>\n"),
	CASE("U+0085 and U+2028", HEAD "<a>\xC2\x85\xE2\x80\xA8</a>",
		ROOT "12 <a xmlns='urn:d'>\xC2\x85\xE2\x80\xA8</a>\n"),
	/* X01, X02 */
	CASE("DOCTYPE first", "<!D", "error restricted\n"),
	CASE("DOCTYPE after the declaration",
		"<?xml version='1.0'?>\n<!DOCTYPE s [<!ENTITY a 'b'>]><s>",
		"error restricted\n"),
	RESTRICTED("DOCTYPE between stanzas", "<!DOCTYPE s>"),
	RESTRICTED("DOCTYPE in a stanza", "<a><!DOCTYPE s>"),
	RESTRICTED("comment", "<!-- x -->"),
	RESTRICTED("comment in a stanza", "<a>t<!-"),
	RESTRICTED("instruction", "<?x"),
	RESTRICTED("instruction in a stanza", "<a><?x ?></a>"),
	RESTRICTED("second declaration", "<?xml version='1.0'?>"),
	CASE("instruction first", "<?xml-stylesheet?><s>",
		"error restricted\n"),
	CASE("two declarations", "<?xml version='1.0'?><?xml version='1.0'?>",
		"error restricted\n"),
	RESTRICTED("entity in text", "<a>&foo;</a>"),
	RESTRICTED("entity in an attribute", "<a b='&foo;'/>"),
	BAD("misspelt CDATA", "<a><![CDATX["),
	BAD("CDATA between stanzas", "<![CDATA[x]]>"),
	/* X03 */
	BAD("broken UTF-8 in a name", "<a\xC3\x28/>"),
	BAD("a sequence that eats >", "<a><b\xE4\xBD></b></a>"),
	BAD("overlong", "<a>\xC0\xAF</a>"),
	BAD("surrogate", "<a>\xED\xA0\x80</a>"),
	BAD("five bytes", "<a>\xF8\x88\x80\x80\x80</a>"),
	BAD("lone continuation", "<a>\x80</a>"),
	BAD("in an attribute", "<a b='\x80'/>"),
	BAD("in a namespace", "<a xmlns='\xC0\xAF'/>"),
	BAD("U+FFFE", "<a>\xEF\xBF\xBE</a>"),
	BAD("NUL", "<a>\0</a>"),
	BAD("NUL behind <", "<\0>"),
	BAD("reference to NUL", "<a>&#0;</a>"),
	BAD("reference to a control character", "<a b='&#x1B;'/>"),
	BAD("control character", "<a>\x01</a>"),
	/* X04: \1 is the separator */
	BAD("separator in a namespace", "<x:a xmlns:x='u&#1;v'/>"),
	BAD("raw separator in a namespace", "<x:a xmlns:x='u\x01v'/>"),
	BAD("FF in a namespace", "<x:a xmlns:x='u\xFFv'/>"),
	CASE("odd namespaces are opaque", HEAD "<x:a xmlns:x='a&#10;b} |'/>",
		ROOT "27 <a xmlns='a&#xA;b} |'/>\n"),
	/* X05 */
	CASE("UTF-16LE", "\xFF\xFE<\0s\0", "error encoding\n"),
	CASE("UTF-16BE", "\xFE\xFF\0<", "error encoding\n"),
	CASE("UTF-16LE without mark", "<\0?\0", "error encoding\n"),
	CASE("UTF-16BE without mark", "\0<\0?", "error encoding\n"),
	CASE("UTF-8 mark", "\xEF\xBB\xBF<?xml version='1.0'?><s>",
		"root <s/>\n"),
	CASE("two UTF-8 marks", "\xEF\xBB\xBF\xEF\xBB\xBF<s>",
		"error bad-root\n"),
	CASE("half a mark", "\xEF\xBB<s>", "error bad-root\n"),
	CASE("Latin 1", "<?xml version='1.0' encoding='ISO-8859-1'?><s>",
		"error encoding\n"),
	CASE("UTF-7", "<?xml version='1.0' encoding='UTF-7'?>",
		"error encoding\n"),
	CASE("UTF-16 declared", "<?xml version='1.0' encoding='UTF-16'?><s>",
		"error encoding\n"),
	CASE("utf-8 declared", "<?xml version='1.0' encoding='utf-8'?><s>",
		"root <s/>\n"),
	CASE("HTTP", "GET / HTTP/1.1\r\n", "error bad-root\n"),
	CASE("TLS", "\x16\x03\x01", "error bad-root\n"),
	CASE("space first", " <s>", "error bad-root\n"),
	CASE("end tag first", "</s>", "error bad-root\n"),
	/* well-formedness */
	BAD("text between stanzas", "x"),
	BAD("reference between stanzas", "&#32;"),
	BAD("unbound prefix", "<x:a/>"),
	BAD("attribute twice", "<a b='' b=''/>"),
	BAD("attribute twice by namespace",
		"<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>"),
	BAD("crossed tags", "<a><b></a>"),
	BAD("]]> in text", "<a>]]></a>"),
	BAD("< in an attribute", "<a b='<'/>"),
	BAD("< in a tag", "<a <"),
	BAD("no name", "<>"),
	BAD("prefix undeclared", "<a xmlns:x=''/>"),
	BAD("xmlns bound", "<a xmlns:xmlns='u'/>"),
	BAD("unfinished reference", "<a>&amp</a>"),
	BAD("wrong root end", "</x:stream>"),
};

static bool run_fixture(const struct fixture *f, size_t chunk)
{
	struct heard h;
	bool same;

	open_reader(&h);
	feed(&h, f->in, chunk);
	buf_add_char(&h.text, '\0');
	same = strcmp(h.text.data, f->heard) == 0;
	if (!same)
		print_error("%s, by %zu: expected\n%sgot\n%s", f->name, chunk,
			f->heard, h.text.data);
	close_reader(&h);
	return same;
}

static void test_fixtures(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++)
		for (size_t chunk = 0; chunk < 8; chunk++)
			failed += !run_fixture(&fixtures[i], chunk);
	assert_int_equal(failed, 0);
}

/* ---- names ---- */

/* The parser is renewed, and the stream's declarations stay. */
static void test_renewal(void **state)
{
	struct heard h;
	struct buf in;

	(void)state;
	buf_init(&in, 4096, NULL);
	open_reader(&h);
	h.limits.value[LIMIT_XML_NAMES] = 16;
	xml_reader_reset(h.reader);
	feed(&h, STR("<?xml version='1.0'?>" HEAD), 1);
	for (int i = 0; i < 100; i++) {
		buf_clear(&in);
		buf_clear(&h.text);
		buf_printf(&in, "<s:n%d a%d='1'><m xmlns:p%d='u'/></s:n%d>", i,
			i, i, i);
		feed(&h, buf_str(&in), i % 5);
		buf_clear(&in);
		buf_printf(&in,
			"%d <n%d xmlns='urn:s' a%d='1'>"
			"<m xmlns='urn:d'/></n%d>\n%c",
			i < 10 ? 37 : 41, i, i, i, 0);
		assert_heard(&h, in.data);
	}
	assert_in_range(h.limits.hits[LIMIT_XML_NAMES], 20, 30);
	buf_clear(&h.text);
	feed(&h, STR("</s:stream>"), 0);
	assert_heard(&h, "end\n");
	close_reader(&h);
	buf_free(&in);
}

/* The same few names never renew anything. */
static void test_no_renewal(void **state)
{
	struct heard h;

	(void)state;
	open_reader(&h);
	h.quiet = true;
	feed(&h, STR(HEAD), 0);
	for (int i = 0; i < 5000; i++)
		feed(&h, STR("<x:a xmlns:x='u' b='1'/><b x='y'/>"), 0);
	assert_int_equal(h.elements, 10000);
	assert_int_equal(h.limits.hits[LIMIT_XML_NAMES], 0);
	close_reader(&h);
}

/* Few prefixes and few names make many pairs, and expat keeps each pair. */
static void test_pairs_of_names_count(void **state)
{
	struct heard h;
	struct buf in;

	(void)state;
	buf_init(&in, 4096, NULL);
	open_reader(&h);
	h.quiet = true;
	feed(&h, STR(HEAD), 0);
	for (int i = 0; i < 5000; i++) {
		buf_clear(&in);
		buf_printf(&in, "<p%d:n%d xmlns:p%d='u'/>", i % 71, i / 71,
			i % 71);
		feed(&h, buf_str(&in), 0);
	}
	assert_int_equal(h.elements, 5000);
	assert_int_equal(h.limits.hits[LIMIT_XML_NAMES], 1);
	close_reader(&h);
	buf_free(&in);
}

/* At rest there is no parser, and nobody sees the difference. */
static void test_rest(void **state)
{
	static const char in[] =
		HEAD "<s:a> <b c='1'/></s:a>\n<d/></s:stream> ";
	static const char heard[] =
		ROOT "22 <a xmlns='urn:s'> <b xmlns='urn:d' c='1'/></a>\n"
		     "4 <d xmlns='urn:d'/>\nend\n";
	unsigned rests = 0;

	(void)state;
	for (size_t chunk = 1; chunk < 20; chunk++) {
		struct str left = STR(in);
		struct heard h;

		open_reader(&h);
		while (left.len) {
			size_t n = chunk < left.len ? chunk : left.len;

			feed(&h, (struct str){ left.p, n }, 0);
			left.p += n;
			left.len -= n;
			xml_reader_rest(h.reader);
			rests += !xml_reader_build(h.reader)->parser;
		}
		assert_heard(&h, heard);
		xml_reader_rest(h.reader);
		close_reader(&h);
	}
	assert_in_range(rests, 19, 100);
}

/* ---- events that act ---- */

#define HELLO HEAD "<a/><b/><c/>"

static void stop(struct heard *h)
{
	xml_reader_stop(h->reader);
}

static void test_stop(void **state)
{
	struct heard h;

	(void)state;
	open_reader(&h);
	h.at = "b";
	h.act = stop;
	assert_int_equal(feed(&h, STR(HELLO), 0), -STOX_EGONE);
	assert_int_equal(h.elements, 2);
	assert_int_equal(feed(&h, STR("<d/>"), 0), -STOX_EGONE);
	xml_reader_reset(h.reader);
	assert_int_equal(feed(&h, STR(HEAD "<d/>"), 0), 0);
	assert_int_equal(h.elements, 3);
	close_reader(&h);
}

static void reset(struct heard *h)
{
	xml_reader_reset(h->reader);
}

static void test_reset(void **state)
{
	struct heard h;

	(void)state;
	open_reader(&h);
	h.at = "b";
	h.act = reset;
	assert_int_equal(feed(&h, STR(HELLO), 0), -STOX_EGONE);
	assert_int_equal(h.elements, 2);
	/* white space left over from before is no harm, once more a root */
	assert_int_equal(feed(&h, STR("\n" HEAD "<a/>"), 1), 0);
	assert_heard(&h,
		ROOT "4 <a xmlns='urn:d'/>\n4 <b xmlns='urn:d'/>\n" ROOT
		     "4 <a xmlns='urn:d'/>\n");
	close_reader(&h);
}

static void destroy(struct heard *h)
{
	xml_reader_free(&h->reader);
	assert_null(h->reader);
}

static void test_free_inside(void **state)
{
	struct heard h;

	(void)state;
	open_reader(&h);
	h.at = "b";
	h.act = destroy;
	assert_int_equal(feed(&h, STR(HELLO), 0), -STOX_EGONE);
	assert_int_equal(h.elements, 2);
	close_reader(&h);
}

static void raise_max(struct heard *h)
{
	xml_reader_set_max(h->reader, 100);
}

static void test_raise_max(void **state)
{
	struct heard h;

	(void)state;
	open_reader(&h);
	xml_reader_set_max(h.reader, 60);
	h.at = "a";
	h.act = raise_max;
	feed(&h, STR(HEAD "<a/>"), 0);
	feed(&h,
		STR("<b>012345678901234567890123456789"
		    "012345678901234567890123456789</b>"),
		0);
	assert_int_equal(h.elements, 2);
	close_reader(&h);
}

/* After an error the reader takes nothing more. */
static void test_error_stays(void **state)
{
	struct heard h;

	(void)state;
	open_reader(&h);
	assert_int_equal(feed(&h, STR(HEAD "<a></b>"), 0), -STOX_EPROTO);
	assert_int_equal(feed(&h, STR("<c/>"), 0), -STOX_EPROTO);
	assert_int_equal(h.elements, 0);
	assert_true(strlen(xml_reader_why(h.reader)) > 0);
	close_reader(&h);
}

static void test_library(void **state)
{
	struct buf why;

	(void)state;
	buf_init(&why, 1000, NULL);
	assert_int_equal(xml_check_library(&why), 0);
	assert_int_equal(why.len, 0);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_no_renewal),
		cmocka_unit_test(test_pairs_of_names_count),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_free_inside),
		cmocka_unit_test(test_raise_max),
		cmocka_unit_test(test_error_stays),
		cmocka_unit_test(test_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
