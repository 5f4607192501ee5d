#include "wire/prim.h"

bool wire_in_uleb_slow(struct wire_in *in, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte;
		if (!wire_in_u8(in, &byte))
			return false;
		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret = v;
			return v <= max;
		}
	}
	return false;
}

bool wire_in_uleb_minimal(struct wire_in *in, uint64_t *ret)
{
	size_t start = in->pos;
	return wire_in_uleb(in, UINT64_MAX, ret) && in->pos - start == wire_uleb_size(*ret);
}

bool wire_in_sleb(struct wire_in *in, int64_t min, int64_t max, int64_t *ret)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte;
		if (!wire_in_u8(in, &byte))
			return false;
		/* The tenth byte holds one bit of the value, so it can only be its sign. */
		if (shift == 63 && byte != 0 && byte != 0x7f)
			return false;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			if ((byte & 0x40) && shift + 7 < 64)
				v |= UINT64_MAX << (shift + 7);
			*ret = (int64_t)v;
			return *ret >= min && *ret <= max;
		}
	}
	return false;
}

/* The bits are moved as an integer, so that a NaN keeps its payload. */
bool wire_in_f32(struct wire_in *in, float *ret)
{
	const uint8_t *p;
	if (!wire_in_raw(in, 4, &p))
		return false;
	uint32_t bits = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	memcpy(ret, &bits, sizeof(bits));
	return true;
}

bool wire_in_raw(struct wire_in *in, size_t n, const uint8_t **ret)
{
	if (n > wire_in_left(in))
		return false;
	*ret = in->data + in->pos;
	in->pos += n;
	return true;
}

size_t wire_uleb_size(uint64_t v)
{
	size_t n = 1;
	while (v >>= 7)
		n++;
	return n;
}

size_t wire_uleb_write(uint8_t out[WIRE_LEB_MAX], uint64_t v)
{
	size_t n = 0;
	for (; v >= 0x80; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

void wire_out_uleb_slow(struct wire_buf *b, uint64_t v)
{
	uint8_t bytes[WIRE_LEB_MAX];
	wire_out_raw(b, bytes, wire_uleb_write(bytes, v));
}

void wire_out_sleb(struct wire_buf *b, int64_t v)
{
	uint8_t bytes[WIRE_LEB_MAX];
	size_t n = 0;
	while (v < -64 || v > 63) {
		bytes[n++] = (uint8_t)((uint64_t)v | 0x80);
		v >>= 7; /* arithmetic in gcc and clang */
	}
	bytes[n++] = (uint8_t)v & 0x7f;
	wire_out_raw(b, bytes, n);
}

void wire_out_f32(struct wire_buf *b, const float *v)
{
	uint32_t bits;
	memcpy(&bits, v, sizeof(bits));
	uint8_t bytes[4];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(bits >> 8 * i);
	wire_out_raw(b, bytes, sizeof(bytes));
}

/* One sequence of two to four bytes, whose lead byte is not ASCII; its length, or 0. */
static size_t utf8_sequence(const uint8_t *s, size_t len)
{
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	uint32_t c = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	return c >= least[n] && wire_is_scalar(c) ? n : 0;
}

bool wire_utf8_valid(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint64_t eight;
		if (len - i >= sizeof(eight)) {
			memcpy(&eight, s + i, sizeof(eight));
			if (!(eight & 0x8080808080808080u)) {
				i += sizeof(eight);
				continue;
			}
		}
		size_t n = s[i] < 0x80 ? 1 : utf8_sequence(s + i, len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}
