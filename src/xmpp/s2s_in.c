/*
 * An inbound stream: accepting it, its header and what we offer.
 * How the peer proves who it is is in s2s_accept.c.
 */
#include "xmpp/s2s.h"
#include "xmpp/sm.h"

#include <stdio.h>
#include <stdlib.h>

/* One address may have that part of all streams without any proof. */
enum { SOURCE_SHARE = 4 };

static struct xmpp_in *in_of(struct xmpp_stream *s)
{
	return container_of(s, struct xmpp_in, s);
}

/* ---- accepting ----------------------------------------------------------- */

static void in_free(struct xmpp_in *in)
{
	struct xmpp *x = in->s.x;

	if (in->source)
		xmpp_tally_down(x->tally_source, in->source);
	if (in->partner)
		xmpp_tally_down(x->tally_partner, in->partner);
	if (in->s.dane_ask)
		x->dane_pending--;
	while (in->pair_count)
		xmpp_in_pair_remove(in, &in->pairs[0]);
	free(in->pairs);
	free(in->source);
	free(in->partner);
	xmpp_stream_clear(&in->s);
	free(in);
}

static bool source_may(struct xmpp *x, const char *source)
{
	uint64_t max = limit_get(x->limits, LIMIT_XMPP_STREAMS) / SOURCE_SHARE;

	if (xmpp_tally_up(x->tally_source, source, max ? max : 1))
		return true;
	limit_hit(x->limits, LIMIT_XMPP_STREAMS);
	return false;
}

/* Without events of ours the connection is closed again.  A source is counted
 * from now on, so during a TLS handshake too. */
static void accept_stream(struct xmpp *x, struct io_stream *io, bool direct)
{
	const char *source = io_stream_peer_address(io);
	bool spent = budget_percent(x->budget) >= 80;
	struct xmpp_in *in;

	if (x->stopping || (!spent && !xmpp_may_open(x)) ||
		!source_may(x, source))
		return;
	in = base_alloc0(sizeof(*in));
	xmpp_stream_init(&in->s, x, &xmpp_in_kind);
	in->source = base_strdup(source);
	in->direct = direct;
	io_stream_events(io, &xmpp_stream_io_events, &in->s);
	xmpp_stream_attach(&in->s, io);
	if (direct)
		in->s.rank = XMPP_STEP_TLS;
	if (!spent)
		return;
	limit_hit(x->limits, LIMIT_MEMORY);
	if (direct)
		xmpp_stream_abort(&in->s);
	else
		xmpp_stream_error(&in->s, "resource-constraint",
			"this server has no memory left for new streams");
}

void xmpp_in_accept(void *x, struct io_stream *io)
{
	accept_stream(x, io, false);
}

void xmpp_in_accept_tls(void *x, struct io_stream *io)
{
	accept_stream(x, io, true);
}

static void on_open(struct xmpp_stream *s)
{
	(void)s;
}

/* ---- the header ---------------------------------------------------------- */

enum version { VERSION_NONE, VERSION_1, VERSION_BAD };

/* "1.0" and whatever comes later; below 1.0 is as no version at all. */
static enum version version_of(const char *text)
{
	struct str rest = str_from(text), major;
	uint64_t number, minor;

	if (!text)
		return VERSION_NONE;
	major = str_cut(&rest, '.');
	if (!rest.p || str_to_u64(major, UINT32_MAX, &number) ||
		str_to_u64(rest, UINT32_MAX, &minor))
		return VERSION_BAD;
	return number ? VERSION_1 : VERSION_NONE;
}

/* Our domain in the header; pre-1.0 peers may leave it out when there is no
 * doubt.  NULL after closing the stream. */
static const struct xmpp_local *local_of(struct xmpp_in *in, const char *to)
{
	struct xmpp *x = in->s.x;
	struct xmpp_domain *d = NULL;
	BASE_SCRATCH char domain[1024];

	if (!to && in->old && x->config.local_count == 1) {
		d = &x->domains[0];
	} else if (!to) {
		xmpp_stream_error(&in->s, "improper-addressing",
			"the stream header has no 'to'");
		return NULL;
	} else if (xmpp_domain(to, domain) == 0) {
		d = xmpp_local(x, str_from(domain));
	}
	if (!d || d->component) {
		xmpp_stream_error(&in->s, "host-unknown",
			"this domain is not served here");
		return NULL;
	}
	return d->local;
}

/* A restart must not change the ends of the stream.  What was left out before
 * TLS may be added after it. */
static bool ends_changed(struct xmpp_in *in, const char *local,
	const char *remote)
{
	struct xmpp_stream *s = &in->s;

	if ((s->local && strcmp(s->local, local) != 0) ||
		(s->remote && (!remote || strcmp(s->remote, remote) != 0)))
		return true;
	xmpp_stream_set(&s->local, local);
	xmpp_stream_set(&s->remote, remote);
	return false;
}

