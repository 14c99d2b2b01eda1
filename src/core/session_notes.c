/*
 * Rows that were noted, as they need not be safe before anything is said, but not
 * be lost with the node either: they are written later, however often they change
 * until then, and so that nobody who waits for the store notices.
 */
#include "core/session_private.h"

/* What a crash may take back: this, and the time that the pace needs. */
enum { LATER_MS = 30000 };
enum { TURN_MS = 25 };

static void start_timer(struct sessions *all, uint64_t after_ms)
{
	timer_start(io_timers(all->node->env), &all->notes_timer, after_ms);
}

static uint64_t page(const struct sessions *all)
{
	uint64_t n = limit_get(all->node->limits, LIMIT_SESSION_NOTES) * TURN_MS /
		1000;

	return n ? n : 1;
}

void session_write_soon(struct stox_session *s)
{
	struct sessions *all = s->n->sessions;

	if (!s->dirty || !list_empty(&s->soon))
		return;
	list_append(&all->soon, &s->soon);
	if (!timer_running(&all->notes_timer))
		start_timer(all, LATER_MS);
}

static void take_all(struct sessions *all)
{
	list_each (it, tmp, &all->soon) {
		list_remove(it);
		list_append(&all->writing, it);
	}
}

static void write_some(void *arg)
{
	struct sessions *all = arg;

	if (list_empty(&all->writing))
		take_all(all);
	for (uint64_t n = page(all); n && !list_empty(&all->writing); n--)
		session_save(container_of(all->writing.next,
			struct stox_session, soon));
	if (!list_empty(&all->writing)) {
		limit_hit(all->node->limits, LIMIT_SESSION_NOTES);
		start_timer(all, TURN_MS);
	} else if (!list_empty(&all->soon)) {
		start_timer(all, LATER_MS);
	}
}

void session_notes_init(struct sessions *all)
{
	list_init(&all->soon);
	list_init(&all->writing);
	timer_init(&all->notes_timer, write_some, all);
}
