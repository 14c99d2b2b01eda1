/*
 * test_discover.c: SIP domains that are in no section: found by SRV, proven by
 * their certificate's names, bounded in number.  Ruling 3; RFC 5922, 7.
 */
#include "scene.h"

#include <stdio.h>

static const struct sip_dialect simple = { .name = "simple", .alias = 1 };
static const struct sip_partner strangers = { .name = "", .dialect = &simple };

/* contoso.com is in a section, taken.example lives on XMPP */
static bool may_discover(void *arg, struct str host)
{
	(void)arg;
	return !str_is(host, "contoso.com") && !str_is(host, "taken.example");
}

static const struct sip_partner *const usual[] = { &scene_contoso, NULL };

static int set_up(void **state)
{
	struct scene *s = scene_new();

	s->config.discovered = &strangers;
	s->config.may_discover = may_discover;
	scene_configure(s, usual);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	scene_free(*state);
	return 0;
}

static void send_to(struct scene *s, const char *domain, uint64_t token)
{
	struct sip_out out = {
		.method = "MESSAGE",
		.domain = domain,
		.request_uri = "sip:bob@a.example",
		.from = "sip:juliet@example.org",
		.to = "sip:bob@a.example",
		.content_type = "text/plain",
		.body = STR("hi"),
	};

	sip_send(s->sip, &strangers, &out, 32000, token);
	scene_step(s);
}

/* A server for @domain with a certificate for @name. */
static struct machine *server(struct scene *s, const char *domain,
	const char *name, unsigned number)
{
	const char *const names[] = { name, NULL };
	char address[32], srv[128], host[128], target[200];
	struct machine *m;

	snprintf(address, sizeof address, "192.0.2.%u", number);
	snprintf(host, sizeof host, "sip%u.example", number);
	snprintf(srv, sizeof srv, "_sips._tcp.%s", domain);
	snprintf(target, sizeof target, "0 0 5061 %s", host);
	io_world_dns(s->world, host, IO_DNS_A, address);
	io_world_dns(s->world, srv, IO_DNS_SRV, target);
	m = scene_machine(s, address, names, true);
	machine_listen(m, 5061, true);
	return m;
}

static unsigned ask_as(struct scene *s, struct end *e, const char *from)
{
	char branch[40];
	static unsigned number; /* of the branch; tests need no order of them */

	snprintf(branch, sizeof branch, "z9hG4bKd%u", ++number);
	end_clear(e);
	s->answer_at_once = 202;
	end_send(e, scene_request(s, "MESSAGE", "sip:juliet@example.org", from,
		branch, NULL, "hi"));
	return end_status(e);
}

/* ---- out ---- */

static void found_and_proven(void **state)
{
	struct scene *s = *state;
	struct machine *m = server(s, "a.example", "dns:a.example", 30);

	send_to(s, "a.example", 1);
	assert_non_null(machine_last(m));
	assert_int_equal(1, end_count(machine_last(m), "MESSAGE sip:bob@"));
	end_reply(machine_last(m), 200, NULL);
	assert_int_equal(SIP_FINAL, s->answers[0].event);
	assert_int_equal(200, s->answers[0].status);
	/* the next takes the same connection */
	end_clear(machine_last(m));
	send_to(s, "a.example", 2);
	assert_int_equal(1, m->count);
	end_reply(machine_last(m), 200, NULL);
	assert_int_equal(2, s->answer_count);
}

static void the_step_is_named(void **state)
{
	struct scene *s = *state;

	server(s, "b.example", "dns:sip31.example", 31);
	io_world_dns(s->world, "host.example", IO_DNS_A, "192.0.2.32");
	io_world_dns(s->world, "_sips._tcp.none.example", IO_DNS_SRV,
		"0 0 0 .");
	send_to(s, "b.example", 1);
	assert_int_equal(SIP_CERTIFICATE, s->answers[0].event);
	assert_non_null(strstr(s->answers[0].text, "must prove the name "
		"b.example, but its certificate has sip31.example"));
	/* an address alone is no invitation */
	send_to(s, "host.example", 2);
	assert_int_equal(SIP_NO_TARGET, s->answers[1].event);
	assert_string_equal("the DNS names no SIP server (SRV record) of "
		"host.example", s->answers[1].text);
	send_to(s, "none.example", 3);
	assert_int_equal(SIP_NO_TARGET, s->answers[2].event);
	assert_non_null(strstr(s->answers[2].text, "offers no SIP"));
	io_world_dns_fail(s->world, true);
	send_to(s, "c.example", 4);
	assert_int_equal(SIP_DNS_FAILED, s->answers[3].event);
}

