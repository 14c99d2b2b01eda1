/*
 * Truth: an XMPP server and a SIP server that behave, stox between them, and a
 * node that dies at any step of anything the two people do.  A minute after it
 * is back, each side believes what the other one is.
 *
 * Both servers are models with memory: rosters and presence here, subscriptions
 * and dialogs there.  Clocks are those of the stage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play/stage.h"

enum show { GONE, HERE, AWAY };
enum roster { NONE, ASKED, YES };
enum policy { PENDING, ALLOWED, DENIED };

enum { SUBS = 16, TXS = 16, RESOURCES = 8, TICK_MS = 100, EXPIRES_MS = 600000,
	RESEND_MS = 4000, TRIES = 6, MINUTE_MS = 60000 };

/** A dialog in which stox watches romeo. */
struct sub {
	bool used, owed, ended;
	int has;                /* its watcher has that state; -1: none */
	char call_id[80], theirs[80], ours[16], target[256];
	unsigned cseq, heard;   /* of the last NOTIFY, the last SUBSCRIBE */
	uint64_t until_ms;
};
/** A request of the SIP server that has no answer yet. */
struct tx {
	bool used;
	char bytes[2048], call_id[80];
	unsigned cseq, tries;
	uint64_t next_ms;
	struct sub *sub;        /* a NOTIFY of that; NULL: a SUBSCRIBE */
};

struct truth {
	struct stage stage;
	struct peer *xmpp, *sip;
	uint64_t now_ms;
	unsigned counter;
	bool conditional;       /* both sides of SIP know RFC 5839 */
	unsigned spared;        /* documents that were not sent for that */
	/* romeo, on SIP */
	enum show romeo;
	enum policy policy;
	struct sub subs[SUBS];
	struct tx txs[TXS];
	bool watches;           /* he wants to see juliet */
	bool dialog;            /* and has one */
	char call_id[80], tag[16], theirs[80];
	unsigned cseq, heard;
	uint64_t refresh_ms;
	int sees;               /* enum show; -1: nothing is known */
	char etag[64];          /* of the last document, which said: */
	int etag_sees;
	/* juliet, on XMPP */
	enum show juliet;
	bool wanted;            /* she wants to see romeo */
	enum roster to, from;
	bool allows;            /* him to see her */
	struct {
		char resource[64];
		enum show show;
	} view[RESOURCES];
	size_t views;
};

/* ---- SIP -------------------------------------------------------------------- */

static const char PIDF[] = "application/pidf+xml";

static const char *document(enum show s, char out[512])
{
	snprintf(out, 512, "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
		"xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' "
		"xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
		"entity='pres:romeo@contoso.com'><tuple id='ID-desk'><status>"
		"<basic>%s</basic></status></tuple>%s</presence>",
		s == GONE ? "closed" : "open", s == AWAY
		? "<d:person id='p'><r:activities><r:away/></r:activities>"
		  "</d:person>" : "");
	return out;
}

static struct tx *new_tx(struct truth *t, const char *call_id, unsigned cseq,
	struct sub *sub)
{
	for (size_t i = 0; i < TXS; i++) {
		struct tx *x = &t->txs[i];

		if (x->used)
			continue;
		memset(x, 0, sizeof(*x));
		x->used = true;
		snprintf(x->call_id, sizeof(x->call_id), "%s", call_id);
		x->cseq = cseq;
		x->sub = sub;
		return x;
	}
	fail_msg("too many requests are open");
	return NULL;
}

static void send_tx(struct truth *t, struct tx *x)
{
	x->tries++;
	x->next_ms = t->now_ms + RESEND_MS;
	peer_send(t->sip, "", str_from(x->bytes));
}

/* The tag of what romeo is.  False when this is no tag of it. */
static bool is_tag(const struct truth *t, struct str tag)
{
	char now[8];

	snprintf(now, sizeof(now), "e%d", (int)t->romeo);
	return t->conditional && str_is(tag, now);
}

