/*
 * A SIP server that crashes and is back at once is hard to tell from one that closes
 * an idle connection: TCP ends in order either way, many say no farewell in TLS, and
 * the next question is answered.  To ask for everybody anew each time would be worse
 * than the illness.  So one session is made to look at what the server should know:
 * its answer tells.
 */
#include "core/reach_private.h"
#include "core/session_private.h"

/* ---- the test --------------------------------------------------------------- */

/* Could it be forgotten by the SIP side? */
static bool is_known(const struct reach *r, const struct store_session *row)
{
	struct stox_host *host = NULL;
	const struct stox_session_kind *kind =
		session_find_kind(r->node, row->kind, &host);
	BASE_SCRATCH char key[2100];

	if (!kind->known || row->key.len >= sizeof(key))
		return false;
	memcpy(key, row->key.p, row->key.len);
	key[row->key.len] = '\0';
	return kind->known(host->state, key, row->state.p, row->state.len);
}

void reach_test(struct reach *r, struct reach_place *p,
	const struct store_session *row)
{
	if (row->id == p->first || !is_known(r, row))
		return;
	reach_tell(r, p, row);
	p->tested = row->id;
	p->errand = REACH_NOTHING;
}

/* ---- the answer ------------------------------------------------------------- */

/* 481 in a dialog, 412 to a publication. */
static bool is_forgotten(const struct stox_exchange *x)
{
	return x->begin && x->answer == ANSWER_SIP &&
	       ((x->dialog && x->answer_status == 481) ||
		       x->answer_status == 412);
}

void reach_answered(struct reach *r, const struct stox_exchange *x)
{
	uint64_t row = is_forgotten(x) ? session_row_id(r->node, x->session) : 0;
	struct str domain = reach_main(r->node, x->to.domain);
	struct reach_place *p = row ? reach_find(r, 's', domain) : NULL;

	if (row && !p) {
		/* this one only, or everybody? */
		reach_doubt(r, STOX_SIP, domain, REACH_CLOSED);
		p = reach_find(r, 's', domain);
		if (p)
			p->first = row;
	} else if (p && p->tested && !p->forgot) {
		p->forgot = true;
		reach_say(p, STOX_LOG_WARN, "peer-forgot");
		reach_read(p, REACH_TELL_BACK);
	}
}
