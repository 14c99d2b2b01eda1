#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/cpim.h"
#include "stox/types.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PART "Content-Type: text/plain;charset=UTF-8\r\n\r\n"
#define HEAD                                                                \
	"From: <im:juliet@example.org>\r\nTo: <im:romeo@contoso.com>\r\n"

static int setup(void **state)
{
	*state = pool_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	pool_free((struct pool **)state);
	return 0;
}

static void assert_slice(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p ? s.p : "", expected, s.len);
}

/* From a block of exactly the length, so that reads beyond it show. */
static int parse(struct pool *pool, const char *text, size_t len,
	struct cpim *ret)
{
	char *copy = pool_alloc(pool, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\n';
	return cpim_parse(pool, (struct str){ copy, len }, ret);
}

static void test_full(void **state)
{
	static const char text[] =
		"From: MR SANDERS <im:piglet@100akerwood.example>\r\n"
		"To: \"Depressed \\\"Donkey\\\"\" "
		"<im:eeyore@100akerwood.example>\r\n"
		"To: <im:second@example.org>\r\n"
		"DateTime: 2000-12-13T13:40:00-08:00\r\n"
		"Subject: the weather \\u2603 \\uD83D\\uDE00 \\'n\\' more\r\n"
		"Subject:;lang=fr beau temps prevu pour demain\r\n"
		"NS: MyFeatures <mid:MessageFeatures@id.foo.com>\r\n"
		"MyFeatures.WackyMessageOption: Use-silly-font\r\n"
		"cc: <im:x@y>\r\n"
		"\r\n"
		"Content-type: text/xml; charset=utf-8\r\n"
		"Content-ID: <1234567890@foo.com>\r\n"
		"Content-Transfer-Encoding: 8BIT\r\n"
		"\r\n"
		"<body>\r\n\0 binary \n";
	struct pool *pool = *state;
	struct cpim c;

	assert_int_equal(parse(pool, text, sizeof(text) - 1, &c), 0);
	assert_slice(c.from, "im:piglet@100akerwood.example");
	assert_slice(c.from_name, "MR SANDERS");
	assert_slice(c.to, "im:eeyore@100akerwood.example");
	assert_slice(c.date_time, "2000-12-13T13:40:00-08:00");
	assert_slice(c.subject,
		"the weather \xe2\x98\x83 \xf0\x9f\x98\x80 'n' more");
	assert_slice(c.content_type, "text/xml; charset=utf-8");
	assert_int_equal(c.content_encoding.len, 0);
	assert_int_equal(c.content.len, 18);
	assert_memory_equal(c.content.p, "<body>\r\n\0 binary \n", 18);
	assert_true(str_starts(c.headers, STR("From: MR")));
	assert_true(str_ends(c.headers, STR("cc: <im:x@y>\r\n")));
}

struct parse_case {
	const char *text;
	int error;
};

static const struct parse_case cases[] = {
	{ HEAD "\r\n" PART "x", 0 },
	{ "\r\n" PART, 0 }, /* no field is mandatory for the reader */
	{ HEAD "X:;p=1;q=2 y\r\n\r\n" PART, 0 },
	{ HEAD "X: \r\n\r\n" PART, 0 },
	{ HEAD "Require: From,DateTime, Subject\r\n\r\n" PART, 0 },
	{ HEAD "Require: MyFeatures.Vital\r\n\r\n" PART, -STOX_ENOTSUP },
	{ HEAD "Require: From,imdn.Message-ID\r\n\r\n" PART, -STOX_ENOTSUP },
	{ HEAD "Require: from\r\n\r\n" PART, -STOX_ENOTSUP },
	{ HEAD "Require: \r\n\r\n" PART, -STOX_ENOTSUP },
	/* lower case is another, unknown header */
	{ "from: nonsense\r\n\r\n" PART, 0 },
	{ HEAD "\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n", 0 },
	{ HEAD "\r\nContent-Type: a/b\r\nContent-Length: 1\r\n\r\n",
		-STOX_EPROTO },
	{ HEAD "\r\nContent-Type: a/b\r\nContent-Length: -1\r\n\r\nx",
		-STOX_EPROTO },
	{ HEAD "\r\nContent-Type: a/b\r\nContent-Length: 1\r\n"
	       "Content-Length: 1\r\n\r\nx", -STOX_EPROTO },
	{ HEAD "\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n",
		-STOX_EPROTO },
	{ HEAD "\r\n\r\nx", -STOX_EPROTO },
	{ HEAD "\r\nContent-Type:\r\n\r\nx", -STOX_EPROTO },
	{ HEAD "\r\nContent-Length: 0\r\n\r\nx", -STOX_EPROTO },
	{ HEAD "\r\nContent-Type: a/b\r\n", -STOX_EPROTO },
	{ HEAD "\r\nContent-Type: a/b\r\n\r", -STOX_EPROTO },
	{ HEAD, -STOX_EPROTO },
	/* the blocks run together */
	{ HEAD "Content-Type: a/b\r\n\r\nx", -STOX_EPROTO },
	{ "", -STOX_EPROTO },
	{ "\r\n", -STOX_EPROTO },
	{ "\n\n", -STOX_EPROTO },
	{ "From: <im:a@b>\n\nContent-Type: a/b\n\nx", -STOX_EPROTO },
	{ HEAD "From: <im:a@b>\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X:y\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X : y\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD ": y\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X: y\r\n folded\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X: y\rz\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X: y\x01\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X: \xff\r\n\r\n" PART, -STOX_EPROTO },
	{ HEAD "X:;p=1\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: im:a@b\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: <im:a@b\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: <im:a@b> x\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: <>\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: <im:a <b>\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: \"a <im:a@b>\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: \"a\" b <im:a@b>\r\n\r\n" PART, -STOX_EPROTO },
	{ "From: \"a\\u12\" <im:a@b>\r\n\r\n" PART, -STOX_EPROTO },
	{ "Subject: \\u12g4\r\n\r\n" PART, -STOX_EPROTO },
	{ "Subject: \\\r\n\r\n" PART, -STOX_EPROTO },
	{ "Subject: \\uD83D\r\n\r\n" PART, -STOX_EPROTO },
	{ "Subject: \\uD83D\\u0041\r\n\r\n" PART, -STOX_EPROTO },
	{ "Subject: \\uDE00\r\n\r\n" PART, -STOX_EPROTO },
};

static void test_cases(void **state)
{
	struct pool *pool = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cpim c = { .from = STR("untouched") };

		print_message("# %zu\n", i);
		assert_int_equal(parse(pool, cases[i].text,
					 strlen(cases[i].text), &c),
			cases[i].error);
		if (cases[i].error)
			assert_slice(c.from, "untouched");
	}
}

static void test_subject_escapes(void **state)
{
	static const struct {
		const char *in, *out;
	} subjects[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "a\\\\b\\\"c\\'d", "a\\b\"c'd" },
		{ "a\\tb\\nc\\rd", "a\tb\nc\rd" },
		/* not for XML */
		{ "a\\bb\\u0000c\\u0001d\\u0085e", "abcde" },
		{ "\\q\\:", "q:" },
		{ "\\\xc3\xbc", "\xc3\xbc" },
		{ "\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac" },
	};
	struct pool *pool = *state;
	char text[300];
	struct cpim c;

