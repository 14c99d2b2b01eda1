#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sip/uri.h"
#include "stox/types.h"

struct parse_case {
	const char *text;
	enum sip_scheme scheme;
	const char *user, *password, *host;
	unsigned port;
	const char *params, *headers;
};

static const struct parse_case good[] = {
	{ "sip:romeo@contoso.com", SIP_SCHEME_SIP, "romeo", "", "contoso.com",
		0, "", "" },
	{ "SIP:romeo@Contoso.COM:5061", SIP_SCHEME_SIP, "romeo", "",
		"Contoso.COM", 5061, "", "" },
	{ "sips:a@b", SIP_SCHEME_SIPS, "a", "", "b", 0, "", "" },
	{ "sip:contoso.com", SIP_SCHEME_SIP, "", "", "contoso.com", 0, "",
		"" },
	{ "sip:contoso.com.:5060;lr", SIP_SCHEME_SIP, "", "", "contoso.com.",
		5060, "lr", "" },
	{ "sip:alice:secret@h", SIP_SCHEME_SIP, "alice", "secret", "h", 0, "",
		"" },
	{ "sip:alice:@h", SIP_SCHEME_SIP, "alice", "", "h", 0, "", "" },
	{ "sip:+1555;phone-context=x@h;user=phone", SIP_SCHEME_SIP,
		"+1555;phone-context=x", "", "h", 0, "user=phone", "" },
	{ "sip:a?b/c&d=e+f$g,h;i@host", SIP_SCHEME_SIP, "a?b/c&d=e+f$g,h;i",
		"", "host", 0, "", "" },
	{ "sip:a@h;gr=balcony?Subject=x&Priority=urgent", SIP_SCHEME_SIP, "a",
		"", "h", 0, "gr=balcony", "Subject=x&Priority=urgent" },
	{ "sip:a@h;gr", SIP_SCHEME_SIP, "a", "", "h", 0, "gr", "" },
	{ "sip:a@h?x=y", SIP_SCHEME_SIP, "a", "", "h", 0, "", "x=y" },
	{ "sip:b@contoso.com;opaque=user:epid:Ab1_-x==;gruu", SIP_SCHEME_SIP,
		"b", "", "contoso.com", 0, "opaque=user:epid:Ab1_-x==;gruu",
		"" },
	{ "sip:%75se%72@example.com", SIP_SCHEME_SIP, "%75se%72", "",
		"example.com", 0, "", "" },
	{ "sip:u@192.0.2.1:5060;transport=tcp", SIP_SCHEME_SIP, "u", "",
		"192.0.2.1", 5060, "transport=tcp", "" },
	{ "sip:[2001:db8::10]", SIP_SCHEME_SIP, "", "", "[2001:db8::10]", 0,
		"", "" },
	{ "sip:u@[2001:db8::10]:5070;lr", SIP_SCHEME_SIP, "u", "",
		"[2001:db8::10]", 5070, "lr", "" },
	{ "sip:[2001:db8::10:5070]", SIP_SCHEME_SIP, "", "",
		"[2001:db8::10:5070]", 0, "", "" },
	{ "sip:u@[::ffff:192.0.2.10]", SIP_SCHEME_SIP, "u", "",
		"[::ffff:192.0.2.10]", 0, "", "" },
	/* RFC 5118, 4.10 */
	{ "sip:u@[2001:db8:::192.0.2.1]", SIP_SCHEME_SIP, "u", "",
		"[2001:db8:::192.0.2.1]", 0, "", "" },
	{ "im:romeo@contoso.com", SIP_SCHEME_IM, "romeo", "", "contoso.com",
		0, "", "" },
	{ "pres:o'malley#1@contoso.com", SIP_SCHEME_PRES, "o'malley#1", "",
		"contoso.com", 0, "", "" },
	{ "tel:+15551234567", SIP_SCHEME_TEL, "", "", "", 0, "", "" },
	{ "isbn:2983792873", SIP_SCHEME_OTHER, "", "", "", 0, "", "" },
	{ "soap.beep://192.0.2.103:3002", SIP_SCHEME_OTHER, "", "", "", 0, "",
		"" },
};

static const char *const bad[] = {
	"", "sip", "sip:", ":", "sip:@host", "sip:a@", "sip:a@b@c", "1sip:a@b",
	"<sip:a@b>", "sip:a b@c", "sip:a@b c", "sip: a@b", " sip:a@b",
	"sip:a@b ", "sip:a@b;", "sip:a@b;;lr", "sip:a@b;=x", "sip:a@b:",
	"sip:a@b:0", "sip:a@b:65536", "sip:a@b:5o60", "sip:a@b:-1",
	"sip:a@.b", "sip:a@b..c", "sip:a@-b", "sip:a%4@b", "sip:a%@b",
	"sip:a%zz@b", "im:a%b@c", "pres:a%4@b", "sip:a@b;x=%g0",
	"sip:a@b?x=%1", "sip:a\"b@c",
	"sip:a<b@c", "sip:a\\b@c", "sip:\xc3\xbc@c", "sip:a@b\xc3\xbc",
	"sip:2001:db8::10", "sip:a@2001:db8::10", "sip:[2001:db8::10",
	"sip:[]", "sip:[::", "sip:[1]", "sip:[2001:db8::1::2]",
	"sip:[2001:db8:0:0:0:0:0:0:0:1]", "sip:[fe80::1%25eth0]",
	"sip:[2001:db8::g]", "sip:[::1]x", "sip:a:b:c@d", "sip:a#b@c",
	"im:a:b@c", "pres:(a)@b", "tel:", "foo: bar", "foo:<x>", "alan@host",
	"sip:a@b?x=\x01",
};

