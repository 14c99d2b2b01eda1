#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

#define UMLAUT "\xc3\xa4"

struct kept {
	char line[2000];
	enum stox_level level;
	int count;
};

static void keep(void *arg, enum stox_level level, const char *line)
{
	struct kept *k = arg;

	snprintf(k->line, sizeof(k->line), "%s", line);
	k->level = level;
	k->count++;
}

static void lines_have_one_shape(void **state)
{
	struct kept k = { .count = 0 };
	struct log log = { .level = STOX_LOG_INFO, .sink = keep,
		.sink_arg = &k };

	(void)state;
	log_event(&log, STOX_LOG_INFO, "xmpp", 0, "open", NULL);
	assert_string_equal(k.line, "info xmpp open");
	log_event(&log, STOX_LOG_WARN, "sip", 0x1a0000002f, "refused",
		"peer=%s code=%d", "fe.contoso.com", 403);
	assert_string_equal(k.line,
		"warn sip x=1a0000002f refused peer=fe.contoso.com code=403");
	assert_int_equal(k.level, STOX_LOG_WARN);
	log_event(&log, STOX_LOG_ERROR, "core", 0, "end", "n=%d", 1);
	assert_string_equal(k.line, "error core end n=1");
	assert_int_equal(k.count, 3);
}

static void levels_filter_and_count(void **state)
{
	struct kept k = { .count = 0 };
	struct log log = { .level = STOX_LOG_WARN, .sink = keep,
		.sink_arg = &k };

	(void)state;
	log_event(&log, STOX_LOG_DEBUG, "a", 0, "b", NULL);
	log_event(&log, STOX_LOG_INFO, "a", 0, "b", NULL);
	assert_int_equal(k.count, 0);
	assert_false(log_wants(&log, STOX_LOG_INFO));
	assert_true(log_wants(&log, STOX_LOG_WARN));
	assert_false(log_wants(NULL, STOX_LOG_ERROR));
	log_event(NULL, STOX_LOG_ERROR, "a", 0, "b", NULL);
	log_event(&log, STOX_LOG_WARN, "a", 0, "b", NULL);
	log.level = STOX_LOG_DEBUG;
	log_event(&log, STOX_LOG_DEBUG, "a", 0, "b", NULL);
	assert_string_equal(k.line, "debug a b");
	assert_int_equal(log.counts[STOX_LOG_WARN], 1);
	assert_int_equal(log.counts[STOX_LOG_DEBUG], 1);
	assert_int_equal(log.counts[STOX_LOG_INFO], 0);
}

static void an_event_is_one_line(void **state)
{
	struct kept k = { .count = 0 };
	struct log log = { .level = STOX_LOG_INFO, .sink = keep,
		.sink_arg = &k };

	(void)state;
	log_event(&log, STOX_LOG_INFO, "a", 0, "b", "x=%s",
		"1\nerror core fake\r\t\x7f\x1b[0m");
	assert_string_equal(k.line, "info a b x=1?error core fake????[0m");
}

static void long_lines_are_cut(void **state)
{
	struct kept k = { .count = 0 };
	struct log log = { .level = STOX_LOG_INFO, .sink = keep,
		.sink_arg = &k };
	char text[3000];

	(void)state;
	/* whatever the alignment, no character is cut in two */
	for (size_t shift = 0; shift < 2; shift++) {
		size_t len = 0;

		while (len < shift)
			text[len++] = '.';
		while (len < 2990) {
			memcpy(text + len, UMLAUT, 2);
			len += 2;
		}
		text[len] = '\0';
		log_event(&log, STOX_LOG_INFO, "a", 0, "b", "%s", text);
		len = strlen(k.line);
		assert_in_range(len, 1018, 1023);
		assert_string_equal(k.line + len - 3, "...");
		assert_true(str_is_utf8(str_from(k.line)));
	}
}

/* Run @make with standard error going to a pipe; what it wrote. */
static void capture(void (*make)(struct log *log), struct log *log, char *out,
	size_t size)
{
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	make(log);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], out, size - 1);
	close(ends[0]);
	assert_true(n >= 0);
	out[n] = '\0';
}

static void make_one(struct log *log)
{
	errno = ENOTTY;
	log_event(log, STOX_LOG_WARN, "io", 7, "dns", "name=%s", "a");
	assert_int_equal(errno, ENOTTY);
}

static void standard_error_is_the_default(void **state)
{
	struct log log = { .level = STOX_LOG_INFO };
	char out[200];

	(void)state;
	capture(make_one, &log, out, sizeof(out));
	assert_string_equal(out, "warn io x=7 dns name=a\n");
	log.stderr_levels = true;
	capture(make_one, &log, out, sizeof(out));
	assert_string_equal(out, "<4>warn io x=7 dns name=a\n");
}

static void peers_text_is_quoted(void **state)
{
	static const struct {
		struct str in;
		size_t size;
		const char *out;
	} cases[] = {
		{ STR(""), 64, "\"\"" },
		{ STR("two words"), 64, "\"two words\"" },
		{ STR("a\"b\\c"), 64, "\"a\\x22b\\x5Cc\"" },
		{ STR("\r\n\0"), 64, "\"\\x0D\\x0A\\x00\"" },
		{ STR("J" UMLAUT "ger"), 64, "\"J" UMLAUT "ger\"" },
		{ STR("\xc3"), 64, "\"\\xC3\"" },
		{ STR("\xff\xfe"), 64, "\"\\xFF\\xFE\"" },
		/* C1 control, right-to-left override, zero width space */
		{ STR("\xc2\x9b"), 64, "\"\\xC2\\x9B\"" },
		{ STR("\xe2\x80\xae"), 64, "\"\\xE2\\x80\\xAE\"" },
		{ STR("\xe2\x80\x8b"), 64, "\"\\xE2\\x80\\x8B\"" },
		{ STR("12345"), 8, "\"12345\"" },
		{ STR("123456"), 8, "\"12...\"" },
		{ STR("123456"), 9, "\"123456\"" },
		{ STR("a\n\n"), 10, "\"a...\"" },
		{ STR("abc"), 5, "" },
		{ STR("abc"), 1, "" },
		{ { NULL, 0 }, 10, "\"\"" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(out, 'Z', sizeof(out));
		assert_ptr_equal(log_text(cases[i].in, out, cases[i].size),
			out);
		assert_string_equal(out, cases[i].out);
	}
	assert_ptr_equal(log_text(STR("x"), out, 0), out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_one_shape),
		cmocka_unit_test(levels_filter_and_count),
		cmocka_unit_test(an_event_is_one_line),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(standard_error_is_the_default),
		cmocka_unit_test(peers_text_is_quoted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
