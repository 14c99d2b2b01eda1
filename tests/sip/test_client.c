/*
 * test_client.c: our requests: every state and timer of the transaction, and
 * the walk over targets.  RFC 3261, 17.1.2; RFC 3263, 4.3; rulings 3 and 5.
 */
#include "scene.h"

#include <stdio.h>

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

/* The end of the only request. */
static void assert_ended(struct scene *s, enum sip_event event,
	const char *text)
{
	size_t last = s->answer_count - 1;

	assert_true(s->answer_count > 0);
	if (event != s->answers[last].event ||
		(text && strcmp(text, s->answers[last].text)))
		print_error("event %u: %s\n", s->answers[last].event,
			s->answers[last].text);
	assert_int_equal(event, s->answers[last].event);
	if (text)
		assert_string_equal(text, s->answers[last].text);
}

static void assert_final(struct scene *s, size_t index, uint64_t token,
	unsigned status)
{
	assert_true(index < s->answer_count);
	assert_int_equal(SIP_FINAL, s->answers[index].event);
	assert_int_equal(status, s->answers[index].status);
	assert_int_equal(token, s->answers[index].token);
}

/* ---- what is sent ---- */

static void a_request_has_all_it_needs(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e;
	const char *text;

	scene_send(s, &scene_contoso, "good morrow", 30000, 42);
	e = machine_last(m);
	assert_non_null(e);
	text = end_text(e);
	assert_ptr_equal(text, strstr(text,
		"MESSAGE sip:romeo@contoso.com SIP/2.0\r\n"
		"Via: SIP/2.0/TLS gw.example.org:5061;branch=z9hG4bKn1-"));
	assert_non_null(strstr(end_header(e, "Via"), ";alias"));
	assert_string_equal("70", end_header(e, "Max-Forwards"));
	assert_non_null(strstr(end_header(e, "From"),
		"\"Juliet \\\"J\\\" Capulet\" <sip:juliet@example.org>;tag=n1-"));
	assert_string_equal("<sip:romeo@contoso.com>", end_header(e, "To"));
	assert_int_equal(0, strncmp(end_header(e, "Call-ID"), "n1-", 3));
	assert_non_null(strstr(end_header(e, "Call-ID"), "@gw.example.org"));
	assert_string_equal("1 MESSAGE", end_header(e, "CSeq"));
	assert_string_equal("balcony", end_header(e, "Subject"));
	assert_string_equal("text/plain;charset=UTF-8",
		end_header(e, "Content-Type"));
	assert_non_null(strstr(text,
		"\r\nContent-Length: 11\r\n\r\ngood morrow"));
	/* ruling 16, and no names of ours */
	assert_int_equal(0, end_count(e, "Contact"));
	assert_int_equal(0, end_count(e, "User-Agent"));
	end_reply(e, 200, NULL);
	assert_int_equal(1, s->answer_count);
	assert_final(s, 0, 42, 200);
}

static void a_dialog_request_keeps_its_names(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct sip_out out = {
		.method = "INFO",
		.request_uri = "sip:romeo@fe1.contoso.com;opaque=x",
		.from = "sip:juliet@example.org",
		.to = "sip:romeo@contoso.com",
		.call_id = "abc",
		.from_tag = "ours",
		.to_tag = "theirs",
		.cseq = 7,
		.routes = (const char *const[]){ "<sip:a;lr>", "<sip:b;lr>",
			NULL },
		.headers = (const char *const[]){ "X-Bad",
			"a\r\nInjected: yes", "X-Good", "b", NULL },
	};
	struct end *e;

	s->config.user_agent = "stox";
	scene_configure(s,
		(const struct sip_partner *const[]){ &scene_contoso, NULL });
	sip_send(s->sip, &scene_contoso, &out, 5000, 1);
	scene_step(s);
	e = machine_last(m);
	assert_string_equal("<sip:juliet@example.org>;tag=ours",
		end_header(e, "From"));
	assert_string_equal("<sip:romeo@contoso.com>;tag=theirs",
		end_header(e, "To"));
	assert_string_equal("abc", end_header(e, "Call-ID"));
	assert_string_equal("7 INFO", end_header(e, "CSeq"));
	assert_string_equal("stox", end_header(e, "User-Agent"));
	assert_non_null(strstr(end_text(e),
		"Route: <sip:a;lr>\r\nRoute: <sip:b;lr>\r\n"));
	assert_int_equal(0, end_count(e, "Injected"));
	assert_int_equal(1, end_count(e, "X-Good: b\r\n"));
	assert_int_equal(0, end_count(e, "Content-Type"));
}

