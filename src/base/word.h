/*
 * word.h: text by eight bytes at a time.
 *
 * A test marks bytes of a word by their top bits.  Where it subtracts, a marked
 * byte may borrow from the next: of several marks the first is always right.
 */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** The same byte eight times. */
#define WORD_EACH(byte) (UINT64_MAX / 255 * (byte))

/** Eight bytes, the first one lowest. */
static inline uint64_t word_load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		word = __builtin_bswap64(word);
	return word;
}

/** Marks the C0 control characters and DEL. */
static inline uint64_t word_controls(uint64_t word)
{
	uint64_t del = word ^ WORD_EACH(0x7f);

	return (((word - WORD_EACH(0x20)) & ~word) |
		       ((del - WORD_EACH(1)) & ~del)) & WORD_EACH(0x80);
}

/** The index of the first marked byte; @marks is not 0. */
static inline size_t word_first(uint64_t marks)
{
	return (size_t)__builtin_ctzll(marks) / 8;
}

/** Four bytes, in whatever order. */
static inline uint32_t word_load_half(const char *p)
{
	uint32_t half;

	memcpy(&half, p, sizeof(half));
	return half;
}

/** Are the @n bytes the same but for 0x20, which is the case of letters?  The
 *  last words overlap. */
static inline bool word_same_letters(const char *a, const char *b, size_t n)
{
	uint64_t differ = 0;

	if (n < 4) {
		for (size_t i = 0; i < n; i++)
			differ |= (uint64_t)(unsigned char)(a[i] ^ b[i]);
	} else if (n < 8) {
		differ = (word_load_half(a) ^ word_load_half(b)) |
			(word_load_half(a + n - 4) ^ word_load_half(b + n - 4));
	} else {
		for (size_t i = 0; i + 8 < n; i += 8)
			differ |= word_load(a + i) ^ word_load(b + i);
		differ |= word_load(a + n - 8) ^ word_load(b + n - 8);
	}
	return (differ & ~WORD_EACH(0x20)) == 0;
}

#endif
