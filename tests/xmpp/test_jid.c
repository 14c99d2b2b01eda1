#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stox/types.h"
#include "xmpp/jid.h"

/* ---- whole addresses -- */

struct address {
	const char *in, *out; /* out NULL: refused */
};

static const struct address addresses[] = {
	{ "juliet@capulet.example", "juliet@capulet.example" },
	{ "Juliet.Capulet@Capulet.EXAMPLE/Balcony",
		"juliet.capulet@capulet.example/Balcony" },
	{ "capulet.example", "capulet.example" },
	{ "capulet.example.", "capulet.example" },
	{ "a@b.example./c", "a@b.example/c" },
	{ "capulet.example/x@y/z", "capulet.example/x@y/z" },
	{ "a@b/c@d", "a@b/c@d" },
	{ "localhost", "localhost" },
	{ "a+b=c;d?e~f!g#h$i%j(k)l*m,n[o]p^q`r{s}t|u\\v@x",
		"a+b=c;d?e~f!g#h$i%j(k)l*m,n[o]p^q`r{s}t|u\\v@x" },
	{ "fü@münchen.example/Küche", "fü@münchen.example/Küche" },
	{ "JÜRGEN@MÜNCHEN.example", "jürgen@münchen.example" },
	{ "руслан@Пример.example/Дом", "руслан@пример.example/Дом" },
	/* stringprep, not PRECIS */
	{ "Straße@x.example", "strasse@x.example" },
	{ "ﬁ@x", "fi@x" },
	{ "ＡＢＣ@x", "abc@x" },
	{ "☃@x", "☃@x" },
	{ "so\u00ADft@x", "soft@x" },
	{ "a\u200Db@x", "ab@x" },
	{ "x/\xEF\xBC\xA1", "x/A" },
	{ "x/a\xC2\xA0z", "x/a z" },
	{ "e\xCC\x81@x", "é@x" },
	/* nothing left, or nothing there */
	{ "\u00AD@x", NULL },
	{ "", NULL },
	{ "@x", NULL },
	{ "a@", NULL },
	{ "a@/b", NULL },
	{ "x/", NULL },
	{ "/x", NULL },
	{ "@", NULL },
	{ "a@b@c", NULL },
	/* not in a local part */
	{ "a b@x", NULL },
	{ "a\"@x", NULL },
	{ "a&@x", NULL },
	{ "a'@x", NULL },
	{ "a:@x", NULL },
	{ "a<@x", NULL },
	{ "a>@x", NULL },
	{ "a\x7F@x", NULL },
	{ "a\n@x", NULL },
	{ "ü\n@x", NULL },
	{ "ü @x", NULL },
	{ "ü\"@x", NULL },
	{ "a\uFF20b@x", NULL }, /* full-width @ */
	{ "a\xC2\x85@x", NULL },
	{ "a\xE2\x80\xAE@x", NULL }, /* U+202E */
	{ "a\xEE\x80\x80@x", NULL }, /* private use */
	/* not in a resource */
	{ "x/a\nb", NULL },
	{ "x/a\rVia: b", NULL },
	{ "x/\x7F", NULL },
	{ "x/ü\r\n", NULL },
	{ "x/\xC2\x85", NULL },
	/* bidi: right-to-left and left-to-right do not mix */
	{ "\u05D0a@x", NULL },
	{ "\u05D0\u05D1@x", "\u05D0\u05D1@x" },
	/* broken UTF-8 */
	{ "a\xC0\xAF@x", NULL },
	{ "a\xED\xA0\x80@x", NULL },
	{ "\xFF@x", NULL },
	{ "x/\x80", NULL },
	{ "\xC3.example", NULL },
	/* domains */
	{ "xn--mnchen-3ya.example", "münchen.example" },
	{ "XN--MNCHEN-3YA.example", "münchen.example" },
	{ "mu\xCC\x88nchen.example", "münchen.example" },
	{ "xn--strae-oqa.example", "straße.example" },
	{ "straße.example", "straße.example" },
	{ "strasse.example", "strasse.example" },
	{ "Ｅxample.com", "example.com" },
	{ "münchen。example", "münchen.example" },
	{ "münchen.example.", "münchen.example" },
	{ "ｅxample。", "example" },
	{ "１９２.0.2.1", "192.0.2.1" },
	{ "１９２.0.2.999", NULL },
	{ "a.xn--abc-.example", NULL },
	{ "xn--a.example", NULL },
	{ "xn--mnchen-3y.example", NULL },
	{ "a..b", NULL },
	{ ".a", NULL },
	{ ".", NULL },
	{ "a..", NULL },
	{ "ü..", NULL },
	{ "ü.。", NULL },
	{ "-a.example", NULL },
	{ "a-.example", NULL },
	{ "a_b.example", NULL },
	{ "a b.example", NULL },
	{ "a%b.example", NULL },
	{ "ü_b.example", NULL },
	{ "ü b.example", NULL },
	{ "☃.example", "☃.example" },
	{ "a\xE2\x80\xAE.example", NULL },
	{ "a\nb.example", NULL },
	{ "example.com:5269", NULL },
	{ "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.256", NULL },
	{ "192.0.2", NULL },
	{ "1.2.3.4.5", NULL },
	{ "a@[2001:DB8::1]", "a@[2001:db8::1]" },
	{ "[2001:db8:0:0:0:0:0:1]/r", "[2001:db8::1]/r" },
	{ "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]" },
	{ "[::]", "[::]" },
	{ "[::1", NULL },
	{ "[]", NULL },
	{ "[::1].", NULL },
	{ "[fe80::1%eth0]", NULL },
	{ "2001:db8::1", NULL },
};

