/*
 * uv_stream.c: streams over sockets: states, reading, closing.  The write queue
 * is in uv_write.c.
 */
#include "io/uv_stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLOSE_MS 5000
/* on_data gets pieces until the stream's share of a turn is over. */
#define PIECE 4096

void uv_stream_timer(struct uv_stream *s, enum limit_id id)
{
	timer_start(s->s.env->wheel, &s->timer,
		limit_get(s->s.env->limits, id) * 1000);
}

void uv_socket_options(struct uv_env *env, int fd)
{
	const int on = 1, idle = 60, interval = 10, count = 3;
	const int unsent = 32768;
	unsigned patience =
		(unsigned)limit_get(env->env.limits, LIMIT_WRITE_TIME) * 1000;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* what is urgent stands behind that, and behind what is on its way */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
		sizeof(patience));
}

/* ---- the end ------------------------------------------------------------ */

static void stream_free(struct uv_stream *s)
{
	io_undefer(&s->resume);
	io_undefer(&s->finish);
	buf_free(&s->out);
	buf_free(&s->wire);
	buf_free(&s->rest);
	uv_tls_free(&s->tls);
	io_tls_free(&s->direct);
	io_stream_done(&s->s);
	free(s->detail);
	free(s);
}

static void free_when_over(struct uv_stream *s)
{
	if (s->told_close && !s->handle_open)
		stream_free(s);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct uv_stream *s = handle->data;

	s->handle_open = false;
	free_when_over(s);
}

static void finish(void *arg)
{
	struct uv_stream *s = arg;

	io_stream_tell_close(&s->s, s->reason, s->detail);
	s->told_close = true;
	free_when_over(s);
}

/* A stream that ends in anger drops what the kernel still holds, and the peer
 * sees a reset. */
static bool is_rude(enum io_reason reason)
{
	return reason == IO_QUEUE_FULL || reason == IO_WRITE_TIMEOUT ||
	       reason == IO_TIMEOUT;
}

static void close_socket(struct uv_stream *s, bool rude)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (s->handle_open)
		uv_close((uv_handle_t *)&s->poll, on_handle_closed);
	if (s->fd < 0)
		return;
	if (rude)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(s->fd);
	s->fd = -1;
}

static void end(struct uv_stream *s, enum io_reason reason, const char *detail,
	bool rude)
{
	if (s->state == UV_CLOSED)
		return;
	s->state = UV_CLOSED;
	s->reason = reason;
	s->detail = detail && *detail ? base_strdup(detail) : NULL;
	timer_stop(s->s.env->wheel, &s->timer);
	list_remove(&s->dirty);
	list_remove(&s->more);
	uv_gate_leave(s);
	uv_dial_free(&s->dial);
	close_socket(s, rude);
	uv_stream_spare(s);
	io_defer(s->s.env, &s->finish);
}

void uv_stream_end(struct uv_stream *s, enum io_reason reason,
	const char *detail)
{
	end(s, reason, detail, is_rude(reason));
}

void uv_stream_fail(struct uv_stream *s, int error)
{
	enum io_reason reason = IO_RESET;

	switch (error) {
	case ECONNREFUSED:
	case ENOENT:
		reason = IO_REFUSED;
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EAFNOSUPPORT:
	case EADDRNOTAVAIL:
	case ENETDOWN:
		reason = IO_UNREACHABLE;
		break;
	case ETIMEDOUT:
		reason = s->state == UV_CONNECTING ? IO_TIMEOUT
						   : IO_WRITE_TIMEOUT;
		break;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		reason = IO_NO_RESOURCES;
		break;
	default:
		break;
	}
	/* Closed by us already: that is what it remains. */
	if (s->state == UV_DRAINING || s->state == UV_LINGERING)
		reason = IO_LOCAL;
	uv_stream_end(s, reason, strerror(error));
}

void uv_streams_end(struct uv_env *env)
{
	struct list *it = env->env.streams.next;

	/* Those that are told stay in the list until their handles close. */
	while (it != &env->env.streams) {
		struct uv_stream *s =
			container_of(it, struct uv_stream, s.node);

		it = it->next;
		end(s, IO_LOCAL, NULL, true);
		if (!s->told_close)
			finish(s);
	}
}

/* ---- receiving ---------------------------------------------------------- */

/* Its share of this turn is used up. */
static bool is_over(struct uv_stream *s)
{
	const struct uv_env *env = uv_stream_env(s);
	uint64_t share = limit_get(env->env.limits, LIMIT_TURN_SHARE);

	if (s->turn != env->turn) {
		s->turn = env->turn;
		s->used_us = 0;
	}
	return s->used_us >= (env->env.held_back > 0 ? 1 : share);
}

/* It goes on in the next turn. */
static void want_more(struct uv_stream *s)
{
	struct uv_env *env = uv_stream_env(s);

	if (!list_empty(&s->more))
		return;
	limit_hit(env->env.limits, LIMIT_TURN_SHARE);
	list_append(&env->more, &s->more);
}

