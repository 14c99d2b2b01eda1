/*
 * test_policy.c: who may ask what: certificates select the partner and bound
 * From; everything else is refused with the right words.  Rulings 3, 6, 7;
 * trust.md 2.5.
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

static struct end *call_as(struct scene *s, const char *address,
	const char *name, bool trusted)
{
	/* memory chooses certificates by DNS name */
	const char *const names[] = { name,
		strncmp(name, "uri:", 4) ? NULL : "dns:machine.example", NULL };

	return machine_call(scene_machine(s, address, names, trusted), 5061);
}

/* One row: a request of contoso.com, and what it hears. */
static const struct refusal {
	const char *what, *method, *uri, *from, *extra;
	unsigned status;
	const char *header, *value;
} refusals[] = {
	{ "unknown method", "FROB", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 501, "Allow",
		"MESSAGE, OPTIONS, CANCEL, ACK" },
	{ "methods are case-sensitive", "message", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 501, NULL, NULL },
	{ "REGISTER", "REGISTER", "sip:example.org", "sip:romeo@contoso.com",
		NULL, 405, "Allow", "MESSAGE, OPTIONS, CANCEL, ACK" },
	{ "PUBLISH", "PUBLISH", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 405, "Allow",
		"MESSAGE, OPTIONS, CANCEL, ACK" },
	{ "SUBSCRIBE", "SUBSCRIBE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 405, NULL, NULL },
	{ "REFER", "REFER", "sip:juliet@example.org", "sip:romeo@contoso.com",
		NULL, 405, NULL, NULL },
	{ "NEGOTIATE of lync", "NEGOTIATE", "sip:gw.example.org:5061",
		"sip:192.0.2.11:50112", "Compression: LZ77-8K\r\n", 405, NULL,
		NULL },
	{ "NOTIFY without dialog", "NOTIFY", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 481, NULL, NULL },
	{ "BYE without dialog", "BYE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 481, NULL, NULL },
	{ "INFO without dialog", "INFO", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 481, NULL, NULL },
	{ "UPDATE without dialog", "UPDATE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 481, NULL, NULL },
	{ "PRACK without dialog", "PRACK", "sip:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 481, NULL, NULL },
	{ "sips: Request-URI", "MESSAGE", "sips:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 416, NULL, NULL },
	{ "tel: Request-URI", "MESSAGE", "tel:+15551234",
		"sip:romeo@contoso.com", NULL, 416, NULL, NULL },
	{ "im: Request-URI", "MESSAGE", "im:juliet@example.org",
		"sip:romeo@contoso.com", NULL, 416, NULL, NULL },
	{ "Require", "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "Require: foo, bar\r\nRequire: baz\r\n",
		420, "Unsupported", "foo, bar, baz" },
	{ "Require before hops", "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "Require: foo\r\n", 420, "Unsupported",
		"foo" },
	{ "other host", "MESSAGE", "sip:juliet@elsewhere.example",
		"sip:romeo@contoso.com", NULL, 404, NULL, NULL },
	{ "maddr does not matter", "MESSAGE",
		"sip:juliet@elsewhere.example;maddr=192.0.2.1",
		"sip:romeo@contoso.com", NULL, 404, NULL, NULL },
	{ "Route does not matter", "MESSAGE", "sip:juliet@elsewhere.example",
		"sip:romeo@contoso.com", "Route: <sip:gw.example.org;lr>\r\n",
		404, NULL, NULL },
	{ "From of nobody", "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@fabrikam.com", NULL, 403, NULL, NULL },
	{ "From of ours", "MESSAGE", "sip:juliet@example.org",
		"sip:nurse@example.org", NULL, 403, NULL, NULL },
	{ "From below the domain", "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@other.contoso.com", NULL, 403, NULL, NULL },
	{ "From that ends alike", "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@evilcontoso.com", NULL, 403, NULL, NULL },
	{ "From a number", "MESSAGE", "sip:juliet@example.org", "tel:911", NULL,
		403, NULL, NULL },
	{ "an asserted identity changes nothing", "MESSAGE",
		"sip:juliet@example.org", "sip:romeo@fabrikam.com",
		"P-Asserted-Identity: <sip:romeo@contoso.com>\r\n", 403, NULL,
		NULL },
	{ "Content-Encoding", "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "Content-Encoding: gzip\r\n", 415,
		"Accept-Encoding", "identity" },
	{ "OPTIONS elsewhere", "OPTIONS", "sip:elsewhere.example",
		"sip:romeo@contoso.com", NULL, 404, NULL, NULL },
	{ "OPTIONS sips:", "OPTIONS", "sips:example.org",
		"sip:romeo@contoso.com", NULL, 416, NULL, NULL },
	{ "OPTIONS to our host", "OPTIONS", "sip:gw.example.org:5061",
		"sip:fe1.contoso.com", NULL, 200, "Allow",
		"MESSAGE, OPTIONS, CANCEL, ACK" },
	{ "OPTIONS to a user nobody knows", "OPTIONS",
		"sip:Options_User@Example.ORG.", "sip:fe1.contoso.com", NULL,
		200, "Accept", "text/plain" },
};

static void refusals_have_the_right_words(void **state)
{
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.11", "dns:fe1.contoso.com", true);

	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		const struct refusal *r = &refusals[i];
		char branch[32];

		snprintf(branch, sizeof branch, "z9hG4bKr%zu", i);
		end_clear(e);
		end_send(e, scene_request(s, r->method, r->uri, r->from, branch,
			r->extra, NULL));
		if (end_status(e) != r->status)
			print_error("%s: %s\n", r->what, end_text(e));
		assert_int_equal(r->status, end_status(e));
		assert_int_equal(1, end_count(e, "SIP/2.0 "));
		if (r->header)
			assert_string_equal(r->value, end_header(e, r->header));
		assert_int_equal(0, end_count(e, "Contact:"));
		assert_int_equal(0, end_count(e, "Server:"));
	}
	assert_int_equal(0, s->request_count);
	assert_false(e->closed);
}

/* Ruling 7. */
static void the_last_hop_may_ask_but_not_cross(void **state)
{
	static const struct {
		const char *method;
		unsigned status;
	} cases[] = { { "OPTIONS", 200 }, { "MESSAGE", 483 },
		{ "NEGOTIATE", 405 } };
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.11", "dns:fe1.contoso.com", true);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];

		snprintf(text, sizeof text,
			"%s sip:juliet@example.org SIP/2.0\r\n"
			"Via: SIP/2.0/TLS fe1.contoso.com;branch=z9hG4bK%zu\r\n"
			"Max-Forwards: 0\r\n"
			"From: <sip:romeo@contoso.com>;tag=1\r\n"
			"To: <sip:juliet@example.org>\r\nCall-ID: c%zu\r\n"
			"CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
			cases[i].method, i, i, cases[i].method);
		end_clear(e);
		end_send(e, text);
		assert_int_equal(cases[i].status, end_status(e));
	}
}

static void without_max_forwards_it_goes_up(void **state)
{
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.11", "dns:fe1.contoso.com", true);

	end_send(e, "MESSAGE sip:juliet@example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe1.contoso.com;branch=z9hG4bK1\r\n"
		"From: <sip:romeo@contoso.com>;tag=1\r\n"
		"To: <sip:juliet@example.org>\r\nCall-ID: c\r\n"
		"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(1, s->request_count);
}

static void to_says_sips_or_has_a_tag(void **state)
{
	static const struct {
		const char *method, *to;
		unsigned status;
	} cases[] = {
		{ "MESSAGE", "<sips:juliet@example.org>", 416 },
		/* dialogs are the core's */
		{ "MESSAGE", "<sip:juliet@example.org>;tag=x", 0 },
		{ "INVITE", "<sip:juliet@example.org>;tag=x", 481 },
		{ "SUBSCRIBE", "<sip:juliet@example.org>;tag=x", 481 },
		{ "OPTIONS", "<sip:juliet@example.org>;tag=x", 481 },
		{ "MESSAGE", "<tel:+1234>", 0 },
	};
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.11", "dns:fe1.contoso.com", true);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];

		snprintf(text, sizeof text,
			"%s sip:juliet@example.org SIP/2.0\r\n"
			"Via: SIP/2.0/TLS fe1.contoso.com;branch=z9hG4bK%zu\r\n"
			"Max-Forwards: 7\r\n"
			"From: <sip:romeo@contoso.com>;tag=1\r\n"
			"To: %s\r\nCall-ID: c%zu\r\n"
			"CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
			cases[i].method, i, cases[i].to, i, cases[i].method);
		end_clear(e);
		end_send(e, text);
		assert_int_equal(cases[i].status, end_status(e));
	}
	assert_int_equal(2, s->request_count);
}

/* ---- who is there ---- */

static const struct identity {
	const char *what, *name, *from;
	bool trusted;
	unsigned status; /* 0: it goes up */
} identities[] = {
	{ "a configured front end", "dns:fe1.contoso.com",
		"sip:romeo@contoso.com", true, 0 },
	{ "the other one, another domain of the partner",
		"dns:fe2.contoso.com", "sip:romeo@Sub.Contoso.com", true, 0 },
	{ "a front end by SIP URI", "uri:sip:fe1.contoso.com",
		"sip:romeo@contoso.com", true, 0 },
	{ "a front end that is not configured", "dns:fe3.contoso.com",
		"sip:romeo@contoso.com", true, 403 },
	{ "the domain alone, where front ends are configured",
		"dns:contoso.com", "sip:romeo@contoso.com", true, 403 },
	{ "a wildcard", "dns:*.contoso.com", "sip:romeo@contoso.com", true,
		403 },
	{ "an untrusted certificate", "dns:fe1.contoso.com",
		"sip:romeo@contoso.com", false, 403 },
	{ "another partner's front end", "dns:fe1.contoso.com",
		"sip:romeo@fabrikam.com", true, 403 },
	{ "a domain by RFC 5922", "dns:fabrikam.com", "sip:romeo@fabrikam.com",
		true, 0 },
	{ "a domain by SIP URI", "uri:sip:fabrikam.com",
		"sip:romeo@fabrikam.com", true, 0 },
	{ "the SRV target", "dns:sip.fabrikam.com", "sip:romeo@fabrikam.com",
		true, 0 },
	{ "another host in the domain", "dns:www.fabrikam.com",
		"sip:romeo@fabrikam.com", true, 403 },
	{ "a target two labels below", "dns:a.b.fabrikam.com",
		"sip:romeo@fabrikam.com", true, 403 },
	{ "a blocked partner", "dns:blocked.example",
		"sip:romeo@blocked.example", true, 403 },
	{ "nobody", "dns:evil.example", "sip:romeo@contoso.com", true, 403 },
};

static void certificates_select_the_partner(void **state)
{
	struct scene *s = *state;

	io_world_dns(s->world, "_sipfederationtls._tcp.fabrikam.com",
		IO_DNS_SRV, "10 5 5061 sip.fabrikam.com");
	io_world_dns(s->world, "_sips._tcp.fabrikam.com", IO_DNS_SRV,
		"20 5 5061 a.b.fabrikam.com");
	for (size_t i = 0; i < sizeof identities / sizeof *identities; i++) {
		const struct identity *id = &identities[i];
		char address[32], branch[32];
		size_t before = s->request_count;
		struct end *e;

		snprintf(address, sizeof address, "192.0.2.%zu", 100 + i);
		snprintf(branch, sizeof branch, "z9hG4bKc%zu", i);
		e = call_as(s, address, id->name, id->trusted);
		end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
			id->from, branch, NULL, NULL));
		if (id->status != end_status(e))
			print_error("%s: %s\n", id->what, end_text(e));
		assert_int_equal(id->status, end_status(e));
		assert_int_equal(before + (id->status ? 0 : 1),
			s->request_count);
	}
}

/* A certificate for servers alone: enough, unless the partner's is to be for
 * clients too. */
static void a_caller_may_have_to_be_a_client(void **state)
{
	static const char *const fe[] = { "fe1.contoso.com", NULL };
	static const struct sip_partner lax = { .name = "contoso.com",
		.front_ends = fe };
	static const struct sip_partner strict = { .name = "contoso.com",
		.front_ends = fe, .client_usage = true };
	static const char *const both[] = { "dns:fe1.contoso.com", NULL };
	static const char *const server[] = { "dns:fe1.contoso.com",
		"server only", NULL };
	static const struct {
		const struct sip_partner *partner;
		const char *const *names;
		unsigned status;
	} cases[] = { { &lax, both, 0 }, { &lax, server, 0 },
		{ &strict, both, 0 }, { &strict, server, 403 } };
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char address[32], branch[32];
		struct end *e;

		scene_configure(s, (const struct sip_partner *const[]){
			cases[i].partner, NULL });
		snprintf(address, sizeof address, "192.0.2.%zu", 60 + i);
		snprintf(branch, sizeof branch, "z9hG4bKu%zu", i);
		e = machine_call(scene_machine(s, address, cases[i].names,
			true), 5061);
		end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
			"sip:romeo@contoso.com", branch, NULL, NULL));
		assert_int_equal(cases[i].status, end_status(e));
	}
	assert_int_equal(3, s->request_count);
}

