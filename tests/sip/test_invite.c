/*
 * test_invite.c: INVITE both ways: ACK, CANCEL, forks, the repeated 2xx.
 * RFC 3261, 9, 13 and 17; RFC 6026.
 */
#include "scene.h"

#include <stdio.h>

static const char uri[] = "sip:juliet@example.org";
static const char from[] = "sip:romeo@contoso.com";
static const char *const both[] = { "MESSAGE", "INVITE", NULL };
static const char contact[] = "Contact: <sip:fe1.contoso.com:5061;"
	"transport=tls>\r\nRecord-Route: <sip:a.contoso.com;lr>\r\n"
	"Record-Route: <sip:b.contoso.com;lr>\r\n";

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

/* ---- ours ---- */

static struct end *invite(struct scene *s, struct machine *m, unsigned ms)
{
	const struct sip_out out = {
		.method = "INVITE",
		.request_uri = "sip:romeo@contoso.com",
		.from = "sip:juliet@example.org",
		.to = "sip:romeo@contoso.com",
		.headers = (const char *const[]){ "Contact",
			"<sip:gw.example.org:5061;transport=tls>", NULL },
		.content_type = "application/sdp",
		.body = { "v=0\r\n", 5 },
		.call_id = "the-call",
		.from_tag = "ours",
		.cseq = 7,
	};

	sip_send(s->sip, &scene_contoso, &out, ms, 1);
	scene_step(s);
	return machine_last(m);
}

/* Answer the INVITE as the branch of a fork that has this tag. */
static void answer(struct end *e, unsigned status, const char *tag,
	const char *extra)
{
	char via[256], text[1024];

	snprintf(via, sizeof via, "%s", end_header(e, "Via"));
	snprintf(text, sizeof text, "SIP/2.0 %u Word\r\nVia: %s\r\n"
		"From: <sip:juliet@example.org>;tag=ours\r\n"
		"To: <sip:romeo@contoso.com>;tag=%s\r\nCall-ID: the-call\r\n"
		"CSeq: 7 INVITE\r\n%sContent-Length: 0\r\n\r\n", status, via,
		tag, extra);
	end_send(e, text);
}

static void assert_one(struct scene *s, enum sip_event event, unsigned status)
{
	assert_int_equal(1, s->answer_count);
	assert_int_equal(event, s->answers[0].event);
	assert_int_equal(status, s->answers[0].status);
}

static void a_2xx_is_acknowledged_in_its_dialog(void **state)
{
	struct scene *s = *state;
	struct end *e = invite(s, scene_front_end(s, 1), 60000);

	assert_int_equal(1, end_count(e, "INVITE sip:romeo@contoso.com"));
	answer(e, 180, "t1", "");
	answer(e, 200, "t1", contact);
	assert_one(s, SIP_FINAL, 200);
	assert_int_equal(1, end_count(e,
		"ACK sip:fe1.contoso.com:5061;transport=tls SIP/2.0\r\n"));
	assert_int_equal(1, end_count(e, "Route: <sip:b.contoso.com;lr>\r\n"
		"Route: <sip:a.contoso.com;lr>\r\n"
		"From: <sip:juliet@example.org>;tag=ours\r\n"
		"To: <sip:romeo@contoso.com>;tag=t1\r\n"
		"Call-ID: the-call\r\nCSeq: 7 ACK\r\n"));
	/* the 2xx comes again: so does the ACK, but nothing goes up */
	answer(e, 200, "t1", contact);
	assert_int_equal(2, end_count(e, "CSeq: 7 ACK\r\n"));
	assert_int_equal(0, end_count(e, "BYE "));
	assert_int_equal(1, s->answer_count);
	/* after timer M it is a stray */
	scene_advance(s, 32000);
	answer(e, 200, "t1", contact);
	assert_int_equal(2, end_count(e, "CSeq: 7 ACK\r\n"));
}

static void other_branches_of_a_fork_are_released(void **state)
{
	struct scene *s = *state;
	struct end *e = invite(s, scene_front_end(s, 1), 60000);

	answer(e, 180, "t1", "");
	answer(e, 180, "t2", "");
	answer(e, 200, "t2", contact);
	answer(e, 200, "t1", contact);
	assert_one(s, SIP_FINAL, 200);
	assert_int_equal(2, end_count(e, "CSeq: 7 ACK\r\n"));
	assert_int_equal(1, end_count(e, "BYE sip:fe1.contoso.com"));
	assert_int_equal(1, end_count(e, "tag=t1\r\nCall-ID: the-call\r\n"
		"CSeq: 8 BYE\r\n"));
	/* the answer to that BYE is nobody's */
	assert_int_equal(1, s->answer_count);
}

