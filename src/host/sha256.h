/* sha256.h - digests, through libmd. */
#ifndef LACE_HOST_SHA256_H
#define LACE_HOST_SHA256_H

#include <stddef.h>
#include <stdint.h>

void sha256(const void *data, size_t len, uint8_t ret[32]);
void sha256_hex(const void *data, size_t len, char ret[65]);

#endif