static void control_characters_do_not_leave(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct sip_out out = {
		.method = "MESSAGE",
		.request_uri = "sip:a@contoso.com",
		.from = "sip:juliet@example.org>\r\nX: y",
		.to = "sip:a@contoso.com",
	};

	sip_send(s->sip, &scene_contoso, &out, 5000, 1);
	assert_int_equal(0, s->answer_count);
	scene_step(s);
	assert_ended(s, SIP_UNREACHABLE,
		"an address has control characters");
	assert_int_equal(0, m->count);
}

/* ---- the machine ---- */

static void provisional_answers_stop_nothing(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	scene_advance(s, 4000);
	end_reply(machine_last(m), 100, NULL);
	end_reply(machine_last(m), 101, NULL);
	scene_advance(s, 5999);
	assert_int_equal(0, s->answer_count);
	scene_advance(s, 1);
	assert_ended(s, SIP_TIMEOUT,
		"the SIP server fe1.contoso.com:5061 did not answer in time");
	assert_int_equal(1, s->answer_count);
	/* too late */
	end_reply(machine_last(m), 200, NULL);
	assert_int_equal(1, s->answer_count);
}

static void a_final_answer_comes_once(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	end_reply(machine_last(m), 100, NULL);
	end_reply(machine_last(m), 404, NULL);
	end_reply(machine_last(m), 404, NULL);
	end_reply(machine_last(m), 200, NULL);
	scene_advance(s, 40000);
	assert_int_equal(1, s->answer_count);
	assert_final(s, 0, 1, 404);
}

static void challenges_and_redirects_come_up(void **state)
{
	static const unsigned statuses[] = { 202, 302, 401, 407, 408, 486, 500,
		504, 603, 699 };
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		scene_send(s, &scene_contoso, "x", 10000, i + 1);
		end_reply(machine_last(m), statuses[i], NULL);
		end_clear(machine_last(m));
		assert_final(s, i, i + 1, statuses[i]);
	}
	assert_int_equal(1, m->count);
}

static void strange_responses_are_dropped(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct machine *evil = scene_machine(s, "192.0.2.99",
		(const char *const[]){ "dns:evil.example", NULL }, true);
	struct end *e, *other = machine_call(evil, 5061);
	char via[256], text[1024];

	scene_send(s, &scene_contoso, "x", 10000, 1);
	e = machine_last(m);
	snprintf(via, sizeof via, "%s", end_header(e, "Via"));
	/* the right branch, but: another method, two Vias, another's line */
	snprintf(text, sizeof text, "SIP/2.0 200 OK\r\nVia: %s\r\n"
		"From: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: x\r\n"
		"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", via);
	end_send(e, text);
	snprintf(text, sizeof text, "SIP/2.0 200 OK\r\nVia: %s\r\n"
		"Via: SIP/2.0/TLS b;branch=z9hG4bK2\r\n"
		"From: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: x\r\n"
		"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n", via);
	end_send(e, text);
	snprintf(text, sizeof text, "SIP/2.0 200 OK\r\nVia: %s\r\n"
		"From: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: x\r\n"
		"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n", via);
	end_send(other, text);
	assert_int_equal(0, s->answer_count);
	end_send(e, text);
	assert_final(s, 0, 1, 200);
}

/* Timer F bounds an attempt, the caller the whole. */
static void silence_for_timer_f_goes_elsewhere(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);
	struct machine *two = scene_front_end(s, 2);

	scene_send(s, &scene_contoso, "x", 60000, 1);
	scene_advance(s, 31999);
	assert_int_equal(0, two->count);
	scene_advance(s, 1);
	assert_int_equal(1, one->count);
	assert_int_equal(1, two->count);
	end_reply(two->ends[0], 200, NULL);
	assert_final(s, 0, 1, 200);
}

