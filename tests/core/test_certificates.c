/*
 * Our certificates: read, checked against what partners need, and watched
 * until they end, by a clock that is moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/certificates.h"
#include "core/plugin.h"
#include "io/mem.h"
#include "tests/io/pki.h"

const struct stox_plugin *const core_plugin_table[] = { NULL };

#define DAY_S 86400
#define NOW_S 1767323045

static const char *text_of(struct buf *b)
{
	buf_add_char(b, '\0');
	b->len--;
	return b->data;
}

/* ---- dates -------------------------------------------------------------- */

static void test_states(void **state)
{
	static const struct {
		int64_t left_s;
		enum certificate_state state;
		int64_t days;
	} cases[] = {
		{ 400 * DAY_S, CERTIFICATE_GOOD, 400 },
		{ 14 * DAY_S + 1, CERTIFICATE_GOOD, 14 },
		{ 14 * DAY_S, CERTIFICATE_SOON, 14 },
		{ 14 * DAY_S - 1, CERTIFICATE_SOON, 13 },
		{ 3 * DAY_S + 1, CERTIFICATE_SOON, 3 },
		{ 3 * DAY_S, CERTIFICATE_URGENT, 3 },
		{ 1, CERTIFICATE_URGENT, 0 },
		{ 0, CERTIFICATE_EXPIRED, 0 },
		{ -1, CERTIFICATE_EXPIRED, -1 },
		{ -DAY_S, CERTIFICATE_EXPIRED, -1 },
		{ -DAY_S - 1, CERTIFICATE_EXPIRED, -2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t end_s = (uint64_t)(NOW_S + cases[i].left_s);

		assert_int_equal(certificate_state(end_s, NOW_S),
			cases[i].state);
		assert_int_equal(certificate_days(end_s, NOW_S),
			cases[i].days);
	}
	assert_string_equal(certificate_state_name(CERTIFICATE_GOOD), "good");
	assert_string_equal(certificate_state_name(CERTIFICATE_EXPIRED),
		"expired");
}

/* ---- the watch ---------------------------------------------------------- */

struct watch {
	struct io_world *world;
	struct io_env *env;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct buf lines;
	struct certificates *certificates;
};

static void on_line(void *arg, enum stox_level level, const char *line)
{
	struct watch *w = arg;

	buf_printf(&w->lines, "%c %s\n", level == STOX_LOG_ERROR ? 'E' : 'W',
		line);
}

static int set_up(void **state)
{
	struct watch *w = base_alloc0(sizeof(*w));
	struct io_env_config c = { &w->log, &w->limits, &w->budget, NULL,
		NULL };

	limits_init(&w->limits);
	w->log.level = STOX_LOG_INFO;
	w->log.sink = on_line;
	w->log.sink_arg = w;
	buf_init(&w->lines, 1 << 20, NULL);
	w->world = io_world_new(NOW_S * UINT64_C(1000000), 7);
	w->env = io_mem_new(w->world, "192.0.2.1", &c);
	w->certificates = certificates_new(w->env, &w->log);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct watch *w = *state;

	certificates_free(&w->certificates);
	io_env_free(&w->env);
	io_world_free(&w->world);
	buf_free(&w->lines);
	free(w);
	return 0;
}

/* Watch a certificate that ends in so many days and an hour. */
static void watch(struct watch *w, int64_t days)
{
	static const char *const names[] = { "dns:contoso.com",
		"dns:*.contoso.com", NULL };
	struct io_credentials *c = io_mem_credentials(names, true);

	io_mem_credentials_expire(c, (uint64_t)(NOW_S + days * DAY_S + 3600));
	certificates_watch(w->certificates, c);
	io_credentials_unref(&c);
}

static void pass(struct watch *w, unsigned hours)
{
	for (; hours > 0; hours--)
		io_world_advance(w->world, 3600000);
}

/* One line has come, and it holds these; NULL: none has. */
static void expect(struct watch *w, const char *event, const char *days)
{
	const char *text = text_of(&w->lines);
	const char *end = strchr(text, '\n');

	if (!event) {
		assert_string_equal(text, "");
		return;
	}
	if (!end || end[1] || !strstr(text, event) || !strstr(text, days) ||
		!strstr(text, "names=contoso.com,*.contoso.com"))
		fail_msg("wanted one %s, %s: %s", event, days, text);
	buf_clear(&w->lines);
}

/* 14 days, 3 days, and the end: each is told once. */
static void test_watch(void **state)
{
	struct watch *w = *state;

	watch(w, 20);
	expect(w, NULL, NULL);
	pass(w, 6 * 24);
	expect(w, NULL, NULL);
	pass(w, 2);
	expect(w, "W ", "certificate-expires");
	pass(w, 10 * 24);
	expect(w, NULL, NULL);
	pass(w, 24);
	expect(w, "certificate-expires", "days=3");
	pass(w, 3 * 24 - 2);
	expect(w, NULL, NULL);
	pass(w, 2);
	expect(w, "E ", "certificate-expired");
	pass(w, 30 * 24);
	expect(w, NULL, NULL);
}

/* What is urgent already is told at once, and not as soon before. */
static void test_late_start(void **state)
{
	struct watch *w = *state;

	watch(w, 2);
	expect(w, "certificate-expires", "days=2");
	watch(w, -9);
	expect(w, "certificate-expired", "days=-9");
}

/* A reload tells nothing again, and a new certificate ends the matter. */
static void test_reload(void **state)
{
	struct watch *w = *state;

	watch(w, 10);
	expect(w, "certificate-expires", "days=10");
	watch(w, 10);
	expect(w, NULL, NULL);
	watch(w, 90);
	pass(w, 20 * 24);
	expect(w, NULL, NULL);
	watch(w, 22);
	expect(w, "certificate-expires", "days=2");
	certificates_watch(w->certificates, NULL);
	pass(w, 30 * 24);
	expect(w, NULL, NULL);
}

/* The wall clock jumps: it is seen within a day. */
static void test_jump(void **state)
{
	struct watch *w = *state;

	watch(w, 90);
	io_world_wall(w->world, 80 * INT64_C(86400000000));
	expect(w, NULL, NULL);
	pass(w, 24);
	expect(w, "certificate-expires", "days=9");
}

static void test_dates(void **state)
{
	static const char *const names[] = { "dns:contoso.com", NULL };
	static const struct {
		int64_t days;
		const char *text; /* "": none */
	} cases[] = {
		{ 30, "" },
		{ 13, "(contoso.com) ends in 13 days\n" },
		{ 1, "(contoso.com) ends in 1 days\n" },
		{ -5, "(contoso.com) has expired, 5 days ago\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct io_credentials *c = io_mem_credentials(names, true);
		struct buf out;

		buf_init(&out, 1000, NULL);
		io_mem_credentials_expire(c,
			(uint64_t)(NOW_S + cases[i].days * DAY_S));
		certificates_dates(c, NOW_S, &out);
		if (!str_ends(buf_str(&out), str_from(cases[i].text)) ||
			(!*cases[i].text && out.len > 0))
			fail_msg("%s", text_of(&out));
		buf_free(&out);
		io_credentials_unref(&c);
	}
}

/* ---- what partners need ------------------------------------------------- */

struct files {
	struct pki pki;
	struct io_env *env;
	struct plugins *plugins;
	struct config *config;
	struct buf errors, warnings;
};

static int set_up_files(void **state)
{
	static const char *const names[] = { "dns:contoso.com", NULL };
	struct files *f = base_alloc0(sizeof(*f));

	f->env = io_uv_new(NULL);
	f->plugins = plugins_new(NULL);
	buf_init(&f->errors, 1 << 16, NULL);
	buf_init(&f->warnings, 1 << 16, NULL);
	pki_init(&f->pki);
	pki_make(&f->pki, &(struct pki_spec){ .name = "contoso.com",
				  .sans = names,
				  .eku = GNUTLS_KP_TLS_WWW_SERVER });
	pki_make(&f->pki, &(struct pki_spec){ .name = "special",
				  .sans = names });
	*state = f;
	return 0;
}

static int tear_down_files(void **state)
{
	struct files *f = *state;

	config_unref(&f->config);
	pki_free(&f->pki);
	plugins_free(&f->plugins);
	io_env_free(&f->env);
	buf_free(&f->errors);
	buf_free(&f->warnings);
	free(f);
	return 0;
}

/* Load a configuration with @more behind what all have; then its
 * certificates.  Returns 0 or what refused them. */
static int check(struct files *f, const char *more)
{
	struct io_credentials *c = NULL;
	struct buf text;
	int rc;

	config_unref(&f->config);
	buf_clear(&f->errors);
	buf_clear(&f->warnings);
	buf_init(&text, 1 << 16, NULL);
	buf_printf(&text, "host = 'contoso.com'\nplugins = {}\n"
		"certificates = '%s'\ntrust = '%s'\nSipDomain 'contoso.com'\n"
		"front_end = 'fe.contoso.com'\n%s", f->pki.certs,
		f->pki.ca_file, more);
	rc = config_load_text("t", buf_str(&text), f->plugins, &f->config,
		&f->errors, &f->warnings);
	if (rc)
		fail_msg("%s", text_of(&f->errors));
	buf_free(&text);
	buf_clear(&f->warnings);
	rc = certificates_load(f->env, f->config, &c, &f->errors);
	if (rc == 0)
		rc = certificates_check(f->config, c, &f->errors,
			&f->warnings);
	io_credentials_unref(&c);
	return rc;
}

static void expect_error(struct files *f, const char *text)
{
	if (!strstr(text_of(&f->errors), text))
		fail_msg("wanted '%s', got '%s'", text, f->errors.data);
}

static void test_option(void **state)
{
	struct files *f = *state;

	assert_int_equal(check(f, "XmppDomain 'example.org'\n"
		"certificate = 'special'\n"), 0);
	assert_int_equal(check(f, "certificate = 'special'\n"
		"XmppDomain 'example.org'\n"), 0);
	/* by a name in it, too */
	assert_int_equal(check(f, "XmppDomain 'example.org'\n"
		"certificate = 'contoso.com'\n"), 0);
	assert_string_equal(text_of(&f->errors), "");
	assert_int_equal(check(f, "XmppDomain 'example.org'\n"
		"certificate = 'none'\n"), -STOX_EINVAL);
	expect_error(f, "t:8: there is no certificate \"none\"; expected");
	assert_int_equal(check(f, "certificate = 'none'\n"
		"XmppDomain 'example.org'\n"), -STOX_EINVAL);
	expect_error(f, "t:7: there is no certificate \"none\"; expected");
}

/* Nothing but a certificate that is for servers only may prove us. */
static void test_usage(void **state)
{
	static const char words[] = "is not for clients (extended key usage): "
				    "example.org may not believe it";
	struct files *f = *state;

	assert_int_equal(check(f, "XmppDomain 'example.org'\n"
		"sasl = 'required'\ndialback = false\n"), 0);
	assert_non_null(strstr(text_of(&f->warnings), words));
	assert_non_null(strstr(text_of(&f->warnings), "contoso.com.crt"));
	assert_int_equal(check(f, "XmppDomain 'example.org'\n"
		"sasl = 'required'\ndialback = false\n"
		"certificate = 'special'\n"), 0);
	assert_string_equal(text_of(&f->warnings), "");
	/* a SIP partner that says that it wants one */
	assert_int_equal(check(f, "SipDomain 'aol.example'\n"
		"front_end = 'fe.aol.example'\ncertificate = 'contoso.com'\n"
		"client_usage = true\nXmppDomain 'example.org'\n"), 0);
	assert_non_null(strstr(text_of(&f->warnings), "is not for clients "
		"(extended key usage): aol.example, which wants that "
		"(client_usage)"));
	assert_int_equal(check(f, "SipDomain 'aol.example'\n"
		"front_end = 'fe.aol.example'\ncertificate = 'special'\n"
		"client_usage = true\nXmppDomain 'example.org'\n"), 0);
	assert_null(strstr(text_of(&f->warnings), "client_usage"));
	/* dialback is left */
	assert_int_equal(check(f, "XmppDomain 'example.org'\n"), 0);
	assert_string_equal(text_of(&f->warnings), "");
}

/* A file that cannot be read is told with the option that names it. */
static void test_unreadable(void **state)
{
	struct files *f = *state;
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/special.key", f->pki.certs);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("no key", file);
	fclose(file);
	assert_int_equal(check(f, "XmppDomain 'example.org'\n"), -STOX_EINVAL);
	assert_true(str_starts(buf_str(&f->errors), STR("t:3: ")));
	assert_non_null(strstr(text_of(&f->errors), "special.key"));
	unlink(path);
	assert_int_equal(unlink(f->pki.ca_file), 0);
	assert_int_equal(check(f, "XmppDomain 'example.org'\n"), -STOX_EINVAL);
	assert_true(str_starts(buf_str(&f->errors), STR("t:4: ")));
	assert_non_null(strstr(text_of(&f->errors), "ca.pem"));
}

#define WATCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define FILES(f) \
	cmocka_unit_test_setup_teardown(f, set_up_files, tear_down_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		WATCH(test_watch),
		WATCH(test_late_start),
		WATCH(test_reload),
		WATCH(test_jump),
		cmocka_unit_test(test_dates),
		FILES(test_option),
		FILES(test_usage),
		FILES(test_unreadable),
	};

	srandom((unsigned)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
