/*
 * uv_connect.c: from a name to a connected socket.  Happy Eyeballs, RFC 8305:
 * IPv6 first, the next address after 250 ms or at once when one fails, the
 * first to connect wins.
 */
#include "io/uv_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_ADDRESSES 8
#define NEXT_MS 250     /* RFC 8305, 8: Connection Attempt Delay */
#define WAIT_AAAA_MS 50 /* Resolution Delay */

enum { ASK_AAAA, ASK_A, ASKS };

/* One socket under way; freed when libuv has closed its handle. */
struct attempt {
	struct list node;
	struct uv_dial *dial; /* NULL: given up */
	uv_poll_t poll;
	int fd;
	union io_address address;
};

struct uv_dial {
	struct uv_stream *s;
	char *host;
	uint16_t port;
	bool special_ok;
	struct io_query *queries[ASKS];
	bool failed;           /* the resolver, not the name */
	bool started;
	union io_address addresses[ASKS][MAX_ADDRESSES];
	size_t count[ASKS], used[ASKS];
	int turn;              /* family of the next attempt */
	size_t tried;
	struct list attempts;
	struct timer next, patience;
	struct io_task begin;
	bool has_reason;
	enum io_reason reason; /* of what failed */
	char detail[160];
};

/* ---- attempts ----------------------------------------------------------- */

