#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "xml/reader.h"

/* What a reader said, as lines: "root <…/>", "12 <…/>" with the size on the
 * wire, "end", "error <name>". */
struct heard {
	struct buf text;
	struct limits limits;
	struct xml_reader *reader;
	size_t elements;
	const char *at; /* act when this element's name comes */
	void (*act)(struct heard *h);
	bool quiet;
};

#define HEAD "<s:stream xmlns:s='urn:s' xmlns='urn:d' a='1'>"
#define ROOT "root <stream xmlns='urn:s' a='1'/>\n"

static const char *const error_names[] = {
	[XML_OK] = "ok",
	[XML_NOT_WELL_FORMED] = "not-well-formed",
	[XML_RESTRICTED] = "restricted",
	[XML_ENCODING] = "encoding",
	[XML_TOO_BIG] = "too-big",
	[XML_TOO_COMPLEX] = "too-complex",
	[XML_BAD_ROOT] = "bad-root",
};

static void on_root(void *arg, const struct stox_element *root)
{
	struct heard *h = arg;

	if (h->quiet)
		return;
	buf_add_text(&h->text, "root ");
	xml_write(&h->text, root, "");
	buf_add_char(&h->text, '\n');
}

static void on_element(
	void *arg, struct pool *pool, struct stox_element *e, size_t bytes)
{
	struct heard *h = arg;

	h->elements++;
	if (!h->quiet) {
		buf_printf(&h->text, "%zu ", bytes);
		xml_write(&h->text, e, "");
		buf_add_char(&h->text, '\n');
	}
	if (h->at && strcmp(h->at, e->name) == 0)
		h->act(h);
	xml_pool_release(&pool);
}

static void on_end(void *arg)
{
	struct heard *h = arg;

	buf_add_text(&h->text, "end\n");
}

static const struct xml_reader_events events = { on_root, on_element, on_end };

static void open_reader(struct heard *h)
{
	struct xml_reader_config config = {
		.limits = &h->limits,
		.events = &events,
		.arg = h,
	};

	*h = (struct heard){ .at = NULL };
	buf_init(&h->text, 1u << 24, NULL);
	limits_init(&h->limits);
	h->reader = xml_reader_new(&config);
	xml_reader_set_max(h->reader, limit_get(&h->limits, LIMIT_STANZA));
}

static void close_reader(struct heard *h)
{
	xml_reader_free(&h->reader);
	buf_free(&h->text);
}

/* Feed in pieces of @chunk bytes (0: all at once), note the error. */
static int feed(struct heard *h, struct str in, size_t chunk)
{
	int err = 0;

	while (in.len && err == 0) {
		size_t n = chunk && chunk < in.len ? chunk : in.len;

		err = xml_reader_feed(h->reader, (struct str){ in.p, n });
		in.p += n;
		in.len -= n;
	}
	if (err == -STOX_EPROTO)
		buf_printf(&h->text, "error %s\n",
			error_names[xml_reader_error(h->reader)]);
	return err;
}

static void assert_heard(struct heard *h, const char *expected)
{
	buf_add_char(&h->text, '\0');
	assert_string_equal(h->text.data, expected);
	h->text.len--;
}

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

/* ---- limits ---- */

static void add_many(struct buf *b, const char *s, size_t n)
{
	while (n--)
		buf_add_text(b, s);
}

/* Feed HEAD and @in whole and by single bytes; both must end in @error. */
static void assert_limit(struct buf *in, enum xml_error error, int limit)
{
	for (size_t chunk = 0; chunk < 2; chunk++) {
		struct heard h;

		open_reader(&h);
		h.quiet = true;
		feed(&h, STR(HEAD), chunk);
		feed(&h, buf_str(in), chunk);
		assert_int_equal(xml_reader_error(h.reader), error);
		if (limit >= 0)
			assert_int_equal(h.limits.hits[limit], 1);
		close_reader(&h);
	}
	buf_clear(in);
}

static void test_depth(void **state)
{
	struct buf in;

	(void)state;
	buf_init(&in, 1u << 24, NULL);
	add_many(&in, "<a>", 63);
	assert_limit(&in, XML_OK, -1);
	add_many(&in, "<a>", 63);
	buf_add_text(&in, "<b/>");
	assert_limit(&in, XML_TOO_COMPLEX, LIMIT_XML_DEPTH);
	add_many(&in, "<a>", 64);
	assert_limit(&in, XML_TOO_COMPLEX, LIMIT_XML_DEPTH);
	/* siblings have no depth */
	buf_add_text(&in, "<a>");
	add_many(&in, "<b></b><c/>", 100);
	buf_add_text(&in, "</a>");
	assert_limit(&in, XML_OK, -1);
	buf_free(&in);
}

