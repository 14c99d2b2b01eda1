/*
 * Session timers.  RFC 4028, stox.md 9.8.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "stox/service/address.h"
#include "talk.h"

/* The shortest session, and how long before its end the one who does not refresh
 * ends it. */
enum { LEAST_S = 90, BEFORE_END_S = 32 };

static bool lists(const char *header, const char *word)
{
	size_t n = strlen(word);

	while (header && *header) {
		size_t len;

		header += strspn(header, ", \t");
		len = strcspn(header, ", \t;");
		if (len == n && strncasecmp(header, word, n) == 0)
			return true;
		header += strcspn(header, ",");
	}
	return false;
}

/* Seconds, and who refreshes: 'c' the client, 's' the server, 0 not said. */
static unsigned read_timer(const char *header, char *ret_who)
{
	unsigned long s = header ? strtoul(header, NULL, 10) : 0;

	*ret_who = !header ? 0 : strstr(header, "refresher=uac") ? 'c'
		: strstr(header, "refresher=uas") ? 's' : 0;
	return s > 86400 ? 86400 : (unsigned)s;
}

static void run_timer(struct talk *t, struct talk_dialog *d, unsigned s, bool we)
{
	uint64_t now_ms = stox_now_ms(t->host);
	unsigned before = s / 3 < BEFORE_END_S ? s / 3 : BEFORE_END_S;

	d->interval_s = s;
	d->refresh_ms = s && we ? now_ms + (uint64_t)s * 500 : 0;
	d->expires_ms = s ? now_ms + (uint64_t)(s - before) * 1000 : 0;
}

bool talk_timer_asked(struct talk *t, struct stox_exchange *x,
	struct talk_dialog *d)
{
	char who;
	unsigned s = read_timer(stox_in_header(x, "Session-Expires"), &who);

	if (s && s < LEAST_S) {
		stox_reply_sip(x, 422, NULL);
		stox_reply_header(x, "Min-SE", "90");
		return false;
	}
	d->takes_update = lists(stox_in_header(x, "Allow"), "UPDATE");
	run_timer(t, d, s, who != 'c');
	return true;
}

void talk_timer_reply(struct stox_exchange *x, const struct talk_dialog *d)
{
	if (!d->interval_s)
		return;
	stox_reply_header(x, "Supported", "timer");
	stox_reply_header(x, "Session-Expires", stox_printf(x,
		"%u;refresher=%s", d->interval_s, d->refresh_ms ? "uas" : "uac"));
	if (!d->refresh_ms)
		stox_reply_header(x, "Require", "timer");
}

void talk_timer_answered(struct talk *t, const struct stox_exchange *x,
	struct talk_dialog *d)
{
	const char *allow = stox_answer_header(x, "Allow");
	char who;
	unsigned s = read_timer(stox_answer_header(x, "Session-Expires"), &who);

	if (allow)
		d->takes_update = lists(allow, "UPDATE");
	t->too_brief = 0;
	run_timer(t, d, s, who != 's');
}

/* Each has to want more than the one before. */
bool talk_timer_longer(struct talk *t, const struct stox_exchange *x)
{
	char unused;
	unsigned s = read_timer(stox_answer_header(x, "Min-SE"), &unused);

	if (stox_answer_status(x) != 422 || s <= t->min_se_s ||
		++t->too_brief > TALK_TOO_BRIEF)
		return false;
	t->min_se_s = s;
	return true;
}

void talk_timer_ask(const struct talk *t, struct stox_exchange *x, unsigned s,
	const char *who)
{
	s = s < t->min_se_s ? t->min_se_s : s;
	if (!s)
		return;
	stox_out_header(x, "Supported", "timer");
	stox_out_header(x, "Session-Expires", stox_printf(x, "%u%s", s, who));
	if (t->min_se_s)
		stox_out_header(x, "Min-SE", stox_printf(x, "%u", t->min_se_s));
}

static void refresh(struct talk *t, struct talk_dialog *d)
{
	const char *method = d->takes_update ? "UPDATE" : "INVITE";
	struct stox_exchange *x = talk_dialog_begin(t, d, method, TALK_REFRESH |
		d->number << TALK_TAG_BITS);
	const char *sdp;

	d->refresh_ms = stox_now_ms(t->host) + TALK_TRY_MS;
	if (!x)
		return;
	stox_out_header(x, "Contact", stox_contact(x));
	talk_timer_ask(t, x, d->interval_s, ";refresher=uac");
	if (!d->takes_update) {
		sdp = talk_sdp(x, stox_address_uri(x, t->xmpp));
		stox_out_body(x, "application/sdp", sdp, strlen(sdp));
	}
	d->refreshing = true;
	stox_begin_send(x);
}

void talk_refreshed(struct talk *t, const struct stox_exchange *x,
	unsigned number)
{
	struct talk_dialog *d = talk_dialog_numbered(t, number);
	unsigned status = stox_answer_status(x);
	struct stox_dialog made;

	if (!d)
		return;
	d->refreshing = false;
	if (status >= 200 && status < 300) {
		if (stox_dialog_made(x, &made) == 0)
			talk_dialog_keep(d, &made);
		talk_timer_answered(t, x, d);
	} else if (talk_timer_longer(t, x)) {
		refresh(t, d);
	} else if (status == 481 || status == 408 || !status) {
		talk_dialog_bye(t, d); /* RFC 4028, 10 */
	} else {
		/* until it expires; 491 means a crossing of two */
		d->refresh_ms = status == 491
			? stox_now_ms(t->host) + TALK_TRY_MS : 0;
	}
}

void talk_timer_run(struct talk *t, uint64_t now_ms)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *d = &t->dialogs[i];

		if (d->state == TALK_NONE)
			continue;
		if (d->expires_ms && now_ms >= d->expires_ms)
			talk_dialog_bye(t, d);
		else if (d->refresh_ms && !d->refreshing &&
			now_ms >= d->refresh_ms)
			refresh(t, d);
	}
}
