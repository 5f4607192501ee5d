/* prim.h - bounded input and output, and the primitives of varbincode.
 *
 * Private to src/wire. Source: reference/wezterm-mux.md 3.1. A reader never
 * moves past its end; every function that reads returns false instead, and
 * nobody else touches raw bytes. Integers are LEB128
 * (unsigned, or sign-extended two's complement, not zigzag), except 8 bit ones,
 * which are one raw byte. */
#ifndef LACE_WIRE_PRIM_H
#define LACE_WIRE_PRIM_H

#include "wire/wire.h"

struct wire_in {
	const uint8_t *data;
	size_t len, pos;     /* pos <= len always */
};

static inline size_t wire_in_left(const struct wire_in *in) { return in->len - in->pos; }

static inline bool wire_in_u8(struct wire_in *in, uint8_t *ret)
{
	if (in->pos == in->len)
		return false;
	*ret = in->data[in->pos++];
	return true;
}

/* The longer encodings of a value are accepted here, as the real decoder does;
 * frame headers, where they would shift the body, use wire_in_uleb_minimal. */
bool wire_in_uleb_slow(struct wire_in *in, uint64_t max, uint64_t *ret);
bool wire_in_uleb_minimal(struct wire_in *in, uint64_t *ret);
bool wire_in_sleb(struct wire_in *in, int64_t min, int64_t max, int64_t *ret);
bool wire_in_f32(struct wire_in *in, float *ret);
/* Points into the input; no copy. */
bool wire_in_raw(struct wire_in *in, size_t n, const uint8_t **ret);

static inline bool wire_in_uleb(struct wire_in *in, uint64_t max, uint64_t *ret)
{
	if (in->pos < in->len && in->data[in->pos] < 0x80 && in->data[in->pos] <= max) {
		*ret = in->data[in->pos++];
		return true;
	}
	return wire_in_uleb_slow(in, max, ret);
}

/* Output cannot fail: it is as large as the values that it comes from. */
void wire_buf_reserve(struct wire_buf *b, size_t more);

static inline void wire_out_raw(struct wire_buf *b, const void *data, size_t n)
{
	if (n == 0)
		return;
	if (n > b->cap - b->len)
		wire_buf_reserve(b, n);
	memcpy(b->data + b->len, data, n);
	b->len += n;
}

static inline void wire_out_u8(struct wire_buf *b, uint8_t v)
{
	wire_out_raw(b, &v, 1);
}

#define WIRE_LEB_MAX 10 /* bytes of a 64 bit value */
size_t wire_uleb_size(uint64_t v);
size_t wire_uleb_write(uint8_t out[WIRE_LEB_MAX], uint64_t v);
void wire_out_uleb_slow(struct wire_buf *b, uint64_t v);
void wire_out_sleb(struct wire_buf *b, int64_t v);
void wire_out_f32(struct wire_buf *b, const float *v);

static inline void wire_out_uleb(struct wire_buf *b, uint64_t v)
{
	if (v < 0x80)
		wire_out_u8(b, (uint8_t)v);
	else
		wire_out_uleb_slow(b, v);
}

/* Strict: no surrogates, no overlong forms, nothing over U+10FFFF. */
bool wire_utf8_valid(const uint8_t *s, size_t len);
static inline bool wire_is_scalar(uint32_t c) { return c < 0xd800 || (c > 0xdfff && c <= 0x10ffff); }

#endif
