/*
 * DANE for streams: TLSA records are asked for before an outgoing connection
 * is made and before an inbound peer is offered to prove itself.  What they
 * are worth decides xmpp_certificate().  RFC 7673, RFC 7712.
 */
#include "xmpp/s2s.h"

#include <string.h>

static const char *const services[] = {
	"_xmpps-server._tcp", "_xmpp-server._tcp", NULL
};

/* Where a proxy is configured the DNS does not say who serves the domain. */
static bool wanted(const struct xmpp *x, const char *remote)
{
	const struct xmpp_partner *p = xmpp_partner_of(x, str_from(remote));
	struct xmpp_ways w = xmpp_ways_of(p);

	return p && p->dane && !p->proxy && xmpp_ways_tls(&w);
}

static void keep(struct xmpp_stream *s, struct io_dane *dane)
{
	s->dane_ask = NULL;
	io_dane_free(&s->dane);
	/* most have none: they cost nothing */
	if (dane->status == IO_DANE_NONE && dane->count == 0)
		io_dane_free(&dane);
	s->dane = dane;
}

/* ---- out ----------------------------------------------------------------- */

static void on_out(void *arg, struct io_dane *dane)
{
	struct xmpp_out *o = arg;

	keep(&o->s, dane);
	o->dane_done(o);
}

bool xmpp_out_dane(struct xmpp_out *o, const struct io_target *t,
	void (*go_on)(struct xmpp_out *o))
{
	const struct io_dane_ask_config c = { .targets = t, .count = 1,
		.done = on_out, .arg = o };

	io_dane_free(&o->s.dane);
	xmpp_stream_set(&o->s.dane_host, NULL);
	/* without a signed SRV record anybody could have named the host */
	if (!t->secure || !wanted(o->s.x, o->s.remote))
		return false;
	xmpp_stream_set(&o->s.dane_host, t->host);
	o->dane_done = go_on;
	o->s.dane_ask = io_dane_ask(o->s.x->env, &c);
	return true;
}

bool xmpp_out_dane_tls(const struct xmpp_out *o)
{
	return o->s.dane && o->s.dane->status != IO_DANE_NONE;
}

/* ---- in ------------------------------------------------------------------ */

static void on_in(void *arg, struct io_dane *dane)
{
	struct xmpp_in *in = arg;
	struct xmpp_stream *s = &in->s;

	s->x->dane_pending--;
	keep(s, dane);
	if (!s->end_sent && !s->end_seen && !s->dead)
		in->dane_done(in);
}

/* So many are asked for that an answer cannot be waited for. */
static void too_many(struct xmpp_stream *s)
{
	limit_hit(s->x->limits, LIMIT_DANE_PENDING);
	s->dane = base_alloc0(sizeof(*s->dane));
	s->dane->status = IO_DANE_FAILED;
}

bool xmpp_in_dane(struct xmpp_in *in, void (*go_on)(struct xmpp_in *in))
{
	struct xmpp_stream *s = &in->s;
	const struct io_identity *id =
		s->secure ? io_stream_identity(s->io) : NULL;
	struct io_dane_ask_config c = { .services = services, .done = on_in,
		.arg = in };
	char ascii[256];

	if (!id || !id->present || !s->remote || in->dane_asked ||
		!wanted(s->x, s->remote) ||
		io_domain_to_ascii(str_from(s->remote), ascii, sizeof(ascii)))
		return false;
	in->dane_asked = true;
	if (s->x->dane_pending >= limit_get(s->x->limits, LIMIT_DANE_PENDING)) {
		too_many(s);
		return false;
	}
	s->x->dane_pending++;
	in->dane_done = go_on;
	c.domain = ascii;
	s->dane_ask = io_dane_ask(s->x->env, &c);
	return true;
}
