/* Programs in a container, without a terminal, by the API: create the exec, start it with an upgrade to a
 * raw stream, take its frames apart while its input is fed, then ask for the exit code. Several run side by
 * side in one poll(2) loop; each has a stream of its own, the questions share the handle's connection. */
#include "engine/frames.h"
#include "engine/internal.h"

#include "base/mem.h"
#include "host/jsonc.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum phase { STREAM, REAP, DONE };

struct run {
	const struct engine_exec *x;
	enum phase phase;
	char *id;
	int fd;
	struct frames frames;
	size_t fed;              /* bytes of input written */
	bool fed_all;
	int64_t deadline;        /* milliseconds, 0: none */
	int64_t next_look;       /* REAP: when to ask again */
	int pause;               /* and how long to wait after that */
	int code;
	struct err err;
};

#define REAP_PAUSE_MAX 250

/* ---- start ---- */

static json_object *string_array(char *const *v, size_t n)
{
	json_object *a = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		json_object_array_add(a, json_object_new_string(v[i]));
	return a;
}

static json_object *exec_config(const struct engine_exec *x)
{
	json_object *o = json_object_new_object();
	size_t argc = 0;
	while (x->argv[argc])
		argc++;
	json_object_object_add(o, "AttachStdin", json_object_new_boolean(x->input != NULL));
	json_object_object_add(o, "AttachStdout", json_object_new_boolean(true));
	json_object_object_add(o, "AttachStderr", json_object_new_boolean(true));
	json_object_object_add(o, "Tty", json_object_new_boolean(false));
	json_object_object_add(o, "Cmd", string_array((char *const *)x->argv, argc));
	if (x->env && x->env->n)
		json_object_object_add(o, "Env", string_array(x->env->v, x->env->n));
	if (x->user)
		json_object_object_add(o, "User", json_object_new_string(x->user));
	if (x->dir)
		json_object_object_add(o, "WorkingDir", json_object_new_string(x->dir));
	return o;
}

static void deliver(void *user, int stream, const char *data, size_t len)
{
	const struct engine_exec *x = ((struct run *)user)->x;
	if (x->output)
		x->output(x->output_user, stream, data, len);
	if (x->out && stream == 1 && x->out->len < ENGINE_OUTPUT_MAX)
		str_add(x->out, data, MIN(len, ENGINE_OUTPUT_MAX - x->out->len));
}

static int start(struct engine *e, struct run *r, struct err *err)
{
	const struct engine_exec *x = r->x;
	if (api_check_container(x->container, err) != 0)
		return -1;
	if (x->timeout_ms > 0)
		r->deadline = api_now_ms() + x->timeout_ms;

	cleanup_free char *path = xasprintf("/containers/%s/exec", x->container);
	json_object *body = exec_config(x), *answer = NULL;
	int rc = api_json(e, "POST", path, body, &answer, err);
	json_object_put(body);
	const char *id = rc < 0 ? NULL : json_str(answer, "Id");
	if (rc >= 0 && (!id || api_check_container(id, err) != 0))
		rc = err_set(err, ERR_FAILED, "the engine did not name the exec");
	if (rc >= 0)
		r->id = xstrdup(id);
	json_object_put(answer);
	if (rc < 0)
		return -1;

	cleanup_free char *start_path = xasprintf("/exec/%s/start", r->id);
	cleanup_str struct str early = STR_INIT;
	body = json_object_new_object();
	json_object_object_add(body, "Detach", json_object_new_boolean(false));
	json_object_object_add(body, "Tty", json_object_new_boolean(false));
	r->fd = api_upgrade(e, start_path, body, &early, err);
	json_object_put(body);
	if (r->fd < 0)
		return -1;
	r->fed_all = !x->input;
	return frames_feed(&r->frames, early.s, early.len, deliver, r, err);
}

/* ---- while it runs ---- */

