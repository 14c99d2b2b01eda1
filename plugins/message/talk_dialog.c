/*
 * The dialogs of a conversation.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "stox/service/address.h"
#include "talk.h"

/* RFC 4028: the shortest session, and how long before its end the one who does
 * not refresh ends it. */
enum { LEAST_S = 90, BEFORE_END_S = 32 };

/* ---- which ------------------------------------------------------------------ */

void talk_dialog_drop(struct talk_dialog *d)
{
	stox_memory_free(d->bytes);
	stox_memory_free(d->thread);
	stox_memory_free(d->first);
	memset(d, 0, sizeof(*d));
}

struct talk_dialog *talk_dialog_new(struct talk *t)
{
	struct talk_dialog *d = &t->dialogs[0];

	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *other = &t->dialogs[i];

		if (other->state == TALK_NONE) {
			d = other;
			break;
		}
		if (other->number < d->number)
			d = other;
	}
	if (d->state != TALK_NONE)
		talk_dialog_bye(t, d);
	d->number = ++t->numbers;
	return d;
}

void talk_dialog_keep(struct talk_dialog *d, const struct stox_dialog *bytes)
{
	stox_memory_free(d->bytes);
	d->bytes = stox_memory_copy(bytes->bytes, bytes->len);
	d->len = bytes->len;
}

struct stox_dialog talk_dialog_bytes(const struct talk_dialog *d)
{
	return (struct stox_dialog){ d->bytes, d->len };
}

struct talk_dialog *talk_dialog_best(struct talk *t)
{
	struct talk_dialog *best = NULL;

	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *d = &t->dialogs[i];

		if (d->state == TALK_OPEN &&
			(!best || d->opened > best->opened))
			best = d;
	}
	return best;
}

struct talk_dialog *talk_dialog_tagged(struct talk *t, const char *tag)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		if (t->dialogs[i].state != TALK_NONE &&
			strcmp(t->dialogs[i].tag, tag) == 0)
			return &t->dialogs[i];
	return NULL;
}

struct talk_dialog *talk_dialog_numbered(struct talk *t, unsigned number)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		if (t->dialogs[i].state != TALK_NONE &&
			t->dialogs[i].number == number)
			return &t->dialogs[i];
	return NULL;
}

/* A client that asks anew has forgotten the old one.  Two that crossed are both
 * kept: the one asked for later was not there when the other was.  lync.md 3.6 */
void talk_dialog_open(struct talk *t, struct talk_dialog *d)
{
	d->state = TALK_OPEN;
	d->opened = ++t->numbers;
	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *other = &t->dialogs[i];

		if (other->state == TALK_OPEN && other != d &&
			other->opened < d->number)
			talk_dialog_bye(t, other);
	}
}

/* ---- requests in them ------------------------------------------------------- */

struct stox_exchange *talk_dialog_begin(struct talk *t, struct talk_dialog *d,
	const char *method, unsigned tag)
{
	const struct stox_begin b = { .from = t->xmpp, .to = t->sip, .tag = tag,
		.cseq = d->cseq + 1, .dialog = talk_dialog_bytes(d) };
	struct stox_exchange *x = stox_begin(t->session, &b);

	if (!x)
		return NULL;
	d->cseq++;
	stox_out_sip(x, method);
	return x;
}

void talk_dialog_bye(struct talk *t, struct talk_dialog *d)
{
	struct stox_exchange *x = talk_dialog_begin(t, d, "BYE", TALK_LAST);

	if (x)
		stox_begin_send(x);
	if (d->first_ms) /* its ACK has come */
		talk_first_last(t, d);
	talk_dialog_drop(d);
}

/* ---- session timers: RFC 4028, stox.md 9.8 ------------------------------------ */

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
	run_timer(t, d, s, who != 's');
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
	stox_out_header(x, "Supported", "timer");
	stox_out_header(x, "Session-Expires", stox_printf(x,
		"%u;refresher=uac", d->interval_s));
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
