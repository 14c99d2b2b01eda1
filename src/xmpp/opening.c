/*
 * Whose turn it is to be opened: after a restart all partners are wanted at
 * once, and neither the DNS nor the handshakes should be asked for them all.
 */
#include "xmpp/s2s.h"

static bool room(const struct xmpp *x)
{
	return x->opening_count < limit_get(x->limits, LIMIT_XMPP_OPENING);
}

static void take(struct xmpp_out *o)
{
	o->opening = true;
	o->s.x->opening_count++;
}

void xmpp_opening_enter(struct xmpp_out *o)
{
	struct xmpp *x = o->s.x;

	if (list_empty(&x->opening) && room(x)) {
		take(o);
		xmpp_out_begin(o);
		return;
	}
	limit_hit(x->limits, LIMIT_XMPP_OPENING);
	xmpp_out_enter(o, XMPP_OUT_WAITING);
	o->waited = true;
	list_append(&x->opening, &o->turn);
}

void xmpp_opening_leave(struct xmpp_out *o)
{
	struct xmpp *x = o->s.x;

	list_remove(&o->turn);
	if (!o->opening)
		return;
	o->opening = false;
	x->opening_count--;
	if (!list_empty(&x->opening))
		io_defer(x->env, &x->opening_task);
}

static void next_turns(void *arg)
{
	struct xmpp *x = arg;

	while (!list_empty(&x->opening) && room(x)) {
		struct xmpp_out *o = container_of(x->opening.next,
			struct xmpp_out, turn);

		list_remove(&o->turn);
		take(o);
		xmpp_out_begin(o);
	}
}

void xmpp_opening_init(struct xmpp *x)
{
	list_init(&x->opening);
	io_task_init(&x->opening_task, next_turns, x);
}
