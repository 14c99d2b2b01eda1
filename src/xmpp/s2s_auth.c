/*
 * What is said on an outgoing stream until it is ready: TLS, EXTERNAL and
 * dialback as the initiator.  stox.md 8.3.
 */
#include "xmpp/s2s.h"
#include "xmpp/sm.h"

#include <stdio.h>
#include <stdlib.h>

/* A stream that was opened to verify keys only waits so long for stanzas. */
enum { VERIFY_IDLE_MS = 30000 };

static struct xmpp_out *out_of(struct xmpp_stream *s)
{
	return container_of(s, struct xmpp_out, s);
}

/* Give the stream up for a reason that is ours, not the peer's. */
static void refuse(struct xmpp_out *o, enum xmpp_step step,
	enum stox_condition fault, const char *why)
{
	xmpp_stream_blame(&o->s, step, fault, "%s", why);
	xmpp_stream_finish(&o->s);
}

void xmpp_out_header(struct xmpp_out *o)
{
	xmpp_out_enter(o, XMPP_OUT_HEADER);
	xmpp_stream_open(&o->s, o->s.local, o->s.remote, NULL, true);
}

/* ---- authentication ------------------------------------------------------ */

static bool may_manage(const struct xmpp_out *o)
{
	const struct xmpp_partner *p =
		xmpp_partner_of(o->s.x, str_from(o->s.remote));

	return o->sm_offered && p && p->resume;
}

void xmpp_out_go(struct xmpp_out *o)
{
	struct xmpp_route *r = o->route;

	if (r->limbo && r->limbo->ours)
		xmpp_sm_drop(&r->limbo, "the peer did not resume it");
	xmpp_out_enter(o, XMPP_OUT_READY);
	xmpp_stream_ready(&o->s, o->own_auth);
	xmpp_checks_send(&o->checks, &o->s);
	if (may_manage(o))
		xmpp_sm_enable(o);
	xmpp_route_open(r, &o->s);
}

/* A proof that we have given, the peer's being good enough for bidi. */
static void ready(struct xmpp_out *o, enum xmpp_auth auth)
{
	const struct xmpp_partner *p =
		xmpp_partner_of(o->s.x, str_from(o->s.remote));
	struct xmpp_sm *sm = o->route->limbo;

	o->s.keepalive = p && p->keepalive;
	o->own_auth = auth;
	o->welcome = o->s.bidi;
	if (o->welcome)
		xmpp_stream_raise_cap(&o->s);
	if (sm && sm->ours && may_manage(o) && sm->bidi == o->s.bidi) {
		xmpp_out_enter(o, XMPP_OUT_RESUMING);
		xmpp_sm_resume(o, sm);
	} else {
		xmpp_out_go(o);
	}
}

static void send_external(struct xmpp_out *o)
{
	struct str local = str_from(o->s.local);
	char *base64 = base_alloc(4 * ((local.len + 2) / 3) + 1);
	struct buf *b = &o->s.x->line;

	str_base64(local.p, local.len, base64);
	buf_clear(b);
	buf_printf(b, "<auth xmlns='" XMPP_NS_SASL
		"' mechanism='EXTERNAL'>%s</auth>", base64);
	free(base64);
	xmpp_out_enter(o, XMPP_OUT_EXTERNAL);
	(void)xmpp_stream_write(&o->s, buf_str(b));
}

static void send_dialback(struct xmpp_out *o)
{
	char key[65];

	if (!o->s.id) {
		refuse(o, XMPP_STEP_DIALBACK, STOX_REMOTE_SERVER_TIMEOUT,
			"dialback is not possible, its stream has no id");
		return;
	}
	xmpp_dialback_key(o->s.x->dialback_hash, o->s.remote, o->s.local,
		o->s.id, key);
	xmpp_out_enter(o, XMPP_OUT_DIALBACK);
	xmpp_db_write(&o->s, &(struct xmpp_db){ .name = "result",
		.from = o->s.local, .to = o->s.remote, .key = key });
	xmpp_checks_send(&o->checks, &o->s);
}

