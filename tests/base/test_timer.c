#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/pool.h"
#include "base/timer.h"

#define DAY_MS UINT64_C(86400000)

struct probe {
	struct timer timer;
	struct timer_wheel *wheel;
	int runs;
	uint64_t ran_at;
};

static void count(void *arg)
{
	struct probe *p = arg;

	assert_false(timer_running(&p->timer));
	p->runs++;
	p->ran_at = timer_wheel_now(p->wheel);
}

static void probe_init(struct probe *p, struct timer_wheel *w)
{
	*p = (struct probe){ .wheel = w };
	timer_init(&p->timer, count, p);
}

/* Never early, never late, whatever the present and the distance. */
static void fires_on_its_millisecond(void **state)
{
	static const uint64_t starts[] = {
		0, 1, 63, 64, 4095, 1000003, UINT64_C(1) << 36,
		UINT64_C(0xffffffff), UINT64_MAX - 500 * DAY_MS,
	};
	static const uint64_t waits[] = {
		1, 2, 62, 63, 64, 65, 127, 128, 4095, 4096, 4097, 25000, 262144,
		30 * 60 * 1000, DAY_MS, 30 * DAY_MS, 400 * DAY_MS,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		for (size_t j = 0; j < sizeof(waits) / sizeof(*waits); j++) {
			struct timer_wheel *w = timer_wheel_new(starts[i]);
			struct probe p;

			probe_init(&p, w);
			assert_int_equal(timer_wheel_wait_ms(w), -1);
			timer_start(w, &p.timer, waits[j]);
			assert_true(timer_running(&p.timer));
			timer_wheel_advance(w, starts[i] + waits[j] - 1);
			assert_int_equal(p.runs, 0);
			assert_int_equal(timer_wheel_wait_ms(w), 1);
			timer_wheel_advance(w, starts[i] + waits[j]);
			assert_int_equal(p.runs, 1);
			assert_int_equal(timer_wheel_wait_ms(w), -1);
			timer_wheel_free(&w);
			assert_null(w);
		}
}

/* Sleeping as long as the wheel says reaches the timer in a few steps. */
static void waiting_reaches_it(void **state)
{
	static const uint64_t waits[] = {
		1, 64, 1000, 25000, 300000, DAY_MS, 400 * DAY_MS,
	};

	(void)state;
	for (size_t j = 0; j < sizeof(waits) / sizeof(*waits); j++) {
		struct timer_wheel *w = timer_wheel_new(12345);
		struct probe p[20];
		uint64_t now = 12345;
		int steps = 0;

		for (int i = 0; i < 20; i++) {
			probe_init(&p[i], w);
			timer_start(w, &p[i].timer, waits[j]);
		}
		while (!p[0].runs) {
			int64_t wait = timer_wheel_wait_ms(w);

			assert_true(wait > 0);
			now += (uint64_t)wait;
			assert_true(now <= 12345 + waits[j]);
			timer_wheel_advance(w, now);
			assert_true(++steps < 12);
		}
		assert_int_equal(now, 12345 + waits[j]);
		assert_int_equal(p[19].runs, 1);
		timer_wheel_free(&w);
	}
}

static void zero_means_the_next_advance(void **state)
{
	struct timer_wheel *w = timer_wheel_new(1000);
	struct probe p;

	(void)state;
	probe_init(&p, w);
	timer_start(w, &p.timer, 0);
	assert_int_equal(p.runs, 0);
	assert_int_equal(timer_wheel_wait_ms(w), 0);
	timer_wheel_advance(w, 1000);
	assert_int_equal(p.runs, 1);
	timer_wheel_free(&w);
}

static void stop_and_restart(void **state)
{
	struct timer_wheel *w = timer_wheel_new(0);
	struct probe p, q;

	(void)state;
	probe_init(&p, w);
	probe_init(&q, w);
	timer_stop(w, &p.timer);
	timer_start(w, &p.timer, 10);
	timer_stop(w, &p.timer);
	timer_stop(w, &p.timer);
	assert_false(timer_running(&p.timer));
	assert_int_equal(timer_wheel_wait_ms(w), -1);
	timer_start(w, &p.timer, 10);
	timer_start(w, &p.timer, 500);
	timer_start(w, &q.timer, 500);
	timer_wheel_advance(w, 400);
	assert_int_equal(p.runs, 0);
	timer_start(w, &p.timer, 500);
	timer_wheel_advance(w, 899);
	assert_int_equal(p.runs, 0);
	assert_int_equal(q.runs, 1);
	timer_wheel_advance(w, 900);
	assert_int_equal(p.runs, 1);
	timer_wheel_free(&w);
}

static void the_far_end_of_time(void **state)
{
	struct timer_wheel *w = timer_wheel_new(UINT64_MAX - 5);
	struct probe p;

	(void)state;
	probe_init(&p, w);
	timer_start(w, &p.timer, UINT64_MAX);
	timer_wheel_advance(w, UINT64_MAX - 1);
	assert_int_equal(p.runs, 0);
	timer_wheel_advance(w, UINT64_MAX);
	assert_int_equal(p.runs, 1);
	timer_wheel_free(&w);

	w = timer_wheel_new(0);
	probe_init(&p, w);
	timer_start(w, &p.timer, UINT64_MAX);
	assert_true(timer_wheel_wait_ms(w) == INT64_MAX);
	timer_wheel_advance(w, UINT64_MAX - 1);
	assert_int_equal(p.runs, 0);
	timer_stop(w, &p.timer);
	assert_int_equal(timer_wheel_wait_ms(w), -1);
	timer_wheel_free(&w);
}

static void the_present_does_not_go_back(void **state)
{
	struct timer_wheel *w = timer_wheel_new(5000);
	struct probe p;

	(void)state;
	probe_init(&p, w);
	timer_start(w, &p.timer, 10);
	timer_wheel_advance(w, 4000);
	assert_int_equal(timer_wheel_now(w), 5000);
	timer_wheel_advance(w, 5009);
	assert_int_equal(p.runs, 0);
	timer_wheel_advance(w, 5010);
	assert_int_equal(p.runs, 1);
	timer_wheel_free(&w);
}

/* A heartbeat: after a long sleep it beats once, not once per period. */
static void beat(void *arg)
{
	struct probe *p = arg;

	p->runs++;
	timer_start(p->wheel, &p->timer, p->ran_at);
}

static void periodic_timers_do_not_catch_up(void **state)
{
	static const uint64_t periods[] = { 0, 1, 25000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct timer_wheel *w = timer_wheel_new(0);
		struct probe p = { .wheel = w, .ran_at = periods[i] };

		timer_init(&p.timer, beat, &p);
		timer_start(w, &p.timer, periods[i]);
		timer_wheel_advance(w, 30 * DAY_MS);
		assert_int_equal(p.runs, 1);
		timer_wheel_advance(w, 30 * DAY_MS + periods[i]);
		assert_int_equal(p.runs, 2);
		timer_wheel_free(&w);
	}
}

/* One timer that stops, restarts and frees others, and itself. */
struct crowd {
	struct timer_wheel *wheel;
	struct member {
		struct timer timer;
		struct crowd *crowd;
	} *members[6];
	int runs;
};

static void member_runs(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;

	c->runs++;
	if (m != c->members[0])
		return;
	timer_stop(c->wheel, &c->members[1]->timer); /* same tick */
	timer_stop(c->wheel, &c->members[2]->timer);
	free(c->members[2]);
	timer_start(c->wheel, &c->members[3]->timer, 5);
	timer_stop(c->wheel, &c->members[4]->timer); /* a later tick */
	free(c->members[4]);
	free(m);
}

static void a_timer_may_do_anything(void **state)
{
	struct crowd c = { .wheel = timer_wheel_new(0) };

	(void)state;
	for (int i = 0; i < 6; i++) {
		c.members[i] = base_alloc(sizeof(*c.members[i]));
		c.members[i]->crowd = &c;
		timer_init(&c.members[i]->timer, member_runs, c.members[i]);
		timer_start(c.wheel, &c.members[i]->timer, i < 4 ? 100 : 200);
	}
	timer_wheel_advance(c.wheel, 300);
	assert_int_equal(c.runs, 2); /* the first and the last */
	assert_false(timer_running(&c.members[1]->timer));
	timer_wheel_advance(c.wheel, 304);
	assert_int_equal(c.runs, 2);
	timer_wheel_advance(c.wheel, 305);
	assert_int_equal(c.runs, 3);
	free(c.members[1]);
	free(c.members[3]);
	free(c.members[5]);
	timer_wheel_free(&c.wheel);
}

/*
 * The property: random starts, stops and jumps, from outside and from timers,
 * against a list that is searched for the smallest (due, started) each time.
 */
enum { ALARMS = 200 };

struct alarm {
	struct timer timer;
	struct model *model;
	bool on;
	uint64_t due, started;
};

struct model {
	struct timer_wheel *wheel;
	struct alarm alarms[ALARMS];
	uint64_t seed, now, serial, advance_serial;
	uint64_t fired;
};

static uint64_t next_random(struct model *m, uint64_t below)
{
	m->seed = m->seed * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (m->seed >> 20) % below;
}

static uint64_t random_wait(struct model *m)
{
	/* all magnitudes, few values each, so that ticks are shared */
	uint64_t unit = UINT64_C(1) << next_random(m, 30);

	return next_random(m, 5) * unit + next_random(m, 3);
}

static void random_act(struct model *m)
{
	struct alarm *a = &m->alarms[next_random(m, ALARMS)];

	if (next_random(m, 4) == 0) {
		timer_stop(m->wheel, &a->timer);
		a->on = false;
		return;
	}
	a->due = random_wait(m);
	timer_start(m->wheel, &a->timer, a->due);
	a->due += m->now;
	a->on = true;
	a->started = m->serial++;
}

/* The alarm that must fire next in this advance, or NULL. */
static struct alarm *expected(struct model *m)
{
	struct alarm *first = NULL;

	for (size_t i = 0; i < ALARMS; i++) {
		struct alarm *a = &m->alarms[i];

		if (!a->on || a->due > m->now ||
		    a->started >= m->advance_serial)
			continue;
		if (!first || a->due < first->due ||
		    (a->due == first->due && a->started < first->started))
			first = a;
	}
	return first;
}

static void alarm_runs(void *arg)
{
	struct alarm *a = arg;
	struct model *m = a->model;

	assert_ptr_equal(a, expected(m));
	assert_false(timer_running(&a->timer));
	assert_int_equal(timer_wheel_now(m->wheel), m->now);
	a->on = false;
	m->fired++;
	while (next_random(m, 3) == 0)
		random_act(m);
}

static void check_rest(struct model *m)
{
	uint64_t first = UINT64_MAX;
	int64_t wait = timer_wheel_wait_ms(m->wheel);

	for (size_t i = 0; i < ALARMS; i++) {
		struct alarm *a = &m->alarms[i];

		assert_int_equal(timer_running(&a->timer), a->on);
		if (a->on && a->due < first)
			first = a->due;
	}
	if (first == UINT64_MAX)
		assert_int_equal(wait, -1);
	else
		assert_in_range(wait, first > m->now, first - m->now);
}

static void like_a_sorted_list(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct model m = { .seed = seed };

		m.now = next_random(&m, UINT64_C(1) << 40);
		m.wheel = timer_wheel_new(m.now);
		for (size_t i = 0; i < ALARMS; i++) {
			m.alarms[i].model = &m;
			timer_init(&m.alarms[i].timer, alarm_runs,
				&m.alarms[i]);
		}
		for (int round = 0; round < 300; round++) {
			for (uint64_t n = next_random(&m, 20); n; n--)
				random_act(&m);
			check_rest(&m);
			m.now += random_wait(&m);
			m.advance_serial = m.serial;
			timer_wheel_advance(m.wheel, m.now);
			assert_null(expected(&m));
			check_rest(&m);
		}
		assert_true(m.fired > 300);
		timer_wheel_free(&m.wheel);
	}
}

