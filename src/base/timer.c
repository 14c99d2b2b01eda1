#include "base/timer.h"

#include <stdlib.h>

#include "base/pool.h"

/*
 * The due time in digits of 6 bits.  A timer sits at the level of the highest
 * digit in which it differs from the wheel's position, in the slot that this
 * digit names.  So all of a lower level is due before any of a higher one, and
 * timers due at the same tick are always in the same list, in the order of
 * their starting.  When the position enters a slot, its timers move down.
 */
enum { BITS = 6, SLOTS = 1 << BITS, LEVELS = 11 };

struct level {
	uint64_t full; /* a bit per slot that is not empty */
	struct list slots[SLOTS];
};

struct timer_wheel {
	uint64_t now;      /* what the caller said last */
	uint64_t position; /* follows while timers run */
	struct list soon;  /* started with 0, run by the next advance */
	struct list due;   /* being run */
	struct level levels[LEVELS];
};

struct timer_wheel *timer_wheel_new(uint64_t now_ms)
{
	struct timer_wheel *w = base_alloc0(sizeof(*w));

	w->now = w->position = now_ms;
	list_init(&w->soon);
	list_init(&w->due);
	for (int l = 0; l < LEVELS; l++)
		for (int s = 0; s < SLOTS; s++)
			list_init(&w->levels[l].slots[s]);
	return w;
}

void timer_wheel_free(struct timer_wheel **w)
{
	free(*w);
	*w = NULL;
}

void timer_init(struct timer *t, void (*run)(void *arg), void *arg)
{
	list_init(&t->node);
	t->due_ms = 0;
	t->run = run;
	t->arg = arg;
}

static unsigned digit(uint64_t time, unsigned level)
{
	return time >> level * BITS & (SLOTS - 1);
}

static unsigned level_of(const struct timer_wheel *w, uint64_t due)
{
	uint64_t differ = (w->position ^ due) | 1;

	return (63 - (unsigned)__builtin_clzll(differ)) / BITS;
}

static void place(struct timer_wheel *w, struct timer *t)
{
	unsigned level = level_of(w, t->due_ms);
	unsigned slot = digit(t->due_ms, level);

	list_append(&w->levels[level].slots[slot], &t->node);
	w->levels[level].full |= UINT64_C(1) << slot;
}

void timer_start(struct timer_wheel *w, struct timer *t, uint64_t after_ms)
{
	timer_stop(w, t);
	t->due_ms = after_ms > UINT64_MAX - w->now ? UINT64_MAX
						   : w->now + after_ms;
	if (t->due_ms == w->now)
		list_append(&w->soon, &t->node);
	else
		place(w, t);
}

/* When nobody else is in its list, both neighbours are the head. */
void timer_stop(struct timer_wheel *w, struct timer *t)
{
	struct list *other = t->node.next;
	bool alone = other == t->node.prev;
	unsigned level, slot;

	if (!timer_running(t))
		return;
	list_remove(&t->node);
	if (!alone || other == &w->soon || other == &w->due)
		return;
	level = level_of(w, t->due_ms);
	slot = digit(t->due_ms, level);
	stox_require(other == &w->levels[level].slots[slot]);
	w->levels[level].full &= ~(UINT64_C(1) << slot);
}

bool timer_running(const struct timer *t)
{
	return !list_empty(&t->node);
}

/* The first slot in use: its level, or -1; @ret_at is when it begins. */
static int next_slot(const struct timer_wheel *w, uint64_t *ret_at)
{
	for (unsigned l = 0; l < LEVELS; l++) {
		unsigned shift = l * BITS;
		uint64_t full = w->levels[l].full;
		uint64_t above;

		if (!full)
			continue;
		above = shift + BITS < 64 ? w->position >> (shift + BITS) : 0;
		*ret_at = (uint64_t)__builtin_ctzll(full) << shift;
		if (shift + BITS < 64)
			*ret_at |= above << (shift + BITS);
		return (int)l;
	}
	return -1;
}

/* Move a list, in order, to the end of another. */
static void splice(struct list *to, struct list *from)
{
	list_each(it, tmp, from) {
		list_remove(it);
		list_append(to, it);
	}
}

static void run_due(struct timer_wheel *w)
{
	while (!list_empty(&w->due)) {
		struct timer *t = container_of(w->due.next, struct timer, node);

		list_remove(&t->node);
		t->run(t->arg); /* may free it */
	}
}

/* Enter a slot: its timers are due now, or move to lower levels. */
static void enter(struct timer_wheel *w, unsigned level, uint64_t at)
{
	unsigned slot = digit(at, level);
	struct list entered;

	w->position = at;
	w->levels[level].full &= ~(UINT64_C(1) << slot);
	if (level == 0) {
		splice(&w->due, &w->levels[0].slots[slot]);
		run_due(w);
		return;
	}
	list_init(&entered);
	splice(&entered, &w->levels[level].slots[slot]);
	list_each(it, tmp, &entered) {
		list_remove(it);
		place(w, container_of(it, struct timer, node));
	}
}

void timer_wheel_advance(struct timer_wheel *w, uint64_t now_ms)
{
	uint64_t at;
	int level;

	if (now_ms > w->now)
		w->now = now_ms;
	splice(&w->due, &w->soon);
	run_due(w);
	while ((level = next_slot(w, &at)) >= 0 && at <= w->now)
		enter(w, (unsigned)level, at);
	w->position = w->now;
}

uint64_t timer_wheel_now(const struct timer_wheel *w)
{
	return w->now;
}

/* A slot's beginning is early; for a few timers, look at them. */
static uint64_t first_due(const struct list *slot, uint64_t begins)
{
	uint64_t first = UINT64_MAX;
	int looks = 8;

	list_each(it, tmp, slot) {
		struct timer *t = container_of(it, struct timer, node);

		if (looks-- == 0)
			return begins;
		if (t->due_ms < first)
			first = t->due_ms;
	}
	return first;
}

int64_t timer_wheel_wait_ms(const struct timer_wheel *w)
{
	uint64_t at;
	int level;

	if (!list_empty(&w->soon))
		return 0;
	level = next_slot(w, &at);
	if (level < 0)
		return -1;
	if (level > 0)
		at = first_due(&w->levels[level].slots[digit(at,
			(unsigned)level)], at);
	at -= w->now;
	return at > INT64_MAX ? INT64_MAX : (int64_t)at;
}
