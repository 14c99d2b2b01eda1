/*
 * Where a domain is looked for, and how many at a time.  stox.md 8.1.
 */
#include "peer.h"

#include <stdio.h>

#define TLS "urn:ietf:params:xml:ns:xmpp-tls"

static void allow_dialback(struct fixture *f)
{
	f->partner.tls = XMPP_OFF;
	f->partner.sasl = XMPP_OFF;
	f->partner.dialback = true;
}

/* ---- _jabber._tcp -------------------------------------------------------- */

static void legacy(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "old.example";
	f->partner.legacy_srv = true;
	io_world_dns(f->world, "_jabber._tcp.old.example", IO_DNS_SRV,
		"10 5 5269 xmpp.example.org");
	fixture_start(f);
	send_message(f, "juliet@old.example", "x", 0, 1);
	wire_expect(wire_accepted(f, 1), " to='old.example'");
}

static void legacy_is_off(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "old.example";
	io_world_dns(f->world, "_jabber._tcp.old.example", IO_DNS_SRV,
		"10 5 5269 xmpp.example.org");
	fixture_start(f);
	send_message(f, "juliet@old.example", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"the DNS has no address for its server");
	assert_int_equal(f->accepted, 0);
}

/* Newer records win, also those that say no. */
static void legacy_comes_last(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "old.example";
	f->partner.legacy_srv = true;
	io_world_dns(f->world, "_jabber._tcp.old.example", IO_DNS_SRV,
		"10 5 5269 xmpp.example.org");
	io_world_dns(f->world, "_xmpp-server._tcp.old.example", IO_DNS_SRV,
		"0 0 0 .");
	fixture_start(f);
	send_message(f, "juliet@old.example", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"offers no XMPP service");
	assert_int_equal(f->accepted, 0);
}

/* Without any SRV record the domain itself is the host. */
static void fallback(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "bare.example";
	f->partner.legacy_srv = true;
	io_world_dns(f->world, "bare.example", IO_DNS_A, THEM);
	fixture_start(f);
	send_message(f, "juliet@bare.example", "x", 0, 1);
	wire_expect(wire_accepted(f, 1), " to='bare.example'");
}

/* With one there is no way round it. */
static void no_fallback(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "srv.example";
	io_world_dns(f->world, "_xmpp-server._tcp.srv.example", IO_DNS_SRV,
		"0 0 5299 xmpp.example.org");
	io_world_dns(f->world, "srv.example", IO_DNS_A, THEM);
	fixture_start(f);
	send_message(f, "juliet@srv.example", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "no TCP connection");
	assert_int_equal(f->accepted, 0);
}

static void direct_refused(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "srv.example";
	io_world_dns(f->world, "_xmpps-server._tcp.srv.example", IO_DNS_SRV,
		"0 0 0 .");
	io_world_dns(f->world, "_xmpp-server._tcp.srv.example", IO_DNS_SRV,
		"0 0 5269 xmpp.example.org");
	fixture_start(f);
	send_message(f, "juliet@srv.example", "x", 0, 1);
	wire_expect(wire_accepted(f, 1), " to='srv.example'");
}

/* ---- addresses ----------------------------------------------------------- */

static void address(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	f->partner.domain = THEM;
	allow_dialback(f);
	fixture_start(f);
	send_message(f, "juliet@" THEM, "x", 0, 1);
	w = wire_accepted(f, 1);
	wire_expect(w, " to='" THEM "'");
	wire_send(w, "<stream:stream " HEADER_NS " id='1' version='1.0'>"
		"<stream:features/>");
	wire_expect(w, "<db:result from='contoso.com' to='" THEM "'>");
	wire_send(w, "<db:result from='" THEM "' to='contoso.com' "
		"type='valid'/>");
	wire_expect(w, "<body>x</body>");
	send_message(f, "juliet@192.0.2.9", "x", 0, 2);
	expect_failed(f, 2, STOX_POLICY_VIOLATION, "not an allowed partner");
}

