/*
 * What plugins see of an exchange: stox/plugin.h over exchange.h.
 */
#include <stdio.h>

#include "core/node.h"
#include "stox/service/session.h"

uint64_t stox_id(const struct stox_exchange *x)
{
	return x->id;
}

enum stox_side stox_side_from(const struct stox_exchange *x)
{
	return x->side;
}

const char *stox_from(const struct stox_exchange *x)
{
	return x->from.full;
}

const char *stox_to(const struct stox_exchange *x)
{
	return x->to.full;
}

static const char *bare(const struct stox_exchange *x, const struct jid *j)
{
	return j->resource.len ? pool_strndup(x->pool, j->full, j->bare_len)
			       : j->full;
}

const char *stox_from_bare(const struct stox_exchange *x)
{
	return bare(x, &x->from);
}

const char *stox_to_bare(const struct stox_exchange *x)
{
	return bare(x, &x->to);
}

const char *stox_to_domain(const struct stox_exchange *x)
{
	return pool_strndup(x->pool, x->to.domain.p, x->to.domain.len);
}

bool stox_to_is_domain(const struct stox_exchange *x)
{
	return x->to.local.len == 0;
}

const char *stox_domain(const struct stox_exchange *x)
{
	if (x->gateway)
		return x->gateway->self.domain;
	return x->sip_domain ? x->sip_domain->domain : "";
}

void *stox_alloc(struct stox_exchange *x, size_t size)
{
	return pool_alloc0(x->pool, size);
}

char *stox_printf(struct stox_exchange *x, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = pool_vprintf(x->pool, format, ap);
	va_end(ap);
	return text;
}

/* ---- options ---------------------------------------------------------------- */

static const struct config_value *value(const struct stox_exchange *x,
	const struct stox_option *option)
{
	const struct config_value *v = config_plugin_value(x->snapshot->config,
		x->sip_domain, x->xmpp_domain, option);

	stox_require(v); /* the option is not in the plugin's table */
	return v;
}

bool stox_option_bool(const struct stox_exchange *x,
	const struct stox_option *option)
{
	return value(x, option)->boolean;
}

int64_t stox_option_int(const struct stox_exchange *x,
	const struct stox_option *option)
{
	return value(x, option)->number;
}

const char *stox_option_string(const struct stox_exchange *x,
	const struct stox_option *option)
{
	const struct config_value *v = value(x, option);

	return v->set ? v->string : NULL;
}

const char *stox_option_item(const struct stox_exchange *x,
	const struct stox_option *option, size_t index)
{
	const struct config_value *v = value(x, option);

	for (size_t i = 0; v->items && v->items[i]; i++)
		if (i == index)
			return v->items[i];
	return NULL;
}

/* ---- in ---------------------------------------------------------------------- */

static const char *text(const struct stox_exchange *x, struct str s)
{
	return pool_strndup(x->pool, s.p, s.len);
}

const struct stox_element *stox_in_stanza(const struct stox_exchange *x)
{
	return x->in_stanza;
}

const char *stox_in_method(const struct stox_exchange *x)
{
	return x->in_sip ? text(x, x->in_sip->method) : NULL;
}

static const char *header(const struct stox_exchange *x,
	const struct sip_message *m, const char *name)
{
	const struct sip_header *h =
		m ? sip_message_header_named(m, name, NULL) : NULL;

	return h ? text(x, h->value) : NULL;
}

const char *stox_in_header(const struct stox_exchange *x, const char *name)
{
	return header(x, x->in_sip, name);
}

const char *stox_in_type(const struct stox_exchange *x)
{
	return x->in_sip && x->in_sip->content_type.len
		       ? text(x, x->in_sip->content_type) : NULL;
}

const char *stox_in_body(const struct stox_exchange *x, size_t *ret_len)
{
	*ret_len = x->in_sip ? x->in_sip->body.len : 0;
	return x->in_sip ? x->in_sip->body.p : NULL;
}

