/* What goes through the engine's own program, because it carries free user syntax or credentials: create,
 * pull, build. It is pointed at the very socket that the API calls use. */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/log.h"
#include "host/proc.h"
#include "host/safe.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAIL_MAX 16384u      /* stderr kept for the error message */
#define STDOUT_MAX 65536u

void engine_cli(const struct engine *e, struct strv *argv)
{
	strv_push(argv, e->program);
	strv_push(argv, "--host");
	strv_pushf(argv, "unix://%s", e->socket);
}

/* ---- what a failing program said ---- */

static bool is_hint(const char *line)
{
	return str_starts(line, "See '") || str_starts(line, "Run '") || str_starts(line, "Usage:")
	    || str_starts(line, "For more help") || strstr(line, "Encountered errors while bringing up the project")
	    || strstr(line, " failed to build : Build failed");
}

void cli_last_line(const char *text, size_t len, struct str *ret)
{
	cleanup_str struct str line = STR_INIT;
	size_t end = len;
	while (end > 0) {
		size_t start = end;
		while (start > 0 && text[start - 1] != '\n' && text[start - 1] != '\r')
			start--;
		size_t from = start, to = end;
		while (from < to && (text[from] == ' ' || text[from] == '\t'))
			from++;
		while (to > from && (text[to - 1] == ' ' || text[to - 1] == '\t'))
			to--;
		str_reset(&line);
		cleanup_str struct str plain = STR_INIT;      /* colours say nothing here */
		safe_strip_escapes(&plain, text + from, to - from);
		log_safe(&line, plain.s, plain.len, 1000, false);
		/* Rules and boxes hold no letter. */
		if (strpbrk(line.s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") && !is_hint(line.s))
			break;
		str_reset(&line);
		end = start ? start - 1 : 0;
	}
	const char *p = line.s;
	static const char *const prefixes[] = { "docker: ", "ERROR: ", "Error: ", "Error response from daemon: " };
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (str_starts(p, prefixes[i]))
			p += strlen(prefixes[i]);
	str_puts(ret, p);
}

struct run {
	bool show_stdout;        /* progress, else an answer to be kept */
	struct str out;
	struct str tail;
};

static void on_output(void *user, int stream, const char *data, size_t len)
{
	struct run *r = user;
	if (stream == 1 && !r->show_stdout) {
		if (r->out.len < STDOUT_MAX)
			str_add(&r->out, data, MIN(len, STDOUT_MAX - r->out.len));
		return;
	}
	progress_output(data, len);
	str_add(&r->tail, data, len);
	if (r->tail.len > TAIL_MAX)
		str_drop(&r->tail, r->tail.len - TAIL_MAX);
}

/* ---- which builder ---- */

const char *cli_buildkit(void)
{
	const char *said = getenv("DOCKER_BUILDKIT");
	return said && *said ? NULL : "1";
}

bool cli_lacks_buildkit(const char *said)
{
	static const char *const signs[] = { "BuildKit is enabled but the buildx component is missing",
	    "BuildKit not supported by daemon" };
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (strstr(said, signs[i]))
			return true;
	return false;
}

/* Runs `PROGRAM --host ... VERB ARGS...`; buildkit (may be NULL) is what DOCKER_BUILDKIT is set to. */
static int run_once(struct engine *e, const char *verb, const struct strv *args, const char *buildkit,
    struct run *r, struct err *err)
{
	struct proc p;
	proc_init(&p);
	engine_cli(e, &p.argv);
	strv_push(&p.argv, verb);
	for (size_t i = 0; i < args->n; i++)
		strv_push(&p.argv, args->v[i]);
	if (buildkit) {
		strv_push_all(&p.env, (const char *const *)environ);
		env_set(&p.env, "DOCKER_BUILDKIT", buildkit);
	}
	str_reset(&r->tail);
	int rc = proc_stream(&p, on_output, r, err);
	proc_fini(&p);
	return rc;
}

static int run(struct engine *e, const char *verb, const struct strv *args, struct run *r, struct err *err)
{
	const char *buildkit = str_eq(verb, "build") ? cli_buildkit() : NULL;
	int rc = run_once(e, verb, args, buildkit, r, err);
	if (rc > 0 && buildkit && cli_lacks_buildkit(r->tail.s))
		rc = run_once(e, verb, args, "0", r, err);
	if (rc < 0)
		return err_wrap(err, "cannot run the engine's program \"%s\" (install it, or name it with --docker-path)",
		    e->program);
	if (rc == 0)
		return 0;
	cleanup_str struct str line = STR_INIT;
	cli_last_line(r->tail.s, r->tail.len, &line);
	enum err_code code = strstr(line.s, "Cannot connect to the Docker daemon") ? ERR_ENGINE : ERR_FAILED;
	if (line.len)
		return err_set(err, code, "%s %s: %s", e->program, verb, line.s);
	return err_set(err, code, "%s %s failed with exit code %d and said nothing", e->program, verb, rc);
}

static void run_fini(struct run *r)
{
	str_fini(&r->out);
	str_fini(&r->tail);
}

char *engine_create(struct engine *e, const struct strv *args, struct err *err)
{
	struct run r = { .out = STR_INIT, .tail = STR_INIT };
	char *id = NULL;
	if (run(e, "create", args, &r, err) == 0) {
		/* The id is the last line: an image that had to be pulled may have been announced before it. */
		while (r.out.len && strchr("\r\n ", r.out.s[r.out.len - 1]))
			r.out.s[--r.out.len] = '\0';
		const char *nl = strrchr(r.out.s, '\n');
		const char *last = nl ? nl + 1 : r.out.s;
		if (api_check_container(last, err) == 0)
			id = xstrdup(last);
		else
			err_set(err, ERR_FAILED, "%s create did not print the container's id", e->program);
	}
	run_fini(&r);
	return id;
}

int engine_image_pull(struct engine *e, const char *ref, struct err *err)
{
	if (api_check_image(ref, err) != 0)
		return -1;
	struct run r = { .show_stdout = true, .out = STR_INIT, .tail = STR_INIT };
	cleanup_strv struct strv args = STRV_INIT;
	strv_push(&args, ref);
	int rc = run(e, "pull", &args, &r, err);
	run_fini(&r);
	return rc == 0 ? 0 : err_wrap(err, "cannot pull the image %s", ref);
}

int engine_build(struct engine *e, const struct strv *args, struct err *err)
{
	struct run r = { .show_stdout = true, .out = STR_INIT, .tail = STR_INIT };
	int rc = run(e, "build", args, &r, err);
	run_fini(&r);
	return rc;
}

int engine_logs(struct engine *e, const char *id, int lines, struct str *ret, struct err *err)
{
	if (api_check_container(id, err) != 0)
		return -1;
	struct proc p;
	proc_init(&p);
	engine_cli(e, &p.argv);
	strv_push(&p.argv, "logs");
	strv_push(&p.argv, "--tail");
	strv_pushf(&p.argv, "%d", lines);
	strv_push(&p.argv, id);
	cleanup_str struct str errors = STR_INIT;
	int code = proc_capture(&p, NULL, ret, &errors, ENGINE_LOG_MAX, ENGINE_CALL_MS, err);
	proc_fini(&p);
	str_add(ret, errors.s, errors.len);
	return code < 0 ? -1 : 0;
}