static void not_everybody(void **state)
{
	struct scene *s = *state;

	send_to(s, "taken.example", 1);
	assert_int_equal(SIP_NO_TARGET, s->answers[0].event);
	assert_string_equal("the SIP domain taken.example may not take part "
		"any more", s->answers[0].text);
	s->config.discovered = NULL;
	scene_configure(s, usual);
	send_to(s, "a.example", 2);
	assert_int_equal(SIP_NO_TARGET, s->answers[1].event);
}

/* ---- in ---- */

static const struct sender {
	const char *what, *name, *from;
	bool trusted;
	unsigned status;
	const char *phrase;
} senders[] = {
	{ "its own name", "dns:a.example", "sip:bob@a.example", true, 202,
		"SIP/2.0 202" },
	{ "in capitals, with a dot", "dns:a.example", "sip:bob@A.Example.",
		true, 202, "SIP/2.0 202" },
	{ "as a SIP URI", "uri:sip:a.example", "sip:bob@a.example", true, 202,
		"SIP/2.0 202" },
	{ "another name", "dns:b.example", "sip:bob@a.example", true, 403,
		"403 The Certificate Does Not Name The Sender's Domain" },
	{ "a star is no name", "dns:*.example", "sip:bob@a.example", true, 403,
		"403 The Certificate Does Not Name The Sender's Domain" },
	{ "the domain above", "dns:a.example", "sip:bob@x.a.example", true, 403,
		"403 The Certificate Does Not Name The Sender's Domain" },
	{ "nobody vouches", "dns:a.example", "sip:bob@a.example", false, 403,
		"403 The Certificate Is Not Trusted" },
	{ "a domain of XMPP", "dns:taken.example", "sip:bob@taken.example", true,
		403, "403 Forbidden" },
	/* its section wants fe1 or fe2 */
	{ "a domain of a section", "dns:contoso.com", "sip:bob@contoso.com",
		true, 403, "403 Forbidden" },
};

static void certificate_bounds_from(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		const struct sender *row = &senders[i];
		const char *const names[] = { row->name,
			strncmp(row->name, "uri:", 4) ? NULL
						      : "dns:machine.example",
			NULL };
		char address[32];
		struct end *e;

		snprintf(address, sizeof address, "192.0.2.%zu", 50 + i);
		e = machine_call(scene_machine(s, address, names, row->trusted),
			5061);
		if (ask_as(s, e, row->from) != row->status ||
			!strstr(end_text(e), row->phrase))
			fail_msg("%s: %s", row->what, end_text(e));
	}
}

static void refused_without_tls(void **state)
{
	struct scene *s = *state;
	const char *const names[] = { "dns:a.example", NULL };
	struct end *e = machine_call(scene_machine(s, "192.0.2.50", names,
		true), 5060);

	assert_int_equal(403, ask_as(s, e, "sip:bob@a.example"));
	assert_int_equal(0, s->request_count);
}

static void one_certificate_many_domains(void **state)
{
	struct scene *s = *state;
	const char *const names[] = { "dns:a.example", "dns:b.example", NULL };
	struct end *e = machine_call(scene_machine(s, "192.0.2.50", names,
		true), 5061);

	assert_int_equal(202, ask_as(s, e, "sip:bob@a.example"));
	assert_int_equal(202, ask_as(s, e, "sip:bob@b.example"));
	assert_int_equal(202, ask_as(s, e, "sip:bob@a.example"));
	assert_string_equal("a.example", s->requests[0].partner);
	assert_string_equal("b.example", s->requests[1].partner);
	assert_string_equal("a.example", s->requests[2].partner);
}

/* ---- limits ---- */

static void connections_of_a_domain(void **state)
{
	struct scene *s = *state;
	const char *const names[] = { "dns:a.example", NULL };
	struct machine *m = scene_machine(s, "192.0.2.50", names, true);
	struct end *one = machine_call(m, 5061), *two = machine_call(m, 5061);

	s->limits.value[LIMIT_DISCOVERED_STREAMS] = 1;
	assert_int_equal(202, ask_as(s, one, "sip:bob@a.example"));
	assert_int_equal(403, ask_as(s, two, "sip:bob@a.example"));
	assert_non_null(strstr(end_text(two),
		"403 Your Domain Has Too Many Connections"));
	assert_int_equal(1, s->limits.hits[LIMIT_DISCOVERED_STREAMS]);
	end_close(one);
	assert_int_equal(202, ask_as(s, two, "sip:bob@a.example"));
}

