#include "../unit.h"
#include "tmp.h"

#include "host/proc.h"
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

/* A copy of this program at tree/place prints what it takes for the data folder. */
static char *seen_from(const char *tree, const char *place)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str self = STR_INIT;
	struct str out = STR_INIT;
	cleanup_free char *path = fs_join(tree, place), *dir = fs_dirname(path);
	assert_int_equal(fs_read("/proc/self/exe", 64 << 20, &self, &err), 0);
	assert_int_equal(fs_mkdir_p(dir, 0755, &err), 0);
	assert_int_equal(fs_write_atomic(path, self.s, self.len, 0755, &err), 0);
	struct proc p;
	proc_init(&p);
	strv_push(&p.argv, path);
	strv_push(&p.argv, "print");
	assert_int_equal(proc_capture(&p, NULL, &out, NULL, 4096, 20000, &err), 0);
	proc_fini(&p);
	return str_detach(&out);
}

static void a_build_tree_is_found_from_its_program(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *real = fs_realpath(*state, &err), *sshd = fs_join(real, "features/sshd"),
	    *mark = fs_join(sshd, "devcontainer-feature.json");
	unsetenv("LACE_DATA_DIR");
	assert_int_equal(fs_mkdir_p(sshd, 0755, &err), 0);
	assert_int_equal(fs_write_atomic(mark, "{}", 2, 0644, &err), 0);
	check(seen_from(real, "lace"), real);
	check(seen_from(real, "bin/lace"), real);
	check(seen_from(real, "src/cmd/lace"), real);
	/* Not from just anywhere below: this could be ~/.local/bin, and ~/features somebody's own. */
	char *deep = seen_from(real, "local/bin/lace");
	assert_string_not_equal(deep, real);
	free(deep);
}

int main(int argc, char **argv)
{
	if (argc > 1 && str_eq(argv[1], "print")) {
		cleanup_free char *dir = xdg_data_dir();
		fputs(dir, stdout);
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_follow_the_specification),
		cmocka_unit_test(home_comes_from_passwd_when_unset),
		cmocka_unit_test(data_folder_can_be_given),
		tmp_test(a_build_tree_is_found_from_its_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