const char *stox_in_display(const struct stox_exchange *x)
{
	struct str d = x->in_sip ? x->in_sip->from.display : (struct str){ 0 };
	char *out;
	size_t len = 0;

	if (!d.len)
		return NULL;
	out = pool_alloc(x->pool, d.len + 1);
	for (size_t i = 0; i < d.len; i++) {
		if (d.p[i] == '\\' && i + 1 < d.len)
			i++;
		out[len++] = d.p[i];
	}
	out[len] = '\0';
	return out;
}

uint64_t stox_in_time_us(const struct stox_exchange *x)
{
	return x->began_us;
}

/* ---- out ----------------------------------------------------------------------- */

static struct exchange_sip *new_sip(struct stox_exchange *x)
{
	struct exchange_sip *m = pool_alloc0(x->pool, sizeof(*m));

	m->headers_end = &m->headers;
	return m;
}

/** A header value that cannot end its line or hide anything: control
 *  characters become spaces. */
static const char *clean(struct stox_exchange *x, const char *s)
{
	size_t len = strlen(s);
	char *out = pool_strndup(x->pool, s, len);

	if (str_has_control((struct str){ out, len }))
		for (char *p = out; *p; p++)
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				*p = ' ';
	return out;
}

static int add_header(struct stox_exchange *x, struct exchange_sip *m,
	const char *name, const char *content)
{
	struct exchange_header *h;

	if (!m || !name || !content)
		return -STOX_EINVAL;
	h = pool_alloc0(x->pool, sizeof(*h));
	h->name = clean(x, name);
	h->value = clean(x, content);
	*m->headers_end = h;
	m->headers_end = &h->next;
	m->header_count++;
	return 0;
}

static bool is_draft(const struct stox_exchange *x)
{
	return x->phase == STOX_TRANSLATE || x->phase == STOX_ADJUST ||
	       x->phase == 0;
}

int stox_out_sip(struct stox_exchange *x, const char *method)
{
	if (!is_draft(x) || x->out_sip || x->out_stanza)
		return -STOX_EINVAL;
	x->out_sip = new_sip(x);
	x->out_sip->method = pool_strdup(x->pool, method);
	return 0;
}

int stox_out_header(struct stox_exchange *x, const char *name,
	const char *content)
{
	return is_draft(x) ? add_header(x, x->out_sip, name, content)
			   : -STOX_EINVAL;
}

int stox_out_body(struct stox_exchange *x, const char *type,
	const void *bytes, size_t len)
{
	if (!is_draft(x) || !x->out_sip)
		return -STOX_EINVAL;
	x->out_sip->type = clean(x, type);
	x->out_sip->body = (struct str){ pool_strndup(x->pool, bytes, len), len };
	return 0;
}

int stox_out_display(struct stox_exchange *x, const char *name)
{
	if (!is_draft(x) || !x->out_sip)
		return -STOX_EINVAL;
	x->out_sip->display = clean(x, name);
	return 0;
}

int stox_out_call(struct stox_exchange *x, const char *call_id,
	const char *from_tag, uint32_t cseq)
{
	if (!is_draft(x) || !x->out_sip)
		return -STOX_EINVAL;
	x->out_sip->call_id = clean(x, call_id);
	x->out_sip->from_tag = clean(x, from_tag);
	x->out_sip->cseq = cseq;
	return 0;
}

const char *stox_token(struct stox_exchange *x)
{
	size_t n = strlen(x->node->node_id);
	char *out = pool_alloc(x->pool, n + 22);

	memcpy(out, x->node->node_id, n);
	out[n++] = '-';
	rand_token(io_rand(x->node->env), out + n, 20);
	return out;
}

