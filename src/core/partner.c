#include "core/partner.h"

#include <stdlib.h>

#include "core/node.h"

enum { MINUTE_MS = 60000 };

/* A domain in no section.  The least recently seen is forgotten first. */
struct discovered {
	struct list node;
	enum stox_side side;
	char *key;            /* 'x' or 's' and the domain */
	struct config_counts counts;
	uint64_t second;      /* since the start, in which so many … */
	unsigned now;         /* … messages of it came */
	uint64_t slot_ms;     /* when the next exchange towards it may go */
};

struct partners {
	struct table *by_key;
	struct list by_use;
	uint64_t second;      /* in which so many … */
	unsigned now;         /* … domains were new */
};

struct partners *partners_new(struct node *n)
{
	struct partners *p = base_alloc0(sizeof(*p));
	uint8_t key[16];

	rand_bytes(io_rand(n->env), key, sizeof(key));
	p->by_key = table_new(key);
	list_init(&p->by_use);
	return p;
}

static void forget(struct partners *p, struct discovered *d)
{
	table_remove(p->by_key, str_from(d->key));
	list_remove(&d->node);
	free(d->key);
	free(d);
}

void partners_free(struct partners **p)
{
	struct partners *old = *p;

	*p = NULL;
	if (!old)
		return;
	list_each (it, tmp, &old->by_use)
		forget(old, container_of(it, struct discovered, node));
	table_free(&old->by_key);
	free(old);
}

static struct discovered *find(struct node *n, enum stox_side side,
	struct str domain)
{
	BASE_SCRATCH char key[1100];

	if (domain.len >= sizeof(key))
		return NULL;
	key[0] = side == STOX_XMPP ? 'x' : 's';
	memcpy(key + 1, domain.p, domain.len);
	return table_get(n->partners->by_key,
		(struct str){ key, domain.len + 1 });
}

static struct discovered *add(struct node *n, enum stox_side side,
	struct str domain)
{
	struct partners *p = n->partners;
	struct discovered *d = base_alloc0(sizeof(*d));
	char quoted[300];

	if (table_count(p->by_key) >=
		limit_get(n->limits, LIMIT_DISCOVERED_DOMAINS)) {
		limit_hit(n->limits, LIMIT_DISCOVERED_DOMAINS);
		forget(p, container_of(p->by_use.next, struct discovered, node));
	}
	d->side = side;
	d->key = base_alloc(domain.len + 2);
	d->key[0] = side == STOX_XMPP ? 'x' : 's';
	memcpy(d->key + 1, domain.p, domain.len);
	d->key[domain.len + 1] = '\0';
	table_put(p->by_key, str_from(d->key), d);
	list_append(&p->by_use, &d->node);
	log_event(n->log, STOX_LOG_INFO, "core", 0, "discovered",
		"side=%s domain=%s", side == STOX_XMPP ? "xmpp" : "sip",
		log_text(domain, quoted, sizeof(quoted)));
	return d;
}

/** So many in this second or minute already?  Else one more. */
static bool too_many(uint64_t *unit, unsigned *count, uint64_t now,
	uint64_t most)
{
	if (*unit != now) {
		*unit = now;
		*count = 0;
	}
	return ++*count > most;
}

static const char *enter_discovered(struct stox_exchange *x,
	enum stox_side side, struct str domain)
{
	struct node *n = x->node;
	struct partners *p = n->partners;
	struct discovered *d = find(n, side, domain);
	uint64_t second = io_now_ms(n->env) / 1000 + 1;

	if (!d && too_many(&p->second, &p->now, second,
			limit_get(n->limits, LIMIT_DISCOVERED_NEW))) {
		limit_hit(n->limits, LIMIT_DISCOVERED_NEW);
		return "Too many domains are being met for the first time; try "
		       "again in a minute.";
	}
	if (!d)
		d = add(n, side, domain);
	list_remove(&d->node);
	list_append(&p->by_use, &d->node);
	if (x->side != side) {
		d->counts.to++;
		return NULL;
	}
	d->counts.from++;
	if (!too_many(&d->second, &d->now, second,
		    limit_get(n->limits, LIMIT_DISCOVERED_RATE)))
		return NULL;
	limit_hit(n->limits, LIMIT_DISCOVERED_RATE);
	return "Your domain sends too much at a time; try again in a minute.";
}

/* A provider is on a list: only who is on none is held to a rate.  lync.md 1.8. */
static bool is_met(const struct config_sip_domain *d)
{
	return d->discovered && !d->provider;
}

const char *partner_enter(struct stox_exchange *x)
{
	const struct config_xmpp_domain *xmpp = x->xmpp_domain;
	const struct config_sip_domain *sip = x->sip_domain;
	bool from_xmpp = x->side == STOX_XMPP;
	const char *why = NULL;

	if (xmpp->discovered)
		why = enter_discovered(x, STOX_XMPP,
			(from_xmpp ? &x->from : &x->to)->domain);
	if (is_met(sip) && !why)
		why = enter_discovered(x, STOX_SIP,
			(from_xmpp ? &x->to : &x->from)->domain);
	if (from_xmpp) {
		xmpp->counts->from++;
		if (sip->counts)
			sip->counts->to++;
	} else {
		sip->counts->from++;
		xmpp->counts->to++;
	}
	return why;
}

