/* The devcontainer.metadata label: reading it, and what goes into it. */
#include "dev/metadata.h"

#include "base/mem.h"
#include "host/jsonc.h"

#include <string.h>

#define LABEL_DEPTH_MAX 64
#define LABEL_ENTRIES_MAX 4096

static const char *const hook_keys[] = {
	"onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand",
};

/* In the order in which the reference CLI writes them: labels are compared byte by byte. */
static const char *const config_keys[] = {
	"waitFor", "customizations", "mounts", "containerEnv", "containerUser", "init", "privileged", "capAdd",
	"securityOpt", "remoteUser", "userEnvProbe", "remoteEnv", "overrideCommand", "portsAttributes",
	"otherPortsAttributes", "forwardPorts", "shutdownAction", "updateRemoteUserUID", "hostRequirements",
};
static const char *const feature_keys[] = {
	"init", "privileged", "capAdd", "securityOpt", "entrypoint", "mounts", "customizations",
};
static const char *const live_keys[] = { "remoteUser", "userEnvProbe", "remoteEnv" };

/* Strict JSON or nothing: a label is a program's work, there is no person to forgive. */
static json_object *parse_strict(const char *text)
{
	size_t len = strnlen(text, DEV_LABEL_BYTES_MAX + 1);
	if (len > DEV_LABEL_BYTES_MAX)
		return NULL;
	json_tokener *tok = json_tokener_new_ex(LABEL_DEPTH_MAX);
	if (!tok)
		abort();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	/* The NUL goes in too: it ends a number at the top. */
	json_object *value = json_tokener_parse_ex(tok, text, (int)len + 1);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		json_object_put(value);
		value = NULL;
	}
	json_tokener_free(tok);
	return value;
}

json_object *dev_metadata_parse(const char *label)
{
	json_object *ret = json_object_new_array();
	json_object *value = label ? parse_strict(label) : NULL;
	if (json_object_is_type(value, json_type_object)) {
		json_object_array_add(ret, value);
		return ret;
	}
	if (json_object_is_type(value, json_type_array)) {
		size_t n = MIN(json_object_array_length(value), (size_t)LABEL_ENTRIES_MAX);
		for (size_t i = 0; i < n; i++) {
			json_object *entry = json_object_array_get_idx(value, i);
			if (json_object_is_type(entry, json_type_object))
				json_object_array_add(ret, json_object_get(entry));
		}
	}
	json_object_put(value);
	return ret;
}

static void pick(json_object *to, json_object *from, const char *const *keys, size_t n)
{
	json_object *value;
	for (size_t i = 0; i < n; i++)
		if (json_object_object_get_ex(from, keys[i], &value))
			json_object_object_add(to, keys[i], json_copy(value));
}

static json_object *unless_empty(json_object *entry)
{
	if (json_object_object_length(entry) > 0)
		return entry;
	json_object_put(entry);
	return NULL;
}

json_object *dev_metadata_from_config(json_object *raw_conf)
{
	json_object *entry = json_object_new_object();
	pick(entry, raw_conf, hook_keys, ARRAY_LEN(hook_keys));
	pick(entry, raw_conf, config_keys, ARRAY_LEN(config_keys));
	return unless_empty(entry);
}

json_object *dev_metadata_live_entry(json_object *raw_conf)
{
	json_object *entry = json_object_new_object();
	pick(entry, raw_conf, live_keys, ARRAY_LEN(live_keys));
	return unless_empty(entry);
}

json_object *dev_metadata_from_feature(const char *user_ref, json_object *feature_json)
{
	json_object *entry = json_object_new_object();
	json_object_object_add(entry, "id", json_object_new_string(user_ref));
	pick(entry, feature_json, hook_keys, ARRAY_LEN(hook_keys));
	pick(entry, feature_json, feature_keys, ARRAY_LEN(feature_keys));
	return entry;
}
