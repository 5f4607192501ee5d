/* `lace exec` replaces itself by the engine's own CLI, which carries terminals,
 * signals and binary streams; what it adds is user, folder and environment. */
#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/inside.h"
#include "cmd/print.h"

#include "base/mem.h"
#include "host/jsonc.h"
#include "host/proc.h"
#include "text/text.h"

#include <stdio.h>
#include <string.h>

/* A container without our server: probe the environment now, as hooks do. */
static int probe(struct engine *e, const struct project *p, json_object *inspect, struct strv *argv, struct err *err)
{
	struct dev_target target;
	int code = inside_init(&target, e, p, inspect, err);
	if (code == 0) {
		cleanup_strv struct strv env = STRV_INIT;
		dev_target_env(&target, &env);
		strv_push(argv, "--user");
		strv_push(argv, target.user);
		strv_push(argv, "--workdir");
		strv_push(argv, target.dir);
		for (size_t i = 0; i < env.n; i++) {
			strv_push(argv, "--env");
			strv_push(argv, env.v[i]);
		}
		/* A name alone that is not in our own environment is taken out of the container's. */
		for (size_t i = 0; i < target.unset.n; i++) {
			unsetenv(target.unset.v[i]);
			strv_push(argv, "--env");
			strv_push(argv, target.unset.v[i]);
		}
		dev_target_fini(&target);
	}
	return code;
}

static int build_argv(const struct cmd_args *args, struct engine *e, const struct project *p, struct strv *argv,
    struct err *err)
{
	struct project_note note;
	project_note_read(p->id, &note);
	bool has_server = note.public_key[0] != '\0'; /* lace prepared it: the server and its session file are there */
	cleanup_free char *user = xstrdup(note.user);
	project_note_fini(&note);

	engine_cli(e, argv);
	strv_push(argv, "exec");
	strv_push(argv, "--interactive");
	if (!cmd_flag(args, "json") && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		strv_push(argv, "--tty");
	if (has_server) {
		strv_push(argv, "--user");
		strv_push(argv, user);
		strv_push(argv, p->id);
		strv_push(argv, ACCESS_SERVER);
		strv_push(argv, "exec");
		strv_push(argv, "--");
	} else {
		json_object *inspect = engine_inspect(e, p->id, err);
		int code = inspect ? probe(e, p, inspect, argv, err) : -1;
		json_object_put(inspect);
		if (code != 0)
			return -1;
		strv_push(argv, p->id);
	}
	for (size_t i = 0; i < args->command.n; i++)
		strv_push(argv, args->command.v[i]);
	if (args->command.n == 0 && !has_server)
		strv_push(argv, "/bin/sh");
	return 0;
}

/* A JSON string holds text: bytes that are no UTF-8 become U+FFFD. */
static json_object *text(const struct str *bytes)
{
	cleanup_str struct str s = STR_INIT;
	for (size_t i = 0; i < bytes->len;) {
		uint32_t cp;
		char utf8[4];
		i += text_utf8_decode(bytes->s + i, bytes->len - i, &cp);
		str_add(&s, utf8, text_utf8_encode(cp, utf8));
	}
	return json_object_new_string_len(s.s, (int)s.len);
}

static int run_json(struct proc *proc, struct err *err)
{
	cleanup_str struct str out = STR_INIT, err_out = STR_INIT;
	int code = proc_capture(proc, NULL, &out, &err_out, ENGINE_OUTPUT_MAX, -1, err);
	if (code < 0)
		return -1;
	json_object *o = json_object_new_object();
	json_object_object_add(o, "exitCode", json_object_new_int(code));
	json_object_object_add(o, "stdout", text(&out));
	json_object_object_add(o, "stderr", text(&err_out));
	print_json_line(o);
	return code;
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct project_use use = { 0 };
	struct proc proc;
	proc_init(&proc);
	proc.in = PROC_INHERIT;
	int code = project_use_init(&use, args, err);
	if (code == 0 && !str_eq(use.p->state, "running"))
		code = err_set(err, ERR_FAILED, "%s is not running (%s); start it with: lace up %s", use.p->name,
		    use.p->state, use.p->workspace);
	if (code == 0)
		code = build_argv(args, use.engine, use.p, &proc.argv, err);
	if (code == 0 && cmd_flag(args, "json"))
		code = run_json(&proc, err);
	else if (code == 0)
		code = proc_start(&proc, err) == 0 ? proc_wait(&proc, err) : -1;
	proc_fini(&proc);
	project_use_fini(&use);
	return code;
}

static const struct cmd_option options[] = {
	{ "json", 0, NULL, "collect the output, and print one JSON value: exitCode, stdout, stderr" },
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_exec = {
	.name = "exec",
	.operands = "[NAME] [-- COMMAND [ARG...]]",
	.max_operands = 1,
	.takes_command = true,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "run one command through the engine",
	.description = "Runs the command as the remote user, in the workspace folder, with the container's environment, what\n"
	               "the user's shell adds to it, and remoteEnv. Needs no sshd. Ends with the command's exit code.\n"
	               "Without a command: a shell.",
	.options = options,
	.run = run,
};
