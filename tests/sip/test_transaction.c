/*
 * test_transaction.c: server transactions: every state, every timer.
 * RFC 3261, 17.2 and 9.2; RFC 4320; RFC 6026.
 */
#include "scene.h"

#include <stdio.h>

static const char *const from = "sip:romeo@contoso.com";
static const char *const uri = "sip:juliet@example.org";
static const char *const both[] = { "MESSAGE", "INVITE", NULL };

static int set_up(void **state)
{
	*state = scene_new();
	return 0;
}

static int tear_down(void **state)
{
	scene_free(*state);
	return 0;
}

static struct end *call(struct scene *s)
{
	return machine_call(scene_front_end(s, 1), 5061);
}

static const char *message(struct scene *s, const char *branch)
{
	return scene_request(s, "MESSAGE", uri, from, branch,
		"Content-Type: text/plain\r\n", "hello");
}

static void take_invites(struct scene *s)
{
	const struct sip_partner *const partners[] = { &scene_contoso, NULL };

	s->config.methods = both;
	scene_configure(s, partners);
}

static void a_request_goes_up_and_its_answer_back(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	assert_int_equal(1, s->request_count);
	assert_string_equal("MESSAGE", s->requests[0].method);
	assert_string_equal("hello", s->requests[0].body);
	assert_string_equal("contoso.com", s->requests[0].partner);
	assert_string_equal("", end_text(e));
	assert_int_equal(0, sip_respond(s->sip, s->requests[0].transaction, 202,
		NULL, (const char *const[]){ "X-Info", "yes", NULL }));
	scene_step(s);
	assert_int_equal(202, end_status(e));
	assert_string_equal("SIP/2.0/TLS fe1.contoso.com;branch=z9hG4bK1;"
		"received=192.0.2.11", end_header(e, "Via"));
	assert_string_equal("<sip:romeo@contoso.com>;tag=from1",
		end_header(e, "From"));
	assert_string_equal("call-z9hG4bK1", end_header(e, "Call-ID"));
	assert_string_equal("1 MESSAGE", end_header(e, "CSeq"));
	assert_string_equal("yes", end_header(e, "X-Info"));
	assert_string_equal("0", end_header(e, "Content-Length"));
	assert_non_null(strstr(end_header(e, "To"),
		"<sip:juliet@example.org>;tag=n1-"));
}

static void a_second_answer_is_gone(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	assert_int_equal(0, sip_respond(s->sip, s->requests[0].transaction, 200,
		NULL, NULL));
	assert_int_equal(-STOX_EGONE, sip_respond(s->sip,
		s->requests[0].transaction, 200, NULL, NULL));
	assert_int_equal(-STOX_EGONE, sip_respond(s->sip, 0, 200, NULL, NULL));
	scene_step(s);
	assert_int_equal(1, end_count(e, "SIP/2.0 200"));
}

static void an_answer_may_come_inside_the_callback(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	s->answer_at_once = 200;
	for (unsigned i = 0; i < 20; i++) {
		char branch[32];

		snprintf(branch, sizeof branch, "z9hG4bK-%u", i);
		end_send(e, message(s, branch));
	}
	assert_int_equal(20, end_count(e, "SIP/2.0 200"));
	assert_int_equal(20, s->request_count);
}

static void trying_absorbs_then_100_is_repeated(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	end_send(e, message(s, "z9hG4bK1"));
	scene_advance(s, 3499);
	assert_string_equal("", end_text(e));
	scene_advance(s, 1);
	assert_int_equal(100, end_status(e));
	assert_string_equal("<sip:juliet@example.org>", end_header(e, "To"));
	end_send(e, message(s, "z9hG4bK1"));
	assert_int_equal(2, end_count(e, "SIP/2.0 100"));
	assert_int_equal(1, s->request_count);
	sip_respond(s->sip, s->requests[0].transaction, 200, NULL, NULL);
	scene_step(s);
	assert_int_equal(1, end_count(e, "SIP/2.0 200"));
}

static void an_unanswered_request_gets_504(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	scene_advance(s, 20999);
	assert_int_equal(0, end_count(e, "SIP/2.0 504"));
	assert_int_equal(0, s->limits.hits[LIMIT_EXCHANGE_S2X]);
	scene_advance(s, 1);
	assert_int_equal(1, end_count(e, "SIP/2.0 504"));
	assert_int_equal(1, s->limits.hits[LIMIT_EXCHANGE_S2X]);
	/* the core may still read it */
	end_send(e, message(s, "z9hG4bK2"));
	assert_true(str_is(s->requests[0].message->call_id, "call-z9hG4bK1"));
	assert_int_equal(-STOX_EGONE, sip_respond(s->sip,
		s->requests[0].transaction, 200, NULL, NULL));
}

