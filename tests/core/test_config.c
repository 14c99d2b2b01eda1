/*
 * Good configurations: what comes out of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/config.h"
#include "toy.h"

/* One load and its messages. */
struct fixture {
	struct plugins *plugins;
	struct config *config;
	struct buf errors, warnings;
};

static int setup(void **state)
{
	struct fixture *f = base_alloc0(sizeof(*f));

	f->plugins = plugins_new(NULL);
	buf_init(&f->errors, 1 << 20, NULL);
	buf_init(&f->warnings, 1 << 20, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	config_unref(&f->config);
	plugins_free(&f->plugins);
	buf_free(&f->errors);
	buf_free(&f->warnings);
	free(f);
	return 0;
}

static const char *text_of(struct buf *b)
{
	buf_add_char(b, '\0');
	b->len--;
	return b->data;
}

static struct config *load(struct fixture *f, const char *text)
{
	int rc;

	config_unref(&f->config);
	buf_clear(&f->errors);
	buf_clear(&f->warnings);
	rc = config_load_text("t", str_from(text), f->plugins, &f->config,
		&f->errors, &f->warnings);
	assert_string_equal(text_of(&f->errors), "");
	assert_int_equal(rc, 0);
	return f->config;
}

#define BOTH_SIDES \
	"plugins = {}; host = 'gw.contoso.com'\n" \
	"SipDomain 'contoso.com'\n" \
	"XmppDomain 'example.org'\n"

static void assert_list(const char *const *list, const char *text)
{
	char joined[512] = "";

	for (; *list; list++)
		snprintf(joined + strlen(joined),
			sizeof(joined) - strlen(joined), "%s ", *list);
	assert_string_equal(joined, text);
}

static void test_defaults(void **state)
{
	struct fixture *f = *state;
	const struct config *c = load(f, BOTH_SIDES);
	struct limits limits;

	assert_string_equal(text_of(&f->warnings), "");
	assert_string_equal(c->file, "t");
	assert_string_equal(c->data, "/var/lib/stox");
	assert_null(c->certificates);
	assert_null(c->trust);
	assert_string_equal(c->host, "gw.contoso.com");
	assert_int_equal(c->sip_port, 5061);
	assert_string_equal(c->control, "/run/stox/control");
	assert_string_equal(c->node, "a");
	assert_int_equal(c->log_level, STOX_LOG_INFO);
	assert_list(c->dns_servers, "");
	assert_null(c->dns_trust_anchor);
	assert_list(c->xmpp_listen, "*:5269 ");
	assert_list(c->xmpp_listen_tls, "*:5270 ");
	assert_list(c->sip_listen, "*:5061 ");
	assert_list(c->sip_listen_tcp, "");
	assert_list(c->plugin_path, "");
	assert_int_equal(c->plugin_count, 0);
	limits_init(&limits);
	assert_memory_equal(c->limits, limits.value, sizeof(limits.value));
	assert_int_equal(c->sip_domain_count, 1);
	assert_int_equal(c->xmpp_domain_count, 1);
}

static void test_default_sip_domain(void **state)
{
	const struct config_sip_domain *d =
		load(*state, BOTH_SIDES)->sip_domains;

	assert_string_equal(d->domain, "contoso.com");
	assert_string_equal(d->sip_domain, "contoso.com");
	assert_list(d->domains, "contoso.com ");
	assert_string_equal(d->local.domain, "contoso.com");
	assert_null(d->local.component_host);
	assert_string_equal(d->partner.name, "contoso.com");
	assert_list(d->partner.domains, "contoso.com ");
	assert_null(d->partner.front_ends);
	assert_int_equal(d->partner.transport, SIP_TLS);
	assert_ptr_equal(d->partner.dialect, sip_dialect_find("simple"));
	assert_int_equal(d->partner.tls_min, IO_TLS_1_2);
	assert_false(d->partner.trusted);
	assert_false(d->partner.blocked);
	assert_true(d->partner.keepalive);
	assert_null(d->partner.certificate);
}

static void test_default_xmpp_domain(void **state)
{
	const struct config_xmpp_domain *d =
		load(*state, BOTH_SIDES)->xmpp_domains;

	assert_string_equal(d->domain, "example.org");
	assert_string_equal(d->sip_domain, "example.org");
	assert_int_equal(d->type, CONFIG_FEDERATED);
	assert_string_equal(d->partner.domain, "example.org");
	assert_null(d->partner.proxy);
	assert_int_equal(d->partner.tls, XMPP_REQUIRED);
	assert_int_equal(d->partner.sasl, XMPP_OPTIONAL);
	assert_true(d->partner.dialback);
	assert_false(d->partner.blocked);
	assert_true(d->partner.keepalive);
	assert_int_equal(d->partner.tls_min, IO_TLS_1_2);
	assert_int_equal(d->partner.connection_limit, 0);
}

static const char everything[] =
	"data = '/srv/stox'\n"
	"certificates = '/etc/certs'\n"
	"trust = '/etc/ca.pem'\n"
	"host = 'GW.Contoso.com'\n"
	"sip_port = 5062.0\n"
	"control = '/run/c'\n"
	"node = 'b7'\n"
	"log_level = 'debug'\n"
	"dns_servers = { '127.0.0.1@5353', '::1' }\n"
	"dns_trust_anchor = '/etc/root.key'\n"
	"xmpp_listen = { '192.0.2.1:5269', '[2001:DB8::1]:5269' }\n"
	"xmpp_listen_tls = '192.0.2.1:5223'\n"
	"sip_listen = '*:5062'\n"
	"sip_listen_tcp = { '127.0.0.1:5060' }\n"
	"plugins = { 'toy', 'toy_box' }\n"
	"plugin_path = { '/opt/plugins' }\n"
	"discover_xmpp = 'off'\n"
	"limits = { exchange_x2s = 40, memory = 2^31 }\n"
	"SipDomain 'contoso.com'\n"
	"    front_end = { 'FE1.contoso.com:5061', '[2001:db8::2]' }\n"
	"    dialect = 'lync'\n"
	"    transport = 'tls'\n"
	"    tls_min = '1.3'\n"
	"    trusted = true\n"
	"    blocked = true\n"
	"    keepalive = false\n"
	"    certificate = 'gw.contoso.com'\n"
	"XmppDomain 'example.org'\n"
	"    partner = 'public_unverified'\n"
	"    tls = 'optional'\n"
	"    sasl = 'off'\n"
	"    dialback = true\n"
	"    tls_min = '1.3'\n"
	"    proxy = 'xmpp.example.org:5270'\n"
	"    connection_limit = 7\n"
	"    keepalive = false\n"
	"    legacy_srv = true\n"
	"XmppDomain 'bad.example'\n"
	"    partner = 'blocked'\n";

static void test_every_global_option(void **state)
{
	const struct config *c = load(*state, everything);

	assert_string_equal(c->data, "/srv/stox");
	assert_string_equal(c->certificates, "/etc/certs");
	assert_string_equal(c->trust, "/etc/ca.pem");
	assert_string_equal(c->host, "gw.contoso.com");
	assert_int_equal(c->sip_port, 5062);
	assert_string_equal(c->control, "/run/c");
	assert_string_equal(c->node, "b7");
	assert_int_equal(c->log_level, STOX_LOG_DEBUG);
	assert_list(c->dns_servers, "127.0.0.1@5353 ::1 ");
	assert_string_equal(c->dns_trust_anchor, "/etc/root.key");
	assert_list(c->xmpp_listen, "192.0.2.1:5269 [2001:db8::1]:5269 ");
	assert_list(c->xmpp_listen_tls, "192.0.2.1:5223 ");
	assert_list(c->sip_listen, "*:5062 ");
	assert_list(c->sip_listen_tcp, "127.0.0.1:5060 ");
	assert_list(c->plugin_path, "/opt/plugins ");
	assert_int_equal(c->plugin_count, 2);
	assert_ptr_equal(c->plugins[0], &toy_plugin);
	assert_string_equal(c->plugins[1]->name, "toy_box");
	assert_int_equal(c->limits[LIMIT_EXCHANGE_X2S], 40);
	assert_int_equal(c->limits[LIMIT_MEMORY], 1ull << 31);
}

static void test_every_domain_option(void **state)
{
	const struct config *c = load(*state, everything);
	const struct sip_partner *s = &c->sip_domains[0].partner;
	const struct config_xmpp_domain *d = &c->xmpp_domains[0];
	const struct xmpp_partner *x = &d->partner;

	assert_list(s->front_ends, "fe1.contoso.com:5061 [2001:db8::2] ");
	assert_ptr_equal(s->dialect, sip_dialect_find("lync"));
	assert_int_equal(s->transport, SIP_TLS);
	assert_int_equal(s->tls_min, IO_TLS_1_3);
	assert_true(s->trusted && s->blocked && !s->keepalive);
	assert_string_equal(s->certificate, "gw.contoso.com");

	assert_int_equal(d->type, CONFIG_PUBLIC_UNVERIFIED);
	assert_int_equal(x->tls, XMPP_OPTIONAL);
	assert_int_equal(x->sasl, XMPP_OFF);
	assert_true(x->dialback && !x->blocked && !x->keepalive);
	assert_true(x->legacy_srv);
	assert_int_equal(x->tls_min, IO_TLS_1_3);
	assert_string_equal(x->proxy, "xmpp.example.org");
	assert_int_equal(x->proxy_port, 5270);
	assert_int_equal(x->connection_limit, 7);
	assert_int_equal(c->xmpp_domains[1].type, CONFIG_BLOCKED);
	assert_true(c->xmpp_domains[1].partner.blocked);
}

static void test_a_section_changes_its_dialect(void **state)
{
	const struct config *c = load(*state,
		"plugins = {}; host = 'gw.contoso.com'\n"
		"SipDomain 'a.example'\n    dialect = 'lync'\n"
		"    sip_negotiate = 'none'; sip_record_route = false\n"
		"    sip_connections = 4; sip_gr = false\n"
		"SipDomain 'b.example'\n    dialect = 'lync'\n"
		"XmppDomain 'example.org'\n");
	const struct sip_dialect *lync = sip_dialect_find("lync"),
		*d = c->sip_domains[0].partner.dialect;

	assert_ptr_equal(c->sip_domains[1].partner.dialect, lync);
	assert_string_equal(d->name, "lync");
	assert_int_equal(d->negotiate, SIP_NEGOTIATE_NONE);
	assert_int_equal(d->record_route, 0);
	assert_int_equal(d->connections, 4);
	assert_int_equal(d->overridden, 1u << SIP_CHOICE_NEGOTIATE |
		1u << SIP_CHOICE_RECORD_ROUTE | 1u << SIP_CHOICE_CONNECTIONS |
		1u << SIP_CHOICE_GR);
	/* all else is as it was */
	for (int i = 0; i < SIP_CHOICE_COUNT; i++)
		if (!(d->overridden >> i & 1))
			assert_int_equal(
				sip_dialect_get(d, (enum sip_choice)i),
				sip_dialect_get(lync, (enum sip_choice)i));
}

static void test_domains_are_found_by_every_name(void **state)
{
	const struct config *c = load(*state,
		"plugins = {}; host = 'gw.contoso.com'\n"
		"SipDomain 'B\xc3\xbc" "cher.example'\n"
		"    additional_domains = { 'xn--bcher-kva.test', "
		"'b.example' }\n"
		"XmppDomain 'example.org'\n"
		"    additional_domains = 'b\xc3\xbc" "cher.org'\n");
	struct config_sip_domain *s = &c->sip_domains[0];
	struct config_xmpp_domain *x = &c->xmpp_domains[0];

	assert_string_equal(s->domain, "b\xc3\xbc" "cher.example");
	assert_string_equal(s->sip_domain, "xn--bcher-kva.example");
	assert_ptr_equal(s, table_get(c->by_domain_sip, str_from(s->domain)));
	assert_ptr_equal(s, table_get(c->by_domain_sip, STR("b.example")));
	assert_ptr_equal(s, table_get(c->by_ascii_sip,
		STR("xn--bcher-kva.example")));
	assert_ptr_equal(s, table_get(c->by_ascii_sip,
		STR("xn--bcher-kva.test")));
	assert_ptr_equal(x, table_get(c->by_domain_xmpp,
		STR("b\xc3\xbc" "cher.org")));
	assert_ptr_equal(x, table_get(c->by_ascii_xmpp,
		STR("xn--bcher-kva.org")));
	assert_null(table_get(c->by_domain_xmpp, STR("b.example")));
	assert_list(s->partner.domains, "xn--bcher-kva.example "
		"xn--bcher-kva.test b.example ");
	assert_int_equal(c->local_count, 3);
	assert_string_equal(c->locals[0].domain, s->domain);
	assert_string_equal(c->locals[2].domain, "b.example");
	assert_ptr_equal(c->sip_partners[0], &s->partner);
}

static void test_components_need_no_listener(void **state)
{
	const struct config *c = load(*state,
		"plugins = {}; host = 'gw.contoso.com'\n"
		"SipDomain 'a.example'\n"
		"    component = { secret = 's3cret' }\n"
		"    additional_domains = { 'b.example' }\n"
		"XmppDomain 'example.org'\n");

	assert_list(c->xmpp_listen, "");
	assert_list(c->xmpp_listen_tls, "");
	assert_list(c->sip_listen, "*:5061 ");
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(c->locals[i].component_host, "127.0.0.1");
		assert_int_equal(c->locals[i].component_port, 5347);
		assert_string_equal(c->locals[i].component_secret, "s3cret");
	}
	c = load(*state, "plugins = {}; host = 'gw.contoso.com'\n"
		"SipDomain 'a.example'\n"
		"    component = { host = 'LocalHost', port = 5275, "
		"secret = 's' }\n"
		"SipDomain 'c.example'\n"
		"XmppDomain 'example.org'\n");
	assert_list(c->xmpp_listen, "*:5269 ");
	assert_list(c->xmpp_listen_tls, "*:5270 ");
	assert_string_equal(c->locals[0].component_host, "localhost");
	assert_int_equal(c->locals[0].component_port, 5275);
	c = load(*state, "plugins = {}; host = 'gw.contoso.com'\n"
		"xmpp_listen = {}; sip_listen = {}\n"
		"SipDomain 'c.example'\n"
		"XmppDomain 'example.org'\n");
	assert_list(c->xmpp_listen, "");
	assert_list(c->xmpp_listen_tls, "");
	assert_list(c->sip_listen, "");
}

