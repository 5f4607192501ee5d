/* From a folder to a configuration: discovery (T040-T049), paths, legacy keys, workspace. */
#include "../unit.h"

#include "dev/config.h"
#include "host/jsonc.h"
#include "tree.h"

#include <errno.h>
#include <unistd.h>

#define PLAIN "{\"image\":\"i\"}"

static struct dev_config *load_with(const char *rest, const struct dev_config_options *opts)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = tree_path(rest);
	struct dev_config *c = dev_config_load(path, opts, &err);
	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

static struct dev_config *load(const char *rest)
{
	return load_with(rest, NULL);
}

static void refused(const char *rest, const struct dev_config_options *opts, enum err_code code,
    const char *part)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *path = tree_path(rest);
	assert_null(dev_config_load(path, opts, &err));
	assert_int_equal(err.code, code);
	if (!strstr(err.msg, part))
		fail_msg("%s", err.msg);
	assert_null(strchr(err.msg, '\n'));
}

/* got is "ROOT/rest". */
static void is_path(const char *got, const char *rest)
{
	cleanup_free char *path = tree_path(rest);
	assert_string_equal(got, path);
}

static void is_mount(const char *got, const char *source, const char *target)
{
	cleanup_free char *want = xasprintf("type=bind,source=%s/%s,target=%s", tree_root, source, target);
	assert_string_equal(got, want);
}

static void test_places(void **state)
{
	tree_write("p/.devcontainer/devcontainer.json", PLAIN);
	tree_write("p/.devcontainer.json", PLAIN);
	tree_write("p/.devcontainer/other/devcontainer.json", PLAIN);
	struct dev_config *c = load("p/");
	is_path(c->workspace, "p");
	is_path(c->config_path, "p/.devcontainer/devcontainer.json");
	is_path(c->config_dir, "p/.devcontainer");
	is_mount(c->workspace_mount, "p", "/workspaces/p");
	assert_string_equal(c->workspace_folder, "/workspaces/p");
	assert_int_equal(c->kind, DEV_KIND_IMAGE);
	dev_config_free(c);

	c = load_with("p", &(struct dev_config_options){ .name = "other" });
	is_path(c->config_path, "p/.devcontainer/other/devcontainer.json");
	dev_config_free(c);
	refused("p", &(struct dev_config_options){ .name = "none" }, ERR_NOT_FOUND, "(there is: other)");
	refused("p", &(struct dev_config_options){ .name = "../p" }, ERR_NOT_FOUND, "(there is: other)");

	tree_write("dot/.devcontainer.json", PLAIN);
	c = load("dot");
	is_path(c->config_path, "dot/.devcontainer.json");
	is_path(c->config_dir, "dot");
	dev_config_free(c);

	tree_write("one/.devcontainer/x y/devcontainer.json", PLAIN);
	c = load("one");
	is_path(c->config_path, "one/.devcontainer/x y/devcontainer.json");
	dev_config_free(c);

	tree_write("two/.devcontainer/b/devcontainer.json", PLAIN);
	tree_write("two/.devcontainer/a/devcontainer.json", PLAIN);
	refused("two", NULL, ERR_USAGE, "(a, b); choose with --config ");

	tree_write("none/sub/file", "");
	refused("none", NULL, ERR_NOT_FOUND, "no devcontainer.json");
	refused("p/sub", NULL, ERR_NOT_FOUND, "p/sub");
	refused("none/sub/file", NULL, ERR_USAGE, "not a folder");
}

