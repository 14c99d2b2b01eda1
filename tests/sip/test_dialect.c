/*
 * test_dialect.c: what Lync sends and what it has to be sent: each line of
 * lync.md 2.1 to 2.4 and 2.6.  fabrikam.com speaks Lync in the scene; here it
 * has front ends, so that no DNS is needed.
 */
#include "scene.h"

#include <stdio.h>

static const char *const front_ends[] = { "fe1.fabrikam.com",
	"fe2.fabrikam.com", "fe3.fabrikam.com", NULL };
static const char *const domains[] = { "fabrikam.com", NULL };

struct stage {
	struct scene *scene;
	struct sip_dialect dialect;
	struct sip_partner partner;
};

static void apply(struct stage *t)
{
	scene_configure(t->scene,
		(const struct sip_partner *const[]){ &t->partner, NULL });
}

static int set_up(void **state)
{
	struct stage *t = test_calloc(1, sizeof(*t));

	t->scene = scene_new();
	t->dialect = *sip_dialect_find("lync");
	t->partner = (struct sip_partner){ .name = "fabrikam.com",
		.domains = domains, .front_ends = front_ends,
		.dialect = &t->dialect };
	apply(t);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *t = *state;

	scene_free(t->scene);
	test_free(t);
	return 0;
}

/* Front end @number, at 192.0.2.3N. */
static struct machine *front_end(struct stage *t, unsigned number)
{
	char host[40], address[20], name[48];
	struct machine *m;

	snprintf(host, sizeof(host), "fe%u.fabrikam.com", number);
	snprintf(address, sizeof(address), "192.0.2.3%u", number);
	snprintf(name, sizeof(name), "dns:%s", host);
	io_world_dns(t->scene->world, host, IO_DNS_A, address);
	m = scene_machine(t->scene, address,
		(const char *const[]){ name, NULL }, true);
	machine_listen(m, 5061, true);
	return m;
}

static struct end *call(struct stage *t)
{
	return machine_call(front_end(t, 1), 5061);
}

/* ---- 2.1: what comes --------------------------------------------------------- */

#define SERVER_VIA \
	"SIP/2.0/TLS 192.0.2.31:5061;branch=z9hG4bK0D6A9383.D119DEC5;" \
	"branched=FALSE;ms-internal-info=\"a;b,c=\\\"d\\\"\""
#define CLIENT_VIA \
	"SIP/2.0/TLS 198.51.100.7:52344;ms-received-port=52344;" \
	"ms-received-cid=1F4000"
#define ROUTE_ONE \
	"<sip:pool01.fabrikam.com:5061;transport=tls;ms-fe=fe1.fabrikam.com;" \
	"opaque=state:F:T:Ci.R1f4000;lr;ms-route-sig=cdQkz0xAA>;tag=0CAFE0;" \
	"ms-rrsig=ab"
#define ROUTE_TWO "<sip:edge.fabrikam.com;opaque=state:T;lr>"
#define GRUU "sip:romeo@fabrikam.com;opaque=user:epid:Q29tcG9zZWQ;gruu"

/* Everything at once: scattered, in any order, in capitals. */
static const char scattered[] =
	"MESSAGE sip:juliet@example.org SIP/2.0\r\n"
	"CONTENT-LENGTH: 2\r\n"
	"RECORD-ROUTE: " ROUTE_ONE "\r\n"
	"VIA: " SERVER_VIA "\r\n"
	"MAX-FORWARDS: 66\r\n"
	"Via: " CLIENT_VIA "\r\n"
	"From: \"Romeo\"<sip:romeo@fabrikam.com>;tag=dfac414f0f;"
	"epid=9be0c2d417\r\n"
	"Record-Route: " ROUTE_TWO "\r\n"
	"ms-user-data: ms-publiccloud=true;ms-federation=true\r\n"
	"TO: <sip:juliet@example.org>;epid=1234567890abcdef\r\n"
	"CALL-ID: c1\r\n"
	"CSEQ: 1 MESSAGE\r\n"
	"CONTACT: <" GRUU ">\r\n"
	"Supported: timer\r\n"
	"User-Agent: UCCAPI/15.0.4569.1503 OC/15.0.4569.1503 (Lync)\r\n"
	"Supported: ms-piggyback-first-notify\r\n"
	"Supported: ms-benotify\r\n"
	"Proxy-Require: ms-benotify\r\n"
	"P-Asserted-Identity: \"R\"<sip:romeo@fabrikam.com>,<tel:+15550100>\r\n"
	"history-info: <sip:juliet@example.org>;index=1\r\n"
	"Content-Type: text/plain\r\n\r\nhi";

