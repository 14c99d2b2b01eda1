#include "core/session.h"

#include <stdlib.h>

#include "core/node.h"

/* Rows read from the store at a time when the node starts. */
enum { RESTORE_PAGE = 500 };

struct mail {
	struct list node;
	enum stox_event_type type;
	uint64_t exchange;
	unsigned tag;
};

struct dialog {
	struct list node;
	uint64_t session;
	size_t key_len;
	char key[];
};

/* Known to plugins as struct stox_session. */
struct stox_session {
	uint64_t handle;       /* in this run */
	uint64_t id;           /* in the store, over all runs */
	struct node *node;
	struct stox_host *host;
	const struct stox_session_kind *kind;
	char *key;             /* "kind\nkey" */
	void *row;
	size_t row_len;
	uint64_t due_s;
	bool changed, ended, stored;
	bool committing;       /* a write is under way: the mailbox waits */
	uint64_t replying;     /* exchange whose reply waits for the commit */
	struct list mailbox;
	struct list dialogs;
	struct io_task work;
	struct timer due;
};

struct sessions {
	struct node *node;
	struct table *by_key;
	struct table *by_dialog;
	uint64_t restored_to;     /* id of the last row read at start */
	unsigned restored_now;    /* rows of the page being read */
};

struct sessions *sessions_new(struct node *n)
{
	struct sessions *s = base_alloc0(sizeof(*s));
	uint8_t key[16];

	s->node = n;
	rand_bytes(io_rand(n->env), key, sizeof(key));
	s->by_key = table_new(key);
	s->by_dialog = table_new(key);
	return s;
}

static void drop_dialogs(struct stox_session *s)
{
	list_each (it, tmp, &s->dialogs) {
		struct dialog *d = container_of(it, struct dialog, node);

		table_remove(s->node->sessions->by_dialog,
			(struct str){ d->key, d->key_len });
		free(d);
	}
	list_init(&s->dialogs);
}

static void session_free(struct stox_session *s)
{
	struct node *n = s->node;

	drop_dialogs(s);
	table_remove(n->sessions->by_key, str_from(s->key));
	handles_remove(n->session_handles, s->handle);
	io_undefer(&s->work);
	timer_stop(io_timers(n->env), &s->due);
	list_each (it, tmp, &s->mailbox)
		free(container_of(it, struct mail, node));
	free(s->key);
	free(s->row);
	free(s);
}

void sessions_free(struct sessions **s)
{
	struct sessions *old = *s;
	struct stox_session *one;
	size_t cursor = 0;

	if (!old)
		return;
	while ((one = handles_next(old->node->session_handles, &cursor)))
		session_free(one);
	table_free(&old->by_key);
	table_free(&old->by_dialog);
	free(old);
	*s = NULL;
}

size_t sessions_count(const struct sessions *s)
{
	return table_count(s->by_key);
}

static void work(void *arg);

static void due(void *arg)
{
	struct stox_session *s = arg;
	const struct stox_event e = { .type = STOX_EVENT_DUE };

	core_deliver(s->node, s->handle, &e);
}

/** "kind\nkey" in @out; the store keeps the two apart. */
static char *make_key(const char *kind, const char *key)
{
	size_t k = strlen(kind), n = strlen(key);
	char *p = base_alloc(k + n + 2);

	memcpy(p, kind, k);
	p[k] = '\n';
	memcpy(p + k + 1, key, n + 1);
	return p;
}

static struct stox_session *session_new(struct stox_host *host,
	const struct stox_session_kind *kind, const char *key)
{
	struct node *n = host->node;
	struct stox_session *s = base_alloc0(sizeof(*s));

	s->node = n;
	s->host = host;
	s->kind = kind;
	s->key = make_key(kind->name, key);
	s->id = rand_u64(io_rand(n->env)) >> 1; /* SQLite's are signed */
	s->handle = handles_add(n->session_handles, s);
	list_init(&s->mailbox);
	list_init(&s->dialogs);
	io_task_init(&s->work, work, s);
	timer_init(&s->due, due, s);
	table_put(n->sessions->by_key, str_from(s->key), s);
	return s;
}

struct stox_session *stox_session_find(struct stox_host *host,
	const struct stox_session_kind *kind, const char *key)
{
	char *k = make_key(kind->name, key);
	struct stox_session *s =
		table_get(host->node->sessions->by_key, str_from(k));

	free(k);
	return s;
}

struct stox_session *stox_session_open(struct stox_host *host,
	const struct stox_session_kind *kind, const char *key)
{
	struct stox_session *s = stox_session_find(host, kind, key);

	return s ? s : session_new(host, kind, key);
}

/* ---- the mailbox ---------------------------------------------------------- */