static void test_gateways(void **state)
{
	const struct config *c = load(*state,
		"plugins = {}; host = 'gw.contoso.com'\n"
		"SipDomain 'a.example'\n"
		"    gateway = 'SIP.example.org'\n"
		"    additional_domains = { 'b.example' }\n"
		"SipDomain 'c.example'\n"
		"    component = { secret = 'c' }\n"
		"XmppDomain 'example.org'\n"
		"Gateway 'sip.example.org'\n"
		"    component = { port = 5275, secret = 'g' }\n");
	const struct config_gateway *g =
		table_get(c->by_domain_gateway, STR("sip.example.org"));

	/* nobody reaches us but through the components */
	assert_list(c->xmpp_listen, "");
	assert_non_null(g);
	assert_true(g->used);
	assert_ptr_equal(c->sip_domains[0].gateway, g);
	assert_null(c->sip_domains[1].gateway);
	/* a.example and b.example have no name on XMPP */
	assert_int_equal(c->local_count, 2);
	assert_string_equal(c->locals[0].domain, "sip.example.org");
	assert_int_equal(c->locals[0].component_port, 5275);
	assert_string_equal(c->locals[1].domain, "c.example");
	assert_ptr_equal(table_get(c->by_domain_sip, STR("b.example")),
		&c->sip_domains[0]);
	c = load(*state, "plugins = {}; host = 'gw.contoso.com'\n"
		"SipDomain 'a.example'\n"
		"    gateway = 'sip.example.org'\n"
		"XmppDomain 'example.org'\n"
		"Gateway 'sip.example.org'\n");
	assert_list(c->xmpp_listen, "*:5269 ");
}