/* Where @what stands in what came; it must stand once. */
static const char *at(struct end *e, const char *what)
{
	assert_int_equal(1, end_count(e, what));
	return strstr(end_text(e), what);
}

static void order_and_case_mean_nothing(void **state)
{
	struct stage *t = *state;
	struct end *e = call(t);

	end_send(e, scattered);
	assert_int_equal(1, t->scene->request_count);
	assert_string_equal("hi", t->scene->requests[0].body);
	assert_string_equal("fabrikam.com", t->scene->requests[0].partner);
}

static void responses_give_back_every_byte(void **state)
{
	struct stage *t = *state;
	struct end *e = call(t);

	end_send(e, scattered);
	assert_int_equal(0, sip_respond(t->scene->sip,
		t->scene->requests[0].transaction, 200, NULL, NULL));
	scene_step(t->scene);
	assert_int_equal(200, end_status(e));
	assert_true(at(e, "Via: " SERVER_VIA "\r\n") <
		at(e, "Via: " CLIENT_VIA "\r\n"));
	assert_true(at(e, "Record-Route: " ROUTE_ONE "\r\n") <
		at(e, "Record-Route: " ROUTE_TWO "\r\n"));
	at(e, "From: \"Romeo\"<sip:romeo@fabrikam.com>;tag=dfac414f0f;"
		"epid=9be0c2d417\r\n");
	at(e, "To: <sip:juliet@example.org>;epid=1234567890abcdef;tag=");
	assert_int_equal(0, end_count(e, "ms-user-data"));
	assert_int_equal(0, end_count(e, "ms-benotify"));
}

/* Lower Vias without a branch do not matter: the top one tells requests apart. */
static void the_top_via_is_the_transaction(void **state)
{
	struct stage *t = *state;
	struct end *e = call(t);

	end_send(e, scattered);
	end_send(e, scattered);
	assert_int_equal(1, t->scene->request_count);
}

static void a_byte_at_a_time(void **state)
{
	struct stage *t = *state;
	struct end *e = call(t);

	for (size_t i = 0; i + 1 < sizeof(scattered); i++)
		end_send_bytes(e, scattered + i, 1);
	assert_int_equal(1, t->scene->request_count);
	assert_string_equal("hi", t->scene->requests[0].body);
}

/* ---- 2.2: what we send -------------------------------------------------------- */

static void opens(struct stage *t, const char *method, const char *to_tag,
	uint64_t token)
{
	const struct sip_out out = {
		.method = method,
		.request_uri = "sip:romeo@fabrikam.com",
		.from = "sip:juliet@example.org",
		.to = "sip:romeo@fabrikam.com",
		.call_id = to_tag ? "c" : NULL,
		.from_tag = to_tag ? "f" : NULL,
		.to_tag = to_tag,
		.cseq = to_tag ? 2 : 0,
	};

	sip_send(t->scene->sip, &t->partner, &out, 5000, token);
	scene_step(t->scene);
}

static void dialogs_open_with_our_record_route(void **state)
{
	struct stage *t = *state;
	struct machine *m = front_end(t, 1);
	struct end *e;

	opens(t, "SUBSCRIBE", NULL, 1);
	e = machine_last(m);
	assert_string_equal("<sip:gw.example.org:5061;transport=tls;lr>",
		end_header(e, "Record-Route"));
	assert_int_equal(1, end_count(e, "Record-Route:"));
	assert_int_equal(0, end_count(e, "Route: <sip:fe"));
	assert_int_equal(0, end_count(e, "\r\nRoute:"));
	assert_int_equal(1, end_count(e,
		"Via: SIP/2.0/TLS gw.example.org:5061;branch=z9hG4bK"));
	assert_int_equal(0, end_count(e, ";alias"));
	assert_string_equal("70", end_header(e, "Max-Forwards"));
	assert_string_equal("0", end_header(e, "Content-Length"));
	assert_int_equal(0, end_count(e, "sips:"));
	assert_int_equal(0, end_count(e, "epid"));
	assert_int_equal(0, end_count(e, "\r\nms-"));
}

