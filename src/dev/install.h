/* install.h - features into an image, one committed layer each (devcontainer.md 2.4, 2.7, 7.4).
 *
 * Each layer is named by the digest of all that went into it and is reused by every
 * project that asks for the same, so changing the third feature keeps the first two.
 * Private to dev. */
#ifndef LACE_DEV_INSTALL_H
#define LACE_DEV_INSTALL_H

#include "dev/feature.h"
#include "engine/engine.h"

struct dev_install {
	const char *workspace;           /* a failing feature's log goes to its .lace/logs */
	json_object *base;               /* inspect data of the image to start from */
	json_object *base_entries;       /* its metadata entries */
	const char *container_user, *remote_user;
	bool no_cache;
};

/* Returns the last layer's inspect data (base itself, referenced once more, when there are no features) and
 * its name in *ret_ref (malloc()ed, or NULL when it is base). The image's metadata label holds the entries of
 * base and features. */
json_object *dev_install_features(struct engine *e, const struct dev_install *in,
    const struct dev_features *f, char **ret_ref, struct err *err);

/* Appends the features' metadata entries, without the ports that their options do not ask for. */
void dev_feature_entries(const struct dev_features *f, size_t n, json_object *ret);
/* An image's Env. */
void dev_image_env(json_object *inspect, struct strv *ret);

#endif
