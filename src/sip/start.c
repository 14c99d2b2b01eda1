/*
 * start.c: the request line and the status line.  RFC 3261, 7.1 and 7.2.
 */
#include "sip/chars.h"
#include "sip/parse.h"

enum { METHOD_MAX = 64 };

/* A CRLF begins with the first control character, or the line is broken. */
static bool cut_line(struct sip_parse *ps, struct str *ret)
{
	uint64_t bits = 0;
	char *p = sip_find_control(ps->p, ps->end, &bits);

	*ret = (struct str){ ps->p, (size_t)(p - ps->p) };
	if (ps->end - p >= 2 && p[0] == '\r' && p[1] == '\n') {
		ps->p = p + 2;
		return true;
	}
	/* go on at the next line, to be able to answer */
	sip_parse_fatal(ps, 400, "control character in the start line");
	p = memchr(p, '\n', (size_t)(ps->end - p));
	ps->p = p ? p + 1 : ps->end;
	return false;
}

static void request_uri(struct sip_parse *ps, struct str text)
{
	struct sip_message *m = ps->m;

	m->uri_text = text;
	if (sip_uri_parse(text, &m->uri) < 0)
		sip_parse_fault(ps, 400, "malformed Request-URI");
	else if (m->uri.headers.p)
		sip_parse_fault(ps, 400, "Request-URI with headers");
	else
		ps->unknown_scheme = m->uri.scheme == SIP_SCHEME_OTHER;
}

static bool is_ours(struct str version)
{
	return version.len == 7 && word_same_letters(version.p, "SIP/2.0", 3) &&
	       memcmp(version.p + 3, "/2.0", 4) == 0;
}

static bool version_form(struct str s)
{
	if (is_ours(s))
		return true;
	if (s.len < 7 || !str_iis(chars_first(s, 4), "SIP/"))
		return false;
	s = chars_from(s, 4);
	for (int part = 0; part < 2; part++) {
		struct str number = str_cut(&s, '.');

		if (!number.len || !chars_all(number, CHAR_DIGIT) ||
			!s.p != !!part)
			return false;
	}
	return true;
}

/* METHOD SP Request-URI SP SIP/2.0, with exactly these two spaces. */
static void request_line(struct sip_parse *ps, struct str line)
{
	struct sip_message *m = ps->m;
	struct str uri;

	m->is_request = true;
	m->method = str_cut(&line, ' ');
	if (!m->method.len || m->method.len > METHOD_MAX ||
		!chars_all(m->method, CHAR_TOKEN))
		sip_parse_fault(ps, 400, "malformed method");
	uri = str_cut(&line, ' ');
	if (!line.p || !version_form(line))
		sip_parse_fault(ps, 400, "malformed request line");
	else if (!is_ours(line))
		sip_parse_fault(ps, 505, "only SIP/2.0 is spoken here");
	request_uri(ps, uri);
}

/* SIP/2.0 SP 3DIGIT SP reason; the second space may be missing. */
static void status_line(struct sip_parse *ps, struct str line)
{
	struct sip_message *m = ps->m;
	struct str version = str_cut(&line, ' ');
	struct str status = str_cut(&line, ' ');
	uint64_t n = 0;

	if (!is_ours(version) || status.len != 3 ||
		str_to_u64(status, 699, &n) || n < 100)
		sip_parse_fault(ps, 0, "malformed status line");
	m->status = (unsigned)n;
	m->reason = line.p ? line : STR("");
	if (!str_is_utf8(m->reason))
		sip_parse_fault(ps, 0, "reason phrase is not UTF-8");
}

void sip_parse_start(struct sip_parse *ps)
{
	struct str line;
	bool whole = cut_line(ps, &line);

	if (line.len >= 4 && line.p[3] == '/' &&
		word_same_letters(line.p, "SIP", 3))
		status_line(ps, line);
	else
		request_line(ps, line);
	if (whole && ps->p < ps->end && char_is(*ps->p, CHAR_WSP))
		sip_parse_fatal(ps, 400, "the start line is folded");
}
