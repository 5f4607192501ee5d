/* The dev container's arguments in the reference's order (devcontainer.md 3.4), so that
 * what a runArgs entry overrides or is overridden by stays the same. */
#include "dev/container.h"

#include "base/mem.h"
#include "dev/metadata.h"
#include "dev/mount.h"
#include "host/jsonc.h"

#include <string.h>

/* One argument of a program cannot be longer on Linux. */
#define ARGUMENT_MAX ((128u << 10) - 1)

/* ---- finding it ---- */

/* The first summary that is not going away, referenced once more. */
static json_object *first_usable(json_object *list, const char *without_label)
{
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < n; i++) {
		json_object *c = json_object_array_get_idx(list, i);
		const char *state = json_str(c, "State");
		bool going = state && str_eq(state, "removing");
		if (!going && !(without_label && json_get(json_get(c, "Labels"), without_label)))
			return json_object_get(c);
	}
	return NULL;
}

json_object *dev_container_find(struct engine *e, const struct dev_config *c, struct err *err)
{
	cleanup_strv struct strv labels = STRV_INIT;
	dev_id_labels(c, &labels);
	json_object *list = engine_list(e, (const char *const *)labels.v, true, err);
	json_object *found = first_usable(list, NULL);
	json_object_put(list);
	if (found || !list || (c->extra.id_labels && c->extra.id_labels->n))
		return found;
	/* Made before the configuration's path was a label. */
	cleanup_free char *folder = xasprintf("devcontainer.local_folder=%s", c->workspace);
	const char *const old[] = { folder, NULL };
	list = engine_list(e, old, true, err);
	found = first_usable(list, "devcontainer.config_file");
	json_object_put(list);
	return found;
}

bool dev_container_has_ids(const struct dev_config *c, json_object *labels)
{
	const struct strv *asked = c->extra.id_labels;
	const char *first = asked && asked->n ? asked->v[0] : "devcontainer.local_folder";
	cleanup_free char *name = xmemdup0(first, strcspn(first, "="));
	return json_get(labels, name) != NULL;
}

/* ---- pieces ---- */

static size_t length(json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void push2(struct strv *args, const char *flag, const char *value)
{
	strv_push(args, flag);
	strv_push(args, value);
}

/* "flag item" for each string of a list. flag NULL: the items alone. */
static void push_each(struct strv *args, const char *flag, json_object *list)
{
	for (size_t i = 0; i < length(list); i++) {
		const char *s = json_object_get_string(json_object_array_get_idx(list, i));
		if (s && flag)
			strv_push(args, flag);
		if (s)
			strv_push(args, s);
	}
}

static void push_app_port(struct strv *args, json_object *port)
{
	if (json_object_is_type(port, json_type_int)) {
		int64_t n = json_object_get_int64(port);
		strv_push(args, "-p");
		strv_pushf(args, "127.0.0.1:%lld:%lld", (long long)n, (long long)n);
	} else if (json_object_is_type(port, json_type_string)) {
		push2(args, "-p", json_object_get_string(port));
	}
}

static void push_ports(struct strv *args, json_object *conf, const struct dev_publish *publish,
    size_t n_publish)
{
	json_object *ports = json_get(conf, "appPort");
	if (!json_object_is_type(ports, json_type_array))
		push_app_port(args, ports);
	for (size_t i = 0; i < length(ports); i++)
		push_app_port(args, json_object_array_get_idx(ports, i));
	for (size_t i = 0; i < n_publish; i++) {
		strv_push(args, "-p");
		strv_pushf(args, "127.0.0.1:%d:%d", publish[i].host_port, publish[i].container_port);
	}
}

static const char *either(json_object *o, const char *a, const char *b, const char *c)
{
	const char *s = json_str(o, a);
	if (!s)
		s = json_str(o, b);
	return s || !c ? s : json_str(o, c);
}

/* A --mount value. */
static void push_mount(struct strv *args, json_object *mount)
{
	if (json_object_is_type(mount, json_type_string)) {
		push2(args, "--mount", json_object_get_string(mount));
		return;
	}
	const char *type = json_str(mount, "type"), *source = either(mount, "source", "src", NULL);
	const char *target = either(mount, "target", "destination", "dst");
	if (!target)
		return;
	cleanup_str struct str s = STR_INIT;
	dev_mount_field(&s, "type", type ? type : "volume");
	if (source && *source)
		dev_mount_field(&s, "source", source);
	dev_mount_field(&s, "target", target);
	/* Beyond the reference, which drops it and mounts writable. */
	if (json_flag(mount, "readonly", false))
		str_puts(&s, ",readonly");
	push2(args, "--mount", s.s);
}

static void push_environment(struct strv *args, json_object *env)
{
	if (!json_object_is_type(env, json_type_object))
		return;
	json_object_object_foreach(env, name, value) {
		if (!value)
			continue;
		cleanup_str struct str text = STR_INIT;
		if (json_object_is_type(value, json_type_string))
			str_puts(&text, json_object_get_string(value));
		else
			json_stringify(&text, value);
		strv_push(args, "-e");
		strv_pushf(args, "%s=%s", name, text.s);
	}
}

static void push_privileges(struct strv *args, json_object *merged, bool has_init)
{
	if (json_flag(merged, "init", false) && !has_init)
		strv_push(args, "--init");
	if (json_flag(merged, "privileged", false))
		strv_push(args, "--privileged");
	push_each(args, "--cap-add", json_get(merged, "capAdd"));
	push_each(args, "--security-opt", json_get(merged, "securityOpt"));
}

/* ---- what runs in it ---- */

char *dev_entrypoint_script(json_object *entrypoints)
{
	struct str s = STR_INIT;
	str_puts(&s, "echo Container started\ntrap 'exit 0' 15\n");
	for (size_t i = 0; i < length(entrypoints); i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(entrypoints, i));
		str_printf(&s, "%s\n", text ? text : "");
	}
	if (length(entrypoints) == 0)
		str_putc(&s, '\n');
	str_puts(&s, "exec \"$@\"\nwhile :; do sleep 1 & wait $!; done\n");
	return str_detach(&s);
}

