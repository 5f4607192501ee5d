/* The metadata label and its merge (devcontainer.md 1.5, T060-T081). */
#include "../unit.h"

#include "base/mem.h"
#include "dev/metadata.h"
#include "host/jsonc.h"

#include <string.h>

static json_object *parse(const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	json_object *o = jsonc_parse(text, strlen(text), "test", NULL, &err);
	if (!o)
		fail_msg("%s", err.msg);
	return o;
}

static char *print(json_object *o)
{
	struct str s = STR_INIT;
	json_stringify(&s, o);
	return str_detach(&s);
}

/* Merges the label's entries and the configuration, then prints the properties that keys names. */
static char *merge(const char *label, const char *conf, const char *const *keys)
{
	json_object *entries = dev_metadata_parse(label), *c = parse(conf);
	json_object *own = dev_metadata_from_config(c);
	if (own)
		json_object_array_add(entries, own);
	json_object *merged = dev_metadata_merge(entries, c), *shown = json_object_new_object();
	for (; *keys; keys++) {
		json_object *value;
		if (json_object_object_get_ex(merged, *keys, &value))
			json_object_object_add(shown, *keys, json_object_get(value));
	}
	char *ret = print(shown);
	json_object_put(entries);
	json_object_put(c);
	json_object_put(merged);
	json_object_put(shown);
	return ret;
}

