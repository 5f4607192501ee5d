/* `lace proxy`: the terminal server of a project on stdin and stdout, for a wezterm Unix domain's proxy_command. */
#include "cmd/access.h"
#include "cmd/cmd.h"

#include "base/mem.h"
#include "host/relay.h"

static int drain(void *link)
{
	link_drain_errors(link);
	return link_error_fd(link);
}

static int relay(struct link *link, struct err *err)
{
	struct relay r = { .from = link_read_fd(link), .to = link_write_fd(link), .errors = link_error_fd(link),
		.drain = drain, .user = link };
	return relay_run(&r) == 0 ? 0 : err_sys(err, "cannot wait for the terminal server");
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct project_use use = { 0 };
	struct access a = { 0 };
	struct link *link = NULL;
	int code = project_use_init(&use, args, err);
	if (code == 0)
		code = access_open(&a, use.engine, use.p, true, err);
	if (code == 0 && (link = access_link(&a, err)) == NULL)
		code = -1;
	if (link) {
		code = relay(link, err);
		link_close(link);
	}
	access_fini(&a);
	project_use_fini(&use);
	return code;
}

static const struct cmd_option options[] = {
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_proxy = {
	.name = "proxy",
	.operands = "[NAME]",
	.max_operands = 1,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "a project's terminal server on stdin and stdout",
	.description = "Connects stdin and stdout to the terminal server in the container, which is started when none runs.\n"
	               "For programs that speak its protocol: a Unix domain of wezterm with this as its proxy_command\n"
	               "(lace wezterm-config writes one for each project).",
	.options = options,
	.run = run,
};
