/*
 * listener.c: where SIP peers knock, and how many may come in.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/connection.h"

/* One address that calls, as long as it has connections. */
struct sip_source {
	size_t count;
	char address[64];
};

struct listener {
	struct list node;
	struct sip *sip;
	struct io_listener *io;   /* NULL: could not be opened again */
	enum sip_transport transport;
	uint16_t port;
	char address[64];         /* "": all */
};

/* Too many: the oldest that has proven nothing makes room. */
static bool make_room(struct sip *s)
{
	if (s->connection_count < limit_get(s->limits, LIMIT_SIP_CONNECTIONS))
		return true;
	limit_hit(s->limits, LIMIT_SIP_CONNECTIONS);
	list_each(it, tmp, &s->connections) {
		struct sip_connection *c =
			container_of(it, struct sip_connection, node);

		if (c->outbound || c->link_count > 0 ||
			c->state == SIP_CONNECTION_CLOSING)
			continue;
		sip_connection_drop(c);
		return true;
	}
	return false;
}

static struct sip_source *enter(struct sip *s, const char *address)
{
	struct sip_source *source = table_get(s->sources, str_from(address));

	if (!source) {
		source = base_alloc0(sizeof *source);
		snprintf(source->address, sizeof source->address, "%s",
			address);
		table_put(s->sources, str_from(source->address), source);
	}
	if (source->count >=
		limit_get(s->limits, LIMIT_SIP_CONNECTIONS_SOURCE)) {
		limit_hit(s->limits, LIMIT_SIP_CONNECTIONS_SOURCE);
		return NULL;
	}
	source->count++;
	return source;
}

void sip_listener_leave(struct sip *s, struct sip_source *source)
{
	if (!source || --source->count > 0)
		return;
	table_remove(s->sources, str_from(source->address));
	free(source);
}

static void on_accept(void *arg, struct io_stream *stream)
{
	struct listener *l = arg;
	struct sip *s = l->sip;
	const char *address = io_stream_peer_address(stream);
	struct sip_source *source;

	if (s->stopping || budget_percent(s->budget) >= 80 || !make_room(s))
		return;
	source = enter(s, address ? address : "");
	if (source)
		sip_connection_accept(s, stream, l->transport, source);
}

static int open_listener(struct listener *l, struct buf *why)
{
	struct sip *s = l->sip;
	struct io_tls_config tls = {
		.credentials = s->credentials,
		.local_name = s->host,
		.alpn = "sip/2",
		.ask_certificate = true,
		.min = s->tls_min,
	};
	struct io_listen_config config = {
		.address = l->address[0] ? l->address : NULL,
		.port = l->port,
		.tls = l->transport == SIP_TLS ? &tls : NULL,
		.on_accept = on_accept,
		.arg = l,
	};

	l->io = io_listen(s->env, &config, why);
	return l->io ? 0 : -STOX_EIO;
}

int sip_listen(struct sip *s, const char *address, uint16_t port,
	enum sip_transport transport, struct buf *why)
{
	struct listener *l;

	if (transport == SIP_TLS && !s->credentials) {
		buf_add_text(why, "SIP over TLS needs a certificate");
		return -STOX_EIO;
	}
	l = base_alloc0(sizeof *l);
	l->sip = s;
	l->transport = transport;
	l->port = port;
	if (address)
		snprintf(l->address, sizeof l->address, "%s", address);
	if (open_listener(l, why) < 0) {
		free(l);
		return -STOX_EIO;
	}
	list_append(&s->listeners, &l->node);
	return 0;
}

/* New credentials serve the next handshakes; another lowest version needs
 * another listener. */
static void restart(struct listener *l, bool tls_changed)
{
	struct sip *s = l->sip;
	struct buf why;

	if (l->transport != SIP_TLS || !s->credentials)
		return;
	if (l->io && !tls_changed) {
		io_listener_credentials(l->io, s->credentials);
		return;
	}
	if (l->io)
		io_listener_close(&l->io);
	buf_init(&why, 512, NULL);
	if (open_listener(l, &why) < 0)
		log_event(s->log, STOX_LOG_ERROR, "sip", 0, "listen-failed",
			"port=%u why=\"%.*s\"", l->port,
			STR_FMT(buf_str(&why)));
	buf_free(&why);
}

void sip_listener_restart(struct sip *s, bool tls_changed)
{
	list_each(it, tmp, &s->listeners)
		restart(container_of(it, struct listener, node), tls_changed);
}

static void close_listener(struct listener *l)
{
	if (l->io)
		io_listener_close(&l->io);
	list_remove(&l->node);
	free(l);
}

void sip_listener_close_all(struct sip *s)
{
	list_each(it, tmp, &s->listeners)
		close_listener(container_of(it, struct listener, node));
}

void sip_unlisten_at(struct sip *s, const char *address, uint16_t port)
{
	list_each(it, tmp, &s->listeners) {
		struct listener *l = container_of(it, struct listener, node);

		if (l->port == port && strcmp(l->address, address) == 0)
			close_listener(l);
	}
}

void sip_unlisten(struct sip *s)
{
	sip_listener_close_all(s);
}