static void other_branches_methods_and_sent_by_are_other_requests(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	s->answer_at_once = 0;
	end_send(e, message(s, "z9hG4bK1"));
	end_send(e, message(s, "z9hG4bK2"));
	/* the same branch, another sent-by and Call-ID */
	end_send(e, "MESSAGE sip:juliet@example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe9.contoso.com;branch=z9hG4bK1\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=x\r\n"
		"To: <sip:juliet@example.org>\r\nCall-ID: other\r\n"
		"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(3, s->request_count);
	/* the same branch, another method: the pending one is not touched */
	end_send(e, scene_request(s, "BYE", uri, from, "z9hG4bK1", NULL, NULL));
	assert_int_equal(481, end_status(e));
	assert_int_equal(0, sip_respond(s->sip, s->requests[0].transaction, 200,
		NULL, NULL));
}

static void sent_by_ignores_case(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	end_send(e, "MESSAGE sip:juliet@example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS FE1.Contoso.COM;branch=z9hG4bK1\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=from1\r\n"
		"To: <sip:juliet@example.org>\r\nCall-ID: call-z9hG4bK1\r\n"
		"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(1, s->request_count);
	assert_string_equal("", end_text(e));
}

/* Without the cookie the fields of RFC 2543 tell requests apart. */
static void branches_without_cookie_match_by_the_old_rules(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	for (unsigned i = 0; i < 2; i++) {
		end_send(e, message(s, "1"));
		assert_int_equal(1, s->request_count);
	}
	end_send(e, "MESSAGE sip:juliet@example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe1.contoso.com;branch=1\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=from1\r\n"
		"To: <sip:juliet@example.org>\r\nCall-ID: call-1\r\n"
		"CSeq: 2 MESSAGE\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(2, s->request_count);
}

static void merged_requests_get_482(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);
	const char *copy = "MESSAGE sip:juliet@example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS other.contoso.com;branch=z9hG4bKother\r\n"
		"Max-Forwards: 69\r\nFrom: <sip:romeo@contoso.com>;tag=from1\r\n"
		"To: <sip:juliet@example.org>\r\nCall-ID: call-z9hG4bK1\r\n"
		"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n";

	end_send(e, message(s, "z9hG4bK1"));
	end_send(e, copy);
	assert_int_equal(482, end_status(e));
	assert_int_equal(1, s->request_count);
	/* once the first has ended it is a new request */
	sip_respond(s->sip, s->requests[0].transaction, 200, NULL, NULL);
	end_send(e, copy);
	assert_int_equal(2, s->request_count);
}

/* Ruling 8: the same connection, else another proven one of the partner. */
static void answers_find_another_connection(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *first = machine_call(m, 5061), *second;
	struct machine *stranger = scene_machine(s, "192.0.2.99",
		(const char *const[]){ "dns:evil.example", NULL }, true);
	struct end *other = machine_call(stranger, 5061);

	end_send(first, message(s, "z9hG4bK1"));
	end_close(first);
	second = machine_call(m, 5061);
	sip_respond(s->sip, s->requests[0].transaction, 200, NULL, NULL);
	scene_step(s);
	assert_int_equal(200, end_status(second));
	assert_string_equal("SIP/2.0/TLS fe1.contoso.com;branch=z9hG4bK1",
		end_header(second, "Via"));
	assert_string_equal("", end_text(other));
}

static void without_connection_an_answer_is_dropped(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = machine_call(m, 5061);

	end_send(e, message(s, "z9hG4bK1"));
	end_close(e);
	assert_int_equal(0, sip_respond(s->sip, s->requests[0].transaction, 200,
		NULL, NULL));
	scene_step(s);
	/* in particular nothing goes to the address in Via */
	assert_int_equal(0, m->count);
}

/* The peer's second try is not a loop when its first lost the connection. */
static void a_retry_over_a_new_connection_goes_up(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = machine_call(m, 5061);

	end_send(e, message(s, "z9hG4bK1"));
	end_close(e);
	e = machine_call(m, 5061);
	end_send(e, "MESSAGE sip:juliet@example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe1.contoso.com;branch=z9hG4bKretry\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=from1\r\n"
		"To: <sip:juliet@example.org>\r\nCall-ID: call-z9hG4bK1\r\n"
		"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(2, s->request_count);
	sip_respond(s->sip, s->requests[1].transaction, 200, NULL, NULL);
	scene_step(s);
	assert_int_equal(1, end_count(e, "SIP/2.0 200"));
	/* the first still ends by itself */
	scene_advance(s, 21000);
	assert_int_equal(-STOX_EGONE, sip_respond(s->sip,
		s->requests[0].transaction, 200, NULL, NULL));
}

/* ---- INVITE ---- */

static const char *ack(struct scene *s, const char *branch)
{
	return scene_request(s, "ACK", uri, from, branch, NULL, NULL);
}

static void an_invite_is_refused_until_ack(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);
	const char *invite = scene_request(s, "INVITE", uri, from, "z9hG4bKi",
		NULL, NULL);

	end_send(e, invite);
	assert_int_equal(405, end_status(e));
	assert_string_equal("MESSAGE, OPTIONS, CANCEL, ACK",
		end_header(e, "Allow"));
	assert_int_equal(0, s->request_count);
	/* completed: a copy gets the same answer, tag and all */
	{
		char to[512];

		snprintf(to, sizeof to, "%s", end_header(e, "To"));
		end_clear(e);
		end_send(e, invite);
		assert_int_equal(405, end_status(e));
		assert_string_equal(to, end_header(e, "To"));
	}
	end_clear(e);
	end_send(e, ack(s, "z9hG4bKi"));
	end_send(e, ack(s, "z9hG4bKi"));
	assert_string_equal("", end_text(e));
	/* gone: a copy is a new one, with another tag */
	end_send(e, invite);
	assert_int_equal(405, end_status(e));
}

static void timer_h_ends_an_invite_without_ack(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);
	const char *invite = scene_request(s, "INVITE", uri, from, "z9hG4bKi",
		NULL, NULL);
	char to[512];

	end_send(e, invite);
	snprintf(to, sizeof to, "%s", end_header(e, "To"));
	scene_advance(s, 31999);
	end_clear(e);
	end_send(e, invite);
	assert_string_equal(to, end_header(e, "To"));
	scene_advance(s, 1);
	end_clear(e);
	end_send(e, invite);
	assert_int_equal(405, end_status(e));
	assert_string_not_equal(to, end_header(e, "To"));
}

static void an_accepted_invite_gets_100_then_2xx_then_timer_l(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);
	const char *invite = scene_request(s, "INVITE", uri, from, "z9hG4bKi",
		"Record-Route: <sip:a;lr>\r\nTimestamp: 7\r\n"
		"Record-Route: <sip:b;lr>\r\n", NULL);

	take_invites(s);
	end_send(e, invite);
	assert_int_equal(1, s->request_count);
	scene_advance(s, 199);
	assert_string_equal("", end_text(e));
	scene_advance(s, 1);
	assert_int_equal(100, end_status(e));
	assert_string_equal("7", end_header(e, "Timestamp"));
	sip_respond(s->sip, s->requests[0].transaction, 180, NULL, NULL);
	end_clear(e);
	end_send(e, invite);
	assert_int_equal(2, end_count(e, "SIP/2.0 180"));
	assert_int_equal(4, end_count(e, "Record-Route: "));
	end_clear(e);
	assert_int_equal(0, sip_respond_full(s->sip,
		s->requests[0].transaction, 200, NULL, NULL, "mytag",
		"text/plain", STR("hi")));
	scene_step(s);
	assert_string_equal("<sip:juliet@example.org>;tag=mytag",
		end_header(e, "To"));
	assert_string_equal("2", end_header(e, "Content-Length"));
	/* accepted: copies are absorbed, an ACK without tag is nobody's */
	end_clear(e);
	end_send(e, invite);
	end_send(e, ack(s, "z9hG4bKj"));
	end_send(e, ack(s, "z9hG4bKi"));
	assert_string_equal("", end_text(e));
	scene_advance(s, 31000);
	end_clear(e);
	end_send(e, invite);
	assert_string_equal("", end_text(e));
	assert_int_equal(1, s->request_count);
	scene_advance(s, 1000);
	end_send(e, invite);
	assert_int_equal(2, s->request_count);
}

