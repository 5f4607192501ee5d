/* `features package` and `features publish`, and the same of templates: folders
 * become archives with a manifest, under the tags that their version asks for,
 * and an index of all of them beside them (reference/devcontainer.md 2.3). */
#include "cmd/devcontainer.h"

#include "cmd/print.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/tar.h"
#include "registry/manifest.h"
#include "registry/tags.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDERS_MAX 4096
#define METADATA_TITLE "devcontainer-collection.json"

struct kind {
	const char *name;            /* "feature" */
	const char *plural;
	const char *file;            /* what describes one */
	const char *needs;           /* a file that it has to have, or NULL */
};
static const struct kind feature_kind = { "feature", "features", "devcontainer-feature.json", "install.sh" };
static const struct kind template_kind = { "template", "templates", "devcontainer-template.json", NULL };

struct item { char *dir; json_object *json; };
struct collection {
	const struct kind *kind;
	struct item *v;
	size_t n;
};

static void collection_fini(struct collection *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].dir);
		json_object_put(c->v[i].json);
	}
	free(c->v);
}

static int add(struct collection *c, const char *dir, struct err *err)
{
	cleanup_free char *file = fs_join(dir, c->kind->file), *real = fs_realpath(dir, err);
	json_object *json = real ? jsonc_read_file(file, NULL, err) : NULL;
	if (json == NULL)
		return -1;
	c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = (struct item){ .dir = xstrdup(real), .json = json };
	const char *id = json_str(json, "id"), *version = json_str(json, "version");
	if (id == NULL || version == NULL || json_str(json, "name") == NULL)
		return err_set(err, ERR_FAILED, "%s: \"id\", \"version\" and \"name\" are needed to publish a %s", file, c->kind->name);
	if (!tags_is_version(version))
		return err_set(err, ERR_FAILED, "%s: \"version\" is \"%s\": expected a semantic version, such as 1.0.0", file, version);
	if (!str_eq(fs_basename(real), id) && !str_eq(fs_basename(real), "."))
		return err_set(err, ERR_FAILED, "%s: \"id\" is \"%s\": it has to be the folder's name", file, id);
	cleanup_free char *needed = c->kind->needs ? fs_join(dir, c->kind->needs) : NULL;
	if (needed && !fs_exists(needed))
		return err_set(err, ERR_FAILED, "%s is missing", needed);
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* target is one of them, or the folder that holds them. */
static int collect(struct collection *c, const char *target, struct err *err)
{
	cleanup_free char *own = fs_join(target, c->kind->file), *src = fs_join(target, "src");
	if (fs_exists(own))
		return add(c, target, err);
	const char *folder = fs_is_dir(src) ? src : target;
	struct dirent **entries;
	int n = scandir(folder, &entries, visible, by_name), code = 0;
	if (n < 0)
		return err_sys(err, "cannot read %s", folder);
	for (int i = 0; i < n; i++) {
		cleanup_free char *dir = fs_join(folder, entries[i]->d_name), *file = fs_join(dir, c->kind->file);
		if (code == 0 && fs_exists(file))
			code = c->n < FOLDERS_MAX ? add(c, dir, err) : err_set(err, ERR_FAILED, "more than %d %s", FOLDERS_MAX,
			    c->kind->plural);
		free(entries[i]);
	}
	free(entries);
	if (code == 0 && c->n == 0)
		return err_set(err, ERR_NOT_FOUND, "%s: no %s here (no folder with %s)", target, c->kind->name, c->kind->file);
	return code;
}

static json_object *index_of(const struct collection *c)
{
	json_object *o = json_object_new_object(), *source = json_object_new_object(), *list = json_object_new_array();
	json_object_object_add(source, "source", json_object_new_string("devcontainer-cli"));
	json_object_object_add(o, "sourceInformation", source);
	for (size_t i = 0; i < c->n; i++)
		json_object_array_add(list, json_object_get(c->v[i].json));
	json_object_object_add(o, c->kind->plural, list);
	return o;
}

static char *archive_name(const struct kind *kind, const char *id)
{
	return xasprintf("devcontainer-%s-%s.tgz", kind->name, id);
}

/* Despite its name no gzip: a plain archive, as the reference publishes it. */
static int archive(const struct item *item, struct str *ret, struct err *err)
{
	if (tar_add_tree(ret, ".", item->dir, err) != 0)
		return err_wrap(err, "%s", item->dir);
	tar_finish(ret);
	return 0;
}

/* ---- package ---- */

static int package(const struct face_args *args, const struct kind *kind, struct err *err)
{
	struct collection c = { .kind = kind };
	const char *out = face_value(args, "output-folder");
	int code = collect(&c, args->operands.n ? args->operands.v[0] : ".", err);
	if (code == 0 && fs_exists(out) && !face_flag(args, "force-clean-output-folder"))
		code = err_set(err, ERR_FAILED, "%s exists already; remove it, or use --force-clean-output-folder", out);
	if (code == 0 && fs_exists(out))
		code = fs_remove_tree(out, err);
	if (code == 0)
		code = fs_mkdir_p(out, 0777, err);
	for (size_t i = 0; i < c.n && code == 0; i++) {
		cleanup_str struct str tar = STR_INIT;
		cleanup_free char *name = archive_name(kind, json_str(c.v[i].json, "id")), *path = fs_join(out, name);
		progress_step("Packaging %s", json_str(c.v[i].json, "id"));
		code = archive(&c.v[i], &tar, err);
		if (code == 0)
			code = fs_write_atomic(path, tar.s, tar.len, 0644, err);
	}
	if (code == 0) {
		cleanup_str struct str text = STR_INIT;
		cleanup_free char *path = fs_join(out, METADATA_TITLE);
		json_object *o = index_of(&c);
		json_pretty(&text, o);
		json_object_put(o);
		code = fs_write_atomic(path, text.s, text.len, 0644, err);
	}
	collection_fini(&c);
	return code;
}

int face_features_package(struct face_args *args, struct err *err)
{
	return package(args, &feature_kind, err);
}

/* ---- publish ---- */

struct publishing {
	struct registry *registry;
	const char *host, *namespace;
	const struct kind *kind;
	json_object *result;
};

static int reference(const struct publishing *p, const char *id, struct registry_ref *ret, struct err *err)
{
	cleanup_free char *text = xasprintf("%s/%s%s%s", p->host, p->namespace, id ? "/" : "", id ? id : "");
	return registry_ref_parse(text, ret, err);
}

static json_object *annotations(const struct publishing *p, json_object *metadata)
{
	json_object *o = json_object_new_object();
	cleanup_str struct str text = STR_INIT;
	json_stringify(&text, metadata);
	json_object_object_add(o, MANIFEST_METADATA, json_object_new_string(text.s));
	if (str_eq(p->host, "ghcr.io")) {
		cleanup_free char *type = xasprintf("devcontainer_%s", p->kind->name);
		json_object_object_add(o, "com.github.package.type", json_object_new_string(type));
	}
	return o;
}

/* Under one id: its own, or one that it had before. *ret_tags stays empty when the version is there already. */
static int push(const struct publishing *p, const char *id, json_object *metadata, const struct str *layer,
    struct strv *ret_tags, char **ret_digest, struct err *err)
{
	cleanup_registry_ref struct registry_ref ref = REGISTRY_REF_INIT;
	cleanup_strv struct strv existing = STRV_INIT;
	if (reference(p, id, &ref, err) != 0)
		return -1;
	if (registry_tags(p->registry, &ref, &existing, err) != 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		err_fini(err);
	}
	tags_to_publish(json_str(metadata, "version"), &existing, ret_tags);
	if (ret_tags->n == 0) {
		log_warn("%s %s is published already", id, json_str(metadata, "version"));
		return 0;
	}
	cleanup_free char *title = archive_name(p->kind, id);
	json_object *notes = annotations(p, metadata);
	struct registry_push what = { .layer_type = MANIFEST_LAYER_TYPE, .title = title, .layer = layer, .annotations = notes };
	progress_step("Publishing %s %s", id, json_str(metadata, "version"));
	int code = registry_push(p->registry, &ref, &what, ret_tags, ret_digest, err);
	json_object_put(notes);
	return code;
}

static json_object *strings(const struct strv *v)
{
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < v->n; i++)
		json_object_array_add(list, json_object_new_string(v->v[i]));
	return list;
}

