/*
 * MESSAGE to <message/>.  RFC 7572, 5; RFC 3428, 7.
 */
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "stox/service/cpim.h"

static const char ACCEPT[] =
	"text/plain, text/html, message/cpim, multipart/alternative";
/* A stamp nearer than this to our clock says nothing new. */
enum { FRESH_S = 10, CALL_S = 86400, NICK_S = 86400 };

/** What a request says, unwrapped. */
struct content {
	const char *type, *encoding, *body;
	size_t len;
	const char *subject, *language;
	int64_t date;         /* seconds since 1970, -1: none */
	unsigned status;      /* 0, or the status to refuse with */
	const char *reason;
};

static stox_verdict refuse(struct stox_exchange *x, unsigned status,
	const char *reason)
{
	stox_reply_sip(x, status, reason);
	if (status == 415) {
		stox_reply_header(x, "Accept", ACCEPT);
		stox_reply_header(x, "Accept-Encoding", "identity");
	}
	return stox_answered(x);
}

static void unwrap_cpim(struct stox_exchange *x, struct content *c)
{
	struct stox_cpim cpim;
	int error = stox_cpim_parse(x, c->body, c->len, &cpim);

	if (error) {
		c->status = error == -STOX_ENOTSUP ? 415 : 400;
		c->reason = error == -STOX_ENOTSUP ? NULL : "Malformed CPIM";
		return;
	}
	/* The certificate speaks for the sender, not the CPIM From. */
	c->type = cpim.content_type;
	c->encoding = cpim.content_encoding;
	c->body = cpim.content;
	c->len = cpim.content_len;
	if (cpim.subject)
		c->subject = cpim.subject;
	if (cpim.date_time)
		c->date = stox_date_read(cpim.date_time);
}

static struct content read_content(struct stox_exchange *x)
{
	const char *date = stox_in_header(x, "Date");
	struct content c = {
		.type = stox_in_type(x),
		.encoding = stox_in_header(x, "Content-Encoding"),
		.subject = stox_in_header(x, "Subject"),
		.language = stox_in_header(x, "Content-Language"),
		.date = date ? stox_date_read(date) : -1,
	};

	c.body = stox_in_body(x, &c.len);
	if (c.type && message_type_is(c.type, "message/cpim"))
		unwrap_cpim(x, &c);
	if (!c.status && c.type && message_type_is(c.type, "multipart/alternative") &&
		!message_multipart_pick(x, c.type, c.body, c.len, &c.type,
			&c.body, &c.len)) {
		c.status = 415;
		c.reason = "No Text In Multipart";
	}
	if (!c.status && c.encoding && *c.encoding &&
		strcmp(c.encoding, "identity") != 0)
		c.status = 415;
	return c;
}

/** Expires after Date has passed: the sender no longer wants it delivered.  RFC 3428, 7 */
static bool has_expired(struct stox_exchange *x, const struct content *c)
{
	const char *expires = stox_in_header(x, "Expires");
	char *end;
	long seconds;

	if (!expires || c->date < 0)
		return false;
	seconds = strtol(expires, &end, 10);
	return end != expires && seconds >= 0 &&
	       c->date + seconds < (int64_t)(stox_in_time_us(x) / 1000000);
}

static const char *stanza_type(struct stox_host *host, struct stox_exchange *x)
{
	const char *type =
		stox_option_string(x, &message_options[OPTION_S2X_TYPE]);

	if (strcmp(type, "auto") != 0)
		return strcmp(type, "chat") == 0 ? "chat" : NULL;
	return message_is_chat(host, x) ? "chat" : NULL;
}

/** A new Call-ID for every MESSAGE is usual, and a thread for every message
 *  would harm clients: only one that means something crosses. */
static const char *thread(struct stox_host *host, struct stox_exchange *x)
{
	const char *mode = stox_option_string(x, &message_options[OPTION_THREAD]);
	const char *call_id = stox_in_header(x, "Call-ID");
	const char *key, *known;

	if (!call_id || strcmp(mode, "never") == 0)
		return NULL;
	key = stox_printf(x, "call %.128s", call_id);
	known = stox_cache_get(host, key);
	if (known && *known)
		return stox_printf(x, "%s", known);
	if (!known)
		stox_cache_put(host, key, "", CALL_S);
	if (strlen(call_id) > 128)
		return NULL;
	return known || strcmp(mode, "always") == 0 ? call_id : NULL;
}