static void notify(struct truth *t, struct sub *s)
{
	char body[512] = "", state[64], tag[32] = "";
	struct tx *x = new_tx(t, s->call_id, ++s->cseq, s);

	if (s->ended || t->policy == DENIED)
		snprintf(state, sizeof(state), "terminated;reason=%s",
			s->ended ? "timeout" : "rejected");
	else
		snprintf(state, sizeof(state), "%s;expires=%llu",
			t->policy == ALLOWED ? "active" : "pending",
			(unsigned long long)(s->until_ms - t->now_ms) / 1000);
	if (t->policy == ALLOWED && s->has != (int)t->romeo)
		document(t->romeo, body);
	if (t->policy == ALLOWED && t->conditional)
		snprintf(tag, sizeof(tag), "SIP-ETag: e%d\r\n", (int)t->romeo);
	s->has = -1;
	snprintf(x->bytes, sizeof(x->bytes), "NOTIFY %s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe.contoso.com:5061;branch=z9hG4bK%u\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=%s\r\n"
		"To: <sip:juliet@example.org>;tag=%s\r\nCall-ID: %s\r\n"
		"CSeq: %u NOTIFY\r\nContact: <sip:fe.contoso.com:5061>\r\n"
		"Event: presence\r\nSubscription-State: %s\r\n%s%s%s%s"
		"Content-Length: %zu\r\n\r\n%s", s->target, ++t->counter, s->ours,
		s->theirs, s->call_id, s->cseq, state, tag, *body
		? "Content-Type: " : "", *body ? PIDF : "", *body ? "\r\n" : "",
		strlen(body), body);
	s->owed = false;
	send_tx(t, x);
}

static bool is_flying(const struct truth *t, const struct sub *s)
{
	for (size_t i = 0; i < TXS; i++)
		if (t->txs[i].used && t->txs[i].sub == s)
			return true;
	return false;
}

static void romeo_changes(struct truth *t)
{
	for (size_t i = 0; i < SUBS; i++)
		t->subs[i].owed = t->subs[i].used;
}

/** He asks to see juliet, or (within the dialog) to go on or to stop. */
static void subscribe(struct truth *t, unsigned expires)
{
	struct tx *x;
	char to[96] = "", has[96] = "";

	if (t->conditional && *t->etag)
		snprintf(has, sizeof(has), "Suppress-If-Match: %s\r\n", t->etag);
	if (!t->dialog) {
		snprintf(t->call_id, sizeof(t->call_id), "watch%u",
			++t->counter);
		snprintf(t->tag, sizeof(t->tag), "r%u", t->counter);
		t->cseq = t->heard = 0;
	} else {
		snprintf(to, sizeof(to), ";tag=%s", t->theirs);
	}
	x = new_tx(t, t->call_id, ++t->cseq, NULL);
	snprintf(x->bytes, sizeof(x->bytes), "SUBSCRIBE %s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe.contoso.com:5061;branch=z9hG4bK%u\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=%s\r\n"
		"To: <sip:juliet@example.org>%s\r\nCall-ID: %s\r\n"
		"CSeq: %u SUBSCRIBE\r\nContact: <sip:fe.contoso.com:5061>\r\n"
		"Event: presence\r\nExpires: %u\r\n%sContent-Length: 0\r\n\r\n",
		t->dialog ? "sip:gw.example.net:5061;transport=tls"
			  : "sip:juliet@example.org", ++t->counter, t->tag, to,
		t->call_id, t->cseq, expires, has);
	t->refresh_ms = t->now_ms + EXPIRES_MS / 2;
	send_tx(t, x);
}

static void lose_watch(struct truth *t)
{
	t->dialog = false;
	t->sees = -1;
	t->refresh_ms = t->now_ms + 5000; /* he tries again */
}

static void respond(struct truth *t, struct peer_item *item, unsigned status,
	const char *tag, const char *more)
{
	const struct sip_message *m = item->message;
	struct buf out;

	buf_init(&out, 65536, NULL);
	buf_printf(&out, "SIP/2.0 %u Reason\r\n", status);
	for (size_t i = 0; i < m->header_count; i++) {
		const struct sip_header *h = &m->headers[i];

		if (h->id == SIP_H_VIA || h->id == SIP_H_FROM ||
			h->id == SIP_H_CALL_ID || h->id == SIP_H_CSEQ ||
			h->id == SIP_H_TO)
			buf_printf(&out, "%s: %.*s%s%s\r\n",
				sip_header_name(h->id), STR_FMT(h->value),
				h->id == SIP_H_TO && tag ? ";tag=" : "",
				h->id == SIP_H_TO && tag ? tag : "");
	}
	buf_printf(&out, "%sContent-Length: 0\r\n\r\n", more);
	peer_respond(t->sip, item, buf_str(&out));
	buf_free(&out);
}

