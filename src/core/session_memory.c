/*
 * Sessions that live in memory only: conversations.  What they have accepted is
 * in exchanges that stay open until its end is known, so nothing is lost with
 * them that has been promised.
 */
#include "core/session_private.h"

#include <stdlib.h>

void session_object_new(struct stox_session *s)
{
	if (!s->kind->size)
		return;
	s->object = base_alloc0(s->kind->size);
	s->n->budget->used += s->kind->size;
	s->n->sessions->memory_count++;
}

void session_object_free(struct stox_session *s)
{
	if (!s->object)
		return;
	if (s->kind->drop)
		s->kind->drop(s->host->state, s->object);
	free(s->object);
	s->object = NULL;
	s->n->budget->used -= s->kind->size;
	s->n->sessions->memory_count--;
}

void *stox_session_object(struct stox_session *s)
{
	return s->object;
}

void *stox_memory(size_t size)
{
	return base_alloc0(size);
}

void *stox_memory_copy(const void *bytes, size_t len)
{
	char *copy = base_alloc0(len + 1);

	memcpy(copy, bytes, len);
	return copy;
}

void stox_memory_free(void *p)
{
	free(p);
}

/* ---- exchanges that wait ---------------------------------------------------- */

uint64_t stox_session_hold(struct stox_session *s, struct stox_exchange *x,
	unsigned timeout_ms)
{
	stox_require(s->object && s->replying == x->id);
	s->replying = 0;
	lane_leave(x);
	timer_start(io_timers(s->n->env), &x->deadline, timeout_ms);
	return x->id;
}

struct stox_exchange *stox_held(struct stox_session *s, uint64_t id)
{
	struct stox_exchange *x = handles_get(s->n->exchanges, id);

	return x && x->session == s->handle && x->state == EXCHANGE_TAKEN ? x
									  : NULL;
}

void stox_held_reply(struct stox_exchange *x)
{
	exchange_replied(x);
}

/* ---- the end of the node ---------------------------------------------------- */

bool session_has_row(const struct node *n, uint64_t session)
{
	const struct stox_session *s = handles_get(n->session_handles, session);

	return s && !s->object;
}

uint64_t session_row_id(const struct node *n, uint64_t session)
{
	const struct stox_session *s = handles_get(n->session_handles, session);

	return s ? s->id : 0;
}

size_t sessions_stop(struct sessions *all, bool last)
{
	const struct stox_event e = { .type = STOX_EVENT_STOP, .last = last };
	struct stox_session *s;
	size_t cursor = 0;

	while ((s = handles_next(all->node->session_handles, &cursor)))
		if (s->object)
			session_post(s, &e);
	return all->memory_count;
}

/* ---- INVITE ----------------------------------------------------------------- */

void sessions_acked(struct sessions *all, struct str tag, bool acked)
{
	uint64_t id = session_of_token(all->node, tag);
	struct stox_session *s = id
		? table_get(all->by_id,
			(struct str){ (const char *)&id, sizeof(id) })
		: NULL;
	char text[33];
	const struct stox_event e = { .type = STOX_EVENT_ACKED, .acked = acked,
		.local_tag = text };

	if (!s || tag.len >= sizeof(text))
		return;
	memcpy(text, tag.p, tag.len);
	text[tag.len] = '\0';
	session_post(s, &e);
}
