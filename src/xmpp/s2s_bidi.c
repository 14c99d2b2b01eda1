/*
 * Streams that carry stanzas in both directions, XEP-0288.  Each direction of
 * each pair is authorised on its own: on a stream that we opened the peer may
 * send for the one pair that it was opened for, backwards; on a stream that was
 * opened to us we send for the pairs that were proven on it.
 */
#include "xmpp/certificate.h"
#include "xmpp/deliver.h"
#include "xmpp/s2s.h"
#include "xmpp/sm.h"

static bool may(const struct xmpp *x, const char *remote)
{
	const struct xmpp_partner *p =
		remote ? xmpp_partner_of(x, str_from(remote)) : NULL;

	return p && p->bidi;
}

/* ---- a stream that we opened ----------------------------------------------- */

/* The peer's identity counts as proven by its certificate, or by the DNS that
 * led us to it where the policy takes dialback for good. */
void xmpp_out_ask_bidi(struct xmpp_out *o)
{
	struct xmpp_stream *s = &o->s;
	struct xmpp_ways w = xmpp_out_ways(o);
	enum xmpp_channel channel = xmpp_channel(s, s->remote);

	if (!o->bidi_offered || s->bidi || !s->secure || !may(s->x, s->remote))
		return;
	if (xmpp_ways_external(&w, channel))
		o->peer_auth = XMPP_AUTH_EXTERNAL;
	else if (xmpp_ways_dialback(&w, channel))
		o->peer_auth = XMPP_AUTH_DIALBACK;
	else
		return;
	s->bidi = true;
	(void)xmpp_stream_write(s, STR("<bidi xmlns='" XMPP_NS_BIDI "'/>"));
}

bool xmpp_out_is_stanza(const struct stox_element *e)
{
	return stox_element_is(e, NULL, STOX_NS_SERVER) &&
		stanza_kind(e) != STANZA_NONE;
}

void xmpp_out_stanza(struct xmpp_out *o, struct pool **pool,
	struct stox_element *e, size_t bytes)
{
	struct xmpp_stream *s = &o->s;
	struct xmpp_domain *d = xmpp_local(s->x, str_from(s->local));
	struct xmpp_stanza st = { .element = e, .bytes = bytes };
	struct str from = str_from(stox_element_attr(e, "from"));
	struct str to = str_from(stox_element_attr(e, "to"));
	bool bad_to;

	if (!o->welcome || !d || d->component) {
		xmpp_stream_error(s, "not-authorized",
			s->bidi ? "a stanza before authentication"
				: "stanzas come on streams that the sender "
				  "opened");
		return;
	}
	if (!from.len || !to.len || jid_parse(*pool, from, &st.from)) {
		xmpp_stream_error(s, "improper-addressing",
			"a stanza needs a valid 'from' and a 'to'");
		return;
	}
	bad_to = jid_parse(*pool, to, &st.to) != 0;
	if (!str_is(st.from.domain, s->remote)) {
		xmpp_stream_error(s, "invalid-from",
			"'from' is not the domain that this stream goes to");
	} else if (bad_to) {
		xmpp_bad_to(s, *pool, e, s->local, st.from.domain);
	} else if (!str_is(st.to.domain, s->local)) {
		xmpp_stream_error(s,
			xmpp_local(s->x, st.to.domain) ? "invalid-from"
						       : "host-unknown",
			"'to' is not the domain that this stream comes from");
	} else {
		st.local_domain = d->local->domain;
		xmpp_deliver(s, pool, &st);
	}
}

/* The peer proves its pair, which is proven already; for another one it may
 * open a stream of its own, on which nothing needs this one. */
static void result_request(struct xmpp_out *o, const char *from,
	const char *to)
{
	bool known = o->welcome && strcmp(from, o->s.remote) == 0 &&
		strcmp(to, o->s.local) == 0;

	xmpp_db_write(&o->s, &(struct xmpp_db){ .name = "result",
		.from = to, .to = from, .type = known ? "valid" : "error",
		.condition = known ? NULL : "resource-constraint" });
}

void xmpp_out_request(struct xmpp_out *o, const struct stox_element *e)
{
	char from[1024], to[1024];

	if (stox_element_is(e, "verify", NULL)) {
		xmpp_dialback_answer(&o->s, e);
	} else if (xmpp_domain(stox_element_attr(e, "from"), from) ||
		xmpp_domain(stox_element_attr(e, "to"), to)) {
		xmpp_stream_error(&o->s, "improper-addressing",
			"db:result needs from and to");
	} else {
		result_request(o, from, to);
	}
}

/* ---- a stream that was opened to us ---------------------------------------- */

bool xmpp_in_may_bidi(const struct xmpp_in *in)
{
	return in->s.secure && !in->s.bidi && may(in->s.x, in->s.remote);
}

void xmpp_in_bidi(struct xmpp_in *in)
{
	if (xmpp_in_any_valid(in) || !in->s.secure)
		xmpp_stream_error(&in->s, "policy-violation",
			"<bidi/> belongs between TLS and authentication");
	else if (may(in->s.x, in->s.remote))
		in->s.bidi = true;
}

bool xmpp_in_proven(const struct xmpp_in *in)
{
	return xmpp_in_any_valid(in) && (!in->proven || in->restarted);
}

bool xmpp_in_may_manage(const struct xmpp_in *in)
{
	const struct xmpp_partner *p = in->s.remote
		? xmpp_partner_of(in->s.x, str_from(in->s.remote))
		: NULL;

	return p && p->resume;
}

void xmpp_in_use_pair(struct xmpp_in *in, const struct xmpp_pair *p)
{
	struct xmpp_route *r = xmpp_route_get(in->s.x, p->local->domain,
		str_from(p->remote));

	if (!r)
		return;
	/* the peer has begun anew and will not resume the old one */
	if (r->limbo && !r->limbo->ours)
		xmpp_sm_drop(&r->limbo, "the peer has opened a new stream");
	xmpp_route_offer(r, &in->s);
}

/* Not at the moment of the proof: what the peer does first tells whether it
 * wants acknowledgements, or to resume, and before that nothing is sent. */
void xmpp_in_use(struct xmpp_in *in)
{
	const struct xmpp_partner *p;

	if (in->carries || !in->s.bidi || in->s.left || !xmpp_in_proven(in))
		return;
	in->carries = true;
	p = xmpp_partner_of(in->s.x, str_from(in->s.remote));
	in->s.keepalive = p && p->keepalive;
	xmpp_stream_schedule(&in->s);
	for (size_t i = 0; i < in->pair_count; i++)
		if (in->pairs[i].valid)
			xmpp_in_use_pair(in, &in->pairs[i]);
}

const struct xmpp_pair *xmpp_in_pairs(const struct xmpp_stream *s,
	size_t *ret_count)
{
	const struct xmpp_in *in = (const struct xmpp_in *)s;

	if (s->kind != &xmpp_in_kind) {
		*ret_count = 0;
		return NULL;
	}
	*ret_count = in->pair_count;
	return in->pairs;
}

struct xmpp_stream *xmpp_in_carrier(struct xmpp *x, const char *local,
	const char *remote)
{
	list_each(n, next, &x->streams) {
		struct xmpp_stream *s =
			container_of(n, struct xmpp_stream, node);
		struct xmpp_in *in = (struct xmpp_in *)s;
		struct xmpp_pair *p;

		if (!s->bidi || s->kind != &xmpp_in_kind || s->left ||
			!in->carries)
			continue;
		p = xmpp_in_pair(in, str_from(local), str_from(remote));
		if (p && p->valid)
			return s;
	}
	return NULL;
}