/* The strongest way that both sides have.  Dialback is tried without being
 * offered too: old servers do it and do not say so. */
static void authenticate(struct xmpp_out *o)
{
	struct xmpp_ways w = xmpp_out_ways(o);
	enum xmpp_channel channel = xmpp_channel(&o->s, o->s.remote);

	xmpp_out_ask_bidi(o);
	if (o->external_offered && xmpp_ways_external(&w, channel))
		send_external(o);
	else if (xmpp_ways_dialback(&w, channel))
		send_dialback(o);
	else if (xmpp_ways_external(&w, channel))
		refuse(o, XMPP_STEP_EXTERNAL, STOX_REMOTE_SERVER_TIMEOUT,
			"it does not offer EXTERNAL, which our policy "
			"requires; it may not trust our certificate");
	else
		refuse(o, XMPP_STEP_POLICY, STOX_REMOTE_SERVER_TIMEOUT,
			"our policy rules out dialback");
}

/* Negotiation has come to where stanzas need a proof.  Without stanzas the
 * stream serves to verify keys. */
static void settled(struct xmpp_out *o)
{
	xmpp_checks_send(&o->checks, &o->s);
	if (xmpp_route_wants(o->route)) {
		authenticate(o);
		return;
	}
	xmpp_out_enter(o, XMPP_OUT_VERIFYING);
	o->s.ready = true;
	o->s.idle_ms = VERIFY_IDLE_MS;
	o->s.active_ms = io_now_ms(o->s.x->env);
	xmpp_stream_schedule(&o->s);
}

void xmpp_out_wanted(struct xmpp_out *o)
{
	struct xmpp_stream *s = &o->s;

	if (o->state != XMPP_OUT_VERIFYING)
		return;
	s->ready = false;
	s->idle_ms = limit_get(s->x->limits, LIMIT_XMPP_IDLE) * 1000;
	s->deadline_ms = io_now_ms(s->x->env) +
		limit_get(s->x->limits, LIMIT_XMPP_SETUP) * 1000;
	o->deadline_ms = s->deadline_ms;
	xmpp_stream_schedule(s);
	authenticate(o);
}

void xmpp_out_verify(struct xmpp_route *r, struct xmpp_check *c)
{
	struct xmpp_out *o;

	if (!r->out && !xmpp_route_failed_lately(r))
		xmpp_out_open(r);
	o = r->out;
	if (!o) {
		xmpp_check_end(c, XMPP_UNDECIDED, "remote-server-timeout");
		return;
	}
	list_append(&o->checks, &c->node);
	/* Not later in dialback: the peer may want its own key verified before
	 * it tells the outcome of ours, as Prosody does. */
	if (o->state == XMPP_OUT_READY || o->state == XMPP_OUT_VERIFYING ||
		o->state == XMPP_OUT_DIALBACK) {
		o->s.active_ms = io_now_ms(o->s.x->env);
		xmpp_checks_send(&o->checks, &o->s);
	}
}

/* ---- TLS ----------------------------------------------------------------- */

void xmpp_out_on_tls(struct xmpp_stream *s)
{
	struct xmpp_out *o = out_of(s);
	const struct xmpp_partner *p =
		xmpp_partner_of(s->x, str_from(s->remote));
	struct io_tls_config tls = {
		.credentials = s->x->config.credentials,
		.local_name = p && p->certificate ? p->certificate
						  : o->local_ascii,
		.server_name = o->ascii,
		.min = p ? p->tls_min : IO_TLS_DEFAULT,
	};

	xmpp_out_enter(o, XMPP_OUT_HANDSHAKE);
	io_starttls(s->io, &tls);
}

/* A certificate that proves nothing ends the stream unless dialback over TLS
 * would do as well.  What DNSSEC contradicts is somebody else. */
