/*
 * test_listen.c: listeners over a reload: what is new opens, what is gone
 * closes, what stays is not touched, and a failure changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/node.h"
#include "io/mem.h"

/* A plugin that does not start. */
static int refuse(struct stox_host *host, void **ret_state)
{
	(void)host;
	(void)ret_state;
	return -1;
}

static const struct stox_plugin stubborn = { .abi = STOX_ABI,
	.size = sizeof(struct stox_plugin), .name = "stubborn",
	.summary = "Refuse to start.", .init = refuse };
const struct stox_plugin *const core_plugin_table[] = { &stubborn, NULL };

/* A connection of somebody else. */
struct caller {
	bool open, closed;
};

struct stage {
	struct io_world *world;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct plugins *plugins;
	struct io_env *env, *other;
	struct node *node;
	struct buf why, lines;
	struct caller kept, gone; /* they live as long as their streams */
};

static void on_open(void *arg, struct io_stream *s)
{
	(void)s;
	((struct caller *)arg)->open = true;
}

static void on_data(void *arg, struct io_stream *s, struct str bytes)
{
	(void)arg;
	(void)s;
	(void)bytes;
}

static void on_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	(void)s;
	(void)reason;
	(void)detail;
	((struct caller *)arg)->closed = true;
}

static const struct io_events events = { .on_open = on_open,
	.on_data = on_data, .on_close = on_close };

static struct io_stream *call(struct stage *s, uint16_t port, struct caller *c)
{
	const struct io_connect_config config = { .host = "192.0.2.1",
		.port = port, .special_ok = true, .events = &events, .arg = c };
	struct io_stream *stream = io_connect(s->other, &config);

	io_world_step(s->world, 1000000);
	return stream;
}

static bool listens(struct stage *s, uint16_t port)
{
	struct caller c = { false, false };
	struct io_stream *stream = call(s, port, &c);

	if (!c.closed)
		io_abort(stream);
	io_world_step(s->world, 1000000);
	return c.open;
}

static void log_line(void *arg, enum stox_level level, const char *line)
{
	struct stage *s = arg;

	(void)level;
	buf_add_text(&s->lines, line);
	buf_add_char(&s->lines, '\n');
}

static bool is_logged(struct stage *s, const char *text)
{
	*buf_reserve(&s->lines, 1) = '\0';
	return strstr(s->lines.data, text);
}

static const char FIRST[] = "xmpp_listen = { '*:7001', '*:7002' }\n"
	"xmpp_listen_tls = { '*:7003' }\n"
	"sip_listen = { '*:7004' }\nsip_listen_tcp = { '*:7005' }\n";

static struct config *read_config(struct stage *s, const char *listeners)
{
	struct config *c = NULL;
	struct buf text;

	buf_init(&text, 65536, NULL);
	if (!strstr(listeners, "plugins"))
		buf_add_text(&text, "plugins = {}\n");
	buf_printf(&text, "host = 'gw.example.net'\n%s\n"
		"SipDomain 'contoso.com'\n  front_end = 'fe.contoso.com'\n"
		"XmppDomain 'example.org'\n", listeners);
	assert_int_equal(0, config_load_text("test", buf_str(&text), s->plugins,
		&c, &s->why, &s->why));
	buf_free(&text);
	buf_clear(&s->why);
	return c;
}

static int set_up(void **state)
{
	static const char *const names[] = { "dns:contoso.com", NULL };
	struct stage *s = calloc(1, sizeof(*s));
	struct io_env_config ec = { &s->log, &s->limits, &s->budget, NULL, NULL };
	struct node_config nc = { .log = &s->log, .limits = &s->limits,
		.budget = &s->budget, .database = ":memory:" };

	buf_init(&s->why, 65536, NULL);
	buf_init(&s->lines, 1 << 20, NULL);
	s->log = (struct log){ .level = STOX_LOG_INFO, .sink = log_line,
		.sink_arg = s };
	limits_init(&s->limits);
	s->world = io_world_new(1767323045000000, 7);
	s->plugins = plugins_new(NULL);
	s->env = io_mem_new(s->world, "192.0.2.1", &ec);
	s->other = io_mem_new(s->world, "192.0.2.9", &ec);
	nc.env = s->env;
	nc.plugins = s->plugins;
	nc.config = read_config(s, FIRST);
	nc.credentials = io_mem_credentials(names, true);
	s->node = node_new(&nc, &s->why);
	assert_non_null(s->node);
	io_credentials_unref(&nc.credentials);
	config_unref(&nc.config);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *s = *state;

	node_free(&s->node);
	io_env_free(&s->env);
	io_env_free(&s->other);
	plugins_free(&s->plugins);
	io_world_free(&s->world);
	buf_free(&s->why);
	buf_free(&s->lines);
	free(s);
	return 0;
}

/* Reload, as stoxd does; true when it was taken. */
static bool use(struct stage *s, const char *listeners)
{
	struct config *c = read_config(s, listeners);
	int error = node_reload(s->node, c, s->node->credentials, &s->why);

	config_unref(&c);
	*buf_reserve(&s->why, 1) = '\0';
	return error == 0;
}

