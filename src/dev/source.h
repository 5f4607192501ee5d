/* source.h - what a feature's reference means: a folder, a registry's artifact, a tarball (devcontainer.md 2.2).
 *
 * Private to dev. */
#ifndef LACE_DEV_SOURCE_H
#define LACE_DEV_SOURCE_H

#include "dev/config.h"
#include "registry/ref.h"

enum dev_source_kind {
	DEV_SOURCE_OWN,              /* lace's own two: "lace/sshd" */
	DEV_SOURCE_LOCAL,
	DEV_SOURCE_OCI,
	DEV_SOURCE_TARBALL,
};
struct dev_source {
	enum dev_source_kind kind;
	char *ref;                   /* as written; a legacy name as what it stands for */
	char *key;                   /* tells it from others, without a version: folder, "host/path", URL */
	struct registry_ref oci;     /* of DEV_SOURCE_OCI */
};
/* Does not look whether it exists, but for a local folder. What is no feature reference: an error with its remedy. */
int dev_source_parse(const struct dev_config *c, const char *ref, struct dev_source *ret, struct err *err);
void dev_source_fini(struct dev_source *s);

/* The old short names ("node", "golang", "maven"; devcontainer.md 2.2): what they stand for, malloc()ed, or NULL when ref
 * is none. *ret_option: an option of it that goes with the name ("installMaven"), or NULL. */
char *dev_source_legacy(const char *ref, const char **ret_option);

/* The id that a reference names: its last segment, without version or a tarball's wrapping. malloc()ed. */
char *dev_source_id(const char *ref);

#endif
