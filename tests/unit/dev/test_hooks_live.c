/* Preparation, probe and hooks in a real container: LACE_TEST_DOCKER_HOST names the engine, the image
 * lace-test:base has to be there. Skipped (77) without. Hooks leave lines in a file in the container;
 * what ran, and in which order, is read from there. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/hooks.h"
#include "dev/metadata.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"

static struct engine *engine;
static char image[64], label[64];
static struct dev_config config = { .workspace_folder = NULL };
static char *box;

static void no_error(const struct err *err)
{
	assert_string_equal(err->msg ? err->msg : "", "");
}

/* Runs as root in the box; the output. */
static void run_in(const char *script, struct str *out)
{
	struct err err = ERR_INIT;
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct engine_exec x = { .container = box, .user = "root", .argv = argv, .out = out };
	int code = engine_exec(engine, &x, &err);
	no_error(&err);
	assert_int_equal(code, 0);
}

static void expect_in(const char *script, const char *want)
{
	struct str out = STR_INIT;
	run_in(script, &out);
	assert_string_equal(out.s, want);
	str_fini(&out);
}

static void make_box(const char *from, const char *metadata)
{
	struct err err = ERR_INIT;
	cleanup_strv struct strv args = STRV_INIT;
	const char *const head[] = { "--label", label, "--label", NULL };
	const char *const tail[] = { "-e", "FROM_CONTAINER=here", "-e",
	    "PATH=/opt/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", from,
	    "sleep", "infinity", NULL };
	strv_push_all(&args, head);
	strv_pushf(&args, "%s=%s", DEV_LABEL_METADATA, metadata);
	strv_push_all(&args, tail);
	box = engine_create(engine, &args, &err);
	no_error(&err);
	engine_start(engine, box, &err);
	no_error(&err);
}

static int drop_box(void **state)
{
	struct err err = ERR_INIT;
	if (box)
		engine_remove(engine, box, true, &err);
	free(box);
	box = NULL;
	err_fini(&err);
	return 0;
}

static void open_target(struct dev_target *t)
{
	struct err err = ERR_INIT;
	json_object *inspect = engine_inspect(engine, box, &err);
	no_error(&err);
	const char *text = json_str(json_get(json_get(inspect, "Config"), "Labels"), DEV_LABEL_METADATA);
	json_object *entries = dev_metadata_parse(text);
	json_object *merged = dev_metadata_merge(entries, NULL);
	int rc = dev_target_init(t, engine, inspect, &config, merged, &err);
	no_error(&err);
	assert_int_equal(rc, 0);
	json_object_put(inspect);
	json_object_put(entries);
	json_object_put(merged);
}

/* One `up`: what the hooks wrote since the last one, and the error. */
static void up(const struct dev_hook_options *opts, const char *want, const char *error)
{
	struct dev_hook_options none = { 0 };
	struct err err = ERR_INIT;
	struct dev_target t;
	open_target(&t);
	int rc = dev_run_hooks(&t, opts ? opts : &none, &err);
	assert_string_equal(err.msg ? err.msg : "", error ? error : "");
	assert_int_equal(rc, error ? -1 : 0);
	expect_in("cat /tmp/log 2>/dev/null; rm -f /tmp/log", want);
	dev_target_fini(&t);
	err_fini(&err);
}

static int begin(void **state)
{
	struct err err = ERR_INIT;
	engine = engine_open(NULL, &err);
	snprintf(label, sizeof(label), "lace.test=hooks-%d", (int)getpid());
	snprintf(image, sizeof(image), "lace-test/hooks-%d", (int)getpid());
	config.workspace = (char *)"/ws/proj";
	config.workspace_folder = (char *)"/srv";
	make_box("lace-test:base", "[]");
	run_in("{ id dev >/dev/null 2>&1 || useradd -m -s /bin/bash dev; } && "
	    "mkdir -p /opt/tools && chmod 1777 /tmp", NULL);
	char *id = engine_commit(engine, box, image, "latest", NULL, &err);
	free(id);
	drop_box(NULL);
	if (err.msg)
		fprintf(stderr, "%s\n", err.msg);
	return id ? 0 : -1;
}

static int end(void **state)
{
	struct err err = ERR_INIT;
	drop_box(NULL);
	engine_image_remove(engine, image, &err);
	engine_close(engine);
	err_fini(&err);
	return 0;
}

/* ---- preparation and probe ---- */