	for (size_t i = 0; i < COUNT(subjects); i++) {
		int n = snprintf(text, sizeof(text),
			"Subject: %s\r\n\r\n" PART, subjects[i].in);

		assert_int_equal(parse(pool, text, (size_t)n, &c), 0);
		assert_slice(c.subject, subjects[i].out);
	}
}

static void test_date_time(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} dates[] = {
		{ "2026-01-02T03:04:05Z", true },
		{ "2026-01-02T03:04:05.123+01:00", true },
		{ "2026-01-02T03:04:05-00:00", true },
		{ "2026-01-02T03:04:05", false },
		{ "2026-01-02T03:04:05.Z", false },
		{ "2026-01-02 03:04:05Z", false },
		{ "2026-1-2T03:04:05Z", false },
		{ "2026-01-02T03:04:05Z'/><x", false },
		{ "yesterday", false },
		{ "", false },
	};
	struct pool *pool = *state;
	char text[300];
	struct cpim c;

	for (size_t i = 0; i < COUNT(dates); i++) {
		int n = snprintf(text, sizeof(text),
			"DateTime: %s\r\n\r\n" PART, dates[i].text);

		assert_int_equal(parse(pool, text, (size_t)n, &c), 0);
		assert_slice(c.date_time, dates[i].good ? dates[i].text : "");
	}
}