static void address6(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "[2001:db8::1]";
	allow_dialback(f);
	fixture_start(f);
	send_message(f, "juliet@[2001:db8::1]", "x", 0, 1);
	pass_ms(f, 70000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"[2001:db8::1] could not be reached: no TCP connection");
}

/* The DNS of a partner may not send us back to ourselves. */
static void ourselves(void **state)
{
	struct fixture *f = *state;

	f->partner.proxy = US; /* what is configured may be special */
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"could not be reached");
	assert_int_equal(f->accepted, 0);
	f->partner.proxy = NULL;
	f->partner.domain = "loop.example";
	io_world_dns(f->world, "_xmpp-server._tcp.loop.example", IO_DNS_SRV,
		"0 0 5269 loop.example");
	io_world_dns(f->world, "loop.example", IO_DNS_A, US);
	send_message(f, "juliet@loop.example", "x", 0, 2);
	expect_failed(f, 2, STOX_REMOTE_SERVER_TIMEOUT, "no TCP connection");
}

/* A digit at the end makes no address: special ones stay forbidden. */
static void ends_in_digit(void **state)
{
	struct fixture *f = *state;

	f->partner.domain = "chat.net1";
	io_world_dns(f->world, "chat.net1", IO_DNS_A, "127.0.0.1");
	fixture_start(f);
	send_message(f, "juliet@chat.net1", "x", 0, 1);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "no TCP connection");
	assert_true(logged(f, io_reason_text(IO_FORBIDDEN)));
}

/* Far behind a port forwarding it shows by the id of the stream. */
static void mirror(void **state)
{
	struct fixture *f = *state;
	struct wire *w, *mirrored;
	char id[64];

	f->other.domain = "other.example";
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	w = wire_accepted(f, 1);
	mirrored = wire_connect(f);
	wire_header(mirrored, "other.example", "contoso.com", NULL);
	wire_grab(mirrored, " id='", id, sizeof(id));
	wire_header(w, "example.org", "contoso.com", id);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND,
		"its address leads back to this server");
}

static void many_places(void **state)
{
	struct fixture *f = *state;
	char data[64];

	f->partner.domain = "many.example";
	for (unsigned i = 0; i < 70; i++) {
		snprintf(data, sizeof(data), "%u 0 %u xmpp.example.org", i,
			6000 + i);
		io_world_dns(f->world, "_xmpp-server._tcp.many.example",
			IO_DNS_SRV, data);
	}
	fixture_start(f);
	send_message(f, "juliet@many.example", "x", 0, 1);
	pass_ms(f, 61000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT, "no TCP connection");
	assert_true(f->limits.hits[LIMIT_SIP_CANDIDATES] > 0);
}

/* ---- how many at a time -------------------------------------------------- */

enum { PARTNERS = 500, AT_ONCE = 50 };

struct states {
	size_t waiting, set_up, ready;
};

static void count_state(void *arg, const struct xmpp_stream_info *info)
{
	struct states *s = arg;

	if (strcmp(info->direction, "out") != 0)
		return;
	if (strcmp(info->state, "waiting for its turn") == 0)
		s->waiting++;
	else if (strcmp(info->state, "ready") == 0)
		s->ready++;
	else
		s->set_up++;
}

static struct states states(struct fixture *f)
{
	struct states s = { 0 };

	xmpp_streams(f->x, false, count_state, &s);
	return s;
}

/* Let the other server go on by one element on every stream. */
static void answer_all(struct fixture *f)
{
	list_each(n, next, &f->wires) {
		struct wire *w = container_of(n, struct wire, node);
		char to[64];

		if (!w->io || w->at == w->in.len)
			continue;
		if (memmem(w->in.data + w->at, w->in.len - w->at,
			"<stream:stream ", 15)) {
			wire_grab(w, " to='", to, sizeof(to));
			w->at = w->in.len;
			wire_send(w, "<stream:stream " HEADER_NS
				" id='1' from='%s' to='contoso.com' "
				"version='1.0'><stream:features/>", to);
		} else if (memmem(w->in.data + w->at, w->in.len - w->at,
			"<db:result ", 11)) {
			wire_grab(w, " to='", to, sizeof(to));
			w->at = w->in.len;
			wire_send(w, "<db:result from='%s' to='contoso.com' "
				"type='valid'/>", to);
		}
	}
}

