#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/services.h"
#include "cmd/remote.h"

#include "base/mem.h"
#include "host/log.h"
#include "port/port.h"

#include <stdio.h>

/* Of a compose project: its other containers, and what it has beside them. */
static int remove_services(struct engine *e, const struct project *p, bool volumes, struct err *err)
{
	cleanup_strv struct strv others = STRV_INIT;
	bool shared;
	if (!p->compose[0])
		return 0;
	if (services_list(e, p, &others, &shared, err) != 0)
		return -1;
	for (size_t i = 0; i < others.n; i++)
		if (engine_remove(e, others.v[i], volumes, err) != 0)
			return -1;
	if (!shared)
		return services_remove_rest(e, p, volumes, err);
	log_warn("the other services of %s stay: another dev container is one of them", p->compose);
	return 0;
}

static int remove_project(struct engine *e, const struct project *p, bool force, bool volumes, struct err *err)
{
	if (str_eq(p->state, "running") && !force)
		return err_set(err, ERR_FAILED, "%s is running; stop it first (lace down %s), or use --force", p->name, p->name);
	progress_step("Removing %s", p->name);
	if (engine_remove(e, p->id, volumes, err) != 0 || remove_services(e, p, volumes, err) != 0)
		return -1;
	project_note_remove(p->id);
	struct port_registry *r = port_registry_open(NULL, err);
	int code = r && port_registry_release(r, p->workspace, p->config[0] ? p->config : NULL, NULL, err) >= 0 ? 0 : -1;
	port_registry_close(r);
	if (code == 0)
		remote_refresh(e);
	progress_done();
	return code;
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct project_use use = { 0 };
	int code = project_use_init(&use, args, err);
	if (code == 0)
		code = remove_project(use.engine, use.p, cmd_flag(args, "force"), cmd_flag(args, "volumes"), err);
	if (code == 0 && cmd_flag(args, "json"))
		printf("{\"outcome\":\"success\",\"containerId\":\"%s\"}\n", use.p->id);
	else if (code == 0)
		printf("%s removed, and its ports are free again\n", use.p->name);
	project_use_fini(&use);
	return code;
}

static const struct cmd_option options[] = {
	{ "force", 'f', NULL, "also when it is running" },
	{ "volumes", 'v', NULL, "also its anonymous volumes, and all volumes of its Docker Compose project" },
	CMD_OPTION_JSON,
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_rm = {
	.name = "rm",
	.operands = "[NAME]",
	.max_operands = 1,
	.complete = CMD_COMPLETE_PROJECT,
	.summary = "remove a project's container and give its ports back",
	.description =
	    "Removes the container and releases the project's ports; of a Docker Compose project all containers and the\n"
	    "networks, unless another dev container is one of them. The project's folder, named volumes and images stay.",
	.options = options,
	.run = run,
};
