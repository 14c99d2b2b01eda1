#include "core/listen.h"

#include <stdlib.h>

#include "core/node.h"

enum kind { XMPP_PLAIN, XMPP_DIRECT, SIP_OVER_TLS, SIP_OVER_TCP, KINDS };

static const struct {
	const char *option, *side;
	uint16_t port;
} kinds[KINDS] = {
	[XMPP_PLAIN] = { "xmpp_listen", "xmpp", 5269 },
	[XMPP_DIRECT] = { "xmpp_listen_tls", "xmpp-tls", 5270 },
	[SIP_OVER_TLS] = { "sip_listen", "sip-tls", 5061 },
	[SIP_OVER_TCP] = { "sip_listen_tcp", "sip-tcp", 5060 },
};

/* One listener of a configuration. */
struct place {
	enum kind kind;
	const char *text;     /* as written, borrowed from the configuration */
	char host[256];
	uint16_t port;
	bool kept;            /* stands in the other configuration too */
	bool open;
};

struct places {
	struct place *list;
	size_t count;
};

struct listen_change {
	struct node *node;
	struct config *old;   /* counted: what closes last stands there */
	struct places was, now;
};

static const char *const *list_of(const struct config *c, enum kind kind)
{
	switch (kind) {
	case XMPP_PLAIN:
		return c->xmpp_listen;
	case XMPP_DIRECT:
		return c->xmpp_listen_tls;
	case SIP_OVER_TLS:
		return c->sip_listen;
	case SIP_OVER_TCP:
		return c->sip_listen_tcp;
	case KINDS:
		break;
	}
	return NULL;
}

static void add(struct places *p, enum kind kind, const char *text)
{
	struct place *e;

	p->list = base_realloc(p->list, (p->count + 1) * sizeof(*p->list));
	e = &p->list[p->count++];
	*e = (struct place){ .kind = kind, .text = text };
	/* it was checked when the configuration was read */
	stox_require(config_address(text, e->host, sizeof(e->host), &e->port) ==
		0);
	if (!e->port)
		e->port = kinds[kind].port;
}

static void read_places(struct places *p, const struct config *c)
{
	for (int k = 0; k < KINDS; k++)
		for (const char *const *a = list_of(c, k); a && *a; a++)
			add(p, k, *a);
}

/* ---- one listener ------------------------------------------------------------ */

static int open_place(struct node *n, struct place *e, struct buf *why)
{
	int error;

	if (e->kind == XMPP_PLAIN || e->kind == XMPP_DIRECT)
		error = xmpp_listen(n->xmpp, e->host, e->port,
			e->kind == XMPP_DIRECT, why);
	else
		error = sip_listen(n->sip, e->host, e->port,
			e->kind == SIP_OVER_TLS ? SIP_TLS : SIP_TCP, why);
	if (error)
		return error;
	e->open = true;
	log_event(n->log, STOX_LOG_INFO, "core", 0, "listening",
		"side=%s address=%s", kinds[e->kind].side, e->text);
	return 0;
}

static void close_place(struct node *n, struct place *e)
{
	if (!e->open)
		return;
	e->open = false;
	if (e->kind == XMPP_PLAIN || e->kind == XMPP_DIRECT)
		xmpp_unlisten_at(n->xmpp, e->host, e->port);
	else
		sip_unlisten_at(n->sip, e->host, e->port);
	log_event(n->log, STOX_LOG_INFO, "core", 0, "listener-closed",
		"side=%s address=%s", kinds[e->kind].side, e->text);
}

int listen_all(struct node *n, struct buf *why)
{
	struct places p = { NULL, 0 };
	int error = 0;

	read_places(&p, n->snapshot->config);
	for (size_t i = 0; i < p.count && !error; i++)
		error = open_place(n, &p.list[i], why);
	free(p.list);
	return error;
}

/* ---- the change ---------------------------------------------------------------- */

static void compare(struct listen_change *c)
{
	for (size_t i = 0; i < c->was.count; i++) {
		struct place *a = &c->was.list[i];

		a->open = true;
		for (size_t k = 0; k < c->now.count; k++) {
			struct place *b = &c->now.list[k];

			if (a->kind == b->kind && a->port == b->port &&
				strcmp(a->host, b->host) == 0)
				a->kept = b->kept = true;
		}
	}
}

/** Close what is gone and has the port of @e: "*:5061" is in the way of
 *  "192.0.2.1:5061".  False when there is no such. */
static bool make_way(struct listen_change *c, const struct place *e)
{
	bool any = false;

	for (size_t i = 0; i < c->was.count; i++) {
		struct place *old = &c->was.list[i];

		if (old->kept || !old->open || old->port != e->port)
			continue;
		close_place(c->node, old);
		any = true;
	}
	return any;
}

static int open_new(struct listen_change *c, struct place *e, struct buf *why)
{
	int error = open_place(c->node, e, why);

	if (!error || !make_way(c, e))
		return error;
	buf_clear(why);
	return open_place(c->node, e, why);
}

static void explain(struct node *n, const struct config *now,
	const struct place *e, const struct buf *reason, struct buf *why)
{
	char quoted[300];

	log_event(n->log, STOX_LOG_ERROR, "core", 0, "listen-failed",
		"side=%s address=%s why=%s kept=running", kinds[e->kind].side,
		e->text, log_text(buf_str(reason), quoted, sizeof(quoted)));
	buf_printf(why, "%s: %s: cannot listen at \"%s\": %.*s; the "
		"configuration that runs stays\n",
		now->file, kinds[e->kind].option, e->text,
		STR_FMT(buf_str(reason)));
}

struct listen_change *listen_begin(struct node *n, const struct config *now,
	struct buf *why)
{
	struct listen_change *c = base_alloc0(sizeof(*c));
	struct buf reason;
	int error = 0;

	c->node = n;
	c->old = config_ref(n->snapshot->config);
	if (!n->stopping) { /* it listens nowhere any more */
		read_places(&c->was, n->snapshot->config);
		read_places(&c->now, now);
	}
	compare(c);
	buf_init(&reason, 512, NULL);
	for (size_t i = 0; i < c->now.count && !error; i++) {
		struct place *e = &c->now.list[i];

		error = e->kept ? 0 : open_new(c, e, &reason);
		if (error)
			explain(n, now, e, &reason, why);
	}
	buf_free(&reason);
	if (error)
		listen_end(&c, false);
	return c;
}

static void restore(struct listen_change *c)
{
	struct buf why;

	buf_init(&why, 512, NULL);
	for (size_t i = 0; i < c->now.count; i++)
		close_place(c->node, &c->now.list[i]);
	for (size_t i = 0; i < c->was.count; i++) {
		struct place *e = &c->was.list[i];

		if (e->open || open_place(c->node, e, &why) == 0)
			continue;
		log_event(c->node->log, STOX_LOG_ERROR, "core", 0,
			"listen-failed", "side=%s address=%s",
			kinds[e->kind].side, e->text);
	}
	buf_free(&why);
}

void listen_end(struct listen_change **change, bool done)
{
	struct listen_change *c = *change;

	*change = NULL;
	if (!done)
		restore(c);
	for (size_t i = 0; done && i < c->was.count; i++)
		if (!c->was.list[i].kept)
			close_place(c->node, &c->was.list[i]);
	config_unref(&c->old);
	free(c->was.list);
	free(c->now.list);
	free(c);
}
