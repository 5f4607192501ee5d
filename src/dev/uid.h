/* uid.h - the remote user gets the host user's uid and gid (devcontainer.md 3.6). Private to dev. */
#ifndef LACE_DEV_UID_H
#define LACE_DEV_UID_H

#include "base/err.h"
#include "engine/engine.h"

#include <sys/types.h>

/* image: inspect data. Returns the inspect data of the image with the changed user, its name in *ret_ref
 * (malloc()ed); or image itself, referenced once more, and NULL when there is nothing to change: no such
 * user, the ids are right already, or the uid belongs to somebody else. */
json_object *dev_uid_layer(struct engine *e, json_object *image, const char *user, uid_t uid, gid_t gid,
    bool no_cache, char **ret_ref, struct err *err);

#endif
