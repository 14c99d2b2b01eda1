/*
 * stream.c: the public face of streams and listeners.
 */
#include "io/internal.h"

#include <stdlib.h>

struct io_tls *io_tls_copy(const struct io_tls_config *c)
{
	struct io_tls *tls;

	if (!c)
		return NULL;
	tls = base_alloc0(sizeof(*tls));
	if (c->credentials)
		tls->credentials = io_credentials_ref(c->credentials);
	tls->local_name = c->local_name ? base_strdup(c->local_name) : NULL;
	tls->server_name = c->server_name ? base_strdup(c->server_name) : NULL;
	tls->alpn = c->alpn ? base_strdup(c->alpn) : NULL;
	tls->ask_certificate = c->ask_certificate;
	tls->insist = c->insist;
	tls->min = c->min;
	return tls;
}

void io_tls_free(struct io_tls **tls)
{
	if (!*tls)
		return;
	io_credentials_unref(&(*tls)->credentials);
	free((*tls)->local_name);
	free((*tls)->server_name);
	free((*tls)->alpn);
	free(*tls);
	*tls = NULL;
}

void io_stream_init(struct io_stream *s, struct io_env *env, bool client)
{
	s->env = env;
	s->client = client;
	s->peer_uid = -1;
	list_append(&env->streams, &s->node);
}

void io_stream_done(struct io_stream *s)
{
	list_remove(&s->node);
	free(s->identity);
	free(s->tls_text);
	free(s->sni);
}

void io_stream_tell_close(struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	const struct io_events *events = s->events;

	s->events = NULL;
	if (events && events->on_close)
		events->on_close(s->arg, s, reason, detail ? detail : "");
}

struct io_stream *io_connect(struct io_env *env,
	const struct io_connect_config *c)
{
	return env->ops->connect(env, c);
}

struct io_listener *io_listen(struct io_env *env,
	const struct io_listen_config *c, struct buf *why)
{
	return env->ops->listen(env, c, why);
}

struct io_listener *io_listen_unix(struct io_env *env, const char *path,
	void (*on_accept)(void *arg, struct io_stream *s), void *arg,
	struct buf *why)
{
	return env->ops->listen_unix(env, path, on_accept, arg, why);
}

void io_listener_credentials(struct io_listener *l, struct io_credentials *c)
{
	if (!l->tls)
		return;
	if (c)
		io_credentials_ref(c);
	io_credentials_unref(&l->tls->credentials);
	l->tls->credentials = c;
}

uint16_t io_listener_port(const struct io_listener *l)
{
	return l->port;
}

void io_listener_close(struct io_listener **l)
{
	if (*l)
		(*l)->env->ops->listener_close(*l);
	*l = NULL;
}

void io_stream_events(struct io_stream *s, const struct io_events *events,
	void *arg)
{
	s->events = events;
	s->arg = arg;
}

int io_write(struct io_stream *s, struct str bytes)
{
	return s->env->ops->write(s, bytes);
}

size_t io_queued(const struct io_stream *s)
{
	return s->env->ops->queued(s);
}

void io_pause(struct io_stream *s)
{
	s->env->ops->pause(s, true);
}

void io_resume(struct io_stream *s)
{
	s->env->ops->pause(s, false);
}

void io_starttls(struct io_stream *s, const struct io_tls_config *tls)
{
	s->env->ops->starttls(s, tls);
}

void io_close(struct io_stream *s)
{
	s->env->ops->close(s);
}

void io_abort(struct io_stream *s)
{
	s->env->ops->abort(s);
}

const struct io_identity *io_stream_identity(const struct io_stream *s)
{
	return s->identity;
}

const char *io_stream_tls(const struct io_stream *s)
{
	return s->tls_text;
}

const char *io_stream_peer(const struct io_stream *s)
{
	return s->peer;
}

const char *io_stream_peer_address(const struct io_stream *s)
{
	return s->peer_address;
}

const char *io_stream_sni(const struct io_stream *s)
{
	return s->sni;
}

int64_t io_stream_peer_uid(const struct io_stream *s)
{
	return s->peer_uid;
}

bool io_stream_is_client(const struct io_stream *s)
{
	return s->client;
}

const char *io_reason_text(enum io_reason reason)
{
	switch (reason) {
	case IO_EOF:
		return "closed by the peer";
	case IO_LOCAL:
		return "closed by us";
	case IO_RESET:
		return "connection reset";
	case IO_REFUSED:
		return "connection refused";
	case IO_UNREACHABLE:
		return "no route to the host";
	case IO_TIMEOUT:
		return "timed out";
	case IO_DNS_NOT_FOUND:
		return "name not found";
	case IO_DNS_FAILED:
		return "name look-up failed";
	case IO_FORBIDDEN:
		return "address not allowed";
	case IO_TLS_FAILED:
		return "TLS failed";
	case IO_TLS_BROKEN:
		return "TLS broke";
	case IO_QUEUE_FULL:
		return "send queue full";
	case IO_WRITE_TIMEOUT:
		return "peer does not read";
	case IO_NO_RESOURCES:
		return "out of resources";
	}
	return "unknown";
}
