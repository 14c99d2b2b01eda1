/*
 * listen.h: where a node listens, as its configuration says, and the change to
 * another one.
 */
#ifndef CORE_LISTEN_H
#define CORE_LISTEN_H

#include <stdbool.h>

#include "base/buf.h"

struct config;
struct listen_change;
struct node;

/** Open all listeners of the configuration in force; each is logged.
 *  Returns 0, or -STOX_EIO with a sentence in @why. */
int listen_all(struct node *n, struct buf *why);
/**
 * Open those that only @now has, while the configuration in force is still
 * @n's.  Those of both are not touched; those that are gone stay until the end,
 * but for what is in the way of a new one (of the same port).
 *
 * Returns owned, listen_end() follows; or NULL with a sentence in @why: all is
 * as before.
 */
struct listen_change *listen_begin(struct node *n, const struct config *now,
	struct buf *why);
/** @done: those that are gone close.  Else the new ones close and the old ones
 *  are back.  Streams that were accepted stay.  *@c becomes NULL. */
void listen_end(struct listen_change **c, bool done);

#endif
