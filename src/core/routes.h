/*
 * routes.h: route sets that dialogs share.  A row names one by its number; the
 * sets are in the store, and all in memory.
 */
#ifndef CORE_ROUTES_H
#define CORE_ROUTES_H

#include "base/buf.h"
#include "base/str.h"

struct node;
struct routes;

/** Before the loop runs: read what earlier runs have left.
 *  NULL with a sentence in @why when the store cannot tell. */
struct routes *routes_new(struct node *n, struct buf *why);
void routes_free(struct routes **r);
/** The number of a set, which is kept from now on; 0 when there are as many as
 *  may be, or it is too small to be worth it. */
uint64_t routes_number(struct routes *r, struct str packed);
/** The set of that number; .p NULL: there is none. */
struct str routes_find(const struct routes *r, uint64_t number);

#endif
