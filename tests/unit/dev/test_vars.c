/* Substitution (T001-T022), ids (1.4) and names (2.7). */
#include "../unit.h"

#include "base/mem.h"
#include "dev/config.h"
#include "dev/vars.h"
#include "host/jsonc.h"

#include <string.h>

static const char *fake_env(const char *name)
{
	if (str_eq(name, "SETV"))
		return "val";
	if (str_eq(name, "EMPTY"))
		return "";
	if (str_eq(name, "NEST"))
		return "${localEnv:SETV}";
	return NULL;
}

static void test_strings(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "${localEnv:UNSET}", "" },
		{ "${localEnv:UNSET:dflt}", "dflt" },
		{ "${localEnv:EMPTY:dflt}", "" },
		{ "${env:SETV}", "val" },
		{ "${localEnv:UNSET:d:e:f}", "d" },
		{ "${localEnv:}|${localEnv::z}", "|z" },
		{ "${unknown:x}", "${unknown:x}" },
		{ "${}", "${}" },
		{ "${containerEnv:PATH}", "${containerEnv:PATH}" },
		{ "${containerEnv}", "${containerEnv}" },
		{ "${devcontainerId}", "${devcontainerId}" },
		{ "${containerWorkspaceFolder}", "${containerWorkspaceFolder}" },
		{ "x${localEnv:SETV}y${localEnv:SETV}z", "xvalyvalz" },
		{ "$${localEnv:SETV}", "$val" },
		{ "${ localEnv:SETV }", "${ localEnv:SETV }" },
		{ "${localEnv:NEST}", "${localEnv:SETV}" },
		{ "${localEnv:UNSET:${localEnv:SETV}}", "${localEnv}" },
		{ "${localEnv:SETV", "${localEnv:SETV" },
		{ "${local\nEnv:SETV}${localEnv:SETV}", "${local\nEnv:SETV}val" },
		{ "${\n${localEnv:SETV}", "${\nval" },
		{ "${\xe2\x80\xa8}", "${\xe2\x80\xa8}" },
		{ "${localWorkspaceFolder}:${localWorkspaceFolderBasename}", "/foo/red:red" },
		{ "${localWorkspaceFolder:ignored}", "/foo/red" },
		{ "${localEnvX:SETV}", "${localEnvX:SETV}" },
		{ "", "" },
		{ "${", "${" },
	};
	const struct dev_vars vars = { .workspace = "/foo/red", .local_env = fake_env };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_err struct err err = ERR_INIT;
		cleanup_free char *got = dev_substitute_string(rows[i].in, &vars, &err);
		assert_non_null(got);
		assert_string_equal(got, rows[i].out);
	}
}

static void test_container(void **state)
{
	cleanup_strv struct strv env = STRV_INIT;
	cleanup_err struct err err = ERR_INIT;
	const struct dev_vars vars = {
		.workspace = "/foo/red", .workspace_folder = "/baz/red", .id = "the-id", .container_env = &env,
		.local_env = fake_env,
	};
	cleanup_free char *a = dev_substitute_string("bar${containerEnv:baz:default}bar", &vars, &err);
	assert_string_equal(a, "bardefaultbar");
	strv_push(&env, "baz=here=");
	cleanup_free char *b = dev_substitute_string("${containerEnv:baz:default}/${devcontainerId}", &vars, &err);
	assert_string_equal(b, "here=/the-id");
	cleanup_free char *c = dev_substitute_string(
	    "bar${containerWorkspaceFolder}bar${containerWorkspaceFolderBasename}", &vars, &err);
	assert_string_equal(c, "bar/baz/redbarred");
	assert_null(dev_substitute_string("${containerEnv}", &vars, &err));
}

static void test_no_name(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	const struct dev_vars vars = { .local_env = fake_env };
	static const char text[] = "{\n  \"name\": [1, \"x${localEnv}\"]\n}";
	json_object *o = jsonc_parse(text, strlen(text), "f.json", NULL, &err);
	assert_non_null(o);
	assert_null(dev_substitute_file(o, &vars, "f.json", &err));
	assert_non_null(strstr(err.msg, "f.json:2:15: "));
	assert_non_null(strstr(err.msg, "${localEnv}"));
	json_object_put(o);
}

/* Values at any depth, keys never; everything else as it is. */
static void test_tree(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	const struct dev_vars vars = { .local_env = fake_env };
	static const char text[] =
	    "{\"${env:SETV}\":[\"${env:SETV}\",1,null,true,{\"a\":\"${env:SETV}\\u00e9\"}],\"n\":1.5}";
	json_object *o = jsonc_parse(text, strlen(text), "f", NULL, &err);
	json_object *r = dev_substitute(o, &vars, &err);
	assert_non_null(r);
	cleanup_str struct str s = STR_INIT;
	json_stringify(&s, r);
	assert_string_equal(s.s, "{\"${env:SETV}\":[\"val\",1,null,true,{\"a\":\"val\xc3\xa9\"}],\"n\":1.5}");
	json_object_put(o);
	json_object_put(r);
}

