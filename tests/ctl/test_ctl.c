/*
 * The control socket's answers, over a node in memory.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "io/mem.h"

static stox_verdict look(void *state, struct stox_exchange *x)
{
	(void)state;
	return stox_next(x);
}

static const struct stox_hook hooks[] = {
	{ STOX_ADJUST, STOX_XMPP, .name = "message", .order = 5, .run = look },
	{ STOX_ADJUST, STOX_ANY, .order = 5, .run = look },
	{ STOX_ADJUST, STOX_XMPP, .name = "message", .ns = "urn:x", .order = 5,
		.run = look },
	{ STOX_ADJUST, STOX_ANY, .order = -5, .run = look },
	{ 0 }
};
static const struct stox_plugin looker = { .abi = STOX_ABI,
	.size = sizeof(struct stox_plugin), .name = "looker",
	.summary = "Look.", .hooks = hooks };
const struct stox_plugin *const core_plugin_table[] = { &looker, NULL };

struct stage {
	struct io_world *world;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct plugins *plugins;
	struct io_env *env;
	struct node *node;
	struct ctl *ctl;
	int reloads;
	bool refuse;
};

static int reload(void *arg, struct buf *why)
{
	struct stage *s = arg;

	s->reloads++;
	if (s->refuse)
		buf_add_text(why, "stox.cfg.lua:3: no");
	return s->refuse ? -STOX_EINVAL : 0;
}

static void nothing(void *arg, enum stox_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static int set_up(void **state)
{
	static const char text[] = "host = 'gw.example.net'\n"
		"plugins = { 'looker' }\nSipDomain 'contoso.com'\n"
		"  front_end = 'fe.contoso.com'\n  sip_negotiate = '488'\n"
		"  sip_connections = 3\n  sip_gr = false\n"
		"XmppDomain 'example.org'\n";
	static const char *const names[] = { "dns:contoso.com", NULL };
	struct stage *s = calloc(1, sizeof(*s));
	struct io_env_config ec = { &s->log, &s->limits, &s->budget, NULL, NULL };
	struct node_config nc = { .log = &s->log, .limits = &s->limits,
		.budget = &s->budget, .database = ":memory:" };
	struct ctl_config cc = { .path = "/control", .reload = reload, .arg = s };
	struct config *c = NULL;
	struct buf why;

	buf_init(&why, 65536, NULL);
	s->log.sink = nothing;
	limits_init(&s->limits);
	s->world = io_world_new(1767323045000000, 7);
	s->plugins = plugins_new(NULL);
	s->env = io_mem_new(s->world, "192.0.2.1", &ec);
	assert_int_equal(0, config_load_text("test", str_from(text), s->plugins,
		&c, &why, &why));
	nc.env = s->env;
	nc.plugins = s->plugins;
	nc.config = c;
	nc.credentials = io_mem_credentials(names, true);
	s->node = node_new(&nc, &why);
	assert_non_null(s->node);
	io_credentials_unref(&nc.credentials);
	config_unref(&c);
	cc.node = s->node;
	s->ctl = ctl_new(&cc, &why);
	assert_non_null(s->ctl);
	buf_free(&why);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *s = *state;

	ctl_free(&s->ctl);
	node_free(&s->node);
	io_env_free(&s->env);
	plugins_free(&s->plugins);
	io_world_free(&s->world);
	free(s);
	return 0;
}

static json_t *ask(struct stage *s, const char *line)
{
	struct buf out;
	json_t *j;

	buf_init(&out, 1 << 20, NULL);
	ctl_answer(s->ctl, str_from(line), &out);
	assert_int_equal('\n', out.data[out.len - 1]);
	j = json_loadb(out.data, out.len, 0, NULL);
	assert_non_null(j);
	buf_free(&out);
	return j;
}

static const char *text_at(const json_t *list, size_t i, const char *key)
{
	const char *s = json_string_value(
		json_object_get(json_array_get(list, i), key));

	return s ? s : "";
}

static void test_status(void **state)
{
	static const char *const names[] = { "in_memory", "sending", "waiting" };
	json_t *j = ask(*state, "status"), *domains, *gauges;

	assert_true(json_is_true(json_object_get(j, "ok")));
	assert_string_equal(stox_version(),
		json_string_value(json_object_get(j, "version")));
	domains = json_object_get(j, "domains");
	assert_int_equal(2, json_array_size(domains));
	assert_string_equal("contoso.com", text_at(domains, 0, "domain"));
	assert_string_equal("SIP", text_at(domains, 0, "lives_on"));
	assert_string_equal("XMPP", text_at(domains, 1, "lives_on"));
	gauges = json_object_get(j, "sessions");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_true(json_is_integer(json_object_get(gauges, names[i])));
		assert_int_equal(0, json_integer_value(
			json_object_get(gauges, names[i])));
	}
	json_decref(j);
}

/** By order, then the more specific one, then as loaded. */
static void test_hooks(void **state)
{
	json_t *j = ask(*state, "hooks"), *h = json_object_get(j, "hooks");

	assert_int_equal(4, json_array_size(h));
	assert_int_equal(-5, json_integer_value(
		json_object_get(json_array_get(h, 0), "order")));
	assert_string_equal("urn:x", text_at(h, 1, "ns"));
	assert_string_equal("message", text_at(h, 2, "name"));
	assert_string_equal("", text_at(h, 2, "ns"));
	assert_string_equal("", text_at(h, 3, "name"));
	assert_string_equal("any", text_at(h, 3, "from"));
	json_decref(j);
}

