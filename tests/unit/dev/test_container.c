#include "../unit.h"

#include "base/mem.h"
#include "dev/container.h"

#include <string.h>

static struct dev_config config(json_object *conf)
{
	return (struct dev_config){ .workspace = (char *)"/ws/proj", .config_dir = (char *)"/ws/proj/.devcontainer",
		.config_path = (char *)"/ws/proj/.devcontainer/devcontainer.json", .kind = DEV_KIND_IMAGE, .conf = conf,
		.workspace_mount = (char *)"type=bind,source=/ws/proj,target=/workspaces/proj",
		.workspace_folder = (char *)"/workspaces/proj" };
}

struct run_case {
	const char *conf, *merged;
	const char *image;           /* its inspect data, or NULL */
	const char *init;
	bool labelled;
};

static void arguments(const struct run_case *c, const struct dev_publish *ports, size_t n_ports,
    struct strv *ret)
{
	cleanup_err struct err err = ERR_INIT;
	json_object *conf = json_tokener_parse(c->conf), *merged = json_tokener_parse(c->merged);
	assert_non_null(conf);
	assert_non_null(merged);
	struct dev_config cfg = config(conf);
	struct dev_image img = { .ref = (char *)"img:1", .inspect = c->image ? json_tokener_parse(c->image) : NULL,
		.entries = json_object_new_array(), .labelled = c->labelled, .init = (char *)c->init };
	assert_int_equal(dev_container_args(&cfg, &img, merged, ports, n_ports, false, ret, &err), 0);
	json_object_put(img.inspect);
	json_object_put(img.entries);
	json_object_put(conf);
	json_object_put(merged);
}

/* want: the whole argv joined by "|". */
static void check(const struct run_case *c, const char *want)
{
	cleanup_strv struct strv args = STRV_INIT;
	cleanup_str struct str got = STR_INIT;
	arguments(c, NULL, 0, &args);
	for (size_t i = 0; i < args.n; i++)
		str_printf(&got, "%s%s", i ? "|" : "", args.v[i]);
	assert_string_equal(got.s, want);
}

#define MOUNT "--mount|type=bind,source=/ws/proj,target=/workspaces/proj|"
#define LABELS "-l|devcontainer.local_folder=/ws/proj" \
	"|-l|devcontainer.config_file=/ws/proj/.devcontainer/devcontainer.json|--label|lace.project=proj|"
#define NO_META "-l|devcontainer.metadata=[]|"
#define SCRIPT(entry) "-c|echo Container started\ntrap 'exit 0' 15\n" entry "\nexec \"$@\"\n" \
	"while :; do sleep 1 & wait $!; done\n|-"

static void ports(void **state)
{
	/* T150 */
	check(&(struct run_case){ "{\"appPort\": 3000}", "{}" },
	    "-p|127.0.0.1:3000:3000|" MOUNT LABELS "--entrypoint|/bin/sh|" NO_META "img:1|" SCRIPT(""));
	check(&(struct run_case){ "{\"appPort\": \"3000:3000/udp\"}", "{}", .labelled = true },
	    "-p|3000:3000/udp|" MOUNT LABELS "--entrypoint|/bin/sh|img:1|" SCRIPT(""));
	check(&(struct run_case){ "{\"appPort\": [3000, \"4000:5000\", \"127.0.0.1::6000\"]}", "{}",
	    .labelled = true },
	    "-p|127.0.0.1:3000:3000|-p|4000:5000|-p|127.0.0.1::6000|" MOUNT LABELS
	    "--entrypoint|/bin/sh|img:1|" SCRIPT(""));
	cleanup_strv struct strv args = STRV_INIT;
	arguments(&(struct run_case){ "{\"appPort\": 80}", "{}" }, (struct dev_publish[]){ { 22425, 2222 } }, 1,
	    &args);
	assert_string_equal(args.v[3], "127.0.0.1:22425:2222");
}

/* T152, T154, T156: what goes where, in the reference's order. */
static void order(void **state)
{
	check(&(struct run_case){ "{\"runArgs\": [\"--name\", \"x\", \"--init\"]}",
	    "{\"containerEnv\": {\"K\": \"v w\", \"E\": \"\", \"N\": 1}, \"containerUser\": \"u\", \"init\": true,"
	    "\"privileged\": true, \"capAdd\": [\"A\", \"B\"], \"securityOpt\": [\"S\"], \"entrypoints\": "
	    "[\"/e1\", \"/e2 a\"],"
	    "\"mounts\": [\"source=v,target=/v,type=volume,readonly\"]}" },
	    MOUNT "--mount|source=v,target=/v,type=volume,readonly|" LABELS "-e|K=v "
	    "w|-e|E=|-e|N=1|-u|u|--name|x|--init|"
	    "--init|--privileged|--cap-add|A|--cap-add|B|--security-opt|S|--entrypoint|/bin/sh|" NO_META "img:1|"
	    SCRIPT("/e1\n/e2 a"));
}

