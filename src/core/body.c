/*
 * Readers and writers of bodies that several plugins need:
 * stox/service/cpim.h, and the documents of stox/service/xml.h.
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

/* ---- XML documents -------------------------------------------------------- */

const struct stox_element *stox_document_read(struct stox_exchange *x,
	const void *bytes, size_t len)
{
	struct stox_element *root;

	if (xml_parse(x->pool, (struct str){ bytes, len }, x->node->limits,
		    &root) < 0)
		return NULL;
	return root;
}

struct stox_element *stox_document_new(struct stox_exchange *x,
	const char *name, const char *ns)
{
	return xml_element(x->pool, name, ns);
}

const char *stox_document_text(struct stox_exchange *x,
	const struct stox_element *root, size_t *ret_len)
{
	const char *text = NULL;
	struct buf b;

	buf_init(&b, limit_get(x->node->limits, LIMIT_SIP_BODY), NULL);
	buf_add_text(&b, "<?xml version='1.0' encoding='UTF-8'?>\n");
	xml_write(&b, root, NULL);
	if (!b.overflow) {
		text = pool_strndup(x->pool, b.data, b.len);
		*ret_len = b.len;
	}
	buf_free(&b);
	return text;
}
