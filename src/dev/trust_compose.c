/* What the services of a compose project ask of this host, from what `compose config` made of the files. */
#include "dev/trust.h"

#include "base/mem.h"
#include "dev/mount.h"
#include "host/fs.h"
#include "host/jsonc.h"

#include <string.h>

static size_t length(json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

struct service {
	const struct dev_config *c;
	const char *name;
	struct strv *ret;
};

static void say(const struct service *s, const char *what, const char *value)
{
	strv_pushf(s->ret, "service %s %s%s", s->name, what, value);
}

static void say_json(const struct service *s, const char *what, json_object *value)
{
	cleanup_str struct str text = STR_INIT;
	json_stringify(&text, value);
	say(s, what, text.s);
}

static void source_reason(const struct service *s, const char *what, const char *path)
{
	if (*path == '/' && !dev_trust_inside(s->c, path))
		say(s, what, path);
}

/* "/on/the/host:/in/it:ro", or the long form. A source without a slash is a volume's name. */
static void volume_reason(const struct service *s, json_object *volume)
{
	static const char what[] = "mounts from this host: ";
	if (json_object_is_type(volume, json_type_string)) {
		const char *text = json_object_get_string(volume), *colon = strchr(text, ':');
		cleanup_free char *source = colon ? xmemdup0(text, (size_t)(colon - text)) : NULL;
		if (source)
			source_reason(s, what, source);
		return;
	}
	const char *type = json_str(volume, "type"), *source = json_str(volume, "source");
	if (type && source && str_eq(type, "bind"))
		source_reason(s, what, source);
}

static void port_reason(const struct service *s, json_object *port)
{
	static const char what[] = "publishes a port to the network: ";
	bool loopback = false;
	if (json_object_is_type(port, json_type_object)) {
		const char *ip = json_str(port, "host_ip");
		if (json_get(port, "published") && !(ip && (str_starts(ip, "127.") || str_eq(ip, "::1"))))
			say_json(s, what, port);
		return;
	}
	const char *text = json_object_get_string(port);
	if (text && !(dev_publish_spec(text, &loopback) && loopback))
		say(s, what, text);
}

static void service_reasons(const struct service *s, json_object *service)
{
	static const struct { const char *key, *what; } lists[] = {
		{ "cap_add", "adds capabilities: " },
		{ "security_opt", "sets security options: " },
		{ "devices", "uses devices of this host: " },
		{ "device_cgroup_rules", "uses devices of this host: " },
		{ "volumes_from", "mounts what other containers mount: " },
	};
	static const struct { const char *key, *what; } modes[] = {
		{ "network_mode", "is in the network of this host" },
		{ "pid", "sees the processes of this host" },
		{ "ipc", "shares memory with this host" },
		{ "userns_mode", "has the users of this host" },
		{ "cgroup", "has the control groups of this host" },
		{ "uts", "has the name of this host" },
	};
	if (json_object_get_boolean(json_get(service, "privileged")))
		say(s, "wants a privileged container: root in it is root on this host", "");
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (length(json_get(service, lists[i].key)))
			say_json(s, lists[i].what, json_get(service, lists[i].key));
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		const char *mode = json_str(service, modes[i].key);
		if (mode && (str_eq(mode, "host") || str_starts(mode, "container:")))
			say(s, modes[i].what, "");
	}
	for (size_t i = 0; i < length(json_get(service, "volumes")); i++)
		volume_reason(s, json_object_array_get_idx(json_get(service, "volumes"), i));
	for (size_t i = 0; i < length(json_get(service, "ports")); i++)
		port_reason(s, json_object_array_get_idx(json_get(service, "ports"), i));
	json_object *build = json_get(service, "build");
	const char *context = json_object_is_type(build, json_type_string) ? json_object_get_string(build) :
	    json_str(build, "context");
	if (context)
		source_reason(s, "sends a folder outside the project to the build: ", context);
}

void dev_trust_compose_reasons(const struct dev_config *c, json_object *model, struct strv *ret)
{
	json_object *services = json_get(model, "services");
	if (!json_object_is_type(services, json_type_object))
		return;
	json_object_object_foreach(services, name, service) {
		const struct service s = { c, name, ret };
		service_reasons(&s, service);
	}
	/* A volume may be a folder of the host by another name. */
	json_object *volumes = json_get(model, "volumes");
	if (!json_object_is_type(volumes, json_type_object))
		return;
	json_object_object_foreach(volumes, volume, value) {
		json_object *options = json_get(value, "driver_opts");
		if (options) {
			cleanup_str struct str text = STR_INIT;
			json_stringify(&text, options);
			strv_pushf(ret, "volume %s is mounted with options: %s", volume, text.s);
		}
	}
}
