#include <config.h>

#include "stoxctl/roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stoxctl/ask.h"
#include "stoxctl/table.h"

enum { LINE_MAX_BYTES = 8192 };

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

/* NULL with a sentence when the daemon refuses. */
static json_t *ask_ok(const char *path, const char *line)
{
	json_t *answer = ask(path, line);

	if (answer && !json_is_true(json_object_get(answer, "ok"))) {
		fprintf(stderr, "stoxctl: %s\n", text(answer, "error"));
		json_decref(answer);
		return NULL;
	}
	return answer;
}

static bool is_word(const char *word)
{
	return *word && !strpbrk(word, " \r\n");
}

static const char *date(long long at_s, char out[32])
{
	time_t t = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%Y-%m-%d %H:%M:%SZ", &tm))
		out[0] = '\0';
	return out;
}

/* ---- list, export ----------------------------------------------------------- */

typedef void print_pair(const json_t *pair, bool first);

static void print_line(const json_t *p, bool first)
{
	(void)first;
	printf("%s %s  x2s %s, s2x %s%s%s\n", text(p, "xmpp"), text(p, "sip"),
		text(p, "x2s"), text(p, "s2x"),
		*text(p, "trouble") ? "\n     " : "", text(p, "trouble"));
}

static void print_publication(const json_t *p, bool first)
{
	(void)first;
	printf("%s %s  %s", text(p, "xmpp"), text(p, "domain"),
		text(p, "state"));
	if (json_object_get(p, "expires_s"))
		printf(", known for %lld s", number(p, "expires_s"));
	printf("%s%s\n", *text(p, "trouble") ? "\n     " : "",
		text(p, "trouble"));
}

static void print_json(const json_t *p, bool first)
{
	char *s = json_dumps(p, JSON_COMPACT | JSON_SORT_KEYS);

	printf("%s%s", first ? "" : ",\n", s ? s : "{}");
	free(s);
}

static bool is_authorised(const json_t *p)
{
	return strcmp(text(p, "x2s"), "no") != 0 ||
	       strcmp(text(p, "s2x"), "no") != 0;
}

static void print_csv(const json_t *p, bool first)
{
	char digits[32];

	(void)first;
	if (!is_authorised(p))
		return;
	for (int i = 0; i < TABLE_COLUMNS; i++) {
		const json_t *v = json_object_get(p, table_names[i]);

		if (i > 0)
			putchar(',');
		snprintf(digits, sizeof(digits), "%lld",
			(long long)json_integer_value(v));
		table_put_csv(stdout, json_is_string(v) ? json_string_value(v)
			: json_is_integer(v) ? digits : "");
	}
	putchar('\n');
}

