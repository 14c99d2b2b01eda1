#include "core/crowd.h"

#include <stdlib.h>

#include "core/session_private.h"

/* It exists while somebody is in it. */
struct crowd {
	struct node *node;
	uint64_t sending;      /* places taken */
	struct fair *waiting;  /* stox_session.waiting; NULL: nobody ever did */
	size_t len;
	char domain[];
};

static struct str name_of(const struct crowd *c)
{
	return (struct str){ c->domain, c->len };
}

static struct crowd *crowd_find(struct node *n, struct str domain)
{
	struct crowd *c = table_get(n->crowds, domain);

	if (c)
		return c;
	c = base_alloc0(sizeof(*c) + domain.len);
	c->node = n;
	c->len = domain.len;
	memcpy(c->domain, domain.p, domain.len);
	table_put(n->crowds, name_of(c), c);
	return c;
}

static void crowd_free(struct crowd *c)
{
	table_remove(c->node->crowds, name_of(c));
	if (c->waiting)
		fair_clear(c->waiting);
	free(c->waiting);
	free(c);
}

static bool is_full(const struct crowd *c)
{
	uint64_t max = limit_get(c->node->limits, LIMIT_SESSION_SENDING);

	return c->sending >= (max ? max : 1);
}

static void wait_in(struct crowd *c, struct stox_session *s)
{
	if (!c->waiting) {
		c->waiting = base_alloc(sizeof(*c->waiting));
		fair_init(c->waiting);
	}
	fair_put(c->waiting, &s->waiting, s->source);
}

bool crowd_enter(struct stox_session *s, struct str domain)
{
	struct crowd *c;

	if (s->place)
		return true;
	if (!list_empty(&s->waiting))
		return false;
	c = crowd_find(s->n, domain);
	if (is_full(c)) {
		limit_hit(s->n->limits, LIMIT_SESSION_SENDING);
		wait_in(c, s);
		return false;
	}
	c->sending++;
	s->place = c;
	return true;
}

/* Its turn has come: it acts again, and finds its place. */
static void call(struct crowd *c, struct stox_session *s)
{
	c->sending++;
	s->place = c;
	s->acting = true;
	session_schedule(s);
}

void crowd_leave(struct crowd **crowd)
{
	struct crowd *c = *crowd;
	struct list *next;

	*crowd = NULL;
	if (!c)
		return;
	c->sending--;
	while (!c->node->stopping && !is_full(c) &&
		c->waiting && (next = fair_take(c->waiting)))
		call(c, container_of(next, struct stox_session, waiting));
	if (c->sending == 0)
		crowd_free(c);
}

void crowds_count(const struct node *n, size_t *ret_sending, size_t *ret_waiting)
{
	const struct crowd *c;
	size_t cursor = 0;

	*ret_sending = *ret_waiting = 0;
	while ((c = table_next(n->crowds, &cursor))) {
		*ret_sending += c->sending;
		*ret_waiting += c->waiting ? fair_count(c->waiting) : 0;
	}
}

void crowds_free(struct node *n)
{
	/* the last to leave has freed its crowd */
	table_free(&n->crowds);
}
