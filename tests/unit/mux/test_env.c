#include "../unit.h"

#include "base/mem.h"
#include "mux/env.h"
#include "mux/passwd.h"

#include <fcntl.h>
#include <sys/stat.h>

#define BYTES(s) (s), sizeof(s) - 1

static void base_leaves_one_login_out(void **state)
{
	cleanup_strv struct strv env = STRV_INIT;
	const char *list[] = { "PATH=/bin", "PWD=/x", "OLDPWD=/y", "SHLVL=2", "_=/bin/x", "SSH_CLIENT=1", "SSH_TTY=/dev/pts/1",
		"WEZTERM_PANE=3", "WEZTERM_ANYTHING=1", "PWDX=kept", "no equals sign", "EMPTY=", NULL };

	env_base(list, &env);
	assert_int_equal(env.n, 3);
	assert_string_equal(env_get(&env, "PATH"), "/bin");
	assert_string_equal(env_get(&env, "PWDX"), "kept");
	assert_string_equal(env_get(&env, "EMPTY"), "");
}

static void session_file(void **state)
{
	cleanup_strv struct strv env = STRV_INIT;
	struct env_session s = { 0 };

	env_set(&env, "GONE", "1");
	env_set(&env, "KEPT", "1");
	env_set(&env, "PATH", "/bin");
	env_apply_session(&env, BYTES("LACE_SESSION_DIR=/work\0LACE_SESSION_SHELL=/bin/zsh\0PATH=/a:/b\0GONE\0"
	    "EQ=a=b\0=nameless\0\0MULTI=two\nlines\0TORN=not ended"), &s);
	assert_string_equal(s.dir, "/work");
	assert_string_equal(s.shell, "/bin/zsh");
	assert_string_equal(env_get(&env, "PATH"), "/a:/b");
	assert_string_equal(env_get(&env, "KEPT"), "1");
	assert_string_equal(env_get(&env, "EQ"), "a=b");
	assert_string_equal(env_get(&env, "MULTI"), "two\nlines");
	assert_null(env_get(&env, "GONE"));
	assert_null(env_get(&env, "TORN"));
	assert_null(env_get(&env, "LACE_SESSION_DIR"));
	assert_int_equal(env.n, 4);
	env_session_fini(&s);
}

static void login_brings_only_ssh(void **state)
{
	cleanup_strv struct strv env = STRV_INIT;

	env_apply_login(&env, BYTES("PATH=/evil\0SSH_AUTH_SOCK=/run/a\0SSH_CONNECTION=1 2 3 4\0SSH_AUTH_SOCKX=1\0"));
	assert_int_equal(env.n, 2);
	assert_string_equal(env_get(&env, "SSH_AUTH_SOCK"), "/run/a");
	assert_string_equal(env_get(&env, "SSH_CONNECTION"), "1 2 3 4");
}

static void finish_fills_gaps(void **state)
{
	cleanup_strv struct strv env = STRV_INIT;

	env_set(&env, "HOME", "/mine");
	env_set(&env, "LANG", "de_DE.ISO-8859-1");
	env_finish(&env, &(struct env_pane){ "dev", "/home/dev", NULL, NULL, "/run/sock", "1.2" });
	assert_string_equal(env_get(&env, "USER"), "dev");
	assert_string_equal(env_get(&env, "LOGNAME"), "dev");
	assert_string_equal(env_get(&env, "HOME"), "/mine");
	assert_null(env_get(&env, "SHELL"));
	assert_non_null(env_get(&env, "PATH"));
	assert_string_equal(env_get(&env, "LANG"), "C.UTF-8");
	assert_string_equal(env_get(&env, "TERM"), "xterm-256color");
	assert_string_equal(env_get(&env, "WEZTERM_UNIX_SOCKET"), "/run/sock");
	assert_string_equal(env_get(&env, "TERM_PROGRAM_VERSION"), "1.2");
}

static void finish_keeps_a_utf8_locale(void **state)
{
	static const char *const good[] = { "en_US.UTF-8", "C.utf8", "de_DE.UTF-8@euro" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		cleanup_strv struct strv env = STRV_INIT;
		env_set(&env, "LC_CTYPE", good[i]);
		env_finish(&env, &(struct env_pane){ .socket = "s", .version = "1" });
		assert_null(env_get(&env, "LANG"));
	}
}

static void loose_session_files_are_refused(void **state)
{
	cleanup_str struct str text = STR_INIT;
	char path[] = "/tmp/lace-test-session-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "A=1", 4), 4);
	assert_true(env_read_session(path, geteuid(), &text));
	assert_int_equal(text.len, 4);
	fchmod(fd, 0620);
	assert_false(env_read_session(path, geteuid(), &text));
	fchmod(fd, 0602);
	assert_false(env_read_session(path, geteuid(), &text));
	fchmod(fd, 0600);
	if (geteuid() != 0)
		assert_false(env_read_session(path, geteuid() + 1, &text));
	assert_int_equal(ftruncate(fd, ENV_FILE_MAX + 1), 0);
	assert_false(env_read_session(path, geteuid(), &text));
	assert_false(env_read_session("/tmp", geteuid(), &text));
	assert_false(env_read_session("/nonexistent/x", geteuid(), &text));
	close(fd);
	unlink(path);
}

static void a_link_to_a_session_file_is_refused(void **state)
{
	cleanup_str struct str text = STR_INIT;
	char dir[] = "/tmp/lace-test-session-XXXXXX";

	assert_non_null(mkdtemp(dir));
	cleanup_free char *link = xasprintf("%s/link", dir);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_false(env_read_session(link, geteuid(), &text));
	unlink(link);
	rmdir(dir);
}

static void own_environment_can_be_read(void **state)
{
	cleanup_str struct str text = STR_INIT;

	assert_true(env_read_process(getpid(), geteuid(), &text));
	assert_false(env_read_process(getpid(), geteuid() + 1, &text));
}

static void passwd_lines(void **state)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/bash\nshort:x:7\n:x::1:no uid:/:/bin/sh\n"
	    "bad:x:12z:0::/:/bin/sh\nhuge:x:4294967296000000000000:0::/:/bin/false\ndev:x:1000:1000:Dev,,,:/home/dev:/bin/zsh";
	struct passwd_entry e = { 0 };

	assert_true(passwd_find(text, sizeof(text) - 1, 1000, &e));
	assert_string_equal(e.name, "dev");
	assert_string_equal(e.home, "/home/dev");
	assert_string_equal(e.shell, "/bin/zsh");
	passwd_fini(&e);
	assert_true(passwd_find(text, sizeof(text) - 1, 0, &e));
	assert_string_equal(e.shell, "/bin/bash");
	passwd_fini(&e);
	assert_false(passwd_find(text, sizeof(text) - 1, 7, &e));
	assert_false(passwd_find(text, sizeof(text) - 1, 12, &e));
	assert_false(passwd_find("", 0, 0, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(base_leaves_one_login_out), cmocka_unit_test(session_file),
		cmocka_unit_test(login_brings_only_ssh), cmocka_unit_test(finish_fills_gaps),
		cmocka_unit_test(finish_keeps_a_utf8_locale), cmocka_unit_test(loose_session_files_are_refused),
		cmocka_unit_test(a_link_to_a_session_file_is_refused), cmocka_unit_test(own_environment_can_be_read),
		cmocka_unit_test(passwd_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
