/*
 * loop.h: messages that have crossed and come back from the other side.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>

struct loops;
struct node;
struct stox_exchange;

struct loops *loops_new(struct node *n);
void loops_free(struct loops **l);
/**
 * The message of @x is about to cross: its stanza (`in`, or the `out` that
 * became of a request) is known.  Returns true when the same text between the
 * same two crossed the other way within LIMIT_LOOP_TIME, which is counted and
 * logged here.  What is no message with a text never loops.
 */
bool loop_found(struct stox_exchange *x);

#endif
