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
	struct stox_cpim cpim; /* content_type NULL: it came without */
	int64_t date;         /* seconds since 1970, -1: none */
	unsigned status;      /* 0, or the status to refuse with */
	const char *reason;
};

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
	c->cpim = cpim;
	if (!c->cpim.content_type)
		c->cpim.content_type = "text/plain";
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

static void put_subject(struct stox_exchange *x, struct stox_element *out,
	const struct content *c)
{
	const char *subject = c->subject && *c->subject
		? message_text_decode(x, "text/plain", c->subject,
			strlen(c->subject)).text
		: NULL;

	if (subject)
		stox_element_add_child_text(out, "subject", NULL, subject);
}

static void put_nick(struct stox_host *host, struct stox_exchange *x,
	struct stox_element *out)
{
	const char *name = nick(host, x);

	if (name && *name)
		stox_element_add_child_text(out, "nick",
			"http://jabber.org/protocol/nick", name);
}

static void build(struct stox_host *host, struct stox_exchange *x,
	const struct content *c, const char *text)
{
	struct stox_element *out = stox_out_stanza(x, "message",
		stanza_type(host, x));
	const char *lang = language(x, c->language);
	const char *id = thread(host, x);

	if (lang)
		stox_element_set(out, "xml:lang", lang);
	put_subject(x, out, c);
	if (*text)
		stox_element_add_child_text(out, "body", NULL, text);
	if (id)
		stox_element_add_child_text(out, "thread", NULL, id);
	put_nick(host, x, out);
	put_delay(x, out, c->date);
	if (c->cpim.content_type)
		message_imdn_asked(host, x, &c->cpim, out);
}

void message_s2x_decorate(struct stox_host *host, struct stox_exchange *x,
	struct stox_element *out)
{
	struct content c = read_content(x);
	const char *lang = language(x, c.language);

	if (lang)
		stox_element_set(out, "xml:lang", lang);
	put_subject(x, out, &c);
	put_nick(host, x, out);
	put_delay(x, out, c.date);
}

static void refuse_content(struct stox_exchange *x, unsigned status,
	const char *reason)
{
	stox_reply_sip(x, status, reason);
	if (status == 415) {
		stox_reply_header(x, "Accept", ACCEPT);
		stox_reply_header(x, "Accept-Encoding", "identity");
	}
}

/* What it says, or the reply: 200 for what there is not to deliver. */
static bool read_text(struct stox_exchange *x, struct content *c,
	struct message_text *t)
{
	*c = read_content(x);
	*t = (struct message_text){ .text = "" };
	if (!c->status && has_expired(x, c))
		c->status = 200;
	if (!c->status && c->len > 0) {
		*t = message_text_decode(x, c->type ? c->type : "text/plain",
			c->body, c->len);
		c->status = t->status;
		c->reason = t->reason;
	}
	if (!c->status && (int64_t)strlen(t->text) >
			stox_option_int(x, &message_options[OPTION_MAX_TEXT])) {
		c->status = 413;
		c->reason = "Message Too Long";
	}
	if (c->status)
		refuse_content(x, c->status, c->reason);
	return !c->status;
}

bool message_s2x_text(struct stox_exchange *x, const char **ret_text)
{
	struct message_text t;
	struct content c;
	bool ok = read_text(x, &c, &t);

	*ret_text = t.text;
	return ok;
}

static stox_verdict composing(struct stox_host *host, struct stox_exchange *x)
{
	unsigned refresh_s;
	bool types = message_is_composing(x, &refresh_s);
	struct stox_element *out;

	/* not to clients that have shown no states.  stox.md 4.9 */
	if (!stox_cache_get(host, stox_printf(x, "states %s %s",
			stox_to_bare(x), stox_from_bare(x)))) {
		stox_reply_sip(x, 200, NULL);
		return stox_answered(x);
	}
	out = stox_out_stanza(x, "message", "chat");
	stox_element_add(out, types ? "composing" : "active",
		"http://jabber.org/protocol/chatstates");
	stox_element_add(out, "no-store", "urn:xmpp:hints");
	return stox_done(x);
}

stox_verdict message_s2x(void *state, struct stox_exchange *x)
{
	struct stox_host *host = state;
	const char *type = stox_in_type(x);
	struct message_text t;
	struct content c;

	if (stox_to_is_domain(x)) {
		stox_reply_sip(x, 404, "Nobody Reads Messages Here");
		return stox_answered(x);
	}
	if (type && message_type_is(type, MESSAGE_COMPOSING_TYPE))
		return composing(host, x);
	if (type && message_type_is(type, "message/cpim")) {
		c = read_content(x);
		if (!c.status && c.type &&
			message_type_is(c.type, "message/imdn+xml"))
			return message_imdn_told(host, x, c.body, c.len);
	}
	if (!read_text(x, &c, &t))
		return stox_answered(x);
	if (!*t.text && (!c.subject || !*c.subject)) {
		stox_reply_sip(x, 200, NULL); /* nothing to deliver */
		return stox_answered(x);
	}
	build(host, x, &c, t.text);
	return stox_done(x);
}

bool message_s2x_unknown(struct stox_exchange *x, enum stox_condition error)
{
	const char *unknown =
		stox_option_string(x, &message_options[OPTION_UNKNOWN_USER]);

	if (error != STOX_SERVICE_UNAVAILABLE || strcmp(unknown, "404") != 0)
		return false;
	stox_reply_sip(x, 404, NULL);
	return true;
}

stox_verdict message_s2x_reply(void *state, struct stox_exchange *x)
{
	enum stox_condition error = stox_answer_error(x, NULL);

	(void)state;
	if (error == STOX_NO_ERROR)
		/* A gateway cannot know that it was delivered.  RFC 3428, 7 */
		stox_reply_sip(x, 202, NULL);
	else
		(void)message_s2x_unknown(x, error);
	return stox_next(x);
}
