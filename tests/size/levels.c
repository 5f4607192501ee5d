/* What src/server/no_zstd.c leaves out of the server is not missed: the levels that we use never search as higher
 * ones do, those that do still give what can be read, and a frame of an old format is an error. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "../unit/unit.h"
#include "base/mem.h"

#define LEVEL 3                          /* of vt/scrollback.c and wire/compress.c */

static void test_searches(void **state)
{
	for (unsigned long long size = 0; size < 1 << 20; size++)
		assert_true(ZSTD_getCParams(LEVEL, size, 0).strategy <= ZSTD_dfast);
	assert_true(ZSTD_getCParams(LEVEL, ZSTD_CONTENTSIZE_UNKNOWN, 0).strategy <= ZSTD_dfast);
}

static void test_there_and_back(void **state)
{
	static char text[300000], packed[400000], back[sizeof(text)];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "a line of a log\n"[(i + i / 777) % 16];
	for (int level = 1; level <= 19; level++)
		for (size_t len = 1; len <= sizeof(text); len = len * 5 + 1) {
			size_t n = ZSTD_compress(packed, sizeof(packed), text, len, level);

			assert_false(ZSTD_isError(n));
			assert_int_equal(ZSTD_decompress(back, sizeof(back), packed, n), len);
			assert_memory_equal(back, text, len);
			assert_true(level > LEVEL || len < 1000 || n < len / 4);
		}
}

static void test_old_formats(void **state)
{
	/* the magic numbers of 0.5 to 0.7, little-endian */
	for (unsigned v = 0x25; v <= 0x27; v++) {
		uint8_t frame[64] = { (uint8_t)v, 0xb5, 0x2f, 0xfd }, to[64];
		ZSTD_inBuffer in = { frame, sizeof(frame), 0 };
		ZSTD_outBuffer out = { to, sizeof(to), 0 };
		ZSTD_DCtx *ctx = ZSTD_createDCtx();

		assert_true(ZSTD_isError(ZSTD_decompress(to, sizeof(to), frame, sizeof(frame))));
		assert_true(ZSTD_isError(ZSTD_findFrameCompressedSize(frame, sizeof(frame))));
		assert_true(ZSTD_getFrameContentSize(frame, sizeof(frame)) >= ZSTD_CONTENTSIZE_ERROR);
		assert_true(ZSTD_isError(ZSTD_decompressStream(ctx, &out, &in)));
		ZSTD_freeDCtx(ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_searches),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_old_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
