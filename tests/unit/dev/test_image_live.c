/* Images made on a real engine: LACE_TEST_DOCKER_HOST names it, the image lace-test:base has to be there.
 * Skipped (77) without. Every run builds on an image of its own, so nothing of an earlier one is reused. */
#include "../unit.h"

#include "base/mem.h"
#include "dev/builder.h"
#include "dev/image.h"
#include "dev/uid.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct engine *engine;
static char root[64];
static struct dev_config config;
static char *base_id;

static void no_error(const struct err *err)
{
	assert_string_equal(err->msg ? err->msg : "", "");
}

static void put(const char *path, const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_free char *full = fs_join(root, path), *dir = fs_dirname(full);
	fs_mkdir_p(dir, 0755, &err);
	fs_write_atomic(full, text, strlen(text), 0644, &err);
	no_error(&err);
}

static void feature(const char *id, const char *members, const char *script)
{
	cleanup_free char *json = xasprintf(".devcontainer/%s/devcontainer-feature.json", id);
	cleanup_free char *sh = xasprintf(".devcontainer/%s/install.sh", id);
	cleanup_free char *text = xasprintf("{\"id\": \"%s\", \"version\": \"1.0.0\"%s%s}", id, *members ? ", " : "",
	    members);
	put(json, text);
	put(sh, script);
}

static void configure(const char *json)
{
	cleanup_err struct err err = ERR_INIT;
	json_object_put(config.conf);
	json_object_put(config.raw);
	config.conf = jsonc_parse(json, strlen(json), "devcontainer.json", NULL, &err);
	no_error(&err);
	config.raw = json_copy(config.conf);
	config.kind = json_str(config.conf, "image") ? DEV_KIND_IMAGE : DEV_KIND_DOCKERFILE;
}

static int prepare(struct dev_image *ret, struct err *err)
{
	struct dev_image_options opts = { .plain = true };
	return dev_image_prepare(engine, &config, &opts, ret, err);
}

static void prepared(struct dev_image *ret)
{
	cleanup_err struct err err = ERR_INIT;
	prepare(ret, &err);
	no_error(&err);
}

/* What a script says in a container of the image. */
static void said_in(json_object *image, const char *script, struct str *ret)
{
	cleanup_err struct err err = ERR_INIT;
	struct dev_builder b;
	dev_builder_open(&b, engine, image, &err);
	no_error(&err);
	int code = dev_builder_run(&b, script, (const char *[]){ NULL }, NULL, NULL, ret, &err);
	dev_builder_close(&b);
	no_error(&err);
	assert_int_equal(code, 0);
}

static void says(json_object *image, const char *script, const char *want)
{
	cleanup_str struct str got = STR_INIT;
	said_in(image, script, &got);
	assert_string_equal(got.s, want);
}

/* Throw-away containers of this run: those on its own base image. */
static size_t leftovers(void)
{
	cleanup_err struct err err = ERR_INIT;
	static const char *const labels[] = { DEV_LABEL_BUILD "=1", NULL };
	json_object *list = engine_list(engine, labels, true, &err);
	no_error(&err);
	size_t n = 0;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *id = json_str(json_object_array_get_idx(list, i), "ImageID");
		n += base_id && id && str_eq(id, base_id);
	}
	json_object_put(list);
	return n;
}

static const char *config_json(json_object *image, const char *key)
{
	json_object *value = json_get(json_get(image, "Config"), key);
	return value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
		     : "null";
}

/* ---- tests ---- */

static void dockerfile_base(void **state)
{
	cleanup_free char *text = xasprintf("ARG TAG=none\nFROM lace-test:$TAG AS one\nARG NOTE\n"
	    "RUN printf 'webdv:x:4000:4321::/home/webdv:/bin/sh\\ndevx:x:4321:4321:D e:/home/devx:/bin/sh' "
	    ">>/etc/passwd;"
	    " printf 'devx:x:4321:a\\ngrp:x:4500:' >>/etc/group; mkdir -p /home/devx; ln -s /etc/hostname "
	    "/home/devx/l;"
	    " chown -hR 4321:4321 /home/devx; echo \"$NOTE\" >/note; echo %s >/run-of-test\n"
	    "ENV E=base\nUSER devx\nWORKDIR /home/devx\nENTRYPOINT [\"/bin/echo\", \"x\"]\nCMD [\"y\"]\n"
	    "LABEL devcontainer.metadata='[{\"id\":\"base/one\",\"remoteUser\":\"root\"}]' lace.test=%s\nFROM "
	    "scratch\n",
	    root, root);
	put(".devcontainer/Dockerfile", text);
	configure("{\"build\": {\"dockerfile\": \"Dockerfile\", \"target\": \"one\", \"args\": {\"TAG\": \"base\","
		  "\"NOTE\": \"a b\"}, \"options\": [\"--label\", \"k=v\"]}}");
	struct dev_image img;
	prepared(&img);
	base_id = xstrdup(json_str(img.inspect, "Id"));
	assert_true(str_starts(img.ref, "lace.local/build:"));
	assert_false(img.labelled);
	assert_null(img.init);
	assert_int_equal(json_object_array_length(img.entries), 1);
	assert_non_null(strstr(config_json(img.inspect, "Labels"), "\"k\":\"v\""));
	says(img.inspect, "cat /note", "a b\n");
	dev_image_fini(&img);

	cleanup_err struct err err = ERR_INIT;
	configure("{\"build\": {\"dockerfile\": \"Dockerfile\", \"target\": \"two\"}}");
	assert_int_equal(prepare(&img, &err), -1);
	assert_non_null(strstr(err.msg, "no stage \"two\""));
	err_fini(&err);
	configure("{\"image\": \"lace-test:no-such\"}");
	assert_int_equal(prepare(&img, &err), -1);
	assert_non_null(strstr(err.msg, "image \"lace-test:no-such\" is missing and cannot be pulled: docker pull: "));
}

