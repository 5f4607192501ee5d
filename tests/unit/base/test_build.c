#include "../unit.h"

#include "base/build.h"
#include "base/mem.h"

/* Older first; each is older than all after it. */
static void test_order(void **state)
{
	static const char *const builds[] = { "", "0.1.0", "0.1.0 (20251231235959-ffffffffff)", "0.1.0 (20260101000000-0000000000)",
		"0.1.0 (20260101000000-1111111111)", "0.1.0 (unknown-unknown)", "0.1.1", "0.9.9 (unknown-unknown)",
		"0.10.0 (20260101000000-0000000000)", "1", "10.0.0" };
	for (size_t i = 0; i < ARRAY_LEN(builds); i++)
		for (size_t k = 0; k < ARRAY_LEN(builds); k++) {
			int order = build_compare(builds[i], builds[k]);
			if ((i < k && order >= 0) || (i == k && order != 0) || (i > k && order <= 0))
				fail_msg("\"%s\" and \"%s\": %d", builds[i], builds[k], order);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
