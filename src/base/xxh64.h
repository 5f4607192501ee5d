/* xxh64.h - the checksum XXH64 (seed 0), in one piece or in many.
 *
 * Not for secrets: it finds damage, not forgery. The algorithm is that of
 * xxHash's specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). */
#ifndef LACE_BASE_XXH64_H
#define LACE_BASE_XXH64_H

#include <stddef.h>
#include <stdint.h>

struct xxh64 {
	uint64_t acc[4];
	uint64_t total;        /* bytes so far */
	uint8_t rest[32];      /* those that do not fill a stripe yet */
};

void xxh64_init(struct xxh64 *x);
void xxh64_add(struct xxh64 *x, const void *data, size_t len);
uint64_t xxh64_value(const struct xxh64 *x);
uint64_t xxh64(const void *data, size_t len);

#endif
