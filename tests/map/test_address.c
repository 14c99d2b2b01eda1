#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "map/map.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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

static int to_jid(struct pool *pool, const char *text, bool with_gr,
	struct jid *ret)
{
	struct sip_uri uri;
	const char *why = NULL;
	int error;

	if (sip_uri_parse(str_from(text), &uri) < 0)
		return -STOX_EPROTO;
	error = map_address_to_jid(pool, &uri, STR("example.org"), with_gr,
		ret, &why);
	/* a refusal says why, a success says nothing */
	assert_int_equal(!error, !why);
	return error;
}

/* stox.md 1.9: user part, local part, user part again. */
static const struct {
	const char *user, *local, *again;
} vectors[] = {
	{ "romeo", "romeo", "romeo" },
	{ "Romeo", "romeo", "romeo" },
	{ "f%C3%BC", "f\xc3\xbc", "f%C3%BC" },
	{ "f%c3%bc", "f\xc3\xbc", "f%C3%BC" },
	{ "o'malley", "o\\27malley", "o'malley" },
	{ "m&m", "m\\26m", "m&m" },
	{ "a%2Fb", "a\\2fb", "a/b" },
	{ "a/b", "a\\2fb", "a/b" },
	{ "sips%3Auser%40example.com", "sips\\3auser\\40example.com",
		"sips%3Auser%40example.com" },
	{ "user;par=u%40example.net", "user;par=u\\40example.net",
		"user;par=u%40example.net" },
	{ "space%20cadet", "space\\20cadet", "space%20cadet" },
	{ "a%5C27b", "a\\5c27b", "a%5C27b" },
	{ "a%5C5C27b", "a\\5c5c27b", "a%5C5c27b" },
	{ "a%5Cnet", "a\\net", "a%5Cnet" },
	{ "+15551234", "+15551234", "+15551234" },
	{ "100%25", "100%", "100%25" },
	{ "100%2541", "100%41", "100%2541" },
	{ "alice:secret", "alice", "alice" },
	{ "%22%3C%3E", "\\22\\3c\\3e", "%22%3C%3E" },
	{ "tsch%C3%BCss", "tsch\xc3\xbcss", "tsch%C3%BCss" },
	{ "a%23b", "a#b", "a%23b" },
	{ "c%3A%5C5commas", "c\\3a\\5c5commas", "c%3A%5C5commas" },
	{ "user%40host", "user\\40host", "user%40host" },
	{ "foo%5Cbar", "foo\\bar", "foo%5Cbar" },
	{ "%7Bx%7D", "{x}", "%7Bx%7D" },
	{ "back%5C27slash", "back\\5c27slash", "back%5C27slash" },
	{ "john%25doe", "john%doe", "john%25doe" },
	{ "a!b$c(d)e*f,g-h.i;j=k?l_m~n", "a!b$c(d)e*f,g-h.i;j=k?l_m~n",
		"a!b$c(d)e*f,g-h.i;j=k?l_m~n" },
};

static void test_vectors(void **state)
{
	struct pool *pool = *state;
	char text[300], expected[300];
	struct jid jid;

	for (size_t i = 0; i < COUNT(vectors); i++) {
		print_message("# %s\n", vectors[i].user);
		snprintf(text, sizeof(text), "sip:%s@contoso.com;lr;user=phone",
			vectors[i].user);
		assert_int_equal(to_jid(pool, text, true, &jid), 0);
		snprintf(expected, sizeof(expected), "%s@example.org",
			vectors[i].local);
		assert_string_equal(jid.full, expected);
		snprintf(expected, sizeof(expected), "sip:%s@contoso.com",
			vectors[i].again);
		assert_string_equal(map_address_to_sip(pool, &jid,
					    "contoso.com", true),
			expected);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *uri;
		int error;
	} cases[] = {
		{ "sip:%20x@h", -STOX_ENOENT },
		{ "sip:x%20@h", -STOX_ENOENT },
		{ "sip:%20@h", -STOX_ENOENT },
		{ "sip:null-%00-null@h", -STOX_EINVAL },
		{ "sip:a%0D%0AVia%3A@h", -STOX_EINVAL },
		{ "sip:a%7F@h", -STOX_EINVAL },
		{ "sip:%FF@h", -STOX_EINVAL },
		{ "sip:%C0%AF@h", -STOX_EINVAL },
		{ "sip:%ED%A0%80@h", -STOX_EINVAL },
		{ "sip:a%4@h", -STOX_EPROTO },
		{ "sip:a@h?Subject=x", -STOX_EINVAL },
		{ "sips:a@h", -STOX_ENOTSUP },
		{ "isbn:123", -STOX_ENOTSUP },
		/* mean different things to stringprep and PRECIS */
		{ "sip:stra%C3%9Fe@h", -STOX_ENOENT },
		{ "sip:%E2%98%83@h", -STOX_ENOENT },
		{ "sip:a%C2%ADb@h", -STOX_ENOENT },
		{ "sip:%EF%AC%81@h", -STOX_ENOENT },
		{ "sip:a@h;gr=%FF", -STOX_EINVAL },
		{ "sip:a@h;gr=%01", -STOX_EINVAL },
		{ "tel:5551234", -STOX_ENOENT },
		{ "tel:5551234;phone-context=+1", -STOX_ENOENT },
		{ "tel:+1", -STOX_ENOENT },
		{ "tel:+12345678901234567", -STOX_ENOENT },
		{ "tel:+155x1234", -STOX_EINVAL },
	};
	struct pool *pool = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct jid jid = { .full_len = 7 };

		print_message("# %s\n", cases[i].uri);
		assert_int_equal(to_jid(pool, cases[i].uri, true, &jid),
			cases[i].error);
		assert_int_equal(jid.full_len, 7);
	}
}

