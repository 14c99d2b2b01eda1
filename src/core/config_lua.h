/*
 * config_lua.h: the sandbox, shared by the files that run a configuration.
 */
#ifndef CORE_CONFIG_LUA_H
#define CORE_CONFIG_LUA_H

#include <lauxlib.h>
#include <lua.h>

#include "core/config_private.h"

enum {
	SANDBOX_MEMORY = 32 << 20,     /* bytes held at a time */
	SANDBOX_ALLOCATED = 256 << 20, /* bytes ever asked for */
	SANDBOX_DEPTH = 8,	       /* files that include each other */
	SANDBOX_FILES = 1000,
	SANDBOX_TEXT = 16 << 20, /* bytes of all files */
	SANDBOX_OPTIONS = 512,	 /* options of a section */
	SANDBOX_VALUES = 200000, /* values in all tables */
	SANDBOX_TABLES = 4,	 /* tables in tables */
};

/** One run.  The Lua state finds it in its extra space. */
struct sandbox {
	struct pool *pool; /* borrowed, of the raw data */
	struct config_report *report;
	struct config_file *file;	/* being filled */
	struct config_section *section; /* where assignments go */
	struct config_section **sections_end;
	unsigned section_count;
	struct config_source **sources; /* by index */
	unsigned source_count;
	size_t source_bytes;
	/* the files that are being run, each included by the one before */
	const struct config_source *running[SANDBOX_DEPTH + 1];
	unsigned depth;
	size_t memory, allocated;
	uint64_t steps, steps_max;
	size_t values;
	const struct config_raw_option *collecting; /* at the end */
	bool failed;	/* some file did not run to its end */
	bool exhausted; /* a limit was reached: run nothing more */
	bool told;	/* and that was reported */
	/* only the addresses of these are used: names in Lua's registry */
	char environment, functions, assigned;
};
static inline struct sandbox *sandbox_of(lua_State *L)
{
	return *(struct sandbox **)lua_getextraspace(L);
}

/** Where the running Lua code stands. */
struct config_place sandbox_place(lua_State *L);
/** Run one more text in the environment; reports what goes wrong. */
void sandbox_run_text(lua_State *L, const char *name, struct str text);
/** Open the table of a new section and make it the one that assignments go to.
 */
void sandbox_section(lua_State *L, enum config_section_type type,
	const char *name, struct config_place place);

/** Push the environment of the configuration (config_env.c). */
void config_env_push(lua_State *L);
/** Turn what was assigned into raw values: a lua_CFunction (config_raw.c). */
int config_raw_collect(lua_State *L);

#endif
