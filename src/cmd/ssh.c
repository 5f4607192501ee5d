#include "cmd/access.h"
#include "cmd/cmd.h"

#include "base/mem.h"
#include "host/proc.h"

#include <string.h>

/* One word for the remote shell, whatever is in it. */
static void shell_quote(struct str *ret, const char *word)
{
	str_putc(ret, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			str_puts(ret, "'\\''");
		else
			str_putc(ret, *word);
	}
	str_putc(ret, '\'');
}

/* Through `lace-mux-server exec`, which gives the environment and folder of `lace exec`. */
static void remote_command(const struct cmd_args *args, struct str *ret)
{
	str_puts(ret, "exec " ACCESS_SERVER " exec --");
	for (size_t i = 0; i < args->command.n; i++) {
		str_putc(ret, ' ');
		shell_quote(ret, args->command.v[i]);
	}
}

static int ssh(const struct cmd_args *args, struct access *a, struct err *err)
{
	struct proc proc;
	proc_init(&proc);
	bool has_command = args->command.n > 0;
	a->ssh.tty = cmd_flag(args, "tty") || (!has_command && isatty(STDIN_FILENO));
	link_ssh_argv(&a->ssh, &proc.argv);
	cleanup_str struct str command = STR_INIT;
	remote_command(args, &command);
	strv_push(&proc.argv, command.s);
	proc.in = PROC_INHERIT;
	int code = proc_start(&proc, err) == 0 ? proc_wait(&proc, err) : -1;
	proc_fini(&proc);
	if (code == 255)
		return err_set(err, ERR_FAILED, "ssh could not reach %s; see `lace doctor`", a->alias);
	return code;
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct project_use use = { 0 };
	struct access a = { 0 };
	int code = project_use_init(&use, args, err);
	if (code == 0)
		code = access_init(&a, use.engine, use.p, err);
	if (code == 0)
		code = ssh(args, &a, err);
	access_fini(&a);
	project_use_fini(&use);
	return code;
}

static const struct cmd_option options[] = {
	{ "tty", 't', NULL, "give the command a terminal" },
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_ssh = {
	.name = "ssh",
	.operands = "[NAME] [-- COMMAND [ARG...]]",
	.max_operands = 1,
	.takes_command = true,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "run one command over SSH, or a plain shell",
	.description = "Runs the command in the dev container over SSH, with the environment and folder of lace exec, and\n"
	               "ends with its exit code; stdout carries nothing but the command's. Without a command: a shell\n"
	               "that, unlike that of lace connect, ends with the connection.",
	.options = options,
	.run = run,
};
