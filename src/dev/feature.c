/* From references to features that can be installed: find out what each one means
 * (source.c), fetch what a registry has of it, follow dependsOn to more of them, put them
 * in order (order.c), and give each the environment its install.sh gets (options.c).
 *
 * The graph is built level by level: all features of a level are asked for at once, and
 * what they depend on is the next level. What is locked to a version (lockfile.c) is
 * asked for by its digest, which the cache can often answer alone. */
#include "dev/feature.h"

#include "base/mem.h"
#include "dev/lockfile.h"
#include "dev/options.h"
#include "dev/order.h"
#include "dev/source.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/tar.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
	FEATURES_MAX = 256,
	ID_MAX = 100,
};

/* A reference that is on its way: asked for, not yet a node. */
struct wanted {
	struct dev_source source;
	json_object *written;        /* owned */
	size_t needed_by;            /* node whose dependsOn names it, or SIZE_MAX */
	const char *locked;          /* digest, or NULL */
	unsigned ticket;             /* of the registry, or 0 */
	bool unlocked;
};
struct level { struct wanted *v; size_t n; };

struct resolver {
	const struct dev_config *config;
	const struct dev_feature_options *opts;
	struct registry *registry;
	bool own_registry;
	bool only_begins;            /* what is wrong is somebody else's to say */
	json_object *lock;
	struct dev_node *nodes;      /* order.h; same indices as found */
	struct dev_feature *found;
	size_t n;
};

/* ---- one feature ---- */

static bool valid_id(const char *id)
{
	size_t n = strlen(id);
	return n > 0 && n <= ID_MAX && id[0] != '.' && id[0] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static int check_feature(const char *ref, const char *file, json_object *json, struct err *err)
{
	const char *id = json_str(json, "id");
	if (id && valid_id(id))
		return 0;
	return err_set(err, ERR_FAILED, "feature \"%s\": %s: \"id\" must be a name of letters, digits, '.', '_' and '-'",
	    ref, file);
}

static json_object *read_feature(const char *ref, const char *dir, struct err *err)
{
	cleanup_free char *file = fs_join(dir, "devcontainer-feature.json"), *install = fs_join(dir, "install.sh");
	json_object *json = jsonc_read_file(file, NULL, err);
	if (!json)
		err_wrap(err, "feature \"%s\"", ref);
	else if (check_feature(ref, file, json, err) == 0 && !fs_exists(install))
		err_set(err, ERR_FAILED, "feature \"%s\": there is no %s; a feature needs one", ref, install);
	if (!err_is(err))
		return json;
	json_object_put(json);
	return NULL;
}

static void set_ids(struct dev_node *n, json_object *json)
{
	const char *now = json_str(json, "currentId"), *id = json_str(json, "id");
	json_object *old = json_get(json, "legacyIds");
	strv_push(&n->ids, now ? now : id);
	size_t k = json_object_is_type(old, json_type_array) ? json_object_array_length(old) : 0;
	for (size_t i = 0; i < k; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(old, i));
		if (name && !strv_has(&n->ids, name))
			strv_push(&n->ids, name);
	}
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
	free(f->resolved);
	free(f->integrity);
	json_object_put(f->written);
	free(f->deps);
	*f = (struct dev_feature){ .env = STRV_INIT };
}

static void wanted_fini(struct wanted *w)
{
	dev_source_fini(&w->source);
	json_object_put(w->written);
}

static void level_fini(struct level *l)
{
	for (size_t i = 0; i < l->n; i++)
		wanted_fini(&l->v[i]);
	free(l->v);
	*l = (struct level){ NULL, 0 };
}