static void an_invite_that_nobody_answers_ends(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	take_invites(s);
	end_send(e, scene_request(s, "INVITE", uri, from, "z9hG4bKi", NULL,
		NULL));
	scene_advance(s, 180000);
	assert_int_equal(1, end_count(e, "SIP/2.0 504"));
	end_send(e, ack(s, "z9hG4bKi"));
	assert_int_equal(1, end_count(e, "SIP/2.0 504"));
}

/* ---- CANCEL ---- */

static void cancel_ends_a_pending_invite(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	take_invites(s);
	end_send(e, scene_request(s, "INVITE", uri, from, "z9hG4bKi", NULL,
		NULL));
	end_send(e, scene_request(s, "CANCEL", uri, from, "z9hG4bKi",
		"Require: anything\r\n", NULL));
	assert_int_equal(1, end_count(e, "SIP/2.0 200"));
	assert_int_equal(1, end_count(e, "SIP/2.0 487"));
	assert_int_equal(-STOX_EGONE, sip_respond(s->sip,
		s->requests[0].transaction, 200, NULL, NULL));
	/* a second CANCEL finds it answered */
	end_send(e, scene_request(s, "CANCEL", uri, from, "z9hG4bKi", NULL,
		NULL));
	assert_int_equal(2, end_count(e, "SIP/2.0 200"));
	assert_int_equal(1, end_count(e, "SIP/2.0 487"));
	end_send(e, ack(s, "z9hG4bKi"));
}

