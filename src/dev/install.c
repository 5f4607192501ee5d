/* The reference writes a Dockerfile and lets a builder run it. Here one throw-away
 * container does: copy a feature's folder in, run its install.sh as root, take the
 * folder out, commit, and on with the next (builder.h). It needs no builder, works the
 * same on Docker and Podman, and takes a quarter of the time.
 *
 * A commit copies all that the container changed since it was made, earlier features
 * included. That is cheaper than a new container while it is little; once it is more than
 * FRESH_BYTES the next feature begins in a fresh one. */
#include "dev/install.h"

#include "base/mem.h"
#include "dev/builder.h"
#include "dev/metadata.h"
#include "dev/options.h"
#include "host/dotlace.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/safe.h"
#include "host/sha256.h"
#include "host/tar.h"
#include "host/xdg.h"

#include <unistd.h>

/* Part of every digest: count it up when the same input makes another image. */
#define LAYER_FORMAT "lace-feature-layer-1"
#define PAYLOADS "tmp/lace-features"
/* What the engines give a container whose image says nothing; ${PATH} has to mean it. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum {
	LAYERS_MAX = 125,            /* an engine's limit for an image */
	LAYERS_SPARE = 5,            /* of them left: for the uid, and for images that are built on ours */
	FRESH_BYTES = 32 << 20,
	NO_TAR = 125,                /* exit code of install_script */
	LAYER_WAIT_MS = 15 * 60 * 1000,
};

/* $1 is the feature's folder. With $2 "stdin" it comes as a tar archive on stdin, which saves the round trip
 * and the mount of the engine's archive upload; else it is there already. The homes are looked up each time: an
 * earlier feature may have made the user. The kill ends daemons that install.sh left behind, as the end of a
 * builder's step does: they would go on writing while the layer is committed, and hold our output open. (It
 * spares this shell and process 1.) */
static const char install_script[] =
    "home() {\n"
    "	entry=$(getent passwd \"$1\" 2>/dev/null) && [ -n \"$entry\" ] && {\n"
    "		entry=${entry#*:*:*:*:*:}; echo \"${entry%%:*}\"; return; }\n"
    "	while IFS=: read -r name word uid gid gecos dir shell || [ -n \"$name\" ]; do\n"
    "		[ \"$name\" = \"$1\" ] || [ \"$uid\" = \"$1\" ] && { echo \"$dir\"; return; }\n"
    "	done </etc/passwd\n"
    "}\n"
    "_CONTAINER_USER_HOME=$(home \"$_CONTAINER_USER\")\n"
    "_REMOTE_USER_HOME=$(home \"$_REMOTE_USER\")\n"
    "export _CONTAINER_USER_HOME _REMOTE_USER_HOME\n"
    "if [ \"$2\" = stdin ]; then\n"
    "	command -v tar >/dev/null || exit 125\n"
    "	tar -xmf - -C / || exit 126\n"
    "fi\n"
    "cd \"$1\" && chmod +x ./install.sh || exit 126\n"
    "./install.sh </dev/null\n"
    "code=$?\n"
    "cd / && rm -rf /" PAYLOADS " || exit 126\n"
    "kill -9 -1 2>/dev/null\n"
    "exit $code\n";

/* ---- what went in ---- */

static void digest_add(struct str *s, const char *field)
{
	str_add(s, field, strlen(field) + 1);
}

/* digests[i]: of the base and everything up to feature i. */
static void chain_digests(const struct dev_install *in, const struct dev_features *f, char (*digests)[65])
{
	const char *id = json_str(in->base, "Id"), *arch = json_str(in->base, "Architecture");
	for (size_t i = 0; i < f->n; i++) {
		cleanup_str struct str s = STR_INIT;
		digest_add(&s, LAYER_FORMAT);
		digest_add(&s, i ? digests[i - 1] : id ? id : "");
		digest_add(&s, arch ? arch : "");
		digest_add(&s, in->container_user);
		digest_add(&s, in->remote_user);
		digest_add(&s, f->v[i].ref);
		digest_add(&s, f->v[i].digest);
		sha256_hex(s.s, s.len, digests[i]);
	}
}

