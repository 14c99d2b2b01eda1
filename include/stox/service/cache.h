/*
 * stox/service/cache.h: small texts that a plugin remembers for a while, in
 * memory: bounded, the least recently used go first, lost by a restart.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_CACHE_H
#define STOX_SERVICE_CACHE_H

#include "stox/plugin.h"

/** Remember @value under @key (both copied) for @ttl_s seconds. */
STOX_API void stox_cache_put(struct stox_host *host, const char *key,
	const char *value, unsigned ttl_s);
/** The value, or NULL; borrowed until the next call of this plugin.  Looking
 *  does not prolong it. */
STOX_API const char *stox_cache_get(struct stox_host *host, const char *key);

#endif
