/*
 * fair.h: a queue of many, in which nobody waits for all that one other has
 * brought.
 *
 *     lanes[source % FAIR_LANES]   [1]     [2]        [3]
 *                                   |       |          |
 *                                  item    item       item   first come,
 *                                  item                :     first served
 *                                   :
 *     turns  -> 1 -> 2 -> 3 ->           one of each lane after the other
 *
 * A source is a number that tells whose an item is, as a hash of a name; two
 * sources may share a lane by chance.  Items are list nodes in their owners: to
 * take one back, list_remove() it.
 */
#ifndef BASE_FAIR_H
#define BASE_FAIR_H

#include <stdint.h>

#include "base/list.h"

enum { FAIR_LANES = 64 };

struct fair {
	struct list turns;         /* of lanes; the first is the next */
	struct fair_lane {
		struct list turn;
		struct list items;
	} lanes[FAIR_LANES];
};

void fair_init(struct fair *f);
/** Take all items back. */
void fair_clear(struct fair *f);
/** @item must be in no list. */
void fair_put(struct fair *f, struct list *item, uint32_t source);
/** The next item, taken out; NULL: there is none. */
struct list *fair_take(struct fair *f);
bool fair_empty(struct fair *f);
/** How many items there are; each of them is looked at. */
size_t fair_count(const struct fair *f);

#endif
