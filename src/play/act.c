/*
 * Performing a play: one step after the other, on one stage or on two in
 * turn.
 */
#include <stdio.h>
#include <stdlib.h>

#include "play/ledger.h"
#include "play/match.h"
#include "play/operator.h"
#include "play/recall.h"
#include "play/stage.h"
#include "xmpp/stanza.h"

/* After a fault the script's expectations no longer hold; what is sent must
 * come to an end all the same within this time. */
enum { AFTERMATH_MS = 300000 };
enum { WAIT_TURN_MS = 10000 };

struct actor {
	struct stage stage;
	bool lenient;      /* a fault has happened: only ends are checked */
	bool dead;         /* it was told to stop */
	struct recall recall;
	struct buf *why;
};

static bool fail(struct actor *a, const struct play_step *s, const char *what)
{
	struct buf copy;

	if (a->lenient)
		return true;
	buf_init(&copy, 1 << 20, NULL);
	buf_add_str(&copy, buf_str(a->why));
	buf_clear(a->why);
	buf_printf(a->why, "%s:%d: %s", a->stage.play->file, s->line, what);
	if (copy.len)
		buf_printf(a->why, ": %.*s", STR_FMT(buf_str(&copy)));
	buf_free(&copy);
	return false;
}

/** A stanza of the script: the default namespace is the stream's. */
static const struct stox_element *parse_stanza(struct pool *pool,
	const char *text, const struct peer *p)
{
	const char *wrapped = pool_printf(pool, "<play xmlns='%s'>%s</play>",
		STOX_NS_SERVER, text);
	struct stox_element *root;

	if (xml_parse(pool, str_from(wrapped), &p->limits, &root) < 0)
		return NULL;
	return stox_element_child(root, NULL, NULL);
}

static const char *domain_of(struct pool *pool, const char *jid)
{
	struct str domain = str_from(strchr(jid, '@') ? strchr(jid, '@') + 1
						      : jid);

	domain = str_cut(&domain, '/');
	return pool_strndup(pool, domain.p, domain.len);
}

/* ---- sends --------------------------------------------------------------------- */

/** Whoever is not listed or is blocked gets no stream, and so no answer. */
static bool may_speak(struct stage *s, const struct peer *p)
{
	const struct config_xmpp_domain *d =
		table_get(s->config->by_domain_xmpp, str_from(p->domain));

	return d && !d->partner.blocked;
}

static bool send_stanza(struct actor *a, const struct play_step *s,
	struct peer *p)
{
	struct pool *pool = pool_new(NULL);
	const struct stox_element *e = parse_stanza(pool,
		recall_fill(&a->recall, pool, s->text, "unknown"), p);
	const char *to = e ? stox_element_attr(e, "to") : NULL;
	struct stox_element *copy;
	struct buf out;

	if (!to) {
		pool_free(&pool);
		return fail(a, s, "not a stanza with `to`");
	}
	copy = xml_copy(pool, e);
	if (!stox_element_attr(copy, "from"))
		stox_element_set(copy, "from", s->actor);
	if (may_speak(&a->stage, p))
		ledger_stanza(&a->stage, copy, s->line);
	buf_init(&out, 4 << 20, NULL);
	xml_write(&out, copy, STOX_NS_SERVER);
	peer_send(p, domain_of(pool, to), buf_str(&out));
	buf_free(&out);
	pool_free(&pool);
	return true;
}

/** Is the header there already?  Then the script wants its own. */
static bool has_header(const char *head, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = head; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, name, n) == 0 && p[n] == ':')
			return true;
	}
	return false;
}

static void add_default(struct buf *out, const char *head, const char *name,
	const char *value)
{
	if (!has_header(head, name))
		buf_printf(out, "%s: %s\r\n", name, value);
}

