/*
 * Readers of bodies that several plugins need: stox/service/cpim.h.
 */
#include "core/node.h"
#include "sip/cpim.h"
#include "stox/service/cpim.h"

static const char *optional(struct stox_exchange *x, struct str s)
{
	return s.len ? pool_strndup(x->pool, s.p, s.len) : NULL;
}

int stox_cpim_parse(struct stox_exchange *x, const void *body, size_t len,
	struct stox_cpim *ret)
{
	struct cpim c;
	int error = cpim_parse(x->pool, (struct str){ body, len }, &c);

	if (error)
		return error;
	*ret = (struct stox_cpim){
		.from = optional(x, c.from),
		.date_time = optional(x, c.date_time),
		.subject = optional(x, c.subject),
		.content_type = optional(x, c.content_type),
		.content_encoding = optional(x, c.content_encoding),
		.content = c.content.p,
		.content_len = c.content.len,
	};
	return 0;
}
