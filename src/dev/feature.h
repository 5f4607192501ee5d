/* feature.h - features: resolving, ordering, options, and the payload that installs them.
 *
 * Source: reference/devcontainer.md part 2. References are folders in .devcontainer,
 * registries' artifacts, tarballs by https, the old short names of all those, and
 * lace's own two. */
#ifndef LACE_DEV_FEATURE_H
#define LACE_DEV_FEATURE_H

#include "dev/config.h"
#include "registry/registry.h"

struct dev_feature {
	char *ref;               /* as the user wrote it (a legacy name: what it stands for): id of its metadata entry */
	char *dir;               /* folder with devcontainer-feature.json and install.sh; NULL when only metadata was wanted */
	char *id;                /* its "id" */
	json_object *json;       /* devcontainer-feature.json */
	json_object *options;    /* option -> value (string), defaults filled in */
	struct strv env;         /* OPTION_NAME=value, names mapped by 2.4 */
	char *digest;            /* sha256 of the payload's content and the options; NULL without dir */
	char *resolved;          /* of the lockfile: "host/path@sha256:..." or the tarball's URL; NULL for folders */
	char *integrity;         /* "sha256:..." of the manifest or tarball; NULL for folders */
	json_object *written;    /* options as they were written for it */
	size_t *deps;            /* hard and soft: indices into dev_features.v that go before */
	size_t n_deps, n_hard;   /* the first n_hard are dependsOn */
	bool unlocked;           /* came from options.additional: not in the lockfile */
};
struct dev_features { struct dev_feature *v; size_t n; };

enum dev_lock {
	DEV_LOCK_UPDATE,         /* used and kept up to date where it exists, not made */
	DEV_LOCK_WRITE,          /* and made: what the reference CLI does */
	DEV_LOCK_READ,           /* used, never written (read-configuration, resolve-dependencies) */
	DEV_LOCK_FROZEN,         /* has to exist and to say what is resolved */
	DEV_LOCK_NONE,           /* neither read nor written */
	DEV_LOCK_RENEW,          /* written anew without a look at the old one (upgrade) */
};
struct dev_feature_options {
	const char *const *extra;        /* lace's own: absolute folders, NULL-terminated, or NULL */
	json_object *additional;         /* --additional-features: {ref: options} beside those of the configuration, or NULL */
	struct registry *registry;       /* or NULL: opened when one is needed, and closed again */
	enum dev_lock lock;
	bool metadata_only;              /* fetch manifests; content only where a manifest has no metadata */
};
/* c->conf.features, extra and additional, with dependsOn pulled in, in install order (2.6; lace's own first).
 * Nothing is fetched for what is only ordered (installsAfter, overrideFeatureInstallOrder). */
int dev_features_resolve(const struct dev_config *c, const struct dev_feature_options *o, struct dev_features *ret,
    struct err *err);
void dev_features_fini(struct dev_features *f);
/* Begins to fetch what the configuration names, while the caller does something else; what is wrong with it,
 * dev_features_resolve() says. */
void dev_features_prefetch(const struct dev_config *c, const struct dev_feature_options *o);
/* "option-name" -> "OPTION_NAME" (2.4), malloc()ed. */
char *dev_feature_env_name(const char *option);
/* True when the configuration names lace's own feature as "lace/ID", to give it options. */
bool dev_features_name_own(const struct dev_config *c, const char *id);
/* True when the configuration (features) or the base image's metadata entries name this feature id. */
bool dev_features_name(json_object *conf, json_object *base_entries, const char *id);

/* ---- the lockfile (2.5), for `outdated` and `upgrade` ---- */

/* Path of the lockfile beside devcontainer.json, malloc()ed, and what it would say for these features: a new object. */
char *dev_lockfile_path(const struct dev_config *c);
json_object *dev_lockfile_of(const struct dev_features *f);
/* What it says now; NULL with err unset when there is none. */
json_object *dev_lockfile_read(const struct dev_config *c, struct err *err);

#endif
