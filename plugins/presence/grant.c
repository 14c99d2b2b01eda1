/*
 * The SIP user watches: we are the notifier of the XMPP user, who was asked
 * first and whose presence comes without being asked for.  stox.md 3.8 to 3.11.
 */
#include <stdlib.h>
#include <string.h>

#include "grant.h"
#include "stox/service/policy.h"
#include "stox/service/subscription.h"
#include "watch.h"

enum {
	ETAG_MAX = 16,
	MIN_EXPIRES_S = 60,
	ASK_AGAIN_S = 86400,
	ASK_FRESH_S = 600,     /* not more often, whoever comes and goes */
	PROBE_S = 60,          /* "unsubscribed" within that answers a probe */
	POLL_MS = 2000,        /* a poll waits that long for the XMPP side */
	LAST_S = 60,           /* for the last NOTIFY of a leg */
	PROBE_AGAIN_S = 3600,  /* a refresh after that time asks how she is */
	NOTIFY_TRIES = 4,
	CSEQ_JUMP = 10000,     /* what an unwritten row may have counted */
};

/* ---- legs ------------------------------------------------------------------- */

static void leg_remove(struct pair_grant *g, struct pair_leg *l)
{
	size_t i = (size_t)(l - g->legs);

	memmove(l, l + 1, (g->leg_count - i - 1) * sizeof(*l));
	g->leg_count--;
}

bool grant_has_open_leg(const struct pair_grant *g)
{
	for (size_t i = 0; i < g->leg_count; i++)
		if (g->legs[i].state == LEG_OPEN)
			return true;
	return false;
}

bool grant_is_let_in(const struct pair_grant *g)
{
	return g->auth == AUTH_YES && !g->blocked;
}

void grant_owe_now(struct pair_leg *l)
{
	l->owed = true;
	l->sent_ms = 0;
}

void grant_owe_all(struct pair_grant *g)
{
	for (size_t i = 0; i < g->leg_count; i++)
		if (g->legs[i].state == LEG_OPEN)
			g->legs[i].owed = true;
}

static void end_leg(struct pair *p, struct pair_leg *l, const char *reason)
{
	l->until_s = l->state == LEG_OPEN ? l->expires_s : 0;
	l->state = LEG_ENDING;
	l->reason = reason;
	l->expires_s = p->now_s + LAST_S;
	grant_owe_now(l);
}

static void end_all(struct pair *p, const char *reason)
{
	struct pair_grant *g = &p->grant;

	for (size_t i = 0; i < g->leg_count; i++)
		if (g->legs[i].state == LEG_OPEN)
			end_leg(p, &g->legs[i], reason);
}

/* RFC 8048, 5.3.3: who stops to watch is gone, unless we know better. */
static void leg_is_over(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	if (!grant_has_open_leg(g) && g->auth == AUTH_YES &&
		!watch_shows(&p->watch))
		g->owe_gone = true;
}

static void forget_devices(struct pair_grant *g)
{
	g->count = 0;
	g->known = false;
}

/* ---- SUBSCRIBE -------------------------------------------------------------- */

static void refuse(struct stox_exchange *x, unsigned status)
{
	stox_reply_sip(x, status, NULL);
	if (status == 489)
		stox_reply_header(x, "Allow-Events", "presence");
	else if (status == 423)
		stox_reply_header(x, "Min-Expires",
			stox_printf(x, "%u", MIN_EXPIRES_S));
	else if (status == 406)
		stox_reply_header(x, "Accept", PRESENCE_TYPE);
	else if (status == 420 && stox_in_header(x, "Require"))
		stox_reply_header(x, "Unsupported",
			stox_in_header(x, "Require"));
	else if (status == 503)
		stox_reply_header(x, "Retry-After", "600");
}

static void accept(struct stox_exchange *x, unsigned status, uint32_t expires)
{
	stox_reply_sip(x, status, NULL);
	stox_reply_header(x, "Contact", stox_contact(x));
	stox_reply_header(x, "Expires", stox_printf(x, "%u", expires));
}

/* Whoever asks for the first time, or comes back after the last dialog lapsed,
 * is asked for; not more often than daily while one pends. */
