#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/table.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "host/jsonc.h"
#include "port/port.h"

#include <stdio.h>
#include <stdlib.h>

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

static int list(const struct cmd_args *args, struct port_registry *r, const struct engine_ports *ports, struct err *err)
{
	struct port_claims claims = { 0 };
	int code = port_registry_list(r, &claims, err);
	if (code == 0 && cmd_flag(args, "json"))
		print_json(&claims, ports);
	else if (code == 0 && claims.n == 0)
		puts("no port is claimed; `lace up` claims what a project needs");
	else if (code == 0)
		print_table(&claims, ports);
	port_claims_fini(&claims);
	return code;
}

static int parse_port(const char *text, int *ret, struct err *err)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n < 1 || n > 65535)
		return err_set(err, ERR_USAGE, "\"%s\" is no port; name one from 1 to 65535", text);
	*ret = (int)n;
	return 0;
}

/* The claim's own container, which would have its port back at the next `lace up`. */
static const struct engine_port *own_container(const struct port_claim *c, const struct engine_ports *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].host_port == c->port && str_eq(ports->v[i].workspace, c->workspace))
			return &ports->v[i];
	return NULL;
}

static const struct port_claim *claim_of(const struct port_claims *claims, int port)
{
	for (size_t i = 0; i < claims->n; i++)
		if (claims->v[i].port == port)
			return &claims->v[i];
	return NULL;
}

static int release(struct port_registry *r, const struct engine_ports *ports, const char *text, struct err *err)
{
	struct port_claims claims = { 0 };
	int port, code = -1;
	if (parse_port(text, &port, err) != 0 || port_registry_list(r, &claims, err) != 0)
		return -1;
	const struct port_claim *c = claim_of(&claims, port);
	const struct engine_port *own = c ? own_container(c, ports) : NULL;
	if (c == NULL)
		err_set(err, ERR_NOT_FOUND, "nobody claims port %d; `lace ports` shows the claims", port);
	else if (own)
		err_set(err, ERR_FAILED, "container %s publishes port %d; remove it first: lace rm %s", own->name, port, c->workspace);
	else
		code = port_registry_release(r, c->workspace, c->config, c->label, err) < 0 ? -1 : 0;
	if (code == 0)
		printf("%d released; %s had it for %s\n", port, c->workspace, c->label);
	port_claims_fini(&claims);
	return code;
}

static int move(struct port_registry *r, const struct engine_ports *ports, const char *from_text, const char *to_text,
    struct err *err)
{
	const struct port_range range = { PORT_RANGE_FIRST, PORT_RANGE_LAST };
	struct port_published *published = xcalloc(ports->n, sizeof(*published));
	struct port_claims claims = { 0 };
	int from, to = 0;
	for (size_t i = 0; i < ports->n; i++)
		published[i] = (struct port_published){ ports->v[i].host_port, ports->v[i].workspace, ports->v[i].name,
			ports->v[i].running };
	int code = parse_port(from_text, &from, err) == 0 && (to_text == NULL || parse_port(to_text, &to, err) == 0) ? 0 : -1;
	if (code == 0)
		code = to = port_registry_move(r, from, to, published, ports->n, range, err);
	if (code > 0 && (code = port_registry_list(r, &claims, err)) == 0) {
		const struct port_claim *c = claim_of(&claims, to);
		printf("%d is %d now; a container that was made with %d keeps it until: lace up --recreate %s\n", from, to, from,
		    c ? c->workspace : "FOLDER");
	}
	port_claims_fini(&claims);
	free(published);
	return code;
}

static int run_with(const struct cmd_args *args, struct port_registry *r, const struct engine_ports *ports, struct err *err)
{
	const struct strv *words = &args->operands;
	if (words->n == 0)
		return list(args, r, ports, err);
	if (str_eq(words->v[0], "release") && words->n == 2)
		return release(r, ports, words->v[1], err);
	if (str_eq(words->v[0], "move") && words->n >= 2)
		return move(r, ports, words->v[1], words->n > 2 ? words->v[2] : NULL, err);
	return err_set(err, ERR_USAGE, "usage: lace ports %s", args->cmd->operands);
}

static int run(const struct cmd_args *args, struct err *err)
{
	struct engine_ports ports = { 0 };
	struct engine *e = engine_open(cmd_value(args, "docker-path"), err);
	struct port_registry *r = e ? port_registry_open(NULL, err) : NULL;
	int code = r && engine_ports(e, &ports, err) == 0 ? run_with(args, r, &ports, err) : -1;
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
	.operands = "[release PORT | move PORT [NEW]]",
	.max_operands = 3,
	.summary = "the host ports that projects hold",
	.description = "Lists the host-wide registry of ports: which project claims which port for what, and who holds it\n"
	               "right now. A claim stays with its project until lace rm. release gives a claim back that no container\n"
	               "of its project publishes; move gives it another port (the next free one when none is named), which\n"
	               "the project has once its container is made anew.",
	.options = options,
	.run = run,
};