static void timer_f_after_100_is_the_end(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);
	struct machine *two = scene_front_end(s, 2);

	scene_send(s, &scene_contoso, "x", 60000, 1);
	end_reply(machine_last(one), 100, NULL);
	scene_advance(s, 32000);
	assert_ended(s, SIP_TIMEOUT, NULL);
	assert_int_equal(0, two->count);
}

static void a_forgotten_request_says_nothing(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	sip_forget(s->sip, 1);
	sip_forget(s->sip, 1);
	/* the token may be used again at once */
	scene_send(s, &scene_contoso, "y", 10000, 1);
	end_reply(machine_last(m), 200, NULL);
	assert_int_equal(0, s->answer_count);
	scene_advance(s, 10000);
	assert_ended(s, SIP_TIMEOUT, NULL);
	assert_int_equal(1, s->answer_count);
	/* before anything was sent */
	io_world_cut(s->world, "192.0.2.1", "192.0.2.11");
	io_world_cut(s->world, "192.0.2.1", "192.0.2.12");
	scene_step(s);
	scene_send(s, &scene_contoso, "z", 10000, 2);
	sip_forget(s->sip, 2);
	scene_advance(s, 60000);
	assert_int_equal(1, s->answer_count);
}

/* ---- connections ---- */

static void connections_are_reused(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	for (unsigned i = 0; i < 10; i++)
		scene_send(s, &scene_contoso, "x", 10000, i + 1);
	assert_int_equal(1, m->count);
	assert_int_equal(10, end_count(machine_last(m), "MESSAGE sip:"));
}

/* Requests that come while the connection is being set up wait for it. */
static void one_connection_is_set_up_for_many(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct sip_out out = {
		.method = "MESSAGE",
		.request_uri = "sip:a@contoso.com",
		.from = "sip:juliet@example.org",
		.to = "sip:a@contoso.com",
	};

	for (unsigned i = 0; i < 10; i++)
		sip_send(s->sip, &scene_contoso, &out, 10000, i + 1);
	scene_step(s);
	assert_int_equal(1, m->count);
	assert_int_equal(10, end_count(machine_last(m), "MESSAGE sip:"));
}

static const char *alias_options(struct scene *s)
{
	return scene_request(s, "OPTIONS", "sip:example.org",
		"sip:fe1.contoso.com", "z9hG4bKa;alias", NULL, NULL);
}

/* RFC 5923: the peer's own connection carries our requests when it says so. */
static void inbound_connections_are_used_by_alias(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = machine_call(m, 5061);

	end_send(e, alias_options(s));
	end_clear(e);
	scene_send(s, &scene_contoso, "x", 10000, 1);
	assert_int_equal(0, m->count);
	assert_int_equal(1, end_count(e, "MESSAGE sip:"));
	end_reply(e, 200, NULL);
	assert_final(s, 0, 1, 200);
}

static void without_alias_we_call_ourselves(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = machine_call(m, 5061);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	assert_int_equal(1, m->count);
	assert_string_equal("", end_text(e));
	/* unless it is the only way */
	machine_unlisten(m);
	end_close(machine_last(m));
	assert_int_equal(1, end_count(e, "MESSAGE sip:"));
	end_reply(e, 200, NULL);
	assert_final(s, 0, 1, 200);
}

static void aliases_take_turns(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *a = machine_call(m, 5061), *b = machine_call(m, 5061);

	end_send(a, alias_options(s));
	end_send(b, alias_options(s));
	for (unsigned i = 0; i < 6; i++)
		scene_send(s, &scene_contoso, "x", 10000, i + 1);
	assert_int_equal(3, end_count(a, "MESSAGE sip:"));
	assert_int_equal(3, end_count(b, "MESSAGE sip:"));
}

static void strangers_get_nothing_by_alias(void **state)
{
	struct scene *s = *state;
	struct machine *evil = scene_machine(s, "192.0.2.99",
		(const char *const[]){ "dns:evil.example", NULL }, true);
	struct end *e = machine_call(evil, 5061);

	end_send(e, alias_options(s));
	end_clear(e);
	scene_send(s, &scene_contoso, "x", 10000, 1);
	assert_string_equal("", end_text(e));
	assert_ended(s, SIP_UNREACHABLE, NULL);
}

/* ---- failover ---- */

