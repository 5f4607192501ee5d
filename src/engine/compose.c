/* Docker Compose: a plugin of the engine's program (`docker compose`) or the older program of its own
 * (`docker-compose`). Both are told the engine by DOCKER_HOST, which docker-compose hands on to the client that
 * builds for it; that client is looked up on PATH, so the folder of ours comes first there. */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/log.h"
#include "host/proc.h"

#include <string.h>
#include <unistd.h>

#define VERSION_TIMEOUT_MS 30000
#define VERSION_BYTES_MAX 4096u

struct engine_compose {
	struct engine *engine;
	struct strv program;         /* argv begins with it */
	char *version;               /* "1.29.2" */
	int major, minor;
};

static void environment(const struct engine *e, const char *buildkit, struct strv *ret)
{
	strv_push_all(ret, (const char *const *)environ);
	cleanup_free char *host = xasprintf("unix://%s", e->socket);
	env_set(ret, "DOCKER_HOST", host);
	env_unset(ret, "DOCKER_CONTEXT");
	if (strchr(e->program, '/')) {
		cleanup_free char *dir = fs_dirname(e->program);
		const char *path = env_get(ret, "PATH");
		cleanup_free char *all = xasprintf("%s:%s", dir, path ? path : "/usr/local/bin:/usr/bin:/bin");
		env_set(ret, "PATH", all);
	}
	if (buildkit)
		env_set(ret, "DOCKER_BUILDKIT", buildkit);
}

static void start_argv(const struct engine_compose *c, struct proc *p)
{
	proc_init(p);
	for (size_t i = 0; i < c->program.n; i++)
		strv_push(&p->argv, c->program.v[i]);
}

/* ---- finding it ---- */

/* "v2.32.4-desktop.1" -> 2, 32. */
static bool take_version(struct engine_compose *c, const char *text)
{
	if (*text == 'v')
		text++;
	size_t len = strspn(text, "0123456789.");
	char *end;
	c->major = (int)strtol(text, &end, 10);
	if (end == text || *end != '.')
		return false;
	c->minor = (int)strtol(end + 1, NULL, 10);
	c->version = xmemdup0(text, len);
	return true;
}

static bool is_there(struct engine_compose *c)
{
	struct proc p;
	start_argv(c, &p);
	strv_push(&p.argv, "version");
	strv_push(&p.argv, "--short");
	environment(c->engine, NULL, &p.env);
	cleanup_str struct str out = STR_INIT, noise = STR_INIT;
	cleanup_err struct err ignored = ERR_INIT;
	int code = proc_capture(&p, NULL, &out, &noise, VERSION_BYTES_MAX, VERSION_TIMEOUT_MS, &ignored);
	proc_fini(&p);
	return code == 0 && take_version(c, out.s);
}

struct engine_compose *engine_compose_open(struct engine *e, const char *path, struct err *err)
{
	struct engine_compose *c = xcalloc(1, sizeof(*c));
	c->engine = e;
	if (!path) {
		strv_push(&c->program, e->program);
		strv_push(&c->program, "compose");
		if (is_there(c))
			return c;
		strv_fini(&c->program);
	}
	strv_push(&c->program, path ? path : "docker-compose");
	if (is_there(c))
		return c;
	err_set(err, ERR_FAILED, "Docker Compose is missing: neither \"%s compose\" nor \"%s\" runs here; install "
	    "docker-compose, or name it with --docker-compose-path", e->program, path ? path : "docker-compose");
	engine_compose_close(c);
	return NULL;
}

void engine_compose_close(struct engine_compose *c)
{
	if (!c)
		return;
	strv_fini(&c->program);
	free(c->version);
	free(c);
}

const char *engine_compose_version(const struct engine_compose *c)
{
	return c->version;
}

bool engine_compose_since(const struct engine_compose *c, int major, int minor)
{
	return c->major > major || (c->major == major && c->minor >= minor);
}

/* ---- running it ---- */

#define TAIL_MAX 65536u      /* of its output, for the error message */

struct run {
	struct str *out;         /* stdout goes here when it is an answer */
	struct str tail;
};

static void on_output(void *user, int stream, const char *data, size_t len)
{
	struct run *r = user;
	if (stream == 1 && r->out) {
		str_add(r->out, data, MIN(len, ENGINE_OUTPUT_MAX - MIN(r->out->len, ENGINE_OUTPUT_MAX)));
		return;
	}
	if (r->out)
		log_raw(data, len);
	else
		progress_output(data, len);
	str_add(&r->tail, data, len);
	if (r->tail.len > TAIL_MAX)
		str_drop(&r->tail, r->tail.len - TAIL_MAX);
}

static int run_once(const struct engine_compose *c, const char *dir, const struct strv *args, const char *buildkit,
    struct run *r, struct err *err)
{
	struct proc p;
	start_argv(c, &p);
	for (size_t i = 0; i < args->n; i++)
		strv_push(&p.argv, args->v[i]);
	environment(c->engine, buildkit, &p.env);
	p.dir = dir;
	str_reset(&r->tail);
	int code = proc_stream(&p, on_output, r, err);
	proc_fini(&p);
	return code;
}

int engine_compose_run(struct engine_compose *c, const char *dir, const struct strv *args, bool builds,
    struct str *out, struct err *err)
{
	struct run r = { .out = out, .tail = STR_INIT };
	const char *buildkit = builds ? cli_buildkit() : NULL;
	int code = run_once(c, dir, args, buildkit, &r, err);
	if (code > 0 && buildkit && cli_lacks_buildkit(r.tail.s))
		code = run_once(c, dir, args, "0", &r, err);
	cleanup_str struct str line = STR_INIT;
	cli_last_line(r.tail.s, r.tail.len, &line);
	str_fini(&r.tail);
	cleanup_str struct str name = STR_INIT;
	for (size_t i = 0; i < c->program.n; i++)
		str_printf(&name, "%s%s", i ? " " : "", c->program.v[i]);
	if (code < 0)
		return err_wrap(err, "cannot run \"%s\"", name.s);
	if (code == 0)
		return 0;
	if (line.len)
		return err_set(err, ERR_FAILED, "%s: %s", name.s, line.s);
	return err_set(err, ERR_FAILED, "%s failed with exit code %d and said nothing", name.s, code);
}
