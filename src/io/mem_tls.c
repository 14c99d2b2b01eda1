/*
 * mem_tls.c: the handshake in memory: each end sends one hello that carries
 * the identity it shows.  No ciphers, but the same outcomes as real TLS.
 */
#include "io/mem_stream.h"

#include <stdlib.h>
#include <string.h>

static void send_hello(struct mem_stream *s, struct io_credential *shown,
	bool trusted)
{
	struct mem_chunk *c;

	if (!s->far)
		return;
	c = mem_chunk_new(MEM_HELLO, STR(""));
	if (shown) {
		c->identity = io_identity_pack(&shown->id);
		c->identity->trusted = trusted;
	}
	if (s->s.client && s->tls->server_name)
		c->sni = base_strdup(s->tls->server_name);
	if (s->tls->alpn)
		c->alpn = base_strdup(s->tls->alpn);
	mem_stream_send(s->far, c);
}

static bool own_trusted(const struct mem_stream *s)
{
	return s->tls->credentials && s->tls->credentials->trusted;
}

void mem_tls_begin(struct mem_stream *s)
{
	s->tls_state = MEM_HANDSHAKE;
	s->tls->client = s->s.client;
	mem_stream_timer(s, LIMIT_TLS_HANDSHAKE_TIME);
	if (s->s.client)
		send_hello(s,
			io_credentials_choose(s->tls, NULL, NULL, NULL),
			own_trusted(s));
}

static void fail(struct mem_stream *s, const char *detail)
{
	struct mem_stream *far = s->far;

	if (far) {
		s->far = far->far = NULL;
		mem_stream_send(far, mem_chunk_new(MEM_ALERT, STR("")));
	}
	mem_stream_end(s, IO_TLS_FAILED, detail);
}

/* Whom the other end shows, as this end sees it. */
static void take_identity(struct mem_stream *s, const struct mem_chunk *hello)
{
	struct io_identity id = { .why = "no certificate was shown" };

	if (hello->identity && (s->s.client || s->tls->ask_certificate)) {
		id = *hello->identity;
		id.present = true;
		/* both: a bad certificate, or nothing to check it with */
		id.trusted = hello->identity->trusted && own_trusted(s);
		id.why = id.trusted ? NULL : "the issuer is not known";
		s->vouched = hello->identity->trusted;
		if (id.expires_s < io_wall_us(s->s.env) / 1000000) {
			id.trusted = false;
			id.why = "it has expired";
		}
	}
	s->s.identity = io_identity_pack(&id);
}

static void secure(struct mem_stream *s)
{
	const struct io_events *events = s->s.events;
	bool first = !s->told_open;

	s->tls_state = MEM_SECURE;
	s->s.tls_text = base_strdup("TLS1.3 in memory");
	s->told_open = true;
	timer_stop(s->s.env->wheel, &s->timer);
	if (s->out.len > 0)
		io_defer(s->s.env, &s->flush);
	if (first && events && events->on_open)
		events->on_open(s->s.arg, &s->s);
	else if (!first && events && events->on_secure)
		events->on_secure(s->s.arg, &s->s);
}

static void serve(struct mem_stream *s, struct mem_chunk *hello)
{
	struct io_credential *shown =
		io_credentials_choose(s->tls, hello->sni, NULL, NULL);

	if (hello->alpn && s->tls->alpn && strcmp(hello->alpn, s->tls->alpn)) {
		fail(s, "No common application protocol could be negotiated.");
		return;
	}
	if (!shown) {
		fail(s, "no certificate of our own");
		return;
	}
	s->s.sni = hello->sni;
	hello->sni = NULL;
	take_identity(s, hello);
	send_hello(s, shown, own_trusted(s));
	secure(s);
}

void mem_tls_hello(struct mem_stream *s, struct mem_chunk *hello)
{
	static const char record[] = { 0x16, 3, 1, 0, 0 };

	if (s->tls_state == MEM_PLAIN) {
		/* TLS towards somebody who does not expect it is junk */
		if (s->s.events && s->s.events->on_data)
			s->s.events->on_data(s->s.arg, &s->s,
				(struct str){ record, sizeof(record) });
	} else if (s->tls_state == MEM_SECURE) {
		fail(s, "An unexpected TLS handshake packet was received.");
	} else if (s->s.client) {
		take_identity(s, hello);
		secure(s);
	} else {
		serve(s, hello);
	}
}

