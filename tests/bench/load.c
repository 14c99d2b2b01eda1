/*
 * load: both neighbours of stox in one small program: an XMPP server for
 * example.org and a SIP front end for contoso.com, over TLS on loopback, that
 * send messages through it and count what comes out.  Prints one JSON line.
 * The XMPP side looks at text, not at XML: it must cost less than what it
 * measures.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "load.h"

enum { STALL_MS = 20000 };

static void begin(struct load *l);

static struct link *link_new(struct load *l, bool accepted)
{
	struct link *k = base_alloc0(sizeof(*k));

	k->load = l;
	k->accepted = accepted;
	buf_init(&k->in, BUFFER, NULL);
	return k;
}

static void say(struct io_stream *s, const char *text)
{
	io_write(s, str_from(text));
}

void load_finish(struct load *l)
{
	l->end_us = io_wall_us(l->env);
	io_stop(l->env);
}

/** All is prepared and warm: who counts instructions begins here, and lets us
 *  go on. */
static void stop_once(struct load *l)
{
	if (!l->stops)
		return;
	l->stops = false;
	l->sent_before = l->sent;
	raise(SIGSTOP);
}

static void count_finished(struct load *l)
{
	if (++l->finished == l->count)
		load_finish(l);
	else if (l->finished == l->pairs)
		stop_once(l);
}

/* ---- messages ------------------------------------------------------------------ */

void load_write_message(struct load *l, struct io_stream *s, uint64_t pair)
{
	char text[1024];
	uint64_t number = ++l->written;
	int n;

	if (l->from_sip)
		n = snprintf(text, sizeof(text),
			"MESSAGE sip:user%" PRIu64 "@%s SIP/2.0\r\n"
			"Via: SIP/2.0/TLS localhost:%" PRIu64 ";branch=z9hG4bK%" PRIu64
			"\r\nMax-Forwards: 70\r\n"
			"From: <sip:friend%" PRIu64 "@%s>;tag=f%" PRIu64 "\r\n"
			"To: <sip:user%" PRIu64 "@%s>\r\n"
			"Call-ID: c%" PRIu64 "@localhost\r\nCSeq: 1 MESSAGE\r\n"
			"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
			pair, l->xmpp_domain, l->sip_port, number, pair,
			l->sip_domain, number, pair, l->xmpp_domain, number,
			BODY, l->body);
	else
		n = snprintf(text, sizeof(text),
			"<message from='user%" PRIu64 "@%s/r' "
			"to='friend%" PRIu64 "@%s' type='chat' id='m%" PRIu64
			"'><body>%s</body></message>", pair, l->xmpp_domain,
			pair, l->sip_domain, number, l->body);
	io_write(s, (struct str){ text, (size_t)n });
}

static void send_one(struct load *l, uint64_t pair)
{
	if (l->sent == l->count)
		return;
	l->sent++;
	l->sent_us[pair] = io_wall_us(l->env);
	if (l->people)
		people_change(l, pair);
	else
		load_write_message(l, l->from_sip ? l->out_sip : l->out_xmpp,
			pair);
}

void load_arrived(struct load *l, struct str user)
{
	uint64_t pair;

	if (str_to_u64(user, PAIRS_MAX - 1, &pair) < 0 ||
		l->arrived == l->count)
		return;
	l->arrived++;
	times_note(l, l->sent_us[pair]);
}

/** The pair may send again; with a rate the clock says when. */
void load_free_pair(struct load *l, struct str user)
{
	uint64_t pair;

	count_finished(l);
	if (!l->rate && str_to_u64(user, PAIRS_MAX - 1, &pair) == 0)
		send_one(l, pair);
}

/* ---- XMPP ------------------------------------------------------------------------ */

static void starttls(struct link *k, struct io_stream *s)
{
	const struct io_tls_config tls = { .credentials = k->load->credentials,
		.local_name = k->load->xmpp_domain,
		.server_name = k->accepted ? NULL : k->load->sip_domain,
		.ask_certificate = true };

	buf_clear(&k->in);
	io_starttls(s, &tls);
}

static void say_header(struct link *k, struct io_stream *s)
{
	char text[512];

	snprintf(text, sizeof(text), "<?xml version='1.0'?>"
		"<stream:stream xmlns='jabber:server' "
		"xmlns:stream='http://etherx.jabber.org/streams' "
		"from='%s' to='%s' id='load' version='1.0'>",
		k->load->xmpp_domain, k->load->sip_domain);
	say(s, text);
	if (!k->accepted)
		return;
	say(s, !k->secure
		? "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
		  "<required/></starttls></stream:features>"
		: !k->authenticated
		? "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		  "<mechanism>EXTERNAL</mechanism></mechanisms></stream:features>"
		: "<stream:features/>");
}