/* The header's `to` is the address of the stream, RFC 6120, 4.7.2.  A TLS
 * client that has named another domain of ours has changed its mind as in a
 * restart, and holds a certificate that was not meant for this one. */
static bool sni_differs(const struct xmpp_in *in, const char *local)
{
	const char *sni = in->s.secure ? io_stream_sni(in->s.io) : NULL;
	BASE_SCRATCH char domain[1024];

	return sni && xmpp_domain(sni, domain) == 0 &&
		strcmp(domain, local) != 0 &&
		xmpp_local(in->s.x, str_from(domain));
}

static bool remote_allowed(struct xmpp_in *in, const char *remote)
{
	const struct xmpp_partner *p =
		xmpp_partner_of(in->s.x, str_from(remote));
	struct xmpp_ways w = xmpp_ways_of(p);
	char text[300];

	if (xmpp_local(in->s.x, str_from(remote))) {
		xmpp_stream_refuse(&in->s, XMPP_STEP_POLICY,
			"policy-violation", "that domain is served here");
		return false;
	}
	if (xmpp_ways_none(&w)) {
		snprintf(text, sizeof(text), "%.200s is not an allowed partner "
			"of this server", remote);
		xmpp_stream_refuse(&in->s, XMPP_STEP_POLICY,
			"policy-violation", text);
		return false;
	}
	if (in->old &&
		!xmpp_ways_dialback(&w, xmpp_channel(&in->s, remote))) {
		xmpp_stream_refuse(&in->s, XMPP_STEP_POLICY,
			"policy-violation",
			"a stream without version cannot use TLS, which is "
			"required");
		return false;
	}
	return true;
}

static void offer(struct xmpp_in *in);

static void answer_header(struct xmpp_in *in)
{
	char id[33];

	xmpp_stream_id(in->s.x, id);
	xmpp_stream_set(&in->s.id, id);
	xmpp_stream_open(&in->s, in->s.local, in->s.remote, id, !in->old);
}

static void on_header(struct xmpp_stream *s, const struct stox_element *root)
{
	struct xmpp_in *in = in_of(s);
	const char *from = stox_element_attr(root, "from");
	enum version version = version_of(stox_element_attr(root, "version"));
	const struct xmpp_local *local;
	BASE_SCRATCH char remote[1024];

	in->old = version == VERSION_NONE;
	if (from && xmpp_domain(from, remote)) {
		xmpp_stream_error(s, "improper-addressing",
			"the stream header's 'from' is not a domain");
		return;
	}
	local = local_of(in, stox_element_attr(root, "to"));
	if (!local)
		return;
	if (ends_changed(in, local->domain, from ? remote : NULL)) {
		xmpp_stream_error(s, "not-authorized",
			"'from' and 'to' may not change");
		return;
	}
	if (sni_differs(in, local->domain)) {
		xmpp_stream_error(s, "not-authorized",
			"'to' is not the domain that TLS was begun for");
		return;
	}
	answer_header(in);
	in->restarted = in->proven;
	if (version == VERSION_BAD)
		xmpp_stream_error(s, "unsupported-version", NULL);
	else if ((!from || remote_allowed(in, remote)) && !in->old &&
		!xmpp_in_dane(in, offer))
		offer(in);
}

/* ---- features ------------------------------------------------------------ */

static void add_limits(struct buf *b, struct limits *l)
{
	buf_add_text(b, "<limits xmlns='" XMPP_NS_LIMITS "'><max-bytes>");
	buf_add_u64(b, limit_get(l, LIMIT_STANZA));
	buf_add_text(b, "</max-bytes><idle-seconds>");
	buf_add_u64(b, limit_get(l, LIMIT_XMPP_IDLE));
	buf_add_text(b, "</idle-seconds></limits>");
}

/* The limits of what the peer may get from us back on the same stream are its
 * own business; ours stand where XEP-0478 wants them. */
static void add_bidi(struct buf *b, struct limits *l)
{
	buf_add_text(b, "<bidi xmlns='" XMPP_NS_BIDI_FEATURE "'>");
	add_limits(b, l);
	buf_add_text(b, "</bidi>");
}

/* After the proof.  Where that is dialback no other features follow, so they
 * are told before; they may be used only after it. */
static void add_management(struct xmpp_in *in, struct buf *b, bool external)
{
	if (xmpp_in_may_manage(in) && (in->proven || !external))
		buf_add_text(b, "<sm xmlns='" XMPP_NS_SM "'/>");
}