#define STAMP "head -c 9 /dev/urandom | od -An -tx1 >/stamp-"

static void layers(void **state)
{
	feature("a", "\"options\": {\"some-opt\": {\"type\": \"string\", \"default\": \"d\"}, \"on\": {\"type\": "
		     "\"boolean\", \"default\": true}}, \"containerEnv\": {\"PATH\": \"/opt/a:${PATH}\", \"A\": \"<$E>\"},"
		     "\"entrypoint\": \"/ep\"",
	    "#!/bin/sh\nset -e\n" STAMP "a\n(sleep 300; :) &\n"
	    "printf '%s\\n' \"$SOME_OPT\" \"$ON\" \"$_REMOTE_USER\" \"$_REMOTE_USER_HOME\" \"$_CONTAINER_USER\" "
	    "\"$_CONTAINER_USER_HOME\" \"$(id -u)\" \"$PWD\" \"$A\" >/a.txt; cat >>/a.txt\n");
	feature("b", "\"installsAfter\": [\"./a\"], \"postStartCommand\": \"p\"",
	    STAMP "b\necho $A $PATH >/b.txt\n");
	feature("c", "\"installsAfter\": [\"./b\"]", STAMP "c\n");
	cleanup_free char *json = xasprintf("{\"image\": \"%s\", \"features\": {\"./c\": {}, \"./b\": {}, \"./a\": "
	    "{\"some-opt\": \"q\\\"u o$t`e\"}}, \"postCreateCommand\": \"x\"}", base_id);
	configure(json);
	struct dev_image one, two;
	prepared(&one);
	assert_int_equal(leftovers(), 0);

	/* what the scripts got, and what became of their environment */
	says(one.inspect, "cat /a.txt",
	    "q\"u o$t`e\ntrue\nroot\n/root\ndevx\n/home/devx\n0\n/tmp/lace-features/a_0\n<base>\n");
	says(one.inspect, "cat /b.txt",
	    "<base> /opt/a:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
	says(one.inspect, "ls -A /tmp", "");
	/* what the base runs is what the image runs */
	assert_string_equal(config_json(one.inspect, "Entrypoint"), "[\"/bin/echo\",\"x\"]");
	assert_string_equal(config_json(one.inspect, "Cmd"), "[\"y\"]");
	assert_string_equal(config_json(one.inspect, "User"), "\"devx\"");
	assert_string_equal(config_json(one.inspect, "WorkingDir"), "\"/home/devx\"");
	assert_non_null(strstr(config_json(one.inspect, "Env"), "\"A=<base>\""));
	json_object *labels = json_get(json_get(one.inspect, "Config"), "Labels");
	assert_string_equal(json_str(labels, "devcontainer.metadata"),
	    "[{\"id\":\"base/one\",\"remoteUser\":\"root\"},{\"id\":\"./a\",\"entrypoint\":\"/ep\"},"
	    "{\"id\":\"./b\",\"postStartCommand\":\"p\"},{\"id\":\"./c\"}]");
	assert_int_equal(json_object_array_length(one.entries), 5);
	assert_false(one.labelled);

	/* the same again is the same image; so is one whose own hooks differ */
	cleanup_free char *other = xasprintf("{\"image\": \"%s\", \"features\": {\"./c\": {}, \"./b\": {}, \"./a\": "
	    "{\"some-opt\": \"q\\\"u o$t`e\"}}}", base_id);
	configure(other);
	prepared(&two);
	assert_string_equal(one.ref, two.ref);
	assert_true(two.labelled);
	dev_image_fini(&two);

	/* the third feature changes: the first two are not installed again */
	feature("c", "\"installsAfter\": [\"./b\"]", STAMP "c\n:\n");
	prepared(&two);
	assert_string_not_equal(one.ref, two.ref);
	for (const char *s = "abc"; *s; s++) {
		cleanup_str struct str before = STR_INIT, after = STR_INIT;
		cleanup_free char *script = xasprintf("cat /stamp-%c", *s);
		said_in(one.inspect, script, &before);
		said_in(two.inspect, script, &after);
		if (*s == 'c')
			assert_string_not_equal(before.s, after.s);
		else
			assert_string_equal(before.s, after.s);
	}
	dev_image_fini(&one);
	dev_image_fini(&two);
}

static void failure(void **state)
{
	feature("bad", "", "#!/bin/sh\necho 'it says \x1b[31mno'\nexit 125\n");
	cleanup_free char *json = xasprintf("{\"image\": \"%s\", \"features\": {\"./bad\": {}}}", base_id);
	configure(json);
	cleanup_err struct err err = ERR_INIT;
	struct dev_image img;
	assert_int_equal(prepare(&img, &err), -1);
	assert_non_null(strstr(err.msg, "\"./bad\""));
	assert_non_null(strstr(err.msg, "exit code 125"));
	char *path = strstr(err.msg, root);
	assert_non_null(path);
	cleanup_str struct str log = STR_INIT;
	cleanup_err struct err unread = ERR_INIT;
	fs_read(path, 1 << 20, &log, &unread);
	no_error(&unread);
	assert_non_null(strstr(log.s, "it says \x1b[31mno"));
	assert_int_equal(leftovers(), 0);
}

static void wait_for_leftovers(size_t want)
{
	for (int i = 0; i < 600 && leftovers() != want; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	assert_int_equal(leftovers(), want);
}

/* Killed in the middle of an install.sh: the container goes all the same. */
static void killed(void **state)
{
	feature("slow", "", "#!/bin/sh\nsleep 300\n");
	cleanup_free char *json = xasprintf("{\"image\": \"%s\", \"features\": {\"./slow\": {}}}", base_id);
	configure(json);
	pid_t child = fork();
	if (child == 0) {
		cleanup_err struct err err = ERR_INIT;
		struct dev_image img;
		engine = engine_open(NULL, &err);
		prepare(&img, &err);
		_exit(0);
	}
	wait_for_leftovers(1);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	wait_for_leftovers(0);
}

static void uid(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	json_object *base = engine_image_inspect(engine, base_id, &err);
	no_error(&err);
	static const struct { const char *user; uid_t uid; gid_t gid; const char *want; } cases[] = {
		/* passwd, group, owner of the home and of a link in it; NULL: nothing changes */
		{ "devx", 4717, 4718, "devx:x:4717:4718:D e:/home/devx:/bin/sh\ndevx:x:4718:a\n4717 4718\n4717 4718\n" },
		{ "devx", 4717, 4500, "devx:x:4717:4321:D e:/home/devx:/bin/sh\ndevx:x:4321:a\n4717 4321\n4717 4321\n" },
		{ "devx", 4321, 4321, NULL },
		{ "devx", 4321, 4500, NULL },
		{ "devx", 4000, 4000, NULL },
		{ "evx", 4717, 4717, NULL },
		{ "de.x", 4717, 4717, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (int again = 0; again < 2; again++) {
			char *ref;
			json_object *img = dev_uid_layer(engine, base, cases[i].user, cases[i].uid, cases[i].gid, false, &ref,
			    &err);
			no_error(&err);
			assert_int_equal(ref != NULL, cases[i].want != NULL);
			if (!cases[i].want)
				assert_string_equal(json_str(img, "Id"), base_id);
			else if (!again)
				says(img, "grep ^devx /etc/passwd; grep ^devx /etc/group; stat -c '%u %g' /home/devx /home/devx/l",
				    cases[i].want);
			free(ref);
			json_object_put(img);
		}
	}
	json_object_put(base);
	assert_int_equal(leftovers(), 0);
}

static int set_up(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	snprintf(root, sizeof(root), "/tmp/lace-image-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	config = (struct dev_config){ .workspace = root, .config_dir = fs_join(root, ".devcontainer"),
		.config_path = fs_join(root, ".devcontainer/devcontainer.json") };
	progress_set_quiet(true);
	engine = engine_open(NULL, &err);
	return engine && engine_ping(engine, &err) == 0 ? 0 : -1;
}

/* All images of this run inherited its label. */
static void remove_images(void)
{
	cleanup_err struct err err = ERR_INIT;
	struct proc p;
	proc_init(&p);
	static const char *const shell[] = { "/bin/sh", "-c", "\"$@\" image rm -f $(\"$@\" image ls -aq --filter "
	    "label=lace.test=\"$0\") >/dev/null 2>&1", NULL };
	strv_push_all(&p.argv, shell);
	strv_push(&p.argv, root);
	engine_cli(engine, &p.argv);
	if (proc_start(&p, &err) == 0)
		proc_wait(&p, &err);
	proc_fini(&p);
}

static int tear_down(void **state)
{
	cleanup_err struct err err = ERR_INIT;
	remove_images();
	engine_close(engine);
	free(config.config_dir);
	free(config.config_path);
	json_object_put(config.conf);
	json_object_put(config.raw);
	free(base_id);
	return fs_remove_tree(root, &err);
}

int main(void)
{
	const char *host = getenv("LACE_TEST_DOCKER_HOST");
	if (!host || !*host)
		return 77;
	setenv("DOCKER_HOST", host, 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dockerfile_base),
		cmocka_unit_test(layers),
		cmocka_unit_test(failure),
		cmocka_unit_test(killed),
		cmocka_unit_test(uid),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
