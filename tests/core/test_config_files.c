/*
 * Configurations of several files, and the files that they name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"

/* A folder that goes away with all that is in it, and one load. */
struct fixture {
	struct pool *pool;
	const char *folder;
	const char *made[128];
	size_t made_count;
	struct plugins *plugins;
	struct config *config;
	struct buf errors, warnings;
};

static int setup(void **state)
{
	struct fixture *f = base_alloc0(sizeof(*f));
	char name[] = "/tmp/stox-config-XXXXXX";

	assert_non_null(mkdtemp(name));
	f->pool = pool_new(NULL);
	f->folder = pool_strdup(f->pool, name);
	f->made[f->made_count++] = f->folder;
	f->plugins = plugins_new(NULL);
	buf_init(&f->errors, 1 << 20, NULL);
	buf_init(&f->warnings, 1 << 20, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	while (f->made_count > 0)
		remove(f->made[--f->made_count]);
	config_unref(&f->config);
	plugins_free(&f->plugins);
	buf_free(&f->errors);
	buf_free(&f->warnings);
	pool_free(&f->pool);
	free(f);
	return 0;
}

static const char *path_of(struct fixture *f, const char *name)
{
	const char *path = pool_printf(f->pool, "%s/%s", f->folder, name);

	assert_in_range(f->made_count, 0, 127);
	f->made[f->made_count++] = path;
	return path;
}

static const char *make_file(
	struct fixture *f, const char *name, mode_t mode, const char *text)
{
	const char *path = path_of(f, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void make_folder(struct fixture *f, const char *name)
{
	assert_int_equal(mkdir(path_of(f, name), 0700), 0);
}

/* The folder's name is not known before: it is written as "@". */
static void assert_said(
	struct fixture *f, struct buf *said, const char *expected)
{
	const char *text = "";

	for (; *expected; expected++)
		text = *expected == '@'
			       ? pool_printf(f->pool, "%s%s", text, f->folder)
			       : pool_printf(f->pool, "%s%c", text, *expected);
	buf_add_char(said, '\0');
	assert_string_equal(said->data, text);
}

static const struct config *load(struct fixture *f, const char *text)
{
	int rc = config_load(make_file(f, "stox.cfg.lua", 0600, text),
		f->plugins, &f->config, &f->errors, &f->warnings);

	assert_said(f, &f->errors, "");
	assert_int_equal(rc, 0);
	return f->config;
}

static void refuse(struct fixture *f, const char *text, const char *errors)
{
	int rc = config_load(make_file(f, "stox.cfg.lua", 0600, text),
		f->plugins, &f->config, &f->errors, &f->warnings);

	assert_said(f, &f->errors, errors);
	assert_int_equal(rc, -STOX_EINVAL);
	assert_null(f->config);
}

/* ---- Include ------------------------------------------------------------ */

static void test_include_by_pattern(void **state)
{
	struct fixture *f = *state;
	const struct config *c;

	make_folder(f, "conf.d");
	make_file(f, "conf.d/20-b.lua", 0600, "XmppDomain 'b.example'\n");
	make_file(f, "conf.d/10-a.lua", 0600,
		"XmppDomain 'a.example'\n"
		"Include 'deeper/*.lua'\n");
	make_file(f, "conf.d/ignored.txt", 0600, "broken (");
	make_folder(f, "conf.d/deeper");
	make_file(f, "conf.d/deeper/c.lua", 0600, "XmppDomain 'c.example'\n");
	c = load(f, "plugins = {}; host = 'gw.contoso.com'\n"
		    "SipDomain 'contoso.com'\n"
		    "Include 'conf.d/*.lua'\n"
		    "trusted = true\n");
	assert_int_equal(c->xmpp_domain_count, 3);
	assert_string_equal(c->xmpp_domains[0].domain, "a.example");
	assert_string_equal(c->xmpp_domains[1].domain, "c.example");
	assert_string_equal(c->xmpp_domains[2].domain, "b.example");
	/* the section of the line goes on behind it */
	assert_true(c->sip_domains[0].partner.trusted);
}

static void test_included_files_begin_globally(void **state)
{
	struct fixture *f = *state;
	const struct config *c;

	make_file(f, "more.lua", 0600, "log_level = 'debug'\n");
	c = load(f, "plugins = {}; host = 'gw.contoso.com'\n"
		    "SipDomain 'contoso.com'\n"
		    "Include 'more.lua'\n");
	assert_int_equal(c->log_level, STOX_LOG_DEBUG);
}

static void test_paths_follow_their_file(void **state)
{
	struct fixture *f = *state;
	const struct config *c;

	make_folder(f, "sub");
	make_file(f, "sub/more.lua", 0600,
		"certificates = 'certs'\ntrust = '/etc/ca.pem'\n");
	c = load(f, "plugins = {}; data = 'data'; Include 'sub/more.lua'\n"
		    "plugin_path = { 'here', '/there' }\n");
	assert_string_equal(
		c->data, pool_printf(f->pool, "%s/data", f->folder));
	assert_string_equal(c->certificates,
		pool_printf(f->pool, "%s/sub/certs", f->folder));
	assert_string_equal(c->trust, "/etc/ca.pem");
	assert_string_equal(
		c->plugin_path[0], pool_printf(f->pool, "%s/here", f->folder));
	assert_string_equal(c->plugin_path[1], "/there");
	assert_string_equal(
		c->file, pool_printf(f->pool, "%s/stox.cfg.lua", f->folder));
}

static void test_errors_of_all_files(void **state)
{
	struct fixture *f = *state;

	make_file(f, "a.lua", 0600, "sip_port = 0\ndata = {\n");
	make_file(f, "b.lua", 0600, "log_level = 'debug'\nplugins = {}\n");
	make_file(f, "c.lua", 0600, "x = nothing\n");
	/* a.lua did not end, so nobody knows what is missing: values are not
	 * looked at */
	refuse(f,
		"plugins = {}\nInclude 'a.lua'\nInclude 'b.lua'\n"
		"Include 'c.lua'\nInclude 'd.lua'\n",
		"@/stox.cfg.lua:5: @/d.lua does not exist; expected a file, or "
		"a "
		"pattern that may match none\n"
		"@/a.lua:3: unexpected symbol near <eof>; expected Lua, name = "
		"value\n"
		"@/b.lua:2: plugins is set twice; expected once: it is set at "
		"@/stox.cfg.lua:1 already\n"
		"@/c.lua:1: nothing has no value; expected a text in quotes, a "
		"number, true, false or an option that is set above\n");
}

static void test_values_of_all_files(void **state)
{
	struct fixture *f = *state;

	make_file(f, "a.lua", 0600, "\nsip_port = 0\n");
	make_file(f, "b.lua", 0600, "XmppDomain 'example.org'\n");
	refuse(f,
		"plugins = {}\nnode = ''\nInclude '[ab].lua'\n"
		"Include 'b.lua'\n",
		"@/stox.cfg.lua:2: node is \"\"; expected 1 to 8 small letters "
		"and digits\n"
		"@/a.lua:2: sip_port is 0; expected a whole number from 1 to "
		"65535\n"
		"@/b.lua:1: example.org is listed twice; expected once: it "
		"stands at @/b.lua:1 already\n");
}

static void test_include_of_itself(void **state)
{
	struct fixture *f = *state;

	make_file(f, "a.lua", 0600, "Include 'b.lua'\n");
	make_file(f, "b.lua", 0600, "\nInclude 'a.lua'\n");
	refuse(f, "plugins = {}\nInclude 'a.lua'\n",
		"@/b.lua:2: @/a.lua is being read already; expected another "
		"file\n");
}

static void test_include_too_deep(void **state)
{
	struct fixture *f = *state;

	for (int i = 1; i < 9; i++)
		make_file(f, pool_printf(f->pool, "%d.lua", i), 0600,
			pool_printf(f->pool, "Include '%d.lua'\n", i + 1));
	make_file(f, "9.lua", 0600, "");
	refuse(f, "plugins = {}\nInclude '1.lua'\n",
		"@/8.lua:1: files include each other too deep; expected at "
		"most "
		"8 levels\n");
}

static void test_include_too_often(void **state)
{
	struct fixture *f = *state;

	make_file(f, "a.lua", 0600, "");
	refuse(f, "plugins = {}\nfor i = 1, 2000 do\nInclude 'a.lua'\nend\n",
		"@/stox.cfg.lua:3: too many or too big files are included; "
		"expected at most 1000 files and 16 MiB\n");
}

static void test_limits_end_everything(void **state)
{
	struct fixture *f = *state;

	make_file(f, "a.lua", 0600, "\nwhile true do end\n");
	refuse(f, "plugins = {}\nInclude 'a.lua'\nInclude 'a.lua'\n",
		"@/a.lua:2: the configuration runs too long; expected at most "
		"1000000 instructions\n");
}

static void test_long_paths(void **state)
{
	struct fixture *f = *state;
	static const char name[] = "a-file-whose-name-is-longer-than-what-lua-"
				   "shows-in-its-messages-which-is-sixty.lua";

	make_file(f, name, 0600, "data = 1 +\n");
	refuse(f, pool_printf(f->pool, "Include '%s'\n", name),
		pool_printf(f->pool,
			"@/%s:2: unexpected symbol near <eof>; "
			"expected Lua, name = value\n",
			name));
}

static void test_unreadable_files(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(path_of(f, "fifo"), 0600), 0);
	make_folder(f, "folder.lua");
	refuse(f,
		"plugins = {}\nInclude 'fifo'\nInclude '*.lua'\n"
		"Include '/dev/null'\n",
		"@/stox.cfg.lua:2: cannot read @/fifo: not a regular file; "
		"expected a readable file\n"
		"@/stox.cfg.lua:3: cannot read @/folder.lua: not a regular "
		"file; "
		"expected a readable file\n"
		"@/stox.cfg.lua:3: @/stox.cfg.lua is being read already; "
		"expected another file\n"
		"@/stox.cfg.lua:4: cannot read /dev/null: not a regular file; "
		"expected a readable file\n");
}

static void test_writable_files(void **state)
{
	struct fixture *f = *state;
	const char *path = make_file(f, "all.lua", 0602, "plugins = {}\n");

	refuse(f, "plugins = {}\nInclude 'all.lua'\n",
		"@/stox.cfg.lua:2: cannot read @/all.lua: others can write it; "
		"expected a readable file\n");
	buf_clear(&f->errors);
	assert_int_equal(config_load(path, f->plugins, &f->config, &f->errors,
				 &f->warnings),
		-STOX_EINVAL);
	assert_said(f, &f->errors,
		"@/all.lua:1: cannot read it: others can write it; expected a "
		"readable file\n");
}

static void test_no_file(void **state)
{
	struct fixture *f = *state;
	const char *path = pool_printf(f->pool, "%s/none.lua", f->folder);

	assert_int_equal(config_load(path, f->plugins, &f->config, &f->errors,
				 &f->warnings),
		-STOX_EINVAL);
	assert_said(f, &f->errors,
		"@/none.lua:1: cannot read it: No such file "
		"or directory; expected a readable file\n");
}

/* ---- secrets ------------------------------------------------------------ */

#define WITH_SECRET_FILE                                                       \
	"plugins = {}; host = 'gw.contoso.com'\n"                              \
	"SipDomain 'contoso.com'\n"                                            \
	"    component = {\n"                                                  \
	"        secret_file = 'secret',\n"                                    \
	"    }\n"                                                              \
	"XmppDomain 'example.org'\n"

static void test_secret_from_file(void **state)
{
	static const struct {
		mode_t mode;
		const char *text;
	} cases[] = {
		{0600, "s3cret"},
		{0640, "s3cret\n"},
		{0400, "  s3cret\t\r\nsecond line\n"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *path =
			make_file(f, "secret", cases[i].mode, cases[i].text);
		const struct config *c = load(f, WITH_SECRET_FILE);

		assert_string_equal(
			c->sip_domains[0].local.component_secret, "s3cret");
		config_unref(&f->config);
		buf_clear(&f->errors);
		assert_int_equal(unlink(path), 0);
	}
}

static void refuse_secret(struct fixture *f, const char *why)
{
	refuse(f, WITH_SECRET_FILE,
		pool_printf(f->pool,
			"@/stox.cfg.lua:4: cannot take the secret from "
			"@/secret: %s; "
			"expected a file that only the daemon can read\n",
			why));
}

static void test_secret_for_all(void **state)
{
	make_file(*state, "secret", 0644, "s3cret\n");
	refuse_secret(*state, "others can read or write it");
}

static void test_secret_from_all(void **state)
{
	make_file(*state, "secret", 0602, "s3cret\n");
	refuse_secret(*state, "others can read or write it");
}

static void test_secret_behind_link(void **state)
{
	struct fixture *f = *state;
	const char *file = make_file(f, "elsewhere", 0600, "s3cret\n");

	assert_int_equal(symlink(file, path_of(f, "secret")), 0);
	refuse_secret(f, "it is a symbolic link");
}

static void test_secret_is_fifo(void **state)
{
	assert_int_equal(mkfifo(path_of(*state, "secret"), 0600), 0);
	refuse_secret(*state, "it is not a regular file");
}

static void test_secret_is_empty(void **state)
{
	make_file(*state, "secret", 0600, "\ns3cret\n");
	refuse_secret(*state, "its first line is empty");
}

static void test_secret_is_binary(void **state)
{
	make_file(*state, "secret", 0600,
		"s3\x01"
		"cret\n");
	refuse_secret(*state, "its first line is no usable text");
}

static void test_secret_is_missing(void **state)
{
	refuse_secret(*state, "No such file or directory");
}

static void test_secret_in_readable_configuration(void **state)
{
	struct fixture *f = *state;
	const char *text = "plugins = {}; host = 'gw.contoso.com'\n"
			   "SipDomain 'contoso.com'\n"
			   "    component = { secret = 's3cret' }\n"
			   "XmppDomain 'example.org'\n";
	const char *path = make_file(f, "stox.cfg.lua", 0644, text);

	assert_int_equal(config_load(path, f->plugins, &f->config, &f->errors,
				 &f->warnings),
		0);
	assert_said(f, &f->warnings,
		"@/stox.cfg.lua:3: others can read this "
		"secret; expected mode 0640 for @/stox.cfg.lua, or "
		"secret_file\n");
	config_unref(&f->config);
	buf_clear(&f->warnings);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(config_load(path, f->plugins, &f->config, &f->errors,
				 &f->warnings),
		0);
	assert_said(f, &f->warnings, "");
}

#define T(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_include_by_pattern),
		T(test_included_files_begin_globally),
		T(test_paths_follow_their_file),
		T(test_errors_of_all_files),
		T(test_values_of_all_files),
		T(test_include_of_itself),
		T(test_include_too_deep),
		T(test_include_too_often),
		T(test_limits_end_everything),
		T(test_long_paths),
		T(test_unreadable_files),
		T(test_writable_files),
		T(test_no_file),
		T(test_secret_from_file),
		T(test_secret_for_all),
		T(test_secret_from_all),
		T(test_secret_behind_link),
		T(test_secret_is_fifo),
		T(test_secret_is_empty),
		T(test_secret_is_binary),
		T(test_secret_is_missing),
		T(test_secret_in_readable_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
