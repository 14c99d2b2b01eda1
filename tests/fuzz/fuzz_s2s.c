/*
 * The XMPP side against a peer that says anything: in the clear, inside TLS,
 * after EXTERNAL, on a stream that we opened, as the host server of a
 * component, and on streams for both directions with acknowledgements, opened
 * by either side.  The first byte chooses; a NUL ends a piece that is sent, and
 * handled, before the next.  Some pieces are acts: see act().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/mem.h"
#include "xmpp/xmpp.h"

enum mode { PLAIN, SECURE, PROVEN, OUT, OUT_SECURE, COMPONENT, IN_BOTH,
	OUT_BOTH, MODES };

/* Pieces that are no bytes for the wire: break the connection and come back,
 * let time pass.  SM_ID within a piece stands for the id that we gave a stream
 * for its resumption. */
enum { BREAK = 1, SM_ID = 2, TIME = 3, ACTS = 6, TIME_MS = 31000, KEPT = 8 };

struct peer {
	enum mode mode;
	struct io_stream *io;
	struct io_env *env;
	struct io_credentials *credentials;
	struct xmpp *x;
	char sm_id[80];
	struct xmpp_receipt kept[KEPT]; /* of stanzas that stay unfinished */
	size_t kept_count, acts;
};

/* Streams that we accept, and that carry what is proven. */
static bool is_in(const struct peer *p)
{
	return p->mode < OUT || p->mode == IN_BOTH;
}

static bool is_both(const struct peer *p)
{
	return p->mode == IN_BOTH || p->mode == OUT_BOTH;
}

/* A stanza of that id stays unfinished until the end. */
static bool keep(struct peer *p, const struct xmpp_stanza *s)
{
	const char *id = stox_element_attr(s->element, "id");

	if (!id || strcmp(id, "keep") != 0 || p->kept_count == KEPT)
		return false;
	p->kept[p->kept_count++] = s->receipt;
	return true;
}

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
		p->mode == COMPONENT || is_both(p));
	stox_require(str_is(s->to.domain, "b.example"));
	if (keep(p, s))
		;
	else if (reply)
		xmpp_reply(p->x, s->local_domain, s->from.domain, reply,
			s->receipt);
	else
		xmpp_release(p->x, s->receipt);
	xml_pool_release(&s->pool);
}

static void on_sent(void *arg, uint64_t token, const struct xmpp_result *r)
{
	(void)arg;
	stox_require(token == 1 && r->text);
}

static const struct xmpp_events events = { .on_stanza = on_stanza,
	.on_sent = on_sent };

