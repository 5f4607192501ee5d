/* `features package` and `features publish`, and the same of templates: what
 * dev/publish.h makes of folders, into a folder or into a registry. */
#include "cmd/devcontainer.h"

#include "cmd/print.h"

#include "base/mem.h"
#include "dev/publish.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"

static const char *target_of(const struct face_args *args)
{
	return args->operands.n ? args->operands.v[0] : ".";
}

/* ---- package ---- */

static int write_package(const char *out, const struct dev_package *p, struct err *err)
{
	cleanup_free char *name = dev_package_file(p), *path = fs_join(out, name);
	progress_step("Packaging %s", p->id);
	return fs_write_atomic(path, p->tar.s, p->tar.len, 0644, err);
}

static int write_index(const char *out, enum dev_collection kind, const struct dev_packages *all, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_free char *path = fs_join(out, DEV_COLLECTION_FILE);
	json_object *o = dev_collection_json(kind, all);
	json_pretty(&text, o);
	json_object_put(o);
	return fs_write_atomic(path, text.s, text.len, 0644, err);
}

int face_features_package(struct face_args *args, struct err *err)
{
	struct dev_packages all;
	const char *out = face_value(args, "output-folder");
	if (dev_packages_make(DEV_COLLECTION_FEATURES, target_of(args), &all, err) != 0)
		return -1;
	int code = 0;
	if (fs_exists(out) && !face_flag(args, "force-clean-output-folder"))
		code = err_set(err, ERR_FAILED, "%s exists already; remove it, or use --force-clean-output-folder", out);
	if (code == 0 && fs_exists(out))
		code = fs_remove_tree(out, err);
	if (code == 0)
		code = fs_mkdir_p(out, 0777, err);
	for (size_t i = 0; i < all.n && code == 0; i++)
		code = write_package(out, &all.v[i], err);
	if (code == 0)
		code = write_index(out, DEV_COLLECTION_FEATURES, &all, err);
	dev_packages_fini(&all);
	return code;
}

/* ---- publish ---- */

struct publishing {
	struct registry *registry;
	const char *host, *namespace;
	json_object *result;
};

static json_object *strings(const struct strv *v)
{
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < v->n; i++)
		json_object_array_add(list, json_object_new_string(v->v[i]));
	return list;
}

static int publish_one(const struct publishing *p, const struct dev_package *package, struct err *err)
{
	struct dev_published done;
	progress_step("Publishing %s %s", package->id, package->version);
	if (dev_publish(p->registry, package, p->host, p->namespace, &done, err) != 0)
		return -1;
	json_object *o = json_object_new_object();
	if (done.tags.n) {
		json_object_object_add(o, "publishedTags", strings(&done.tags));
		json_object_object_add(o, "digest", json_object_new_string(done.digest));
		json_object_object_add(o, "version", json_object_new_string(package->version));
	} else {
		log_warn("%s %s is published already", package->id, package->version);
	}
	if (done.legacy_ids.n)
		json_object_object_add(o, "publishedLegacyIds", strings(&done.legacy_ids));
	json_object_object_add(p->result, package->id, o);
	dev_published_fini(&done);
	return 0;
}

static int publish(const struct face_args *args, enum dev_collection kind, struct err *err)
{
	struct publishing p = { .host = face_value(args, "registry"), .namespace = face_value(args, "namespace") };
	struct dev_packages all = { NULL, 0 };
	if (!registry_path_valid(p.namespace))
		return err_set(err, ERR_FAILED, "--namespace %s: expected lower case words, such as owner/repository", p.namespace);
	if (dev_packages_make(kind, target_of(args), &all, err) != 0)
		return -1;
	p.registry = registry_open();
	p.result = json_object_new_object();
	int code = 0;
	for (size_t i = 0; i < all.n && code == 0; i++)
		code = publish_one(&p, &all.v[i], err);
	if (code == 0)
		code = dev_publish_collection(p.registry, kind, &all, p.host, p.namespace, err);
	if (code == 0)
		print_json_line(json_object_get(p.result));
	json_object_put(p.result);
	registry_close(p.registry);
	dev_packages_fini(&all);
	return code;
}

int face_features_publish(struct face_args *args, struct err *err)
{
	return publish(args, DEV_COLLECTION_FEATURES, err);
}

int face_templates_publish(struct face_args *args, struct err *err)
{
	return publish(args, DEV_COLLECTION_TEMPLATES, err);
}