static void cancel_leaves_other_requests_alone(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	end_send(e, scene_request(s, "CANCEL", uri, from, "z9hG4bK1", NULL,
		NULL));
	assert_int_equal(200, end_status(e));
	assert_int_equal(0, sip_respond(s->sip, s->requests[0].transaction, 200,
		NULL, NULL));
	scene_step(s);
	end_clear(e);
	end_send(e, scene_request(s, "CANCEL", uri, from, "z9hG4bKnone", NULL,
		NULL));
	assert_int_equal(481, end_status(e));
}

/* Nobody meets another partner's transactions, whatever branch he writes. */
static void strangers_cannot_cancel(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);
	struct machine *m = scene_machine(s, "192.0.2.99",
		(const char *const[]){ "dns:evil.example", NULL }, true);
	struct end *evil = machine_call(m, 5061);

	take_invites(s);
	end_send(e, scene_request(s, "INVITE", uri, from, "z9hG4bKi", NULL,
		NULL));
	end_send(evil, scene_request(s, "CANCEL", uri, from, "z9hG4bKi", NULL,
		NULL));
	assert_int_equal(481, end_status(evil));
	assert_string_equal("", end_text(e));
	end_clear(evil);
	end_send(evil, ack(s, "z9hG4bKi"));
	end_send(evil, scene_request(s, "INVITE", uri, from, "z9hG4bKi", NULL,
		NULL));
	assert_int_equal(403, end_status(evil));
	assert_int_equal(1, s->request_count);
}

/* ---- limits and the end ---- */

static void too_many_transactions_get_503(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	s->limits.value[LIMIT_SIP_TRANSACTIONS] = 2;
	end_send(e, message(s, "z9hG4bK1"));
	end_send(e, message(s, "z9hG4bK2"));
	end_send(e, message(s, "z9hG4bK3"));
	assert_int_equal(2, s->request_count);
	assert_int_equal(503, end_status(e));
	assert_string_equal("10", end_header(e, "Retry-After"));
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_TRANSACTIONS]);
	sip_respond(s->sip, s->requests[0].transaction, 200, NULL, NULL);
	end_send(e, message(s, "z9hG4bK4"));
	assert_int_equal(3, s->request_count);
}

static void little_memory_gets_503(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	s->budget.max = s->budget.used + s->budget.used / 10;
	end_send(e, message(s, "z9hG4bK1"));
	assert_int_equal(503, end_status(e));
	s->budget.max = 0;
	end_send(e, message(s, "z9hG4bK2"));
	assert_int_equal(1, s->request_count);
}

static void at_95_percent_idle_connections_close(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *idle = machine_call(m, 5061), *busy = machine_call(m, 5061);

	end_send(idle, scene_request(s, "OPTIONS", "sip:example.org", from,
		"z9hG4bK0", NULL, NULL));
	end_send(busy, message(s, "z9hG4bK1"));
	scene_advance(s, 2000);
	s->budget.max = s->budget.used + s->budget.used / 100;
	end_send(busy, message(s, "z9hG4bK2"));
	assert_int_equal(503, end_status(busy));
	assert_true(idle->closed);
	assert_false(busy->closed);
	s->budget.max = 0;
}

static void shut(void *arg)
{
	struct scene *s = arg;

	assert_false(s->shut);
	s->shut = true;
}

