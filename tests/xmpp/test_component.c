#include "peer.h"

#include <stdio.h>

#define ERROR_NS "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"

static void start(struct fixture *f)
{
	f->locals[0].component_host = THEM;
	f->locals[0].component_port = 5269; /* where the peer listens */
	f->locals[0].component_secret = "s3cr3t";
	fixture_start(f);
}

static struct wire *header(struct fixture *f, size_t n)
{
	struct wire *w = wire_accepted(f, n);

	wire_expect(w, "<stream:stream xmlns='jabber:component:accept' "
		"xmlns:stream='http://etherx.jabber.org/streams' "
		"to='contoso.com'>");
	wire_send(w, "<?xml version='1.0'?><stream:stream "
		"xmlns='jabber:component:accept' "
		"xmlns:stream='http://etherx.jabber.org/streams' "
		"from='contoso.com' id='3BF96D32'>");
	/* SHA-1 of "3BF96D32s3cr3t" */
	wire_expect(w, "<handshake>"
		"ba33290100f616a33656a931798d6c9011cfa840</handshake>");
	return w;
}

static struct wire *connected(struct fixture *f, size_t n)
{
	struct wire *w = header(f, n);

	wire_send(w, "<handshake/>");
	return w;
}

static void refuse(struct wire *w, const char *condition)
{
	wire_send(w, "<stream:error><%s " ERROR_NS "/></stream:error>"
		"</stream:stream>", condition);
	wire_expect_closed(w);
}

static void find(void *arg, const struct xmpp_stream_info *info)
{
	if (!info->failed && strcmp(info->direction, "component") == 0)
		snprintf(arg, 200, "%s/%s/%s/%s", info->local, info->remote,
			info->state, info->auth);
}

static void works(void **state)
{
	struct fixture *f = *state;
	struct wire *w;
	char info[200] = "";

	start(f);
	send_message(f, "juliet@anywhere.example", "early", 0, 1);
	w = connected(f, 1);
	wire_expect(w, "<message from='romeo@contoso.com' "
		"to='juliet@anywhere.example'><body>early</body></message>");
	expect_result(f, 1, XMPP_WRITTEN);
	xmpp_streams(f->x, false, find, info);
	assert_string_equal(info, "contoso.com/192.0.2.2/ready/secret");
	wire_send(w, "<message from='juliet@anywhere.example/x' "
		"to='romeo@contoso.com'><body>hi</body></message>");
	assert_int_equal(f->stanza_count, 1);
	assert_non_null(memmem(f->stanzas.data, f->stanzas.len,
		"<message from='juliet@anywhere.example/x' "
		"to='romeo@contoso.com'><body>hi</body></message>", 88));
	assert_string_equal(f->local_domain, "contoso.com");
	assert_false(logged(f, "s3cr3t"));
}

static void wrong_secret(void **state)
{
	static const struct {
		const char *condition, *advice;
	} cases[] = {
		{ "not-authorized", "the secret is wrong" },
		{ "conflict", "another program is connected" },
		{ "host-unknown", "add it to that server's configuration" },
	};
	struct fixture *f = *state;

	start(f);
	for (size_t i = 0; i < 3; i++) {
		refuse(header(f, i + 1), cases[i].condition);
		assert_true(logged(f, "error xmpp component-down"));
		assert_true(logged(f, cases[i].advice));
		expect_failed_stream(f, cases[i].condition);
		assert_int_equal(f->accepted, i + 1);
		pass_ms(f, 1000 << i);
	}
	send_message(f, "juliet@anywhere.example", "x", 0, 1);
	connected(f, 4);
	expect_result(f, 1, XMPP_WRITTEN);
	assert_false(logged(f, "s3cr3t"));
}

static void never_accepted(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	start(f);
	w = header(f, 1);
	wire_send(w, "<message from='juliet@anywhere.example' "
		"to='romeo@contoso.com'/>");
	assert_int_equal(f->stanza_count, 0);
	pass_ms(f, 61000);
	expect_failed_stream(f, "waiting for the server to accept the secret");
}

static void comes_back(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	start(f);
	w = connected(f, 1);
	wire_abort(w);
	assert_true(logged(f, "warn xmpp component-down"));
	assert_string_equal(f->links, "contoso.com> up;contoso.com> broken;");
	f->links[0] = '\0';
	pass_ms(f, 1000);
	w = connected(f, 2);
	wire_send(w, "</stream:stream>");
	wire_expect(w, "</stream:stream>");
	pass_ms(f, 1000);
	refuse(header(f, 3), "conflict");
	pass_ms(f, 2000);
	w = connected(f, 4);
	assert_string_equal(f->links, "contoso.com> up;contoso.com> broken;"
		"contoso.com> failed;contoso.com> up;");
	send_message(f, "juliet@anywhere.example", "x", 0, 1);
	wire_expect(w, "<body>x</body>");
	/* it does not close when idle, but sends white space */
	pass_ms(f, 3600000);
	assert_false(w->closed);
	wire_expect(w, "        ");
	wire_expect_not(w, "<");
}