static void assert_slice(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p ? s.p : "", expected, s.len);
}

static void test_parse_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct parse_case *c = &good[i];
		struct sip_uri u;

		print_message("# %s\n", c->text);
		assert_int_equal(sip_uri_parse(str_from(c->text), &u), 0);
		assert_int_equal(u.scheme, c->scheme);
		assert_slice(u.text, c->text);
		assert_slice(u.user, c->user);
		assert_slice(u.password, c->password);
		assert_slice(u.host, c->host);
		assert_int_equal(u.port, c->port);
		assert_slice(u.params, c->params);
		assert_slice(u.headers, c->headers);
	}
}

static void test_parse_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sip_uri u = { .port = 7 };

		print_message("# %s\n", bad[i]);
		assert_int_equal(
			sip_uri_parse(str_from(bad[i]), &u), -STOX_EINVAL);
		assert_int_equal(u.port, 7);
	}
}

/* NUL is no end: the length decides. */
static void test_parse_nul(void **state)
{
	struct sip_uri u;

	(void)state;
	assert_int_equal(sip_uri_parse(STR("sip:a\0b@c"), &u), -STOX_EINVAL);
	assert_int_equal(sip_uri_parse(STR("sip:a@c\0"), &u), -STOX_EINVAL);
}

static void test_param(void **state)
{
	static const struct {
		const char *params, *name, *value; /* value NULL: no '=' */
		bool found;
	} cases[] = {
		{ "gr=balcony;lr", "gr", "balcony", true },
		{ "gr=balcony;lr", "lr", NULL, true },
		{ "GR=balcony", "gr", "balcony", true },
		{ "lr=on", "lr", "on", true },
		{ "lr=", "lr", "", true },
		{ "agr=1;grx=2", "gr", "", false },
		{ "", "gr", "", false },
		{ " a = \"x;gr=no\" ; gr = yes ", "gr", "yes", true },
		{ "a=\"\\\";gr=no\";gr=yes", "gr", "yes", true },
		{ "a=\"never closed;gr=no", "gr", "", false },
		{ "gr=1;gr=2", "gr", "1", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str value = STR("untouched");

		print_message("# %s\n", cases[i].params);
		assert_int_equal(sip_param(str_from(cases[i].params),
					 cases[i].name, &value),
			cases[i].found);
		if (!cases[i].found)
			assert_slice(value, "untouched");
		else if (!cases[i].value)
			assert_null(value.p);
		else
			assert_slice(value, cases[i].value);
	}
	struct str value;
	assert_false(sip_param((struct str){ NULL, 0 }, "gr", &value));
}

static void test_decode(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} cases[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "f%C3%BC", "f\xc3\xbc" },
		{ "f%c3%bc", "f\xc3\xbc" },
		{ "%2541", "%41" },
		{ "a%4", NULL },
		{ "a%", NULL },
		{ "%zz", NULL },
		{ "%-1", NULL },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		assert_int_equal(sip_uri_decode(str_from(cases[i].in), &out),
			cases[i].out ? 0 : -STOX_EINVAL);
		assert_slice(buf_str(&out), cases[i].out ? cases[i].out : "");
	}
	buf_clear(&out);
	assert_int_equal(sip_uri_decode(STR("a%00b"), &out), 0);
	assert_int_equal(out.len, 3);
	buf_free(&out);
}

/* Every byte, encoded and decoded again, is itself; nothing that could end a
 * URI or a header stays literal. */
static void test_encode_all_bytes(void **state)
{
	struct buf user, param, back;

	(void)state;
	buf_init(&user, 100, NULL);
	buf_init(&param, 100, NULL);
	buf_init(&back, 100, NULL);
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		struct str in = { &byte, 1 };

		buf_clear(&user);
		buf_clear(&param);
		sip_uri_encode_user(&user, in);
		sip_uri_encode_param(&param, in);
		buf_clear(&back);
		assert_int_equal(sip_uri_decode(buf_str(&user), &back), 0);
		assert_true(str_eq(buf_str(&back), in));
		buf_clear(&back);
		assert_int_equal(sip_uri_decode(buf_str(&param), &back), 0);
		assert_true(str_eq(buf_str(&back), in));
		if (c <= ' ' || c >= 0x7f || strchr("<>\"\\%#@^`{|}", c)) {
			assert_int_equal(user.len, 3);
			assert_int_equal(param.len, 3);
		}
	}
	buf_free(&user);
	buf_free(&param);
	buf_free(&back);
}

static void test_encode_sets(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000, NULL);
	sip_uri_encode_user(&out, STR("aZ09-_.!~*'()&=+$,;?/:[]"));
	assert_slice(buf_str(&out), "aZ09-_.!~*'()&=+$,;?/%3A%5B%5D");
	buf_clear(&out);
	sip_uri_encode_param(&out, STR("aZ09-_.!~*'()[]/:&+$=,;?"));
	assert_slice(buf_str(&out), "aZ09-_.!~*'()[]/:&+$%3D%2C%3B%3F");
	buf_free(&out);
}

static void test_host_eq(void **state)
{
	(void)state;
	assert_true(sip_host_eq(STR("Contoso.com"), STR("contoso.COM.")));
	assert_false(sip_host_eq(STR("contoso.com"), STR("contoso.co")));
	assert_false(sip_host_eq(STR("contoso.com.."), STR("contoso.com")));
	assert_true(sip_host_eq(STR(""), STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_good),
		cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_parse_nul),
		cmocka_unit_test(test_param),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_encode_all_bytes),
		cmocka_unit_test(test_encode_sets),
		cmocka_unit_test(test_host_eq),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