void grant_ask(struct pair *p, bool fresh)
{
	struct pair_grant *g = &p->grant;

	if (g->blocked || g->auth == AUTH_YES ||
		(g->auth == AUTH_ASKED && !fresh &&
			g->asked_s + ASK_AGAIN_S > p->now_s))
		return;
	if (g->auth == AUTH_NONE)
		g->since_s = p->now_s;
	g->auth = AUTH_ASKED;
	g->asked_s = p->now_s;
	g->owe_ask = true;
	pair_fine(p, true);
}

/* What is remembered may be old: the XMPP side tells anew, and what it does not
 * confirm is gone. */
void grant_probe(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	g->owe_probe = g->probing = true;
	g->probed_s = p->now_s;
	for (size_t i = 0; i < g->count; i++)
		g->devices[i].stale = true;
}

static const char *event_id(struct stox_exchange *x)
{
	const char *event = stox_in_header(x, "Event");
	const char *id = event ? strstr(event, ";id=") : NULL;

	return id ? stox_printf(x, "%.*s", (int)strcspn(id + 4, "; \t"), id + 4)
		  : "";
}

/* Who asks again says which state it has.  No tag of ours is long. */
static const char *tag_of(struct stox_exchange *x)
{
	const char *tag = stox_in_header(x, "Suppress-If-Match");

	return tag && strlen(tag) <= ETAG_MAX ? tag : "";
}

static void new_leg(struct pair *p, struct stox_exchange *x, uint32_t expires)
{
	struct pair_grant *g = &p->grant;
	struct pair_leg *l = &g->legs[g->leg_count];
	const char *tag = stox_session_token(p->session, p->tokens[2]), *why;
	bool fresh = !grant_has_open_leg(g);

	if (g->auth == AUTH_NONE && !count_grant(p, x))
		return;
	if (g->leg_count == PAIR_LEGS) {
		refuse(x, 503);
		return;
	}
	memset(l, 0, sizeof(*l));
	if (stox_dialog_accept(x, tag, &l->dialog, &why) < 0) {
		stox_reply_sip(x, 400, why);
		return;
	}
	accept(x, 200, expires);
	stox_reply_tag(x, tag);
	g->leg_count++;
	g->numbers = (g->numbers + 1) % 10000000;
	l->number = g->numbers;
	l->event_id = event_id(x);
	l->has = tag_of(x);
	l->reason = "";
	l->expires_s = p->now_s + expires;
	grant_owe_now(l);
	if (stox_in_display(x))
		g->sip_display = stox_in_display(x);
	g->blocked = !stox_policy_presence(x);
	if (expires == 0) {
		l->state = LEG_POLL;
		l->reason = "timeout";
		l->expires_s = p->now_s + LAST_S;
		if (g->auth == AUTH_YES && (!g->known || grant_has_stale(g)))
			l->sent_ms = p->now_ms + POLL_MS - GRANT_INTERVAL_MS;
	} else {
		grant_ask(p, fresh && g->asked_s + ASK_FRESH_S <= p->now_s);
	}
	if (g->auth == AUTH_YES && fresh)
		grant_probe(p);
}

/* A watcher that has the present state, and wants no other.  One who waits is
 * never spared: the question may have to be asked again.  RFC 5839, 6.2 */
static bool knows_all(const struct pair *p, struct stox_exchange *x,
	const struct pair_leg *l)
{
	const char *tag = stox_in_header(x, "Suppress-If-Match");

	return tag && grant_is_let_in(&p->grant) && !l->owed && !l->flying &&
	       (strcmp(tag, "*") == 0 || strcmp(tag, grant_etag(p, x)) == 0);
}

static void refresh(struct pair *p, struct stox_exchange *x, struct pair_leg *l,
	uint32_t expires)
{
	struct pair_grant *g = &p->grant;

	g->blocked = !stox_policy_presence(x);
	/* a server may have died without a word */
	if (expires && g->auth == AUTH_YES && g->count > 0 &&
		g->probed_s + PROBE_AGAIN_S <= p->now_s)
		grant_probe(p);
	if (expires && knows_all(p, x, l)) {
		accept(x, 204, expires);
		stox_reply_header(x, "SIP-ETag", grant_etag(p, x));
		l->expires_s = p->now_s + expires;
		l->tries = 0;
		return;
	}
	accept(x, 200, expires);
	if (expires) {
		l->expires_s = p->now_s + expires;
		l->tries = 0;
		grant_owe_now(l);
		grant_ask(p, false);
		return;
	}
	end_leg(p, l, "timeout");
	leg_is_over(p);
}