static struct sub *find_sub(struct truth *t, struct str call_id)
{
	for (size_t i = 0; i < SUBS; i++)
		if (t->subs[i].used && str_is(call_id, t->subs[i].call_id))
			return &t->subs[i];
	return NULL;
}

static struct sub *new_sub(struct truth *t, const struct sip_message *m)
{
	const struct sip_header *contact =
		sip_message_header(m, SIP_H_CONTACT, NULL);
	struct sip_address a;

	for (size_t i = 0; i < SUBS; i++) {
		struct sub *s = &t->subs[i];

		if (s->used)
			continue;
		memset(s, 0, sizeof(*s));
		s->used = true;
		s->has = -1;
		assert_int_equal(sip_address_parse(contact->value, &a), 0);
		snprintf(s->call_id, sizeof(s->call_id), "%.*s",
			STR_FMT(m->call_id));
		snprintf(s->theirs, sizeof(s->theirs), "%.*s",
			STR_FMT(m->from.tag));
		snprintf(s->target, sizeof(s->target), "%.*s",
			STR_FMT(a.uri_text));
		snprintf(s->ours, sizeof(s->ours), "n%u", ++t->counter);
		return s;
	}
	fail_msg("too many dialogs are open");
	return NULL;
}

static void got_subscribe(struct truth *t, struct peer_item *item)
{
	const struct sip_message *m = item->message;
	struct sub *s = find_sub(t, m->call_id);
	uint32_t expires = 3600;
	const struct sip_header *h = sip_message_header(m, SIP_H_EXPIRES, NULL);
	const struct sip_header *has =
		sip_message_header_named(m, "Suppress-If-Match", NULL);
	bool known = has && t->policy == ALLOWED && is_tag(t, has->value);
	uint64_t n;

	if (h && str_to_u64(h->value, UINT32_MAX, &n) == 0)
		expires = (uint32_t)n;
	if (m->to.tag.len && !s) {
		respond(t, item, 481, NULL, "");
		return;
	}
	if (!s)
		s = new_sub(t, m);
	if (m->cseq <= s->heard) {
		respond(t, item, 500, NULL, "");
		return;
	}
	s->heard = m->cseq;
	s->ended = expires == 0;
	s->until_ms = t->now_ms + EXPIRES_MS;
	if (known && expires && m->to.tag.len && !s->owed && !is_flying(t, s)) {
		t->spared++;
		respond(t, item, 204, NULL, "Expires: 600\r\n");
		return;
	}
	respond(t, item, 200, m->to.tag.len ? NULL : s->ours,
		"Contact: <sip:fe.contoso.com:5061>\r\nExpires: 600\r\n");
	s->owed = true;
	if (known && !m->to.tag.len) {
		t->spared++;
		s->has = (int)t->romeo;
	}
}

static int state_of(const char *body)
{
	if (!*body)
		return -1;
	if (!strstr(body, "open"))
		return GONE;
	return strstr(body, "away") ? AWAY : HERE;
}

static void take_tag(struct truth *t, const struct sip_message *m)
{
	const struct sip_header *h = sip_message_header_named(m, "SIP-ETag", NULL);

	if (t->sees >= 0 && h && m->body.len) {
		snprintf(t->etag, sizeof(t->etag), "%.*s", STR_FMT(h->value));
		t->etag_sees = t->sees;
	} else if (t->conditional && h && *t->etag && str_is(h->value, t->etag)) {
		t->sees = t->etag_sees;
		t->spared++;
	}
}

static void got_notify(struct truth *t, struct peer_item *item)
{
	const struct sip_message *m = item->message;
	const struct sip_header *h =
		sip_message_header(m, SIP_H_SUBSCRIPTION_STATE, NULL);
	char body[4096], state[128];

	snprintf(body, sizeof(body), "%.*s", STR_FMT(m->body));
	snprintf(state, sizeof(state), "%.*s", STR_FMT(h->value));
	if (!str_is(m->call_id, t->call_id)) {
		respond(t, item, 481, NULL, "");
		return;
	}
	if (m->cseq <= t->heard) {
		respond(t, item, 500, NULL, "");
		return;
	}
	t->heard = m->cseq;
	respond(t, item, 200, NULL, "");
	if (strstr(state, "terminated")) {
		lose_watch(t);
		if (strstr(state, "rejected"))
			t->watches = false;
	} else {
		/* an empty document of somebody who may be seen: no news */
		if (*body || strstr(state, "pending"))
			t->sees = strstr(state, "active") ? state_of(body) : -1;
		take_tag(t, m);
	}
}