/* What was fetched for w becomes f. */
static int take_fetched(struct resolver *r, const struct wanted *w, struct dev_feature *f, char **ret_digest,
    struct err *err)
{
	struct registry_artifact a;
	if (registry_end(r->registry, w->ticket, &a, err) < 0) {
		err_wrap(err, "feature \"%s\"", w->source.ref);
		err->code = ERR_FAILED;      /* not found would mean the project */
		return -1;
	}
	int code = 0;
	if (!a.dir && !a.metadata) {
		/* Published before manifests carried it: the content has it. */
		unsigned ticket = registry_begin(r->registry, &w->source.oci, true);
		registry_artifact_fini(&a);
		if (registry_end(r->registry, ticket, &a, err) < 0)
			return err_wrap(err, "feature \"%s\"", w->source.ref);
	}
	if (a.dir) {
		f->dir = xstrdup(a.dir);
		code = (f->json = read_feature(w->source.ref, a.dir, err)) ? 0 : -1;
	} else {
		f->json = json_object_get(a.metadata);
		code = check_feature(w->source.ref, "its manifest", f->json, err);
	}
	if (code == 0) {
		bool oci = w->source.kind == DEV_SOURCE_OCI;
		f->resolved = oci ? xasprintf("%s@%s", w->source.key, a.digest) : xstrdup(w->source.ref);
		f->integrity = xstrdup(a.digest);
		*ret_digest = oci ? xstrdup(a.digest) : NULL;
	}
	registry_artifact_fini(&a);
	return code;
}

static int read_wanted(struct resolver *r, const struct wanted *w, struct dev_feature *f, char **ret_digest,
    struct err *err)
{
	*f = (struct dev_feature){ .ref = xstrdup(w->source.ref), .env = STRV_INIT, .unlocked = w->unlocked };
	*ret_digest = NULL;
	if (w->ticket)
		return take_fetched(r, w, f, ret_digest, err);
	f->dir = xstrdup(w->source.key);
	return (f->json = read_feature(w->source.ref, f->dir, err)) ? 0 : -1;
}

/* Makes a node of w, unless the same feature with the same options is one. Takes w. Returns its index or -1. */
static int add_node(struct resolver *r, struct wanted *w, struct err *err)
{
	struct dev_feature f;
	struct dev_node node = { .ids = STRV_INIT };
	if (read_wanted(r, w, &f, &node.digest, err) < 0) {
		feature_fini(&f);
		return -1;
	}
	node.source = w->source;
	node.written = w->written ? w->written : json_object_new_object();
	w->source = (struct dev_source){ 0 };
	w->written = NULL;
	set_ids(&node, f.json);
	for (size_t i = 0; i < r->n; i++) {
		if (dev_node_compare(&r->nodes[i], &node) == 0) {
			r->found[i].unlocked &= f.unlocked;
			dev_node_fini(&node);
			feature_fini(&f);
			return (int)i;
		}
	}
	if (r->n == FEATURES_MAX) {
		dev_node_fini(&node);
		feature_fini(&f);
		return err_set(err, ERR_FAILED, "more than %d features", FEATURES_MAX);
	}
	f.id = xstrdup(json_str(f.json, "id"));
	r->nodes = xreallocarray(r->nodes, r->n + 1, sizeof(*r->nodes));
	r->found = xreallocarray(r->found, r->n + 1, sizeof(*r->found));
	r->nodes[r->n] = node;
	r->found[r->n] = f;
	return (int)r->n++;
}

/* ---- asking ---- */

static bool uses_lock(enum dev_lock lock)
{
	return lock != DEV_LOCK_NONE && lock != DEV_LOCK_RENEW;
}

static unsigned begin_oci(struct resolver *r, const struct wanted *w)
{
	struct registry_ref at = { w->source.oci.host, w->source.oci.path, w->locked ? NULL : w->source.oci.tag,
		w->locked ? (char *)w->locked : w->source.oci.digest };
	return registry_begin(r->registry, &at, !r->opts->metadata_only);
}

static int begin(struct resolver *r, struct wanted *w, struct err *err)
{
	if (w->source.kind != DEV_SOURCE_OCI && w->source.kind != DEV_SOURCE_TARBALL)
		return 0;
	if (!r->registry) {
		r->own_registry = true;
		r->registry = registry_open();
	}
	if (r->lock && uses_lock(r->opts->lock)) {
		w->locked = dev_lockfile_digest(r->lock, w->source.ref, err);
		if (!w->locked && err_is(err))
			return -1;
	}
	w->ticket = w->source.kind == DEV_SOURCE_OCI ? begin_oci(r, w) :
	    registry_begin_tarball(r->registry, w->source.ref, w->locked);
	return 0;
}