static void target_of_a_user(void **state)
{
	make_box(image, "[{\"remoteUser\":\"dev\",\"remoteEnv\":{"
	    "\"OWN\":\"${containerEnv:FROM_CONTAINER}!\",\"EMPTY\":\"\","
	    "\"FROM_PROFILE\":\"remote wins\",\"DROPPED\":null}}]");
	run_in("printf 'echo noise; export FROM_PROFILE=x DROPPED=1 FROM_RC=\"two\nlines\"; "
	    "printf noise' >>/home/dev/.bashrc", NULL);
	struct dev_target t;
	open_target(&t);
	assert_string_equal(t.user, "dev");
	assert_string_equal(t.home, "/home/dev");
	assert_string_equal(t.shell, "/bin/bash");
	assert_string_equal(t.dir, "/srv");
	assert_string_equal(env_get(&t.env, "FROM_RC"), "two\nlines");
	assert_string_equal(env_get(&t.env, "FROM_PROFILE"), "remote wins");
	assert_string_equal(env_get(&t.env, "OWN"), "here!");
	assert_string_equal(env_get(&t.env, "EMPTY"), "");
	assert_string_equal(env_get(&t.env, "HOME"), "/home/dev");
	assert_null(env_get(&t.env, "DROPPED"));
	assert_null(env_get(&t.env, "PWD"));
	/* A login shell sets PATH in /etc/profile: patched, it keeps the container's. */
	assert_true(str_starts(env_get(&t.env, "PATH"), "/opt/tools:"));

	struct strv env = STRV_INIT;
	dev_target_env(&t, &env);
	assert_string_equal(env_get(&env, "FROM_CONTAINER"), "here");
	assert_string_equal(env_get(&env, "OWN"), "here!");
	assert_null(env_get(&env, "DROPPED"));
	strv_fini(&env);
	dev_target_fini(&t);

	/* The patches are made once. */
	open_target(&t);
	dev_target_fini(&t);
	expect_in("grep -c FROM_CONTAINER=.here. /etc/environment; ls -A /var/devcontainer; "
	    "su -l dev -c 'echo $PATH' </dev/null | tail -n 1 | cut -d: -f1; sh -n /etc/profile && echo fine",
	    "1\n.patchEtcEnvironmentMarker\n.patchEtcProfileMarker\n/opt/tools\nfine\n");
}

static void target_of_root_without_probe(void **state)
{
	config.workspace_folder = (char *)"/no/such/folder";
	make_box(image, "[{\"userEnvProbe\":\"none\",\"remoteEnv\":{\"A\":\"1\"}}]");
	struct dev_target t;
	open_target(&t);
	assert_string_equal(t.user, "root");
	assert_int_equal(t.uid, 0);
	assert_string_equal(t.home, "/root");
	assert_string_equal(t.dir, "/root");
	assert_int_equal(t.env.n, 2); /* HOME, A */
	dev_target_fini(&t);
	config.workspace_folder = (char *)"/srv";
	expect_in("ls -A /var/devcontainer | wc -l", "2\n");
}

static void hanging_start_up_files(void **state)
{
	make_box(image, "[{\"remoteUser\":\"dev\"}]");
	run_in("echo 'sleep 4711' >>/home/dev/.bashrc", NULL);
	struct dev_target t;
	open_target(&t);
	assert_string_equal(t.home, "/home/dev");
	assert_int_equal(t.env.n, 1); /* HOME */
	dev_target_fini(&t);
	expect_in("ps ax -o args | grep -c '^sleep 4711' || true", "0\n");
}

static void a_user_who_does_not_exist(void **state)
{
	make_box(image, "[{\"remoteUser\":\"nobody-here\"}]");
	struct err err = ERR_INIT;
	struct dev_target t;
	json_object *inspect = engine_inspect(engine, box, &err);
	json_object *merged = json_tokener_parse("{\"remoteUser\":\"nobody-here\"}");
	assert_int_equal(dev_target_init(&t, engine, inspect, &config, merged, &err), -1);
	assert_non_null(strstr(err.msg, "nobody-here"));
	err_fini(&err);
	json_object_put(inspect);
	json_object_put(merged);
}

/* ---- hooks ---- */

