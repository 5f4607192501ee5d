/* The devcontainer.metadata label: reading it, and what goes into it. */
#include "dev/metadata.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/jsonc.h"

#include <string.h>

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

/* JSON or nothing: a label is a program's work, so what needs forgiving is not read at all. Our own reader,
 * because what it reads is written again byte for byte when it goes into the next image's label. */
static json_object *parse(const char *text)
{
	size_t len = strnlen(text, DEV_LABEL_BYTES_MAX + 1);
	if (len > DEV_LABEL_BYTES_MAX)
		return NULL;
	cleanup_strv struct strv warnings = STRV_INIT;
	cleanup_err struct err err = ERR_INIT;
	json_object *value = jsonc_parse(text, len, DEV_LABEL_METADATA, &warnings, &err);
	if (warnings.n == 0)
		return value;
	json_object_put(value);
	return NULL;
}

json_object *dev_metadata_parse(const char *label)
{
	json_object *ret = json_object_new_array();
	json_object *value = label ? parse(label) : NULL;
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

const char *dev_metadata_init(json_object *entries)
{
	for (size_t i = json_object_array_length(entries); i-- > 0;) {
		json_object *custom = json_get(json_object_array_get_idx(entries, i), "customizations");
		const char *init = json_str(json_get(custom, "lace"), "init");
		if (init && *init == '/')
			return init;
	}
	return NULL;
}