static void restart(void **state)
{
	struct fixture *f = *state;
	size_t sent = 0;
	char text[120];

	allow_dialback(f);
	f->everybody = &f->partner;
	fixture_start(f);
	for (unsigned i = 0; i < PARTNERS; i++) {
		snprintf(text, sizeof(text), "_xmpp-server._tcp.p%u.example",
			i);
		io_world_dns(f->world, text, IO_DNS_SRV,
			"0 0 5269 xmpp.example.org");
		snprintf(text, sizeof(text), "juliet@p%u.example", i);
		send_message(f, text, "x", 0, i + 1);
	}
	assert_int_equal(states(f).set_up, AT_ONCE);
	assert_int_equal(states(f).waiting, PARTNERS - AT_ONCE);
	for (unsigned i = 0; i < 2 * PARTNERS && sent < PARTNERS; i++) {
		step(f);
		assert_true(states(f).set_up <= AT_ONCE);
		answer_all(f);
		sent = states(f).ready;
	}
	assert_int_equal(sent, PARTNERS);
	for (unsigned i = 0; i < PARTNERS; i++)
		expect_result(f, i + 1, XMPP_WRITTEN);
	assert_int_equal(f->limits.hits[LIMIT_DNS_PENDING], 0);
	assert_int_equal(f->limits.hits[LIMIT_XMPP_OPENING],
		PARTNERS - AT_ONCE);
}

/* Turns pass on when streams fail, and when nobody wants one any more. */
static void dead_partners(void **state)
{
	struct fixture *f = *state;
	char text[120];

	f->everybody = &f->partner;
	f->limits.value[LIMIT_XMPP_OPENING] = 2;
	fixture_start(f);
	io_world_cut(f->world, US, THEM);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "_xmpp-server._tcp.p%u.example",
			i);
		io_world_dns(f->world, text, IO_DNS_SRV,
			"0 0 5269 xmpp.example.org");
		snprintf(text, sizeof(text), "juliet@p%u.example", i);
		send_message(f, text, "x", 0, i + 1);
	}
	pass_ms(f, 100000);
	io_world_heal(f->world);
	for (unsigned i = 0; i < 40; i++)
		expect_result(f, i + 1, XMPP_FAILED);
	pass_ms(f, 100000);
	assert_int_equal(states(f).waiting + states(f).set_up, 0);
}

static void stopped_while_waiting(void **state)
{
	struct fixture *f = *state;

	f->everybody = &f->partner;
	f->limits.value[LIMIT_XMPP_OPENING] = 1;
	fixture_start(f);
	send_message(f, "juliet@example.org", "x", 0, 1);
	send_message(f, "juliet@other.example", "x", 0, 2);
	assert_int_equal(states(f).waiting, 1);
	f->everybody = NULL;
	xmpp_configure(f->x, &f->config);
	expect_failed(f, 2, STOX_POLICY_VIOLATION, "has changed");
	assert_int_equal(states(f).waiting, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(legacy),
		PEER_TEST(legacy_is_off),
		PEER_TEST(legacy_comes_last),
		PEER_TEST(fallback),
		PEER_TEST(no_fallback),
		PEER_TEST(direct_refused),
		PEER_TEST(address),
		PEER_TEST(address6),
		PEER_TEST(ourselves),
		PEER_TEST(ends_in_digit),
		PEER_TEST(mirror),
		PEER_TEST(many_places),
		PEER_TEST(dead_partners),
		PEER_TEST(stopped_while_waiting),
		{ "restart", restart, peer_setup, peer_teardown, NULL },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