/* Many timers over 400 days, then one jump: the work is per timer, not
 * per millisecond, or this would not end. */
static void long_jumps_are_cheap(void **state)
{
	enum { MANY = 100000 };
	struct timer_wheel *w = timer_wheel_new(77);
	struct probe *p = base_alloc(MANY * sizeof(*p));

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		probe_init(&p[i], w);
		timer_start(w, &p[i].timer, 1 + i * (400 * DAY_MS / MANY));
	}
	timer_wheel_advance(w, 77 + 200 * DAY_MS);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(p[i].runs,
			1 + i * (400 * DAY_MS / MANY) <= 200 * DAY_MS);
	for (uint64_t day = 1; day <= 100000; day++)
		timer_wheel_advance(w, 77 + (200 + day) * DAY_MS);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(p[i].runs, 1);
	free(p);
	timer_wheel_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_on_its_millisecond),
		cmocka_unit_test(waiting_reaches_it),
		cmocka_unit_test(zero_means_the_next_advance),
		cmocka_unit_test(stop_and_restart),
		cmocka_unit_test(the_far_end_of_time),
		cmocka_unit_test(the_present_does_not_go_back),
		cmocka_unit_test(periodic_timers_do_not_catch_up),
		cmocka_unit_test(a_timer_may_do_anything),
		cmocka_unit_test(like_a_sorted_list),
		cmocka_unit_test(long_jumps_are_cheap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