static const struct xmpp_partner *partner(void *arg, struct str domain)
{
	static const struct xmpp_partner strict = { .domain = "a.example" };
	static const struct xmpp_partner loose = { .domain = "a.example",
		.sasl = XMPP_OPTIONAL, .dialback = true };
	static const struct xmpp_partner both = { .domain = "a.example",
		.bidi = true, .resume = true, .keepalive = true };
	struct peer *p = arg;

	if (!str_is(domain, "a.example"))
		return NULL;
	if (is_both(p))
		return &both;
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
	static const char mark[] = "<enabled xmlns='urn:xmpp:sm:3' id='";
	struct peer *p = arg;
	ptrdiff_t end;

	(void)io;
	if (p->mode != IN_BOTH || !str_starts(bytes, STR(mark)))
		return;
	bytes.p += sizeof(mark) - 1;
	bytes.len -= sizeof(mark) - 1;
	end = str_find(bytes, '\'');
	if (end > 0)
		snprintf(p->sm_id, sizeof(p->sm_id), "%.*s", (int)end, bytes.p);
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
#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define PROCEED "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

/* The rest of the way to a stream of ours that is ready. */
static void prove_out(struct io_world *w, struct peer *p)
{
	say(w, p, STR(HEADER "<stream:features><mechanisms xmlns='" SASL "'>"
		"<mechanism>EXTERNAL</mechanism></mechanisms>"
		"<bidi xmlns='urn:xmpp:features:bidi'/></stream:features>"));
	say(w, p, STR("<success xmlns='" SASL "'/>"));
	say(w, p, STR(HEADER "<stream:features><sm xmlns='urn:xmpp:sm:3'/>"
		"</stream:features>"));
}

/* Bring the stream to where the input begins. */
static void prepare(struct io_world *w, struct peer *p)
{
	if (p->mode == PLAIN || p->mode == OUT || p->mode == COMPONENT)
		return;
	say(w, p, STR(HEADER));
	if (p->mode == OUT_SECURE || p->mode == OUT_BOTH) {
		say(w, p, STR("<stream:features>" STARTTLS
			"</stream:features>"));
		tls(w, p, PROCEED);
		if (p->mode == OUT_BOTH)
			prove_out(w, p);
		return;
	}
	tls(w, p, STARTTLS);
	say(w, p, STR(HEADER));
	if (p->mode == SECURE)
		return;
	if (p->mode == IN_BOTH)
		say(w, p, STR("<bidi xmlns='urn:xmpp:bidi'/>"));
	say(w, p, STR("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		"mechanism='EXTERNAL'>=</auth>"));
	say(w, p, STR(HEADER));
}

static void send_one(struct peer *p)
{
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = xml_element(pool, "message", STOX_NS_SERVER);

	stox_element_set(e, "from", "u@b.example");
	stox_element_set(e, "to", "u@a.example");
	xmpp_send(p->x, "b.example", STR("a.example"), e, XMPP_SEND_HOLD, 1);
	pool_free(&pool);
}

static void dial(struct io_world *w, struct peer *p)
{
	struct io_connect_config c = { .host = "192.0.2.1", .port = 5269,
		.events = &wire, .arg = p };

	p->io = io_connect(p->env, &c);
	io_world_step(w, 100000);
}

static void begin(struct io_world *w, struct peer *p)
{
	if (is_in(p))
		dial(w, p);
	else if (p->mode != COMPONENT)
		send_one(p);
	io_world_step(w, 100000);
	prepare(w, p);
	if (p->mode == IN_BOTH) {
		/* it is used once the peer has done something with it */
		say(w, p, STR("<message from='u@a.example' to='u@b.example' "
			"type='error'/>"));
		send_one(p);
		io_world_step(w, 100000);
	}
}

static void break_it(struct io_world *w, struct peer *p)
{
	if (p->io)
		io_abort(p->io);
	p->io = NULL;
	io_world_step(w, 100000);
	if (is_in(p))
		dial(w, p);
	if (p->io)
		prepare(w, p);
}

/* True when the piece was none for the wire. */
static bool act(struct io_world *w, struct peer *p, struct str piece)
{
	if (piece.len != 1 || (piece.p[0] != BREAK && piece.p[0] != TIME))
		return false;
	if (++p->acts > ACTS)
		return true;
	if (piece.p[0] == BREAK)
		break_it(w, p);
	else
		io_world_advance(w, TIME_MS);
	return true;
}

static void say_piece(struct io_world *w, struct peer *p, struct str piece)
{
	struct buf out;

	buf_init(&out, 1 << 20, NULL);
	for (size_t i = 0; i < piece.len; i++)
		if (piece.p[i] == SM_ID)
			buf_add_text(&out, p->sm_id);
		else
			buf_add_char(&out, piece.p[i]);
	say(w, p, buf_str(&out));
	buf_free(&out);
}

static void play(struct io_world *w, struct peer *p, struct str input)
{
	while (input.p && (p->io || is_both(p))) {
		struct str piece = str_cut(&input, '\0');

		if (!act(w, p, piece))
			say_piece(w, p, piece);
	}
	io_world_advance(w, 3000);
	while (p->kept_count)
		xmpp_release(p->x, p->kept[--p->kept_count]);
	io_world_step(w, 100000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ours[] = { "dns:b.example", NULL };
	static const char *const theirs[] = { "dns:a.example", NULL };
	struct limits limits;
	struct log log = { .level = STOX_LOG_INFO, .sink = quiet };
	struct budget budget = { 0 };
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
	p.env = them;
	begin(w, &p);
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
