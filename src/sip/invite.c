/*
 * invite.c: what only an INVITE of ours has: ACK, CANCEL, and the dialogs that
 * its 2xx make.  RFC 3261, 9.1, 13.2.2.4 and 17.1.1.3.
 *
 * The request itself is all that is remembered: it is read again.
 */
#include "sip/dialog.h"
#include "sip/transaction.h"

/* What was sent, read again; @copy holds its bytes.  NULL: not readable, which
 * is a mistake of ours and logged. */
static struct sip_message *reread(struct sip_client *k, struct pool *pool)
{
	struct sip_message *m = pool_alloc0(pool, sizeof *m);
	char *copy = pool_strndup(pool, k->request.data, k->request.len);
	struct sip_fault fault;

	if (sip_message_parse(copy, k->request.len, k->sip->limits, m,
		    &fault) == 0)
		return m;
	log_event(k->sip->log, STOX_LOG_ERROR, "sip", 0, "own-invite",
		"why=\"%s\"", fault.why ? fault.why : "");
	return NULL;
}

static void add_line(struct buf *out, const char *name, struct str value)
{
	buf_add_text(out, name);
	buf_add(out, ": ", 2);
	buf_add_str(out, value);
	buf_add(out, "\r\n", 2);
}

static void add_own(struct buf *out, const struct sip_message *m,
	enum sip_header_id id)
{
	const struct sip_header *h = NULL;

	while ((h = sip_message_header(m, id, h)))
		add_line(out, sip_header_name(id), h->value);
}

/* A request of the same branch and number, hop by hop: ACK and CANCEL. */
static void write_same(struct sip_client *k, const char *method,
	const struct sip_message *own, const struct sip_message *response)
{
	struct buf *out = &k->sip->out;
	const struct sip_message *to = response ? response : own;

	buf_clear(out);
	buf_printf(out, "%s %.*s SIP/2.0\r\n", method, STR_FMT(own->uri_text));
	add_own(out, own, SIP_H_VIA);
	add_line(out, "Max-Forwards", STR("70"));
	add_own(out, own, SIP_H_ROUTE);
	add_own(out, own, SIP_H_FROM);
	add_own(out, to, SIP_H_TO);
	add_line(out, "Call-ID", own->call_id);
	buf_printf(out, "CSeq: %lu %s\r\n", (unsigned long)own->cseq, method);
	sip_request_finish(k->sip, out, NULL, NULL, STR(""));
}

static void send_same(struct sip_client *k, struct sip_connection *c,
	const char *method, const struct sip_message *response)
{
	struct pool *pool = pool_new(k->sip->budget);
	const struct sip_message *own = reread(k, pool);

	if (own) {
		write_same(k, method, own, response);
		sip_connection_write(c, buf_str(&k->sip->out));
	}
	pool_free(&pool);
}

void sip_invite_ack(struct sip_client *k, struct sip_connection *c,
	const struct sip_message *response)
{
	send_same(k, c, "ACK", response);
}

void sip_invite_cancel(struct sip_client *k)
{
	if (k->cancelled || !k->connection)
		return;
	k->cancelled = true;
	send_same(k, k->connection, "CANCEL", NULL);
}

/* ---- 2xx ---- */

static const char *text(struct pool *pool, struct str s)
{
	return pool_strndup(pool, s.p, s.len);
}

/* The dialog of that 2xx.  A re-INVITE keeps the route set that it was sent
 * with.  RFC 3261, 12.2.1.2. */
static bool read_dialog(struct sip_client *k, struct pool *pool,
	const struct sip_message *own, const struct sip_message *response,
	struct sip_dialog *ret)
{
	const char *why = NULL;

	*ret = (struct sip_dialog){
		.call_id = text(pool, own->call_id),
		.local_tag = text(pool, own->from.tag),
		.local = text(pool, own->from.uri_text),
		.remote = text(pool, own->to.uri_text),
	};
	if (sip_dialog_establish(pool, ret, response, str_from(k->sip->host),
		    &why) < 0) {
		log_event(k->sip->log, STOX_LOG_INFO, "sip", 0, "bad-2xx",
			"partner=%s why=\"%s\"", k->peer->name, why);
		return false;
	}
	return true;
}

/* The Route lines that a re-INVITE had; a new dialog has those of its 2xx. */
static void keep_routes(struct pool *pool, const struct sip_message *own,
	struct sip_dialog *d)
{
	const char **routes = pool_alloc0(pool,
		(SIP_DIALOG_ROUTES + 1) * sizeof *routes);
	const struct sip_header *h = NULL;
	size_t count = 0;

	while (count < SIP_DIALOG_ROUTES &&
		(h = sip_message_header(own, SIP_H_ROUTE, h)))
		routes[count++] = text(pool, h->value);
	d->routes = routes;
}

static void send_lone(struct sip_client *k, struct sip_connection *c,
	struct pool *pool, const struct sip_dialog *d, const char *method,
	uint32_t cseq)
{
	struct sip *s = k->sip;
	struct sip_out out = {
		.method = method,
		.from = d->local,
		.to = d->remote,
		.call_id = d->call_id,
		.from_tag = d->local_tag,
		.to_tag = d->remote_tag,
		.cseq = cseq,
	};

	sip_dialog_route(pool, d, &out.request_uri, &out.routes);
	buf_clear(&s->out);
	sip_request_write_lone(s, &s->out, k->peer->partner
			? k->peer->partner->transport : SIP_TLS, &out);
	sip_connection_write(c, buf_str(&s->out));
}

void sip_invite_confirm(struct sip_client *k, struct sip_connection *c,
	const struct sip_message *response, bool bye)
{
	struct pool *pool = pool_new(k->sip->budget);
	const struct sip_message *own = reread(k, pool);
	struct sip_dialog d;

	if (own && read_dialog(k, pool, own, response, &d)) {
		if (own->to.tag.len)
			keep_routes(pool, own, &d);
		send_lone(k, c, pool, &d, "ACK", own->cseq);
		if (bye)
			send_lone(k, c, pool, &d, "BYE", own->cseq + 1);
	}
	pool_free(&pool);
}
