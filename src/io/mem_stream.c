/*
 * mem_stream.c: bytes between two ends in memory.
 *
 * What one end writes in a turn travels as one chunk and waits in the far
 * end's list; a task per end delivers one piece at a time.
 */
#include "io/mem_stream.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW 65536      /* bytes that wait at the far end, as in a kernel */
#define CLOSE_MS 5000

struct mem_chunk *mem_chunk_new(enum mem_kind kind, struct str bytes)
{
	struct mem_chunk *c = base_alloc0(sizeof(*c) + bytes.len);

	c->kind = kind;
	c->len = bytes.len;
	if (bytes.len)
		memcpy(c->bytes, bytes.p, bytes.len);
	return c;
}

void mem_chunk_free(struct mem_chunk *c)
{
	free(c->identity);
	free(c->sni);
	free(c->alpn);
	free(c);
}

void mem_stream_timer(struct mem_stream *s, enum limit_id id)
{
	timer_start(s->s.env->wheel, &s->timer,
		limit_get(s->s.env->limits, id) * 1000);
}

/* ---- the end ------------------------------------------------------------ */

static void stream_free(struct mem_stream *s)
{
	struct io_env *env = s->s.env;

	timer_stop(env->wheel, &s->timer);
	io_undefer(&s->start);
	io_undefer(&s->flush);
	io_undefer(&s->deliver);
	io_undefer(&s->finish);
	list_each(it, tmp, &s->in)
		mem_chunk_free(container_of(it, struct mem_chunk, node));
	buf_free(&s->out);
	mem_dial_free(&s->dial);
	io_tls_free(&s->tls);
	io_stream_done(&s->s);
	free(s);
}

static void finish(void *arg)
{
	struct mem_stream *s = arg;

	io_stream_tell_close(&s->s, s->reason, s->detail);
	stream_free(s);
}

void mem_stream_end(struct mem_stream *s, enum io_reason reason,
	const char *detail)
{
	if (s->state == MEM_CLOSED)
		return;
	s->state = MEM_CLOSED;
	s->reason = reason;
	s->detail = detail;
	timer_stop(s->s.env->wheel, &s->timer);
	mem_dial_free(&s->dial);
	if (s->far)
		s->far->far = NULL;
	s->far = NULL;
	buf_free(&s->out);
	io_defer(s->s.env, &s->finish);
}

void mem_stream_reset(struct mem_stream *s, enum io_reason reason,
	const char *detail)
{
	struct mem_stream *far = s->far;

	mem_stream_end(s, reason, detail);
	if (far)
		mem_stream_end(far, far->state == MEM_CLOSING ? IO_LOCAL
							      : IO_RESET, "");
}

void mem_stream_cut(struct io_stream *s)
{
	mem_stream_reset(mem_stream_of(s), IO_RESET, "");
}

void mem_streams_end(struct mem_env *env, bool tell)
{
	struct list *all = &env->env.streams;

	while (!list_empty(all)) {
		struct mem_stream *s =
			container_of(all->next, struct mem_stream, s.node);

		mem_stream_reset(s, IO_LOCAL, "");
		if (!tell)
			s->s.events = NULL;
		finish(s);
	}
}

/* ---- sending ------------------------------------------------------------ */

void mem_stream_send(struct mem_stream *to, struct mem_chunk *chunk)
{
	list_append(&to->in, &chunk->node);
	to->in_bytes += chunk->len;
	io_defer(to->s.env, &to->deliver);
}

/* Hand the far end at most @max bytes of the queue. */
static size_t push(struct mem_stream *s, size_t max)
{
	size_t n = s->out.len < max ? s->out.len : max;
	struct mem_chunk *c;

	if (n == 0)
		return 0;
	if (s->far) {
		c = mem_chunk_new(MEM_BYTES, (struct str){ s->out.data, n });
		c->secure = s->tls_state == MEM_SECURE;
		mem_stream_send(s->far, c);
	}
	buf_consume(&s->out, n);
	return n;
}

/* The queue of a closing stream is out: tell the far end. */
static void send_eof(struct mem_stream *s)
{
	if (s->far)
		mem_stream_send(s->far, mem_chunk_new(MEM_EOF, STR("")));
	mem_stream_end(s, IO_LOCAL, "");
}

