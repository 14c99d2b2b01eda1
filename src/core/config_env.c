/*
 * config_env.c: what a configuration file can see and do.
 *
 * An assignment to a global name is an option of the present section; the
 * value stays in Lua until the end, so that a list may still be added to.
 * Reading a name gives an option of the section, a global option, or one of a
 * few functions.  None of them works long on a small argument: no patterns, no
 * string.rep, no table.unpack.
 */
#include "core/config_lua.h"

#include <glob.h>
#include <lualib.h>

enum { TABLE_LINES = 5000 };

/* ---- assignments -------------------------------------------------------- */

static struct config_raw_option *find_option(
	struct config_section *section, const char *name)
{
	for (struct config_raw_option *o = section->options; o; o = o->next)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static void add_option(
	lua_State *L, const char *name, struct config_place place)
{
	struct sandbox *s = sandbox_of(L);
	struct config_section *section = s->section;
	struct config_raw_option *o = pool_alloc0(s->pool, sizeof(*o));

	if (section->option_count++ == SANDBOX_OPTIONS)
		luaL_error(L,
			"too many options; expected at most %d in a "
			"section",
			SANDBOX_OPTIONS);
	o->name = pool_strdup(s->pool, name);
	o->place = place;
	o->last_line = place.line;
	*section->options_end = o;
	section->options_end = &o->next;
}

/* Lua knows where the statement ends; its first line has the name.  It may
 * have another one, as in _ENV["x"], so the search is bounded. */
static void find_first_line(struct config_raw_option *o)
{
	int last = o->last_line;
	int line = config_source_assignment(o->place.source, o->name, last,
		last > TABLE_LINES ? last - TABLE_LINES : 1);

	if (line)
		o->place.line = line;
}

static void push_assigned(lua_State *L, const struct config_section *section)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_of(L)->assigned);
	lua_rawgeti(L, -1, section->index + 1);
	lua_remove(L, -2);
}

static bool is_function_name(lua_State *L, int name)
{
	bool found;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_of(L)->functions);
	lua_pushvalue(L, name);
	lua_rawget(L, -2);
	found = !lua_isnil(L, -1);
	lua_pop(L, 2);
	return found;
}

/* The environment, a name, a value. */
static int assign(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);
	struct config_place place = sandbox_place(L);
	struct config_raw_option *first;
	const char *name;

	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(
			L, "an option needs a name; expected name = value");
	name = lua_tostring(L, 2);
	if (is_function_name(L, 2)) {
		config_error(s->report, place,
			"%s is a function of the "
			"configuration; expected another name, or a call: %s "
			"\"…\"",
			name, name);
		return 0;
	}
	first = find_option(s->section, name);
	if (first) {
		config_error(s->report, place,
			"%s is set twice; expected once: "
			"it is set at %s:%d already",
			name, first->place.source->name, first->place.line);
		return 0;
	}
	if (lua_isnil(L, 3)) {
		if (!config_report_has(
			    s->report, place.source, place.line, place.line))
			config_error(s->report, place,
				"%s gets no value; "
				"expected one after the =",
				name);
		return 0;
	}
	add_option(L, name, place);
	if (lua_istable(L, 3))
		find_first_line(find_option(s->section, name));
	push_assigned(L, s->section);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 3);
	lua_rawset(L, -3);
	return 0;
}

/* ---- reading names ------------------------------------------------------ */

static bool push_option(lua_State *L, const struct config_section *section)
{
	push_assigned(L, section);
	lua_pushvalue(L, 2);
	lua_rawget(L, -2);
	lua_remove(L, -2);
	if (!lua_isnil(L, -1))
		return true;
	lua_pop(L, 1);
	return false;
}

/* VirtualHost "x", module:set(…): the text tells what Lua does not. */
static bool is_called(struct config_place place, const char *name)
{
	struct str line = config_source_line(place.source, place.line);
	const char *at = memmem(line.p, line.len, name, strlen(name));

	if (!at)
		return false;
	at += strlen(name);
	line = str_trim((struct str){at, line.len - (size_t)(at - line.p)});
	return line.len > 0 && strchr("\"'({[", line.p[0]);
}