/* A small file must not become gigabytes. */
static void test_bounded(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str folder = STR_INIT, text = STR_INIT;
	for (int i = 0; i < 4000; i++)
		str_putc(&folder, 'x');
	for (int i = 0; i < 20000; i++)
		str_puts(&text, "${localWorkspaceFolder}");
	const struct dev_vars vars = { .workspace = folder.s };
	assert_null(dev_substitute_string(text.s, &vars, &err));
	assert_non_null(strstr(err.msg, "more than 64 MB"));
}

static void test_ids(void **state)
{
	static const struct { const char *labels[3], *id; } rows[] = {
		{ { "a=b" }, "1mqafr5h2iu6dhh3k1m4vtnuhml2uiec4s7bntt1v0f25ao63i1n" },
		{ { "a=b", "c=d" }, "1e2sfmkjt1sga649hgk0s5f3u6nlqhlv9al481r91s7gkeo32p3o" },
		{ { "c=d", "a=b" }, "1e2sfmkjt1sga649hgk0s5f3u6nlqhlv9al481r91s7gkeo32p3o" },
		{ { "x=\xc3\xa9\"y" }, "1bdui238smm4spqc8135bmv59pt2esud74cjiho1b950mkshm2eg" },
		{ { "devcontainer.local_folder=/home/me/proj" }, "1svdt96ss0ekvbf2gsf789nq0uefppprthvcppls0c2cnkokdmpg" },
		{ { "devcontainer.config_file=/home/me/proj/.devcontainer/devcontainer.json",
		    "devcontainer.local_folder=/home/me/proj" },
		    "0qbup1i4f2ig7p6igu8b63pn9mil7frd06bh2glbg2t8vn29r9ca" },
		{ { NULL }, "0h0jduhlbcr7h88kdb8muvk697kkvd7s47v7fq1h1g30uoealvsa" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_strv struct strv labels = STRV_INIT;
		strv_push_all(&labels, rows[i].labels);
		cleanup_free char *id = dev_container_id(&labels);
		assert_string_equal(id, rows[i].id);
	}
}

/* U+1F600 is D83D DE00 in UTF-16 and so comes before U+FF01, though its UTF-8 bytes come after. Numbers are
 * sorted as text and not moved to the front. */
static void test_id_order(void **state)
{
	static const char *const rows[][3] = {
		{ "\xf0\x9f\x98\x80=1", "\xef\xbc\x81=2", NULL },
		{ "10=1", "9=2", NULL },
	};
	static const char *const expected[] = {
		/* SHA-256 of {"(U+1F600)":"1","(U+FF01)":"2"} and {"10":"1","9":"2"}, base 32 */
		"15p0ej6agvie1dga1hup9u96eibsmfoiov2ip52u9ft03902j1k2",
		    "1vm469t751r0gj1tr4o10j3ild5gu3m0uuvseb6p9jdjgmg16stv",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_strv struct strv labels = STRV_INIT;
		strv_push(&labels, rows[i][1]);
		strv_push(&labels, rows[i][0]);
		cleanup_free char *id = dev_container_id(&labels);
		assert_string_equal(id, expected[i]);
	}
}

static void test_image_names(void **state)
{
	static const char hash[] = "-4c3b4937ddaa21c332cba088d92b4d242d3bc33a6e82ec6ed46c2bbb31262ed3";
	cleanup_free char *plain = dev_image_name("/home/me/proj");
	cleanup_free char *expected = xasprintf("vsc-proj%s", hash);
	assert_string_equal(plain, expected);
	static const struct { const char *path, *prefix; } rows[] = {
		{ "/w/My Proj", "vsc-myproj-" },
		{ "/w/_x", "vsc-x-" },          /* "-_" is no separator, "-" is */
		{ "/w/a..b", "vsc-a.b-" },
		{ "/w/a___b", "vsc-a__b-" },
		{ "/w/a--b", "vsc-a--b-" },
		{ "/w/a--.b", "vsc-a--b-" },
		{ "/w/a_.b.", "vsc-a_b." },     /* ".-" before the digest: "." */
		{ "/w/\xe2\x84\xaa\xc4\xb0\xc3\xa9", "vsc-ki-" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *name = dev_image_name(rows[i].path);
		if (!str_starts(name, rows[i].prefix))
			fail_msg("%s: %s", rows[i].path, name);
		assert_int_equal(strlen(name), strlen(rows[i].prefix) + 64);
	}
}

static void test_project_names(void **state)
{
	static const struct { const char *path, *name; } rows[] = {
		{ "/w/api", "api" }, { "/w/My Project", "my-project" }, { "/w/a_b.c-d", "a_b.c-d" },
		{ "/w/.dotted.", "dotted" }, { "/w/--x--", "x" }, { "/w/\xc3\xa9\xc3\xa9", "project" },
		{ "/w/a\xc3\xa9" "b", "a-b" }, { "/", "project" }, { "/w/a$(x)\n", "a-x" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *name = dev_project_name(rows[i].path);
		assert_string_equal(name, rows[i].name);
	}
	cleanup_free char *longest = xasprintf("/w/%0200d", 1);
	cleanup_free char *name = dev_project_name(longest);
	assert_int_equal(strlen(name), 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings), cmocka_unit_test(test_container), cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_tree), cmocka_unit_test(test_bounded), cmocka_unit_test(test_ids),
		cmocka_unit_test(test_id_order), cmocka_unit_test(test_image_names), cmocka_unit_test(test_project_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
