/* The room against a real engine: LACE_TEST_DOCKER_HOST names it, the image lace-test:base has to be there.
 * Skipped (77) without. Everything made is named after this process and removed. */
#include "../unit.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/tar.h"

#include <errno.h>
#include <time.h>

#define IMAGE "lace-test:base"

static struct engine *engine;
static char label[64];
static char *box;        /* a running container, published on box_port */
static int box_port;

static char *create(const char *publish, struct err *err)
{
	cleanup_strv struct strv args = STRV_INIT;
	strv_push(&args, "--label");
	strv_push(&args, label);
	strv_push(&args, "--label");
	strv_push(&args, "devcontainer.local_folder=/some/where");
	if (publish) {
		strv_push(&args, "-p");
		strv_push(&args, publish);
	}
	strv_push(&args, IMAGE);
	strv_push(&args, "sleep");
	strv_push(&args, "infinity");
	return engine_create(engine, &args, err);
}

static void ok(int rc, const struct err *err)
{
	assert_string_equal(err->msg ? err->msg : "", "");
	assert_int_equal(rc, 0);
}

static int begin(void **state)
{
	struct err err = ERR_INIT;
	engine = engine_open(getenv("LACE_TEST_DOCKER"), &err);
	snprintf(label, sizeof(label), "lace.test=%d", (int)getpid());
	for (box_port = 28000 + getpid() % 1000; !box && box_port < 30000; box_port++) {
		err_fini(&err);
		cleanup_free char *publish = xasprintf("127.0.0.1:%d:2222", box_port);
		box = create(publish, &err);
		if (box && engine_start(engine, box, &err) == 0)
			break;
		if (box)
			engine_remove(engine, box, true, &err);
		free(box);
		box = NULL;
	}
	if (!box)
		fprintf(stderr, "%s\n", err.msg);
	return box ? 0 : -1;
}

static int end(void **state)
{
	struct err err = ERR_INIT;
	const char *const labels[] = { label, NULL };
	json_object *list = engine_list(engine, labels, true, &err);
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		engine_remove(engine, json_str(json_object_array_get_idx(list, i), "Id"), true, &err);
	json_object_put(list);
	free(box);
	engine_close(engine);
	err_fini(&err);
	return 0;
}

static int sh(const char *script, const struct str *input, struct str *out, struct err *err)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct engine_exec x = { .container = box, .argv = argv, .input = input, .out = out };
	return engine_exec(engine, &x, err);
}

/* ---- containers ---- */

