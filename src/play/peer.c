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

static void accept_link(struct peer *p, struct io_stream *s, bool component)
{
	struct peer_link *l;

	if (p->stopped)
		return;
	l = link_new(p);
	l->stream = s;
	l->accepted = true;
	l->component = component;
	io_stream_events(s, &events, l);
}

static void on_accept(void *arg, struct io_stream *s)
{
	accept_link(arg, s, false);
}

static void on_component(void *arg, struct io_stream *s)
{
	accept_link(arg, s, true);
}

/** Our own connection to stox. */
struct peer_link *link_dial(struct peer *p, const char *to)
{
	const struct io_tls_config tls = { .credentials = p->credentials,
		.local_name = p->shown, .server_name = NULL };
	const struct io_connect_config c = { .host = p->stox_address,
		.port = p->stox_port, .special_ok = true,
		.tls = p->is_sip ? &tls : NULL, .events = &events };
	struct io_connect_config copy = c;
	struct peer_link *l = link_new(p);

	snprintf(l->to, sizeof(l->to), "%s", to);
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
	list_init(&p->talks);
	p->env = io_mem_new(w, p->address, &ec);
	peer_start(p);
}

/** What we say to the domain @to of stox, made when it is new. */
static struct peer_talk *talk_to(struct peer *p, const char *to)
{
	struct peer_talk *t;

	list_each (it, tmp, &p->talks) {
		t = container_of(it, struct peer_talk, node);
		if (strcmp(t->to, to) == 0)
			return t;
	}
	t = base_alloc0(sizeof(*t));
	snprintf(t->to, sizeof(t->to), "%s", to);
	buf_init(&t->waiting, WAITING_MAX, NULL);
	list_append(&p->talks, &t->node);
	return t;
}

static void close_links(struct peer *p, void (*how)(struct io_stream *s))
{
	list_each (it, tmp, &p->links)
		how(container_of(it, struct peer_link, node)->stream);
}

void peer_hang_up(struct peer *p)
{
	close_links(p, io_close);
}

void peer_stop(struct peer *p)
{
	p->stopped = true;
	if (p->listener)
		io_listener_close(&p->listener);
	if (p->component_listener)
		io_listener_close(&p->component_listener);
	close_links(p, io_abort);
	list_each (it, tmp, &p->talks)
		buf_clear(&container_of(it, struct peer_talk, node)->waiting);
}

void peer_start(struct peer *p)
{
	const struct io_tls_config tls = { .credentials = p->credentials,
		.ask_certificate = true };
	const struct io_listen_config c = { .address = "*",
		.port = p->is_sip ? 5061 : 5269,
		.tls = p->is_sip ? &tls : NULL, .on_accept = on_accept, .arg = p };
	const struct io_listen_config components = { .address = "*",
		.port = 5347, .on_accept = on_component, .arg = p };
	struct buf why;

	buf_init(&why, 256, NULL);
	p->stopped = false;
	if (!p->listener)
		p->listener = io_listen(p->env, &c, &why);
	if (p->hosted && !p->component_listener)
		p->component_listener = io_listen(p->env, &components, &why);
	stox_require(p->listener && (!p->hosted || p->component_listener));
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
	list_each (it, tmp, &p->talks) {
		struct peer_talk *t = container_of(it, struct peer_talk, node);

		buf_free(&t->waiting);
		free(t);
	}
	io_listener_close(&p->listener);
	io_listener_close(&p->component_listener);
	io_mem_kill(&p->env);
	io_credentials_unref(&p->credentials);
}

static bool hosts(const struct peer *p, const char *domain)
{
	for (size_t i = 0; p->hosted && p->hosted[i]; i++)
		if (strcmp(p->hosted[i], domain) == 0)
			return true;
	return false;
}

/** May we send to @to on it? */
static bool usable(const struct peer *p, const struct peer_link *l,
	const char *to)
{
	if (strcmp(l->to, to) != 0)
		return false;
	if (hosts(p, to))
		return l->component;
	return !l->accepted || (l->bidi && l->ready);
}

/** A ready connection to the domain @to, our own or that of the component;
 *  NULL when there is none yet. */
static struct peer_link *ready_link(struct peer *p, const char *to,
	bool *ret_coming)
{
	*ret_coming = false;
	list_each (it, tmp, &p->links) {
		struct peer_link *l = container_of(it, struct peer_link, node);

		if (!usable(p, l, to))
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
	struct peer_link *l = ready_link(p, to_domain, &coming);

	if (l) {
		io_write(l->stream, bytes);
		return;
	}
	buf_add_str(&talk_to(p, to_domain)->waiting, bytes);
	if (!coming && !hosts(p, to_domain))
		link_dial(p, to_domain);
}

void peer_say(struct peer *p, struct str bytes)
{
	list_each (it, tmp, &p->links) {
		struct peer_link *l = container_of(it, struct peer_link, node);

		if (l->accepted && l->ready)
			io_write(l->stream, bytes);
	}
}

/** A connection is ready: what waited goes out. */
void link_ready(struct peer_link *l)
{
	struct peer_talk *t;

	l->ready = true;
	if (l->accepted && !l->component && !l->bidi)
		return;
	t = talk_to(l->peer, l->to);
	io_write(l->stream, buf_str(&t->waiting));
	buf_clear(&t->waiting);
}
