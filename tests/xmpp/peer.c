#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { ENOUGH = 200000 };

void step(struct fixture *f)
{
	assert_true(io_world_step(f->world, ENOUGH) < ENOUGH);
}

void pass_ms(struct fixture *f, uint64_t ms)
{
	io_world_advance(f->world, ms);
}

/* ---- the side under test ------------------------------------------------- */

static void on_stanza(void *arg, struct xmpp_stanza *s)
{
	struct fixture *f = arg;

	assert_non_null(s->pool);
	assert_string_equal(stox_element_ns(s->element), STOX_NS_SERVER);
	assert_true(s->bytes > 0);
	assert_true(str_is(s->to.domain, s->local_domain));
	snprintf(f->local_domain, sizeof(f->local_domain), "%s",
		s->local_domain);
	xml_write(&f->stanzas, s->element, STOX_NS_SERVER);
	buf_add_char(&f->stanzas, '\n');
	if (f->keep)
		f->receipts[f->stanza_count % 64] = s->receipt;
	else
		xmpp_release(f->x, s->receipt);
	f->stanza_count++;
	xml_pool_release(&s->pool);
}

static void on_sent(void *arg, uint64_t token, const struct xmpp_result *r)
{
	struct fixture *f = arg;
	struct result *to = &f->results[f->result_count++];

	assert_true(f->result_count <=
		sizeof(f->results) / sizeof(f->results[0]));
	assert_null(result_of(f, token));
	to->token = token;
	to->sent = r->sent;
	to->condition = r->condition;
	snprintf(to->text, sizeof(to->text), "%s", r->text);
	if (f->resend) {
		uint64_t again = f->resend;

		f->resend = 0;
		send_message(f, "juliet@example.org", "again", 0, again);
	}
}

static void on_link(void *arg, const char *local, const char *remote,
	enum xmpp_link what)
{
	static const char *const words[] = { [XMPP_LINK_BROKEN] = "broken",
		[XMPP_LINK_CLOSED] = "closed", [XMPP_LINK_FAILED] = "failed",
		[XMPP_LINK_UP] = "up" };
	struct fixture *f = arg;
	size_t len = strlen(f->links);

	snprintf(f->links + len, sizeof(f->links) - len, "%s>%s %s;", local,
		remote ? remote : "", words[what]);
}

static const struct xmpp_events events = {
	.on_stanza = on_stanza,
	.on_sent = on_sent,
	.on_link = on_link,
};

static const struct xmpp_partner *find_partner(void *arg, struct str domain)
{
	struct fixture *f = arg;

	if (f->partner.domain && str_is(domain, f->partner.domain))
		return &f->partner;
	if (f->other.domain && str_is(domain, f->other.domain))
		return &f->other;
	return f->everybody;
}

static void sink(void *arg, enum stox_level level, const char *line)
{
	struct fixture *f = arg;

	(void)level;
	buf_add_text(&f->lines, line);
	buf_add_char(&f->lines, '\n');
}

bool logged(struct fixture *f, const char *text)
{
	return f->lines.data &&
		memmem(f->lines.data, f->lines.len, text, strlen(text));
}

/* ---- the fixture --------------------------------------------------------- */

static void on_accept(void *arg, struct io_stream *io);

static void start_world(struct fixture *f, size_t chop)
{
	struct io_env_config ours = { .log = &f->log, .limits = &f->limits,
		.budget = &f->budget };
	struct io_env_config theirs = { .log = &f->log,
		.limits = &f->their_limits };

	f->world = io_world_new(1700000000000000, 42);
	io_world_chop(f->world, chop);
	f->us = io_mem_new(f->world, US, &ours);
	f->them = io_mem_new(f->world, THEM, &theirs);
	io_world_dns(f->world, "_xmpp-server._tcp.example.org", IO_DNS_SRV,
		"10 5 5269 xmpp.example.org");
	io_world_dns(f->world, "xmpp.example.org", IO_DNS_A, THEM);
	io_world_dns(f->world, "_xmpp-server._tcp.other.example", IO_DNS_SRV,
		"10 5 5269 xmpp.example.org");
}

