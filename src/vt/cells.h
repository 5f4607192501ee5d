/* cells.h - between runs of ASCII and runs of cells. Private to src/vt.
 *
 * Every byte that a program prints goes through the first two of these, and every
 * line that leaves the screen through the third. gcc does not find good code for
 * them at -O2, so x86-64 has its own, eight cells or sixteen bytes at a time; what is
 * left over is done by a block that overlaps the one before, because a loop whose
 * count nobody can predict costs as much as all the rest. (AVX2 saves a third of the
 * instructions and, for that reason, 2 % of the time.) Other processors get plain
 * C (simd.h). */
#ifndef LACE_VT_CELLS_H
#define LACE_VT_CELLS_H

#include <string.h>

#include "vt/simd.h"
#include "vt/vt.h"


/* A cell as one word: text is its low half. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "vt_cell_word() and its users");
static inline uint64_t vt_cell_word(const struct vt_cell *cell)
{
	uint64_t word;

	memcpy(&word, cell, sizeof(word));
	return word;
}

/* In such a word: a column more. */
#define VT_WIDTH_ONE ((uint64_t)1 << 48)

/* A blank. Made by arithmetic: to write the members and read the word back stalls. */
static inline uint64_t vt_blank_word(uint16_t style)
{
	return VT_WIDTH_ONE | (uint64_t)style << 32;
}

static inline bool vt_is_printable_ascii(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

#if VT_SSE2
/* A bit for each of sixteen bytes that is not printable ASCII. */
static inline unsigned vt_not_ascii(__m128i v)
{
	/* Signed: what is above 0x7f is below 0x20. */
	__m128i good = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(0x1f)),
	    _mm_cmplt_epi8(v, _mm_set1_epi8(0x7f)));

	return (unsigned)_mm_movemask_epi8(good) ^ 0xffff;
}
#endif

/* Printable ASCII at the start of [p, end). */
static inline size_t vt_ascii_run(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

#if VT_SSE2
	for (; end - p >= 16; p += 16) {
		unsigned bad = vt_not_ascii(_mm_loadu_si128((const __m128i *)(const void *)p));

		if (bad != 0)
			return (size_t)(p - start) + (unsigned)__builtin_ctz(bad);
	}
#endif
	while (p < end && vt_is_printable_ascii(*p))
		p++;
	return (size_t)(p - start);
}

static inline void vt_cell_from_ascii(struct vt_cell *to, uint8_t c, uint64_t word)
{
	word |= c;
	memcpy(to, &word, sizeof(word));
}

#if VT_SSE2
/* `style` holds the high half of a cell, four times. */
static inline void vt_four_from_ascii(struct vt_cell *to, const uint8_t *s, __m128i style)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i *out = (__m128i *)(void *)to;
	uint32_t four;

	memcpy(&four, s, sizeof(four));
	__m128i v = _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128((int)four), zero), zero);
	_mm_storeu_si128(out, _mm_unpacklo_epi32(v, style));
	_mm_storeu_si128(out + 1, _mm_unpackhi_epi32(v, style));
}

static inline void vt_eight_from_bytes(struct vt_cell *to, __m128i wide, __m128i style)
{
	__m128i *out = (__m128i *)(void *)to;
	__m128i lo = _mm_unpacklo_epi16(wide, _mm_setzero_si128()), hi = _mm_unpackhi_epi16(wide, _mm_setzero_si128());

	_mm_storeu_si128(out, _mm_unpacklo_epi32(lo, style));
	_mm_storeu_si128(out + 1, _mm_unpackhi_epi32(lo, style));
	_mm_storeu_si128(out + 2, _mm_unpacklo_epi32(hi, style));
	_mm_storeu_si128(out + 3, _mm_unpackhi_epi32(hi, style));
}

static inline void vt_eight_from_ascii(struct vt_cell *to, const uint8_t *s, __m128i style)
{
	__m128i v = _mm_loadl_epi64((const __m128i *)(const void *)s);

	vt_eight_from_bytes(to, _mm_unpacklo_epi8(v, _mm_setzero_si128()), style);
}
#endif

/* n characters (at least one) as cells of one style. */
static inline void vt_cells_from_ascii(struct vt_cell *to, const uint8_t *s, unsigned n, uint16_t style)
{
	const uint64_t word = vt_blank_word(style);

#if VT_SSE2
	const __m128i high = _mm_set1_epi32((int)(word >> 32));

	if (n >= 8) {
		for (unsigned i = 0; i + 8 < n; i += 8)
			vt_eight_from_ascii(to + i, s + i, high);
		vt_eight_from_ascii(to + n - 8, s + n - 8, high);
	} else if (n >= 4) {
		vt_four_from_ascii(to, s, high);
		vt_four_from_ascii(to + n - 4, s + n - 4, high);
	} else {
		vt_cell_from_ascii(to, s[0], word);
		vt_cell_from_ascii(to + n / 2, s[n / 2], word);
		vt_cell_from_ascii(to + n - 1, s[n - 1], word);
	}
#else
	for (unsigned i = 0; i < n; i++)
		vt_cell_from_ascii(to + i, s[i], word);
#endif
}

