/*
 * uv_tls.c: GnuTLS over a stream's buffers.
 *
 * GnuTLS pulls from the bytes that were just read and pushes into the
 * environment's one wire buffer, so that a flush is one record (of up to
 * 16 KiB) and one write, and an idle session keeps no buffers.
 */
#include "io/uv_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD 16384
#define MAX_FLIGHT 65536 /* bytes of handshake messages; bounds the chain */

struct uv_tls_shared {
	gnutls_priority_t priority[IO_TLS_1_3 + 1];
	/* for sessions without credentials of their own */
	gnutls_certificate_credentials_t nobody;
};

/* The one place for priorities.  AES-128 is the fastest, CHACHA20 costs four
 * times as much where there are AES instructions; CBC is for old Windows.  No
 * key exchange without forward secrecy. */
#define COMMON \
	":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+AES-128-CBC:+AES-256-CBC" \
	":+CHACHA20-POLY1305:-MAC-ALL:+AEAD:+SHA256:+SHA1" \
	":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA" \
	":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1" \
	":+GROUP-SECP521R1:+GROUP-FFDHE2048:+GROUP-FFDHE3072"

static const char *priority_text(enum io_tls_version min)
{
	switch (min) {
	case IO_TLS_1_3:
		return "NORMAL:-VERS-ALL:+VERS-TLS1.3" COMMON;
	case IO_TLS_DEFAULT:
	case IO_TLS_1_2:
		return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" COMMON;
	case IO_TLS_1_1:
		return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
		       ":+VERS-TLS1.1" COMMON ":+RSA";
	case IO_TLS_1_0:
		return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
		       ":+VERS-TLS1.1:+VERS-TLS1.0" COMMON ":+RSA";
	}
	return NULL;
}

static struct uv_tls_shared *shared(struct uv_env *env)
{
	if (!env->tls) {
		env->tls = base_alloc0(sizeof(*env->tls));
		gnutls_certificate_allocate_credentials(&env->tls->nobody);
	}
	return env->tls;
}

void uv_tls_shared_free(struct uv_tls_shared **s)
{
	if (!*s)
		return;
	for (size_t i = 0; i <= IO_TLS_1_3; i++)
		if ((*s)->priority[i])
			gnutls_priority_deinit((*s)->priority[i]);
	gnutls_certificate_free_credentials((*s)->nobody);
	free(*s);
	*s = NULL;
}

/* ---- transport ---------------------------------------------------------- */

static ssize_t pull(gnutls_transport_ptr_t arg, void *bytes, size_t len)
{
	struct uv_tls *tls = arg;

	if (tls->in_len == 0) {
		if (tls->peer_done)
			return 0;
		gnutls_transport_set_errno(tls->session, EAGAIN);
		return -1;
	}
	if (len > tls->in_len)
		len = tls->in_len;
	memcpy(bytes, tls->in, len);
	tls->in += len;
	tls->in_len -= len;
	return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t arg, unsigned ms)
{
	struct uv_tls *tls = arg;

	(void)ms;
	return tls->in_len > 0 || tls->peer_done;
}

static ssize_t push(gnutls_transport_ptr_t arg, const void *bytes, size_t len)
{
	struct uv_tls *tls = arg;

	buf_add(&uv_stream_env(tls->stream)->wire, bytes, len);
	return (ssize_t)len;
}

/* ---- the session -------------------------------------------------------- */

