/* The override file: what lace adds to the service, in compose's words, and everything that `create` is given for a
 * container without compose. Written as JSON, which is YAML; "$" is doubled, because compose substitutes.
 *
 * What the reference loses here is kept: a mount's read-only flag and options, tmpfs mounts, appPort. The short
 * spelling is used wherever it says the same: files of version 2 and 3.0 know no other. */
#include "dev/compose.h"

#include "base/mem.h"
#include "dev/metadata.h"
#include "dev/mount.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/yml.h"

#include <string.h>

static json_object *escaped(const char *text)
{
	cleanup_str struct str s = STR_INIT;
	for (const char *p = text; *p; p++) {
		if (*p == '$')
			str_putc(&s, '$');
		str_putc(&s, *p);
	}
	return json_object_new_string_len(s.s, (int)s.len);
}

static size_t length(json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void add(json_object *list, json_object *value)
{
	json_object_array_add(list, value);
}

/* The list at key, made when it is not there. */
static json_object *list_at(json_object *o, const char *key)
{
	json_object *list = json_get(o, key);
	if (!list) {
		list = json_object_new_array();
		json_object_object_add(o, key, list);
	}
	return list;
}

/* ---- commands ---- */

void dev_compose_words(const char *text, struct strv *ret)
{
	for (const char *p = text; *p;) {
		p += strspn(p, " \t\r\n");
		if (!*p)
			return;
		cleanup_str struct str word = STR_INIT;
		for (char quote = 0; *p && (quote || !strchr(" \t\r\n", *p)); p++) {
			if (*p == '\\' && quote != '\'' && p[1] && (!quote || strchr("\"\\$`", p[1])))
				str_putc(&word, *++p);
			else if (quote ? *p == quote : (*p == '"' || *p == '\''))
				quote = quote ? 0 : *p;
			else
				str_putc(&word, *p);
		}
		strv_push(ret, word.s);
	}
}

/* The service's command or entrypoint, whose "$" are doubled already. False when it has none. */
static bool own_words(json_object *value, json_object *ret)
{
	if (json_object_is_type(value, json_type_string)) {
		cleanup_strv struct strv words = STRV_INIT;
		dev_compose_words(json_object_get_string(value), &words);
		for (size_t i = 0; i < words.n; i++)
			add(ret, json_object_new_string(words.v[i]));
	}
	for (size_t i = 0; i < length(value); i++)
		add(ret, json_object_new_string(json_object_get_string(json_object_array_get_idx(value, i))));
	return value != NULL;
}

static void image_words(json_object *value, json_object *ret)
{
	for (size_t i = 0; i < length(value); i++)
		add(ret, escaped(json_object_get_string(json_object_array_get_idx(value, i))));
}

static void put_command(json_object *service, const struct dev_compose *dc, const struct dev_image *img,
    json_object *merged)
{
	json_object *entrypoint = json_object_new_array(), *command = json_object_new_array();
	json_object *entrypoints = json_get(merged, "entrypoints"), *config = json_get(img->inspect, "Config");
	if (img->init) {
		add(entrypoint, escaped(img->init));
		for (size_t i = 0; i < length(entrypoints); i++) {
			add(entrypoint, json_object_new_string("--entrypoint"));
			add(entrypoint, escaped(json_object_get_string(json_object_array_get_idx(entrypoints, i))));
		}
		add(entrypoint, json_object_new_string("--"));
	} else {
		cleanup_free char *script = dev_entrypoint_script(entrypoints);
		add(entrypoint, json_object_new_string("/bin/sh"));
		add(entrypoint, json_object_new_string("-c"));
		add(entrypoint, escaped(script));
		add(entrypoint, json_object_new_string("-"));
	}
	if (!json_flag(merged, "overrideCommand", false)) {
		bool own = own_words(json_get(dc->service, "entrypoint"), entrypoint);
		if (!own)
			image_words(json_get(config, "Entrypoint"), entrypoint);
		if (!own_words(json_get(dc->service, "command"), command) && !own)
			image_words(json_get(config, "Cmd"), command);
	}
	json_object_object_add(service, "entrypoint", entrypoint);
	json_object_object_add(service, "command", command);
}

/* ---- mounts ---- */

static void put_volume(json_object *top, const struct dev_mount *m, bool external)
{
	json_object *volume = json_object_new_object();
	if (external)
		json_object_object_add(volume, "external", json_object_new_boolean(true));
	if (m->volume_driver)
		json_object_object_add(volume, "driver", escaped(m->volume_driver));
	if (m->volume_options.n) {
		json_object *options = json_object_new_object();
		for (size_t i = 0; i < m->volume_options.n; i++) {
			cleanup_free char *name = xstrdup(m->volume_options.v[i]);
			char *eq = strchr(name, '=');
			if (eq)
				*eq++ = '\0';
			json_object_object_add(options, name, escaped(eq ? eq : ""));
		}
		json_object_object_add(volume, "driver_opts", options);
	}
	json_object_object_add(top, m->source, volume);
}

static json_object *long_mount(const struct dev_mount *m)
{
	json_object *o = json_object_new_object();
	json_object_object_add(o, "type", json_object_new_string(m->type));
	if (m->source && *m->source)
		json_object_object_add(o, "source", escaped(m->source));
	json_object_object_add(o, "target", escaped(m->target));
	if (m->readonly)
		json_object_object_add(o, "read_only", json_object_new_boolean(true));
	if (m->propagation) {
		json_object *bind = json_object_new_object();
		json_object_object_add(bind, "propagation", escaped(m->propagation));
		json_object_object_add(o, "bind", bind);
	}
	if (m->nocopy) {
		json_object *volume = json_object_new_object();
		json_object_object_add(volume, "nocopy", json_object_new_boolean(true));
		json_object_object_add(o, "volume", volume);
	}
	return o;
}

static int put_mount(json_object *service, json_object *volumes, json_object *value, struct err *err)
{
	struct dev_mount m;
	const char *problem = dev_mount_parse(value, &m);
	if (problem) {
		cleanup_str struct str text = STR_INIT;
		json_stringify(&text, value);
		return err_set(err, ERR_FAILED, "the mount %s cannot be given to compose: %s", text.s, problem);
	}
	bool named = str_eq(m.type, "volume") && m.source && *m.source;
	bool plain = !m.propagation && !m.nocopy && !strchr(m.target, ':') && !(m.source && strchr(m.source, ':'));
	if (named)
		put_volume(volumes, &m, json_flag(value, "external", false));
	if (str_eq(m.type, "tmpfs")) {
		cleanup_str struct str s = STR_INIT;
		str_puts(&s, m.target);
		if (m.tmpfs_size || m.tmpfs_mode)
			str_printf(&s, ":%s%s%s%s%s", m.tmpfs_size ? "size=" : "", m.tmpfs_size ? m.tmpfs_size : "",
			    m.tmpfs_size && m.tmpfs_mode ? "," : "", m.tmpfs_mode ? "mode=" : "", m.tmpfs_mode ? m.tmpfs_mode : "");
		add(list_at(service, "tmpfs"), escaped(s.s));
	} else if (plain) {
		cleanup_free char *text = xasprintf("%s%s%s%s", m.source && *m.source ? m.source : "",
		    m.source && *m.source ? ":" : "", m.target, m.readonly ? ":ro" : "");
		add(list_at(service, "volumes"), escaped(text));
	} else {
		add(list_at(service, "volumes"), long_mount(&m));
	}
	dev_mount_fini(&m);
	return 0;
}

/* ---- the rest ---- */

static void put_list(json_object *service, const char *key, json_object *list)
{
	for (size_t i = 0; i < length(list); i++)
		add(list_at(service, key), escaped(json_object_get_string(json_object_array_get_idx(list, i))));
}

static void put_environment(json_object *service, json_object *env)
{
	if (!json_object_is_type(env, json_type_object) || json_object_object_length(env) == 0)
		return;
	json_object *out = json_object_new_object();
	json_object_object_foreach(env, name, value) {
		if (!value)
			continue;
		cleanup_str struct str text = STR_INIT;
		if (json_object_is_type(value, json_type_string))
			str_puts(&text, json_object_get_string(value));
		else
			json_stringify(&text, value);
		json_object_object_add(out, name, escaped(text.s));
	}
	json_object_object_add(service, "environment", out);
}

static void put_labels(json_object *service, const struct dev_compose *dc, const struct dev_image *img)
{
	json_object *labels = json_object_new_object();
	cleanup_strv struct strv ids = STRV_INIT;
	dev_id_labels(dc->config, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		char *eq = strchr(ids.v[i], '=');
		*eq = '\0';
		json_object_object_add(labels, ids.v[i], escaped(eq + 1));
	}
	cleanup_free char *project = dev_project_name(dc->config->workspace);
	json_object_object_add(labels, "lace.project", escaped(project));
	if (!img->labelled) {
		cleanup_str struct str text = STR_INIT;
		json_stringify(&text, img->entries);
		json_object_object_add(labels, DEV_LABEL_METADATA, escaped(text.s));
	}
	json_object_object_add(service, "labels", labels);
}

/* The service whose network the dev container is in: its own, or that of network_mode "service:NAME". */
static json_object *network_service(const struct dev_compose *dc, json_object *services, json_object *own)
{
	const char *mode = json_str(dc->service, "network_mode");
	if (!mode || !str_starts(mode, "service:"))
		return own;
	const char *name = mode + strlen("service:");
	json_object *other = json_get(services, name);
	if (!other) {
		other = json_object_new_object();
		json_object_object_add(services, name, other);
	}
	return other;
}

static void put_app_port(json_object *service, json_object *port)
{
	if (json_object_is_type(port, json_type_int)) {
		long long n = json_object_get_int64(port);
		cleanup_free char *text = xasprintf("127.0.0.1:%lld:%lld", n, n);
		add(list_at(service, "ports"), json_object_new_string(text));
	} else if (json_object_is_type(port, json_type_string)) {
		add(list_at(service, "ports"), escaped(json_object_get_string(port)));
	}
}

static void put_ports(json_object *service, const struct dev_compose *dc, const struct dev_publish *publish,
    size_t n_publish)
{
	json_object *ports = json_get(dc->config->conf, "appPort");
	if (!json_object_is_type(ports, json_type_array))
		put_app_port(service, ports);
	for (size_t i = 0; i < length(ports); i++)
		put_app_port(service, json_object_array_get_idx(ports, i));
	for (size_t i = 0; i < n_publish; i++) {
		cleanup_free char *text = xasprintf("127.0.0.1:%d:%d", publish[i].host_port, publish[i].container_port);
		add(list_at(service, "ports"), json_object_new_string(text));
	}
}

static void put_gpu(json_object *service)
{
	static const char deploy[] =
	    "{\"resources\":{\"reservations\":{\"devices\":[{\"capabilities\":[\"gpu\"]}]}}}";
	json_object_object_add(service, "deploy", json_tokener_parse(deploy));
}

/* compose 1 wants every file to have the version of the first. NULL: it has none. */
static json_object *file_version(const struct dev_compose *dc)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_err struct err ignored = ERR_INIT;
	if (fs_read(dc->files.v[0], YML_BYTES_MAX, &text, &ignored) < 0)
		return NULL;
	json_object *file = yml_parse(text.s, text.len, dc->files.v[0], &ignored);
	json_object *version = json_object_get(json_get(file, "version"));
	json_object_put(file);
	return version;
}

