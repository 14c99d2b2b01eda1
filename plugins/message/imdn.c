/*
 * Delivery notifications: RFC 5438 on SIP, XEP-0184 and XEP-0333 on XMPP, for
 * texts that travel one by one.  What XMPP tells of those from SIP: talk_tell.c.
 * stox.md 4.8.
 *
 * Each side is asked in its own way and tells in its own way; what ties the two
 * together is remembered for a week.  CPIM goes only to those who have sent it:
 * others would show its headers to people.
 */
#include <string.h>

#include "stox/service/address.h"
#include "stox/service/cpim.h"
#include "talk.h"

static const char NS_IMDN[] = "urn:ietf:params:xml:ns:imdn";
static const char NS_RECEIPTS[] = "urn:xmpp:receipts";
static const char NS_MARKERS[] = "urn:xmpp:chat-markers:0";
enum { CPIM_S = 30 * 86400 };

/* ---- a text from XMPP asks ----------------------------------------------------- */

static const char *cpim_key(struct stox_exchange *x, const char *sip)
{
	return stox_printf(x, "cpim %s", sip);
}

/* What a stanza asks for, in the words of SIP; NULL: nothing.  Failures are
 * always worth knowing. */
static const char *asked(const struct stox_element *in)
{
	bool receipt = stox_element_child(in, "request", NS_RECEIPTS);
	bool marker = stox_element_child(in, "markable", NS_MARKERS);

	if (!stox_element_attr(in, "id") || (!receipt && !marker))
		return NULL;
	return !marker ? "positive-delivery, negative-delivery"
		: receipt ? "positive-delivery, negative-delivery, display"
		: "negative-delivery, display";
}

bool message_imdn_wrap(struct stox_host *host, struct stox_exchange *x,
	const char *text)
{
	const struct stox_element *in = stox_in_stanza(x);
	char stamp[STOX_DATE_SIZE];
	struct stox_cpim c = {
		.content_type = "text/plain; charset=UTF-8",
		.content = text,
		.content_len = strlen(text),
		.disposition = asked(in),
	};
	const char *body;
	size_t len;

	if (!c.disposition || !stox_dialect_is(x, "sip_receipts", "imdn") ||
		!stox_cache_get(host, cpim_key(x, stox_to_bare(x))))
		return false;
	c.from = stox_address_uri(x, stox_from_bare(x));
	c.to = stox_address_uri(x, stox_to_bare(x));
	c.date_time = stox_date_stamp(stamp, (int64_t)stox_wall_s(host));
	c.message_id = stox_token(x);
	stox_cache_put(host, stox_printf(x, "imdn %s %s", stox_to_bare(x),
		c.message_id), message_imdn_await(x, stox_from(x),
		stox_element_attr(in, "id")), MESSAGE_IMDN_S);
	body = stox_cpim_text(x, &c, &len);
	stox_out_body(x, "message/cpim", body, len);
	return true;
}

void message_imdn_answered(struct stox_host *host, struct stox_exchange *x)
{
	if (stox_answer_status(x) == 415)
		stox_cache_put(host, cpim_key(x, stox_to_bare(x)), "", 1);
}

const char *message_imdn_await(struct stox_exchange *x, const char *to,
	const char *stanza)
{
	return stox_printf(x, "%s\n%s", to, stanza);
}

bool message_imdn_awaited(struct stox_exchange *x, const char *kept,
	const char **ret_to, const char **ret_stanza)
{
	const char *end = kept ? strchr(kept, '\n') : NULL;

	if (!end)
		return false;
	*ret_to = stox_printf(x, "%.*s", (int)(end - kept), kept);
	*ret_stanza = stox_printf(x, "%s", end + 1);
	return true;
}

/* ---- and SIP tells -------------------------------------------------------------- */

/* The name of the status in a notification of that kind, NULL for others. */
static const char *status_of(const struct stox_element *root, const char *kind)
{
	const struct stox_element *e =
		stox_element_child(root, kind, NS_IMDN);

	e = stox_element_child(e, "status", NS_IMDN);
	return stox_element_name(stox_element_child(e, NULL, NULL));
}

static void put_error(struct stox_element *out, const char *status)
{
	struct stox_element *e = stox_element_add(out, "error", NULL);
	bool forbidden = strcmp(status, "forbidden") == 0;

	stox_element_set(e, "type", forbidden ? "auth" : "wait");
	stox_element_add(e, forbidden ? "forbidden"
		: strcmp(status, "failed") == 0 ? "recipient-unavailable"
		: "undefined-condition", STOX_NS_STANZAS);
	stox_element_add_child_text(e, "text", STOX_NS_STANZAS,
		"The SIP side could not deliver the message.");
}

static void put_mark(struct stox_element *out, const char *name,
	const char *ns, const char *id)
{
	stox_element_set(stox_element_add(out, name, ns), "id", id);
	stox_element_add(out, "store", "urn:xmpp:hints");
}

void message_receipt(struct stox_element *out, const char *id)
{
	put_mark(out, "received", NS_RECEIPTS, id);
}

stox_verdict message_imdn_told(struct stox_host *host, struct stox_exchange *x,
	const void *body, size_t len)
{
	const struct stox_element *root = stox_document_read(x, body, len);
	const char *id = stox_element_child_text(root, "message-id");
	const char *delivery = status_of(root, "delivery-notification");
	const char *display = status_of(root, "display-notification");
	const char *known = id ? stox_cache_get(host, stox_printf(x,
		"imdn %s %s", stox_from_bare(x), id)) : NULL;
	const char *to, *stanza;
	struct stox_element *out;

	if (!message_imdn_awaited(x, known, &to, &stanza) ||
		(!delivery && (!display || strcmp(display, "displayed") != 0))) {
		stox_reply_sip(x, 200, NULL); /* nothing that we know of */
		return stox_answered(x);
	}
	out = stox_out_stanza(x, "message", NULL);
	stox_element_set(out, "to", to);
	if (delivery && strcmp(delivery, "delivered") == 0) {
		message_receipt(out, stanza);
	} else if (delivery) {
		stox_element_set(out, "type", "error");
		stox_element_set(out, "id", stanza);
		put_error(out, delivery);
	} else {
		put_mark(out, "displayed", NS_MARKERS, stanza);
	}
	return stox_done(x);
}

/* ---- a text from SIP asks --------------------------------------------------------- */

void message_imdn_asked(struct stox_host *host, struct stox_exchange *x,
	const struct stox_cpim *c, struct stox_element *out)
{
	const char *id = stox_element_attr(out, "id");
	char wants[4] = "";
	size_t n = 0;

	stox_cache_put(host, cpim_key(x, stox_from_bare(x)), "yes", CPIM_S);
	if (!c->message_id || !*c->message_id || !c->disposition || !id ||
		strlen(c->message_id) > 200 || strchr(c->message_id, ' '))
		return;
	if (strstr(c->disposition, "positive-delivery")) {
		stox_element_add(out, "request", NS_RECEIPTS);
		wants[n++] = TALK_NOTE_DELIVERED;
	}
	if (strstr(c->disposition, "negative-delivery"))
		wants[n++] = TALK_NOTE_FAILED;
	if (strstr(c->disposition, "display")) {
		stox_element_add(out, "markable", NS_MARKERS);
		wants[n++] = TALK_NOTE_DISPLAYED;
	}
	if (n)
		talk_told_remember(host, x, id, c->message_id, c->date_time,
			wants);
}
