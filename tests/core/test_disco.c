/*
 * The hash of a disco#info answer, by the examples of XEP-0115, 5.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pool.h"
#include "core/plugin.h"
#include "stox/service/disco.h"
#include "xml/xml.h"

const struct stox_plugin *const core_plugin_table[] = { NULL };

#define QUERY(content) "<query xmlns='http://jabber.org/protocol/disco#info'>" \
	content "</query>"
#define FEATURE(var) "<feature var='" var "'/>"
#define NS "http://jabber.org/protocol/"
#define FORM(type, content) "<x xmlns='jabber:x:data' type='result'>" \
	"<field var='FORM_TYPE' type='" type "'>" \
	"<value>urn:xmpp:dataforms:softwareinfo</value></field>" content "</x>"
#define SOFTWARE \
	"<field var='software_version'><value>0.11</value></field>" \
	"<field var='os'><value>Mac</value></field>" \
	"<field var='ip_version'><value>ipv6</value><value>ipv4</value></field>" \
	"<field var='software'><value>Psi</value></field>" \
	"<field var='os_version'><value>10.5.1</value></field>"
#define FOUR FEATURE(NS "muc") FEATURE(NS "disco#items") FEATURE(NS "caps") \
	FEATURE(NS "disco#info")
#define EXODUS "<identity category='client' type='pc' name='Exodus 0.9.1'/>"
#define PSI "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>" \
	"<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>"

static void check(const char *xml, const char *expected)
{
	struct limits limits;
	struct pool *pool = pool_new(NULL);
	struct stox_element *query;
	char ver[29];

	limits_init(&limits);
	assert_int_equal(xml_parse(pool, str_from(xml), &limits, &query), 0);
	stox_disco_ver(query, ver);
	assert_string_equal(ver, expected);
	pool_free(&pool);
}

/* 5.2; the order of what is said does not count */
static void simple(void **state)
{
	(void)state;
	check(QUERY(EXODUS FOUR), "QgayPKawpkPSDYmwT/WM94uAlu0=");
	check(QUERY(FOUR EXODUS), "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

/* 5.3: languages, and a form whose fields and values are sorted */
static void complex_form(void **state)
{
	(void)state;
	check(QUERY(PSI FOUR FORM("hidden", SOFTWARE)),
		"q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

/* 5.4: a form counts only with a hidden FORM_TYPE */
static void form_without_type(void **state)
{
	(void)state;
	check(QUERY(EXODUS FOUR FORM("text-single", SOFTWARE)),
		"QgayPKawpkPSDYmwT/WM94uAlu0=");
}

static void added(void **state)
{
	struct pool *pool = pool_new(NULL);
	struct stox_element *query = xml_element(pool, "query",
		NS "disco#info");
	const struct stox_element *f;

	(void)state;
	stox_disco_feature(query, "a");
	stox_disco_feature(query, "b");
	stox_disco_feature(query, "a");
	f = stox_element_child(query, "feature", NULL);
	assert_string_equal(stox_element_attr(f, "var"), "a");
	f = stox_element_next(f, "feature", NULL);
	assert_string_equal(stox_element_attr(f, "var"), "b");
	assert_null(stox_element_next(f, "feature", NULL));
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple),
		cmocka_unit_test(complex_form),
		cmocka_unit_test(form_without_type),
		cmocka_unit_test(added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
