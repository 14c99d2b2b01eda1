/*
 * frame.h: where a token ends and where an element ends, found in front of the
 * parser.
 *
 * Expat rescans an unfinished token with every call, so it must get whole
 * tokens only; and a limit must count what is unfinished.  The frame looks at
 * each byte once, whatever the cuts between reads: it knows tags, quotes,
 * references and CDATA, and nothing of names or trees.
 */
#ifndef XML_FRAME_H
#define XML_FRAME_H

#include "base/limit.h"
#include "xml/xml.h"

enum xml_frame_state {
	XML_FRAME_START,   /* nothing but perhaps a byte order mark */
	XML_FRAME_PROLOG,  /* after the XML declaration */
	XML_FRAME_BETWEEN, /* stanzas */
	XML_FRAME_EPILOG,  /* after the root */
	XML_FRAME_TEXT,
	XML_FRAME_REFERENCE, /* after & */
	XML_FRAME_OPEN,	     /* after < */
	XML_FRAME_BANG,	     /* after <! */
	XML_FRAME_CDATA_TAG, /* inside <![CDATA[ */
	XML_FRAME_CDATA,
	XML_FRAME_QUESTION,    /* inside <?xml */
	XML_FRAME_DECLARATION, /* until ?> */
	XML_FRAME_TAG,
	XML_FRAME_QUOTED,
	XML_FRAME_CLOSE, /* inside an end tag */
};

enum xml_frame_step {
	XML_FRAME_MORE,	   /* the input is used up */
	XML_FRAME_ROOT,	   /* the root's start tag is complete (streams) */
	XML_FRAME_ELEMENT, /* a child of the root, or the whole document */
	XML_FRAME_END,	   /* the root's end tag (streams) */
	XML_FRAME_ERROR,
};

struct xml_frame {
	const struct limits *limits; /* borrowed */
	size_t max;		     /* bytes of an element */
	unsigned outer;		     /* 1: a stream; 0: one document */
	bool spaces;		     /* white space may come before all else */

	enum xml_frame_state state;
	unsigned depth;
	unsigned attributes; /* of the tag so far, declarations too */
	unsigned char quote; /* the open one */
	unsigned char last;  /* byte before, inside a tag */
	unsigned matched;    /* of a fixed string */
	size_t bytes;	     /* of the element so far */
	size_t token;	     /* of these, in a token that is not finished */
	size_t element;	     /* size of what the last step completed */
	size_t tag;	     /* and of the tag that completed it */

	enum xml_error error;
	const char *why;
	int limit; /* enum limit_id reached, -1: none */
};

void xml_frame_init(
	struct xml_frame *f, const struct limits *limits, unsigned outer);
/** Length of the white space at the start of @in that nobody needs to see. */
size_t xml_frame_space(const struct xml_frame *f, struct str in);
/**
 * Look at @in up to the next step.  *@ret_used is how many bytes were looked
 * at; the last f->token of all bytes so far belong to an unfinished token.
 */
enum xml_frame_step xml_frame_next(
	struct xml_frame *f, struct str in, size_t *ret_used);

#endif
