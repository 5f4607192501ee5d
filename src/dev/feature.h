/* feature.h - features: resolving, ordering, options, and the payload that installs them.
 *
 * Source: reference/devcontainer.md part 2. This version resolves local folders
 * and lace's own two; OCI and tarball references are named in one warning each. */
#ifndef LACE_DEV_FEATURE_H
#define LACE_DEV_FEATURE_H

#include "dev/config.h"

struct dev_feature {
	char *ref;               /* as the user wrote it: id of its metadata entry */
	char *dir;               /* folder with devcontainer-feature.json and install.sh */
	char *id;                /* its "id" */
	json_object *json;       /* devcontainer-feature.json */
	json_object *options;    /* option -> value (string), defaults filled in */
	struct strv env;         /* OPTION_NAME=value, names mapped by 2.4 */
	char *digest;            /* sha256 of the payload's content and the options */
};
struct dev_features { struct dev_feature *v; size_t n; };

/* c->conf.features, plus the absolute folders in extra (lace's own; NULL-terminated, may be NULL),
 * with dependsOn pulled in, in install order (2.6; lace's own first). */
int dev_features_resolve(const struct dev_config *c, const char *const *extra, struct dev_features *ret,
    struct err *err);
void dev_features_fini(struct dev_features *f);
/* "option-name" -> "OPTION_NAME" (2.4), malloc()ed. */
char *dev_feature_env_name(const char *option);
/* True when the configuration names lace's own feature as "lace/ID", to give it options. */
bool dev_features_name_own(const struct dev_config *c, const char *id);
/* True when the configuration (features) or the base image's metadata entries name this feature id. */
bool dev_features_name(json_object *conf, json_object *base_entries, const char *id);

#endif