static void hang_up(struct run *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static void feed(struct run *r)
{
	const struct str *in = r->x->input;
	while (r->fed < in->len) {
		ssize_t n = send(r->fd, in->s + r->fed, in->len - r->fed, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break; /* the program ended without reading it all: its exit code says how it liked that */
		r->fed += (size_t)n;
	}
	r->fed_all = true;
	shutdown(r->fd, SHUT_WR);
}

/* Reads what is there. Returns -1 with err when the stream is damaged. */
static int drain(struct run *r, struct err *err)
{
	char buf[65536];
	for (;;) {
		ssize_t n = recv(r->fd, buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return err_sys(err, "lost the connection to the engine");
		if (n == 0)
			break;
		if (frames_feed(&r->frames, buf, (size_t)n, deliver, r, err) != 0)
			return -1;
		if ((size_t)n < sizeof(buf))
			return 0; /* let the others have their turn */
	}
	if (!frames_complete(&r->frames))
		return err_set(err, ERR_FAILED, "the engine's exec stream ended in the middle");
	hang_up(r);
	r->phase = REAP;
	r->pause = 1;
	return 0;
}

/* The stream ends a moment before the engine knows the exit code, or long before when the program closed its
 * own output: ask again, less and less often. */
static int reap(struct engine *e, struct run *r, struct err *err)
{
	cleanup_free char *path = xasprintf("/exec/%s/json", r->id);
	json_object *answer = NULL;
	if (api_json(e, "GET", path, NULL, &answer, err) < 0)
		return -1;
	json_object *code = json_get(answer, "ExitCode");
	if (!json_object_get_boolean(json_get(answer, "Running")) && json_object_is_type(code, json_type_int)) {
		r->code = json_object_get_int(code);
		r->phase = DONE;
	}
	json_object_put(answer);
	r->next_look = api_now_ms() + r->pause;
	r->pause = MIN(r->pause * 2, REAP_PAUSE_MAX);
	return 0;
}

static void fail(struct run *r)
{
	err_wrap(&r->err, "cannot run %s in container %.12s", r->x->argv[0], r->x->container);
	r->code = -1;
	r->phase = DONE;
}

static void step(struct engine *e, struct run *r, short revents)
{
	int64_t now = api_now_ms();
	int rc = 0;
	if (r->phase == STREAM && !r->fed_all && (revents & (POLLOUT | POLLERR)))
		feed(r);
	if (r->phase == STREAM && (revents & (POLLIN | POLLHUP | POLLERR)))
		rc = drain(r, &r->err);
	if (rc == 0 && r->phase == REAP && now >= r->next_look)
		rc = reap(e, r, &r->err);
	if (rc == 0 && r->phase != DONE && r->deadline && now >= r->deadline) {
		rc = err_set(&r->err, ERR_FAILED, "it did not end within %d ms", r->x->timeout_ms);
		r->err.sys = ETIMEDOUT;
	}
	if (rc != 0)
		fail(r);
}

/* Milliseconds until something has to happen without any descriptor being ready; -1: nothing. */
static int next_timeout(const struct run *runs, size_t n)
{
	int64_t at = INT64_MAX, now = api_now_ms();
	for (size_t i = 0; i < n; i++) {
		if (runs[i].phase == REAP)
			at = MIN(at, runs[i].next_look);
		if (runs[i].phase != DONE && runs[i].deadline)
			at = MIN(at, runs[i].deadline);
	}
	return at == INT64_MAX ? -1 : at <= now ? 0 : (int)MIN(at - now, 60000);
}

void engine_exec_all(struct engine *e, const struct engine_exec *x, size_t n, engine_exec_done done,
    void *user)
{
	struct run *runs = xcalloc(n, sizeof(*runs));
	struct pollfd *fds = xcalloc(n, sizeof(*fds));
	size_t live = n;
	for (size_t i = 0; i < n; i++) {
		runs[i] = (struct run){ .x = &x[i], .fd = -1 };
		if (start(e, &runs[i], &runs[i].err) != 0)
			fail(&runs[i]);
	}
	while (live > 0) {
		for (size_t i = 0; i < n; i++) {
			struct run *r = &runs[i];
			if (r->phase == DONE && r->x) {
				hang_up(r);
				r->x = NULL;
				live--;
				done(user, i, r->code, &r->err);
			}
			fds[i] = (struct pollfd){ .fd = r->fd, .events = (short)(POLLIN | (r->fed_all ? 0 : POLLOUT)) };
		}
		if (live == 0)
			break;
		if (poll(fds, n, next_timeout(runs, n)) < 0)
			for (size_t i = 0; i < n; i++)
				fds[i].revents = 0;
		for (size_t i = 0; i < n; i++)
			if (runs[i].phase != DONE)
				step(e, &runs[i], fds[i].revents);
	}
	for (size_t i = 0; i < n; i++) {
		free(runs[i].id);
		err_fini(&runs[i].err);
	}
	free(runs);
	free(fds);
}

struct single { int code; struct err *err; };

static void single_done(void *user, size_t i, int code, struct err *err)
{
	struct single *s = user;
	s->code = code;
	if (code < 0) {
		err_fini(s->err);
		*s->err = *err;
		*err = (struct err)ERR_INIT;
	}
}

int engine_exec(struct engine *e, const struct engine_exec *x, struct err *err)
{
	struct single s = { -1, err };
	engine_exec_all(e, x, 1, single_done, &s);
	return s.code;
}
