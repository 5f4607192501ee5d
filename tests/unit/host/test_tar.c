/* What we write is read back by the system's tar. */
#include "../unit.h"
#include "tmp.h"

#include "host/proc.h"
#include "host/tar.h"

#include <sys/stat.h>

static char *listed(const struct str *tar)
{
	cleanup_err struct err err = ERR_INIT;
	struct str out = STR_INIT;
	struct proc p;
	proc_init(&p);
	static const char *const argv[] = { "tar", "--numeric-owner", "--utc", "-tvf", "-", NULL };
	strv_push_all(&p.argv, argv);
	int status = proc_capture(&p, tar, &out, NULL, 1 << 20, 20000, &err);
	proc_fini(&p);
	assert_int_equal(status, 0);
	/* Columns of GNU tar are padded by the longest size: one blank is enough here. */
	struct str one = STR_INIT;
	for (size_t i = 0; i < out.len; i++)
		if (out.s[i] != ' ' || out.s[i + 1] != ' ')
			str_putc(&one, out.s[i]);
	str_fini(&out);
	return str_detach(&one);
}

static char *content(const struct str *tar, const char *name)
{
	cleanup_err struct err err = ERR_INIT;
	struct str out = STR_INIT;
	struct proc p;
	proc_init(&p);
	static const char *const argv[] = { "tar", "-xOf", "-", NULL };
	strv_push_all(&p.argv, argv);
	strv_push(&p.argv, name);
	assert_int_equal(proc_capture(&p, tar, &out, NULL, 1 << 20, 20000, &err), 0);
	proc_fini(&p);
	return str_detach(&out);
}

static void entries_are_read_back(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str tar = STR_INIT, big = STR_INIT;
	for (int i = 0; i < 1000; i++)
		str_puts(&big, "0123456789");
	assert_int_equal(tar_add_dir(&tar, "d", 0755, &err), 0);
	assert_int_equal(tar_add_file(&tar, "d/run.sh", 04755, "#!\n", 3, &err), 0);
	assert_int_equal(tar_add_file(&tar, "d/big", 0600, big.s, big.len, &err), 0);
	assert_int_equal(tar_add_link(&tar, "d/l", "run.sh", &err), 0);
	tar_finish(&tar);
	assert_int_equal(tar.len % 512, 0);
	cleanup_free char *list = listed(&tar), *data = content(&tar, "d/big");
	assert_string_equal(list, "drwxr-xr-x 0/0 0 1970-01-01 00:00 d/\n"
	    "-rwxr-xr-x 0/0 3 1970-01-01 00:00 d/run.sh\n"
	    "-rw------- 0/0 10000 1970-01-01 00:00 d/big\nlrwxrwxrwx 0/0 0 1970-01-01 00:00 d/l -> run.sh\n");
	assert_string_equal(data, big.s);
}

static void names_of_every_length_survive(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	for (size_t len = 90; len <= 1200; len += len < 300 ? 1 : 77) {
		for (int slashes = 0; slashes < 2; slashes++) {
			cleanup_str struct str tar = STR_INIT, name = STR_INIT, target = STR_INIT;
			for (size_t i = 0; i < len; i++)
				str_putc(&name, slashes && i % 60 == 50 ? '/' : (char)('a' + i % 26));
			for (size_t i = 0; i < len; i++)
				str_putc(&target, (char)('A' + i % 26));
			assert_int_equal(tar_add_link(&tar, name.s, target.s, &err), 0);
			tar_finish(&tar);
			/* The header holds it, or a pax record of the right length does. */
			const char *pax = memmem(tar.s, tar.len, " path=", 6);
			bool split = tar.s[345] != '\0';
			if (pax) {
				const char *digits = pax;
				while (digits[-1] >= '0' && digits[-1] <= '9')
					digits--;
				size_t total = strtoul(digits, NULL, 10);
				assert_int_equal(digits[total - 1], '\n');
				assert_memory_equal(pax + 6, name.s, len);
				assert_true(pax + 6 + len == digits + total - 1);
			} else {
				assert_true(len <= 100 || split || memmem(tar.s, tar.len, "linkpath=", 9));
			}
			if (len % 10 == 0) {
				cleanup_free char *list = listed(&tar);
				assert_non_null(strstr(list, name.s));
				assert_non_null(strstr(list, target.s));
			}
		}
	}
}

static void names_that_lead_out_are_refused(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str tar = STR_INIT;
	static const char *const bad[] = { "", "/a", "../a", "a/../b", "a/..", "..", "a//b" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(tar_add_file(&tar, bad[i], 0644, "", 0, &err), -1);
	assert_int_equal(tar.len, 0);
	assert_int_equal(tar_add_file(&tar, "..a/b..", 0644, "", 0, &err), 0);
}

static void put(const char *root, const char *name, const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = fs_join(root, name), *dir = fs_dirname(path);
	assert_int_equal(fs_mkdir_p(dir, 0755, &err), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644, &err), 0);
}

static void a_tree_is_sorted_and_the_same_every_time(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str one = STR_INIT, two = STR_INIT;
	put(*state, "b", "B");
	put(*state, "a/z", "Z");
	put(*state, "a/y", "Y");
	cleanup_free char *link = fs_join(*state, "a/up");
	assert_int_equal(symlink("../b", link), 0);
	assert_int_equal(tar_add_tree(&one, "p", *state, &err), 0);
	assert_int_equal(tar_add_tree(&two, "p", *state, &err), 0);
	tar_finish(&one);
	tar_finish(&two);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.s, two.s, one.len);
	cleanup_free char *list = listed(&one);
	const char *at = list;
	static const char *const order[] = { " p/a/\n", " p/a/up -> ../b\n", " p/a/y\n", " p/a/z\n", " p/b\n" };
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_non_null(at = strstr(at, order[i]));
}

static void what_leads_out_of_a_tree_is_refused(void **state)
{
	static const char *const bad[] = { "/etc/passwd", "..", "../../x", "a/../b", "./../x/.." };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cleanup_err struct err err = ERR_INIT;
		cleanup_str struct str tar = STR_INIT;
		cleanup_free char *link = fs_join(*state, "l");
		assert_int_equal(symlink(bad[i], link), 0);
		assert_int_equal(tar_add_tree(&tar, "", *state, &err), -1);
		assert_non_null(strstr(err.msg, "leads out"));
		assert_int_equal(unlink(link), 0);
	}
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str tar = STR_INIT;
	cleanup_free char *fifo = fs_join(*state, "fifo");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(tar_add_tree(&tar, "", *state, &err), -1);
}

/* Wherever on the way the link is. */
static void a_link_to_a_tree_is_no_tree(void **state)
{
	put(*state, "real/sub/x", "X");
	cleanup_free char *link = fs_join(*state, "link"), *through = fs_join(link, "sub");
	cleanup_free char *real = fs_join(*state, "real/sub");
	assert_int_equal(symlink("real", link), 0);
	const char *const dirs[] = { link, through };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		cleanup_err struct err err = ERR_INIT;
		cleanup_str struct str tar = STR_INIT;
		assert_int_equal(tar_add_tree(&tar, "", dirs[i], &err), -1);
		assert_int_equal(tar.len, 0);
	}
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str tar = STR_INIT;
	assert_int_equal(tar_add_tree(&tar, "", real, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read_back),
		cmocka_unit_test(names_of_every_length_survive),
		cmocka_unit_test(names_that_lead_out_are_refused),
		tmp_test(a_tree_is_sorted_and_the_same_every_time),
		tmp_test(what_leads_out_of_a_tree_is_refused),
		tmp_test(a_link_to_a_tree_is_no_tree),
	};
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
