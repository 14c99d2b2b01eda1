#include "ctl/roster.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/policy.h"
#include "core/session.h"
#include "ctl/report.h"

enum {
	PAGE = 500,        /* rows that one answer looks at */
	WINDOW = 256,      /* lines of an import under way; above: hold */
	TOLD_MAX = 100,    /* bad lines that are named, the others counted */
	VALUES_MAX = 8,
};
static const char kind[] = "presence", published[] = "publication";

struct roster {
	struct roster_config config;
	struct pool *pool;         /* of the command */
	struct str filter;         /* list: a domain or a JID; empty: all */
	json_t *pairs;             /* list: so far */
	json_t *policy;            /* show: what the configuration says */
	json_t *publications;      /* show: what SIP is told of the XMPP user */
	const char *publication;   /* show: its key */
	/* import */
	bool importing, over, held;
	struct list entries;       /* orders under way */
	size_t under_way;          /* so many */
	uint64_t added, unchanged, failed, skipped;
	json_t *failures;
};

/* One line of an import, or the only one of a command. */
struct entry {
	struct list node;
	struct roster *roster;
	uint64_t line;
};

static json_t *failure(const char *error)
{
	return json_pack("{s:b,s:s}", "ok", 0, "error", error);
}

static void answer(struct roster *r, json_t *j)
{
	r->config.answer(r->config.arg, j);
}

/* ---- two people ------------------------------------------------------------- */

struct people {
	struct jid xmpp, sip;
	const char *key;
};

static const char NO_SIP[] = "none of the two domains lives on SIP";
static const char NO_XMPP[] = "none of the two domains lives on XMPP";
static const char NO_PEOPLE[] =
	"two addresses are needed, user@domain each";

static bool known(const struct config *c, const struct people *p,
	const char **why)
{
	if (!table_get(c->by_domain_sip, p->sip.domain) && !c->discovered_sip) {
		*why = NO_SIP;
		return false;
	}
	if (!table_get(c->by_domain_xmpp, p->xmpp.domain) &&
		!c->discovered_xmpp) {
		*why = NO_XMPP;
		return false;
	}
	return true;
}

static bool is_person(const struct jid *j)
{
	return j->local.len && !j->resource.len;
}

/* In either order: the configuration tells who lives where. */
static bool find_people(struct node *n, struct pool *pool, struct str *words,
	struct people *ret, const char **why)
{
	const struct config *c = n->snapshot->config;
	struct str a = str_cut(words, ' '), b = str_cut(words, ' ');
	struct jid swap;

	if (jid_parse(pool, a, &ret->xmpp) < 0 ||
		jid_parse(pool, b, &ret->sip) < 0 || !is_person(&ret->xmpp) ||
		!is_person(&ret->sip)) {
		*why = NO_PEOPLE;
		return false;
	}
	if (table_get(c->by_domain_sip, ret->xmpp.domain) ||
		(!table_get(c->by_domain_sip, ret->sip.domain) &&
			table_get(c->by_domain_xmpp, ret->sip.domain))) {
		swap = ret->xmpp;
		ret->xmpp = ret->sip;
		ret->sip = swap;
	}
	ret->key = pool_printf(pool, "%s %s", ret->xmpp.full, ret->sip.full);
	return known(c, ret, why);
}

/* ---- rows ------------------------------------------------------------------- */

static void put_text(void *arg, const char *name, const char *value)
{
	json_object_set_new(arg, name, json_string(value));
}

static void put_number(void *arg, const char *name, int64_t value)
{
	json_object_set_new(arg, name, json_integer(value));
}

static json_t *describe(const struct sessions_row *row, bool brief)
{
	json_t *j = json_object();
	const struct stox_description d = { put_text, put_number, j, brief };

	if (row->kind->describe)
		row->kind->describe(row->state, row->key, row->row, row->len,
			&d);
	return j;
}

/* ---- list ------------------------------------------------------------------- */

static bool is_of(struct str person, struct str filter)
{
	ptrdiff_t at = str_find(person, '@');

	if (str_eq(person, filter))
		return true;
	return at >= 0 && str_eq((struct str){ person.p + at + 1,
		person.len - (size_t)at - 1 }, filter);
}

static void list_row(void *arg, const struct sessions_row *row)
{
	struct roster *r = arg;
	struct str sip = str_from(row->key), xmpp = str_cut(&sip, ' ');

	if (!r->filter.len || is_of(xmpp, r->filter) || is_of(sip, r->filter))
		json_array_append_new(r->pairs, describe(row, true));
}

static void list_done(void *arg, int error, uint64_t next)
{
	struct roster *r = arg;

	answer(r, error ? failure("the store cannot be read")
			: json_pack("{s:b,s:O,s:I}", "ok", 1, "pairs", r->pairs,
				"next", (json_int_t)next));
}