struct stox_element *stox_out_stanza(struct stox_exchange *x, const char *name,
	const char *type)
{
	if (!is_draft(x) || x->out_sip || x->out_stanza)
		return NULL;
	x->out_stanza = xml_element(x->pool, name, STOX_NS_SERVER);
	stox_element_set(x->out_stanza, "from", x->from.full);
	stox_element_set(x->out_stanza, "to", x->to.full);
	stox_element_set(x->out_stanza, "id", stox_token(x));
	if (type)
		stox_element_set(x->out_stanza, "type", type);
	return x->out_stanza;
}

const char *stox_out_method(const struct stox_exchange *x)
{
	return x->out_sip ? x->out_sip->method : NULL;
}

struct stox_element *stox_out_element(struct stox_exchange *x)
{
	return is_draft(x) ? x->out_stanza : NULL;
}

/* ---- answer ---------------------------------------------------------------------- */

enum stox_condition stox_answer_error(const struct stox_exchange *x,
	const char **ret_text)
{
	if (ret_text)
		*ret_text = x->answer_text;
	return x->answer_condition;
}

unsigned stox_answer_status(const struct stox_exchange *x)
{
	return x->answer == ANSWER_SIP ? x->answer_status : 0;
}

const char *stox_answer_header(const struct stox_exchange *x, const char *name)
{
	const struct exchange_header *h = x->answer_headers;
	struct str wanted = str_from(name);

	if (x->answer_sip)
		return header(x, x->answer_sip, name);
	for (; h; h = h->next)
		if (str_ieq(str_from(h->name), wanted))
			return h->value;
	return NULL;
}

/* Bytes of what is put down below. */
static size_t texts_len(const struct sip_message *m)
{
	size_t len = 0;

	for (size_t i = 0; i < m->header_count; i++) {
		const struct sip_header *h = &m->headers[i];

		len += h->value.len + 1;
		if (h->id == SIP_H_OTHER)
			len += h->name.len + 1;
	}
	return len;
}

/* @s and a NUL; what is behind it. */
static char *put(char *to, struct str s)
{
	if (s.len)
		memcpy(to, s.p, s.len);
	to[s.len] = '\0';
	return to + s.len + 1;
}

void exchange_keep_answer(struct stox_exchange *x)
{
	const struct sip_message *m = x->answer_sip;
	struct exchange_header *all;
	char *to;

	x->answer_sip = NULL;
	if (!m || !m->header_count)
		return;
	all = pool_alloc(x->pool, m->header_count * sizeof(*all));
	to = pool_chars(x->pool, texts_len(m));
	for (size_t i = 0; i < m->header_count; i++) {
		const struct sip_header *from = &m->headers[i];

		all[i] = (struct exchange_header){ .value = to,
			.name = sip_header_name(from->id), .next = &all[i + 1] };
		to = put(to, from->value);
		if (from->id != SIP_H_OTHER)
			continue;
		all[i].name = to;
		to = put(to, from->name);
	}
	all[m->header_count - 1].next = NULL;
	x->answer_headers = all;
}

const struct stox_element *stox_answer_stanza(const struct stox_exchange *x)
{
	return x->answer_stanza;
}

/* ---- reply ------------------------------------------------------------------------- */

struct stox_element *stox_reply_stanza(struct stox_exchange *x, const char *type)
{
	if (!x->in_stanza || x->reply_stanza)
		return NULL;
	x->reply_stanza = stanza_reply(x->pool, x->in_stanza, type);
	return x->reply_stanza;
}

int stox_reply_sip(struct stox_exchange *x, unsigned status, const char *reason)
{
	if (!x->in_sip || x->reply_sip || status < 200 || status > 699)
		return -STOX_EINVAL;
	x->reply_sip = new_sip(x);
	x->reply_sip->status = status;
	x->reply_sip->reason = reason ? clean(x, reason) : NULL;
	return 0;
}

int stox_reply_header(struct stox_exchange *x, const char *name,
	const char *content)
{
	return add_header(x, x->reply_sip, name, content);
}
