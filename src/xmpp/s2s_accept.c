/*
 * How the peer of an inbound stream proves who it is: SASL EXTERNAL and
 * dialback as the receiving server.
 */
#include "xmpp/s2s.h"

#include <stdlib.h>

/* ---- authorisation ------------------------------------------------------- */

static uint64_t stream_limit(struct xmpp *x, const char *remote)
{
	const struct xmpp_partner *p = xmpp_partner_of(x, str_from(remote));

	return p && p->connection_limit
		? p->connection_limit
		: limit_get(x->limits, LIMIT_XMPP_STREAMS_PARTNER);
}

/* Streams are counted for a partner once it has proven itself: a stranger who
 * claims its name cannot use up its share. */
static bool count_partner(struct xmpp_in *in, const char *remote)
{
	struct xmpp *x = in->s.x;

	if (in->partner)
		return true;
	if (!xmpp_tally_up(x->tally_partner, remote,
		stream_limit(x, remote))) {
		limit_hit(x->limits, LIMIT_XMPP_STREAMS_PARTNER);
		xmpp_stream_refuse(&in->s, XMPP_STEP_POLICY,
			"resource-constraint",
			"too many streams of this domain");
		return false;
	}
	in->partner = base_strdup(remote);
	if (in->source)
		xmpp_tally_down(x->tally_source, in->source);
	free(in->source);
	in->source = NULL;
	return true;
}

void xmpp_in_authorise(struct xmpp_in *in, struct xmpp_pair *p,
	enum xmpp_auth auth)
{
	struct xmpp_stream *s = &in->s;

	p->valid = true;
	p->auth = auth;
	xmpp_stream_raise_cap(s);
	if (in->carries)
		xmpp_in_use_pair(in, p);
	if (s->ready)
		return;
	if (!s->remote)
		xmpp_stream_set(&s->remote, p->remote);
	xmpp_stream_ready(s, auth);
}

/* ---- SASL EXTERNAL ------------------------------------------------------- */

static void sasl_fail(struct xmpp_in *in, const char *condition)
{
	struct xmpp *x = in->s.x;
	struct buf *b = &x->line;

	buf_clear(b);
	buf_printf(b, "<failure xmlns='" XMPP_NS_SASL "'><%s/></failure>",
		condition);
	(void)xmpp_stream_write(&in->s, buf_str(b));
	in->challenged = false;
	xmpp_stream_blame(&in->s, XMPP_STEP_EXTERNAL, STOX_NOT_AUTHORIZED,
		"EXTERNAL failed with %s", condition);
	if (++in->tries < limit_get(x->limits, LIMIT_XMPP_SASL_TRIES))
		return;
	limit_hit(x->limits, LIMIT_XMPP_SASL_TRIES);
	xmpp_stream_error(&in->s, "policy-violation",
		"too many attempts to authenticate");
}

static void sasl_success(struct xmpp_in *in)
{
	struct xmpp_domain *d = xmpp_local(in->s.x, str_from(in->s.local));
	struct xmpp_pair *p;

	if (!d || d->component) {
		xmpp_stream_error(&in->s, "host-gone", NULL);
		return;
	}
	if (!count_partner(in, in->s.remote))
		return;
	p = xmpp_in_pair(in, str_from(in->s.local), str_from(in->s.remote));
	if (!p)
		p = xmpp_in_pair_add(in, d->local, in->s.remote);
	in->proven = true;
	(void)xmpp_stream_write(&in->s,
		STR("<success xmlns='" XMPP_NS_SASL "'/>"));
	xmpp_in_authorise(in, p, XMPP_AUTH_EXTERNAL);
	xmpp_stream_restart(&in->s);
}

/* The identity that the peer asks for: 0, or a condition in *@ret_condition. */
static int read_authzid(const struct xmpp_in *in, struct str text,
	const char **ret_condition)
{
	char *name, domain[1024];
	ptrdiff_t len;
	bool same;

	if (str_is(text, "="))
		text.len = 0;
	name = base_alloc(text.len + 1);
	len = str_unbase64(text, name);
	if (len < 0) {
		free(name);
		*ret_condition = "incorrect-encoding";
		return -STOX_EPROTO;
	}
	name[len] = '\0';
	same = len == 0 || (strlen(name) == (size_t)len &&
		xmpp_domain(name, domain) == 0 && in->s.remote &&
		strcmp(domain, in->s.remote) == 0);
	free(name);
	if (!same || !in->s.remote) {
		*ret_condition = "invalid-authzid";
		return -STOX_EPROTO;
	}
	return 0;
}

