/*
 * INVITE: which of them are conversations, and what the others hear.
 * lync.md 3.1, 5 and 6.
 */
#include <string.h>
#include <strings.h>

#include "stox/service/policy.h"
#include "talk.h"

enum { MEDIA = 16, NOTICE_S = 60, CALL_S = 86400 };

/* ---- the offer -------------------------------------------------------------- */

/** One m= line. */
struct media {
	const char *name, *rest;  /* "message", "sip null" */
	size_t name_len, rest_len;
	bool refused;             /* port 0 */
};

static bool is_messages(const struct media *m)
{
	return (m->name_len == 7 && memcmp(m->name, "message", 7) == 0) ||
	       (m->name_len == 12 && memcmp(m->name, "x-ms-message", 12) == 0);
}

/* "message 5060 sip null" */
static void read_line(const char *line, size_t len, struct media *m)
{
	const char *end = line + len, *p = line;

	m->name = p;
	while (p < end && *p != ' ')
		p++;
	m->name_len = (size_t)(p - line);
	while (p < end && *p == ' ')
		p++;
	m->refused = p < end && *p == '0' &&
		(p + 1 == end || p[1] == ' ');
	while (p < end && *p != ' ')
		p++;
	while (p < end && *p == ' ')
		p++;
	m->rest = p;
	m->rest_len = (size_t)(end - p);
}

static size_t read_media(const char *sdp, size_t len, struct media *ret)
{
	const char *end = sdp + len;
	size_t n = 0;

	while (sdp < end && n < MEDIA) {
		const char *eol = memchr(sdp, '\n', (size_t)(end - sdp));
		size_t line = (size_t)((eol ? eol : end) - sdp);

		if (line && sdp[line - 1] == '\r')
			line--;
		if (line > 2 && sdp[0] == 'm' && sdp[1] == '=')
			read_line(sdp + 2, line - 2, &ret[n++]);
		sdp = eol ? eol + 1 : end;
	}
	return n;
}

static bool is_conference(const char *type)
{
	return message_type_is(type, "application/ms-conf-invite+xml") ||
	       message_type_is(type, "application/cccp+xml");
}

enum talk_offer talk_offered(struct stox_exchange *x)
{
	const char *type = stox_in_type(x);
	struct media media[MEDIA];
	const char *body;
	size_t len, n;

	if (!type)
		return TALK_OFFER_CALL; /* without an offer: telephones do so */
	if (is_conference(type))
		return TALK_OFFER_CONFERENCE;
	if (!message_type_is(type, "application/sdp"))
		return TALK_OFFER_STRANGE;
	body = stox_in_body(x, &len);
	n = read_media(body, len, media);
	for (size_t i = 0; i < n; i++)
		if (is_messages(&media[i]) && !media[i].refused)
			return TALK_OFFER_MESSAGES;
	return TALK_OFFER_CALL;
}

/* Each m= line of the offer has one in the answer.  RFC 3264, 6. */
static const char *answer_media(struct stox_exchange *x, const char *ours)
{
	struct media media[MEDIA];
	const char *body, *all = "";
	bool taken = false;
	size_t len, n;

	body = stox_in_body(x, &len);
	n = body ? read_media(body, len, media) : 0;
	for (size_t i = 0; i < n; i++) {
		const struct media *m = &media[i];

		if (!taken && is_messages(m) && !m->refused) {
			all = stox_printf(x, "%sm=%.*s %s", all,
				(int)m->name_len, m->name, ours);
			taken = true;
		} else {
			all = stox_printf(x, "%sm=%.*s 0 %.*s\r\n", all,
				(int)m->name_len, m->name, (int)m->rest_len,
				m->rest);
		}
	}
	return taken ? all : stox_printf(x, "m=message %s", ours);
}

const char *talk_sdp(struct stox_exchange *x, const char *uri)
{
	const char *host = stox_own_host(x);
	const char *method = stox_in_method(x);
	const char *ours = stox_printf(x,
		"5060 sip %s\r\na=accept-types:text/plain\r\n", uri);

	return stox_printf(x, "v=0\r\no=- 0 0 IN IP4 %s\r\ns=session\r\n"
		"c=IN IP4 %s\r\nt=0 0\r\n%s", host, host,
		method ? answer_media(x, ours)
		       : stox_printf(x, "m=message %s", ours));
}

/* ---- the text in the INVITE --------------------------------------------------- */

