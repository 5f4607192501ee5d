#include "dev/publish.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/tar.h"
#include "registry/manifest.h"
#include "registry/tags.h"

#include <string.h>

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
	if (code == 0)
		code = pack(ret, real, err);
	if (code < 0) {
		dev_package_fini(ret);
		return -1;
	}
	ret->id = xstrdup(json_str(ret->json, "id"));
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

json_object *dev_collection_json(enum dev_collection kind, const struct dev_package *p, size_t n)
{
	json_object *all = json_object_new_object(), *source = json_object_new_object(), *list = json_object_new_array();
	json_object_object_add(source, "source", json_object_new_string("devcontainer-cli"));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_get(p[i].json));
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

/* Under a former name: its JSON has that as id, and the present one as currentId. */
static int publish_legacy(struct registry *r, const struct dev_package *p, const char *host, const char *namespace,
    const char *id, struct dev_published *ret, struct err *err)
{
	struct dev_package old = { .kind = p->kind, .id = (char *)id, .version = p->version, .json = json_copy(p->json), .tar = p->tar };
	json_object_object_add(old.json, "id", json_object_new_string(id));
	json_object_object_add(old.json, "currentId", json_object_new_string(p->id));
	cleanup_strv struct strv tags = STRV_INIT;
	cleanup_free char *digest = NULL;
	int code = publish_as(r, &old, host, namespace, id, &tags, &digest, err);
	if (code == 0 && tags.n)
		strv_push(&ret->legacy_ids, id);
	json_object_put(old.json);
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
		const char *id = json_object_get_string(json_object_array_get_idx(old, i));
		if (id)
			code = publish_legacy(r, p, host, namespace, id, ret, err);
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

int dev_publish_collection(struct registry *r, enum dev_collection kind, const struct dev_package *p, size_t n,
    const char *host, const char *namespace, struct err *err)
{
	cleanup_registry_ref struct registry_ref ref = REGISTRY_REF_INIT;
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv tags = STRV_INIT;
	if (make_ref(host, namespace, NULL, &ref, err) < 0)
		return -1;
	json_object *all = dev_collection_json(kind, p, n), *a = NULL;
	json_pretty(&text, all);
	json_object_put(all);
	if (str_eq(host, "ghcr.io")) {
		a = json_object_new_object();
		json_object_object_add(a, "com.github.package.type", json_object_new_string("devcontainer_collection"));
	}
	strv_push(&tags, "latest");
	struct registry_push push = { MANIFEST_COLLECTION_TYPE, "devcontainer-collection.json", &text, a };
	cleanup_free char *digest = NULL;
	int code = registry_push(r, &ref, &push, &tags, &digest, err);
	json_object_put(a);
	return code == 0 ? 0 : err_wrap(err, "cannot publish the collection %s/%s", host, namespace);
}
