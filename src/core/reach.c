#include "core/reach_private.h"

#include <stdlib.h>

/* When a domain is asked: soon after the first sign, sooner when it may mean
 * nothing; then less and less often, up to a time that lets it be true again
 * within a minute.  It rests after the last question. */
enum {
	FIRST_MS = 1000,
	LOOK_MS = 200,
	AGAIN_MS = 5000,
	AGAIN_MAX_MS = 30000,
	REST_MS = 30000,
	PATIENCE_MS = 12000, /* nobody is lost before: a restart takes a while */
};
/* Questions between two looks at whether somebody cares still. */
enum { CARE_TRIES = 60 };

/* ---- names ------------------------------------------------------------------ */

static const struct config_sip_domain *section(const struct node *n,
	struct str sip)
{
	return table_get(n->snapshot->config->by_domain_sip, sip);
}

struct str reach_main(const struct node *n, struct str sip)
{
	const struct config_sip_domain *d = section(n, sip);

	return d ? str_from(d->domain) : sip;
}

struct str reach_local(const struct node *n, struct str sip)
{
	const struct config_sip_domain *d = section(n, sip);

	if (!d)
		d = n->snapshot->config->discovered_sip;
	return d && d->gateway ? str_from(d->gateway->self.domain) : sip;
}

static bool is_component(const struct node *n, struct str local)
{
	const struct config *c = n->snapshot->config;

	for (size_t i = 0; i < c->local_count; i++)
		if (str_is(local, c->locals[i].domain))
			return c->locals[i].component_host;
	return false;
}

/* ---- places ----------------------------------------------------------------- */

static struct str key_of(char letter, struct str domain, char out[1100])
{
	if (domain.len >= 1100 - 1)
		return (struct str){ NULL, 0 };
	out[0] = letter;
	memcpy(out + 1, domain.p, domain.len);
	return (struct str){ out, domain.len + 1 };
}

struct reach_place *reach_find(const struct reach *r, char letter,
	struct str domain)
{
	BASE_SCRATCH char key[1100];

	if (list_empty(&r->places))
		return NULL;
	return table_get(r->by_key, key_of(letter, domain, key));
}

static void on_timer(void *arg);

static struct reach_place *add(struct reach *r, char letter, struct str domain)
{
	struct limits *l = r->node->limits;
	BASE_SCRATCH char space[1100];
	struct str key = key_of(letter, domain, space);
	struct reach_place *p;

	if (!key.p || table_count(r->by_key) >=
			limit_get(l, LIMIT_PEERS_DOUBTED)) {
		limit_hit(l, LIMIT_PEERS_DOUBTED);
		return NULL;
	}
	p = base_alloc0(sizeof(*p));
	p->reach = r;
	p->since_ms = io_now_ms(r->node->env);
	p->key = base_alloc(key.len + 1);
	memcpy(p->key, key.p, key.len);
	p->key[key.len] = '\0';
	timer_init(&p->timer, on_timer, p);
	table_put(r->by_key, str_from(p->key), p);
	list_append(&r->places, &p->node);
	return p;
}

static void place_free(struct reach_place *p)
{
	timer_stop(io_timers(p->reach->node->env), &p->timer);
	table_remove(p->reach->by_key, str_from(p->key));
	list_remove(&p->node);
	free(p->key);
	free(p->xmpp);
	free(p->sip);
	free(p);
}

void reach_say(const struct reach_place *p, enum stox_level level,
	const char *event)
{
	char quoted[300];

	log_event(p->reach->node->log, level, "core", 0, event,
		"side=%s%s=%s tries=%u", *p->key == 's' ? "sip" : "xmpp",
		*p->key == 'c' ? " component" : " domain",
		log_text(str_from(p->key + 1), quoted, sizeof(quoted)),
		p->tries);
}

static void after(struct reach_place *p, uint64_t ms)
{
	timer_start(io_timers(p->reach->node->env), &p->timer, ms);
}

