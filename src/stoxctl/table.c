#include <config.h>

#include "stoxctl/pie.h"
#include "stoxctl/table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_MAX = 4096 };

const char *const table_names[TABLE_READ] = { "xmpp", "sip", "x2s", "s2x",
	"x2s_since", "s2x_since", "subscription", "ask" };

static int get(struct table *t)
{
	int c = getc(t->in);

	if (c == '\n')
		t->line++;
	return c;
}

static void unget(struct table *t, int c)
{
	if (c == '\n')
		t->line--;
	if (c != EOF)
		ungetc(c, t->in);
}

static void clear(struct table *t)
{
	for (int i = 0; i < TABLE_READ; i++) {
		free(t->fields[i]);
		t->fields[i] = NULL;
	}
	t->why = NULL;
}

static int column_of(const char *name)
{
	for (int i = 0; i < TABLE_READ; i++)
		if (strcmp(table_names[i], name) == 0)
			return i;
	return -1;
}

/* ---- CSV: RFC 4180 ---------------------------------------------------------- */

/* One field; *@ret_end is what stood behind it: ',', '\n' or EOF. */
static bool read_field(struct table *t, char *text, int *ret_end)
{
	size_t n = 0;
	int c = get(t);
	bool quoted = c == '"', fits = true;

	if (quoted)
		c = get(t);
	for (;; c = get(t)) {
		if (quoted && c == '"') {
			c = get(t);
			quoted = c == '"';
		}
		if (c == EOF || (!quoted && (c == ',' || c == '\n')))
			break;
		if (c == '\r' && !quoted)
			continue;
		if (n + 1 < FIELD_MAX)
			text[n++] = (char)c;
		else
			fits = false;
	}
	text[n] = '\0';
	*ret_end = c;
	return fits && !quoted;
}

/* A line of fields into t->fields, or the names above them. */
static bool read_line(struct table *t, bool names)
{
	char text[FIELD_MAX];
	int end = ',', at = 0;
	bool something = false;

	for (; end == ','; at++) {
		bool good = read_field(t, text, &end);
		int column = names ? column_of(text)
			: at < t->column_count ? t->columns[at] : -1;

		something = something || *text || end == ',';
		if (!good)
			t->why = "a field is too long, or its quotes do not end";
		if (names && at < 32)
			t->columns[t->column_count++] = column;
		else if (column >= 0 && !t->fields[column])
			t->fields[column] = strdup(text);
	}
	return something || end != EOF;
}

static bool csv_row(struct table *t)
{
	do {
		clear(t);
		t->row_line = t->line + 1;
		if (!read_line(t, false))
			return false;
	} while (!t->why && !t->fields[TABLE_XMPP]);
	return true;
}

/* ---- JSON ------------------------------------------------------------------- */

/* One character at a time: what stands behind an object is not read. */
static size_t one(void *buffer, size_t len, void *arg)
{
	int c = get(arg);

	(void)len;
	if (c == EOF)
		return 0;
	*(char *)buffer = (char)c;
	return 1;
}

static char *as_text(const json_t *j)
{
	char number[32];

	if (json_is_string(j))
		return strdup(json_string_value(j));
	if (!json_is_integer(j))
		return NULL;
	snprintf(number, sizeof(number), "%lld",
		(long long)json_integer_value(j));
	return strdup(number);
}

static bool json_row(struct table *t)
{
	json_error_t error;
	json_t *j;
	int c;

	clear(t);
	do
		c = get(t);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' ||
		c == '[');
	if (c == EOF || c == ']')
		return false;
	unget(t, c);
	t->row_line = t->line + 1;
	j = json_load_callback(one, t, JSON_DISABLE_EOF_CHECK, &error);
	if (!json_is_object(j)) {
		t->why = "no JSON object; nothing behind it is read";
		t->in = NULL;
	}
	for (int i = 0; json_is_object(j) && i < TABLE_READ; i++)
		t->fields[i] = as_text(json_object_get(j, table_names[i]));
	json_decref(j);
	return true;
}

/* ---- XEP-0227 --------------------------------------------------------------- */

static bool is_said(const char *word, const char *nothing)
{
	return word && *word && strcmp(word, nothing) != 0;
}

static void fill(struct table *t, const struct pie_contact *c)
{
	const char *const texts[TABLE_READ] = { [TABLE_XMPP] = c->user,
		[TABLE_SIP] = c->contact, [TABLE_S2X] = c->asks ? "asked" : NULL,
		[TABLE_SUBSCRIPTION] = c->subscription, [TABLE_ASK] = c->ask };

	t->row_line = c->line;
	for (int i = 0; i < TABLE_READ; i++)
		t->fields[i] = texts[i] ? strdup(texts[i]) : NULL;
}

/* Contacts between whom there is nothing are passed over. */
static bool pie_row(struct table *t)
{
	struct pie_contact c;

	clear(t);
	while (pie_read(t->pie, &c, &t->why, &t->row_line)) {
		if (!c.asks && !is_said(c.ask, "none") &&
			!is_said(c.subscription, "none"))
			continue;
		fill(t, &c);
		return true;
	}
	t->in = NULL;
	return t->why != NULL;
}

/* ---- all ------------------------------------------------------------------- */

void table_open(struct table *t, FILE *in)
{
	memset(t, 0, sizeof(*t));
	t->in = in;
}

static bool begin(struct table *t)
{
	int c;

	t->begun = true;
	do
		c = get(t);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n');
	unget(t, c);
	t->json = c == '[' || c == '{';
	if (c == '<')
		t->pie = pie_open(t->in);
	if (t->json || t->pie || c == EOF)
		return true;
	t->row_line = t->line + 1;
	read_line(t, true);
	for (int need = TABLE_XMPP; need <= TABLE_SIP; need++) {
		bool there = false;

		for (int i = 0; i < t->column_count; i++)
			there = there || t->columns[i] == need;
		if (!there)
			t->why = "the first line names the columns: xmpp, sip "
				"and some of x2s, s2x, x2s_since, s2x_since, "
				"subscription, ask";
	}
	return !t->why;
}

bool table_read(struct table *t)
{
	if (!t->in)
		return false;
	if (!t->begun && !begin(t)) {
		t->in = NULL;
		return true;
	}
	if (t->pie)
		return pie_row(t);
	return t->json ? json_row(t) : csv_row(t);
}

void table_close(struct table *t)
{
	clear(t);
	pie_close(&t->pie);
}

void table_put_csv(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}