static void test_limits(void **state)
{
	struct stage *s = *state;
	json_t *j, *l;

	limit_hit(&s->limits, LIMIT_LANE);
	j = ask(s, "limits");
	l = json_object_get(j, "limits");
	assert_int_equal(LIMIT_COUNT, json_array_size(l));
	assert_string_equal(limit_info(LIMIT_LANE)->id, text_at(l, LIMIT_LANE, "id"));
	assert_int_equal(1, json_integer_value(json_object_get(
		json_array_get(l, LIMIT_LANE), "reached")));
	json_decref(j);
}

static void test_streams(void **state)
{
	json_t *j = ask(*state, "streams ");

	assert_true(json_is_true(json_object_get(j, "ok")));
	assert_int_equal(0, json_array_size(json_object_get(j, "streams")));
	json_decref(j);
	j = ask(*state, "streams failed");
	assert_true(json_is_true(json_object_get(j, "ok")));
	json_decref(j);
}

static void test_partners(void **state)
{
	json_t *j = ask(*state, "partners"), *l;

	assert_true(json_is_true(json_object_get(j, "ok")));
	l = json_object_get(j, "partners");
	assert_int_equal(2, json_array_size(l));
	assert_string_equal("contoso.com", text_at(l, 0, "domain"));
	assert_string_equal("SIP", text_at(l, 0, "side"));
	assert_string_equal("XMPP", text_at(l, 1, "side"));
	assert_string_equal("federated", text_at(l, 1, "type"));
	assert_string_equal("required", text_at(l, 1, "tls"));
	assert_string_equal("optional", text_at(l, 1, "sasl"));
	assert_int_equal(0, json_integer_value(
		json_object_get(json_array_get(l, 1), "refused")));
	json_decref(j);
}

/* A certificate through its life, by the clock of the node. */
static void test_certs(void **state)
{
	static const struct {
		int64_t left_s;
		json_int_t days;
		const char *state;
	} cases[] = {
		{ 90 * 86400, 90, "good" },
		{ 13 * 86400, 13, "ends soon" },
		{ 86400, 1, "ends now" },
		{ -86400, -1, "expired" },
	};
	struct stage *s = *state;
	uint64_t now_s = io_wall_us(s->env) / 1000000;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *j, *l;

		io_mem_credentials_expire(s->node->credentials,
			now_s + (uint64_t)cases[i].left_s);
		j = ask(s, "certs");
		assert_true(json_is_true(json_object_get(j, "ok")));
		l = json_object_get(j, "certificates");
		assert_int_equal(1, json_array_size(l));
		assert_string_equal(cases[i].state, text_at(l, 0, "state"));
		l = json_array_get(l, 0);
		assert_int_equal(cases[i].days,
			json_integer_value(json_object_get(l, "days")));
		assert_string_equal("contoso.com", json_string_value(
			json_array_get(json_object_get(l, "names"), 0)));
		assert_true(json_is_true(json_object_get(l, "client")));
		assert_int_equal(0, json_array_size(
			json_object_get(j, "revocations")));
		json_decref(j);
	}
}

