/*
 * Lanes: the requests of one pair in one direction keep their order.  A lane
 * exists while somebody is in it.
 */
#include "core/exchange.h"

#include <stdlib.h>

#include "core/node.h"

struct lane {
	struct node *node;
	struct list queue;        /* the first has its turn */
	unsigned count;
	struct io_task next;
	size_t key_len;
	char key[];
};

static void next_turn(void *arg)
{
	struct lane *l = arg;
	struct stox_exchange *x =
		container_of(l->queue.next, struct stox_exchange, lane_node);

	if (x->state == EXCHANGE_QUEUED)
		exchange_turn(x);
}

static struct lane *lane_find(struct stox_exchange *x)
{
	BASE_SCRATCH char key[2 * 2050];
	struct str from = jid_bare(&x->from), to = jid_bare(&x->to);
	size_t len = 0;
	struct lane *l;

	key[len++] = x->side == STOX_XMPP ? 'x' : 's';
	memcpy(key + len, from.p, from.len);
	len += from.len;
	key[len++] = '>';
	memcpy(key + len, to.p, to.len);
	len += to.len;
	l = table_get(x->node->lanes, (struct str){ key, len });
	if (l)
		return l;
	l = base_alloc0(sizeof(*l) + len);
	l->node = x->node;
	list_init(&l->queue);
	io_task_init(&l->next, next_turn, l);
	memcpy(l->key, key, len);
	l->key_len = len;
	table_put(x->node->lanes, (struct str){ l->key, len }, l);
	return l;
}

int lane_enter(struct stox_exchange *x)
{
	struct lane *l = lane_find(x);

	if (l->count >= limit_get(x->node->limits, LIMIT_LANE))
		return -STOX_ETOOBIG;
	x->lane = l;
	list_append(&l->queue, &x->lane_node);
	return ++l->count == 1;
}

void lane_leave(struct stox_exchange *x)
{
	struct lane *l = x->lane;

	if (!l)
		return;
	x->lane = NULL;
	list_remove(&x->lane_node);
	if (--l->count > 0) {
		io_defer(l->node->env, &l->next);
		return;
	}
	io_undefer(&l->next);
	table_remove(l->node->lanes, (struct str){ l->key, l->key_len });
	free(l);
}
