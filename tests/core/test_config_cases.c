/*
 * What stox says about configurations: the cases of config_cases.txt, and
 * those that do not fit into a text file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/config.h"

struct example {
	const char *name;
	struct str text, errors, warnings;
};

enum { EXAMPLES_MAX = 400 };

static struct str read_cases(struct pool *pool)
{
	const char *folder = getenv("STOX_SRCDIR");
	const char *path = pool_printf(
		pool, "%s/tests/core/config_cases.txt", folder ? folder : ".");
	FILE *file = fopen(path, "r");
	char *text = pool_alloc(pool, 1 << 20);
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, 1 << 20, file);
	assert_in_range(len, 1, (1 << 20) - 1);
	fclose(file);
	return (struct str){text, len};
}

/* Append one line to a part of an example; the parts are contiguous. */
static void add_line(struct str *part, struct str line)
{
	if (!part->p)
		part->p = line.p;
	part->len = (size_t)(line.p + line.len + 1 - part->p);
}

static struct str with_folder(struct pool *pool, struct str text)
{
	static const char name[] = "@PLUGINDIR@";
	const char *at =
		text.len ? memmem(text.p, text.len, name, sizeof(name) - 1)
			 : NULL;
	size_t before = at ? (size_t)(at - text.p) : 0;

	if (!at)
		return text;
	return str_from(pool_printf(pool, "%.*s%s%.*s", (int)before, text.p,
		PLUGINDIR, (int)(text.len - before - sizeof(name) + 1),
		at + sizeof(name) - 1));
}

static size_t parse_cases(
	struct pool *pool, struct str all, struct example *examples)
{
	struct example *e = NULL;
	struct str *part = NULL;
	size_t count = 0;

	while (all.p) {
		struct str line = str_cut(&all, '\n');

		if (str_starts(line, STR("## "))) {
			assert_in_range(count, 0, EXAMPLES_MAX - 1);
			e = &examples[count++];
			e->name = pool_strndup(pool, line.p + 3, line.len - 3);
			part = &e->text;
		} else if (str_is(line, "=> errors")) {
			part = &e->errors;
		} else if (str_is(line, "=> warnings")) {
			part = &e->warnings;
		} else if (line.len == 0) {
			part = NULL;
		} else if (part) {
			add_line(part, line);
		}
	}
	for (size_t i = 0; i < count; i++)
		examples[i].errors = with_folder(pool, examples[i].errors);
	return count;
}

static void assert_text(struct buf *is, struct str expected)
{
	char *copy = base_alloc0(expected.len + 1);

	if (expected.len > 0)
		memcpy(copy, expected.p, expected.len);
	buf_add_char(is, '\0');
	assert_string_equal(is->data, copy);
	free(copy);
}

static void run_example(void **state)
{
	const struct example *e = *state;
	struct plugins *plugins = plugins_new(NULL);
	struct config *c = NULL;
	struct buf errors, warnings;
	int rc;

	buf_init(&errors, 1 << 20, NULL);
	buf_init(&warnings, 1 << 20, NULL);
	rc = config_load_text("t", e->text, plugins, &c, &errors, &warnings);
	assert_text(&errors, e->errors);
	if (e->errors.len == 0 || e->warnings.len > 0)
		assert_text(&warnings, e->warnings);
	assert_int_equal(rc, e->errors.len > 0 ? -STOX_EINVAL : 0);
	assert_true((c == NULL) == (rc < 0));
	config_unref(&c);
	plugins_free(&plugins);
	buf_free(&errors);
	buf_free(&warnings);
}

/* ---- what the sandbox keeps out ----------------------------------------- */

static const char *const forbidden[] = {"os", "io", "require", "package",
	"load", "loadstring", "loadfile", "dofile", "debug", "coroutine",
	"setmetatable", "getmetatable", "rawset", "rawget", "rawequal", "_G",
	"print", "error", "pcall", "xpcall", "select", "next", "collectgarbage",
	"string.rep", "string.dump", "string.gsub", "string.find", "table.move",
	"table.unpack", "math.random", "('').rep", "('').dump", "('').find",
	"_ENV.os", "utf8"};

static void run_forbidden(void **state)
{
	const char *name = *state;
	struct pool *pool = pool_new(NULL);
	struct example e = {
		.text = str_from(pool_printf(pool,
			"plugins = {}\n"
			"local x = %s\n"
			"sip_port = type(x) == 'nil' and 0 or 1\n",
			name)),
	};
	struct buf errors;
	struct plugins *plugins = plugins_new(NULL);
	struct config *c = NULL;

	/* 0 is out of range: an error in either case tells that it is not
	 * there, and success would tell that it is */
	buf_init(&errors, 1 << 20, NULL);
	assert_int_equal(
		config_load_text("t", e.text, plugins, &c, &errors, &errors),
		-STOX_EINVAL);
	assert_non_null(
		memmem(errors.data, errors.len, "t:3: sip_port is 0", 18));
	buf_free(&errors);
	plugins_free(&plugins);
	pool_free(&pool);
}

