#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"

static void grows_and_detaches(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	assert_string_equal(s.s, "");
	for (int i = 0; i < 100; i++)
		str_printf(&s, "%d,", i);
	assert_int_equal(s.len, 290);
	str_drop(&s, 288);
	assert_string_equal(s.s, "9,");
	char *owned = str_detach(&s);
	assert_string_equal(owned, "9,");
	assert_int_equal(s.len, 0);
	free(owned);
}

static void detached_empty_string_can_be_freed(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	char *owned = str_detach(&s);
	assert_string_equal(owned, "");
	free(owned);
}

static void environment_is_replaced_in_place(void **state)
{
	(void)state;
	struct strv env = STRV_INIT;
	env_set(&env, "A", "1");
	env_set(&env, "AB", "2");
	env_set(&env, "A", "3");
	assert_int_equal(env.n, 2);
	assert_string_equal(env.v[0], "A=3");
	assert_string_equal(env_get(&env, "AB"), "2");
	assert_null(env_get(&env, "B"));
	env_unset(&env, "A");
	assert_int_equal(env.n, 1);
	assert_null(env.v[1]);
	strv_fini(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_detaches),
		cmocka_unit_test(detached_empty_string_can_be_freed),
		cmocka_unit_test(environment_is_replaced_in_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
