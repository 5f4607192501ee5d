/* `lace up`: asks what has to be asked, brings the container up (up.c), and says how to get in. */
#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/remote.h"
#include "cmd/up.h"

#include "base/mem.h"
#include "dev/compose.h"
#include "dev/personal.h"
#include "dev/trust.h"
#include "host/dotlace.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <stdio.h>

static void print_json(const struct up *u, const struct err *err, const char *user)
{
	json_object *o = json_object_new_object();
	bool ok = !err_is(err);
	json_object_object_add(o, "outcome", json_object_new_string(ok ? "success" : "error"));
	if (!ok)
		json_object_object_add(o, "message", json_object_new_string(err->msg));
	if (u->id)
		json_object_object_add(o, "containerId", json_object_new_string(u->id));
	if (ok) {
		cleanup_free char *name = dev_project_name(u->config->workspace);
		json_object_object_add(o, "name", json_object_new_string(name));
		json_object_object_add(o, "container", json_object_new_string(u->outcome));
		json_object *labels = json_get(json_get(u->inspect, "Config"), "Labels");
		const char *compose = json_str(labels, COMPOSE_LABEL_PROJECT);
		if (compose)
			json_object_object_add(o, "composeProjectName", json_object_new_string(compose));
		json_object_object_add(o, "remoteUser", json_object_new_string(user));
		json_object_object_add(o, "remoteWorkspaceFolder", json_object_new_string(u->config->workspace_folder));
		json_object_object_add(o, "port", u->port ? json_object_new_int(u->port) : NULL);
	}
	print_json_line(o);
}

static void print_text(const struct up *u, const char *user)
{
	cleanup_free char *name = dev_project_name(u->config->workspace);
	const char *what = str_eq(u->outcome, "running") ? "is running" : str_eq(u->outcome, "started") ? "started" : "is up";
	if (u->port)
		printf("%s %s: %s@127.0.0.1 port %d\nNext: lace connect %s\n", name, what, user, u->port, name);
	else
		printf("%s %s\nNext: lace connect %s\n", name, what, name);
}

static int run(const struct cmd_args *args, struct err *err)
{
	cleanup_strv struct strv secrets = STRV_INIT;
	struct dev_dotfiles dotfiles = { .repository = cmd_value(args, "dotfiles-repository"),
		.target = cmd_value(args, "dotfiles-target-path"), .command = cmd_value(args, "dotfiles-install-command") };
	struct up u = { .opts = { .compose = cmd_value(args, "docker-compose-path"), .plain = cmd_flag(args, "plain"),
		.no_cache = cmd_flag(args, "no-cache"),
		.recreate = cmd_flag(args, "recreate"), .trust = cmd_flag(args, "trust"),
		.keep_server = cmd_flag(args, "keep-server"),
		.hooks = { .skip_post_create = cmd_flag(args, "skip-hooks"), .secrets = &secrets, .dotfiles = &dotfiles } } };
	bool json = cmd_flag(args, "json");
	progress_announce_interrupt();
	struct dev_config_options opts = { .config = cmd_value(args, "config") };
	const char *path = args->operands.n ? args->operands.v[0] : ".";
	int code = -1;
	const char *secrets_file = cmd_value(args, "secrets-file");
	if (secrets_file == NULL || dev_secrets_read(secrets_file, &secrets, err) == 0)
		u.config = dev_config_load(path, &opts, err);
	if (u.config) {
		dotlace_log_open(u.config->workspace, "up");
		u.engine = engine_open(cmd_value(args, "docker-path"), err);
		if (u.engine && dev_trust_confirm(u.config, u.opts.trust, err) == 0)
			code = up_run(&u, err);
		if (code == 0)
			remote_refresh(u.engine);
	}
	progress_done();
	cleanup_free char *user = code == 0 ? up_remote_user(&u) : NULL;
	if (json)
		print_json(&u, err, user);
	else if (code == 0)
		print_text(&u, user);
	up_fini(&u);
	return code;
}

static const struct cmd_option options[] = {
	{ "config", 'c', "FILE", "use this devcontainer.json" },
	{ "trust", 0, NULL, "trust this repository without asking, and remember it" },
	{ "recreate", 0, NULL, "make the container anew; the old one goes once its image is ready" },
	{ "no-cache", 0, NULL, "install the features again even when nothing changed" },
	{ "plain", 0, NULL, "leave lace's own sshd and mux-server out" },
	{ "skip-hooks", 0, NULL, "run no lifecycle command in the container" },
	CMD_OPTION_KEEP_SERVER,
	CMD_OPTION_JSON,
	CMD_OPTION_DOCKER,
	{ "secrets-file", 0, "FILE", "JSON object of variables for the lifecycle commands; shown nowhere" },
	{ "dotfiles-repository", 0, "URL", "clone it in the container, once, and install it; owner/name is GitHub's" },
	{ "dotfiles-target-path", 0, "DIR", "where to clone it (~/dotfiles)" },
	{ "dotfiles-install-command", 0, "FILE", "what to run in it, instead of install.sh and the like" },
	{ "docker-compose-path", 0, "FILE", "docker-compose to use instead of the engine's own `compose`" },
	CMD_OPTIONS_END,
};

const struct cmd cmd_up = {
	.name = "up",
	.operands = "[FOLDER]",
	.max_operands = 1,
	.complete = CMD_COMPLETE_DIR,
	.summary = "bring a project's dev container up",
	.description =
	    "Reads the folder's devcontainer.json, builds what is missing, creates or starts the container, runs its\n"
	    "lifecycle commands, and ends when sshd answers on its host port. Run again, it returns at once. Where the\n"
	    "configuration names no sshd and no mux-server, lace adds its own two features to a local image. The first\n"
	    "time, it shows what the repository asks for and wants a yes.",
	.options = options,
	.run = run,
};
