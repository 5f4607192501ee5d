#include "../unit.h"
#include "tmp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void reads_whole_files_and_refuses_the_rest(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	cleanup_free char *path = fs_join(*state, "f");
	assert_int_equal(fs_read(path, 10, &text, &err), -1);
	assert_int_equal(err.sys, ENOENT);
	assert_int_equal(fs_write_atomic(path, "0123456789", 10, 0600, &err), 0);
	str_puts(&text, ">");
	assert_int_equal(fs_read(path, 10, &text, &err), 0);
	assert_string_equal(text.s, ">0123456789");
	assert_int_equal(fs_read(path, 9, &text, &err), -1);
	assert_non_null(strstr(err.msg, "larger than 9 bytes"));
	assert_string_equal(text.s, ">0123456789");
	/* A FIFO would block a careless reader for ever. */
	cleanup_free char *fifo = fs_join(*state, "fifo");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(fs_read(fifo, 10, &text, &err), -1);
	assert_non_null(strstr(err.msg, "not a regular file"));
	/* Size 0 as stat() sees it, yet with content. */
	str_reset(&text);
	assert_int_equal(fs_read("/proc/self/status", 1 << 20, &text, &err), 0);
	assert_true(str_starts(text.s, "Name:"));
}

static void an_atomic_write_replaces_a_link(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	cleanup_free char *victim = fs_join(*state, "victim"), *link = fs_join(*state, "link");
	assert_int_equal(fs_write_atomic(victim, "safe", 4, 0644, &err), 0);
	assert_int_equal(symlink("victim", link), 0);
	assert_int_equal(fs_write_atomic(link, "new", 3, 0640, &err), 0);
	assert_int_equal(fs_read(victim, 100, &text, &err), 0);
	assert_string_equal(text.s, "safe");
	assert_int_equal(mode_of(link), 0640);
	/* Nothing is left beside it, not even after a failure: a folder cannot be replaced by a file. */
	cleanup_free char *dir = fs_join(*state, "dir");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(fs_write_atomic(dir, "x", 1, 0600, &err), -1);
	assert_non_null(strstr(err.msg, dir));
	assert_int_equal(unlink(victim), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rmdir(*state), 0);
	assert_int_equal(mkdir(*state, 0700), 0);
}

static void folders_are_made_with_their_parents(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *deep = fs_join(*state, "a//b/c/"), *file = fs_join(*state, "f"),
	    *below = fs_join(*state, "f/x");
	assert_int_equal(fs_mkdir_p(deep, 0750, &err), 0);
	assert_int_equal(fs_mkdir_p(deep, 0750, &err), 0);
	assert_true(fs_is_dir(deep));
	assert_int_equal(mode_of(deep), 0750);
	assert_int_equal(fs_write_atomic(file, "", 0, 0600, &err), 0);
	assert_int_equal(fs_mkdir_p(file, 0750, &err), -1);
	assert_int_equal(err.sys, ENOTDIR);
	assert_int_equal(fs_mkdir_p(below, 0750, &err), -1);
}

static void a_private_folder_is_ours_alone(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *dir = fs_join(*state, "p/q"), *link = fs_join(*state, "l");
	assert_int_equal(fs_private_dir(dir, &err), 0);
	assert_int_equal(mode_of(dir), 0700);
	assert_int_equal(fs_private_dir(dir, &err), 0);
	assert_int_equal(chmod(dir, 0770), 0);
	assert_int_equal(fs_private_dir(dir, &err), -1);
	assert_non_null(strstr(err.msg, "chmod 700"));
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(symlink("p/q", link), 0);
	assert_int_equal(fs_private_dir(link, &err), -1);
	if (geteuid() == 0) {
		assert_int_equal(chown(dir, 12345, 12345), 0);
		assert_int_equal(fs_private_dir(dir, &err), -1);
		assert_non_null(strstr(err.msg, "user 12345"));
	}
}

