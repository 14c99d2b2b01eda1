#include "sip/dialog.h"

#include "stox/types.h"

enum { PACKED_VERSION = 1 };

static const char *copy(struct pool *pool, struct str s)
{
	return pool_strndup(pool, s.p, s.len);
}

/* ---- route sets and targets ---------------------------------------------- */

static bool is_own(const struct sip_uri *uri, struct str own_host)
{
	return own_host.len && sip_host_eq(uri->host, own_host);
}

/* Header parameters behind the bracket belong to Record-Route, not to Route. */
static int add_route(struct pool *pool, struct str item, struct str own_host,
	const char **routes, size_t *count)
{
	struct sip_address a;

	if (sip_address_parse(item, &a) < 0 ||
		(a.uri.scheme != SIP_SCHEME_SIP &&
			a.uri.scheme != SIP_SCHEME_SIPS))
		return -STOX_EPROTO;
	if (is_own(&a.uri, own_host))
		return 0;
	if (*count == SIP_DIALOG_ROUTES)
		return -STOX_ETOOBIG;
	routes[(*count)++] =
		pool_printf(pool, "<%.*s>", STR_FMT(a.uri_text));
	return 0;
}

static void reverse(const char **routes, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		const char *one = routes[i];

		routes[i] = routes[count - 1 - i];
		routes[count - 1 - i] = one;
	}
}

/* NULL with *@why set when there is something that cannot be a route. */
static const char *const *read_routes(struct pool *pool,
	const struct sip_message *m, struct str own_host, bool backwards,
	const char **why)
{
	const char **routes = pool_alloc0(pool,
		(SIP_DIALOG_ROUTES + 1) * sizeof(*routes));
	const struct sip_header *h = NULL;
	struct str list, item;
	size_t count = 0;

	while ((h = sip_message_header(m, SIP_H_RECORD_ROUTE, h))) {
		list = h->value;
		while (sip_list_next(&list, &item)) {
			int r = add_route(pool, item, own_host, routes, &count);

			if (r < 0) {
				*why = r == -STOX_ETOOBIG ? "Too Many Routes"
							  : "Bad Record-Route";
				return NULL;
			}
		}
	}
	if (backwards)
		reverse(routes, count);
	return routes;
}

/* Where the other end says that it is; len 0: nowhere that can be reached. */
static struct str target_of(const struct sip_message *m)
{
	if (m->contact.uri.scheme != SIP_SCHEME_SIP &&
		m->contact.uri.scheme != SIP_SCHEME_SIPS)
		return (struct str){ NULL, 0 };
	return m->contact.uri_text;
}

static const char *read_target(struct pool *pool, const struct sip_message *m)
{
	struct str target = target_of(m);

	return target.len ? copy(pool, target) : NULL;
}

/* A NOTIFY of a server that says in its answer to the SUBSCRIBE only where it
 * is: the address itself, along the way that is known. */
static const char *target_of_notify(struct pool *pool,
	const struct sip_message *m)
{
	if (!m->is_request || sip_message_header(m, SIP_H_CONTACT, NULL))
		return NULL;
	return copy(pool, m->from.uri_text);
}

/* ---- making one ---------------------------------------------------------- */

int sip_dialog_accept(struct pool *pool, const struct sip_message *request,
	const char *local_tag, struct sip_dialog *ret, const char **why)
{
	struct sip_dialog d = {
		.target = read_target(pool, request),
		.routes = read_routes(pool, request, STR(""), false, why),
		.remote_cseq = request->cseq,
		.remote_sent = true,
	};

	if (!d.routes)
		return -STOX_EPROTO;
	if (!d.target) {
		*why = "No Usable Contact";
		return -STOX_EPROTO;
	}
	d.call_id = copy(pool, request->call_id);
	d.local_tag = pool_strdup(pool, local_tag);
	d.remote_tag = copy(pool, request->from.tag);
	d.local = copy(pool, request->to.uri_text);
	d.remote = copy(pool, request->from.uri_text);
	*ret = d;
	return 0;
}

int sip_dialog_establish(struct pool *pool, struct sip_dialog *d,
	const struct sip_message *m, struct str own_host, const char **why)
{
	struct str tag = m->is_request ? m->from.tag : m->to.tag;
	const char *target = read_target(pool, m);
	const char *const *routes =
		read_routes(pool, m, own_host, !m->is_request, why);

	if (!routes)
		return -STOX_EPROTO;
	if (!target)
		target = target_of_notify(pool, m);
	if (!tag.len || !target) {
		*why = tag.len ? "No Usable Contact" : "No Tag";
		return -STOX_EPROTO;
	}
	d->remote_tag = copy(pool, tag);
	d->target = target;
	d->routes = routes;
	if (m->is_request) {
		d->remote_cseq = m->cseq;
		d->remote_sent = true;
	}
	return 0;
}

/* ---- within it ----------------------------------------------------------- */

static bool refreshes_target(struct str method)
{
	/* the most frequent one first */
	static const char *const methods[] = { "NOTIFY", "SUBSCRIBE", "INVITE",
		"UPDATE" };

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (str_is(method, methods[i]))
			return true;
	return false;
}

static void take_target(struct pool *pool, struct sip_dialog *d,
	const struct sip_message *m)
{
	struct str target = target_of(m);

	if (!target.len || (d->target && str_is(target, d->target)))
		return;
	d->target = copy(pool, target);
	d->packed.p = NULL;
}