static void push_entrypoint(struct strv *args, const struct dev_image *img)
{
	push2(args, "--entrypoint", img->init ? img->init : "/bin/sh");
}

/* What follows the image. lace-init takes each entrypoint as it is, and sleeps when nothing follows "--". */
static void push_command(struct strv *args, const struct dev_image *img, json_object *merged)
{
	json_object *entrypoints = json_get(merged, "entrypoints");
	if (img->init) {
		push_each(args, "--entrypoint", entrypoints);
		strv_push(args, "--");
	} else {
		strv_push(args, "-c");
		strv_take(args, dev_entrypoint_script(entrypoints));
		strv_push(args, "-");
	}
	if (!json_flag(merged, "overrideCommand", true)) {
		json_object *config = json_get(img->inspect, "Config");
		push_each(args, NULL, json_get(config, "Entrypoint"));
		push_each(args, NULL, json_get(config, "Cmd"));
	}
}

static int push_metadata(struct strv *args, const struct dev_image *img, struct err *err)
{
	cleanup_str struct str label = STR_INIT;
	str_puts(&label, DEV_LABEL_METADATA "=");
	json_stringify(&label, img->entries);
	if (label.len > ARGUMENT_MAX)
		return err_set(err, ERR_FAILED,
		    "the metadata of image, features and devcontainer.json together takes %zu bytes; "
		    "at most %u fit into a container's label; shorten \"customizations\"", label.len, ARGUMENT_MAX);
	push2(args, "-l", label.s);
	return 0;
}

int dev_container_args(const struct dev_config *c, const struct dev_image *img, json_object *merged,
    const struct dev_publish *publish, size_t n_publish, bool gpu, struct strv *ret, struct err *err)
{
	push_ports(ret, c->conf, publish, n_publish);
	if (c->workspace_mount && *c->workspace_mount)
		push2(ret, "--mount", c->workspace_mount);
	if (c->worktree_mount)
		push2(ret, "--mount", c->worktree_mount);
	json_object *mounts = json_get(merged, "mounts");
	for (size_t i = 0; i < length(mounts); i++)
		push_mount(ret, json_object_array_get_idx(mounts, i));
	for (size_t i = 0; c->extra.mounts && i < c->extra.mounts->n; i++)
		push2(ret, "--mount", c->extra.mounts->v[i]);

	cleanup_strv struct strv labels = STRV_INIT;
	dev_id_labels(c, &labels);
	for (size_t i = 0; i < labels.n; i++)
		push2(ret, "-l", labels.v[i]);
	cleanup_free char *project = dev_project_name(c->workspace);
	strv_push(ret, "--label");
	strv_pushf(ret, "lace.project=%s", project);

	push_environment(ret, json_get(merged, "containerEnv"));
	const char *user = json_str(merged, "containerUser");
	if (user && *user)
		push2(ret, "-u", user);
	push_each(ret, NULL, json_get(c->conf, "runArgs"));
	if (gpu)
		push2(ret, "--gpus", "all");
	push_privileges(ret, merged, img->init != NULL);
	push_entrypoint(ret, img);
	if (!img->labelled && push_metadata(ret, img, err) < 0)
		return -1;
	strv_push(ret, img->ref);
	push_command(ret, img, merged);
	return 0;
}

/* ---- what a container is, in one object ---- */

json_object *dev_container_merge(const struct dev_config *c, json_object *entries, struct err *err)
{
	struct dev_vars vars = { .workspace = c->workspace, .workspace_folder = c->workspace_folder, .id = c->id };
	json_object *substituted = dev_substitute(entries, &vars, err);
	if (substituted == NULL)
		return NULL;
	json_object *merged = dev_metadata_merge(substituted, c->conf);
	json_object_put(substituted);
	return merged;
}

json_object *dev_container_merged(const struct dev_config *c, json_object *inspect, bool live, struct err *err)
{
	json_object *labels = json_get(json_get(inspect, "Config"), "Labels");
	json_object *entries = dev_metadata_parse(json_str(labels, DEV_LABEL_METADATA));
	json_object *entry = NULL;
	if (live)
		entry = dev_container_has_ids(c, labels) ? dev_metadata_live_entry(c->raw) : dev_metadata_from_config(c->raw);
	if (entry)
		json_object_array_add(entries, entry);
	json_object *merged = dev_container_merge(c, entries, err);
	json_object_put(entries);
	return merged;
}