/* ---- the pace towards them ------------------------------------------------- */

/** The domain that `out` of @x goes to; NULL when it stands in a section. */
static struct discovered *towards(struct stox_exchange *x)
{
	enum stox_side side = x->side == STOX_XMPP ? STOX_SIP : STOX_XMPP;
	struct discovered *d;

	if (side == STOX_SIP ? !is_met(x->sip_domain)
			     : !x->xmpp_domain->discovered)
		return NULL;
	d = find(x->node, side, x->to.domain);
	return d ? d : add(x->node, side, x->to.domain);
}

/** Milliseconds between two. */
static uint64_t slot_length(const struct node *n)
{
	uint64_t rate = limit_get(n->limits, LIMIT_DISCOVERED_RATE);

	return rate == 0 || rate > 1000 ? 1 : 1000 / rate;
}

/** How long one that begins now waits; at least @share parts of the queue have
 *  to be free, of 2. */
static int64_t wait_for(struct stox_exchange *x, struct discovered *d,
	unsigned share)
{
	struct node *n = x->node;
	uint64_t now = io_now_ms(n->env);
	uint64_t wait = d->slot_ms > now ? d->slot_ms - now : 0;
	uint64_t most = limit_get(n->limits, LIMIT_DISCOVERED_QUEUE) *
		slot_length(n);

	if (wait == 0 || wait <= most - most / 2 * share)
		return (int64_t)wait;
	limit_hit(n->limits, LIMIT_DISCOVERED_QUEUE);
	return -STOX_ETOOBIG;
}

int64_t partner_slot(struct stox_exchange *x)
{
	struct discovered *d = towards(x);
	int64_t wait = d ? wait_for(x, d, 0) : 0;

	if (d && wait >= 0)
		d->slot_ms = io_now_ms(x->node->env) + (uint64_t)wait +
			slot_length(x->node);
	return wait;
}

bool partner_has_slot(struct stox_exchange *x)
{
	struct discovered *d = towards(x);

	return !d || wait_for(x, d, 1) >= 0;
}

/* ---- refusals --------------------------------------------------------------- */

/** The counts of the sender's domain; NULL: of nobody. */
static struct config_counts *sender(struct stox_exchange *x,
	struct discovered **ret)
{
	struct discovered *d = NULL;

	if (x->side == STOX_XMPP && x->xmpp_domain) {
		if (!x->xmpp_domain->discovered)
			return x->xmpp_domain->counts;
		d = find(x->node, STOX_XMPP, x->from.domain);
	} else if (x->side == STOX_SIP && x->sip_domain) {
		if (!is_met(x->sip_domain))
			return x->sip_domain->counts;
		d = find(x->node, STOX_SIP, x->from.domain);
	}
	*ret = d;
	return d ? &d->counts : NULL;
}

/* Trying addresses is what is slowed down: for a partner of a section only who
 * does not exist counts, else its busy users would wait for their errors. */
static bool looks_like_a_scan(const struct stox_exchange *x,
	const struct discovered *d)
{
	return d || x->reject == STOX_ITEM_NOT_FOUND ||
	       x->answer_condition == STOX_ITEM_NOT_FOUND ||
	       (x->reply_sip && x->reply_sip->status == 404);
}

bool partner_refused(struct stox_exchange *x)
{
	struct discovered *d = NULL;
	struct config_counts *c = sender(x, &d);
	struct limits *l = x->node->limits;
	uint64_t minute = io_now_ms(x->node->env) / MINUTE_MS + 1;

	if (!c)
		return false;
	c->refused++;
	if (!looks_like_a_scan(x, d) || !too_many(&c->minute, &c->refused_now, minute,
		    limit_get(l, LIMIT_REFUSALS)))
		return false;
	limit_hit(l, LIMIT_REFUSALS);
	return true;
}

void partner_keep_counts(const struct config *from, struct config *to)
{
	for (size_t i = 0; i < to->sip_domain_count; i++) {
		const struct config_sip_domain *was = table_get(
			from->by_domain_sip, str_from(to->sip_domains[i].domain));

		if (was)
			*to->sip_domains[i].counts = *was->counts;
	}
	for (size_t i = 0; i < to->xmpp_domain_count; i++) {
		const struct config_xmpp_domain *was =
			table_get(from->by_domain_xmpp,
				str_from(to->xmpp_domains[i].domain));

		if (was)
			*to->xmpp_domains[i].counts = *was->counts;
	}
}

void partners_discovered(struct partners *p,
	void (*row)(void *arg, const struct partner_row *row), void *arg)
{
	list_each (it, tmp, &p->by_use) {
		struct discovered *d = container_of(it, struct discovered, node);
		const struct partner_row r = { d->side, d->key + 1, &d->counts };

		row(arg, &r);
	}
}
