/* XXH64: four lanes of eight bytes each take a stripe of 32; what is left over
 * is mixed in by eights, fours and ones at the end. */
#include "base/xxh64.h"

#include "base/mem.h"

#define STRIPE 32u
#define P1 0x9E3779B185EBCA87ull
#define P2 0xC2B2AE3D27D4EB4Full
#define P3 0x165667B19E3779F9ull
#define P4 0x85EBCA77C2B2AE63ull
#define P5 0x27D4EB2F165667C5ull

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as they are");

static uint64_t rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static uint64_t lane(uint64_t acc, uint64_t in)
{
	return rotl(acc + in * P2, 31) * P1;
}

static uint64_t read64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t read32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Whole stripes of [p, p + len); returns where they end. */
static const uint8_t *stripes(uint64_t acc[4], const uint8_t *p, size_t len)
{
	uint64_t a = acc[0], b = acc[1], c = acc[2], d = acc[3];

	for (; len >= STRIPE; p += STRIPE, len -= STRIPE) {
		a = lane(a, read64(p));
		b = lane(b, read64(p + 8));
		c = lane(c, read64(p + 16));
		d = lane(d, read64(p + 24));
	}
	acc[0] = a;
	acc[1] = b;
	acc[2] = c;
	acc[3] = d;
	return p;
}

void xxh64_init(struct xxh64 *x)
{
	*x = (struct xxh64){ .acc = { P1 + P2, P2, 0, 0 - P1 } };
}

void xxh64_add(struct xxh64 *x, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t have = x->total % STRIPE;

	if (len == 0)
		return;
	x->total += len;
	if (have > 0) {
		size_t k = MIN(len, STRIPE - have);

		memcpy(x->rest + have, p, k);
		if (have + k < STRIPE)
			return;
		stripes(x->acc, x->rest, STRIPE);
		p += k;
		len -= k;
	}
	p = stripes(x->acc, p, len);
	memcpy(x->rest, p, len % STRIPE);
}

uint64_t xxh64_value(const struct xxh64 *x)
{
	const uint64_t *acc = x->acc;
	const uint8_t *p = x->rest, *end = p + x->total % STRIPE;
	uint64_t h = P5;

	if (x->total >= STRIPE) {
		h = rotl(acc[0], 1) + rotl(acc[1], 7) + rotl(acc[2], 12) + rotl(acc[3], 18);
		for (unsigned i = 0; i < 4; i++)
			h = (h ^ lane(0, acc[i])) * P1 + P4;
	}
	h += x->total;
	for (; end - p >= 8; p += 8)
		h = rotl(h ^ lane(0, read64(p)), 27) * P1 + P4;
	for (; end - p >= 4; p += 4)
		h = rotl(h ^ read32(p) * P1, 23) * P2 + P3;
	for (; p < end; p++)
		h = rotl(h ^ *p * P5, 11) * P1;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}

uint64_t xxh64(const void *data, size_t len)
{
	struct xxh64 x;

	xxh64_init(&x);
	xxh64_add(&x, data, len);
	return xxh64_value(&x);
}