static void test_kinds(void **state)
{
	static const struct {
		const char *uri;
		bool with_gr;
		const char *jid;
	} cases[] = {
		{ "sip:contoso.com", true, "example.org" },
		{ "im:romeo@contoso.com", true, "romeo@example.org" },
		{ "pres:romeo@contoso.com", true, "romeo@example.org" },
		{ "tel:+1-555-123(4567)", true, "+15551234567@example.org" },
		{ "SIP:a@h:5061;transport=tls", true, "a@example.org" },
		{ "sip:a@h;gr=balcony", true, "a@example.org/balcony" },
		{ "sip:a@h;gr=balcony", false, "a@example.org" },
		{ "sip:a@h;GR=Home%20PC", true, "a@example.org/Home PC" },
		{ "sip:a@h;gr=a%40b%3Bc%3Dd", true, "a@example.org/a@b;c=d" },
		{ "sip:a@h;gr", true, "a@example.org" },
		{ "sip:a@h;gr=", true, "a@example.org" },
		{ "sip:a@h;gr=%FF", false, "a@example.org" },
	};
	struct pool *pool = *state;
	struct jid jid;

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].uri);
		assert_int_equal(to_jid(pool, cases[i].uri,
					 cases[i].with_gr, &jid), 0);
		assert_string_equal(jid.full, cases[i].jid);
	}
}

static void test_resources(void **state)
{
	static const struct {
		const char *resource, *gr;
	} cases[] = {
		{ "qux", "qux" },
		{ "Home PC", "Home%20PC" },
		{ "b\xc3\xbcro", "b%C3%BCro" },
		{ "a@b;c=d", "a%40b%3Bc%3Dd" },
		{ "\xe2\x99\x9a", "%E2%99%9A" },
		{ "<\"/\\>?,#", "%3C%22/%5C%3E%3F%2C%23" },
	};
	struct pool *pool = *state;
	struct jid jid, back;
	char text[200];
	const char *sip;

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].resource);
		assert_int_equal(jid_make(pool, STR("a"), STR("example.org"),
					 str_from(cases[i].resource), &jid),
			0);
		snprintf(text, sizeof(text), "sip:a@contoso.com;gr=%s",
			cases[i].gr);
		sip = map_address_to_sip(pool, &jid, "contoso.com", true);
		assert_string_equal(sip, text);
		assert_string_equal(
			map_address_to_sip(pool, &jid, "contoso.com", false),
			"sip:a@contoso.com");
		assert_int_equal(to_jid(pool, sip, true, &back), 0);
		assert_true(jid_eq(&jid, &back));
	}
}

/* A part of 1023 bytes crosses whole, a longer one is refused, never cut. */
static void test_length(void **state)
{
	struct pool *pool = *state;
	char text[4000];
	struct jid jid;
	int n;

	n = snprintf(text, sizeof(text), "sip:%0*d@h", 1023, 7);
	assert_true(n > 1023);
	assert_int_equal(to_jid(pool, text, true, &jid), 0);
	assert_int_equal(jid.local.len, 1023);
	assert_int_equal(strlen(map_address_to_sip(pool, &jid, "h", true)), n);
	snprintf(text, sizeof(text), "sip:%0*d@h", 1024, 7);
	assert_int_equal(to_jid(pool, text, true, &jid), -STOX_ENOENT);
	/* too long only once escaped */
	snprintf(text, sizeof(text), "sip:%0*d'@h", 1021, 7);
	assert_int_equal(to_jid(pool, text, true, &jid), -STOX_ENOENT);
	snprintf(text, sizeof(text), "sip:a@h;gr=%0*d", 1024, 7);
	assert_int_equal(to_jid(pool, text, true, &jid), -STOX_ENOENT);
}