static void only_dialogs_that_open_have_it(void **state)
{
	struct stage *t = *state;
	struct machine *m = front_end(t, 1);
	struct end *e;

	opens(t, "MESSAGE", NULL, 1);
	opens(t, "SUBSCRIBE", "theirs", 2);
	t->dialect.record_route = 0;
	apply(t);
	opens(t, "SUBSCRIBE", NULL, 3);
	e = machine_last(m);
	assert_int_equal(1, end_count(e, "MESSAGE sip:"));
	assert_int_equal(2, end_count(e, "SUBSCRIBE sip:"));
	assert_int_equal(0, end_count(e, "Record-Route"));
}

/* A GRUU, and routes with all their parameters, leave by the partner's own
 * connection and are never looked up. */
static void contacts_and_routes_are_not_resolved(void **state)
{
	struct stage *t = *state;
	struct machine *m = front_end(t, 1);
	const struct sip_out out = {
		.method = "NOTIFY",
		.request_uri = GRUU,
		.from = "sip:juliet@example.org",
		.to = "sip:romeo@fabrikam.com",
		.call_id = "c",
		.from_tag = "f",
		.to_tag = "theirs",
		.cseq = 2,
		.routes = (const char *const[]){ "<sip:pool01.fabrikam.com:5061;"
			"transport=tls;opaque=state:T;lr;ms-route-sig=x>",
			NULL },
	};
	struct end *e;

	sip_send(t->scene->sip, &t->partner, &out, 5000, 1);
	scene_step(t->scene);
	e = machine_last(m);
	assert_int_equal(1, end_count(e, "NOTIFY " GRUU " SIP/2.0\r\n"));
	assert_string_equal("<sip:pool01.fabrikam.com:5061;transport=tls;"
		"opaque=state:T;lr;ms-route-sig=x>", end_header(e, "Route"));
	assert_int_equal(0, t->scene->answer_count);
}

/* ---- 2.3: connections ---------------------------------------------------------- */

static void four_connections_come_from_one_peer(void **state)
{
	struct stage *t = *state;
	struct machine *m = front_end(t, 1);
	struct end *ends[4];

	for (size_t i = 0; i < 4; i++)
		ends[i] = machine_call(m, 5061);
	for (size_t i = 0; i < 4; i++) {
		char branch[32];

		snprintf(branch, sizeof(branch), "z9hG4bKc%zu", i);
		end_send(ends[i], scene_request(t->scene, "MESSAGE",
			"sip:juliet@example.org", "sip:romeo@fabrikam.com",
			branch, NULL, "hi"));
	}
	assert_int_equal(4, t->scene->request_count);
	/* each answer takes its own way back, one whose way is gone another */
	end_close(ends[3]);
	for (size_t i = 0; i < 4; i++)
		sip_respond(t->scene->sip, t->scene->requests[i].transaction,
			200, NULL, NULL);
	scene_step(t->scene);
	assert_int_equal(4, end_count(ends[0], "SIP/2.0 200") +
		end_count(ends[1], "SIP/2.0 200") +
		end_count(ends[2], "SIP/2.0 200"));
	for (size_t i = 0; i < 3; i++)
		assert_true(end_count(ends[i], "SIP/2.0 200") >= 1);
}

static void as_many_connections_as_wanted_go_out(void **state)
{
	struct stage *t = *state;
	struct machine *m = front_end(t, 1);

	t->dialect.connections = 3;
	apply(t);
	for (uint64_t i = 1; i <= 9; i++)
		scene_send(t->scene, &t->partner, "x", 5000, i);
	assert_int_equal(3, m->count);
	for (size_t i = 0; i < 3; i++)
		assert_true(end_count(m->ends[i], "MESSAGE sip:") >= 2);
}

static void one_connection_without_that(void **state)
{
	struct stage *t = *state;
	struct machine *m = front_end(t, 1);

	for (uint64_t i = 1; i <= 5; i++)
		scene_send(t->scene, &t->partner, "x", 5000, i);
	assert_int_equal(1, m->count);
	assert_int_equal(5, end_count(machine_last(m), "MESSAGE sip:"));
}

/* ---- pools of edges ------------------------------------------------------------- */