static int digit(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26
		: c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62
		: c == '/' ? 63 : -1;
}

/* NULL when it is no base64; padding may be missing. */
static const char *unbase64(struct stox_exchange *x, const char *text,
	size_t *ret_len)
{
	size_t len = strlen(text), to = 0;
	char *out = stox_alloc(x, len + 1);
	unsigned bits = 0, n = 0;

	while (len && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0)
			return NULL;
		bits = (bits << 6 | (unsigned)d) & 0xffff;
		n += 6;
		if (n >= 8) {
			n -= 8;
			out[to++] = (char)(bits >> n & 255);
		}
	}
	*ret_len = to;
	return out;
}

const char *talk_first_text(struct stox_exchange *x)
{
	const char *value = stox_in_header(x, "ms-text-format");
	const char *encoded = value
		? message_type_parameter(x, value, "ms-body") : NULL;
	struct message_text t;
	const char *bytes;
	size_t len;

	if (!encoded)
		return NULL;
	bytes = unbase64(x, encoded, &len);
	if (!bytes || (int64_t)len >
			stox_option_int(x, &message_options[OPTION_MAX_TEXT]))
		return NULL;
	t = message_text_decode(x, value, bytes, len);
	return t.status || !*t.text ? NULL : t.text;
}

/* ---- the hook ----------------------------------------------------------------- */

/* Once per call, and not again for a while.  Ruling 19. */
static bool may_tell(struct stox_host *host, struct stox_exchange *x)
{
	const char *call = stox_printf(x, "called %.200s",
		stox_in_header(x, "Call-ID"));
	const char *pair = stox_printf(x, "calls %s %s", stox_from_bare(x),
		stox_to_bare(x));

	if (stox_policy_stranger(x) || stox_policy_hidden(x) ||
		stox_to_is_domain(x) || stox_cache_get(host, call) ||
		stox_cache_get(host, pair))
		return false;
	stox_cache_put(host, call, "", CALL_S);
	stox_cache_put(host, pair, "", NOTICE_S);
	return true;
}

static void refuse_call(struct stox_exchange *x)
{
	stox_reply_sip(x, 488, NULL);
	stox_reply_header(x, "Warning", stox_printf(x,
		"304 %s \"Only text messages are supported here\"",
		stox_own_host(x)));
}

/* The reply of @x, and the notice that a session sends. */
static stox_verdict refuse(struct stox_host *host, struct stox_exchange *x)
{
	struct stox_session *s = may_tell(host, x) ? talk_of(host, x) : NULL;

	if (s)
		return stox_session_take(x, s);
	refuse_call(x);
	return stox_answered(x);
}

void talk_notice(struct talk *t, struct stox_exchange *x)
{
	const char *name = stox_in_display(x);
	struct stox_exchange *y = talk_stanza(t, t->xmpp, TALK_LAST);
	struct stox_element *e;

	refuse_call(x);
	if (!y)
		return;
	if (name)
		name = message_text_decode(x, "text/plain", name,
			strlen(name)).text;
	e = stox_out_stanza(y, "message", "chat");
	stox_element_add_child_text(e, "body", NULL, stox_printf(x,
		talk_offered(x) == TALK_OFFER_CONFERENCE
			? "%s invites you to a conference; conferences are not "
			  "supported here."
			: "%s is calling; calls are not supported here.",
		name && *name ? name : t->sip));
	stox_begin_send(y);
}

stox_verdict talk_invite(void *state, struct stox_exchange *x)
{
	struct stox_session *s;

	if (stox_to_is_domain(x)) {
		stox_reply_sip(x, 404, NULL);
		return stox_answered(x);
	}
	switch (talk_offered(x)) {
	case TALK_OFFER_CALL:
	case TALK_OFFER_CONFERENCE:
		return refuse(state, x);
	case TALK_OFFER_STRANGE:
		stox_reply_sip(x, 415, NULL);
		stox_reply_header(x, "Accept", "application/sdp");
		return stox_answered(x);
	case TALK_OFFER_MESSAGES:
		break;
	}
	s = talk_of(state, x);
	if (!s)
		return stox_reject(x, STOX_RESOURCE_CONSTRAINT, NULL);
	return stox_session_take(x, s);
}

stox_verdict talk_lost(void *state, struct stox_exchange *x)
{
	(void)state;
	stox_reply_sip(x, 481, NULL);
	return stox_answered(x);
}