/* ---- properties, over a seeded generator ---- */

static uint32_t next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Characters that keep their identity in every preparation. */
static const char *const alphabet[] = { "a", "b", "z", "0", "9", "\xc3\xbc",
	"\xd1\x8f", "\xce\xbb", "\xe4\xb8\x80", "!", "#", "$", "%", "(", ")",
	"*", "+", ",", "-", ".", ";", "=", "?", "[", "\\", "]", "^", "_", "`",
	"{", "|", "}", "~", "5c", "27", "2f", "40" };
/* These a local part cannot hold. */
static const char *const reserved[] = { " ", "\"", "&", "'", "/", ":", "<",
	">", "@" };

static struct str random_text(struct pool *pool, uint32_t *seed, bool all)
{
	char text[64] = "a";
	size_t letters = COUNT(alphabet) + (all ? COUNT(reserved) : 0);

	for (uint32_t n = next(seed) % 12; n; n--) {
		size_t pick = next(seed) % letters;

		strcat(text, pick < COUNT(alphabet)
				? alphabet[pick]
				: reserved[pick - COUNT(alphabet)]);
	}
	if (text[strlen(text) - 1] == ' ')
		strcat(text, "z");
	return str_from(pool_strdup(pool, text));
}

static void assert_clean(const char *uri)
{
	for (const char *c = uri; *c; c++)
		assert_true((unsigned char)*c > ' ' &&
			    (unsigned char)*c < 0x7f && !strchr("<>\"", *c));
}

/* Any user text comes back the same, however it was percent-encoded. */
static void test_user_round_trip(void **state)
{
	struct pool *pool = *state;
	uint32_t seed = 20240229;

	for (int run = 0; run < 20000; run++) {
		struct str text = random_text(pool, &seed, true);
		struct sip_uri uri;
		struct jid jid;
		struct buf out, back;
		const char *sip;

		buf_init(&out, 1000, NULL);
		buf_init(&back, 1000, NULL);
		buf_add_text(&out, "sip:");
		for (size_t i = 0; i < text.len; i++) {
			struct str c = { text.p + i, 1 };

			if (next(&seed) % 4)
				sip_uri_encode_user(&out, c);
			else
				buf_printf(&out,
					next(&seed) % 2 ? "%%%02x" : "%%%02X",
					(unsigned char)text.p[i]);
		}
		buf_add_text(&out, "@contoso.com");
		buf_add_char(&out, '\0');
		assert_int_equal(to_jid(pool, out.data, false, &jid), 0);
		sip = map_address_to_sip(pool, &jid, "contoso.com", false);
		assert_clean(sip);
		assert_int_equal(sip_uri_parse(str_from(sip), &uri), 0);
		assert_int_equal(sip_uri_decode(uri.user, &back), 0);
		if (!str_eq(buf_str(&back), text))
			fail_msg("%.*s became %.*s", STR_FMT(text),
				STR_FMT(buf_str(&back)));
		buf_free(&out);
		buf_free(&back);
		pool_reset(pool);
	}
}

/* Any local part comes back with the same meaning, and the very same when its
 * backslashes are escaped only where they must be. */
static void test_local_round_trip(void **state)
{
	struct pool *pool = *state;
	uint32_t seed = 7247;
	int exact = 0;

	for (int run = 0; run < 20000; run++) {
		struct str local = random_text(pool, &seed, false);
		struct jid jid, back;
		const char *text, *sip;

		assert_int_equal(jid_make(pool, local, STR("example.org"),
					 random_text(pool, &seed, true), &jid),
			0);
		text = jid_unescape(pool, jid.local);
		if (text[strlen(text) - 1] == ' ')
			continue;
		sip = map_address_to_sip(pool, &jid, "contoso.com", true);
		assert_clean(sip);
		assert_int_equal(to_jid(pool, sip, true, &back), 0);
		assert_string_equal(jid_unescape(pool, back.local), text);
		assert_true(str_eq(jid.resource, back.resource));
		if (str_is(jid.local, jid_escape(pool, str_from(text)))) {
			assert_true(jid_eq(&jid, &back));
			exact++;
		}
		pool_reset(pool);
	}
	assert_true(exact > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_user_round_trip),
		cmocka_unit_test(test_local_round_trip),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
