/* The road to an image: the base (named or built), lace's own and the configuration's
 * features on top (install.c), then the host user's uid (uid.c).
 *
 * Layers are named by their content and know nothing of the project: its own metadata
 * entry (hooks, environment ...) goes on the container as a label, so editing those
 * rebuilds nothing, and two projects with the same base and features share their image. */
#include "dev/image.h"

#include "base/mem.h"
#include "dev/builder.h"
#include "dev/compose.h"
#include "dev/dockerfile.h"
#include "dev/install.h"
#include "dev/metadata.h"
#include "dev/uid.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"

#include <string.h>
#include <unistd.h>

static const char *const own_features[] = { "sshd", "mux-server" };

/* ---- the base image ---- */

/* Inspects, and pulls what is not there. */
static json_object *named_image(struct engine *e, const char *ref, struct err *err)
{
	json_object *image = engine_image_inspect(e, ref, err);
	if (image || err->code != ERR_NOT_FOUND)
		return image;
	err_fini(err);
	progress_step("Pulling %s", ref);
	if (engine_image_pull(e, ref, err) < 0) {
		if (err->code == ERR_ENGINE)
			return NULL;
		cleanup_free char *reason = xstrdup(err->msg), *said = xasprintf("cannot pull the image %s: ", ref);
		err_set(err, err->code, "image \"%s\" is missing and cannot be pulled: %s; check its name and the network, "
		    "or log in to its registry", ref, reason + (str_starts(reason, said) ? strlen(said) : 0));
		return NULL;
	}
	return engine_image_inspect(e, ref, err);
}

/* Reads the Dockerfile before the builder does: a missing stage or FROM is an error with a line, and
 * progress can name the base. */
static struct dockerfile *read_dockerfile(const char *path, const char *target, struct err *err)
{
	cleanup_str struct str text = STR_INIT;
	if (fs_read(path, DOCKERFILE_BYTES_MAX, &text, err) < 0)
		return NULL;
	struct dockerfile *d = dockerfile_parse(text.s, text.len, path, err);
	if (!d || !target || dockerfile_stage(d, target))
		return d;
	err_set(err, ERR_FAILED, "%s has no stage \"%s\", which build.target names", path, target);
	dockerfile_free(d);
	return NULL;
}

/* The builder's error, with the line of the Dockerfile that it is about. */
static void blame_line(const struct dockerfile *d, const char *path, struct err *err)
{
	cleanup_free char *reason = xstrdup(err->msg), *where = xstrdup(path);
	unsigned line = dockerfile_line_of(d, reason);
	if (line) {
		free(where);
		where = xasprintf("%s:%u", path, line);
	}
	err_set(err, err->code, "cannot build %s: %s%s%s", where, reason, log_path() ? "; its output is in " : "",
	    log_path() ? log_path() : "");
}

static void push_list(struct strv *args, const char *flag, json_object *value)
{
	size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : value ? 1 : 0;
	for (size_t i = 0; i < n; i++) {
		json_object *item = json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, i) :
		    value;
		if (flag)
			strv_push(args, flag);
		strv_push(args, json_object_get_string(item) ? json_object_get_string(item) : "");
	}
}

/* "NAME=value" of build.args. */
static void build_arguments(json_object *build, struct strv *ret)
{
	json_object *args = json_get(build, "args");
	if (!json_object_is_type(args, json_type_object))
		return;
	json_object_object_foreach(args, name, value) {
		const char *text = json_object_get_string(value);
		strv_pushf(ret, "%s=%s", name, text ? text : "");
	}
}

/* One name per configuration: a build replaces the one before. */
static char *build_tag(const struct dev_config *c)
{
	char hex[65];
	sha256_hex(c->config_path, strlen(c->config_path), hex);
	return xasprintf("lace.local/build:%.20s", hex);
}