/* The part may be encoded or folded as any MIME part. */
static void test_part(void **state)
{
	static const char text[] =
		"\r\nCONTENT-TYPE:text/plain;\r\n\tcharset=utf-8;\r\n x=y\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\naGk=";
	static const char gzip[] = "\r\nContent-Type: a/b\r\n"
				   "Content-Encoding: gzip\r\n"
				   "Content-Length: 2\r\n\r\nabc";
	struct pool *pool = *state;
	struct cpim c;

	assert_int_equal(parse(pool, text, sizeof(text) - 1, &c), 0);
	assert_slice(c.content_type, "text/plain;  \tcharset=utf-8;   x=y");
	assert_slice(c.content_encoding, "base64");
	assert_slice(c.content, "aGk=");
	assert_int_equal(parse(pool, gzip, sizeof(gzip) - 1, &c), 0);
	assert_slice(c.content_encoding, "gzip");
	assert_slice(c.content, "ab");
}

static void test_limits(void **state)
{
	struct pool *pool = *state;
	char text[12000];
	struct cpim c;
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "X: %0*d\r\n\r\n" PART, 8188,
		0);
	assert_int_equal(parse(pool, text, n, &c), 0);
	n = (size_t)snprintf(text, sizeof(text), "X: %0*d\r\n\r\n" PART, 8190,
		0);
	assert_int_equal(parse(pool, text, n, &c), -STOX_EPROTO);
	for (int headers = 128; headers <= 129; headers++) {
		n = 0;
		for (int i = 0; i < headers; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"X: y\r\n");
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"\r\n" PART);
		assert_int_equal(parse(pool, text, n, &c),
			headers == 128 ? 0 : -STOX_EPROTO);
	}
}

static void test_every_prefix(void **state)
{
	static const char text[] = HEAD "DateTime: 2026-01-02T03:04:05Z\r\n"
					"Subject: a\\nb\r\n\r\n" PART;
	struct pool *pool = *state;
	struct cpim c;

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(parse(pool, text, n, &c), -STOX_EPROTO);
	assert_int_equal(parse(pool, text, sizeof(text) - 1, &c), 0);
}

static void test_write(void **state)
{
	const struct cpim c = {
		.from = STR("sip:juliet@example.com;gr=balcony"),
		.to = STR("sip:romeo@example.net"),
		.date_time = STR("2026-01-02T03:04:05Z"),
		.extra = STR("NS: imdn <urn:ietf:params:imdn>\r\n"
			     "imdn.Message-ID: 8f3a\r\n"),
		.content_type = STR("text/plain;charset=UTF-8"),
		.content = STR("Hello Romeo!"),
	};
	struct buf out;

	(void)state;
	buf_init(&out, 10000, NULL);
	cpim_write(&out, &c);
	assert_slice(buf_str(&out),
		"From: <sip:juliet@example.com;gr=balcony>\r\n"
		"To: <sip:romeo@example.net>\r\n"
		"DateTime: 2026-01-02T03:04:05Z\r\n"
		"NS: imdn <urn:ietf:params:imdn>\r\n"
		"imdn.Message-ID: 8f3a\r\n"
		"\r\n"
		"Content-Type: text/plain;charset=UTF-8\r\n"
		"Content-Length: 12\r\n"
		"\r\n"
		"Hello Romeo!");
	buf_free(&out);
}

/* Nothing in a field can begin a header line of its own. */
static void test_write_injection(void **state)
{
	const struct cpim c = {
		.from = STR("im:a@b>\r\nX: y"),
		.from_name = STR("a\"\r\nX: y\0"),
		.to = STR("im:c@d\n"),
		.date_time = STR("now\r\nX: y"),
		.subject = STR("one\r\n\r\ntwo\x01\\'"),
		.extra = STR("\r\n\r\nY: z\nZ: y\rx"),
		.content_type = STR("text/plain\r\nX: y"),
		.content = STR("\r\n\r\n"),
	};
	struct pool *pool = *state;
	struct cpim back;
	struct buf out;

	buf_init(&out, 10000, NULL);
	cpim_write(&out, &c);
	assert_int_equal(parse(pool, out.data, out.len, &back), 0);
	assert_slice(back.from, "im:a@bX:y");
	assert_slice(back.from_name, "a\"\r\nX: y");
	assert_slice(back.to, "im:c@d");
	assert_slice(back.date_time, "");
	assert_slice(back.subject, "one\r\n\r\ntwo\\'");
	assert_slice(back.content_type, "text/plainX: y");
	assert_slice(back.content, "\r\n\r\n");
	assert_true(str_ends(back.headers, STR("Y: z\r\nZ: yx\r\n")));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_subject_escapes),
		cmocka_unit_test(test_date_time),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_injection),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
