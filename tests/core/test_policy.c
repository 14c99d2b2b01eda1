/*
 * What partners and the people behind them may do: the table of lync.md 1.5,
 * users, strangers, rates, and the addresses at a gateway.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/node.h"
#include "core/plugin.h"
#include "io/mem.h"
#include "stox/service/gateway.h"
#include "stox/service/policy.h"
#include "xml/xml.h"

const struct stox_plugin *const core_plugin_table[] = { NULL };

static const char text[] =
	"host = 'gw.example.net'\nplugins = {}\ndiscover_xmpp = 'on'\n"
	"SipDomain 'contoso.com'\nfront_end = 'fe.contoso.com'\n"
	"users_deny = { 'tybalt' }\nusers_hidden = { 'ghost*' }\n"
	"SipDomain 'shy.example'\nfront_end = 'fe.contoso.com'\n"
	"refuse_strangers = true\n"
	"Gateway 'sip.example.net'\n"
	"SipDomain 'fabrikam.com'\nfront_end = 'fe.contoso.com'\n"
	"gateway = 'sip.example.net'\n"
	"XmppDomain 'federated.example'\nusers_allow = { 'j*' }\n"
	"XmppDomain 'verified.example'\npartner = 'public_verified'\n"
	"XmppDomain 'unverified.example'\npartner = 'public_unverified'\n"
	"XmppDomain 'blocked.example'\npartner = 'blocked'\n";

struct stage {
	struct io_world *world;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct plugins *plugins;
	struct io_env *env;
	struct node *node;
	struct pool *pool;
};

static void nothing(void *arg, enum stox_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static int set_up(void **state)
{
	static const char *const names[] = { "dns:contoso.com", NULL };
	struct stage *s = base_alloc0(sizeof(*s));
	struct io_env_config ec = { &s->log, &s->limits, &s->budget, NULL,
		NULL };
	struct node_config nc = { .log = &s->log, .limits = &s->limits,
		.budget = &s->budget, .database = ":memory:" };
	struct config *c = NULL;
	struct buf why;

	buf_init(&why, 65536, NULL);
	s->log.sink = nothing;
	limits_init(&s->limits);
	s->world = io_world_new(1767323045000000, 7);
	s->plugins = plugins_new(NULL);
	s->pool = pool_new(NULL);
	s->env = io_mem_new(s->world, "192.0.2.1", &ec);
	if (config_load_text("test", str_from(text), s->plugins, &c, &why,
		    &why))
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	nc.env = s->env;
	nc.plugins = s->plugins;
	nc.config = c;
	nc.credentials = io_mem_credentials(names, true);
	s->node = node_new(&nc, &why);
	assert_non_null(s->node);
	io_credentials_unref(&nc.credentials);
	config_unref(&c);
	buf_free(&why);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *s = *state;

	node_free(&s->node);
	io_env_free(&s->env);
	plugins_free(&s->plugins);
	pool_free(&s->pool);
	io_world_free(&s->world);
	free(s);
	return 0;
}

/* ---- exchanges ---------------------------------------------------------- */

static const struct config *config_of(const struct stage *s)
{
	return s->node->snapshot->config;
}

static struct jid jid(struct stage *s, const char *address)
{
	struct jid j;

	assert_int_equal(jid_parse(s->pool, str_from(address), &j), 0);
	return j;
}

/* A message between two people, from the side that is said. */
static struct stox_exchange message(struct stage *s, enum stox_side side,
	const char *xmpp, const char *sip)
{
	const struct config *c = config_of(s);
	struct stox_exchange x = { .node = s->node, .side = side,
		.pool = s->pool, .snapshot = s->node->snapshot };
	struct stox_element *e;

	wait_init(&x);
	x.from = jid(s, side == STOX_XMPP ? xmpp : sip);
	x.to = jid(s, side == STOX_XMPP ? sip : xmpp);
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		if (str_is(str_from(strchr(xmpp, '@') + 1),
			    c->xmpp_domains[i].domain))
			x.xmpp_domain = &c->xmpp_domains[i];
	for (size_t i = 0; i < c->sip_domain_count; i++)
		if (str_is(str_from(strchr(sip, '@') + 1),
			    c->sip_domains[i].domain))
			x.sip_domain = &c->sip_domains[i];
	if (!x.xmpp_domain)
		x.xmpp_domain = c->discovered_xmpp;
	assert_non_null(x.sip_domain);
	e = xml_element(s->pool, "message", STOX_NS_SERVER);
	x.in_stanza = e;
	return x;
}

