/*
 * What XMPP tells of texts that have come from SIP: received, displayed, or
 * bounced after they were accepted.  RFC 5438 to those who have asked in CPIM,
 * ms-imdn to those whose dialect wants reports.  stox.md 4.8, lync.md 3.5.
 *
 * Stanzas are known by their id: "told SIP XMPP ID" in the cache holds the
 * Message-ID, its date, and letters for what is still to be told.
 */
#include <stdio.h>
#include <string.h>

#include "stox/service/address.h"
#include "stox/service/cpim.h"
#include "talk.h"

static const char NS_IMDN[] = "urn:ietf:params:xml:ns:imdn";
static const char NS_RECEIPTS[] = "urn:xmpp:receipts";
static const char NS_MARKERS[] = "urn:xmpp:chat-markers:0";
/* stox.md 4.8, 7 */
enum { DISPLAYED_AT_ONCE = 20 };

struct told {
	char message_id[201], date[64];
	char wants[8];  /* letters of enum talk_note */
};

/* ---- what is remembered ------------------------------------------------------- */

static const char *told_key(struct stox_exchange *x, const char *sip,
	const char *xmpp, const char *id)
{
	return stox_printf(x, "told %s %s %s", sip, xmpp, id);
}

static const char *shown_key(struct stox_exchange *x, const char *sip,
	const char *xmpp)
{
	return stox_printf(x, "shown %s %s", sip, xmpp);
}

static void put_told(struct stox_host *host, struct stox_exchange *x,
	const char *key, const struct told *k)
{
	stox_cache_put(host, key, stox_printf(x, "%s %s %s", k->message_id,
		k->date, k->wants), MESSAGE_IMDN_S);
}

static bool get_told(struct stox_host *host, const char *key, struct told *k)
{
	const char *known = stox_cache_get(host, key);

	return known && sscanf(known, "%200s %63s %7s", k->message_id, k->date,
			       k->wants) == 3;
}

/* A marker stands for all that came before; these are asked for one by one. */
static void add_shown(struct stox_host *host, struct stox_exchange *x,
	const char *key, const char *id)
{
	const char *known = stox_cache_get(host, key), *ids;
	size_t spaces = 0;

	ids = known ? stox_printf(x, "%s %s", known, id) : id;
	for (const char *p = ids; *p; p++)
		spaces += *p == ' ';
	if (spaces >= DISPLAYED_AT_ONCE)
		ids = strchr(ids, ' ') + 1;
	stox_cache_put(host, key, ids, MESSAGE_IMDN_S);
}

void talk_told_remember(struct stox_host *host, struct stox_exchange *x,
	const char *stanza, const char *message_id, const char *date,
	const char *wants)
{
	struct told k;
	const char *sip = stox_from_bare(x), *xmpp = stox_to_bare(x);

	snprintf(k.message_id, sizeof(k.message_id), "%s", message_id);
	snprintf(k.date, sizeof(k.date), "%s", date && !strchr(date, ' ')
		? date : "-");
	snprintf(k.wants, sizeof(k.wants), "%s", wants);
	put_told(host, x, told_key(x, sip, xmpp, stanza), &k);
	if (strchr(wants, TALK_NOTE_DISPLAYED))
		add_shown(host, x, shown_key(x, sip, xmpp), stanza);
}

/* ---- what a stanza tells ------------------------------------------------------ */

/* 0: nothing; else what, and of which stanza. */
static char note_of(const struct stox_element *in, const char **ret_id)
{
	const char *type = stox_element_attr(in, "type");
	const struct stox_element *e;

	if (type && strcmp(type, "error") == 0) {
		*ret_id = stox_element_attr(in, "id");
		return *ret_id ? TALK_NOTE_FAILED : 0;
	}
	e = stox_element_child(in, "received", NS_RECEIPTS);
	*ret_id = stox_element_attr(e, "id");
	if (*ret_id)
		return TALK_NOTE_DELIVERED;
	e = stox_element_child(in, "displayed", NS_MARKERS);
	*ret_id = stox_element_attr(e, "id");
	return *ret_id ? TALK_NOTE_DISPLAYED : 0;
}

static bool is_wanted(const struct told *k, char note)
{
	return strchr(k->wants, note) ||
	       (strchr(k->wants, TALK_NOTE_REPORT) &&
		       note != TALK_NOTE_DISPLAYED);
}

bool talk_tells(struct stox_host *host, struct stox_exchange *x)
{
	const char *id;
	char note = note_of(stox_in_stanza(x), &id);
	struct told k;

	return note && get_told(host, told_key(x, stox_to_bare(x),
		stox_from_bare(x), id), &k) && is_wanted(&k, note);
}

/* ---- telling, each note in a request of its own ------------------------------- */

static struct stox_exchange *begin_outside(struct talk *t)
{
	const struct stox_begin b = { .from = t->xmpp, .to = t->sip,
		.tag = TALK_LAST };

	return stox_begin(t->session, &b);
}

static const char *status_name(char note, const struct stox_element *error)
{
	if (note == TALK_NOTE_DELIVERED)
		return "delivered";
	if (note == TALK_NOTE_DISPLAYED)
		return "displayed";
	return stox_element_child(error, "forbidden", STOX_NS_STANZAS)
		? "forbidden" : "failed";
}

