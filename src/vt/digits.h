/* digits.h - a decimal number out of a stream of bytes. Private to src/vt. */
#ifndef LACE_VT_DIGITS_H
#define LACE_VT_DIGITS_H

#include <stdint.h>

#include "base/mem.h"
#include "vt/simd.h"

/* The number that the digits at p write (0 when there are none), without a branch
 * for each of them: their count is what a predictor cannot know. Needs 8 readable
 * bytes; returns the digits taken, 8 when there are 8 or more. */
static inline unsigned vt_read_digits(const uint8_t *p, uint16_t *ret)
{
#if VT_SIMD
	const uint64_t ones = 0x0101010101010101ull;
	uint64_t v;

	memcpy(&v, p, 8);
	v ^= ones * '0';
	uint64_t others = ((v + ones * 0x76) | v) & ones * 0x80;
	if (others == 0)
		return 8;
	unsigned bits = (unsigned)__builtin_ctzll(others) & ~7u;
	v = v << 8 << (56 - bits);
	/* Neighbours to pairs, pairs to fours, fours to the number. */
	v = v * 10 + (v >> 8);
	v = ((v & 0x000000ff000000ffull) * 0x000f424000000064ull +
	    (v >> 16 & 0x000000ff000000ffull) * 0x0000271000000001ull) >> 32;
	*ret = (uint16_t)MIN(v, 65535u);
	return bits / 8;
#else
	uint32_t v = 0;
	unsigned n = 0;

	for (; n < 8 && p[n] >= '0' && p[n] <= '9'; n++)
		v = v * 10 + (p[n] - '0');
	*ret = (uint16_t)MIN(v, 65535u);
	return n;
#endif
}

#endif
