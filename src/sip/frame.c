/*
 * frame.c: where a message in a byte stream ends.  RFC 3261, 18.3.
 *
 * The stream is read as one grammar: lines end with CRLF, the length is said
 * once and in digits.  Whatever another reader could understand differently
 * ends the connection.
 */
#include "sip/chars.h"
#include "sip/message.h"
#include "stox/types.h"

static ptrdiff_t refuse(struct sip_fault *fault, unsigned status,
	enum limit_id limit, const char *why)
{
	*fault = (struct sip_fault){
		.status = status, .why = why, .close = true, .limit = limit
	};
	return -STOX_EPROTO;
}

static ptrdiff_t bad(struct sip_fault *fault, const char *why)
{
	return refuse(fault, 400, LIMIT_COUNT, why);
}

/* Is this line a Content-Length header, long or compact? */
static bool is_length(struct str line)
{
	size_t n = 0, end;

	/* the second L of "Content-L…" tells it from most that begin so */
	if ((line.p[0] | 0x20) != 'l' && ((line.p[0] | 0x20) != 'c' ||
		line.len < 14 || (line.p[8] | 0x20) != 'l'))
		return false;
	while (n < line.len && char_is(line.p[n], CHAR_TOKEN))
		n++;
	for (end = n; end < line.len && char_is(line.p[end], CHAR_WSP);)
		end++;
	return end < line.len && line.p[end] == ':' &&
	       sip_header_id(chars_first(line, n)) == SIP_H_CONTENT_LENGTH;
}

/* The whole value from the line at @at on, folding included. */
static struct str length_value(struct str bytes, size_t at)
{
	struct str value;
	size_t i = at;

	while (bytes.p[i] != ':')
		i++;
	value = chars_from(bytes, i + 1);
	for (i = 0; i + 2 < value.len; i++)
		if (value.p[i] == '\n' && !char_is(value.p[i + 1], CHAR_WSP))
			break;
	value.len = i;
	while (value.len && (char_is(value.p[0], CHAR_WSP) ||
				    value.p[0] == '\r' || value.p[0] == '\n'))
		value = chars_from(value, 1);
	while (value.len && (char_is(value.p[value.len - 1], CHAR_WSP) ||
				    value.p[value.len - 1] == '\r' ||
				    value.p[value.len - 1] == '\n'))
		value.len--;
	return value;
}

/* The header section is whole: how long is the body? */
static ptrdiff_t body_length(struct str bytes, struct sip_framing *state,
	const struct limits *limits, struct sip_fault *fault)
{
	uint64_t len = 0;

	if (!state->lengths)
		return bad(fault, "Content-Length is missing");
	if (state->lengths > 1)
		return bad(fault, "Content-Length is said twice");
	if (str_to_u64(length_value(bytes, state->length_at), 1ULL << 31,
		    &len))
		return bad(fault, "Content-Length is not a number");
	if (len > limit_get(limits, LIMIT_SIP_BODY))
		return refuse(fault, 413, LIMIT_SIP_BODY, "body is too large");
	state->body_len = (size_t)len;
	return 0;
}

/* Look at one whole line, from state->line up to its LF at @lf. */
static ptrdiff_t take_line(struct str bytes, size_t lf,
	struct sip_framing *state, const struct limits *limits,
	struct sip_fault *fault)
{
	struct str line = { bytes.p + state->line, lf - state->line };

	if (!line.len || line.p[line.len - 1] != '\r')
		return bad(fault, "line does not end with CRLF");
	line.len--;
	if (line.len && memchr(line.p, '\r', line.len))
		return bad(fault, "bare CR in the header section");
	if (line.len > limit_get(limits, LIMIT_SIP_LINE))
		return refuse(fault, 400, LIMIT_SIP_LINE, "line is too long");
	if (!line.len && !state->line)
		return bad(fault, "message begins with an empty line");
	if (!line.len)
		state->header_len = lf + 1;
	else if (state->line && is_length(line) && state->lengths++ == 0)
		state->length_at = state->line;
	state->line = lf + 1;
	return 0;
}

/* Find the blank line.  Returns 0 also when it has not come yet. */
static ptrdiff_t scan(struct str bytes, struct sip_framing *state,
	const struct limits *limits, struct sip_fault *fault)
{
	size_t max = limit_get(limits, LIMIT_SIP_HEADER_SECTION);
	size_t max_line = limit_get(limits, LIMIT_SIP_LINE);

	while (!state->header_len) {
		const char *lf = NULL;

		if (state->scanned < bytes.len)
			lf = memchr(bytes.p + state->scanned, '\n',
				bytes.len - state->scanned);
		state->scanned = lf ? (size_t)(lf - bytes.p) + 1 : bytes.len;
		if (state->scanned > max)
			return refuse(fault, 400, LIMIT_SIP_HEADER_SECTION,
				"header section is too long");
		if (!lf && state->scanned - state->line > max_line + 1)
			return refuse(fault, 400, LIMIT_SIP_LINE,
				"line is too long");
		if (!lf)
			return 0;
		if (take_line(bytes, state->scanned - 1, state, limits, fault))
			return -STOX_EPROTO;
	}
	return 0;
}

ptrdiff_t sip_message_frame(struct str bytes, struct sip_framing *state,
	const struct limits *limits, struct sip_fault *fault)
{
	if (!state->header_len) {
		if (scan(bytes, state, limits, fault))
			return -STOX_EPROTO;
		if (!state->header_len)
			return 0;
		if (body_length(bytes, state, limits, fault))
			return -STOX_EPROTO;
	}
	if (bytes.len - state->header_len < state->body_len)
		return 0;
	return (ptrdiff_t)(state->header_len + state->body_len);
}
