/*
 * What the half of a pair that watches asks for: a SUBSCRIBE, and what the XMPP
 * user is told.
 */
#include <string.h>

#include "stox/service/disco.h"
#include "watch.h"

/* It has the last state, and may be told of another one only: in a refresh that
 * wants no more, and in a new dialog.  RFC 5839, 6.5, 6.6 */
static bool has_state(const struct pair_watch *w)
{
	return *w->etag && w->told_s &&
	       (w->suppress || w->state == WATCH_ASKING);
}

static void send_subscribe(struct pair *p)
{
	struct pair_watch *w = &p->watch;
	const struct stox_begin b = { .from = p->xmpp, .to = p->sip,
		.tag = TAG_SUBSCRIBE,
		.call_id = w->dialog.len ? NULL : w->call_id,
		.from_tag = w->dialog.len ? NULL : w->tag,
		.cseq = w->cseq + 1, .dialog = w->dialog };
	struct stox_exchange *x = stox_begin(p->session, &b);

	if (!x) {
		pair_again(p);
		return;
	}
	if (!w->expires_ask_s)
		w->expires_ask_s = (uint32_t)stox_option_int(x,
			&presence_options[OPTION_EXPIRES]);
	stox_out_sip(x, "SUBSCRIBE");
	stox_out_header(x, "Contact", stox_contact(x));
	stox_out_header(x, "Event", "presence");
	stox_out_header(x, "Expires", w->state == WATCH_LEAVING ? "0"
		: stox_printf(x, "%u", w->expires_ask_s));
	stox_out_header(x, "Accept", PRESENCE_TYPE);
	stox_out_header(x, "Allow-Events", "presence");
	if (!stox_dialect_is(x, "sip_presence", "lync"))
		stox_out_header(x, "Supported", "gruu");
	if (has_state(w))
		stox_out_header(x, "Suppress-If-Match", w->etag);
	w->cseq++;
	w->send = w->suppress = false;
	w->flying = true;
	stox_begin_send(x);
}

static struct stox_exchange *begin_stanza(struct pair *p, const char *from,
	enum flow_tag tag)
{
	const struct stox_begin b = { .from = from, .to = p->xmpp, .tag = tag,
		.failures_only = p->watch.told_tries == 0 };
	struct stox_exchange *x = stox_begin(p->session, &b);

	if (!x)
		pair_again(p);
	return x;
}

/* RFC 7247, 7; whither somebody has moved is not followed */
static const char *condition_of(unsigned status)
{
	switch (status) {
	case 301:
	case 410:
		return "gone";
	case 300:
	case 302:
	case 305:
		return "redirect";
	default:
		return "item-not-found";
	}
}

/* A bare stanza of a type; returns whether it went. */
static bool say(struct pair *p, const char *type, enum flow_tag tag)
{
	const char *condition = condition_of(p->trouble_status);
	struct stox_exchange *x = begin_stanza(p, p->sip, tag);
	struct stox_element *e, *error;

	if (!x)
		return false;
	e = stox_out_stanza(x, "presence", type);
	if (tag == TAG_SUBSCRIBED)
		presence_stanza_set_nick(e, p->watch.display);
	if (tag == TAG_ERROR) {
		error = stox_element_add(e, "error", NULL);
		stox_element_set(error, "type",
			strcmp(condition, "redirect") == 0 ? "modify" : "cancel");
		stox_element_add(error, condition, STOX_NS_STANZAS);
		stox_element_add_child_text(error, "text", STOX_NS_STANZAS,
			p->trouble ? p->trouble : "There is no such contact.");
	}
	stox_begin_send(x);
	return true;
}

/* Some partners' people are not to be kept from being written to. */
static enum presence_show show_of(const struct stox_exchange *x,
	const struct presence_device *d)
{
	return d->show == PRESENCE_DND && strcmp(stox_option_string(x,
			&presence_options[OPTION_BUSY]), "available") == 0
		? PRESENCE_PLAIN : d->show;
}

static bool tell(struct pair *p, const struct pair_device *d)
{
	PRESENCE_SCRATCH char from[PAIR_KEY_MAX];
	size_t bare = strlen(p->sip), len = strlen(d->d.resource);
	struct presence_device shown;
	struct stox_exchange *x;
	struct stox_element *e;

	if (bare + len + 2 > sizeof(from)) /* cannot be */
		return true;
	memcpy(from, p->sip, bare);
	from[bare] = '/';
	memcpy(from + bare + 1, d->d.resource, len + 1);
	x = begin_stanza(p, from, TAG_TELL);
	if (!x)
		return false;
	e = stox_out_stanza(x, "presence", d->d.open ? NULL : "unavailable");
	if (d->d.open) {
		shown = d->d;
		shown.show = show_of(x, &d->d);
		presence_stanza_write(x, e, &shown, p->watch.notes,
			(int64_t)p->now_s);
		presence_stanza_set_nick(e, p->watch.display);
		stox_disco_caps(x, STOX_DISCO_DEVICE, e);
	}
	stox_begin_send(x);
	return true;
}

/* Returns whether all is told; else it is this session's turn later. */
static bool tell_devices(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	for (size_t i = 0; i < w->count;) {
		struct pair_device *d = &w->devices[i];

		if (d->owed && (!stox_session_may_send(p->session, p->sip,
				p->xmpp) || !tell(p, d)))
			return false;
		d->owed = false;
		if (!d->d.open)
			d->d.note_count = 0; /* that it is gone, is all */
		if (d->d.open || w->auth == AUTH_YES)
			i++;
		else
			pair_device_remove(w->devices, &w->count, d);
	}
	return true;
}

static bool owes_devices(const struct pair_watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->devices[i].owed)
			return true;
	return false;
}

void watch_act(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	if (w->send && !w->flying)
		send_subscribe(p);
	if (w->quiet_s > p->now_s) {
		if (w->owe_subscribed || w->owe_error || w->owe_unsubscribed ||
			owes_devices(w))
			pair_wait(p, (w->quiet_s - p->now_s) * 1000);
		return;
	}
	if (w->owe_subscribed && say(p, "subscribed", TAG_SUBSCRIBED))
		w->owe_subscribed = false;
	if (!tell_devices(p))
		return;
	if (w->owe_error && say(p, "error", TAG_ERROR))
		w->owe_error = false;
	if (w->owe_unsubscribed && say(p, "unsubscribed", TAG_UNSUBSCRIBED))
		w->owe_unsubscribed = false;
}