/* A port that is there only where the option of its name is set ("whenSet") is decided upon now: the entry is
 * all that is known of a feature later, in a prebuilt image's label too. */
static void decide_ports(json_object *entry, json_object *options)
{
	json_object *ports = json_get(json_get(json_get(entry, "customizations"), "lace"), "ports");
	cleanup_strv struct strv unset = STRV_INIT;
	if (!json_object_is_type(ports, json_type_object))
		return;
	json_object_object_foreach(ports, option, declared) {
		if (!json_flag(declared, "whenSet", false))
			continue;
		const char *value = json_str(options, option);
		if (value == NULL || *value == '\0' || str_eq(value, "false"))
			strv_push(&unset, option);
		else
			json_object_object_del(declared, "whenSet");
	}
	for (size_t i = 0; i < unset.n; i++)
		json_object_object_del(ports, unset.v[i]);
}

void dev_feature_entries(const struct dev_features *f, size_t n, json_object *ret)
{
	for (size_t i = 0; i < n; i++) {
		json_object *entry = dev_metadata_from_feature(f->v[i].ref, f->v[i].json);
		if (entry == NULL)
			continue;
		decide_ports(entry, f->v[i].options);
		json_object_array_add(ret, entry);
	}
}

void dev_image_env(json_object *inspect, struct strv *ret)
{
	json_object *env = json_get(json_get(inspect, "Config"), "Env");
	size_t n = json_object_is_type(env, json_type_array) ? json_object_array_length(env) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *entry = json_object_get_string(json_object_array_get_idx(env, i));
		if (entry)
			strv_push(ret, entry);
	}
}

/* ---- running one install.sh ---- */

static void banner_line(struct str *s, const char *what, const char *value)
{
	str_printf(s, "%-14s: %s\n", what, value ? value : "");
}

static void banner(const struct dev_feature *f, struct str *log)
{
	cleanup_str struct str s = STR_INIT;
	banner_line(&s, "Feature", json_str(f->json, "name"));
	banner_line(&s, "Description", json_str(f->json, "description"));
	banner_line(&s, "Id", f->ref);
	banner_line(&s, "Version", json_str(f->json, "version"));
	banner_line(&s, "Documentation", json_str(f->json, "documentationURL"));
	banner_line(&s, "Options", NULL);
	for (size_t i = 0; i < f->env.n; i++)
		str_printf(&s, "    %s\n", f->env.v[i]);
	progress_output(s.s, s.len);
	str_add(log, s.s, s.len);
}

