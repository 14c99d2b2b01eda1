#include "base/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/pool.h"

void rand_bytes(struct rand_source *r, void *bytes, size_t len)
{
	r->fill(r->arg, bytes, len);
}

uint64_t rand_u64(struct rand_source *r)
{
	uint64_t n;

	rand_bytes(r, &n, sizeof(n));
	return n;
}

/* Numbers below 2^64 mod @below would make the small results likelier. */
uint64_t rand_below(struct rand_source *r, uint64_t below)
{
	uint64_t n, unfair;

	stox_require(below > 0);
	unfair = -below % below;
	do
		n = rand_u64(r);
	while (n < unfair);
	return n % below;
}

void rand_token(struct rand_source *r, char *out, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

	rand_bytes(r, out, len);
	for (size_t i = 0; i < len; i++)
		out[i] = letters[out[i] & 31];
	out[len] = '\0';
}

static void fill_kernel(void *arg, void *bytes, size_t len)
{
	unsigned char *p = bytes;

	(void)arg;
	while (len) {
		ssize_t n = getrandom(p, len, 0);

		stox_require(n > 0 || errno == EINTR);
		if (n < 0)
			continue;
		p += n;
		len -= (size_t)n;
	}
}

struct rand_source rand_kernel(void)
{
	return (struct rand_source){ fill_kernel, NULL };
}

/* splitmix64: a counter and a mixer. */
static uint64_t step(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void fill_seeded(void *arg, void *bytes, size_t len)
{
	unsigned char *p = bytes;

	while (len) {
		uint64_t word = step(arg);
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(p, &word, n);
		p += n;
		len -= n;
	}
}

struct rand_source rand_seeded(uint64_t *state)
{
	return (struct rand_source){ fill_seeded, state };
}
