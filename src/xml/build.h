/*
 * build.h: from whole tokens to trees, with expat.
 */
#ifndef XML_BUILD_H
#define XML_BUILD_H

#include "xml/names.h"
#include "xml/xml.h"

/* What stands between a namespace, a name and a prefix in the names that expat
 * makes.  XML 1.0 has no way to say this byte, raw or as a reference. */
#define XML_SEPARATOR '\x01'

struct XML_ParserStruct;

struct xml_build {
	struct XML_ParserStruct *parser; /* NULL: at rest */
	struct budget *budget; /* borrowed, may be NULL */
	unsigned outer;	       /* 1: a stream; 0: one document */
	unsigned long salt;    /* of expat's hash tables */
	size_t names_max;      /* more than this is an error */
	struct xml_names names;
	/* as errors too, where no frame has looked; 0: one has */
	unsigned depth_max, attributes_max;

	struct pool *pool; /* of the tree; owned if it was not given */
	bool pool_given;
	struct stox_element *current; /* open element, NULL: none */
	struct stox_element *top;
	struct stox_element *done; /* complete, not taken yet */
	size_t done_at;            /* bytes of this parser up to its end */
	unsigned depth;
	unsigned declared; /* namespaces, by the tag that is coming */
	struct buf text; /* not yet in the tree */
	bool muted;

	size_t calls, bytes; /* given to this parser (tests look at these) */
	enum xml_error error;
	const char *why;
};

/** @pool  where to build, or NULL: each element in a new one */
void xml_build_init(struct xml_build *b, unsigned outer, size_t names_max,
	struct pool *pool, struct budget *budget);
void xml_build_free(struct xml_build *b);
/** Parse whole tokens (or pieces of text).  False after an error. */
bool xml_build_feed(struct xml_build *b, struct str tokens);
/** The element just completed (the root: without children), or NULL.  Its pool
 *  goes to the caller in *@ret_pool. */
struct stox_element *xml_build_take(
	struct xml_build *b, struct pool **ret_pool);
/** Read @root (a start tag) and build nothing. */
bool xml_build_skip(struct xml_build *b, struct str root);
/** Build what comes next in @pool (borrowed).  Only between elements. */
void xml_build_give_pool(struct xml_build *b, struct pool *pool);
/** Is all that was fed read, and every element complete and taken?  Then
 *  nothing of it can touch what comes next. */
bool xml_build_is_between(const struct xml_build *b);
/** Free the parser; xml_build_renew() must come before more tokens.  Only
 *  between elements. */
void xml_build_rest(struct xml_build *b);
/** Use a new parser, as if it had read just @root (a start tag) so far.  Only
 *  between elements. */
bool xml_build_renew(struct xml_build *b, struct str root);

#endif