/* The option that went with a legacy name, set to true among those that were written. Returns a new object or NULL. */
static json_object *written_for(json_object *written, const char *option)
{
	if (!option)
		return json_object_get(written);
	json_object *all = json_object_is_type(written, json_type_object) ? json_copy(written) : json_object_new_object();
	json_object_object_add(all, option, json_object_new_boolean(true));
	return all;
}

/* Whether a reference means one of lace's own: "lace/sshd", in any case and with any version. */
static bool is_own(const char *ref, const char *own)
{
	size_t n = strlen(own);
	return strncasecmp(ref, own, n) == 0 && (ref[n] == '\0' || ref[n] == ':' || ref[n] == '@');
}

static int want(struct resolver *r, struct level *l, const char *ref, json_object *written, size_t needed_by,
    bool unlocked, struct err *err)
{
	struct wanted w = { .needed_by = needed_by, .unlocked = unlocked };
	const char *option = NULL;
	/* One of our own that is there already may be named by its reference. */
	for (size_t i = 0; i < r->n; i++) {
		if (r->nodes[i].source.kind != DEV_SOURCE_OWN || !is_own(ref, r->nodes[i].source.ref))
			continue;
		if (needed_by != SIZE_MAX)
			dev_node_depend(&r->nodes[needed_by], i);
		return 0;
	}
	cleanup_free char *meant = dev_source_legacy(ref, &option);
	if (meant)
		log_warn("feature \"%s\" is an old name; write %s%s%s", ref, meant, option ? " with the option " : "",
		    option ? option : "");
	if (dev_source_parse(r->config, ref, &w.source, err) < 0)
		return -1;
	w.written = written_for(written, option);
	if (begin(r, &w, err) < 0) {
		wanted_fini(&w);
		return -1;
	}
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = w;
	return 0;
}

static int want_all(struct resolver *r, struct level *l, json_object *features, size_t needed_by, bool unlocked,
    struct err *err)
{
	if (!json_object_is_type(features, json_type_object))
		return 0;
	json_object_object_foreach(features, ref, written) {
		if (want(r, l, ref, written, needed_by, unlocked, err) == 0)
			continue;
		if (!r->only_begins)
			return -1;
		err_fini(err);
	}
	return 0;
}

/* What the configuration says of one of lace's own, or NULL. */
static json_object *written_of(const struct dev_config *c, const char *own)
{
	json_object *features = json_get(c->conf, "features");
	if (!json_object_is_type(features, json_type_object))
		return NULL;
	json_object_object_foreach(features, ref, written)
		if (is_own(ref, own))
			return written;
	return NULL;
}

/* Ours go first, in the order given, unless overrideFeatureInstallOrder says otherwise: they are the same in
 * every project, so their layers are shared, and a change in a feature of the user's does not install sshd again.
 * (They have no installsAfter: other tools, which may install them too, would look it up in a registry.) */
static int add_own(struct resolver *r, const char *dir, struct err *err)
{
	cleanup_free char *ref = xasprintf("lace/%s", fs_basename(dir));
	char *real = fs_is_dir(dir) ? fs_realpath(dir, err) : NULL;
	if (!real)
		return err_set(err, ERR_FAILED,
		    "lace's own feature %s is missing at %s; install lace again, or use --plain", ref, dir);
	struct wanted w = { .source = { .kind = DEV_SOURCE_OWN, .ref = xstrdup(ref), .key = real },
		.written = json_object_get(written_of(r->config, ref)) };
	int index = add_node(r, &w, err);
	wanted_fini(&w);
	if (index < 0)
		return -1;
	r->nodes[index].priority = SIZE_MAX - (size_t)index;
	return 0;
}

/* ---- the graph ---- */

/* Nodes of a whole level, and what they depend on as the next one. */
static int take_level(struct resolver *r, struct level *l, struct level *ret_next, struct err *err)
{
	for (size_t i = 0; i < l->n; i++) {
		size_t before = r->n, needed_by = l->v[i].needed_by;
		bool unlocked = l->v[i].unlocked;
		int index = add_node(r, &l->v[i], err);
		if (index < 0)
			return needed_by == SIZE_MAX ? -1 : err_wrap(err, "feature \"%s\" depends on another", r->found[needed_by].ref);
		if (needed_by != SIZE_MAX)
			dev_node_depend(&r->nodes[needed_by], (size_t)index);
		if (r->n > before &&
		    want_all(r, ret_next, json_get(r->found[index].json, "dependsOn"), (size_t)index, unlocked, err) < 0)
			return err_wrap(err, "feature \"%s\" depends on another", r->found[index].ref);
	}
	return 0;
}

