/* References. Cases T111-T113 of devcontainer.md 5.2, and the OCI distribution specification's grammar. */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "registry/ref.h"

#include <string.h>

static void is(const char *text, const char *host, const char *path, const char *tag, const char *digest)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_registry_ref struct registry_ref r = REGISTRY_REF_INIT;
	assert_true(registry_ref_is(text));
	if (registry_ref_parse(text, &r, &err) != 0)
		fail_msg("%s", err.msg);
	assert_string_equal(r.host, host);
	assert_string_equal(r.path, path);
	assert_true((r.tag && tag && str_eq(r.tag, tag)) || (!r.tag && !tag));
	assert_true((r.digest && digest && str_eq(r.digest, digest)) || (!r.digest && !digest));
}

static void refused(const char *text, const char *why)
{
	cleanup_err struct err err = ERR_INIT;
	struct registry_ref r;
	assert_int_equal(registry_ref_parse(text, &r, &err), -1);
	if (!strstr(err.msg, why))
		fail_msg("\"%s\" lacks \"%s\"", err.msg, why);
	assert_null(r.host);
}

#define SHA "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void references(void **state)
{
	is("ghcr.io/DeVContainERS/templates/Docker-FROM-Docker", "ghcr.io", "devcontainers/templates/docker-from-docker", "latest", NULL);
	is("docker.io:8001/devcontainers/templates/docker-from-docker:1.3.4", "docker.io:8001",
	    "devcontainers/templates/docker-from-docker", "1.3.4", NULL);
	is("ghcr.io/x/y@" SHA, "ghcr.io", "x/y", NULL, SHA);
	is("localhost:5000/a/b:1_x.y-z", "localhost:5000", "a/b", "1_x.y-z", NULL);
	is("[::1]:5000/a/b", "[::1]:5000", "a/b", "latest", NULL);
	is("ghcr.io/devcontainers-contrib/features/x:1", "ghcr.io", "devcontainers-extra/features/x", "1", NULL);

	refused("ghcr.io/a//b", "no path");
	refused("ghcr.io/a/-b", "no path");
	refused("ghcr.io/a/b__c..d", "no path");
	refused("ghcr.io/a/b/", "no path");
	refused("ghcr.io/", "no path");
	refused("ghcr.io/a/b:", "no tag");
	refused("ghcr.io/a/b:-1", "no tag");
	refused("ghcr.io/a/b@sha256:12", "no digest");
	refused("ghcr.io/a/b:1@" SHA, "no path");
	refused("gh_cr.io/a/b", "no registry's name");
	refused("ghcr.io:999999/a/b", "no registry's name");
	refused("ghcr.io\\@evil.test/a/b", "no registry's name");
	refused("node", "names no registry");
	assert_false(registry_ref_is("./a.b/c"));
	assert_false(registry_ref_is("https://ghcr.io/a"));
	assert_false(registry_ref_is("owner/repo/feature"));
}

static void hosts(void **state)
{
	static const char *const here[] = { "localhost", "localhost:5000", "127.0.0.1", "127.0.0.1:1", "127.9.8.7", "[::1]:5" };
	static const char *const there[] = { "localhost.test", "127.0.0.1.test", "127.test", "128.0.0.1", "localhostx", "[::2]", "[::1]x",
		"ghcr.io" };
	for (size_t i = 0; i < ARRAY_LEN(here); i++)
		assert_true(registry_host_is_loopback(here[i]));
	for (size_t i = 0; i < ARRAY_LEN(there); i++)
		if (registry_host_valid(there[i]))
			assert_false(registry_host_is_loopback(there[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(references), cmocka_unit_test(hosts) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