static void a_refusal_is_acknowledged_hop_by_hop(void **state)
{
	struct scene *s = *state;
	struct end *e = invite(s, scene_front_end(s, 1), 60000);
	char via[300];

	snprintf(via, sizeof via, "Via: %s\r\n", end_header(e, "Via"));
	answer(e, 486, "t9", "");
	assert_one(s, SIP_FINAL, 486);
	assert_int_equal(1, end_count(e, "ACK sip:romeo@contoso.com SIP/2.0"));
	assert_int_equal(2, end_count(e, via));
	assert_int_equal(1, end_count(e, "tag=t9\r\nCall-ID: the-call\r\n"
		"CSeq: 7 ACK\r\n"));
}

static void ringing_may_last_the_whole_time(void **state)
{
	struct scene *s = *state;
	struct end *e = invite(s, scene_front_end(s, 1), 60000);
	char via[300];

	snprintf(via, sizeof via, "Via: %s\r\n", end_header(e, "Via"));
	answer(e, 101, "t1", "");
	scene_advance(s, 59999);
	assert_int_equal(0, s->answer_count);
	assert_int_equal(0, end_count(e, "CANCEL "));
	scene_advance(s, 1);
	assert_one(s, SIP_TIMEOUT, 0);
	assert_int_equal(1, end_count(e, "CANCEL sip:romeo@contoso.com"));
	assert_int_equal(2, end_count(e, via));
	assert_int_equal(1, end_count(e, "CSeq: 7 CANCEL\r\n"));
	answer(e, 487, "t1", "");
	assert_int_equal(1, end_count(e, "CSeq: 7 ACK\r\n"));
	assert_int_equal(1, s->answer_count);
}

static void without_1xx_it_ends_like_others(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = invite(s, m, 20000);

	scene_advance(s, 20000);
	assert_one(s, SIP_TIMEOUT, 0);
	assert_int_equal(0, end_count(e, "CANCEL "));
}

static void forgetting_cancels(void **state)
{
	struct scene *s = *state;
	struct end *e = invite(s, scene_front_end(s, 1), 60000);

	/* not before a 1xx: RFC 3261, 9.1 */
	sip_forget(s->sip, 1);
	scene_step(s);
	assert_int_equal(0, end_count(e, "CANCEL "));
	answer(e, 180, "t1", "");
	assert_int_equal(1, end_count(e, "CANCEL "));
	answer(e, 180, "t1", "");
	assert_int_equal(1, end_count(e, "CANCEL "));
	/* it was accepted all the same: the dialog ends at once */
	answer(e, 200, "t1", contact);
	assert_int_equal(1, end_count(e, "CSeq: 7 ACK\r\n"));
	assert_int_equal(1, end_count(e, "CSeq: 8 BYE\r\n"));
	assert_int_equal(0, s->answer_count);
}

static void forgetting_what_rings_cancels_at_once(void **state)
{
	struct scene *s = *state;
	struct end *e = invite(s, scene_front_end(s, 1), 60000);

	answer(e, 180, "t1", "");
	sip_forget(s->sip, 1);
	scene_step(s);
	assert_int_equal(1, end_count(e, "CANCEL "));
	/* nobody answers that: the transaction runs out */
	scene_advance(s, 32000);
	answer(e, 200, "t1", contact);
	assert_int_equal(0, end_count(e, "ACK "));
	assert_int_equal(0, s->answer_count);
}

static void a_lost_connection_moves_it(void **state)
{
	struct scene *s = *state;
	struct machine *two = scene_front_end(s, 2);
	struct end *e = invite(s, scene_front_end(s, 1), 60000);

	answer(e, 180, "t1", "");
	end_close(e);
	scene_step(s);
	assert_int_equal(1, end_count(machine_last(two), "INVITE sip:"));
	answer(machine_last(two), 200, "t2", contact);
	assert_one(s, SIP_FINAL, 200);
	assert_int_equal(1, end_count(machine_last(two), "CSeq: 7 ACK\r\n"));
}

static void overload_goes_elsewhere_with_ack(void **state)
{
	struct scene *s = *state;
	struct machine *two = scene_front_end(s, 2);
	struct end *e = invite(s, scene_front_end(s, 1), 60000);

	answer(e, 503, "t1", "Retry-After: 30\r\n");
	assert_int_equal(1, end_count(e, "CSeq: 7 ACK\r\n"));
	assert_int_equal(1, end_count(machine_last(two), "INVITE sip:"));
}

/* A 2xx without Contact makes no dialog that could be acknowledged. */
static void a_2xx_that_makes_no_dialog_is_not_acknowledged(void **state)
{
	struct scene *s = *state;
	struct end *e = invite(s, scene_front_end(s, 1), 60000);

	answer(e, 200, "t1", "");
	assert_one(s, SIP_FINAL, 200);
	assert_int_equal(0, end_count(e, "ACK "));
}

