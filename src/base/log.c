#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* The longest line, prefix and newline included.  One write(2) of that size
 * does not mix with the lines of other processes. */
enum { LINE_MAX_BYTES = 1024 };

static const char *level_word(enum stox_level level)
{
	switch (level) {
	case STOX_LOG_ERROR:
		return "error";
	case STOX_LOG_WARN:
		return "warn";
	case STOX_LOG_INFO:
		return "info";
	case STOX_LOG_DEBUG:
		return "debug";
	}
	return "info";
}

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
	bool cut;
};

static void line_vadd(struct line *l, const char *format, va_list ap)
{
	/* a byte stays free for the newline */
	size_t room = sizeof(l->text) - 1 - l->len;
	int n = vsnprintf(l->text + l->len, room, format, ap);

	if (n < 0)
		return;
	if ((size_t)n >= room) {
		l->cut = true;
		l->len += room - 1;
	} else {
		l->len += (size_t)n;
	}
}

__attribute__((format(printf, 2, 3)))
static void line_add(struct line *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line_vadd(l, format, ap);
	va_end(ap);
}

/* One event is one line, whatever its values hold; a cut one ends in "...". */
static void line_finish(struct line *l)
{
	if (l->cut) {
		struct str all = { l->text, l->len };

		l->len = str_utf8_cut(all, l->len - 3);
		memcpy(l->text + l->len, "...", 4);
		l->len += 3;
	}
	for (size_t i = 0; i < l->len; i++)
		if ((unsigned char)l->text[i] < ' ' || l->text[i] == 0x7f)
			l->text[i] = '?';
}

void log_event(struct log *log, enum stox_level level, const char *area,
	uint64_t exchange, const char *event, const char *format, ...)
{
	struct line l = { .len = 0 };
	int saved = errno;
	va_list ap;

	if (!log_wants(log, level))
		return;
	log->counts[level & 7]++;
	if (log->stderr_levels && !log->sink)
		line_add(&l, "<%d>", (int)level);
	line_add(&l, "%s %s ", level_word(level), area);
	if (exchange)
		line_add(&l, "x=%" PRIx64 " ", exchange);
	line_add(&l, "%s", event);
	if (format) {
		line_add(&l, " ");
		va_start(ap, format);
		line_vadd(&l, format, ap);
		va_end(ap);
	}
	line_finish(&l);
	if (log->sink) {
		log->sink(log->sink_arg, level, l.text);
	} else {
		l.text[l.len++] = '\n';
		/* nobody is left to tell when standard error fails */
		if (write(STDERR_FILENO, l.text, l.len) < 0)
			errno = 0;
	}
	errno = saved;
}

/* What moves the cursor or hides: C1, zero width, line ends, bidi. */
static bool printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	if (code == '"' || code == '\\')
		return false;
	if ((code >= 0x200b && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff)
		return false;
	return code < 0xe0000;
}

/* One character of @s at @out, escaped when needed; returns its length there
 * and shortens @s. */
static size_t quote_one(struct str *s, char out[16])
{
	static const char digits[] = "0123456789ABCDEF";
	uint32_t code;
	size_t n = str_utf8_next(*s, &code);
	size_t len = 0;

	if (n && printable(code)) {
		memcpy(out, s->p, n);
		len = n;
	} else {
		n = n ? n : 1;
		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)s->p[i];

			out[len++] = '\\';
			out[len++] = 'x';
			out[len++] = digits[c >> 4];
			out[len++] = digits[c & 15];
		}
	}
	s->p += n;
	s->len -= n;
	return len;
}

const char *log_text(struct str s, char *out, size_t size)
{
	static const char cut[] = "...\"";
	size_t at = 0, mark;
	char one[16];

	if (size < 1 + sizeof(cut)) {
		if (size)
			out[0] = '\0';
		return out;
	}
	out[at++] = '"';
	mark = at; /* the last place where the mark of a cut fits */
	while (s.len) {
		size_t n = quote_one(&s, one);

		if (at + n + 2 > size) {
			memcpy(out + mark, cut, sizeof(cut));
			return out;
		}
		memcpy(out + at, one, n);
		at += n;
		if (at + sizeof(cut) <= size)
			mark = at;
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}
