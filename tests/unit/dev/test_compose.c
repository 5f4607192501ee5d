/* Names and words of compose projects: the rules of devcontainer.md 3.5, and of a POSIX shell's quoting. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/compose.h"

#include <string.h>

static void project_names(void **state)
{
	(void)state;
	static const struct { const char *env, *dotenv, *name, *first, *expected; } cases[] = {
		{ NULL, NULL, NULL, "/w/My.Proj/docker-compose.yml", "myproj" },
		{ NULL, NULL, NULL, "/w/My.Proj/.devcontainer/docker-compose.yml", "myproj_devcontainer" },
		{ NULL, NULL, NULL, "/w/My.Proj/docker/docker-compose.yml", "docker" },
		{ NULL, NULL, "Named-one_2", "/w/My.Proj/docker-compose.yml", "named-one_2" },
		{ NULL, "A=b\nCOMPOSE_PROJECT_NAME= From.File \r\n", "named", "/w/My.Proj/d.yml", "fromfile" },
		{ NULL, "XCOMPOSE_PROJECT_NAME=x\nCOMPOSE_PROJECT_NAME=\n", "named", "/w/My.Proj/d.yml", "named" },
		{ "Env", "COMPOSE_PROJECT_NAME=file", "named", "/w/My.Proj/d.yml", "env" },
		{ "...", NULL, NULL, "/w/My.Proj/d.yml", "myproj" },
		{ NULL, NULL, NULL, "/w/é/d.yml", "devcontainer" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_free char *got = dev_compose_project_name("/w/My.Proj", cases[i].env, cases[i].dotenv, cases[i].name,
		    cases[i].first);
		assert_string_equal(got, cases[i].expected);
	}
}

static void words_as_a_shell_splits_them(void **state)
{
	(void)state;
	static const struct { const char *text, *expected; } cases[] = {
		{ "sleep infinity", "sleep|infinity|" },
		{ "  a\t'b  c'  \"d 'e'\" ", "a|b  c|d 'e'|" },
		{ "x\\ y \"\\\"q\\\" \\n\" ''", "x y|\"q\" \\n||" },
		{ "a'b'\"c\"d", "abcd|" },
		{ "open 'quote", "open|quote|" },
		{ "", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_strv struct strv words = STRV_INIT;
		cleanup_str struct str got = STR_INIT;
		dev_compose_words(cases[i].text, &words);
		for (size_t k = 0; k < words.n; k++)
			str_printf(&got, "%s|", words.v[k]);
		assert_string_equal(got.s, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(project_names),
		cmocka_unit_test(words_as_a_shell_splits_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
