#include "../unit.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "host/fs.h"
#include "host/sha256.h"

static char dir[] = "/tmp/lace-context-XXXXXX";

static void put(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	cleanup_free char *parent = fs_dirname(path);
	assert_int_equal(fs_mkdir_p(parent, 0700, &err), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, &err), 0);
}

static void put_context(const char *name, const char *meta)
{
	char hex[65];
	sha256_hex(name, strlen(name), hex);
	cleanup_free char *path = xasprintf("%s/contexts/meta/%s/meta.json", dir, hex);
	put(path, meta);
}

static int begin(void **state)
{
	struct err err = ERR_INIT;
	unsetenv("DOCKER_HOST");
	unsetenv("DOCKER_CONTEXT");
	setenv("DOCKER_CONFIG", dir, 1);
	fs_remove_tree(dir, &err);
	err_fini(&err);
	return 0;
}

static void expect_socket(const char *path, const char *origin)
{
	char *got = NULL, *from = NULL;
	struct err err = ERR_INIT;
	assert_int_equal(context_socket(&got, &from, &err), 0);
	assert_string_equal(got, path);
	assert_non_null(strstr(from, origin));
	free(got);
	free(from);
}

static void expect_error(const char *part)
{
	char *got = NULL, *from = NULL;
	struct err err = ERR_INIT;
	assert_int_equal(context_socket(&got, &from, &err), -1);
	assert_int_equal(err.code, ERR_ENGINE);
	assert_non_null(strstr(err.msg, part));
	err_fini(&err);
}

static void without_configuration_the_default(void **state)
{
	expect_socket("/var/run/docker.sock", "default");
	setenv("DOCKER_HOST", "", 1);
	expect_socket("/var/run/docker.sock", "default");
	setenv("DOCKER_CONTEXT", "default", 1);
	expect_socket("/var/run/docker.sock", "default");
}

static void docker_host_comes_first(void **state)
{
	setenv("DOCKER_CONTEXT", "nowhere", 1);
	setenv("DOCKER_HOST", "unix:///a/b.sock", 1);
	expect_socket("/a/b.sock", "DOCKER_HOST");
	setenv("DOCKER_HOST", "tcp://10.0.0.1:2375", 1);
	expect_error("only Unix sockets are supported yet");
	setenv("DOCKER_HOST", "ssh://me@host", 1);
	expect_error("ssh://me@host");
	setenv("DOCKER_HOST", "unix://relative", 1);
	expect_error("DOCKER_HOST");
}

static void contexts(void **state)
{
	cleanup_free char *config = fs_join(dir, "config.json");
	put(config, "{\"auths\":{},\"currentContext\":\"rootless\"}");
	put_context("rootless", "{\"Name\":\"rootless\","
	    "\"Endpoints\":{\"docker\":{\"Host\":\"unix:///run/user/7/docker.sock\"}}}");
	put_context("far", "{\"Endpoints\":{\"docker\":{\"Host\":\"ssh://far\"}}}");
	put_context("empty", "{\"Endpoints\":{}}");
	put_context("broken", "{\"Endpoints\":");
	expect_socket("/run/user/7/docker.sock", "rootless");
	setenv("DOCKER_CONTEXT", "far", 1);
	expect_error("\"far\" names the engine \"ssh://far\"");
	setenv("DOCKER_CONTEXT", "empty", 1);
	expect_error("no docker endpoint");
	setenv("DOCKER_CONTEXT", "broken", 1);
	expect_error("not JSON");
	setenv("DOCKER_CONTEXT", "gone", 1);
	expect_error("\"gone\" does not exist");
	unsetenv("DOCKER_CONTEXT");
	put(config, "{\"currentContext\":");
	expect_error("config.json is not JSON");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_configuration_the_default, begin),
		cmocka_unit_test_setup(docker_host_comes_first, begin),
		cmocka_unit_test_setup(contexts, begin),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	begin(NULL);
	return rc;
}
