/*
 * host.h: a plugin in a node: its state, and what it registered, so that all
 * of it can be undone.
 */
#ifndef CORE_HOST_H
#define CORE_HOST_H

#include "base/list.h"
#include "stox/service/disco.h"

struct node;

/** Known to plugins as struct stox_host. */
struct stox_host {
	struct node *node;
	const struct stox_plugin *plugin;
	void *state;
	struct list timers, tasks, watches;
	struct cache *cache;      /* NULL until it is used */
	stox_disco_add *disco;    /* adds to disco answers, or NULL */
};

/** cache.c: what stox/service/cache.h remembers. */
void cache_free(struct cache **c);

/** Start @plugin in @n.  NULL when its init() fails. */
struct stox_host *host_new(struct node *n, const struct stox_plugin *plugin);
/** Undo what it registered, close it, free. */
void host_free(struct stox_host **host);

#endif
