/*
 * Between the two sides and the exchanges: what comes in becomes an exchange
 * or the answer to one; `out` and `reply` leave for the side they belong to.
 */
#include <stdio.h>

#include "core/dialog.h"
#include "core/node.h"

static const char NO_ROOM[] =
	"The gateway is too busy; try again in a minute.";

/* ---- from XMPP --------------------------------------------------------------- */

/** Answer a stanza for which there is no exchange. */
static void bounce(struct node *n, struct xmpp_stanza *s,
	enum stox_condition condition, const char *text)
{
	const struct stanza_error error = { .condition = condition,
		.text = text, .by = s->local_domain };
	struct stox_element *e = NULL;

	if (stanza_kind(s->element) != STANZA_PRESENCE)
		e = stanza_error_reply(s->pool, s->element, &error);
	if (e)
		xmpp_reply(n->xmpp, s->local_domain, s->from.domain, e,
			s->receipt);
	else
		xmpp_release(n->xmpp, s->receipt);
	n->counts.refused++;
}

/** IQ results and bounces belong to what we sent.  False: an error to a message
 *  that was taken, or to presence, that nobody waits for: plugins may know whom
 *  it concerns. */
static bool take_answer(struct node *n, struct xmpp_stanza *s)
{
	const char *id = stox_element_attr(s->element, "id");
	struct stox_exchange *x =
		id ? table_get(n->by_stanza_id, str_from(id)) : NULL;
	struct stanza_error error;

	if (!x || x->state != EXCHANGE_SENT || !jid_bare_eq(&x->to, &s->from)) {
		if (stanza_kind(s->element) == STANZA_PRESENCE)
			return false;
		n->counts.late_bounces++;
		log_event(n->log, STOX_LOG_DEBUG, "core", 0, "late-answer", NULL);
		return stanza_kind(s->element) != STANZA_MESSAGE || !id;
	}
	x->answer = ANSWER_STANZA;
	x->answer_stanza = xml_copy(x->pool, s->element);
	if (stanza_error_read(x->answer_stanza, &error)) {
		x->answer_condition = error.condition;
		x->answer_text = error.text;
	}
	exchange_answered(x);
	return true;
}

static void from_xmpp(void *arg, struct xmpp_stanza *s)
{
	struct node *n = arg;
	struct stox_exchange *x;
	enum stox_condition refused;
	const char *why = NULL;

	reach_heard(n->reach, STOX_XMPP, s->from.domain);
	if (stanza_is_answer(s->element) && take_answer(n, s)) {
		xmpp_release(n->xmpp, s->receipt);
		xml_pool_release(&s->pool);
		return;
	}
	x = exchange_new(n, s->pool, STOX_XMPP);
	if (!x) {
		bounce(n, s, STOX_RESOURCE_CONSTRAINT, NO_ROOM);
		xml_pool_release(&s->pool);
		return;
	}
	n->counts.from_xmpp++;
	x->in_stanza = s->element;
	x->receipt = s->receipt;
	x->from = s->from;
	x->face = s->to;
	refused = ends_from_xmpp(x, &why);
	if (!refused && (why = stanza_iq_fault(s->element)))
		refused = STOX_BAD_REQUEST;
	if (refused)
		exchange_reject(x, refused, why);
	else
		exchange_start(x);
}

static bool is_unreachable(enum stox_condition condition)
{
	return condition == STOX_REMOTE_SERVER_NOT_FOUND ||
	       condition == STOX_REMOTE_SERVER_TIMEOUT;
}

static void xmpp_sent(void *arg, uint64_t token, const struct xmpp_result *r)
{
	struct node *n = arg;
	struct stox_exchange *x = handles_get(n->exchanges, token);

	if (!x || x->state != EXCHANGE_SENT)
		return;
	switch (r->sent) {
	case XMPP_WRITTEN:
		if (stanza_kind(x->out_stanza) == STANZA_IQ)
			return; /* its result is the answer */
		exchange_sent(x);
		return;
	case XMPP_CONFIRMED:
		exchange_sent(x);
		return;
	case XMPP_FAILED:
		if (is_unreachable(r->condition))
			reach_failed(n->reach, x);
		exchange_failed(x, r->condition, r->text);
		return;
	case XMPP_LOST:
		exchange_failed(x, STOX_REMOTE_SERVER_TIMEOUT,
			"The connection broke before the message was confirmed.");
		return;
	}
}