static json_object *built_image(struct engine *e, const struct dev_config *c, bool no_cache, struct err *err)
{
	json_object *build = json_get(c->conf, "build");
	const char *file = json_str(build, "dockerfile"), *context = json_str(build, "context");
	const char *target = json_str(build, "target");
	if (!file)
		file = json_str(c->conf, "dockerFile");
	if (!context)
		context = json_str(c->conf, "context");
	if (!file) {
		err_set(err, ERR_FAILED, "%s: build.dockerfile is missing; name the Dockerfile", c->config_path);
		return NULL;
	}
	cleanup_free char *path = fs_join(c->config_dir, file), *dir = fs_join(c->config_dir, context ? context :
	    ".");
	cleanup_free char *tag = build_tag(c);
	cleanup_strv struct strv build_args = STRV_INIT, args = STRV_INIT;
	build_arguments(build, &build_args);
	struct dockerfile *d = read_dockerfile(path, target, err);
	if (!d)
		return NULL;
	cleanup_free char *base = dockerfile_base_image(d, &build_args, target);

	/* --force-rm: Docker's old builder leaves the container of a step that failed. */
	const char *const first[] = { "-f", path, "-t", tag, "--force-rm", NULL };
	strv_push_all(&args, first);
	if (target) {
		strv_push(&args, "--target");
		strv_push(&args, target);
	}
	if (no_cache)
		strv_push(&args, "--no-cache");
	else
		push_list(&args, "--cache-from", json_get(build, "cacheFrom"));
	for (size_t i = 0; i < build_args.n; i++) {
		strv_push(&args, "--build-arg");
		strv_push(&args, build_args.v[i]);
	}
	push_list(&args, NULL, json_get(build, "options"));
	strv_push(&args, dir);

	progress_step("Building %s%s%s", file, base ? " on " : "", base ? base : "");
	int code = engine_build(e, &args, err);
	if (code < 0) {
		progress_show_output();
		blame_line(d, path, err);
	}
	dockerfile_free(d);
	if (code < 0)
		return NULL;
	json_object *image = engine_image_inspect(e, tag, err);
	if (!image)
		err_wrap(err,
		    "%s was built, but the engine does not have the result; with buildx, use a builder that loads "
		    "into the engine (docker buildx use default)", path);
	return image;
}

static json_object *service_image(struct engine *e, struct dev_compose *dc, bool no_cache, const char *ref,
    struct err *err)
{
	if (!dev_compose_builds(dc))
		return named_image(e, ref, err);
	if (dev_compose_build(dc, no_cache, err) < 0)
		return NULL;
	json_object *image = engine_image_inspect(e, ref, err);
	if (!image)
		err_wrap(err, "compose built the service, but the engine does not have the result");
	return image;
}

/* *ret_ref: what the container is created from when nothing is added. */
static json_object *base_image(struct engine *e, const struct dev_config *c, const struct dev_image_options *opts,
    char **ret_ref, struct err *err)
{
	const char *image = json_str(c->conf, "image");
	switch (c->kind) {
	case DEV_KIND_IMAGE:
		if (!image)
			break;
		*ret_ref = xstrdup(image);
		return named_image(e, image, err);
	case DEV_KIND_DOCKERFILE:
		*ret_ref = build_tag(c);
		return built_image(e, c, opts->no_cache, err);
	case DEV_KIND_COMPOSE:
		*ret_ref = dev_compose_image(opts->compose);
		return service_image(e, opts->compose, opts->no_cache, *ret_ref, err);
	case DEV_KIND_NONE:
		break;
	}
	err_set(err, ERR_FAILED, "%s is missing one of \"image\", \"dockerFile\" or \"dockerComposeFile\"",
	    c->config_path);
	return NULL;
}

/* The name of the image below a Dockerfile's target stage; NULL with *err unset: it depends on the build. */
static char *dockerfile_base(const struct dev_config *c, struct err *err)
{
	json_object *build = json_get(c->conf, "build");
	const char *file = json_str(build, "dockerfile");
	cleanup_free char *path = fs_join(c->config_dir, file ? file : json_str(c->conf, "dockerFile"));
	cleanup_strv struct strv args = STRV_INIT;
	const char *target = json_str(build, "target");
	struct dockerfile *d = read_dockerfile(path, target, err);
	build_arguments(build, &args);
	char *base = d ? dockerfile_base_image(d, &args, target) : NULL;
	dockerfile_free(d);
	return base;
}

json_object *dev_image_base_entries(struct engine *e, const struct dev_config *c, struct err *err)
{
	cleanup_free char *name = NULL;
	if (c->kind == DEV_KIND_IMAGE)
		name = xstrdup(json_str(c->conf, "image"));
	else if (c->kind == DEV_KIND_DOCKERFILE && (name = dockerfile_base(c, err)) == NULL && err_is(err))
		return NULL;
	if (c->kind == DEV_KIND_NONE) {
		err_set(err, ERR_FAILED, "%s: names no \"image\" and no \"build.dockerfile\"; add one of them", c->config_path);
		return NULL;
	}
	if (name == NULL || str_eq(name, "scratch"))
		return json_object_new_array();
	json_object *image = named_image(e, name, err);
	if (image == NULL)
		return NULL;
	json_object *ret = dev_metadata_parse(json_str(json_get(json_get(image, "Config"), "Labels"), DEV_LABEL_METADATA));
	json_object_put(image);
	return ret;
}

