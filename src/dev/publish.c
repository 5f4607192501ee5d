#include "dev/publish.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/tar.h"
#include "registry/manifest.h"
#include "registry/tags.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_DEPTH_MAX = 64 };

static const struct kind { const char *word, *file, *list; } kinds[] = {
	[DEV_COLLECTION_FEATURES] = { "feature", "devcontainer-feature.json", "features" },
	[DEV_COLLECTION_TEMPLATES] = { "template", "devcontainer-template.json", "templates" },
};

/* ---- packages ---- */

static int check(const struct kind *k, const char *dir, json_object *json, struct err *err)
{
	static const char *const needed[] = { "id", "version", "name" };
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!json_str(json, needed[i]))
			return err_set(err, ERR_FAILED, "%s/%s: \"%s\" is missing; a %s that is published needs it", dir, k->file, needed[i],
			    k->word);
	const char *id = json_str(json, "id"), *version = json_str(json, "version");
	if (!str_eq(id, fs_basename(dir)))
		return err_set(err, ERR_FAILED, "%s/%s: \"id\" is \"%s\"; it must be the folder's name", dir, k->file, id);
	if (!registry_path_valid(id) || strchr(id, '/'))
		return err_set(err, ERR_FAILED, "%s/%s: \"%s\" is no name for a registry; use small letters, digits and single '.', '_', "
		    "'-' between them", dir, k->file, id);
	if (!tags_is_version(version))
		return err_set(err, ERR_FAILED, "%s/%s: the version \"%s\" must be three numbers, as in 1.2.3", dir, k->file, version);
	return 0;
}

static int pack(struct dev_package *p, const char *dir, struct err *err)
{
	/* The reference CLI's entries begin with "./". */
	if (tar_add_tree(&p->tar, ".", dir, err) < 0)
		return -1;
	tar_finish(&p->tar);
	return 0;
}

/* ---- what packaging adds to a template's description ---- */

