/*
 * Sessions as plugins see them: stox/service/session.h.
 */
#include "core/dialog.h"
#include "core/session_private.h"

#include <stdlib.h>

/* ---- finding and changing --------------------------------------------------- */

struct stox_session *stox_session_open(struct stox_host *host,
	const struct stox_session_kind *kind, const char *key)
{
	struct stox_session *s = session_by_key(host->node->sessions,
		kind->name, str_from(key));

	if (s)
		return s;
	if (kind->size && host->node->sessions->memory_count >=
		limit_get(host->node->limits, LIMIT_CONVERSATIONS)) {
		limit_hit(host->node->limits, LIMIT_CONVERSATIONS);
		return NULL;
	}
	s = session_new(host, kind, key);
	if (!kind->size)
		session_load(s);
	return s;
}

const char *stox_session_key(const struct stox_session *s)
{
	return strchr(s->key, '\n') + 1;
}

struct stox_host *stox_session_host(const struct stox_session *s)
{
	return s->host;
}

const void *stox_session_row(const struct stox_session *s, size_t *ret_len)
{
	*ret_len = s->row_len;
	return s->row;
}

static void set_row(struct stox_session *s, const void *row, size_t len)
{
	if (!s->row || len != s->row_len) {
		free(s->row);
		s->row = base_alloc(len + 1);
	}
	memcpy(s->row, row, len);
	s->row_len = len;
}

void stox_session_set(struct stox_session *s, const void *row, size_t len,
	uint64_t due_s)
{
	set_row(s, row, len);
	s->due_s = due_s;
	s->changed = true;
}

void stox_session_note(struct stox_session *s, const void *row, size_t len)
{
	if (!s->stored) { /* there is nothing yet that it could differ from */
		stox_session_set(s, row, len, s->due_s);
		return;
	}
	set_row(s, row, len);
	s->dirty = true;
}

void stox_session_write_soon(struct stox_session *s)
{
	session_write_soon(s);
}

void stox_session_tell(struct stox_session *to, const void *bytes, size_t len)
{
	const struct stox_event e = { .type = STOX_EVENT_TOLD, .told = bytes,
		.told_len = len };

	session_post(to, &e);
}

void stox_session_wake(struct stox_session *s, unsigned after_ms)
{
	session_wake(s);
	s->waking = true;
	timer_start(io_timers(s->n->env), &s->wake, after_ms);
}

void stox_session_end(struct stox_session *s)
{
	s->ended = true;
}

stox_verdict stox_session_take(struct stox_exchange *x, struct stox_session *s)
{
	const struct stox_event e = { .type = STOX_EVENT_REQUEST,
		.exchange = x };

	if (loop_found(x))
		return stox_reject(x, STOX_NOT_ACCEPTABLE,
			"The message came back to the gateway in a loop.");
	x->session = s->handle;
	core_deliver(s->n, s->handle, &e);
	return stox_taken(x);
}

/* ---- the other side --------------------------------------------------------- */

enum stox_peer stox_session_peer(const struct stox_session *s,
	enum stox_side side)
{
	return reach_state(s->n->reach, side,
		str_from(stox_session_key(s)));
}

void stox_session_doubt(const struct stox_session *s, enum stox_side side)
{
	struct str xmpp, sip;

	/* of a component whose connection is away we know already */
	if (stox_session_peer(s, side) == STOX_PEER_THERE &&
		reach_ends(str_from(stox_session_key(s)), &xmpp, &sip))
		reach_doubt(s->n->reach, side,
			reach_domain(side == STOX_XMPP ? xmpp : sip),
			REACH_SILENT);
}

/* ---- tokens ---------------------------------------------------------------- */

/* "node-session-random": 11 digits of base 62 hold the number of a session. */
enum { DIGITS = 11, BASE = 62 };

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	"abcdefghijklmnopqrstuvwxyz";

/* Its place there, BASE: it has none. */
static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 10;
	return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 36 : BASE;
}

