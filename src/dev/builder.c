#include "dev/builder.h"

#include "base/mem.h"
#include "dev/metadata.h"
#include "host/jsonc.h"
#include "host/log.h"

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

/* An engine that commits gives the image the container's own command where none is set, and an image
 * without any cannot be asked for one. For such a base the shell gets no arguments: it reads, for ever, from
 * the standard input that -i keeps open. */
static void create_args(json_object *image, const char *name, struct strv *args)
{
	json_object *config = json_get(image, "Config");
	bool bare = empty_list(json_get(config, "Entrypoint")) && empty_list(json_get(config, "Cmd"));
	static const char *const common[] = { "--label", DEV_LABEL_BUILD "=1", "--entrypoint", "/bin/sh", NULL };
	strv_push(args, "--name");
	strv_push(args, name);
	strv_push_all(args, common);
	if (bare)
		strv_push(args, "-i");
	strv_push(args, json_str(image, "Id"));
	if (!bare) {
		strv_push(args, "-c");
		strv_push(args, sleeping);
	}
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
	cleanup_strv struct strv args = STRV_INIT;
	create_args(image, name, &args);
	b->id = engine_create(e, &args, err);
	if (!b->id || engine_start(e, b->id, err) < 0) {
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
	struct engine_exec x = { .container = b->id, .user = "0", .dir = "/", .env = env, .input = input,
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
    json_object *metadata)
{
	json_object *from = json_get(base, "Config"), *config = json_object_new_object();
	/* empty lists, not absent ones: the engine would fill those from the container */
	keep(config, from, "Entrypoint", json_object_new_array());
	keep(config, from, "Cmd", json_object_new_array());
	keep(config, from, "User", json_object_new_string(""));
	keep(config, from, "WorkingDir", json_object_new_string(""));
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
	json_object_object_add(config, "Labels", labels);
	return config;
}

json_object *dev_builder_commit(struct dev_builder *b, json_object *base, const char *digest,
    const struct strv *env, json_object *metadata, struct err *err)
{
	char tag[TAG_LEN + 1];
	snprintf(tag, sizeof(tag), "%s", digest);
	json_object *config = commit_config(base, digest, env, metadata);
	cleanup_free char *id = engine_commit(b->engine, b->id, DEV_IMAGE_REPO, tag, config, err);
	json_object_put(config);
	return id ? engine_image_inspect(b->engine, id, err) : NULL;
}