static void rest(struct reach_place *p)
{
	p->stage = REACH_RESTING;
	p->broke = p->closed = p->forgot = false;
	p->tested = 0;
	p->tries = 0;
	after(p, REST_MS);
}

/* ---- verdicts --------------------------------------------------------------- */

static bool is_lost(const struct reach_place *p)
{
	const struct node *n = p->reach->node;

	return p->tries >= limit_get(n->limits, LIMIT_PEER_TRIES) &&
	       io_now_ms(n->env) >= p->since_ms + PATIENCE_MS;
}

static void lost(struct reach_place *p)
{
	limit_hit(p->reach->node->limits, LIMIT_PEER_TRIES);
	p->stage = REACH_LOST;
	reach_say(p, STOX_LOG_WARN, "peer-lost");
	reach_read(p, REACH_TELL_LOST);
}

static void unreached(struct reach_place *p)
{
	uint64_t wait = AGAIN_MS;

	p->tries++;
	if (p->stage == REACH_ASKING && is_lost(p))
		lost(p);
	else if (p->stage == REACH_LOST && p->tries % CARE_TRIES == 0 &&
		p->errand == REACH_NOTHING)
		reach_read(p, REACH_FIND);
	for (unsigned i = 1; i < p->tries && wait < AGAIN_MAX_MS; i++)
		wait *= 2;
	if (wait > AGAIN_MAX_MS)
		wait = AGAIN_MAX_MS;
	if (*p->key != 'c') /* that one connects by itself */
		after(p, wait - rand_below(io_rand(p->reach->node->env),
			wait / 4));
}

static void reached(struct reach_place *p)
{
	bool anew = p->broke || p->tries > 0 || p->stage == REACH_LOST;
	bool closed = p->closed && *p->key == 's';

	if (anew)
		reach_say(p, p->stage == REACH_LOST ? STOX_LOG_WARN : STOX_LOG_INFO,
			"peer-back");
	rest(p);
	if (anew)
		reach_read(p, REACH_TELL_BACK);
	else if (closed && p->errand == REACH_NOTHING)
		reach_read(p, REACH_TEST);
}

/* ---- questions -------------------------------------------------------------- */

/* It tests its partners by OPTIONS to a user of that name.  lync.md 2.6 */
static bool asks_as_lync(const struct stox_exchange *x)
{
	return stox_dialect_is(x, "sip_options", "lync");
}

/* A proxy says these for a server that it cannot reach; Lync says them for much
 * else. */
static bool is_answer(const struct stox_exchange *x)
{
	if (x->answer == ANSWER_SIP)
		return (x->answer_status != 408 && x->answer_status != 503 &&
			x->answer_status != 504) || asks_as_lync(x);
	return x->answer == ANSWER_STANZA &&
	       x->answer_condition != STOX_REMOTE_SERVER_NOT_FOUND &&
	       x->answer_condition != STOX_REMOTE_SERVER_TIMEOUT;
}

static void answered(struct stox_exchange *x)
{
	struct reach *r = x->node->reach;
	bool xmpp = x->side == STOX_SIP;
	struct reach_place *p = reach_find(r, xmpp ? 'x' : 's', x->to.domain);

	if (!p || p->question != x->id)
		return;
	p->question = 0;
	if (r->stopped)
		return;
	if (is_answer(x))
		reached(p);
	else
		unreached(p);
}

static struct stox_exchange *question_new(struct reach_place *p)
{
	struct node *n = p->reach->node;
	bool xmpp = *p->key == 'x';
	struct pool *pool = pool_new(n->budget);
	struct stox_exchange *x;
	struct jid from, to;

	x = jid_parse(pool, str_from(xmpp ? p->sip : p->xmpp), &from) < 0 ||
			jid_parse(pool, str_from(p->key + 1), &to) < 0
		? NULL : exchange_new(n, pool, xmpp ? STOX_SIP : STOX_XMPP);
	if (!x) {
		pool_free(&pool);
		return NULL;
	}
	x->originating = true;
	x->begin = pool_alloc0(pool, sizeof(*x->begin));
	x->over = answered;
	x->from = from;
	x->to = to;
	if (ends_begun(x) < 0 || !partner_has_slot(x) ||
		(!xmpp && asks_as_lync(x) && jid_parse(pool, str_from(
			pool_printf(pool, "options_user@%s", p->key + 1)),
			&x->to) < 0)) {
		exchange_replied(x);
		return NULL;
	}
	return x;
}