/* ---- DANE ---------------------------------------------------------------- */

void io_mem_fingerprint(const char *const *names, char out[65])
{
	static const char *const authority[] = { "the authority", NULL };
	uint8_t digest[32];
	struct buf all;

	buf_init(&all, 1 << 16, NULL);
	for (names = names ? names : authority; *names; names++)
		buf_printf(&all, "%s\n", *names);
	io_sha256(buf_str(&all), digest);
	buf_free(&all);
	str_hex(digest, sizeof(digest), out);
}

/* A certificate and its key have the same digest here. */
static bool fits(const struct io_dane_peer *p, unsigned i,
	const struct io_tlsa *t)
{
	char authority[65], hex[65];

	if (t->matching != 1)
		return false;
	io_mem_fingerprint(NULL, authority);
	str_hex(t->data.p, t->data.len, hex);
	return strcmp(hex, i == 0 ? p->id->fingerprint : authority) == 0;
}

static const char *leads_to(const struct io_dane_peer *p, unsigned i)
{
	(void)p;
	(void)i;
	return NULL;
}

const char *mem_tls_dane(const struct io_stream *stream,
	const struct io_dane *dane, const char *const *names)
{
	struct io_dane_peer peer = { .id = stream->identity, .fits = fits,
		.leads_to = leads_to,
		.len = mem_stream_of(stream)->vouched ? 2 : 1 };

	return io_dane_judge(&peer, dane, names);
}

/* ---- credentials -------------------------------------------------------- */

static const char **names_of(struct pool *pool, const char *const *names,
	const char *kind)
{
	size_t n = 0, len = strlen(kind);
	const char **out;

	while (names[n])
		n++;
	out = pool_alloc0(pool, (n + 1) * sizeof(char *));
	n = 0;
	for (; *names; names++)
		if (strncmp(*names, kind, len) == 0)
			out[n++] = pool_strdup(pool, *names + len);
	return out;
}

void io_mem_credentials_add(struct io_credentials *c, const char *const *names)
{
	struct io_credential *item = io_credentials_add(c);
	struct io_identity *id = &item->id;
	size_t dns = 0, srv = 0;
	const char **all;

	id->present = true;
	id->dns = names_of(c->pool, names, "dns:");
	id->uri = names_of(c->pool, names, "uri:");
	id->srv = names_of(c->pool, names, "srv:");
	id->xmpp = names_of(c->pool, names, "xmpp:");
	id->expires_s = UINT32_MAX;
	io_mem_fingerprint(names, id->fingerprint);
	id->server_usage = true;
	id->client_usage = !*names_of(c->pool, names, "server only");
	while (id->dns[dns])
		dns++;
	while (id->srv[srv])
		srv++;
	all = pool_alloc0(c->pool, (dns + srv + 1) * sizeof(char *));
	memcpy(all, id->dns, dns * sizeof(char *));
	memcpy(all + dns, id->srv, srv * sizeof(char *));
	item->info = (struct io_certificate){ .file = "memory",
		.names = (const char *const *)all,
		.addresses = (const char *const *)id->xmpp,
		.expires_s = id->expires_s,
		.client_usage = id->client_usage,
		.server_usage = id->server_usage };
	memcpy(item->info.key_sha256, id->fingerprint,
		sizeof(item->info.key_sha256));
}

void io_mem_credentials_expire(struct io_credentials *c, uint64_t expires_s)
{
	for (size_t i = 0; i < c->count; i++)
		c->items[i]->id.expires_s = c->items[i]->info.expires_s =
			expires_s;
}

struct io_credentials *io_mem_credentials(const char *const *names,
	bool trusted)
{
	struct io_credentials *c = base_alloc0(sizeof(*c));

	c->refs = 1;
	c->trusted = trusted;
	c->pool = pool_new(NULL);
	if (names)
		io_mem_credentials_add(c, names);
	return c;
}