/* ---- users ---- */

/* An image's USER without the group that it may carry. */
static char *image_user(json_object *inspect)
{
	const char *user = json_str(json_get(inspect, "Config"), "User");
	size_t n = user ? strcspn(user, ":") : 0;
	return n ? xmemdup0(user, n) : xstrdup("root");
}

char *dev_container_user(json_object *merged, json_object *image_inspect)
{
	const char *user = json_str(merged, "containerUser");
	return user && *user ? xstrdup(user) : image_user(image_inspect);
}

char *dev_remote_user(json_object *merged, json_object *image_inspect)
{
	const char *user = json_str(merged, "remoteUser");
	return user && *user ? xstrdup(user) : dev_container_user(merged, image_inspect);
}

static json_object *merged_of(const struct dev_config *c, json_object *entries, struct err *err)
{
	struct dev_vars vars = { .workspace = c->workspace, .workspace_folder = c->workspace_folder, .id = c->id };
	json_object *substituted = dev_substitute(entries, &vars, err);
	json_object *merged = substituted ? dev_metadata_merge(substituted, c->conf) : NULL;
	json_object_put(substituted);
	return merged;
}

/* ---- features ---- */

static int resolve_features(const struct dev_config *c, const struct dev_image_options *opts, struct registry *registry,
    json_object *base_entries, struct dev_features *ret, struct err *err)
{
	json_object *ours = json_get(json_get(c->conf, "customizations"), "lace");
	bool terminal = !opts->plain && json_flag(ours, "terminal", true) &&
	    !(opts->compose && !dev_compose_can_publish(opts->compose));
	cleanup_strv struct strv extra = STRV_INIT;
	for (size_t i = 0; i < ARRAY_LEN(own_features); i++)
		if (dev_features_name_own(c, own_features[i]) ||
		    (terminal && !dev_features_name(c->conf, base_entries, own_features[i])))
			strv_pushf(&extra, "%s/features/%s", opts->data_dir, own_features[i]);
	struct dev_feature_options o = { .extra = extra.n ? (const char *const *)extra.v : NULL, .registry = registry,
		.lock = opts->lock, .additional = opts->additional };
	return dev_features_resolve(c, &o, ret, err);
}

/* ---- all of it ---- */

struct preparation {
	struct engine *engine;
	const struct dev_config *config;
	const struct dev_image_options *opts;
	json_object *image;              /* inspect data, as far as it has come */
	char *ref;                       /* and its name */
	json_object *base_entries, *entries, *merged;
	struct dev_features features;
	struct registry *registry;
};

static void advance(struct preparation *p, json_object *image, char *ref)
{
	json_object_put(p->image);
	p->image = image;
	if (ref) {
		free(p->ref);
		p->ref = ref;
	}
}

/* A compose service's user stands between the metadata's and the image's. malloc()ed. */
static char *user_of(const struct preparation *p, char *(*by_image)(json_object *, json_object *))
{
	const char *own = p->opts->compose ? dev_compose_user(p->opts->compose) : NULL;
	if (!own)
		return by_image(p->merged, p->image);
	json_object *image = json_object_new_object(), *config = json_object_new_object();
	json_object_object_add(config, "User", json_object_new_string(own));
	json_object_object_add(image, "Config", config);
	char *user = by_image(p->merged, image);
	json_object_put(image);
	return user;
}

static int add_features(struct preparation *p, struct err *err)
{
	cleanup_free char *container_user = user_of(p, dev_container_user);
	cleanup_free char *remote_user = user_of(p, dev_remote_user);
	struct dev_install in = { .workspace = p->config->workspace, .base = p->image,
	    .base_entries = p->base_entries,
		.container_user = container_user, .remote_user = remote_user, .no_cache = p->opts->no_cache };
	char *ref;
	json_object *image = dev_install_features(p->engine, &in, &p->features, &ref, err);
	if (!image)
		return -1;
	advance(p, image, ref);
	return 0;
}

/* Not for root, nor for a user that is a number. A uid of 0 on the host is always somebody else's. */
static int add_uid(struct preparation *p, struct err *err)
{
	cleanup_free char *user = user_of(p, dev_remote_user);
	int uid = p->config->extra.uid;
	bool wanted = uid != DEV_UID_NEVER && json_flag(p->merged, "updateRemoteUserUID", uid == DEV_UID_ON);
	if (p->opts->no_uid || getuid() == 0 || !wanted || str_eq(user, "root") ||
	    user[strspn(user, "0123456789")] == '\0')
		return 0;
	char *ref;
	json_object *image = dev_uid_layer(p->engine, p->image, user, getuid(), getgid(), p->opts->no_cache, &ref,
	    err);
	if (!image)
		return -1;
	advance(p, image, ref);
	return 0;
}

