/*
 * stoxctl: the operator's tool.  Asks the daemon over its control socket and
 * prints the answer for people, or as the JSON it came in.
 */
#include <config.h>

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoxctl/ask.h"
#include "stoxctl/plan.h"
#include "stoxctl/roster.h"
#include "stoxctl/show.h"

struct command {
	const char *name;
	const char *line;   /* what is sent, by default */
	const char *help;
	void (*show)(const json_t *answer);
	bool argument;      /* one may follow */
};

static const struct command commands[] = {
	{ "status", "status", "what runs, and what it has done", show_status, false },
	{ "reload", "reload", "read the configuration again", show_done, false },
	{ "hooks", "hooks", "the pipeline of all plugins, in order", show_hooks, false },
	{ "streams", "streams", "open streams and connections; --failed: those that failed, and why",
		show_streams, false },
	{ "partners", "partners", "the domains of both sides: what they may do, how they are reached",
		show_partners, false },
	{ "dialect", "dialect", "how a kind of SIP peer, or a partner, is spoken to: dialect [NAME|PARTNER]",
		show_dialect, true },
	{ "limits", "limits", "every limit, its reaction, how often it was reached",
		show_limits, false },
	{ "certs", "certs", "our certificates: names, end, what they are for", show_certs, false },
};

static void usage(FILE *out)
{
	fprintf(out,
		"Usage: stoxctl [OPTION]... COMMAND\n"
		"Ask a running stoxd.\n"
		"\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].help);
	fprintf(out,
		"  roster    who sees whom:\n"
		"            list [DOMAIN|ADDRESS]        the pairs, page by page\n"
		"            show ADDRESS ADDRESS         one of them, and where it hangs\n"
		"            published [DOMAIN|ADDRESS]   what SIP servers are told by PUBLISH\n"
		"            add ADDRESS ADDRESS [x2s|s2x|both]\n"
		"                                         let one see the other, or both\n"
		"            remove ADDRESS ADDRESS [x2s|s2x|both]\n"
		"                                         end it; both sides are told\n"
		"            export [DOMAIN|ADDRESS]      print them as CSV, with --json as JSON\n"
		"            import [FILE]                add those of CSV, JSON, XEP-0227\n"
		"  plan [SECTION]\n"
		"            what others have to set up, ready to be pasted: certificates,\n"
		"            ports, dns, lync or xmpp; without SECTION all of them\n"
		"\n"
		"  -c, --config FILE  with plan: for this file, which stoxd reads and checks;\n"
		"                     none needs to run\n"
		"  -s, --socket PATH  the control socket, instead of\n"
		"                     %s\n"
		"  -f, --failed       with streams: those that failed\n"
		"  -j, --json         print the answer as JSON\n"
		"  -h, --help         print this, end\n"
		"  -V, --version      print the version, end\n"
		"\n"
		"Exit status: 0 done, 1 the daemon refused or is not there, 2 usage or a broken\n"
		"configuration.\n",
		DEFAULT_SOCKET);
}

static int run(const struct command *c, const char *path, const char *line,
	bool as_json)
{
	json_t *answer = ask(path, line);
	int status = EXIT_FAILURE;

	if (!answer)
		return EXIT_FAILURE;
	if (json_is_true(json_object_get(answer, "ok")))
		status = EXIT_SUCCESS;
	if (as_json) {
		json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	} else if (status == EXIT_SUCCESS) {
		c->show(answer);
	} else {
		fprintf(stderr, "stoxctl: %s\n",
			json_string_value(json_object_get(answer, "error")));
	}
	json_decref(answer);
	return status;
}

/* @words: behind "plan". */
static int run_plan(struct plan_call *call, char **words, int count)
{
	if (count > 1 || (call->file && call->as_json) ||
		(count == 1 && strlen(words[0]) > 32)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	call->section = count == 1 ? words[0] : NULL;
	return plan_run(call);
}

static int run_with(const struct command *c, const char *path,
	const char *argument, bool as_json)
{
	char line[1024];

	if (strpbrk(argument, " \r\n") ||
		snprintf(line, sizeof(line), "%s %s", c->line, argument) >=
			(int)sizeof(line)) {
		fprintf(stderr, "stoxctl: that is no name: %s\n", argument);
		return EXIT_USAGE;
	}
	return run(c, path, line, as_json);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "failed", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	const char *path = DEFAULT_SOCKET, *file = NULL;
	const struct command *c;
	bool as_json = false, failed = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:s:fjhV", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 's':
			path = optarg;
			break;
		case 'f':
			failed = true;
			break;
		case 'j':
			as_json = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("stoxctl %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc && strcmp(argv[optind], "roster") == 0 && !failed &&
		!file) {
		const struct roster_call call = { path, as_json,
			argv + optind + 1, argc - optind - 1 };
		int status = roster_run(&call);

		if (status == EXIT_USAGE)
			usage(stderr);
		return status;
	}
	if (optind < argc && strcmp(argv[optind], "plan") == 0 && !failed) {
		struct plan_call call = { path, file, NULL, as_json };

		return run_plan(&call, argv + optind + 1, argc - optind - 1);
	}
	c = optind < argc ? find(argv[optind]) : NULL;
	if (c && c->argument && optind + 2 == argc && !file && !failed)
		return run_with(c, path, argv[optind + 1], as_json);
	if (!c || optind + 1 < argc || file || (failed && strcmp(c->name, "streams") != 0)) {
		if (optind < argc && !c)
			fprintf(stderr, "stoxctl: unknown command '%s'\n",
				argv[optind]);
		usage(stderr);
		return EXIT_USAGE;
	}
	return run(c, path, failed ? "streams failed" : c->line, as_json);
}
