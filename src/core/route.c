/*
 * Between the two sides and the exchanges: what comes in becomes an exchange
 * or the answer to one; `out` and `reply` leave for the side they belong to.
 */
#include <stdio.h>

#include "core/node.h"

/* Text of a refusal that names the policy. */
static const char UNLISTED[] =
	"This gateway does not federate with your domain.";
static const char NO_ROOM[] =
	"The gateway is too busy; try again in a minute.";

/* ---- domains ---------------------------------------------------------------- */

int route_domains(struct stox_exchange *x)
{
	const struct config *c = x->snapshot->config;
	const struct jid *sip = x->side == STOX_XMPP ? &x->to : &x->from;
	const struct jid *xmpp = x->side == STOX_XMPP ? &x->from : &x->to;

	x->sip_domain = table_get(c->by_domain_sip, sip->domain);
	x->xmpp_domain = table_get(c->by_domain_xmpp, xmpp->domain);
	if (!x->sip_domain)
		return -STOX_ENOROUTE;
	if (!x->xmpp_domain || x->xmpp_domain->partner.blocked ||
		x->sip_domain->partner.blocked)
		return -STOX_EPERM;
	return 0;
}

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
		xmpp_send(n->xmpp, s->local_domain, s->from.domain, e,
			XMPP_SEND_PATIENT, 0);
	n->counts.refused++;
}

/** IQ results and bounces belong to what we sent. */
static void take_answer(struct node *n, struct xmpp_stanza *s)
{
	const char *id = stox_element_attr(s->element, "id");
	struct stox_exchange *x =
		id ? table_get(n->by_stanza_id, str_from(id)) : NULL;
	struct stanza_error error;

	if (!x || x->state != EXCHANGE_SENT || !jid_bare_eq(&x->to, &s->from)) {
		n->counts.late_bounces++;
		log_event(n->log, STOX_LOG_DEBUG, "core", 0, "late-answer", NULL);
		return;
	}
	x->answer = ANSWER_STANZA;
	x->answer_stanza = xml_copy(x->pool, s->element);
	if (stanza_error_read(x->answer_stanza, &error)) {
		x->answer_condition = error.condition;
		x->answer_text = error.text;
	}
	exchange_answered(x);
}

static void from_xmpp(void *arg, struct xmpp_stanza *s)
{
	struct node *n = arg;
	struct stox_exchange *x;
	int error;

	if (stanza_is_answer(s->element)) {
		take_answer(n, s);
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
	x->from = s->from;
	x->to = s->to;
	error = route_domains(x);
	if (error == -STOX_EPERM)
		exchange_reject(x, STOX_FORBIDDEN, UNLISTED);
	else if (error)
		exchange_reject(x, STOX_ITEM_NOT_FOUND, NULL);
	else
		exchange_start(x);
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
		exchange_failed(x, r->condition, r->text);
		return;
	case XMPP_LOST:
		exchange_failed(x, STOX_REMOTE_SERVER_TIMEOUT,
			"The connection broke before the message was confirmed.");
		return;
	}
}

const struct xmpp_events route_xmpp_events = { from_xmpp, xmpp_sent };

/* ---- from SIP ------------------------------------------------------------------ */

static void refuse_request(struct node *n, const struct sip_request *r,
	unsigned status, const char *reason)
{
	static const char *const retry[] = { "Retry-After", "30", NULL };

	sip_respond(n->sip, r->transaction, status, reason,
		status == 503 ? retry : NULL);
	n->counts.refused++;
}

/** Who says so: the partner vouches for From, and for P-Asserted-Identity when
 *  it is trusted (RFC 3325). */
static struct sip_uri asserted_from(const struct sip_request *r)
{
	const struct sip_header *h = NULL;
	struct sip_address a;
	struct str list, item;

	while (r->partner->trusted &&
		(h = sip_message_header(r->message, SIP_H_P_ASSERTED_IDENTITY, h))) {
		list = h->value;
		while (sip_list_next(&list, &item))
			if (sip_address_parse(item, &a) == 0 &&
				a.uri.scheme == SIP_SCHEME_SIP)
				return a.uri;
	}
	return r->message->from.uri;
}

