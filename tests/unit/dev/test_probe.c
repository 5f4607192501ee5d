/* What a container's answer is taken for, and the forms of a lifecycle command. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/command.h"
#include "dev/probe.h"

#define HEAD "mark\npid=12\nuid=1000\nhome=/home/dev\nshell=/bin/bash\npatched=1\n"

static void parse(const char *text, size_t len, struct probe *p)
{
	probe_parse(text, len, "mark", p);
}
#define PARSE(text, p) parse(text, sizeof(text) - 1, p)

static void whole_answer(void **state)
{
	struct probe p;
	PARSE("noise of sh\n" HEAD "dir=1\nmarker0=2026-01-01T00:00:00.5Z\nmarker2=\nend\nnoise of .bashrc\n"
	    "markPATH=/a:/b\0PWD=/x\0_=/bin/cat\0SHLVL=1\0TEXT=two\nlines\0nonsense\0=x\0EMPTY=\0markand more", &p);
	assert_true(p.complete && p.patched && p.dir_exists && p.has_env);
	assert_int_equal(p.pid, 12);
	assert_int_equal(p.uid, 1000);
	assert_string_equal(p.home, "/home/dev");
	assert_string_equal(p.shell, "/bin/bash");
	assert_string_equal(p.markers[0], "2026-01-01T00:00:00.5Z");
	assert_null(p.markers[1]);
	assert_string_equal(p.markers[2], "");
	assert_int_equal(p.env.n, 3);
	assert_string_equal(env_get(&p.env, "PATH"), "/a:/b");
	assert_string_equal(env_get(&p.env, "TEXT"), "two\nlines");
	assert_string_equal(env_get(&p.env, "EMPTY"), "");
	probe_fini(&p);
}

static void every_truncation_is_survived(void **state)
{
	static const char text[] = HEAD "end\nxmarkA=1\0B=2\0mark";
	size_t head = sizeof(HEAD "end\n") - 1;
	for (size_t len = 0; len < sizeof(text); len++) {
		struct probe p;
		char *copy = xmemdup0(text, len); /* so that reading beyond is noticed */
		parse(copy, len, &p);
		assert_int_equal(p.complete, len >= head);
		assert_int_equal(p.has_env, len >= sizeof(text) - 1);
		probe_fini(&p);
		free(copy);
	}
}

static void what_does_not_fit_is_not_taken(void **state)
{
	struct probe p;
	PARSE("mark\nuid=-4\nhome=relative\nshell=\nend\n", &p);
	assert_false(p.complete);
	probe_fini(&p);
	PARSE("mark\nuid=99999999999999\nhome=/h\nshell=/s\nend\n", &p);
	assert_false(p.complete);
	probe_fini(&p);
	PARSE(HEAD "marker9=x\nmarker=x\nsession=zz\nunknown\nend\n", &p);
	assert_true(p.complete);
	assert_string_equal(p.session_digest, "");
	probe_fini(&p);
}

static void expect_path(const char *shell, const char *container, bool root, const char *want)
{
	cleanup_free char *got = probe_merge_path(shell, container, root);
	assert_string_equal(got, want);
}

static void lost_path_entries_come_back(void **state)
{
	expect_path("/usr/bin:/bin", "/opt/x/bin:/usr/bin:/opt/y/bin:/bin", false,
	    "/opt/x/bin:/usr/bin:/opt/y/bin:/bin");
	expect_path("/mine:/usr/bin:/bin", "/usr/bin:/opt/a:/opt/b", false, "/mine:/usr/bin:/opt/a:/opt/b:/bin");
	expect_path("/bin", "/usr/sbin:/bin:/sbin", false, "/bin");
	expect_path("/bin", "/usr/sbin:/bin:/sbin", true, "/usr/sbin:/bin:/sbin");
	expect_path("", "/bin::", false, "/bin");
}

static void environment_file_takes_what_it_can_hold(void **state)
{
	struct strv env = STRV_INIT;
	strv_push(&env, "A=one two");
	strv_push(&env, "Q=say \"x\"");
	strv_push(&env, "L=two\nlines");
	strv_push(&env, "E=");
	struct str s = STR_INIT;
	probe_environment(&env, &s);
	assert_string_equal(s.s, "\nA=\"one two\"\nQ=\"say \"x\"\"\nE=\"\"\n");
	str_fini(&s);
	strv_fini(&env);
}

/* ---- lifecycle commands ---- */

static void expect_command(const char *json, bool parallel, size_t n)
{
	struct command c;
	struct err err = ERR_INIT;
	json_object *o = json_tokener_parse(json);
	assert_int_equal(command_parse(o, &c, &err), 0);
	assert_int_equal(c.parallel, parallel);
	assert_int_equal(c.n, n);
	command_fini(&c);
	json_object_put(o);
}

static void empty_forms_are_nothing(void **state)
{
	expect_command("\"\"", false, 0);
	expect_command("[]", false, 0);
	expect_command("{}", true, 0);
	expect_command("{\"a\":\"\",\"b\":[],\"c\":{},\"d\":null,\"e\":3}", true, 0);
	expect_command("null", false, 0);
	expect_command("7", false, 0);
	expect_command("{\"a\":\"x\",\"b\":[\"y\"]}", true, 2);
}

static void arguments_stay_as_they_are(void **state)
{
	struct command c;
	struct err err = ERR_INIT;
	json_object *o = json_tokener_parse("[\"echo\",\"a b\",\"$HOME\",null,3]");
	assert_int_equal(command_parse(o, &c, &err), 0);
	assert_int_equal(c.n, 1);
	const struct strv *argv = &c.v[0].argv;
	assert_int_equal(argv->n, 9);
	assert_string_equal(argv->v[5], "a b");
	assert_string_equal(argv->v[6], "$HOME");
	assert_string_equal(argv->v[7], "");
	assert_string_equal(argv->v[8], "3");
	command_fini(&c);
	json_object_put(o);

	o = json_object_new_object();
	for (int i = 0; i <= COMMAND_MEMBERS_MAX; i++) {
		cleanup_free char *key = xasprintf("k%d", i);
		json_object_object_add(o, key, json_object_new_string("true"));
	}
	assert_int_equal(command_parse(o, &c, &err), -1);
	err_fini(&err);
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_answer),
		cmocka_unit_test(every_truncation_is_survived),
		cmocka_unit_test(what_does_not_fit_is_not_taken),
		cmocka_unit_test(lost_path_entries_come_back),
		cmocka_unit_test(environment_file_takes_what_it_can_hold),
		cmocka_unit_test(empty_forms_are_nothing),
		cmocka_unit_test(arguments_stay_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
