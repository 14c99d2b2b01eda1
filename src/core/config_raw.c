/*
 * config_raw.c: from Lua's values to raw ones that need no Lua.
 */
#include "core/config_lua.h"

#include <stdio.h>
#include <stdlib.h>

static void collect_value(
	lua_State *L, int at, unsigned tables, struct config_raw *ret);

static int compare_fields(const void *a, const void *b)
{
	return strcmp(((const struct config_raw_field *)a)->name,
		((const struct config_raw_field *)b)->name);
}

static bool is_item_key(lua_State *L, int key, size_t items)
{
	lua_Integer n;

	if (!lua_isinteger(L, key))
		return false;
	n = lua_tointeger(L, key);
	return n >= 1 && (uint64_t)n <= items;
}

static const char *field_name(lua_State *L, int key, struct pool *pool)
{
	if (lua_type(L, key) == LUA_TSTRING)
		return pool_strdup(pool, lua_tostring(L, key));
	if (lua_isinteger(L, key))
		return pool_printf(
			pool, "[%lld]", (long long)lua_tointeger(L, key));
	return pool_printf(pool, "[%s]", lua_typename(L, lua_type(L, key)));
}

static size_t count_fields(lua_State *L, int at, size_t items)
{
	size_t count = 0;

	for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1))
		count += !is_item_key(L, -2, items);
	return count;
}

static void collect_table(
	lua_State *L, int at, unsigned tables, struct config_raw *ret)
{
	struct sandbox *s = sandbox_of(L);
	size_t n = 0;

	if (tables == 0)
		luaL_error(L,
			"tables lie too deep in each other; expected at "
			"most %d levels",
			SANDBOX_TABLES);
	luaL_checkstack(L, 8, "tables lie too deep");
	ret->item_count = lua_rawlen(L, at);
	ret->field_count = count_fields(L, at, ret->item_count);
	s->values += ret->item_count + ret->field_count;
	if (s->values > SANDBOX_VALUES)
		luaL_error(L, "too many values in tables; expected at most %d",
			SANDBOX_VALUES);
	ret->items =
		pool_alloc0(s->pool, ret->item_count * sizeof(*ret->items));
	for (size_t i = 0; i < ret->item_count; i++) {
		lua_rawgeti(L, at, (lua_Integer)i + 1);
		collect_value(L, lua_gettop(L), tables - 1, &ret->items[i]);
		lua_pop(L, 1);
	}
	ret->fields =
		pool_alloc0(s->pool, ret->field_count * sizeof(*ret->fields));
	for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1)) {
		int top = lua_gettop(L);

		if (is_item_key(L, top - 1, ret->item_count))
			continue;
		ret->fields[n].name = field_name(L, top - 1, s->pool);
		collect_value(L, top, tables - 1, &ret->fields[n++].value);
	}
	/* Lua's own order differs from run to run */
	if (n > 1)
		qsort(ret->fields, n, sizeof(*ret->fields), compare_fields);
}

static void collect_value(
	lua_State *L, int at, unsigned tables, struct config_raw *ret)
{
	struct sandbox *s = sandbox_of(L);

	switch (lua_type(L, at)) {
	case LUA_TNIL:
		ret->type = CONFIG_RAW_NIL;
		break;
	case LUA_TBOOLEAN:
		ret->type = CONFIG_RAW_BOOL;
		ret->boolean = lua_toboolean(L, at);
		break;
	case LUA_TNUMBER:
		ret->type = lua_isinteger(L, at) ? CONFIG_RAW_INT
						 : CONFIG_RAW_FLOAT;
		ret->integer = lua_tointeger(L, at);
		ret->real = lua_tonumber(L, at);
		break;
	case LUA_TSTRING:
		ret->type = CONFIG_RAW_TEXT;
		ret->text.p = lua_tolstring(L, at, &ret->text.len);
		ret->text = pool_str(s->pool, ret->text);
		break;
	case LUA_TTABLE:
		ret->type = CONFIG_RAW_TABLE;
		collect_table(L, at, tables, ret);
		break;
	default:
		ret->type = CONFIG_RAW_FUNCTION;
		break;
	}
}

int config_raw_collect(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);
	const struct config_section *section;

	for (section = s->file->sections; section; section = section->next) {
		lua_settop(L, 0);
		lua_rawgetp(L, LUA_REGISTRYINDEX, &s->assigned);
		lua_rawgeti(L, 1, section->index + 1);
		for (struct config_raw_option *o = section->options; o;
			o = o->next) {
			s->collecting = o;
			lua_getfield(L, 2, o->name);
			collect_value(L, 3, SANDBOX_TABLES, &o->value);
			lua_pop(L, 1);
		}
	}
	return 0;
}

const char *config_raw_describe(const struct config_raw *v, struct pool *pool)
{
	switch (v->type) {
	case CONFIG_RAW_NIL:
		return "nothing";
	case CONFIG_RAW_BOOL:
		return v->boolean ? "true" : "false";
	case CONFIG_RAW_INT:
		return pool_printf(pool, "%lld", (long long)v->integer);
	case CONFIG_RAW_FLOAT:
		return pool_printf(pool, "%g", v->real);
	case CONFIG_RAW_TEXT:
		return pool_printf(pool, "\"%.*s%s\"",
			(int)str_utf8_cut(v->text, 60), v->text.p,
			v->text.len > 60 ? "…" : "");
	case CONFIG_RAW_TABLE:
		return v->field_count > 0 ? "a table" : "a list";
	case CONFIG_RAW_FUNCTION:
		return "a function";
	}
	return "";
}
