/* From the flags that most commands have to an engine, a configuration and a
 * container; and the shape of what they print. */
#include "cmd/devcontainer.h"

#include "cmd/print.h"

#include "base/mem.h"
#include "dev/container.h"
#include "host/jsonc.h"

#include <string.h>

static const char *value_or_null(const struct face_args *args, const char *name)
{
	return face_has(args, name) ? face_value(args, name) : NULL;
}

static const struct strv *values_or_null(const struct face_args *args, const char *name)
{
	return face_has(args, name) ? face_values(args, name) : NULL;
}

static bool is(const struct face_args *args, const char *name, const char *value)
{
	const char *said = value_or_null(args, name);
	return said && str_eq(said, value);
}

/* ---- what the command line adds to a configuration ---- */

/* Features as a word of the command line. */
static int parse_features(const char *text, json_object **ret, struct err *err)
{
	if (text == NULL)
		return 0;
	*ret = jsonc_parse(text, strlen(text), "--additional-features", NULL, err);
	if (*ret == NULL)
		return -1;
	if (!json_object_is_type(*ret, json_type_object))
		return err_set(err, ERR_USAGE, "--additional-features: expected an object, such as {\"ref\": {}}");
	return 0;
}

/* What devcontainer.json names too counts as it is written there. */
static void drop_doubles(struct face_use *use)
{
	json_object *own = json_get(use->config->conf, "features");
	if (use->features == NULL || !json_object_is_type(own, json_type_object))
		return;
	json_object_object_foreach(own, ref, value) {
		(void)value;
		json_object_object_del(use->features, ref);
	}
}

static void take_environment(struct face_use *use, const struct face_args *args)
{
	const char *columns = value_or_null(args, "terminal-columns"), *rows = value_or_null(args, "terminal-rows");
	if (columns)
		strv_pushf(&use->environment, "COLUMNS=%s", columns);
	if (rows)
		strv_pushf(&use->environment, "LINES=%s", rows);
	const struct strv *said = values_or_null(args, "remote-env");
	for (size_t i = 0; said && i < said->n; i++)
		strv_push(&use->environment, said->v[i]);
}

static struct dev_extra extra_of(const struct face_use *use, const struct face_args *args)
{
	return (struct dev_extra){
		.id_labels = values_or_null(args, "id-label"), .features = use->features,
		.mounts = values_or_null(args, "mount"), .environment = &use->environment,
		.probe = value_or_null(args, "default-user-env-probe"),
		.data_folder = value_or_null(args, "container-data-folder"),
		.system_folder = value_or_null(args, "container-system-data-folder"),
		.gpu = is(args, "gpu-availability", "all") ? DEV_GPU_ALL :
		    is(args, "gpu-availability", "none") ? DEV_GPU_NONE : DEV_GPU_DETECT,
		.uid = is(args, "update-remote-user-uid-default", "never") ? DEV_UID_NEVER :
		    is(args, "update-remote-user-uid-default", "off") ? DEV_UID_OFF : DEV_UID_ON,
	};
}

/* Which folder: the one that is named; the current one when nothing else says which container is meant. */
static const char *folder_of(const struct face_args *args)
{
	const char *folder = value_or_null(args, "workspace-folder");
	if (folder == NULL && args->operands.n && !args->command->takes_command)
		folder = args->operands.v[0];
	if (folder)
		return folder;
	const struct strv *labels = values_or_null(args, "id-label");
	bool by_label = labels && labels->n, by_id = value_or_null(args, "container-id") != NULL;
	return by_label || by_id ? NULL : ".";
}

static int load(struct face_use *use, const struct face_args *args, bool no_id, struct err *err)
{
	const char *git = value_or_null(args, "mount-workspace-git-root");
	struct dev_config_options opts = { .config = value_or_null(args, "config"),
		.override = value_or_null(args, "override-config"), .no_git_root = git && str_eq(git, "false"),
		.worktree = is(args, "mount-git-worktree-common-dir", "true"),
		.any_name = str_eq(args->command->name, "set-up"), .no_id = no_id, .extra = extra_of(use, args) };
	dev_config_free(use->config);
	use->config = dev_config_load(folder_of(args), &opts, err);
	return use->config ? 0 : -1;
}

int face_use_init(struct face_use *use, struct face_args *args, struct err *err)
{
	*use = (struct face_use){ .environment = STRV_INIT };
	take_environment(use, args);
	if (parse_features(value_or_null(args, "additional-features"), &use->features, err) != 0 ||
	    load(use, args, false, err) != 0) {
		args->described = true;
		return -1;
	}
	drop_doubles(use);
	use->engine = engine_open(value_or_null(args, "docker-path"), err);
	return use->engine ? 0 : -1;
}

