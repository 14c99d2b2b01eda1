/*
 * parse.c: one whole document, a body say, under the rules of a stream.
 */
#include "xml/build.h"
#include "xml/frame.h"
#include "xml/xml.h"

/* Cut *@document down to its declaration and root; false when there is more
 * than white space around them. */
static bool find_root(struct xml_frame *f, struct str *document)
{
	size_t space = xml_frame_space(f, *document), used;
	struct str rest = { document->p + space, document->len - space };

	if (xml_frame_next(f, rest, &used) != XML_FRAME_ELEMENT)
		return false;
	*document = (struct str){ rest.p, used };
	rest = (struct str){ rest.p + used, rest.len - used };
	return xml_frame_space(f, rest) == rest.len;
}

int xml_parse(struct pool *pool, struct str document,
	const struct limits *limits, struct stox_element **ret)
{
	struct xml_frame frame;
	struct xml_build build;
	struct stox_element *root = NULL;

	xml_frame_init(&frame, limits, 0);
	frame.spaces = true;
	if (document.len == 0 || !find_root(&frame, &document))
		return -STOX_EPROTO;
	xml_build_init(
		&build, 0, 2 * limit_get(limits, LIMIT_XML_NAMES), pool, NULL);
	if (xml_build_feed(&build, document))
		root = xml_build_take(&build, &pool);
	xml_build_free(&build);
	if (!root)
		return -STOX_EPROTO;
	*ret = root;
	return 0;
}