static bool take_text(struct link *k, const char *text)
{
	struct buf *b = &k->in;
	char *at;

	buf_add_char(b, '\0');
	b->len--;
	at = strstr(b->data, text);
	if (!at)
		return false;
	buf_consume(b, (size_t)(at - b->data) + strlen(text));
	return true;
}

static bool take_header(struct link *k)
{
	struct buf *b = &k->in;
	char *at = b->len ? memmem(b->data, b->len, "<stream:stream", 14) : NULL;
	char *end = at ? memchr(at, '>', b->len - (size_t)(at - b->data)) : NULL;

	if (!end)
		return false;
	buf_consume(b, (size_t)(end + 1 - b->data));
	return true;
}

/** The server side of a stream that stox opens. */
static bool negotiate_in(struct link *k, struct io_stream *s)
{
	if (take_header(k)) {
		say_header(k, s);
	} else if (!k->secure && take_text(k, "<starttls")) {
		say(s, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		starttls(k, s);
	} else if (k->secure && !k->authenticated && take_text(k, "</auth>")) {
		say(s, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
		k->authenticated = true;
		buf_clear(&k->in);
	} else {
		return false;
	}
	return true;
}

static void ready(struct load *l)
{
	l->ready_streams++;
	l->xmpp_ready = true;
	begin(l);
}

/** The client side of ours. */
static void negotiate_out(struct link *k, struct io_stream *s)
{
	if (!k->secure && take_text(k, "</stream:features>"))
		say(s, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	else if (!k->secure && take_text(k, "<proceed"))
		starttls(k, s);
	else if (k->secure && !k->authenticated && take_text(k, "<success")) {
		k->authenticated = true;
		buf_clear(&k->in);
		say_header(k, s);
	} else if (k->secure && !k->authenticated &&
		take_text(k, "</stream:features>"))
		say(s, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		       "mechanism='EXTERNAL'>=</auth>");
	else if (k->authenticated && (take_text(k, "</stream:features>") ||
		take_text(k, "<stream:features/>")))
		ready(k->load);
}

struct str load_attribute(struct str e, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n + 2 < e.len; i++) {
		if (memcmp(e.p + i, name, n) == 0 && e.p[i + n] == '=') {
			struct str v = { e.p + i + n + 2, e.len - i - n - 2 };
			ptrdiff_t end = str_find(v, e.p[i + n + 1]);

			v.len = end < 0 ? 0 : (size_t)end;
			return v;
		}
	}
	return (struct str){ NULL, 0 };
}

/** Answer a ping over our own stream. */
static void pong(struct load *l, struct str iq)
{
	char text[512];
	struct str id = load_attribute(iq, " id");
	int n = snprintf(text, sizeof(text), "<iq type='result' "
		"from='%s' to='%s' id='%.*s'/>", l->xmpp_domain, l->sip_domain,
		STR_FMT(id));

	if (l->out_xmpp && l->xmpp_ready)
		io_write(l->out_xmpp, (struct str){ text, (size_t)n });
}

/** "…userN@…": N as a slice. */
struct str load_number(struct str address, const char *prefix)
{
	size_t n = strlen(prefix);
	ptrdiff_t at = str_find(address, '@');

	if (at < (ptrdiff_t)n || memcmp(address.p, prefix, n) != 0)
		return (struct str){ NULL, 0 };
	return (struct str){ address.p + n, (size_t)at - n };
}

static void take_stanza(struct load *l, struct str stanza)
{
	if (str_starts(stanza, STR("<iq"))) {
		pong(l, stanza);
		return;
	}
	if (str_starts(stanza, STR("<presence"))) {
		if (!l->listening) {
			people_stanza(l, stanza);
			return;
		}
		times_request(l, load_attribute(stanza, " type"));
		if (str_is(load_attribute(stanza, " type"), "probe"))
			people_probed(l, stanza);
		return;
	}
	if (l->star) {
		storm_message(l, load_number(load_attribute(stanza, " to"),
			"user"));
		return;
	}
	load_arrived(l, load_number(load_attribute(stanza, " to"), "user"));
	l->errors += memmem(stanza.p, stanza.len, "<error", 6) != NULL;
	if (!l->from_sip)
		count_finished(l);
}

/** Length of the stanza that the text begins with, 0: not whole yet. */
static size_t stanza_length(struct str text)
{
	static const char *const names[] = { "message", "iq", "presence" };
	char *head = memchr(text.p, '>', text.len);
	char end[16];
	char *at;

	if (!head)
		return 0;
	if (head[-1] == '/')
		return (size_t)(head + 1 - text.p);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int n = snprintf(end, sizeof(end), "</%s>", names[i]);

		if (text.len < (size_t)n ||
			memcmp(text.p + 1, names[i], (size_t)n - 3) != 0)
			continue;
		at = memmem(text.p, text.len, end, (size_t)n);
		return at ? (size_t)(at - text.p) + (size_t)n : 0;
	}
	return (size_t)(head + 1 - text.p);
}

static void take_stanzas(struct link *k)
{
	struct buf *b = &k->in;
	size_t done = 0, n;
	char *at;

	while ((at = b->len > done
			? memchr(b->data + done, '<', b->len - done) : NULL)) {
		struct str rest = { at, b->len - (size_t)(at - b->data) };

		done = (size_t)(at - b->data);
		n = stanza_length(rest);
		if (!n)
			break;
		take_stanza(k->load, (struct str){ at, n });
		done += n;
	}
	buf_consume(b, done);
}

static void xmpp_open(void *arg, struct io_stream *s)
{
	struct link *k = arg;

	if (!k->accepted)
		say_header(k, s);
}

static void xmpp_secure(void *arg, struct io_stream *s)
{
	struct link *k = arg;

	k->secure = true;
	if (!k->accepted)
		say_header(k, s);
}

static void xmpp_data(void *arg, struct io_stream *s, struct str bytes)
{
	struct link *k = arg;

	buf_add_str(&k->in, bytes);
	if (!k->accepted)
		negotiate_out(k, s);
	else if (!negotiate_in(k, s) && k->authenticated)
		take_stanzas(k);
}

static void any_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	struct link *k = arg;

	(void)s;
	if (!k->load->end_us && !k->load->listening)
		fprintf(stderr, "load: a connection ended: %s %s\n",
			io_reason_text(reason), detail);
	buf_free(&k->in);
	free(k);
}