static void test_explicit(void **state)
{
	tree_write("e/.devcontainer/devcontainer.json", PLAIN);
	tree_write("e/alt/devcontainer.json", "{\"name\":\"alt\"}");
	tree_write("e/alt/x.json", PLAIN);
	tree_write("elsewhere/devcontainer.json", PLAIN);
	cleanup_free char *alt = tree_path("e/alt/devcontainer.json"), *bad = tree_path("e/alt/x.json");
	cleanup_free char *none = tree_path("e/none/devcontainer.json"),
	    *far = tree_path("elsewhere/devcontainer.json");
	struct dev_config *c = load_with("e", &(struct dev_config_options){ .config = alt });
	assert_string_equal(c->config_path, alt);
	assert_int_equal(c->kind, DEV_KIND_NONE);
	dev_config_free(c);
	refused("e", &(struct dev_config_options){ .config = bad }, ERR_USAGE, "has to be called devcontainer.json");
	refused("e", &(struct dev_config_options){ .config = none }, ERR_NOT_FOUND, "no such file");
	c = load_with("e", &(struct dev_config_options){ .config = far });
	assert_string_equal(c->config_path, far);
	dev_config_free(c);

	/* However it is spelled, the labels are those of plain discovery; a link below the workspace stays one. */
	struct dev_config *plain = load("e");
	cleanup_free char *ws = tree_path("e"), *link = tree_path("e-link"), *inner = tree_path("e/linked");
	assert_int_equal(symlink("e", link), 0);
	assert_int_equal(symlink(".devcontainer", inner), 0);
	cleanup_free char *cwd = getcwd(NULL, 0);
	assert_int_equal(chdir(ws), 0);
	cleanup_free char *by_link = tree_path("e-link/.devcontainer/devcontainer.json");
	const char *const spellings[] = {
		".devcontainer/devcontainer.json", "./.devcontainer/devcontainer.json",
		    "../e/.devcontainer/devcontainer.json",
		by_link,
	};
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		c = load_with("e-link", &(struct dev_config_options){ .config = spellings[i] });
		assert_string_equal(c->config_path, plain->config_path);
		assert_string_equal(c->id, plain->id);
		dev_config_free(c);
	}
	c = load_with("e", &(struct dev_config_options){ .config = "linked/devcontainer.json" });
	is_path(c->config_path, "e/linked/devcontainer.json");
	dev_config_free(c);
	assert_int_equal(chdir(cwd), 0);
	dev_config_free(plain);
}