static void external(struct xmpp_in *in, struct str text)
{
	const char *condition = NULL;
	struct xmpp_ways w;

	in->challenged = false;
	if (read_authzid(in, text, &condition)) {
		sasl_fail(in, condition);
		return;
	}
	w = xmpp_ways_of(xmpp_partner_of(in->s.x, str_from(in->s.remote)));
	if (xmpp_ways_external(&w, xmpp_channel(&in->s, in->s.remote)))
		sasl_success(in);
	else
		sasl_fail(in, "not-authorized");
}

static void sasl_auth(struct xmpp_in *in, const struct stox_element *e)
{
	const char *mechanism = stox_element_attr(e, "mechanism");
	struct str text = str_trim(str_from(stox_element_text(e)));

	if (!in->s.secure) {
		sasl_fail(in, "encryption-required");
	} else if (in->proven) {
		sasl_fail(in, "not-authorized");
	} else if (!mechanism || strcmp(mechanism, "EXTERNAL") != 0) {
		sasl_fail(in, "invalid-mechanism");
	} else if (!text.len) {
		in->challenged = true;
		(void)xmpp_stream_write(&in->s,
			STR("<challenge xmlns='" XMPP_NS_SASL "'/>"));
	} else {
		external(in, text);
	}
}

void xmpp_in_sasl(struct xmpp_in *in, const struct stox_element *e)
{
	if (stox_element_is(e, "auth", NULL))
		sasl_auth(in, e);
	else if (stox_element_is(e, "abort", NULL))
		sasl_fail(in, "aborted");
	else if (stox_element_is(e, "response", NULL) && in->challenged)
		external(in, str_trim(str_from(stox_element_text(e))));
	else
		sasl_fail(in, "malformed-request");
}

/* ---- dialback ------------------------------------------------------------ */

bool xmpp_in_may_dialback(const struct xmpp_in *in, const char *remote)
{
	const struct xmpp_partner *p =
		xmpp_partner_of(in->s.x, str_from(remote));
	struct xmpp_ways w = xmpp_ways_of(p);
	enum xmpp_channel channel = xmpp_channel(&in->s, remote);

	if (xmpp_ways_dialback(&w, channel))
		return true;
	/* a good certificate proves more than dialback can: it is asked for
	 * in this form for further domains on one stream (XEP-0344) */
	return in->proven && p && p->dialback &&
		xmpp_ways_external(&w, channel);
}

static void result_error(struct xmpp_in *in, const char *local,
	const char *remote, const char *condition)
{
	if (!in->s.ready)
		xmpp_stream_blame(&in->s, XMPP_STEP_DIALBACK,
			STOX_NOT_AUTHORIZED,
			"we answered dialback with %s", condition);
	xmpp_db_write(&in->s, &(struct xmpp_db){ .name = "result",
		.from = local, .to = remote, .type = "error",
		.condition = condition });
}

/* Why a key is not even looked at, or NULL. */
static const char *refusal(struct xmpp_in *in, const char *local,
	const char *remote)
{
	struct xmpp *x = in->s.x;
	struct xmpp_domain *d = xmpp_local(x, str_from(local));
	struct xmpp_ways w =
		xmpp_ways_of(xmpp_partner_of(x, str_from(remote)));

	if (!d || d->component)
		return "item-not-found";
	if (xmpp_local(x, str_from(remote)) || xmpp_ways_none(&w))
		return "not-allowed";
	if (!in->s.secure && !xmpp_ways_dialback(&w, XMPP_CHANNEL_PLAIN))
		return "policy-violation";
	if (!xmpp_in_may_dialback(in, remote))
		return "not-authorized";
	if (in->pair_count >= limit_get(x->limits, LIMIT_XMPP_PAIRS)) {
		limit_hit(x->limits, LIMIT_XMPP_PAIRS);
		return "resource-constraint";
	}
	return NULL;
}

