#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "sample.h"

static void test_header_ids(void **state)
{
	static const char compact[] = "vftimelcsko";
	static const char *const longs[] = { "Via", "From", "To", "Call-ID",
		"Contact", "Content-Encoding", "Content-Length",
		"Content-Type", "Subject", "Supported", "Event" };
	char name[64];

	(void)state;
	for (int id = SIP_H_VIA; id < SIP_H_COUNT; id++) {
		size_t len;

		snprintf(name, sizeof(name), "%s", sip_header_name(id));
		len = strlen(name);
		assert_true(len > 0);
		assert_int_equal(sip_header_id(str_from(name)), id);
		for (size_t i = 0; i < len; i++)
			name[i] ^= name[i] == '-' ? 0 : 0x20;
		assert_int_equal(sip_header_id(str_from(name)), id);
		/* one letter wrong, one too few, one too many */
		for (size_t i = 0; i < len; i++) {
			char old = name[i];

			name[i] = '!';
			assert_int_equal(sip_header_id(str_from(name)),
				SIP_H_OTHER);
			name[i] = old;
		}
		name[len] = 'x';
		name[len + 1] = '\0';
		assert_int_equal(sip_header_id(str_from(name)), SIP_H_OTHER);
	}
	for (size_t i = 0; i < COUNT(longs); i++) {
		struct str letter = { &compact[i], 1 };

		assert_int_equal(sip_header_id(letter),
			sip_header_id(str_from(longs[i])));
	}
	assert_int_equal(sip_header_id(STR("")), SIP_H_OTHER);
	assert_int_equal(sip_header_id(STR("q")), SIP_H_OTHER);
	assert_string_equal(sip_header_name(SIP_H_OTHER), "");
	assert_string_equal(sip_header_name(SIP_H_COUNT), "");
}

static void test_lookup(void **state)
{
	static const char extra[] =
		"Supported: gruu, 100rel\r\nk: Replaces;x , timer\r\n"
		"r: <sip:x@y>\r\nX-One: 1\r\nx-one: 2\r\nSupported:\r\n";
	struct parsed *p = *state;
	const struct sip_header *h;

	sample_parse_with(p, TYPE, extra, strlen(extra));
	assert_fault(p, OK, 0);
	assert_true(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "GRUU"));
	assert_true(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "replaces"));
	assert_true(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "timer"));
	assert_false(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "time"));
	assert_false(sip_message_has_token(&p->m, SIP_H_SUPPORTED, ""));
	assert_false(sip_message_has_token(&p->m, SIP_H_REQUIRE, "gruu"));
	h = sip_message_header_named(&p->m, "X-ONE", NULL);
	assert_slice(h->value, "1");
	h = sip_message_header_named(&p->m, "X-ONE", h);
	assert_slice(h->value, "2");
	assert_null(sip_message_header_named(&p->m, "X-ONE", h));
	h = sip_message_header_named(&p->m, "Refer-To", NULL);
	assert_slice(h->value, "<sip:x@y>");
	h = sip_message_header_named(&p->m, "supported", NULL);
	assert_slice(h->value, "gruu, 100rel");
	assert_null(sip_message_header(&p->m, SIP_H_ROUTE, NULL));
	sample_free(p);
}

static void test_list(void **state)
{
	static const struct {
		const char *list;
		const char *items[5];
	} cases[] = {
		{ "", { NULL } },
		{ "a", { "a", NULL } },
		{ " a ", { "a", NULL } },
		{ "<sip:d;e=\"f>", { "<sip:d;e=\"f>", NULL } },
		{ " a , b ", { "a", "b", NULL } },
		{ "a,,b", { "a", "", "b", NULL } },
		{ "a,", { "a", NULL } },
		{ "\"x, y\" <sip:a,b@c>, <sip:d;e=\"f>,g",
			{ "\"x, y\" <sip:a,b@c>", "<sip:d;e=\"f>", "g",
				NULL } },
		{ "\"a\\\",b\",c", { "\"a\\\",b\"", "c", NULL } },
		{ "\"never closed, a", { "\"never closed, a", NULL } },
		{ "<never closed, a", { "<never closed, a", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str list = str_from(cases[i].list), item;

		for (const char *const *e = cases[i].items; *e; e++) {
			assert_true(sip_list_next(&list, &item));
			assert_slice(item, *e);
		}
		assert_false(sip_list_next(&list, &item));
	}
}

static void test_type(void **state)
{
	struct str type = STR("Text / Plain ; Charset=\"UTF-8\";format=flowed");
	struct str value;

	(void)state;
	assert_true(sip_type_is(type, "text/plain"));
	assert_false(sip_type_is(type, "text/plai"));
	assert_false(sip_type_is(type, "textp/lain"));
	assert_false(sip_type_is(STR("text"), "text/plain"));
	assert_false(sip_type_is(STR(""), "text/plain"));
	assert_false(sip_type_is((struct str){ NULL, 0 }, "text/plain"));
	assert_true(sip_type_is(STR("a/b"), "A/B"));
	assert_true(sip_type_param(type, "charset", &value));
	assert_slice(value, "UTF-8");
	assert_true(sip_type_param(type, "format", &value));
	assert_slice(value, "flowed");
	assert_false(sip_type_param(type, "boundary", &value));
	assert_false(sip_type_param(STR("text/plain"), "charset", &value));
}

static void test_address(void **state)
{
	struct sip_address a = { .uri.port = 7 };

	(void)state;
	assert_int_equal(sip_address_parse(
		STR(" \"A \\\"B\\\"\"<sip:a@b;x?y=z> ; q=1;p=\"<;>\" "), &a),
		0);
	assert_slice(a.display, "A \\\"B\\\"");
	assert_slice(a.uri.params, "x");
	assert_slice(a.uri.headers, "y=z");
	assert_slice(a.params, " q=1;p=\"<;>\"");
	assert_int_equal(a.tag.len, 0);
	assert_int_equal(sip_address_parse(STR("<sip:a@b"), &a), -STOX_EINVAL);
	assert_slice(a.uri.params, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_ids),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
