/* `devcontainer up`, `set-up` and `run-user-commands`: the life cycle, told by
 * up.c and the hooks of src/dev, with the reference CLI's questions (none) and
 * its results. */
#include "cmd/devcontainer.h"

#include "cmd/print.h"
#include "cmd/up.h"

#include "base/mem.h"
#include "dev/container.h"
#include "dev/compose.h"
#include "dev/metadata.h"
#include "dev/personal.h"
#include "host/dotlace.h"
#include "host/jsonc.h"

/* What a person adds, for as long as the hooks run. */
struct personal {
	struct strv secrets;
	struct dev_dotfiles dotfiles;
};

/* The values of --secrets-file and the dotfiles, where the command has those flags. */
static int read_personal(const struct face_args *args, struct personal *ret, struct err *err)
{
	const struct { const char *name; const char **to; } values[] = {
		{ "dotfiles-repository", &ret->dotfiles.repository }, { "dotfiles-target-path", &ret->dotfiles.target },
		{ "dotfiles-install-command", &ret->dotfiles.command },
	};
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (face_has(args, values[i].name))
			*values[i].to = face_value(args, values[i].name);
	const char *file = face_has(args, "secrets-file") ? face_value(args, "secrets-file") : NULL;
	return file ? dev_secrets_read(file, &ret->secrets, err) : 0;
}

/* Which of the flags about hooks the command has, and what they say. */
static struct dev_hook_options hook_options(const struct face_args *args, const struct personal *personal)
{
	struct dev_hook_options ret = { .secrets = &personal->secrets, .dotfiles = &personal->dotfiles };
	const struct { const char *name; bool *to; } flags[] = {
		{ "skip-post-create", &ret.skip_post_create }, { "prebuild", &ret.prebuild },
		{ "skip-non-blocking-commands", &ret.skip_non_blocking }, { "skip-post-attach", &ret.skip_post_attach },
	};
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		*flags[i].to = face_has(args, flags[i].name) && face_flag(args, flags[i].name);
	return ret;
}

