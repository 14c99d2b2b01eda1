/*
 * fuzz_jid.c: a prepared part prepares to itself and holds nothing that it may
 * not; an address parses to itself; escapes go away again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "stox/types.h"
#include "xmpp/jid.h"

enum { PART = 1024 };

typedef ptrdiff_t preparation(struct str in, char *out, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_jid: %s\n", what);
	abort();
}

static bool has_any(struct str s, const char *forbidden)
{
	for (size_t i = 0; i < s.len; i++)
		if (strchr(forbidden, s.p[i]))
			return true;
	return false;
}

static void check_part(
	preparation *prepare, struct str in, const char *forbidden)
{
	char first[PART], second[PART];
	ptrdiff_t n = prepare(in, first, sizeof(first)), m;
	struct str out = { first, (size_t)n };

	if (n < 0) {
		require(n == -STOX_EINVAL, "error");
		return;
	}
	require(n > 0 && n < PART && first[n] == '\0', "length");
	require(str_is_utf8(out) && !str_has_control(out), "characters");
	require(!has_any(out, forbidden), "forbidden character");
	m = prepare(out, second, sizeof(second));
	require(m == n && memcmp(first, second, out.len) == 0, "idempotent");
}

static void check_address(struct pool *pool, struct str in)
{
	struct jid a, b;

	if (jid_parse(pool, in, &a) < 0)
		return;
	require(strlen(a.full) == a.full_len, "NUL inside");
	require(jid_parse(pool, (struct str){ a.full, a.full_len }, &b) == 0,
		"parses again");
	require(jid_eq(&a, &b), "parses to itself");
	require(jid_make(pool, a.local, a.domain, a.resource, &b) == 0,
		"made of its parts");
	require(jid_eq(&a, &b), "the same of its parts");
	b = jid_to_bare(pool, &a);
	require(jid_bare_eq(&a, &b) && b.resource.len == 0, "bare");
}

static void check_escapes(struct pool *pool, struct str in)
{
	const char *local = jid_escape(pool, in), *back;
	char out[PART];
	ptrdiff_t n;

	if (!local)
		return;
	require(!has_any(str_from(local), " \"&'/:<>@"), "not escaped");
	if (memchr(in.p, '\0', in.len))
		return;
	back = jid_unescape(pool, str_from(local));
	require(str_eq(in, str_from(back)), "escapes go away");
	/* a local part that we would mint keeps its meaning when prepared */
	if (!jid_local_is_safe(str_from(local)))
		return;
	n = jid_prepare_local(str_from(local), out, sizeof(out));
	require(n > 0, "safe is a local part");
	back = jid_unescape(pool, (struct str){ out, (size_t)n });
	local = jid_escape(pool, str_from(back));
	require(local &&
			str_eq(str_from(local), (struct str){ out, (size_t)n }),
		"there and back");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct pool *pool = pool_new(NULL);

	check_part(jid_prepare_local, in, " \"&'/:<>@");
	check_part(jid_prepare_domain, in, " \"&'/<>@\\");
	check_part(jid_prepare_resource, in, "");
	check_address(pool, in);
	check_escapes(pool, in);
	pool_free(&pool);
	return 0;
}
