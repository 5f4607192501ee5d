/* Containers by the API: look, start, stop, remove, put files in. */
#include "engine/internal.h"

#include "base/mem.h"
#include "host/jsonc.h"

/* "/containers/ID" + rest. */
static char *path_of(const char *id, const char *rest)
{
	return xasprintf("/containers/%s%s", id, rest);
}

json_object *engine_list(struct engine *e, const char *const *labels, bool all, struct err *err)
{
	cleanup_str struct str path = STR_INIT;
	str_printf(&path, "/containers/json?all=%d", all);
	if (labels && *labels) {
		json_object *list = json_object_new_array(), *filters = json_object_new_object();
		for (; *labels; labels++)
			json_object_array_add(list, json_object_new_string(*labels));
		json_object_object_add(filters, "label", list);
		str_puts(&path, "&filters=");
		api_escape(&path, json_plain(filters));
		json_object_put(filters);
	}
	json_object *ret;
	if (api_json(e, "GET", path.s, NULL, &ret, err) < 0) {
		err_wrap(err, "cannot list containers");
		return NULL;
	}
	if (!json_object_is_type(ret, json_type_array)) {
		json_object_put(ret);
		err_set(err, ERR_FAILED, "cannot list containers: the engine's answer is no list");
		return NULL;
	}
	return ret;
}

/* An answer that has to be an object. */
static json_object *get_object(struct engine *e, const char *path, struct err *err)
{
	json_object *ret;
	if (api_json(e, "GET", path, NULL, &ret, err) < 0)
		return NULL;
	if (!json_object_is_type(ret, json_type_object)) {
		json_object_put(ret);
		err_set(err, ERR_FAILED, "the engine's answer is no object");
		return NULL;
	}
	return ret;
}

json_object *engine_inspect(struct engine *e, const char *id, struct err *err)
{
	if (api_check_container(id, err) != 0)
		return NULL;
	cleanup_free char *path = path_of(id, "/json");
	json_object *ret = get_object(e, path, err);
	if (!ret)
		err_wrap(err, "cannot inspect container %.12s", id);
	return ret;
}

char *engine_create_config(struct engine *e, const char *name, json_object *config, struct err *err)
{
	cleanup_str struct str path = STR_INIT;
	str_puts(&path, "/containers/create?name=");
	api_escape(&path, name);
	json_object *answer = NULL;
	const char *id = api_json(e, "POST", path.s, config, &answer, err) < 0 ? NULL : json_str(answer, "Id");
	char *ret = id ? xstrdup(id) : NULL;
	json_object_put(answer);
	if (!ret && !err_is(err))
		err_set(err, ERR_FAILED, "the engine did not name the container");
	return ret;
}

static int command(struct engine *e, const char *method, const char *id, const char *rest, int timeout_ms,
    const char *what, struct err *err)
{
	if (api_check_container(id, err) != 0)
		return -1;
	cleanup_free char *path = path_of(id, rest);
	struct api_call call = { .method = method, .path = path, .timeout_ms = timeout_ms };
	if (api_call(e, &call, NULL, err) < 0)
		return err_wrap(err, "cannot %s container %.12s", what, id);
	return 0;
}

int engine_start(struct engine *e, const char *id, struct err *err)
{
	return command(e, "POST", id, "/start", ENGINE_START_MS, "start", err);
}

int engine_stop(struct engine *e, const char *id, int grace_seconds, struct err *err)
{
	int grace = grace_seconds < 0 ? 0 : MIN(grace_seconds, 86400);
	char rest[64];
	snprintf(rest, sizeof(rest), "/stop?t=%d", grace);
	return command(e, "POST", id, rest, grace * 1000 + ENGINE_CALL_MS, "stop", err);
}

int engine_remove(struct engine *e, const char *id, bool volumes, struct err *err)
{
	return command(e, "DELETE", id, volumes ? "?force=1&v=1" : "?force=1", ENGINE_LONG_MS, "remove", err);
}

json_object *engine_top(struct engine *e, const char *id, const char *ps_args, struct err *err)
{
	if (api_check_container(id, err) != 0)
		return NULL;
	cleanup_str struct str path = STR_INIT;
	str_printf(&path, "/containers/%s/top", id);
	if (ps_args) {
		str_puts(&path, "?ps_args=");
		api_escape(&path, ps_args);
	}
	json_object *ret = get_object(e, path.s, err);
	if (!ret)
		err_wrap(err, "cannot list the processes of container %.12s", id);
	return ret;
}

int engine_put_archive(struct engine *e, const char *id, const char *path, const struct str *tar,
    struct err *err)
{
	if (api_check_container(id, err) != 0)
		return -1;
	cleanup_str struct str url = STR_INIT;
	str_printf(&url, "/containers/%s/archive?path=", id);
	api_escape(&url, path);
	struct api_call call = { .method = "PUT", .path = url.s, .type = "application/x-tar", .body = tar->s,
	    .len = tar->len, .timeout_ms = ENGINE_LONG_MS };
	if (api_call(e, &call, NULL, err) < 0)
		return err_wrap(err, "cannot copy files to %s in container %.12s", path, id);
	return 0;
}

/* ---- which port was taken ---- */

/* "127.0.0.1:22430", "[::1]:22430:...", ":::22430": the port after the address, or 0. */
static int port_of(const char *token)
{
	const char *p = token;
	if (*p == '[') {
		p = strchr(p, ']');
		p = p && p[1] == ':' ? p + 2 : NULL;
	} else if (str_starts(p, ":::")) {
		p += 3;
	} else {
		p = strchr(p, ':');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return 0;
	char *end;
	long port = strtol(p, &end, 10);
	return end > p && port > 0 && port <= 65535 ? (int)port : 0;
}

/* Docker's proxy and its port allocator, and Podman's, each have their words for it. */
bool engine_port_conflict(const struct err *err, int *port)
{
	static const char *const signs[] = { "port is already allocated", "address already in use",
	    "ports are not available" };
	static const char *const before[] = { "Bind for ", "bind host port for ", "bind host port ",
	    "exposing port TCP ", "listen tcp4 ", "listen tcp6 ", "listen tcp " };
	if (port)
		*port = 0;
	bool conflict = false;
	for (size_t i = 0; err->msg && i < ARRAY_LEN(signs); i++)
		if (strstr(err->msg, signs[i]))
			conflict = true;
	for (size_t i = 0; conflict && port && *port == 0 && i < ARRAY_LEN(before); i++) {
		const char *at = strstr(err->msg, before[i]);
		if (at)
			*port = port_of(at + strlen(before[i]));
	}
	return conflict;
}
