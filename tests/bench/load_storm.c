/*
 * One user whom all the others watch, the star: calm and storms in turn.  In a
 * storm the star's server has news for each watcher, and hands them over as fast
 * as stox takes them; it is over when each has heard.  All the time somebody
 * else writes messages, over a connection of its own.
 */
#include <inttypes.h>
#include <stdio.h>

#include "load.h"

enum {
	OTHER = 1000000,        /* friends of the others begin there */
	OTHERS = 256,           /* so many pairs */
	OTHER_MS = 2,           /* between their messages */
	SETTLE_MS = 11000,      /* calm, and everybody may be told again */
	QUEUED = 65536,         /* bytes that stox has not taken yet */
};

static struct io_stream *out(const struct load *l)
{
	return l->from_sip ? l->out_sip : l->out_xmpp;
}

static void change(void *arg)
{
	struct load *l = arg;
	struct star *s = &l->of_star;

	if (!s->begin_us)
		s->begin_us = io_wall_us(l->env);
	for (; s->changed < l->pairs && io_queued(out(l)) < QUEUED; s->changed++)
		people_change(l, s->changed);
	if (s->changed < l->pairs)
		timer_start(io_timers(l->env), &s->change, 1);
}

static void calm(struct load *l)
{
	l->of_star.changed = l->of_star.told = l->of_star.begin_us = 0;
	timer_start(io_timers(l->env), &l->of_star.change, SETTLE_MS);
}

void storm_told(struct load *l)
{
	struct star *s = &l->of_star;

	if (!s->begin_us || ++s->told < l->pairs)
		return;
	printf("{\"storm\": [%" PRIu64 ", %" PRIu64 "]}\n", s->begin_us,
		io_wall_us(l->env));
	fflush(stdout);
	s->begin_us = 0; /* somebody may hear twice */
	if (++s->storms < s->wanted)
		calm(l);
	else
		load_finish(l);
}

static void pace_others(void *arg)
{
	struct load *l = arg;
	struct star *s = &l->of_star;

	s->at_us[s->sent % OTHERS] = io_wall_us(l->env);
	load_write_message(l, l->out_other, OTHER + s->sent % OTHERS);
	s->sent++;
	timer_start(io_timers(l->env), &s->pace, OTHER_MS);
}

void storm_message(struct load *l, struct str number)
{
	uint64_t n;

	if (str_to_u64(number, UINT32_MAX, &n) == 0 && n >= OTHER)
		times_note(l, l->of_star.at_us[(n - OTHER) % OTHERS]);
}

void storm_others(struct load *l)
{
	timer_init(&l->of_star.pace, pace_others, l);
	timer_init(&l->of_star.change, change, l);
	pace_others(l);
}

void storm_begin(struct load *l)
{
	calm(l);
}
