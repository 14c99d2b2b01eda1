#include "play/match.h"

#include <stdio.h>

#include "play/play.h"

bool play_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* ---- XML ------------------------------------------------------------------- */

static bool match_attributes(const struct stox_element *pattern,
	const struct stox_element *e, struct buf *why)
{
	for (const struct stox_attribute *a = pattern->attributes; a; a = a->next) {
		const char *is = stox_element_attr(e, a->name);

		if (strcmp(a->value, "!") == 0 ? !is
					       : is && play_glob(a->value, is))
			continue;
		buf_printf(why, "<%s> has %s='%s', expected '%s'; ", e->name,
			a->name, is ? is : "(none)", a->value);
		return false;
	}
	return true;
}

static bool has_child_elements(const struct stox_element *e)
{
	return stox_element_child(e, NULL, NULL) != NULL;
}

/** Some child of @e fits @wanted. */
static bool find_child(const struct stox_element *wanted,
	const struct stox_element *e, struct buf *why)
{
	const struct stox_element *c =
		stox_element_child(e, wanted->name, wanted->ns);
	size_t before = why->len;

	for (; c; c = stox_element_next(c, wanted->name, wanted->ns)) {
		if (match_stanza(wanted, c, why)) {
			why->len = before;
			return true;
		}
	}
	if (why->len == before)
		buf_printf(why, "<%s> has no <%s xmlns='%s'>; ", e->name,
			wanted->name, wanted->ns);
	return false;
}

/** <only/>: no child of @e is unlisted. */
static bool only_listed(const struct stox_element *pattern,
	const struct stox_element *e, struct buf *why)
{
	const struct stox_element *c = stox_element_child(e, NULL, NULL);

	for (; c; c = stox_element_next(c, NULL, NULL)) {
		if (stox_element_child(pattern, c->name, c->ns))
			continue;
		buf_printf(why, "<%s> has <%s xmlns='%s'>, which is not listed; ",
			e->name, c->name, c->ns);
		return false;
	}
	return true;
}

bool match_stanza(const struct stox_element *pattern,
	const struct stox_element *e, struct buf *why)
{
	const struct stox_element *c;

	if (!stox_element_is(e, pattern->name, pattern->ns)) {
		buf_printf(why, "<%s xmlns='%s'> instead of <%s xmlns='%s'>; ",
			e->name, e->ns, pattern->name, pattern->ns);
		return false;
	}
	if (!match_attributes(pattern, e, why))
		return false;
	for (c = stox_element_child(pattern, NULL, NULL); c;
		c = stox_element_next(c, NULL, NULL)) {
		if (strcmp(c->name, "only") == 0) {
			if (!only_listed(pattern, e, why))
				return false;
		} else if (!find_child(c, e, why)) {
			return false;
		}
	}
	if (has_child_elements(pattern) || !*stox_element_text(pattern) ||
		play_glob(stox_element_text(pattern), stox_element_text(e)))
		return true;
	buf_printf(why, "<%s> says \"%s\", expected \"%s\"; ", e->name,
		stox_element_text(e), stox_element_text(pattern));
	return false;
}

/* ---- SIP -------------------------------------------------------------------- */

static bool match_start(const char *pattern, const struct sip_message *m,
	struct buf *why)
{
	char line[1024];

	if (m->is_request)
		snprintf(line, sizeof(line), "%.*s %.*s", STR_FMT(m->method),
			STR_FMT(m->uri_text));
	else
		snprintf(line, sizeof(line), "SIP/2.0 %u %.*s", m->status,
			STR_FMT(m->reason));
	if (play_glob(pattern, line))
		return true;
	buf_printf(why, "\"%s\" instead of \"%s\"; ", line, pattern);
	return false;
}

static bool match_header(const char *line, const struct sip_message *m,
	struct buf *why)
{
	const char *colon = strchr(line, ':');
	const struct sip_header *h = NULL;
	char name[128], value[8192];
	bool absent = line[0] == '-';

	snprintf(name, sizeof(name), "%.*s",
		(int)(colon && !absent ? (size_t)(colon - line) : strlen(line)),
		line);
	if (absent) {
		if (!sip_message_header_named(m, name + 1, NULL))
			return true;
		buf_printf(why, "the header %s is there; ", name + 1);
		return false;
	}
	while (colon && (h = sip_message_header_named(m, name, h))) {
		snprintf(value, sizeof(value), "%.*s", STR_FMT(h->value));
		if (play_glob(colon + 1 + strspn(colon + 1, " "), value))
			return true;
		buf_printf(why, "%s: is \"%s\"; ", name, value);
	}
	buf_printf(why, "expected \"%s\"; ", line);
	return false;
}

static bool match_body(const char *pattern, const struct sip_message *m,
	struct buf *why)
{
	struct buf body;
	bool ok;

	buf_init(&body, 2 << 20, NULL);
	buf_add_str(&body, m->body);
	buf_add_char(&body, '\0');
	ok = play_glob(pattern, body.data);
	if (!ok)
		buf_printf(why, "the body is \"%s\", expected \"%s\"; ", body.data,
			pattern);
	buf_free(&body);
	return ok;
}

bool match_sip(const char *pattern, const struct sip_message *m, struct buf *why)
{
	struct str rest = str_from(pattern), line;
	char text[2048];
	bool first = true;

	while (rest.p) {
		line = str_cut(&rest, '\n');
		if (line.len == 0 && rest.p)
			return match_body(rest.p, m, why);
		snprintf(text, sizeof(text), "%.*s", STR_FMT(line));
		if (first ? !match_start(text, m, why)
			  : !match_header(text, m, why))
			return false;
		first = false;
	}
	return true;
}