static void xmpp_link(void *arg, const char *local, const char *remote,
	enum xmpp_link what)
{
	struct node *n = arg;

	if (remote)
		reach_doubt(n->reach, STOX_XMPP, str_from(remote),
			what == XMPP_LINK_BROKEN ? REACH_BROKEN : REACH_CLOSED);
	else
		reach_component(n->reach, local, what);
}

const struct xmpp_events route_xmpp_events = { .on_stanza = from_xmpp,
	.on_sent = xmpp_sent, .on_link = xmpp_link };

/* ---- from SIP ------------------------------------------------------------------ */

static void refuse_request(struct node *n, const struct sip_request *r,
	unsigned status, const char *reason)
{
	static const char *const retry[] = { "Retry-After", "30", NULL };

	sip_respond(n->sip, r->transaction, status, reason,
		status == 503 ? retry : NULL);
	n->counts.refused++;
}

static void in_dialog(struct node *n, struct stox_exchange *x)
{
	x->state = EXCHANGE_TAKEN;
	if (sessions_request(n->sessions, x))
		return;
	stox_reply_sip(x, 481, NULL);
	exchange_replied(x);
}

static void from_sip(void *arg, const struct sip_request *r)
{
	struct node *n = arg;
	struct pool *pool = pool_new(n->budget);
	struct stox_exchange *x = exchange_new(n, pool, STOX_SIP);
	const char *why = NULL;
	struct sip_uri from;
	unsigned status;

	if (!x) {
		pool_free(&pool);
		refuse_request(n, r, 503, NULL);
		return;
	}
	n->counts.from_sip++;
	x->in_sip = r->message;
	x->in_transaction = r->transaction;
	status = ends_from_sip(x, r, &why);
	if (status) {
		stox_reply_sip(x, status, why);
		x->state = EXCHANGE_TAKEN;
		exchange_replied(x);
		return;
	}
	reach_heard(n->reach, STOX_SIP, x->from.domain);
	if (r->message->to.tag.len) {
		why = x->sip_domain->discovered ? partner_enter(x) : NULL;
		if (why)
			exchange_reject(x, STOX_RESOURCE_CONSTRAINT, why);
		else
			in_dialog(n, x);
		return;
	}
	from = ends_asserted(r);
	spelling_seen(n, &x->from, &from, ends_sip_host(x, &x->from));
	exchange_start(x);
}

static void copy_answer(struct stox_exchange *x, const struct sip_answer *a)
{
	x->answer = ANSWER_SIP;
	x->answer_sip = a->message;
	x->answer_status = a->status;
	dialog_answered(x, a->message);
	if (a->status >= 300)
		diagnostics_read(x);
}

static void sip_answered(void *arg, uint64_t token, const struct sip_answer *a)
{
	struct node *n = arg;
	struct stox_exchange *x = handles_get(n->exchanges, token);
	enum stox_condition condition = STOX_REMOTE_SERVER_TIMEOUT;

	if (!x || x->state != EXCHANGE_SENT)
		return;
	if (a->event == SIP_TIMEOUT || a->event == SIP_UNREACHABLE ||
		a->event == SIP_DNS_FAILED || a->event == SIP_NO_TARGET)
		reach_failed(n->reach, x);
	switch (a->event) {
	case SIP_FINAL:
		copy_answer(x, a);
		reach_answered(n->reach, x);
		exchange_answered(x);
		return;
	case SIP_NO_TARGET:
		condition = STOX_REMOTE_SERVER_NOT_FOUND;
		break;
	case SIP_CERTIFICATE:
		condition = STOX_POLICY_VIOLATION;
		break;
	case SIP_OVERLOAD:
		condition = STOX_RESOURCE_CONSTRAINT;
		break;
	case SIP_TIMEOUT:
	case SIP_DNS_FAILED:
	case SIP_UNREACHABLE:
		break;
	}
	exchange_failed(x, condition, a->text);
}