static void shutdown_waits_for_answers(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	sip_shutdown(s->sip, shut, s);
	end_send(e, message(s, "z9hG4bK2"));
	assert_int_equal(503, end_status(e));
	assert_false(s->shut);
	end_clear(e);
	sip_respond(s->sip, s->requests[0].transaction, 200, NULL, NULL);
	scene_step(s);
	assert_int_equal(200, end_status(e));
	assert_true(e->closed);
	assert_true(s->shut);
}

static void shutdown_ends_what_nobody_answers(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, message(s, "z9hG4bK1"));
	sip_shutdown(s->sip, shut, s);
	scene_advance(s, 2999);
	assert_false(s->shut);
	scene_advance(s, 1);
	assert_int_equal(503, end_status(e));
	assert_true(s->shut);
}

static void via_tells_where_it_came_from(void **state)
{
	static const struct {
		const char *via, *answer;
	} cases[] = {
		{ "192.0.2.11;branch=z9hG4bK1", "192.0.2.11;branch=z9hG4bK1" },
		{ "fe1.contoso.com:5061;branch=z9hG4bK2",
			"fe1.contoso.com:5061;branch=z9hG4bK2;"
			"received=192.0.2.11" },
		{ "192.0.2.11;rport;branch=z9hG4bK3",
			"192.0.2.11;rport=PORT;branch=z9hG4bK3;"
			"received=192.0.2.11" },
		{ "a.example;branch=z9hG4bK4;received=203.0.113.9",
			"a.example;branch=z9hG4bK4;received=203.0.113.9" },
		{ "192.0.2.11;x=\";rport\";branch=z9hG4bK5",
			"192.0.2.11;x=\";rport\";branch=z9hG4bK5" },
		{ "192.0.2.11;branch=z9hG4bK6, SIP/2.0/UDP b;branch=z9hG4bK7",
			"192.0.2.11;branch=z9hG4bK6, "
			"SIP/2.0/UDP b;branch=z9hG4bK7" },
	};
	struct scene *s = *state;
	struct end *e = call(s);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char request[1024], got[512], want[512];
		char *port;

		end_clear(e);
		snprintf(request, sizeof request,
			"OPTIONS sip:example.org SIP/2.0\r\n"
			"From: <sip:contoso.com>;tag=1\r\n"
			"Via: SIP/2.0/TLS %s\r\n"
			"To: <sip:example.org>\r\nCall-ID: c%zu\r\n"
			"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n"
			"Via: SIP/2.0/TLS 10.0.0.1:99;ms-received-port=99\r\n"
			"\r\n", cases[i].via, i);
		end_send(e, request);
		assert_int_equal(200, end_status(e));
		snprintf(want, sizeof want, "SIP/2.0/TLS %s", cases[i].answer);
		snprintf(got, sizeof got, "%s", end_header(e, "Via"));
		port = strstr(want, "PORT");
		if (port) {
			size_t at = (size_t)(port - want), n = 0;

			while (got[at + n] >= '0' && got[at + n] <= '9')
				n++;
			assert_true(n > 0);
			memmove(got + at + 4, got + at + n,
				strlen(got + at + n) + 1);
			memcpy(got + at, "PORT", 4);
		}
		assert_string_equal(want, got);
		/* all of them come back, in order */
		assert_non_null(strstr(end_text(e), "\r\nVia: SIP/2.0/TLS "
			"10.0.0.1:99;ms-received-port=99\r\n"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_goes_up_and_its_answer_back),
		TEST(a_second_answer_is_gone),
		TEST(an_answer_may_come_inside_the_callback),
		TEST(trying_absorbs_then_100_is_repeated),
		TEST(an_unanswered_request_gets_504),
		TEST(other_branches_methods_and_sent_by_are_other_requests),
		TEST(sent_by_ignores_case),
		TEST(branches_without_cookie_match_by_the_old_rules),
		TEST(merged_requests_get_482),
		TEST(answers_find_another_connection),
		TEST(without_connection_an_answer_is_dropped),
		TEST(a_retry_over_a_new_connection_goes_up),
		TEST(an_invite_is_refused_until_ack),
		TEST(timer_h_ends_an_invite_without_ack),
		TEST(an_accepted_invite_gets_100_then_2xx_then_timer_l),
		TEST(an_invite_that_nobody_answers_ends),
		TEST(cancel_ends_a_pending_invite),
		TEST(cancel_leaves_other_requests_alone),
		TEST(strangers_cannot_cancel),
		TEST(too_many_transactions_get_503),
		TEST(little_memory_gets_503),
		TEST(at_95_percent_idle_connections_close),
		TEST(shutdown_waits_for_answers),
		TEST(shutdown_ends_what_nobody_answers),
		TEST(via_tells_where_it_came_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
