/*
 * What a NOTIFY says: does it belong to us, how long does the dialog last, what
 * is the SIP user, and why did it end.  stox.md 3.3 step 5, 3.6, 3.7.
 */
#include <string.h>
#include <strings.h>

#include "stox/service/policy.h"
#include "stox/service/subscription.h"
#include "watch.h"

enum {
	PROBATION_S = 300,
	AFTER_MIN_S = 30,      /* sooner or later than these nobody comes back */
	AFTER_MAX_S = 86400,
	ETAG_MAX = 128,
	CLOCK_S = 300,         /* a clock that is ahead by more tells no time */
};

static const char *resource_of(const struct presence_device *d)
{
	return *d->resource ? d->resource : "sip";
}

/* How somebody is who is gone makes no difference. */
static bool is_news(const struct presence_device *old,
	const struct presence_device *now)
{
	return (old->open || now->open) && !pair_device_same(old, now);
}

/* Nothing can be newer than now: it would be the newest for good. */
static int64_t stamp_of(const struct presence_device *d, uint64_t now_s)
{
	int64_t now = (int64_t)now_s;

	if (d->stamp_s > now + CLOCK_S)
		return -1;
	return d->stamp_s > now ? now : d->stamp_s;
}

/* Is it older than what was told of the same device?  What nothing names may be
 * another one, whose state is that old. */
static bool is_older(const struct presence_device *d,
	const struct presence_device *old, bool named)
{
	return named && old->open && d->open && d->stamp_s >= 0 &&
	       d->stamp_s < old->stamp_s;
}

/* One device of the document: is it news? */
static void see(struct pair_watch *w, const struct presence_device *now,
	uint64_t now_s)
{
	struct pair_device *old =
		pair_device(w->devices, w->count, resource_of(now));
	struct presence_device d = *now;

	d.resource = resource_of(now);
	d.stamp_s = stamp_of(now, now_s);
	if (d.note_count > PAIR_NOTES)
		d.note_count = PAIR_NOTES;
	if (old) {
		old->stale = false;
		if (is_older(&d, &old->d, *now->resource != '\0'))
			return;
		old->owed = old->owed || w->retell || is_news(&old->d, &d);
		old->d = d;
		return;
	}
	/* that somebody is not there is said once */
	if (!d.open && w->told_s)
		return;
	if (w->count == PAIR_DEVICES)
		watch_forget_gone(w);
	if (w->count == PAIR_DEVICES)
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
		see(w, &s->devices[i], p->now_s);
	if (s->count == 0 && w->count == 0)
		see(w, &nobody, p->now_s);
	for (size_t i = 0; i < w->count; i++) {
		struct pair_device *d = &w->devices[i];

		if (!d->stale)
			continue;
		gone = gone || d->d.open;
		d->owed = d->owed || d->d.open || w->retell;
		d->d.open = d->stale = false;
	}
	w->retell = false;
	w->told_s = p->now_s;
	if (s->display)
		w->display = s->display;
	return gone || w->count != before;
}

/* The tag of what this NOTIFY tells; too long a one is not worth it. */
static void take_etag(struct pair_watch *w, struct stox_exchange *x)
{
	const char *etag = stox_in_header(x, "SIP-ETag");

	w->etag = etag && strlen(etag) <= ETAG_MAX ? etag : "";
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
	if (presence_pidf_read(x, body, len, p->sip,
			stox_in_header(x, "Content-Language"), &state,
			&why) < 0) {
		stox_log(p->host, STOX_LOG_WARN, x, "document-refused",
			"why=\"%s\"", why);
		return false;
	}
	take_etag(&p->watch, x);
	return take_state(p, &state);
}

/* When they want us back, if they say so. */
static uint64_t after_s(const struct stox_subscription *s)
{
	if (!s->has_retry_after)
		return PROBATION_S;
	if (s->retry_after_s < AFTER_MIN_S)
		return AFTER_MIN_S;
	return s->retry_after_s > AFTER_MAX_S ? AFTER_MAX_S : s->retry_after_s;
}