static const struct io_events xmpp_events = { xmpp_open, xmpp_secure, xmpp_data,
	NULL, any_close };

static void xmpp_accept(void *arg, struct io_stream *s)
{
	io_stream_events(s, &xmpp_events, link_new(arg, true));
}

/* ---- SIP --------------------------------------------------------------------------- */

void load_answer(struct io_stream *s, const struct sip_message *m,
	const char *more)
{
	char text[2048];
	size_t n = 0;
	const struct sip_header *h;

	n += (size_t)snprintf(text + n, sizeof(text) - n, "SIP/2.0 200 OK\r\n");
	for (size_t i = 0; i < m->header_count; i++) {
		h = &m->headers[i];
		if (h->id == SIP_H_VIA || h->id == SIP_H_FROM ||
			h->id == SIP_H_TO || h->id == SIP_H_CALL_ID ||
			h->id == SIP_H_CSEQ)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"%.*s: %.*s%s\r\n", STR_FMT(h->name),
				STR_FMT(h->value),
				h->id == SIP_H_TO && !m->to.tag.len
					? ";tag=load" : "");
	}
	n += (size_t)snprintf(text + n, sizeof(text) - n,
		"%sContent-Length: 0\r\n\r\n", more);
	io_write(s, (struct str){ text, n });
}

static void take_sip(struct load *l, struct io_stream *s,
	const struct sip_message *m)
{
	struct str user = { m->to.uri.user.p, m->to.uri.user.len };
	struct str method = m->is_request ? m->method : m->cseq_method;
	const char *prefix = l->from_sip ? "user" : "friend";

	if (l->listening) {
		times_request(l, m->is_request ? m->method : STR("answer"));
		if (m->is_request)
			load_answer(s, m, "Expires: 3600\r\n"
				"Contact: <sip:localhost;transport=tls>\r\n");
		return;
	}
	if (!str_is(method, "MESSAGE")) {
		people_sip(l, s, m);
		return;
	}
	user.p += strlen(prefix);
	user.len -= strlen(prefix);
	if (l->star) {
		if (m->is_request) {
			load_answer(s, m, "");
			storm_message(l, user);
		}
		return;
	}
	if (m->is_request) {
		load_answer(s, m, "");
		load_arrived(l, user);
		load_free_pair(l, user);
	} else if (m->status >= 200) {
		l->errors += m->status >= 300;
		load_free_pair(l, user);
	}
}

