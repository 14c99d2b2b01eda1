/*
 * operator.h: what `stoxctl` would order and be told, in plays.
 */
#ifndef PLAY_OPERATOR_H
#define PLAY_OPERATOR_H

#include "play/stage.h"

/** "VERB JID JID NAME=TEXT …", as `stoxctl roster` says it. */
bool operator_order(struct stage *s, const char *words, struct buf *why);
/**
 * "JID JID", or "JID DOMAIN" for a publication, or "sessions": each line of
 * @pattern, "name: value", is told, and "-name" is not.  '*' stands for
 * anything.
 */
bool operator_sees(struct stage *s, const char *words, const char *pattern,
	struct buf *why);

#endif
