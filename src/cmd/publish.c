#include "cmd/publish.h"

#include "base/mem.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "port/port.h"

#include <string.h>

/* "lace/mux-server:1" and "./mux-server" are "mux-server". */
static char *short_id(const char *ref)
{
	const char *slash = strrchr(ref, '/');
	const char *name = slash ? slash + 1 : ref;
	return xmemdup0(name, strcspn(name, ":@"));
}

static int add_declared(json_object *entry, struct publish_plan *plan, struct err *err)
{
	json_object *ports = json_get(json_get(json_get(entry, "customizations"), "lace"), "ports");
	const char *ref = json_str(entry, "id");
	if (ref == NULL || !json_object_is_type(ports, json_type_object))
		return 0;
	json_object_object_foreach(ports, option, declared) {
		int64_t container_port = json_int(declared, "containerPort", 0);
		/* "whenSet" is left where another tool wrote the entry: whether the option was set is not known. */
		if (container_port < 1 || container_port > 65535 || json_flag(declared, "whenSet", false))
			continue;
		cleanup_free char *id = short_id(ref);
		char *label = xasprintf("%s/%s", id, option);
		bool known = false;
		for (size_t i = 0; i < plan->n; i++)
			known = known || str_eq(plan->labels[i], label);
		if (known || plan->n == PUBLISH_MAX) {
			free(label);
			if (!known)
				return err_set(err, ERR_FAILED, "more than %d ports are declared by features", PUBLISH_MAX);
			continue;
		}
		plan->labels[plan->n] = label;
		plan->ports[plan->n++].container_port = (int)container_port;
	}
	return 0;
}

static int claim_all(struct port_registry *r, const struct dev_config *c, const struct engine_ports *taken,
    const int *avoid, struct publish_plan *plan, struct err *err)
{
	struct port_published *published = xcalloc(taken->n, sizeof(*published));
	for (size_t i = 0; i < taken->n; i++)
		published[i] = (struct port_published){ taken->v[i].host_port, taken->v[i].workspace, taken->v[i].name,
			taken->v[i].running };
	const struct port_range range = { PORT_RANGE_FIRST, PORT_RANGE_LAST };
	int code = 0;
	for (size_t i = 0; i < plan->n && code == 0; i++) {
		int moved_from = 0;
		int port = port_registry_claim(r, c->workspace, c->config_path, plan->labels[i], published, taken->n, range,
		    avoid, port_read_assignment(c->workspace, plan->labels[i]), &moved_from, err);
		if (port < 0)
			code = -1;
		else if (moved_from)
			log_warn("%s: host port %d is taken by somebody else; now on %d", plan->labels[i], moved_from, port);
		plan->ports[i].host_port = port;
	}
	free(published);
	return code;
}

/* For people and for the old tool: the workspace's own list of its ports. */
static void write_assignments(struct port_registry *r, const struct dev_config *c)
{
	cleanup_err struct err err = ERR_INIT;
	struct port_claims all = { 0 }, ours = { 0 };
	if (port_registry_list(r, &all, &err) == 0) {
		ours.v = xcalloc(all.n, sizeof(*ours.v));
		for (size_t i = 0; i < all.n; i++)
			if (str_eq(all.v[i].workspace, c->workspace) && str_eq(all.v[i].config, c->config_path))
				ours.v[ours.n++] = all.v[i];
		if (port_write_assignments(c->workspace, &ours, &err) != 0)
			log_warn("%s", err.msg);
		free(ours.v);
	}
	port_claims_fini(&all);
}

int publish_claim(struct engine *e, const struct dev_config *c, json_object *entries, const int *avoid,
    struct publish_plan *ret, struct err *err)
{
	*ret = (struct publish_plan){ 0 };
	for (size_t i = 0; i < json_object_array_length(entries); i++)
		if (add_declared(json_object_array_get_idx(entries, i), ret, err) != 0)
			return -1;
	if (ret->n == 0)
		return 0;
	struct engine_ports taken = { 0 };
	struct port_registry *r = port_registry_open(NULL, err);
	if (r == NULL || engine_ports(e, &taken, err) != 0) {
		port_registry_close(r);
		return -1;
	}
	int code = claim_all(r, c, &taken, avoid, ret, err);
	if (code == 0)
		write_assignments(r, c);
	engine_ports_fini(&taken);
	port_registry_close(r);
	return code;
}

void publish_fini(struct publish_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		free(plan->labels[i]);
	plan->n = 0;
}

static int first_host_port(json_object *bindings, int container_port)
{
	char key[32];
	snprintf(key, sizeof(key), "%d/tcp", container_port);
	json_object *list = json_get(bindings, key);
	if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) == 0)
		return 0;
	const char *port = json_str(json_object_array_get_idx(list, 0), "HostPort");
	return port ? (int)strtol(port, NULL, 10) : 0;
}

int publish_shared_port(struct engine *e, json_object *inspect, int container_port)
{
	static const char shared[] = "container:";
	const char *mode = json_str(json_get(inspect, "HostConfig"), "NetworkMode");
	if (mode == NULL || !str_starts(mode, shared))
		return publish_host_port(inspect, container_port);
	cleanup_err struct err ignored = ERR_INIT;
	json_object *owner = engine_inspect(e, mode + strlen(shared), &ignored);
	int port = owner ? publish_host_port(owner, container_port) : 0;
	json_object_put(owner);
	return port;
}

int publish_host_port(json_object *inspect, int container_port)
{
	int port = first_host_port(json_get(json_get(inspect, "NetworkSettings"), "Ports"), container_port);
	return port ? port : first_host_port(json_get(json_get(inspect, "HostConfig"), "PortBindings"), container_port);
}