static void got_answer(struct truth *t, const struct sip_message *m)
{
	for (size_t i = 0; i < TXS; i++) {
		struct tx *x = &t->txs[i];

		if (!x->used || x->cseq != m->cseq ||
			!str_is(m->call_id, x->call_id))
			continue;
		x->used = false;
		if (x->sub && (m->status >= 300 || x->sub->ended ||
				t->policy == DENIED))
			x->sub->used = false;
		else if (!x->sub && m->status >= 300)
			lose_watch(t);
		else if (!x->sub && !t->dialog && t->watches) {
			t->dialog = true;
			snprintf(t->theirs, sizeof(t->theirs), "%.*s",
				STR_FMT(m->to.tag));
		}
		return;
	}
}

static void sip_turn(struct truth *t)
{
	list_each (it, tmp, &t->sip->inbox) {
		struct peer_item *item = container_of(it, struct peer_item, node);
		const struct sip_message *m = item->message;

		list_remove(&item->node);
		if (!m->is_request)
			got_answer(t, m);
		else if (str_is(m->method, "SUBSCRIBE"))
			got_subscribe(t, item);
		else if (str_is(m->method, "NOTIFY"))
			got_notify(t, item);
		else
			respond(t, item, 200, NULL, "");
		peer_item_free(item);
	}
	for (size_t i = 0; i < SUBS; i++)
		if (t->subs[i].used && t->subs[i].owed &&
			!is_flying(t, &t->subs[i]))
			notify(t, &t->subs[i]);
	for (size_t i = 0; i < TXS; i++) {
		struct tx *x = &t->txs[i];

		if (!x->used || x->next_ms > t->now_ms)
			continue;
		if (x->tries < TRIES) {
			send_tx(t, x);
			continue;
		}
		x->used = false; /* a time-out ends what it belongs to */
		if (x->sub)
			x->sub->used = false;
		else
			lose_watch(t);
	}
	if (t->watches && t->refresh_ms <= t->now_ms)
		subscribe(t, 600);
}

/* ---- XMPP ------------------------------------------------------------------- */

static void say(struct truth *t, const char *type, enum show show)
{
	char text[512];

	snprintf(text, sizeof(text), "<presence from='juliet@example.org%s' "
		"to='romeo@contoso.com'%s%s%s>%s</presence>",
		!type || strcmp(type, "unavailable") == 0 ? "/balcony" : "",
		type ? " type='" : "", type ? type : "", type ? "'" : "",
		show == AWAY ? "<show>away</show>" : "");
	peer_send(t->xmpp, "contoso.com", str_from(text));
}

static void show_juliet(struct truth *t)
{
	if (t->from == YES)
		say(t, t->juliet == GONE ? "unavailable" : NULL, t->juliet);
}

static void see_romeo(struct truth *t, const char *from, enum show show)
{
	const char *resource = strchr(from, '/') ? strchr(from, '/') + 1 : "";
	size_t i = 0;

	while (i < t->views && strcmp(t->view[i].resource, resource) != 0)
		i++;
	if (i == t->views && show != GONE) {
		assert_true(t->views < RESOURCES);
		snprintf(t->view[t->views++].resource,
			sizeof(t->view[0].resource), "%s", resource);
	}
	if (i < t->views)
		t->view[i].show = show;
}

static void got_presence(struct truth *t, const struct stox_element *e)
{
	const char *type = stox_element_attr(e, "type");
	const char *from = stox_element_attr(e, "from");

	if (!type || strcmp(type, "unavailable") == 0) {
		if (t->to == YES && t->juliet != GONE)
			see_romeo(t, from, type ? GONE
				: stox_element_child(e, "show", NULL)
				? AWAY : HERE);
	} else if (strcmp(type, "subscribed") == 0) {
		if (t->to == ASKED)
			t->to = YES;
	} else if (strcmp(type, "unsubscribed") == 0) {
		t->to = NONE;
		t->wanted = false;
		t->views = 0;
	} else if (strcmp(type, "subscribe") == 0) {
		if (t->allows || t->from == YES) {
			t->from = YES;
			say(t, "subscribed", HERE);
			show_juliet(t);
		} else {
			t->from = ASKED;
		}
	} else if (strcmp(type, "unsubscribe") == 0) {
		t->from = NONE;
	} else if (strcmp(type, "probe") == 0) {
		if (t->from == YES)
			show_juliet(t);
		else
			say(t, "unsubscribed", HERE);
	}
}

