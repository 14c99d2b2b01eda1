/*
 * timer.h: a hierarchical timing wheel, 1 ms ticks, on a clock that the caller
 * drives.  Starting, stopping and firing cost O(1); the timer lives in its
 * owner.
 */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct timer {
	struct list node;
	uint64_t due_ms;
	void (*run)(void *arg);
	void *arg;
};

struct timer_wheel;

struct timer_wheel *timer_wheel_new(uint64_t now_ms);
void timer_wheel_free(struct timer_wheel **w);

/** Prepare a timer; it is not running. */
void timer_init(struct timer *t, void (*run)(void *arg), void *arg);
/** (Re)start @t to fire @after_ms from the wheel's present; with 0, at the next
 *  advance. */
void timer_start(struct timer_wheel *w, struct timer *t, uint64_t after_ms);
/** Stop it; harmless when it is not running. */
void timer_stop(struct timer_wheel *w, struct timer *t);
bool timer_running(const struct timer *t);

/**
 * Move the present to @now_ms and run what is due, in order of due time (and
 * of starting, within one tick).  A timer may start, stop and free any timer,
 * itself included; what it starts does not run before the next advance.
 */
void timer_wheel_advance(struct timer_wheel *w, uint64_t now_ms);
/** The wheel's present. */
uint64_t timer_wheel_now(const struct timer_wheel *w);
/** Milliseconds until the next timer may be due, or -1 when none runs.  May be
 *  early (a wheel level turns), never late. */
int64_t timer_wheel_wait_ms(const struct timer_wheel *w);

#endif