/* ---- options of plugins ------------------------------------------------- */

static const struct config_value *value(const struct config *c, int sip,
	int xmpp, int option)
{
	return config_plugin_value(c, sip < 0 ? NULL : &c->sip_domains[sip],
		xmpp < 0 ? NULL : &c->xmpp_domains[xmpp], &toy_options[option]);
}

static void test_plugin_values(void **state)
{
	static const struct stox_option stranger = { .name = "x" };
	const struct config *c = load(*state,
		"plugins = { 'toy_box', 'toy' }; host = 'gw.contoso.com'\n"
		"toy_wait = 10\n"
		"SipDomain 'a.example'\n"
		"    toy_wait = 20\n"
		"    toy_shade = 'dark'\n"
		"    toy_title = 'Sir'\n"
		"SipDomain 'b.example'\n"
		"XmppDomain 'c.example'\n"
		"    toy_wait = 30\n"
		"XmppDomain 'd.example'\n"
		"Global()\n"
		"toy_flag = true\n"
		"toy_names = { 'x', 'y', 'z' }\n");

	assert_int_equal(value(c, -1, -1, TOY_WAIT)->number, 10);
	assert_int_equal(value(c, 0, 0, TOY_WAIT)->number, 20);
	assert_int_equal(value(c, 0, 1, TOY_WAIT)->number, 20);
	assert_int_equal(value(c, 1, 0, TOY_WAIT)->number, 30);
	assert_int_equal(value(c, 1, 1, TOY_WAIT)->number, 10);
	assert_string_equal(value(c, 0, 0, TOY_SHADE)->string, "dark");
	assert_string_equal(value(c, 1, 0, TOY_SHADE)->string, "light");
	assert_string_equal(value(c, 0, 0, TOY_TITLE)->string, "Sir");
	assert_false(value(c, 1, 0, TOY_TITLE)->set);
	assert_null(value(c, 1, 0, TOY_TITLE)->string);
	assert_true(value(c, 0, 0, TOY_FLAG)->boolean);
	assert_list(value(c, 0, 0, TOY_NAMES)->items, "x y z ");
	assert_int_equal(value(c, 0, 0, TOY_WAIT)->line, 4);
	assert_string_equal(value(c, 0, 0, TOY_WAIT)->file, "t");
	assert_null(config_plugin_value(c, NULL, NULL, &stranger));
}

