/*
 * uv_listen.c: listening sockets.  When descriptors run short all of them
 * pause, so that the store and the live streams keep working and the loop does
 * not spin on what it cannot accept.
 */
#include "io/uv_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define BATCH 16        /* accepted in one turn */
#define RESERVE 32      /* descriptors that accepting leaves to others */
#define AGAIN_MS 250

struct uv_listener {
	struct io_listener l;
	uv_poll_t poll;
	int fd;
	bool closed;
	char *path; /* UNIX: owned */
};

static void on_connection(uv_poll_t *handle, int status, int events);

/* ---- descriptors -------------------------------------------------------- */

/* The kernel gives the lowest free number: when that is near the limit, few
 * are left. */
static bool is_short(int lowest)
{
	struct rlimit r;
	rlim_t reserve = RESERVE;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY)
		return false;
	if (reserve > r.rlim_cur / 4)
		reserve = r.rlim_cur / 4;
	return (rlim_t)lowest >= r.rlim_cur - reserve;
}

static void poll_all(struct uv_env *env, bool on)
{
	list_each(it, tmp, &env->listeners) {
		struct uv_listener *l =
			container_of(it, struct uv_listener, l.node);

		if (on)
			uv_poll_start(&l->poll, UV_READABLE, on_connection);
		else
			uv_poll_stop(&l->poll);
	}
}

static void pause_accepting(struct uv_env *env)
{
	if (timer_running(&env->accept_again))
		return;
	log_event(env->env.log, STOX_LOG_WARN, "io", 0, "accept-paused",
		"reason=\"descriptors run short\"");
	poll_all(env, false);
	timer_start(env->env.wheel, &env->accept_again, AGAIN_MS);
}

static void accept_again(void *arg)
{
	struct uv_env *env = arg;
	int lowest = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	if (lowest < 0)
		lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (lowest < 0 || is_short(lowest)) {
		timer_start(env->env.wheel, &env->accept_again, AGAIN_MS);
	} else {
		log_event(env->env.log, STOX_LOG_INFO, "io", 0,
			"accept-resumed", NULL);
		poll_all(env, true);
	}
	if (lowest >= 0)
		close(lowest);
}

void uv_accept_init(struct uv_env *env)
{
	timer_init(&env->accept_again, accept_again, env);
}

/* ---- accepting ---------------------------------------------------------- */

static void describe_unix(struct uv_stream *s, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	snprintf(s->s.peer, sizeof(s->s.peer), "unix");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
		s->s.peer_uid = (int64_t)cred.uid;
}

static struct io_tls *tls_of(const struct uv_listener *l)
{
	const struct io_tls *t = l->l.tls;

	if (!t)
		return NULL;
	return io_tls_copy(&(struct io_tls_config){
		.credentials = t->credentials,
		.local_name = t->local_name,
		.alpn = t->alpn,
		.insist = t->insist,
		.ask_certificate = t->ask_certificate,
		.min = t->min });
}

static void welcome(struct uv_listener *l, int fd, const union io_address *peer)
{
	struct uv_env *env = uv_env_of(l->l.env);
	struct uv_stream *s = uv_stream_new(env, false);

	if (l->path) {
		describe_unix(s, fd);
	} else {
		uv_socket_options(env, fd);
		io_address_peer(peer, s->s.peer);
		io_address_text(peer, s->s.peer_address);
	}
	s->direct = tls_of(l);
	uv_stream_take(s, fd);
	if (s->state != UV_STARTING)
		return;
	l->l.on_accept(l->l.arg, &s->s);
	if (s->state != UV_STARTING)
		return;
	if (s->s.events)
		uv_stream_start(s);
	else
		uv_stream_abort(&s->s);
}