static void tell_imdn(struct talk *t, const struct told *k, char note,
	const struct stox_element *error)
{
	struct stox_exchange *y = begin_outside(t);
	struct stox_element *root, *e;
	struct stox_cpim c = { .content_type = "message/imdn+xml" };
	const char *body;
	size_t len;

	if (!y)
		return;
	c.from = stox_address_uri(y, t->xmpp);
	c.to = stox_address_uri(y, t->sip);
	c.message_id = stox_token(y);
	root = stox_document_new(y, "imdn", NS_IMDN);
	stox_element_add_child_text(root, "message-id", NS_IMDN, k->message_id);
	if (strcmp(k->date, "-") != 0)
		stox_element_add_child_text(root, "datetime", NS_IMDN, k->date);
	stox_element_add_child_text(root, "recipient-uri", NS_IMDN, c.from);
	e = stox_element_add(root, note == TALK_NOTE_DISPLAYED
		? "display-notification" : "delivery-notification", NS_IMDN);
	e = stox_element_add(e, "status", NS_IMDN);
	stox_element_add(e, status_name(note, error), NS_IMDN);
	c.content = stox_document_text(y, root, &c.content_len);
	stox_out_sip(y, "MESSAGE");
	body = stox_cpim_text(y, &c, &len);
	stox_out_body(y, "message/cpim", body, len);
	stox_begin_send(y);
}

static const char *report_status(char note, const struct stox_element *error)
{
	if (note == TALK_NOTE_DELIVERED)
		return "200";
	if (stox_element_child(error, "item-not-found", STOX_NS_STANZAS))
		return "404";
	return stox_element_child(error, "forbidden", STOX_NS_STANZAS) ? "403"
								     : "480";
}

/* Only in the conversation: none is opened for it. */
static void tell_report(struct talk *t, const struct told *k, char note,
	const struct stox_element *error)
{
	struct talk_dialog *d = talk_dialog_best(t);
	struct stox_exchange *y = d
		? talk_dialog_begin(t, d, "MESSAGE", TALK_LAST) : NULL;
	struct stox_element *root, *e;
	const char *body;
	size_t len;

	if (!y)
		return;
	root = stox_document_new(y, "imdn", NS_IMDN);
	stox_element_add_child_text(root, "message-id", NS_IMDN, k->message_id);
	e = stox_element_add(root, "recipient", NS_IMDN);
	stox_element_set(e, "uri", stox_address_uri(y, t->xmpp));
	stox_element_add_child_text(e, "status", NS_IMDN,
		report_status(note, error));
	body = stox_document_text(y, root, &len);
	stox_out_header(y, "Message-Id", k->message_id);
	stox_out_body(y, "application/ms-imdn+xml", body, len);
	stox_begin_send(y);
}

/* One note of its delivery, and one that it is displayed, are all there is. */
static void spend(struct told *k, char note)
{
	bool shown = strchr(k->wants, TALK_NOTE_DISPLAYED);
	bool good = strchr(k->wants, TALK_NOTE_DELIVERED);
	bool bad = strchr(k->wants, TALK_NOTE_FAILED);

	if (note == TALK_NOTE_DISPLAYED)
		snprintf(k->wants, sizeof(k->wants), "-%s%s", good ? "p" : "",
			bad ? "n" : "");
	else
		snprintf(k->wants, sizeof(k->wants), "-%s", shown ? "d" : "");
}

static void tell_one(struct talk *t, struct stox_exchange *x, char note,
	const char *id)
{
	const char *key = told_key(x, t->sip, t->xmpp, id);
	const struct stox_element *error =
		stox_element_child(stox_in_stanza(x), "error", STOX_NS_SERVER);
	struct told k;
	bool report;

	if (!get_told(t->host, key, &k) || !is_wanted(&k, note))
		return;
	report = strchr(k.wants, TALK_NOTE_REPORT);
	spend(&k, note);
	put_told(t->host, x, key, &k);
	if (report)
		tell_report(t, &k, note, error);
	else
		tell_imdn(t, &k, note, error);
}

/* That one, and all before it. */
static void tell_displayed(struct talk *t, struct stox_exchange *x,
	const char *id)
{
	const char *key = shown_key(x, t->sip, t->xmpp);
	const char *known = stox_cache_get(t->host, key);
	char *ids = stox_printf(x, "%s", known ? known : "");
	const char *at = strstr(stox_printf(x, " %s ", ids),
		stox_printf(x, " %s ", id));
	bool last = false;

	if (!at) {
		tell_one(t, x, TALK_NOTE_DISPLAYED, id);
		return;
	}
	while (*ids && !last) {
		char *end = ids + strcspn(ids, " "), *next = end + (*end == ' ');

		*end = '\0';
		last = strcmp(ids, id) == 0;
		tell_one(t, x, TALK_NOTE_DISPLAYED, ids);
		ids = next;
	}
	stox_cache_put(t->host, key, ids, *ids ? MESSAGE_IMDN_S : 1);
}

void talk_tell(struct talk *t, struct stox_exchange *x)
{
	const char *id;
	char note = note_of(stox_in_stanza(x), &id);

	if (note == TALK_NOTE_DISPLAYED)
		tell_displayed(t, x, id);
	else if (note)
		tell_one(t, x, note, id);
}