static void default_config(struct fixture *f)
{
	f->locals[0].domain = "contoso.com";
	f->locals[1].domain = "tailspin.example";
	f->partner.domain = "example.org";
	f->their_name = "example.org";
	f->config = (struct xmpp_config){
		.locals = f->locals,
		.local_count = 2,
		.partner = find_partner,
		.partner_arg = f,
		.dialback_secret = "s3cr3tf0rd14lb4ck",
		.node = "n1",
	};
}

void fixture_certificates(struct fixture *f, const char *ours,
	const char *theirs, bool trusted)
{
	const char *our_names[] = { ours, NULL };
	const char *their_names[] = { theirs, "dns:shown.example", NULL };

	if (f->ours)
		io_credentials_unref(&f->ours);
	if (f->theirs)
		io_credentials_unref(&f->theirs);
	f->ours = io_mem_credentials(our_names, true);
	f->theirs = io_mem_credentials(their_names, trusted);
}

struct fixture *fixture_new(size_t chop)
{
	struct fixture *f = base_alloc0(sizeof(*f));

	limits_init(&f->limits);
	limits_init(&f->their_limits);
	f->log.level = STOX_LOG_DEBUG;
	f->log.sink = sink;
	f->log.sink_arg = f;
	buf_init(&f->lines, 64 << 20, NULL);
	buf_init(&f->stanzas, 64 << 20, NULL);
	list_init(&f->wires);
	list_init(&f->gone);
	start_world(f, chop);
	default_config(f);
	fixture_certificates(f, "dns:contoso.com", "dns:example.org", true);
	return f;
}

void fixture_listen(struct fixture *f, struct buf *why)
{
	struct io_listen_config theirs = { .address = THEM, .port = 5269,
		.on_accept = on_accept, .arg = f };

	f->listener = io_listen(f->them, &theirs, why);
	assert_non_null(f->listener);
}

void fixture_start(struct fixture *f)
{
	struct buf why;

	buf_init(&why, 1000, NULL);
	f->x = xmpp_new(f->us, &f->log, &f->limits, &f->budget, &events, f);
	f->config.credentials = f->ours;
	xmpp_configure(f->x, &f->config);
	assert_int_equal(xmpp_listen(f->x, US, 5269, false, &why), 0);
	assert_int_equal(xmpp_listen(f->x, US, 5270, true, &why), 0);
	fixture_listen(f, &why);
	buf_free(&why);
}

static void wires_free(struct list *l)
{
	list_each(n, next, l) {
		struct wire *w = container_of(n, struct wire, node);

		buf_free(&w->in);
		free(w);
	}
}

void fixture_free(struct fixture *f)
{
	xmpp_free(&f->x);
	io_listener_close(&f->listener);
	step(f);
	io_world_free(&f->world);
	assert_int_equal(f->budget.used, 0);
	wires_free(&f->wires);
	wires_free(&f->gone);
	io_credentials_unref(&f->ours);
	io_credentials_unref(&f->theirs);
	buf_free(&f->lines);
	buf_free(&f->stanzas);
	free(f);
}

int peer_setup(void **state)
{
	*state = fixture_new(*state ? 1 : 0);
	return 0;
}

int peer_teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* ---- sending ------------------------------------------------------------- */

void send_message(struct fixture *f, const char *to, const char *body,
	unsigned flags, uint64_t token)
{
	struct pool *pool = pool_new(NULL);
	struct stox_element *e = xml_element(pool, "message", STOX_NS_SERVER);
	const char *domain = strchr(to, '@') ? strchr(to, '@') + 1 : to;

	stox_element_set(e, "from", "romeo@contoso.com");
	stox_element_set(e, "to", to);
	stox_element_add_child_text(e, "body", NULL, body);
	xmpp_send(f->x, "contoso.com", str_from(domain), e, flags, token);
	pool_free(&pool);
}

const struct result *result_of(struct fixture *f, uint64_t token)
{
	for (size_t i = 0; i < f->result_count; i++)
		if (f->results[i].token == token)
			return &f->results[i];
	return NULL;
}

void expect_result(struct fixture *f, uint64_t token, enum xmpp_sent sent)
{
	const struct result *r;

	step(f);
	r = result_of(f, token);
	if (!r)
		fail_msg("no result for token %u", (unsigned)token);
	if (r->sent != sent)
		fail_msg("token %u: %d, text \"%s\"", (unsigned)token, r->sent,
			r->text);
}