static void the_first_refuses_the_second_serves(void **state)
{
	struct scene *s = *state;
	struct machine *two = scene_front_end(s, 2);

	scene_machine(s, "192.0.2.11", (const char *const[]){ NULL }, true);
	scene_send(s, &scene_contoso, "x", 10000, 1);
	assert_int_equal(1, two->count);
	end_reply(machine_last(two), 200, NULL);
	assert_final(s, 0, 1, 200);
}

static void all_refuse(void **state)
{
	struct scene *s = *state;

	scene_machine(s, "192.0.2.11", (const char *const[]){ NULL }, true);
	scene_machine(s, "192.0.2.12", (const char *const[]){ NULL }, true);
	scene_send(s, &scene_contoso, "x", 10000, 1);
	assert_ended(s, SIP_UNREACHABLE,
		"the SIP server fe2.contoso.com:5061 refused the connection");
	assert_int_equal(1, s->answer_count);
	/* they are asked again all the same */
	scene_send(s, &scene_contoso, "x", 10000, 2);
	assert_ended(s, SIP_UNREACHABLE, NULL);
	assert_int_equal(2, s->answer_count);
	machine_listen(s->machines[1], 5061, true);
}

static void the_one_that_failed_is_tried_last(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);
	struct machine *two = scene_front_end(s, 2);

	machine_unlisten(one);
	scene_send(s, &scene_contoso, "x", 10000, 1);
	end_reply(machine_last(two), 200, NULL);
	end_close(machine_last(two));
	machine_listen(one, 5061, true);
	scene_send(s, &scene_contoso, "x", 10000, 2);
	assert_int_equal(0, one->count);
	assert_int_equal(2, two->count);
	end_reply(machine_last(two), 200, NULL);
	end_close(machine_last(two));
	scene_advance(s, 30000);
	scene_send(s, &scene_contoso, "x", 10000, 3);
	assert_int_equal(1, one->count);
}

static void a_lost_connection_after_sending_goes_elsewhere(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);
	struct machine *two = scene_front_end(s, 2);
	char via[256], call_id[256], cseq[64], from[256];
	struct end *e;

	scene_send(s, &scene_contoso, "x", 10000, 1);
	e = machine_last(one);
	snprintf(via, sizeof via, "%s", end_header(e, "Via"));
	snprintf(call_id, sizeof call_id, "%s", end_header(e, "Call-ID"));
	snprintf(cseq, sizeof cseq, "%s", end_header(e, "CSeq"));
	snprintf(from, sizeof from, "%s", end_header(e, "From"));
	end_close(e);
	e = machine_last(two);
	assert_non_null(e);
	assert_int_equal(1, one->count);
	assert_string_not_equal(via, end_header(e, "Via"));
	assert_string_equal(call_id, end_header(e, "Call-ID"));
	assert_string_equal(cseq, end_header(e, "CSeq"));
	assert_string_equal(from, end_header(e, "From"));
	end_close(e);
	assert_ended(s, SIP_UNREACHABLE, "the SIP server fe2.contoso.com:5061 "
		"closed the connection");
	assert_int_equal(1, s->answer_count);
}

/* A connection that stood idle may be dead: the same target again. */
static void a_stale_connection_is_replaced(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	end_reply(machine_last(one), 200, NULL);
	scene_send(s, &scene_contoso, "y", 10000, 2);
	end_close(one->ends[0]);
	assert_int_equal(2, one->count);
	end_reply(one->ends[1], 200, NULL);
	assert_final(s, 1, 2, 200);
}

static void overload_rests_a_target(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);
	struct machine *two = scene_front_end(s, 2);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	end_reply(machine_last(one), 503, "Retry-After: 60 (lunch)\r\n");
	assert_int_equal(0, s->answer_count);
	assert_int_equal(1, two->count);
	end_reply(machine_last(two), 200, NULL);
	assert_final(s, 0, 1, 200);
	/* the others go there at once, until the time is over */
	scene_send(s, &scene_contoso, "x", 10000, 2);
	assert_int_equal(2, end_count(machine_last(two), "MESSAGE sip:"));
	end_close(machine_last(two));
	machine_unlisten(two);
	scene_advance(s, 10000);
	scene_send(s, &scene_contoso, "x", 10000, 3);
	assert_int_equal(1, end_count(machine_last(one), "MESSAGE sip:"));
	scene_advance(s, 50000);
	scene_send(s, &scene_contoso, "x", 10000, 4);
	assert_int_equal(2, end_count(machine_last(one), "MESSAGE sip:"));
}

