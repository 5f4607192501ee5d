#include "../unit.h"

#include "base/mem.h"
#include "cmd/pick.h"

static void better_answers_score_higher(void **state)
{
	(void)state;
	static const char *const order[] = { "api", "api-docs", "my-api", "my-old-api", "a-p-i", "a--p--i" };
	for (size_t i = 1; i < ARRAY_LEN(order); i++)
		if (pick_score(order[i - 1], "api") <= pick_score(order[i], "api"))
			fail_msg("%s is not better than %s", order[i - 1], order[i]);
	assert_true(pick_score("a--p--i", "api") > 0);
}

static void letters_have_to_come_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(pick_score("api", "ipa"), 0);
	assert_int_equal(pick_score("api", "apii"), 0);
	assert_int_equal(pick_score("", "a"), 0);
	assert_true(pick_score("Api", "aPI") > pick_score("api-x", "api"));
}

static void nothing_typed_matches_all_alike(void **state)
{
	(void)state;
	assert_int_equal(pick_score("api", ""), pick_score("a-much-longer-name", ""));
	assert_true(pick_score("api", "") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(better_answers_score_higher),
		cmocka_unit_test(letters_have_to_come_in_their_order),
		cmocka_unit_test(nothing_typed_matches_all_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
