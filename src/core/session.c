#include "core/session_private.h"

#include <stdio.h>
#include <stdlib.h>

/* After a write that failed. */
enum { RETRY_S = 10 };
/* Bytes that most keys are below. */
enum { USUAL_KEY = 256 };
/* Of read mail so much is kept for the next. */
enum { KEEP_MAIL = 64 };

/* ---- objects --------------------------------------------------------------- */

static void work(void *arg);
static void wake(void *arg);
static void count(struct stox_session *s, int by);

/** "kind\nkey"; the store keeps the two apart. */
static void put_key(char *to, const char *kind, size_t kind_len,
	struct str key)
{
	memcpy(to, kind, kind_len);
	to[kind_len] = '\n';
	memcpy(to + kind_len + 1, key.p, key.len);
}

static char *make_key(const char *kind, struct str key)
{
	size_t k = strlen(kind);
	char *p = base_alloc(k + key.len + 2);

	put_key(p, kind, k, key);
	p[k + 1 + key.len] = '\0';
	return p;
}

struct stox_session *session_by_key(struct sessions *all, const char *kind,
	struct str key)
{
	BASE_SCRATCH char usual[USUAL_KEY];
	size_t k = strlen(kind), len = k + 1 + key.len;
	char *both = len < sizeof(usual) ? usual : base_alloc(len);
	struct stox_session *s;

	put_key(both, kind, k, key);
	s = table_get(all->by_key, (struct str){ both, len });
	if (both != usual)
		free(both);
	return s;
}

struct stox_session *session_new(struct stox_host *host,
	const struct stox_session_kind *kind, const char *key)
{
	struct node *n = host->node;
	struct stox_session *s = base_alloc0(sizeof(*s));

	s->n = n;
	s->host = host;
	s->kind = kind;
	s->key = make_key(kind->name, str_from(key));
	/* its own, before somebody else's event has come */
	if (kind->bulk)
		s->source = (uint32_t)table_siphash(n->sessions->secret,
			str_from(s->key));
	s->handle = handles_add(n->session_handles, s);
	list_init(&s->node);
	list_init(&s->mailbox);
	list_init(&s->waiting);
	list_init(&s->soon);
	io_task_init(&s->work, work, s);
	timer_init(&s->wake, wake, s);
	table_put(n->sessions->by_key, str_from(s->key), s);
	session_object_new(s);
	return s;
}

/* All zero. */
static struct mail *new_mail(struct sessions *all)
{
	struct mail *m;

	if (list_empty(&all->spare))
		return base_alloc0(sizeof(*m));
	m = container_of(all->spare.next, struct mail, node);
	list_remove(&m->node);
	all->spare_count--;
	*m = (struct mail){ 0 };
	return m;
}

static void put_mail(struct sessions *all, struct mail *m)
{
	if (all->spare_count >= KEEP_MAIL) {
		free(m);
		return;
	}
	list_append(&all->spare, &m->node);
	all->spare_count++;
}

static struct str id_key(const struct stox_session *s)
{
	return (struct str){ (const char *)&s->id, sizeof(s->id) };
}

void session_is(struct stox_session *s, uint64_t id)
{
	s->id = id;
	table_put(s->n->sessions->by_id, id_key(s), s);
}

void session_free(struct stox_session *s)
{
	struct node *n = s->n;

	session_wake(s);
	table_remove(n->sessions->by_key, str_from(s->key));
	if (s->id)
		table_remove(n->sessions->by_id, id_key(s));
	handles_remove(n->session_handles, s->handle);
	io_undefer(&s->work);
	timer_stop(io_timers(n->env), &s->wake);
	order_free(&s->ordered);
	list_each (it, tmp, &s->mailbox) {
		struct mail *m = container_of(it, struct mail, node);

		order_free(&m->order);
		free(m->told);
		list_remove(&m->node);
		put_mail(n->sessions, m);
		count(s, -1);
	}
	list_remove(&s->waiting);
	list_remove(&s->soon);
	crowd_leave(&s->place);
	session_object_free(s);
	free(s->key);
	free(s->row);
	free(s);
}

/* ---- quiet ones ------------------------------------------------------------ */

void session_wake(struct stox_session *s)
{
	if (list_empty(&s->node))
		return;
	list_remove(&s->node);
	s->n->sessions->quiet_count--;
}

static struct store_session as_row(struct stox_session *s)
{
	return (struct store_session){ .id = session_number(s),
		.kind = s->kind->name,
		.key = str_from(strchr(s->key, '\n') + 1),
		.state = { s->row, s->row_len }, .due_s = s->due_s,
		.node = s->n->node_id, .epoch = s->n->sessions->epoch };
}

void session_save(struct stox_session *s)
{
	const struct store_session row = as_row(s);

	if (s->dirty && s->stored && !s->ended)
		store_session_put(s->n->store, &row, NULL, NULL);
	s->dirty = false;
	list_remove(&s->soon);
}

static void put_away(struct stox_session *s)
{
	session_save(s);
	session_free(s);
}

/* The row is all there is to know: above the limit those that were used
 * longest ago are left to the store. */
