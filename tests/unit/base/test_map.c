#include "../unit.h"

#include "base/map.h"
#include "base/mem.h"

#include <stdio.h>

static void keeps_order_through_removal(void **state)
{
	(void)state;
	struct map m = MAP_INIT;
	static int values[500];
	char key[16];
	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_null(map_set(&m, key, &values[i]));
	}
	assert_ptr_equal(map_remove(&m, "k3"), &values[3]);
	assert_null(map_remove(&m, "k3"));
	assert_null(map_get(&m, "k3"));
	assert_ptr_equal(map_get(&m, "k499"), &values[499]);
	assert_string_equal(m.entries[3].key, "k4");
	assert_ptr_equal(map_set(&m, "k4", &values[0]), &values[4]);
	assert_int_equal(m.n, 499);
	map_fini(&m);
}

static void empty_map_answers(void **state)
{
	(void)state;
	struct map m = MAP_INIT;
	assert_null(map_get(&m, "x"));
	assert_null(map_remove(&m, "x"));
	map_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_through_removal),
		cmocka_unit_test(empty_map_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