static void after_push(struct mem_stream *s, size_t pushed)
{
	if (s->out.len > 0) {
		if (s->state == MEM_OPEN &&
			(pushed > 0 || !timer_running(&s->timer)))
			mem_stream_timer(s, LIMIT_WRITE_TIME);
		return;
	}
	if (s->state == MEM_CLOSING) {
		send_eof(s);
		return;
	}
	timer_stop(s->s.env->wheel, &s->timer);
	if (pushed > 0 && s->s.events && s->s.events->on_drain)
		s->s.events->on_drain(s->s.arg, &s->s);
}

static void flush(void *arg)
{
	struct mem_stream *s = arg;
	size_t room = WINDOW;

	if (s->state != MEM_OPEN && s->state != MEM_CLOSING)
		return;
	if (s->tls_state == MEM_HANDSHAKE)
		return;
	if (s->far)
		room = s->far->in_bytes < WINDOW ? WINDOW - s->far->in_bytes
						 : 0;
	else
		room = s->out.len; /* to nobody, as a kernel would */
	after_push(s, push(s, room));
}

int mem_write(struct io_stream *stream, struct str bytes)
{
	struct mem_stream *s = mem_stream_of(stream);
	size_t max = (size_t)limit_get(s->s.env->limits, LIMIT_SEND_QUEUE);

	if (s->state == MEM_CLOSING || s->state == MEM_CLOSED)
		return -STOX_EGONE;
	if (s->out.len + bytes.len > max) {
		limit_hit(s->s.env->limits, LIMIT_SEND_QUEUE);
		mem_stream_reset(s, IO_QUEUE_FULL, "");
		return -STOX_ETOOBIG;
	}
	s->out.max = max;
	buf_add_str(&s->out, bytes);
	io_defer(s->s.env, &s->flush);
	return 0;
}

size_t mem_queued(const struct io_stream *s)
{
	return mem_stream_of(s)->out.len;
}

/* ---- receiving ---------------------------------------------------------- */

static void tell_data(struct mem_stream *s, struct str bytes)
{
	if (s->s.events && s->s.events->on_data)
		s->s.events->on_data(s->s.arg, &s->s, bytes);
}

/* One piece of a chunk; the chunk goes when it is used up. */
static void deliver_bytes(struct mem_stream *s, struct mem_chunk *c)
{
	size_t chop = mem_of(s->s.env)->world->chop;
	size_t n = c->len - c->used;
	bool secure = c->secure;
	struct str piece;

	if (chop > 0 && n > chop)
		n = chop;
	piece = (struct str){ c->bytes + c->used, n };
	c->used += n;
	s->in_bytes -= n;
	if (s->far && s->far->out.len > 0)
		io_defer(s->far->s.env, &s->far->flush);
	if (secure != (s->tls_state == MEM_SECURE)) {
		/* plain bytes where a handshake should be */
		if (c->used == c->len) {
			list_remove(&c->node);
			mem_chunk_free(c);
		}
		mem_stream_reset(s, secure ? IO_TLS_FAILED : IO_TLS_BROKEN,
			"An unexpected TLS packet was received.");
		return;
	}
	if (c->used < c->len) {
		tell_data(s, piece);
		return;
	}
	list_remove(&c->node);
	tell_data(s, piece);
	mem_chunk_free(c);
}

static void deliver_one(struct mem_stream *s, struct mem_chunk *c)
{
	switch (c->kind) {
	case MEM_BYTES:
		if (s->tls_state == MEM_HANDSHAKE)
			mem_stream_reset(s, IO_TLS_FAILED,
				"An unexpected TLS packet was received.");
		else
			deliver_bytes(s, c);
		return;
	case MEM_HELLO:
		list_remove(&c->node);
		mem_tls_hello(s, c);
		mem_chunk_free(c);
		return;
	case MEM_ALERT:
		mem_stream_end(s,
			s->tls_state == MEM_SECURE ? IO_TLS_BROKEN
						   : IO_TLS_FAILED,
			"A TLS fatal alert has been received.");
		return;
	case MEM_EOF:
		mem_stream_end(s,
			s->tls_state == MEM_HANDSHAKE ? IO_TLS_FAILED : IO_EOF,
			s->tls_state == MEM_HANDSHAKE
				? "closed during the handshake"
				: "");
		return;
	}
}

