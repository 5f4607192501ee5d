/* builder.h - a throw-away container in which an image grows: run, commit, go.
 *
 * Made from an image, started with a sleeping shell, and gone whatever happens: a
 * small process of its own session waits for the end of ours and removes the
 * container if we could not (Ctrl-C, a crash). Private to dev. */
#ifndef LACE_DEV_BUILDER_H
#define LACE_DEV_BUILDER_H

#include "engine/engine.h"
#include "host/proc.h"

#define DEV_IMAGE_REPO "lace.local/dev"
#define DEV_LABEL_BUILD "lace.build"     /* "1" on a throw-away container, "" on images made from one */
#define DEV_LABEL_DIGEST "lace.digest"   /* on an image: all that went into it, the second half of its name */

struct dev_builder {
	struct engine *engine;
	char *id;
	struct strv proxies;             /* of the engine's client: every program here gets them, no image */
	struct proc guard;
};

/* image: its inspect data. 0 or -1; after -1 there is nothing to close. */
int dev_builder_open(struct dev_builder *b, struct engine *e, json_object *image, struct err *err);
void dev_builder_close(struct dev_builder *b);

/* Runs a /bin/sh script as root with args as $1...; env (may be NULL) is added, input (may be NULL) is its
 * stdin. Its output is shown as progress, and the last megabytes are appended to said. Exit code or -1. */
int dev_builder_run(struct dev_builder *b, const char *script, const char *const *args,
    const struct strv *env, const struct str *input, struct str *said, struct err *err);
#define DEV_BUILDER_SAID_MAX (8u << 20)

/* Commits the container as DEV_IMAGE_REPO:<first 20 of digest>. What the image runs, where and as whom is
 * taken from base (inspect data); env and the metadata label replace base's when not NULL. Returns the
 * new image's inspect data. */
json_object *dev_builder_commit(struct dev_builder *b, json_object *base, const char *digest,
    const struct strv *env, json_object *metadata, struct err *err);
/* The same with more labels, "name=value". */
json_object *dev_builder_commit_labels(struct dev_builder *b, json_object *base, const char *digest,
    const struct strv *env, json_object *metadata, const struct strv *labels, struct err *err);

/* DEV_IMAGE_REPO:<first 20 of digest>, malloc()ed; and its inspect data when it exists, NULL with *err unset
 * when not. */
char *dev_layer_name(const char *digest);
json_object *dev_layer_find(struct engine *e, const char *digest, struct err *err);

#endif
