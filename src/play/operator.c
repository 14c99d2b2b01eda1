#include "play/operator.h"

#include <stdio.h>

#include "core/session.h"

enum { ANSWER_MAX = 65536 };

bool operator_order(struct stage *s, const char *order, struct buf *why)
{
	struct pool *pool = pool_new(NULL);
	struct stox_value values[8] = { { 0 } };
	struct str words = str_from(order), verb = str_cut(&words, ' ');
	struct str xmpp = str_cut(&words, ' '), sip = str_cut(&words, ' ');
	const struct sessions_order o = { .kind = "presence",
		.key = pool_printf(pool, "%.*s %.*s", STR_FMT(xmpp),
			STR_FMT(sip)),
		.verb = pool_str(pool, verb).p, .values = values };
	bool ok;

	for (size_t i = 0; words.len && i < 7; i++) {
		struct str text = str_cut(&words, ' ');

		values[i].name = pool_str(pool, str_cut(&text, '=')).p;
		values[i].text = pool_str(pool, text).p;
	}
	ok = sessions_order(s->node->sessions, &o) == 0;
	if (!ok)
		buf_add_text(why, "no plugin keeps pairs");
	pool_free(&pool);
	return ok;
}

/* ---- what is told ----------------------------------------------------------- */

static void put_text(void *arg, const char *name, const char *value)
{
	buf_printf(arg, "%s: %s\n", name, value);
}

static void put_number(void *arg, const char *name, int64_t value)
{
	buf_printf(arg, "%s: %lld\n", name, (long long)value);
}

static void row(void *arg, const struct sessions_row *r)
{
	const struct stox_description d = { put_text, put_number, arg, false };

	if (r->kind->describe)
		r->kind->describe(r->state, r->key, r->row, r->len, &d);
}

static void done(void *arg, int error, uint64_t next)
{
	(void)arg;
	(void)error;
	(void)next;
}

static bool ask_session(struct stage *s, const char *words, struct buf *told)
{
	const char *second = strchr(words, ' ');
	const struct sessions_question q = { .key = words, .row = row,
		.kind = second && strchr(second, '@') ? "presence"
						      : "publication",
		.done = done, .arg = told };

	if (sessions_ask(s->node->sessions, &q) < 0)
		return false;
	stage_settle(s);
	return true;
}

static bool ask_gauges(struct stage *s, struct buf *told)
{
	size_t sending, waiting;

	crowds_count(s->node, &sending, &waiting);
	put_number(told, "in_memory",
		(int64_t)sessions_count(s->node->sessions));
	put_number(told, "sending", (int64_t)sending);
	put_number(told, "waiting", (int64_t)waiting);
	return true;
}

/* ---- does it fit? ----------------------------------------------------------- */

static bool is_named(struct str line, const char *name)
{
	size_t n = strlen(name);

	return line.len > n && line.p[n] == ':' && memcmp(line.p, name, n) == 0;
}

static bool is_told(struct pool *pool, struct str told, const char *pattern)
{
	while (told.p && told.len) {
		struct str line = str_cut(&told, '\n');

		if (pattern[0] == '-'
				? is_named(line, pattern + 1)
				: play_glob(pattern, pool_str(pool, line).p))
			return true;
	}
	return false;
}

static bool fits(struct pool *pool, const char *pattern, struct str told,
	struct buf *why)
{
	struct str rest = str_from(pattern);

	while (rest.p && rest.len) {
		const char *line = pool_str(pool, str_cut(&rest, '\n')).p;

		if (is_told(pool, told, line) != (line[0] == '-'))
			continue;
		buf_printf(why, "\"%s\" does not fit what is told: ", line);
		buf_add_str(why, told);
		return false;
	}
	return true;
}

bool operator_sees(struct stage *s, const char *words, const char *pattern,
	struct buf *why)
{
	struct pool *pool = pool_new(NULL);
	struct buf told;
	bool ok;

	buf_init(&told, ANSWER_MAX, NULL);
	ok = strcmp(words, "sessions") == 0 ? ask_gauges(s, &told)
					    : ask_session(s, words, &told);
	if (!ok)
		buf_add_text(why, "no plugin keeps such sessions");
	ok = ok && fits(pool, pattern, buf_str(&told), why);
	buf_free(&told);
	pool_free(&pool);
	return ok;
}
