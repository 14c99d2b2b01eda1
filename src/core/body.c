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

/* The next line without its end and the space around it. */
static struct str next_line(struct str *block)
{
	struct str line = str_cut(block, '\n');

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return str_trim(line);
}

/* The prefix that the block declares for RFC 5438. */
static struct str imdn_prefix(struct str headers)
{
	static const char uri[] = "<urn:ietf:params:imdn>";

	while (headers.len) {
		struct str line = next_line(&headers), name;

		if (!str_istarts(line, STR("NS:")))
			continue;
		line = str_trim((struct str){ line.p + 3, line.len - 3 });
		name = str_cut(&line, ' ');
		if (line.p && str_is(str_trim(line), uri))
			return name;
	}
	return STR("imdn");
}

/* The value of "prefix.name:", NULL when it is absent. */
static const char *imdn_header(struct stox_exchange *x, struct str headers,
	const char *name)
{
	struct str prefix = imdn_prefix(headers), wanted = str_from(name);

	while (headers.len) {
		struct str line = next_line(&headers);

		if (line.len < prefix.len + wanted.len + 2 ||
			!str_istarts(line, prefix) ||
			line.p[prefix.len] != '.' ||
			line.p[prefix.len + 1 + wanted.len] != ':' ||
			!str_ieq((struct str){ line.p + prefix.len + 1,
				wanted.len }, wanted))
			continue;
		line.p += prefix.len + wanted.len + 2;
		line.len -= prefix.len + wanted.len + 2;
		return optional(x, str_trim(line));
	}
	return NULL;
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
		.to = optional(x, c.to),
		.date_time = optional(x, c.date_time),
		.subject = optional(x, c.subject),
		.content_type = optional(x, c.content_type),
		.content_encoding = optional(x, c.content_encoding),
		.content = c.content.p,
		.content_len = c.content.len,
		.message_id = imdn_header(x, c.headers, "Message-ID"),
		.disposition = imdn_header(x, c.headers,
			"Disposition-Notification"),
	};
	return 0;
}

static const char *imdn_lines(struct stox_exchange *x,
	const struct stox_cpim *c)
{
	if (!c->message_id)
		return NULL;
	return pool_printf(x->pool, "NS: imdn <urn:ietf:params:imdn>\r\n"
		"imdn.Message-ID: %s\r\n%s%s%s", c->message_id,
		c->disposition ? "imdn.Disposition-Notification: " : "",
		c->disposition ? c->disposition : "",
		c->disposition ? "\r\n" : "");
}

const char *stox_cpim_text(struct stox_exchange *x, const struct stox_cpim *c,
	size_t *ret_len)
{
	const struct cpim cpim = {
		.from = str_from(c->from),
		.to = str_from(c->to),
		.date_time = str_from(c->date_time),
		.subject = str_from(c->subject),
		.content_type = str_from(c->content_type),
		.content_encoding = str_from(c->content_encoding),
		.content = { c->content, c->content_len },
		.extra = str_from(imdn_lines(x, c)),
	};
	const char *text;
	struct buf b;

	buf_init(&b, limit_get(x->node->limits, LIMIT_SIP_BODY), NULL);
	cpim_write(&b, &cpim);
	text = pool_strndup(x->pool, b.data, b.len);
	*ret_len = b.len;
	buf_free(&b);
	return text;
}

/* ---- XML documents -------------------------------------------------------- */

/* Bytes of most that are written: no need to grow. */
enum { DOCUMENT_USUAL = 1024 };

const struct stox_element *stox_document_read(struct stox_exchange *x,
	const void *bytes, size_t len)
{
	struct stox_element *root;

	if (xml_documents_read(x->node->documents, x->pool,
		    (struct str){ bytes, len }, &root) < 0)
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
	BASE_SCRATCH char usual[DOCUMENT_USUAL];
	const char *text = NULL;
	struct buf b;

	buf_init_in(&b, limit_get(x->node->limits, LIMIT_SIP_BODY), usual,
		sizeof(usual));
	buf_add_text(&b, "<?xml version='1.0' encoding='UTF-8'?>\n");
	xml_write(&b, root, NULL);
	if (!b.overflow) {
		text = pool_strndup(x->pool, b.data, b.len);
		*ret_len = b.len;
	}
	buf_free(&b);
	return text;
}