static void lists_and_inspects(void **state)
{
	struct err err = ERR_INIT;
	ok(engine_ping(engine, &err), &err);
	const char *const labels[] = { label, "devcontainer.local_folder=/some/where", NULL };
	json_object *list = engine_list(engine, labels, false, &err);
	assert_non_null(list);
	assert_int_equal(json_object_array_length(list), 1);
	assert_string_equal(json_str(json_object_array_get_idx(list, 0), "Id"), box);
	json_object_put(list);
	const char *const none[] = { label, "devcontainer.local_folder=/elsewhere", NULL };
	list = engine_list(engine, none, true, &err);
	assert_int_equal(json_object_array_length(list), 0);
	json_object_put(list);

	json_object *o = engine_inspect(engine, box, &err);
	assert_string_equal(json_str(json_get(o, "State"), "Status"), "running");
	json_object_put(o);
	assert_null(engine_inspect(engine, "lace-no-such-container", &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	err_fini(&err);

	json_object *top = engine_top(engine, box, "-eo pid,ppid,comm", &err);
	assert_non_null(strstr(json_object_to_json_string(top), "sleep"));
	json_object_put(top);
}

static void ports_and_conflicts(void **state)
{
	struct err err = ERR_INIT;
	cleanup_free char *publish = xasprintf("127.0.0.1:%d:80", box_port);
	cleanup_free char *other = create(publish, &err);
	assert_non_null(other);
	assert_int_equal(engine_start(engine, other, &err), -1);
	int port = 0;
	assert_true(engine_port_conflict(&err, &port));
	assert_int_equal(port, box_port);
	err_fini(&err);

	struct engine_ports ports;
	ok(engine_ports(engine, &ports, &err), &err);
	int running = 0, stopped = 0;
	for (size_t i = 0; i < ports.n; i++) {
		if (str_eq(ports.v[i].container, box) && ports.v[i].host_port == box_port) {
			assert_true(ports.v[i].running);
			assert_int_equal(ports.v[i].container_port, 2222);
			assert_string_equal(ports.v[i].host_ip, "127.0.0.1");
			assert_string_equal(ports.v[i].workspace, "/some/where");
			running++;
		}
		if (str_eq(ports.v[i].container, other)) {
			assert_false(ports.v[i].running);
			assert_int_equal(ports.v[i].host_port, box_port);
			stopped++;
		}
	}
	assert_int_equal(running, 1);
	assert_int_equal(stopped, 1);
	engine_ports_fini(&ports);
	ok(engine_remove(engine, other, true, &err), &err);
}

static void create_says_what_is_wrong(void **state)
{
	struct err err = ERR_INIT;
	cleanup_strv struct strv args = STRV_INIT;
	strv_push(&args, "--no-such-flag");
	assert_null(engine_create(engine, &args, &err));
	assert_non_null(strstr(err.msg, "unknown flag: --no-such-flag"));
	err_fini(&err);
}

/* ---- exec ---- */

static void exec_codes_and_streams(void **state)
{
	struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	assert_int_equal(sh("printf out; printf err >&2; exit 7", NULL, &out, &err), 7);
	assert_string_equal(out.s, "out");

	/* The code of a program that closed its own output long before it ended. */
	assert_int_equal(sh("exec >&- 2>&-; sleep 0.3; exit 9", NULL, NULL, &err), 9);

	const char *argv[] = { "/no/such/program", NULL };
	struct engine_exec x = { .container = box, .argv = argv };
	int code = engine_exec(engine, &x, &err);
	assert_true(code == 126 || code == 127);

	x.container = "lace-no-such-container";
	assert_int_equal(engine_exec(engine, &x, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	err_fini(&err);
}

static void exec_is_byte_exact_both_ways(void **state)
{
	struct err err = ERR_INIT;
	cleanup_str struct str in = STR_INIT, out = STR_INIT;
	uint32_t x = 1;
	for (size_t i = 0; i < 3000000; i++) {
		x = x * 1664525u + 1013904223u;
		str_putc(&in, (char)(x >> 24));
	}
	assert_int_equal(sh("cat", &in, &out, &err), 0);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.s, in.s, in.len);

	/* A program that does not want all of its input. */
	str_reset(&out);
	assert_int_equal(sh("head -c 3 >/dev/null; exit 4", &in, &out, &err), 4);
}

static void exec_environment_user_and_folder(void **state)
{
	struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	cleanup_strv struct strv env = STRV_INIT;
	strv_push(&env, "GREETING=good day");
	strv_push(&env, "EMPTY=");
	strv_push(&env, "PATH");
	const char *argv[] = { "/bin/sh", "-c",
	    "printf '%s|%s|%s|%s' \"$GREETING\" \"${EMPTY-unset}\" \"$(/usr/bin/id -un)\" \"$(pwd)\"; "
	    "/usr/bin/env | /usr/bin/grep -c ^PATH=", NULL };
	struct engine_exec x = { .container = box, .user = "nobody", .dir = "/usr", .env = &env,
	    .argv = argv, .out = &out };
	assert_int_equal(engine_exec(engine, &x, &err), 1);
	assert_string_equal(out.s, "good day||nobody|/usr0\n");
}

static void exec_times_out(void **state)
{
	struct err err = ERR_INIT;
	cleanup_str struct str out = STR_INIT;
	const char *argv[] = { "sh", "-c", "echo begun; sleep 30", NULL };
	struct engine_exec x = { .container = box, .argv = argv, .out = &out, .timeout_ms = 1500 };
	assert_int_equal(engine_exec(engine, &x, &err), -1);
	assert_int_equal(err.sys, ETIMEDOUT);
	assert_string_equal(out.s, "begun\n");
	err_fini(&err);
}

struct order { char text[8]; size_t n; };

static void note(void *user, size_t i, int code, struct err *err)
{
	struct order *o = user;
	assert_int_equal(code, (int)i);
	o->text[o->n++] = (char)('0' + i);
}

static void several_run_side_by_side(void **state)
{
	/* Each waits for the file of the one before it: in a row they would never end. */
	const char *a[] = { "sh", "-c", "until [ -e /tmp/b ]; do sleep 0.05; done; exit 0", NULL };
	const char *b[] = { "sh", "-c", "until [ -e /tmp/c ]; do sleep 0.05; done; touch /tmp/b; exit 1", NULL };
	const char *c[] = { "sh", "-c", "touch /tmp/c; exit 2", NULL };
	struct engine_exec x[] = { { .container = box, .argv = a }, { .container = box, .argv = b },
	    { .container = box, .argv = c } };
	struct order o = { .n = 0 };
	engine_exec_all(engine, x, 3, note, &o);
	assert_int_equal(o.n, 3);
}

/* ---- files and images ---- */

static void put_archive_and_commit(void **state)
{
	struct err err = ERR_INIT;
	cleanup_str struct str tar = STR_INIT, out = STR_INIT;
	cleanup_str struct str big = STR_INIT;
	for (int i = 0; i < 300000; i++)
		str_puts(&big, "0123456789");
	ok(tar_add_file(&tar, "lace-a", 0755, "#!/bin/sh\necho from a\n", 22, &err), &err);
	ok(tar_add_file(&tar, "lace-big", 0644, big.s, big.len, &err), &err);
	tar_finish(&tar);
	ok(engine_put_archive(engine, box, "/opt", &tar, &err), &err);
	assert_int_equal(sh("/opt/lace-a && wc -c < /opt/lace-big", NULL, &out, &err), 0);
	assert_string_equal(out.s, "from a\n3000000\n");
	assert_int_equal(engine_put_archive(engine, box, "/no/such", &tar, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	err_fini(&err);

	json_object *config = json_tokener_parse("{\"Env\":[\"A=1\"],\"Labels\":{\"l\":\"v\"},\"User\":\"nobody\","
	    "\"Entrypoint\":[\"/opt/lace-a\"],\"Cmd\":[\"x\"]}");
	cleanup_free char *repo = xasprintf("lace-test/commit-%d", (int)getpid());
	cleanup_free char *ref = xasprintf("%s:t1", repo), *second = xasprintf("%s:t2", repo);
	cleanup_free char *id = engine_commit(engine, box, repo, "t1", config, &err);
	json_object_put(config);
	assert_string_equal(err.msg ? err.msg : "", "");
	assert_true(str_starts(id, "sha256:"));
	json_object *image = engine_image_inspect(engine, ref, &err);
	assert_string_equal(json_str(image, "Id"), id);
	json_object *c = json_get(image, "Config");
	assert_string_equal(json_str(c, "User"), "nobody");
	assert_string_equal(json_str(json_get(c, "Labels"), "l"), "v");
	assert_non_null(strstr(json_object_to_json_string(json_get(c, "Entrypoint")), "lace-a"));
	json_object_put(image);
	ok(engine_image_tag(engine, ref, repo, "t2", &err), &err);
	ok(engine_image_remove(engine, ref, &err), &err);
	ok(engine_image_remove(engine, second, &err), &err);
	assert_null(engine_image_inspect(engine, ref, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	err_fini(&err);
}

static void pull_names_what_cannot_be_pulled(void **state)
{
	struct err err = ERR_INIT;
	assert_int_equal(engine_image_pull(engine, "localhost:1/none:x", &err), -1);
	assert_non_null(strstr(err.msg, "cannot pull the image localhost:1/none:x: "));
	err_fini(&err);
}

static void stop_and_start(void **state)
{
	struct err err = ERR_INIT;
	ok(engine_stop(engine, box, 0, &err), &err);
	assert_int_equal(sh("true", NULL, NULL, &err), -1);
	assert_non_null(strstr(err.msg, "not running"));
	err_fini(&err);
	ok(engine_start(engine, box, &err), &err);
	assert_int_equal(sh("true", NULL, NULL, &err), 0);
}

int main(void)
{
	const char *host = getenv("LACE_TEST_DOCKER_HOST");
	if (!host || !*host)
		return 77;
	setenv("DOCKER_HOST", host, 1);
	progress_set_quiet(true);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_and_inspects),
		cmocka_unit_test(ports_and_conflicts),
		cmocka_unit_test(create_says_what_is_wrong),
		cmocka_unit_test(exec_codes_and_streams),
		cmocka_unit_test(exec_is_byte_exact_both_ways),
		cmocka_unit_test(exec_environment_user_and_folder),
		cmocka_unit_test(exec_times_out),
		cmocka_unit_test(several_run_side_by_side),
		cmocka_unit_test(put_archive_and_commit),
		cmocka_unit_test(pull_names_what_cannot_be_pulled),
		cmocka_unit_test(stop_and_start),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
