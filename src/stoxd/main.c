/*
 * stoxd: the gateway.  Runs in the foreground; SIGTERM drains, SIGHUP
 * reloads.
 */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/certificates.h"
#include "core/node.h"
#include "ctl/ctl.h"
#include "ctl/plan.h"
#include "stoxd/notify.h"
#include "xml/xml.h"

enum { EXIT_USAGE = 2 };
enum { MESSAGES_MAX = 256 * 1024, PLAN_MAX = 4 << 20 };

struct stoxd {
	struct log log;
	struct limits limits;
	struct budget budget;
	const char *file;
	bool file_given;
	bool check_only, manual_only;
	const char *plan;     /* the section to print, "" for all; NULL: none */
	struct plugins *plugins;
	struct io_env *env;
	struct node *node;
	struct ctl *ctl;
};

static void usage(FILE *out)
{
	fprintf(out,
		"Usage: stoxd [OPTION]...\n"
		"Join XMPP and SIP: run the gateway in the foreground.\n"
		"\n"
		"  -c, --config FILE    read FILE instead of\n"
		"                       %s\n"
		"      --check-config   read the configuration, tell what is wrong, end\n"
		"      --config-manual  print the reference of all options as troff, with\n"
		"                       -c those of the plugins in FILE too, end\n"
		"      --plan SECTION   print what others have to set up, end: certificates,\n"
		"                       ports, dns, lync, xmpp or all; stoxctl(1) tells more\n"
		"  -h, --help           print this, end\n"
		"  -V, --version        print the version, end\n"
		"\n"
		"SIGHUP reads the configuration again; SIGTERM and SIGINT finish what is\n"
		"under way and end.\n"
		"Exit status: 0 ended well, 1 failed while running, 2 usage or a broken\n"
		"configuration.\n",
		DEFAULT_CONFIG);
}

/** Print collected sentences and say whether there were any. */
static bool say(struct buf *b)
{
	bool any = b->len > 0;

	if (any)
		fprintf(stderr, "%.*s%s", STR_FMT(buf_str(b)),
			b->data[b->len - 1] == '\n' ? "" : "\n");
	buf_clear(b);
	return any;
}

/** Read the configuration and check what it refers to. */
static int load(struct stoxd *d, struct config **ret,
	struct io_credentials **ret_credentials, struct buf *errors,
	struct buf *warnings)
{
	struct config *c = NULL;

	if (config_load(d->file, d->plugins, &c, errors, warnings) < 0)
		return -STOX_EINVAL;
	if (node_check(d->env, c, ret_credentials, errors, warnings) < 0) {
		config_unref(&c);
		return -STOX_EINVAL;
	}
	*ret = c;
	return 0;
}

static int reload(void *arg, struct buf *why)
{
	struct stoxd *d = arg;
	struct config *c = NULL;
	struct io_credentials *cred = NULL;
	struct buf warnings;
	int error;

	notify_reloading();
	buf_init(&warnings, MESSAGES_MAX, NULL);
	error = load(d, &c, &cred, why, &warnings);
	say(&warnings);
	if (!error) {
		error = node_reload(d->node, c, cred, why);
		config_unref(&c);
		io_credentials_unref(&cred);
	}
	buf_free(&warnings);
	notify_ready();
	return error;
}

static void on_hangup(void *arg, int signum)
{
	struct stoxd *d = arg;
	struct buf why;

	(void)signum;
	buf_init(&why, MESSAGES_MAX, NULL);
	if (reload(d, &why) < 0) {
		say(&why);
		log_event(&d->log, STOX_LOG_ERROR, "core", 0, "reload-failed",
			"file=%s kept=running", d->file);
	}
	buf_free(&why);
}

static void stopped(void *arg)
{
	struct stoxd *d = arg;

	io_stop(d->env);
}

static void on_terminate(void *arg, int signum)
{
	struct stoxd *d = arg;

	log_event(&d->log, STOX_LOG_INFO, "core", 0, "signal", "number=%d", signum);
	notify_stopping();
	node_stop(d->node, stopped, d);
}

/** Run until a signal ends it. */
static int serve(struct stoxd *d, struct config *c,
	struct io_credentials *cred)
{
	const struct node_config nc = { .env = d->env, .log = &d->log,
		.limits = &d->limits, .budget = &d->budget,
		.plugins = d->plugins, .config = c, .credentials = cred };
	struct ctl_config cc = { .path = c->control, .reload = reload, .arg = d };
	struct buf why;
	int status = EXIT_FAILURE;

	buf_init(&why, MESSAGES_MAX, NULL);
	d->node = node_new(&nc, &why);
	if (!d->node)
		goto out;
	cc.node = d->node;
	if (c->control) {
		d->ctl = ctl_new(&cc, &why);
		if (!d->ctl)
			goto out;
	}
	io_signal(d->env, SIGHUP, on_hangup, d);
	io_signal(d->env, SIGTERM, on_terminate, d);
	io_signal(d->env, SIGINT, on_terminate, d);
	log_event(&d->log, STOX_LOG_INFO, "core", 0, "ready", "version=%s node=%s",
		stox_version(), c->node);
	notify_ready();
	notify_watchdog(d->env);
	io_run(d->env);
	status = EXIT_SUCCESS;
out:
	say(&why);
	buf_free(&why);
	ctl_free(&d->ctl);
	node_free(&d->node);
	return status;
}

