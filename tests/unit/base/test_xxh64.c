#include "../unit.h"

#include "base/mem.h"
#include "base/xxh64.h"

/* Values of libxxhash 0.8.1 for the first n bytes of 1, 8, 15, ... */
static const struct {
	size_t n;
	uint64_t value;
} known[] = {
	{ 0, 0xef46db3751d8e999ull }, { 1, 0x8a4127811b21e730ull }, { 3, 0xb6e6c910c2fd373aull },
	{ 4, 0x22eda2cf6af4c124ull }, { 7, 0x34084d91a233a751ull }, { 8, 0xc6f1803a5e0b3222ull },
	{ 13, 0xdfced2d95e03c38eull }, { 31, 0x6ab1c40e29f50073ull }, { 32, 0x5a0756fbe9ecd3d1ull },
	{ 33, 0xdc50cdc37bb9c183ull }, { 63, 0x10dd94885c71894aull }, { 64, 0x90083da9cdb9d795ull },
	{ 100, 0xd248bfc5208b0b16ull }, { 255, 0x5da8139d7acf3995ull }, { 300, 0xe99d1b8a38d407ddull },
};

static void test_values(void **state)
{
	uint8_t bytes[300];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		assert_true(xxh64(bytes, known[i].n) == known[i].value);
	/* In pieces of every size. */
	for (size_t piece = 1; piece <= 70; piece++) {
		struct xxh64 x;

		xxh64_init(&x);
		for (size_t at = 0; at < sizeof(bytes); at += piece)
			xxh64_add(&x, bytes + at, MIN(piece, sizeof(bytes) - at));
		assert_true(xxh64_value(&x) == known[ARRAY_LEN(known) - 1].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_values) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
