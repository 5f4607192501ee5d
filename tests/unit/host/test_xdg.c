#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "host/xdg.h"

#include <pwd.h>

static void check(char *got, const char *expected)
{
	assert_string_equal(got, expected);
	free(got);
}

static void folders_follow_the_specification(void **state)
{
	(void)state;
	setenv("HOME", "/home/u", 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("XDG_STATE_HOME", "/s", 1);
	setenv("XDG_CACHE_HOME", "relative", 1);
	check(xdg_config("settings.json"), "/home/u/.config/lace/settings.json");
	check(xdg_state(NULL), "/s/lace");
	check(xdg_state("ports.json"), "/s/lace/ports.json");
	check(xdg_cache(NULL), "/home/u/.cache/lace");
	setenv("XDG_CACHE_HOME", "", 1);
	check(xdg_cache(NULL), "/home/u/.cache/lace");
}

static void home_comes_from_passwd_when_unset(void **state)
{
	(void)state;
	struct passwd *pw = getpwuid(getuid());
	unsetenv("HOME");
	assert_string_equal(xdg_home(), pw ? pw->pw_dir : "/");
	setenv("HOME", "relative", 1);
	assert_string_equal(xdg_home(), pw ? pw->pw_dir : "/");
}

static void data_folder_can_be_given(void **state)
{
	(void)state;
	setenv("LACE_DATA_DIR", "/d", 1);
	check(xdg_data_dir(), "/d");
	unsetenv("LACE_DATA_DIR");
	char *found = xdg_data_dir();
	assert_true(*found == '/');
	assert_string_not_equal(found, "/d");
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_follow_the_specification),
		cmocka_unit_test(home_comes_from_passwd_when_unset),
		cmocka_unit_test(data_folder_can_be_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
