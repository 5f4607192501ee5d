/* devcontainer.json as a stranger writes it: reading, checking, substituting. */
#include "dev/check.h"
#include "dev/config.h"
#include "dev/metadata.h"
#include "dev/mount.h"
#include "host/jsonc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *fake_env(const char *name)
{
	return *name == 'A' ? "${localEnv:B}" : *name == 'B' ? "" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_strv struct strv warnings = STRV_INIT, env = STRV_INIT;
	json_object *o = jsonc_parse((const char *)data, size, "f", &warnings, &err);
	if (!o)
		return 0;
	int checked = dev_check(o, "f", &warnings, &err);
	strv_push(&env, "C=c");
	const struct dev_vars vars = {
		.workspace = "/w/s", .workspace_folder = "/workspaces/s", .id = "id", .container_env = &env,
		.local_env = fake_env,
	};
	json_object *conf = dev_substitute(o, &vars, &err);
	/* What passed the check is fit for the rest. */
	if (checked == 0 && conf) {
		json_object *entries = json_object_new_array(), *entry = dev_metadata_from_config(conf);
		if (entry)
			json_object_array_add(entries, entry);
		json_object_put(dev_metadata_merge(entries, conf));
		json_object_put(entries);
		struct dev_mount m;
		json_object *mount = json_get(conf, "workspaceMount");
		if (mount && !dev_mount_parse(mount, &m))
			dev_mount_fini(&m);
	}
	json_object_put(conf);
	json_object_put(o);
	return 0;
}