static void the_oldest_makes_room(void **state)
{
	struct scene *s = *state;
	const char *const names[] = { "dns:a.example", "dns:b.example",
		"dns:c.example", NULL };
	struct machine *m = scene_machine(s, "192.0.2.50", names, true);
	struct end *one = machine_call(m, 5061), *two = machine_call(m, 5061);

	s->limits.value[LIMIT_DISCOVERED_DOMAINS] = 2;
	assert_int_equal(202, ask_as(s, one, "sip:bob@a.example"));
	assert_int_equal(202, ask_as(s, two, "sip:bob@b.example"));
	/* a.example has a quiet connection: it closes, then there is room */
	assert_int_equal(403, ask_as(s, two, "sip:bob@c.example"));
	assert_non_null(strstr(end_text(two),
		"403 Too Many Domains Are Being Talked To"));
	assert_true(one->closed);
	assert_int_equal(202, ask_as(s, two, "sip:bob@c.example"));
	assert_int_equal(2, s->limits.hits[LIMIT_DISCOVERED_DOMAINS]);
	assert_false(two->closed);
}

static void what_we_call_never_waits_for_room(void **state)
{
	struct scene *s = *state;
	struct machine *a = server(s, "a.example", "dns:a.example", 30);
	struct machine *b = server(s, "b.example", "dns:b.example", 31);

	s->limits.value[LIMIT_DISCOVERED_DOMAINS] = 1;
	send_to(s, "a.example", 1);
	end_reply(machine_last(a), 200, NULL);
	send_to(s, "b.example", 2);
	end_reply(machine_last(b), 200, NULL);
	assert_int_equal(2, s->answer_count);
	assert_true(machine_last(a)->closed);
	/* one that failed leaves nothing behind but its name */
	for (unsigned i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof name, "n%u.example", i);
		send_to(s, name, 10 + i);
	}
	assert_int_equal(22, s->answer_count);
}

/* ---- other configurations ---- */

static void reload_keeps_what_may_stay(void **state)
{
	struct scene *s = *state;
	struct machine *m = server(s, "a.example", "dns:a.example", 30);
	struct end *e = machine_call(m, 5061);

	assert_int_equal(202, ask_as(s, e, "sip:bob@a.example"));
	send_to(s, "a.example", 1);
	scene_configure(s, usual);
	assert_false(e->closed);
	assert_int_equal(202, ask_as(s, e, "sip:bob@a.example"));
	end_reply(machine_last(m), 200, NULL);
	assert_int_equal(SIP_FINAL, s->answers[0].event);

	end_clear(machine_last(m));
	send_to(s, "a.example", 2);
	s->config.discovered = NULL;
	scene_configure(s, usual);
	scene_step(s);
	assert_true(e->closed && machine_last(m)->closed);
	assert_int_equal(SIP_NO_TARGET, s->answers[1].event);
}

static void a_stranger_gets_a_section(void **state)
{
	static const char *const front_ends[] = { "sip30.example", NULL };
	static const struct sip_partner known = { .name = "a.example",
		.front_ends = front_ends, .dialect = &simple };
	static const struct sip_partner *const more[] = { &scene_contoso,
		&known, NULL };
	struct scene *s = *state;
	struct machine *m = server(s, "a.example", "dns:a.example", 30);
	struct end *e = machine_call(m, 5061);

	assert_int_equal(202, ask_as(s, e, "sip:bob@a.example"));
	scene_configure(s, more);
	scene_step(s);
	/* what proved the domain does not prove its front end */
	assert_true(e->closed);
	/* and back */
	scene_configure(s, usual);
	e = machine_call(m, 5061);
	assert_int_equal(202, ask_as(s, e, "sip:bob@a.example"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(found_and_proven),
		TEST(the_step_is_named),
		TEST(not_everybody),
		TEST(certificate_bounds_from),
		TEST(refused_without_tls),
		TEST(one_certificate_many_domains),
		TEST(connections_of_a_domain),
		TEST(the_oldest_makes_room),
		TEST(what_we_call_never_waits_for_room),
		TEST(reload_keeps_what_may_stay),
		TEST(a_stranger_gets_a_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