#define ALL "[{\"id\":\"./feat\",\"postCreateCommand\":\"echo feature >>/tmp/log\"}," \
	"{\"remoteUser\":\"dev\",\"remoteEnv\":{\"X\":\"a b\"},\"onCreateCommand\":[\"sh\",\"-c\"," \
	"\"echo onCreate $(id -un) $(pwd) $X >>/tmp/log\"],\"updateContentCommand\":\"echo update >>/tmp/log\"," \
	"\"postCreateCommand\":\"echo postCreate >>/tmp/log\",\"postStartCommand\":\"echo start >>/tmp/log\"," \
	"\"postAttachCommand\":\"echo attach >>/tmp/log\"}]"

static void once_each_start_each_time(void **state)
{
	struct err err = ERR_INIT;
	make_box(image, ALL);
	up(NULL, "onCreate dev /srv a b\nupdate\nfeature\npostCreate\nstart\nattach\n", NULL);
	up(NULL, "attach\n", NULL);
	struct dev_hook_options quiet = { .skip_post_attach = true }, skip = { .skip_post_create = true };
	up(&quiet, "", NULL);
	up(&skip, "", NULL);
	assert_int_equal(engine_stop(engine, box, 0, &err), 0);
	assert_int_equal(engine_start(engine, box, &err), 0);
	up(NULL, "start\nattach\n", NULL);

	/* The markers are the reference CLI's. */
	json_object *inspect = engine_inspect(engine, box, &err);
	const char *created = json_str(inspect, "Created");
	const char *started = json_str(json_get(inspect, "State"), "StartedAt");
	cleanup_free char *want = xasprintf("%s\n%s\n%s\n%s\ndev\n", created, started, created, created);
	expect_in("cd /home/dev/.devcontainer && cat .onCreateCommandMarker .postStartCommandMarker "
	    ".postCreateCommandMarker .updateContentCommandMarker; stat -c %U .onCreateCommandMarker", want);
	json_object_put(inspect);
}

static void prebuild_and_wait_for(void **state)
{
	struct dev_hook_options prebuild = { .prebuild = true }, blocking = { .skip_non_blocking = true };
	make_box(image, ALL);
	up(&prebuild, "onCreate dev /srv a b\nupdate\n", NULL);
	up(&prebuild, "update\n", NULL);
	up(&blocking, "", NULL);
	up(NULL, "feature\npostCreate\nstart\nattach\n", NULL);
	drop_box(NULL);
	make_box(image, "[{\"waitFor\":\"postCreateCommand\",\"postCreateCommand\":\"echo c >>/tmp/log\","
	    "\"postStartCommand\":\"echo s >>/tmp/log\"}]");
	up(&blocking, "c\n", NULL);
	up(NULL, "s\n", NULL);
}

static void markers_stand_without_commands(void **state)
{
	make_box(image, "[{\"remoteUser\":\"dev\",\"postCreateCommand\":[],\"postStartCommand\":{},"
	    "\"postAttachCommand\":{\"a\":\"\"}}]");
	up(NULL, "", NULL);
	expect_in("ls -A /home/dev/.devcontainer | wc -l", "4\n");
}

static void a_failed_hook_stops_the_later_ones_once(void **state)
{
	make_box(image, "[{\"id\":\"ghcr.io/x/f:1\",\"onCreateCommand\":\"echo on >>/tmp/log\"},"
	    "{\"postCreateCommand\":\"echo c >>/tmp/log; exit 3\",\"postStartCommand\":\"echo s >>/tmp/log\"}]");
	up(NULL, "on\nc\n", "postCreateCommand from devcontainer.json failed.");
	up(NULL, "s\n", NULL);
	drop_box(NULL);
	make_box(image, "[{\"id\":\"ghcr.io/x/f:1\",\"onCreateCommand\":[\"false\"]},"
	    "{\"onCreateCommand\":\"echo never >>/tmp/log\"}]");
	up(NULL, "", "onCreateCommand from Feature 'ghcr.io/x/f:1' failed.");
}

static void interruption_is_no_failure(void **state)
{
	make_box(image, "[{\"postCreateCommand\":\"exit 130\",\"postStartCommand\":\"echo s >>/tmp/log\"}]");
	up(NULL, "s\n", NULL);
}

static void members_run_at_the_same_time(void **state)
{
	/* Each of the first two needs the other to be running. */
	make_box(image, "[{\"postCreateCommand\":{"
	    "\"good\":\"until [ -e /tmp/b ]; do sleep 0.05; done; touch /tmp/a; sleep 0.3; echo good >>/tmp/log\","
	    "\"bad\":\"touch /tmp/b; until [ -e /tmp/a ]; do sleep 0.05; done; exit 4\","
	    "\"bad2\":[\"false\"],\"none\":\"\"},"
	    "\"postStartCommand\":\"echo never >>/tmp/log\"}]");
	up(NULL, "good\n", "bad of postCreateCommand from devcontainer.json failed.");
}