/* One piece; any takes a little time, whatever the clock says. */
static void give_piece(struct uv_stream *s, struct str piece)
{
	struct io_env *env = s->s.env;
	uint64_t began = env->ops->clock_us(env);

	if (s->s.events && s->s.events->on_data)
		s->s.events->on_data(s->s.arg, &s->s, piece);
	s->used_us += env->ops->clock_us(env) - began + 1;
}

/* Returns how many of the bytes are done with. */
static size_t give(struct uv_stream *s, struct str bytes)
{
	size_t done = 0;

	while (done < bytes.len && s->state == UV_OPEN && !s->paused &&
		!is_over(s)) {
		size_t n = bytes.len - done < PIECE ? bytes.len - done : PIECE;

		give_piece(s, (struct str){ bytes.p + done, n });
		done += n;
	}
	return done;
}

static void give_rest(struct uv_stream *s)
{
	if (s->rest.len == 0)
		return;
	buf_consume(&s->rest, give(s, buf_str(&s->rest)));
	if (s->rest.len == 0)
		buf_free(&s->rest);
}

bool uv_stream_give(struct uv_stream *s, struct str bytes)
{
	size_t done;

	give_rest(s);
	done = s->rest.len == 0 ? give(s, bytes) : 0;
	if (s->state != UV_OPEN) {
		/* behind the last word in the clear nothing may come before
		 * the handshake */
		if (s->state == UV_HANDSHAKE &&
			s->rest.len + bytes.len > done)
			uv_stream_end(s, IO_TLS_FAILED,
				"data before the handshake");
		return false;
	}
	if (done < bytes.len)
		buf_add(&s->rest, bytes.p + done, bytes.len - done);
	if (s->rest.len == 0)
		return true;
	if (!s->paused)
		want_more(s);
	return false;
}

void uv_stream_eof(struct uv_stream *s, const char *detail)
{
	if (s->state == UV_DRAINING || s->state == UV_LINGERING) {
		end(s, IO_LOCAL, NULL, false);
		return;
	}
	/* The peer may still read: what is queued goes out as far as the
	 * kernel takes it. */
	if (s->state == UV_OPEN && s->out.len > 0)
		uv_stream_push(s);
	end(s, IO_EOF, detail, false);
}

static void on_readable(struct uv_stream *s)
{
	char *buf = uv_stream_env(s)->read_buf;
	ssize_t n;

	if (s->state == UV_HANDSHAKE) {
		uv_gate_want(s);
		uv_stream_poll(s);
		return;
	}
	do
		n = read(s->fd, buf, UV_READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			uv_stream_fail(s, errno);
		return;
	}
	if (s->state != UV_OPEN) {
		/* closing: nobody listens to the rest */
		if (n == 0)
			uv_stream_eof(s, NULL);
		return;
	}
	if (s->tls)
		uv_tls_input(s, buf, (size_t)n);
	else if (n > 0)
		uv_stream_give(s, (struct str){ buf, (size_t)n });
	else
		uv_stream_eof(s, NULL);
}

/* More may be read: all that was is used. */
static bool is_hungry(const struct uv_stream *s)
{
	return !s->paused && list_empty(&s->more);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct uv_stream *s = handle->data;

	uv_env_enter(uv_stream_env(s));
	if (s->state == UV_CLOSED)
		return;
	if (status < 0) {
		/* libuv has stopped asking; the next read says why, after what
		 * the peer had sent before */
		s->interest = 0;
		events = UV_READABLE;
		if (s->paused && s->state == UV_OPEN)
			uv_stream_fail(s, ECONNRESET);
	}
	if (events & UV_WRITABLE) {
		s->blocked = false;
		if (s->wire.len + s->out.len > 0)
			uv_stream_dirty(s);
	}
	if ((events & UV_READABLE) && s->state != UV_CLOSED &&
		(is_hungry(s) || s->state != UV_OPEN))
		on_readable(s);
	if (s->state != UV_CLOSED)
		uv_stream_poll(s);
}

void uv_stream_poll(struct uv_stream *s)
{
	int want = 0;

	switch (s->state) {
	case UV_HANDSHAKE:
		/* while a step is due, what comes can wait in the kernel */
		if (s->tls && list_empty(&s->tls->turn))
			want |= UV_READABLE;
		break;
	case UV_OPEN:
		if (is_hungry(s))
			want |= UV_READABLE;
		break;
	case UV_DRAINING:
	case UV_LINGERING:
		want |= UV_READABLE;
		break;
	case UV_CONNECTING:
	case UV_STARTING:
	case UV_CLOSED:
		break;
	}
	if (s->blocked)
		want |= UV_WRITABLE;
	if (want == s->interest || !s->handle_open)
		return;
	s->interest = want;
	if (want)
		uv_poll_start(&s->poll, want, on_poll);
	else
		uv_poll_stop(&s->poll);
}

static void resume(void *arg)
{
	struct uv_stream *s = arg;

	if (s->state != UV_OPEN || s->paused)
		return;
	if (s->tls)
		uv_tls_resume(s);
	else
		uv_stream_give(s, (struct str){ NULL, 0 });
	if (s->state != UV_CLOSED)
		uv_stream_poll(s);
}

bool uv_streams_wait(const struct uv_env *env)
{
	return env->env.held_back < 2 && !list_empty(&env->more);
}