/** Lower case and without the final dot: hosts in SIP are ASCII already. */
static struct str plain_host(struct str host, char out[256])
{
	if (host.len && host.p[host.len - 1] == '.')
		host.len--;
	if (host.len > 255)
		return (struct str){ NULL, 0 };
	for (size_t i = 0; i < host.len; i++)
		out[i] = host.p[i] >= 'A' && host.p[i] <= 'Z'
				 ? (char)(host.p[i] + 32) : host.p[i];
	return (struct str){ out, host.len };
}

/** The name in @from equal to @name, as it stands at the same place in @to
 *  (the same domains, in U-labels and in A-labels). */
static const char *same_name(const char *const *from, const char *const *to,
	struct str name)
{
	for (size_t i = 0; from[i]; i++)
		if (str_is(name, from[i]))
			return to[i];
	return NULL;
}

/** The SIP domain of a host as JIDs write it; NULL when it is not one. */
static const char *sip_domain_of(const struct config *c, struct str host)
{
	char name[256];
	struct str ascii = plain_host(host, name);
	const struct config_sip_domain *d = table_get(c->by_ascii_sip, ascii);

	return d ? same_name(d->partner.domains, d->domains, ascii) : NULL;
}

static const char *xmpp_domain_of(const struct config *c, struct str host)
{
	char name[256];
	struct str ascii = plain_host(host, name);
	const struct config_xmpp_domain *d = table_get(c->by_ascii_xmpp, ascii);

	return d ? same_name(d->sip_domains, d->domains, ascii) : NULL;
}

/** Map the ends.  Returns 0 or the status to refuse with. */
static unsigned map_ends(struct stox_exchange *x, const struct sip_request *r,
	const char **why)
{
	const struct config *c = x->snapshot->config;
	struct sip_uri from = asserted_from(r);
	/* In a dialog the Request-URI is our Contact; To says who is meant. */
	const struct sip_uri *to = r->message->to.tag.len
		? &r->message->to.uri : &r->message->uri;
	const char *sip = sip_domain_of(c, from.host);
	const char *xmpp = xmpp_domain_of(c, to->host);
	int error;

	if (!sip) {
		*why = "Sender Domain Not Served";
		return 403;
	}
	if (!xmpp) {
		*why = "Domain Not Served";
		return 404;
	}
	error = map_address_to_jid(x->pool, &from, str_from(sip), true, &x->from, why);
	if (!error)
		error = map_address_to_jid(x->pool, to, str_from(xmpp), true,
			&x->to, why);
	return error == 0 ? 0 : error == -STOX_ENOENT ? 404
		: error == -STOX_ENOTSUP ? 416 : 400;
}

static void in_dialog(struct node *n, struct stox_exchange *x)
{
	const struct stox_event e = { STOX_EVENT_REQUEST, x, 0 };
	uint64_t session = sessions_dialog(n->sessions, x->in_sip->call_id,
		x->in_sip->to.tag);

	if (!session) {
		stox_reply_sip(x, 481, NULL);
		x->state = EXCHANGE_TAKEN;
		exchange_replied(x);
		return;
	}
	x->state = EXCHANGE_TAKEN;
	x->session = session;
	core_deliver(n, session, &e);
}

static void from_sip(void *arg, const struct sip_request *r)
{
	struct node *n = arg;
	struct pool *pool = node_pool(n);
	struct stox_exchange *x = exchange_new(n, pool, STOX_SIP);
	const char *why = NULL;
	struct sip_uri from;
	unsigned status;

	if (!x) {
		node_pool_release(n, &pool);
		refuse_request(n, r, 503, NULL);
		return;
	}
	n->counts.from_sip++;
	x->in_sip = r->message;
	x->in_transaction = r->transaction;
	status = map_ends(x, r, &why);
	if (!status && route_domains(x) < 0) {
		status = 403;
		why = "Federation Not Allowed";
	}
	if (status) {
		stox_reply_sip(x, status, why);
		x->state = EXCHANGE_TAKEN;
		exchange_replied(x);
		return;
	}
	if (r->message->to.tag.len) {
		in_dialog(n, x);
		return;
	}
	from = asserted_from(r);
	spelling_seen(n, &x->from, &from,
		same_name(x->sip_domain->domains, x->sip_domain->partner.domains,
			x->from.domain));
	exchange_start(x);
}

