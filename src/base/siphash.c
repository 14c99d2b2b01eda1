#include "base/table.h"

/* SipHash-1-3: one round for each word, three at the end.  The hash is never
 * seen outside, and who wants collisions has to learn the key from times alone:
 * that is why Rust, Python and the Linux kernel take it for their tables too.
 * 2-4 is meant to authenticate messages, and costs twice as much.
 * Names as in the paper of Aumasson and Bernstein. */
struct sip_state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static uint64_t load(const void *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		word = __builtin_bswap64(word);
	return word;
}

/* The last @len bytes, fewer than 8, of @str: those of a longer one are in the
 * word that ends with it. */
static uint64_t load_rest(struct str str, size_t len)
{
	const uint8_t *p = (const uint8_t *)str.p;
	uint64_t word = 0;

	if (len == 0)
		return 0;
	if (str.len >= 8)
		return load(p + str.len - 8) >> 8 * (8 - len);
	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)p[i] << 8 * i;
	return word;
}

static inline void round_once(struct sip_state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void compress(struct sip_state *s, uint64_t word)
{
	s->v3 ^= word;
	round_once(s);
	s->v0 ^= word;
}

uint64_t table_siphash(const uint8_t key[16], struct str str)
{
	uint64_t k0 = load(key), k1 = load(key + 8);
	struct sip_state s = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = (const uint8_t *)str.p;
	size_t left = str.len;

	for (; left >= 8; p += 8, left -= 8)
		compress(&s, load(p));
	compress(&s, (uint64_t)str.len << 56 | load_rest(str, left));
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		round_once(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
