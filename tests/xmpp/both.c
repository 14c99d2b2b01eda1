#include "both.h"

#include <stdio.h>
#include <stdlib.h>

enum { ENOUGH = 400000 };

static struct end *other(struct end *e)
{
	return e == &e->both->a ? &e->both->b : &e->both->a;
}

/* ---- what it hears --------------------------------------------------------- */

static void take_number(struct end *e, const struct xmpp_stanza *s)
{
	unsigned n = (unsigned)atoi(stox_element_attr(s->element, "id"));

	assert_true(n < TOKENS && e->count < TOKENS);
	assert_true(str_is(s->from.domain, other(e)->domain));
	e->got[n]++;
	if (e->keep)
		e->receipts[n] = s->receipt;
	else
		xmpp_release(e->x, s->receipt);
	e->order[e->count++] = n;
}

static void answer_ping(struct end *e, struct xmpp_stanza *s)
{
	struct stox_element *reply =
		stanza_reply(s->pool, s->element, "result");

	xmpp_reply(e->x, s->local_domain, s->from.domain, reply, s->receipt);
}

static void on_stanza(void *arg, struct xmpp_stanza *s)
{
	struct end *e = arg;

	if (stanza_kind(s->element) != STANZA_IQ)
		take_number(e, s);
	else if (!stanza_is_answer(s->element))
		answer_ping(e, s);
	else
		xmpp_release(e->x, s->receipt);
	xml_pool_release(&s->pool);
}

static void on_sent(void *arg, uint64_t token, const struct xmpp_result *r)
{
	struct end *e = arg;

	assert_true(token < TOKENS);
	e->reports[token]++;
	e->sent[token] = r->sent;
}

static const struct xmpp_events events = { .on_stanza = on_stanza,
	.on_sent = on_sent };

static const struct xmpp_partner *find_partner(void *arg, struct str domain)
{
	struct end *e = arg;

	return str_is(domain, e->partner.domain) ? &e->partner : NULL;
}

static void sink(void *arg, enum stox_level level, const char *line)
{
	struct end *e = arg;

	(void)level;
	buf_add_text(&e->lines, line);
	buf_add_char(&e->lines, '\n');
}

bool end_logged(const struct end *e, const char *text)
{
	return e->lines.data &&
		memmem(e->lines.data, e->lines.len, text, strlen(text));
}

/* ---- life ------------------------------------------------------------------ */

static void end_init(struct end *e, struct both *t, const char *domain,
	const char *address)
{
	char name[64];
	const char *names[] = { name, NULL };
	struct io_env_config env = { .log = &e->log, .limits = &e->limits,
		.budget = &e->budget };

	e->both = t;
	e->domain = domain;
	e->address = address;
	limits_init(&e->limits);
	buf_init(&e->lines, 64 << 20, NULL);
	e->log = (struct log){ .level = STOX_LOG_INFO, .sink = sink,
		.sink_arg = e };
	e->env = io_mem_new(t->world, address, &env);
	io_world_dns(t->world, domain, IO_DNS_A, address);
	snprintf(name, sizeof(name), "dns:%s", domain);
	e->credentials = io_mem_credentials(names, true);
	e->local.domain = domain;
	e->config = (struct xmpp_config){
		.locals = &e->local,
		.local_count = 1,
		.partner = find_partner,
		.partner_arg = e,
		.credentials = e->credentials,
		.dialback_secret = "s3cr3tf0rd14lb4ck",
		.node = domain[0] == 'c' ? "na" : "nb",
	};
}

void end_start(struct end *e)
{
	struct buf why;

	buf_init(&why, 1000, NULL);
	e->x = xmpp_new(e->env, &e->log, &e->limits, &e->budget, &events, e);
	xmpp_configure(e->x, &e->config);
	assert_int_equal(xmpp_listen(e->x, e->address, 5269, false, &why), 0);
	buf_free(&why);
}

void end_restart(struct end *e)
{
	xmpp_free(&e->x);
	end_start(e);
}

struct both *both_new(size_t chop, bool bidi, bool resume)
{
	struct both *t = base_alloc0(sizeof(*t));

