/*
 * stox-play: perform plays, print TAP.
 */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "play/play.h"
#include "stox/plugin.h"

enum { EXIT_USAGE = 2, FOLDERS = 8 };

struct options {
	struct play_options play;
	const char *folders[FOLDERS + 1];
	size_t folder_count;
	bool only_as_written;
	struct play_variant only;   /* for a closer look at one fault */
	unsigned long number, failed;
};

static void usage(FILE *out)
{
	fprintf(out,
		"Usage: stox-play [OPTION]... FILE.play...\n"
		"Perform plays on a stage in memory and print the results as TAP.\n"
		"\n"
		"Each play is performed as written, with input in single bytes, on two\n"
		"nodes in turn, with every connection broken after each step, and with the\n"
		"node killed and started again after each step.\n"
		"\n"
		"  -P, --plugins FOLDER  find plugins there first (up to %d times)\n"
		"  -1, --once            as written only\n"
		"      --cut N           only with the connections broken after step N\n"
		"      --kill N          only with the node killed after step N\n"
		"      --seed N          other random numbers than usual (1)\n"
		"      --documents FOLDER\n"
		"                        keep the presence documents that SIP is told there\n"
		"  -v, --verbose         print the node's log as comments\n"
		"  -h, --help            print this, end\n"
		"  -V, --version         print the version, end\n"
		"\n"
		"Exit status: 0 all as written, 1 something failed, 2 usage.\n",
		FOLDERS);
}

/** One performance, one line of TAP. */
static void perform(struct options *o, const struct play *p,
	const struct play_variant *v, const char *how, size_t step)
{
	struct buf why;
	bool ok;

	buf_init(&why, 1 << 20, NULL);
	ok = play_perform(p, v, &o->play, &why);
	printf("%sok %lu - %s%s", ok ? "" : "not ", ++o->number, p->title, how);
	if (step)
		printf(" %zu", step);
	printf("\n");
	if (!ok) {
		struct str rest = buf_str(&why);

		o->failed++;
		while (rest.p && rest.len) {
			struct str line = str_cut(&rest, '\n');

			printf("# %.*s\n", STR_FMT(line));
		}
	}
	fflush(stdout);
	buf_free(&why);
}

static void perform_variants(struct options *o, const struct play *p)
{
	const struct play_variant plain = { 0 }, chopped = { .chop = 1 },
		twice = { .twice = true };

	if (o->only.cut_after || o->only.kill_after) {
		perform(o, p, &o->only, ", with that fault", 0);
		return;
	}
	perform(o, p, &plain, "", 0);
	if (o->only_as_written)
		return;
	perform(o, p, &chopped, ", in single bytes", 0);
	perform(o, p, &twice, ", two nodes in turn", 0);
	for (size_t i = 1; i <= p->count; i++) {
		const struct play_variant cut = { .cut_after = i };
		const struct play_variant kill = { .kill_after = i };

		perform(o, p, &cut, ", cut after step", i);
		perform(o, p, &kill, ", killed after step", i);
	}
}

static int run(struct options *o, const char *file)
{
	struct buf why;
	struct play *p;

	buf_init(&why, 65536, NULL);
	p = play_read(file, &why);
	if (p) {
		perform_variants(o, p);
		play_free(&p);
	} else {
		printf("not ok %lu - %s\n# %.*s\n", ++o->number, file,
			STR_FMT(buf_str(&why)));
		o->failed++;
	}
	buf_free(&why);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "plugins", required_argument, NULL, 'P' },
		{ "once", no_argument, NULL, '1' },
		{ "cut", required_argument, NULL, 'c' },
		{ "kill", required_argument, NULL, 'k' },
		{ "seed", required_argument, NULL, 's' },
		{ "documents", required_argument, NULL, 'd' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct options o = { .play.seed = 1 };
	uint64_t step;
	int option;

	while ((option = getopt_long(argc, argv, "P:1vhV", longs, NULL)) != -1) {
		switch (option) {
		case 'P':
			if (o.folder_count < FOLDERS)
				o.folders[o.folder_count++] = optarg;
			break;
		case '1':
			o.only_as_written = true;
			break;
		case 'c':
		case 'k':
			if (str_to_u64(str_from(optarg), 1000, &step) < 0) {
				usage(stderr);
				return EXIT_USAGE;
			}
			*(option == 'c' ? &o.only.cut_after
					: &o.only.kill_after) = (size_t)step;
			break;
		case 's':
			if (str_to_u64(str_from(optarg), UINT64_MAX,
					&o.play.seed) < 0) {
				usage(stderr);
				return EXIT_USAGE;
			}
			break;
		case 'd':
			o.play.documents = optarg;
			break;
		case 'v':
			o.play.verbose = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("stox-play %s\n", stox_version());
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	o.play.plugin_path = o.folders;
	for (int i = optind; i < argc; i++)
		run(&o, argv[i]);
	printf("1..%lu\n", o.number);
	return o.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
