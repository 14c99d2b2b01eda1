/*
 * Chains that are not verified twice: only the same bytes, only while every
 * certificate lasts, only under the same anchors and revocation lists.
 */
#include "ends.h"
#include "io/tls.h"
#include "set.h"

#include <stdio.h>
#include <string.h>

static gnutls_datum_t datum(const char *text)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)text,
		(unsigned)strlen(text) };
}

static bool same(const gnutls_datum_t *a, unsigned a_len,
	const gnutls_datum_t *b, unsigned b_len)
{
	uint8_t one[32], other[32];

	io_proven_digest(a, a_len, one);
	io_proven_digest(b, b_len, other);
	return memcmp(one, other, sizeof(one)) == 0;
}

static void test_digest(void **state)
{
	const gnutls_datum_t chain[] = { datum("leaf"), datum("middle") };
	const gnutls_datum_t swapped[] = { datum("middle"), datum("leaf") };
	const gnutls_datum_t cut[] = { datum("leafm"), datum("iddle") };
	const gnutls_datum_t changed[] = { datum("leaf"), datum("middlE") };

	(void)state;
	assert_true(same(chain, 2, chain, 2));
	assert_false(same(chain, 2, chain, 1));
	assert_false(same(chain, 2, swapped, 2));
	assert_false(same(chain, 2, cut, 2));
	assert_false(same(chain, 2, changed, 2));
}

static void test_time(void **state)
{
	struct io_proven proven = { 0 };
	struct io_trust trust = { .proven = &proven };
	uint8_t digest[32] = { 7, 1 }, namesake[32] = { 7, 2 }, none[32] = { 0 };

	(void)state;
	assert_false(io_proven_is(&trust, none, 1000));
	io_proven_add(&trust, digest, 1000, 2000);
	assert_true(io_proven_is(&trust, digest, 1000));
	assert_true(io_proven_is(&trust, digest, 2000));
	assert_false(io_proven_is(&trust, digest, 2001));
	assert_false(io_proven_is(&trust, digest, 999)); /* set back */
	assert_false(io_proven_is(&trust, namesake, 1000));
	io_proven_add(&trust, namesake, 1000, 2000);
	assert_true(io_proven_is(&trust, namesake, 1000));
	assert_false(io_proven_is(&trust, digest, 1000));
}

static void meet(struct set *s, bool trusted)
{
	struct ends *e = ends_new("127.0.0.1", &s->server);

	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	assert_int_equal(e->b.identity.trusted, trusted);
	assert_int_equal(e->a.identity.trusted, trusted);
	ends_free(e);
}

/* How many chains are held, all of them until @until. */
static unsigned held(const struct set *s, time_t until)
{
	const struct io_proven *p = s->credentials->trust->proven;
	unsigned count = 0;

	for (size_t i = 0; i < 256; i++) {
		if (p->chains[i].until_s == 0)
			continue;
		assert_int_equal(p->chains[i].until_s, until);
		count++;
	}
	return count;
}

/* The end of what lasts shortest, here the one in the middle, is the end. */
static void test_sessions(void **state)
{
	static const char *const sans[] = { "dns:mine.example", NULL };
	static const char *const gone[] = { "mine", NULL };
	time_t end = time(NULL) + 5000;
	struct set *s = set_new(&(struct pki_spec){ .name = "middle",
		.is_ca = true, .to = end });
	char list[160];

	(void)state;
	pki_make(&s->pki, &(struct pki_spec){ .name = "mine", .sans = sans,
				  .chain = "middle" });
	set_reload(s, NULL);
	s->client.local_name = s->server.local_name = "mine";
	s->server.insist = true;
	assert_int_equal(held(s, end), 0);
	meet(s, true);
	assert_int_equal(held(s, end), 1);
	meet(s, true);
	assert_int_equal(held(s, end), 1);
	/* revoked meanwhile: what was held is forgotten with the old list */
	pki_revoke(&s->pki, &(struct pki_list){ .file = "list.pem",
				    .chain = "middle", .gone = gone });
	snprintf(list, sizeof(list), "%s/list.pem", s->pki.dir);
	set_reload(s, list);
	meet(s, false);
	assert_int_equal(held(s, end), 0);
	meet(s, false);
	set_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