static void test_plugin_defaults(void **state)
{
	const struct config *c = load(*state,
		"plugins = { 'toy' }; host = 'gw.contoso.com'\n"
		"SipDomain 'a.example'\n"
		"XmppDomain 'c.example'\n");

	assert_int_equal(value(c, 0, 0, TOY_WAIT)->number, 30);
	assert_null(value(c, 0, 0, TOY_WAIT)->file);
	assert_string_equal(value(c, 0, 0, TOY_SHADE)->string, "light");
	assert_false(value(c, 0, 0, TOY_FLAG)->boolean);
	assert_list(value(c, 0, 0, TOY_NAMES)->items, "a b ");
	assert_int_equal(c->plugin_option_counts[0], 5);
}

/* ---- Lua ---------------------------------------------------------------- */

static void test_lua_helps(void **state)
{
	const struct config *c = load(*state,
		"\xef\xbb\xbf-- made by a script\n"
		"plugins = {}; host = 'gw.contoso.com'\n"
		"data = '/srv/' .. ('STOX'):lower()\n"
		"control = data .. '/control'\n"
		"local function front_ends(...)\n"
		"    local list = {}\n"
		"    for _, name in ipairs { ... } do\n"
		"        table.insert(list, name .. '.contoso.com')\n"
		"    end\n"
		"    return list\n"
		"end\n"
		"SipDomain 'contoso.com'\n"
		"    front_end = front_ends('fe1', 'fe2')\n"
		"    table.insert(front_end, 'fe3.contoso.com')\n"
		"for i = 1, 3 do\n"
		"    XmppDomain(string.format('x%d.example', i))\n"
		"    connection_limit = i\n"
		"end\n");

	assert_string_equal(c->data, "/srv/stox");
	assert_string_equal(c->control, "/srv/stox/control");
	assert_list(c->sip_domains[0].partner.front_ends,
		"fe1.contoso.com fe2.contoso.com fe3.contoso.com ");
	assert_int_equal(c->xmpp_domain_count, 3);
	assert_string_equal(c->xmpp_domains[2].domain, "x3.example");
	assert_int_equal(c->xmpp_domains[2].partner.connection_limit, 3);
}

