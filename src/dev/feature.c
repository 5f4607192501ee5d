/* From references to features that can be installed: find each one's folder, read
 * it, follow dependsOn to more of them, put them in order (order.c), and give each
 * the environment its install.sh gets (options.c). */
#include "dev/feature.h"

#include "base/mem.h"
#include "dev/options.h"
#include "dev/order.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/tar.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum {
	FEATURES_MAX = 256,
	ID_MAX = 100,
};

struct resolver {
	const struct dev_config *config;
	struct dev_node *nodes;      /* order.h; same indices as found */
	struct dev_feature *found;
	size_t n;
};

/* ---- references ---- */

static bool is_local(const char *ref)
{
	return str_starts(ref, "./") || str_starts(ref, "../");
}

/* Where the version begins: ":tag" or "@digest" behind the last slash. */
static size_t unversioned_len(const char *ref)
{
	const char *slash = strrchr(ref, '/');
	const char *name = slash ? slash + 1 : ref;
	return (size_t)(name - ref) + strcspn(name, ":@");
}

/* The id that a reference names: its last segment, without version or a tarball's wrapping. */
static char *id_of_ref(const char *ref)
{
	size_t end = strlen(ref);
	while (end && ref[end - 1] == '/')
		end--;
	cleanup_free char *path = xmemdup0(ref, end);
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	static const char before[] = "devcontainer-feature-", after[] = ".tgz";
	if (str_starts(name, before) && str_ends(name, after))
		return xmemdup0(name + sizeof(before) - 1, strlen(name) - (sizeof(before) - 1) - (sizeof(after) - 1));
	return xmemdup0(name, is_local(ref) ? strlen(name) : strcspn(name, ":@"));
}

/* The folder that a local reference means, malloc()ed. It must lie in <workspace>/.devcontainer, links
 * followed: what a repository may bring into an image is what it carries there. */
static char *local_dir(const struct dev_config *c, const char *ref, struct err *err)
{
	cleanup_free char *path = fs_join(c->config_dir, ref), *root_path = fs_join(c->workspace, ".devcontainer");
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_free char *root = fs_realpath(root_path, &ignored);
	char *dir = fs_realpath(path, err);
	if (!dir) {
		err_wrap(err, "feature \"%s\"", ref);
		return NULL;
	}
	size_t n = root ? strlen(root) : 0;
	if (root && strncmp(dir, root, n) == 0 && dir[n] == '/')
		return dir;
	err_set(err, ERR_FAILED, "feature \"%s\": %s is not inside %s, where local features must be; move it there",
	    ref, dir, root_path);
	free(dir);
	return NULL;
}

/* What tells this reference from others, malloc()ed; NULL with *err unset when it is none that exists. */
static char *key_of_ref(const struct dev_config *c, const char *ref)
{
	cleanup_err struct err ignored = ERR_INIT;
	if (is_local(ref))
		return local_dir(c, ref, &ignored);
	char *key = xmemdup0(ref, unversioned_len(ref));
	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return key;
}

/* ---- one feature ---- */

