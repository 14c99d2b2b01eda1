/*
 * TLS over loopback: who is believed, which certificate is shown, what is
 * refused.
 */
#include "ends.h"
#include "foreign.h"
#include "set.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- both ends ours ----------------------------------------------------- */

static void test_mutual(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);

	(void)state;
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	assert_true(e->a.identity.present && e->a.identity.trusted);
	assert_true(e->b.identity.present && e->b.identity.trusted);
	assert_true(e->a.names_b && !e->a.names_a);
	assert_true(e->b.names_a && !e->b.names_b);
	assert_int_equal(strlen(e->a.identity.fingerprint), 64);
	assert_in_range(e->a.identity.expires_s, (uint64_t)time(NULL) + 80000,
		(uint64_t)time(NULL) + 90000);
	assert_string_equal(e->a.tls, "TLS1.3 ECDHE-ECDSA AES-128-GCM");
	assert_string_equal(e->b.sni, "b.example");
	assert_string_equal(e->a.sni, "");
	e->b.echo = true;
	io_write(e->a.s, STR("hello "));
	io_write(e->a.s, STR("world"));
	ENDS_WAIT(e, e->a.got.len == 11);
	assert_int_equal(e->b.pieces, 1);
	assert_int_equal(e->a.drained, 1);
	io_close(e->a.s);
	ENDS_WAIT(e, e->a.closed && e->b.closed);
	assert_int_equal(e->a.reason, IO_LOCAL);
	assert_int_equal(e->b.reason, IO_EOF);
	assert_string_equal(e->b.detail, "");
	ends_free(e);
	set_free(s);
}

static void test_nobody_asked(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e;

	(void)state;
	s->server.ask_certificate = false;
	s->server.min = IO_TLS_1_3;
	e = ends_new("127.0.0.1", &s->server);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->b.opened);
	assert_false(e->b.identity.present);
	assert_false(e->b.identity.trusted);
	assert_non_null(e->b.identity.why);
	ends_free(e);
	set_free(s);
}

static void test_big_and_paused(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);
	static char block[100000];
	enum { BLOCKS = 150 }; /* more than a kernel keeps */
	const size_t all = BLOCKS * sizeof(block);

	(void)state;
	e->limits.value[LIMIT_SEND_QUEUE] = 1 << 25;
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)(i * 7);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	io_pause(e->b.s);
	for (int i = 0; i < BLOCKS; i++)
		io_write(e->a.s, (struct str){ block, sizeof(block) });
	for (int i = 0; i < 20; i++)
		ends_turn(e, 5);
	assert_int_equal(e->b.got.len, 0);
	assert_true(io_queued(e->a.s) > 0);
	/* one bite at a time, paused again in between */
	for (int i = 0; i < 5; i++) {
		size_t before = e->b.got.len;

		io_resume(e->b.s);
		ENDS_WAIT(e, e->b.got.len > before);
		io_pause(e->b.s);
		before = e->b.got.len;
		ends_turn(e, 5);
		assert_int_equal(e->b.got.len, before);
	}
	io_resume(e->b.s);
	ENDS_WAIT(e, e->b.got.len == all);
	for (size_t i = 0; i < all; i++)
		if (e->b.got.data[i] != block[i % sizeof(block)])
			fail_msg("byte %zu differs", i);
	ENDS_WAIT(e, e->a.drained > 0);
	ends_free(e);
	set_free(s);
}

static void test_starttls(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_connected();

	(void)state;
	e->b.echo = true;
	e->b.upgrade = &s->server;
	e->a.upgrade = &s->client;
	io_write(e->a.s, STR("starttls"));
	ENDS_WAIT(e, e->a.secured && e->b.secured);
	assert_true(str_is(buf_str(&e->a.got), "starttls"));
	assert_true(e->a.names_b && e->b.names_a);
	assert_int_equal(e->a.opened + e->b.opened, 2);
	io_write(e->a.s, STR(" again"));
	ENDS_WAIT(e, e->a.got.len == 14);
	ends_free(e);
	set_free(s);
}