static void test_addresses(void **state)
{
	struct pool *pool = pool_new(NULL);

	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const struct address *a = &addresses[i];
		const char *expected = a->out ? a->out : "refused";
		struct jid j = { .full = "refused" };
		int err = jid_parse(pool, str_from(a->in), &j);

		if (err == (a->out ? 0 : -STOX_EINVAL) &&
			strcmp(j.full, expected) == 0)
			continue;
		print_error("%s: %s, not %s\n", a->in, j.full, expected);
		failed++;
	}
	assert_int_equal(failed, 0);
	pool_free(&pool);
}

/* ---- slices and comparison -- */

static void assert_str(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p, expected, s.len);
}

static struct jid parsed(struct pool *pool, const char *text)
{
	struct jid j;

	assert_int_equal(jid_parse(pool, str_from(text), &j), 0);
	return j;
}

static void test_slices(void **state)
{
	struct pool *pool = pool_new(NULL);
	struct jid j = parsed(pool, "A@B/C"), bare = jid_to_bare(pool, &j);

	(void)state;
	assert_str(j.local, "a");
	assert_str(j.domain, "b");
	assert_str(j.resource, "C");
	assert_str(jid_bare(&j), "a@b");
	assert_int_equal(j.full_len, 5);
	assert_ptr_equal(j.local.p, j.full);
	assert_ptr_equal(j.resource.p, j.full + 4);
	assert_string_equal(bare.full, "a@b");
	assert_str(bare.local, "a");
	assert_str(bare.domain, "b");
	assert_str(bare.resource, "");
	j = parsed(pool, "B/C");
	assert_str(j.local, "");
	assert_str(j.domain, "b");
	assert_str(j.resource, "C");
	bare = jid_to_bare(pool, &j);
	assert_string_equal(bare.full, "b");
	j = parsed(pool, "b");
	assert_str(j.resource, "");
	assert_int_equal(j.bare_len, j.full_len);
	pool_free(&pool);
}

