/* image.h - from a configuration to the image its container is created from.
 *
 * Base image (pulled or built from the Dockerfile), then features one by one in
 * a throw-away container (devcontainer.md 7.4: create, copy payloads, run
 * install.sh, commit; one layer a feature), then the UID layer (3.6). Every
 * step's image is named by the digest of all that went into it, and reused. */
#ifndef LACE_DEV_IMAGE_H
#define LACE_DEV_IMAGE_H

#include "dev/feature.h"
#include "engine/engine.h"

struct dev_image {
	char *ref;                 /* what `create` gets */
	json_object *inspect;      /* its image inspect (Config.Env, User, Entrypoint, Cmd, Labels ...) */
	json_object *entries;      /* metadata entries, raw: base, features, configuration (in that order) */
	bool labelled;             /* the image itself carries the metadata label with all entries */
	char *init;                /* absolute path of lace-init in it, or NULL (no feature of ours) */
};
struct dev_compose;
struct dev_image_options {
	struct dev_compose *compose; /* of a Compose configuration, else NULL */
	bool plain;                /* leave lace's own features out */
	bool no_cache;             /* rebuild all */
	enum dev_lock lock;        /* of the features */
	json_object *additional;   /* features beside the configuration's (--additional-features), or NULL */
	bool no_uid;               /* leave the remote user's uid as it is */
	const char *data_dir;      /* where features/sshd and features/mux-server stand (xdg_data_dir) */
};
/* Builds what is missing. On a failing install.sh err names the feature and the file with its whole log. */
int dev_image_prepare(struct engine *e, const struct dev_config *c, const struct dev_image_options *opts,
    struct dev_image *ret, struct err *err);
void dev_image_fini(struct dev_image *img);
/* Puts the metadata of all entries, and labels ("name=value"), into an image that is called names (at least one). */
int dev_image_bake(struct engine *e, const struct dev_image *img, const struct strv *labels, const struct strv *names,
    struct err *err);

/* The metadata entries of the image that the configuration starts from, raw: a Dockerfile's base is looked up, nothing is
 * built. New array or NULL. */
json_object *dev_image_base_entries(struct engine *e, const struct dev_config *c, struct err *err);

/* containerUser and remoteUser (1.5, "User resolution") from merged metadata and the image. malloc()ed. */
char *dev_container_user(json_object *merged, json_object *image_inspect);
char *dev_remote_user(json_object *merged, json_object *image_inspect);

#endif
