#include "../unit.h"

#include "base/mem.h"
#include "host/fs.h"
#include "link/link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define MARKER "printf '\\036lace-mux-proxy N0NCE\\n'"

static struct link *start(const char *script, const char *nonce)
{
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_err struct err err = ERR_INIT;
	strv_push(&argv, "sh");
	strv_push(&argv, "-c");
	strv_push(&argv, script);
	struct link *l = link_program(&argv, nonce, &err);
	assert_non_null(l);
	return l;
}

/* Reads until EOF or n bytes. */
static size_t read_some(struct link *l, char *buf, size_t n)
{
	size_t have = 0;
	while (have < n) {
		struct pollfd p = { .fd = link_read_fd(l), .events = POLLIN };
		assert_int_equal(poll(&p, 1, 5000), 1);
		ssize_t got = read(p.fd, buf + have, n - have);
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

static void expect_stream(const char *script, const char *want)
{
	cleanup_err struct err err = ERR_INIT;
	struct link *l = start(script, "N0NCE");
	assert_int_equal(link_wait_ready(l, 5000, &err), 0);
	char buf[64] = "";
	assert_int_equal(read_some(l, buf, sizeof(buf) - 1), strlen(want));
	assert_string_equal(buf, want);
	link_close(l);
}

static void test_marker(void **state)
{
	expect_stream(MARKER "; printf hello", "hello");
	expect_stream("echo welcome; " MARKER "; printf hello", "hello");
	/* No newline before it, and beginnings of it in the noise. */
	expect_stream("printf 'x\\036lace-mux-\\036\\036lace-mux-proxy OTHER\\n'; " MARKER "; printf hello",
	    "hello");
	expect_stream("printf '\\036lace-mux-pro'; sleep 0.05; printf 'xy N0N'; sleep 0.05; printf 'CE\\nhello'",
	    "hello");
	/* What follows may be binary, and may be the marker again. */
	expect_stream(MARKER "; " MARKER, "\036lace-mux-proxy N0NCE\n");
}

static void test_marker_leaves_the_stream(void **state)
{
	/* Marker and first bytes in one write: none of them is taken. */
	cleanup_err struct err err = ERR_INIT;
	struct link *l = start("printf 'noise\\036lace-mux-proxy N0NCE\\nABC'; cat", "N0NCE");
	assert_int_equal(link_wait_ready(l, 5000, &err), 0);
	char buf[8] = "";
	assert_int_equal(read_some(l, buf, 3), 3);
	assert_string_equal(buf, "ABC");
	assert_int_equal(write(link_write_fd(l), "ping", 4), 4);
	assert_int_equal(read_some(l, buf, 4), 4);
	assert_memory_equal(buf, "ping", 4);
	link_close(l);
}

static void expect_error(const char *script, int timeout_ms, const char *want)
{
	cleanup_err struct err err = ERR_INIT;
	struct link *l = start(script, "N0NCE");
	assert_int_equal(link_wait_ready(l, timeout_ms, &err), -1);
	if (!strstr(err.msg, want))
		fail_msg("got: %s", err.msg);
	assert_null(strchr(err.msg, '\n'));
	assert_null(strchr(err.msg, '\033'));
	link_close(l);
}

static void test_marker_errors(void **state)
{
	expect_error("echo 'no such command' >&2; exit 127", 5000, "sh ended with status 127: no such command");
	expect_error("echo This account is closed.; exit 1", 5000,
	    "sh ended with status 1: This account is closed.");
	/* stderr speaks louder than stdout; control characters do not reach the person's terminal. */
	expect_error("echo out; printf 'a\\033[2Jb\\n\\n' >&2; exit 3", 5000, "sh ended with status 3: a^[[2Jb");
	expect_error("echo Permission denied >&2; echo 'Connection to 127.0.0.1 closed.' >&2; exit 255", 5000,
	    "sh ended with status 255: Permission denied");
	expect_error("kill -9 $$", 5000, "sh was ended by signal 9");
	expect_error("echo waiting for a password; exec sleep 60", 200,
	    "sh gave no answer within 0.2 s: waiting for a password");
	expect_error("yes", 20000, "sh printed over 1024 kB and no mux proxy answered");
}

static void test_no_marker(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	struct link *l = start("printf hi", NULL);
	assert_int_equal(link_wait_ready(l, 0, &err), 0);
	char buf[8] = "";
	assert_int_equal(read_some(l, buf, 8), 2);
	link_close(l);
}

static void test_reason(void **state)
{
	struct link *l = start("printf x; i=0; while [ $i -lt 3000 ]; do echo line $i of much text; i=$((i+1));"
	    " done >&2; echo the end >&2; exit 7", NULL);
	char buf[8];
	assert_int_equal(read_some(l, buf, 1), 1);
	cleanup_free char *why = link_reason(l);
	assert_string_equal(why, "sh ended with status 7: the end");
	link_close(l);
}

static void test_close_ends_the_program(void **state)
{
	/* Ignores the end of its input and SIGTERM; link_close must not wait for it to be nice. */
	struct link *l = start("trap '' TERM; printf $$; while :; do sleep 1; done", NULL);
	char buf[16] = "";
	struct pollfd p = { .fd = link_read_fd(l), .events = POLLIN };
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_true(read(p.fd, buf, sizeof(buf) - 1) > 0);
	pid_t pid = (pid_t)strtol(buf, NULL, 10);
	assert_int_equal(kill(pid, 0), 0);
	link_close(l);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void test_no_such_program(void **state)
{
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_err struct err err = ERR_INIT;
	strv_push(&argv, "/nonexistent/ssh");
	assert_null(link_program(&argv, "N0NCE", &err));
	assert_non_null(strstr(err.msg, "/nonexistent/ssh"));
}

static void test_unix(void **state)
{
	char dir[] = "/tmp/lace-link-XXXXXX";
	assert_non_null(mkdtemp(dir));
	cleanup_free char *path = fs_join(dir, "sock");
	cleanup_err struct err err = ERR_INIT;
	assert_null(link_unix(path, &err));
	assert_int_equal(err.sys, ENOENT);

	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(server, 1), 0);
	struct link *l = link_unix(path, &err);
	assert_non_null(l);
	assert_int_equal(link_wait_ready(l, 0, &err), 0);
	int peer = accept(server, NULL, NULL);
	assert_int_equal(write(peer, "abc", 3), 3);
	char buf[4] = "";
	assert_int_equal(read_some(l, buf, 3), 3);
	assert_string_equal(buf, "abc");
	/* An end that has gone is an error of write(), not a signal. */
	close(peer);
	assert_int_equal(read_some(l, buf, 1), 0);
	assert_int_equal(write(link_write_fd(l), "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	cleanup_free char *why = link_reason(l);
	assert_string_equal(why, "the server closed the connection");
	link_close(l);
	close(server);

	char long_path[300];
	memset(long_path, 'x', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	assert_null(link_unix(long_path, &err));
	assert_non_null(strstr(err.msg, "at most 107 bytes"));
	assert_int_equal(fs_remove_tree(dir, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marker),
		cmocka_unit_test(test_marker_leaves_the_stream),
		cmocka_unit_test(test_marker_errors),
		cmocka_unit_test(test_no_marker),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_close_ends_the_program),
		cmocka_unit_test(test_no_such_program),
		cmocka_unit_test(test_unix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
