/* Types, legal words and positions of devcontainer.json's properties. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/check.h"
#include "host/jsonc.h"

#include <string.h>

/* Message of the check, "ok", with the warnings behind it, all separated by newlines. */
static char *check(const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_strv struct strv warnings = STRV_INIT;
	json_object *o = jsonc_parse(text, strlen(text), "f", NULL, &err);
	if (!o)
		fail_msg("%s", err.msg);
	struct str out = STR_INIT;
	int r = dev_check(o, "f", &warnings, &err);
	str_puts(&out, r < 0 ? err.msg : "ok");
	for (size_t i = 0; i < warnings.n; i++)
		str_printf(&out, "\n%s", warnings.v[i]);
	json_object_put(o);
	return str_detach(&out);
}

static void test_legal(void **state)
{
	static const char *const rows[] = {
		"{}",
		"{\"$schema\":\"s\",\"name\":\"n\",\"image\":\"i\"}",
		"{\"image\":\"i\",\"customizations\":{\"vscode\":{\"x\":[{\"y\":1}]},\"other\":null,\"z\":3}}",
		"{\"build\":{\"dockerfile\":\"D\",\"context\":\"..\",\"args\":{\"A\":\"1\",\"B\":2,\"C\":true},"
		    "\"target\":\"t\","
		    "\"cacheFrom\":\"c\",\"options\":[\"--x\"]}}",
		"{\"build\":{\"dockerfile\":\"D\",\"cacheFrom\":[\"c\",\"d\"]}}",
		"{\"dockerFile\":\"D\",\"context\":\".\"}",
		"{\"image\":\"i\",\"features\":{\"./a\":\"9\",\"./b\":true,\"ghcr.io/x/y:1\":{\"o\":\"v\",\"p\":false,"
		    "\"q\":18}}}",
		"{\"image\":\"i\",\"forwardPorts\":[0,3000,65535,\"db:5432\",\"my_db.local:1\"]}",
		"{\"image\":\"i\",\"portsAttributes\":{\"3000\":{\"label\":\"l\",\"onAutoForward\":\"openBrowserOnce\"},"
		    "\"a.*b[]\":{\"protocol\":\"https\",\"requireLocalPort\":true,\"elevateIfNeeded\":false}},"
		    "\"otherPortsAttributes\":{\"onAutoForward\":\"silent\"}}",
		"{\"image\":\"i\",\"containerEnv\":{\"K\":\"v w\",\"E\":\"\",\"N\":1},\"remoteEnv\":{\"A\":null,"
		    "\"B\":\"${containerEnv:X}\"}}",
		"{\"image\":\"i\",\"mounts\":[\"type=bind,source=/a,target=/b\",{\"type\":\"volume\",\"target\":\"/c\"},"
		    "\"${localEnv:M}\",\"source=${localWorkspaceFolder},target=/x,type=bind\"]}",
		"{\"image\":\"i\",\"appPort\":3000}", "{\"image\":\"i\",\"appPort\":\"3000:3000/udp\"}",
		"{\"image\":\"i\",\"appPort\":[3000,\"4000:5000\",\"127.0.0.1::6000\"]}",
		"{\"image\":\"i\",\"workspaceMount\":\"\",\"workspaceFolder\":\"${localEnv:X}/y\"}",
		"{\"image\":\"i\",\"runArgs\":[\"--rm\"],\"capAdd\":[\"A\"],\"securityOpt\":[\"b\"],\"init\":true,"
		    "\"privileged\":false}",
		"{\"image\":\"i\",\"postCreateCommand\":\"x\",\"onCreateCommand\":[\"a\",\"b\"],\"postStartCommand\":"
		    "{\"one\":\"x\",\"two.*\":[\"a\"]},\"initializeCommand\":{}}",
		"{\"image\":\"i\",\"waitFor\":\"postCreateCommand\",\"userEnvProbe\":\"none\","
		    "\"shutdownAction\":\"stopContainer\","
		    "\"overrideCommand\":true,\"updateRemoteUserUID\":false,\"containerUser\":\"a\",\"remoteUser\":\"b\"}",
		"{\"image\":\"i\",\"extensions\":[\"a\"],\"settings\":{\"a.b\":{}},\"devPort\":1}",
		"{\"dockerComposeFile\":[\"a\",\"b\"],\"service\":\"s\",\"runServices\":[\"t\"],\"workspaceFolder\":\"/\"}",
		"{\"dockerComposeFile\":\"a\",\"service\":\"s\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *got = check(rows[i]);
		if (!str_eq(got, "ok"))
			fail_msg("%s\n%s", rows[i], got);
	}
}