/* ---- theirs ---- */

static struct end *invited(struct scene *s)
{
	struct end *e = machine_call(scene_front_end(s, 1), 5061);

	s->config.methods = both;
	scene_configure(s,
		(const struct sip_partner *const[]){ &scene_contoso, NULL });
	end_send(e, scene_request(s, "INVITE", uri, from, "z9hG4bKi",
		"Contact: <sip:romeo@fe1.contoso.com>\r\n", NULL));
	assert_int_equal(1, s->request_count);
	sip_respond_full(s->sip, s->requests[0].transaction, 200, NULL, NULL,
		"n1-mine", "application/sdp", (struct str){ "v=0\r\n", 5 });
	scene_step(s);
	return e;
}

static const char *ack_of(struct scene *s, const char *tag, unsigned cseq)
{
	static const char form[] = "ACK sip:gw.example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe1.contoso.com;branch=z9hG4bKack\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=from1\r\n"
		"To: <sip:juliet@example.org>;tag=%s\r\n"
		"Call-ID: call-z9hG4bKi\r\nCSeq: %u ACK\r\n"
		"Content-Length: 0\r\n\r\n";
	char *text = test_malloc(sizeof form + 64);

	(void)s;
	snprintf(text, sizeof form + 64, form, tag, cseq);
	return text;
}

static void send_ack(struct end *e, const char *tag, unsigned cseq)
{
	const char *text = ack_of(e->scene, tag, cseq);

	end_send(e, text);
	test_free((void *)(uintptr_t)text);
}

static void a_2xx_is_repeated_until_its_ack(void **state)
{
	struct scene *s = *state;
	struct end *e = invited(s);

	assert_int_equal(1, end_count(e, "SIP/2.0 200"));
	scene_advance(s, 500);
	assert_int_equal(2, end_count(e, "SIP/2.0 200"));
	scene_advance(s, 1000);
	assert_int_equal(3, end_count(e, "SIP/2.0 200"));
	/* those of others are not */
	send_ack(e, "n1-other", 1);
	send_ack(e, "n1-mine", 2);
	assert_int_equal(0, s->ack_count);
	send_ack(e, "n1-mine", 1);
	assert_int_equal(1, s->ack_count);
	assert_true(s->acks[0].acked);
	assert_string_equal("n1-mine", s->acks[0].tag);
	send_ack(e, "n1-mine", 1);
	scene_advance(s, 60000);
	assert_int_equal(3, end_count(e, "SIP/2.0 200"));
	assert_int_equal(1, s->ack_count);
}

static void without_ack_the_core_hears_after_64_t1(void **state)
{
	struct scene *s = *state;
	struct end *e = invited(s);

	scene_advance(s, 31999);
	assert_int_equal(0, s->ack_count);
	/* 0, 0.5, 1.5, 3.5, 7.5, then every 4 s */
	assert_int_equal(11, end_count(e, "SIP/2.0 200"));
	scene_advance(s, 1);
	assert_int_equal(1, s->ack_count);
	assert_false(s->acks[0].acked);
	assert_int_equal(11, end_count(e, "SIP/2.0 200"));
	send_ack(e, "n1-mine", 1);
	assert_int_equal(1, s->ack_count);
}

/* It may come by another connection of the same peer, not by another's. */
static void the_ack_may_come_by_another_connection(void **state)
{
	struct scene *s = *state;
	struct machine *evil = scene_machine(s, "192.0.2.99",
		(const char *const[]){ "dns:evil.example", NULL }, true);

	invited(s);
	send_ack(machine_call(evil, 5061), "n1-mine", 1);
	assert_int_equal(0, s->ack_count);
	send_ack(machine_call(scene_front_end(s, 2), 5061), "n1-mine", 1);
	assert_int_equal(1, s->ack_count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_2xx_is_acknowledged_in_its_dialog),
		TEST(other_branches_of_a_fork_are_released),
		TEST(a_refusal_is_acknowledged_hop_by_hop),
		TEST(ringing_may_last_the_whole_time),
		TEST(without_1xx_it_ends_like_others),
		TEST(forgetting_cancels),
		TEST(forgetting_what_rings_cancels_at_once),
		TEST(a_lost_connection_moves_it),
		TEST(overload_goes_elsewhere_with_ack),
		TEST(a_2xx_that_makes_no_dialog_is_not_acknowledged),
		TEST(a_2xx_is_repeated_until_its_ack),
		TEST(without_ack_the_core_hears_after_64_t1),
		TEST(the_ack_may_come_by_another_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
