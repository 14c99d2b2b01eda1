/*
 * stox/service/disco.h: what we say about ourselves: service discovery and
 * entity capabilities.  XEP-0030, XEP-0115, XEP-0128.
 * Needs the exact build of stox.
 *
 * A feature in a plugin's descriptor is one of everybody that stox speaks for.
 * What only some have, or what depends on an option, comes from a function.
 */
#ifndef STOX_SERVICE_DISCO_H
#define STOX_SERVICE_DISCO_H

#include "stox/plugin.h"

/** Who is described.  Every user of a kind gets the same answer: who exists is
 *  not told to strangers. */
enum stox_disco_who {
	STOX_DISCO_DOMAIN = 1, /* a SIP domain itself */
	STOX_DISCO_GATEWAY,    /* a gateway domain itself */
	STOX_DISCO_ACCOUNT,    /* bare JID of a user */
	STOX_DISCO_DEVICE,     /* full JID of a user */
};

/** Add features and forms to @query.  They may depend on @who and on options
 *  only: others remember them under their hash. */
typedef void stox_disco_add(void *state, struct stox_exchange *x,
	enum stox_disco_who who, struct stox_element *query);
/** In init(): call @add for each answer. */
STOX_API void stox_disco_provide(struct stox_host *host, stox_disco_add *add);
/** Add a feature, unless it is there. */
STOX_API void stox_disco_feature(struct stox_element *query, const char *var);
/** Add an extended form of that FORM_TYPE; returns it.  XEP-0128 */
STOX_API struct stox_element *stox_disco_form(struct stox_element *query,
	const char *type);

/** What the addressee of @x is. */
STOX_API enum stox_disco_who stox_disco_addressee(const struct stox_exchange *x);
/** Fill a disco#info answer. */
STOX_API void stox_disco_info(struct stox_exchange *x, enum stox_disco_who who,
	struct stox_element *query);
/** Is @node our node#ver for the addressee of @x?  Then *@ret_who is what it
 *  describes.  XEP-0115, 6.2 */
STOX_API bool stox_disco_is_node(struct stox_exchange *x, const char *node,
	enum stox_disco_who *ret_who);
/** Append <c/> to @parent, such as presence.  Returns it, or NULL when no
 *  plugin answers disco#info. */
STOX_API struct stox_element *stox_disco_caps(struct stox_exchange *x,
	enum stox_disco_who who, struct stox_element *parent);
/** The verification string of a disco#info answer, 28 characters and NUL.
 *  XEP-0115, 5.1 */
STOX_API void stox_disco_ver(const struct stox_element *query, char out[29]);

#endif
