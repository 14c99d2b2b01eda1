#include "play/peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "play/link.h"

enum { WAITING_MAX = 4 << 20 };

static void log_nothing(void *arg, enum stox_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

void peer_item_free(struct peer_item *item)
{
	struct pool *pool = item->pool;

	list_remove(&item->node);
	pool_free(&pool);
}

static void on_open(void *arg, struct io_stream *s)
{
	struct peer_link *l = arg;

	(void)s;
	l->open = true;
	if (l->peer->is_sip)
		link_sip_open(l);
	else
		link_xmpp_open(l);
}

static void on_secure(void *arg, struct io_stream *s)
{
	(void)s;
	link_xmpp_secure(arg);
}

static void on_data(void *arg, struct io_stream *s, struct str bytes)
{
	struct peer_link *l = arg;

	(void)s;
	if (l->peer->is_sip)
		link_sip_data(l, bytes);
	else
		link_xmpp_data(l, bytes);
}

static void on_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	(void)s;
	(void)reason;
	(void)detail;
	link_free(arg);
}

static const struct io_events events = {
	.on_open = on_open,
	.on_secure = on_secure,
	.on_data = on_data,
	.on_close = on_close,
};

static struct peer_link *link_new(struct peer *p)
{
	struct peer_link *l = base_alloc0(sizeof(*l));

	l->peer = p;
	buf_init(&l->in, WAITING_MAX, NULL);
	list_append(&p->links, &l->node);
	return l;
}

void link_free(struct peer_link *l)
{
	list_each (it, tmp, &l->peer->inbox) {
		struct peer_item *item = container_of(it, struct peer_item, node);

		if (item->link == l)
			item->link = NULL;
	}
	list_each (it, tmp, &l->peer->unanswered) {
		struct peer_item *item = container_of(it, struct peer_item, node);

		if (item->link == l)
			item->link = NULL;
	}
	list_remove(&l->node);
	xml_reader_free(&l->reader);
	buf_free(&l->in);
	free(l->id);
	free(l);
}

static void on_accept(void *arg, struct io_stream *s)
{
	struct peer *p = arg;
	struct peer_link *l;

	if (p->stopped)
		return;
	l = link_new(p);
	l->stream = s;
	l->accepted = true;
	io_stream_events(s, &events, l);
}

/** Our own connection to stox. */
struct peer_link *link_dial(struct peer *p)
{
	const struct io_tls_config tls = { .credentials = p->credentials,
		.local_name = p->domain, .server_name = NULL };
	const struct io_connect_config c = { .host = p->stox_address,
		.port = p->stox_port, .special_ok = true,
		.tls = p->is_sip ? &tls : NULL, .events = &events };
	struct io_connect_config copy = c;
	struct peer_link *l = link_new(p);

	copy.arg = l;
	l->stream = io_connect(p->env, &copy);
	return l;
}

void peer_open(struct peer *p, struct io_world *w)
{
	const struct io_env_config ec = { .log = &p->log, .limits = &p->limits };

	limits_init(&p->limits);
	p->log.sink = log_nothing;
	list_init(&p->links);
	list_init(&p->inbox);
	list_init(&p->pings);
	list_init(&p->unanswered);
	buf_init(&p->waiting, WAITING_MAX, NULL);
	p->env = io_mem_new(w, p->address, &ec);
	peer_start(p);
}

static void close_links(struct peer *p)
{
	list_each (it, tmp, &p->links) {
		struct peer_link *l = container_of(it, struct peer_link, node);

		io_abort(l->stream);
	}
}

void peer_stop(struct peer *p)
{
	p->stopped = true;
	if (p->listener)
		io_listener_close(&p->listener);
	close_links(p);
	buf_clear(&p->waiting);
}

void peer_start(struct peer *p)
{
	const struct io_tls_config tls = { .credentials = p->credentials,
		.ask_certificate = true };
	const struct io_listen_config c = { .address = "*",
		.port = p->is_sip ? 5061 : p->component_secret ? 5347 : 5269,
		.tls = p->is_sip ? &tls : NULL, .on_accept = on_accept, .arg = p };
	struct buf why;

	buf_init(&why, 256, NULL);
	p->stopped = false;
	if (!p->listener)
		p->listener = io_listen(p->env, &c, &why);
	stox_require(p->listener);
	buf_free(&why);
}

static void free_items(struct list *items)
{
	list_each (it, tmp, items)
		peer_item_free(container_of(it, struct peer_item, node));
}

void peer_close(struct peer *p)
{
	list_each (it, tmp, &p->links) {
		struct peer_link *l = container_of(it, struct peer_link, node);

		io_stream_events(l->stream, &events, NULL);
		link_free(l);
	}
	free_items(&p->inbox);
	free_items(&p->unanswered);
	free_items(&p->pings);
	buf_free(&p->waiting);
	io_listener_close(&p->listener);
	io_mem_kill(&p->env);
	io_credentials_unref(&p->credentials);
}

/** A ready connection of our own; NULL when there is none yet. */
static struct peer_link *ready_link(struct peer *p, bool *ret_coming)
{
	*ret_coming = false;
	list_each (it, tmp, &p->links) {
		struct peer_link *l = container_of(it, struct peer_link, node);

		/* A component host has but the one that stox opened. */
		if (l->accepted && !p->component_secret)
			continue;
		if (l->ready)
			return l;
		*ret_coming = true;
	}
	return NULL;
}

void peer_send(struct peer *p, const char *to_domain, struct str bytes)
{
	bool coming;
	struct peer_link *l = ready_link(p, &coming);

	if (to_domain != p->local)
		snprintf(p->local, sizeof(p->local), "%s", to_domain);
	if (l) {
		io_write(l->stream, bytes);
		return;
	}
	buf_add_str(&p->waiting, bytes);
	if (!coming && !p->component_secret)
		link_dial(p);
}

/** A connection is ready: what waited goes out. */
void link_ready(struct peer_link *l)
{
	l->ready = true;
	if (l->accepted && !l->peer->component_secret)
		return;
	io_write(l->stream, buf_str(&l->peer->waiting));
	buf_clear(&l->peer->waiting);
}