static int set_up(struct uv_stream *s, struct uv_tls *tls)
{
	struct uv_tls_shared *all = shared(uv_stream_env(s));
	const struct io_tls *c = tls->config;
	gnutls_priority_t *priority = &all->priority[c->min];
	gnutls_session_t session;
	int rc;

	if (!*priority) {
		rc = gnutls_priority_init(priority, priority_text(c->min),
			NULL);
		if (rc < 0)
			return rc;
	}
	/* Without tickets nothing of a peer is carried over to another
	 * session. */
	rc = gnutls_init(&tls->session,
		(s->s.client ? GNUTLS_CLIENT : GNUTLS_SERVER) |
			GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS |
			GNUTLS_NO_SIGNAL);
	if (rc < 0)
		return rc;
	session = tls->session;
	gnutls_session_set_ptr(session, tls->config);
	gnutls_transport_set_ptr(session, tls);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_pull_timeout_function(session, pull_timeout);
	gnutls_transport_set_push_function(session, push);
	gnutls_handshake_set_max_packet_length(session, MAX_FLIGHT);
	gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
	rc = gnutls_priority_set(session, *priority);
	if (rc < 0)
		return rc;
	return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
		c->credentials && c->credentials->trust
			? c->credentials->trust->session_credentials
			: all->nobody);
}

static int set_names(struct uv_stream *s, struct uv_tls *tls)
{
	const struct io_tls *c = tls->config;
	gnutls_datum_t alpn;
	int rc = 0;

	if (c->alpn) {
		alpn.data = (unsigned char *)c->alpn;
		alpn.size = (unsigned)strlen(c->alpn);
		rc = gnutls_alpn_set_protocols(tls->session, &alpn, 1,
			s->s.client ? 0 : GNUTLS_ALPN_MANDATORY);
	}
	if (rc == 0 && s->s.client && c->server_name)
		rc = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS,
			c->server_name, strlen(c->server_name));
	if (!s->s.client && c->ask_certificate)
		gnutls_certificate_server_set_request(tls->session,
			GNUTLS_CERT_REQUEST);
	return rc;
}

bool uv_tls_new(struct uv_stream *s, struct io_tls *config)
{
	struct uv_tls *tls = base_alloc0(sizeof(*tls));
	int rc;

	tls->stream = s;
	tls->config = config;
	config->client = s->s.client;
	list_init(&tls->place);
	list_init(&tls->turn);
	buf_init(&tls->held, UV_READ_SIZE * 2, s->s.env->budget);
	s->tls = tls;
	rc = set_up(s, tls);
	if (rc == 0)
		rc = set_names(s, tls);
	if (rc < 0)
		uv_stream_end(s, IO_TLS_FAILED, gnutls_strerror(rc));
	return rc == 0;
}

void uv_tls_free(struct uv_tls **tls)
{
	if (!*tls)
		return;
	if ((*tls)->session)
		gnutls_deinit((*tls)->session);
	io_tls_free(&(*tls)->config);
	buf_free(&(*tls)->held);
	free(*tls);
	*tls = NULL;
}

static void hold(struct uv_tls *tls);
static void pump(struct uv_stream *s);

/* ---- the handshake ------------------------------------------------------ */

/* How keys were agreed on and who signed.  TLS 1.3 has no such name. */
static void describe_exchange(gnutls_session_t session, char *out, size_t size)
{
	const char *group = gnutls_group_get_name(gnutls_group_get(session));
	const char *by = "ECDSA";

	if (gnutls_protocol_get_version(session) != GNUTLS_TLS1_3) {
		snprintf(out, size, "%s",
			gnutls_kx_get_name(gnutls_kx_get(session)));
		return;
	}
	switch (gnutls_sign_get_pk_algorithm(
		gnutls_sign_algorithm_get(session))) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		by = "RSA";
		break;
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		by = "EDDSA";
		break;
	default:
		break;
	}
	snprintf(out, size, "%s-%s",
		group && strncmp(group, "FFDHE", 5) == 0 ? "DHE" : "ECDHE", by);
}

