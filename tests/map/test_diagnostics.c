/*
 * The ids of ms-diagnostics that are known, and how they are read.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "map/map.h"

/* All of lync.md 2.7 and 2.8. */
static const unsigned ids[] = { 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007,
	1008, 1009, 1010, 1011, 1012, 1013, 1014, 1017, 1027, 1034, 1047, 2000,
	2001, 2002, 2004, 2005, 2006, 2007, 2008, 2009, 2010, 2011, 2012, 2013,
	2014, 2016, 2165, 4005, 4006, 4007, 4010, 4011, 4012, 4141, 7008, 10003,
	13004, 24083, 52017 };
enum { COUNT = sizeof(ids) / sizeof(ids[0]) };

static void test_every_id_has_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		const struct map_diagnosis *d = map_diagnosis(ids[i]);

		print_message("# %u\n", ids[i]);
		assert_non_null(d);
		assert_int_equal(ids[i], d->id);
		assert_ptr_equal(d, map_diagnosis_at(i));
		assert_true(strlen(d->admin) > 20);
		/* its end is added with the numbers */
		if (d->user) {
			assert_true(strlen(d->user) > 20);
			assert_true(d->user[strlen(d->user) - 1] != '.');
		}
	}
	assert_null(map_diagnosis_at(COUNT));
}

static void test_other_ids_are_unknown(void **state)
{
	static const unsigned unknown[] = { 0, 999, 1015, 2015, 4142, 52018,
		4294967295u };

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_null(map_diagnosis(unknown[i]));
}

#define SAME(a, b) assert_true(str_is((a), (b)))

static void test_read(void **state)
{
	struct map_diagnostics d;

	(void)state;
	assert_int_equal(0, map_diagnostics_read(STR("1010;reason=\"Certificate "
		"trust; another server\";ErrorType = \"No, matching FQDN\" ; "
		"tls-target=\"gw.fabrikam.example\";"
		"PeerServer=\"other.fabrikam.example\";Domain=\"a.example\";"
		"HRESULT=\"0x80090322(SEC_E_WRONG_PRINCIPAL)\";"
		"SOURCE=\"sip.contoso.example\""), &d));
	assert_int_equal(1010, d.id);
	SAME(d.reason, "Certificate trust; another server");
	SAME(d.error_type, "No, matching FQDN");
	SAME(d.target, "gw.fabrikam.example");
	SAME(d.peer, "other.fabrikam.example");
	SAME(d.domain, "a.example");
	SAME(d.hresult, "0x80090322(SEC_E_WRONG_PRINCIPAL)");
	SAME(d.source, "sip.contoso.example");
	assert_int_equal(0, map_diagnostics_read(STR(" 1003 "), &d));
	assert_int_equal(1003, d.id);
	SAME(d.reason, "");
	assert_int_equal(0, map_diagnostics_read(STR("1003;reason=bare;source"),
		&d));
	SAME(d.reason, "bare");
	SAME(d.source, "");
}

static void test_what_is_no_diagnosis(void **state)
{
	static const char *const bad[] = { "", ";reason=\"x\"", "abc",
		"-1;reason=\"x\"", "99999999999;reason=\"x\"", "10 03" };
	struct map_diagnostics d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(-STOX_EINVAL,
			map_diagnostics_read(str_from(bad[i]), &d));
	/* a quote that does not end takes nothing else with it */
	assert_int_equal(0, map_diagnostics_read(STR("1003;reason=\"x;source=a"),
		&d));
	assert_int_equal(1003, d.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_id_has_a_sentence),
		cmocka_unit_test(test_other_ids_are_unknown),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_what_is_no_diagnosis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