static void ask(struct reach_place *p)
{
	struct stox_exchange *x = question_new(p);

	if (!x) {
		unreached(p);
		return;
	}
	p->question = x->id;
	p->asked_ms = io_now_ms(p->reach->node->env);
	if (*p->key == 'x') {
		stox_element_add(stox_out_stanza(x, "iq", "get"), "ping",
			"urn:xmpp:ping");
	} else {
		stox_out_sip(x, "OPTIONS");
		stox_out_header(x, "Accept", "application/sdp");
	}
	exchange_originate(x);
}

static void on_timer(void *arg)
{
	struct reach_place *p = arg;

	if (p->stage == REACH_RESTING && p->errand == REACH_NOTHING)
		place_free(p);
	else if (p->stage == REACH_RESTING)
		after(p, REST_MS);
	else if (!p->question && *p->key != 'c')
		ask(p);
}

/* ---- from the reader -------------------------------------------------------- */

static void keep(char **field, struct str text)
{
	free(*field);
	*field = base_alloc(text.len + 1);
	memcpy(*field, text.p, text.len);
	(*field)[text.len] = '\0';
}

static void begin(struct reach_place *p, uint64_t ms)
{
	p->stage = REACH_ASKING;
	p->tries = *p->key == 'c' ? p->tries : 0;
	if (*p->key != 'c')
		after(p, ms);
	else if (p->up)
		reached(p);
	else if (is_lost(p))
		lost(p);
}

void reach_found(struct reach_place *p, struct str xmpp, struct str sip)
{
	keep(&p->xmpp, xmpp);
	keep(&p->sip, sip);
	p->errand = REACH_NOTHING;
	if (p->stage == REACH_WONDERING)
		begin(p, p->broke ? FIRST_MS : LOOK_MS);
}

void reach_errand_done(struct reach_place *p, enum reach_errand errand)
{
	if (p->met > 0 || errand == REACH_TELL_BACK || errand == REACH_TEST)
		return;
	/* nobody cares */
	if (p->stage == REACH_WONDERING)
		place_free(p);
	else
		rest(p);
}

/* ---- signs ------------------------------------------------------------------ */

static void doubt(struct reach *r, char letter, struct str domain,
	enum reach_sign sign)
{
	struct reach_place *p = reach_find(r, letter, domain);
	bool is_new = !p;

	if (r->stopped || (is_new && !(p = add(r, letter, domain))))
		return;
	p->broke = p->broke || sign == REACH_BROKEN;
	p->closed = p->closed || sign == REACH_CLOSED;
	if (is_new) {
		reach_read(p, REACH_FIND);
	} else if (p->stage == REACH_RESTING && sign != REACH_SILENT &&
		p->xmpp) {
		/* not again and again */
		p->up = false;
		p->since_ms = io_now_ms(r->node->env);
		begin(p, p->first ? LOOK_MS : REST_MS);
		p->first = 0;
	}
}

void reach_doubt(struct reach *r, enum stox_side side, struct str domain,
	enum reach_sign sign)
{
	if (side == STOX_SIP)
		doubt(r, 's', reach_main(r->node, domain), sign);
	else
		doubt(r, 'x', domain, sign);
}

void reach_failed(struct reach *r, const struct stox_exchange *x)
{
	struct str local = x->gateway ? str_from(x->gateway->self.domain)
				      : x->face.domain;

	if (x->over)
		return;
	if (x->side == STOX_XMPP)
		reach_doubt(r, STOX_SIP, x->to.domain, REACH_FAILED);
	else if (!is_component(r->node, local))
		reach_doubt(r, STOX_XMPP, x->to.domain, REACH_FAILED);
	/* else its connection tells more */
}

