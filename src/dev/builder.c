#include "dev/builder.h"

#include "base/mem.h"
#include "dev/metadata.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"
#include "host/tar.h"

#include <sys/random.h>
#include <unistd.h>

enum { TAG_LEN = 20 };

/* ---- the container ---- */

/* Keeps the container running and reaps what install scripts leave behind. */
static const char sleeping[] = "while :; do sleep 3600; done";
/* Ends quietly when it reads a line; when the pipe just ends, we are gone. */
static const char guarding[] = "read -r done || \"$@\"";

static bool empty_list(json_object *v)
{
	return !json_object_is_type(v, json_type_array) || json_object_array_length(v) == 0;
}

static json_object *words(const char *a, const char *b)
{
	json_object *list = json_object_new_array();
	if (a)
		json_object_array_add(list, json_object_new_string(a));
	if (b)
		json_object_array_add(list, json_object_new_string(b));
	return list;
}

/* An engine that commits gives the image the container's own command where none is set, and an image
 * without any cannot be asked for one. For such a base the shell gets no arguments: it reads, for ever, from
 * the standard input that stays open. */
static json_object *create_config(json_object *image, const char *from)
{
	json_object *of_image = json_get(image, "Config"), *config = json_object_new_object();
	bool bare = empty_list(json_get(of_image, "Entrypoint")) && empty_list(json_get(of_image, "Cmd"));
	json_object *labels = json_object_new_object();
	json_object_object_add(labels, DEV_LABEL_BUILD, json_object_new_string("1"));
	json_object_object_add(config, "Image", json_object_new_string(from));
	json_object_object_add(config, "Labels", labels);
	json_object_object_add(config, "Entrypoint", words("/bin/sh", NULL));
	json_object_object_add(config, "Cmd", bare ? words(NULL, NULL) : words("-c", sleeping));
	json_object_object_add(config, "OpenStdin", json_object_new_boolean(bare));
	return config;
}

/* ---- volumes of the image ---- */

static bool has_volumes(json_object *image)
{
	json_object *volumes = json_get(json_get(image, "Config"), "Volumes");
	return json_object_is_type(volumes, json_type_object) && json_object_object_length(volumes) > 0;
}

/* The archive of an image that is this one but for its volumes. Its layers are named and not in it: the engine has
 * them. The new image's id is the digest of its configuration. */
static int pack_without_volumes(json_object *image, struct str *tar, char **ret_id, struct err *err)
{
	json_object *top = json_object_new_object(), *config = json_object_new_object(), *rootfs = json_object_new_object();
	json_object *old = json_get(image, "Config"), *layers = json_get(json_get(image, "RootFS"), "Layers");
	json_object_object_foreach(old, key, value) {
		if (!str_eq(key, "Volumes"))
			json_object_object_add(config, key, json_object_get(value));
	}
	json_object_object_add(rootfs, "type", json_object_new_string("layers"));
	json_object_object_add(rootfs, "diff_ids", json_object_get(layers));
	json_object_object_add(top, "architecture", json_object_get(json_get(image, "Architecture")));
	json_object_object_add(top, "os", json_object_get(json_get(image, "Os")));
	json_object_object_add(top, "config", config);
	json_object_object_add(top, "rootfs", rootfs);
	cleanup_str struct str text = STR_INIT, manifest = STR_INIT;
	json_stringify(&text, top);
	json_object_put(top);
	char hex[65];
	sha256_hex(text.s, text.len, hex);
	cleanup_free char *name = xasprintf("%s.json", hex);
	str_printf(&manifest, "[{\"Config\":\"%s\",\"RepoTags\":null,\"Layers\":[", name);
	size_t n = json_object_is_type(layers, json_type_array) ? json_object_array_length(layers) : 0;
	for (size_t i = 0; i < n; i++)
		str_printf(&manifest, "%s\"%zu/layer.tar\"", i ? "," : "", i);
	str_puts(&manifest, "]}]");
	if (tar_add_file(tar, name, 0644, text.s, text.len, err) < 0 ||
	    tar_add_file(tar, "manifest.json", 0644, manifest.s, manifest.len, err) < 0)
		return -1;
	tar_finish(tar);
	*ret_id = xasprintf("sha256:%s", hex);
	return 0;
}

/* What is written below a VOLUME of the image goes into a volume of the container, and no commit has it. So the
 * container is made from the same image without them. Where an engine cannot do that, the folders are named. */
