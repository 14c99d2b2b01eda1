/*
 * Presence and contacts: who may see whom, and what they see.  RFC 8048 over
 * RFC 6121 and RFC 6665; stox.md 3.
 *
 * Everything about two people goes through one session, one event after the
 * other: pair.h.
 */
#include <stdio.h>
#include <string.h>

#include "grant.h"
#include "publish.h"

static const char *const busy_words[] = { "dnd", "available", NULL };

const struct stox_option presence_options[] = {
	[OPTION_EXPIRES] = { "expires", STOX_INT, "s", "3600", 60, 86400, NULL,
		STOX_GLOBAL | STOX_DOMAIN,
		"How long a subscription that stox makes on SIP shall last; it "
		"is refreshed before it ends while the XMPP user is online." },
	[OPTION_MAX_EXPIRES] = { "max_expires", STOX_INT, "s", "3600", 60, 86400,
		NULL, STOX_GLOBAL | STOX_DOMAIN,
		"The longest subscription that is granted to SIP users; longer "
		"ones are cut.  Lync asks for 28800." },
	[OPTION_BUSY] = { "busy", STOX_WORD, NULL, "dnd", 0, 0, busy_words,
		STOX_GLOBAL | STOX_DOMAIN,
		"What XMPP users see of somebody who is busy on SIP.  Some "
		"clients keep messages back from contacts that are \"dnd\"." },
	[OPTION_PUBLISH] = { "publish", STOX_BOOL, NULL, "false", 0, 0, NULL,
		STOX_GLOBAL | STOX_DOMAIN,
		"Tell the presence of XMPP users to the SIP side by PUBLISH "
		"too, for a front end that is a presence server and lets "
		"people watch there.  What is published is one state for each "
		"XMPP user who has let in somebody of that domain; who sees it "
		"is then decided over there." },
	{ 0 }
};

/* ---- events ----------------------------------------------------------------- */

/* What has to be done with the row.  What is noted may be acted on at once, and is
 * perhaps written soon; what is saved, when it is safe. */
enum outcome { NOTHING, NOTE, NOTE_SOON, SAVE };

/* Presence that shows where the XMPP user is.  Who may not see it hears
 * "unavailable" from somebody who is there: RFC 6121, 3.2.1 and 4.3.2.
 *
 * Whom somebody watches is asked after a restart: very many watchers of one
 * person are not worth as many writes. */
static enum outcome shown(struct pair *p, struct stox_exchange *x, bool open)
{
	const struct pair_watch *w = &p->watch;
	enum watch_state before = w->state;
	bool was_online = w->online;
	bool news = grant_presence(p, x);

	if (open || p->grant.auth == AUTH_YES)
		watch_seen(p, open || p->grant.count > 0);
	if (before != w->state ||
		(w->auth != AUTH_NONE && was_online != w->online))
		return SAVE;
	if (!news)
		return NOTE;
	return grant_has_open_leg(&p->grant) ? NOTE_SOON : SAVE;
}

static enum outcome from_xmpp(struct pair *p, struct stox_exchange *x)
{
	const char *type = stox_element_attr(stox_in_stanza(x), "type");

	if (!type)
		return shown(p, x, true);
	if (strcmp(type, "unavailable") == 0)
		return shown(p, x, false);
	if (strcmp(type, "subscribe") == 0) {
		grant_name(p, x);
		watch_subscribe(p, x);
	} else if (strcmp(type, "subscribed") == 0) {
		grant_name(p, x);
		grant_approved(p);
	} else if (strcmp(type, "unsubscribe") == 0) {
		watch_unsubscribe(p);
	} else if (strcmp(type, "unsubscribed") == 0) {
		grant_refused(p);
	} else if (strcmp(type, "probe") == 0) {
		watch_probe(p, x);
	} else {
		grant_error(p, x);
		watch_error(p, x);
	}
	return SAVE;
}

static enum outcome request(struct pair *p, struct stox_exchange *x)
{
	const char *method = stox_in_method(x);

	if (!method)
		return from_xmpp(p, x);
	if (strcmp(method, "NOTIFY") == 0)
		return watch_notify(p, x) ? SAVE : NOTE;
	if (strcmp(method, "SUBSCRIBE") == 0) {
		grant_subscribe(p, x);
		return SAVE;
	}
	stox_reply_sip(x, 405, NULL);
	return NOTHING;
}

static enum outcome answer(struct pair *p, struct stox_exchange *x, unsigned tag)
{
	enum flow_tag what = (enum flow_tag)(tag & TAG_MASK);
	bool failed = stox_answer_error(x, NULL) != STOX_NO_ERROR;

	switch (what) {
	case TAG_SUBSCRIBE:
		watch_answered(p, x);
		return SAVE;
	case TAG_TELL:
	case TAG_SUBSCRIBED:
	case TAG_UNSUBSCRIBED:
	case TAG_ERROR:
		watch_told(p, x, what);
		return SAVE;
	case TAG_NOTIFY:
		grant_notified(p, x, tag >> TAG_SHIFT);
		return failed ? SAVE : NOTE;
	case TAG_ASK:
	case TAG_PROBE:
	case TAG_GONE:
		grant_asked(p, x, what);
		return SAVE;
	}
	return NOTHING;
}