static void on_attempt_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Let go of an attempt; its socket is closed unless it was taken (-1). */
static void attempt_close(struct attempt *a)
{
	list_remove(&a->node);
	a->dial = NULL;
	uv_close((uv_handle_t *)&a->poll, on_attempt_closed);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

void uv_dial_free(struct uv_dial **dial)
{
	struct uv_dial *d = *dial;

	*dial = NULL;
	if (!d)
		return;
	for (int i = 0; i < ASKS; i++)
		io_dns_cancel(&d->queries[i]);
	list_each(it, tmp, &d->attempts)
		attempt_close(container_of(it, struct attempt, node));
	timer_stop(d->s->s.env->wheel, &d->next);
	timer_stop(d->s->s.env->wheel, &d->patience);
	io_undefer(&d->begin);
	free(d->host);
	free(d);
}

/* Remember why, for the case that all fail.  A refusal tells more than a
 * family without a route. */
static void note(struct uv_dial *d, enum io_reason reason, const char *detail)
{
	if (d->has_reason &&
		(reason == IO_UNREACHABLE || reason == IO_FORBIDDEN))
		return;
	d->has_reason = true;
	d->reason = reason;
	snprintf(d->detail, sizeof(d->detail), "%s", detail);
}

static void note_error(struct uv_dial *d, const union io_address *a, int error)
{
	char peer[IO_PEER_SIZE] = "", detail[160];
	enum io_reason reason = IO_RESET;

	switch (error) {
	case ECONNREFUSED:
		reason = IO_REFUSED;
		break;
	case ETIMEDOUT:
		reason = IO_TIMEOUT;
		break;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		reason = IO_NO_RESOURCES;
		break;
	case ECONNRESET:
		break;
	default:
		reason = IO_UNREACHABLE;
		break;
	}
	io_address_peer(a, peer);
	snprintf(detail, sizeof(detail), "%s: %s", peer, strerror(error));
	note(d, reason, detail);
}

/* Our own address leads back to ourselves.  The kernel would choose it as the
 * source too; an unsent datagram socket tells without a packet. */
static bool is_own(const union io_address *a)
{
	union io_address self;
	socklen_t len = sizeof(self);
	int fd = socket(a->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool own;

	if (fd < 0)
		return false;
	memset(&self, 0, sizeof(self));
	own = connect(fd, &a->any, io_address_len(a)) == 0 &&
	      getsockname(fd, &self.any, &len) == 0 &&
	      io_address_same(&self, a);
	close(fd);
	return own;
}

static void on_attempt(uv_poll_t *handle, int status, int events);

/* Returns 0 when a connection is under way, or an errno. */
static int attempt_start(struct uv_dial *d, const union io_address *address)
{
	struct uv_env *env = uv_stream_env(d->s);
	struct attempt *a;
	int rc, fd = socket(address->any.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	uv_socket_options(env, fd);
	if (connect(fd, &address->any, io_address_len(address)) < 0 &&
		errno != EINPROGRESS) {
		rc = errno;
		close(fd);
		return rc;
	}
	a = base_alloc0(sizeof(*a));
	a->dial = d;
	a->fd = fd;
	a->address = *address;
	a->poll.data = a;
	rc = uv_poll_init(&env->loop, &a->poll, fd);
	if (rc < 0) {
		close(fd);
		free(a);
		return -rc;
	}
	list_append(&d->attempts, &a->node);
	uv_poll_start(&a->poll, UV_WRITABLE, on_attempt);
	return 0;
}

/* ---- who is next -------------------------------------------------------- */

static const union io_address *next_address(struct uv_dial *d)
{
	if (d->tried >= MAX_ADDRESSES)
		return NULL;
	for (int i = 0; i < ASKS; i++) {
		int family = d->turn;

		d->turn = !d->turn;
		if (d->used[family] < d->count[family]) {
			d->tried++;
			return &d->addresses[family][d->used[family]++];
		}
	}
	return NULL;
}

static void give_up(struct uv_dial *d)
{
	if (!d->has_reason)
		note(d, d->failed ? IO_DNS_FAILED : IO_DNS_NOT_FOUND, d->host);
	uv_stream_end(d->s, d->reason, d->detail);
}

static bool is_asking(const struct uv_dial *d)
{
	return d->queries[ASK_AAAA] || d->queries[ASK_A];
}

/* Start the next attempt; when there is none and none runs, it is over. */
static void go_on(struct uv_dial *d)
{
	struct uv_env *env = uv_stream_env(d->s);
	const union io_address *a;
	char peer[IO_PEER_SIZE];
	int rc;

	d->started = true;
	while ((a = next_address(d))) {
		if (!d->special_ok && (io_address_special(a) || is_own(a))) {
			io_address_peer(a, peer);
			note(d, IO_FORBIDDEN, peer);
			continue;
		}
		rc = attempt_start(d, a);
		if (rc == 0) {
			timer_start(env->env.wheel, &d->next, NEXT_MS);
			timer_start(env->env.wheel, &d->patience,
				limit_get(env->env.limits, LIMIT_CONNECT_TIME) *
					1000);
			return;
		}
		note_error(d, a, rc);
	}
	if (list_empty(&d->attempts) && !is_asking(d))
		give_up(d);
}

static void on_next(void *arg)
{
	go_on(arg);
}

/* Also bounds the look-up. */
static void on_patience(void *arg)
{
	struct uv_dial *d = arg;

	limit_hit(d->s->s.env->limits, LIMIT_CONNECT_TIME);
	if (list_empty(&d->attempts) && !d->has_reason)
		note(d, IO_DNS_FAILED, "no answer in time");
	else
		note(d, IO_TIMEOUT, d->host);
	uv_stream_end(d->s, d->reason, d->detail);
}

static void connected(struct uv_dial *d, struct attempt *a)
{
	struct uv_stream *s = d->s;
	int fd = a->fd;

	io_address_peer(&a->address, s->s.peer);
	io_address_text(&a->address, s->s.peer_address);
	a->fd = -1;
	attempt_close(a);
	uv_dial_free(&s->dial);
	uv_stream_take(s, fd);
	if (s->state == UV_STARTING)
		uv_stream_start(s);
}

static void on_attempt(uv_poll_t *handle, int status, int events)
{
	struct attempt *a = handle->data;
	struct uv_dial *d = a->dial;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)events;
	if (!d)
		return;
	uv_env_enter(uv_stream_env(d->s));
	d = a->dial;
	if (!d)
		return; /* a timer has ended it just now */
	getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0 && status < 0)
		error = ECONNREFUSED;
	if (error == 0) {
		connected(d, a);
		return;
	}
	note_error(d, &a->address, error);
	attempt_close(a);
	go_on(d);
}

/* ---- names -------------------------------------------------------------- */

static void add_addresses(struct uv_dial *d, int ask,
	const struct io_dns_result *r)
{
	d->queries[ask] = NULL;
	if (r->status == IO_DNS_SERVFAIL || r->status == IO_DNS_BOGUS)
		d->failed = true;
	for (size_t i = 0; i < r->count && d->count[ask] < MAX_ADDRESSES; i++)
		if (io_address_parse(r->records[i].address, d->port,
			    &d->addresses[ask][d->count[ask]]))
			d->count[ask]++;
}

/* Nothing runs that would take up new addresses by itself. */
static bool is_idle(const struct uv_dial *d)
{
	return list_empty(&d->attempts) || !timer_running(&d->next);
}

static void on_aaaa(void *arg, const struct io_dns_result *r)
{
	struct uv_dial *d = arg;

	add_addresses(d, ASK_AAAA, r);
	if (!d->started ? d->count[ASK_AAAA] > 0 || !d->queries[ASK_A]
			: is_idle(d))
		go_on(d);
}

static void on_a(void *arg, const struct io_dns_result *r)
{
	struct uv_dial *d = arg;

	add_addresses(d, ASK_A, r);
	if (d->started ? is_idle(d) : !d->queries[ASK_AAAA])
		go_on(d);
	else if (!d->started && d->count[ASK_A] > 0)
		timer_start(d->s->s.env->wheel, &d->next, WAIT_AAAA_MS);
}

/* ---- UNIX sockets ------------------------------------------------------- */

static void connect_unix(struct uv_dial *d)
{
	struct uv_stream *s = d->s;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", d->host);
	if (fd < 0 || strlen(d->host) >= sizeof(a.sun_path) ||
		connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		uv_stream_fail(s, errno);
		if (fd >= 0)
			close(fd);
		return;
	}
	snprintf(s->s.peer, sizeof(s->s.peer), "unix");
	uv_dial_free(&s->dial);
	uv_stream_take(s, fd);
	if (s->state == UV_STARTING)
		uv_stream_start(s);
}

/* ---- the beginning ------------------------------------------------------ */

static void begin(void *arg)
{
	struct uv_dial *d = arg;
	union io_address a;

	if (d->host[0] == '/') {
		connect_unix(d);
		return;
	}
	if (io_address_parse(d->host, d->port, &a)) {
		int ask = a.any.sa_family == AF_INET ? ASK_A : ASK_AAAA;

		d->addresses[ask][d->count[ask]++] = a;
		go_on(d);
		return;
	}
	timer_start(d->s->s.env->wheel, &d->patience,
		limit_get(d->s->s.env->limits, LIMIT_CONNECT_TIME) * 1000);
	d->queries[ASK_AAAA] = io_dns(d->s->s.env, d->host, IO_DNS_AAAA,
		on_aaaa, d);
	d->queries[ASK_A] = io_dns(d->s->s.env, d->host, IO_DNS_A, on_a, d);
}

struct io_stream *uv_env_connect(struct io_env *e,
	const struct io_connect_config *c)
{
	struct uv_stream *s = uv_stream_new(uv_env_of(e), true);
	struct uv_dial *d = base_alloc0(sizeof(*d));

	io_stream_events(&s->s, c->events, c->arg);
	s->direct = io_tls_copy(c->tls);
	s->dial = d;
	d->s = s;
	d->host = base_strdup(c->host);
	d->port = c->port;
	d->special_ok = c->special_ok;
	list_init(&d->attempts);
	timer_init(&d->next, on_next, d);
	timer_init(&d->patience, on_patience, d);
	io_task_init(&d->begin, begin, d);
	io_defer(e, &d->begin);
	return &s->s;
}
