/*
 * Publications for operators: is it known over there what the XMPP user is, for
 * how long, and if not, why.
 */
#include <stdarg.h>
#include <stdio.h>

#include "publish.h"

static unsigned long long left(const struct publication *p, uint64_t at_s)
{
	return at_s > p->now_s ? at_s - p->now_s : 0;
}

static size_t resources(const struct publication *p)
{
	PRESENCE_SCRATCH struct pair user;

	if (!p->state_len)
		return 0;
	pair_read(&user, p->host, p->key, p->state, p->state_len);
	return user.grant.count;
}

static bool is_held(const struct publication *p)
{
	return p->hold_s > p->now_s;
}

/* One word for a list. */
static const char *word(const struct publication *p)
{
	if (is_held(p))
		return "refused";
	if (p->flying || p->owed || (!p->state_len && *p->etag))
		return "waiting";
	return p->expires_s ? "published" : "offline";
}

static void put_words(const struct stox_description *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void put_words(const struct stox_description *d, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	d->text(d->arg, "words", text);
}

static void explain(const struct publication *p,
	const struct stox_description *d)
{
	const char *what = p->state_len ? "what the XMPP user is"
					: "that the XMPP user has gone";

	if (is_held(p))
		put_words(d, "The SIP side has not taken %s (%u in a row); it is "
			"told again in %llu s.", what, p->tries,
			left(p, p->hold_s));
	else if (p->flying)
		put_words(d, "PUBLISH is under way: the SIP side has not "
			"answered yet.");
	else if (p->owed || (!p->state_len && *p->etag))
		put_words(d, "The SIP side is told %s in a moment.", what);
	else if (p->expires_s)
		put_words(d, "The SIP side knows %zu resource(s) for %llu s; it "
			"is told again in %llu s.", resources(p),
			left(p, p->expires_s), left(p, p->next_s));
	else
		put_words(d, "The XMPP user is offline: nothing is published.");
}

void publish_describe(void *state, const char *key, const void *row, size_t len,
	const struct stox_description *d)
{
	PRESENCE_SCRATCH struct publication p;

	publish_read(&p, state, key, row, len);
	d->text(d->arg, "xmpp", p.xmpp);
	d->text(d->arg, "domain", p.domain);
	d->text(d->arg, "state", word(&p));
	if (*p.etag)
		d->text(d->arg, "etag", p.etag);
	if (p.expires_s)
		d->number(d->arg, "expires_s", (int64_t)left(&p, p.expires_s));
	if (p.trouble) {
		d->text(d->arg, "trouble", p.trouble);
		d->number(d->arg, "trouble_status", p.trouble_status);
		d->number(d->arg, "trouble_time", (int64_t)p.trouble_s);
	}
	if (d->brief)
		return;
	if (p.pair_count > 0)
		d->text(d->arg, "speaker", p.pairs[0]);
	explain(&p, d);
}