static void report_unknown(lua_State *L, const char *name)
{
	struct sandbox *s = sandbox_of(L);
	struct config_place place = sandbox_place(L);
	struct config_guess guess;

	/* a loop of mistakes would only take time */
	if (config_report_full(s->report)) {
		config_error(s->report, place, "%s has no value", name);
		s->failed = s->exhausted = s->told = true;
		luaL_error(L, "too many mistakes");
	}
	config_guess_init(&guess, name);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &s->functions);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		config_guess_try(&guess, lua_tostring(L, -2));
	lua_pop(L, 1);
	if (is_called(place, name))
		config_error(s->report, place,
			"there is no %s to call; "
			"%sexpected SipDomain, XmppDomain, Gateway, Include or "
			"Global",
			name, config_guess_text(&guess, s->pool));
	else
		config_error(s->report, place,
			"%s has no value; %sexpected a "
			"text in quotes, a number, true, false or an option "
			"that is set above",
			name, config_guess_text(&guess, s->pool));
}

/* The environment and a name. */
static int read_name(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);

	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &s->functions);
	lua_pushvalue(L, 2);
	lua_rawget(L, -2);
	if (!lua_isnil(L, -1))
		return 1;
	lua_pop(L, 2);
	if (push_option(L, s->section) || push_option(L, s->file->sections))
		return 1;
	report_unknown(L, lua_tostring(L, 2));
	return 0;
}

/* ---- sections ----------------------------------------------------------- */

static int open_section(
	lua_State *L, enum config_section_type type, const char *function)
{
	struct sandbox *s = sandbox_of(L);
	struct config_place place = sandbox_place(L);

	if (lua_type(L, 1) == LUA_TSTRING) {
		sandbox_section(L, type, lua_tostring(L, 1), place);
		return 0;
	}
	if (!config_report_has(s->report, place.source, place.line, place.line))
		config_error(s->report, place,
			"%s without a domain; expected "
			"%s \"example.org\"",
			function, function);
	sandbox_section(L, CONFIG_SECTION_OTHER, "", place);
	return 0;
}

static int open_sip_domain(lua_State *L)
{
	return open_section(L, CONFIG_SECTION_SIP, "SipDomain");
}

static int open_xmpp_domain(lua_State *L)
{
	return open_section(L, CONFIG_SECTION_XMPP, "XmppDomain");
}

static int open_gateway(lua_State *L)
{
	return open_section(L, CONFIG_SECTION_GATEWAY, "Gateway");
}

static int open_provider(lua_State *L)
{
	return open_section(L, CONFIG_SECTION_PROVIDER, "Provider");
}

static int open_global(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);

	if (lua_gettop(L) > 0)
		config_error(s->report, sandbox_place(L),
			"Global with an "
			"argument; expected Global()");
	s->section = s->file->sections;
	return 0;
}

/* ---- Include ------------------------------------------------------------ */

static bool is_running(const struct sandbox *s, const char *path)
{
	for (unsigned i = 0; i <= s->depth; i++)
		if (strcmp(s->running[i]->name, path) == 0)
			return true;
	return false;
}

static void include_file(
	lua_State *L, const char *path, struct config_place place)
{
	struct sandbox *s = sandbox_of(L);
	struct config_section *section = s->section;
	struct str text;
	const char *why;

	if (is_running(s, path)) {
		config_error(s->report, place,
			"%s is being read already; "
			"expected another file",
			path);
		return;
	}
	if (s->source_count == SANDBOX_FILES ||
		s->source_bytes > SANDBOX_TEXT) {
		s->exhausted = true;
		luaL_error(L,
			"too many or too big files are included; "
			"expected at most %d files and %d MiB",
			SANDBOX_FILES, SANDBOX_TEXT >> 20);
	}
	if (config_read_file(s->pool, path, &text, &why) < 0) {
		config_error(s->report, place,
			"cannot read %s: %s; expected a "
			"readable file",
			path, why);
		return;
	}
	/* a file begins globally and does not change the section of the line
	 * that includes it */
	s->section = s->file->sections;
	s->depth++;
	sandbox_run_text(L, path, text);
	s->depth--;
	s->section = section;
	if (s->exhausted)
		luaL_error(L, "this file did not end");
}

