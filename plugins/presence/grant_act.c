/*
 * What the half of a pair that is watched asks for: NOTIFY to the SIP user, and
 * questions to the XMPP user.
 */
#include <string.h>

#include "grant.h"
#include "stox/service/policy.h"
#include "stox/service/subscription.h"

enum { GIVEUP_S = 600 }; /* to come back, when nobody could be asked */

/* A stanza to the XMPP user, from the SIP user; returns whether it went. */
static bool say(struct pair *p, const char *type, enum flow_tag tag)
{
	const struct stox_begin b = { .from = p->sip, .to = p->xmpp,
		.tag = tag, .failures_only = true };
	struct stox_exchange *x = stox_begin(p->session, &b);

	if (!x) {
		pair_again(p);
		return false;
	}
	presence_stanza_set_nick(stox_out_stanza(x, "presence", type),
		tag == TAG_ASK ? p->grant.sip_display : NULL);
	stox_begin_send(x);
	return true;
}

/* Is a watcher who waits shown a contact that is closed? */
static bool hides_pending(const struct stox_exchange *x)
{
	return stox_dialect_is(x, "sip_pending", "closed");
}

static struct stox_subscription state_of(const struct pair *p,
	const struct stox_exchange *x, const struct pair_leg *l)
{
	struct stox_subscription s = { .state = STOX_SUB_TERMINATED };

	if (l->state == LEG_OPEN) {
		s.state = grant_is_let_in(&p->grant) || hides_pending(x)
			? STOX_SUB_ACTIVE : STOX_SUB_PENDING;
		s.expires_s = l->expires_s > p->now_s
			? (uint32_t)(l->expires_s - p->now_s) : 0;
	} else if (strcmp(l->reason, "rejected") == 0) {
		s.reason = STOX_REASON_REJECTED;
	} else if (strcmp(l->reason, "noresource") == 0) {
		s.reason = STOX_REASON_NORESOURCE;
	} else if (strcmp(l->reason, "giveup") == 0) {
		s.reason = STOX_REASON_GIVEUP;
		s.has_retry_after = true;
		s.retry_after_s = GIVEUP_S;
	} else {
		s.reason = STOX_REASON_TIMEOUT;
	}
	return s;
}

static const struct presence_style *style_of(const struct stox_exchange *x)
{
	return stox_dialect_is(x, "sip_presence", "lync")
		? &presence_style_lync : &presence_style_simple;
}

void grant_put_document(struct pair *p, struct stox_exchange *x)
{
	const struct pair_grant *g = &p->grant;
	PRESENCE_SCRATCH struct presence_device list[PAIR_DEVICES];
	struct presence_state state = { .devices = list, .count = g->count,
		.display = g->display };

	for (size_t i = 0; i < g->count; i++)
		list[i] = g->devices[i].d;
	presence_pidf_put(x, &state, p->xmpp, style_of(x), (int64_t)p->now_s);
}

/* Who ends its watch is told "closed" (RFC 8048, 5.3.3); who was not let in is
 * told nothing, or the same by dialect. */
static void put_document(struct pair *p, struct stox_exchange *x,
	const struct pair_leg *l)
{
	const struct pair_grant *g = &p->grant;
	PRESENCE_SCRATCH struct presence_device list[PAIR_DEVICES];
	bool shown = grant_is_let_in(g) && g->known;
	struct presence_state state = { .devices = list,
		.display = grant_is_let_in(g) ? g->display : NULL };

	if (!shown && !hides_pending(x))
		return;
	for (size_t i = 0; shown && i < g->count && l->state != LEG_ENDING; i++)
		list[state.count++] = g->devices[i].d;
	presence_pidf_put(x, &state, p->xmpp, style_of(x), (int64_t)p->now_s);
}

/* FNV-1a: it need not be hard to guess, the watcher knows the state. */
static uint64_t add_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *c = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ c[i]) * 0x100000001b3;
	return hash;
}

