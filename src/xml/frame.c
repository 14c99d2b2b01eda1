/*
 * frame.c: the scanner in front of expat.  What must be refused (DOCTYPE,
 * comments, processing instructions, other encodings; RFC 6120, 11.1) is
 * refused at its first telling byte.
 */
#include "xml/frame.h"

static const char cdata_tag[] = "[CDATA[";
static const char declaration_tag[] = "xml";

void xml_frame_init(
	struct xml_frame *f, const struct limits *limits, unsigned outer)
{
	*f = (struct xml_frame){
		.limits = limits,
		.max = SIZE_MAX,
		.outer = outer,
		.state = XML_FRAME_START,
		.limit = -1,
	};
}

static bool is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

size_t xml_frame_space(const struct xml_frame *f, struct str in)
{
	size_t n = 0;

	if (f->state == XML_FRAME_START ? !f->spaces || f->token
					: f->state != XML_FRAME_BETWEEN &&
						  f->state != XML_FRAME_EPILOG)
		return 0;
	while (n < in.len && is_space((unsigned char)in.p[n]))
		n++;
	return n;
}

static size_t fail(struct xml_frame *f, enum xml_error error, const char *why)
{
	f->error = error;
	f->why = why;
	return 0;
}

static size_t reached(struct xml_frame *f, enum limit_id id,
	enum xml_error error, const char *why)
{
	f->limit = (int)id;
	return fail(f, error, why);
}

/* Go on in a state outside of all tokens. */
static void finish_token(struct xml_frame *f, enum xml_frame_state state)
{
	f->state = state;
	f->token = 0;
}

/* One more byte of the token. */
static size_t take(struct xml_frame *f, enum xml_frame_state state)
{
	f->state = state;
	f->token++;
	return 1;
}

/* ---- one function per state: bytes used; more than 0 unless the state
 * changes or it fails.  Those of a token count them in f->token. ---- */

static size_t start(struct xml_frame *f, unsigned char c)
{
	static const unsigned char mark[] = { 0xEF, 0xBB, 0xBF };

	if (f->matched < sizeof(mark) && c == mark[f->matched]) {
		f->matched++;
		return take(f, f->state);
	}
	if (c == '<' && (f->matched == 0 || f->matched == sizeof(mark)))
		return take(f, XML_FRAME_OPEN);
	if (c == 0xFF || c == 0xFE || c == 0)
		return fail(f, XML_ENCODING, "the encoding is not UTF-8");
	return fail(f, XML_BAD_ROOT, "the first byte is not '<'");
}

static size_t outside(struct xml_frame *f, unsigned char c)
{
	if (f->state == XML_FRAME_PROLOG && is_space(c))
		return 1;
	if (f->state == XML_FRAME_EPILOG)
		return fail(
			f, XML_NOT_WELL_FORMED, "data after the root's end");
	if (c != '<')
		return fail(f, XML_NOT_WELL_FORMED, "text outside of a stanza");
	return take(f, XML_FRAME_OPEN);
}

static size_t text(struct xml_frame *f, const char *p, size_t n)
{
	const char *tag = *p == '<' ? p : memchr(p, '<', n), *reference;

	if (tag)
		n = (size_t)(tag - p);
	reference = memchr(p, '&', n);
	if (reference)
		n = (size_t)(reference - p);
	if (!tag && !reference)
		return n;
	f->state = reference ? XML_FRAME_REFERENCE : XML_FRAME_OPEN;
	f->token = 1;
	return n + 1;
}

static bool is_reference(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c >= 0x80 || c == '#' || c == '_' ||
	       c == ':' || c == '-' || c == '.';
}

static size_t reference(struct xml_frame *f, unsigned char c)
{
	if (is_reference(c))
		return take(f, f->state);
	if (c != ';')
		return fail(f, XML_NOT_WELL_FORMED, "a reference has no end");
	finish_token(f, XML_FRAME_TEXT);
	return 1;
}

static size_t open(struct xml_frame *f, unsigned char c)
{
	bool first = f->depth == 0;

	switch (c) {
	case '/':
		if (first)
			return fail(f, XML_BAD_ROOT, "an end tag comes first");
		return take(f, XML_FRAME_CLOSE);
	case '!':
		return take(f, XML_FRAME_BANG);
	case '?':
		/* an XML declaration has nothing in front of it */
		if (!first || f->bytes != f->token)
			return fail(
				f, XML_RESTRICTED, "a processing instruction");
		f->matched = 0;
		return take(f, XML_FRAME_QUESTION);
	case '\0':
		if (first)
			return fail(
				f, XML_ENCODING, "the encoding is not UTF-8");
		return fail(f, XML_NOT_WELL_FORMED, "a NUL byte");
	}
	f->state = XML_FRAME_TAG;
	f->attributes = 0;
	f->last = 0;
	return 0;
}

