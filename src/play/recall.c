#include "play/recall.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "play/play.h"

static size_t name_len(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789");
}

static const char *value_of(const struct recall *r, const char *name, size_t len)
{
	for (size_t i = 0; i < r->count; i++)
		if (strlen(r->names[i].name) == len &&
			memcmp(r->names[i].name, name, len) == 0)
			return r->names[i].value;
	return NULL;
}

const char *recall_fill(const struct recall *r, struct pool *pool,
	const char *text, const char *unknown)
{
	const char *result;
	struct buf out;

	buf_init(&out, 4 << 20, NULL);
	while (*text) {
		size_t len = *text == '$' ? name_len(text + 1) : 0;
		const char *value = len ? value_of(r, text + 1, len) : NULL;

		if (!len) {
			buf_add_char(&out, *text++);
			continue;
		}
		buf_add_text(&out, value ? value : unknown);
		text += 1 + len;
	}
	result = pool_strndup(pool, out.data ? out.data : "", out.len);
	buf_free(&out);
	return result;
}

/* Where the literal text of @pattern that ends at @end begins: behind the last
 * '*' or name. */
static const char *literal(const char *pattern, const char *end)
{
	const char *p = end;

	while (p > pattern && p[-1] != '*' && p[-1] != '$')
		p--;
	return p > pattern && p[-1] == '$' ? p + name_len(p) : p;
}

/* The name at @dollar, in a pattern that @value fits, stands for this. */
static void learn(struct recall *r, struct pool *pool, const char *pattern,
	const char *dollar, const char *value)
{
	const char *from = literal(pattern, dollar), *at;
	size_t len = name_len(dollar + 1);

	at = strstr(value, pool_strndup(pool, from, (size_t)(dollar - from)));
	if (!at || r->count == RECALL_NAMES || value_of(r, dollar + 1, len))
		return;
	at += dollar - from;
	snprintf(r->names[r->count].name, sizeof(r->names->name), "%.*s",
		(int)len, dollar + 1);
	snprintf(r->names[r->count++].value, sizeof(r->names->value), "%.*s",
		(int)strcspn(at, ";,> \r\n"), at);
}

static void learn_line(struct recall *r, struct pool *pool, const char *line,
	const struct sip_message *m)
{
	const char *colon = strchr(line, ':'), *pattern;
	const struct sip_header *h = NULL;
	const char *name = colon
		? pool_strndup(pool, line, (size_t)(colon - line)) : NULL;

	if (!name || !strchr(line, '$'))
		return;
	pattern = colon + 1 + strspn(colon + 1, " ");
	while ((h = sip_message_header_named(m, name, h))) {
		const char *value = pool_strndup(pool, h->value.p, h->value.len);

		if (!play_glob(recall_fill(r, pool, pattern, "*"), value))
			continue;
		for (const char *d = strchr(pattern, '$'); d;
			d = strchr(d + 1, '$'))
			learn(r, pool, pattern, d, value);
		return;
	}
}

static void learn_body(struct recall *r, struct pool *pool,
	const char *pattern, const struct sip_message *m)
{
	const char *body = pool_strndup(pool, m->body.p, m->body.len);

	for (const char *d = pattern ? strchr(pattern, '$') : NULL; d;
		d = strchr(d + 1, '$'))
		learn(r, pool, pattern, d, body);
}

void recall_learn_stanza(struct recall *r, struct pool *pool,
	const struct stox_element *pattern, const struct stox_element *e)
{
	for (const struct stox_attribute *a = pattern->attributes; a;
		a = a->next) {
		const char *value = stox_element_attr(e, a->name);

		if (a->value[0] == '$' && value)
			learn(r, pool, a->value, a->value, value);
	}
}

void recall_learn(struct recall *r, struct pool *pool, const char *pattern,
	const struct sip_message *m)
{
	struct str rest = str_from(pattern), line;

	while (rest.p) {
		line = str_cut(&rest, '\n');
		if (!line.len) {
			learn_body(r, pool, rest.p, m);
			return;
		}
		learn_line(r, pool, pool_strndup(pool, line.p, line.len), m);
	}
}
