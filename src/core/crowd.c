#include "core/crowd.h"

#include <stdlib.h>

#include "core/session_private.h"

/* An XMPP stream is looked at so often while somebody waits for it. */
enum { LOOK_MS = 2 };

/* It exists while somebody is in it, or waits. */
struct crowd {
	struct node *node;
	uint64_t sending;      /* places taken */
	struct fair *waiting;  /* stox_session.waiting; NULL: nobody ever did */
	struct timer look;     /* on XMPP */
	size_t len, local_len; /* 0: on SIP */
	char key[];            /* "domain", or "local domain" */
};

static struct str key_of(const struct crowd *c)
{
	return (struct str){ c->key, c->len };
}

static void look(void *arg);

/* "local domain", or the domain itself. */
static struct str make_key(char *space, struct str local, struct str domain)
{
	if (!local.len)
		return domain;
	memcpy(space, local.p, local.len);
	space[local.len] = ' ';
	memcpy(space + local.len + 1, domain.p, domain.len);
	return (struct str){ space, local.len + 1 + domain.len };
}

static struct crowd *crowd_find(struct node *n, struct str local,
	struct str domain)
{
	BASE_SCRATCH char space[2 * 1024 + 1];
	struct str key = make_key(space, local, domain);
	struct crowd *c = table_get(n->crowds, key);

	if (c)
		return c;
	c = base_alloc0(sizeof(*c) + key.len);
	c->node = n;
	c->len = key.len;
	c->local_len = local.len;
	memcpy(c->key, key.p, key.len);
	timer_init(&c->look, look, c);
	table_put(n->crowds, key_of(c), c);
	return c;
}

static void crowd_free(struct crowd *c)
{
	table_remove(c->node->crowds, key_of(c));
	if (c->waiting)
		fair_clear(c->waiting);
	free(c->waiting);
	timer_stop(io_timers(c->node->env), &c->look);
	free(c);
}

static bool stream_is_behind(const struct node *n, struct str local,
	struct str remote)
{
	return xmpp_queued(n->xmpp, local, remote) >=
	       limit_get(n->limits, LIMIT_SESSION_QUEUED);
}

static bool is_behind(const struct crowd *c)
{
	struct str local = { c->key, c->local_len };
	struct str remote = { c->key + c->local_len + 1,
		c->len - c->local_len - 1 };

	return c->local_len && stream_is_behind(c->node, local, remote);
}

/* Nobody waits anywhere, and what goes to a stream counts there at once. */
static bool may_pass(const struct node *n, struct str local, struct str domain)
{
	return local.len && table_count(n->crowds) == 0 &&
	       !stream_is_behind(n, local, domain);
}

/* Returns the limit that is in the way; LIMIT_COUNT: none. */
static enum limit_id full(const struct crowd *c)
{
	uint64_t max = limit_get(c->node->limits, LIMIT_SESSION_SENDING);

	if (c->sending >= (max ? max : 1))
		return LIMIT_SESSION_SENDING;
	return is_behind(c) ? LIMIT_SESSION_QUEUED : LIMIT_COUNT;
}

static void wait_in(struct crowd *c, struct stox_session *s)
{
	if (!c->waiting) {
		c->waiting = base_alloc(sizeof(*c->waiting));
		fair_init(c->waiting);
	}
	fair_put(c->waiting, &s->waiting, s->source);
	if (c->local_len && !timer_running(&c->look))
		timer_start(io_timers(c->node->env), &c->look, LOOK_MS);
}

static bool somebody_waits(const struct crowd *c)
{
	return c->waiting && !fair_empty(c->waiting);
}

bool crowd_enter(struct stox_session *s, struct str local, struct str domain)
{
	struct crowd *c;
	enum limit_id limit;

	if (!list_empty(&s->waiting))
		return false;
	if (!s->place && may_pass(s->n, local, domain))
		return true;
	c = crowd_find(s->n, local, domain);
	if (s->place == c)
		return true;
	crowd_leave(&s->place); /* for something else */
	limit = full(c);
	if (limit != LIMIT_COUNT) {
		limit_hit(s->n->limits, limit);
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

/* Places are free, perhaps: for those whose turn it is.  It may be gone then. */
static void go_on(struct crowd *c)
{
	struct list *next;

	while (!c->node->stopping && full(c) == LIMIT_COUNT &&
		c->waiting && (next = fair_take(c->waiting)))
		call(c, container_of(next, struct stox_session, waiting));
	if (c->sending == 0 && !somebody_waits(c))
		crowd_free(c);
}

static void look(void *arg)
{
	struct crowd *c = arg;

	if (somebody_waits(c))
		timer_start(io_timers(c->node->env), &c->look, LOOK_MS);
	go_on(c);
}

void crowd_leave(struct crowd **crowd)
{
	struct crowd *c = *crowd;

	*crowd = NULL;
	if (!c)
		return;
	c->sending--;
	go_on(c);
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
	struct crowd *c;
	size_t cursor = 0;

	/* on SIP the last to leave has freed it */
	while ((c = table_next(n->crowds, &cursor))) {
		crowd_free(c);
		cursor = 0;
	}
	table_free(&n->crowds);
}