static char *without_volumes(struct engine *e, json_object *image)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str tar = STR_INIT;
	char *id = NULL;
	json_object *made = NULL;
	if (pack_without_volumes(image, &tar, &id, &err) == 0 && engine_image_load(e, &tar, &err) == 0)
		made = engine_image_inspect(e, id, &err);
	bool done = made && !has_volumes(made);
	json_object_put(made);
	if (done)
		return id;
	free(id);
	cleanup_str struct str folders = STR_INIT;
	json_object_object_foreach(json_get(json_get(image, "Config"), "Volumes"), folder, value) {
		(void)value;
		str_printf(&folders, "%s%s", folders.len ? ", " : "", folder);
	}
	log_info("%s", err.msg ? err.msg : "the engine keeps an image's volumes");
	log_warn("what features write below %s is lost: the image declares it a VOLUME", folders.s);
	return xstrdup(json_str(image, "Id"));
}

static int start_guard(struct dev_builder *b, const char *name, struct err *err)
{
	struct proc *p = &b->guard;
	proc_init(p);
	static const char *const shell[] = { "/bin/sh", "-c", guarding, "lace-build-guard", NULL };
	static const char *const remove[] = { "rm", "-f", "-v", NULL };
	strv_push_all(&p->argv, shell);
	engine_cli(b->engine, &p->argv);
	strv_push_all(&p->argv, remove);
	strv_push(&p->argv, name);
	p->in = PROC_PIPE;
	p->out = p->err = PROC_NULL;
	p->new_session = true;
	return proc_start(p, err);
}

static void end_guard(struct dev_builder *b, bool removed)
{
	cleanup_err struct err ignored = ERR_INIT;
	if (removed && write(b->guard.in, "\n", 1) != 1)
		log_info("the guard of the build container is gone");
	close(b->guard.in);
	b->guard.in = -1;
	proc_wait(&b->guard, &ignored);
	proc_fini(&b->guard);
}

/* The folders of the volumes are there in any container of the image, so they are here. */
static int make_volume_folders(struct dev_builder *b, json_object *image, struct err *err)
{
	cleanup_strv struct strv folders = STRV_INIT;
	cleanup_str struct str said = STR_INIT;
	json_object_object_foreach(json_get(json_get(image, "Config"), "Volumes"), folder, value) {
		(void)value;
		strv_push(&folders, folder);
	}
	static const char script[] = "for d; do [ -d \"$d\" ] || mkdir -p -- \"$d\"; done";
	return dev_builder_run(b, script, (const char *const *)folders.v, NULL, NULL, &said, err) < 0 ? -1 : 0;
}

int dev_builder_open(struct dev_builder *b, struct engine *e, json_object *image, struct err *err)
{
	*b = (struct dev_builder){ .engine = e };
	unsigned char random[8];
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(err, "cannot get random bytes");
	char name[32] = "lace-build-";
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(name + 11 + 2 * i, 3, "%02x", random[i]);

	if (start_guard(b, name, err) < 0) {
		proc_fini(&b->guard);
		return -1;
	}
	engine_proxies(e, &b->proxies);
	cleanup_free char *from = has_volumes(image) ? without_volumes(e, image) : xstrdup(json_str(image, "Id"));
	json_object *config = create_config(image, from);
	b->id = engine_create_config(e, name, config, err);
	json_object_put(config);
	if (!b->id || engine_start(e, b->id, err) < 0 || (has_volumes(image) && make_volume_folders(b, image, err) < 0)) {
		err_wrap(err, "cannot run a container to build in");
		dev_builder_close(b);
		return -1;
	}
	return 0;
}

void dev_builder_close(struct dev_builder *b)
{
	cleanup_err struct err err = ERR_INIT;
	bool removed = b->id && engine_remove(b->engine, b->id, true, &err) == 0;
	if (b->id && !removed)
		log_info("%s", err.msg);
	end_guard(b, removed);   /* which tries by itself when we failed */
	strv_fini(&b->proxies);
	free(b->id);
	b->id = NULL;
}

static void on_output(void *user, int stream, const char *data, size_t len)
{
	(void)stream;
	struct str *said = user;
	progress_output(data, len);
	str_add(said, data, len);
	if (said->len > DEV_BUILDER_SAID_MAX)
		str_drop(said, said->len - DEV_BUILDER_SAID_MAX / 2);
}

