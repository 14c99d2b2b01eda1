/*
 * config_source.c: the text of configuration files, for places in messages.
 *
 * Lua tells the line on which a statement ends.  A table may have begun many
 * lines before that, and its fields have no lines at all, so they are looked
 * up in the text.
 */
#include "core/config_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4 << 20 /* bytes */ };

int config_read_file(struct pool *pool, const char *path, struct str *ret,
	const char **ret_why)
{
	/* not blocking: a FIFO must not stop the start */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	ssize_t n = -1;

	*ret_why = NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		*ret_why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*ret_why = "not a regular file";
	else if (st.st_mode & S_IWOTH) /* they could name their own plugin */
		*ret_why = "others can write it";
	else if (st.st_size > FILE_MAX)
		*ret_why = "too big for a configuration";
	if (!*ret_why) {
		text = pool_alloc(pool, (size_t)st.st_size + 1);
		while (len < (size_t)st.st_size &&
			(n = read(fd, text + len, (size_t)st.st_size - len)) >
				0)
			len += (size_t)n;
		if (n < 0 && st.st_size > 0)
			*ret_why = strerror(errno);
	}
	if (fd >= 0)
		close(fd);
	if (*ret_why)
		return -STOX_EIO;
	text[len] = '\0';
	*ret = (struct str){text, len};
	return 0;
}

const char *config_path(struct pool *pool, const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (path[0] == '/' || !slash)
		return pool_strdup(pool, path);
	return pool_printf(pool, "%.*s%s", (int)(slash - file + 1), file, path);
}

struct str config_source_line(const struct config_source *s, int line)
{
	size_t from, to;

	if (line < 1 || line > s->line_count)
		return STR("");
	from = s->lines[line - 1];
	to = line < s->line_count ? s->lines[line] - 1 : s->text.len;
	return (struct str){s->text.p + from, to - from};
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static bool holds_at(struct str s, size_t at, struct str part)
{
	return s.len - at >= part.len &&
	       memcmp(s.p + at, part.p, part.len) == 0;
}

static bool line_assigns(struct str s, struct str word)
{
	for (size_t i = 0; i + word.len < s.len; i++) {
		size_t end = i + word.len;

		if (!holds_at(s, i, word) || (i > 0 && is_word(s.p[i - 1])))
			continue;
		while (end < s.len && (s.p[end] == ' ' || s.p[end] == '\t'))
			end++;
		if (end < s.len && s.p[end] == '=' &&
			(end + 1 == s.len || s.p[end + 1] != '='))
			return true;
	}
	return false;
}

static bool line_holds(struct str s, struct str text)
{
	for (size_t i = 0; text.len > 0 && i + text.len <= s.len; i++)
		if (holds_at(s, i, text))
			return true;
	return false;
}

static int search(const struct config_source *s, const char *what, int from,
	int to, bool (*matches)(struct str line, struct str what))
{
	int step = from <= to ? 1 : -1;

	for (int line = from; line != to + step; line += step)
		if (matches(config_source_line(s, line), str_from(what)))
			return line;
	return 0;
}

int config_source_assignment(
	const struct config_source *s, const char *word, int from, int to)
{
	return search(s, word, from, to, line_assigns);
}

int config_source_find(
	const struct config_source *s, const char *text, int from, int to)
{
	return search(s, text, from, to, line_holds);
}

struct config_place config_field_place(
	const struct config_raw_option *o, const char *name)
{
	int line = config_source_assignment(
		o->place.source, name, o->place.line, o->last_line);

	return (struct config_place){
		o->place.source, line ? line : o->place.line};
}

struct config_place config_item_place(
	const struct config_raw_option *o, const struct config_raw *item)
{
	static const char *const quotes[] = {"\"%s\"", "'%s'"};
	char quoted[300];
	int line = 0;

	for (size_t i = 0; i < 2 && !line && item->type == CONFIG_RAW_TEXT;
		i++) {
		snprintf(quoted, sizeof(quoted), quotes[i], item->text.p);
		line = config_source_find(
			o->place.source, quoted, o->place.line, o->last_line);
	}
	return (struct config_place){
		o->place.source, line ? line : o->place.line};
}