/* What a reference of installsAfter or overrideFeatureInstallOrder means; false: nothing that could be there. */
static bool names_node(struct resolver *r, const char *ref, struct dev_source *ret)
{
	cleanup_err struct err ignored = ERR_INIT;
	if (str_starts(ref, "lace/")) {
		for (size_t i = 0; i < r->n; i++) {
			if (r->nodes[i].source.kind != DEV_SOURCE_OWN || !is_own(ref, r->nodes[i].source.ref))
				continue;
			*ret = (struct dev_source){ .kind = DEV_SOURCE_OWN, .ref = xstrdup(ref), .key = xstrdup(r->nodes[i].source.key) };
			return true;
		}
		return false;
	}
	return dev_source_parse(r->config, ref, ret, &ignored) == 0;
}

/* installsAfter only orders: what is not there is no dependency. */
static void add_soft_deps(struct resolver *r, size_t i)
{
	json_object *after = json_get(r->found[i].json, "installsAfter");
	size_t n = json_object_is_type(after, json_type_array) ? json_object_array_length(after) : 0;
	r->nodes[i].n_hard = r->nodes[i].n_deps;
	for (size_t k = 0; k < n; k++) {
		const char *ref = json_object_get_string(json_object_array_get_idx(after, k));
		struct dev_source s;
		if (!ref || !names_node(r, ref, &s))
			continue;
		for (size_t on = 0; on < r->n; on++)
			if (on != i && dev_node_is(&r->nodes[on], &s))
				dev_node_depend(&r->nodes[i], on);
		dev_source_fini(&s);
	}
}

static void set_priorities(struct resolver *r)
{
	json_object *order = json_get(r->config->conf, "overrideFeatureInstallOrder");
	size_t n = json_object_is_type(order, json_type_array) ? json_object_array_length(order) : 0;
	for (size_t k = n; k-- > 0;) {
		const char *ref = json_object_get_string(json_object_array_get_idx(order, k));
		struct dev_source s;
		if (!ref || !names_node(r, ref, &s))
			continue;
		for (size_t i = 0; i < r->n; i++)
			if (dev_node_is(&r->nodes[i], &s))
				r->nodes[i].priority = n - k;
		dev_source_fini(&s);
	}
}

static int first_level(struct resolver *r, struct level *l, struct err *err)
{
	if (want_all(r, l, json_get(r->config->conf, "features"), SIZE_MAX, false, err) < 0)
		return -1;
	return want_all(r, l, r->opts->additional, SIZE_MAX, true, err);
}

static int build_graph(struct resolver *r, struct err *err)
{
	for (const char *const *own = r->opts->extra; own && *own; own++)
		if (add_own(r, *own, err) < 0)
			return -1;
	struct level now = { NULL, 0 }, next = { NULL, 0 };
	int code = first_level(r, &now, err);
	while (code == 0 && now.n) {
		code = take_level(r, &now, &next, err);
		level_fini(&now);
		now = next;
		next = (struct level){ NULL, 0 };
	}
	level_fini(&now);
	level_fini(&next);
	for (size_t i = 0; code == 0 && i < r->n; i++)
		add_soft_deps(r, i);
	if (code == 0)
		set_priorities(r);
	return code;
}

/* ---- the result ---- */

/* Options, environment and digest. The digest covers every byte that goes into the container; those of a registry's
 * features are known by the digest that they were fetched by. */
static int complete(struct dev_feature *f, struct dev_node *node, struct err *err)
{
	f->written = json_object_get(node->written);
	f->options = dev_options_resolve(f->json, node->written);
	dev_options_env(f->options, &f->env);
	if (!f->dir)
		return 0;
	cleanup_str struct str payload = STR_INIT;
	if (f->integrity)
		str_printf(&payload, "%s of %s", f->integrity, f->ref);
	else if (tar_add_tree(&payload, "feature", f->dir, err) < 0)
		return err_wrap(err, "feature \"%s\"", f->ref);
	for (size_t i = 0; i < f->env.n; i++)
		str_add(&payload, f->env.v[i], strlen(f->env.v[i]) + 1);
	f->digest = xmalloc(65);
	sha256_hex(payload.s, payload.len, f->digest);
	return 0;
}

