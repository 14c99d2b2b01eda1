#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "stox/types.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void comparing(void **state)
{
	static const struct {
		struct str a, b;
		bool same, same_letters;
	} cases[] = {
		{ STR(""), STR(""), true, true },
		{ { NULL, 0 }, STR(""), true, true },
		{ STR("abc"), STR("abc"), true, true },
		{ STR("abc"), STR("ABC"), false, true },
		{ STR("abc"), STR("abcd"), false, false },
		{ STR("a[z"), STR("A{Z"), false, false },
		{ STR("@"), STR("`"), false, false },
		{ STR("a\0b"), STR("a\0c"), false, false },
		{ STR("\xc3\xa4"), STR("\xc3\x84"), false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(str_eq(cases[i].a, cases[i].b), cases[i].same);
		assert_int_equal(str_eq_secret(cases[i].a, cases[i].b),
			cases[i].same);
		assert_int_equal(str_ieq(cases[i].a, cases[i].b),
			cases[i].same_letters);
	}
	assert_true(str_is(STR("x"), "x"));
	assert_false(str_is(STR("x"), "X"));
	assert_true(str_iis(STR("Via"), "vIA"));
	assert_true(str_is(str_from(NULL), ""));
}

static void ends(void **state)
{
	static const struct {
		struct str s, part;
		bool starts, istarts, ends;
	} cases[] = {
		{ STR("sip:x"), STR("sip:"), true, true, false },
		{ STR("SIP:x"), STR("sip:"), false, true, false },
		{ STR("si"), STR("sip:"), false, false, false },
		{ STR("x.org"), STR(".org"), false, false, true },
		{ STR("org"), STR(".org"), false, false, false },
		{ STR("a"), STR(""), true, true, true },
		{ { NULL, 0 }, STR(""), true, true, true },
		{ { NULL, 0 }, STR("a"), false, false, false },
		{ STR("aa"), STR("aa"), true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = cases[i].s, part = cases[i].part;

		assert_int_equal(str_starts(s, part), cases[i].starts);
		assert_int_equal(str_istarts(s, part), cases[i].istarts);
		assert_int_equal(str_ends(s, part), cases[i].ends);
	}
}

static void finding_and_trimming(void **state)
{
	static const char *const trims[][2] = {
		{ "", "" }, { " ", "" }, { " \t ", "" }, { "a", "a" },
		{ "\t a b \t", "a b" }, { "\na ", "\na" },
	};

	(void)state;
	assert_int_equal(str_find(STR("a@b@c"), '@'), 1);
	assert_int_equal(str_find(STR("abc"), '@'), -1);
	assert_int_equal(str_find((struct str){ NULL, 0 }, '@'), -1);
	assert_int_equal(str_find(STR("a\0b"), 'b'), 2);
	for (size_t i = 0; i < COUNT(trims); i++)
		assert_true(str_is(str_trim(str_from(trims[i][0])),
			trims[i][1]));
	assert_int_equal(str_trim((struct str){ NULL, 0 }).len, 0);
}

static void cutting(void **state)
{
	struct str s = STR("a,,b");

	(void)state;
	assert_true(str_is(str_cut(&s, ','), "a"));
	assert_true(str_is(s, ",b"));
	assert_true(str_is(str_cut(&s, ','), ""));
	assert_true(str_is(str_cut(&s, ','), "b"));
	assert_null(s.p);
	assert_int_equal(s.len, 0);
	/* a separator at the end leaves an empty rest, not none */
	s = STR("a,");
	assert_true(str_is(str_cut(&s, ','), "a"));
	assert_non_null(s.p);
	assert_int_equal(s.len, 0);
	assert_true(str_is(str_cut(&s, ','), ""));
	assert_null(s.p);
}

static void numbers(void **state)
{
	static const struct {
		struct str s;
		uint64_t max;
		int error;
		uint64_t value;
	} cases[] = {
		{ STR("0"), 0, 0, 0 },
		{ STR("007"), 10, 0, 7 },
		{ STR("65535"), 65535, 0, 65535 },
		{ STR("65536"), 65535, -STOX_EINVAL, 0 },
		{ STR("18446744073709551615"), UINT64_MAX, 0, UINT64_MAX },
		{ STR("18446744073709551616"), UINT64_MAX, -STOX_EINVAL, 0 },
		{ STR("18446744073709551620"), UINT64_MAX, -STOX_EINVAL, 0 },
		{ STR("99999999999999999999"), UINT64_MAX, -STOX_EINVAL, 0 },
		{ STR("00000000000000000000000001"), 1, 0, 1 },
		{ STR(""), 10, -STOX_EINVAL, 0 },
		{ { NULL, 0 }, 10, -STOX_EINVAL, 0 },
		{ STR("+1"), 10, -STOX_EINVAL, 0 },
		{ STR("-1"), 10, -STOX_EINVAL, 0 },
		{ STR(" 1"), 10, -STOX_EINVAL, 0 },
		{ STR("1 "), 10, -STOX_EINVAL, 0 },
		{ STR("1\0"), 10, -STOX_EINVAL, 0 },
		{ STR("1a"), 100, -STOX_EINVAL, 0 },
		{ STR("0x1"), 100, -STOX_EINVAL, 0 },
		{ STR("/"), 100, -STOX_EINVAL, 0 },
		{ STR(":"), 100, -STOX_EINVAL, 0 },
		{ STR("\xb2"), 100, -STOX_EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = 12345;

		assert_int_equal(str_to_u64(cases[i].s, cases[i].max, &value),
			cases[i].error);
		assert_true(value == (cases[i].error ? 12345 : cases[i].value));
	}
}

static void utf8(void **state)
{
	static const struct {
		struct str s;
		bool good;
	} cases[] = {
		{ STR(""), true },
		{ STR("abc\0def"), true },
		{ STR("\xc2\x80"), true },
		{ STR("\xdf\xbf"), true },
		{ STR("\xe0\xa0\x80"), true },
		{ STR("\xed\x9f\xbf"), true },
		{ STR("\xee\x80\x80"), true },
		{ STR("\xef\xbf\xbf"), true },
		{ STR("\xf0\x90\x80\x80"), true },
		{ STR("\xf4\x8f\xbf\xbf"), true },
		{ STR("\x80"), false },
		{ STR("\xbf"), false },
		{ STR("\xc0\xaf"), false },         /* overlong / */
		{ STR("\xc1\xbf"), false },
		{ STR("\xe0\x80\xaf"), false },
		{ STR("\xe0\x9f\xbf"), false },
		{ STR("\xf0\x80\x80\xaf"), false },
		{ STR("\xf0\x8f\xbf\xbf"), false },
		{ STR("\xed\xa0\x80"), false },     /* surrogates */
		{ STR("\xed\xbf\xbf"), false },
		{ STR("\xf4\x90\x80\x80"), false }, /* above U+10FFFF */
		{ STR("\xf5\x80\x80\x80"), false },
		{ STR("\xf8\x88\x80\x80\x80"), false },
		{ STR("\xff"), false },
		{ STR("a\xc3"), false },            /* cut */
		{ STR("\xe2\x82"), false },
		{ STR("\xf0\x9f\x98"), false },
		{ STR("\xc3\x28"), false },
		{ STR("\xe2\x28\xa1"), false },
		{ STR("\xe2\x82\x28"), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(str_is_utf8(cases[i].s), cases[i].good);
}

static void utf8_code_points(void **state)
{
	static const struct {
		struct str s;
		size_t len;
		uint32_t code;
	} cases[] = {
		{ STR("A"), 1, 'A' },
		{ STR("\xc3\xa4x"), 2, 0xe4 },
		{ STR("\xe2\x82\xac"), 3, 0x20ac },
		{ STR("\xf0\x9f\x98\x80"), 4, 0x1f600 },
		{ STR("\x80"), 0, 7 },
		{ STR(""), 0, 7 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t code = 7;

		assert_int_equal(str_utf8_next(cases[i].s, &code),
			cases[i].len);
		assert_int_equal(code, cases[i].code);
	}
}

static void utf8_cutting(void **state)
{
	static const struct {
		struct str s;
		size_t max, cut;
	} cases[] = {
		{ STR(""), 0, 0 },
		{ STR("abc"), 3, 3 },
		{ STR("abc"), 9, 3 },
		{ STR("abc"), 2, 2 },
		{ STR("abc"), 0, 0 },
		{ STR("a\xc3\xa4" "b"), 1, 1 },
		{ STR("a\xc3\xa4" "b"), 2, 1 },
		{ STR("a\xc3\xa4" "b"), 3, 3 },
		{ STR("\xf0\x9f\x98\x80"), 3, 0 },
		{ STR("\xf0\x9f\x98\x80"), 4, 4 },
		{ STR("\xf0\x9f\x98\x80."), 4, 4 },
		{ STR("x\xf0\x9f\x98\x80"), 4, 1 },
		/* not UTF-8 anyway: bytes count */
		{ STR("\x80\x80\x80\x80\x80\x80\x80"), 5, 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(str_utf8_cut(cases[i].s, cases[i].max),
			cases[i].cut);
}

static void controls(void **state)
{
	(void)state;
	assert_false(str_has_control(STR("")));
	assert_false(str_has_control(STR("plain ~ \xc3\xa4 \x80")));
	assert_true(str_has_control(STR("a\0")));
	assert_true(str_has_control(STR("a\tb")));
	assert_true(str_has_control(STR("a\r\nb")));
	assert_true(str_has_control(STR("\x1f")));
	assert_true(str_has_control(STR("\x7f")));
}

/* Every byte, at every place of texts shorter and longer than a word. */
static void controls_anywhere(void **state)
{
	char text[19];

	(void)state;
	for (size_t len = 1; len <= sizeof(text); len++)
		for (size_t at = 0; at < len; at++)
			for (int c = 0; c < 256; c++) {
				memset(text, 0xff, sizeof(text));
				text[at] = (char)c;
				assert_int_equal(str_has_control((struct str){
							 text, len }),
					c < 0x20 || c == 0x7f);
			}
}

static void hex(void **state)
{
	char out[9];

	(void)state;
	str_hex("\x00\x7f\xab\xff", 4, out);
	assert_string_equal(out, "007fabff");
	str_hex(NULL, 0, out);
	assert_string_equal(out, "");
}

/* RFC 4648, 10, and the edges. */
static void base64(void **state)
{
	static const struct {
		struct str plain;
		const char *coded;
	} cases[] = {
		{ STR(""), "" },
		{ STR("f"), "Zg==" },
		{ STR("fo"), "Zm8=" },
		{ STR("foo"), "Zm9v" },
		{ STR("foob"), "Zm9vYg==" },
		{ STR("fooba"), "Zm9vYmE=" },
		{ STR("foobar"), "Zm9vYmFy" },
		{ STR("\xfb\xff\xfe"), "+//+" },
		{ STR("\0\0"), "AAA=" },
	};
	char out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str plain = cases[i].plain;

		assert_int_equal(str_base64(plain.p, plain.len, out),
			strlen(cases[i].coded));
		assert_string_equal(out, cases[i].coded);
		assert_int_equal(str_unbase64(str_from(cases[i].coded), out),
			plain.len);
		assert_memory_equal(out, plain.p, plain.len);
	}
}

static void base64_is_strict(void **state)
{
	static const struct str bad[] = {
		STR("Z"), STR("Zg"), STR("Zg="), STR("Z==="), STR("===="),
		STR("Zg==Zg=="), STR("Zm8=Zm8="), STR("Zm9v\n"), STR("Zm 9"),
		STR("Zh=="), /* bits left over */
		STR("Zm9="), STR("Zm9-"), STR("Zm9_"), STR("=Zm9"),
		STR("Zm=9"), STR("Zm\0v"), STR("Zm\xffv"), STR("Zm9vZ"),
	};
	char out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(str_unbase64(bad[i], out), -STOX_EINVAL);
}

static void base64_all_lengths(void **state)
{
	unsigned char in[100], back[102];
	char coded[140];

	(void)state;
	for (size_t len = 0; len <= sizeof(in); len++) {
		for (size_t i = 0; i < len; i++)
			in[i] = (unsigned char)(i * 151 + len);
		assert_int_equal(str_base64(in, len, coded),
			4 * ((len + 2) / 3));
		assert_int_equal(str_unbase64(str_from(coded), back), len);
		assert_memory_equal(in, back, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing),
		cmocka_unit_test(ends),
		cmocka_unit_test(finding_and_trimming),
		cmocka_unit_test(cutting),
		cmocka_unit_test(numbers),
		cmocka_unit_test(utf8),
		cmocka_unit_test(utf8_code_points),
		cmocka_unit_test(utf8_cutting),
		cmocka_unit_test(controls),
		cmocka_unit_test(controls_anywhere),
		cmocka_unit_test(hex),
		cmocka_unit_test(base64),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(base64_all_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