/* Under the names that it had: people who write those get what it is now. */
static int push_legacy(const struct publishing *p, json_object *metadata, const struct str *layer, struct strv *ret,
    struct err *err)
{
	json_object *ids = json_get(metadata, "legacyIds");
	size_t n = json_object_is_type(ids, json_type_array) ? json_object_array_length(ids) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *id = json_object_get_string(json_object_array_get_idx(ids, i));
		cleanup_strv struct strv tags = STRV_INIT;
		cleanup_free char *digest = NULL;
		if (id == NULL)
			continue;
		json_object *old = json_copy(metadata);
		json_object_object_add(old, "currentId", json_object_new_string(json_str(metadata, "id")));
		json_object_object_add(old, "id", json_object_new_string(id));
		int code = push(p, id, old, layer, &tags, &digest, err);
		json_object_put(old);
		if (code != 0)
			return -1;
		if (tags.n)
			strv_push(ret, id);
	}
	return 0;
}

static int publish_one(const struct publishing *p, const struct item *item, struct err *err)
{
	cleanup_str struct str layer = STR_INIT;
	cleanup_strv struct strv tags = STRV_INIT, legacy = STRV_INIT;
	cleanup_free char *digest = NULL;
	const char *id = json_str(item->json, "id");
	if (archive(item, &layer, err) != 0 || push(p, id, item->json, &layer, &tags, &digest, err) != 0 ||
	    push_legacy(p, item->json, &layer, &legacy, err) != 0)
		return -1;
	json_object *o = json_object_new_object();
	if (tags.n) {
		json_object_object_add(o, "publishedTags", strings(&tags));
		json_object_object_add(o, "digest", json_object_new_string(digest));
		json_object_object_add(o, "version", json_object_new_string(json_str(item->json, "version")));
	}
	if (legacy.n)
		json_object_object_add(o, "publishedLegacyIds", strings(&legacy));
	json_object_object_add(p->result, id, o);
	return 0;
}

