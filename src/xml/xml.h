/*
 * xml.h: the restricted XML of XMPP (RFC 6120, 11): a hardened stream reader
 * over expat, a tree of elements, and a writer.
 *
 * The tree's functions are public (stox/service/xml.h); this door adds what
 * only the daemon uses.
 */
#ifndef XML_XML_H
#define XML_XML_H

#include "base/buf.h"
#include "base/limit.h"
#include "base/pool.h"
#include "base/str.h"
#include "stox/service/xml.h"

struct stox_attribute {
	const char *name; /* local name; "xml:lang" keeps its prefix */
	const char *ns;   /* NULL for none (usual) */
	const char *value;
	struct stox_attribute *next;
};

/** An element or, when name is NULL, a piece of text. */
struct stox_element {
	struct pool *pool;      /* where it and its children live */
	const char *name;       /* local name; NULL: text node */
	const char *ns;         /* namespace, never NULL for elements ("") */
	const char *text;       /* of a text node */
	size_t text_len;
	struct stox_attribute *attributes;
	struct stox_element *first, *last; /* children */
	struct stox_element *next, *parent;
};

/** A new element with nothing in it; strings are copied. */
struct stox_element *xml_element(struct pool *pool, const char *name, const char *ns);
/** A deep copy into @pool. */
struct stox_element *xml_copy(struct pool *pool, const struct stox_element *e);
/** Take @e out of its parent. */
void xml_detach(struct stox_element *e);

/* ---- reading a stream ---- */

enum xml_error {
	XML_OK = 0,
	XML_NOT_WELL_FORMED,
	XML_RESTRICTED,    /* DOCTYPE, comment, processing instruction, entity */
	XML_ENCODING,      /* not UTF-8 */
	XML_TOO_BIG,       /* stanza, token */
	XML_TOO_COMPLEX,   /* depth, attributes */
	XML_BAD_ROOT,      /* something other than a start tag comes first */
};

struct xml_documents;
struct xml_reader;
struct xml_reader_events {
	/* the root's start tag: attributes, no children.  Borrowed. */
	void (*on_root)(void *arg, const struct stox_element *root);
	/* a complete child of the root (without parent).  @pool (which holds it)
	 * is given to the callee, xml_pool_release().  @bytes is its size on the
	 * wire. */
	void (*on_element)(void *arg, struct pool *pool, struct stox_element *e,
		size_t bytes);
	/* the root's end tag */
	void (*on_end)(void *arg);
};
struct xml_reader_config {
	struct limits *limits;   /* borrowed */
	struct budget *budget;   /* borrowed, may be NULL */
	const struct xml_reader_events *events;
	void *arg;
};

/** A reader that waits for a root; the cap is LIMIT_STANZA_UNAUTH.
 *  Returns owned, xml_reader_free(). */
struct xml_reader *xml_reader_new(const struct xml_reader_config *config);
void xml_reader_free(struct xml_reader **r);
/** Begin a new document (after STARTTLS, after SASL).  The cap stays.  White
 *  space in front of its root is taken for the end of the document before. */
void xml_reader_reset(struct xml_reader *r);
/**
 * The cap in force, before and after authentication: bytes of a stanza, or of
 * all up to the root's '>'.  One more is XML_TOO_BIG, whether it is finished or
 * not; what came before is delivered.  Counted as LIMIT_STANZA_UNAUTH when
 * @bytes is not above that limit, else as LIMIT_STANZA.
 */
void xml_reader_set_max(struct xml_reader *r, size_t bytes);
/**
 * Feed bytes.  Events run inside this call; an event may call
 * xml_reader_stop(), xml_reader_reset() or xml_reader_free(): then the rest of
 * @bytes is not looked at.  However the bytes are cut, the events are the same.
 * Returns 0, or -STOX_EPROTO after an error (xml_reader_error() tells; feed no
 * more), or -STOX_EGONE when it was stopped, reset or freed inside.
 */
int xml_reader_feed(struct xml_reader *r, struct str bytes);
/** Take nothing more until xml_reader_reset(). */
void xml_reader_stop(struct xml_reader *r);
enum xml_error xml_reader_error(const struct xml_reader *r);
/** A sentence about the error. */
const char *xml_reader_why(const struct xml_reader *r);
/** Between stanzas: give most memory back until there is more to read, which
 *  then costs some more.  For streams that are idle; harmless at other times. */
void xml_reader_rest(struct xml_reader *r);
/** Bytes given that no event has covered yet (an unfinished stanza).  White
 *  space between stanzas is none. */
size_t xml_reader_pending(const struct xml_reader *r);

/**
 * Read one whole document (a body) under the same restrictions.
 * Returns 0 and the root in *@ret (in @pool), or -STOX_EPROTO.
 */
int xml_parse(struct pool *pool, struct str document, const struct limits *limits,
	struct stox_element **ret);

/**
 * A reader of many such documents, one after the other: the verdict on each and
 * its tree are those of xml_parse(), for much less work.  No document touches
 * the next.  @limits is borrowed.  Returns owned, xml_documents_free().
 */
struct xml_documents *xml_documents_new(struct limits *limits);
void xml_documents_free(struct xml_documents **d);
/** As xml_parse(). */
int xml_documents_read(struct xml_documents *d, struct pool *pool,
	struct str document, struct stox_element **ret);

/** Fail at start when expat lacks what we rely on: -STOX_ENOTSUP and a sentence
 *  in @why.  Tried on small documents, not told by the version. */
int xml_check_library(struct buf *why);
/** Give back the pool of an element from on_element; it knows nothing of its
 *  reader.  *@pool becomes NULL. */
void xml_pool_release(struct pool **pool);

/* ---- writing ---- */

/**
 * Append @e as XML.  @ns is the default namespace in force around it (NULL or
 * "": none); xmlns is written where it changes.  Every special character is
 * escaped; what XML cannot carry (C0 controls, broken UTF-8) becomes U+FFFD.
 */
void xml_write(struct buf *out, const struct stox_element *e, const char *ns);
/** Append @s escaped for text or an attribute in single quotes. */
void xml_escape(struct buf *out, struct str s);

#endif