/* Much in the clear before the handshake, and writes while it runs. */
static void test_starttls_behind_a_queue(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_connected();
	static char block[3000000];

	(void)state;
	io_pause(e->b.s);
	io_write(e->a.s, (struct str){ block, sizeof(block) });
	io_starttls(e->a.s, &s->client);
	io_write(e->a.s, STR("secret"));
	io_resume(e->b.s);
	ENDS_WAIT(e, e->b.got.len >= sizeof(block));
	/* the hello came as plain bytes to one who knows nothing of TLS; it
	 * begins as TLS does */
	if (e->b.got.len == sizeof(block))
		ENDS_WAIT(e, e->b.got.len > sizeof(block));
	assert_int_equal(e->b.got.data[sizeof(block)], 0x16);
	assert_null(memmem(e->b.got.data, e->b.got.len, "secret", 6));
	ends_free(e);
	set_free(s);
}

static void test_alpn_refused(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);

	(void)state;
	s->client.alpn = "h2";
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.closed && e->b.closed);
	assert_int_equal(e->a.reason, IO_TLS_FAILED);
	assert_int_equal(e->b.reason, IO_TLS_FAILED);
	assert_int_equal(e->a.opened + e->b.opened, 0);
	assert_non_null(strstr(e->a.detail, "application protocol"));
	s->client.alpn = NULL;
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	ends_free(e);
	set_free(s);
}

/* ---- who is believed: test_verify.c has the table ------------------------ */

/* The same, seen by a client of its server, with an intermediate. */
static void test_intermediate(void **state)
{
	struct set *s = set_new(&(struct pki_spec){ .name = "middle",
		.is_ca = true });
	static const char *const deep[] = { "dns:deep.example", NULL };
	struct ends *e;

	(void)state;
	pki_make(&s->pki, &(struct pki_spec){ .name = "deep", .sans = deep,
				  .chain = "middle" });
	io_credentials_unref(&s->credentials);
	s->credentials = set_load(s, NULL);
	s->client.credentials = s->server.credentials = s->credentials;
	s->client.server_name = "deep.example";
	e = ends_new("127.0.0.1", &s->server);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened);
	if (!e->a.identity.trusted)
		fail_msg("%s", e->a.identity.why);
	assert_false(e->a.names_b);
	ends_free(e);
	set_free(s);
}

static void test_no_trust_store(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);

	(void)state;
	s->client.credentials = NULL;
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	assert_true(e->a.identity.present && !e->a.identity.trusted);
	assert_true(e->a.names_b);
	assert_false(e->b.identity.present);
	ends_free(e);
	set_free(s);
}

/* ---- which certificate is shown ----------------------------------------- */

static void test_sni(void **state)
{
	static const char *const wild[] = { "dns:*.w.example", NULL };
	static const struct {
		const char *sni, *shown;
	} cases[] = {
		{ "a.example", "a.example" },
		{ "A.EXAMPLE", "a.example" },
		{ "b.example", "b.example" },
		{ "x.w.example", "x.w.example" },
		{ "unknown.example", "b.example" }, /* the default */
		{ NULL, "b.example" },
	};
	struct set *s = set_new(&(struct pki_spec){ .name = "wild",
		.sans = wild });
	struct ends *e = ends_new("127.0.0.1", &s->server);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		s->client.server_name = cases[i].sni;
		e->a.opened = 0;
		ends_connect(e, "127.0.0.1", &s->client);
		ENDS_WAIT(e, e->a.opened);
		if (!io_identity_names_xmpp(io_stream_identity(e->a.s),
			    str_from(cases[i].shown)))
			fail_msg("SNI %s", cases[i].sni);
		io_close(e->a.s);
		ENDS_WAIT(e, !e->a.s && !e->b.s);
	}
	ends_free(e);
	set_free(s);
}

static void test_new_credentials(void **state)
{
	static const char *const san_c[] = { "dns:c.example", NULL };
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);
	struct io_credentials *next;

	(void)state;
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	pki_make(&s->pki, &(struct pki_spec){ .name = "c.example",
				  .sans = san_c });
	next = set_load(s, NULL);
	io_listener_credentials(e->l, next);
	io_credentials_unref(&next);
	io_write(e->a.s, STR("old streams live on"));
	ENDS_WAIT(e, e->b.got.len == 19);
	io_close(e->a.s);
	ENDS_WAIT(e, !e->a.s && !e->b.s);
	s->client.server_name = "c.example";
	e->a.opened = 0;
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened);
	assert_true(io_identity_names_xmpp(io_stream_identity(e->a.s),
		STR("c.example")));
	ends_free(e);
	set_free(s);
}

