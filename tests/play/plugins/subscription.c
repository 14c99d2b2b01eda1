/*
 * A toy: an XMPP user subscribes to a SIP contact, is notified, and
 * unsubscribes.  It proves sessions: rows commit before anything is said, and
 * after a crash at any step the row is enough to go on.
 *
 * The row is "state call_id from_tag to_tag cseq told from to": `told` is what
 * the watcher knows (0 nothing, 1 subscribed, 2 unavailable, 3 available).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stox/service/session.h"

enum state { ASKING = 1, ACTIVE, LEAVING };
enum { RETRY_S = 40 };

struct row {
	int state;
	char call_id[40], from_tag[40], to_tag[40];
	unsigned cseq;
	int wanted, told;  /* what the watcher should know, and does */
	char from[128], to[128];
};

static bool unpack(const struct stox_session *s, struct row *r)
{
	size_t len;
	const char *text = stox_session_row(s, &len);

	memset(r, 0, sizeof(*r));
	return len > 0 && sscanf(text, "%d %39s %39s %39s %u %d %d %127s %127s",
		&r->state, r->call_id, r->from_tag, r->to_tag, &r->cseq,
		&r->wanted, &r->told, r->from, r->to) == 9;
}

static void pack(struct stox_session *s, const struct row *r)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%d %s %s %s %u %d %d %s %s", r->state,
		r->call_id, r->from_tag, r->to_tag, r->cseq, r->wanted, r->told,
		r->from, r->to);

	/* as long as something is owed it is tried again */
	stox_session_set(s, text, (size_t)n + 1,
		r->state == ACTIVE && r->wanted == r->told
			? 0 : stox_wall_s(stox_session_host(s)) + RETRY_S);
}

enum { TAG_SUBSCRIBE = 1, TAG_TELL };

/** Say to the watcher what the row says that it should know. */
static void tell(struct stox_session *s, const struct row *r)
{
	static const char *const types[] = { NULL, "subscribed", "unavailable",
		NULL };
	const struct stox_begin b = { .from = r->to, .to = r->from,
		.tag = TAG_TELL };
	struct stox_exchange *x = stox_begin(s, &b);

	if (!x)
		return;
	stox_out_stanza(x, "presence", types[r->wanted]);
	stox_begin_send(x);
}

static void ask(struct stox_session *s, const struct row *r)
{
	const struct stox_begin b = { .from = r->from, .to = r->to,
		.tag = TAG_SUBSCRIBE, .call_id = r->call_id,
		.from_tag = r->from_tag,
		.to_tag = strcmp(r->to_tag, "-") ? r->to_tag : NULL,
		.cseq = r->cseq };
	struct stox_exchange *x;

	x = stox_begin(s, &b);
	if (!x)
		return;
	stox_out_sip(x, "SUBSCRIBE");
	stox_out_header(x, "Event", "presence");
	stox_out_header(x, "Expires", r->state == LEAVING ? "0" : "3600");
	stox_begin_send(x);
}

/** The row is safe: do what it asks.  Doing it twice is harmless. */
static void act(void *state, struct stox_session *s)
{
	struct row r;

	(void)state;
	if (!unpack(s, &r))
		return;
	if (r.state != ACTIVE)
		ask(s, &r);
	if (r.wanted != r.told)
		tell(s, &r);
}

static void begin(struct stox_session *s, struct stox_exchange *x, struct row *r)
{
	char token[33];

	r->state = ASKING;
	snprintf(r->call_id, sizeof(r->call_id), "%s", stox_session_token(s, token));
	snprintf(r->from_tag, sizeof(r->from_tag), "%s",
		stox_session_token(s, token));
	snprintf(r->to_tag, sizeof(r->to_tag), "-");
	r->cseq = 1;
	snprintf(r->from, sizeof(r->from), "%s", stox_from_bare(x));
	snprintf(r->to, sizeof(r->to), "%s", stox_to_bare(x));
	pack(s, r);
}

static void on_presence(struct stox_session *s, struct stox_exchange *x,
	struct row *r, bool known)
{
	const char *type = stox_element_attr(stox_in_stanza(x), "type");

	if (type && strcmp(type, "subscribe") == 0 && !known) {
		begin(s, x, r);
	} else if (type && strcmp(type, "unsubscribe") == 0 && known) {
		r->state = LEAVING;
		r->cseq++;
		pack(s, r);
	}
}

static void on_notify(struct stox_session *s, struct stox_exchange *x,
	struct row *r)
{
	size_t len;
	const char *body = stox_in_body(x, &len);
	const char *call_id = stox_in_header(x, "Call-ID");
	char *text = stox_printf(x, "%.*s", (int)len, body ? body : "");

	if (!call_id || strcmp(call_id, r->call_id) != 0) {
		stox_reply_sip(x, 481, NULL);
		return;
	}
	stox_reply_sip(x, 200, NULL);
	r->wanted = strstr(text, "open") ? 3 : 2;
	if (r->told == r->wanted)
		r->told = 0; /* say it again: it may be news */
	pack(s, r);
}

static void on_answer(struct stox_session *s, const struct stox_event *e,
	struct row *r)
{
	const char *to = stox_answer_header(e->exchange, "To");
	const char *tag = to ? strstr(to, "tag=") : NULL;

	if (e->tag == TAG_TELL) {
		r->told = r->wanted;
		pack(s, r);
		return;
	}
	if (r->state == LEAVING || stox_answer_error(e->exchange, NULL)) {
		stox_session_end(s);
		return;
	}
	r->state = ACTIVE;
	if (tag)
		snprintf(r->to_tag, sizeof(r->to_tag), "%s", tag + 4);
	if (r->wanted == 0)
		r->wanted = 1;
	pack(s, r);
}

static void event(void *state, struct stox_session *s, const struct stox_event *e)
{
	struct row r;
	bool known = unpack(s, &r);

	(void)state;
	if (e->type == STOX_EVENT_ANSWER && known)
		on_answer(s, e, &r);
	else if (e->type == STOX_EVENT_REQUEST && stox_in_stanza(e->exchange))
		on_presence(s, e->exchange, &r, known);
	else if (e->type == STOX_EVENT_REQUEST && known)
		on_notify(s, e->exchange, &r);
	else if (e->type == STOX_EVENT_DUE && known)
		pack(s, &r); /* and act() tries again */
}

static const struct stox_session_kind kind = { .name = "toy", .event = event,
	.act = act };
static const struct stox_session_kind *const kinds[] = { &kind, NULL };

static stox_verdict take(void *state, struct stox_exchange *x)
{
	struct stox_host *host = state;
	const char *key = stox_printf(x, "%s %s", stox_from_bare(x),
		stox_to_bare(x));

	return stox_session_take(x, stox_session_open(host, &kind, key));
}

static stox_verdict refuse(void *state, struct stox_exchange *x)
{
	(void)state;
	return stox_next(x);
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	return 0;
}

static const struct stox_hook hooks[] = {
	{ STOX_TRANSLATE, STOX_XMPP, .name = "presence", .type = "subscribe",
		.run = take },
	{ STOX_TRANSLATE, STOX_XMPP, .name = "presence", .type = "unsubscribe",
		.run = take },
	/* NOTIFY comes in a dialog and goes to the session; outside of one the
	 * core refuses it. */
	{ STOX_ACCEPT, STOX_SIP, .name = "NOTIFY", .run = refuse },
	{ 0 }
};

STOX_PLUGIN(subscription, "Subscribe to SIP contacts, a toy.", .hooks = hooks,
	.sessions = kinds, .init = start);
