/*
 * stox/service/cpim.h: message/cpim bodies.  RFC 3862.
 * Needs the exact build of stox.
 */
#ifndef STOX_SERVICE_CPIM_H
#define STOX_SERVICE_CPIM_H

#include "stox/plugin.h"

/** Texts live in the exchange; NULL when absent. */
struct stox_cpim {
	const char *from, *to;    /* URIs */
	const char *date_time;    /* RFC 3339 */
	const char *subject;
	const char *content_type; /* of the part inside */
	const char *content_encoding;
	const char *content;      /* bytes, may hold anything */
	size_t content_len;
	/* RFC 5438: imdn.Message-ID and imdn.Disposition-Notification */
	const char *message_id, *disposition;
};

/** Unwrap one level.  Returns 0, -STOX_EPROTO when it is malformed, or
 *  -STOX_ENOTSUP when it requires something unknown. */
STOX_API int stox_cpim_parse(struct stox_exchange *x, const void *body,
	size_t len, struct stox_cpim *ret);
/** Write one, in the exchange; content_type is required, what is NULL is left
 *  out. */
STOX_API const char *stox_cpim_text(struct stox_exchange *x,
	const struct stox_cpim *c, size_t *ret_len);

#endif
