/*
 * The XMPP user watches: a long authorisation on XMPP, on SIP one dialog that
 * is refreshed while it is worth it.  stox.md 3.3 to 3.7, 3.11.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "stox/service/disco.h"
#include "stox/service/policy.h"
#include "stox/service/subscription.h"

enum {
	CACHE_S = 60,          /* a state that is younger answers a probe alone */
	SURE_S = 86400,        /* no sign of the XMPP user: ask whether it is there */
	UNSURE_S = 7 * 86400,  /* and then stop to refresh */
	LOST_TRIES = 2,        /* refreshes that fail in a row: the peer is lost */
	TOLD_TRIES = 6,        /* deliveries that fail in a row: nobody is there */
	EXPIRES_MAX_S = 86400, /* of a 423 */
	PROBATION_S = 300,
	CSEQ_JUMP = 10000,     /* what an unwritten row may have counted */
};

uint64_t flow_back_off_s(unsigned tries)
{
	return tries > 7 ? 3600 : tries ? 30u << (tries - 1) : 30;
}

/* ---- the dialog ------------------------------------------------------------- */

static void leave_dialog(struct pair_watch *w)
{
	w->state = WATCH_IDLE;
	w->call_id = w->tag = "";
	w->dialog = (struct stox_dialog){ NULL, 0 };
	w->cseq = 0;
	w->expires_s = w->next_s = 0;
	w->send = false;
}

/* A SUBSCRIBE that makes a new dialog.  The names are new: a dialog of the old
 * ones that turns up late is refused and so ends at its notifier. */
static void ask(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	leave_dialog(w);
	w->state = WATCH_ASKING;
	w->call_id = stox_session_token(p->session, p->tokens[0]);
	w->tag = stox_session_token(p->session, p->tokens[1]);
	w->send = true;
	w->next_s = p->now_s + PAIR_TRANSACTION_S;
}

static void ask_later(struct pair *p, uint64_t after_s)
{
	struct pair_watch *w = &p->watch;

	leave_dialog(w);
	w->state = WATCH_ASKING;
	w->next_s = p->now_s + after_s;
}

/* Whoever gets no answer more than once has lost its peer: what was shown of its
 * people is not true any more.  Ruling 21. */
static void lose(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	for (size_t i = 0; i < w->count; i++) {
		w->devices[i].owed = w->devices[i].owed || w->devices[i].d.open;
		w->devices[i].d.open = false;
	}
	w->told_s = 0;
}

static void fail(struct pair *p, uint64_t after_s)
{
	struct pair_watch *w = &p->watch;

	w->tries++;
	if (w->tries >= LOST_TRIES)
		lose(p);
	ask_later(p, after_s ? after_s : flow_back_off_s(w->tries));
}

static void leave(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	if (w->state == WATCH_IDLE || w->state == WATCH_LEAVING)
		return;
	if (!w->dialog.len && !w->flying) { /* nothing has been asked */
		leave_dialog(w);
		return;
	}
	w->state = WATCH_LEAVING;
	w->send = w->dialog.len != 0;
	w->next_s = p->now_s + PAIR_TRANSACTION_S;
}

/* ---- the end of an authorisation -------------------------------------------- */

static void drop_devices(struct pair_watch *w)
{
	for (size_t i = 0; i < w->count; i++) {
		w->devices[i].owed = w->devices[i].d.open;
		w->devices[i].d.open = false;
	}
	w->told_s = 0;
}

static void end(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	w->auth = AUTH_NONE;
	w->since_s = p->now_s;
	w->owe_subscribed = false;
	w->owe_unsubscribed = true;
	w->tries = 0;
	drop_devices(w);
}

/* ---- from XMPP -------------------------------------------------------------- */

static void remember_policy(struct pair *p, struct stox_exchange *x)
{
	p->watch.notes = stox_policy_notes(x);
	p->watch.seen_s = p->now_s;
}