static void xmpp_turn(struct truth *t)
{
	peer_answer_pings(t->xmpp);
	list_each (it, tmp, &t->xmpp->inbox) {
		struct peer_item *item = container_of(it, struct peer_item, node);

		list_remove(&item->node);
		if (strcmp(stox_element_name(item->stanza), "presence") == 0)
			got_presence(t, item->stanza);
		peer_item_free(item);
	}
}

/* ---- time ------------------------------------------------------------------- */

static void turn(struct truth *t)
{
	xmpp_turn(t);
	sip_turn(t);
}

static void run(struct truth *t, uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i += TICK_MS) {
		stage_settle(&t->stage);
		turn(t);
		stage_settle(&t->stage);
		io_world_advance(t->stage.world, TICK_MS);
		t->now_ms += TICK_MS;
	}
	turn(t);
	stage_settle(&t->stage);
}

/* ---- what they do ----------------------------------------------------------- */

static void act_arrive(struct truth *t)
{
	t->juliet = HERE;
	show_juliet(t);
	if (t->to == YES)
		say(t, "probe", HERE);
	if (t->to == ASKED)
		say(t, "subscribe", HERE);
}

static void act_ask(struct truth *t)
{
	t->wanted = true;
	t->to = ASKED;
	say(t, "subscribe", HERE);
}

static void act_let_in(struct truth *t)
{
	t->policy = ALLOWED;
	romeo_changes(t);
}

static void act_romeo_away(struct truth *t)
{
	t->romeo = AWAY;
	romeo_changes(t);
}

static void act_romeo_here(struct truth *t)
{
	t->romeo = HERE;
	romeo_changes(t);
}

static void act_romeo_gone(struct truth *t)
{
	t->romeo = GONE;
	romeo_changes(t);
}

static void act_watch(struct truth *t)
{
	t->watches = true;
	subscribe(t, 600);
}

static void act_approve(struct truth *t)
{
	t->allows = true;
	if (t->from != ASKED)
		return;
	t->from = YES;
	say(t, "subscribed", HERE);
	show_juliet(t);
}

static void act_juliet_away(struct truth *t)
{
	t->juliet = AWAY;
	show_juliet(t);
}

/** Refreshes come and are written down. */
static void act_wait(struct truth *t)
{
	run(t, 11 * MINUTE_MS);
}

static void act_juliet_here(struct truth *t)
{
	t->juliet = HERE;
	show_juliet(t);
}

static void act_leave(struct truth *t)
{
	t->juliet = GONE;
	t->views = 0;
	show_juliet(t);
}

static void act_stop_watch(struct truth *t)
{
	t->watches = false;
	if (t->dialog)
		subscribe(t, 0);
}

static void act_revoke(struct truth *t)
{
	t->allows = false;
	t->from = NONE;
	say(t, "unsubscribed", HERE);
}

static void act_unsubscribe(struct truth *t)
{
	t->wanted = false;
	t->to = NONE;
	t->views = 0;
	say(t, "unsubscribe", HERE);
}

static void act_deny(struct truth *t)
{
	t->policy = DENIED;
	romeo_changes(t);
}

typedef void act(struct truth *t);

static act *const friends[] = { act_arrive, act_ask, act_let_in,
	act_wait, act_romeo_away, act_romeo_here, act_watch, act_approve, act_juliet_away, act_juliet_here,
	act_romeo_gone, act_romeo_here, act_leave, act_romeo_away, act_arrive, act_stop_watch,
	act_juliet_away, act_watch, act_leave, act_arrive, act_revoke,
	act_unsubscribe };
static act *const strangers[] = { act_arrive, act_watch, act_ask, act_deny,
	act_approve, act_juliet_away, act_revoke };

/* ---- the truth -------------------------------------------------------------- */

static enum show seen(const struct truth *t)
{
	enum show best = GONE;

