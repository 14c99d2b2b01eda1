/*
 * mem_stream.h: a stream in memory; shared by mem_stream.c, mem_connect.c and
 * mem_tls.c.
 */
#ifndef IO_MEM_STREAM_H
#define IO_MEM_STREAM_H

#include "io/mem_world.h"

enum mem_state {
	MEM_CONNECTING,
	MEM_STARTING, /* connected; on_accept or the first call is due */
	MEM_OPEN,
	MEM_CLOSING,  /* io_close(): the queue still goes out */
	MEM_CLOSED,   /* on_close is due */
};

enum mem_tls_state { MEM_PLAIN, MEM_HANDSHAKE, MEM_SECURE };

enum mem_kind { MEM_BYTES, MEM_HELLO, MEM_ALERT, MEM_EOF };

/* What travels. */
struct mem_chunk {
	struct list node;
	enum mem_kind kind;
	bool secure;                  /* bytes written inside TLS */
	struct io_identity *identity; /* MEM_HELLO: owned, or NULL */
	char *sni, *alpn;             /* MEM_HELLO: owned, or NULL */
	size_t len, used;
	char bytes[];
};

struct mem_dial;

struct mem_stream {
	struct io_stream s;
	enum mem_state state;
	enum mem_tls_state tls_state;
	struct io_tls *tls;
	bool told_open;
	bool paused;
	bool vouched;                 /* an authority signed what it shows */
	struct mem_stream *far;       /* NULL: closed, or not yet there */
	struct io_listener *listener; /* until on_accept */
	struct list in;               /* struct mem_chunk */
	size_t in_bytes;
	struct buf out;
	struct io_task start, flush, deliver, finish;
	struct timer timer;
	enum io_reason reason;
	const char *detail;           /* a literal */
	struct mem_dial *dial;        /* owned, while connecting */
};

static inline struct mem_stream *mem_stream_of(const struct io_stream *s)
{
	return (struct mem_stream *)(uintptr_t)s;
}

struct mem_stream *mem_stream_new(struct io_env *env, bool client);
/** The end: on_close is due, the far end sees nothing of it yet. */
void mem_stream_end(struct mem_stream *s, enum io_reason reason,
	const char *detail);
/** The end, and a reset at the far end. */
void mem_stream_reset(struct mem_stream *s, enum io_reason reason,
	const char *detail);
/** Queue a chunk at @to; its deliver task follows. */
void mem_stream_send(struct mem_stream *to, struct mem_chunk *chunk);
struct mem_chunk *mem_chunk_new(enum mem_kind kind, struct str bytes);
void mem_chunk_free(struct mem_chunk *chunk);
/** Start the stream's one timer, in seconds from the limit. */
void mem_stream_timer(struct mem_stream *s, enum limit_id id);

/* mem_connect.c */
void mem_dial_free(struct mem_dial **dial);

/* mem_tls.c */
void mem_tls_begin(struct mem_stream *s);
void mem_tls_hello(struct mem_stream *s, struct mem_chunk *hello);

#endif