void watch_subscribe(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;

	/* Hidden people are like people who never answer.  trust.md G12 */
	if (!stox_policy_presence(x) && w->auth == AUTH_NONE)
		return;
	remember_policy(p, x);
	w->online = true;
	w->owe_unsubscribed = w->owe_error = false;
	if (w->auth == AUTH_YES) {
		w->owe_subscribed = true;
	} else if (w->auth == AUTH_NONE) {
		w->auth = AUTH_ASKED;
		w->since_s = p->now_s;
		w->tries = 0;
		pair_trouble(p, 0, NULL);
	}
	if (w->state == WATCH_IDLE || w->state == WATCH_LEAVING ||
		(w->state == WATCH_ASKING && !w->call_id[0]))
		ask(p);
}

void watch_unsubscribe(struct pair *p)
{
	end(p);
	leave(p);
	pair_trouble(p, 0, NULL);
}

bool watch_vouch(struct pair *p, enum pair_auth auth, uint64_t since_s)
{
	struct pair_watch *w = &p->watch;

	if (w->auth >= auth)
		return false;
	w->owe_subscribed = w->auth == AUTH_ASKED;
	w->owe_unsubscribed = w->owe_error = false;
	w->auth = auth;
	w->since_s = since_s ? since_s : p->now_s;
	w->tries = 0;
	/* many may come at once: the pace of due times holds them back */
	if (auth == AUTH_ASKED && w->state == WATCH_IDLE) {
		w->online = true;
		w->seen_s = p->now_s;
		ask_later(p, 1);
	}
	return true;
}

void watch_probe(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;

	if (w->auth == AUTH_NONE) {
		/* the hidden, the unknown and the never asked: all alike */
		stox_reply_stanza(x, "unsubscribed");
		return;
	}
	remember_policy(p, x);
	w->online = true;
	if (w->auth != AUTH_YES)
		return;
	for (size_t i = 0; i < w->count; i++)
		w->devices[i].owed = true;
	if (w->state == WATCH_LIVE && w->told_s + CACHE_S < p->now_s) {
		w->send = true;
	} else if (w->state == WATCH_LIVE && w->count == 0 && w->told_s) {
		/* somebody who is offline is told so as well */
		w->told_s = 0;
		w->send = true;
	} else if (w->state == WATCH_IDLE || w->state == WATCH_LEAVING) {
		ask(p);
	}
}

void watch_seen(struct pair *p, bool online)
{
	struct pair_watch *w = &p->watch;

	w->online = online;
	if (online)
		w->seen_s = p->now_s;
	if (online && w->auth == AUTH_YES &&
		(w->state == WATCH_IDLE || w->state == WATCH_LEAVING))
		ask(p);
	if (!online && w->auth == AUTH_YES) {
		/* nobody is there who could be told */
		w->count = 0;
		w->told_s = 0;
		leave(p);
	}
}

/* ---- NOTIFY ----------------------------------------------------------------- */

static const char *resource_of(const struct presence_device *d)
{
	return *d->resource ? d->resource : "sip";
}

/* One device of the document: is it news? */
static void see(struct pair_watch *w, const struct presence_device *now)
{
	struct pair_device *old =
		pair_device(w->devices, w->count, resource_of(now));
	struct presence_device d = *now;

	d.resource = resource_of(now);
	if (d.note_count > 4)
		d.note_count = 4;
	if (old) {
		old->stale = false;
		/* what is older than what was told is no news */
		if (old->d.open && d.open && d.stamp_s >= 0 &&
			d.stamp_s < old->d.stamp_s)
			return;
		old->owed = old->owed || w->retell ||
			!pair_device_same(&old->d, &d);
		old->d = d;
		return;
	}
	/* that somebody is not there is said once */
	if ((!d.open && w->told_s) || w->count == PAIR_DEVICES)
		return;
	w->devices[w->count++] = (struct pair_device){ .d = d, .owed = true };
}

