/* What the second face tells about features: `outdated`, `upgrade`, `features
 * info` and `features resolve-dependencies`. Registries are asked by
 * src/registry; what a configuration resolves to, src/dev says. */
#include "cmd/devcontainer.h"

#include "cmd/print.h"
#include "cmd/table.h"

#include "base/mem.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/sha256.h"
#include "registry/tags.h"

#include <stdio.h>
#include <string.h>

static void put(json_object *o, const char *key, const char *value)
{
	if (value)
		json_object_object_add(o, key, json_object_new_string(value));
}

static bool wants_json(const struct face_args *args)
{
	return str_eq(face_value(args, "output-format"), "json");
}

/* As JavaScript's JSON.stringify(value, null, indent) has it, with a final newline. */
static void print_indented(json_object *value, unsigned indent)
{
	cleanup_str struct str two = STR_INIT, out = STR_INIT;
	json_pretty(&two, value);
	bool start = true;
	for (const char *p = two.s; *p; p++) {
		if (start && indent > 2)
			for (const char *q = p; *q == ' '; q++)
				str_putc(&out, ' ');
		start = *p == '\n';
		str_putc(&out, *p);
	}
	fputs(out.s, stdout);
}

static int load(struct face_use *use, struct face_args *args, struct err *err)
{
	return face_use_init(use, args, err);
}

/* ---- outdated ---- */

/* Versions that a feature of a registry has; all may be NULL. Lives in versions. */
struct versions {
	struct strv all;             /* ascending */
	const char *current, *wanted, *latest;
};

static char *major_of(const char *version)
{
	return version ? xmemdup0(version, strcspn(version, ".")) : NULL;
}

static const char *locked_version(json_object *lock, const char *ref)
{
	return json_str(json_get(json_get(lock, "features"), ref), "version");
}

static int find_versions(struct registry *r, const char *ref, json_object *lock, struct versions *ret, struct err *err)
{
	cleanup_registry_ref struct registry_ref oci = REGISTRY_REF_INIT;
	cleanup_strv struct strv tags = STRV_INIT;
	cleanup_err struct err ignored = ERR_INIT;
	*ret = (struct versions){ .all = STRV_INIT };
	if (!registry_ref_is(ref) || registry_ref_parse(ref, &oci, &ignored) != 0)
		return 0;
	if (registry_tags(r, &oci, &tags, err) != 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		err_fini(err);
		return 0;
	}
	tags_versions(&tags, &ret->all);
	ret->latest = tags_newest(&ret->all, "latest");
	ret->wanted = oci.tag ? tags_newest(&ret->all, oci.tag) : NULL;
	ret->current = locked_version(lock, ref);
	if (ret->current == NULL)
		ret->current = ret->wanted;
	return 0;
}

static json_object *versions_json(const struct versions *v)
{
	json_object *o = json_object_new_object();
	cleanup_free char *wanted = major_of(v->wanted), *latest = major_of(v->latest);
	put(o, "current", v->current);
	put(o, "wanted", v->wanted);
	put(o, "wantedMajor", wanted);
	put(o, "latest", v->latest);
	put(o, "latestMajor", latest);
	return o;
}

static void versions_row(struct table *t, const char *ref, const struct versions *v)
{
	cleanup_free char *name = xmemdup0(ref, strcspn(ref, "@"));
	char *slash = strrchr(name, '/'), *colon = slash ? strchr(slash, ':') : NULL;
	if (colon)
		*colon = '\0';
	table_cell(t, name);
	table_cell(t, v->current ? v->current : "-");
	table_cell(t, v->wanted ? v->wanted : "-");
	table_cell(t, v->latest ? v->latest : "-");
}

