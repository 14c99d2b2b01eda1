/*
 * parse.h: what the files of the message parser share.  Not a door.
 */
#ifndef SIP_PARSE_H
#define SIP_PARSE_H

#include "base/word.h"
#include "sip/chars.h"
#include "sip/message.h"

/**
 * Read host[:port] at the beginning of @s; IPv6 in brackets.
 * Returns the bytes used, or -STOX_EINVAL.  @ret_port 0: none.
 */
ptrdiff_t sip_hostport(struct str s, struct str *ret_host, uint16_t *ret_port);

/** A parameter to pick out by its lower-case name.  *@ret has .p NULL before,
 *  and keeps it when the parameter is absent; without "=" it becomes an empty
 *  text right behind the name. */
struct sip_wanted {
	struct str name;
	struct str *ret;
	bool once;      /* twice is wrong; else the first counts */
};
/** Check ";a=b;c" (empty is fine) and pick out some parameters.  Returns false
 *  when it is not in the grammar. */
bool sip_params_check(struct str params, const struct sip_wanted *wanted,
	size_t count);

/** A parse under way. */
struct sip_parse {
	char *p, *end;         /* what is still to be read */
	const struct limits *limits;
	struct sip_message *m;
	struct sip_fault fault; /* .why NULL: none so far */
	unsigned seen;         /* bit by header id */
	bool unknown_scheme;   /* of the Request-URI: 416, when nothing is worse */
};

/** Note a fault; the first one is kept, close and limit add up. */
void sip_parse_fault(struct sip_parse *ps, unsigned status, const char *why);
/** The same where the stream cannot go on. */
void sip_parse_fatal(struct sip_parse *ps, unsigned status, const char *why);
/** A limit was reached: nothing more is read. */
void sip_parse_limit(struct sip_parse *ps, enum limit_id limit,
	const char *why);

/** The next control character from @p on, or @end.  *@bits gathers the bits of
 *  the bytes before it. */
static inline char *sip_find_control(char *p, char *end, uint64_t *bits)
{
	while (end - p >= 8) {
		uint64_t word = word_load(p), marks = word_controls(word);

		if (!marks) {
			*bits |= word;
			p += 8;
			continue;
		}
		*bits |= word & ((marks & -marks) - 1);
		p += word_first(marks);
		if (char_is(*p, CHAR_CONTROL))
			return p;
		p++; /* HT */
	}
	while (p < end && !char_is(*p, CHAR_CONTROL))
		*bits |= (unsigned char)*p++;
	return p;
}

/** Read the start line; ps->p moves behind it. */
void sip_parse_start(struct sip_parse *ps);
/** Decode one header that every element needs. */
void sip_parse_header(struct sip_parse *ps, const struct sip_header *h);

#endif
