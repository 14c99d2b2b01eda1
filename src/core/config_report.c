/*
 * config_report.c: what is wrong with a configuration, and where.
 *
 * Everything is collected first and shown in the order of the text, as a
 * compiler does, whatever the order of the checks was.
 */
#include "core/config_private.h"

#include <stdlib.h>

static void add_note(struct config_report *r, struct config_place place,
	bool warning, const char *format, va_list ap)
{
	size_t *all = warning ? &r->warnings : &r->errors;

	if ((*all)++ >= CONFIG_REPORT_MAX)
		return;
	r->notes[r->count++] = (struct config_note){
		.place = place,
		.warning = warning,
		.text = pool_vprintf(r->pool, format, ap),
	};
}

void config_error(struct config_report *r, struct config_place place,
	const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add_note(r, place, false, format, ap);
	va_end(ap);
}

void config_warning(struct config_report *r, struct config_place place,
	const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add_note(r, place, true, format, ap);
	va_end(ap);
}

bool config_report_has(const struct config_report *r,
	const struct config_source *source, int first, int last)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct config_note *n = &r->notes[i];

		if (!n->warning && n->place.source == source &&
			n->place.line >= first && n->place.line <= last)
			return true;
	}
	return false;
}

/* A note without a line speaks of the whole: it comes last, with line 1. */
static int compare_notes(const void *pa, const void *pb)
{
	const struct config_note *a = *(const struct config_note *const *)pa;
	const struct config_note *b = *(const struct config_note *const *)pb;

	if (a->place.source != b->place.source)
		return a->place.source->index < b->place.source->index ? -1 : 1;
	if (a->place.line != b->place.line) {
		if (a->place.line == 0 || b->place.line == 0)
			return a->place.line == 0 ? 1 : -1;
		return a->place.line < b->place.line ? -1 : 1;
	}
	return a < b ? -1 : a > b;
}

/* Names of files and texts of the configuration stand in the notes: whatever
 * they hold, a note stays one line. */
static void add_clean(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_add_char(out, (unsigned char)*text < 0x20 || *text == 0x7f
					  ? ' '
					  : *text);
}

static void write_note(struct buf *out, const struct config_note *n)
{
	add_clean(out, n->place.source->name);
	buf_printf(out, ":%d: ", n->place.line > 0 ? n->place.line : 1);
	add_clean(out, n->text);
	buf_add_char(out, '\n');
}

static void write_rest(
	const struct config_report *r, size_t all, struct buf *out)
{
	if (all > CONFIG_REPORT_MAX)
		buf_printf(out, "%s:1: there are more: only %d of %zu are "
			"shown\n",
			r->notes[0].place.source->name, CONFIG_REPORT_MAX, all);
}

void config_report_write(const struct config_report *r, struct buf *errors,
	struct buf *warnings)
{
	const struct config_note *sorted[2 * CONFIG_REPORT_MAX];

	for (size_t i = 0; i < r->count; i++)
		sorted[i] = &r->notes[i];
	qsort(sorted, r->count, sizeof(*sorted), compare_notes);
	for (size_t i = 0; i < r->count; i++)
		write_note(sorted[i]->warning ? warnings : errors, sorted[i]);
	write_rest(r, r->errors, errors);
	write_rest(r, r->warnings, warnings);
}

/* ---- misspelt words ----------------------------------------------------- */

enum { WORD_MAX = 64 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many insertions, removals, replacements and swaps of neighbours lead from
 * one word to the other. */
static unsigned word_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t an = strlen(a), bn = strlen(b);
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	if (an > WORD_MAX || bn > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= bn; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= an; i++) {
		unsigned *free_row = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= bn; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = min3(last[j] + 1, row[j - 1] + 1,
				last[j - 1] + !same);
			if (i > 1 && j > 1 && !same && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[bn];
}

void config_guess_init(struct config_guess *g, const char *word)
{
	*g = (struct config_guess){.word = word, .distance = WORD_MAX};
}

void config_guess_try(struct config_guess *g, const char *known)
{
	unsigned d = word_distance(g->word, known);
	size_t len = strlen(g->word);

	/* one slip in three letters is a typing error, more is another word */
	if (d > (len < 6 ? 1 + (len > 3) : len / 3) || d >= g->distance)
		return;
	g->best = known;
	g->distance = d;
}

const char *config_guess_text(const struct config_guess *g, struct pool *pool)
{
	return g->best ? pool_printf(pool, "did you mean %s? ", g->best) : "";
}
