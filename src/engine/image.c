/* Images by the API: look, commit, tag, remove. Pull and build are the CLI's (cli.c). */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/jsonc.h"

json_object *engine_image_inspect(struct engine *e, const char *ref, struct err *err)
{
	if (api_check_image(ref, err) != 0)
		return NULL;
	cleanup_free char *path = xasprintf("/images/%s/json", ref);
	json_object *ret;
	if (api_json(e, "GET", path, NULL, &ret, err) < 0) {
		err_wrap(err, "cannot inspect image %s", ref);
		return NULL;
	}
	if (!json_object_is_type(ret, json_type_object)) {
		json_object_put(ret);
		err_set(err, ERR_FAILED, "cannot inspect image %s: the engine's answer is no object", ref);
		return NULL;
	}
	return ret;
}

json_object *engine_images(struct engine *e, const char *reference, struct err *err)
{
	cleanup_str struct str path = STR_INIT;
	json_object *filters = json_object_new_object(), *list = json_object_new_array(), *ret;
	json_object_array_add(list, json_object_new_string(reference));
	json_object_object_add(filters, "reference", list);
	str_puts(&path, "/images/json?filters=");
	api_escape(&path, json_plain(filters));
	json_object_put(filters);
	if (api_json(e, "GET", path.s, NULL, &ret, err) < 0) {
		err_wrap(err, "cannot list images");
		return NULL;
	}
	if (!json_object_is_type(ret, json_type_array)) {
		json_object_put(ret);
		err_set(err, ERR_FAILED, "cannot list images: the engine's answer is no list");
		return NULL;
	}
	return ret;
}

char *engine_commit(struct engine *e, const char *container, const char *repo, const char *tag,
    json_object *config, struct err *err)
{
	if (api_check_container(container, err) != 0)
		return NULL;
	cleanup_str struct str path = STR_INIT;
	str_printf(&path, "/commit?container=%s", container);
	if (repo) {
		str_puts(&path, "&repo=");
		api_escape(&path, repo);
	}
	if (repo && tag) {
		str_puts(&path, "&tag=");
		api_escape(&path, tag);
	}
	const char *body = config ? json_object_to_json_string_ext(config, JSON_C_TO_STRING_PLAIN) : "{}";
	struct api_call call = { .method = "POST", .path = path.s, .type = "application/json", .body = body,
	    .len = strlen(body), .timeout_ms = ENGINE_LONG_MS };
	json_object *json = NULL;
	const char *id = api_call(e, &call, &json, err) < 0 ? NULL : json_str(json, "Id");
	char *ret = id && *id ? xstrdup(id) : NULL;
	json_object_put(json);
	if (!ret && !err_is(err))
		err_set(err, ERR_FAILED, "the engine did not name the image");
	if (!ret)
		err_wrap(err, "cannot make an image of container %.12s", container);
	return ret;
}

int engine_image_load(struct engine *e, const struct str *tar, struct err *err)
{
	struct api_call call = { .method = "POST", .path = "/images/load?quiet=1", .type = "application/x-tar", .body = tar->s,
	    .len = tar->len, .timeout_ms = ENGINE_LONG_MS };
	return api_call(e, &call, NULL, err) < 0 ? err_wrap(err, "cannot load an image") : 0;
}

int engine_image_tag(struct engine *e, const char *image, const char *repo, const char *tag, struct err *err)
{
	if (api_check_image(image, err) != 0)
		return -1;
	cleanup_str struct str path = STR_INIT;
	str_printf(&path, "/images/%s/tag?repo=", image);
	api_escape(&path, repo);
	if (tag) {
		str_puts(&path, "&tag=");
		api_escape(&path, tag);
	}
	if (api_json(e, "POST", path.s, NULL, NULL, err) < 0)
		return err_wrap(err, "cannot tag image %s as %s", image, repo);
	return 0;
}

int engine_image_remove(struct engine *e, const char *ref, struct err *err)
{
	if (api_check_image(ref, err) != 0)
		return -1;
	cleanup_free char *path = xasprintf("/images/%s", ref);
	struct api_call call = { .method = "DELETE", .path = path, .timeout_ms = ENGINE_LONG_MS };
	if (api_call(e, &call, NULL, err) < 0)
		return err_wrap(err, "cannot remove image %s", ref);
	return 0;
}
