/*
 * hook.h: the pipeline: all hooks of all plugins, by phase, in order.
 */
#ifndef CORE_HOOK_H
#define CORE_HOOK_H

#include "base/pool.h"
#include "core/config.h"
#include "stox/plugin.h"

struct node;
struct stox_host;
struct disco_ver;

enum { HOOK_PHASES = STOX_OBSERVE + 1 };

struct hook_entry {
	const struct stox_hook *hook;
	struct stox_host *host;
	unsigned weight;      /* how many fields it matches on */
	unsigned sequence;    /* load order */
};

/** A configuration and the pipeline that follows from it.  Counted: the node
 *  holds one, each exchange one. */
struct snapshot {
	unsigned references;
	struct config *config;
	struct pool *pool;
	struct hook_entry *hooks[HOOK_PHASES];
	size_t counts[HOOK_PHASES];
	const char **methods;  /* SIP methods that some hook serves, NULL-terminated */
	const char **features; /* disco features of all plugins, NULL-terminated */
	struct disco_ver *vers; /* hashes of disco answers, made when wanted */
};

/** Build it from @config (a reference is taken) and the hosts of its plugins,
 *  in the same order. */
struct snapshot *snapshot_new(struct config *config, struct stox_host *const *hosts);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot **s);

/** The next hook of the exchange's phase that matches, or NULL; moves its
 *  position past it. */
const struct hook_entry *hook_next(struct stox_exchange *x);

#endif
