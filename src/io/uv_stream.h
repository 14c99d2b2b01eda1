/*
 * uv_stream.h: a stream over a socket; shared by uv_stream.c, uv_connect.c,
 * uv_listen.c, uv_tls.c and uv_gate.c.
 */
#ifndef IO_UV_STREAM_H
#define IO_UV_STREAM_H

#include "io/uv_env.h"

enum uv_state {
	UV_CONNECTING, /* look-up and TCP connect */
	UV_STARTING,   /* connected, nobody told yet */
	UV_HANDSHAKE,  /* TLS handshake, direct or after io_starttls() */
	UV_OPEN,
	UV_DRAINING,   /* io_close(): the queue still goes out */
	UV_LINGERING,  /* our end is sent, the peer's is awaited */
	UV_CLOSED,     /* on_close is due, or the memory waits for libuv */
};

struct uv_dial;

/* The TLS part of a stream. */
struct uv_tls {
	struct uv_stream *stream;
	gnutls_session_t session;
	struct io_tls *config;
	const char *in;    /* ciphertext at hand, borrowed */
	size_t in_len;
	struct buf held;   /* ciphertext kept while the reader pauses */
	bool peer_done;    /* end of TCP: nothing more to pull */
	int stop;          /* why no more can be decrypted, 0: it can */
	/* the gate */
	bool has_place;
	bool answered;     /* a hello has come whole, and cost us something */
	uint64_t moved_ms; /* last step */
	struct list place, turn;
};

struct uv_stream {
	struct io_stream s;
	enum uv_state state;
	int fd;                /* -1: none */
	uv_poll_t poll;        /* live while fd is */
	int interest;          /* what poll was last asked for */
	bool handle_open;      /* poll is not closed yet */
	bool told_open, told_close;
	bool paused;           /* by the owner */
	bool blocked;          /* the kernel took less than it was given */
	bool write_dead;       /* sending failed; reading will say why */
	struct list dirty;     /* env->dirty */
	struct list more;      /* env->more: its share of a turn was over */
	struct buf rest;       /* plaintext read and not given to on_data yet */
	uint64_t turn, used_us; /* what on_data has taken of that turn */
	struct buf out;        /* plaintext queued */
	struct buf wire;       /* what goes out as it is, before any of out */
	struct timer timer;    /* the deadline of the present state */
	struct io_task resume, finish;
	struct uv_tls *tls;    /* owned, NULL: plain */
	struct io_tls *direct; /* TLS to begin at once, owned, or NULL */
	struct uv_dial *dial;  /* owned, while connecting */
	enum io_reason reason;
	char *detail;          /* owned, or NULL */
};

static inline struct uv_stream *uv_stream_of(const struct io_stream *s)
{
	return (struct uv_stream *)(uintptr_t)s;
}
static inline struct uv_env *uv_stream_env(const struct uv_stream *s)
{
	return uv_env_of(s->s.env);
}

struct uv_stream *uv_stream_new(struct uv_env *env, bool client);
/** Give it a connected socket (taken); the first call follows by
 *  uv_stream_start(). */
void uv_stream_take(struct uv_stream *s, int fd);
/** Connected: begin TLS when it is due at once, else tell on_open. */
void uv_stream_start(struct uv_stream *s);
/** The end; on_close follows on a fresh stack.  @detail is copied. */
void uv_stream_end(struct uv_stream *s, enum io_reason reason,
	const char *detail);
/** The same for a system error. */
void uv_stream_fail(struct uv_stream *s, int error);
/** Ask libuv for what the present state needs. */
void uv_stream_poll(struct uv_stream *s);
void uv_stream_timer(struct uv_stream *s, enum limit_id id);
/** Pass on plaintext, behind what is left of earlier ones, as far as its share
 *  of the turn goes and it is not paused.  True when nothing is left; else the
 *  rest is kept, and either its turn comes or the stream has to be resumed. */
bool uv_stream_give(struct uv_stream *s, struct str bytes);
/** The peer has closed. */
void uv_stream_eof(struct uv_stream *s, const char *detail);
/** on_open, or on_secure after io_starttls(). */
void uv_stream_ready(struct uv_stream *s);
/** Options for every TCP socket of ours. */
void uv_socket_options(struct uv_env *env, int fd);

/* uv_write.c */
/** Mark it to be flushed at the end of the turn. */
void uv_stream_dirty(struct uv_stream *s);
/** Give the kernel what TLS has left in env->wire; the rest waits in
 *  s->wire. */
void uv_stream_send_wire(struct uv_stream *s);
/** One attempt at emptying the queue.  Returns bytes that went. */
size_t uv_stream_push(struct uv_stream *s);
/** The queue's memory goes to the next stream that writes. */
void uv_stream_spare(struct uv_stream *s);

/* uv_connect.c */
void uv_dial_free(struct uv_dial **dial);

/* uv_tls.c */
/** Make the session; false (and the stream ends) when that fails. */
bool uv_tls_new(struct uv_stream *s, struct io_tls *config);
void uv_tls_free(struct uv_tls **tls);
/** One step of the handshake: read what is there and go on. */
void uv_tls_step(struct uv_stream *s);
/** Ciphertext has come, or the peer has closed (@len 0). */
void uv_tls_input(struct uv_stream *s, const char *bytes, size_t len);
/** Go on with what was held back. */
void uv_tls_resume(struct uv_stream *s);
/** Encrypt at most @max bytes of s->out into env->wire. */
void uv_tls_encrypt(struct uv_stream *s, size_t max);
/** The farewell into env->wire. */
void uv_tls_bye(struct uv_stream *s);

/* uv_gate.c */
/** The handshake wants to take a step. */
void uv_gate_want(struct uv_stream *s);
/** It cannot go on before its peer says more. */
void uv_gate_stalled(struct uv_stream *s);
/** It is over, or the stream is. */
void uv_gate_leave(struct uv_stream *s);

#endif