/* In install order, with the indices that they then have. */
static void hand_over(struct resolver *r, const size_t *order, struct dev_features *ret)
{
	cleanup_free size_t *at = xcalloc(r->n + 1, sizeof(*at));
	ret->v = xcalloc(r->n + 1, sizeof(*ret->v));
	ret->n = r->n;
	for (size_t i = 0; i < r->n; i++)
		at[order[i]] = i;
	for (size_t i = 0; i < r->n; i++) {
		struct dev_feature *f = &ret->v[i];
		struct dev_node *node = &r->nodes[order[i]];
		*f = r->found[order[i]];
		f->deps = node->deps;
		f->n_deps = node->n_deps;
		f->n_hard = node->n_hard;
		node->deps = NULL;
		for (size_t k = 0; k < f->n_deps; k++)
			f->deps[k] = at[f->deps[k]];
	}
}

static int settle_lock(struct resolver *r, const struct dev_features *f, struct err *err)
{
	enum dev_lock mode = r->opts->lock;
	if (mode == DEV_LOCK_NONE || mode == DEV_LOCK_READ)
		return 0;
	/* The texts of the reference CLI: scripts look for them. */
	if (mode == DEV_LOCK_FROZEN && !r->lock)
		return err_set(err, ERR_FAILED, "Lockfile does not exist.");
	json_object *now = dev_lockfile_of(f);
	int code = 0;
	bool same = r->lock && json_object_equal(r->lock, now);
	bool any = json_object_object_length(json_get(now, "features")) > 0;
	if (mode == DEV_LOCK_FROZEN && !same)
		code = err_set(err, ERR_FAILED, "Lockfile does not match.");
	else if (!same && (r->lock || (any && mode != DEV_LOCK_UPDATE)))
		code = dev_lockfile_write(r->config, now, err);
	json_object_put(now);
	return code;
}

static int open_lock(struct resolver *r, struct err *err)
{
	if (r->opts->lock == DEV_LOCK_NONE)
		return 0;
	cleanup_err struct err broken = ERR_INIT;
	r->lock = dev_lockfile_read(r->config, &broken);
	if (!r->lock && err_is(&broken) && r->opts->lock != DEV_LOCK_RENEW)
		return err_set(err, broken.code, "%s", broken.msg);
	return 0;
}

int dev_features_resolve(const struct dev_config *c, const struct dev_feature_options *o, struct dev_features *ret,
    struct err *err)
{
	struct resolver r = { .config = c, .opts = o, .registry = o->registry };
	*ret = (struct dev_features){ NULL, 0 };
	int code = open_lock(&r, err);
	if (code == 0)
		code = build_graph(&r, err);
	cleanup_free size_t *order = xcalloc(r.n + 1, sizeof(*order));
	if (code == 0)
		code = dev_order(r.nodes, r.n, order, err);
	for (size_t i = 0; code == 0 && i < r.n; i++)
		code = complete(&r.found[i], &r.nodes[i], err);
	if (code == 0) {
		hand_over(&r, order, ret);
		code = settle_lock(&r, ret, err);
		if (code < 0)
			dev_features_fini(ret);
	} else {
		for (size_t i = 0; i < r.n; i++)
			feature_fini(&r.found[i]);
	}
	for (size_t i = 0; i < r.n; i++)
		dev_node_fini(&r.nodes[i]);
	free(r.nodes);
	free(r.found);
	json_object_put(r.lock);
	if (r.own_registry)
		registry_close(r.registry);
	return code;
}

void dev_features_prefetch(const struct dev_config *c, const struct dev_feature_options *o)
{
	cleanup_err struct err ignored = ERR_INIT;
	struct resolver r = { .config = c, .opts = o, .registry = o->registry, .only_begins = true };
	struct level l = { NULL, 0 };
	if (r.registry && open_lock(&r, &ignored) == 0)
		first_level(&r, &l, &ignored);
	level_fini(&l);
	json_object_put(r.lock);
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
	cleanup_free char *named = dev_source_id(ref);
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