enum sip_dialog_fit sip_dialog_receive(struct pool *pool, struct sip_dialog *d,
	const struct sip_message *request)
{
	if (!d->remote_tag || !str_is(request->call_id, d->call_id) ||
		!str_is(request->to.tag, d->local_tag) ||
		!str_is(request->from.tag, d->remote_tag))
		return SIP_DIALOG_OTHER;
	if (d->remote_sent && request->cseq < d->remote_cseq)
		return SIP_DIALOG_OLD;
	d->remote_cseq = request->cseq;
	d->remote_sent = true;
	if (refreshes_target(request->method))
		take_target(pool, d, request);
	return SIP_DIALOG_FITS;
}

void sip_dialog_refresh(struct pool *pool, struct sip_dialog *d,
	const struct sip_message *response)
{
	if (response->status >= 200 && response->status < 300 &&
		refreshes_target(response->cseq_method))
		take_target(pool, d, response);
}

static bool is_loose(const char *route)
{
	struct sip_address a;
	struct str value;

	return sip_address_parse(str_from(route), &a) == 0 &&
		sip_param(a.uri.params, "lr", &value);
}

void sip_dialog_route(struct pool *pool, const struct sip_dialog *d,
	const char **ret_uri, const char *const **ret_routes)
{
	const char **routes, *first = d->routes[0];
	size_t n = 0;

	if (!first || is_loose(first)) {
		*ret_uri = d->target;
		*ret_routes = d->routes;
		return;
	}
	*ret_uri = pool_strndup(pool, first + 1, strlen(first) - 2);
	while (d->routes[n])
		n++;
	routes = pool_alloc0(pool, (n + 1) * sizeof(*routes));
	memcpy(routes, d->routes + 1, (n - 1) * sizeof(*routes));
	routes[n - 1] = pool_printf(pool, "<%s>", d->target);
	*ret_routes = routes;
}

/* ---- keeping it ---------------------------------------------------------- */

/* Numbers take 7 bits a byte, the lowest first; texts are their length and
 * their bytes. */
static void pack_number(struct buf *out, uint64_t n)
{
	while (n >= 128) {
		buf_add_char(out, (char)(n | 128));
		n >>= 7;
	}
	buf_add_char(out, (char)n);
}

static void pack_text(struct buf *out, const char *text)
{
	struct str s = str_from(text);

	pack_number(out, s.len);
	buf_add_str(out, s);
}

static void pack_texts(const struct sip_dialog *d, struct buf *out)
{
	pack_number(out, PACKED_VERSION);
	pack_text(out, d->call_id);
	pack_text(out, d->local_tag);
	pack_text(out, d->remote_tag);
	pack_text(out, d->local);
	pack_text(out, d->remote);
	pack_text(out, d->target);
}

void sip_dialog_pack(const struct sip_dialog *d, struct buf *out)
{
	if (d->packed.p)
		buf_add_str(out, d->packed);
	else
		pack_texts(d, out);
	pack_number(out, d->local_cseq);
	pack_number(out, d->remote_cseq);
	pack_number(out, d->remote_sent);
}

void sip_dialog_pack_routes(const struct sip_dialog *d, struct buf *out)
{
	pack_number(out, PACKED_VERSION);
	for (size_t i = 0; d->routes && d->routes[i]; i++)
		pack_text(out, d->routes[i]);
}

/* After something that does not fit, .p is NULL and the rest reads as 0. */
static uint64_t unpack_number(struct str *in)
{
	uint64_t n = 0;

	for (unsigned shift = 0; in->p && in->len && shift < 63; shift += 7) {
		unsigned char c = (unsigned char)*in->p++;

		in->len--;
		n |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return n;
	}
	in->p = NULL;
	return 0;
}

static const char *unpack_text(struct pool *pool, struct str *in)
{
	uint64_t len = unpack_number(in);
	const char *text;

	if (!in->p || len > in->len) {
		in->p = NULL;
		return NULL;
	}
	text = pool_strndup(pool, in->p, len);
	in->p += len;
	in->len -= len;
	return text;
}

static const char *const *unpack_routes(struct pool *pool, struct str in)
{
	const char **routes = pool_alloc0(pool,
		(SIP_DIALOG_ROUTES + 1) * sizeof(*routes));
	size_t count = 0;

	if (unpack_number(&in) != PACKED_VERSION)
		return NULL;
	while (in.p && in.len && count < SIP_DIALOG_ROUTES)
		routes[count++] = unpack_text(pool, &in);
	return in.p && !in.len ? routes : NULL;
}

int sip_dialog_unpack(struct pool *pool, struct str packed, struct str routes,
	struct sip_dialog *ret)
{
	struct sip_dialog d = { .routes = unpack_routes(pool, routes),
		.packed = packed };

	if (!d.routes || unpack_number(&packed) != PACKED_VERSION)
		return -STOX_EINVAL;
	d.call_id = unpack_text(pool, &packed);
	d.local_tag = unpack_text(pool, &packed);
	d.remote_tag = unpack_text(pool, &packed);
	d.local = unpack_text(pool, &packed);
	d.remote = unpack_text(pool, &packed);
	d.target = unpack_text(pool, &packed);
	d.packed.len -= packed.len;
	d.local_cseq = (uint32_t)unpack_number(&packed);
	d.remote_cseq = (uint32_t)unpack_number(&packed);
	d.remote_sent = unpack_number(&packed) != 0;
	if (!packed.p || packed.len)
		return -STOX_EINVAL;
	*ret = d;
	return 0;
}
