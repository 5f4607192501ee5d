/* inside.h - a project's container as hooks, exec and terminals see it: user, folder, environment. */
#ifndef LACE_CMD_INSIDE_H
#define LACE_CMD_INSIDE_H

#include "cmd/project.h"
#include "dev/hooks.h"

/* By its devcontainer.json, as far as that may be believed, and by the container's own labels where there is no such
 * file (any more). inspect: the running container's. dev_target_fini() is due after success. */
int inside_init(struct dev_target *ret, struct engine *e, const struct project *p, json_object *inspect, struct err *err);

#endif
