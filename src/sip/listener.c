/*
 * listener.c: where SIP peers knock.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/connection.h"

struct listener {
	struct list node;
	struct sip *sip;
	struct io_listener *io;   /* NULL: could not be opened again */
	enum sip_transport transport;
	uint16_t port;
	char address[64];         /* "": all */
};

static void on_accept(void *arg, struct io_stream *stream)
{
	struct listener *l = arg;

	sip_connection_accept(l->sip, stream, l->transport);
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
			"port=%u why=\"%.*s\"", l->port, STR_FMT(buf_str(&why)));
	buf_free(&why);
}

void sip_listener_restart(struct sip *s, bool tls_changed)
{
	list_each(it, tmp, &s->listeners)
		restart(container_of(it, struct listener, node), tls_changed);
}

void sip_listener_close_all(struct sip *s)
{
	list_each(it, tmp, &s->listeners) {
		struct listener *l = container_of(it, struct listener, node);

		if (l->io)
			io_listener_close(&l->io);
		list_remove(&l->node);
		free(l);
	}
}

void sip_unlisten(struct sip *s)
{
	sip_listener_close_all(s);
}
