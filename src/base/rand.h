/*
 * rand.h: names that nobody can guess, from bytes that the environment gives.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/** Where random bytes come from: the kernel, or a play's seed. */
struct rand_source {
	void (*fill)(void *arg, void *bytes, size_t len);
	void *arg;
};

void rand_bytes(struct rand_source *r, void *bytes, size_t len);
uint64_t rand_u64(struct rand_source *r);
/** Even distribution over 0 .. @below - 1; @below > 0. */
uint64_t rand_below(struct rand_source *r, uint64_t below);
/** @len characters of [a-z0-9] and a NUL in @out (5 bits each). */
void rand_token(struct rand_source *r, char *out, size_t len);

/** The kernel's getrandom(2). */
struct rand_source rand_kernel(void);
/** Deterministic bytes for plays and benches; @state is kept by the caller and
 *  must outlive the source. */
struct rand_source rand_seeded(uint64_t *state);

#endif