static void add_attributes(struct buf *b, size_t attributes, size_t prefixes)
{
	buf_add_text(b, "<a");
	while (attributes--)
		buf_printf(b, " a%zu='1'", attributes);
	while (prefixes--)
		buf_printf(b, " xmlns:p%zu=\"u\"", prefixes);
	buf_add_text(b, "/>");
}

static void test_attributes(void **state)
{
	struct buf in;

	(void)state;
	buf_init(&in, 1u << 24, NULL);
	add_attributes(&in, 40, 24);
	assert_limit(&in, XML_OK, -1);
	add_attributes(&in, 40, 25);
	assert_limit(&in, XML_TOO_COMPLEX, LIMIT_XML_ATTRIBUTES);
	add_attributes(&in, 10000, 0);
	assert_limit(&in, XML_TOO_COMPLEX, LIMIT_XML_ATTRIBUTES);
	add_attributes(&in, 0, 10000);
	assert_limit(&in, XML_TOO_COMPLEX, LIMIT_XML_ATTRIBUTES);
	buf_free(&in);
}

/* <a b='…'/> of exactly @size bytes */
static void add_tag(struct buf *b, const char *fill, size_t size)
{
	buf_add_text(b, "<a b='");
	add_many(b, fill, size - strlen("<a b=''/>"));
	buf_add_text(b, "'/>");
}

static void test_token(void **state)
{
	struct buf in;

	(void)state;
	buf_init(&in, 1u << 24, NULL);
	add_tag(&in, "x", 65536);
	assert_limit(&in, XML_OK, -1);
	add_tag(&in, "x", 65537);
	assert_limit(&in, XML_TOO_BIG, LIMIT_XML_TOKEN);
	add_tag(&in, ">", 65537);
	assert_limit(&in, XML_TOO_BIG, LIMIT_XML_TOKEN);
	buf_add_text(&in, "<a>&");
	add_many(&in, "x", 65536);
	assert_limit(&in, XML_TOO_BIG, LIMIT_XML_TOKEN);
	buf_add_text(&in, "<");
	add_many(&in, "x", 65536);
	assert_limit(&in, XML_TOO_BIG, LIMIT_XML_TOKEN);
	/* text is no token */
	buf_add_text(&in, "<a>");
	add_many(&in, "x", 200000);
	buf_add_text(&in, "<![CDATA[");
	add_many(&in, "]", 60000);
	buf_add_text(&in, "]]></a>");
	assert_limit(&in, XML_OK, -1);
	buf_free(&in);
}

/* <a>…</a> of exactly @size bytes */
static void add_text(struct buf *b, size_t size)
{
	buf_add_text(b, "<a>");
	add_many(b, "x", size - strlen("<a></a>"));
	buf_add_text(b, "</a>");
}

static void test_stanza_size(void **state)
{
	struct buf in;

	(void)state;
	buf_init(&in, 1u << 24, NULL);
	add_text(&in, 262143);
	buf_add_text(&in, "\n");
	add_text(&in, 262144);
	assert_limit(&in, XML_OK, -1);
	add_text(&in, 262145);
	assert_limit(&in, XML_TOO_BIG, LIMIT_STANZA);
	buf_add_text(&in, "<a><![CDATA[");
	add_many(&in, "x", 262144);
	assert_limit(&in, XML_TOO_BIG, LIMIT_STANZA);
	buf_free(&in);
}

/* X12: what came before is not lost. */
static void test_stanzas_before(void **state)
{
	for (size_t chunk = 0; chunk < 2; chunk++) {
		struct heard h;
		struct buf in;

		buf_init(&in, 1u << 24, NULL);
		open_reader(&h);
		buf_add_text(&in, HEAD "<b/><c/>");
		add_text(&in, 300000);
		feed(&h, buf_str(&in), chunk);
		assert_heard(&h, ROOT "4 <b xmlns='urn:d'/>\n"
				      "4 <c xmlns='urn:d'/>\nerror too-big\n");
		close_reader(&h);
		buf_free(&in);
	}
	(void)state;
}