static const char *begin_list(struct roster *r, const char *of, struct str words)
{
	struct str after = str_cut(&words, ' ');
	struct sessions_question q = { .kind = of, .page = PAGE,
		.row = list_row, .done = list_done, .arg = r };
	struct jid filter;

	if (after.len && str_to_u64(after, INT64_MAX, &q.after) < 0)
		return "list takes a number and a domain or address";
	words = str_trim(words);
	if (words.len) {
		if (jid_parse(r->pool, words, &filter) < 0)
			return "that is neither a domain nor an address";
		r->filter = jid_bare(&filter);
	}
	r->pairs = json_array();
	return sessions_ask(r->config.node->sessions, &q) < 0
		? "the plugin `presence` does not run" : NULL;
}

/* ---- show ------------------------------------------------------------------- */

static void say_policy(struct roster *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say_policy(struct roster *r, const char *format, ...)
{
	char text[8192];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	json_array_append_new(r->policy, json_string(text));
}

static void check_user(struct roster *r, const struct config_users *users,
	const struct jid *j)
{
	if (!policy_user_may(users, j->local))
		say_policy(r, "Policy: `users_allow` and `users_deny` do not "
			"let %s take part.", j->full);
	else if (policy_user_hidden(users, j->local))
		say_policy(r, "Policy: `users_hidden` lets nobody see %s; who "
			"asks is never answered.", j->full);
}

static void check_policy(struct roster *r, const struct people *p)
{
	const struct config *c = r->config.node->snapshot->config;
	const struct config_sip_domain *sip =
		table_get(c->by_domain_sip, p->sip.domain);
	const struct config_xmpp_domain *xmpp =
		table_get(c->by_domain_xmpp, p->xmpp.domain);

	sip = sip ? sip : c->discovered_sip;
	xmpp = xmpp ? xmpp : c->discovered_xmpp;
	if (sip->partner.blocked)
		say_policy(r, "Policy: the SIP domain of %s is blocked.",
			p->sip.full);
	if (!policy_type_may(xmpp->type, POLICY_TALK))
		say_policy(r, "Policy: the XMPP domain of %s is blocked.",
			p->xmpp.full);
	else if (!policy_type_may(xmpp->type, POLICY_PRESENCE) || sip->limited)
		say_policy(r, "Policy: the partner is unverified: %s sees %s "
			"only after having been approached by the other one.",
			sip->limited ? p->sip.full : p->xmpp.full,
			sip->limited ? p->xmpp.full : p->sip.full);
	check_user(r, &sip->users, &p->sip);
	check_user(r, &xmpp->users, &p->xmpp);
}

static void show_row(void *arg, const struct sessions_row *row)
{
	struct roster *r = arg;

	json_array_append_new(r->pairs, describe(row, false));
}

static void show_publication(void *arg, const struct sessions_row *row)
{
	struct roster *r = arg;

	json_array_append_new(r->publications, describe(row, false));
}

static void shown(void *arg, int error, uint64_t next)
{
	struct roster *r = arg;

	(void)next;
	answer(r, error ? failure("the store cannot be read")
			: json_pack("{s:b,s:O,s:O,s:O}", "ok", 1, "pairs",
				r->pairs, "policy", r->policy,
				"publications", r->publications));
}

static void show_done(void *arg, int error, uint64_t next)
{
	struct roster *r = arg;
	const struct sessions_question q = { .kind = published,
		.key = r->publication, .row = show_publication, .done = shown,
		.arg = r };

	if (error || sessions_ask(r->config.node->sessions, &q) < 0)
		shown(r, error, next);
}

static const char *begin_show(struct roster *r, struct str words)
{
	struct sessions_question q = { .kind = kind, .row = show_row,
		.done = show_done, .arg = r };
	const char *why = NULL;
	struct people p;

	if (!find_people(r->config.node, r->pool, &words, &p, &why))
		return why;
	r->pairs = json_array();
	r->policy = json_array();
	r->publications = json_array();
	r->publication = pool_printf(r->pool, "%s %.*s", p.xmpp.full,
		STR_FMT(p.sip.domain));
	check_policy(r, &p);
	q.key = p.key;
	return sessions_ask(r->config.node->sessions, &q) < 0
		? "the plugin `presence` does not run" : NULL;
}

/* ---- add, remove, import ---------------------------------------------------- */

/* "name=text" each.  False when there is something else. */
static bool read_values(struct pool *pool, struct str words,
	struct stox_value *values)
{
	size_t n = 0;

	while (words.len) {
		struct str text = str_cut(&words, ' '), name;

		if (!text.len)
			continue;
		name = str_cut(&text, '=');
		if (!name.len || !text.len || n == VALUES_MAX)
			return false;
		values[n].name = pool_strndup(pool, name.p, name.len);
		values[n++].text = pool_strndup(pool, text.p, text.len);
	}
	values[n].name = NULL;
	return true;
}

static void count(struct roster *r, uint64_t line, const char *why, bool changed)
{
	if (!why) {
		r->added += changed;
		r->unchanged += !changed;
		return;
	}
	if (r->failed++ < TOLD_MAX)
		json_array_append_new(r->failures, json_pack("{s:I,s:s}",
			"line", (json_int_t)line, "why", why));
}

static void imported(struct roster *r)
{
	if (!r->over || r->under_way)
		return;
	answer(r, json_pack("{s:b,s:I,s:I,s:I,s:I,s:O}", "ok", 1, "added",
		report_number(r->added), "unchanged", report_number(r->unchanged),
		"skipped", report_number(r->skipped),
		"failed", report_number(r->failed), "failures", r->failures));
}

static void hold(struct roster *r)
{
	bool held = r->under_way >= WINDOW;

	if (held == r->held || (held && r->over))
		return;
	r->held = held;
	r->config.hold(r->config.arg, held);
}

static void ordered(void *arg, int error, bool changed, const char *why)
{
	struct entry *e = arg;
	struct roster *r = e->roster;

	if (error && !why)
		why = "the store cannot be written";
	list_remove(&e->node);
	r->under_way--;
	if (r->importing) {
		count(r, e->line, why, changed);
		free(e);
		hold(r);
		imported(r);
		return;
	}
	free(e);
	answer(r, why ? failure(why)
		      : json_pack("{s:b,s:b}", "ok", 1, "changed", changed));
}

/* Returns NULL when it is under way, or why not. */
static const char *order(struct roster *r, struct pool *pool, const char *verb,
	uint64_t line, struct str words)
{
	struct stox_value values[VALUES_MAX + 1];
	struct sessions_order o = { .kind = kind, .verb = verb,
		.values = values, .done = ordered };
	const char *why = NULL;
	struct people p;
	struct entry *e;

	if (!find_people(r->config.node, pool, &words, &p, &why))
		return why;
	if (!read_values(pool, words, values))
		return "behind the addresses stands NAME=VALUE";
	e = base_alloc0(sizeof(*e));
	e->roster = r;
	e->line = line;
	o.key = p.key;
	o.arg = e;
	list_append(&r->entries, &e->node);
	r->under_way++;
	if (sessions_order(r->config.node->sessions, &o) == 0)
		return NULL;
	list_remove(&e->node);
	r->under_way--;
	free(e);
	return "the plugin `presence` does not run";
}

bool roster_reads(const struct roster *r)
{
	return r->importing && !r->over;
}

/* A contact who has nothing to do with us, in the whole roster of somebody. */
static bool is_other(const char *why, struct str line)
{
	static const char word[] = " others=skip";
	size_t len = sizeof(word) - 1;

	return (why == NO_SIP || why == NO_XMPP || why == NO_PEOPLE) &&
	       line.len > len &&
	       memcmp(line.p + line.len - len, word, len) == 0;
}

void roster_line(struct roster *r, struct str line, bool cut)
{
	struct pool *pool = pool_new(NULL);
	const char *why = "the line is too long";
	uint64_t number = 0;
	struct str first;

	line = str_trim(line);
	if (str_is(line, ".")) {
		r->over = true;
		imported(r);
	} else if (line.len || cut) {
		first = str_cut(&line, ' ');
		if (str_to_u64(first, INT64_MAX, &number) < 0)
			why = "a line begins with its number";
		else if (!cut)
			why = order(r, pool, "add", number, line);
		if (why && is_other(why, line))
			r->skipped++;
		else if (why)
			count(r, number, why, false);
		hold(r);
	}
	pool_free(&pool);
}

static const char *begin_import(struct roster *r)
{
	r->importing = true;
	r->failures = json_array();
	return NULL;
}

/* ---- commands --------------------------------------------------------------- */

static const char *begin(struct roster *r, struct str line)
{
	struct str words = str_trim(line), verb = str_cut(&words, ' ');

	if (str_is(verb, "list"))
		return begin_list(r, kind, words);
	if (str_is(verb, "published"))
		return begin_list(r, published, words);
	if (str_is(verb, "show"))
		return begin_show(r, words);
	if (str_is(verb, "add"))
		return order(r, r->pool, "add", 0, words);
	if (str_is(verb, "remove"))
		return order(r, r->pool, "remove", 0, words);
	if (str_is(verb, "import") && !words.len)
		return begin_import(r);
	return "known are roster list, published, show, add, remove, import";
}

struct roster *roster_new(const struct roster_config *c, struct str line)
{
	struct roster *r = base_alloc0(sizeof(*r));
	const char *why;

	r->config = *c;
	r->pool = pool_new(NULL);
	list_init(&r->entries);
	why = begin(r, line);
	if (!why)
		return r;
	answer(r, failure(why));
	roster_free(&r);
	return NULL;
}

void roster_free(struct roster **r)
{
	struct roster *old = *r;

	*r = NULL;
	if (!old)
		return;
	sessions_forget(old->config.node->sessions, old);
	list_each (it, tmp, &old->entries) {
		struct entry *e = container_of(it, struct entry, node);

		sessions_forget(old->config.node->sessions, e);
		free(e);
	}
	json_decref(old->pairs);
	json_decref(old->policy);
	json_decref(old->publications);
	json_decref(old->failures);
	pool_free(&old->pool);
	free(old);
}
