/*
 * What a publication sends, and what became of it.  RFC 3903, 4.
 */
#include <stdlib.h>
#include <string.h>

#include "publish.h"
#include "stox/service/subscription.h"

enum {
	SETTLE_MS = 1000,     /* several changes at a time are one */
	INTERVAL_MS = 5000,   /* between two: as NOTIFY, RFC 3856, 6.10 */
	REFUSED_S = 3600,     /* who does not want any is asked again then */
	EXPIRES_MAX_S = 86400,
	TAG_MAX = 1000,
};

/* ---- out -------------------------------------------------------------------- */

static void put_body(struct publication *p, struct stox_exchange *x)
{
	PRESENCE_SCRATCH struct pair user;

	pair_read(&user, p->host, stox_session_key(p->session), p->state,
		p->state_len);
	grant_put_document(&user, x);
}

static void send(struct publication *p)
{
	const struct stox_begin b = { .from = p->xmpp, .to = p->last };
	struct stox_exchange *x = stox_begin(p->session, &b);

	if (!x) {
		stox_session_wake(p->session, 30000);
		return;
	}
	if (!p->ask_s)
		p->ask_s = (uint32_t)stox_option_int(x,
			&presence_options[OPTION_EXPIRES]);
	p->removing = p->state_len == 0;
	stox_out_sip(x, "PUBLISH");
	stox_out_self(x);
	stox_out_header(x, "Event", "presence");
	stox_out_header(x, "Expires", p->removing ? "0"
		: stox_printf(x, "%u", p->ask_s));
	if (*p->etag)
		stox_out_header(x, "SIP-If-Match", p->etag);
	if (!p->removing && (p->owed || !*p->etag))
		put_body(p, x);
	p->owed = p->refresh = false;
	p->flying = true;
	p->sent_ms = p->now_ms;
	stox_begin_send(x);
}

/* When it may go, by the clock that never jumps. */
static uint64_t when(const struct publication *p)
{
	uint64_t at = p->sent_ms ? p->sent_ms + INTERVAL_MS : 0;

	return p->changed_ms && p->changed_ms + SETTLE_MS > at
		? p->changed_ms + SETTLE_MS : at;
}

void publish_act(struct publication *p)
{
	if (p->question && p->pair_count > 0)
		stox_session_tell(presence_pair(p->host, p->xmpp, p->pairs[0]),
			"?", 1);
	p->question = false;
	if (p->state_len == 0 && !*p->etag)
		p->owed = p->refresh = false; /* nothing is known over there */
	if ((!p->owed && !p->refresh) || p->flying || p->hold_s > p->now_s)
		return;
	if (when(p) > p->now_ms)
		stox_session_wake(p->session, (unsigned)(when(p) - p->now_ms));
	else if (stox_session_may_send(p->session, p->xmpp, p->last))
		send(p);
}

/* ---- what became of it ------------------------------------------------------ */

static uint64_t header_s(struct stox_exchange *x, const char *name)
{
	const char *text = stox_answer_header(x, name);
	unsigned long long n = text ? strtoull(text, NULL, 10) : 0;

	return n > EXPIRES_MAX_S ? EXPIRES_MAX_S : n;
}

static void taken(struct publication *p, struct stox_exchange *x)
{
	const char *etag = stox_answer_header(x, "SIP-ETag");
	uint64_t left = header_s(x, "Expires");

	p->tries = 0;
	p->hold_s = 0;
	p->trouble = NULL;
	p->trouble_status = 0;
	p->trouble_s = 0;
	p->etag = "";
	p->expires_s = p->next_s = 0;
	if (p->removing)
		return;
	if (!left)
		left = p->ask_s;
	p->expires_s = p->now_s + left;
	if (etag && strlen(etag) <= TAG_MAX) {
		p->etag = etag;
		p->next_s = p->now_s + stox_refresh_after((uint32_t)left);
		return;
	}
	p->next_s = p->expires_s;
	stox_log(p->host, STOX_LOG_WARN, x, "publication-without-tag",
		"means=\"it cannot be changed before it expires\"");
}

/* These say that it is no use: neither soon nor in another way. */
static bool is_final(unsigned status)
{
	return status == 401 || status == 403 || status == 404 ||
	       status == 405 || status == 407 || status == 410 ||
	       status == 415 || status == 489 || status == 501 ||
	       status == 603 || status == 604;
}

static void refused(struct publication *p, struct stox_exchange *x)
{
	unsigned status = stox_answer_status(x);
	uint64_t later = header_s(x, "Retry-After");
	const char *text = NULL;

	stox_answer_error(x, &text);
	p->tries++;
	p->owed = true;
	if (is_final(status))
		later = REFUSED_S;
	else if (!later)
		later = flow_back_off_s(p->tries);
	p->hold_s = p->now_s + later;
	p->next_s = p->hold_s;
	p->trouble = stox_printf(x, "%.*s", PAIR_TROUBLE_MAX, text ? text
		: stox_printf(x, "The SIP side answered %u.", status));
	p->trouble_status = status;
	p->trouble_s = p->now_s;
	stox_log(p->host, STOX_LOG_WARN, x, "not-published",
		"status=%u again-in=%llu means=\"%s\"", status,
		(unsigned long long)later, text ? text : "");
}

void publish_answered(struct publication *p, struct stox_exchange *x)
{
	unsigned status = stox_answer_status(x);
	uint32_t least;

	p->flying = false;
	if (status >= 200 && status < 300) {
		taken(p, x);
	} else if (status == 412 && *p->etag) {
		/* forgotten, or never said: it is said anew, at once */
		p->etag = "";
		p->owed = true;
		p->sent_ms = 0;
	} else if (status == 423) {
		least = (uint32_t)header_s(x, "Min-Expires");
		if (least <= p->ask_s) {
			refused(p, x);
			return;
		}
		p->ask_s = least;
		p->owed = true;
		p->sent_ms = 0;
	} else {
		refused(p, x);
	}
}