static void when_all_are_overloaded_the_last_answer_comes_up(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);
	struct machine *two = scene_front_end(s, 2);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	end_reply(machine_last(one), 503, "Retry-After: 60\r\n");
	end_reply(machine_last(two), 503, "Retry-After: 60;duration=5\r\n");
	assert_final(s, 0, 1, 503);
	scene_send(s, &scene_contoso, "x", 10000, 2);
	assert_ended(s, SIP_OVERLOAD,
		"the SIP servers of contoso.com are overloaded");
	scene_advance(s, 60000);
	scene_send(s, &scene_contoso, "x", 10000, 3);
	assert_int_equal(2, s->answer_count);
}

/* 503 of a lone target without Retry-After may mean that request only. */
static void a_lone_target_is_not_rested_without_retry_after(void **state)
{
	static const char *const lone[] = { "fe1.contoso.com", NULL };
	struct sip_partner p = scene_contoso;
	struct scene *s = *state;
	struct machine *one = scene_front_end(s, 1);

	p.front_ends = lone;
	scene_configure(s, (const struct sip_partner *const[]){ &p, NULL });
	scene_send(s, &p, "x", 10000, 1);
	end_reply(machine_last(one), 503, NULL);
	assert_final(s, 0, 1, 503);
	end_clear(machine_last(one));
	scene_send(s, &p, "x", 10000, 2);
	end_reply(machine_last(one), 503, "Retry-After: nonsense\r\n");
	assert_final(s, 1, 2, 503);
	end_clear(machine_last(one));
	scene_send(s, &p, "x", 10000, 3);
	end_reply(machine_last(one), 200, NULL);
	assert_final(s, 2, 3, 200);
}

static void a_wrong_certificate_goes_elsewhere(void **state)
{
	struct scene *s = *state;
	struct machine *one = scene_machine(s, "192.0.2.11",
		(const char *const[]){ "dns:evil.example", "dns:b.example",
			NULL }, true);
	struct machine *two = scene_front_end(s, 2);

	machine_listen(one, 5061, true);
	scene_send(s, &scene_contoso, "x", 10000, 1);
	assert_int_equal(1, one->count);
	assert_string_equal("", end_text(one->ends[0]));
	assert_true(one->ends[0]->closed);
	assert_int_equal(1, end_count(machine_last(two), "MESSAGE sip:"));
	machine_unlisten(two);
	end_close(machine_last(two));
	/* the first is used up for this request, and named for the next */
	assert_ended(s, SIP_UNREACHABLE, NULL);
	scene_send(s, &scene_contoso, "x", 10000, 2);
	assert_int_equal(2, s->answer_count);
	scene_configure(s, (const struct sip_partner *const[]){
		&scene_contoso, NULL });
}

static const struct proof {
	const char *what, *name;
	bool trusted;
	const char *text; /* NULL: it is good */
} proofs[] = {
	{ "the name", "dns:fe1.contoso.com", true, NULL },
	{ "another name", "dns:evil.example", true,
		"the SIP server fe1.contoso.com:5061 must prove the name "
		"fe1.contoso.com, but its certificate has evil.example" },
	{ "a wildcard", "dns:*.contoso.com", true,
		"the SIP server fe1.contoso.com:5061 must prove the name "
		"fe1.contoso.com, but its certificate has *.contoso.com" },
	{ "not trusted", "dns:fe1.contoso.com", false,
		"the SIP server fe1.contoso.com:5061 must prove the name "
		"fe1.contoso.com, but its certificate is not trusted: "
		"the issuer is not known" },
};