static void sip_acked(void *arg, struct str tag, bool acked)
{
	struct node *n = arg;

	sessions_acked(n->sessions, tag, acked);
}

static void sip_lost(void *arg, const char *partner, enum sip_loss how)
{
	static const enum reach_sign signs[] = {
		[SIP_LOSS_BROKEN] = REACH_BROKEN,
		[SIP_LOSS_CLOSED] = REACH_CLOSED,
		[SIP_LOSS_IDLE] = REACH_IDLE };
	struct node *n = arg;

	reach_partner(n->reach, partner, signs[how]);
}

const struct sip_events route_sip_events = { .on_request = from_sip,
	.on_answer = sip_answered, .on_acked = sip_acked,
	.on_lost = sip_lost };

/* ---- out ----------------------------------------------------------------------- */

/** Pairs for the SIP side, NULL-terminated, in the exchange's pool. */
static const char *const *header_pairs(struct stox_exchange *x,
	const struct exchange_sip *m)
{
	const char **pairs = pool_alloc(x->pool,
		(2 * m->header_count + 1) * sizeof(*pairs));
	size_t i = 0;

	for (const struct exchange_header *h = m->headers; h; h = h->next) {
		pairs[i++] = h->name;
		pairs[i++] = h->value;
	}
	pairs[i] = NULL;
	return pairs;
}

/** Where the request goes: the original spelling when one is known. */
static const char *request_uri(struct stox_exchange *x)
{
	if (x->sip_uri && !x->to.resource.len && !x->out_sip->self)
		return x->sip_uri;
	if (x->out_sip->self)
		return map_address_to_sip(x->pool, &x->from,
			ends_xmpp_host(x, &x->from), false);
	return map_address_to_sip(x->pool, &x->to, ends_sip_host(x, &x->to),
		true);
}

static void send_sip(struct stox_exchange *x)
{
	const struct sip_partner *p = &x->sip_domain->partner;
	const struct exchange_sip *m = x->out_sip;
	const struct stox_begin *b = x->begin;
	const char *uri = x->dialog ? NULL : request_uri(x);
	struct sip_out out = {
		.method = m->method,
		.domain = x->sip_domain->discovered ? ends_sip_host(x, &x->to)
						    : NULL,
		.from_display = m->display,
		.request_uri = uri,
		.from = x->dialog ? x->dialog->local
			: map_address_to_sip(x->pool, &x->from,
				ends_xmpp_host(x, &x->from),
				p->dialect->gr),
		.to = x->dialog ? x->dialog->remote : uri,
		.headers = header_pairs(x, m),
		.content_type = m->type,
		.body = m->body,
		.call_id = b ? b->call_id : m->call_id,
		.from_tag = b ? b->from_tag : m->from_tag,
		.to_tag = b ? b->to_tag : NULL,
		.cseq = b ? b->cseq : m->cseq,
	};

	if (x->dialog) {
		out.call_id = x->dialog->call_id;
		out.from_tag = x->dialog->local_tag;
		out.to_tag = x->dialog->remote_tag;
		sip_dialog_route(x->pool, x->dialog, &out.request_uri,
			&out.routes);
	}
	sip_send(x->node->sip, p, &out,
		b && b->timeout_ms ? b->timeout_ms : (unsigned)
			limit_get(x->node->limits, LIMIT_EXCHANGE_X2S) * 1000,
		x->id);
}

/** The domain of ours that speaks on XMPP in this exchange. */
static const char *our_domain(struct stox_exchange *x)
{
	return pool_strndup(x->pool, x->face.domain.p, x->face.domain.len);
}