static uint64_t add_text(uint64_t hash, const char *text)
{
	return add_bytes(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

static uint64_t add_device(uint64_t hash, const struct presence_device *d)
{
	const int numbers[] = { d->open, (int)d->show, d->priority };

	hash = add_bytes(add_text(hash, d->resource), numbers, sizeof(numbers));
	for (size_t i = 0; i < d->note_count; i++)
		hash = add_text(add_text(hash, d->notes[i].lang),
			d->notes[i].text);
	return hash;
}

static const char *hex(struct stox_exchange *x, uint64_t n)
{
	char *text = stox_alloc(x, 17);

	for (size_t i = 16; i-- > 0; n >>= 4)
		text[i] = "0123456789abcdef"[n & 15];
	return text;
}

const char *grant_etag(const struct pair *p, struct stox_exchange *x)
{
	const struct pair_grant *g = &p->grant;
	bool let_in = grant_is_let_in(g), shown = let_in && g->known;
	uint64_t hash = add_bytes(0xcbf29ce484222325, &let_in, sizeof(let_in));

	hash = add_bytes(hash, &shown, sizeof(shown));
	hash = add_text(hash, let_in ? g->display : NULL);
	for (size_t i = 0; shown && i < g->count; i++)
		hash = add_device(hash, &g->devices[i].d);
	return hex(x, hash);
}

/* The first NOTIFY of a watcher that has the state already has no body; what is
 * told with one is what it has from then on.  RFC 5839, 7.2 */
static bool has_document(struct pair *p, struct stox_exchange *x,
	struct pair_leg *l)
{
	if (!*l->has || l->state == LEG_ENDING || !grant_is_let_in(&p->grant))
		return false;
	if (strcmp(l->has, "*") == 0 || strcmp(l->has, grant_etag(p, x)) == 0)
		return true;
	l->has = "";
	return false;
}

static void notify(struct pair *p, struct pair_leg *l)
{
	const struct stox_begin b = { .from = p->xmpp, .to = p->sip,
		.tag = TAG_NOTIFY | l->number << TAG_SHIFT,
		.cseq = l->cseq + 1, .dialog = l->dialog };
	struct stox_exchange *x = stox_begin(p->session, &b);
	struct stox_subscription s;

	if (!x) {
		pair_again(p);
		return;
	}
	if (!stox_policy_shows(x))
		p->grant.blocked = true;
	s = state_of(p, x, l);
	stox_out_sip(x, "NOTIFY");
	stox_out_header(x, "Contact", stox_contact(x));
	stox_out_header(x, "Event", *l->event_id
		? stox_printf(x, "presence;id=%s", l->event_id) : "presence");
	stox_out_header(x, "Subscription-State",
		stox_subscription_text(x, &s));
	if (l->state != LEG_ENDING)
		stox_out_header(x, "SIP-ETag", grant_etag(p, x));
	if (!has_document(p, x, l))
		put_document(p, x, l);
	l->cseq++;
	l->owed = false;
	l->flying = true;
	l->sent_ms = p->now_ms;
	stox_begin_send(x);
}

static void act_leg(struct pair *p, struct pair_leg *l)
{
	uint64_t at = l->sent_ms + GRANT_INTERVAL_MS;

	if (!l->owed || l->flying)
		return;
	if (l->sent_ms && at > p->now_ms)
		pair_wait(p, at - p->now_ms);
	else if (stox_session_may_send(p->session, p->xmpp, p->sip))
		notify(p, l);
}

static void wait_for(struct pair *p, uint64_t at_s)
{
	pair_wait(p, at_s > p->now_s ? (at_s - p->now_s) * 1000 : 1);
}

void grant_act(struct pair *p)
{
	struct pair_grant *g = &p->grant;

	for (size_t i = 0; i < g->leg_count; i++)
		act_leg(p, &g->legs[i]);
	if (g->owe_ask && say(p, "subscribe", TAG_ASK))
		g->owe_ask = false;
	if (g->owe_probe && say(p, "probe", TAG_PROBE))
		g->owe_probe = false;
	if (g->owe_gone && say(p, "unavailable", TAG_GONE))
		g->owe_gone = false;
	if (g->owe_end && say(p, "unsubscribe", TAG_GONE))
		g->owe_end = false;
	if (grant_confirm_s(p))
		wait_for(p, grant_confirm_s(p));
	if (grant_unheard(g))
		wait_for(p, g->since_s + GRANT_UNHEARD_S);
}
