#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stox/types.h"
#include "xmpp/jid.h"

/* ---- whole addresses ---- */

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
	{ "so\xC2\xAD" "ft@x", "soft@x" },
	{ "a\xE2\x80\x8D" "b@x", "ab@x" },
	{ "x/\xEF\xBC\xA1", "x/A" },
	{ "x/a\xC2\xA0z", "x/a z" },
	{ "e\xCC\x81@x", "é@x" },
	/* nothing left, or nothing there */
	{ "\xC2\xAD@x", NULL },
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
	{ "a\xEF\xBC\xA0" "b@x", NULL }, /* full-width @ */
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
	{ "\xD7\x90" "a@x", NULL },
	{ "\xD7\x90\xD7\x91@x", "\xD7\x90\xD7\x91@x" },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