static void add_dialback(struct buf *b)
{
	buf_add_text(b, "<dialback xmlns='" XMPP_NS_DIALBACK_FEATURE
		"'><errors/></dialback>");
}

/* In the clear: TLS, and dialback only for whom that is allowed. */
static void add_plain(struct xmpp_in *in, struct buf *b,
	const struct xmpp_ways *w)
{
	bool known = in->s.remote != NULL;

	if (in->s.x->config.credentials && (xmpp_ways_tls(w) || !known)) {
		buf_add_text(b, "<starttls xmlns='" XMPP_NS_TLS "'>");
		if (!xmpp_ways_dialback(w, XMPP_CHANNEL_PLAIN))
			buf_add_text(b, "<required/>");
		buf_add_text(b, "</starttls>");
	}
	if (xmpp_ways_dialback(w, XMPP_CHANNEL_PLAIN)) {
		add_dialback(b);
		add_management(in, b, false);
	}
}

/* What is missing, to the peer in its terms. */
static void no_way_left(struct xmpp_in *in, const struct xmpp_ways *w)
{
	struct xmpp_problem problem = { .step = XMPP_STEP_POLICY };
	char text[600];

	if (!xmpp_ways_tls(w))
		snprintf(text, sizeof(text),
			"TLS is ruled out for %.200s by our policy",
			in->s.remote);
	else if (xmpp_certificate(&in->s, in->s.remote, &problem))
		snprintf(text, sizeof(text),
			"no way is left to prove %.200s", in->s.remote);
	else
		snprintf(text, sizeof(text), "a valid certificate is required, "
			"but of your server: %s", problem.why);
	xmpp_stream_refuse(&in->s, problem.step, "not-authorized", text);
}

/* Inside TLS: EXTERNAL exactly when it can succeed. */
static bool add_secure(struct xmpp_in *in, struct buf *b,
	const struct xmpp_ways *w)
{
	bool external = !in->proven &&
		xmpp_ways_external(w, xmpp_channel(&in->s, in->s.remote));
	bool dialback = in->s.remote &&
		xmpp_in_may_dialback(in, in->s.remote);

	if (!external && !dialback && !in->proven && in->s.remote)
		return false;
	if (external)
		buf_add_text(b, "<mechanisms xmlns='" XMPP_NS_SASL
			"'><mechanism>EXTERNAL</mechanism></mechanisms>");
	/* who is unknown yet may name itself in dialback */
	if (dialback || !in->s.remote)
		add_dialback(b);
	if (!in->proven && xmpp_in_may_bidi(in))
		add_bidi(b, in->s.x->limits);
	add_limits(b, in->s.x->limits);
	add_management(in, b, external);
	return true;
}

/* What the core wants offered, such as caps; only after authentication, to keep
 * strangers out of it. */
static void add_more(struct xmpp_in *in, struct buf *b)
{
	const struct xmpp_config *c = &in->s.x->config;
	struct xmpp_domain *d = xmpp_local(in->s.x, str_from(in->s.local));

	if (in->proven && d && c->features && c->features[d->local - c->locals])
		buf_add_text(b, c->features[d->local - c->locals]);
}

static void offer(struct xmpp_in *in)
{
	struct xmpp_stream *s = &in->s;
	struct buf *b = &s->x->line;
	struct xmpp_ways w = { 0 };

	if (s->remote)
		w = xmpp_ways_of(xmpp_partner_of(s->x, str_from(s->remote)));
	buf_clear(b);
	buf_add_text(b, "<stream:features>");
	if (!s->secure) {
		add_plain(in, b, &w);
	} else if (!add_secure(in, b, &w)) {
		no_way_left(in, &w);
		return;
	}
	add_more(in, b);
	buf_add_text(b, "</stream:features>");
	(void)xmpp_stream_write(s, buf_str(b));
}

/* ---- TLS ----------------------------------------------------------------- */

static void starttls(struct xmpp_in *in, const struct stox_element *e)
{
	struct xmpp_ways w = xmpp_ways_of(in->s.remote
		? xmpp_partner_of(in->s.x, str_from(in->s.remote))
		: NULL);

	if (stox_element_is(e, "starttls", NULL) && !in->s.secure &&
		(!in->s.remote || xmpp_ways_tls(&w)) &&
		in->s.x->config.credentials) {
		xmpp_stream_await_tls(&in->s);
		return;
	}
	(void)xmpp_stream_write(&in->s,
		STR("<failure xmlns='" XMPP_NS_TLS "'/>"));
	xmpp_stream_blame(&in->s, XMPP_STEP_STREAM, STOX_POLICY_VIOLATION,
		"it asked for TLS where there is none");
	xmpp_stream_finish(&in->s);
}

