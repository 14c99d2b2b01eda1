/*
 * Plugins: where they are found, and which descriptors are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/plugin.h"
#include "toy.h"

static stox_verdict nothing(void *state, struct stox_exchange *x)
{
	(void)state;
	(void)x;
	return (stox_verdict){ 0 };
}

/* ---- descriptors -------------------------------------------------------- */

#define DESCRIPTOR(abi_, size_, name_, summary_, ...) \
	{ .abi = abi_, .size = size_, .name = name_, .summary = summary_, \
		__VA_ARGS__ }
#define SIZE sizeof(struct stox_plugin)
#define PLUGIN(...) DESCRIPTOR(STOX_ABI, SIZE, "x", "X.", __VA_ARGS__)
#define HOOKS(...) \
	.hooks = (const struct stox_hook[]){ { STOX_ACCEPT, .run = nothing }, \
		{ __VA_ARGS__ }, { 0 } }
#define OPTION(...) \
	.options = (const struct stox_option[]){ { __VA_ARGS__ }, { 0 } }
#define WORDS (const char *const[]){ "a", "b", NULL }

static const struct {
	struct stox_plugin plugin;
	const char *why; /* NULL: it is good */
} cases[] = {
	{ PLUGIN(.hooks = NULL), NULL },
	{ PLUGIN(HOOKS(STOX_OBSERVE, STOX_SIP, "MESSAGE", .run = nothing)),
		NULL },
	{ PLUGIN(HOOKS(STOX_ADJUST, STOX_XMPP, "iq", "get", "urn:xmpp:ping", 5,
		  nothing)), NULL },
	{ PLUGIN(OPTION("a", STOX_INT, "s", "-3", -5, -1, NULL, STOX_DOMAIN,
		  "A.")), NULL },
	{ PLUGIN(OPTION("a", STOX_WORD, NULL, "b", 0, 0, WORDS, 0, "A.")),
		NULL },
	{ PLUGIN(OPTION("a", STOX_WORD, NULL, NULL, 0, 0, WORDS, 0, "A.")),
		NULL },
	{ PLUGIN(OPTION("a_1", STOX_STRINGS, NULL, "", 0, 0, NULL, 7, "A.")),
		NULL },

	{ DESCRIPTOR(2, SIZE, "x", "X.", .hooks = NULL),
		"it was built for plugin interface 2, this is 1" },
	{ DESCRIPTOR(0, SIZE, "x", "X.", .hooks = NULL),
		"it was built for plugin interface 0, this is 1" },
	{ DESCRIPTOR(STOX_ABI, 8, "x", "X.", .hooks = NULL),
		"its descriptor has 8 bytes, " },
	{ DESCRIPTOR(STOX_ABI, 4096, "x", "X.", .hooks = NULL),
		"its descriptor has 4096 bytes, " },
	{ DESCRIPTOR(STOX_ABI, SIZE, "x", "", .hooks = NULL),
		"it has no summary" },
	{ DESCRIPTOR(STOX_ABI, SIZE, "x", NULL, .hooks = NULL),
		"it has no summary" },

	{ PLUGIN(HOOKS(STOX_OBSERVE + 1, .run = nothing)),
		"its hook 2 has no known phase" },
	{ PLUGIN(HOOKS(-1, .run = nothing)), "its hook 2 has no known phase" },
	{ PLUGIN(HOOKS(STOX_ADJUST, 3, .run = nothing)),
		"its hook 2 comes from no known side" },
	{ PLUGIN(HOOKS(STOX_ADJUST, .name = "message")),
		"its hook 2 has no function" },
	{ PLUGIN(HOOKS(STOX_ADJUST, .name = "", .run = nothing)),
		"its hook 2 has an empty name" },
	{ PLUGIN(HOOKS(STOX_ADJUST, STOX_SIP, "INVITE", .ns = "urn:x",
		  .run = nothing)),
		"its hook 2 matches a stanza's type or namespace, but comes "
		"from SIP" },

	{ PLUGIN(OPTION("A", STOX_BOOL, NULL, "true", 0, 0, NULL, 0, "A.")),
		"its option A has a name with other characters than "
		"[a-z0-9_]" },
	{ PLUGIN(OPTION("", STOX_BOOL, NULL, "true", 0, 0, NULL, 0, "A.")),
		"its option  has a name with other characters than [a-z0-9_]" },
	{ PLUGIN(OPTION("a", STOX_URIS + 1, NULL, "true", 0, 0, NULL, 0, "A.")),
		"its option a has no known type" },
	{ PLUGIN(OPTION("a", STOX_BOOL, NULL, "true", 0, 0, NULL, 8, "A.")),
		"its option a has no known scope" },
	{ PLUGIN(OPTION("a", STOX_BOOL, NULL, "yes", 0, 0, NULL, 0, "A.")),
		"its option a has a default that does not fit it" },
	{ PLUGIN(OPTION("a", STOX_BOOL, NULL, NULL, 0, 0, NULL, 0, "A.")),
		"its option a has no default" },
	{ PLUGIN(OPTION("a", STOX_BOOL, NULL, "true", 0, 0, NULL, 0, NULL)),
		"its option a has no help" },
	{ PLUGIN(OPTION("a", STOX_INT, NULL, "5x", 0, 0, NULL, 0, "A.")),
		"its option a has a default that does not fit it" },
	{ PLUGIN(OPTION("a", STOX_INT, NULL, "6", 1, 5, NULL, 0, "A.")),
		"its option a has a default that does not fit it" },
	{ PLUGIN(OPTION("a", STOX_INT, NULL, "6", 5, 1, NULL, 0, "A.")),
		"its option a has a minimum above its maximum" },
	{ PLUGIN(OPTION("a", STOX_INT, NULL, "99999999999999999999", 0, 0, NULL,
		  0, "A.")),
		"its option a has a default that does not fit it" },
	{ PLUGIN(OPTION("a", STOX_WORD, NULL, "c", 0, 0, WORDS, 0, "A.")),
		"its option a has a default that does not fit it" },
	{ PLUGIN(OPTION("a", STOX_WORD, NULL, NULL, 0, 0, NULL, 0, "A.")),
		"its option a has words without being STOX_WORD, or the "
		"reverse" },
	{ PLUGIN(OPTION("a", STOX_STRING, NULL, NULL, 0, 0, WORDS, 0, "A.")),
		"its option a has words without being STOX_WORD, or the "
		"reverse" },
	{ PLUGIN(.options = (const struct stox_option[]){
		  { "a", STOX_STRING, .help = "A." },
		  { "b", STOX_STRING, .help = "B." },
		  { "a", STOX_STRING, .help = "A." }, { 0 } }),
		"its option a is there twice" },
};