static int parse_arguments(struct stoxd *d, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'k' },
		{ "config-manual", no_argument, NULL, 'm' },
		{ "plan", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			d->file = optarg;
			d->file_given = true;
			break;
		case 'k':
			d->check_only = true;
			break;
		case 'm':
			d->manual_only = true;
			break;
		case 'p':
			d->plan = strcmp(optarg, "all") == 0 ? "" : optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("stoxd %s\n", stox_version());
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "stoxd: unexpected argument '%s'\n", argv[optind]);
		usage(stderr);
		return EXIT_USAGE;
	}
	return -1;
}

/** What the file asks of the world.  It is made before there are certificates,
 *  so that none, and none that can be read, is no error. */
static int print_plan(struct stoxd *d, const struct config *c,
	struct buf *warnings)
{
	struct io_credentials *cred = NULL;
	struct plan plan = { .config = c };
	struct buf out;
	int status = EXIT_SUCCESS;

	certificates_load(d->env, c, &cred, warnings);
	plan.credentials = cred;
	plan.now_s = io_wall_us(d->env) / 1000000;
	buf_init(&out, PLAN_MAX, NULL);
	if (plan_write(&plan, str_from(d->plan), &out) < 0) {
		fprintf(stderr, "stoxd: the plan has no section '%s'; it has "
			"%s\n", d->plan, plan_sections);
		status = EXIT_USAGE;
	} else if (out.overflow) {
		fprintf(stderr, "stoxd: the plan is too long; ask for one "
			"section\n");
		status = EXIT_FAILURE;
	} else {
		fwrite(out.data, 1, out.len, stdout);
	}
	buf_free(&out);
	io_credentials_unref(&cred);
	return status;
}

/** The environment needs the DNS options, so the file is read first, once. */
static int start(struct stoxd *d, struct buf *errors, struct buf *warnings)
{
	struct config *c = NULL;
	struct io_credentials *cred = NULL;
	struct io_env_config env = { &d->log, &d->limits, &d->budget, NULL, NULL };
	int status = EXIT_USAGE;

	if (config_load(d->file, d->plugins, &c, errors, warnings) < 0)
		return EXIT_USAGE;
	env.dns_servers = c->dns_servers;
	env.dns_trust_anchor = c->dns_trust_anchor;
	d->log.level = c->log_level;
	memcpy(d->limits.value, c->limits, sizeof(c->limits));
	d->env = io_uv_new(&env);
	if (d->env && d->plan) {
		status = print_plan(d, c, warnings);
	} else if (d->env && node_check(d->env, c, &cred, errors, warnings) == 0) {
		/* a running daemon logs them */
		if (d->check_only)
			certificates_dates(cred, io_wall_us(d->env) / 1000000,
				warnings);
		say(warnings);
		if (d->check_only)
			status = EXIT_SUCCESS;
		else
			status = serve(d, c, cred);
		io_credentials_unref(&cred);
	}
	io_env_free(&d->env);
	config_unref(&c);
	return status;
}

static int print_manual(struct stoxd *d, struct buf *errors,
	struct buf *warnings)
{
	const struct stox_plugin *const *plugins = core_plugin_table;
	struct config *c = NULL;
	struct buf manual;

	if (d->file_given) {
		if (config_load(d->file, d->plugins, &c, errors, warnings) < 0)
			return EXIT_USAGE;
		plugins = c->plugins;
	}
	buf_init(&manual, MESSAGES_MAX * 4, NULL);
	config_manual(&manual, plugins);
	fwrite(manual.data, 1, manual.len, stdout);
	buf_free(&manual);
	config_unref(&c);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct stoxd d = { .file = DEFAULT_CONFIG };
	struct buf errors, warnings;
	int status;

	d.log.level = STOX_LOG_INFO;
	d.log.stderr_levels = notify_is_journal();
	limits_init(&d.limits);
	status = parse_arguments(&d, argc, argv);
	if (status >= 0)
		return status;
	prctl(PR_SET_DUMPABLE, 0); /* keys stay out of core files */
	buf_init(&errors, MESSAGES_MAX, NULL);
	buf_init(&warnings, MESSAGES_MAX, NULL);
	if (xml_check_library(&errors) < 0) {
		say(&errors);
		return EXIT_FAILURE;
	}
	d.plugins = plugins_new(NULL);
	status = d.manual_only ? print_manual(&d, &errors, &warnings)
			       : start(&d, &errors, &warnings);
	say(&warnings);
	say(&errors);
	if (d.check_only && status == EXIT_SUCCESS)
		printf("%s: the configuration is sound\n", d.file);
	plugins_free(&d.plugins);
	buf_free(&errors);
	buf_free(&warnings);
	return status;
}
