/*
 * `roster …` over the control socket of a node in memory, with the presence
 * plugin in it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "io/mem.h"

extern const struct stox_plugin stox_plugin_presence;
const struct stox_plugin *const core_plugin_table[] = { &stox_plugin_presence,
	NULL };

struct stage {
	struct io_world *world;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct plugins *plugins;
	struct io_env *env;
	struct node *node;
	struct ctl *ctl;
};

static void nothing(void *arg, enum stox_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static int set_up(void **state)
{
	static const char text[] = "host = 'gw.example.net'\n"
		"plugins = { 'presence' }\nSipDomain 'contoso.com'\n"
		"  front_end = 'fe.contoso.com'\n  users_hidden = { 'spy' }\n"
		"SipDomain 'shut.example'\n  front_end = 'fe.shut.example'\n"
		"  blocked = true\n"
		"XmppDomain 'example.org'\n  users_hidden = { 'ghost' }\n"
		"  users_deny = { 'eve' }\n"
		"XmppDomain 'public.example'\n  partner = 'public_unverified'\n"
		"XmppDomain 'blocked.example'\n  partner = 'blocked'\n";
	static const char *const names[] = { "dns:contoso.com", NULL };
	struct stage *s = calloc(1, sizeof(*s));
	struct io_env_config ec = { &s->log, &s->limits, &s->budget, NULL, NULL };
	struct node_config nc = { .log = &s->log, .limits = &s->limits,
		.budget = &s->budget, .database = ":memory:" };
	struct ctl_config cc = { .path = "/control" };
	struct config *c = NULL;
	struct buf why;

	buf_init(&why, 65536, NULL);
	s->log.sink = nothing;
	limits_init(&s->limits);
	s->world = io_world_new(1767323045000000, 7);
	s->plugins = plugins_new(NULL);
	s->env = io_mem_new(s->world, "192.0.2.1", &ec);
	if (config_load_text("test", str_from(text), s->plugins, &c, &why,
		    &why) < 0)
		fail_msg("%s", buf_text(&why));
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

/* ---- a caller ---------------------------------------------------------------- */

struct caller {
	const char *text;
	struct buf got;
	bool closed;
};