static void test_certs_date(void **state)
{
	struct stage *s = *state;
	json_t *j;

	io_mem_credentials_expire(s->node->credentials, 1767225600);
	j = ask(s, "certs");
	assert_string_equal("2026-01-01T00:00:00Z", text_at(
		json_object_get(j, "certificates"), 0, "expires"));
	json_decref(j);
}

/* Another configuration, as a reload brings it. */
static void use(struct stage *s, const char *text)
{
	struct config *c = NULL;
	struct buf why;

	buf_init(&why, 65536, NULL);
	assert_int_equal(0, config_load_text("test", str_from(text), s->plugins,
		&c, &why, &why));
	assert_int_equal(0, node_reload(s->node, c, s->node->credentials, &why));
	config_unref(&c);
	buf_free(&why);
}

/* What a file's plan is, tests/ctl/plan.py shows. */
static void test_plan(void **state)
{
	json_t *j = ask(*state, "plan");
	const char *text = json_string_value(json_object_get(j, "plan"));

	assert_non_null(text);
	assert_non_null(strstr(text, "_xmpp-server._tcp.contoso.com. IN SRV 0 "
		"0 5269 gw.example.net."));
	assert_non_null(strstr(text, "out  gw.example.net"));
	assert_non_null(strstr(text, "there"));
	json_decref(j);
	j = ask(*state, "plan dns");
	text = json_string_value(json_object_get(j, "plan"));
	assert_non_null(text);
	assert_null(strstr(text, "out  gw.example.net"));
	json_decref(j);
	j = ask(*state, "plan weather");
	assert_true(json_is_false(json_object_get(j, "ok")));
	assert_non_null(strstr(json_string_value(json_object_get(j, "error")),
		"it has certificates, ports"));
	json_decref(j);
}

static const char *choice_of(json_t *answer, size_t dialect, const char *option,
	const char *key)
{
	json_t *d = json_array_get(json_object_get(answer, "dialects"), dialect);
	json_t *list = json_object_get(d, "choices"), *c;
	size_t i;

	json_array_foreach (list, i, c)
		if (strcmp(json_string_value(json_object_get(c, "option")),
			    option) == 0)
			return json_string_value(json_object_get(c, key));
	return NULL;
}

static void test_dialects(void **state)
{
	json_t *j = ask(*state, "dialect");

	assert_int_equal(2, json_array_size(json_object_get(j, "dialects")));
	assert_string_equal("page", choice_of(j, 0, "sip_im", "value"));
	assert_string_equal("RFC 7572, 4", choice_of(j, 0, "sip_im", "source"));
	assert_string_equal("session", choice_of(j, 1, "sip_im", "value"));
	assert_string_equal("B", choice_of(j, 1, "sip_im", "grade"));
	json_decref(j);
	j = ask(*state, "dialect lync");
	assert_int_equal(1, json_array_size(json_object_get(j, "dialects")));
	assert_string_equal("yes", choice_of(j, 0, "sip_record_route", "value"));
	assert_string_equal("1", choice_of(j, 0, "sip_connections", "value"));
	json_decref(j);
	j = ask(*state, "dialect contoso.com");
	assert_string_equal("488", choice_of(j, 0, "sip_negotiate", "value"));
	assert_string_equal("405", choice_of(j, 0, "sip_negotiate", "usual"));
	assert_string_equal("3", choice_of(j, 0, "sip_connections", "value"));
	assert_string_equal("no", choice_of(j, 0, "sip_gr", "value"));
	assert_string_equal("page", choice_of(j, 0, "sip_im", "value"));
	json_decref(j);
	j = ask(*state, "dialect example.org");
	assert_true(json_is_false(json_object_get(j, "ok")));
	json_decref(j);
}