/* Names that shells and CSV stumble over. */
static void test_odd_paths(void **state)
{
	static const struct { const char *name, *mount; } rows[] = {
		{ "a b", "type=bind,source=%s/a b,target=/workspaces/a b" },
		{ "a,b c", "type=bind,\"source=%s/a,b c\",\"target=/workspaces/a,b c\"" },
		{ "q\"x", "type=bind,\"source=%s/q\"\"x\",\"target=/workspaces/q\"\"x\"" },
		{ "\xc3\xa9\xe4\xb8\xad", "type=bind,source=%s/\xc3\xa9\xe4\xb8\xad,"
		    "target=/workspaces/\xc3\xa9\xe4\xb8\xad" },
		{ "$(x)${y}", "type=bind,source=%s/$(x)${y},target=/workspaces/$(x)${y}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *file = xasprintf("odd/%s/.devcontainer.json", rows[i].name);
		cleanup_free char *ws = xasprintf("odd/%s", rows[i].name), *root = tree_path("odd");
		tree_write(file, PLAIN);
		struct dev_config *c = load(ws);
		cleanup_str struct str want = STR_INIT;
		const char *slot = strstr(rows[i].mount, "%s");
		str_add(&want, rows[i].mount, (size_t)(slot - rows[i].mount));
		str_puts(&want, root);
		str_puts(&want, slot + 2);
		assert_string_equal(c->workspace_mount, want.s);
		dev_config_free(c);
	}
}

static void test_git(void **state)
{
	tree_git("gr/.git");
	tree_write("gr/sub/pkg/.devcontainer.json", PLAIN);
	struct dev_config *c = load("gr/sub/pkg");
	is_mount(c->workspace_mount, "gr", "/workspaces/gr");
	assert_string_equal(c->workspace_folder, "/workspaces/gr/sub/pkg");
	is_path(c->workspace, "gr/sub/pkg");
	dev_config_free(c);
	c = load_with("gr/sub/pkg", &(struct dev_config_options){ .no_git_root = true });
	is_mount(c->workspace_mount, "gr/sub/pkg", "/workspaces/pkg");
	assert_string_equal(c->workspace_folder, "/workspaces/pkg");
	dev_config_free(c);

	/* T198: through a link the real top level is mounted, not the link's grandparent. */
	cleanup_free char *link = tree_path("lnk"), *target = tree_path("gr/sub/pkg");
	assert_int_equal(symlink(target, link), 0);
	c = load("lnk");
	is_path(c->workspace, "gr/sub/pkg");
	is_mount(c->workspace_mount, "gr", "/workspaces/gr");
	dev_config_free(c);

	/* Worktrees and submodules: a file, relative or absolute. */
	tree_git("gr/.git/worktrees/feat");
	tree_write("wt/.git", "gitdir: ../gr/.git/worktrees/feat\n");
	tree_write("wt/s/.devcontainer.json", PLAIN);
	c = load("wt/s");
	is_mount(c->workspace_mount, "wt", "/workspaces/wt");
	dev_config_free(c);
	cleanup_free char *absolute = xasprintf("gitdir: %s/gr/.git/worktrees/feat\n", tree_root);
	tree_write("wt/.git", absolute);
	c = load("wt/s");
	is_mount(c->workspace_mount, "wt", "/workspaces/wt");
	dev_config_free(c);

	/* A file that leads nowhere ends the search, a folder that is no repository does not. */
	tree_write("gr/broken/.git", "gitdir: /nowhere\n");
	tree_write("gr/broken/s/.devcontainer.json", PLAIN);
	c = load("gr/broken/s");
	is_mount(c->workspace_mount, "gr/broken/s", "/workspaces/s");
	dev_config_free(c);
	tree_write("gr/empty/.git/x", "");
	tree_write("gr/empty/s/.devcontainer.json", PLAIN);
	c = load("gr/empty/s");
	is_mount(c->workspace_mount, "gr", "/workspaces/gr");
	dev_config_free(c);
	/* Inside the repository's own files there is no work tree. */
	tree_write("gr/.git/in/.devcontainer.json", PLAIN);
	c = load("gr/.git/in");
	is_mount(c->workspace_mount, "gr/.git/in", "/workspaces/in");
	dev_config_free(c);
}

static void test_workspace(void **state)
{
	static const struct { const char *json, *folder, *mount, *x; } rows[] = {
		/* folder alone does not move the mount; "" is an answer; what the file says is substituted */
		{ "{\"image\":\"i\",\"workspaceFolder\":\"/w/${localWorkspaceFolderBasename}\","
		    "\"x\":\"${containerWorkspaceFolder}\"}",
		    "/w/w", "type=bind,source=@/w,target=/workspaces/w", "/w/w" },
		{ "{\"image\":\"i\",\"workspaceMount\":\"\",\"x\":\"${containerWorkspaceFolder}\"}", "/workspaces/w", NULL,
		    "/workspaces/w" },
		{ "{\"image\":\"i\",\"workspaceMount\":\"source=${localWorkspaceFolder},"
		    "target=/v/${containerWorkspaceFolderBasename},"
		    "type=bind\",\"x\":\"\"}", "/workspaces/w", "source=@/w,target=/v/w,type=bind", "" },
		{ "{\"image\":\"i\",\"workspaceFolder\":\"/ws/${containerWorkspaceFolderBasename}\",\"x\":"
		    "\"${containerWorkspaceFolder}\"}", "/ws/${containerWorkspaceFolderBasename}",
		    "type=bind,source=@/w,target=/workspaces/w", "/ws/${containerWorkspaceFolderBasename}" },
		{ "{\"dockerComposeFile\":\"c\",\"service\":\"s\",\"x\":\"${containerWorkspaceFolder}\"}", "/", NULL, "/" },
		{ "{\"image\":\"i\",\"x\":\"${containerEnv:A}${unknown}\"}", "/workspaces/w",
		    "type=bind,source=@/w,target=/workspaces/w", "${containerEnv:A}${unknown}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		tree_write("w/.devcontainer.json", rows[i].json);
		struct dev_config *c = load("w");
		assert_string_equal(c->workspace_folder, rows[i].folder);
		const char *at = rows[i].mount ? strchr(rows[i].mount, '@') : NULL;
		if (at) {
			cleanup_free char *want = xasprintf("%.*s%s%s", (int)(at - rows[i].mount), rows[i].mount, tree_root,
			    at + 1);
			assert_string_equal(c->workspace_mount, want);
		} else {
			assert_null(c->workspace_mount);
		}
		assert_string_equal(json_str(c->conf, "x"), rows[i].x);
		dev_config_free(c);
	}
	setenv("LACE_TEST_RELATIVE", "rel", 1);
	tree_write("w/.devcontainer.json", "{\"image\":\"i\","
	    "\"workspaceFolder\":\"${localEnv:LACE_TEST_RELATIVE}\"}");
	refused("w", NULL, ERR_FAILED, "\"workspaceFolder\" becomes \"rel\"");
}

static void test_id(void **state)
{
	tree_write("i/.devcontainer.json", "{\"image\":\"i\",\"mounts\":[\"source=v-${devcontainerId},"
	    "target=/v\"]}");
	struct dev_config *c = load("i");
	cleanup_strv struct strv labels = STRV_INIT;
	dev_id_labels(c, &labels);
	cleanup_free char *id = dev_container_id(&labels);
	assert_string_equal(c->id, id);
	cleanup_free char *folder = xasprintf("devcontainer.local_folder=%s/i", tree_root);
	cleanup_free char *file = xasprintf("devcontainer.config_file=%s/i/.devcontainer.json", tree_root);
	assert_string_equal(labels.v[0], folder);
	assert_string_equal(labels.v[1], file);
	cleanup_free char *mount = xasprintf("source=v-%s,target=/v", id);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(json_get(c->conf, "mounts"), 0)),
	    mount);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(json_get(c->raw, "mounts"), 0)),
	    "source=v-${devcontainerId},target=/v");
	dev_config_free(c);
}