static void test_make(void **state)
{
	struct pool *pool = pool_new(NULL);
	struct jid j;

	(void)state;
	assert_int_equal(jid_make(pool, STR("A"), STR("B"), STR("C/@"), &j), 0);
	assert_string_equal(j.full, "a@b/C/@");
	assert_int_equal(jid_make(pool, STR(""), STR("b"), STR(""), &j), 0);
	assert_string_equal(j.full, "b");
	assert_int_equal(jid_make(pool, STR("a/b"), STR("c"), STR(""), &j),
		-STOX_EINVAL);
	assert_int_equal(jid_make(pool, STR("a"), STR("b/c"), STR(""), &j),
		-STOX_EINVAL);
	assert_int_equal(
		jid_make(pool, STR("a"), STR(""), STR("c"), &j), -STOX_EINVAL);
	pool_free(&pool);
}

/* What has been prepared is prepared the same way again: so it need not be. */
static void test_make_at(void **state)
{
	static const char *const domains[] = { "example.org", "b\xc3\xbc.example",
		"127.0.0.1", "[::1]" };
	static const struct str locals[] = { STR(""), STR("Romeo"),
		STR("J\xc3\x9clia") };
	struct pool *pool = pool_new(NULL);
	struct jid made, at;

	(void)state;
	for (size_t d = 0; d < sizeof(domains) / sizeof(domains[0]); d++)
		for (size_t l = 0; l < 3; l++) {
			struct str domain = str_from(domains[d]);

			assert_int_equal(jid_make(pool, locals[l], domain,
						 STR("x"), &made), 0);
			assert_int_equal(jid_make_at(pool, locals[l], domain,
						 STR("x"), &at), 0);
			assert_string_equal(at.full, made.full);
			assert_true(jid_eq(&at, &made));
			assert_true(str_eq(at.domain, domain));
		}
	assert_int_equal(jid_make_at(pool, STR("a/b"), STR("c"), STR(""), &at),
		-STOX_EINVAL);
	pool_free(&pool);
}

static void test_equal(void **state)
{
	struct pool *pool = pool_new(NULL);
	struct jid a = parsed(pool, "A@B/c"), b = parsed(pool, "a@b./c");
	struct jid c = parsed(pool, "a@b/C"), d = parsed(pool, "a@b");

	(void)state;
	assert_true(jid_eq(&a, &b));
	assert_false(jid_eq(&a, &c));
	assert_false(jid_eq(&a, &d));
	assert_true(jid_bare_eq(&a, &c));
	assert_true(jid_bare_eq(&a, &d));
	d = parsed(pool, "b/a");
	assert_false(jid_bare_eq(&a, &d));
	pool_free(&pool);
}

/* ---- lengths: 1023 octets before and after ---- */

static int parse_repeated(const char *before, const char *s, size_t n)
{
	static char text[8192];
	struct pool *pool = pool_new(NULL);
	struct jid j;
	size_t len = strlen(before), part = strlen(s);
	int err;

	memcpy(text, before, len);
	for (; n > 0; n--, len += part)
		memcpy(text + len, s, part);
	if (!*before) {
		memcpy(text + len, "@x", 2);
		len += 2;
	}
	err = jid_parse(pool, (struct str){ text, len }, &j);
	pool_free(&pool);
	return err;
}

