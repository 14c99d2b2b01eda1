#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/stanza.h"

static int setup(void **state)
{
	*state = pool_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	struct pool *pool = *state;

	pool_free(&pool);
	return 0;
}

static struct stox_element *read_xml(struct pool *pool, const char *text)
{
	struct stox_element *e = NULL;
	struct limits limits;

	limits_init(&limits);
	assert_int_equal(xml_parse(pool, str_from(text), &limits, &e), 0);
	return e;
}

static void assert_written(const struct stox_element *e, const char *expected)
{
	struct buf b;

	buf_init(&b, 100000, NULL);
	xml_write(&b, e, "");
	buf_add_char(&b, '\0');
	assert_string_equal(b.data, expected);
	buf_free(&b);
}

static const struct {
	const char *xml;
	enum stanza_kind kind;
	bool answer, refusable;
} stanzas[] = {
	{ "<message/>", STANZA_MESSAGE, false, true },
	{ "<message type='chat'/>", STANZA_MESSAGE, false, true },
	{ "<message type='error'/>", STANZA_MESSAGE, true, false },
	{ "<message type='result'/>", STANZA_MESSAGE, false, true },
	{ "<iq type='get'/>", STANZA_IQ, false, true },
	{ "<iq type='set'/>", STANZA_IQ, false, true },
	{ "<iq type='bogus'/>", STANZA_IQ, false, true },
	{ "<iq type='result'/>", STANZA_IQ, true, false },
	{ "<iq type='error'/>", STANZA_IQ, true, false },
	{ "<presence/>", STANZA_PRESENCE, false, false },
	{ "<presence type='unavailable'/>", STANZA_PRESENCE, false, false },
	{ "<presence type='subscribed'/>", STANZA_PRESENCE, false, false },
	{ "<presence type='subscribe'/>", STANZA_PRESENCE, false, true },
	{ "<presence type='error'/>", STANZA_PRESENCE, true, false },
	{ "<r xmlns='urn:xmpp:sm:3'/>", STANZA_NONE, false, false },
};

static void test_kinds(void **state)
{
	struct stanza_error error = { .condition = STOX_BAD_REQUEST };

	for (size_t i = 0; i < sizeof(stanzas) / sizeof(stanzas[0]); i++) {
		struct stox_element *e = read_xml(*state, stanzas[i].xml);

		assert_int_equal(stanza_kind(e), stanzas[i].kind);
		assert_int_equal(stanza_is_answer(e), stanzas[i].answer);
		assert_int_equal(stanza_error_reply(*state, e, &error) != NULL,
			stanzas[i].refusable);
	}
	assert_int_equal(stanza_kind(NULL), STANZA_NONE);
}

static const struct {
	const char *xml, *fault; /* a part of the sentence; NULL: none */
} requests[] = {
	{ "<iq type='get' id='1'><a xmlns='u'/></iq>", NULL },
	{ "<iq type='set' id='1'> <a xmlns='u'/> </iq>", NULL },
	{ "<iq type='result' id='1'/>", NULL },
	{ "<iq type='error'/>", NULL },
	{ "<message type='bogus'/>", NULL },
	{ "<iq id='1'><a xmlns='u'/></iq>", "the type" },
	{ "<iq type='ask' id='1'><a xmlns='u'/></iq>", "the type" },
	{ "<iq type='get'><a xmlns='u'/></iq>", "an id" },
	{ "<iq type='get' id=''><a xmlns='u'/></iq>", "an id" },
	{ "<iq type='get' id='1'/>", "exactly one" },
	{ "<iq type='set' id='1'>text</iq>", "exactly one" },
	{ "<iq type='set' id='1'><a xmlns='u'/><b xmlns='v'/></iq>",
		"exactly one" },
};

/* RFC 6120, 8.2.3 */
static void test_requests(void **state)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const char *fault = stanza_iq_fault(
			read_xml(*state, requests[i].xml));

		assert_int_equal(fault != NULL, requests[i].fault != NULL);
		if (fault)
			assert_non_null(strstr(fault, requests[i].fault));
	}
}

