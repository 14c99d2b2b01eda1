#include "xmpp/deliver.h"

#include "xmpp/alive.h"
#include "xmpp/route.h"
#include "xmpp/sm.h"

static bool is_content_ns(const char *ns)
{
	return ns[0] == 'j' && (strcmp(ns, "jabber:client") == 0 ||
		strcmp(ns, "jabber:component:accept") == 0);
}

void xmpp_namespaces(struct stox_element *e)
{
	struct stox_element *at = e;

	while (at) {
		if (at->name && is_content_ns(at->ns))
			at->ns = STOX_NS_SERVER;
		if (at->first) {
			at = at->first;
			continue;
		}
		while (at != e && !at->next)
			at = at->parent;
		at = at == e ? NULL : at->next;
	}
}

void xmpp_deliver(struct xmpp_stream *s, struct pool **pool,
	struct xmpp_stanza *stanza)
{
	struct xmpp *x = s->x;

	uint64_t active_ms = s->active_ms;

	s->stanzas_in++;
	s->active_ms = io_now_ms(x->env);
	if (!xmpp_sm_take(s, &stanza->receipt))
		return;
	xmpp_namespaces(stanza->element);
	if (stanza_kind(stanza->element) == STANZA_IQ &&
		xmpp_hold_answer(x, stanza->element, &stanza->from,
			&stanza->to)) {
		xmpp_release(x, stanza->receipt);
		return;
	}
	if (stanza_kind(stanza->element) == STANZA_IQ &&
		xmpp_alive_answer(x, stanza->element, &stanza->from,
			&stanza->to)) {
		s->active_ms = active_ms; /* it was not used, only alive */
		xmpp_release(x, stanza->receipt);
		return;
	}
	stanza->pool = *pool;
	*pool = NULL;
	x->events->on_stanza(x->arg, stanza);
}

void xmpp_bad_to(struct xmpp_stream *s, struct pool *pool,
	const struct stox_element *e, const char *local, struct str remote)
{
	const struct stanza_error error = {
		.condition = STOX_JID_MALFORMED,
		.text = "This address is not valid.",
	};
	struct stox_element *reply = stanza_error_reply(pool, e, &error);
	struct xmpp_receipt receipt;

	if (!xmpp_sm_take(s, &receipt))
		return;

	log_event(s->x->log, STOX_LOG_INFO, "xmpp", 0, "bad-address",
		"direction=%s local=%s", s->kind->direction, local);
	if (!reply) {
		xmpp_release(s->x, receipt);
		return;
	}
	/* not from the address that is none */
	stox_element_set(reply, "from", local);
	xmpp_reply(s->x, local, remote, reply, receipt);
}