/* What policy says, after the store was asked where it has to be. */
static bool may(struct stage *s, struct stox_exchange *x)
{
	enum policy_answer answer = policy_check(x);

	if (answer == POLICY_LATER) {
		/* nobody goes on with this one */
		handles_remove(s->node->waits, x->wait_token);
		io_world_step(s->world, 1000);
		answer = policy_check(x);
	}
	assert_int_not_equal(answer, POLICY_LATER);
	assert_true(answer == POLICY_YES || (x->reject && x->reject_text));
	return answer == POLICY_YES;
}

/* ---- the partner types -------------------------------------------------- */

/* add and see unasked, write unasked, see notes: lync.md 1.5 */
static void test_rights(void **state)
{
	static const struct {
		enum config_partner type;
		bool talk, presence, write, notes;
	} table[] = {
		{ CONFIG_FEDERATED, true, true, true, true },
		{ CONFIG_PUBLIC_VERIFIED, true, true, true, false },
		{ CONFIG_PUBLIC_UNVERIFIED, true, false, false, false },
		{ CONFIG_BLOCKED, false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		enum config_partner type = table[i].type;

		assert_int_equal(policy_type_may(type, POLICY_TALK),
			table[i].talk);
		assert_int_equal(policy_type_may(type, POLICY_PRESENCE),
			table[i].presence);
		assert_int_equal(policy_type_may(type, POLICY_WRITE),
			table[i].write);
		assert_int_equal(policy_type_may(type, POLICY_NOTES),
			table[i].notes);
	}
}

/* The same, asked for people: before and after the SIP user has written. */
static void test_people(void **state)
{
	static const struct {
		const char *xmpp, *sip;
		bool write, presence, notes;  /* unasked */
		bool notes_later;
	} table[] = {
		{ "juliet@federated.example", "romeo@contoso.com", true, true,
			true, true },
		{ "juliet@verified.example", "romeo@contoso.com", true, true,
			false, false },
		{ "juliet@unverified.example", "romeo@contoso.com", false,
			false, false, false },
		/* whom the domain itself shuts out until they are asked */
		{ "juliet@federated.example", "romeo@shy.example", false,
			false, false, true },
		{ "juliet@verified.example", "romeo@shy.example", false,
			false, false, false },
	};
	struct stage *s = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stox_exchange x = message(s, STOX_XMPP, table[i].xmpp,
			table[i].sip);
		struct stox_exchange y = message(s, STOX_SIP, table[i].xmpp,
			table[i].sip);

		assert_int_equal(may(s, &x), table[i].write);
		assert_int_equal(stox_policy_presence(&x), table[i].presence);
		assert_int_equal(stox_policy_notes(&x), table[i].notes);
		assert_int_equal(stox_policy_stranger(&x), !table[i].write);
		if (!table[i].write)
			assert_int_equal(x.reject, STOX_FORBIDDEN);
		/* people of ours may always begin */
		assert_true(may(s, &y));
		x = message(s, STOX_XMPP, table[i].xmpp, table[i].sip);
		assert_true(may(s, &x));
		assert_true(stox_policy_presence(&x));
		assert_false(stox_policy_stranger(&x));
		assert_int_equal(stox_policy_notes(&x), table[i].notes_later);
	}
}

/* Who was approached is one person, not all of the domain. */
static void test_one_pair(void **state)
{
	struct stage *s = *state;
	struct stox_exchange x = message(s, STOX_SIP,
		"juliet@unverified.example", "romeo@contoso.com");

	assert_true(may(s, &x));
	x = message(s, STOX_XMPP, "juliet@unverified.example",
		"benvolio@contoso.com");
	assert_false(may(s, &x));
	x = message(s, STOX_XMPP, "nurse@unverified.example",
		"romeo@contoso.com");
	assert_false(may(s, &x));
	x = message(s, STOX_XMPP, "juliet@unverified.example/phone",
		"romeo@contoso.com");
	assert_true(may(s, &x));
	/* to have written in vain is no approach by the other */
	x = message(s, STOX_XMPP, "nurse@unverified.example",
		"romeo@contoso.com");
	assert_false(may(s, &x));
}

