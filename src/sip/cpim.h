/*
 * cpim.h: message/cpim.  RFC 3862.  Model: no I/O.
 */
#ifndef SIP_CPIM_H
#define SIP_CPIM_H

#include "base/buf.h"
#include "base/pool.h"
#include "base/str.h"

struct cpim {
	struct str from, to;        /* URIs, without name */
	struct str from_name;       /* formal name, unescaped in pool; len 0: none */
	struct str date_time;       /* RFC 3339; what is not is left out */
	struct str subject;         /* unescaped, in pool */
	struct str content_type;    /* of the inner part */
	struct str content_encoding; /* also a transfer encoding other than
	                             * 7bit, 8bit, binary; len 0: none */
	struct str content;
	struct str headers;         /* the whole header block, for other readers;
	                             * not written */
	struct str extra;           /* writing only: more lines of the header
	                             * block, each ending in CRLF, escaped */
};

/** Read a body.  Returns 0, -STOX_EPROTO when it is not CPIM, or
 *  -STOX_ENOTSUP when a Require header names something unknown.  Slices point
 *  into @body or @pool.  Of repeated To and Subject the first is kept. */
int cpim_parse(struct pool *pool, struct str body, struct cpim *ret);
/** Write one; empty fields are left out, content_type is required.  Text with
 *  control characters is escaped, URIs and types lose them. */
void cpim_write(struct buf *out, const struct cpim *c);

#endif