json_object *dev_compose_override(const struct dev_compose *dc, const struct dev_image *img, json_object *merged,
    const struct dev_publish *publish, size_t n_publish, bool gpu, struct err *err)
{
	json_object *top = json_object_new_object(), *services = json_object_new_object();
	json_object *service = json_object_new_object(), *volumes = json_object_new_object();
	json_object *version = file_version(dc);
	if (version)
		json_object_object_add(top, "version", version);
	json_object_object_add(top, "services", services);
	json_object_object_add(services, dc->service_name, service);
	json_object *network = network_service(dc, services, service);
	if (network != service) {
		json_object *labels = json_object_new_object();
		json_object_object_add(labels, "lace.workspace", escaped(dc->config->workspace));
		json_object_object_add(network, "labels", labels);
	}
	cleanup_free char *image = dev_compose_image(dc);
	if (!str_eq(image, img->ref))
		json_object_object_add(service, "image", escaped(img->ref));
	put_command(service, dc, img, merged);
	if (json_flag(merged, "init", false) && !img->init)
		json_object_object_add(service, "init", json_object_new_boolean(true));
	const char *user = json_str(merged, "containerUser");
	if (user && *user)
		json_object_object_add(service, "user", escaped(user));
	put_environment(service, json_get(merged, "containerEnv"));
	if (json_flag(merged, "privileged", false))
		json_object_object_add(service, "privileged", json_object_new_boolean(true));
	put_list(service, "cap_add", json_get(merged, "capAdd"));
	put_list(service, "security_opt", json_get(merged, "securityOpt"));
	put_labels(service, dc, img);
	put_ports(network, dc, publish, n_publish);
	if (gpu)
		put_gpu(service);
	json_object *mounts = json_get(merged, "mounts");
	int code = 0;
	for (size_t i = 0; code == 0 && i < length(mounts); i++)
		code = put_mount(service, volumes, json_object_array_get_idx(mounts, i), err);
	const struct strv *more = dc->config->extra.mounts;
	for (size_t i = 0; code == 0 && more && i < more->n; i++) {
		json_object *mount = json_object_new_string(more->v[i]);
		code = put_mount(service, volumes, mount, err);
		json_object_put(mount);
	}
	if (json_object_object_length(volumes))
		json_object_object_add(top, "volumes", volumes);
	else
		json_object_put(volumes);
	if (code == 0)
		return top;
	json_object_put(top);
	return NULL;
}
