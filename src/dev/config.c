/* From a folder to a configuration that can be acted on.
 *
 * Found (find.c); the id follows from the paths alone. Read with positions,
 * checked (check.c), old spellings moved to their new places. Then the container's
 * folder is worked out, because other values may name it, and the rest is
 * substituted. ${containerEnv:...} waits for the container. */
#include "dev/config.h"

#include "base/mem.h"
#include "dev/check.h"
#include "dev/find.h"
#include "dev/vars.h"
#include "dev/workspace.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <stdlib.h>

/* The object at key, made when it is absent; NULL when something else is there. */
static json_object *object_at(json_object *parent, const char *key)
{
	json_object *o = json_get(parent, key);
	if (!o) {
		o = json_object_new_object();
		json_object_object_add(parent, key, o);
	}
	return json_object_is_type(o, json_type_object) ? o : NULL;
}

/* Takes key out of conf; the reference is the caller's. NULL when absent or null. */
static json_object *take(json_object *conf, const char *key)
{
	json_object *value = json_object_get(json_get(conf, key));
	json_object_object_del(conf, key);
	return value;
}

static void move_extensions(json_object *vscode, json_object *old)
{
	json_object *list = json_object_new_array(), *now = json_get(vscode, "extensions");
	json_object *const parts[] = { now, old };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (json_object_is_type(parts[i], json_type_array))
			for (size_t k = 0; k < json_object_array_length(parts[i]); k++)
				json_object_array_add(list, json_object_get(json_object_array_get_idx(parts[i], k)));
	json_object_object_add(vscode, "extensions", list);
}

/* extensions, settings and devPort stood at the top before `customizations` existed. What already is in
 * customizations.vscode wins. The order is the reference's too: it shows in the label. */
static void move_legacy(json_object *conf, const char *file)
{
	if (!json_get(conf, "extensions") && !json_get(conf, "settings") && !json_get(conf, "devPort"))
		return;
	json_object *vscode = object_at(object_at(conf, "customizations"), "vscode");
	json_object *extensions = take(conf, "extensions"), *settings = take(conf, "settings");
	json_object *port = take(conf, "devPort");
	if (!vscode)
		log_warn("%s: \"customizations.vscode\" is not an object: extensions, settings and devPort are left out",
		    file);
	if (vscode && extensions)
		move_extensions(vscode, extensions);
	json_object *target = vscode && settings ? object_at(vscode, "settings") : NULL;
	if (target) {
		json_object_object_foreach(settings, key, value) {
			if (!json_object_object_get_ex(target, key, NULL))
				json_object_object_add(target, key, json_object_get(value));
		}
	}
	if (vscode && port)
		json_object_object_add(vscode, "devPort", json_object_get(port));
	json_object_put(extensions);
	json_object_put(settings);
	json_object_put(port);
}

static int read_raw(struct dev_config *c, const char *path, struct err *err)
{
	cleanup_strv struct strv warnings = STRV_INIT;
	c->raw = jsonc_read_file(path, &warnings, err);
	for (size_t i = 0; i < warnings.n; i++)
		log_warn("%s", warnings.v[i]);
	if (err_is(err) || dev_config_check(c->raw, path, err) < 0)
		return -1;
	move_legacy(c->raw, path);
	c->kind = dev_config_kind(c->raw);
	return 0;
}