static void test_lengths(void **state)
{
	(void)state;
	assert_int_equal(parse_repeated("", "a", 1023), 0);
	assert_int_equal(parse_repeated("", "a", 1024), -STOX_EINVAL);
	assert_int_equal(parse_repeated("x/", "a", 1023), 0);
	assert_int_equal(parse_repeated("x/", "a", 1024), -STOX_EINVAL);
	assert_int_equal(parse_repeated("", "ü", 511), 0);
	assert_int_equal(parse_repeated("", "ü", 512), -STOX_EINVAL);
	assert_int_equal(parse_repeated("x/", "ü", 511), 0);
	assert_int_equal(parse_repeated("x/", "ü", 512), -STOX_EINVAL);
	/* U+FDFA is 3 octets and becomes 33 */
	assert_int_equal(parse_repeated("x/", "\xEF\xB7\xBA", 30), 0);
	assert_int_equal(
		parse_repeated("x/", "\xEF\xB7\xBA", 32), -STOX_EINVAL);
	/* labels of 63, names of 253 */
	assert_int_equal(parse_repeated("x.", "a", 63), 0);
	assert_int_equal(parse_repeated("x.", "a", 64), -STOX_EINVAL);
	assert_int_equal(parse_repeated("x", ".a", 126), 0);
	assert_int_equal(parse_repeated("x", ".a", 127), -STOX_EINVAL);
	assert_int_equal(parse_repeated("x.", "ü", 56), 0);
	assert_int_equal(parse_repeated("x.", "ü", 100), -STOX_EINVAL);
}

/* ---- safe local parts -- */

static const struct {
	const char *local;
	bool safe;
} safe_locals[] = {
	{ "romeo", true },
	{ "Romeo+x_1", true },
	{ "o\\27malley", true },
	{ "fü", true },
	{ "FÜ", true },
	{ "руслан", true },
	{ "Руслан", true },
	{ "日本語", true },
	{ "한국어", true },
	{ "e\xCC\x81", true }, /* é decomposed: both compose it */
	{ "हिन्दी", true },
	{ "\u05D0\u05D1", true },
	{ "", false },
	{ "a b", false },
	{ "a@b", false },
	{ "Straße", false },
	{ "σίσυφος", false }, /* final sigma */
	{ "ΣΊΣΥΦΟΣ", false },
	{ "ﬁ", false },
	{ "①", false },
	{ "x²", false },
	{ "Ⅷ", false },
	{ "½", false },
	{ "ＡＢＣ", false },
	{ "☃", false },
	{ "\xF0\x9F\x98\x80", false },
	{ "so\u00ADft", false },
	{ "a\u200Db", false },
	{ "a\xEF\xB8\x8F", false },	       /* variation selector */
	{ "a\xC2\xB7", false },		       /* middle dot */
	{ "\xD9\x80", false },		       /* tatweel */
	{ "\xE1\x84\x80\xE1\x85\xA1", false }, /* conjoining jamo */
	{ "\xD9\xA1\xDB\xB1", false },	       /* two kinds of Arabic digits */
	/* would become an escape, so two users would be one */
	{ "a\\2\uFF46", false },
	{ "a\uFF3C2f", false },
	{ "\x80", false },
	{ "ü\n", false },
};

static void test_safe(void **state)
{
	size_t n = sizeof(safe_locals) / sizeof(safe_locals[0]);
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct str local = str_from(safe_locals[i].local);

		if (jid_local_is_safe(local) == safe_locals[i].safe)
			continue;
		print_error("%s\n", safe_locals[i].local);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* ---- XEP-0106 ---- */

static const struct {
	const char *text, *local;
} escapes[] = {
	{ "romeo", "romeo" },
	{ "", "" },
	{ "fü", "fü" },
	{ "o'malley", "o\\27malley" },
	{ "m&m", "m\\26m" },
	{ "a/b", "a\\2fb" },
	{ "sips:user@example.com", "sips\\3auser\\40example.com" },
	{ "user;par=u@example.net", "user;par=u\\40example.net" },
	{ "space cadet", "space\\20cadet" },
	{ "a\\27b", "a\\5c27b" },
	{ "a\\net", "a\\net" },
	{ "+15551234", "+15551234" },
	{ "100%", "100%" },
	{ "<\"a\">", "\\3c\\22a\\22\\3e" },
	{ "c:\\5commas", "c\\3a\\5c5commas" },
	{ "c:\\cool stuff", "c\\3a\\cool\\20stuff" },
	{ "foo\\bar", "foo\\bar" },
	{ "back\\27slash", "back\\5c27slash" },
	{ "a\\5Cb", "a\\5c5Cb" },
	{ "a\\2Fb", "a\\5c2Fb" },
	{ "a\\2bb", "a\\2bb" },
	{ "a\\\\20b", "a\\\\5c20b" },
	{ "\\", "\\" },
	{ "\\2", "\\2" },
	{ "\\20", "\\5c20" },
	{ " a", NULL },
	{ "a ", NULL },
	{ " ", NULL },
};

static void test_escapes(void **state)
{
	struct pool *pool = pool_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		const char *text = escapes[i].text, *local;

		local = jid_escape(pool, str_from(text));
		if (!escapes[i].local) {
			assert_null(local);
			continue;
		}
		assert_string_equal(local, escapes[i].local);
		assert_string_equal(jid_unescape(pool, str_from(local)), text);
	}
	pool_free(&pool);
}