/* Longer and longer, never longer than half a minute, for ever. */
static void back_off(void **state)
{
	struct fixture *f = *state;
	size_t before;

	start(f);
	io_listener_close(&f->listener);
	io_world_cut(f->world, US, THEM);
	for (int i = 0; i < 20; i++)
		pass_ms(f, 200000);
	io_world_heal(f->world);
	{
		struct buf why;
		before = f->accepted;

		buf_init(&why, 1000, NULL);
		fixture_listen(f, &why);
		buf_free(&why);
	}
	pass_ms(f, 30000);
	assert_int_equal(f->accepted, before + 1);
}

/* What waits shortens the wait, and does not wait for ever. */
static void waiting(void **state)
{
	struct fixture *f = *state;

	start(f);
	io_world_cut(f->world, US, THEM);
	for (int i = 0; i < 20; i++)
		pass_ms(f, 100000);
	send_message(f, "juliet@anywhere.example", "x", 0, 1);
	pass_ms(f, 89000);
	assert_null(result_of(f, 1));
	pass_ms(f, 2000);
	expect_failed(f, 1, STOX_REMOTE_SERVER_TIMEOUT,
		"There was no connection to the XMPP server behind contoso.com "
		"within 90 seconds.");
	io_world_heal(f->world);
	send_message(f, "juliet@anywhere.example", "y", 0, 2);
	pass_ms(f, 20000);
	connected(f, f->accepted);
	expect_result(f, 2, XMPP_WRITTEN);
}

static void caps(void **state)
{
	struct fixture *f = *state;

	f->limits.value[LIMIT_XMPP_QUEUE] = 2;
	start(f);
	for (uint64_t i = 1; i <= 3; i++)
		send_message(f, "juliet@anywhere.example", "x", 0, i);
	expect_failed(f, 3, STOX_RESOURCE_CONSTRAINT, "the XMPP server behind");
	assert_false(xmpp_cancel(f->x, 2));
	connected(f, 1);
	expect_result(f, 1, XMPP_WRITTEN);
	assert_null(result_of(f, 2));
}

