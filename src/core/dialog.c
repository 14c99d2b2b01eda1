/*
 * Dialogs and event packages as plugins see them: stox/service/dialog.h and
 * stox/service/subscription.h over the models of the SIP side.
 */
#include "core/dialog.h"

#include "core/node.h"
#include "sip/subscription.h"
#include "stox/service/dialog.h"
#include "stox/service/session.h"

/* ---- bytes ------------------------------------------------------------------ */

enum { HEAD = 2, USUAL = 512, DIALOG_MAX = 8192, SHARED = 0x8000, NUMBER = 8 };

/* The routes themselves, or the number of a set in the store. */
static unsigned pack_routes(struct stox_exchange *x, const struct sip_dialog *d,
	struct buf *out)
{
	size_t at = out->len;
	uint64_t number;

	sip_dialog_pack_routes(d, out);
	if (out->overflow)
		return 0;
	number = routes_number(x->node->routes,
		(struct str){ out->data + at, out->len - at });
	if (!number)
		return 0;
	out->len = at;
	for (int i = NUMBER - 1; i >= 0; i--)
		buf_add_char(out, (char)(number >> (8 * i)));
	return SHARED;
}

static struct str unpack_routes(const struct routes *r, struct str bytes,
	bool shared)
{
	uint64_t number = 0;

	if (!shared)
		return bytes;
	for (size_t i = 0; i < bytes.len && i < NUMBER; i++)
		number = number << 8 | (unsigned char)bytes.p[i];
	return routes_find(r, number);
}

/* What stands for the routes of @was, which have not changed. */
static unsigned copy_routes(struct stox_exchange *x, struct stox_dialog was,
	struct buf *out)
{
	const unsigned char *p = was.bytes;
	size_t at = HEAD + (((size_t)p[0] << 8 | p[1]) & (SHARED - 1));
	struct str routes = { (const char *)p + at, was.len - at };
	bool shared = p[0] & SHARED >> 8;

	buf_add_str(out, routes);
	if (shared) /* it is seen still */
		routes_number(x->node->routes,
			unpack_routes(x->node->routes, routes, true));
	return shared ? SHARED : 0;
}

/* Two bytes of length, the dialog, its routes.  @was: bytes with the same
 * routes, or NULL. */
static int pack(struct stox_exchange *x, const struct sip_dialog *d,
	const struct stox_dialog *was, struct stox_dialog *ret)
{
	BASE_SCRATCH char usual[USUAL];
	struct buf b;
	size_t len;
	int error = -STOX_EPROTO;

	buf_init_in(&b, DIALOG_MAX, usual, sizeof(usual));
	buf_add(&b, "\0\0", HEAD);
	sip_dialog_pack(d, &b);
	len = b.len - HEAD;
	len |= was ? copy_routes(x, *was, &b) : pack_routes(x, d, &b);
	if (!b.overflow) {
		b.data[0] = (char)(len >> 8);
		b.data[1] = (char)(len & 255);
		ret->bytes = pool_strndup(x->pool, b.data, b.len);
		ret->len = b.len;
		error = 0;
	}
	buf_free(&b);
	return error;
}

static int unpack(struct stox_exchange *x, struct stox_dialog bytes,
	struct sip_dialog *ret)
{
	const unsigned char *p = bytes.bytes;
	struct str routes;
	size_t len;

	if (bytes.len < HEAD)
		return -STOX_EINVAL;
	len = ((size_t)p[0] << 8 | p[1]) & (SHARED - 1);
	if (len > bytes.len - HEAD)
		return -STOX_EINVAL;
	routes = (struct str){ (const char *)p + HEAD + len,
		bytes.len - HEAD - len };
	return sip_dialog_unpack(x->pool,
		(struct str){ (const char *)p + HEAD, len },
		unpack_routes(x->node->routes, routes, p[0] & SHARED >> 8),
		ret);
}

int dialog_begin(struct stox_exchange *x, struct stox_dialog bytes)
{
	struct sip_dialog *d = pool_alloc0(x->pool, sizeof(*d));

	if (unpack(x, bytes, d) < 0)
		return -STOX_EINVAL;
	d->packed.p = NULL; /* the session may have it no longer */
	x->dialog = d;
	return 0;
}

/* ---- making one ------------------------------------------------------------- */

static int packed(struct stox_exchange *x, const struct sip_dialog *d,
	struct stox_dialog *ret, const char **why)
{
	int error = pack(x, d, NULL, ret);

	if (error)
		*why = "Dialog Too Large";
	return error;
}

int stox_dialog_accept(struct stox_exchange *x, const char *local_tag,
	struct stox_dialog *ret, const char **why)
{
	struct sip_dialog d;

	*why = NULL;
	if (!x->in_sip)
		return -STOX_EINVAL;
	if (sip_dialog_accept(x->pool, x->in_sip, local_tag, &d, why) < 0)
		return -STOX_EPROTO;
	return packed(x, &d, ret, why);
}

int stox_dialog_establish(struct stox_exchange *x, const char *call_id,
	const char *local_tag, struct stox_dialog *ret, const char **why)
{
	const struct sip_message *m = x->in_sip;
	struct sip_dialog d = { .call_id = call_id, .local_tag = local_tag };

	*why = NULL;
	if (!m || !str_is(m->call_id, call_id) || !str_is(m->to.tag, local_tag))
		return -STOX_ENOENT;
	/* from here on the URIs are as the other end writes them */
	d.local = pool_strndup(x->pool, m->to.uri_text.p, m->to.uri_text.len);
	d.remote = pool_strndup(x->pool, m->from.uri_text.p,
		m->from.uri_text.len);
	if (sip_dialog_establish(x->pool, &d, m,
		    str_from(x->snapshot->config->host), why) < 0)
		return -STOX_EPROTO;
	return packed(x, &d, ret, why);
}