/* A document tells all: what is not in it is gone.  RFC 3856, 6.8. */
static bool take_state(struct pair *p, const struct presence_state *s)
{
	struct pair_watch *w = &p->watch;
	static const struct presence_device nobody = { .resource = "",
		.priority = PRESENCE_NO_PRIORITY, .stamp_s = -1 };
	size_t before = w->count;
	bool gone = false;

	for (size_t i = 0; i < w->count; i++)
		w->devices[i].stale = true;
	for (size_t i = 0; i < s->count; i++)
		see(w, &s->devices[i]);
	if (s->count == 0 && w->count == 0)
		see(w, &nobody);
	for (size_t i = 0; i < w->count; i++) {
		struct pair_device *d = &w->devices[i];

		if (!d->stale)
			continue;
		d->owed = d->owed || d->d.open;
		d->d.open = d->stale = false;
		gone = true;
	}
	w->retell = false;
	w->told_s = p->now_s;
	if (s->display)
		w->display = s->display;
	return gone || w->count != before;
}

static bool read_body(struct pair *p, struct stox_exchange *x)
{
	const char *type = stox_in_type(x), *why;
	struct presence_state state;
	size_t len;
	const char *body = stox_in_body(x, &len);

	if (!len || !type ||
		strncmp(type, PRESENCE_TYPE, strlen(PRESENCE_TYPE)) != 0)
		return false;
	if (presence_pidf_read(x, body, len, p->sip, &state, &why) < 0) {
		stox_log(p->host, STOX_LOG_WARN, x, "document-refused",
			"why=\"%s\"", why);
		return false;
	}
	if (strcmp(stox_option_string(x, &presence_options[OPTION_BUSY]),
		    "available") == 0)
		for (size_t i = 0; i < state.count; i++)
			if (state.devices[i].show == PRESENCE_DND)
				state.devices[i].show = PRESENCE_PLAIN;
	return take_state(p, &state);
}

/* `terminated`: why decides what comes next.  stox.md 3.6. */
static void ended(struct pair *p, const struct stox_subscription *s)
{
	struct pair_watch *w = &p->watch;
	uint64_t later = s->has_retry_after ? s->retry_after_s : PROBATION_S;

	if (w->state == WATCH_LEAVING || w->auth == AUTH_NONE) {
		leave_dialog(w);
		return;
	}
	switch (s->reason) {
	case STOX_REASON_REJECTED:
		leave_dialog(w);
		end(p);
		pair_trouble(p, 0, "The contact has refused, or has withdrawn "
			"the permission.");
		return;
	case STOX_REASON_NORESOURCE:
		leave_dialog(w);
		end(p);
		pair_trouble(p, 0, "The SIP side says that the contact does not "
			"exist any more.");
		return;
	case STOX_REASON_INVARIANT:
		leave_dialog(w);
		return;
	case STOX_REASON_PROBATION:
		lose(p);
		break;
	default:
		break;
	}
	if (!w->online) {
		leave_dialog(w);
		return;
	}
	if (stox_resubscribe(s->reason) == STOX_RESUBSCRIBE_NOW && w->tries == 0) {
		w->tries = 1;
		ask(p);
		return;
	}
	w->tries++;
	ask_later(p, s->reason == STOX_REASON_NONE && !s->has_retry_after
		? flow_back_off_s(w->tries) : later);
}

/* 200 for what is ours, whatever the XMPP side thinks of it: anything else would
 * end the subscription.  RFC 6665, 4.2.2. */
static unsigned fit(struct pair *p, struct stox_exchange *x, const char **why)
{
	struct pair_watch *w = &p->watch;
	const char *event = stox_in_header(x, "Event");
	struct stox_dialog d;

	if (w->state == WATCH_IDLE || !w->call_id[0])
		return 481;
	if (w->dialog.len) {
		switch (stox_dialog_receive(x, w->dialog, &d)) {
		case STOX_DIALOG_FITS:
			break;
		case STOX_DIALOG_OLD:
			return 500;
		case STOX_DIALOG_OTHER:
			return 481;
		}
	} else {
		switch (stox_dialog_establish(x, w->call_id, w->tag, &d, why)) {
		case 0:
			break;
		case -STOX_ENOENT:
			return 481;
		default:
			return 400;
		}
	}
	if (!event || strncmp(event, "presence", 8) != 0 ||
		(event[8] && !strchr("; \t", event[8])))
		return 489;
	w->dialog = d;
	return 200;
}

