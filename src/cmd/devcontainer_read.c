/* `devcontainer read-configuration`: what the files say, substituted; with the
 * image's and the features' metadata merged in where that is asked for. The
 * engine is asked only for what cannot be known without it. */
#include "cmd/devcontainer.h"

#include "cmd/print.h"

#include "base/mem.h"
#include "dev/container.h"
#include "dev/feature.h"
#include "dev/install.h"
#include "dev/metadata.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/xdg.h"

#include <string.h>

static json_object *text(const char *s)
{
	return json_object_new_string(s);
}

static json_object *workspace(const struct dev_config *c)
{
	json_object *o = json_object_new_object();
	json_object_object_add(o, "workspaceFolder", text(c->workspace_folder));
	if (c->workspace_mount)
		json_object_object_add(o, "workspaceMount", text(c->workspace_mount));
	else if (json_object_object_get_ex(c->conf, "workspaceMount", NULL))
		json_object_object_add(o, "workspaceMount", text(""));
	if (c->worktree_mount)
		json_object_object_add(o, "additionalMountString", text(c->worktree_mount));
	return o;
}

/* ---- features ---- */

static json_object *feature_set(const struct dev_feature *f, size_t i)
{
	json_object *source = json_object_new_object(), *feature = json_copy(f->json), *set = json_object_new_object();
	json_object *list = json_object_new_array();
	cleanup_free char *id = xasprintf("%s_%zu", f->id, i);
	json_object_object_add(source, "type", text("file-path"));
	json_object_object_add(source, "resolvedFilePath", text(f->dir));
	json_object_object_add(source, "userFeatureId", text(f->ref));
	json_object_object_add(feature, "value", json_copy(f->written));
	json_object_object_add(feature, "included", json_object_new_boolean(true));
	json_object_object_add(feature, "cachePath", text(f->dir));
	json_object_object_add(feature, "consecutiveId", text(id));
	json_object_array_add(list, feature);
	json_object_object_add(set, "sourceInformation", source);
	json_object_object_add(set, "features", list);
	json_object_object_add(set, "internalVersion", text("2"));
	return set;
}

static json_object *features_configuration(const struct dev_features *f)
{
	json_object *o = json_object_new_object(), *sets = json_object_new_array();
	cleanup_free char *folder = xdg_cache(NULL);
	for (size_t i = 0; i < f->n; i++)
		json_object_array_add(sets, feature_set(&f->v[i], i));
	json_object_object_add(o, "featureSets", sets);
	json_object_object_add(o, "dstFolder", text(folder));
	return o;
}

/* ---- merging ---- */

static json_object *merged_without_container(struct face_use *use, const struct dev_features *features, struct err *err)
{
	json_object *entries = dev_image_base_entries(use->engine, use->config, err);
	if (entries == NULL)
		return NULL;
	dev_feature_entries(features, features->n, entries);
	json_object *own = dev_metadata_from_config(use->config->raw);
	if (own)
		json_object_array_add(entries, own);
	json_object *merged = dev_container_merge(use->config, entries, err);
	json_object_put(entries);
	return merged;
}

/* value with ${containerEnv:...} filled in where there is a container. New object or NULL. */
static json_object *of_container(const struct face_use *use, json_object *value, struct err *err)
{
	cleanup_strv struct strv container_env = STRV_INIT;
	json_object *env = json_get(json_get(use->inspect, "Config"), "Env");
	for (size_t i = 0; env && i < json_object_array_length(env); i++)
		strv_push(&container_env, json_object_get_string(json_object_array_get_idx(env, i)));
	struct dev_vars vars = { .container_env = use->inspect ? &container_env : NULL, .container_only = true };
	return dev_substitute(value, &vars, err);
}

static json_object *merged_configuration(struct face_use *use, const struct dev_features *features, struct err *err)
{
	json_object *merged = use->inspect ? dev_container_merged(use->config, use->inspect, true, err) :
	    merged_without_container(use, features, err);
	json_object *ret = merged ? of_container(use, merged, err) : NULL;
	json_object_put(merged);
	return ret;
}

static int print(struct face_use *use, const struct face_args *args, struct err *err)
{
	struct dev_config *c = use->config;
	bool merged = face_flag(args, "include-merged-configuration");
	bool resolved = face_flag(args, "include-features-configuration") || (merged && !use->inspect);
	struct dev_features features = { 0 };
	struct dev_feature_options options = { .additional = use->features, .lock = DEV_LOCK_READ, .metadata_only = true };
	json_object *merged_conf = NULL;
	int code = 0;
	if (resolved)
		code = dev_features_resolve(c, &options, &features, err);
	json_object *conf = code == 0 ? of_container(use, c->conf, err) : NULL;
	if (code == 0 && merged)
		merged_conf = merged_configuration(use, &features, err);
	if (conf == NULL || (merged && merged_conf == NULL))
		code = -1;
	if (code == 0) {
		json_object *o = json_object_new_object();
		json_object_object_add(o, "configuration", face_configuration(args, c, conf));
		if (c->workspace)
			json_object_object_add(o, "workspace", workspace(c));
		if (features.n)
			json_object_object_add(o, "featuresConfiguration", features_configuration(&features));
		if (merged)
			json_object_object_add(o, "mergedConfiguration", face_merged(args, c, merged_conf));
		print_json_line(o);
	}
	json_object_put(conf);
	json_object_put(merged_conf);
	dev_features_fini(&features);
	return code;
}

static bool names_its_container(const struct dev_config *c)
{
	cleanup_str struct str s = STR_INIT;
	json_stringify(&s, c->raw);
	return strstr(s.s, "${devcontainerId") || strstr(s.s, "${containerEnv:");
}

int face_read_configuration(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	int code = face_use_init(&use, args, err);
	bool asked = code == 0 && (face_given(args, "container-id") || face_flag(args, "include-merged-configuration") ||
	    names_its_container(use.config));
	if (asked)
		code = face_use_container(&use, args, err);
	if (code == 0 && asked && use.inspect == NULL)
		code = face_use_without_id(&use, args, err);
	if (code == 0)
		code = print(&use, args, err);
	face_use_fini(&use);
	return code;
}
