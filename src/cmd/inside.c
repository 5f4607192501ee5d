#include "cmd/inside.h"

#include "base/mem.h"
#include "dev/container.h"
#include "dev/metadata.h"
#include "dev/trust.h"
#include "host/fs.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <string.h>

/* Where the container mounts the project's folder; else where it would usually be. malloc()ed. */
static char *mounted_at(const struct project *p, json_object *inspect)
{
	json_object *mounts = json_get(inspect, "Mounts");
	size_t n = json_object_is_type(mounts, json_type_array) ? json_object_array_length(mounts) : 0;
	for (size_t i = 0; i < n; i++) {
		json_object *mount = json_object_array_get_idx(mounts, i);
		const char *source = json_str(mount, "Source"), *target = json_str(mount, "Destination");
		if (source && target && *target == '/' && str_eq(source, p->workspace))
			return xstrdup(target);
	}
	return xasprintf("/workspaces/%s", fs_basename(p->workspace));
}

/* For a container whose folder has no configuration: its labels say the rest. */
static struct dev_config *bare_config(const struct project *p, json_object *inspect)
{
	struct dev_config *c = xcalloc(1, sizeof(*c));
	cleanup_strv struct strv labels = STRV_INIT;
	c->workspace = xstrdup(p->workspace);
	c->config_path = xstrdup(p->config);
	c->config_dir = xstrdup(p->workspace);
	c->raw = json_object_new_object();
	c->conf = json_object_new_object();
	dev_id_labels(c, &labels);
	c->id = dev_container_id(&labels);
	c->workspace_folder = mounted_at(p, inspect);
	return c;
}

static struct dev_config *config_of(const struct project *p, json_object *inspect)
{
	cleanup_err struct err err = ERR_INIT;
	struct dev_config_options opts = { .config = p->config[0] ? p->config : NULL };
	struct dev_config *c = dev_config_load(p->workspace, &opts, &err);
	if (c)
		return c;
	if (err.code != ERR_NOT_FOUND)
		log_warn("%s; going by the container's labels", err.msg);
	return bare_config(p, inspect);
}

/* The file may have been written from inside the container, to read ${localEnv:...} of this host. */
static bool is_believed(const struct dev_config *c)
{
	json_object *live = dev_metadata_live_entry(c->raw);
	bool believed = live == NULL || dev_trust_known(c);
	json_object_put(live);
	if (!believed)
		log_warn("%s has changed and was not confirmed: its remoteUser and remoteEnv are left out; lace up %s asks",
		    c->config_path, c->workspace);
	return believed;
}

int inside_init(struct dev_target *ret, struct engine *e, const struct project *p, json_object *inspect, struct err *err)
{
	struct dev_config *c = config_of(p, inspect);
	json_object *merged = dev_container_merged(c, inspect, is_believed(c), err);
	int code = merged ? dev_target_init(ret, e, inspect, c, merged, err) : -1;
	json_object_put(merged);
	dev_config_free(c);
	return code;
}
