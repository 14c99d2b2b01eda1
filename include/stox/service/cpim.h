/*
 * stox/service/cpim.h: reading message/cpim bodies.  RFC 3862.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_CPIM_H
#define STOX_SERVICE_CPIM_H

#include "stox/plugin.h"

/** Texts live in the exchange; NULL when absent. */
struct stox_cpim {
	const char *from;         /* URI */
	const char *date_time;    /* RFC 3339 */
	const char *subject;
	const char *content_type; /* of the part inside */
	const char *content_encoding;
	const char *content;      /* bytes, may hold anything */
	size_t content_len;
};

/** Unwrap one level.  Returns 0, -STOX_EPROTO when it is malformed, or
 *  -STOX_ENOTSUP when it requires something unknown. */
STOX_API int stox_cpim_parse(struct stox_exchange *x, const void *body,
	size_t len, struct stox_cpim *ret);

#endif