static void without_certificate_only_options_works(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_machine(s, "192.0.2.99",
		(const char *const[]){ NULL }, true);
	struct end *e = machine_call(m, 5061);

	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "z9hG4bK1", NULL, NULL));
	assert_int_equal(403, end_status(e));
	end_clear(e);
	end_send(e, scene_request(s, "OPTIONS", "sip:example.org",
		"sip:scan@evil.example", "z9hG4bK2", NULL, NULL));
	assert_int_equal(200, end_status(e));
	end_clear(e);
	end_send(e, scene_request(s, "REGISTER", "sip:example.org",
		"sip:scan@evil.example", "z9hG4bK3", NULL, NULL));
	assert_int_equal(405, end_status(e));
}

static void the_blocked_hear_nothing_else(void **state)
{
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.98", "dns:blocked.example", true);

	end_send(e, scene_request(s, "OPTIONS", "sip:example.org",
		"sip:blocked.example", "z9hG4bK1", NULL, NULL));
	assert_int_equal(403, end_status(e));
}

/* One front end that serves two partners: From decides between them. */
static void one_certificate_may_prove_several_partners(void **state)
{
	static const char *const shared[] = { "fe1.contoso.com", NULL };
	static const struct sip_partner a = { .name = "a.example",
		.front_ends = shared };
	static const struct sip_partner b = { .name = "b.example",
		.front_ends = shared };
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.11", "dns:fe1.contoso.com", true);

	scene_configure(s,
		(const struct sip_partner *const[]){ &a, &b, &scene_contoso, NULL });
	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@b.example", "z9hG4bK1", NULL, NULL));
	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@a.example", "z9hG4bK2", NULL, NULL));
	assert_int_equal(2, s->request_count);
	assert_string_equal("b.example", s->requests[0].partner);
	assert_string_equal("a.example", s->requests[1].partner);
}

