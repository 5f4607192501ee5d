/* What lace does with registries, as JSON, for tests/system/test_registry.py:
 *
 *     registry_tool publish HOST NAMESPACE FOLDER...    each feature's tags and digest, and the collection
 *     registry_tool resolve LOCK PROJECT                features in install order; LOCK: update, write, read, frozen, none, renew
 *     registry_tool metadata PROJECT                    the same without a look at what is in them
 *     registry_tool tags REF
 *     registry_tool publish-templates HOST NAMESPACE FOLDER...
 *     registry_tool template REF FOLDER ARGS FEATURES OMIT    a template into a folder; the last three are JSON */
#include "base/mem.h"
#include "dev/feature.h"
#include "dev/publish.h"
#include "dev/template.h"
#include "host/jsonc.h"

#include <stdio.h>
#include <string.h>

static json_object *list(const struct strv *v)
{
	json_object *a = json_object_new_array();
	for (size_t i = 0; i < v->n; i++)
		json_object_array_add(a, json_object_new_string(v->v[i]));
	return a;
}

static void add(json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static int publish_one(struct registry *r, const struct dev_package *p, char **argv, json_object *out, struct err *err)
{
	struct dev_published done;
	if (dev_publish(r, p, argv[0], argv[1], &done, err) < 0)
		return -1;
	json_object *o = json_object_new_object();
	json_object_object_add(o, "publishedTags", list(&done.tags));
	json_object_object_add(o, "publishedLegacyIds", list(&done.legacy_ids));
	add(o, "digest", done.digest);
	json_object_object_add(out, p->id, o);
	dev_published_fini(&done);
	return 0;
}

static int publish(enum dev_collection kind, char **argv, json_object *out, struct err *err)
{
	struct dev_package v[32];
	struct dev_packages all = { v, 0 };
	struct registry *r = registry_open();
	int code = 0;
	for (char **dir = argv + 2; code == 0 && *dir && all.n < ARRAY_LEN(v); dir++) {
		code = dev_package_make(kind, *dir, &v[all.n], err);
		if (code == 0)
			code = publish_one(r, &v[all.n++], argv, out, err);
	}
	if (code == 0)
		code = dev_publish_collection(r, kind, &all, argv[0], argv[1], err);
	for (size_t i = 0; i < all.n; i++)
		dev_package_fini(&v[i]);
	registry_close(r);
	return code;
}

static int resolve(const char *mode, const char *project, json_object *out, struct err *err)
{
	static const char *const modes[] = { "update", "write", "read", "frozen", "none", "renew" };
	struct dev_feature_options o = { .metadata_only = str_eq(mode, "metadata"), .lock = DEV_LOCK_NONE };
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (str_eq(mode, modes[i]))
			o.lock = (enum dev_lock)i;
	struct dev_config_options how = { 0 };
	struct dev_config *c = dev_config_load(project, &how, err);
	struct dev_features f = { 0 };
	int code = c ? dev_features_resolve(c, &o, &f, err) : -1;
	json_object *all = json_object_new_array();
	for (size_t i = 0; i < f.n; i++) {
		json_object *one = json_object_new_object();
		add(one, "ref", f.v[i].ref);
		add(one, "dir", f.v[i].dir);
		add(one, "version", json_str(f.v[i].json, "version"));
		add(one, "resolved", f.v[i].resolved);
		json_object_object_add(one, "options", json_object_get(f.v[i].options));
		json_object_object_add(one, "env", list(&f.v[i].env));
		json_object_array_add(all, one);
	}
	json_object_object_add(out, "features", all);
	dev_features_fini(&f);
	dev_config_free(c);
	return code;
}

static int tags(const char *text, json_object *out, struct err *err)
{
	cleanup_registry_ref struct registry_ref ref = REGISTRY_REF_INIT;
	cleanup_strv struct strv all = STRV_INIT;
	if (registry_ref_parse(text, &ref, err) < 0)
		return -1;
	struct registry *r = registry_open();
	int code = registry_tags(r, &ref, &all, err);
	registry_close(r);
	json_object_object_add(out, "tags", list(&all));
	return code;
}

static int template(char **argv, json_object *out, struct err *err)
{
	struct dev_template t = { argv[0], json_tokener_parse(argv[2]), json_tokener_parse(argv[3]), json_tokener_parse(argv[4]) };
	cleanup_strv struct strv files = STRV_INIT;
	json_object *metadata = NULL;
	struct registry *r = registry_open();
	int code = dev_template_apply(r, &t, argv[1], &files, err);
	if (code == 0)
		code = dev_template_metadata(r, argv[0], &metadata, err);
	registry_close(r);
	json_object_object_add(out, "files", list(&files));
	json_object_object_add(out, "metadata", metadata);
	json_object_put(t.args);
	json_object_put(t.features);
	json_object_put(t.omit);
	return code;
}

int main(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str text = STR_INIT;
	json_object *out = json_object_new_object();
	int code = -1;
	if (argc > 4 && str_eq(argv[1], "publish"))
		code = publish(DEV_COLLECTION_FEATURES, argv + 2, out, &err);
	else if (argc > 4 && str_eq(argv[1], "publish-templates"))
		code = publish(DEV_COLLECTION_TEMPLATES, argv + 2, out, &err);
	else if (argc == 7 && str_eq(argv[1], "template"))
		code = template(argv + 2, out, &err);
	else if (argc == 4 && str_eq(argv[1], "resolve"))
		code = resolve(argv[2], argv[3], out, &err);
	else if (argc == 3 && str_eq(argv[1], "metadata"))
		code = resolve("metadata", argv[2], out, &err);
	else if (argc == 3 && str_eq(argv[1], "tags"))
		code = tags(argv[2], out, &err);
	else
		err_set(&err, ERR_USAGE, "see registry_tool.c");
	json_stringify(&text, out);
	json_object_put(out);
	if (code == 0)
		puts(text.s);
	else
		fprintf(stderr, "%s\n", err.msg);
	return code == 0 ? 0 : (int)err.code;
}
