/*
 * The file comes from another program: no document type, no entities, no includes,
 * not deeper and not longer than such files are.
 */
#include <config.h>

#include "stoxctl/pie.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 8192, DEPTH_MAX = 64, TEXT_MAX = 3100 };

/* Names as expat gives them: namespace, a new line, name. */
#define PIE "urn:xmpp:pie:0\n"
#define ROSTER "jabber:iq:roster\n"

struct row {
	struct row *next;
	unsigned long line;
	char *user, *contact, *subscription, *ask;
	bool asks;
};

struct pie {
	FILE *in;
	XML_Parser parser;
	const char *why;
	bool over;
	int depth;
	int user_depth, query_depth; /* 0: not in one */
	char *host, *user;
	struct row *first, **end;    /* read, not handed out */
	struct row *last;            /* handed out */
};

static void *zeroed(size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();
	return memset(p, 0, size);
}

static void fail(struct pie *p, const char *why)
{
	if (!p->why)
		p->why = why;
	XML_StopParser(p->parser, XML_FALSE);
}

static const char *attribute(const char **list, const char *name)
{
	for (; *list; list += 2)
		if (strcmp(list[0], name) == 0)
			return list[1];
	return NULL;
}

static char *keep(struct pie *p, const char *text)
{
	if (text && strlen(text) > TEXT_MAX) {
		fail(p, "a name is too long");
		return NULL;
	}
	return text ? strdup(text) : NULL;
}

static void row_free(struct row *r)
{
	if (!r)
		return;
	free(r->user);
	free(r->contact);
	free(r->subscription);
	free(r->ask);
	free(r);
}

static void add(struct pie *p, const char *contact, const char **list, bool asks)
{
	struct row *r;
	size_t size;

	if (!p->host || !p->user || !contact)
		return;
	r = zeroed(sizeof(*r));
	size = strlen(p->user) + strlen(p->host) + 2;
	r->line = (unsigned long)XML_GetCurrentLineNumber(p->parser);
	r->user = zeroed(size);
	snprintf(r->user, size, "%s@%s", p->user, p->host);
	r->contact = keep(p, contact);
	r->subscription = keep(p, attribute(list, "subscription"));
	r->ask = keep(p, attribute(list, "ask"));
	r->asks = asks;
	if (p->why) {
		row_free(r);
		return;
	}
	*p->end = r;
	p->end = &r->next;
}

/* Who waits for an answer is kept as the presence that asked. */
static void add_question(struct pie *p, const char *name, const char **list)
{
	static const char *const none[] = { NULL };
	const char *type = attribute(list, "type");
	const char *local = strchr(name, '\n');

	if (p->depth == p->user_depth + 1 && local &&
		strcmp(local + 1, "presence") == 0 && type &&
		strcmp(type, "subscribe") == 0)
		add(p, attribute(list, "from"), (const char **)none, true);
}

static void start(void *arg, const char *name, const char **list)
{
	struct pie *p = arg;

	if (++p->depth > DEPTH_MAX) {
		fail(p, "it is nested too deep");
	} else if (p->depth == 1 && strcmp(name, PIE "server-data") != 0) {
		fail(p, "it is no export of an XMPP server (XEP-0227)");
	} else if (strcmp(name, PIE "host") == 0) {
		free(p->host);
		p->host = keep(p, attribute(list, "jid"));
	} else if (strcmp(name, PIE "user") == 0) {
		free(p->user);
		p->user = keep(p, attribute(list, "name"));
		p->user_depth = p->depth;
	} else if (p->user_depth && strcmp(name, ROSTER "query") == 0) {
		p->query_depth = p->depth;
	} else if (p->query_depth && strcmp(name, ROSTER "item") == 0) {
		add(p, attribute(list, "jid"), list, false);
	} else if (p->user_depth) {
		add_question(p, name, list);
	} else if (strcmp(name, "http://www.w3.org/2001/XInclude\ninclude") ==
		0) {
		fail(p, "it refers to other files (XInclude): import each of "
			"those");
	}
}

static void finish(void *arg, const char *name)
{
	struct pie *p = arg;

	(void)name;
	if (p->depth == p->user_depth)
		p->user_depth = 0;
	if (p->depth == p->query_depth)
		p->query_depth = 0;
	p->depth--;
}

static void doctype(void *arg, const char *name, const char *system,
	const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	fail(arg, "it has a document type, which no export has");
}

struct pie *pie_open(FILE *in)
{
	struct pie *p = zeroed(sizeof(*p));

	p->in = in;
	p->end = &p->first;
	p->parser = XML_ParserCreateNS(NULL, '\n');
	if (!p->parser)
		abort();
	XML_SetUserData(p->parser, p);
	XML_SetElementHandler(p->parser, start, finish);
	XML_SetStartDoctypeDeclHandler(p->parser, doctype);
	return p;
}

static void read_on(struct pie *p)
{
	char bytes[CHUNK];
	size_t len = fread(bytes, 1, sizeof(bytes), p->in);

	p->over = len < sizeof(bytes);
	if (XML_Parse(p->parser, bytes, (int)len, p->over) == XML_STATUS_OK)
		return;
	p->over = true;
	if (!p->why)
		p->why = XML_ErrorString(XML_GetErrorCode(p->parser));
}

bool pie_read(struct pie *p, struct pie_contact *ret, const char **why,
	unsigned long *line)
{
	row_free(p->last);
	p->last = NULL;
	while (!p->first && !p->over)
		read_on(p);
	*why = p->first ? NULL : p->why;
	*line = (unsigned long)XML_GetCurrentLineNumber(p->parser);
	if (!p->first)
		return false;
	p->last = p->first;
	p->first = p->last->next;
	if (!p->first)
		p->end = &p->first;
	*ret = (struct pie_contact){ p->last->line, p->last->user,
		p->last->contact, p->last->subscription, p->last->ask,
		p->last->asks };
	return true;
}

void pie_close(struct pie **p)
{
	struct pie *old = *p;

	*p = NULL;
	if (!old)
		return;
	row_free(old->last);
	while ((old->last = old->first)) {
		old->first = old->last->next;
		row_free(old->last);
	}
	XML_ParserFree(old->parser);
	free(old->host);
	free(old->user);
	free(old);
}
