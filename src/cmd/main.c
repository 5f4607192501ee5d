#include "cmd/cmd.h"
#include "cmd/devcontainer.h"

#include "host/fs.h"
#include "host/log.h"
#include "text/text.h"
#include "version.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct cmd *const cmd_table[] = { &cmd_up, &cmd_connect, &cmd_ls, &cmd_ssh, &cmd_exec, &cmd_mux, &cmd_ports, &cmd_down,
	&cmd_rm, &cmd_gc, &cmd_proxy, &cmd_ssh_config, &cmd_wezterm_config, &cmd_doctor, &cmd_completion_verb, NULL };

const struct cmd *cmd_find(const char *name)
{
	for (const struct cmd *const *c = cmd_table; *c; c++)
		if (str_eq((*c)->name, name) || ((*c)->alias && str_eq((*c)->alias, name)))
			return *c;
	return NULL;
}

static int print(const struct str *s)
{
	if (fwrite(s->s, 1, s->len, stdout) != s->len || fflush(stdout) != 0) {
		fprintf(stderr, "lace: cannot write to standard output: %s\n", strerror(errno));
		return ERR_FAILED;
	}
	return 0;
}

static int run_verb(const struct cmd *cmd, int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	struct cmd_args args;
	bool help = false;
	int code = cmd_parse(cmd, argc, argv, &args, &help, &err);
	if (code == 0 && help) {
		cleanup_str struct str s = STR_INIT;
		cmd_help_verb(cmd, &s);
		code = print(&s);
	} else if (code == 0) {
		code = cmd->run(&args, &err);
	}
	progress_done();
	if (code < 0) {
		log_error(&err);
		code = err.code == ERR_NONE ? ERR_FAILED : (int)err.code;
	}
	if (fflush(stdout) != 0 && code == 0)
		code = ERR_FAILED;
	cmd_args_fini(&args);
	return code;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc > 0 && str_eq(fs_basename(argv[0]), "devcontainer"))
		return face_main(argc, argv);
	if (argc > 1 && str_eq(argv[1], "devcontainer"))
		return face_main(argc - 1, argv + 1);
	cleanup_str struct str s = STR_INIT;
	if (argc < 2) {
		cmd_help_all(&s);
		fputs(s.s, stderr);
		return ERR_USAGE;
	}
	if (str_eq(argv[1], "--version") || str_eq(argv[1], "version")) {
		printf("lace %s (%s), Unicode %s\n", LACE_VERSION, LACE_COMMIT, text_unicode_version);
		return 0;
	}
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h") || str_eq(argv[1], "help")) {
		const struct cmd *c = argc > 2 ? cmd_find(argv[2]) : NULL;
		if (c)
			cmd_help_verb(c, &s);
		else
			cmd_help_all(&s);
		return print(&s);
	}
	if (str_eq(argv[1], "--scdoc")) { /* for the build: the verbs' part of the man page */
		cmd_scdoc(&s);
		return print(&s);
	}
	const struct cmd *cmd = cmd_find(argv[1]);
	if (cmd == NULL) {
		cleanup_err struct err err = ERR_INIT;
		err_set(&err, ERR_USAGE, "there is no verb \"%s\"; see lace --help", argv[1]);
		log_error(&err);
		return ERR_USAGE;
	}
	return run_verb(cmd, argc - 2, argv + 2);
}