/* Questions of programs are answered alike, so that they tell nothing. */
static void test_questions(void **state)
{
	struct stage *s = *state;
	struct stox_exchange x = message(s, STOX_XMPP,
		"juliet@unverified.example", "romeo@contoso.com");
	struct stox_element *e;

	assert_int_equal(xml_parse(s->pool, STR("<iq xmlns='" STOX_NS_SERVER
		"' type='get'/>"), &s->limits, &e), 0);
	x.in_stanza = e;
	assert_true(may(s, &x));
	assert_true(stox_policy_stranger(&x));
	x = message(s, STOX_XMPP, "juliet@federated.example",
		"tybalt@contoso.com");
	x.in_stanza = e;
	assert_true(may(s, &x));
}

/* ---- users -------------------------------------------------------------- */

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *local;
		bool fits;
	} table[] = {
		{ "romeo", "romeo", true },
		{ "romeo", "romeo1", false },
		{ "romeo", "Romeo", false },
		{ "*", "", true },
		{ "*", "romeo", true },
		{ "r*", "romeo", true },
		{ "r*o", "romeo", true },
		{ "r*o", "rome", false },
		{ "*o*o", "romeo", true },
		{ "*m*", "romeo", true },
		{ "*x*", "romeo", false },
		{ "**o", "romeo", true },
		{ "a*b*c", "aXbXbc", true },
		{ "a*b*c", "aXbXb", false },
		{ "", "", true },
		{ "", "r", false },
		{ "r?meo", "romeo", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const char *list[] = { "nobody", table[i].pattern, NULL };
		const struct config_users allow = { .allow = list };
		const struct config_users deny = { .deny = list };
		const struct config_users hidden = { .hidden = list };
		struct str local = str_from(table[i].local);

		if (policy_user_may(&allow, local) != table[i].fits ||
			policy_user_may(&deny, local) == table[i].fits ||
			policy_user_hidden(&hidden, local) != table[i].fits)
			fail_msg("%s against %s", table[i].pattern,
				table[i].local);
	}
}

static void test_users(void **state)
{
	static const struct {
		const char *xmpp, *sip;
		bool from_xmpp, from_sip, hidden; /* the SIP user */
	} table[] = {
		{ "juliet@federated.example", "romeo@contoso.com", true, true,
			false },
		{ "nurse@federated.example", "romeo@contoso.com", false, false,
			false },
		{ "juliet@federated.example", "tybalt@contoso.com", false,
			false, true },
		{ "juliet@federated.example", "ghost7@contoso.com", true, true,
			true },
	};
	struct stage *s = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stox_exchange x = message(s, STOX_XMPP, table[i].xmpp,
			table[i].sip);
		struct stox_exchange y = message(s, STOX_SIP, table[i].xmpp,
			table[i].sip);

		assert_int_equal(may(s, &x), table[i].from_xmpp);
		assert_int_equal(may(s, &y), table[i].from_sip);
		assert_int_equal(stox_policy_hidden(&x), table[i].hidden);
		assert_int_equal(stox_policy_presence(&x), !table[i].hidden);
	}
}

/* Deny goes before allow, and who may not take part is not seen either. */
static void test_deny_first(void **state)
{
	static const char *const all[] = { "*", NULL };
	static const char *const one[] = { "tybalt", NULL };
	const struct config_users u = { .allow = all, .deny = one };
	const struct config_users empty = { .allow = NULL };

	(void)state;
	assert_false(policy_user_may(&u, STR("tybalt")));
	assert_true(policy_user_hidden(&u, STR("tybalt")));
	assert_true(policy_user_may(&u, STR("romeo")));
	assert_false(policy_user_hidden(&u, STR("romeo")));
	assert_true(policy_user_may(&empty, STR("anyone")));
}

/* ---- counts and rates --------------------------------------------------- */