/* Paths in the pool: nothing of glob(3) is open while Lua may jump away. */
static size_t expand(struct sandbox *s, const char *pattern,
	struct config_place place, const char *const **ret_paths)
{
	const char **paths;
	glob_t found;
	int rc = glob(pattern, 0, NULL, &found);
	size_t count = 0;

	if (rc == 0) {
		count = found.gl_pathc;
		paths = pool_alloc(s->pool, count * sizeof(*paths));
		for (size_t i = 0; i < count; i++)
			paths[i] = pool_strdup(s->pool, found.gl_pathv[i]);
		*ret_paths = paths;
		globfree(&found);
	} else if (rc != GLOB_NOMATCH) {
		config_error(s->report, place,
			"cannot look for %s; expected "
			"readable folders",
			pattern);
	} else if (!strpbrk(pattern, "*?[")) {
		config_error(s->report, place,
			"%s does not exist; expected a "
			"file, or a pattern that may match none",
			pattern);
	}
	return count;
}

static int include(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);
	struct config_place place = sandbox_place(L);
	const char *const *paths;
	const char *pattern;
	size_t count;

	if (lua_type(L, 1) != LUA_TSTRING || lua_rawlen(L, 1) == 0) {
		config_error(s->report, place,
			"Include without a file; "
			"expected Include \"file.lua\"");
		return 0;
	}
	if (s->depth == SANDBOX_DEPTH)
		return luaL_error(L,
			"files include each other too deep; "
			"expected at most %d levels",
			SANDBOX_DEPTH);
	pattern = config_path(s->pool, place.source->name, lua_tostring(L, 1));
	count = expand(s, pattern, place, &paths);
	for (size_t i = 0; i < count; i++)
		include_file(L, paths[i], place);
	return 0;
}

/* ---- the environment ---------------------------------------------------- */

struct subset {
	const char *table; /* NULL: no table around them */
	lua_CFunction open;
	const char *const *names;
};

static const char *const base_names[] = {
	"ipairs", "pairs", "tonumber", "tostring", "type", NULL};
static const char *const string_names[] = {
	"format", "len", "lower", "sub", "upper", NULL};
static const char *const table_names[] = {
	"concat", "insert", "remove", "sort", NULL};
static const char *const math_names[] = {
	"abs", "ceil", "floor", "max", "min", "tointeger", NULL};

static const struct subset subsets[] = {
	{NULL, luaopen_base, base_names},
	{"string", luaopen_string, string_names},
	{"table", luaopen_table, table_names},
	{"math", luaopen_math, math_names},
};

static void push_subset(lua_State *L, const struct subset *u, int functions)
{
	lua_pushcfunction(L, u->open);
	lua_call(L, 0, 1);
	if (u->table)
		lua_newtable(L);
	else
		lua_pushvalue(L, functions);
	for (const char *const *name = u->names; *name; name++) {
		lua_getfield(L, -2, *name);
		lua_setfield(L, -2, *name);
	}
	if (u->table)
		lua_setfield(L, functions, u->table);
	else
		lua_pop(L, 1);
	lua_pop(L, 1);
}

/* ("x"):rep() finds its function by the metatable of texts, not by name. */
static void narrow_string_methods(lua_State *L, int functions)
{
	lua_pushliteral(L, "");
	if (lua_getmetatable(L, -1)) {
		lua_getfield(L, functions, "string");
		lua_setfield(L, -2, "__index");
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static const luaL_Reg own_functions[] = {
	{"Gateway", open_gateway},
	{"Global", open_global},
	{"Include", include},
	{"Provider", open_provider},
	{"SipDomain", open_sip_domain},
	{"XmppDomain", open_xmpp_domain},
	{NULL, NULL},
};

void config_env_push(lua_State *L)
{
	int functions;

	lua_newtable(L);
	functions = lua_gettop(L);
	for (size_t i = 0; i < sizeof(subsets) / sizeof(*subsets); i++)
		push_subset(L, &subsets[i], functions);
	narrow_string_methods(L, functions);
	luaL_setfuncs(L, own_functions, 0);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_of(L)->functions);

	/* always empty, so that every access comes to us */
	lua_newtable(L);
	lua_newtable(L);
	lua_pushcfunction(L, assign);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, read_name);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}