/* One message after the other, each over a new connection to whom it takes;
 * what each of the three machines got. */
static void send_each_anew(struct stage *t, struct machine *m[3],
	uint64_t count, size_t got[3])
{
	for (uint64_t i = 1; i <= count; i++) {
		scene_send(t->scene, &t->partner, "x", 5000, 100 + i);
		for (size_t k = 0; k < 3; k++) {
			struct end *e = machine_last(m[k]);

			if (e && !e->closed) {
				end_reply(e, 200, NULL);
				end_close(e);
			}
		}
		scene_step(t->scene);
	}
	for (size_t k = 0; k < 3; k++)
		got[k] = m[k]->count;
}

static void three(struct stage *t, struct machine *m[3])
{
	for (unsigned i = 0; i < 3; i++)
		m[i] = front_end(t, i + 1);
}

static void the_best_that_is_up(void **state)
{
	struct stage *t = *state;
	struct machine *m[3];
	size_t got[3];

	three(t, m);
	send_each_anew(t, m, 4, got);
	assert_int_equal(4, got[0]);
	assert_int_equal(0, got[1] + got[2]);
	machine_unlisten(m[0]);
	send_each_anew(t, m, 3, got);
	assert_int_equal(3, got[1]);
	machine_listen(m[0], 5061, true);
	scene_advance(t->scene, 60000);
	send_each_anew(t, m, 2, got);
	assert_int_equal(6, got[0]);
}

static void each_in_turn(void **state)
{
	struct stage *t = *state;
	struct machine *m[3];
	size_t got[3];

	t->dialect.pool = SIP_POOL_BALANCE;
	apply(t);
	three(t, m);
	send_each_anew(t, m, 9, got);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(3, got[i]);
	/* one that is down is left out */
	machine_unlisten(m[1]);
	send_each_anew(t, m, 6, got);
	assert_int_equal(3, got[1]);
	assert_int_equal(12, got[0] + got[2]);
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(200, t->scene->answers[i].status);
}

static void whoever_answered_last(void **state)
{
	struct stage *t = *state;
	struct machine *m[3];
	size_t got[3];

	t->dialect.pool = SIP_POOL_STICK;
	apply(t);
	three(t, m);
	machine_unlisten(m[0]);
	send_each_anew(t, m, 2, got);
	assert_int_equal(2, got[1]);
	/* the first is back, and is not gone back to */
	machine_listen(m[0], 5061, true);
	scene_advance(t->scene, 120000);
	send_each_anew(t, m, 2, got);
	assert_int_equal(0, got[0]);
	assert_int_equal(4, got[1]);
	machine_unlisten(m[1]);
	send_each_anew(t, m, 2, got);
	assert_int_equal(2, got[2]);
}

/* ---- 2.4: NEGOTIATE ---------------------------------------------------------------- */

static const char negotiate[] =
	"NEGOTIATE sip:gw.example.org:5061 SIP/2.0\r\n"
	"Via: SIP/2.0/TLS 192.0.2.31:50112;branch=z9hG4bK0AF1.77\r\n"
	"Max-Forwards: 0\r\nFrom: <sip:192.0.2.31:50112>;tag=A1\r\n"
	"To: <sip:gw.example.org:5061>\r\nCall-ID: 5b2c7e\r\n"
	"CSeq: 1 NEGOTIATE\r\nCompression: LZ77-8K\r\n"
	"Content-Length: 0\r\n\r\n";

static void negotiate_is_answered_as_configured(void **state)
{
	static const struct {
		enum sip_negotiate how;
		unsigned status;
		const char *header, *value;
	} rows[] = {
		{ SIP_NEGOTIATE_405, 405, "Allow",
			"MESSAGE, OPTIONS, CANCEL, ACK" },
		{ SIP_NEGOTIATE_488, 488, "Compression", "" },
		{ SIP_NEGOTIATE_501, 501, "Compression", "" },
		{ SIP_NEGOTIATE_NONE, 200, "Compression", "None" },
	};
	struct stage *t = *state;
	struct end *e = call(t);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		t->dialect.negotiate = (uint8_t)rows[i].how;
		apply(t);
		end_clear(e);
		end_send(e, negotiate);
		assert_int_equal(rows[i].status, end_status(e));
		assert_string_equal(rows[i].value,
			end_header(e, rows[i].header));
		assert_non_null(strstr(end_header(e, "To"), ";tag="));
	}
	/* and the stream goes on as it is */
	end_send(e, scattered);
	assert_int_equal(1, t->scene->request_count);
}