static void a_server_must_prove_its_name(void **state)
{
	static const char *const lone[] = { "fe1.contoso.com", NULL };
	struct sip_partner p = scene_contoso;

	(void)state;
	p.front_ends = lone;
	for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++) {
		struct scene *s = scene_new();
		struct machine *m = scene_machine(s, "192.0.2.11",
			(const char *const[]){ proofs[i].name, NULL },
			proofs[i].trusted);

		machine_listen(m, 5061, true);
		scene_configure(s,
			(const struct sip_partner *const[]){ &p, NULL });
		scene_send(s, &p, "x", 10000, 1);
		if (proofs[i].text) {
			assert_ended(s, SIP_CERTIFICATE, proofs[i].text);
			assert_string_equal("", end_text(machine_last(m)));
		} else {
			end_reply(machine_last(m), 200, NULL);
			assert_final(s, 0, 1, 200);
		}
		scene_free(s);
	}
}

static void no_more_than_the_candidates_are_tried(void **state)
{
	static const char *const many[] = { "a.example", "b.example",
		"c.example", "d.example", "e.example", NULL };
	struct sip_partner p = { .name = "many.example", .front_ends = many };
	struct scene *s = *state;

	s->limits.value[LIMIT_SIP_CANDIDATES] = 3;
	scene_configure(s, (const struct sip_partner *const[]){ &p, NULL });
	scene_send(s, &p, "x", 10000, 1);
	assert_ended(s, SIP_NO_TARGET,
		"the SIP server c.example:5061 does not exist in the DNS");
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_CANDIDATES]);
}

static void front_ends_are_read_strictly(void **state)
{
	static const char *const odd[] = { "", ":5061", "host:", "host:0",
		"host:65536", "host:50x", "[2001:db8::1", "[2001:db8::1]5061",
		NULL };
	struct sip_partner p = { .name = "odd.example", .front_ends = odd };
	struct scene *s = *state;

	scene_configure(s, (const struct sip_partner *const[]){ &p, NULL });
	scene_send(s, &p, "x", 10000, 1);
	assert_ended(s, SIP_NO_TARGET,
		"no SIP server of odd.example is known");
}

static void front_ends_may_be_literals(void **state)
{
	static const char *const literals[] = { "[2001:db8::5]:5071", NULL };
	struct sip_partner p = { .name = "six.example",
		.front_ends = literals };
	struct scene *s = *state;
	struct machine *m = scene_machine(s, "2001:db8::5",
		(const char *const[]){ "dns:six.example", NULL }, true);

	machine_listen(m, 5071, true);
	scene_configure(s, (const struct sip_partner *const[]){ &p, NULL });
	scene_send(s, &p, "x", 10000, 1);
	assert_int_equal(1, m->count);
	end_reply(machine_last(m), 200, NULL);
	assert_final(s, 0, 1, 200);
}

static void plain_tcp_partners_are_called_plainly(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_machine(s, "192.0.2.40",
		(const char *const[]){ NULL }, true);

	machine_listen(m, 5060, false);
	scene_send(s, &scene_plain, "x", 10000, 1);
	assert_non_null(strstr(end_text(machine_last(m)),
		"Via: SIP/2.0/TCP gw.example.org:5061;branch="));
	assert_null(strstr(end_header(machine_last(m), "Via"), "alias"));
	end_reply(machine_last(m), 200, NULL);
	assert_final(s, 0, 1, 200);
}

/* ---- SRV ---- */

static void srv_order_is_the_dialects(void **state)
{
	struct scene *s = *state;
	struct machine *fed = scene_machine(s, "192.0.2.31",
		(const char *const[]){ "dns:sip.fabrikam.com", NULL }, true);
	struct machine *sips = scene_machine(s, "192.0.2.32",
		(const char *const[]){ "dns:fabrikam.com", NULL }, true);

	io_world_dns(s->world, "_sips._tcp.fabrikam.com", IO_DNS_SRV,
		"1 5 5061 other.example");
	io_world_dns(s->world, "_sipfederationtls._tcp.fabrikam.com",
		IO_DNS_SRV, "10 5 5061 sip.fabrikam.com");
	io_world_dns(s->world, "sip.fabrikam.com", IO_DNS_A, "192.0.2.31");
	io_world_dns(s->world, "other.example", IO_DNS_A, "192.0.2.32");
	machine_listen(fed, 5061, true);
	machine_listen(sips, 5061, true);
	scene_send(s, &scene_fabrikam, "x", 10000, 1);
	assert_int_equal(1, fed->count);
	assert_int_equal(0, sips->count);
	machine_unlisten(fed);
	end_close(machine_last(fed));
	/* a target elsewhere must prove the domain, and does */
	assert_int_equal(1, sips->count);
	end_reply(machine_last(sips), 200, NULL);
	assert_final(s, 0, 1, 200);
}