/** The script's request with what every request needs. */
static void complete_request(struct actor *a, const struct play_step *s,
	struct peer *p, struct buf *out)
{
	struct pool *pool = a->stage.pool;
	const char *text = recall_fill(&a->recall, pool, s->text, "unknown");
	const char *split = strstr(text, "\n\n");
	size_t len = split ? (size_t)(split - text) : strlen(text);
	const char *head = pool_strndup(pool, text, len);
	const char *body = split ? split + 2 : "";
	struct str rest = str_from(head);
	struct str start = str_cut(&rest, '\n'), line = start;
	struct str method = str_cut(&line, ' '), uri = line;
	unsigned n = ++p->counter;
	const char *call_id = pool_printf(pool, "call%u@%s", n, p->ascii);

	buf_printf(out, "%.*s SIP/2.0\r\n", STR_FMT(start));
	while (rest.p) {
		line = str_cut(&rest, '\n');
		buf_printf(out, "%.*s\r\n", STR_FMT(line));
	}
	add_default(out, head, "Via", pool_printf(pool,
		"SIP/2.0/TLS fe.%s:5061;branch=z9hG4bK-%u", p->ascii, n));
	add_default(out, head, "Max-Forwards", "70");
	add_default(out, head, "From", pool_printf(pool, "<sip:%s>;tag=t%u",
		s->actor, n));
	add_default(out, head, "To", pool_printf(pool, "<%.*s>", STR_FMT(uri)));
	add_default(out, head, "Call-ID", call_id);
	add_default(out, head, "CSeq", pool_printf(pool, "%u %.*s", n,
		STR_FMT(method)));
	add_default(out, head, "Content-Length", pool_printf(pool, "%zu",
		strlen(body)));
	buf_printf(out, "\r\n%s", body);
	if (!has_header(head, "Call-ID"))
		ledger_request(&a->stage, str_from(call_id), str_from(body), s->line);
}

static bool do_send(struct actor *a, const struct play_step *s)
{
	struct peer *p = stage_peer(&a->stage, s->actor);
	struct buf out;

	if (!p)
		return fail(a, s, "no peer of that domain is on the stage");
	if (!p->is_sip)
		return send_stanza(a, s, p);
	buf_init(&out, 4 << 20, NULL);
	complete_request(a, s, p, &out);
	peer_send(p, "", buf_str(&out));
	buf_free(&out);
	return true;
}

/* ---- receives ------------------------------------------------------------------- */

/** What arrived, noted in the ledger; requests wait for the script's answer. */
static void note(struct actor *a, struct peer *p, struct peer_item *item)
{
	if (item->stanza)
		ledger_seen_stanza(&a->stage, item->stanza);
	else
		ledger_seen_sip(&a->stage, item->message);
	list_remove(&item->node);
	if (item->message && item->message->is_request &&
		!str_is(item->message->method, "ACK"))
		list_append(&p->unanswered, &item->node);
	else
		peer_item_free(item);
}

static bool fits(struct actor *a, const struct play_step *s, struct peer *p,
	const struct peer_item *item)
{
	struct pool *pool;
	const struct stox_element *pattern;
	bool ok;

	pool = pool_new(NULL);
	if (p->is_sip) {
		ok = match_sip(recall_fill(&a->recall, pool, s->text, "*"),
			item->message, a->why);
		if (ok)
			recall_learn(&a->recall, pool, s->text, item->message);
		pool_free(&pool);
		return ok;
	}
	pattern = parse_stanza(pool, recall_fill(&a->recall, pool, s->text, "*"),
		p);
	ok = pattern && match_stanza(pattern, item->stanza, a->why);
	if (!pattern)
		buf_add_text(a->why, "the pattern is not well-formed");
	else if (ok)
		recall_learn_stanza(&a->recall, pool,
			parse_stanza(pool, s->text, p), item->stanza);
	pool_free(&pool);
	return ok;
}

