#include "set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

static const char *const san_a[] = { "dns:a.example", NULL };
static const char *const san_b[] = { "dns:b.example", NULL };

struct io_credentials *set_load(struct set *s, const char *crl)
{
	struct io_credentials_config c = { .folder = s->pki.certs,
		.trust = s->pki.ca_file, .crl = crl };
	struct io_credentials *got = NULL;
	struct buf why;

	buf_init(&why, 1000, NULL);
	if (io_credentials_load(s->env, &c, &got, &why) != 0) {
		buf_add_char(&why, '\0');
		fail_msg("%s", why.data);
	}
	buf_free(&why);
	return got;
}

void set_reload(struct set *s, const char *crl)
{
	io_credentials_unref(&s->credentials);
	s->credentials = set_load(s, crl);
	s->client.credentials = s->server.credentials = s->credentials;
}

struct set *set_new(const struct pki_spec *extra)
{
	struct set *s = calloc(1, sizeof(*s));

	s->env = io_uv_new(NULL);
	pki_init(&s->pki);
	pki_make(&s->pki, &(struct pki_spec){ .name = "a.example",
				  .sans = san_a });
	pki_make(&s->pki, &(struct pki_spec){ .name = "b.example",
				  .sans = san_b });
	if (extra)
		pki_make(&s->pki, extra);
	s->credentials = set_load(s, NULL);
	s->client = (struct io_tls_config){ .credentials = s->credentials,
		.local_name = "a.example", .server_name = "b.example",
		.alpn = "xmpp-server" };
	s->server = (struct io_tls_config){ .credentials = s->credentials,
		.local_name = "b.example", .alpn = "xmpp-server",
		.ask_certificate = true };
	return s;
}

void set_free(struct set *s)
{
	io_credentials_unref(&s->credentials);
	pki_free(&s->pki);
	io_env_free(&s->env);
	free(s);
}
