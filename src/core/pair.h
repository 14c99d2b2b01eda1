/*
 * pair.h: who approached whom first.  A row of the store per pair of people, of
 * those whose partner makes a difference of it (lync.md 1.5, PublicUnverified);
 * a bounded cache, misses included, keeps the store out of the way.
 */
#ifndef CORE_PAIR_H
#define CORE_PAIR_H

#include "stox/types.h"

struct node;
struct pairs;

struct pairs *pairs_new(struct node *n);
void pairs_free(struct pairs **p);

/** The sender of @x approaches its addressee. */
void pair_approach(struct stox_exchange *x);
/**
 * Find out whether the addressee of @x has approached its sender, into
 * x->approached.  Returns true when it is known now; else the exchange goes on
 * later where it was.
 */
bool pair_find(struct stox_exchange *x);

#endif