static void plain_tcp_goes_by_address(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_machine(s, "192.0.2.40",
		(const char *const[]){ NULL }, true);
	struct machine *other = scene_machine(s, "192.0.2.41",
		(const char *const[]){ NULL }, true);
	struct end *e = machine_call(m, 5060);

	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@plain.example", "z9hG4bK1", NULL, NULL));
	assert_int_equal(1, s->request_count);
	assert_string_equal("plain.example", s->requests[0].partner);
	/* a TLS partner cannot be impersonated without TLS */
	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "z9hG4bK2", NULL, NULL));
	assert_int_equal(403, end_status(e));
	e = machine_call(other, 5060);
	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@plain.example", "z9hG4bK3", NULL, NULL));
	assert_int_equal(403, end_status(e));
}

/* ---- changes of configuration ---- */

static void a_connection_that_proves_nobody_any_more_closes(void **state)
{
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.11", "dns:fe1.contoso.com", true);

	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "z9hG4bK1", NULL, NULL));
	assert_int_equal(1, s->request_count);
	scene_configure(s,
		(const struct sip_partner *const[]){ &scene_fabrikam, NULL });
	scene_step(s);
	assert_true(e->closed);
	/* its answer has nowhere to go */
	assert_int_equal(0, sip_respond(s->sip, s->requests[0].transaction, 200,
		NULL, NULL));
	scene_configure(s,
		(const struct sip_partner *const[]){ &scene_contoso, NULL });
	e = call_as(s, "192.0.2.12", "dns:fe2.contoso.com", true);
	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", "z9hG4bK2", NULL, NULL));
	assert_int_equal(2, s->request_count);
}