static size_t bang(struct xml_frame *f, unsigned char c)
{
	if (c == '-')
		return fail(f, XML_RESTRICTED, "a comment");
	if (c == 'D')
		return fail(f, XML_RESTRICTED, "a document type declaration");
	if (c != '[' || f->depth <= f->outer)
		return fail(f, XML_NOT_WELL_FORMED, "a misplaced declaration");
	f->matched = 1;
	return take(f, XML_FRAME_CDATA_TAG);
}

static size_t cdata_start(struct xml_frame *f, unsigned char c)
{
	if (c != (unsigned char)cdata_tag[f->matched])
		return fail(f, XML_NOT_WELL_FORMED, "a misspelt CDATA section");
	if (++f->matched < sizeof(cdata_tag) - 1)
		return take(f, f->state);
	finish_token(f, XML_FRAME_CDATA);
	f->matched = 0;
	return 1;
}

/* @matched counts the brackets in front, two suffice. */
static size_t cdata(struct xml_frame *f, const char *p, size_t n)
{
	const char *bracket;

	if (f->matched == 0) {
		bracket = memchr(p, ']', n);
		if (!bracket)
			return n;
		f->matched = 1;
		return (size_t)(bracket - p) + 1;
	}
	if (*p == '>' && f->matched == 2)
		f->state = XML_FRAME_TEXT;
	f->matched = *p == ']' ? 2 : 0;
	return 1;
}

static size_t question(struct xml_frame *f, unsigned char c)
{
	bool whole = f->matched == sizeof(declaration_tag) - 1;

	if (whole ? !is_space(c)
		  : c != (unsigned char)declaration_tag[f->matched])
		return fail(f, XML_RESTRICTED, "a processing instruction");
	f->matched++;
	return take(f, whole ? XML_FRAME_DECLARATION : f->state);
}

static size_t quoted(struct xml_frame *f, const char *p, size_t n)
{
	const char *end = memchr(p, f->quote, n);

	if (!end)
		return n;
	f->state = XML_FRAME_TAG;
	f->last = 0;
	return (size_t)(end - p) + 1;
}

static void open_quote(struct xml_frame *f, unsigned char c)
{
	f->quote = c;
	f->state = XML_FRAME_QUOTED;
	if (++f->attributes > limit_get(f->limits, LIMIT_XML_ATTRIBUTES))
		reached(f, LIMIT_XML_ATTRIBUTES, XML_TOO_COMPLEX,
			"too many attributes");
}

/* Up to the next quote inside of a tag, or its end: the byte that
 * @ret_end tells of is not among those used. */
static size_t unquoted(
	struct xml_frame *f, const char *p, size_t n, bool *ret_end)
{
	static const bool telling[256] = {
		['>'] = true, ['<'] = true, ['"'] = true, ['\''] = true
	};
	size_t i = 0;

	while (i < n && !telling[(unsigned char)p[i]])
		i++;
	if (i > 0)
		f->last = (unsigned char)p[i - 1];
	if (i == n)
		return n;
	if (p[i] == '>') {
		*ret_end = true;
		return i;
	}
	if (p[i] == '<') {
		fail(f, XML_NOT_WELL_FORMED, "a '<' inside of a tag");
		return i;
	}
	open_quote(f, (unsigned char)p[i]);
	return i + 1;
}

static size_t tag(struct xml_frame *f, const char *p, size_t n, bool *ret_end)
{
	size_t i = 0;

	while (i < n && !*ret_end && !f->error) {
		if (f->state == XML_FRAME_QUOTED)
			i += quoted(f, p + i, n - i);
		else
			i += unquoted(f, p + i, n - i, ret_end);
	}
	f->token += i;
	return i;
}

/* An end tag or the XML declaration: nothing in it matters here. */
static size_t until_end(
	struct xml_frame *f, const char *p, size_t n, bool *ret_end)
{
	const char *end = memchr(p, '>', n);

	if (end) {
		n = (size_t)(end - p);
		*ret_end = true;
	}
	f->token += n;
	return n;
}

/* ---- what the end of a tag completes ---- */

