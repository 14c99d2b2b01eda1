/*
 * The reader: all sessions of two people that have a due time pass by it, in the
 * order of their ids, and each place with an errand looks at them.  Events go
 * out in the turns of LIMIT_SESSION_PACE, as due times do; ruling 20.
 */
#include "core/reach_private.h"
#include "core/session_private.h"

/* How often it looks, and the size of a page, when somebody is to be found only. */
enum { TURN_MS = 100, PAGE = 1000 };

/* ---- keys ------------------------------------------------------------------- */

bool reach_ends(struct str key, struct str *ret_xmpp, struct str *ret_sip)
{
	struct str rest = key;

	*ret_xmpp = str_cut(&rest, ' ');
	*ret_sip = rest;
	return rest.p && rest.len && ret_xmpp->len;
}

struct str reach_domain(struct str jid)
{
	ptrdiff_t at = str_find(jid, '@');

	return at < 0 ? jid : (struct str){ jid.p + at + 1,
		jid.len - (size_t)at - 1 };
}

/* ---- rows ------------------------------------------------------------------- */

void reach_tell(struct reach *r, const struct reach_place *p,
	const struct store_session *row)
{
	const struct stox_event e = { .type = STOX_EVENT_PEER,
		.peer = *p->key == 's' ? STOX_SIP : STOX_XMPP,
		.lost = p->errand == REACH_TELL_LOST };
	struct stox_session *s = session_from_row(r->node->sessions, row);

	if (!s)
		return;
	r->told++;
	session_post(s, &e);
}

/* Rows may go, come and change while the reader goes round: who came after it
 * began has heard what it needs. */
static bool has_passed(const struct reach_place *p, uint64_t id)
{
	return p->wrapped && id > p->begin;
}

static void look(struct reach *r, struct reach_place *p,
	const struct store_session *row, struct str xmpp, struct str sip)
{
	if (!p || p->errand == REACH_NOTHING || p->late ||
		has_passed(p, row->id))
		return;
	if (p->errand == REACH_FIND && !p->met++)
		reach_found(p, xmpp, sip);
	else if (p->errand == REACH_TEST)
		reach_test(r, p, row);
	else if (p->errand != REACH_FIND && ++p->met && row->id != p->tested)
		reach_tell(r, p, row);
}

static void on_row(void *arg, const struct store_session *row)
{
	struct reach *r = arg;
	struct stox_host *host = NULL;
	const struct stox_session_kind *kind =
		session_find_kind(r->node, row->kind, &host);
	struct str xmpp, sip, domain;

	r->rows++;
	r->cursor = row->id;
	if (!kind || !kind->pairs || !reach_ends(row->key, &xmpp, &sip))
		return;
	domain = reach_domain(sip);
	look(r, reach_find(r, 'x', reach_domain(xmpp)), row, xmpp, sip);
	look(r, reach_find(r, 's', reach_main(r->node, domain)), row, xmpp, sip);
	look(r, reach_find(r, 'c', reach_local(r->node, domain)), row, xmpp,
		sip);
}

/* ---- pages ------------------------------------------------------------------ */

static bool is_round(const struct reach *r, const struct reach_place *p,
	bool end)
{
	if (p->wrapped)
		return end || r->cursor >= p->begin;
	return end && p->begin == 0;
}

/* After a page; returns true when somebody still has an errand. */
static bool check_places(struct reach *r, bool end)
{
	bool more = false;

	list_each (it, tmp, &r->places) {
		struct reach_place *p =
			container_of(it, struct reach_place, node);
		enum reach_errand errand = p->errand;

		if (errand == REACH_NOTHING)
			continue;
		if (p->late) {
			p->late = false;
			p->begin = end ? 0 : r->cursor;
			more = true;
			continue;
		}
		if (!is_round(r, p, end)) {
			p->wrapped = p->wrapped || end;
			more = true;
			continue;
		}
		p->errand = REACH_NOTHING;
		reach_errand_done(p, errand);
	}
	return more;
}

static bool is_telling(const struct reach *r)
{
	list_each (it, tmp, &r->places) {
		enum reach_errand errand =
			container_of(it, struct reach_place, node)->errand;

		if (errand == REACH_TELL_LOST || errand == REACH_TELL_BACK)
			return true;
	}
	return false;
}

static void on_done(void *arg, int error);

static void next_page(void *arg)
{
	struct reach *r = arg;
	struct sessions *all = r->node->sessions;
	bool telling = is_telling(r);

	if (telling && !session_has_turn(all, &r->turn))
		return;
	r->rows = r->told = 0;
	r->asking = true;
	store_session_live(r->node->store, r->cursor,
		telling ? session_page(all) : PAGE, on_row, on_done, r);
}

static void on_done(void *arg, int error)
{
	struct reach *r = arg;
	bool end = !error && r->rows == 0;

	r->asking = false;
	session_use_turn(r->node->sessions, r->told);
	if (error)
		log_event(r->node->log, STOX_LOG_ERROR, "core", 0,
			"sessions-not-read", NULL);
	r->reading = (error || check_places(r, end)) && !r->stopped;
	if (end)
		r->cursor = 0;
	if (r->reading)
		timer_start(io_timers(r->node->env), &r->turn,
			error || !is_telling(r) ? TURN_MS : 0);
}

void reach_reader_init(struct reach *r)
{
	timer_init(&r->turn, next_page, r);
}

void reach_read(struct reach_place *p, enum reach_errand errand)
{
	struct reach *r = p->reach;

	p->errand = errand;
	p->begin = r->cursor;
	p->wrapped = false;
	p->late = r->asking;
	p->met = 0;
	if (r->reading || r->stopped)
		return;
	r->reading = true;
	timer_start(io_timers(r->node->env), &r->turn, 0);
}
