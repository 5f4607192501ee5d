/* The client against a scripted engine on a real socket: a child that accepts connections one after the other
 * and answers each request with the next entry of its script. It exits with 1 when it is asked something
 * that the script does not expect. */
#include "../unit.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "host/jsonc.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

struct line {
	const char *want;      /* start of the request line; NULL ends the script */
	const char *answer;    /* bytes; may hold NULs */
	size_t len;            /* 0: strlen */
	bool hang_up;          /* after the answer */
	const char *body;      /* part of the request that must be there, or NULL */
};

static char path[108];
static char dir[] = "/tmp/lace-api-XXXXXX";
static pid_t child;

#define PING { "GET /_ping ", "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK" }

static void serve(int listener, const struct line *script)
{
	int fd = -1;
	for (; script->want; script++) {
		char buf[8192];
		size_t have = 0;
		char *end = NULL;
		while (!end) {
			if (fd < 0 && (fd = accept(listener, NULL, NULL)) < 0)
				_exit(1);
			/* A client that opens another connection leaves this one idle. */
			ssize_t n = recv(fd, buf + have, sizeof(buf) - 1 - have, 0);
			if (n <= 0) {
				close(fd);
				fd = -1;
				have = 0;
				continue;
			}
			have += (size_t)n;
			buf[have] = '\0';
			end = strstr(buf, "\r\n\r\n");
		}
		char *length = strstr(buf, "Content-Length: ");
		size_t total = (size_t)(end + 4 - buf) + (length ? strtoul(length + 16, NULL, 10) : 0);
		while (have < total && total < sizeof(buf)) {
			ssize_t n = recv(fd, buf + have, sizeof(buf) - 1 - have, 0);
			if (n <= 0)
				_exit(1);
			have += (size_t)n;
			buf[have] = '\0';
		}
		if (strncmp(buf, script->want, strlen(script->want)) != 0 || (script->body && !strstr(buf, script->body)))
			_exit(1);
		size_t len = script->len ? script->len : strlen(script->answer);
		for (size_t i = 0; i < len; i += 7) /* in pieces */
			if (send(fd, script->answer + i, MIN(len - i, 7), MSG_NOSIGNAL) < 0)
				_exit(1);
		if (script->hang_up) {
			shutdown(fd, SHUT_WR);
			while (recv(fd, buf, sizeof(buf), 0) > 0)
				;
			close(fd);
			fd = -1;
		}
	}
	_exit(0);
}

static struct engine *open_engine(const struct line *script)
{
	unlink(path);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	memcpy(addr.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 8), 0);
	child = fork();
	if (child == 0) {
		alarm(20);
		serve(listener, script);
	}
	close(listener);
	struct err err = ERR_INIT;
	struct engine *e = engine_open(NULL, &err);
	assert_non_null(e);
	assert_string_equal(engine_socket(e), path);
	return e;
}