void reach_partner(struct reach *r, const char *name, enum reach_sign sign)
{
	const struct config *c = r->node->snapshot->config;
	const struct config_sip_domain *d =
		table_get(c->by_ascii_sip, str_from(name));
	BASE_SCRATCH char canonical[1024];
	ptrdiff_t len = d ? 0 : jid_prepare_domain(str_from(name), canonical,
		sizeof(canonical));

	if (d)
		doubt(r, 's', str_from(d->domain), sign);
	else if (len > 0)
		doubt(r, 's', (struct str){ canonical, (size_t)len }, sign);
}

void reach_component(struct reach *r, const char *local, enum xmpp_link what)
{
	struct reach_place *p = reach_find(r, 'c', str_from(local));

	if (what == XMPP_LINK_BROKEN || (what == XMPP_LINK_FAILED && !p)) {
		doubt(r, 'c', str_from(local), REACH_BROKEN);
		p = reach_find(r, 'c', str_from(local));
	}
	if (!p)
		return;
	p->up = what == XMPP_LINK_UP;
	if (p->up && (p->stage == REACH_ASKING || p->stage == REACH_LOST))
		reached(p);
	else if (what == XMPP_LINK_FAILED)
		unreached(p);
}

void reach_heard(struct reach *r, enum stox_side side, struct str domain)
{
	uint64_t now = io_now_ms(r->node->env), at;
	struct reach_place *p;

	if (list_empty(&r->places))
		return;
	p = side == STOX_SIP ? reach_find(r, 's', reach_main(r->node, domain))
			     : reach_find(r, 'x', domain);
	if (!p || p->tries == 0 || p->question ||
		(p->stage != REACH_ASKING && p->stage != REACH_LOST))
		return;
	at = p->asked_ms + AGAIN_MS;
	if (p->timer.due_ms > at)
		after(p, at > now ? at - now : 0);
}

static enum stox_peer thought_of(const struct reach_place *p)
{
	if (!p || p->stage == REACH_RESTING)
		return STOX_PEER_THERE;
	return p->stage == REACH_LOST ? STOX_PEER_LOST : STOX_PEER_DOUBTED;
}

enum stox_peer reach_state(struct reach *r, enum stox_side side, struct str key)
{
	struct str xmpp, sip;
	enum stox_peer direct, component;

	if (list_empty(&r->places) || !reach_ends(key, &xmpp, &sip))
		return STOX_PEER_THERE;
	sip = reach_domain(sip);
	if (side == STOX_SIP)
		return thought_of(reach_find(r, 's', reach_main(r->node, sip)));
	direct = thought_of(reach_find(r, 'x', reach_domain(xmpp)));
	component = thought_of(reach_find(r, 'c', reach_local(r->node, sip)));
	return direct > component ? direct : component;
}

/* ---- life ------------------------------------------------------------------- */

struct reach *reach_new(struct node *n)
{
	struct reach *r = base_alloc0(sizeof(*r));
	uint8_t key[16];

	rand_bytes(io_rand(n->env), key, sizeof(key));
	r->node = n;
	r->by_key = table_new(key);
	list_init(&r->places);
	reach_reader_init(r);
	return r;
}

void reach_stop(struct reach *r)
{
	r->stopped = true;
	list_each (it, tmp, &r->places) {
		struct reach_place *p =
			container_of(it, struct reach_place, node);
		struct stox_exchange *x =
			handles_get(r->node->exchanges, p->question);

		timer_stop(io_timers(r->node->env), &p->timer);
		if (x)
			timer_start(io_timers(r->node->env), &x->deadline, 1);
	}
}

void reach_free(struct reach **r)
{
	struct reach *old = *r;

	*r = NULL;
	if (!old)
		return;
	list_each (it, tmp, &old->places)
		place_free(container_of(it, struct reach_place, node));
	timer_stop(io_timers(old->node->env), &old->turn);
	table_free(&old->by_key);
	free(old);
}