static void test_server_without_certificate(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e;

	(void)state;
	s->server.credentials = NULL;
	e = ends_new("127.0.0.1", &s->server);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.closed && e->b.closed);
	assert_int_equal(e->a.reason, IO_TLS_FAILED);
	assert_int_equal(e->b.reason, IO_TLS_FAILED);
	ends_free(e);
	set_free(s);
}

/* ---- a foreign client --------------------------------------------------- */

/* To the end of a short conversation that succeeds. */
static void converse(struct ends *e, struct foreign *f)
{
	size_t before = e->b.got.len;

	foreign_start(f, e);
	ENDS_WAIT(e, e->b.got.len == before + 2);
	io_write(e->b.s, STR("answer"));
	ENDS_WAIT(e, f->done && !e->b.s);
	foreign_join(f);
	assert_int_equal(f->handshake, 0);
	assert_int_equal(f->received, 6);
}

/* Several writes of one turn are one record. */
static void test_one_record(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);
	struct foreign f = { 0 };
	char piece[500];

	(void)state;
	memset(piece, 'x', sizeof(piece));
	foreign_start(&f, e);
	ENDS_WAIT(e, e->b.got.len == 2);
	for (int i = 0; i < 20; i++)
		io_write(e->b.s, (struct str){ piece, sizeof(piece) });
	ENDS_WAIT(e, f.done);
	foreign_join(&f);
	assert_int_equal(f.handshake, 0);
	assert_int_equal(f.received, 20 * 500);
	ends_free(e);
	set_free(s);
}

static void test_versions(void **state)
{
	static const struct {
		const char *priority;
		enum io_tls_version min;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", IO_TLS_DEFAULT, "TLS1.3" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", IO_TLS_DEFAULT, "TLS1.2" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", IO_TLS_1_3, NULL },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", IO_TLS_DEFAULT, NULL },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", IO_TLS_1_1, "TLS1.1" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.0", IO_TLS_1_1, NULL },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.0", IO_TLS_1_0, "TLS1.0" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH",
			IO_TLS_DEFAULT, NULL },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC",
			IO_TLS_DEFAULT, "TLS1.2" },
	};
	struct set *s = set_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct foreign f = { .priority = cases[i].priority };
		struct ends *e;

		s->server.min = cases[i].min;
		e = ends_new("127.0.0.1", &s->server);
		foreign_start(&f, e);
		if (cases[i].text) {
			ENDS_WAIT(e, e->b.got.len == 2);
			io_close(e->b.s);
		}
		ENDS_WAIT(e, f.done && e->b.closed);
		foreign_join(&f);
		if (cases[i].text && strncmp(e->b.tls, cases[i].text, 6))
			fail_msg("%s gave %s", cases[i].priority, e->b.tls);
		if (!cases[i].text && e->b.reason != IO_TLS_FAILED)
			fail_msg("%s was accepted", cases[i].priority);
		ends_free(e);
	}
	set_free(s);
}

static void test_hello_bytewise(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);
	struct foreign f = { .drip = true };

	(void)state;
	foreign_start(&f, e);
	ENDS_WAIT(e, e->b.got.len == 2);
	io_write(e->b.s, STR("answer"));
	ENDS_WAIT(e, f.done);
	foreign_join(&f);
	assert_int_equal(f.received, 6);
	ends_free(e);
	set_free(s);
}

static void test_no_renegotiation(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);
	struct foreign f = { .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2",
		.renegotiate = true };

	(void)state;
	foreign_start(&f, e);
	ENDS_WAIT(e, e->b.got.len == 2);
	io_write(e->b.s, STR("answer"));
	ENDS_WAIT(e, f.done && e->b.closed);
	foreign_join(&f);
	assert_int_equal(e->b.reason, IO_TLS_BROKEN);
	assert_true(f.handshake < 0);
	ends_free(e);
	set_free(s);
}

/* Nothing is carried over to another session: not to the same name, not to
 * another one, not to the certificate that comes after. */
static void test_no_resumption(void **state)
{
	static const struct {
		const char *priority, *sni;
	} cases[] = {
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", "b.example" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", "a.example" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", "b.example" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", "a.example" },
	};
	struct set *s = set_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct foreign first = { .priority = cases[i].priority,
			.sni = "b.example", .keep = true };
		struct foreign again = { .priority = cases[i].priority,
			.sni = cases[i].sni };
		struct ends *e = ends_new("127.0.0.1", &s->server);

		converse(e, &first);
		assert_true(first.left.size > 0);
		again.ticket = first.left;
		converse(e, &again);
		assert_false(again.resumed);
		assert_string_equal(again.shown, cases[i].sni);
		gnutls_free(first.left.data);
		ends_free(e);
	}
	set_free(s);
}

