/* `lace ssh-config` and `lace wezterm-config`: the projects, for the configuration of other programs. */
#include "cmd/cmd.h"
#include "cmd/remote.h"
#include "cmd/tlscreds.h"

#include "base/mem.h"

#include <stdio.h>

static int print(enum remote_file file, const struct projects *p, struct err *err)
{
	struct remotes r;
	cleanup_str struct str text = STR_INIT;
	int code = remotes_init(&r, p, err);
	if (code == 0) {
		if (file == REMOTE_SSH)
			remote_ssh_config(&r, &text);
		else
			remote_wezterm_config(&r, &text);
		fwrite(text.s, 1, text.len, stdout);
	}
	remotes_fini(&r);
	return code;
}

static int write_file(struct engine *e, enum remote_file file, const struct projects *p, struct err *err)
{
	cleanup_free char *path = remote_path(file);
	if (file == REMOTE_WEZTERM)
		tlscreds_fetch(e, p, true);
	if (remote_write(file, p, err) != 0)
		return -1;
	if (file == REMOTE_SSH)
		printf("wrote %s; put this line at the top of ~/.ssh/config:\nInclude \"%s\"\n", path, path);
	else
		printf("wrote %s; put this line into wezterm.lua, before `return config`:\n"
		       "dofile(\"%s\").apply_to_config(config)\n", path, path);
	return 0;
}

static int run(enum remote_file file, const struct cmd_args *args, struct err *err)
{
	struct engine *e = engine_open(cmd_value(args, "docker-path"), err);
	struct projects p = { 0 };
	int code = e ? projects_list(e, &p, err) : -1;
	if (code == 0)
		code = cmd_flag(args, "write") ? write_file(e, file, &p, err) : print(file, &p, err);
	projects_fini(&p);
	engine_close(e);
	return code;
}

static int run_ssh(const struct cmd_args *args, struct err *err)
{
	return run(REMOTE_SSH, args, err);
}

static int run_wezterm(const struct cmd_args *args, struct err *err)
{
	return run(REMOTE_WEZTERM, args, err);
}

static const struct cmd_option options[] = {
	{ "write", 'w', NULL, "write the file, keep it up to date from now on, and say which line includes it" },
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_ssh_config = {
	.name = "ssh-config",
	.operands = "",
	.summary = "the projects as hosts for ~/.ssh/config",
	.description = "Prints a Host NAME.lace for each project, for ssh, scp, rsync, git and editors that use them: with\n"
	               "lace's key, the user, the port, and the host key that was pinned through the engine, so that there is\n"
	               "no prompt and no wrong key is accepted. With --write it goes into a file of lace's own, which\n"
	               "lace up, down and rm keep up to date.",
	.options = options,
	.run = run_ssh,
};

const struct cmd cmd_wezterm_config = {
	.name = "wezterm-config",
	.operands = "",
	.summary = "the projects as domains for wezterm.lua",
	.description = "Prints a Lua module with an SSH domain lace:NAME for each project, lace:PORT for each other port of\n"
	               "the range, and a Unix domain lace-proxy:NAME through lace proxy. With --write it goes into a file\n"
	               "of lace's own, which lace up, down and rm keep up to date; then wezterm connect lace:NAME needs\n"
	               "no prompt. Host keys are pinned for 127.0.0.1, localhost and ::1.",
	.options = options,
	.run = run_wezterm,
};
