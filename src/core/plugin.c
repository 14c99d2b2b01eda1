/*
 * plugin.c: find a plugin and see that its descriptor makes sense.
 */
#include "core/config_private.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NAME_MAX_LEN = 32,
	HOOKS_MAX = 1000, /* a list that forgot its end is longer */
	OPTIONS_MAX = 1000,
	PLUGINS_MAX = 256,
	/* what ABI 1 had: later fields may be missing in an old plugin */
	SIZE_OF_ABI_1 = offsetof(struct stox_plugin, sessions) + sizeof(void *),
};

struct plugins {
	struct pool *pool;
	struct pool *path_pool; /* of first */
	const char *const *first, *const *folders;
	/* what was added or loaded: a name is looked for once */
	const struct stox_plugin *known[PLUGINS_MAX];
	size_t known_count;
};

static const char *const *copy_list(struct pool *pool, const char *const *list)
{
	const char **copy;
	size_t n = 0;

	while (list && list[n])
		n++;
	copy = pool_alloc0(pool, (n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = pool_strdup(pool, list[i]);
	return copy;
}

struct plugins *plugins_new(const char *const *folders)
{
	struct plugins *p = base_alloc0(sizeof(*p));

	p->pool = pool_new(NULL);
	p->path_pool = pool_new(NULL);
	p->folders = copy_list(p->pool, folders);
	p->first = copy_list(p->path_pool, NULL);
	return p;
}

void plugins_free(struct plugins **p)
{
	if (!*p)
		return;
	pool_free(&(*p)->pool);
	pool_free(&(*p)->path_pool);
	free(*p);
	*p = NULL;
}

void plugins_path(struct plugins *p, const char *const *folders)
{
	pool_reset(p->path_pool);
	p->first = copy_list(p->path_pool, folders);
}

void plugins_add(struct plugins *p, const struct stox_plugin *plugin)
{
	stox_require(p->known_count < PLUGINS_MAX);
	p->known[p->known_count++] = plugin;
}

/* ---- descriptors -------------------------------------------------------- */

static bool is_name(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len > 0 && len <= NAME_MAX_LEN &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static const char *check_hook(const struct stox_hook *h)
{
	if ((unsigned)h->phase > STOX_OBSERVE)
		return "has no known phase";
	if ((unsigned)h->from > STOX_SIP)
		return "comes from no known side";
	if (!h->run)
		return "has no function";
	if (h->name && !*h->name)
		return "has an empty name";
	if (h->from == STOX_SIP && (h->type || h->ns))
		return "matches a stanza's type or namespace, but comes from "
		       "SIP";
	return NULL;
}

static bool check_hooks(const struct stox_plugin *plugin, struct buf *why)
{
	for (size_t i = 0; plugin->hooks && plugin->hooks[i].phase != 0; i++) {
		const char *wrong = i < HOOKS_MAX
					    ? check_hook(&plugin->hooks[i])
					    : "is one too many";

		if (!wrong)
			continue;
		buf_printf(why, "its hook %zu %s", i + 1, wrong);
		return false;
	}
	return true;
}

static const char *check_option(const struct stox_option *o)
{
	const unsigned scopes = STOX_GLOBAL | STOX_DOMAIN | STOX_PARTNER;
	struct pool *pool;
	struct config_value value;
	int rc;

	if (!is_name(o->name))
		return "has a name with other characters than [a-z0-9_]";
	if ((unsigned)o->type > STOX_URIS)
		return "has no known type";
	if (o->scope & ~scopes)
		return "has no known scope";
	if (o->min > o->max)
		return "has a minimum above its maximum";
	if ((o->type == STOX_WORD) != (o->words && o->words[0]))
		return "has words without being STOX_WORD, or the reverse";
	if (!o->help || !*o->help)
		return "has no help";
	/* typed access has no way to say "unset" for these two */
	if (!o->value && (o->type == STOX_BOOL || o->type == STOX_INT))
		return "has no default";
	pool = pool_new(NULL);
	rc = config_value_default(pool, o, &value);
	pool_free(&pool);
	return rc < 0 ? "has a default that does not fit it" : NULL;
}

static bool check_options(const struct stox_plugin *plugin, struct buf *why)
{
	const struct stox_option *options = plugin->options;

	for (size_t i = 0; options && options[i].name; i++) {
		const char *wrong = i < OPTIONS_MAX ? check_option(&options[i])
						    : "is one too many";

		for (size_t k = 0; !wrong && k < i; k++)
			if (strcmp(options[k].name, options[i].name) == 0)
				wrong = "is there twice";
		if (!wrong)
			continue;
		buf_printf(why, "its option %s %s", options[i].name, wrong);
		return false;
	}
	return true;
}

static bool check_plugin(
	const struct stox_plugin *plugin, const char *name, struct buf *why)
{
	if (plugin->abi != STOX_ABI) {
		buf_printf(why,
			"it was built for plugin interface %u, this is %d",
			(unsigned)plugin->abi, STOX_ABI);
		return false;
	}
	if (plugin->size < SIZE_OF_ABI_1 || plugin->size > sizeof(*plugin)) {
		buf_printf(why,
			"its descriptor has %u bytes, this stox knows %zu; "
			"build it again",
			(unsigned)plugin->size, sizeof(*plugin));
		return false;
	}
	if (!plugin->name || strcmp(plugin->name, name) != 0) {
		buf_printf(why, "it calls itself %s",
			plugin->name ? plugin->name : "nothing");
		return false;
	}
	if (!plugin->summary || !*plugin->summary) {
		buf_add_text(why, "it has no summary");
		return false;
	}
	return check_hooks(plugin, why) && check_options(plugin, why);
}

/* ---- finding ------------------------------------------------------------ */

/* Whoever can write the file can become the daemon. */
static const char *check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	return st.st_mode & S_IWOTH ? "others can write it" : NULL;
}

static const struct stox_plugin *load_file(
	struct plugins *p, const char *path, const char *name, struct buf *why)
{
	const struct stox_plugin *plugin = NULL;
	const char *wrong = check_file(path);
	void *library = wrong ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!wrong && !library)
		wrong = dlerror();
	if (!wrong) {
		plugin = dlsym(
			library, pool_printf(p->pool, "stox_plugin_%s", name));
		if (!plugin)
			wrong = "it holds no plugin of that name";
	}
	/* the library stays: a plugin is never unloaded, and one that was
	 * refused may have left something behind */
	if (wrong)
		buf_printf(why, "%s cannot be loaded: %s", path, wrong);
	return plugin;
}

/* The first folder that has the file decides, whatever is wrong with it. */
static bool find_file(struct plugins *p, const char *const *folders,
	const char *name, const char **ret_path, struct buf *searched)
{
	for (; *folders; folders++) {
		const char *path =
			pool_printf(p->path_pool, "%s/%s.so", *folders, name);

		if (access(path, F_OK) == 0) {
			*ret_path = path;
			return true;
		}
		buf_printf(
			searched, "%s%s", searched->len ? ", " : "", *folders);
	}
	return false;
}

static const struct stox_plugin *find_in_folders(
	struct plugins *p, const char *name, struct buf *why)
{
	static const char *const built_in[] = {PLUGINDIR, NULL};
	struct buf searched;
	const char *path = NULL;
	const struct stox_plugin *plugin = NULL;

	buf_init(&searched, 4096, NULL);
	if (find_file(p, p->first, name, &path, &searched) ||
		find_file(p, p->folders, name, &path, &searched) ||
		find_file(p, built_in, name, &path, &searched))
		plugin = load_file(p, path, name, why);
	else
		buf_printf(why, "there is no %s.so in %.*s", name,
			STR_FMT(buf_str(&searched)));
	buf_free(&searched);
	return plugin;
}

static const struct stox_plugin *find_linked(
	struct plugins *p, const char *name)
{
	for (size_t i = 0; i < p->known_count; i++)
		if (strcmp(p->known[i]->name, name) == 0)
			return p->known[i];
	for (size_t i = 0; core_plugin_table[i]; i++)
		if (strcmp(core_plugin_table[i]->name, name) == 0)
			return core_plugin_table[i];
	return NULL;
}

const struct stox_plugin *plugins_find(
	struct plugins *p, const char *name, struct buf *why)
{
	const struct stox_plugin *plugin;
	bool linked;

	if (!is_name(name)) {
		buf_printf(why,
			"a plugin's name has 1 to %d of the characters "
			"[a-z0-9_]",
			NAME_MAX_LEN);
		return NULL;
	}
	plugin = find_linked(p, name);
	linked = plugin;
	if (!plugin)
		plugin = find_in_folders(p, name, why);
	if (!plugin || !check_plugin(plugin, name, why))
		return NULL;
	if (!linked && p->known_count < PLUGINS_MAX)
		p->known[p->known_count++] = plugin;
	return plugin;
}
