/* manifest.h - the manifest of a feature, template or collection (devcontainer.md 2.3). */
#ifndef LACE_REGISTRY_MANIFEST_H
#define LACE_REGISTRY_MANIFEST_H

#include "base/err.h"

#include <json-c/json.h>

#include <stddef.h>
#include <stdint.h>

#define MANIFEST_BYTES_MAX (4u << 20)             /* the OCI specification's own figure */
#define LAYER_BYTES_MAX ((int64_t)512 << 20)      /* of one layer, packed */

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define MANIFEST_CONFIG_TYPE "application/vnd.devcontainers"
#define MANIFEST_LAYER_TYPE "application/vnd.devcontainers.layer.v1+tar"
#define MANIFEST_COLLECTION_TYPE "application/vnd.devcontainers.collection.layer.v1+json"
#define MANIFEST_EMPTY_CONFIG "{}"
#define MANIFEST_METADATA "dev.containers.metadata"

struct manifest {
	json_object *json;           /* all of it */
	json_object *metadata;       /* what annotation dev.containers.metadata holds, an object, or NULL */
	char *layer;                 /* digest of the first layer, which is the feature */
	int64_t layer_size;
	char *layer_type;
	char *title;                 /* org.opencontainers.image.title of that layer, or NULL */
};
/* name is for messages. ERR_FAILED when it is something else (an image's manifest, an index, no JSON). */
int manifest_parse(const char *text, size_t len, const char *name, struct manifest *ret, struct err *err);
void manifest_fini(struct manifest *m);

/* The manifest of one layer as text, as the reference CLI publishes it. annotations may be NULL. */
struct manifest_layer { const char *type, *digest, *title; int64_t size; };
char *manifest_write(const struct manifest_layer *layer, json_object *annotations);

#endif
