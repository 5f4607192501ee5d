/* Local features on disk, resolved and ordered. The expected orders were checked against the reference CLI's
 * `features resolve-dependencies`. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/feature.h"
#include "dev/install.h"
#include "host/fs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void put(const char *path, const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *full = fs_join(root, path), *dir = fs_dirname(full);
	assert_int_equal(fs_mkdir_p(dir, 0755, &err), 0);
	assert_int_equal(fs_write_atomic(full, text, strlen(text), 0644, &err), 0);
}

/* A feature in the folder (below root), with members after its id and version. */
static void feature_in(const char *dir, const char *id, const char *members)
{
	cleanup_free char *json = xasprintf("%s/devcontainer-feature.json", dir), *sh = xasprintf("%s/install.sh",
	    dir);
	cleanup_free char *text = xasprintf("{\"id\": \"%s\", \"version\": \"1.0.0\"%s%s}", id, *members ? ", " : "",
	    members);
	put(json, text);
	put(sh, "#!/bin/sh\n");
}

static void feature(const char *id, const char *members)
{
	cleanup_free char *dir = xasprintf("ws/.devcontainer/%s", id);
	feature_in(dir, id, members);
}

static int set_up(void **state)
{
	snprintf(root, sizeof(root), "/tmp/lace-feature-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	return fs_remove_tree(root, &err);
}

static int resolve(const char *conf, const char *const *extra, struct dev_features *ret, struct err *err)
{
	cleanup_free char *ws = fs_join(root, "ws"), *dir = fs_join(ws, ".devcontainer");
	struct dev_config c = { .workspace = ws, .config_dir = dir, .conf = json_tokener_parse(conf) };
	assert_non_null(c.conf);
	struct dev_feature_options o = { .extra = extra, .lock = DEV_LOCK_NONE };
	int code = dev_features_resolve(&c, &o, ret, err);
	json_object_put(c.conf);
	return code;
}

/* want: refs, those with options as "ref{NAME=value,...}". */
static void order(const char *conf, const char *const *extra, const char *want)
{
	cleanup_err struct err err = ERR_INIT;
	struct dev_features f;
	if (resolve(conf, extra, &f, &err) != 0)
		fail_msg("%s", err.msg);
	cleanup_str struct str got = STR_INIT;
	for (size_t i = 0; i < f.n; i++) {
		str_printf(&got, "%s%s", i ? " " : "", f.v[i].ref);
		for (size_t k = 0; k < f.v[i].env.n; k++)
			str_printf(&got, "%s%s", k ? "," : "{", f.v[i].env.v[k]);
		if (f.v[i].env.n)
			str_putc(&got, '}');
	}
	dev_features_fini(&f);
	assert_string_equal(got.s, want);
}

static void refused(const char *conf, const char *want)
{
	cleanup_err struct err err = ERR_INIT;
	struct dev_features f;
	assert_int_equal(resolve(conf, NULL, &f, &err), -1);
	if (!strstr(err.msg, want))
		fail_msg("\"%s\" lacks \"%s\"", err.msg, want);
}

static void order_simple(void **state)
{
	feature("a", "\"installsAfter\": [\"./c\", \"./gone\", \"ghcr.io/x/y\"]");
	feature("b", "\"dependsOn\": {\"./c\": {}}");
	feature("c", "");
	feature("d", "");
	feature("e", "");
	/* T090 */
	order("{\"features\": {\"./a\": {}, \"./c\": {}}}", NULL, "./c ./a");
	order("{\"features\": {\"./c\": {}, \"./a\": {}}}", NULL, "./c ./a");
	order("{\"features\": {\"./a\": {}}}", NULL, "./a");
	/* T092, T093 */
	order("{\"features\": {\"./b\": {}}}", NULL, "./c ./b");
	order("{\"features\": {\"./b\": {}, \"./c\": {\"o\": \"z\"}}}", NULL, "./c ./c{O=z} ./b");
	order("{\"features\": {\"./c\": {}, \"./b\": {}}}", NULL, "./c ./b");
	/* T094, T096 */
	order("{\"features\": {\"./e\": {}, \"./d\": {}, \"./c\": {}}}", NULL, "./c ./d ./e");
	order("{\"features\": {\"./e\": {}, \"./d\": {}, \"./c\": {}}, \"overrideFeatureInstallOrder\": "
	    "[\"./e\", \"./d\"]}",
	    NULL, "./e ./d ./c");
	order("{}", NULL, "");
}

/* What the reference CLI 0.89.0 gives for the same folders and configuration. */
static void order_as_reference(void **state)
{
	feature("a", "\"installsAfter\": [\"./c\", \"./b\"]");
	feature("b", "");
	feature("c", "\"dependsOn\": {\"./b\": {\"x\": \"1\"}}");
	feature("d", "");
	feature("D", "");
	feature("d_1", "");
	feature("d-1", "");
	feature("d10", "");
	feature("d2", "");
	feature("e", "\"dependsOn\": {\"./b\": {\"z\": \"1\", \"x\": \"0\"}}");
	feature("f", "\"dependsOn\": {\"./b\": {}}");
	feature("g", "\"dependsOn\": {\"./b\": \"zz\"}");
	feature("h", "\"dependsOn\": {\"./b\": true}");
	order("{\"features\": {\"./h\": {}, \"./g\": {}, \"./f\": {}, \"./e\": {}, \"./d2\": {}, \"./d10\": {}, "
	    "\"./d-1\": {},"
	      "\"./d_1\": {}, \"./d\": {}, \"./D\": {}, \"./a\": {}, \"./c\": {}, \"./b\": {\"x\": \"q\"}}}",
	    NULL,
	    "./b ./b ./b{X=1} ./b{X=q} ./b{Z=1,X=0} ./b ./d ./D ./d_1 ./d-1 ./d10 ./d2 ./c ./e ./f ./g ./h ./a");
}

/* T102: the same feature with every combination of two options. */
static void order_options(void **state)
{
	feature("a", "\"dependsOn\": {\"./c\": {}, \"./e\": {}}");
	feature("b", "\"options\": {\"one\": {\"type\": \"string\"}, \"two\": {\"type\": \"string\"}}");
	feature("c", "\"dependsOn\": {\"./b\": {\"one\": \"b\", \"two\": \"b\"}, \"./d\": {}, \"./e\": {}}");
	feature("d", "\"dependsOn\": {\"./b\": {\"two\": \"a\", \"one\": \"b\"}}");
	feature("e", "\"dependsOn\": {\"./b\": {\"one\": \"a\", \"two\": \"a\"}, \"./d\": {}}");
	order("{\"features\": {\"./a\": {}, \"./b\": {}, \"./c\": {}, \"./d\": {}, \"./e\": {}}}", NULL,
	    "./b ./b{ONE=a,TWO=a} ./b{TWO=a,ONE=b} ./b{ONE=b,TWO=b} ./d ./e ./c ./a");
}

/* T104, T105: priorities count inside a round only. */
static void order_override(void **state)
{
	feature("a", "\"installsAfter\": [\"./b\"]");
	feature("b", "");
	feature("c", "");
	feature("d", "");
	order("{\"features\": {\"./a\": {}, \"./b\": {}, \"./c\": {}, \"./d\": {}},"
	      "\"overrideFeatureInstallOrder\": [\"./c\", \"./d\", \"./nowhere\"]}", NULL, "./c ./d ./b ./a");
	order("{\"features\": {\"./a\": {}, \"./b\": {}, \"./c\": {}},"
	      "\"overrideFeatureInstallOrder\": [\"./a\", \"./b\", \"./c\"]}", NULL, "./b ./a ./c");
}

static void circles(void **state)
{
	feature("a", "\"installsAfter\": [\"./b\"]");
	feature("b", "\"dependsOn\": {\"./a\": {}}");
	feature("self", "\"installsAfter\": [\"./self\"]");
	refused("{\"features\": {\"./b\": {}}}", "\"./b\" after \"./a\"");
	order("{\"features\": {\"./self\": {}}}", NULL, "./self");
	feature("own", "\"dependsOn\": {\"./own\": {}}");
	refused("{\"features\": {\"./own\": {}}}", "circle");
}

static void references(void **state)
{
	feature("a", "\"installsAfter\": [\"ghcr.io/x/y\"], \"options\": {\"o\": {\"type\": \"string\", "
	    "\"default\": \"v\"}}");
	feature_in("outside", "outside", "");
	feature_in("own/sshd", "sshd", "");
	feature_in("own/mux-server", "mux-server", "");
	cleanup_free char *sshd = fs_join(root, "own/sshd"), *mux = fs_join(root, "own/mux-server");
	order("{\"features\": {\"./a/\": {}}}", NULL, "./a/{O=v}");
	order("{\"features\": {\"./a/\": {}, \"lace/sshd\": {}}}", (const char *[]){ sshd, NULL }, "lace/sshd ./a/{O=v}");
	/* what is no reference at all (2.2) */
	refused("{\"features\": {\"fish\": {}}}", "./fish");
	refused("{\"features\": {\"owner/repo/feature@v1\": {}}}", "GitHub release");
	refused("{\"features\": {\"http://example.org/devcontainer-feature-x.tgz\": {}}}", "https alone");
	refused("{\"features\": {\"https://example.org/x.tgz\": {}}}", "devcontainer-feature-NAME.tgz");
	refused("{\"features\": {\"registry.test/A b/c\": {}}}", "is no path");
	/* ours: known by "lace/ID", and first unless it is said otherwise */
	order("{\"features\": {\"./a\": {}}}", (const char *[]){ sshd, mux, NULL },
	    "lace/sshd lace/mux-server ./a{O=v}");
	order("{\"overrideFeatureInstallOrder\": [\"./a\", \"lace/sshd\"], \"features\": {\"./a\": {}}}",
	    (const char *[]){ sshd, mux, NULL }, "lace/mux-server ./a{O=v} lace/sshd");

	/* T115 */
	refused("{\"features\": {\"/etc\": {}}}", "absolute");
	refused("{\"features\": {\"../../outside\": {}}}", "not inside");
	refused("{\"features\": {\"./../.devcontainer\": {}}}", "not inside");
	refused("{\"features\": {\"./none\": {}}}", "none");
	cleanup_free char *link = fs_join(root, "ws/.devcontainer/link"), *target = fs_join(root, "outside");
	assert_int_equal(symlink(target, link), 0);
	refused("{\"features\": {\"./link\": {}}}", "not inside");
	feature("x y", "");
	refused("{\"features\": {\"./x y\": {}}}", "\"id\" must be");
	put("ws/.devcontainer/bare/devcontainer-feature.json", "{\"id\": \"bare\"}");
	refused("{\"features\": {\"./bare\": {}}}", "install.sh");
}

static void digests(void **state)
{
	feature("a", "\"options\": {\"o\": {\"type\": \"string\"}}");
	cleanup_err struct err err = ERR_INIT;
	struct dev_features one, two, three;
	assert_int_equal(resolve("{\"features\": {\"./a\": {}}}", NULL, &one, &err), 0);
	assert_int_equal(resolve("{\"features\": {\"./a\": {\"o\": \"1\"}}}", NULL, &two, &err), 0);
	put("ws/.devcontainer/a/install.sh", "#!/bin/sh\n:\n");
	assert_int_equal(resolve("{\"features\": {\"./a\": {}}}", NULL, &three, &err), 0);
	assert_int_equal(strlen(one.v[0].digest), 64);
	assert_string_not_equal(one.v[0].digest, two.v[0].digest);
	assert_string_not_equal(one.v[0].digest, three.v[0].digest);
	put("ws/.devcontainer/a/install.sh", "#!/bin/sh\n");
	dev_features_fini(&three);
	assert_int_equal(resolve("{\"features\": {\"./a\": {}}}", NULL, &three, &err), 0);
	assert_string_equal(one.v[0].digest, three.v[0].digest);
	dev_features_fini(&one);
	dev_features_fini(&two);
	dev_features_fini(&three);
}

static void named(void **state)
{
	static const char *const yes[] = { "./sshd", "../x/sshd/", "ghcr.io/devcontainers/features/sshd:1", "sshd",
		"lace/sshd", "localhost:5000/a/sshd@sha256:00", "https://x.org/devcontainer-feature-sshd.tgz" };
	static const char *const no[] = { "./sshd2", "ghcr.io/sshd/x:sshd", "ghcr.io/x/my-sshd:1", "" };
	for (size_t i = 0; i < ARRAY_LEN(yes) + ARRAY_LEN(no); i++) {
		bool want = i < ARRAY_LEN(yes);
		const char *ref = want ? yes[i] : no[i - ARRAY_LEN(yes)];
		json_object *conf = json_object_new_object(), *features = json_object_new_object();
		json_object_object_add(features, ref, json_object_new_object());
		json_object_object_add(conf, "features", features);
		assert_int_equal(dev_features_name(conf, NULL, "sshd"), want);
		json_object *entries = json_object_new_array(), *entry = json_object_new_object();
		json_object_object_add(entry, "id", json_object_new_string(ref));
		json_object_array_add(entries, entry);
		assert_int_equal(dev_features_name(NULL, entries, "sshd"), want);
		json_object_put(entries);
		json_object_put(conf);
	}
}

/* The options of a prebuilt feature are not known later: its entry says which ports were asked for. */
static void ports_of_options(void **state)
{
	static const struct { const char *written; bool there; } cases[] = { { "{}", false }, { "{\"tls\": \"\"}", false },
		{ "{\"tls\": false}", false }, { "{\"tls\": \"auto\"}", true }, { "{\"tls\": true}", true } };
	feature("f", "\"options\": {\"tls\": {\"type\": \"string\", \"default\": \"\"}}, \"customizations\": {\"lace\": {\"ports\": "
	    "{\"ssh\": {\"containerPort\": 1}, \"tls\": {\"containerPort\": 2, \"whenSet\": true}}}}");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cleanup_err struct err err = ERR_INIT;
		cleanup_free char *conf = xasprintf("{\"features\": {\"./f\": %s}}", cases[i].written);
		struct dev_features f;
		assert_int_equal(resolve(conf, NULL, &f, &err), 0);
		json_object *entries = json_object_new_array();
		dev_feature_entries(&f, f.n, entries);
		assert_string_equal(json_object_to_json_string_ext(entries, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), cases[i].there ?
		    "[{\"id\":\"./f\",\"customizations\":{\"lace\":{\"ports\":{\"ssh\":{\"containerPort\":1},\"tls\":{\"containerPort\":2}}}}}]" :
		    "[{\"id\":\"./f\",\"customizations\":{\"lace\":{\"ports\":{\"ssh\":{\"containerPort\":1}}}}}]");
		json_object_put(entries);
		dev_features_fini(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(order_simple, set_up, tear_down),
		cmocka_unit_test_setup_teardown(order_as_reference, set_up, tear_down),
		cmocka_unit_test_setup_teardown(order_options, set_up, tear_down),
		cmocka_unit_test_setup_teardown(order_override, set_up, tear_down),
		cmocka_unit_test_setup_teardown(circles, set_up, tear_down),
		cmocka_unit_test_setup_teardown(references, set_up, tear_down),
		cmocka_unit_test_setup_teardown(digests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ports_of_options, set_up, tear_down),
		cmocka_unit_test(named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