int dev_builder_run(struct dev_builder *b, const char *script, const char *const *args,
    const struct strv *env, const struct str *input, struct str *said, struct err *err)
{
	cleanup_strv struct strv argv = STRV_INIT;
	static const char *const shell[] = { "/bin/sh", "-c", NULL };
	strv_push_all(&argv, shell);
	strv_push(&argv, script);
	strv_push(&argv, "lace");
	strv_push_all(&argv, args);
	/* The image's own proxies, if it has any, win. */
	cleanup_strv struct strv all = STRV_INIT;
	for (size_t i = 0; i < b->proxies.n; i++) {
		cleanup_free char *proxy = xmemdup0(b->proxies.v[i], strcspn(b->proxies.v[i], "="));
		if (!env || !env_get(env, proxy))
			strv_push(&all, b->proxies.v[i]);
	}
	for (size_t i = 0; env && i < env->n; i++)
		strv_push(&all, env->v[i]);
	struct engine_exec x = { .container = b->id, .user = "0", .dir = "/", .env = &all, .input = input,
		.argv = (const char *const *)argv.v, .output = on_output, .output_user = said };
	return engine_exec(b->engine, &x, err);
}

/* ---- images ---- */

char *dev_layer_name(const char *digest)
{
	return xasprintf("%s:%.*s", DEV_IMAGE_REPO, TAG_LEN, digest);
}

json_object *dev_layer_find(struct engine *e, const char *digest, struct err *err)
{
	cleanup_free char *name = dev_layer_name(digest);
	json_object *image = engine_image_inspect(e, name, err);
	if (!image && err->code == ERR_NOT_FOUND)
		err_fini(err);
	return image;
}

static void keep(json_object *to, json_object *from, const char *key, json_object *absent)
{
	json_object *value = json_get(from, key);
	if (value)
		json_object_put(absent);
	json_object_object_add(to, key, value ? json_object_get(value) : absent);
}

static json_object *commit_config(json_object *base, const char *digest, const struct strv *env,
    json_object *metadata, const struct strv *more)
{
	json_object *from = json_get(base, "Config"), *config = json_object_new_object();
	/* empty lists, not absent ones: the engine would fill those from the container */
	keep(config, from, "Entrypoint", json_object_new_array());
	keep(config, from, "Cmd", json_object_new_array());
	keep(config, from, "User", json_object_new_string(""));
	keep(config, from, "WorkingDir", json_object_new_string(""));
	if (json_get(from, "Volumes"))
		json_object_object_add(config, "Volumes", json_object_get(json_get(from, "Volumes")));
	if (env) {
		json_object *list = json_object_new_array();
		for (size_t i = 0; i < env->n; i++)
			json_object_array_add(list, json_object_new_string(env->v[i]));
		json_object_object_add(config, "Env", list);
	} else {
		keep(config, from, "Env", json_object_new_array());
	}
	json_object *labels = json_object_new_object();
	json_object_object_add(labels, DEV_LABEL_BUILD, json_object_new_string(""));
	json_object_object_add(labels, DEV_LABEL_DIGEST, json_object_new_string(digest));
	if (metadata) {
		cleanup_str struct str text = STR_INIT;
		json_stringify(&text, metadata);
		json_object_object_add(labels, DEV_LABEL_METADATA, json_object_new_string(text.s));
	}
	for (size_t i = 0; more && i < more->n; i++) {
		size_t len = strcspn(more->v[i], "=");
		cleanup_free char *name = xmemdup0(more->v[i], len);
		json_object_object_add(labels, name, json_object_new_string(more->v[i][len] ? more->v[i] + len + 1 : ""));
	}
	json_object_object_add(config, "Labels", labels);
	return config;
}

json_object *dev_builder_commit(struct dev_builder *b, json_object *base, const char *digest,
    const struct strv *env, json_object *metadata, struct err *err)
{
	return dev_builder_commit_labels(b, base, digest, env, metadata, NULL, err);
}

json_object *dev_builder_commit_labels(struct dev_builder *b, json_object *base, const char *digest,
    const struct strv *env, json_object *metadata, const struct strv *labels, struct err *err)
{
	char tag[TAG_LEN + 1];
	snprintf(tag, sizeof(tag), "%s", digest);
	json_object *config = commit_config(base, digest, env, metadata, labels);
	cleanup_free char *id = engine_commit(b->engine, b->id, DEV_IMAGE_REPO, tag, config, err);
	json_object_put(config);
	return id ? engine_image_inspect(b->engine, id, err) : NULL;
}
