/*
 * parse.c: whole documents, bodies say, under the rules of a stream.
 *
 * A new parser costs more than most documents.  So one takes many: each is a
 * child of the same root, as the stanzas of a stream are.  Where a child is
 * less than a document, or a parser was left in any doubt, there is a new one,
 * with a frame in front.
 */
#include "xml/build.h"
#include "xml/frame.h"
#include "xml/xml.h"

#include <stdlib.h>

/* A parser reads no more than this: it counts bytes in a long, and whatever it
 * grew for a large document goes. */
enum { PARSER_BYTES = 1 << 24 };

/* What stands around each document; without a namespace. */
static const struct str around = { "<documents>", 11 };

struct xml_documents {
	struct limits *limits; /* borrowed */
	struct xml_build build;
	bool begun; /* has a parser, which has read @around */
};

static struct str skip(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.len - n };
}

/* Cut *@document down to its declaration and root; false when there is more
 * than white space around them. */
static bool find_root(const struct limits *limits, struct str *document)
{
	struct xml_frame f;
	struct str rest;
	size_t space, used;

	xml_frame_init(&f, limits, 0);
	f.spaces = true;
	space = xml_frame_space(&f, *document);
	rest = skip(*document, space);
	if (xml_frame_next(&f, rest, &used) != XML_FRAME_ELEMENT)
		return false;
	*document = (struct str){ rest.p, used };
	rest = skip(rest, used);
	return xml_frame_space(&f, rest) == rest.len;
}

static size_t names_max(const struct limits *limits)
{
	return 2 * limit_get(limits, LIMIT_XML_NAMES);
}

static int parse_alone(struct pool *pool, struct str document,
	const struct limits *limits, struct stox_element **ret)
{
	struct xml_build build;
	struct stox_element *root = NULL;

	xml_build_init(&build, 0, names_max(limits), pool, NULL);
	if (xml_build_feed(&build, document))
		root = xml_build_take(&build, &pool);
	xml_build_free(&build);
	if (!root)
		return -STOX_EPROTO;
	*ret = root;
	return 0;
}

int xml_parse(struct pool *pool, struct str document,
	const struct limits *limits, struct stox_element **ret)
{
	if (document.len == 0 || !find_root(limits, &document))
		return -STOX_EPROTO;
	return parse_alone(pool, document, limits, ret);
}

/* ---- many ---- */

struct xml_documents *xml_documents_new(struct limits *limits)
{
	struct xml_documents *d = base_alloc0(sizeof(*d));

	d->limits = limits;
	return d;
}

static void end(struct xml_documents *d)
{
	if (d->begun)
		xml_build_free(&d->build);
	d->begun = false;
}

void xml_documents_free(struct xml_documents **documents)
{
	struct xml_documents *d = *documents;

	*documents = NULL;
	if (!d)
		return;
	end(d);
	free(d);
}

static void begin(struct xml_documents *d)
{
	struct xml_build *b = &d->build;

	xml_build_init(b, 1, names_max(d->limits), NULL, NULL);
	b->depth_max = (unsigned)limit_get(d->limits, LIMIT_XML_DEPTH) + 1;
	b->attributes_max =
		(unsigned)limit_get(d->limits, LIMIT_XML_ATTRIBUTES);
	xml_build_skip(b, around);
	d->begun = true;
}

static bool is_space(struct str s)
{
	size_t n = 0;

	while (n < s.len && memchr(" \t\r\n", s.p[n], 4))
		n++;
	return n == s.len;
}

/* An XML declaration has no place in a child.  Pass by one of those that say
 * nothing but what holds anyway; false when there is something else. */
static bool skip_declaration(struct str *document)
{
	static const struct str usual[] = {
		{ "<?xml version='1.0' encoding='UTF-8'?>", 38 },
		{ "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", 38 },
		{ "<?xml version='1.0' encoding='utf-8'?>", 38 },
		{ "<?xml version=\"1.0\" encoding=\"utf-8\"?>", 38 },
		{ "<?xml version='1.0'?>", 21 },
		{ "<?xml version=\"1.0\"?>", 21 },
	};
	const size_t count = sizeof(usual) / sizeof(usual[0]);
	size_t i = str_starts(*document, STR("<?")) ? 0 : count;

	while (i < count && !str_starts(*document, usual[i]))
		i++;
	if (i < count) {
		*document = skip(*document, usual[i].len);
		while (document->len && is_space((struct str){ document->p, 1 }))
			*document = skip(*document, 1);
	}
	return document->len > 1 && document->p[0] == '<' &&
	       !memchr("?!/", document->p[1], 3);
}

/* Has the parser had enough? */
static bool is_worn(struct xml_documents *d)
{
	if (d->build.bytes > PARSER_BYTES)
		return true;
	if (d->build.names.count < limit_get(d->limits, LIMIT_XML_NAMES))
		return false;
	limit_hit(d->limits, LIMIT_XML_NAMES);
	return true;
}

/* One element and white space; what a frame would see to beside that, the
 * builder does.  NULL after any doubt. */
static struct stox_element *parse_child(struct xml_documents *d,
	struct pool *pool, struct str document)
{
	struct stox_element *root = NULL;
	size_t before;

	if (!d->begun)
		begin(d);
	before = d->build.bytes;
	xml_build_give_pool(&d->build, pool);
	if (xml_build_feed(&d->build, document))
		root = xml_build_take(&d->build, &pool);
	if (root && (!xml_build_is_between(&d->build) ||
			!is_space(skip(document, d->build.done_at - before))))
		root = NULL;
	if (!root || is_worn(d))
		end(d);
	return root;
}

int xml_documents_read(struct xml_documents *d, struct pool *pool,
	struct str document, struct stox_element **ret)
{
	struct stox_element *root = NULL;
	struct str child;

	child = document;
	/* no tag can be longer than the document */
	if (document.len <= limit_get(d->limits, LIMIT_XML_TOKEN) &&
		skip_declaration(&child))
		root = parse_child(d, pool, child);
	/* what came before must not count against this one: a new parser has
	 * the last word */
	if (!root)
		return xml_parse(pool, document, d->limits, ret);
	*ret = root;
	return 0;
}
