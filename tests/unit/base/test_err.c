#include "../unit.h"

#include "base/err.h"

#include <errno.h>

static void wraps_from_the_outside_in(void **state)
{
	(void)state;
	struct err err = ERR_INIT;
	assert_int_equal(err_set(&err, ERR_NOT_FOUND, "image \"%s\" not found", "x"), -1);
	assert_int_equal(err_wrap(&err, "cannot start \"%s\"", "api"), -1);
	assert_string_equal(err.msg, "cannot start \"api\": image \"x\" not found");
	assert_int_equal(err.code, ERR_NOT_FOUND);
	err_fini(&err);
	assert_false(err_is(&err));
}

static void system_errors_keep_errno(void **state)
{
	(void)state;
	struct err err = ERR_INIT;
	errno = ENOENT;
	err_sys(&err, "cannot open %s", "f");
	assert_string_equal(err.msg, "cannot open f: No such file or directory");
	assert_int_equal(err.sys, ENOENT);
	assert_int_equal(err.code, ERR_FAILED);
	err_fini(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wraps_from_the_outside_in),
		cmocka_unit_test(system_errors_keep_errno),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
