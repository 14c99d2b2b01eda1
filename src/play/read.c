#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play/play.h"
#include "stox/types.h"

enum { FILE_MAX = 1 << 20, STEPS_MAX = 500 };

struct reader {
	struct play *play;
	struct str rest;
	int line;
	struct buf *why;
	bool failed;
};

static void fail(struct reader *r, const char *what)
{
	if (!r->failed)
		buf_printf(r->why, "%s:%d: %s", r->play->file, r->line, what);
	r->failed = true;
}

static struct str next_line(struct reader *r)
{
	r->line++;
	return str_cut(&r->rest, '\n');
}

/** "\xHH" becomes that byte, "\\" a backslash. */
static void add_unescaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char hex[3] = "";

		if (s.p[i] != '\\' || i + 1 >= s.len) {
			buf_add_char(out, s.p[i]);
		} else if (s.p[i + 1] == 'x' && i + 3 < s.len) {
			memcpy(hex, s.p + i + 2, 2);
			buf_add_char(out, (char)strtol(hex, NULL, 16));
			i += 3;
		} else {
			buf_add_char(out, s.p[++i]);
		}
	}
}

/** The indented lines that follow, without their first tab. */
static const char *read_block(struct reader *r)
{
	struct buf b;
	const char *text;
	size_t blank = 0;
	struct str line;

	buf_init(&b, FILE_MAX, NULL);
	while (r->rest.p && r->rest.len &&
		(r->rest.p[0] == '\t' || r->rest.p[0] == '\n')) {
		line = next_line(r);
		if (line.len == 0) {
			blank++;
			continue;
		}
		for (; blank; blank--)
			buf_add_char(&b, '\n');
		line.p++;
		line.len--;
		add_unescaped(&b, line);
		buf_add_char(&b, '\n');
	}
	if (b.len && b.data[b.len - 1] == '\n')
		b.len--; /* the line end of the last line is the script's */
	text = pool_strndup(r->play->pool, b.data, b.len);
	buf_free(&b);
	return text;
}

static struct play_step *add_step(struct reader *r, enum play_verb verb,
	struct str actor)
{
	struct play *p = r->play;
	struct play_step *s;

	if (p->count == STEPS_MAX) {
		fail(r, "too many steps");
		return NULL;
	}
	s = &p->steps[p->count++];
	s->verb = verb;
	s->line = r->line;
	s->actor = pool_strndup(p->pool, actor.p, actor.len);
	return s;
}

static const char *copy(struct reader *r, struct str s)
{
	s = str_trim(s);
	return pool_strndup(r->play->pool, s.p, s.len);
}

static bool read_ms(struct str s, uint64_t *ret_ms)
{
	uint64_t unit = 0, n;
	size_t digits = 0;

	while (digits < s.len && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	if (str_is((struct str){ s.p + digits, s.len - digits }, "ms"))
		unit = 1;
	else if (str_is((struct str){ s.p + digits, s.len - digits }, "s"))
		unit = 1000;
	else if (str_is((struct str){ s.p + digits, s.len - digits }, "min"))
		unit = 60000;
	if (!unit || str_to_u64((struct str){ s.p, digits }, 1000000, &n) < 0)
		return false;
	*ret_ms = n * unit;
	return true;
}

/** A line of the head.  False when it is not one. */
static bool read_head(struct reader *r, struct str word, struct str rest)
{
	struct play *p = r->play;

	if (str_is(word, "title")) {
		p->title = copy(r, rest);
	} else if (str_is(word, "plugins")) {
		p->plugins = copy(r, rest);
	} else if (str_is(word, "config")) {
		p->config = read_block(r);
	} else if (str_is(word, "config+")) {
		p->more_config = read_block(r);
	} else if (str_is(word, "survives")) {
		p->survives_cut |= str_is(str_trim(rest), "cut");
		p->survives_restart |= str_is(str_trim(rest), "restart");
	} else if (str_is(word, "xmpp") || str_is(word, "sip")) {
		if (p->domain_count == 8) {
			fail(r, "too many domains");
			return true;
		}
		p->domains[p->domain_count++] = pool_printf(p->pool, "%.*s %s",
			STR_FMT(word), copy(r, rest));
	} else if (str_is(word, "offers")) {
		if (p->offer_count == 8)
			fail(r, "too many offers");
		else
			p->offers[p->offer_count++] = copy(r, rest);
	} else {
		return false;
	}
	return true;
}

/** "sees WHAT" and a block is a question, anything else an order. */
static void read_question(struct reader *r, struct play_step *s)
{
	if (strncmp(s->actor, "sees ", 5) != 0)
		return;
	s->actor += 5;
	s->text = read_block(r);
	if (*s->text)
		return;
	r->line = s->line;
	fail(r, "an indented block must follow");
}

/** A step without an actor in front.  False when it is not one. */
static bool read_plain(struct reader *r, struct str word, struct str rest)
{
	static const struct {
		const char *word;
		enum play_verb verb;
	} plain[] = {
		{ "wait", PLAY_WAIT }, { "stop", PLAY_STOP },
		{ "start", PLAY_START }, { "close", PLAY_CLOSE },
		{ "cut", PLAY_CUT },
		{ "restart", PLAY_RESTART }, { "reload", PLAY_RELOAD },
		{ "logs", PLAY_LOGS }, { "operator", PLAY_OPERATOR },
		{ "shutdown", PLAY_SHUTDOWN },
	};
	struct play_step *s;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!str_is(word, plain[i].word))
			continue;
		s = add_step(r, plain[i].verb, str_trim(rest));
		if (s && s->verb == PLAY_WAIT && !read_ms(str_trim(rest), &s->ms))
			fail(r, "wait needs a time such as 500ms, 2s or 5min");
		if (s && s->verb == PLAY_RELOAD)
			s->text = read_block(r);
		if (s && s->verb == PLAY_OPERATOR)
			read_question(r, s);
		return true;
	}
	return false;
}