/* ---- what no text file holds -------------------------------------------- */

static const struct example odd[] = {
	{"compiled Lua", STR("\x1bLua\x54\x00"),
		STR("t:1: this is compiled Lua; expected text\n"), {0}},
	{"NUL in the text", STR("plugins = {}\0x"),
		STR("t:1: unexpected symbol; expected Lua, name = value\n"),
		{0}},
	{"control characters in a name", STR("plugins = {}\n_ENV['a\\nb'] = 1"),
		STR("t:2: there is no option a b; expected one of core or of a "
		    "plugin that is loaded\n"),
		{0}},
	{"text that goes on and on",
		STR("plugins = {}\ntls = '"
		    "0123456789012345678901234567890123456789012345678901234567"
		    "890"
		    "0123456789012345678901234567890123456789012345678901234567"
		    "890"
		    "'\nlog_level = "
		    "'\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		    "\xc3"
		    "\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
		    "\xa4"
		    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		    "\xc3"
		    "\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
		    "\xa4"
		    "\xc3\xa4'"),
		STR("t:2: tls does not belong in the global section; expected "
		    "it in an XmppDomain section\n"
		    "t:3: log_level is "
		    "\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		    "\xc3\xa4\xc3\xa4…\"; expected \"error\", \"warn\", "
		    "\"info\" or \"debug\"\n"),
		{0}},
};

static size_t count_lines(const struct buf *b)
{
	size_t lines = 0;

	for (size_t i = 0; i < b->len; i++)
		lines += b->data[i] == '\n';
	return lines;
}

static void assert_many(const char *text, size_t errors, const char *last_error,
	size_t warnings, const char *last_warning)
{
	struct plugins *plugins = plugins_new(NULL);
	struct config *c = NULL;
	struct buf e, w;
	int rc;

	buf_init(&e, 1 << 20, NULL);
	buf_init(&w, 1 << 20, NULL);
	rc = config_load_text("t", str_from(text), plugins, &c, &e, &w);
	assert_int_equal(rc, -STOX_EINVAL);
	assert_int_equal(count_lines(&e), errors);
	assert_true(str_ends(buf_str(&e), str_from(last_error)));
	assert_int_equal(count_lines(&w), warnings);
	assert_true(str_ends(buf_str(&w), str_from(last_warning)));
	plugins_free(&plugins);
	buf_free(&e);
	buf_free(&w);
}

static void test_many_errors(void **state)
{
	(void)state;
	assert_many("plugins = {}\nfor i = 1, 300 do _ENV['x' .. i] = 1 end\n",
		201, "t:1: there are more: only 200 of 300 are shown\n", 2,
		"expected one\n");
}

/* Warnings do not take the room of errors. */
static void test_many_warnings(void **state)
{
	(void)state;
	assert_many("plugins = {}\nhost = 'gw.example.org'\n"
		    "SipDomain 'contoso.com'\n"
		    "for i = 1, 300 do\n"
		    "XmppDomain('x' .. i .. '.example'); tls = 'off'\n"
		    "end\n"
		    "XmppDomain 'x1.example'\n",
		1,
		"t:7: x1.example is listed twice; expected once: it stands at "
		"t:5 already\n",
		201, "t:1: there are more: only 200 of 300 are shown\n");
}

static void test_endless_mistakes(void **state)
{
	(void)state;
	assert_many("plugins = {}\nwhile true do x = nothing end\n", 201,
		"t:1: there are more: only 200 of 201 are shown\n", 0, "");
}

int main(void)
{
	static struct CMUnitTest tests[EXAMPLES_MAX + 64];
	static struct example examples[EXAMPLES_MAX];
	static const struct CMUnitTest many[] = {
		cmocka_unit_test(test_many_errors),
		cmocka_unit_test(test_many_warnings),
		cmocka_unit_test(test_endless_mistakes),
	};
	struct pool *pool = pool_new(NULL);
	size_t count = parse_cases(pool, read_cases(pool), examples), n = 0;
	int failed;

	for (size_t i = 0; i < count; i++)
		tests[n++] = (struct CMUnitTest){examples[i].name, run_example,
			NULL, NULL, &examples[i]};
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		tests[n++] = (struct CMUnitTest){odd[i].name, run_example, NULL,
			NULL, (void *)(uintptr_t)&odd[i]};
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
		tests[n++] = (struct CMUnitTest){forbidden[i], run_forbidden,
			NULL, NULL, (void *)(uintptr_t)forbidden[i]};
	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++)
		tests[n++] = many[i];
	failed = _cmocka_run_group_tests("config_cases", tests, n, NULL, NULL);
	pool_free(&pool);
	return failed;
}
