/*
 * The answers as people read them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stoxctl/show.h"

/* What @show prints of the answer @json. */
static void check(void (*show)(const json_t *answer), const char *json,
	const char *expected)
{
	json_t *answer = json_loads(json, 0, NULL);
	FILE *file = tmpfile();
	int out = dup(STDOUT_FILENO);
	char text[4000];
	size_t n;

	assert_non_null(answer);
	assert_non_null(file);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	show(answer);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	json_decref(answer);
	assert_string_equal(text, expected);
}

#define CERTIFICATE(days, state, client, server) \
	"{\"file\":\"/c/a.crt\",\"names\":[\"a.example\",\"b.example\"]," \
	"\"expires\":\"2026-02-03T04:05:06Z\",\"days\":" days \
	",\"state\":\"" state "\",\"client\":" client \
	",\"server\":" server "}"
#define LINES "/c/a.crt\n     a.example, b.example\n     "

static void test_dialect(void **state)
{
	(void)state;
	check(show_dialect, "{\"dialects\":[{\"name\":\"lync\","
		"\"partner\":\"contoso.com\",\"choices\":[{\"option\":"
		"\"sip_negotiate\",\"value\":\"488\",\"usual\":\"405\","
		"\"grade\":\"D\",\"source\":\"clients\",\"overridden\":"
		"true},{\"option\":\"sip_gr\",\"value\":\"no\",\"usual\":"
		"\"no\",\"grade\":\"D\",\"source\":\"From\","
		"\"overridden\":false}]}]}",
		"lync, as spoken to contoso.com\n"
		"  sip_negotiate    488          D  clients\n"
		"                   set in the section; the dialect says 405\n"
		"  sip_gr           no           D  From\n\n"
		"A: read in a specification or a vendor's document; B: seen in "
		"messages of\nreal servers; C: reported by others; D: inferred; "
		"E: remembered\n");
}

static void test_certs(void **state)
{
	(void)state;
	check(show_certs, "{\"certificates\":[],\"revocations\":[]}", "none\n");
	check(show_certs, "{\"certificates\":["
		CERTIFICATE("90", "good", "true", "true") ","
		CERTIFICATE("2", "ends now", "false", "true") ","
		CERTIFICATE("-4", "expired", "true", "false") ","
		CERTIFICATE("9", "ends soon", "false", "false") "]}",
		LINES "client and server, until 2026-02-03, 90 days: good\n"
		LINES "server only, until 2026-02-03, 2 days: ends now\n"
		LINES "client only, until 2026-02-03, -4 days: expired\n"
		LINES "neither client nor server, until 2026-02-03, 9 days: "
		"ends soon\n");
}

static void test_revocations(void **state)
{
	(void)state;
	check(show_certs, "{\"certificates\":[],\"revocations\":["
		"{\"issuer\":\"CN=x\",\"count\":3,\"next_update\":"
		"\"2026-02-03T04:05:06Z\",\"overdue\":true},"
		"{\"issuer\":\"CN=y\",\"count\":0,\"next_update\":\"\","
		"\"overdue\":false}]}",
		"none\nrevocations of CN=x: 3, next 2026-02-03, overdue\n"
		"revocations of CN=y: 0, next unknown\n");
}

static void test_status(void **state)
{
	(void)state;
	check(show_status, "{\"version\":\"9\",\"node\":\"n1\",\"uptime_s\":61,"
		"\"config\":\"/c\",\"memory_bytes\":2048,"
		"\"memory_limit_bytes\":4096,\"exchanges\":{},\"sessions\":"
		"{\"in_memory\":7,\"sending\":2,\"waiting\":3},\"store\":{},"
		"\"domains\":[{\"domain\":\"a.example\",\"lives_on\":\"XMPP\","
		"\"blocked\":true}]}",
		"stoxd 9, node n1, up 1 min 1 s\nconfiguration  /c\n"
		"memory         2 of 4 KiB\n"
		"exchanges      0 under way; 0 from XMPP, 0 from SIP: "
		"0 crossed, 0 answered, 0 refused, 0 timed out\n"
		"sessions       7 in memory; of presence, 2 send to SIP, 3 wait "
		"for their turn\n"
		"store          schema 0, 0 commits, 0 failures, 0 jobs waiting, "
		"0 KiB\n"
		"domain         a.example lives on XMPP, blocked\n");
}

static void test_done(void **state)
{
	(void)state;
	check(show_done, "{\"ok\":true}", "done\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialect),
		cmocka_unit_test(test_certs),
		cmocka_unit_test(test_revocations),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
