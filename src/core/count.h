/*
 * count.h: counts of plugins (stox/service/count.h): a row of the store each,
 * and a bounded cache of those in use, so that many who ask at once are all
 * counted.
 */
#ifndef CORE_COUNT_H
#define CORE_COUNT_H

struct node;
struct counts;

struct counts *counts_new(struct node *n);
void counts_free(struct counts **c);

#endif
