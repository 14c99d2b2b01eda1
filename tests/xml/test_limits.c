/* Limits of a stream, and that work grows no faster than input. */
#include "heard.h"

/* ---- limits ---- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_stanza_size),
		cmocka_unit_test(test_stanzas_before),
		cmocka_unit_test(test_before_authentication),
		cmocka_unit_test(test_endless_root),
		cmocka_unit_test(test_names_in_one_stanza),
		cmocka_unit_test(test_one_byte_at_a_time),
		cmocka_unit_test(test_space_is_free),
		cmocka_unit_test(test_last_bytes_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