void expect_failed(struct fixture *f, uint64_t token,
	enum stox_condition condition, const char *text)
{
	const struct result *r;

	expect_result(f, token, XMPP_FAILED);
	r = result_of(f, token);
	if (!strstr(r->text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, r->text);
	assert_string_equal(stanza_condition_name(r->condition),
		stanza_condition_name(condition));
}

static void last_failed(void *arg, const struct xmpp_stream_info *info)
{
	char *out = arg;

	if (info->failed)
		snprintf(out, 600, "%s", info->failed);
}

void expect_failed_stream(struct fixture *f, const char *text)
{
	char why[600] = "";

	step(f);
	xmpp_streams(f->x, true, last_failed, why);
	if (!strstr(why, text))
		fail_msg("\"%s\" is not in \"%s\"", text, why);
}

/* ---- wires --------------------------------------------------------------- */

static void wire_open(void *arg, struct io_stream *io)
{
	struct wire *w = arg;

	(void)io;
	w->open = true;
}

static void wire_secured(void *arg, struct io_stream *io)
{
	struct wire *w = arg;

	(void)io;
	w->secure = true;
}

static void wire_data(void *arg, struct io_stream *io, struct str bytes)
{
	struct wire *w = arg;

	(void)io;
	buf_add_str(&w->in, bytes);
}

static void wire_done(void *arg, struct io_stream *io, enum io_reason reason,
	const char *detail)
{
	struct wire *w = arg;

	(void)io;
	(void)detail;
	w->io = NULL;
	w->closed = true;
	w->reason = reason;
}

static const struct io_events wire_events = {
	.on_open = wire_open,
	.on_secure = wire_secured,
	.on_data = wire_data,
	.on_close = wire_done,
};

static struct wire *wire_new(struct fixture *f)
{
	struct wire *w = base_alloc0(sizeof(*w));

	w->f = f;
	buf_init(&w->in, 64 << 20, NULL);
	return w;
}

static void on_accept(void *arg, struct io_stream *io)
{
	struct fixture *f = arg;
	struct wire *w = wire_new(f);

	w->io = io;
	w->open = true;
	f->accepted++;
	list_append(&f->wires, &w->node);
	io_stream_events(io, &wire_events, w);
}

struct wire *wire_connect(struct fixture *f)
{
	struct wire *w = wire_new(f);
	struct io_connect_config c = { .host = US, .port = 5269,
		.special_ok = true, .events = &wire_events, .arg = w };