static void sip_data(void *arg, struct io_stream *s, struct str bytes)
{
	struct link *k = arg;
	struct load *l = k->load;
	struct sip_message m;
	struct sip_fault fault;
	size_t done = 0;
	ptrdiff_t n;

	buf_add_str(&k->in, bytes);
	for (;;) {
		while (done + 1 < k->in.len && k->in.data[done] == '\r')
			done += 2;
		n = sip_message_frame((struct str){ k->in.data + done,
			k->in.len - done }, &k->framing, &l->limits, &fault);
		if (n <= 0)
			break;
		k->framing = (struct sip_framing){ 0 };
		if (sip_message_parse(k->in.data + done, (size_t)n, &l->limits, &m,
			&fault) == 0)
			take_sip(l, s, &m);
		done += (size_t)n;
	}
	buf_consume(&k->in, done);
}

static void sip_open(void *arg, struct io_stream *s)
{
	struct link *k = arg;

	(void)s;
	if (k->accepted)
		return;
	k->load->ready_sip++;
	begin(k->load);
}

static const struct io_events sip_events = { sip_open, NULL, sip_data, NULL,
	any_close };

static void sip_accept(void *arg, struct io_stream *s)
{
	io_stream_events(s, &sip_events, link_new(arg, true));
}

/* ---- the run ------------------------------------------------------------------------- */

static void pace(void *arg)
{
	struct load *l = arg;

	send_one(l, l->sent % l->pairs);
	if (l->sent < l->count)
		timer_start(io_timers(l->env), &l->pace, 1000 / l->rate);
}

static void say_ready(struct load *l)
{
	printf("{\"ready\": %" PRIu64 "}\n", l->ready_streams);
	fflush(stdout);
}

/** Both sides are there: go. */
static void begin(struct load *l)
{
	bool star_sip = l->star && l->from_sip;
	uint64_t xmpp = l->star && !l->from_sip ? 2 : 1;
	uint64_t sip = star_sip ? 2 : l->from_sip || l->people ? 1 : 0;

	if (l->listening) {
		people_pay(l);
		return;
	}
	if (l->idle) {
		if (l->ready_streams == l->idle)
			say_ready(l);
		return;
	}
	if (l->begun || l->ready_streams < xmpp || l->ready_sip < sip)
		return;
	l->begun = true;
	if (l->star)
		storm_others(l);
	if (l->people)
		people_begin(l);
	else
		load_go(l);
}

/** Something got lost: the report tells how far it came. */
static void stalled(void *arg)
{
	struct load *l = arg;

	uint64_t so_far = l->samples.len + l->known + l->of_star.told;

	if (so_far == l->watched) {
		load_finish(l);
		return;
	}
	l->watched = so_far;
	timer_start(io_timers(l->env), &l->stall, STALL_MS);
}

void load_go(struct load *l)
{
	if (l->people)
		stop_once(l);
	l->begin_us = io_wall_us(l->env);
	if (l->rate) {
		pace(l);
		return;
	}
	for (uint64_t i = 0; i < l->pairs; i++)
		send_one(l, i);
}

static struct io_stream *dial(struct load *l, uint64_t port, bool sip)
{
	const struct io_tls_config tls = { .credentials = l->credentials,
		.local_name = l->host, .server_name = "localhost" };
	const struct io_connect_config c = { .host = "127.0.0.1",
		.port = (uint16_t)port, .special_ok = true,
		.tls = sip ? &tls : NULL,
		.events = sip ? &sip_events : &xmpp_events,
		.arg = link_new(l, false) };

	return io_connect(l->env, &c);
}

static bool listen_both(struct load *l, struct buf *why)
{
	const struct io_tls_config tls = { .credentials = l->credentials,
		.local_name = l->host, .ask_certificate = true };
	const struct io_listen_config x = { "127.0.0.1", (uint16_t)l->xmpp_port,
		NULL, xmpp_accept, l };
	const struct io_listen_config s = { "127.0.0.1", (uint16_t)l->sip_port, &tls,
		sip_accept, l };

	return io_listen(l->env, &x, why) && io_listen(l->env, &s, why);
}