bool uv_streams_more(struct uv_env *env)
{
	struct list batch = env->more;

	if (!uv_streams_wait(env))
		return false;
	batch.next->prev = batch.prev->next = &batch;
	list_init(&env->more);
	while (!list_empty(&batch)) {
		struct uv_stream *s =
			container_of(batch.next, struct uv_stream, more);

		list_remove(&s->more);
		resume(s);
	}
	return true;
}

void uv_stream_pause(struct io_stream *stream, bool paused)
{
	struct uv_stream *s = uv_stream_of(stream);

	s->paused = paused;
	if (s->state != UV_OPEN)
		return;
	if (paused)
		uv_stream_poll(s);
	else
		io_defer(s->s.env, &s->resume);
}

/* ---- closing ------------------------------------------------------------ */

void uv_stream_close(struct io_stream *stream)
{
	struct uv_stream *s = uv_stream_of(stream);

	if (s->state >= UV_DRAINING)
		return;
	if (s->state != UV_OPEN) {
		uv_stream_end(s, IO_LOCAL, NULL);
		return;
	}
	s->state = UV_DRAINING;
	list_remove(&s->more);
	timer_start(s->s.env->wheel, &s->timer, CLOSE_MS);
	uv_stream_dirty(s);
	uv_stream_poll(s);
}

void uv_stream_abort(struct io_stream *stream)
{
	end(uv_stream_of(stream), IO_LOCAL, NULL, true);
}

static void on_timer(void *arg)
{
	struct uv_stream *s = arg;

	switch (s->state) {
	case UV_HANDSHAKE:
		limit_hit(s->s.env->limits, LIMIT_TLS_HANDSHAKE_TIME);
		uv_stream_end(s, IO_TIMEOUT, "TLS handshake");
		break;
	case UV_OPEN:
		limit_hit(s->s.env->limits, LIMIT_WRITE_TIME);
		uv_stream_end(s, IO_WRITE_TIMEOUT, NULL);
		break;
	case UV_DRAINING:
	case UV_LINGERING:
		end(s, IO_LOCAL, NULL, true);
		break;
	case UV_CONNECTING:
	case UV_STARTING:
	case UV_CLOSED:
		break;
	}
}

/* ---- the beginning ------------------------------------------------------ */

struct uv_stream *uv_stream_new(struct uv_env *env, bool client)
{
	struct uv_stream *s = base_alloc0(sizeof(*s));

	io_stream_init(&s->s, &env->env, client);
	s->fd = -1;
	list_init(&s->dirty);
	list_init(&s->more);
	buf_init(&s->rest, SIZE_MAX / 4, env->env.budget);
	buf_init(&s->out, 0, env->env.budget);
	buf_init(&s->wire, SIZE_MAX / 4, env->env.budget);
	timer_init(&s->timer, on_timer, s);
	io_task_init(&s->resume, resume, s);
	io_task_init(&s->finish, finish, s);
	return s;
}

void uv_stream_take(struct uv_stream *s, int fd)
{
	int rc = uv_poll_init(&uv_stream_env(s)->loop, &s->poll, fd);

	s->fd = fd;
	s->state = UV_STARTING;
	s->poll.data = s;
	s->handle_open = rc == 0;
	if (rc < 0)
		uv_stream_fail(s, -rc);
}

void uv_stream_ready(struct uv_stream *s)
{
	const struct io_events *events = s->s.events;
	bool first = !s->told_open;

	s->state = UV_OPEN;
	s->told_open = true;
	timer_stop(s->s.env->wheel, &s->timer);
	if (s->out.len > 0)
		uv_stream_dirty(s);
	if (first && events && events->on_open)
		events->on_open(s->s.arg, &s->s);
	else if (!first && events && events->on_secure)
		events->on_secure(s->s.arg, &s->s);
}

static void begin_tls(struct uv_stream *s, struct io_tls *config)
{
	if (!uv_tls_new(s, config))
		return;
	s->state = UV_HANDSHAKE;
	uv_stream_timer(s, LIMIT_TLS_HANDSHAKE_TIME);
	if (s->s.client)
		uv_gate_want(s);
	uv_stream_poll(s);
}

void uv_stream_start(struct uv_stream *s)
{
	struct io_tls *direct = s->direct;

	if (direct) {
		s->direct = NULL;
		begin_tls(s, direct);
		return;
	}
	uv_stream_ready(s);
	if (s->state != UV_CLOSED)
		uv_stream_poll(s);
}

void uv_stream_starttls(struct io_stream *stream,
	const struct io_tls_config *tls)
{
	struct uv_stream *s = uv_stream_of(stream);

	if (s->state != UV_OPEN)
		return;
	stox_require(!s->tls);
	/* What is queued goes out in the clear, before the handshake. */
	if (s->wire.len == 0) {
		buf_free(&s->wire);
		s->wire = s->out;
		s->wire.max = SIZE_MAX / 4;
		buf_init(&s->out, s->out.max, s->out.budget);
	}
	if (s->wire.len > 0)
		uv_stream_dirty(s);
	begin_tls(s, io_tls_copy(tls));
}
