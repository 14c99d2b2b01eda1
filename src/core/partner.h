/*
 * partner.h: what was seen of the partners: counts, first contacts with domains
 * that stand in no section, their rates.
 */
#ifndef CORE_PARTNER_H
#define CORE_PARTNER_H

#include "core/config.h"
#include "stox/types.h"

struct node;
struct partners;

struct partners *partners_new(struct node *n);
void partners_free(struct partners **p);

/**
 * A request of @x is about to run: count it.  For a discovered domain the rates
 * are looked at, and the first contact is logged.
 * Returns NULL, or a sentence when it comes too fast.
 */
const char *partner_enter(struct stox_exchange *x);
/**
 * `out` of @x is about to go: reserve its turn towards a discovered domain, one
 * after the other at LIMIT_DISCOVERED_RATE.
 * Returns the milliseconds to wait, mostly 0, or -STOX_ETOOBIG when as many wait
 * as may.
 */
int64_t partner_slot(struct stox_exchange *x);
/** Is there room for what a session begins, which can be begun later as well?
 *  Half of the queue is kept for people. */
bool partner_has_slot(struct stox_exchange *x);
/** It ended with an error to its sender.  Returns true when its domain has had
 *  so many of them lately that it is to wait for this one. */
bool partner_refused(struct stox_exchange *x);
/** The counts of domains go on under another configuration. */
void partner_keep_counts(const struct config *from, struct config *to);

/** A discovered domain. */
struct partner_row {
	enum stox_side side;
	const char *domain;
	const struct config_counts *counts;
};
/** Walk them, oldest contact first. */
void partners_discovered(struct partners *p,
	void (*row)(void *arg, const struct partner_row *row), void *arg);

#endif