static void test_discovered_partners(void **state)
{
	struct stage *s = *state;
	struct stox_exchange x = { .node = s->node, .side = STOX_XMPP };
	const struct config *c;
	json_t *j, *l;

	use(s, "host = 'gw.example.net'\nplugins = { 'looker' }\n"
		"discover_sip = 'limited'\nGateway 'sip.example.net'\n"
		"XmppDomain 'example.org'\n");
	c = s->node->snapshot->config;
	x.xmpp_domain = &c->xmpp_domains[0];
	x.sip_domain = c->discovered_sip;
	x.to.domain = STR("stranger.example");
	assert_null(partner_enter(&x));
	j = ask(s, "partners");
	l = json_object_get(j, "partners");
	assert_int_equal(2, json_array_size(l));
	assert_string_equal("stranger.example", text_at(l, 1, "domain"));
	assert_string_equal("SIP", text_at(l, 1, "side"));
	assert_string_equal("public_unverified", text_at(l, 1, "type"));
	assert_string_equal("off", text_at(l, 1, "sasl"));
	assert_true(json_is_true(json_object_get(json_array_get(l, 1),
		"discovered")));
	json_decref(j);
}

static void test_providers(void **state)
{
	struct stage *s = *state;
	json_t *j, *l;

	use(s, "host = 'gw.example.net'\nplugins = { 'looker' }\n"
		"Provider 'edge.cloud.example'\n"
		"Gateway 'sip.example.net'\nXmppDomain 'example.org'\n");
	j = ask(s, "partners");
	l = json_object_get(j, "partners");
	assert_int_equal(2, json_array_size(l));
	assert_string_equal("edge.cloud.example", text_at(l, 0, "domain"));
	assert_string_equal("provider", text_at(l, 0, "type"));
	assert_string_equal("edge.cloud.example", text_at(l, 0, "reached"));
	json_decref(j);
}

static void test_reload(void **state)
{
	struct stage *s = *state;
	json_t *j = ask(s, "reload");

	assert_true(json_is_true(json_object_get(j, "ok")));
	json_decref(j);
	s->refuse = true;
	j = ask(s, "reload");
	assert_true(json_is_false(json_object_get(j, "ok")));
	assert_string_equal("stox.cfg.lua:3: no",
		json_string_value(json_object_get(j, "error")));
	assert_int_equal(2, s->reloads);
	json_decref(j);
}

static void test_unknown(void **state)
{
	static const char *const lines[] = { "", "quit", "streams  failed", "status x" };

	for (size_t i = 0; i < 4; i++) {
		json_t *j = ask(*state, lines[i]);

		assert_true(json_is_false(json_object_get(j, "ok")));
		assert_non_null(json_string_value(json_object_get(j, "error")));
		json_decref(j);
	}
}

/* ---- the socket ---------------------------------------------------------------- */

struct caller {
	struct buf got;
	bool closed;
};

static void caller_open(void *arg, struct io_stream *s)
{
	(void)arg;
	io_write(s, STR("stat"));
	io_write(s, STR("us\nhooks\n"));
}

static void caller_data(void *arg, struct io_stream *s, struct str bytes)
{
	struct caller *c = arg;

	(void)s;
	buf_add_str(&c->got, bytes);
}

static void caller_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	struct caller *c = arg;

	(void)s;
	(void)reason;
	(void)detail;
	c->closed = true;
}

/** One line, one document, and the daemon hangs up. */
static void test_socket(void **state)
{
	static const struct io_events events = { caller_open, NULL, caller_data,
		NULL, caller_close };
	struct stage *s = *state;
	struct caller c = { .closed = false };
	const struct io_connect_config cc = { .host = "/control",
		.special_ok = true, .events = &events, .arg = &c };
	json_t *j;

	buf_init(&c.got, 1 << 20, NULL);
	io_connect(s->env, &cc);
	io_world_step(s->world, 10000);
	io_world_advance(s->world, 6000);
	assert_true(c.closed);
	j = json_loadb(c.got.data, c.got.len, 0, NULL);
	assert_non_null(j);
	assert_non_null(json_object_get(j, "version"));
	json_decref(j);
	buf_free(&c.got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hooks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_streams, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_certs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_certs_date, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_partners, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dialects, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_providers, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_discovered_partners, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_reload, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_socket, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