static void a_connection_is_promoted_by_a_new_partner(void **state)
{
	static const struct sip_partner late = { .name = "late.example" };
	struct scene *s = *state;
	struct end *e = call_as(s, "192.0.2.50", "dns:late.example", true);
	const char *request = scene_request(s, "MESSAGE",
		"sip:juliet@example.org", "sip:romeo@late.example", "z9hG4bK1",
		NULL, NULL);

	end_send(e, request);
	assert_int_equal(403, end_status(e));
	scene_configure(s, (const struct sip_partner *const[]){ &late, NULL });
	end_send(e, request);
	assert_int_equal(1, s->request_count);
}

static void dialects_are_found_by_name(void **state)
{
	(void)state;
	assert_string_equal("simple", sip_dialect_at(0)->name);
	assert_string_equal("lync", sip_dialect_find("lync")->name);
	assert_true(sip_dialect_find("lync")->srv_target);
	assert_false(sip_dialect_find("lync")->gr);
	assert_true(sip_dialect_find("simple")->gr);
	assert_string_equal("_sipfederationtls._tcp",
		sip_dialect_services(sip_dialect_find("lync"))[0]);
	assert_string_equal("_sips._tcp",
		sip_dialect_services(sip_dialect_find("simple"))[0]);
	assert_null(sip_dialect_find("other"));
	assert_null(sip_dialect_at(2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refusals_have_the_right_words),
		TEST(the_last_hop_may_ask_but_not_cross),
		TEST(without_max_forwards_it_goes_up),
		TEST(to_says_sips_or_has_a_tag),
		TEST(certificates_select_the_partner),
		TEST(a_caller_may_have_to_be_a_client),
		TEST(without_certificate_only_options_works),
		TEST(the_blocked_hear_nothing_else),
		TEST(one_certificate_may_prove_several_partners),
		TEST(plain_tcp_goes_by_address),
		TEST(a_connection_that_proves_nobody_any_more_closes),
		TEST(a_connection_is_promoted_by_a_new_partner),
		cmocka_unit_test(dialects_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
