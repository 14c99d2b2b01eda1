/*
 * stanza.h: what stanzas have in common.  RFC 6120, 8.  Model: no I/O.
 */
#ifndef XMPP_STANZA_H
#define XMPP_STANZA_H

#include "xml/xml.h"
#include "xmpp/jid.h"

enum stanza_kind { STANZA_NONE, STANZA_MESSAGE, STANZA_PRESENCE, STANZA_IQ };

enum stanza_kind stanza_kind(const struct stox_element *e);
/** True for IQ results and anything of type error: they get no error back. */
bool stanza_is_answer(const struct stox_element *e);
/** What is wrong with an IQ that asks for something, as a sentence, or NULL: it
 *  needs a type of the four, an id, and exactly one payload.  RFC 6120, 8.2.3. */
const char *stanza_iq_fault(const struct stox_element *e);
/** The element's name of a condition ("item-not-found"), never NULL. */
const char *stanza_condition_name(enum stox_condition c);
/** By name; STOX_UNDEFINED_CONDITION for unknown ones. */
enum stox_condition stanza_condition_from(const char *name);
/** Default error type ("cancel"…) of a condition.  stox.md 2.4 */
const char *stanza_condition_type(enum stox_condition c);

/** What an error stanza says. */
struct stanza_error {
	enum stox_condition condition;
	const char *type;  /* NULL: the condition's default */
	const char *text;  /* for a person; may be NULL */
	const char *by;    /* domain that says so; may be NULL */
};
/** Read the <error/> of @e; false when there is none. */
bool stanza_error_read(const struct stox_element *e, struct stanza_error *ret);
/** A reply skeleton in @pool: same name and id, from and to swapped, @type. */
struct stox_element *stanza_reply(struct pool *pool, const struct stox_element *e,
	const char *type);
/** An error reply, or NULL when @e may not be answered by one: an answer, no
 *  stanza, presence other than a subscription request. */
struct stox_element *stanza_error_reply(struct pool *pool,
	const struct stox_element *e, const struct stanza_error *error);

#endif