/* ---- session, host ---- */

static void session_file(void **state)
{
	make_box(image, "[{\"remoteUser\":\"dev\",\"userEnvProbe\":\"none\","
	    "\"remoteEnv\":{\"A\":\"one two\",\"GONE\":null}}]");
	struct err err = ERR_INIT;
	struct dev_target t;
	for (int i = 0; i < 2; i++) {
		open_target(&t);
		assert_int_equal(t.session_digest[0] != '\0', i == 1);
		assert_int_equal(dev_write_session(&t, DEV_SESSION_DIR, &err), 0);
		dev_target_fini(&t);
	}
	/* The engine gives the environment in no order of its own. */
	expect_in("tr '\\0' '\\n' </var/lib/lace/session | sort | tr '\\n' '|'; "
	    "stat -c ' %U %a' /var/lib/lace/session; stat -c '%U %a' /var/lib/lace;"
	    "ls -A /var/lib/lace",
	    "A=one two|FROM_CONTAINER=here|GONE|HOME=/home/dev|LACE_SESSION_DIR=/srv|LACE_SESSION_SHELL=/bin/bash|"
	    "PATH=/opt/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin| "
	    "dev 600\nroot 755\nsession\n");
}

static void initialize(const char *json, const char *error)
{
	struct err err = ERR_INIT;
	config.conf = json_tokener_parse(json);
	int rc = dev_run_initialize(&config, &err);
	assert_string_equal(err.msg ? err.msg : "", error ? error : "");
	assert_int_equal(rc, error ? -1 : 0);
	json_object_put(config.conf);
	config.conf = NULL;
	err_fini(&err);
}

static void initialize_on_the_host(void **state)
{
	char dir[] = "/tmp/lace-initialize-XXXXXX";
	struct err err = ERR_INIT;
	assert_non_null(mkdtemp(dir));
	cleanup_free char *a = fs_join(dir, "a b"), *b = fs_join(dir, "b"), *script = fs_join(dir, "run");
	config.workspace = dir;
	assert_int_equal(fs_write_atomic(script, "#!/bin/sh\ntouch \"$1\"\n", 21, 0700, &err), 0);
	initialize("{}", NULL);
	initialize("{\"initializeCommand\":[\"./run\",\"a b\"]}", NULL);
	assert_true(fs_exists(a));
	initialize("{\"initializeCommand\":"
	    "{\"x\":\"until [ -e c ]; do sleep 0.05; done; touch b\",\"y\":\"touch c\"}}", NULL);
	assert_true(fs_exists(b));
	initialize("{\"initializeCommand\":\"exit 130\"}", NULL);
	initialize("{\"initializeCommand\":\"exit 2\"}", "The initializeCommand in the devcontainer.json failed.");
	initialize("{\"initializeCommand\":{\"x\":\"true\",\"y\":[\"false\"]}}",
	    "The initializeCommand in the devcontainer.json failed.");
	assert_int_equal(fs_remove_tree(dir, &err), 0);
	config.workspace = (char *)"/ws/proj";
}

int main(void)
{
	const char *host = getenv("LACE_TEST_DOCKER_HOST");
	if (!host || !*host)
		return 77;
	setenv("DOCKER_HOST", host, 1);
	progress_set_quiet(true);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(target_of_a_user, drop_box),
		cmocka_unit_test_teardown(target_of_root_without_probe, drop_box),
		cmocka_unit_test_teardown(hanging_start_up_files, drop_box),
		cmocka_unit_test_teardown(a_user_who_does_not_exist, drop_box),
		cmocka_unit_test_teardown(once_each_start_each_time, drop_box),
		cmocka_unit_test_teardown(prebuild_and_wait_for, drop_box),
		cmocka_unit_test_teardown(markers_stand_without_commands, drop_box),
		cmocka_unit_test_teardown(a_failed_hook_stops_the_later_ones_once, drop_box),
		cmocka_unit_test_teardown(interruption_is_no_failure, drop_box),
		cmocka_unit_test_teardown(members_run_at_the_same_time, drop_box),
		cmocka_unit_test_teardown(session_file, drop_box),
		cmocka_unit_test(initialize_on_the_host),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