static void caller_open(void *arg, struct io_stream *s)
{
	const struct caller *c = arg;

	io_write(s, str_from(c->text));
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

static const struct io_events events = { caller_open, NULL, caller_data, NULL,
	caller_close };

/* Returns owned. */
static json_t *ask(struct stage *s, const char *text)
{
	struct caller c = { .text = text };
	const struct io_connect_config cc = { .host = "/control",
		.special_ok = true, .events = &events, .arg = &c };
	json_t *j;

	buf_init(&c.got, 1 << 20, NULL);
	io_connect(s->env, &cc);
	for (int i = 0; i < 50 && !c.closed; i++)
		io_world_advance(s->world, 100);
	assert_true(c.closed);
	j = json_loadb(c.got.data, c.got.len, 0, NULL);
	assert_non_null(j);
	buf_free(&c.got);
	return j;
}

static void refused(struct stage *s, const char *line, const char *why)
{
	json_t *j = ask(s, line);

	assert_true(json_is_false(json_object_get(j, "ok")));
	assert_string_equal(why,
		json_string_value(json_object_get(j, "error")));
	json_decref(j);
}

static void changes(struct stage *s, const char *line, bool changed)
{
	json_t *j = ask(s, line);

	assert_true(json_is_true(json_object_get(j, "ok")));
	assert_int_equal(changed, json_is_true(json_object_get(j, "changed")));
	json_decref(j);
}

static size_t pairs(struct stage *s, const char *line)
{
	json_t *j = ask(s, line);
	size_t n = json_array_size(json_object_get(j, "pairs"));

	assert_true(json_is_true(json_object_get(j, "ok")));
	json_decref(j);
	return n;
}

static json_int_t number(const json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

static const char *text_of(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s ? s : "";
}

static const char *policy_of(const json_t *j, size_t i)
{
	const char *s = json_string_value(
		json_array_get(json_object_get(j, "policy"), i));

	return s ? s : "";
}

/* ---- tests ------------------------------------------------------------------- */

#define PAIR "juliet@example.org romeo@contoso.com"

static void test_add_and_remove(void **state)
{
	struct stage *s = *state;

	assert_int_equal(0, pairs(s, "roster list 0\n"));
	changes(s, "roster add " PAIR " x2s=yes s2x=yes\n", true);
	changes(s, "roster add " PAIR " x2s=yes s2x=yes\n", false);
	/* the other way round it is the same pair */
	changes(s, "roster add romeo@contoso.com juliet@example.org x2s=yes\n",
		false);
	assert_int_equal(1, pairs(s, "roster list 0\n"));
	assert_int_equal(1, pairs(s, "roster show " PAIR "\n"));
	changes(s, "roster remove " PAIR "\n", true);
	/* that nobody can be told here is remembered; but ended it is */
	changes(s, "roster remove " PAIR " x2s=1 s2x=1\n", false);
}

static void test_filter(void **state)
{
	struct stage *s = *state;

	changes(s, "roster add " PAIR " x2s=yes\n", true);
	changes(s, "roster add nurse@example.org romeo@contoso.com s2x=yes\n",
		true);
	assert_int_equal(2, pairs(s, "roster list 0 contoso.com\n"));
	assert_int_equal(2, pairs(s, "roster list 0 example.org\n"));
	assert_int_equal(1, pairs(s, "roster list 0 juliet@example.org\n"));
	assert_int_equal(2, pairs(s, "roster list 0 romeo@contoso.com\n"));
	assert_int_equal(0, pairs(s, "roster list 0 oso.com\n"));
	assert_int_equal(1, pairs(s, "roster list 1\n"));
	assert_int_equal(0, pairs(s, "roster published 0\n"));
	assert_int_equal(0, pairs(s, "roster published 0 example.org\n"));
}

static void test_refused(void **state)
{
	struct stage *s = *state;

	refused(s, "roster\tlist\n", "unknown command; known are status, reload, "
		"hooks, streams, partners, dialect, limits, certs, plan, roster");
	refused(s, "roster burn\n",
		"known are roster list, published, show, add, remove, "
		"import");
	refused(s, "roster add juliet@example.org\n",
		"two addresses are needed, user@domain each");
	refused(s, "roster add example.org romeo@contoso.com x2s=yes\n",
		"two addresses are needed, user@domain each");
	refused(s, "roster add juliet@example.org/r romeo@contoso.com x2s=yes\n",
		"two addresses are needed, user@domain each");
	refused(s, "roster add juliet@example.org nurse@example.org x2s=yes\n",
		"none of the two domains lives on SIP");
	refused(s, "roster add mercutio@contoso.com romeo@contoso.com x2s=yes\n",
		"none of the two domains lives on XMPP");
	refused(s, "roster add " PAIR "\n",
		"Neither x2s nor s2x is yes or asked.");
	refused(s, "roster add " PAIR " x2s=perhaps\n",
		"x2s and s2x are yes, asked or no.");
	refused(s, "roster add " PAIR " x2s\n",
		"behind the addresses stands NAME=VALUE");
	refused(s, "roster list x\n",
		"list takes a number and a domain or address");
	assert_int_equal(0, pairs(s, "roster list 0\n"));
}

static void test_show(void **state)
{
	struct stage *s = *state;
	json_t *j, *p;

	changes(s, "roster add ghost@example.org romeo@contoso.com x2s=yes "
		"x2s_since=1700000000\n", true);
	j = ask(s, "roster show ghost@example.org romeo@contoso.com\n");
	p = json_array_get(json_object_get(j, "pairs"), 0);
	assert_string_equal("yes", text_of(p, "x2s"));
	assert_string_equal("no", text_of(p, "s2x"));
	assert_int_equal(1700000000, number(p, "x2s_since"));
	assert_string_equal("The XMPP user is let in. Nothing is subscribed on "
		"SIP while the XMPP user is offline.", text_of(p, "x2s_words"));
	assert_string_equal("The SIP user does not watch the XMPP user.",
		text_of(p, "s2x_words"));
	assert_string_equal("Policy: `users_hidden` lets nobody see "
		"ghost@example.org; who asks is never answered.",
		policy_of(j, 0));
	assert_true(json_is_array(json_object_get(j, "publications")));
	json_decref(j);
}

/* What the configuration has against two people, known to each other or not. */
static void test_policy(void **state)
{
	static const struct {
		const char *pair, *words;
	} rows[] = {
		{ "juliet@blocked.example romeo@contoso.com",
			"Policy: the XMPP domain of juliet@blocked.example is "
			"blocked." },
		{ "juliet@example.org romeo@shut.example",
			"Policy: the SIP domain of romeo@shut.example is "
			"blocked." },
		{ "juliet@public.example romeo@contoso.com",
			"Policy: the partner is unverified: "
			"juliet@public.example sees romeo@contoso.com only after "
			"having been approached by the other one." },
		{ "eve@example.org romeo@contoso.com",
			"Policy: `users_allow` and `users_deny` do not let "
			"eve@example.org take part." },
		{ "juliet@example.org spy@contoso.com",
			"Policy: `users_hidden` lets nobody see spy@contoso.com; "
			"who asks is never answered." },
		{ PAIR, NULL },
	};
	char line[256];
	json_t *j;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(line, sizeof(line), "roster show %s\n", rows[i].pair);
		j = ask(*state, line);
		assert_int_equal(rows[i].words ? 1 : 0,
			json_array_size(json_object_get(j, "policy")));
		if (rows[i].words)
			assert_string_equal(rows[i].words, policy_of(j, 0));
		json_decref(j);
	}
}

static void test_import(void **state)
{
	static const char lines[] = "roster import\n"
		"2 " PAIR " x2s=yes s2x=yes\n"
		"3 nobody\n"
		"4 nurse@example.org romeo@contoso.com s2x=asked s2x_since=5\n"
		"five nurse@example.org romeo@contoso.com s2x=yes\n"
		"6 " PAIR " x2s=yes\n"
		"7 juliet@example.org nurse@elsewhere.example x2s=yes "
		"others=skip\n"
		"8 juliet@example.org icq.example.org x2s=yes others=skip\n"
		".\n";
	struct stage *s = *state;
	json_t *j = ask(s, lines), *f;

	assert_int_equal(2, number(j, "added"));
	assert_int_equal(1, number(j, "unchanged"));
	assert_int_equal(2, number(j, "skipped"));
	assert_int_equal(2, number(j, "failed"));
	f = json_object_get(j, "failures");
	assert_int_equal(3, number(json_array_get(f, 0), "line"));
	assert_string_equal("two addresses are needed, user@domain each",
		text_of(json_array_get(f, 0), "why"));
	assert_string_equal("a line begins with its number",
		text_of(json_array_get(f, 1), "why"));
	json_decref(j);
	/* again: nothing is new */
	j = ask(s, lines);
	assert_int_equal(0, number(j, "added"));
	assert_int_equal(3, number(j, "unchanged"));
	json_decref(j);
}

/* More than one window and one page, one of them longer than a command. */
static void test_large_import(void **state)
{
	enum { COUNT = 1200 };
	struct stage *s = *state;
	struct buf b;
	json_t *j, *f;
	size_t seen = 0;
	json_int_t next = 0;
	char line[64];

	buf_init(&b, 1 << 20, NULL);
	buf_add_text(&b, "roster import\n1 ");
	for (int i = 0; i < 5000; i++)
		buf_add_char(&b, 'x');
	buf_add_char(&b, '\n');
	for (int i = 0; i < COUNT; i++)
		buf_printf(&b, "%d u%d@example.org f@contoso.com x2s=yes\n",
			i + 2, i);
	buf_add_text(&b, ".\n");
	buf_add_char(&b, '\0');
	j = ask(s, b.data);
	assert_int_equal(COUNT, number(j, "added"));
	assert_int_equal(1, number(j, "failed"));
	f = json_array_get(json_object_get(j, "failures"), 0);
	assert_int_equal(1, number(f, "line"));
	assert_string_equal("the line is too long", text_of(f, "why"));
	json_decref(j);
	do {
		snprintf(line, sizeof(line), "roster list %lld\n",
			(long long)next);
		j = ask(s, line);
		f = json_object_get(j, "pairs");
		assert_in_range(json_array_size(f), 1, 500);
		seen += json_array_size(f);
		next = number(j, "next");
		json_decref(j);
	} while (next);
	assert_int_equal(COUNT, seen);
	buf_free(&b);
}

/* Who goes before the answer is asked for no more. */
static void test_gone(void **state)
{
	struct stage *s = *state;
	struct caller c = { .text = "roster import\n1 " PAIR " x2s=yes\n" };
	const struct io_connect_config cc = { .host = "/control",
		.special_ok = true, .events = &events, .arg = &c };
	struct io_stream *stream;

	buf_init(&c.got, 1 << 20, NULL);
	stream = io_connect(s->env, &cc);
	io_world_step(s->world, 3);
	io_abort(stream);
	io_world_advance(s->world, 1000);
	assert_true(c.closed);
	assert_int_equal(0, c.got.len);
	buf_free(&c.got);
	changes(s, "roster add " PAIR " s2x=yes\n", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_add_and_remove, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_filter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_show, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_import, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_import, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
