#include <stdlib.h>

#include "core/node.h"
#include "stox/service/cache.h"

/* Entries of one plugin; then the least recently used goes. */
enum { CACHE_ENTRIES = 65536 };

struct cache_entry {
	struct list node;      /* by use, the oldest first */
	uint64_t ends_ms;
	const char *value;     /* behind the key */
	char key[];
};

struct cache {
	struct table *by_key;
	struct list by_use;
};

static void entry_free(struct cache *c, struct cache_entry *e)
{
	table_remove(c->by_key, str_from(e->key));
	list_remove(&e->node);
	free(e);
}

void cache_free(struct cache **c)
{
	struct cache *old = *c;

	*c = NULL;
	if (!old)
		return;
	list_each (it, tmp, &old->by_use)
		entry_free(old, container_of(it, struct cache_entry, node));
	table_free(&old->by_key);
	free(old);
}

static struct cache *cache_of(struct stox_host *host)
{
	uint8_t key[16];

	if (host->cache)
		return host->cache;
	rand_bytes(io_rand(host->node->env), key, sizeof(key));
	host->cache = base_alloc0(sizeof(*host->cache));
	host->cache->by_key = table_new(key);
	list_init(&host->cache->by_use);
	return host->cache;
}

void stox_cache_put(struct stox_host *host, const char *key, const char *value,
	unsigned ttl_s)
{
	struct cache *c = cache_of(host);
	size_t k = strlen(key) + 1, v = strlen(value) + 1;
	struct cache_entry *e = table_get(c->by_key, str_from(key));

	if (e)
		entry_free(c, e);
	else if (table_count(c->by_key) >= CACHE_ENTRIES)
		entry_free(c, container_of(c->by_use.next, struct cache_entry,
			node));
	e = base_alloc(sizeof(*e) + k + v);
	memcpy(e->key, key, k);
	memcpy(e->key + k, value, v);
	e->value = e->key + k;
	e->ends_ms = io_now_ms(host->node->env) + (uint64_t)ttl_s * 1000;
	list_append(&c->by_use, &e->node);
	table_put(c->by_key, str_from(e->key), e);
}

const char *stox_cache_get(struct stox_host *host, const char *key)
{
	struct cache *c = cache_of(host);
	struct cache_entry *e = table_get(c->by_key, str_from(key));

	if (!e)
		return NULL;
	if (io_now_ms(host->node->env) >= e->ends_ms) {
		entry_free(c, e);
		return NULL;
	}
	list_remove(&e->node);
	list_append(&c->by_use, &e->node);
	return e->value;
}