/* The time that is left is told by every NOTIFY; small differences are not
 * worth a write. */
static bool take_expires(struct pair *p, const struct stox_subscription *s)
{
	struct pair_watch *w = &p->watch;
	uint64_t left = s->has_expires ? s->expires_s : w->expires_ask_s;
	uint64_t until = p->now_s + left;

	if (w->state == WATCH_LIVE && until >= w->expires_s &&
		until < w->expires_s + CACHE_S)
		return false;
	if (w->state == WATCH_LIVE && until < w->expires_s &&
		until + CACHE_S > w->expires_s)
		return false;
	w->expires_s = until;
	w->next_s = p->now_s + stox_refresh_after((uint32_t)left);
	return true;
}

static bool alive(struct pair *p, struct stox_exchange *x,
	const struct stox_subscription *s)
{
	struct pair_watch *w = &p->watch;
	bool save = take_expires(p, s);
	bool unsure = w->retell || w->state == WATCH_ASKING;
	size_t len;

	if (w->state == WATCH_ASKING) {
		w->state = WATCH_LIVE;
		save = true;
	}
	if (s->state != STOX_SUB_ACTIVE)
		return save;
	w->tries = 0;
	if (p->trouble) {
		pair_trouble(p, 0, NULL);
		save = true;
	}
	if (w->auth == AUTH_ASKED) {
		w->auth = AUTH_YES;
		w->since_s = p->now_s;
		w->owe_subscribed = true;
		save = true;
	}
	/* Nothing is no news (RFC 8048, 5.3.2), but it does not confirm either
	 * what another dialog, or another run, has told. */
	stox_in_body(x, &len);
	if (unsure && len == 0) {
		lose(p);
		w->retell = false;
		return true;
	}
	return read_body(p, x) || save;
}

bool watch_notify(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	const char *why = NULL;
	bool made = !w->dialog.len;
	unsigned status = fit(p, x, &why);
	struct stox_subscription s;

	if (status == 200 && stox_subscription_read(x, &s) < 0) {
		status = 400;
		why = "Bad Subscription-State";
	}
	stox_reply_sip(x, status, why);
	if (status == 489)
		stox_reply_header(x, "Allow-Events", "presence");
	if (status != 200)
		return false;
	if (s.state == STOX_SUB_TERMINATED) {
		if (w->state != WATCH_LEAVING && w->auth == AUTH_YES)
			read_body(p, x);
		ended(p, &s);
		return true;
	}
	if (w->state == WATCH_LEAVING) {
		w->send = w->send || made;
		return true;
	}
	return alive(p, x, &s) || made;
}

/* ---- answers to SUBSCRIBE --------------------------------------------------- */

static const char *words(struct stox_exchange *x)
{
	const char *text = NULL;
	unsigned status = stox_answer_status(x);

	stox_answer_error(x, &text);
	if (text)
		return stox_printf(x, "%.*s", PAIR_TROUBLE_MAX, text);
	return stox_printf(x, "The SIP side answered %u.", status);
}

static uint64_t header_s(struct stox_exchange *x, const char *name)
{
	const char *text = stox_answer_header(x, name);
	unsigned long long n = text ? strtoull(text, NULL, 10) : 0;

	return n > EXPIRES_MAX_S ? EXPIRES_MAX_S : n;
}

static void granted(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	uint64_t left = header_s(x, "Expires");

	if (w->state != WATCH_LIVE)
		return; /* the NOTIFY says the rest */
	if (left == 0)
		left = w->expires_ask_s;
	w->tries = 0;
	w->expires_s = p->now_s + left;
	w->next_s = p->now_s + stox_refresh_after((uint32_t)left);
}