static void test_wrong(void **state)
{
	static const struct { const char *in, *message; } rows[] = {
		{ "[]", "f: expected a JSON object, \"{ ... }\"" },
		{ "{\n \"image\": 3}", "f:2:11: \"image\": expected a string, found 3" },
		{ "{\"image\":\"\"}", "f:1:10: \"image\": expected a string that is not empty, found \"\"" },
		{ "{\"build\":{\"args\":{\"A\":[]}}}",
		    "f:1:23: \"build.args.A\": expected a string, true or false or a number, found []" },
		{ "{\"runArgs\":\"-it\"}", "f:1:12: \"runArgs\": expected an array, found \"-it\"" },
		{ "{\"runArgs\":[\"a\",1]}", "f:1:17: \"runArgs[1]\": expected a string, found 1" },
		{ "{\"runArgs\":[null]}", "f: \"runArgs[0]\": expected a string, found null" },
		{ "{\"init\":\"true\"}", "f:1:9: \"init\": expected true or false, found \"true\"" },
		{ "{\"waitFor\":\"x\"}", "f:1:12: \"waitFor\": expected \"initializeCommand\", \"onCreateCommand\", "
		    "\"updateContentCommand\", \"postCreateCommand\" or \"postStartCommand\", found \"x\"" },
		{ "{\"userEnvProbe\":\"login\"}", "f:1:17: \"userEnvProbe\": expected \"none\", \"interactiveShell\", "
		    "\"loginShell\" or \"loginInteractiveShell\", found \"login\"" },
		{ "{\"postCreateCommand\":5}",
		    "f:1:22: \"postCreateCommand\": expected a string, an object or an array, found 5" },
		{ "{\"postCreateCommand\":{\"a\":{}}}",
		    "f:1:27: \"postCreateCommand.a\": expected a string or an array, found {}" },
		{ "{\"forwardPorts\":[70000]}",
		    "f:1:18: \"forwardPorts[0]\": expected a port from 0 to 65535 or \"host:port\", found 70000" },
		{ "{\"forwardPorts\":[\"3000\"]}",
		    "f:1:18: \"forwardPorts[0]\": expected a port from 0 to 65535 or \"host:port\", found \"3000\"" },
		{ "{\"mounts\":[\"type=bind,source=/a\"]}", "f:1:12: \"mounts[0]\": expected a mount such as "
		    "\"type=bind,source=/on/the/host,target=/in/the/container\", found \"type=bind,source=/a\"" },
		{ "{\"mounts\":[{\"type\":\"nfs\",\"target\":\"/a\"}]}",
		    "f:1:20: \"mounts[0].type\": expected \"bind\", \"volume\" or \"tmpfs\", found \"nfs\"" },
		{ "{\"mounts\":[{\"type\":\"bind\",\"target\":\"/a\"}]}",
		    "f:1:12: \"mounts[0]\": expected a \"source\" in a bind mount, found {\"type\":\"bind\","
		    "\"target\":\"/a\"}" },
		{ "{\"appPort\":0}", "f:1:12: \"appPort\": expected a port from 1 to 65535, found 0" },
		{ "{\"appPort\":[\"--x\"]}", "f:1:13: \"appPort[0]\": expected a port as the engine's -p takes it, such as "
		    "\"127.0.0.1:3000:3000\", found \"--x\"" },
		{ "{\"workspaceFolder\":\"src\"}",
		    "f:1:20: \"workspaceFolder\": expected an absolute path in the container, found \"src\"" },
		{ "{\"hostRequirements\":{\"memory\":\"8 GB\"}}",
		    "f:1:31: \"hostRequirements.memory\": expected a size such as \"512mb\" or \"4gb\", found \"8 GB\"" },
		{ "{\"hostRequirements\":{\"cpus\":1.5}}",
		    "f:1:29: \"hostRequirements.cpus\": expected an integer, found 1.5" },
		{ "{\"containerEnv\":{\"A=B\":\"x\"}}",
		    "f:1:24: \"containerEnv\": expected names of environment variables, "
		    "without \"=\", found \"x\"" },
		{ "{\"containerEnv\":{\"A\":null}}",
		    "f: \"containerEnv.A\": expected a string, true or false or a number, found null" },
		{ "{\"features\":{\"./a\":[]}}", "f:1:20: \"features../a\": expected a string,"
		    " true or false or an object, found []" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *got = check(rows[i].in);
		got[strcspn(got, "\n")] = '\0';
		assert_string_equal(got, rows[i].message);
	}
}

static void test_warned(void **state)
{
	static const struct { const char *in, *message; } rows[] = {
		{ "{\"foo\":1}", "ok\nf:1:8: unknown property \"foo\"" },
		{ "{\"a.b\":1}", "ok\nf:1:8: unknown property \"a.b\"" },
		{ "{\"dockerfile\":\"D\"}", "ok\nf:1:15: unknown property \"dockerfile\": is \"dockerFile\" meant?" },
		{ "{\"build\":{\"dockerfile\":\"D\",\"Args\":{}}}",
		    "ok\nf:1:35: unknown property \"build.Args\": is \"args\" meant?" },
		/* The table's own spelling is no property. */
		{ "{\"build.args\":1,\"mounts[]\":2}", "ok\nf:1:15: unknown property \"build.args\"\n"
		    "f:1:28: unknown property \"mounts[]\"" },
		{ "{\"portsAttributes\":{\"1\":{\"x\":1}}}", "ok\nf:1:30: unknown property \"portsAttributes.1.x\"" },
		{ "{\"secrets\":{\"A\":{\"description\":\"d\"}}}",
		    "ok" },
		{ "{\"hostRequirements\":{\"gpu\":true}}", "ok" },
		{ "{\"image\":null}", "ok\nf: \"image\" is null: it counts as not set" },
		{ "{\"image\":\"i\",\"service\":\"s\"}",
		    "ok\nf:1:24: \"service\" has no effect without dockerComposeFile" },
		{ "{\"dockerComposeFile\":\"c\",\"runArgs\":[]}",
		    "ok\nf:1:36: \"runArgs\" has no effect with dockerComposeFile" },
		{ "{\"image\":\"i\",\"build\":{\"context\":\".\"}}",
		    "ok\nf:1:22: \"build\" has no \"dockerfile\": it has no effect" },
		{ "{\"\\u001b[2J\":1}", "ok\nf:1:14: unknown property \"^[[2J\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *got = check(rows[i].in);
		assert_string_equal(got, rows[i].message);
	}
}

static void test_many_warnings(void **state)
{
	cleanup_str struct str s = STR_INIT;
	str_putc(&s, '{');
	for (int i = 0; i < 1000; i++)
		str_printf(&s, "\"p%d\":1,", i);
	str_putc(&s, '}');
	cleanup_free char *got = check(s.s);
	size_t lines = 0;
	for (const char *p = got; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, DEV_CHECK_WARNINGS_MAX + 1);
	assert_true(str_ends(got, "and 960 more of this kind"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_legal), cmocka_unit_test(test_wrong), cmocka_unit_test(test_warned),
		cmocka_unit_test(test_many_warnings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