static void send_xmpp(struct stox_exchange *x)
{
	bool message = stanza_kind(x->out_stanza) == STANZA_MESSAGE;

	if (x->gateway)
		stox_element_set(x->out_stanza, "from", x->face.full);
	x->out_id = stox_element_attr(x->out_stanza, "id");
	if (x->out_id) {
		table_put(x->node->by_stanza_id, str_from(x->out_id), x);
		x->tracked = true;
	}
	xmpp_send(x->node->xmpp, our_domain(x), x->to.domain,
		 x->out_stanza, message ? XMPP_SEND_HOLD : 0, x->id);
	if (message)
		lane_leave(x); /* the stream keeps the order from here */
}

void route_send(struct stox_exchange *x)
{
	if (x->out_sip)
		send_sip(x);
	else
		send_xmpp(x);
}

bool route_forget(struct stox_exchange *x)
{
	struct node *n = x->node;

	if (x->tracked) {
		table_remove(n->by_stanza_id, str_from(x->out_id));
		x->tracked = false;
	}
	if (x->out_stanza)
		return xmpp_cancel(n->xmpp, x->id);
	if (x->out_sip)
		sip_forget(n->sip, x->id);
	return false;
}

/* ---- reply --------------------------------------------------------------------- */

/** What no hook has made of the answer: its error, or plain success. */
static void default_reply(struct stox_exchange *x)
{
	if (x->answer == ANSWER_NONE || x->reject || x->reply_stanza ||
		x->reply_sip)
		return;
	if (x->answer_condition) {
		x->reject = x->answer_condition;
		x->reject_text = x->answer_text;
	} else if (x->in_sip) {
		stox_reply_sip(x, 200, NULL);
	}
}

/** A chat state without text. */
static bool only_types(const struct stox_exchange *x)
{
	static const char *const states[] = { "composing", "paused", "active",
		"inactive", "gone" };

	if (stanza_kind(x->in_stanza) != STANZA_MESSAGE ||
		stox_element_child_text(x->in_stanza, "body") ||
		stox_element_child_text(x->in_stanza, "subject"))
		return false;
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (stox_element_child(x->in_stanza, states[i],
			    "http://jabber.org/protocol/chatstates"))
			return true;
	return false;
}

static void reply_xmpp(struct stox_exchange *x)
{
	struct stox_element *e = x->reply_stanza;
	struct stanza_error error = { .condition = x->reject,
		.text = x->reject_text,
		.by = our_domain(x) };
	const char *type = stox_element_attr(x->in_stanza, "type");

	/* Presence gets no errors, but for a question that waits for one; nor
	 * does the notice that somebody types. */
	if ((stanza_kind(x->in_stanza) == STANZA_PRESENCE &&
		    (!type || strcmp(type, "subscribe") != 0)) ||
		only_types(x))
		x->reject = STOX_NO_ERROR;
	if (x->reject)
		e = stanza_error_reply(x->pool, x->in_stanza, &error);
	if (e)
		xmpp_reply(x->node->xmpp, error.by, x->from.domain, e,
			x->receipt);
	else
		xmpp_release(x->node->xmpp, x->receipt);
}

static void reply_sip(struct stox_exchange *x)
{
	struct exchange_sip *m = x->reply_sip;
	char seconds[24];

	if (x->reject) {
		struct map_status s = map_error_to_sip(x->reject);

		x->reply_sip = NULL;
		stox_reply_sip(x, s.status, x->reject_text ? x->reject_text
							   : s.reason);
		if (s.retry_after) {
			snprintf(seconds, sizeof(seconds), "%u", s.retry_after);
			stox_reply_header(x, "Retry-After", seconds);
		}
		m = x->reply_sip;
	}
	if (!m) {
		log_event(x->node->log, STOX_LOG_ERROR, "core", x->id,
			"no-reply", "status=500");
		sip_respond(x->node->sip, x->in_transaction, 500, NULL, NULL);
		return;
	}
	sip_respond_full(x->node->sip, x->in_transaction, m->status, m->reason,
		header_pairs(x, m), m->to_tag, m->type, m->body);
	x->in_transaction = 0;
	x->in_sip = NULL;
}

void route_reply(struct stox_exchange *x)
{
	default_reply(x);
	if (x->in_stanza)
		reply_xmpp(x);
	else if (x->in_transaction)
		reply_sip(x);
}
