/*
 * config_lua.c: run a configuration file where it can do no harm.
 *
 * Text chunks only, an environment of our own, a bound on instructions and on
 * memory, no function that works long inside C.  An error ends the file it is
 * in; the others still run, so that more can be reported.
 */
#include "core/config_lua.h"

#include <stdio.h>
#include <stdlib.h>

/* Freed by Lua in any order, so the pool does not serve.  What was allocated
 * ever is bounded as well: it bounds the bytes that are copied about. */
static void *limited_alloc(void *arg, void *block, size_t old, size_t size)
{
	struct sandbox *s = arg;

	if (!block)
		old = 0; /* Lua tells the type of the new object here */
	if (size == 0) {
		s->memory -= old;
		free(block);
		return NULL;
	}
	if (size > old) {
		if (size - old > SANDBOX_MEMORY - s->memory ||
			size - old > SANDBOX_ALLOCATED - s->allocated)
			return NULL;
		s->allocated += size - old;
	}
	s->memory += size - old;
	return base_realloc(block, size);
}

enum { HOOK_STEPS = 1000 };

static void count_steps(lua_State *L, lua_Debug *ar)
{
	struct sandbox *s = sandbox_of(L);
	struct config_place place;

	(void)ar;
	s->steps += HOOK_STEPS;
	if (s->steps < s->steps_max)
		return;
	s->exhausted = true;
	/* luaL_error() would name the caller of the running function */
	place = sandbox_place(L);
	lua_pushfstring(L,
		"%d:%d: the configuration runs too long; expected at "
		"most %d instructions",
		(int)place.source->index, place.line, (int)s->steps_max);
	lua_error(L);
}

/* Chunks are named "@<index>", so that Lua does not shorten a long path. */
static const struct config_source *source_of(
	struct sandbox *s, const char *name, size_t len)
{
	uint64_t index;

	if (str_to_u64((struct str){name, len}, UINT32_MAX, &index) < 0 ||
		index >= s->source_count)
		return NULL;
	return s->sources[index];
}

struct config_place sandbox_place(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);
	lua_Debug ar;

	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		const struct config_source *source;

		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline <= 0 || ar.source[0] != '@')
			continue;
		source = source_of(s, ar.source + 1, strlen(ar.source + 1));
		if (source)
			return (struct config_place){source, ar.currentline};
	}
	return (struct config_place){s->sources[0], 0};
}

/* Lua's messages begin with "<index>:<line>: ". */
static struct config_place place_of_message(struct sandbox *s,
	const struct config_source *source, struct str *message)
{
	struct config_place place = {source, 0};
	struct str rest = *message;
	struct str name = str_cut(&rest, ':'), line = str_cut(&rest, ':');
	const struct config_source *named = source_of(s, name.p, name.len);
	uint64_t number;

	if (!rest.p || !named || str_to_u64(line, 1 << 30, &number) < 0)
		return place;
	place = (struct config_place){named, (int)number};
	*message = str_trim(rest);
	return place;
}

static void report_failure(
	lua_State *L, const struct config_source *source, int status)
{
	struct sandbox *s = sandbox_of(L);
	struct str message = STR("it failed");
	struct config_place place;

	s->failed = true;
	if (s->told)
		return;
	s->told = s->exhausted || status == LUA_ERRMEM;
	if (status == LUA_ERRMEM) {
		s->exhausted = true;
		config_error(s->report, (struct config_place){source, 0},
			"the configuration takes too much memory; expected at "
			"most %d MiB",
			SANDBOX_MEMORY >> 20);
		return;
	}
	if (lua_type(L, -1) == LUA_TSTRING)
		message.p = lua_tolstring(L, -1, &message.len);
	place = place_of_message(s, source, &message);
	if (s->collecting)
		place = s->collecting->place;
	/* a call of an unknown name was reported when the name was read */
	if (!config_report_has(s->report, place.source, place.line, place.line))
		config_error(s->report, place, "%.*s%s", STR_FMT(message),
			memmem(message.p, message.len, "; expected", 10)
				? ""
				: "; expected Lua, name = value");
}