static int outdated(const struct face_use *use, const struct face_args *args, struct err *err)
{
	json_object *lock = dev_lockfile_read(use->config, err), *features = json_get(use->config->conf, "features");
	if (lock == NULL && err_is(err))
		return -1;
	struct registry *r = registry_open();
	json_object *all = json_object_new_object();
	struct table t = { .columns = 4, .cells = STRV_INIT };
	static const char *const heading[] = { "Feature", "Current", "Wanted", "Latest" };
	for (size_t i = 0; i < ARRAY_LEN(heading); i++)
		table_cell(&t, heading[i]);
	int code = 0;
	if (json_object_is_type(features, json_type_object)) {
		json_object_object_foreach(features, ref, value) {
			(void)value;
			struct versions v;
			if (code == 0)
				code = find_versions(r, ref, lock, &v, err);
			if (code != 0)
				continue;
			if (v.all.n) {
				json_object_object_add(all, ref, versions_json(&v));
				versions_row(&t, ref, &v);
			}
			strv_fini(&v.all);
		}
	}
	registry_close(r);
	json_object_put(lock);
	if (code == 0 && wants_json(args)) {
		json_object *o = json_object_new_object();
		json_object_object_add(o, "features", json_object_get(all));
		print_json_line(o);
	} else if (code == 0) {
		table_print(&t);
	}
	strv_fini(&t.cells);
	json_object_put(all);
	return code;
}

int face_outdated(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	int code = load(&use, args, err);
	if (code == 0)
		code = outdated(&use, args, err);
	face_use_fini(&use);
	return code;
}

/* ---- upgrade ---- */

int face_upgrade(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	struct dev_features features = { 0 };
	bool dry = face_flag(args, "dry-run");
	struct dev_feature_options options = { .lock = dry ? DEV_LOCK_NONE : DEV_LOCK_RENEW, .metadata_only = true };
	int code = load(&use, args, err);
	if (code == 0)
		code = dev_features_resolve(use.config, &options, &features, err);
	if (code == 0 && dry) {
		json_object *lock = dev_lockfile_of(&features);
		print_indented(lock, 2);
		json_object_put(lock);
	}
	dev_features_fini(&features);
	face_use_fini(&use);
	return code;
}

/* ---- features resolve-dependencies, and the graph of features info ---- */

static void node(struct str *s, const struct dev_feature *f)
{
	char hex[65];
	cleanup_str struct str what = STR_INIT;
	str_puts(&what, f->ref);
	json_stringify(&what, f->written);
	sha256_hex(what.s, what.len, hex);
	str_printf(s, "%.6s[%s<br/><0><br>aliases: %s]", hex, f->ref, f->id);
}

/* mermaid's language: a line for each feature, and one for each other that it needs. */
static void flowchart(const struct dev_features *features, struct str *ret)
{
	str_puts(ret, "flowchart\n");
	for (size_t i = 0; i < features->n; i++) {
		const struct dev_feature *f = &features->v[i];
		node(ret, f);
		str_putc(ret, '\n');
		for (size_t k = 0; k < f->n_hard; k++) {
			node(ret, f);
			str_puts(ret, " --> ");
			node(ret, &features->v[f->deps[k]]);
			str_putc(ret, '\n');
		}
	}
	str_putc(ret, '\n');
}

static json_object *install_order(const struct dev_features *features)
{
	json_object *o = json_object_new_object(), *list = json_object_new_array();
	for (size_t i = 0; i < features->n; i++) {
		const struct dev_feature *f = &features->v[i];
		json_object *one = json_object_new_object();
		put(one, "id", f->resolved ? f->resolved : f->ref);
		json_object_object_add(one, "options", json_copy(f->written));
		json_object_array_add(list, one);
	}
	json_object_object_add(o, "installOrder", list);
	return o;
}

int face_features_resolve(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	struct dev_features features = { 0 };
	struct dev_feature_options options = { .lock = DEV_LOCK_READ, .metadata_only = true };
	int code = load(&use, args, err);
	if (code == 0)
		code = dev_features_resolve(use.config, &options, &features, err);
	if (code == 0) {
		cleanup_str struct str chart = STR_INIT;
		json_object *order = install_order(&features);
		flowchart(&features, &chart);
		fputs(chart.s, stdout);
		print_indented(order, 2);
		json_object_put(order);
	}
	dev_features_fini(&features);
	face_use_fini(&use);
	return code;
}

/* ---- features info ---- */

static void boxed(const char *title)
{
	cleanup_str struct str line = STR_INIT;
	for (const char *p = title; *p; p++)
		str_puts(&line, "─");
	printf("┌%s┐\n│%s│\n└%s┘\n", line.s, title, line.s);
}

