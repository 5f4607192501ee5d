/* What is asked about, what is remembered, and the question itself on a pseudo-terminal. */
#include "../unit.h"

#include "dev/trust.h"
#include "host/jsonc.h"
#include "tree.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
	if (tree_setup(state) < 0)
		return -1;
	cleanup_free char *home = tree_path("state");
	return setenv("XDG_STATE_HOME", home, 1);
}

static struct dev_config *config(const char *ws, const char *json)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *file = xasprintf("%s/.devcontainer/devcontainer.json", ws), *path = tree_path(ws);
	tree_write(file, json);
	struct dev_config *c = dev_config_load(path, NULL, &err);
	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

/* The reasons behind the first line, one a line, with the temporary folder as "@". */
static char *reasons(const char *json)
{
	struct dev_config *c = config("p", json);
	cleanup_strv struct strv lines = STRV_INIT;
	dev_trust_reasons(c, &lines);
	dev_config_free(c);
	assert_true(lines.n > 0);
	struct str out = STR_INIT;
	for (size_t i = 1; i < lines.n; i++) {
		for (const char *p = lines.v[i]; *p;) {
			if (str_starts(p, tree_root)) {
				str_putc(&out, '@');
				p += strlen(tree_root);
			} else {
				str_putc(&out, *p++);
			}
		}
		str_putc(&out, '\n');
	}
	return str_detach(&out);
}

static void test_reasons(void **state)
{
	static const struct { const char *json, *lines; } rows[] = {
		{ "{\"image\":\"i\"}", "" },
		{ "{\"image\":\"i\",\"initializeCommand\":\"curl x | sh\"}", "runs on this host: curl x | sh\n" },
		{ "{\"image\":\"i\",\"initializeCommand\":[\"a\",\"b\"]}", "runs on this host: [\"a\",\"b\"]\n" },
		{ "{\"image\":\"i\",\"initializeCommand\":\"\",\"runArgs\":[],\"capAdd\":[]}", "" },
		{ "{\"image\":\"i\",\"initializeCommand\":\"a\\u001b[2J\\nb\"}", "runs on this host: a^[[2J b\n" },
		{ "{\"image\":\"i\",\"privileged\":true,\"capAdd\":[\"SYS_ADMIN\"],\"securityOpt\":[\"x\"],"
		    "\"runArgs\":[\"--pid=host\"]}",
		    "gives the engine its own arguments: [\"--pid=host\"]\n"
		    "wants a privileged container: root in it is root on this host\nadds capabilities: [\"SYS_ADMIN\"]\n"
		    "sets security options: [\"x\"]\n" },
		/* Inside the project and named volumes say nothing; outside does, by whatever way. */
		{ "{\"image\":\"i\",\"mounts\":[\"type=bind,source=${localWorkspaceFolder}/sub,target=/a\","
		    "{\"type\":\"volume\",\"source\":\"v\",\"target\":\"/b\"},\"type=tmpfs,target=/c\"]}", "" },
		{ "{\"image\":\"i\",\"mounts\":[\"type=bind,source=/,target=/a\"]}",
		    "mounts from this host: type=bind,source=/,target=/a\n" },
		{ "{\"image\":\"i\",\"mounts\":[\"type=bind,source=${localWorkspaceFolder}/../x,target=/a\"]}",
		    "mounts from this host: type=bind,source=@/p/../x,target=/a\n" },
		{ "{\"image\":\"i\",\"mounts\":[\"type=bind,source=${localWorkspaceFolder}/out,target=/a\"]}",
		    "mounts from this host: type=bind,source=@/p/out,target=/a\n" },
		{ "{\"image\":\"i\",\"mounts\":[\"target=/a,volume-opt=type=none,volume-opt=device=/etc\"]}",
		    "mounts from this host: target=/a,volume-opt=type=none,volume-opt=device=/etc\n" },
		{ "{\"image\":\"i\",\"mounts\":[{\"type\":\"bind\",\"source\":\"${localEnv:HOME}\",\"target\":\"/h\"}]}",
		    "mounts from this host: {\"type\":\"bind\",\"source\":\"/root\",\"target\":\"/h\"}\n"
		    "reads from this host's environment: HOME\n" },
		{ "{\"image\":\"i\",\"workspaceMount\":\"type=bind,source=/etc,target=/w\",\"workspaceFolder\":\"/w\"}",
		    "mounts as the workspace: type=bind,source=/etc,target=/w\n" },
		{ "{\"image\":\"i\",\"appPort\":[3000,\"127.0.0.1:1:1\"]}", "" },
		{ "{\"image\":\"i\",\"appPort\":[3000,\"8080:80\"]}", "publishes a port to the network: 8080:80\n" },
		{ "{\"image\":\"i\",\"appPort\":\"0.0.0.0:1:1\"}", "publishes a port to the network: 0.0.0.0:1:1\n" },
		{ "{\"build\":{\"dockerfile\":\"D\",\"context\":\"../..\",\"options\":[\"--network=host\"]}}",
		    "sends a folder outside the project to the build: @/p/.devcontainer/../..\n"
		    "gives the build its own arguments: [\"--network=host\"]\n" },
		{ "{\"build\":{\"dockerfile\":\"D\",\"context\":\"..\"}}", "" },
		{ "{\"image\":\"i\",\"containerEnv\":{\"T\":\"${localEnv:TOKEN}${env:B:c}${localEnv:TOKEN}\"}}",
		    "reads from this host's environment: TOKEN, B\n" },
		{ "{\"image\":\"i\",\"features\":{\"./a\":{},\"./b\":{}}}", "installs features as root in the image: 2\n" },
	};
	setenv("HOME", "/root", 1);
	tree_write("p/sub/x", "");
	cleanup_free char *out = tree_path("p/out");
	assert_int_equal(symlink("/etc", out), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *got = reasons(rows[i].json);
		if (!str_eq(got, rows[i].lines))
			fail_msg("%s\n%s", rows[i].json, got);
	}
}

