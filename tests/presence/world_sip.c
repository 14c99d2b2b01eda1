/*
 * Romeo and his server, which keeps RFC 6665 to the letter and sends again what
 * has no answer.
 */
#include "world.h"

/* Where requests within a dialog of his go. */
static const char WAY[] = "sip:romeo@fe.contoso.com:5061";
static const char PIDF[] = "Content-Type: application/pidf+xml\r\n";

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
	return t->dialect == CONDITIONAL && str_is(tag, now);
}

/* Why a dialog is over; NULL: it is not. */
static const char *end_of(const struct truth *t, const struct sub *s)
{
	if (s->ended)
		return s->ended;
	return t->policy == DENIED ? "rejected"
		: t->policy == MISSING ? "noresource" : NULL;
}

static void notify(struct truth *t, struct sub *s)
{
	const char *contact = t->dialect == ANSWERS
		? "" : "Contact: <sip:romeo@fe.contoso.com:5061>\r\n";
	char body[512] = "", state[64], tag[32] = "";
	struct tx *x = new_tx(t, s->call_id, ++s->cseq, s);

	x->last = end_of(t, s) != NULL;
	if (x->last)
		snprintf(state, sizeof(state), "terminated;reason=%s",
			end_of(t, s));
	else
		snprintf(state, sizeof(state), "%s;expires=%llu",
			t->policy == ALLOWED ? "active" : "pending",
			(unsigned long long)(s->until_ms - t->now_ms) / 1000);
	if (t->policy == ALLOWED && s->has != (int)t->romeo)
		document(t->romeo, body);
	if (t->policy == ALLOWED && t->dialect == CONDITIONAL)
		snprintf(tag, sizeof(tag), "SIP-ETag: e%d\r\n", (int)t->romeo);
	s->has = -1;
	snprintf(x->bytes, sizeof(x->bytes), "NOTIFY %s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe.contoso.com:5061;branch=z9hG4bK%u\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=%s\r\n"
		"To: <sip:juliet@example.org>;tag=%s\r\nCall-ID: %s\r\n"
		"CSeq: %u NOTIFY\r\n%sEvent: presence\r\n"
		"Subscription-State: %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		s->target, ++t->counter, s->ours, s->theirs, s->call_id, s->cseq,
		contact, state, tag, *body ? PIDF : "", strlen(body), body);
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

void romeo_changes(struct truth *t)
{
	for (size_t i = 0; i < SUBS; i++)
		t->subs[i].owed = t->subs[i].used;
}

void romeo_ends(struct truth *t, const char *reason)
{
	for (size_t i = 0; i < SUBS; i++)
		if (!t->subs[i].ended)
			t->subs[i].ended = reason;
	romeo_changes(t);
}

static void send_subscribe(struct truth *t, struct tx *x, const char *target,
	const char *from_tag, const char *to, unsigned expires, const char *has)
{
	snprintf(x->bytes, sizeof(x->bytes), "SUBSCRIBE %s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe.contoso.com:5061;branch=z9hG4bK%u\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:romeo@contoso.com>;tag=%s\r\n"
		"To: <sip:juliet@example.org>%s\r\nCall-ID: %s\r\n"
		"CSeq: %u SUBSCRIBE\r\nContact: <sip:fe.contoso.com:5061>\r\n"
		"Event: presence\r\nExpires: %u\r\n%sContent-Length: 0\r\n\r\n",
		target, ++t->counter, from_tag, to, x->call_id, x->cseq, expires,
		has);
	send_tx(t, x);
}

void subscribe(struct truth *t, unsigned expires)
{
	char to[96] = "", has[96] = "";

	if (t->dialect == CONDITIONAL && *t->etag)
		snprintf(has, sizeof(has), "Suppress-If-Match: %s\r\n", t->etag);
	if (!t->dialog) {
		snprintf(t->call_id, sizeof(t->call_id), "watch%u",
			++t->counter);
		snprintf(t->tag, sizeof(t->tag), "r%u", t->counter);
		t->cseq = t->heard = 0;
	} else {
		snprintf(to, sizeof(to), ";tag=%s", t->theirs);
	}
	t->refresh_ms = t->now_ms + EXPIRES_S * 1000 / 2;
	send_subscribe(t, new_tx(t, t->call_id, ++t->cseq, NULL), t->dialog
		? "sip:gw.example.net:5061;transport=tls"
		: "sip:juliet@example.org", t->tag, to, expires, has);
}

void ask_once(struct truth *t)
{
	struct tx *x;

	snprintf(t->poll_id, sizeof(t->poll_id), "poll%u", ++t->counter);
	t->poll = POLL_ASKED;
	x = new_tx(t, t->poll_id, 1, NULL);
	x->poll = true;
	send_subscribe(t, x, "sip:juliet@example.org", "poll", "", 0, "");
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

static uint32_t expires_of(const struct sip_message *m)
{
	const struct sip_header *h = sip_message_header(m, SIP_H_EXPIRES, NULL);
	uint64_t n;

	return h && str_to_u64(h->value, UINT32_MAX, &n) == 0
		? (uint32_t)n : 3600;
}

/* A request that changes nothing here: the status, or 0. */
static unsigned refusal(const struct truth *t, const struct sub *s,
	const struct sip_message *m)
{
	uint32_t expires = expires_of(m);

	if (m->to.tag.len && (!s || s->ended || !str_is(m->uri_text, WAY)))
		return 481;
	if (s && m->cseq <= s->heard)
		return 500;
	if (!s && t->policy == MISSING)
		return 404;
	return expires && expires < t->least_s ? 423 : 0;
}

/* He has that state, and there is no other: nothing is sent. */
static bool is_spared(const struct truth *t, const struct sip_message *m)
{
	const struct sip_header *has =
		sip_message_header_named(m, "Suppress-If-Match", NULL);

	return has && t->policy == ALLOWED && is_tag(t, has->value);
}

static void accept_sub(struct truth *t, struct peer_item *item, struct sub *s,
	uint32_t seconds)
{
	const struct sip_message *m = item->message;
	bool known = is_spared(t, m);
	char more[96];

	s->heard = m->cseq;
	s->ended = expires_of(m) ? NULL : "timeout";
	s->until_ms = t->now_ms + seconds * 1000;
	snprintf(more, sizeof(more), "Contact: <%s>\r\nExpires: %u\r\n", WAY,
		seconds);
	if (known && !s->ended && m->to.tag.len && !s->owed && !is_flying(t, s)) {
		t->spared++;
		respond(t, item, 204, NULL, strstr(more, "Expires"));
		return;
	}
	respond(t, item, 200, m->to.tag.len ? NULL : s->ours, more);
	s->owed = true;
	if (known && !m->to.tag.len) {
		t->spared++;
		s->has = (int)t->romeo;
	}
}

static void got_subscribe(struct truth *t, struct peer_item *item)
{
	const struct sip_message *m = item->message;
	struct sub *s = find_sub(t, m->call_id);
	unsigned status = refusal(t, s, m);
	char more[32] = "";

	t->brief += status == 423;
	t->lost += status == 481;
	if (status == 423)
		snprintf(more, sizeof(more), "Min-Expires: %u\r\n", t->least_s);
	if (status)
		respond(t, item, status, NULL, more);
	else
		accept_sub(t, item, s ? s : new_sub(t, m),
			t->least_s ? t->least_s : EXPIRES_S);
}

static enum show device_of(const char *body, const char *id)
{
	const char *tuple = strstr(body, id);
	const char *end = tuple ? strstr(tuple, "</tuple>") : NULL;
	const char *open = tuple ? strstr(tuple, "<basic>open") : NULL;
	const char *away = tuple ? strstr(tuple, ">away<") : NULL;

	if (!end || !open || open > end)
		return GONE;
	return away && away < end ? AWAY : HERE;
}

static int state_of(const char *body)
{
	const enum show shows[] = { device_of(body, "'ID-balcony'"),
		device_of(body, "'ID-orchard'") };

	return *body ? all_of(shows) : -1;
}

static void take_tag(struct truth *t, const struct sip_message *m)
{
	const struct sip_header *h = sip_message_header_named(m, "SIP-ETag", NULL);

	if (t->sees >= 0 && h && m->body.len) {
		snprintf(t->etag, sizeof(t->etag), "%.*s", STR_FMT(h->value));
		t->etag_sees = t->sees;
	} else if (t->dialect == CONDITIONAL && h && *t->etag && str_is(h->value, t->etag)) {
		t->sees = t->etag_sees;
		t->spared++;
	}
}

static void make_dialog(struct truth *t, struct str theirs)
{
	if (t->dialog || !t->watches)
		return;
	t->dialog = true;
	snprintf(t->theirs, sizeof(t->theirs), "%.*s", STR_FMT(theirs));
}

static void got_notify(struct truth *t, struct peer_item *item)
{
	const struct sip_message *m = item->message;
	const struct sip_header *h =
		sip_message_header(m, SIP_H_SUBSCRIPTION_STATE, NULL);
	char body[4096], state[128];

	snprintf(body, sizeof(body), "%.*s", STR_FMT(m->body));
	snprintf(state, sizeof(state), "%.*s", STR_FMT(h->value));
	if (*t->poll_id && str_is(m->call_id, t->poll_id)) {
		respond(t, item, 200, NULL, "");
		t->poll = POLL_TOLD;
		t->poll_sees = state_of(body);
		return;
	}
	/* the first one makes the dialog, and there is no other: RFC 6665, 4.4.1 */
	if (!str_is(m->call_id, t->call_id) ||
		(t->dialog && !str_is(m->from.tag, t->theirs))) {
		respond(t, item, 481, NULL, "");
		return;
	}
	if (m->cseq <= t->heard) {
		respond(t, item, 500, NULL, "");
		return;
	}
	make_dialog(t, m->from.tag);
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
		if (x->poll)
			return;
		if (x->sub && (m->status >= 300 || x->last))
			x->sub->used = false;
		else if (!x->sub && m->status >= 300)
			lose_watch(t);
		else if (!x->sub)
			make_dialog(t, m->to.tag);
		return;
	}
}

void sip_turn(struct truth *t)
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
		else if (!x->poll)
			lose_watch(t);
	}
	if (t->watches && t->refresh_ms <= t->now_ms)
		subscribe(t, EXPIRES_S);
}

bool sip_is_idle(const struct truth *t)
{
	for (size_t i = 0; i < TXS; i++)
		if (t->txs[i].used)
			return false;
	return true;
}
