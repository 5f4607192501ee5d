#include "cmd/cmd.h"
#include "cmd/services.h"
#include "cmd/remote.h"

#include "base/mem.h"
#include "host/log.h"

#include <stdio.h>

enum { STOP_GRACE_SECONDS = 10 };

/* The dev container first: what it uses is there until it has ended. */
static int stop_all(struct engine *e, const struct project *p, struct err *err)
{
	cleanup_strv struct strv others = STRV_INIT;
	if (!p->alone && services_list(e, p, &others, NULL, err) != 0)
		return -1;
	if (engine_stop(e, p->id, STOP_GRACE_SECONDS, err) != 0)
		return -1;
	for (size_t i = 0; i < others.n; i++)
		if (engine_stop(e, others.v[i], STOP_GRACE_SECONDS, err) != 0)
			return -1;
	return 0;
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct project_use use = { 0 };
	int code = project_use_init(&use, args, err);
	if (code == 0) {
		progress_step("Stopping %s", use.p->name);
		code = stop_all(use.engine, use.p, err);
		progress_done();
	}
	if (code == 0)
		remote_refresh(use.engine);
	if (code == 0 && cmd_flag(args, "json"))
		printf("{\"outcome\":\"success\",\"containerId\":\"%s\"}\n", use.p->id);
	else if (code == 0)
		printf("%s stopped%s. Start it again with: lace up %s\n", use.p->name, use.p->port ? "; its port stays its own" : "",
		    use.p->workspace);
	project_use_fini(&use);
	return code;
}

static const struct cmd_option options[] = {
	CMD_OPTION_JSON,
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_down = {
	.name = "down",
	.alias = "stop",
	.operands = "[NAME]",
	.max_operands = 1,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "stop a project's container",
	.description =
	    "Stops the container. Its files and its port stay; its terminals end with it. The other services of a Docker\n"
	    "Compose project stop too, unless shutdownAction says \"stopContainer\" or \"none\", or another dev container\n"
	    "is one of them.",
	.options = options,
	.run = run,
};