static void on_connection(uv_poll_t *handle, int status, int events)
{
	struct uv_listener *l = handle->data;
	struct uv_env *env = uv_env_of(l->l.env);

	(void)events;
	uv_env_enter(env);
	if (status < 0 && !l->closed)
		uv_poll_start(&l->poll, UV_READABLE, on_connection);
	for (int i = 0; i < BATCH && !l->closed; i++) {
		union io_address peer;
		socklen_t len = sizeof(peer);
		int fd = accept4(l->fd, &peer.any, &len,
			SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			welcome(l, fd, &peer);
		if (fd >= 0 ? is_short(fd)
			    : errno == EMFILE || errno == ENFILE ||
				      errno == ENOBUFS || errno == ENOMEM) {
			pause_accepting(env);
			return;
		}
		if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

/* ---- listening ---------------------------------------------------------- */

static struct io_listener *sentence(struct buf *why, const char *what, int fd)
{
	int error = errno;

	if (why)
		buf_printf(why, "%s: %s", what, strerror(error));
	if (fd >= 0)
		close(fd);
	return NULL;
}

static struct uv_listener *listener_new(struct uv_env *env, int fd,
	void (*on_accept)(void *arg, struct io_stream *s), void *arg)
{
	struct uv_listener *l = base_alloc0(sizeof(*l));

	l->l.env = &env->env;
	l->l.on_accept = on_accept;
	l->l.arg = arg;
	l->fd = fd;
	l->poll.data = l;
	stox_require(uv_poll_init(&env->loop, &l->poll, fd) == 0);
	list_append(&env->listeners, &l->l.node);
	if (!timer_running(&env->accept_again))
		uv_poll_start(&l->poll, UV_READABLE, on_connection);
	return l;
}

static int listen_on(const union io_address *a, bool both)
{
	const int on = 1, v6_only = !both;
	int error, fd = socket(a->any.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only,
			sizeof(v6_only));
	if (bind(fd, &a->any, io_address_len(a)) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static uint16_t bound_port(int fd)
{
	union io_address a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (getsockname(fd, &a.any, &len) < 0)
		return 0;
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port
						: a.v6.sin6_port);
}

struct io_listener *uv_env_listen(struct io_env *e,
	const struct io_listen_config *c, struct buf *why)
{
	bool all = !c->address || strcmp(c->address, "*") == 0;
	char what[128];
	union io_address a;
	struct uv_listener *l;
	int fd;

	snprintf(what, sizeof(what), "%s port %u", all ? "*" : c->address,
		c->port);
	if (!io_address_parse(all ? "::" : c->address, c->port, &a)) {
		errno = EINVAL;
		return sentence(why, what, -1);
	}
	fd = listen_on(&a, all);
	if (fd < 0 && all && (errno == EAFNOSUPPORT ||
				     errno == EADDRNOTAVAIL)) {
		io_address_parse("0.0.0.0", c->port, &a); /* no IPv6 here */
		fd = listen_on(&a, false);
	}
	if (fd < 0)
		return sentence(why, what, -1);
	l = listener_new(uv_env_of(e), fd, c->on_accept, c->arg);
	l->l.port = bound_port(fd);
	l->l.tls = io_tls_copy(c->tls);
	return &l->l;
}

/* Remove a socket that nobody serves any more. */
static bool clear_stale(const struct sockaddr_un *a)
{
	struct stat st;
	int fd, rc;

	if (lstat(a->sun_path, &st) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	rc = connect(fd, (const struct sockaddr *)a, sizeof(*a));
	if (rc < 0 && errno == ECONNREFUSED)
		rc = unlink(a->sun_path);
	else if (rc == 0 || errno == EAGAIN)
		rc = -1, errno = EADDRINUSE;
	close(fd);
	return rc == 0;
}

struct io_listener *uv_env_listen_unix(struct io_env *e, const char *path,
	void (*on_accept)(void *arg, struct io_stream *s), void *arg,
	struct buf *why)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct uv_listener *l;
	int fd;

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return sentence(why, path, -1);
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (!clear_stale(&a))
		return sentence(why, path, -1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Linux makes the file with the socket's mode, so it is never wider
	 * than it should be; the umask may have taken more. */
	if (fd < 0 || fchmod(fd, 0660) < 0 ||
		bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return sentence(why, path, fd);
	if (chmod(path, 0660) < 0 || listen(fd, BACKLOG) < 0) {
		unlink(path);
		return sentence(why, path, fd);
	}
	l = listener_new(uv_env_of(e), fd, on_accept, arg);
	l->path = base_strdup(path);
	return &l->l;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct uv_listener *l = handle->data;

	free(l->path);
	free(l);
}

void uv_listener_close(struct io_listener *listener)
{
	struct uv_listener *l = container_of(listener, struct uv_listener, l);

	l->closed = true;
	list_remove(&listener->node);
	io_tls_free(&listener->tls);
	uv_close((uv_handle_t *)&l->poll, on_listener_closed);
	close(l->fd);
	if (l->path)
		unlink(l->path);
}