/* Features come while the base image is pulled or built. */
static void begin_features(struct preparation *p)
{
	p->registry = registry_open();
	struct dev_feature_options o = { .registry = p->registry, .lock = p->opts->lock, .additional = p->opts->additional };
	dev_features_prefetch(p->config, &o);
}

static int prepare(struct preparation *p, json_object **ret_own, struct err *err)
{
	begin_features(p);
	p->image = base_image(p->engine, p->config, p->opts, &p->ref, err);
	if (!p->image)
		return -1;
	json_object *labels = json_get(json_get(p->image, "Config"), "Labels");
	p->base_entries = dev_metadata_parse(json_str(labels, DEV_LABEL_METADATA));
	if (resolve_features(p->config, p->opts, p->registry, p->base_entries, &p->features, err) < 0)
		return -1;
	p->entries = json_copy(p->base_entries);
	dev_feature_entries(&p->features, p->features.n, p->entries);
	*ret_own = dev_metadata_from_config(p->config->raw);
	if (*ret_own)
		json_object_array_add(p->entries, json_object_get(*ret_own));
	p->merged = merged_of(p->config, p->entries, err);
	if (!p->merged || add_features(p, err) < 0)
		return -1;
	return add_uid(p, err);
}

int dev_image_prepare(struct engine *e, const struct dev_config *c, const struct dev_image_options *opts,
    struct dev_image *ret, struct err *err)
{
	struct preparation p = { .engine = e, .config = c, .opts = opts };
	json_object *own = NULL;
	*ret = (struct dev_image){ 0 };
	int code = prepare(&p, &own, err);
	if (code == 0) {
		const char *init = dev_metadata_init(p.entries);
		*ret = (struct dev_image){ .ref = p.ref, .inspect = p.image, .entries = p.entries,
			.labelled = p.features.n > 0 && !own, .init = init ? xstrdup(init) : NULL };
	} else {
		free(p.ref);
		json_object_put(p.image);
		json_object_put(p.entries);
	}
	json_object_put(own);
	json_object_put(p.base_entries);
	json_object_put(p.merged);
	dev_features_fini(&p.features);
	registry_close(p.registry);
	return code;
}

void dev_image_fini(struct dev_image *img)
{
	free(img->ref);
	json_object_put(img->inspect);
	json_object_put(img->entries);
	free(img->init);
	*img = (struct dev_image){ 0 };
}

/* ---- with all labels in it ---- */

static void bake_digest(const struct dev_image *img, const struct strv *labels, char ret[65])
{
	cleanup_str struct str s = STR_INIT;
	str_printf(&s, "baked %s ", json_str(img->inspect, "Id"));
	json_stringify(&s, img->entries);
	for (size_t i = 0; i < labels->n; i++)
		str_printf(&s, "%c%s", '\0', labels->v[i]);
	sha256_hex(s.s, s.len, ret);
}

/* A container of the image, committed at once: a new layer with nothing in it but labels. */
static json_object *bake(struct engine *e, const struct dev_image *img, const char *digest, const struct strv *labels,
    struct err *err)
{
	json_object *image = dev_layer_find(e, digest, err);
	if (image || err_is(err))
		return image;
	struct dev_builder b;
	if (dev_builder_open(&b, e, img->inspect, err) != 0)
		return NULL;
	image = dev_builder_commit_labels(&b, img->inspect, digest, NULL, img->entries, labels, err);
	dev_builder_close(&b);
	return image;
}

int dev_image_bake(struct engine *e, const struct dev_image *img, const struct strv *labels, const struct strv *names,
    struct err *err)
{
	char digest[65];
	bake_digest(img, labels, digest);
	json_object *image = bake(e, img, digest, labels, err);
	int code = image ? 0 : -1;
	for (size_t i = 0; i < names->n && code == 0; i++) {
		const char *name = names->v[i], *slash = strrchr(name, '/'), *colon = strrchr(slash ? slash : name, ':');
		cleanup_free char *repo = xmemdup0(name, colon ? (size_t)(colon - name) : strlen(name));
		code = engine_image_tag(e, json_str(image, "Id"), repo, colon ? colon + 1 : "latest", err);
	}
	json_object_put(image);
	return code;
}
