/*
 * message.c: one pass over the header section.
 */
#include "sip/parse.h"
#include "stox/types.h"

void sip_parse_fault(struct sip_parse *ps, unsigned status, const char *why)
{
	if (ps->fault.why)
		return;
	ps->fault.status = status;
	ps->fault.why = why;
}

void sip_parse_fatal(struct sip_parse *ps, unsigned status, const char *why)
{
	sip_parse_fault(ps, status, why);
	ps->fault.close = true;
}

void sip_parse_limit(struct sip_parse *ps, enum limit_id limit,
	const char *why)
{
	sip_parse_fatal(ps, 400, why);
	if (ps->fault.limit == LIMIT_COUNT)
		ps->fault.limit = limit;
	ps->p = ps->end;
}

/* Control characters may stand in a value only as quoted pairs; CR and LF not
 * even there, and the scan has seen to that.  RFC 3261, 25.1. */
static bool controls_are_quoted(struct str value)
{
	bool quoted = false;

	for (size_t i = 0; i < value.len; i++) {
		if (char_is(value.p[i], CHAR_CONTROL))
			return false;
		if (value.p[i] == '"')
			quoted = !quoted;
		else if (quoted && value.p[i] == '\\')
			i++;
	}
	return true;
}

/* What was found on the way through a logical line. */
struct line {
	struct str text;
	bool broken;   /* bare CR or LF: not to be used */
	bool control;  /* another control character */
	bool high;     /* a byte beyond ASCII */
};

/* Look at the control character at @p.  Returns how far to go on, 0 at the end
 * of the line. */
static size_t on_control(struct sip_parse *ps, char *p, struct line *line)
{
	if (p[0] == '\r' && ps->end - p >= 2 && p[1] == '\n') {
		if (ps->end - p < 3 || !char_is(p[2], CHAR_WSP))
			return 0;
		/* folding: RFC 3261, 7.3.1 */
		p[0] = p[1] = ' ';
		return 3;
	}
	if (p[0] == '\r' || p[0] == '\n')
		line->broken = true;
	else
		line->control = true;
	return 1;
}

/* Read one header line with its continuations.  False when it has no end. */
static bool next_line(struct sip_parse *ps, struct line *line)
{
	char *p = ps->p, *end = ps->end;
	uint64_t bits = 0;
	size_t step;

	*line = (struct line){ .broken = false };
	for (;;) {
		p = sip_find_control(p, end, &bits);
		if (p == end)
			return false;
		step = on_control(ps, p, line);
		if (!step)
			break;
		p += step;
	}
	line->text = (struct str){ ps->p, (size_t)(p - ps->p) };
	line->high = bits & WORD_EACH(0x80);
	ps->p = p + 2;
	return true;
}

/* Cut "name : value".  The names that are known are tokens. */
static bool split(struct str text, struct sip_header *h)
{
	ptrdiff_t colon = str_find(text, ':');
	size_t n = (size_t)colon;

	if (colon <= 0)
		return false;
	h->value = str_trim(chars_from(text, n + 1));
	while (n > 0 && char_is(text.p[n - 1], CHAR_WSP))
		n--;
	h->name = chars_first(text, n);
	h->id = sip_header_id(h->name);
	return n > 0 && (h->id != SIP_H_OTHER ||
				chars_all(h->name, CHAR_TOKEN));
}

static void one_header(struct sip_parse *ps, const struct line *line)
{
	struct sip_message *m = ps->m;
	struct sip_header *h = &m->headers[m->header_count];

	if (line->broken) {
		sip_parse_fatal(ps, 400, "bare CR or LF in a header");
		return;
	}
	if (line->text.len > limit_get(ps->limits, LIMIT_SIP_LINE)) {
		sip_parse_limit(ps, LIMIT_SIP_LINE, "header is too long");
		return;
	}
	if (m->header_count == SIP_MAX_HEADERS ||
		m->header_count >= limit_get(ps->limits, LIMIT_SIP_HEADERS)) {
		sip_parse_limit(ps, LIMIT_SIP_HEADERS, "too many headers");
		return;
	}
	if (!split(line->text, h)) {
		sip_parse_fatal(ps, 400, "malformed header");
		return;
	}
	if (line->control && !controls_are_quoted(h->value)) {
		sip_parse_fatal(ps, 400, "control character in a header");
		return;
	}
	if (line->high && h->id != SIP_H_OTHER && !str_is_utf8(h->value)) {
		sip_parse_fault(ps, 400, "a header is not UTF-8");
		return;
	}
	m->header_count++;
	if (!m->first[h->id])
		m->first[h->id] = (uint8_t)m->header_count;
	sip_parse_header(ps, h);
}

static void headers(struct sip_parse *ps)
{
	struct line line;

	while (ps->p < ps->end) {
		if (ps->end - ps->p >= 2 && ps->p[0] == '\r' &&
			ps->p[1] == '\n') {
			ps->p += 2;
			return;
		}
		if (!next_line(ps, &line))
			break;
		one_header(ps, &line);
	}
	sip_parse_fatal(ps, 400, "the header section does not end");
}

static void body(struct sip_parse *ps)
{
	struct sip_message *m = ps->m;
	size_t rest = (size_t)(ps->end - ps->p);

	m->body = (struct str){ ps->p, rest };
	if (!m->has_content_length)
		return;
	if (m->content_length > rest)
		sip_parse_fatal(ps, 400, "the body is cut short");
	else
		m->body.len = m->content_length;
}

/* What must be there.  RFC 3261, 8.1.1; Max-Forwards may be missing (16.3). */
static void mandatory(struct sip_parse *ps)
{
	static const struct {
		enum sip_header_id id;
		const char *why;
	} needed[] = {
		{ SIP_H_VIA, "Via is missing" },
		{ SIP_H_FROM, "From is missing" },
		{ SIP_H_TO, "To is missing" },
		{ SIP_H_CALL_ID, "Call-ID is missing" },
		{ SIP_H_CSEQ, "CSeq is missing" },
	};
	const struct sip_message *m = ps->m;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!(ps->seen & 1u << needed[i].id))
			sip_parse_fault(ps, 400, needed[i].why);
	if (!m->from.tag.len && str_starts(m->via.branch, STR("z9hG4bK")))
		sip_parse_fault(ps, 400, "From without tag");
	if (ps->unknown_scheme)
		sip_parse_fault(ps, 416, "unknown scheme of the Request-URI");
}

int sip_message_parse(char *bytes, size_t len, const struct limits *limits,
	struct sip_message *ret, struct sip_fault *fault)
{
	struct sip_parse ps = { .p = bytes, .end = bytes + len,
		.limits = limits, .m = ret, .fault.limit = LIMIT_COUNT };

	memset(ret, 0, offsetof(struct sip_message, headers));
	ret->max_forwards = -1;
	sip_parse_start(&ps);
	headers(&ps);
	body(&ps);
	mandatory(&ps);
	if (!ps.fault.why)
		return 0;
	ps.fault.can_answer = ret->is_request && ps.fault.status &&
		ps.seen & 1u << SIP_H_VIA && !str_is(ret->method, "ACK");
	if (!ret->is_request)
		ps.fault.status = 0;
	*fault = ps.fault;
	return -STOX_EPROTO;
}