static void test_many_domains(void **state)
{
	const struct config *c = load(*state,
		"plugins = {}; host = 'gw.contoso.com'\n"
		"SipDomain 'contoso.com'\n"
		"for i = 1, 20000 do XmppDomain('x' .. i .. '.example') end\n");

	assert_int_equal(c->xmpp_domain_count, 20000);
	assert_ptr_equal(table_get(c->by_ascii_xmpp, STR("x777.example")),
		&c->xmpp_domains[776]);
}

static void test_host_is_the_systems(void **state)
{
	struct fixture *f = *state;
	char name[HOST_NAME_MAX + 1] = "";
	int rc;

	assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
	rc = config_load_text("t", STR("plugins = {}\nSipDomain 'a.example'\n"),
		f->plugins, &f->config, &f->errors, &f->warnings);
	if (strchr(name, '.')) {
		assert_int_equal(rc, 0);
		assert_string_equal(f->config->host, name);
	} else {
		assert_int_equal(rc, -STOX_EINVAL);
		assert_true(str_starts(buf_str(&f->errors),
			STR("t:2: a SipDomain needs host, and the name of this "
			    "machine, \"")));
	}
	assert_null(load(f, "plugins = {}\n")->sip_domains[0].domain);
}

static void test_references(void **state)
{
	struct fixture *f = *state;
	struct config *second = config_ref(load(f, BOTH_SIDES));

	config_unref(&f->config);
	assert_null(f->config);
	assert_string_equal(second->sip_domains[0].domain, "contoso.com");
	config_unref(&second);
	assert_null(second);
	config_unref(&second);
}

