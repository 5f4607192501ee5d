#include "../unit.h"

#include "base/mem.h"
#include "dev/feature.h"
#include "dev/options.h"

#include <string.h>

/* T110, devcontainer.md 2.4 */
static void names(void **state)
{
	static const char *const cases[][2] = {
		{ "option-name", "OPTION_NAME" },
		{ "option1-name-with_dashes-", "OPTION1_NAME_WITH_DASHES_" },
		{ "myOptionName", "MYOPTIONNAME" },
		{ "1name", "_NAME" },
		{ "12345_option-name", "_OPTION_NAME" },
		{ "gatewayPorts", "GATEWAYPORTS" },
		{ "-x", "_X" },
		{ "_", "_" },
		{ "42", "_" },
		{ "a.b/c", "A_B_C" },
		{ "\xc3\xa9t\xc3\xa9", "_T_" },
		{ "", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_free char *got = dev_feature_env_name(cases[i][0]);
		assert_string_equal(got, cases[i][1]);
	}
}

static void options(const char *feature, const char *written, const char *const *want)
{
	json_object *f = json_tokener_parse(feature), *w = written ? json_tokener_parse(written) : NULL;
	json_object *got = dev_options_resolve(f, w);
	cleanup_strv struct strv env = STRV_INIT;
	dev_options_env(got, &env);
	size_t n = 0;
	for (; want[n]; n++) {
		assert_true(n < env.n);
		assert_string_equal(env.v[n], want[n]);
	}
	assert_int_equal(env.n, n);
	json_object_put(got);
	json_object_put(f);
	json_object_put(w);
}

static const char feature[] =
    "{\"options\": {\"version\": {\"type\": \"string\", \"default\": \"latest\"},"
    " \"on\": {\"type\": \"boolean\", \"default\": true}, \"none\": {\"type\": \"string\"}}}";

static void resolve(void **state)
{
	options(feature, NULL, (const char *[]){ "VERSION=latest", "ON=true", NULL });
	options(feature, "\"9\"", (const char *[]){ "VERSION=9", "ON=true", NULL });
	options(feature, "true", (const char *[]){ "VERSION=true", "ON=true", NULL });
	options("{}", "\"9\"", (const char *[]){ NULL });
	options(feature, "{\"on\": false, \"extra-one\": 5, \"version\": \"q\\\"u o$t`e\"}",
	    (const char *[]){ "VERSION=q\"u o$t`e", "ON=false", "EXTRA_ONE=5", NULL });
	options("{}", "{\"a-b\": \"1\", \"a_b\": \"2\"}", (const char *[]){ "A_B=2", NULL });
}

static void container_env(void **state)
{
	json_object *f = json_tokener_parse(
	    "{\"containerEnv\": {\"PATH\": \"/opt/x:${PATH}\", \"A\": \"a $PATH\", \"Q\": \"say \\\"hi\\\" "
	    "'there'\","
	    " \"D\": \"\\\\$PATH\", \"E\": \"${NONE}|${NONE:-d}|${PATH:+p}\", \"N\": 1, \"B\": true}}");
	cleanup_strv struct strv env = STRV_INIT;
	cleanup_err struct err err = ERR_INIT;
	strv_push(&env, "PATH=/bin");
	assert_int_equal(dev_options_container_env(f, &env, &err), 0);
	assert_string_equal(env_get(&env, "PATH"), "/opt/x:/bin");
	assert_string_equal(env_get(&env, "A"), "a /opt/x:/bin");
	assert_string_equal(env_get(&env, "Q"), "say \"hi\" 'there'");
	assert_string_equal(env_get(&env, "D"), "$PATH");
	assert_string_equal(env_get(&env, "E"), "|d|p");
	assert_string_equal(env_get(&env, "N"), "1");
	assert_string_equal(env_get(&env, "B"), "true");
	json_object_put(f);

	f = json_tokener_parse("{\"containerEnv\": {\"X\": \"${PATH\"}}");
	assert_int_equal(dev_options_container_env(f, &env, &err), -1);
	assert_non_null(strstr(err.msg, "containerEnv.X"));
	json_object_put(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(resolve),
		cmocka_unit_test(container_env),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