/* `terminated`: why decides what comes next.  stox.md 3.6. */
static void ended(struct pair *p, const struct stox_subscription *s)
{
	struct pair_watch *w = &p->watch;
	uint64_t later = after_s(s);

	if (w->state == WATCH_LEAVING || w->auth == AUTH_NONE) {
		watch_leave_dialog(w);
		return;
	}
	switch (s->reason) {
	case STOX_REASON_REJECTED:
		watch_leave_dialog(w);
		watch_end(p);
		pair_trouble(p, 0, "The contact has refused, or has withdrawn "
			"the permission.");
		return;
	case STOX_REASON_NORESOURCE:
		watch_leave_dialog(w);
		watch_end(p);
		pair_trouble(p, 0, "The SIP side says that the contact does not "
			"exist any more.");
		return;
	case STOX_REASON_INVARIANT:
		watch_leave_dialog(w);
		return;
	case STOX_REASON_PROBATION:
		watch_lose(p);
		break;
	default:
		break;
	}
	if (!w->online) {
		watch_leave_dialog(w);
		return;
	}
	if (stox_resubscribe(s->reason) == STOX_RESUBSCRIBE_NOW && w->tries == 0) {
		w->tries = 1;
		watch_ask(p);
		return;
	}
	w->tries++;
	if (s->reason == STOX_REASON_NONE && !s->has_retry_after)
		later = flow_back_off_s(w->tries);
	/* nobody tells what becomes of the SIP user until then */
	if (later > WATCH_CACHE_S || w->tries >= WATCH_LOST_TRIES)
		watch_lose(p);
	watch_ask_later(p, later);
	w->bidden = s->has_retry_after;
}

static unsigned first(struct pair *p, struct stox_exchange *x,
	struct stox_dialog *ret, const char **why)
{
	struct pair_watch *w = &p->watch;

	switch (stox_dialog_establish(x, w->call_id, w->tag, ret, why)) {
	case 0:
		return 200;
	case -STOX_ENOENT:
		return 481;
	default:
		return 400;
	}
}

/* What the answer to SUBSCRIBE has made gives way to the first NOTIFY, which may
 * be of another branch.  RFC 6665, 4.4.1. */
static unsigned within(struct pair *p, struct stox_exchange *x,
	struct stox_dialog *ret, const char **why)
{
	struct pair_watch *w = &p->watch;

	switch (stox_dialog_receive(x, w->dialog, ret)) {
	case STOX_DIALOG_FITS:
		return 200;
	case STOX_DIALOG_OLD:
		return 500;
	case STOX_DIALOG_OTHER:
		break;
	}
	return w->state == WATCH_ASKING ? first(p, x, ret, why) : 481;
}

/* The id of a subscription, which none of ours has, among the parameters of
 * Event.  RFC 6665, 8.2.1. */
static bool has_id(const char *params)
{
	for (const char *c = strchr(params, ';'); c; c = strchr(c, ';')) {
		c += 1 + strspn(c + 1, " \t");
		if (strncasecmp(c, "id", 2) == 0 &&
			(!c[2] || strchr("=; \t", c[2])))
			return true;
	}
	return false;
}

/* 200 for what is ours, whatever the XMPP side thinks of it: anything else would
 * end the subscription.  RFC 6665, 4.2.2. */
static unsigned fit(struct pair *p, struct stox_exchange *x, const char **why)
{
	struct pair_watch *w = &p->watch;
	const char *event = stox_in_header(x, "Event");
	struct stox_dialog d;
	unsigned status;

	if (w->state == WATCH_IDLE || !w->call_id[0])
		return 481;
	status = w->dialog.len ? within(p, x, &d, why) : first(p, x, &d, why);
	if (status != 200)
		return status;
	if (!event || strncmp(event, "presence", 8) != 0 ||
		(event[8] && !strchr("; \t", event[8])))
		return 489;
	if (has_id(event + 8))
		return 481;
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
		until < w->expires_s + WATCH_CACHE_S)
		return false;
	if (w->state == WATCH_LIVE && until < w->expires_s &&
		until + WATCH_CACHE_S > w->expires_s)
		return false;
	w->expires_s = until;
	w->next_s = p->now_s + stox_refresh_after((uint32_t)left);
	return true;
}

/* Nothing, because nothing is new.  RFC 5839, 7.2 */
static bool is_as_told(const struct pair_watch *w, struct stox_exchange *x)
{
	const char *etag = stox_in_header(x, "SIP-ETag");

	return etag && *w->etag && w->told_s && strcmp(etag, w->etag) == 0;
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
	if (s->state != STOX_SUB_ACTIVE && w->auth == AUTH_YES) {
		/* who was let in, and is not any more, sees nothing */
		watch_lose(p);
		return true;
	}
	if (s->state != STOX_SUB_ACTIVE)
		return save;
	w->tries = 0;
	if (!stox_policy_shows(x)) {
		watch_block(p);
		return true;
	}
	save = pair_fine(p, false) || save;
	if (w->auth == AUTH_ASKED) {
		w->auth = AUTH_YES;
		w->since_s = p->now_s;
		w->owe_subscribed = true;
		save = true;
	}
	/* Nothing is no news (RFC 8048, 5.3.2), but it does not confirm either
	 * what another dialog, or another run, has told. */
	stox_in_body(x, &len);
	if (unsure && len == 0 && is_as_told(w, x)) {
		watch_confirm(p);
		return true;
	}
	if (unsure && len == 0) {
		watch_lose(p);
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
