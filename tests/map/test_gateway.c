#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "map/map.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define GATEWAY "sip.example.org"

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

static struct jid parse(struct pool *pool, const char *text)
{
	struct jid j;

	assert_int_equal(jid_parse(pool, str_from(text), &j), 0);
	return j;
}

/* The user inside, the domain in A-labels, the face. */
static const struct {
	const char *jid, *ascii, *face;
} vectors[] = {
	{ "bob@contoso.com", "contoso.com", "bob\\40contoso.com@" GATEWAY },
	{ "bob@contoso.com/Home PC", "contoso.com",
		"bob\\40contoso.com@" GATEWAY "/Home PC" },
	{ "+14255550100@contoso.com", "contoso.com",
		"+14255550100\\40contoso.com@" GATEWAY },
	{ "o\\27malley@contoso.com", "contoso.com",
		"o\\27malley\\40contoso.com@" GATEWAY },
	{ "a\\40b@contoso.com", "contoso.com",
		"a\\40b\\40contoso.com@" GATEWAY },
	{ "a\\5c40b@contoso.com", "contoso.com",
		"a\\5c40b\\40contoso.com@" GATEWAY },
	{ "a\\net@contoso.com", "contoso.com",
		"a\\net\\40contoso.com@" GATEWAY },
	{ "a\\@contoso.com", "contoso.com", "a\\\\40contoso.com@" GATEWAY },
	{ "space\\20cadet@contoso.com", "contoso.com",
		"space\\20cadet\\40contoso.com@" GATEWAY },
	{ "max@b\xc3\xbc" "cher.example", "xn--bcher-kva.example",
		"max\\40b\xc3\xbc" "cher.example@" GATEWAY },
	/* nodeprep would make another domain of it */
	{ "max@fa\xc3\x9f.example", "xn--fa-hia.example",
		"max\\40xn--fa-hia.example@" GATEWAY },
};

static void test_both_ways(void **state)
{
	struct pool *pool = *state;

	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct jid jid = parse(pool, vectors[i].jid), face, back;
		const char *why = NULL;

		assert_int_equal(map_jid_to_gateway(pool, &jid,
			vectors[i].ascii, GATEWAY, &face), 0);
		assert_string_equal(face.full, vectors[i].face);
		assert_int_equal(map_gateway_to_jid(pool, &face, &back, &why),
			0);
		assert_string_equal(back.full, jid.full);
		assert_null(why);
	}
}

/* Other spellings of the same face. */
static void test_spellings(void **state)
{
	static const struct {
		const char *face, *jid;
	} spellings[] = {
		{ "BOB\\40Contoso.COM@" GATEWAY, "bob@contoso.com" },
		{ "bob\\40contoso.com.@" GATEWAY, "bob@contoso.com" },
		{ "max\\40xn--bcher-kva.example@" GATEWAY,
			"max@b\xc3\xbc" "cher.example" },
	};

	for (size_t i = 0; i < COUNT(spellings); i++) {
		struct jid face = parse(*state, spellings[i].face), back;
		const char *why = NULL;

		assert_int_equal(map_gateway_to_jid(*state, &face, &back, &why),
			0);
		assert_string_equal(back.full, spellings[i].jid);
	}
}

static void test_no_address(void **state)
{
	static const char *const wrong[] = {
		"bob@" GATEWAY,                     /* no domain */
		"bob\\40@" GATEWAY,                 /* an empty one */
		"\\40contoso.com@" GATEWAY,         /* no user */
		"bob\\5c40contoso.com@" GATEWAY,    /* an escaped escape */
		"bob\\40conto\\20so.com@" GATEWAY,  /* a space in the domain */
		"bob\\20\\40contoso.com@" GATEWAY,  /* at the user's end */
		"bob\\40[2001\\3adb8\\3a\\3a1]@" GATEWAY,
		"bob\\40contoso.com\\2fhome@" GATEWAY,
		"bob\\40contoso..com@" GATEWAY,
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct jid face = parse(*state, wrong[i]), back = { 0 };
		const char *why = NULL;

		assert_int_equal(map_gateway_to_jid(*state, &face, &back, &why),
			-STOX_EINVAL);
		assert_non_null(why);
		assert_null(back.full);
	}
}

static void test_no_face(void **state)
{
	char text[1100];
	struct jid jid = parse(*state, "contoso.com"), face = { 0 };

	assert_int_equal(map_jid_to_gateway(*state, &jid, "contoso.com", GATEWAY,
		&face), -STOX_ENOENT);
	/* the user alone fits into a local part, with its domain no more */
	memset(text, 'a', 1020);
	memcpy(text + 1020, "@contoso.com", sizeof("@contoso.com"));
	jid = parse(*state, text);
	assert_int_equal(map_jid_to_gateway(*state, &jid, "contoso.com", GATEWAY,
		&face), -STOX_ENOENT);
	assert_null(face.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spellings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_address, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_no_face, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