static void a_target_elsewhere_must_prove_the_domain(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_machine(s, "192.0.2.32",
		(const char *const[]){ "dns:sip.evil.example", NULL }, true);

	io_world_dns(s->world, "_sips._tcp.fabrikam.com", IO_DNS_SRV,
		"1 5 5061 sip.evil.example");
	io_world_dns(s->world, "sip.evil.example", IO_DNS_A, "192.0.2.32");
	machine_listen(m, 5061, true);
	scene_send(s, &scene_fabrikam, "x", 10000, 1);
	assert_ended(s, SIP_CERTIFICATE,
		"the SIP server sip.evil.example:5061 must prove the name "
		"fabrikam.com, but its certificate has sip.evil.example");
}

static void what_dns_says_is_told(void **state)
{
	struct scene *s = *state;
	static const struct sip_partner none = { .name = "none.example" };
	static const struct sip_partner later = { .name = "later.example" };

	scene_configure(s, (const struct sip_partner *const[]){
		&scene_fabrikam, &none, &later, NULL });
	io_world_dns(s->world, "_sips._tcp.fabrikam.com", IO_DNS_SRV,
		"0 0 0 .");
	io_world_dns(s->world, "_sipfederationtls._tcp.fabrikam.com",
		IO_DNS_SRV, "0 0 0 .");
	scene_send(s, &scene_fabrikam, "x", 10000, 1);
	assert_ended(s, SIP_NO_TARGET,
		"the domain fabrikam.com says that it offers no SIP");
	scene_send(s, &none, "x", 10000, 2);
	assert_int_equal(SIP_NO_TARGET, s->answers[1].event);
	io_world_dns_fail(s->world, true);
	scene_send(s, &later, "x", 10000, 3);
	assert_ended(s, SIP_DNS_FAILED,
		"the DNS did not tell the SIP servers of later.example");
	assert_int_equal(3, s->answer_count);
	/* it is asked again soon */
	io_world_dns_fail(s->world, false);
	io_world_dns(s->world, "_sips._tcp.later.example", IO_DNS_SRV,
		"1 1 5061 sip.later.example");
	io_world_dns(s->world, "sip.later.example", IO_DNS_A, "192.0.2.33");
	machine_listen(scene_machine(s, "192.0.2.33",
		(const char *const[]){ "dns:later.example", NULL }, true), 5061,
		true);
	scene_advance(s, 2000);
	scene_send(s, &later, "x", 10000, 4);
	assert_int_equal(1, end_count(machine_last(s->machines[0]),
		"MESSAGE sip:"));
}

/* ---- time and ends ---- */

static void connecting_counts_towards_the_deadline(void **state)
{
	struct scene *s = *state;

	scene_front_end(s, 1);
	scene_front_end(s, 2);
	io_world_cut(s->world, "192.0.2.1", "192.0.2.11");
	scene_send(s, &scene_contoso, "x", 5000, 1);
	scene_advance(s, 4999);
	assert_int_equal(0, s->answer_count);
	scene_advance(s, 1);
	assert_ended(s, SIP_TIMEOUT, "the connection to the SIP server "
		"fe1.contoso.com:5061 was not set up in time");
	scene_send(s, &scene_contoso, "x", 30000, 2);
	scene_advance(s, 10000);
	/* whoever has time goes on to the next */
	assert_int_equal(1, end_count(machine_last(s->machines[1]),
		"MESSAGE sip:"));
}

static void a_partner_that_goes_ends_its_requests(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	scene_configure(s,
		(const struct sip_partner *const[]){ &scene_fabrikam, NULL });
	assert_int_equal(0, s->answer_count);
	scene_step(s);
	assert_ended(s, SIP_NO_TARGET, "the partner is no longer configured");
	assert_true(machine_last(m)->closed);
	scene_send(s, &scene_contoso, "x", 10000, 2);
	assert_ended(s, SIP_NO_TARGET,
		"the partner contoso.com is no longer configured");
	scene_send(s, &scene_fabrikam, "x", 10000, 3);
	scene_configure(s,
		(const struct sip_partner *const[]){ &scene_fabrikam, NULL });
	scene_advance(s, 10000);
	assert_int_equal(3, s->answer_count);
}