/* What was asked for and does not exist: an empty object, or a sentence. */
static int unknown(const struct face_args *args)
{
	if (wants_json(args))
		puts("{}");
	else
		puts("No manifest found! If this manifest requires authentication, please login.");
	return ERR_FAILED;
}

static int put_manifest(struct registry *r, const struct registry_ref *ref, json_object *to, struct err *err)
{
	struct registry_artifact a = { 0 };
	cleanup_free char *resource = registry_ref_resource(ref);
	if (registry_end(r, registry_begin(r, ref, false), &a, err) != 0)
		return -1;
	cleanup_free char *id = xasprintf("%s@%s", resource, a.digest);
	json_object_object_add(to, "manifest", json_object_get(a.manifest));
	put(to, "canonicalId", id);
	registry_artifact_fini(&a);
	return 0;
}

static int put_tags(struct registry *r, const struct registry_ref *ref, json_object *to, struct err *err)
{
	cleanup_strv struct strv tags = STRV_INIT;
	if (registry_tags(r, ref, &tags, err) != 0)
		return -1;
	json_object *list = json_object_new_array();
	for (size_t i = 0; i < tags.n; i++)
		json_object_array_add(list, json_object_new_string(tags.v[i]));
	json_object_object_add(to, "publishedTags", list);
	return 0;
}

static void print_info(json_object *info)
{
	json_object *manifest = json_get(info, "manifest"), *tags = json_get(info, "publishedTags");
	if (manifest) {
		boxed("Manifest");
		print_indented(manifest, 2);
		putchar('\n');
		boxed("Canonical Identifier");
		printf("%s\n\n", json_str(info, "canonicalId"));
	}
	if (tags)
		boxed("Published Tags");
	for (size_t i = 0; tags && i < json_object_array_length(tags); i++)
		printf("%s%s\n", i ? "   " : "", json_object_get_string(json_object_array_get_idx(tags, i)));
}

/* The graph of a configuration that names this feature alone. */
static int print_graph(const struct face_args *args, const char *ref, struct err *err)
{
	if (wants_json(args))
		return 0;
	json_object *features = json_object_new_object(), *conf = json_object_new_object();
	json_object_object_add(features, ref, json_object_new_object());
	json_object_object_add(conf, "features", features);
	char top[] = "/", file[] = "/devcontainer.json";
	struct dev_config c = { .workspace = top, .config_dir = top, .config_path = file, .conf = conf, .raw = conf };
	struct dev_feature_options options = { .lock = DEV_LOCK_NONE, .metadata_only = true };
	struct dev_features found = { 0 };
	int code = dev_features_resolve(&c, &options, &found, err);
	if (code == 0) {
		cleanup_str struct str chart = STR_INIT;
		flowchart(&found, &chart);
		boxed("Dependency Tree (Render with https://mermaid.live/)");
		fputs(chart.s, stdout);
	}
	dev_features_fini(&found);
	json_object_put(conf);
	return code;
}

int face_features_info(struct face_args *args, struct err *err)
{
	const char *mode = args->operands.v[0], *text = args->operands.v[1];
	static const char *const modes[] = { "manifest", "tags", "dependencies", "verbose" };
	bool known = false, all = str_eq(mode, "verbose");
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		known = known || str_eq(mode, modes[i]);
	if (!known)
		return err_set(err, ERR_USAGE, "Invalid values: Argument: mode, Given: \"%s\", Choices: manifest tags dependencies "
		    "verbose", mode);
	cleanup_registry_ref struct registry_ref ref = REGISTRY_REF_INIT;
	if (registry_ref_parse(text, &ref, err) != 0)
		return -1;
	struct registry *r = registry_open();
	json_object *info = json_object_new_object();
	int code = 0;
	if (all || str_eq(mode, "manifest"))
		code = put_manifest(r, &ref, info, err);
	if (code == 0 && (all || str_eq(mode, "tags")))
		code = put_tags(r, &ref, info, err);
	registry_close(r);
	if (code != 0 && err->code == ERR_NOT_FOUND)
		code = unknown(args);
	else if (code == 0 && wants_json(args))
		print_indented(info, 4);
	else if (code == 0)
		print_info(info);
	if (code == 0 && (all || str_eq(mode, "dependencies")))
		code = print_graph(args, text, err);
	json_object_put(info);
	return code;
}
