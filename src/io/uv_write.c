/*
 * uv_write.c: the write queue.  What is written in a turn leaves together when
 * the turn ends: one write, and inside TLS as few records as can be.
 */
#include "io/uv_stream.h"

#include <errno.h>

#define BURST 65536 /* plaintext encrypted before the kernel is asked again */

void uv_stream_dirty(struct uv_stream *s)
{
	if (list_empty(&s->dirty))
		list_append(&uv_stream_env(s)->dirty, &s->dirty);
}

void uv_stream_spare(struct uv_stream *s)
{
	struct uv_env *env = uv_stream_env(s);
	struct buf *b = &s->out;

	if (b->cap <= UV_SPARE_SIZE && env->spare_count < UV_SPARES &&
		b->data) {
		buf_clear(b);
		env->spares[env->spare_count++] = *b;
		buf_init(b, b->max, b->budget);
	} else {
		buf_free(b);
	}
}

/* Returns bytes taken, 0 when the kernel is full or the socket broken. */
static size_t send_some(struct uv_stream *s, const char *p, size_t len)
{
	size_t done = 0;

	while (done < len && !s->write_dead) {
		ssize_t n = send(s->fd, p + done, len - done, MSG_NOSIGNAL);

		if (n > 0) {
			done += (size_t)n;
			/* less than asked: full; do not ask twice */
			if (done < len)
				s->blocked = true;
			break;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			s->blocked = true;
			break;
		}
		/* What the peer said before it went is still to be read; the
		 * reading side meets the same error after it. */
		s->write_dead = true;
	}
	return done;
}

void uv_stream_send_wire(struct uv_stream *s)
{
	struct buf *wire = &uv_stream_env(s)->wire;
	size_t n = 0;

	if (wire->len == 0)
		return;
	if (s->wire.len == 0 && s->fd >= 0)
		n = send_some(s, wire->data, wire->len);
	if (n < wire->len && s->fd >= 0 && !s->write_dead)
		buf_add(&s->wire, wire->data + n, wire->len - n);
	buf_clear(wire);
	if (s->wire.len > 0)
		s->blocked = true;
}

size_t uv_stream_push(struct uv_stream *s)
{
	size_t n = 0, before;

	s->blocked = false;
	if (s->wire.len > 0) {
		n = send_some(s, s->wire.data, s->wire.len);
		buf_consume(&s->wire, n);
		if (s->wire.len > 0)
			return n;
		buf_free(&s->wire);
	}
	if (s->state == UV_HANDSHAKE)
		return n;
	if (!s->tls) {
		before = send_some(s, s->out.data, s->out.len);
		buf_consume(&s->out, before);
		return n + before;
	}
	while (s->out.len > 0 && s->wire.len == 0 && s->state != UV_CLOSED &&
		!s->write_dead) {
		before = s->out.len;
		uv_tls_encrypt(s, BURST);
		uv_stream_send_wire(s);
		n += before - s->out.len;
	}
	return n;
}

/* The queue of a stream being closed has gone out. */
static void say_goodbye(struct uv_stream *s)
{
	if (s->tls) {
		uv_tls_bye(s);
		uv_stream_send_wire(s);
	}
	s->state = UV_LINGERING;
	if (s->wire.len == 0 && s->fd >= 0)
		shutdown(s->fd, SHUT_WR);
}

static void on_empty(struct uv_stream *s)
{
	uv_stream_spare(s);
	switch (s->state) {
	case UV_OPEN:
		timer_stop(s->s.env->wheel, &s->timer);
		if (s->s.events && s->s.events->on_drain)
			s->s.events->on_drain(s->s.arg, &s->s);
		break;
	case UV_DRAINING:
		say_goodbye(s);
		break;
	case UV_LINGERING:
		shutdown(s->fd, SHUT_WR);
		break;
	case UV_CONNECTING:
	case UV_STARTING:
	case UV_HANDSHAKE:
	case UV_CLOSED:
		break;
	}
}

static void flush(struct uv_stream *s)
{
	size_t n;

	if (s->state == UV_CLOSED || s->fd < 0 || s->state == UV_STARTING)
		return;
	n = uv_stream_push(s);
	if (s->state == UV_CLOSED)
		return;
	if (s->write_dead) {
		buf_clear(&s->out);
		buf_clear(&s->wire);
		if (s->paused || s->state >= UV_DRAINING) {
			uv_stream_fail(s, EPIPE);
			return;
		}
	}
	if (s->out.len + s->wire.len == 0)
		on_empty(s);
	else if (s->state == UV_OPEN && (n > 0 || !timer_running(&s->timer)))
		uv_stream_timer(s, LIMIT_WRITE_TIME);
	if (s->state != UV_CLOSED)
		uv_stream_poll(s);
}

size_t uv_streams_flush(struct uv_env *env)
{
	struct list batch;
	size_t done = 0;

	if (list_empty(&env->dirty))
		return 0;
	batch = env->dirty;
	batch.next->prev = batch.prev->next = &batch;
	list_init(&env->dirty);
	while (!list_empty(&batch)) {
		struct uv_stream *s =
			container_of(batch.next, struct uv_stream, dirty);

		list_remove(&s->dirty);
		/* full: libuv tells when there is room */
		if (!s->blocked || !(s->interest & UV_WRITABLE)) {
			flush(s);
			done++;
		}
	}
	return done;
}

int uv_stream_write(struct io_stream *stream, struct str bytes)
{
	struct uv_stream *s = uv_stream_of(stream);
	struct uv_env *env = uv_stream_env(s);
	size_t max = (size_t)limit_get(s->s.env->limits, LIMIT_SEND_QUEUE);

	if (s->state >= UV_DRAINING)
		return -STOX_EGONE;
	if (s->out.len + s->wire.len + bytes.len > max) {
		limit_hit(s->s.env->limits, LIMIT_SEND_QUEUE);
		uv_stream_end(s, IO_QUEUE_FULL, NULL);
		return -STOX_ETOOBIG;
	}
	if (!s->out.data && env->spare_count > 0)
		s->out = env->spares[--env->spare_count];
	s->out.max = max;
	buf_add_str(&s->out, bytes);
	if (s->state == UV_OPEN)
		uv_stream_dirty(s);
	return 0;
}

size_t uv_stream_queued(const struct io_stream *stream)
{
	const struct uv_stream *s = uv_stream_of(stream);

	return s->out.len + s->wire.len;
}