static void a_blocked_partner_gets_nothing(void **state)
{
	struct scene *s = *state;

	scene_send(s, &scene_blocked, "x", 10000, 1);
	assert_ended(s, SIP_NO_TARGET,
		"the partner blocked.example is blocked");
}

static void too_many_requests_are_refused_here(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	s->limits.value[LIMIT_SIP_TRANSACTIONS] = 2;
	for (unsigned i = 0; i < 3; i++)
		scene_send(s, &scene_contoso, "x", 10000, i + 1);
	assert_int_equal(1, s->answer_count);
	assert_int_equal(3, s->answers[0].token);
	assert_ended(s, SIP_OVERLOAD, "too many requests are under way here");
	assert_int_equal(2, end_count(machine_last(m), "MESSAGE sip:"));
}

static void shut(void *arg)
{
	((struct scene *)arg)->shut = true;
}

static void shutdown_lets_requests_end(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	scene_send(s, &scene_contoso, "x", 10000, 1);
	scene_send(s, &scene_contoso, "y", 10000, 2);
	sip_shutdown(s->sip, shut, s);
	scene_send(s, &scene_contoso, "z", 10000, 3);
	assert_ended(s, SIP_UNREACHABLE, "stox stops");
	end_reply(machine_last(m), 200, NULL);
	assert_final(s, 1, 1, 200);
	assert_false(s->shut);
	scene_advance(s, 3000);
	assert_ended(s, SIP_UNREACHABLE, "stox stops");
	assert_int_equal(3, s->answer_count);
	assert_true(s->shut);
	assert_true(machine_last(m)->closed);
}

/* Everything is given back however it is left. */
static void sip_free_works_at_any_time(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = machine_call(m, 5061);

	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "z9hG4bK1", NULL, "hi"));
	scene_send(s, &scene_contoso, "x", 10000, 1);
	scene_send(s, &scene_fabrikam, "x", 10000, 2);
	io_world_cut(s->world, "192.0.2.1", "192.0.2.40");
	scene_send(s, &scene_plain, "x", 10000, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_has_all_it_needs),
		TEST(a_dialog_request_keeps_its_names),
		TEST(control_characters_do_not_leave),
		TEST(provisional_answers_stop_nothing),
		TEST(a_final_answer_comes_once),
		TEST(challenges_and_redirects_come_up),
		TEST(strange_responses_are_dropped),
		TEST(silence_for_timer_f_goes_elsewhere),
		TEST(timer_f_after_100_is_the_end),
		TEST(a_forgotten_request_says_nothing),
		TEST(connections_are_reused),
		TEST(one_connection_is_set_up_for_many),
		TEST(inbound_connections_are_used_by_alias),
		TEST(without_alias_we_call_ourselves),
		TEST(aliases_take_turns),
		TEST(strangers_get_nothing_by_alias),
		TEST(the_first_refuses_the_second_serves),
		TEST(all_refuse),
		TEST(the_one_that_failed_is_tried_last),
		TEST(a_lost_connection_after_sending_goes_elsewhere),
		TEST(a_stale_connection_is_replaced),
		TEST(overload_rests_a_target),
		TEST(when_all_are_overloaded_the_last_answer_comes_up),
		TEST(a_lone_target_is_not_rested_without_retry_after),
		TEST(a_wrong_certificate_goes_elsewhere),
		cmocka_unit_test(a_server_must_prove_its_name),
		TEST(no_more_than_the_candidates_are_tried),
		TEST(front_ends_are_read_strictly),
		TEST(front_ends_may_be_literals),
		TEST(plain_tcp_partners_are_called_plainly),
		TEST(srv_order_is_the_dialects),
		TEST(a_target_elsewhere_must_prove_the_domain),
		TEST(what_dns_says_is_told),
		TEST(connecting_counts_towards_the_deadline),
		TEST(a_partner_that_goes_ends_its_requests),
		TEST(a_blocked_partner_gets_nothing),
		TEST(too_many_requests_are_refused_here),
		TEST(shutdown_lets_requests_end),
		TEST(sip_free_works_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