static void test_descriptors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugins *plugins = plugins_new(NULL);
		const struct stox_plugin *found;
		struct buf why;

		buf_init(&why, 4096, NULL);
		plugins_add(plugins, &cases[i].plugin);
		found = plugins_find(plugins, "x", &why);
		buf_add_char(&why, '\0');
		if (cases[i].why) {
			why.data[strnlen(why.data,
				strlen(cases[i].why))] = '\0';
			assert_string_equal(why.data, cases[i].why);
			assert_null(found);
		} else {
			assert_string_equal(why.data, "");
			assert_ptr_equal(found, &cases[i].plugin);
		}
		buf_free(&why);
		plugins_free(&plugins);
	}
}

/* A list that forgot its end is not followed for ever. */
static void test_endless_lists(void **state)
{
	static struct stox_hook hooks[1002];
	static struct stox_option options[1002];
	static char names[1002][8];
	struct stox_plugin with_hooks = PLUGIN(.hooks = hooks);
	struct stox_plugin with_options = PLUGIN(.options = options);
	const struct stox_plugin *plugin[] = { &with_hooks, &with_options };
	const char *why_not[] = { "its hook 1001 is one too many",
		"its option o1000 is one too many" };

	(void)state;
	for (int i = 0; i < 1001; i++) {
		snprintf(names[i], sizeof(names[i]), "o%d", i);
		hooks[i] = (struct stox_hook){ STOX_ADJUST, .run = nothing };
		options[i] = (struct stox_option){ names[i], STOX_STRING,
			.help = "O." };
	}
	for (size_t i = 0; i < 2; i++) {
		struct plugins *plugins = plugins_new(NULL);
		struct buf why;

		buf_init(&why, 4096, NULL);
		plugins_add(plugins, plugin[i]);
		assert_null(plugins_find(plugins, "x", &why));
		assert_true(str_is(buf_str(&why), why_not[i]));
		buf_free(&why);
		plugins_free(&plugins);
	}
}

/* ---- finding ------------------------------------------------------------ */

struct fixture {
	struct plugins *plugins;
	struct buf why;
	struct pool *pool;
	const char *built;              /* where tide.so is */
	char folder[32];                /* empty at first */
	const char *made[8];
	size_t made_count;
};