/* The leg that a request within a dialog belongs to; NULL with a status. */
static struct pair_leg *find_leg(struct pair *p, struct stox_exchange *x,
	unsigned *ret_status)
{
	struct pair_grant *g = &p->grant;
	struct stox_dialog d;

	*ret_status = 481;
	for (size_t i = 0; i < g->leg_count; i++) {
		enum stox_dialog_fit fit = stox_dialog_receive(x,
			g->legs[i].dialog, &d);

		if (fit == STOX_DIALOG_OTHER)
			continue;
		if (fit == STOX_DIALOG_OLD) {
			*ret_status = 500;
			return NULL;
		}
		if (g->legs[i].state != LEG_OPEN)
			return NULL;
		g->legs[i].dialog = d;
		return &g->legs[i];
	}
	return NULL;
}

void grant_subscribe(struct pair *p, struct stox_exchange *x)
{
	const struct stox_event_package package = {
		.name = "presence",
		.type = PRESENCE_TYPE,
		.expires = 3600,
		.min = MIN_EXPIRES_S,
		.max = (uint32_t)stox_option_int(x,
			&presence_options[OPTION_MAX_EXPIRES]),
	};
	uint32_t expires;
	unsigned status = stox_subscribe_check(x, &package, &expires);
	struct pair_leg *l;

	if (status) {
		refuse(x, status);
	} else if (!stox_in_dialog(x)) {
		new_leg(p, x, expires);
	} else {
		l = find_leg(p, x, &status);
		if (l)
			refresh(p, x, l, expires);
		else
			refuse(x, status);
	}
}

/* ---- from XMPP -------------------------------------------------------------- */

static void approve(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	if (g->auth != AUTH_YES) {
		g->since_s = p->now_s;
		forget_devices(g);
	}
	g->auth = AUTH_YES;
	g->owe_ask = false;
	pair_fine(p, true);
	for (size_t i = 0; i < g->leg_count; i++)
		if (g->legs[i].state == LEG_OPEN)
			grant_owe_now(&g->legs[i]);
}

void grant_name(struct pair *p, struct stox_exchange *x)
{
	struct pair_grant *g = &p->grant;
	const char *nick = presence_stanza_nick(stox_in_stanza(x));

	if (!nick || (g->display && strcmp(nick, g->display) == 0))
		return;
	g->display = nick;
	if (g->auth == AUTH_YES)
		grant_owe_all(g);
}

void grant_approved(struct pair *p)
{
	switch (p->grant.auth) {
	case AUTH_NONE: /* it lets nobody in, and nothing is kept of it */
		return;
	case AUTH_ASKED:
		approve(p);
		return;
	case AUTH_YES: /* said again, it is no news */
		pair_fine(p, true);
		grant_owe_all(&p->grant);
		return;
	}
}

static void reject(struct pair *p, const char *reason)
{
	struct pair_grant *g = &p->grant;

	g->auth = AUTH_NONE;
	g->since_s = p->now_s;
	g->owe_ask = false;
	forget_devices(g);
	end_all(p, reason);
}

void grant_refused(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	if (g->auth == AUTH_YES && grant_has_open_leg(g) && g->probing &&
		p->now_s < g->probed_s + PROBE_S) {
		/* the roster has changed behind us: ask, once */
		g->auth = AUTH_NONE;
		g->probing = false;
		forget_devices(g);
		grant_ask(p, true);
		grant_owe_all(g);
		return;
	}
	if (g->auth != AUTH_NONE || grant_has_open_leg(g))
		pair_trouble_s2x(p, "The XMPP user has refused, or has withdrawn "
			"the permission.");
	reject(p, "rejected");
	/* "unavailable" that came with it did not mean absence */
	watch_seen(p, true);
}