static int publish_index(const struct publishing *p, const struct collection *c, struct err *err)
{
	cleanup_registry_ref struct registry_ref ref = REGISTRY_REF_INIT;
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv tags = STRV_INIT;
	cleanup_free char *digest = NULL;
	if (reference(p, NULL, &ref, err) != 0)
		return -1;
	json_object *o = index_of(c);
	json_pretty(&text, o);
	json_object_put(o);
	strv_push(&tags, "latest");
	struct registry_push what = { .layer_type = MANIFEST_COLLECTION_TYPE, .title = METADATA_TITLE, .layer = &text };
	return registry_push(p->registry, &ref, &what, &tags, &digest, err);
}

static int publish(const struct face_args *args, const struct kind *kind, struct err *err)
{
	struct collection c = { .kind = kind };
	struct publishing p = { .registry = registry_open(), .host = face_value(args, "registry"),
		.namespace = face_value(args, "namespace"), .kind = kind, .result = json_object_new_object() };
	int code = registry_path_valid(p.namespace) ? 0 : err_set(err, ERR_FAILED,
	    "--namespace %s: expected lower case words, such as owner/repository", p.namespace);
	if (code == 0)
		code = collect(&c, args->operands.n ? args->operands.v[0] : ".", err);
	for (size_t i = 0; i < c.n && code == 0; i++)
		code = publish_one(&p, &c.v[i], err);
	if (code == 0)
		code = publish_index(&p, &c, err);
	if (code == 0)
		print_json_line(json_object_get(p.result));
	json_object_put(p.result);
	registry_close(p.registry);
	collection_fini(&c);
	return code;
}

int face_features_publish(struct face_args *args, struct err *err)
{
	return publish(args, &feature_kind, err);
}

int face_templates_publish(struct face_args *args, struct err *err)
{
	return publish(args, &template_kind, err);
}