/* TCP ends without the farewell of TLS. */
static void test_truncated(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);
	struct foreign f = { .vanish = true };

	(void)state;
	foreign_start(&f, e);
	ENDS_WAIT(e, e->b.closed);
	foreign_join(&f);
	assert_int_equal(e->b.opened, 1);
	assert_int_equal(e->b.reason, IO_EOF);
	assert_true(strlen(e->b.detail) > 0);
	ends_free(e);
	set_free(s);
}

/* ---- a foreign server, in a thread ----------------------------------------- */

struct server {
	int listener;
	struct set *set;
	char out[32768]; /* what it sends waits for its next read */
	size_t len;
	int fd;
	pthread_t thread;
};

static ssize_t server_push(gnutls_transport_ptr_t arg, const void *p, size_t n)
{
	struct server *s = arg;

	if (s->len + n > sizeof(s->out))
		return -1;
	memcpy(s->out + s->len, p, n);
	s->len += n;
	return (ssize_t)n;
}

static void server_flush(struct server *s)
{
	if (s->len > 0 && send(s->fd, s->out, s->len, MSG_NOSIGNAL) < 0)
		return;
	s->len = 0;
}

static ssize_t server_pull(gnutls_transport_ptr_t arg, void *p, size_t n)
{
	struct server *s = arg;

	server_flush(s);
	return recv(s->fd, p, n, 0);
}

/* Tickets, and data in the same segment behind them. */
static void *server_main(void *arg)
{
	struct server *s = arg;
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t ticket_key;
	gnutls_session_t session;
	char crt[160], key[160], byte;

	snprintf(crt, sizeof(crt), "%s/b.example.crt", s->set->pki.certs);
	snprintf(key, sizeof(key), "%s/b.example.key", s->set->pki.certs);
	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_certificate_set_x509_key_file(credentials, crt, key,
		GNUTLS_X509_FMT_PEM);
	gnutls_init(&session, GNUTLS_SERVER);
	gnutls_session_ticket_key_generate(&ticket_key);
	gnutls_session_ticket_enable_server(session, &ticket_key);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_ptr(session, s);
	gnutls_transport_set_push_function(session, server_push);
	gnutls_transport_set_pull_function(session, server_pull);
	s->fd = accept(s->listener, NULL, NULL);
	while (gnutls_handshake(session) == GNUTLS_E_AGAIN)
		;
	gnutls_record_send(session, "behind", 6);
	server_flush(s);
	gnutls_record_recv(session, &byte, 1);
	close(s->fd);
	gnutls_deinit(session);
	gnutls_free(ticket_key.data);
	gnutls_certificate_free_credentials(credentials);
	return NULL;
}

static void test_behind_a_ticket(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", NULL);
	struct server server = { .set = s };
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	struct io_connect_config c = { .host = "127.0.0.1", .special_ok = true,
		.tls = &s->client, .events = &end_events, .arg = &e->a };

	(void)state;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server.listener, (struct sockaddr *)&a,
				 sizeof(a)),
		0);
	assert_int_equal(listen(server.listener, 1), 0);
	getsockname(server.listener, (struct sockaddr *)&a, &len);
	c.port = ntohs(a.sin_port);
	pthread_create(&server.thread, NULL, server_main, &server);
	e->a.s = io_connect(e->env, &c);
	ENDS_WAIT(e, e->a.got.len == 6);
	assert_true(str_is(buf_str(&e->a.got), "behind"));
	io_close(e->a.s);
	ENDS_WAIT(e, e->a.closed);
	pthread_join(server.thread, NULL);
	close(server.listener);
	ends_free(e);
	set_free(s);
}

/* ---- handshakes that do not come to an end ------------------------------ */

static void test_silence(void **state)
{
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", &s->server);
	int fd = ends_socket(e);

	(void)state;
	e->limits.value[LIMIT_TLS_HANDSHAKE_TIME] = 1;
	ENDS_WAIT(e, e->b.closed);
	assert_int_equal(e->b.reason, IO_TIMEOUT);
	assert_int_equal(e->b.opened, 0);
	assert_int_equal(e->limits.hits[LIMIT_TLS_HANDSHAKE_TIME], 1);
	close(fd);
	ends_free(e);
	set_free(s);
}