static void put(json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static json_object *success(void)
{
	json_object *o = json_object_new_object();
	put(o, "outcome", "success");
	return o;
}

/* --include-configuration, --include-merged-configuration; with what only the container knows filled in. */
static int put_configurations(json_object *o, const struct face_args *args, const struct face_use *use,
    const struct dev_target *t, struct err *err)
{
	struct dev_vars vars = { .container_env = &t->container_env, .container_only = true };
	if (face_flag(args, "include-configuration")) {
		json_object *conf = dev_substitute(use->config->conf, &vars, err);
		if (conf == NULL)
			return -1;
		json_object_object_add(o, "configuration", face_configuration(args, use->config, conf));
		json_object_put(conf);
	}
	if (face_flag(args, "include-merged-configuration"))
		json_object_object_add(o, "mergedConfiguration", face_merged(args, use->config, t->merged));
	return 0;
}

/* ---- up ---- */

/* A container that was there already was not looked into when nothing was to do. */
static int look_into(struct up *u, struct err *err)
{
	if (u->has_target)
		return 0;
	if (dev_target_init(&u->target, u->engine, u->inspect, u->config, u->merged, err) != 0)
		return -1;
	u->has_target = true;
	return 0;
}

static int print_up(const struct face_args *args, const struct face_use *use, struct up *u, struct err *err)
{
	bool asked = face_flag(args, "include-configuration") || face_flag(args, "include-merged-configuration");
	if (asked && look_into(u, err) != 0)
		return -1;
	json_object *o = success();
	cleanup_free char *user = up_remote_user(u);
	put(o, "containerId", u->id);
	const char *compose = json_str(json_get(json_get(u->inspect, "Config"), "Labels"), COMPOSE_LABEL_PROJECT);
	if (compose)
		put(o, "composeProjectName", compose);
	put(o, "remoteUser", user);
	put(o, "remoteWorkspaceFolder", use->config->workspace_folder);
	int code = asked ? put_configurations(o, args, use, &u->target, err) : 0;
	if (code == 0)
		print_json_line(o);
	else
		json_object_put(o);
	return code;
}

int face_up(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	struct personal personal = { .secrets = STRV_INIT };
	struct up u = { .opts = { .plain = true, .unasked = true, .no_cache = face_flag(args, "build-no-cache"),
		.recreate = face_flag(args, "remove-existing-container"),
		.existing = face_flag(args, "expect-existing-container"), .lock = face_lock(args),
		.compose = face_value(args, "docker-compose-path"), .hooks = hook_options(args, &personal) } };
	int code = read_personal(args, &personal, err);
	if (code == 0)
		code = face_use_init(&use, args, err);
	if (code == 0 && use.config->workspace == NULL)
		code = err_set(err, ERR_USAGE, "Missing required argument: workspace-folder");
	if (code == 0) {
		dotlace_log_open(use.config->workspace, "up");
		u.engine = use.engine;
		u.config = use.config;
		code = up_run(&u, err);
		args->described = u.id == NULL && (err->code == ERR_NOT_FOUND || use.config->kind == DEV_KIND_NONE);
		if (code == 0)
			code = print_up(args, &use, &u, err);
		args->container = u.id ? xstrdup(u.id) : NULL;
		u.engine = NULL;        /* use's */
		u.config = NULL;
		up_fini(&u);
	}
	face_use_fini(&use);
	strv_fini(&personal.secrets);
	return code;
}

void face_up_failed(const struct face_args *args, const struct err *err)
{
	face_print_error(args, err, "An error occurred setting up the container.");
}

/* ---- hooks in a container that is there ---- */

/* Whatever made the container: the configuration is added to what its label says. */
static json_object *merged_as_stranger(const struct face_use *use, struct err *err)
{
	json_object *labels = json_get(json_get(use->inspect, "Config"), "Labels");
	json_object *entries = dev_metadata_parse(json_str(labels, DEV_LABEL_METADATA));
	json_object *own = dev_metadata_from_config(use->config->raw);
	if (own)
		json_object_array_add(entries, own);
	json_object *merged = dev_container_merge(use->config, entries, err);
	json_object_put(entries);
	return merged;
}

static int with_target(struct face_args *args, struct face_use *use, struct dev_target *ret, struct err *err)
{
	if (face_use_init(use, args, err) != 0 || face_use_container(use, args, err) != 0)
		return -1;
	if (use->inspect == NULL)
		return err_set(err, ERR_NOT_FOUND, "Dev container not found.");
	args->container = xstrdup(json_str(use->inspect, "Id"));
	json_object *merged = str_eq(args->command->name, "set-up") ? merged_as_stranger(use, err) :
	    dev_container_merged(use->config, use->inspect, true, err);
	int code = merged ? dev_target_init(ret, use->engine, use->inspect, use->config, merged, err) : -1;
	json_object_put(merged);
	return code;
}

/* How far the hooks were to go, in the reference's words. */
static const char *how_far(const struct dev_hook_options *o)
{
	return o->prebuild ? "prebuild" : o->skip_non_blocking ? "skipNonBlocking" : "done";
}

int face_run_user_commands(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	struct dev_target target = { 0 };
	struct personal personal = { .secrets = STRV_INIT };
	struct dev_hook_options hooks = hook_options(args, &personal);
	int code = read_personal(args, &personal, err);
	if (code == 0)
		code = with_target(args, &use, &target, err);
	if (code == 0)
		code = dev_run_hooks(&target, &hooks, err);
	if (code == 0) {
		json_object *o = success();
		put(o, "result", how_far(&hooks));
		print_json_line(o);
	}
	dev_target_fini(&target);
	face_use_fini(&use);
	strv_fini(&personal.secrets);
	return code;
}

int face_set_up(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	struct dev_target target = { 0 };
	struct personal personal = { .secrets = STRV_INIT };
	struct dev_hook_options hooks = hook_options(args, &personal);
	int code = read_personal(args, &personal, err);
	if (code == 0)
		code = with_target(args, &use, &target, err);
	if (code == 0)
		code = dev_run_hooks(&target, &hooks, err);
	if (code == 0) {
		json_object *o = success();
		code = put_configurations(o, args, &use, &target, err);
		if (code == 0)
			print_json_line(o);
		else
			json_object_put(o);
	}
	dev_target_fini(&target);
	face_use_fini(&use);
	strv_fini(&personal.secrets);
	return code;
}

void face_hooks_failed(const struct face_args *args, const struct err *err)
{
	face_print_error(args, err, "An error occurred running user commands in the container.");
}