void core_deliver(struct node *n, uint64_t session, const struct stox_event *e)
{
	struct stox_session *s = handles_get(n->session_handles, session);
	struct mail *m;

	if (!s) {
		if (e->exchange)
			exchange_replied(e->exchange);
		return;
	}
	m = base_alloc0(sizeof(*m));
	m->type = e->type;
	m->exchange = e->exchange ? e->exchange->id : 0;
	m->tag = e->tag;
	if (e->exchange && e->exchange->answer_sip)
		exchange_keep_answer(e->exchange);
	list_append(&s->mailbox, &m->node);
	io_defer(n->env, &s->work);
}

/** The reply of the exchange whose event is done goes out. */
static void release_reply(struct stox_session *s)
{
	struct stox_exchange *x =
		handles_get(s->node->exchanges, s->replying);

	s->replying = 0;
	if (x)
		exchange_replied(x);
}

static void start_due(struct stox_session *s)
{
	uint64_t now_s = io_wall_us(s->node->env) / 1000000;
	struct timer_wheel *w = io_timers(s->node->env);

	timer_stop(w, &s->due);
	if (s->due_s)
		timer_start(w, &s->due,
			s->due_s > now_s ? (s->due_s - now_s) * 1000 : 0);
}

static void committed(void *arg, int error)
{
	struct stox_session *s = arg;

	s->committing = false;
	if (error) {
		struct stox_exchange *x =
			handles_get(s->node->exchanges, s->replying);

		/* Nothing may be said that the row does not back. */
		log_event(s->node->log, STOX_LOG_ERROR, "core", s->replying,
			"session-not-stored", "kind=%s", s->kind->name);
		if (x && !x->originating)
			stox_reject(x, STOX_RESOURCE_CONSTRAINT,
				"The gateway cannot write to its disk.");
		release_reply(s);
		return;
	}
	s->stored = true;
	release_reply(s);
	if (s->ended) {
		session_free(s);
		return;
	}
	start_due(s);
	s->kind->act(s->host->state, s);
	if (!list_empty(&s->mailbox))
		io_defer(s->node->env, &s->work);
}

static void commit(struct stox_session *s)
{
	const char *key = strchr(s->key, '\n') + 1;
	const struct store_session row = { .id = s->id, .kind = s->kind->name,
		.key = str_from(key), .state = { s->row, s->row_len },
		.due_s = s->due_s, .node = s->node->node_id };

	s->committing = true;
	s->changed = false;
	if (s->ended)
		store_session_delete(s->node->store, s->id, committed, s);
	else
		store_session_put(s->node->store, &row, committed, s);
}

/** One event at a time: event, commit, reply, act. */
static void work(void *arg)
{
	struct stox_session *s = arg;
	struct mail *m;
	struct stox_event e;

	if (s->committing || list_empty(&s->mailbox))
		return;
	m = container_of(s->mailbox.next, struct mail, node);
	list_remove(&m->node);
	e = (struct stox_event){ m->type,
		handles_get(s->node->exchanges, m->exchange), m->tag };
	free(m);
	s->replying = e.exchange ? e.exchange->id : 0;
	if (e.type == STOX_EVENT_DUE || e.exchange)
		s->kind->event(s->host->state, s, &e);
	if (s->changed || (s->ended && s->stored)) {
		commit(s);
		return;
	}
	release_reply(s);
	if (s->ended || s->row_len == 0)
		session_free(s);
	else if (!list_empty(&s->mailbox))
		io_defer(s->node->env, &s->work);
}

/* ---- restore -------------------------------------------------------------- */

/** Find who keeps sessions of that kind. */
static const struct stox_session_kind *find_kind(struct node *n,
	const char *name, struct stox_host **ret_host)
{
	for (size_t i = 0; i < n->host_count; i++) {
		const struct stox_session_kind *const *k =
			n->hosts[i]->plugin->sessions;

		for (; k && *k; k++)
			if (strcmp((*k)->name, name) == 0) {
				*ret_host = n->hosts[i];
				return *k;
			}
	}
	return NULL;
}

static void restore_row(void *arg, const struct store_session *row)
{
	struct sessions *all = arg;
	struct node *n = all->node;
	struct stox_host *host = NULL;
	const struct stox_session_kind *kind = find_kind(n, row->kind, &host);
	struct stox_session *s;
	char *key;

	all->restored_to = row->id;
	all->restored_now++;
	if (!kind) {
		log_event(n->log, STOX_LOG_WARN, "core", 0, "session-without-plugin",
			"kind=%s", row->kind);
		return;
	}
	key = base_alloc(row->key.len + 1);
	memcpy(key, row->key.p, row->key.len);
	key[row->key.len] = '\0';
	if (!stox_session_find(host, kind, key)) {
		s = session_new(host, kind, key);
		s->id = row->id;
		s->stored = true;
		s->row = base_alloc(row->state.len + 1);
		memcpy(s->row, row->state.p, row->state.len);
		s->row_len = row->state.len;
		s->due_s = row->due_s;
		start_due(s);
		kind->act(host->state, s);
	}
	free(key);
}