static void on_tls(struct xmpp_stream *s)
{
	const struct xmpp_partner *p = s->remote
		? xmpp_partner_of(s->x, str_from(s->remote))
		: NULL;
	char ascii[256];
	struct io_tls_config tls = {
		.credentials = s->x->config.credentials,
		.ask_certificate = true,
		.min = p ? p->tls_min : IO_TLS_DEFAULT,
	};

	if (io_domain_to_ascii(str_from(s->local), ascii, sizeof(ascii)) == 0)
		tls.local_name = ascii;
	if (p && p->certificate) {
		tls.local_name = p->certificate;
		tls.insist = true;
	}
	(void)xmpp_stream_write(s,
		STR("<proceed xmlns='" XMPP_NS_TLS "'/>"));
	io_starttls(s->io, &tls);
}

static void on_secure(struct xmpp_stream *s)
{
	(void)s; /* the peer's new header comes next */
}

/* ---- elements ------------------------------------------------------------ */

static bool is_stanza_name(const struct stox_element *e)
{
	return stox_element_is(e, "message", NULL) ||
		stox_element_is(e, "presence", NULL) ||
		stox_element_is(e, "iq", NULL);
}

static void on_element(struct xmpp_stream *s, struct pool **pool,
	struct stox_element *e, size_t bytes)
{
	struct xmpp_in *in = in_of(s);

	if (stox_element_is(e, NULL, STOX_NS_SERVER) && is_stanza_name(e))
		xmpp_in_stanza(in, pool, e, bytes);
	else if (xmpp_sm_in_element(s, e))
		return;
	else if (s->left)
		return;
	else if (stox_element_is(e, NULL, XMPP_NS_TLS))
		starttls(in, e);
	else if (stox_element_is(e, NULL, XMPP_NS_SASL))
		xmpp_in_sasl(in, e);
	else if (stox_element_is(e, NULL, XMPP_NS_DIALBACK))
		xmpp_in_dialback(in, e);
	else if (stox_element_is(e, "bidi", XMPP_NS_BIDI))
		xmpp_in_bidi(in);
	else if (stox_element_is(e, NULL, XMPP_NS_CLIENT) && is_stanza_name(e))
		xmpp_stream_error(s, "invalid-namespace",
			"servers speak jabber:server");
	else
		xmpp_stream_error(s, "unsupported-stanza-type", NULL);
}

/* ---- the rest ------------------------------------------------------------ */

static void on_closed(struct xmpp_stream *s)
{
	xmpp_sm_closed(s);
	xmpp_routes_drained(s);
	in_free(in_of(s));
}

static void destroy(struct xmpp_stream *s)
{
	in_free(in_of(s));
}

static const char *state(const struct xmpp_stream *s)
{
	if (s->end_sent || s->end_seen || s->dead)
		return "closing";
	if (s->ready)
		return "ready";
	if (((const struct xmpp_in *)s)->direct && !s->secure)
		return "in the TLS handshake";
	if (!s->header_seen)
		return s->secure ? "waiting for its header after TLS"
				 : "waiting for its header";
	return s->secure ? "waiting for it to authenticate"
			 : "waiting for it to begin TLS or dialback";
}

/* What it may not send any more it may not be sent here either. */
static void lose_pair(struct xmpp_in *in, struct xmpp_pair *p)
{
	struct xmpp_route *r = xmpp_route_find(in->s.x,
		str_from(p->local_name), str_from(p->remote));

	xmpp_in_pair_remove(in, p);
	if (r && r->carrier == &in->s)
		xmpp_route_left(r, &in->s, false);
}

void xmpp_in_reconsider(struct xmpp_stream *s)
{
	struct xmpp_in *in = in_of(s);

	for (size_t i = in->pair_count; i-- > 0;) {
		struct xmpp_pair *p = &in->pairs[i];
		struct xmpp_domain *d =
			xmpp_local(s->x, str_from(p->local_name));
		struct xmpp_ways w = xmpp_ways_of(
			xmpp_partner_of(s->x, str_from(p->remote)));

		if (d && !d->component && (!p->valid ||
			xmpp_ways_allow(&w, p->auth)))
			p->local = d->local;
		else
			lose_pair(in, p);
	}
	if (s->ready && !xmpp_in_any_valid(in))
		xmpp_stream_error(s, "reset", "the configuration has changed");
}

const struct xmpp_stream_kind xmpp_in_kind = {
	.direction = "in",
	.ns = STOX_NS_SERVER,
	.on_open = on_open,
	.on_secure = on_secure,
	.on_header = on_header,
	.on_element = on_element,
	.on_tls = on_tls,
	.on_leave = xmpp_routes_left,
	.on_closed = on_closed,
	.destroy = destroy,
	.state = state,
};