static void longer(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	uint32_t least = (uint32_t)header_s(x, "Min-Expires");

	if (least <= w->expires_ask_s) { /* it makes no sense to ask again */
		pair_trouble(p, 423, words(x));
		fail(p, 0);
		return;
	}
	w->expires_ask_s = least;
	w->send = true;
	if (w->state == WATCH_ASKING)
		w->next_s = p->now_s + PAIR_TRANSACTION_S;
}

static void failed(struct pair *p, struct stox_exchange *x,
	enum stox_subscribe_result result)
{
	struct pair_watch *w = &p->watch;
	bool refresh = w->dialog.len != 0;

	pair_trouble(p, stox_answer_status(x), words(x));
	switch (result) {
	case STOX_SUBSCRIBE_DENIED:
		leave_dialog(w);
		end(p);
		return;
	case STOX_SUBSCRIBE_UNKNOWN:
	case STOX_SUBSCRIBE_MOVED:
		leave_dialog(w);
		w->owe_error = w->auth == AUTH_ASKED;
		end(p);
		return;
	case STOX_SUBSCRIBE_ANEW:
		if (w->tries == 0) {
			w->tries = 1;
			ask(p);
			return;
		}
		fail(p, 0);
		return;
	default:
		break;
	}
	if (refresh && w->expires_s > p->now_s) {
		/* it lives until it expires: try again meanwhile */
		w->tries++;
		if (w->tries >= LOST_TRIES)
			lose(p);
		w->next_s = p->now_s + flow_back_off_s(w->tries);
		return;
	}
	fail(p, header_s(x, "Retry-After"));
}

void watch_answered(struct pair *p, struct stox_exchange *x)
{
	struct pair_watch *w = &p->watch;
	enum stox_subscribe_result result;

	w->flying = false;
	if (w->state == WATCH_IDLE || (w->state == WATCH_ASKING && w->send))
		return; /* of a dialog that is history */
	result = stox_subscribe_result(x, w->dialog.len != 0);
	if (w->state == WATCH_LEAVING) {
		/* the last NOTIFY is to come, unless there is nothing any more */
		if (result != STOX_SUBSCRIBED && !w->send)
			leave_dialog(w);
		return;
	}
	if (result == STOX_SUBSCRIBED)
		granted(p, x);
	else if (result == STOX_SUBSCRIBE_LONGER)
		longer(p, x);
	else
		failed(p, x, result);
}

void watch_told(struct pair *p, struct stox_exchange *x, enum flow_tag tag)
{
	struct pair_watch *w = &p->watch;
	const char *text = NULL;

	if (!stox_answer_error(x, &text)) {
		w->told_tries = 0;
		w->quiet_s = 0;
		return;
	}
	if (++w->told_tries >= TOLD_TRIES) {
		w->told_tries = 0;
		watch_seen(p, false);
		return;
	}
	w->owe_subscribed = w->owe_subscribed || tag == TAG_SUBSCRIBED;
	w->owe_unsubscribed = w->owe_unsubscribed || tag == TAG_UNSUBSCRIBED;
	w->owe_error = w->owe_error || tag == TAG_ERROR;
	for (size_t i = 0; i < w->count && tag == TAG_TELL; i++)
		w->devices[i].owed = true;
	pair_trouble(p, 0, stox_printf(x, "%.*s", PAIR_TROUBLE_MAX,
		text ? text : "The XMPP side cannot be reached."));
	w->quiet_s = p->now_s + flow_back_off_s(w->told_tries);
}

/* ---- time ------------------------------------------------------------------- */

static void refresh(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	if (!w->online || w->seen_s + UNSURE_S < p->now_s) {
		w->online = false;
		if (w->auth == AUTH_YES)
			drop_devices(w);
		leave(p);
		return;
	}
	/* what answers tells whether somebody is there */
	if (w->seen_s + SURE_S < p->now_s && p->grant.auth == AUTH_YES)
		p->grant.owe_probe = true;
	w->send = true;
	w->next_s = w->expires_s;
}

