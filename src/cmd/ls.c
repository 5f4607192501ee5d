#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/project.h"
#include "cmd/table.h"

#include "base/mem.h"
#include "host/jsonc.h"

#include <stdio.h>

static void print_json(const struct projects *p)
{
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < p->n; i++) {
		const struct project *x = &p->v[i];
		json_object *o = json_object_new_object();
		json_object_object_add(o, "name", json_object_new_string(x->name));
		json_object_object_add(o, "state", json_object_new_string(x->state));
		json_object_object_add(o, "port", x->port ? json_object_new_int(x->port) : NULL);
		json_object_object_add(o, "tlsPort", x->tls_port ? json_object_new_int(x->tls_port) : NULL);
		const char *reach = x->by_exec ? "exec" : x->port && str_eq(x->state, "running") ? "ssh" : NULL;
		json_object_object_add(o, "reach", reach ? json_object_new_string(reach) : NULL);
		json_object_object_add(o, "user", x->user[0] ? json_object_new_string(x->user) : NULL);
		json_object_object_add(o, "terminals", x->terminals >= 0 ? json_object_new_int(x->terminals) : NULL);
		json_object_object_add(o, "workspaceFolder", json_object_new_string(x->workspace));
		json_object_object_add(o, "configFile", x->config[0] ? json_object_new_string(x->config) : NULL);
		json_object_object_add(o, "containerId", json_object_new_string(x->id));
		json_object_array_add(list, o);
	}
	print_json_line(list);
}

static void print_table(const struct projects *p)
{
	struct table t = { .columns = 6 };
	const char *const heading[] = { "NAME", "STATE", "PORT", "USER", "TERMINALS", "FOLDER" };
	for (size_t i = 0; i < ARRAY_LEN(heading); i++)
		table_cell(&t, heading[i]);
	for (size_t i = 0; i < p->n; i++) {
		const struct project *x = &p->v[i];
		table_cell(&t, x->name);
		table_cell(&t, x->state);
		if (x->port)
			table_cellf(&t, "%d", x->port);
		else
			table_cell(&t, x->by_exec ? "exec" : "-");
		table_cell(&t, x->user[0] ? x->user : "-");
		if (x->terminals >= 0)
			table_cellf(&t, "%d", x->terminals);
		else
			table_cell(&t, "-");
		table_cell(&t, x->workspace);
	}
	table_print(&t);
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct engine *e = engine_open(cmd_value(args, "docker-path"), err);
	struct projects p = { 0 };
	int code = e ? projects_list(e, &p, err) : -1;
	if (code == 0 && cmd_flag(args, "names")) {
		for (size_t i = 0; i < p.n; i++)
			puts(p.v[i].name);
	} else if (code == 0) {
		projects_count_terminals(e, &p);
		if (cmd_flag(args, "json"))
			print_json(&p);
		else if (p.n == 0)
			puts("no dev container yet; make one with: lace up [FOLDER]");
		else
			print_table(&p);
	}
	projects_fini(&p);
	engine_close(e);
	return code;
}

static const struct cmd_option options[] = {
	{ "names", 0, NULL, "print only the names (for completions)" },
	CMD_OPTION_JSON,
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_ls = {
	.name = "ls",
	.operands = "",
	.summary = "every project: state, port, user, terminals",
	.description = "Lists the dev containers that the engine knows, running and stopped, whoever made them. A stopped\n"
	               "one shows the port that is kept for it; a running one without a port is reached through the engine (exec).",
	.options = options,
	.run = run,
};