#if VT_SSE2
/* The text of sixteen cells; returns how many of them, from the first on, are ASCII or blank
 * and otherwise equal to `blank`. */
static inline unsigned vt_sixteen_to_ascii(uint8_t *to, const struct vt_cell *cells, __m128i blank)
{
	const __m128i *in = (const __m128i *)(const void *)cells;
	const __m128i above = _mm_set1_epi64x(~0x7fll), zero = _mm_setzero_si128();
	__m128i v[8], all = zero;

	for (unsigned i = 0; i < 8; i++) {
		v[i] = _mm_xor_si128(_mm_loadu_si128(in + i), blank);
		all = _mm_or_si128(all, v[i]);
	}
	__m128i lo = _mm_packs_epi32(_mm_packs_epi32(v[0], v[1]), _mm_packs_epi32(v[2], v[3]));
	__m128i hi = _mm_packs_epi32(_mm_packs_epi32(v[4], v[5]), _mm_packs_epi32(v[6], v[7]));
	_mm_storeu_si128((__m128i *)(void *)to, _mm_packus_epi16(lo, hi));
	all = _mm_cmpeq_epi8(_mm_and_si128(all, above), zero);
	if (_mm_movemask_epi8(all) == 0xffff)
		return 16;
	for (unsigned i = 0; i < 8; i++)
		v[i] = _mm_cmpeq_epi32(_mm_and_si128(v[i], above), zero);
	/* Two bits a cell: its low half, its high half. */
	lo = _mm_packs_epi16(_mm_packs_epi32(v[0], v[1]), _mm_packs_epi32(v[2], v[3]));
	hi = _mm_packs_epi16(_mm_packs_epi32(v[4], v[5]), _mm_packs_epi32(v[6], v[7]));
	unsigned bad = ~((unsigned)_mm_movemask_epi8(lo) | (unsigned)_mm_movemask_epi8(hi) << 16);

	return (unsigned)__builtin_ctz(bad) / 2;
}
#endif

/* The other way, for as long as the cells are ASCII or blank, one column wide and of
 * this style; returns how many were. `room` cells can be read, whatever stands in those
 * past n; and n + VT_TO_ASCII_MORE bytes can be written. */
#define VT_TO_ASCII_MORE 15
static inline unsigned vt_cells_to_ascii(uint8_t *to, const struct vt_cell *cells, unsigned n, unsigned room,
    uint16_t style)
{
	const uint64_t word = vt_blank_word(style);
	unsigned i = 0;

#if VT_SSE2
	const __m128i blank = _mm_set1_epi64x((long long)word);

	for (; i < n && i + 16 <= room; i += 16) {
		unsigned k = vt_sixteen_to_ascii(to + i, cells + i, blank);

		if (k < 16)
			return i + k < n ? i + k : n;
	}
#endif
	for (; i < n; i++) {
		uint64_t differs = vt_cell_word(&cells[i]) ^ word;

		if (differs >= 0x80)
			break;
		to[i] = (uint8_t)differs;
	}
	return i < n ? i : n;
}

/* Printable ASCII of [p, end) as cells of one style, up to the first byte that is none, n at
 * most; returns how many. Cells up to `to + n` may hold anything afterwards. */
static inline unsigned vt_cells_from_text(struct vt_cell *to, unsigned n, const uint8_t *p, const uint8_t *end,
    uint16_t style)
{
	unsigned i = 0;

#if VT_SSE2
	const __m128i high = _mm_set1_epi32((int)(vt_blank_word(style) >> 32)), zero = _mm_setzero_si128();

	for (; i + 16 <= n && end - p >= 16; i += 16, p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		unsigned bad = vt_not_ascii(v);

		vt_eight_from_bytes(to + i, _mm_unpacklo_epi8(v, zero), high);
		vt_eight_from_bytes(to + i + 8, _mm_unpackhi_epi8(v, zero), high);
		if (bad != 0)
			return i + (unsigned)__builtin_ctz(bad);
	}
#endif
	unsigned k = (unsigned)vt_ascii_run(p, (size_t)(end - p) > n - i ? p + (n - i) : end);
	if (k > 0)
		vt_cells_from_ascii(to + i, p, k, style);
	return i + k;
}

#endif