void watch_due(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	if (!w->next_s || w->next_s > p->now_s)
		return;
	switch (w->state) {
	case WATCH_IDLE:
		w->next_s = 0;
		return;
	case WATCH_ASKING:
		if (!w->call_id[0]) {
			ask(p);
			return;
		}
		pair_trouble(p, 0, "The SIP side took the subscription, but has "
			"told nothing since.");
		fail(p, 0);
		return;
	case WATCH_LIVE:
		if (w->expires_s <= p->now_s)
			fail(p, 0);
		else
			refresh(p);
		return;
	case WATCH_LEAVING:
		leave_dialog(w);
		return;
	}
}

void watch_restored(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	w->flying = false;
	w->quiet_s = 0;
	w->retell = true;
	w->cseq += CSEQ_JUMP;
	switch (w->state) {
	case WATCH_IDLE:
		return;
	case WATCH_ASKING:
		if (w->call_id[0])
			ask(p);
		return;
	case WATCH_LIVE:
		if (w->expires_s <= p->now_s)
			ask(p);
		else
			refresh(p);
		return;
	case WATCH_LEAVING:
		w->send = w->dialog.len != 0;
		if (!w->send)
			leave_dialog(w);
		return;
	}
}

/* ---- what the row asks for -------------------------------------------------- */

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
		pair_wait(p, flow_back_off_s(1) * 1000);
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
	w->cseq++;
	w->send = false;
	w->flying = true;
	stox_begin_send(x);
}

static struct stox_exchange *begin_stanza(struct pair *p, const char *from,
	enum flow_tag tag)
{
	const struct stox_begin b = { .from = from, .to = p->xmpp, .tag = tag };
	struct stox_exchange *x = stox_begin(p->session, &b);

	if (!x)
		pair_wait(p, flow_back_off_s(1) * 1000);
	return x;
}

/* A bare stanza of a type; returns whether it went. */
static bool say(struct pair *p, const char *type, enum flow_tag tag)
{
	struct stox_exchange *x = begin_stanza(p, p->sip, tag);
	struct stox_element *e, *error;

	if (!x)
		return false;
	e = stox_out_stanza(x, "presence", type);
	if (tag == TAG_SUBSCRIBED)
		presence_stanza_set_nick(e, p->watch.display);
	if (tag == TAG_ERROR) {
		error = stox_element_add(e, "error", NULL);
		stox_element_set(error, "type", "cancel");
		stox_element_add(error, p->trouble_status == 410 ? "gone"
			: "item-not-found", STOX_NS_STANZAS);
		stox_element_add_child_text(error, "text", STOX_NS_STANZAS,
			p->trouble ? p->trouble : "There is no such contact.");
	}
	stox_begin_send(x);
	return true;
}

static bool tell(struct pair *p, const struct pair_device *d)
{
	char from[4200];
	struct stox_exchange *x;
	struct stox_element *e;

	snprintf(from, sizeof(from), "%s/%s", p->sip, d->d.resource);
	x = begin_stanza(p, from, TAG_TELL);
	if (!x)
		return false;
	e = stox_out_stanza(x, "presence", d->d.open ? NULL : "unavailable");
	if (d->d.open) {
		presence_stanza_write(x, e, &d->d, p->watch.notes,
			(int64_t)p->now_s);
		presence_stanza_set_nick(e, p->watch.display);
		stox_disco_caps(x, STOX_DISCO_DEVICE, e);
	}
	stox_begin_send(x);
	return true;
}

static void tell_devices(struct pair *p)
{
	struct pair_watch *w = &p->watch;

	for (size_t i = 0; i < w->count;) {
		struct pair_device *d = &w->devices[i];

		if (d->owed && !tell(p, d))
			return;
		d->owed = false;
		if (d->d.open)
			i++;
		else
			pair_device_remove(w->devices, &w->count, d);
	}
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
	tell_devices(p);
	if (w->owe_error && say(p, "error", TAG_ERROR))
		w->owe_error = false;
	if (w->owe_unsubscribed && say(p, "unsubscribed", TAG_UNSUBSCRIBED))
		w->owe_unsubscribed = false;
}
