#include "host/sha256.h"

#include <sha2.h>

void sha256(const void *data, size_t len, uint8_t ret[32])
{
	SHA2_CTX ctx;
	SHA256Init(&ctx);
	SHA256Update(&ctx, data, len);
	SHA256Final(ret, &ctx);
}

void sha256_hex(const void *data, size_t len, char ret[65])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum[32];
	sha256(data, len, sum);
	for (int i = 0; i < 32; i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[64] = '\0';
}
