/*
 * Operators: what a pair looks like, in words that say where it hangs, and what
 * may be done to it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"

/* ---- what is wanted --------------------------------------------------------- */

static const char *value(const struct stox_admin *a, const char *name)
{
	for (const struct stox_value *v = a->values; v && v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v->text;
	return NULL;
}

static uint64_t since(const struct stox_admin *a, const char *name)
{
	const char *text = value(a, name);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* "no" and nothing at all change nothing: adding never takes away. */
static bool read_auth(struct stox_admin *a, const char *name,
	enum pair_auth *ret)
{
	const char *text = value(a, name);

	*ret = AUTH_NONE;
	if (!text || !*text || strcmp(text, "no") == 0)
		return true;
	if (strcmp(text, "asked") == 0)
		*ret = AUTH_ASKED;
	else if (strcmp(text, "yes") == 0)
		*ret = AUTH_YES;
	else
		a->refusal = "x2s and s2x are yes, asked or no.";
	return !a->refusal;
}

static bool add(struct pair *p, struct stox_admin *a)
{
	enum pair_auth watch, grant;
	bool changed;

	if (!read_auth(a, "x2s", &watch) || !read_auth(a, "s2x", &grant))
		return false;
	if (watch == AUTH_NONE && grant == AUTH_NONE) {
		a->refusal = "Neither x2s nor s2x is yes or asked.";
		return false;
	}
	changed = watch_vouch(p, watch, since(a, "x2s_since"));
	return grant_vouch(p, grant, since(a, "s2x_since")) || changed;
}

static bool remove_pair(struct pair *p, const struct stox_admin *a)
{
	const char *x2s = value(a, "x2s"), *s2x = value(a, "s2x");
	bool both = !x2s && !s2x, changed = false;

	if ((both || x2s) && (p->watch.auth != AUTH_NONE ||
		p->watch.state != WATCH_IDLE)) {
		watch_unsubscribe(p);
		changed = true;
	}
	if ((both || s2x) && (p->grant.auth != AUTH_NONE ||
		p->grant.leg_count > 0)) {
		grant_remove(p);
		changed = true;
	}
	if (both && p->trouble)
		changed = pair_fine(p, p->trouble_s2x);
	return changed;
}

bool admin_order(struct pair *p, struct stox_admin *a)
{
	if (strcmp(a->verb, "add") == 0)
		a->changed = add(p, a);
	else if (strcmp(a->verb, "remove") == 0)
		a->changed = remove_pair(p, a);
	else
		a->refusal = "A pair can be added and removed.";
	return a->changed;
}

/* ---- what is there ---------------------------------------------------------- */

static const char *auth_word(enum pair_auth auth)
{
	switch (auth) {
	case AUTH_NONE:
		return "no";
	case AUTH_ASKED:
		return "asked";
	case AUTH_YES:
		return "yes";
	}
	return "";
}

static void put_words(const struct stox_description *d, const char *name,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
static void put_words(const struct stox_description *d, const char *name,
	const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	d->text(d->arg, name, text);
}

static unsigned long long left(const struct pair *p, uint64_t at_s)
{
	return at_s > p->now_s ? at_s - p->now_s : 0;
}

/* Somebody waits for an attempt, or for what comes of it. */
static void explain_asking(const struct pair *p,
	const struct stox_description *d)
{
	const struct pair_watch *w = &p->watch;
	bool in = w->auth == AUTH_YES;
	const char *begin = in ? "The XMPP user is let in." : "The XMPP user has "
						      "asked.";

	if (!w->call_id[0] && !w->tries)
		put_words(d, "x2s_words", "%s The SIP side is asked in %llu s.",
			begin, left(p, w->next_s));
	else if (!w->call_id[0])
		put_words(d, "x2s_words", "%s%s The last attempt failed (%u in a "
			"row), the next one is in %llu s.", begin, in
			? " The subscription on SIP has expired or was lost."
			: "", w->tries, left(p, w->next_s));
	else if (w->flying || w->send)
		put_words(d, "x2s_words", "%s SUBSCRIBE is under way: the SIP "
			"side has not answered yet.", begin);
	else
		put_words(d, "x2s_words", "%s The SIP side has answered "
			"SUBSCRIBE, but its first NOTIFY has not come.", begin);
}

static void explain_live(const struct pair *p, const struct stox_description *d)
{
	const struct pair_watch *w = &p->watch;

	if (w->expires_s <= p->now_s)
		put_words(d, "x2s_words", "The subscription on SIP has expired; "
			"it was not refreshed in time.");
	else if (w->auth == AUTH_ASKED)
		put_words(d, "x2s_words", "Waiting for approval: the SIP side "
			"has the request, and the contact has not decided.");
	else if (w->told_s)
		put_words(d, "x2s_words", "The subscription is live for %llu s; "
			"the SIP side told the presence last %llu s ago.",
			left(p, w->expires_s),
			(unsigned long long)(p->now_s - w->told_s));
	else
		put_words(d, "x2s_words", "The subscription is live for %llu s, "
			"but the SIP side has told no presence yet.",
			left(p, w->expires_s));
}

static void explain_watch(const struct pair *p, const struct stox_description *d)
{
	const struct pair_watch *w = &p->watch;

	if (w->blocked && w->auth != AUTH_NONE) {
		put_words(d, "x2s_words", "Policy: the XMPP user may not see the "
			"SIP user, who is not asked; it looks like a request "
			"that nobody answers.");
		return;
	}
	switch (w->state) {
	case WATCH_ASKING:
		explain_asking(p, d);
		return;
	case WATCH_LIVE:
		explain_live(p, d);
		return;
	case WATCH_LEAVING:
		put_words(d, "x2s_words", "The subscription on SIP is being "
			"ended.");
		return;
	case WATCH_IDLE:
		break;
	}
	if (w->auth == AUTH_YES)
		put_words(d, "x2s_words", "The XMPP user is let in. Nothing is "
			"subscribed on SIP while the XMPP user is offline.");
	else if (w->auth == AUTH_ASKED)
		put_words(d, "x2s_words", "The XMPP user has asked; the SIP side "
			"is not being asked.");
	else if (p->trouble && !p->trouble_s2x)
		put_words(d, "x2s_words", "The XMPP user has asked, and the SIP "
			"side has ended it: see the last trouble. It is not "
			"asked again unless the XMPP user asks again.");
	else
		put_words(d, "x2s_words", "The XMPP user does not watch the SIP "
			"user.");
}

static uint64_t last_end(const struct pair_grant *g, size_t *ret_open)
{
	uint64_t at = 0;

	*ret_open = 0;
	for (size_t i = 0; i < g->leg_count; i++) {
		if (g->legs[i].state != LEG_OPEN)
			continue;
		++*ret_open;
		if (g->legs[i].expires_s > at)
			at = g->legs[i].expires_s;
	}
	return at;
}

static void explain_grant(const struct pair *p, const struct stox_description *d)
{
	const struct pair_grant *g = &p->grant;
	size_t open;
	uint64_t end = last_end(g, &open);

	if (g->blocked)
		put_words(d, "s2x_words", "Policy: people of that partner may "
			"not see the XMPP user, who is not asked; it looks like "
			"a request that nobody answers.");
	else if (g->auth == AUTH_ASKED && !g->asked_s)
		put_words(d, "s2x_words", "The SIP user has asked, but the XMPP "
			"user could not be reached: see the last trouble. The "
			"question is sent again when its servers are there, or "
			"with the next SUBSCRIBE.");
	else if (g->auth == AUTH_ASKED)
		put_words(d, "s2x_words", "Waiting for approval: the XMPP user "
			"was asked %llu s ago and has not decided.",
			(unsigned long long)(p->now_s - g->asked_s));
	else if (g->auth == AUTH_NONE && p->trouble && p->trouble_s2x)
		put_words(d, "s2x_words", "The SIP user has asked, and the XMPP "
			"side has ended it: see the last trouble.");
	else if (g->auth == AUTH_NONE)
		put_words(d, "s2x_words", "The SIP user does not watch the XMPP "
			"user.");
	else if (!open)
		put_words(d, "s2x_words", "The SIP user is let in, but has no "
			"subscription now: it has expired, or was not made.");
	else if (!g->known)
		put_words(d, "s2x_words", "The SIP user is let in and subscribed "
			"for %llu s, but the XMPP side has told no presence yet.",
			left(p, end));
	else
		put_words(d, "s2x_words", "The SIP user is let in and subscribed "
			"for %llu s, and sees %zu resource(s).", left(p, end),
			g->count);
}

static void describe_times(const struct pair *p,
	const struct stox_description *d)
{
	if (p->watch.auth != AUTH_NONE)
		d->number(d->arg, "x2s_since", (int64_t)p->watch.since_s);
	if (p->grant.auth != AUTH_NONE)
		d->number(d->arg, "s2x_since", (int64_t)p->grant.since_s);
}

void admin_describe(void *state, const char *key, const void *row, size_t len,
	const struct stox_description *d)
{
	PRESENCE_SCRATCH struct pair p;
	size_t open;

	pair_read(&p, state, key, row, len);
	last_end(&p.grant, &open);
	d->text(d->arg, "xmpp", p.xmpp);
	d->text(d->arg, "sip", p.sip);
	d->text(d->arg, "x2s", auth_word(p.watch.auth));
	d->text(d->arg, "s2x", auth_word(p.grant.auth));
	describe_times(&p, d);
	d->number(d->arg, "x2s_dialogs", p.watch.dialog.len ? 1 : 0);
	d->number(d->arg, "s2x_dialogs", (int64_t)open);
	if (p.trouble) {
		d->text(d->arg, "trouble", p.trouble);
		d->text(d->arg, "trouble_of", p.trouble_s2x ? "s2x" : "x2s");
		d->number(d->arg, "trouble_status", p.trouble_status);
		d->number(d->arg, "trouble_time", (int64_t)p.trouble_s);
	}
	if (d->brief)
		return;
	explain_watch(&p, d);
	explain_grant(&p, d);
}