/** The display name, once in a while: it says who the address is. */
static const char *nick(struct stox_host *host, struct stox_exchange *x)
{
	const char *name = stox_in_display(x);
	const char *key;

	if (!name || !*name)
		return NULL;
	key = stox_printf(x, "nick %s %s", stox_from_bare(x), stox_to_bare(x));
	if (stox_cache_get(host, key))
		return NULL;
	stox_cache_put(host, key, "", NICK_S);
	return message_text_decode(x, "text/plain", name, strlen(name)).text;
}

static void put_delay(struct stox_exchange *x, struct stox_element *out,
	int64_t date)
{
	int64_t now = (int64_t)(stox_in_time_us(x) / 1000000);
	char stamp[STOX_DATE_SIZE];
	struct stox_element *e;

	if (date < 0 || date > now - FRESH_S)
		return;
	e = stox_element_add(out, "delay", "urn:xmpp:delay");
	stox_element_set(e, "from", stox_domain(x));
	stox_element_set(e, "stamp", stox_date_stamp(stamp, date));
}

/** The first of a list of languages, as xml:lang; NULL when it is none. */
static const char *language(struct stox_exchange *x, const char *list)
{
	size_t n = list ? strspn(list, "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") : 0;

	return n > 0 && n <= 35 ? stox_printf(x, "%.*s", (int)n, list) : NULL;
}

static void build(struct stox_host *host, struct stox_exchange *x,
	const struct content *c, const char *text)
{
	struct stox_element *out = stox_out_stanza(x, "message",
		stanza_type(host, x));
	const char *lang = language(x, c->language);
	const char *subject = c->subject && *c->subject
		? message_text_decode(x, "text/plain", c->subject,
			strlen(c->subject)).text
		: NULL;
	const char *name = nick(host, x), *id = thread(host, x);

	if (lang)
		stox_element_set(out, "xml:lang", lang);
	if (subject)
		stox_element_add_child_text(out, "subject", NULL, subject);
	if (*text)
		stox_element_add_child_text(out, "body", NULL, text);
	if (id)
		stox_element_add_child_text(out, "thread", NULL, id);
	if (name && *name)
		stox_element_add_child_text(out, "nick",
			"http://jabber.org/protocol/nick", name);
	put_delay(x, out, c->date);
}

stox_verdict message_s2x(void *state, struct stox_exchange *x)
{
	struct stox_host *host = state;
	struct content c = read_content(x);
	struct message_text t = { .text = "" };

	if (c.status)
		return refuse(x, c.status, c.reason);
	if (stox_to_is_domain(x))
		return refuse(x, 404, "Nobody Reads Messages Here");
	if (has_expired(x, &c))
		return refuse(x, 200, NULL);
	if (c.len > 0)
		t = message_text_decode(x, c.type ? c.type : "text/plain", c.body,
			c.len);
	if (t.status)
		return refuse(x, t.status, t.reason);
	if ((int64_t)strlen(t.text) >
		stox_option_int(x, &message_options[OPTION_MAX_TEXT]))
		return refuse(x, 413, "Message Too Long");
	if (!*t.text && (!c.subject || !*c.subject))
		return refuse(x, 200, NULL); /* nothing to deliver */
	build(host, x, &c, t.text);
	return stox_done(x);
}

stox_verdict message_s2x_reply(void *state, struct stox_exchange *x)
{
	enum stox_condition error = stox_answer_error(x, NULL);
	const char *unknown =
		stox_option_string(x, &message_options[OPTION_UNKNOWN_USER]);

	(void)state;
	if (error == STOX_NO_ERROR)
		/* A gateway cannot know that it was delivered.  RFC 3428, 7 */
		stox_reply_sip(x, 202, NULL);
	else if (error == STOX_SERVICE_UNAVAILABLE && strcmp(unknown, "404") == 0)
		stox_reply_sip(x, 404, NULL);
	return stox_next(x);
}
