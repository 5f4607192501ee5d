#include "../unit.h"
#include "tmp.h"

#include "host/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

static void shell(struct proc *p, const char *script)
{
	proc_init(p);
	strv_push(&p->argv, "sh");
	strv_push(&p->argv, "-c");
	strv_push(&p->argv, script);
}

static int capture(const char *script, const char *input, struct str *out, struct str *err_out,
    int timeout_ms, struct err *err)
{
	struct proc p;
	shell(&p, script);
	struct str in = STR_INIT;
	if (input)
		str_puts(&in, input);
	int status = proc_capture(&p, input ? &in : NULL, out, err_out, 1 << 20, timeout_ms, err);
	str_fini(&in);
	proc_fini(&p);
	return status;
}

static void output_and_status_come_back(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT, er = STR_INIT;
	assert_int_equal(capture("cat; echo oops >&2; exit 3", "hello", &out, &er, -1, &err), 3);
	assert_string_equal(out.s, "hello");
	assert_string_equal(er.s, "oops\n");
	assert_int_equal(capture("kill -TERM $$", NULL, &out, NULL, -1, &err), 128 + SIGTERM);
	/* Without input, stdin is empty and not ours. */
	str_reset(&out);
	assert_int_equal(capture("cat", NULL, &out, NULL, -1, &err), 0);
	assert_int_equal(out.len, 0);
}

static void more_than_a_pipe_holds_goes_both_ways(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str in = STR_INIT, out = STR_INIT, er = STR_INIT;
	for (int i = 0; i < 100000; i++)
		str_printf(&in, "%d\n", i);
	struct proc p;
	shell(&p, "tee /dev/stderr");
	assert_int_equal(proc_capture(&p, &in, &out, &er, 4 << 20, -1, &err), 0);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.s, in.s, in.len);
	assert_int_equal(er.len, in.len);
	proc_fini(&p);
	/* The cap cuts, and the child still ends. */
	str_reset(&out);
	shell(&p, "cat");
	assert_int_equal(proc_capture(&p, &in, &out, NULL, 1000, -1, &err), 0);
	assert_int_equal(out.len, 1000);
	proc_fini(&p);
	/* A child that does not read is no error, and no SIGPIPE for us. */
	shell(&p, "exit 0");
	assert_int_equal(proc_capture(&p, &in, &out, NULL, 1000, -1, &err), 0);
	proc_fini(&p);
}

static void a_program_that_cannot_start_is_an_error(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	struct proc p;
	proc_init(&p);
	strv_push(&p.argv, "no-such-program-here");
	assert_int_equal(proc_start(&p, &err), -1);
	assert_int_equal(err.sys, ENOENT);
	assert_non_null(strstr(err.msg, "no-such-program-here"));
	proc_fini(&p);
	cleanup_free char *file = fs_join(*state, "not-executable");
	assert_int_equal(fs_write_atomic(file, "", 0, 0600, &err), 0);
	proc_init(&p);
	p.out = PROC_PIPE;
	strv_push(&p.argv, file);
	assert_int_equal(proc_start(&p, &err), -1);
	assert_int_equal(err.sys, EACCES);
	assert_true(p.out < 0);
	proc_fini(&p);
	shell(&p, "exit 0");
	p.dir = "/no/such/folder";
	assert_int_equal(proc_start(&p, &err), -1);
	assert_non_null(strstr(err.msg, "/no/such/folder"));
	proc_fini(&p);
}

static void a_late_program_is_killed_and_reaped(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	struct proc p;
	shell(&p, "echo begun; exec sleep 1000");
	assert_int_equal(proc_capture(&p, NULL, &out, NULL, 100, 300, &err), -1);
	assert_string_equal(out.s, "begun\n");
	assert_non_null(strstr(err.msg, "300 ms"));
	assert_int_equal(p.pid, 0);
	proc_fini(&p);
	/* Also when it closed its output long before. */
	assert_int_equal(capture("exec >&- 2>&-; exec sleep 1000", NULL, &out, NULL, 100, &err), -1);
}

static void a_daemon_left_behind_does_not_hold_us(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(capture("sleep 60 & echo $!", NULL, &out, NULL, -1, &err), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 30);
	pid_t sleeper = (pid_t)strtol(out.s, NULL, 10);
	assert_true(sleeper > 1);
	kill(sleeper, SIGKILL);
}

