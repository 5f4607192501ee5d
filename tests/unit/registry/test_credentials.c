/* Who we are to a registry, and what it asks: files as docker and podman write them, headers as registries send them. */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "registry/challenge.h"
#include "registry/credentials.h"

#include <string.h>

static void from_auths(const char *config, const char *host, const char *user, const char *secret, const char *identity)
{
	json_object *json = json_tokener_parse(config);
	struct credentials c = { 0 };
	assert_non_null(json);
	bool found = credentials_from_auths(json, host, &c);
	assert_int_equal(found, user || identity);
	if (user) {
		assert_string_equal(c.user, user);
		assert_string_equal(c.secret, secret);
	}
	if (identity)
		assert_string_equal(c.identity, identity);
	credentials_fini(&c);
	json_object_put(json);
}

static void files(void **state)
{
	from_auths("{\"auths\": {\"ghcr.io\": {\"auth\": \"bWU6cGFzczp3b3Jk\"}}}", "ghcr.io", "me", "pass:word", NULL);
	from_auths("{\"auths\": {\"https://ghcr.io/v2/\": {\"auth\": \"bWU6cHc=\"}}}", "ghcr.io", "me", "pw", NULL);
	from_auths("{\"auths\": {\"GHCR.io\": {\"username\": \"u\", \"password\": \"p\"}}}", "ghcr.io", "u", "p", NULL);
	from_auths("{\"auths\": {\"https://index.docker.io/v1/\": {\"auth\": \"bWU6cHc=\"}}}", "docker.io", "me", "pw", NULL);
	from_auths("{\"auths\": {\"r.test:5000\": {\"identitytoken\": \"tok\"}}}", "r.test:5000", NULL, NULL, "tok");
	/* of another host, of one repository alone, broken, nothing */
	from_auths("{\"auths\": {\"ghcr.io.evil.test\": {\"auth\": \"bWU6cHc=\"}}}", "ghcr.io", NULL, NULL, NULL);
	from_auths("{\"auths\": {\"ghcr.io/owner\": {\"auth\": \"bWU6cHc=\"}}}", "ghcr.io", NULL, NULL, NULL);
	from_auths("{\"auths\": {\"ghcr.io\": {\"auth\": \"!!!\"}}}", "ghcr.io", NULL, NULL, NULL);
	from_auths("{\"auths\": {\"ghcr.io\": {\"auth\": \"bWU=\"}}}", "ghcr.io", NULL, NULL, NULL);
	from_auths("{\"auths\": {\"ghcr.io\": {}}}", "ghcr.io", NULL, NULL, NULL);
	from_auths("{\"auths\": {\"ghcr.io\": {\"username\": \"a\\r\\nb\", \"password\": \"p\"}}}", "ghcr.io", NULL, NULL, NULL);
	from_auths("{\"auths\": []}", "ghcr.io", NULL, NULL, NULL);
}

static void helpers(void **state)
{
	json_object *json = json_tokener_parse("{\"credsStore\": \"all\", \"credHelpers\": {\"ghcr.io\": \"one\"}}");
	assert_string_equal(credentials_helper(json, "ghcr.io"), "one");
	assert_string_equal(credentials_helper(json, "r.test"), "all");
	json_object_put(json);
	json = json_tokener_parse("{\"credsStore\": \"../../bin/sh\"}");
	assert_null(credentials_helper(json, "ghcr.io"));
	json_object_put(json);

	static const char pair[] = "{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"s\"}\n";
	static const char token[] = "{\"Username\":\"<token>\",\"Secret\":\"s\"}", none[] = "credentials not found\n";
	struct credentials c;
	assert_true(credentials_from_helper(pair, strlen(pair), &c));
	assert_string_equal(c.user, "u");
	credentials_fini(&c);
	assert_true(credentials_from_helper(token, strlen(token), &c));
	assert_null(c.user);
	assert_string_equal(c.identity, "s");
	credentials_fini(&c);
	assert_false(credentials_from_helper(none, strlen(none), &c));
}

static void list(void **state)
{
	struct credentials c = { 0 };
	assert_true(credentials_from_list("a.test|u|p,ghcr.io|me|to|ken", "ghcr.io", &c));
	assert_string_equal(c.user, "me");
	assert_string_equal(c.secret, "to|ken");
	credentials_fini(&c);
	assert_false(credentials_from_list("ghcr.io|me", "ghcr.io", &c));
	assert_false(credentials_from_list("", "ghcr.io", &c));
}

static void challenges(void **state)
{
	struct challenge c = { 0 };
	challenge_parse(&c, "Bearer realm=\"https://a.test/t\",service=\"s, \\\"x\\\"\" , scope=\"repository:a/b:pull\",error=\"x\"");
	assert_true(c.bearer);
	assert_false(c.basic);
	assert_string_equal(c.realm, "https://a.test/t");
	assert_string_equal(c.service, "s, \"x\"");
	assert_string_equal(c.scope, "repository:a/b:pull");
	challenge_fini(&c);

	/* two in one header: the realm is Bearer's */
	challenge_parse(&c, "Basic realm=\"x\", bearer Realm = token , service=y");
	assert_true(c.bearer && c.basic);
	assert_string_equal(c.realm, "token");
	assert_string_equal(c.service, "y");
	challenge_fini(&c);

	static const char *const odd[] = { "", ",,,", "=", "Bearer", "Bearer realm", "Bearer realm=\"", "Bearer realm=\"x\\", "\"", "Negotiate" };
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		challenge_parse(&c, odd[i]);
		assert_null(c.realm);
		challenge_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(files), cmocka_unit_test(helpers), cmocka_unit_test(list),
		cmocka_unit_test(challenges) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
