/*
 * Streams that failed, for `stoxctl streams --failed`: a ring of the last
 * ones, each with the step that failed.
 */
#include "xmpp/object.h"

#include <stdlib.h>

struct xmpp_failed {
	char *local, *remote, *peer, *why, *state; /* owned */
	const char *direction;
	uint64_t since_ms;
	uint64_t stanzas_in, stanzas_out;
	enum xmpp_auth auth;
	enum xmpp_step step;
};

static void forget(struct xmpp_failed *f)
{
	free(f->local);
	free(f->remote);
	free(f->peer);
	free(f->why);
	free(f->state);
	memset(f, 0, sizeof(*f));
}

static struct xmpp_failed *next_slot(struct xmpp *x)
{
	size_t size = limit_get(x->limits, LIMIT_FAILED_STREAMS);
	struct xmpp_failed *f;

	if (!x->failed && size) {
		x->failed = base_alloc0(size * sizeof(*x->failed));
		x->failed_size = size;
	}
	if (!x->failed)
		return NULL;
	f = &x->failed[x->failed_next];
	x->failed_next = (x->failed_next + 1) % x->failed_size;
	forget(f);
	return f;
}

static void log_failure(struct xmpp *x, const struct xmpp_stream *s,
	const char *peer)
{
	char remote[128], why[600];

	log_event(x->log, STOX_LOG_INFO, "xmpp", 0, "stream-failed",
		"step=%s direction=%s local=%s remote=%s peer=%s why=%s",
		xmpp_step_name(s->rank), s->kind->direction, s->local ? s->local : "",
		log_text(str_from(s->remote), remote, sizeof(remote)), peer,
		log_text(str_from(s->why), why, sizeof(why)));
}

void xmpp_failed_add(struct xmpp *x, const struct xmpp_stream *s)
{
	const char *peer = s->io ? io_stream_peer(s->io) : NULL;
	struct xmpp_failed *f;

	if (x->stopping)
		return;
	log_failure(x, s, peer ? peer : "");
	f = next_slot(x);
	if (!f)
		return;
	f->local = base_strdup(s->local ? s->local : "");
	f->remote = base_strdup(s->remote ? s->remote : "");
	f->peer = base_strdup(peer ? peer : "");
	f->why = base_strdup(s->why);
	f->state = base_strdup(s->kind->state(s));
	f->direction = s->kind->direction;
	f->since_ms = s->since_ms;
	f->stanzas_in = s->stanzas_in;
	f->stanzas_out = s->stanzas_out;
	f->auth = s->auth;
	f->step = s->rank;
}

void xmpp_failed_free(struct xmpp *x)
{
	for (size_t i = 0; i < x->failed_size; i++)
		forget(&x->failed[i]);
	free(x->failed);
	x->failed = NULL;
	x->failed_size = 0;
}

void xmpp_failed_rows(struct xmpp *x,
	void (*row)(void *arg, const struct xmpp_stream_info *info), void *arg)
{
	for (size_t i = 0; i < x->failed_size; i++) {
		const struct xmpp_failed *f =
			&x->failed[(x->failed_next + i) % x->failed_size];
		struct xmpp_stream_info info = {
			.local = f->local,
			.remote = f->remote,
			.direction = f->direction,
			.acks = "",
			.state = f->state,
			.auth = xmpp_auth_name(f->auth),
			.tls = "",
			.peer = f->peer,
			.since_ms = f->since_ms,
			.stanzas_in = f->stanzas_in,
			.stanzas_out = f->stanzas_out,
			.failed = f->why,
			.step = xmpp_step_name(f->step),
		};

		if (f->why)
			row(arg, &info);
	}
}