static bool do_receive(struct actor *a, const struct play_step *s)
{
	struct peer *p = stage_peer(&a->stage, s->actor);
	struct peer_item *item;

	if (!p)
		return fail(a, s, "no peer of that domain is on the stage");
	if (list_empty(&p->inbox))
		return fail(a, s, "nothing arrived");
	item = container_of(p->inbox.next, struct peer_item, node);
	if (!fits(a, s, p, item)) {
		bool ok = fail(a, s, "something else arrived");

		note(a, p, item);
		if (a->lenient)
			buf_clear(a->why);
		return ok;
	}
	note(a, p, item);
	return true;
}

static bool do_receive_nothing(struct actor *a, const struct play_step *s)
{
	struct peer *p = stage_peer(&a->stage, s->actor);

	if (!p)
		return fail(a, s, "no peer of that domain is on the stage");
	if (list_empty(&p->inbox))
		return true;
	return fail(a, s, "something arrived");
}

/** The oldest message of the inbox goes back as an error with the condition
 *  of the script. */
static bool do_bounce(struct actor *a, const struct play_step *s)
{
	struct peer *p = stage_peer(&a->stage, s->actor);
	struct peer_item *item;
	struct stanza_error error = { .condition = STOX_SERVICE_UNAVAILABLE };
	const struct stox_element *c, *reply = NULL;
	struct pool *pool;
	struct buf out;

	if (!p || p->is_sip || list_empty(&p->inbox))
		return fail(a, s, "there is no stanza to bounce");
	item = container_of(p->inbox.next, struct peer_item, node);
	pool = pool_new(NULL);
	c = parse_stanza(pool, s->text, p);
	if (c)
		error.condition = stanza_condition_from(c->name);
	buf_init(&out, 1 << 20, NULL);
	if (!stanza_is_answer(item->stanza))
		reply = stanza_error_reply(pool, item->stanza, &error);
	if (reply) {
		xml_write(&out, reply, STOX_NS_SERVER);
		peer_send(p, domain_of(pool,
			stox_element_attr(item->stanza, "from")), buf_str(&out));
	}
	buf_free(&out);
	pool_free(&pool);
	note(a, p, item);
	return true;
}

/** Below stanzas: XML that the peer puts on the streams to it as it is. */
static bool do_say(struct actor *a, const struct play_step *s)
{
	struct peer *p = stage_peer(&a->stage, s->actor);

	if (!p || p->is_sip)
		return fail(a, s, "no XMPP server of that domain is on the stage");
	peer_say(p, str_from(s->text));
	return true;
}

/* ---- answers --------------------------------------------------------------------- */

/** A response with what every response copies. */
static void build_response(const struct sip_message *m, const char *text,
	struct buf *out)
{
	const char *split = strstr(text, "\n\n");
	struct str rest = { text, split ? (size_t)(split - text) : strlen(text) };
	struct str line = str_cut(&rest, '\n');
	const char *body = split ? split + 2 : "";