static void describe(struct uv_stream *s)
{
	gnutls_session_t session = s->tls->session;
	char exchange[32], text[96], sni[256];
	size_t size = sizeof(sni) - 1;
	unsigned type;

	describe_exchange(session, exchange, sizeof(exchange));
	snprintf(text, sizeof(text), "%s %s %s",
		gnutls_protocol_get_name(gnutls_protocol_get_version(session)),
		exchange, gnutls_cipher_get_name(gnutls_cipher_get(session)));
	s->s.tls_text = base_strdup(text);
	if (!s->s.client &&
		gnutls_server_name_get(session, sni, &size, &type, 0) == 0 &&
		type == GNUTLS_NAME_DNS && size > 0) {
		sni[size] = '\0';
		s->s.sni = base_strdup(sni);
		for (char *p = s->s.sni; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
	}
}

static void fail(struct uv_stream *s, int rc)
{
	char text[160];

	/* the peer learns why, when there is a way to say it */
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		snprintf(text, sizeof(text), "the peer says: %s",
			gnutls_alert_get_name(
				gnutls_alert_get(s->tls->session)));
	else
		snprintf(text, sizeof(text), "%s", gnutls_strerror(rc));
	gnutls_alert_send_appropriate(s->tls->session, rc);
	uv_stream_send_wire(s);
	if (rc == GNUTLS_E_NO_CERTIFICATE_FOUND ||
		rc == GNUTLS_E_INSUFFICIENT_CREDENTIALS)
		snprintf(text, sizeof(text), "no certificate of our own");
	uv_stream_end(s,
		s->state == UV_HANDSHAKE ? IO_TLS_FAILED : IO_TLS_BROKEN,
		text);
}

static void established(struct uv_stream *s)
{
	uv_gate_leave(s);
	describe(s);
	s->s.identity = io_identity_of_session(s->s.env, s->tls->session,
		s->tls->config->credentials);
	uv_stream_ready(s);
	/* what came behind the handshake */
	if (s->state != UV_OPEN || s->tls->in_len == 0)
		return;
	if (s->paused)
		hold(s->tls);
	else
		pump(s);
}

static void handshake(struct uv_stream *s)
{
	size_t before;
	int rc;

	/* a message of several records ends the call at each of them, though
	 * the rest of it is at hand */
	do {
		before = s->tls->in_len;
		rc = gnutls_handshake(s->tls->session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc) &&
		 (rc != GNUTLS_E_AGAIN || (s->tls->in_len > 0 &&
						  s->tls->in_len < before)));
	s->tls->answered |= uv_stream_env(s)->wire.len > 0;
	uv_stream_send_wire(s);
	if (rc == 0) {
		established(s);
		return;
	}
	if (rc == GNUTLS_E_AGAIN) {
		uv_gate_stalled(s);
		return;
	}
	if (s->tls->peer_done && rc == GNUTLS_E_PREMATURE_TERMINATION)
		uv_stream_end(s, IO_TLS_FAILED, "closed during the handshake");
	else
		fail(s, rc);
}

void uv_tls_step(struct uv_stream *s)
{
	struct uv_tls *tls = s->tls;
	char *buf = uv_stream_env(s)->read_buf;
	ssize_t n;

	do
		n = read(s->fd, buf, UV_READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
		uv_stream_fail(s, errno);
		return;
	}
	tls->in = buf;
	tls->in_len = n > 0 ? (size_t)n : 0;
	tls->peer_done = n == 0;
	handshake(s);
	if (s->state != UV_CLOSED)
		uv_stream_poll(s);
}

/* ---- data --------------------------------------------------------------- */

/* Gather records into the plain buffer.  *@ret_rc is what stopped it: 0 for a
 * full buffer, GNUTLS_E_AGAIN, the end, or an error. */
static size_t gather(struct uv_stream *s, int *ret_rc)
{
	char *plain = uv_stream_env(s)->plain_buf;
	size_t used = 0;

	while (UV_PLAIN_SIZE - used >= RECORD) {
		size_t before = s->tls->in_len;
		ssize_t n = gnutls_record_recv(s->tls->session, plain + used,
			UV_PLAIN_SIZE - used);

		if (n > 0) {
			used += (size_t)n;
			if (s->tls->in_len > 0 || s->tls->peer_done ||
				gnutls_record_check_pending(s->tls->session))
				continue;
			*ret_rc = GNUTLS_E_AGAIN; /* which is all it would say */
			return used;
		}
		if (n == GNUTLS_E_INTERRUPTED)
			continue;
		/* a session ticket ends the call too: more may lie behind it */
		if (n == GNUTLS_E_AGAIN && s->tls->in_len > 0 &&
			s->tls->in_len < before)
			continue;
		*ret_rc = n == 0 ? GNUTLS_E_SESSION_EOF : (int)n;
		return used;
	}
	*ret_rc = 0;
	return used;
}

/* Keep what a pausing reader has not taken. */
static void hold(struct uv_tls *tls)
{
	struct buf kept;

	if (tls->in_len == 0) {
		buf_free(&tls->held);
		return;
	}
	/* what is at hand may lie in the very buffer that is refilled */
	buf_init(&kept, UV_READ_SIZE * 2, tls->held.budget);
	buf_add(&kept, tls->in, tls->in_len);
	buf_free(&tls->held);
	tls->held = kept;
	tls->in_len = 0;
}

static void stopped(struct uv_stream *s, int rc)
{
	if (rc == GNUTLS_E_SESSION_EOF)
		uv_stream_eof(s, NULL);
	else if (s->tls->peer_done)
		uv_stream_eof(s, "without a TLS farewell");
	else if (gnutls_error_is_fatal(rc) || rc == GNUTLS_E_REHANDSHAKE)
		fail(s, rc);
	/* warnings are passed over */
}

static bool is_final(int rc)
{
	return rc < 0 && rc != GNUTLS_E_AGAIN &&
	       (gnutls_error_is_fatal(rc) || rc == GNUTLS_E_SESSION_EOF ||
		       rc == GNUTLS_E_REHANDSHAKE);
}

static void pump(struct uv_stream *s)
{
	struct uv_tls *tls = s->tls;
	bool whole;
	int rc = 0;

	for (;;) {
		size_t n = gather(s, &rc);

		/* answers of TLS itself, as to a key update */
		uv_stream_send_wire(s);
		tls->stop = is_final(rc) ? rc : 0;
		whole = uv_stream_give(s,
			(struct str){ uv_stream_env(s)->plain_buf, n });
		if (s->state != UV_OPEN)
			return;
		if (whole && tls->stop) {
			stopped(s, tls->stop);
			return;
		}
		if (!whole || s->paused) {
			hold(tls);
			return;
		}
		if (rc == GNUTLS_E_AGAIN)
			return;
	}
}

void uv_tls_input(struct uv_stream *s, const char *bytes, size_t len)
{
	s->tls->in = bytes;
	s->tls->in_len = len;
	s->tls->peer_done = len == 0;
	pump(s);
}

void uv_tls_resume(struct uv_stream *s)
{
	struct uv_tls *tls = s->tls;

	if (!uv_stream_give(s, (struct str){ NULL, 0 }) || s->paused)
		return;
	if (tls->stop) {
		stopped(s, tls->stop);
		return;
	}
	tls->in = tls->held.data;
	tls->in_len = tls->held.len;
	pump(s);
	if (s->state == UV_OPEN && !s->paused && list_empty(&s->more))
		buf_free(&tls->held);
}

void uv_tls_encrypt(struct uv_stream *s, size_t max)
{
	size_t left = s->out.len < max ? s->out.len : max;

	while (left > 0) {
		ssize_t n = gnutls_record_send(s->tls->session, s->out.data,
			left < RECORD ? left : RECORD);

		if (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN)
			continue; /* the push function never refuses */
		if (n < 0) {
			fail(s, (int)n);
			return;
		}
		buf_consume(&s->out, (size_t)n);
		left -= (size_t)n;
	}
}

void uv_tls_bye(struct uv_stream *s)
{
	gnutls_bye(s->tls->session, GNUTLS_SHUT_WR);
}