static void test_address(void **state)
{
	static const struct {
		const char *text, *host;
		int port, rc;
	} cases[] = {
		{ "fe.contoso.com", "fe.contoso.com", 0, 0 },
		{ "FE.contoso.com:5061", "fe.contoso.com", 5061, 0 },
		{ "192.0.2.1:1", "192.0.2.1", 1, 0 },
		{ "*:5269", "*", 5269, 0 },
		{ "*", "*", 0, 0 },
		{ "[::1]:5061", "::1", 5061, 0 },
		{ "[2001:DB8:0::5]", "2001:db8::5", 0, 0 },
		{ "b\xc3\xbc" "cher.example:65535", "xn--bcher-kva.example",
			65535, 0 },
		{ "", NULL, 0, -STOX_EINVAL },
		{ ":5061", NULL, 0, -STOX_EINVAL },
		{ "a:", NULL, 0, -STOX_EINVAL },
		{ "a:0", NULL, 0, -STOX_EINVAL },
		{ "a:65536", NULL, 0, -STOX_EINVAL },
		{ "a:+5", NULL, 0, -STOX_EINVAL },
		{ "a b:5", NULL, 0, -STOX_EINVAL },
		{ "::1", NULL, 0, -STOX_EINVAL },
		{ "[::1", NULL, 0, -STOX_EINVAL },
		{ "[::1]5061", NULL, 0, -STOX_EINVAL },
		{ "[fe.contoso.com]", NULL, 0, -STOX_EINVAL },
		{ "192.0.2.300", NULL, 0, -STOX_EINVAL },
		{ "1.2.3", NULL, 0, -STOX_EINVAL },
		{ "-a.example", NULL, 0, -STOX_EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char host[256] = "untouched";
		uint16_t port = 4711;
		int rc = config_address(cases[i].text, host, sizeof(host),
			&port);

		assert_int_equal(rc, cases[i].rc);
		if (rc < 0)
			continue;
		assert_string_equal(host, cases[i].host);
		assert_int_equal(port, cases[i].port);
	}
}

static void test_manual(void **state)
{
	static const struct stox_plugin *const plugins[] = { &toy_plugin, NULL };
	static const char toy[] =
		".SS Plugin toy\n"
		"A plugin to test with.\n"
		".TP\n"
		".BR toy_shade \" (word)\"\n"
		"How bright it is.\n"
		"One of \\(dqlight\\(dq and \\(dqdark\\(dq.\n"
		"Default: \\(dqlight\\(dq.\n"
		"May stand in the global section, in a SipDomain or "
		"Gateway.\n"
		".TP\n"
		".BR toy_wait \" (number)\"\n"
		"How long it takes.\n"
		"A whole number from 1 to 300, in s.\n"
		"Default: 30.\n"
		"May stand in the global section, in a SipDomain or "
		"Gateway, in an "
		"XmppDomain.\n"
		".TP\n"
		".BR toy_flag \" (true or false)\"\n"
		"Whether it is up.\n"
		"Default: false.\n"
		"May stand in the global section.\n"
		".TP\n"
		".BR toy_names \" (list)\"\n"
		"What it is called.\n"
		"Default: { \\(dqa\\(dq, \\(dqb\\(dq }.\n"
		"May stand in the global section.\n"
		".TP\n"
		".BR toy_title \" (text)\"\n"
		"What it is entitled to.\n"
		"\\- And more.\n"
		"May stand in a SipDomain or Gateway.\n";
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20, NULL);
	config_manual(&out, plugins);
	assert_true(str_starts(buf_str(&out), STR(".SS Global options\n")));
	assert_in_range(out.len, sizeof(toy), 1 << 20);
	buf_add_char(&out, '\0');
	assert_string_equal(out.data + out.len - sizeof(toy), toy);
	buf_free(&out);
}

#define T(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_defaults),
		T(test_default_sip_domain),
		T(test_default_xmpp_domain),
		T(test_every_global_option),
		T(test_every_domain_option),
		T(test_a_section_changes_its_dialect),
		T(test_domains_are_found_by_every_name),
		T(test_components_need_no_listener),
		T(test_gateways),
		T(test_plugin_values),
		T(test_plugin_defaults),
		T(test_lua_helps),
		T(test_many_domains),
		T(test_host_is_the_systems),
		T(test_references),
		T(test_address),
		T(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