/* Only the ten, in lower case, in one pass. */
static const struct {
	const char *local, *text;
} unescapes[] = {
	{ "\\20\\22\\26\\27\\2f\\3a\\3c\\3e\\40\\5c", " \"&'/:<>@\\" },
	{ "user\\40host", "user@host" },
	{ "c\\3a\\5c5commas", "c:\\5commas" },
	{ "foo\\bar", "foo\\bar" },
	{ "\\5c5c20", "\\5c20" },
	{ "\\2F\\3A\\5C", "\\2F\\3A\\5C" },
	{ "\\2b\\5\\zz\\", "\\2b\\5\\zz\\" },
	{ "\\\\20", "\\ " },
	{ "\\2", "\\2" },
	{ "\\5", "\\5" },
};

static void test_unescapes(void **state)
{
	struct pool *pool = pool_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(unescapes) / sizeof(unescapes[0]); i++)
		assert_string_equal(
			jid_unescape(pool, str_from(unescapes[i].local)),
			unescapes[i].text);
	pool_free(&pool);
}

/* What was escaped is a local part, and preparing it changes no meaning. */
static void test_escaped_is_local(void **state)
{
	struct pool *pool = pool_new(NULL);
	char local[1024];

	(void)state;
	for (unsigned c = 0x21; c < 0x7F; c++) {
		for (unsigned d = 0x21; d < 0x7F; d++) {
			char text[] = { '\\', (char)c, (char)d, 0 };
			const char *e = jid_escape(pool, str_from(text));
			ptrdiff_t n = jid_prepare_local(
				str_from(e), local, sizeof(local));
			struct str back;

			assert_true(n > 0);
			back = str_from(jid_unescape(
				pool, (struct str){ local, (size_t)n }));
			assert_true(str_ieq(back, str_from(text)));
		}
		pool_reset(pool);
	}
	pool_free(&pool);
}

/* A small buffer is refused, not overrun. */
static void test_small_buffer(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(jid_prepare_local(STR("ABCDEFG"), out, 8), 7);
	assert_string_equal(out, "abcdefg");
	assert_int_equal(
		jid_prepare_local(STR("abcdefgh"), out, 8), -STOX_EINVAL);
	assert_int_equal(
		jid_prepare_resource(STR("abcdefgh"), out, 8), -STOX_EINVAL);
	assert_int_equal(
		jid_prepare_domain(STR("abcdefgh"), out, 8), -STOX_EINVAL);
	assert_int_equal(jid_prepare_local(STR("ßßß"), out, 8), 6);
	assert_int_equal(jid_prepare_resource(STR("x\xEF\xB7\xBA"), out, 8),
		-STOX_EINVAL);
	assert_int_equal(
		jid_prepare_domain(STR("[::1]"), out, 8), -STOX_EINVAL);
	assert_int_equal(
		jid_prepare_domain(STR("\xEF\xB7\xBA"), out, 8), -STOX_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_make_at),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_unescapes),
		cmocka_unit_test(test_escaped_is_local),
		cmocka_unit_test(test_small_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