static void all_as_first(struct stage *s)
{
	for (uint16_t port = 7001; port <= 7005; port++)
		assert_true(listens(s, port));
}

static void opened_and_closed(void **state)
{
	struct stage *s = *state;
	struct caller *kept = &s->kept, *gone = &s->gone;

	all_as_first(s);
	assert_false(listens(s, 7006));
	call(s, 7001, kept);
	call(s, 7002, gone);
	buf_clear(&s->lines);
	assert_true(use(s, "xmpp_listen = { '*:7001', '*:7006' }\n"
		"xmpp_listen_tls = { '*:7007' }\n"
		"sip_listen = { '*:7008' }\nsip_listen_tcp = {}\n"));
	assert_true(listens(s, 7001) && listens(s, 7006) && listens(s, 7007) &&
		listens(s, 7008));
	for (uint16_t port = 7002; port <= 7005; port++)
		assert_false(listens(s, port));
	/* what was accepted stays, also where nobody is accepted any more */
	assert_true(kept->open && !kept->closed && gone->open &&
		!gone->closed);
	assert_true(is_logged(s, "listening side=xmpp address=*:7006"));
	assert_true(is_logged(s, "listener-closed side=xmpp address=*:7002"));
	assert_false(is_logged(s, "*:7001"));
	assert_false(is_logged(s, "needs-restart"));
	/* and back */
	assert_true(use(s, FIRST));
	all_as_first(s);
	assert_false(listens(s, 7006) || listens(s, 7007) || listens(s, 7008));
}

static void nothing_changes(void **state)
{
	struct stage *s = *state;

	buf_clear(&s->lines);
	assert_true(use(s, FIRST));
	assert_false(is_logged(s, "listen"));
	all_as_first(s);
}

/* Somebody else has the port: nothing changes, not even what could. */
static void failure_leaves_the_old(void **state)
{
	struct stage *s = *state;
	const struct io_listen_config taken = { .port = 7009 };
	struct io_listener *l = io_listen(s->env, &taken, &s->why);

	assert_non_null(l);
	assert_false(use(s, "xmpp_listen = { '*:7001', '*:7006' }\n"
		"xmpp_listen_tls = {}\nsip_listen = { '*:7009' }\n"
		"sip_listen_tcp = {}\n"));
	assert_string_equal("test: sip_listen: cannot listen at \"*:7009\": "
		"port 7009: Address already in use; the configuration that "
		"runs stays\n", s->why.data);
	assert_true(is_logged(s, "listen-failed side=sip-tls address=*:7009"));
	io_listener_close(&l);
	all_as_first(s);
	assert_false(listens(s, 7006) || listens(s, 7009));
	assert_string_equal("*:7004",
		s->node->snapshot->config->sip_listen[0]);
	/* when it is free, the same is taken */
	buf_clear(&s->why);
	assert_true(use(s, "xmpp_listen = { '*:7001' }\n"
		"xmpp_listen_tls = {}\nsip_listen = { '*:7009' }\n"
		"sip_listen_tcp = {}\n"));
	assert_true(listens(s, 7009));
}

/* The old one of the same port makes way, and comes back when that is vain. */
static void same_port(void **state)
{
	struct stage *s = *state;
	const struct io_listen_config taken = { .port = 7009 };
	struct io_listener *l = io_listen(s->env, &taken, &s->why);

	assert_false(use(s, "xmpp_listen = { '192.0.2.1:7001', '*:7003' }\n"
		"xmpp_listen_tls = { '*:7002' }\nsip_listen = { '*:7009' }\n"
		"sip_listen_tcp = { '*:7005' }\n"));
	io_listener_close(&l);
	all_as_first(s);
	buf_clear(&s->why);
	assert_true(use(s, "xmpp_listen = { '192.0.2.1:7001', '*:7003' }\n"
		"xmpp_listen_tls = { '*:7002' }\nsip_listen = { '*:7005' }\n"
		"sip_listen_tcp = { '*:7004' }\n"));
	all_as_first(s);
	assert_true(use(s, FIRST));
	all_as_first(s);
}

/* What fails behind the listeners takes them back. */
static void plugin_does_not_start(void **state)
{
	struct stage *s = *state;

	assert_false(use(s, "plugins = { 'stubborn' }\n"
		"xmpp_listen = { '*:7006' }\n"));
	assert_non_null(strstr(s->why.data, "stubborn does not start"));
	all_as_first(s);
	assert_false(listens(s, 7006));
}

static void no_way_back(void *arg)
{
	*(bool *)arg = true;
}

/* Who stops does not begin to listen again. */
static void stopping(void **state)
{
	struct stage *s = *state;
	bool stopped = false;

	node_stop(s->node, no_way_back, &stopped);
	assert_true(use(s, "xmpp_listen = { '*:7006' }\n"));
	assert_false(listens(s, 7006) || listens(s, 7001));
	io_world_advance(s->world, 20000);
	assert_true(stopped);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(opened_and_closed),
		TEST(nothing_changes),
		TEST(failure_leaves_the_old),
		TEST(same_port),
		TEST(plugin_does_not_start),
		TEST(stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