/* raw -> conf, workspace_folder, workspace_mount. Needs the id. */
static int resolve(struct dev_config *c, const struct dev_config_options *opts, struct err *err)
{
	cleanup_free char *mount = NULL, *folder = NULL, *common = NULL;
	if (c->kind == DEV_KIND_COMPOSE)
		folder = xstrdup("/");      /* the compose file mounts what it wants where it wants */
	else if (!opts->worktree || opts->no_git_root || !dev_workspace_worktree(c->workspace, &mount, &folder, &common))
		dev_workspace_default(c->workspace, !opts->no_git_root, &mount, &folder);

	/* The folder may use variables, itself included: that one stays as it is. */
	struct dev_vars vars = { .workspace = c->workspace, .id = c->id };
	const char *own = json_str(c->raw, "workspaceFolder");
	cleanup_free char *container_folder = NULL;
	if (own) {
		vars.workspace_folder = own;
		container_folder = dev_substitute_string(own, &vars, err);
		if (!container_folder)
			return err_wrap(err, "%s", c->config_path);
	}
	vars.workspace_folder = own ? container_folder : folder;
	c->conf = dev_substitute_file(c->raw, &vars, c->config_path, err);
	if (!c->conf)
		return -1;

	own = json_str(c->conf, "workspaceFolder");
	c->workspace_folder = xstrdup(own ? own : folder);
	if (*c->workspace_folder != '/')
		return err_set(err, ERR_FAILED,
		    "%s: \"workspaceFolder\" becomes \"%s\": expected an absolute path in the container",
		    c->config_path, c->workspace_folder);
	if (c->kind == DEV_KIND_COMPOSE)
		return 0;
	/* An empty workspaceMount is an answer too: nothing is mounted. */
	if (json_object_object_get_ex(c->conf, "workspaceMount", NULL)) {
		const char *said = json_str(c->conf, "workspaceMount");
		c->workspace_mount = said && *said ? xstrdup(said) : NULL;
	} else {
		c->workspace_mount = mount;
		c->worktree_mount = common;
		mount = common = NULL;
	}
	return 0;
}

static int find_workspace(struct dev_config *c, const char *path, struct err *err)
{
	c->workspace = fs_realpath(path, err);
	if (!c->workspace) {
		err->code = ERR_NOT_FOUND;
		return -1;
	}
	if (!fs_is_dir(c->workspace))
		return err_set(err, ERR_USAGE, "%s: not a folder; give the project's folder", path);
	return 0;
}

static char *default_path(const char *workspace)
{
	return fs_join(workspace, ".devcontainer/devcontainer.json");
}

/* Where a file is read in its place, there need not be one. */
static int find_file(struct dev_config *c, const struct dev_config_options *opts, struct err *err)
{
	c->config_path = dev_find_config(c->workspace, opts, err);
	if (!c->config_path && opts->override && !opts->config && err->code == ERR_NOT_FOUND) {
		err_fini(err);
		c->config_path = default_path(c->workspace);
	}
	if (!c->config_path)
		return -1;
	c->config_dir = fs_dirname(c->config_path);
	return 0;
}

/* Only a container is known, and perhaps a file for it. */
static int load_without_folder(struct dev_config *c, const struct dev_config_options *opts, struct err *err)
{
	const char *file = opts->override ? opts->override : opts->config;
	if (file) {
		c->config_path = fs_realpath(opts->config ? opts->config : file, err);
		if (!c->config_path || read_raw(c, file, err) < 0)
			return -1;
		c->config_dir = fs_dirname(c->config_path);
	} else {
		c->raw = json_object_new_object();
	}
	const char *folder = json_str(c->raw, "workspaceFolder");
	struct dev_vars vars = { .workspace_folder = folder };
	c->conf = dev_substitute_file(c->raw, &vars, file, err);
	if (!c->conf)
		return -1;
	c->workspace_folder = folder ? xstrdup(json_str(c->conf, "workspaceFolder")) : NULL;
	return 0;
}

static int load(struct dev_config *c, const char *path, const struct dev_config_options *opts, struct err *err)
{
	c->extra = opts->extra;
	if (!path)
		return load_without_folder(c, opts, err);
	if (find_workspace(c, path, err) < 0 || find_file(c, opts, err) < 0)
		return -1;
	if (!opts->no_id) {
		cleanup_strv struct strv labels = STRV_INIT;
		dev_id_labels(c, &labels);
		c->id = dev_container_id(&labels);
	}
	if (read_raw(c, opts->override ? opts->override : c->config_path, err) < 0)
		return -1;
	return resolve(c, opts, err);
}

struct dev_config *dev_config_load(const char *path, const struct dev_config_options *opts, struct err *err)
{
	static const struct dev_config_options none;
	struct dev_config *c = xcalloc(1, sizeof(*c));
	if (load(c, path, opts ? opts : &none, err) == 0)
		return c;
	dev_config_free(c);
	return NULL;
}

void dev_config_free(struct dev_config *c)
{
	if (!c)
		return;
	free(c->workspace);
	free(c->config_path);
	free(c->config_dir);
	json_object_put(c->raw);
	json_object_put(c->conf);
	free(c->id);
	free(c->workspace_mount);
	free(c->worktree_mount);
	free(c->workspace_folder);
	free(c);
}