/* It comes first, from an address that is no partner's. */
static void negotiate_is_answered_before_all_else(void **state)
{
	struct stage *t = *state;
	struct end *e = call(t);

	end_send(e, negotiate);
	end_send(e, scattered);
	sip_respond(t->scene->sip, t->scene->requests[0].transaction, 200, NULL,
		NULL);
	scene_step(t->scene);
	assert_int_equal(405, end_status(e));
	assert_true(at(e, "SIP/2.0 405") < at(e, "SIP/2.0 200"));
}

/* ---- 2.6: OPTIONS ------------------------------------------------------------------- */

static void options_of_the_federation_test(void **state)
{
	struct stage *t = *state;
	struct end *e = call(t);

	end_send(e, "OPTIONS sip:Options_User@example.org SIP/2.0\r\n"
		"VIA: SIP/2.0/TLS 192.0.2.31:61182;branch=z9hG4bK6de49c9a\r\n"
		"MAX-FORWARDS: 69\r\n"
		"ROUTE: <sip:gw.example.org;transport=tls;lr>;ms-edge-route\r\n"
		"FROM: <sip:pool01.contoso.example>;tag=4b1\r\n"
		"TO: <sip:Options_User@example.org>\r\nCALL-ID: 017b06f3\r\n"
		"CSEQ: 1 OPTIONS\r\n"
		"CONTACT: <sip:pool01.contoso.example;transport=Tls>\r\n"
		"USER-AGENT: RTCC/5.0.0.0\r\nCONTENT-LENGTH: 0\r\n\r\n");
	assert_int_equal(200, end_status(e));
	assert_string_equal("MESSAGE, OPTIONS, CANCEL, ACK",
		end_header(e, "Allow"));
	assert_string_equal("application/sdp, application/pidf+xml",
		end_header(e, "Accept"));
	assert_string_equal("timer", end_header(e, "Supported"));
}

/* ---- the record ---------------------------------------------------------------------- */

static void every_choice_has_words_grade_and_source(void **state)
{
	char number[12];

	(void)state;
	for (int i = 0; i < SIP_CHOICE_COUNT; i++) {
		enum sip_choice c = (enum sip_choice)i;
		const struct sip_choice_info *info = sip_choice_info(c);
		const struct sip_dialect *d;

		assert_true(strncmp(info->option, "sip_", 4) == 0);
		assert_true(*info->help && *info->standard && *info->source);
		assert_int_equal(1, strlen(info->grade));
		assert_non_null(strchr("ABCDE", *info->grade));
		for (size_t k = 0; (d = sip_dialect_at(k)); k++) {
			unsigned n = 0;

			assert_non_null(sip_dialect_text(d, c, number));
			for (; info->words && info->words[n]; n++)
				assert_int_equal(sip_dialect_is(d,
					info->option, info->words[n]),
					sip_dialect_get(d, c) == n);
			if (info->kind == SIP_CHOICE_WORD)
				assert_true(sip_dialect_get(d, c) < n);
		}
	}
	assert_true(sip_dialect_is(sip_dialect_find("lync"), "sip_im",
		"session"));
	assert_true(sip_dialect_is(sip_dialect_find("simple"), "sip_im",
		"page"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(order_and_case_mean_nothing),
		TEST(responses_give_back_every_byte),
		TEST(the_top_via_is_the_transaction),
		TEST(a_byte_at_a_time),
		TEST(dialogs_open_with_our_record_route),
		TEST(only_dialogs_that_open_have_it),
		TEST(contacts_and_routes_are_not_resolved),
		TEST(four_connections_come_from_one_peer),
		TEST(as_many_connections_as_wanted_go_out),
		TEST(one_connection_without_that),
		TEST(the_best_that_is_up),
		TEST(each_in_turn),
		TEST(whoever_answered_last),
		TEST(negotiate_is_answered_as_configured),
		TEST(negotiate_is_answered_before_all_else),
		TEST(options_of_the_federation_test),
		cmocka_unit_test(every_choice_has_words_grade_and_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