static bool valid_id(const char *id)
{
	size_t n = strlen(id);
	return n > 0 && n <= ID_MAX && id[0] != '.' && id[0] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static json_object *read_feature(const char *ref, const char *dir, struct err *err)
{
	cleanup_free char *file = fs_join(dir, "devcontainer-feature.json"), *install = fs_join(dir, "install.sh");
	json_object *json = jsonc_read_file(file, NULL, err);
	const char *id = json_str(json, "id");
	if (!json)
		err_wrap(err, "feature \"%s\"", ref);
	else if (!id || !valid_id(id))
		err_set(err, ERR_FAILED, "feature \"%s\": %s: \"id\" must be a name of letters, digits, '.', '_' and '-'",
		    ref, file);
	else if (!fs_exists(install))
		err_set(err, ERR_FAILED, "feature \"%s\": there is no %s; a feature needs one", ref, install);
	else
		return json;
	json_object_put(json);
	return NULL;
}

/* Adds a feature unless the same one with the same options is there. Takes key. Returns its index or -1. */
static int add_node(struct resolver *r, const char *ref, char *key, const char *dir, bool local,
    json_object *written, struct err *err)
{
	struct dev_node node = { .ref = xstrdup(ref), .key = key, .local = local,
		.written = written ? json_object_get(written) : json_object_new_object() };
	for (size_t i = 0; i < r->n; i++) {
		if (dev_node_compare(&r->nodes[i], &node) == 0) {
			dev_node_fini(&node);
			return (int)i;
		}
	}
	json_object *json = NULL;
	if (r->n == FEATURES_MAX)
		err_set(err, ERR_FAILED, "more than %d features", FEATURES_MAX);
	else
		json = read_feature(ref, dir, err);
	if (!json) {
		dev_node_fini(&node);
		return -1;
	}
	r->nodes = xreallocarray(r->nodes, r->n + 1, sizeof(*r->nodes));
	r->found = xreallocarray(r->found, r->n + 1, sizeof(*r->found));
	r->nodes[r->n] = node;
	r->found[r->n] = (struct dev_feature){ .ref = xstrdup(ref), .dir = xstrdup(dir), .json = json,
		.id = xstrdup(json_str(json, "id")), .env = STRV_INIT };
	return (int)r->n++;
}

/* needed_by is the ref whose dependsOn names this one, or NULL. *ret_index is -1 when it is left out. */
static int add_ref(struct resolver *r, const char *ref, json_object *written, const char *needed_by,
    int *ret_index, struct err *err)
{
	*ret_index = -1;
	if (*ref == '/')
		return err_set(err, ERR_FAILED, "feature \"%s\": absolute paths are not allowed; use ./ and a folder in "
		    ".devcontainer", ref);
	if (is_local(ref)) {
		cleanup_free char *dir = local_dir(r->config, ref, err);
		if (!dir)
			return -1;
		*ret_index = add_node(r, ref, xstrdup(dir), dir, true, written, err);
		return *ret_index < 0 ? -1 : 0;
	}
	/* One of our own that is there already may be named by its reference. */
	cleanup_free char *key = key_of_ref(r->config, ref);
	for (size_t i = 0; i < r->n && *ret_index < 0; i++)
		if (str_eq(r->nodes[i].key, key))
			*ret_index = (int)i;
	if (*ret_index < 0 && needed_by)
		log_warn("feature %s, which %s depends on, is not installed: registries come with a later version", ref,
		    needed_by);
	else if (*ret_index < 0)
		log_warn("feature %s is not installed: registries come with a later version", ref);
	return 0;
}

/* What the configuration says of the feature with this key, or NULL. */
static json_object *written_of(const struct dev_config *c, const char *key)
{
	json_object *features = json_get(c->conf, "features");
	if (!json_object_is_type(features, json_type_object))
		return NULL;
	json_object_object_foreach(features, ref, written) {
		cleanup_free char *named = is_local(ref) ? NULL : key_of_ref(c, ref);
		if (named && str_eq(named, key))
			return written;
	}
	return NULL;
}

/* Ours go first, in the order given, unless overrideFeatureInstallOrder says otherwise: they are the same in
 * every project, so their layers are shared, and a change in a feature of the user's does not install sshd again.
 * (They have no installsAfter: other tools, which may install them too, would look it up in a registry.) */
static int add_own(struct resolver *r, const char *dir, struct err *err)
{
	cleanup_free char *ref = xasprintf("lace/%s", fs_basename(dir));
	cleanup_free char *real = fs_is_dir(dir) ? fs_realpath(dir, err) : NULL;
	if (!real)
		return err_set(err, ERR_FAILED,
		    "lace's own feature %s is missing at %s; install lace again, or use --plain", ref, dir);
	int index = add_node(r, ref, xstrdup(ref), real, false, written_of(r->config, ref), err);
	if (index < 0)
		return -1;
	r->nodes[index].priority = SIZE_MAX - (size_t)index;
	return 0;
}

/* ---- the graph ---- */

static int add_hard_deps(struct resolver *r, size_t i, struct err *err)
{
	json_object *deps = json_get(r->found[i].json, "dependsOn");
	if (!json_object_is_type(deps, json_type_object))
		return 0;
	json_object_object_foreach(deps, ref, written) {
		int on;
		if (add_ref(r, ref, written, r->found[i].ref, &on, err) < 0)
			return err_wrap(err, "feature \"%s\" depends on another", r->found[i].ref);
		if (on >= 0)
			dev_node_depend(&r->nodes[i], (size_t)on);
	}
	return 0;
}

/* installsAfter only orders: what is not there is no dependency. */
static void add_soft_deps(struct resolver *r, size_t i)
{
	json_object *after = json_get(r->found[i].json, "installsAfter");
	size_t n = json_object_is_type(after, json_type_array) ? json_object_array_length(after) : 0;
	for (size_t k = 0; k < n; k++) {
		const char *ref = json_object_get_string(json_object_array_get_idx(after, k));
		cleanup_free char *key = ref ? key_of_ref(r->config, ref) : NULL;
		for (size_t on = 0; key && on < r->n; on++)
			if (on != i && str_eq(r->nodes[on].key, key))
				dev_node_depend(&r->nodes[i], on);
	}
}

static void set_priorities(struct resolver *r)
{
	json_object *order = json_get(r->config->conf, "overrideFeatureInstallOrder");
	size_t n = json_object_is_type(order, json_type_array) ? json_object_array_length(order) : 0;
	for (size_t k = n; k-- > 0;) {
		const char *ref = json_object_get_string(json_object_array_get_idx(order, k));
		cleanup_free char *key = ref ? key_of_ref(r->config, ref) : NULL;
		for (size_t i = 0; key && i < r->n; i++)
			if (str_eq(r->nodes[i].key, key))
				r->nodes[i].priority = n - k;
	}
}

static int build_graph(struct resolver *r, const char *const *extra, struct err *err)
{
	json_object *features = json_get(r->config->conf, "features");
	int index;
	/* Ours first into the set, so that a reference to them finds them; the order comes later. */
	for (; extra && *extra; extra++)
		if (add_own(r, *extra, err) < 0)
			return -1;
	if (json_object_is_type(features, json_type_object)) {
		json_object_object_foreach(features, ref, written)
			if (add_ref(r, ref, written, NULL, &index, err) < 0)
				return -1;
	}
	for (size_t i = 0; i < r->n; i++)
		if (add_hard_deps(r, i, err) < 0)
			return -1;
	for (size_t i = 0; i < r->n; i++)
		add_soft_deps(r, i);
	set_priorities(r);
	return 0;
}

/* ---- the result ---- */

/* Options, environment and digest. The digest covers every byte that goes into the container. */
static int complete(struct dev_feature *f, json_object *written, struct err *err)
{
	f->options = dev_options_resolve(f->json, written);
	dev_options_env(f->options, &f->env);
	cleanup_str struct str payload = STR_INIT;
	if (tar_add_tree(&payload, "feature", f->dir, err) < 0)
		return err_wrap(err, "feature \"%s\"", f->ref);
	for (size_t i = 0; i < f->env.n; i++)
		str_add(&payload, f->env.v[i], strlen(f->env.v[i]) + 1);
	f->digest = xmalloc(65);
	sha256_hex(payload.s, payload.len, f->digest);
	return 0;
}

static void feature_fini(struct dev_feature *f)
{
	free(f->ref);
	free(f->dir);
	free(f->id);
	json_object_put(f->json);
	json_object_put(f->options);
	strv_fini(&f->env);
	free(f->digest);
	*f = (struct dev_feature){ .env = STRV_INIT };
}

int dev_features_resolve(const struct dev_config *c, const char *const *extra, struct dev_features *ret,
    struct err *err)
{
	struct resolver r = { .config = c };
	*ret = (struct dev_features){ NULL, 0 };
	int code = build_graph(&r, extra, err);
	cleanup_free size_t *order = xcalloc(r.n + 1, sizeof(*order));
	if (code == 0)
		code = dev_order(r.nodes, r.n, order, err);
	for (size_t i = 0; code == 0 && i < r.n; i++)
		code = complete(&r.found[i], r.nodes[i].written, err);
	if (code == 0) {
		ret->v = xcalloc(r.n + 1, sizeof(*ret->v));
		ret->n = r.n;
		for (size_t i = 0; i < r.n; i++)
			ret->v[i] = r.found[order[i]];
	}
	for (size_t i = 0; i < r.n; i++) {
		dev_node_fini(&r.nodes[i]);
		if (code != 0)
			feature_fini(&r.found[i]);
	}
	free(r.nodes);
	free(r.found);
	return code;
}

void dev_features_fini(struct dev_features *f)
{
	for (size_t i = 0; i < f->n; i++)
		feature_fini(&f->v[i]);
	free(f->v);
	*f = (struct dev_features){ NULL, 0 };
}

static bool ref_names(const char *ref, const char *id)
{
	cleanup_free char *named = id_of_ref(ref);
	return str_eq(named, id);
}

bool dev_features_name_own(const struct dev_config *c, const char *id)
{
	cleanup_free char *key = xasprintf("lace/%s", id);
	return written_of(c, key) != NULL;
}

bool dev_features_name(json_object *conf, json_object *base_entries, const char *id)
{
	json_object *features = json_get(conf, "features");
	if (json_object_is_type(features, json_type_object)) {
		json_object_object_foreach(features, ref, written) {
			(void)written;
			if (ref_names(ref, id))
				return true;
		}
	}
	size_t n = json_object_is_type(base_entries, json_type_array) ? json_object_array_length(base_entries) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *ref = json_str(json_object_array_get_idx(base_entries, i), "id");
		if (ref && ref_names(ref, id))
			return true;
	}
	return false;
}