/* stox.md 2.4 */
static void test_conditions(void **state)
{
	static const struct {
		enum stox_condition condition;
		const char *name, *type;
	} some[] = {
		{ STOX_BAD_REQUEST, "bad-request", "modify" },
		{ STOX_ITEM_NOT_FOUND, "item-not-found", "cancel" },
		{ STOX_FORBIDDEN, "forbidden", "auth" },
		{ STOX_RECIPIENT_UNAVAILABLE, "recipient-unavailable", "wait" },
		{ STOX_REDIRECT, "redirect", "modify" },
		{ STOX_UNEXPECTED_REQUEST, "unexpected-request", "wait" },
	};

	(void)state;
	for (int c = STOX_BAD_REQUEST; c < STOX_CONDITION_COUNT; c++) {
		enum stox_condition condition = (enum stox_condition)c;
		const char *name = stanza_condition_name(condition);

		assert_non_null(name);
		assert_non_null(stanza_condition_type(condition));
		assert_int_equal(stanza_condition_from(name), condition);
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_string_equal(
			stanza_condition_name(some[i].condition), some[i].name);
		assert_string_equal(
			stanza_condition_type(some[i].condition), some[i].type);
	}
	assert_int_equal(
		stanza_condition_from("nonsense"), STOX_UNDEFINED_CONDITION);
	assert_int_equal(stanza_condition_from(NULL), STOX_UNDEFINED_CONDITION);
	assert_string_equal(
		stanza_condition_name(STOX_NO_ERROR), "undefined-condition");
}

#define MESSAGE                                                                \
	"<message xmlns='jabber:server' from='a@x/1' to='b@y' id='7' "         \
	"type='chat' xml:lang='en'><body>hi</body></message>"

static void test_reply(void **state)
{
	struct stox_element *e = read_xml(*state, MESSAGE);

	assert_written(stanza_reply(*state, e, "normal"),
		"<message xmlns='jabber:server' from='b@y' to='a@x/1' id='7' "
		"type='normal'/>");
	e = read_xml(*state, "<iq xmlns='jabber:server'/>");
	assert_written(
		stanza_reply(*state, e, NULL), "<iq xmlns='jabber:server'/>");
}

static void test_error_reply(void **state)
{
	struct stox_element *e = read_xml(*state, MESSAGE);
	struct stanza_error error = { .condition = STOX_ITEM_NOT_FOUND };

	assert_written(stanza_error_reply(*state, e, &error),
		"<message xmlns='jabber:server' from='b@y' to='a@x/1' id='7' "
		"type='error'><error type='cancel'><item-not-found "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		"</message>");
	error = (struct stanza_error){
		.condition = STOX_POLICY_VIOLATION,
		.type = "wait",
		.text = "Too <fast>",
		.by = "y",
	};
	assert_written(stanza_error_reply(*state, e, &error),
		"<message xmlns='jabber:server' from='b@y' to='a@x/1' id='7' "
		"type='error'><error type='wait' by='y'><policy-violation "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
		"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>"
		"Too &lt;fast&gt;</text></error></message>");
}

#define S "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"

static const struct {
	const char *xml;
	struct stanza_error error; /* type NULL: nothing to read */
} errors[] = {
	{ "<iq type='error'><error type='cancel' by='y'><gone " S "/>"
	  "<text " S ">Moved</text></error></iq>",
		{ STOX_GONE, "cancel", "Moved", "y" } },
	{ "<iq type='error'><error><text " S ">t</text><conflict " S "/>"
	  "</error></iq>",
		{ STOX_CONFLICT, "cancel", "t", NULL } },
	{ "<iq type='error'><error type='modify'><x xmlns='urn:x'/>"
	  "<not-acceptable " S "/></error></iq>",
		{ STOX_NOT_ACCEPTABLE, "modify", NULL, NULL } },
	{ "<iq type='error'><error><unheard-of " S "/></error></iq>",
		{ STOX_UNDEFINED_CONDITION, "cancel", NULL, NULL } },
	{ "<iq type='error'><error code='404'/></iq>",
		{ STOX_UNDEFINED_CONDITION, "cancel", NULL, NULL } },
	{ "<iq type='error'><error><item-not-found/></error></iq>",
		{ STOX_UNDEFINED_CONDITION, "cancel", NULL, NULL } },
	{ "<iq type='error'/>", { .type = NULL } },
	{ "<iq type='error'><error xmlns='urn:x'/></iq>", { .type = NULL } },
};

static void assert_same(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static void test_read_errors(void **state)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct stox_element *e = read_xml(*state, errors[i].xml);
		const struct stanza_error *expected = &errors[i].error;
		struct stanza_error got = { .text = "untouched" };

		if (!expected->type) {
			assert_false(stanza_error_read(e, &got));
			assert_string_equal(got.text, "untouched");
			continue;
		}
		assert_true(stanza_error_read(e, &got));
		assert_int_equal(got.condition, expected->condition);
		assert_same(got.type, expected->type);
		assert_same(got.text, expected->text);
		assert_same(got.by, expected->by);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_error_reply),
		cmocka_unit_test(test_read_errors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
