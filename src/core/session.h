/*
 * session.h: actors with a mailbox and a packed row.  Rows commit first,
 * actions run after the commit; after a crash they are derived again.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "base/buf.h"
#include "base/str.h"
#include "stox/service/session.h"

struct node;
struct sessions;

struct sessions *sessions_new(struct node *n);
/** Before the loop runs: read where the numbers of the last run ended.
 *  Returns 0, or -STOX_EIO with a sentence in @why. */
int sessions_start(struct sessions *s, struct buf *why);
/** The node stops: write what is not in the store yet. */
void sessions_save(struct sessions *s);
/** Free all, without events. */
void sessions_free(struct sessions **s);
/** Let what earlier runs have left undone act, at LIMIT_SESSION_PACE. */
void sessions_restore(struct sessions *s);
size_t sessions_count(const struct sessions *s);

/** The one door for events: local now, from another node later. */
void core_deliver(struct node *n, uint64_t session, const struct stox_event *e);
/**
 * A request within a dialog: the To tag is one that stox_session_token() made,
 * and names its session, which then hears of it, or 481 is answered.
 * False when it is no such tag.
 */
bool sessions_request(struct sessions *s, struct stox_exchange *x);

#endif