static void the_child_has_clean_signals_and_descriptors(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	sigset_t set, before;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	signal(SIGPIPE, SIG_IGN);
	int leak = open("/dev/null", O_RDONLY);     /* without CLOEXEC, on purpose */
	assert_int_equal(capture("grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd", NULL, &out, NULL, -1,
	    &err), 0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	unsigned long long blocked = 1, ignored = 1;
	int n = 0;
	assert_int_equal(sscanf(out.s, "SigBlk:\t%llx\nSigIgn:\t%llx\n%n", &blocked, &ignored, &n), 2);
	assert_int_equal(blocked, 0);
	/* 32 and 33 are libc's own: it lets nobody change them, also when our parent left them ignored. */
	assert_int_equal(ignored & ~(3ull << 31), 0);
	/* 3 is ls reading the folder. */
	assert_string_equal(out.s + n, "0\n1\n2\n3\n");
	close(leak);
}

static void descriptors_may_be_swapped(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	cleanup_free char *path = fs_join(*state, "both");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), saved[2] = { dup(1), dup(2) };
	assert_true(fd > 2);
	/* Our 1 and 2 are the file and /dev/null; the child gets them the other way round. */
	int null = open("/dev/null", O_RDWR);
	dup2(fd, 1);
	dup2(null, 2);
	struct proc p;
	shell(&p, "echo to-one; echo to-two >&2");
	p.out = 2;
	p.err = 1;
	int rc = proc_start(&p, &err), status = rc == 0 ? proc_wait(&p, &err) : -1;
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(saved[0]);
	close(saved[1]);
	close(null);
	close(fd);
	proc_fini(&p);
	assert_int_equal(status, 0);
	assert_int_equal(fs_read(path, 100, &text, &err), 0);
	assert_string_equal(text.s, "to-two\n");
}

static void environment_and_folder_are_the_childs(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	struct proc p;
	shell(&p, "echo $ONLY; pwd; tr -dc '=' </proc/self/environ | wc -c");
	strv_push(&p.env, "ONLY=this");
	strv_push(&p.env, "PATH=/usr/bin:/bin");
	p.dir = *state;
	p.new_session = true;
	assert_int_equal(proc_capture(&p, NULL, &out, NULL, 1000, -1, &err), 0);
	proc_fini(&p);
	cleanup_free char *start = xasprintf("this\n%s\n", (char *)*state);
	assert_true(str_starts(out.s, start));
}

static void pipes_are_ours_to_use(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	struct proc p;
	shell(&p, "read x; echo got $x");
	p.in = p.out = PROC_PIPE;
	assert_int_equal(proc_start(&p, &err), 0);
	assert_int_equal(write(p.in, "it\n", 3), 3);
	char text[16] = "";
	assert_int_equal(read(p.out, text, sizeof(text) - 1), 7);
	assert_string_equal(text, "got it\n");
	assert_int_equal(proc_wait(&p, &err), 0);
	assert_int_equal(proc_wait(&p, &err), -1);
	proc_fini(&p);
	assert_int_equal(p.in, -1);
}

struct seen { struct str all[2]; };

static void on_output(void *user, int stream, const char *data, size_t len)
{
	struct seen *seen = user;
	str_add(&seen->all[stream - 1], data, len);
}

static void output_is_handed_over_by_stream(void **state)
{
	(void)state;
	cleanup_err struct err err = ERR_INIT;
	struct seen seen = { { STR_INIT, STR_INIT } };
	struct proc p;
	shell(&p, "echo a; echo b >&2; echo c; exit 9");
	assert_int_equal(proc_stream(&p, on_output, &seen, &err), 9);
	proc_fini(&p);
	assert_string_equal(seen.all[0].s, "a\nc\n");
	assert_string_equal(seen.all[1].s, "b\n");
	str_fini(&seen.all[0]);
	str_fini(&seen.all[1]);
}

static void path_lookup_skips_relative_entries(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *tool = fs_join(*state, "tool"), *folder = fs_join(*state, "sh"),
	    *old = xstrdup(getenv("PATH"));
	assert_int_equal(fs_write_atomic(tool, "#!/bin/sh\n", 10, 0755, &err), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	cleanup_free char *here = fs_realpath(".", &err);
	assert_int_equal(chdir(*state), 0);
	setenv("PATH", ".::bin", 1);
	assert_null(proc_which("tool"));
	cleanup_free char *path = xasprintf("/nowhere:%s:/bin", (char *)*state);
	setenv("PATH", path, 1);
	cleanup_free char *found = proc_which("tool"), *sh = proc_which("sh"), *rel = proc_which("./tool");
	setenv("PATH", old, 1);
	assert_int_equal(chdir(here), 0);
	assert_string_equal(found, tool);
	assert_string_equal(sh, "/bin/sh");     /* a folder is no program */
	assert_true(*rel == '/' && fs_exists(rel));
	assert_null(proc_which(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status_come_back),
		cmocka_unit_test(more_than_a_pipe_holds_goes_both_ways),
		tmp_test(a_program_that_cannot_start_is_an_error),
		cmocka_unit_test(a_late_program_is_killed_and_reaped),
		cmocka_unit_test(a_daemon_left_behind_does_not_hold_us),
		cmocka_unit_test(the_child_has_clean_signals_and_descriptors),
		tmp_test(descriptors_may_be_swapped),
		tmp_test(environment_and_folder_are_the_childs),
		cmocka_unit_test(pipes_are_ours_to_use),
		cmocka_unit_test(output_is_handed_over_by_stream),
		tmp_test(path_lookup_skips_relative_entries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
