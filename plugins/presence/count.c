/*
 * How many pairs there may be.  Whoever asks is counted, and for whom, and the
 * domain of who asks, from the first question until nothing is left of it; what
 * an operator adds is not.  trust.md G11, P07
 */
#include <stdio.h>
#include <string.h>

#include "flow.h"

enum { NAME_MAX = 2100 };

/* "asks juliet@example.org", "of romeo@contoso.com", "from example.org" */
struct names {
	char asks[NAME_MAX], of[NAME_MAX], from[NAME_MAX];
};

static void name_all(struct names *n, const char *asker, const char *whom)
{
	const char *at = strchr(asker, '@');

	snprintf(n->asks, sizeof(n->asks), "asks %s", asker);
	snprintf(n->of, sizeof(n->of), "of %s", whom);
	snprintf(n->from, sizeof(n->from), "from %s", at ? at + 1 : asker);
}

stox_verdict count_wait(struct stox_exchange *x, stox_then *then, void *arg)
{
	PRESENCE_SCRATCH struct names n;
	const char *const names[] = { n.asks, n.of, n.from, NULL };

	name_all(&n, stox_from_bare(x), stox_to_bare(x));
	return stox_count_wait(x, names, then, arg);
}

static void change(struct pair *p, const char *asker, const char *whom,
	bool more)
{
	PRESENCE_SCRATCH struct names n;

	name_all(&n, asker, whom);
	stox_count_change(p->host, n.asks, more);
	stox_count_change(p->host, n.of, more);
	stox_count_change(p->host, n.from, more);
}

static const char *full(struct stox_exchange *x, const struct names *n)
{
	if (stox_count_full(x, n->asks, STOX_COUNT_ASKED))
		return "You have asked for as many contacts on the other side "
		       "as are allowed.";
	if (stox_count_full(x, n->of, STOX_COUNT_WATCHERS))
		return "As many people as are allowed have asked for that "
		       "contact.";
	if (stox_count_full(x, n->from, STOX_COUNT_DOMAIN))
		return "The people of your domain have asked for as many "
		       "contacts on the other side as are allowed.";
	return NULL;
}

static bool ask(struct pair *p, struct stox_exchange *x, const char *asker,
	const char *whom)
{
	PRESENCE_SCRATCH struct names n;
	const char *why;

	name_all(&n, asker, whom);
	why = full(x, &n);
	if (!why) {
		change(p, asker, whom, true);
		return true;
	}
	if (stox_in_method(x)) {
		stox_reply_sip(x, 403, NULL);
		stox_reply_header(x, "Warning", stox_printf(x,
			"399 %s \"%s\"", stox_own_host(x), why));
	} else {
		stox_reject(x, STOX_POLICY_VIOLATION, why);
	}
	return false;
}

bool count_watch(struct pair *p, struct stox_exchange *x)
{
	if (!p->watch.counted)
		p->watch.counted = ask(p, x, p->xmpp, p->sip);
	return p->watch.counted;
}

bool count_grant(struct pair *p, struct stox_exchange *x)
{
	if (!p->grant.counted)
		p->grant.counted = ask(p, x, p->sip, p->xmpp);
	return p->grant.counted;
}

void count_over(struct pair *p)
{
	struct pair_watch *w = &p->watch;
	struct pair_grant *g = &p->grant;

	/* what is remembered of it takes room still */
	if (w->counted && w->auth == AUTH_NONE && w->state == WATCH_IDLE &&
		(!p->trouble || p->trouble_s2x)) {
		change(p, p->xmpp, p->sip, false);
		w->counted = false;
	}
	if (g->counted && g->auth == AUTH_NONE && g->leg_count == 0 &&
		!(p->trouble && p->trouble_s2x)) {
		change(p, p->sip, p->xmpp, false);
		g->counted = false;
	}
}
