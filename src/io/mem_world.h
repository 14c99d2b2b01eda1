/*
 * mem_world.h: the insides of the twin in memory, shared by mem*.c.
 */
#ifndef IO_MEM_WORLD_H
#define IO_MEM_WORLD_H

#include "io/internal.h"
#include "io/mem.h"

struct mem_zone_record {
	struct list node;
	enum io_dns_type type;
	struct io_dns_record record;
	char owner[256], target[256];
	char data[80]; /* TLSA */
};

/* A name that is signed, with all below it. */
struct mem_zone_signed {
	struct list node;
	char name[256];
	bool bogus; /* the signatures do not fit */
};

/* Two addresses with a cut cable between them. */
struct mem_cut {
	struct list node;
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];
};

struct io_world {
	uint64_t now_ms, wall_us;
	uint64_t seed;
	struct list envs, zone, zones_signed, cuts;
	size_t chop;
	bool dns_fail;
	uint16_t next_port; /* for the connecting side */
};

struct mem_env {
	struct io_env env;
	struct list node; /* world->envs */
	struct io_world *world;
	char address[INET6_ADDRSTRLEN];
	uint64_t seed;
	struct list listeners, queries, watches;
	bool stop;
};

static inline struct mem_env *mem_of(const struct io_env *env)
{
	return (struct mem_env *)(uintptr_t)env;
}

/** The environment with that address (a loopback address is one's own). */
struct mem_env *mem_env_at(struct io_world *w, struct mem_env *self,
	const char *address);
bool mem_is_cut(const struct io_world *w, const char *a, const char *b);

/* mem_stream.c */
struct io_stream *mem_connect(struct io_env *env,
	const struct io_connect_config *c);
struct io_listener *mem_listen(struct io_env *env,
	const struct io_listen_config *c, struct buf *why);
struct io_listener *mem_listen_unix(struct io_env *env, const char *path,
	void (*on_accept)(void *arg, struct io_stream *s), void *arg,
	struct buf *why);
void mem_listener_close(struct io_listener *l);
int mem_write(struct io_stream *s, struct str bytes);
size_t mem_queued(const struct io_stream *s);
void mem_pause(struct io_stream *s, bool paused);
void mem_starttls(struct io_stream *s, const struct io_tls_config *tls);
void mem_close(struct io_stream *s);
void mem_abort(struct io_stream *s);
/** Cut one stream: both ends see a reset. */
void mem_stream_cut(struct io_stream *s);
/** The far ends of all streams of @env see a reset now; its own ends have
 *  their on_close when @tell. */
void mem_streams_end(struct mem_env *env, bool tell);

/* mem_tls.c */
const char *mem_tls_dane(const struct io_stream *s, const struct io_dane *dane,
	const char *const *names);

/* mem_dns.c */
struct io_query *mem_dns(struct io_env *env, const char *name,
	enum io_dns_type type,
	void (*done)(void *arg, const struct io_dns_result *r), void *arg);
void mem_dns_cancel(struct io_query *q);
void mem_dns_drop_all(struct mem_env *env);

#endif
