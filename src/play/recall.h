/*
 * recall.h: what a play remembers of messages: "$tag" in a SIP message that is
 * received, or as an attribute of a stanza, stands for anything and is that from
 * then on, in what is sent as well.
 */
#ifndef PLAY_RECALL_H
#define PLAY_RECALL_H

#include "base/pool.h"
#include "sip/message.h"
#include "xml/xml.h"

enum { RECALL_NAMES = 32 };

struct recall {
	size_t count;
	struct {
		char name[16], value[256];
	} names[RECALL_NAMES];
};

/** @text with the names in their places; one that is not known yet becomes
 *  @unknown.  In @pool. */
const char *recall_fill(const struct recall *r, struct pool *pool,
	const char *text, const char *unknown);
/** Learn what @pattern does not know yet from @m, which fits. */
void recall_learn(struct recall *r, struct pool *pool, const char *pattern,
	const struct sip_message *m);
/** The same from the attributes of a stanza. */
void recall_learn_stanza(struct recall *r, struct pool *pool,
	const struct stox_element *pattern, const struct stox_element *e);

#endif