/* A flood of mounts does not push the end out of sight unsaid. */
static void test_many_reasons(void **state)
{
	cleanup_str struct str json = STR_INIT;
	str_puts(&json, "{\"image\":\"i\",\"mounts\":[");
	for (int i = 0; i < 500; i++)
		str_printf(&json, "%s\"type=bind,source=/etc/%d,target=/%d\"", i ? "," : "", i, i);
	str_puts(&json, "],\"appPort\":\"1:1\"}");
	cleanup_free char *got = reasons(json.s);
	assert_true(str_ends(got, "and more: read the file before you trust it\n"));
	assert_true(strlen(got) < 8192);
}

static void test_remembered(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	struct dev_config *a = config("a", "{\"image\":\"i\"}"), *b = config("b", "{\"image\":\"i\"}");
	assert_false(dev_trust_known(a));
	assert_int_equal(dev_trust_record(a, &err), 0);
	assert_int_equal(dev_trust_record(a, &err), 0);
	assert_true(dev_trust_known(a));
	/* The same content elsewhere is another repository. */
	assert_false(dev_trust_known(b));
	assert_int_equal(dev_trust_confirm(b, true, &err), 0);
	assert_true(dev_trust_known(b));
	dev_config_free(a);
	dev_config_free(b);

	/* Changed content is asked about again; spelled differently it is the same; the old is still known. */
	a = config("a", "{\"image\":\"j\"}");
	assert_false(dev_trust_known(a));
	assert_int_equal(dev_trust_record(a, &err), 0);
	dev_config_free(a);
	a = config("a", "{ // comment\n \"image\": \"i\", }");
	assert_true(dev_trust_known(a));

	cleanup_free char *file = tree_path("state/lace/trust.json"), *dir = tree_path("state/lace");
	struct stat st;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);

	/* Nothing grows without end: the oldest of a workspace is forgotten. */
	for (int i = 0; i < 16; i++) {
		cleanup_free char *json = xasprintf("{\"image\":\"n%d\"}", i);
		struct dev_config *c = config("a", json);
		assert_int_equal(dev_trust_record(c, &err), 0);
		dev_config_free(c);
	}
	assert_false(dev_trust_known(a));
	dev_config_free(a);
}

