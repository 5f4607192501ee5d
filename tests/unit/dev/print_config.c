/* Prints what lace makes of a project folder, in the shape of the reference
 * CLI's read-configuration: configuration, workspace, mergedConfiguration; and
 * the metadata label that a container of it would get.
 *
 *     print_config [--no-git-root] [--config FILE] [--label JSON] FOLDER
 *
 * --label is the base image's metadata label. */
#include "base/mem.h"
#include "dev/config.h"
#include "dev/metadata.h"
#include "host/jsonc.h"
#include "host/log.h"

#include <stdio.h>
#include <string.h>

static json_object *text(const char *s)
{
	return s ? json_object_new_string(s) : NULL;
}

static int print(const struct dev_config *c, const char *label, struct err *err)
{
	const struct dev_vars vars = {
		.workspace = c->workspace, .workspace_folder = c->workspace_folder, .id = c->id,
	};
	json_object *raw = dev_metadata_parse(label), *own = dev_metadata_from_config(c->raw);
	if (own)
		json_object_array_add(raw, own);
	json_object *entries = dev_substitute(raw, &vars, err);
	if (!entries)
		return -1;
	json_object *label_entries = json_object_new_array();
	if (own)
		json_object_array_add(label_entries, json_object_get(own));
	cleanup_str struct str own_label = STR_INIT;
	json_stringify(&own_label, label_entries);
	json_object_put(label_entries);
	json_object *workspace = json_object_new_object(), *all = json_object_new_object();
	json_object_object_add(workspace, "workspaceFolder", text(c->workspace_folder));
	if (c->workspace_mount)
		json_object_object_add(workspace, "workspaceMount", text(c->workspace_mount));
	json_object_object_add(all, "id", text(c->id));
	json_object_object_add(all, "configFile", text(c->config_path));
	json_object_object_add(all, "configuration", json_object_get(c->conf));
	json_object_object_add(all, "label", text(own_label.s));
	json_object_object_add(all, "workspace", workspace);
	json_object_object_add(all, "mergedConfiguration", dev_metadata_merge(entries, c->conf));
	cleanup_str struct str out = STR_INIT;
	json_stringify(&out, all);
	puts(out.s);
	json_object_put(all);
	json_object_put(entries);
	json_object_put(raw);
	return 0;
}

int main(int argc, char **argv)
{
	struct dev_config_options opts = { 0 };
	cleanup_err struct err err = ERR_INIT;
	const char *label = NULL, *folder = NULL;
	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--no-git-root"))
			opts.no_git_root = true;
		else if (str_eq(argv[i], "--config") && i + 1 < argc)
			opts.config = argv[++i];
		else if (str_eq(argv[i], "--label") && i + 1 < argc)
			label = argv[++i];
		else
			folder = argv[i];
	}
	struct dev_config *c = dev_config_load(folder ? folder : ".", &opts, &err);
	int r = c ? print(c, label, &err) : -1;
	dev_config_free(c);
	if (r == 0)
		return 0;
	log_error(&err);
	return err.code;
}
