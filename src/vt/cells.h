/* cells.h - between runs of ASCII and runs of cells. Private to src/vt.
 *
 * Every byte that a program prints goes through the first of these, and every
 * line that leaves the screen through the second. gcc does not find good code
 * for either at -O2, so x86-64 has its own; other processors get plain C. */
#ifndef LACE_VT_CELLS_H
#define LACE_VT_CELLS_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "vt/vt.h"

/* A cell as one word: text is its low half. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "vt_cell_word() and its users");
static inline uint64_t vt_cell_word(const struct vt_cell *cell)
{
	uint64_t word;

	memcpy(&word, cell, sizeof(word));
	return word;
}

/* A blank. Made by arithmetic: to write the members and read the word back stalls. */
static inline uint64_t vt_blank_word(uint16_t style)
{
	return (uint64_t)1 << 48 | (uint64_t)style << 32;
}

/* n characters as cells of one style. */
static inline void vt_cells_from_ascii(struct vt_cell *to, const uint8_t *s, unsigned n, uint16_t style)
{
	const uint64_t word = vt_blank_word(style);
	unsigned i = 0;

#ifdef __SSE2__
	const __m128i blank = _mm_set1_epi64x((long long)word), zero = _mm_setzero_si128();
	for (; i + 8 <= n; i += 8) {
		__m128i *out = (__m128i *)(void *)(to + i);
		__m128i wide = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)(const void *)(s + i)), zero);
		__m128i lo = _mm_unpacklo_epi16(wide, zero), hi = _mm_unpackhi_epi16(wide, zero);

		_mm_storeu_si128(out, _mm_or_si128(_mm_unpacklo_epi32(lo, zero), blank));
		_mm_storeu_si128(out + 1, _mm_or_si128(_mm_unpackhi_epi32(lo, zero), blank));
		_mm_storeu_si128(out + 2, _mm_or_si128(_mm_unpacklo_epi32(hi, zero), blank));
		_mm_storeu_si128(out + 3, _mm_or_si128(_mm_unpackhi_epi32(hi, zero), blank));
	}
#endif
	for (; i < n; i++) {
		uint64_t cell = word | s[i];

		memcpy(&to[i], &cell, sizeof(cell));
	}
}

/* The other way, for as long as the cells are ASCII or blank, one column wide and of
 * this style; returns how many were. Room for n bytes, all of which may be written. */
static inline unsigned vt_cells_to_ascii(uint8_t *to, const struct vt_cell *cells, unsigned n, uint16_t style)
{
	const uint64_t word = vt_blank_word(style);
	unsigned i = 0;

#ifdef __SSE2__
	const __m128i blank = _mm_set1_epi64x((long long)word), above = _mm_set1_epi64x(~0x7fll);
	for (; i + 8 <= n; i += 8) {
		const __m128i *in = (const __m128i *)(const void *)(cells + i);
		__m128i a = _mm_xor_si128(_mm_loadu_si128(in), blank);
		__m128i b = _mm_xor_si128(_mm_loadu_si128(in + 1), blank);
		__m128i c = _mm_xor_si128(_mm_loadu_si128(in + 2), blank);
		__m128i d = _mm_xor_si128(_mm_loadu_si128(in + 3), blank);
		__m128i all = _mm_and_si128(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)), above);

		if (_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_setzero_si128())) != 0xffff)
			break;
		__m128i halves = _mm_packs_epi32(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
		_mm_storel_epi64((__m128i *)(void *)(to + i), _mm_packus_epi16(halves, halves));
	}
#endif
	for (; i < n; i++) {
		uint64_t differs = vt_cell_word(&cells[i]) ^ word;

		if (differs >= 0x80)
			break;
		to[i] = (uint8_t)differs;
	}
	return i;
}

#endif
