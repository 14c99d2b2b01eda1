/*
 * stox/service/xml.h: reading and writing XML elements.
 *
 * Elements live in the pool of their exchange (or of whoever made them);
 * strings given are copied, strings got are borrowed and NUL terminated.
 * A namespace of NULL means "any" when searching and "the parent's" when
 * adding.
 */
#ifndef STOX_SERVICE_XML_H
#define STOX_SERVICE_XML_H

#include "stox/types.h"

#define STOX_NS_SERVER "jabber:server"
#define STOX_NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

/** Local name and namespace.  NULL for @e NULL; "" is no namespace. */
STOX_API const char *stox_element_name(const struct stox_element *e);
STOX_API const char *stox_element_ns(const struct stox_element *e);
/** True when @e is not NULL and has this name and namespace (NULL: any). */
STOX_API bool stox_element_is(const struct stox_element *e, const char *name,
	const char *ns);
/** An attribute without namespace ("xml:lang" for xml:lang), or NULL. */
STOX_API const char *stox_element_attr(const struct stox_element *e, const char *name);
/** An attribute that has a namespace (a prefix), or NULL. */
STOX_API const char *stox_element_attr_ns(const struct stox_element *e,
	const char *name, const char *ns);
/** First child element, or NULL. */
STOX_API const struct stox_element *stox_element_child(const struct stox_element *e,
	const char *name, const char *ns);
/** Next sibling element with the same search, or NULL.  name NULL: any. */
STOX_API const struct stox_element *stox_element_next(const struct stox_element *e,
	const char *name, const char *ns);
/** The element's own text, joined; "" when there is none, NULL for @e NULL. */
STOX_API const char *stox_element_text(const struct stox_element *e);
/** Text of the first child @name in the element's own namespace, or NULL. */
STOX_API const char *stox_element_child_text(const struct stox_element *e,
	const char *name);
/** xml:lang in force at @e (inherited), or NULL. */
STOX_API const char *stox_element_lang(const struct stox_element *e);

/** Set or, with value NULL, remove an attribute. */
STOX_API void stox_element_set(struct stox_element *e, const char *name,
	const char *value);
/** Append a child; returns it. */
STOX_API struct stox_element *stox_element_add(struct stox_element *e,
	const char *name, const char *ns);
/** Append text. */
STOX_API void stox_element_add_text(struct stox_element *e, const char *text);
/** Append a child that holds just text; returns it. */
STOX_API struct stox_element *stox_element_add_child_text(struct stox_element *e,
	const char *name, const char *ns, const char *text);
/** Append a deep copy of @child. */
STOX_API struct stox_element *stox_element_add_copy(struct stox_element *e,
	const struct stox_element *child);

/* ---- documents: bodies of SIP messages ---- */

/**
 * Read one whole document under the restrictions of XMPP's XML: no DOCTYPE,
 * comments, processing instructions, entities; depth and attributes bounded.
 * Returns the root, in the exchange, or NULL when it is not such a document.
 */
STOX_API const struct stox_element *stox_document_read(struct stox_exchange *x,
	const void *bytes, size_t len);
/** Begin a document: its root, in the exchange. */
STOX_API struct stox_element *stox_document_new(struct stox_exchange *x,
	const char *name, const char *ns);
/** The document as text with its XML declaration, in the exchange; NULL when
 *  it is longer than a SIP body may be. */
STOX_API const char *stox_document_text(struct stox_exchange *x,
	const struct stox_element *root, size_t *ret_len);

#endif