static struct config_source *add_source(
	struct sandbox *s, const char *name, struct str text)
{
	struct config_source *source = pool_alloc0(s->pool, sizeof(*source));
	size_t *lines;
	int count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.p[i] == '\n';
	lines = pool_alloc(s->pool, (size_t)count * sizeof(*lines));
	lines[0] = 0;
	for (size_t i = 0, n = 1; i < text.len; i++)
		if (text.p[i] == '\n')
			lines[n++] = i + 1;
	*source = (struct config_source){pool_strdup(s->pool, name), text,
		s->source_count, lines, count};
	s->sources[s->source_count++] = source;
	s->source_bytes += text.len;
	return source;
}

void sandbox_run_text(lua_State *L, const char *name, struct str text)
{
	struct sandbox *s = sandbox_of(L);
	struct config_source *source;
	char chunk[24];
	int status;

	/* a byte order mark, as some editors leave it */
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = (struct str){text.p + 3, text.len - 3};
	source = add_source(s, name, text);
	if (str_starts(text, STR(LUA_SIGNATURE))) {
		s->failed = true;
		config_error(s->report, (struct config_place){source, 1},
			"this is compiled Lua; expected text");
		return;
	}
	s->running[s->depth] = source;
	snprintf(chunk, sizeof(chunk), "@%u", source->index);
	status = luaL_loadbufferx(L, text.p, text.len, chunk, "t");
	if (status == LUA_OK) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &s->environment);
		lua_setupvalue(L, -2, 1);
		status = lua_pcall(L, 0, 0, 0);
	}
	if (status != LUA_OK) {
		report_failure(L, source, status);
		lua_pop(L, 1);
	}
}

void sandbox_section(lua_State *L, enum config_section_type type,
	const char *name, struct config_place place)
{
	struct sandbox *s = sandbox_of(L);
	struct config_section *section = pool_alloc0(s->pool, sizeof(*section));

	*section = (struct config_section){
		.type = type,
		.name = pool_strdup(s->pool, name),
		.place = place,
		.index = s->section_count++,
	};
	section->options_end = &section->options;
	*s->sections_end = section;
	s->sections_end = &section->next;
	s->section = section;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &s->assigned);
	lua_newtable(L);
	lua_rawseti(L, -2, section->index + 1);
	lua_pop(L, 1);
}

/* In protected mode, since every one of these may run out of memory. */
static int prepare(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);

	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &s->assigned);
	config_env_push(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &s->environment);
	sandbox_section(L, CONFIG_SECTION_GLOBAL, "", (struct config_place){0});
	lua_sethook(L, count_steps, LUA_MASKCOUNT, HOOK_STEPS);
	return 0;
}

static void run(lua_State *L, const char *name, struct str text)
{
	struct sandbox *s = sandbox_of(L);
	int status;

	lua_pushcfunction(L, prepare);
	stox_require(lua_pcall(L, 0, 0, 0) == LUA_OK);
	sandbox_run_text(L, name, text);
	s->file->sections->place.source = s->sources[0];
	if (s->failed)
		return;
	lua_sethook(L, NULL, 0, 0);
	lua_pushcfunction(L, config_raw_collect);
	status = lua_pcall(L, 0, 0, 0);
	if (status != LUA_OK) {
		report_failure(L, s->sources[0], status);
		lua_pop(L, 1);
	}
}

bool config_run(struct pool *pool, const char *name, struct str text,
	struct config_report *report, struct config_file *ret)
{
	struct sandbox s = {
		.pool = pool,
		.report = report,
		.file = ret,
		.sections_end = &ret->sections,
		.steps_max = limit_info(LIMIT_CONFIG_STEPS)->value,
	};
	lua_State *L = lua_newstate(limited_alloc, &s);

	stox_require(L);
	s.sources = pool_alloc0(pool, SANDBOX_FILES * sizeof(*s.sources));
	*(struct sandbox **)lua_getextraspace(L) = &s;
	run(L, name, text);
	lua_close(L);
	return !s.failed;
}