	for (size_t i = 0; i < t->views; i++)
		if (t->view[i].show != GONE)
			best = t->view[i].show;
	return best;
}

/** NULL, or what is not true. */
static const char *lie(const struct truth *t)
{
	if (t->wanted && t->policy == ALLOWED && t->to != YES)
		return "juliet was let in and does not know";
	if (t->policy == DENIED && t->to == YES)
		return "juliet was refused and does not know";
	if (t->juliet != GONE && t->to == YES && seen(t) != t->romeo)
		return "juliet does not see what romeo is";
	if (t->watches && t->from == YES && t->sees != (int)t->juliet)
		return "romeo does not see what juliet is";
	if (t->from != YES && t->sees > GONE)
		return "romeo sees what he may not";
	return NULL;
}

/* The user does again what was under way when the connection broke: their
 * server has told them so. */
static void again(struct truth *t)
{
	if (t->to == ASKED)
		say(t, "subscribe", HERE);
	if (!t->wanted)
		say(t, "unsubscribe", HERE);
}

static void open_stage(struct truth *t, const struct play *play,
	const struct play_options *options)
{
	struct buf why;

	memset(t, 0, sizeof(*t));
	buf_init(&why, 4096, NULL);
	if (!stage_open(&t->stage, play, options, true, &why))
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
	t->xmpp = stage_peer(&t->stage, "example.org");
	t->sip = stage_peer(&t->stage, "contoso.com");
	t->romeo = HERE;
	t->sees = -1;
}

static void kill_node(struct truth *t)
{
	struct buf why;

	buf_init(&why, 4096, NULL);
	if (!stage_restart(&t->stage, &why))
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
}

/** Where the node dies: after that action, and that many things that happened
 *  since, or that time. */
struct death {
	size_t action;
	unsigned things;
	uint64_t ms;
};

/** False when everything had happened before it came to die. */
static bool die(struct truth *t, const struct death *d)
{
	bool late = false;

	for (unsigned i = 0; i < d->things && !late; i++) {
		late = io_world_step(t->stage.world, 1) == 0;
		turn(t);
		late = late && io_world_step(t->stage.world, 1) == 0;
	}
	if (d->ms)
		run(t, d->ms);
	kill_node(t);
	again(t);
	return !late;
}

static bool perform(act *const *acts, size_t count, bool conditional,
	const struct death *d)
{
	const char *const path[] = { PLUGINS, NULL };
	const struct play play = { .file = "truth", .plugins = "presence" };
	const struct play_options options = { .plugin_path = path, .seed = 1 };
	struct truth t;
	bool more = true;

	open_stage(&t, &play, &options);
	t.conditional = conditional;
	for (size_t i = 0; i < count; i++) {
		acts[i](&t);
		if (i == d->action) {
			more = die(&t, d);
			run(&t, MINUTE_MS);
		} else {
			run(&t, 20000);
		}
		if (lie(&t))
			fail_msg("%s, after action %zu; died in action %zu "
				"after %u things and %llu ms", lie(&t), i,
				d->action, d->things,
				(unsigned long long)d->ms);
	}
	stage_close(&t.stage);
	assert_true(!conditional || t.spared > 0);
	return more;
}

static void walk(act *const *acts, size_t count, bool conditional)
{
	static const uint64_t times[] = { 300, 4000, 7000, 12000 };
	struct death d = { .action = SIZE_MAX };

	perform(acts, count, conditional, &d);
	for (size_t i = 0; i < count; i++) {
		d = (struct death){ .action = i };
		while (perform(acts, count, conditional, &d))
			d.things += d.things < 12 ? 1 : d.things / 4;
		d.things = 0;
		for (size_t k = 0; k < sizeof(times) / sizeof(*times); k++) {
			d.ms = times[k];
			perform(acts, count, conditional, &d);
		}
	}
}

static void test_friends(void **state)
{
	(void)state;
	walk(friends, sizeof(friends) / sizeof(*friends), false);
}

/* What is known is not sent again, and the truth is known all the same. */
static void test_conditional(void **state)
{
	(void)state;
	walk(friends, sizeof(friends) / sizeof(*friends), true);
}

static void test_strangers(void **state)
{
	(void)state;
	walk(strangers, sizeof(strangers) / sizeof(*strangers), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_friends),
		cmocka_unit_test(test_conditional),
		cmocka_unit_test(test_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