void xmpp_out_on_secure(struct xmpp_stream *s)
{
	struct xmpp_out *o = out_of(s);
	struct xmpp_ways w = xmpp_out_ways(o);
	struct xmpp_problem problem;
	char remote[128];

	if (xmpp_certificate(s, s->remote, &problem)) {
		xmpp_out_header(o);
		return;
	}
	if (problem.step == XMPP_STEP_DANE || o->followed ||
		w.on[XMPP_CHANNEL_UNPROVEN] == XMPP_CLOSE) {
		xmpp_stream_blame(s, problem.step, STOX_REMOTE_SERVER_TIMEOUT,
			"%s", problem.why);
		xmpp_stream_abort(s);
		return;
	}
	if (xmpp_ways_external(&w, XMPP_CHANNEL_PROVEN))
		log_event(s->x->log, STOX_LOG_WARN, "xmpp", 0,
			"certificate-unproven", "step=%s local=%s remote=%s "
			"why=\"%s\"", xmpp_step_name(problem.step), s->local,
			log_text(str_from(s->remote), remote, sizeof(remote)),
			problem.why);
	xmpp_out_header(o);
}

/* ---- what the peer says -------------------------------------------------- */

/* The ids of our answers are known to nobody else before the peer reads them:
 * who answers with one is this server.  trust.md I12. */
static bool is_ourselves(const struct xmpp_stream *s)
{
	list_each(n, next, &s->x->streams) {
		const struct xmpp_stream *other =
			container_of(n, struct xmpp_stream, node);

		if (other->kind == &xmpp_in_kind && s->id && other->id &&
			strcmp(other->id, s->id) == 0)
			return true;
	}
	return false;
}

/* A peer of the time before RFC 3920 sends no version: no features follow,
 * dialback is all it can do. */
void xmpp_out_on_header(struct xmpp_stream *s, const struct stox_element *root)
{
	struct xmpp_out *o = out_of(s);
	struct xmpp_ways w = xmpp_out_ways(o);

	xmpp_stream_set(&s->id, stox_element_attr(root, "id"));
	xmpp_out_enter(o, XMPP_OUT_FEATURES);
	if (is_ourselves(s)) {
		refuse(o, XMPP_STEP_TCP, STOX_REMOTE_SERVER_NOT_FOUND,
			"its address leads back to this server");
		return;
	}
	if (stox_element_attr(root, "version"))
		return;
	if ((s->secure || !xmpp_out_must_tls(o)) &&
		xmpp_ways_dialback(&w, xmpp_channel(s, s->remote)) && !o->proven)
		settled(o);
	else
		refuse(o, XMPP_STEP_POLICY, STOX_REMOTE_SERVER_TIMEOUT,
			"it speaks XMPP without features, and our policy asks "
			"for TLS");
}

static bool offers_external(const struct stox_element *features)
{
	const struct stox_element *list =
		stox_element_child(features, "mechanisms", XMPP_NS_SASL);
	const struct stox_element *m =
		list ? stox_element_child(list, "mechanism", XMPP_NS_SASL)
		     : NULL;

	for (; m; m = stox_element_next(m, "mechanism", XMPP_NS_SASL))
		if (str_is(str_trim(str_from(stox_element_text(m))),
			"EXTERNAL"))
			return true;
	return false;
}

static void plain_features(struct xmpp_out *o, const struct stox_element *e)
{
	struct xmpp_ways w = xmpp_out_ways(o);
	const struct stox_element *tls =
		stox_element_child(e, "starttls", XMPP_NS_TLS);

	if (tls && xmpp_ways_tls(&w) && !o->plain_only) {
		xmpp_out_enter(o, XMPP_OUT_STARTTLS);
		(void)xmpp_stream_write(&o->s,
			STR("<starttls xmlns='" XMPP_NS_TLS "'/>"));
	} else if (xmpp_out_dane_tls(o)) {
		refuse(o, XMPP_STEP_DANE, STOX_REMOTE_SERVER_TIMEOUT,
			"it offers no TLS, and its TLSA records say that it "
			"has it");
	} else if (o->followed) {
		refuse(o, XMPP_STEP_TLS, STOX_REMOTE_SERVER_TIMEOUT,
			"it offers no TLS, without which see-other-host is not "
			"followed");
	} else if (!xmpp_ways_dialback(&w, XMPP_CHANNEL_PLAIN)) {
		refuse(o, XMPP_STEP_POLICY, STOX_REMOTE_SERVER_TIMEOUT,
			"it offers no TLS, which our policy requires");
	} else if (tls && stox_element_child(tls, "required", XMPP_NS_TLS)) {
		refuse(o, XMPP_STEP_POLICY, STOX_REMOTE_SERVER_TIMEOUT,
			o->plain_only
				? "it requires TLS, and TLS has failed"
				: "it requires TLS, which our policy for it "
				  "rules out");
	} else {
		settled(o);
	}
}