static void restore_page(void *arg, int error)
{
	struct sessions *s = arg;

	if (error) {
		log_event(s->node->log, STOX_LOG_ERROR, "core", 0,
			"sessions-not-read", NULL);
		return;
	}
	if (s->restored_now < RESTORE_PAGE)
		return;
	s->restored_now = 0;
	store_session_list(s->node->store, s->restored_to, RESTORE_PAGE,
		restore_row, restore_page, s);
}

void sessions_restore(struct sessions *s)
{
	store_session_list(s->node->store, 0, RESTORE_PAGE, restore_row,
		restore_page, s);
}

/* ---- dialogs ---------------------------------------------------------------- */

static size_t dialog_key(char *out, size_t size, struct str call_id,
	struct str tag)
{
	if (call_id.len + tag.len + 1 > size)
		return 0;
	memcpy(out, call_id.p, call_id.len);
	out[call_id.len] = '\n';
	memcpy(out + call_id.len + 1, tag.p, tag.len);
	return call_id.len + tag.len + 1;
}

void stox_session_dialog(struct stox_session *s, const char *call_id,
	const char *local_tag)
{
	size_t size = strlen(call_id) + strlen(local_tag) + 1;
	struct dialog *d = base_alloc0(sizeof(*d) + size);
	struct str key;

	d->session = s->handle;
	d->key_len = dialog_key(d->key, size, str_from(call_id),
		str_from(local_tag));
	key = (struct str){ d->key, d->key_len };
	if (table_get(s->node->sessions->by_dialog, key)) {
		free(d);
		return;
	}
	list_append(&s->dialogs, &d->node);
	table_put(s->node->sessions->by_dialog, key, d);
}

uint64_t sessions_dialog(const struct sessions *s, struct str call_id,
	struct str local_tag)
{
	char key[1024];
	size_t len = dialog_key(key, sizeof(key), call_id, local_tag);
	const struct dialog *d =
		len ? table_get(s->by_dialog, (struct str){ key, len }) : NULL;

	return d ? d->session : 0;
}

/* ---- as plugins see it --------------------------------------------------------- */

const char *stox_session_key(const struct stox_session *s)
{
	return strchr(s->key, '\n') + 1;
}

struct stox_host *stox_session_host(const struct stox_session *s)
{
	return s->host;
}

const void *stox_session_row(const struct stox_session *s, size_t *ret_len)
{
	*ret_len = s->row_len;
	return s->row;
}

void stox_session_set(struct stox_session *s, const void *row, size_t len,
	uint64_t due_s)
{
	void *copy = base_alloc(len + 1);

	memcpy(copy, row, len);
	free(s->row);
	s->row = copy;
	s->row_len = len;
	s->due_s = due_s;
	s->changed = true;
}

void stox_session_end(struct stox_session *s)
{
	s->ended = true;
}

stox_verdict stox_session_take(struct stox_exchange *x, struct stox_session *s)
{
	const struct stox_event e = { STOX_EVENT_REQUEST, x, 0 };

	x->session = s->handle;
	core_deliver(s->node, s->handle, &e);
	return stox_taken(x);
}

const char *stox_session_token(struct stox_session *s, char out[33])
{
	size_t n = strlen(s->node->node_id);

	memcpy(out, s->node->node_id, n);
	out[n++] = '-';
	rand_token(io_rand(s->node->env), out + n, 32 - n);
	return out;
}

struct stox_exchange *stox_begin(struct stox_session *s,
	const struct stox_begin *b)
{
	struct node *n = s->node;
	struct pool *pool = node_pool(n);
	struct stox_exchange *x;
	struct jid from, to;
	struct stox_begin *copy;

	if (jid_parse(pool, str_from(b->from), &from) < 0 ||
		jid_parse(pool, str_from(b->to), &to) < 0) {
		node_pool_release(n, &pool);
		return NULL;
	}
	x = exchange_new(n, pool,
		table_get(n->snapshot->config->by_domain_sip, to.domain)
			? STOX_XMPP : STOX_SIP);
	if (!x) {
		node_pool_release(n, &pool);
		return NULL;
	}
	x->originating = true;
	x->from = from;
	x->to = to;
	x->session = s->handle;
	x->tag = b->tag;
	copy = pool_alloc0(pool, sizeof(*copy));
	copy->cseq = b->cseq;
	copy->call_id = b->call_id ? pool_strdup(pool, b->call_id) : NULL;
	copy->from_tag = b->from_tag ? pool_strdup(pool, b->from_tag) : NULL;
	copy->to_tag = b->to_tag ? pool_strdup(pool, b->to_tag) : NULL;
	x->begin = copy;
	if (ends_begun(x) < 0) {
		exchange_replied(x);
		return NULL;
	}
	return x;
}

void stox_begin_send(struct stox_exchange *x)
{
	exchange_originate(x);
}