	list_append(&f->gone, &w->node);
	w->io = io_connect(f->them, &c);
	step(f);
	assert_true(w->open || w->closed);
	return w;
}

struct wire *wire_connect_tls(struct fixture *f, const char *server_name,
	const char *alpn)
{
	struct wire *w = wire_new(f);
	struct io_tls_config tls = { .credentials = f->theirs,
		.local_name = f->their_name, .server_name = server_name,
		.alpn = alpn };
	struct io_connect_config c = { .host = US, .port = 5270, .tls = &tls,
		.special_ok = true, .events = &wire_events, .arg = w };

	list_append(&f->gone, &w->node);
	w->io = io_connect(f->them, &c);
	step(f);
	assert_true(w->open || w->closed);
	w->secure = w->open;
	return w;
}

struct wire *wire_accepted(struct fixture *f, size_t n)
{
	step(f);
	if (f->accepted != n)
		fail_msg("%zu connections, not %zu", f->accepted, n);
	return container_of(f->wires.prev, struct wire, node);
}

void wire_send(struct wire *w, const char *format, ...)
{
	struct buf b;
	va_list ap;
	char *text = NULL;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	assert_true(len >= 0);
	assert_non_null(w->io);
	buf_init(&b, 64 << 20, NULL);
	buf_add(&b, text, (size_t)len);
	assert_int_equal(io_write(w->io, buf_str(&b)), 0);
	buf_free(&b);
	free(text);
	step(w->f);
}

static char *find(struct wire *w, const char *text)
{
	step(w->f);
	return w->in.len > w->at
		? memmem(w->in.data + w->at, w->in.len - w->at, text,
			  strlen(text))
		: NULL;
}

void wire_expect(struct wire *w, const char *text)
{
	char *p = find(w, text);

	if (!p)
		fail_msg("\"%s\" is not in \"%.*s\"%s\n%.*s", text,
			(int)(w->in.len - w->at), w->in.data + w->at,
			w->closed ? " (closed)" : "",
			(int)w->f->lines.len, w->f->lines.data);
	w->at = (size_t)(p - w->in.data) + strlen(text);
}

void wire_expect_not(struct wire *w, const char *text)
{
	if (find(w, text))
		fail_msg("\"%s\" is in \"%.*s\"", text,
			(int)(w->in.len - w->at), w->in.data + w->at);
}

void wire_grab(struct wire *w, const char *prefix, char *out, size_t size)
{
	size_t len = 0;

	wire_expect(w, prefix);
	while (w->at < w->in.len && w->in.data[w->at] != '\'' &&
		len + 1 < size)
		out[len++] = w->in.data[w->at++];
	out[len] = '\0';
}

void wire_expect_closed(struct wire *w)
{
	step(w->f);
	if (!w->closed)
		fail_msg("not closed; last read \"%.*s\"",
			(int)(w->in.len - w->at), w->in.data + w->at);
}

void wire_tls(struct wire *w, const char *server_name)
{
	struct io_tls_config tls = { .credentials = w->f->theirs,
		.local_name = w->f->their_name, .ask_certificate = true };

	if (io_stream_is_client(w->io))
		tls.server_name = server_name;
	io_starttls(w->io, &tls);
}

/* TLS must wait for the client's hello before that can arrive. */
void wire_proceed(struct wire *w)
{
	struct str text =
		STR("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");

	assert_int_equal(io_write(w->io, text), 0);
	wire_tls(w, NULL);
	step(w->f);
}

void wire_close(struct wire *w)
{
	if (w->io)
		io_close(w->io);
	step(w->f);
}

void wire_abort(struct wire *w)
{
	if (w->io)
		io_abort(w->io);
	step(w->f);
}

void wire_header(struct wire *w, const char *from, const char *to,
	const char *id)
{
	wire_send(w, "<?xml version='1.0'?><stream:stream " HEADER_NS
		" %s%s%s from='%s' to='%s' version='1.0'>",
		id ? "id='" : "", id ? id : "", id ? "'" : "", from, to);
}

/* ---- stretches ----------------------------------------------------------- */

struct wire *in_plain(struct fixture *f)
{
	struct wire *w = wire_connect(f);

	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, " from='contoso.com' to='example.org' version='1.0'");
	wire_expect(w, "</stream:features>");
	return w;
}

struct wire *in_tls(struct fixture *f)
{
	struct wire *w = wire_connect(f);

	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>");
	wire_expect(w, "</stream:features>");
	wire_send(w, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wire_expect(w, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wire_tls(w, "contoso.com");
	step(f);
	assert_true(w->secure);
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "<stream:stream ");
	return w;
}

struct wire *in_external(struct fixture *f)
{
	struct wire *w = in_tls(f);

	wire_expect(w, "<mechanism>EXTERNAL</mechanism>");
	wire_expect(w, "</stream:features>");
	wire_send(w, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		"mechanism='EXTERNAL'>=</auth>");
	wire_expect(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	wire_header(w, "example.org", "contoso.com", NULL);
	wire_expect(w, "</stream:features>");
	return w;
}

void out_features(struct wire *w, const char *features)
{
	wire_expect(w, "<stream:stream xmlns='jabber:server'");
	wire_expect(w, " from='contoso.com' to='example.org' version='1.0' "
		"xml:lang='en'>");
	wire_header(w, "example.org", "contoso.com", "D60000229F");
	wire_send(w, "<stream:features>%s</stream:features>", features);
}

struct wire *out_tls(struct fixture *f, size_t n)
{
	struct wire *w = wire_accepted(f, n);

	out_features(w, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
		"<required/></starttls>");
	wire_expect(w, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wire_proceed(w);
	return w;
}

void out_external_rest(struct wire *w)
{
	out_features(w, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		"<mechanism>EXTERNAL</mechanism></mechanisms>");
	/* base64 of contoso.com */
	wire_expect(w, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		"mechanism='EXTERNAL'>Y29udG9zby5jb20=</auth>");
	wire_send(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	out_features(w, "");
}

struct wire *out_external(struct fixture *f, size_t n)
{
	struct wire *w = out_tls(f, n);

	assert_true(w->secure);
	out_external_rest(w);
	return w;
}