static void test_merge(void **state)
{
	static const struct { const char *label, *conf, *keys[8], *out; } rows[] = {
		/* T060 */
		{ "[{\"init\":true},{\"privileged\":true}]", "{\"init\":false}", { "init", "privileged" },
		    "{\"init\":true,\"privileged\":true}" },
		{ "[]", "{}", { "init", "privileged", "capAdd", "mounts", "customizations", "entrypoints",
		    "hostRequirements" },
		    "{\"init\":false,\"privileged\":false}" },
		/* T061 */
		{ "[{\"capAdd\":[\"A\",\"C\"]},{\"capAdd\":[\"B\"],\"securityOpt\":[\"x\"]}]", "{\"capAdd\":[\"B\",\"A\"]}",
		    { "capAdd", "securityOpt" }, "{\"capAdd\":[\"A\",\"C\",\"B\"],\"securityOpt\":[\"x\"]}" },
		/* T062 */
		{ "[{\"mounts\":[\"source=/a,target=/t1,type=bind\",{\"type\":\"volume\",\"source\":\"c\","
		    "\"target\":\"/t2\"}]},"
		    "{\"mounts\":[{\"type\":\"volume\",\"source\":\"d\",\"target\":\"/t3\"}]}]",
		    "{\"mounts\":[\"type=bind,source=/c,target=/t1\",\"source=x,dst=/t4,type=volume\"]}", { "mounts" },
		    "{\"mounts\":[{\"type\":\"volume\",\"source\":\"c\",\"target\":\"/t2\"},{\"type\":\"volume\","
		    "\"source\":\"d\","
		    "\"target\":\"/t3\"},\"type=bind,source=/c,target=/t1\",\"source=x,dst=/t4,type=volume\"]}" },
		{ "[{\"mounts\":[\"type=bind,\\\"source=/a,b\\\",\\\"target=/t,1\\\"\"]}]",
		    "{\"mounts\":[{\"type\":\"volume\",\"target\":\"/t,1\"}]}", { "mounts" },
		    "{\"mounts\":[{\"type\":\"volume\",\"target\":\"/t,1\"}]}" },
		/* One that nobody can read stays for the engine to complain about. */
		{ "[{\"mounts\":[\"nonsense\",3]}]", "{\"mounts\":[\"target=/a\"]}", { "mounts" },
		    "{\"mounts\":[\"nonsense\",3,\"target=/a\"]}" },
		/* T064 */
		{ "[{\"postCreateCommand\":\"one\"},{\"postCreateCommand\":[\"two\"]}]",
		    "{\"postCreateCommand\":{\"a\":\"x\"},\"onCreateCommand\":[\"l\",\"s\"],\"postStartCommand\":\"ps\"}",
		    { "postCreateCommands", "onCreateCommands", "postStartCommands", "postAttachCommands",
		    "updateContentCommands",
		    "postCreateCommand" },
		    "{\"postCreateCommands\":[\"one\",[\"two\"],{\"a\":\"x\"}],\"onCreateCommands\":[[\"l\",\"s\"]],"
		    "\"postStartCommands\":[\"ps\"],\"postAttachCommands\":[],\"updateContentCommands\":[]}" },
		{ "[{\"postCreateCommand\":\"\"},{\"postCreateCommand\":[]},{\"postCreateCommand\":{}},"
		    "{\"postCreateCommand\":3}]",
		    "{}", { "postCreateCommands" }, "{\"postCreateCommands\":[[],{}]}" },
		/* T065 */
		{ "[{\"remoteUser\":\"a\",\"containerUser\":\"c\"},{\"remoteUser\":\"b\"}]", "{}", { "remoteUser",
		    "containerUser" },
		    "{\"remoteUser\":\"b\",\"containerUser\":\"c\"}" },
		{ "[{\"remoteUser\":\"a\"},{\"remoteUser\":\"\"},{\"remoteUser\":3}]", "{}", { "remoteUser" },
		    "{\"remoteUser\":\"a\"}" },
		/* T066 */
		{ "[{\"userEnvProbe\":\"none\",\"waitFor\":\"postCreateCommand\",\"shutdownAction\":\"none\","
		    "\"overrideCommand\":true,"
		    "\"updateRemoteUserUID\":false}]", "{\"remoteUser\":\"z\"}",
		    { "userEnvProbe", "waitFor", "shutdownAction", "overrideCommand", "updateRemoteUserUID", "remoteUser" },
		    "{\"userEnvProbe\":\"none\",\"waitFor\":\"postCreateCommand\",\"shutdownAction\":\"none\","
		    "\"overrideCommand\":true,\"updateRemoteUserUID\":false,\"remoteUser\":\"z\"}" },
		{ "[{\"overrideCommand\":true},{\"overrideCommand\":false},{\"overrideCommand\":\"x\"}]", "{}",
		    { "overrideCommand" },
		    "{\"overrideCommand\":false}" },
		/* T068 */
		{ "[{\"remoteEnv\":{\"A\":\"1\",\"B\":\"2\"},\"containerEnv\":{\"X\":\"1\",\"Y\":\"2\"}},"
		    "{\"remoteEnv\":{\"B\":\"3\"}}]",
		    "{\"remoteEnv\":{\"A\":\"dc\",\"N\":null},\"containerEnv\":{\"X\":\"dc\"}}", { "remoteEnv",
		    "containerEnv" },
		    "{\"remoteEnv\":{\"A\":\"dc\",\"B\":\"3\",\"N\":null},\"containerEnv\":{\"X\":\"dc\",\"Y\":\"2\"}}" },
		/* T069 */
		{ "[{\"forwardPorts\":[3000,\"localhost:8080\"]}]",
		    "{\"forwardPorts\":[3000,\"localhost:3001\",\"db:1\",3001]}", { "forwardPorts" },
		    "{\"forwardPorts\":[3000,8080,3001,\"db:1\"]}" },
		/* T070 */
		{ "[{\"portsAttributes\":{\"3000\":{\"label\":\"a\"},\"9\":{\"label\":\"n\"}},\"otherPortsAttributes\":"
		    "{\"label\":\"x\",\"protocol\":\"http\"}}]",
		    "{\"portsAttributes\":{\"3000\":{\"protocol\":\"https\"}},\"otherPortsAttributes\":{\"label\":\"y\"}}",
		    { "portsAttributes", "otherPortsAttributes" },
		    "{\"portsAttributes\":{\"9\":{\"label\":\"n\"},\"3000\":{\"protocol\":\"https\"}},"
		    "\"otherPortsAttributes\":{\"label\":\"y\"}}" },
		/* T072 */
		{ "[{\"hostRequirements\":{\"memory\":\"1024\"}},{\"hostRequirements\":{\"memory\":\"bad\"}}]",
		    "{\"hostRequirements\":{\"memory\":\"1tb\"}}", { "hostRequirements" },
		    "{\"hostRequirements\":{\"cpus\":0,\"memory\":\"1099511627776\"}}" },
		{ "[{\"hostRequirements\":{\"cpus\":2,\"storage\":\"2kb\"}}]", "{\"hostRequirements\":{\"cpus\":4,"
		    "\"storage\":\"1kb\"}}",
		    { "hostRequirements" }, "{\"hostRequirements\":{\"cpus\":4,\"storage\":\"2048\"}}" },
		{ "[{\"hostRequirements\":{\"memory\":\"99999999999999999999tb\"}}]", "{}", { "hostRequirements" },
		    "{\"hostRequirements\":{\"cpus\":0,\"memory\":\"18446744073709551615\"}}" },
		{ "[{\"hostRequirements\":{\"cpus\":-1,\"memory\":\"\",\"storage\":5,\"gpu\":false}}]", "{}",
		    { "hostRequirements" },
		    "{}" },
		/* T073 */
		{ "[{\"hostRequirements\":{\"gpu\":\"optional\"}},{\"hostRequirements\":{\"gpu\":true}},"
		    "{\"hostRequirements\":{\"gpu\":"
		    "{\"cores\":4}}}]", "{\"hostRequirements\":{\"gpu\":{\"memory\":\"8gb\"}}}", { "hostRequirements" },
		    "{\"hostRequirements\":{\"cpus\":0,\"gpu\":{\"cores\":4,\"memory\":\"8589934592\"}}}" },
		{ "[{\"hostRequirements\":{\"gpu\":\"optional\"}}]", "{\"hostRequirements\":{\"gpu\":true}}",
		    { "hostRequirements" },
		    "{\"hostRequirements\":{\"cpus\":0,\"gpu\":true}}" },
		/* T074 */
		{ "[{\"customizations\":{\"vscode\":{\"a\":1},\"jb\":{\"p\":1}}}]",
		    "{\"customizations\":{\"vscode\":{\"c\":1},\"x\":[1]}}", { "customizations" },
		    "{\"customizations\":{\"vscode\":[{\"a\":1},{\"c\":1}],\"jb\":[{\"p\":1}],\"x\":[[1]]}}" },
		{ "[{\"entrypoint\":\"/e1\"},{\"entrypoint\":\"/e2\"},{\"entrypoint\":[\"no\"]}]", "{}", { "entrypoints",
		    "entrypoint" },
		    "{\"entrypoints\":[\"/e1\",\"/e2\"]}" },
		/* T076, T077 */
		{ "{\"remoteUser\":\"a\"}", "{}", { "remoteUser" }, "{\"remoteUser\":\"a\"}" },
		{ "not json", "{\"remoteUser\":\"z\"}", { "remoteUser" }, "{\"remoteUser\":\"z\"}" },
		/* T078 */
		{ "[{\"name\":\"n\",\"runArgs\":[\"--privileged\"],\"appPort\":1,\"workspaceFolder\":\"/x\","
		    "\"initializeCommand\":\"evil\","
		    "\"foo\":1}]", "{\"name\":\"own\",\"runArgs\":[\"--rm\"],\"bar\":2}",
		    { "name", "runArgs", "appPort", "workspaceFolder", "initializeCommand", "foo", "bar" },
		    "{\"name\":\"own\",\"runArgs\":[\"--rm\"],\"bar\":2}" },
		/* Types that do not fit are passed over. */
		{ "[{\"mounts\":5,\"capAdd\":{},\"remoteEnv\":[],\"customizations\":\"x\",\"forwardPorts\":{},"
		    "\"waitFor\":[],"
		    "\"init\":\"\"},null,7,[]]", "{}", { "mounts", "capAdd", "remoteEnv", "customizations",
		    "forwardPorts", "waitFor",
		    "init" }, "{\"mounts\":[5],\"remoteEnv\":{},\"init\":false}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *got = merge(rows[i].label, rows[i].conf, rows[i].keys);
		if (!str_eq(got, rows[i].out))
			fail_msg("row %zu\n got  %s\n want %s", i, got, rows[i].out);
	}
}

/* What was merged can be changed without changing the configuration it came from. */
static void test_not_shared(void **state)
{
	json_object *conf = parse("{\"runArgs\":[\"a\"]}"), *entries = json_object_new_array();
	json_object *merged = dev_metadata_merge(entries, conf);
	json_object_array_add(json_get(merged, "runArgs"), json_object_new_string("b"));
	assert_int_equal(json_object_array_length(json_get(conf, "runArgs")), 1);
	json_object_put(conf);
	json_object_put(entries);
	json_object_put(merged);
}

static void test_parse(void **state)
{
	static const struct { const char *label, *out; } rows[] = {
		{ NULL, "[]" }, { "", "[]" }, { "[]", "[]" }, { "3", "[]" }, { "null", "[]" }, { "\"x\"", "[]" },
		{ "{}", "[{}]" }, { "[{\"a\":1},2,{\"b\":[]}]", "[{\"a\":1},{\"b\":[]}]" },
		{ "[{\"a\":1}] x", "[]" }, { "[{\"a\":1}", "[]" }, { "[{'a':1}]", "[]" }, { "[{\"a\":NaN}]", "[]" },
		{ "[{\"a\":1}{}]", "[]" }, { "[{\"a\":\"\\ud800\",\"b\":1e400,\"c\":12345678901234567890}]",
		    "[{\"a\":\"\\ud800\",\"b\":null,\"c\":12345678901234567000}]" },
		{ " [{\"a\":\"\xc3\xa9\"}]\n", "[{\"a\":\"\xc3\xa9\"}]" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_object *o = dev_metadata_parse(rows[i].label);
		cleanup_free char *got = print(o);
		if (!str_eq(got, rows[i].out))
			fail_msg("%s: %s", rows[i].label, got);
		json_object_put(o);
	}
	/* Deeper than anybody writes, and larger than we read. */
	cleanup_str struct str deep = STR_INIT, large = STR_INIT;
	for (int i = 0; i < 100000; i++)
		str_putc(&deep, '[');
	json_object *o = dev_metadata_parse(deep.s);
	assert_int_equal(json_object_array_length(o), 0);
	json_object_put(o);
	str_puts(&large, "[{\"a\":\"");
	for (size_t i = 0; i < DEV_LABEL_BYTES_MAX; i++)
		str_putc(&large, 'x');
	str_puts(&large, "\"}]");
	o = dev_metadata_parse(large.s);
	assert_int_equal(json_object_array_length(o), 0);
	json_object_put(o);
}

/* Every property that travels, in the label's order; none of the others. */
static void test_entries(void **state)
{
	json_object *conf = parse("{\"hostRequirements\":{},\"name\":\"n\",\"image\":\"i\",\"build\":{},"
	    "\"features\":{},"
	    "\"updateRemoteUserUID\":true,\"shutdownAction\":\"none\",\"forwardPorts\":[],"
	    "\"otherPortsAttributes\":{},"
	    "\"portsAttributes\":{},\"overrideCommand\":true,\"remoteEnv\":{\"A\":\"${localEnv:A}\"},"
	    "\"userEnvProbe\":\"none\","
	    "\"remoteUser\":\"u\",\"securityOpt\":[],\"capAdd\":[],\"privileged\":false,\"init\":false,"
	    "\"containerUser\":\"c\","
	    "\"containerEnv\":{},\"mounts\":[],\"customizations\":{},\"waitFor\":\"onCreateCommand\","
	    "\"postAttachCommand\":\"5\","
	    "\"postStartCommand\":\"4\",\"postCreateCommand\":\"3\",\"updateContentCommand\":\"2\","
	    "\"onCreateCommand\":\"1\","
	    "\"appPort\":1,\"runArgs\":[],\"workspaceMount\":\"\",\"workspaceFolder\":\"/\","
	    "\"initializeCommand\":\"x\","
	    "\"secrets\":{},\"entrypoint\":\"e\",\"overrideFeatureInstallOrder\":[],\"dockerComposeFile\":\"f\"}");
	json_object *entry = dev_metadata_from_config(conf);
	cleanup_free char *got = print(entry);
	assert_string_equal(got, "{\"onCreateCommand\":\"1\",\"updateContentCommand\":\"2\","
	    "\"postCreateCommand\":\"3\","
	    "\"postStartCommand\":\"4\",\"postAttachCommand\":\"5\",\"waitFor\":\"onCreateCommand\","
	    "\"customizations\":{},"
	    "\"mounts\":[],\"containerEnv\":{},\"containerUser\":\"c\",\"init\":false,\"privileged\":false,"
	    "\"capAdd\":[],"
	    "\"securityOpt\":[],\"remoteUser\":\"u\",\"userEnvProbe\":\"none\","
	    "\"remoteEnv\":{\"A\":\"${localEnv:A}\"},"
	    "\"overrideCommand\":true,\"portsAttributes\":{},\"otherPortsAttributes\":{},\"forwardPorts\":[],"
	    "\"shutdownAction\":\"none\",\"updateRemoteUserUID\":true,\"hostRequirements\":{}}");
	json_object *live = dev_metadata_live_entry(conf);
	cleanup_free char *got_live = print(live);
	assert_string_equal(got_live, "{\"remoteUser\":\"u\",\"userEnvProbe\":\"none\","
	    "\"remoteEnv\":{\"A\":\"${localEnv:A}\"}}");
	json_object *feature = dev_metadata_from_feature("./f:1", conf);
	cleanup_free char *got_feature = print(feature);
	assert_string_equal(got_feature, "{\"id\":\"./f:1\",\"onCreateCommand\":\"1\","
	    "\"updateContentCommand\":\"2\","
	    "\"postCreateCommand\":\"3\",\"postStartCommand\":\"4\",\"postAttachCommand\":\"5\",\"init\":false,"
	    "\"privileged\":false,\"capAdd\":[],\"securityOpt\":[],\"entrypoint\":\"e\",\"mounts\":[],"
	    "\"customizations\":{}}");
	json_object_put(conf);
	json_object_put(entry);
	json_object_put(live);
	json_object_put(feature);

	json_object *empty = parse("{\"name\":\"n\",\"image\":\"i\"}");
	assert_null(dev_metadata_from_config(empty));
	assert_null(dev_metadata_live_entry(empty));
	feature = dev_metadata_from_feature("./f", empty);
	assert_int_equal(json_object_object_length(feature), 1);
	json_object_put(feature);
	json_object_put(empty);
}

static void expect_init(const char *label, const char *want)
{
	json_object *entries = dev_metadata_parse(label);
	const char *got = dev_metadata_init(entries);
	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
	json_object_put(entries);
}

static void test_init(void **state)
{
	expect_init(NULL, NULL);
	expect_init("[{\"customizations\":{\"lace\":{\"terminal\":false}}},{\"customizations\":[1]},{\"customizations\":"
	    "{\"lace\":\"x\"}},{\"customizations\":{\"lace\":{\"init\":\"relative\"}}}]", NULL);
	expect_init("[{\"customizations\":{\"lace\":{\"init\":\"/a\"}}},{\"customizations\":{\"lace\":{\"init\":\"/b\"}}},"
	    "{\"customizations\":{\"lace\":{\"init\":1}}},{}]", "/b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge), cmocka_unit_test(test_not_shared), cmocka_unit_test(test_parse),
		cmocka_unit_test(test_entries), cmocka_unit_test(test_init),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
