/*
 * DANE on streams, both ways: what TLSA records prove, and what they forbid.
 */
#include "peer.h"

#include <stdio.h>

#define TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define EXTERNAL "<mechanism>EXTERNAL</mechanism>"
#define OTHER \
	"3 1 1 0000000000000000000000000000000000000000000000000000000000000000"

/* A zone with one record: of the certificate, or of some other. */
static void sign(struct fixture *f, const char *names, bool right)
{
	const char *all[] = { names, "dns:shown.example", NULL };
	char fingerprint[65], data[80];

	io_mem_fingerprint(all, fingerprint);
	snprintf(data, sizeof(data), "3 1 1 %s", fingerprint);
	io_world_dns_secure(f->world, "example.org", false);
	io_world_dns(f->world, "_5269._tcp.xmpp.example.org", IO_DNS_TLSA,
		right ? data : OTHER);
}

static void start(struct fixture *f, const char *names, bool trusted)
{
	f->partner.dane = true;
	f->their_name = "shown.example";
	fixture_certificates(f, "dns:contoso.com", names, trusted);
	fixture_start(f);
}

/* ---- in ------------------------------------------------------------------ */

static void in_match(struct fixture *f, const char *names, bool trusted)
{
	start(f, names, trusted);
	sign(f, names, true);
	wire_expect(in_tls(f), EXTERNAL);
}

static void in_self_signed(void **state)
{
	in_match(*state, "dns:example.org", false);
}

static void in_any_name(void **state)
{
	in_match(*state, "dns:other.example", true);
}

static void in_refused(struct fixture *f)
{
	struct wire *w = in_tls(f);

	wire_expect_not(w, EXTERNAL);
	wire_expect(w, "<not-authorized ");
	wire_expect(w, "fails DANE");
	wire_expect_closed(w);
	assert_true(logged(f, "step=dane"));
}

static void in_mismatch(void **state)
{
	struct fixture *f = *state;

	start(f, "dns:example.org", true);
	sign(f, "dns:example.org", false);
	in_refused(f);
}

static void in_bogus(void **state)
{
	struct fixture *f = *state;

	start(f, "dns:example.org", true);
	io_world_dns_secure(f->world, "example.org", true);
	in_refused(f);
}

static void in_too_many(void **state)
{
	struct fixture *f = *state;

	start(f, "dns:example.org", true);
	f->limits.value[LIMIT_DANE_PENDING] = 0;
	in_refused(f);
	assert_int_equal(f->limits.hits[LIMIT_DANE_PENDING], 1);
}

/* Not signed, or not wanted: the certificate alone. */
static void in_without(void **state)
{
	struct fixture *f = *state;

	start(f, "dns:example.org", true);
	io_world_dns(f->world, "_5269._tcp.xmpp.example.org", IO_DNS_TLSA,
		OTHER);
	wire_expect(in_tls(f), EXTERNAL);
	io_world_dns_secure(f->world, "example.org", false);
	f->partner.dane = false;
	wire_expect(in_tls(f), EXTERNAL);
}

/* ---- out ----------------------------------------------------------------- */

static void out_self_signed(void **state)
{
	struct fixture *f = *state;

	start(f, "dns:other.example", false);
	sign(f, "dns:other.example", true);
	send_message(f, "juliet@example.org", "hello", 0, 1);
	out_external(f, 1);
	expect_result(f, 1, XMPP_WRITTEN);
}

static void out_mismatch(void **state)
{
	struct fixture *f = *state;

	start(f, "dns:example.org", true);
	f->partner.dialback = true; /* which does not help */
	sign(f, "dns:example.org", false);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	out_features(wire_accepted(f, 1), "<starttls xmlns='" TLS "'/>");
	wire_expect(wire_accepted(f, 1), "<starttls");
	wire_proceed(wire_accepted(f, 1));
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "fails DANE");
	assert_true(logged(f, "step=dane"));
}

static void out_bogus(void **state)
{
	struct fixture *f = *state;

	start(f, "dns:example.org", true);
	io_world_dns_secure(f->world, "example.org", false);
	io_world_dns_secure(f->world, "xmpp.example.org", true);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	step(f);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "could not be had");
	assert_int_equal(f->accepted, 0);
}

/* Where there are records there is TLS: to take it away is an attack. */
static void out_stripped(void **state)
{
	struct fixture *f = *state;

	f->partner.tls = XMPP_OPTIONAL;
	f->partner.dialback = true;
	start(f, "dns:example.org", true);
	sign(f, "dns:example.org", true);
	send_message(f, "juliet@example.org", "secret", 0, 1);
	out_features(wire_accepted(f, 1), "");
	step(f);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "offers no TLS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(in_self_signed),
		PEER_TEST(in_any_name),
		PEER_TEST(in_mismatch),
		PEER_TEST(in_bogus),
		PEER_TEST(in_too_many),
		PEER_TEST(in_without),
		PEER_TEST(out_self_signed),
		PEER_TEST(out_mismatch),
		PEER_TEST(out_bogus),
		PEER_TEST(out_stripped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