/* The host vouches for others, not for us. */
static void addresses(void **state)
{
	static const char *const bad[] = {
		"from='romeo@contoso.com' to='romeo@contoso.com'",
		"from='romeo@tailspin.example' to='romeo@contoso.com'",
		"from='juliet@example.org' to='romeo@tailspin.example'",
		"from='juliet@example.org' to='romeo@nowhere.example'",
		"to='romeo@contoso.com'",
		"from='juliet@example.org'",
		"from='@' to='romeo@contoso.com'",
	};
	struct fixture *f = *state;
	struct wire *w;

	start(f);
	w = connected(f, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		wire_send(w, "<message %s><body>x</body></message>", bad[i]);
	assert_int_equal(f->stanza_count, 0);
	assert_true(logged(f, "stanza-dropped"));
	wire_send(w, "<message id='1' from='juliet@example.org' "
		"to='@contoso.com'><body>x</body></message>");
	wire_expect(w, "<jid-malformed");
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	assert_int_equal(f->stanza_count, 1);
}

/* A stream of tailspin.example, which is attached to @host and @port. */
static struct wire *second(struct fixture *f, const char *host, uint16_t port)
{
	struct wire *w;

	f->locals[1].component_host = host;
	f->locals[1].component_port = port;
	f->locals[1].component_secret = "an0ther";
	start(f);
	step(f);
	list_each(n, next, &f->wires) {
		w = container_of(n, struct wire, node);
		wire_send(w, "<stream:stream xmlns='jabber:component:accept' "
			"xmlns:stream='http://etherx.jabber.org/streams' "
			"id='1'><handshake/>");
	}
	return container_of(f->wires.next, struct wire, node);
}

static void to_tailspin(struct wire *w)
{
	wire_send(w, "<iq type='get' id='1' from='juliet@example.org' "
		"to='romeo@tailspin.example'><query xmlns='x'/></iq>");
}

/* ejabberd without "global_routes: false" takes any stream for any domain. */
static void shared(void **state)
{
	struct fixture *f = *state;
	struct wire *first = second(f, THEM, 5269), *other;

	assert_int_equal(f->accepted, 2);
	wire_expect(first, " to='contoso.com'>");
	other = container_of(f->wires.prev, struct wire, node);
	wire_expect(other, " to='tailspin.example'>");
	to_tailspin(first);
	assert_int_equal(f->stanza_count, 1);
	assert_string_equal(f->local_domain, "tailspin.example");
	wire_send(other, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'/>");
	assert_int_equal(f->stanza_count, 2);
	assert_string_equal(f->local_domain, "contoso.com");
	/* neither from ourselves nor to strangers */
	wire_send(first, "<message from='a@tailspin.example' "
		"to='romeo@contoso.com'/>");
	wire_send(first, "<message from='juliet@example.org' "
		"to='romeo@nowhere.example'/>");
	assert_int_equal(f->stanza_count, 2);
	assert_true(logged(f, "no domain that is attached to this server"));
	/* a domain that has moved away is nobody's business here */
	f->locals[1].component_port = 5300;
	xmpp_configure(f->x, &f->config);
	to_tailspin(first);
	assert_int_equal(f->stanza_count, 2);
}

/* Another port is another server. */
static void other_server(void **state)
{
	struct fixture *f = *state;

	to_tailspin(second(f, THEM, 5300));
	assert_int_equal(f->stanza_count, 0);
}

static void other_host(void **state)
{
	struct fixture *f = *state;

	to_tailspin(second(f, "192.0.2.3", 5269));
	assert_int_equal(f->stanza_count, 0);
}

static void namespaces(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	start(f);
	w = connected(f, 1);
	wire_send(w, "<message from='juliet@example.org' "
		"to='romeo@contoso.com'><body>x</body>"
		"<forwarded xmlns='urn:xmpp:forward:0'><message "
		"xmlns='jabber:component:accept'/></forwarded></message>");
	assert_non_null(memmem(f->stanzas.data, f->stanzas.len,
		"<message xmlns='jabber:server'/></forwarded>", 44));
	wire_send(w, "<message xmlns='jabber:client' "
		"from='nurse@example.org' to='romeo@contoso.com'>"
		"<body>y</body></message>");
	assert_non_null(memmem(f->stanzas.data, f->stanzas.len,
		"<message from='nurse@example.org' "
		"to='romeo@contoso.com'><body>y</body></message>", 80));
	wire_send(w, "<message xmlns='jabber:server' from='a@example.org' "
		"to='romeo@contoso.com'/>");
	wire_expect(w, "<unsupported-stanza-type ");
	wire_expect_closed(w);
}

static void held(void **state)
{
	struct fixture *f = *state;
	struct wire *w;
	char id[64];

	start(f);
	w = connected(f, 1);
	send_message(f, "juliet@example.org", "x", XMPP_SEND_HOLD, 1);
	send_message(f, "juliet@other.example", "x", XMPP_SEND_HOLD, 2);
	wire_expect(w, "</message>");
	wire_expect(w, "</message>");
	wire_grab(w, "<iq type='get' from='contoso.com' to='example.org' id='",
		id, sizeof(id));
	wire_expect(w, "to='other.example' id='");
	assert_null(result_of(f, 1));
	wire_send(w, "<iq type='result' from='example.org' to='contoso.com' "
		"id='%s'/>", id);
	expect_result(f, 1, XMPP_CONFIRMED);
	assert_null(result_of(f, 2));
	wire_abort(w);
	expect_result(f, 2, XMPP_LOST);
}

static void reconfigure(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	start(f);
	w = connected(f, 1);
	xmpp_configure(f->x, &f->config);
	send_message(f, "juliet@anywhere.example", "x", 0, 1);
	wire_expect(w, "<body>x</body>");
	/* another secret: a new connection */
	f->locals[0].component_secret = "other";
	xmpp_configure(f->x, &f->config);
	wire_expect(w, "</stream:stream>");
	assert_int_equal(f->accepted, 2);
	send_message(f, "juliet@anywhere.example", "y", 0, 2);
	/* no component any more */
	f->locals[0].component_host = NULL;
	xmpp_configure(f->x, &f->config);
	expect_failed(f, 2, STOX_REMOTE_SERVER_NOT_FOUND,
		"is no component any more");
	pass_ms(f, 400000);
	assert_int_equal(f->accepted, 2);
}

static void on_down(void *arg)
{
	((struct fixture *)arg)->down = true;
}

static void shutting_down(void **state)
{
	struct fixture *f = *state;
	struct wire *w;

	start(f);
	w = connected(f, 1);
	xmpp_shutdown(f->x, on_down, f);
	wire_expect(w, "<system-shutdown ");
	wire_expect_closed(w);
	pass_ms(f, 400000);
	assert_true(f->down);
	assert_int_equal(f->accepted, 1);
}

/* Nothing that waits is forgotten. */
static void shut_down_waiting(void **state)
{
	struct fixture *f = *state;

	start(f);
	io_world_cut(f->world, US, THEM);
	pass_ms(f, 60000);
	send_message(f, "juliet@anywhere.example", "x", 0, 1);
	xmpp_shutdown(f->x, on_down, f);
	xmpp_configure(f->x, &f->config);
	expect_failed(f, 1, STOX_REMOTE_SERVER_NOT_FOUND, "shutting down");
	pass_ms(f, 10);
	assert_true(f->down);
	io_world_heal(f->world);
	pass_ms(f, 400000);
	assert_int_equal(f->accepted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(works),
		PEER_TEST(wrong_secret),
		PEER_TEST(never_accepted),
		PEER_TEST(comes_back),
		PEER_TEST(back_off),
		PEER_TEST(waiting),
		PEER_TEST(caps),
		PEER_TEST(addresses),
		PEER_TEST(shared),
		PEER_TEST(other_server),
		PEER_TEST(other_host),
		PEER_TEST(namespaces),
		PEER_TEST(held),
		PEER_TEST(reconfigure),
		PEER_TEST(shutting_down),
		PEER_TEST(shut_down_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