/* Page by page: neither end holds more than one. */
static int each_page(const struct roster_call *c, const char *command,
	print_pair *print)
{
	const char *filter = c->count > 1 ? c->words[1] : "";
	char line[LINE_MAX_BYTES];
	long long next = 0;
	bool first = true;
	json_t *answer, *p;
	size_t i;

	if (c->count > 2 || (*filter && !is_word(filter)))
		return EXIT_USAGE;
	do {
		snprintf(line, sizeof(line), "roster %s %lld %s", command, next,
			filter);
		answer = ask_ok(c->path, line);
		if (!answer)
			return EXIT_FAILURE;
		json_array_foreach (json_object_get(answer, "pairs"), i, p) {
			print(p, first);
			first = false;
		}
		next = number(answer, "next");
		json_decref(answer);
	} while (next && !ferror(stdout));
	return ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_list(const struct roster_call *c, const char *command)
{
	int status;

	printf("[\n");
	status = each_page(c, command, print_json);
	printf("\n]\n");
	return status;
}

static int list(const struct roster_call *c)
{
	return c->as_json ? print_list(c, "list")
			  : each_page(c, "list", print_line);
}

static int published(const struct roster_call *c)
{
	return c->as_json ? print_list(c, "published")
			  : each_page(c, "published", print_publication);
}

static int export(const struct roster_call *c)
{
	if (c->as_json)
		return print_list(c, "list");
	for (int i = 0; i < TABLE_COLUMNS; i++)
		printf("%s%s", i > 0 ? "," : "", table_names[i]);
	putchar('\n');
	return each_page(c, "list", print_csv);
}

/* ---- show ------------------------------------------------------------------- */

static void show_trouble(const json_t *p)
{
	char when[32];

	if (!*text(p, "trouble"))
		return;
	printf("last trouble%s%s, %s", *text(p, "trouble_of") ? " of " : "",
		text(p, "trouble_of"), date(number(p, "trouble_time"), when));
	if (number(p, "trouble_status"))
		printf(", SIP status %lld", number(p, "trouble_status"));
	printf(":\n     %s\n", text(p, "trouble"));
}

static void show_direction(const json_t *p, const char *direction,
	const char *watcher, const char *watched)
{
	char name[16], when[32];

	printf("%s watches %s: %s", text(p, watcher), text(p, watched),
		text(p, direction));
	snprintf(name, sizeof(name), "%s_since", direction);
	if (json_object_get(p, name))
		printf(", since %s", date(number(p, name), when));
	snprintf(name, sizeof(name), "%s_words", direction);
	printf("\n     %s\n", text(p, name));
}

static void show_publication(const json_t *p)
{
	printf("%s is published to %s: %s\n     %s\n", text(p, "xmpp"),
		text(p, "domain"), text(p, "state"), text(p, "words"));
	show_trouble(p);
}

static void show_pair(const json_t *p)
{
	show_direction(p, "x2s", "xmpp", "sip");
	show_direction(p, "s2x", "sip", "xmpp");
	show_trouble(p);
}

static int show(const struct roster_call *c)
{
	char line[LINE_MAX_BYTES];
	json_t *answer, *p;
	size_t i;

	if (c->count != 3 || !is_word(c->words[1]) || !is_word(c->words[2]))
		return EXIT_USAGE;
	snprintf(line, sizeof(line), "roster show %s %s", c->words[1],
		c->words[2]);
	answer = ask_ok(c->path, line);
	if (!answer)
		return EXIT_FAILURE;
	if (c->as_json) {
		json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
		json_decref(answer);
		return EXIT_SUCCESS;
	}
	json_array_foreach (json_object_get(answer, "policy"), i, p)
		printf("%s\n", json_string_value(p));
	json_array_foreach (json_object_get(answer, "pairs"), i, p)
		show_pair(p);
	json_array_foreach (json_object_get(answer, "publications"), i, p)
		show_publication(p);
	if (json_array_size(json_object_get(answer, "pairs")) == 0)
		printf("Nothing is known of the two: none has asked to see the "
		       "other, or it has been ended.\n");
	json_decref(answer);
	return EXIT_SUCCESS;
}

/* ---- add, remove ------------------------------------------------------------ */

static int change(const struct roster_call *c)
{
	const char *direction = c->count > 3 ? c->words[3] : "both";
	bool both = strcmp(direction, "both") == 0;
	bool x2s = both || strcmp(direction, "x2s") == 0;
	bool s2x = both || strcmp(direction, "s2x") == 0;
	char line[LINE_MAX_BYTES];
	json_t *answer;

	if (c->count < 3 || c->count > 4 || (!x2s && !s2x) ||
		!is_word(c->words[1]) || !is_word(c->words[2]))
		return EXIT_USAGE;
	snprintf(line, sizeof(line), "roster %s %s %s%s%s", c->words[0],
		c->words[1], c->words[2], x2s ? " x2s=yes" : "",
		s2x ? " s2x=yes" : "");
	answer = ask_ok(c->path, line);
	if (!answer)
		return EXIT_FAILURE;
	printf("%s\n", json_is_true(json_object_get(answer, "changed"))
		? "done" : "nothing to do");
	json_decref(answer);
	return EXIT_SUCCESS;
}

/* ---- import ----------------------------------------------------------------- */

static bool is_in(const char *field, const char *a, const char *b)
{
	return field && (strcmp(field, a) == 0 || strcmp(field, b) == 0);
}

/* Rosters say it in their own words, of the XMPP user: RFC 6121, 2.1.2. */
static const char *authorisation(struct table *t, bool x2s)
{
	const char *own = t->fields[x2s ? TABLE_X2S : TABLE_S2X];

	if (own && *own)
		return own;
	if (is_in(t->fields[TABLE_SUBSCRIPTION], x2s ? "to" : "from", "both"))
		return "yes";
	return x2s && is_in(t->fields[TABLE_ASK], "subscribe", "out") ? "asked"
								    : "no";
}

/* What the daemon takes; false with t->why. */
static bool make_line(struct table *t, char *line, size_t size)
{
	int n;

	for (int i = 0; i < TABLE_READ && !t->why; i++)
		if (t->fields[i] && strpbrk(t->fields[i], " \r\n"))
			t->why = "a space or a new line is in a field";
	if (!t->why && (!t->fields[TABLE_XMPP] || !t->fields[TABLE_SIP]))
		t->why = "xmpp or sip is missing";
	if (t->why)
		return false;
	n = snprintf(line, size, "%lu %s %s x2s=%s s2x=%s", t->row_line,
		t->fields[TABLE_XMPP], t->fields[TABLE_SIP],
		authorisation(t, true), authorisation(t, false));
	/* a whole roster has contacts who are none of ours */
	if (t->pie && n >= 0 && (size_t)n < size)
		n += snprintf(line + n, size - (size_t)n, " others=skip");
	for (int i = TABLE_X2S_SINCE; i <= TABLE_S2X_SINCE; i++)
		if (t->fields[i] && *t->fields[i] && n >= 0 && (size_t)n < size)
			n += snprintf(line + n, size - (size_t)n, " %s=%s",
				table_names[i], t->fields[i]);
	if (n < 0 || (size_t)n >= size)
		t->why = "the line is too long";
	return !t->why;
}

static int show_import(const json_t *answer, unsigned long bad)
{
	json_t *failures = json_object_get(answer, "failures"), *f;
	long long failed = number(answer, "failed");
	size_t i;

	json_array_foreach (failures, i, f)
		fprintf(stderr, "stoxctl: line %lld: %s\n", number(f, "line"),
			text(f, "why"));
	if ((size_t)failed > json_array_size(failures))
		fprintf(stderr, "stoxctl: … and %lld more\n",
			failed - (long long)json_array_size(failures));
	if (number(answer, "skipped"))
		printf("%lld contacts of other domains passed over\n",
			number(answer, "skipped"));
	printf("%lld added, %lld were there, %lld failed\n",
		number(answer, "added"), number(answer, "unchanged"),
		failed + (long long)bad);
	return failed || bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int import_from(const struct roster_call *c, FILE *in)
{
	char line[LINE_MAX_BYTES];
	int fd = ask_dial(c->path), status = EXIT_FAILURE;
	bool sent = fd >= 0 && ask_send(fd, "roster import");
	unsigned long bad = 0;
	struct table t;
	json_t *answer;

	if (fd < 0)
		return EXIT_FAILURE;
	table_open(&t, in);
	while (sent && table_read(&t)) {
		if (make_line(&t, line, sizeof(line))) {
			sent = ask_send(fd, line);
			continue;
		}
		bad++;
		fprintf(stderr, "stoxctl: line %lu: %s\n", t.row_line, t.why);
	}
	table_close(&t);
	if (sent)
		ask_send(fd, ".");
	answer = ask_answer(fd);
	if (answer && json_is_true(json_object_get(answer, "ok")))
		status = show_import(answer, bad);
	else if (answer)
		fprintf(stderr, "stoxctl: %s\n", text(answer, "error"));
	json_decref(answer);
	return status;
}

static int import(const struct roster_call *c)
{
	FILE *in = stdin;
	int status;

	if (c->count > 2)
		return EXIT_USAGE;
	if (c->count == 2 && strcmp(c->words[1], "-") != 0)
		in = fopen(c->words[1], "r");
	if (!in) {
		fprintf(stderr, "stoxctl: %s: %s\n", c->words[1],
			strerror(errno));
		return EXIT_FAILURE;
	}
	status = import_from(c, in);
	if (in != stdin)
		fclose(in);
	return status;
}

int roster_run(const struct roster_call *c)
{
	static const struct {
		const char *name;
		int (*run)(const struct roster_call *c);
	} commands[] = {
		{ "list", list }, { "published", published },
		{ "show", show }, { "add", change },
		{ "remove", change }, { "export", export }, { "import", import },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (c->count > 0 && strcmp(commands[i].name, c->words[0]) == 0)
			return commands[i].run(c);
	return EXIT_USAGE;
}