static void result_valid(struct xmpp_in *in, struct xmpp_pair *p,
	enum xmpp_auth auth)
{
	if (!count_partner(in, p->remote))
		return;
	xmpp_db_write(&in->s, &(struct xmpp_db){ .name = "result",
		.from = p->local_name, .to = p->remote, .type = "valid" });
	xmpp_in_authorise(in, p, auth);
}

static void new_pair(struct xmpp_in *in, const char *local, const char *remote,
	const char *key)
{
	struct xmpp *x = in->s.x;
	struct xmpp_domain *d = xmpp_local(x, str_from(local));
	struct xmpp_ways w =
		xmpp_ways_of(xmpp_partner_of(x, str_from(remote)));
	struct xmpp_pair *p = xmpp_in_pair_add(in, d->local, remote);
	struct xmpp_route *r;

	if (xmpp_ways_external(&w, xmpp_channel(&in->s, remote))) {
		result_valid(in, p, XMPP_AUTH_EXTERNAL);
		return;
	}
	r = xmpp_route_get(x, d->local->domain, str_from(remote));
	if (!r || xmpp_check_start(&in->s, r, in->s.id, key)) {
		xmpp_in_pair_remove(in, xmpp_in_pair(in, str_from(local),
			str_from(remote)));
		result_error(in, local, remote, "resource-constraint");
	}
}

static void result_request(struct xmpp_in *in, const struct stox_element *e)
{
	char remote[1024], local[1024];
	struct xmpp_pair *p;
	const char *why;

	if (xmpp_domain(stox_element_attr(e, "from"), remote) ||
		xmpp_domain(stox_element_attr(e, "to"), local)) {
		xmpp_stream_error(&in->s, "improper-addressing",
			"db:result needs from and to");
		return;
	}
	p = xmpp_in_pair(in, str_from(local), str_from(remote));
	if (p && p->valid) {
		result_valid(in, p, p->auth);
		return;
	}
	if (p)
		return; /* the check is under way and will be answered once */
	why = refusal(in, local, remote);
	if (why)
		result_error(in, local, remote, why);
	else
		new_pair(in, local, remote, stox_element_text(e));
}

void xmpp_in_checked(struct xmpp_stream *s, const char *local,
	const char *remote, enum xmpp_verdict verdict, const char *condition)
{
	struct xmpp_in *in = container_of(s, struct xmpp_in, s);
	struct xmpp_pair *p =
		xmpp_in_pair(in, str_from(local), str_from(remote));

	if (!p || p->valid)
		return;
	switch (verdict) {
	case XMPP_VALID:
		result_valid(in, p, s->secure ? XMPP_AUTH_DIALBACK
					      : XMPP_AUTH_DIALBACK_PLAIN);
		return;
	case XMPP_INVALID:
		xmpp_db_write(s, &(struct xmpp_db){ .name = "result",
			.from = local, .to = remote, .type = "invalid" });
		break;
	case XMPP_UNDECIDED:
		result_error(in, local, remote, condition);
		break;
	}
	xmpp_in_pair_remove(in, p);
	if (verdict == XMPP_INVALID && !s->ready) {
		xmpp_stream_blame(s, XMPP_STEP_DIALBACK, STOX_NOT_AUTHORIZED,
			"dialback: its own server calls the key invalid");
		xmpp_stream_finish(s);
	}
}

void xmpp_in_dialback(struct xmpp_in *in, const struct stox_element *e)
{
	char remote[128];

	if (!stox_element_attr(e, "type") &&
		stox_element_is(e, "result", NULL)) {
		result_request(in, e);
	} else if (!stox_element_attr(e, "type") &&
		stox_element_is(e, "verify", NULL)) {
		xmpp_dialback_answer(&in->s, e);
	} else {
		log_event(in->s.x->log, STOX_LOG_WARN, "xmpp", 0,
			"dialback-unsolicited", "direction=in remote=%s",
			log_text(str_from(in->s.remote), remote,
				sizeof(remote)));
		xmpp_stream_error(&in->s, "policy-violation",
			"a dialback answer that nobody asked for");
	}
}