static void test_junk(void **state)
{
	static const char *const junk[] = { "GET / HTTP/1.0\r\n\r\n",
		"<?xml version='1.0'?><stream:stream",
		("\x16\x03\x01\x40\x01" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff" };
	struct set *s = set_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(*junk); i++) {
		struct ends *e = ends_new("127.0.0.1", &s->server);
		int fd = ends_socket(e);
		size_t len = i == 3 ? 10 : strlen(junk[i]);

		if (i == 2)
			len = 5 + 38;
		assert_int_equal(send(fd, junk[i], len, 0), len);
		shutdown(fd, SHUT_WR);
		ENDS_WAIT(e, e->b.closed);
		assert_int_equal(e->b.reason, IO_TLS_FAILED);
		close(fd);
		ends_free(e);
	}
	set_free(s);
}

/* Two places, wanted by many clients that begin a hello and fall silent: another
 * gets in all the same, and at once. */
static void on_accept_quietly(void *arg, struct io_stream *s)
{
	io_stream_events(s, arg, NULL);
}

static void test_gate(void **state)
{
	enum { SILENT = 60 };
	struct set *s = set_new(NULL);
	struct ends *e = ends_new("127.0.0.1", NULL);
	struct io_events quiet = { 0 };
	struct io_listen_config lc = { .address = "127.0.0.1",
		.tls = &s->server, .on_accept = on_accept_quietly,
		.arg = &quiet };
	int fds[SILENT];

	(void)state;
	io_listener_close(&e->l);
	e->l = io_listen(e->env, &lc, NULL);
	e->limits.value[LIMIT_TLS_HANDSHAKES] = 2;
	for (int i = 0; i < SILENT; i++) {
		fds[i] = ends_socket(e);
		assert_int_equal(send(fds[i], "\x16\x03\x01\x02\x00\x01", 6,
					 0),
			6);
	}
	for (int i = 0; i < 10; i++)
		ends_turn(e, 10);
	assert_true(e->limits.hits[LIMIT_TLS_HANDSHAKES] >= SILENT - 2);
	ends_connect(e, "127.0.0.1", &s->client);
	ENDS_WAIT(e, e->a.opened);
	for (int i = 0; i < SILENT; i++)
		close(fds[i]);
	ends_free(e);
	set_free(s);
}

/* ---- folders ------------------------------------------------------------ */

static void expect_load(struct set *s, const char *folder, const char *trust,
	const char *part)
{
	struct io_credentials_config c = { .folder = folder, .trust = trust };
	struct io_credentials *got = NULL;
	struct buf why;
	int rc;

	buf_init(&why, 1000, NULL);
	rc = io_credentials_load(s->env, &c, &got, &why);
	buf_add_char(&why, '\0');
	if (part && (rc != -STOX_EINVAL || !strstr(why.data, part)))
		fail_msg("wanted '%s', got %d '%s'", part, rc, why.data);
	if (!part && rc != 0)
		fail_msg("%s", why.data);
	assert_true(!part == !!got);
	io_credentials_unref(&got);
	buf_free(&why);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

static void test_bad_folders(void **state)
{
	struct set *s = set_new(NULL);
	char key[160], other[160], command[400];

	(void)state;
	snprintf(key, sizeof(key), "%s/a.example.key", s->pki.certs);
	snprintf(other, sizeof(other), "%s/b.example.key", s->pki.certs);
	expect_load(s, s->pki.certs, s->pki.ca_file, NULL);
	for (unsigned bit = 1; bit <= 4; bit <<= 1) {
		assert_int_equal(chmod(key, 0600 | bit), 0);
		expect_load(s, s->pki.certs, s->pki.ca_file, "open to others");
	}
	assert_int_equal(chmod(key, 0640), 0);
	snprintf(command, sizeof(command), "cp '%s' '%s'", other, key);
	assert_int_equal(system(command), 0);
	expect_load(s, s->pki.certs, s->pki.ca_file, "does not fit");
	write_file(s->pki.certs, "a.example.key", "no key");
	expect_load(s, s->pki.certs, s->pki.ca_file, "a.example.key");
	unlink(key);
	expect_load(s, s->pki.certs, s->pki.ca_file, NULL); /* skipped */
	write_file(s->pki.certs, "b.example.crt", "no certificate");
	expect_load(s, s->pki.certs, s->pki.ca_file, "b.example.crt");
	expect_load(s, "/nonexistent", s->pki.ca_file, "/nonexistent");
	expect_load(s, NULL, "/nonexistent", "/nonexistent");
	expect_load(s, NULL, key, key);
	write_file(s->pki.dir, "empty.pem", "");
	snprintf(key, sizeof(key), "%s/empty.pem", s->pki.dir);
	expect_load(s, NULL, key, "no certificate in it");
	snprintf(key, sizeof(key), "%s/none", s->pki.dir);
	assert_int_equal(mkdir(key, 0700), 0);
	expect_load(s, key, s->pki.ca_file, NULL);
	set_free(s);
}

/* As certbot leaves it: live/NAME/fullchain.pem, a link into the archive. */
static void test_certbot(void **state)
{
	struct set *s = set_new(NULL);
	char command[2000];
	const char *d = s->pki.certs;

	(void)state;
	snprintf(command, sizeof(command),
		"mkdir '%s/live' '%s/.archive' && mv '%s/a.example.crt' "
		"'%s/.archive/c1' && mv '%s/a.example.key' '%s/.archive/k1' && "
		"ln -s ../.archive/c1 '%s/live/fullchain.pem' && "
		"ln -s ../.archive/k1 '%s/live/privkey.pem'",
		d, d, d, d, d, d, d, d);
	assert_int_equal(system(command), 0);
	io_credentials_unref(&s->credentials);
	s->credentials = set_load(s, NULL);
	assert_true(io_credentials_has(s->credentials, STR("a.example")));
	assert_true(io_credentials_has(s->credentials, STR("b.example")));
	snprintf(command, sizeof(command), "chmod 644 '%s/.archive/k1'", d);
	assert_int_equal(system(command), 0);
	expect_load(s, d, s->pki.ca_file, "open to others");
	set_free(s);
}

static void test_walk(void **state)
{
	static const char *const sans[] = { "dns:c.example", "dns:*.c.example",
		"srv:_xmpp-server.d.example", "xmpp:e.example", NULL };
	struct set *s = set_new(&(struct pki_spec){ .name = "c.example",
		.sans = sans, .eku = GNUTLS_KP_TLS_WWW_SERVER });
	const struct io_certificate *c;
	size_t cursor = 0, n = 0;

	(void)state;
	while ((c = io_credentials_next(s->credentials, &cursor))) {
		n++;
		assert_non_null(strstr(c->file, ".crt"));
		assert_true(c->server_usage);
		if (n < 3) {
			assert_true(c->client_usage);
			assert_string_equal(c->names[0],
				n == 1 ? "a.example" : "b.example");
			continue;
		}
		assert_false(c->client_usage);
		assert_string_equal(c->names[1], "*.c.example");
		assert_string_equal(c->names[2], "_xmpp-server.d.example");
		assert_null(c->names[3]);
	}
	assert_int_equal(n, 3);
	assert_true(io_credentials_has(s->credentials, STR("x.c.example")));
	assert_true(io_credentials_has(s->credentials, STR("d.example")));
	assert_true(io_credentials_has(s->credentials, STR("e.example")));
	assert_false(io_credentials_has(s->credentials, STR("f.example")));
	assert_false(io_credentials_has(s->credentials, STR("y.x.c.example")));
	set_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutual),
		cmocka_unit_test(test_nobody_asked),
		cmocka_unit_test(test_big_and_paused),
		cmocka_unit_test(test_starttls),
		cmocka_unit_test(test_starttls_behind_a_queue),
		cmocka_unit_test(test_alpn_refused),
		cmocka_unit_test(test_intermediate),
		cmocka_unit_test(test_no_trust_store),
		cmocka_unit_test(test_sni),
		cmocka_unit_test(test_new_credentials),
		cmocka_unit_test(test_server_without_certificate),
		cmocka_unit_test(test_one_record),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_hello_bytewise),
		cmocka_unit_test(test_no_renegotiation),
		cmocka_unit_test(test_no_resumption),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_behind_a_ticket),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_junk),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_bad_folders),
		cmocka_unit_test(test_certbot),
		cmocka_unit_test(test_walk),
	};

	srandom((unsigned)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
