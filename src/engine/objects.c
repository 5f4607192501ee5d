/* Networks and volumes by the API, found by a label: what a compose project leaves beside its containers. */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/jsonc.h"

static int list(struct engine *e, const char *path, const char *label, json_object **ret, struct err *err)
{
	json_object *filters = json_object_new_object(), *labels = json_object_new_array();
	json_object_array_add(labels, json_object_new_string(label));
	json_object_object_add(filters, "label", labels);
	cleanup_str struct str url = STR_INIT;
	str_printf(&url, "%s?filters=", path);
	api_escape(&url, json_plain(filters));
	json_object_put(filters);
	return api_json(e, "GET", url.s, NULL, ret, err) < 0 ? err_wrap(err, "cannot list %s", path + 1) : 0;
}

static void take(json_object *items, const char *key, struct strv *ret)
{
	size_t n = json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *value = json_str(json_object_array_get_idx(items, i), key);
		if (value && *value)
			strv_push(ret, value);
	}
}

static int remove_one(struct engine *e, const char *path, const char *id, struct err *err)
{
	cleanup_str struct str url = STR_INIT;
	str_printf(&url, "%s/", path);
	api_escape(&url, id);
	struct api_call call = { .method = "DELETE", .path = url.s, .timeout_ms = ENGINE_LONG_MS };
	if (api_call(e, &call, NULL, err) < 0 && err->code != ERR_NOT_FOUND)
		return err_wrap(err, "cannot remove %s %s", path + 1, id);
	err_fini(err);
	return 0;
}

int engine_networks(struct engine *e, const char *label, struct strv *ret, struct err *err)
{
	json_object *items = NULL;
	int code = list(e, "/networks", label, &items, err);
	take(items, "Id", ret);
	json_object_put(items);
	return code;
}

int engine_volumes(struct engine *e, const char *label, struct strv *ret, struct err *err)
{
	json_object *answer = NULL;
	int code = list(e, "/volumes", label, &answer, err);
	take(json_get(answer, "Volumes"), "Name", ret);
	json_object_put(answer);
	return code;
}

int engine_network_remove(struct engine *e, const char *id, struct err *err)
{
	return remove_one(e, "/networks", id, err);
}

int engine_volume_remove(struct engine *e, const char *name, struct err *err)
{
	return remove_one(e, "/volumes", name, err);
}

json_object *engine_info(struct engine *e, struct err *err)
{
	json_object *ret = NULL;
	return api_json(e, "GET", "/info", NULL, &ret, err) < 0 ? NULL : ret;
}
