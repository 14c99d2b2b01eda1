#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

static void test_write_header(void **state)
{
	static const struct {
		struct str value;
		const char *out; /* NULL: refused */
	} cases[] = {
		{ STR("plain"), "X: plain\r\n" },
		{ STR(""), "X: \r\n" },
		{ STR("a\tb\x01" "c\x7f" "d"), "X: a bcd\r\n" },
		{ STR("\xc3\xbc\xc2\x85\xe2\x80\xae"),
			"X: \xc3\xbc\xe2\x80\xae\r\n" },
		{ STR("a\r\nVia: b"), NULL },
		{ STR("a\rb"), NULL },
		{ STR("a\nb"), NULL },
		{ STR("a\0b"), NULL },
		{ STR("a\n"), NULL },
		{ STR("\xff"), NULL },
		{ STR("\xc3"), NULL },
		{ STR("%0d%0a"), "X: %0d%0a\r\n" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&out);
		assert_int_equal(sip_write_header(&out, "X", cases[i].value),
			cases[i].out ? 0 : -STOX_EINVAL);
		assert_slice(buf_str(&out), cases[i].out ? cases[i].out : "");
	}
	buf_free(&out);
}

static void test_write_display(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} cases[] = {
		{ STR("Juliet"), "\"Juliet\" " },
		{ STR(""), "" },
		{ STR("a\"b\\c"), "\"a\\\"b\\\\c\" " },
		{ STR("a\r\nVia: x\0y"), "\"aVia: xy\" " },
		{ STR("\xff"), "" },
		{ STR("\xe2\x99\x9a\t\xc2\x9f!"), "\"\xe2\x99\x9a !\" " },
	};
	char big[400];
	struct buf out;

	(void)state;
	buf_init(&out, 1000, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&out);
		sip_write_display(&out, cases[i].in);
		assert_slice(buf_str(&out), cases[i].out);
	}
	for (size_t i = 0; i < sizeof(big); i += 2)
		memcpy(big + i, "\xc3\xbc", 2);
	buf_clear(&out);
	sip_write_display(&out, (struct str){ big + 1, 1 });
	assert_int_equal(out.len, 0);
	sip_write_display(&out, (struct str){ big, sizeof(big) });
	assert_int_equal(out.len, 256 + 3);
	buf_clear(&out);
	sip_write_reason(&out, STR("Gone\r\nX: y"));
	assert_slice(buf_str(&out), "GoneX: y");
	buf_free(&out);
}

/* Written as display, read as display: the same words. */
static void test_display_round_trip(void **state)
{
	static const char text[] = "a\"b\\c <sip:x@y>, ;tag=\xc3\xbc '\\\\\"";
	struct sip_address a;
	struct buf out, back;

	(void)state;
	buf_init(&out, 1000, NULL);
	buf_init(&back, 1000, NULL);
	sip_write_display(&out, str_from(text));
	buf_add_text(&out, "<sip:a@b>;tag=1");
	assert_int_equal(sip_address_parse(buf_str(&out), &a), 0);
	assert_slice(a.uri_text, "sip:a@b");
	sip_display_text(&back, a.display);
	assert_slice(buf_str(&back), text);
	buf_clear(&back);
	sip_display_text(&back, STR("BEL:\\\x07 NUL:\\\0 DEL:\\\x7f\\"));
	assert_slice(buf_str(&back), "BEL: NUL: DEL:\\");
	buf_free(&out);
	buf_free(&back);
}

static void test_reason(void **state)
{
	(void)state;
	assert_string_equal(sip_reason(200), "OK");
	assert_string_equal(sip_reason(404), "Not Found");
	assert_string_equal(sip_reason(499), "Bad Request");
	assert_string_equal(sip_reason(599), "Server Internal Error");
	assert_string_equal(sip_reason(99), "");
	assert_string_equal(sip_reason(700), "");
	for (unsigned status = 100; status < 700; status++)
		assert_true(strlen(sip_reason(status)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_header),
		cmocka_unit_test(test_write_display),
		cmocka_unit_test(test_display_round_trip),
		cmocka_unit_test(test_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
