/* registry.h - features and templates from registries: what `lace` calls.
 *
 * Requests go to lace-fetch (wire.h), which is started with the first one that the
 * cache cannot answer, and stays for the run: connections and tokens are used again.
 * Any number may be on their way at once; they run while the caller does something
 * else, except that lace-fetch may have to wait for credentials until the caller
 * comes back for an answer. */
#ifndef LACE_REGISTRY_REGISTRY_H
#define LACE_REGISTRY_REGISTRY_H

#include "base/err.h"
#include "base/str.h"
#include "registry/ref.h"

#include <json-c/json.h>

struct registry;

/* Costs nothing yet. The settings are read with the first request that the cache cannot answer ("registry" in
 * settings.json: "mirrors", "caFiles", "timeout"; LACE_CA_FILE, LACE_REGISTRY_TIMEOUT, LACE_OFFLINE). */
struct registry *registry_open(void);
void registry_close(struct registry *r);     /* ends what is still on its way; NULL is fine */
const char *registry_cache_dir(const struct registry *r);

/* ---- asking: each returns a ticket for registry_end() ---- */

/* With content: the layer too, unpacked. What was asked before is not asked twice: the ticket is the same. */
unsigned registry_begin(struct registry *r, const struct registry_ref *ref, bool content);
/* A tarball, unpacked. digest ("sha256:...") may be NULL; else it has to be that. */
unsigned registry_begin_tarball(struct registry *r, const char *url, const char *digest);

struct registry_artifact {
	char *digest;            /* of the manifest, or of the tarball: "sha256:..." */
	json_object *manifest;   /* NULL for a tarball */
	json_object *metadata;   /* annotation dev.containers.metadata, an object, or NULL */
	char *layer;             /* digest of the layer */
	char *dir;               /* the unpacked content, or NULL when it was not asked for */
};
/* Waits. err->sys is an enum fetch_code. A cached version that had to do is warned about. */
int registry_end(struct registry *r, unsigned ticket, struct registry_artifact *ret, struct err *err);
void registry_artifact_fini(struct registry_artifact *a);

/* ---- and at once ---- */

/* Tags of ref's repository, in the registry's order. Unknown repository: ERR_NOT_FOUND, sys FETCH_UNKNOWN. */
int registry_tags(struct registry *r, const struct registry_ref *ref, struct strv *ret, struct err *err);
/* One layer's bytes as they are (a collection's JSON): appended to ret. */
int registry_blob(struct registry *r, const struct registry_ref *ref, const char *digest, int64_t size, size_t max,
    struct str *ret, struct err *err);

struct registry_push {
	const char *layer_type;          /* manifest.h */
	const char *title;               /* "devcontainer-feature-x.tgz" */
	const struct str *layer;
	json_object *annotations;        /* of the manifest, or NULL */
};
/* Uploads the layer and puts the manifest under each tag (ref's own tag is not used). *ret_digest: of the manifest. */
int registry_push(struct registry *r, const struct registry_ref *ref, const struct registry_push *what,
    const struct strv *tags, char **ret_digest, struct err *err);

#endif
