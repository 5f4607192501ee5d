/* `devcontainer exec`: one command in the container, by the engine's own client,
 * which carries terminals, signals and binary streams. */
#include "cmd/devcontainer.h"

#include "base/mem.h"
#include "dev/container.h"
#include "dev/hooks.h"
#include "host/jsonc.h"
#include "host/proc.h"

#include <unistd.h>

static void push_target(struct strv *argv, const struct dev_target *t)
{
	cleanup_strv struct strv env = STRV_INIT;
	dev_target_env(t, &env);
	strv_push(argv, "--user");
	strv_push(argv, t->user);
	strv_push(argv, "--workdir");
	strv_push(argv, t->dir);
	for (size_t i = 0; i < env.n; i++) {
		strv_push(argv, "--env");
		strv_push(argv, env.v[i]);
	}
	/* A name alone that is not in our own environment is taken out of the container's. */
	for (size_t i = 0; i < t->unset.n; i++) {
		unsetenv(t->unset.v[i]);
		strv_push(argv, "--env");
		strv_push(argv, t->unset.v[i]);
	}
}

static int execute(struct face_use *use, const struct face_args *args, struct err *err)
{
	json_object *merged = dev_container_merged(use->config, use->inspect, true, err);
	if (merged == NULL)
		return -1;
	struct dev_target target;
	int code = dev_target_init(&target, use->engine, use->inspect, use->config, merged, err);
	json_object_put(merged);
	if (code != 0)
		return -1;
	struct proc p;
	proc_init(&p);
	p.in = PROC_INHERIT;
	engine_cli(use->engine, &p.argv);
	strv_push(&p.argv, "exec");
	strv_push(&p.argv, "--interactive");
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		strv_push(&p.argv, "--tty");
	push_target(&p.argv, &target);
	strv_push(&p.argv, target.id);
	for (size_t i = 0; i < args->operands.n; i++)
		strv_push(&p.argv, args->operands.v[i]);
	code = proc_start(&p, err) == 0 ? proc_wait(&p, err) : -1;
	proc_fini(&p);
	dev_target_fini(&target);
	return code;
}

int face_exec(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	int code = face_use_init(&use, args, err);
	if (code == 0)
		code = face_use_container(&use, args, err);
	if (code == 0 && use.inspect == NULL)
		code = err_set(err, ERR_NOT_FOUND, "Dev container not found.");
	if (code == 0)
		code = execute(&use, args, err);
	face_use_fini(&use);
	return code;
}
