/*
 * loop.c: a message that went round.  stox.md 2.7 (c).
 *
 * A domain of a section lives on one side, and the other side cannot prove to
 * be it.  A discovered one may be on both, behind a second gateway perhaps: then
 * what we hand to one side can come back from the other without end, and with
 * no hop count that would survive the way.  Nobody writes the same words to the
 * same address from both sides within a minute; a loop does.
 */
#include "core/loop.h"

#include <stdlib.h>

#include "core/node.h"

/* One message that crossed, by its hashes: of the ends, of the text. */
struct passed {
	struct list node;     /* by age */
	uint64_t key[2];
	enum stox_side side;  /* where it came from */
	uint64_t at_ms;
};

struct loops {
	struct node *node;
	struct table *by_key;
	struct list by_age;
	uint8_t secret[16];
};

struct loops *loops_new(struct node *n)
{
	struct loops *l = base_alloc0(sizeof(*l));

	l->node = n;
	rand_bytes(io_rand(n->env), l->secret, sizeof(l->secret));
	l->by_key = table_new(l->secret);
	list_init(&l->by_age);
	return l;
}

static struct str key_of(const struct passed *p)
{
	return (struct str){ (const char *)p->key, sizeof(p->key) };
}

static void forget(struct loops *l, struct passed *p)
{
	table_remove(l->by_key, key_of(p));
	list_remove(&p->node);
	l->node->budget->used -= sizeof(*p);
	free(p);
}

void loops_free(struct loops **loops)
{
	struct loops *l = *loops;

	*loops = NULL;
	if (!l)
		return;
	list_each (it, tmp, &l->by_age)
		forget(l, container_of(it, struct passed, node));
	table_free(&l->by_key);
	free(l);
}

/** What is too old goes, and the oldest when there are too many. */
static void make_room(struct loops *l, uint64_t now)
{
	struct limits *limits = l->node->limits;
	uint64_t ms = limit_get(limits, LIMIT_LOOP_TIME) * 1000;

	list_each (it, tmp, &l->by_age) {
		struct passed *p = container_of(it, struct passed, node);

		if (now - p->at_ms >= ms) {
			forget(l, p);
			continue;
		}
		if (table_count(l->by_key) <
			limit_get(limits, LIMIT_LOOP_MESSAGES))
			return;
		limit_hit(limits, LIMIT_LOOP_MESSAGES);
		forget(l, p);
	}
}

static const char *text_of(const struct stox_exchange *x)
{
	const struct stox_element *e = x->in_stanza ? x->in_stanza
						    : x->out_stanza;

	return e && stanza_kind(e) == STANZA_MESSAGE
		? stox_element_child_text(e, "body") : NULL;
}

static void make_key(const struct loops *l, const struct stox_exchange *x,
	const char *text, uint64_t key[2])
{
	struct str from = jid_bare(&x->from), to = jid_bare(&x->to);
	BASE_SCRATCH char ends[2 * 2050];

	memcpy(ends, from.p, from.len);
	ends[from.len] = '>';
	memcpy(ends + from.len + 1, to.p, to.len);
	key[0] = table_siphash(l->secret,
		(struct str){ ends, from.len + 1 + to.len });
	key[1] = table_siphash(l->secret, str_from(text));
}

static void report(struct loops *l, const struct stox_exchange *x)
{
	char from[300], to[300];

	limit_hit(l->node->limits, LIMIT_LOOP_TIME);
	log_event(l->node->log, STOX_LOG_WARN, "core", x->id, "loop",
		"side=%s from=%s to=%s", x->side == STOX_XMPP ? "xmpp" : "sip",
		log_text(x->from.domain, from, sizeof(from)),
		log_text(x->to.domain, to, sizeof(to)));
}

static void remember(struct loops *l, const struct passed *seen, uint64_t now)
{
	struct passed *p = base_alloc(sizeof(*p));

	make_room(l, now);
	*p = *seen;
	p->at_ms = now;
	l->node->budget->used += sizeof(*p);
	table_put(l->by_key, key_of(p), p);
	list_append(&l->by_age, &p->node);
}

bool loop_found(struct stox_exchange *x)
{
	struct loops *l = x->node->loops;
	const char *text = text_of(x);
	uint64_t now = io_now_ms(x->node->env);
	struct passed seen = { .side = x->side }, *p;

	if (!text || !*text)
		return false;
	make_key(l, x, text, seen.key);
	p = table_get(l->by_key, key_of(&seen));
	if (p && p->side != x->side && now - p->at_ms <
			limit_get(x->node->limits, LIMIT_LOOP_TIME) * 1000) {
		report(l, x);
		return true;
	}
	if (p)
		forget(l, p);
	remember(l, &seen, now);
	return false;
}