static enum xml_frame_step completed(struct xml_frame *f,
	enum xml_frame_step step, enum xml_frame_state state)
{
	f->element = f->bytes;
	f->tag = f->token;
	f->bytes = 0;
	finish_token(f, state);
	return step;
}

static enum xml_frame_step end_tag(struct xml_frame *f)
{
	bool start_tag = f->state == XML_FRAME_TAG;
	bool root = f->outer && f->depth == (start_tag ? 0 : 1);
	bool empty = start_tag && f->last == '/';

	if (f->state == XML_FRAME_DECLARATION) {
		finish_token(f, XML_FRAME_PROLOG);
		return XML_FRAME_MORE;
	}
	if (start_tag && f->depth >= limit_get(f->limits, LIMIT_XML_DEPTH)) {
		reached(f, LIMIT_XML_DEPTH, XML_TOO_COMPLEX,
			"elements are nested too deep");
		return XML_FRAME_ERROR;
	}
	if (!start_tag)
		f->depth--;
	else if (!empty)
		f->depth++;
	if (root)
		return completed(f, start_tag ? XML_FRAME_ROOT : XML_FRAME_END,
			f->depth ? XML_FRAME_BETWEEN : XML_FRAME_EPILOG);
	if (f->depth == f->outer)
		return completed(f, XML_FRAME_ELEMENT,
			f->outer ? XML_FRAME_BETWEEN : XML_FRAME_EPILOG);
	finish_token(f, XML_FRAME_TEXT);
	return XML_FRAME_MORE;
}

static size_t excess(size_t n, size_t max)
{
	return n > max ? n - max : 0;
}

static bool is_past_limit(const struct xml_frame *f)
{
	return f->bytes > f->max ||
	       f->token > limit_get(f->limits, LIMIT_XML_TOKEN);
}

/* Forget what was looked at behind the first byte too many; its number. */
static size_t go_back(struct xml_frame *f)
{
	size_t element = excess(f->bytes, f->max);
	size_t token = excess(f->token, limit_get(f->limits, LIMIT_XML_TOKEN));
	size_t n = (element > token ? element : token) - 1;

	if (element > token)
		reached(f,
			f->max <= limit_get(f->limits, LIMIT_STANZA_UNAUTH)
				? LIMIT_STANZA_UNAUTH
				: LIMIT_STANZA,
			XML_TOO_BIG, "the stanza is too big");
	else
		reached(f, LIMIT_XML_TOKEN, XML_TOO_BIG,
			"a tag or reference is too long");
	f->bytes -= n;
	f->token -= n < f->token ? n : f->token;
	return n;
}

static size_t advance(
	struct xml_frame *f, const char *p, size_t n, bool *ret_end)
{
	unsigned char c = (unsigned char)*p;

	switch (f->state) {
	case XML_FRAME_START:
		return start(f, c);
	case XML_FRAME_PROLOG:
	case XML_FRAME_BETWEEN:
	case XML_FRAME_EPILOG:
		return outside(f, c);
	case XML_FRAME_TEXT:
		return text(f, p, n);
	case XML_FRAME_REFERENCE:
		return reference(f, c);
	case XML_FRAME_OPEN:
		return open(f, c);
	case XML_FRAME_BANG:
		return bang(f, c);
	case XML_FRAME_CDATA_TAG:
		return cdata_start(f, c);
	case XML_FRAME_CDATA:
		return cdata(f, p, n);
	case XML_FRAME_QUESTION:
		return question(f, c);
	case XML_FRAME_TAG:
	case XML_FRAME_QUOTED:
		return tag(f, p, n, ret_end);
	case XML_FRAME_CLOSE:
	case XML_FRAME_DECLARATION:
		return until_end(f, p, n, ret_end);
	}
	return 0;
}

enum xml_frame_step xml_frame_next(
	struct xml_frame *f, struct str in, size_t *ret_used)
{
	enum xml_frame_step step = XML_FRAME_MORE;
	size_t i = 0;

	while (i < in.len && step == XML_FRAME_MORE) {
		bool end = false;
		size_t n = advance(f, in.p + i, in.len - i, &end);

		if (end) {
			n++;
			f->token++;
		}
		i += n;
		f->bytes += n;
		/* a limit comes before what was found behind it */
		if (is_past_limit(f))
			i -= go_back(f);
		if (f->error)
			step = XML_FRAME_ERROR;
		else if (end)
			step = end_tag(f);
	}
	*ret_used = i;
	return step;
}
