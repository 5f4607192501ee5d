/* Text that came from a program, made valid UTF-8 without control characters.
 *
 * A clipboard is a megabyte, and may be anything. So words of printable ASCII are
 * copied as they are, and of the rest one table says how many bytes each byte leaves
 * behind, without a branch for what a predictor cannot know: itself, nothing, or
 * U+FFFD; only a byte that may begin a character of several is looked at further.
 * What is malformed becomes one U+FFFD for each maximal subpart (Unicode, chapter 3,
 * "U+FFFD Substitution of Maximal Subparts"), as text_utf8_decode() has it. */
#include "vt/internal.h"
#include "vt/simd.h"

#define LEAD 4
/* Bytes that are left of each byte; [1]: tab and line ends are kept. */
#define REST [0x20 ... 0x7e] = 1, [0x80 ... 0xc1] = 3, [0xc2 ... 0xf4] = LEAD, [0xf5 ... 0xff] = 3
static const uint8_t left_of[2][256] = { { REST }, { REST, ['\t'] = 1, ['\n'] = 1, ['\r'] = 1 } };

static bool is_plain_word(const uint8_t *p)
{
#if VT_SIMD
	const uint64_t ones = 0x0101010101010101ull;
	uint64_t v;

	memcpy(&v, p, 8);
	return (((v - ones * 0x20) | v | (v + ones)) & ones * 0x80) == 0;
#else
	return false;
#endif
}

/* Bytes of the character that the LEAD at p begins, or, when it is not whole, of as
 * much of one as there is. */
static size_t sequence(const uint8_t *p, size_t len, bool *ret_whole)
{
	uint8_t c = p[0], lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	size_t size = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, n = 1;

	if (len > 1 && p[1] >= lo && p[1] <= hi)
		for (n = 2; n < size && n < len && (p[n] & 0xc0) == 0x80; n++)
			;
	*ret_whole = n == size;
	return n;
}

/* What p leaves behind, at `out`; there is room for 4 bytes. Moves past it. */
static size_t take(const uint8_t **p, const uint8_t *end, char *out, const uint8_t left[256])
{
	uint8_t c = **p;
	size_t n = left[c];
	uint32_t high = -(uint32_t)(c >> 7), v = (c & ~high) | (0xbdbfefu & high);

	if (n != LEAD) {
		memcpy(out, &v, 4);
		(*p)++;
		return n;
	}
	bool whole;
	n = sequence(*p, (size_t)(end - *p), &whole);
	const uint8_t *start = *p;
	*p += n;
	if (!whole) {
		memcpy(out, &v, 4);
		return 3;
	}
	if (c == 0xc2 && start[1] < 0xa0)
		return 0;                        /* a C1 control */
	if (end - start >= 4)
		memcpy(out, start, 4);
	else
		memcpy(out, start, n);
	return n;
}

char *vt_clean(const char *s, size_t len, size_t max, unsigned flags, size_t *ret_len)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + len, *left = left_of[flags & VT_CLEAN_LINES ? 1 : 0];
	/* U+FFFD may take the place of a single byte; four are written at a time. */
	size_t room = MIN(len * 3, max) + 4, n = 0;
	char *out = room > VT_SMALL ? malloc(room) : xmalloc(room);

	if (!out) {
		if (ret_len)
			*ret_len = 0;
		return NULL;
	}
	while (end - p >= 8 && max - n >= 8 * 4) {
		if (is_plain_word(p)) {
			memcpy(out + n, p, 8);
			n += 8;
			p += 8;
			continue;
		}
		/* Eight, then it may be plain again. */
		for (const uint8_t *stop = p + 8; p < stop;)
			n += take(&p, end, out + n, left);
	}
	while (p < end && n < max) {
		size_t k = take(&p, end, out + n, left);

		if (n + k > max)
			break;
		n += k;
	}
	out[n] = 0;
	if (ret_len)
		*ret_len = n;
	return out;
}
