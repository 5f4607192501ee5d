/* `devcontainer build`: the image that `up` would make its container from, with
 * the metadata of everything in it, under the names that are asked for. */
#include "cmd/devcontainer.h"

#include "cmd/print.h"

#include "base/mem.h"
#include "dev/image.h"
#include "host/dotlace.h"
#include "host/jsonc.h"
#include "host/xdg.h"

static bool has_features(const struct dev_config *c)
{
	json_object *own = json_get(c->conf, "features");
	return (own && json_object_object_length(own)) || (c->extra.features && json_object_object_length(c->extra.features));
}

static void default_name(const struct dev_config *c, struct strv *ret)
{
	cleanup_free char *name = dev_image_name(c->workspace);
	bool plain = c->kind == DEV_KIND_DOCKERFILE && !has_features(c);
	strv_pushf(ret, "%s%s", name, plain ? "" : "-features");
}

static void print_names(const struct strv *names)
{
	json_object *o = json_object_new_object(), *list = json_object_new_array();
	for (size_t i = 0; i < names->n; i++)
		json_object_array_add(list, json_object_new_string(names->v[i]));
	json_object_object_add(o, "outcome", json_object_new_string("success"));
	json_object_object_add(o, "imageName", list);
	print_json_line(o);
}

static int build(const struct face_use *use, const struct face_args *args, struct err *err)
{
	cleanup_free char *data = xdg_data_dir();
	struct dev_image_options opts = { .plain = true, .no_cache = face_flag(args, "no-cache"), .no_uid = true,
		.lock = face_lock(args), .additional = use->features,
		.data_dir = data };
	struct dev_image img = { 0 };
	cleanup_strv struct strv own = STRV_INIT;
	const struct strv *names = face_values(args, "image-name");
	if (names->n == 0) {
		default_name(use->config, &own);
		names = &own;
	}
	if (dev_image_prepare(use->engine, use->config, &opts, &img, err) != 0)
		return -1;
	int code = dev_image_bake(use->engine, &img, face_values(args, "label"), names, err);
	dev_image_fini(&img);
	if (code == 0)
		print_names(names);
	return code;
}

int face_build(struct face_args *args, struct err *err)
{
	struct face_use use = { 0 };
	int code = face_use_init(&use, args, err);
	if (code == 0) {
		dotlace_log_open(use.config->workspace, "build");
		code = build(&use, args, err);
	}
	face_use_fini(&use);
	return code;
}

void face_build_failed(const struct face_args *args, const struct err *err)
{
	face_print_error(args, err, "An error occurred building the container.");
}
