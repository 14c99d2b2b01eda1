/*
 * match.h: does what arrived fit what the script says?
 */
#ifndef PLAY_MATCH_H
#define PLAY_MATCH_H

#include "sip/message.h"
#include "xml/xml.h"

/**
 * Every element, attribute and text of @pattern must be in @e; more may be.
 * '*' stands for anything in values; the attribute value "!" wants the
 * attribute absent; a child <only/> forbids children that are not listed.
 * Says in @why what is missing.
 */
bool match_stanza(const struct stox_element *pattern,
	const struct stox_element *e, struct buf *why);

/**
 * The first line of @pattern against the start line, further lines "Name:
 * value" against headers ("-Name" must be absent), what follows a blank line
 * against the body.  '*' stands for anything.
 */
bool match_sip(const char *pattern, const struct sip_message *m, struct buf *why);

#endif
