#include "foreign.h"

#include <gnutls/x509.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t drip(gnutls_transport_ptr_t arg, const void *p, size_t n)
{
	int fd = *(int *)arg;

	for (size_t i = 0; i < n; i++)
		if (send(fd, (const char *)p + i, 1, MSG_NOSIGNAL) != 1)
			return -1;
	return (ssize_t)n;
}

static ssize_t take(gnutls_transport_ptr_t arg, void *p, size_t n)
{
	return recv(*(int *)arg, p, n, 0);
}

/* Whom the server has shown, and what was agreed on. */
static void look(struct foreign *f, gnutls_session_t session)
{
	unsigned len = 0;
	const gnutls_datum_t *raw = gnutls_certificate_get_peers(session, &len);
	size_t size = sizeof(f->shown);
	gnutls_datum_t alpn;
	gnutls_x509_crt_t crt;

	f->resumed = gnutls_session_is_resumed(session);
	if (gnutls_alpn_get_selected_protocol(session, &alpn) == 0 &&
		alpn.size < sizeof(f->chosen))
		memcpy(f->chosen, alpn.data, alpn.size);
	if (len == 0 || gnutls_x509_crt_init(&crt) < 0)
		return;
	if (gnutls_x509_crt_import(crt, raw, GNUTLS_X509_FMT_DER) == 0) {
		gnutls_x509_crt_get_subject_alt_name(crt, 0, f->shown, &size,
			NULL);
		f->key_kind = gnutls_x509_crt_get_pk_algorithm(crt, NULL);
	}
	gnutls_x509_crt_deinit(crt);
}

static void foreign_talk(struct foreign *f, gnutls_session_t session)
{
	do
		f->handshake = gnutls_handshake(session);
	while (f->handshake < 0 && !gnutls_error_is_fatal(f->handshake));
	if (f->handshake < 0 || f->vanish)
		return;
	look(f, session);
	gnutls_record_send(session, "go", 2);
	f->received = (int)gnutls_record_recv(session, f->bytes,
		sizeof(f->bytes));
	/* a refusal of its certificate may come only now */
	if (f->received < 0)
		f->handshake = f->received;
	else if (f->keep)
		gnutls_session_get_data2(session, &f->left);
	if (!f->renegotiate)
		return;
	do
		f->handshake = gnutls_handshake(session);
	while (f->handshake < 0 && !gnutls_error_is_fatal(f->handshake));
}

static void set_up(struct foreign *f, gnutls_session_t session)
{
	gnutls_datum_t alpn[3];
	unsigned n = 0;

	gnutls_priority_set_direct(session,
		f->priority ? f->priority : "NORMAL", NULL);
	for (; n < 3 && f->alpn[n]; n++)
		alpn[n] = (gnutls_datum_t){
			(unsigned char *)(uintptr_t)f->alpn[n],
			(unsigned)strlen(f->alpn[n]) };
	if (n > 0)
		gnutls_alpn_set_protocols(session, alpn, n, 0);
	if (f->sni)
		gnutls_server_name_set(session, GNUTLS_NAME_DNS, f->sni,
			strlen(f->sni));
	if (f->ticket.size > 0)
		gnutls_session_set_data(session, f->ticket.data,
			f->ticket.size);
	gnutls_transport_set_int(session, f->fd);
	if (f->drip) {
		gnutls_transport_set_ptr(session, &f->fd);
		gnutls_transport_set_pull_function(session, take);
		gnutls_transport_set_push_function(session, drip);
	}
}

static void *foreign_main(void *arg)
{
	struct foreign *f = arg;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	const int on = 1;

	setsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	gnutls_certificate_allocate_credentials(&credentials);
	if (f->crt)
		gnutls_certificate_set_x509_key_file(credentials, f->crt,
			f->key, GNUTLS_X509_FMT_PEM);
	gnutls_init(&session, GNUTLS_CLIENT);
	set_up(f, session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	foreign_talk(f, session);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	close(f->fd);
	f->done = true;
	return NULL;
}

void foreign_start(struct foreign *f, struct ends *e)
{
	f->fd = ends_socket(e);
	assert_int_equal(pthread_create(&f->thread, NULL, foreign_main, f), 0);
}

void foreign_join(struct foreign *f)
{
	pthread_join(f->thread, NULL);
}