static void mounts(void **state)
{
	cleanup_strv struct strv args = STRV_INIT;
	arguments(&(struct run_case){ "{}", "{\"mounts\": [{\"type\": \"bind\", \"source\": \"/a,b\", "
	    "\"target\": \"/t\\\"q\"},"
	    "{\"type\": \"volume\", \"target\": \"/anon\"}, {\"type\": \"volume\", \"src\": \"s\", \"dst\": "
	    "\"/d\", \"external\": "
	    "true}, {\"type\": \"bind\", \"source\": \"/a\", \"target\": \"/r\", \"readonly\": true}, "
	    "{\"source\": \"x\"}]}" },
	    NULL, 0, &args);
	assert_string_equal(args.v[3], "type=bind,\"source=/a,b\",\"target=/t\"\"q\"");
	assert_string_equal(args.v[5], "type=volume,target=/anon");
	assert_string_equal(args.v[7], "type=volume,source=s,target=/d");
	assert_string_equal(args.v[9], "type=bind,source=/a,target=/r,readonly");
	assert_string_equal(args.v[10], "-l");

	/* an empty workspaceMount is none */
	cleanup_err struct err err = ERR_INIT;
	cleanup_strv struct strv none = STRV_INIT;
	json_object *empty = json_object_new_object();
	struct dev_config c = config(empty);
	c.workspace_mount = NULL;
	struct dev_image img = { .ref = (char *)"i", .labelled = true };
	assert_int_equal(dev_container_args(&c, &img, empty, NULL, 0, false, &none, &err), 0);
	assert_false(strv_has(&none, "--mount"));
	json_object_put(empty);
}

static void command(void **state)
{
	static const char image[] = "{\"Config\": {\"Entrypoint\": [\"/ep\", \"x\"], \"Cmd\": [\"c1\", \"c2\"]}}";
	check(&(struct run_case){ "{}", "{\"overrideCommand\": false}", image, NULL, true },
	    MOUNT LABELS "--entrypoint|/bin/sh|img:1|" SCRIPT("") "|/ep|x|c1|c2");
	check(&(struct run_case){ "{}", "{\"overrideCommand\": true}", image, NULL, true },
	    MOUNT LABELS "--entrypoint|/bin/sh|img:1|" SCRIPT(""));
	/* lace-init: no script, no --init */
	check(&(struct run_case){ "{}", "{\"entrypoints\": [\"/e 'q' $x\", \"/f\"], \"init\": true}", image,
	    "/lib/lace-init",
	    true },
	    MOUNT LABELS "--entrypoint|/lib/lace-init|img:1|--entrypoint|/e 'q' $x|--entrypoint|/f|--");
	check(&(struct run_case){ "{}", "{\"overrideCommand\": false}", image, "/lib/lace-init", true },
	    MOUNT LABELS "--entrypoint|/lib/lace-init|img:1|--|/ep|x|c1|c2");
}

static void large_label(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_strv struct strv args = STRV_INIT;
	json_object *empty = json_object_new_object(), *entries = json_object_new_array();
	cleanup_free char *text = xmalloc(200001);
	memset(text, 'x', 200000);
	text[200000] = '\0';
	json_object_array_add(entries, json_object_new_string(text));
	struct dev_config c = config(empty);
	struct dev_image img = { .ref = (char *)"i", .entries = entries };
	assert_int_equal(dev_container_args(&c, &img, empty, NULL, 0, false, &args, &err), -1);
	assert_non_null(strstr(err.msg, "customizations"));
	json_object_put(entries);
	json_object_put(empty);
}

static void users(void **state)
{
	static const char *const cases[][4] = {
		/* merged, image, container user, remote user */
		{ "{}", "{\"Config\": {\"User\": \"\"}}", "root", "root" },
		{ "{}", "{}", "root", "root" },
		{ "{}", "{\"Config\": {\"User\": \"dev:grp\"}}", "dev", "dev" },
		{ "{\"containerUser\": \"c\"}", "{\"Config\": {\"User\": \"dev\"}}", "c", "c" },
		{ "{\"remoteUser\": \"r\"}", "{\"Config\": {\"User\": \"dev\"}}", "dev", "r" },
		{ "{\"remoteUser\": \"r\", \"containerUser\": \"c\"}", "{}", "c", "r" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_object *merged = json_tokener_parse(cases[i][0]), *image = json_tokener_parse(cases[i][1]);
		cleanup_free char *container = dev_container_user(merged, image), *remote = dev_remote_user(merged, image);
		assert_string_equal(container, cases[i][2]);
		assert_string_equal(remote, cases[i][3]);
		json_object_put(merged);
		json_object_put(image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports),
		cmocka_unit_test(order),
		cmocka_unit_test(mounts),
		cmocka_unit_test(command),
		cmocka_unit_test(large_label),
		cmocka_unit_test(users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