static int setup(void **state)
{
	struct fixture *f = base_alloc0(sizeof(*f));
	const char *top = getenv("STOX_BUILDDIR");

	f->pool = pool_new(NULL);
	f->built = pool_printf(f->pool, "%s/tests/core/.libs", top ? top : ".");
	snprintf(f->folder, sizeof(f->folder), "/tmp/stox-plugin-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->plugins = plugins_new(NULL);
	buf_init(&f->why, 4096, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	while (f->made_count > 0)
		unlink(f->made[--f->made_count]);
	rmdir(f->folder);
	plugins_free(&f->plugins);
	buf_free(&f->why);
	pool_free(&f->pool);
	free(f);
	return 0;
}

static void assert_refused(struct fixture *f, const char *name, const char *why)
{
	buf_clear(&f->why);
	assert_null(plugins_find(f->plugins, name, &f->why));
	buf_add_char(&f->why, '\0');
	assert_string_equal(f->why.data, why);
}

static const char *make_file(struct fixture *f, const char *name,
	const char *text, mode_t mode)
{
	const char *path = pool_printf(f->pool, "%s/%s", f->folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	f->made[f->made_count++] = path;
	return path;
}

static void search(struct fixture *f, const char *first, const char *second)
{
	plugins_path(f->plugins, (const char *const[]){ first, second, NULL });
}

static void test_linked(void **state)
{
	struct fixture *f = *state;
	static const struct stox_plugin other = DESCRIPTOR(STOX_ABI, SIZE,
		"toy", "Another.", .hooks = NULL);

	assert_ptr_equal(plugins_find(f->plugins, "toy", &f->why), &toy_plugin);
	/* what the program adds comes before what it links */
	plugins_add(f->plugins, &other);
	assert_ptr_equal(plugins_find(f->plugins, "toy", &f->why), &other);
}

static void test_names(void **state)
{
	static const char why[] = "a plugin's name has 1 to 32 of the "
		"characters [a-z0-9_]";

	assert_refused(*state, "", why);
	assert_refused(*state, "../toy", why);
	assert_refused(*state, "Toy", why);
	assert_refused(*state, "a-b", why);
	assert_refused(*state, "abcdefghijklmnopqrstuvwxyz0123456", why);
}

static void test_missing(void **state)
{
	struct fixture *f = *state;
	struct plugins *given = plugins_new((const char *const[]){ "/nowhere/c",
		NULL });

	assert_refused(f, "nope", "there is no nope.so in " PLUGINDIR);
	plugins_free(&f->plugins);
	f->plugins = given;
	search(f, "/nowhere/a", "/nowhere/b");
	assert_refused(f, "nope", "there is no nope.so in /nowhere/a, "
		"/nowhere/b, /nowhere/c, " PLUGINDIR);
	plugins_path(f->plugins, NULL);
	assert_refused(f, "nope", "there is no nope.so in /nowhere/c, "
		PLUGINDIR);
}

static void test_loaded(void **state)
{
	struct fixture *f = *state;
	const struct stox_plugin *tide;

	search(f, f->folder, f->built);
	tide = plugins_find(f->plugins, "tide", &f->why);
	assert_int_equal(f->why.len, 0);
	assert_non_null(tide);
	assert_string_equal(tide->summary, "Comes and goes.");
	assert_string_equal(tide->options[0].name, "height");
	/* found once, known for good */
	plugins_path(f->plugins, NULL);
	assert_ptr_equal(plugins_find(f->plugins, "tide", &f->why), tide);
}

static void test_given_folders(void **state)
{
	struct fixture *f = *state;
	struct plugins *given = plugins_new((const char *const[]){ f->built,
		NULL });

	assert_non_null(plugins_find(given, "tide", &f->why));
	plugins_free(&given);
	assert_null(given);
	plugins_free(&given);
}

static void test_wrong_name(void **state)
{
	struct fixture *f = *state;
	const char *path = pool_printf(f->pool, "%s/ebb.so", f->folder);

	assert_int_equal(symlink(pool_printf(f->pool, "%s/tide.so", f->built),
		path), 0);
	f->made[f->made_count++] = path;
	search(f, f->folder, NULL);
	assert_refused(f, "ebb", pool_printf(f->pool, "%s cannot be loaded: it "
		"holds no plugin of that name", path));
}

static void test_no_library(void **state)
{
	struct fixture *f = *state;
	const char *path = make_file(f, "junk.so", "this is no library", 0600);

	search(f, f->folder, f->built);
	buf_clear(&f->why);
	assert_null(plugins_find(f->plugins, "junk", &f->why));
	assert_true(str_starts(buf_str(&f->why), str_from(pool_printf(f->pool,
		"%s cannot be loaded: ", path))));
}

/* The first folder decides: what lies behind is not taken instead. */
static void test_writable_by_others(void **state)
{
	struct fixture *f = *state;
	const char *path = make_file(f, "tide.so", "", 0666);

	search(f, f->folder, f->built);
	assert_refused(f, "tide", pool_printf(f->pool, "%s cannot be loaded: "
		"others can write it", path));
}

#define T(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_endless_lists),
		T(test_linked),
		T(test_names),
		T(test_missing),
		T(test_loaded),
		T(test_given_folders),
		T(test_wrong_name),
		T(test_no_library),
		T(test_writable_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