void session_rest(struct stox_session *s)
{
	struct sessions *all = s->n->sessions;
	uint64_t max = limit_get(s->n->limits, LIMIT_SESSIONS);

	if (s->begun || s->waking || s->object || s->acting ||
		!list_empty(&s->waiting))
		return; /* its answer finds it by its handle */
	session_wake(s);
	list_append(&all->quiet, &s->node);
	all->quiet_count++;
	while (all->quiet_count > max) {
		limit_hit(s->n->limits, LIMIT_SESSIONS);
		put_away(container_of(all->quiet.next, struct stox_session,
			node));
	}
}

/* ---- the mailbox ----------------------------------------------------------- */

void session_schedule(struct stox_session *s)
{
	if (s->kind->bulk)
		io_slice(s->n->env, &s->work, s->source);
	else
		io_defer(s->n->env, &s->work);
}

/* More, or fewer, events wait: with many the world has to be patient. */
static void count(struct stox_session *s, int by)
{
	struct sessions *all = s->n->sessions;
	uint64_t max = limit_get(s->n->limits, LIMIT_SESSION_BACKLOG);
	int level = all->held_back;

	if (!s->kind->bulk)
		return;
	all->backlog += (uint64_t)by;
	if (all->backlog > max * 16)
		level = 2;
	else if (all->backlog > max)
		level = level > 1 && all->backlog > max * 8 ? 2 : 1;
	else if (all->backlog <= max / 2)
		level = 0;
	if (level > all->held_back)
		limit_hit(s->n->limits, LIMIT_SESSION_BACKLOG);
	if (level != all->held_back)
		io_hold_back(s->n->env, level - all->held_back);
	all->held_back = level;
}

static uint32_t source_of(const struct sessions *all,
	const struct stox_exchange *x)
{
	return (uint32_t)table_siphash(all->secret, jid_bare(&x->from));
}

void session_post(struct stox_session *s, const struct stox_event *e)
{
	struct mail *m = new_mail(s->n->sessions);

	session_wake(s);
	m->type = e->type;
	m->exchange = e->exchange ? e->exchange->id : 0;
	m->tag = e->tag;
	if (e->admin)
		m->order = order_of(e->admin);
	m->acked = e->acked;
	if (e->type == STOX_EVENT_TOLD) {
		m->told = stox_memory_copy(e->told, e->told_len);
		m->told_len = e->told_len;
	}
	m->last = e->last;
	m->peer = e->peer;
	m->lost = e->lost;
	if (e->local_tag)
		snprintf(m->local_tag, sizeof(m->local_tag), "%s", e->local_tag);
	if (e->exchange && e->exchange->answer_sip)
		exchange_keep_answer(e->exchange);
	/* that the past is over comes before what has happened since */
	list_append(e->type == STOX_EVENT_RESTORED ? s->mailbox.next
						   : &s->mailbox, &m->node);
	if (e->type == STOX_EVENT_REQUEST && s->kind->bulk)
		s->source = source_of(s->n->sessions, e->exchange);
	count(s, 1);
	if (!s->loading)
		session_schedule(s);
}

void core_deliver(struct node *n, uint64_t session, const struct stox_event *e)
{
	struct stox_session *s = handles_get(n->session_handles, session);

	if (s)
		session_post(s, e);
	else if (e->exchange)
		exchange_replied(e->exchange);
}

/** The reply of the exchange whose event is done goes out. */
static void release_reply(struct stox_session *s, int error)
{
	struct stox_exchange *x = handles_get(s->n->exchanges, s->replying);

	s->replying = 0;
	if (x)
		exchange_replied(x);
	order_done(&s->ordered, error);
}

static struct stox_event next_event(struct stox_session *s, char local_tag[33])
{
	struct mail *m = container_of(s->mailbox.next, struct mail, node);
	const struct stox_event e = { .type = m->type,
		.exchange = handles_get(s->n->exchanges, m->exchange),
		.tag = m->tag,
		.admin = m->order ? order_admin(m->order) : NULL,
		.acked = m->acked, .local_tag = local_tag, .last = m->last,
		.told = m->told, .told_len = m->told_len,
		.peer = m->peer, .lost = m->lost };

	s->ordered = m->order;
	memcpy(local_tag, m->local_tag, sizeof(m->local_tag));
	list_remove(&m->node);
	put_mail(s->n->sessions, m);
	count(s, -1);
	if (e.type == STOX_EVENT_ANSWER && s->begun)
		s->begun--;
	return e;
}

/* Nothing may be said that the row does not back. */
static void not_stored(struct stox_session *s)
{
	struct stox_exchange *x = handles_get(s->n->exchanges, s->replying);

	log_event(s->n->log, STOX_LOG_ERROR, "core", s->replying,
		"session-not-stored", "kind=%s", s->kind->name);
	if (x && !x->originating)
		stox_reject(x, STOX_RESOURCE_CONSTRAINT,
			"The gateway cannot write to its disk.");
	release_reply(s, -STOX_EIO);
	/* what was due is due still */
	session_due_by(s->n->sessions,
		io_wall_us(s->n->env) / 1000000 + RETRY_S);
}