/* Old versions of ejabberd have taken the one namespace for the other. */
static const struct stox_element *bidi_feature(const struct stox_element *e)
{
	const struct stox_element *bidi =
		stox_element_child(e, "bidi", XMPP_NS_BIDI_FEATURE);

	return bidi ? bidi : stox_element_child(e, "bidi", XMPP_NS_BIDI);
}

static void read_limits(struct xmpp_out *o, const struct stox_element *e)
{
	const struct stox_element *bidi = bidi_feature(e);
	const struct stox_element *limits = stox_element_child(
		bidi ? bidi : e, "limits", XMPP_NS_LIMITS);
	const char *max, *idle;
	uint64_t bytes, idle_s;

	if (!limits)
		limits = stox_element_child(e, "limits", XMPP_NS_LIMITS);
	max = limits ? stox_element_child_text(limits, "max-bytes")
				 : NULL;
	/* less than every server must take is not a limit but a mistake */
	if (max && !str_to_u64(str_trim(str_from(max)), SIZE_MAX, &bytes) &&
		bytes >= 10000)
		o->s.max_bytes = bytes;
	idle = limits ? stox_element_child_text(limits, "idle-seconds") : NULL;
	if (idle && !str_to_u64(str_trim(str_from(idle)), UINT32_MAX, &idle_s))
		o->s.peer_idle_s = (uint32_t)idle_s;
}

static void features(struct xmpp_out *o, const struct stox_element *e)
{
	if (o->state != XMPP_OUT_FEATURES)
		return;
	o->external_offered = offers_external(e);
	o->dialback_offered = stox_element_child(e, "dialback",
		XMPP_NS_DIALBACK_FEATURE) != NULL;
	o->bidi_offered = o->s.secure && bidi_feature(e);
	o->sm_offered = stox_element_child(e, "sm", XMPP_NS_SM) != NULL;
	read_limits(o, e);
	if (!o->s.secure)
		plain_features(o, e);
	else if (o->proven)
		ready(o, XMPP_AUTH_EXTERNAL);
	else
		settled(o);
}

static void tls_answer(struct xmpp_out *o, const struct stox_element *e)
{
	if (o->state != XMPP_OUT_STARTTLS)
		xmpp_stream_error(&o->s, "policy-violation",
			"unexpected STARTTLS answer");
	else if (stox_element_is(e, "proceed", NULL))
		xmpp_stream_await_tls(&o->s);
	else
		refuse(o, XMPP_STEP_TLS, STOX_REMOTE_SERVER_TIMEOUT,
			"it offered TLS and then refused it");
}

static const char *sasl_condition(const struct stox_element *e)
{
	const struct stox_element *c =
		stox_element_child(e, NULL, XMPP_NS_SASL);

	return c ? stox_element_name(c) : "no reason given";
}

static void sasl_failure(struct xmpp_out *o, const struct stox_element *e)
{
	struct xmpp_ways w = xmpp_out_ways(o);
	char remote[128], why[64];

	if (xmpp_ways_dialback(&w, xmpp_channel(&o->s, o->s.remote))) {
		log_event(o->s.x->log, STOX_LOG_INFO, "xmpp", 0,
			"external-refused", "local=%s remote=%s why=%s",
			o->s.local,
			log_text(str_from(o->s.remote), remote,
				sizeof(remote)),
			log_text(str_from(sasl_condition(e)), why,
				sizeof(why)));
		send_dialback(o);
		return;
	}
	xmpp_stream_blame(&o->s, XMPP_STEP_EXTERNAL, STOX_REMOTE_SERVER_TIMEOUT,
		"it refused EXTERNAL with our certificate: %.60s",
		sasl_condition(e));
	xmpp_stream_finish(&o->s);
}