/* From and To of the answer are those that were sent. */
static int establish(struct stox_exchange *x, const struct sip_message *m,
	struct sip_dialog *d)
{
	const char *why = NULL;

	if (x->dialog) { /* a re-INVITE */
		*d = *x->dialog;
		sip_dialog_refresh(x->pool, d, m);
		return 0;
	}
	*d = (struct sip_dialog){
		.call_id = pool_strndup(x->pool, m->call_id.p, m->call_id.len),
		.local_tag = pool_strndup(x->pool, m->from.tag.p,
			m->from.tag.len),
		.local = pool_strndup(x->pool, m->from.uri_text.p,
			m->from.uri_text.len),
		.remote = pool_strndup(x->pool, m->to.uri_text.p,
			m->to.uri_text.len),
		.local_cseq = m->cseq,
	};
	return sip_dialog_establish(x->pool, d, m,
		str_from(x->snapshot->config->host), &why);
}

static bool opens(const struct stox_exchange *x)
{
	return x->out_sip && (strcmp(x->out_sip->method, "INVITE") == 0 ||
		strcmp(x->out_sip->method, "SUBSCRIBE") == 0);
}

void dialog_answered(struct stox_exchange *x, const struct sip_message *m)
{
	struct sip_dialog d;

	if (m->status >= 200 && m->status < 300 && opens(x) &&
		establish(x, m, &d) == 0)
		(void)pack(x, &d, NULL, &x->made);
}

int stox_dialog_made(const struct stox_exchange *x, struct stox_dialog *ret)
{
	if (!opens(x) || x->answer_status < 200 || x->answer_status > 299)
		return -STOX_ENOENT;
	*ret = x->made;
	return x->made.len ? 0 : -STOX_EPROTO;
}

enum stox_dialog_fit stox_dialog_receive(struct stox_exchange *x,
	struct stox_dialog dialog, struct stox_dialog *ret)
{
	struct sip_dialog d;

	if (!x->in_sip || unpack(x, dialog, &d) < 0)
		return STOX_DIALOG_OTHER;
	switch (sip_dialog_receive(x->pool, &d, x->in_sip)) {
	case SIP_DIALOG_OTHER:
		return STOX_DIALOG_OTHER;
	case SIP_DIALOG_OLD:
		return STOX_DIALOG_OLD;
	case SIP_DIALOG_FITS:
		break;
	}
	return pack(x, &d, &dialog, ret) < 0 ? STOX_DIALOG_OTHER
					     : STOX_DIALOG_FITS;
}

bool stox_in_dialog(const struct stox_exchange *x)
{
	return x->in_sip && x->in_sip->to.tag.len > 0;
}

bool stox_dialect_is(const struct stox_exchange *x, const char *choice,
	const char *word)
{
	return sip_dialect_is(x->sip_domain->partner.dialect, choice, word);
}

int stox_reply_tag(struct stox_exchange *x, const char *tag)
{
	if (!x->reply_sip)
		return -STOX_EINVAL;
	x->reply_sip->to_tag = pool_strdup(x->pool, tag);
	return 0;
}

int stox_reply_body(struct stox_exchange *x, const char *type,
	const void *bytes, size_t len)
{
	char *copy;

	if (!x->reply_sip)
		return -STOX_EINVAL;
	copy = pool_strndup(x->pool, bytes, len);
	x->reply_sip->type = pool_strdup(x->pool, type);
	x->reply_sip->body = (struct str){ copy, len };
	return 0;
}

const char *stox_own_host(const struct stox_exchange *x)
{
	return x->snapshot->config->host;
}

const char *stox_contact(struct stox_exchange *x)
{
	const struct config *c = x->snapshot->config;

	return x->sip_domain->partner.transport == SIP_TCP ? c->contact_tcp
		: c->contact_tls;
}

/* ---- event packages --------------------------------------------------------- */

int stox_subscription_read(const struct stox_exchange *x,
	struct stox_subscription *ret)
{
	const struct sip_header *h = x->in_sip
		? sip_message_header(x->in_sip, SIP_H_SUBSCRIPTION_STATE, NULL)
		: NULL;

	return h ? sip_subscription_state_parse(h->value, ret) : -STOX_EINVAL;
}

const char *stox_subscription_text(struct stox_exchange *x,
	const struct stox_subscription *s)
{
	BASE_SCRATCH char usual[128];
	const char *text;
	struct buf b;

	buf_init_in(&b, sizeof(usual), usual, sizeof(usual));
	sip_subscription_state_write(&b, s);
	text = pool_strndup(x->pool, b.data, b.len);
	buf_free(&b);
	return text;
}

enum stox_resubscribe stox_resubscribe(enum stox_subreason reason)
{
	return sip_subreason_follow_up(reason);
}

unsigned stox_subscribe_check(const struct stox_exchange *x,
	const struct stox_event_package *package, uint32_t *ret_expires)
{
	return x->in_sip ? sip_subscribe_check(x->in_sip, package, ret_expires)
			 : 400;
}

enum stox_subscribe_result stox_subscribe_result(const struct stox_exchange *x,
	bool refresh)
{
	return sip_subscribe_result(stox_answer_status(x), refresh);
}

uint32_t stox_refresh_after(uint32_t expires_s)
{
	return sip_refresh_after(expires_s);
}
