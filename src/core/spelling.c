#include "core/spelling.h"

#include <stdlib.h>

#include "core/node.h"

/* Entries kept in memory; when it is full the oldest are forgotten. */
enum { SPELLINGS_KEPT = 65536 };

/* One bare JID: its original spelling, or none, or a question to the store
 * under way with exchanges waiting for it. */
struct spelling {
	struct list node;     /* by age */
	struct node *owner;
	char *jid;
	char *uri;            /* NULL: mapping the JID is right */
	bool seen;            /* a SIP request has shown it */
	bool asking;
	uint64_t *waiting;    /* wait tokens */
	size_t waiting_count;
};

struct spellings {
	struct table *by_jid;
	struct list by_age;
};

struct spellings *spellings_new(struct node *n)
{
	struct spellings *s = base_alloc0(sizeof(*s));
	uint8_t key[16];

	rand_bytes(io_rand(n->env), key, sizeof(key));
	s->by_jid = table_new(key);
	list_init(&s->by_age);
	return s;
}

static void spelling_free(struct spellings *s, struct spelling *e)
{
	table_remove(s->by_jid, str_from(e->jid));
	list_remove(&e->node);
	free(e->jid);
	free(e->uri);
	free(e->waiting);
	free(e);
}

void spellings_free(struct spellings **s)
{
	struct spellings *old = *s;

	*s = NULL;
	if (!old)
		return;
	list_each (it, tmp, &old->by_age)
		spelling_free(old, container_of(it, struct spelling, node));
	table_free(&old->by_jid);
	free(old);
}

static char *copy(struct str s)
{
	char *p = base_alloc(s.len + 1);

	memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

static void make_room(struct spellings *s)
{
	list_each (it, tmp, &s->by_age) {
		struct spelling *e = container_of(it, struct spelling, node);

		if (table_count(s->by_jid) < SPELLINGS_KEPT)
			return;
		if (!e->asking)
			spelling_free(s, e);
	}
}

static struct spelling *add(struct node *n, struct str jid)
{
	struct spellings *s = n->spellings;
	struct spelling *e;

	make_room(s);
	e = base_alloc0(sizeof(*e));
	e->owner = n;
	e->jid = copy(jid);
	table_put(s->by_jid, str_from(e->jid), e);
	list_append(&s->by_age, &e->node);
	return e;
}

void spelling_seen(struct node *n, const struct jid *jid,
	const struct sip_uri *uri, const char *host)
{
	struct spelling *e = table_get(n->spellings->by_jid, jid_bare(jid));
	struct pool *pool;
	const char *text;

	if (e && (e->seen || e->asking))
		return; /* the first spelling stays */
	if (!e)
		e = add(n, jid_bare(jid));
	e->seen = true;
	if (e->uri)
		return;
	pool = pool_new(n->budget);
	text = pool_printf(pool, "sip:%.*s@%s", STR_FMT(uri->user), host);
	if (strcmp(text, map_address_to_sip(pool, jid, host, false)) != 0) {
		e->uri = base_strdup(text);
		store_address_put(n->store, jid_bare(jid), str_from(text),
			io_wall_us(n->env) / 1000000, NULL, NULL);
	}
	pool_free(&pool);
}

static void found(void *arg, int error, struct str uri)
{
	struct spelling *e = arg;

	e->asking = false;
	if (error == 0 && uri.p && !e->uri)
		e->uri = copy(uri);
	for (size_t i = 0; i < e->waiting_count; i++) {
		struct stox_exchange *x =
			handles_get(e->owner->waits, e->waiting[i]);

		if (!x)
			continue;
		x->sip_uri = e->uri ? pool_strdup(x->pool, e->uri) : NULL;
		wait_end(x, STOX_WAIT_WOKEN);
	}
	free(e->waiting);
	e->waiting = NULL;
	e->waiting_count = 0;
}

bool spelling_find(struct stox_exchange *x)
{
	struct node *n = x->node;
	struct spelling *e = table_get(n->spellings->by_jid, jid_bare(&x->to));

	if (e && !e->asking) {
		x->sip_uri = e->uri ? pool_strdup(x->pool, e->uri) : NULL;
		return true;
	}
	exchange_park(x);
	if (!e)
		e = add(n, jid_bare(&x->to));
	e->waiting = base_realloc(e->waiting,
		(e->waiting_count + 1) * sizeof(*e->waiting));
	e->waiting[e->waiting_count++] = x->wait_token;
	if (!e->asking) {
		e->asking = true;
		store_address_get(n->store, jid_bare(&x->to), found, e);
	}
	return false;
}
