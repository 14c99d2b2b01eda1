/*
 * session.h: actors with a mailbox and a packed row.  Rows commit first,
 * actions run after the commit; after a crash they are derived again.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "base/str.h"
#include "stox/service/session.h"

struct node;
struct sessions;

struct sessions *sessions_new(struct node *n);
/** Free all, without events. */
void sessions_free(struct sessions **s);
/** Read the rows of earlier runs and let them act. */
void sessions_restore(struct sessions *s);
size_t sessions_count(const struct sessions *s);

/** The one door for events: local now, from another node later. */
void core_deliver(struct node *n, uint64_t session, const struct stox_event *e);
/** The session that owns a dialog, or 0. */
uint64_t sessions_dialog(const struct sessions *s, struct str call_id,
	struct str local_tag);

#endif