/* Without a folder, the labels say what ${devcontainerId} is: those that were asked for, else the container's own. */
static void learn_id(struct face_use *use)
{
	static const char *const own[] = { "devcontainer.local_folder", "devcontainer.config_file" };
	cleanup_strv struct strv labels = STRV_INIT;
	dev_id_labels(use->config, &labels);
	json_object *set = json_get(json_get(use->inspect, "Config"), "Labels");
	for (size_t i = 0; i < ARRAY_LEN(own) && !use->config->extra.id_labels->n; i++)
		if (json_str(set, own[i]))
			strv_pushf(&labels, "%s=%s", own[i], json_str(set, own[i]));
	if (use->config->id == NULL && labels.n)
		use->config->id = dev_container_id(&labels);
}

int face_use_container(struct face_use *use, const struct face_args *args, struct err *err)
{
	const char *id = value_or_null(args, "container-id");
	json_object *found = id ? NULL : dev_container_find(use->engine, use->config, err);
	if (id || found)
		use->inspect = engine_inspect(use->engine, id ? id : json_str(found, "Id"), err);
	json_object_put(found);
	if (use->inspect && use->config->workspace == NULL && use->config->extra.id_labels)
		learn_id(use);
	return err_is(err) ? -1 : 0;
}

int face_use_without_id(struct face_use *use, const struct face_args *args, struct err *err)
{
	return load(use, args, true, err);
}

void face_use_fini(struct face_use *use)
{
	json_object_put(use->inspect);
	engine_close(use->engine);
	dev_config_free(use->config);
	json_object_put(use->features);
	strv_fini(&use->environment);
}

enum dev_lock face_lock(const struct face_args *args)
{
	return face_flag(args, "no-lockfile") ? DEV_LOCK_NONE : face_flag(args, "frozen-lockfile") ? DEV_LOCK_FROZEN :
	    DEV_LOCK_WRITE;
}

/* ---- what is printed ---- */

/* The file's name as the reference's editor knows files. */
static json_object *file_path(const struct face_args *args, const struct dev_config *c)
{
	bool own = value_or_null(args, "config") != NULL;
	json_object *o = json_object_new_object();
	json_object_object_add(o, "$mid", json_object_new_int(1));
	json_object_object_add(o, "fsPath", json_object_new_string(c->config_path));
	json_object_object_add(o, "path", json_object_new_string(c->config_path));
	json_object_object_add(o, "scheme", json_object_new_string(own ? "file" : "vscode-fileHost"));
	return o;
}

json_object *face_configuration(const struct face_args *args, const struct dev_config *c, json_object *conf)
{
	json_object *ret = json_copy(conf);
	if (c->config_path)
		json_object_object_add(ret, "configFilePath", file_path(args, c));
	return ret;
}

/* Does it stand where the file has it? These two are made anew. */
static bool is_of_the_file(const struct dev_config *c, const char *key)
{
	return json_object_object_get_ex(c->conf, key, NULL) && !str_eq(key, "customizations") && !str_eq(key, "shutdownAction");
}

json_object *face_merged(const struct face_args *args, const struct dev_config *c, json_object *merged)
{
	json_object *ret = json_object_new_object();
	json_object_object_foreach(merged, key, value) {
		if (is_of_the_file(c, key))
			json_object_object_add(ret, key, json_copy(value));
	}
	if (c->config_path)
		json_object_object_add(ret, "configFilePath", file_path(args, c));
	json_object_object_foreach(merged, more, made) {
		if (!is_of_the_file(c, more))
			json_object_object_add(ret, more, json_copy(made));
	}
	return ret;
}

void face_print_error(const struct face_args *args, const struct err *err, const char *description)
{
	json_object *o = json_object_new_object();
	const char *message = err->msg ? err->msg : "unknown error";
	json_object_object_add(o, "outcome", json_object_new_string("error"));
	json_object_object_add(o, "message", json_object_new_string(message));
	bool hook = str_ends(message, " failed.");     /* "postCreateCommand from devcontainer.json failed." */
	json_object_object_add(o, "description", json_object_new_string(args->described || hook ? message : description));
	if (args->container)
		json_object_object_add(o, "containerId", json_object_new_string(args->container));
	print_json_line(o);
}
