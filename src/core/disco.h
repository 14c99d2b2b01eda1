/*
 * disco.h: the inner side of stox/service/disco.h.
 */
#ifndef CORE_DISCO_H
#define CORE_DISCO_H

#include "stox/service/disco.h"

struct node;

/** <c/> of a domain of ours as a stream feature (XEP-0115, 6.3), in the pool of
 *  the node's snapshot; NULL when nobody would answer the questions it
 *  raises. */
const char *disco_stream_feature(struct node *n, const char *domain);

#endif
