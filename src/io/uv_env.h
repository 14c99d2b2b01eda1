/*
 * uv_env.h: the insides of the real environment, shared by uv*.c and dns.c.
 *
 * Sockets are our own descriptors; libuv tells when they are ready.  A turn of
 * the loop is: read what is there, deferred calls and timers, a few steps of
 * handshakes, one flush of every stream that was written to.  Each stream has
 * its share of a turn, and so has the work over many items (slice.c): nobody
 * waits longer than the shares of the others together.
 */
#ifndef IO_UV_ENV_H
#define IO_UV_ENV_H

#include <uv.h>

#include "io/tls.h"

#define UV_READ_SIZE 65536     /* at most read of one stream per turn */
#define UV_PLAIN_SIZE 65536    /* plaintext gathered for one on_data */
#define UV_SPARES 64           /* write buffers kept for reuse */
#define UV_SPARE_SIZE 65536    /* none larger than this is kept */

struct uv_dns;
struct uv_stream;

struct uv_gate {
	size_t active;             /* handshakes that hold a place */
	struct list holders;       /* uv_tls.place, longest idle first */
	struct list ready, waiting; /* uv_tls.turn */
	struct timer rotate;
};

struct uv_env {
	struct io_env env;
	uv_loop_t loop;
	uv_prepare_t prepare;      /* the end of a turn */
	uv_idle_t idle;            /* running: there is more to do at once */
	uv_timer_t timer;          /* stands for the wheel */
	uint64_t timer_due_ms;     /* 0: not armed */
	bool stop;
	struct list listeners;     /* struct uv_listener */
	struct list signals;       /* struct uv_signal */
	struct list dirty;         /* uv_stream.dirty: written to this turn */
	struct list more;          /* uv_stream.more: read, and not all given */
	uint64_t turn;             /* its number */
	struct timer accept_again; /* running: descriptors ran out */
	struct uv_gate gate;
	struct uv_dns *dns;        /* NULL until the first question */
	struct uv_tls_shared *tls; /* NULL until the first handshake */
	char *read_buf, *plain_buf;
	struct buf wire;           /* what TLS wants to send just now */
	struct buf spares[UV_SPARES];
	size_t spare_count;
	char **dns_servers;        /* copied; NULL: the system's */
	char *dns_trust_anchor;    /* copied, or NULL */
};

static inline struct uv_env *uv_env_of(const struct io_env *env)
{
	return (struct uv_env *)(uintptr_t)env;
}

/** Begin a callback from libuv: bring the wheel to the present, so that timers
 *  that start now count from now. */
void uv_env_enter(struct uv_env *env);

/* uv_thread.c */
int uv_env_signal(struct io_env *env, int signum,
	void (*run)(void *arg, int signum), void *arg);
void uv_env_signals_close(struct uv_env *env);
struct io_watch *uv_env_watch(struct io_env *env, int fd, int events,
	void (*run)(void *arg, int events), void *arg);
void uv_env_unwatch(struct io_watch *watch);
struct io_thread *uv_env_thread(struct io_env *env, void (*run)(void *arg),
	void *arg);
void uv_env_join(struct io_thread *thread);
struct io_bell *uv_bell_new(struct io_env *env, void (*run)(void *arg),
	void *arg);
void uv_bell_ring(struct io_bell *bell);
void uv_bell_free(struct io_bell *bell);

/* uv_connect.c */
struct io_stream *uv_env_connect(struct io_env *env,
	const struct io_connect_config *c);

/* uv_listen.c */
struct io_listener *uv_env_listen(struct io_env *env,
	const struct io_listen_config *c, struct buf *why);
struct io_listener *uv_env_listen_unix(struct io_env *env, const char *path,
	void (*on_accept)(void *arg, struct io_stream *s), void *arg,
	struct buf *why);
void uv_listener_close(struct io_listener *l);
void uv_accept_init(struct uv_env *env);

/* uv_stream.c */
void uv_stream_pause(struct io_stream *s, bool paused);
void uv_stream_starttls(struct io_stream *s, const struct io_tls_config *tls);
void uv_stream_close(struct io_stream *s);
void uv_stream_abort(struct io_stream *s);
/** Does a stream wait whose share of a turn was over, and may it go on? */
bool uv_streams_wait(const struct uv_env *env);
/** Let those go on.  Returns whether there were any. */
bool uv_streams_more(struct uv_env *env);
/** End all streams, with their on_close. */
void uv_streams_end(struct uv_env *env);

/* uv_write.c */
int uv_stream_write(struct io_stream *s, struct str bytes);
size_t uv_stream_queued(const struct io_stream *s);
/** Flush what was written this turn.  Returns how many streams. */
size_t uv_streams_flush(struct uv_env *env);

/* uv_gate.c */
void uv_gate_init(struct uv_env *env);
/** Take some steps of handshakes.  Returns whether more are ready. */
bool uv_gate_turn(struct uv_env *env);

/* uv_tls.c */
void uv_tls_shared_free(struct uv_tls_shared **shared);

/* dane_tls.c */
const char *uv_tls_dane(const struct io_stream *s, const struct io_dane *dane,
	const char *const *names);

/* dns.c */
struct io_query *uv_dns_ask(struct io_env *env, const char *name,
	enum io_dns_type type,
	void (*done)(void *arg, const struct io_dns_result *r), void *arg);
void uv_dns_cancel(struct io_query *q);
/** Forget all questions; the handle is closed by the loop afterwards. */
void uv_dns_close(struct uv_env *env);
void uv_dns_free(struct uv_dns **dns);

#endif
