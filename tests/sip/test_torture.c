/*
 * The messages of RFC 4475 and RFC 5118, read from ../shared/data next to the
 * source; skipped when they are not there.  test_message has cases of its own
 * for the same rules.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sip/message.h"
#include "stox/types.h"

enum { ACCEPT = 0, DROP = -1 };

struct torture {
	const char *file;
	int parse;         /* ACCEPT, DROP or the status to answer */
	const char *method;
	bool stream_error; /* framing a stream refuses it */
	long frame;        /* bytes framing takes; 0: all; -1: waits for more */
};

static const struct torture rfc4475[] = {
	{ "wsinv", ACCEPT, "INVITE", false, 0 },
	{ "intmeth", ACCEPT, "!interesting-Method0123456789_*+`.%indeed'~",
		false, 0 },
	{ "esc01", ACCEPT, "INVITE", false, 0 },
	{ "escnull", ACCEPT, "REGISTER", false, 0 },
	{ "esc02", ACCEPT, "RE%47IST%45R", false, 0 },
	{ "lwsdisp", ACCEPT, "OPTIONS", false, 0 },
	{ "longreq", ACCEPT, "INVITE", false, 0 },
	/* the first of two; the stream goes on behind it */
	{ "dblreq", ACCEPT, "REGISTER", false, 300 },
	{ "semiuri", ACCEPT, "OPTIONS", false, 0 },
	{ "transports", ACCEPT, "OPTIONS", false, 0 },
	{ "mpart01", ACCEPT, "MESSAGE", false, 0 },
	{ "unreason", ACCEPT, "INVITE", false, 0 },
	{ "noreason", ACCEPT, "INVITE", false, 0 },
	{ "badinv01", 400, "INVITE", false, 0 },
	{ "clerr", 400, "INVITE", false, -1 },
	{ "ncl", 400, "INVITE", true, 0 },
	{ "scalar02", 400, "REGISTER", false, 0 },
	{ "scalarlg", DROP, "", false, 0 },
	{ "quotbal", 400, "INVITE", false, 0 },
	{ "ltgtruri", 400, "INVITE", false, 0 },
	{ "lwsruri", 400, "INVITE", false, 0 },
	{ "lwsstart", 400, "INVITE", false, 0 },
	{ "trws", 400, "OPTIONS", false, 0 },
	{ "escruri", 400, "INVITE", false, 0 },
	{ "baddate", ACCEPT, "INVITE", false, 0 },
	{ "regbadct", 400, "REGISTER", false, 0 },
	{ "badaspec", 400, "OPTIONS", false, 0 },
	{ "baddn", 400, "OPTIONS", false, -1 },
	{ "badvers", 505, "OPTIONS", false, 0 },
	{ "mismatch01", 400, "OPTIONS", false, 0 },
	{ "mismatch02", 400, "NEWMETHOD", false, 0 },
	{ "bigcode", DROP, "INVITE", false, 0 },
	{ "badbranch", 400, "OPTIONS", false, 0 },
	{ "insuf", 400, "INVITE", false, 0 },
	{ "unkscm", 416, "OPTIONS", false, 0 },
	{ "novelsc", 416, "OPTIONS", false, 0 },
	{ "unksm2", ACCEPT, "REGISTER", false, 0 },
	{ "bext01", ACCEPT, "OPTIONS", false, 0 },
	{ "invut", ACCEPT, "INVITE", false, 0 },
	{ "regaut01", ACCEPT, "REGISTER", false, 0 },
	{ "multi01", 400, "INVITE", false, 0 },
	{ "mcl01", 400, "OPTIONS", true, 0 },
	{ "bcast", ACCEPT, "INVITE", false, 0 },
	{ "zeromf", ACCEPT, "OPTIONS", false, 0 },
	{ "cparam01", ACCEPT, "REGISTER", false, 0 },
	{ "cparam02", ACCEPT, "REGISTER", false, 0 },
	{ "regescrt", ACCEPT, "REGISTER", false, 0 },
	{ "sdp01", ACCEPT, "INVITE", false, 0 },
	{ "inv2543", ACCEPT, "INVITE", true, 0 },
	{ "test", 400, "INVITE", false, 0 },
};