/* A folder of the project that was mounted without a word is a link to somewhere else now. */
static void test_link_appears(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	tree_write("l/data/x", "");
	struct dev_config *c = config("l",
	    "{\"image\":\"i\",\"mounts\":[\"type=bind,source=${localWorkspaceFolder}/data,target=/d\"]}");
	assert_int_equal(dev_trust_record(c, &err), 0);
	assert_true(dev_trust_known(c));
	cleanup_free char *data = tree_path("l/data"), *aside = tree_path("l/aside");
	assert_int_equal(rename(data, aside), 0);
	assert_int_equal(symlink("/etc", data), 0);
	assert_false(dev_trust_known(c));
	dev_config_free(c);
}

/* What image and features want beyond the configuration. */
static void test_image(void **state)
{
	static const struct { const char *entries, *lines; } rows[] = {
		{ "[]", "" },
		{ "[{\"id\":\"./a\",\"entrypoint\":\"/x\",\"containerEnv\":{\"A\":\"b\"}}]", "" },
		/* the configuration's own entry, and what it has confirmed already */
		{ "[{\"capAdd\":[\"SYS_PTRACE\"],\"mounts\":[\"type=bind,source=/opt,target=/o\"],"
		    "\"remoteEnv\":{\"T\":\"${localEnv:TOKEN}\"}}]", "" },
		{ "[{\"privileged\":true},{\"privileged\":[]},{\"privileged\":0}]",
		    "wants a privileged container: root in it is root on this host\n" },
		{ "[{\"capAdd\":[\"SYS_ADMIN\"]},{\"securityOpt\":[\"seccomp=unconfined\"]}]",
		    "adds capabilities: [\"SYS_ADMIN\"]\nsets security options: [\"seccomp=unconfined\"]\n" },
		{ "[{\"mounts\":[\"source=/,target=/h,type=bind\",\"source=v,target=/v,type=volume\"]},"
		    "{\"mounts\":\"source=/etc,target=/e,type=bind\"}]",
		    "mounts from this host: source=/,target=/h,type=bind\n"
		    "mounts from this host: source=/etc,target=/e,type=bind\n" },
		{ "[{\"mounts\":[\"source=${localEnv:HOME}/.ssh,target=/s,type=bind\"]}]",
		    "mounts from this host: source=/root/.ssh,target=/s,type=bind\n"
		    "reads from this host's environment: HOME\n" },
		{ "[{\"remoteEnv\":{\"A\":\"${localEnv:TOKEN}${localEnv:SECRET}\"}}]",
		    "reads from this host's environment: SECRET\n" },
	};
	cleanup_err struct err err = ERR_INIT;
	setenv("HOME", "/root", 1);
	struct dev_config *c = config("m", "{\"image\":\"i\",\"capAdd\":[\"SYS_PTRACE\"],"
	    "\"mounts\":[\"type=bind,source=/opt,target=/o\"],\"remoteEnv\":{\"T\":\"${localEnv:TOKEN}\"}}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_strv struct strv lines = STRV_INIT;
		cleanup_str struct str got = STR_INIT;
		json_object *entries = json_tokener_parse(rows[i].entries);
		assert_int_equal(dev_trust_image_reasons(c, entries, &lines, &err), 0);
		for (size_t k = 0; k < lines.n; k++)
			str_printf(&got, "%s\n", lines.v[k]);
		if (!str_eq(got.s, rows[i].lines))
			fail_msg("%s\n%s", rows[i].entries, got.s);
		json_object_put(entries);
	}
	/* Asked once for each content: --trust answers for this one only. */
	json_object *one = json_tokener_parse(rows[3].entries), *other = json_tokener_parse(rows[5].entries);
	assert_int_equal(dev_trust_confirm_image(c, one, true, &err), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		setsid();               /* nobody can be asked */
		int fd = open("/dev/null", O_RDONLY);
		bool ok = fd >= 0 && dup2(fd, 0) == 0 && dev_trust_confirm_image(c, one, false, &err) == 0 &&
			  dev_trust_confirm_image(c, other, false, &err) < 0 && strstr(err.msg, "source=/,target=/h");
		_exit(ok ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	json_object_put(one);
	json_object_put(other);
	dev_config_free(c);
}

static void test_corrupt(void **state)
{
	static const char *const broken[] = { "{\"workspaces\":", "[]", "{}", "", "{\"workspaces\":3}" };
	cleanup_err struct err err = ERR_INIT;
	struct dev_config *c = config("c", "{\"image\":\"i\"}");
	cleanup_free char *aside = tree_path("state/lace/trust.json.corrupt");
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		tree_write("state/lace/trust.json", broken[i]);
		unlink(aside);
		assert_false(dev_trust_known(c));
		assert_int_equal(dev_trust_record(c, &err), 0);
		assert_true(dev_trust_known(c));
		assert_true(fs_exists(aside));
	}
	/* Values of the wrong shape inside are no confirmation and no crash. */
	cleanup_free char *odd = xasprintf("{\"workspaces\":{\"%s\":[1,null,{}],\"x\":5}}", c->workspace);
	tree_write("state/lace/trust.json", odd);
	assert_false(dev_trust_known(c));
	dev_config_free(c);
}

static void test_no_terminal(void **state)
{
	struct dev_config *c = config("t", "{\"image\":\"i\",\"initializeCommand\":\"x\"}");
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = ERR_INIT;
		setsid();               /* no controlling terminal any more */
		int fd = open("/dev/null", O_RDONLY);
		if (fd < 0 || dup2(fd, 0) < 0)
			_exit(2);
		int r = dev_trust_confirm(c, false, &err);
		_exit(r < 0 && err.code == ERR_FAILED && strstr(err.msg, "--trust") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(dev_trust_known(c));
	dev_config_free(c);
}

/* Types the answer once the question stands there; returns what was shown. */
static char *converse(struct dev_config *c, const char *answer, bool want)
{
	int master;
	fflush(NULL);
	pid_t pid = forkpty(&master, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err = ERR_INIT;
		int r = dev_trust_confirm(c, false, &err);
		_exit((r == 0) == want && (r == 0 || strstr(err.msg, "not trusted")) ? 0 : 1);
	}
	struct str shown = STR_INIT;
	char buf[512];
	bool answered = false;
	for (ssize_t n; (n = read(master, buf, sizeof(buf))) > 0;) {
		str_add(&shown, buf, (size_t)n);
		if (!answered && strstr(shown.s, "[y/N] ")) {
			assert_int_equal(write(master, answer, strlen(answer)), strlen(answer));
			answered = true;
		}
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(master);
	if (status != 0)
		fail_msg("answer %s: status %d\n%s", answer, status, shown.s);
	return str_detach(&shown);
}

static void test_terminal(void **state)
{
	static const struct { const char *answer; bool yes; } rows[] = {
		{ "\n", false }, { "n\n", false }, { "yess\n", false }, { "\x04", false }, { "Yes\n", true },
	};
	struct dev_config *c = config("y", "{\"image\":\"i\",\"initializeCommand\":\"make host\"}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cleanup_free char *shown = converse(c, rows[i].answer, rows[i].yes);
		assert_non_null(strstr(shown, "runs on this host: make host"));
		assert_non_null(strstr(shown, c->workspace));
		assert_int_equal(dev_trust_known(c), rows[i].yes);
	}
	/* Asked once. */
	cleanup_err struct err err = ERR_INIT;
	assert_int_equal(dev_trust_confirm(c, false, &err), 0);
	dev_config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons), cmocka_unit_test(test_many_reasons), cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_link_appears), cmocka_unit_test(test_image),
		cmocka_unit_test(test_corrupt), cmocka_unit_test(test_no_terminal), cmocka_unit_test(test_terminal),
	};
	return cmocka_run_group_tests(tests, setup, tree_teardown);
}