	t->world = io_world_new(1700000000000000, 7);
	io_world_chop(t->world, chop);
	end_init(&t->a, t, "contoso.com", "192.0.2.1");
	end_init(&t->b, t, "example.org", "192.0.2.2");
	t->a.partner = (struct xmpp_partner){ .domain = "example.org",
		.bidi = bidi, .resume = resume };
	t->b.partner = (struct xmpp_partner){ .domain = "contoso.com",
		.bidi = bidi, .resume = resume };
	end_start(&t->a);
	end_start(&t->b);
	return t;
}

void both_free(struct both *t)
{
	xmpp_free(&t->a.x);
	xmpp_free(&t->b.x);
	both_step(t);
	io_world_free(&t->world);
	assert_int_equal(t->a.budget.used, 0);
	assert_int_equal(t->b.budget.used, 0);
	io_credentials_unref(&t->a.credentials);
	io_credentials_unref(&t->b.credentials);
	buf_free(&t->a.lines);
	buf_free(&t->b.lines);
	free(t);
}

int both_teardown(void **state)
{
	if (*state)
		both_free(*state);
	return 0;
}

/* ---- doing ----------------------------------------------------------------- */

static struct stox_element *message(struct end *e, struct pool *pool,
	unsigned n)
{
	struct stox_element *m = xml_element(pool, "message", STOX_NS_SERVER);
	char text[64];

	snprintf(text, sizeof(text), "u@%s", e->domain);
	stox_element_set(m, "from", text);
	snprintf(text, sizeof(text), "u@%s", other(e)->domain);
	stox_element_set(m, "to", text);
	snprintf(text, sizeof(text), "%u", n);
	stox_element_set(m, "id", text);
	return m;
}

void end_send(struct end *e, unsigned n, unsigned flags)
{
	struct pool *pool = pool_new(NULL);

	xmpp_send(e->x, e->domain, str_from(other(e)->domain),
		message(e, pool, n), flags, n);
	pool_free(&pool);
}

void end_reply(struct end *e, unsigned n)
{
	struct pool *pool = pool_new(NULL);

	xmpp_reply(e->x, e->domain, str_from(other(e)->domain),
		message(e, pool, n), (struct xmpp_receipt){ 0 });
	pool_free(&pool);
}

void both_step(struct both *t)
{
	assert_true(io_world_step(t->world, ENOUGH) < ENOUGH);
}

void both_pass(struct both *t, uint64_t ms)
{
	io_world_advance(t->world, ms);
}

void both_cut(struct both *t)
{
	io_world_cut(t->world, t->a.address, t->b.address);
	io_world_heal(t->world);
}

/* ---- expecting ------------------------------------------------------------- */

void expect_came(const struct end *e, unsigned from, unsigned to)
{
	unsigned next = from;

	for (size_t i = 0; i < e->count; i++) {
		if (e->order[i] < from || e->order[i] > to)
			continue;
		if (e->order[i] != next)
			fail_msg("%u came where %u should", e->order[i], next);
		next++;
	}
	if (next != to + 1)
		fail_msg("%u did not come\n%.*s\n--- other end:\n%.*s", next,
			(int)e->lines.len, e->lines.data,
			(int)e->both->a.lines.len, e->both->a.lines.data);
}

void expect_reports(const struct end *e, unsigned from, unsigned to,
	enum xmpp_sent sent)
{
	for (unsigned n = from; n <= to; n++) {
		if (e->reports[n] != 1)
			fail_msg("%u reports of %u\n%.*s", e->reports[n], n,
				(int)e->lines.len, e->lines.data);
		if (e->sent[n] != sent)
			fail_msg("%u is %d, not %d\n%.*s", n, e->sent[n], sent,
				(int)e->lines.len, e->lines.data);
	}
}

struct wanted {
	const char *direction, *acks;
	size_t count;
};

static void look(void *arg, const struct xmpp_stream_info *info)
{
	struct wanted *w = arg;

	if (strcmp(info->direction, w->direction) == 0 &&
		strcmp(info->acks, w->acks) == 0)
		w->count++;
}

size_t streams_with(struct end *e, const char *direction, const char *acks)
{
	struct wanted w = { direction, acks, 0 };

	xmpp_streams(e->x, false, look, &w);
	return w.count;
}