static enum outcome happen(struct pair *p, const struct stox_event *e)
{
	switch (e->type) {
	case STOX_EVENT_REQUEST:
		return request(p, e->exchange);
	case STOX_EVENT_ANSWER:
		return answer(p, e->exchange, e->tag);
	case STOX_EVENT_DUE:
		pair_forget(p);
		watch_due(p);
		grant_due(p);
		return SAVE;
	case STOX_EVENT_WAKE:
		grant_wake(p);
		return NOTE;
	case STOX_EVENT_RESTORED:
		watch_restored(p);
		grant_restored(p);
		return SAVE;
	case STOX_EVENT_TOLD:
		publish_asked(p);
		return SAVE;
	case STOX_EVENT_PEER:
		watch_peer(p, e->peer, e->lost);
		grant_peer(p, e->peer, e->lost);
		return SAVE;
	case STOX_EVENT_ADMIN:
		return admin_order(p, e->admin) ? SAVE : NOTHING;
	case STOX_EVENT_ACKED:
	case STOX_EVENT_STOP: /* for those without a row */
		return NOTHING;
	}
	return NOTHING;
}

/* What the row asks for. */
static void do_acts(struct pair *p)
{
	watch_act(p);
	grant_act(p);
	pair_note(p);
	if (p->wait_ms)
		stox_session_wake(p->session, p->wait_ms);
}

static void event(void *state, struct stox_session *s, const struct stox_event *e)
{
	PRESENCE_SCRATCH struct pair p;
	enum outcome outcome;

	(void)state;
	pair_load(&p, s);
	outcome = happen(&p, e);
	count_over(&p);
	if (publish_tell(&p, e))
		outcome = SAVE;
	if (pair_is_empty(&p))
		stox_session_end(s);
	else if (outcome == SAVE)
		pair_save(&p);
	else if (outcome != NOTHING)
		do_acts(&p);
	if (outcome == NOTE_SOON)
		stox_session_write_soon(s);
}

static void act(void *state, struct stox_session *s)
{
	PRESENCE_SCRATCH struct pair p;

	(void)state;
	pair_load(&p, s);
	do_acts(&p);
}

static bool known(void *state, const char *key, const void *row, size_t len)
{
	PRESENCE_SCRATCH struct pair p;

	pair_read(&p, state, key, row, len);
	return p.watch.state == WATCH_LIVE || grant_has_open_leg(&p.grant);
}

static const struct stox_session_kind kind = { .name = "presence",
	.event = event, .act = act, .describe = admin_describe, .bulk = true,
	.pairs = true, .known = known };
static const struct stox_session_kind *const kinds[] = { &kind,
	&publish_kind, NULL };

struct stox_session *presence_pair(struct stox_host *host, const char *xmpp,
	const char *sip)
{
	PRESENCE_SCRATCH char key[PAIR_KEY_MAX];

	snprintf(key, sizeof(key), "%s %s", xmpp, sip);
	return stox_session_open(host, &kind, key);
}

/* ---- hooks ------------------------------------------------------------------ */

static stox_verdict take(struct stox_host *host, struct stox_exchange *x,
	const char *xmpp, const char *sip)
{
	return stox_session_take(x, stox_session_open(host, &kind,
		stox_printf(x, "%s %s", xmpp, sip)));
}

/* The counts are known. */
static stox_verdict counted(struct stox_exchange *x, enum stox_why why, void *arg)
{
	bool from_xmpp = stox_in_method(x) == NULL;

	if (why == STOX_WAIT_GONE)
		return stox_next(x);
	return take(arg, x, from_xmpp ? stox_from_bare(x) : stox_to_bare(x),
		from_xmpp ? stox_to_bare(x) : stox_from_bare(x));
}

static bool is_known_type(const char *type)
{
	static const char *const types[] = { "unavailable", "subscribe",
		"subscribed", "unsubscribe", "unsubscribed", "probe", "error" };

	for (size_t i = 0; type && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return !type;
}

static stox_verdict presence_from_xmpp(void *state, struct stox_exchange *x)
{
	const char *type = stox_element_attr(stox_in_stanza(x), "type");

	if (stox_to_is_domain(x) || !strchr(stox_from_bare(x), '@'))
		return stox_next(x);
	if (!is_known_type(type))
		return stox_reject(x, STOX_BAD_REQUEST, NULL);
	if (type && strcmp(type, "subscribe") == 0)
		return count_wait(x, counted, state);
	return take(state, x, stox_from_bare(x), stox_to_bare(x));
}

static stox_verdict subscribe_from_sip(void *state, struct stox_exchange *x)
{
	if (stox_to_is_domain(x))
		return stox_reject(x, STOX_ITEM_NOT_FOUND, NULL);
	return count_wait(x, counted, state);
}

/* One that belongs to a dialog of ours comes to its session. */
static stox_verdict notify_from_sip(void *state, struct stox_exchange *x)
{
	(void)state;
	stox_reply_sip(x, 481, NULL);
	return stox_answered(x);
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	return 0;
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "presence",
		.run = presence_from_xmpp },
	{ STOX_TRANSLATE, STOX_SIP, .name = "SUBSCRIBE",
		.run = subscribe_from_sip },
	{ STOX_TRANSLATE, STOX_SIP, .name = "NOTIFY", .run = notify_from_sip },
	{ 0 }
};

STOX_PLUGIN(presence, "Carry subscriptions and presence both ways.",
	.hooks = hooks, .options = presence_options, .init = start,
	.sessions = kinds);