static void close_engine(struct engine *e)
{
	engine_close(e);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void one_connection_for_all_calls(void **state)
{
	static const struct line script[] = {
		PING,
		{ "GET /v1.41/containers/json?all=1&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D ",
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n[{\"Id\":\"x1\"}\r\n1\r\n]\r\n0\r\n\r\n" },
		{ "POST /v1.41/containers/x1/start ", "HTTP/1.1 204 No Content\r\n\r\n" },
		{ "POST /v1.41/containers/x1/start ", "HTTP/1.1 304 Not Modified\r\n\r\n" },
		{ "GET /v1.41/containers/x1/json ", "HTTP/1.1 404 Not Found\r\nContent-Length: 36\r\n\r\n"
		  "{\"message\":\"No such\\ncontainer: x1\"}" },
		{ "DELETE /v1.41/containers/x1?force=1&v=1 ", "HTTP/1.1 204 No Content\r\n\r\n" },
		{ NULL },
	};
	struct engine *e = open_engine(script);
	struct err err = ERR_INIT;
	const char *const labels[] = { "a=b", NULL };
	json_object *list = engine_list(e, labels, true, &err);
	assert_non_null(list);
	assert_string_equal(json_str(json_object_array_get_idx(list, 0), "Id"), "x1");
	json_object_put(list);
	assert_int_equal(engine_start(e, "x1", &err), 0);
	assert_int_equal(engine_start(e, "x1", &err), 0);
	assert_null(engine_inspect(e, "x1", &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.msg, "cannot inspect container x1: No such container: x1");
	err_fini(&err);
	assert_int_equal(engine_remove(e, "x1", true, &err), 0);
	close_engine(e);
}

static void a_connection_that_was_closed_is_made_again(void **state)
{
	static const struct line script[] = {
		{ "GET /_ping ", "HTTP/1.1 200 OK\r\nApi-Version: 1.99\r\nContent-Length: 2\r\n\r\nOK", .hang_up = false },
		{ "GET /v1.51/containers/a/json ", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
		  .hang_up = true },
		/* closes without a word that it would */
		{ "GET /v1.51/containers/b/json ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
		{ "GET /v1.51/containers/c/json ", "HTTP/1.1 200 OK\r\n\r\n{}", .hang_up = true },
		{ "GET /v1.51/containers/d/json ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
		{ NULL },
	};
	struct engine *e = open_engine(script);
	struct err err = ERR_INIT;
	for (const char *id = "a\0b\0c\0d\0"; *id; id += 2) {
		json_object *o = engine_inspect(e, id, &err);
		assert_non_null(o);
		json_object_put(o);
	}
	close_engine(e);
}

static void bad_answers_are_errors(void **state)
{
	static const struct line script[] = {
		PING,
		{ "GET /v1.41/images/x/json ", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{]x", .hang_up = true },
		{ "GET /v1.41/images/x/json ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", .hang_up = true },
		{ "GET /v1.41/images/x/json ", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}", .hang_up = true },
		{ "GET /v1.41/images/x/json ", "SSH-2.0-OpenSSH\r\n", .hang_up = true },
		{ "GET /v1.41/images/x/json ", "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", .hang_up = true },
		{ NULL },
	};
	static const char *const messages[] = { "not JSON", "no object", "in the middle", "not proper HTTP",
	    "status 500" };
	struct engine *e = open_engine(script);
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		struct err err = ERR_INIT;
		assert_null(engine_image_inspect(e, "x", &err));
		assert_int_equal(err.code, ERR_FAILED);
		assert_non_null(strstr(err.msg, messages[i]));
		err_fini(&err);
	}
	close_engine(e);
}

static void ping_tells_an_engine_from_something_else(void **state)
{
	static const struct line other[] = {
		{ "GET /_ping ", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }, { NULL } };
	static const struct line old[] = {
		{ "GET /_ping ", "HTTP/1.1 200 OK\r\nApi-Version: 1.12\r\nContent-Length: 2\r\n\r\nOK" }, { NULL } };
	const struct line *scripts[] = { other, old };
	static const char *const messages[] = { "no container engine", "update it" };
	for (size_t i = 0; i < 2; i++) {
		struct engine *e = open_engine(scripts[i]);
		struct err err = ERR_INIT;
		assert_int_equal(engine_ping(e, &err), -1);
		assert_int_equal(err.code, ERR_ENGINE);
		assert_non_null(strstr(err.msg, messages[i]));
		err_fini(&err);
		close_engine(e);
	}
}

static void no_engine_is_named_with_its_remedy(void **state)
{
	struct err err = ERR_INIT;
	unlink(path);
	struct engine *e = engine_open(NULL, &err);
	assert_null(engine_list(e, NULL, true, &err));
	assert_int_equal(err.code, ERR_ENGINE);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "does not exist; start the engine"));
	err_fini(&err);

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	memcpy(addr.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	assert_int_equal(engine_ping(e, &err), -1);
	assert_int_equal(err.code, ERR_ENGINE);
	assert_non_null(strstr(err.msg, "nothing listens"));
	err_fini(&err);
	engine_close(e);
}

/* ---- exec ---- */

#define CREATED "HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{\"Id\":\"e1\"}"
#define UPGRADED "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"

static void exec_demultiplexes_and_waits_for_the_code(void **state)
{
	static const char stream[] = UPGRADED "\1\0\0\0\0\0\0\3out" "\2\0\0\0\0\0\0\3err" "\1\0\0\0\0\0\0\1!";
	static const struct line script[] = {
		{ "GET /_ping ", "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK",
		  .hang_up = true },
		{ "POST /v1.41/containers/c1/exec ", CREATED, .hang_up = true,
		  .body = "\"Env\":[\"A=1\",\"B\"],\"User\":\"dev\",\"WorkingDir\":\"/w\"" },
		{ "POST /v1.41/exec/e1/start ", stream, sizeof(stream) - 1, .hang_up = true, .body = "Upgrade: tcp" },
		{ "GET /v1.41/exec/e1/json ",
		  "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{\"Running\":true,\"ExitCode\":null}" },
		{ "GET /v1.41/exec/e1/json ",
		  "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{\"Running\":false,\"ExitCode\":42}" },
		{ NULL },
	};
	struct engine *e = open_engine(script);
	struct err err = ERR_INIT;
	struct strv env = STRV_INIT;
	strv_push(&env, "A=1");
	strv_push(&env, "B");
	struct str out = STR_INIT;
	const char *const argv[] = { "true", NULL };
	struct engine_exec x = { .container = "c1", .user = "dev", .dir = "/w", .env = &env, .argv = argv,
	    .out = &out };
	int code = engine_exec(e, &x, &err);
	assert_string_equal(err.msg ? err.msg : "", "");
	assert_int_equal(code, 42);
	assert_string_equal(out.s, "out!");
	str_fini(&out);
	strv_fini(&env);
	close_engine(e);
}

static void exec_reports_what_the_engine_says(void **state)
{
	static const struct line script[] = {
		{ "GET /_ping ", "HTTP/1.1 200 OK\r\nConnection: close\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK",
		  .hang_up = true },
		{ "POST /v1.41/containers/c1/exec ", "HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n"
		  "{\"message\":\"Container c1 is not running\"}", .hang_up = true },
		{ "POST /v1.41/containers/c1/exec ", CREATED, .hang_up = true },
		{ "POST /v1.41/exec/e1/start ", "HTTP/1.1 500 Oh\r\nContent-Length: 18\r\n\r\n{\"message\":\"nope\"}",
		  .hang_up = true },
		{ "POST /v1.41/containers/c1/exec ", CREATED, .hang_up = true },
		{ "POST /v1.41/exec/e1/start ", UPGRADED "\7garbage", .hang_up = true },
		{ NULL },
	};
	static const char *const messages[] = { "cannot run true in container c1: Container c1 is not running",
	    "cannot run true in container c1: nope", "cannot run true in container c1: the engine's exec stream" };
	struct engine *e = open_engine(script);
	const char *const argv[] = { "true", NULL };
	struct engine_exec x = { .container = "c1", .argv = argv };
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		struct err err = ERR_INIT;
		assert_int_equal(engine_exec(e, &x, &err), -1);
		assert_non_null(strstr(err.msg, messages[i]));
		err_fini(&err);
	}
	close_engine(e);
}

static void ports_of_running_and_stopped(void **state)
{
	static const char list[] = "[{\"Id\":\"r\",\"Names\":[\"/run\"],\"State\":\"running\","
	    "\"Labels\":{\"devcontainer.local_folder\":\"/p\"},\"Ports\":["
	    "{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
	    "{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
	    "{\"IP\":\"127.0.0.1\",\"PrivatePort\":53,\"PublicPort\":5353,\"Type\":\"udp\"},"
	    "{\"PrivatePort\":90,\"Type\":\"tcp\"}]},"
	    "{\"Id\":\"s\",\"Names\":[\"/stop\"],\"State\":\"exited\",\"Labels\":{},\"Ports\":[]},"
	    "{\"Id\":\"g\",\"Names\":[\"/gone\"],\"State\":\"exited\",\"Labels\":{},\"Ports\":[]}]";
	static const char stopped[] = "{\"HostConfig\":{\"PortBindings\":{\"2222/tcp\":[{\"HostIp\":\"127.0.0.1\","
	    "\"HostPort\":\"22430\"},{\"HostIp\":\"\",\"HostPort\":\"\"},"
	    "{\"HostPort\":\"70000\"}],\"53/udp\":[{\"HostPort\":\"1\"}]}}}";
	cleanup_free char *a = xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(list), list);
	cleanup_free char *b = xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(stopped),
	    stopped);
	const struct line script[] = {
		PING,
		{ "GET /v1.41/containers/json?all=1 ", a },
		{ "GET /v1.41/containers/s/json ", b },
		{ "GET /v1.41/containers/g/json ", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}" },
		{ NULL },
	};
	struct engine *e = open_engine(script);
	struct engine_ports ports;
	struct err err = ERR_INIT;
	assert_int_equal(engine_ports(e, &ports, &err), 0);
	assert_int_equal(ports.n, 2);
	assert_int_equal(ports.v[0].host_port, 8080);
	assert_int_equal(ports.v[0].container_port, 80);
	assert_string_equal(ports.v[0].host_ip, "");
	assert_string_equal(ports.v[0].name, "run");
	assert_string_equal(ports.v[0].workspace, "/p");
	assert_true(ports.v[0].running);
	assert_int_equal(ports.v[1].host_port, 22430);
	assert_int_equal(ports.v[1].container_port, 2222);
	assert_string_equal(ports.v[1].host_ip, "127.0.0.1");
	assert_string_equal(ports.v[1].container, "s");
	assert_false(ports.v[1].running);
	engine_ports_fini(&ports);
	close_engine(e);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	cleanup_free char *host = xasprintf("unix://%s", path);
	setenv("DOCKER_HOST", host, 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_connection_for_all_calls),
		cmocka_unit_test(a_connection_that_was_closed_is_made_again),
		cmocka_unit_test(bad_answers_are_errors),
		cmocka_unit_test(ping_tells_an_engine_from_something_else),
		cmocka_unit_test(no_engine_is_named_with_its_remedy),
		cmocka_unit_test(exec_demultiplexes_and_waits_for_the_code),
		cmocka_unit_test(exec_reports_what_the_engine_says),
		cmocka_unit_test(ports_of_running_and_stopped),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return rc;
}
