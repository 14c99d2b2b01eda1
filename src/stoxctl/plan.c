#include <config.h>

#include "stoxctl/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stoxctl/ask.h"

/* A configuration is Lua, and its options are those of the plugins that it
 * names: stoxd reads it, as it will when it runs. */
static int read_file(const struct plan_call *c)
{
	const char *program = getenv("STOXD");
	const char *section = c->section ? c->section : "all";

	if (!program || !*program)
		program = DEFAULT_STOXD;
	execl(program, program, "-c", c->file, "--plan", section, (char *)NULL);
	fprintf(stderr, "stoxctl: %s: %s\n"
		"stoxctl: stoxd reads the file; the variable STOXD says where "
		"it is\n", program, strerror(errno));
	return EXIT_FAILURE;
}

static int show(const json_t *answer, bool as_json)
{
	bool ok = json_is_true(json_object_get(answer, "ok"));
	const char *text = json_string_value(json_object_get(answer,
		ok ? "plan" : "error"));

	if (as_json) {
		json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	} else if (ok) {
		fputs(text ? text : "", stdout);
	} else {
		fprintf(stderr, "stoxctl: %s\n", text ? text : "refused");
	}
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int plan_run(const struct plan_call *c)
{
	char line[64];
	json_t *answer;
	int status;

	if (c->file)
		return read_file(c);
	snprintf(line, sizeof(line), "plan %s", c->section ? c->section : "");
	answer = ask(c->path, line);
	if (!answer)
		return EXIT_FAILURE;
	status = show(answer, c->as_json);
	json_decref(answer);
	return status;
}