static void sasl_answer(struct xmpp_out *o, const struct stox_element *e)
{
	if (o->state != XMPP_OUT_EXTERNAL) {
		xmpp_stream_error(&o->s, "policy-violation",
			"unexpected SASL element");
	} else if (stox_element_is(e, "success", NULL)) {
		o->proven = true;
		xmpp_stream_restart(&o->s);
		xmpp_out_header(o);
	} else if (stox_element_is(e, "challenge", NULL)) {
		/* the initial response was not taken: '=' is the empty one */
		(void)xmpp_stream_write(&o->s,
			STR("<response xmlns='" XMPP_NS_SASL "'>=</response>"));
	} else {
		sasl_failure(o, e);
	}
}

static bool is_our_pair(const struct xmpp_out *o, const struct stox_element *e)
{
	char from[1024], to[1024];

	return !xmpp_domain(stox_element_attr(e, "from"), from) &&
		!xmpp_domain(stox_element_attr(e, "to"), to) &&
		strcmp(from, o->s.remote) == 0 && strcmp(to, o->s.local) == 0;
}

static void dialback_result(struct xmpp_out *o, const struct stox_element *e)
{
	const char *type = stox_element_attr(e, "type");

	if (type && strcmp(type, "valid") == 0) {
		ready(o, o->s.secure ? XMPP_AUTH_DIALBACK
				     : XMPP_AUTH_DIALBACK_PLAIN);
	} else if (type && strcmp(type, "invalid") == 0) {
		refuse(o, XMPP_STEP_DIALBACK, STOX_INTERNAL_SERVER_ERROR,
			"dialback failed, it takes our key for invalid");
	} else {
		xmpp_stream_blame(&o->s, XMPP_STEP_DIALBACK,
			STOX_REMOTE_SERVER_TIMEOUT,
			"dialback failed, it could not check our key: %.60s",
			xmpp_db_condition(e));
		xmpp_stream_finish(&o->s);
	}
}

static void dialback(struct xmpp_out *o, const struct stox_element *e)
{
	char remote[128];

	if (stox_element_is(e, "result", NULL) &&
		o->state == XMPP_OUT_DIALBACK && is_our_pair(o, e)) {
		dialback_result(o, e);
		return;
	}
	if (stox_element_is(e, "verify", NULL) &&
		xmpp_check_answer(&o->checks, e))
		return;
	if (o->welcome && !stox_element_attr(e, "type")) {
		xmpp_out_request(o, e);
		return;
	}
	log_event(o->s.x->log, STOX_LOG_WARN, "xmpp", 0,
		"dialback-unsolicited", "direction=out local=%s remote=%s",
		o->s.local,
		log_text(str_from(o->s.remote), remote, sizeof(remote)));
	xmpp_stream_error(&o->s, "policy-violation",
		"a dialback answer that nobody asked for");
}

void xmpp_out_on_element(struct xmpp_stream *s, struct pool **pool,
	struct stox_element *e, size_t bytes)
{
	struct xmpp_out *o = out_of(s);

	if (s->bidi && xmpp_out_is_stanza(e)) {
		xmpp_out_stanza(o, pool, e, bytes);
		return;
	}
	if (s->sm && xmpp_sm_element(s, e))
		return;
	if (s->left || xmpp_sm_out_element(o, e))
		return;
	if (stox_element_is(e, "features", XMPP_NS_STREAMS))
		features(o, e);
	else if (stox_element_is(e, NULL, XMPP_NS_TLS))
		tls_answer(o, e);
	else if (stox_element_is(e, NULL, XMPP_NS_SASL))
		sasl_answer(o, e);
	else if (stox_element_is(e, NULL, XMPP_NS_DIALBACK))
		dialback(o, e);
	else
		xmpp_stream_error(s, "not-authorized",
			"stanzas come on streams that the sender opened");
}