const char *stox_session_token(struct stox_session *s, char out[33])
{
	size_t n = strlen(s->n->node_id);
	uint64_t id = session_number(s);

	memcpy(out, s->n->node_id, n);
	out[n++] = '-';
	for (size_t i = DIGITS; i-- > 0; id /= BASE)
		out[n + i] = digits[id % BASE];
	n += DIGITS;
	out[n++] = '-';
	rand_token(io_rand(s->n->env), out + n, 32 - n);
	return out;
}

uint64_t session_of_token(const struct node *n, struct str token)
{
	size_t prefix = strlen(n->node_id);
	uint64_t id = 0;

	if (token.len < prefix + DIGITS + 2 ||
		!str_starts(token, str_from(n->node_id)) ||
		token.p[prefix] != '-' || token.p[prefix + 1 + DIGITS] != '-')
		return 0;
	for (size_t i = 0; i < DIGITS; i++) {
		unsigned value = digit(token.p[prefix + 1 + i]);

		if (value == BASE || id > (INT64_MAX - BASE) / BASE)
			return 0;
		id = id * BASE + value;
	}
	return id;
}

/* ---- exchanges of their own ------------------------------------------------ */

struct stox_exchange *stox_begin(struct stox_session *s,
	const struct stox_begin *b)
{
	struct node *n = s->n;
	struct pool *pool = pool_new(n->budget);
	struct stox_exchange *x;
	struct jid from, to;
	struct stox_begin *copy;
	const struct config_sip_domain *sip;
	enum stox_side side;

	if (jid_parse(pool, str_from(b->from), &from) < 0 ||
		jid_parse(pool, str_from(b->to), &to) < 0) {
		pool_free(&pool);
		return NULL;
	}
	side = ends_begin_side(n->snapshot->config, &from, &to, &sip);
	/* what is in memory ends with the node; rows go on after it */
	x = s->object ? exchange_new_late(n, pool, side)
		      : exchange_new(n, pool, side);
	if (!x) {
		pool_free(&pool);
		return NULL;
	}
	x->originating = true;
	x->from = from;
	x->to = to;
	x->sip_domain = sip;
	x->session = s->handle;
	x->tag = b->tag;
	copy = pool_alloc0(pool, sizeof(*copy));
	copy->failures_only = b->failures_only;
	copy->cseq = b->cseq;
	copy->timeout_ms = b->timeout_ms;
	if (b->timeout_ms)
		timer_start(io_timers(n->env), &x->deadline, b->timeout_ms);
	copy->call_id = b->call_id ? pool_strdup(pool, b->call_id) : NULL;
	copy->from_tag = b->from_tag ? pool_strdup(pool, b->from_tag) : NULL;
	copy->to_tag = b->to_tag ? pool_strdup(pool, b->to_tag) : NULL;
	x->begin = copy;
	if (ends_begun(x) < 0 ||
		(b->dialog.len && dialog_begin(x, b->dialog) < 0) ||
		(!s->object && !partner_has_slot(x))) {
		exchange_replied(x);
		return NULL;
	}
	x->place = s->place;
	s->place = NULL;
	s->begun++;
	n->counts.begun++;
	return x;
}

void stox_out_self(struct stox_exchange *x)
{
	x->out_sip->self = true;
}

static struct str domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return str_from(at ? at + 1 : address);
}

bool stox_session_may_send(struct stox_session *s, const char *from,
	const char *to)
{
	const struct config *c = s->n->snapshot->config;
	const struct jid ends[] = { { .domain = domain_of(from) },
		{ .domain = domain_of(to) } };
	const struct config_sip_domain *d;

	if (ends_begin_side(c, &ends[0], &ends[1], &d) == STOX_XMPP)
		return crowd_enter(s, STR(""), ends[1].domain);
	d = table_get(c->by_domain_sip, ends[0].domain);
	return crowd_enter(s, d && d->gateway
		? str_from(d->gateway->self.domain) : ends[0].domain,
		ends[1].domain);
}

void stox_begin_send(struct stox_exchange *x)
{
	exchange_originate(x);
}
