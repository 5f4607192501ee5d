/* lockfile.h - devcontainer-lock.json: which version of each feature was resolved (devcontainer.md 2.5).
 *
 * Private to dev; what callers choose is enum dev_lock in feature.h. */
#ifndef LACE_DEV_LOCKFILE_H
#define LACE_DEV_LOCKFILE_H

#include "dev/feature.h"

#define LOCKFILE_BYTES_MAX (1u << 20)

/* dev_lockfile_path(), _read() and _of() stand in feature.h. An empty file reads as an object too. */

/* The digest that a reference is locked to ("sha256:..."), checked; lives as long as lock. NULL with err unset: it is not locked. */
const char *dev_lockfile_digest(json_object *lock, const char *ref, struct err *err);
int dev_lockfile_write(const struct dev_config *c, json_object *lock, struct err *err);

#endif