static void read_step(struct reader *r, struct str actor, struct str verb)
{
	struct play_step *s = NULL;

	verb = str_trim(verb);
	if (str_is(verb, "sends"))
		s = add_step(r, PLAY_SENDS, actor);
	else if (str_is(verb, "receives"))
		s = add_step(r, PLAY_RECEIVES, actor);
	else if (str_is(verb, "receives nothing"))
		s = add_step(r, PLAY_RECEIVES_NOTHING, actor);
	else if (str_is(verb, "answers"))
		s = add_step(r, PLAY_ANSWERS, actor);
	else if (str_is(verb, "bounces"))
		s = add_step(r, PLAY_BOUNCES, actor);
	else if (str_is(verb, "says"))
		s = add_step(r, PLAY_SAYS, actor);
	else if (str_is(verb, "answers no pings"))
		s = add_step(r, PLAY_NO_PINGS, actor);
	else
		fail(r, "expected: WHO sends, receives, receives nothing, answers, "
			"bounces, says or answers no pings; or wait, stop, start, close, "
			"cut, restart, shutdown, reload, logs, operator");
	if (!s || s->verb == PLAY_RECEIVES_NOTHING || s->verb == PLAY_NO_PINGS)
		return;
	s->text = read_block(r);
	if (!*s->text) {
		r->line = s->line;
		fail(r, "an indented block must follow");
	}
}

static void read_all(struct reader *r)
{
	while (r->rest.p && !r->failed) {
		struct str line = next_line(r);
		struct str rest = line, word;

		if (str_trim(line).len == 0 || line.p[0] == '#')
			continue;
		if (line.p[0] == '\t' || line.p[0] == ' ') {
			fail(r, "a block without a step in front");
			return;
		}
		word = str_cut(&rest, ' ');
		if (!rest.p)
			rest = (struct str){ line.p + line.len, 0 };
		if (read_head(r, word, rest) || read_plain(r, word, rest))
			continue;
		read_step(r, word, rest);
	}
	if (!r->failed && r->play->count == 0)
		fail(r, "no step in this play");
}

static bool read_file(const char *file, struct buf *out)
{
	FILE *f = fopen(file, "r");
	char piece[4096];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(out, piece, n);
	fclose(f);
	return !out->overflow;
}

struct play *play_read(const char *file, struct buf *why)
{
	struct pool *pool = pool_new(NULL);
	struct play *p = pool_alloc0(pool, sizeof(*p));
	struct reader r = { .play = p, .why = why };
	struct buf text;

	p->pool = pool;
	p->file = pool_strdup(pool, file);
	p->title = p->file;
	p->steps = pool_alloc0(pool, STEPS_MAX * sizeof(*p->steps));
	buf_init(&text, FILE_MAX, NULL);
	if (read_file(file, &text)) {
		r.rest = pool_str(pool, buf_str(&text));
		read_all(&r);
	} else {
		buf_printf(why, "%s: %s", file, strerror(errno));
		r.failed = true;
	}
	buf_free(&text);
	if (r.failed)
		play_free(&p);
	return p;
}

void play_free(struct play **p)
{
	struct pool *pool = (*p)->pool;

	*p = NULL;
	pool_free(&pool);
}
