/* container.h - the dev container itself: found by its labels, created, started.
 *
 * Source: reference/devcontainer.md 2.8, 3.2-3.4, 3.7. */
#ifndef LACE_DEV_CONTAINER_H
#define LACE_DEV_CONTAINER_H

#include "dev/image.h"

/* The workspace's container summary (API list entry) or NULL with *err unset when there is none: both id
 * labels first, then local_folder alone without a config_file label. A container being removed is ignored. */
json_object *dev_container_find(struct engine *e, const struct dev_config *c, struct err *err);

/* Was it made for this configuration, or by compose alone (then nothing of the configuration is in its label)? */
bool dev_container_has_ids(const struct dev_config *c, json_object *labels);

/* mergedConfiguration: raw entries substituted, and merged on top of the configuration. New object or NULL. */
json_object *dev_container_merge(const struct dev_config *c, json_object *entries, struct err *err);
/* The same of a container that exists: it goes by its label (1.5); live adds what the file may change without a
 * rebuild, where the file may be believed. */
json_object *dev_container_merged(const struct dev_config *c, json_object *inspect, bool live, struct err *err);

struct dev_publish { int host_port, container_port; };

/* Arguments for `create` in the order of 3.4: ports, mounts, labels, env, user, runArgs, privileges,
 * entrypoint (lace-init where the image has it, else the reference's script of 2.8), image, command. */
int dev_container_args(const struct dev_config *c, const struct dev_image *img, json_object *merged,
    const struct dev_publish *publish, size_t n_publish, bool gpu, struct strv *ret, struct err *err);
/* The reference's entrypoint script of 2.8. malloc()ed. */
char *dev_entrypoint_script(json_object *entrypoints);

#endif
