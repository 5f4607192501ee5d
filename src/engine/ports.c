/* Which host ports containers hold. A running container's are in the list entry; of
 * a stopped one the list says nothing, but it will want its bindings back when it
 * is started, so those are read from its configuration. */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/jsonc.h"

/* "" stands for all addresses, however the engine writes them. */
static const char *normal_ip(const char *ip)
{
	return !ip || str_eq(ip, "0.0.0.0") || str_eq(ip, "::") ? "" : ip;
}

struct owner {
	const char *id, *name, *workspace;
	bool running;
};

static void add(struct engine_ports *ret, const struct owner *o, const char *ip, int64_t host, int64_t inside)
{
	if (host <= 0 || host > 65535 || inside <= 0 || inside > 65535)
		return;
	ip = normal_ip(ip);
	/* IPv4 and IPv6 of one publication are two entries. */
	for (size_t i = ret->n; i > 0 && str_eq(ret->v[i - 1].container, o->id); i--)
		if (ret->v[i - 1].host_port == host && ret->v[i - 1].container_port == inside
		    && str_eq(ret->v[i - 1].host_ip, ip))
			return;
	if ((ret->n & (ret->n - 1)) == 0)
		ret->v = xreallocarray(ret->v, ret->n ? ret->n * 2 : 1, sizeof(*ret->v));
	ret->v[ret->n++] = (struct engine_port){ .host_port = (int)host, .container_port = (int)inside,
	    .host_ip = xstrdup(ip), .container = xstrdup(o->id), .name = xstrdup(o->name),
	    .workspace = xstrdup(o->workspace), .running = o->running };
}

static void add_running(struct engine_ports *ret, const struct owner *o, json_object *ports)
{
	size_t n = json_object_is_type(ports, json_type_array) ? json_object_array_length(ports) : 0;
	for (size_t i = 0; i < n; i++) {
		json_object *p = json_object_array_get_idx(ports, i);
		const char *type = json_str(p, "Type");
		if (type && str_eq(type, "tcp"))
			add(ret, o, json_str(p, "IP"), json_int(p, "PublicPort", 0), json_int(p, "PrivatePort", 0));
	}
}

/* "2222" -> 2222; a range or nothing (the engine chooses) -> 0. */
static int64_t number(const char *s)
{
	char *end;
	long n = s ? strtol(s, &end, 10) : 0;
	return s && *s && *end == '\0' ? n : 0;
}

static int add_stopped(struct engine *e, struct engine_ports *ret, const struct owner *o, struct err *err)
{
	json_object *inspect = engine_inspect(e, o->id, err);
	if (!inspect && err->code == ERR_NOT_FOUND) {
		/* Removed since it was listed. */
		err_fini(err);
		return 0;
	}
	if (!inspect)
		return -1;
	json_object *bindings = json_get(json_get(inspect, "HostConfig"), "PortBindings");
	if (json_object_is_type(bindings, json_type_object)) {
		json_object_object_foreach(bindings, key, list) {
			char *end;
			long inside = strtol(key, &end, 10);
			if (*end != '\0' && !str_eq(end, "/tcp"))
				continue;
			size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
			for (size_t i = 0; i < n; i++) {
				json_object *b = json_object_array_get_idx(list, i);
				add(ret, o, json_str(b, "HostIp"), number(json_str(b, "HostPort")), inside);
			}
		}
	}
	json_object_put(inspect);
	return 0;
}

static int add_container(struct engine *e, struct engine_ports *ret, json_object *c, struct err *err)
{
	json_object *name = NULL, *names = json_get(c, "Names");
	if (json_object_is_type(names, json_type_array) && json_object_array_length(names) > 0)
		name = json_object_array_get_idx(names, 0);
	const char *id = json_str(c, "Id"), *state = json_str(c, "State");
	const char *text = json_object_is_type(name, json_type_string) ? json_object_get_string(name) : "";
	json_object *labels = json_get(c, "Labels");
	const char *workspace = json_str(labels, "devcontainer.local_folder");
	if (!workspace)          /* a service that publishes for the dev container in its network */
		workspace = json_str(labels, "lace.workspace");
	if (!id || !state)
		return 0;
	struct owner o = { .id = id, .name = *text == '/' ? text + 1 : text, .workspace = workspace ? workspace : "",
	    .running = str_eq(state, "running") || str_eq(state, "paused") };
	if (o.running) {
		add_running(ret, &o, json_get(c, "Ports"));
		return 0;
	}
	return add_stopped(e, ret, &o, err);
}

int engine_ports(struct engine *e, struct engine_ports *ret, struct err *err)
{
	*ret = (struct engine_ports){ 0 };
	json_object *list = engine_list(e, NULL, true, err);
	if (!list)
		return -1;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++)
		rc = add_container(e, ret, json_object_array_get_idx(list, i), err);
	json_object_put(list);
	if (rc != 0)
		engine_ports_fini(ret);
	return rc;
}

void engine_ports_fini(struct engine_ports *ports)
{
	for (size_t i = 0; i < ports->n; i++) {
		free(ports->v[i].host_ip);
		free(ports->v[i].container);
		free(ports->v[i].name);
		free(ports->v[i].workspace);
	}
	free(ports->v);
	*ports = (struct engine_ports){ 0 };
}
