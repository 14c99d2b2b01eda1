#include "ends.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void look(struct end *e, struct io_stream *s)
{
	const struct io_identity *id = io_stream_identity(s);

	if (id) {
		e->identity = *id;
		e->names_a = io_identity_names_xmpp(id, STR("a.example"));
		e->names_b = io_identity_names_xmpp(id, STR("b.example"));
	}
	snprintf(e->tls, sizeof(e->tls), "%s",
		io_stream_tls(s) ? io_stream_tls(s) : "");
	snprintf(e->sni, sizeof(e->sni), "%s",
		io_stream_sni(s) ? io_stream_sni(s) : "");
	io_stop(e->env);
}

static void on_open(void *arg, struct io_stream *s)
{
	struct end *e = arg;

	assert_ptr_equal(e->s, s);
	e->opened++;
	look(e, s);
}

static void on_secure(void *arg, struct io_stream *s)
{
	struct end *e = arg;

	e->secured++;
	look(e, s);
}

static void on_data(void *arg, struct io_stream *s, struct str bytes)
{
	struct end *e = arg;

	e->pieces++;
	buf_add_str(&e->got, bytes);
	if (e->echo)
		io_write(s, bytes);
	if (e->upgrade) {
		io_starttls(s, e->upgrade);
		e->upgrade = NULL;
	}
	io_stop(e->env);
}

static void on_drain(void *arg, struct io_stream *s)
{
	struct end *e = arg;

	(void)s;
	e->drained++;
	io_stop(e->env);
}

static void on_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	struct end *e = arg;

	assert_ptr_equal(e->s, s);
	e->closed++;
	e->reason = reason;
	snprintf(e->detail, sizeof(e->detail), "%s", detail);
	e->s = NULL;
	io_stop(e->env);
}

const struct io_events end_events = { on_open, on_secure, on_data, on_drain,
	on_close };

void end_on_accept(void *arg, struct io_stream *s)
{
	struct end *e = arg;

	e->s = s;
	io_stream_events(s, &end_events, e);
}

static void on_guard(void *arg)
{
	io_stop(((struct ends *)arg)->env);
}

void ends_turn(struct ends *e, unsigned ms)
{
	timer_start(io_timers(e->env), &e->guard, ms);
	io_run(e->env);
	timer_stop(io_timers(e->env), &e->guard);
}

struct ends *ends_new(const char *address, const struct io_tls_config *tls)
{
	struct ends *e = calloc(1, sizeof(*e));
	struct io_env_config c = { .limits = &e->limits, .budget = &e->budget };
	struct io_listen_config lc = { .address = address, .tls = tls,
		.on_accept = end_on_accept, .arg = &e->b };

	limits_init(&e->limits);
	e->env = e->a.env = e->b.env = io_uv_new(&c);
	assert_non_null(e->env);
	timer_init(&e->guard, on_guard, e);
	buf_init(&e->a.got, 1 << 26, NULL);
	buf_init(&e->b.got, 1 << 26, NULL);
	e->l = io_listen(e->env, &lc, NULL);
	assert_non_null(e->l);
	assert_int_not_equal(io_listener_port(e->l), 0);
	return e;
}

void ends_connect(struct ends *e, const char *host,
	const struct io_tls_config *tls)
{
	struct io_connect_config c = { .host = host,
		.port = io_listener_port(e->l), .special_ok = true, .tls = tls,
		.events = &end_events, .arg = &e->a };

	e->a.s = io_connect(e->env, &c);
}

struct ends *ends_connected(void)
{
	struct ends *e = ends_new("127.0.0.1", NULL);

	ends_connect(e, "127.0.0.1", NULL);
	ENDS_WAIT(e, e->a.opened && e->b.opened);
	return e;
}

int ends_socket(struct ends *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(io_listener_port(e->l)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

void ends_free(struct ends *e)
{
	io_listener_close(&e->l);
	io_env_free(&e->env);
	assert_null(e->a.s);
	assert_null(e->b.s);
	assert_int_equal(e->budget.used, 0);
	buf_free(&e->a.got);
	buf_free(&e->b.got);
	free(e);
}
