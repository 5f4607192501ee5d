/* What engines and their programs say, turned into one line or into a port number. */
#include "../unit.h"

#include "base/mem.h"
#include "engine/internal.h"

static void expect_line(const char *text, const char *want)
{
	struct str got = STR_INIT;
	cli_last_line(text, strlen(text), &got);
	assert_string_equal(got.s, want);
	str_fini(&got);
}

static void last_line_that_means_something(void **state)
{
	expect_line("Unable to find image 'x:latest' locally\n"
	    "docker: Error response from daemon: pull access denied.\n"
	    "See 'docker create --help'.\n", "pull access denied.");
	expect_line("unknown flag: --bogus\n\nUsage:  docker create [OPTIONS] IMAGE\n\n"
	    "Run 'docker create --help' for more information\n", "unknown flag: --bogus");
	expect_line("------\n > [2/2] RUN false:\n------\nERROR: failed to solve: exit code: 1\n-----\n",
	    "failed to solve: exit code: 1");
	expect_line("progress 1\rprogress 2\r\n", "progress 2");
	expect_line("one line without an end", "one line without an end");
	expect_line("", "");
	expect_line("\n\n---\n", "");
}

static void escape_sequences_are_made_visible(void **state)
{
	struct str got = STR_INIT;
	cli_last_line("bad \033[31mred\n", 13, &got);
	assert_string_equal(got.s, "bad red");
	str_fini(&got);
}

static void expect_port(const char *msg, bool conflict, int want)
{
	struct err err = ERR_INIT;
	int port = -1;
	err_set(&err, ERR_FAILED, "%s", msg);
	assert_int_equal(engine_port_conflict(&err, &port), conflict);
	assert_int_equal(port, want);
	assert_int_equal(engine_port_conflict(&err, NULL), conflict);
	err_fini(&err);
}

static void port_conflicts(void **state)
{
	expect_port("cannot start container abc: "
	    "driver failed programming external connectivity on endpoint x (0a1b): "
	    "Bind for 127.0.0.1:22430 failed: port is already allocated", true, 22430);
	expect_port("Bind for :::8080 failed: port is already allocated", true, 8080);
	expect_port("Error starting userland proxy: listen tcp4 0.0.0.0:22431: bind: address already in use", true,
	    22431);
	expect_port("failed to set up container networking: "
	    "driver failed programming external connectivity on endpoint x (y): "
	    "failed to bind host port for 127.0.0.1:22432:172.17.0.2:2222/tcp: address already in use", true,
	    22432);
	expect_port("failed to bind host port 127.0.0.1:22433/tcp: address already in use", true, 22433);
	expect_port(
	    "failed to bind host port for [::1]:22434:172.17.0.2:2222/tcp: address already in use", true, 22434);
	expect_port("rootlessport listen tcp 0.0.0.0:8082: bind: address already in use", true, 8082);
	expect_port("address already in use", true, 0);
	expect_port("Bind for 127.0.0.1:99999999999999999999 failed: port is already allocated", true, 0);
	expect_port("no such image: listen tcp 1:2", false, 0);
	struct err none = ERR_INIT;
	assert_false(engine_port_conflict(&none, NULL));
}

static void names(void **state)
{
	struct err err = ERR_INIT;
	assert_int_equal(api_check_container("0123456789ab", &err), 0);
	assert_int_equal(api_check_container("my_proj.x-1", &err), 0);
	assert_int_equal(api_check_image("ghcr.io:443/a/b:tag@sha256:00", &err), 0);
	static const char *const bad[] = { "", ".", "..", "a/b", "a?b", "a b", "a%2fb", "a\nb" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(api_check_container(bad[i], &err), -1);
		assert_int_equal(err.code, ERR_NOT_FOUND);
	}
	assert_int_equal(api_check_image("a/../b", &err), -1);
	/* an option to the engine's program */
	assert_int_equal(api_check_image("--all-tags", &err), -1);
	assert_int_equal(api_check_container("-f", &err), -1);
	assert_int_equal(api_check_image("a?x=1", &err), -1);
	err_fini(&err);
	struct str s = STR_INIT;
	api_escape(&s, "a/b c&d=\xc3\xa9~");
	assert_string_equal(s.s, "a%2Fb%20c%26d%3D%C3%A9~");
	str_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_line_that_means_something),
		cmocka_unit_test(escape_sequences_are_made_visible),
		cmocka_unit_test(port_conflicts),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