void session_fail(struct stox_session *s)
{
	char tag[33];

	while (!list_empty(&s->mailbox)) {
		struct stox_event e = next_event(s, tag);

		s->replying = e.exchange ? e.exchange->id : 0;
		if (e.exchange && !e.exchange->originating)
			stox_reject(e.exchange, STOX_RESOURCE_CONSTRAINT,
				"The gateway cannot read its disk.");
		free((void *)e.told);
		release_reply(s, -STOX_EIO);
	}
	session_free(s);
}

/* Its row is gone, and more has come for it: it begins afresh. */
static void begin_again(struct stox_session *s)
{
	if (s->id)
		table_remove(s->n->sessions->by_id, id_key(s));
	session_object_free(s);
	session_object_new(s);
	free(s->row);
	s->row = NULL;
	s->row_len = 0;
	s->id = s->due_s = 0;
	s->ended = s->stored = s->changed = false;
}

void session_go_on(struct stox_session *s)
{
	if (!list_empty(&s->mailbox)) {
		if (s->ended)
			begin_again(s);
		session_schedule(s);
	} else if (s->acting) {
		session_schedule(s);
	} else if (s->ended || (!s->stored && !s->begun && !s->waking &&
			!s->object && list_empty(&s->waiting))) {
		session_free(s);
	} else {
		session_rest(s);
	}
}

void session_went_well(struct node *n, uint64_t handle)
{
	struct stox_session *s = handles_get(n->session_handles, handle);

	if (!s)
		return;
	s->begun--;
	/* else what is to come sees to it */
	if (list_empty(&s->mailbox) && !s->committing && !s->loading)
		session_go_on(s);
}

/* What it has asked a place for and not used is for others. */
static void act(struct stox_session *s)
{
	s->acting = false;
	if (!s->ended)
		s->kind->act(s->host->state, s);
	crowd_leave(&s->place);
}

static void committed(void *arg, int error)
{
	struct stox_session *s = arg;

	s->committing = false;
	if (error) {
		s->dirty = true;
		not_stored(s);
		s->ended = s->ended && !s->stored;
		session_go_on(s);
		return;
	}
	s->stored = true;
	release_reply(s, 0);
	if (!s->ended) {
		if (s->due_s)
			session_due_by(s->n->sessions, s->due_s);
		if (s->kind->bulk)
			s->acting = true;
		else
			act(s);
	}
	session_go_on(s);
}

uint64_t session_number(struct stox_session *s)
{
	struct sessions *all = s->n->sessions;

	if (!s->id)
		session_is(s, ++all->last_id);
	return s->id;
}

static void commit(struct stox_session *s)
{
	const struct store_session row = as_row(s);

	s->committing = true;
	s->changed = s->due_told = s->dirty = false;
	list_remove(&s->soon);
	if (s->ended)
		store_session_delete(s->n->store, s->id, committed, s);
	else
		store_session_put(s->n->store, &row, committed, s);
}

/** One event at a time: event, commit, reply, act. */
static void work(void *arg)
{
	struct stox_session *s = arg;
	struct stox_event e;
	char tag[33];

	if (s->committing || s->loading)
		return;
	if (s->acting) {
		act(s);
		session_go_on(s);
		return;
	}
	if (list_empty(&s->mailbox))
		return;
	e = next_event(s, tag);
	s->replying = e.exchange ? e.exchange->id : 0;
	if (e.type == STOX_EVENT_WAKE)
		s->waking = false;
	if (e.type == STOX_EVENT_DUE || e.type == STOX_EVENT_WAKE ||
		e.type == STOX_EVENT_RESTORED || e.type == STOX_EVENT_ACKED ||
		e.type == STOX_EVENT_STOP || e.type == STOX_EVENT_TOLD ||
		e.type == STOX_EVENT_PEER ||
		e.admin || e.exchange)
		s->kind->event(s->host->state, s, &e);
	free((void *)e.told);
	if (s->object) {
		release_reply(s, 0);
		session_go_on(s);
		return;
	}
	if (e.type == STOX_EVENT_DUE && !s->changed && !s->ended) {
		/* it has no use for another one */
		s->due_s = 0;
		s->changed = s->stored;
	}
	if (s->changed || (s->ended && s->stored)) {
		commit(s);
		return;
	}
	release_reply(s, 0);
	if (e.type == STOX_EVENT_RESTORED && !s->ended)
		act(s);
	else
		crowd_leave(&s->place);
	session_go_on(s);
}

static void wake(void *arg)
{
	const struct stox_event e = { .type = STOX_EVENT_WAKE };

	session_post(arg, &e);
}

/* ---- all of them ----------------------------------------------------------- */

size_t sessions_count(const struct sessions *s)
{
	return table_count(s->by_key);
}

void sessions_save(struct sessions *all)
{
	struct stox_session *s;
	size_t cursor = 0;

	while ((s = handles_next(all->node->session_handles, &cursor)))
		session_save(s);
}