static void test_counts(void **state)
{
	struct stage *s = *state;
	struct stox_exchange x = message(s, STOX_XMPP,
		"juliet@federated.example", "romeo@contoso.com");
	struct stox_exchange y = message(s, STOX_SIP,
		"juliet@federated.example", "romeo@contoso.com");
	struct config *c = NULL;
	struct buf why;

	for (int i = 0; i < 3; i++)
		assert_null(partner_enter(&x));
	assert_null(partner_enter(&y));
	assert_false(partner_refused(&x));
	assert_int_equal(x.xmpp_domain->counts->from, 3);
	assert_int_equal(x.xmpp_domain->counts->to, 1);
	assert_int_equal(x.xmpp_domain->counts->refused, 1);
	assert_int_equal(x.sip_domain->counts->from, 1);
	assert_int_equal(x.sip_domain->counts->to, 3);
	/* they go on under another configuration */
	buf_init(&why, 65536, NULL);
	assert_int_equal(config_load_text("test", str_from(text), s->plugins,
				 &c, &why, &why),
		0);
	partner_keep_counts(config_of(s), c);
	assert_int_equal(c->xmpp_domains[0].counts->from, 3);
	assert_int_equal(c->sip_domains[0].counts->to, 3);
	config_unref(&c);
	buf_free(&why);
}

static struct stox_exchange from_domain(struct stage *s, unsigned number)
{
	char address[64];

	snprintf(address, sizeof(address), "juliet@d%u.example", number);
	return message(s, STOX_XMPP, address, "romeo@contoso.com");
}

static void count_row(void *arg, const struct partner_row *row)
{
	unsigned *count = arg;

	assert_int_equal(row->side, STOX_XMPP);
	assert_int_equal(row->domain[0], 'd');
	++*count;
}

/* So many first contacts in a second; those who are known may go on. */
static void test_first_contacts(void **state)
{
	struct stage *s = *state;
	unsigned count = 0, most;
	struct stox_exchange x;

	most = (unsigned)limit_get(&s->limits, LIMIT_DISCOVERED_NEW);
	for (unsigned i = 0; i < most; i++) {
		x = from_domain(s, i);
		assert_null(partner_enter(&x));
	}
	x = from_domain(s, most);
	assert_non_null(partner_enter(&x));
	assert_int_equal(s->limits.hits[LIMIT_DISCOVERED_NEW], 1);
	x = from_domain(s, 0);
	assert_null(partner_enter(&x));
	io_world_advance(s->world, 1000);
	x = from_domain(s, most);
	assert_null(partner_enter(&x));
	partners_discovered(s->node->partners, count_row, &count);
	assert_int_equal(count, most + 1);
}

/* What one of them may send in a second; what is sent to it does not count. */
static void test_rate(void **state)
{
	struct stage *s = *state;
	uint64_t most = limit_get(&s->limits, LIMIT_DISCOVERED_RATE);
	struct stox_exchange x = from_domain(s, 1);
	struct stox_exchange y = message(s, STOX_SIP, "juliet@d1.example",
		"romeo@contoso.com");

	for (uint64_t i = 0; i < most; i++)
		assert_null(partner_enter(&x));
	assert_non_null(partner_enter(&x));
	assert_int_equal(s->limits.hits[LIMIT_DISCOVERED_RATE], 1);
	assert_null(partner_enter(&y));
	io_world_advance(s->world, 1000);
	assert_null(partner_enter(&x));
}

/* What is sent to one of them goes one after the other, so many wait, half of
 * them of sessions. */
static void test_pace(void **state)
{
	struct stage *s = *state;
	struct stox_exchange x = message(s, STOX_SIP, "juliet@d1.example",
		"romeo@contoso.com");
	struct stox_exchange y = message(s, STOX_XMPP, "juliet@d1.example",
		"romeo@contoso.com");

	s->limits.value[LIMIT_DISCOVERED_QUEUE] = 4;
	assert_int_equal(partner_slot(&x), 0);
	for (int64_t i = 1; i <= 4; i++) {
		assert_int_equal(partner_has_slot(&x), i <= 2);
		assert_int_equal(partner_slot(&x), 50 * i);
	}
	assert_int_equal(s->limits.hits[LIMIT_DISCOVERED_QUEUE], 2);
	assert_int_equal(partner_slot(&x), -STOX_ETOOBIG);
	assert_int_equal(s->limits.hits[LIMIT_DISCOVERED_QUEUE], 3);
	/* who stands in a section is not held back */
	for (int i = 0; i < 50; i++)
		assert_int_equal(partner_slot(&y), 0);
	io_world_advance(s->world, 100);
	assert_int_equal(partner_slot(&x), 150);
	io_world_advance(s->world, 1000);
	assert_int_equal(partner_slot(&x), 0);
	assert_int_equal(partner_slot(&x), 50);
}

