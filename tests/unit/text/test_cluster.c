#include "../unit.h"
#include "text/text.h"
#include "break_cases.h"

/* Every case of the UCD, code point by code point. */
static void test_ucd(void **state)
{
	size_t n = sizeof(break_cases) / sizeof(break_cases[0]);

	assert_int_equal(n, 1093);                       /* all of Unicode 16.0 */
	for (size_t i = 0; i < n; i++) {
		struct text_break b = { 0 };
		bool want = false;

		for (const char *p = break_cases[i]; *p;) {
			if (*p == ' ') {
				p++;
			} else if (*p == '|') {
				want = true;
				p++;
			} else {
				char *end;
				uint32_t cp = (uint32_t)strtoul(p, &end, 16);

				if (text_break_before(&b, cp) != want)
					fail_msg("%s: before %04X", break_cases[i], (unsigned)cp);
				want = false;
				p = end;
			}
		}
	}
}

/* The definition of "simple": no two of them join. One of each break class will do. */
static void test_simple(void **state)
{
	static const uint32_t simple[] = { 'a', 0xe9, 0x2500, 0x4e00, 0x1f600, 0x915, 0xac00, 0xac01, 0xe01 };
	static const uint32_t not_simple[] = { 0x301, 0x200d, 0xfe0f, 0x1f1e6, 0x1100, 0x1161, 0x11a8, 0x600,
	    0x94d, 0x903, 10 };
	size_t n = sizeof(simple) / sizeof(simple[0]);

	for (size_t i = 0; i < n; i++) {
		assert_true(text_is_simple(simple[i]));
		for (size_t k = 0; k < n; k++) {
			struct text_break b = { 0 };

			assert_true(text_break_before(&b, simple[i]));
			assert_true(text_break_before(&b, simple[k]));
		}
	}
	for (size_t i = 0; i < sizeof(not_simple) / sizeof(not_simple[0]); i++)
		assert_false(text_is_simple(not_simple[i]));
}

static void test_first_cluster(void **state)
{
	assert_int_equal(text_cluster_len("", 0), 0);
	assert_int_equal(text_cluster_len("ab", 2), 1);
	assert_int_equal(text_cluster_len("e\u0301\u0302x", 6), 5);
	assert_int_equal(text_cluster_len("\r\n", 2), 2);
	assert_int_equal(text_cluster_len("\U0001f1e9\U0001f1ea\U0001f1eb", 12), 8);
	assert_int_equal(text_cluster_len("\xff\xff", 2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ucd),
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_first_cluster),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
