/* host.h - hostRequirements: what the configuration wants of the machine that the engine runs on (devcontainer.md 1.2, 3.4).
 * Private to dev and cmd. */
#ifndef LACE_DEV_HOST_H
#define LACE_DEV_HOST_H

#include "dev/config.h"
#include "engine/engine.h"

/* One warning for each of cpus, memory, storage and gpu that the engine's machine has less of: a container that is too
 * small is still better than none. *ret_gpu: the container gets the GPUs, as c->extra.gpu says where they are wanted. Asks the
 * engine only when there is something to ask. */
int dev_host_check(struct engine *e, const struct dev_config *c, json_object *merged, bool *ret_gpu, struct err *err);

#endif
