/*
 * log.h: one line per event, the same shape everywhere:
 *
 *     level area x=<exchange> event key=value key="two words"
 *
 * No bodies, no secrets.  A log belongs to a node; there is no global one.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "stox/types.h"

struct log {
	enum stox_level level; /* lines above this number are not made */
	bool stderr_levels;    /* prefix "<N>" as sd-daemon(3) reads it */
	/* where lines go; NULL means standard error.  @line has no newline. */
	void (*sink)(void *arg, enum stox_level level, const char *line);
	void *sink_arg;
	uint64_t counts[8];    /* lines made, by level */
};

/**
 * Write one line.  @exchange 0 leaves the x= field out.  @event is one word;
 * @format makes the key=value part and may be NULL.  Use log_text() for values
 * that a peer chose.
 */
void log_event(struct log *l, enum stox_level level, const char *area,
	uint64_t exchange, const char *event, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/** True when a line of that level would be made. */
static inline bool log_wants(const struct log *l, enum stox_level level)
{
	return l && level <= l->level;
}

/**
 * Quote what a peer chose: printable UTF-8 in double quotes, the rest as \xHH,
 * at most @size - 1 bytes.  Returns @out.
 */
const char *log_text(struct str s, char *out, size_t size);

#endif