	buf_printf(out, "SIP/2.0 %.*s\r\n", STR_FMT(line));
	for (size_t i = 0; i < m->header_count; i++) {
		const struct sip_header *h = &m->headers[i];

		if (h->id == SIP_H_VIA || h->id == SIP_H_FROM ||
			h->id == SIP_H_CALL_ID || h->id == SIP_H_CSEQ ||
			h->id == SIP_H_TO)
			buf_printf(out, "%s: %.*s%s\r\n", sip_header_name(h->id),
				STR_FMT(h->value),
				h->id == SIP_H_TO && !m->to.tag.len ? ";tag=there"
								    : "");
	}
	while (rest.p) {
		line = str_cut(&rest, '\n');
		buf_printf(out, "%.*s\r\n", STR_FMT(line));
	}
	buf_printf(out, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static bool do_answer(struct actor *a, const struct play_step *s)
{
	struct peer *p = stage_peer(&a->stage, s->actor);
	struct peer_item *item;
	struct buf out;

	if (!p || list_empty(&p->unanswered))
		return fail(a, s, "there is no request to answer");
	item = container_of(p->unanswered.next, struct peer_item, node);
	buf_init(&out, 1 << 20, NULL);
	build_response(item->message, s->text, &out);
	peer_respond(p, item, buf_str(&out));
	buf_free(&out);
	if (s->text[0] != '1')
		peer_item_free(item);
	return true;
}

/* ---- the rest ---------------------------------------------------------------------- */

static bool do_logs(struct actor *a, const struct play_step *s)
{
	struct stage *st = &a->stage;
	struct str seen = { st->log_text.data + st->log_seen,
		st->log_text.len - st->log_seen };
	char pattern[512], line[1100];

	snprintf(pattern, sizeof(pattern), "*%s*", s->actor);
	while (seen.p && seen.len) {
		struct str one = str_cut(&seen, '\n');

		snprintf(line, sizeof(line), "%.*s", STR_FMT(one));
		if (!play_glob(pattern, line))
			continue;
		st->log_seen = st->log_text.len - (seen.p ? seen.len : 0);
		return true;
	}
	return fail(a, s, "no such line in the log");
}

/** XMPP servers answer their pings first, unless the script may be about to
 *  bounce: a bounce goes before the answer to the ping behind the message. */
static void answer_pings(struct actor *a, const struct play_step *s)
{
	list_each (it, tmp, &a->stage.peers) {
		struct peer *p = container_of(it, struct peer, node);

		if (!p->is_sip && !(s && (s->verb == PLAY_SENDS ||
				s->verb == PLAY_BOUNCES ||
				s->verb == PLAY_RECEIVES_NOTHING ||
				s->verb == PLAY_NO_PINGS)))
			peer_answer_pings(p);
	}
	stage_settle(&a->stage);
}

static bool do_peer(struct actor *a, const struct play_step *s,
	void (*act)(struct peer *p))
{
	struct peer *p = stage_peer(&a->stage, s->actor);

	if (!p)
		return fail(a, s, "no peer of that domain is on the stage");
	act(p);
	return true;
}

static void peer_no_pings(struct peer *p)
{
	p->no_pings = true;
}

/** The world goes on, and the servers answer pings meanwhile. */
static void wait_for(struct actor *a, const struct play_step *s)
{
	uint64_t left = s->ms;

	while (left > 0) {
		uint64_t ms = left < WAIT_TURN_MS ? left : WAIT_TURN_MS;

		io_world_advance(a->stage.world, ms);
		answer_pings(a, s);
		left -= ms;
	}
}

/* An order, or with a block a question. */
static bool do_operator(struct actor *a, const struct play_step *s)
{
	struct buf why;
	bool ok;

	buf_init(&why, 1 << 17, NULL);
	ok = s->text ? operator_sees(&a->stage, s->actor, s->text, &why)
		      : operator_order(&a->stage, s->actor, &why);
	ok = ok || fail(a, s, buf_text(&why));
	buf_free(&why);
	return ok;
}

/* The log tells. */
static void stopped(void *arg)
{
	(void)arg;
}

static bool perform(struct actor *a, const struct play_step *s)
{
	switch (s->verb) {
	case PLAY_SENDS:
		return do_send(a, s);
	case PLAY_RECEIVES:
		return do_receive(a, s);
	case PLAY_RECEIVES_NOTHING:
		return do_receive_nothing(a, s);
	case PLAY_ANSWERS:
		return do_answer(a, s);
	case PLAY_BOUNCES:
		return do_bounce(a, s);
	case PLAY_NO_PINGS:
		return do_peer(a, s, peer_no_pings);
	case PLAY_SAYS:
		return do_say(a, s);
	case PLAY_WAIT:
		wait_for(a, s);
		return true;
	case PLAY_STOP:
		return do_peer(a, s, peer_stop);
	case PLAY_START:
		return do_peer(a, s, peer_start);
	case PLAY_CLOSE:
		return do_peer(a, s, peer_hang_up);
	case PLAY_CUT:
		stage_cut(&a->stage);
		ledger_cut(&a->stage);
		return true;
	case PLAY_RESTART:
		return stage_restart(&a->stage, a->why);
	case PLAY_RELOAD:
		return stage_reload(&a->stage, s->text, a->why) ||
		       fail(a, s, "the configuration is refused");
	case PLAY_LOGS:
		return do_logs(a, s);
	case PLAY_OPERATOR:
		return do_operator(a, s);
	case PLAY_SHUTDOWN:
		/* who cannot be reached until it ends is not told */
		a->dead = true;
		node_stop(a->stage.node, stopped, NULL);
		return true;
	}
	return false;
}

static bool step(struct actor *a, const struct play_step *s)
{
	bool ok;

	answer_pings(a, s);
	ok = perform(a, s);
	stage_settle(&a->stage);
	return ok;
}

/* ---- endings ------------------------------------------------------------------------- */

/** Everything that waits is answered, as friendly servers would. */
static void answer_everything(struct actor *a)
{
	list_each (it, tmp, &a->stage.peers)
		container_of(it, struct peer, node)->no_pings = false;
	answer_pings(a, NULL);
	list_each (it, tmp, &a->stage.peers) {
		struct peer *p = container_of(it, struct peer, node);

		list_each (item, next, &p->inbox)
			note(a, p, container_of(item, struct peer_item, node));
		while (!list_empty(&p->unanswered)) {
			const struct play_step ok = { .verb = PLAY_ANSWERS,
				.actor = p->domain, .text = "200 OK" };

			do_answer(a, &ok);
		}
	}
	stage_settle(&a->stage);
}

static bool aftermath(struct actor *a, bool dead)
{
	list_each (it, tmp, &a->stage.peers) {
		struct peer *p = container_of(it, struct peer, node);

		if (p->stopped)
			peer_start(p);
	}
	for (uint64_t ms = 0; ms < AFTERMATH_MS; ms += AFTERMATH_MS / 100) {
		answer_everything(a);
		io_world_advance(a->stage.world, AFTERMATH_MS / 100);
	}
	answer_everything(a);
	buf_clear(a->why);
	if (handles_count(a->stage.node->exchanges) > 0) {
		buf_printf(a->why, "%s: %zu exchanges never ended",
			a->stage.play->file,
			handles_count(a->stage.node->exchanges));
		return false;
	}
	return ledger_check(&a->stage, dead, a->why);
}

static bool fault(struct actor *a, const struct play *p,
	const struct play_variant *v, size_t done)
{
	if (done == v->cut_after) {
		stage_cut(&a->stage);
		ledger_cut(&a->stage);
		a->lenient = !p->survives_cut;
	}
	if (done == v->kill_after) {
		a->lenient = !p->survives_restart;
		return stage_restart(&a->stage, a->why);
	}
	return true;
}

static bool needs_disk(const struct play *p, const struct play_variant *v)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i].verb == PLAY_RESTART)
			return true;
	return v->kill_after > 0;
}

static bool perform_all(struct actor *actors, size_t n, const struct play *p,
	const struct play_variant *v)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < n; k++)
			if (!step(&actors[k], &p->steps[i]) ||
				!fault(&actors[k], p, v, i + 1))
				return false;
	for (size_t k = 0; k < n; k++)
		if (actors[k].lenient && !aftermath(&actors[k],
					v->kill_after || actors[k].dead))
			return false;
	return true;
}

bool play_perform(const struct play *p, const struct play_variant *v,
	const struct play_options *o, struct buf *why)
{
	struct actor actors[2] = { { .why = why }, { .why = why } };
	size_t n = v->twice ? 2 : 1;
	bool ok = true;

	for (size_t k = 0; k < n; k++) {
		ok = ok && stage_open(&actors[k].stage, p, o, needs_disk(p, v),
				   why);
		if (ok)
			io_world_chop(actors[k].stage.world, v->chop);
	}
	ok = ok && perform_all(actors, n, p, v);
	for (size_t k = 0; k < n; k++) {
		if (!actors[k].stage.world)
			continue;
		ledger_free(&actors[k].stage);
		stage_close(&actors[k].stage);
	}
	return ok;
}