static int visible_too(const struct dirent *e)
{
	return !str_eq(e->d_name, ".") && !str_eq(e->d_name, "..");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder's files, then those of the folders in it. */
static int list_files(const char *dir, const char *below, unsigned depth, json_object *ret, struct err *err)
{
	struct dirent **entries;
	cleanup_free char *path = *below ? fs_join(dir, below) : xstrdup(dir);
	int code = 0, n = depth < LIST_DEPTH_MAX ? scandir(path, &entries, visible_too, by_name) : -1;
	if (n < 0)
		return err_sys(err, "cannot read %s", path);
	for (int folders = 0; folders < 2; folders++) {
		for (int i = 0; i < n && code == 0; i++) {
			cleanup_free char *name = *below ? fs_join(below, entries[i]->d_name) : xstrdup(entries[i]->d_name);
			cleanup_free char *full = fs_join(dir, name);
			if (fs_is_dir(full) != (folders == 1))
				continue;
			if (folders)
				code = list_files(dir, name, depth + 1, ret, err);
			else
				json_object_array_add(ret, json_object_new_string(name));
		}
	}
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return code;
}

static const char *type_of(json_object *conf)
{
	if (json_get(conf, "dockerFile") || json_get(json_get(conf, "build"), "dockerfile"))
		return "dockerfile";
	return json_get(conf, "image") ? "image" : "dockerCompose";
}

/* The features of registries that its configuration names, without their versions. */
static json_object *feature_ids(json_object *conf)
{
	json_object *features = json_get(conf, "features"), *list = json_object_new_array();
	if (!json_object_is_type(features, json_type_object))
		return list;
	json_object_object_foreach(features, ref, options) {
		cleanup_err struct err ignored = ERR_INIT;
		cleanup_registry_ref struct registry_ref r = REGISTRY_REF_INIT;
		(void)options;
		if (!registry_ref_is(ref) || registry_ref_parse(ref, &r, &ignored) < 0)
			continue;
		cleanup_free char *name = registry_ref_resource(&r);
		json_object_array_add(list, json_object_new_string(name));
	}
	return list;
}

static int describe_template(json_object *json, const char *dir, struct err *err)
{
	cleanup_free char *inner = fs_join(dir, ".devcontainer/devcontainer.json"), *outer = fs_join(dir, ".devcontainer.json");
	json_object *conf = jsonc_read_file(fs_exists(inner) ? inner : outer, NULL, err), *files = json_object_new_array();
	if (!conf || list_files(dir, "", 0, files, err) < 0) {
		json_object_put(conf);
		json_object_put(files);
		return err_wrap(err, "template \"%s\"", dir);
	}
	json_object_object_add(json, "type", json_object_new_string(type_of(conf)));
	json_object_object_add(json, "files", files);
	json_object_object_add(json, "fileCount", json_object_new_int64((int64_t)json_object_array_length(files)));
	json_object_object_add(json, "featureIds", feature_ids(conf));
	json_object_put(conf);
	return 0;
}

int dev_package_make(enum dev_collection kind, const char *dir, struct dev_package *ret, struct err *err)
{
	const struct kind *k = &kinds[kind];
	*ret = (struct dev_package){ .kind = kind, .tar = STR_INIT };
	cleanup_free char *real = fs_realpath(dir, err);
	if (!real)
		return err_wrap(err, "%s", k->word);
	cleanup_free char *file = fs_join(real, k->file), *install = fs_join(real, "install.sh");
	ret->json = jsonc_read_file(file, NULL, err);
	if (!ret->json)
		return err_wrap(err, "%s \"%s\"", k->word, dir);
	int code = check(k, real, ret->json, err);
	if (code == 0 && kind == DEV_COLLECTION_FEATURES && !fs_exists(install))
		code = err_set(err, ERR_FAILED, "%s: there is no install.sh; a feature needs one", real);
	if (code == 0 && kind == DEV_COLLECTION_TEMPLATES)
		code = describe_template(ret->json, real, err);
	if (code == 0)
		code = pack(ret, real, err);
	if (code < 0) {
		dev_package_fini(ret);
		return -1;
	}
	ret->id = xstrdup(json_str(ret->json, "id"));
	if (json_get(ret->json, "legacyIds"))    /* who finds it under an old name learns the present one */
		json_object_object_add(ret->json, "currentId", json_object_new_string(ret->id));
	ret->version = xstrdup(json_str(ret->json, "version"));
	return 0;
}

void dev_package_fini(struct dev_package *p)
{
	free(p->id);
	free(p->version);
	json_object_put(p->json);
	str_fini(&p->tar);
	*p = (struct dev_package){ .tar = STR_INIT };
}

char *dev_package_file(const struct dev_package *p)
{
	return xasprintf("devcontainer-%s-%s.tgz", kinds[p->kind].word, p->id);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int add_package(enum dev_collection kind, const char *dir, struct dev_packages *ret, struct err *err)
{
	if (ret->n == DEV_PACKAGES_MAX)
		return err_set(err, ERR_FAILED, "more than %u %s", DEV_PACKAGES_MAX, kinds[kind].list);
	ret->v = xreallocarray(ret->v, ret->n + 1, sizeof(*ret->v));
	if (dev_package_make(kind, dir, &ret->v[ret->n], err) < 0)
		return -1;
	ret->n++;
	return 0;
}

int dev_packages_make(enum dev_collection kind, const char *target, struct dev_packages *ret, struct err *err)
{
	const struct kind *k = &kinds[kind];
	*ret = (struct dev_packages){ NULL, 0 };
	cleanup_free char *own = fs_join(target, k->file), *src = fs_join(target, "src");
	const char *folder = fs_is_dir(src) ? src : target;
	struct dirent **entries = NULL;
	int code = 0, n = fs_exists(own) ? 0 : scandir(folder, &entries, visible, by_name);
	if (n < 0)
		return err_sys(err, "cannot read %s", folder);
	if (fs_exists(own))
		code = add_package(kind, target, ret, err);
	for (int i = 0; i < n; i++) {
		cleanup_free char *dir = fs_join(folder, entries[i]->d_name), *file = fs_join(dir, k->file);
		if (code == 0 && fs_exists(file))
			code = add_package(kind, dir, ret, err);
		free(entries[i]);
	}
	free(entries);
	if (code == 0 && ret->n == 0)
		code = err_set(err, ERR_NOT_FOUND, "%s: no %s here (no folder with %s)", target, k->word, k->file);
	if (code < 0)
		dev_packages_fini(ret);
	return code;
}

void dev_packages_fini(struct dev_packages *p)
{
	for (size_t i = 0; i < p->n; i++)
		dev_package_fini(&p->v[i]);
	free(p->v);
	*p = (struct dev_packages){ NULL, 0 };
}

json_object *dev_collection_json(enum dev_collection kind, const struct dev_packages *p)
{
	json_object *all = json_object_new_object(), *source = json_object_new_object(), *list = json_object_new_array();
	json_object_object_add(source, "source", json_object_new_string("devcontainer-cli"));
	for (size_t i = 0; i < p->n; i++)
		json_object_array_add(list, json_object_get(p->v[i].json));
	json_object_object_add(all, "sourceInformation", source);
	json_object_object_add(all, kinds[kind].list, list);
	return all;
}

/* ---- publishing ---- */

static json_object *annotations(const struct dev_package *p, const char *host)
{
	cleanup_str struct str text = STR_INIT;
	json_object *a = json_object_new_object();
	json_stringify(&text, p->json);
	json_object_object_add(a, MANIFEST_METADATA, json_object_new_string(text.s));
	/* ghcr.io lists its packages by this */
	if (str_eq(host, "ghcr.io"))
		json_object_object_add(a, "com.github.package.type", json_object_new_string(p->kind == DEV_COLLECTION_FEATURES ?
		    "devcontainer_feature" : "devcontainer_template"));
	return a;
}

static int existing_tags(struct registry *r, const struct registry_ref *ref, struct strv *ret, struct err *err)
{
	if (registry_tags(r, ref, ret, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_fini(err);               /* the first version */
	return 0;
}

static int make_ref(const char *host, const char *namespace, const char *id, struct registry_ref *ret, struct err *err)
{
	cleanup_free char *text = xasprintf("%s/%s%s%s", host, namespace, id ? "/" : "", id ? id : "");
	return registry_ref_parse(text, ret, err);
}

static int publish_as(struct registry *r, const struct dev_package *p, const char *host, const char *namespace,
    const char *id, struct strv *ret_tags, char **ret_digest, struct err *err)
{
	cleanup_registry_ref struct registry_ref ref = REGISTRY_REF_INIT;
	cleanup_strv struct strv existing = STRV_INIT;
	if (make_ref(host, namespace, id, &ref, err) < 0 || existing_tags(r, &ref, &existing, err) < 0)
		return -1;
	tags_to_publish(p->version, &existing, ret_tags);
	if (ret_tags->n == 0)
		return 0;
	cleanup_free char *title = dev_package_file(p);
	json_object *a = annotations(p, host);
	struct registry_push push = { MANIFEST_LAYER_TYPE, title, &p->tar, a };
	int code = registry_push(r, &ref, &push, ret_tags, ret_digest, err);
	json_object_put(a);
	return code;
}

int dev_publish(struct registry *r, const struct dev_package *p, const char *host, const char *namespace,
    struct dev_published *ret, struct err *err)
{
	*ret = (struct dev_published){ .tags = STRV_INIT, .legacy_ids = STRV_INIT };
	int code = publish_as(r, p, host, namespace, p->id, &ret->tags, &ret->digest, err);
	json_object *old = p->kind == DEV_COLLECTION_FEATURES ? json_get(p->json, "legacyIds") : NULL;
	size_t n = json_object_is_type(old, json_type_array) ? json_object_array_length(old) : 0;
	for (size_t i = 0; code == 0 && i < n; i++) {
		/* The same manifest in another place: comparing digests tells that it is the same feature. */
		const char *id = json_object_get_string(json_object_array_get_idx(old, i));
		cleanup_strv struct strv tags = STRV_INIT;
		cleanup_free char *digest = NULL;
		code = id ? publish_as(r, p, host, namespace, id, &tags, &digest, err) : 0;
		if (code == 0 && tags.n)
			strv_push(&ret->legacy_ids, id);
	}
	if (code == 0)
		return 0;
	dev_published_fini(ret);
	return err_wrap(err, "cannot publish %s %s", p->id, p->version);
}

void dev_published_fini(struct dev_published *p)
{
	strv_fini(&p->tags);
	strv_fini(&p->legacy_ids);
	free(p->digest);
	*p = (struct dev_published){ .tags = STRV_INIT, .legacy_ids = STRV_INIT };
}

int dev_publish_collection(struct registry *r, enum dev_collection kind, const struct dev_packages *p, const char *host,
    const char *namespace, struct err *err)
{
	cleanup_registry_ref struct registry_ref ref = REGISTRY_REF_INIT;
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv tags = STRV_INIT;
	if (make_ref(host, namespace, NULL, &ref, err) < 0)
		return -1;
	json_object *all = dev_collection_json(kind, p), *a = NULL;
	json_pretty(&text, all);
	json_object_put(all);
	if (str_eq(host, "ghcr.io")) {
		a = json_object_new_object();
		json_object_object_add(a, "com.github.package.type", json_object_new_string("devcontainer_collection"));
	}
	strv_push(&tags, "latest");
	struct registry_push push = { MANIFEST_COLLECTION_TYPE, DEV_COLLECTION_FILE, &text, a };
	cleanup_free char *digest = NULL;
	int code = registry_push(r, &ref, &push, &tags, &digest, err);
	json_object_put(a);
	return code == 0 ? 0 : err_wrap(err, "cannot publish the collection %s/%s", host, namespace);
}