/* The least recently seen is forgotten first. */
static void test_forgotten(void **state)
{
	struct stage *s = *state;
	unsigned count = 0;
	struct stox_exchange x;

	s->limits.value[LIMIT_DISCOVERED_DOMAINS] = 3;
	for (unsigned i = 0; i < 3; i++) {
		x = from_domain(s, i);
		assert_null(partner_enter(&x));
	}
	x = from_domain(s, 0);
	assert_null(partner_enter(&x));
	x = from_domain(s, 3);
	assert_null(partner_enter(&x));
	partners_discovered(s->node->partners, count_row, &count);
	assert_int_equal(count, 3);
	assert_int_equal(s->limits.hits[LIMIT_DISCOVERED_DOMAINS], 1);
	/* the first one is known still, with its refusals */
	x = from_domain(s, 0);
	for (unsigned i = 0; i < 100; i++)
		partner_refused(&x);
	assert_true(partner_refused(&x));
	/* the second one is not */
	x = from_domain(s, 1);
	assert_false(partner_refused(&x));
}

/* Trying addresses slows a partner down; other errors do so only to those who
 * stand in no section. */
static void test_refusals(void **state)
{
	struct stage *s = *state;
	uint64_t most = limit_get(&s->limits, LIMIT_REFUSALS);
	struct stox_exchange x = message(s, STOX_XMPP,
		"juliet@federated.example", "romeo@contoso.com");
	struct stox_exchange y = from_domain(s, 1);

	x.reject = STOX_FORBIDDEN;
	for (uint64_t i = 0; i < 2 * most; i++)
		assert_false(partner_refused(&x));
	x.reject = STOX_ITEM_NOT_FOUND;
	for (uint64_t i = 0; i < most; i++)
		assert_false(partner_refused(&x));
	assert_true(partner_refused(&x));
	io_world_advance(s->world, 60000);
	assert_false(partner_refused(&x));
	assert_null(partner_enter(&y));
	y.reject = STOX_FORBIDDEN;
	for (uint64_t i = 0; i < most; i++)
		assert_false(partner_refused(&y));
	assert_true(partner_refused(&y));
	assert_int_equal(s->limits.hits[LIMIT_REFUSALS], 2);
}

/* ---- addresses at a gateway --------------------------------------------- */

static void test_gateway_jid(void **state)
{
	static const struct {
		const char *typed, *jid; /* NULL: refused */
	} table[] = {
		{ "bob@fabrikam.com", "bob\\40fabrikam.com@sip.example.net" },
		{ "sip:bob@fabrikam.com",
			"bob\\40fabrikam.com@sip.example.net" },
		{ " <sip:bob@fabrikam.com> ",
			"bob\\40fabrikam.com@sip.example.net" },
		{ "SIP:bob@FABRIKAM.com",
			"bob\\40fabrikam.com@sip.example.net" },
		{ "romeo@contoso.com", "romeo@contoso.com" },
		{ "sip:romeo@contoso.com", "romeo@contoso.com" },
		{ "", NULL },
		{ "bob", NULL },
		{ "@fabrikam.com", NULL },
		{ "sip:fabrikam.com", NULL },
		{ "bob@", NULL },
		{ "mailto:bob@fabrikam.com", NULL },
		{ "bob@elsewhere.example", NULL },
		{ "bob@fabrikam.com@contoso.com", NULL },
		{ "<>", NULL },
	};
	struct stage *s = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stox_exchange x = message(s, STOX_XMPP,
			"juliet@federated.example", "romeo@contoso.com");
		const char *why = NULL;
		const char *got = stox_gateway_jid(&x, table[i].typed, &why);

		if (!table[i].jid != !got || (got &&
			    strcmp(got, table[i].jid) != 0))
			fail_msg("'%s': %s", table[i].typed, got ? got : "");
		if (!got)
			assert_true(why && *why);
	}
}

#define STAGE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),
		STAGE(test_people),
		STAGE(test_one_pair),
		STAGE(test_questions),
		cmocka_unit_test(test_patterns),
		STAGE(test_users),
		cmocka_unit_test(test_deny_first),
		STAGE(test_counts),
		STAGE(test_first_contacts),
		STAGE(test_rate),
		STAGE(test_pace),
		STAGE(test_forgotten),
		STAGE(test_refusals),
		STAGE(test_gateway_jid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