static void report(struct load *l)
{
	uint32_t p50 = times_percentile(l, 50), p99 = times_percentile(l, 99);

	if (l->listening) {
		times_print_requests(l);
		return;
	}
	printf("{\"prepared\": %" PRIu64 ", \"sent\": %" PRIu64
	       ", \"sent_before\": %" PRIu64
	       ", \"arrived\": %" PRIu64 ", \"finished\": %" PRIu64
	       ", \"errors\": %" PRIu64 ", \"storms\": %" PRIu64
	       ", \"seconds\": %.6f, \"p50_us\": %u, \"p99_us\": %u",
		l->known, l->sent, l->sent_before, l->arrived, l->finished,
		l->errors, l->of_star.storms,
		(double)(l->end_us - l->begin_us) / 1e6, p50, p99);
	if (l->trace) {
		printf(", \"samples\": ");
		times_print(l);
	}
	printf("}\n");
}

static void on_term(void *arg, int signum)
{
	(void)signum;
	load_finish(arg);
}

void load_dial_xmpp(struct load *l)
{
	l->out_xmpp = dial(l, l->stox_xmpp, false);
}

static void dial_all(struct load *l)
{
	load_dial_xmpp(l);
	for (uint64_t i = 1; i < l->idle; i++)
		dial(l, l->stox_xmpp, false);
	if (l->star)
		l->out_other = dial(l, l->from_sip ? l->stox_sip : l->stox_xmpp,
			l->from_sip);
	if (l->from_sip || l->people)
		l->out_sip = dial(l, l->stox_sip, true);
}

static bool succeeded(const struct load *l)
{
	if (l->errors)
		return false;
	if (l->star)
		return l->of_star.storms == l->of_star.wanted;
	return l->listening || l->trace || l->arrived == l->count;
}

static int run(struct load *l, const char *certificates, const char *trust)
{
	const struct io_env_config ec = { &l->log, &l->limits, &l->budget, NULL,
		NULL };
	const struct io_credentials_config cc = { .folder = certificates,
		.trust = trust };
	struct buf why;

	buf_init(&why, 4096, NULL);
	l->env = io_uv_new(&ec);
	if (io_credentials_load(l->env, &cc, &l->credentials, &why) < 0 ||
		!listen_both(l, &why)) {
		fprintf(stderr, "load: %.*s\n", STR_FMT(buf_str(&why)));
		return EXIT_FAILURE;
	}
	timer_init(&l->pace, pace, l);
	timer_init(&l->stall, stalled, l);
	if (!l->idle && !l->listening)
		timer_start(io_timers(l->env), &l->stall, STALL_MS);
	io_signal(l->env, SIGTERM, on_term, l);
	if (l->listening)
		say_ready(l);
	else
		dial_all(l);
	io_run(l->env);
	report(l);
	return succeeded(l) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct load l = { .log.level = STOX_LOG_ERROR, .pairs = 64, .count = 1000,
		.host = "localhost", .xmpp_domain = "example.org",
		.sip_domain = "contoso.com" };
	const char *certificates = NULL, *trust = NULL;
	const struct {
		int letter;
		uint64_t *value;
	} numbers[] = {
		{ 'n', &l.count }, { 'p', &l.pairs }, { 'r', &l.rate },
		{ 'i', &l.idle }, { 'x', &l.stox_xmpp }, { 's', &l.stox_sip },
		{ 'X', &l.xmpp_port }, { 'S', &l.sip_port },
		{ 'W', &l.of_star.wanted },
	};
	int option;

	limits_init(&l.limits);
	l.limits.value[LIMIT_TLS_HANDSHAKE_TIME] = 300; /* under valgrind */
	while ((option = getopt(argc, argv, "c:t:h:d:e:fPTLzW:n:p:r:i:x:s:X:S:")) != -1) {
		if (option == 'c')
			certificates = optarg;
		else if (option == 't')
			trust = optarg;
		else if (option == 'f')
			l.from_sip = true;
		else if (option == 'P')
			l.people = true;
		else if (option == 'z')
			l.stops = true;
		else if (option == 'T')
			l.trace = true;
		else if (option == 'L')
			l.listening = true;
		else if (option == 'h')
			l.host = optarg;
		else if (option == 'd')
			l.xmpp_domain = optarg;
		else if (option == 'e')
			l.sip_domain = optarg;
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			if (numbers[i].letter == option &&
				str_to_u64(str_from(optarg), UINT32_MAX,
					numbers[i].value) < 0)
				option = '?';
		if (option == '?')
			return 2;
	}
	if (l.of_star.wanted)
		l.people = l.star = l.trace = true;
	buf_init(&l.samples, BUFFER, NULL);
	buf_init(&l.owed, BUFFER, NULL);
	memset(l.body, 'x', BODY);
	if (l.pairs == 0 || l.pairs > PAIRS_MAX)
		return 2;
	return run(&l, certificates, trust);
}