bool grant_vouch(struct pair *p, enum pair_auth auth, uint64_t since_s)
{
	struct pair_grant *g = &p->grant;

	if (g->auth >= auth)
		return false;
	if (auth == AUTH_YES)
		approve(p);
	g->auth = auth;
	g->since_s = since_s ? since_s : p->now_s;
	if (auth == AUTH_ASKED) /* its server knows: after a day it is asked */
		g->asked_s = p->now_s;
	else if (grant_has_open_leg(g))
		grant_probe(p);
	return true;
}

void grant_remove(struct pair *p)
{
	reject(p, "rejected");
	p->grant.owe_end = true;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

void grant_error(struct pair *p, struct stox_exchange *x)
{
	static const char *const nobody[] = { "item-not-found", "gone",
		"jid-malformed", NULL };
	static const char *const denied[] = { "forbidden", "not-allowed",
		"not-authorized", "registration-required", "bad-request",
		"policy-violation", NULL };
	static const char *const away[] = { "remote-server-not-found",
		"remote-server-timeout", NULL };
	const char *condition = presence_stanza_error(stox_in_stanza(x));

	if (is_one_of(condition, away))
		stox_session_doubt(p->session, STOX_XMPP);
	if (p->grant.auth != AUTH_ASKED)
		return;
	if (is_one_of(condition, nobody))
		reject(p, "noresource");
	else if (is_one_of(condition, denied))
		reject(p, "rejected");
	pair_trouble_s2x(p, stox_printf(x, "The XMPP side answered the question "
		"with an error: %.100s.", condition));
}

/* Returns true when resources have come or gone. */
static bool take_device(struct pair *p, struct stox_exchange *x)
{
	struct pair_grant *g = &p->grant;
	const char *slash = strchr(stox_from(x), '/');
	struct presence_device d;
	struct pair_device *old;

	presence_stanza_read(x, slash ? slash + 1 : "", &d);
	if (d.note_count > PAIR_NOTES)
		d.note_count = PAIR_NOTES;
	old = pair_device(g->devices, g->count, d.resource);
	if (!d.open) {
		if (!slash) /* of the server: none is left */
			g->count = 0;
		else if (old)
			pair_device_remove(g->devices, &g->count, old);
		grant_owe_all(g);
		return true;
	}
	if (old) {
		if (!pair_device_same(&old->d, &d))
			grant_owe_all(g);
		*old = (struct pair_device){ .d = d };
		return false;
	}
	if (g->count == PAIR_DEVICES)
		return false;
	g->devices[g->count++] = (struct pair_device){ .d = d };
	grant_owe_all(g);
	return true;
}

bool grant_presence(struct pair *p, struct stox_exchange *x)
{
	struct pair_grant *g = &p->grant;
	bool unknown = !g->known, changed;

	if (g->auth != AUTH_YES)
		return false; /* not meant for those who were not let in */
	changed = take_device(p, x);
	g->known = true;
	g->probing = false; /* a later "unsubscribed" is her own word */
	/* a watcher who was told nothing yet has waited long enough */
	for (size_t i = 0; i < g->leg_count && unknown; i++)
		if (g->legs[i].state == LEG_OPEN)
			grant_owe_now(&g->legs[i]);
	grant_name(p, x);
	return changed || unknown;
}

/* ---- answers ---------------------------------------------------------------- */

/* Its watcher is lost, or has heard the end. */
static void drop_leg(struct pair *p, struct pair_leg *l)
{
	bool was_open = l->state == LEG_OPEN;

	leg_remove(&p->grant, l);
	if (was_open)
		leg_is_over(p);
}

static struct pair_leg *leg_of(struct pair_grant *g, unsigned number)
{
	for (size_t i = 0; i < g->leg_count; i++)
		if (g->legs[i].number == number)
			return &g->legs[i];
	return NULL;
}

/* These end a subscription.  RFC 6665, 4.2.2. */
static bool is_fatal(unsigned status)
{
	return status == 404 || status == 405 || status == 410 ||
	       status == 416 || (status >= 480 && status <= 485) ||
	       status == 489 || status == 501 || status == 604;
}

void grant_notified(struct pair *p, struct stox_exchange *x, unsigned number)
{
	struct pair_grant *g = &p->grant;
	struct pair_leg *l = leg_of(g, number);
	unsigned status = stox_answer_status(x);
	uint64_t away_s = status ? 0 : flow_away_s(p, STOX_SIP);

	if (!l)
		return;
	l->flying = false;
	if (away_s) { /* it is not the watcher who is lost */
		l->owed = true;
		l->sent_ms = p->now_ms + away_s * 1000 - GRANT_INTERVAL_MS;
		return;
	}
	if (is_fatal(status) || (l->state != LEG_OPEN && !l->owed)) {
		drop_leg(p, l);
	} else if (status >= 200 && status < 300) {
		l->tries = 0;
		l->has = "";
	} else if (++l->tries >= NOTIFY_TRIES) {
		drop_leg(p, l); /* it will ask anew */
	} else {
		l->owed = true;
		l->sent_ms = p->now_ms + flow_back_off_s(l->tries) * 1000 -
			GRANT_INTERVAL_MS;
	}
}

/* A domain that is known may come back: whether it is waited for is up to the
 * dialect. */
static bool is_nobody(const struct stox_exchange *x, enum stox_condition error)
{
	return error == STOX_ITEM_NOT_FOUND ||
	       (error == STOX_REMOTE_SERVER_NOT_FOUND &&
		       stox_dialect_is(x, "sip_unreachable", "end"));
}

void grant_asked(struct pair *p, struct stox_exchange *x, enum flow_tag tag)
{
	struct pair_grant *g = &p->grant;
	const char *text = NULL;
	enum stox_condition error = stox_answer_error(x, &text);

	if (!error)
		return;
	if (tag == TAG_ASK && !is_nobody(x, error))
		g->asked_s = 0; /* again when the watcher comes again */
	else if (tag == TAG_ASK && g->auth == AUTH_ASKED)
		reject(p, "noresource");
	if (text)
		pair_trouble_s2x(p, stox_printf(x, "%.*s", PAIR_TROUBLE_MAX,
			text));
	if (tag == TAG_PROBE && g->auth == AUTH_YES &&
		stox_session_peer(p->session, STOX_XMPP) != STOX_PEER_DOUBTED) {
		/* there is no way to them, and that is known for sure */
		g->count = 0;
		grant_owe_all(g);
	}
}

/* ---- time ------------------------------------------------------------------- */

/* Nobody could be asked: the watcher may come again.  stox.md 3.9 */
static const char *lapse(const struct pair *p)
{
	return p->grant.auth == AUTH_ASKED && p->trouble && p->trouble_s2x
		? "giveup" : "timeout";
}

void grant_due(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	for (size_t i = 0; i < g->leg_count;) {
		struct pair_leg *l = &g->legs[i];

		if (l->expires_s > p->now_s) {
			i++;
		} else if (l->until_s > p->now_s &&
			flow_away_s(p, STOX_SIP)) {
			/* the watcher believes in it, and is told when it can
			 * be */
			l->expires_s = p->now_s + LAST_S < l->until_s
				? p->now_s + LAST_S : l->until_s;
			i++;
		} else if (l->state == LEG_OPEN) {
			end_leg(p, l, lapse(p));
			leg_is_over(p);
			i++;
		} else {
			leg_remove(g, l);
		}
	}
}

void grant_restored(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	for (size_t i = 0; i < g->leg_count; i++) {
		g->legs[i].flying = false;
		g->legs[i].cseq += CSEQ_JUMP;
		g->legs[i].tries = 0;
		grant_owe_now(&g->legs[i]);
	}
	if (g->auth == AUTH_YES && grant_has_open_leg(g))
		grant_probe(p);
	else if (g->auth == AUTH_YES) /* nobody has listened: a poll asks */
		g->known = false;
	else if (grant_has_open_leg(g)) /* the question or its answer may be lost */
		grant_ask(p, true);
	g->owe_probe = g->owe_probe || pair_may_return(p);
}

bool grant_unheard(const struct pair_grant *g)
{
	return g->auth == AUTH_YES && !g->known && !g->probing &&
	       grant_has_open_leg(g);
}