static void copy_answer(struct stox_exchange *x, const struct sip_answer *a)
{
	struct map_condition m;

	x->answer = ANSWER_SIP;
	x->answer_sip = a->message;
	x->answer_status = a->status;
	if (a->status < 300)
		return;
	m = map_error_to_xmpp(a->status);
	x->answer_condition = m.condition;
	x->answer_text = m.text;
}

static void sip_answered(void *arg, uint64_t token, const struct sip_answer *a)
{
	struct node *n = arg;
	struct stox_exchange *x = handles_get(n->exchanges, token);
	enum stox_condition condition = STOX_REMOTE_SERVER_TIMEOUT;

	if (!x || x->state != EXCHANGE_SENT)
		return;
	switch (a->event) {
	case SIP_FINAL:
		copy_answer(x, a);
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

const struct sip_events route_sip_events = { from_sip, sip_answered };

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
	if (x->sip_uri && !x->to.resource.len)
		return x->sip_uri;
	return map_address_to_sip(x->pool, &x->to,
		same_name(x->sip_domain->domains, x->sip_domain->partner.domains,
			x->to.domain), true);
}

static void send_sip(struct stox_exchange *x)
{
	const struct sip_partner *p = &x->sip_domain->partner;
	const struct exchange_sip *m = x->out_sip;
	const struct stox_begin *b = x->begin;
	const char *uri = request_uri(x);
	const struct sip_out out = {
		.method = m->method,
		.from_display = m->display,
		.request_uri = uri,
		.from = map_address_to_sip(x->pool, &x->from,
			same_name(x->xmpp_domain->domains,
				x->xmpp_domain->sip_domains, x->from.domain),
			p->dialect->gr_in_from),
		.to = uri,
		.headers = header_pairs(x, m),
		.content_type = m->type,
		.body = m->body,
		.call_id = b ? b->call_id : m->call_id,
		.from_tag = b ? b->from_tag : m->from_tag,
		.to_tag = b ? b->to_tag : NULL,
		.cseq = b ? b->cseq : m->cseq,
	};

	sip_send(x->node->sip, p, &out,
		(unsigned)limit_get(x->node->limits, LIMIT_EXCHANGE_X2S) * 1000,
		x->id);
}

static const char *domain_text(struct stox_exchange *x, const struct jid *j)
{
	return pool_strndup(x->pool, j->domain.p, j->domain.len);
}

static void send_xmpp(struct stox_exchange *x)
{
	bool message = stanza_kind(x->out_stanza) == STANZA_MESSAGE;

	x->out_id = stox_element_attr(x->out_stanza, "id");
	if (x->out_id) {
		table_put(x->node->by_stanza_id, str_from(x->out_id), x);
		x->tracked = true;
	}
	xmpp_send(x->node->xmpp, domain_text(x, &x->from), x->to.domain,
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

static void reply_xmpp(struct stox_exchange *x)
{
	struct stox_element *e = x->reply_stanza;
	struct stanza_error error = { .condition = x->reject,
		.text = x->reject_text,
		.by = x->sip_domain ? x->sip_domain->domain : NULL };
	const char *type = stox_element_attr(x->in_stanza, "type");

	/* Presence gets no errors, but for a question that waits for one. */
	if (stanza_kind(x->in_stanza) == STANZA_PRESENCE &&
		(!type || strcmp(type, "subscribe") != 0))
		x->reject = STOX_NO_ERROR;
	if (x->reject)
		e = stanza_error_reply(x->pool, x->in_stanza, &error);
	if (e)
		xmpp_send(x->node->xmpp, domain_text(x, &x->to), x->from.domain,
			e, XMPP_SEND_PATIENT, 0);
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
		header_pairs(x, m), NULL, m->type, m->body);
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
