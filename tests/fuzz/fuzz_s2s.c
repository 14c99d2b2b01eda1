/*
 * The XMPP side against a peer that says anything: in the clear, inside TLS,
 * after EXTERNAL, on a stream that we opened, and as the host server of a
 * component.  The first byte chooses; a NUL ends a piece that is sent, and
 * handled, before the next.
 */
#include <stdlib.h>

#include "io/mem.h"
#include "xmpp/xmpp.h"

enum mode { PLAIN, SECURE, PROVEN, OUT, OUT_SECURE, COMPONENT, MODES };

struct peer {
	enum mode mode;
	struct io_stream *io;
	struct io_credentials *credentials;
	struct xmpp *x;
};

static void on_stanza(void *arg, struct xmpp_stanza *s)
{
	struct peer *p = arg;
	const struct stanza_error error = { .condition =
		STOX_SERVICE_UNAVAILABLE };
	struct stox_element *reply =
		stanza_error_reply(s->pool, s->element, &error);

	/* only what is proven and ours may come here */
	stox_require(p->mode == COMPONENT ||
		str_is(s->from.domain, "a.example"));
	stox_require(p->mode == SECURE || p->mode == PROVEN ||
		p->mode == COMPONENT);
	stox_require(str_is(s->to.domain, "b.example"));
	if (reply)
		xmpp_send(p->x, s->local_domain, s->from.domain, reply, 0, 0);
	xml_pool_release(&s->pool);
}

static void on_sent(void *arg, uint64_t token, const struct xmpp_result *r)
{
	(void)arg;
	stox_require(token == 1 && r->text);
}

static const struct xmpp_events events = { on_stanza, on_sent };

static const struct xmpp_partner *partner(void *arg, struct str domain)
{
	static const struct xmpp_partner strict = { .domain = "a.example" };
	static const struct xmpp_partner loose = { .domain = "a.example",
		.sasl = XMPP_OPTIONAL, .dialback = true };
	struct peer *p = arg;

	if (!str_is(domain, "a.example"))
		return NULL;
	return p->mode >= OUT ? &loose : &strict;
}

static void quiet(void *arg, enum stox_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static void nothing(void *arg, struct io_stream *io)
{
	(void)arg;
	(void)io;
}

static void read_some(void *arg, struct io_stream *io, struct str bytes)
{
	(void)arg;
	(void)io;
	(void)bytes;
}

static void closed(void *arg, struct io_stream *io, enum io_reason reason,
	const char *detail)
{
	struct peer *p = arg;

	(void)reason;
	(void)detail;
	if (p->io == io)
		p->io = NULL;
}

static const struct io_events wire = { .on_open = nothing,
	.on_secure = nothing, .on_data = read_some, .on_close = closed };

static void accepted(void *arg, struct io_stream *io)
{
	struct peer *p = arg;

	p->io = io;
	io_stream_events(io, &wire, p);
}

static void say(struct io_world *w, struct peer *p, struct str text)
{
	if (p->io)
		io_write(p->io, text);
	io_world_step(w, 100000);
}

static void tls(struct io_world *w, struct peer *p, const char *before)
{
	struct io_tls_config c = { .credentials = p->credentials,
		.local_name = "a.example", .ask_certificate = true };

	if (!p->io)
		return;
	if (io_stream_is_client(p->io))
		c.server_name = "b.example";
	io_write(p->io, str_from(before));
	if (io_stream_is_client(p->io))
		io_world_step(w, 100000);
	if (p->io)
		io_starttls(p->io, &c);
	io_world_step(w, 100000);
}

#define HEADER "<stream:stream xmlns='jabber:server' " \
	"xmlns:db='jabber:server:dialback' " \
	"xmlns:stream='http://etherx.jabber.org/streams' " \
	"from='a.example' to='b.example' id='1' version='1.0'>"
#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define PROCEED "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

/* Bring the stream to where the input begins. */
static void prepare(struct io_world *w, struct peer *p)
{
	if (p->mode == PLAIN || p->mode == OUT || p->mode == COMPONENT)
		return;
	say(w, p, STR(HEADER));
	if (p->mode == OUT_SECURE) {
		say(w, p, STR("<stream:features>" STARTTLS
			"</stream:features>"));
		tls(w, p, PROCEED);
		return;
	}
	tls(w, p, STARTTLS);
	say(w, p, STR(HEADER));
	if (p->mode != PROVEN)
		return;
	say(w, p, STR("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		"mechanism='EXTERNAL'>=</auth>"));
	say(w, p, STR(HEADER));
}

static void begin(struct io_world *w, struct peer *p, struct io_env *them)
{
	struct io_connect_config c = { .host = "192.0.2.1", .port = 5269,
		.events = &wire, .arg = p };
	struct pool *pool;
	struct stox_element *e;

	if (p->mode < OUT) {
		p->io = io_connect(them, &c);
		io_world_step(w, 100000);
	} else if (p->mode < COMPONENT) {
		pool = pool_new(NULL);
		e = xml_element(pool, "message", STOX_NS_SERVER);
		stox_element_set(e, "from", "u@b.example");
		stox_element_set(e, "to", "u@a.example");
		xmpp_send(p->x, "b.example", STR("a.example"), e,
			XMPP_SEND_HOLD, 1);
		pool_free(&pool);
	}
	io_world_step(w, 100000);
	prepare(w, p);
}

static void play(struct io_world *w, struct peer *p, struct str input)
{
	while (input.p && p->io) {
		struct str piece = str_cut(&input, '\0');

		say(w, p, piece);
	}
	io_world_advance(w, 3000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ours[] = { "dns:b.example", NULL };
	static const char *const theirs[] = { "dns:a.example", NULL };
	struct limits limits;
	struct log log = { .level = STOX_LOG_INFO, .sink = quiet };
	struct budget budget = { 0, 0 };
	struct io_env_config env = { .log = &log, .limits = &limits };
	struct xmpp_local local = { .domain = "b.example" };
	struct peer p = { 0 };
	struct xmpp_config config = { .locals = &local, .local_count = 1,
		.partner = partner, .partner_arg = &p,
		.dialback_secret = "secret", .node = "n" };
	struct io_listen_config listen = { .address = "192.0.2.2",
		.port = 5269, .on_accept = accepted, .arg = &p };
	struct buf why;

	if (size < 2)
		return 0;
	limits_init(&limits);
	p.mode = data[0] % MODES;
	struct io_world *w = io_world_new(1700000000000000, 1);
	struct io_env *us = io_mem_new(w, "192.0.2.1", &env);
	struct io_env *them = io_mem_new(w, "192.0.2.2", &env);
	io_world_dns(w, "a.example", IO_DNS_A, "192.0.2.2");
	buf_init(&why, 1000, NULL);
	struct io_listener *l = io_listen(them, &listen, &why);
	p.credentials = io_mem_credentials(theirs, true);
	config.credentials = io_mem_credentials(ours, true);
	if (p.mode == COMPONENT) {
		local.component_host = "192.0.2.2";
		local.component_port = 5269;
		local.component_secret = "secret";
	}
	p.x = xmpp_new(us, &log, &limits, &budget, &events, &p);
	xmpp_configure(p.x, &config);
	if (xmpp_listen(p.x, "192.0.2.1", 5269, false, &why))
		abort();
	begin(w, &p, them);
	play(w, &p, (struct str){ (const char *)data + 1, size - 1 });
	xmpp_free(&p.x);
	io_listener_close(&l);
	io_world_free(&w);
	io_credentials_unref(&config.credentials);
	io_credentials_unref(&p.credentials);
	buf_free(&why);
	stox_require(budget.used == 0);
	return 0;
}
