/*
 * mem.h: the environment in memory, for plays, tests and fuzzers.
 *
 * A world holds several environments (nodes and scripted peers), one pair of
 * clocks, a DNS zone and the streams between them.  Nothing happens by itself:
 * io_mem_step() runs what is due now, io_mem_advance() moves the clocks.
 * A stream carries bytes plus a verified identity: "TLS" is the exchange of
 * the two ends' io_mem_credentials(), with no ciphers in it.
 */
#ifndef IO_MEM_H
#define IO_MEM_H

#include "io/io.h"

struct io_world;

/** A new world; clocks start at @wall_us (and 1 s for the monotonic one);
 *  @seed makes its random numbers. */
struct io_world *io_world_new(uint64_t wall_us, uint64_t seed);
void io_world_free(struct io_world **w);

/** An environment in @w.  @address is its IP address there ("192.0.2.1"). */
struct io_env *io_mem_new(struct io_world *w, const char *address,
	const struct io_env_config *config);
/** As kill -9: every stream of @env is reset at the far ends, nothing more
 *  runs in it, not even an on_close; it is freed. */
void io_mem_kill(struct io_env **env);
/** The same, but @env stays as a shell in which nothing runs and every call is
 *  harmless, so that what lived in it can be freed in the usual way; then
 *  io_env_free().  Another environment may take its address at once. */
void io_mem_crash(struct io_env *env);

/** Run deferred calls, deliveries and due timers until nothing is due at this
 *  instant.  Returns the number of things done; at most @max (then the world
 *  is running in circles). */
size_t io_world_step(struct io_world *w, size_t max);
/** Move both clocks by @ms in one-timer steps, stepping all the while. */
void io_world_advance(struct io_world *w, uint64_t ms);
/** Jump the wall clock only. */
void io_world_wall(struct io_world *w, int64_t delta_us);
/** Deliver stream data in pieces of at most @n bytes; 0: as written. */
void io_world_chop(struct io_world *w, size_t n);
/** Reset every stream between the two addresses (cable cut); new connections
 *  between them time out until io_world_heal(). */
void io_world_cut(struct io_world *w, const char *a, const char *b);
void io_world_heal(struct io_world *w);

/** Add a DNS record: @data is "10 5 5269 host" for SRV, an address for A and
 *  AAAA, "3 1 1 hex" for TLSA (at most 64 bytes of data). */
void io_world_dns(struct io_world *w, const char *name, enum io_dns_type type,
	const char *data);
/** From now on DNSSEC vouches for @name and all below it, or, with @bogus, the
 *  answers about them are forged. */
void io_world_dns_secure(struct io_world *w, const char *name, bool bogus);
/** Answer SERVFAIL to everything (true) or normally (false). */
void io_world_dns_fail(struct io_world *w, bool fail);

/** Credentials in memory: a certificate with these SANs ("dns:example.org",
 *  "uri:sip:example.org", "srv:_xmpp-server.example.org", "xmpp:example.org");
 *  @trusted says whether peers' chains verify.  One reference.  Several certificates: call
 *  io_mem_credentials_add().  "server only" among the names: for no client. */
struct io_credentials *io_mem_credentials(const char *const *names, bool trusted);
void io_mem_credentials_add(struct io_credentials *c, const char *const *names);
/** The SHA-256 of the certificate with these SANs, in the same order, and of
 *  its key, for TLSA records; NULL: of the authority behind trusted ones. */
void io_mem_fingerprint(const char *const *names, char out[65]);
/** All of them expire at @expires_s, seconds since 1970. */
void io_mem_credentials_expire(struct io_credentials *c, uint64_t expires_s);

#endif