static const struct torture rfc5118[] = {
	{ "ipv6-good", ACCEPT, "REGISTER", false, 0 },
	{ "ipv6-bad", 400, "REGISTER", false, 0 },
	{ "port-ambiguous", ACCEPT, "REGISTER", false, 0 },
	{ "port-unambiguous", ACCEPT, "REGISTER", false, 0 },
	{ "via-received-param-with-delim", ACCEPT, "BYE", false, 0 },
	{ "via-received-param-no-delim", ACCEPT, "OPTIONS", false, 0 },
	{ "ipv6-in-sdp", ACCEPT, "INVITE", false, 0 },
	{ "mult-ip-in-header", ACCEPT, "BYE", false, 0 },
	{ "mult-ip-in-sdp", ACCEPT, "INVITE", false, 0 },
	{ "ipv4-mapped-ipv6", ACCEPT, "INVITE", false, 0 },
	{ "ipv6-bug-abnf-3-colons", ACCEPT, "OPTIONS", false, 0 },
	{ "ipv6-correct-abnf-2-colons", ACCEPT, "OPTIONS", false, 0 },
};

/* Lengths that fit once the lines end with CRLF. */
static const struct {
	const char *file, *from, *to;
} repairs[] = {
	{ "ipv4-mapped-ipv6", "Content-Length: 236", "Content-Length: 245" },
	{ "ipv6-in-sdp", "Content-Length: 268", "Content-Length: 251" },
	{ "mult-ip-in-sdp", "Content-Length: 181", "Content-Length: 189" },
};

static void data_path(char *out, size_t size, const char *set, const char *file,
	const char *ending)
{
	const char *top = getenv("STOX_SRCDIR");

	snprintf(out, size, "%s/../shared/data/%s/%s%s", top ? top : ".", set,
		file, ending);
}

static size_t read_data(char *out, size_t size, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	len = fread(out, 1, size, f);
	assert_int_equal(fclose(f), 0);
	assert_true(len && len < size);
	return len;
}

/* Frame as a stream does and parse what is there. */
static void check(const struct torture *t, char *bytes, size_t len)
{
	struct limits limits;
	struct sip_framing framing = { 0 };
	struct sip_fault fault = { .status = 0 };
	struct sip_message m;
	ptrdiff_t n;
	int error;

	print_message("# %s\n", t->file);
	limits_init(&limits);
	n = sip_message_frame((struct str){ bytes, len }, &framing, &limits,
		&fault);
	if (t->stream_error) {
		assert_int_equal(n, -STOX_EPROTO);
		assert_int_equal(fault.status, 400);
		assert_true(fault.close);
	} else if (t->frame) {
		assert_int_equal(n, t->frame < 0 ? 0 : t->frame);
	} else {
		assert_int_equal(n, len);
	}
	error = sip_message_parse(bytes, len, &limits, &m, &fault);
	if (t->parse == ACCEPT) {
		assert_int_equal(error, 0);
	} else {
		assert_int_equal(error, -STOX_EPROTO);
		assert_int_equal(fault.status, t->parse == DROP ? 0 : t->parse);
	}
	assert_int_equal(m.method.len, strlen(t->method));
	assert_memory_equal(m.method.p, t->method, m.method.len);
}

static void test_rfc4475(void **state)
{
	static char bytes[65536];
	char path[4096];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rfc4475) / sizeof(rfc4475[0]); i++) {
		data_path(path, sizeof(path), "rfc4475", rfc4475[i].file,
			".dat");
		len = read_data(bytes, sizeof(bytes), path);
		check(&rfc4475[i], bytes, len);
	}
}

/* The files have LF only, some without the last blank line. */
static size_t to_crlf(const char *in, size_t len, char *out)
{
	size_t n = 0;
	bool blank = false;

	for (size_t i = 0; i < len; i++) {
		if (in[i] == '\n') {
			blank |= i && in[i - 1] == '\n';
			out[n++] = '\r';
		}
		out[n++] = in[i];
	}
	if (!blank) {
		out[n++] = '\r';
		out[n++] = '\n';
	}
	return n;
}

static void repair(const char *file, char *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(repairs) / sizeof(repairs[0]); i++) {
		size_t size = strlen(repairs[i].from);
		bool done = false;

		if (strcmp(file, repairs[i].file) != 0)
			continue;
		for (size_t at = 0; at + size <= len; at++)
			if (memcmp(bytes + at, repairs[i].from, size) == 0) {
				memcpy(bytes + at, repairs[i].to, size);
				done = true;
			}
		assert_true(done);
	}
}

static void test_rfc5118(void **state)
{
	static char raw[32768], bytes[65540];
	char path[4096];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rfc5118) / sizeof(rfc5118[0]); i++) {
		data_path(path, sizeof(path), "rfc5118", rfc5118[i].file, "");
		len = read_data(raw, sizeof(raw), path);
		len = to_crlf(raw, len, bytes);
		repair(rfc5118[i].file, bytes, len);
		check(&rfc5118[i], bytes, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4475),
		cmocka_unit_test(test_rfc5118),
	};
	char path[4096];

	data_path(path, sizeof(path), "", "", "");
	if (access(path, R_OK) != 0 && errno == ENOENT) {
		printf("1..0 # SKIP %s is not there\n", path);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
