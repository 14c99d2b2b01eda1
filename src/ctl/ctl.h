/*
 * ctl.h: the operator's door: a UNIX socket that answers one command with one
 * JSON document.
 *
 *     status | reload | hooks | streams | streams failed | partners | limits |
 *     certs | plan | plan SECTION | roster …
 *
 * The kernel tells who asks: root and the daemon's own user may, others are
 * turned away.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "core/node.h"

struct ctl_config {
	struct node *node;           /* borrowed */
	const char *path;            /* of the socket */
	/* what `reload` does; a sentence in @why when it fails */
	int (*reload)(void *arg, struct buf *why);
	void *arg;
};

struct ctl;
/** Listen.  Returns owned, or NULL with a sentence in @why. */
struct ctl *ctl_new(const struct ctl_config *c, struct buf *why);
void ctl_free(struct ctl **c);

/**
 * Answer one command line; of those that are answered at once: not `roster`.  Appends a JSON document to @out:
 * {"ok": true, …} or {"ok": false, "error": "…"}.
 */
void ctl_answer(struct ctl *c, struct str line, struct buf *out);

#endif