/* Shows the whole output and keeps it in a file; err names both. */
static int report_failure(const struct dev_install *in, const struct dev_feature *f, int code,
    const struct str *log, struct err *err)
{
	progress_done();
	cleanup_str struct str plain = STR_INIT, shown = STR_INIT;
	safe_strip_escapes(&plain, log->s, log->len);
	log_safe(&shown, plain.s, plain.len, DEV_BUILDER_SAID_MAX, true);
	fwrite(shown.s, 1, shown.len, stderr);
	if (shown.len && shown.s[shown.len - 1] != '\n')
		fputc('\n', stderr);

	cleanup_free char *what = xasprintf("feature-%s", f->id), *path = NULL;
	cleanup_err struct err unsaved = ERR_INIT;
	cleanup_close int fd = dotlace_log_create(in->workspace, what, &path, &unsaved);
	/* Filtered too: a log is read on a terminal. */
	size_t done = 0;
	while (fd >= 0 && done < shown.len) {
		ssize_t n = write(fd, shown.s + done, shown.len - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (fd < 0 || done < shown.len)
		return err_set(err, ERR_FAILED, "feature \"%s\" cannot be installed: install.sh ended with exit code %d; "
		    "its output is above", f->ref, code);
	return err_set(err, ERR_FAILED,
	    "feature \"%s\" cannot be installed: install.sh ended with exit code %d; its output "
	    "is in %s", f->ref, code, path);
}

static int pack_payload(const struct dev_feature *f, const char *dir, struct str *tar, struct err *err)
{
	if (tar_add_dir(tar, PAYLOADS, 0755, err) < 0 || tar_add_tree(tar, dir, f->dir, err) < 0)
		return err_wrap(err, "feature \"%s\"", f->ref);
	tar_finish(tar);
	return 0;
}

/* install.sh's exit code, or -1. Images without tar exist; for them the engine unpacks. */
static int run_install(struct dev_builder *b, const char *dir, const struct str *payload,
    const struct strv *env, struct str *log, struct err *err)
{
	const char *const piped[] = { dir, "stdin", NULL }, *const there[] = { dir, "there", NULL };
	size_t before = log->len;
	int code = dev_builder_run(b, install_script, piped, env, payload, log, err);
	if (code != NO_TAR || log->len != before)
		return code;
	if (engine_put_archive(b->engine, b->id, "/", payload, err) < 0)
		return -1;
	return dev_builder_run(b, install_script, there, env, NULL, log, err);
}

/* env: the image's environment, with the feature's containerEnv set already. */
static int install_one(struct dev_builder *b, const struct dev_install *in, const struct dev_feature *f,
    size_t i, const struct strv *env, struct err *err)
{
	cleanup_free char *dir = xasprintf(PAYLOADS "/%s_%zu", f->id, i), *inside = xasprintf("/%s", dir);
	cleanup_str struct str payload = STR_INIT;
	if (pack_payload(f, dir, &payload, err) < 0)
		return -1;
	cleanup_strv struct strv all = STRV_INIT;
	if (env->n)
		strv_push_all(&all, (const char *const *)env->v);
	for (size_t k = 0; k < f->env.n; k++) {
		const char *eq = strchr(f->env.v[k], '=');
		cleanup_free char *name = xmemdup0(f->env.v[k], (size_t)(eq - f->env.v[k]));
		env_set(&all, name, eq + 1);
	}
	env_set(&all, "_CONTAINER_USER", in->container_user);
	env_set(&all, "_REMOTE_USER", in->remote_user);

	cleanup_str struct str log = STR_INIT;
	banner(f, &log);
	int code = run_install(b, inside, &payload, &all, &log, err);
	if (code < 0)
		return err_wrap(err, "feature \"%s\" cannot be installed", f->ref);
	return code == 0 ? 0 : report_failure(in, f, code, &log, err);
}

/* ---- layers ---- */

/* The longest run of features that is there already: how many, and its image (NULL when none is). */
static int find_layers(struct engine *e, const struct dev_features *f, char (*digests)[65], size_t *ret_n,
    json_object **ret_image, struct err *err)
{
	*ret_image = NULL;
	for (*ret_n = f->n; *ret_n > 0; --*ret_n) {
		*ret_image = dev_layer_find(e, digests[*ret_n - 1], err);
		if (*ret_image)
			return 0;
		if (err_is(err))
			return -1;
	}
	return 0;
}

struct layering {
	struct dev_builder builder;
	bool open;
	int64_t size;                /* of the image that the builder began with */
	struct strv env;             /* of what is in the builder; none: the image's */
};

static void close_builder(struct layering *l)
{
	if (l->open)
		dev_builder_close(&l->builder);
	l->open = false;
	strv_fini(&l->env);
}

/* How many features have a layer of their own, the last ones; the others go into the first of those. */
static size_t own_layers(json_object *base, size_t n)
{
	json_object *layers = json_get(json_get(base, "RootFS"), "Layers");
	size_t there = json_object_is_type(layers, json_type_array) ? json_object_array_length(layers) : 0;
	size_t room = there + LAYERS_SPARE < LAYERS_MAX ? LAYERS_MAX - LAYERS_SPARE - there : 1;
	return MIN(room, n);
}

/* Installs feature i on top of *image, which it replaces; without a digest it stays in the builder. */
static int add_layer(struct layering *l, struct engine *e, const struct dev_install *in,
    const struct dev_features *f, size_t i, const char *digest, json_object **image, struct err *err)
{
	const struct dev_feature *feature = &f->v[i];
	const char *name = json_str(feature->json, "name");
	progress_step("Installing feature %s (%zu of %zu)", name ? name : feature->id, i + 1, f->n);
	if (json_flag(feature->json, "deprecated", false))
		log_warn("feature %s is deprecated", feature->ref);
	if (!l->env.n)
		dev_image_env(*image, &l->env);
	if (!env_get(&l->env, "PATH"))
		env_set(&l->env, "PATH", DEFAULT_PATH);
	if (dev_options_container_env(feature->json, &l->env, err) < 0)
		return err_wrap(err, "feature \"%s\"", feature->ref);
	if (!l->open) {
		if (dev_builder_open(&l->builder, e, *image, err) < 0)
			return -1;
		l->open = true;
		l->size = json_int(*image, "Size", 0);
	}
	if (install_one(&l->builder, in, feature, i, &l->env, err) < 0)
		return -1;
	if (!digest)
		return 0;

	json_object *entries = json_copy(in->base_entries);
	dev_feature_entries(f, i + 1, entries);
	json_object *next = dev_builder_commit(&l->builder, *image, digest, &l->env, entries, err);
	json_object_put(entries);
	if (!next)
		return err_wrap(err, "feature \"%s\"", feature->ref);
	json_object_put(*image);
	*image = next;
	if (json_int(next, "Size", 0) - l->size > FRESH_BYTES)
		close_builder(l);
	return 0;
}

/* Held while a layer is made, so that projects that come up at once and want the same one make it once. The
 * names are few, for nothing ever removes them. -1: made without, which costs work and nothing else. */
static int lock_layer(const char *digest, const struct dev_feature *f)
{
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_free char *name = xasprintf("locks/layer-%.2s", digest), *path = xdg_state(name),
	    *dir = fs_dirname(path);
	if (fs_mkdir_p(dir, 0700, &ignored) < 0)
		return -1;
	int fd = fs_lock(path, 0, &ignored);
	if (fd >= 0)
		return fd;
	progress_step("Waiting for another lace up, which installs %s", f->id);
	err_fini(&ignored);
	return fs_lock(path, LAYER_WAIT_MS, &ignored);
}

/* Feature i on top of *image: somebody else's work of this moment, or our own. */
static int next_layer(struct layering *l, struct engine *e, const struct dev_install *in,
    const struct dev_features *f, size_t i, const char *digest, json_object **image, struct err *err)
{
	if (in->no_cache || !digest)
		return add_layer(l, e, in, f, i, digest, image, err);
	int code = 0, lock = lock_layer(digest, &f->v[i]);
	json_object *there = dev_layer_find(e, digest, err);
	if (there) {
		json_object_put(*image);
		*image = there;
		close_builder(l);        /* what was installed in it so far is in that image too */
	} else {
		code = err_is(err) ? -1 : add_layer(l, e, in, f, i, digest, image, err);
	}
	if (lock >= 0)
		fs_unlock(lock);
	return code;
}

json_object *dev_install_features(struct engine *e, const struct dev_install *in,
    const struct dev_features *f, char **ret_ref, struct err *err)
{
	*ret_ref = NULL;
	if (f->n == 0)
		return json_object_get(in->base);
	cleanup_free char (*digests)[65] = xcalloc(f->n, sizeof(*digests));
	chain_digests(in, f, digests);
	json_object *image = NULL;
	size_t done = 0;
	if (!in->no_cache && find_layers(e, f, digests, &done, &image, err) < 0)
		return NULL;
	if (!image)
		image = json_object_get(in->base);

	struct layering l = { .open = false };
	size_t shared = f->n - own_layers(in->base, f->n);
	int code = 0;
	for (size_t i = done; code == 0 && i < f->n; i++)
		code = next_layer(&l, e, in, f, i, i < shared ? NULL : digests[i], &image, err);
	close_builder(&l);
	if (code < 0) {
		json_object_put(image);
		return NULL;
	}
	*ret_ref = dev_layer_name(digests[f->n - 1]);
	return image;
}