static void test_kinds(void **state)
{
	static const struct { const char *json; enum dev_kind kind; } rows[] = {
		{ "{}", DEV_KIND_NONE }, { "{\"name\":\"x\"}", DEV_KIND_NONE }, { "{\"image\":\"i\"}", DEV_KIND_IMAGE },
		{ "{\"build\":{\"dockerfile\":\"D\"},\"image\":\"i\"}", DEV_KIND_DOCKERFILE },
		{ "{\"dockerFile\":\"D\",\"context\":\".\"}", DEV_KIND_DOCKERFILE },
		{ "{\"image\":\"i\",\"dockerComposeFile\":\"c\"}", DEV_KIND_IMAGE },
		{ "{\"dockerComposeFile\":[],\"service\":\"s\"}", DEV_KIND_COMPOSE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		tree_write("k/.devcontainer.json", rows[i].json);
		struct dev_config *c = load("k");
		assert_int_equal(c->kind, rows[i].kind);
		dev_config_free(c);
	}
}

static void test_legacy(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "{\"image\":\"x\",\"extensions\":[\"a\"],\"settings\":{\"k\":1,\"c\":2},\"devPort\":3,\"customizations\":"
		    "{\"vscode\":{\"settings\":{\"k\":5},\"extensions\":[\"z\"]}}}",
		    "{\"image\":\"x\",\"customizations\":{\"vscode\":{\"settings\":{\"k\":5,\"c\":2},"
		    "\"extensions\":[\"z\",\"a\"],"
		    "\"devPort\":3}}}" },
		{ "{\"extensions\":[\"a\"],\"image\":\"x\"}",
		    "{\"image\":\"x\",\"customizations\":{\"vscode\":{\"extensions\":[\"a\"]}}}" },
		{ "{\"image\":\"x\",\"settings\":{\"a\":1},\"customizations\":{\"vscode\":\"no\"}}",
		    "{\"image\":\"x\",\"customizations\":{\"vscode\":\"no\"}}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		tree_write("l/.devcontainer.json", rows[i].in);
		struct dev_config *c = load("l");
		cleanup_str struct str got = STR_INIT;
		json_stringify(&got, c->raw);
		assert_string_equal(got.s, rows[i].out);
		dev_config_free(c);
	}
}

/* Errors say where, in the file's own terms. */
static void test_errors(void **state)
{
	static const struct { const char *json, *part; } rows[] = {
		{ "", "x/.devcontainer.json" },
		{ "[1]", "x/.devcontainer.json: expected a JSON object" },
		{ "{\n\t\"image\": [\"a\"]\n}", "x/.devcontainer.json:2:11: \"image\": expected a string" },
		{ "{\n\t\"image\": \"a\",\n\t\"name\": \"${localEnv}\"}",
		    "x/.devcontainer.json:3:10: \"${localEnv}\" names no" },
		{ "{\"image\":\"a\",\"workspaceFolder\":\"/${env}\"}", "\"${env}\" names no" },
		{ "{\"image\":\"a\" ", "x/.devcontainer.json:1:" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		tree_write("x/.devcontainer.json", rows[i].json);
		refused("x", NULL, ERR_FAILED, rows[i].part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places), cmocka_unit_test(test_explicit), cmocka_unit_test(test_odd_paths),
		cmocka_unit_test(test_git), cmocka_unit_test(test_workspace), cmocka_unit_test(test_id),
		cmocka_unit_test(test_kinds), cmocka_unit_test(test_legacy), cmocka_unit_test(test_errors),
	};
	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
