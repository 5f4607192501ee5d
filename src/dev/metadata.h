/* metadata.h - the devcontainer.metadata label: reading, making, merging.
 *
 * Source: reference/devcontainer.md 1.5. Labels come from outside: text that is
 * not JSON counts as no metadata, sizes are bounded. Entries are kept raw
 * (unsubstituted); merging works on substituted copies. */
#ifndef LACE_DEV_METADATA_H
#define LACE_DEV_METADATA_H

#include <json-c/json.h>

#define DEV_LABEL_METADATA "devcontainer.metadata"
#define DEV_LABEL_BYTES_MAX (4u << 20)

/* The label's entries as a new JSON array (empty when label is NULL or not JSON). */
json_object *dev_metadata_parse(const char *label);
/* The entry that devcontainer.json / a feature contributes; NULL when it is empty. */
json_object *dev_metadata_from_config(json_object *raw_conf);
/* What devcontainer.json may still say about a container that exists already, whose label decides the rest
 * (1.5, "Existing container"): remoteUser, userEnvProbe, remoteEnv. The last entry; NULL when it is empty. */
json_object *dev_metadata_live_entry(json_object *raw_conf);
json_object *dev_metadata_from_feature(const char *user_ref, json_object *feature_json);
/* Where lace-init stands in a container with these entries: the last of them that says so. NULL when none of
 * lace's features is in it. Lives as long as entries. */
const char *dev_metadata_init(json_object *entries);
/* mergedConfiguration: entries (array, substituted) merged, on top of conf's own other properties. A new
 * object that shares nothing. Values of containerEnv and remoteEnv are strings, or numbers and booleans that
 * are used as text; null in remoteEnv: the variable is to be removed. */
json_object *dev_metadata_merge(json_object *entries, json_object *conf);

#endif
