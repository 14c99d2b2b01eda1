#include "core/pair.h"

#include <stdlib.h>

#include "core/node.h"

/* Entries kept in memory; when it is full the oldest are forgotten. */
enum { PAIRS_KEPT = 65536 };

struct pair {
	struct list node;     /* by age */
	struct node *owner;
	char *key;            /* "xmpp\nsip", bare JIDs */
	enum stox_side first; /* who approached whom; STOX_ANY: nobody yet */
	bool asking;
	uint64_t *waiting;    /* wait tokens */
	size_t waiting_count;
};

struct pairs {
	struct table *by_key;
	struct list by_age;
};

struct pairs *pairs_new(struct node *n)
{
	struct pairs *p = base_alloc0(sizeof(*p));
	uint8_t key[16];

	rand_bytes(io_rand(n->env), key, sizeof(key));
	p->by_key = table_new(key);
	list_init(&p->by_age);
	return p;
}

static void pair_free(struct pairs *p, struct pair *e)
{
	table_remove(p->by_key, str_from(e->key));
	list_remove(&e->node);
	free(e->key);
	free(e->waiting);
	free(e);
}

void pairs_free(struct pairs **p)
{
	struct pairs *old = *p;

	*p = NULL;
	if (!old)
		return;
	list_each (it, tmp, &old->by_age)
		pair_free(old, container_of(it, struct pair, node));
	table_free(&old->by_key);
	free(old);
}

static void make_room(struct pairs *p)
{
	list_each (it, tmp, &p->by_age) {
		struct pair *e = container_of(it, struct pair, node);

		if (table_count(p->by_key) < PAIRS_KEPT)
			return;
		if (!e->asking)
			pair_free(p, e);
	}
}

static struct str xmpp_end(const struct stox_exchange *x)
{
	return jid_bare(x->side == STOX_XMPP ? &x->from : &x->to);
}

static struct str sip_end(const struct stox_exchange *x)
{
	return jid_bare(x->side == STOX_XMPP ? &x->to : &x->from);
}

/** The entry of @x's pair; *@ret_new when it was not there. */
static struct pair *find(struct stox_exchange *x, bool *ret_new)
{
	struct pairs *p = x->node->pairs;
	struct str xmpp = xmpp_end(x), sip = sip_end(x);
	BASE_SCRATCH char key[2 * 2050];
	size_t len = xmpp.len + 1 + sip.len;
	struct pair *e;

	memcpy(key, xmpp.p, xmpp.len);
	key[xmpp.len] = '\n';
	memcpy(key + xmpp.len + 1, sip.p, sip.len);
	e = table_get(p->by_key, (struct str){ key, len });
	*ret_new = !e;
	if (e)
		return e;
	make_room(p);
	e = base_alloc0(sizeof(*e));
	e->owner = x->node;
	e->key = base_alloc(len + 1);
	memcpy(e->key, key, len);
	e->key[len] = '\0';
	table_put(p->by_key, str_from(e->key), e);
	list_append(&p->by_age, &e->node);
	return e;
}

void pair_approach(struct stox_exchange *x)
{
	struct node *n = x->node;
	bool is_new;
	struct pair *e = find(x, &is_new);

	if (e->first)
		return;
	e->first = x->side;
	store_pair_put(n->store, xmpp_end(x), sip_end(x),
		x->side == STOX_SIP ? "sip" : "xmpp",
		io_wall_us(n->env) / 1000000, NULL, NULL);
}

/** By the other end than the one that asks now? */
static bool is_approached(const struct stox_exchange *x, const struct pair *e)
{
	return e->first && e->first != x->side;
}

static void found(void *arg, int error, struct str first)
{
	struct pair *e = arg;

	e->asking = false;
	if (error == 0 && !e->first)
		e->first = str_is(first, "sip") ? STOX_SIP : STOX_XMPP;
	for (size_t i = 0; i < e->waiting_count; i++) {
		struct stox_exchange *x =
			handles_get(e->owner->waits, e->waiting[i]);

		if (!x)
			continue;
		x->approached = is_approached(x, e);
		wait_end(x, STOX_WAIT_WOKEN);
	}
	free(e->waiting);
	e->waiting = NULL;
	e->waiting_count = 0;
	/* what the disk did not tell is asked again */
	if (error == -STOX_EIO && !e->first)
		pair_free(e->owner->pairs, e);
}

bool pair_find(struct stox_exchange *x)
{
	bool is_new;
	struct pair *e = find(x, &is_new);

	if (!is_new && (!e->asking || e->first)) {
		x->approached = is_approached(x, e);
		return true;
	}
	exchange_park(x);
	e->waiting = base_realloc(e->waiting,
		(e->waiting_count + 1) * sizeof(*e->waiting));
	e->waiting[e->waiting_count++] = x->wait_token;
	if (!e->asking) {
		e->asking = true;
		store_pair_get(x->node->store, xmpp_end(x), sip_end(x), found, e);
	}
	return false;
}