static void removing_a_tree_does_not_follow_links(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *keep = fs_join(*state, "keep"), *file = fs_join(*state, "keep/f"),
	    *tree = fs_join(*state, "t"),
	    *deep = fs_join(*state, "t/a/b"), *link = fs_join(*state, "t/a/l");
	assert_int_equal(fs_mkdir_p(keep, 0700, &err), 0);
	assert_int_equal(fs_write_atomic(file, "", 0, 0600, &err), 0);
	assert_int_equal(fs_mkdir_p(deep, 0700, &err), 0);
	assert_int_equal(symlink(keep, link), 0);
	assert_int_equal(fs_remove_tree(tree, &err), 0);
	assert_false(fs_exists(tree));
	assert_true(fs_exists(file));
	assert_int_equal(fs_remove_tree(tree, &err), 0);
	/* A link itself goes, not what it points to. */
	cleanup_free char *top = fs_join(*state, "top");
	assert_int_equal(symlink(keep, top), 0);
	assert_int_equal(fs_remove_tree(top, &err), 0);
	assert_true(fs_exists(file));
}

static void paths_are_put_together_and_taken_apart(void **state)
{
	(void)state;
	static const char *const join[][3] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "/", "b", "/b" }, { "a", "/b", "/b" }, { "", "b", "b" } };
	for (size_t i = 0; i < ARRAY_LEN(join); i++) {
		cleanup_free char *got = fs_join(join[i][0], join[i][1]);
		assert_string_equal(got, join[i][2]);
	}
	static const char *const dir[][2] = {
		{ "/a/b", "/a" }, { "/a", "/" }, { "a", "." }, { "a//b", "a" }, { "//a", "/" } };
	for (size_t i = 0; i < ARRAY_LEN(dir); i++) {
		cleanup_free char *got = fs_dirname(dir[i][0]);
		assert_string_equal(got, dir[i][1]);
	}
	assert_string_equal(fs_basename("/a/b"), "b");
	assert_string_equal(fs_basename("b"), "b");
}

static void a_lock_is_held_by_one_and_names_its_holder(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = fs_join(*state, "lock");
	int fd = fs_lock(path, 0, &err);
	assert_true(fd >= 0);
	assert_int_equal(fs_lock(path, 20, &err), -1);
	assert_int_equal(err.sys, EWOULDBLOCK);
	cleanup_free char *pid = xasprintf("held by pid %d:", (int)getpid());
	assert_non_null(strstr(err.msg, pid));
	/* A child that has the descriptor does not keep the lock once we let go. */
	int gate[2];
	assert_int_equal(pipe(gate), 0);
	pid_t child = fork();
	if (child == 0) {
		char c;
		close(gate[1]);
		_exit(read(gate[0], &c, 1) != 0);
	}
	fs_unlock(fd);
	fd = fs_lock(path, 0, &err);
	assert_true(fd >= 0);
	fs_unlock(fd);
	close(gate[0]);
	close(gate[1]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_removed_lock_file_is_made_again(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = fs_join(*state, "lock");
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	int fd = fs_lock(path, 0, &err);
	pid_t child = fork();
	if (child == 0) {
		/* Waits on the old file, wakes with a lock on nothing, and must take the new one. */
		(void)!write(ready[1], "", 1);
		int mine = fs_lock(path, -1, &err);
		struct stat held, there;
		_exit(mine < 0 || fstat(mine, &held) != 0 || stat(path, &there) != 0 || held.st_ino != there.st_ino);
	}
	char c;
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(unlink(path), 0);
	fs_unlock(fd);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
}

static void a_lock_does_not_follow_a_link(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = fs_join(*state, "lock"), *victim = fs_join(*state, "victim");
	assert_int_equal(symlink("victim", path), 0);
	assert_int_equal(fs_lock(path, 0, &err), -1);
	assert_int_equal(err.sys, ELOOP);
	assert_false(fs_exists(victim));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tmp_test(reads_whole_files_and_refuses_the_rest),
		tmp_test(an_atomic_write_replaces_a_link),
		tmp_test(folders_are_made_with_their_parents),
		tmp_test(a_private_folder_is_ours_alone),
		tmp_test(removing_a_tree_does_not_follow_links),
		cmocka_unit_test(paths_are_put_together_and_taken_apart),
		tmp_test(a_lock_is_held_by_one_and_names_its_holder),
		tmp_test(a_removed_lock_file_is_made_again),
		tmp_test(a_lock_does_not_follow_a_link),
	};
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