static void test_before_authentication(void **state)
{
	struct heard h;
	struct buf in;

	(void)state;
	buf_init(&in, 1u << 24, NULL);
	for (size_t size = 8191; size <= 8193; size++) {
		open_reader(&h);
		h.quiet = true;
		xml_reader_set_max(
			h.reader, limit_get(&h.limits, LIMIT_STANZA_UNAUTH));
		add_text(&in, size);
		feed(&h, STR(HEAD), 0);
		feed(&h, buf_str(&in), 0);
		assert_int_equal(xml_reader_error(h.reader),
			size <= 8192 ? XML_OK : XML_TOO_BIG);
		assert_int_equal(
			h.limits.hits[LIMIT_STANZA_UNAUTH], size > 8192);
		close_reader(&h);
		buf_clear(&in);
	}
	buf_free(&in);
}

/* X11: a root that never ends is held only up to the cap. */
static void test_endless_root(void **state)
{
	struct heard h;
	size_t fed = 0;

	(void)state;
	open_reader(&h);
	xml_reader_set_max(h.reader, 8192);
	assert_int_equal(feed(&h, STR("<s a='"), 0), 0);
	while (feed(&h, STR("xxxxxxxxxxxxxxxx"), 0) == 0)
		fed += 16;
	assert_int_equal(xml_reader_error(h.reader), XML_TOO_BIG);
	assert_in_range(fed, 8192 - 32, 8192);
	close_reader(&h);
}

/* ---- linear work ---- */

/* X06: by single bytes, the parser sees each byte once and is called once. */
static void test_one_byte_at_a_time(void **state)
{
	static const char *const fills[] = { "x", ">", "/", "&gt;" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct xml_build *build;
		struct heard h;
		struct buf in;
		size_t calls;

		buf_init(&in, 1u << 24, NULL);
		open_reader(&h);
		h.quiet = true;
		build = xml_reader_build(h.reader);
		feed(&h, STR(HEAD), 0);
		calls = build->calls;
		buf_add_text(&in, "<a b='");
		add_many(&in, fills[i], 10000);
		buf_add_text(&in, "'/>");
		feed(&h, buf_str(&in), 1);
		assert_int_equal(h.elements, 1);
		assert_int_equal(build->calls - calls, 1);
		assert_int_equal(build->bytes, sizeof(HEAD) - 1 + in.len);
		close_reader(&h);
		buf_free(&in);
	}
}

/* White space between stanzas is not even shown to the parser. */
static void test_space_is_free(void **state)
{
	const struct xml_build *build;
	struct heard h;

	(void)state;
	open_reader(&h);
	feed(&h, STR(HEAD), 0);
	build = xml_reader_build(h.reader);
	xml_reader_set_max(h.reader, 10);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(feed(&h, STR(" \n"), 0), 0);
	assert_int_equal(build->bytes, sizeof(HEAD) - 1);
	assert_int_equal(xml_reader_pending(h.reader), 0);
	close_reader(&h);
}

/* X07: the last bytes alone complete the stanza. */
static void test_last_bytes_alone(void **state)
{
	struct heard h;
	struct buf in;

	(void)state;
	buf_init(&in, 4096, NULL);
	open_reader(&h);
	h.quiet = true;
	feed(&h, STR(HEAD), 0);
	add_tag(&in, "x", 900);
	feed(&h, (struct str){ in.data, in.len - 3 }, 0);
	assert_int_equal(h.elements, 0);
	assert_int_equal(xml_reader_pending(h.reader), 897);
	feed(&h, STR("'/>"), 0);
	assert_int_equal(h.elements, 1);
	assert_int_equal(xml_reader_pending(h.reader), 0);
	close_reader(&h);
	buf_free(&in);
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

static void test_names_in_one_stanza(void **state)
{
	struct buf in;

	(void)state;
	buf_init(&in, 1u << 24, NULL);
	buf_add_text(&in, "<a>");
	for (int i = 0; i < 8200; i++)
		buf_printf(&in, "<n%d/>", i);
	assert_limit(&in, XML_TOO_COMPLEX, -1);
	buf_free(&in);
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
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_stanza_size),
		cmocka_unit_test(test_stanzas_before),
		cmocka_unit_test(test_before_authentication),
		cmocka_unit_test(test_endless_root),
		cmocka_unit_test(test_one_byte_at_a_time),
		cmocka_unit_test(test_space_is_free),
		cmocka_unit_test(test_last_bytes_alone),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_no_renewal),
		cmocka_unit_test(test_pairs_of_names_count),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_names_in_one_stanza),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_free_inside),
		cmocka_unit_test(test_raise_max),
		cmocka_unit_test(test_error_stays),
		cmocka_unit_test(test_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
