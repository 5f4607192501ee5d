/* Base64. Four tables, one for each place in a group of four, hold the six bits where
 * they belong in the group's 24, and a mark of their own that says "a digit": a group is
 * four loads, three ORs and one comparison. */
#include "base/mem.h"
#include "vt/base64.h"

#define DIGITS(D) \
	D('A', 0) D('B', 1) D('C', 2) D('D', 3) D('E', 4) D('F', 5) D('G', 6) D('H', 7) \
	D('I', 8) D('J', 9) D('K', 10) D('L', 11) D('M', 12) D('N', 13) D('O', 14) D('P', 15) \
	D('Q', 16) D('R', 17) D('S', 18) D('T', 19) D('U', 20) D('V', 21) D('W', 22) D('X', 23) \
	D('Y', 24) D('Z', 25) D('a', 26) D('b', 27) D('c', 28) D('d', 29) D('e', 30) D('f', 31) \
	D('g', 32) D('h', 33) D('i', 34) D('j', 35) D('k', 36) D('l', 37) D('m', 38) D('n', 39) \
	D('o', 40) D('p', 41) D('q', 42) D('r', 43) D('s', 44) D('t', 45) D('u', 46) D('v', 47) \
	D('w', 48) D('x', 49) D('y', 50) D('z', 51) D('0', 52) D('1', 53) D('2', 54) D('3', 55) \
	D('4', 56) D('5', 57) D('6', 58) D('7', 59) D('8', 60) D('9', 61) D('+', 62) D('-', 62) \
	D('/', 63) D('_', 63)

/* The 24 bits lie in the upper bytes, the first byte decoded highest. */
#define FIRST(c, v) [c] = v##u << 26 | 1,
#define SECOND(c, v) [c] = v##u << 20 | 2,
#define THIRD(c, v) [c] = v##u << 14 | 4,
#define FOURTH(c, v) [c] = v##u << 8 | 8,
static const uint32_t first[256] = { DIGITS(FIRST) };
static const uint32_t second[256] = { DIGITS(SECOND) };
static const uint32_t third[256] = { DIGITS(THIRD) };
static const uint32_t fourth[256] = { DIGITS(FOURTH) };

/* Whole groups, up to the first that is not one. */
static const uint8_t *feed_groups(const uint8_t *p, const uint8_t *end, uint8_t **to)
{
	uint8_t *out = *to;

	for (; end - p >= 4; p += 4, out += 3) {
		uint32_t v = first[p[0]] | second[p[1]] | third[p[2]] | fourth[p[3]];

		if ((v & 15) != 15)
			break;
		v = __builtin_bswap32(v);
		memcpy(out, &v, 4);              /* one more than there is: overwritten by the next */
	}
	*to = out;
	return p;
}

size_t vt_base64_feed(struct vt_base64_state *st, const char *s, size_t len, uint8_t *to)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + len;
	uint8_t *out = to;

	for (; !st->bad; p++) {
		if (st->have == 0 && !st->padded)
			p = feed_groups(p, end, &out);
		if (p == end)
			break;
		if (*p == '=') {
			st->padded = true;
		} else if (st->padded || !fourth[*p]) {
			st->bad = true;
		} else {
			unsigned bits = (unsigned)st->bits << 6 | fourth[*p] >> 8;

			if (st->have > 0)
				*out++ = (uint8_t)(bits >> (st->have - 2));
			st->have = (st->have + 6) & 7;
			st->bits = (uint8_t)(bits & ((1u << st->have) - 1));
		}
	}
	return st->bad ? 0 : (size_t)(out - to);
}

size_t vt_base64_encode(const void *bytes, size_t len, char *to)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = bytes;
	char *out = to;

	for (; len > 0; p += MIN(len, 3u), len -= MIN(len, 3u)) {
		uint32_t v = (uint32_t)p[0] << 16 | (len > 1 ? (uint32_t)p[1] << 8 : 0) | (len > 2 ? p[2] : 0u);

		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = len > 1 ? digit[v >> 6 & 63] : '=';
		*out++ = len > 2 ? digit[v & 63] : '=';
	}
	return (size_t)(out - to);
}
