#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/table.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "host/jsonc.h"
#include "port/port.h"

#include <stdio.h>

/* Who has the port right now: the claim's own container, another one, another program, or nobody. */
static char *holder(const struct port_claim *c, const struct engine_ports *ports)
{
	for (size_t i = 0; i < ports->n; i++) {
		const struct engine_port *p = &ports->v[i];
		if (p->host_port == c->port)
			return str_eq(p->workspace, c->workspace)
			    ? xasprintf("its container %s%s", p->name, p->running ? "" : " (stopped)")
			    : xasprintf("container %s%s", p->name, p->running ? "" : " (stopped)");
	}
	return xstrdup(port_is_free(c->port) ? "nobody" : "another program");
}

static void print_json(const struct port_claims *claims, const struct engine_ports *ports)
{
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < claims->n; i++) {
		const struct port_claim *c = &claims->v[i];
		cleanup_free char *who = holder(c, ports);
		json_object *o = json_object_new_object();
		json_object_object_add(o, "port", json_object_new_int(c->port));
		json_object_object_add(o, "label", json_object_new_string(c->label));
		json_object_object_add(o, "holder", json_object_new_string(who));
		json_object_object_add(o, "workspaceFolder", json_object_new_string(c->workspace));
		json_object_object_add(o, "configFile", json_object_new_string(c->config));
		json_object_object_add(o, "since", json_object_new_string(c->since));
		json_object_array_add(list, o);
	}
	print_json_line(list);
}

static void print_table(const struct port_claims *claims, const struct engine_ports *ports)
{
	struct table t = { .columns = 4 };
	table_cell(&t, "PORT");
	table_cell(&t, "FOR");
	table_cell(&t, "HELD BY");
	table_cell(&t, "FOLDER");
	for (size_t i = 0; i < claims->n; i++) {
		cleanup_free char *who = holder(&claims->v[i], ports);
		table_cellf(&t, "%d", claims->v[i].port);
		table_cell(&t, claims->v[i].label);
		table_cell(&t, who);
		table_cell(&t, claims->v[i].workspace);
	}
	table_print(&t);
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct engine_ports ports = { 0 };
	struct port_claims claims = { 0 };
	struct engine *e = engine_open(cmd_value(args, "docker-path"), err);
	struct port_registry *r = e ? port_registry_open(NULL, err) : NULL;
	int code = r && engine_ports(e, &ports, err) == 0 && port_registry_list(r, &claims, err) == 0 ? 0 : -1;
	if (code == 0 && cmd_flag(args, "json"))
		print_json(&claims, &ports);
	else if (code == 0 && claims.n == 0)
		puts("no port is claimed; `lace up` claims what a project needs");
	else if (code == 0)
		print_table(&claims, &ports);
	port_claims_fini(&claims);
	engine_ports_fini(&ports);
	port_registry_close(r);
	engine_close(e);
	return code;
}

static const struct cmd_option options[] = {
	CMD_OPTION_JSON,
	CMD_OPTION_DOCKER,
	CMD_OPTIONS_END,
};

const struct cmd cmd_ports = {
	.name = "ports",
	.operands = "",
	.summary = "the host ports that projects hold",
	.description = "Lists the host-wide registry of ports: which project claims which port for what, and who holds it\n"
	               "right now. A claim stays with its project until `lace rm`.",
	.options = options,
	.run = run,
};