static void deliver(void *arg)
{
	struct mem_stream *s = arg;

	if (s->state == MEM_CONNECTING || s->state == MEM_STARTING ||
		s->state == MEM_CLOSED || list_empty(&s->in))
		return;
	if (s->state == MEM_CLOSING) {
		/* nobody listens any more, but the far end may go on */
		struct mem_chunk *c =
			container_of(s->in.next, struct mem_chunk, node);

		s->in_bytes -= c->len - c->used;
		list_remove(&c->node);
		if (c->kind == MEM_EOF)
			mem_stream_end(s, IO_LOCAL, "");
		mem_chunk_free(c);
	} else if (!s->paused || s->tls_state == MEM_HANDSHAKE) {
		/* On a fresh stack: nothing here touches s after a callback,
		 * but it lives at least until its finish task. */
		io_defer(s->s.env, &s->deliver);
		deliver_one(s, container_of(s->in.next, struct mem_chunk,
					 node));
		return;
	} else {
		return;
	}
	io_defer(s->s.env, &s->deliver);
}

void mem_pause(struct io_stream *stream, bool paused)
{
	struct mem_stream *s = mem_stream_of(stream);

	s->paused = paused;
	if (!paused)
		io_defer(s->s.env, &s->deliver);
}

/* ---- closing ------------------------------------------------------------ */

void mem_close(struct io_stream *stream)
{
	struct mem_stream *s = mem_stream_of(stream);

	if (s->state == MEM_CLOSING || s->state == MEM_CLOSED)
		return;
	if (s->state == MEM_CONNECTING) {
		mem_stream_end(s, IO_LOCAL, "");
		return;
	}
	if (s->tls_state == MEM_HANDSHAKE)
		buf_clear(&s->out);
	s->state = MEM_CLOSING;
	timer_start(s->s.env->wheel, &s->timer, CLOSE_MS);
	if (s->tls_state == MEM_HANDSHAKE)
		send_eof(s);
	else
		io_defer(s->s.env, &s->flush);
	io_defer(s->s.env, &s->deliver);
}

void mem_abort(struct io_stream *s)
{
	mem_stream_reset(mem_stream_of(s), IO_LOCAL, "");
}

static void on_timer(void *arg)
{
	struct mem_stream *s = arg;

	if (s->state == MEM_CLOSING) {
		mem_stream_reset(s, IO_LOCAL, "");
	} else if (s->tls_state == MEM_HANDSHAKE) {
		limit_hit(s->s.env->limits, LIMIT_TLS_HANDSHAKE_TIME);
		mem_stream_reset(s, IO_TIMEOUT, "TLS handshake");
	} else {
		limit_hit(s->s.env->limits, LIMIT_WRITE_TIME);
		mem_stream_reset(s, IO_WRITE_TIMEOUT, "");
	}
}

void mem_starttls(struct io_stream *stream, const struct io_tls_config *tls)
{
	struct mem_stream *s = mem_stream_of(stream);

	if (s->state != MEM_OPEN)
		return;
	stox_require(s->tls_state == MEM_PLAIN);
	push(s, s->out.len);
	io_undefer(&s->flush);
	s->tls = io_tls_copy(tls);
	mem_tls_begin(s);
	io_defer(s->s.env, &s->deliver);
}

/* ---- the beginning ------------------------------------------------------ */

static void start(void *arg)
{
	struct mem_stream *s = arg;
	struct io_listener *l = s->listener;

	if (s->state != MEM_STARTING)
		return;
	s->listener = NULL;
	if (l)
		l->on_accept(l->arg, &s->s);
	if (s->state != MEM_STARTING)
		return; /* the caller has closed it already */
	if (!s->s.events) {
		mem_stream_reset(s, IO_LOCAL, "");
		return;
	}
	s->state = MEM_OPEN;
	io_defer(s->s.env, &s->deliver);
	if (s->tls) {
		mem_tls_begin(s);
		return;
	}
	s->told_open = true;
	if (s->out.len > 0)
		io_defer(s->s.env, &s->flush);
	if (s->s.events->on_open)
		s->s.events->on_open(s->s.arg, &s->s);
}

struct mem_stream *mem_stream_new(struct io_env *env, bool client)
{
	struct mem_stream *s = base_alloc0(sizeof(*s));

	io_stream_init(&s->s, env, client);
	list_init(&s->in);
	buf_init(&s->out, 0, env->budget);
	io_task_init(&s->start, start, s);
	io_task_init(&s->flush, flush, s);
	io_task_init(&s->deliver, deliver, s);
	io_task_init(&s->finish, finish, s);
	timer_init(&s->timer, on_timer, s);
	return s;
}
